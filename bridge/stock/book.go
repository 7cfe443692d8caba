package stock

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Book knows what the shop sells, what each listing consists of, what was
// last read on both sides and what the ledger holds, and computes from it what
// the shop should show:
//
//	wanted = clamp(available − sold but not yet visible − buffer, 0, max)
//
// per SKU and warehouse, kits from their components location by location. It
// makes no calls and asks no clock: facts go in by the Set methods, and
// [Book.Plan] tells the calls to make. Only listings that a new fact
// touches are computed again, so that a book of 100,000 SKUs can be kept up to
// date many times a second. An [Engine] works on one; a program
// with readers or a publisher of its own can do the same. It is safe for
// concurrent use.
//
// # Which fact is newer
//
// A reading takes time, and the world moves while it is taken. Whoever reads
// takes a [Mark] before the call and hands it in with what came back: the
// book then knows which of its own facts the reading cannot know yet. The ledger
// has to be set before levels are read, and again before a plan.
type Book struct {
	mu      sync.Mutex
	options Options
	seq     Mark // counts facts

	locations    []string // that feed a warehouse, sorted
	locationN    map[string]int
	warehouseIDs map[string]string // by themselves

	listings   []bookListing
	bySKUID    map[string]int
	products   []bookProduct
	byProduct  map[string]int
	warehouses map[string]*bookWarehouses // by the warehouse ids of a listing

	items    []bookItem
	byItem   map[string]int
	orders   map[orderKey]*bookOrder
	watched  bool      // by a Check
	statesAt time.Time // since when products may be off without our knowledge
	// halted is why nothing may be published, if anything is; haltKnown reports whether
	// the queue was looked at.
	halted       error
	haltKnown    bool
	refusals     map[string]bool      // SKUs by name that a refusal is open on; nil if nobody has looked
	dirty        []int                // listings to compute again
	waiting      map[int]bool         // products of which a listing may differ
	tally        [4]int               // listings by state
	troubled     map[int]bool         // listings that a person has to look at
	zeroed       map[string]time.Time // by the shop's id of a SKU: until when a zero is expected
	taken        int
	lastRead     Mark // of the newest reading of levels
	ordersSeen   seenOrders
	lockedOrders lockedOrders
	// selling is how many listings the shop sells whose right number is known, zeroes how
	// many of them are to be taken off sale.
	selling, zeroes int
	zeroDoubt       zeroDoubt
	revision        store.Revision // of the ledger
	ledgerAt        time.Time      // when it was last read
	soldOnce        recent
	flight          *flight

	stats stockMeter
}

// Mark is a moment in the life of a [Book]: later ones are larger.
type Mark int64

// bookItem is a single item of the warehouse.
type bookItem struct {
	id, sku string
	// untracked by the catalogue, unlimited by the last reading.
	untracked, unlimited bool
	state                itemState
	// at is when the last reading of the item began, by the reader's clock, mark
	// by the book's; before is the reading before that.
	at, before time.Time
	mark       Mark
	rose       Mark                  // when a reading that raised a level was last entered
	levels     []int                 // by index of the location
	keep       int                   // units that are not sold, in every location
	reserved   *bookOrders           // nil if no order does
	usedBy     []int                 // listings
	owes       *exceptions.Exception // a level below zero
}

// unlimited is the level of an item at a location where it is not tracked.
const unlimited = math.MaxInt / catalogue.MaxKitQuantity

// itemState is what is known of an item's levels.
type itemState int8

const (
	itemUnread   itemState = iota
	itemRead               // there is a level
	itemVanished           // a reading left it out, and nobody knows why
	itemArchived           // no longer sold by the warehouse: none is free
)

