package main

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/stock"
)

// pusher brings the shop's stock up to date, in the way that fits how often it is to run:
// it reads everything each time, or only what sells.
type pusher struct {
	engine *stock.Engine
	live   bool
}

func newPusher(ctx context.Context, p *policy, ports stock.Ports, o stock.Options) (pusher, error) {
	e, err := stock.NewEngine(ports, o)
	if err != nil || !p.Live {
		return pusher{e, false}, err
	}
	return pusher{e, true}, e.ReadShop(ctx)
}

func (p pusher) push(ctx context.Context) error {
	if p.live {
		return p.pushHot(ctx)
	}
	r, err := p.engine.Push(ctx)
	if err == nil && r.Refused > 0 {
		err = fmt.Errorf("the shop refused stock:\n%s", r)
	}
	return err
}

// pushHot does what [stock.Engine.Run] does by the real clock.
func (p pusher) pushHot(ctx context.Context) error {
	if _, err := p.engine.ReadHot(ctx); err != nil {
		return err
	}
	p.engine.Book().Recompute() // the buffer changes
	for more := true; more; {
		var err error
		if more, err = p.engine.Publish(ctx); err != nil {
			return err
		}
	}
	return p.engine.Report(ctx)
}
