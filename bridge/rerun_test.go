package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// busy is a shop and a warehouse with something to do for every primitive.
func busy(t *testing.T) *world {
	w := newWorld(t)
	tiktok := func(o *Order) { o.ShippingModel = TikTokShipping }
	w.put(
		anOrder("new", "MUG", "SET"), with(anOrder("held", "MUG"), func(o *Order) { o.Status = OnHold }),
		with(anOrder("unpaid", "SPOON"), func(o *Order) { o.Status = Unpaid }), anOrder("ghost", "GHOST"),
		with(anOrder("gone", "MUG"), func(o *Order) { o.Status = Cancelled }),
		with(anOrder("regret", "MUG"), func(o *Order) { o.CancelRequested = true }), with(anOrder("late", "MUG"), func(o *Order) { o.CancelRequested = true }),
		anOrder("shipped", "MUG"), with(anOrder("label", "MUG"), tiktok), anOrder("parked", "MUG"),
	)
	w.waiting(w.orders["gone"])
	w.waiting(w.orders["regret"])
	w.waiting(w.orders["late"]).Stage = StageLabelPrinted
	w.processed(w.orders["shipped"], "RM1")
	w.waiting(w.orders["label"])
	w.waiting(w.orders["parked"]).State = Parked
	w.pending = []Cancellation{{ID: "c1", OrderID: "regret", Pending: true}, {ID: "c2", OrderID: "late", Pending: true}}
	w.list("MUG", "W1", "W2")
	w.list("SPOON", "W1", "W2")
	w.list("SET", "W1")
	return w
}

// pass runs every primitive once, as a program would.
func (w *world) pass(ctx context.Context) error {
	var orders []Order
	for o, err := range w.OrdersUpdated(ctx, noon, noon) {
		if err != nil {
			return err
		}
		orders = append(orders, o)
	}
	_, importErr := w.importerReading().Import(ctx, orders...)
	pending, err := w.PendingCancellations(ctx, nil)
	if err != nil {
		return errors.Join(importErr, err)
	}
	_, cancelErr := w.canceller(0).Cancel(ctx, append(pending, CancellationsOf(orders...)...)...)
	_, dispatchErr := w.dispatcher(nil).Dispatch(ctx, w.entries()...)
	_, pushErr := w.stockPush(StockOptions{}).Push(ctx)
	return errors.Join(importErr, cancelErr, dispatchErr, pushErr)
}

// state is everything that is left behind, without ids and moments.
func (w *world) state() []string {
	var list []string
	for _, e := range w.book {
		list = append(list, fmt.Sprintf("warehouse %s %s %v tracking %q address %t", e.Reference, e.State, e.Lines, e.Tracking, e.HasAddress))
	}
	for o, err := range w.OrdersUpdated(context.Background(), noon, noon) {
		if err != nil {
			return append(list, err.Error())
		}
		list = append(list, fmt.Sprintf("shop %s %s %v", o.ID, o.Status, trackings(o.Lines)))
	}
	reservations, _ := w.memory.Reservations(context.Background())
	for _, r := range reservations {
		list = append(list, fmt.Sprintf("reserved %s %v visible %t", r.OrderID, r.Items, !r.VisibleAt.IsZero()))
	}
	list = append(list, fmt.Sprintf("shown %v, approved %v, labels %d, parcels %d", w.shown(), w.approved, w.labels, len(w.shipped)))
	list = append(list, w.open()...)
	slices.Sort(list) // what was created first is a matter of what was interrupted
	return list
}

// settled is the state after undisturbed passes.
func settled(t *testing.T, w *world) []string {
	t.Helper()
	for range 3 {
		if err := w.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return w.state()
}

// Stopped after any call to the outside, or with any call failed, before or
// after its effect, and run again, the primitives leave what an undisturbed run
// leaves.
func TestStoppedAnywhereAndRunAgain(t *testing.T) {
	undisturbed := busy(t)
	want := settled(t, undisturbed)
	calls := len(undisturbed.calls)
	for _, way := range []string{"stopped after", "failed before", "reply lost of"} {
		for k := 1; k <= calls; k++ {
			w := busy(t)
			ctx, cancel := context.WithCancel(t.Context())
			switch way {
			case "stopped after":
				w.after = func(n int, _ string) {
					if n == k {
						cancel()
					}
				}
			default:
				w.lost = way == "reply lost of"
				w.fail = func(n int, _ string) error {
					if n == k {
						return errInjected
					}
					return nil
				}
			}
			err := w.pass(ctx)
			cancel()
			if len(w.calls) < k {
				break // the first pass was over by then
			}
			name := w.calls[k-1]
			halved := name == "OrdersByID" && len(w.calls) > k && w.calls[k] == name // to find the order to blame: there is none
			readBack := name == "Ship" && way == "reply lost of"                     // the shop itself tells what became of it
			if err == nil && (way != "stopped after" || len(w.calls) > k) && !halved && !readBack {
				t.Errorf("%s call %d (%s): nobody was told", way, k, name)
			}
			w.after, w.fail = nil, nil
			if diff := cmp.Diff(want, settled(t, w)); diff != "" {
				t.Fatalf("%s call %d of %d (%s):\n%s", way, k, calls, name, diff)
			}
		}
	}
	t.Logf("%d places to stop", calls)
}

// The same in pairs: two programs at once, each stopped somewhere.
func TestTwoProgramsAtOnce(t *testing.T) {
	want := settled(t, busy(t))
	for k := range 40 {
		w := busy(t)
		ctx, cancel := context.WithCancel(t.Context())
		w.after = func(n int, _ string) {
			if n == 7*k {
				cancel()
			}
		}
		done := make(chan error)
		go func() { done <- w.pass(ctx) }()
		_ = w.pass(t.Context()) // it may find a list that the other has worked off
		if err := <-done; err != nil {
			t.Logf("the stopped program: %v", err) // as it may
		}
		cancel()
		w.after = nil
		if diff := cmp.Diff(want, settled(t, w)); diff != "" {
			t.Fatalf("stopped after call %d:\n%s", 7*k, diff)
		}
	}
}
