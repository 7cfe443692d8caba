package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var request = Cancellation{ID: "c1", OrderID: "1", Pending: true, Deadline: noon.Add(24 * time.Hour), Reason: "changed my mind"}

// cancelWorld has an order at the stage given, with a pending request.
func cancelWorld(t *testing.T, state WarehouseState, stage Stage) *world {
	w := newWorld(t)
	e := w.waiting(w.put(with(anOrder("1", "MUG"), func(o *Order) { o.CancelRequested = true }))[0])
	e.State, e.Stage = state, stage
	w.pending = []Cancellation{request}
	if err := w.memory.PutReservation(t.Context(), Reservation{OrderID: "1"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestCancelBeforeAndAfterTheCutOff(t *testing.T) {
	for _, tc := range []struct {
		state   WarehouseState
		stage   Stage
		cutOff  Stage
		pending bool
		want    Outcome
	}{
		{Open, StageNew, 0, true, OutcomeCancelled},
		{Open, StageInvoicePrinted, 0, true, OutcomeCancelled},
		{Open, StageLabelPrinted, 0, true, OutcomeRaised},
		{Open, StagePicking, StagePicking, true, OutcomeRaised},
		{Open, StagePickListPrinted, StagePicking, true, OutcomeCancelled},
		{Open, 0, 0, true, OutcomeRaised}, // in doubt, a person looks
		{Parked, StageNew, 0, true, OutcomeCancelled},
		{Locked, StageNew, 0, true, OutcomeCancelled},
		{Processed, StageProcessed, StageProcessed, true, OutcomeRaised},
		{Processed, StageNew, StageProcessed, true, OutcomeRaised},
		{Dropped, StageProcessed, 0, true, OutcomeCancelled},
		{Open, StageNew, 0, false, OutcomeCancelled},
		{Open, StageLabelPrinted, 0, false, OutcomeRaised},
		{Processed, StageProcessed, 0, false, OutcomeRaised},
		{Dropped, StageProcessed, 0, false, OutcomeUnchanged},
	} {
		w := cancelWorld(t, tc.state, tc.stage)
		r := request
		if !tc.pending {
			r = CancellationOf(with(w.orders["1"], func(o *Order) { o.Status, o.CancelReason = Cancelled, "no stock" }))
		}
		for i := range 2 { // and again
			got := outcome(t)(w.canceller(tc.cutOff).Cancel(t.Context(), r))
			again := i == 1 && tc.want == OutcomeCancelled && !tc.pending
			if got != tc.want && (!again || got != OutcomeUnchanged) {
				t.Fatalf("%s at %s, cut-off %s, pending %t: %s, want %s", tc.state, tc.stage, tc.cutOff, tc.pending, got, tc.want)
			}
		}
		_, reserved := w.reservation()
		if raised := tc.want == OutcomeRaised; raised != reserved || raised != (len(w.open()) == 1) || raised == (w.book[0].State == Dropped) {
			t.Errorf("%s at %s: reserved %t, open %v, warehouse %s", tc.state, tc.stage, reserved, w.open(), w.book[0].State)
		}
		if approved := len(w.approved) == 1; approved != (tc.pending && tc.want == OutcomeCancelled) {
			t.Errorf("%s at %s: approved %v", tc.state, tc.stage, w.approved)
		}
		if tc.want == OutcomeRaised {
			list, _ := w.exceptions.Open(t.Context())
			if e := list[0]; e.Owner != OwnerCustomerService || e.Kind != KindLateCancellation || e.Count != 2 || !strings.Contains(e.Do, "return") {
				t.Errorf("%+v", e)
			}
		}
	}
}

// Between the hold and the second look the warehouse commits: the order goes on.
func TestCancelCommitmentSlipsIn(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.after = func(_ int, name string) {
		if name == "HoldOrder" {
			w.book[0].Stage = StageLabelPrinted
		}
	}
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), request)); got != OutcomeRaised {
		t.Fatal(got)
	}
	if w.book[0].State != Open || len(w.approved) != 0 {
		t.Errorf("warehouse %s, approved %v; want it released again and nothing approved", w.book[0].State, w.approved)
	}
	if diff := cmp.Diff([]string{"late cancellation: order 1"}, w.open()); diff != "" {
		t.Error(diff)
	}
}

