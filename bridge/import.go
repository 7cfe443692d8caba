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
)

// ImportPorts are what an [Importer] works on.
type ImportPorts struct {
	OrderBook OrderBook
	// Orders is optional. With it an order is read again, under its lock, right
	// before anything is done about it, so that an order that was queued, or read
	// by a slower process, is not imported as it no longer is.
	Orders     OrderSource
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
		line := fmt.Sprintf("order %s  %-14s", o.OrderID, o.Outcome)
		if o.WarehouseOrder != "" {
			line += "  warehouse order " + o.WarehouseOrder
		}
		if o.Detail != "" {
			line += "  " + o.Detail
		}
		if o.Err != nil {
			line += "  " + o.Err.Error()
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
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
//
// Without results, nothing was looked at and nothing is reserved: stock must not
// be pushed until an Import has looked at the orders.
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
	run := importRun{Importer: im, known: known, reserved: reserved}
	var results OrderResults
	for _, o := range orders {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.err(), err)
		}
		result := OrderResult{OrderID: o.ID}
		err := run.one(ctx, o, &result)
		if r, ok := errors.AsType[*RefusedError](err); ok {
			err = im.raise(ctx, &result, raise(KindBadOrder, "order "+o.ID, o.ShipBy, err.Error(), r.Do))
		}
		if err != nil {
			result.Outcome, result.Err = OutcomeFailed, err
		}
		results = append(results, result)
	}
	return results, results.err()
}

// importRun is one call of Import.
type importRun struct {
	*Importer
	known    itemLookup
	reserved map[string]Reservation // as the run began
}

func (im importRun) one(ctx context.Context, o Order, result *OrderResult) error {
	if o.ID == "" {
		return im.raise(ctx, result, raise(KindBadOrder, "order without id", o.ShipBy, "the shop gave an order without an id",
			"look at the shop's reply; nothing was imported"))
	}
	unlock, err := im.ports.Locks.Lock(ctx, orderLock(o.ID))
	if err != nil {
		return err
	}
	defer unlock()

	found, err := im.ports.OrderBook.FindOrders(ctx, []string{o.ID})
	if err != nil {
		return errors.Join(fmt.Errorf("looking for it in the warehouse: %w", err), im.reserveUnknown(ctx, o))
	}
	result.WarehouseOrder = numberOf(found)
	action, known := im.action(o, found)
	if im.ports.Orders != nil && commits[action] {
		fresh, err := readOrder(ctx, im.ports.Orders, o.ID)
		if err != nil {
			return errors.Join(err, im.reserveUnknown(ctx, o))
		}
		o = fresh
		action, known = im.action(o, found)
	}
	if err := im.keepLedger(ctx, o, found, action); err != nil {
		return err
	}
	if err := im.act(ctx, o, found, action, known, result); err != nil || result.Outcome == OutcomeRaised {
		return err
	}
	return im.ports.Exceptions.Clear(ctx, "order "+o.ID, KindBadOrder, KindBadQuantity, KindDuplicateOrder, KindUnknownStatus, KindStatesDisagree)
}

// commits are the actions that make the warehouse or the ledger count an order.
var commits = map[Action]bool{ActionReserve: true, ActionPark: true, ActionImport: true, ActionRelease: true}

// action is the table's, except that nobody may pick an order while the buyer's
// request to cancel it waits for a decision.
func (im *Importer) action(o Order, found []WarehouseOrder) (action Action, known bool) {
	status := o.Status
	if status == AwaitingShipment && o.Held(im.options.Now()) {
		status = OnHold // the seller has to wait the remorse window out
	}
	state := StateOf(found)
	action, known = im.options.Table.Action(o.ShippingModel, status, state)
	if (action == ActionWait || action == ActionLabel) && slices.ContainsFunc(found, lacksAddress) {
		action = ActionRelease // it was stopped between unparking and the address
	}
	switch {
	case action == ActionImport && o.CancelRequested:
		action = ActionPark
	case action == ActionRelease && o.CancelRequested:
		action = ActionWait
	case action == ActionRaise && o.CancelRequested && state == Dropped:
		action = ActionWait // cancelled here, and not yet in the shop
	}
	return action, known
}

