package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
// back. Every call that ships is preceded by a permit of the [Gate] and a look at
// the warehouse, both under the order's lock, so that nothing is shipped that was
// cancelled or shipped by another process meanwhile.
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
	for _, from := range slices.Sorted(maps.Keys(o.Carriers)) {
		key, to := strings.ToLower(strings.TrimSpace(from)), strings.TrimSpace(o.Carriers[from])
		if key == "" || to == "" {
			return nil, fmt.Errorf("bridge: NewDispatcher: Carriers: %q is mapped to %q: both must be named", from, to)
		}
		if other, twice := d.carriers[key]; twice && other != to {
			return nil, fmt.Errorf("bridge: NewDispatcher: Carriers: %q is mapped to %q and to %q", key, other, to)
		}
		d.carriers[key] = to
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
		p := consignment{warehouse: w, permit: permit[w.Reference], parts: 1}
		err := d.one(ctx, p, &result)
		if r, ok := errors.AsType[*RefusedError](err); ok {
			err = d.raise(ctx, &result, KindDispatchRefused, p, err.Error(), r.Do)
		}
		if err != nil {
			result.Outcome, result.Err = OutcomeFailed, err
		}
		results = append(results, result)
	}
	return results, results.err()
}

// consignment is a warehouse order with what the shop says about it.
type consignment struct {
	warehouse WarehouseOrder
	permit    Permit
	// parts is how many warehouse orders the shop's order was split into, as far
	// as that was read.
	parts int
}

func (d *Dispatcher) one(ctx context.Context, p consignment, result *OrderResult) error {
	if p.warehouse.Reference == "" {
		result.Outcome, result.Detail = OutcomeRaised, string(KindBadOrder)
		return d.ports.Exceptions.Raise(ctx, raise(KindBadOrder, "warehouse order "+p.warehouse.Number, p.permit.Order.ShipBy,
			"it names no order of the shop: merged, perhaps", "find its shop orders and enter the tracking number in Seller Center"))
	}
	unlock, err := d.ports.Locks.Lock(ctx, orderLock(p.warehouse.Reference))
	if err != nil {
		return err
	}
	defer unlock()
	action, known := d.action(p)
	if action == ActionShip || action == ActionLabel {
		// The list and the permits were read before the lock was had.
		if p, err = d.reread(ctx, p.warehouse); err != nil {
			return err
		}
		action, known = d.action(p)
	}
	w, o := p.warehouse, p.permit.Order
	switch {
	case o.ID == "" && w.State == Processed:
		return d.raise(ctx, result, KindStatesDisagree, p, fmt.Sprintf("warehouse order %s is processed, but %s", w.Number, p.permit.Reason),
			"look for the order in Seller Center")
	case o.ID == "":
		result.Outcome, result.Detail = OutcomeHeld, p.permit.Reason
		return nil
	case action == ActionShip:
		return d.ship(ctx, p, result)
	case action == ActionLabel:
		return d.label(ctx, p, result)
	case action == ActionConfirm:
		return d.confirm(ctx, p, liveLines(o), result)
	case action == ActionRaise:
		e := disagreement(o, w.State, known)
		result.Outcome, result.Detail = OutcomeRaised, string(e.Kind)
		return d.ports.Exceptions.Raise(ctx, e)
	}
	result.Outcome = OutcomeUnchanged
	return nil
}

// action is the table's, except that an order whose label was arranged but whose
// number did not reach the warehouse is labelled again.
func (d *Dispatcher) action(p consignment) (action Action, known bool) {
	w, o := p.warehouse, p.permit.Order
	if o.ID == "" {
		return ActionWait, true
	}
	action, known = d.options.Table.Action(o.ShippingModel, o.Status, w.State)
	if action == ActionConfirm && w.State == Open && o.ShippingModel == TikTokShipping && w.Tracking == "" {
		action = ActionLabel
	}
	return action, known
}

