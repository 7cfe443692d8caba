package bridge_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A line that was cancelled while the order was held is taken off, and the rest is
// let go with it: the shop does not list the order again.
func TestTakeOrdersReleasesTheRest(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	o := world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.HoldUntil = now.Add(time.Hour) })
	take := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), nil)
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

// The requests of buyers are read for the orders that have one, and an order that is
// asked for while the shop holds it never gets into the picker's hands.
func TestTakeOrdersAnswersRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		change   func(*world.World)
		outcomes []bridge.Outcome
		approved []string
		open     []string
	}{
		"granted": {outcomes: []bridge.Outcome{bridge.OutcomeCancelled, bridge.OutcomeCreated}, approved: []string{"c1:approve"}},
		"too late": {change: func(w *world.World) { w.Book[0].Stage = stage.LabelPrinted },
			outcomes: []bridge.Outcome{bridge.OutcomeRaised, bridge.OutcomeCreated}, open: []string{"late cancellation: order 1"}},
		"the requests cannot be read": {change: func(w *world.World) { w.Fail = world.FailOn("PendingCancellations") },
			outcomes: []bridge.Outcome{bridge.OutcomeFailed, bridge.OutcomeCreated}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
			take := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), w)
			_, err := take(t.Context(), []bridge.Order{w.Orders["1"]})
			must(t, err)
			if n := w.Count("PendingCancellations"); n != 0 {
				t.Errorf("requests were read %d times although there is none", n)
			}
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true, Deadline: world.Noon.Add(24 * time.Hour)}}
			if tc.change != nil {
				tc.change(w)
			}
			orders, err := w.OrdersByID(t.Context(), []string{"1", "2"})
			must(t, err)
			results, err := take(t.Context(), orders)
			if failed := tc.outcomes[0] == bridge.OutcomeFailed; (err != nil) != failed {
				t.Errorf("got error %v", err)
			}
			var outcomes []bridge.Outcome
			for _, r := range results {
				outcomes = append(outcomes, r.Outcome)
			}
			if diff := cmp.Diff(tc.outcomes, outcomes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.approved, w.Approved); diff != "" {
				t.Errorf("approved (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		})
	}
}

// A wave of orders that were never paid costs no look-up in the warehouse.
func TestTakeOrdersLooksForNothingThatNeverWas(t *testing.T) {
	w := world.NewWorld(t)
	var orders []bridge.Order
	for i := range 200 {
		o := world.AnOrder(strconv.Itoa(i), "MUG")
		o.Status, o.CreatedAt = bridge.Cancelled, world.Noon.Add(2*time.Hour)
		orders = append(orders, o)
	}
	w.Put(orders...)
	must(t, w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.BadOrder, exceptions.ForOrder("7"), time.Time{}, "it was blocked", "mend it")))
	results, err := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), w)(t.Context(), orders)
	must(t, err)
	if n := w.Count("FindOrders") + w.Count("TraceOrders"); n != 0 || len(results) != 200 {
		t.Errorf("%d look-ups for %d orders that the warehouse never had, want none for 200", n, len(results))
	}
	if w.OpenKinds() != nil {
		t.Errorf("open is %v of orders that are gone", w.OpenKinds())
	}
	records, _, err := w.Memory.RecordsOf(t.Context(), "7")
	must(t, err)
	if r := records["7"]; r.EndedAt.IsZero() || r.Status != string(bridge.Cancelled) {
		t.Errorf("the record does not say that it has ended: %+v", r)
	}
}

// An order that was read just now is not read again, unless something was done about
// it meanwhile.
func TestImportReadsOnceWhatIsFresh(t *testing.T) {
	now := world.Noon.Add(time.Hour)
	for name, tc := range map[string]struct {
		age    time.Duration
		do     func(*testing.T, *world.World)
		reads  int
		exists bool
	}{
		"just read":      {age: time.Second, reads: 0, exists: true},
		"read long ago":  {age: 6 * time.Second, reads: 1, exists: true},
		"of unknown age": {age: -1, reads: 1, exists: true},
		"granted meanwhile": {age: time.Second, reads: 1, do: func(t *testing.T, w *world.World) {
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
			if _, err := w.Importer().Import(t.Context(), world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Unpaid })); err != nil {
				t.Fatal(err) // it is seen, and not in the warehouse
			}
			if _, err := w.Canceller(0).Cancel(t.Context(), w.Pending...); err != nil {
				t.Fatal(err)
			}
			w.Calls = nil
		}},
		"a line granted meanwhile": {age: time.Second, reads: 1, exists: true, do: func(t *testing.T, w *world.World) {
			if _, err := w.Importer().Import(t.Context(), world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Unpaid })); err != nil {
				t.Fatal(err)
			}
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true, LineIDs: []string{"1-1"}}}
			if _, err := w.Canceller(0).Cancel(t.Context(), w.Pending...); err != nil {
				t.Fatal(err)
			}
			w.Calls = nil
		}},
		"seen later by another": {age: time.Second, reads: 1, exists: true, do: func(t *testing.T, w *world.World) {
			if _, err := store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) { r.UpdatedAt = world.Noon.Add(time.Minute) }, store.Record{OrderID: "1"}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Now = func() time.Time { return now }
			o := w.Put(world.AnOrder("1", "MUG", "SPOON"))[0]
			if o.ReadAt = now.Add(-tc.age); tc.age < 0 {
				o.ReadAt = time.Time{}
			}
			if tc.do != nil {
				tc.do(t, w)
			}
			if _, err := w.ImporterReading().Import(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if n := w.Count("OrdersByID"); n != tc.reads || (len(w.Book) > 0) != tc.exists {
				t.Errorf("%d reads of the shop, want %d; in the warehouse: %t, want %t", n, tc.reads, len(w.Book) > 0, tc.exists)
			}
		})
	}
}

// What the canceller has changed is not imported as it was read before.
func TestTakeOrdersReadsAgainWhatItChanged(t *testing.T) {
	w := world.NewWorld(t)
	var reads []time.Time
	importer := importerFunc(func(orders ...bridge.Order) (results bridge.OrderResults) {
		for _, o := range orders {
			reads = append(reads, o.ReadAt)
			results = append(results, bridge.OrderResult{OrderID: o.ID, Outcome: bridge.OutcomeUnchanged})
		}
		return results
	})
	o := world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.Lines[1].Cancelled, o.ReadAt = true, world.Noon })
	w.Waiting(w.Put(world.AnOrder("1", "MUG", "SPOON"))[0])
	w.Put(o)
	_, err := bridge.TakeOrders(importer, w.Canceller(0), nil)(t.Context(), []bridge.Order{o})
	must(t, err)
	if diff := cmp.Diff([]time.Time{world.Noon, {}}, reads); diff != "" {
		t.Errorf("the importer got readings of (-want +got):\n%s", diff)
	}
}

// importerFunc is an importer in one function.
type importerFunc func(...bridge.Order) bridge.OrderResults

func (f importerFunc) Import(_ context.Context, orders ...bridge.Order) (bridge.OrderResults, error) {
	return f(orders...), nil
}
