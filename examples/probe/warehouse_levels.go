package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// levelChecks write the level of the test SKU, make a kit of it, and map it.
var levelChecks = []check{
	{
		assumes: "one unknown SKU has a whole batch of levels refused",
		source:  "seen by an integrator",
		does:    "writes the level that the test SKU has, beside a SKU that nobody has", calls: benchCalls(0) + 1, writes: true,
		ifNot: "nothing to set: the bridge writes no levels; SetStockLevelVerified tells programs of your own what was not written",
		quirk: string(linnworkstest.UnknownSKUFailsBatch),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			level := rowAt(b.before, b.home()).StockLevel
			_, err := b.warehouse.Stock.SetStockLevel(ctx, &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{
				{SKU: b.sku, LocationID: b.home(), Level: level}, {SKU: nobodysSKU, LocationID: b.home()},
			}})
			return refused(err)
		}),
	},
	{
		assumes: "locations that are managed by the warehouse refuse plain writes of levels",
		source:  "help.linnworks.com, Warehouse management",
		does:    "writes the level that the test SKU has there", calls: benchCalls(0) + 2, writes: true,
		ifNot: "nothing to set: the bridge writes no levels; keep programs of your own from writing what the warehouse counts",
		quirk: string(linnworkstest.ManagedLocationsRefuse),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			for _, row := range b.before {
				if row.Location.IsWarehouseManaged {
					return refused(b.setLevel(ctx, row.Location.StockLocationID, row.StockLevel))
				}
			}
			return false, "", notTried("no location is managed by the warehouse")
		}),
	},
	{
		assumes: "UpdateStockLevelsBySKU adds to the level instead of setting it",
		source:  "apps.linnworks.net, Stock-UpdateStockLevelsBySKU",
		does:    "calls it with 1 and reads the level", calls: benchCalls(0) + 3, writes: true,
		ifNot: "nothing to set: the bridge does not call it; programs of your own set levels with SetStockLevelVerified",
		quirk: string(linnworkstest.LevelsBySKUAreDeltas),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			level := rowAt(b.before, b.home()).StockLevel
			if level == 0 { // then 1 would mean either
				level = 2
				if err := b.setLevel(ctx, b.home(), level); err != nil {
					return false, "", err
				}
			}
			_, err := b.warehouse.Stock.UpdateStockLevelsBySKU(ctx, &linnworks.UpdateStockLevelsBySKURequest{
				StockLevels: []linnworks.StockLevelUpdate{{SKU: b.sku, LocationID: b.home(), Level: 1}}, ChangeSource: new("PROBE"),
			})
			if err != nil {
				return false, "", err
			}
			row, err := b.level(ctx, b.home())
			return row.StockLevel == level+1, fmt.Sprintf("1 made %d of %d", row.StockLevel, level), err
		}),
	},
	{
		assumes: "UpdateStockLevelsBulk answers with a row for each row",
		source:  "apps.linnworks.net, Stock-UpdateStockLevelsBulk; an integrator saw an empty reply",
		does:    "writes the level that the test SKU has", calls: benchCalls(0) + 1, writes: true,
		ifNot: "errors of single rows stay unseen: set levels with SetStockLevelVerified, which reads them back",
		quirk: string(linnworkstest.BulkLevelsReplyEmpty),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			n, err := b.setBulk(ctx, rowAt(b.before, b.home()).StockLevel)
			return n == 1, fmt.Sprintf("%d rows for one", n), err
		}),
	},
	{
		assumes: "UpdateStockLevelsBulk refuses kits",
		source:  "apps.linnworks.net, Stock-UpdateStockLevelsBulk",
		does:    "makes the test SKU a kit, writes a level, and makes it an item again", calls: benchCalls(0) + 7 + lookPages, writes: true,
		ifNot: "programs of your own could give kits a level by mistake: set linnworksadapter.Options.KitsHaveNoStock if no kit is packed in advance",
		quirk: string(linnworkstest.BulkRefusesComposites),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			level := rowAt(b.before, b.home()).StockLevel
			err := b.asKit(ctx, func(linnworks.StockItem) error {
				_, err := b.setBulk(ctx, level+1)
				_, err = statusOf(err)
				return err
			})
			if err != nil {
				return false, "", err
			}
			row, err := b.level(ctx, b.home())
			return row.StockLevel == level, fmt.Sprintf("the level was changed: %t", row.StockLevel != level), err
		}),
	},
	{
		assumes: "a kit that was made through the API shows no stock until a level of a component is written",
		source:  "seen by integrators",
		does:    "makes the test SKU a kit of one other item, reads its level, and makes it an item again", calls: benchCalls(0) + 9 + lookPages, writes: true,
		ifNot: "nothing to set: the bridge computes kits from their components",
		quirk: string(linnworkstest.StaleKitLevels),
		try: onBench(func(ctx context.Context, b *bench) (holds bool, seen string, err error) {
			err = b.asKit(ctx, func(part linnworks.StockItem) error {
				// Else it would go on showing a level of its own.
				if err := b.trackAsKit(ctx, -1); err != nil {
					return err
				}
				row, err := b.level(ctx, b.home())
				holds = row.Available == 0
				seen = fmt.Sprintf("%d kits of a component of which %d are available", row.Available, part.Available)
				return err
			})
			return holds, seen, err
		}),
	},
	{
		assumes: "changing a channel mapping clears the limits that the call leaves out",
		source:  "apps.linnworks.net, Inventory-UpdateChannelMapping; seen by an integrator",
		does:    "maps the test SKU for a channel PROBE, changes that, and deletes it", calls: benchCalls(0) + 4, writes: true,
		ifNot: "nothing to set: the bridge changes no mappings",
		quirk: string(linnworkstest.MappingLimitsOverwritten),
		try: onBench(func(ctx context.Context, b *bench) (holds bool, seen string, err error) {
			const limit = 9
			made, err := b.warehouse.Inventory.CreateChannelMapping(ctx, &linnworks.CreateChannelMappingRequest{Mappings: []linnworks.ChannelMappingCreateInfo{
				{StockItemID: b.item, ChannelSKU: "PROBE-" + b.run, Source: "PROBE", SubSource: "PROBE", MaxListedQuantity: limit},
			}})
			if err != nil {
				return false, "", err
			}
			if len(made.Results) != 1 {
				return false, "", fmt.Errorf("CreateChannelMapping answered one mapping with %d", len(made.Results))
			}
			id := made.Results[0].Result.ID
			defer func() {
				e := putBack(ctx, func(ctx context.Context) error {
					_, err := b.warehouse.Inventory.DeleteInventoryItemChannelSKUs(ctx, &linnworks.DeleteInventoryItemChannelSKUsRequest{InventoryItemChannelSKUIDs: []linnworks.GUID{id}})
					return err
				})
				if e != nil {
					err = fmt.Errorf("delete the channel SKU PROBE-%s of %s in Linnworks, for the check could not: %w", b.run, b.sku, e)
				}
			}()
			if err := post(ctx, b.accounts, "Inventory/UpdateChannelMapping", object{"Mappings": []object{{"Id": id}}}, nil); err != nil {
				return false, "", err
			}
			rows, err := b.warehouse.Inventory.GetInventoryItemChannelSKUs(ctx, &linnworks.GetInventoryItemChannelSKUsRequest{InventoryItemID: b.item})
			for _, row := range rows {
				if row.ChannelSKURowID.Equal(id) {
					return row.MaxListedQuantity != limit, fmt.Sprintf("a limit of %d became %d", limit, row.MaxListedQuantity), err
				}
			}
			return false, "", errors.Join(err, errors.New("the mapping is not among those of the item"))
		}),
	},
}

