package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

var allStates = []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved, exceptions.CaseCleared}

// claimed are the cases, each after Ann has claimed it.
func claimed(t *testing.T, desk exceptions.Desk, filter exceptions.Filter) []exceptions.Case {
	t.Helper()
	cases, err := desk.Cases(t.Context(), filter)
	must(t, err)
	for _, c := range cases {
		_, err := desk.Decide(t.Context(), c.Key(), exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"})
		must(t, err)
	}
	return cases
}

// untouched checks that there is one case and that it was open ever since Ann has
// claimed it.
func untouched(t *testing.T, desk exceptions.Desk, filter exceptions.Filter, kind exceptions.Kind) {
	t.Helper()
	filter.States = allStates
	cases, err := desk.Cases(t.Context(), filter)
	must(t, err)
	if len(cases) != 1 {
		t.Fatalf("got %d cases, want one: %v", len(cases), cases)
	}
	if c := cases[0]; c.Kind != kind || c.State != exceptions.CaseOpen || c.Reopened > 0 || c.ClaimedBy != "Ann" {
		t.Errorf("%s: reopened %d times, claimed by %q; want %q open, and claimed by Ann", c, c.Reopened, c.ClaimedBy, kind)
	}
}

// The deadlines of one shop leave those of another alone, in one store.
func TestDeadlinesOfTwoShops(t *testing.T) {
	now := world.Noon.Add(47 * time.Hour) // an hour is left for the order of the first shop
	clock := func() time.Time { return now }
	desk := &exceptions.Memory{Now: clock}
	check := func(shop string, w *world.World) func(...bridge.Order) {
		d, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: desk.Shop(shop)}, bridge.DeadlineOptions{Market: "GB", Now: clock})
		must(t, err)
		return func(history ...bridge.Order) {
			t.Helper()
			_, err := d.Check(t.Context(), history...)
			must(t, err)
		}
	}
	a, b := world.NewWorld(t), world.NewWorld(t)
	a.Put(world.AnOrder("1", "MUG"))
	b.Put(world.With(world.AnOrder("2", "MUG"), func(o *bridge.Order) {
		o.ShipBy, o.CancelledBy = world.Noon.Add(400*time.Hour), world.Noon.Add(500*time.Hour)
	}))
	checkA, checkB := check("A", a), check("B", b)
	near := exceptions.Filter{Kinds: []exceptions.Kind{exceptions.DeadlineNear}}
	for range 4 {
		checkA()
		claimed(t, desk, near)
		checkB()
		now = now.Add(5 * time.Minute)
	}
	untouched(t, desk, near, exceptions.DeadlineNear)
	// And a rate that one shop breaks is open although the other's is fine.
	history := func(late int) (list []bridge.Order) {
		for i := range 40 {
			list = append(list, world.With(world.AnOrder(fmt.Sprint(100+i), "MUG"), func(o *bridge.Order) {
				o.Status, o.ShippedAt = bridge.Completed, o.ShipBy.Add(-time.Hour)
				if i < late {
					o.ShippedAt = o.ShipBy.Add(time.Hour)
				}
			}))
		}
		return list
	}
	checkA(history(20)...)
	checkB(history(0)...)
	rates, err := desk.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RateAtRisk}})
	must(t, err)
	if len(rates) == 0 || slices.ContainsFunc(rates, func(c exceptions.Case) bool { return c.Shop != "A" }) {
		t.Errorf("shop A is late with half of its orders, shop B with none; open are %v", rates)
	}
}

// The clock that speaks changes, and the case says so.
func TestDeadlineNearSaysWhichClock(t *testing.T) {
	for name, collect := range map[string]time.Time{
		"at another time":  world.Noon.Add(48*time.Hour + 30*time.Minute), // as urgent
		"at the same time": world.Noon.Add(48 * time.Hour),
	} {
		t.Run(name, func(t *testing.T) { testDeadlineNearSaysWhichClock(t, collect) })
	}
}

func testDeadlineNearSaysWhichClock(t *testing.T, collect time.Time) {
	w := world.NewWorld(t)
	now := world.Noon.Add(47 * time.Hour)
	w.Put(world.AnOrder("1", "MUG"))
	d := deadlines(t, w, bridge.DeadlineOptions{Now: func() time.Time { return now }})
	_, err := d.Check(t.Context())
	must(t, err)
	claimed(t, &w.Cases, exceptions.Filter{})
	w.Mark("1", "RM1", nil)
	w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.CollectBy = collect })
	_, err = d.Check(t.Context())
	must(t, err)
	untouched(t, &w.Cases, exceptions.Filter{}, exceptions.DeadlineNear)
	if open, _ := w.Exceptions.Open(t.Context()); !strings.Contains(open[0].Seen, string(bridge.ClockCollect)) || !open[0].Deadline.Equal(collect) || !strings.Contains(open[0].Do, "collect") {
		t.Errorf("it is shipped and has to be collected by %s, and the case says: %s", collect, open[0])
	}
}

