package linnworksadapter

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
)

// untracked is the minimum level of an item that Linnworks keeps no stock of.
const untracked = -1

func (l *Warehouse) newReading() stock.Reading {
	return stock.Reading{
		At: l.options.Now().UTC(), Available: map[string]map[string]int{},
		Untracked: map[string]bool{}, UntrackedIn: map[string]map[string]bool{},
	}
}

// addLevels takes in the levels of an item.
func addLevels(r stock.Reading, itemID string, rows []linnworks.StockItemLevel) {
	levels, none := make(map[string]int, len(rows)), map[string]bool{}
	for _, row := range rows {
		at := string(lower(row.Location.StockLocationID))
		levels[at] = row.Available
		if row.MinimumLevel == untracked {
			none[at] = true
		}
	}
	r.Available[itemID] = levels
	switch {
	case len(none) == 0:
	case len(none) == len(levels):
		r.Untracked[itemID] = true
	default:
		r.UntrackedIn[itemID] = none
	}
}

// StockLevels implements [stock.Reader] with one GetStockLevel_Batch call for
// every 200 items.
func (l *Warehouse) StockLevels(ctx context.Context, itemIDs []string) (stock.Reading, error) {
	reading := l.newReading()
	request := &linnworks.GetStockLevelBatchRequest{StockItemIDs: guids(itemIDs)}
	for reply, err := range l.client.Stock.GetStockLevelBatchInParts(ctx, request) {
		if err := exceptRecords(err); err != nil {
			return stock.Reading{}, err
		}
		for _, item := range reply {
			if len(item.StockItemLevels) == 0 {
				continue // it does not prove zero
			}
			first := item.StockItemLevels[0]
			ref := l.remember(string(lower(item.StockItemID)), first.SKU, first.StockItemIntID)
			addLevels(reading, ref.ID, item.StockItemLevels)
		}
	}
	return reading, nil
}

// sweepPage is how many items a page of a sweep has; Linnworks allows no more.
const sweepPage = 200

// SweepStock implements [stock.Sweeper] with one GetStockItemsFull call for every
// 200 items. An item without levels is left out: it does not prove zero.
func (l *Warehouse) SweepStock(ctx context.Context) iter.Seq2[stock.Reading, error] {
	ctx = linnworks.Bulk(ctx)
	return func(yield func(stock.Reading, error) bool) {
		// The next page is asked for when its first item is: At is taken before.
		reading, n := l.newReading(), 0
		for item, err := range l.sweep(ctx) {
			if err != nil {
				yield(stock.Reading{}, err)
				return
			}
			if len(item.StockLevels) > 0 {
				addLevels(reading, string(item.StockItemID), item.StockLevels)
			}
			if n++; n%sweepPage == 0 {
				if !yield(reading, nil) {
					return
				}
				reading = l.newReading()
			}
		}
		if n%sweepPage > 0 {
			yield(reading, nil)
		}
	}
}

// ItemsTouched implements [stock.Touches] with one call of the v2 order read for
// every 200 orders, open, processed and cancelled. Locked orders that were merged take
// further calls.
func (l *Warehouse) ItemsTouched(ctx context.Context, since time.Time) (stock.Touched, error) {
	all := stock.Touched{UpTo: l.options.Now().UTC()}
	touched := map[string]bool{}
	request := &linnworks.OrdersV2GetOrdersRequest{
		FromDate: &linnworks.Time{Time: since}, IncludeProcessed: new(true), EntriesPerPage: new(changedPage),
	}
	var merged []bridge.WarehouseOrder // that are locked
	add := func(o linnworks.OrderDetails, updated linnworks.Time, lines []linnworks.OrderItemWithChildren) {
		touch(touched, lines)
		g := o.GeneralInfo
		if !strings.EqualFold(g.Source, l.options.Source) || g.Status == statusResend {
			return
		}
		w := warehouseOrder(o)
		t := stock.TouchedOrder{
			ID: w.ID, OrderIDs: w.References, UpdatedAt: moment(updated), Elsewhere: !l.ours(g),
			Locked: w.State == bridge.Locked, LocationID: string(lower(o.FulfilmentLocationID)),
		}
		if w.Reference != "" {
			t.OrderIDs = []string{w.Reference}
		}
		if w.State != bridge.Dropped {
			t.Items = map[string]int{}
			take(t.Items, lines)
		}
		if t.Locked && w.Merged {
			merged = append(merged, w)
		}
		all.Orders = append(all.Orders, t)
	}
	for page, err := range l.client.OrdersV2.GetOrdersPages(ctx, request) {
		if err != nil {
			if err = exceptRecords(err); err != nil {
				return stock.Touched{}, err
			}
			continue // the items of such an order come with the sweep
		}
		for _, o := range page.OpenOrders {
			add(openDetails(o), o.LastUpdated, o.Items)
		}
		for _, o := range page.ProcessedOrders {
			add(processedDetails(o), o.LastUpdated, o.Items)
		}
	}
	if err := l.resolveMerged(ctx, merged); err != nil {
		return stock.Touched{}, err
	}
	for _, w := range merged {
		for i := range all.Orders {
			if all.Orders[i].ID == w.ID {
				all.Orders[i].OrderIDs = w.References
			}
		}
	}
	all.ItemIDs = slices.Sorted(maps.Keys(touched))
	return all, nil
}

