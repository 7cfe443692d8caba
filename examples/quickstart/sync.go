package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
)

// session is the bridge put together, what it remembers, and where to report.
type session struct {
	*bridge.Sync
	shop      *tiktokadapter.Shop
	warehouse *linnworksadapter.Warehouse
	memory    *bridge.Memory
	// story says what an order is there for, and names what warehouses are called;
	// nil outside the demo.
	story, names map[string]string
	out          io.Writer
}

// connect wires the parts to both sides. This is all there is to a two-way sync;
// a real program has a store that outlives it, and calls Run instead of Step.
func connect(shop *tiktokadapter.Shop, warehouse *linnworksadapter.Warehouse, settings bridge.Settings) (*session, error) {
	memory := new(bridge.Memory)
	s, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
	if err != nil {
		return nil, err
	}
	return &session{Sync: s, shop: shop, warehouse: warehouse, memory: memory}, nil
}

// pass runs every flow once and prints what each did. One that fails does not stop
// the others.
func (s *session) pass(ctx context.Context, title string) error {
	fmt.Fprintf(s.out, "\n== %s\n", title)
	done, err := s.Step(ctx)
	for _, run := range done {
		if text := headings[run.Flow]; text != "" {
			s.heading(text)
		}
		switch r := run.Result.(type) {
		case bridge.IntakeResult:
			s.orders(r.Results)
			if r.Failed > 0 {
				err = errors.Join(err, fmt.Errorf("orders that failed and will be tried again: %d", r.Failed))
			}
		case bridge.ReferenceResult:
			if r.Written+r.Refused > 0 {
				s.text("their ids into TikTok Shop: " + r.String())
			}
		case bridge.OrderResults:
			s.orders(r)
		case bridge.DispatchReport:
			s.orders(r.Results)
		case bridge.DeadlineReport:
			s.clocks(r)
		case stock.Result:
			s.pushed(r)
		}
	}
	return err
}

// headings say what a flow does; the deadlines have one with numbers in it.
var headings = map[string]string{
	bridge.FlowOrders:      "Orders into Linnworks",
	bridge.FlowRevocations: "What was cancelled in Linnworks, into TikTok Shop",
	bridge.FlowDispatch:    "Tracking and labels",
	bridge.FlowStock:       "Stock into TikTok Shop",
}
