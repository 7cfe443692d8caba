package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var request = bridge.Cancellation{ID: "c1", OrderID: "1", Pending: true, Deadline: world.Noon.Add(24 * time.Hour), Reason: "changed my mind"}

// cancelWorld has an order at the stage given, with a pending request.
func cancelWorld(t *testing.T, state bridge.WarehouseState, stage stage.Stage) *world.World {
	w := world.NewWorld(t)
	e := w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequested = true }))[0])
	e.State, e.Stage = state, stage
	w.Pending = []bridge.Cancellation{request}
	if err := w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestCancelBeforeAndAfterTheCutOff(t *testing.T) {
	for _, tc := range []struct {
		state   bridge.WarehouseState
		stage   stage.Stage
		cutOff  stage.Stage
		pending bool
		want    bridge.Outcome
	}{
		{bridge.Open, stage.New, 0, true, bridge.OutcomeCancelled},
		{bridge.Open, stage.InvoicePrinted, 0, true, bridge.OutcomeCancelled},
		{bridge.Open, stage.LabelPrinted, 0, true, bridge.OutcomeRaised},
		{bridge.Open, stage.Picking, stage.Picking, true, bridge.OutcomeRaised},
		{bridge.Open, stage.PickListPrinted, stage.Picking, true, bridge.OutcomeCancelled},
		{bridge.Open, 0, 0, true, bridge.OutcomeRaised}, // in doubt, a person looks
		{bridge.Parked, stage.New, 0, true, bridge.OutcomeCancelled},
		{bridge.Locked, stage.New, 0, true, bridge.OutcomeCancelled},
		{bridge.Processed, stage.Processed, stage.Processed, true, bridge.OutcomeRaised},
		{bridge.Processed, stage.New, stage.Processed, true, bridge.OutcomeRaised},
		{bridge.Dropped, stage.Processed, 0, true, bridge.OutcomeCancelled},
		{bridge.Open, stage.New, 0, false, bridge.OutcomeCancelled},
		{bridge.Open, stage.LabelPrinted, 0, false, bridge.OutcomeRaised},
		{bridge.Processed, stage.Processed, 0, false, bridge.OutcomeRaised},
		{bridge.Dropped, stage.Processed, 0, false, bridge.OutcomeUnchanged},
	} {
		w := cancelWorld(t, tc.state, tc.stage)
		r := request
		if !tc.pending {
			r = world.With(w.Orders["1"], func(o *bridge.Order) { o.Status, o.CancelReason = bridge.Cancelled, "no stock" }).Cancellation()
		}
		for i := range 2 { // and again
			got := world.Outcome(t)(w.Canceller(tc.cutOff).Cancel(t.Context(), r))
			again := i == 1 && tc.want == bridge.OutcomeCancelled && !tc.pending
			if got != tc.want && (!again || got != bridge.OutcomeUnchanged) {
				t.Fatalf("%s at %s, cut-off %s, pending %t: %s, want %s", tc.state, tc.stage, tc.cutOff, tc.pending, got, tc.want)
			}
		}
		_, reserved := w.Reservation()
		if raised := tc.want == bridge.OutcomeRaised; raised != reserved || raised != (len(w.OpenKinds()) == 1) || raised == (w.Book[0].State == bridge.Dropped) {
			t.Errorf("%s at %s: reserved %t, open %v, warehouse %s", tc.state, tc.stage, reserved, w.OpenKinds(), w.Book[0].State)
		}
		if approved := len(w.Approved) == 1; approved != (tc.pending && tc.want == bridge.OutcomeCancelled) {
			t.Errorf("%s at %s: approved %v", tc.state, tc.stage, w.Approved)
		}
		if tc.want == bridge.OutcomeRaised {
			list, _ := w.Exceptions.Open(t.Context())
			if e := list[0]; e.Owner != exceptions.OwnerCustomerService || e.Kind != exceptions.LateCancellation || e.Count != 2 || !strings.Contains(e.Do, "return") {
				t.Errorf("%+v", e)
			}
		}
	}
}

