package stock

import (
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// skuIDs are all SKUs of the book, in its order.
func (b *Book) skuIDs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]string, len(b.listings.List))
	for n := range b.listings.List {
		ids[n] = b.listings.At(n).ID
	}
	return ids
}

// look is a reading of what the shop shows, begun at the mark and the moment
// from, and over at to.
type look struct {
	mark     Mark
	from, to time.Time
}

// lookAt compares what the shop shows of the SKUs asked for with what is
// expected. What is right is noted as seen; the rest is returned, bundles of the
// shop apart, of which nothing is expected.
func (b *Book) lookAt(l look, o CheckOptions, asked []string, list []ShownStock) (right int, drifts, bundles []Drift) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	at := make(map[string]int, len(list))
	for i := range list {
		at[list[i].ID] = i
	}
	var shelves []shopShelf
	for _, id := range asked {
		n, have := b.listings.Find(id)
		if !have {
			continue
		}
		e := b.listings.At(n)
		c, rare := e.watch(), e.rare.read().check
		if rare.off {
			continue
		}
		i, known := at[id]
		if !known {
			drifts = append(drifts, Drift{SKU: e.SKU, Kind: SKUGone, Expected: e.stock()})
			continue
		}
		s := &list[i]
		if e.derived {
			bundles = append(bundles, e.drift(Bundle, s, nil))
			continue
		}
		if kind := otherWarehouses(e.feeds.ids, s.Warehouses); kind != "" {
			drifts = append(drifts, e.drift(kind, s, nil))
			continue
		}
		if e.rare != nil {
			e.rare.check.otherSince = time.Time{}
		}
		if e.withheld() {
			e.rare.check.withheldAt = 0
			b.touch(n)
		}
		lock := lockKind(e.wants(), s.Campaign, s.Creator)
		if lock != "" {
			drifts = append(drifts, e.drift(lock, s, nil))
		}
		if locked := s.Campaign + s.Creator; locked > e.toShow() { // a smaller one may be gone when it matters: the shop says so
			rare := &e.setRare().check
			rare.lock, rare.lockUntil = locked, l.to.Add(o.LockedAfter)
		} else if e.rare != nil {
			e.rare.check.lock = 0
		}
		if refused := e.rare.read().refused; refused != nil && refused.sawLock(s.Campaign+s.Creator) {
			e.rare.refused = nil
		}
		shelves = e.shopShelves(shelves[:0], s)
		kind, unseen := classifySKU(shelves)
		p := b.productOf(e)
		late := p.pushing || e.shownMark > l.mark || c.soldMark > l.mark
		if kind == "" || c.overtaken && !late {
			b.seen(n, l, s.Warehouses)
			if lock == "" {
				right++
			}
			continue
		}
		switch justPushed := c.unconfirmed && l.from.Before(e.shownAt.time().Add(o.Settle)); {
		case justPushed, late:
			kind, unseen = InFlight, excess(shelves)
		case p.unsure && (kind == LatePush || kind == LostPush): // what the push took off is not sold
			kind, unseen = ReadBack, excess(shelves)
		}
		drifts = append(drifts, e.drift(kind, s, unseen))
	}
	return right, drifts, bundles
}

// otherWarehouses reports whether the shop sells a listing from other warehouses
// than the book knows.
func otherWarehouses(known []string, shown []ShownWarehouse) DriftKind {
	for _, id := range known {
		if shownIn(shown, id) == nil {
			return WarehouseGone
		}
	}
	if len(shown) > len(known) {
		return WarehouseAdded
	}
	return ""
}

func shownIn(list []ShownWarehouse, id string) *ShownWarehouse {
	for i := range list {
		if list[i].WarehouseID == id {
			return &list[i]
		}
	}
	return nil
}

