// Package linnworksadapter makes a Linnworks client the warehouse of the bridge.
//
// [New] reads the stock locations and returns a [Warehouse], which finds, creates,
// parks, releases and cancels orders, reads stock levels and the catalogue, and
// writes tracking; it implements the warehouse-side ports of the packages bridge,
// catalogue and stock.
//
//	warehouse, err := linnworksadapter.New(ctx, client, linnworksadapter.Options{SubSource: "uk-shop"})
//
// Source and SubSource are part of how Linnworks knows an order again: choose them
// once, one SubSource for each shop, and never change them.
package linnworksadapter
