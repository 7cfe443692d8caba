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
	old := b.contents
	b.contents = newContents(len(listings), len(old.products.List), len(old.items.List))
	clear(b.troubled)
	b.waiting, b.ordersSeen.held = b.waiting[:0], b.ordersSeen.held[:0]
	read := momentOf(b.options.Now())
	b.tally, b.selling, b.zeroes = [4]int{}, 0, 0
	b.dirty = b.dirty[:0]
	warehouses := map[string]*bookWarehouses{} // by their ids
	shelves := 0
	for _, l := range listings {
		shelves += len(l.Stock)
	}
	room := make([]bookShelf, shelves)
	for _, l := range listings {
		if _, twice := b.listings.Find(l.ID); twice {
			continue // the shop's pages shift while they are read
		}
		n := b.listings.Add(bookListing{SKU: l.SKU, title: l.Title, derived: l.Derived, shownMark: mark, shownAt: momentOf(at), knownTo: read})
		b.tally[listingNew]++
		e := b.listings.At(n)
		e.feeds = b.warehousesOf(l, warehouses)
		e.shelves, room = room[:len(l.Stock):len(l.Stock)], room[len(l.Stock):]
		for i, w := range l.Stock {
			e.shelves[i].shown = units(w.Quantity)
		}
		if i, have := old.listings.Find(l.ID); have {
			e.keep(mark, old.listings.At(i))
		}
		product := b.product(l.ProductID, &old)
		e.product, e.ProductID = int32(product), b.products.At(product).id // one text for all listings that have it
		b.products.At(product).listings = append(b.products.At(product).listings, int32(n))
		b.compose(e, known, &old)
		b.touch(n)
	}
	b.products.Clip()
	b.items.Clip()
	b.levels = slices.Clone(b.levels)
	b.findUsers()
	for _, o := range b.orders {
		if !o.unseen() {
			o.Reservation = b.resolved(o.put)
			b.noteAstray(o.Reservation)
		}
		b.index(o)
	}
	for i := range b.items.List {
		b.countUnseen(i)
	}
}

// findUsers lists for each item the listings that depend on it.
func (b *Book) findUsers() {
	b.users = nil
	each := func(do func(n int, it *bookItem)) {
		for n := range b.listings.List {
			for _, p := range b.listings.At(n).allParts() {
				do(n, b.part(p))
			}
		}
	}
	each(func(_ int, it *bookItem) { it.usersTo++ })
	all := int32(0)
	for i := range b.items.List {
		it := b.items.At(i)
		it.usersFrom, it.usersTo, all = all, all, all+it.usersTo
	}
	b.users = make([]int32, all)
	each(func(n int, it *bookItem) {
		b.users[it.usersTo] = int32(n)
		it.usersTo++
	})
}

// missed are the listings that are not among those read, and may be there all the same: the
// shop's pages shift while they are read. One that a [Check] does not find is gone; without a
// check, one that is missed twice.
func (b *Book) missed(read []catalogue.Listing) (missed []catalogue.Listing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := make(map[string]bool, len(read))
	for i := range read {
		found[read[i].ID] = true
	}
	for n := range b.listings.List {
		e := b.listings.At(n)
		was := e.missed
		if e.missed = !found[e.ID]; e.missed && (!was || b.watched) && !e.withheld() {
			missed = append(missed, catalogue.Listing{SKU: e.SKU, Title: e.title, Derived: e.derived, Stock: e.stock()})
		}
	}
	return missed
}

// keep carries over what a new reading of the listing cannot know.
func (e *bookListing) keep(mark Mark, old *bookListing) {
	if e.SKU == old.SKU {
		e.SKU = old.SKU // the texts that others hold too, such as the catalogue
	}
	e.lag, e.heat, e.hot, e.missed = old.lag, old.heat, old.hot, old.missed
	was := old.rare.read()
	kept := bookRare{refused: was.refused}
	if slices.Equal(e.feeds.ids, old.feeds.ids) {
		if e.check, e.suspectAt = old.check, old.suspectAt; !old.check.overtaken {
			copy(e.shelves, old.shelves)
			e.shownMark, e.shownAt, e.knownTo, e.maybe = old.shownMark, old.shownAt, old.knownTo, old.maybe
		}
		e.check.overtaken = e.check.overtaken && e.check.on
		kept.check = was.check
		if kept.check.withheldAt <= mark {
			kept.check.withheldAt, kept.check.off = 0, false
		}
	}
	if kept.refused != nil || kept.check.any() {
		e.rare = &kept
	}
}

func (b *Book) product(id string, old *contents) (n int) {
	n, have := b.products.Find(id)
	if have {
		return n
	}
	p := bookProduct{id: id}
	if i, known := old.products.Find(id); known {
		p = *old.products.At(i)
		p.listings, p.waiting = nil, false
	}
	return b.products.Add(p)
}

