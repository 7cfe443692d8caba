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

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// One call that ships for each order, all others shared by 50, and the carriers
// asked for once.
func TestDispatchBatches(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(120)
	d := w.Dispatcher(nil)
	d.Ports().Reader = w
	r, err := d.Dispatch(t.Context(), append(w.Entries(), w.Entries()...)...)
	if err != nil || len(r) != 240 {
		t.Fatal(len(r), err)
	}
	got := map[string]int{}
	for _, name := range []string{"Ship", "OrdersByID", "PendingCancellations", "ReadOrders", "FindOrders", "Carriers"} {
		got[name] = w.Count(name)
	}
	// 240 orders in batches of 50, of which the second half is confirmed only.
	want := map[string]int{"Ship": 120, "OrdersByID": 5 + 3, "PendingCancellations": 0, "ReadOrders": 5, "FindOrders": 0, "Carriers": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if h := d.Health(); h.Runs != 1 || h.Failures != 0 {
		t.Error(h)
	}
}

// An order that makes the shop refuse the whole call is set aside.
func TestDispatchIsolatesABadOrder(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(50)
	poison := errors.New("order 0031 is another shop's")
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: poisoned{w, "0031", poison}, Cancellations: w}, bridge.GateOptions{Now: world.AtNoon})
	if err != nil {
		t.Fatal(err)
	}
	d := w.Dispatcher(nil)
	d.Ports().Gate = gate
	r, err := d.Dispatch(t.Context(), w.Entries()...)
	if !errors.Is(err, poison) || len(r) != 50 {
		t.Fatal(len(r), err)
	}
	for _, o := range r {
		if want := map[bool]bridge.Outcome{true: bridge.OutcomeFailed, false: bridge.OutcomeShipped}[o.OrderID == "0031"]; o.Outcome != want {
			t.Errorf("%s, want %s", bridge.OrderResults{o}, want)
		}
	}
}

// Orders that make every call with them fail do not hold up the others, wherever
// they are in the list, and are raised before their deadline.
func TestDispatchDoesNotStopForBadOrders(t *testing.T) {
	for _, bad := range []int{1, 3, 5, 50, 110} {
		t.Run(fmt.Sprint(bad), func(t *testing.T) {
			q := newQueueWorld(t)
			q.SentOrders(bad + 44)
			for _, e := range q.Book {
				e.UpdatedAt, e.DispatchBy = world.Noon, world.Noon.Add(48*time.Hour)
			}
			poison := errors.New("the order does not belong to the seller")
			source := bridge.OrderSource(q)
			for i := range bad {
				source = poisoned{source, fmt.Sprintf("%04d", i), poison}
			}
			gate, err := bridge.NewGate(bridge.GatePorts{Orders: source, Cancellations: q}, bridge.GateOptions{Now: q.Now})
			must(t, err)
			d := q.Dispatcher(nil)
			d.Ports().Gate, d.Ports().Orders = gate, source
			queue, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
				Dispatcher: d, Source: q, Reader: q, Cursors: q, Revisits: q, Locks: q, Exceptions: q,
			}, bridge.DispatchQueueOptions{Now: q.Now})
			must(t, err)
			for range 12 {
				r, err := queue.Run(t.Context())
				if err != nil && !bridge.OnlyOrders(err) && bad < 50 {
					t.Fatal(err, r)
				}
				q.now = q.now.Add(time.Minute)
			}
			if len(q.Shipped) != 44 {
				t.Errorf("%d of 44 are shipped beside %d bad ones", len(q.Shipped), bad)
			}
			q.now = q.now.Add(72 * time.Hour)
			for range 4 { // at most two batches that get no answer each
				_, _ = queue.Run(t.Context())
				q.now = q.now.Add(5 * time.Minute)
			}
			if n := len(q.OpenKinds()); n != bad {
				t.Errorf("%d raised after the deadline of %d: %q", n, bad, q.OpenKinds())
			}
		})
	}
}

// poisoned fails every read of an order.
type poisoned struct {
	bridge.OrderSource
	id  string
	err error
}

func (p poisoned) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	if slices.Contains(ids, p.id) {
		return nil, p.err
	}
	return p.OrderSource.OrdersByID(ctx, ids)
}

// A search for cancellations that fails keeps back the orders that it is for, and
// no others.
func TestDispatchWithoutTheSearch(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(50)
	for _, id := range []string{"0007", "0031"} {
		w.Put(world.With(w.Orders[id], func(o *bridge.Order) { o.CancelRequestedAt = world.Noon }))
	}
	w.Fail = world.FailOn("PendingCancellations")
	r, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
	if !errors.Is(err, world.ErrInjected) {
		t.Errorf("got %v, want the failure of the search", err)
	}
	for _, o := range r {
		if want := map[bool]bridge.Outcome{true: bridge.OutcomeFailed, false: bridge.OutcomeShipped}[o.OrderID == "0007" || o.OrderID == "0031"]; o.Outcome != want {
			t.Errorf("%s, want %s", bridge.OrderResults{o}, want)
		}
	}
	if n := w.Count("PendingCancellations"); n != 1 {
		t.Errorf("the search was tried %d times, want once", n)
	}
}

