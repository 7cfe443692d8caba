package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// sinceNoon returns a clock that starts at noon and moves on with each reading,
// so that no two moments are the same, as with a real clock.
func sinceNoon() func() time.Time {
	var readings atomic.Int64
	return func() time.Time { return noon.Add(time.Duration(readings.Add(1)) * time.Nanosecond) }
}

var errInjected = errors.New("the line went dead")

// world is a shop, a warehouse and a store behind all ports of the package. It
// counts the calls and can fail, lose the reply of, or stop after any of them.
type world struct {
	t  *testing.T
	mu sync.Mutex
	// now is the clock of the world and of all that is built on it. It starts at
	// noon as the orders do: beside the machine's clock they would be late one day.
	now func() time.Time

	calls []string
	// fail returns the error of call number n (from 1), or nil. If lost is set
	// the call takes effect all the same.
	fail func(n int, name string) error
	lost bool
	// after runs after call number n has taken effect.
	after func(n int, name string)

	// The shop.
	orders   map[string]Order
	pending  []Cancellation
	lag      bool // details do not show requests yet
	approved []string
	desk
	listings []Listing
	carriers []Carrier
	shipped  []Shipment
	labels   int // bought
	noNumber bool
	blind    bool // does not show new tracking numbers
	refusals map[string]StockRefusal
	pushes   []ProductStock

	// The warehouse.
	book   []*bookEntry
	items  map[string]StockItem
	broken map[string]error
	stock  map[string]map[string]int // item, location
	gone   map[string]bool           // items without a level
	// untracked are items that the warehouse keeps no stock of.
	untracked map[string]bool
	careless  bool            // creates duplicates
	hidden    bool            // does not show what it creates
	unlinked  map[string]bool // SKUs
	stubborn  bool            // does not cancel

	memory     Memory
	imports    MemoryImports
	exceptions MemoryExceptions
}

type bookEntry struct {
	WarehouseOrder
	from    NewOrder
	address Address
	parents []string // merged or split into this one
}

// The stock items and listings that most tests use: a mug, a spoon, and a gift
// set of one mug and two spoons.
var (
	mug   = StockItem{ID: "i-mug", SKU: "MUG"}
	spoon = StockItem{ID: "i-spoon", SKU: "SPOON"}
	set   = StockItem{ID: "i-set", SKU: "SET", Kit: []KitComponent{{mug, 1}, {spoon, 2}}}
)

func sku(name string) ListingSKU {
	return ListingSKU{ProductID: "p-" + name, ID: "s-" + name, SellerSKU: name}
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, now: sinceNoon(), orders: map[string]Order{}, broken: map[string]error{}, gone: map[string]bool{}, unlinked: map[string]bool{},
		items:    map[string]StockItem{"s-MUG": mug, "s-SPOON": spoon, "s-SET": set},
		stock:    map[string]map[string]int{"i-mug": {"L1": 10, "L2": 3}, "i-spoon": {"L1": 9, "L2": 50}},
		carriers: []Carrier{{"c-1", "Royal Mail"}, {"c-2", "DPD"}},
		refusals: map[string]StockRefusal{},
		imports:  MemoryImports{Now: func() time.Time { return noon.Add(time.Hour) }}, // begun later than the orders
	}
	w.exceptions.Now = func() time.Time { return w.now() }
	return w
}

// do is every call: it fails before or after the effect, or not at all.
func (w *world) do(ctx context.Context, name string, effect func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, name)
	n := len(w.calls)
	var bad error
	if w.fail != nil {
		bad = w.fail(n, name)
	}
	if bad != nil && !w.lost {
		return bad
	}
	err := effect()
	if w.after != nil {
		w.after(n, name)
	}
	return cmp.Or(bad, err)
}

// failOn fails every call of the name given.
func failOn(name string) func(int, string) error {
	return func(_ int, n string) error {
		if n == name {
			return errInjected
		}
		return nil
	}
}

func (w *world) count(name string) int {
	n := 0
	for _, c := range w.calls {
		if c == name {
			n++
		}
	}
	return n
}

