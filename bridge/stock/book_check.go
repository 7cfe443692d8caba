package stock

import (
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// listingCheck is what a [Check] has to know of a listing.
type listingCheck struct {
	// lookedAt is when the last look at it began, if there was any.
	lookedAt moment
	// maybeFrom is from when on orders count as shelfCheck.maybe.
	maybeFrom moment
	// soldMark is when the last of its orders was seen.
	soldMark    Mark
	on          bool // it is kept
	based       bool // there was a look
	unconfirmed bool
	// overtaken reports whether another process has published since: what the shop shows at
	// the next look is what it has set.
	overtaken bool
	// hasLast and hasEarlier report whether there were such pushes.
	hasLast    bool
	hasEarlier [pastPushes]bool
	// wrote reports whether we have pushed since the last foreign value.
	wrote bool
}

// shelfCheck are the units of a listing that a [Check] has to know of in one warehouse.
type shelfCheck struct {
	// explained is what was committed at the last look, and units of orders seen since.
	explained int32
	// maybe are units of orders placed between maybeFrom and the clock slack after
	// shownAt, which what is shown may have or not.
	maybe int32
	// before is what was shown before the last push, less what was sold since.
	before int32
	// last is what that push set, sold how many units were sold since the start.
	last, sold int32
	earlier    [pastPushes]pastPush
}

// rareCheck is what a [Check] has to know of few listings.
type rareCheck struct {
	// foreign are the moments of the last values that were not ours.
	foreign []time.Time
	// withheldAt is when it was found to be not what the catalogue says; until the
	// catalogue is read again nothing is published for it.
	withheldAt Mark
	off        bool // as the shop's state of its product says
	// otherSince is since when the shop's stock names other SKUs and warehouses than its
	// listings, zero if it does not.
	otherSince time.Time
	// lock is how many units are locked: a push of fewer is refused. It is tried again at
	// lockUntil.
	lock      int
	lockUntil time.Time
	// bundle is what a bundle of the shop is made of.
	bundle []catalogue.BundleComponent
}

// any reports whether there is something.
func (c *rareCheck) any() bool {
	return len(c.foreign) > 0 || c.withheldAt > 0 || c.lock > 0 || c.bundle != nil || !c.otherSince.IsZero()
}

// pastPush is a push before the last: what it set, and how many units had been
// sold by then.
type pastPush struct{ stock, sold int32 }

// pastPushes is how many earlier pushes of a SKU are remembered.
const pastPushes = 2

func (e *bookListing) withheld() bool { return e.rare != nil && e.rare.check.withheldAt > 0 }

// locked is how many units are locked at the moment now, or were at all if that is zero:
// the shop refuses to show fewer. Now and then it is tried whether they still are.
func (e *bookListing) locked(now time.Time) int {
	if e.rare != nil && (now.IsZero() || now.Before(e.rare.check.lockUntil)) {
		return e.rare.check.lock
	}
	return 0
}

// aboveWanted reports whether locks keep a SKU above what it should show.
func (b *Book) aboveWanted(skuID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, have := b.listings.Find(skuID)
	if !have {
		return false
	}
	e := b.listings.At(n)
	return wantedUnits(e.wants()) < e.locked(time.Time{})
}

// held reports whether nothing can be published at the moment now, because the shop
// shows as little as the locks allow.
func (e *bookListing) held(now time.Time) bool {
	if e.locked(now) <= e.toShow() {
		return false
	}
	for i, n := range e.targets(now) {
		if n != int(e.shelves[i].shown) {
			return false
		}
	}
	return true
}

// watch has the book keep what a [Check] needs.
func (b *Book) watch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watched = true
	for n := range b.listings.List {
		b.listings.At(n).watch()
	}
}

func (e *bookListing) watch() *listingCheck {
	if !e.check.on {
		e.check.on, e.check.maybeFrom = true, momentOf(e.shownAt.time().Add(-shopClockSlack))
	}
	return &e.check
}

// overtake notes that another process of the bridge may have published: what this one has
// set and seen says nothing about what the shop shows.
func (b *Book) overtake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.listings.List {
		c := &b.listings.At(n).check
		*c = listingCheck{on: c.on, overtaken: true, lookedAt: c.lookedAt, maybeFrom: c.maybeFrom, soldMark: c.soldMark}
	}
}