// Between the hold and the second look the warehouse commits: the order goes on.
func TestCancelCommitmentSlipsIn(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	w.After = func(_ int, name string) {
		if name == "HoldOrder" {
			w.Book[0].Stage = stage.LabelPrinted
		}
	}
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	if w.Book[0].State != bridge.Open || len(w.Approved) != 0 {
		t.Errorf("warehouse %s, approved %v; want it released again and nothing approved", w.Book[0].State, w.Approved)
	}
	if diff := cmp.Diff([]string{"late cancellation: order 1"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
}

// It leaves between the approval and the cancellation: granted in the shop and
// sent, so somebody has to know at once, and again after a stop.
func TestCancelProcessedDuringTheCall(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	_, err := store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) {
		r.Granted = store.Permit{At: world.Noon, Status: "AWAITING_SHIPMENT"}
	}, store.Record{OrderID: "1"})
	must(t, err)
	w.After = func(_ int, name string) {
		if name == "ApproveCancellation" {
			w.Book[0].State, w.Book[0].Stage, w.Book[0].Tracking = bridge.Processed, stage.Processed, "RM1"
		}
	}
	for _, r := range []bridge.Cancellation{request, world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }).Cancellation()} {
		if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), r)); got != bridge.OutcomeRaised {
			t.Fatal(got)
		}
	}
	list, _ := w.Exceptions.Open(t.Context())
	if len(list) != 1 || list[0].Kind != exceptions.LateCancellation || list[0].Count != 2 || !strings.Contains(list[0].Seen, `stage "processed", tracking RM1, carrier Royal Mail`) {
		t.Errorf("%v", list)
	}
	if permit := (exceptions.Property{Name: "last permit to ship", Value: world.Noon.Format(time.DateTime) + " UTC, on the status AWAITING_SHIPMENT"}); !slices.Contains(list[0].Evidence, permit) {
		t.Errorf("evidence %v, want %v in it", list[0].Evidence, permit)
	}
	if _, ok := w.Reservation(); !ok || len(w.Approved) != 1 {
		t.Errorf("reserved %t, approved %v", ok, w.Approved)
	}
}

// The hold is answered with success and is not there.
func TestCancelHoldWithoutEffect(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	w.After = func(_ int, name string) {
		if name == "HoldOrder" {
			w.Book[0].State = bridge.Open
		}
	}
	_, err := w.Canceller(0).Cancel(t.Context(), request)
	if err == nil || !strings.Contains(err.Error(), "does not show 100 as held") || len(w.Approved) != 0 {
		t.Errorf("%v, approved %v", err, w.Approved)
	}
}