// A parcel that the shop counts as sent is not called late for another number.
func TestTrackingThatDiffersIsNotLate(t *testing.T) {
	q := newQueueWorld(t)
	e := q.sent("1", "RM1")
	q.Mark("1", "OTHER", nil) // entered by hand
	q.Orders["1"] = world.With(q.Orders["1"], func(o *bridge.Order) { o.CollectBy = world.Noon.Add(300 * time.Hour) })
	e.DispatchBy = world.Noon.Add(2 * time.Hour)
	d := deadlines(t, q.World, bridge.DeadlineOptions{Now: q.Now})
	for range 24 {
		q.run(t)
		_, err := d.Check(t.Context())
		must(t, err)
		claimed(t, &q.Cases, exceptions.Filter{})
		q.now = q.now.Add(15 * time.Minute)
	}
	untouched(t, &q.Cases, exceptions.Filter{}, exceptions.TrackingDiffers)
}

// What the canceller has raised survives the importer's next looks.
func TestImporterLeavesTheCancellersCase(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
	im := w.Importer()
	_, err := im.Import(t.Context(), w.Orders["1"], w.Orders["2"])
	must(t, err)
	parts := w.Book
	merged := &world.BookEntry{WarehouseOrder: bridge.WarehouseOrder{
		ID: "wM", Number: "900", State: bridge.Open, Stage: stage.New, LocationID: "L1", HasAddress: true, Merged: true, References: []string{"1", "2"},
	}}
	for _, e := range parts {
		merged.Parents, merged.Lines = append(merged.Parents, e.ID), append(merged.Lines, e.Lines...)
	}
	w.Book = []*world.BookEntry{merged}
	w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true, Deadline: world.Noon.Add(24 * time.Hour), Reason: "changed my mind"}}
	canceller, err := bridge.NewCanceller(bridge.CancelPorts{
		Orders: w, Desk: w, OrderBook: w, Warehouse: w, Tracer: w, Records: w, Ledger: w, Locks: w, Exceptions: w,
	}, bridge.CancelOptions{Now: w.Now})
	must(t, err)
	ofOrder := exceptions.Filter{Object: "order 1"}
	for range 3 {
		_, err := canceller.Cancel(t.Context(), w.Pending...)
		must(t, err)
		if cases := claimed(t, &w.Cases, ofOrder); len(cases) != 1 {
			t.Fatalf("got cases %v, want one", cases)
		}
		o, err := w.OrdersByID(t.Context(), []string{"1"})
		must(t, err)
		_, err = im.Import(t.Context(), o...)
		must(t, err)
	}
	untouched(t, &w.Cases, ofOrder, exceptions.CancellationStuck)
}

// A carrier that nobody mapped is no longer a case once the number was entered in
// Seller Center by hand.
func TestNumberEnteredByHandClosesTheCarriersCase(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("1", "X1").Carrier = "Yodel"
	q.run(t)
	if open := q.OpenKinds(); len(open) != 1 || !strings.HasPrefix(open[0], string(exceptions.UnmappedCarrier)) {
		t.Fatalf("open are %q, want the carrier", open)
	}
	q.Mark("1", "X1", nil)
	for range 2 {
		q.now = q.now.Add(time.Hour)
		q.run(t)
	}
	if open := q.OpenKinds(); len(open) > 0 {
		t.Errorf("two hours after it was entered by hand open are %q", open)
	}
}