// bookListing is a SKU of the shop.
type bookListing struct {
	catalogue.Listing // Stock is what the shop shows, if it is known
	product           int
	feeds             *bookWarehouses
	parts             []bookPart
	stocked           *bookStocked // nil unless a location holds a kit ready-made
	broken            error        // why there are no parts
	// wanted is what should be shown, warehouse by warehouse as in Stock; nil if
	// there is no right number.
	wanted  []int
	problem *exceptions.Exception
	missed  bool // by the last reading of the listings
	// onTheWay is how much of wanted will be sold while it is on its way.
	onTheWay int
	// maybe are units of orders placed about when Stock was shown, which it may have or
	// not; unclear reports whether it is time to publish because of them.
	maybe   int
	unclear bool
	dirty   bool
	state   listingState
	// sells and zeroed report whether the book counts it so.
	sells, zeroed bool
	// troubled reports whether the book lists it so.
	troubled bool
	// waiting reports whether a part has never been read.
	waiting bool
	// shownMark and shownAt are when Stock was last read or accepted.
	shownMark Mark
	shownAt   time.Time
	// knownTo is the last moment at which the shop may have shown Stock, by the reading
	// or call that it comes from: sales before are in it, known to us or not.
	knownTo time.Time
	// suspect reports whether the shop may show something else than Stock, found at
	// suspectAt.
	suspect   bool
	suspectAt Mark
	// lag is nil if the listing shows what it should.
	lag     *bookLag
	refused *bookRefusal // nil if the shop has taken all
	heat    *heat        // nil if it never sold
	hot     bool
	check   *listingCheck // nil: was never looked at
}

// allParts are the parts that a listing has in any location.
func (e *bookListing) allParts() []bookPart {
	if e.stocked != nil {
		return e.stocked.all
	}
	return e.parts
}

// bookStocked are the parts of a kit that some locations hold ready-made.
type bookStocked struct {
	at  map[int][]bookPart // where they are others, by index of the location
	all []bookPart         // everywhere
}

// bookLag is since when a listing differs.
type bookLag struct {
	// since is when the change was read, unseenSince a moment before which it
	// cannot have been.
	since, unseenSince time.Time
}

// bookRefusal is what the shop did not take; the same is not offered again before
// retryAt.
type bookRefusal struct {
	wanted  []int
	retryAt time.Time
	// locked reports whether a lock was the reason, lockSeen whether that lock was seen.
	locked, lockSeen bool
}

// sawLock notes how many units are locked. It returns true if the lock that was the reason
// for the refusal was seen before, and now leaves room for what was refused.
func (r *bookRefusal) sawLock(locked int) (lifted bool) {
	sum := 0
	for _, n := range r.wanted {
		sum += n
	}
	r.lockSeen = r.lockSeen || locked > sum
	return r.locked && r.lockSeen && locked <= sum
}

// listingState is how a listing was found when it was last computed.
type listingState int8

const (
	listingNew     listingState = iota
	listingSkipped              // there is no right number
	listingRight
	listingDiffers
)

type bookPart struct{ item, per int }

type bookProduct struct {
	id       string
	listings []int
	pushing  bool // somebody has taken it
	taken    Mark
	unsure   bool // the last call may or may not have taken effect
	failures int
	retryAt  time.Time
}

// bookWarehouses is a set of warehouses that a listing is sold from.
type bookWarehouses struct {
	feeds   [][]int // indexes of locations
	problem func(l catalogue.Listing) *exceptions.Exception
}

// NewBook checks the options.
func NewBook(o Options) (*Book, error) {
	o, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("stock: NewBook: %w", err)
	}
	return newStockBook(o), nil
}

func newStockBook(checked Options) *Book {
	b := &Book{options: checked, locationN: map[string]int{}, warehouseIDs: map[string]string{}, orders: map[orderKey]*bookOrder{}, waiting: map[int]bool{}, troubled: map[int]bool{}, ordersSeen: seenOrders{held: map[int]bool{}}, flight: new(flight)}
	for id, locations := range checked.Locations {
		b.warehouseIDs[id] = id
		for _, location := range locations {
			b.locationN[location] = 0
		}
	}
	b.locations = slices.Sorted(maps.Keys(b.locationN))
	for i, location := range b.locations {
		b.locationN[location] = i
	}
	return b
}

// Mark returns the present moment, for a reading that is about to begin.
func (b *Book) Mark() Mark {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seq
}