// Lines of an order that lives on: MUG, MUG and SPOON, of which the mugs are one
// line of the warehouse.
func TestCancelLines(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lines   []string
		kinds   []policy.Kind
		change  func(w *world.World, e *world.BookEntry)
		noBook  bool
		decided bool // in the shop, before
		want    bridge.Outcome
		raised  []string
		left    string // of the warehouse orders
		items   map[string]int
	}{
		{name: "all", lines: []string{"1-1", "1-2", "1-3"}, want: bridge.OutcomeCancelled, left: "[] cancelled"},
		{name: "one of two", lines: []string{"1-1"}, want: bridge.OutcomeCancelled, left: "[MUG×1 SPOON×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1}},
		{name: "a line", lines: []string{"1-3"}, want: bridge.OutcomeCancelled, left: "[MUG×2] open", items: map[string]int{"i-mug": 2}},
		{name: "decided", lines: []string{"1-1"}, decided: true, want: bridge.OutcomeCancelled, left: "[MUG×1 SPOON×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1}},
		{
			name: "parked before", lines: []string{"1-1"}, want: bridge.OutcomeCancelled, left: "[MUG×1 SPOON×1] parked", items: map[string]int{"i-mug": 1, "i-spoon": 1},
			change: func(_ *world.World, e *world.BookEntry) { e.State = bridge.Parked },
		},
		{
			name: "too late", lines: []string{"1-1"}, want: bridge.OutcomeRaised, raised: []string{"late cancellation: order 1"}, left: "[MUG×2 SPOON×1] open",
			change: func(_ *world.World, e *world.BookEntry) { e.Stage = stage.LabelPrinted },
		},
		{
			name: "locked", lines: []string{"1-1"}, want: bridge.OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2 SPOON×1] locked",
			change: func(_ *world.World, e *world.BookEntry) { e.State = bridge.Locked },
		},
		{
			name: "changed by hand", lines: []string{"1-1"}, want: bridge.OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×5 SPOON×1] open",
			change: func(_ *world.World, e *world.BookEntry) { e.Lines[0].Quantity = 5 },
		},
		{
			name: "replaced by hand", lines: []string{"1-3"}, want: bridge.OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2 SPOON×1] open",
			change: func(_ *world.World, e *world.BookEntry) { e.Lines[1].LineID, e.Lines[1].FromLineIDs = "", nil },
		},
		{
			name: "elsewhere", lines: []string{"1-3"}, want: bridge.OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2] open",
			change: func(_ *world.World, e *world.BookEntry) { e.Lines = e.Lines[:1] },
		},
		{
			name: "removed by hand, decided", lines: []string{"1-3"}, decided: true, want: bridge.OutcomeUnchanged, left: "[MUG×2] open", items: map[string]int{"i-mug": 2},
			change: func(_ *world.World, e *world.BookEntry) { e.Lines = e.Lines[:1] },
		},
		{
			name: "another line is elsewhere", lines: []string{"1-1"}, want: bridge.OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2] open",
			change: func(_ *world.World, e *world.BookEntry) { e.Lines = e.Lines[:1] },
		},
		{
			name: "another line is elsewhere, decided", lines: []string{"1-1"}, decided: true, want: bridge.OutcomeCancelled, left: "[MUG×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1},
			change: func(_ *world.World, e *world.BookEntry) { e.Lines = e.Lines[:1] },
		},
		{
			name: "another line is sent", lines: []string{"1-1"}, want: bridge.OutcomeCancelled, left: "[MUG×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1},
			change: func(w *world.World, e *world.BookEntry) {
				e.Lines = e.Lines[:1]
				w.Orders["1"].Lines[2].Tracking = "RM1"
			},
		},
		{
			name: "replaced by hand, decided", lines: []string{"1-3"}, decided: true, want: bridge.OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2 SPOON×1] open",
			change: func(_ *world.World, e *world.BookEntry) { e.Lines[1].LineID, e.Lines[1].FromLineIDs = "", nil },
		},
		{
			name: "another line was replaced by hand, decided", lines: []string{"1-1"}, decided: true, want: bridge.OutcomeCancelled, left: "[MUG×1 SPOON×1] open",
			items: map[string]int{"i-mug": 1, "i-spoon": 1}, change: func(_ *world.World, e *world.BookEntry) { e.Lines[1].LineID, e.Lines[1].FromLineIDs = "", nil },
		},
		{
			name: "a part of a split", lines: []string{"1-3"}, want: bridge.OutcomeCancelled, left: "[MUG×2] processed, [SPOON×1] cancelled", items: map[string]int{"i-mug": 2},
			change: func(w *world.World, e *world.BookEntry) {
				split(w, e)
				e.State, e.Stage = bridge.Processed, stage.Processed
			},
		},
		{
			name: "of the part that left", lines: []string{"1-1"}, decided: true, want: bridge.OutcomeRaised, raised: []string{"late cancellation: order 1"},
			left: "[MUG×2] processed, [SPOON×1] open",
			change: func(w *world.World, e *world.BookEntry) {
				split(w, e)
				e.State, e.Stage = bridge.Processed, stage.Processed
			},
		},
		{
			name: "alone from a sale with a gift", lines: []string{"1-1"}, kinds: []policy.Kind{policy.GiftWithPurchase}, want: bridge.OutcomeRaised,
			raised: []string{"part cancellation: order 1"}, left: "[MUG×2 SPOON×1] open",
		},
		{
			name: "alone from one with a gift, decided", lines: []string{"1-1"}, kinds: []policy.Kind{policy.GiftWithPurchase}, decided: true, want: bridge.OutcomeCancelled,
			left: "[MUG×1 SPOON×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1},
		},
		{name: "all", lines: []string{"1-1", "1-2", "1-3"}, kinds: []policy.Kind{policy.GiftWithPurchase}, want: bridge.OutcomeCancelled, left: "[] cancelled"},
		{
			name: "one of a bundle order", lines: []string{"1-1"}, kinds: []policy.Kind{policy.Bundle}, want: bridge.OutcomeCancelled,
			left: "[MUG×1 SPOON×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1},
		},
		{
			name: "all that are left", lines: []string{"1-1", "1-2"}, want: bridge.OutcomeCancelled, left: "[MUG×2 SPOON×1] cancelled",
			change: func(w *world.World, _ *world.BookEntry) { w.Orders["1"].Lines[2].Cancelled = true },
		},
		{
			name: "one, after another was taken off", lines: []string{"1-1"}, want: bridge.OutcomeCancelled, left: "[MUG×1] open", items: map[string]int{"i-mug": 1},
			change: func(w *world.World, e *world.BookEntry) {
				w.Orders["1"].Lines[2].Cancelled = true
				e.Lines = e.Lines[:1]
			},
		},
		{name: "not imported", lines: []string{"1-1"}, noBook: true, want: bridge.OutcomeCancelled, items: map[string]int{"i-mug": 1, "i-spoon": 1}},
		{name: "not imported, decided", lines: []string{"1-1"}, noBook: true, decided: true, want: bridge.OutcomeUnchanged, items: map[string]int{"i-mug": 1, "i-spoon": 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := w.Put(world.With(world.AnOrder("1", "MUG", "MUG", "SPOON"), func(o *bridge.Order) { o.Kinds = tc.kinds }))[0]
			r := request
			r.LineIDs, r.Pending = tc.lines, !tc.decided
			w.Pending = []bridge.Cancellation{r}
			if tc.decided {
				w.Pending[0].Pending = true
				w.Decide("c1", true)
				r = bridge.CancellationsOf(w.Orders["1"])[0]
			}
			_ = w.Memory.PutReservations(t.Context(), bridge.ReservationOf(w.Importer(), catalogue.Lookup{Items: w.Items}, o, world.Noon))
			if !tc.noBook {
				e := w.Waiting(o)
				if tc.change != nil {
					tc.change(w, e)
				}
			}
			for i := range 2 { // and again, from what the shop shows then
				want := tc.want
				if i == 1 && want == bridge.OutcomeCancelled {
					want = bridge.OutcomeUnchanged
				}
				before := w.Count("PutRecords")
				if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), r)); got != want {
					t.Fatalf("run %d: %s, want %s", i+1, got, want)
				}
				if n := w.Count("PutRecords") - before; i == 1 && want == bridge.OutcomeUnchanged && n != 0 {
					t.Errorf("what is on record was stored %d times more", n)
				}
				if diff := cmp.Diff(tc.raised, w.OpenKinds()); diff != "" {
					t.Error(diff)
				}
				if again := bridge.CancellationsOf(w.Orders["1"]); len(again) > 0 {
					r = again[0]
				}
			}
			var left []string
			for _, e := range w.Book {
				var lines []string
				for _, l := range e.Lines {
					lines = append(lines, fmt.Sprintf("%s×%d", l.SKU, l.Quantity))
				}
				if tc.name == "all" {
					lines = nil
				}
				left = append(left, fmt.Sprintf("%v %s", lines, e.State))
			}
			if got := strings.Join(left, ", "); got != tc.left {
				t.Errorf("the warehouse holds %s, want %s", got, tc.left)
			}
			if tc.raised == nil {
				reserved, _ := w.Reservation()
				if diff := cmp.Diff(tc.items, reserved.Items); diff != "" {
					t.Errorf("reserved: %s", diff)
				}
			}
			if approved := len(w.Approved) == 1; approved != (tc.want == bridge.OutcomeCancelled && !tc.decided) {
				t.Errorf("approved %v", w.Approved)
			}
		})
	}
}

