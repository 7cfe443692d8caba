package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"time"
)

// ListingSource reads what the shop has for sale.
type ListingSource interface {
	// Listings yields every SKU that stock can be published for. It ends at the
	// first error but an [UnreadableError], which stands for products.
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
	// Urgent tells that it should overtake other calls of the same budget: it takes
	// off sale what is gone, or is about what sells now.
	Urgent bool
}

// SKUStock is what to publish for one SKU: every warehouse of it, changed or
// not, because the shop refuses an incomplete list.
type SKUStock struct {
	ListingSKU
	Stock []WarehouseStock
	// Shown is what the shop showed before, warehouse by warehouse as in Stock.
	Shown []WarehouseStock
}

// StockRefusal is a SKU whose level the shop did not take.
type StockRefusal struct {
	SKUID  string
	Reason string
	// Retry tells that the same level may be taken later.
	Retry bool
	// Locked tells that a campaign or a creator holds the units: the level cannot
	// be lowered below them.
	Locked bool
	// Foreign tells that the warehouse is not the seller's to set.
	Foreign bool
	// Derived tells that the shop computes the stock of the SKU itself: there is
	// nothing to mend.
	Derived bool
}

// StockPorts are what a [StockPush] works on.
type StockPorts struct {
	Listings  ListingSource
	Catalogue Catalogue
	Levels    StockReader
	// States is optional. With it, an item that a reading leaves out is looked for:
	// of an archived or deleted one zero is published. Without it, its listings are
	// left as they are.
	States     ItemStates
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
	// Budgets are the calls a minute that there are, by kind, for [StockStats].
	// Default: what Linnworks publishes; TikTok Shop publishes nothing.
	Budgets map[StockCall]float64
	// Shop tells the shops apart that share locks and exceptions. Default none.
	Shop string
	// Now replaces time.Now.
	Now func() time.Time
}

// StockPush publishes the warehouse's free stock in the shop, as a [StockBook]
// computes it, in passes that read everything. Only what changed is sent: one
// call per product, cuts before raises. What is sold while a push runs is taken
// off the calls that are still to come. It remembers nothing: a pass begins with
// what both sides show. For a shop that sells in bursts, [LiveStock] does the same
// without a pause.
type StockPush struct {
	ports   StockPorts
	options StockOptions
}

// NewStockPush checks ports and options.
func NewStockPush(p StockPorts, o StockOptions) (*StockPush, error) {
	if err := p.required("NewStockPush"); err != nil {
		return nil, err
	}
	o, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("bridge: NewStockPush: %w", err)
	}
	return &StockPush{ports: p, options: o}, nil
}

func (p StockPorts) required(constructor string) error {
	return required(constructor, map[string]any{
		"Listings": p.Listings, "Catalogue": p.Catalogue, "Levels": p.Levels, "Ledger": p.Ledger,
		"Publisher": p.Publisher, "Locks": p.Locks, "Exceptions": p.Exceptions,
	})
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
	book, err := s.read(ctx)
	if err != nil {
		return StockPlan{}, err
	}
	return book.Plan(), nil
}

// read enters both sides in a new book.
func (s *StockPush) read(ctx context.Context) (*StockBook, error) {
	book := newStockBook(s.options)
	r := stockReader{ports: s.ports, book: book, now: s.options.Now}
	// The ledger is read on both sides of the levels: one reservation may be
	// taken after the levels were read, which do not have it, and another
	// dropped meanwhile, because its order moved on, that they do not have either.
	for _, step := range []func(context.Context) error{
		r.shop, r.ledger, func(ctx context.Context) error { return r.levels(ctx, book.ItemIDs()) }, r.vanished, r.ledger,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("bridge: stock: %w", err)
		}
	}
	return book, nil
}

// Push plans and carries the plan out. Two pushes that share locks never
// overlap, so that an older number cannot land after a newer one. A product
// that fails does not stop the others: it is in the error, and the next push
// finds it again. While another program is known to write the same stock, Push
// refuses with [ErrSecondWriter].
func (s *StockPush) Push(ctx context.Context) (StockResult, error) {
	unlock, err := s.ports.Locks.Lock(ctx, s.options.lock())
	if err != nil {
		return StockResult{}, err
	}
	defer unlock()
	open, err := s.ports.Exceptions.Open(ctx)
	if err != nil {
		return StockResult{}, fmt.Errorf("bridge: stock: %w", err)
	}
	if err := s.options.stopped(open); err != nil {
		return StockResult{}, fmt.Errorf("bridge: stock: %w", err)
	}
	book, err := s.read(ctx)
	if err != nil {
		return StockResult{}, err
	}
	plan := book.Plan()
	result := StockResult{Plan: plan}
	r := stockReader{ports: s.ports, book: book, now: s.options.Now}
	if err := errors.Join(r.release(ctx), s.report(ctx, book, plan)); err != nil {
		return result, fmt.Errorf("bridge: stock: %w", err)
	}
	var errs []error
	for i, p := range plan.Products {
		if err := ctx.Err(); err != nil {
			return result, errors.Join(append(errs, err)...)
		}
		if err := r.ledger(ctx); err != nil {
			return result, errors.Join(append(errs, fmt.Errorf("bridge: stock: %w", err))...)
		}
		if p = book.retake(p.ProductID, time.Time{}); len(p.SKUs) == 0 {
			continue // what was sold meanwhile has made it right
		}
		result.Plan.Products[i] = p
		did, err := publishStock(ctx, s.ports, p)
		result.Published += len(did.accepted)
		result.Refused += len(did.refused) + len(did.later)
		book.Accepted(s.options.Now().UTC(), ProductStock{ProductID: p.ProductID, SKUs: did.accepted})
		if err != nil {
			errs = append(errs, fmt.Errorf("bridge: stock: product %s: %w", p.ProductID, err))
		}
	}
	return result, errors.Join(errs...)
}

