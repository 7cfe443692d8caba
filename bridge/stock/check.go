package stock

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// ProductStates reports which products of the shop take no stock.
type ProductStates interface {
	// ProductsOff returns the products that take no stock, by id, of those that the
	// shop has changed since the moment given. An [exceptions.UnreadableError] comes with
	// all that can be read.
	ProductsOff(ctx context.Context, since time.Time) (map[string]ProductState, error)
}

// ProductState is why a product takes no stock.
type ProductState string

// The states.
const (
	ProductFrozen      ProductState = "frozen"
	ProductDeactivated ProductState = "deactivated by the shop"
	ProductDeleted     ProductState = "deleted"
)

// CheckPorts are what a [Check] works on.
type CheckPorts struct {
	// Book is the book that stock is published from, long-lived, with the catalogue
	// in it.
	Book *Book
	Shop ShownReader
	// Ledger is read before each call to the shop.
	Ledger store.Ledger
	// Levels are read again before a SKU that the shop has zeroed is offered again.
	Levels     Reader
	Exceptions exceptions.Queue
	// Bundles is optional. With it, bundles of the shop are compared with their
	// components; it costs a call for each bundle, once.
	Bundles catalogue.BundleReader
	// States is optional. With it, a check of everything finds the products that
	// no longer take stock.
	States ProductStates
	// Stops is optional. With it, SKUs that show nothing because the shop as a whole
	// sells nothing are no drift. shopstatus.Watch is one.
	Stops SalesStops
}

// SalesStops reports whether the shop as a whole sells nothing.
type SalesStops interface {
	// SalesStopped returns why everything is shown as sold out, empty if it is not.
	SalesStopped(ctx context.Context) (why string, err error)
}

// Check closes the loop of a stock push: it compares what the shop shows
// with what it should show after all that the book knows, and finds out why where
// they differ.
//
// # What is expected
//
// A push sets what is available. An order takes its units off that at once and
// adds them to what is committed, and a cancellation moves them back; shipping
// lowers what is committed, and nothing else. So what is available should be what
// the shop last accepted or was seen to show, less the units of orders placed
// since; and what is committed can be more than at the last check, plus those
// units, only if there are orders that the bridge has not seen.
//
// # What is done
//
// A check publishes nothing. It has the book believe what is really shown, so that
// the next push corrects it, and raises what somebody has to know. It corrects
// nothing that it cannot be sure of: units that may be sold count as sold until
// their order appears, or until CheckOptions.UnseenFor has passed, so that no
// push undoes what the shop took off; a SKU that the shop has zeroed is offered
// again only after its level was read once more; a lock, a missing SKU or a
// product that takes no stock is not pushed against. If another program writes the
// same stock, [exceptions.SecondWriter] is raised, and pushes refuse with
// [ErrSecondWriter] until a person has resolved it.
//
// What cannot be told apart: a sale that nobody has told of, while as many units
// were shipped or given back and a push has undone what the shop took off, all
// since the last check. And a quantity set by hand that a cancellation or an
// earlier push would explain is taken for that, and corrected all the same.
//
// Several checks may run at once: of each call and what it tells one goes after the
// other, so that a check of a few SKUs does not wait for one of everything.
type Check struct {
	turn    chan struct{}
	ports   CheckPorts
	options CheckOptions
	timings health.Timings
}

// Health returns how the checks went so far.
func (c *Check) Health() health.Flow { return c.timings.Health() }

// NewCheck returns a Check, or an error that names every missing port or the
// option that is wrong. Book, Shop, Ledger, Levels and Exceptions are required.
// From then on the book keeps what checks need: make the check before the first
// push.
func NewCheck(p CheckPorts, o CheckOptions) (*Check, error) {
	need := map[string]any{"Shop": p.Shop, "Ledger": p.Ledger, "Levels": p.Levels, "Exceptions": p.Exceptions}
	if p.Book == nil {
		need["Book"] = nil
	}
	err := part.Required("stock: NewCheck", need)
	if err != nil {
		return nil, err
	}
	if o, err = o.checked(); err != nil {
		return nil, fmt.Errorf("stock: NewCheck: %w", err)
	}
	p.Book.watch()
	return &Check{turn: make(chan struct{}, 1), ports: p, options: o}, nil
}