// It leaves between the approval and the cancellation: granted in the shop and
// sent, so somebody has to know at once, and again after a stop.
func TestCancelProcessedDuringTheCall(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.after = func(_ int, name string) {
		if name == "ApproveCancellation" {
			w.book[0].State, w.book[0].Stage, w.book[0].Tracking = Processed, StageProcessed, "RM1"
		}
	}
	for _, r := range []Cancellation{request, CancellationOf(with(w.orders["1"], func(o *Order) { o.Status = Cancelled }))} {
		if got := outcome(t)(w.canceller(0).Cancel(t.Context(), r)); got != OutcomeRaised {
			t.Fatal(got)
		}
	}
	list, _ := w.exceptions.Open(t.Context())
	if len(list) != 1 || list[0].Kind != KindLateCancellation || list[0].Count != 2 || !strings.Contains(list[0].Seen, `stage "processed", tracking RM1, carrier Royal Mail`) {
		t.Errorf("%v", list)
	}
	if _, ok := w.reservation(); !ok || len(w.approved) != 1 {
		t.Errorf("reserved %t, approved %v", ok, w.approved)
	}
}

// The hold is answered with success and is not there.
func TestCancelHoldWithoutEffect(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.after = func(_ int, name string) {
		if name == "HoldOrder" {
			w.book[0].State = Open
		}
	}
	_, err := w.canceller(0).Cancel(t.Context(), request)
	if err == nil || !strings.Contains(err.Error(), "does not show 100 as held") || len(w.approved) != 0 {
		t.Errorf("%v, approved %v", err, w.approved)
	}
}

