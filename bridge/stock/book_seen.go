package stock

import (
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// seenOrders is up to when the orders of the shop are known. What the shop shows has
// the sales of every order in it, known or not: a number that lacks an order may only
// be lower than that, or its units go on sale again.
type seenOrders struct {
	// told reports whether anybody says at all, and since is from when on.
	told  bool
	since time.Time
	// upTo is a moment before which every order placed is in the ledger, or need not be.
	upTo time.Time
	// held are the listings that may not be raised until orders have been seen, or asked
	// for in the warehouse.
	held []int32
}

// SetSeenUpTo notes that every order placed before a moment is in the ledger, or need
// not be: see [store.Ledger.SeenUpTo], which has to be read before the reservations.
// From then on a listing is not raised above what the shop shows unless the moment is
// after the one at which the shop showed it. The zero time says that no order is known:
// nothing is raised. In a book that was never told, raises do not wait.
func (b *Book) SetSeenUpTo(moment time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	was := b.ordersSeen
	if !was.told {
		b.ordersSeen.since = b.options.Now()
	}
	b.ordersSeen.told, b.ordersSeen.upTo = true, moment
	switch {
	case !was.told, moment.Before(was.upTo): // what was covered may be no longer
		for n := range b.listings.List {
			b.touch(n)
		}
	case moment.After(was.upTo):
		b.touchHeld()
	}
}

// hold lists a listing whose raise has to wait.
func (b *Book) hold(n int) {
	if e := b.listings.At(n); !e.onHold {
		e.onHold = true
		b.ordersSeen.held = append(b.ordersSeen.held, int32(n))
	}
}

// touchHeld has the listings whose raise has to wait computed again.
func (b *Book) touchHeld() {
	for _, n := range b.ordersSeen.held {
		b.listings.At(int(n)).onHold = false
		b.touch(int(n))
	}
	b.ordersSeen.held = b.ordersSeen.held[:0]
}

// covers reports whether every order placed before a moment has been seen.
func (s *seenOrders) covers(moment time.Time) bool { return !s.told || !s.upTo.Before(moment) }

// behind reports whether orders have not been seen for so long that what the book
// believes of the shop says little.
func (s *seenOrders) behind(now time.Time) bool { return s.told && now.Sub(s.upTo) > unseenFor }

// unseenFor is how long orders may not have been seen before the shop is looked at, and
// somebody is told.
const unseenFor = time.Minute

// holdRaise takes the raises out of what a listing should show, unless the orders have
// been seen and its levels are vouched for, and reports whether there were any.
func (b *Book) holdRaise(e *bookListing) (held bool) {
	doubted := slices.ContainsFunc(e.allParts(), func(p bookPart) bool { return !b.lockedOrders.believes(b.part(p)) })
	e.doubted = false
	if !doubted && b.ordersSeen.covers(e.knownTo.time()) {
		return false
	}
	shelves := e.wants()
	for i := range shelves {
		if s := &shelves[i]; s.wanted > s.shown {
			s.wanted, held = s.shown, true
		}
	}
	e.doubted = held && doubted
	return held
}

// mayShowLess reports whether the shop may show less of a listing than the book believes,
// because of orders that have not been seen: what looks like a cut could be a raise.
// Zero never is. For a minute a listing that does not sell is trusted.
func (b *Book) mayShowLess(e *bookListing, now time.Time) bool {
	if !b.ordersSeen.behind(now) && (b.ordersSeen.covers(e.knownTo.time()) || e.heat.now(now) <= coldUnits) {
		return false
	}
	for _, s := range e.wants() {
		if s.wanted > 0 && s.wanted != s.shown {
			return true
		}
	}
	return false
}

// trusted leaves out of a call what rests on a belief that may be wrong, and is not as
// fresh as unseenFor.
func (b *Book) trusted(p ProductStock, now time.Time) ProductStock {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.SKUs = slices.DeleteFunc(p.SKUs, func(s SKUStock) bool {
		n, have := b.listings.Find(s.ID)
		return have && b.mayShowLess(b.listings.At(n), now) && now.Sub(b.listings.At(n).knownTo.time()) > unseenFor
	})
	return p
}

// unseen returns the case for orders that have not been seen for too long at the moment
// now, nil if they have, or if nobody could have seen them yet.
func (b *Book) unseen(now time.Time) *exceptions.Exception {
	b.mu.Lock()
	defer b.mu.Unlock()
	// A bridge that has just begun reads them now.
	if !b.ordersSeen.behind(now) || now.Sub(b.ordersSeen.since) <= unseenFor {
		return nil
	}
	return new(ordersUnseen(b.ordersSeen.upTo))
}

func ordersUnseen(upTo time.Time) exceptions.Exception {
	seen := "the shop's orders have never been seen in full"
	if !upTo.IsZero() {
		seen = "the shop's orders have been seen up to " + upTo.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	return exceptions.New(exceptions.OrdersUnseen, ordersObject, time.Time{}, seen,
		"find out why the orders cannot be read; until then the shop's stock is lowered only")
}

// ordersObject is what [exceptions.OrdersUnseen] is raised on.
const ordersObject = "orders of the shop"

// machineClockSlack is by how much the clock of the machine that takes orders in may be
// ahead of ours.
const machineClockSlack = 2 * time.Second

// seenMoment is up to when the orders of the shop named, or of all shops, have been
// seen, by the moments that the shops of an account noted. One in the future is now, if
// the clock of the machine that noted it may be ahead so much; else a clock was set back
// since, and it says nothing.
func seenMoment(moments map[string]time.Time, shop string, now time.Time) time.Time {
	if shop != "" {
		moments = map[string]time.Time{shop: moments[shop]}
	}
	var least time.Time
	for _, at := range moments {
		if at.After(now.Add(machineClockSlack)) {
			return time.Time{}
		}
		if at.After(now) {
			at = now
		}
		if least.IsZero() || at.Before(least) {
			least = at
		}
	}
	return least
}