// pushed notes what the shop is about to show, by a call that was begun at the mark sent;
// sure is false if its outcome is unknown.
func (e *bookListing) pushed(at time.Time, sent Mark, stock []catalogue.WarehouseStock, sure bool) {
	c := e.watch()
	if c.hasLast || !sure {
		c.hasEarlier[1], c.hasEarlier[0] = c.hasEarlier[0], c.hasLast
		for i := range e.shelves {
			w := &e.shelves[i].check
			w.earlier[1], w.earlier[0] = w.earlier[0], pastPush{w.last, w.sold}
		}
	}
	if !sure { // if it lands, it lands late
		c.hasEarlier[0] = true
		for i, s := range stock {
			e.shelves[i].check.earlier[0].stock = units(s.Quantity)
		}
		return
	}
	for i, s := range stock {
		w := &e.shelves[i].check
		w.before, w.last = e.shelves[i].shown, units(s.Quantity)
		if c.soldMark <= sent { // else orders were placed before it landed, or after
			w.maybe = 0
		}
	}
	c.unconfirmed, c.wrote, c.hasLast, c.overtaken = true, true, true, false
	c.maybeFrom = momentOf(at.Add(-slowPublish))
}

// soldUnits accounts for units of an order seen for the first time, from the
// warehouse with the index i. certain reports whether the shop has taken them off what
// it was last seen to show.
func (b *Book) soldUnits(e *bookListing, i, sold int, createdAt time.Time, certain bool) {
	c := e.watch()
	w := &e.shelves[i].check
	c.soldMark = b.seq
	switch {
	case certain:
		w.before = max(w.before-units(sold), 0)
		w.sold += units(sold)
		if b.productOf(e).pushing { // the number on its way may land before the order
			w.maybe += units(sold)
		}
	case !createdAt.Before(c.maybeFrom.time()):
		w.maybe += units(sold)
	}
	if o := b.orders[unseenID(e.ID, e.feeds.ids[i])]; o != nil && !createdAt.After(o.seenTo) {
		n := min(sold, o.units)
		b.setUnseen(e, i, o.units-n, o.seenTo, o.until)
		sold -= n
	}
	if c.based && !createdAt.Before(c.lookedAt.time().Add(-shopClockSlack)) {
		w.explained += units(sold)
	}
}

// unseen reports whether an order stands for units whose order is not known.
func (o *bookOrder) unseen() bool { return o.units > 0 }

// inLedger reports whether an order stands for one that the ledger has or had.
func (o *bookOrder) inLedger() bool { return !o.unseen() && o.elsewhere == nil }

func (b *Book) drop(o *bookOrder) {
	delete(b.orders, keyOf(o.Reservation))
	b.reindex(o, o.Items)
}

// saw dates what is shown: it was seen at the moment at, by a reading that began
// at from.
func (e *bookListing) saw(mark Mark, at, from time.Time) {
	e.shownFrom(mark, momentOf(at), mark)
	if e.check.on {
		for i := range e.shelves {
			e.shelves[i].check.maybe = 0
		}
		e.check.maybeFrom, e.check.unconfirmed = momentOf(from.Add(-shopClockSlack)), false
	}
}

// slowPublish is how long before a push was accepted the shop may have taken it
// in.
const slowPublish = 30 * time.Second

// unseenID is the name under which the units of a listing that are sold without
// an order count in the book.
func unseenID(skuID, warehouseID string) orderKey {
	return orderKey{"", "unseen: " + skuID + "/" + warehouseID}
}

// setUnseen has units of a listing count as sold, from the warehouse with the
// index i, until the orders placed up to seenTo appear or the moment until comes.
func (b *Book) setUnseen(e *bookListing, i, units int, seenTo, until time.Time) {
	id := unseenID(e.ID, e.feeds.ids[i])
	o, have := b.orders[id]
	switch {
	case units <= 0 && have:
		b.drop(o)
		return
	case units <= 0 || len(e.allParts()) == 0 || e.feeds.problem != nil:
		return
	case !have:
		o = &bookOrder{}
		b.orders[id] = o
	}
	old, location := o.Items, e.feeds.feeds[i][0]
	parts := e.partsAt(location)
	o.OrderID, o.LocationID, o.Items = id.id, b.locations[location], make(map[string]int, len(parts))
	for _, p := range parts {
		o.Items[b.part(p).id] += int(p.per) * units
	}
	o.units, o.seenTo, o.until = units, seenTo, until
	b.reindex(o, old)
}
