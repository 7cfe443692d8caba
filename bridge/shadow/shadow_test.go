package shadow_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/shadow"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// sides are a shop and a warehouse in which another integration works.
type sides struct {
	now    time.Time
	orders map[string]bridge.Order
	found  []bridge.WarehouseOrder
	plan   stock.Plan
	// what fails
	list, byID, find, trace, planning error
	lost                              map[string]string
	// asked is how many references were looked for, merged where an id leads now.
	asked  int
	merged map[string]string
}

func (s *sides) OrdersUpdated(_ context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for _, o := range s.orders {
			if !o.UpdatedAt.Before(from) && o.UpdatedAt.Before(to) && !yield(o, nil) {
				return
			}
		}
		if s.list != nil {
			yield(bridge.Order{}, s.list)
		}
	}
}

func (s *sides) OrdersByID(_ context.Context, ids []string) (list []bridge.Order, err error) {
	for _, id := range ids {
		if o, ok := s.orders[id]; ok && s.lost[id] == "" {
			list = append(list, o)
		}
	}
	if len(s.lost) > 0 {
		return list, &exceptions.UnreadableError{Reasons: s.lost}
	}
	return list, s.byID
}

func (s *sides) FindOrders(_ context.Context, references []string) (list []bridge.WarehouseOrder, err error) {
	if s.find != nil {
		return nil, s.find
	}
	s.asked += len(references)
	asked := map[string]bool{}
	for _, r := range references {
		asked[r] = true
	}
	for _, o := range s.found {
		if asked[o.Reference] {
			list = append(list, o)
		}
	}
	return list, nil
}

// TraceOrders follows an order into the one that it was merged into.
func (s *sides) TraceOrders(_ context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error) {
	if err := cmp.Or(s.trace, s.find); err != nil {
		return nil, err
	}
	now := map[string][]bridge.WarehouseOrder{}
	for _, o := range s.found {
		now[o.ID] = append(now[o.ID], o)
	}
	traced := map[string][]bridge.WarehouseOrder{}
	for _, id := range ids {
		traced[id] = now[cmp.Or(s.merged[id], id)]
	}
	return traced, nil
}

func (s *sides) Plan(context.Context) (stock.Plan, error) { return s.plan, s.planning }

// begin is a Tuesday.
var begin = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// bench is a watch over sides, with a clock.
type bench struct {
	*sides
	*shadow.Watch
	t      *testing.T
	memory *store.Memory
}

func newBench(t *testing.T) *bench {
	b := &bench{sides: &sides{now: begin, orders: map[string]bridge.Order{}}, t: t, memory: new(store.Memory)}
	b.open()
	return b
}

// open makes the watch anew, as a process does that starts again.
func (b *bench) open() {
	b.t.Helper()
	w, err := shadow.New(shadow.Ports{Orders: b.sides, Warehouse: b.sides, Trace: b.sides, Stock: b.sides, Memory: b.memory.Shop("UK")}, shadow.Options{Now: func() time.Time { return b.now }})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Watch = w
}

// set puts an order of the shop as it is now.
func (b *bench) set(id string, status bridge.OrderStatus, change ...func(*bridge.Order)) {
	o, known := b.orders[id]
	if !known {
		o = bridge.Order{ID: id, ShippingModel: bridge.SellerShipping, CreatedAt: b.now, PaidAt: b.now, WarehouseID: "w1",
			Lines: []bridge.OrderLine{{ID: id + "-1", Listing: catalogue.SKU{ID: "s1", SellerSKU: "MUG"}}}}
	}
	o.Status, o.UpdatedAt = status, b.now
	for _, c := range change {
		c(&o)
	}
	b.orders[id] = o
}

// native puts the other integration's order.
func (b *bench) native(id string, state bridge.WarehouseState, change ...func(*bridge.WarehouseOrder)) {
	w := bridge.WarehouseOrder{ID: "g-" + id, Reference: id, Foreign: "TIKTOK/shop", State: state}
	for _, c := range change {
		c(&w)
	}
	for i, have := range b.found {
		if have.ID == w.ID {
			b.found[i] = w
			return
		}
	}
	b.found = append(b.found, w)
}

