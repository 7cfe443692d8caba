package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// Shipper tells the shop about shipments.
type Shipper interface {
	// Carriers lists the shipping providers that the shop accepts for an order.
	Carriers(ctx context.Context, order Order) ([]Carrier, error)
	// Ship gives the shop tracking number and carrier of the lines of an order
	// (all that are left if none is named) and so moves the order on. It must not
	// be repeated without looking at the order first.
	Ship(ctx context.Context, s Shipment) error
	// ArrangeShipping has the shop's own carrier ship an order, and returns the
	// label. Repeating it for an order that has one returns the same label.
	ArrangeShipping(ctx context.Context, order Order) (Label, error)
}

// Carrier is a shipping provider of the shop.
type Carrier struct{ ID, Name string }

// Shipment is a parcel that left the warehouse.
type Shipment struct {
	Order     Order
	Tracking  string
	CarrierID string
	// LineIDs are the shop's lines in the parcel; empty means all that are left.
	LineIDs []string
}

// Label is a shipping label of the shop's carrier.
type Label struct {
	PackageID string
	Tracking  string
	Carrier   string
	// URL is where the document can be fetched, for 24 hours.
	URL string
}

// TrackingWriter writes the shop's tracking number onto a warehouse order.
type TrackingWriter interface {
	// SetTracking keeps everything else of the order's shipping as it is.
	SetTracking(ctx context.Context, order WarehouseOrder, label Label) error
}

// ErrAlreadyShipped is wrapped by [Shipper] errors that say that the shop has
// the shipment already: the Dispatcher then reads back.
var ErrAlreadyShipped = errors.New("the shop has the shipment already")

// RefusedError is wrapped by port errors that repeating cannot mend.
type RefusedError struct {
	// Do says what a person has to do.
	Do  string
	Err error
}

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// DispatchPorts are what a [Dispatcher] works on.
type DispatchPorts struct {
	Gate       *Gate
	Orders     OrderSource
	Shipper    Shipper
	OrderBook  OrderBook
	Tracking   TrackingWriter
	Locks      Locks
	Exceptions Exceptions
}

// DispatchOptions configure a [Dispatcher].
type DispatchOptions struct {
	// Carriers maps Linnworks carriers (vendor or postal service, without regard
	// to case) to names or ids of the shop's shipping providers. A carrier that
	// is not in it must have the same name on both sides.
	Carriers map[string]string
	// Table decides what to do. Default [DefaultStatusTable].
	Table *StatusTable
}

// Dispatcher brings shipments to the shop: tracking first, then the status,
// then it reads back. For TikTok Shipping it goes the other way: the shop's
// label is arranged, its tracking number written to the warehouse, and read
// back. Every call that ships is preceded by a permit of the [Gate], and none is
// repeated without reading first.
type Dispatcher struct {
	ports    DispatchPorts
	options  DispatchOptions
	carriers map[string]string // lower case
}

// NewDispatcher checks ports and options.
func NewDispatcher(p DispatchPorts, o DispatchOptions) (*Dispatcher, error) {
	if p.Gate == nil {
		return nil, errors.New("bridge: NewDispatcher: missing port(s): Gate")
	}
	err := required("NewDispatcher", map[string]any{
		"Orders": p.Orders, "Shipper": p.Shipper, "OrderBook": p.OrderBook, "Tracking": p.Tracking,
		"Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	if err != nil {
		return nil, err
	}
	o.Table = cmp.Or(o.Table, DefaultStatusTable())
	d := &Dispatcher{ports: p, options: o, carriers: map[string]string{}}
	for from, to := range o.Carriers {
		d.carriers[strings.ToLower(strings.TrimSpace(from))] = to
	}
	return d, nil
}

// Dispatch works through warehouse orders: processed ones of Seller Shipping,
// open ones of TikTok Shipping; for others there is nothing to do. One that
// fails does not stop the others: it is in the results and in the error, and
// running Dispatch again goes on where it stopped.
func (d *Dispatcher) Dispatch(ctx context.Context, orders ...WarehouseOrder) (OrderResults, error) {
	ids := make([]string, 0, len(orders))
	seen := map[string]bool{}
	for _, w := range orders {
		if w.Reference != "" && !seen[w.Reference] {
			seen[w.Reference] = true
			ids = append(ids, w.Reference)
		}
	}
	permits, err := d.ports.Gate.Check(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("bridge: dispatch: %w", err)
	}
	permit := map[string]Permit{}
	for _, p := range permits {
		permit[p.OrderID] = p
	}
	var results OrderResults
	for _, w := range orders {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.err(), err)
		}
		result := OrderResult{OrderID: w.Reference, WarehouseOrder: w.Number}
		if err := d.dispatchOne(ctx, w, permit[w.Reference], &result); err != nil {
			result.Outcome, result.Err = OutcomeFailed, err
			err = d.refused(ctx, w, permit[w.Reference].Order, err, &result)
			if err != nil {
				result.Err = err
			}
		}
		results = append(results, result)
	}
	return results, results.err()
}

// refused turns an error that repeating cannot mend into an exception.
func (d *Dispatcher) refused(ctx context.Context, w WarehouseOrder, o Order, err error, result *OrderResult) error {
	r, ok := errors.AsType[*RefusedError](err)
	if !ok {
		return err
	}
	result.Outcome, result.Detail, result.Err = OutcomeRaised, string(KindDispatchRefused), nil
	return d.ports.Exceptions.Raise(ctx, raise(KindDispatchRefused, "order "+w.Reference, o.ShipBy, r.Error(), r.Do))
}

func (d *Dispatcher) dispatchOne(ctx context.Context, w WarehouseOrder, permit Permit, result *OrderResult) error {
	if w.Reference == "" {
		return fmt.Errorf("warehouse order %s has no reference to a shop order", w.Number)
	}
	unlock, err := d.ports.Locks.Lock(ctx, orderLock(w.Reference))
	if err != nil {
		return err
	}
	defer unlock()
	if permit.Order.ID == "" {
		result.Outcome, result.Detail = OutcomeHeld, permit.Reason
		return nil
	}
	action, known := d.options.Table.Action(permit.Order.ShippingModel, permit.Order.Status, w.State)
	switch action {
	case ActionShip:
		return d.ship(ctx, w, permit, result)
	case ActionLabel:
		return d.label(ctx, w, permit, result)
	case ActionConfirm:
		return d.confirm(ctx, w, permit.Order, result)
	case ActionRaise:
		result.Outcome, result.Detail = OutcomeRaised, string(KindStatesDisagree)
		return d.ports.Exceptions.Raise(ctx, disagreement(permit.Order, w.State, known))
	default:
		result.Outcome = OutcomeUnchanged
		return nil
	}
}

// ship sends tracking of a processed order to the shop.
func (d *Dispatcher) ship(ctx context.Context, w WarehouseOrder, permit Permit, result *OrderResult) error {
	o := permit.Order
	if shippedWith(o, w.Tracking) {
		return d.confirm(ctx, w, o, result)
	}
	if !permit.Granted {
		// The goods are gone: whatever stops the shop from taking the tracking
		// needs a person before the deadline.
		return d.raise(ctx, result, KindDispatchRefused, o,
			fmt.Sprintf("warehouse order %s is processed, but %s", w.Number, permit.Reason),
			"decide the cancellation or hold in the shop; tracking is sent by itself afterwards")
	}
	if w.Tracking == "" {
		return d.raise(ctx, result, KindNoTracking, o,
			fmt.Sprintf("warehouse order %s is processed without a tracking number", w.Number),
			"find the number and enter it in Seller Center, or process the order with a tracked service")
	}
	carriers, err := d.ports.Shipper.Carriers(ctx, o)
	if err != nil {
		return fmt.Errorf("reading the shop's carriers: %w", err)
	}
	carrier, ok := d.carrier(w, carriers)
	if !ok {
		return d.raise(ctx, result, KindUnmappedCarrier, o,
			fmt.Sprintf("the shop has no provider for carrier %q, service %q; it accepts %s", w.Carrier, w.Service, names(carriers)),
			"add the carrier to DispatchOptions.Carriers")
	}
	err = d.ports.Shipper.Ship(ctx, Shipment{Order: o, Tracking: w.Tracking, CarrierID: carrier.ID, LineIDs: lineIDs(w, o)})
	if err != nil && !errors.Is(err, ErrAlreadyShipped) {
		return fmt.Errorf("sending tracking %s (%s): %w", w.Tracking, carrier.Name, err)
	}
	after, err := d.readBack(ctx, o.ID)
	if err != nil {
		return err
	}
	if err := d.confirm(ctx, w, after, result); err != nil {
		return err
	}
	if result.Outcome == OutcomeConfirmed {
		result.Outcome, result.Detail = OutcomeShipped, w.Tracking+" with "+carrier.Name
	}
	return nil
}

// label arranges the shop's shipping and writes its tracking number to the
// warehouse.
func (d *Dispatcher) label(ctx context.Context, w WarehouseOrder, permit Permit, result *OrderResult) error {
	if !permit.Granted {
		result.Outcome, result.Detail = OutcomeHeld, permit.Reason
		return nil
	}
	label, err := d.ports.Shipper.ArrangeShipping(ctx, permit.Order)
	if err != nil {
		return fmt.Errorf("arranging the shop's shipping: %w", err)
	}
	if label.Tracking == "" {
		return errors.New("the shop has arranged shipping but gives no tracking number yet; the next run reads it")
	}
	if err := d.ports.Tracking.SetTracking(ctx, w, label); err != nil {
		return fmt.Errorf("writing tracking %s to the warehouse: %w", label.Tracking, err)
	}
	found, err := d.ports.OrderBook.FindOrders(ctx, []string{w.Reference})
	if err != nil {
		return fmt.Errorf("reading it back from the warehouse: %w", err)
	}
	for _, f := range found {
		if f.ID == w.ID && f.Tracking == label.Tracking {
			result.Outcome, result.Detail = OutcomeLabelled, label.Tracking+" with "+label.Carrier
			return d.clear(ctx, w.Reference)
		}
	}
	return fmt.Errorf("the warehouse does not show tracking %s yet; the next run writes it again", label.Tracking)
}