// split moves the last line of an order into another one.
func split(w *world.World, e *world.BookEntry) {
	last := len(e.Lines) - 1
	part := *e
	part.ID, part.Number, part.Lines = e.ID+"b", e.Number+"b", e.Lines[last:]
	e.Lines = e.Lines[:last]
	w.Book = append(w.Book, &part)
}

// Of an order that the shop has cancelled and half of which has left, the other
// half stays.
func TestCancelStopsTheRest(t *testing.T) {
	w := world.NewWorld(t)
	e := w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.Status = bridge.Cancelled }))[0])
	split(w, e)
	e.State, e.Stage = bridge.Processed, stage.Processed
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), w.Orders["1"].Cancellation())); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	if w.Book[1].State != bridge.Dropped {
		t.Errorf("the rest is %s", w.Book[1].State)
	}
}

// The buyer takes the request back, or the shop cancels the order in another way,
// before the approval arrives.
func TestCancelDecidedOtherwise(t *testing.T) {
	for _, tc := range []struct {
		status bridge.OrderStatus
		want   bridge.Outcome
		state  bridge.WarehouseState
	}{{bridge.AwaitingShipment, bridge.OutcomeUnchanged, bridge.Open}, {bridge.Cancelled, bridge.OutcomeCancelled, bridge.Dropped}} {
		w := cancelWorld(t, bridge.Open, stage.New)
		w.After = func(_ int, name string) {
			if name == "HoldOrder" {
				w.Decide("c1", false)
				w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = tc.status }))
			}
		}
		if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != tc.want || w.Book[0].State != tc.state {
			t.Errorf("%s: %s, warehouse %s", tc.status, got, w.Book[0].State)
		}
	}
}

