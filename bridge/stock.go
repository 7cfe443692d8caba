package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
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

// StockReader reads stock levels of the warehouse.
type StockReader interface {
	// StockLevels reads the items by id. An item that the warehouse does not
	// return is left out: that is not the same as zero.
	StockLevels(ctx context.Context, itemIDs []string) (StockReading, error)
}

// StockReading is a set of levels.
type StockReading struct {
	// At is when the reading began: everything that happened before it is in it.
	At time.Time
	// Available is what is free to sell, by item id and location id.
	Available map[string]map[string]int
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
}

// Buffer decides how many units to keep back, given what is free. It is called
// for every SKU and warehouse. A negative result counts as zero.
type Buffer func(listing Listing, warehouseID string, free int) int

// FixedBuffer keeps back n units of every SKU in every warehouse.
func FixedBuffer(n int) Buffer { return func(Listing, string, int) int { return n } }

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
	// feed it. Required; a warehouse that is not in it is raised.
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
// what changed is sent: one call per product, cuts before raises.
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
	// Problems are the listings that no right number could be found for.
	Problems []Exception
	// visible are the orders whose reservation the reading has made superfluous.
	visible []string
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
	listings, err := s.listings(ctx)
	if err != nil {
		return StockPlan{}, fmt.Errorf("bridge: stock: reading the listings: %w", err)
	}
	refs := make([]ListingSKU, len(listings))
	for i, l := range listings {
		refs[i] = l.ListingSKU
	}
	items, broken, err := s.ports.Catalogue.StockItems(ctx, refs)
	if err != nil {
		return StockPlan{}, fmt.Errorf("bridge: stock: reading the catalogue: %w", err)
	}
	known := itemLookup{items, broken}
	// Reservations first: one that is taken while the levels are read is too
	// young to be counted either way, and one that is dropped meanwhile was.
	reservations, err := s.ports.Ledger.Reservations(ctx)
	if err != nil {
		return StockPlan{}, fmt.Errorf("bridge: stock: reading the ledger: %w", err)
	}
	reading, err := s.ports.Levels.StockLevels(ctx, partIDs(items))
	if err != nil {
		return StockPlan{}, fmt.Errorf("bridge: stock: reading the levels: %w", err)
	}
	var plan StockPlan
	unseen := map[string]map[string]int{} // location, item
	for _, r := range reservations {
		if !r.VisibleAt.IsZero() && reading.At.After(r.VisibleAt) {
			plan.visible = append(plan.visible, r.OrderID)
			continue
		}
		for item, n := range r.Items {
			if unseen[r.LocationID] == nil {
				unseen[r.LocationID] = map[string]int{}
			}
			unseen[r.LocationID][item] += n
		}
	}
	planner := stockPlanner{options: s.options, known: known, free: freeStock(reading, unseen), reading: reading}
	byProduct := map[string]*ProductStock{}
	for _, l := range listings {
		sku, ok := planner.plan(l)
		switch {
		case !ok:
			plan.Skipped++
		case slices.Equal(sku.Stock, sku.Shown):
			plan.Unchanged++
		default:
			p := byProduct[l.ProductID]
			if p == nil {
				p = &ProductStock{ProductID: l.ProductID}
				byProduct[l.ProductID] = p
			}
			p.SKUs = append(p.SKUs, sku)
		}
	}
	for _, p := range byProduct {
		plan.Products = append(plan.Products, *p)
	}
	slices.SortFunc(plan.Products, cutsFirst)
	plan.Problems = planner.problems
	return plan, nil
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
	plan, err := s.Plan(ctx)
	if err != nil {
		return StockResult{}, err
	}
	result := StockResult{Plan: plan}
	for _, id := range plan.visible {
		if err := s.ports.Ledger.DropReservation(ctx, id); err != nil {
			return result, fmt.Errorf("bridge: stock: %w", err)
		}
	}
	if err := raiseAll(ctx, s.ports.Exceptions, plan.Problems); err != nil {
		return result, fmt.Errorf("bridge: stock: %w", err)
	}
	var errs []error
	for _, p := range plan.Products {
		if err := ctx.Err(); err != nil {
			return result, errors.Join(append(errs, err)...)
		}
		if err := s.publish(ctx, p, &result); err != nil {
			errs = append(errs, fmt.Errorf("bridge: stock: product %s: %w", p.ProductID, err))
		}
	}
	return result, errors.Join(errs...)
}

