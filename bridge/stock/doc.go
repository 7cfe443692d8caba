// Package stock keeps what the shop shows in line with what the warehouse has.
//
//	shown = free − sold but not counted yet − buffer, and never below zero
//
// for each listing and each of the shop's warehouses, kits from their components.
// [Book] computes that from readings of the levels, the ledger of sold units and
// the buffer rules; it makes no call. Two parts carry it out:
//
//   - [Push] reads everything, publishes what differs, and is done. Call it as
//     often as you like.
//   - [Live] reads and publishes without a pause, what sells now first, within the
//     quotas of both sides.
//
// [Check] reads what the shop shows, says why it differs and puts it right.
// [BufferRules] keep units back: a number, a share, more in a LIVE session; or
// [Computed] derives the number from how fast both sides sell.
//
// Publish only when every order that the shop has is in the ledger: see
// bridge.IntakeResult.Complete. A program that has nothing else:
//
//	push, err := stock.NewPush(stock.Ports{
//		Listings: shop, Catalogue: warehouse, Levels: warehouse, Publisher: shop,
//		Ledger: memory, Locks: memory, Exceptions: queue,
//	}, stock.Options{Locations: map[string][]string{shopWarehouseID: {locationID}}})
//	result, err := push.Push(ctx)
package stock
