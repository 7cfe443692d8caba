package bridge_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// stockroom is a warehouse of one's own: three maps behind the ports.
type stockroom struct {
	orders map[string]*bridge.WarehouseOrder // by the shop's order id
	levels map[string]int                    // free units by SKU, all in one place
	kits   map[string][]catalogue.Component
}

func (s stockroom) FindOrders(_ context.Context, references []string) (found []bridge.WarehouseOrder, _ error) {
	for _, r := range references {
		if o, ok := s.orders[r]; ok {
			found = append(found, *o)
		}
	}
	return found, nil
}

func (s stockroom) CreateOrders(_ context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	var created []bridge.CreatedOrder
	for _, n := range orders {
		if s.orders[n.Reference] == nil {
			s.orders[n.Reference] = s.create(n)
		}
		created = append(created, bridge.CreatedOrder{Reference: n.Reference, Found: []bridge.WarehouseOrder{*s.orders[n.Reference]}})
	}
	return created
}

func (s stockroom) create(n bridge.NewOrder) *bridge.WarehouseOrder {
	o := &bridge.WarehouseOrder{
		ID: n.Reference, Number: "W" + n.Reference, Reference: n.Reference, State: bridge.Open, Stage: stage.New,
		HasAddress: n.Recipient != bridge.Address{},
	}
	if n.Parked {
		o.State = bridge.Parked
	}
	for _, line := range n.Lines {
		fmt.Printf("created: %d × %s at %s\n", line.Quantity, line.SKU, line.Price)
	}
	return o
}

func (s stockroom) ReleaseOrders(ctx context.Context, orders []bridge.OrderRelease) []error {
	errs := make([]error, len(orders))
	for i, o := range orders {
		errs[i] = s.ReleaseOrder(ctx, o.Order, o.Address)
	}
	return errs
}

func (s stockroom) ReleaseOrder(_ context.Context, o bridge.WarehouseOrder, _ bridge.Address) error {
	s.orders[o.Reference].State, s.orders[o.Reference].HasAddress = bridge.Open, true
	return nil
}

// TraceOrders finds orders by their ids; nothing is ever merged here.
func (s stockroom) TraceOrders(_ context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error) {
	traced := map[string][]bridge.WarehouseOrder{}
	for _, o := range s.orders {
		if slices.Contains(ids, o.ID) {
			traced[o.ID] = []bridge.WarehouseOrder{*o}
		}
	}
	return traced, nil
}

// FindMerged finds none.
func (s stockroom) FindMerged(context.Context, time.Time, []string) (map[string][]bridge.WarehouseOrder, error) {
	return nil, nil
}

func (s stockroom) HoldOrder(_ context.Context, o bridge.WarehouseOrder) error {
	s.orders[o.Reference].State = bridge.Parked
	return nil
}

func (s stockroom) CancelOrder(_ context.Context, o bridge.WarehouseOrder, _ string) error {
	s.orders[o.Reference].State = bridge.Dropped
	return nil
}

func (s stockroom) SetTracking(_ context.Context, o bridge.WarehouseOrder, l bridge.Label) error {
	s.orders[o.Reference].Tracking = l.Tracking
	return nil
}

// StockItems takes the seller SKU for the item's id.
func (s stockroom) StockItems(_ context.Context, listings []catalogue.SKU) (map[string]catalogue.Item, map[string]error, error) {
	items := map[string]catalogue.Item{}
	for _, l := range listings {
		if _, single := s.levels[l.SellerSKU]; single || s.kits[l.SellerSKU] != nil {
			items[l.ID] = catalogue.Item{ID: l.SellerSKU, SKU: l.SellerSKU, Kit: s.kits[l.SellerSKU]}
		}
	}
	return items, nil, nil
}

func (s stockroom) StockLevels(_ context.Context, ids []string) (stock.Reading, error) {
	r := stock.Reading{At: time.Now(), Available: map[string]map[string]int{}}
	for _, id := range ids {
		r.Available[id] = map[string]int{"main": s.levels[id]}
	}
	return r, nil
}

// market is a shop of one's own.
type market struct {
	orders   map[string]bridge.Order
	requests []bridge.Cancellation
	listings []catalogue.Listing
}

func (m market) OrdersByID(_ context.Context, ids []string) (list []bridge.Order, _ error) {
	for _, id := range ids {
		if o, ok := m.orders[id]; ok {
			list = append(list, o)
		}
	}
	return list, nil
}

