package stock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// bookOrders are the orders that reserve an item, and how many units of theirs
// its level does not have yet, by index of the location.
type bookOrders struct {
	list   []*bookOrder
	unseen []int
}

// bookOrder is a shop order in the ledger, or one that has left it so lately that
// a reading may not know of it.
type bookOrder struct {
	// Reservation is what was put, resolved; put is as it was put.
	store.Reservation
	put store.Reservation
	// visibleAt is when the book found the units visible in the warehouse, goneAt that
	// the ledger has dropped the order; 0 before.
	visibleAt, goneAt Mark
	// units of one listing that are sold without an order being known, if not 0: by
	// orders placed up to seenTo. They count until the moment until.
	units         int
	seenTo, until time.Time
	// elsewhere is not nil for a locked order of the warehouse that another shop has sold, or
	// nobody knows who: the shops' orders in it, which the ledger does not have yet. It
	// counts until the moment until.
	elsewhere []string
}

// SetReservations replaces what the ledger holds, at the moment at. An order that
// is no longer in it goes on counting until levels have been read after the
// book found out: they may not know of it yet. Set lists in the order in which they
// were read; a program that reads in several places at once uses [Book.SetChanges].
func (b *Book) SetReservations(at time.Time, list []store.Reservation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	b.replace(at, list)
	b.tidyOrders(at)
}

// Revision is up to which revision of the ledger the book has every change.
func (b *Book) Revision() store.Revision {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.revision
}

// SetChanges takes in an answer of [store.Ledger.LedgerChanges], read at the moment at
// after the revision that [Book.Revision] told: what has changed up to the revision
// now, or after revision 0 all that there is. What the book has by now stays, so that
// answers may overtake one another. To begin anew after [store.ErrRevision], see
// [Book.ForgetRevision].
func (b *Book) SetChanges(at time.Time, after, now store.Revision, changes []store.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	b.ledgerAt = at
	defer b.tidyOrders(at)
	if after > b.revision || now <= b.revision && b.revision > 0 {
		return
	}
	if after == 0 { // all that there is: what was dropped meanwhile is left out
		list := make([]store.Reservation, 0, len(changes))
		for _, c := range changes {
			if !c.Dropped {
				list = append(list, c.Reservation)
			}
		}
		b.replace(at, list)
		b.revision = now
		return
	}
	for _, c := range changes {
		key := keyOf(c.Reservation)
		switch {
		case c.Revision <= b.revision:
		case !c.Dropped:
			b.reserve(at, c.Reservation)
		case b.orders[key] != nil:
			b.gone(b.orders[key])
		}
	}
	b.dropReserved()
	b.revision = now
}

// ForgetRevision has the ledger read from its start: what changed since the revision
// given is not known. It does nothing if the book has another revision by now.
func (b *Book) ForgetRevision(revision store.Revision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.revision == revision {
		b.revision = 0
	}
}

func (b *Book) replace(at time.Time, list []store.Reservation) {
	kept := make(map[orderKey]bool, len(list))
	for _, r := range list {
		kept[keyOf(r)] = true
		b.reserve(at, r)
	}
	for id, o := range b.orders {
		if !kept[id] && o.inLedger() {
			b.gone(o)
		}
	}
	b.dropReserved()
}

// reserve enters what was put in the ledger for an order.
func (b *Book) reserve(at time.Time, put store.Reservation) {
	r := b.resolved(put)
	o, have := b.orders[keyOf(r)]
	if have && o.goneAt == 0 && o.same(r) {
		o.put = put // its lines may be others, and will be resolved again
		return
	}
	if !have {
		o = &bookOrder{}
		b.orders[keyOf(r)] = o
		b.noteAstray(r)
		b.flight.sold(r)
		if b.soldOnce.add(keyOf(r)) { // one that comes back is no other sale
			b.sold(at, r)
		}
	}
	b.freedBefore(o, have, r)
	switch old := o.Reservation; {
	case r.VisibleAt.IsZero():
		o.visibleAt = 0
	case o.visibleAt == 0, r.VisibleFrom != old.VisibleFrom, r.VisibleFrom == 0 && !r.VisibleAt.Equal(old.VisibleAt):
		o.visibleAt = b.seq
	}
	old := o.Items
	o.Reservation, o.put, o.goneAt = r, put, 0
	b.reindex(o, old)
}

