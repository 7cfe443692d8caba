package bridge_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// That the shop's label was handed out makes no known stage of one that is not known.
func TestCancelAtAnUnknownStageWithALabel(t *testing.T) {
	w := cancelWorld(t, bridge.Open, 0)
	_, err := w.Memory.PutRecords(t.Context(), store.Record{OrderID: "1", LabelAt: world.Noon})
	must(t, err)
	if got := world.Outcome(t)(w.Canceller(stage.Processed).Cancel(t.Context(), request)); got != bridge.OutcomeRaised {
		t.Errorf("%s, want %s: nobody knows how far the order is", got, bridge.OutcomeRaised)
	}
	if w.Book[0].State != bridge.Open || len(w.Approved) != 0 {
		t.Errorf("the warehouse order is %s, approved %v; want it untouched", w.Book[0].State, w.Approved)
	}
}

// Somebody changes the order while it is being held, and it is no longer certain what
// has to go: nothing is granted, and the order goes on.
func TestCancelDoubtSlipsIn(t *testing.T) {
	w := world.NewWorld(t)
	e := w.Waiting(w.Put(world.AnOrder("1", "MUG", "MUG", "SPOON"))[0])
	r := request
	r.LineIDs = []string{"1-1"}
	w.Pending = []bridge.Cancellation{r}
	w.After = func(_ int, name string) {
		if name == "HoldOrder" {
			e.Lines[0].Quantity = 5
		}
	}
	_, err := w.Canceller(0).Cancel(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "changed in the warehouse meanwhile") {
		t.Errorf("got %v, want that the order was changed meanwhile", err)
	}
	if e.State != bridge.Open || len(w.Approved) != 0 {
		t.Errorf("the warehouse order is %s, approved %v; want it open again and nothing granted", e.State, w.Approved)
	}
}

// A buyer asks for a line, and the shop cancels all of the order before the answer: all
// of it goes.
func TestCancelOfALineThatBecomesAllOfTheOrder(t *testing.T) {
	w := world.NewWorld(t)
	e := w.Waiting(w.Put(world.AnOrder("1", "MUG", "MUG", "SPOON"))[0])
	r := request
	r.LineIDs = []string{"1-1"}
	w.Pending = []bridge.Cancellation{r}
	w.After = func(_ int, name string) {
		if name == "HoldOrder" {
			w.Decide("c1", false)
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
		}
	}
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), r)); got != bridge.OutcomeCancelled || e.State != bridge.Dropped {
		t.Errorf("%s, and the warehouse order is %s; want it %s there too", got, e.State, bridge.Dropped)
	}
}

// A merged order is changed under the locks of all whose goods are in it, and as it is
// then: a dispatch of one of the others comes before or after.
func TestCancelOfAMergedOrderWaitsForTheOthers(t *testing.T) {
	for _, tc := range []struct {
		stage stage.Stage // that it reaches meanwhile
		want  bridge.Outcome
		lines int
	}{{stage.New, bridge.OutcomeCancelled, 1}, {stage.LabelPrinted, bridge.OutcomeRaised, 2}} {
		synctest.Test(t, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
			_, err := w.Importer().Import(t.Context(), w.Orders["1"], w.Orders["2"])
			must(t, err)
			m := merge(w)
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
			_, unlock, err := w.Lock(t.Context(), "order/2")
			must(t, err)
			var results bridge.OrderResults
			done := make(chan error, 1)
			go func() {
				r, err := w.Canceller(0).Cancel(t.Context(), w.Orders["1"].Cancellation())
				results = r
				done <- err
			}()
			synctest.Wait()
			if len(m.Lines) != 2 {
				t.Errorf("the merged order has %d lines while another holds the lock of order 2, want both", len(m.Lines))
			}
			m.Stage = tc.stage
			unlock()
			must(t, <-done)
			if len(results) != 1 || results[0].Outcome != tc.want || len(m.Lines) != tc.lines {
				t.Errorf("at stage %q: %v, and the merged order has %d lines; want %s and %d", tc.stage, results, len(m.Lines), tc.want, tc.lines)
			}
		})
	}
}

// A late cancellation of a line closes no case about the rest of the order.
func TestLateCancellationOfALineLeavesTheOtherCases(t *testing.T) {
	w := world.NewWorld(t)
	e := w.Waiting(w.Put(world.AnOrder("1", "MUG", "SPOON"))[0])
	e.Stage = stage.LabelPrinted
	must(t, w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.NoTracking, exceptions.ForOrder("1"), time.Time{}, "it has no number", "find it")))
	w.Orders["1"].Lines[0].Cancelled = true
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), w.Orders["1"].Cancellation())); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"late cancellation: order 1", "no tracking: order 1"}, w.OpenKinds()); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
}

