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
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func TestDeadlinesOf(t *testing.T) {
	at := func(d time.Duration) time.Time { return world.Noon.Add(d) }
	full := func(s bridge.OrderStatus) bridge.Order {
		return bridge.Order{ID: "1", Status: s, ShippingModel: bridge.SellerShipping, ShipBy: at(5 * time.Hour), CancelledBy: at(50 * time.Hour), CollectBy: at(-90 * time.Second)}
	}
	later := func(o *bridge.Order) { o.ShipBy, o.CancelledBy, o.CollectBy = time.Time{}, time.Time{}, time.Time{} }
	scanned := func(o *bridge.Order) { o.PickUpBy, o.HandOverBy = at(2*time.Hour), at(7*time.Hour) }
	pending := []bridge.Cancellation{
		{OrderID: "1", Pending: true, Deadline: at(time.Hour)}, {OrderID: "2", Pending: true, Deadline: at(time.Minute)},
		{OrderID: "1", Deadline: at(time.Minute)}, {OrderID: "1", Pending: true},
	}
	for _, tc := range []struct {
		name    string
		order   bridge.Order
		pending []bridge.Cancellation
		want    []string
	}{
		{"ready", full(bridge.AwaitingShipment), nil, []string{
			"order 1  ship by 2026-11-27 17:00 UTC (in 300 min)  warning", "order 1  cancelled unless shipped 2026-11-29 14:00 UTC (in 3000 min)",
		}},
		{"in part", full(bridge.PartiallyShipping), pending, []string{
			"order 1  request decided by the shop 2026-11-27 13:00 UTC (in 60 min)  urgent",
			"order 1  ship by 2026-11-27 17:00 UTC (in 300 min)  warning", "order 1  cancelled unless shipped 2026-11-29 14:00 UTC (in 3000 min)",
		}},
		{"shipped", full(bridge.AwaitingCollection), nil, []string{"order 1  cancelled unless collected 2026-11-27 11:58 UTC (2 min ago)  urgent"}},
		{"gone", full(bridge.InTransit), nil, nil},
		{"by scan and pick-up", world.With(full(bridge.AwaitingShipment), later, scanned), nil, []string{
			"order 1  picked up by 2026-11-27 14:00 UTC (in 120 min)  urgent", "order 1  scanned by 2026-11-27 19:00 UTC (in 420 min)  warning",
		}},
		{"handed in, not scanned", world.With(full(bridge.AwaitingCollection), later, scanned), nil, []string{
			"order 1  picked up by 2026-11-27 14:00 UTC (in 120 min)  urgent", "order 1  scanned by 2026-11-27 19:00 UTC (in 420 min)  warning",
		}},
		{"scanned", world.With(full(bridge.AwaitingCollection), later, scanned, func(o *bridge.Order) { o.CollectedAt = at(-time.Minute) }), nil, nil},
		{"cancelled", full(bridge.Cancelled), nil, nil},
		{"the platform's", world.With(full(bridge.AwaitingShipment), func(o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok }), nil, nil},
		{"without clocks", bridge.Order{ID: "1", Status: bridge.AwaitingShipment}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, d := range tc.order.Deadlines(tc.pending, world.Noon) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeadlineLevels(t *testing.T) {
	levels, err := bridge.CheckLevels([]bridge.DeadlineLevel{{Left: time.Hour, Severity: exceptions.Urgent}, {Left: 10 * time.Hour, Severity: exceptions.Notice}})
	if err != nil {
		t.Fatal(err)
	}
	deadline := world.Noon.Add(20 * time.Hour)
	for _, tc := range []struct {
		after time.Duration
		want  string
		next  time.Duration
	}{
		{0, "none", 10 * time.Hour}, {10*time.Hour - 1, "none", 10 * time.Hour}, {10 * time.Hour, "notice", 19 * time.Hour},
		{19*time.Hour - 1, "notice", 19 * time.Hour}, {19 * time.Hour, "urgent", 0}, {30 * time.Hour, "urgent", 0},
	} {
		now := world.Noon.Add(tc.after)
		got := "none"
		if s, near := bridge.LevelAt(levels, deadline, now); near {
			got = s.String()
		}
		var next time.Duration
		if at := bridge.NextLevel(levels, deadline, now); !at.IsZero() {
			next = at.Sub(world.Noon)
		}
		if got != tc.want || next != tc.next {
			t.Errorf("after %s: %s, next %s; want %s, %s", tc.after, got, next, tc.want, tc.next)
		}
	}
	if _, near := bridge.LevelAt(levels, time.Time{}, world.Noon); near || !bridge.NextLevel(levels, time.Time{}, world.Noon).IsZero() {
		t.Error("no deadline is near")
	}
}

func deadlines(t *testing.T, w *world.World, o bridge.DeadlineOptions) *bridge.Deadlines {
	t.Helper()
	o.Market = "GB"
	d, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w}, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// An order that nobody does anything about is raised before its deadline, ever
// more severely, and closed when it has moved on.
func TestDeadlinesEscalate(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"))
	w.Orders["2"] = world.With(w.Orders["2"], func(o *bridge.Order) {
		o.ShipBy, o.CancelledBy = world.Noon.Add(500*time.Hour), world.Noon.Add(500*time.Hour)
	})
	d := deadlines(t, w, bridge.DeadlineOptions{Now: func() time.Time { return now }})
	var seen []string
	for ; now.Before(world.Noon.Add(50 * time.Hour)); now = now.Add(30 * time.Minute) {
		r, err := d.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Open != 2 || r.Next.OrderID != "1" {
			t.Fatal(r)
		}
		open, _ := w.Exceptions.Open(t.Context())
		for _, e := range open {
			if e.Object != "order 1" || !e.Deadline.Equal(world.Noon.Add(48*time.Hour)) {
				t.Errorf("%s", e)
			}
			if s := e.Severity.String(); len(seen) == 0 || !strings.HasPrefix(seen[len(seen)-1], s) {
				seen = append(seen, s+" "+now.Sub(world.Noon).String())
			}
		}
	}
	if diff := cmp.Diff([]string{"notice 24h0m0s", "warning 40h0m0s", "urgent 46h0m0s"}, seen); diff != "" {
		t.Error(diff)
	}
	if n := w.Count("Raise"); n != 3 {
		t.Errorf("raised %d times for three levels", n)
	}
	// Shipped at last; but the carrier does not come.
	w.Mark("1", "RM1", nil)
	w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.CollectBy = now.Add(time.Hour) })
	if _, err := d.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Severity != exceptions.Urgent {
		t.Errorf("open %v", open)
	}
	w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.InTransit })
	if _, err := d.Check(t.Context()); err != nil || w.OpenKinds() != nil {
		t.Errorf("open %v, %v", w.OpenKinds(), err)
	}
}