// show puts what the shop shows of the SKU, and what it should.
func (b *bench) show(shown, want int) {
	b.plan = stock.Plan{Products: []stock.ProductStock{{ProductID: "p1", SKUs: []stock.SKUStock{{
		SKU: catalogue.SKU{ID: "s1", SellerSKU: "MUG"}, Stock: []catalogue.WarehouseStock{{WarehouseID: "w1", Quantity: want}}, Shown: []catalogue.WarehouseStock{{WarehouseID: "w1", Quantity: shown}},
	}}}}}
}

// wait looks every five minutes for so long.
func (b *bench) wait(long time.Duration) {
	b.t.Helper()
	for end := b.now.Add(long); b.now.Before(end); {
		b.now = b.now.Add(5 * time.Minute)
		if err := b.Look(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) report() shadow.Report {
	b.t.Helper()
	r, err := b.Report(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// what lists the differences of an order.
func what(r shadow.Report, id string) (list []string) {
	for _, d := range r.Differences {
		if d.OrderID == id {
			list = append(list, d.What)
		}
	}
	return list
}

// Each story of an order ends in the differences that it should, and in no others.
func TestStories(t *testing.T) {
	t.Parallel()
	shipped := func(tracking string) func(*bridge.Order) {
		return func(o *bridge.Order) { o.ShippedAt = o.UpdatedAt; o.Lines[0].Tracking = tracking }
	}
	tracked := func(tracking string) func(*bridge.WarehouseOrder) {
		return func(w *bridge.WarehouseOrder) { w.Tracking = tracking }
	}
	due := func(at time.Duration) func(*bridge.Order) {
		return func(o *bridge.Order) { o.ShipBy = begin.Add(at) }
	}
	for name, c := range map[string]struct {
		play func(*bench)
		want []string
	}{
		"as it should be": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment)
			b.wait(10 * time.Minute)
			b.native("1", bridge.Open)
			b.wait(time.Hour)
			b.native("1", bridge.Processed, tracked("T1"))
			b.wait(10 * time.Minute)
			b.set("1", bridge.AwaitingCollection, shipped("T1"))
			b.wait(time.Hour)
		}, nil},
		"cancelled and sent all the same": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Open)
			b.wait(10 * time.Minute)
			b.set("1", bridge.Cancelled)
			b.wait(30 * time.Minute)
			b.native("1", bridge.Processed)
			b.wait(time.Hour)
		}, []string{"it was cancelled in the shop, and the warehouse sent it all the same"}},
		"cancelled in time": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Open)
			b.wait(10 * time.Minute)
			b.set("1", bridge.Cancelled)
			b.wait(30 * time.Minute)
			b.native("1", bridge.Dropped)
			b.wait(time.Hour)
		}, nil},
		"never imported": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment, due(time.Hour))
			b.wait(2 * time.Hour)
			b.set("1", bridge.Cancelled)
			b.wait(time.Hour)
		}, []string{"it is late: the shop's deadline has passed", "it ended without ever reaching the warehouse"}},
		"sent, and the shop not told": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment, due(2*time.Hour))
			b.native("1", bridge.Processed, tracked("T1"))
			b.wait(3 * time.Hour)
			b.set("1", bridge.AwaitingCollection, shipped("T1"))
			b.wait(time.Hour)
		}, []string{"it is late, although the warehouse had sent it: the shop was not told"}},
		"twice in the warehouse": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Open)
			b.native("1", bridge.Open, func(w *bridge.WarehouseOrder) { w.ID = "by hand" })
			b.wait(time.Hour)
		}, []string{"it is in the warehouse 2 times"}},
		"split is not twice": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Open, func(w *bridge.WarehouseOrder) { w.Split = true })
			b.native("1", bridge.Open, func(w *bridge.WarehouseOrder) { w.ID, w.Split = "part 2", true })
			b.wait(time.Hour)
		}, nil},
		"another number": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Processed, tracked("T1"))
			b.wait(10 * time.Minute)
			b.set("1", bridge.AwaitingCollection, shipped("T2"))
			b.wait(time.Hour)
		}, []string{"shop and warehouse have different tracking numbers"}},
		"what no table knows": {func(b *bench) {
			b.set("1", "TELEPORTED")
			b.wait(time.Hour)
		}, []string{"a person would be asked to look"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.wait(5 * time.Minute)
			c.play(b)
			if diff := gocmp.Diff(c.want, what(b.report(), "1")); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

// How long the other integration took is counted from when the bridge would have acted,
// over restarts too.
func TestTimes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.set("1", bridge.AwaitingShipment)
	b.wait(5 * time.Minute) // due from here on
	b.open()
	b.wait(40 * time.Minute)
	b.native("1", bridge.Open)
	b.wait(5 * time.Minute) // seen done 45 minutes later
	b.set("2", bridge.AwaitingShipment)
	b.native("2", bridge.Open)
	b.wait(5 * time.Minute) // between two looks
	b.native("1", bridge.Processed)
	b.wait(10 * time.Minute)
	r := b.report()
	want := []shadow.DeedTimes{
		{Deed: shadow.Create, Done: 2, P99: 45 * time.Minute, Most: 45 * time.Minute},
		{Deed: shadow.Release}, {Deed: shadow.Cancel}, {Deed: shadow.Label},
		{Deed: shadow.Ship, Waiting: 1}, {Deed: shadow.Look},
	}
	if diff := gocmp.Diff(want, r.Deeds); diff != "" {
		t.Errorf("deeds (-want +got):\n%s", diff)
	}
	if r.Orders != 2 || r.Open != 2 {
		t.Errorf("%d orders, %d open; want 2 and 2", r.Orders, r.Open)
	}
}

// Stock that is shown and not there is named, with the orders that were placed for it.
func TestOversold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.show(2, 5) // too few costs sales, and oversells nothing
	b.wait(time.Hour)
	b.show(4, 0)
	b.wait(10 * time.Minute)
	b.set("1", bridge.AwaitingShipment)
	b.set("2", bridge.AwaitingShipment, func(o *bridge.Order) { o.WarehouseID = "w2" })
	b.wait(10 * time.Minute)
	b.plan = stock.Plan{}
	b.wait(5 * time.Minute)
	b.set("3", bridge.AwaitingShipment)
	b.show(6, 5)
	b.wait(10 * time.Minute)
	from := begin.Add(70 * time.Minute)
	want := []shadow.Oversold{
		{SKU: "MUG", SKUID: "s1", WarehouseID: "w1", From: from, To: from.Add(20 * time.Minute), Units: 4, Gone: true, Orders: []string{"1"}},
		{SKU: "MUG", SKUID: "s1", WarehouseID: "w1", From: from.Add(25 * time.Minute), Units: 1},
	}
	r := b.report()
	if diff := gocmp.Diff(want, r.Oversold); diff != "" {
		t.Errorf("oversold (-want +got):\n%s", diff)
	}
	if r.Sold() != 1 || !strings.Contains(r.String(), "up to 4 units too many, none were left; sold all the same: order 1") {
		t.Errorf("%d sold without stock; the report:\n%s", r.Sold(), r)
	}
}

