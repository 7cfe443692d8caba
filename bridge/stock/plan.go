package stock

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Plan is what a push would do.
type Plan struct {
	// Products are the calls to make, in order: what has to go to zero, then what
	// has to be lowered, then what may be raised; among equals hot SKUs first.
	Products []ProductStock
	// Unchanged counts the SKUs whose stock is right already, Skipped those that
	// follow others, have a problem, or were never read.
	Unchanged, Skipped int
	// Problems are the listings that no right number could be found for, and
	// levels that a person has to correct.
	Problems []exceptions.Exception
}

// MarshalJSON returns the plan for programs.
func (p Plan) MarshalJSON() ([]byte, error) { return part.JSON(p) }

// String is a line per SKU and warehouse that changes.
func (p Plan) String() string {
	var b strings.Builder
	for _, product := range p.Products {
		for _, sku := range product.SKUs {
			fmt.Fprintf(&b, "%-24s", sku.SKU)
			for i, w := range sku.Stock {
				fmt.Fprintf(&b, "  %s: %d -> %d", w.WarehouseID, sku.Shown[i].Quantity, w.Quantity)
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%s to update, %s right already, %d skipped\n", part.Count(len(p.Products), "product"), part.Count(p.Unchanged, "SKU"), p.Skipped)
	return b.String()
}

// Plan returns the calls that make the shop show what it should, each with every
// warehouse of every SKU that differs. It changes nothing: the same plan comes
// again until a fact changes.
func (b *Book) Plan() Plan {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	plan := Plan{Unchanged: b.tally[listingRight], Skipped: b.tally[listingSkipped], Problems: b.problems()}
	waiting := b.differing()
	ranks := make([]rank, 0, len(waiting))
	for _, n := range waiting {
		ranks = append(ranks, b.rank(int(n)))
	}
	slices.SortFunc(ranks, rank.compare)
	for _, r := range ranks {
		if p := b.productStock(r.product, time.Time{}); len(p.SKUs) > 0 {
			plan.Products = append(plan.Products, p)
		}
	}
	return plan
}

// compute brings every listing that facts have touched up to date.
func (b *Book) compute() {
	if len(b.dirty) == 0 {
		return
	}
	now, delay := b.options.Now(), b.flight.delay()
	for _, n := range b.dirty {
		n := int(n)
		e := b.listings.At(n)
		e.dirty = false
		stale := b.want(e, now)
		b.noteSoldOut(e, now)
		e.onTheWay = units(b.allowance(e, delay, now))
		right := e.right() // what sells may show less
		held := b.holdRaise(e)
		b.lowerToBefore(e)
		e.doubted = e.doubted && !right
		if e.unclear = e.maybe > 0 && e.onTheWay == 0; e.unclear && !b.ordersSeen.covers(e.knownTo.time()) {
			e.unclear, held = false, true
		}
		if held {
			b.hold(n)
		}
		b.countZero(e, stale)
		state := listingSkipped
		switch {
		case !e.known:
			e.lag = nil
		case e.right():
			e.lag = nil
			state = listingRight
		default:
			if e.lag == nil {
				e.lag = b.lagOf(e)
			}
			if p := b.productOf(e); !p.waiting {
				p.waiting = true
				b.waiting = append(b.waiting, e.product)
			}
			state = listingDiffers
		}
		b.tally[e.state]--
		b.tally[state]++
		e.state = state
		if b.troubles(e) {
			b.troubled[n] = true
		} else if e.troubled {
			delete(b.troubled, n)
		}
		e.troubled = b.troubled[n]
	}
	b.dirty = b.dirty[:0]
}

// noteSoldOut notes whether anything of a listing is on sale. That none was sold while there was
// nothing to sell says nothing about how fast it sells.
func (b *Book) noteSoldOut(e *bookListing, now time.Time) {
	if e.heat == nil {
		return
	}
	onSale := slices.ContainsFunc(e.shelves, func(s bookShelf) bool { return s.shown > 0 })
	switch {
	case !onSale && e.heat.soldOut.IsZero():
		e.heat.soldOut = now
	case onSale && !e.heat.soldOut.IsZero():
		for _, p := range e.allParts() {
			b.flight.onSaleAgain(b.part(p).id, now.Sub(e.heat.soldOut), now)
		}
		e.heat.soldOut = time.Time{}
	}
}

// lagOf tells from the reading that changed what a listing should show, and the
// one before it, which did not have the change yet.
func (b *Book) lagOf(e *bookListing) *bookLag {
	l := &bookLag{}
	for _, p := range e.allParts() {
		if it := b.part(p); it.at.time().After(l.since) {
			l.since, l.unseenSince = it.at.time(), it.before.time()
		}
	}
	if l.since.IsZero() {
		l.since = e.shownAt.time()
	}
	if l.unseenSince.IsZero() {
		l.unseenSince = l.since
	}
	return l
}

// right reports whether the shop shows what it should.
func (e *bookListing) right() bool {
	if e.suspect() || e.unclear {
		return false
	}
	for _, s := range e.wants() {
		if !e.shows(s) {
			return false
		}
	}
	return true
}

// want computes what a listing should show, if there is a right number. stale reports whether
// that is nothing because a level is too old to sell by.
func (b *Book) want(e *bookListing, now time.Time) (stale bool) {
	e.known, e.waiting = false, false
	if e.rare != nil {
		e.rare.problem = nil
	}
	if e.derived || e.withheld() || b.leftAlone(b.listing(e)) {
		return false
	}
	problem, cuts := b.objection(e)
	if e.complain(problem); e.waiting || problem != nil && !cuts {
		return false
	}
	listing := b.listing(e)
	stale = b.stale(e, now)
	for i := range e.shelves {
		if stale {
			e.shelves[i].wanted = 0
			continue
		}
		available := b.available(e, e.feeds.feeds[i], newest)
		if available > absurdStock && !cuts {
			e.complain(new(exceptions.New(exceptions.BadLevel, e.String(), time.Time{}, fmt.Sprintf("Linnworks says that %d units are available", available),
				"count the item and correct its level in Linnworks; until then its stock in the shop stays as it is")))
			return false
		}
		if e.shelves[i].wanted = b.lessBuffer(listing, e.feeds.ids[i], available); cuts {
			e.shelves[i].wanted = min(e.shelves[i].wanted, e.shelves[i].shown)
		}
	}
	e.known = true
	return stale
}

// lessBuffer is what a warehouse should show of a listing that so much is free of.
func (b *Book) lessBuffer(l catalogue.Listing, warehouseID string, available int) int32 {
	n := available - max(b.options.Buffer(l, warehouseID, available), 0)
	return units(min(max(n, 0), b.options.Max))
}

// lowerToBefore takes out of what a listing should show what levels leave that have risen
// and are not vouched for.
func (b *Book) lowerToBefore(e *bookListing) {
	if !slices.ContainsFunc(e.allParts(), func(p bookPart) bool { return b.part(p).risen }) {
		return
	}
	listing, shelves := b.listing(e), e.wants()
	for i := range shelves {
		least := b.lessBuffer(listing, e.feeds.ids[i], b.available(e, e.feeds.feeds[i], lowest))
		shelves[i].wanted = min(shelves[i].wanted, least)
	}
}

// levelChoice is which levels count of an item whose newest are not vouched for: see
// [lockedOrders].
type levelChoice bool

const (
	newest levelChoice = false
	lowest levelChoice = true // those before them too
)

// complain notes what a person has to look at.
func (e *bookListing) complain(problem *exceptions.Exception) {
	if problem != nil {
		e.setRare().problem = problem
	}
}

// objection says why a listing has no right number. cuts reports whether there is at least
// one that the shop must not show more than: by the levels that a part had before a reading
// left it out, and by the other parts.
func (b *Book) objection(e *bookListing) (problem *exceptions.Exception, cuts bool) {
	if broken := e.rare.read().broken; broken != nil {
		return new(catalogue.Problem(e.SKU, e.title, broken)), false
	}
	tracked := false
	var vanished *exceptions.Exception
	for _, p := range e.allParts() {
		it := b.part(p)
		if it.untracked || it.unlimited {
			continue
		}
		tracked = true
		switch it.state {
		case itemUnread:
			e.waiting = true
		case itemVanished:
			vanished = new(catalogue.Problem(e.SKU, e.title, fmt.Errorf("Linnworks has no stock level for SKU %s", it.sku)))
		case itemRead, itemArchived: // of an archived one there are none
		}
	}
	switch {
	case e.waiting:
		return vanished, false
	case !tracked:
		return new(exceptions.New(exceptions.BadLevel, e.String(), time.Time{},
			fmt.Sprintf("the shop sells %q (product %s, SKU id %s), and Linnworks does not track its stock, so there is no number to set", e.title, e.ProductID, e.ID),
			"switch stock tracking on for the item in Linnworks")), false
	case e.feeds.problem != nil:
		return e.feeds.problem(e.SKU), false
	case !b.trackedThere(e):
		return new(exceptions.New(exceptions.BadLevel, e.String(), time.Time{},
			"Linnworks does not track its stock in the locations that supply it, so there is no number to set",
			"switch stock tracking on for the item in those locations, or name others in the bridge's settings (locations)")), false
	}
	return vanished, vanished != nil
}

// trackedThere reports whether any location that feeds a listing tracks a part of it.
func (b *Book) trackedThere(e *bookListing) bool {
	for _, feeds := range e.feeds.feeds {
		for _, location := range feeds {
			for _, p := range e.partsAt(location) {
				if it := b.part(p); !it.untracked && !it.unlimited && b.levelsOf(int(p.item))[location] != unlimited {
					return true
				}
			}
		}
	}
	return false
}

// stale reports whether a level that a listing depends on is too old to sell by.
func (b *Book) stale(e *bookListing, now time.Time) bool {
	if b.options.ZeroAfter == 0 {
		return false
	}
	return slices.ContainsFunc(e.allParts(), func(p bookPart) bool {
		it := b.part(p)
		return !it.untracked && !it.unlimited && now.Sub(it.at.time()) > b.options.ZeroAfter
	})
}

// tooOld are the products of which a listing is to be taken off sale because a level is too
// old to sell by at the moment now.
func (b *Book) tooOld(now time.Time) (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	for _, n := range b.differing() {
		p := b.products.At(int(n))
		if slices.ContainsFunc(p.listings, func(i int32) bool {
			e := b.listings.At(int(i))
			return e.lag != nil && e.known && b.stale(e, now)
		}) {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// free is what may be sold of an item from a location, and whether it is tracked
// there at all.
func (b *Book) free(p bookPart, location int, of levelChoice) (n int, tracked bool) {
	it := b.part(p)
	if it.untracked || it.unlimited {
		return 0, false
	}
	if it.state == itemVanished && it.changedAt == 0 { // it was never read
		return absurdStock, true
	}
	n = int(b.levelsOf(int(p.item))[location])
	if n == unlimited {
		return 0, false
	}
	if it.reserved != nil {
		n -= it.reserved.unseen[location]
	}
	if it.risen && of == lowest {
		n = min(n, b.lockedOrders.before[it.id].free(location))
	}
	return n - int(it.keep), true
}

// available is what may be sold of a listing from the locations together: the
// sum of what each allows, since a kit is packed in one place, but never more
// than all of them hold in total, since a location that owes units (a negative
// number) has to get them from the others.
func (b *Book) available(e *bookListing, locations []int, of levelChoice) int {
	sum := 0
	for _, location := range locations {
		sum += b.availableAt(e, location, of)
	}
	if len(locations) == 1 {
		return sum
	}
	for _, p := range e.allParts() {
		total, elsewhere, limits := 0, 0, true
		for _, location := range locations {
			if !slices.Contains(e.partsAt(location), p) {
				elsewhere += b.availableAt(e, location, of) // made of something else there
				continue
			}
			n, tracked := b.free(p, location, of)
			total, limits = total+n, limits && tracked
		}
		if limits {
			sum = min(sum, elsewhere+max(total, 0)/int(p.per))
		}
	}
	return sum
}

// availableAt is what one location allows. Where nothing is tracked nobody knows
// what there is.
func (b *Book) availableAt(e *bookListing, location int, of levelChoice) (least int) {
	limited := false
	for _, p := range e.partsAt(location) {
		if n, tracked := b.free(p, location, of); tracked {
			if n = max(n, 0) / int(p.per); !limited || n < least {
				least, limited = n, true
			}
		}
	}
	return least
}

// problems are what a person has to look at, each thing once, in the order of
// the listings.
func (b *Book) problems() []exceptions.Exception {
	var list []exceptions.Exception
	seen := map[exceptions.Ref]bool{}
	add := func(e *exceptions.Exception) {
		if e == nil {
			return
		}
		if key := e.Ref(); !seen[key] {
			seen[key] = true
			list = append(list, *e)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(b.troubled)) {
		e := b.listings.At(n)
		for _, p := range e.allParts() {
			it := b.part(p)
			add(b.owes(int(p.item)))
			if it.state == itemArchived && e.known {
				add(new(catalogue.Problem(e.SKU, e.title, fmt.Errorf("SKU %s is archived in Linnworks, so the shop shows 0", it.sku))))
			}
		}
		add(e.rare.read().problem)
	}
	for _, location := range slices.Sorted(maps.Keys(b.astray)) {
		add(new(b.astray[location]))
	}
	return list
}

// troubles reports whether a person has to look at a listing or at one of its items.
func (b *Book) troubles(e *bookListing) bool {
	if e.rare != nil && e.rare.problem != nil {
		return true
	}
	return slices.ContainsFunc(e.allParts(), func(p bookPart) bool {
		return b.part(p).state == itemArchived || slices.ContainsFunc(b.levelsOf(int(p.item)), func(n int32) bool { return n < 0 })
	})
}

// mended returns the exceptions of a queue whose cause the book has looked into and no
// longer finds.
func (b *Book) mended(open []exceptions.Exception) []exceptions.Exception {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	var fine map[string]bool // objects that were looked at: true if a listing that shows what it should
	var wrong map[exceptions.Ref]bool
	return slices.DeleteFunc(slices.Clone(open), func(e exceptions.Exception) bool {
		if fine == nil {
			fine, wrong = b.objects(), map[exceptions.Ref]bool{}
			for _, p := range b.problems() {
				wrong[p.Ref()] = true
			}
		}
		right, looked := fine[e.Object]
		looked = looked || b.looksForAstray(e.Object)
		return !looked || wrong[e.Ref()] || e.Kind == exceptions.StockRefused && !right
	})
}

// objects are the names under which the book's exceptions go, and whether the
// shop shows what it should of them.
func (b *Book) objects() map[string]bool {
	names := map[string]bool{}
	for n := range b.listings.List {
		e := b.listings.At(n)
		if e.derived || e.waiting || e.withheld() {
			continue
		}
		name := e.String()
		right, have := names[name]
		names[name] = e.known && e.lag == nil && (right || !have)
		for _, id := range e.feeds.ids {
			names["warehouse "+id] = false
		}
		for _, p := range e.allParts() {
			if item := "SKU " + b.part(p).sku; !names[item] {
				names[item] = false // unless a listing has the same name and is right
			}
		}
	}
	return names
}

// rank orders products by what waiting costs: one that shows units which are all
// gone, one that shows too many, one that could show more.
type rank struct {
	urgency int
	hot     bool
	lower   int
	since   time.Time
	id      string
	product int
}

const (
	rankZero = iota
	rankLower
	rankRaise
)

func (b *Book) rank(n int) rank {
	p := b.products.At(n)
	r := rank{urgency: rankRaise, id: p.id, product: n}
	for _, i := range p.listings {
		e := b.listings.At(int(i))
		if e.lag == nil {
			continue
		}
		for _, s := range e.wants() {
			switch {
			case s.wanted == 0 && s.shown > 0:
				r.urgency = rankZero
			case s.wanted < s.shown:
				r.urgency = min(r.urgency, rankLower)
			}
			r.lower += max(int(s.shown)-int(s.wanted), 0)
		}
		r.hot = r.hot || e.hot
		if r.since.IsZero() || e.lag.since.Before(r.since) {
			r.since = e.lag.since
		}
	}
	return r
}

func (r rank) compare(o rank) int {
	hot := func(r rank) int {
		if r.hot {
			return 0
		}
		return 1
	}
	// A level that is too high oversells, one that is too low only waits.
	return cmp.Or(cmp.Compare(r.urgency, o.urgency), cmp.Compare(hot(r), hot(o)), cmp.Compare(o.lower, r.lower),
		r.since.Compare(o.since), cmp.Compare(r.id, o.id))
}

// productStock is the call that a product needs at the moment now; without SKUs
// it needs none. What the shop has refused is left out until its time comes,
// except if now is zero; what it has refused with all others of a call goes alone then.
func (b *Book) productStock(n int, now time.Time) ProductStock {
	p := ProductStock{ProductID: b.products.At(n).id}
	var alone *bookListing
	for _, i := range b.products.At(n).listings {
		switch e := b.listings.At(int(i)); {
		case !e.needs(now):
		case now.IsZero() || !e.goesAlone():
			p.SKUs = append(p.SKUs, e.skuStock(now))
		case alone == nil || e.rare.refused.retryAt.Before(alone.rare.refused.retryAt):
			alone = e
		}
	}
	if alone != nil { // first: with the others it may be refused again
		p.SKUs = append(p.SKUs[:0], alone.skuStock(now))
	}
	return p
}

func (e *bookListing) goesAlone() bool { return e.rare.read().refused != nil && e.rare.refused.alone }

// tryAlone reports whether a SKU of a product has to be tried in a call of its own at the
// moment now.
func (b *Book) tryAlone(productID string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	n, have := b.products.Find(productID)
	return have && slices.ContainsFunc(b.products.At(n).listings, func(i int32) bool {
		e := b.listings.At(int(i))
		return e.goesAlone() && e.needs(now)
	})
}

func (b *Book) needs(n int, now time.Time) bool {
	return slices.ContainsFunc(b.products.At(n).listings, func(i int32) bool { return b.listings.At(int(i)).needs(now) })
}

func (e *bookListing) needs(now time.Time) bool {
	if e.lag == nil || e.held(now) || within(now, e.raisedFrom(now), raiseSpace) {
		return false
	}
	refused := e.rare.read().refused
	return now.IsZero() || refused == nil || !refused.waits(now) || !slices.Equal(e.targets(now), refused.wanted)
}

// raiseSpace is how far a raise of what sells is from the push before it: how much will be
// sold on the way is reckoned anew with every order, and each change of it is not a call.
const raiseSpace = 2 * time.Second

// raisedFrom is the moment from which a listing may be raised that sells and was pushed
// lately; zero if it need not wait.
func (e *bookListing) raisedFrom(now time.Time) time.Time {
	if now.IsZero() || !e.check.unconfirmed || e.heat.now(now) <= coldUnits {
		return time.Time{}
	}
	for i, n := range e.targets(now) {
		if n < int(e.shelves[i].shown) {
			return time.Time{}
		}
	}
	return e.shownAt.time().Add(raiseSpace)
}

func (e *bookListing) skuStock(now time.Time) SKUStock {
	s := SKUStock{SKU: e.SKU, Shown: e.stock(), Stock: e.stock()}
	for i, n := range e.targets(now) {
		s.Stock[i].Quantity = n
	}
	return s
}

func quantities(stock []catalogue.WarehouseStock) string {
	parts := make([]string, len(stock))
	for i, w := range stock {
		parts[i] = fmt.Sprintf("%d in warehouse %s", w.Quantity, w.WarehouseID)
	}
	return strings.Join(parts, ", ")
}

// differing are the products of which a listing shows what it should not.
func (b *Book) differing() []int32 {
	b.waiting = slices.DeleteFunc(b.waiting, func(n int32) bool {
		p := b.products.At(int(n))
		p.waiting = b.differs(int(n))
		return !p.waiting
	})
	return b.waiting
}

// differs reports whether any listing of a product shows what it should not.
func (b *Book) differs(n int) bool {
	return slices.ContainsFunc(b.products.At(n).listings, func(i int32) bool { return b.listings.At(int(i)).lag != nil })
}

// allowance is how many units of a listing will be sold while a number for it is on its
// way: here, in kits of the same items, and in the other shops of the account.
func (b *Book) allowance(e *bookListing, delay time.Duration, now time.Time) int {
	if !b.flight.selling() {
		return 0
	}
	most := 0
	for _, p := range e.allParts() {
		n, per := b.flight.onTheWay(b.part(p).id, delay, now), int(p.per)
		most = max(most, (n+per-1)/per)
	}
	return most
}

// shows reports whether a warehouse shows what it should. While a listing sells it may
// show less, by as much as is taken off again and again: else every call would be the
// reason for another one. It counts down by itself.
func (e *bookListing) shows(s bookShelf) bool {
	return s.shown == s.wanted || s.shown < s.wanted && int(s.shown) >= int(s.wanted)-2*int(e.onTheWay)
}
