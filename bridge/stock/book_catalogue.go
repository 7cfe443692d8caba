package stock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// SetCatalogue replaces what is for sale and what it consists of: listings as
// read from the mark and the moment at on, items and broken as a [catalogue.Source]
// returns them. Levels stay, and so does what the shop is believed to show of a
// SKU that is sold from the same warehouses as before: that it shows something
// else is for a [Check] to find.
func (b *Book) SetCatalogue(mark Mark, at time.Time, listings []catalogue.Listing, items map[string]catalogue.Item, broken map[string]error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	if b.statesAt.IsZero() {
		b.statesAt = at
	}
	known := catalogue.Lookup{Items: items, Broken: broken}
	oldListings, oldBySKUID, oldProducts, oldByProduct := b.listings, b.bySKUID, b.products, b.byProduct
	oldItems, oldByItem := b.items, b.byItem

	b.listings, b.bySKUID = make([]bookListing, 0, len(listings)), make(map[string]int, len(listings))
	b.products, b.byProduct = make([]bookProduct, 0, len(oldProducts)), make(map[string]int, len(oldProducts))
	b.items, b.byItem = make([]bookItem, 0, len(oldItems)), make(map[string]int, len(oldItems))
	b.warehouses = map[string]*bookWarehouses{}
	clear(b.waiting)
	clear(b.troubled)
	clear(b.ordersSeen.held)
	read := b.options.Now()
	b.tally, b.selling, b.zeroes = [4]int{}, 0, 0
	b.dirty = b.dirty[:0]
	for _, l := range listings {
		if _, twice := b.bySKUID[l.ID]; twice {
			continue // the shop's pages shift while they are read
		}
		n := len(b.listings)
		b.bySKUID[l.ID] = n
		b.listings = append(b.listings, bookListing{Listing: l})
		b.tally[listingNew]++
		e := &b.listings[n]
		e.Stock = slices.Clone(l.Stock)
		e.shownMark, e.shownAt, e.knownTo = mark, at, read
		if i, have := oldBySKUID[l.ID]; have {
			e.keep(mark, &oldListings[i])
		}
		e.product = b.product(l.ProductID, oldProducts, oldByProduct)
		e.ProductID = b.products[e.product].id // many listings have the same: one text is kept
		for i, w := range e.Stock {
			if id, have := b.warehouseIDs[w.WarehouseID]; have {
				e.Stock[i].WarehouseID = id
			}
		}
		b.products[e.product].listings = append(b.products[e.product].listings, n)
		e.feeds = b.warehousesOf(e.Listing)
		b.compose(e, n, known, oldItems, oldByItem)
		b.touch(n)
	}
	b.items = slices.Clone(b.items) // without the room that appending left
	for _, o := range b.orders {
		if !o.unseen() {
			o.Reservation = b.resolved(o.put)
		}
		b.index(o)
	}
	for i := range b.items {
		b.countUnseen(i)
	}
}

// missedOnce are the listings that are not among those read, and were the time before.
// The shop's pages shift while they are read: one that is missed twice is gone, and one
// that a [Check] does not find is at once.
func (b *Book) missedOnce(read []catalogue.Listing) (missed []catalogue.Listing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := make(map[string]bool, len(read))
	for i := range read {
		found[read[i].ID] = true
	}
	for n := range b.listings {
		e := &b.listings[n]
		was := e.missed
		if e.missed = !found[e.ID]; e.missed && !was && !e.withheld() {
			l := e.Listing
			l.Stock = slices.Clone(l.Stock)
			missed = append(missed, l)
		}
	}
	return missed
}

// keep carries over what a new reading of the listing cannot know.
func (e *bookListing) keep(mark Mark, old *bookListing) {
	e.lag, e.refused, e.heat, e.hot, e.missed = old.lag, old.refused, old.heat, old.hot, old.missed
	if !sameWarehouses(e.Stock, old.Stock) {
		return
	}
	e.Stock, e.shownMark, e.shownAt, e.knownTo, e.check = old.Stock, old.shownMark, old.shownAt, old.knownTo, old.check
	e.suspect, e.suspectAt, e.maybe = old.suspect, old.suspectAt, old.maybe
	if c := e.check; c != nil && c.withheldAt <= mark {
		c.withheldAt, c.off = 0, false
	}
}

func sameWarehouses(a, b []catalogue.WarehouseStock) bool {
	return slices.EqualFunc(a, b, func(x, y catalogue.WarehouseStock) bool { return x.WarehouseID == y.WarehouseID })
}

func (b *Book) product(id string, old []bookProduct, oldBy map[string]int) int {
	n, have := b.byProduct[id]
	if !have {
		n = len(b.products)
		b.byProduct[id] = n
		p := bookProduct{id: id}
		if i, known := oldBy[id]; known {
			p = old[i]
			p.listings = nil
		}
		b.products = append(b.products, p)
	}
	return n
}

