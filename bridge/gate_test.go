package bridge

import (
	"errors"
	"strings"
	"testing"
	"time"
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
		{"another order's request", func(w *world, _ *Order) { w.pending = []Cancellation{{OrderID: "2", Pending: true}} }, ""},
		{"decided request", func(w *world, _ *Order) { w.pending = []Cancellation{{OrderID: "1"}} }, ""},
		{"not returned", func(_ *world, o *Order) { o.ID = "2" }, "does not return"},
		{"cancelled", func(_ *world, o *Order) { o.Status = Cancelled }, "cancelled"},
		{"pending", func(w *world, _ *Order) { w.pending = []Cancellation{{OrderID: "1", Pending: true}} }, "cancellation waits"},
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
			if p.Granted != (tc.reason == "") || !strings.Contains(p.Reason, tc.reason) || p.OrderID != "1" || p.At.IsZero() {
				t.Errorf("granted %t, %q; want %q", p.Granted, p.Reason, tc.reason)
			}
		})
	}
}

func TestGateBatch(t *testing.T) {
	w := newWorld(t)
	w.put(anOrder("1", "MUG"), with(anOrder("2", "MUG"), func(o *Order) { o.Status = OnHold }))
	permits, err := w.gate().Check(t.Context(), "2", "3", "1")
	if err != nil || len(permits) != 3 || permits[0].Granted || permits[1].Granted || !permits[2].Granted {
		t.Errorf("%+v, %v", permits, err)
	}
	if len(w.calls) != 2 {
		t.Errorf("%d calls for a batch", len(w.calls))
	}
	if permits, err := w.gate().Check(t.Context()); permits != nil || err != nil || len(w.calls) != 2 {
		t.Error("nothing was asked, but the shop was called")
	}
	for _, name := range []string{"OrdersByID", "PendingCancellations"} {
		w.fail = failOn(name)
		if permits, err := w.gate().Check(t.Context(), "1"); !errors.Is(err, errInjected) || permits != nil {
			t.Errorf("%s fails: %v, %v", name, permits, err)
		}
	}
	if _, err := NewGate(GatePorts{}, GateOptions{}); err == nil || !strings.Contains(err.Error(), "Cancellations, Orders") {
		t.Errorf("got %v", err)
	}
}
