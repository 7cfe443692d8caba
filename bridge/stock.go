package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// ListingSource reads what the shop has for sale.
type ListingSource interface {
	// Listings yields every SKU that stock can be published for. It ends at the
	// first error.
	Listings(ctx context.Context) iter.Seq2[Listing, error]
}

// BundleSource is implemented by a [ListingSource] whose listings do not always
// say that their stock is derived, and that can find out at the price of a call.
// It is asked about listings that no item stands for: a bundle needs none.
type BundleSource interface {
	IsBundle(ctx context.Context, productID string) (bool, error)
}

// Listing is one SKU for sale and the stock that the shop shows for it.
type Listing struct {
	ListingSKU
	Title string
	// Derived tells that the shop computes the stock itself, as it does for its
	// own bundles: it follows the components and cannot be set.
	Derived bool
	// Stock has one entry for every warehouse of the SKU.
	Stock []WarehouseStock
}

// WarehouseStock is a quantity in one of the shop's warehouses.
type WarehouseStock struct {
	WarehouseID string
	Quantity    int
}

// StockPublisher sets stock in the shop.
type StockPublisher interface {
	// PublishStock sets all quantities of one product in one call. Single SKUs
	// that the shop refuses come back as refusals; an error means that the
	// outcome of the whole call is a failure or unknown.
	PublishStock(ctx context.Context, product ProductStock) ([]StockRefusal, error)
}

// ProductStock is what to publish for one product.
type ProductStock struct {
	ProductID string
	SKUs      []SKUStock
}

// SKUStock is what to publish for one SKU: every warehouse of it, changed or
// not, because the shop refuses an incomplete list.
type SKUStock struct {
	ListingSKU
	Stock []WarehouseStock
	// Shown is what the shop showed before, warehouse by warehouse as in Stock.
	Shown []WarehouseStock
}

// change is the sum of the raises and of the cuts.
func (s SKUStock) change() (up, down int) {
	for i, w := range s.Stock {
		if d := w.Quantity - s.Shown[i].Quantity; d > 0 {
			up += d
		} else {
			down -= d
		}
	}
	return up, down
}

// StockRefusal is a SKU whose level the shop did not take.
type StockRefusal struct {
	SKUID  string
	Reason string
	// Retry tells that the same level may be taken later.
	Retry bool
	// Derived tells that the shop computes the stock of the SKU itself: there is
	// nothing to mend.
	Derived bool
}

// StockPorts are what a [StockPush] works on.
type StockPorts struct {
	Listings   ListingSource
	Catalogue  Catalogue
	Levels     StockReader
	Ledger     Ledger
	Publisher  StockPublisher
	Locks      Locks
	Exceptions Exceptions
}

// MaxStock is the largest quantity that TikTok Shop documents for a SKU in a
// warehouse. Some pages name 999,999; [StockOptions] can raise it.
const MaxStock = 99_999

// absurdStock is a level that no warehouse of this product's users holds.
const absurdStock = 10_000_000

// StockOptions configure a [StockPush].
type StockOptions struct {
	// Locations maps every warehouse id of the shop to the stock locations that
	// feed it. Required; a warehouse that is not in it is raised, and so is a SKU
	// that is sold from two warehouses with a location in common.
	Locations map[string][]string
	// Buffer keeps units back. Default: none.
	Buffer Buffer
	// Max caps what is published. Default [MaxStock].
	Max int
}

// StockPush publishes the warehouse's free stock in the shop:
//
//	published = clamp(available − sold but not yet visible − buffer, 0, max)
//
// per SKU and warehouse, kits from their components location by location. Only
// what changed is sent: one call per product, cuts before raises. What is sold
// while a push runs is taken off the calls that are still to come.
type StockPush struct {
	ports   StockPorts
	options StockOptions
}