func (s *StockPush) publish(ctx context.Context, p ProductStock, result *StockResult) error {
	refusals, err := s.ports.Publisher.PublishStock(ctx, p)
	if err != nil {
		return err
	}
	refused := map[string]StockRefusal{}
	for _, r := range refusals {
		refused[r.SKUID] = r
	}
	var errs []error
	for _, sku := range p.SKUs {
		r, bad := refused[sku.ID]
		switch {
		case !bad:
			result.Published++
			errs = append(errs, s.ports.Exceptions.Clear(ctx, sku.ListingSKU.String(), KindStockRefused, KindUnmappedSKU, KindBrokenKit))
		case r.Retry:
			result.Refused++
			errs = append(errs, fmt.Errorf("%s: %s", sku.ListingSKU, r.Reason))
		default:
			result.Refused++
			errs = append(errs, s.ports.Exceptions.Raise(ctx, raise(KindStockRefused, sku.ListingSKU.String(), time.Time{},
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

// stockPlanner computes the wanted stock of listings.
type stockPlanner struct {
	options  StockOptions
	known    itemLookup
	reading  StockReading
	free     map[string]map[string]int // location, item: after unseen sales
	problems []Exception
}

// plan returns what to publish for one listing; ok is false if there is nothing
// to publish or no right number.
func (s *stockPlanner) plan(l Listing) (sku SKUStock, ok bool) {
	if l.Derived {
		return SKUStock{}, false
	}
	item, err := s.known.item(l.ListingSKU)
	if err == nil {
		err = s.readable(item)
	}
	if err != nil {
		s.problem(l, err)
		return SKUStock{}, false
	}
	sku = SKUStock{ListingSKU: l.ListingSKU, Shown: l.Stock}
	for _, w := range l.Stock {
		locations, mapped := s.options.Locations[w.WarehouseID]
		if !mapped {
			s.problems = append(s.problems, raise(KindUnmappedWarehouse, "warehouse "+w.WarehouseID, time.Time{},
				fmt.Sprintf("%s is sold from it, but no stock location feeds it", l.ListingSKU),
				"add the warehouse to StockOptions.Locations"))
			return SKUStock{}, false
		}
		available := 0
		for _, location := range locations {
			n, err := item.Available(s.free[location])
			if err != nil {
				s.problem(l, err)
				return SKUStock{}, false
			}
			available += n
		}
		if available > absurdStock {
			s.problems = append(s.problems, raise(KindBadQuantity, l.ListingSKU.String(), time.Time{},
				fmt.Sprintf("the warehouse reports %d units available", available), "correct the level in Linnworks; nothing was published"))
			return SKUStock{}, false
		}
		wanted := available - max(s.options.Buffer(l, w.WarehouseID, available), 0)
		sku.Stock = append(sku.Stock, WarehouseStock{w.WarehouseID, min(max(wanted, 0), s.options.Max)})
	}
	return sku, len(sku.Stock) > 0
}

// readable refuses an item whose levels were not in the reading, and notes
// levels below zero.
func (s *stockPlanner) readable(item StockItem) error {
	parts, err := item.Parts(1)
	if err != nil {
		return err
	}
	unlimited := map[string]bool{}
	item.untracked(unlimited)
	for id := range parts {
		levels, ok := s.reading.Available[id]
		if !ok && !unlimited[id] {
			return fmt.Errorf("the warehouse returned no level for item %s: archived or deleted?", id)
		}
		for location, n := range levels {
			if n < 0 {
				s.problems = append(s.problems, raise(KindBadQuantity, "SKU "+item.SKU, time.Time{},
					fmt.Sprintf("%d units available in location %s: more is ordered than is there", n, location),
					"count the item and correct the level in Linnworks; it is sold as 0 meanwhile"))
			}
		}
	}
	return nil
}

func (s *stockPlanner) problem(l Listing, err error) {
	kind, do := KindUnmappedSKU, "create the item in Linnworks or map the listing to one; its stock in the shop was left as it is"
	if _, isKit := errors.AsType[*KitError](err); isKit {
		kind, do = KindBrokenKit, "correct the composition in Linnworks; the stock in the shop was left as it is"
	}
	s.problems = append(s.problems, raise(kind, l.ListingSKU.String(), time.Time{},
		fmt.Sprintf("the shop sells %q (product %s, SKU id %s), but %v", l.Title, l.ProductID, l.ID, err), do))
}

// freeStock is what is available after sales that the reading cannot know.
func freeStock(reading StockReading, unseen map[string]map[string]int) map[string]map[string]int {
	free := map[string]map[string]int{}
	for item, levels := range reading.Available {
		for location, n := range levels {
			if free[location] == nil {
				free[location] = map[string]int{}
			}
			free[location][item] = n - unseen[location][item]
		}
	}
	return free
}

// partIDs lists the single items that the items consist of.
func partIDs(items map[string]StockItem) []string {
	seen := map[string]bool{}
	for _, item := range items {
		parts, err := item.Parts(1)
		if err != nil {
			continue // raised when the listing is planned
		}
		for id := range parts {
			seen[id] = true
		}
	}
	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
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
