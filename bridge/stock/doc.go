// Package stock keeps what the shop shows in line with what the warehouse has.
//
//	shown = free − sold but not counted yet − buffer, and never below zero
//
// for each listing and each of the shop's warehouses, kits from their components.
// [Book] computes that from readings of the levels, the ledger of sold units and
// the buffer rules; it makes no call. An [Engine] carries it out, with the same promises
// either way:
//
//   - [Engine.Push] reads everything, publishes what differs, and is done. Call it as
//     often as you like.
//   - [Engine.Run] reads and publishes without a pause, what sells now first, within the
//     quotas of both sides.
//
// Its [Check] reads what the shop shows, says why it differs and has it put right.
// [BufferRules] keep units back: a number, a share, more in a LIVE session; or
// [Computed] derives the number from how fast both sides sell.
//
// A number that lacks an order of the shop would put sold units back on sale, so nothing
// is raised unless the ledger has every order: see [Ports].SeeOrders and
// [Book.SetSeenUpTo]. A program that has nothing else:
//
//	engine, err := stock.NewEngine(stock.Ports{
//		Listings: shop, Catalogue: warehouse, Levels: warehouse, Publisher: shop, Shown: shop,
//		SeeOrders: takeOrdersIn,
//		Ledger: memory, Locks: memory, Exceptions: queue,
//	}, stock.Options{Locations: map[string][]string{shopWarehouseID: {locationID}}})
//	result, err := engine.Push(ctx)
package stock
