package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// bench is the test SKU, and the orders that one check makes of it.
type bench struct {
	accounts
	item   linnworks.GUID
	places []linnworks.StockLocation // that keep stock which plain calls may write; the first is used
	before []linnworks.StockItemLevel
	run    string // of the references
	made   []linnworks.GUID
	refs   []string
}

// benchCalls is what a bench costs at the most, with n orders.
func benchCalls(n int) int { return 8 + 6*n }

// onBench is a check that changes the test SKU. Whatever becomes of it, its orders are
// deleted and the levels are put back.
func onBench(try func(context.Context, *bench) (bool, string, error)) func(context.Context, accounts) (bool, string, error) {
	return func(ctx context.Context, a accounts) (holds bool, seen string, err error) {
		b, err := newBench(ctx, a)
		if err != nil {
			return false, "", err
		}
		holds, seen, err = try(ctx, b)
		if e := putBack(ctx, b.tidy); e != nil {
			return false, "", fmt.Errorf("look for orders PROBE-%s and the level of %s in Linnworks, tidying up failed: %w", b.run, a.sku, e)
		}
		return holds, seen, err
	}
}

// putBack undoes a change, even if the context has ended: an order that stays might be
// sent. It tries three times.
func putBack(ctx context.Context, undo func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for range 3 {
		if err = undo(ctx); err == nil {
			break
		}
	}
	return err
}

func newBench(ctx context.Context, a accounts) (*bench, error) {
	b := &bench{accounts: a, run: strconv.FormatInt(time.Now().UnixNano(), 36)}
	found, err := a.warehouse.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{a.sku}})
	if err != nil {
		return nil, err
	}
	for _, item := range found.Items {
		if strings.EqualFold(item.SKU, a.sku) {
			b.item = item.StockItemID
		}
	}
	if b.item == "" {
		return nil, notTried("Linnworks has no item " + a.sku + ": make it first")
	}
	if b.before, err = b.levels(ctx); err != nil {
		return nil, err
	}
	places, err := locations(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if !p.IsFulfillmentCenter && !p.IsWarehouseManaged && !p.IsNotTrackable {
			b.places = append(b.places, p)
		}
	}
	if len(b.places) == 0 {
		return nil, notTried("every location is a fulfilment centre or managed by the warehouse")
	}
	if row := rowAt(b.before, b.home()); row.MinimumLevel < 0 {
		return nil, notTried("the test SKU is not tracked at " + b.places[0].LocationName + ": give it a minimum level of 0 there")
	}
	return b, nil
}

func (b *bench) home() linnworks.GUID { return b.places[0].StockLocationID }

// elsewhere is a second location.
func (b *bench) elsewhere() (linnworks.GUID, error) {
	if len(b.places) < 2 {
		return "", notTried("there is one plain location: it takes a second one")
	}
	return b.places[1].StockLocationID, nil
}

func (b *bench) levels(ctx context.Context) ([]linnworks.StockItemLevel, error) {
	return b.warehouse.Stock.GetStockLevel(ctx, &linnworks.GetStockLevelRequest{StockItemID: b.item})
}

// level is the present level of the test SKU at a location.
func (b *bench) level(ctx context.Context, at linnworks.GUID) (linnworks.StockItemLevel, error) {
	rows, err := b.levels(ctx)
	return rowAt(rows, at), err
}

func rowAt(rows []linnworks.StockItemLevel, at linnworks.GUID) linnworks.StockItemLevel {
	for _, row := range rows {
		if row.Location.StockLocationID.Equal(at) {
			return row
		}
	}
	return linnworks.StockItemLevel{}
}

func (b *bench) setLevel(ctx context.Context, at linnworks.GUID, n int) error {
	_, err := b.warehouse.Stock.SetStockLevel(ctx, &linnworks.SetStockLevelRequest{
		StockLevels: []linnworks.StockLevelUpdate{{SKU: b.sku, LocationID: at, Level: n}}, ChangeSource: new("PROBE"),
	})
	return err
}

// draft is a paid order for a unit of the test SKU, with a reference that is new.
func (b *bench) draft(change ...func(*linnworks.ChannelOrder)) linnworks.ChannelOrder {
	now := time.Now().UTC()
	o := linnworks.ChannelOrder{
		Source: "PROBE", SubSource: "PROBE", ReferenceNumber: fmt.Sprintf("PROBE-%s-%d", b.run, len(b.refs)+1),
		ReceivedDate: linnworks.Time{Time: now}, DispatchBy: linnworks.Time{Time: now.AddDate(0, 0, 7)},
		PaymentStatus: "Paid", Currency: "GBP", AutomaticallyLinkBySKU: true,
		DeliveryAddress: linnworks.ChannelAddress{
			FullName: "Test order: do not send", Address1: "1 Test Street", Town: "Leeds", PostCode: "LS1 1AA", Country: "United Kingdom",
		},
		OrderItems: []linnworks.ChannelOrderItem{{
			ItemNumber: "1", ChannelSKU: b.sku, ItemTitle: "Test order: do not send", Qty: 1, PricePerUnit: "10", TaxCostInclusive: true,
		}},
	}
	b.refs = append(b.refs, o.ReferenceNumber)
	for _, f := range change {
		f(&o)
	}
	return o
}

