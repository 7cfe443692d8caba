package tiktokshoptest_test

import (
	"context"
	"fmt"

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
	providers, err := client.Logistics.GetShippingProviders(ctx, tiktokshoptest.OptionStandard)
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

func check(err error) {
	if err != nil {
		panic(err)
	}
}
