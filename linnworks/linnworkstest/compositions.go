package linnworkstest

import (
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// composition lists the components of n kits, as rows of parent; deep, of the
// kits among them too.
func composition(parent, kit *item, n int, deep bool) []linnworks.ItemComposition {
	rows := []linnworks.ItemComposition{}
	for _, p := range kit.components {
		if deep && p.item.composite() {
			rows = append(rows, composition(parent, p.item, n*p.quantity, deep)...)
			continue
		}
		rows = append(rows, linnworks.ItemComposition{
			StockItemID: parent.id, StockItemIntID: parent.intID, LinkedStockItemID: p.item.id,
			SKU: p.item.sku, ItemTitle: p.item.title, Quantity: n * p.quantity,
			Weight: p.item.size.Weight, DimHeight: p.item.size.Height, DimWidth: p.item.size.Width, DimDepth: p.item.size.Depth,
		})
	}
	return rows
}

// getCompositions leaves out items that are no kits.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemsCompositionByIds
func (f *Fake) getCompositions(req *linnworks.GetInventoryItemsCompositionByIDsRequest) (any, error) {
	if len(req.InventoryItemIDs) > maxCompositionBatch {
		return nil, tooMany(maxCompositionBatch)
	}
	kits := map[string][]linnworks.ItemComposition{}
	for _, g := range req.InventoryItemIDs {
		if kit := f.byItemID[g]; kit != nil && kit.composite() {
			kits[string(kit.id)] = composition(kit, kit, 1, false)
		}
	}
	return linnworks.GetInventoryItemsCompositionByIDsResponse{InventoryItemsCompositionByIDs: kits}, nil
}

// compositionQuery are the parameters of getComposition.
type compositionQuery struct {
	InventoryItemID linnworks.GUID `json:"inventoryItemId"`
	GetFullDetail   bool           `json:"getFullDetail"`
}

// getComposition expands kits within the kit down to items with getFullDetail.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemCompositions
func (f *Fake) getComposition(req *compositionQuery) (any, error) {
	kit, err := f.stockItem(req.InventoryItemID)
	if err != nil {
		return nil, err
	}
	return composition(kit, kit, 1, req.GetFullDetail), nil
}

// createCompositions adds components to kits, and changes the quantity of those
// that are there. It serves Create- and UpdateInventoryItemCompositions. The
// product allows neither kits in kits nor kits in themselves; the API's model
// does, so that only the latter is refused here.
//
// https://apps.linnworks.net/Api/Method/Inventory-CreateInventoryItemCompositions
func (f *Fake) createCompositions(req *linnworks.CreateInventoryItemCompositionsRequest) (any, error) {
	for _, row := range req.InventoryItemCompositions {
		kit, err := f.stockItem(row.StockItemID)
		if err != nil {
			return nil, err
		}
		component, err := f.stockItem(row.LinkedStockItemID)
		if err != nil {
			return nil, err
		}
		if row.Quantity < 1 || component == kit || component.holds(kit) {
			return nil, refuse("Item %s cannot hold %d of %s", kit.sku, row.Quantity, component.sku)
		}
	}
	for _, row := range req.InventoryItemCompositions {
		kit, component := f.byItemID[row.StockItemID], f.byItemID[row.LinkedStockItemID]
		parts := slices.Clone(kit.components)
		at := slices.IndexFunc(parts, func(p part) bool { return p.item == component })
		if at < 0 {
			parts = append(parts, part{component, row.Quantity})
		} else {
			parts[at].quantity = row.Quantity
		}
		f.recompose(kit, parts)
	}
	return nil, nil
}

// deleteCompositions: https://apps.linnworks.net/Api/Method/Inventory-DeleteInventoryItemCompositions
func (f *Fake) deleteCompositions(req *linnworks.DeleteInventoryItemCompositionsRequest) (any, error) {
	kit, err := f.stockItem(req.StockItemID)
	if err != nil {
		return nil, err
	}
	f.recompose(kit, slices.DeleteFunc(slices.Clone(kit.components), func(p part) bool {
		return slices.Contains(req.InventoryItemCompositionIDs, p.item.id)
	}))
	return nil, nil
}

// recompose changes what a kit holds. Orders keep the components that they were
// saved with.
func (f *Fake) recompose(kit *item, parts []part) {
	was := kit.composite()
	kit.setComponents(parts)
	if kit.composite() != was {
		kit.untracked = kit.composite() && f.quirks[KitParentsUntracked]
	}
	kit.stale = kit.composite() && f.quirks[StaleKitLevels]
}

// updateParentLevel makes a kit tracked or not: with a minimum level of 0 or
// more it has a level of its own.
//
// https://apps.linnworks.net/Api/Method/Inventory-UpdateCompositeParentStockLevel
func (f *Fake) updateParentLevel(req *linnworks.UpdateCompositeParentStockLevelRequest) (any, error) {
	it, err := f.stockItem(req.StockItemID)
	if err != nil {
		return nil, err
	}
	l, err := f.place(req.LocationID)
	if err != nil {
		return nil, err
	}
	it.stock(l.id).minimum = value(req.FieldValue)
	return value(req.FieldValue), nil
}
