package bridge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// lookWorld has an order in the warehouse as the bridge imported it, and a handler whose
// importer and canceller share their looks: parked, or open. The clock moves by the second
// result.
func lookWorld(t *testing.T, open bool) (w *world.World, later func(time.Duration), pass func() []bridge.Outcome) {
	t.Helper()
	w = world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	take := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), w)
	pass = func() (outcomes []bridge.Outcome) {
		t.Helper()
		orders, err := w.OrdersByID(t.Context(), []string{"1"})
		must(t, err)
		orders[0].ReadAt = w.Now()
		w.Calls = nil
		results, err := take(t.Context(), orders)
		must(t, err)
		for _, r := range results {
			outcomes = append(outcomes, r.Outcome)
		}
		return outcomes
	}
	w.Put(world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.HoldUntil = now.Add(time.Hour) }))
	pass()
	if open {
		now = now.Add(2 * time.Hour) // the hold is over
		pass()
	}
	return w, func(d time.Duration) { now = now.Add(d) }, pass
}

func inShop(o *bridge.Order) { o.Status = bridge.Cancelled }

func asked(w *world.World) {
	w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true, Deadline: world.Noon.Add(24 * time.Hour)}}
	w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.CancelRequested = true })
}

// Import and cancellation are steps of one look: what is cancelled is looked for by its
// reference once, and no more after that.
func TestOneLook(t *testing.T) {
	for name, test := range map[string]struct {
		open        bool
		change      func(*world.World)
		finds, read int
		want        bridge.Outcome
	}{
		"cancelled while it is parked": {change: func(w *world.World) { w.Orders["1"] = world.With(w.Orders["1"], inShop) }, finds: 1, want: bridge.OutcomeCancelled},
		"cancelled while it is open": { // it may be printed at any moment: it is looked at right before
			open: true, change: func(w *world.World) { w.Orders["1"] = world.With(w.Orders["1"], inShop) }, finds: 2, want: bridge.OutcomeCancelled,
		},
		"its buyer asks": {open: true, change: asked, finds: 2, want: bridge.OutcomeCancelled},
		// After it, the importer reads what is left.
		"a line is cancelled": {
			change: func(w *world.World) {
				w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.Lines[1].Cancelled = true })
			}, finds: 1, read: 0, want: bridge.OutcomeCancelled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, later, pass := lookWorld(t, test.open)
			test.change(w)
			outcomes := pass()
			if len(outcomes) == 0 || outcomes[0] != test.want {
				t.Errorf("it was %v, want %q", outcomes, test.want)
			}
			if n, read := w.Count("FindOrders"), w.Count("OrdersByID"); n != test.finds || read != test.read {
				t.Errorf("looked for by its reference %d times, and read in the shop %d times; want %d and %d: %v", n, read, test.finds, test.read, w.Calls)
			}
			pass() // the shop shows what was granted
			later(time.Hour)
			if outcomes := pass(); len(outcomes) != 1 || outcomes[0] == bridge.OutcomeCancelled || w.Count("FindOrders")+w.Count("OrdersByID") != 0 {
				t.Errorf("an hour later it was %v by %v, want no look by its reference and no reading", outcomes, w.Calls)
			}
			if open := w.OpenKinds(); open != nil {
				t.Errorf("open is %v", open)
			}
		})
	}
}