func (im importRun) act(ctx context.Context, o Order, found []WarehouseOrder, action Action, known bool, result *OrderResult) error {
	if excess := surplus(o, im.known, found); excess != "" && o.Status != Cancelled {
		return im.raise(ctx, result, raise(KindDuplicateOrder, "order "+o.ID, o.ShipBy, excess,
			"cancel the surplus order in Linnworks before it is picked"))
	}
	switch action {
	case ActionPark, ActionImport:
		return im.create(ctx, o, action == ActionPark, result)
	case ActionRelease:
		return im.release(ctx, o, found, result)
	case ActionReserve:
		result.Outcome = OutcomeReserved
	case ActionSkip:
		result.Outcome, result.Detail = OutcomeSkipped, fmt.Sprintf("%s, %s", o.ShippingModel, o.Status)
	case ActionRaise:
		return im.raise(ctx, result, disagreement(o, StateOf(found), known))
	default: // another primitive's, or nothing to do
		result.Outcome = OutcomeUnchanged
	}
	if len(found) > 0 && result.Outcome == OutcomeUnchanged && o.Status != Cancelled {
		return im.unlinked(ctx, o, found)
	}
	return nil
}

// keepLedger takes the reservation at the first sight of an order, marks it
// visible once the warehouse counts its units, and drops it when the order will
// never take any.
func (im importRun) keepLedger(ctx context.Context, o Order, found []WarehouseOrder, action Action) error {
	r, have := im.reserved[o.ID]
	switch {
	case o.Status == Cancelled, action == ActionSkip, gone(o) && len(liveParts(found)) == 0:
		// Whether there is one or not: another process may have taken it since.
		return im.ports.Ledger.DropReservation(ctx, o.ID)
	case !counts(found):
		if !have {
			r.SeenAt = im.options.Now().UTC()
		}
		return im.ports.Ledger.PutReservation(ctx, im.reservation(o, r.SeenAt, time.Time{}, unseenWhy(found)))
	case have && r.VisibleAt.IsZero():
		return im.ports.Ledger.PutReservation(ctx, im.reservation(o, r.SeenAt, im.options.Now().UTC(), ""))
	}
	return nil
}

// reserveUnknown counts the units of an order that the warehouse could not be
// asked about. If it holds the order they are counted twice until the next run:
// too little stock for a while is better than too much.
func (im importRun) reserveUnknown(ctx context.Context, o Order) error {
	if _, have := im.reserved[o.ID]; have || o.Status == Cancelled || gone(o) || o.ShippingModel == FulfilledByTikTok {
		return nil
	}
	return im.ports.Ledger.PutReservation(ctx, im.reservation(o, im.options.Now().UTC(), time.Time{}, UnseenUnknown))
}

func (im importRun) reservation(o Order, seen, visible time.Time, unseen Unseen) Reservation {
	r := Reservation{
		OrderID: o.ID, Lines: reservedLines(o, im.known), Items: map[string]int{}, LocationID: im.location(o),
		CreatedAt: o.CreatedAt.UTC(), SeenAt: seen, VisibleAt: visible, Unseen: unseen,
	}
	for _, line := range r.Lines {
		for id, n := range line.Items {
			r.Items[id] += n
		}
	}
	return r
}

// reservedLines is what the lines of an order take from stock, as far as their
// listings are known. A bundle that the warehouse does not know takes its
// components.
func reservedLines(o Order, known itemLookup) []ReservedLine {
	var lines []ReservedLine
	for _, line := range sortedLines(o.Lines) {
		if line.Cancelled {
			continue
		}
		r := ReservedLine{LineID: line.ID, SKUID: line.Listing.ID, SKU: line.Listing.SellerSKU, Items: map[string]int{}}
		add := func(l ListingSKU, quantity int) (StockItem, error) {
			item, err := known.item(l)
			if err != nil {
				return item, err
			}
			parts, err := item.Parts(quantity)
			for id, n := range parts {
				r.Items[id] += n
			}
			return item, err
		}
		if item, err := add(line.Listing, 1); err == nil {
			r.SKU = item.SKU
		} else {
			for _, c := range line.Components {
				_, _ = add(c.Listing, c.Quantity) // an unknown one is raised when the order is mapped
			}
		}
		lines = append(lines, r)
	}
	return lines
}

