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
