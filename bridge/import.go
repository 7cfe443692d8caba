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
	// Tracer is optional. With it, orders that the bridge has created are found by
	// the warehouse's ids, many in one call, and also when they have been merged.
	Tracer OrderTracer
	// Addresses is optional. Without it an address is taken over when an order is
	// created or released, and not when it changes later.
	Addresses AddressWriter
	// Orders is optional. With it an order is read again, under its lock, right
	// before anything is done about it, so that an order that was queued, or read
	// by a slower process, is not imported as it no longer is.
	Orders     OrderSource
	Catalogue  Catalogue
	Ledger     Ledger
	Records    ImportRecords
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
	// ParkUnpaid imports orders that wait for payment too, unpaid and parked, so that
	// Linnworks reserves their stock for every channel. Most that are never paid
	// have to be cancelled there later.
	ParkUnpaid bool
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
		"OrderBook": p.OrderBook, "Catalogue": p.Catalogue, "Ledger": p.Ledger, "Records": p.Records, "Locks": p.Locks,
		"Exceptions": p.Exceptions,
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
	OutcomeAddressed Outcome = "address changed"
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
	// Deadline is by when the shop wants the order shipped, if it is known and the
	// order is not.
	Deadline time.Time
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

// maxImportBatch is how many orders are worked on together: as many as are read
// back from the warehouse in one call.
const maxImportBatch = 200

// Import works through the orders, up to 200 together. One order's failure does
// not stop the others: it is in the results and in the error, and running Import
// again repeats only what is missing. What repeating cannot mend is an exception.
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
	for len(orders) > 0 {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.err(), err)
		}
		n := batchLen(orders)
		results = append(results, run.batch(ctx, orders[:n])...)
		orders = orders[n:]
	}
	return results, results.err()
}

// batchLen is how many of the first orders can be worked on together: no order
// twice.
func batchLen(orders []Order) int {
	seen := map[string]bool{}
	for i, o := range orders {
		if i == maxImportBatch || seen[o.ID] {
			return i
		}
		seen[o.ID] = true
	}
	return len(orders)
}

// importRun is one call of Import.
type importRun struct {
	*Importer
	known    itemLookup
	reserved map[string]Reservation // as the run began
}

// importing is one order of a batch.
type importing struct {
	order  Order
	result *OrderResult
	done   bool
	// record is what is remembered of the order, if it is recorded; stored is what
	// the store has of it.
	record, stored ImportRecord
	recorded       bool
	found          []WarehouseOrder
	action         Action
	knownCell      bool
	problems       []Exception
}

// importBatch are the orders that a run works on together, under their locks.
type importBatch struct {
	importRun
	tasks []*importing
}

func (im importRun) batch(ctx context.Context, orders []Order) OrderResults {
	results := make(OrderResults, len(orders))
	b := importBatch{importRun: im}
	for i, o := range orders {
		results[i].OrderID = o.ID
		b.tasks = append(b.tasks, &importing{order: o, result: &results[i]})
	}
	b.each(ctx, func(t *importing) error {
		if t.order.ID != "" {
			return nil
		}
		t.done = true
		return im.raise(ctx, t.result, raise(KindBadOrder, "order without id", t.order.ShipBy, "the shop gave an order without an id",
			"look at the shop's reply; nothing was imported"))
	})
	unlock, err := b.lock(ctx)
	if err != nil {
		b.failAll(b.tasks, err)
		return results
	}
	defer unlock()
	// One after the other, so that a step makes its calls for all orders at once.
	b.find(ctx)
	b.decide(ctx)
	b.each(ctx, func(t *importing) error { return im.keepLedger(ctx, t.order, t.found, t.action) })
	b.remember(ctx)
	b.each(ctx, func(t *importing) error { return b.act(ctx, t) })
	b.create(ctx)
	b.release(ctx)
	b.each(ctx, func(t *importing) error {
		if t.result.Outcome == OutcomeRaised {
			return nil
		}
		return im.ports.Exceptions.Clear(ctx, "order "+t.order.ID, KindBadOrder, KindBadQuantity, KindDuplicateOrder, KindUnknownStatus, KindStatesDisagree)
	})
	return results
}