func (e *bookListing) shopShelves(into []shopShelf, s *ShownStock) []shopShelf {
	c := e.check
	for i, shelf := range e.shelves {
		in, known := shownIn(s.Warehouses, e.feeds.ids[i]), shelf.check
		sh := shopShelf{
			shown: in.Available, expected: int(shelf.shown), maybe: int(known.maybe), committed: in.Committed, explained: int(known.explained), based: c.based,
			before: int(known.before), unconfirmed: c.unconfirmed,
		}
		for k, p := range known.earlier {
			if c.hasEarlier[k] {
				sh.earlier[k] = pushed{least: int(max(p.stock-(known.sold-p.sold)-known.maybe, 0)), most: int(p.stock), known: true}
			}
		}
		into = append(into, sh)
	}
	return into
}

// excess is how much more is committed than orders explain.
func excess(shelves []shopShelf) []int {
	units := make([]int, len(shelves))
	for i, s := range shelves {
		if s.based {
			units[i] = max(s.committed-s.explained, 0)
		}
	}
	return units
}

func (e *bookListing) drift(kind DriftKind, s *ShownStock, unseen []int) Drift {
	d := Drift{SKU: e.SKU, Kind: kind, Shown: s.Warehouses, Expected: e.stock(), Campaign: s.Campaign, Creator: s.Creator}
	for i, shelf := range e.wants() {
		d.Wanted = append(d.Wanted, catalogue.WarehouseStock{WarehouseID: e.feeds.ids[i], Quantity: int(shelf.wanted)})
	}
	d.Unseen = e.unseenIn(unseen)
	return d
}

// unseenIn names the warehouses of units by the index of theirs.
func (e *bookListing) unseenIn(counts []int) (list []catalogue.WarehouseStock) {
	for i, n := range counts {
		if n > 0 {
			list = append(list, catalogue.WarehouseStock{WarehouseID: e.feeds.ids[i], Quantity: n})
		}
	}
	return list
}

// seen notes what the shop shows of a listing.
func (b *Book) seen(n int, l look, shown []ShownWarehouse) {
	e := b.listings.At(n)
	c := e.watch()
	changed := false
	for i, id := range e.feeds.ids {
		if in := shownIn(shown, id); in != nil {
			s := &e.shelves[i]
			changed = changed || int(s.shown) != in.Available
			s.shown, s.check.explained = units(in.Available), units(in.Committed)
		}
	}
	c.based, c.overtaken, c.lookedAt = true, false, momentOf(l.from)
	changed = changed || e.suspect()
	e.saw(l.mark, l.to, l.from)
	b.productOf(e).unsure = false
	if changed {
		b.touch(n)
	}
}

// takeOver has the book believe what a look has found. It tells what that leaves
// to be done.
func (b *Book) takeOver(l look, d Drift, o CheckOptions) DriftAction {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	n, have := b.listings.Find(d.ID)
	if !have {
		return Waits // the catalogue has just been read
	}
	e := b.listings.At(n)
	c := e.watch()
	switch d.Kind {
	case CampaignLock, CreatorLock, BothLocks:
		return Held
	case SKUGone, WarehouseGone, WarehouseAdded:
		rare := &e.setRare().check
		if !rare.otherSince.IsZero() && rare.withheldAt == 0 { // the listings were read again, and say so still
			return Left
		}
		if rare.otherSince.IsZero() {
			rare.otherSince = l.to
		}
		rare.withheldAt = b.seq
		b.touch(n)
		return Held
	case Frozen, Deactivated, Deleted:
		rare := &e.setRare().check
		rare.withheldAt, rare.off = b.seq, d.Kind == Frozen || d.Kind == Deactivated || d.Kind == Deleted
		b.touch(n)
		return Held
	case Bundle:
		return Left
	}
	late := e.shownMark > l.mark || c.soldMark > l.mark
	if d.Kind != InFlight && !late {
		b.seen(n, l, d.Shown)
		if d.Kind.foreign() && c.wrote {
			c.wrote = false
			rare := &e.setRare().check
			rare.foreign = append(rare.foreign, l.to)
			rare.foreign = rare.foreign[max(len(rare.foreign)-o.WriterChecks, 0):]
		}
	}
	unseen := d.Unseen
	if late && c.based && otherWarehouses(e.feeds.ids, d.Shown) == "" { // their orders may have come since the look
		unseen = e.unseenIn(excess(e.shopShelves(nil, &ShownStock{Warehouses: d.Shown})))
	}
	for _, w := range unseen {
		for i, id := range e.feeds.ids {
			if id != w.WarehouseID {
				continue
			}
			sold := w.Quantity
			if old := b.orders[unseenID(e.ID, w.WarehouseID)]; old != nil {
				sold += old.units
			}
			b.setUnseen(e, i, sold, l.to.Add(shopClockSlack), l.to.Add(o.UnseenFor))
			if d.Kind == InFlight || late {
				e.shelves[i].check.explained += units(w.Quantity) // once is enough
			}
		}
	}
	b.compute()
	switch {
	case d.Kind == InFlight || late:
		return Waits
	case !e.known:
		return Left
	case e.right():
		return Taken
	}
	return Repaired
}

