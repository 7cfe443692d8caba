package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The made-up shop's warehouses.
const (
	leeds   = "7068517275539719942"
	bristol = "7068517275539719943"
)

// subSource is the name of the made-up shop in Linnworks.
const subSource = "quickstart"

// world is the made-up shop, the made-up warehouse and the people in them.
type world struct {
	shop      *tiktokshoptest.Fake
	warehouse *linnworkstest.Fake
	orders    map[string]string // what an order is there for, to its id
	bristol   linnworks.GUID    // Linnworks' location beside the default one
	royalMail linnworks.GUID    // the postal service that the warehouse uses
}

// demo tells the story in three passes, with people acting in between.
func demo(ctx context.Context, out, progress io.Writer) error {
	w, err := newWorld()
	if err != nil {
		return fmt.Errorf("stocking the made-up shop: %w", err)
	}
	s, err := w.connect(ctx)
	if err != nil {
		return err
	}
	s.out, s.progress, s.since = out, progress, lookBack
	fmt.Fprint(out, introduction)

	if err := s.pass(ctx, "Pass 1: the morning's orders"); err != nil {
		return err
	}
	if err := w.morning(); err != nil {
		return fmt.Errorf("the people of the made-up shop: %w", err)
	}
	if err := s.pass(ctx, "Pass 2: the warehouse has picked, two buyers have changed their minds"); err != nil {
		return err
	}
	if err := w.noon(); err != nil {
		return fmt.Errorf("the people of the made-up shop: %w", err)
	}
	if err := s.pass(ctx, "Pass 3: the hour of the held order is over, the label has been used"); err != nil {
		return err
	}
	return s.needsAPerson(ctx)
}

const introduction = `A made-up UK shop sells mugs, tea and gift sets on TikTok Shop; its stock and
orders live in a made-up Linnworks account with two locations, Leeds and Bristol.
Both are fakes in memory that behave like the real ones.
`

func newWorld() (*world, error) {
	w := &world{
		shop:      tiktokshoptest.New(tiktokshoptest.WithMarket("GB")),
		warehouse: linnworkstest.New(),
		orders:    map[string]string{},
	}
	return w, errors.Join(w.stockWarehouse(), w.stockShop(), w.placeOrders())
}

// connect binds clients to the fakes. The fakes need no pacing.
func (w *world) connect(ctx context.Context) (*session, error) {
	tiktok, err := w.shop.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
	if err != nil {
		return nil, err
	}
	linn, err := w.warehouse.Client(linnworks.WithLimiter(unpaced{}))
	if err != nil {
		return nil, err
	}
	shop, err := bridge.NewTikTokShop(tiktok, bridge.TikTokShopOptions{})
	if err != nil {
		return nil, err
	}
	warehouse, err := bridge.NewLinnworks(ctx, linn, bridge.LinnworksOptions{SubSource: subSource})
	if err != nil {
		return nil, err
	}
	return connect(shop, warehouse, settings{
		locations:       map[string][]string{leeds: {string(linnworks.ZeroGUID)}, bristol: {string(w.bristol)}},
		defaultLocation: string(linnworks.ZeroGUID),
		carriers:        map[string]string{"Royal Mail": w.shop.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name},
		buffer:          2,
	})
}

// unpaced is a Linnworks limiter that never waits.
type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }
