package stock

import (
	"cmp"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// take returns the product given, or if it is empty the one that most needs a call at the
// moment now, with the call that it needs; ok is false if none does. Nobody else gets the
// product until done is called with it, so that calls of one product never overlap. Every
// fair-th time the product that waits longest is taken instead, whatever its
// rank, if it has waited for fairAfter.
func (b *Book) take(now time.Time, product string, fair int, fairAfter time.Duration) (p ProductStock, doubt doubt, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.choose(now, product, fair, fairAfter)
	if c.products == 0 {
		return ProductStock{}, certain, false
	}
	b.taken++
	b.products.At(c.best).pushing, b.products.At(c.best).taken = true, b.seq
	p = b.productStock(c.best, now)
	p.Urgent = c.urgent
	return p, c.doubt, true
}

// choice is the product that take would return.
type choice struct {
	products int // that could be taken
	best     int
	urgent   bool
	doubt    doubt
}

// next returns what take would, without its being taken.
func (b *Book) next(now time.Time, product string, fair int, fairAfter time.Duration) choice {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.choose(now, product, fair, fairAfter)
}

func (b *Book) choose(now time.Time, product string, fair int, fairAfter time.Duration) choice {
	b.compute()
	if product != "" {
		return b.chosen(now, product)
	}
	c := choice{best: -1}
	oldest := -1
	var bestRank, oldestRank rank
	for _, n := range b.differing() {
		n, product := int(n), b.products.At(int(n))
		if product.pushing || within(now, product.retryAt.time(), retryMax) {
			continue
		}
		if !b.needs(n, now) {
			continue
		}
		c.products++
		r := b.rank(n)
		if c.best < 0 || r.compare(bestRank) < 0 {
			c.best, bestRank = n, r
		}
		if oldest < 0 || cmp.Or(r.since.Compare(oldestRank.since), cmp.Compare(r.id, oldestRank.id)) < 0 {
			oldest, oldestRank = n, r
		}
	}
	if c.best < 0 {
		return c
	}
	c.urgent = bestRank.hot || bestRank.urgency == rankZero
	if (b.taken+1)%fair == 0 && now.Sub(oldestRank.since) >= fairAfter {
		c.best, c.urgent = oldest, true
	}
	c.doubt = b.doubtOf(c.best, now)
	return c
}

// chosen is the choice of the product given, which is tried again although it may have
// failed a moment ago.
func (b *Book) chosen(now time.Time, product string) choice {
	n, have := b.products.Find(product)
	if !have || b.products.At(n).pushing || !b.needs(n, now) {
		return choice{best: -1}
	}
	r := b.rank(n)
	return choice{products: 1, best: n, urgent: r.hot || r.urgency == rankZero, doubt: b.doubtOf(n, now)}
}

func (b *Book) doubtOf(n int, now time.Time) doubt {
	listings := b.products.At(n).listings
	switch {
	case b.products.At(n).unsure:
		return outcomeUnknown
	case slices.ContainsFunc(listings, func(i int32) bool { // a zero that the bridge has caused is known
		e := b.listings.At(int(i))
		return e.suspect() && !now.Before(b.zeroed[e.ID])
	}):
		return shopMayDiffer
	case slices.ContainsFunc(listings, func(i int32) bool { return b.mayShowLess(b.listings.At(int(i)), now) }):
		return salesUnseen
	}
	return certain
}

// doubt is why the shop is to be looked at before a product is published.
type doubt int8

const (
	certain        doubt = iota
	outcomeUnknown       // of the last call
	shopMayDiffer        // a SKU is suspect
	salesUnseen          // the shop may have sold what nobody knows of
)

// retake returns the call that a product needs by now that was taken with a doubt, see
// productStock.
//
// Where orders may not be known, the shop was looked at: what they sold is in what it
// shows, and not in what it should show. The one can be above the warehouse's stock
// although it is below the other, by as much as other channels have sold. So what sells is
// lowered then, unless it is low enough in any case.
func (b *Book) retake(productID string, now time.Time, why doubt) ProductStock {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	n, have := b.products.Find(productID)
	if !have {
		return ProductStock{}
	}
	p := b.productStock(n, now)
	if why != salesUnseen {
		return p
	}
	for _, i := range b.products.At(n).listings {
		if e := b.listings.At(int(i)); !e.needs(now) && !e.held(now) && e.rare.read().refused == nil && e.mayOversell() {
			p.SKUs = append(p.SKUs, e.skuStock(now))
		}
	}
	return p
}

// mayOversell reports whether a warehouse shows more of a listing that sells than is left
// for certain.
func (e *bookListing) mayOversell() bool {
	return e.onTheWay > 0 && slices.ContainsFunc(e.wants(), func(s bookShelf) bool { return int(s.shown) > e.lessOnTheWay(s) })
}

// done gives a product back, with what became of the call. An error without
// anything accepted leaves the product unsure until the shop has been looked at.
func (b *Book) done(now time.Time, p ProductStock, did published, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	set := func(list []SKUStock, f func(*bookListing, SKUStock)) {
		for _, s := range list {
			if n, have := b.listings.Find(s.ID); have {
				f(b.listings.At(n), s)
				b.touch(n)
			}
		}
	}
	set(did.accepted, func(e *bookListing, s SKUStock) { b.accepted(now, b.productOf(e).taken, e, s.Stock) })
	set(did.derived, func(e *bookListing, _ SKUStock) { e.derived = true })
	refuse := func(retryAt time.Time) func(*bookListing, SKUStock) {
		return func(e *bookListing, s SKUStock) {
			refused := &bookRefusal{retryAt: retryAt, alone: did.all || len(p.SKUs) == 1 && e.goesAlone()}
			for _, w := range s.Stock {
				refused.wanted = append(refused.wanted, w.Quantity)
			}
			e.setRare().refused = refused
		}
	}
	set(did.refused, refuse(now.Add(refusedAfter)))
	set(did.alone, refuse(now))
	set(did.locked, func(e *bookListing, _ SKUStock) { e.rare.refused.locked = true })
	n, have := b.products.Find(p.ProductID)
	if !have {
		return
	}
	product := b.products.At(n)
	product.pushing = false
	switch {
	case did.all || len(did.accepted) > 0:
		product.refusedAlone = 0
	case len(p.SKUs) == 1 && len(did.refused) == 1:
		product.refusedAlone++
		if product.refusedAlone >= mostUnread { // it is not about one of them
			b.tryAloneLater(product, now)
		}
	}
	nothing := len(did.accepted)+len(did.refused)+len(did.derived)+len(did.alone) == 0
	if err == nil || !nothing && len(did.later) == 0 {
		product.failures, product.retryAt = 0, 0
		return
	}
	if nothing && len(did.later) == 0 {
		b.unsure(now, n, p)
	}
	wait := retryAfter
	for range min(product.failures, 20) {
		wait = min(2*wait, retryMax)
	}
	product.failures++
	product.retryAt = momentOf(now.Add(wait))
}

// tryAloneLater has the SKUs of a product that would be tried one by one wait. Those that
// were not tried are the first then.
func (b *Book) tryAloneLater(product *bookProduct, now time.Time) {
	product.refusedAlone = 0
	for _, i := range product.listings {
		if e := b.listings.At(int(i)); e.goesAlone() && e.needs(now) {
			e.rare.refused.notBefore = now.Add(refusedAfter)
		}
	}
}

// putBack gives a product back that was not published, to be taken again at the
// moment given or after it.
func (b *Book) putBack(productID string, again time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, have := b.products.Find(productID); have {
		b.products.At(n).pushing, b.products.At(n).retryAt = false, momentOf(again)
	}
}

// nextRetry is the first moment at which a product that failed, was refused or was pushed
// a moment ago may be tried again; zero if there is none.
func (b *Book) nextRetry(now time.Time) (at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	earlier := func(t time.Time) {
		if t.After(now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, n := range b.waiting {
		n := int(n)
		earlier(b.products.At(n).retryAt.time())
		for _, i := range b.products.At(n).listings {
			e := b.listings.At(int(i))
			earlier(e.raisedFrom(now))
			if r := e.rare.read().refused; r != nil {
				earlier(r.retryAt)
				earlier(r.notBefore)
			}
		}
	}
	return at
}

// heatUp decides which listings are hot: those that declared says, and the most
// of those that have sold lately. It returns the items that they depend on, those
// of the hottest listings first.
func (b *Book) heatUp(now time.Time, declared func(catalogue.Listing, time.Time) bool, most int) (items []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	type warm struct {
		n     int
		units float64
	}
	var list []warm
	for n := range b.listings.List {
		e := b.listings.At(n)
		e.hot = false
		if e.derived || len(e.parts) == 0 {
			continue
		}
		units := e.heat.now(now)
		switch {
		case declared != nil && declared(b.listing(e), now):
			e.hot = true
			list = append(list, warm{n, units + 1e9})
		case units > coldUnits:
			list = append(list, warm{n, units})
		}
	}
	slices.SortFunc(list, func(a, b warm) int { return cmp.Or(cmp.Compare(b.units, a.units), cmp.Compare(a.n, b.n)) })
	seen := map[int32]bool{}
	for i, w := range list {
		e := b.listings.At(w.n)
		if !e.hot && (i >= most || len(items) >= itemBatch) {
			break
		}
		e.hot = true
		for _, p := range e.allParts() {
			if !seen[p.item] && !b.part(p).untracked {
				seen[p.item] = true
				items = append(items, b.part(p).id)
			}
		}
	}
	return items
}

// unread are the items that were never read, at most n.
func (b *Book) unread(n int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for i := 0; i < len(b.items.List) && len(ids) < n; i++ {
		if it := b.items.At(i); it.state == itemUnread && !it.untracked {
			ids = append(ids, it.id)
		}
	}
	return ids
}

// needed leaves out the items that no listing depends on.
func (b *Book) needed(ids []string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, have := b.items.Find(id)
		return !have
	})
}

// readBefore are the tracked items whose last reading began before a mark.
func (b *Book) readBefore(mark Mark) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for i := range b.items.List {
		if it := b.items.At(i); !it.untracked && it.mark < mark {
			ids = append(ids, it.id)
		}
	}
	return ids
}

func (b *Book) called(call Call, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.called(call, n, b.options.Now().UTC())
}

// Problems are what a person has to look at, each thing once.
func (b *Book) Problems() []exceptions.Exception {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	return b.problems()
}
