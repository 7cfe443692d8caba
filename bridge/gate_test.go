package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestGate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world.World, o *bridge.Order)
		reason string // empty: granted
	}{
		{"ready", func(*world.World, *bridge.Order) {}, ""},
		{"rest of a split order", func(_ *world.World, o *bridge.Order) { o.Status = bridge.PartiallyShipping }, ""},
		{"label arranged, goods still here", func(_ *world.World, o *bridge.Order) {
			o.ShippingModel, o.Status = bridge.TikTokShipping, bridge.AwaitingCollection
		}, ""},
		{"hold window over", func(_ *world.World, o *bridge.Order) { o.HoldUntil = world.Noon.Add(-time.Second) }, ""},
		{"asked before, another order waits", func(w *world.World, o *bridge.Order) {
			o.CancelRequestedAt = world.Noon
			w.Pending = []bridge.Cancellation{{OrderID: "2", Pending: true}}
		}, ""},
		{"decided request", func(w *world.World, o *bridge.Order) {
			o.CancelRequestedAt, w.Pending = world.Noon, []bridge.Cancellation{{OrderID: "1"}}
		}, ""},
		{"not returned", func(_ *world.World, o *bridge.Order) { o.ID = "2" }, "does not return"},
		{"cancelled", func(_ *world.World, o *bridge.Order) { o.Status = bridge.Cancelled }, "cancelled"},
		{"details lag", func(w *world.World, o *bridge.Order) {
			w.Lag, o.CancelRequestedAt, w.Pending = true, world.Noon, []bridge.Cancellation{{OrderID: "1", Pending: true}}
		}, "cancellation waits"},
		{"requested", func(_ *world.World, o *bridge.Order) { o.CancelRequested = true }, "cancellation waits"},
		{"platform's", func(_ *world.World, o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok }, "platform ships"},
		{"unknown model", func(_ *world.World, o *bridge.Order) { o.ShippingModel = "drone" }, `"drone" is not known`},
		{"no model", func(_ *world.World, o *bridge.Order) { o.ShippingModel = "" }, "not known"},
		{"unpaid", func(_ *world.World, o *bridge.Order) { o.Status = bridge.Unpaid }, "on hold"},
		{"on hold", func(_ *world.World, o *bridge.Order) { o.Status = bridge.OnHold }, "on hold"},
		{"hold window", func(_ *world.World, o *bridge.Order) { o.HoldUntil = world.Noon.Add(time.Hour) }, "on hold"},
		{"shipped", func(_ *world.World, o *bridge.Order) { o.Status = bridge.AwaitingCollection }, "AWAITING_COLLECTION"},
		{"unknown status", func(_ *world.World, o *bridge.Order) { o.Status = "ODD" }, "ODD"},
		{"no status", func(_ *world.World, o *bridge.Order) { o.Status = "" }, "the shop says"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.AnOrder("1", "MUG")
			tc.change(w, &o)
			w.Put(o)
			permits, err := w.Gate().Check(t.Context(), "1")
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
	w := world.NewWorld(t)
	var ids []string
	for i := range 50 {
		ids = append(ids, w.Put(world.AnOrder(fmt.Sprint(i), "MUG"))[0].ID)
	}
	check := func(o bridge.GateOptions, wantGranted int, want ...string) {
		t.Helper()
		w.Calls = nil
		permits, err := w.GateWith(bridge.GatePorts{}, o).Check(t.Context(), ids...)
		granted := 0
		for _, p := range permits {
			if p.Granted {
				granted++
			}
		}
		if err != nil || len(permits) != 50 || granted != wantGranted {
			t.Errorf("%d permits, %d granted, %v", len(permits), granted, err)
		}
		if diff := cmp.Diff(want, w.Calls); diff != "" {
			t.Error(diff)
		}
	}
	check(bridge.GateOptions{}, 50, "OrdersByID")
	w.Put(world.With(w.Orders["7"], func(o *bridge.Order) { o.CancelRequested, o.CancelRequestedAt = true, world.Noon }))
	check(bridge.GateOptions{}, 49, "OrdersByID") // certain: no search
	w.Put(world.With(w.Orders["8"], func(o *bridge.Order) { o.CancelRequestedAt = world.Noon }), world.With(w.Orders["9"], func(o *bridge.Order) { o.CancelRequestedAt = world.Noon }))
	w.Lag = true
	w.Pending = []bridge.Cancellation{{OrderID: "9", Pending: true}, {OrderID: "10", Pending: true}}
	check(bridge.GateOptions{}, 48, "OrdersByID", "PendingCancellations")
	check(bridge.GateOptions{AlwaysSearch: true}, 47, "OrdersByID", "PendingCancellations")
}

func TestGateBatch(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequestedAt = world.Noon }), world.With(world.AnOrder("2", "MUG"), func(o *bridge.Order) { o.Status = bridge.OnHold }))
	g := w.Gate()
	permits, err := g.Check(t.Context(), "2", "3", "1")
	if err != nil || len(permits) != 3 || permits[0].Granted || permits[1].Granted || !permits[2].Granted {
		t.Errorf("%+v, %v", permits, err)
	}
	calls := len(w.Calls)
	if permits, err := g.Check(t.Context()); permits != nil || err != nil || len(w.Calls) != calls {
		t.Error("nothing was asked, but the shop was called")
	}
	w.Fail = world.FailOn("OrdersByID")
	if permits, err := g.Check(t.Context(), "1"); !errors.Is(err, world.ErrInjected) || permits != nil {
		t.Errorf("OrdersByID fails: %v, %v", permits, err)
	}
	w.Fail = world.FailOn("PendingCancellations")
	if permits, err := g.Check(t.Context(), "1"); !errors.Is(err, world.ErrInjected) || len(permits) != 1 || permits[0].Granted {
		t.Errorf("PendingCancellations fails: %v, %v, want order 1 held beside the error", permits, err)
	}
	if h := g.Health(); h.Runs != 3 || h.Failures != 2 {
		t.Errorf("health: %s", h)
	}
	for want, c := range map[string]struct {
		bridge.GatePorts
		bridge.GateOptions
	}{
		"Cancellations, Orders":    {},
		"Known without Exceptions": {GatePorts: bridge.GatePorts{Orders: w, Cancellations: w, Known: w}},
		"Lifetime: -1ns":           {bridge.GatePorts{Orders: w, Cancellations: w}, bridge.GateOptions{Lifetime: -1}},
		"DeadlineMargin: -1ns":     {bridge.GatePorts{Orders: w, Cancellations: w}, bridge.GateOptions{DeadlineMargin: -1}},
		`AtDeadline "guess"`:       {bridge.GatePorts{Orders: w, Cancellations: w}, bridge.GateOptions{AtDeadline: "guess"}},
	} {
		if _, err := bridge.NewGate(c.GatePorts, c.GateOptions); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPermitValid(t *testing.T) {
	w := world.NewWorld(t)
	w.Now = world.AtNoon
	w.Put(world.AnOrder("1", "MUG"), world.With(world.AnOrder("2", "MUG"), func(o *bridge.Order) { o.Status = bridge.OnHold }))
	permits, err := w.GateWith(bridge.GatePorts{}, bridge.GateOptions{Lifetime: time.Minute}).Check(t.Context(), "1", "2")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[time.Duration]bool{{0: true, 59 * time.Second: true, time.Minute: false}, {0: false}} {
		for after, valid := range want {
			if permits[i].Valid(world.Noon.Add(after)) != valid {
				t.Errorf("%s, after %s: valid %t", permits[i], after, !valid)
			}
		}
	}
}

// The shop cannot be asked while a deadline comes near.
func TestGateWithoutTheShop(t *testing.T) {
	for _, tc := range []struct {
		name     string
		policy   bridge.AtDeadline
		change   func(*bridge.Order)
		granted  bool
		decision string   // part of it; empty: no decision was forced
		raised   []string // and after the shop answers again:
		answered []string
		after    func(*bridge.Order)
	}{
		{name: "far away", policy: bridge.ShipAtDeadline, change: func(o *bridge.Order) { o.ShipBy = world.Noon.Add(3 * time.Hour) }},
		{name: "no deadline", policy: bridge.ShipAtDeadline, change: func(o *bridge.Order) { o.ShipBy, o.CancelledBy = time.Time{}, time.Time{} }},
		{name: "unknown", policy: bridge.ShipAtDeadline, change: func(o *bridge.Order) { o.ID = "2" }},
		{name: "hold by default", decision: `setting for that is "hold"`, raised: []string{"held at its deadline: order 1"}},
		{name: "go ahead", policy: bridge.ShipAtDeadline, granted: true, decision: `setting for that is "go ahead"`, raised: []string{"sent unchecked: order 1"}},
		{
			name: "go ahead by the shop's own clock", policy: bridge.ShipAtDeadline, granted: true, decision: "2026-11-27 13:00",
			change: func(o *bridge.Order) {
				o.ShipBy, o.CancelledBy = world.Noon.Add(9*time.Hour), world.Noon.Add(time.Hour)
			}, raised: []string{"sent unchecked: order 1"},
		},
		{
			name: "parked when last seen", policy: bridge.ShipAtDeadline, change: func(o *bridge.Order) { o.Status = bridge.OnHold },
			decision: "last known is: the order is on hold", raised: []string{"held at its deadline: order 1"},
		},
		{
			name: "gone ahead, and cancelled", policy: bridge.ShipAtDeadline, granted: true, decision: "go ahead", raised: []string{"sent unchecked: order 1"},
			answered: []string{"sent unchecked: order 1"}, after: func(o *bridge.Order) { o.Status = bridge.Cancelled },
		},
		{
			name: "gone ahead, and the buyer asks to cancel", policy: bridge.ShipAtDeadline, granted: true, decision: "go ahead", raised: []string{"sent unchecked: order 1"},
			answered: []string{"sent unchecked: order 1"}, after: func(o *bridge.Order) { o.CancelRequested = true },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon.Add(time.Hour) })
			if tc.change != nil {
				tc.change(&o)
			}
			w.Put(o)
			g := w.GateWith(bridge.GatePorts{Known: w, Exceptions: w}, bridge.GateOptions{AtDeadline: tc.policy})
			w.Fail = world.FailOn("OrdersByID")
			permits, err := g.Check(t.Context(), "1")
			if !errors.Is(err, world.ErrInjected) || len(permits) != 1 {
				t.Fatalf("%v, %v; want the error too", permits, err)
			}
			p := permits[0]
			if p.Granted != tc.granted || p.Valid(world.Noon) != tc.granted || p.Blind != (tc.decision != "") || !strings.Contains(p.Decision, tc.decision) {
				t.Errorf("%+v", p)
			}
			if diff := cmp.Diff(tc.raised, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
			w.Fail = nil
			if tc.after != nil {
				w.Put(world.With(o, tc.after))
			}
			if _, err := g.Check(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.answered, w.OpenKinds()); diff != "" {
				t.Errorf("after the shop answered: %s", diff)
			}
		})
	}
	// What is known, or the queue, cannot be read either.
	for _, name := range []string{"KnownOrders", "Raise"} {
		w := world.NewWorld(t)
		w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon }))
		w.Fail = func(_ int, n string) error {
			if n == name || n == "OrdersByID" {
				return world.ErrInjected
			}
			return nil
		}
		if permits, err := w.GateWith(bridge.GatePorts{Known: w, Exceptions: w}, bridge.GateOptions{AtDeadline: bridge.ShipAtDeadline}).Check(t.Context(), "1"); err == nil || permits != nil {
			t.Errorf("%s fails: %v, %v", name, permits, err)
		}
	}
}

