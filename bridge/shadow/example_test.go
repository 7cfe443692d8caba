package shadow_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/shadow"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// An order that is cancelled in the shop, and that the other integration has sent.
func ExampleWatch() {
	both := &sides{now: begin, orders: map[string]bridge.Order{}}
	memory := new(store.Memory)
	watch, err := shadow.New(shadow.Ports{Orders: both, Warehouse: both, Memory: memory.Shop("UK")}, shadow.Options{Now: func() time.Time { return both.now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	look := func(status bridge.OrderStatus, state bridge.WarehouseState) {
		both.orders["576461413038785752"] = bridge.Order{ID: "576461413038785752", ShippingModel: bridge.SellerShipping, Status: status, CreatedAt: begin, PaidAt: begin, UpdatedAt: both.now}
		both.found = []bridge.WarehouseOrder{{ID: "g", Reference: "576461413038785752", Foreign: "TIKTOK/shop", State: state}}
		both.now = both.now.Add(5 * time.Minute)
		if err := watch.Look(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	look(bridge.AwaitingShipment, bridge.Open)
	look(bridge.Cancelled, bridge.Open)
	look(bridge.Cancelled, bridge.Processed)
	report, err := watch.Report(context.Background())
	if err != nil {
		fmt.Println(err)
	}
	for _, d := range report.Differences {
		fmt.Println(d.OrderID, d.What)
	}
	// Output: 576461413038785752 it was cancelled in the shop, and the warehouse sent it all the same
}
