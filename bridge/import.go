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
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
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
	// before anything is done about it, unless it was read in the last seconds and
	// nothing that was done since is on record: an order that was queued, or read by a
	// slower process, is not imported as it no longer is.
	Orders    OrderSource
	Catalogue catalogue.Source
	// Prices is optional. With it the price of a bundle that the warehouse does not
	// know is split by the prices of its components, otherwise equally.
	Prices catalogue.PriceSource
	// Processor is optional. With it, what people have shipped in the shop while the
	// warehouse did not have the order is imported as shipped; without it they are told.
	Processor OrderProcessor
	// Levels is optional. With it, an order of a warehouse that several stock locations
	// feed goes to the first that has all of it; without it, to the first.
	Levels stock.Reader
	// Places is optional: the warehouse's stock locations. With it, a location in the
	// options that is none of them is an error of every Import; without it locations are
	// not checked.
	Places     catalogue.PlaceSource
	Ledger     store.Ledger
	Records    store.Records
	Locks      store.Locks
	Exceptions exceptions.Queue
}

// ImportOptions configure an [Importer].
type ImportOptions struct {
	// Locations maps the shop's warehouse ids to the stock locations that feed them, the
	// preferred one first. With the port Levels an order draws on the first that has all
	// of it free; if none has, on the first, and [exceptions.NotInOnePlace] says what
	// lies where. It is chosen when the order is created, and never changed by the
	// bridge: people, or rules of the warehouse, may move the order. Orders of a
	// warehouse that is not in it go to DefaultLocation.
	Locations map[string][]string
	// DefaultLocation is required.
	DefaultLocation string
	// ParkUnpaid imports orders that wait for payment too, unpaid and parked, so that
	// Linnworks reserves their stock for every channel. Most that are never paid
	// have to be cancelled there later.
	ParkUnpaid bool
	// FreshFor is how long an order counts as just read. Default five seconds.
	// Negative: every order is read again.
	FreshFor time.Duration
	// FindFirst has each new order looked up by its reference before it is created, one
	// call an order. It is for accounts in which people or another integration, such as
	// Linnworks' own TikTok channel, create orders of this shop too: without it the
	// bridge looks only for orders that it cannot be the first to import, and for those that
	// [Importer.NoteForeign] was told of before they were created: a [Sync] tells it of what
	// was entered while no bridge ran, too. One that somebody enters between the reading of
	// that list and the import is created a second time, and [exceptions.DuplicateOrder]
	// says so once the list is read again.
	FindFirst bool
	// CreationTakes is how long after it was sent an order may appear in the warehouse
	// if the reply was lost. Default one hour. An order that is cancelled in the shop
	// meanwhile is looked for until then.
	CreationTakes time.Duration
	// Table decides what to do. Default [DefaultStatusTable].
	Table *StatusTable
	// Kinds says which kinds of orders are parked or skipped instead of imported.
	// Default [policy.DefaultKinds].
	Kinds *policy.Kinds
	// PlatformLocation is the stock location of orders that the platform's warehouse
	// sends, if Table and Kinds let them in. It must be none that feeds the shop: what
	// they take there is not the client's stock.
	PlatformLocation string
	// Now replaces time.Now.
	Now func() time.Time
}

// OrderProcessor books what has left without the warehouse.
type OrderProcessor interface {
	// BookShipped gives an open order the carrier and tracking number of a parcel that
	// has left, and processes the order: its units go off the stock, no label is made.
	// It must be safe to repeat. What the order is then is read back.
	BookShipped(ctx context.Context, order WarehouseOrder, parcel Label) error
}

// Importer brings shop orders into the warehouse: one warehouse order for each
// shop order however often, in whatever order and by however many callers it is
// given. Orders that the shop holds go in parked, so that their stock is
// reserved for every channel, and are released when the shop releases them.
type Importer struct {
	ports   ImportPorts
	options ImportOptions
	timings health.Timings
	// strangers are orders of others of which some may be this shop's.
	strangers strangers
}