// CheckResult is what a check has found.
type CheckResult struct {
	// Checked counts the SKUs, Right those that show what was expected, Calls the
	// calls that asked the shop for stock.
	Checked, Right, Calls int
	// Drifts are the others.
	Drifts []Drift
	// CatalogueStale reports whether the listings have to be read again: the shop sells
	// something else than the book says.
	CatalogueStale bool
	// Stopped reports whether another program writes the same stock, so that pushes
	// refuse until a person has resolved it.
	Stopped bool
	// Closed says why the whole shop is shown as sold out; empty if it is not.
	Closed string
}

// MarshalJSON returns the result for programs.
func (r CheckResult) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Drift is a SKU that does not show what was expected.
type Drift struct {
	catalogue.SKU
	Kind DriftKind
	// Shown is what the shop shows, and what is committed; Expected is what it was
	// believed to show, Wanted what it should.
	Shown            []ShownWarehouse
	Expected, Wanted []catalogue.WarehouseStock
	// Campaign and Creator are units that only they may sell.
	Campaign, Creator int
	// Unseen are units that count as sold from now on, though no order is known.
	Unseen []catalogue.WarehouseStock
	Done   DriftAction
	// Raised reports whether an exception was raised.
	Raised bool
}

// MarshalJSON returns the drift for programs.
func (d Drift) MarshalJSON() ([]byte, error) { return part.JSON(d) }

// DriftAction is what was done about a drift.
type DriftAction string

// The actions.
const (
	Waits    DriftAction = "left for the next check"
	Ends     DriftAction = "left until the shop sells again"
	Taken    DriftAction = "nothing to correct"
	Repaired DriftAction = "the next push corrects it"
	Held     DriftAction = "not pushed until it changes"
	Left     DriftAction = "left as it is"
)

// String is one line.
func (d Drift) String() string {
	var b strings.Builder
	if d.ID == "" {
		fmt.Fprintf(&b, "product %s: %s", d.ProductID, d.Kind)
	} else {
		fmt.Fprintf(&b, "%s: %s", d.SKU, d.Kind)
	}
	b.WriteString(d.numbers())
	fmt.Fprintf(&b, ": %s", d.Done)
	if d.Raised {
		b.WriteString(", raised")
	}
	return b.String()
}

func (d Drift) numbers() string {
	var b strings.Builder
	for i, w := range d.Shown {
		fmt.Fprintf(&b, "%s %d", [...]string{", shows", ";"}[min(i, 1)], w.Available)
		for _, e := range d.Expected {
			if e.WarehouseID == w.WarehouseID {
				fmt.Fprintf(&b, ", expected %d", e.Quantity)
			}
		}
		fmt.Fprintf(&b, ", committed %d in warehouse %s", w.Committed, w.WarehouseID)
	}
	if len(d.Shown) == 0 && len(d.Expected) > 0 {
		fmt.Fprintf(&b, ", expected %s", quantities(d.Expected))
	}
	if d.Campaign+d.Creator > 0 {
		fmt.Fprintf(&b, "; %d locked by campaigns, %d by creators", d.Campaign, d.Creator)
	}
	if len(d.Unseen) > 0 {
		fmt.Fprintf(&b, "; counts as sold: %s", quantities(d.Unseen))
	}
	return b.String()
}

// String sums the check up, a line for each drift.
func (r CheckResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s checked in %s, %d right\n", part.Count(r.Checked, "SKU"), part.Count(r.Calls, "call"), r.Right)
	for _, d := range r.Drifts {
		fmt.Fprintf(&b, "%s\n", d)
	}
	if r.CatalogueStale {
		b.WriteString("the listings have to be read again\n")
	}
	if r.Closed != "" {
		fmt.Fprintf(&b, "the shop sells nothing: %s\n", r.Closed)
	}
	if r.Stopped {
		b.WriteString("another program writes the same stock: nothing is published until that is resolved\n")
	}
	return b.String()
}

