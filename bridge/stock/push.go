package stock

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Publisher sets stock in the shop.
type Publisher interface {
	// PublishStock sets all quantities of one product in one call. Single SKUs
	// that the shop refuses come back as refusals; an error means that the
	// outcome of the whole call is a failure or unknown.
	PublishStock(ctx context.Context, product ProductStock) ([]Refusal, error)
}

// Refusal is a SKU whose level the shop did not take.
type Refusal struct {
	SKUID  string
	Reason string
	// Retry reports whether the same level may be taken later.
	Retry bool
	// Locked reports whether a campaign or a creator holds the units: the level cannot
	// be lowered below them.
	Locked bool
	// Foreign reports whether the warehouse is not the seller's to set.
	Foreign bool
	// Derived reports whether the shop computes the stock of the SKU itself: there is
	// nothing to mend.
	Derived bool
}

// Ports are what a [Push] works on.
type Ports struct {
	Listings  catalogue.ListingSource
	Catalogue catalogue.Source
	Levels    Reader
	// Bundles is optional. Without it, a bundle of the shop whose listing does not
	// say that it is one is raised as unmapped.
	Bundles catalogue.BundleSource
	// Places is optional: the warehouse's stock locations. With it, an id in
	// [Options].Locations that is none of them is an error before anything is
	// published; without it, such a location reads as one that holds nothing.
	Places catalogue.PlaceSource
	// States is optional. With it, an item that a reading leaves out is looked for:
	// of an archived or deleted one zero is published. Without it, its listings are
	// left as they are.
	States     ItemStates
	Ledger     store.Ledger
	Publisher  Publisher
	Locks      store.Locks
	Exceptions exceptions.Queue
}

// Push publishes the warehouse's free stock in the shop, as a [Book]
// computes it, in passes that read everything. Only what changed is sent: one
// call per product, cuts before raises. What is sold while a push runs is taken
// off the calls that are still to come. It remembers nothing: a pass begins with
// what both sides show. For a shop that sells in bursts, [Live] does the same
// without a pause.
type Push struct {
	ports   Ports
	options Options
	timings health.Timings
	asked   bool // under the lock: a person was asked about zeros
}

// NewPush returns a Push, or an error that names every missing port or the
// option that is wrong. All ports but States and Bundles, and the option
// Locations, are required.
func NewPush(p Ports, o Options) (*Push, error) {
	if err := p.required("stock: NewPush", nil); err != nil {
		return nil, err
	}
	o, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("stock: NewPush: %w", err)
	}
	return &Push{ports: p, options: o}, nil
}

// required returns an error that names the ports that are missing, those of more
// among them.
func (p Ports) required(constructor string, more map[string]any) error {
	need := map[string]any{
		"Listings": p.Listings, "Catalogue": p.Catalogue, "Levels": p.Levels, "Ledger": p.Ledger,
		"Publisher": p.Publisher, "Locks": p.Locks, "Exceptions": p.Exceptions,
	}
	maps.Copy(need, more)
	return part.Required(constructor, need)
}

// Result is what a push did.
type Result struct {
	Plan Plan
	// Published counts the SKUs that the shop took, Refused those it refused.
	Published, Refused int
}

// MarshalJSON returns the result for programs.
func (r Result) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String sums the push up.
func (r Result) String() string {
	return fmt.Sprintf("%s%d SKU(s) published, %d refused\n", r.Plan, r.Published, r.Refused)
}

// Plan reads both sides and returns what a push would do. It changes nothing.
func (s *Push) Plan(ctx context.Context) (Plan, error) {
	book, err := s.read(ctx)
	if err != nil {
		return Plan{}, err
	}
	return book.Plan(), nil
}

// read enters both sides in a new book.
func (s *Push) read(ctx context.Context) (*Book, error) {
	book := newStockBook(s.options)
	r := stockReader{ports: s.ports, book: book, now: s.options.Now}
	// The ledger is read on both sides of the levels: one reservation may be
	// taken after the levels were read, which do not have it, and another
	// dropped meanwhile, because its order moved on, that they do not have either.
	for _, step := range []func(context.Context) error{
		r.shop, r.ledger, func(ctx context.Context) error { return r.levels(ctx, book.ItemIDs()) }, r.vanished, r.ledger,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("stock: %w", err)
		}
	}
	return book, nil
}

// Push plans and carries the plan out. Two pushes that share locks never
// overlap, so that an older number cannot land after a newer one. A product
// that fails does not stop the others: it is in the error, and the next push
// finds it again. While another program is known to write the same stock, Push
// refuses with [ErrSecondWriter].
func (s *Push) Push(ctx context.Context) (result Result, err error) {
	defer s.timings.Measure(s.options.Now, &err)()
	ctx, unlock, err := s.ports.Locks.Lock(ctx, pushLock)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	open, err := s.ports.Exceptions.Open(ctx, exceptions.SecondWriter)
	if err != nil {
		return Result{}, fmt.Errorf("stock: %w", err)
	}
	if err := stopped(open); err != nil {
		return Result{}, fmt.Errorf("stock: %w", err)
	}
	book, err := s.read(ctx)
	if err != nil {
		return Result{}, err
	}
	plan := book.Plan()
	result = Result{Plan: plan}
	r := stockReader{ports: s.ports, book: book, now: s.options.Now}
	if err := errors.Join(r.release(ctx), s.report(ctx, book, plan)); err != nil {
		return result, fmt.Errorf("stock: %w", err)
	}
	if err := s.doubtZeros(ctx, book); err != nil {
		return result, fmt.Errorf("stock: %w", err)
	}
	var errs []error
	for i, p := range plan.Products {
		if err := ctx.Err(); err != nil {
			return result, errors.Join(append(errs, err)...)
		}
		if err := r.ledger(ctx); err != nil {
			return result, errors.Join(append(errs, fmt.Errorf("stock: %w", err))...)
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
			errs = append(errs, fmt.Errorf("stock: product %s: %w", p.ProductID, err))
		}
	}
	return result, errors.Join(errs...)
}

