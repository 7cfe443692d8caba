// Package tiktokadapter makes a TikTok Shop client the shop of the bridge.
//
// [New] takes a client that is bound to one shop. The [Shop] it returns reads
// orders, cancellations, listings and what the shop shows, publishes stock,
// ships, answers requests and writes references; it implements the shop-side
// ports of the packages bridge, catalogue and stock. It keeps no state.
//
//	shop, err := tiktokadapter.New(client.ForShop(id, cipher), tiktokadapter.Options{})
//
// [HintsOf] turns a webhook into the ids of the orders to look at.
package tiktokadapter
