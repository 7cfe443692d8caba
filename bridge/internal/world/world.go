// Package world is a shop and a warehouse in maps, behind every port of the bridge,
// for tests. Each call can be made to fail, before or after it takes effect.
package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// RegretsPass runs what has to do with cancellations once.
func (w *World) RegretsPass(ctx context.Context) error {
	var orders []bridge.Order
	for o, err := range w.OrdersUpdated(ctx, Noon, Noon) {
		if err != nil {
			return err
		}
		orders = append(orders, o)
	}
	_, importErr := w.ImporterReading().Import(ctx, orders...)
	pending, err := w.PendingCancellations(ctx, nil)
	if err != nil {
		return errors.Join(importErr, err)
	}
	_, cancelErr := w.CancellerWith(bridge.CancelOptions{LateAnswer: bridge.AnswerReject}).Cancel(ctx, append(pending, bridge.CancellationsOf(orders...)...)...)
	_, revokeErr := w.Revoker(bridge.RevokeOptions{Reasons: []string{ReasonBuyer}}).Revoke(ctx, w.Entries()...)
	_, pushErr := w.StockPush(stock.Options{}).Push(ctx)
	return errors.Join(importErr, cancelErr, revokeErr, pushErr)
}

func (w *World) CancellerWith(o bridge.CancelOptions) *bridge.Canceller {
	if o.Now == nil {
		o.Now = w.Now
	}
	c, err := bridge.NewCanceller(bridge.CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Lines: w, Tracer: w, Records: w, Ledger: w, Locks: w, Exceptions: w}, o)
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

// OrdersByStatus implements OpenOrderSource.
func (w *World) OrdersByStatus(ctx context.Context, status bridge.OrderStatus, from time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for o, err := range w.OrdersUpdated(ctx, Noon, Noon) {
			if err != nil {
				yield(bridge.Order{}, err)
				return
			}
			if o.Status == status && !o.CreatedAt.Before(from) && !yield(o, nil) {
				return
			}
		}
	}
}

// SentOrders puts n processed orders into both sides.
func (w *World) SentOrders(n int) {
	for i := range n {
		id := fmt.Sprintf("%04d", i)
		w.Processed(w.Put(AnOrder(id, "MUG"))[0], "RM"+id)
	}
}

// ReadOrders reads many warehouse orders with one call.
func (w *World) ReadOrders(ctx context.Context, ids []string) (list []bridge.WarehouseOrder, err error) {
	err = w.Do(ctx, "ReadOrders", func() error {
		for _, e := range w.Book {
			if slices.Contains(ids, e.ID) {
				list = append(list, e.WarehouseOrder)
			}
		}
		return nil
	})
	return list, err
}

// Processed puts a warehouse order of a shop order into the book, as it is after
// the parcel left.
func (w *World) Processed(o bridge.Order, tracking string) *BookEntry {
	n, _ := bridge.MapOrder(o, catalogue.Lookup{Items: w.Items})
	n.LocationID = "L1"
	e := w.Add(n)
	e.State, e.Stage, e.Tracking = bridge.Processed, stage.Processed, tracking
	return e
}

// Waiting puts the warehouse order into the book as it is before.
func (w *World) Waiting(o bridge.Order) *BookEntry {
	e := w.Processed(o, "")
	e.State, e.Stage = bridge.Open, stage.New
	return e
}

func (w *World) Entries() []bridge.WarehouseOrder {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	var list []bridge.WarehouseOrder
	for _, e := range w.Book {
		list = append(list, e.WarehouseOrder)
	}
	return list
}

var Noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func AtNoon() time.Time { return Noon }

// sinceNoon returns a clock that starts at noon and moves on with each reading,
// so that no two moments are the same, as with a real clock.
func sinceNoon() func() time.Time {
	var readings atomic.Int64
	return func() time.Time { return Noon.Add(time.Duration(readings.Add(1)) * time.Nanosecond) }
}

var ErrInjected = errors.New("the line went dead")