// The search for cancellations that fails holds those that it was for. Their
// details were read, so no other port has to know them.
func TestGateWithoutTheSearch(t *testing.T) {
	for _, tc := range []struct {
		name    string
		options bridge.GateOptions
		granted []string
		raised  []string
	}{
		{
			name: "who is in doubt is held", granted: []string{"sure", "far sure"},
			raised: []string{"held at its deadline: order doubt"},
		},
		{
			name: "all are in doubt", options: bridge.GateOptions{AlwaysSearch: true},
			raised: []string{"held at its deadline: order doubt", "held at its deadline: order sure"},
		},
		{
			name: "who is in doubt may go", options: bridge.GateOptions{AtDeadline: bridge.ShipAtDeadline}, granted: []string{"doubt", "sure", "far sure"},
			raised: []string{"sent unchecked: order doubt"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			asked := func(o *bridge.Order) { o.CancelRequestedAt = world.Noon.Add(-time.Hour) }
			soon := func(o *bridge.Order) { o.ShipBy = world.Noon.Add(time.Hour) }
			far := func(o *bridge.Order) { o.ShipBy = world.Noon.Add(9 * time.Hour) }
			w.Put(
				world.With(world.AnOrder("doubt", "MUG"), asked, soon), world.With(world.AnOrder("sure", "MUG"), soon),
				world.With(world.AnOrder("far doubt", "MUG"), asked, far), world.With(world.AnOrder("far sure", "MUG"), far),
				world.With(world.AnOrder("gone", "MUG"), soon, func(o *bridge.Order) { o.Status = bridge.Cancelled }),
			)
			gate := w.GateWith(bridge.GatePorts{Exceptions: w}, tc.options)
			w.Fail = world.FailOn("PendingCancellations")
			permits, err := gate.Check(t.Context(), "doubt", "sure", "far doubt", "far sure", "gone")
			if !errors.Is(err, world.ErrInjected) {
				t.Fatalf("got %v, want the failure of the search too", err)
			}
			var granted []string
			for _, p := range permits {
				if p.Granted {
					granted = append(granted, p.OrderID)
				}
				if doubtful := strings.Contains(p.OrderID, "doubt") || tc.options.AlwaysSearch && p.OrderID != "gone"; p.Unasked != doubtful {
					t.Errorf("order %s: Unasked is %t, want %t: %s", p.OrderID, p.Unasked, doubtful, p)
				}
			}
			if diff := cmp.Diff(tc.granted, granted); diff != "" {
				t.Errorf("granted (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.raised, w.OpenKinds()); diff != "" {
				t.Errorf("raised (-want +got):\n%s", diff)
			}
			w.Fail = nil
			if _, err := gate.Check(t.Context(), "doubt", "sure", "far doubt", "far sure"); err != nil || len(w.OpenKinds()) != 0 {
				t.Errorf("after the search answered: %v and %q, want neither", err, w.OpenKinds())
			}
		})
	}
}

// Every id has its answer, whatever the others are.
func TestGateAnswersForEach(t *testing.T) {
	foreign := []string{"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9"}
	for _, tc := range []struct {
		name    string
		ids     []string
		granted int
		reason  string // of all others
		calls   int
	}{
		{"one foreign", []string{"1", "f1", "2"}, 2, "cannot be read: not of this shop", 1},
		{"only a foreign one", []string{"f1"}, 0, "not of this shop", 1},
		{"one without an id", []string{"1", "", "2"}, 2, "has no id", 1},
		{"none with an id", []string{"", ""}, 0, "has no id", 0},
		{"twice the same", []string{"1", "1"}, 2, "", 1},
		{"many foreign ones", append([]string{"1"}, foreign...), 1, "not of this shop", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"))
			source := &refusing{OrderSource: w, refused: foreign}
			gate, err := bridge.NewGate(bridge.GatePorts{Orders: source, Cancellations: w}, bridge.GateOptions{Now: world.AtNoon})
			must(t, err)
			permits, err := gate.Check(t.Context(), tc.ids...)
			if err != nil {
				t.Fatalf("Check(%q): %v", tc.ids, err)
			}
			var got []string
			granted := 0
			for _, p := range permits {
				got = append(got, p.OrderID)
				if p.Granted {
					granted++
				} else if !strings.Contains(p.Reason, tc.reason) {
					t.Errorf("order %q is held because %q, want %q", p.OrderID, p.Reason, tc.reason)
				}
			}
			if diff := cmp.Diff(tc.ids, got); diff != "" {
				t.Errorf("permits (-want +got):\n%s", diff)
			}
			if granted != tc.granted || source.calls != tc.calls {
				t.Errorf("%d granted in %d calls, want %d in %d", granted, source.calls, tc.granted, tc.calls)
			}
		})
	}
	t.Run("an outage is nobody's fault", func(t *testing.T) {
		w := world.NewWorld(t)
		source := &refusing{OrderSource: w, err: errors.New("reset")}
		gate, err := bridge.NewGate(bridge.GatePorts{Orders: source, Cancellations: w}, bridge.GateOptions{Now: world.AtNoon})
		must(t, err)
		permits, err := gate.Check(t.Context(), "1", "f1", "2")
		if !errors.Is(err, source.err) || len(permits) != 0 || source.calls != 1 {
			t.Errorf("%v, %v after %d calls, want no permit and the outage after one", permits, err, source.calls)
		}
	})
}