// A request waits for an answer whatever the state of its order: the shop's list of
// open orders does not have it.
func TestDeadlineOfARequest(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
		o.Status, o.Kinds = bridge.OnHold, []policy.Kind{policy.PreOrder}
	}))
	w.Pending = []bridge.Cancellation{{ID: "c", OrderID: "1", Pending: true, Deadline: world.Noon.Add(time.Hour)}}
	r, err := deadlines(t, w, bridge.DeadlineOptions{Now: world.AtNoon}).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.AtRisk) != 1 || r.AtRisk[0].Clock != bridge.ClockRequest || r.Open != 1 {
		t.Errorf("got %s, want the clock of the request", r)
	}
	if diff := cmp.Diff([]string{"deadline near: order 1"}, w.OpenKinds()); diff != "" {
		t.Errorf("raised (-want +got):\n%s", diff)
	}
}

// What is not at risk yet is reported too, the nearest first, as far as a page of it goes.
func TestDeadlinesThatComeLater(t *testing.T) {
	w := world.NewWorld(t)
	for i := range 60 {
		w.Put(world.With(world.AnOrder(fmt.Sprintf("%03d", 100-i), "MUG"), func(o *bridge.Order) {
			o.ShipBy, o.CancelledBy = world.Noon.Add(time.Duration(100+i)*time.Hour), time.Time{}
		}))
	}
	w.Put(world.With(world.AnOrder("999", "MUG"), func(o *bridge.Order) {
		o.ShipBy, o.CancelledBy = world.Noon.Add(time.Hour), time.Time{}
	}))
	r, err := deadlines(t, w, bridge.DeadlineOptions{Now: world.AtNoon}).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.AtRisk) != 1 || len(r.Later) != 50 || r.Later[0].OrderID != "100" || r.Later[49].OrderID != "051" {
		t.Errorf("%d at risk and %d later, %v; want 1 and 50, from order 100 to order 051", len(r.AtRisk), len(r.Later), r.Later)
	}
}

