package bridge_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

// busy is a shop and a warehouse with something to do for every primitive.
func busy(t *testing.T) *world.World {
	w := world.NewWorld(t)
	tiktok := func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }
	w.Put(
		world.AnOrder("new", "MUG", "SET"), world.With(world.AnOrder("held", "MUG"), func(o *bridge.Order) { o.Status = bridge.OnHold }),
		world.With(world.AnOrder("unpaid", "SPOON"), func(o *bridge.Order) { o.Status = bridge.Unpaid }), world.AnOrder("ghost", "GHOST"),
		world.With(world.AnOrder("gone", "MUG"), func(o *bridge.Order) { o.Status = bridge.Cancelled }),
		world.With(world.AnOrder("regret", "MUG"), func(o *bridge.Order) { o.CancelRequested = true }), world.With(world.AnOrder("late", "MUG"), func(o *bridge.Order) { o.CancelRequested = true }),
		world.AnOrder("shipped", "MUG"), world.With(world.AnOrder("label", "MUG"), tiktok), world.AnOrder("parked", "MUG"),
	)
	w.Waiting(w.Orders["gone"])
	w.Waiting(w.Orders["regret"])
	w.Waiting(w.Orders["late"]).Stage = stage.LabelPrinted
	w.Processed(w.Orders["shipped"], "RM1")
	w.Waiting(w.Orders["label"])
	w.Waiting(w.Orders["parked"]).State = bridge.Parked
	w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "regret", Pending: true}, {ID: "c2", OrderID: "late", Pending: true}}
	w.List("MUG", "W1", "W2")
	w.List("SPOON", "W1", "W2")
	w.List("SET", "W1")
	return w
}

// settled is the state after undisturbed passes.
func settled(t *testing.T, w *world.World) []string {
	t.Helper()
	for range 3 {
		if err := w.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return w.State()
}

// Stopped after any call to the outside, or with any call failed, before or
// after its effect, and run again, the primitives leave what an undisturbed run
// leaves.
func TestStoppedAnywhereAndRunAgain(t *testing.T) {
	undisturbed := busy(t)
	want := settled(t, undisturbed)
	calls := len(undisturbed.Calls)
	for _, way := range []string{"stopped after", "failed before", "reply lost of"} {
		for k := 1; k <= calls; k++ {
			w := busy(t)
			ctx, cancel := context.WithCancel(t.Context())
			switch way {
			case "stopped after":
				w.After = func(n int, _ string) {
					if n == k {
						cancel()
					}
				}
			default:
				w.Lost = way == "reply lost of"
				w.Fail = func(n int, _ string) error {
					if n == k {
						return world.ErrInjected
					}
					return nil
				}
			}
			err := w.Pass(ctx)
			cancel()
			if len(w.Calls) < k {
				break // the first pass was over by then
			}
			name := w.Calls[k-1]
			halved := (name == "OrdersByID" || name == "StockItems") && len(w.Calls) > k && w.Calls[k] == name // to find the order to blame: there is none
			readBack := (name == "Ship" || name == "SetTracking") && way == "reply lost of"                    // the other side itself tells what became of it
			again := name == "PublishStock" && slices.Contains(w.Calls[k:], name)                              // at the end of the same push
			if err == nil && (way != "stopped after" || len(w.Calls) > k) && !halved && !readBack && !again {
				t.Errorf("%s call %d (%s): nobody was told", way, k, name)
			}
			w.After, w.Fail = nil, nil
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
		w.After = func(n int, _ string) {
			if n == 7*k {
				cancel()
			}
		}
		done := make(chan error)
		go func() { done <- w.Pass(ctx) }()
		_ = w.Pass(t.Context()) // it may find a list that the other has worked off
		if err := <-done; err != nil {
			t.Logf("the stopped program: %v", err) // as it may
		}
		cancel()
		w.After = nil
		if diff := cmp.Diff(want, settled(t, w)); diff != "" {
			t.Fatalf("stopped after call %d:\n%s", 7*k, diff)
		}
	}
}
