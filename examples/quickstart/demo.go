package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// lookBack is how far back the story's orders lie.
const lookBack = 24 * time.Hour

// demo tells the story in three passes, with people acting in between.
func demo(ctx context.Context, out io.Writer) error {
	w, err := madeup.New(tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linnworkstest.New())
	if err != nil {
		return fmt.Errorf("stocking the made-up shop: %w", err)
	}
	s, err := connectDemo(ctx, w)
	if err != nil {
		return err
	}
	s.out = out
	fmt.Fprint(out, introduction)

	if err := s.pass(ctx, "Pass 1: the morning's orders"); err != nil {
		return err
	}
	if err := w.Morning(); err != nil {
		return fmt.Errorf("the people of the made-up shop: %w", err)
	}
	if err := s.pass(ctx, "Pass 2: the warehouse has picked, two buyers have changed their minds"); err != nil {
		return err
	}
	if err := w.Noon(); err != nil {
		return fmt.Errorf("the people of the made-up shop: %w", err)
	}
	if err := s.pass(ctx, "Pass 3: the hour of the held order is over, two more parcels have left"); err != nil {
		return err
	}
	if err := s.claim(ctx, exceptions.OwnerFinance, "Ann"); err != nil {
		return err
	}
	return s.summary(ctx)
}

// claim has somebody take on what their team has to do.
func (s *session) claim(ctx context.Context, owner exceptions.Owner, name string) error {
	cases, err := s.memory.Cases(ctx, exceptions.Filter{Owner: owner})
	for _, c := range cases {
		_, refused := s.memory.Decide(ctx, c.Key(), exceptions.Decision{Verb: exceptions.VerbClaimed, By: name})
		err = errors.Join(err, refused)
	}
	return err
}

const introduction = `A made-up UK shop sells mugs, tea and gift sets on TikTok Shop; its stock and
orders live in a made-up Linnworks account with two locations, Leeds and Bristol.
Both are fakes in memory that behave like the real ones.
`

// connectDemo binds clients to the fakes. The fakes need no pacing.
func connectDemo(ctx context.Context, w *madeup.World) (*session, error) {
	tiktok, err := w.Shop.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
	if err != nil {
		return nil, err
	}
	linn, err := w.Warehouse.Client(linnworks.WithLimiter(unpaced{}))
	if err != nil {
		return nil, err
	}
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: w.Shop.RoundTripper()}})
	if err != nil {
		return nil, err
	}
	warehouse, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{Source: madeup.Source, SubSource: madeup.SubSource})
	if err != nil {
		return nil, err
	}
	story := map[string]string{}
	for why, id := range w.Orders {
		story[id] = why
	}
	s, err := connect(shop, warehouse, bridge.Settings{
		Shop:            "made-up",
		Locations:       map[string][]string{madeup.Leeds: {string(linnworks.ZeroGUID)}, madeup.Bristol: {string(w.Bristol)}},
		DefaultLocation: string(linnworks.ZeroGUID),
		Carriers:        map[string]string{"Tracked 48": "Royal Mail"},
		Buffer:          []stock.BufferRule{{Do: stock.KeepUnits, Units: 2}},
		CancelReasons:   []string{"seller_cancel_paid_reason_address_not_deliver"},
		FirstLook:       bridge.Duration(lookBack),
	})
	if err != nil {
		return nil, err
	}
	s.story, s.names = story, map[string]string{madeup.Leeds: "Leeds", madeup.Bristol: "Bristol"}
	return s, nil
}

// unpaced is a Linnworks limiter that never waits.
type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }
