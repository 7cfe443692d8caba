package linnworkstest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// A channel order reserves stock, and despatching it takes the units away.
func Example() {
	f := linnworkstest.New()
	if _, err := f.AddItem(linnworkstest.Item{
		SKU: "MUG-RED", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10},
	}); err != nil {
		log.Fatal(err)
	}
	if err := f.MapChannelSKU("SHOP", "UK", "shop-mug", "MUG-RED"); err != nil {
		log.Fatal(err)
	}
	c, err := f.Client()
	if err != nil {
		log.Fatal(err)
	}

	received := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	ids, err := c.Orders.CreateOrders(context.Background(), &linnworks.CreateOrdersRequest{
		Location: "Default",
		Orders: []linnworks.ChannelOrder{{
			Source: "SHOP", SubSource: "UK", ReferenceNumber: "5771",
			PaymentStatus: "Paid",
			ReceivedDate:  linnworks.Time{Time: received}, DispatchBy: linnworks.Time{Time: received.AddDate(0, 0, 2)},
			OrderItems: []linnworks.ChannelOrderItem{{ItemNumber: "1", ChannelSKU: "shop-mug", Qty: 3, PricePerUnit: "7.50", TaxCostInclusive: true}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	show := func(when string) {
		level, err := f.Level("MUG-RED", linnworks.ZeroGUID)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %+v\n", when, level)
	}
	show("ordered")
	if err := f.Process(ids[0]); err != nil {
		log.Fatal(err)
	}
	show("despatched")
	for _, call := range f.Calls() {
		fmt.Println(call.Operation, call.Status)
	}
	// Output:
	// ordered: {OnHand:10 InOrders:3 Available:7}
	// despatched: {OnHand:7 InOrders:0 Available:7}
	// Auth.AuthorizeByApplication 200
	// Orders.CreateOrders 200
}

// A connection that is cut after a write took effect: a careful program looks
// before it sends the write again.
func ExampleFake_Fail() {
	f := linnworkstest.New()
	if _, err := f.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 5}}); err != nil {
		log.Fatal(err)
	}
	c, err := f.Client(linnworks.WithMaxAttempts(1))
	if err != nil {
		log.Fatal(err)
	}
	f.Fail("Orders.CreateOrders", 1, linnworkstest.CutAfter())
	order := linnworkstest.Order{Reference: "5771", Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 2}}}.Build()
	order.AutomaticallyLinkBySKU = true
	_, err = c.Orders.CreateOrders(context.Background(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: []linnworks.ChannelOrder{order}})
	fmt.Println("temporary:", linnworks.IsTemporary(err))
	fmt.Println("saved:", len(f.OrdersByReference("SHOP", "UK", "5771")))
	for _, call := range f.Calls(linnworkstest.Faulty()) {
		fmt.Println(call.Operation, call.Fault)
	}
	// Output:
	// temporary: true
	// saved: 1
	// Orders.CreateOrders cut after
}

// Auto-merge replaces two orders that look alike by one whose reference says
// MERGED.
func ExampleWithAutoMerge() {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	f := linnworkstest.New(linnworkstest.WithAutoMerge(), linnworkstest.WithClock(func() time.Time { return now }))
	for _, reference := range []string{"1", "2"} {
		if _, err := f.AddOrder(linnworkstest.Order{Reference: reference, Buyer: "J***", Lines: []linnworkstest.Line{{SKU: "MUG"}}}); err != nil {
			log.Fatal(err)
		}
	}
	now = now.Add(15 * time.Minute)
	for _, o := range f.Orders() {
		fmt.Println(o.GeneralInfo.ReferenceNum, len(o.Items), o.TotalsInfo.TotalCharge)
	}
	// Output:
	// MERGED 2 20
}