func (m market) OrdersUpdated(context.Context, time.Time, time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for _, o := range m.orders {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (m market) PendingCancellations(context.Context, []string) ([]bridge.Cancellation, error) {
	return m.requests, nil
}

func (m market) ApproveCancellation(_ context.Context, id, _ string) error {
	fmt.Println("approved:", id)
	return nil
}

func (market) RejectReasons(context.Context, string) ([]string, error) {
	return []string{"seller_reject_apply_product_has_been_packed_uk"}, nil
}

func (market) RejectCancellation(_ context.Context, id, reason, _ string) error {
	fmt.Println("rejected:", id, reason)
	return nil
}

func (m market) Listings(context.Context) iter.Seq2[catalogue.Listing, error] {
	return func(yield func(catalogue.Listing, error) bool) {
		for _, l := range m.listings {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (m market) PublishStock(_ context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	for _, sku := range p.SKUs {
		fmt.Println("published:", sku.SellerSKU, sku.Stock)
	}
	return nil, nil
}

func (m market) Carriers(context.Context, bridge.Order) ([]bridge.Carrier, error) {
	return []bridge.Carrier{{ID: "77", Name: "Royal Mail"}}, nil
}

func (m market) Ship(_ context.Context, s bridge.Shipment) (warning string, err error) {
	m.track(s.Order, s.Tracking)
	return "", nil
}

func (m market) ArrangeShipping(_ context.Context, s bridge.Shipment) (bridge.Label, error) {
	m.track(s.Order, "EV9")
	return bridge.Label{Tracking: "EV9", Carrier: "Evri"}, nil
}

func (m market) track(o bridge.Order, tracking string) {
	o.Status, o.Lines[0].Tracking = bridge.AwaitingCollection, tracking
	m.orders[o.ID] = o
}

// sale is an order of units of one SKU, ready to ship.
func sale(id, sku string, units int) bridge.Order {
	o := bridge.Order{
		ID: id, Status: bridge.AwaitingShipment, ShippingModel: bridge.SellerShipping,
		Totals: bridge.Totals{
			Currency: "GBP", Items: money.Amount{Minor: 1250 * int64(units)}, Paid: money.Amount{Minor: 1250 * int64(units)},
		},
		Recipient: bridge.Address{Name: "Ada"},
	}
	for i := range units {
		o.Lines = append(o.Lines, bridge.OrderLine{
			ID: fmt.Sprint(id, "-", i+1), Listing: catalogue.SKU{ID: "id-" + sku, SellerSKU: sku},
			Price: money.Amount{Minor: 1250, Currency: "GBP"},
		})
	}
	return o
}

func ExampleImporter() {
	ctx := context.Background()
	warehouse := stockroom{orders: map[string]*bridge.WarehouseOrder{}, levels: map[string]int{"MUG": 10}}
	memory, exceptions := new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
	importer, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: warehouse, Catalogue: warehouse, Ledger: memory, Records: memory, Locks: memory, Exceptions: exceptions,
	}, bridge.ImportOptions{DefaultLocation: "main"})
	if err != nil {
		fmt.Println(err)
		return
	}
	held := sale("2", "MUG", 1)
	held.Status = bridge.OnHold // the buyer may still think better of it
	for range 2 {
		results, err := importer.Import(ctx, sale("1", "MUG", 3), held, sale("3", "HAT", 1))
		fmt.Print(results)
		if err != nil {
			fmt.Println(err)
		}
	}
	open, _ := exceptions.Open(ctx)
	for _, e := range open {
		fmt.Printf("%s: %s, seen %d times; for %s\n", e.Object, e.Kind, e.Count, e.Owner)
	}
	// Output:
	// created: 3 × MUG at 12.50 GBP
	// created: 1 × MUG at 12.50 GBP
	// order 1  created         warehouse order W1
	// order 2  created parked  warehouse order W2
	// order 3  raised          unmapped SKU
	// order 1  unchanged       warehouse order W1
	// order 2  unchanged       warehouse order W2
	// order 3  raised          unmapped SKU
	// SKU HAT: unmapped SKU, seen 2 times; for e-commerce
}

func ExampleDispatcher() {
	ctx := context.Background()
	platform := sale("2", "MUG", 1)
	platform.ShippingModel = bridge.TikTokShipping
	shop := market{orders: map[string]bridge.Order{"1": sale("1", "MUG", 1), "2": platform}}
	warehouse := stockroom{orders: map[string]*bridge.WarehouseOrder{
		"1": {ID: "1", Number: "W1", Reference: "1", State: bridge.Processed, Service: "RM Tracked 48", Tracking: "RM1"},
		"2": {ID: "2", Number: "W2", Reference: "2", State: bridge.Open},
	}}
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop}, bridge.GateOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	dispatcher, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: gate, Orders: shop, Shipper: shop, OrderBook: warehouse, Tracking: warehouse,
		Locks: new(store.Memory).Shop("shop"), Exceptions: new(exceptions.Memory).Shop("shop"),
	}, bridge.DispatchOptions{Carriers: map[string]string{"RM Tracked 48": "Royal Mail"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		results, err := dispatcher.Dispatch(ctx, *warehouse.orders["1"], *warehouse.orders["2"])
		fmt.Print(results)
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// order 1  shipped         warehouse order W1  RM1 with Royal Mail
	// order 2  labelled        warehouse order W2  EV9 with Evri
	// order 1  confirmed       warehouse order W1
	// order 2  confirmed       warehouse order W2
}

func ExampleGate() {
	held := sale("2", "MUG", 1)
	held.Status = bridge.OnHold
	regretted := sale("3", "MUG", 1)
	regretted.CancelRequested = true
	shop := market{orders: map[string]bridge.Order{"1": sale("1", "MUG", 1), "2": held, "3": regretted}}
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop}, bridge.GateOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	permits, err := gate.Check(context.Background(), "1", "2", "3", "4")
	if err != nil {
		fmt.Println(err) // then nothing may be picked
	}
	for _, p := range permits {
		fmt.Println(p)
	}
	// Output:
	// order 1: go ahead
	// order 2: hold: the order is on hold
	// order 3: hold: a cancellation waits for an answer
	// order 4: hold: the shop does not return the order
}

func ExampleCanceller() {
	ctx := context.Background()
	shop := market{orders: map[string]bridge.Order{"1": sale("1", "MUG", 1), "2": sale("2", "MUG", 1)}}
	warehouse := stockroom{orders: map[string]*bridge.WarehouseOrder{
		"1": {ID: "1", Number: "W1", Reference: "1", State: bridge.Open, Stage: stage.New},
		"2": {ID: "2", Number: "W2", Reference: "2", State: bridge.Open, Stage: stage.LabelPrinted},
	}}
	memory, exceptions := new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
	canceller, err := bridge.NewCanceller(bridge.CancelPorts{
		Orders: shop, Desk: shop, OrderBook: warehouse, Warehouse: warehouse, Tracer: warehouse, Records: memory, Ledger: memory, Locks: memory, Exceptions: exceptions,
	}, bridge.CancelOptions{CutOff: stage.InvoicePrinted})
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := canceller.Cancel(ctx,
		bridge.Cancellation{ID: "c1", OrderID: "1", Pending: true, Reason: "too slow"},
		bridge.Cancellation{ID: "c2", OrderID: "2", Pending: true, Reason: "too slow"})
	fmt.Print(results)
	if err != nil {
		fmt.Println(err)
	}
	open, _ := exceptions.Open(ctx)
	for _, e := range open {
		fmt.Printf("%s: %s\n%s\n", e.Owner, e.Seen, e.Do)
	}
	// Output:
	// approved: c1
	// order 1  cancelled       warehouse order W1  too slow
	// order 2  raised          warehouse order W2  late cancellation
	// customer service: after the cut-off the buyer asks to cancel it (too slow): Linnworks order W2 is at stage "label printed", the cut-off is "invoice printed"
	// stop the parcel if you can and grant the request; if you cannot, reject it and point the buyer to a return
}

func ExampleStatusTable() {
	table := bridge.DefaultStatusTable()
	for _, state := range []bridge.WarehouseState{bridge.Absent, bridge.Parked, bridge.Open, bridge.Processed} {
		action, _ := table.Action(bridge.SellerShipping, bridge.AwaitingShipment, state)
		fmt.Println(state, action)
	}
	action, known := table.Action(bridge.SellerShipping, "TELEPORTED", bridge.Open)
	fmt.Println(action, known)
	// Output:
	// absent import
	// parked release
	// open wait
	// processed ship
	// raise false
}
