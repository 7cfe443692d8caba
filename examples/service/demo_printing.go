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

// demoLabels is the postal service of the print button, and demoVendor whose it is.
const demoLabels, demoVendor = "TikTok Shipping", "LINNBRIDGE"

// print installs the print button in Linnworks as people do, and prints two orders of
// TikTok Shipping, one of which was cancelled a moment before.
func (t *trade) print(ctx context.Context, address string) {
	if err := t.printTwo(ctx, address); err != nil && ctx.Err() == nil {
		t.say("printing did not work: " + err.Error())
	}
}

func (t *trade) printTwo(ctx context.Context, address string) error {
	bench, err := t.Warehouse.InstallShippingApp(ctx, linnworkstest.ShippingAppSetup{Vendor: demoVendor, URL: address, AccountID: demoAccount})
	if err != nil {
		return err
	}
	services, err := bench.Services(ctx)
	if err != nil {
		return err
	}
	// What goes wrong at the first order, such as a cancellation that comes after the bridge
	// has got the label by itself, goes well at another.
	var ids []string
	var orders []linnworks.GUID
	for _, cancel := range []bool{false, true} {
		id, order, err := t.toPrint(ctx, services[0].PostalServiceID, cancel)
		for range 5 {
			if err == nil || ctx.Err() != nil {
				break
			}
			id, order, err = t.toPrint(ctx, services[0].PostalServiceID, cancel)
		}
		if err != nil {
			return err
		}
		ids, orders = append(ids, id), append(orders, order)
	}
	for len(orders) > 0 && ctx.Err() == nil {
		printed, err := bench.Print(ctx, orders...)
		if err != nil {
			return err
		}
		for i, p := range printed {
			if p.Error == "" {
				t.say(fmt.Sprintf("somebody presses print for %s: it gets its label from TikTok, %s, a picture of %s by %s inches", ids[i], p.Tracking, p.Packages[0].Width, p.Packages[0].Height))
			} else {
				t.say(fmt.Sprintf("somebody presses print for %s: no label: %s", ids[i], p.Error))
			}
		}
		if printed[0].Error == "" {
			return nil
		}
		orders = orders[:1] // TikTok did not answer, say: pressed again
		if err := sleep(ctx, 2*time.Second); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// toPrint places an order of TikTok Shipping, has it wait for its label in Linnworks, and
// cancels it in the shop if that is asked for.
func (t *trade) toPrint(ctx context.Context, service linnworks.GUID, cancel bool) (id string, order linnworks.GUID, err error) {
	id, err = t.Shop.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{{SKUID: "1729592969712207101", Quantity: 1}}, ShippingType: tiktokshop.ShippingTypeTikTok,
	})
	if err != nil {
		return "", "", err
	}
	if order, err = t.imported(ctx, id); err != nil {
		return "", "", err
	}
	if err := t.Warehouse.SetTracking(order, service, ""); err != nil {
		return "", "", err
	}
	if cancel {
		return id, order, t.Shop.CancelBySeller(id, t.Shop.SellerCancelReasons()[1])
	}
	return id, order, nil
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
