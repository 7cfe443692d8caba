package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// itemChecks are about items, kits and their levels. They only read.
var itemChecks = []check{
	{
		assumes: "the page of items after the last one is refused",
		source:  "seen by integrators",
		does:    "asks for page 100000 of the items", calls: 1,
		ifNot: "nothing to set: a sweep also ends at an empty page, which costs it one more call",
		quirk: string(linnworkstest.EndOfPagesRefused),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			_, err := a.warehouse.Stock.GetStockItemsFull(ctx, &linnworks.GetStockItemsFullRequest{
				Keyword: new(""), EntriesPerPage: new(lookSize), PageNumber: new(100000), LoadCompositeParents: new(true),
				SearchTypes: []linnworks.StockSearchType{"SKU"},
			})
			return refused(err)
		},
	},
	{
		assumes: "archived items are in no list",
		source:  "seen by integrators",
		does:    "finds an archived item among the first 1000 and looks for it in the list", calls: 1 + lookPages,
		ifNot: "their stock is published like any other: name their listings in Settings.LeaveAlone, or end them",
		quirk: string(linnworkstest.ArchivedVanish),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			item, err := anArchived(ctx, a)
			if err != nil {
				return false, "", err
			}
			listed, err := isListed(ctx, a, item.SKU, item.StockItemID, new(true))
			return !listed, fmt.Sprintf("an archived item is listed: %t", listed), err
		},
	},
	{
		assumes: "SKUs that differ only in case are the same SKU",
		source:  "seen by integrators",
		does:    "looks an item up by its SKU in the other case", calls: 1 + lookPages,
		ifNot: "write seller SKUs in TikTok Shop exactly as in Linnworks, or map them in Settings.SKUs: others match no item",
		quirk: string(linnworkstest.SKUsIgnoreCase),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			item, err := itemWhere(ctx, a, func(i linnworks.StockItem) bool {
				return strings.ToLower(i.ItemNumber) != strings.ToUpper(i.ItemNumber)
			}, "no SKU has a letter in it")
			if err != nil {
				return false, "", err
			}
			other := strings.ToLower(item.ItemNumber)
			if other == item.ItemNumber {
				other = strings.ToUpper(item.ItemNumber)
			}
			reply, err := a.warehouse.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{other}})
			if err != nil {
				return false, "", err
			}
			for _, found := range reply.Items {
				if found.StockItemID.Equal(item.StockItemID) {
					return true, "found in the other case", nil
				}
			}
			return false, "not found in the other case", nil
		},
	},
	{
		assumes: "a read of one item that does not exist is answered as a bad request, not as not found",
		source:  "seen by integrators",
		does:    "reads an item by a SKU that nobody has", calls: 1,
		ifNot: "nothing to set: the bridge looks SKUs up with GetStockItemIdsBySKU; programs of your own get HTTP 404",
		quirk: string(linnworkstest.UnknownSKUIs400),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			_, err := a.warehouse.Inventory.GetInventoryItem(ctx, &linnworks.GetInventoryItemRequest{SKU: new(nobodysSKU)})
			status, err := statusOf(err)
			return status == http.StatusBadRequest, fmt.Sprintf("answered with HTTP %d", status), err
		},
	},
	{
		assumes: "SKUs and items that do not exist are left out of replies, without an error",
		source:  "apps.linnworks.net, Inventory-GetStockItemIdsBySKU and Stock-GetStockLevel_Batch",
		does:    "asks for an item by a SKU and an id that nobody has", calls: 2,
		ifNot: "deleted items would stop the reading of levels: map no listing to an item that was deleted",
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			found, err := a.warehouse.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{nobodysSKU}})
			no, seen, err := refused(err)
			if no || err != nil {
				return false, "the SKU: " + seen, err
			}
			levels, err := a.warehouse.Stock.GetStockLevelBatch(ctx, &linnworks.GetStockLevelBatchRequest{StockItemIDs: []linnworks.GUID{nobodysItem}})
			no, seen, err = refused(err)
			if no || err != nil {
				return false, "the id: " + seen, err
			}
			n := len(found.Items)
			for _, row := range levels {
				n += len(row.StockItemLevels)
			}
			return n == 0, fmt.Sprintf("%d rows for what does not exist", n), nil
		},
	},
	{
		assumes: "lists of items leave kits out unless they are asked for",
		source:  "apps.linnworks.net, Stock-GetStockItemsFull",
		does:    "finds a kit and looks for it in the list", calls: 1 + lookPages,
		ifNot: "nothing to set: the bridge asks for kits",
		quirk: string(linnworkstest.KitsHiddenUnlessAsked),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			kit, err := aKit(ctx, a)
			if err != nil {
				return false, "", err
			}
			listed, err := isListed(ctx, a, kit.ItemNumber, kit.StockItemID, nil)
			return !listed, fmt.Sprintf("a kit that was not asked for is listed: %t", listed), err
		},
	},
	{
		assumes: "kits have no stock of their own: their minimum level is -1, and orders take the components",
		source:  "help.linnworks.com, article 7000058578",
		does:    "reads the levels of a kit", calls: 1 + lookPages,
		ifNot: "if this kit is never on a shelf as such, set linnworksadapter.Options.KitsHaveNoStock; if it is packed in advance, leave it: its own stock is sold",
		quirk: string(linnworkstest.KitParentsUntracked),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			_, rows, err := kitLevels(ctx, a)
			if err != nil {
				return false, "", err
			}
			for _, row := range rows {
				if row.MinimumLevel != -1 {
					return false, fmt.Sprintf("a kit has the minimum level %d", row.MinimumLevel), nil
				}
			}
			return true, "a kit has the minimum level -1 everywhere", nil
		},
	},
	{
		assumes: "a kit shows as many units as its components at the same location make",
		source:  "help.linnworks.com, article 7000058578",
		does:    "compares the levels of a kit with those of its components", calls: 3 + lookPages,
		ifNot: "set linnworksadapter.Options.KitsHaveNoStock: the bridge then computes every kit itself",
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			kit, rows, err := kitLevels(ctx, a)
			if err != nil {
				return false, "", err
			}
			parts, err := a.warehouse.Inventory.GetInventoryItemCompositions(ctx, &linnworks.GetInventoryItemCompositionsRequest{InventoryItemID: kit, GetFullDetail: new(false)})
			if err != nil {
				return false, "", err
			}
			r := &linnworks.GetStockLevelBatchRequest{}
			for _, part := range parts {
				r.StockItemIDs = append(r.StockItemIDs, part.LinkedStockItemID)
			}
			levels, err := a.warehouse.Stock.GetStockLevelBatch(ctx, r)
			if err != nil {
				return false, "", err
			}
			for _, row := range rows {
				if want := kitsOf(parts, levels, row.Location.StockLocationID); row.MinimumLevel == -1 && row.Available != want {
					return false, fmt.Sprintf("a kit shows %d, its components make %d", row.Available, want), nil
				} else if row.MinimumLevel != -1 {
					return false, "", notTried("the first kit has a level of its own")
				}
			}
			return true, "the same at every location", nil
		},
	},
	{
		assumes: "what is available is the level less the units in open orders",
		source:  "apps.linnworks.net, Stock-GetStockLevel",
		does:    "adds up the rows of up to 1000 items", calls: lookPages,
		ifNot: "nothing to set: the bridge publishes what Linnworks calls available; ask Linnworks what else it takes off",
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			n := 0
			wrong, err := itemWhere(ctx, a, func(i linnworks.StockItem) bool {
				if i.IsCompositeParent || i.MinimumLevel < 0 || i.Available <= 0 {
					return false
				}
				n++
				return i.Available != i.Quantity-i.InOrder
			}, "so it is for all")
			var missing notTriedError
			switch {
			case err == nil:
				return false, fmt.Sprintf("%d available of a level of %d with %d in orders", wrong.Available, wrong.Quantity, wrong.InOrder), nil
			case !errors.As(err, &missing):
				return false, "", err
			case n == 0:
				return false, "", notTried("no item is in stock at Default")
			}
			return true, fmt.Sprintf("so it is for %d items", n), nil
		},
	},
	{
		assumes: "the history of an item's level is refused without a location",
		source:  "seen by an integrator; apps.linnworks.net, Stock-GetItemChangesHistory does not tell",
		does:    "asks for the history of an item", calls: 1 + lookPages,
		ifNot: "nothing to set: the bridge asks for one location at a time",
		quirk: string(linnworkstest.HistoryWantsLocation),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			item, err := anItem(ctx, a)
			if err != nil {
				return false, "", err
			}
			_, err = a.warehouse.Stock.GetItemChangesHistory(ctx, &linnworks.GetItemChangesHistoryRequest{
				StockItemID: item.StockItemID, EntriesPerPage: new(10), PageNumber: new(1),
			})
			return refused(err)
		},
	},
}