// save creates orders in one call and returns the ids of the reply.
func (b *bench) save(ctx context.Context, orders ...linnworks.ChannelOrder) ([]linnworks.GUID, error) {
	return b.saveAt(ctx, b.places[0].LocationName, orders...)
}

func (b *bench) saveAt(ctx context.Context, location string, orders ...linnworks.ChannelOrder) ([]linnworks.GUID, error) {
	ids, err := b.warehouse.Orders.CreateOrders(ctx, &linnworks.CreateOrdersRequest{Orders: orders, Location: location})
	b.made = append(b.made, ids...)
	return ids, err
}

// order creates an order and reads it.
func (b *bench) order(ctx context.Context, change ...func(*linnworks.ChannelOrder)) (linnworks.OrderDetails, error) {
	ids, err := b.save(ctx, b.draft(change...))
	if err != nil {
		return linnworks.OrderDetails{}, err
	}
	if len(ids) != 1 {
		return linnworks.OrderDetails{}, fmt.Errorf("CreateOrders answered a new order with %d ids", len(ids))
	}
	return b.read(ctx, ids[0])
}

// open is order for one that has to be free to pick.
func (b *bench) open(ctx context.Context, change ...func(*linnworks.ChannelOrder)) (linnworks.OrderDetails, error) {
	o, err := b.order(ctx, change...)
	if err == nil && (o.Processed || o.GeneralInfo.IsParked || o.GeneralInfo.HoldOrCancel) {
		err = notTried("the rules of the account stop test orders: let those of source PROBE through")
	}
	return o, err
}

// parked is order for one that comes in parked.
func (b *bench) parked(ctx context.Context) (linnworks.OrderDetails, error) {
	o, err := b.order(ctx, func(o *linnworks.ChannelOrder) { o.OrderState = "Park" })
	if err == nil && !o.GeneralInfo.IsParked {
		err = errors.New("an order with the state Park is not parked")
	}
	return o, err
}

func (b *bench) read(ctx context.Context, id linnworks.GUID) (linnworks.OrderDetails, error) {
	found, err := orders(ctx, b.accounts, []linnworks.GUID{id})
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("GetOrdersById answered an id with %d orders", len(found))
	}
	if err != nil {
		return linnworks.OrderDetails{}, err
	}
	return found[0], nil
}

// park parks an order with tag 7, and unparks it with none.
func (b *bench) park(ctx context.Context, id linnworks.GUID, on bool) error {
	r := &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}}
	if on {
		r.Tag = new(7)
	}
	_, err := b.warehouse.Orders.ChangeOrderTag(ctx, r)
	return done(err)
}

func (b *bench) lock(ctx context.Context, id linnworks.GUID, on bool) error {
	_, err := b.warehouse.Orders.LockOrder(ctx, &linnworks.LockOrderRequest{OrderIDs: []linnworks.GUID{id}, LockOrder: on})
	return err
}

// tidy deletes the orders that are still open, cancels those that cannot be deleted, and
// puts the levels back.
func (b *bench) tidy(ctx context.Context) error {
	var errs []error
	for _, ref := range b.refs { // also of a call whose reply was lost
		found, err := b.warehouse.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: ref})
		errs = append(errs, err)
		for _, o := range found {
			b.made = append(b.made, o.OrderID)
		}
	}
	if len(b.made) > 0 {
		found, err := orders(ctx, b.accounts, b.made)
		errs = append(errs, err)
		gone := map[linnworks.GUID]bool{}
		for _, o := range found {
			if !o.Processed && !gone[o.OrderID] {
				errs = append(errs, b.remove(ctx, o))
			}
			gone[o.OrderID] = true
		}
	}
	rows, err := b.levels(ctx)
	errs = append(errs, err)
	for _, row := range rows {
		at := row.Location.StockLocationID
		if was := rowAt(b.before, at); row.StockLevel != was.StockLevel {
			errs = append(errs, b.setLevel(ctx, at, was.StockLevel))
		}
	}
	return errors.Join(errs...)
}

func (b *bench) remove(ctx context.Context, o linnworks.OrderDetails) error {
	_, err := b.warehouse.Orders.DeleteOrder(ctx, &linnworks.DeleteOrderRequest{OrderID: o.OrderID})
	if err == nil {
		return nil
	}
	// Deleting takes a permission of its own.
	e := b.warehouse.Orders.CancelOrderVerified(ctx, &linnworks.CancelOrderRequest{OrderID: o.OrderID, Note: new("A test, made by examples/probe")})
	if e == nil {
		return nil
	}
	return fmt.Errorf("order %d: %w", o.NumOrderID, errors.Join(err, e))
}