// refusing is a shop that refuses to show some orders, or any if it has an err.
type refusing struct {
	bridge.OrderSource
	refused []string
	err     error
	calls   int
}

func (r *refusing) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	r.calls++
	if r.err != nil {
		return nil, r.err
	}
	lost := map[string]string{}
	for _, id := range ids {
		if slices.Contains(r.refused, id) {
			lost[id] = "not of this shop"
		}
	}
	list, err := r.OrderSource.OrdersByID(ctx, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return lost[id] != "" }))
	if len(lost) > 0 {
		err = errors.Join(err, &exceptions.UnreadableError{Reasons: lost})
	}
	return list, err
}

// An id that is not the shop's costs those that are nothing.
func TestGateWithOneForeignID(t *testing.T) {
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment})
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: s.shop, Cancellations: s.shop}, bridge.GateOptions{})
	must(t, err)
	for _, other := range []string{"576461413039999999", "", "#1001"} {
		permits, err := gate.Check(t.Context(), other, id)
		if err != nil || len(permits) != 2 || permits[0].Granted || permits[0].Reason == "" || !permits[1].Granted {
			t.Errorf("beside %q: %v, %v, want it held with a reason and %s granted", other, permits, err, id)
		}
	}
}

// TikTok refuses a call as a whole for an id that is not the shop's. The adapter
// finds such ids, and says what TikTok said.
func TestShopReadsOrdersBesideForeignIDs(t *testing.T) {
	for _, foreign := range []int{1, 4, 20, 60} {
		s := newSides(t, "GB")
		var want, ids []string
		for i := range foreign {
			ids = append(ids, fmt.Sprintf("5764614130399999%02d", i))
		}
		for range 3 {
			want = append(want, s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment}))
		}
		list, err := s.shop.OrdersByID(t.Context(), slices.Concat(ids, []string{""}, want))
		lost, err := exceptions.UnreadableIn(err)
		must(t, err)
		var got []string
		for _, o := range list {
			got = append(got, o.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("beside %d foreign ids (-want +got):\n%s", foreign, diff)
		}
		if diff := cmp.Diff(ids, slices.Sorted(maps.Keys(lost))); diff != "" {
			t.Errorf("named (-want +got):\n%s", diff)
		}
	}
}