// lock is held by whoever publishes stock: an older number must not land after a
// newer one.
func (o StockOptions) lock() string {
	if o.Shop == "" {
		return "stock push"
	}
	return "stock push/" + o.Shop
}

// report raises the problems of a plan and closes those of earlier plans that
// are gone.
func (s *StockPush) report(ctx context.Context, book *StockBook, plan StockPlan) error {
	if err := raiseAll(ctx, s.ports.Exceptions, plan.Problems); err != nil {
		return err
	}
	return clearMended(ctx, s.ports.Exceptions, book)
}

// clearMended closes the exceptions whose cause the book does not find any more.
func clearMended(ctx context.Context, queue Exceptions, book *StockBook) error {
	open, err := queue.Open(ctx)
	if err != nil {
		return err
	}
	for _, e := range book.mended(open) {
		if err := queue.Clear(ctx, e.Object, e.Kind); err != nil {
			return err
		}
	}
	return nil
}

// stockReader enters what ports return in a book.
type stockReader struct {
	ports StockPorts
	book  *StockBook
	now   func() time.Time
}

// shop reads what is for sale and what it consists of.
func (r stockReader) shop(ctx context.Context) error {
	mark, at := r.book.Mark(), r.now().UTC()
	var listings []Listing
	lost := map[string]string{}
	for l, err := range r.ports.Listings.Listings(ctx) {
		some, err := unreadable(err)
		if err != nil {
			return fmt.Errorf("reading the listings: %w", err)
		}
		if some != nil {
			maps.Copy(lost, some)
			continue
		}
		listings = append(listings, l)
	}
	if err := raiseUnreadable(ctx, r.ports.Exceptions, lost); err != nil {
		return fmt.Errorf("raising the products that cannot be read: %w", err)
	}
	refs := make([]ListingSKU, len(listings))
	for i, l := range listings {
		refs[i] = l.ListingSKU
	}
	items, broken, err := r.ports.Catalogue.StockItems(ctx, refs)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	if err := r.findBundles(ctx, listings, itemLookup{items: items, broken: broken}); err != nil {
		return fmt.Errorf("reading the bundles: %w", err)
	}
	r.book.SetCatalogue(mark, at, listings, items, broken)
	return nil
}

// findBundles marks the listings that need no item because they are bundles of
// the shop.
func (r stockReader) findBundles(ctx context.Context, listings []Listing, known itemLookup) error {
	source, ok := r.ports.Listings.(BundleSource)
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

func (r stockReader) ledger(ctx context.Context) error {
	at := r.now().UTC()
	list, err := r.ports.Ledger.Reservations(ctx)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	r.book.SetReservations(at, list)
	return nil
}

func (r stockReader) levels(ctx context.Context, ids []string) error {
	mark := r.book.Mark()
	reading, err := r.ports.Levels.StockLevels(ctx, ids)
	if err != nil {
		return fmt.Errorf("reading the levels: %w", err)
	}
	r.book.SetLevels(mark, reading, ids...)
	return nil
}

// vanished asks what became of items that a reading left out.
func (r stockReader) vanished(ctx context.Context) error {
	if r.ports.States == nil {
		return nil
	}
	ids := r.book.Vanished()
	if len(ids) == 0 {
		return nil
	}
	states, err := r.ports.States.ItemStates(ctx, ids)
	if err != nil {
		return fmt.Errorf("asking for items that have no level: %w", err)
	}
	r.book.SetItemStates(states)
	return nil
}

// release drops the reservations that the levels have made superfluous.
func (r stockReader) release(ctx context.Context) error {
	for _, id := range r.book.Superfluous() {
		if err := r.ports.Ledger.DropReservation(ctx, id); err != nil {
			return fmt.Errorf("dropping the reservation of order %s: %w", id, err)
		}
	}
	return nil
}