// Hours that are left after the last van has gone help nobody.
func TestDeadlinesByTheLastVan(t *testing.T) {
	calendar, err := policy.Collections{
		Zone: "Europe/London", Days: map[string]string{"thursday": "17:00", "friday": "16:30"}, Holidays: []string{"2026-12-03"},
	}.Calendar()
	must(t, err)
	for _, tc := range []struct {
		name   string
		now    time.Time
		shipBy time.Time
		clock  bridge.Clock
		want   string // severity, deadline and part of what to do
	}{
		{"eight hours after the van", world.Noon.Add(4*time.Hour + 31*time.Minute), world.Noon.Add(12 * time.Hour), bridge.ClockShip, "urgent 2026-11-28 00:00 the van has gone"},
		{"two hours before the van", world.Noon.Add(2*time.Hour + 30*time.Minute), world.Noon.Add(12 * time.Hour), bridge.ClockShip, "urgent 2026-11-27 16:30 send the order next"},
		{"in the morning", world.Noon.Add(-3 * time.Hour), world.Noon.Add(12 * time.Hour), bridge.ClockShip, "warning 2026-11-27 16:30 send the order next"},
		{"days are left, and no van", world.Noon.Add(5 * time.Hour), world.Noon.Add(6 * 24 * time.Hour), bridge.ClockShip, "urgent 2026-12-03 12:00 the van has gone"},
		{"a van later", world.Noon.Add(5 * time.Hour), world.Noon.Add(8 * 24 * time.Hour), bridge.ClockShip, ""},
		{"the carrier's scan", world.Noon.Add(5 * time.Hour), world.Noon.Add(12 * time.Hour), bridge.ClockScan, "urgent 2026-11-28 00:00 the van has gone"},
		{"a request waits for no van", world.Noon.Add(5 * time.Hour), world.Noon.Add(12 * time.Hour), bridge.ClockRequest, "warning 2026-11-28 00:00 answer the buyer"},
	} {
		w := world.NewWorld(t)
		w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
			o.ShipBy, o.CancelledBy, o.HandOverBy = time.Time{}, time.Time{}, time.Time{}
			switch tc.clock {
			case bridge.ClockShip:
				o.ShipBy = tc.shipBy
			case bridge.ClockScan:
				o.HandOverBy = tc.shipBy
			}
		}))
		if tc.clock == bridge.ClockRequest {
			w.Pending = []bridge.Cancellation{{ID: "c", OrderID: "1", Pending: true, Deadline: tc.shipBy}}
		}
		d := deadlines(t, w, bridge.DeadlineOptions{Now: func() time.Time { return tc.now }, Collections: calendar})
		if _, err := d.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		open, _ := w.Exceptions.Open(t.Context())
		got := ""
		for _, e := range open {
			got += e.Severity.String() + " " + e.Deadline.Format("2006-01-02 15:04") + " " + e.Do
		}
		when, do := tc.want, ""
		if parts := strings.SplitN(tc.want, " ", 4); len(parts) == 4 {
			when, do = strings.Join(parts[:3], " "), parts[3]
		}
		if (tc.want == "") != (got == "") || !strings.HasPrefix(got, when) || !strings.Contains(got, do) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
		if strings.Contains(do, "next") && strings.Contains(got, "van has gone") {
			t.Errorf("%s: got %q, and the van is still to come", tc.name, got)
		}
	}
}

