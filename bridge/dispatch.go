package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Shipper tells the shop about shipments.
type Shipper interface {
	// Carriers lists the shipping providers that the shop accepts for an order.
	// They are the same for all orders of one delivery option and market.
	Carriers(ctx context.Context, order Order) ([]Carrier, error)
	// Ship gives the shop tracking number and carrier of the lines of an order
	// (all that are left if none is named) and so moves the order on. It must not
	// be repeated without looking at the order first. warning is what the shop says
	// about a shipment that it has taken nevertheless.
	Ship(ctx context.Context, s Shipment) (warning string, err error)
	// ArrangeShipping has the shop's own carrier ship lines of an order (all if
	// none is named), and returns the label. Repeating it for lines that have one
	// returns the same label. Tracking and CarrierID of s are empty.
	ArrangeShipping(ctx context.Context, s Shipment) (Label, error)
}

// Carrier is a shipping provider of the shop.
type Carrier struct{ ID, Name string }

// Shipment is a parcel.
type Shipment struct {
	Order     Order
	Tracking  string
	CarrierID string
	// LineIDs are the shop's lines in the parcel; empty means all that are left.
	LineIDs []string
	// Contents reads what is in the parcel, for who has to declare its size and weight;
	// nil if nobody knows.
	Contents func(context.Context) ([]catalogue.Packed, error) `json:"-"`
}

// TrackingWriter writes the shop's tracking number onto a warehouse order.
type TrackingWriter interface {
	// SetTracking keeps everything else of the order's shipping as it is.
	SetTracking(ctx context.Context, order WarehouseOrder, label Label) error
}

// WarehouseReader reads warehouse orders again, many with one call.
type WarehouseReader interface {
	// ReadOrders returns the orders with the ids, in any order. Those that the
	// warehouse no longer has, because they were split or merged, are left out.
	ReadOrders(ctx context.Context, ids []string) ([]WarehouseOrder, error)
}

// PackagingReader knows in which parcels an order was packed.
type PackagingReader interface {
	// PackedParcels returns the order once for each of its parcels, with the lines
	// and the tracking number of the parcel; nothing if it was not divided.
	PackedParcels(ctx context.Context, order WarehouseOrder) ([]WarehouseOrder, error)
}

// ErrAlreadyShipped is wrapped by [Shipper] errors that say that the shop has
// the shipment already: the Dispatcher then reads back.
var ErrAlreadyShipped = errors.New("the shop has the shipment already")

// DispatchPorts are what a [Dispatcher] works on.
type DispatchPorts struct {
	Gate       PermitSource
	Orders     OrderSource
	Shipper    Shipper
	OrderBook  OrderBook
	Tracking   TrackingWriter
	Locks      store.Locks
	Exceptions exceptions.Queue

	// The others are optional.

	// Reader reads a batch of warehouse orders with one call. Without it each is
	// looked up by its reference.
	Reader WarehouseReader
	// Catalogue reports which SKU the warehouse has for a listing, for lines that
	// lost the shop's line ids. Without it the seller SKU must be the same.
	Catalogue catalogue.Source
	// Measures needs Catalogue: with it the shop's labels are bought for what is in the
	// parcel, see [Shipment].
	Measures catalogue.MeasureSource
	// Packaging is asked about orders with several tracking numbers, or none.
	Packaging PackagingReader
	// Documents and Labels go together, and need Records: with them the document of
	// each label of the shop is fetched and kept for the warehouse.
	Documents LabelSource
	Labels    store.Labels
	// Corrector needs Records: with it a tracking number that changed in the
	// warehouse after it was sent is corrected in the shop, once.
	Corrector TrackingCorrector
	// Records keep which numbers the shop was told, and when.
	Records store.Records
}

