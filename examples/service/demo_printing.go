package main

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// demoAccount is the made-up Linnworks account.
const demoAccount linnworks.GUID = "ac000000-0000-4000-8000-000000000001"

// print installs the print button in Linnworks as people do, and prints two orders of
// TikTok Shipping, one of which was cancelled a moment before.
func (t *trade) print(ctx context.Context, address string) {
	if err := t.printTwo(ctx, address); err != nil && ctx.Err() == nil {
		t.say("printing did not work: " + err.Error())
	}
}

func (t *trade) printTwo(ctx context.Context, address string) error {
	bench, err := t.Warehouse.InstallShippingApp(ctx, linnworkstest.ShippingAppSetup{Vendor: "LINNBRIDGE", URL: address, AccountID: demoAccount})
	if err != nil {
		return err
	}
	services, err := bench.Services(ctx)
	if err != nil {
		return err
	}
	var ids []string
	var orders []linnworks.GUID
	for range 2 {
		id, err := t.Shop.PlaceOrder(tiktokshoptest.OrderSpec{
			Lines: []tiktokshoptest.Line{{SKUID: "1729592969712207101", Quantity: 1}}, ShippingType: tiktokshop.ShippingTypeTikTok,
		})
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		order, err := t.imported(ctx, id)
		if err != nil {
			return err
		}
		if err := t.Warehouse.SetTracking(order, services[0].PostalServiceID, ""); err != nil {
			return err
		}
		orders = append(orders, order)
	}
	if err := t.Shop.CancelBySeller(ids[1], t.Shop.SellerCancelReasons()[1]); err != nil {
		return err
	}
	printed, err := bench.Print(ctx, orders...)
	if err != nil {
		return err
	}
	for i, p := range printed {
		if p.Error == "" {
			t.say(fmt.Sprintf("somebody presses print for %s: it gets its label from TikTok, %s", ids[i], p.Tracking))
		} else {
			t.say(fmt.Sprintf("somebody presses print for %s: no label: %s", ids[i], p.Error))
		}
	}
	return nil
}

// imported waits until an order is in Linnworks and free to be sent.
func (t *trade) imported(ctx context.Context, id string) (linnworks.GUID, error) {
	for {
		if found := t.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, id); len(found) == 1 && !found[0].GeneralInfo.IsParked {
			return found[0].OrderID, nil
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return "", err
		}
	}
}
