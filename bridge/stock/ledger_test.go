package stock_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// mugs is a book of a shop that shows ten mugs, and has read that there are ten.
func mugs(t *testing.T) *stock.Book {
	t.Helper()
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: world.AtNoon})
	if err != nil {
		t.Fatal(err)
	}
	b.SetCatalogue(b.Mark(), world.Noon, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}}}},
		map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	readMugs(b, b.Mark(), world.Noon, 10)
	return b
}

func readMugs(b *stock.Book, mark stock.Mark, at time.Time, n int) {
	b.SetLevels(mark, stock.Reading{At: at, Available: map[string]map[string]int{"i-mug": {"L1": n}}}, "i-mug")
}

func soldMugs(id string, units int, at time.Time) store.Reservation {
	r := store.Reservation{Shop: "shop", OrderID: id, LocationID: "L1", CreatedAt: at, SeenAt: at, Items: map[string]int{"i-mug": units}}
	for n := range units {
		r.Lines = append(r.Lines, store.ReservedLine{LineID: fmt.Sprint(id, "-", n), SKUID: "s-MUG", Items: map[string]int{"i-mug": 1}})
	}
	return r
}

func put(r store.Reservation, revision store.Revision) store.Change {
	r.Revision = revision
	return store.Change{Revision: revision, Reservation: r}
}

func dropped(id string, revision store.Revision) store.Change {
	return store.Change{Revision: revision, Dropped: true, Reservation: store.Reservation{Shop: "shop", OrderID: id}}
}

// Answers of the ledger that overtake one another leave what the newest says: an older
// one neither cancels an order nor brings one back.
func TestBookLedgerAnswersOvertake(t *testing.T) {
	at := world.Noon.Add(time.Minute)
	order := soldMugs("1", 3, at)
	type answer struct {
		after, now store.Revision
		changes    []store.Change
	}
	for _, tc := range []struct {
		name    string
		answers []answer
		want    int // of the book's belief
		rev     store.Revision
		suspect bool
	}{
		{"in order", []answer{{0, 1, nil}, {1, 2, []store.Change{put(order, 2)}}}, 7, 2, false},
		{"an older answer after it", []answer{{0, 1, nil}, {1, 2, []store.Change{put(order, 2)}}, {1, 1, nil}}, 7, 2, false},
		{"an older list after it", []answer{{0, 2, []store.Change{put(order, 2)}}, {0, 1, nil}}, 7, 2, false},
		{"a newer list after it", []answer{{0, 2, []store.Change{put(order, 2)}}, {0, 3, nil}}, 7, 3, true},
		{"dropped, and then an older answer", []answer{{0, 1, nil}, {1, 3, []store.Change{dropped("1", 3)}}, {1, 2, []store.Change{put(order, 2)}}}, 10, 3, false},
		{"a hole before it", []answer{{0, 1, nil}, {2, 3, []store.Change{put(order, 3)}}}, 10, 1, false},
		{"overlapping", []answer{{0, 1, nil}, {1, 3, []store.Change{put(order, 2)}}, {1, 4, []store.Change{put(order, 2), dropped("2", 4)}}}, 7, 4, false},
	} {
		b := mugs(t)
		for _, a := range tc.answers {
			b.SetChanges(at.Add(time.Second), a.after, a.now, a.changes)
		}
		if rev := b.Revision(); rev != tc.rev {
			t.Errorf("%s: the book is at revision %d, want %d", tc.name, rev, tc.rev)
		}
		if got := b.Believed("s-MUG"); got != tc.want {
			t.Errorf("%s: believed to show %d, want %d", tc.name, got, tc.want)
		}
		if got := b.SuspectProduct("p-MUG"); got != tc.suspect {
			t.Errorf("%s: suspect %t, want %t", tc.name, got, tc.suspect)
		}
	}
}