// SetLevels takes in a reading of levels that was begun at the mark. asked are
// the items that were asked for by id: those that the reading leaves out have
// vanished, which is not the same as zero. Without asked nothing has. A reading
// that is older than what the book has of an item does not change it.
func (b *Book) SetLevels(mark Mark, reading Reading, asked ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	b.lastRead = max(b.lastRead, mark)
	for id, levels := range reading.Available {
		if i, have := b.byItem[id]; have {
			b.setLevel(i, mark, reading, levels)
		}
	}
	for _, id := range asked {
		i, have := b.byItem[id]
		if _, read := reading.Available[id]; !have || read || b.items[i].mark > mark {
			continue
		}
		it := &b.items[i]
		if it.untracked || reading.Untracked[id] {
			it.state, it.unlimited = itemRead, true
		} else if it.state != itemArchived {
			it.state = itemVanished
		}
		it.stamp(mark, reading.At)
		b.touchUsers(i)
	}
}

func (it *bookItem) stamp(mark Mark, at time.Time) {
	if !at.Equal(it.at) {
		it.before = it.at
	}
	it.mark, it.at = mark, at
}

func (b *Book) setLevel(i int, mark Mark, reading Reading, levels map[string]int) {
	it := &b.items[i]
	if it.state == itemRead && (reading.At.Before(it.at) || it.mark > mark) {
		return
	}
	if it.levels == nil {
		it.levels = make([]int, len(b.locations))
	}
	changed := it.state != itemRead || it.unlimited != reading.Untracked[it.id]
	elsewhereOnly := reading.UntrackedIn[it.id]
	rose := it.state != itemRead || it.unlimited != reading.Untracked[it.id]
	for n, location := range b.locations {
		v := levels[location]
		if elsewhereOnly[location] {
			v = unlimited
		}
		if v != it.levels[n] {
			rose = rose || v > it.levels[n]
			it.levels[n], changed = v, true
		}
	}
	it.state, it.unlimited = itemRead, reading.Untracked[it.id]
	it.stamp(mark, reading.At)
	if rose {
		it.rose, b.lockedOrders.rose = b.seq, b.seq
	}
	if b.countUnseen(i) || changed {
		b.owing(it)
		b.touchUsers(i)
	}
}

// owing notes levels below zero. They are sold as zero.
func (b *Book) owing(it *bookItem) {
	it.owes = nil
	for n, v := range it.levels {
		if v < 0 && it.owes == nil {
			it.owes = new(exceptions.New(exceptions.BadLevel, "SKU "+it.sku, time.Time{},
				fmt.Sprintf("%d units are free in location %s: more is ordered than is there", v, b.locations[n]),
				"count the item and correct its level in Linnworks; until then the shop shows 0 for this location"))
		}
	}
}

// SetItemStates notes why items have vanished: of an archived or deleted one none
// is free, and zero is published; of others nothing is known, and what the shop
// shows is left as it is.
func (b *Book) SetItemStates(states map[string]ItemState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for id, state := range states {
		i, have := b.byItem[id]
		if !have || b.items[i].state == itemRead {
			continue
		}
		if !state.Active() {
			b.items[i].state = itemArchived
			b.items[i].levels = make([]int, len(b.locations))
			b.touchUsers(i)
		}
	}
}

// Vanished are the items that the last reading left out, and that nobody has
// said of why: see [ItemStates].
func (b *Book) Vanished() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for i := range b.items {
		if b.items[i].state == itemVanished {
			ids = append(ids, b.items[i].id)
		}
	}
	return ids
}

// ItemIDs are the items whose levels the listings depend on, sorted.
func (b *Book) ItemIDs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]string, len(b.items))
	for i := range b.items {
		ids[i] = b.items[i].id
	}
	slices.Sort(ids)
	return ids
}

// SetShown takes in what the shop was seen to show, read from the mark and the
// moment at on, for the warehouses of one SKU. What the shop has accepted since
// the mark stays.
func (b *Book) SetShown(mark Mark, at time.Time, skuID string, stock ...catalogue.WarehouseStock) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	n, have := b.bySKUID[skuID]
	if !have || b.listings[n].shownMark > mark {
		return
	}
	e := &b.listings[n]
	for _, w := range stock {
		for i := range e.Stock {
			if e.Stock[i].WarehouseID == w.WarehouseID {
				e.Stock[i].Quantity = w.Quantity
			}
		}
	}
	e.saw(mark, at, at)
	e.knownTo = b.options.Now()
	b.products[e.product].unsure = false
	b.touch(n)
}