// confirm compares the tracking number of both sides.
func (d *Dispatcher) confirm(ctx context.Context, w WarehouseOrder, o Order, result *OrderResult) error {
	shown := trackings(o)
	switch {
	case w.Tracking != "" && shippedWith(o, w.Tracking):
		result.Outcome = OutcomeConfirmed
		return d.clear(ctx, w.Reference)
	case w.State == Open && o.ShippingModel == TikTokShipping && len(shown) > 0 && w.Tracking == "":
		// Arranged, but the number did not reach the warehouse.
		return d.label(ctx, w, Permit{OrderID: o.ID, Granted: true, Order: o}, result)
	case len(shown) == 0:
		return fmt.Errorf("the shop does not show tracking %s yet; the next run looks again", w.Tracking)
	}
	return d.raise(ctx, result, KindTrackingDiffers, o,
		fmt.Sprintf("the shop shows tracking %s, warehouse order %s has %q", strings.Join(shown, ", "), w.Number, w.Tracking),
		"find out which is right; the shop takes one correction within 72 hours of shipping")
}

func (d *Dispatcher) readBack(ctx context.Context, id string) (Order, error) {
	orders, err := d.ports.Orders.OrdersByID(ctx, []string{id})
	if err != nil {
		return Order{}, fmt.Errorf("the shop took the tracking; reading it back: %w", err)
	}
	if len(orders) != 1 {
		return Order{}, errors.New("the shop took the tracking but does not return the order")
	}
	return orders[0], nil
}

// carrier finds the shop's provider for the carrier of a warehouse order: by
// the mapping of the service, of the vendor, then by the same name.
func (d *Dispatcher) carrier(w WarehouseOrder, carriers []Carrier) (Carrier, bool) {
	for _, name := range []string{w.Service, w.Carrier} {
		wanted := strings.TrimSpace(name)
		if wanted == "" {
			continue
		}
		if mapped, ok := d.carriers[strings.ToLower(wanted)]; ok {
			wanted = mapped
		}
		for _, c := range carriers {
			if c.ID == wanted || strings.EqualFold(c.Name, wanted) {
				return c, true
			}
		}
	}
	return Carrier{}, false
}

func (d *Dispatcher) raise(ctx context.Context, result *OrderResult, kind Kind, o Order, seen, do string) error {
	result.Outcome, result.Detail = OutcomeRaised, string(kind)
	deadline := o.ShipBy
	if deadline.IsZero() {
		deadline = o.CancelledBy
	}
	return d.ports.Exceptions.Raise(ctx, raise(kind, "order "+o.ID, deadline, seen, do))
}

// clear closes what a dispatch that arrived has mended.
func (d *Dispatcher) clear(ctx context.Context, reference string) error {
	return d.ports.Exceptions.Clear(ctx, "order "+reference,
		KindNoTracking, KindUnmappedCarrier, KindDispatchRefused, KindTrackingDiffers)
}

// lineIDs are the shop's lines of one part of an order, nil when the part holds
// everything.
func lineIDs(w WarehouseOrder, o Order) []string {
	var ids []string
	for _, line := range w.Lines {
		ids = append(ids, line.ShopLineIDs...)
	}
	if len(ids) == 0 || len(ids) >= liveUnits(o) {
		return nil
	}
	return ids
}

// shippedWith tells whether every line that lives carries the number, or, for a
// part of an order, whether any does.
func shippedWith(o Order, tracking string) bool {
	if tracking == "" {
		return false
	}
	for _, line := range o.Lines {
		if !line.Cancelled && strings.EqualFold(line.Tracking, tracking) {
			return true
		}
	}
	return false
}

// trackings lists the numbers that the shop shows.
func trackings(o Order) []string {
	var list []string
	seen := map[string]bool{}
	for _, line := range o.Lines {
		if line.Tracking != "" && !seen[line.Tracking] {
			seen[line.Tracking] = true
			list = append(list, line.Tracking)
		}
	}
	return list
}

func names(carriers []Carrier) string {
	list := make([]string, len(carriers))
	for i, c := range carriers {
		list[i] = c.Name
	}
	return cmp.Or(strings.Join(list, ", "), "none")
}