// each calls do for every order that is not done with. One that fails is.
func (b *importBatch) each(ctx context.Context, do func(*importing) error) {
	for _, t := range b.tasks {
		if t.done {
			continue
		}
		err := ctx.Err()
		if err == nil {
			err = do(t)
		}
		b.fail(ctx, t, err)
	}
}

// fail ends the work on an order, unless err is nil. A refusal is raised.
func (b *importBatch) fail(ctx context.Context, t *importing, err error) {
	if err == nil {
		return
	}
	t.done = true
	if r, ok := errors.AsType[*RefusedError](err); ok {
		if err = b.raise(ctx, t.result, raise(KindBadOrder, "order "+t.order.ID, t.order.ShipBy, err.Error(), r.Do)); err == nil {
			return
		}
	}
	t.result.Outcome, t.result.Err = OutcomeFailed, err
}

func (b *importBatch) failAll(tasks []*importing, err error) {
	for _, t := range tasks {
		if !t.done {
			t.done, t.result.Outcome, t.result.Err = true, OutcomeFailed, err
		}
	}
}

// still are the orders that are not done with and meet the condition.
func (b *importBatch) still(wanted func(*importing) bool) []*importing {
	return slices.DeleteFunc(slices.Clone(b.tasks), func(t *importing) bool { return t.done || !wanted(t) })
}

// lock takes the locks of all orders, in one order so that two batches cannot
// wait for one another.
func (b *importBatch) lock(ctx context.Context) (unlock func(), err error) {
	var held []func()
	unlock = func() {
		for _, u := range held {
			u()
		}
	}
	tasks := b.still(func(*importing) bool { return true })
	slices.SortFunc(tasks, func(x, y *importing) int { return cmp.Compare(x.order.ID, y.order.ID) })
	for _, t := range tasks {
		u, err := b.ports.Locks.Lock(ctx, orderLock(t.order.ID))
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, u)
	}
	return unlock, nil
}

// clockMargin is by how much the shop's clock may differ from that of the records.
const clockMargin = 10 * time.Minute

