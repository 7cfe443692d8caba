package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// books are the orders of both sides.
type books struct {
	shop      []audit.ShopOrder
	booked    []audit.BookedOrder
	lost      map[string]string
	shelf     []audit.StockLine
	shelves   [][]audit.StockLine // readings, one after the other, before shelf
	refundErr error
	refunds   map[string][]finance.Refund
	shopErr   error
	knownErr  error
}

func (b *books) OrdersCreated(context.Context, time.Time, time.Time) ([]audit.ShopOrder, error) {
	return b.shop, b.shopErr
}

func (b *books) KnownOrders(_ context.Context, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	for _, id := range ids {
		known[id] = strings.HasPrefix(id, "old")
	}
	return known, b.knownErr
}

func (b *books) OrdersBooked(context.Context, time.Time, time.Time) ([]audit.BookedOrder, map[string]string, error) {
	return b.booked, b.lost, nil
}

func (b *books) Refunds(context.Context, []string) (map[string][]finance.Refund, error) {
	return b.refunds, b.refundErr
}

func (b *books) StockLines(context.Context) ([]audit.StockLine, error) {
	if len(b.shelves) > 0 {
		lines := b.shelves[0]
		b.shelves = b.shelves[1:]
		return lines, nil
	}
	return b.shelf, nil
}

var yesterday = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)

