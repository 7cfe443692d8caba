package bridge

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// SetTracking implements [TrackingWriter]. All of the order's shipping is sent
// back, because nobody has documented what happens to fields that are left out.
func (l *Linnworks) SetTracking(ctx context.Context, w WarehouseOrder, label Label) error {
	id := linnworks.GUID(w.ID)
	current, err := l.read(ctx, id)
	if err != nil {
		return err
	}
	s := current.ShippingInfo
	_, err = l.client.Orders.SetOrderShippingInfo(ctx, &linnworks.SetOrderShippingInfoRequest{
		OrderID: id,
		Info: linnworks.UpdateOrderShippingInfoRequest{
			PostalServiceID: s.PostalServiceID, TotalWeight: s.TotalWeight, ItemWeight: s.ItemWeight,
			PostageCost: s.PostageCost, ManualAdjust: s.ManualAdjust, TrackingNumber: label.Tracking,
		},
	})
	return err
}

// OrdersToDispatch returns our orders that were processed since, and those that
// are open and free to pick: what a [Dispatcher] looks at.
func (l *Linnworks) OrdersToDispatch(ctx context.Context, since time.Time) ([]WarehouseOrder, error) {
	ids, err := l.openOrderIDs(ctx)
	if err != nil {
		return nil, err
	}
	request := &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldProcessed), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: since}, ToDate: &linnworks.Time{Time: l.options.Now().UTC()},
		SearchFilters: []linnworks.SearchFilters{{SearchField: "Source", SearchTerm: l.options.Source}},
	}
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(ctx, request) {
		if err != nil {
			return nil, err
		}
		if !p.HoldOrCancel && !p.IsResend && !p.IsExchange {
			ids = append(ids, p.PkOrderID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var list []WarehouseOrder
	for found, err := range l.client.Orders.GetOrdersByIDBatched(ctx, &linnworks.GetOrdersByIDRequest{PkOrderIDs: ids}) {
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if w := warehouseOrder(o); l.ours(o.GeneralInfo) && (w.State == Open || w.State == Processed) {
				list = append(list, w)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b WarehouseOrder) int { return cmp.Compare(a.Number, b.Number) })
	return slices.CompactFunc(list, func(a, b WarehouseOrder) bool { return a.ID == b.ID }), nil
}

// openOrderIDs lists the open orders of every location.
func (l *Linnworks) openOrderIDs(ctx context.Context) ([]linnworks.GUID, error) {
	filter := &linnworks.FieldsFilter{TextFields: []linnworks.TextFieldFilter{{
		FieldCode: linnworks.FieldCodeGeneralInfoSource, Type: linnworks.TextFieldFilterTypeEqual, Text: l.options.Source,
	}}}
	var ids []linnworks.GUID
	for _, location := range slices.Sorted(maps.Keys(l.locations)) {
		found, err := l.client.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{
			Filters: filter, FulfilmentCenter: new(location), AdditionalFilter: new(""),
		})
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			if !slices.ContainsFunc(ids, id.Equal) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}