// gone tells whether the goods have left, whoever sent them.
func gone(o Order) bool {
	return o.Status == InTransit || o.Status == Delivered || o.Status == Completed
}

// counts tells whether the warehouse takes all units of an order off its free
// stock. It does not for an order that is cancelled there or locked, nor for a
// line that is not linked to an item.
func counts(found []WarehouseOrder) bool { return unseenWhy(found) == "" }

// unseenWhy says why the warehouse does not count an order, or nothing if it
// does.
func unseenWhy(found []WarehouseOrder) Unseen {
	live := liveParts(found)
	switch {
	case len(found) == 0:
		return UnseenAbsent
	case len(live) == 0:
		return UnseenDropped
	case slices.ContainsFunc(live, func(w WarehouseOrder) bool { return w.State == Locked }):
		return UnseenLocked
	case slices.ContainsFunc(live, func(w WarehouseOrder) bool { return len(unlinkedLines(w)) > 0 }):
		return UnseenUnlinked
	}
	return ""
}

func unlinkedLines(w WarehouseOrder) []string {
	if w.State == Processed {
		return nil
	}
	var list []string
	for _, line := range w.Lines {
		if line.Unlinked {
			list = append(list, fmt.Sprintf("%s (SKU %s)", line.LineID, line.SKU))
		}
	}
	return list
}

func (im *Importer) location(o Order) string {
	if l, ok := im.options.Locations[o.WarehouseID]; ok {
		return l
	}
	return im.options.DefaultLocation
}

// create maps and creates the order, and reads it back.
func (im importRun) create(ctx context.Context, o Order, parked bool, result *OrderResult) error {
	order, problems := mapOrder(o, im.known)
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
	if counts(found) {
		seen := im.options.Now().UTC()
		if r, have := im.reserved[o.ID]; have {
			seen = r.SeenAt
		}
		if err := im.ports.Ledger.PutReservation(ctx, im.reservation(o, seen, im.options.Now().UTC(), "")); err != nil {
			return err
		}
	}
	if err := im.raiseAll(ctx, problems); err != nil {
		return err
	}
	if err := im.mended(ctx, o, problems); err != nil {
		return err
	}
	result.Outcome, result.WarehouseOrder = OutcomeCreated, numberOf(found)
	if parked {
		result.Outcome = OutcomeParked
	}
	return im.unlinked(ctx, o, found)
}

// mended closes what earlier orders of the same listings have raised and this
// one has not.
func (im *Importer) mended(ctx context.Context, o Order, problems []Exception) error {
	raised, done := map[string]bool{}, map[string]bool{}
	for _, e := range problems {
		raised[e.Key()] = true
	}
	for _, line := range o.Lines {
		object := line.Listing.String()
		if line.Cancelled || done[object] {
			continue
		}
		done[object] = true
		var gone []Kind
		for _, kind := range []Kind{KindUnmappedSKU, KindBrokenKit, KindMissingComposite} {
			if !raised[Exception{Kind: kind, Object: object}.Key()] {
				gone = append(gone, kind)
			}
		}
		if err := im.ports.Exceptions.Clear(ctx, object, gone...); err != nil {
			return err
		}
	}
	return nil
}

// lacksAddress tells whether an order could be picked but not sent.
func lacksAddress(w WarehouseOrder) bool { return w.State == Open && !w.HasAddress }

