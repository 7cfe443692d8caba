package shopstatus_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/shopstatus"
)

// shop is a shop with orders at moments.
type shop struct {
	status         shopstatus.Status
	orders         []time.Time
	statusErr, err error
	calls          int
}

func (s *shop) ShopStatus(context.Context) (shopstatus.Status, error) { return s.status, s.statusErr }

func (s *shop) OrdersPlaced(_ context.Context, from, to time.Time) (n int, err error) {
	s.calls++
	for _, at := range s.orders {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n, s.err
}

// bench is a watch, a clock and a queue.
type bench struct {
	*shop
	*shopstatus.Watch
	now    time.Time
	memory *exceptions.Memory
	queue  exceptions.Queue
}

var london = func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return zone
}()

func newBench(t *testing.T, limit int, selling ...string) *bench {
	t.Helper()
	b := &bench{shop: &shop{status: shopstatus.Status{Seller: "ACTIVE", Shop: "active"}}, now: time.Date(2026, 7, 6, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	b.memory = &exceptions.Memory{Now: clock}
	b.queue = b.memory.Shop("uk")
	var err error
	b.Watch, err = shopstatus.NewWatch(shopstatus.Ports{Shop: b.shop, Exceptions: b.queue}, shopstatus.Options{OrdersPerDay: limit, Zone: london, Selling: selling, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// check checks, and compares what is open afterwards and why nothing is sold.
func (b *bench) check(t *testing.T, what, stop string, want ...string) {
	t.Helper()
	if r, err := b.Check(t.Context()); err != nil {
		t.Fatalf("%s: %v, %s", what, err, r)
	}
	b.open(t, what, want...)
	if why, err := b.SalesStopped(t.Context()); err != nil || (stop == "") != (why == "") || !strings.Contains(why, stop) {
		t.Errorf("%s: nothing is sold because %q, %v; want %q", what, why, err, stop)
	}
}

func (b *bench) open(t *testing.T, what string, want ...string) {
	t.Helper()
	open, err := b.queue.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range open {
		got = append(got, e.Severity.String()+" "+string(e.Kind))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: open (-want +got):\n%s", what, diff)
	}
}

// The day's orders are counted from the shop's midnight; people are told before the
// limit, and while it bites; the next day it is over.
func TestOrderLimit(t *testing.T) {
	b := newBench(t, 20)
	midnight := time.Date(2026, 7, 5, 23, 0, 0, 0, time.UTC) // in London, in summer
	for i := range 30 {
		b.orders = append(b.orders, midnight.Add(-time.Duration(i+1)*time.Minute)) // of the day before
	}
	place := func(n int) {
		for range n {
			b.orders = append(b.orders, b.now)
		}
	}
	b.orders = append(b.orders, midnight)
	b.check(t, "1 of 20", "")
	place(16)
	b.check(t, "17 of 20", "")
	place(1)
	b.check(t, "18 of 20", "", "warning daily order limit")
	open, _ := b.queue.Open(t.Context())
	if want := midnight.Add(24 * time.Hour); !open[0].Deadline.Equal(want) || !strings.Contains(open[0].Seen, "18 of the 20") {
		t.Errorf("got %s, want the count and the end of the shop's day, %s", open[0], want)
	}
	place(2)
	b.check(t, "20 of 20", "limit of 20 order", "urgent daily order limit")
	place(1)
	b.check(t, "21 of 20", "limit of 20 order", "urgent daily order limit")
	b.now = midnight.Add(24 * time.Hour)
	if why, err := b.SalesStopped(t.Context()); why != "" || err != nil {
		t.Errorf("the next day, before a check: nothing is sold because %q, %v; want that it is over", why, err)
	}
	b.check(t, "the next day", "")
}

// What stays as it is is not raised again and again.
func TestOrderLimitIsToldOnce(t *testing.T) {
	b := newBench(t, 1)
	b.orders = []time.Time{b.now}
	for range 5 {
		b.check(t, "full", "limit of 1 ", "urgent daily order limit")
		b.now = b.now.Add(time.Minute)
	}
	cases, err := b.memory.Cases(t.Context(), exceptions.Filter{})
	if err != nil || len(cases) != 1 || cases[0].Count != 1 {
		t.Errorf("got %v, %v; want one case, seen once", cases, err)
	}
}

func TestShopStatus(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status shopstatus.Status
		stop   string
		want   []string
	}{
		{"sells", shopstatus.Status{Seller: "ACTIVE", Shop: "LIVE"}, "", nil},
		{"says nothing", shopstatus.Status{}, "", nil},
		{"a word of the settings", shopstatus.Status{Seller: "ACTIVE", Shop: "open for business"}, "", nil},
		{"the shop is suspended", shopstatus.Status{Seller: "ACTIVE", Shop: "suspended"}, "shop suspended", []string{"urgent shop does not sell"}},
		{"the seller is", shopstatus.Status{Seller: "DEACTIVATED", Shop: "LIVE"}, "seller DEACTIVATED", []string{"urgent shop does not sell"}},
		{"calls are refused", shopstatus.Status{Stopped: true}, "refuses to trade", []string{"urgent shop does not sell"}},
		{"a word that nobody knows", shopstatus.Status{Seller: "ACTIVE", Shop: "PONDERING"}, "", []string{"warning shop does not sell"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, 0, "Open for business")
			b.status = tc.status
			b.check(t, "first", tc.stop, tc.want...)
			b.check(t, "again", tc.stop, tc.want...)
			b.status = shopstatus.Status{Seller: "ACTIVE", Shop: "ACTIVE"}
			b.check(t, "mended", "")
			if b.calls != 0 {
				t.Errorf("the orders were counted %d times without a limit", b.calls)
			}
		})
	}
}

// What could not be read leaves its case as it is, and the other is looked at.
func TestHalfOfItFails(t *testing.T) {
	b := newBench(t, 1)
	b.orders, b.status.Shop = []time.Time{b.now}, "CLOSED"
	b.check(t, "both", "shop CLOSED", "urgent shop does not sell", "urgent daily order limit")
	broken := errors.New("reset")
	b.orders, b.status.Shop, b.err = nil, "ACTIVE", broken
	if _, err := b.Check(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v, want that the orders were not counted", err)
	}
	b.open(t, "not counted", "urgent daily order limit")
	b.err, b.statusErr = nil, broken
	if _, err := b.Check(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v, want that the status was not read", err)
	}
	b.open(t, "counted")
	b.status.Shop, b.statusErr = "CLOSED", nil
	b.check(t, "closed", "shop CLOSED", "urgent shop does not sell")
	b.statusErr, b.err = broken, broken
	for range 3 {
		if _, err := b.Check(t.Context()); !errors.Is(err, broken) {
			t.Errorf("got %v, want the failure", err)
		}
	}
	b.open(t, "nothing could be read", "urgent shop does not sell")
	if why, _ := b.SalesStopped(t.Context()); why == "" {
		t.Error("a check that read nothing forgot why nothing is sold")
	}
	b.now = b.now.Add(2 * time.Hour)
	if why, _ := b.SalesStopped(t.Context()); why != "" {
		t.Errorf("two hours after the last answer: %q, want nothing", why)
	}
	if h := b.Health(); h.Failures != 5 {
		t.Errorf("health: %s, want 5 failures", h)
	}
}

func TestNewWatchRefuses(t *testing.T) {
	s, queue := new(shop), new(exceptions.Memory).Shop("uk")
	for want, c := range map[string]struct {
		shopstatus.Ports
		shopstatus.Options
	}{
		"Exceptions, Shop":          {},
		"OrdersPerDay: -1":          {shopstatus.Ports{Shop: s, Exceptions: queue}, shopstatus.Options{OrdersPerDay: -1}},
		"Zone: name the time zone ": {shopstatus.Ports{Shop: s, Exceptions: queue}, shopstatus.Options{OrdersPerDay: 1}},
	} {
		if _, err := shopstatus.NewWatch(c.Ports, c.Options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	b := newBench(t, 1)
	b.orders = []time.Time{b.now}
	r, err := b.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	for _, want := range []string{`"orders":1`, `"stop":"the shop's daily limit of 1 order is reached"`, `"shop":"active"`, `"day_ends":"2026-07-06T23:00:00Z"`} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("got %s, %v; want %s in it", text, err, want)
		}
	}
	if want := "shop active, seller ACTIVE; 1 of 1 orders today; nothing can be sold: the shop's daily limit of 1 order is reached"; r.String() != want {
		t.Errorf("got  %s\nwant %s", r, want)
	}
}