// Lines of an order that lives on: MUG, MUG and SPOON, of which the mugs are one
// line of the warehouse.
func TestCancelLines(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lines   []string
		change  func(w *world, e *bookEntry)
		noBook  bool
		decided bool // in the shop, before
		want    Outcome
		raised  []string
		left    string // of the warehouse orders
		items   map[string]int
	}{
		{name: "all", lines: []string{"1-1", "1-2", "1-3"}, want: OutcomeCancelled, left: "[] cancelled"},
		{name: "one of two", lines: []string{"1-1"}, want: OutcomeCancelled, left: "[MUG×1 SPOON×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1}},
		{name: "a line", lines: []string{"1-3"}, want: OutcomeCancelled, left: "[MUG×2] open", items: map[string]int{"i-mug": 2}},
		{name: "decided", lines: []string{"1-1"}, decided: true, want: OutcomeCancelled, left: "[MUG×1 SPOON×1] open", items: map[string]int{"i-mug": 1, "i-spoon": 1}},
		{
			name: "parked before", lines: []string{"1-1"}, want: OutcomeCancelled, left: "[MUG×1 SPOON×1] parked", items: map[string]int{"i-mug": 1, "i-spoon": 1},
			change: func(_ *world, e *bookEntry) { e.State = Parked },
		},
		{
			name: "too late", lines: []string{"1-1"}, want: OutcomeRaised, raised: []string{"late cancellation: order 1"}, left: "[MUG×2 SPOON×1] open",
			change: func(_ *world, e *bookEntry) { e.Stage = StageLabelPrinted },
		},
		{
			name: "locked", lines: []string{"1-1"}, want: OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2 SPOON×1] locked",
			change: func(_ *world, e *bookEntry) { e.State = Locked },
		},
		{
			name: "changed by hand", lines: []string{"1-1"}, want: OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×5 SPOON×1] open",
			change: func(_ *world, e *bookEntry) { e.Lines[0].Quantity = 5 },
		},
		{
			name: "replaced by hand", lines: []string{"1-3"}, want: OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2 SPOON×1] open",
			change: func(_ *world, e *bookEntry) { e.Lines[1].LineID, e.Lines[1].FromLineIDs = "", nil },
		},
		{
			name: "elsewhere", lines: []string{"1-3"}, want: OutcomeRaised, raised: []string{"part cancellation: order 1"}, left: "[MUG×2] open",
			change: func(_ *world, e *bookEntry) { e.Lines = e.Lines[:1] },
		},
		{
			name: "removed by hand, decided", lines: []string{"1-3"}, decided: true, want: OutcomeUnchanged, left: "[MUG×2] open", items: map[string]int{"i-mug": 2},
			change: func(_ *world, e *bookEntry) { e.Lines = e.Lines[:1] },
		},
		{
			name: "a part of a split", lines: []string{"1-3"}, want: OutcomeCancelled, left: "[MUG×2] processed, [SPOON×1] cancelled", items: map[string]int{"i-mug": 2},
			change: func(w *world, e *bookEntry) { split(w, e); e.State, e.Stage = Processed, StageProcessed },
		},
		{
			name: "of the part that left", lines: []string{"1-1"}, decided: true, want: OutcomeRaised, raised: []string{"late cancellation: order 1"},
			left:   "[MUG×2] processed, [SPOON×1] open",
			change: func(w *world, e *bookEntry) { split(w, e); e.State, e.Stage = Processed, StageProcessed },
		},
		{name: "not imported", lines: []string{"1-1"}, noBook: true, want: OutcomeCancelled, items: map[string]int{"i-mug": 1, "i-spoon": 1}},
		{name: "not imported, decided", lines: []string{"1-1"}, noBook: true, decided: true, want: OutcomeUnchanged, items: map[string]int{"i-mug": 1, "i-spoon": 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			o := w.put(anOrder("1", "MUG", "MUG", "SPOON"))[0]
			r := request
			r.LineIDs, r.Pending = tc.lines, !tc.decided
			w.pending = []Cancellation{r}
			if tc.decided {
				w.pending[0].Pending = true
				w.decide("c1", true)
				r = CancellationsOf(w.orders["1"])[0]
			}
			known := importRun{Importer: w.importer(), known: itemLookup{items: w.items}}
			_ = w.memory.PutReservation(t.Context(), known.reservation(o, noon, time.Time{}, UnseenAbsent))
			if !tc.noBook {
				e := w.waiting(o)
				if tc.change != nil {
					tc.change(w, e)
				}
			}
			for i := range 2 { // and again, from what the shop shows then
				want := tc.want
				if i == 1 && want == OutcomeCancelled {
					want = OutcomeUnchanged
				}
				if got := outcome(t)(w.canceller(0).Cancel(t.Context(), r)); got != want {
					t.Fatalf("run %d: %s, want %s", i+1, got, want)
				}
				if diff := cmp.Diff(tc.raised, w.open()); diff != "" {
					t.Error(diff)
				}
				if again := CancellationsOf(w.orders["1"]); len(again) > 0 {
					r = again[0]
				}
			}
			var left []string
			for _, e := range w.book {
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
				reserved, _ := w.reservation()
				if diff := cmp.Diff(tc.items, reserved.Items); diff != "" {
					t.Errorf("reserved: %s", diff)
				}
			}
			if approved := len(w.approved) == 1; approved != (tc.want == OutcomeCancelled && !tc.decided) {
				t.Errorf("approved %v", w.approved)
			}
		})
	}
}

// split moves the last line of an order into another one.
func split(w *world, e *bookEntry) {
	last := len(e.Lines) - 1
	part := *e
	part.ID, part.Number, part.Lines = e.ID+"b", e.Number+"b", e.Lines[last:]
	e.Lines = e.Lines[:last]
	w.book = append(w.book, &part)
}

// Of an order that the shop has cancelled and half of which has left, the other
// half stays.
func TestCancelStopsTheRest(t *testing.T) {
	w := newWorld(t)
	e := w.waiting(w.put(with(anOrder("1", "MUG", "SPOON"), func(o *Order) { o.Status = Cancelled }))[0])
	split(w, e)
	e.State, e.Stage = Processed, StageProcessed
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), CancellationOf(w.orders["1"]))); got != OutcomeRaised {
		t.Fatal(got)
	}
	if w.book[1].State != Dropped {
		t.Errorf("the rest is %s", w.book[1].State)
	}
}

// The buyer takes the request back, or the shop cancels the order in another way,
// before the approval arrives.
func TestCancelDecidedOtherwise(t *testing.T) {
	for _, tc := range []struct {
		status OrderStatus
		want   Outcome
		state  WarehouseState
	}{{AwaitingShipment, OutcomeUnchanged, Open}, {Cancelled, OutcomeCancelled, Dropped}} {
		w := cancelWorld(t, Open, StageNew)
		w.after = func(_ int, name string) {
			if name == "HoldOrder" {
				w.decide("c1", false)
				w.put(with(w.orders["1"], func(o *Order) { o.Status = tc.status }))
			}
		}
		if got := outcome(t)(w.canceller(0).Cancel(t.Context(), request)); got != tc.want || w.book[0].State != tc.state {
			t.Errorf("%s: %s, warehouse %s", tc.status, got, w.book[0].State)
		}
	}
}