// compose breaks a listing down to its parts.
func (b *Book) compose(e *bookListing, known catalogue.Lookup, old *contents) {
	if e.derived {
		return
	}
	item, err := known.Item(e.SKU)
	var parts []catalogue.Part
	if err == nil {
		parts, err = item.PartList("", 1)
	}
	if err != nil {
		e.setRare().broken = err
		return
	}
	e.parts = b.enter(e, parts, old)
	if len(item.Kit) == 0 {
		return
	}
	for i, location := range b.locations {
		there, err := item.PartList(location, 1)
		if err != nil {
			e.setRare().broken = err
			return
		}
		if slices.EqualFunc(there, parts, func(x, y catalogue.Part) bool { return x.Item.ID == y.Item.ID && x.Per == y.Per }) {
			continue
		}
		stocked := e.setRare().stocked
		if stocked == nil {
			stocked = &bookStocked{at: map[int][]bookPart{}, all: slices.Clone(e.parts)}
			e.rare.stocked = stocked
		}
		stocked.at[i] = b.enter(e, there, old)
		for _, p := range stocked.at[i] {
			if !slices.Contains(stocked.all, p) {
				stocked.all = append(stocked.all, p)
			}
		}
	}
}

// enter finds the items of a listing's parts.
func (b *Book) enter(e *bookListing, parts []catalogue.Part, old *contents) []bookPart {
	list := make([]bookPart, len(parts))
	for i, p := range parts {
		at, known := b.items.Find(p.Item.ID)
		if !known {
			at = b.enterItem(e, p.Item, old)
		}
		list[i] = bookPart{int32(at), int32(p.Per)}
	}
	return list
}

func (b *Book) enterItem(e *bookListing, item catalogue.Item, old *contents) (n int) {
	it := bookItem{id: item.ID}
	levels := make([]int32, len(b.locations))
	if i, known := old.items.Find(item.ID); known {
		it = *old.items.At(i)
		it.usersFrom, it.usersTo, it.reserved = 0, 0, nil
		levels = old.levels[i*len(levels):][:len(levels)]
	}
	it.sku, it.untracked, it.keep = item.SKU, item.Untracked, units(b.options.keepOf(item.SKU))
	if it.sku == e.SellerSKU {
		it.sku = e.SellerSKU // one text for both
	}
	b.levels = append(b.levels, levels...)
	return b.items.Add(it)
}

// warehousesOf finds the locations that feed a listing's warehouses, or what is
// wrong with them.
func (b *Book) warehousesOf(l catalogue.Listing, known map[string]*bookWarehouses) *bookWarehouses {
	var key strings.Builder
	for _, w := range l.Stock {
		key.WriteString(w.WarehouseID)
		key.WriteByte(0)
	}
	set, have := known[key.String()]
	if !have {
		set = b.feedsOf(l.Stock)
		for _, w := range l.Stock {
			set.ids = append(set.ids, w.WarehouseID)
		}
		known[key.String()] = set
	}
	return set
}

func (b *Book) feedsOf(stock []catalogue.WarehouseStock) *bookWarehouses {
	refuse := func(object, seen func(catalogue.SKU) string, do string) *bookWarehouses {
		return &bookWarehouses{problem: func(l catalogue.SKU) *exceptions.Exception {
			return new(exceptions.New(exceptions.UnmappedWarehouse, object(l), time.Time{}, seen(l), do))
		}}
	}
	itself := catalogue.SKU.String
	if len(stock) == 0 {
		return refuse(itself, func(catalogue.SKU) string { return "the shop names no warehouse for it" }, "assign the SKU to a warehouse in the shop")
	}
	set := &bookWarehouses{}
	taken := map[string]string{} // location: warehouse
	for _, w := range stock {
		locations, mapped := b.options.Locations[w.WarehouseID]
		if !mapped {
			return refuse(func(catalogue.SKU) string { return "warehouse " + w.WarehouseID },
				func(l catalogue.SKU) string {
					return fmt.Sprintf("%s is sold from it, but no stock location supplies it", l)
				}, "add the warehouse to the bridge's settings (locations)")
		}
		var feeds []int
		for _, location := range locations {
			if other, twice := taken[location]; twice {
				return refuse(itself, func(catalogue.SKU) string {
					return fmt.Sprintf("location %s supplies the warehouses %s and %s, so its units would be offered twice", location, other, w.WarehouseID)
				}, "give each warehouse locations of its own in the bridge's settings (locations), or sell the SKU from one of them")
			}
			taken[location] = w.WarehouseID
			feeds = append(feeds, b.locationN[location])
		}
		set.feeds = append(set.feeds, feeds)
	}
	return set
}