// The rates are those of open orders and of history, raised from 30 orders on.
func TestDeadlinesRaiseRates(t *testing.T) {
	history := func(late, of int) (list []bridge.Order) {
		for i := range of {
			o := world.AnOrder(fmt.Sprint("h", i), "MUG")
			o.Status, o.ShippedAt, o.ShipBy = bridge.Completed, world.Noon.Add(-time.Hour), world.Noon
			if i < late {
				o.ShipBy = world.Noon.Add(-2 * time.Hour)
			}
			list = append(list, o)
		}
		return list
	}
	for _, tc := range []struct {
		late, of, open int
		want           []string
		severity       exceptions.Severity
	}{
		{1, 29, 0, nil, 0},
		{1, 30, 0, nil, 0}, // 3.3 %
		{2, 30, 0, []string{"rate at risk: rate of late at ready to ship in GB"}, exceptions.Urgent},
		{1, 30, 1, []string{"deadline near: order o0", "rate at risk: rate of late at ready to ship in GB"}, exceptions.Warning}, // 2 of 31
	} {
		w := world.NewWorld(t)
		for i := range tc.open {
			w.Put(world.With(world.AnOrder(fmt.Sprint("o", i), "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon.Add(time.Hour) }))
		}
		d := deadlines(t, w, bridge.DeadlineOptions{Now: world.AtNoon})
		r, err := d.Check(t.Context(), append(history(tc.late, tc.of), world.AnOrder("o0", "MUG"))...)
		if tc.open == 0 { // an order of history that is not open counts as it is given
			r, err = d.Check(t.Context(), history(tc.late, tc.of)...)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, w.OpenKinds()); diff != "" {
			t.Errorf("%d of %d late, %d open: %s\n%s", tc.late, tc.of, tc.open, diff, r)
		}
		open, _ := w.Exceptions.Open(t.Context())
		for _, e := range open {
			if e.Kind == exceptions.RateAtRisk && e.Severity != tc.severity {
				t.Errorf("%s", e)
			}
		}
		if tc.open > 0 {
			if _, err := d.Check(t.Context(), history(0, 30)...); err != nil || len(w.OpenKinds()) != 1 {
				t.Errorf("when the rate is right again: %v, %v", w.OpenKinds(), err)
			}
		}
	}
}

// The orders that are over count when they were read, and no longer have to be: whatever
// is read again, whichever process counted them.
func TestDeadlinesCountOrdersThatAreOver(t *testing.T) {
	w := world.NewWorld(t)
	memory := new(store.Memory).Shop("uk")
	watch := func(m *policy.Measures) *bridge.Deadlines {
		over, err := rates.New(rates.Ports{Records: memory, Values: memory, Locks: memory}, rates.Options{Now: world.AtNoon})
		must(t, err)
		d, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w, Over: over}, bridge.DeadlineOptions{Now: world.AtNoon, Market: "GB", Measures: m})
		must(t, err)
		return d
	}
	late := func(id string, changes ...func(*bridge.Order)) bridge.Order {
		_, err := memory.PutRecords(t.Context(), store.Record{OrderID: id})
		must(t, err)
		return world.With(world.AnOrder(id, "MUG"), append([]func(*bridge.Order){func(o *bridge.Order) {
			o.Market, o.Status, o.ShippedAt, o.ShipBy = "", bridge.InTransit, world.Noon.Add(-time.Hour), world.Noon.Add(-2*time.Hour)
		}}, changes...)...)
	}
	var orders []bridge.Order
	for i := range 30 {
		orders = append(orders, late(fmt.Sprint("l", i)))
	}
	orders = append(orders,
		late("open", func(o *bridge.Order) { o.Status = bridge.AwaitingCollection }), // is read again by each check
		late("platform", func(o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok }),
		late("old", func(o *bridge.Order) {
			o.CreatedAt, o.PaidAt = world.Noon.AddDate(0, 0, -30), world.Noon.AddDate(0, 0, -30)
		}),
		late("cancelled", func(o *bridge.Order) {
			o.Status, o.ShippedAt, o.CancelInitiator = bridge.Cancelled, time.Time{}, "SELLER"
		}),
	)
	for range 2 {
		must(t, watch(nil).Count(t.Context(), orders...))
	}
	for i := range orders {
		orders[i].Status = bridge.Completed
	}
	must(t, watch(nil).Count(t.Context(), orders[:20]...))
	report, err := watch(nil).Check(t.Context())
	must(t, err)
	got := map[policy.Measure]string{}
	for _, r := range report.Rates {
		if r.Orders > 0 {
			got[r.Measure] = fmt.Sprintf("%s: %d of %d", r.Market, r.Bad, r.Orders)
		}
	}
	if diff := cmp.Diff(map[policy.Measure]string{
		policy.LateAtReady:        "GB: 30 of 30",
		policy.ValidTracking:      "GB: 0 of 31", // the old one too: no source says how long the window is
		policy.SellerCancellation: "GB: 1 of 32",
	}, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"rate at risk: rate of late at ready to ship in GB", "rate at risk: rate of seller cancellation in GB"}, w.OpenKinds(), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}

	long := measureTable(t, "late_at_ready_to_ship GB ? <=4 90d * a_mail")
	over, err := rates.New(rates.Ports{Records: memory, Values: memory, Locks: memory}, rates.Options{})
	must(t, err)
	if _, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w, Over: over}, bridge.DeadlineOptions{Measures: long}); err == nil || !strings.Contains(err.Error(), "2160h") {
		t.Errorf("counts that are not kept as long as a measure needs: got %v, want an error that says how long", err)
	}
}