// find looks for the orders in the warehouse.
//
// Orders that the records know are looked up by the warehouse's ids. An order
// that they do not know is new if they were begun before it was placed: a record
// is stored before an order is first sent, so no importer that shares them can
// have sent it. It is not looked for. CreateOrders would not make a second one
// either, as long as Linnworks knows the first by its reference; and it is only
// after merges, deletions and cancellations that this is not sure. Everything
// else is looked up by reference, one call each: orders older than the records,
// and those of which a run that died knew not what became.
func (b *importBatch) find(ctx context.Context) {
	var ids []string
	for _, t := range b.still(func(*importing) bool { return true }) {
		ids = append(ids, t.order.ID)
	}
	if len(ids) == 0 {
		return
	}
	records, since, err := b.ports.Records.ImportRecords(ctx, ids...)
	if err != nil {
		err = fmt.Errorf("reading what was imported: %w", err)
		b.each(ctx, func(t *importing) error { return errors.Join(err, b.reserveUnknown(ctx, t.order)) })
		return
	}
	ids = nil
	for _, t := range b.tasks {
		t.record, t.recorded = records[t.order.ID]
		t.stored = t.record
		ids = append(ids, t.record.WarehouseIDs...)
	}
	traced, err := b.trace(ctx, ids)
	if err != nil {
		err = fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	b.each(ctx, func(t *importing) error {
		byID := len(t.record.WarehouseIDs) > 0
		if byID && err != nil {
			return errors.Join(err, b.reserveUnknown(ctx, t.order))
		}
		for _, id := range t.record.WarehouseIDs {
			t.found = union(t.found, traced[id])
		}
		t.found = shareOf(t.order, t.found)
		isNew := !t.recorded && t.order.CreatedAt.After(since.Add(clockMargin))
		if isNew || byID && !short(t.order, t.found) {
			return nil
		}
		byReference, err := b.ports.OrderBook.FindOrders(ctx, []string{t.order.ID})
		if err != nil {
			return errors.Join(fmt.Errorf("looking for it in the warehouse: %w", err), b.reserveUnknown(ctx, t.order))
		}
		t.found = union(t.found, byReference)
		return nil
	})
	for _, t := range b.tasks {
		t.result.WarehouseOrder = numberOf(t.found)
	}
}

// trace finds orders by the warehouse's ids, as far as the warehouse can.
func (im importRun) trace(ctx context.Context, ids []string) (map[string][]WarehouseOrder, error) {
	if im.ports.Tracer == nil || len(ids) == 0 {
		return nil, nil
	}
	return im.ports.Tracer.TraceOrders(ctx, ids)
}

// union adds the orders of more that are not among found.
func union(found, more []WarehouseOrder) []WarehouseOrder {
	for _, w := range more {
		if !slices.ContainsFunc(found, func(f WarehouseOrder) bool { return f.ID == w.ID }) {
			found = append(found, w)
		}
	}
	return found
}

// short tells whether the warehouse holds fewer units than the shop has sold:
// another part of the order may be there, after a split.
func short(o Order, found []WarehouseOrder) bool {
	units := 0
	for _, line := range o.Lines {
		if !line.Cancelled {
			units++
		}
	}
	for _, w := range liveParts(found) {
		for _, line := range w.Lines {
			units -= line.Quantity
		}
	}
	return units > 0 || len(found) == 0
}

// decide finds out what to do. Before anything is done that makes the warehouse
// or the ledger count an order, the shop is asked again, 50 orders a call.
func (b *importBatch) decide(ctx context.Context) {
	b.each(ctx, func(t *importing) error {
		b.choose(t)
		return nil
	})
	if b.ports.Orders == nil {
		return
	}
	again := b.still(func(t *importing) bool { return commits[t.action] })
	for part := range slices.Chunk(again, maxOrderIDs) {
		strikes := 0
		failed := map[*importing]error{}
		err := isolate(ctx, part, &strikes, func(part []*importing) error { return b.readAgain(ctx, part) },
			func(t *importing, err error) { failed[t] = err })
		for _, t := range part {
			if err := cmp.Or(failed[t], err); err != nil && !t.done {
				b.fail(ctx, t, errors.Join(err, b.reserveUnknown(ctx, t.order)))
			}
		}
	}
}

func (b *importBatch) readAgain(ctx context.Context, tasks []*importing) error {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.order.ID
	}
	orders, err := b.ports.Orders.OrdersByID(ctx, ids)
	if err != nil {
		return fmt.Errorf("reading it in the shop: %w", err)
	}
	fresh := make(map[string]Order, len(orders))
	for _, o := range orders {
		fresh[o.ID] = o
	}
	for _, t := range tasks {
		o, ok := fresh[t.order.ID]
		if !ok {
			b.fail(ctx, t, errors.Join(errNotReturned, b.reserveUnknown(ctx, t.order)))
			continue
		}
		t.order = o
		b.choose(t)
	}
	return nil
}

func (b *importBatch) choose(t *importing) {
	t.action, t.knownCell = b.action(t.order, t.found)
	switch merged := slices.ContainsFunc(t.found, func(w WarehouseOrder) bool { return w.Merged }); {
	case (t.action == ActionWait || t.action == ActionLabel) && t.record.Releasing && StateOf(t.found) == Open && !t.order.CancelRequested:
		t.action = ActionRelease // it was stopped after unparking
	case t.action == ActionRelease && merged:
		t.action = ActionWait // somebody has stopped it for another of its orders
	}
}

// remember stores what was found of the orders.
func (b *importBatch) remember(ctx context.Context) {
	for _, t := range b.still(func(t *importing) bool { return len(t.found) > 0 }) {
		if !t.recorded && slices.ContainsFunc(t.found, func(w WarehouseOrder) bool { return w.HasAddress }) {
			t.record.Address = addressMark(t.order.ID, clearAddress(t.order)) // as good as taken over
		}
		t.record = t.record.found(t.order, t.found)
	}
	b.storeRecords(ctx)
}