// setBulk writes the level of the test SKU with UpdateStockLevelsBulk and returns the
// number of rows in the reply.
func (b *bench) setBulk(ctx context.Context, level int) (int, error) {
	reply, err := b.warehouse.Stock.UpdateStockLevelsBulk(ctx, &linnworks.UpdateStockLevelsBulkRequest{Items: []linnworks.UpdateStockLevelsBulkRequestItem{
		{SKU: &b.sku, StockLocationName: &b.places[0].LocationName, StockLevel: &level, RowIndex: new(1)},
	}})
	if reply == nil {
		return 0, done(err)
	}
	return len(reply.Items), done(err)
}

// asKit makes the test SKU a kit of an item that is in stock, and an item again
// afterwards, with the minimum level that it had.
func (b *bench) asKit(ctx context.Context, do func(part linnworks.StockItem) error) (err error) {
	part, err := itemWhere(ctx, b.accounts, func(i linnworks.StockItem) bool {
		return !i.IsCompositeParent && i.Available > 0 && i.MinimumLevel >= 0 && !i.StockItemID.Equal(b.item)
	}, "no other item is in stock at Default")
	if err != nil {
		return err
	}
	parts := func(ctx context.Context) (int, error) {
		rows, err := b.warehouse.Inventory.GetInventoryItemCompositions(ctx, &linnworks.GetInventoryItemCompositionsRequest{InventoryItemID: b.item, GetFullDetail: new(false)})
		return len(rows), err
	}
	if n, err := parts(ctx); err != nil {
		return err
	} else if n > 0 {
		return notTried("the test SKU is a kit: name another one")
	}
	defer func() {
		e := putBack(ctx, func(ctx context.Context) error {
			_, unmade := b.warehouse.Inventory.DeleteInventoryItemCompositions(ctx, &linnworks.DeleteInventoryItemCompositionsRequest{
				StockItemID: b.item, InventoryItemCompositionIDs: []linnworks.GUID{part.StockItemID},
			})
			_, tracked := b.warehouse.Stock.UpdateStockMinimumLevel(ctx, &linnworks.UpdateStockMinimumLevelRequest{
				StockItemID: b.item, LocationID: b.home(), MinimumLevel: new(rowAt(b.before, b.home()).MinimumLevel),
			})
			n, read := parts(ctx)
			if n > 0 {
				read = errors.New("it still has components")
			}
			return errors.Join(unmade, tracked, read)
		})
		if e != nil {
			err = fmt.Errorf("make %s an item again in Linnworks, for the check could not: %w", b.sku, e)
		}
	}()
	_, err = b.warehouse.Inventory.CreateInventoryItemCompositions(ctx, &linnworks.CreateInventoryItemCompositionsRequest{
		InventoryItemCompositions: []linnworks.ItemComposition{{StockItemID: b.item, LinkedStockItemID: part.StockItemID, Quantity: 1}},
	})
	if err != nil {
		return err
	}
	return do(part)
}

// trackAsKit sets the minimum level of the test SKU while it is a kit.
func (b *bench) trackAsKit(ctx context.Context, minimum int) error {
	_, err := b.warehouse.Inventory.UpdateCompositeParentStockLevel(ctx, &linnworks.UpdateCompositeParentStockLevelRequest{
		StockItemID: b.item, LocationID: b.home(), FieldValue: &minimum,
	})
	return err
}