// An order is named once, and only where it is known that there was nothing for it.
func TestNothingLeft(t *testing.T) {
	t.Parallel()
	units := func(n int) func(*bridge.Order) {
		return func(o *bridge.Order) {
			for len(o.Lines) < n {
				o.Lines = append(o.Lines, o.Lines[0])
			}
		}
	}
	for name, c := range map[string]struct {
		play func(b *bench)
		want []string
	}{
		"it waits for hours": {func(b *bench) {
			b.show(4, 0)
			b.set("1", bridge.AwaitingShipment)
			b.wait(2 * time.Hour)
			b.show(0, 0)
			b.wait(time.Hour)
			b.show(4, 0)
			b.wait(time.Hour)
		}, []string{"1"}},
		"several units of which there are some": {func(b *bench) {
			b.show(9, 4)
			b.set("1", bridge.AwaitingShipment, units(3))
			b.now = b.now.Add(time.Minute)
			b.set("2", bridge.AwaitingShipment, units(2))
			b.wait(10 * time.Minute)
		}, []string{"2"}},
		"sold while the other integration showed what waits": {func(b *bench) {
			b.set("1", bridge.AwaitingShipment, units(3))
			b.show(2, 5)
			b.wait(5 * time.Minute)
			b.set("2", bridge.AwaitingShipment, units(3))
			b.now = b.now.Add(time.Second)
			b.show(0, 5)
			b.wait(5 * time.Minute)
		}, []string{"2"}},
		"another channel takes what was there for it": {func(b *bench) {
			b.show(9, 4)
			b.set("1", bridge.AwaitingShipment)
			b.wait(5 * time.Minute)
			b.show(8, 0)
			b.wait(5 * time.Minute)
		}, []string{"1"}},
		"cancelled": {func(b *bench) {
			b.show(4, 0)
			b.set("1", bridge.Cancelled)
			b.wait(10 * time.Minute)
		}, nil},
		"it was in the warehouse before the level fell": {func(b *bench) {
			b.show(4, 1)
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Open)
			b.wait(10 * time.Minute)
			b.show(4, 0)
			b.wait(10 * time.Minute)
		}, nil},
		"goods came in": {func(b *bench) {
			b.show(4, 1)
			b.wait(5 * time.Minute)
			b.show(2, 7)
			b.set("1", bridge.AwaitingShipment, units(2))
			b.native("1", bridge.Open)
			b.wait(10 * time.Minute)
		}, nil},
		"the warehouse could not be asked": {func(b *bench) {
			b.show(4, 1)
			b.set("1", bridge.AwaitingShipment)
			b.wait(5 * time.Minute)
			b.native("1", bridge.Open)
			b.show(4, 0)
			b.find = errors.New("no answer")
			b.now = b.now.Add(5 * time.Minute)
			_ = b.Look(b.t.Context()) // TestUnreadable has its error
			b.find = nil
			b.wait(10 * time.Minute)
		}, nil},
		"the list could not be read": {func(b *bench) {
			b.show(4, 1)
			b.wait(5 * time.Minute)
			b.show(4, 0)
			b.list = errors.New("no answer")
			b.now = b.now.Add(5 * time.Minute)
			_ = b.Look(b.t.Context())
			b.list = nil
			b.set("1", bridge.AwaitingShipment)
			b.native("1", bridge.Open) // and had its unit, for all that is known
			b.wait(10 * time.Minute)
		}, nil},
		"shipped by hand": {func(b *bench) {
			b.show(4, 0)
			b.set("1", bridge.AwaitingCollection, func(o *bridge.Order) { o.ShippedAt = b.now })
			b.wait(10 * time.Minute)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.wait(5 * time.Minute)
			b.now = b.now.Add(time.Minute)
			c.play(b)
			var got []string
			for _, o := range b.report().Oversold {
				if len(o.Orders) > 0 && !o.Gone {
					t.Errorf("%+v is not gone", o)
				}
				got = append(got, o.Orders...)
			}
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("orders without stock (-want +got):\n%s\n%s", diff, b.report())
			}
		})
	}
}