func gbp(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

// pair is an order that both sides have as sent.
func (b *books) pair(id string) (*audit.ShopOrder, *audit.BookedOrder) {
	b.shop = append(b.shop, audit.ShopOrder{
		ID: id, State: "IN_TRANSIT", ChangedAt: yesterday, Due: true, Told: true, Sent: true,
		LineIDs: []string{id + "a", id + "b"}, Total: gbp(2500), TotalKnown: true, Tracking: []string{"RM" + id},
	})
	b.booked = append(b.booked, audit.BookedOrder{
		Number: "L" + id, References: []string{id}, Sent: true, ReceivedAt: yesterday, ChangedAt: yesterday,
		LineIDs: []string{id + "a", id + "b"}, LinesKnown: true, Total: gbp(2500), TotalKnown: true, Tracking: "RM" + id,
	})
	return &b.shop[len(b.shop)-1], &b.booked[len(b.booked)-1]
}

// audited are accounts without a fault, whose orders are those of b.
func (b *books) audited() (audit.Ports, audit.Options) {
	a := sound(rand.New(rand.NewPCG(7, 7)))
	p := a.ports()
	p.Orders, p.Booked, p.Shelf, p.Refunds = b, b, b, b
	a.settings.OrdersFrom, a.settings.OrdersTo = yesterday.AddDate(0, 0, -7), yesterday.AddDate(0, 0, 1)
	return p, a.settings
}

// Every way in which an order can differ is found, by the rule that says so, and what
// does not differ is not.
func TestOrdersOfBothSides(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(b *books, shop *audit.ShopOrder, booked *audit.BookedOrder)
		want   []audit.Rule
	}{
		"the same": {func(*books, *audit.ShopOrder, *audit.BookedOrder) {}, nil},
		"missing":  {func(b *books, _ *audit.ShopOrder, _ *audit.BookedOrder) { b.booked = nil }, []audit.Rule{audit.OrderMissing}},
		"not due": {func(b *books, s *audit.ShopOrder, _ *audit.BookedOrder) {
			b.booked, s.Due = nil, false
		}, nil},
		"cancelled before it came in": {func(b *books, s *audit.ShopOrder, _ *audit.BookedOrder) {
			b.booked, s.Void = nil, true
		}, nil},
		"unknown to the shop": {func(b *books, _ *audit.ShopOrder, _ *audit.BookedOrder) { b.shop = nil }, []audit.Rule{audit.OrderUnknown}},
		"of another time": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.shop, k.References = nil, []string{"old1"}
		}, nil},
		"cancelled on both sides": {func(_ *books, s *audit.ShopOrder, k *audit.BookedOrder) {
			s.Void, k.Void, k.Sent = true, true, false
		}, nil},
		"cancelled in the shop after it was sent, and paid back": {func(b *books, s *audit.ShopOrder, _ *audit.BookedOrder) {
			s.Void, b.refunds = true, map[string][]finance.Refund{s.ID: {{ID: "4035", Minor: 2500}}}
		}, nil},
		"cancelled in the shop after it was sent, and not paid back": {func(b *books, s *audit.ShopOrder, _ *audit.BookedOrder) {
			s.Void, b.refunds = true, map[string][]finance.Refund{s.ID: {}}
		}, []audit.Rule{audit.OrderStates}},
		"cancelled in the shop, open":  {func(_ *books, s *audit.ShopOrder, k *audit.BookedOrder) { s.Void, k.Sent = true, false }, []audit.Rule{audit.OrderStates}},
		"cancelled in Linnworks":       {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Void = true }, []audit.Rule{audit.OrderStates}},
		"sent in the shop only":        {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Sent = false }, []audit.Rule{audit.OrderStates}},
		"sent in Linnworks only":       {func(_ *books, s *audit.ShopOrder, _ *audit.BookedOrder) { s.Told, s.Sent = false, false }, []audit.Rule{audit.OrderStates}},
		"with the carrier of the shop": {func(_ *books, s *audit.ShopOrder, _ *audit.BookedOrder) { s.Sent, s.Tracking = false, nil }, nil},
		"a unit is missing":            {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.LineIDs = k.LineIDs[:1] }, []audit.Rule{audit.OrderLines}},
		"a unit is cancelled in the shop": {func(_ *books, s *audit.ShopOrder, _ *audit.BookedOrder) {
			s.LineIDs, s.TotalKnown = s.LineIDs[:1], false
		}, []audit.Rule{audit.OrderLines}},
		"units are not known": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.LineIDs, k.LinesKnown = nil, false }, nil},
		"a penny":             {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Total = gbp(2501) }, []audit.Rule{audit.OrderTotal}},
		"another currency":    {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Total.Currency = "EUR" }, []audit.Rule{audit.OrderTotal}},
		"two currencies that make the total": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.split(k)
			b.booked[0].Total.Currency = "EUR"
		}, []audit.Rule{audit.OrderTotal}},
		"listed twice by the shop, and a penny": {func(b *books, s *audit.ShopOrder, k *audit.BookedOrder) {
			b.shop, k.Total = append(b.shop, *s), gbp(2501)
		}, []audit.Rule{audit.OrderTotal}},
		"another number":             {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Tracking = "XX" }, []audit.Rule{audit.OrderTracking}},
		"a penny and another number": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Total, k.Tracking = gbp(1), "XX" }, []audit.Rule{audit.OrderTotal, audit.OrderTracking}},
		"changed just now, and different": {func(_ *books, s *audit.ShopOrder, k *audit.BookedOrder) {
			s.ChangedAt, k.Total = yesterday.Add(23*time.Hour+time.Minute), gbp(1)
		}, nil},
		"changed just now in the warehouse": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			k.ChangedAt, k.Total = yesterday.Add(24*time.Hour), gbp(1)
		}, nil},
		"split, and both parts there": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) { b.split(k) }, nil},
		"the same units twice":        {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) { b.booked = append(b.booked, again(*k, "")) }, []audit.Rule{audit.OrderDoubled}},
		"made by hand as well": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.booked = append(b.booked, again(*k, "DIRECT"))
		}, []audit.Rule{audit.OrderDoubled}},
		"made by hand alone, with its total": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			k.Foreign, k.LinesKnown, k.LineIDs, k.Total = "DIRECT", false, nil, gbp(1)
		}, nil},
		"merged with another, one total": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			k.References = append(k.References, "old2")
			k.Total = gbp(9)
		}, nil},
		"unknown to the shop, and made by hand": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) { b.shop, k.Foreign = nil, "DIRECT" }, nil},
		"unknown to the shop, and cancelled":    {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) { b.shop, k.Void = nil, true }, nil},
		"unknown to the shop, and changed just now": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.shop, k.ChangedAt = nil, yesterday.Add(24*time.Hour)
		}, nil},
		"unknown to the shop, received before the period": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.shop, k.ReceivedAt = nil, yesterday.AddDate(0, 0, -7).Add(-1)
		}, nil},
		"unknown to the shop, received as the period begins": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.shop, k.ReceivedAt = nil, yesterday.AddDate(0, 0, -7)
		}, []audit.Rule{audit.OrderUnknown}},
		"unknown to the shop, received as it ends": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.shop, k.ReceivedAt = nil, yesterday.AddDate(0, 0, 1)
		}, nil},
		"cancelled in Linnworks, and not due": {func(_ *books, s *audit.ShopOrder, k *audit.BookedOrder) { k.Void, s.Due = true, false }, nil},
		"split, and a part has not left": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.split(k)
			b.booked[1].Sent = false
		}, []audit.Rule{audit.OrderStates}},
		"split, and the shop waits for a part too": {func(b *books, s *audit.ShopOrder, k *audit.BookedOrder) {
			b.split(k)
			b.booked[1].Sent, s.Sent, s.Told = false, false, false
		}, nil},
		"split, cancelled in the shop, and a part has not left": {func(b *books, s *audit.ShopOrder, k *audit.BookedOrder) {
			b.split(k)
			b.booked[1].Sent, s.Void = false, true
		}, []audit.Rule{audit.OrderStates}},
		"a parcel without a number": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Tracking = "" }, nil},
		"another number, and it has not left": {func(_ *books, s *audit.ShopOrder, k *audit.BookedOrder) {
			s.Sent, s.Told, k.Sent, k.Tracking = false, false, false, "XX"
		}, nil},
		"a unit in two rows": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.LineIDs = append(k.LineIDs, k.LineIDs[0]) }, nil},
		"made by hand alone, with other units": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			k.Foreign, k.LineIDs = "DIRECT", k.LineIDs[:1]
		}, nil},
		"the total is not known":        {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.TotalKnown, k.Total = false, gbp(0) }, nil},
		"the shop's total is not known": {func(_ *books, s *audit.ShopOrder, _ *audit.BookedOrder) { s.TotalKnown, s.Total = false, gbp(0) }, nil},
		"merged with another, and a unit lacks": {func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			k.References, k.LineIDs = append(k.References, "old2"), k.LineIDs[:1]
		}, nil},
		"cancelled twin of one that was sent": {func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			twin := again(*k, "")
			twin.Void, twin.Sent = true, false
			b.booked = append(b.booked, twin)
		}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := new(books)
			b.pair("77")
			other := &b.shop[0]
			c.change(b, other, &b.booked[0])
			p, o := b.audited()
			report, err := audit.Run(t.Context(), p, o)
			if err != nil || !report.Complete() {
				t.Fatalf("%v, not read: %q", err, report.Unread)
			}
			var got []audit.Rule
			for _, f := range report.Findings {
				if got = append(got, f.Rule); f.Object != "order 77" {
					t.Errorf("found about %q: %s", f.Object, f)
				}
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, report)
			}
		})
	}
}

