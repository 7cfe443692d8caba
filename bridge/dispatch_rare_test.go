package bridge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// An order was merged with another after it was listed: nothing is known of the other one,
// whose lock is not held. It waits for the next run, and nobody is told that it is missing.
func TestDispatchOfWhatWasMergedMeanwhile(t *testing.T) {
	w := world.NewWorld(t)
	listed := w.Processed(w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))[0], "RM1").WarehouseOrder
	w.Book[0].References = []string{"1", "2"}
	w.Book[0].Reference, w.Book[0].Merged = "", true
	d := w.Dispatcher(nil)
	d.Ports().Reader = w
	r, err := d.Dispatch(t.Context(), listed)
	if err == nil || len(r) != 2 || r[1].Outcome != bridge.OutcomeFailed || !strings.Contains(err.Error(), "order 2: it has changed meanwhile") {
		t.Errorf("got %v, %v; want that order 2 has changed meanwhile", r, err)
	}
	if open := w.OpenKinds(); len(open) != 0 {
		t.Errorf("open: %q, want nothing", open)
	}
}

// The shop accepts other carriers for other warehouses and markets: each is asked about.
func TestDispatchAsksForTheCarriersOfEachWay(t *testing.T) {
	w := world.NewWorld(t)
	for i, change := range []func(*bridge.Order){
		func(*bridge.Order) {}, func(*bridge.Order) {},
		func(o *bridge.Order) { o.WarehouseID = "W2" },
		func(o *bridge.Order) { o.Market = "IE" },
		func(o *bridge.Order) { o.DeliveryOptionID = "express" },
	} {
		id := fmt.Sprint(i)
		w.Processed(w.Put(world.With(world.AnOrder(id, "MUG"), change))[0], "RM"+id)
	}
	if _, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); err != nil || w.Count("Carriers") != 4 {
		t.Errorf("the carriers were read %d times for four ways to deliver, %v; want once for each", w.Count("Carriers"), err)
	}
}

// A correction whose reply was lost is on record before it is sent: whatever the warehouse
// says later, the shop is asked for no second one.
func TestDispatchNotesACorrectionBeforeItIsSent(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "MUG")
	o.Status, o.ShippedAt, o.Lines[0].Tracking = bridge.AwaitingCollection, world.Noon.Add(-time.Hour), "RM1"
	w.Put(o)
	e := w.Processed(o, "RM2")
	d := w.Dispatcher(nil)
	d.Ports().Corrector, d.Ports().Records = &corrector{World: w, most: 1}, new(store.Memory).Shop("shop")
	w.Lost, w.Fail = true, world.FailOn("CorrectTracking")
	if _, err := d.Dispatch(t.Context(), w.Entries()...); !errors.Is(err, world.ErrInjected) {
		t.Fatalf("got %v, want the lost reply", err)
	}
	w.Fail = nil
	e.Tracking = "RM3"
	got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...))
	if n := w.Count("CorrectTracking"); got != bridge.OutcomeRaised || n != 1 {
		t.Errorf("%s, and the shop was asked for %d corrections; want it raised, and one", got, n)
	}
}

// A warning of the shop is kept, and a page of it is not.
func TestDispatchClipsALongWarning(t *testing.T) {
	w := world.NewWorld(t)
	w.ShipWarning = strings.Repeat("é", 5000)
	w.SentOrders(1)
	if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeShipped {
		t.Fatal(got)
	}
	open, err := w.Exceptions.Open(t.Context(), exceptions.TrackingDoubted)
	if err != nil || len(open) != 1 || !strings.Contains(open[0].Seen, "ééé...") || len(open[0].Seen) > 1000 {
		t.Errorf("open %v, %v; want one case with the beginning of the warning", open, err)
	}
}