// What could not be read is no absence: nothing is said of it, and the report is no
// rehearsal if that was often.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.set("1", bridge.AwaitingShipment)
	b.native("1", bridge.Open)
	b.wait(20 * time.Minute) // from now on it is asked for by its id
	down := errors.New("no answer")
	for _, side := range []*error{&b.list, &b.byID, &b.find, &b.planning} {
		*side = down
		b.now = b.now.Add(5 * time.Minute)
		if err := b.Look(t.Context()); !errors.Is(err, down) {
			t.Errorf("error %v, want %v", err, down)
		}
		*side = nil
	}
	b.wait(5 * time.Minute)
	r := b.report()
	if len(r.Differences) > 0 || r.Failed != 4 {
		t.Errorf("%d failed, differences %v; want 4 and none", r.Failed, r.Differences)
	}
	if not := strings.Join(r.Not, "\n"); !strings.Contains(not, "4 of 10 looks did not see all") || !strings.Contains(not, "should last three days") {
		t.Errorf("it is no rehearsal because %q", r.Not)
	}
	b.set("2", bridge.AwaitingShipment)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Look(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if r := b.report(); r.Looks != 10 {
		t.Errorf("%d looks: one that was cut short counts", r.Looks)
	}
}

// An order that the shop lists and does not show is one that a person would be asked about;
// it costs no other order its look, and is looked at once it can be read.
func TestOrderThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.set("1", bridge.AwaitingShipment, func(o *bridge.Order) { o.Unreadable = "what was paid" })
	b.set("2", bridge.AwaitingShipment)
	b.native("2", bridge.Open)
	b.wait(10 * time.Minute)
	// The adapter leaves it out of what it reads by id, and names it.
	b.lost = map[string]string{"1": "what was paid"}
	b.wait(2 * time.Hour)
	r := b.report()
	if r.Failed > 0 || r.Orders != 2 || r.Open != 2 {
		t.Errorf("%d looks failed, %d orders, %d open; want 0, 2 and 2", r.Failed, r.Orders, r.Open)
	}
	unread := "what the shop says of it cannot be read: a person would be asked to look"
	if diff := gocmp.Diff([]string{unread}, what(r, "1")); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	b.lost = nil
	b.set("1", bridge.AwaitingShipment, func(o *bridge.Order) { o.Unreadable = "" })
	b.wait(10 * time.Minute)
	b.set("1", bridge.Cancelled)
	b.wait(10 * time.Minute)
	if diff := gocmp.Diff([]string{unread, "it ended without ever reaching the warehouse"}, what(b.report(), "1")); diff != "" {
		t.Errorf("differences once it can be read (-want +got):\n%s", diff)
	}
}