// Suspect notes that the shop may show something else than the book believes, as
// after a cancellation, which gives the units back or, if it was for want of
// stock, sets the SKU to zero. The SKUs are published again, or looked up first
// where that can be done. Unknown ones are ignored.
func (b *Book) Suspect(skuIDs ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for _, id := range skuIDs {
		b.suspect(id)
	}
}

// ZeroExpecter is told of zeros that the shop sets itself. [Book] is one.
type ZeroExpecter interface {
	// ExpectZero notes that the shop sets SKUs, by its ids, to zero about now: they are
	// to be published again, and nobody is to be blamed for it.
	ExpectZero(skuIDs ...string)
}

// expectZero is how long a zero that the shop was made to set may take to show, and to
// be put right.
const expectZero = 10 * time.Minute

// ExpectZero notes that the shop sets SKUs to zero about now, because the bridge has
// cancelled them there as out of stock. They are published again as [Book.Suspect] has
// it, and for ten minutes a [Check] that finds them at zero puts them right and tells
// nobody. Unknown ones are ignored.
func (b *Book) ExpectZero(skuIDs ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	now := b.options.Now()
	maps.DeleteFunc(b.zeroed, func(_ string, until time.Time) bool { return until.Before(now) })
	for _, id := range skuIDs {
		if b.zeroed == nil {
			b.zeroed = map[string]time.Time{}
		}
		b.zeroed[id] = now.Add(expectZero)
		b.suspect(id)
	}
}

// expects reports whether a zero of a SKU is the bridge's own doing.
func (b *Book) expects(skuID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.options.Now().Before(b.zeroed[skuID])
}

func (b *Book) suspect(skuID string) {
	if n, have := b.bySKUID[skuID]; have {
		e := &b.listings[n]
		e.suspect, e.suspectAt = true, b.seq
		b.touch(n)
	}
}

// suspects reports whether a SKU of a product is suspect.
func (b *Book) suspects(productID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, have := b.byProduct[productID]
	return have && slices.ContainsFunc(b.products[n].listings, func(i int) bool { return b.listings[i].suspect })
}

// Accepted notes that the shop has taken a product's levels at the moment at.
func (b *Book) Accepted(at time.Time, p ProductStock) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for _, s := range p.SKUs {
		if n, have := b.bySKUID[s.ID]; have {
			b.accepted(at, b.seq, &b.listings[n], s.Stock)
			b.touch(n)
		}
	}
}

// accepted enters a call that was begun at the mark sent. Of what became suspect
// while it was under way nobody knows which came first.
func (b *Book) accepted(at time.Time, sent Mark, e *bookListing, stock []catalogue.WarehouseStock) {
	if e.lag != nil {
		b.stats.published(e, at)
	}
	if !b.ledgerAt.IsZero() {
		b.flight.went(at.Sub(b.ledgerAt))
	}
	if sameWarehouses(e.Stock, stock) {
		if b.watched {
			e.watch().pushed(at, e.Stock, stock, true)
		}
		copy(e.Stock, stock)
	}
	e.shownMark, e.shownAt, e.knownTo, e.suspect = b.seq, at, at, e.suspect && e.suspectAt > sent
	b.products[e.product].unsure = false
	e.lag, e.refused, e.maybe = nil, nil, 0
}

// Recompute has every listing computed again: buffers may say something else by
// now.
func (b *Book) Recompute() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.listings {
		b.touch(n)
	}
}

func (b *Book) touch(n int) {
	if e := &b.listings[n]; !e.dirty {
		e.dirty = true
		b.dirty = append(b.dirty, n)
	}
}

func (b *Book) touchUsers(i int) {
	for _, n := range b.items[i].usedBy {
		b.touch(n)
	}
}

// targets is what to publish at the moment now, by warehouse. Below what is locked the
// shop does not go: it takes as little as that, and the rest stays where it is shown.
func (e *bookListing) targets(now time.Time) []int {
	list, sum := make([]int, len(e.wanted)), 0
	for i, n := range e.wanted {
		list[i] = max(n-e.onTheWay, 0)
		sum += list[i]
	}
	for i := range list {
		n := min(max(e.Stock[i].Quantity-list[i], 0), max(e.locked(now)-sum, 0))
		list[i] += n
		sum += n
	}
	return list
}
