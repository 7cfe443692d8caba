package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// What checks look for in an account is looked for so far.
const (
	lookBack  = 90 * 24 * time.Hour
	lookPages = 5
	lookSize  = 200
)

// refused judges a call that is expected to be refused.
func refused(err error) (bool, string, error) {
	status, err := statusOf(err)
	if err != nil {
		return false, "", err
	}
	if status == http.StatusOK {
		return false, "accepted", nil
	}
	return true, fmt.Sprintf("refused with HTTP %d", status), nil
}

// statusOf is the status of a reply that says what Linnworks thinks of the call. What
// says nothing about it, such as a throttle, stays an error.
func statusOf(err error) (int, error) {
	if done(err) == nil {
		return http.StatusOK, nil
	}
	e, ok := errors.AsType[*linnworks.Error](err)
	if ok {
		switch e.HTTPStatus {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
			return e.HTTPStatus, nil
		}
	}
	return 0, err
}

// done is err, unless the call was answered and only tells what it did not do.
func done(err error) error {
	if linnworks.IsPartial(err) {
		return nil
	}
	return err
}

// post sends a body as it stands, as JSON.
func post(ctx context.Context, a accounts, operation string, body, out any) error {
	return a.warehouse.Call(ctx, http.MethodPost, "/api/"+operation, nil, body, out)
}

type object = map[string]any

func locations(ctx context.Context, a accounts) ([]linnworks.StockLocation, error) {
	list, err := a.warehouse.Inventory.GetStockLocations(ctx, nil)
	if err != nil {
		return nil, err
	}
	for i, l := range list { // Default comes first
		if l.StockLocationID == linnworks.ZeroGUID {
			list[0], list[i] = list[i], list[0]
		}
	}
	return list, nil
}

// itemWhere finds an item by how it stands at the location Default.
func itemWhere(ctx context.Context, a accounts, wanted func(linnworks.StockItem) bool, missing string) (linnworks.StockItem, error) {
	for n := 1; n <= lookPages; n++ {
		page, err := a.warehouse.Stock.GetStockItems(ctx, &linnworks.GetStockItemsRequest{
			KeyWord: new(""), LocationID: new(linnworks.ZeroGUID), EntriesPerPage: new(lookSize), PageNumber: new(n),
			ExcludeComposites: new(false), ExcludeVariations: new(true), ExcludeBatches: new(true),
		})
		if err != nil {
			return linnworks.StockItem{}, err
		}
		for _, item := range page.Data {
			if wanted(item) {
				return item, nil
			}
		}
		if n >= page.TotalPages {
			break
		}
	}
	return linnworks.StockItem{}, notTried(missing)
}

func aKit(ctx context.Context, a accounts) (linnworks.StockItem, error) {
	return itemWhere(ctx, a, func(i linnworks.StockItem) bool { return i.IsCompositeParent }, "there is no kit among the first 1000 items")
}

// anItem is any item that is no kit.
func anItem(ctx context.Context, a accounts) (linnworks.StockItem, error) {
	return itemWhere(ctx, a, func(i linnworks.StockItem) bool { return !i.IsCompositeParent }, "there is no item")
}

// isListed reports whether a sweep for one SKU shows the item.
func isListed(ctx context.Context, a accounts, sku string, id linnworks.GUID, kits *bool) (bool, error) {
	list, err := a.warehouse.Stock.GetStockItemsFull(ctx, &linnworks.GetStockItemsFullRequest{
		Keyword: &sku, SearchTypes: []linnworks.StockSearchType{"SKU"}, LoadCompositeParents: kits, LoadVariationParents: new(true),
		EntriesPerPage: new(lookSize), PageNumber: new(1),
	})
	if err != nil && !linnworks.IsNoMorePages(err) {
		return false, err
	}
	for _, item := range list {
		if item.StockItemID.Equal(id) {
			return true, nil
		}
	}
	return false, nil
}

// openAt returns up to 200 of the open orders of a location.
func openAt(ctx context.Context, a accounts, at linnworks.GUID) ([]linnworks.OrderDetails, error) {
	ids, err := a.warehouse.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{FulfilmentCenter: &at})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return orders(ctx, a, ids)
}

// orders reads up to 200 orders. Those that are no more are left out.
func orders(ctx context.Context, a accounts, ids []linnworks.GUID) ([]linnworks.OrderDetails, error) {
	ids = ids[:min(len(ids), lookSize)]
	found, err := a.warehouse.Orders.GetOrdersByID(ctx, &linnworks.GetOrdersByIDRequest{OrderIDs: ids})
	return found, done(err)
}

// closed returns up to 200 of the orders of the last 90 days that were processed or
// cancelled, by the date that field names.
func closed(ctx context.Context, a accounts, field linnworks.SearchProcessedOrdersRequestDateField) ([]linnworks.ProcessedOrder, error) {
	now := time.Now().UTC()
	return closedWithin(ctx, a, field, now.Add(-lookBack), now, "")
}

func closedWithin(ctx context.Context, a accounts, field linnworks.SearchProcessedOrdersRequestDateField, from, to time.Time, term string) ([]linnworks.ProcessedOrder, error) {
	r := &linnworks.SearchProcessedOrdersRequest{
		DateField: &field, FromDate: &linnworks.Time{Time: from}, ToDate: &linnworks.Time{Time: to},
		ResultsPerPage: new(lookSize), PageNumber: new(1),
	}
	if term != "" {
		r.SearchTerm = &term
	}
	reply, err := a.warehouse.ProcessedOrders.SearchProcessedOrders(ctx, r)
	if err != nil {
		return nil, err
	}
	return reply.ProcessedOrders.Data, nil
}

// aProcessed is the newest order that was processed and not cancelled.
func aProcessed(ctx context.Context, a accounts) (linnworks.ProcessedOrder, error) {
	rows, err := closed(ctx, a, linnworks.SearchProcessedOrdersRequestDateFieldProcessed)
	if err != nil {
		return linnworks.ProcessedOrder{}, err
	}
	for _, row := range rows {
		if !row.HoldOrCancel {
			return row, nil
		}
	}
	return linnworks.ProcessedOrder{}, notTried("no order was processed in the last 90 days")
}

// aCancelled is an order that was cancelled.
func aCancelled(ctx context.Context, a accounts) (linnworks.ProcessedOrder, error) {
	rows, err := closed(ctx, a, linnworks.SearchProcessedOrdersRequestDateFieldCancelled)
	if err != nil {
		return linnworks.ProcessedOrder{}, err
	}
	if len(rows) == 0 {
		return linnworks.ProcessedOrder{}, notTried("no order was cancelled in the last 90 days")
	}
	return rows[0], nil
}