// What was over before anybody looked is no part of the rehearsal; what was placed before and
// goes on is.
func TestBeforeTheFirstLook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("1", bridge.Cancelled)
	b.set("2", bridge.AwaitingShipment)
	b.wait(10 * time.Minute)
	if r := b.report(); r.Orders != 1 || r.Open != 1 {
		t.Errorf("%d orders, %d open; want only the one that goes on", r.Orders, r.Open)
	}
}

// What changed while the shop's list could not be read is read when it can be again.
func TestListThatWasAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.list = errors.New("no answer")
	b.now = b.now.Add(5 * time.Minute)
	missed := bridge.Order{ID: "1", Status: bridge.AwaitingShipment, ShippingModel: bridge.SellerShipping, CreatedAt: b.now, PaidAt: b.now, UpdatedAt: b.now}
	for range 12 {
		b.now = b.now.Add(5 * time.Minute)
		_ = b.Look(t.Context()) // the list is away
	}
	b.list, b.orders["1"] = nil, missed
	b.wait(5 * time.Minute)
	if r := b.report(); r.Orders != 1 || r.Failed != 12 {
		t.Errorf("%d orders, %d looks failed; want 1 and 12", r.Orders, r.Failed)
	}
}

// What was sold before anybody looked is not laid at the rehearsal's door.
func TestSoldBeforeTheFirstLook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("1", bridge.AwaitingShipment)
	b.set("2", bridge.AwaitingShipment)
	b.show(2, 1)
	b.wait(5 * time.Minute)
	if r := b.report(); r.Sold() != 0 {
		t.Errorf("oversold: %+v, want no order", r.Oversold)
	}
	b.set("3", bridge.AwaitingShipment)
	b.wait(5 * time.Minute)
	if r := b.report(); r.Sold() != 1 {
		t.Errorf("oversold: %+v, want the order that came since", r.Oversold)
	}
}

// What was cancelled before the warehouse had it needs no stock.
func TestCancelledNeedsNoStock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.show(2, 1)
	b.wait(5 * time.Minute)
	b.set("1", bridge.Cancelled)
	b.set("2", bridge.AwaitingShipment)
	b.wait(5 * time.Minute)
	if r := b.report(); r.Sold() != 0 {
		t.Errorf("oversold: %+v, want no order", r.Oversold)
	}
}

// Three days in which no order came, whose stock was often not seen, or of which not all is
// listed, are no rehearsal.
func TestNoRehearsal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.planning = errors.New("no answer")
	for range 2 * 12 * 5 {
		b.now = b.now.Add(5 * time.Minute)
		_ = b.Look(t.Context()) // the stock is away
	}
	b.planning = nil
	b.wait(73 * time.Hour)
	for _, want := range []string{"no order came", "stock was seen by 877 of 997 looks"} {
		if !strings.Contains(b.report().Verdict(), want) {
			t.Errorf("the verdict lacks %q: %s", want, b.report().Verdict())
		}
	}
	b.filled("differ", func(any) any { return make([]shadow.Difference, 4990) })
	for i := range 13 {
		b.set(fmt.Sprint(i), bridge.AwaitingShipment, func(o *bridge.Order) { o.ShipBy = b.now.Add(time.Minute) })
	}
	b.wait(5 * time.Minute)
	if r := b.report(); len(r.Differences) != 5000 || !strings.Contains(r.Verdict(), "3 differences not listed") {
		t.Errorf("%d differences, and the verdict is %s", len(r.Differences), r.Verdict())
	}
}

