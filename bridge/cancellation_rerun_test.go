package bridge

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// regrets is a shop in which buyers, sellers and the warehouse have cancelled in
// every way that there is.
func regrets(t *testing.T) *world {
	w := newWorld(t)
	w.rejectReasons, w.cancelReasons = []string{reasonPacked}, []string{reasonBuyer}
	ask := func(id string, lines ...string) {
		w.put(with(w.orders[id], func(o *Order) { o.CancelRequested, o.CancelRequestedAt = true, noon }))
		w.pending = append(w.pending, Cancellation{ID: "c-" + id, OrderID: id, Pending: true, Deadline: request.Deadline, LineIDs: lines})
	}
	for _, id := range []string{"whole", "lines", "part", "parked"} {
		w.waiting(w.put(anOrder(id, "MUG", "MUG", "SPOON"))[0])
	}
	ask("whole")
	ask("lines", "lines-1")
	split(w, w.book[2])
	w.book[2].State, w.book[2].Stage, w.book[2].Tracking = Processed, StageProcessed, "RM1"
	ask("part", "part-3")
	w.book[3].State = Parked
	ask("parked", "parked-1", "parked-2", "parked-3")

	w.waiting(w.put(anOrder("late", "MUG"))[0]).Stage = StageLabelPrinted
	ask("late")
	w.put(anOrder("unseen", "MUG", "SPOON"))
	ask("unseen", "unseen-1")
	w.waiting(w.put(with(anOrder("gone", "MUG"), func(o *Order) { o.Status = Cancelled }))[0])
	w.waiting(w.put(with(anOrder("less", "MUG", "MUG"), func(o *Order) { o.Lines[1].Cancelled = true }))[0])
	w.book[len(w.book)-1].Lines[0].Quantity, w.book[len(w.book)-1].Lines[0].FromLineIDs = 2, []string{"less-1", "less-2"}
	w.waiting(w.put(anOrder("revoked", "MUG"))[0]).State = Dropped
	w.stock["i-mug"]["L1"], w.stock["i-spoon"]["L1"] = 50, 50
	w.list("MUG", "W1")
	w.list("SPOON", "W1")
	return w
}

// regretsPass runs what has to do with cancellations once.
func (w *world) regretsPass(ctx context.Context) error {
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
	_, cancelErr := w.cancellerWith(CancelOptions{LateAnswer: AnswerReject}).Cancel(ctx, append(pending, CancellationsOf(orders...)...)...)
	_, revokeErr := w.revoker(RevokeOptions{Reasons: []string{reasonBuyer}}).Revoke(ctx, w.entries()...)
	_, pushErr := w.stockPush(StockOptions{}).Push(ctx)
	return errors.Join(importErr, cancelErr, revokeErr, pushErr)
}

func regretsSettled(t *testing.T, w *world) []string {
	t.Helper()
	for range 3 {
		if err := w.regretsPass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(w.approved) // which came first is a matter of what was interrupted
	return append(w.state(), append(w.rejected, w.revoked...)...)
}

// Stopped after any call to the outside, or with any call failed, before or after
// its effect, and run again: one outcome.
func TestCancelStoppedAnywhere(t *testing.T) {
	undisturbed := regrets(t)
	want := regretsSettled(t, undisturbed)
	for _, id := range []string{"c-whole", "c-lines", "c-part", "c-parked", "c-unseen"} {
		n := 0
		for _, key := range undisturbed.approved {
			if key == id+":approve" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s approved %d times: %v", id, n, undisturbed.approved)
		}
	}
	if diff := cmp.Diff([]string{"c-late:reject", "revoked " + reasonBuyer}, append(undisturbed.rejected, undisturbed.revoked...)); diff != "" {
		t.Error(diff)
	}
	calls := len(undisturbed.calls)
	for _, way := range []string{"stopped after", "failed before", "reply lost of"} {
		for k := 1; k <= calls; k++ {
			w := regrets(t)
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
			err := w.regretsPass(ctx)
			cancel()
			if len(w.calls) < k {
				break // the first pass was over by then
			}
			name := w.calls[k-1]
			if err == nil && (way != "stopped after" || len(w.calls) > k) {
				t.Errorf("%s call %d (%s): nobody was told", way, k, name)
			}
			w.after, w.fail = nil, nil
			if diff := cmp.Diff(want, regretsSettled(t, w)); diff != "" {
				t.Fatalf("%s call %d of %d (%s):\n%s", way, k, calls, name, diff)
			}
		}
	}
	t.Logf("%d places to stop", calls)
}
