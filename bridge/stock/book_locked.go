package stock

import (
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// lockedOrders says which levels may raise what the shop shows. The warehouse gives the
// units of an order free while somebody has locked it, although they are sold, and a level
// does not say whether it was read at such a time. It is vouched for if the orders were
// asked for after it was read, and each of those that take of its item
//
//   - was found open, as it had been found before the level was read: the level has its
//     units, or
//   - counts in the book whatever the level has, as those do that were found locked.
//
// Else the level is read again, and the orders are asked for again: at once, a few times,
// and then with the next pass. Nothing is raised meanwhile. Cuts do not wait, and are no
// smaller for it: of a level that is not vouched for, and leaves more than the one before
// it, that one counts.
type lockedOrders struct {
	// asked reports whether anybody asks for orders at all.
	asked bool
	// upTo is when that was last begun.
	upTo Mark
	// before has, by item, the levels that count instead.
	before map[string]*levelsBefore
}

// levelsBefore are the levels of an item, by index of the location, before readings that
// left more and are not vouched for yet.
type levelsBefore struct {
	// mark is when they were read, unseen what is sold and not in them.
	mark   Mark
	levels []int32
	unseen []int
}

func (l *levelsBefore) free(location int) int { return int(l.levels[location]) - l.unseen[location] }

// levelsBefore returns the levels that count of an item before others are entered, if those
// may leave more.
func (b *Book) levelsBefore(i int, read []int32) *levelsBefore {
	it, had := b.items.At(i), b.levelsOf(i)
	switch {
	case it.risen:
		return b.lockedOrders.before[it.id]
	case !b.lockedOrders.asked || it.state != itemRead || it.unlimited:
		return nil
	}
	for n := range read {
		if it.reserved != nil || read[n] > had[n] {
			return &levelsBefore{it.mark, slices.Clone(had), b.unseenAt(it, it.mark)}
		}
	}
	return nil
}

// keepBefore has the levels before go on counting, if those that were entered leave more
// and are not vouched for.
func (b *Book) keepBefore(i int, before *levelsBefore) {
	if before == nil {
		return
	}
	it, rises := b.items.At(i), false
	unseen := b.unseenAt(it, it.mark)
	for n, v := range b.levelsOf(i) {
		rises = rises || int(v)-unseen[n] > before.free(n)
	}
	was := it.risen
	if it.risen = rises && !b.lockedOrders.believes(it); !it.risen {
		delete(b.lockedOrders.before, it.id)
		if was {
			b.touchUsers(i)
		}
		return
	}
	if b.lockedOrders.before == nil {
		b.lockedOrders.before = map[string]*levelsBefore{}
	}
	b.lockedOrders.before[it.id] = before
}

// dropBefore forgets the levels before those that are vouched for by now.
func (b *Book) dropBefore() {
	for id := range b.lockedOrders.before {
		i, have := b.items.Find(id)
		switch {
		case !have:
		case !b.items.At(i).risen:
		case !b.lockedOrders.believes(b.items.At(i)):
			continue
		default:
			b.items.At(i).risen = false
			b.touchUsers(i)
		}
		delete(b.lockedOrders.before, id)
	}
}

// freedBefore gives the units of an order that is about to count, known by now or not,
// free in the levels before as well: the warehouse did not count it as sold any more when
// the levels that count besides were read.
func (b *Book) freedBefore(o *bookOrder, known bool, r store.Reservation) {
	location, feeds := b.locationN[r.LocationID]
	if len(b.lockedOrders.before) == 0 || !feeds || r.Unseen != store.UnseenLocked && r.Unseen != store.UnseenDropped {
		return
	}
	for id, n := range r.Items {
		if i, have := b.items.Find(id); have && b.items.At(i).risen {
			it := b.items.At(i)
			if before := b.lockedOrders.before[id]; !known || !o.counts(it, before.mark) {
				before.levels[location] += units(n)
			}
		}
	}
}

// oldestMark is when the oldest levels of an item that count were read.
func (b *Book) oldestMark(i int) Mark {
	it := b.items.At(i)
	if it.risen {
		return b.lockedOrders.before[it.id].mark
	}
	return it.mark
}

// touchedKey is the name under which the units of a locked order of another shop count
// in the book, until the ledger has them.
func touchedKey(id string) orderKey { return orderKey{"", "locked: " + id} }

// believes reports whether the levels of an item are vouched for. Those that are read again
// and again, and found the same, are vouched for once.
func (l *lockedOrders) believes(it *bookItem) bool {
	return !l.asked || it.changedAt <= l.upTo && it.mark >= it.doubtedAt
}

// askForLocked has raises wait until locked orders were asked for.
func (b *Book) askForLocked() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lockedOrders.asked = true
}

