package pulled

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Revoker cancels orders in the shop that were cancelled in the warehouse. A
// [bridge.Revoker] is one.
type Revoker interface {
	Revoke(ctx context.Context, orders ...bridge.WarehouseOrder) (bridge.OrderResults, error)
}

var (
	_ Revoker          = (*bridge.Revoker)(nil)
	_ bridge.Warehouse = (*Warehouse)(nil)
)

// Ports are what a [Channel] works on.
type Ports struct {
	Warehouse *Warehouse
	// Orders reads what waits in the shop when Linnworks comes for it, and Importer maps
	// it: the one of the [bridge.Sync] whose warehouse this is.
	Orders   bridge.OrderSource
	Importer bridge.OrderImporter
	// Gate is asked, under the importer's locks, right before an order is handed out.
	Gate bridge.PermitSource
	// Values keeps how far a walk over the pages has come, in the memory of the shop.
	Values store.Values
	// Hint has the intake look at an order again, such as [bridge.Sync.Hint].
	Hint func(ctx context.Context, orderID string) error
	// Dispatcher is told of orders that have left.
	Dispatcher bridge.OrderDispatcher
	// Revoker is optional. Without it nothing is cancelled from Linnworks.
	Revoker Revoker
	// Listings and Catalogue are optional, and go together. With them Linnworks learns
	// what the shop sells, and can map it. Touch has the engine read items at once when
	// Linnworks says that their levels have changed, such as Touch of the engine.
	Listings  catalogue.ListingSource
	Catalogue catalogue.Source
	Touch     func(itemIDs ...string)
}

