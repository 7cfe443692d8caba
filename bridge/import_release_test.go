package bridge_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// imported is an order that the bridge has put into the warehouse, parked because the shop
// held it.
func imported(t *testing.T, w *world.World, listings ...string) *world.BookEntry {
	t.Helper()
	held := world.With(world.AnOrder("1", listings...), func(o *bridge.Order) { o.HoldUntil = world.Noon.Add(time.Hour) })
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), held)); got != bridge.OutcomeParked {
		t.Fatalf("a held order: %s", got)
	}
	return w.Book[0]
}

// Of an order that people have split, what they stopped, sent or cancelled stays so when
// the rest is released.
func TestImportReleasesWhatIsParked(t *testing.T) {
	for _, state := range []bridge.WarehouseState{bridge.Dropped, bridge.Processed, bridge.Locked} {
		w := world.NewWorld(t)
		split(w, imported(t, w, "MUG", "SPOON"))
		w.Book[1].State = state
		_, err := w.Importer().Import(t.Context(), world.AnOrder("1", "MUG", "SPOON"))
		must(t, err)
		if got := w.Book[1].State; got != state {
			t.Errorf("the part that was %s is %s", state, got)
		}
	}
	for _, state := range []bridge.WarehouseState{bridge.Dropped, bridge.Open} {
		w := world.NewWorld(t)
		split(w, imported(t, w, "MUG", "SPOON"))
		w.Book[1].State, w.Book[1].MadeParked = state, false
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), world.AnOrder("1", "MUG", "SPOON"))); got != bridge.OutcomeReleased || w.Book[0].State != bridge.Open {
			t.Errorf("the part beside one that is %s: %s, %s", state, got, w.Book[0].State)
		}
	}
}

// An order that somebody has let go before the shop gave its address gets it with the
// rules that go with a release.
func TestImportReleasesWhatCannotBeSent(t *testing.T) {
	for _, model := range []bridge.ShippingModel{bridge.SellerShipping, bridge.TikTokShipping} {
		w := world.NewWorld(t)
		held := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
			o.Status, o.ShippingModel, o.Recipient = bridge.OnHold, model, bridge.Address{}
		})
		_, err := w.Importer().Import(t.Context(), held)
		must(t, err)
		w.Book[0].State = bridge.Open // by a person
		ready := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = model })
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), ready)); got != bridge.OutcomeReleased || w.Book[0].Address.Line1 != world.Home.Line1 {
			t.Errorf("%s: %s, to %q, want it released to the address of the buyer", model, got, w.Book[0].Address.Line1)
		}
	}
}

// The address that a buyer has changed while the order was parked comes with the release,
// and one that was released with a masked address is still known by the one it has.
func TestImportReleasesWithTheAddress(t *testing.T) {
	moved := func(o *bridge.Order) { o.AddressChanged, o.Recipient.Line1 = true, "2 New Street" }
	gone := func(o *bridge.Order) { o.Recipient = bridge.Address{} }
	masked := func(o *bridge.Order) { o.Recipient = bridge.Address{Name: "***", Line1: "***"} }
	for name, steps := range map[string][]func(*bridge.Order){
		"changed while it was parked":          {moved},
		"released masked, and changed later":   {masked, moved},
		"released without one, changed later":  {gone, moved},
		"released, changed, and masked by now": {moved, masked},
	} {
		w := world.NewWorld(t)
		imported(t, w, "MUG")
		for _, change := range steps {
			_, err := w.Importer().Import(t.Context(), world.With(world.AnOrder("1", "MUG"), change))
			must(t, err)
		}
		if e := w.Book[0]; e.State != bridge.Open || e.Address.Line1 != "2 New Street" {
			t.Errorf("%s: it is %s, to %q, want the new street", name, e.State, e.Address.Line1)
		}
	}
}

// A release that was begun is not gone on with where the order is stopped, or the buyer
// wants it cancelled by now.
func TestImportGoesOnWithNoReleaseThatIsOver(t *testing.T) {
	for name, tc := range map[string]struct {
		state     bridge.WarehouseState
		requested bool
		want      bridge.Outcome
		calls     int
	}{
		"begun":                 {bridge.Open, false, bridge.OutcomeReleased, 1},
		"locked by a person":    {bridge.Locked, false, bridge.OutcomeUnchanged, 0},
		"a request has come":    {bridge.Open, true, bridge.OutcomeUnchanged, 0},
		"it is parked anew":     {bridge.Parked, false, bridge.OutcomeReleased, 1},
		"parked, and a request": {bridge.Parked, true, bridge.OutcomeUnchanged, 0},
	} {
		w := world.NewWorld(t)
		e := imported(t, w, "MUG")
		_, err := store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) { r.Releasing = true }, store.Record{OrderID: "1"})
		must(t, err)
		e.State = tc.state
		o := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequested = tc.requested })
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != tc.want || w.Count("ReleaseOrder") != tc.calls {
			t.Errorf("%s: %s with %d calls, want %s and %d", name, got, w.Count("ReleaseOrder"), tc.want, tc.calls)
		}
	}
}