// World is a shop, a warehouse and a store behind all ports of the package. It
// counts the calls and can fail, lose the reply of, or stop after any of them.
type World struct {
	T  *testing.T
	Mu sync.Mutex
	// now is the clock of the world and of all that is built on it. It starts at
	// noon as the orders do: beside the machine's clock they would be late one day.
	Now func() time.Time

	Calls []string
	// fail returns the error of call number n (from 1), or nil. If lost is set
	// the call takes effect all the same.
	Fail func(n int, name string) error
	Lost bool
	// after runs after call number n has taken effect.
	After func(n int, name string)

	// The shop.
	Orders   map[string]bridge.Order
	Pending  []bridge.Cancellation
	Lag      bool // details do not show requests yet
	Approved []string
	desk
	ForSale     []catalogue.Listing
	CarrierList []bridge.Carrier
	Shipped     []bridge.Shipment
	Labels      int // bought
	NoNumber    bool
	Blind       bool // does not show new tracking numbers
	Refusals    map[string]stock.Refusal
	// SeenTo is up to when its orders have been seen, nil for all of them.
	SeenTo *time.Time
	Pushes []stock.ProductStock

	// The warehouse.
	Book []*BookEntry
	// ShipWarning is what the shop says about every shipment that it takes.
	ShipWarning string
	Items       map[string]catalogue.Item
	Broken      map[string]error
	Stock       map[string]map[string]int // item, location
	Gone        map[string]bool           // items without a level
	// untracked are items that the warehouse keeps no stock of.
	Untracked map[string]bool
	Careless  bool            // creates duplicates
	Hidden    bool            // does not show what it creates
	Unlinked  map[string]bool // SKUs
	Stubborn  bool            // does not cancel

	Account    *store.Memory
	Memory     store.Shop // of the account, the shop's
	Cases      exceptions.Memory
	Exceptions exceptions.Queue // of the cases, the shop's
}

type BookEntry struct {
	bridge.WarehouseOrder
	From    bridge.NewOrder
	Address bridge.Address
	Parents []string // merged or split into this one
}

// The stock items and listings that most tests use: a mug, a spoon, and a gift
// set of one mug and two spoons.
var (
	Mug   = catalogue.Item{ID: "i-mug", SKU: "MUG"}
	Spoon = catalogue.Item{ID: "i-spoon", SKU: "SPOON"}
	Set   = catalogue.Item{ID: "i-set", SKU: "SET", Kit: []catalogue.Component{{Item: Mug, Quantity: 1}, {Item: Spoon, Quantity: 2}}}
)

func SKU(name string) catalogue.SKU {
	return catalogue.SKU{ProductID: "p-" + name, ID: "s-" + name, SellerSKU: name}
}

func NewWorld(t *testing.T) *World {
	w := &World{
		T: t, Now: sinceNoon(), Orders: map[string]bridge.Order{}, Broken: map[string]error{}, Gone: map[string]bool{}, Unlinked: map[string]bool{},
		Items:       map[string]catalogue.Item{"s-MUG": Mug, "s-SPOON": Spoon, "s-SET": Set},
		Stock:       map[string]map[string]int{"i-mug": {"L1": 10, "L2": 3}, "i-spoon": {"L1": 9, "L2": 50}},
		CarrierList: []bridge.Carrier{{ID: "c-1", Name: "Royal Mail"}, {ID: "c-2", Name: "DPD"}},
		Refusals:    map[string]stock.Refusal{},
	}
	// Begun later than the orders.
	w.Account = &store.Memory{Now: func() time.Time { return Noon.Add(time.Hour) }}
	w.Memory = w.Account.Shop("shop")
	w.Cases.Now = func() time.Time { return w.Now() }
	w.Exceptions = w.Cases.Shop("shop")
	return w
}

// Do is every call: it fails before or after the effect, or not at all.
func (w *World) Do(ctx context.Context, name string, effect func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Calls = append(w.Calls, name)
	n := len(w.Calls)
	var bad error
	if w.Fail != nil {
		bad = w.Fail(n, name)
	}
	if bad != nil && !w.Lost {
		return bad
	}
	err := effect()
	if w.After != nil {
		w.After(n, name)
	}
	return cmp.Or(bad, err)
}

// FailOn fails every call of the name given.
func FailOn(name string) func(int, string) error {
	return func(_ int, n string) error {
		if n == name {
			return ErrInjected
		}
		return nil
	}
}

func (w *World) Count(name string) int {
	n := 0
	for _, c := range w.Calls {
		if c == name {
			n++
		}
	}
	return n
}

