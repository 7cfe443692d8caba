package stock

import (
	"cmp"
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

// orderKey is an order of a shop: the ledger is that of all shops which sell from
// the same stock.
type orderKey struct{ shop, id string }

func keyOf(r store.Reservation) orderKey { return orderKey{r.Shop, r.OrderID} }

// bookOrder is a shop order in the ledger, or one that has left it so lately that
// a reading may not know of it.
type bookOrder struct {
	store.Reservation
	// goneAt is when the book found that the ledger has dropped it, 0 before.
	goneAt Mark
	// units of one listing that are sold without an order being known, if not 0: by
	// orders placed up to seenTo. They count until the moment until.
	units         int
	seenTo, until time.Time
}

// SetReservations replaces what the ledger holds, at the moment at. An order that
// is no longer in it goes on counting until levels have been read after the
// book found out: they may not know of it yet.
func (b *Book) SetReservations(at time.Time, list []store.Reservation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	kept := make(map[orderKey]bool, len(list))
	for _, r := range list {
		kept[keyOf(r)] = true
		o, have := b.orders[keyOf(r)]
		if have && o.goneAt == 0 && o.same(r) {
			continue
		}
		if !have {
			o = &bookOrder{}
			b.orders[keyOf(r)] = o
			b.sold(at, r)
		}
		old := o.Items
		o.Reservation, o.goneAt = r, 0
		b.reindex(o, old)
	}
	for id, o := range b.orders {
		if kept[id] {
			continue
		}
		if o.unseen() {
			if !at.Before(o.until) {
				b.drop(o)
			}
			continue
		}
		if o.goneAt == 0 {
			o.goneAt = b.seq
			if o.VisibleAt.IsZero() { // not imported and seen, so it was cancelled
				for _, line := range o.Lines {
					b.suspect(line.SKUID)
				}
			}
		}
		if !b.counted(o) {
			delete(b.orders, id)
			b.reindex(o, o.Items)
		}
	}
}

func (o *bookOrder) same(r store.Reservation) bool {
	return o.LocationID == r.LocationID && o.VisibleAt.Equal(r.VisibleAt) && maps.Equal(o.Items, r.Items)
}

// counted reports whether an order takes anything off what was last read.
func (b *Book) counted(o *bookOrder) bool {
	for id := range o.Items {
		if i, have := b.byItem[id]; have && b.counts(o, &b.items[i]) {
			return true
		}
	}
	return false
}

// counts reports whether the last reading of an item cannot have an order's units.
func (b *Book) counts(o *bookOrder, it *bookItem) bool {
	if it.state != itemRead {
		return true
	}
	visible := !o.VisibleAt.IsZero() && it.at.After(o.VisibleAt)
	return !visible && (o.goneAt == 0 || it.mark < o.goneAt)
}

// index enters an order with its items.
func (b *Book) index(o *bookOrder) {
	for id := range o.Items {
		if i, have := b.byItem[id]; have {
			it := &b.items[i]
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
		if i, have := b.byItem[id]; have && b.items[i].reserved != nil {
			r := b.items[i].reserved
			r.list = slices.DeleteFunc(r.list, func(other *bookOrder) bool { return other == o })
		}
	}
	if b.orders[keyOf(o.Reservation)] == o {
		b.index(o)
	}
	for _, items := range []map[string]int{old, o.Items} {
		for id := range items {
			if i, have := b.byItem[id]; have && b.countUnseen(i) {
				b.touchUsers(i)
			}
		}
	}
}

// countUnseen adds up what is sold of an item and not in its level, and reports
// whether that has changed.
func (b *Book) countUnseen(i int) bool {
	it := &b.items[i]
	if it.reserved == nil {
		return false
	}
	sum := make([]int, len(b.locations))
	for _, o := range it.reserved.list {
		if n, feeds := b.locationN[o.LocationID]; feeds && b.counts(o, it) {
			sum[n] += o.Items[it.id]
		}
	}
	changed := !slices.Equal(sum, it.reserved.unseen)
	it.reserved.unseen = sum
	if len(it.reserved.list) == 0 {
		it.reserved = nil
	}
	return changed
}

// Superfluous returns the reservations of orders whose units every level that was
// read has by now, by shop and order: they can be dropped, each by its shop.
func (b *Book) Superfluous() []store.Reservation {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []store.Reservation
	for _, o := range b.orders {
		if o.goneAt == 0 && !o.VisibleAt.IsZero() && b.lastRead.After(o.VisibleAt) && !b.counted(o) {
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
	for _, line := range r.Lines {
		b.soldOf(at, r, line.SKUID, 1)
		for id, units := range line.Components {
			b.soldOf(at, r, id, units)
		}
	}
}

func (b *Book) soldOf(at time.Time, r store.Reservation, skuID string, units int) {
	n, have := b.bySKUID[skuID]
	if !have {
		return
	}
	e := &b.listings[n]
	if e.heat == nil {
		e.heat = new(heat)
	}
	e.heat.add(at, float64(units))
	if r.CreatedAt.After(at.Add(shopClockSlack)) {
		return
	}
	certain := r.CreatedAt.After(e.shownAt.Add(shopClockSlack))
	location, known := b.locationN[r.LocationID]
	for i, feeds := range e.feeds.feeds {
		if !known || !slices.Contains(feeds, location) {
			continue
		}
		if certain {
			e.Stock[i].Quantity = max(e.Stock[i].Quantity-units, 0)
			b.touch(n)
		}
		if b.watched {
			b.soldUnits(e, i, units, r.CreatedAt, certain)
		}
	}
}

// shopClockSlack is by how much an order's moment, which the shop counts in
// seconds, may differ from our clock. An order within it counts as older than
// what the shop shows, which costs at most a call; one from the future tells
// nothing.
const shopClockSlack = 2 * time.Second