// A ledger that was begun anew is read from its start, with lower revisions.
func TestLedgerBegunAnew(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1")
	b := mugs(t)
	b.SetChanges(world.Noon, 0, 900, []store.Change{put(soldMugs("old", 2, world.Noon), 900)})
	if err := w.Memory.PutReservations(t.Context(), soldMugs("new", 1, world.Noon.Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	if err := stock.ReadLedger(t.Context(), w, b, world.AtNoon); err != nil {
		t.Fatal(err)
	}
	if got := b.Revision(); got != 1 {
		t.Errorf("revision %d, want 1", got)
	}
	readMugs(b, b.Mark(), world.Noon.Add(time.Hour), 10) // begun when the old one was gone
	if n, _ := b.Wanted("s-MUG"); n != 9 {
		t.Errorf("%d wanted, want 9: the new order counts, the old one no longer", n)
	}
}

// A reading releases an order if its reader knew before that the warehouse has it,
// whatever the clocks of importer and reader say.
func TestBookReleasesByRevision(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"clocks agree": 0, "the reader is fast": 5 * time.Second, "the reader is slow": -5 * time.Second} {
		b := mugs(t)
		at := world.Noon.Add(time.Minute)
		order := soldMugs("1", 4, at.Add(-10*time.Second))
		b.SetChanges(at, 0, 1, []store.Change{put(order, 1)})
		early := b.Mark() // a reading begins before the import
		order.VisibleAt, order.VisibleFrom = at, 2
		b.SetChanges(at.Add(time.Second), 1, 2, []store.Change{put(order, 2)})
		readMugs(b, early, at.Add(ahead-time.Second), 10)
		if n, _ := b.Wanted("s-MUG"); n != 6 || len(b.Superfluous()) != 0 {
			t.Errorf("%s: a reading begun before the import released it: %d wanted, want 6", name, n)
		}
		readMugs(b, b.Mark(), at.Add(ahead+time.Second), 6)
		if n, _ := b.Wanted("s-MUG"); n != 6 || len(b.Superfluous()) != 1 {
			t.Errorf("%s: a later reading: %d wanted, %v superfluous, want 6 and the order", name, n, b.Superfluous())
		}
		// Given free in the warehouse and taken again: no reading has it until it is back.
		order.VisibleAt, order.VisibleFrom, order.Unseen = time.Time{}, 0, store.UnseenLocked
		b.SetChanges(at.Add(2*time.Second), 2, 3, []store.Change{put(order, 3)})
		readMugs(b, b.Mark(), at.Add(ahead+2*time.Second), 10)
		if n, _ := b.Wanted("s-MUG"); n != 6 {
			t.Errorf("%s: locked: %d wanted, want 6", name, n)
		}
		order.VisibleAt, order.VisibleFrom = at, 4
		early = b.Mark()
		b.SetChanges(at.Add(3*time.Second), 3, 4, []store.Change{put(order, 4)})
		readMugs(b, early, at.Add(ahead+3*time.Second), 10)
		if n, _ := b.Wanted("s-MUG"); n != 6 || len(b.Superfluous()) != 0 {
			t.Errorf("%s: locked and back: %d wanted, want 6", name, n)
		}
	}
}

// An order that comes back into the ledger was sold once.
func TestBookCountsASaleOnce(t *testing.T) {
	b := mugs(t)
	at := world.Noon.Add(time.Minute)
	order := soldMugs("1", 4, at)
	visible := order
	visible.VisibleAt, visible.VisibleFrom = at, 1
	b.SetChanges(at, 0, 1, []store.Change{put(visible, 1)})
	readMugs(b, b.Mark(), at, 6)
	b.SetChanges(at, 1, 2, []store.Change{dropped("1", 2)})
	readMugs(b, b.Mark(), at, 6)
	b.SetChanges(at, 2, 3, []store.Change{put(order, 3)}) // locked
	if got := b.Believed("s-MUG"); got != 6 {
		t.Errorf("believed to show %d, want 6", got)
	}
}

// A sale is taken off what the warehouse shows that sends it, down to nothing, and off no
// other.
func TestBookCountsASaleWhereItIsSent(t *testing.T) {
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Now: world.AtNoon})
	if err != nil {
		t.Fatal(err)
	}
	b.SetCatalogue(b.Mark(), world.Noon, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 3}, {WarehouseID: "W2", Quantity: 7}}}},
		map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	at := world.Noon.Add(time.Minute)
	for i, want := range []int{8, 7, 7} {
		revision := store.Revision(i + 1)
		b.SetChanges(at, revision-1, revision, []store.Change{put(soldMugs(fmt.Sprint(i), 2, at), revision)})
		if got := b.Believed("s-MUG"); got != want {
			t.Errorf("order %d: believed to show %d, want %d", i+1, got, want)
		}
	}
}