// An order that nobody mends is given up some days after its deadline.
func TestDispatchQueueGivesUp(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("1", "") // without a number
	q.run(t)
	for range 20 {
		q.now = q.now.Add(8 * time.Hour)
		q.sweepEvery = -1
		if r := q.run(t); r.Waiting != 1 {
			t.Fatalf("%s after it was sent: %s; want it kept", q.now.Sub(world.Noon), r)
		}
	}
	q.now = world.Noon.Add(48*time.Hour + 7*24*time.Hour + time.Hour) // past the deadline and KeepFor
	q.run(t)
	if r := q.run(t); r.Waiting != 0 {
		t.Errorf("a week after its deadline: %s; want it given up", r)
	}
}

// Of several orders in one parcel the first deadline counts.
func TestDispatchQueueGoesByTheFirstDeadline(t *testing.T) {
	q := newQueueWorld(t)
	m := q.sent("1", "")
	q.sent("2", "")
	m.Lines = append(m.Lines, q.Book[1].Lines...)
	m.References, m.Reference, m.Merged, m.DispatchBy = []string{"1", "2"}, "", true, time.Time{}
	q.Book = q.Book[:1]
	first := q.now.Add(20 * time.Hour)
	q.Orders["2"] = world.With(q.Orders["2"], func(o *bridge.Order) { o.ShipBy = first })
	if r := q.run(t); r.Waiting != 1 {
		t.Fatalf("%s; want the parcel kept", r)
	}
	kept, err := q.Memory.Revisits(t.Context(), "dispatch")
	if err != nil || len(kept) != 1 || !kept[0].Deadline.Equal(first) {
		t.Errorf("kept %+v, %v; want the deadline %v, of order 2", kept, err, first)
	}
}

// The carrier of a parcel is put right in Linnworks within the second of the last look,
// as a list without moments shows it: that is a change.
func TestDispatchQueueSeesAnotherCarrier(t *testing.T) {
	q := newQueueWorld(t)
	e := q.sent("1", "RM1")
	e.Carrier = "Pigeon"
	if r := q.run(t); len(r.Results) != 1 || r.Results[0].Outcome != bridge.OutcomeRaised {
		t.Fatalf("%s; want an unmapped carrier", r)
	}
	must(t, q.Memory.DropRevisits(t.Context(), "dispatch", e.ID)) // it does not come by that way
	q.now = q.now.Add(time.Minute)
	e.Carrier = "Royal Mail"
	if r := q.run(t); len(r.Results) != 1 || q.Count("Ship") != 1 {
		t.Errorf("%s; want the parcel shipped", r)
	}
}

// What has left the window is not remembered for ever.
func TestDispatchQueueForgetsWhatItHasSeen(t *testing.T) {
	q := newQueueWorld(t)
	for i := range 10 {
		id := fmt.Sprint(i)
		q.sent(id, "RM"+id)
		q.run(t)
		q.now = q.now.Add(time.Hour)
	}
	q.sweepEvery = -1
	q.run(t)
	if c, err := q.Memory.Cursor(t.Context(), "dispatch"); err != nil || len(c.Seen) > 2 {
		t.Errorf("the cursor remembers %d orders of the last hours, %v; want those of the window", len(c.Seen), err)
	}
}

// The sweep goes back as far as lists lag, and after a clock that was ahead it is due.
func TestDispatchQueueSweepsTheOverlap(t *testing.T) {
	q := newQueueWorld(t)
	q.run(t) // a sweep
	e := q.sent("1", "RM1")
	e.ProcessedAt, e.UpdatedAt = q.now.Add(-10*time.Minute), q.now.Add(-100*time.Hour) // shown late
	q.unlisted[e.ID] = true
	q.now = q.now.Add(13 * time.Hour)
	if q.run(t); q.Count("Ship") != 1 {
		t.Errorf("an order that lists showed late was shipped %d times by the sweep, want once", q.Count("Ship"))
	}
	q.now = world.Noon // the clock was 13 hours ahead
	late := q.sent("2", "RM2")
	q.unlisted[late.ID] = true
	if q.run(t); q.Count("Ship") != 2 {
		t.Errorf("after the clock was set back %d parcels were shipped, want both", q.Count("Ship"))
	}
}