func TestCancelAnswers(t *testing.T) {
	const packed = bridge.ReasonPacked + "_uk"
	due := request.Deadline.Add(-2 * time.Hour)
	for _, tc := range []struct {
		name    string
		options bridge.CancelOptions
		now     time.Time
		reasons []string
		change  func(w *world.World)
		want    bridge.Outcome
		raised  string // kind, with a part of what was seen or is to do
	}{
		{name: "by a person", now: due.Add(time.Hour), want: bridge.OutcomeRaised, raised: "late cancellation"},
		{name: "at once", options: bridge.CancelOptions{LateAnswer: bridge.AnswerReject}, want: bridge.OutcomeRejected},
		{name: "not due", options: bridge.CancelOptions{DueAnswer: bridge.AnswerReject}, now: due.Add(-time.Second), want: bridge.OutcomeRaised, raised: "the bridge rejects it at 2026-11-28 10:00 UTC"},
		{name: "due", options: bridge.CancelOptions{DueAnswer: bridge.AnswerReject}, now: due, want: bridge.OutcomeRejected},
		{name: "another margin", options: bridge.CancelOptions{DueAnswer: bridge.AnswerReject, AnswerMargin: time.Hour}, now: due, want: bridge.OutcomeRaised, raised: "11:00 UTC"},
		{name: "another reason", options: bridge.CancelOptions{LateAnswer: bridge.AnswerReject, RejectReasons: []string{"x", "seller_other"}}, reasons: []string{packed, "seller_other"}, want: bridge.OutcomeRejected},
		{name: "no reason fits", options: bridge.CancelOptions{LateAnswer: bridge.AnswerReject, RejectReasons: []string{"seller"}}, want: bridge.OutcomeRaised, raised: "accepts none of the configured reasons"},
		{
			name: "missing in the warehouse, due", options: bridge.CancelOptions{DueAnswer: bridge.AnswerReject}, now: due, want: bridge.OutcomeRejected,
			change: func(w *world.World) { w.Book = nil; _ = w.Memory.DropReservations(context.Background(), "1") },
		},
		{
			name: "granted meanwhile", options: bridge.CancelOptions{LateAnswer: bridge.AnswerReject}, want: bridge.OutcomeRaised, raised: "it was granted meanwhile",
			change: func(w *world.World) {
				w.After = func(_ int, name string) {
					if name == "RejectReasons" {
						w.Decide("c1", true)
					}
				}
			},
		},
		{
			name: "refused", options: bridge.CancelOptions{LateAnswer: bridge.AnswerReject}, want: bridge.OutcomeRaised, raised: "not now",
			change: func(w *world.World) {
				w.Fail = func(_ int, name string) error {
					if name == "RejectCancellation" {
						return &exceptions.RefusedError{Do: "x", Err: errors.New("not now")}
					}
					return nil
				}
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := cancelWorld(t, bridge.Open, stage.LabelPrinted)
			w.RejectReasonList = tc.reasons
			if w.RejectReasonList == nil {
				w.RejectReasonList = []string{"seller_late", packed}
			}
			_ = w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.LateCancellation, "order 1", world.Noon, "seen before", "look"))
			if tc.change != nil {
				tc.change(w)
			}
			tc.options.Now = func() time.Time { return tc.now }
			if got := world.Outcome(t)(w.CancellerWith(tc.options).Cancel(t.Context(), request)); got != tc.want {
				t.Fatalf("%s, want %s", got, tc.want)
			}
			list, _ := w.Exceptions.Open(t.Context())
			if raised := len(list) > 0; raised != (tc.raised != "") || raised && !strings.Contains(list[0].String(), tc.raised) {
				t.Errorf("%v, want %q", list, tc.raised)
			}
			if tc.want == bridge.OutcomeRejected && (len(w.Rejected) != 1 || w.Rejected[0] != "c1:reject" || w.Orders["1"].Status != bridge.AwaitingShipment) {
				t.Errorf("rejected %v, %s", w.Rejected, w.Orders["1"].Status)
			}
			if len(w.Book) > 0 && w.Book[0].State != bridge.Open {
				t.Errorf("warehouse %s", w.Book[0].State)
			}
		})
	}
}

