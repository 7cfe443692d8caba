package main

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge"
)

// pusher brings the shop's stock up to date.
type pusher interface {
	push(ctx context.Context) error
}

// newPusher makes the one that fits how often it is to run: a [bridge.StockPush]
// reads everything each time, a [bridge.LiveStock] only what sells.
func newPusher(ctx context.Context, p *policy, ports bridge.StockPorts, sweep bridge.StockSweeper, o bridge.StockOptions) (pusher, error) {
	if !p.Live {
		s, err := bridge.NewStockPush(ports, o)
		return everything{s}, err
	}
	book, err := bridge.NewStockBook(o)
	if err != nil {
		return nil, err
	}
	l, err := bridge.NewLiveStock(bridge.LivePorts{Book: book, StockPorts: ports, Sweep: sweep}, bridge.LiveOptions{})
	if err != nil {
		return nil, err
	}
	return hot{l, book}, l.ReadShop(ctx)
}

type everything struct{ all *bridge.StockPush }

func (e everything) push(ctx context.Context) error {
	r, err := e.all.Push(ctx)
	if err == nil && r.Refused > 0 {
		err = fmt.Errorf("the shop refused stock:\n%s", r)
	}
	return err
}

// hot is LiveStock without [bridge.LiveStock.Run], which goes by the real clock.
type hot struct {
	live *bridge.LiveStock
	book *bridge.StockBook
}

func (h hot) push(ctx context.Context) error {
	if _, err := h.live.ReadHot(ctx); err != nil {
		return err
	}
	h.book.Recompute() // the buffer changes
	for more := true; more; {
		var err error
		if more, err = h.live.Publish(ctx); err != nil {
			return err
		}
	}
	return h.live.Report(ctx)
}
