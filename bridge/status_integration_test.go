package bridge_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Markets differ in when an order has a package and in the call that ships it,
// not in what is to be done next: one table serves all. Orders of each family
// live from their payment to their end.
func TestStatusTableServesEveryMarket(t *testing.T) {
	t.Parallel()
	lives := map[tiktokshop.ShippingType][]string{
		tiktokshop.ShippingTypeSeller: {
			"UNPAID reserve, parked wait", "ON_HOLD park, parked wait", "AWAITING_SHIPMENT import, open wait, processed ship",
			"AWAITING_COLLECTION book, processed confirm", "IN_TRANSIT book, processed confirm", "DELIVERED book, processed confirm", "COMPLETED book, processed done",
		},
		tiktokshop.ShippingTypeTikTok: {
			"UNPAID reserve, parked wait", "ON_HOLD park, parked wait", "AWAITING_SHIPMENT import, open label",
			"AWAITING_COLLECTION book, open confirm, processed confirm", "IN_TRANSIT book, processed confirm", "DELIVERED book, processed confirm", "COMPLETED book, processed done",
		},
	}
	for _, tc := range []struct {
		market    string
		shipping  tiktokshop.ShippingType
		atPayment bool // has a package
		call      string
	}{
		{"US", tiktokshop.ShippingTypeSeller, false, "Fulfillment.MarkPackageAsShipped"},
		{"GB", tiktokshop.ShippingTypeSeller, false, "Fulfillment.MarkPackageAsShipped"},
		{"DE", tiktokshop.ShippingTypeSeller, false, "Fulfillment.MarkPackageAsShipped"},
		{"JP", tiktokshop.ShippingTypeSeller, false, "Fulfillment.MarkPackageAsShipped"},
		{"MY", tiktokshop.ShippingTypeSeller, true, "Fulfillment.ShipPackage"},
		{"MX", tiktokshop.ShippingTypeSeller, true, "Fulfillment.ShipPackage"},
		{"US", tiktokshop.ShippingTypeTikTok, false, "Fulfillment.CreatePackages"},
		{"GB", tiktokshop.ShippingTypeTikTok, true, "Fulfillment.ShipPackage"},
		{"MY", tiktokshop.ShippingTypeTikTok, true, "Fulfillment.ShipPackage"},
	} {
		t.Run(fmt.Sprint(tc.market, " ", tc.shipping), func(t *testing.T) {
			t.Parallel()
			s := newSides(t, tc.market)
			id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusUnpaid, ShippingType: tc.shipping})
			var life []string
			read := func() bridge.Order {
				orders, err := s.shop.OrdersByID(t.Context(), []string{id})
				must(t, err)
				return orders[0]
			}
			see := func(states ...bridge.WarehouseState) {
				t.Helper()
				o, text := read(), ""
				for _, state := range append([]bridge.WarehouseState{bridge.Absent}, states...) {
					action, known := bridge.DefaultStatusTable().Action(o.ShippingModel, o.Status, state)
					if !known {
						t.Errorf("%s %s %s is not in the table", o.ShippingModel, o.Status, state)
					}
					if state != bridge.Absent {
						text += ", " + string(state)
					}
					text += " " + string(action)
				}
				life = append(life, string(o.Status)+text)
			}
			see(bridge.Parked)
			must(t, s.tiktok.Pay(id))
			see(bridge.Parked)
			must(t, s.tiktok.ReleaseHold(id))
			ready := read()
			if got := ready.Lines[0].PackageID != ""; got != tc.atPayment {
				t.Errorf("has a package before it is shipped: %t", got)
			}
			s.tiktok.ResetCalls()
			if tc.shipping == tiktokshop.ShippingTypeSeller {
				see(bridge.Open, bridge.Processed)
				carriers, err := s.shop.Carriers(t.Context(), ready)
				must(t, err)
				_, err = s.shop.Ship(t.Context(), bridge.Shipment{Order: ready, Tracking: "T1", CarrierID: carriers[0].ID})
				must(t, err)
				see(bridge.Processed)
			} else {
				see(bridge.Open)
				_, err := s.shop.ArrangeShipping(t.Context(), bridge.Shipment{Order: ready})
				must(t, err)
				see(bridge.Open, bridge.Processed)
			}
			if len(s.tiktok.CallsOf(tiktokshoptest.On(tc.call))) != 1 {
				t.Errorf("not shipped by %s", tc.call)
			}
			must(t, s.tiktok.Collect(id))
			see(bridge.Processed)
			must(t, s.tiktok.Deliver(id))
			see(bridge.Processed)
			must(t, s.tiktok.Complete(id))
			see(bridge.Processed)
			if diff := cmp.Diff(lives[tc.shipping], life); diff != "" {
				t.Error(diff)
			}
		})
	}
}
