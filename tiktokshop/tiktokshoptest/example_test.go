package tiktokshoptest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A shop sells two mugs, and the program under test ships them.
func Example() {
	shop := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"))
	check(shop.AddWarehouse(tiktokshop.Warehouse{ID: "W1", Name: "Main"}))
	check(shop.AddProduct(tiktokshoptest.Product{ID: "P1", Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: "S1", SellerSKU: "MUG", Price: "8.00", Stock: map[string]int{"W1": 5}},
	}}))
	id, err := shop.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{{SKUID: "S1", Quantity: 2}},
	})
	check(err)
	show := func(what string) {
		order, _ := shop.Order(id)
		available, committed := shop.Stock("S1", "W1")
		fmt.Printf("%s: %s, %d line items; %d available, %d committed\n",
			what, order.Status, len(order.LineItems), available, committed)
	}
	show("ordered")

	ctx := context.Background()
	client, err := shop.Client()
	check(err)
	providers, err := client.Logistics.GetShippingProviders(ctx, tiktokshoptest.OptionStandard, nil)
	check(err)
	_, err = client.Fulfillment.MarkPackageAsShipped(ctx, id, &tiktokshop.MarkPackageAsShippedRequest{
		ShippingProviderID: providers.ShippingProviders[0].ID, TrackingNumber: "AB123456789GB",
	})
	check(err)
	show("shipped")

	check(shop.Collect(id))
	check(shop.Deliver(id))
	show("delivered")
	// Output:
	// ordered: AWAITING_SHIPMENT, 2 line items; 3 available, 2 committed
	// shipped: AWAITING_COLLECTION, 2 line items; 3 available, 0 committed
	// delivered: DELIVERED, 2 line items; 3 available, 0 committed
}

// The reply to a call is lost although the call took effect: a program that
// repeats it blindly ships twice.
func ExampleFake_Fail() {
	shop := tiktokshoptest.New()
	check(shop.AddWarehouse(tiktokshop.Warehouse{ID: "W1"}))
	check(shop.AddProduct(tiktokshoptest.Product{ID: "P1", SKUs: []tiktokshoptest.SKU{{ID: "S1", Stock: map[string]int{"W1": 5}}}}))
	id, err := shop.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: "S1", Quantity: 1}}})
	check(err)
	shop.Fail(tiktokshoptest.On("Fulfillment.MarkPackageAsShipped"), 1, tiktokshoptest.Fault{Drop: true, After: true})

	client, err := shop.Client()
	check(err)
	ship := func() {
		_, err := client.Fulfillment.MarkPackageAsShipped(context.Background(), id, &tiktokshop.MarkPackageAsShippedRequest{
			ShippingProviderID: shop.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID, TrackingNumber: "AB1",
		})
		fmt.Println("failed:", err != nil, "already done:", tiktokshop.IsAlreadyDone(err))
	}
	ship()
	ship()
	for _, call := range shop.CallsOf(tiktokshoptest.On("Fulfillment.MarkPackageAsShipped")) {
		fmt.Println("dropped:", call.Dropped, "code:", call.Code)
	}
	// Output:
	// failed: true already done: false
	// failed: true already done: true
	// dropped: true code: 0
	// dropped: false code: 21011006
}

// A receiver of webhooks is tested in memory. The first answer is an error, so
// TikTok repeats the webhook two minutes later.
func ExampleHandlerTransport() {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	received := 0
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		check(err)
		event, err := tiktokshop.ParseWebhook(body)
		check(err)
		if received++; received == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Println(event.Type, event.Data.(*tiktokshop.OrderStatusChange).OrderStatus)
	})
	shop := tiktokshoptest.New(
		tiktokshoptest.WithClock(func() time.Time { return now }),
		tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(receiver)),
	)
	sku, err := shop.Stocked("MUG", 5)
	check(err)
	shop.SetWebhook(int(tiktokshop.WebhookOrderStatusChange), "https://hooks.example.com/tiktok")
	order := tiktokshoptest.OrderOf(tiktokshoptest.Units(sku, 1))
	order.NoHold = true
	_, err = shop.PlaceOrder(order)
	check(err)

	shop.SendWebhooks(context.Background())
	now = now.Add(2 * time.Minute)
	shop.SendWebhooks(context.Background())
	for _, d := range shop.Deliveries() {
		fmt.Println("attempt", d.Attempt, "status", d.Status)
	}
	// Output:
	// order status change AWAITING_SHIPMENT
	// order status change AWAITING_SHIPMENT
	// attempt 1 status 500
	// attempt 2 status 200
}

// Faults happen at random. The log names the seed, with which they happen again.
func ExampleWithFaults() {
	shop := tiktokshoptest.New(tiktokshoptest.WithFaults(42, tiktokshoptest.Rates{Internal: 0.3, CutAfter: 0.2}))
	client, err := shop.Client(tiktokshop.WithMaxAttempts(1))
	check(err)
	failed := 0
	for range 5 {
		if _, err := client.Seller.GetActiveShops(context.Background(), nil); err != nil {
			failed++
		}
	}
	log := shop.FaultLog()
	fmt.Println("seed", log.Seed, "all faults were noticed:", failed == len(log.Faults))
	// Output: seed 42 all faults were noticed: true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
