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
// [Fake.Stocked], [Units] and [OrderOf] fill in what a test does not care about.
//
// # Time
//
// What TikTok does by itself happens when its time comes: a hold ends after an
// hour, an unpaid order is cancelled after a day, an order that was not shipped
// by its shipping_due_time or collected by its collection_due_time is
// cancelled, a buyer's request that nobody answered is approved, a delivered
// order is settled, a statement is made at midnight. Inside testing/synctest days
// pass in no time: the fake starts no goroutine and never blocks with a lock held.
//
// # What is checked
//
// Every call is checked as on TikTok's gateway: path, version and method, app
// key, signature over the exact bytes, timestamp, access token, shop cipher,
// content type, scope, quota, required fields, sizes and enumerations. The codes
// of refusals are those of TikTok's error tables. Where the documentation leaves
// open what happens, the fake takes the course that is harder on the caller: a
// refresh token works once, and Get Order Detail refuses the whole call for one
// foreign id.
//
// # Quirks
//
// The habits of TikTok Shop that surprise its callers are reproduced. [Quirks]
// lists them with a line each, [Without] switches some off, and [With] switches
// on those few that are off because not every program meets them. What depends
// on the country, such as when a package id exists and which call ships, follows
// [WithMarket].
//
// # Faults
//
// [Fake.Fail] scripts faults for single calls. [WithFaults] lets them happen at
// random: the same seed and the same calls give the same faults, and
// [Fake.FaultLog] prints the seed. [WithQuotas], [WithSandbox] and
// [Fake.Overload] make the gateway refuse calls as the real one does.
//
// # Webhooks
//
// [WithWebhooks] gives the fake a transport, [HandlerTransport] makes one of the
// handler under test. Addresses are set by the Event API or by
// [Fake.SetWebhooks]. [Fake.SendWebhooks] posts what is due, [Fake.RunWebhooks]
// does so until it is stopped: signed, without personal data, and repeated after
// 2 minutes, 30 minutes, 3 and 12 hours until the answer is 200.
// [Fake.DisturbWebhooks] delays, repeats and loses them. [Fake.Deliveries] is
// what was posted.
//
// # Money
//
// An order is settled [SettlementTime] after its delivery, or when it is
// completed. Transactions, statements and payments agree to the cent: revenue,
// shipping, fees and adjustments are signed and sum up to the settlement, and
// with the reserves to the payment. The fake takes a commission of 9 % and has no
// tax on it; it makes one payment for each statement, a negative one where the
// seller owes.
//
// # LIVEs
//
// [Fake.StartLive] and [Fake.EndLive] are the ends of a LIVE. Analytics tell what was sold in
// it, by the minute and by product, when it is over.
//
// # Several shops
//
// [Fake.AddShop] opens further shops under the same authorisation. Scopes,
// revoked authorisations, inactive shops and sellers are up to [Fake.SetScopes],
// [Fake.Deauthorise], [Fake.SetShopActive] and [Fake.SetSellerActive].
//
// # Looking at the calls
//
// [Fake.Calls] is every call and its outcome, [Fake.CallsOf] those that a [Match]
// selects: [On], [Mentions], [Reads], [Writes], [Failed], [All], [Not]. [Listen]
// serves a fake on a port for programs that do not take a transport.
//
// [Operations] lists what is supported. What TikTok Shop has besides is answered
// with HTTP status 501, code 36009009 and a message that names it; a path that it
// does not have, as TikTok Shop does.
package tiktokshoptest
