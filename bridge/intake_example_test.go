package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// till is a shop with a list of orders.
type till []bridge.Order

func (t till) OrdersUpdated(_ context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return t.orders(func(o bridge.Order) bool { return !o.UpdatedAt.Before(from) && o.UpdatedAt.Before(to) })
}

func (t till) OrdersByStatus(_ context.Context, status bridge.OrderStatus, _ time.Time) iter.Seq2[bridge.Order, error] {
	return t.orders(func(o bridge.Order) bool { return o.Status == status })
}

func (t till) OrdersByID(_ context.Context, ids []string) (found []bridge.Order, _ error) {
	for _, id := range ids {
		if i := slices.IndexFunc(t, func(o bridge.Order) bool { return o.ID == id }); i >= 0 {
			found = append(found, t[i])
		}
	}
	return found, nil
}

func (t till) orders(match func(bridge.Order) bool) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for _, o := range t {
			if match(o) && !yield(o, nil) {
				return
			}
		}
	}
}

// A program calls Run about once a minute, and Hint for every webhook. Here a
// function that prints stands in for [bridge.Importer] and [bridge.Canceller].
func ExampleIntake() {
	ctx := context.Background()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	shop := till{
		{ID: "1001", Status: bridge.AwaitingShipment, UpdatedAt: now.Add(-time.Minute)},
		{ID: "1002", Status: bridge.OnHold, UpdatedAt: now.Add(-time.Minute), PaidAt: now.Add(-time.Minute)},
		{ID: "1003", Status: bridge.AwaitingShipment, UpdatedAt: now.Add(-time.Minute)},
	}
	take := func(_ context.Context, orders []bridge.Order) (results bridge.OrderResults, _ error) {
		for _, o := range orders {
			fmt.Println("take", o.ID, o.Status)
			r := bridge.OrderResult{OrderID: o.ID, Outcome: bridge.OutcomeCreated}
			if o.ID == "1003" {
				r.Outcome, r.Err = bridge.OutcomeFailed, errors.New("the warehouse is closed")
			}
			results = append(results, r)
		}
		return results, nil
	}

	memory := new(store.Memory).Shop("uk")
	intake, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: shop, OpenOrders: shop, Handle: take, Cursors: memory, Hints: memory, Revisits: memory,
		Locks: memory, Exceptions: (&exceptions.Memory{Now: clock}).Shop("shop"),
	}, bridge.IntakeOptions{Now: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	run := func() {
		result, err := intake.Run(ctx)
		fmt.Print(result)
		if err != nil {
			fmt.Println(err)
		}
	}
	run()

	now = now.Add(time.Minute)
	if err := intake.Hint(ctx, "1001"); err != nil { // a webhook: the buyer's address has changed
		fmt.Println(err)
	}
	run()
	// Output:
	// take 1001 AWAITING_SHIPMENT
	// take 1002 ON_HOLD
	// take 1003 AWAITING_SHIPMENT
	// polled 2026-11-25 10:00:00 to 2026-11-27 12:00:00: 3 orders, 0 unchanged; 0 hinted, 0 looked at again, 0 swept; 3 handed on, 1 failed; 2 to look at again, next at 2026-11-27 12:01:00
	// order 1003  failed          the warehouse is closed
	// bridge: intake: order 1003: the warehouse is closed
	// take 1001 AWAITING_SHIPMENT
	// take 1003 AWAITING_SHIPMENT
	// polled 2026-11-27 11:45:00 to 2026-11-27 12:01:00: 3 orders, 3 unchanged; 1 hinted, 1 looked at again, 0 swept; 2 handed on, 1 failed; 2 to look at again, next at 2026-11-27 12:03:00
	// order 1003  failed          the warehouse is closed
	// bridge: intake: order 1003: the warehouse is closed
}
