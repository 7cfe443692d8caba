package linnworksadapter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks"
)

var (
	_ bridge.KnownOrders = (*Warehouse)(nil)
	_ bridge.LineReducer = (*Warehouse)(nil)
)

// HoldOrder implements [bridge.OrderCanceller]: parking keeps the reservation and bars
// picking and printing; locking would put the units back on sale.
func (l *Warehouse) HoldOrder(ctx context.Context, w bridge.WarehouseOrder) error {
	return l.client.Orders.ChangeOrderTagVerified(ctx, &linnworks.ChangeOrderTagRequest{
		OrderIDs: []linnworks.GUID{linnworks.GUID(w.ID)}, Tag: new(markerParked),
	})
}

// CancelOrder implements [bridge.OrderCanceller]. Linnworks cancels neither parked nor
// locked orders: the order is unlocked and unparked just before, and stopped
// again if it cannot be cancelled.
func (l *Warehouse) CancelOrder(ctx context.Context, w bridge.WarehouseOrder, note string) error {
	return l.client.Orders.CancelOrderVerified(ctx, &linnworks.CancelOrderRequest{OrderID: linnworks.GUID(w.ID), Note: new(note)})
}

// ReduceLines implements [bridge.LineReducer]. Linnworks edits no parked orders: the
// order is unparked just before, and parked again whatever became of it. It is
// read back: what an edit has not reached is an error. The properties come first: a
// run that dies before the lines are off writes both again.
func (l *Warehouse) ReduceLines(ctx context.Context, w bridge.WarehouseOrder, changes []bridge.LineChange, properties []exceptions.Property) (err error) {
	id := linnworks.GUID(w.ID)
	o, err := l.read(ctx, id)
	if err != nil {
		return err
	}
	if stateOfOrder(o) == bridge.Parked {
		if err := l.client.Orders.ChangeOrderTagVerified(ctx, &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}}); err != nil {
			return fmt.Errorf("unparking it: %w", err)
		}
		defer func() {
			// Even if the context has ended: an order let loose gets shipped.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute) // several attempts
			defer cancel()
			if e := l.HoldOrder(ctx, w); e != nil && err == nil {
				err = fmt.Errorf("parking it again: %w", e)
			}
		}()
	}
	if err := l.setProperties(ctx, o, properties); err != nil {
		return err
	}
	for _, c := range changes {
		if err := l.reduceLine(ctx, o, c); err != nil {
			return err
		}
	}
	after, err := l.read(ctx, id)
	if err != nil {
		return fmt.Errorf("reading it back: %w", err)
	}
	for _, c := range changes {
		if n := unitsOfLine(after, c.LineID); n != c.Keep {
			return fmt.Errorf("line %s should hold %d and holds %d; the next run writes it again", c.LineID, c.Keep, n)
		}
	}
	return nil
}

// setProperties replaces or adds properties. The call replaces all that an order has:
// the others are sent along.
//
// https://apps.linnworks.net/Api/Method/Orders-SetExtendedProperties
func (l *Warehouse) setProperties(ctx context.Context, o linnworks.OrderDetails, properties []exceptions.Property) error {
	list, changed := slices.Clone(o.ExtendedProperties), false
	for _, p := range properties {
		i := slices.IndexFunc(list, func(e linnworks.ExtendedProperty) bool { return e.Name == p.Name })
		switch {
		case i < 0:
			list = append(list, linnworks.ExtendedProperty{Name: p.Name, Value: p.Value, Type: propertyType})
		case list[i].Value == p.Value:
			continue
		default:
			list[i].Value = p.Value
		}
		changed = true
	}
	if !changed {
		return nil
	}
	if _, err := l.client.Orders.SetExtendedProperties(ctx, &linnworks.SetExtendedPropertiesRequest{OrderID: o.OrderID, ExtendedProperties: list}); err != nil {
		return fmt.Errorf("writing its properties: %w", err)
	}
	return nil
}

func unitsOfLine(o linnworks.OrderDetails, lineID string) (units int) {
	for _, item := range o.Items {
		if item.ItemNumber == lineID {
			units += item.Quantity
		}
	}
	return units
}

// reduceLine edits one line. All of it is sent back with the new quantity,
// because nobody has documented what happens to fields that are left out.
//
// https://apps.linnworks.net/Api/Method/Orders-UpdateOrderItem
func (l *Warehouse) reduceLine(ctx context.Context, o linnworks.OrderDetails, c bridge.LineChange) error {
	i := slices.IndexFunc(o.Items, func(item linnworks.OrderItem) bool { return item.ItemNumber == c.LineID })
	if i < 0 || o.Items[i].Quantity <= c.Keep {
		return nil // done before
	}
	item, id, location := o.Items[i], o.OrderID, o.FulfilmentLocationID
	if c.Keep == 0 {
		_, err := l.client.Orders.RemoveOrderItem(ctx, &linnworks.RemoveOrderItemRequest{OrderID: id, RowID: item.RowID, FulfilmentCenter: &location})
		if err != nil {
			return fmt.Errorf("removing line %s: %w", c.LineID, err)
		}
		return nil
	}
	item.Quantity = c.Keep
	_, err := l.client.Orders.UpdateOrderItem(ctx, &linnworks.UpdateOrderItemRequest{
		OrderID: id, OrderItem: &item, FulfilmentCenter: &location, Source: &o.GeneralInfo.Source, SubSource: &o.GeneralInfo.SubSource,
	})
	if err != nil {
		return fmt.Errorf("reducing line %s: %w", c.LineID, err)
	}
	return nil
}

