package main

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/stock"
)

// pusher brings the shop's stock up to date.
type pusher interface {
	push(ctx context.Context) error
}

// newPusher makes the one that fits how often it is to run: a [stock.Push]
// reads everything each time, a [stock.Live] only what sells.
func newPusher(ctx context.Context, p *policy, ports stock.Ports, sweep stock.Sweeper, o stock.Options) (pusher, error) {
	if !p.Live {
		s, err := stock.NewPush(ports, o)
		return everything{s}, err
	}
	book, err := stock.NewBook(o)
	if err != nil {
		return nil, err
	}
	l, err := stock.NewLive(stock.LivePorts{Book: book, Ports: ports, Sweep: sweep}, stock.LiveOptions{})
	if err != nil {
		return nil, err
	}
	return hot{l, book}, l.ReadShop(ctx)
}

type everything struct{ all *stock.Push }

func (e everything) push(ctx context.Context) error {
	r, err := e.all.Push(ctx)
	if err == nil && r.Refused > 0 {
		err = fmt.Errorf("the shop refused stock:\n%s", r)
	}
	return err
}

// hot is stock.Live without [stock.Live.Run], which goes by the real clock.
type hot struct {
	live *stock.Live
	book *stock.Book
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
