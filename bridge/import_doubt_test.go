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

// The warehouse cannot be asked about an order that it counts by the ledger: its units
// are not taken a second time.
func TestImportReservesNothingTwiceInDoubt(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG"))[0]
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeCreated {
		t.Fatal(got)
	}
	before, _ := w.Reservation()
	if before.VisibleAt.IsZero() {
		t.Fatalf("the warehouse does not count what it was given: %+v", before)
	}
	w.Fail = world.FailOn("TraceOrders")
	if _, err := w.Importer().Import(t.Context(), o); !errors.Is(err, world.ErrInjected) {
		t.Fatalf("got %v, want the failure of the warehouse", err)
	}
	after, _ := w.Reservation()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the reservation (-before +after):\n%s", diff)
	}
}

// Nor are units taken of what has left, or is not the seller's, while the warehouse
// cannot be asked.
func TestImportReservesNothingOfWhatHasLeftInDoubt(t *testing.T) {
	for name, change := range map[string]func(*bridge.Order){
		"shipped":                func(o *bridge.Order) { o.Status = bridge.InTransit },
		"cancelled":              func(o *bridge.Order) { o.Status = bridge.Cancelled },
		"in TikTok's warehouse":  func(o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok },
		"(to be sent, the rule)": func(*bridge.Order) {},
	} {
		w := world.NewWorld(t)
		w.Fail = world.FailOn("FindOrders")
		if _, err := w.Importer().Import(t.Context(), world.With(world.AnOrder("1", "MUG"), change)); !errors.Is(err, world.ErrInjected) {
			t.Fatalf("%s: got %v, want the failure of the warehouse", name, err)
		}
		if _, reserved := w.Reservation(); reserved != (name == "(to be sent, the rule)") {
			t.Errorf("%s: reserved %t", name, reserved)
		}
	}
}

// An order of which the warehouse shows fewer units than were sold was split, and the
// other part counts too: here it is locked, and its unit is not counted.
func TestImportLooksForTheRestOfAShortOrder(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG", "SPOON"))[0]
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeCreated {
		t.Fatal(got)
	}
	split(w, w.Book[0])
	w.Book[1].State = bridge.Locked
	r, err := w.Importer().Import(t.Context(), o)
	if err != nil || len(r) != 1 || r[0].WarehouseOrder != "100, 100b" {
		t.Errorf("got %v, %v; want both parts, 100 and 100b", r, err)
	}
	if got, _ := w.Reservation(); got.Unseen != store.UnseenLocked {
		t.Errorf("the reservation says %q, want %q: a part is locked", got.Unseen, store.UnseenLocked)
	}
}

// An order placed just after the records were begun, by clocks that differ, may have
// been imported before them: it is looked for, and not created again.
func TestImportLooksForOrdersFromTheBeginningOfTheRecords(t *testing.T) {
	w := world.NewWorld(t)
	w.Careless = true
	begun := world.Noon.Add(time.Hour) // see world.NewWorld
	for id, placed := range map[string]time.Time{"1": begun.Add(time.Minute), "2": begun.Add(9 * time.Minute)} {
		o := w.Put(world.With(world.AnOrder(id, "MUG"), func(o *bridge.Order) { o.CreatedAt = placed }))[0]
		w.Waiting(o)
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeUnchanged {
			t.Errorf("placed %s after the records were begun: %s, want it found", placed.Sub(begun), got)
		}
	}
	if len(w.Book) != 2 {
		t.Errorf("%d warehouse orders for 2 of the shop", len(w.Book))
	}
}

// A cancelled order stays so on record while the shop's details lag: nobody takes it
// for one that lives, and it is forgotten in time.
func TestImportKeepsACancellationOnRecord(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG"))[0]
	take := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), w)
	_, err := take(t.Context(), []bridge.Order{o})
	must(t, err)
	_, err = take(t.Context(), w.Put(world.With(o, func(o *bridge.Order) { o.Status = bridge.Cancelled })))
	must(t, err)
	before := recordOf(t, w, "1")
	if before.Status != string(bridge.Cancelled) || before.EndedAt.IsZero() {
		t.Fatalf("the record says %+v, want that it is cancelled and has ended", before)
	}
	_, _ = take(t.Context(), w.Put(o)) // the details lag
	if after := recordOf(t, w, "1"); after.Status != before.Status || !after.EndedAt.Equal(before.EndedAt) {
		t.Errorf("after an older reading the record says %s, ended %v; want %s, %v", after.Status, after.EndedAt, before.Status, before.EndedAt)
	}
}

func recordOf(t *testing.T, w *world.World, id string) store.Record {
	t.Helper()
	records, _, err := w.Memory.RecordsOf(t.Context(), id)
	must(t, err)
	return records[id]
}