// A program that is being stopped is no outage: nothing is decided for want of the shop.
func TestGateDecidesNothingWhenStopped(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon.Add(time.Hour) }))
	ctx, stop := context.WithCancel(t.Context())
	known := &knownToo{}
	g := w.GateWith(bridge.GatePorts{Known: known, Exceptions: w}, bridge.GateOptions{AtDeadline: bridge.ShipAtDeadline})
	w.Fail = func(_ int, name string) error {
		if name != "OrdersByID" {
			return nil
		}
		stop()
		return ctx.Err()
	}
	if permits, err := g.Check(ctx, "1"); !errors.Is(err, context.Canceled) || permits != nil || known.asked > 0 {
		t.Errorf("%v, %v, what is known was asked for %d times; want no permit and no question", permits, err, known.asked)
	}
}

// knownToo counts how often what is known is asked for.
type knownToo struct{ asked int }

func (k *knownToo) KnownOrders(context.Context, []string) ([]bridge.Order, error) {
	k.asked++
	return nil, nil
}

// When an order might be shipped is on record, with what the answer rested on: the last
// permit, and the last refusal with its first time. What says the same is not written again.
func TestGateRecordsItsAnswers(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"))
	must(t, errOf(w.Memory.PutRecords(t.Context(), store.Record{OrderID: "1", WarehouseIDs: []string{"w100"}})))
	now := world.Noon
	w.Now = func() time.Time { return now }
	g := w.GateWith(bridge.GatePorts{Records: w}, bridge.GateOptions{})
	var want store.Record
	at := func(after time.Duration) store.Permit {
		o := w.Orders["1"]
		return store.Permit{At: world.Noon.Add(after), Status: string(o.Status), UpdatedAt: o.UpdatedAt.UTC()}
	}
	for _, step := range []struct {
		what   string
		after  time.Duration
		change func(o *bridge.Order)
		writes bool
		expect func()
	}{
		{"granted", 0, func(*bridge.Order) {}, true, func() { want.Granted = at(0) }},
		{"granted again, while that is good", time.Minute, func(*bridge.Order) {}, false, func() {}},
		{"granted again, later", 10 * time.Minute, func(*bridge.Order) {}, true, func() { want.Granted = at(10 * time.Minute) }},
		{"refused", 11 * time.Minute, func(o *bridge.Order) { o.CancelRequested = true }, true, func() {
			want.Held = at(11 * time.Minute)
			want.Held.Reason = "a cancellation waits for an answer"
		}},
		{"refused again, much later", 3 * time.Hour, func(*bridge.Order) {}, false, func() {}},
		{"refused for another reason", 4 * time.Hour, func(o *bridge.Order) { o.Status = bridge.Cancelled }, true, func() {
			want.Held = at(4 * time.Hour)
			want.Held.Reason = "the order is cancelled"
		}},
		{"granted after all", 5 * time.Hour, func(o *bridge.Order) { o.Status, o.CancelRequested = bridge.AwaitingShipment, false }, true, func() { want.Granted = at(5 * time.Hour) }},
		{"and refused as before", 6 * time.Hour, func(o *bridge.Order) { o.Status = bridge.Cancelled }, true, func() {
			want.Held = at(6 * time.Hour)
			want.Held.Reason = "the order is cancelled"
		}},
	} {
		o := w.Orders["1"]
		step.change(&o)
		w.Orders["1"] = o
		step.expect()
		now = world.Noon.Add(step.after)
		before := w.Count("PutRecords")
		_, err := g.Check(t.Context(), "1", "2", "1")
		must(t, err)
		records, _, err := w.Memory.RecordsOf(t.Context(), "1", "2")
		must(t, err)
		if got := (store.Record{Granted: records["1"].Granted, Held: records["1"].Held}); !got.Equal(want) || len(records) != 1 {
			t.Errorf("%s: %d records, granted %+v, held %+v; want that of order 1 alone, %+v and %+v", step.what, len(records), got.Granted, got.Held, want.Granted, want.Held)
		}
		if wrote := w.Count("PutRecords") > before; wrote != step.writes {
			t.Errorf("%s: written %t, want %t", step.what, wrote, step.writes)
		}
	}
	// Nothing is held because it cannot be recorded, and somebody hears of it.
	o := w.Orders["1"]
	o.Status = bridge.AwaitingShipment
	w.Orders["1"] = o
	w.Fail = world.FailOn("PutRecords")
	if permits, err := g.Check(t.Context(), "1"); err != nil || len(permits) != 1 || !permits[0].Granted {
		t.Errorf("with records that cannot be written: %v, %v; want it granted", permits, err)
	}
	if h := g.Health(); !strings.Contains(fmt.Sprintf("%+v", h), "recording the permits") {
		t.Errorf("its health does not tell: %+v", h)
	}
}
