package linnworksadapter

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
)

// StockItems implements [catalogue.Source] for small programs: by the explicit table,
// then by seller SKU, as Linnworks compares SKUs: case does not count. It reads
// everything again whenever it is asked; a [catalogue.Map] remembers, knows channel
// mappings, and tells what was matched loosely.
func (l *Warehouse) StockItems(ctx context.Context, listings []catalogue.SKU) (map[string]catalogue.Item, map[string]error, error) {
	matcher := catalogue.Matcher{Table: l.options.SKUs}
	matches, err := matcher.MatchSKUs(ctx, l, listings)
	if err != nil {
		return nil, nil, err
	}
	items, broken := matches.Split()
	return items, broken, nil
}

// ItemsBySKU implements [catalogue.ItemSource] with one GetStockItemIdsBySKU call for every
// 200 SKUs.
func (l *Warehouse) ItemsBySKU(ctx context.Context, skus []string) ([]catalogue.ItemRef, error) {
	var list []catalogue.ItemRef
	for reply, err := range l.client.Inventory.GetStockItemIDsBySKUBatched(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: skus}) {
		if err != nil {
			return nil, err
		}
		for _, item := range reply.Items {
			list = append(list, l.remember(string(lower(item.StockItemID)), item.SKU, 0))
		}
	}
	return list, nil
}

// Compositions implements [catalogue.ItemSource] with one GetInventoryItemsCompositionByIds
// call for every 100 items, and for every 100 components that were not asked for.
// Whether a kit is tracked, so that it has stock of its own, is read from the
// levels, unless Options.KitsHaveNoStock is set: a GetStockLevel_Batch
// call for every 200 kits.
func (l *Warehouse) Compositions(ctx context.Context, itemIDs []string) (map[string]catalogue.Composition, error) {
	found, err := l.client.Inventory.FindCompositions(ctx, guids(itemIDs))
	if err != nil {
		return nil, err
	}
	kits := make([]string, 0, len(found))
	for id := range found {
		kits = append(kits, string(id))
	}
	slices.Sort(kits)
	var levels stock.Reading
	if !l.options.KitsHaveNoStock {
		if levels, err = l.StockLevels(ctx, kits); err != nil {
			return nil, err
		}
	}
	compositions := make(map[string]catalogue.Composition, len(found))
	for id, rows := range found {
		kit := string(id)
		c := catalogue.Composition{Parts: make([]catalogue.CompositionPart, len(rows))}
		for i, row := range rows {
			part := catalogue.CompositionPart{ItemRef: catalogue.ItemRef{SKU: row.SKU}, Quantity: row.Quantity}
			if row.LinkedStockItemID != linnworks.ZeroGUID {
				part.ID = string(lower(row.LinkedStockItemID))
			}
			if seen := l.remembered(part.ID).ItemRef; seen == part.ItemRef {
				part.ItemRef = seen // one text for all
			}
			c.Parts[i] = part
		}
		for at := range levels.Available[kit] {
			if levels.Tracked(kit, at) {
				c.StockedIn = append(c.StockedIn, at)
			}
		}
		slices.Sort(c.StockedIn)
		compositions[kit] = c
	}
	return compositions, nil
}

// sweep returns every item that is not archived, with its levels.
func (l *Warehouse) sweep(ctx context.Context) iter.Seq2[linnworks.StockItemFull, error] {
	return func(yield func(linnworks.StockItemFull, error) bool) {
		request := &linnworks.GetStockItemsFullRequest{
			Keyword: new(""), LoadCompositeParents: new(true), LoadVariationParents: new(true), EntriesPerPage: new(sweepPage),
			DataRequirements: []linnworks.StockDataRequirement{"StockLevels"}, SearchTypes: []linnworks.StockSearchType{"SKU"},
		}
		for item, err := range l.client.Stock.GetStockItemsFullAll(ctx, request) {
			if err != nil && exceptRecords(err) == nil {
				continue // such an item is missing, as one that is added meanwhile
			}
			if err == nil {
				seen := l.remember(string(lower(item.StockItemID)), item.ItemNumber, item.StockItemIntID)
				item.StockItemID, item.ItemNumber = linnworks.GUID(seen.ID), seen.SKU
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// ChannelMappings implements [catalogue.MappingSource]: the channel SKUs of the source and
// subsource of the options. Linnworks lists them by item only, so that it takes a
// sweep, and a BatchGetInventoryItemChannelSKUs call for every 200 items.
func (l *Warehouse) ChannelMappings(ctx context.Context) ([]catalogue.ChannelMapping, error) {
	skus := map[linnworks.GUID]string{}
	var ids []linnworks.GUID
	for item, err := range l.sweep(ctx) {
		if err != nil {
			return nil, err
		}
		if _, twice := skus[item.StockItemID]; !twice {
			skus[item.StockItemID] = item.ItemNumber
			ids = append(ids, item.StockItemID)
		}
	}
	var list []catalogue.ChannelMapping
	request := &linnworks.BatchGetInventoryItemChannelSKUsRequest{InventoryItemIDs: ids}
	for reply, err := range l.client.Inventory.BatchGetInventoryItemChannelSKUsInParts(ctx, request) {
		if err != nil {
			return nil, err
		}
		for _, item := range reply {
			id := lower(item.StockItemID)
			for _, row := range item.ChannelSKUs {
				if strings.EqualFold(row.Source, l.options.Source) && strings.EqualFold(row.SubSource, l.options.SubSource) {
					list = append(list, catalogue.ChannelMapping{
						ChannelSKU: row.SKU, Reference: row.ChannelReferenceID, IgnoreSync: row.IgnoreSync,
						Item: catalogue.ItemRef{ID: string(id), SKU: skus[id]},
					})
				}
			}
		}
	}
	return list, nil
}

// HasChannelMapping implements [catalogue.MappingSource] with one
// IsInventoryItemChannelSKULinked call.
func (l *Warehouse) HasChannelMapping(ctx context.Context, channelSKU string) (bool, error) {
	return l.client.Inventory.IsInventoryItemChannelSKULinked(ctx, &linnworks.IsInventoryItemChannelSKULinkedRequest{
		ChannelSKU: &channelSKU, Source: &l.options.Source, SubSource: &l.options.SubSource,
	})
}