// storeRecords stores the records that have changed. If that fails the orders
// fail whose records they are.
func (b *importBatch) storeRecords(ctx context.Context) {
	changed := b.still(func(t *importing) bool { return !t.record.equal(t.stored) })
	if len(changed) == 0 {
		return
	}
	records := make([]ImportRecord, len(changed))
	for i, t := range changed {
		records[i] = t.record
	}
	if err := b.ports.Records.PutImportRecords(ctx, records...); err != nil {
		b.failAll(changed, fmt.Errorf("recording what was imported: %w", err))
		return
	}
	for _, t := range changed {
		t.stored, t.recorded = t.record, true
	}
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
	case action == ActionReserve && status == Unpaid && im.options.ParkUnpaid:
		action = ActionPark
	case action == ActionImport && o.CancelRequested:
		action = ActionPark
	case action == ActionRelease && (o.CancelRequested || holdsCancelled(o, found)):
		action = ActionWait
	case action == ActionRaise && o.CancelRequested && state == Dropped:
		action = ActionWait // cancelled here, and not yet in the shop
	}
	return action, known
}

// act does what is done for one order at a time.
func (b *importBatch) act(ctx context.Context, t *importing) error {
	o := t.order
	if excess := surplus(o, b.known, t.found); excess != "" && o.Status != Cancelled {
		t.done = true
		return b.raise(ctx, t.result, raise(KindDuplicateOrder, "order "+o.ID, o.ShipBy, excess,
			"cancel the surplus order in Linnworks before it is picked"))
	}
	switch t.action {
	case ActionPark, ActionImport:
		if len(t.record.WarehouseIDs) == 0 {
			return nil // created with the others
		}
		t.done = true
		return b.raise(ctx, t.result, raise(KindStatesDisagree, "order "+o.ID, o.ShipBy,
			fmt.Sprintf("the bridge imported it as %s, which Linnworks does not show any more", strings.Join(t.record.WarehouseIDs, ", ")),
			"look in Linnworks' audit trail who deleted or merged it; if it is to be imported again, drop its import record"))
	case ActionRelease:
		return nil // released with the others
	case ActionReserve:
		t.result.Outcome = OutcomeReserved
	case ActionSkip:
		t.result.Outcome, t.result.Detail = OutcomeSkipped, fmt.Sprintf("%s, %s", o.ShippingModel, o.Status)
	case ActionRaise:
		t.done = true
		return b.raise(ctx, t.result, disagreement(o, StateOf(t.found), t.knownCell, t.found...))
	default: // another primitive's, or nothing to do
		t.result.Outcome = OutcomeUnchanged
		if err := b.readdress(ctx, t); err != nil || t.result.Outcome == OutcomeRaised {
			t.done = true
			return err
		}
	}
	if len(t.found) > 0 && (t.result.Outcome == OutcomeUnchanged || t.result.Outcome == OutcomeAddressed) && o.Status != Cancelled {
		return b.unlinked(ctx, o, t.found)
	}
	return nil
}

// readdress takes an address over that the buyer has changed, as long as no label
// bears the old one.
func (b *importBatch) readdress(ctx context.Context, t *importing) error {
	o, address, live := t.order, clearAddress(t.order), liveParts(t.found)
	if state := StateOf(live); state != Open && state != Processed {
		return nil // one that is stopped takes no edits: the release writes the address
	}
	if b.ports.Addresses == nil || !takesOver(t, address) || !shippable(o) {
		return nil
	}
	t.result.Outcome = OutcomeAddressed
	for _, w := range live {
		if !w.Merged && w.State != Processed && w.Stage < StageLabelPrinted {
			continue
		}
		if err := b.raise(ctx, t.result, raise(KindAddressChanged, "order "+o.ID, o.ShipBy,
			fmt.Sprintf("the buyer's address changed when warehouse order %s was at stage %q (merged: %t)", w.Number, w.Stage, w.Merged),
			"stop the parcel, cancel its label, correct the address in Linnworks as Seller Center shows it, and print again")); err != nil {
			return err
		}
	}
	if t.result.Outcome == OutcomeAddressed {
		for _, w := range live {
			if err := b.ports.Addresses.SetAddress(ctx, w, address); err != nil {
				return fmt.Errorf("writing the buyer's new address: %w", err)
			}
		}
	}
	t.record.Address = addressMark(o.ID, address) // written, or raised, once
	return b.ports.Records.PutImportRecords(ctx, t.record)
}