// touch collects the items of lines. A line that is not linked has none.
func touch(touched map[string]bool, lines []linnworks.OrderItemWithChildren) {
	for _, line := range lines {
		if id := lower(line.StockItemID); id != "" && id != linnworks.ZeroGUID {
			touched[string(id)] = true
		}
		touch(touched, line.CompositeSubItems)
	}
}

// take adds up the units of lines. Whether a kit takes its own units or those of its
// components is not told: it is taken to do both.
func take(units map[string]int, lines []linnworks.OrderItemWithChildren) {
	for _, line := range lines {
		if id := lower(line.StockItemID); id != "" && id != linnworks.ZeroGUID && !line.IsService {
			units[string(id)] += line.Quantity
		}
		take(units, line.CompositeSubItems)
	}
}

// remember keeps how to ask for the type of an item. It returns id and SKU as they were
// first seen, for others to hold: one text for all.
func (l *Warehouse) remember(id, sku string, intID int) catalogue.ItemRef {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, have := l.items.Find(id)
	if !have {
		n = l.items.Add(itemRef{ItemRef: catalogue.ItemRef{ID: id}})
	}
	i := l.items.At(n)
	if i.SKU != sku {
		i.SKU = sku
	}
	if intID != 0 {
		i.intID = intID
	}
	return i.ItemRef
}

// remembered returns what was seen of an item, none if it has no id.
func (l *Warehouse) remembered(id string) itemRef {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, have := l.items.Find(id); have {
		return *l.items.At(n)
	}
	return itemRef{}
}

// typeBatch is how many items one read of types asks for. Linnworks publishes no
// maximum.
const typeBatch = 200

// ItemStates implements [stock.ItemStates] with one GetStockItemTypeInfo call for
// every 200 items. It asks by the item's number, which a sweep and a reading of
// levels tell; numbers that this Linnworks has not seen are looked up first, 200 a
// call. An archived item whose number it has never seen is found by the SKU that
// it had, if that was seen, and is taken for deleted otherwise.
func (l *Warehouse) ItemStates(ctx context.Context, itemIDs []string) (map[string]stock.ItemState, error) {
	var unseen []linnworks.GUID
	for _, id := range itemIDs {
		if l.remembered(id).intID == 0 {
			unseen = append(unseen, linnworks.GUID(id))
		}
	}
	for reply, err := range l.client.Stock.GetStockItemsFullByIDsBatched(ctx, &linnworks.GetStockItemsFullByIDsRequest{StockItemIDs: unseen}) {
		if err != nil {
			return nil, fmt.Errorf("looking for the items by id: %w", err)
		}
		for _, item := range reply.StockItemsFullExtended {
			l.remember(string(lower(item.StockItemID)), item.ItemNumber, item.StockItemIntID)
		}
	}
	states := make(map[string]stock.ItemState, len(itemIDs))
	for part := range slices.Chunk(itemIDs, typeBatch) {
		request := &linnworks.GetStockItemTypeInfoRequest{}
		for _, id := range part {
			ref := l.remembered(id)
			states[id] = stock.ItemState{SKU: ref.SKU, Deleted: true}
			switch {
			case ref.intID != 0:
				request.StockItemIntIDs = append(request.StockItemIntIDs, ref.intID)
			case ref.SKU != "":
				request.SKUs = append(request.SKUs, ref.SKU)
			}
		}
		if len(request.StockItemIntIDs)+len(request.SKUs) == 0 {
			continue
		}
		reply, err := l.client.Stock.GetStockItemTypeInfo(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, info := range reply.StockItemInfo {
			// A SKU may belong to another item by now: only the id counts.
			id := string(lower(info.StockItemID))
			if _, asked := states[id]; asked {
				states[id] = stock.ItemState{SKU: info.SKU, Archived: info.IsArchived, Kit: info.IsCompositeParent}
			}
		}
	}
	return states, nil
}

func guids(ids []string) []linnworks.GUID {
	out := make([]linnworks.GUID, len(ids))
	for i, id := range ids {
		out[i] = linnworks.GUID(id)
	}
	return out
}