func TestCancelAnswers(t *testing.T) {
	const packed = reasonPacked + "_uk"
	due := request.Deadline.Add(-2 * time.Hour)
	for _, tc := range []struct {
		name    string
		options CancelOptions
		now     time.Time
		reasons []string
		change  func(w *world)
		want    Outcome
		raised  string // kind, with a part of what was seen or is to do
	}{
		{name: "by a person", now: due.Add(time.Hour), want: OutcomeRaised, raised: "late cancellation"},
		{name: "at once", options: CancelOptions{LateAnswer: AnswerReject}, want: OutcomeRejected},
		{name: "not due", options: CancelOptions{DueAnswer: AnswerReject}, now: due.Add(-time.Second), want: OutcomeRaised, raised: "rejected by itself at 2026-11-28 10:00 UTC"},
		{name: "due", options: CancelOptions{DueAnswer: AnswerReject}, now: due, want: OutcomeRejected},
		{name: "another margin", options: CancelOptions{DueAnswer: AnswerReject, AnswerMargin: time.Hour}, now: due, want: OutcomeRaised, raised: "11:00 UTC"},
		{name: "another reason", options: CancelOptions{LateAnswer: AnswerReject, RejectReasons: []string{"x", "seller_other"}}, reasons: []string{packed, "seller_other"}, want: OutcomeRejected},
		{name: "no reason fits", options: CancelOptions{LateAnswer: AnswerReject, RejectReasons: []string{"seller"}}, want: OutcomeRaised, raised: "accepts none of the configured reasons"},
		{
			name: "missing in the warehouse, due", options: CancelOptions{DueAnswer: AnswerReject}, now: due, want: OutcomeRejected,
			change: func(w *world) { w.book = nil; _ = w.memory.DropReservation(context.Background(), "1") },
		},
		{
			name: "granted meanwhile", options: CancelOptions{LateAnswer: AnswerReject}, want: OutcomeRaised, raised: "it was granted meanwhile",
			change: func(w *world) {
				w.after = func(_ int, name string) {
					if name == "RejectReasons" {
						w.decide("c1", true)
					}
				}
			},
		},
		{
			name: "refused", options: CancelOptions{LateAnswer: AnswerReject}, want: OutcomeRaised, raised: "not now",
			change: func(w *world) {
				w.fail = func(_ int, name string) error {
					if name == "RejectCancellation" {
						return &RefusedError{Do: "x", Err: errors.New("not now")}
					}
					return nil
				}
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := cancelWorld(t, Open, StageLabelPrinted)
			w.rejectReasons = tc.reasons
			if w.rejectReasons == nil {
				w.rejectReasons = []string{"seller_late", packed}
			}
			_ = w.exceptions.Raise(t.Context(), raise(KindLateCancellation, "order 1", noon, "seen before", "look"))
			if tc.change != nil {
				tc.change(w)
			}
			tc.options.Now = func() time.Time { return tc.now }
			if got := outcome(t)(w.cancellerWith(tc.options).Cancel(t.Context(), request)); got != tc.want {
				t.Fatalf("%s, want %s", got, tc.want)
			}
			list, _ := w.exceptions.Open(t.Context())
			if raised := len(list) > 0; raised != (tc.raised != "") || raised && !strings.Contains(list[0].String(), tc.raised) {
				t.Errorf("%v, want %q", list, tc.raised)
			}
			if tc.want == OutcomeRejected && (len(w.rejected) != 1 || w.rejected[0] != "c1:reject" || w.orders["1"].Status != AwaitingShipment) {
				t.Errorf("rejected %v, %s", w.rejected, w.orders["1"].Status)
			}
			if len(w.book) > 0 && w.book[0].State != Open {
				t.Errorf("warehouse %s", w.book[0].State)
			}
		})
	}
}