// Options configure a [Channel].
type Options struct {
	// OrdersPage and ProductsPage are how many of each a page has. Default 50 and 100:
	// orders are read in the shop, 50 with one call.
	OrdersPage, ProductsPage int
	// PageWithin is how long a page of orders may take. Default 6 seconds: Linnworks
	// waits for 10.
	PageWithin time.Duration
	// ListingsFor is how long what the shop sells is remembered. Default 10 minutes.
	ListingsFor time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Channel is what Linnworks calls. It is safe for concurrent use. Make it with
// [NewChannel].
type Channel struct {
	ports   Ports
	options Options

	mu       sync.Mutex
	listings []catalogue.Listing
	listed   time.Time
}

// NewChannel returns a Channel, or an error that names what is missing or wrong.
func NewChannel(p Ports, o Options) (*Channel, error) {
	err := part.Required("pulled: NewChannel", map[string]any{
		"Orders": p.Orders, "Importer": p.Importer, "Gate": p.Gate, "Values": p.Values, "Dispatcher": p.Dispatcher,
	})
	switch {
	case p.Warehouse == nil || p.Hint == nil:
		return nil, errors.New("pulled: NewChannel: Warehouse and Hint are required")
	case err != nil:
		return nil, err
	case (p.Listings == nil) != (p.Catalogue == nil) || p.Touch != nil && p.Listings == nil:
		return nil, errors.New("pulled: NewChannel: Listings and Catalogue go together, and Touch needs them")
	case o.OrdersPage < 0 || o.OrdersPage > 100 || o.ProductsPage < 0 || o.ListingsFor < 0 || o.PageWithin < 0:
		return nil, errors.New("pulled: NewChannel: OrdersPage must be at most 100, and nothing be negative")
	}
	o.OrdersPage, o.ProductsPage = cmp.Or(o.OrdersPage, 50), cmp.Or(o.ProductsPage, 100)
	o.ListingsFor, o.PageWithin, o.Now = cmp.Or(o.ListingsFor, 10*time.Minute), cmp.Or(o.PageWithin, 6*time.Second), part.Clock(o.Now)
	return &Channel{ports: p, options: o}, nil
}

// RefusedError is why something was not done, in words for the people who work in
// Linnworks. Nothing in Text is about the buyer.
type RefusedError struct {
	Text string
	// Err is the cause, if there is one.
	Err error
}

func (e *RefusedError) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Despatched has orders dispatched that have left by Linnworks' word, and returns an
// error or nil for each. Both sides are looked at: what Linnworks says in the call is
// not needed. What fails is tried again by the [bridge.DispatchQueue].
func (c *Channel) Despatched(ctx context.Context, references []string) []error {
	errs := make([]error, len(references))
	fail := func(err error) []error {
		for i := range errs {
			errs[i] = &RefusedError{Text: "TikTok Shop has not been told yet. That is tried again without anybody's help.", Err: err}
		}
		return errs
	}
	unique := slices.Compact(slices.Sorted(slices.Values(references)))
	found, err := c.ports.Warehouse.FindOrders(ctx, unique)
	if err != nil {
		return fail(fmt.Errorf("looking for the orders in Linnworks: %w", err))
	}
	results, err := c.ports.Dispatcher.Dispatch(ctx, found...)
	if len(results) == 0 && err != nil {
		return fail(err)
	}
	for i, id := range references {
		errs[i] = c.dispatched(id, found, results)
	}
	return errs
}

// dispatched is what became of the despatch of one order.
func (c *Channel) dispatched(id string, found []bridge.WarehouseOrder, results bridge.OrderResults) error {
	if !slices.ContainsFunc(found, func(w bridge.WarehouseOrder) bool { return w.Reference == id }) {
		return &RefusedError{Text: "The bridge does not find this order in Linnworks. If it was merged, its despatch is found by itself."}
	}
	looked := false
	for _, r := range results {
		if r.OrderID != id {
			continue
		}
		looked = true
		switch {
		case r.Err != nil:
			return &RefusedError{Text: "TikTok Shop has not been told yet. That is tried again without anybody's help.", Err: r.Err}
		case r.Outcome == bridge.OutcomeRaised:
			return &RefusedError{Text: fmt.Sprintf("TikTok Shop was not told, and somebody has to look at it: %s. The case is in the list of exceptions under order %s.", r.Detail, id)}
		case r.Outcome == bridge.OutcomeHeld:
			return &RefusedError{Text: fmt.Sprintf("TikTok Shop does not let this order go: %s.", r.Detail)}
		}
	}
	if !looked {
		return &RefusedError{Text: "TikTok Shop has not been told yet. That is tried again without anybody's help."}
	}
	return nil
}

// Product is something that the shop sells.
type Product struct {
	// SKU is the seller's, or the shop's id of it where that is empty or there twice.
	SKU, ID, Title string
	// Quantity is what the shop shows, over all its warehouses.
	Quantity int
}

// Products returns a page of what the shop sells, counted from 1.
func (c *Channel) Products(ctx context.Context, page int) (products []Product, more bool, err error) {
	if c.ports.Listings == nil {
		return nil, false, nil
	}
	if page < 1 {
		return nil, false, &RefusedError{Text: "There is no page of that number."}
	}
	listings, err := c.known(ctx, page == 1)
	if err != nil {
		return nil, false, err
	}
	names := skus(listings)
	from := min((page-1)*c.options.ProductsPage, len(listings))
	to := min(from+c.options.ProductsPage, len(listings))
	for i := from; i < to; i++ {
		p := Product{SKU: names[i], ID: listings[i].ID, Title: cmp.Or(listings[i].Title, names[i])}
		for _, s := range listings[i].Stock {
			p.Quantity += s.Quantity
		}
		products = append(products, p)
	}
	return products, to < len(listings), nil
}

// skus are the names by which Linnworks knows listings, in their order.
func skus(listings []catalogue.Listing) []string {
	count := map[string]int{}
	for _, l := range listings {
		count[l.SellerSKU]++
	}
	names := make([]string, len(listings))
	for i, l := range listings {
		names[i] = l.ID
		if l.SellerSKU != "" && count[l.SellerSKU] == 1 {
			names[i] = l.SellerSKU
		}
	}
	return names
}

// known are the listings of the shop, read again where they are old.
func (c *Channel) known(ctx context.Context, again bool) ([]catalogue.Listing, error) {
	c.mu.Lock()
	listings, listed := c.listings, c.listed
	c.mu.Unlock()
	now := c.options.Now()
	if !again && !listed.IsZero() && now.Sub(listed) < c.options.ListingsFor {
		return listings, nil
	}
	listings = nil
	for l, err := range c.ports.Listings.Listings(ctx) {
		if _, err = exceptions.UnreadableIn(err); err != nil {
			return nil, fmt.Errorf("pulled: reading what the shop sells: %w", err)
		}
		if l.ID != "" {
			listings = append(listings, l)
		}
	}
	slices.SortFunc(listings, func(a, b catalogue.Listing) int { return cmp.Compare(a.ID, b.ID) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listings, c.listed = listings, now
	return listings, nil
}

// LevelsChanged has the stock of SKUs worked out anew, as [Product] names them, and
// returns an error or nil for each. The numbers that Linnworks computed are not used:
// they know of no order that waits here, and of no buffer.
func (c *Channel) LevelsChanged(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	fail := func(err error) []error {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	if c.ports.Touch == nil {
		return fail(&RefusedError{Text: "This integration takes no stock levels from Linnworks: the bridge reads them."})
	}
	listings, err := c.known(ctx, false)
	if err != nil {
		return fail(err)
	}
	bySKU := map[string]catalogue.SKU{}
	for i, name := range skus(listings) {
		bySKU[name] = listings[i].SKU
	}
	var wanted []catalogue.SKU
	for _, name := range names {
		if sku, ok := bySKU[name]; ok {
			wanted = append(wanted, sku)
		}
	}
	items, broken, err := c.ports.Catalogue.StockItems(ctx, wanted)
	if err != nil {
		return fail(fmt.Errorf("pulled: finding the items: %w", err))
	}
	var touched []string
	for i, name := range names {
		sku, sold := bySKU[name]
		item, mapped := items[sku.ID]
		switch {
		case !sold:
			errs[i] = &RefusedError{Text: "TikTok Shop does not sell this SKU."}
			continue
		case !mapped || broken[sku.ID] != nil:
			errs[i] = &RefusedError{Text: "The bridge does not know which item this SKU is. The case is in the list of exceptions.", Err: broken[sku.ID]}
			continue
		}
		parts, err := item.Parts(1)
		if err != nil {
			errs[i] = &RefusedError{Text: "The contents of this kit cannot be used. The case is in the list of exceptions.", Err: err}
			continue
		}
		touched = append(touched, item.ID)
		touched = append(touched, slices.Collect(maps.Keys(parts))...)
	}
	if len(touched) > 0 {
		slices.Sort(touched)
		c.ports.Touch(slices.Compact(touched)...)
	}
	return errs
}

// CanCancel reports whether orders can be cancelled from Linnworks.
func (c *Channel) CanCancel() bool { return c.ports.Revoker != nil }

// Cancelled cancels an order in the shop that somebody is cancelling in Linnworks.
// units is of how many units, zero for all: the shop can cancel whole orders only.
//
// No document tells whether Linnworks shows it as cancelled by then: for the
// [bridge.Revoker] it is, unless it has left. Should it stay open in Linnworks after
// all, the [bridge.Canceller] cancels it there.
func (c *Channel) Cancelled(ctx context.Context, reference string, units int) error {
	if c.ports.Revoker == nil {
		return &RefusedError{Text: "This integration cancels nothing in TikTok Shop. Cancel the order in Seller Center."}
	}
	ctx = context.WithValue(ctx, cancelling{}, reference)
	found, err := c.ports.Warehouse.FindOrders(ctx, []string{reference})
	if err != nil {
		return fmt.Errorf("pulled: looking for order %s in Linnworks: %w", reference, err)
	}
	held := 0
	for _, w := range found {
		switch {
		case w.Foreign != "":
			return &RefusedError{Text: "This order was not made by the bridge. Cancel it in Seller Center if it is one of TikTok Shop."}
		case w.State == bridge.Processed:
			return &RefusedError{Text: "This order has been processed. Its buyer can send it back; it is not cancelled in TikTok Shop."}
		}
		for _, line := range w.Lines {
			held += line.Quantity
		}
	}
	switch {
	case len(found) == 0:
		return &RefusedError{Text: "The bridge does not find this order in Linnworks. Cancel it in Seller Center."}
	case units > 0 && units < held:
		return &RefusedError{Text: "Only a whole order can be cancelled from here. Cancel single lines in Seller Center."}
	}
	results, err := c.ports.Revoker.Revoke(ctx, found...)
	for _, r := range results {
		switch {
		case r.OrderID != reference:
		case r.Err != nil:
			return fmt.Errorf("pulled: cancelling order %s in the shop: %w", reference, r.Err)
		case r.Outcome == bridge.OutcomeRaised:
			return &RefusedError{Text: fmt.Sprintf("TikTok Shop has not cancelled this order, and customer service has a case: %s. It is in the list of exceptions under order %s.", r.Detail, reference)}
		default:
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("pulled: cancelling order %s in the shop: %w", reference, err)
	}
	return &RefusedError{Text: "TikTok Shop does not know this order. Look for it in Seller Center."}
}