// NewStockPush checks ports and options.
func NewStockPush(p StockPorts, o StockOptions) (*StockPush, error) {
	err := required("NewStockPush", map[string]any{
		"Listings": p.Listings, "Catalogue": p.Catalogue, "Levels": p.Levels, "Ledger": p.Ledger,
		"Publisher": p.Publisher, "Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	switch {
	case err != nil:
		return nil, err
	case len(o.Locations) == 0:
		return nil, errors.New("bridge: NewStockPush: Locations is empty: map the shop's warehouses to stock locations")
	case o.Max < 0:
		return nil, fmt.Errorf("bridge: NewStockPush: Max %d is negative", o.Max)
	}
	for _, id := range slices.Sorted(maps.Keys(o.Locations)) {
		locations := slices.Sorted(slices.Values(o.Locations[id]))
		if len(locations) == 0 || locations[0] == "" {
			return nil, fmt.Errorf("bridge: NewStockPush: Locations: warehouse %q has no stock location", id)
		}
		if len(slices.Compact(locations)) < len(o.Locations[id]) {
			return nil, fmt.Errorf("bridge: NewStockPush: Locations: warehouse %q names a stock location twice", id)
		}
	}
	o.Max = cmp.Or(o.Max, MaxStock)
	if o.Buffer == nil {
		o.Buffer = FixedBuffer(0)
	}
	return &StockPush{ports: p, options: o}, nil
}

// StockPlan is what a push would do.
type StockPlan struct {
	// Products are the calls to make, in order.
	Products []ProductStock
	// Unchanged counts the SKUs whose stock is right already, Skipped those that
	// follow others or have a problem.
	Unchanged, Skipped int
	// Problems are the listings that no right number could be found for, and
	// levels that a person has to correct.
	Problems []Exception
}

// String is a line per SKU and warehouse that changes.
func (p StockPlan) String() string {
	var b strings.Builder
	for _, product := range p.Products {
		for _, sku := range product.SKUs {
			fmt.Fprintf(&b, "%-24s", sku.ListingSKU)
			for i, w := range sku.Stock {
				fmt.Fprintf(&b, "  %s: %d -> %d", w.WarehouseID, sku.Shown[i].Quantity, w.Quantity)
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%d product(s) to update, %d SKU(s) right already, %d skipped\n", len(p.Products), p.Unchanged, p.Skipped)
	return b.String()
}

// StockResult is what a push did.
type StockResult struct {
	Plan StockPlan
	// Published counts the SKUs that the shop took, Refused those it refused.
	Published, Refused int
}

// String sums the push up.
func (r StockResult) String() string {
	return fmt.Sprintf("%s%d SKU(s) published, %d refused\n", r.Plan, r.Published, r.Refused)
}

// Plan reads both sides and returns what a push would do. It changes nothing.
func (s *StockPush) Plan(ctx context.Context) (StockPlan, error) {
	plan, _, err := s.plan(ctx)
	return plan, err
}

func (s *StockPush) plan(ctx context.Context) (StockPlan, *stockPlanner, error) {
	fail := func(what string, err error) (StockPlan, *stockPlanner, error) {
		return StockPlan{}, nil, fmt.Errorf("bridge: stock: reading the %s: %w", what, err)
	}
	listings, err := s.listings(ctx)
	if err != nil {
		return fail("listings", err)
	}
	refs := make([]ListingSKU, len(listings))
	for i, l := range listings {
		refs[i] = l.ListingSKU
	}
	items, broken, err := s.ports.Catalogue.StockItems(ctx, refs)
	if err != nil {
		return fail("catalogue", err)
	}
	if err := s.findBundles(ctx, listings, itemLookup{items, broken}); err != nil {
		return fail("bundles", err)
	}
	// The ledger is read on both sides of the levels: one reservation may be
	// taken after the levels were read, which do not have it, and another
	// dropped meanwhile, because its order moved on, that they do not have either.
	before, err := s.ports.Ledger.Reservations(ctx)
	if err != nil {
		return fail("ledger", err)
	}
	reading, err := s.ports.Levels.StockLevels(ctx, partIDs(items))
	if err != nil {
		return fail("levels", err)
	}
	after, err := s.ports.Ledger.Reservations(ctx)
	if err != nil {
		return fail("ledger", err)
	}
	planner := newStockPlanner(s.options, itemLookup{items, broken}, reading, listings)
	planner.count(before)
	planner.count(after)
	return planner.planAll(listings), planner, nil
}

// findBundles marks the listings that need no item because they are bundles of
// the shop.
func (s *StockPush) findBundles(ctx context.Context, listings []Listing, known itemLookup) error {
	source, ok := s.ports.Listings.(BundleSource)
	if !ok {
		return nil
	}
	for i, l := range listings {
		if _, err := known.item(l.ListingSKU); l.Derived || !errors.Is(err, errUnmapped) {
			continue
		}
		bundle, err := source.IsBundle(ctx, l.ProductID)
		if err != nil {
			return fmt.Errorf("product %s: %w", l.ProductID, err)
		}
		listings[i].Derived = bundle
	}
	return nil
}

// Push plans and carries the plan out. Two pushes that share locks never
// overlap, so that an older number cannot land after a newer one. A product
// that fails does not stop the others: it is in the error, and the next push
// finds it again.
func (s *StockPush) Push(ctx context.Context) (StockResult, error) {
	unlock, err := s.ports.Locks.Lock(ctx, "stock push")
	if err != nil {
		return StockResult{}, err
	}
	defer unlock()
	plan, planner, err := s.plan(ctx)
	if err != nil {
		return StockResult{}, err
	}
	result := StockResult{Plan: plan}
	for _, id := range planner.visible() {
		if err := s.ports.Ledger.DropReservation(ctx, id); err != nil {
			return result, fmt.Errorf("bridge: stock: %w", err)
		}
	}
	if err := s.report(ctx, plan, planner); err != nil {
		return result, fmt.Errorf("bridge: stock: %w", err)
	}
	var errs []error
	for i, p := range plan.Products {
		if err := ctx.Err(); err != nil {
			return result, errors.Join(append(errs, err)...)
		}
		sold, err := s.ports.Ledger.Reservations(ctx)
		if err != nil {
			return result, errors.Join(append(errs, fmt.Errorf("bridge: stock: reading the ledger: %w", err))...)
		}
		if planner.count(sold) {
			p = planner.again(p)
			result.Plan.Products[i] = p
		}
		if err := s.publish(ctx, p, &result); err != nil {
			errs = append(errs, fmt.Errorf("bridge: stock: product %s: %w", p.ProductID, err))
		}
	}
	return result, errors.Join(errs...)
}

// report raises the problems of a plan and closes those of earlier plans that
// are gone.
func (s *StockPush) report(ctx context.Context, plan StockPlan, planner *stockPlanner) error {
	if err := raiseAll(ctx, s.ports.Exceptions, plan.Problems); err != nil {
		return err
	}
	open, err := s.ports.Exceptions.Open(ctx)
	if err != nil {
		return err
	}
	for _, e := range open {
		if planner.fine[exceptionKey{e.Kind, e.Object}] && !planner.raised[exceptionKey{e.Kind, e.Object}] {
			if err := s.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *StockPush) publish(ctx context.Context, p ProductStock, result *StockResult) error {
	refusals, err := s.ports.Publisher.PublishStock(ctx, p)
	if err != nil {
		return err
	}
	var errs []error
	refused, astray := map[string]StockRefusal{}, false
	for _, r := range refusals {
		refused[r.SKUID] = r
		if !slices.ContainsFunc(p.SKUs, func(sku SKUStock) bool { return sku.ID == r.SKUID }) {
			astray = true
			errs = append(errs, fmt.Errorf("the shop refused SKU id %q, which was not sent: %s", r.SKUID, r.Reason))
		}
	}
	for _, sku := range p.SKUs {
		r, bad := refused[sku.ID]
		switch {
		case !bad && astray: // it may be the one that was meant: the next push sees
		case !bad:
			result.Published++
			errs = append(errs, s.ports.Exceptions.Clear(ctx, sku.String(), KindStockRefused))
		case r.Derived:
			errs = append(errs, s.ports.Exceptions.Clear(ctx, sku.String(), KindStockRefused))
		case r.Retry:
			result.Refused++
			errs = append(errs, fmt.Errorf("%s: %s", sku.ListingSKU, r.Reason))
		default:
			result.Refused++
			errs = append(errs, s.ports.Exceptions.Raise(ctx, raise(KindStockRefused, sku.String(), time.Time{},
				fmt.Sprintf("the shop refused %s: %s", quantities(sku.Stock), r.Reason),
				"correct the listing in the shop; the next push tries again")))
		}
	}
	return errors.Join(errs...)
}

func (s *StockPush) listings(ctx context.Context) ([]Listing, error) {
	var list []Listing
	for l, err := range s.ports.Listings.Listings(ctx) {
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// stockPlanner computes the wanted stock of listings from one reading.
type stockPlanner struct {
	options  StockOptions
	known    itemLookup
	reading  StockReading
	listings map[string]Listing // by SKU id
	// feeding are the locations that feed any warehouse.
	feeding map[string]bool
	// sold are the reservations that were seen since the planning began; one
	// that is dropped meanwhile still counts.
	sold     map[string]Reservation
	unseen   map[stockKey]int // units of sold that the reading cannot have
	problems []Exception
	// raised are the keys of problems, fine those that a look found nothing wrong
	// with: where both are set, raised counts.
	raised, fine map[exceptionKey]bool
}

type stockKey struct{ location, item string }

type exceptionKey struct {
	kind   Kind
	object string
}

func newStockPlanner(o StockOptions, known itemLookup, reading StockReading, listings []Listing) *stockPlanner {
	s := &stockPlanner{
		options: o, known: known, reading: reading, listings: make(map[string]Listing, len(listings)), feeding: map[string]bool{},
		sold: map[string]Reservation{}, unseen: map[stockKey]int{}, raised: map[exceptionKey]bool{}, fine: map[exceptionKey]bool{},
	}
	for _, l := range listings {
		s.listings[l.ID] = l
	}
	for _, locations := range o.Locations {
		for _, location := range locations {
			s.feeding[location] = true
		}
	}
	return s
}

// count takes reservations into account and tells whether that changed what is
// free.
func (s *stockPlanner) count(reservations []Reservation) bool {
	changed := false
	for _, r := range reservations {
		old, have := s.sold[r.OrderID]
		if have && old.LocationID == r.LocationID && old.VisibleAt.Equal(r.VisibleAt) && maps.Equal(old.Items, r.Items) {
			continue
		}
		s.sold[r.OrderID] = r
		changed = s.add(old, -1) || changed
		changed = s.add(r, 1) || changed
	}
	return changed
}

func (s *stockPlanner) add(r Reservation, sign int) bool {
	if s.saw(r) {
		return false
	}
	for item, n := range r.Items {
		s.unseen[stockKey{r.LocationID, item}] += sign * n
	}
	return len(r.Items) > 0
}

// saw tells whether the reading has the units of a reservation in it.
func (s *stockPlanner) saw(r Reservation) bool {
	return !r.VisibleAt.IsZero() && s.reading.At.After(r.VisibleAt)
}

// visible are the orders whose reservation the reading has made superfluous.
func (s *stockPlanner) visible() []string {
	var ids []string
	for id, r := range s.sold {
		if s.saw(r) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// planAll plans every listing, product by product.
func (s *stockPlanner) planAll(listings []Listing) StockPlan {
	var plan StockPlan
	at := map[string]int{} // product: index in plan.Products
	for _, l := range listings {
		sku, ok := s.plan(l)
		switch {
		case !ok:
			plan.Skipped++
		case slices.Equal(sku.Stock, sku.Shown):
			plan.Unchanged++
			s.fine[exceptionKey{KindStockRefused, l.String()}] = true
		default:
			i, have := at[l.ProductID]
			if !have {
				i = len(plan.Products)
				at[l.ProductID] = i
				plan.Products = append(plan.Products, ProductStock{ProductID: l.ProductID})
			}
			plan.Products[i].SKUs = append(plan.Products[i].SKUs, sku)
		}
	}
	slices.SortFunc(plan.Products, cutsFirst)
	plan.Problems = s.problems
	return plan
}

// again computes the levels of a planned product once more, after something was
// sold.
func (s *stockPlanner) again(p ProductStock) ProductStock {
	fresh := ProductStock{ProductID: p.ProductID, SKUs: slices.Clone(p.SKUs)}
	for i, old := range p.SKUs {
		if sku, ok := s.plan(s.listings[old.ID]); ok {
			fresh.SKUs[i] = sku
		}
	}
	return fresh
}

// plan returns what to publish for one listing; ok is false if there is nothing
// to publish or no right number.
func (s *stockPlanner) plan(l Listing) (sku SKUStock, ok bool) {
	if l.Derived {
		return SKUStock{}, false
	}
	parts, ok := s.parts(l)
	if !ok {
		return SKUStock{}, false
	}
	if len(l.Stock) == 0 {
		return s.give(KindUnmappedWarehouse, l.String(), "the shop names no warehouse for it", "assign the SKU to a warehouse in the shop")
	}
	sku = SKUStock{ListingSKU: l.ListingSKU, Shown: l.Stock, Stock: make([]WarehouseStock, 0, len(l.Stock))}
	feeds := map[string]string{} // location: warehouse of this SKU
	for _, w := range l.Stock {
		locations, mapped := s.options.Locations[w.WarehouseID]
		if !mapped {
			return s.give(KindUnmappedWarehouse, "warehouse "+w.WarehouseID, fmt.Sprintf("%s is sold from it, but no stock location feeds it", l.ListingSKU),
				"add the warehouse to StockOptions.Locations")
		}
		s.fine[exceptionKey{KindUnmappedWarehouse, "warehouse " + w.WarehouseID}] = true
		for _, location := range locations {
			if other, twice := feeds[location]; twice {
				return s.give(KindUnmappedWarehouse, l.String(),
					fmt.Sprintf("location %s feeds the warehouses %s and %s: its units would be offered twice", location, other, w.WarehouseID),
					"give each warehouse locations of its own in StockOptions.Locations, or sell the SKU from one of them")
			}
			feeds[location] = w.WarehouseID
		}
		available := s.available(parts, locations)
		if available > absurdStock {
			return s.give(KindBadQuantity, l.String(), fmt.Sprintf("the warehouse reports %d units available", available),
				"correct the level in Linnworks; nothing was published")
		}
		wanted := available - max(s.options.Buffer(l, w.WarehouseID, available), 0)
		sku.Stock = append(sku.Stock, WarehouseStock{w.WarehouseID, min(max(wanted, 0), s.options.Max)})
	}
	for _, kind := range []Kind{KindUnmappedSKU, KindBrokenKit, KindBadQuantity, KindUnmappedWarehouse} {
		s.fine[exceptionKey{kind, l.String()}] = true
	}
	return sku, true
}

// available is what may be sold of a listing from the locations together: the
// sum of what each allows, since a kit is packed in one place, but never more
// than all of them hold in total, since a location that owes units (a negative
// number) has to get them from the others.
func (s *stockPlanner) available(parts []part, locations []string) int {
	free := func(location, id string) int {
		return s.reading.Available[id][location] - s.unseen[stockKey{location, id}]
	}
	sum := 0
	for _, location := range locations {
		n, _ := limit(parts, func(id string) int { return free(location, id) }, s.reading.Untracked)
		sum += n
	}
	total, _ := limit(parts, func(id string) (n int) {
		for _, location := range locations {
			n += free(location, id)
		}
		return n
	}, s.reading.Untracked)
	return min(sum, total)
}

// parts finds what a listing consists of and checks that the reading says how
// much of it there is.
func (s *stockPlanner) parts(l Listing) (parts []part, ok bool) {
	sells := func(but string) string {
		return fmt.Sprintf("the shop sells %q (product %s, SKU id %s), but %s", l.Title, l.ProductID, l.ID, but)
	}
	item, err := s.known.item(l.ListingSKU)
	if err == nil {
		parts, err = item.parts(1)
	}
	if _, isKit := errors.AsType[*KitError](err); isKit {
		_, ok = s.give(KindBrokenKit, l.String(), sells(err.Error()), "correct the composition in Linnworks; the stock in the shop was left as it is")
		return nil, ok
	}
	if err != nil {
		_, ok = s.give(KindUnmappedSKU, l.String(), sells(err.Error()),
			"create the item in Linnworks or map the listing to one; its stock in the shop was left as it is")
		return nil, ok
	}
	tracked := false
	for _, p := range parts {
		if p.item.Untracked || s.reading.Untracked[p.item.ID] {
			continue
		}
		tracked = true
		levels, read := s.reading.Available[p.item.ID]
		if !read {
			_, ok = s.give(KindUnmappedSKU, l.String(), sells("the warehouse returned no level for SKU "+p.item.SKU),
				"restore the item in Linnworks if it is archived, or map the listing to another; its stock in the shop was left as it is")
			return nil, ok
		}
		s.owes(p.item, levels)
	}
	if !tracked {
		_, ok = s.give(KindBadQuantity, l.String(), sells("nothing limits its stock: Linnworks does not track it"),
			"track the item in Linnworks; its stock in the shop was left as it is")
		return nil, ok
	}
	return parts, true
}

// owes notes levels below zero. They are sold as zero.
func (s *stockPlanner) owes(item StockItem, levels map[string]int) {
	s.fine[exceptionKey{KindBadQuantity, "SKU " + item.SKU}] = true
	for _, location := range slices.Sorted(maps.Keys(levels)) {
		if n := levels[location]; n < 0 && s.feeding[location] {
			s.give(KindBadQuantity, "SKU "+item.SKU,
				fmt.Sprintf("%d units available in location %s: more is ordered than is there", n, location),
				"count the item and correct the level in Linnworks; it is sold as 0 there meanwhile")
		}
	}
}

// give notes a problem, once a plan for the same thing. It returns what plan
// returns for a listing without a right number.
func (s *stockPlanner) give(kind Kind, object, seen, do string) (SKUStock, bool) {
	if key := (exceptionKey{kind, object}); !s.raised[key] {
		s.raised[key] = true
		s.problems = append(s.problems, raise(kind, object, time.Time{}, seen, do))
	}
	return SKUStock{}, false
}

// partIDs lists the single items that the items consist of.
func partIDs(items map[string]StockItem) []string {
	seen := map[string]bool{}
	for _, item := range items {
		parts, err := item.parts(1)
		if err != nil {
			continue // raised when the listing is planned
		}
		for _, p := range parts {
			seen[p.item.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// cutsFirst orders products by how much they must be lowered: a level that is
// too high oversells, one that is too low only waits.
func cutsFirst(a, b ProductStock) int {
	weigh := func(p ProductStock) (down int) {
		for _, sku := range p.SKUs {
			_, d := sku.change()
			down += d
		}
		return down
	}
	return cmp.Or(cmp.Compare(weigh(b), weigh(a)), cmp.Compare(a.ProductID, b.ProductID))
}

func quantities(stock []WarehouseStock) string {
	parts := make([]string, len(stock))
	for i, w := range stock {
		parts[i] = fmt.Sprintf("%d in warehouse %s", w.Quantity, w.WarehouseID)
	}
	return strings.Join(parts, ", ")
}
