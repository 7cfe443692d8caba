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

func TestGate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world, o *Order)
		reason string // empty: granted
	}{
		{"ready", func(*world, *Order) {}, ""},
		{"rest of a split order", func(_ *world, o *Order) { o.Status = PartiallyShipping }, ""},
		{"label arranged, goods still here", func(_ *world, o *Order) { o.ShippingModel, o.Status = TikTokShipping, AwaitingCollection }, ""},
		{"hold window over", func(_ *world, o *Order) { o.HoldUntil = noon.Add(-time.Second) }, ""},
		{"asked before, another order waits", func(w *world, o *Order) {
			o.CancelRequestedAt = noon
			w.pending = []Cancellation{{OrderID: "2", Pending: true}}
		}, ""},
		{"decided request", func(w *world, o *Order) { o.CancelRequestedAt, w.pending = noon, []Cancellation{{OrderID: "1"}} }, ""},
		{"not returned", func(_ *world, o *Order) { o.ID = "2" }, "does not return"},
		{"cancelled", func(_ *world, o *Order) { o.Status = Cancelled }, "cancelled"},
		{"details lag", func(w *world, o *Order) {
			w.lag, o.CancelRequestedAt, w.pending = true, noon, []Cancellation{{OrderID: "1", Pending: true}}
		}, "cancellation waits"},
		{"requested", func(_ *world, o *Order) { o.CancelRequested = true }, "cancellation waits"},
		{"platform's", func(_ *world, o *Order) { o.ShippingModel = FulfilledByTikTok }, "platform ships"},
		{"unknown model", func(_ *world, o *Order) { o.ShippingModel = "drone" }, `"drone" is not known`},
		{"no model", func(_ *world, o *Order) { o.ShippingModel = "" }, "not known"},
		{"unpaid", func(_ *world, o *Order) { o.Status = Unpaid }, "on hold"},
		{"on hold", func(_ *world, o *Order) { o.Status = OnHold }, "on hold"},
		{"hold window", func(_ *world, o *Order) { o.HoldUntil = noon.Add(time.Hour) }, "on hold"},
		{"shipped", func(_ *world, o *Order) { o.Status = AwaitingCollection }, "AWAITING_COLLECTION"},
		{"unknown status", func(_ *world, o *Order) { o.Status = "ODD" }, "ODD"},
		{"no status", func(_ *world, o *Order) { o.Status = "" }, "the shop says"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			o := anOrder("1", "MUG")
			tc.change(w, &o)
			w.put(o)
			permits, err := w.gate().Check(t.Context(), "1")
			if err != nil || len(permits) != 1 {
				t.Fatal(permits, err)
			}
			p := permits[0]
			if p.Granted != (tc.reason == "") || !strings.Contains(p.Reason, tc.reason) || p.OrderID != "1" || p.At.IsZero() || p.Granted == p.ValidUntil.IsZero() {
				t.Errorf("granted %t, %q; want %q", p.Granted, p.Reason, tc.reason)
			}
		})
	}
}

// A permit for 50 orders is one call; a doubt about any number of them a second.
func TestGateCalls(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 50 {
		ids = append(ids, w.put(anOrder(fmt.Sprint(i), "MUG"))[0].ID)
	}
	check := func(o GateOptions, wantGranted int, want ...string) {
		t.Helper()
		w.calls = nil
		permits, err := w.gateWith(GatePorts{}, o).Check(t.Context(), ids...)
		granted := 0
		for _, p := range permits {
			if p.Granted {
				granted++
			}
		}
		if err != nil || len(permits) != 50 || granted != wantGranted {
			t.Errorf("%d permits, %d granted, %v", len(permits), granted, err)
		}
		if diff := cmp.Diff(want, w.calls); diff != "" {
			t.Error(diff)
		}
	}
	check(GateOptions{}, 50, "OrdersByID")
	w.put(with(w.orders["7"], func(o *Order) { o.CancelRequested, o.CancelRequestedAt = true, noon }))
	check(GateOptions{}, 49, "OrdersByID") // certain: no search
	w.put(with(w.orders["8"], func(o *Order) { o.CancelRequestedAt = noon }), with(w.orders["9"], func(o *Order) { o.CancelRequestedAt = noon }))
	w.lag = true
	w.pending = []Cancellation{{OrderID: "9", Pending: true}, {OrderID: "10", Pending: true}}
	check(GateOptions{}, 48, "OrdersByID", "PendingCancellations")
	check(GateOptions{AlwaysSearch: true}, 47, "OrdersByID", "PendingCancellations")
}