// The first look goes by the warehouse's ids. What somebody has put there under the same
// reference is found by the look before a request is granted, or after the deed.
func TestOneLookSeesWhatItsIDsDoNot(t *testing.T) {
	copied := func(w *world.World, foreign string) *world.BookEntry {
		e := *w.Book[0]
		e.ID, e.Number, e.Foreign, e.State, e.Stage = "copy", "999", foreign, bridge.Open, stage.New
		w.Book = append(w.Book, &e)
		return &e
	}
	for name, test := range map[string]struct {
		let    bool // is the order open
		change func(*world.World)
		want   bridge.Outcome
		states []bridge.WarehouseState
		open   []string
	}{
		"a copy, cancelled": {
			change: func(w *world.World) { copied(w, ""); w.Orders["1"] = world.With(w.Orders["1"], inShop) },
			want:   bridge.OutcomeCancelled, states: []bridge.WarehouseState{bridge.Dropped, bridge.Dropped},
		},
		"a copy, asked for": {
			change: func(w *world.World) { copied(w, ""); asked(w) },
			want:   bridge.OutcomeCancelled, states: []bridge.WarehouseState{bridge.Dropped, bridge.Dropped},
		},
		"a copy with a label, cancelled": {
			change: func(w *world.World) {
				copied(w, "").Stage = stage.LabelPrinted
				w.Orders["1"] = world.With(w.Orders["1"], inShop)
			},
			want: bridge.OutcomeRaised, states: []bridge.WarehouseState{bridge.Dropped, bridge.Open}, open: []string{"late cancellation: order 1"},
		},
		"made by hand as well, asked for": {
			let: true, change: func(w *world.World) { copied(w, "DIRECT"); asked(w) },
			want: bridge.OutcomeRaised, states: []bridge.WarehouseState{bridge.Open, bridge.Open}, open: []string{"cancellation stuck: order 1"},
		},
		"made by hand as well, cancelled": {
			change: func(w *world.World) { copied(w, "DIRECT"); w.Orders["1"] = world.With(w.Orders["1"], inShop) },
			want:   bridge.OutcomeRaised, states: []bridge.WarehouseState{bridge.Dropped, bridge.Open}, open: []string{"cancellation stuck: order 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, pass := lookWorld(t, test.let)
			test.change(w)
			for range 2 { // the second run finds what is left as the first left it
				if outcomes := pass(); outcomes[0] != test.want && outcomes[0] != bridge.OutcomeUnchanged {
					t.Errorf("it was %v, want %q", outcomes, test.want)
				}
				var states []bridge.WarehouseState
				for _, e := range w.Book {
					states = append(states, e.State)
				}
				if diff := cmp.Diff(test.states, states); diff != "" {
					t.Errorf("in the warehouse (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.open, w.OpenKinds()); diff != "" {
					t.Errorf("open (-want +got):\n%s", diff)
				}
			}
			if approved := len(w.Approved) == 1; approved != (len(w.Pending) == 1 && test.want == bridge.OutcomeCancelled) {
				t.Errorf("approved is %v", w.Approved)
			}
		})
	}
}

// A look is not acted upon when it is old, or somebody has written down that he has done
// something about the order since.
func TestOneLookDoesNotLast(t *testing.T) {
	for name, test := range map[string]struct {
		since func(w *world.World, later func(time.Duration))
		finds int
		want  bridge.Outcome
	}{
		"young": {func(*world.World, func(time.Duration)) {}, 2, bridge.OutcomeCancelled},
		"old":   {func(_ *world.World, later func(time.Duration)) { later(5 * time.Second) }, 3, bridge.OutcomeCancelled},
		"something is on record": {func(w *world.World, _ func(time.Duration)) {
			_, err := store.UpdateRecords(w.T.Context(), w.Memory, func(r *store.Record) { r.SetNote("note", "of another part") }, store.Record{OrderID: "1"})
			must(w.T, err)
		}, 3, bridge.OutcomeCancelled},
		"a label was handed out": {func(w *world.World, _ func(time.Duration)) {
			_, err := store.UpdateRecords(w.T.Context(), w.Memory, func(r *store.Record) { r.LabelAt = world.Noon }, store.Record{OrderID: "1"})
			must(w.T, err)
		}, 1, bridge.OutcomeRaised},
	} {
		t.Run(name, func(t *testing.T) {
			w, later, pass := lookWorld(t, true)
			asked(w)
			w.After = func(_ int, call string) {
				if call == "PendingCancellations" { // after the import, before the cancellation
					test.since(w, later)
				}
			}
			outcomes := pass()
			if n := w.Count("FindOrders"); n != test.finds || outcomes[0] != test.want {
				t.Errorf("it was %v, looked for by its reference %d times; want %q and %d: %v", outcomes, n, test.want, test.finds, w.Calls)
			}
		})
	}
}

// What the importer alone has seen as over is looked for by its reference all the same,
// once.
func TestOneLookIsNotTheCancellersWord(t *testing.T) {
	w, _, pass := lookWorld(t, false)
	w.Orders["1"], w.Book[0].State = world.With(w.Orders["1"], inShop), bridge.Dropped
	_, err := w.ImporterReading().Import(t.Context(), w.Orders["1"]) // the process ends after it
	must(t, err)
	pass()
	if n := w.Count("FindOrders"); n != 1 {
		t.Errorf("looked for by its reference %d times, want 1: nobody has yet", n)
	}
	pass()
	if n := w.Count("FindOrders"); n != 0 {
		t.Errorf("looked for by its reference %d times again", n)
	}
}