// If the shop is away, the run ends instead of trying order by order. What it
// tried has failed: it is tried again, and raised before its deadline.
func TestDispatchWithoutTheShop(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(300)
	w.Fail = world.FailOn("OrdersByID")
	r, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
	if !errors.Is(err, world.ErrInjected) || len(r) != 100 || len(w.Shipped) != 0 || len(w.Calls) > 20 {
		t.Errorf("%d results, %d calls: %v", len(r), len(w.Calls), err)
	}
}

// A carrier that is not mapped is one exception with its orders, and closes when
// the last of them has arrived.
func TestDispatchUnmappedCarrierOnce(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(7)
	for _, e := range w.Book[:5] {
		e.Carrier, e.Service = "Pigeon", "Fast"
	}
	r, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
	if err != nil || len(w.Shipped) != 2 || r[0].Outcome != bridge.OutcomeRaised || r[4].Outcome != bridge.OutcomeRaised {
		t.Fatal(r, err)
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || !slices.Equal(open[0].Orders, []string{"0000", "0001", "0002", "0003", "0004"}) || !strings.Contains(open[0].Seen, "accepts Royal Mail, DPD") {
		t.Fatalf("%v", open)
	}
	// The number of one is entered by hand: the others wait.
	w.Orders["0000"] = world.With(w.Orders["0000"], func(o *bridge.Order) { o.Lines[0].Tracking = w.Book[0].Tracking })
	if _, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); err != nil {
		t.Fatal(err)
	}
	if open, _ = w.Exceptions.Open(t.Context()); len(open) != 1 || !slices.Equal(open[0].Orders, []string{"0001", "0002", "0003", "0004"}) {
		t.Errorf("one was entered by hand: %v", open)
	}
	if _, err := w.Dispatcher(map[string]string{"fast": "DPD"}).Dispatch(t.Context(), w.Entries()...); err != nil || len(w.Shipped) != 6 || w.OpenKinds() != nil {
		t.Errorf("%d shipped, open %v, %v", len(w.Shipped), w.OpenKinds(), err)
	}
}