func TestGateBatch(t *testing.T) {
	w := newWorld(t)
	w.put(with(anOrder("1", "MUG"), func(o *Order) { o.CancelRequestedAt = noon }), with(anOrder("2", "MUG"), func(o *Order) { o.Status = OnHold }))
	g := w.gate()
	permits, err := g.Check(t.Context(), "2", "3", "1")
	if err != nil || len(permits) != 3 || permits[0].Granted || permits[1].Granted || !permits[2].Granted {
		t.Errorf("%+v, %v", permits, err)
	}
	calls := len(w.calls)
	if permits, err := g.Check(t.Context()); permits != nil || err != nil || len(w.calls) != calls {
		t.Error("nothing was asked, but the shop was called")
	}
	for _, name := range []string{"OrdersByID", "PendingCancellations"} {
		w.fail = failOn(name)
		if permits, err := g.Check(t.Context(), "1"); !errors.Is(err, errInjected) || permits != nil {
			t.Errorf("%s fails: %v, %v", name, permits, err)
		}
	}
	if h := g.Health(); h.Runs != 3 || h.Failures != 2 {
		t.Errorf("health: %s", h)
	}
	for want, c := range map[string]struct {
		GatePorts
		GateOptions
	}{
		"Cancellations, Orders":    {},
		"Known without Exceptions": {GatePorts: GatePorts{Orders: w, Cancellations: w, Known: w}},
		"not be negative":          {GatePorts{Orders: w, Cancellations: w}, GateOptions{Lifetime: -1}},
		`AtDeadline "guess"`:       {GatePorts{Orders: w, Cancellations: w}, GateOptions{AtDeadline: "guess"}},
	} {
		if _, err := NewGate(c.GatePorts, c.GateOptions); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPermitValid(t *testing.T) {
	w := newWorld(t)
	w.now = atNoon
	w.put(anOrder("1", "MUG"), with(anOrder("2", "MUG"), func(o *Order) { o.Status = OnHold }))
	permits, err := w.gateWith(GatePorts{}, GateOptions{Lifetime: time.Minute}).Check(t.Context(), "1", "2")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[time.Duration]bool{{0: true, 59 * time.Second: true, time.Minute: false}, {0: false}} {
		for after, valid := range want {
			if permits[i].Valid(noon.Add(after)) != valid {
				t.Errorf("%s, after %s: valid %t", permits[i], after, !valid)
			}
		}
	}
}

// The shop cannot be asked while a deadline comes near.
func TestGateWithoutTheShop(t *testing.T) {
	for _, tc := range []struct {
		name     string
		policy   AtDeadline
		change   func(*Order)
		granted  bool
		decision string   // part of it; empty: no decision was forced
		raised   []string // and after the shop answers again:
		answered []string
	}{
		{name: "far away", policy: ShipAtDeadline, change: func(o *Order) { o.ShipBy = noon.Add(3 * time.Hour) }},
		{name: "no deadline", policy: ShipAtDeadline, change: func(o *Order) { o.ShipBy, o.CancelledBy = time.Time{}, time.Time{} }},
		{name: "unknown", policy: ShipAtDeadline, change: func(o *Order) { o.ID = "2" }},
		{name: "hold by default", decision: "configuration: hold", raised: []string{"held at its deadline: order 1"}},
		{name: "go ahead", policy: ShipAtDeadline, granted: true, decision: "configuration: go ahead", raised: []string{"committed unasked: order 1"}},
		{
			name: "go ahead by the shop's own clock", policy: ShipAtDeadline, granted: true, decision: "2026-11-27T13:00",
			change: func(o *Order) { o.ShipBy, o.CancelledBy = noon.Add(9*time.Hour), noon.Add(time.Hour) }, raised: []string{"committed unasked: order 1"},
		},
		{
			name: "parked when last seen", policy: ShipAtDeadline, change: func(o *Order) { o.Status = OnHold },
			decision: "last known: the order is on hold", raised: []string{"held at its deadline: order 1"},
		},
		{
			name: "gone ahead, and cancelled", policy: ShipAtDeadline, granted: true, decision: "go ahead", raised: []string{"committed unasked: order 1"},
			answered: []string{"committed unasked: order 1"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			o := with(anOrder("1", "MUG"), func(o *Order) { o.ShipBy = noon.Add(time.Hour) })
			if tc.change != nil {
				tc.change(&o)
			}
			w.put(o)
			g := w.gateWith(GatePorts{Known: w, Exceptions: w}, GateOptions{AtDeadline: tc.policy})
			w.fail = failOn("OrdersByID")
			permits, err := g.Check(t.Context(), "1")
			if !errors.Is(err, errInjected) || len(permits) != 1 {
				t.Fatalf("%v, %v; want the error too", permits, err)
			}
			p := permits[0]
			if p.Granted != tc.granted || p.Valid(noon) != tc.granted || p.Blind != (tc.decision != "") || !strings.Contains(p.Decision, tc.decision) {
				t.Errorf("%+v", p)
			}
			if diff := cmp.Diff(tc.raised, w.open()); diff != "" {
				t.Error(diff)
			}
			w.fail = nil
			if tc.answered != nil {
				w.put(with(o, func(o *Order) { o.Status = Cancelled }))
			}
			if _, err := g.Check(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.answered, w.open()); diff != "" {
				t.Errorf("after the shop answered: %s", diff)
			}
		})
	}
	// What is known, or the queue, cannot be read either.
	for _, name := range []string{"KnownOrders", "Raise"} {
		w := newWorld(t)
		w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShipBy = noon }))
		w.fail = func(_ int, n string) error {
			if n == name || n == "OrdersByID" {
				return errInjected
			}
			return nil
		}
		if permits, err := w.gateWith(GatePorts{Known: w, Exceptions: w}, GateOptions{AtDeadline: ShipAtDeadline}).Check(t.Context(), "1"); err == nil || permits != nil {
			t.Errorf("%s fails: %v, %v", name, permits, err)
		}
	}
}

// KnownOrders implements KnownOrders with what the shop shows: its last word.
func (w *world) KnownOrders(ctx context.Context, ids []string) (list []Order, err error) {
	err = w.do(ctx, "KnownOrders", func() error {
		for _, id := range ids {
			if o, ok := w.orders[id]; ok {
				list = append(list, o)
			}
		}
		return nil
	})
	return list, err
}

func (w *world) gateWith(p GatePorts, o GateOptions) *Gate {
	p.Orders, p.Cancellations, o.Now = w, w, w.now
	g, err := NewGate(p, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}