// Orders of what is archived or not tracked leave the ledger, too.
func TestBookReleasesWhatNoReadingTells(t *testing.T) {
	for name, set := range map[string]func(b *stock.Book, at time.Time){
		"archived": func(b *stock.Book, at time.Time) {
			b.SetLevels(b.Mark(), stock.Reading{At: at}, "i-mug")
			b.SetItemStates(map[string]stock.ItemState{"i-mug": {Archived: true}})
		},
		"vanished": func(b *stock.Book, at time.Time) { b.SetLevels(b.Mark(), stock.Reading{At: at}, "i-mug") },
		"not tracked by the reading": func(b *stock.Book, at time.Time) {
			b.SetLevels(b.Mark(), stock.Reading{At: at, Untracked: map[string]bool{"i-mug": true}}, "i-mug")
		},
		"not tracked by the catalogue": func(b *stock.Book, at time.Time) {
			item := world.Mug
			item.Untracked = true
			b.SetCatalogue(b.Mark(), at, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}}}}, map[string]catalogue.Item{"s-MUG": item}, nil)
			b.SetLevels(b.Mark(), stock.Reading{At: at})
		},
	} {
		b := mugs(t)
		at := world.Noon.Add(time.Minute)
		order := soldMugs("1", 1, at)
		b.SetChanges(at, 0, 1, []store.Change{put(order, 1)})
		set(b, at)
		if n := len(b.Superfluous()); n != 0 {
			t.Errorf("%s: dropped before the warehouse has it", name)
		}
		order.VisibleAt, order.VisibleFrom = at, 2
		b.SetChanges(at, 1, 2, []store.Change{put(order, 2)})
		set(b, at.Add(time.Hour))
		if n := len(b.Superfluous()); n != 1 {
			t.Errorf("%s: %d orders can be dropped, want 1", name, n)
		}
		b.SetChanges(at, 2, 4, []store.Change{dropped("1", 3), put(soldMugs("2", 1, at), 4)})
		b.SetChanges(at, 4, 5, []store.Change{dropped("2", 5)}) // the warehouse never had it
		set(b, at.Add(2*time.Hour))
		if b.SetChanges(at, 5, 6, nil); b.Orders() != 0 {
			t.Errorf("%s: %d orders are kept after they were dropped, want none", name, b.Orders())
		}
	}
}

// counted notes how much of the ledger is read, and what the queue is asked.
type counted struct {
	*world.World
	reads, rows, clears int
}

func (c *counted) LedgerChanges(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
	changes, now, err := c.World.LedgerChanges(ctx, after)
	c.reads++
	c.rows += len(changes)
	return changes, now, err
}

func (c *counted) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	c.clears++
	return c.World.Clear(ctx, object, kinds...)
}

// The ledger is read once, and afterwards only what has changed in it; what is not open
// is not closed.
func TestStockPushReadsWhatChanged(t *testing.T) {
	w := &counted{World: world.NewWorld(t)}
	const products, orders = 50, 200
	for i := range products {
		name := fmt.Sprint("X", i)
		w.Items["s-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}
		w.Stock["i-"+name] = map[string]int{"L1": 10}
		w.List(name, "W1")
	}
	for i := range orders {
		if err := w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: fmt.Sprint(i), LocationID: "L1", Items: map[string]int{"i-X1": 1}}); err != nil {
			t.Fatal(err)
		}
	}
	push, err := stock.NewEngine(stock.Ports{
		Listings: w, Catalogue: w, Levels: w, SeeOrders: world.AllSeen, Ledger: w, Publisher: w, Locks: w, Exceptions: w,
	}, stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := push.Push(t.Context()); err != nil || r.Published != products-1 {
		t.Fatalf("%s%v", r, err)
	}
	if w.rows != orders {
		t.Errorf("%d reservations read in %d calls, want each of the %d once", w.rows, w.reads, orders)
	}
	if w.clears > 2 { // those of the whole shop
		t.Errorf("%d exceptions closed, want none of the products", w.clears)
	}
}

// sharedLedger is that of two shops, both of which have seen every order.
type sharedLedger struct{ *world.World }

func (s sharedLedger) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	return map[string]time.Time{"shop": s.Now(), "another shop": s.Now()}, ctx.Err()
}

