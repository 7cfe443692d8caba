package stock

import (
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// lockedOrders is what the book knows of orders that the warehouse gives units free of
// although they are sold: a level that has risen may have risen by them.
type lockedOrders struct {
	// asked reports whether anybody asks for them at all.
	asked bool
	// upTo is when they were last asked for: what had been locked by then counts.
	upTo Mark
	// rose is when the last level that has risen was entered.
	rose Mark
}

// touchedKey is the name under which the units of a locked order of another shop count
// in the book, until the ledger has them.
func touchedKey(id string) orderKey { return orderKey{"", "locked: " + id} }

// believes reports whether the levels that a listing depends on have not risen since
// locked orders were last asked for.
func (l *lockedOrders) believes(it *bookItem) bool { return !l.asked || it.rose <= l.upTo }

// askForLocked has raises wait until locked orders were asked for.
func (b *Book) askForLocked() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lockedOrders.asked = true
}

// doubtsARise reports whether a level has risen since locked orders were last asked for.
func (b *Book) doubtsARise() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lockedOrders.asked && b.lockedOrders.rose > b.lockedOrders.upTo
}

// othersLock is how long a locked order of another shop counts that its own bridge does not
// reserve. It does so with its next look. A day later it has a reason: the shop has cancelled
// the order, say.
const othersLock = 24 * time.Hour

// setTouched notes that locked orders were asked for from the mark on, and that the
// ledger has those of the own shop: levels entered before it may raise what they feed.
// Those that it cannot have, as they are another shop's or nobody knows whose, count until
// it has them, or for [othersLock]. It returns when the oldest of these had changed, or the
// moment upTo if there are none: nothing else remembers them.
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
			o.elsewhere, o.until, o.goneAt = append([]string{}, t.OrderIDs...), lockedAt.Add(othersLock), 0
			o.put = store.Reservation{OrderID: key.id, Items: t.Items, LocationID: t.LocationID}
			o.Reservation = o.put
			b.reindex(o, old)
		}
	}
	b.dropReserved()
	b.lockedOrders.upTo = max(b.lockedOrders.upTo, mark)
	b.touchHeld()
	oldest = upTo
	for _, o := range b.orders {
		if lockedAt := o.until.Add(-othersLock); o.elsewhere != nil && o.goneAt == 0 && lockedAt.Before(oldest) {
			oldest = lockedAt
		}
	}
	return oldest
}

// dropReserved forgets the locked orders of other shops that the ledger has by now.
func (b *Book) dropReserved() {
	var reserved map[string]bool
	for _, o := range b.orders {
		if o.elsewhere == nil {
			continue
		}
		if reserved == nil {
			reserved = map[string]bool{}
			for key, r := range b.orders {
				if r.inLedger() && r.goneAt == 0 && r.visibleAt == 0 {
					reserved[key.id] = true
				}
			}
		}
		if len(o.elsewhere) > 0 && !slices.ContainsFunc(o.elsewhere, func(id string) bool { return !reserved[id] }) {
			b.drop(o)
		}
	}
}
