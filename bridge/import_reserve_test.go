package bridge_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// newMug is an order that was placed after the world's records began.
func newMug(id string) bridge.Order {
	o := world.AnOrder(id, "MUG")
	o.CreatedAt = world.Noon.Add(2 * time.Hour)
	o.UpdatedAt = o.CreatedAt
	return o
}

// What is new to the bridge is reserved before it is imported, once; what the bridge knows,
// or cannot know to be new, is left to the import, and only the latter is not vouched for.
func TestReserve(t *testing.T) {
	later := func(w *world.World) { w.Now = func() time.Time { return world.Noon.Add(3 * time.Hour) } }
	for name, tc := range map[string]struct {
		order  func(*bridge.Order)
		before func(*testing.T, *world.World)
		want   store.Unseen // of the reservation, or none
		left   bool
		fails  bool
	}{
		"new":                            {want: store.UnseenAbsent},
		"held by the shop":               {order: func(o *bridge.Order) { o.Status = bridge.OnHold }, want: store.UnseenAbsent},
		"not paid":                       {order: func(o *bridge.Order) { o.Status = bridge.Unpaid }, want: store.UnseenAbsent},
		"as old as the records":          {order: func(o *bridge.Order) { o.CreatedAt = world.Noon.Add(time.Hour + time.Minute) }, want: store.UnseenUnknown},
		"older than the records":         {order: func(o *bridge.Order) { o.CreatedAt = world.Noon }, left: true},
		"cancelled":                      {order: func(o *bridge.Order) { o.Status = bridge.Cancelled }},
		"sent by the platform":           {order: func(o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok }},
		"shipped by hand":                {order: func(o *bridge.Order) { o.Status = bridge.InTransit }, left: true},
		"unreadable":                     {order: func(o *bridge.Order) { o.Unreadable, o.Status = "no JSON", "" }, left: true},
		"somebody is at work on it":      {before: func(t *testing.T, w *world.World) { t.Helper(); must(t, lockFor(t, w, "order/1")) }, left: true},
		"reserved before":                {before: reservedBefore, want: store.UnseenDropped},
		"imported, and counted since":    {before: importedAndCounted},
		"cancelled since it was read":    {before: cancelledSince},
		"the ledger is away":             {before: func(_ *testing.T, w *world.World) { w.Fail = world.FailOn("PutReservations") }, left: true, fails: true},
		"the records cannot be read":     {before: func(_ *testing.T, w *world.World) { w.Fail = world.FailOn("RecordsOf") }, left: true, fails: true},
		"the catalogue cannot be read":   {before: func(_ *testing.T, w *world.World) { w.Fail = world.FailOn("StockItems") }, left: true, fails: true},
		"its listing has no item so far": {before: func(_ *testing.T, w *world.World) { delete(w.Items, "s-MUG") }, want: store.UnseenAbsent},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			_, _, err := w.Memory.RecordsOf(t.Context()) // they begin
			must(t, err)
			later(w)
			o := newMug("1")
			if tc.order != nil {
				tc.order(&o)
			}
			if tc.before != nil {
				tc.before(t, w)
			}
			left, err := w.Importer().Reserve(t.Context(), o, newMug("2"))
			if (err != nil) != tc.fails || tc.fails && !errors.Is(err, world.ErrInjected) {
				t.Errorf("error %v, want one: %v", err, tc.fails)
			}
			found, err := w.Memory.ReservationsOf(t.Context(), "1", "2")
			must(t, err)
			if got := found["1"].Unseen; got != tc.want {
				t.Errorf("reserved as %q, want %q", got, tc.want)
			}
			var want []string
			if tc.left {
				want = append(want, "1")
			}
			if tc.fails {
				want = append(want, "2")
			} else if found["2"].Unseen != store.UnseenAbsent {
				t.Errorf("the order beside it is not reserved: %+v", found)
			}
			if diff := cmp.Diff(want, left); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

func lockFor(t *testing.T, w *world.World, key string) error {
	t.Helper()
	_, unlock, err := w.Memory.Lock(t.Context(), key)
	t.Cleanup(func() { unlock() })
	return err
}

func reservedBefore(t *testing.T, w *world.World) {
	t.Helper()
	must(t, w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1", Unseen: store.UnseenDropped, Items: map[string]int{"i-mug": 1}, LocationID: "L1"}))
}

// importedAndCounted is an order that the warehouse has counted for so long that its
// reservation is gone.
func importedAndCounted(t *testing.T, w *world.World) {
	t.Helper()
	_, err := w.Importer().Import(t.Context(), w.Put(newMug("1"))...)
	must(t, err)
	must(t, w.Memory.DropReservations(t.Context(), "1"))
}

// cancelledSince is an order that was read before it was cancelled, and comes to be
// reserved after the import has seen that.
func cancelledSince(t *testing.T, w *world.World) {
	t.Helper()
	o := newMug("1")
	o.Status, o.UpdatedAt = bridge.Cancelled, o.UpdatedAt.Add(time.Minute)
	_, err := w.Importer().Import(t.Context(), w.Put(o)...)
	must(t, err)
}

// An import counts the units of all that it was given before it looks for the first of
// it, which can take a call for each; and what is found in the warehouse then, or found
// cancelled, is counted once or not at all.
func TestImportReservesFirst(t *testing.T) {
	w := world.NewWorld(t)
	_, _, err := w.Memory.RecordsOf(t.Context())
	must(t, err)
	w.Now = func() time.Time { return world.Noon.Add(3 * time.Hour) }
	var orders []bridge.Order
	for _, id := range []string{"1", "2", "3"} {
		o := newMug(id)
		o.CreatedAt = world.Noon.Add(time.Hour + time.Minute) // each is looked for
		orders = append(orders, o)
	}
	w.Put(orders...)
	reserved := 0
	w.After = func(_ int, name string) {
		if name == "FindOrders" && reserved == 0 {
			found, err := w.Memory.ReservationsOf(t.Context(), "1", "2", "3")
			must(t, err)
			reserved = len(found)
		}
	}
	cancelled := world.With(orders[2], func(o *bridge.Order) {
		o.Status, o.UpdatedAt = bridge.Cancelled, o.UpdatedAt.Add(time.Minute)
	})
	w.Put(cancelled)
	_, err = w.ImporterReading().Import(t.Context(), orders...)
	must(t, err)
	if reserved != 3 {
		t.Errorf("%d orders were reserved when the first was looked for, want 3", reserved)
	}
	found, err := w.Memory.ReservationsOf(t.Context(), "1", "2", "3")
	must(t, err)
	for _, id := range []string{"1", "2"} {
		if found[id].VisibleAt.IsZero() {
			t.Errorf("order %s is created, and not known to be counted: %+v", id, found[id])
		}
	}
	if r, have := found["3"]; have {
		t.Errorf("order 3 was cancelled, and is reserved: %+v", r)
	}
}

// madeByHand is an order that people have entered in the warehouse.
func madeByHand(w *world.World, id string) {
	e := w.Add(bridge.NewOrder{Reference: id, LocationID: "L1", Recipient: world.Home, Lines: []bridge.NewOrderLine{{LineID: "x", SKU: "MUG", Quantity: 1}}})
	e.Foreign = "DIRECT"
}

// What others have put into the warehouse is counted there: once a reading of the stock has
// it, it is not reserved again, although the bridge imports it never and looks at it now and
// then.
func TestReserveWhatOthersHaveMade(t *testing.T) {
	w := world.NewWorld(t)
	_, _, err := w.Memory.RecordsOf(t.Context())
	must(t, err)
	w.Now = func() time.Time { return world.Noon.Add(3 * time.Hour) }
	o := newMug("1")
	o.CreatedAt = world.Noon.Add(time.Hour + time.Minute) // it is looked for
	madeByHand(w, "1")
	w.Put(o)
	look := func() {
		t.Helper()
		_, err := w.Importer().Import(t.Context(), o)
		must(t, err)
	}
	look()
	if diff := cmp.Diff([]string{"duplicate order: order 1"}, w.OpenKinds()); diff != "" {
		t.Fatalf("open (-want +got):\n%s", diff)
	}
	must(t, w.Memory.DropReservations(t.Context(), "1")) // the stock has been read
	look()
	_, err = w.Importer().Reserve(t.Context(), o)
	must(t, err)
	if r, reserved := w.Reservation(); reserved {
		t.Errorf("it is reserved again: %+v", r)
	}
}

// An order is reserved, by an older reading, while an import that knows it as shipped waits
// for its lock, and is in the warehouse already: the import says that it counts there.
func TestReserveWhileAnImportBegins(t *testing.T) {
	w := world.NewWorld(t)
	_, _, err := w.Memory.RecordsOf(t.Context())
	must(t, err)
	w.Now = func() time.Time { return world.Noon.Add(3 * time.Hour) }
	o := newMug("1")
	o.CreatedAt = world.Noon.Add(time.Hour + time.Minute)
	o.Status = bridge.InTransit
	madeByHand(w, "1")
	w.Put(o)
	begun := false
	w.After = func(_ int, name string) {
		if name == "ReservationsOf" && !begun {
			begun = true // what Reserve does, which the world's lock does not let in here
			must(t, w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1", Unseen: store.UnseenUnknown, Items: map[string]int{"i-mug": 1}, LocationID: "L1"}))
		}
	}
	_, err = w.Importer().Import(t.Context(), o)
	must(t, err)
	if r, reserved := w.Reservation(); !reserved || r.VisibleAt.IsZero() {
		t.Errorf("reserved: %v, counted by the warehouse since %v; want that it is, or its units count twice", reserved, r.VisibleAt)
	}
}

// An order that was imported, whose reservation is gone because Linnworks counted it, and
// that Linnworks counts no longer: nobody vouches for it while the catalogue cannot be asked.
func TestLookedUpLateInVain(t *testing.T) {
	for _, state := range []bridge.WarehouseState{bridge.Locked, bridge.Dropped} {
		w := world.NewWorld(t)
		_, _, err := w.Memory.RecordsOf(t.Context())
		must(t, err)
		o := newMug("1")
		w.Put(o)
		_, err = w.Importer().Import(t.Context(), o)
		must(t, err)
		must(t, w.Memory.DropReservations(t.Context(), "1"))
		w.Book[0].State = state
		w.Fail = world.FailOn("StockItems")
		results, err := w.Importer().Import(t.Context(), world.With(o, func(o *bridge.Order) { o.UpdatedAt = o.UpdatedAt.Add(1) }))
		if err == nil || len(results) != 1 || !results[0].Unseen {
			t.Errorf("%v: results %v, error %v; want one that says that its units are not counted", state, results, err)
		}
	}
}