// doubt has the levels of what an order takes, which has changed, read again before they
// raise anything. One that counts whatever the level has is no reason to.
func (b *Book) doubt(t TouchedOrder) {
	for id, n := range t.Items {
		i, have := b.items.Find(id)
		if !have {
			continue
		}
		it := b.items.At(i)
		if it.reserved != nil {
			for _, o := range it.reserved.list {
				its := o.OrderID == touchedKey(t.ID).id || slices.Contains(t.OrderIDs, o.OrderID)
				if its && o.visibleAt == 0 && o.goneAt == 0 {
					n -= o.Items[id]
				}
			}
		}
		if n > 0 {
			it.doubtedAt = b.seq
			b.touchUsers(i)
		}
	}
}

// othersLock is how long a locked order of another shop counts that its own bridge does not
// reserve. It does so with its next look. A day later it has a reason: the shop has cancelled
// the order, say.
const othersLock = 24 * time.Hour

// setTouched notes that orders were asked for from the mark on, which of them have changed
// since the time before, and that the ledger has the locked ones of the own shop. Those that
// it cannot have, as they are another shop's or nobody knows whose, count until it has them,
// or for [othersLock]. It returns when the oldest of these had changed, or the moment upTo if
// there are none: nothing else remembers them.
func (b *Book) setTouched(mark Mark, upTo time.Time, orders []TouchedOrder) (oldest time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for _, t := range orders {
		key := touchedKey(t.ID)
		o, have := b.orders[key]
		switch {
		case !t.Locked && have:
			b.gone(o)
		case t.Locked && (t.Elsewhere || len(t.OrderIDs) == 0):
			if !have {
				o = &bookOrder{}
				b.orders[key] = o
			}
			old := o.Items
			lockedAt := t.UpdatedAt
			if lockedAt.IsZero() {
				lockedAt = upTo
			}
			put := store.Reservation{OrderID: key.id, Items: t.Items, LocationID: t.LocationID, Unseen: store.UnseenLocked}
			b.freedBefore(o, have, put)
			o.elsewhere, o.until, o.goneAt = append([]string{}, t.OrderIDs...), lockedAt.Add(othersLock), 0
			o.put = put
			o.Reservation = o.put
			b.reindex(o, old)
		}
	}
	b.dropReserved()
	b.lockedOrders.upTo = max(b.lockedOrders.upTo, mark)
	for _, t := range orders {
		b.doubt(t)
	}
	b.dropBefore()
	b.touchHeld()
	oldest = upTo
	for _, o := range b.orders {
		if lockedAt := o.until.Add(-othersLock); o.elsewhere != nil && o.goneAt == 0 && lockedAt.Before(oldest) {
			oldest = lockedAt
		}
	}
	return oldest
}

// hasPart reports whether what is reserved for an order of the shop has the units of one of
// the orders of the warehouse that it is in: it has those of all, or of some by the names of
// [touchedKey].
func hasPart(r store.Reservation, name string) bool {
	some := false
	for _, l := range r.Lines {
		if l.LineID == name {
			return true
		}
		some = some || strings.HasPrefix(l.LineID, touchedKey("").id)
	}
	return !some
}

// dropReserved forgets the locked orders of other shops that the ledger has by now.
func (b *Book) dropReserved() {
	var reserved map[string]store.Reservation
	for part, o := range b.orders {
		if o.elsewhere == nil {
			continue
		}
		if reserved == nil {
			reserved = map[string]store.Reservation{}
			for key, r := range b.orders {
				if r.inLedger() && r.goneAt == 0 && r.visibleAt == 0 {
					reserved[key.id] = r.put
				}
			}
		}
		missing := func(id string) bool { r, have := reserved[id]; return !have || !hasPart(r, part.id) }
		if len(o.elsewhere) > 0 && !slices.ContainsFunc(o.elsewhere, missing) {
			b.drop(o)
		}
	}
}