// shopStockBatch is how many SKUs one call of Inventory Search takes.
const shopStockBatch = 600

// Check compares the SKUs given, by the shop's id, or all of the book if none is
// given. An error is worth repeating; what was found before it is in the result,
// and done.
func (c *Check) Check(ctx context.Context, skuIDs ...string) (result CheckResult, err error) {
	result, some, err := c.check(ctx, skuIDs...)
	return result, errors.Join(some, err)
}

// check does it. some is the error of single SKUs and bundles that were not compared.
func (c *Check) check(ctx context.Context, skuIDs ...string) (result CheckResult, some, err error) {
	now := c.ports.Book.options.Now
	begun := now()
	defer func() { c.timings.Done(begun, now(), errors.Join(some, err)) }()
	run := checkRun{Check: c, bad: map[string]bool{}, deleted: map[string]bool{}, shown: map[string]ShownStock{}}
	open, err := c.ports.Exceptions.Open(ctx, exceptions.SecondWriter, exceptions.StockDrift, exceptions.StockZeroed, exceptions.StockLocked, exceptions.StockRefused)
	if err != nil {
		return run.result, nil, fmt.Errorf("stock check: %w", err)
	}
	run.open = open
	c.ports.Book.setOpen(open)
	run.result.Stopped = c.ports.Book.halt(open) != nil
	if c.ports.Stops != nil {
		if run.result.Closed, err = c.ports.Stops.SalesStopped(ctx); err != nil {
			return run.result, nil, fmt.Errorf("stock check: reading whether the shop sells: %w", err)
		}
	}
	if err := run.all(ctx, skuIDs); err != nil {
		return run.result, nil, fmt.Errorf("stock check: %w", err)
	}
	if len(run.some) > 0 {
		some = fmt.Errorf("stock check: %w", errors.Join(run.some...))
	}
	return run.result, some, nil
}

// checkRun is one check.
type checkRun struct {
	*Check
	some    []error // of single records that hold up nothing else
	unread  bool    // a part of the shop's last answer
	open    []exceptions.Exception
	result  CheckResult
	bundles []Drift
	compare bool // there are bundles to compare
	// bad are the names of what drifts.
	bad map[string]bool
	// deleted are those of products that the shop has no longer.
	deleted map[string]bool
	// shown is what the shop shows by SKU, if there are bundles to compare.
	shown map[string]ShownStock
}

func (r *checkRun) all(ctx context.Context, skuIDs []string) error {
	book := r.ports.Book
	ids := skuIDs
	if len(ids) == 0 {
		ids = book.skuIDs()
		if err := r.states(ctx); err != nil {
			return err
		}
	}
	r.compare = r.ports.Bundles != nil && book.hasBundles()
	for part := range slices.Chunk(ids, shopStockBatch) {
		if err := r.part(ctx, part); err != nil {
			return err
		}
	}
	if err := r.checkBundles(ctx); err != nil {
		return err
	}
	if err := r.writer(ctx); err != nil {
		return err
	}
	return r.clear(ctx, skuIDs)
}

