package stock

import (
	"cmp"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// take returns the product that most needs a call at the moment now, with the
// call that it needs; ok is false if none does. Nobody else gets the product
// until done is called with it, so that calls of one product never overlap. Every
// fair-th time the product that waits longest is taken instead, whatever its
// rank, if it has waited for fairAfter.
func (b *Book) take(now time.Time, fair int, fairAfter time.Duration) (p ProductStock, doubt doubt, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	best, oldest := -1, -1
	var bestRank, oldestRank rank
	for n := range b.waiting {
		product := &b.products[n]
		if product.pushing || now.Before(product.retryAt) {
			continue
		}
		if !b.needs(n, now) {
			if !b.differs(n) {
				delete(b.waiting, n)
			}
			continue
		}
		r := b.rank(n)
		if best < 0 || r.compare(bestRank) < 0 {
			best, bestRank = n, r
		}
		if oldest < 0 || cmp.Or(r.since.Compare(oldestRank.since), cmp.Compare(r.id, oldestRank.id)) < 0 {
			oldest, oldestRank = n, r
		}
	}
	if best < 0 {
		return ProductStock{}, certain, false
	}
	urgent := bestRank.hot || bestRank.urgency == rankZero
	if b.taken++; b.taken%fair == 0 && now.Sub(oldestRank.since) >= fairAfter {
		best, urgent = oldest, true
	}
	b.products[best].pushing, b.products[best].taken = true, b.seq
	p = b.productStock(best, now)
	p.Urgent = urgent
	switch {
	case b.products[best].unsure:
		doubt = outcomeUnknown
	case slices.ContainsFunc(b.products[best].listings, func(i int) bool { return b.listings[i].suspect }):
		doubt = shopMayDiffer
	}
	return p, doubt, true
}

// doubt is why the shop is to be looked at before a product is published.
type doubt int8

const (
	certain        doubt = iota
	outcomeUnknown       // of the last call
	shopMayDiffer        // a SKU is suspect
)

// done gives a product back, with what became of the call. An error without
// anything accepted leaves the product unsure until the shop has been looked at.
func (b *Book) done(now time.Time, p ProductStock, did published, err error, o *LiveOptions) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	set := func(list []SKUStock, f func(*bookListing, SKUStock)) {
		for _, s := range list {
			if n, have := b.bySKUID[s.ID]; have {
				f(&b.listings[n], s)
				b.touch(n)
			}
		}
	}
	set(did.accepted, func(e *bookListing, s SKUStock) { b.accepted(now, b.products[e.product].taken, e, s.Stock) })
	set(did.derived, func(e *bookListing, _ SKUStock) { e.Derived = true })
	set(did.refused, func(e *bookListing, s SKUStock) {
		e.refused = &bookRefusal{retryAt: now.Add(o.RefusedAfter)}
		for _, w := range s.Stock {
			e.refused.wanted = append(e.refused.wanted, w.Quantity)
		}
	})
	n, have := b.byProduct[p.ProductID]
	if !have {
		return
	}
	product := &b.products[n]
	product.pushing = false
	nothing := len(did.accepted)+len(did.refused)+len(did.derived) == 0
	if err == nil || !nothing && len(did.later) == 0 {
		product.failures, product.retryAt = 0, time.Time{}
		return
	}
	if nothing && len(did.later) == 0 {
		b.unsure(now, n, p)
	}
	wait := o.RetryAfter
	for range min(product.failures, 20) {
		wait = min(2*wait, o.RetryMax)
	}
	product.failures++
	product.retryAt = now.Add(wait)
}

// putBack gives a product back that was not published, to be taken again at the
// moment given or after it.
func (b *Book) putBack(productID string, again time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, have := b.byProduct[productID]; have {
		b.products[n].pushing, b.products[n].retryAt = false, again
	}
}

// nextRetry is the first moment at which a product that failed or was refused may
// be tried again; zero if there is none.
func (b *Book) nextRetry(now time.Time) (at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	earlier := func(t time.Time) {
		if t.After(now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for n := range b.waiting {
		earlier(b.products[n].retryAt)
		for _, i := range b.products[n].listings {
			if r := b.listings[i].refused; r != nil {
				earlier(r.retryAt)
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
	for n := range b.listings {
		e := &b.listings[n]
		e.hot = false
		if e.Derived || len(e.parts) == 0 {
			continue
		}
		units := e.heat.now(now)
		switch {
		case declared != nil && declared(e.Listing, now):
			e.hot = true
			list = append(list, warm{n, units + 1e9})
		case units > coldUnits:
			list = append(list, warm{n, units})
		}
	}
	slices.SortFunc(list, func(a, b warm) int { return cmp.Or(cmp.Compare(b.units, a.units), cmp.Compare(a.n, b.n)) })
	seen := map[int]bool{}
	for i, w := range list {
		e := &b.listings[w.n]
		if !e.hot && (i >= most || len(items) >= itemBatch) {
			break
		}
		e.hot = true
		for _, p := range e.allParts() {
			if !seen[p.item] && !b.items[p.item].untracked {
				seen[p.item] = true
				items = append(items, b.items[p.item].id)
			}
		}
	}
	return items
}

// coldUnits is a heat below which a listing does not count as selling: one sale,
// half an hour ago.
const coldUnits = 0.05

// unread are the items that were never read, at most n.
func (b *Book) unread(n int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for i := 0; i < len(b.items) && len(ids) < n; i++ {
		if it := &b.items[i]; it.state == itemUnread && !it.untracked {
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
		_, have := b.byItem[id]
		return !have
	})
}

// readBefore are the tracked items whose last reading began before a mark.
func (b *Book) readBefore(mark Mark) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for i := range b.items {
		if it := &b.items[i]; !it.untracked && it.mark < mark {
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