// A permit that has run out is not shipped by: both sides are read again for all
// that is left of the batch.
func TestDispatchRenewsPermits(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(6)
	now := world.Noon
	clock := func() time.Time { return now }
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: w, Cancellations: w}, bridge.GateOptions{Now: clock, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	d := w.Dispatcher(nil)
	d.Ports().Gate, d.Options().Now, d.Ports().Reader = gate, clock, w
	w.After = func(_ int, name string) {
		if name != "Ship" {
			return
		}
		now = now.Add(25 * time.Second) // a slow day
		switch len(w.Shipped) {
		case 1: // within the life of the permits
			w.Orders["0002"] = world.With(w.Orders["0002"], func(o *bridge.Order) { o.CancelRequested = true })
		case 3:
			w.Orders["0005"] = world.With(w.Orders["0005"], func(o *bridge.Order) { o.Status = bridge.Cancelled })
		}
	}
	r, err := d.Dispatch(t.Context(), w.Entries()...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range r {
		got = append(got, o.OrderID+" "+string(o.Outcome))
	}
	want := []string{"0000 shipped", "0001 shipped", "0002 shipped", "0003 shipped", "0004 shipped", "0005 unchanged"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := w.Count("ReadOrders"); n != 2 {
		t.Errorf("the warehouse was read %d times", n)
	}
}

// corrector changes tracking numbers of the shop.
type corrector struct {
	*world.World
	most  int
	lines [][]string // that were named
}

func (c *corrector) CorrectTracking(ctx context.Context, s bridge.Shipment) error {
	return c.Do(ctx, "CorrectTracking", func() error {
		c.lines = append(c.lines, s.LineIDs)
		if c.most--; c.most < 0 {
			return &exceptions.RefusedError{Do: "look", Err: errors.New("it was corrected before")}
		}
		o := c.Orders[s.Order.ID]
		o.Lines = slices.Clone(o.Lines)
		for i, l := range o.Lines {
			if len(s.LineIDs) == 0 || slices.Contains(s.LineIDs, l.ID) {
				o.Lines[i].Tracking = s.Tracking
			}
		}
		c.Orders[o.ID] = o
		return nil
	})
}

// A number that changed in the warehouse is corrected once and in time.
func TestDispatchCorrections(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(w *world.World, o *bridge.Order, e *world.BookEntry)
		allowed bool
		want    bridge.Outcome
		calls   int
	}{
		{"in time", func(*world.World, *bridge.Order, *world.BookEntry) {}, true, bridge.OutcomeCorrected, 1},
		{"switched off", func(*world.World, *bridge.Order, *world.BookEntry) {}, false, bridge.OutcomeRaised, 0},
		{"after three days", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) {
			o.ShippedAt = world.Noon.Add(-73 * time.Hour)
		}, true, bridge.OutcomeRaised, 0},
		{"shipped nobody knows when", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.ShippedAt = time.Time{} }, true, bridge.OutcomeRaised, 0},
		{"by the clock of the warehouse", func(_ *world.World, o *bridge.Order, e *world.BookEntry) {
			o.ShippedAt, e.ProcessedAt = time.Time{}, world.Noon.Add(-time.Hour)
		}, true, bridge.OutcomeCorrected, 1},
		{"the platform's carrier", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.ShippingModel = bridge.TikTokShipping }, true, bridge.OutcomeRaised, 0},
		{"two numbers in the shop", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Lines[1].Tracking = "RM7" }, true, bridge.OutcomeRaised, 0},
		{"two numbers in the warehouse", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.Tracking = "RM2, RM3" }, true, bridge.OutcomeRaised, 0},
		{"a carrier that is not mapped", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.Carrier = "Pigeon" }, true, bridge.OutcomeRaised, 0},
		{"the shop refuses", func(w *world.World, _ *bridge.Order, _ *world.BookEntry) { w.Refusals["correction"] = stock.Refusal{} }, true, bridge.OutcomeRaised, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Now = world.AtNoon
			o := world.AnOrder("1", "MUG", "SPOON")
			o.Status, o.ShippedAt = bridge.AwaitingCollection, world.Noon.Add(-time.Hour)
			o.Lines[0].Tracking, o.Lines[1].Tracking = "RM1", "RM1"
			e := w.Processed(o, "RM2")
			tc.change(w, &o, e)
			w.Put(o)
			d := w.Dispatcher(nil)
			c, kept := &corrector{World: w, most: 1}, new(store.Memory).Shop("shop")
			if _, refuse := w.Refusals["correction"]; refuse {
				c.most = 0
			}
			if tc.allowed {
				d.Ports().Corrector, d.Ports().Records = c, kept
			}
			if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != tc.want || w.Count("CorrectTracking") != tc.calls {
				t.Fatalf("%s with %d calls", got, w.Count("CorrectTracking"))
			}
			if tc.want != bridge.OutcomeCorrected {
				return
			}
			if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeConfirmed || w.OpenKinds() != nil {
				t.Errorf("again: %s, open %v", got, w.OpenKinds())
			}
			// A further number is not sent any longer: it is recorded that one was.
			e.Tracking, c.most = "RM3", 1
			if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeRaised || w.Count("CorrectTracking") != 1 {
				t.Errorf("a second correction: %s with %d calls", got, w.Count("CorrectTracking"))
			}
			records, _, _ := kept.RecordsOf(t.Context(), "1")
			if record := records["1"].Correction; record.From != "RM1" || record.To != "RM2" || !record.Done || !record.At.Equal(world.Noon) {
				t.Errorf("recorded %+v", record)
			}
		})
	}
}

// A correction whose reply is lost is not followed by another one.
func TestDispatchCorrectionReplyLost(t *testing.T) {
	for _, lost := range []bool{true, false} {
		w := world.NewWorld(t)
		o := world.AnOrder("1", "MUG")
		o.Status, o.ShippedAt, o.Lines[0].Tracking = bridge.AwaitingCollection, world.Noon.Add(-time.Hour), "RM1"
		w.Put(o)
		e := w.Processed(o, "RM2")
		d := w.Dispatcher(nil)
		c := &corrector{World: w, most: 1}
		d.Ports().Corrector, d.Ports().Records = c, new(store.Memory).Shop("shop")
		w.Lost, w.Fail = lost, world.FailOn("CorrectTracking")
		if _, err := d.Dispatch(t.Context(), w.Entries()...); !errors.Is(err, world.ErrInjected) {
			t.Fatal(err)
		}
		w.Fail = nil
		if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != map[bool]bridge.Outcome{true: bridge.OutcomeConfirmed, false: bridge.OutcomeCorrected}[lost] {
			t.Errorf("lost %t: %s", lost, got)
		}
		e.Tracking = "RM3"
		if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeRaised || w.Orders["1"].Lines[0].Tracking != "RM2" {
			t.Errorf("lost %t, another number: %s", lost, got)
		}
	}
}