// NewImporter returns an Importer, or an error that names every missing port or
// the option that is wrong. OrderBook, Catalogue, Ledger, Records, Locks,
// Exceptions and the option DefaultLocation are required.
func NewImporter(p ImportPorts, o ImportOptions) (*Importer, error) {
	err := part.Required("bridge: NewImporter", map[string]any{
		"OrderBook": p.OrderBook, "Catalogue": p.Catalogue, "Ledger": p.Ledger, "Records": p.Records, "Locks": p.Locks,
		"Exceptions": p.Exceptions,
	})
	switch {
	case err != nil:
		return nil, err
	case o.CreationTakes < 0:
		return nil, fmt.Errorf("bridge: NewImporter: CreationTakes is negative: %v", o.CreationTakes)
	case o.DefaultLocation == "":
		return nil, errors.New("bridge: NewImporter: DefaultLocation is empty: name the stock location that orders draw on")
	case o.PlatformLocation != "" && (o.PlatformLocation == o.DefaultLocation || slices.Contains(slices.Concat(slices.Collect(maps.Values(o.Locations))...), o.PlatformLocation)):
		return nil, fmt.Errorf("bridge: NewImporter: PlatformLocation %s is one that other orders draw on", o.PlatformLocation)
	}
	for _, id := range slices.Sorted(maps.Keys(o.Locations)) {
		if slices.Contains(o.Locations[id], "") {
			return nil, fmt.Errorf("bridge: NewImporter: Locations: warehouse %q: a stock location has no id", id)
		}
	}
	o.Table, o.CreationTakes = cmp.Or(o.Table, DefaultStatusTable()), cmp.Or(o.CreationTakes, time.Hour)
	o.Kinds = cmp.Or(o.Kinds, policy.DefaultKinds())
	o.FreshFor = cmp.Or(o.FreshFor, 5*time.Second)
	o.Now = part.Clock(o.Now)
	return &Importer{ports: p, options: o}, nil
}

// readAgainTogether is how many orders one read of the shop asks for: one that
// fails costs no more than these.
const readAgainTogether = 50

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
	results, _, err := im.importLooking(ctx, orders)
	return results, err
}

// importLooking is Import, and returns its looks at the orders that it has done nothing about since.
func (im *Importer) importLooking(ctx context.Context, orders []Order) (results OrderResults, looks map[string]look, err error) {
	defer im.timings.Measure(im.options.Now, &err)()
	if err := im.checkLocations(ctx); err != nil {
		return nil, nil, fmt.Errorf("bridge: import: %w", err)
	}
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	reserved, err := im.ports.Ledger.ReservationsOf(ctx, ids...)
	if err != nil {
		return nil, nil, fmt.Errorf("bridge: import: reading the ledger: %w", err)
	}
	run := im.newRun(reserved)
	if err := run.recall(ctx, orders); err != nil {
		return nil, nil, fmt.Errorf("bridge: import: reading what was imported: %w", err)
	}
	if err := run.lookUp(ctx, slices.DeleteFunc(slices.Clone(orders), run.needless)); err != nil {
		return nil, nil, fmt.Errorf("bridge: import: reading the catalogue: %w", err)
	}
	for len(orders) > 0 {
		if err := ctx.Err(); err != nil {
			return results, run.looks, errors.Join(results.Err(), err)
		}
		n := batchLen(orders)
		results = append(results, run.batch(ctx, orders[:n])...)
		orders = orders[n:]
	}
	return results, run.looks, results.Err()
}

// lookUp reads the items of the orders' listings. An order whose listings make the
// catalogue fail is lost, and holds up none of the others.
func (im importRun) lookUp(ctx context.Context, orders []Order) error {
	if len(orders) == 0 {
		return nil
	}
	for _, o := range orders {
		im.looked[o.ID] = true
	}
	tally := part.Tally{Failed: part.MaxStrikes - 8} // enough to find one of 200
	err := part.Isolate(ctx, orders, &tally, func(part []Order) error {
		items, broken, err := im.ports.Catalogue.StockItems(ctx, listingsOf(part))
		if err == nil {
			maps.Copy(im.known.Items, items)
			maps.Copy(im.known.Broken, broken)
		}
		return err
	}, func(o Order, err error) { im.lost[o.ID] = fmt.Errorf("reading the catalogue: %w", err) })
	if err == nil && tally.Answered == 0 {
		err = im.lost[orders[0].ID]
	}
	maps.Copy(im.known.Prices, im.listPrices(ctx, orders, im.known))
	return err
}

