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
	"github.com/linnbridge/linnbridge/bridge/internal/table"
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
// A book keeps about 620 bytes for each SKU, with what a [Check] needs: 64 MB at most for
// 100,000 SKUs in two warehouses, a fifth of them kits, with ids as long as the real ones
// and a title of 60 characters each, four SKUs to a product. More warehouses and
// locations, longer texts and smaller products take more.
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

	locations []string // that feed a warehouse, sorted
	locationN map[string]int

	contents
	orders   map[orderKey]*bookOrder
	inPart   bool      // products of the shop are missing, because they cannot be read
	watched  bool      // by a Check
	statesAt time.Time // since when products may be off without our knowledge
	// halted is why nothing may be published, if anything is; haltKnown reports whether
	// the queue was looked at.
	halted       error
	haltKnown    bool
	refusals     map[string]bool      // SKUs by name that a refusal is open on; nil if nobody has looked
	dirty        []int32              // listings to compute again
	waiting      []int32              // products of which a listing may differ
	tally        [4]int               // listings by state
	troubled     map[int]bool         // listings that a person has to look at
	zeroed       map[string]time.Time // by the shop's id of a SKU: until when a zero is expected
	taken        int
	lastRead     Mark // of the newest reading of levels
	ordersSeen   seenOrders
	lockedOrders lockedOrders
	astray       map[string]exceptions.Exception // by location: orders that no shelf counts
	places       placesKnown
	// selling is how many listings the shop sells whose right number is known, zeroes how
	// many of them are to be taken off sale.
	selling, zeroes int
	zeroDoubt       zeroDoubt
	revision        store.Revision // of the ledger
	ledgerAt        time.Time      // when it was last read
	soldOnce        recent
	flight          *flight

	stats stockMeter
	shown []catalogue.WarehouseStock // of the listing described last
	read  []int32                    // of the item read last
}

// contents are what the catalogue names, with what is known of it.
type contents struct {
	listings table.Table[bookListing] // by the shop's id of the SKU
	products table.Table[bookProduct]
	items    table.Table[bookItem]
	levels   []int32 // of the items, as many for each as there are locations
	users    []int32 // of the items: places of listings
}

func newContents(listings, products, items int) contents {
	return contents{
		listings: table.New(func(e *bookListing) string { return e.ID }, listings),
		products: table.New(func(p *bookProduct) string { return p.id }, products),
		items:    table.New(func(it *bookItem) string { return it.id }, items),
	}
}

// Mark is a moment in the life of a [Book]: later ones are larger.
type Mark int64

// bookItem is a single item of the warehouse.
type bookItem struct {
	id, sku string
	// at is when the last reading of the item began, by the reader's clock, mark
	// by the book's; before is the reading before that.
	at, before moment
	mark       Mark
	changedAt  Mark        // when a reading that changed what is free was last entered
	doubtedAt  Mark        // when an order that takes of it was last found changed
	reserved   *bookOrders // nil if no order does
	// usersFrom and usersTo are where Book.users has the listings that depend on it.
	usersFrom, usersTo int32
	keep               int32 // units that are not sold, in every location
	state              itemState
	// untracked by the catalogue, unlimited by the last reading.
	untracked, unlimited bool
	risen                bool // lockedOrders.before has lower levels of it
}

// levelsOf are the levels of an item as last read, by index of the location.
func (b *Book) levelsOf(i int) []int32 {
	return b.levels[i*len(b.locations):][:len(b.locations)]
}

// unlimited is the level of an item at a location where it is not tracked.
const unlimited = math.MaxInt32

// units is a number as it is kept: more than two thousand million are none.
func units(n int) int32 { return int32(min(max(n, math.MinInt32), unlimited-1)) }

// itemState is what is known of an item's levels.
type itemState int8

const (
	itemUnread   itemState = iota
	itemRead               // there is a level
	itemVanished           // a reading left it out, and nobody knows why
	itemArchived           // no longer sold by the warehouse: none is free
)

