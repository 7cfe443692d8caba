package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// Everything that the importer or the dispatcher acts on counts as a change, also
// within the second of the one before.
func TestIntakeCountsAsAChange(t *testing.T) {
	for what, change := range map[string]func(*bridge.Order){
		"a status":              func(o *bridge.Order) { o.Status = bridge.AwaitingCollection },
		"a warehouse":           func(o *bridge.Order) { o.WarehouseID = "W2" },
		"a request":             func(o *bridge.Order) { o.CancelRequested = true },
		"an address":            func(o *bridge.Order) { o.Recipient = bridge.Address{} },
		"what cannot be read":   func(o *bridge.Order) { o.Unreadable = "an amount is odd" },
		"a tracking number":     func(o *bridge.Order) { o.Lines[0].Tracking = "RM1" },
		"a package":             func(o *bridge.Order) { o.Lines[0].PackageID = "p-1" },
		"a line that is off":    func(o *bridge.Order) { o.Lines[0].Cancelled = true },
		"a line that is added":  func(o *bridge.Order) { o.Lines = append(o.Lines, bridge.OrderLine{ID: "1-9"}) },
		"a number that is gone": func(o *bridge.Order) { o.Lines[1].Tracking = "" },
	} {
		o := world.AnOrder("1", "MUG", "SPOON")
		o.Lines[1].Tracking = "RM9"
		now := o
		now.Lines = slices.Clone(o.Lines)
		change(&now)
		if bridge.Digest(now) == bridge.Digest(o) {
			t.Errorf("%s does not count as a change", what)
		}
	}
}

// A list whose pages move shows an order twice: what was read last of the newest
// state is handed on.
func TestIntakeTakesTheNewestOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		older, newer := sold("1", bridge.Unpaid, 2*time.Minute), sold("1", bridge.AwaitingShipment, time.Minute)
		again := world.With(newer, func(o *bridge.Order) { o.CancelRequested = true }) // within the same second
		for name, tc := range map[string]struct{ list, want bridge.Order }{
			"in turn": {newer, newer}, "the older one last": {older, newer}, "the same second": {again, again},
		} {
			c := newCounter()
			list := fixedOrders{newer, tc.list}
			if name == "in turn" {
				list = fixedOrders{older, newer}
			}
			in, err := bridge.NewIntake(bridge.IntakePorts{
				Orders: list, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c.Shop, Exceptions: c,
			}, noSweep)
			must(t, err)
			runIntake(t, in)
			if len(c.handled) != 1 || c.handled[0].Status != tc.want.Status || c.handled[0].CancelRequested != tc.want.CancelRequested {
				t.Errorf("%s: handed on %v, want %s once, with a request: %t", name, c.handled, tc.want.Status, tc.want.CancelRequested)
			}
		}
	})
}

// A poll breaks off among the orders of the last minutes. What the shop lists late is
// within the overlap all the same.
func TestIntakeBrokenPollKeepsTheOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		for i := range 30 {
			id := fmt.Sprintf("%02d", i)
			c.orders[id] = sold(id, bridge.AwaitingShipment, 5*time.Minute-time.Duration(i)*time.Second)
		}
		in, pages := c.intake(t, noSweep), 0
		c.fault = func(name string, before bool) error {
			if name == "OrdersUpdated" && before {
				if pages++; pages == 9 {
					return world.ErrInjected
				}
			}
			return nil
		}
		late := sold("late", bridge.AwaitingShipment, 10*time.Minute) // not in the list yet
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Fatalf("got %v, want the failure of the shop", err)
		}
		c.ids()
		c.orders["late"] = late
		for range 3 {
			time.Sleep(6 * time.Minute)
			runIntake(t, in)
		}
		if got := c.ids(); !slices.Contains(got, "late") {
			t.Errorf("handed on %q, want the order that was listed late among them", got)
		}
	})
}

// An order that has failed waits for its own time, and not for the sweep.
func TestIntakeSweepLeavesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Minute))
		c.bad["1"] = world.ErrInjected
		in := c.intake(t, bridge.IntakeOptions{SweepEvery: time.Hour, RetryAfter: 6 * time.Hour})
		if r := runIntake(t, in); r.Failed != 1 {
			t.Fatalf("%d orders failed, want 1", r.Failed)
		}
		tried := 0
		c.during = func([]bridge.Order) { tried++ }
		for range 5 {
			time.Sleep(time.Hour)
			runIntake(t, in)
		}
		if tried != 0 {
			t.Errorf("it was tried %d times before its time", tried)
		}
		time.Sleep(time.Hour)
		if runIntake(t, in); tried != 1 {
			t.Errorf("it was tried %d times when its time had come, want once", tried)
		}
	})
}