// What was shipped in part, and refused in part, stays open until all has
// arrived.
func TestDispatchKeepsTheExceptionOfAPart(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.AnOrder("1", "MUG", "SPOON"))
	part := func(id, tracking string) *world.BookEntry {
		e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1", Lines: []bridge.NewOrderLine{{LineID: id, LineIDs: []string{id}, SKU: "MUG", Quantity: 1}}})
		e.State, e.Tracking = bridge.Processed, tracking
		return e
	}
	first := part("1-1", "")
	part("1-2", "RM2")
	d := w.Dispatcher(nil)
	for range 2 {
		if _, err := d.Dispatch(t.Context(), w.Entries()...); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"no tracking: order 1"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
	first.Tracking = "RM1"
	if _, err := d.Dispatch(t.Context(), w.Entries()...); err != nil || w.OpenKinds() != nil {
		t.Errorf("open %v, %v", w.OpenKinds(), err)
	}
}

// What vanishes from the warehouse before a permit is renewed is not shipped: it was
// merged or split, and comes as what it became. An order in several parcels stays so.
func TestDispatchAfterARenewal(t *testing.T) {
	w := world.NewWorld(t)
	w.SentOrders(3)
	boxes := w.Processed(w.Put(world.AnOrder("boxes", "MUG", "SPOON"))[0], "A1, A2")
	merged := w.Processed(w.Put(world.AnOrder("merged", "MUG"))[0], "RM9")
	one, two := boxes.WarehouseOrder, boxes.WarehouseOrder
	one.Tracking, one.Lines = "A1", boxes.Lines[:1]
	two.Tracking, two.Lines = "A2", boxes.Lines[1:]
	now := world.Noon
	clock := func() time.Time { return now }
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: w, Cancellations: w}, bridge.GateOptions{Now: clock, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	d := w.Dispatcher(nil)
	d.Ports().Gate, d.Options().Now, d.Ports().Reader = gate, clock, w
	d.Ports().Packaging = &packaging{parcels: map[string][]bridge.WarehouseOrder{boxes.ID: {one, two}}}
	list := w.Entries()
	w.After = func(_ int, name string) {
		if name == "Ship" && len(w.Shipped) == 3 {
			now = now.Add(2 * time.Minute)
			w.Book = slices.DeleteFunc(w.Book, func(e *world.BookEntry) bool { return e == merged })
		}
	}
	r, err := d.Dispatch(t.Context(), list...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range r {
		got = append(got, o.OrderID+" "+string(o.Outcome))
	}
	if diff := cmp.Diff([]string{"0000 shipped", "0001 shipped", "0002 shipped", "boxes shipped", "boxes shipped", "merged unchanged"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lines := w.Orders["boxes"].Lines; lines[0].Tracking != "A1" || lines[1].Tracking != "A2" {
		t.Errorf("the parcels have %q and %q, want A1 and A2", lines[0].Tracking, lines[1].Tracking)
	}
}

// An order that is in the list twice is one.
func TestDispatchListedTwice(t *testing.T) {
	w := world.NewWorld(t)
	w.Processed(w.Put(world.AnOrder("1", "MUG"))[0], "RM1")
	r, err := w.Dispatcher(nil).Dispatch(t.Context(), append(w.Entries(), w.Entries()...)...)
	if err != nil || len(r) != 1 || len(w.Shipped) != 1 {
		t.Errorf("%d results, shipped %d times, %v; want one of each", len(r), len(w.Shipped), err)
	}
}

// A part that has arrived does not close the case about another.
func TestDispatchClosesNoCaseOfAnotherPart(t *testing.T) {
	parts := func(t *testing.T, numbers ...string) *world.World {
		w := world.NewWorld(t)
		w.Put(world.AnOrder("1", "MUG", "SPOON"))
		for i, number := range numbers {
			id := []string{"1-1", "1-2"}[i]
			e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1", Lines: []bridge.NewOrderLine{{LineID: id, LineIDs: []string{id}, SKU: []string{"MUG", "SPOON"}[i], Quantity: 1}}})
			e.State, e.Tracking = bridge.Processed, number
		}
		return w
	}
	t.Run("that came before it", func(t *testing.T) {
		w := parts(t, "", "RM2")
		for _, e := range w.Entries() {
			if _, err := w.Dispatcher(nil).Dispatch(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"no tracking: order 1"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of the same run", func(t *testing.T) {
		w := parts(t, "RM1", "RM2")
		w.Mark("1", "OTHER", []string{"1-1"})
		w.Mark("1", "RM2", []string{"1-2"})
		if _, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"tracking differs: order 1"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
	})
}