// bookListing is a SKU of the shop. There are as many of them as the shop sells, so that
// times are kept short, and apart what few of them have.
type bookListing struct {
	catalogue.SKU
	title   string
	feeds   *bookWarehouses
	shelves []bookShelf // in the order of feeds
	parts   []bookPart
	lag     *bookLag  // nil if it shows what it should
	heat    *heat     // nil if it never sold
	rare    *bookRare // nil if it has nothing of it
	// shownMark and shownAt are when what is shown was last read or accepted.
	shownMark Mark
	shownAt   moment
	// knownTo is the last moment at which the shop may have shown it, by the reading
	// or call that it comes from: sales before are in it, known to us or not.
	knownTo moment
	// suspectAt is when it was found that the shop may show something else; 0 if it
	// was not.
	suspectAt Mark
	check     listingCheck
	product   int32
	// onTheWay is how much of what is wanted will be sold while it is on its way.
	onTheWay int32
	// maybe are units of orders placed about when the shop showed what it shows, which
	// it may have or not; unclear reports whether it is time to publish because of them.
	maybe   int32
	unclear bool
	derived bool // the shop computes its stock itself
	known   bool // there is a right number: shelves say what is wanted
	missed  bool // by the last reading of the listings
	hot     bool
	dirty   bool
	state   listingState
	// sells and zeroed report whether the book counts it so.
	sells, zeroed bool
	// troubled and onHold report whether the book lists it so.
	troubled, onHold bool
	// waiting reports whether a part has never been read.
	waiting bool
	// doubted reports whether a raise waits for levels that are vouched for.
	doubted bool
}

// bookShelf is a listing in one of the shop's warehouses.
type bookShelf struct {
	// shown is what the shop shows, as far as is known, wanted what it should.
	shown, wanted int32
	check         shelfCheck
}

// bookRare is what few listings have.
type bookRare struct {
	stocked *bookStocked // where locations hold a kit ready-made
	broken  error        // why there are no parts
	problem *exceptions.Exception
	refused *bookRefusal // nil if the shop has taken all
	check   rareCheck
}

// read returns what a listing has of it.
func (r *bookRare) read() bookRare {
	if r == nil {
		return bookRare{}
	}
	return *r
}

// setRare returns what a listing has of it, to be changed.
func (e *bookListing) setRare() *bookRare {
	if e.rare == nil {
		e.rare = new(bookRare)
	}
	return e.rare
}

// wants returns the shelves of a listing whose right number is known, else none.
func (e *bookListing) wants() []bookShelf {
	if !e.known {
		return nil
	}
	return e.shelves
}

// wantedUnits is what shelves should show together.
func wantedUnits(shelves []bookShelf) (units int) {
	for _, s := range shelves {
		units += int(s.wanted)
	}
	return units
}

// stock is what the shop shows of a listing.
func (e *bookListing) stock() []catalogue.WarehouseStock {
	return e.appendStock(make([]catalogue.WarehouseStock, 0, len(e.shelves)))
}

func (e *bookListing) appendStock(list []catalogue.WarehouseStock) []catalogue.WarehouseStock {
	for i, s := range e.shelves {
		list = append(list, catalogue.WarehouseStock{WarehouseID: e.feeds.ids[i], Quantity: int(s.shown)})
	}
	return list
}

// suspect reports whether the shop may show something else than the book believes.
func (e *bookListing) suspect() bool { return e.suspectAt > 0 }

// listing describes a listing to the functions of the options, which may use its stock
// until they return.
func (b *Book) listing(e *bookListing) catalogue.Listing {
	b.shown = e.appendStock(b.shown[:0])
	return catalogue.Listing{SKU: e.SKU, Title: e.title, Derived: e.derived, Stock: b.shown}
}

// allParts are the parts that a listing has in any location.
func (e *bookListing) allParts() []bookPart {
	if e.rare != nil && e.rare.stocked != nil {
		return e.rare.stocked.all
	}
	return e.parts
}