func TestDeadlinesFail(t *testing.T) {
	for _, name := range []string{"OrdersUpdated", "PendingCancellations", "Open"} {
		w := world.NewWorld(t)
		w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon.Add(time.Hour) }))
		w.Fail = world.FailOn(name)
		d := deadlines(t, w, bridge.DeadlineOptions{Now: world.AtNoon})
		if _, err := d.Check(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Errorf("%s: %v", name, err)
		}
		if h := d.Health(); h.Failures != 1 {
			t.Error(h)
		}
	}
	w := world.NewWorld(t)
	for want, o := range map[string]bridge.DeadlineOptions{
		"must not be negative": {MinOrders: -1}, "less severe": {Levels: []bridge.DeadlineLevel{{Left: 2, Severity: exceptions.Urgent}, {Left: 1, Severity: exceptions.Notice}}},
	} {
		if _, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
	if _, err := bridge.NewDeadlines(bridge.DeadlinePorts{}, bridge.DeadlineOptions{}); err == nil || !strings.Contains(err.Error(), "Cancellations, Exceptions, OpenOrders") {
		t.Errorf("got %v", err)
	}
}

// An order that ends while a check reads the orders, or that the shop still lists as open
// although it has ended, counts once.
// counting counts returns, or fails to.
type counting func(context.Context) error

func (c counting) Count(ctx context.Context) error { return c(ctx) }