// otherFor is for how long the shop's stock has named another SKU or other warehouses than its
// listings.
func (b *Book) otherFor(skuID string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, have := b.listings.Find(skuID)
	if !have || b.listings.At(n).rare.read().check.otherSince.IsZero() {
		return 0
	}
	return now.Sub(b.listings.At(n).rare.check.otherSince)
}

// wants reports what a listing should show, and whether that is anything at all.
func (b *Book) wants(skuID string) (units int, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	n, have := b.listings.Find(skuID)
	if !have || !b.listings.At(n).known {
		return 0, false
	}
	return wantedUnits(b.listings.At(n).wants()), true
}

// itemsOf are the items that listings consist of, each once.
func (b *Book) itemsOf(skuIDs []string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for _, id := range skuIDs {
		if n, have := b.listings.Find(id); have {
			for _, p := range b.listings.At(n).allParts() {
				ids = append(ids, b.part(p).id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// unreadSince are those of SKUs that consist of an item whose levels were not read from the
// mark on.
func (b *Book) unreadSince(mark Mark, skuIDs []string) map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	unread := map[string]bool{}
	for _, id := range skuIDs {
		if n, have := b.listings.Find(id); have {
			unread[id] = slices.ContainsFunc(b.listings.At(n).allParts(), func(p bookPart) bool { return b.part(p).mark < mark })
		}
	}
	return unread
}

// names are those of SKUs in cases.
func (b *Book) names(skuIDs []string) (names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range skuIDs {
		if n, have := b.listings.Find(id); have {
			names = append(names, b.listings.At(n).String())
		}
	}
	return names
}

// left are the objects of cases, each of a SKU, that the shop does not have any more. None is
// before the shop has been read, and while a product of it cannot be.
func (b *Book) left(open []exceptions.Exception) map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := map[string]bool{}
	if len(b.listings.List) == 0 || b.inPart {
		return gone
	}
	for _, e := range open {
		gone[e.Object] = strings.HasPrefix(e.Object, "SKU ")
	}
	for n := range b.listings.List {
		delete(gone, b.listings.At(n).String())
	}
	return gone
}

// setInPart notes whether products of the shop are missing from the listings that are set
// next, because they cannot be read.
func (b *Book) setInPart(inPart bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inPart = inPart
}

// written are the SKUs that somebody else has written after us again and again,
// since a moment, and how many SKUs there are.
func (b *Book) written(since time.Time, checks int) (skus []catalogue.SKU, all int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.listings.List {
		e := b.listings.At(n)
		if !e.derived {
			all++
		}
		if e.rare != nil && len(e.rare.check.foreign) >= checks && !e.rare.check.foreign[0].Before(since) {
			skus = append(skus, e.SKU)
		}
	}
	return skus, all
}

// forgetWritten begins to count anew.
func (b *Book) forgetWritten() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.listings.List {
		if rare := b.listings.At(n).rare; rare != nil {
			rare.check.foreign = nil
		}
	}
}

// shownRight is whether all that goes by a name shows what it should, and whether the
// shop has refused something of it.
type shownRight struct{ right, refused bool }

// showsRight tells of names how the SKUs asked for, or all if none is given, are shown. A
// product is right if it takes stock.
func (b *Book) showsRight(asked []string) map[string]shownRight {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	names := map[string]shownRight{}
	note := func(n int) {
		e := b.listings.At(n)
		name := e.String()
		is, have := names[name]
		names[name] = shownRight{(is.right || !have) && (e.derived || e.known && e.right()), is.refused || e.rare.read().refused != nil}
		if product := productObject(e.ProductID); !names[product].right {
			names[product] = shownRight{right: !e.withheld()}
		}
	}
	for _, id := range asked {
		if n, have := b.listings.Find(id); have {
			note(n)
		}
	}
	if len(asked) == 0 {
		for n := range b.listings.List {
			note(n)
		}
	}
	return names
}

func (b *Book) hasBundles() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.listings.List {
		if b.listings.At(n).derived {
			return true
		}
	}
	return false
}

// timesWritten is how often somebody else has written a SKU after us.
func (b *Book) timesWritten(skuID string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, have := b.listings.Find(skuID); have {
		return len(b.listings.At(n).rare.read().check.foreign)
	}
	return 0
}

// statesFrom is since when products may have changed their state unnoticed.
func (b *Book) statesFrom() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statesAt
}