// The clock was ahead when a sweep began or ended. Once it is right, the open orders
// are swept, and not only when it has caught up.
func TestIntakeSweepAfterTheClockWasAhead(t *testing.T) {
	for name, broken := range map[string]bool{"a sweep that ended": false, "a sweep that broke off": true} {
		now := world.Noon.Add(400 * 24 * time.Hour)
		c := newCounter(bridge.Order{ID: "1", Status: bridge.PartiallyShipping, CreatedAt: world.Noon, UpdatedAt: world.Noon.Add(-100 * time.Hour), Lines: []bridge.OrderLine{{ID: "1-1"}}},
			bridge.Order{ID: "2", Status: bridge.Unpaid, CreatedAt: world.Noon, UpdatedAt: world.Noon.Add(-100 * time.Hour), Lines: []bridge.OrderLine{{ID: "2-1"}}})
		in := c.intake(t, bridge.IntakeOptions{Now: func() time.Time { return now }})
		lists := 0
		c.fault = func(call string, before bool) error {
			if call == "OrdersByStatus" && before {
				if lists++; broken && lists == 4 {
					return world.ErrInjected
				}
			}
			return nil
		}
		if _, err := in.Run(t.Context()); errors.Is(err, world.ErrInjected) != broken {
			t.Fatalf("%s: %v", name, err)
		}
		c.ids()
		now = world.Noon
		runIntake(t, in)
		wantIDs(t, c.ids(), "1", "2")
		now = now.Add(time.Minute)
		runIntake(t, in)
		wantIDs(t, c.ids()) // once
	}
}

// A hint that comes during a sweep is of a newer state than the one that the same run
// has handed on: while it is not handed on too, it stays.
func TestIntakeKeepsAHintOfWhatItHasHandedOnBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Minute), sold("2", bridge.AwaitingShipment, 400*time.Hour))
		in := c.intake(t, bridge.IntakeOptions{BatchSize: 1})
		c.during = func(orders []bridge.Order) {
			if orders[0].ID == "2" { // in the sweep
				must(t, in.Hint(t.Context(), "1"))
				c.bad["1"] = world.ErrInjected
				c.fault = failing("PutRevisits")
			}
		}
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Fatalf("got %v, want the failure of the store", err)
		}
		c.fault, c.during = nil, nil
		if hints, err := c.Hints(t.Context(), "orders"); err != nil || len(hints) != 1 {
			t.Errorf("the hints are %v, %v; want that of order 1", hints, err)
		}
	})
}

// A case about more orders than it names may be about any: none is looked at before
// its time because it seems to have no case.
func TestIntakeWaitsForACaseOfMoreOrdersThanItNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, 0))
		c.raise = map[string]bool{"1": true}
		unmapped := exceptions.New(exceptions.UnmappedSKU, "SKU GHOST", time.Time{}, "there is no item", "create it")
		unmapped.Orders = []string{"1"}
		must(t, c.exceptions.Raise(t.Context(), unmapped))
		in := c.intake(t, noSweep)
		runIntake(t, in)
		must(t, c.exceptions.Clear(t.Context(), "SKU GHOST", exceptions.UnmappedSKU))
		unmapped.Orders = nil
		for i := range exceptions.MaxOrders + 1 {
			unmapped.Orders = append(unmapped.Orders, fmt.Sprint("0", i)) // order 1 comes behind them
		}
		must(t, c.exceptions.Raise(t.Context(), unmapped))
		looked := 0
		c.during = func([]bridge.Order) { looked++ }
		for range 10 {
			time.Sleep(time.Minute)
			runIntake(t, in)
		}
		if looked != 0 {
			t.Errorf("it was looked at %d times while its case was open", looked)
		}
	})
}

// A case is resolved, and its order fails: it is tried after growing waits, and not
// with every run because it has no case.
func TestIntakeResolvedCaseThatStillFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, 0))
		c.bad["1"] = world.ErrInjected
		in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, EscalateAfter: 1, RetryAfter: 15 * time.Minute})
		tried := 0
		c.during = func([]bridge.Order) { tried++ }
		for range 14 {
			runIntake(t, in)
			must(t, c.exceptions.Clear(t.Context(), exceptions.ForOrder("1"), exceptions.OrderStuck))
			time.Sleep(time.Minute)
		}
		if tried != 1 {
			t.Errorf("it was tried %d times in a quarter of an hour, want once", tried)
		}
	})
}

// While a request could not be handed on, the requests are listed with every run.
func TestIntakeListsRequestsAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, desk := newCounter(), &requestDesk{}
		for i := range 40 {
			id := fmt.Sprintf("%02d", i)
			c.orders[id] = sold(id, bridge.AwaitingShipment, 400*time.Hour)
			desk.pending = append(desk.pending, bridge.Cancellation{ID: "c" + id, OrderID: id, Pending: true})
		}
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: c, OpenOrders: c, Requests: desk, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c, Exceptions: c.exceptions,
		}, bridge.IntakeOptions{SweepEvery: -1, RequestsEvery: 12 * time.Hour})
		must(t, err)
		c.fault = failing("OrdersByID")
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Fatalf("got %v, want the failure of the shop", err)
		}
		c.fault = nil
		for range 3 {
			time.Sleep(20 * time.Minute)
			runIntake(t, in)
		}
		if got := slices.Compact(slices.Sorted(slices.Values(c.ids()))); len(got) != 40 {
			t.Errorf("%d of 40 requests were handed on within an hour", len(got))
		}
		if cursor, err := c.Shop.Cursor(t.Context(), "orders/requests"); err != nil || len(cursor.Seen) != 40 {
			t.Errorf("%d requests are on record as handed on, want 40: %v", len(cursor.Seen), err)
		}
	})
}
