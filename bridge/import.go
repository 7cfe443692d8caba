package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ImportPorts are what an [Importer] works on.
type ImportPorts struct {
	OrderBook  OrderBook
	Catalogue  Catalogue
	Ledger     Ledger
	Locks      Locks
	Exceptions Exceptions
}

// ImportOptions configure an [Importer].
type ImportOptions struct {
	// Locations maps the shop's warehouse ids to stock locations. Orders of a
	// warehouse that is not in it go to DefaultLocation.
	Locations map[string]string
	// DefaultLocation is required.
	DefaultLocation string
	// Table decides what to do. Default [DefaultStatusTable].
	Table *StatusTable
	// Now replaces time.Now.
	Now func() time.Time
}

// Importer brings shop orders into the warehouse: one warehouse order for each
// shop order however often, in whatever order and by however many callers it is
// given. Orders that the shop holds go in parked, so that their stock is
// reserved for every channel, and are released when the shop releases them.
type Importer struct {
	ports   ImportPorts
	options ImportOptions
}

// NewImporter checks ports and options.
func NewImporter(p ImportPorts, o ImportOptions) (*Importer, error) {
	err := required("NewImporter", map[string]any{
		"OrderBook": p.OrderBook, "Catalogue": p.Catalogue, "Ledger": p.Ledger, "Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	if err == nil && o.DefaultLocation == "" {
		err = errors.New("bridge: NewImporter: DefaultLocation is empty: name the stock location that orders draw on")
	}
	if err != nil {
		return nil, err
	}
	o.Table = cmp.Or(o.Table, DefaultStatusTable())
	o.Now = clock(o.Now)
	return &Importer{ports: p, options: o}, nil
}

// Outcome is what became of one object in a run.
type Outcome string

// The outcomes.
const (
	OutcomeCreated   Outcome = "created"
	OutcomeParked    Outcome = "created parked"
	OutcomeReleased  Outcome = "released"
	OutcomeReserved  Outcome = "reserved"
	OutcomeUnchanged Outcome = "unchanged"
	OutcomeSkipped   Outcome = "skipped"
	OutcomeShipped   Outcome = "shipped"
	OutcomeLabelled  Outcome = "labelled"
	OutcomeConfirmed Outcome = "confirmed"
	OutcomeHeld      Outcome = "held"
	OutcomeCancelled Outcome = "cancelled"
	OutcomeRaised    Outcome = "raised" // a person has to look: see the exceptions
	OutcomeFailed    Outcome = "failed" // to be repeated: see the error
)

// OrderResult is what a run did with one order.
type OrderResult struct {
	OrderID string
	Outcome Outcome
	// WarehouseOrder is the number of the order in the warehouse, if it is there.
	WarehouseOrder string
	// Detail says more, in a few words.
	Detail string
	// Err is set for [OutcomeFailed]; it is part of the error that the run returned.
	Err error
}

// OrderResults is what a run did, in the order in which it worked.
type OrderResults []OrderResult

// String is a line per order.
func (r OrderResults) String() string {
	var b strings.Builder
	for _, o := range r {
		fmt.Fprintf(&b, "order %s  %-14s", o.OrderID, o.Outcome)
		if o.WarehouseOrder != "" {
			fmt.Fprintf(&b, "  warehouse order %s", o.WarehouseOrder)
		}
		if o.Detail != "" {
			fmt.Fprintf(&b, "  %s", o.Detail)
		}
		if o.Err != nil {
			fmt.Fprintf(&b, "  %v", o.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// err joins the errors of the orders.
func (r OrderResults) err() error {
	var errs []error
	for _, o := range r {
		if o.Err != nil {
			errs = append(errs, fmt.Errorf("order %s: %w", o.OrderID, o.Err))
		}
	}
	return errors.Join(errs...)
}

// Import works through the orders. One order's failure does not stop the
// others: it is in the results and in the error, and running Import again
// repeats only what is missing. What repeating cannot mend is an exception.
func (im *Importer) Import(ctx context.Context, orders ...Order) (OrderResults, error) {
	items, broken, err := im.ports.Catalogue.StockItems(ctx, listingsOf(orders))
	if err != nil {
		return nil, fmt.Errorf("bridge: import: reading the catalogue: %w", err)
	}
	known := itemLookup{items, broken}
	reserved, err := reservationsByOrder(ctx, im.ports.Ledger)
	if err != nil {
		return nil, fmt.Errorf("bridge: import: %w", err)
	}
	var results OrderResults
	for _, o := range orders {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.err(), err)
		}
		result := OrderResult{OrderID: o.ID}
		if err := im.importOne(ctx, o, known, reserved, &result); err != nil {
			result.Outcome, result.Err = OutcomeFailed, err
		}
		results = append(results, result)
	}
	return results, results.err()
}

func (im *Importer) importOne(ctx context.Context, o Order, known itemLookup, reserved map[string]Reservation, result *OrderResult) error {
	if o.ID == "" {
		return errors.New("the shop gave an order without an id")
	}
	unlock, err := im.ports.Locks.Lock(ctx, orderLock(o.ID))
	if err != nil {
		return err
	}
	defer unlock()

	found, err := im.ports.OrderBook.FindOrders(ctx, []string{o.ID})
	if err != nil {
		return fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	state := stateOf(found)
	action, inTable := im.options.Table.Action(o.ShippingModel, im.effectiveStatus(o), state)
	result.WarehouseOrder = numberOf(found)

	if err := im.keepLedger(ctx, o, state, action, known, reserved); err != nil {
		return err
	}
	if excess := surplus(o, found); excess != "" {
		return im.raise(ctx, result, raise(KindDuplicateOrder, "order "+o.ID, o.ShipBy, excess,
			"cancel the surplus order in Linnworks before it is picked"))
	}
	switch action {
	case ActionPark, ActionImport:
		return im.create(ctx, o, known, action == ActionPark, result)
	case ActionRelease:
		return im.release(ctx, o, found, result)
	case ActionReserve:
		result.Outcome = OutcomeReserved
	case ActionSkip:
		result.Outcome, result.Detail = OutcomeSkipped, fmt.Sprintf("%s, %s", o.ShippingModel, o.Status)
	case ActionRaise:
		return im.raise(ctx, result, disagreement(o, state, inTable))
	default: // another primitive's, or nothing to do
		result.Outcome = OutcomeUnchanged
	}
	return nil
}

// effectiveStatus treats an order whose remorse window the seller has to wait
// out like one that the shop itself holds.
func (im *Importer) effectiveStatus(o Order) OrderStatus { return effectiveStatus(o, im.options.Now()) }

func effectiveStatus(o Order, now time.Time) OrderStatus {
	if o.Status == AwaitingShipment && o.Held(now) {
		return OnHold
	}
	return o.Status
}

// keepLedger takes the reservation at the first sight of an order, marks it
// visible once the warehouse holds the order, and drops it when it ends.
func (im *Importer) keepLedger(ctx context.Context, o Order, state WarehouseState, action Action, known itemLookup, reserved map[string]Reservation) error {
	ended := o.Status == Cancelled || o.Status == Completed || o.Status == Delivered || o.Status == InTransit ||
		state == Processed || state == Dropped || action == ActionSkip
	r, have := reserved[o.ID]
	switch {
	case ended && have:
		return im.ports.Ledger.DropReservation(ctx, o.ID)
	case ended:
		return nil
	case state == Absent:
		return im.ports.Ledger.PutReservation(ctx, Reservation{
			OrderID: o.ID, Items: known.unitsOf(o), LocationID: im.location(o), SeenAt: im.options.Now().UTC(),
		})
	case have && r.VisibleAt.IsZero():
		r.VisibleAt = im.options.Now().UTC()
		return im.ports.Ledger.PutReservation(ctx, r)
	}
	return nil
}

func (im *Importer) location(o Order) string {
	if l, ok := im.options.Locations[o.WarehouseID]; ok {
		return l
	}
	return im.options.DefaultLocation
}

// create maps and creates the order, and reads it back.
func (im *Importer) create(ctx context.Context, o Order, known itemLookup, parked bool, result *OrderResult) error {
	order, problems := mapOrder(o, known)
	if slices.ContainsFunc(problems, blocks) {
		return im.raise(ctx, result, problems...)
	}
	order.Parked, order.LocationID = parked, im.location(o)
	if err := im.ports.OrderBook.CreateOrder(ctx, order); err != nil {
		return fmt.Errorf("creating it in the warehouse: %w", err)
	}
	found, err := im.ports.OrderBook.FindOrders(ctx, []string{o.ID})
	if err != nil {
		return fmt.Errorf("reading it back: %w", err)
	}
	if len(found) == 0 {
		return errors.New("the warehouse took the order but does not show it yet; the next run looks again")
	}
	if err := im.ports.Ledger.PutReservation(ctx, Reservation{
		OrderID: o.ID, Items: known.unitsOf(o), LocationID: order.LocationID,
		SeenAt: im.options.Now().UTC(), VisibleAt: im.options.Now().UTC(),
	}); err != nil {
		return err
	}
	for _, w := range found {
		for _, line := range w.Lines {
			if line.Unlinked {
				problems = append(problems, raise(KindUnmappedSKU, "SKU "+line.SKU, o.ShipBy,
					fmt.Sprintf("line %s of order %s is not linked to a stock item, so its stock is not reserved", line.LineID, o.ID),
					"link the line in Linnworks, and the channel SKU with it"))
			}
		}
	}
	result.Outcome, result.WarehouseOrder = OutcomeCreated, numberOf(found)
	if parked {
		result.Outcome = OutcomeParked
	}
	if err := im.raiseAll(ctx, problems); err != nil {
		return err
	}
	return im.ports.Exceptions.Clear(ctx, "order "+o.ID, KindUnmappedSKU, KindBrokenKit, KindBadOrder, KindBadQuantity)
}

// release lets the warehouse pick what was parked, and reads back.
func (im *Importer) release(ctx context.Context, o Order, found []WarehouseOrder, result *OrderResult) error {
	for _, w := range found {
		if w.State != Parked {
			continue
		}
		if !w.HasAddress && o.Recipient == (Address{}) {
			return errors.New("the shop has released the order but gives no address yet")
		}
		address := o.Recipient
		if w.HasAddress {
			address = Address{} // the one it has was clear; a later one may be masked
		}
		if err := im.ports.OrderBook.ReleaseOrder(ctx, w, address); err != nil {
			return fmt.Errorf("releasing it in the warehouse: %w", err)
		}
	}
	after, err := im.ports.OrderBook.FindOrders(ctx, []string{o.ID})
	if err != nil {
		return fmt.Errorf("reading it back: %w", err)
	}
	if stateOf(after) == Parked {
		return im.raise(ctx, result, raise(KindStatesDisagree, "order "+o.ID, o.ShipBy,
			"Linnworks keeps the order parked although it was released",
			"look for a rule or a person that parks it, and unpark it in Linnworks"))
	}
	result.Outcome, result.WarehouseOrder = OutcomeReleased, numberOf(after)
	return im.ports.Exceptions.Clear(ctx, "order "+o.ID, KindStatesDisagree)
}

func (im *Importer) raise(ctx context.Context, result *OrderResult, problems ...Exception) error {
	result.Outcome, result.Detail = OutcomeRaised, kindsOf(problems)
	return im.raiseAll(ctx, problems)
}

func (im *Importer) raiseAll(ctx context.Context, problems []Exception) error {
	return raiseAll(ctx, im.ports.Exceptions, problems)
}

// blocks tells whether an order with the problem must not be created.
func blocks(e Exception) bool { return e.Kind != KindMissingComposite }

func raiseAll(ctx context.Context, queue Exceptions, problems []Exception) error {
	for _, e := range problems {
		if err := queue.Raise(ctx, e); err != nil {
			return fmt.Errorf("raising %q: %w", e.Kind, err)
		}
	}
	return nil
}

func kindsOf(problems []Exception) string {
	var names []string
	for _, e := range problems {
		if !slices.Contains(names, string(e.Kind)) {
			names = append(names, string(e.Kind))
		}
	}
	return strings.Join(names, ", ")
}

// disagreement is the exception for a cell that says raise.
func disagreement(o Order, state WarehouseState, known bool) Exception {
	if !known {
		return raise(KindUnknownStatus, "order "+o.ID, o.ShipBy,
			fmt.Sprintf("shipping model %q with shop status %q is not in the status table (warehouse: %s)", o.ShippingModel, o.Status, state),
			"add the row to the status table, then run again")
	}
	return raise(KindStatesDisagree, "order "+o.ID, o.ShipBy,
		fmt.Sprintf("the shop says %s, the warehouse says %s", o.Status, state),
		"decide which side is right and correct the other")
}

// stateOf is the state of an order whose parts found are: the least advanced of
// those that are not cancelled.
func stateOf(found []WarehouseOrder) WarehouseState {
	order := []WarehouseState{Parked, Locked, Open, Processed, Dropped}
	state := Absent
	for _, w := range found {
		if state == Absent || slices.Index(order, w.State) < slices.Index(order, state) {
			state = w.State
		}
	}
	return state
}

func numberOf(found []WarehouseOrder) string {
	var numbers []string
	for _, w := range found {
		numbers = append(numbers, w.Number)
	}
	return strings.Join(numbers, ", ")
}

// surplus says whether the warehouse holds more of a line than the shop sold:
// the parts of a split add up, a duplicate does not.
func surplus(o Order, found []WarehouseOrder) string {
	if len(found) < 2 {
		return ""
	}
	held := map[string]int{}
	for _, w := range found {
		if w.State == Dropped {
			continue
		}
		for _, line := range w.Lines {
			held[line.SKU] += line.Quantity
		}
	}
	total := 0
	for _, n := range held {
		total += n
	}
	if units := liveUnits(o); total > units && !hasComponents(o) {
		return fmt.Sprintf("%d units sold, but orders %s hold %d", units, numberOf(found), total)
	}
	return ""
}

func liveUnits(o Order) int {
	n := 0
	for _, l := range o.Lines {
		if !l.Cancelled {
			n++
		}
	}
	return n
}

func hasComponents(o Order) bool {
	return slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return len(l.Components) > 0 })
}

func reservationsByOrder(ctx context.Context, ledger Ledger) (map[string]Reservation, error) {
	list, err := ledger.Reservations(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	byOrder := make(map[string]Reservation, len(list))
	for _, r := range list {
		byOrder[r.OrderID] = r
	}
	return byOrder, nil
}

func orderLock(id string) string { return "order/" + id }

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// required names the first port that is missing.
func required(constructor string, ports map[string]any) error {
	var missing []string
	for name, port := range ports {
		if port == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("bridge: %s: missing port(s): %s", constructor, strings.Join(missing, ", "))
}