// gone notes that the ledger has an order no longer.
func (b *Book) gone(o *bookOrder) {
	if o.goneAt != 0 {
		return
	}
	o.goneAt = b.seq
	if o.VisibleAt.IsZero() { // not imported and seen, so it was cancelled
		for _, line := range o.Lines {
			b.suspect(line.SKUID)
		}
	}
}

// tidyOrders forgets what counts no longer.
func (b *Book) tidyOrders(at time.Time) {
	for _, o := range b.orders {
		switch {
		case o.unseen():
			if !at.Before(o.until) && b.ordersSeen.covers(o.seenTo) {
				b.drop(o)
			}
		case o.elsewhere != nil && !at.Before(o.until):
			b.drop(o)
		case o.goneAt != 0 && !b.counted(o):
			b.drop(o)
		}
	}
}

// resolved fills in what the lines of an order take whose listing had no item when the
// order was reserved, and has one now: nobody has looked at the order since, and the
// item's first level must not be offered whole.
func (b *Book) resolved(r store.Reservation) store.Reservation {
	if !r.VisibleAt.IsZero() {
		return r
	}
	var items map[string]int
	for _, line := range r.Lines {
		n, have := b.listings.Find(line.SKUID)
		if !have || len(line.Items) > 0 || len(line.Components) > 0 {
			continue
		}
		parts, stocked := b.listings.At(n).parts, b.listings.At(n).rare.read().stocked
		if location, known := b.locationN[r.LocationID]; known && stocked != nil {
			if there, have := stocked.at[location]; have {
				parts = there
			}
		}
		for _, p := range parts {
			if items == nil {
				items = make(map[string]int, len(r.Items)+len(parts))
				maps.Copy(items, r.Items)
			}
			items[b.part(p).id] += int(p.per)
		}
	}
	if items != nil {
		r.Items = items
	}
	return r
}

func (o *bookOrder) same(r store.Reservation) bool {
	return o.LocationID == r.LocationID && o.VisibleAt.Equal(r.VisibleAt) && o.VisibleFrom == r.VisibleFrom && maps.Equal(o.Items, r.Items)
}

// counted reports whether an order takes anything off levels that count, countedNow
// whether off what was last read.
func (b *Book) counted(o *bookOrder) bool { return b.countedAt(o, b.oldestMark) }

func (b *Book) countedNow(o *bookOrder) bool {
	return b.countedAt(o, func(i int) Mark { return b.items.At(i).mark })
}

func (b *Book) countedAt(o *bookOrder, markOf func(item int) Mark) bool {
	for id := range o.Items {
		if i, have := b.items.Find(id); have && o.counts(b.items.At(i), markOf(i)) {
			return true
		}
	}
	return false
}

// counts reports whether a reading of an item that began at the mark cannot have an
// order's units: the book did not know yet that the warehouse has them. No clock is asked,
// for those of two machines differ. Where nothing is tracked no reading will ever tell.
func (o *bookOrder) counts(it *bookItem, mark Mark) bool {
	if it.untracked || it.unlimited {
		return o.visibleAt == 0 && o.goneAt == 0
	}
	visible := o.visibleAt != 0 && mark >= o.visibleAt
	return !visible && (o.goneAt == 0 || mark < o.goneAt)
}

// index enters an order with its items.
func (b *Book) index(o *bookOrder) {
	for id := range o.Items {
		if i, have := b.items.Find(id); have {
			it := b.items.At(i)
			if it.reserved == nil {
				it.reserved = &bookOrders{unseen: make([]int, len(b.locations))}
			}
			it.reserved.list = append(it.reserved.list, o)
		}
	}
}

// reindex enters an order that had other items before, and counts those again.
func (b *Book) reindex(o *bookOrder, old map[string]int) {
	for id := range old {
		if i, have := b.items.Find(id); have && b.items.At(i).reserved != nil {
			r := b.items.At(i).reserved
			r.list = slices.DeleteFunc(r.list, func(other *bookOrder) bool { return other == o })
		}
	}
	if b.orders[keyOf(o.Reservation)] == o {
		b.index(o)
	}
	for _, items := range []map[string]int{old, o.Items} {
		for id := range items {
			if i, have := b.items.Find(id); have && b.countUnseen(i) {
				b.touchUsers(i)
			}
		}
	}
}