// What nobody has.
const (
	nobodysSKU                 = "PROBE-NOBODY-HAS-THIS"
	nobodysItem linnworks.GUID = "9d1f3a70-5c1e-4d0a-8f65-3b7f0f1f2a11"
)

// anArchived finds an archived item by the numbers that items have.
func anArchived(ctx context.Context, a accounts) (linnworks.StockItemTypeInfo, error) {
	for n := range lookPages {
		r := &linnworks.GetStockItemTypeInfoRequest{}
		for i := range lookSize {
			r.StockItemIntIDs = append(r.StockItemIntIDs, n*lookSize+i+1)
		}
		reply, err := a.warehouse.Stock.GetStockItemTypeInfo(ctx, r)
		if err != nil {
			return linnworks.StockItemTypeInfo{}, err
		}
		for _, item := range reply.StockItemInfo {
			if item.IsArchived {
				return item, nil
			}
		}
	}
	return linnworks.StockItemTypeInfo{}, notTried("no item with a number up to 1000 is archived")
}

// kitLevels reads the levels of a kit.
func kitLevels(ctx context.Context, a accounts) (linnworks.GUID, []linnworks.StockItemLevel, error) {
	kit, err := aKit(ctx, a)
	if err != nil {
		return "", nil, err
	}
	rows, err := a.warehouse.Stock.GetStockLevel(ctx, &linnworks.GetStockLevelRequest{StockItemID: kit.StockItemID})
	return kit.StockItemID, rows, err
}

// kitsOf is how many kits the components at a location make.
func kitsOf(parts []linnworks.ItemComposition, levels []linnworks.GetStockLevelBatchResponse, at linnworks.GUID) int {
	fewest := -1
	for _, part := range parts {
		for _, item := range levels {
			row := rowAt(item.StockItemLevels, at)
			if !item.StockItemID.Equal(part.LinkedStockItemID) || row.MinimumLevel < 0 || part.Quantity < 1 {
				continue
			}
			if n := max(row.Available, 0) / part.Quantity; fewest < 0 || n < fewest {
				fewest = n
			}
		}
	}
	return max(fewest, 0)
}