// next waits until no other check is in the middle of a call.
func (c *Check) next(ctx context.Context) (done func(), err error) {
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read asks the shop. The ledger is read before: what is in it then is in what
// the shop shows.
func (r *checkRun) read(ctx context.Context, ids []string) (look, []ShownStock, error) {
	book := r.ports.Book
	now := book.options.Now
	if err := readLedger(ctx, r.ports.Ledger, book, now); err != nil {
		return look{}, nil, err
	}
	l := look{mark: book.Mark(), from: now().UTC()}
	list, err := r.ports.Shop.ShopStock(ctx, ids)
	if err = r.exceptUnreadable(err); err != nil {
		return l, nil, fmt.Errorf("reading the shop's stock: %w", err)
	}
	l.to = now().UTC()
	r.result.Calls++
	return l, list, nil
}

// exceptUnreadable returns err, unless it only names records that cannot be read: they hold
// up no others.
func (r *checkRun) exceptUnreadable(err error) error {
	some, other := exceptions.UnreadableIn(err)
	if len(some) > 0 {
		r.some = append(r.some, err)
		r.unread = true
	}
	return other
}

// answered leaves out of the SKUs asked for those that the shop's answer lacks, if a part of
// it could not be read: they need not be gone.
func (r *checkRun) answered(asked []string, list []ShownStock) []string {
	if !r.unread {
		return asked
	}
	r.unread = false
	have := make(map[string]bool, len(list))
	for i := range list {
		have[list[i].ID] = true
	}
	left, answered := []string{}, []string{}
	for _, id := range asked {
		if have[id] {
			answered = append(answered, id)
		} else {
			left = append(left, id)
		}
	}
	for _, name := range r.ports.Book.names(left) {
		r.bad[name] = true
	}
	return answered
}

func (r *checkRun) part(ctx context.Context, ids []string) error {
	done, err := r.next(ctx)
	if err != nil {
		return err
	}
	defer done()
	l, list, err := r.read(ctx, ids)
	if err != nil {
		return err
	}
	book := r.ports.Book
	ids = r.answered(ids, list)
	right, drifts, bundles := book.lookAt(l, r.options, ids, list)
	r.result.Right += right
	r.result.Checked += len(ids)
	r.bundles = append(r.bundles, bundles...)
	if r.compare {
		for _, s := range list {
			r.shown[s.ID] = s
		}
	}
	drifts = r.soldOutAsAWhole(drifts)
	var zeroed []string
	for _, d := range drifts {
		r.bad[d.SKU.String()] = true
		if d.Kind == Zeroed {
			zeroed = append(zeroed, d.ID)
		}
	}
	unread, err := r.freshLevels(ctx, zeroed)
	if err != nil {
		return err
	}
	for _, d := range drifts {
		if err := r.settle(ctx, l, d, unread[d.ID]); err != nil {
			return err
		}
	}
	return nil
}

// soldOutAsAWhole takes SKUs out that show nothing only because the shop as a whole
// sells nothing. The book goes on believing what it did: that is what the shop shows
// again afterwards.
func (r *checkRun) soldOutAsAWhole(drifts []Drift) []Drift {
	if r.result.Closed == "" {
		return drifts
	}
	return slices.DeleteFunc(drifts, func(d Drift) bool {
		switch d.Kind {
		case SKUGone, WarehouseGone, WarehouseAdded, CampaignLock, CreatorLock, BothLocks:
			return false
		}
		if slices.ContainsFunc(d.Shown, func(w ShownWarehouse) bool { return w.Available > 0 }) {
			return false
		}
		r.bad[d.SKU.String()] = true
		d.Kind, d.Unseen, d.Done = ShopClosed, nil, Ends
		r.result.Drifts = append(r.result.Drifts, d)
		return true
	})
}

// freshLevels reads the items of SKUs that the shop has zeroed: somebody said that
// they are out of stock. It returns the SKUs of which they cannot be read.
func (r *checkRun) freshLevels(ctx context.Context, skuIDs []string) (unread map[string]bool, err error) {
	book := r.ports.Book
	mark := book.Mark()
	if err := errors.Join(levelReader{r.ports.Levels, book}.read(ctx, book.itemsOf(skuIDs))); err != nil {
		r.some = append(r.some, fmt.Errorf("what the shop has zeroed: %w", err))
	}
	return book.unreadSince(mark, skuIDs), ctx.Err()
}

// settle reports a drift and has the book take it over, unless it is of levels that cannot
// be read: then the next check tries again.
func (r *checkRun) settle(ctx context.Context, l look, d Drift, unread bool) error {
	if e := r.exception(l, d); e != nil {
		if err := r.ports.Exceptions.Raise(ctx, *e); err != nil {
			return fmt.Errorf("raising %q: %w", e.Kind, err)
		}
		r.ports.Book.noteOpen(e.Object)
		d.Raised = true
	}
	if d.Done = Waits; !unread {
		d.Done = r.ports.Book.takeOver(l, d, r.options)
	}
	switch d.Kind {
	case SKUGone, WarehouseGone, WarehouseAdded:
		r.result.CatalogueStale = r.result.CatalogueStale || d.Done == Held
	}
	r.result.Drifts = append(r.result.Drifts, d)
	return nil
}

// otherTold is for how long the two lists of the shop may not agree before somebody is told.
const otherTold = 10 * time.Minute

// exception is what has to be said about a drift found by a look; nil if nothing has.
func (r *checkRun) exception(l look, d Drift) *exceptions.Exception {
	seen := string(d.Kind) + d.numbers()
	if zero := !slices.ContainsFunc(d.Shown, func(w ShownWarehouse) bool { return w.Available > 0 }); zero &&
		(d.Kind == Zeroed || d.Kind == SetLower) && r.ports.Book.expects(d.ID) {
		return nil
	}
	switch d.Kind {
	case Zeroed:
		if n, known := r.ports.Book.wants(d.ID); known && n == 0 {
			return nil // the warehouse has none either
		}
		return new(exceptions.New(exceptions.StockZeroed, d.SKU.String(), time.Time{}, seen,
			"ask the warehouse whether it is really missing; Linnworks says that it is not, so the bridge puts the number back"))
	case LostPush, LatePush:
		if r.ports.Book.timesWritten(d.ID)+1 < r.options.WriterChecks {
			return nil // corrected; who could do anything about it?
		}
		fallthrough
	case SetHigher, SetLower:
		if r.result.Stopped {
			return nil // that has its own exception
		}
		return new(exceptions.New(exceptions.StockDrift, d.SKU.String(), time.Time{}, seen,
			"find out who changed it; stock is changed in Linnworks, never in the shop"))
	case CampaignLock, CreatorLock, BothLocks:
		return new(exceptions.New(exceptions.StockLocked, d.SKU.String(), time.Time{},
			fmt.Sprintf("%s: %d units are locked, and there is only %s", d.Kind, d.Campaign+d.Creator, quantities(d.Wanted)),
			"end the campaign or lock fewer units for it, or move stock to the location that supplies it"))
	case SKUGone, WarehouseGone, WarehouseAdded:
		if r.ports.Book.otherFor(d.ID, l.to) < otherTold {
			return nil // somebody is just changing it
		}
		return new(exceptions.New(exceptions.StockDrift, d.SKU.String(), time.Time{}, seen+", and the listing says otherwise",
			"look in Seller Center which warehouses the SKU is sold from, and report it to the integrator; the bridge goes by the listing"))
	case Frozen, Deactivated:
		return new(exceptions.New(exceptions.StockRefused, productObject(d.ProductID), time.Time{}, seen+": it takes no stock",
			"look in the shop why, and have it released or take the listing down"))
	case Bundle:
		return new(exceptions.New(exceptions.StockDrift, d.SKU.String(), time.Time{},
			"the shop's number for a bundle does not match its components"+d.numbers(), "the shop works this number out itself: look at the bundle there, and ask the shop's support"))
	}
	return nil
}

// states finds the products that no longer take stock.
func (r *checkRun) states(ctx context.Context) error {
	if r.ports.States == nil {
		return nil
	}
	book := r.ports.Book
	at := book.options.Now().UTC()
	off, err := r.ports.States.ProductsOff(ctx, book.statesFrom().Add(-statesOverlap))
	if err = r.exceptUnreadable(err); err != nil {
		return fmt.Errorf("reading the states of products: %w", err)
	}
	kinds := map[ProductState]DriftKind{ProductFrozen: Frozen, ProductDeactivated: Deactivated, ProductDeleted: Deleted}
	for _, id := range slices.Sorted(maps.Keys(off)) {
		kind, known := kinds[off[id]]
		if !known {
			return fmt.Errorf("product %s: state %q is unknown", id, off[id])
		}
		if r.bad[productObject(id)] = true; kind == Deleted {
			r.deleted[productObject(id)] = true
		}
		listings, known := book.listingsOf(id)
		if !known && kind != Deleted { // the catalogue was read since, and nobody heard why it is gone
			listings = []catalogue.SKU{{ProductID: id}}
		}
		for i, l := range listings {
			d := Drift{SKU: l, Kind: kind}
			if e := r.exception(look{}, d); e != nil && i == 0 {
				if err := r.ports.Exceptions.Raise(ctx, *e); err != nil {
					return fmt.Errorf("raising %q: %w", e.Kind, err)
				}
				d.Raised = true
			}
			d.Done = book.takeOver(look{}, d, r.options)
			r.result.Drifts = append(r.result.Drifts, d)
			r.result.CatalogueStale = r.result.CatalogueStale || known
		}
	}
	book.setStatesFrom(at)
	return nil
}

// statesOverlap is how far the states of products are read back: for the
// difference of the clocks, and the lag of the shop's search.
const statesOverlap = 2 * time.Minute

// mostUnread is how many products cannot be read, and none can, before it is not about them.
const mostUnread = 3

// checkBundles compares the shop's bundles with their components. What was read
// in two calls, or with an old composition, proves nothing: a bundle that differs
// is read again.
func (r *checkRun) checkBundles(ctx context.Context) error {
	book := r.ports.Book
	var suspects []Drift
	for _, d := range r.bundles {
		if r.ports.Bundles == nil || bundleRight(d.Shown, book.composition(d.ID), r.shown) == bundleAgrees {
			r.result.Right++
			continue
		}
		suspects = append(suspects, d)
	}
	all, failed := suspects, 0
	suspects = nil
	for _, d := range all {
		bundles, err := r.ports.Bundles.Bundle(ctx, d.ProductID)
		if err == nil {
			book.setComposition(bundles)
			suspects = append(suspects, d)
			continue
		}
		r.bad[d.SKU.String()] = true
		r.some = append(r.some, fmt.Errorf("reading the bundle %s: %w", d.ProductID, err))
		if failed++; ctx.Err() != nil || failed >= mostUnread && len(suspects) == 0 {
			return errors.Join(r.some...)
		}
	}
	for len(suspects) > 0 {
		var ids []string
		n := 0
		for ; n < len(suspects); n++ {
			more := []string{suspects[n].ID}
			for _, c := range book.composition(suspects[n].ID) {
				more = append(more, c.Listing.ID)
			}
			if n > 0 && len(ids)+len(more) > shopStockBatch {
				break
			}
			ids = append(ids, more...)
		}
		if err := r.bundlesAgain(ctx, suspects[:n], ids); err != nil {
			return err
		}
		suspects = suspects[n:]
	}
	return nil
}

func (r *checkRun) bundlesAgain(ctx context.Context, bundles []Drift, ids []string) error {
	done, err := r.next(ctx)
	if err != nil {
		return err
	}
	defer done()
	slices.Sort(ids)
	l, list, err := r.read(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	shown := make(map[string]ShownStock, len(list))
	for _, s := range list {
		shown[s.ID] = s
	}
	for _, d := range bundles {
		components := r.ports.Book.composition(d.ID)
		d.Shown = shown[d.ID].Warehouses
		switch bundleRight(d.Shown, components, shown) {
		case bundleAgrees:
			r.result.Right++
		case bundleUnknown: // a component has a drift of its own
		case bundleDiffers:
			d.Expected = bundleStock(d.Shown, components, shown)
			r.bad[d.SKU.String()] = true
			if err := r.settle(ctx, l, d, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// bundleStock is what the components allow, in each warehouse of a bundle; nil if
// something of them is not known.
func bundleStock(bundle []ShownWarehouse, components []catalogue.BundleComponent, shown map[string]ShownStock) []catalogue.WarehouseStock {
	if len(components) == 0 {
		return nil
	}
	list := make([]catalogue.WarehouseStock, 0, len(bundle))
	for _, w := range bundle {
		least := math.MaxInt
		for _, c := range components {
			in := shownIn(shown[c.Listing.ID].Warehouses, w.WarehouseID)
			if in == nil {
				return nil
			}
			least = min(least, in.Available/max(c.Quantity, 1))
		}
		list = append(list, catalogue.WarehouseStock{WarehouseID: w.WarehouseID, Quantity: least})
	}
	return list
}

type bundleVerdict int

const (
	bundleUnknown bundleVerdict = iota
	bundleAgrees
	bundleDiffers
)

// bundleRight reports whether a bundle shows what its components allow. Where units
// of them are locked nobody says whether the bundle may sell those: it may show
// less.
func bundleRight(bundle []ShownWarehouse, components []catalogue.BundleComponent, shown map[string]ShownStock) bundleVerdict {
	allowed := bundleStock(bundle, components, shown)
	if len(allowed) == 0 {
		return bundleUnknown
	}
	locked := slices.ContainsFunc(components, func(c catalogue.BundleComponent) bool {
		return shown[c.Listing.ID].Campaign+shown[c.Listing.ID].Creator > 0
	})
	for i, a := range allowed {
		if n := bundle[i].Available; n > a.Quantity || n < a.Quantity && !locked {
			return bundleDiffers
		}
	}
	return bundleAgrees
}

// writer raises that another program writes the same stock, if one does.
func (r *checkRun) writer(ctx context.Context) error {
	book := r.ports.Book
	if r.result.Stopped {
		return nil
	}
	now := book.options.Now().UTC()
	skus, all := book.written(now.Add(-r.options.WriterWindow), r.options.WriterChecks)
	if len(skus) < min(r.options.WriterSKUs, all) || len(skus) == 0 {
		return nil
	}
	names := make([]string, min(len(skus), 5))
	for i := range names {
		names[i] = skus[i].String()
	}
	seen := fmt.Sprintf("after the bridge had set them, %s set to something else %d times each within %s: %s",
		part.Count(len(skus), "SKU was", "SKUs were"), r.options.WriterChecks, r.options.WriterWindow, strings.Join(names, ", "))
	e := exceptions.New(exceptions.SecondWriter, writerObject, time.Time{}, seen,
		"switch stock updates off in all programs but one, then resolve this exception; until then the bridge sets no stock")
	if err := r.ports.Exceptions.Raise(ctx, e); err != nil {
		return fmt.Errorf("raising %q: %w", e.Kind, err)
	}
	book.forgetWritten()
	_ = book.halt([]exceptions.Exception{e})
	r.result.Stopped = true
	return nil
}

// productObject is what is raised on a product as a whole.
func productObject(id string) string { return "product " + id }

func isProduct(object string) bool { return strings.HasPrefix(object, productObject("")) }

// clear closes what earlier checks have raised and this one found right, or cannot find any
// more.
func (r *checkRun) clear(ctx context.Context, asked []string) error {
	var right map[string]shownRight
	gone := r.ports.Book.left(r.open)
	for _, e := range r.open {
		switch {
		case gone[e.Object], r.deleted[e.Object]:
			if err := r.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
				return fmt.Errorf("closing %q of %s, which the shop does not have any more: %w", e.Kind, e.Object, err)
			}
			continue
		case e.Kind == exceptions.SecondWriter, e.Kind == exceptions.StockRefused && !isProduct(e.Object):
			continue
		}
		if right == nil {
			right = r.ports.Book.showsRight(asked)
		}
		is, looked := right[e.Object]
		if e.Kind == exceptions.StockLocked { // what was refused for a lock is open until it is taken
			is.right = is.right || !is.refused
		}
		if !looked || !is.right || r.bad[e.Object] {
			continue
		}
		if err := r.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
			return fmt.Errorf("closing %q of %s: %w", e.Kind, e.Object, err)
		}
	}
	return nil
}