// reread asks both sides once more.
func (d *Dispatcher) reread(ctx context.Context, w WarehouseOrder) (consignment, error) {
	permits, err := d.ports.Gate.Check(ctx, w.Reference)
	if err != nil {
		return consignment{}, err
	}
	found, err := d.ports.OrderBook.FindOrders(ctx, []string{w.Reference})
	if err != nil {
		return consignment{}, fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	for _, f := range found {
		if f.ID == w.ID {
			return consignment{warehouse: f, permit: permits[0], parts: len(liveParts(found))}, nil
		}
	}
	return consignment{}, fmt.Errorf("the warehouse does not return order %s any more; the next run looks again", w.Number)
}

// ship sends tracking of a processed order to the shop.
func (d *Dispatcher) ship(ctx context.Context, p consignment, result *OrderResult) error {
	w, o := p.warehouse, p.permit.Order
	lines, known := p.lines()
	if !known {
		return d.raise(ctx, result, KindDispatchRefused, p,
			fmt.Sprintf("the order is split in the warehouse, and which of the shop's lines warehouse order %s holds is not known", w.Number),
			fmt.Sprintf("enter tracking %q for its lines in Seller Center", w.Tracking))
	}
	if len(lines) == 0 {
		return d.raise(ctx, result, KindDispatchRefused, p, fmt.Sprintf("warehouse order %s is processed, but the shop shows no line that is not cancelled", w.Number),
			"look for the order in Seller Center, and stop the parcel if you can")
	}
	left := slices.DeleteFunc(slices.Clone(lines), func(l OrderLine) bool { return l.Tracking != "" })
	if len(left) == 0 {
		return d.confirm(ctx, p, lines, result)
	}
	if !p.permit.Granted {
		// The goods are gone: whatever stops the shop from taking the tracking
		// needs a person before the deadline.
		return d.raise(ctx, result, KindDispatchRefused, p,
			fmt.Sprintf("warehouse order %s is processed, but %s", w.Number, p.permit.Reason),
			"decide the cancellation or hold in the shop; tracking is sent by itself afterwards")
	}
	if w.Tracking == "" {
		return d.raise(ctx, result, KindNoTracking, p,
			fmt.Sprintf("warehouse order %s is processed without a tracking number", w.Number),
			"find the number and enter it in Seller Center, or process the order with a tracked service")
	}
	carriers, err := d.ports.Shipper.Carriers(ctx, o)
	if err != nil {
		return fmt.Errorf("reading the shop's carriers: %w", err)
	}
	carrier, ok := d.carrier(w, carriers)
	if !ok {
		return d.raise(ctx, result, KindUnmappedCarrier, p,
			fmt.Sprintf("the shop has no provider for carrier %q, service %q; it accepts %s", w.Carrier, w.Service, names(carriers)),
			"add the carrier to DispatchOptions.Carriers")
	}
	shipment := Shipment{Order: o, Tracking: w.Tracking, CarrierID: carrier.ID}
	if len(left) < len(liveLines(o)) {
		shipment.LineIDs = idsOf(left)
	}
	err = d.ports.Shipper.Ship(ctx, shipment)
	if err != nil && !errors.Is(err, ErrAlreadyShipped) {
		return fmt.Errorf("sending tracking %s (%s): %w", w.Tracking, carrier.Name, err)
	}
	after, err := readOrder(ctx, d.ports.Orders, o.ID)
	if err != nil {
		return fmt.Errorf("the shop took the tracking: %w", err)
	}
	sent := idsOf(left)
	shown := slices.DeleteFunc(liveLines(after), func(l OrderLine) bool { return !slices.Contains(sent, l.ID) })
	if slices.ContainsFunc(shown, func(l OrderLine) bool { return l.Tracking == "" }) {
		return notShown(w)
	}
	if err := d.confirm(ctx, p, shown, result); err != nil {
		return err
	}
	if result.Outcome == OutcomeConfirmed {
		result.Outcome, result.Detail = OutcomeShipped, w.Tracking+" with "+carrier.Name
	}
	return nil
}

// label arranges the shop's shipping and writes its tracking number to the
// warehouse.
func (d *Dispatcher) label(ctx context.Context, p consignment, result *OrderResult) error {
	if !p.permit.Granted {
		result.Outcome, result.Detail = OutcomeHeld, p.permit.Reason
		return nil
	}
	w := p.warehouse
	label, err := d.ports.Shipper.ArrangeShipping(ctx, p.permit.Order)
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
		if f.ID == w.ID && strings.EqualFold(f.Tracking, label.Tracking) {
			result.Outcome, result.Detail = OutcomeLabelled, label.Tracking+" with "+label.Carrier
			return d.clear(ctx, w.Reference)
		}
	}
	return fmt.Errorf("the warehouse does not show tracking %s yet; the next run writes it again", label.Tracking)
}