// With another shop on the account an order stays in the ledger long enough for that one
// to see it: its levels may be from before the import.
func TestReleaseWaitsForTheOtherShop(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	w.List("MUG", "W1")
	push, err := stock.NewEngine(stock.Ports{
		Listings: w, Catalogue: w, Levels: w, SeeOrders: world.AllSeen, Ledger: sharedLedger{w}, Publisher: w, Locks: w, Exceptions: w,
	}, stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: w.Now})
	if err != nil {
		t.Fatal(err)
	}
	order := soldMugs("1", 3, now.Add(-time.Hour))
	order.VisibleAt = now.Add(-time.Minute)
	if err := w.Memory.PutReservations(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	for _, kept := range []bool{true, true, false} {
		if _, err := push.Push(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Reservation(); ok != kept || w.Shown()["MUG"] != "W1:10" {
			t.Errorf("%s after the import: reserved %t, want %t; the shop shows %s", now.Sub(order.VisibleAt), ok, kept, w.Shown()["MUG"])
		}
		now = now.Add(2 * time.Minute)
	}
}

// What an order takes is taken off what the shop should show, until it takes something else,
// or a level was read that cannot have its units any more.
func TestBookFollowsWhatAnOrderTakes(t *testing.T) {
	at := world.Noon.Add(time.Minute)
	of := func(units int, change func(*store.Reservation)) store.Reservation {
		r := soldMugs("1", units, at)
		if change != nil {
			change(&r)
		}
		return r
	}
	b := mugs(t)
	for i, tc := range []struct {
		what   string
		change store.Change
		read   bool // the level of ten, afterwards
		want   int
	}{
		{"ordered", put(of(4, nil), 1), true, 6},
		{"a part of it is cancelled", put(of(1, nil), 2), true, 9},
		{"dropped", dropped("1", 3), false, 9},
		{"back before a level was read", put(of(1, nil), 4), true, 9},
		{"from a location that supplies nothing", put(of(1, func(r *store.Reservation) { r.LocationID = "L9" }), 5), true, 10},
		{"from one that does", put(of(1, nil), 6), true, 9},
		{"in the warehouse", put(of(1, func(r *store.Reservation) { r.VisibleAt, r.VisibleFrom = at, 7 }), 7), false, 9},
		{"dropped, and a level was read", dropped("1", 8), true, 10},
		{"back after that", put(of(1, nil), 9), true, 9},
	} {
		revision := store.Revision(i + 1)
		b.SetChanges(at, revision-1, revision, []store.Change{tc.change})
		if tc.read {
			readMugs(b, b.Mark(), at, 10)
		}
		if n, _ := b.Wanted("s-MUG"); n != tc.want {
			t.Errorf("%s: %d wanted, want %d", tc.what, n, tc.want)
		}
	}
}

// The only line of an order is cancelled before its SKU is found in the warehouse. Once it is,
// the order takes nothing.
func TestLineCancelledBeforeItsItemIsKnown(t *testing.T) {
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: world.AtNoon})
	if err != nil {
		t.Fatal(err)
	}
	listings := []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}}}}
	b.SetCatalogue(b.Mark(), world.Noon, listings, nil, nil)
	r := store.Reservation{Shop: "shop", OrderID: "1", LocationID: "L1", CreatedAt: world.Noon, SeenAt: world.Noon, Lines: []store.ReservedLine{{LineID: "1", SKUID: "s-MUG"}}}
	b.SetChanges(world.Noon, 0, 1, []store.Change{put(r, 1)})
	readMugs(b, b.Mark(), world.Noon, 10)
	if list := b.Superfluous(); len(list) > 0 {
		t.Errorf("%v can be dropped, want none: the warehouse does not have it", list)
	}
	r.Lines = nil
	b.SetChanges(world.Noon, 1, 2, []store.Change{put(r, 2)})
	b.SetCatalogue(b.Mark(), world.Noon, listings, map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	readMugs(b, b.Mark(), world.Noon, 10)
	if n, known := b.Wanted("s-MUG"); n != 10 || !known {
		t.Errorf("%d wanted, want 10", n)
	}
}

// The item of an order is found later, and is a kit that the location holds ready-made: the
// order takes the kit.
func TestReadyMadeKitThatIsKnownLater(t *testing.T) {
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: world.AtNoon})
	if err != nil {
		t.Fatal(err)
	}
	listings := []catalogue.Listing{{SKU: world.SKU("SET"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 5}}}}
	listings = append(listings, catalogue.Listing{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}}})
	b.SetCatalogue(b.Mark(), world.Noon, listings, map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	r := soldMugs("1", 2, world.Noon)
	r.Lines = append(r.Lines, store.ReservedLine{LineID: "1", SKUID: "s-SET"})
	b.SetChanges(world.Noon, 0, 1, []store.Change{put(r, 1)})
	set := world.Set
	set.StockedIn = []string{"L1"}
	b.SetCatalogue(b.Mark(), world.Noon, listings, map[string]catalogue.Item{"s-SET": set, "s-MUG": world.Mug}, nil)
	b.SetLevels(b.Mark(), stock.Reading{At: world.Noon, Available: map[string]map[string]int{"i-mug": {"L1": 10}, "i-spoon": {"L1": 9}, "i-set": {"L1": 5}}})
	for sku, want := range map[string]int{"s-SET": 4, "s-MUG": 8} {
		if n, known := b.Wanted(sku); n != want || !known {
			t.Errorf("%s: %d wanted, want %d", sku, n, want)
		}
	}
}
