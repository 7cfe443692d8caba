package bridge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// A line that was cancelled while the order was held is taken off, and the rest is
// let go with it: the shop does not list the order again.
func TestTakeOrdersReleasesTheRest(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	o := world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.HoldUntil = now.Add(time.Hour) })
	take := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0))
	pass := func() (outcomes []bridge.Outcome) {
		t.Helper()
		results, err := take(t.Context(), []bridge.Order{w.Orders["1"]})
		must(t, err)
		for _, r := range results {
			outcomes = append(outcomes, r.Outcome)
		}
		return outcomes
	}
	w.Put(o)
	if diff := cmp.Diff([]bridge.Outcome{bridge.OutcomeParked}, pass()); diff != "" {
		t.Fatalf("while it is held (-want +got):\n%s", diff)
	}
	now = now.Add(2 * time.Hour)
	w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.Lines[1].Cancelled = true })
	if diff := cmp.Diff([]bridge.Outcome{bridge.OutcomeCancelled, bridge.OutcomeReleased}, pass()); diff != "" {
		t.Errorf("after the hold (-want +got):\n%s", diff)
	}
	if e := w.Book[0]; e.State != bridge.Open || len(e.Lines) != 1 || e.Lines[0].SKU != "MUG" {
		t.Errorf("in the warehouse it is %s with %+v, want it open with the mug", e.State, e.Lines)
	}
	if diff := cmp.Diff([]bridge.Outcome{bridge.OutcomeUnchanged}, pass()); diff != "" {
		t.Errorf("once more (-want +got):\n%s", diff)
	}
}