func (b *Book) setStatesFrom(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statesAt = at
}

// listingsOf are the listings of a product that stock would be published for;
// known is false if the book has no such product.
func (b *Book) listingsOf(productID string) (list []catalogue.SKU, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, known := b.products.Find(productID)
	if !known {
		return nil, false
	}
	for _, i := range b.products.At(n).listings {
		if e := b.listings.At(int(i)); !e.rare.read().check.off {
			list = append(list, e.SKU)
		}
	}
	return list, true
}

// composition is what a bundle of the shop was last seen to be made of.
func (b *Book) composition(skuID string) []catalogue.BundleComponent {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, have := b.listings.Find(skuID); have {
		return b.listings.At(n).rare.read().check.bundle
	}
	return nil
}

func (b *Book) setComposition(bundles map[string][]catalogue.BundleComponent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, components := range bundles {
		if n, have := b.listings.Find(id); have {
			b.listings.At(n).setRare().check.bundle = components
		}
	}
}

// Unsure notes that the outcome of a call is unknown: the shop shows what it set,
// or what it showed before, or will show what it set later. A [Check] or
// [Book.SetShown] ends the doubt.
func (b *Book) Unsure(at time.Time, p ProductStock) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	if n, have := b.products.Find(p.ProductID); have {
		b.unsure(at, n, p)
	}
}

func (b *Book) unsure(at time.Time, n int, p ProductStock) {
	b.products.At(n).unsure = true
	for _, s := range p.SKUs {
		i, have := b.listings.Find(s.ID)
		if !have || !b.watched {
			continue
		}
		if e := b.listings.At(i); e.feeds.are(s.Stock) {
			e.pushed(at, 0, s.Stock, false)
		}
	}
}

// halt has pushes from the book refuse if what is open forbids them, and returns
// why.
func (b *Book) halt(open []exceptions.Exception) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halted, b.haltKnown = stopped(open), true
	return b.halted
}

// mayPush reports whether pushes are allowed; known is false if nobody has looked.
func (b *Book) mayPush() (known bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.haltKnown, b.halted
}

// refusalKinds are what is raised on a SKU that the shop does not take.
var refusalKinds = []exceptions.Kind{exceptions.StockRefused, exceptions.StockLocked}

// setOpen notes which SKUs an exception is open on, by name, that the next call which
// the shop accepts closes.
func (b *Book) setOpen(open []exceptions.Exception) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusals = map[string]bool{}
	for _, e := range open {
		if slices.Contains(refusalKinds, e.Kind) {
			b.refusals[e.Object] = true
		}
	}
}

func (b *Book) noteOpen(object string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refusals != nil {
		b.refusals[object] = true
	}
}

// keptUp are those of SKUs that locks keep above what they should show, and that no case is
// open on.
func (b *Book) keptUp(skus []SKUStock) (ids []string) {
	for _, s := range skus {
		if b.aboveWanted(s.ID) && !b.opened(s.String()) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// opened reports whether an exception may be open on a SKU: it may if nobody has looked.
func (b *Book) opened(object string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refusals == nil || b.refusals[object]
}