// takesOver tells whether an address replaces the one that the warehouse got. It
// goes by what the shop says and by what was taken over before: an address that
// only differs may be masked by now, or a person's correction.
func takesOver(t *importing, address Address) bool {
	return t.order.AddressChanged && address != (Address{}) && !address.masked() &&
		t.record.Address != 0 && t.record.Address != addressMark(t.order.ID, address)
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
		OrderID: o.ID, Lines: reservedLines(o, im.known, im.location(o)), Items: map[string]int{}, LocationID: im.location(o),
		CreatedAt: o.CreatedAt.UTC(), SeenAt: seen, VisibleAt: visible, Unseen: unseen,
	}
	for _, line := range r.Lines {
		for id, n := range line.Items {
			r.Items[id] += n
		}
	}
	return r
}

// reservedLines is what the lines of an order take from the stock of a location,
// as far as their listings are known. A bundle that the warehouse does not know takes its
// components.
func reservedLines(o Order, known itemLookup, location string) []ReservedLine {
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
			parts, err := item.PartsAt(location, quantity)
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
		for _, c := range line.Components {
			if r.Components == nil {
				r.Components = map[string]int{}
			}
			r.Components[c.Listing.ID] += c.Quantity
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

// create maps the orders that are not in the warehouse and creates them together.
func (b *importBatch) create(ctx context.Context) {
	byTask := map[*importing]NewOrder{}
	for _, t := range b.still(func(t *importing) bool { return t.action == ActionPark || t.action == ActionImport }) {
		order, problems := mapOrder(t.order, b.known)
		if slices.ContainsFunc(problems, blocks) {
			err := b.raise(ctx, t.result, problems...)
			t.done = true
			b.fail(ctx, t, err)
			continue
		}
		order.Parked, order.Unpaid, order.LocationID = t.action == ActionPark, t.order.Status == Unpaid, b.location(t.order)
		byTask[t], t.problems = order, problems
		t.record.OrderID, t.record.Address = t.order.ID, addressMark(t.order.ID, order.Recipient)
	}
	b.storeRecords(ctx) // before they are sent: see find
	tasks := b.still(func(t *importing) bool { _, ok := byTask[t]; return ok })
	if len(tasks) == 0 {
		return
	}
	orders := make([]NewOrder, len(tasks))
	for i, t := range tasks {
		orders[i] = byTask[t]
	}
	created := b.ports.OrderBook.CreateOrders(ctx, orders)
	for i, t := range tasks {
		if i >= len(created) || created[i].Reference != t.order.ID {
			b.fail(ctx, t, errors.New("the warehouse did not say what became of the order"))
			continue
		}
		if err := created[i].Err; err != nil {
			b.fail(ctx, t, fmt.Errorf("creating it in the warehouse: %w", err))
			continue
		}
		t.found = shareOf(t.order, created[i].Found)
		t.record = t.record.found(t.order, t.found)
	}
	b.storeRecords(ctx)
	for _, t := range tasks {
		if !t.done {
			b.fail(ctx, t, b.created(ctx, t))
		}
	}
}

// created stores and tells what follows from a new order.
func (b *importBatch) created(ctx context.Context, t *importing) error {
	if counts(t.found) {
		seen := b.options.Now().UTC()
		if r, have := b.reserved[t.order.ID]; have {
			seen = r.SeenAt
		}
		if err := b.ports.Ledger.PutReservation(ctx, b.reservation(t.order, seen, b.options.Now().UTC(), "")); err != nil {
			return err
		}
	}
	if err := b.raiseAll(ctx, t.problems); err != nil {
		return err
	}
	if err := b.mended(ctx, t.order, t.problems); err != nil {
		return err
	}
	t.result.Outcome, t.result.WarehouseOrder = OutcomeCreated, numberOf(t.found)
	if t.action == ActionPark {
		t.result.Outcome = OutcomeParked
	}
	return b.unlinked(ctx, t.order, t.found)
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
		for _, kind := range []Kind{KindUnmappedSKU, KindAmbiguousSKU, KindBrokenKit, KindMissingComposite, KindBundleDiffers} {
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
func (b *importBatch) release(ctx context.Context) {
	type part struct {
		task *importing
		OrderRelease
	}
	var parts []part
	for _, t := range b.still(func(t *importing) bool { return t.action == ActionRelease }) {
		address := clearAddress(t.order)
		for _, w := range t.found {
			if w.State != Parked && w.State != Open {
				continue
			}
			p := part{t, OrderRelease{Order: w, Address: address}}
			switch {
			case w.HasAddress && !takesOver(t, address):
				p.Address = Address{} // the one it has was clear; another may be masked, or a person's work
			case address == (Address{}) && !w.HasAddress:
				b.fail(ctx, t, errors.New("the shop has released the order but gives no address yet; the next run looks again"))
			}
			parts = append(parts, p)
		}
		t.record.Releasing = true
	}
	// What is begun is on record: a run that dies between unparking and the rules
	// engine would else leave an order that nothing tells from a good one.
	b.storeRecords(ctx)
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.task.done })
	if len(parts) == 0 {
		return
	}
	orders := make([]OrderRelease, len(parts))
	for i, p := range parts {
		orders[i] = p.OrderRelease
	}
	for i, err := range b.ports.OrderBook.ReleaseOrders(ctx, orders) {
		if err != nil && !parts[i].task.done {
			b.fail(ctx, parts[i].task, fmt.Errorf("releasing it in the warehouse: %w", err))
		}
	}
	b.released(ctx)
}

// released reads back what was released.
func (b *importBatch) released(ctx context.Context) {
	tasks := b.still(func(t *importing) bool { return t.action == ActionRelease })
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.record.WarehouseIDs...)
	}
	traced, err := b.trace(ctx, ids)
	if err != nil {
		b.failAll(tasks, fmt.Errorf("reading it back: %w", err))
		return
	}
	for _, t := range tasks {
		t.found = nil
		for _, id := range t.record.WarehouseIDs {
			t.found = union(t.found, traced[id])
		}
		t.found = shareOf(t.order, t.found)
		if b.ports.Tracer == nil {
			if t.found, err = b.ports.OrderBook.FindOrders(ctx, []string{t.order.ID}); err != nil {
				b.fail(ctx, t, fmt.Errorf("reading it back: %w", err))
				continue
			}
		}
		t.record = t.record.found(t.order, t.found)
		t.record.Releasing = false
		if mark := addressMark(t.order.ID, clearAddress(t.order)); mark != 0 {
			t.record.Address = mark
		}
		if StateOf(t.found) == Parked {
			b.fail(ctx, t, b.raise(ctx, t.result, raise(KindStatesDisagree, "order "+t.order.ID, t.order.ShipBy,
				"Linnworks keeps the order parked although it was released",
				"look for a rule or a person that parks it, and unpark it in Linnworks")))
			continue
		}
		t.result.Outcome, t.result.WarehouseOrder = OutcomeReleased, numberOf(t.found)
	}
	b.storeRecords(ctx)
}

func (im *Importer) raise(ctx context.Context, result *OrderResult, problems ...Exception) error {
	result.Outcome, result.Detail = OutcomeRaised, kindsOf(problems)
	return im.raiseAll(ctx, problems)
}

func (im *Importer) raiseAll(ctx context.Context, problems []Exception) error {
	return raiseAll(ctx, im.ports.Exceptions, problems)
}

// blocks tells whether an order with the problem must not be created.
func blocks(e Exception) bool {
	return e.Kind != KindMissingComposite && e.Kind != KindBundleDiffers && e.Kind != KindTotalDiffers
}

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
func disagreement(o Order, state WarehouseState, known bool, parts ...WarehouseOrder) Exception {
	if !known {
		return raise(KindUnknownStatus, "order "+o.ID, o.ShipBy,
			fmt.Sprintf("shipping model %q with shop status %q is not in the status table (warehouse: %s)", o.ShippingModel, o.Status, state),
			"add the row to the status table, then run again", orderEvidence(o, parts...)...)
	}
	return raise(KindStatesDisagree, "order "+o.ID, o.ShipBy,
		fmt.Sprintf("the shop says %s, the warehouse says %s", o.Status, state),
		"decide which side is right and correct the other", orderEvidence(o, parts...)...)
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