// confirm compares the tracking number of the warehouse with those that the
// shop shows for the lines.
func (d *Dispatcher) confirm(ctx context.Context, p consignment, lines []OrderLine, result *OrderResult) error {
	w, shown := p.warehouse, trackings(lines)
	switch {
	case len(shown) == 0:
		return notShown(w)
	case w.Tracking == "":
		// A processed order takes no number any more: it was entered in the shop.
		result.Outcome, result.Detail = OutcomeConfirmed, "the shop alone has tracking "+strings.Join(shown, ", ")
		return d.clear(ctx, w.Reference)
	case slices.ContainsFunc(shown, func(t string) bool { return strings.EqualFold(t, w.Tracking) }):
		result.Outcome = OutcomeConfirmed
		return d.clear(ctx, w.Reference)
	}
	return d.raise(ctx, result, KindTrackingDiffers, p,
		fmt.Sprintf("the shop shows tracking %s, warehouse order %s has %q", strings.Join(shown, ", "), w.Number, w.Tracking),
		"find out which is right; the shop takes one correction within 72 hours of shipping")
}

func notShown(w WarehouseOrder) error {
	return fmt.Errorf("the shop does not show tracking %q yet; the next run looks again", w.Tracking)
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

func (d *Dispatcher) raise(ctx context.Context, result *OrderResult, kind Kind, p consignment, seen, do string) error {
	result.Outcome, result.Detail = OutcomeRaised, string(kind)
	o := p.permit.Order
	return d.ports.Exceptions.Raise(ctx, raise(kind, "order "+p.warehouse.Reference, firstSet(o.ShipBy, o.CancelledBy), seen, do))
}

// clear closes what a dispatch that arrived has mended.
func (d *Dispatcher) clear(ctx context.Context, reference string) error {
	return d.ports.Exceptions.Clear(ctx, "order "+reference,
		KindNoTracking, KindUnmappedCarrier, KindDispatchRefused, KindTrackingDiffers, KindUnknownStatus, KindStatesDisagree)
}

// lines are the shop's lines that are in the parcel: all that live, unless the
// order was split in the warehouse.
func (p consignment) lines() (lines []OrderLine, known bool) {
	live := liveLines(p.permit.Order)
	if p.parts < 2 {
		return live, true
	}
	var ids []string
	for _, line := range p.warehouse.Lines {
		if len(line.ShopLineIDs) == 0 {
			return nil, false
		}
		ids = append(ids, line.ShopLineIDs...)
	}
	lines = slices.DeleteFunc(live, func(l OrderLine) bool { return !slices.Contains(ids, l.ID) })
	return lines, len(lines) > 0
}

func liveLines(o Order) []OrderLine {
	return slices.DeleteFunc(slices.Clone(o.Lines), func(l OrderLine) bool { return l.Cancelled })
}

func idsOf(lines []OrderLine) []string {
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.ID
	}
	return ids
}

// trackings lists the numbers of the lines, each once.
func trackings(lines []OrderLine) []string {
	var list []string
	for _, line := range lines {
		if line.Tracking != "" && !slices.Contains(list, line.Tracking) {
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