// A refund that could not be read is neither there nor missing: the report says so.
func TestRefundsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := &books{refundErr: errors.New("order 77: no answer")}
	shop, _ := b.pair("77")
	shop.Void = true
	p, o := b.audited()
	report, err := audit.Run(t.Context(), p, o)
	if err != nil || len(report.Findings) != 0 || report.Complete() || !strings.Contains(fmt.Sprint(report.Unread), "no answer") {
		t.Errorf("found %v, not read %q, %v; want the refund among what was not read", report.Findings, report.Unread, err)
	}
	p.Refunds = nil
	if report, err = audit.Run(t.Context(), p, o); err != nil || len(report.Findings) != 1 || report.Findings[0].Rule != audit.OrderStates {
		t.Errorf("without refunds: found %v, %v; want that the states differ", report.Findings, err)
	}
}

// What one side cannot tell of an order is said, and the others are compared.
func TestOrdersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*books)
		unread string
		found  int
	}{
		"of the shop":      {func(b *books) { b.shop[0].Unreadable, b.shop[0].Void = "its total is no amount", true }, "order 77 of the shop: its total is no amount", 1},
		"of the warehouse": {func(b *books) { b.lost = map[string]string{"77": "it is no JSON"} }, "order 77 of the warehouse: it is no JSON", 1},
		"which the shop knows": {func(b *books) {
			b.knownErr = errors.New("no answer")
			b.pair("79")
			b.shop = b.shop[:2]
		}, "asking the shop for 1 order of the warehouse: no answer", 2},
		"all of the shop": {func(b *books) { b.shopErr = errors.New("no answer") }, "no answer", 0},
		"without ids": {func(b *books) {
			for i := range b.booked { // two records that nobody can tell apart are two
				b.booked[i].Number = ""
			}
		}, "", 2},
	} {
		b := new(books)
		b.pair("77")
		b.pair("78")
		b.booked[0].Total, b.booked[1].Total = gbp(1), gbp(2)
		tt.change(b)
		p, o := b.audited()
		report, err := audit.Run(t.Context(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(report.Unread); report.Complete() != (tt.unread == "") || !strings.Contains(got, tt.unread) || len(report.Findings) != tt.found {
			t.Errorf("%s: not read %s, want %q; found %v, want %d", name, got, tt.unread, report.Findings, tt.found)
		}
	}
}

// again is the same order once more, from another source if one is named.
func again(b audit.BookedOrder, source string) audit.BookedOrder {
	b.Number, b.Foreign = b.Number+"2", source
	if source != "" {
		b.LineIDs, b.LinesKnown = nil, false
	}
	return b
}

// split makes two orders of one.
func (b *books) split(k *audit.BookedOrder) {
	second := again(*k, "")
	k.LineIDs, k.Total = k.LineIDs[:1], gbp(1200)
	second.LineIDs, second.Total = second.LineIDs[1:], gbp(1300)
	b.booked = append(b.booked, second)
}

// Stock that is on its way is no fault; what is wrong at the beginning and at the end is,
// with the reason that is known.
func TestStockShown(t *testing.T) {
	t.Parallel()
	wrong := audit.StockLine{SKUID: "1", SKU: "MUG", WarehouseID: "w1", Shown: 9, Wanted: 4, Why: "locked by a campaign"}
	low := audit.StockLine{SKUID: "2", SKU: "POT", WarehouseID: "w1", Shown: 1, Wanted: 4}
	moved := audit.StockLine{SKUID: "3", SKU: "CUP", WarehouseID: "w1", Shown: 1, Wanted: 4}
	arrived := moved
	arrived.Shown = 4
	b := &books{shelves: [][]audit.StockLine{{wrong, low, moved}}, shelf: []audit.StockLine{wrong, low, arrived}}
	p, o := b.audited()
	report, err := audit.Run(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, string(f.Rule)+": "+f.Object+": "+f.Seen)
	}
	want := []string{
		"more shown than there should be: stock of MUG in warehouse w1: 9 are shown and 4 should be: locked by a campaign",
		"less shown than there should be: stock of POT in warehouse w1: 1 are shown and 4 should be: nobody knows why",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A watch raises a case once, leaves it while it cannot tell, and closes it when a whole
// reading has shown that it is mended. What the bridge raises by itself is no case of the
// audit, and many of one rule are few cases.
func TestWatch(t *testing.T) {
	t.Parallel()
	b := new(books)
	b.pair("1")
	b.pair("2")
	b.booked[0].Total, b.booked[0].Tracking = gbp(7), "XX"
	p, o := b.audited()
	o.WebhookURL = "https://bridge.example.com/hooks"
	a := sound(rand.New(rand.NewPCG(7, 7)))
	ports := a.ports()
	ports.Orders, ports.Booked, ports.Shelf = p.Orders, p.Booked, p.Shelf
	desk, values := new(exceptions.Memory), new(store.Memory).Shop("uk")
	queue := desk.Shop("uk")
	w, err := audit.NewWatch(audit.WatchPorts{Ports: ports, Exceptions: queue, Values: values}, audit.WatchOptions{Options: o, OrderDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	a.list("GONE")                                        // the catalogue raises it
	a.setup.grant.Missing = []string{"seller.order.info"} // one case
	for i := range 40 {                                   // 25 cases and one
		a.setup.hooks[fmt.Sprintf("EVENT_%02d", i)] = ""
	}
	if _, found, err := audit.Last(t.Context(), values); err != nil || found {
		t.Errorf("before the first run: %t, %v", found, err)
	}
	open := func(step string, failed bool, want ...string) {
		t.Helper()
		report, err := w.Run(t.Context())
		if (err != nil) != failed {
			t.Errorf("%s: %v", step, err)
		}
		list, _ := queue.Open(t.Context())
		var got []string
		hooks := 0
		for _, e := range list {
			if strings.HasPrefix(e.Object, "webhook not set: ") {
				hooks++
				continue
			}
			got = append(got, fmt.Sprintf("%s, %s: %s (%d)", e.Owner, e.Severity, e.Object, e.Count))
		}
		if hooks > 0 {
			got = append(got, fmt.Sprintf("%d webhooks", hooks))
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
		if last, found, err := audit.Last(t.Context(), values); err != nil || !found || gocmp.Diff(report.Findings, last.Findings) != "" || last.String() != report.String() {
			t.Errorf("%s: the report that is kept is %s, %v", step, last, err)
		}
	}
	scope, order := "integration, urgent: scope not granted: scope seller.order.info (1)", "warehouse, warning: order 1 (1)"
	open("first", false, scope, order, "26 webhooks")
	open("again", false, scope, order, "26 webhooks")
	// Mended, and not to be seen.
	b.booked[0].Total, b.booked[0].Tracking = gbp(2500), "RM1"
	a.setup.grant.Missing, a.setup.hooks = nil, map[string]string{"ORDER_STATUS_CHANGE": o.WebhookURL}
	a.setup.err, b.shopErr = errors.New("down"), errors.New("down")
	open("down", true, scope, order, "26 webhooks")
	a.setup.err, b.shopErr = nil, nil
	b.lost = map[string]string{"1": "it is no JSON"}
	open("one order is not read", true, order)
	b.lost = nil
	open("mended", false)
}

func TestNewWatch(t *testing.T) {
	t.Parallel()
	if _, err := audit.NewWatch(audit.WatchPorts{}, audit.WatchOptions{}); err == nil || !strings.Contains(err.Error(), "Exceptions") {
		t.Errorf("got %v", err)
	}
	a := sound(rand.New(rand.NewPCG(1, 1)))
	if _, err := audit.NewWatch(audit.WatchPorts{Ports: a.ports(), Exceptions: new(exceptions.Memory).Shop("x")}, audit.WatchOptions{OrderDays: 93}); err == nil {
		t.Error("93 days are accepted")
	}
}

// What was refused long ago counts no more, and one reader does not take it from another.
func TestMeter(t *testing.T) {
	t.Parallel()
	now := yesterday
	m := &audit.Meter{Now: func() time.Time { return now }}
	m.Saw("Linnworks", "Orders.GetOrdersById", 429)
	now = now.Add(13 * time.Hour)
	m.Saw("Linnworks", "Orders.GetOrdersById", 200)
	want := []audit.Quota{{Side: "Linnworks", Operation: "Orders.GetOrdersById", Calls: 2, Refused: 1}}
	for range 2 {
		if diff := gocmp.Diff(want, m.Quotas()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	now = now.Add(12 * time.Hour)
	if got := m.Quotas(); len(got) != 1 || got[0].Refused != 0 {
		t.Errorf("12 hours later: %+v", got)
	}
	now = now.Add(24 * time.Hour)
	if got := m.Quotas(); len(got) != 0 {
		t.Errorf("a day later: %+v", got)
	}
}

// watched runs a watch over the books, and returns the objects of the open cases.
func watched(t *testing.T, b *books, shelf audit.Shelf) func() map[string]bool {
	t.Helper()
	p, o := b.audited()
	ports := sound(rand.New(rand.NewPCG(7, 7))).ports()
	ports.Orders, ports.Booked, ports.Shelf = p.Orders, p.Booked, p.Shelf
	if shelf != nil {
		ports.Shelf = shelf
	}
	queue := new(exceptions.Memory).Shop("uk")
	o.Now = func() time.Time { return yesterday.AddDate(0, 0, 1) }
	w, err := audit.NewWatch(audit.WatchPorts{Ports: ports, Exceptions: queue, Values: new(store.Memory).Shop("uk")}, audit.WatchOptions{Options: o, OrderDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	return func() map[string]bool {
		t.Helper()
		if _, err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		open, err := queue.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		objects := map[string]bool{}
		for _, e := range open {
			objects[e.Object] = true
		}
		return objects
	}
}

// A case stays open while its order differs, also when so many do that it has no case of
// its own any longer; and when its order has left the period.
func TestCasesThatStay(t *testing.T) {
	b := new(books)
	for i := range 25 {
		_, booked := b.pair(fmt.Sprint(500 + i))
		booked.Total = gbp(7)
	}
	run := watched(t, b, nil)
	before := run()
	_, booked := b.pair("100")
	booked.Total = gbp(7)
	after := run()
	for object := range before {
		if !after[object] {
			t.Errorf("closed though it still differs: %s", object)
		}
	}
	old := new(books)
	_, booked = old.pair("old1")
	booked.Total = gbp(7)
	run = watched(t, old, nil)
	if got := run(); !got["order old1"] {
		t.Fatalf("cases %v, want one of the order", got)
	}
	old.shop = nil // it was placed before the period by now
	if got := run(); !got["order old1"] {
		t.Errorf("cases %v: closed without having been compared", got)
	}
}

// stockOf is a shelf of lines.
type stockOf struct{ lines []audit.StockLine }

func (s *stockOf) StockLines(context.Context) ([]audit.StockLine, error) { return s.lines, nil }

// A number that nobody knows any longer is not one that is right.
func TestStockThatIsNotKnown(t *testing.T) {
	b := new(books)
	b.pair("1")
	line := audit.StockLine{SKUID: "9", SKU: "POT", WarehouseID: "w1", Shown: 9, Wanted: 4}
	shelf := &stockOf{[]audit.StockLine{line}}
	run := watched(t, b, shelf)
	first := run()
	if len(first) == 0 {
		t.Fatal("no case of 9 that are shown where 4 should be")
	}
	line.Unknown = "its level has not been read yet"
	shelf.lines[0] = line
	if diff := gocmp.Diff(first, run()); diff != "" {
		t.Errorf("cases once the number is not known, before (-) and after (+):\n%s", diff)
	}
	shelf.lines[0] = audit.StockLine{SKUID: "9", SKU: "POT", WarehouseID: "w1", Shown: 4, Wanted: 4}
	if got := run(); len(got) >= len(first) {
		t.Errorf("cases %v once it is right, before %v", got, first)
	}
}

// brokenShelf answers once with lines, and then no more; or never.
type brokenShelf struct {
	lines []audit.StockLine
	err   error
	calls int
	good  int
}

func (b *brokenShelf) StockLines(context.Context) ([]audit.StockLine, error) {
	if b.calls++; b.calls > b.good {
		return nil, b.err
	}
	return b.lines, nil
}

// A shelf that cannot be read, at the beginning or at the end, is among what was not read; one
// that there is not is to be looked at by hand.
func TestAShelfThatCannotBeRead(t *testing.T) {
	t.Parallel()
	line := audit.StockLine{SKUID: "9", SKU: "POT", WarehouseID: "w1", Shown: 9, Wanted: 4}
	for name, tt := range map[string]struct {
		shelf  brokenShelf
		unread bool
		byHand bool
		found  int
	}{
		"at the beginning": {brokenShelf{err: errors.New("busy")}, true, false, 0},
		"at the end":       {brokenShelf{lines: []audit.StockLine{line}, err: errors.New("busy"), good: 1}, true, false, 0},
		"there is none":    {brokenShelf{err: fmt.Errorf("no engine: %w", errors.ErrUnsupported)}, false, true, 0},
		"there is one":     {brokenShelf{lines: []audit.StockLine{line}, good: 2}, false, false, 1},
	} {
		b := new(books)
		p, o := b.audited()
		p.Shelf = &tt.shelf
		report, err := audit.Run(t.Context(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		byHand := strings.Contains(fmt.Sprint(report.ByHand), "publishes no stock")
		if report.Complete() == tt.unread || byHand != tt.byHand || len(report.Findings) != tt.found {
			t.Errorf("%s: not read %q, by hand %t, found %v", name, report.Unread, byHand, report.Findings)
		}
	}
}

// An order that changes while its list is read is on two pages, as it was and as it is: it is
// compared as it is, once, in whatever order they came.
func TestOrdersThatChangeWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	for _, turned := range []bool{false, true} {
		b := new(books)
		shop, booked := b.pair("1")
		before, unsent := *shop, *booked
		before.State, before.Told, before.Sent, before.ChangedAt = "AWAITING_SHIPMENT", false, false, yesterday.Add(-time.Hour)
		unsent.Sent, unsent.Tracking, unsent.Total, unsent.ChangedAt = false, "", gbp(2400), yesterday.Add(-time.Hour)
		b.shop, b.booked = append(b.shop, before), append(b.booked, unsent)
		if turned {
			slices.Reverse(b.shop)
			slices.Reverse(b.booked)
		}
		p, o := b.audited()
		report, err := audit.Run(t.Context(), p, o)
		if err != nil || !report.Clean() || report.Orders != 1 {
			t.Errorf("turned %t: %v, %d orders, want one and nothing found: %s", turned, err, report.Orders, report)
		}
	}
}

// asks is a shop that writes down which period it is asked for.
type asks struct {
	*books
	periods []string
}

func (a *asks) OrdersCreated(ctx context.Context, from, to time.Time) ([]audit.ShopOrder, error) {
	a.periods = append(a.periods, from.Format(time.DateTime)+" to "+to.Format(time.DateTime))
	return a.books.OrdersCreated(ctx, from, to)
}

// A watch compares the orders of whole days up to the last midnight, and without days none.
func TestWhichDaysAreWatched(t *testing.T) {
	t.Parallel()
	for days, want := range map[int][]string{0: nil, 1: {"2026-11-28 00:00:00 to 2026-11-29 00:00:00"}, 92: {"2026-08-29 00:00:00 to 2026-11-29 00:00:00"}} {
		a := &asks{books: new(books)}
		p, o := a.audited()
		p.Orders = a
		o.OrdersFrom, o.OrdersTo = time.Time{}, time.Time{}
		o.Now = func() time.Time { return time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC) }
		w, err := audit.NewWatch(audit.WatchPorts{Ports: p, Exceptions: new(exceptions.Memory).Shop("uk")}, audit.WatchOptions{Options: o, OrderDays: days})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, a.periods); diff != "" {
			t.Errorf("%d days: asked for (-want +got):\n%s", days, diff)
		}
		if h := w.Health(); !h.Healthy() {
			t.Errorf("%d days: health %v", days, h)
		}
	}
}

// A finding names the orders of Linnworks, and who else made one.
func TestFindingsNameTheOrders(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(b *books, shop *audit.ShopOrder, booked *audit.BookedOrder){
		"the shop has cancelled it, and Linnworks has sent L77":   func(_ *books, s *audit.ShopOrder, _ *audit.BookedOrder) { s.Void = true },
		"the shop has cancelled it, and in Linnworks L77 is open": func(_ *books, s *audit.ShopOrder, k *audit.BookedOrder) { s.Void, k.Sent = true, false },
		"Linnworks has it as L77, L772 (from DIRECT)": func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) {
			b.booked = append(b.booked, again(*k, "DIRECT"))
		},
		"the same units are in L77 and L772 of Linnworks":             func(b *books, _ *audit.ShopOrder, k *audit.BookedOrder) { b.booked = append(b.booked, again(*k, "")) },
		"Linnworks has it as L77, and the shop does not know it":      func(b *books, _ *audit.ShopOrder, _ *audit.BookedOrder) { b.shop = nil },
		"Linnworks has cancelled L77, and the shop has it as IN_TRAN": func(_ *books, _ *audit.ShopOrder, k *audit.BookedOrder) { k.Void = true },
	} {
		b := new(books)
		b.pair("77")
		change(b, &b.shop[0], &b.booked[0])
		p, o := b.audited()
		p.Refunds = nil
		report, err := audit.Run(t.Context(), p, o)
		if err != nil || len(report.Findings) != 1 || !strings.HasPrefix(report.Findings[0].Seen, want) {
			t.Errorf("found %v (%v), want one that says %q", report.Findings, err, want)
		}
	}
}