// A decision whose reply is lost is repeated with the same key.
func TestCancelRejectsOnce(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.LabelPrinted)
	w.RejectReasonList = []string{bridge.ReasonPacked}
	w.Lost, w.Fail = true, world.FailOn("RejectCancellation")
	c := w.CancellerWith(bridge.CancelOptions{LateAnswer: bridge.AnswerReject})
	if _, err := c.Cancel(t.Context(), request); !errors.Is(err, world.ErrInjected) {
		t.Fatal(err)
	}
	w.Fail = nil
	if got := world.Outcome(t)(c.Cancel(t.Context(), request)); got != bridge.OutcomeRejected || len(w.Rejected) != 1 {
		t.Errorf("%s, %v", got, w.Rejected)
	}
	if h := c.Health(); h.Runs != 2 || h.Failures != 1 || h.Backlog != 0 {
		t.Errorf("health: %s", h)
	}
}

func TestCancelNothingImported(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequested = true }))
	w.Pending = []bridge.Cancellation{request}
	_ = w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1"})
	_ = w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.BadOrder, "order 1", world.Noon, "x", "y"))
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeCancelled {
		t.Fatal(got)
	}
	if _, ok := w.Reservation(); ok || len(w.Approved) != 1 || w.OpenKinds() != nil {
		t.Errorf("reserved %t, approved %v, open %v", ok, w.Approved, w.OpenKinds())
	}
}

func TestCancelApproveFails(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	w.Fail = world.FailOn("ApproveCancellation")
	r, err := w.Canceller(0).Cancel(t.Context(), request)
	if !errors.Is(err, world.ErrInjected) || r[0].Outcome != bridge.OutcomeFailed || w.Book[0].State != bridge.Parked {
		t.Fatalf("%s%v, warehouse %s; want it held until the next run", r, err, w.Book[0].State)
	}
	w.Fail = nil
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeCancelled || w.Book[0].State != bridge.Dropped {
		t.Errorf("%s, warehouse %s", got, w.Book[0].State)
	}
	if diff := cmp.Diff([]string{"c1:approve"}, w.Approved); diff != "" {
		t.Error(diff)
	}
}