// Processed without a number, and then cancelled by the shop's clock: what is left
// is the parcel that has to come back.
func TestCancelledParcelLeavesOneCase(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("1", "")
	d := deadlines(t, q.World, bridge.DeadlineOptions{Now: q.Now})
	pass := func(step time.Duration) {
		t.Helper()
		q.run(t)
		_, err := d.Check(t.Context())
		must(t, err)
		q.now = q.now.Add(step)
	}
	for q.now.Before(q.Orders["1"].ShipBy) {
		pass(time.Hour)
	}
	if open := q.OpenKinds(); len(open) < 3 {
		t.Fatalf("open are %q, want that it has no number, and what its deadline does", open)
	}
	q.Orders["1"] = world.With(q.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled })
	take := bridge.TakeOrders(q.Importer(), q.Canceller(0), nil)
	for range 48 {
		_, err := take(t.Context(), []bridge.Order{q.Orders["1"]})
		must(t, err)
		pass(time.Hour)
	}
	if diff := cmp.Diff([]string{"late cancellation: order 1"}, q.OpenKinds()); diff != "" {
		t.Errorf("open: %s", diff)
	}
	late, err := q.Cases.Cases(t.Context(), exceptions.Filter{States: allStates})
	must(t, err)
	for _, c := range late {
		if c.Reopened > 0 {
			t.Errorf("%s: reopened %d times", c, c.Reopened)
		}
	}
}

// One that is delivered no longer needs anybody, but for what a person has to note.
func TestDeliveredClosesItsCases(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "MUG")
	w.Processed(o, "RM1")
	for _, kind := range []exceptions.Kind{exceptions.NoTracking, exceptions.LateCancellation, exceptions.AddressChanged} {
		must(t, w.Exceptions.Raise(t.Context(), exceptions.New(kind, "order 1", time.Time{}, "seen", "do")))
	}
	o.Status, o.Lines[0].Tracking = bridge.Delivered, "RM1"
	_, err := w.Importer().Import(t.Context(), w.Put(o)...)
	must(t, err)
	if diff := cmp.Diff([]string{"address changed: order 1"}, w.OpenKinds()); diff != "" {
		t.Errorf("open: %s", diff)
	}
}

// A new fee in every order is one thing to look at; a listing that is blocked is
// not closed by an order of another that has the same seller SKU.
func TestSameCauseIsOneCase(t *testing.T) {
	w := world.NewWorld(t)
	var orders []bridge.Order
	for i := range 200 {
		orders = append(orders, world.With(world.AnOrder(fmt.Sprint(i+1), "MUG"), func(o *bridge.Order) { o.Totals.Paid = world.GBP(1030) }))
	}
	_, err := w.Importer().Import(t.Context(), orders...)
	must(t, err)
	open, err := w.Exceptions.Open(t.Context())
	must(t, err)
	if len(open) != 1 || open[0].Kind != exceptions.TotalDiffers || len(open[0].Orders) != 200 {
		t.Errorf("got %v, want one case of 200 orders", open)
	}
}

func TestAnotherListingOfTheSameSellerSKU(t *testing.T) {
	w := world.NewWorld(t)
	twin := catalogue.SKU{ProductID: "p-other", ID: "s-other", SellerSKU: "MUG"}
	w.Broken["s-other"] = &catalogue.AmbiguousError{}
	blocked := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Lines[0].Listing = twin })
	ambiguous := exceptions.Filter{Kinds: []exceptions.Kind{exceptions.AmbiguousSKU}}
	for _, o := range []bridge.Order{blocked, world.AnOrder("2", "MUG"), blocked} {
		_, err := w.Importer().Import(t.Context(), w.Put(o)...)
		must(t, err)
		claimed(t, &w.Cases, ambiguous)
	}
	untouched(t, &w.Cases, ambiguous, exceptions.AmbiguousSKU)
	// It is cancelled: nobody waits for the listing.
	w.Orders["1"] = world.With(blocked, func(o *bridge.Order) { o.Status = bridge.Cancelled })
	_, err := bridge.TakeOrders(w.Importer(), w.Canceller(0), nil)(t.Context(), []bridge.Order{w.Orders["1"]})
	must(t, err)
	if open := w.OpenKinds(); len(open) > 0 {
		t.Errorf("the only order that waited is cancelled, and open are %q", open)
	}
}

// An order that only a webhook told of, long given up, comes after all.
func TestStuckOrderThatComesAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, noSweep)
		must(t, in.Hint(t.Context(), "1"))
		for range 20 * 60 {
			_, _ = in.Run(t.Context())
			time.Sleep(time.Minute)
		}
		if waiting, raised := c.waiting(), c.raised(t); len(waiting) != 0 || len(raised) != 1 {
			t.Fatalf("waiting %v, raised %v; want that it is given up, and raised", waiting, raised)
		}
		c.orders["1"] = sold("1", bridge.AwaitingShipment, 0)
		runIntake(t, in)
		if left := c.raised(t); len(left) > 0 {
			t.Errorf("it is taken in, and open are %v", left)
		}
	})
}