// Parts of an order that was split, and one that was cancelled and entered anew, are not in the
// warehouse twice.
func TestPartsAreOneOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.set("1", bridge.AwaitingShipment)
	b.set("2", bridge.AwaitingShipment)
	b.native("1", bridge.Open, func(o *bridge.WarehouseOrder) { o.ID, o.Split = "g-1a", true })
	b.native("1", bridge.Open, func(o *bridge.WarehouseOrder) { o.ID, o.Split = "g-1b", true })
	b.native("2", bridge.Dropped, func(o *bridge.WarehouseOrder) { o.ID = "g-2a" })
	b.native("2", bridge.Open, func(o *bridge.WarehouseOrder) { o.ID = "g-2b" })
	b.wait(10 * time.Minute)
	if r := b.report(); len(r.Differences) > 0 {
		t.Errorf("differences %+v, want none", r.Differences)
	}
}

// Every deed is counted, also beyond those whose times are kept, and the longest is kept.
func TestManyOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	put := func(from, to int, late time.Duration) {
		for i := from; i < to; i++ {
			b.set(fmt.Sprint(i), bridge.AwaitingShipment)
		}
		b.wait(late)
		for i := from; i < to; i++ {
			b.native(fmt.Sprint(i), bridge.Open)
		}
		b.wait(5 * time.Minute)
	}
	put(0, 1, 2*time.Hour)
	b.filled("took", func(took any) any {
		list, _ := took.(map[string]any)[string(shadow.Create)].([]any)
		for len(list) < 4990 {
			list = append(list, 5*time.Minute)
		}
		return map[string]any{string(shadow.Create): list}
	})
	put(1, 31, 5*time.Minute)
	for _, d := range b.report().Deeds {
		if d.Deed == shadow.Create && (d.Done != 5020 || d.P50 != 5*time.Minute || d.Most != 2*time.Hour) {
			t.Errorf("%s: %d times, half within %s, all within %s; want 5020, 5m and 2h", d.Deed, d.Done, d.P50, d.Most)
		}
	}
}

