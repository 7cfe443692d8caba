// Package tiktokshoptest is a TikTok Shop to test against: a stateful fake of
// the operations that an integration lives on. It needs no credentials and no
// network, checks what the real side checks, and has the habits that catch
// people out.
//
//	f := tiktokshoptest.New()
//	f.AddWarehouse(tiktokshop.Warehouse{ID: "W1"})
//	f.AddProduct(tiktokshoptest.Product{ID: "P1", SKUs: []tiktokshoptest.SKU{
//		{ID: "S1", SellerSKU: "MUG", Stock: map[string]int{"W1": 5}},
//	}})
//	id, err := f.PlaceOrder(tiktokshoptest.OrderSpec{
//		Lines: []tiktokshoptest.Line{{SKUID: "S1", Quantity: 2}},
//	})
//	client, err := f.Client() // a *tiktokshop.Client, bound to the shop
//	orders, err := client.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: []string{id}})
//
// The methods of [Fake] are the hands of everybody else: buyers place, pay and
// cancel orders, carriers collect and deliver them, the seller edits stock, and
// the test looks at the outcome. They return an error that names the object when
// something cannot be done.
//
// # Time
//
// What TikTok does by itself happens when its time comes: a hold ends after an
// hour, an unpaid order is cancelled after a day, an order that was not shipped
// by its shipping_due_time is cancelled, a buyer's request that nobody answered
// is approved. Inside testing/synctest days pass in no time: the fake starts no
// goroutine and never blocks with a lock held.
//
// # What is checked
//
// Every call is checked as on TikTok's gateway: path and method, app key,
// signature over the exact bytes, timestamp, access token, shop cipher, content
// type, required fields, sizes and enumerations. The codes of refusals are those
// of TikTok's error tables. Where the documentation leaves open what happens,
// the fake takes the course that is harder on the caller: a refresh token works
// once, and Get Order Detail refuses the whole call for one foreign id.
//
// # Habits that are reproduced
//
//   - One line item is one unit, and the lines come in another order each time
//     ([QuirkLineOrder]).
//   - The components of a virtual bundle are only in the detail of an order
//     ([QuirkComponentsOnlyInDetail]).
//   - An order has no address while it is UNPAID or ON_HOLD, and a masked one
//     where TikTok ships.
//   - update_time moves with the status only: not for an address, a request to
//     cancel, or a further package of a part-shipped order.
//   - A package id exists from the payment in some markets and from shipping in
//     others, and the call that ships differs ([WithMarket]).
//   - In the US shipping rejects a pending request to cancel; elsewhere the
//     request blocks shipping.
//   - The first request for a label says that it is not ready
//     ([QuirkDocumentNotReady]), and its URL works for a day.
//   - Update Inventory answers code 0 with errors inside, wants every warehouse
//     of the SKU, and refuses virtual bundles.
//   - A cancellation for want of stock sets the stock to 0
//     ([QuirkOutOfStockZeroes]).
//   - Page tokens hold the characters + / =.
//
// [Operations] lists what is supported. Finance, returns, webhooks, and splitting
// and combining packages are not.
//
// [Fake.Fail] scripts faults, and [Fake.Calls] shows what was called.
package tiktokshoptest