// Whether an order was let go that somebody locks meanwhile is seen when it is unlocked.
func TestImportReleasesWhatWasLockedMeanwhile(t *testing.T) {
	for _, under := range []bridge.WarehouseState{bridge.Parked, bridge.Open} {
		w := world.NewWorld(t)
		e := imported(t, w, "MUG")
		w.After = func(_ int, call string) {
			if call == "ReleaseOrder" {
				e.State = bridge.Locked
			}
		}
		for _, step := range []struct {
			state bridge.WarehouseState // before
			want  bridge.Outcome
		}{{bridge.Parked, bridge.OutcomeUnchanged}, {bridge.Locked, bridge.OutcomeUnchanged}, {under, bridge.OutcomeReleased}} {
			e.State = step.state
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), world.AnOrder("1", "MUG"))); got != step.want {
				t.Errorf("%s under the lock, found %s: %s, want %s", under, step.state, got, step.want)
			}
			w.After = nil
		}
		if e.State != bridge.Open {
			t.Errorf("%s under the lock: it is %s in the end, want it free to pick", under, e.State)
		}
	}
}

// A merged order that the bridge itself has held is let go.
func TestImportReleasesAMergedOrderThatItHeld(t *testing.T) {
	for _, held := range []bool{true, false} {
		w := world.NewWorld(t)
		_, err := w.Importer().Import(t.Context(), world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
		must(t, err)
		m := merge(w)
		m.State = bridge.Parked
		if held {
			_, err = store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) { r.ParkedAt = w.Now() }, store.Record{OrderID: "2"})
			must(t, err)
		}
		_, err = w.Importer().Import(t.Context(), world.AnOrder("2", "SPOON"))
		must(t, err)
		if released := m.State == bridge.Open; released != held {
			t.Errorf("held by the bridge: %t, released: %t", held, released)
		}
	}
}

// The ledger knows an order from when it was seen first, not from when it came in.
func TestReservationIsSeenFromTheFirst(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	im := w.ImporterAt(func() time.Time { return now })
	unpaid := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status, o.PaidAt = bridge.Unpaid, time.Time{} })
	if got := world.Outcome(t)(im.Import(t.Context(), unpaid)); got != bridge.OutcomeReserved {
		t.Fatal(got)
	}
	now = now.Add(time.Hour)
	if got := world.Outcome(t)(im.Import(t.Context(), world.AnOrder("1", "MUG"))); got != bridge.OutcomeCreated {
		t.Fatal(got)
	}
	if r, have := w.Reservation(); !have || !r.SeenAt.Equal(world.Noon) {
		t.Errorf("seen at %s, want %s", r.SeenAt, world.Noon)
	}
}

// ruled is a warehouse whose rules put every new order at another location.
type ruled struct {
	*world.World
	at string
}

func (r ruled) CreateOrders(ctx context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	created := r.World.CreateOrders(ctx, orders)
	for _, e := range r.Book {
		e.LocationID = r.at
	}
	for i := range created {
		for j := range created[i].Found {
			created[i].Found[j].LocationID = r.at
		}
	}
	return created
}