func TestCancelApproveRefused(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	w.Fail = func(_ int, name string) error {
		if name == "ApproveCancellation" {
			return &exceptions.RefusedError{Do: "look in Seller Center", Err: errors.New("the request is gone")}
		}
		return nil
	}
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"cancellation stuck: order 1"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
}

func TestCancelNotVisibleYet(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	w.Stubborn = true
	if _, err := w.Canceller(0).Cancel(t.Context(), request); err == nil || !strings.Contains(err.Error(), "next run cancels it again") {
		t.Fatalf("got %v", err)
	}
	if _, ok := w.Reservation(); !ok {
		t.Error("the reservation went before the order did")
	}
	w.Stubborn = false
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), w.Orders["1"].Cancellation())); got != bridge.OutcomeCancelled {
		t.Error(got)
	}
}

func TestNewCancellerRefuses(t *testing.T) {
	w := world.NewWorld(t)
	ports := bridge.CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Lines: w, Tracer: w, Records: w, Ledger: w, Locks: w, Exceptions: w}
	for want, o := range map[string]bridge.CancelOptions{
		"Stage(-1) is no stage": {CutOff: -1}, "Stage(9) is no stage": {CutOff: stage.Processed + 1},
		`the answer "maybe"`: {LateAnswer: "maybe"}, `the answer "never"`: {DueAnswer: "never"}, "must not be negative": {AnswerMargin: -1},
	} {
		if _, err := bridge.NewCanceller(ports, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if c, err := bridge.NewCanceller(ports, bridge.CancelOptions{}); err != nil || c.Options().CutOff != stage.LabelPrinted {
		t.Errorf("defaults: %v", err)
	}
	if _, err := bridge.NewCanceller(bridge.CancelPorts{}, bridge.CancelOptions{}); err == nil || !strings.Contains(err.Error(), "Desk") {
		t.Errorf("got %v", err)
	}
}

// As long as the request is not granted, nothing of the order is cancelled: it may be
// turned down.
func TestCancelTouchesNoPartBeforeItIsGranted(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	e := w.Book[0]
	part := *e
	part.ID, part.Number = "w100b", "100b"
	w.Book = append(w.Book, &part)
	e.State, e.Stage = bridge.Processed, stage.Processed
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	if got := w.Book[1].State; got != bridge.Open || len(w.Approved) > 0 {
		t.Errorf("the part that has not left is %s, want it open; approved %v", got, w.Approved)
	}
}

// A cancellation of lines that reaches an order that is cancelled by now takes all of
// it.
func TestCancelLinesOfACancelledOrder(t *testing.T) {
	w := world.NewWorld(t)
	w.Waiting(w.Put(world.AnOrder("1", "MUG", "SPOON"))[0])
	w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), bridge.Cancellation{OrderID: "1", LineIDs: []string{"1-1"}})); got != bridge.OutcomeCancelled {
		t.Error(got)
	}
	if got := w.Book[0].State; got != bridge.Dropped {
		t.Errorf("in the warehouse it is %s, want it cancelled", got)
	}
}

// An order that the warehouse had, and that is not found, may be in another by now.
func TestCancelWhatTheWarehouseHad(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequested = true }))
	w.Pending = []bridge.Cancellation{request}
	must(t, w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1", VisibleAt: world.Noon}))
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeRaised || len(w.Approved) > 0 {
		t.Errorf("%s, approved %v; want it left to a person", got, w.Approved)
	}
}

// A run that died held the order, and by now it is too late: it goes on.
func TestCancelTooLateLetsGo(t *testing.T) {
	w := cancelWorld(t, bridge.Parked, stage.LabelPrinted)
	_, err := store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) { r.ParkedAt = world.Noon }, store.Record{OrderID: "1"})
	must(t, err)
	if got := world.Outcome(t)(w.Canceller(0).Cancel(t.Context(), request)); got != bridge.OutcomeRaised {
		t.Error(got)
	}
	if got := w.Book[0].State; got != bridge.Open {
		t.Errorf("the order that has to be sent is %s in the warehouse", got)
	}
}