// unlinked raises lines that the warehouse keeps without an item, and closes
// that when they have one. The order stays imported, and in the ledger.
func (im *Importer) unlinked(ctx context.Context, o Order, found []WarehouseOrder) error {
	var lines []string
	for _, w := range liveParts(found) {
		lines = append(lines, unlinkedLines(w)...)
	}
	if len(lines) == 0 {
		return im.ports.Exceptions.Clear(ctx, "order "+o.ID, KindUnmappedSKU)
	}
	return im.ports.Exceptions.Raise(ctx, raise(KindUnmappedSKU, "order "+o.ID, o.ShipBy,
		fmt.Sprintf("line %s of warehouse order %s is not linked to a stock item: its stock is not reserved and it cannot be picked",
			strings.Join(lines, ", "), numberOf(found)),
		"link the line in Linnworks, and the channel SKU with it"))
}

// release lets the warehouse pick what was parked, and reads back.
func (im *Importer) release(ctx context.Context, o Order, found []WarehouseOrder, result *OrderResult) error {
	for _, w := range found {
		if w.State != Parked && !lacksAddress(w) {
			continue
		}
		address := clearAddress(o)
		switch {
		case w.HasAddress:
			address = Address{} // the one it has was clear; a later one may be masked
		case address == (Address{}):
			return errors.New("the shop has released the order but gives no address yet; the next run looks again")
		}
		if err := im.ports.OrderBook.ReleaseOrder(ctx, w, address); err != nil {
			return fmt.Errorf("releasing it in the warehouse: %w", err)
		}
	}
	after, err := im.ports.OrderBook.FindOrders(ctx, []string{o.ID})
	if err != nil {
		return fmt.Errorf("reading it back: %w", err)
	}
	if StateOf(after) == Parked {
		return im.raise(ctx, result, raise(KindStatesDisagree, "order "+o.ID, o.ShipBy,
			"Linnworks keeps the order parked although it was released",
			"look for a rule or a person that parks it, and unpark it in Linnworks"))
	}
	result.Outcome, result.WarehouseOrder = OutcomeReleased, numberOf(after)
	return nil
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

// StateOf is the state of an order whose parts found are, as an [OrderBook]
// returns them: that of the least advanced part that is not cancelled.
func StateOf(found []WarehouseOrder) WarehouseState {
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

// surplus says whether the warehouse holds more of a SKU than the shop sold:
// the parts of a split add up, a duplicate does not.
func surplus(o Order, known itemLookup, found []WarehouseOrder) string {
	live := liveParts(found)
	if len(live) < 2 {
		return ""
	}
	// Cancelled lines count: the order may have been imported before. A bundle
	// counts as itself and as its components: it may have been imported as either.
	sold, most := map[string]int{}, 0
	add := func(l ListingSKU, n int) {
		if item, err := known.item(l); err == nil {
			sold[strings.ToLower(item.SKU)] += n
		}
		most += n
	}
	for _, line := range o.Lines {
		add(line.Listing, 1)
		for _, c := range line.Components {
			add(c.Listing, c.Quantity)
		}
	}
	held, total := map[string]int{}, 0
	for _, w := range live {
		for _, line := range w.Lines {
			held[strings.ToLower(line.SKU)] += line.Quantity
			total += line.Quantity
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(held)) {
		if n, ours := sold[sku]; ours && held[sku] > n {
			return fmt.Sprintf("%d of SKU %s sold, but orders %s hold %d", n, sku, numberOf(live), held[sku])
		}
	}
	if total > most {
		return fmt.Sprintf("%d units sold, but orders %s hold %d", most, numberOf(live), total)
	}
	return ""
}

// readOrder reads one order as the shop has it now.
func readOrder(ctx context.Context, source OrderSource, id string) (Order, error) {
	orders, err := source.OrdersByID(ctx, []string{id})
	if err != nil {
		return Order{}, fmt.Errorf("reading it in the shop: %w", err)
	}
	if len(orders) != 1 || orders[0].ID != id {
		return Order{}, errors.New("the shop does not return the order")
	}
	return orders[0], nil
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

// required names the ports that are missing.
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
