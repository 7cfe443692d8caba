package bridge

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// StockItems implements [Catalogue] for small programs: by the explicit table,
// then by seller SKU, as Linnworks compares SKUs: case does not count. It reads
// everything again whenever it is asked; a [SKUMap] remembers, knows channel
// mappings, and tells what was matched loosely.
func (l *Linnworks) StockItems(ctx context.Context, listings []ListingSKU) (map[string]StockItem, map[string]error, error) {
	matcher := skuMatcher{table: l.options.SKUs}
	matches, err := matcher.matchSKUs(ctx, l, listings)
	if err != nil {
		return nil, nil, err
	}
	items, broken := matches.split()
	return items, broken, nil
}

// ItemsBySKU implements [ItemSource] with one GetStockItemIdsBySKU call for every
// 200 SKUs.
func (l *Linnworks) ItemsBySKU(ctx context.Context, skus []string) ([]ItemRef, error) {
	var list []ItemRef
	for reply, err := range l.client.Inventory.GetStockItemIDsBySKUBatched(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: skus}) {
		if err != nil {
			return nil, err
		}
		for _, item := range reply.Items {
			ref := ItemRef{ID: string(lower(item.StockItemID)), SKU: item.SKU}
			l.remember(ref.ID, ref.SKU, 0)
			list = append(list, ref)
		}
	}
	return list, nil
}

// Compositions implements [ItemSource] with one GetInventoryItemsCompositionByIds
// call for every 100 items, and for every 100 components that were not asked for.
// Whether a kit is tracked, so that it has stock of its own, is read from the
// levels, unless LinnworksOptions.KitsHaveNoStock is set: a GetStockLevel_Batch
// call for every 200 kits.
func (l *Linnworks) Compositions(ctx context.Context, itemIDs []string) (map[string]Composition, error) {
	found, err := l.client.Inventory.FindCompositions(ctx, guids(itemIDs))
	if err != nil {
		return nil, err
	}
	kits := make([]string, 0, len(found))
	for id := range found {
		kits = append(kits, string(id))
	}
	slices.Sort(kits)
	var levels StockReading
	if !l.options.KitsHaveNoStock {
		if levels, err = l.StockLevels(ctx, kits); err != nil {
			return nil, err
		}
	}
	compositions := make(map[string]Composition, len(found))
	for id, rows := range found {
		kit := string(id)
		c := Composition{Parts: make([]CompositionPart, len(rows))}
		for i, row := range rows {
			part := CompositionPart{ItemRef: ItemRef{SKU: row.SKU}, Quantity: row.Quantity}
			if row.LinkedStockItemID != linnworks.ZeroGUID {
				part.ID = string(lower(row.LinkedStockItemID))
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

// sweep hands out every item that is not archived, with its levels.
func (l *Linnworks) sweep(ctx context.Context) iter.Seq2[linnworks.StockItemFull, error] {
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
				item.StockItemID = lower(item.StockItemID)
				l.remember(string(item.StockItemID), item.ItemNumber, item.StockItemIntID)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// ChannelMappings implements [MappingSource]: the channel SKUs of the source and
// subsource of the options. Linnworks lists them by item only, so that it takes a
// sweep, and a BatchGetInventoryItemChannelSKUs call for every 200 items.
func (l *Linnworks) ChannelMappings(ctx context.Context) ([]ChannelMapping, error) {
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
	var list []ChannelMapping
	request := &linnworks.BatchGetInventoryItemChannelSKUsRequest{InventoryItemIDs: ids}
	for reply, err := range l.client.Inventory.BatchGetInventoryItemChannelSKUsInParts(ctx, request) {
		if err != nil {
			return nil, err
		}
		for _, item := range reply {
			id := lower(item.StockItemID)
			for _, row := range item.ChannelSKUs {
				if strings.EqualFold(row.Source, l.options.Source) && strings.EqualFold(row.SubSource, l.options.SubSource) {
					list = append(list, ChannelMapping{
						ChannelSKU: row.SKU, Reference: row.ChannelReferenceID, IgnoreSync: row.IgnoreSync,
						Item: ItemRef{ID: string(id), SKU: skus[id]},
					})
				}
			}
		}
	}
	return list, nil
}

// HasChannelMapping implements [MappingSource] with one
// IsInventoryItemChannelSKULinked call.
func (l *Linnworks) HasChannelMapping(ctx context.Context, channelSKU string) (bool, error) {
	return l.client.Inventory.IsInventoryItemChannelSKULinked(ctx, &linnworks.IsInventoryItemChannelSKULinkedRequest{
		ChannelSKU: &channelSKU, Source: &l.options.Source, SubSource: &l.options.SubSource,
	})
}
