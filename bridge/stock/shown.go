package stock

import (
	"context"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// ShownReader reads what the shop shows, and what it holds back.
type ShownReader interface {
	// ShopStock reads SKUs by id, as many as are given. One that the shop does not
	// know is left out. An [exceptions.UnreadableError] comes with all that can be read.
	ShopStock(ctx context.Context, skuIDs []string) ([]ShownStock, error)
}

// ShownStock is the stock of one SKU as the shop counts it.
type ShownStock struct {
	catalogue.SKU
	Warehouses []ShownWarehouse
	// Campaign and Creator are units of what is available that only a campaign or
	// a creator may sell, over all warehouses.
	Campaign, Creator int
}

// ShownWarehouse is the stock of one SKU in one of the shop's warehouses.
type ShownWarehouse struct {
	WarehouseID string
	// Available is what the shop sells, and what publishing sets. Committed is
	// what lies in the shop's orders and has not left; it comes on top.
	Available, Committed int
}

// levels are what publishing sets.
func (s ShownStock) levels() []catalogue.WarehouseStock {
	list := make([]catalogue.WarehouseStock, len(s.Warehouses))
	for i, w := range s.Warehouses {
		list[i] = catalogue.WarehouseStock{WarehouseID: w.WarehouseID, Quantity: w.Available}
	}
	return list
}