// OrdersUpdated implements OrderSource.
func (w *world) OrdersUpdated(ctx context.Context, _, _ time.Time) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		var list []Order
		err := w.do(ctx, "OrdersUpdated", func() error {
			for _, id := range slices.Sorted(maps.Keys(w.orders)) {
				list = append(list, w.orders[id])
			}
			return nil
		})
		if err != nil {
			yield(Order{}, err)
			return
		}
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// OrdersByID implements OrderSource.
func (w *world) OrdersByID(ctx context.Context, ids []string) (list []Order, err error) {
	err = w.do(ctx, "OrdersByID", func() error {
		for _, id := range ids {
			if o, ok := w.orders[id]; ok {
				o.Lines = slices.Clone(o.Lines)
				o.CancelRequested = o.CancelRequested || !w.lag && slices.ContainsFunc(w.pending, func(c Cancellation) bool { return c.Pending && c.OrderID == id })
				list = append(list, o)
			}
		}
		return nil
	})
	return list, err
}

// PendingCancellations implements CancellationSource.
func (w *world) PendingCancellations(ctx context.Context, ids []string) (list []Cancellation, err error) {
	err = w.do(ctx, "PendingCancellations", func() error {
		for _, c := range w.pending {
			if c.Pending && (len(ids) == 0 || slices.Contains(ids, c.OrderID)) {
				list = append(list, c)
			}
		}
		return nil
	})
	return list, err
}