// The units of an order are taken where the warehouse has it: where a rule has put it,
// where it was put before, and where it was first if it lies in two places.
func TestUnitsAreTakenWhereTheOrderIs(t *testing.T) {
	place := func(t *testing.T, w *world.World) string {
		t.Helper()
		reserved, err := w.Memory.Reservations(t.Context())
		must(t, err)
		if len(reserved) != 1 {
			t.Fatalf("reserved %+v, want one order", reserved)
		}
		return reserved[0].LocationID
	}
	t.Run("a rule", func(t *testing.T) {
		w := world.NewWorld(t)
		w.Stock = map[string]map[string]int{"i-mug": {"L1": 5, "L3": 5}}
		im, err := bridge.NewImporter(bridge.ImportPorts{
			OrderBook: ruled{w, "l3"}, Tracer: w, Catalogue: w, Levels: w, Ledger: w, Records: w, Locks: w, Exceptions: w,
		}, bridge.ImportOptions{Locations: map[string][]string{"W1": {"L1", "L2", "L3"}}, DefaultLocation: "L1", Now: w.Now})
		must(t, err)
		_, err = im.Import(t.Context(), world.AnOrder("1", "MUG"))
		must(t, err)
		if got := place(t, w); got != "L3" {
			t.Errorf("at %s, want L3", got)
		}
	})
	t.Run("before", func(t *testing.T) {
		w := world.NewWorld(t)
		w.Stock = map[string]map[string]int{"i-mug": {"L2": 5}}
		im := allocating(t, w, w)
		_, err := im.Import(t.Context(), world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.OnHold }))
		must(t, err)
		w.Stock = map[string]map[string]int{"i-mug": {"L1": 5}} // moved there since
		asked := w.Count("StockLevels")
		_, err = im.Import(t.Context(), world.AnOrder("1", "MUG"))
		must(t, err)
		if got := place(t, w); got != "L2" || w.Count("StockLevels") != asked {
			t.Errorf("at %s, and the levels were read %d times more, want L2 and none", got, w.Count("StockLevels")-asked)
		}
	})
	t.Run("two places", func(t *testing.T) {
		w := world.NewWorld(t)
		w.Stock = map[string]map[string]int{"i-mug": {"L1": 5}, "i-spoon": {"L1": 5}}
		im := allocating(t, w, w)
		o := world.AnOrder("1", "MUG", "SPOON")
		_, err := im.Import(t.Context(), o)
		must(t, err)
		split(w, w.Book[0])
		w.Book[1].LocationID, w.Book[1].Parents = "L2", []string{w.Book[0].ID}
		o = world.AnOrder("1", "MUG", "SPOON", "SPOON") // it changes, and so does what is reserved
		_, err = im.Import(t.Context(), o)
		must(t, err)
		if got := place(t, w); got != "L1" {
			t.Errorf("at %s, want L1", got)
		}
	})
	t.Run("nowhere", func(t *testing.T) {
		w := world.NewWorld(t)
		_, err := allocating(t, w, w).Import(t.Context(), world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Cancelled }))
		must(t, err)
		if n := w.Count("StockLevels"); n != 0 {
			t.Errorf("the levels were read %d times for an order that takes nothing", n)
		}
	})
}

// What proves the total of a warehouse order is written onto one that holds this order
// alone and whole, if it is known.
func TestCancelledLinesAreOnTheOrderAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*testing.T, *world.World, *world.BookEntry)
		want   bool
	}{
		"whole":  {func(*testing.T, *world.World, *world.BookEntry) {}, true},
		"split":  {func(_ *testing.T, _ *world.World, e *world.BookEntry) { e.Split = true }, false},
		"merged": {func(_ *testing.T, _ *world.World, e *world.BookEntry) { e.Merged, e.References = true, []string{"1"} }, false},
		"nobody knows what it was sold for": {func(t *testing.T, w *world.World, _ *world.BookEntry) {
			_, err := store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) { clear(r.Notes) }, store.Record{OrderID: "1"})
			must(t, err)
		}, false},
	} {
		w := world.NewWorld(t)
		o := world.AnOrder("1", "MUG", "MUG", "SPOON")
		_, err := w.Importer().Import(t.Context(), w.Put(o)...)
		must(t, err)
		tc.change(t, w, w.Book[0])
		o.Lines = slices.Clone(o.Lines)
		o.Lines[2].Cancelled = true
		w.Put(o)
		before := cancelledOf(w.Book[0])
		_, err = w.Canceller(0).Cancel(t.Context(), bridge.CancellationsOf(o)...)
		must(t, err)
		want := before
		if tc.want {
			want = "10.00"
		}
		if got := cancelledOf(w.Book[0]); got != want || len(w.Book[0].Lines) != 1 {
			t.Errorf("%s: it says that %q is cancelled, want %q; left %v", name, got, want, w.Book[0].Lines)
		}
	}
}

// cancelledOf is what a warehouse order says of how much of its sale is cancelled.
func cancelledOf(e *world.BookEntry) string {
	i := slices.IndexFunc(e.From.Properties, func(p exceptions.Property) bool { return p.Name == "tiktok.cancelled" })
	if i < 0 {
		return "nothing"
	}
	return e.From.Properties[i].Value
}