// OrdersCancelled implements [bridge.CancelledOrderSource]: orders that were merged
// into others are not among them.
func (l *Warehouse) OrdersCancelled(ctx context.Context, from, to time.Time) ([]bridge.WarehouseOrder, error) {
	request := &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldCancelled), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: from.UTC()}, ToDate: &linnworks.Time{Time: to.UTC()},
		SearchFilters: []linnworks.SearchFilters{{SearchField: "Source", SearchTerm: l.options.Source}},
	}
	var ids []linnworks.GUID
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(ctx, request) {
		if err != nil {
			return nil, err
		}
		if p.HoldOrCancel && !p.IsResend && !p.IsExchange {
			ids = append(ids, p.OrderID)
		}
	}
	known, unknown := l.knownCancelled(ids)
	if len(unknown) > 0 {
		if err := l.readCancelled(ctx, unknown, known); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	l.cancelled = known
	l.mu.Unlock()
	var list []bridge.WarehouseOrder
	for _, id := range ids {
		if w := known[lower(id)]; w != nil {
			list = append(list, *w)
		}
	}
	return list, nil
}

// knownCancelled returns which of the orders the last list had, nil for those that it left
// out, and the others: lists overlap, and an order that is cancelled stays as it is.
func (l *Warehouse) knownCancelled(ids []linnworks.GUID) (known map[linnworks.GUID]*bridge.WarehouseOrder, unknown []linnworks.GUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known = make(map[linnworks.GUID]*bridge.WarehouseOrder, len(ids))
	for _, id := range ids {
		if w, have := l.cancelled[lower(id)]; have {
			known[lower(id)] = w
		} else {
			unknown = append(unknown, id)
		}
	}
	return known, unknown
}

// readCancelled adds orders to those that are known.
func (l *Warehouse) readCancelled(ctx context.Context, ids []linnworks.GUID, known map[linnworks.GUID]*bridge.WarehouseOrder) error {
	relations, err := l.client.Orders.GetOrdersRelations(ctx, &linnworks.GetOrdersRelationsRequest{OrderIDs: ids})
	if err != nil {
		return fmt.Errorf("reading what was merged: %w", err)
	}
	merged := map[linnworks.GUID]bool{}
	for _, list := range relations {
		for _, r := range list {
			if !strings.EqualFold(r.Type, "SPLIT") { // in doubt it was merged
				merged[lower(r.ParentOrderID)] = true
			}
		}
	}
	for found, err := range l.client.Orders.GetOrdersByIDBatched(ctx, &linnworks.GetOrdersByIDRequest{OrderIDs: ids}) {
		if err != nil {
			return err
		}
		for _, o := range found {
			w := warehouseOrder(o)
			switch id := lower(o.OrderID); {
			case w.State != bridge.Dropped: // the lists lag
			case l.ours(o.GeneralInfo) && !merged[id]:
				known[id] = &w
			default:
				known[id] = nil
			}
		}
	}
	return nil
}

// KnownOrders implements [bridge.KnownOrders] with what the import has left on the
// orders: one that is free to pick was ready to ship when the shop was last
// read. It costs a call for each order.
func (l *Warehouse) KnownOrders(ctx context.Context, ids []string) ([]bridge.Order, error) {
	var list []bridge.Order
	for _, id := range ids {
		found, err := l.client.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: id})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if !l.ours(o.GeneralInfo) || o.GeneralInfo.ReferenceNum != id || o.GeneralInfo.Status == statusResend {
				continue
			}
			if w := warehouseOrder(o); w.State != bridge.Dropped { // of a split order any part will do
				list = append(list, knownOrder(w, o))
				break
			}
		}
	}
	return list, nil
}

func knownOrder(w bridge.WarehouseOrder, o linnworks.OrderDetails) bridge.Order {
	known := bridge.Order{ID: w.Reference, Status: bridge.OnHold, ShippingModel: w.ShippingModel, ShipBy: w.DispatchBy}
	if w.State == bridge.Open || w.State == bridge.Processed {
		known.Status = bridge.AwaitingShipment
	}
	if at, err := time.Parse(time.RFC3339, orderProperty(o, cancelledByProperty)); err == nil {
		known.CancelledBy = at.UTC()
	}
	return known
}