// Returns at the seller's fault are a rate like the others. Returns that cannot be read
// close no case about it, and keep nobody from hearing of deadlines.
func TestDeadlinesCountReturns(t *testing.T) {
	w := world.NewWorld(t)
	memory := new(store.Memory).Shop("uk")
	over, err := rates.New(rates.Ports{Records: memory, Values: memory, Locks: memory}, rates.Options{Now: world.AtNoon})
	must(t, err)
	var blame []string
	var unread error
	d, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w, Over: over, Faults: counting(func(ctx context.Context) error {
		_, err := over.Blame(ctx, policy.SellerFaultReturns, blame...)
		return errors.Join(err, unread)
	})}, bridge.DeadlineOptions{Now: world.AtNoon, Market: "GB"})
	must(t, err)
	for i := range 100 {
		id := fmt.Sprint(i)
		_, err := memory.PutRecords(t.Context(), store.Record{OrderID: id})
		must(t, err)
		must(t, d.Count(t.Context(), world.With(world.AnOrder(id, "MUG"), func(o *bridge.Order) {
			o.Market, o.Status, o.ShippedAt, o.CollectedAt = "", bridge.Delivered, world.Noon.Add(-time.Hour), world.Noon.Add(-time.Hour)
		})))
	}
	const risk = "rate at risk: rate of seller-fault returns in GB"
	check := func(when string, failed error, rate string, open ...string) {
		t.Helper()
		report, err := d.Check(t.Context())
		if !errors.Is(err, failed) {
			t.Errorf("%s: got error %v, want %v", when, err, failed)
		}
		i := slices.IndexFunc(report.Rates, func(r bridge.Rate) bool { return r.Measure == policy.SellerFaultReturns })
		if i < 0 || report.Rates[i].String() != rate {
			t.Errorf("%s: got %v, want %s", when, report.Rates, rate)
		}
		if diff := cmp.Diff(open, w.OpenKinds(), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	blame = []string{"7"}
	check("one of a hundred", nil, "seller-fault returns in GB 1.0 % (1 of 100 orders), forecast 1.0 % with 0 more, at most 1 % allowed")
	blame = []string{"7", "8"}
	check("two", nil, "seller-fault returns in GB 2.0 % (2 of 100 orders), forecast 2.0 % with 0 more, at most 1 % allowed: past it", risk)
	unread = errors.New("away")
	w.Put(world.With(world.AnOrder("near", "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon.Add(time.Hour) }))
	check("unread", unread, "seller-fault returns in GB, at most 1 % allowed: not judged: returns could not be read", risk, "deadline near: order near")

	if _, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w, Faults: counting(nil)}, bridge.DeadlineOptions{}); err == nil || !strings.Contains(err.Error(), "Over") {
		t.Errorf("Faults without Over: got %v, want an error", err)
	}
}

// Requests that cannot be read keep nobody from hearing of the other deadlines, and what was
// told of them stays.
func TestDeadlinesWithoutTheRequests(t *testing.T) {
	w := world.NewWorld(t)
	soon := world.Noon.Add(time.Hour)
	w.Pending = []bridge.Cancellation{{ID: "c", OrderID: "2", Pending: true, Deadline: soon}}
	d := deadlines(t, w, bridge.DeadlineOptions{Now: world.AtNoon})
	must(t, errOf(d.Check(t.Context())))
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShipBy = soon }))
	w.Fail = world.FailOn("PendingCancellations")
	if _, err := d.Check(t.Context()); !errors.Is(err, world.ErrInjected) {
		t.Errorf("got %v, want that the requests were not read", err)
	}
	if diff := cmp.Diff([]string{"deadline near: order 1", "deadline near: order 2"}, w.OpenKinds()); diff != "" {
		t.Errorf("open without the requests (-want +got):\n%s", diff)
	}
	w.Fail, w.Pending = nil, nil
	must(t, errOf(d.Check(t.Context())))
	if diff := cmp.Diff([]string{"deadline near: order 1"}, w.OpenKinds()); diff != "" {
		t.Errorf("open once they are read (-want +got):\n%s", diff)
	}
}

func TestDeadlinesCountAnOrderThatEndsMeanwhileOnce(t *testing.T) {
	for _, moment := range []string{"before", "OrdersByStatus", "PendingCancellations"} {
		w := world.NewWorld(t)
		memory := new(store.Memory).Shop("uk")
		over, err := rates.New(rates.Ports{Records: memory, Values: memory, Locks: memory}, rates.Options{Now: world.AtNoon})
		must(t, err)
		d, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w, Over: over}, bridge.DeadlineOptions{Now: world.AtNoon, Market: "GB"})
		must(t, err)
		for _, id := range []string{"1", "2"} {
			_, err := memory.PutRecords(t.Context(), store.Record{OrderID: id})
			must(t, err)
		}
		late := func(id string, status bridge.OrderStatus) bridge.Order {
			return world.With(world.AnOrder(id, "MUG"), func(o *bridge.Order) {
				o.Status, o.ShippedAt, o.ShipBy = status, world.Noon.Add(-time.Hour), world.Noon.Add(-2*time.Hour)
			})
		}
		w.Put(late("1", bridge.AwaitingCollection))
		must(t, d.Count(t.Context(), late("2", bridge.InTransit)))
		ends := func() { must(t, d.Count(t.Context(), late("1", bridge.InTransit))) }
		if moment == "before" {
			ends()
		}
		w.After = func(_ int, name string) {
			if name == moment {
				ends()
			}
		}
		report, err := d.Check(t.Context())
		must(t, err)
		for _, r := range report.Rates {
			if r.Measure == policy.LateAtReady && (r.Orders != 2 || r.Bad != 2) {
				t.Errorf("it ends at %s: %d orders, %d late, want 2 and 2", moment, r.Orders, r.Bad)
			}
		}
	}
}
