package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// StockItems implements [Catalogue]: by the explicit table, then by seller SKU.
// Linnworks ignores case in SKUs; a listing that matches two items is left out.
func (l *Linnworks) StockItems(ctx context.Context, listings []ListingSKU) (map[string]StockItem, map[string]error, error) {
	wanted := map[string][]string{} // SKU in lower case: the shop's SKU ids
	var skus []string
	for _, listing := range listings {
		sku := strings.TrimSpace(cmp.Or(l.options.SKUs[listing.ID], listing.SellerSKU))
		if sku == "" || listing.ID == "" {
			continue
		}
		key := strings.ToLower(sku)
		if wanted[key] == nil {
			skus = append(skus, sku)
		}
		wanted[key] = append(wanted[key], listing.ID)
	}
	found, err := l.itemsBySKU(ctx, skus)
	if err != nil {
		return nil, nil, err
	}
	kits, err := l.expandKits(ctx, found)
	if err != nil {
		return nil, nil, err
	}
	items, broken := map[string]StockItem{}, map[string]error{}
	for key, ids := range wanted {
		matches := found[key]
		for _, id := range ids {
			switch {
			case len(matches) > 1:
				broken[id] = fmt.Errorf("SKU %s stands for %d items in Linnworks", matches[0].SKU, len(matches))
			case len(matches) == 1:
				item, err := kits.build(matches[0], nil)
				if err != nil {
					broken[id] = err
					continue
				}
				items[id] = item
			}
		}
	}
	return items, broken, nil
}

// skuBatch is how many SKUs one call asks for. Linnworks publishes no maximum.
const skuBatch = 200

func (l *Linnworks) itemsBySKU(ctx context.Context, skus []string) (map[string][]StockItem, error) {
	found := map[string][]StockItem{}
	for part := range slices.Chunk(skus, skuBatch) {
		reply, err := l.client.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: part})
		if err != nil {
			return nil, err
		}
		for _, item := range reply.Items {
			key := strings.ToLower(strings.TrimSpace(item.SKU))
			found[key] = append(found[key], StockItem{ID: string(lower(item.StockItemID)), SKU: item.SKU})
			l.remember(string(lower(item.StockItemID)), item.SKU, 0)
		}
	}
	return found, nil
}

// kitTable holds the compositions of everything that was asked for, by the id
// of the kit.
type kitTable map[string][]linnworks.ItemComposition

// expandKits reads the compositions of the items, and of their components, until
// nothing new appears.
func (l *Linnworks) expandKits(ctx context.Context, found map[string][]StockItem) (kitTable, error) {
	table, asked := kitTable{}, map[string]bool{}
	var ids []linnworks.GUID
	want := func(id string) {
		if id != "" && !asked[id] {
			asked[id] = true
			ids = append(ids, linnworks.GUID(id))
		}
	}
	for _, items := range found {
		for _, item := range items {
			want(item.ID)
		}
	}
	slices.Sort(ids)
	for len(ids) > 0 {
		batch := ids
		ids = nil
		request := &linnworks.GetInventoryItemsCompositionByIDsRequest{InventoryItemIDs: batch}
		for reply, err := range l.client.Inventory.GetInventoryItemsCompositionByIDsBatched(ctx, request) {
			if err != nil {
				return nil, err
			}
			for kit, components := range reply.InventoryItemsCompositionByIDs {
				kit = strings.ToLower(kit)
				table[kit] = components
				for _, c := range components {
					if c.LinkedStockItemID != linnworks.ZeroGUID {
						want(string(lower(c.LinkedStockItemID)))
					}
				}
			}
		}
	}
	return table, nil
}

// build assembles an item with its kit. A cycle is refused here: it would never
// end.
func (t kitTable) build(item StockItem, path []string) (StockItem, error) {
	if slices.Contains(path, item.ID) {
		return StockItem{}, &KitError{SKU: item.SKU, Problem: "contains itself"}
	}
	path = append(slices.Clip(path), item.ID)
	for _, c := range t[item.ID] {
		part := StockItem{ID: string(lower(c.LinkedStockItemID)), SKU: c.SKU}
		if c.LinkedStockItemID == "" || c.LinkedStockItemID == linnworks.ZeroGUID {
			return StockItem{}, &KitError{SKU: item.SKU, Component: c.SKU, Problem: "does not exist in Linnworks"}
		}
		part, err := t.build(part, path)
		if err != nil {
			return StockItem{}, err
		}
		item.Kit = append(item.Kit, KitComponent{Item: part, Quantity: c.Quantity})
	}
	return item, nil
}