// compose breaks a listing down to its parts.
func (b *Book) compose(e *bookListing, n int, known catalogue.Lookup, old []bookItem, oldBy map[string]int) {
	if e.Derived {
		return
	}
	item, err := known.Item(e.SKU)
	var parts []catalogue.Part
	if err == nil {
		parts, err = item.PartList("", 1)
	}
	if err != nil {
		e.broken = err
		return
	}
	e.parts = b.enter(nil, parts, n, old, oldBy)
	if len(item.Kit) == 0 {
		return
	}
	for i, location := range b.locations {
		there, err := item.PartList(location, 1)
		if err != nil {
			e.broken = err
			return
		}
		if slices.EqualFunc(there, parts, func(x, y catalogue.Part) bool { return x.Item.ID == y.Item.ID && x.Per == y.Per }) {
			continue
		}
		if e.stocked == nil {
			e.stocked = &bookStocked{at: map[int][]bookPart{}, all: slices.Clone(e.parts)}
		}
		e.stocked.at[i] = b.enter(e.stocked.all, there, n, old, oldBy)
		for _, p := range e.stocked.at[i] {
			if !slices.Contains(e.stocked.all, p) {
				e.stocked.all = append(e.stocked.all, p)
			}
		}
	}
}

// enter finds the items of a listing's parts, and notes that it depends on those
// that are not in have.
func (b *Book) enter(have []bookPart, parts []catalogue.Part, n int, old []bookItem, oldBy map[string]int) []bookPart {
	list := make([]bookPart, len(parts))
	for i, p := range parts {
		at, known := b.byItem[p.Item.ID]
		if !known {
			at = len(b.items)
			b.byItem[p.Item.ID] = at
			it := bookItem{id: p.Item.ID}
			if j, known := oldBy[p.Item.ID]; known {
				it = old[j]
				it.usedBy, it.reserved = nil, nil
			}
			it.sku, it.untracked, it.keep = p.Item.SKU, p.Item.Untracked, b.options.keepOf(p.Item.SKU)
			b.items = append(b.items, it)
		}
		if !slices.ContainsFunc(have, func(o bookPart) bool { return o.item == at }) {
			b.items[at].usedBy = append(b.items[at].usedBy, n)
		}
		list[i] = bookPart{at, p.Per}
	}
	return list
}

// warehousesOf finds the locations that feed a listing's warehouses, or what is
// wrong with them.
func (b *Book) warehousesOf(l catalogue.Listing) *bookWarehouses {
	var key strings.Builder
	for _, w := range l.Stock {
		key.WriteString(w.WarehouseID)
		key.WriteByte(0)
	}
	set, have := b.warehouses[key.String()]
	if !have {
		set = b.feedsOf(l.Stock)
		b.warehouses[key.String()] = set
	}
	return set
}

func (b *Book) feedsOf(stock []catalogue.WarehouseStock) *bookWarehouses {
	refuse := func(object func(catalogue.Listing) string, seen func(catalogue.Listing) string, do string) *bookWarehouses {
		return &bookWarehouses{problem: func(l catalogue.Listing) *exceptions.Exception {
			return new(exceptions.New(exceptions.UnmappedWarehouse, object(l), time.Time{}, seen(l), do))
		}}
	}
	itself := func(l catalogue.Listing) string { return l.String() }
	if len(stock) == 0 {
		return refuse(itself, func(catalogue.Listing) string { return "the shop names no warehouse for it" }, "assign the SKU to a warehouse in the shop")
	}
	set := &bookWarehouses{}
	taken := map[string]string{} // location: warehouse
	for _, w := range stock {
		locations, mapped := b.options.Locations[w.WarehouseID]
		if !mapped {
			return refuse(func(catalogue.Listing) string { return "warehouse " + w.WarehouseID },
				func(l catalogue.Listing) string {
					return fmt.Sprintf("%s is sold from it, but no stock location supplies it", l.SKU)
				}, "add the warehouse to stock.Options.Locations")
		}
		var feeds []int
		for _, location := range locations {
			if other, twice := taken[location]; twice {
				return refuse(itself, func(catalogue.Listing) string {
					return fmt.Sprintf("location %s supplies the warehouses %s and %s, so its units would be offered twice", location, other, w.WarehouseID)
				}, "give each warehouse locations of its own in stock.Options.Locations, or sell the SKU from one of them")
			}
			taken[location] = w.WarehouseID
			feeds = append(feeds, b.locationN[location])
		}
		set.feeds = append(set.feeds, feeds)
	}
	return set
}