// needless reports whether nobody asks what the listings of an order are, as long as the
// warehouse holds it as one whole order: its units have left or do not count, or the
// warehouse has them by what the ledger or the records say.
func (im importRun) needless(o Order) bool {
	r, have := im.reserved[o.ID]
	return !takes(o) || have && !r.VisibleAt.IsZero() || !have && im.imported[o.ID]
}

// recall finds out which orders that are not in the ledger were imported.
func (im importRun) recall(ctx context.Context, orders []Order) error {
	var ids []string
	for _, o := range orders {
		if _, have := im.reserved[o.ID]; !have && o.ID != "" && takes(o) {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	records, _, err := im.ports.Records.RecordsOf(ctx, ids...)
	for id, r := range records {
		im.imported[id] = len(r.WarehouseIDs) > 0 && !r.OutcomeUnknown
	}
	return err
}

// lookUpLate reads the items of orders that were needless when the run began, and turn
// out not to be.
func (b *importBatch) lookUpLate(ctx context.Context) {
	late := b.still(func(t *importing) bool {
		apart := !counts(t.found) || len(liveParts(t.found)) > 1
		return !b.looked[t.order.ID] && (b.creates(t) || apart && t.action != ActionSkip && t.order.Status != Cancelled)
	})
	orders := make([]Order, len(late))
	for i, t := range late {
		orders[i] = t.order
	}
	err := b.lookUp(ctx, orders)
	for _, t := range late {
		failed := cmp.Or(b.lost[t.order.ID], err)
		if r, have := b.reserved[t.order.ID]; failed != nil && !counts(t.found) { // nobody counts its units
			uncounted := !have || !r.VisibleAt.IsZero() || len(r.Items) == 0
			t.result.Unseen = uncounted && takes(t.order)
			failed = errors.Join(failed, b.unasked(ctx, t))
		}
		b.fail(ctx, t, failed)
	}
}

func (im *Importer) checkLocations(ctx context.Context) error {
	if im.ports.Places == nil {
		return nil
	}
	ids := slices.Concat(slices.Collect(maps.Values(im.options.Locations))...)
	if im.options.PlatformLocation != "" {
		ids = append(ids, im.options.PlatformLocation)
	}
	return catalogue.CheckPlaces(ctx, im.ports.Places, "stock location", append(ids, im.options.DefaultLocation)...)
}

// Health returns how the imports went so far.
func (im *Importer) Health() health.Flow { return im.timings.Health() }

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
	known    catalogue.Lookup
	looked   map[string]bool              // orders whose listings were looked up
	lost     map[string]error             // orders whose listings could not be
	reserved map[string]store.Reservation // as the run began, and under the locks of a batch
	imported map[string]bool              // orders that are not reserved and were imported before
	looks    map[string]look              // of orders that nothing was done about since
}

func (im *Importer) newRun(reserved map[string]store.Reservation) importRun {
	if reserved == nil {
		reserved = map[string]store.Reservation{}
	}
	return importRun{
		Importer: im, reserved: reserved, imported: map[string]bool{}, looked: map[string]bool{}, lost: map[string]error{}, looks: map[string]look{},
		known: catalogue.Lookup{Items: map[string]catalogue.Item{}, Broken: map[string]error{}, Prices: map[string]int64{}},
	}
}

// importing is one order of a batch.
type importing struct {
	order  Order
	result *OrderResult
	done   bool
	// record is what is remembered of the order, stored what the store has of it.
	record, stored store.Record
	found          []WarehouseOrder
	lookedAt       time.Time // when the reading of the warehouse began
	byReference    bool      // whether it was looked for by its reference, too
	// foreign are orders of the same reference that the bridge did not make.
	foreign []WarehouseOrder
	// since is a moment after which no import is missing in the records.
	since     time.Time
	action    Action
	knownCell bool
	stopped   bool // parked by a person or a rule
	// place is the stock location that the order draws on; scattered says why none has
	// all of it, scatteredDo what to do.
	place, scattered, scatteredDo string
	problems                      []exceptions.Exception
}

// waited reports whether the bridge knew the order before it was shipped.
func (t *importing) waited() bool {
	last := t.stored.Status
	return t.stored.Notes[noteBooking] != "" || !t.stored.SentAt.IsZero() || last != "" && !sent(Order{Status: OrderStatus(last)})
}

// importBatch are orders that a run works on together, under their locks.
type importBatch struct {
	importRun
	tasks []*importing
	cases exceptions.Queue
}

func (im importRun) batch(ctx context.Context, orders []Order) OrderResults {
	results := make(OrderResults, len(orders))
	b := importBatch{importRun: im, cases: exceptions.ForBatch(im.ports.Exceptions)}
	for i, o := range orders {
		results[i].OrderID = o.ID
		b.tasks = append(b.tasks, &importing{order: o, result: &results[i]})
	}
	b.each(ctx, func(t *importing) error {
		if t.order.ID != "" {
			return nil
		}
		t.done = true
		return b.raise(ctx, t.result, exceptions.New(exceptions.BadOrder, "order without id", t.order.ShipBy, "the shop returned an order without an id",
			"report it to the integrator; it was not imported"))
	})
	var keys []string
	for _, t := range b.still(func(*importing) bool { return true }) {
		keys = append(keys, orderLock(t.order.ID))
	}
	if len(keys) == 0 {
		return results
	}
	held, taken, unlock, err := b.ports.Locks.TryLock(ctx, keys...)
	if err != nil {
		b.failAll(b.tasks, err)
		return results
	}
	free := map[string]bool{}
	for _, key := range taken {
		free[key] = true
	}
	busy := b.still(func(t *importing) bool { return !free[orderLock(t.order.ID)] })
	b.tasks = b.still(func(t *importing) bool { return free[orderLock(t.order.ID)] })
	b.work(held, unlock)
	if len(busy) == 0 {
		return results
	}
	// Somebody else is at work on these. They are waited for now that the others need
	// not wait with them.
	b.tasks, b.cases = busy, exceptions.ForBatch(im.ports.Exceptions)
	var ids []string
	for _, t := range busy {
		ids = append(ids, t.order.ID)
	}
	held, unlock, err = lockOrders(ctx, b.ports.Locks, ids)
	if err != nil {
		b.failAll(busy, err)
		return results
	}
	b.work(held, unlock)
	return results
}

// work does what there is to do about the orders, whose locks are held, and gives the
// locks back.
func (b *importBatch) work(ctx context.Context, unlock func()) {
	defer unlock()
	if len(b.tasks) == 0 {
		return
	}
	b.each(ctx, func(t *importing) error {
		err := b.lost[t.order.ID]
		if err == nil {
			return nil
		}
		// What it takes from the stock is not known now: the ledger gets its lines, and
		// no units unless it had them before.
		t.result.Unseen = takes(t.order) && len(b.reserved[t.order.ID].Items) == 0
		return errors.Join(err, b.unasked(ctx, t))
	})
	// One after the other, so that a step makes its calls for all orders at once.
	b.readReserved(ctx)
	b.find(ctx)
	b.decide(ctx)
	b.lookUpLate(ctx)
	b.allocate(ctx)
	b.keepLedger(ctx)
	b.remember(ctx)
	b.each(ctx, func(t *importing) error { return b.act(ctx, t) })
	b.create(ctx)
	b.book(ctx)
	b.release(ctx)
	b.each(ctx, func(t *importing) error {
		if t.result.Outcome == OutcomeRaised {
			return nil
		}
		gone := []exceptions.Kind{exceptions.BadOrder, exceptions.DuplicateOrder, exceptions.UnknownStatus, exceptions.StatesDisagree}
		if len(liveParts(t.found)) > 1 || StateOf(t.found) == Processed || t.place != b.placesOf(t.order)[0] {
			if err := b.cases.Clear(ctx, exceptions.ForOrder(t.order.ID), exceptions.NotInOnePlace); err != nil { // somebody has dealt with it
				return err
			}
		}
		if short, doubt := missingLines(t.order, t.found); len(short) == 0 && doubt == "" || !waitsFor(t.order) {
			gone = append(gone, revokerKinds...)
		}
		if err := b.cases.Clear(ctx, exceptions.ForOrder(t.order.ID), gone...); err != nil {
			return err
		}
		if t.order.Status == Cancelled && t.result.Outcome == OutcomeSkipped && t.result.Again.IsZero() && len(liveParts(t.foreign)) == 0 {
			return exceptions.Close(ctx, b.cases, t.order.ID, exceptions.EndVoid)
		}
		if t.order.Status == Delivered || t.order.Status == Completed {
			return exceptions.Close(ctx, b.cases, t.order.ID, exceptions.EndDelivered)
		}
		return nil
	})
	b.keepLooks()
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
	if r, ok := errors.AsType[*exceptions.RefusedError](err); ok {
		if err = b.raise(ctx, t.result, exceptions.New(exceptions.BadOrder, exceptions.ForOrder(t.order.ID), t.order.ShipBy, exceptions.Cause(err), r.Do)); err == nil {
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
	again := b.still(func(t *importing) bool { return commits[t.action] && !b.fresh(t) || outdated(t.order, t.record) })
	for chunk := range slices.Chunk(again, readAgainTogether) {
		failed := map[*importing]error{}
		err := part.Isolate(ctx, chunk, new(part.Tally), func(part []*importing) error { return b.readAgain(ctx, part) },
			func(t *importing, err error) { failed[t] = err })
		for _, t := range chunk {
			if err := cmp.Or(failed[t], err); err != nil && !t.done {
				b.fail(ctx, t, errors.Join(err, b.unasked(ctx, t)))
			}
		}
	}
}

// fresh reports whether an order was read just now, and nobody has seen it later.
func (b *importBatch) fresh(t *importing) bool {
	age := b.options.Now().Sub(t.order.ReadAt)
	return !t.order.ReadAt.IsZero() && age >= 0 && age < b.options.FreshFor && !t.record.UpdatedAt.After(t.order.UpdatedAt)
}

// outdated reports whether something is on record as cancelled that a reading of the
// order does not show: whoever finds or does that writes it down.
func outdated(o Order, r store.Record) bool {
	if r.Status == string(Cancelled) {
		return o.Status != Cancelled
	}
	cancelled := strings.Fields(r.Notes[noteCancelled])
	return slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return !l.Cancelled && slices.Contains(cancelled, l.ID) })
}

func (b *importBatch) choose(t *importing) {
	t.action, t.knownCell = b.action(t.order, t.found)
	t.stopped = false
	switch {
	case t.action == ActionBook && t.order.CreatedAt.Before(t.since) && !t.waited():
		t.action = ActionSkip // from the time before the bridge
	case t.action == ActionBook && sentByOthers(t.foreign):
		t.action = ActionDone // they made it, and they booked it
	case t.action == ActionRaise && t.record.Notes[noteBooking] != "" && StateOf(t.found) == Open:
		t.action = ActionBook // it was stopped between creating and processing
	}
	switch merged := slices.ContainsFunc(t.found, func(w WarehouseOrder) bool { return w.Merged }); {
	case (t.action == ActionWait || t.action == ActionLabel) && t.record.Releasing && StateOf(t.found) == Open && !t.order.CancelRequested:
		t.action = ActionRelease // it was stopped after unparking
	case t.action == ActionRelease && merged && !t.record.ParkedAt.After(t.record.ReleasedAt):
		t.action = ActionWait // somebody has stopped it for another of its orders
	case t.action == ActionRelease && slices.ContainsFunc(t.found, func(w WarehouseOrder) bool { return w.State == Parked && !parkedByUs(t.record, w) }):
		t.action, t.stopped = ActionWait, true
	}
}

// sentByOthers reports whether what others have made of an order has left.
func sentByOthers(foreign []WarehouseOrder) bool {
	live := liveParts(foreign)
	return len(live) > 0 && !slices.ContainsFunc(live, func(w WarehouseOrder) bool { return w.State != Processed })
}

func (b *importBatch) raise(ctx context.Context, result *OrderResult, problems ...exceptions.Exception) error {
	result.Outcome, result.Detail = OutcomeRaised, kindsOf(problems)
	return b.raiseAll(ctx, problems)
}

func (b *importBatch) raiseAll(ctx context.Context, problems []exceptions.Exception) error {
	return exceptions.RaiseAll(ctx, b.cases, problems)
}

func kindsOf(problems []exceptions.Exception) string {
	var names []string
	for _, e := range problems {
		if !slices.Contains(names, string(e.Kind)) {
			names = append(names, string(e.Kind))
		}
	}
	return strings.Join(names, ", ")
}
