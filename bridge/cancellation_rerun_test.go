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

// regrets is a shop in which buyers, sellers and the warehouse have cancelled in
// every way that there is.
func regrets(t *testing.T) *world.World {
	w := world.NewWorld(t)
	w.RejectReasonList, w.CancelReasonList = []string{bridge.ReasonPacked}, []string{world.ReasonBuyer}
	ask := func(id string, lines ...string) {
		w.Put(world.With(w.Orders[id], func(o *bridge.Order) { o.CancelRequested, o.CancelRequestedAt = true, world.Noon }))
		w.Pending = append(w.Pending, bridge.Cancellation{ID: "c-" + id, OrderID: id, Pending: true, Deadline: request.Deadline, LineIDs: lines})
	}
	for _, id := range []string{"whole", "lines", "part", "parked"} {
		w.Waiting(w.Put(world.AnOrder(id, "MUG", "MUG", "SPOON"))[0])
	}
	ask("whole")
	ask("lines", "lines-1")
	split(w, w.Book[2])
	w.Book[2].State, w.Book[2].Stage, w.Book[2].Tracking = bridge.Processed, stage.Processed, "RM1"
	ask("part", "part-3")
	w.Book[3].State = bridge.Parked
	ask("parked", "parked-1", "parked-2", "parked-3")

	w.Waiting(w.Put(world.AnOrder("late", "MUG"))[0]).Stage = stage.LabelPrinted
	ask("late")
	w.Put(world.AnOrder("unseen", "MUG", "SPOON"))
	ask("unseen", "unseen-1")
	w.Waiting(w.Put(world.With(world.AnOrder("gone", "MUG"), func(o *bridge.Order) { o.Status = bridge.Cancelled }))[0])
	w.Waiting(w.Put(world.With(world.AnOrder("less", "MUG", "MUG"), func(o *bridge.Order) { o.Lines[1].Cancelled = true }))[0])
	w.Book[len(w.Book)-1].Lines[0].Quantity, w.Book[len(w.Book)-1].Lines[0].FromLineIDs = 2, []string{"less-1", "less-2"}
	w.Waiting(w.Put(world.AnOrder("revoked", "MUG"))[0]).State = bridge.Dropped
	w.Stock["i-mug"]["L1"], w.Stock["i-spoon"]["L1"] = 50, 50
	w.List("MUG", "W1")
	w.List("SPOON", "W1")
	return w
}

func regretsSettled(t *testing.T, w *world.World) []string {
	t.Helper()
	for range 3 {
		if err := w.RegretsPass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(w.Approved) // which came first is a matter of what was interrupted
	return append(w.State(), append(w.Rejected, w.Revoked...)...)
}

// Stopped after any call to the outside, or with any call failed, before or after
// its effect, and run again: one outcome.
func TestCancelStoppedAnywhere(t *testing.T) {
	undisturbed := regrets(t)
	want := regretsSettled(t, undisturbed)
	for _, id := range []string{"c-whole", "c-lines", "c-part", "c-parked", "c-unseen"} {
		n := 0
		for _, key := range undisturbed.Approved {
			if key == id+":approve" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s approved %d times: %v", id, n, undisturbed.Approved)
		}
	}
	if diff := cmp.Diff([]string{"c-late:reject", "revoked " + world.ReasonBuyer}, append(undisturbed.Rejected, undisturbed.Revoked...)); diff != "" {
		t.Error(diff)
	}
	calls := len(undisturbed.Calls)
	for _, way := range []string{"stopped after", "failed before", "reply lost of"} {
		for k := 1; k <= calls; k++ {
			w := regrets(t)
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
			err := w.RegretsPass(ctx)
			cancel()
			if len(w.Calls) < k {
				break // the first pass was over by then
			}
			name := w.Calls[k-1]
			halved := name == "StockItems" && len(w.Calls) > k && w.Calls[k] == name // to find the order to blame: there is none
			again := name == "PublishStock" && slices.Contains(w.Calls[k:], name)    // at the end of the same push
			if err == nil && !halved && !again && (way != "stopped after" || len(w.Calls) > k) {
				t.Errorf("%s call %d (%s): nobody was told", way, k, name)
			}
			w.After, w.Fail = nil, nil
			if diff := cmp.Diff(want, regretsSettled(t, w)); diff != "" {
				t.Fatalf("%s call %d of %d (%s):\n%s", way, k, calls, name, diff)
			}
		}
	}
	t.Logf("%d places to stop", calls)
}
