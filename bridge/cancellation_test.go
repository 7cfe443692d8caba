package bridge

import (
	"errors"
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

func TestCancelProcessedDuringTheCall(t *testing.T) {
	w := cancelWorld(t, Open, StageNew)
	w.after = func(_ int, name string) {
		if name == "ApproveCancellation" {
			w.book[0].State, w.book[0].Stage = Processed, StageProcessed
		}
	}
	if _, err := w.canceller(0).Cancel(t.Context(), request); err == nil || !strings.Contains(err.Error(), "does not show 100 as cancelled yet") {
		t.Fatalf("got %v", err)
	}
	if got := outcome(t)(w.canceller(0).Cancel(t.Context(), CancellationOf(w.orders["1"]))); got != OutcomeRaised {
		t.Error(got)
	}
}

func TestCancelLines(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		live  bool // in the warehouse
		open  bool // the request waits
		want  Outcome
	}{
		{"all lines", []string{"1-1", "1-2"}, true, true, OutcomeCancelled},
		{"one line", []string{"1-1"}, true, true, OutcomeRaised},
		{"one line, nothing imported, waits", []string{"1-1"}, false, true, OutcomeRaised},
		{"one line, nothing imported", []string{"1-1"}, false, false, OutcomeUnchanged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			o := w.put(anOrder("1", "MUG", "SPOON"))[0]
			_ = w.memory.PutReservation(t.Context(), Reservation{OrderID: "1"})
			if tc.live {
				w.waiting(o)
			}
			r := request
			r.LineIDs, r.Pending = tc.lines, tc.open
			if got := outcome(t)(w.canceller(0).Cancel(t.Context(), r)); got != tc.want {
				t.Fatalf("%s, want %s", got, tc.want)
			}
			if _, ok := w.reservation(); ok != (tc.want != OutcomeCancelled) {
				t.Errorf("reserved: %t", ok)
			}
			if tc.want == OutcomeRaised && w.open()[0] != "part cancellation: order 1" {
				t.Error(w.open())
			}
		})
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
	for _, stage := range []Stage{-1, StageProcessed + 1} {
		if _, err := NewCanceller(ports, CancelOptions{CutOff: stage}); err == nil {
			t.Errorf("cut-off %s accepted", stage)
		}
	}
	if c, err := NewCanceller(ports, CancelOptions{}); err != nil || c.options.CutOff != StageLabelPrinted {
		t.Errorf("defaults: %v", err)
	}
	if _, err := NewCanceller(CancelPorts{}, CancelOptions{}); err == nil || !strings.Contains(err.Error(), "Desk") {
		t.Errorf("got %v", err)
	}
}
