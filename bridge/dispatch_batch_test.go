package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sentOrders puts n processed orders into both sides.
func (w *world) sentOrders(n int) {
	for i := range n {
		id := fmt.Sprintf("%04d", i)
		w.processed(w.put(anOrder(id, "MUG"))[0], "RM"+id)
	}
}

// readers are reads of many warehouse orders with one call.
func (w *world) ReadOrders(ctx context.Context, ids []string) (list []WarehouseOrder, err error) {
	err = w.do(ctx, "ReadOrders", func() error {
		for _, e := range w.book {
			if slices.Contains(ids, e.ID) {
				list = append(list, e.WarehouseOrder)
			}
		}
		return nil
	})
	return list, err
}

// One call that ships for each order, all others shared by 50, and the carriers
// asked for once.
func TestDispatchBatches(t *testing.T) {
	w := newWorld(t)
	w.sentOrders(120)
	d := w.dispatcher(nil)
	d.ports.Reader = w
	r, err := d.Dispatch(t.Context(), append(w.entries(), w.entries()...)...)
	if err != nil || len(r) != 240 {
		t.Fatal(len(r), err)
	}
	got := map[string]int{}
	for _, name := range []string{"Ship", "OrdersByID", "PendingCancellations", "ReadOrders", "FindOrders", "Carriers"} {
		got[name] = w.count(name)
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
	w := newWorld(t)
	w.sentOrders(50)
	poison := errors.New("order 0031 is another shop's")
	gate, err := NewGate(GatePorts{Orders: poisoned{w, "0031", poison}, Cancellations: w}, GateOptions{Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	d := w.dispatcher(nil)
	d.ports.Gate = gate
	r, err := d.Dispatch(t.Context(), w.entries()...)
	if !errors.Is(err, poison) || len(r) != 50 {
		t.Fatal(len(r), err)
	}
	for _, o := range r {
		if want := map[bool]Outcome{true: OutcomeFailed, false: OutcomeShipped}[o.OrderID == "0031"]; o.Outcome != want {
			t.Errorf("%s, want %s", OrderResults{o}, want)
		}
	}
}

// poisoned fails every read of an order.
type poisoned struct {
	OrderSource
	id  string
	err error
}

func (p poisoned) OrdersByID(ctx context.Context, ids []string) ([]Order, error) {
	if slices.Contains(ids, p.id) {
		return nil, p.err
	}
	return p.OrderSource.OrdersByID(ctx, ids)
}

// If the shop is away, the run ends instead of trying order by order.
func TestDispatchWithoutTheShop(t *testing.T) {
	w := newWorld(t)
	w.sentOrders(300)
	w.fail = failOn("OrdersByID")
	r, err := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)
	if !errors.Is(err, errInjected) || len(r) != 0 || len(w.shipped) != 0 || len(w.calls) > 20 {
		t.Errorf("%d results, %d calls: %v", len(r), len(w.calls), err)
	}
}

// A carrier that is not mapped is raised once, and closed when it is.
func TestDispatchUnmappedCarrierOnce(t *testing.T) {
	w := newWorld(t)
	w.sentOrders(7)
	for _, e := range w.book[:5] {
		e.Carrier, e.Service = "Pigeon", "Fast"
	}
	r, err := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)
	if err != nil || len(w.shipped) != 2 || r[0].Outcome != OutcomeRaised || r[4].Outcome != OutcomeRaised {
		t.Fatal(r, err)
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Count != 1 || !strings.Contains(open[0].Seen, "accepts Royal Mail, DPD") {
		t.Fatalf("%v", open)
	}
	if _, err := w.dispatcher(map[string]string{"fast": "DPD"}).Dispatch(t.Context(), w.entries()...); err != nil || len(w.shipped) != 7 || w.open() != nil {
		t.Errorf("%d shipped, open %v, %v", len(w.shipped), w.open(), err)
	}
}

// A permit that has run out is not shipped by: both sides are read again for all
// that is left of the batch.
func TestDispatchRenewsPermits(t *testing.T) {
	w := newWorld(t)
	w.sentOrders(6)
	now := noon
	clock := func() time.Time { return now }
	gate, err := NewGate(GatePorts{Orders: w, Cancellations: w}, GateOptions{Now: clock, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	d := w.dispatcher(nil)
	d.ports.Gate, d.options.Now, d.ports.Reader = gate, clock, w
	w.after = func(_ int, name string) {
		if name != "Ship" {
			return
		}
		now = now.Add(25 * time.Second) // a slow day
		switch len(w.shipped) {
		case 1: // within the life of the permits
			w.orders["0002"] = with(w.orders["0002"], func(o *Order) { o.CancelRequested = true })
		case 3:
			w.orders["0005"] = with(w.orders["0005"], func(o *Order) { o.Status = Cancelled })
		}
	}
	r, err := d.Dispatch(t.Context(), w.entries()...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range r {
		got = append(got, o.OrderID+" "+string(o.Outcome))
	}
	want := []string{"0000 shipped", "0001 shipped", "0002 shipped", "0003 shipped", "0004 shipped", "0005 raised"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := w.count("ReadOrders"); n != 2 {
		t.Errorf("the warehouse was read %d times", n)
	}
}

// corrector changes tracking numbers of the shop.
type corrector struct {
	*world
	most int
}

func (c *corrector) CorrectTracking(ctx context.Context, s Shipment) error {
	return c.do(ctx, "CorrectTracking", func() error {
		if c.most--; c.most < 0 {
			return &RefusedError{Do: "look", Err: errors.New("it was corrected before")}
		}
		o := c.orders[s.Order.ID]
		o.Lines = slices.Clone(o.Lines)
		for i, l := range o.Lines {
			if len(s.LineIDs) == 0 || slices.Contains(s.LineIDs, l.ID) {
				o.Lines[i].Tracking = s.Tracking
			}
		}
		c.orders[o.ID] = o
		return nil
	})
}

// A number that changed in the warehouse is corrected once and in time.
func TestDispatchCorrections(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(w *world, o *Order, e *bookEntry)
		allowed bool
		want    Outcome
		calls   int
	}{
		{"in time", func(*world, *Order, *bookEntry) {}, true, OutcomeCorrected, 1},
		{"switched off", func(*world, *Order, *bookEntry) {}, false, OutcomeRaised, 0},
		{"after three days", func(_ *world, o *Order, _ *bookEntry) { o.ShippedAt = noon.Add(-73 * time.Hour) }, true, OutcomeRaised, 0},
		{"shipped nobody knows when", func(_ *world, o *Order, _ *bookEntry) { o.ShippedAt = time.Time{} }, true, OutcomeRaised, 0},
		{"by the clock of the warehouse", func(_ *world, o *Order, e *bookEntry) {
			o.ShippedAt, e.ProcessedAt = time.Time{}, noon.Add(-time.Hour)
		}, true, OutcomeCorrected, 1},
		{"the platform's carrier", func(_ *world, o *Order, _ *bookEntry) { o.ShippingModel = TikTokShipping }, true, OutcomeRaised, 0},
		{"two numbers in the shop", func(_ *world, o *Order, _ *bookEntry) { o.Lines[1].Tracking = "RM7" }, true, OutcomeRaised, 0},
		{"a carrier that is not mapped", func(_ *world, _ *Order, e *bookEntry) { e.Carrier = "Pigeon" }, true, OutcomeRaised, 0},
		{"the shop refuses", func(w *world, _ *Order, _ *bookEntry) { w.refusals["correction"] = StockRefusal{} }, true, OutcomeRaised, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.now = atNoon
			o := anOrder("1", "MUG", "SPOON")
			o.Status, o.ShippedAt = AwaitingCollection, noon.Add(-time.Hour)
			o.Lines[0].Tracking, o.Lines[1].Tracking = "RM1", "RM1"
			e := w.processed(o, "RM2")
			tc.change(w, &o, e)
			w.put(o)
			d := w.dispatcher(nil)
			c, kept := &corrector{w, 1}, new(MemoryCorrections)
			if _, refuse := w.refusals["correction"]; refuse {
				c.most = 0
			}
			if tc.allowed {
				d.ports.Corrector, d.ports.Corrections = c, kept
			}
			if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != tc.want || w.count("CorrectTracking") != tc.calls {
				t.Fatalf("%s with %d calls", got, w.count("CorrectTracking"))
			}
			if tc.want != OutcomeCorrected {
				return
			}
			if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeConfirmed || w.open() != nil {
				t.Errorf("again: %s, open %v", got, w.open())
			}
			// A further number is not sent any more: it is recorded that one was.
			e.Tracking, c.most = "RM3", 1
			if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeRaised || w.count("CorrectTracking") != 1 {
				t.Errorf("a second correction: %s with %d calls", got, w.count("CorrectTracking"))
			}
			if record, ok, _ := kept.Correction(t.Context(), "1"); !ok || record.From != "RM1" || record.To != "RM2" || !record.Done || !record.At.Equal(noon) {
				t.Errorf("recorded %+v", record)
			}
		})
	}
}

// A correction whose reply is lost is not followed by another one.
func TestDispatchCorrectionReplyLost(t *testing.T) {
	for _, lost := range []bool{true, false} {
		w := newWorld(t)
		o := anOrder("1", "MUG")
		o.Status, o.ShippedAt, o.Lines[0].Tracking = AwaitingCollection, noon.Add(-time.Hour), "RM1"
		w.put(o)
		e := w.processed(o, "RM2")
		d := w.dispatcher(nil)
		c := &corrector{w, 1}
		d.ports.Corrector, d.ports.Corrections = c, new(MemoryCorrections)
		w.lost, w.fail = lost, failOn("CorrectTracking")
		if _, err := d.Dispatch(t.Context(), w.entries()...); !errors.Is(err, errInjected) {
			t.Fatal(err)
		}
		w.fail = nil
		if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != map[bool]Outcome{true: OutcomeConfirmed, false: OutcomeCorrected}[lost] {
			t.Errorf("lost %t: %s", lost, got)
		}
		e.Tracking = "RM3"
		if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeRaised || w.orders["1"].Lines[0].Tracking != "RM2" {
			t.Errorf("lost %t, another number: %s", lost, got)
		}
	}
}

// What was shipped in part, and refused in part, stays open until all has
// arrived.
func TestDispatchKeepsTheExceptionOfAPart(t *testing.T) {
	w := newWorld(t)
	w.put(anOrder("1", "MUG", "SPOON"))
	part := func(id, tracking string) *bookEntry {
		e := w.add(NewOrder{Reference: "1", LocationID: "L1", Lines: []NewOrderLine{{LineID: id, LineIDs: []string{id}, SKU: "MUG", Quantity: 1}}})
		e.State, e.Tracking = Processed, tracking
		return e
	}
	first := part("1-1", "")
	part("1-2", "RM2")
	d := w.dispatcher(nil)
	for range 2 {
		if _, err := d.Dispatch(t.Context(), w.entries()...); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"no tracking: order 1"}, w.open()); diff != "" {
		t.Error(diff)
	}
	first.Tracking = "RM1"
	if _, err := d.Dispatch(t.Context(), w.entries()...); err != nil || w.open() != nil {
		t.Errorf("open %v, %v", w.open(), err)
	}
}