// A decision whose reply is lost is repeated with the same key.
func TestCancelRejectsOnce(t *testing.T) {
	w := cancelWorld(t, Open, StageLabelPrinted)
	w.rejectReasons = []string{reasonPacked}
	w.lost, w.fail = true, failOn("RejectCancellation")
	c := w.cancellerWith(CancelOptions{LateAnswer: AnswerReject})
	if _, err := c.Cancel(t.Context(), request); !errors.Is(err, errInjected) {
		t.Fatal(err)
	}
	w.fail = nil
	if got := outcome(t)(c.Cancel(t.Context(), request)); got != OutcomeRejected || len(w.rejected) != 1 {
		t.Errorf("%s, %v", got, w.rejected)
	}
	if h := c.Health(); h.Runs != 2 || h.Failures != 1 || h.Backlog != 0 {
		t.Errorf("health: %s", h)
	}
}

func TestCancelNothingImported(t *testing.T) {
	w := newWorld(t)
	w.put(with(anOrder("1", "MUG"), func(o *Order) { o.CancelRequested = true }))
	w.pending = []Cancellation{request}
	_ = w.memory.PutReservation(t.Context(), Reservation{OrderID: "1"})
	_ = w.exceptions.Raise(t.Context(), raise(KindBadOrder, "order 1", noon, "x", "y"))
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), request)); got != OutcomeCancelled {
		t.Fatal(got)
	}
	if _, ok := w.reservation(); ok || len(w.approved) != 1 || w.open() != nil {
		t.Errorf("reserved %t, approved %v, open %v", ok, w.approved, w.open())
	}
}

func TestCancelApproveFails(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.fail = failOn("ApproveCancellation")
	r, err := w.canceller(0).Cancel(t.Context(), request)
	if !errors.Is(err, errInjected) || r[0].Outcome != OutcomeFailed || w.book[0].State != Parked {
		t.Fatalf("%s%v, warehouse %s; want it held until the next run", r, err, w.book[0].State)
	}
	w.fail = nil
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), request)); got != OutcomeCancelled || w.book[0].State != Dropped {
		t.Errorf("%s, warehouse %s", got, w.book[0].State)
	}
	if diff := cmp.Diff([]string{"c1:approve"}, w.approved); diff != "" {
		t.Error(diff)
	}
}

func TestCancelApproveRefused(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.fail = func(_ int, name string) error {
		if name == "ApproveCancellation" {
			return &RefusedError{Do: "look in Seller Center", Err: errors.New("the request is gone")}
		}
		return nil
	}
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), request)); got != OutcomeRaised {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"states disagree: order 1"}, w.open()); diff != "" {
		t.Error(diff)
	}
}

func TestCancelNotVisibleYet(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.stubborn = true
	if _, err := w.canceller(0).Cancel(t.Context(), request); err == nil || !strings.Contains(err.Error(), "next run cancels it again") {
		t.Fatalf("got %v", err)
	}
	if _, ok := w.reservation(); !ok {
		t.Error("the reservation went before the order did")
	}
	w.stubborn = false
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), CancellationOf(w.orders["1"]))); got != OutcomeCancelled {
		t.Error(got)
	}
}

func TestNewCancellerRefuses(t *testing.T) {
	w := newWorld(t)
	ports := CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Ledger: w, Locks: w, Exceptions: w}
	for want, o := range map[string]CancelOptions{
		"Stage(-1) is no stage": {CutOff: -1}, "Stage(9) is no stage": {CutOff: StageProcessed + 1},
		`the answer "maybe"`: {LateAnswer: "maybe"}, `the answer "never"`: {DueAnswer: "never"}, "must not be negative": {AnswerMargin: -1},
	} {
		if _, err := NewCanceller(ports, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if c, err := NewCanceller(ports, CancelOptions{}); err != nil || c.options.CutOff != StageLabelPrinted {
		t.Errorf("defaults: %v", err)
	}
	if _, err := NewCanceller(CancelPorts{}, CancelOptions{}); err == nil || !strings.Contains(err.Error(), "Desk") {
		t.Errorf("got %v", err)
	}
}

func (w *world) cancellerWith(o CancelOptions) *Canceller {
	if o.Now == nil {
		o.Now = w.now
	}
	c, err := NewCanceller(CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Ledger: w, Locks: w, Exceptions: w}, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