// DispatchOptions configure a [Dispatcher].
type DispatchOptions struct {
	// Carriers maps Linnworks carriers (vendor or postal service, without regard
	// to case) to names or ids of the shop's shipping providers. A carrier that
	// is not in it must have the same name on both sides.
	Carriers map[string]string
	// Table decides what to do. Default [DefaultStatusTable].
	Table *StatusTable
	// CorrectWithin is how long after shipping a tracking number may be corrected.
	// Default 72 hours, which is what TikTok allows.
	CorrectWithin time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Dispatcher brings shipments to the shop: tracking first, then the status,
// then it reads back. For TikTok Shipping it goes the other way: the shop's
// label is arranged, its tracking number written to the warehouse and read back,
// and its document kept for the warehouse.
//
// It works in batches of up to 50 shop orders. All of a batch are locked, then
// both sides are read again, and every call that ships has a fresh permit of the
// [Gate], so that nothing is shipped that was cancelled or shipped by another
// process meanwhile. A call that ships is never repeated within a run: whatever
// its reply was, the shop is read back.
type Dispatcher struct {
	ports    DispatchPorts
	options  DispatchOptions
	carriers map[string]string // lower case
	timings  health.Timings
}

// NewDispatcher returns a Dispatcher, or an error that names every missing port
// or the option that is wrong. Gate, Orders, Shipper, OrderBook, Tracking, Locks
// and Exceptions are required.
func NewDispatcher(p DispatchPorts, o DispatchOptions) (*Dispatcher, error) {
	err := part.Required("bridge: NewDispatcher", map[string]any{
		"Gate": p.Gate, "Orders": p.Orders, "Shipper": p.Shipper, "OrderBook": p.OrderBook, "Tracking": p.Tracking,
		"Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	switch {
	case err != nil:
		return nil, err
	case (p.Documents == nil) != (p.Labels == nil):
		return nil, errors.New("bridge: NewDispatcher: Documents and Labels go together")
	case (p.Corrector != nil || p.Documents != nil) && p.Records == nil:
		return nil, errors.New("bridge: NewDispatcher: Corrector and Documents need Records")
	case p.Measures != nil && p.Catalogue == nil:
		return nil, errors.New("bridge: NewDispatcher: Measures needs Catalogue")
	case o.CorrectWithin < 0:
		return nil, fmt.Errorf("bridge: NewDispatcher: CorrectWithin is negative: %v", o.CorrectWithin)
	}
	o.Table = cmp.Or(o.Table, DefaultStatusTable())
	o.CorrectWithin = cmp.Or(o.CorrectWithin, 72*time.Hour)
	o.Now = part.Clock(o.Now)
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

// Health returns how the runs went.
func (d *Dispatcher) Health() health.Flow { return d.timings.Health() }

// maxUnanswered is how many batches in a row may have no answer from the shop. One
// may be full of orders that it cannot answer for.
const maxUnanswered = 2

// Dispatch works through warehouse orders: processed ones of Seller Shipping,
// open ones of TikTok Shipping; for others there is nothing to do. A merged
// order has a result for each shop order in it. One that fails does not stop the
// others: it is in the results and in the error, and running Dispatch again goes
// on where it stopped. Orders without a result were not looked at.
func (d *Dispatcher) Dispatch(ctx context.Context, orders ...WarehouseOrder) (results OrderResults, err error) {
	start := d.options.Now()
	defer func() { d.timings.Done(start, d.options.Now(), err) }()
	run := &dispatchRun{Dispatcher: d, providers: map[string][]Carrier{}}
	for len(orders) > 0 {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.Err(), err)
		}
		n := batchLength(orders)
		done, err := run.batch(ctx, orders[:n])
		results = append(results, done...)
		if err != nil {
			return results, errors.Join(results.Err(), fmt.Errorf("bridge: dispatch: %w", err))
		}
		if orders = orders[n:]; run.unanswered >= maxUnanswered && len(orders) > 0 {
			return results, errors.Join(results.Err(), fmt.Errorf("bridge: dispatch: the shop does not answer; %d warehouse orders were not looked at: %w", len(orders), run.silence))
		}
	}
	return results, results.Err()
}

// act does what the table says, up to the call that ships.
func (b *dispatchBatch) act(ctx context.Context, j *dispatchJob) error {
	w, p := j.warehouse, b.permits[j.orderID]
	switch {
	case j.result.Outcome != "":
		return j.result.Err
	case j.orderID == "":
		j.result.Outcome, j.result.Detail = OutcomeRaised, string(exceptions.NoShopOrder)
		return b.ports.Exceptions.Raise(ctx, exceptions.New(exceptions.NoShopOrder, "warehouse order "+w.Number, w.DispatchBy,
			"its reference names no order of the shop; perhaps it was merged", "find the shop's orders and enter the tracking number in Seller Center"))
	case b.refused[j.orderID] != nil:
		return b.refused[j.orderID]
	case w.State == Absent:
		j.result.Outcome, j.result.Detail = OutcomeUnchanged, "the warehouse has it no more: it was split or merged"
		return nil
	case p.Order.ID == "" && w.State == Processed:
		return b.raise(ctx, j, exceptions.NoShopOrder, fmt.Sprintf("Linnworks order %s is processed, but %s", w.Number, p.Reason),
			"look for the order in Seller Center, and enter the tracking number there")
	case p.Order.ID == "":
		j.result.Outcome, j.result.Detail = OutcomeHeld, p.Reason
		return nil
	}
	switch action, known := b.action(p.Order, w); action {
	case ActionShip:
		return b.ship(ctx, j)
	case ActionLabel:
		return b.arrange(ctx, j)
	case ActionConfirm:
		return b.confirmParcel(ctx, j)
	case ActionRaise:
		switch {
		case !known: // the Importer's: it sees every status
			j.result.Outcome, j.result.Detail = OutcomeHeld, fmt.Sprintf("status %q is not in the status table", p.Order.Status)
			return nil
		case p.Order.Status == Cancelled: // the Canceller's
			j.result.Outcome, j.result.Detail = OutcomeUnchanged, "it is cancelled in the shop"
			return nil
		}
		return b.raise(ctx, j, exceptions.SentOutOfTurn, fmt.Sprintf("Linnworks order %s is %s, and the shop says %s (%s)", w.Number, w.State, p.Order.Status, p.Order.ShippingModel),
			"put the parcel aside if it is still there, and look at the order in the shop")
	}
	if w.State == Open && w.LabelError != "" {
		return b.raise(ctx, j, exceptions.LabelFailed, fmt.Sprintf("the label of Linnworks order %s failed; the order shows the carrier's reason", w.Number),
			"correct what the reason names, and print the label again")
	}
	j.result.Outcome = OutcomeUnchanged
	return nil
}

// action is the table's, except that an order whose label was arranged but whose
// number did not reach the warehouse is labelled again.
func (d *Dispatcher) action(o Order, w WarehouseOrder) (action Action, known bool) {
	action, known = d.options.Table.Action(o.ShippingModel, o.Status, w.State)
	if action == ActionConfirm && w.State == Open && o.ShippingModel == TikTokShipping && w.Tracking == "" {
		action = ActionLabel
	}
	return action, known
}

// ship sends tracking of a processed order to the shop.
func (b *dispatchBatch) ship(ctx context.Context, j *dispatchJob) error {
	w, p, o := j.warehouse, b.permits[j.orderID], b.order(j.orderID)
	if ok, err := b.findLines(ctx, j); !ok {
		return err
	}
	var left []OrderLine
	for _, l := range j.lines {
		if l.Tracking == "" {
			left = append(left, l)
		} else if _, ours := b.sent[l.ID]; ours || b.sent[l.PackageID] != "" {
			j.unread = append(j.unread, l.ID) // with another order in the same package
		}
	}
	switch {
	case len(left) == 0 && len(j.unread) > 0:
		return nil
	case len(left) == 0:
		return b.confirm(ctx, j, o, j.lines)
	case !p.Granted:
		// The goods are gone: whatever stops the shop from taking the tracking
		// needs a person before the deadline.
		return b.raise(ctx, j, exceptions.DispatchRefused, fmt.Sprintf("Linnworks order %s is processed, but %s", w.Number, p.Reason),
			"settle the cancellation or the hold in the shop; then the bridge sends the tracking number by itself")
	case w.Tracking == "":
		return b.raise(ctx, j, exceptions.NoTracking, fmt.Sprintf("Linnworks order %s is processed without a tracking number", w.Number),
			"find the number and enter it in Seller Center; use a tracked service next time")
	case len(part.Trackings(w.Tracking)) > 1:
		return b.raise(ctx, j, exceptions.DispatchRefused,
			fmt.Sprintf("Linnworks order %s has the tracking numbers %q, and it is not clear which lines are in which parcel", w.Number, w.Tracking),
			"enter each number for its lines in Seller Center")
	}
	if ok, err := b.findCarrier(ctx, j, o); !ok {
		return err
	}
	shipment := Shipment{Order: o, Tracking: w.Tracking, CarrierID: j.carrier.ID}
	if len(left) < len(o.LiveLines()) {
		shipment.LineIDs = LineIDs(left)
	}
	warning, err := b.ports.Shipper.Ship(ctx, shipment)
	j.reply = err
	for _, l := range left {
		j.unread = append(j.unread, l.ID)
		b.sent[l.ID] = w.Tracking
	}
	_, refused := errors.AsType[*exceptions.RefusedError](j.reply)
	for _, l := range left {
		// A package of which a part is left was split, and the rest is a parcel of its own.
		rest := slices.ContainsFunc(o.LiveLines(), func(other OrderLine) bool {
			return other.PackageID == l.PackageID && b.sent[other.ID] == "" && other.Tracking == ""
		})
		if l.PackageID != "" && !refused && !rest {
			b.sent[l.PackageID] = w.Tracking // and so for every order in it
		}
	}
	return b.warned(ctx, j, warning)
}

// findLines finds the shop's lines in the parcel. ok is false when that was
// raised or failed.
func (b *dispatchBatch) findLines(ctx context.Context, j *dispatchJob) (ok bool, err error) {
	w := j.warehouse
	var orders []Order
	for _, id := range w.shopOrders() {
		if o := b.order(id); o.ID != "" {
			orders = append(orders, o)
		}
	}
	found, why, err := b.linesIn(ctx, w, j.others, orders)
	if err != nil {
		return false, err
	}
	if why != "" {
		return false, b.raise(ctx, j, exceptions.DispatchRefused,
			fmt.Sprintf("it is not clear which of the shop's lines are in Linnworks order %s: %s", w.Number, why),
			fmt.Sprintf("enter the tracking number %q for its lines in Seller Center", w.Tracking))
	}
	j.lines = found[j.orderID]
	if len(j.lines) == 0 && len(found) > 0 {
		j.result.Outcome, j.result.Detail = OutcomeUnchanged, "none of its lines is in this parcel"
		return false, nil
	}
	if len(j.lines) == 0 {
		return false, b.raise(ctx, j, exceptions.DispatchRefused,
			fmt.Sprintf("Linnworks order %s is %s, but all its lines are cancelled in the shop", w.Number, w.State),
			"stop the parcel if you can, and look at the order in Seller Center")
	}
	return true, nil
}

// findCarrier finds the shop's provider. ok is false when there is none: that is
// one exception for all orders of the carrier.
func (b *dispatchBatch) findCarrier(ctx context.Context, j *dispatchJob, o Order) (ok bool, err error) {
	w, key := j.warehouse, o.DeliveryOptionID+" "+o.WarehouseID+" "+o.Market
	providers, have := b.providers[key]
	if !have {
		if providers, err = b.ports.Shipper.Carriers(ctx, o); err != nil {
			return false, fmt.Errorf("reading the shop's carriers: %w", err)
		}
		b.providers[key] = providers
	}
	if j.carrier, ok = b.carrier(w, providers); ok {
		return true, nil
	}
	object := carrierObject(w)
	j.result.Outcome, j.result.Detail = OutcomeRaised, fmt.Sprintf("%s: %s", exceptions.UnmappedCarrier, object)
	e := exceptions.New(exceptions.UnmappedCarrier, object, shippingDeadline(o),
		fmt.Sprintf("none of the shop's providers is mapped to it; the shop accepts %s", names(providers)),
		"add the carrier to the bridge's settings (carriers); the numbers of the orders are then sent by themselves")
	e.Orders = []string{o.ID}
	return false, b.ports.Exceptions.Raise(ctx, e)
}

func carrierObject(w WarehouseOrder) string {
	return fmt.Sprintf("carrier %q, service %q", strings.TrimSpace(w.Carrier), strings.TrimSpace(w.Service))
}

// shipped looks whether the shop shows what it was told.
func (b *dispatchBatch) shipped(ctx context.Context, j *dispatchJob, after Order) error {
	shown := slices.DeleteFunc(after.LiveLines(), func(l OrderLine) bool { return !slices.Contains(j.unread, l.ID) })
	if len(shown) == 0 || slices.ContainsFunc(shown, func(l OrderLine) bool { return l.Tracking == "" }) {
		if j.reply != nil && !errors.Is(j.reply, ErrAlreadyShipped) {
			return fmt.Errorf("sending tracking %s (%s): %w", j.warehouse.Tracking, j.carrier.Name, j.reply)
		}
		return notShown(j.warehouse)
	}
	if err := b.confirm(ctx, j, after, shown); err != nil || j.result.Outcome != OutcomeConfirmed {
		return err
	}
	j.result.Outcome, j.result.Detail = OutcomeShipped, j.warehouse.Tracking
	if j.carrier.Name != "" {
		j.result.Detail += " with " + j.carrier.Name
	}
	return nil
}

// confirmParcel compares both sides for an order that is shipped already.
func (b *dispatchBatch) confirmParcel(ctx context.Context, j *dispatchJob) error {
	o := b.order(j.orderID)
	j.lines = certainLines(j.warehouse, o)
	if err := b.confirm(ctx, j, o, j.lines); err != nil || j.result.Outcome != OutcomeConfirmed {
		return err
	}
	if o.ShippingModel == TikTokShipping && j.warehouse.State == Open {
		return b.keepDocuments(ctx, j)
	}
	return nil
}

// confirm compares the tracking number of the warehouse with those that the
// shop shows for the lines.
func (b *dispatchBatch) confirm(ctx context.Context, j *dispatchJob, o Order, lines []OrderLine) error {
	w, shown := j.warehouse, trackings(lines)
	if len(shown) == 0 {
		return notShown(w)
	}
	switch unlabelled, err := b.unlabelled(ctx, j, o); {
	case err != nil:
		return err
	case unlabelled:
		return b.raise(ctx, j, exceptions.SentOutOfTurn,
			fmt.Sprintf("Linnworks order %s was processed before the shop's label %s was there", w.Number, strings.Join(shown, ", ")),
			"look whether the parcel bears the shop's label; if not, fetch it back and print the label in Seller Center: without it the carrier does not take it, and the shop cancels the order")
	case w.Tracking == "":
		// A processed order no longer takes a number: it was entered in the shop.
		j.result.Outcome, j.result.Detail = OutcomeConfirmed, "the shop alone has tracking "+strings.Join(shown, ", ")
	case showsAll(shown, part.Trackings(w.Tracking), len(lines)):
		j.result.Outcome = OutcomeConfirmed
	default:
		return b.correct(ctx, j, o, lines)
	}
	b.arrived[j.orderID] = !slices.ContainsFunc(o.LiveLines(), func(l OrderLine) bool { return l.Tracking == "" })
	return nil
}

// showsAll reports whether the shop shows the number of the warehouse or, where a person
// had several to enter there, those and no others, as far as there are units to show them.
func showsAll(shown, numbers []string, units int) bool {
	shared := 0
	for _, t := range shown {
		if slices.ContainsFunc(numbers, func(n string) bool { return strings.EqualFold(n, t) }) {
			shared++
		}
	}
	return shared > 0 && (len(numbers) == 1 || shared == len(shown) && shared >= min(len(numbers), units))
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

func (b *dispatchBatch) raise(ctx context.Context, j *dispatchJob, kind exceptions.Kind, seen, do string) error {
	j.result.Outcome, j.result.Detail = OutcomeRaised, string(kind)
	o := b.permits[j.orderID].Order
	return b.ports.Exceptions.Raise(ctx, exceptions.New(kind, exceptions.ForOrder(j.orderID), firstSet(o.ShipBy, o.CancelledBy), seen, do, orderEvidence(o, j.warehouse)...))
}

func names(carriers []Carrier) string {
	list := make([]string, len(carriers))
	for i, c := range carriers {
		list[i] = c.Name
	}
	return cmp.Or(strings.Join(list, ", "), "none")
}

// Format prints order and tracking number for %s and %q.
func (s Shipment) Format(f fmt.State, verb rune) {
	type fields Shipment
	format(f, verb, "shipment "+s.Tracking+" of order "+s.Order.ID, fields(s))
}