// filled changes a part of the journal, as many days would have.
func (b *bench) filled(name string, change func(any) any) {
	b.t.Helper()
	memory := b.memory.Shop("UK")
	text, _, err := memory.Value(b.t.Context(), "shadow/journal")
	journal := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &journal)
	}
	if err == nil {
		journal[name] = change(journal[name])
		text, err = json.Marshal(journal)
	}
	if err == nil {
		err = memory.PutValue(b.t.Context(), "shadow/journal", text)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// What the warehouse has is asked for by its ids, for a reference costs a call: a shop of 800
// orders a day would need ten minutes of all that Linnworks grants for one look. Orders that
// people merge are followed, and an order that is entered twice is found the same day.
func TestLooksAreCheap(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	for i := range 60 {
		b.set(fmt.Sprint(i), bridge.AwaitingShipment)
		b.native(fmt.Sprint(i), bridge.Open)
	}
	b.wait(time.Hour)
	if b.asked != 60 {
		t.Errorf("%d references were looked for, want each of 60 once", b.asked)
	}
	// People merge two of them, and somebody enters a third once more.
	b.found = slices.DeleteFunc(b.found, func(o bridge.WarehouseOrder) bool { return o.ID == "g-1" || o.ID == "g-2" })
	b.found = append(b.found, bridge.WarehouseOrder{ID: "g-12", References: []string{"1", "2"}, State: bridge.Open, Merged: true}, bridge.WarehouseOrder{ID: "g-3b", Reference: "3", State: bridge.Open})
	b.merged = map[string]string{"g-1": "g-12", "g-2": "g-12"}
	b.wait(7 * time.Hour)
	b.set("1", bridge.Cancelled)
	b.wait(5 * time.Minute)
	b.found = append(slices.DeleteFunc(b.found, func(o bridge.WarehouseOrder) bool { return o.ID == "g-12" }), bridge.WarehouseOrder{ID: "g-12", References: []string{"1", "2"}, State: bridge.Processed, Merged: true})
	b.wait(5 * time.Minute)
	r := b.report()
	got := map[string][]string{}
	for _, d := range r.Differences {
		got[d.OrderID] = append(got[d.OrderID], d.What)
	}
	if diff := gocmp.Diff(map[string][]string{"1": {"it was cancelled in the shop, and the warehouse sent it all the same"}, "3": {"it is in the warehouse 2 times"}}, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if b.asked > 130 {
		t.Errorf("%d references were looked for in eight hours, want each twice or so", b.asked)
	}
}

// An order that people merged is not found by its reference. While nobody says what became of
// its id it does not pass for gone, and those that are found are judged all the same.
func TestMergedOrderThatIsNotTraced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	for _, id := range []string{"1", "2", "3"} {
		b.set(id, bridge.AwaitingShipment)
		b.native(id, bridge.Open)
	}
	b.wait(5 * time.Minute)
	b.found = slices.DeleteFunc(b.found, func(o bridge.WarehouseOrder) bool { return o.ID != "g-3" })
	b.found = append(b.found, bridge.WarehouseOrder{ID: "g-12", References: []string{"1", "2"}, State: bridge.Open, Merged: true})
	b.merged = map[string]string{"g-1": "g-12", "g-2": "g-12"}
	b.trace = errors.New("no answer")
	for range 3 {
		b.now = b.now.Add(5 * time.Minute)
		if err := b.Look(t.Context()); !errors.Is(err, b.trace) {
			t.Errorf("error %v, want %v", err, b.trace)
		}
	}
	b.native("3", bridge.Dropped)
	b.now = b.now.Add(5 * time.Minute)
	_ = b.Look(t.Context())
	b.trace = nil
	b.wait(time.Hour)
	r := b.report()
	for _, d := range r.Deeds {
		if d.Deed == shadow.Create && d.Waiting+d.Never > 0 {
			t.Errorf("%d wait to be created, %d never were; want none: they were there all the time", d.Waiting, d.Never)
		}
	}
	var got []string
	for _, d := range r.Differences {
		got = append(got, d.OrderID)
	}
	if diff := gocmp.Diff([]string{"3"}, got); diff != "" || r.Failed != 4 {
		t.Errorf("%d looks failed, want 4; orders that differ (-want +got):\n%s", r.Failed, diff)
	}
}

// A rehearsal of three days without gaps says what a client signs.
func TestVerdict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait(5 * time.Minute)
	b.set("1", bridge.AwaitingShipment)
	b.native("1", bridge.Open)
	b.wait(73 * time.Hour)
	if got, want := b.report().Verdict(), "In 3 days both would have done the same about 1 order."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !strings.Contains(b.report().String(), "Seen and agreed: ____") {
		t.Errorf("there is nothing to sign:\n%s", b.report())
	}
	b.set("1", bridge.Cancelled)
	b.wait(5 * time.Minute)
	b.native("1", bridge.Processed)
	b.wait(5 * time.Minute)
	if got, want := b.report().Verdict(), "In 3 days, of 1 order 1 went otherwise than the bridge would have had it, and 0 had no stock left for it."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.now = b.now.Add(time.Hour)
	b.wait(5 * time.Minute)
	if got := b.report().Verdict(); !strings.Contains(got, "nothing was looked at for 1h5m0s once") {
		t.Errorf("after a gap: %q", got)
	}
	if text, err := json.Marshal(b.report()); err != nil || !strings.Contains(string(text), `"order_id":"1"`) {
		t.Errorf("%v: %s", err, text)
	}
}

// The report of one look counts in words that people write.
func TestFirstReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("1", bridge.AwaitingShipment)
	b.wait(5 * time.Minute)
	text := b.report().String()
	if want := "UTC: 1 look, 0 of which did not see all. 1 order, 1 not over.\n"; !strings.Contains(text, want) {
		t.Errorf("the report lacks %q:\n%s", want, text)
	}
	b.wait(5 * time.Minute)
	if text, want := b.report().String(), "UTC: 2 looks, at most 5 minutes apart, 0 of which"; !strings.Contains(text, want) {
		t.Errorf("the report lacks %q:\n%s", want, text)
	}
}

// A journal that cannot be read is left as it is.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	memory := b.memory.Shop("UK")
	if err := memory.PutValue(t.Context(), "shadow/journal", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if err := b.Look(t.Context()); err == nil {
		t.Error("no error, want one")
	}
	if text, _, err := memory.Value(t.Context(), "shadow/journal"); err != nil || string(text) != "{" {
		t.Errorf("%q, %v: something was put over it", text, err)
	}
}