// OrdersUpdated implements OrderSource.
func (w *World) OrdersUpdated(ctx context.Context, _, _ time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		var list []bridge.Order
		err := w.Do(ctx, "OrdersUpdated", func() error {
			for _, id := range slices.Sorted(maps.Keys(w.Orders)) {
				list = append(list, w.Orders[id])
			}
			return nil
		})
		if err != nil {
			yield(bridge.Order{}, err)
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
func (w *World) OrdersByID(ctx context.Context, ids []string) (list []bridge.Order, err error) {
	err = w.Do(ctx, "OrdersByID", func() error {
		for _, id := range ids {
			if o, ok := w.Orders[id]; ok {
				o.Lines = slices.Clone(o.Lines)
				o.CancelRequested = o.CancelRequested || !w.Lag && slices.ContainsFunc(w.Pending, func(c bridge.Cancellation) bool { return c.Pending && c.OrderID == id })
				list = append(list, o)
			}
		}
		return nil
	})
	return list, err
}

// PendingCancellations implements CancellationSource.
func (w *World) PendingCancellations(ctx context.Context, ids []string) (list []bridge.Cancellation, err error) {
	err = w.Do(ctx, "PendingCancellations", func() error {
		for _, c := range w.Pending {
			if c.Pending && (len(ids) == 0 || slices.Contains(ids, c.OrderID)) {
				list = append(list, c)
			}
		}
		return nil
	})
	return list, err
}

// Listings implements ListingSource.
func (w *World) Listings(ctx context.Context) iter.Seq2[catalogue.Listing, error] {
	return func(yield func(catalogue.Listing, error) bool) {
		var list []catalogue.Listing
		err := w.Do(ctx, "Listings", func() error {
			list = slices.Clone(w.ForSale)
			for i := range list {
				list[i].Stock = slices.Clone(list[i].Stock)
			}
			return nil
		})
		if err != nil {
			yield(catalogue.Listing{}, err)
			return
		}
		for _, l := range list {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// PublishStock implements stock.Publisher.
func (w *World) PublishStock(ctx context.Context, p stock.ProductStock) (list []stock.Refusal, err error) {
	err = w.Do(ctx, "PublishStock", func() error {
		w.Pushes = append(w.Pushes, p)
		for _, s := range p.SKUs {
			if r, ok := w.Refusals[s.ID]; ok {
				list = append(list, r)
				continue
			}
			for i := range w.ForSale {
				if w.ForSale[i].ID == s.ID {
					w.ForSale[i].Stock = slices.Clone(s.Stock)
				}
			}
		}
		return nil
	})
	return list, err
}

// Carriers implements Shipper.
func (w *World) Carriers(ctx context.Context, _ bridge.Order) ([]bridge.Carrier, error) {
	return w.CarrierList, w.Do(ctx, "Carriers", func() error { return nil })
}

// Ship implements Shipper.
func (w *World) Ship(ctx context.Context, s bridge.Shipment) (warning string, err error) {
	return w.ShipWarning, w.Do(ctx, "Ship", func() error {
		o := w.Orders[s.Order.ID]
		if o.Status != bridge.AwaitingShipment && o.Status != bridge.PartiallyShipping {
			return fmt.Errorf("%w: order %s", bridge.ErrAlreadyShipped, o.ID)
		}
		w.Shipped = append(w.Shipped, s)
		if !w.Blind {
			w.Mark(s.Order.ID, s.Tracking, s.LineIDs)
		}
		return nil
	})
}

// Mark shows a tracking number on lines of an order (all if none is named).
func (w *World) Mark(id, tracking string, lineIDs []string) {
	o := w.Orders[id]
	o.Lines = slices.Clone(o.Lines)
	o.Status = bridge.AwaitingCollection
	for i, l := range o.Lines {
		if l.Tracking == "" && !l.Cancelled && (len(lineIDs) == 0 || slices.Contains(lineIDs, l.ID)) {
			o.Lines[i].Tracking, o.Lines[i].PackageID = tracking, "pkg-"+tracking
		}
		if o.Lines[i].Tracking == "" && !l.Cancelled {
			o.Status = bridge.PartiallyShipping
		}
	}
	w.Orders[id] = o
}

// ArrangeShipping implements Shipper. It goes by the order that it is given, as
// the real one does: whoever gives a stale one buys twice.
func (w *World) ArrangeShipping(ctx context.Context, s bridge.Shipment) (label bridge.Label, err error) {
	o, number := s.Order, "TT-"+s.Order.ID
	if len(s.LineIDs) > 0 {
		number = "TT-" + s.LineIDs[0]
	}
	err = w.Do(ctx, "ArrangeShipping", func() error {
		if o.Status == bridge.AwaitingShipment || o.Status == bridge.PartiallyShipping {
			w.Labels++
			w.Mark(o.ID, number, s.LineIDs)
		}
		label = bridge.Label{PackageID: "pkg-" + number, Tracking: number, Carrier: "Evri"}
		if w.NoNumber {
			label.Tracking = ""
		}
		return nil
	})
	return label, err
}

// StockItems implements Catalogue.
func (w *World) StockItems(ctx context.Context, listings []catalogue.SKU) (items map[string]catalogue.Item, broken map[string]error, err error) {
	items = map[string]catalogue.Item{}
	err = w.Do(ctx, "StockItems", func() error {
		for _, l := range listings {
			if item, ok := w.Items[l.ID]; ok {
				items[l.ID] = item
			}
		}
		return nil
	})
	return items, w.Broken, err
}

// StockLevels implements stock.Reader: stock less what open orders take.
func (w *World) StockLevels(ctx context.Context, ids []string) (r stock.Reading, err error) {
	r.At = w.Now()
	err = w.Do(ctx, "StockLevels", func() error {
		r.Available, r.Untracked = w.available(), w.Untracked
		maps.DeleteFunc(r.Available, func(id string, _ map[string]int) bool { return w.Gone[id] || !slices.Contains(ids, id) })
		return nil
	})
	return r, err
}

func (w *World) available() map[string]map[string]int {
	free := map[string]map[string]int{}
	for id, levels := range w.Stock {
		free[id] = maps.Clone(levels)
	}
	for _, e := range w.Book {
		if e.State != bridge.Open && e.State != bridge.Parked {
			continue
		}
		for _, line := range e.Lines {
			for _, item := range w.Items {
				if item.SKU != line.SKU || line.Unlinked {
					continue
				}
				parts, err := item.Parts(line.Quantity)
				if err != nil {
					w.T.Errorf("an order took what cannot be taken: %v", err)
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
func (w *World) FindOrders(ctx context.Context, references []string) (list []bridge.WarehouseOrder, err error) {
	err = w.Do(ctx, "FindOrders", func() error {
		for _, e := range w.Book {
			if slices.Contains(references, e.Reference) && !w.Hidden {
				list = append(list, e.WarehouseOrder)
			}
		}
		return nil
	})
	return list, err
}

// CreateOrders implements OrderBook.
func (w *World) CreateOrders(ctx context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	created := make([]bridge.CreatedOrder, len(orders))
	err := w.Do(ctx, "CreateOrders", func() error {
		for i, n := range orders {
			known := func(e *BookEntry) bool { return e.Reference == n.Reference && e.Foreign == "" }
			if w.Careless || !slices.ContainsFunc(w.Book, known) {
				w.Add(n)
			}
			for _, e := range w.Book {
				if known(e) && !w.Hidden {
					created[i].Found = append(created[i].Found, e.WarehouseOrder)
				}
			}
			if w.Hidden {
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
func (w *World) TraceOrders(ctx context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error) {
	traced := map[string][]bridge.WarehouseOrder{}
	return traced, w.Do(ctx, "TraceOrders", func() error {
		for _, e := range w.Book {
			for _, id := range ids {
				if e.ID == id || slices.Contains(e.Parents, id) {
					traced[id] = append(traced[id], e.WarehouseOrder)
				}
			}
		}
		return nil
	})
}

// FindMerged implements OrderTracer. It does not ask when they were merged.
func (w *World) FindMerged(ctx context.Context, _ time.Time, references []string) (map[string][]bridge.WarehouseOrder, error) {
	merged := map[string][]bridge.WarehouseOrder{}
	return merged, w.Do(ctx, "FindMerged", func() error {
		for _, e := range w.Book {
			for _, reference := range references {
				if e.Merged && slices.Contains(e.References, reference) {
					merged[reference] = append(merged[reference], e.WarehouseOrder)
				}
			}
		}
		return nil
	})
}

// SetAddress implements AddressWriter.
func (w *World) SetAddress(ctx context.Context, o bridge.WarehouseOrder, a bridge.Address) error {
	return w.Do(ctx, "SetAddress", func() error { w.entry(o).Address = a; return nil })
}

func (w *World) Add(n bridge.NewOrder) *BookEntry {
	number := strconv.Itoa(100 + len(w.Book))
	e := &BookEntry{From: n, Address: n.Recipient, WarehouseOrder: bridge.WarehouseOrder{
		ID: "w" + number, Number: number, Reference: n.Reference, State: bridge.Open, Stage: stage.New, LocationID: n.LocationID,
		Carrier: "Royal Mail", HasAddress: n.Recipient != bridge.Address{}, Unpaid: n.Unpaid,
	}}
	if n.Parked {
		e.State = bridge.Parked
	}
	e.MadeParked = n.Parked
	for _, l := range n.Lines {
		line := bridge.WarehouseLine{LineID: l.LineID, SKU: l.SKU, Quantity: l.Quantity, Unlinked: w.Unlinked[l.SKU], FromLineIDs: l.LineIDs}
		if len(l.LineIDs) == l.Quantity {
			line.ShopLineIDs = l.LineIDs
		}
		e.Lines = append(e.Lines, line)
	}
	w.Book = append(w.Book, e)
	return e
}

func (w *World) entry(o bridge.WarehouseOrder) *BookEntry {
	for _, e := range w.Book {
		if e.ID == o.ID {
			return e
		}
	}
	w.T.Errorf("the warehouse has no order %q", o.ID)
	return new(BookEntry)
}

// ReleaseOrders implements OrderBook.
func (w *World) ReleaseOrders(ctx context.Context, orders []bridge.OrderRelease) []error {
	errs := make([]error, len(orders))
	for i, o := range orders {
		errs[i] = w.ReleaseOrder(ctx, o.Order, o.Address)
	}
	return errs
}

// ReleaseOrder implements OrderCanceller.
func (w *World) ReleaseOrder(ctx context.Context, o bridge.WarehouseOrder, a bridge.Address) error {
	return w.Do(ctx, "ReleaseOrder", func() error {
		e := w.entry(o)
		if a != (bridge.Address{}) {
			e.Address, e.HasAddress = a, true
		}
		if !w.Stubborn {
			e.State, e.Unpaid = bridge.Open, false
		}
		return nil
	})
}

// HoldOrder implements OrderCanceller.
func (w *World) HoldOrder(ctx context.Context, o bridge.WarehouseOrder) error {
	return w.Do(ctx, "HoldOrder", func() error { w.entry(o).State = bridge.Parked; return nil })
}

// CancelOrder implements OrderCanceller.
func (w *World) CancelOrder(ctx context.Context, o bridge.WarehouseOrder, _ string) error {
	return w.Do(ctx, "CancelOrder", func() error {
		if e := w.entry(o); e.State != bridge.Processed && !w.Stubborn {
			e.State = bridge.Dropped
		}
		return nil
	})
}

// BookShipped implements OrderProcessor.
func (w *World) BookShipped(ctx context.Context, o bridge.WarehouseOrder, l bridge.Label) error {
	return w.Do(ctx, "BookShipped", func() error {
		if e := w.entry(o); !w.Stubborn {
			e.Tracking, e.State, e.Stage = l.Tracking, bridge.Processed, stage.Processed
			for _, line := range e.Lines { // the units leave the shelf
				for _, item := range w.Items {
					if item.SKU != line.SKU {
						continue
					}
					parts, err := item.Parts(line.Quantity)
					if err != nil {
						return err
					}
					for id, n := range parts {
						w.Stock[id][e.LocationID] -= n
					}
					break
				}
			}
		}
		return nil
	})
}

// SetTracking implements TrackingWriter.
func (w *World) SetTracking(ctx context.Context, o bridge.WarehouseOrder, l bridge.Label) error {
	return w.Do(ctx, "SetTracking", func() error {
		if !w.Stubborn {
			w.entry(o).Tracking = l.Tracking
		}
		return nil
	})
}

// The store, with its calls counted.

func (w *World) PutReservations(ctx context.Context, list ...store.Reservation) error {
	w.discreet(list)
	return w.Do(ctx, "PutReservations", func() error { return w.Memory.PutReservations(ctx, list...) })
}

func (w *World) DropReservations(ctx context.Context, ids ...string) error {
	return w.Do(ctx, "DropReservations", func() error { return w.Memory.DropReservations(ctx, ids...) })
}

func (w *World) ReservationsOf(ctx context.Context, ids ...string) (found map[string]store.Reservation, err error) {
	err = w.Do(ctx, "ReservationsOf", func() error { found, err = w.Memory.ReservationsOf(ctx, ids...); return err })
	return found, err
}

func (w *World) LedgerChanges(ctx context.Context, after store.Revision) (changes []store.Change, now store.Revision, err error) {
	err = w.Do(ctx, "LedgerChanges", func() error { changes, now, err = w.Memory.LedgerChanges(ctx, after); return err })
	return changes, now, err
}

func (w *World) SetSeenUpTo(ctx context.Context, moment time.Time) error {
	return w.Memory.SetSeenUpTo(ctx, moment)
}

func (w *World) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	at := w.Now()
	if w.SeenTo != nil {
		at = *w.SeenTo
	}
	return map[string]time.Time{"shop": at}, ctx.Err()
}

// SeeOrders fails as any call does.
func (w *World) SeeOrders(ctx context.Context) error {
	return w.Do(ctx, "SeeOrders", func() error { return nil })
}

// Current is a ledger beside which an intake runs that is never late.
type Current struct{ store.Ledger }

// SeenUpTo is the present.
func (Current) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	return map[string]time.Time{"shop": time.Now()}, ctx.Err()
}

// AllSeen is what a push is given where no order is missed.
func AllSeen(ctx context.Context) error { return ctx.Err() }

func (w *World) Reservations(ctx context.Context) (list []store.Reservation, err error) {
	err = w.Do(ctx, "Reservations", func() error { list, err = w.Memory.Reservations(ctx); return err })
	return list, err
}

func (w *World) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	return w.Memory.Lock(ctx, key)
}

func (w *World) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	return w.Memory.TryLock(ctx, keys...)
}

func (w *World) Raise(ctx context.Context, e exceptions.Exception) error {
	w.discreet(e)
	return w.Do(ctx, "Raise", func() error { return w.Exceptions.Raise(ctx, e) })
}

func (w *World) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	return w.Do(ctx, "Clear", func() error { return w.Exceptions.Clear(ctx, object, kinds...) })
}

func (w *World) Open(ctx context.Context, kinds ...exceptions.Kind) (list []exceptions.Exception, err error) {
	err = w.Do(ctx, "Open", func() error { list, err = w.Exceptions.Open(ctx, kinds...); return err })
	return list, err
}

// OpenKinds returns the kinds and objects of the open exceptions.
func (w *World) OpenKinds() []string {
	list, _ := w.Exceptions.Open(context.Background())
	var keys []string
	for _, e := range list {
		keys = append(keys, string(e.Kind)+": "+e.Object)
		if e.Owner == "" || e.Seen == "" || e.Do == "" {
			w.T.Errorf("exception without owner, finding or remedy: %+v", e)
		}
	}
	slices.Sort(keys)
	return keys
}

// Reservation is that of order 1, the one that most tests have.
func (w *World) Reservation() (store.Reservation, bool) {
	list, _ := w.Memory.Reservations(context.Background())
	for _, r := range list {
		if r.OrderID == "1" {
			return r, true
		}
	}
	return store.Reservation{}, false
}

func (w *World) RecordsOf(ctx context.Context, ids ...string) (records map[string]store.Record, since time.Time, err error) {
	err = w.Do(ctx, "RecordsOf", func() error { records, since, err = w.Memory.RecordsOf(ctx, ids...); return err })
	return records, since, err
}

func (w *World) PutRecords(ctx context.Context, records ...store.Record) (versions []int64, err error) {
	w.discreet(records)
	err = w.Do(ctx, "PutRecords", func() error { versions, err = w.Memory.PutRecords(ctx, records...); return err })
	return versions, err
}

func (w *World) DropRecords(ctx context.Context, ids ...string) error {
	return w.Do(ctx, "DropRecords", func() error { return w.Memory.DropRecords(ctx, ids...) })
}

func (w *World) DueRecords(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
	return w.Memory.DueRecords(ctx, at, after, limit)
}

func (w *World) ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) ([]store.Record, error) {
	return w.Memory.ReferencesDue(ctx, refusedBefore, limit)
}

func (w *World) EndedRecords(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
	return w.Memory.EndedRecords(ctx, before, after, limit)
}

func (w *World) Forget(ctx context.Context, records ...store.Record) (int, error) {
	return w.Memory.Forget(ctx, records...)
}

// The primitives over the world.

func (w *World) Importer() *bridge.Importer { return w.ImporterAt(w.Now) }

func (w *World) ImporterAt(now func() time.Time) *bridge.Importer { return w.importerOver(nil, now) }

// ImporterReading asks the shop again before it commits.
func (w *World) ImporterReading() *bridge.Importer { return w.importerOver(w, w.Now) }

func (w *World) importerOver(orders bridge.OrderSource, now func() time.Time) *bridge.Importer {
	im, err := bridge.NewImporter(
		bridge.ImportPorts{Orders: orders, OrderBook: w, Tracer: w, Addresses: w, Catalogue: w, Processor: w, Ledger: w, Records: w, Locks: w, Exceptions: w},
		bridge.ImportOptions{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, DefaultLocation: "L1", Now: now})
	if err != nil {
		w.T.Fatal(err)
	}
	return im
}

func (w *World) StockPush(o stock.Options) *stock.Engine {
	if o.Locations == nil {
		o.Locations = map[string][]string{"W1": {"L1"}, "W2": {"L2"}}
	}
	if o.Now == nil {
		o.Now = w.Now
	}
	s, err := stock.NewEngine(stock.Ports{Listings: w, Catalogue: w, Levels: w, SeeOrders: w.SeeOrders, Ledger: w, Publisher: w, Locks: w, Exceptions: w}, o)
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

func (w *World) Gate() *bridge.Gate {
	g, err := bridge.NewGate(bridge.GatePorts{Orders: w, Cancellations: w}, bridge.GateOptions{Now: w.Now})
	if err != nil {
		w.T.Fatal(err)
	}
	return g
}

func (w *World) Canceller(cutOff stage.Stage) *bridge.Canceller {
	c, err := bridge.NewCanceller(bridge.CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Lines: w, Tracer: w, Records: w, Ledger: w, Locks: w, Exceptions: w}, bridge.CancelOptions{CutOff: cutOff, Now: w.Now})
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func (w *World) Dispatcher(carriers map[string]string) *bridge.Dispatcher {
	d, err := bridge.NewDispatcher(bridge.DispatchPorts{Gate: w.Gate(), Orders: w, Shipper: w, OrderBook: w, Tracking: w, Locks: w, Exceptions: w},
		bridge.DispatchOptions{Carriers: carriers, Now: w.Now})
	if err != nil {
		w.T.Fatal(err)
	}
	return d
}

var Home = bridge.Address{Name: "Ada Buyer", Line1: "1 Secret Street", Postcode: "AB1 2CD", Country: "GB", Phone: "+44 7700 900123", Email: "ada@example.test"}

func GBP(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

// AnOrder is ready to ship, of one unit of each listing.
func AnOrder(id string, listings ...string) bridge.Order {
	o := bridge.Order{
		ID: id, Status: bridge.AwaitingShipment, ShippingModel: bridge.SellerShipping, WarehouseID: "W1", Recipient: Home,
		Totals: bridge.Totals{Currency: "GBP"}, BuyerName: "ada_b", Note: "ring twice, Ada",
		CreatedAt: Noon, PaidAt: Noon, UpdatedAt: Noon, ShipBy: Noon.Add(48 * time.Hour), CancelledBy: Noon.Add(96 * time.Hour),
	}
	for i, l := range listings {
		o.Lines = append(o.Lines, bridge.OrderLine{ID: fmt.Sprintf("%s-%d", id, i+1), Listing: SKU(l), Title: l, Price: GBP(1000)})
	}
	o.Totals.Items = GBP(1000 * int64(len(listings)))
	o.Totals.Paid = o.Totals.Items
	return o
}

// Priced states as totals what the lines add up to.
func Priced(o bridge.Order) bridge.Order {
	o.Totals.Items = money.Amount{Currency: o.Totals.Currency}
	for _, l := range o.Lines {
		o.Totals.Items = o.Totals.Items.Plus(l.Price)
	}
	o.Totals.Paid = o.Totals.Items
	return o
}

// Put shows orders in the shop and returns them.
func (w *World) Put(orders ...bridge.Order) []bridge.Order {
	for _, o := range orders {
		w.Orders[o.ID] = o
	}
	return orders
}

func With(o bridge.Order, changes ...func(*bridge.Order)) bridge.Order {
	for _, change := range changes {
		change(&o)
	}
	return o
}

// Outcome brings what a run did with one order down to a word; errors fail the
// test.
func Outcome(t *testing.T) func(bridge.OrderResults, error) bridge.Outcome {
	return func(r bridge.OrderResults, err error) bridge.Outcome {
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

// KnownOrders implements KnownOrders with what the shop shows: its last word.
func (w *World) KnownOrders(ctx context.Context, ids []string) (list []bridge.Order, err error) {
	err = w.Do(ctx, "KnownOrders", func() error {
		for _, id := range ids {
			if o, ok := w.Orders[id]; ok {
				list = append(list, o)
			}
		}
		return nil
	})
	return list, err
}

func (w *World) GateWith(p bridge.GatePorts, o bridge.GateOptions) *bridge.Gate {
	p.Orders, p.Cancellations, o.Now = w, w, w.Now
	g, err := bridge.NewGate(p, o)
	if err != nil {
		w.T.Fatal(err)
	}
	return g
}

func Bundle(id string, price int64, components ...catalogue.BundleComponent) bridge.OrderLine {
	return bridge.OrderLine{ID: id, Listing: SKU("TTBUNDLE"), Title: "Bundle", Price: GBP(price), Components: components}
}

// Secrets are texts about the buyer that every order of the tests carries: home,
// a nickname and a note.
var Secrets = []string{
	"Ada", "ada_b", "Secret Street", "AB1 2CD", "7700 900123", "ada@example", "ring twice",
	fmt.Sprintf("%x", "Ada Buyer"), fmt.Sprintf("%x", "ada_b"), fmt.Sprintf("%x", "ring twice"),
}

// discreet checks what leaves a primitive for a store, in every test of the
// package: exceptions, reservations and records hold nothing about the buyer.
func (w *World) discreet(v any) {
	text := fmt.Sprintf("%+v", v)
	for _, s := range Secrets {
		if strings.Contains(text, s) {
			w.T.Errorf("%T shows %q: %s", v, s, text)
		}
	}
}

// Pass runs every primitive once, as a program would.
func (w *World) Pass(ctx context.Context) error {
	var orders []bridge.Order
	for o, err := range w.OrdersUpdated(ctx, Noon, Noon) {
		if err != nil {
			return err
		}
		orders = append(orders, o)
	}
	_, importErr := w.ImporterReading().Import(ctx, orders...)
	pending, err := w.PendingCancellations(ctx, nil)
	if err != nil {
		return errors.Join(importErr, err)
	}
	_, cancelErr := w.Canceller(0).Cancel(ctx, append(pending, bridge.CancellationsOf(orders...)...)...)
	_, dispatchErr := w.Dispatcher(nil).Dispatch(ctx, w.Entries()...)
	_, pushErr := w.StockPush(stock.Options{}).Push(ctx)
	return errors.Join(importErr, cancelErr, dispatchErr, pushErr)
}

// trackings are the numbers that the shop shows for an order, each once.
func trackings(o bridge.Order) (list []string) {
	for _, l := range o.Lines {
		if l.Tracking != "" && !slices.Contains(list, l.Tracking) {
			list = append(list, l.Tracking)
		}
	}
	return list
}

// State is everything that is left behind, without ids and moments.
func (w *World) State() []string {
	var list []string
	for _, e := range w.Book {
		list = append(list, fmt.Sprintf("warehouse %s %s %v tracking %q address %t", e.Reference, e.State, e.Lines, e.Tracking, e.HasAddress))
	}
	for o, err := range w.OrdersUpdated(context.Background(), Noon, Noon) {
		if err != nil {
			return append(list, err.Error())
		}
		list = append(list, fmt.Sprintf("shop %s %s %v", o.ID, o.Status, trackings(o)))
	}
	reservations, _ := w.Memory.Reservations(context.Background())
	for _, r := range reservations {
		list = append(list, fmt.Sprintf("reserved %s %v visible %t", r.OrderID, r.Items, !r.VisibleAt.IsZero()))
	}
	list = append(list, fmt.Sprintf("shown %v, approved %v, labels %d, parcels %d", w.Shown(), w.Approved, w.Labels, len(w.Shipped)))
	list = append(list, w.OpenKinds()...)
	slices.Sort(list) // what was created first is a matter of what was interrupted
	return list
}

const (
	ReasonBuyer = "seller_cancel_paid_reason_buyer_requested_cancellation"
	ReasonStock = "seller_cancel_reason_out_of_stock"
)

func (w *World) Revoker(o bridge.RevokeOptions) *bridge.Revoker {
	o.Now = w.Now
	v, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w}, o)
	if err != nil {
		w.T.Fatal(err)
	}
	return v
}

// List puts a listing into the shop, with zero shown in every warehouse.
func (w *World) List(name string, warehouses ...string) *catalogue.Listing {
	l := catalogue.Listing{SKU: SKU(name), Title: name}
	for _, id := range warehouses {
		l.Stock = append(l.Stock, catalogue.WarehouseStock{WarehouseID: id, Quantity: 0})
	}
	w.ForSale = append(w.ForSale, l)
	return &w.ForSale[len(w.ForSale)-1]
}

// Shown is what the shop shows, by SKU.
func (w *World) Shown() map[string]string {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	m := map[string]string{}
	for _, l := range w.ForSale {
		var parts []string
		for _, s := range l.Stock {
			parts = append(parts, fmt.Sprintf("%s:%d", s.WarehouseID, s.Quantity))
		}
		m[l.SellerSKU] = strings.Join(parts, " ")
	}
	return m
}

func (w *World) Push(t *testing.T, o stock.Options) stock.Result {
	t.Helper()
	r, err := w.StockPush(o).Push(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}