// mergedUnheard is a world in which the reply to the creation of two orders was lost, and
// they were merged before anybody looked for them.
func mergedUnheard(t *testing.T) (*world.World, *world.BookEntry) {
	t.Helper()
	w := world.NewWorld(t)
	w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
	w.Lost, w.Fail = true, world.FailOn("CreateOrders")
	if _, err := w.Importer().Import(t.Context(), w.Orders["1"], w.Orders["2"]); !errors.Is(err, world.ErrInjected) {
		t.Fatalf("got %v, want the lost reply", err)
	}
	w.Lost, w.Fail = false, nil
	return w, merge(w)
}

// An order that was merged before the bridge heard of its creation has no reference by
// which it is found, and no id by which it is traced: its goods come out all the same.
func TestCancelOfAnOrderMergedBeforeItWasHeardOf(t *testing.T) {
	for name, ask := range map[string]func(*world.World) []bridge.Cancellation{
		"the buyer asks": func(w *world.World) []bridge.Cancellation {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.CancelRequested = true }))
			w.Pending = []bridge.Cancellation{request}
			return w.Pending
		},
		"cancelled in the shop": func(w *world.World) []bridge.Cancellation {
			return bridge.CancellationsOf(w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))...)
		},
	} {
		w, m := mergedUnheard(t)
		cancellations := ask(w)
		_, err := w.Importer().Import(t.Context(), w.Orders["1"], w.Orders["2"])
		must(t, err)
		if len(w.Book) != 1 {
			t.Errorf("%s: Linnworks has %d orders, want the merged one alone", name, len(w.Book))
		}
		if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), cancellations...)); got != bridge.OutcomeCancelled {
			t.Errorf("%s: %s, want %s", name, got, bridge.OutcomeCancelled)
		}
		if len(m.Lines) != 1 || m.Lines[0].SKU != "SPOON" || m.State != bridge.Open {
			t.Errorf("%s: the merged order is %s with %v, want it open with the spoon of the other order", name, m.State, m.Lines)
		}
		if got := w.OpenKinds(); len(got) != 0 {
			t.Errorf("%s: open: %v, want nothing", name, got)
		}
	}
}

// What cannot be read among the merged orders keeps nobody from what can: an order that is
// found goes on, and one that is not is neither created again nor cancelled.
func TestMergedOrdersThatAreReadInPart(t *testing.T) {
	w, _ := mergedUnheard(t)
	o := w.Put(world.AnOrder("3", "MUG"))[0]
	must(t, errOf(w.Memory.PutRecords(t.Context(), store.Record{OrderID: "3", SentAt: world.Noon, OutcomeUnknown: true})))
	w.Lost, w.Fail = true, world.FailOn("FindMerged") // it returns what it has read, and an error
	results, err := w.Importer().Import(t.Context(), w.Orders["1"], w.Orders["2"], o)
	if !errors.Is(err, world.ErrInjected) {
		t.Errorf("got %v, want the failure to read all", err)
	}
	got := map[string]bridge.Outcome{}
	for _, r := range results {
		got[r.OrderID] = r.Outcome
	}
	want := map[string]bridge.Outcome{"1": bridge.OutcomeUnchanged, "2": bridge.OutcomeUnchanged, "3": bridge.OutcomeFailed}
	if diff := cmp.Diff(want, got); diff != "" || len(w.Book) != 1 {
		t.Errorf("Linnworks has %d orders, want the merged one; outcomes (-want +got):\n%s", len(w.Book), diff)
	}
	r := request
	r.OrderID = "3"
	w.Pending = []bridge.Cancellation{r}
	if _, err := w.Canceller(0).Cancel(t.Context(), r); !errors.Is(err, world.ErrInjected) || len(w.Approved) != 0 {
		t.Errorf("got %v, approved %v; want the failure, and nothing granted", err, w.Approved)
	}
}

// A canceller that comes before the importer has looked grants nothing, and names the
// merged order; nor does it while the merged orders cannot be read.
func TestCancelGrantsNothingOfAnUnheardOrder(t *testing.T) {
	w, m := mergedUnheard(t)
	w.Pending = []bridge.Cancellation{request}
	w.Fail = world.FailOn("FindMerged")
	if _, err := w.Canceller(0).Cancel(t.Context(), request); !errors.Is(err, world.ErrInjected) {
		t.Errorf("got %v, want the failure to look", err)
	}
	w.Fail = nil
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeRaised {
		t.Errorf("%s, want %s", got, bridge.OutcomeRaised)
	}
	if len(w.Approved) != 0 || len(m.Lines) != 2 {
		t.Errorf("approved %v, and the merged order has %d lines; want nothing done", w.Approved, len(m.Lines))
	}
	if diff := cmp.Diff([]string{"cancellation stuck: order 1"}, w.OpenKinds()); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
}