// Listings implements ListingSource.
func (w *world) Listings(ctx context.Context) iter.Seq2[Listing, error] {
	return func(yield func(Listing, error) bool) {
		var list []Listing
		err := w.do(ctx, "Listings", func() error {
			list = slices.Clone(w.listings)
			for i := range list {
				list[i].Stock = slices.Clone(list[i].Stock)
			}
			return nil
		})
		if err != nil {
			yield(Listing{}, err)
			return
		}
		for _, l := range list {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// PublishStock implements StockPublisher.
func (w *world) PublishStock(ctx context.Context, p ProductStock) (list []StockRefusal, err error) {
	err = w.do(ctx, "PublishStock", func() error {
		w.pushes = append(w.pushes, p)
		for _, s := range p.SKUs {
			if r, ok := w.refusals[s.ID]; ok {
				list = append(list, r)
				continue
			}
			for i := range w.listings {
				if w.listings[i].ID == s.ID {
					w.listings[i].Stock = slices.Clone(s.Stock)
				}
			}
		}
		return nil
	})
	return list, err
}

// Carriers implements Shipper.
func (w *world) Carriers(ctx context.Context, _ Order) ([]Carrier, error) {
	return w.carriers, w.do(ctx, "Carriers", func() error { return nil })
}

// Ship implements Shipper.
func (w *world) Ship(ctx context.Context, s Shipment) error {
	return w.do(ctx, "Ship", func() error {
		o := w.orders[s.Order.ID]
		if o.Status != AwaitingShipment && o.Status != PartiallyShipping {
			return fmt.Errorf("%w: order %s", ErrAlreadyShipped, o.ID)
		}
		w.shipped = append(w.shipped, s)
		if !w.blind {
			w.mark(s.Order.ID, s.Tracking, s.LineIDs)
		}
		return nil
	})
}

// mark shows a tracking number on lines of an order (all if none is named).
func (w *world) mark(id, tracking string, lineIDs []string) {
	o := w.orders[id]
	o.Lines = slices.Clone(o.Lines)
	o.Status = AwaitingCollection
	for i, l := range o.Lines {
		if l.Tracking == "" && !l.Cancelled && (len(lineIDs) == 0 || slices.Contains(lineIDs, l.ID)) {
			o.Lines[i].Tracking, o.Lines[i].PackageID = tracking, "pkg-"+tracking
		}
		if o.Lines[i].Tracking == "" && !l.Cancelled {
			o.Status = PartiallyShipping
		}
	}
	w.orders[id] = o
}

// ArrangeShipping implements Shipper. It goes by the order that it is given, as
// the real one does: whoever gives a stale one buys twice.
func (w *world) ArrangeShipping(ctx context.Context, s Shipment) (label Label, err error) {
	o, number := s.Order, "TT-"+s.Order.ID
	if len(s.LineIDs) > 0 {
		number = "TT-" + s.LineIDs[0]
	}
	err = w.do(ctx, "ArrangeShipping", func() error {
		if o.Status == AwaitingShipment || o.Status == PartiallyShipping {
			w.labels++
			w.mark(o.ID, number, s.LineIDs)
		}
		label = Label{PackageID: "pkg-" + number, Tracking: number, Carrier: "Evri"}
		if w.noNumber {
			label.Tracking = ""
		}
		return nil
	})
	return label, err
}

// StockItems implements Catalogue.
func (w *world) StockItems(ctx context.Context, listings []ListingSKU) (items map[string]StockItem, broken map[string]error, err error) {
	items = map[string]StockItem{}
	err = w.do(ctx, "StockItems", func() error {
		for _, l := range listings {
			if item, ok := w.items[l.ID]; ok {
				items[l.ID] = item
			}
		}
		return nil
	})
	return items, w.broken, err
}

// StockLevels implements StockReader: stock less what open orders take.
func (w *world) StockLevels(ctx context.Context, ids []string) (r StockReading, err error) {
	r.At = w.now()
	err = w.do(ctx, "StockLevels", func() error {
		r.Available, r.Untracked = w.available(), w.untracked
		maps.DeleteFunc(r.Available, func(id string, _ map[string]int) bool { return w.gone[id] || !slices.Contains(ids, id) })
		return nil
	})
	return r, err
}

func (w *world) available() map[string]map[string]int {
	free := map[string]map[string]int{}
	for id, levels := range w.stock {
		free[id] = maps.Clone(levels)
	}
	for _, e := range w.book {
		if e.State != Open && e.State != Parked {
			continue
		}
		for _, line := range e.Lines {
			for _, item := range w.items {
				if item.SKU != line.SKU || line.Unlinked {
					continue
				}
				parts, err := item.Parts(line.Quantity)
				if err != nil {
					w.t.Errorf("an order took what cannot be taken: %v", err)
				}
				for id, n := range parts {
					free[id][e.LocationID] -= n
				}
				break
			}
		}
	}
	return free
}

// FindOrders implements OrderBook.
func (w *world) FindOrders(ctx context.Context, references []string) (list []WarehouseOrder, err error) {
	err = w.do(ctx, "FindOrders", func() error {
		for _, e := range w.book {
			if slices.Contains(references, e.Reference) && !w.hidden {
				list = append(list, e.WarehouseOrder)
			}
		}
		return nil
	})
	return list, err
}

// CreateOrders implements OrderBook.
func (w *world) CreateOrders(ctx context.Context, orders []NewOrder) []CreatedOrder {
	created := make([]CreatedOrder, len(orders))
	err := w.do(ctx, "CreateOrders", func() error {
		for i, n := range orders {
			known := func(e *bookEntry) bool { return e.Reference == n.Reference }
			if w.careless || !slices.ContainsFunc(w.book, known) {
				w.add(n)
			}
			for _, e := range w.book {
				if known(e) && !w.hidden {
					created[i].Found = append(created[i].Found, e.WarehouseOrder)
				}
			}
			if w.hidden {
				created[i].Err = errors.New("not shown yet")
			}
		}
		return nil
	})
	for i, n := range orders {
		if created[i].Reference = n.Reference; err != nil {
			created[i].Found, created[i].Err = nil, err
		}
	}
	return created
}

// TraceOrders implements OrderTracer.
func (w *world) TraceOrders(ctx context.Context, ids []string) (map[string][]WarehouseOrder, error) {
	traced := map[string][]WarehouseOrder{}
	return traced, w.do(ctx, "TraceOrders", func() error {
		for _, e := range w.book {
			for _, id := range ids {
				if e.ID == id || slices.Contains(e.parents, id) {
					traced[id] = append(traced[id], e.WarehouseOrder)
				}
			}
		}
		return nil
	})
}

// SetAddress implements AddressWriter.
func (w *world) SetAddress(ctx context.Context, o WarehouseOrder, a Address) error {
	return w.do(ctx, "SetAddress", func() error { w.entry(o).address = a; return nil })
}

func (w *world) add(n NewOrder) *bookEntry {
	number := strconv.Itoa(100 + len(w.book))
	e := &bookEntry{from: n, address: n.Recipient, WarehouseOrder: WarehouseOrder{
		ID: "w" + number, Number: number, Reference: n.Reference, State: Open, Stage: StageNew, LocationID: n.LocationID,
		Carrier: "Royal Mail", HasAddress: n.Recipient != Address{}, Unpaid: n.Unpaid,
	}}
	if n.Parked {
		e.State = Parked
	}
	for _, l := range n.Lines {
		line := WarehouseLine{LineID: l.LineID, SKU: l.SKU, Quantity: l.Quantity, Unlinked: w.unlinked[l.SKU], FromLineIDs: l.LineIDs}
		if len(l.LineIDs) == l.Quantity {
			line.ShopLineIDs = l.LineIDs
		}
		e.Lines = append(e.Lines, line)
	}
	w.book = append(w.book, e)
	return e
}

func (w *world) entry(o WarehouseOrder) *bookEntry {
	for _, e := range w.book {
		if e.ID == o.ID {
			return e
		}
	}
	w.t.Errorf("the warehouse has no order %q", o.ID)
	return new(bookEntry)
}

// ReleaseOrders implements OrderBook.
func (w *world) ReleaseOrders(ctx context.Context, orders []OrderRelease) []error {
	errs := make([]error, len(orders))
	for i, o := range orders {
		errs[i] = w.ReleaseOrder(ctx, o.Order, o.Address)
	}
	return errs
}

// ReleaseOrder implements OrderCanceller.
func (w *world) ReleaseOrder(ctx context.Context, o WarehouseOrder, a Address) error {
	return w.do(ctx, "ReleaseOrder", func() error {
		e := w.entry(o)
		if a != (Address{}) {
			e.address, e.HasAddress = a, true
		}
		if !w.stubborn {
			e.State, e.Unpaid = Open, false
		}
		return nil
	})
}

// HoldOrder implements OrderCanceller.
func (w *world) HoldOrder(ctx context.Context, o WarehouseOrder) error {
	return w.do(ctx, "HoldOrder", func() error { w.entry(o).State = Parked; return nil })
}

// CancelOrder implements OrderCanceller.
func (w *world) CancelOrder(ctx context.Context, o WarehouseOrder, _ string) error {
	return w.do(ctx, "CancelOrder", func() error {
		if e := w.entry(o); e.State != Processed && !w.stubborn {
			e.State = Dropped
		}
		return nil
	})
}

// SetTracking implements TrackingWriter.
func (w *world) SetTracking(ctx context.Context, o WarehouseOrder, l Label) error {
	return w.do(ctx, "SetTracking", func() error {
		if !w.stubborn {
			w.entry(o).Tracking = l.Tracking
		}
		return nil
	})
}

// The store, with its calls counted.

func (w *world) PutReservation(ctx context.Context, r Reservation) error {
	w.discreet(r)
	return w.do(ctx, "PutReservation", func() error { return w.memory.PutReservation(ctx, r) })
}

func (w *world) DropReservation(ctx context.Context, id string) error {
	return w.do(ctx, "DropReservation", func() error { return w.memory.DropReservation(ctx, id) })
}

func (w *world) Reservations(ctx context.Context) (list []Reservation, err error) {
	err = w.do(ctx, "Reservations", func() error { list, err = w.memory.Reservations(ctx); return err })
	return list, err
}

func (w *world) Lock(ctx context.Context, key string) (func(), error) { return w.memory.Lock(ctx, key) }

func (w *world) Raise(ctx context.Context, e Exception) error {
	w.discreet(e)
	return w.do(ctx, "Raise", func() error { return w.exceptions.Raise(ctx, e) })
}

func (w *world) Clear(ctx context.Context, object string, kinds ...Kind) error {
	return w.do(ctx, "Clear", func() error { return w.exceptions.Clear(ctx, object, kinds...) })
}

func (w *world) Open(ctx context.Context) (list []Exception, err error) {
	err = w.do(ctx, "Open", func() error { list, err = w.exceptions.Open(ctx); return err })
	return list, err
}

// open returns the kinds and objects of the open exceptions.
func (w *world) open() []string {
	list, _ := w.exceptions.Open(context.Background())
	var keys []string
	for _, e := range list {
		keys = append(keys, string(e.Kind)+": "+e.Object)
		if e.Owner == "" || e.Seen == "" || e.Do == "" {
			w.t.Errorf("exception without owner, finding or remedy: %+v", e)
		}
	}
	slices.Sort(keys)
	return keys
}

// reservation is that of order 1, the one that most tests have.
func (w *world) reservation() (Reservation, bool) {
	list, _ := w.memory.Reservations(context.Background())
	for _, r := range list {
		if r.OrderID == "1" {
			return r, true
		}
	}
	return Reservation{}, false
}

func (w *world) ImportRecords(ctx context.Context, ids ...string) (records map[string]ImportRecord, since time.Time, err error) {
	err = w.do(ctx, "ImportRecords", func() error { records, since, err = w.imports.ImportRecords(ctx, ids...); return err })
	return records, since, err
}

func (w *world) PutImportRecords(ctx context.Context, records ...ImportRecord) error {
	w.discreet(records)
	return w.do(ctx, "PutImportRecords", func() error { return w.imports.PutImportRecords(ctx, records...) })
}

func (w *world) DropImportRecords(ctx context.Context, ids ...string) error {
	return w.do(ctx, "DropImportRecords", func() error { return w.imports.DropImportRecords(ctx, ids...) })
}

// The primitives over the world.

func (w *world) importer() *Importer { return w.importerAt(w.now) }

func (w *world) importerAt(now func() time.Time) *Importer { return w.importerOver(nil, now) }

// importerReading asks the shop again before it commits.
func (w *world) importerReading() *Importer { return w.importerOver(w, w.now) }

func (w *world) importerOver(orders OrderSource, now func() time.Time) *Importer {
	im, err := NewImporter(
		ImportPorts{Orders: orders, OrderBook: w, Tracer: w, Addresses: w, Catalogue: w, Ledger: w, Records: w, Locks: w, Exceptions: w},
		ImportOptions{Locations: map[string]string{"W1": "L1", "W2": "L2"}, DefaultLocation: "L1", Now: now})
	if err != nil {
		w.t.Fatal(err)
	}
	return im
}

func (w *world) stockPush(o StockOptions) *StockPush {
	if o.Locations == nil {
		o.Locations = map[string][]string{"W1": {"L1"}, "W2": {"L2"}}
	}
	if o.Now == nil {
		o.Now = w.now
	}
	s, err := NewStockPush(StockPorts{Listings: w, Catalogue: w, Levels: w, Ledger: w, Publisher: w, Locks: w, Exceptions: w}, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) gate() *Gate {
	g, err := NewGate(GatePorts{Orders: w, Cancellations: w}, GateOptions{Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

func (w *world) canceller(cutOff Stage) *Canceller {
	c, err := NewCanceller(CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Ledger: w, Locks: w, Exceptions: w}, CancelOptions{CutOff: cutOff, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) dispatcher(carriers map[string]string) *Dispatcher {
	d, err := NewDispatcher(DispatchPorts{Gate: w.gate(), Orders: w, Shipper: w, OrderBook: w, Tracking: w, Locks: w, Exceptions: w},
		DispatchOptions{Carriers: carriers, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

var home = Address{Name: "Ada Buyer", Line1: "1 Secret Street", Postcode: "AB1 2CD", Country: "GB", Phone: "+44 7700 900123", Email: "ada@example.test"}

func gbp(minor int64) Money { return Money{minor, "GBP"} }

// anOrder is ready to ship, of one unit of each listing.
func anOrder(id string, listings ...string) Order {
	o := Order{
		ID: id, Status: AwaitingShipment, ShippingModel: SellerShipping, WarehouseID: "W1", Recipient: home,
		Totals: Totals{Currency: "GBP"}, BuyerName: "ada_b", Note: "ring twice, Ada",
		CreatedAt: noon, PaidAt: noon, UpdatedAt: noon, ShipBy: noon.Add(48 * time.Hour), CancelledBy: noon.Add(96 * time.Hour),
	}
	for i, l := range listings {
		o.Lines = append(o.Lines, OrderLine{ID: fmt.Sprintf("%s-%d", id, i+1), Listing: sku(l), Title: l, Price: gbp(1000)})
	}
	o.Totals.Items = gbp(1000 * int64(len(listings)))
	o.Totals.Paid = o.Totals.Items
	return o
}

// priced states as totals what the lines add up to.
func priced(o Order) Order {
	o.Totals.Items = Money{Currency: o.Totals.Currency}
	for _, l := range o.Lines {
		o.Totals.Items = o.Totals.Items.plus(l.Price)
	}
	o.Totals.Paid = o.Totals.Items
	return o
}

// put shows orders in the shop and returns them.
func (w *world) put(orders ...Order) []Order {
	for _, o := range orders {
		w.orders[o.ID] = o
	}
	return orders
}

func with(o Order, change func(*Order)) Order {
	change(&o)
	return o
}

// outcome brings what a run did with one order down to a word; errors fail the
// test.
func outcome(t *testing.T) func(OrderResults, error) Outcome {
	return func(r OrderResults, err error) Outcome {
		t.Helper()
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		if len(r) != 1 {
			t.Fatalf("%d results, want 1", len(r))
		}
		return r[0].Outcome
	}
}
