package bridge_test

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// OrdersChanged lists every order: the stockroom is small.
func (s stockroom) OrdersChanged(context.Context, time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		for _, w := range s.all() {
			if !yield(w, nil) {
				return
			}
		}
	}
}

func (s stockroom) OrdersToDispatch(context.Context, time.Time) ([]bridge.WarehouseOrder, error) {
	return s.all(), nil
}

func (s stockroom) ReadOrders(_ context.Context, ids []string) (list []bridge.WarehouseOrder, err error) {
	for _, w := range s.all() {
		for _, id := range ids {
			if w.ID == id {
				list = append(list, w)
			}
		}
	}
	return list, nil
}

func (s stockroom) all() (list []bridge.WarehouseOrder) {
	for _, id := range []string{"1", "2"} {
		if w, ok := s.orders[id]; ok {
			list = append(list, *w)
		}
	}
	return list
}

func ExampleDispatchQueue() {
	ctx := context.Background()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	shop := market{orders: map[string]bridge.Order{"1": sale("1", "MUG", 1), "2": sale("2", "MUG", 1)}}
	warehouse := stockroom{orders: map[string]*bridge.WarehouseOrder{
		"1": {ID: "1", Number: "W1", Reference: "1", State: bridge.Processed, Carrier: "Royal Mail", Tracking: "RM1"},
		"2": {ID: "2", Number: "W2", Reference: "2", State: bridge.Processed, Carrier: "Royal Mail"},
	}}
	memory, exceptions := new(store.Memory).Shop("shop"), (&exceptions.Memory{Now: clock}).Shop("shop")
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop}, bridge.GateOptions{Now: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	dispatcher, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: gate, Orders: shop, Shipper: shop, OrderBook: warehouse, Tracking: warehouse, Reader: warehouse, Locks: memory, Exceptions: exceptions,
	}, bridge.DispatchOptions{Now: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	queue, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: dispatcher, Source: warehouse, Reader: warehouse, Cursors: memory, Revisits: memory, Locks: memory, Exceptions: exceptions,
	}, bridge.DispatchQueueOptions{Now: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		report, err := queue.Run(ctx)
		fmt.Print(report)
		if err != nil {
			fmt.Println(err)
		}
		warehouse.orders["2"].Tracking = "RM2" // found at the packing bench
		now = now.Add(5 * time.Minute)
	}
	// Output:
	// 2 orders listed since 2026-11-25 11:45:00, 0 of them as before; 0 tried again; 2 handed on; 1 wait, the next at 2026-11-27 12:01:00
	// order 2  raised          warehouse order W2  no tracking
	// 2 orders listed since 2026-11-27 11:45:00, 2 of them as before; 1 tried again; 1 handed on; 0 wait
}

// openOrders are a shop's orders by status.
type openOrders []bridge.Order

func (list openOrders) OrdersByStatus(_ context.Context, status bridge.OrderStatus, _ time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for _, o := range list {
			if o.Status == status && !yield(o, nil) {
				return
			}
		}
	}
}

func ExampleDeadlines() {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	late := sale("1", "MUG", 1)
	late.PaidAt, late.ShipBy, late.CancelledBy = now.Add(-46*time.Hour), now.Add(90*time.Minute), now.Add(5*24*time.Hour)
	fresh := sale("2", "MUG", 1)
	fresh.PaidAt, fresh.ShipBy, fresh.CancelledBy = now, now.Add(48*time.Hour), now.Add(7*24*time.Hour)
	exceptions := (&exceptions.Memory{Now: clock}).Shop("shop")
	deadlines, err := bridge.NewDeadlines(bridge.DeadlinePorts{
		OpenOrders: openOrders{late, fresh}, Cancellations: market{}, Exceptions: exceptions,
	}, bridge.DeadlineOptions{Market: "GB", Now: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := deadlines.Check(context.Background())
	fmt.Print(report)
	if err != nil {
		fmt.Println(err)
	}
	open, _ := exceptions.Open(context.Background())
	for _, e := range open {
		fmt.Println(e)
	}
	// Output:
	// 2026-11-27 12:00 UTC: 2 open orders, 1 deadline at risk
	// late at ready to ship in GB 0.0 % (0 of 0 orders), forecast 100.0 % with 1 more, at most 4 % allowed: about to be past it
	// late at the carrier's scan in GB 0.0 % (0 of 0 orders), forecast 0.0 % with 0 more: not judged: no figure is known for this market
	// valid tracking in GB 100.0 % (0 of 0 orders), forecast 100.0 % with 0 more, at least 95 % allowed
	// seller cancellation in GB 0.0 % (0 of 2 orders), forecast 0.0 % with 0 more, at most 2.5 % allowed
	// seller-fault returns in GB, at most 1 % allowed: not judged: the bridge reads no returns: see Account Health in Seller Center
	// on-time delivery in GB 100.0 % (0 of 0 orders), forecast 100.0 % with 0 more: not judged: it is measured in this market, and no source says what is allowed
	// order 1  ship by 2026-11-27 13:30 UTC (in 90 min)  urgent
	// [urgent, warehouse, shop] order 1: deadline near: ship by: 2026-11-27 13:30 UTC. To do: send the order next; if it has left, enter its tracking number in Seller Center (by 2026-11-27 13:30 UTC)
}