// ErrMassZero is returned by a push that would take more than half of what the shop
// sells off sale at once, which a mistyped location does. Nothing was published, and
// [exceptions.MassZero] is raised; once a person has closed it the push goes on.
var ErrMassZero = errors.New("the push would set more than half of the shop to zero")

// massZero is from how many SKUs on a push is in doubt: a shop with fewer may well
// sell out of half of them.
const massZero = 10

// doubtZeros returns an error while a person has to look at a push that would zero
// the shop.
func (s *Push) doubtZeros(ctx context.Context, book *Book) error {
	zeroed, selling := book.zeroing()
	if zeroed < massZero || 2*zeroed <= selling {
		s.asked = false
		return s.ports.Exceptions.Clear(ctx, writerObject, exceptions.MassZero)
	}
	open, err := s.ports.Exceptions.Open(ctx, exceptions.MassZero)
	if err != nil {
		return err
	}
	if s.asked && len(open) == 0 {
		s.asked = false // somebody has looked
		return nil
	}
	s.asked = true
	if err := s.ports.Exceptions.Raise(ctx, exceptions.New(exceptions.MassZero, writerObject, time.Time{},
		fmt.Sprintf("%d of the %d SKUs that the shop sells would be set to zero", zeroed, selling),
		"check the levels of some of them and the locations in the settings; resolve this if the levels are right")); err != nil {
		return err
	}
	return fmt.Errorf("%w: %d of %d SKUs; nothing is published until a person has resolved the exception %q", ErrMassZero, zeroed, selling, exceptions.MassZero)
}

// Health returns how the pushes went so far.
func (s *Push) Health() health.Flow { return s.timings.Health() }

// report raises the problems of a plan and closes those of earlier plans that
// are gone.
func (s *Push) report(ctx context.Context, book *Book, plan Plan) error {
	if err := exceptions.RaiseAll(ctx, s.ports.Exceptions, plan.Problems); err != nil {
		return err
	}
	return clearMended(ctx, s.ports.Exceptions, book)
}

// clearMended closes the exceptions whose cause the book no longer finds.
func clearMended(ctx context.Context, queue exceptions.Queue, book *Book) error {
	open, err := queue.Open(ctx, append(catalogue.ProblemKinds(), exceptions.BadLevel, exceptions.UnmappedWarehouse, exceptions.StockRefused)...)
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
	ports Ports
	book  *Book
	now   func() time.Time
}

// shop reads what is for sale and what it consists of.
func (r stockReader) shop(ctx context.Context) error {
	if err := r.checkLocations(ctx); err != nil {
		return err
	}
	mark, at := r.book.Mark(), r.now().UTC()
	var listings []catalogue.Listing
	lost := map[string]string{}
	for l, err := range r.ports.Listings.Listings(ctx) {
		some, err := exceptions.UnreadableIn(err)
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
	refs := make([]catalogue.SKU, len(listings))
	for i, l := range listings {
		refs[i] = l.SKU
	}
	items, broken, err := r.ports.Catalogue.StockItems(ctx, refs)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	if err := r.findBundles(ctx, listings, catalogue.Lookup{Items: items, Broken: broken}); err != nil {
		return fmt.Errorf("reading the bundles: %w", err)
	}
	r.book.SetCatalogue(mark, at, listings, items, broken)
	return nil
}

func (r stockReader) checkLocations(ctx context.Context) error {
	if r.ports.Places == nil {
		return nil
	}
	var ids []string
	for _, list := range r.book.options.Locations {
		ids = append(ids, list...)
	}
	return catalogue.CheckPlaces(ctx, r.ports.Places, "stock location", ids...)
}

// findBundles marks the listings that need no item because they are bundles of
// the shop.
func (r stockReader) findBundles(ctx context.Context, listings []catalogue.Listing, known catalogue.Lookup) error {
	source := r.ports.Bundles
	if source == nil {
		return nil
	}
	for i, l := range listings {
		if _, err := known.Item(l.SKU); l.Derived || !errors.Is(err, catalogue.ErrUnmapped) {
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
	list := r.book.Superfluous()
	if len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.OrderID
	}
	own, err := r.ports.Ledger.ReservationsOf(ctx, ids...)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	var drop []string
	for _, s := range list { // each shop drops its own, unless they have changed since
		if mine, have := own[s.OrderID]; have && mine.Shop == s.Shop && mine.VisibleAt.Equal(s.VisibleAt) {
			drop = append(drop, s.OrderID)
		}
	}
	if err := r.ports.Ledger.DropReservations(ctx, drop...); err != nil {
		return fmt.Errorf("dropping the reservations of %d orders: %w", len(drop), err)
	}
	return nil
}

// raiseUnreadable raises the products that cannot be read, and closes what was
// raised of others.
func raiseUnreadable(ctx context.Context, queue exceptions.Queue, reasons map[string]string) error {
	var raised []exceptions.Exception
	objects := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		object := "product " + id
		if id == "" {
			object = "product without id"
		}
		objects[object] = true
		raised = append(raised, exceptions.New(exceptions.Unreadable, object, time.Time{}, reasons[id],
			"look at the product in Seller Center, and report it to the integrator; until it can be read its stock is not updated"))
	}
	if err := exceptions.RaiseAll(ctx, queue, raised); err != nil {
		return err
	}
	open, err := queue.Open(ctx, exceptions.Unreadable)
	if err != nil {
		return err
	}
	for _, e := range open {
		if !objects[e.Object] {
			if err := queue.Clear(ctx, e.Object, e.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}
