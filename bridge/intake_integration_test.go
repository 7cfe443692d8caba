package bridge_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// intake hands orders to an importer, and cancelled ones to a canceller as well.
func (s *sides) intake(t *testing.T, o bridge.IntakeOptions) *bridge.Intake {
	t.Helper()
	im, canceller := s.importer(t, s.book, s.memory), s.canceller(t)
	in, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: s.shop, OpenOrders: s.shop, Cursors: s.memory, Hints: s.memory, Revisits: s.memory, Locks: s.memory, Exceptions: s.queue,
		Handle: func(ctx context.Context, orders []bridge.Order) (bridge.OrderResults, error) {
			results, err := im.Import(ctx, orders...)
			if len(results) == 0 {
				return nil, err
			}
			var list []bridge.Cancellation
			for _, o := range orders {
				if o.Status == bridge.Cancelled {
					list = append(list, o.Cancellation())
				}
			}
			cancelled, err2 := canceller.Cancel(ctx, list...)
			return append(results, cancelled...), errors.Join(err, err2)
		},
	}, o)
	must(t, err)
	return in
}

// Both flows of an order in its remorse window, and a third buyer who uses it:
// the intake is told nothing, and polls once a minute.
func TestIntakeReleasesHeldOrdersOfBothFlows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		held := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		waits := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
		regrets := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		in := s.intake(t, bridge.IntakeOptions{})
		states := func() (list []bridge.WarehouseState) {
			found, err := s.book.FindOrders(t.Context(), []string{held, waits, regrets})
			must(t, err)
			for _, id := range []string{held, waits, regrets} {
				for _, w := range found {
					if w.Reference == id {
						list = append(list, w.State)
					}
				}
			}
			return list
		}
		pass := func(minutes int) {
			for range minutes {
				_, err := in.Run(t.Context())
				must(t, err)
				time.Sleep(time.Minute)
			}
		}
		pass(30)
		if got := states(); !slices.Equal(got, []bridge.WarehouseState{bridge.Parked, bridge.Parked, bridge.Parked}) {
			t.Errorf("in the window: %v", got)
		}
		must(t, s.tiktok.CancelByBuyer(regrets, ""))
		pass(29)
		if got := states(); !slices.Equal(got, []bridge.WarehouseState{bridge.Parked, bridge.Parked, bridge.Dropped}) {
			t.Errorf("at the end of the window: %v", got)
		}
		pass(3)
		if got := states(); !slices.Equal(got, []bridge.WarehouseState{bridge.Open, bridge.Open, bridge.Dropped}) {
			t.Errorf("after the window: %v", got)
		}
		if got := s.open(t); len(got) != 0 {
			t.Errorf("in the queue: %v", got)
		}
		if level, err := s.linn.Level("MUG", linnworks.ZeroGUID); err != nil || level.InOrders != 2 {
			t.Errorf("%d mugs in orders, error %v", level.InOrders, err)
		}
	})
}

// The sweep reads every page of a status.
func TestOrdersByStatus(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	must(t, s.tiktok.AddProduct(tiktokshoptest.Product{
		ID: "1729592969712208001", Title: "Pin", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712208101", SellerSKU: "PIN", Price: "1.00", Stock: map[string]int{shopWarehouse: 500}},
		},
	}))
	want := map[string]bool{}
	for range 120 {
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: "1729592969712208101", Quantity: 1}}})
		want[id] = true
	}
	s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
	for o, err := range s.shop.OrdersByStatus(t.Context(), bridge.AwaitingShipment, time.Time{}) {
		must(t, err)
		if !want[o.ID] {
			t.Errorf("order %s (%s) came twice or unasked", o.ID, o.Status)
		}
		delete(want, o.ID)
	}
	if len(want) > 0 {
		t.Errorf("%d orders are missing", len(want))
	}
}

// The shop counts in seconds: an order of the very moment in which a poll ends
// belongs to it, because stock is pushed right afterwards.
func TestPollHasTheSecondThatItEndsIn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSides(t, "GB")
		for _, fraction := range []time.Duration{0, 1, time.Second - 1} {
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Minute + fraction)))
			id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
			var ids []string
			for o, err := range s.shop.OrdersUpdated(t.Context(), time.Now().Add(-time.Minute), time.Now()) {
				must(t, err)
				ids = append(ids, o.ID)
			}
			if !slices.Contains(ids, id) {
				t.Errorf("%s after the full second: the order is not in the poll", fraction)
			}
		}
	})
}