func (e *bookListing) partsAt(location int) []bookPart {
	if e.rare != nil && e.rare.stocked != nil {
		if parts, other := e.rare.stocked.at[location]; other {
			return parts
		}
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
	// alone reports whether all SKUs of the call were refused, perhaps for one of them: it is
	// tried in a call of its own, not before notBefore.
	alone     bool
	notBefore time.Time
}

// refusedAfter is when a level that the shop refused is offered again, unless another one is
// wanted before.
const refusedAfter = 15 * time.Minute

// waits reports whether the same is not to be offered again at the moment now.
func (r *bookRefusal) waits(now time.Time) bool {
	return within(now, r.retryAt, refusedAfter) || within(now, r.notBefore, refusedAfter)
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

// bookPart is an item, by its place in the book, and how many of it a listing takes.
type bookPart struct{ item, per int32 }

type bookProduct struct {
	id       string
	listings []int32
	taken    Mark
	retryAt  moment
	failures int32
	// refusedAlone is how many SKUs were refused one by one, after all were, and none taken.
	refusedAlone int8
	waiting      bool // the book lists it so
	pushing      bool // somebody has taken it
	unsure       bool // the last call may or may not have taken effect
}

// bookWarehouses is a set of warehouses that listings are sold from.
type bookWarehouses struct {
	ids     []string
	feeds   [][]int // indexes of locations
	problem func(l catalogue.SKU) *exceptions.Exception
}

// are reports whether stock is that of these warehouses, in this order.
func (w *bookWarehouses) are(stock []catalogue.WarehouseStock) bool {
	return slices.EqualFunc(w.ids, stock, func(id string, s catalogue.WarehouseStock) bool { return id == s.WarehouseID })
}

// part is the item of a part.
func (b *Book) part(p bookPart) *bookItem { return b.items.At(int(p.item)) }

// NewBook checks the options.
func NewBook(o Options) (*Book, error) {
	o, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("stock: NewBook: %w", err)
	}
	return newStockBook(o), nil
}

func newStockBook(checked Options) *Book {
	b := &Book{options: checked, locationN: map[string]int{}, orders: map[orderKey]*bookOrder{}, troubled: map[int]bool{}, astray: map[string]exceptions.Exception{}, flight: new(flight)}
	for _, locations := range checked.Locations {
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
		if i, have := b.items.Find(id); have {
			b.setLevel(i, mark, reading, levels)
		}
	}
	for _, id := range asked {
		i, have := b.items.Find(id)
		if _, read := reading.Available[id]; !have || read || b.items.At(i).mark > mark {
			continue
		}
		it := b.items.At(i)
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
	if now := momentOf(at); now != it.at {
		it.before, it.at = it.at, now
	}
	it.mark = mark
}

func (b *Book) setLevel(i int, mark Mark, reading Reading, levels map[string]int) {
	it := b.items.At(i)
	// The moments tell apart only readings of one mark: a clock may have been set back.
	if it.state == itemRead && (it.mark > mark || it.mark == mark && reading.At.Before(it.at.time())) {
		return
	}
	had := b.levelsOf(i)
	changed := it.state != itemRead || it.unlimited != reading.Untracked[it.id]
	elsewhereOnly := reading.UntrackedIn[it.id]
	b.read = b.read[:0]
	for n, location := range b.locations {
		v := units(levels[location])
		if elsewhereOnly[location] {
			v = unlimited
		}
		b.read, changed = append(b.read, v), changed || v != had[n]
	}
	before := b.levelsBefore(i, b.read)
	copy(had, b.read)
	it.state, it.unlimited = itemRead, reading.Untracked[it.id]
	again := it.mark < it.doubtedAt
	wasOld := b.options.ZeroAfter > 0 && reading.At.Sub(it.at.time()) > b.options.ZeroAfter
	it.stamp(mark, reading.At)
	changed = b.countUnseen(i) || changed
	if changed || again {
		it.changedAt = b.seq
	}
	b.keepBefore(i, before)
	if changed || wasOld {
		b.touchUsers(i)
	}
}

// owes returns the case of an item whose level is below zero, nil if none is. It is sold
// as zero.
func (b *Book) owes(i int) *exceptions.Exception {
	for n, v := range b.levelsOf(i) {
		if v < 0 {
			return new(exceptions.New(exceptions.BadLevel, "SKU "+b.items.At(i).sku, time.Time{},
				fmt.Sprintf("%d units are free in location %s: more is ordered than is there", v, b.locations[n]),
				"count the item and correct its level in Linnworks; until then the shop shows 0 for this location"))
		}
	}
	return nil
}

// SetItemStates notes why items have vanished: of an archived or deleted one none
// is free, and zero is published; of others nothing is known, and what the shop
// shows is left as it is.
func (b *Book) SetItemStates(states map[string]ItemState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for id, state := range states {
		i, have := b.items.Find(id)
		if !have || b.items.At(i).state == itemRead {
			continue
		}
		if !state.Active() {
			b.items.At(i).state = itemArchived
			clear(b.levelsOf(i))
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
	for i := range b.items.List {
		if b.items.At(i).state == itemVanished {
			ids = append(ids, b.items.At(i).id)
		}
	}
	return ids
}

// ItemIDs are the items whose levels the listings depend on, sorted.
func (b *Book) ItemIDs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]string, len(b.items.List))
	for i := range b.items.List {
		ids[i] = b.items.At(i).id
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
	n, have := b.listings.Find(skuID)
	if !have || b.listings.At(n).shownMark > mark {
		return
	}
	e := b.listings.At(n)
	for _, w := range stock {
		for i, id := range e.feeds.ids {
			if id == w.WarehouseID {
				e.shelves[i].shown = units(w.Quantity)
			}
		}
	}
	e.saw(mark, at, at)
	e.knownTo = momentOf(b.options.Now())
	b.productOf(e).unsure = false
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
	if n, have := b.listings.Find(skuID); have {
		e := b.listings.At(n)
		e.suspectAt = b.seq
		b.touch(n)
	}
}

// suspects reports whether a SKU of a product is suspect.
func (b *Book) suspects(productID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, have := b.products.Find(productID)
	return have && slices.ContainsFunc(b.products.At(n).listings, func(i int32) bool { return b.listings.At(int(i)).suspect() })
}

// Accepted notes that the shop has taken a product's levels at the moment at.
func (b *Book) Accepted(at time.Time, p ProductStock) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	for _, s := range p.SKUs {
		if n, have := b.listings.Find(s.ID); have {
			b.accepted(at, b.seq, b.listings.At(n), s.Stock)
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
	if e.feeds.are(stock) {
		if b.watched {
			e.pushed(at, sent, stock, true)
		}
		for i, s := range stock {
			e.shelves[i].shown = units(s.Quantity)
		}
	}
	e.shownFrom(b.seq, momentOf(at), sent)
	b.productOf(e).unsure = false
	e.lag, e.maybe = nil, 0
	if e.rare != nil {
		e.rare.refused = nil
	}
}

// shownFrom dates what the shop shows. What became suspect up to the mark known is no
// longer.
func (e *bookListing) shownFrom(mark Mark, at moment, known Mark) {
	e.shownMark, e.shownAt, e.knownTo = mark, at, at
	if e.suspectAt <= known {
		e.suspectAt = 0
	}
}

func (b *Book) productOf(e *bookListing) *bookProduct { return b.products.At(int(e.product)) }

// Recompute has every listing computed again: buffers may say something else by
// now.
func (b *Book) Recompute() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.listings.List {
		b.touch(n)
	}
}

func (b *Book) touch(n int) {
	if e := b.listings.At(n); !e.dirty {
		e.dirty = true
		b.dirty = append(b.dirty, int32(n))
	}
}

func (b *Book) touchUsers(i int) {
	it := b.items.At(i)
	for _, n := range b.users[it.usersFrom:it.usersTo] {
		b.touch(int(n))
	}
}

// lessOnTheWay is what a warehouse should show less what will be sold on the way.
func (e *bookListing) lessOnTheWay(s bookShelf) int { return max(int(s.wanted-e.onTheWay), 0) }

// toShow is what all warehouses together should show, less what will be sold on the way.
func (e *bookListing) toShow() (units int) {
	for _, s := range e.wants() {
		units += e.lessOnTheWay(s)
	}
	return units
}

// targets is what to publish at the moment now, by warehouse. Below what is locked the
// shop does not go: it takes as little as that, and the rest stays where it is shown.
func (e *bookListing) targets(now time.Time) []int {
	wants := e.wants()
	list, sum := make([]int, len(wants)), 0
	for i, s := range wants {
		list[i] = e.lessOnTheWay(s)
		sum += list[i]
	}
	for i := range list {
		n := min(max(int(wants[i].shown)-list[i], 0), max(e.locked(now)-sum, 0))
		list[i] += n
		sum += n
	}
	return list
}