// countUnseen adds up what is sold of an item and not in its level, and reports
// whether that has changed.
func (b *Book) countUnseen(i int) (changed bool) {
	it := b.items.At(i)
	if it.risen {
		before := b.lockedOrders.before[it.id]
		sum := b.unseenAt(it, before.mark)
		changed = !slices.Equal(sum, before.unseen)
		before.unseen = sum
	}
	if it.reserved == nil {
		return changed
	}
	sum := b.unseenAt(it, it.mark)
	changed = changed || !slices.Equal(sum, it.reserved.unseen)
	it.reserved.unseen = sum
	if len(it.reserved.list) == 0 {
		it.reserved = nil
	}
	return changed
}

// unseenAt is what is sold of an item, by index of the location, that a reading which began
// at the mark cannot have.
func (b *Book) unseenAt(it *bookItem, mark Mark) []int {
	sum := make([]int, len(b.locations))
	if it.reserved == nil {
		return sum
	}
	for _, o := range it.reserved.list {
		if n, feeds := b.locationN[o.LocationID]; feeds && o.counts(it, mark) {
			sum[n] += o.Items[it.id]
		}
	}
	return sum
}

// Superfluous returns the reservations of orders whose units every level that was
// read has by now, by shop and order: they can be dropped, each by its shop.
func (b *Book) Superfluous() []store.Reservation {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []store.Reservation
	for _, o := range b.orders {
		if o.goneAt == 0 && o.visibleAt != 0 && b.lastRead >= o.visibleAt && !b.countedNow(o) {
			list = append(list, o.Reservation)
		}
	}
	slices.SortFunc(list, func(x, y store.Reservation) int {
		return cmp.Or(cmp.Compare(x.Shop, y.Shop), cmp.Compare(x.OrderID, y.OrderID))
	})
	return list
}

// sold accounts for an order at its first sight: it makes its listings hotter,
// and the shop has taken its units off what it shows if it was placed after the
// shop accepted that.
func (b *Book) sold(at time.Time, r store.Reservation) {
	r.CreatedAt = b.flight.ours(r.CreatedAt)
	for _, line := range r.Lines {
		b.soldOf(at, r, line.SKUID, 1)
		for id, units := range line.Components {
			b.soldOf(at, r, id, units)
		}
	}
}

func (b *Book) soldOf(at time.Time, r store.Reservation, skuID string, sold int) {
	n, have := b.listings.Find(skuID)
	if !have {
		return
	}
	e := b.listings.At(n)
	if e.heat == nil {
		e.heat = new(heat)
	}
	e.heat.add(at, float64(sold))
	if r.CreatedAt.After(at.Add(shopClockSlack)) {
		return
	}
	shownAt := e.shownAt.time()
	certain := r.CreatedAt.After(shownAt.Add(shopClockSlack))
	if !certain && r.CreatedAt.After(shownAt.Add(-shopClockSlack)) {
		e.maybe = units(int(e.maybe) + sold)
	}
	location, known := b.locationN[r.LocationID]
	for i, feeds := range e.feeds.feeds {
		if !known || !slices.Contains(feeds, location) {
			continue
		}
		if certain {
			e.shelves[i].shown = max(units(int(e.shelves[i].shown)-sold), 0)
			b.touch(n)
		}
		if b.watched {
			b.soldUnits(e, i, sold, r.CreatedAt, certain)
		}
	}
}

// shopClockSlack is by how much an order's moment, which the shop counts in
// seconds, may differ from our clock. An order within it counts as older than
// what the shop shows, which costs at most a call; one from the future tells
// nothing.
const shopClockSlack = 2 * time.Second

// readLedger enters what has changed in the ledger.
func readLedger(ctx context.Context, ledger store.Ledger, book *Book, clock func() time.Time) error {
	at, after := clock().UTC(), book.Revision()
	changes, now, err := ledger.LedgerChanges(ctx, after)
	if errors.Is(err, store.ErrRevision) {
		book.ForgetRevision(after)
		after = 0
		changes, now, err = ledger.LedgerChanges(ctx, after)
	}
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	book.SetChanges(at, after, now, changes)
	return nil
}
