package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// OrdersByStatus implements OpenOrderSource.
func (w *world) OrdersByStatus(ctx context.Context, status OrderStatus) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		for o, err := range w.OrdersUpdated(ctx, noon, noon) {
			if err != nil {
				yield(Order{}, err)
				return
			}
			if o.Status == status && !yield(o, nil) {
				return
			}
		}
	}
}

func TestDeadlinesOf(t *testing.T) {
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	full := func(s OrderStatus) Order {
		return Order{ID: "1", Status: s, ShippingModel: SellerShipping, ShipBy: at(5 * time.Hour), CancelledBy: at(50 * time.Hour), CollectBy: at(-90 * time.Second)}
	}
	pending := []Cancellation{
		{OrderID: "1", Pending: true, Deadline: at(time.Hour)}, {OrderID: "2", Pending: true, Deadline: at(time.Minute)},
		{OrderID: "1", Deadline: at(time.Minute)}, {OrderID: "1", Pending: true},
	}
	for _, tc := range []struct {
		name    string
		order   Order
		pending []Cancellation
		want    []string
	}{
		{"ready", full(AwaitingShipment), nil, []string{
			"order 1  ship by 2026-11-27 17:00 UTC (in 300 min)  warning", "order 1  cancelled unless shipped 2026-11-29 14:00 UTC (in 3000 min)",
		}},
		{"in part", full(PartiallyShipping), pending, []string{
			"order 1  request decided by the shop 2026-11-27 13:00 UTC (in 60 min)  urgent",
			"order 1  ship by 2026-11-27 17:00 UTC (in 300 min)  warning", "order 1  cancelled unless shipped 2026-11-29 14:00 UTC (in 3000 min)",
		}},
		{"shipped", full(AwaitingCollection), nil, []string{"order 1  cancelled unless collected 2026-11-27 11:58 UTC (2 min ago)  urgent"}},
		{"gone", full(InTransit), nil, nil},
		{"cancelled", full(Cancelled), nil, nil},
		{"the platform's", with(full(AwaitingShipment), func(o *Order) { o.ShippingModel = FulfilledByTikTok }), nil, nil},
		{"without clocks", Order{ID: "1", Status: AwaitingShipment}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, d := range DeadlinesOf(tc.order, tc.pending, noon) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeadlineLevels(t *testing.T) {
	levels, err := checkLevels([]DeadlineLevel{{time.Hour, Urgent}, {10 * time.Hour, Notice}})
	if err != nil {
		t.Fatal(err)
	}
	deadline := noon.Add(20 * time.Hour)
	for _, tc := range []struct {
		after time.Duration
		want  string
		next  time.Duration
	}{
		{0, "none", 10 * time.Hour}, {10*time.Hour - 1, "none", 10 * time.Hour}, {10 * time.Hour, "notice", 19 * time.Hour},
		{19*time.Hour - 1, "notice", 19 * time.Hour}, {19 * time.Hour, "urgent", 0}, {30 * time.Hour, "urgent", 0},
	} {
		now := noon.Add(tc.after)
		got := "none"
		if s, near := levelAt(levels, deadline, now); near {
			got = s.String()
		}
		var next time.Duration
		if at := nextLevel(levels, deadline, now); !at.IsZero() {
			next = at.Sub(noon)
		}
		if got != tc.want || next != tc.next {
			t.Errorf("after %s: %s, next %s; want %s, %s", tc.after, got, next, tc.want, tc.next)
		}
	}
	if _, near := levelAt(levels, time.Time{}, noon); near || !nextLevel(levels, time.Time{}, noon).IsZero() {
		t.Error("no deadline is near")
	}
}

func TestForecastRates(t *testing.T) {
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	order := func(change func(*Order)) Order {
		return with(Order{Status: AwaitingShipment, ShippingModel: SellerShipping, PaidAt: at(-72 * time.Hour), ShipBy: at(-24 * time.Hour),
			CancelledBy: at(90 * time.Hour), CollectBy: at(90 * time.Hour)}, change)
	}
	shipped := func(status OrderStatus, after time.Duration, change func(*Order)) Order {
		return order(func(o *Order) {
			o.Status, o.ShippedAt, o.Lines = status, at(-24*time.Hour).Add(after), []OrderLine{{Tracking: "RM1"}}
			change(o)
		})
	}
	nothing := func(*Order) {}
	for _, tc := range []struct {
		name   string
		orders []Order
		// bad, coming of how many, for late dispatch, seller cancellation, tracking
		want string
	}{
		{"none", nil, "0+0/0 0+0/0 0+0/0"},
		{"in time", []Order{shipped(InTransit, -time.Hour, nothing)}, "0+0/1 0+0/1 0+0/1"},
		{"to the second", []Order{shipped(InTransit, 0, nothing)}, "0+0/1 0+0/1 0+0/1"},
		{"late", []Order{shipped(InTransit, time.Hour, nothing)}, "1+0/1 0+0/1 0+0/1"},
		{"overdue", []Order{order(nothing)}, "1+0/1 0+0/1 0+0/0"},
		{"due within the horizon", []Order{order(func(o *Order) { o.ShipBy = at(time.Hour) })}, "0+1/0 0+0/1 0+0/0"},
		{"due later", []Order{order(func(o *Order) { o.ShipBy = at(30 * time.Hour) })}, "0+0/0 0+0/1 0+0/0"},
		{"about to be cancelled by the shop", []Order{order(func(o *Order) { o.CancelledBy = at(time.Hour) })}, "1+0/1 0+1/0 0+0/0"},
		{"cancelled by the seller", []Order{order(func(o *Order) { o.Status, o.CancelInitiator = Cancelled, "SELLER" })}, "0+0/0 1+0/1 0+0/0"},
		{"cancelled by the shop for being late", []Order{order(func(o *Order) { o.Status, o.CancelInitiator = Cancelled, "SYSTEM" })}, "0+0/0 1+0/1 0+0/0"},
		{"cancelled by the buyer", []Order{order(func(o *Order) { o.Status, o.CancelInitiator = Cancelled, "BUYER" })}, "0+0/0 0+0/1 0+0/0"},
		{"unpaid", []Order{order(func(o *Order) { o.PaidAt = time.Time{} })}, "0+0/0 0+0/0 0+0/0"},
		{"the platform's warehouse", []Order{order(func(o *Order) { o.ShippingModel = FulfilledByTikTok })}, "0+0/0 0+0/0 0+0/0"},
		{"not collected yet", []Order{shipped(AwaitingCollection, -time.Hour, nothing)}, "0+0/1 0+0/1 0+0/0"},
		{"collection is due", []Order{shipped(AwaitingCollection, -time.Hour, func(o *Order) { o.CollectBy = at(time.Hour) })}, "0+0/1 0+0/1 0+1/0"},
		{"never collected", []Order{shipped(AwaitingCollection, -time.Hour, func(o *Order) { o.CollectBy = at(-time.Hour) })}, "0+0/1 0+0/1 1+0/1"},
		{"cancelled as untraceable", []Order{shipped(Cancelled, -time.Hour, func(o *Order) { o.CancelInitiator = "SYSTEM" })}, "0+0/1 0+0/1 1+0/1"},
		{"without a number", []Order{shipped(AwaitingCollection, -time.Hour, func(o *Order) { o.Lines = nil })}, "0+0/1 0+0/1 1+0/1"},
		{"the platform's carrier", []Order{shipped(AwaitingCollection, -time.Hour, func(o *Order) { o.ShippingModel = TikTokShipping })}, "0+0/1 0+0/1 0+0/0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, r := range ForecastRates(tc.orders, noon, 24*time.Hour, RateLimits{}) {
				got = append(got, fmt.Sprintf("%d+%d/%d", r.Bad, r.Coming, r.Orders))
				if math.IsNaN(r.Percent) || math.IsNaN(r.Forecast) {
					t.Errorf("%s", r)
				}
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRates(t *testing.T) {
	for _, tc := range []struct {
		rate             Rate
		limit            float64
		broken, breaking bool
		text             string
	}{
		{Rate{Name: "late", Orders: 100, Bad: 4}, 4, false, false, "late 4.0 % (4 of 100 orders), forecast 4.0 % with 0 more, at most 4.0 % allowed"},
		{Rate{Name: "late", Orders: 100, Bad: 5}, 4, true, true, "late 5.0 % (5 of 100 orders), forecast 5.0 % with 0 more, at most 4.0 % allowed: past it"},
		{Rate{Name: "late", Orders: 99, Bad: 3, Coming: 1}, 4, false, false, "late 3.0 % (3 of 99 orders), forecast 4.0 % with 1 more, at most 4.0 % allowed"},
		{Rate{Name: "late", Orders: 98, Bad: 3, Coming: 2}, 4, false, true, "late 3.1 % (3 of 98 orders), forecast 5.0 % with 2 more, at most 4.0 % allowed: about to be past it"},
		{Rate{Name: "valid", Orders: 100, Bad: 5, Least: true}, 95, false, false, "valid 95.0 % (5 of 100 orders), forecast 95.0 % with 0 more, at least 95.0 % allowed"},
		{Rate{Name: "valid", Orders: 100, Bad: 6, Least: true}, 95, true, true, "valid 94.0 % (6 of 100 orders), forecast 94.0 % with 0 more, at least 95.0 % allowed: past it"},
		{Rate{Name: "none", Least: true}, 95, false, false, "none 100.0 % (0 of 0 orders), forecast 100.0 % with 0 more, at least 95.0 % allowed"},
	} {
		r := tc.rate.set(tc.limit)
		if r.Broken() != tc.broken || r.Breaking() != tc.breaking || r.String() != tc.text {
			t.Errorf("%s: broken %t, breaking %t", r, r.Broken(), r.Breaking())
		}
	}
}

func deadlines(t *testing.T, w *world, o DeadlineOptions) *Deadlines {
	t.Helper()
	d, err := NewDeadlines(DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w}, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// An order that nobody does anything about is raised before its deadline, ever
// more severely, and closed when it has moved on.
func TestDeadlinesEscalate(t *testing.T) {
	w := newWorld(t)
	now := noon
	w.put(anOrder("1", "MUG"), anOrder("2", "MUG"))
	w.orders["2"] = with(w.orders["2"], func(o *Order) { o.ShipBy, o.CancelledBy = noon.Add(500*time.Hour), noon.Add(500*time.Hour) })
	d := deadlines(t, w, DeadlineOptions{Now: func() time.Time { return now }})
	var seen []string
	for ; now.Before(noon.Add(50 * time.Hour)); now = now.Add(30 * time.Minute) {
		r, err := d.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Open != 2 || r.Next.OrderID != "1" {
			t.Fatal(r)
		}
		open, _ := w.exceptions.Open(t.Context())
		for _, e := range open {
			if e.Object != "order 1" || !e.Deadline.Equal(noon.Add(48*time.Hour)) {
				t.Errorf("%s", e)
			}
			if s := e.Severity.String(); len(seen) == 0 || !strings.HasPrefix(seen[len(seen)-1], s) {
				seen = append(seen, s+" "+now.Sub(noon).String())
			}
		}
	}
	if diff := cmp.Diff([]string{"notice 24h0m0s", "warning 40h0m0s", "urgent 46h0m0s"}, seen); diff != "" {
		t.Error(diff)
	}
	if n := w.count("Raise"); n != 3 {
		t.Errorf("raised %d times for three levels", n)
	}
	// Shipped at last; but the carrier does not come.
	w.mark("1", "RM1", nil)
	w.orders["1"] = with(w.orders["1"], func(o *Order) { o.CollectBy = now.Add(time.Hour) })
	if _, err := d.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Severity != Urgent {
		t.Errorf("open %v", open)
	}
	w.orders["1"] = with(w.orders["1"], func(o *Order) { o.Status = InTransit })
	if _, err := d.Check(t.Context()); err != nil || w.open() != nil {
		t.Errorf("open %v, %v", w.open(), err)
	}
}

// The rates are those of open orders and of history, raised from 30 orders on.
func TestDeadlinesRaiseRates(t *testing.T) {
	history := func(late, of int) (list []Order) {
		for i := range of {
			o := anOrder(fmt.Sprint("h", i), "MUG")
			o.Status, o.ShippedAt, o.ShipBy = Completed, noon.Add(-time.Hour), noon
			if i < late {
				o.ShipBy = noon.Add(-2 * time.Hour)
			}
			list = append(list, o)
		}
		return list
	}
	for _, tc := range []struct {
		late, of, open int
		want           []string
		severity       Severity
	}{
		{1, 29, 0, nil, 0},
		{1, 30, 0, nil, 0}, // 3.3 %
		{2, 30, 0, []string{"rate at risk: rate of late dispatch"}, Urgent},
		{1, 30, 1, []string{"deadline near: order o0", "rate at risk: rate of late dispatch"}, Warning}, // 2 of 31
	} {
		w := newWorld(t)
		for i := range tc.open {
			w.put(with(anOrder(fmt.Sprint("o", i), "MUG"), func(o *Order) { o.ShipBy = noon.Add(time.Hour) }))
		}
		d := deadlines(t, w, DeadlineOptions{Now: atNoon})
		r, err := d.Check(t.Context(), append(history(tc.late, tc.of), anOrder("o0", "MUG"))...)
		if tc.open == 0 { // an order of history that is not open counts as it is given
			r, err = d.Check(t.Context(), history(tc.late, tc.of)...)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, w.open()); diff != "" {
			t.Errorf("%d of %d late, %d open: %s\n%s", tc.late, tc.of, tc.open, diff, r)
		}
		open, _ := w.exceptions.Open(t.Context())
		for _, e := range open {
			if e.Kind == KindRateAtRisk && e.Severity != tc.severity {
				t.Errorf("%s", e)
			}
		}
		if tc.open > 0 {
			if _, err := d.Check(t.Context(), history(0, 30)...); err != nil || len(w.open()) != 1 {
				t.Errorf("when the rate is right again: %v, %v", w.open(), err)
			}
		}
	}
}

func TestDeadlinesFail(t *testing.T) {
	for _, name := range []string{"OrdersUpdated", "PendingCancellations", "Open"} {
		w := newWorld(t)
		w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShipBy = noon.Add(time.Hour) }))
		w.fail = failOn(name)
		d := deadlines(t, w, DeadlineOptions{Now: atNoon})
		if _, err := d.Check(t.Context()); !errors.Is(err, errInjected) {
			t.Errorf("%s: %v", name, err)
		}
		if h := d.Health(); h.Failures != 1 {
			t.Error(h)
		}
	}
	w := newWorld(t)
	for want, o := range map[string]DeadlineOptions{
		"no percentage": {Limits: RateLimits{LateDispatch: math.NaN()}}, "must not be negative": {MinOrders: -1}, "less severe": {Levels: []DeadlineLevel{{2, Urgent}, {1, Notice}}},
	} {
		if _, err := NewDeadlines(DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
	if _, err := NewDeadlines(DeadlinePorts{}, DeadlineOptions{}); err == nil || !strings.Contains(err.Error(), "Cancellations, Exceptions, OpenOrders") {
		t.Errorf("got %v", err)
	}
}
