package bridge_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// TestCarriersRoute checks that the providers are asked for the way that a parcel
// takes where TikTok demands it, and that the warehouses are read once.
func TestCarriersRoute(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shop string
		from string // the warehouse
		to   string
		want url.Values
		read int // calls for the warehouses
	}{
		{"GB", "w-it", "GB", url.Values{}, 0},
		{"US", "", "US", url.Values{}, 0},
		{"DE", "w-it", "FR", url.Values{"warehouse_region": {"IT"}, "buyer_region": {"FR"}}, 1},
		{"DE", "w-unknown", "FR", url.Values{"warehouse_region": {"DE"}, "buyer_region": {"FR"}}, 1},
		{"FR", "w-nowhere", "FR", url.Values{"warehouse_region": {"FR"}, "buyer_region": {"FR"}}, 1},
	} {
		fake := tiktokshoptest.New(tiktokshoptest.WithMarket(test.shop))
		for _, w := range []tiktokshop.Warehouse{
			{ID: "w-it", Name: "Milano", Address: tiktokshop.WarehouseAddress{RegionCode: "IT"}}, {ID: "w-nowhere", Name: "Nowhere"},
		} {
			must(t, fake.AddWarehouse(w))
		}
		client, err := fake.Client()
		must(t, err)
		shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
		must(t, err)
		order := bridge.Order{ID: "1", DeliveryOptionID: tiktokshoptest.OptionStandard, WarehouseID: test.from, Market: test.to}
		for range 2 {
			if list, err := shop.Carriers(t.Context(), order); err != nil || len(list) == 0 {
				t.Fatalf("%+v: %v, %v", test, list, err)
			}
		}
		asked := fake.CallsOf(tiktokshoptest.On("Logistics.GetShippingProviders"))
		got := url.Values{}
		for _, name := range []string{"warehouse_region", "buyer_region"} {
			if asked[0].Query.Has(name) {
				got[name] = asked[0].Query[name]
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("a shop in %s, from %s to %s (-want +got):\n%s", test.shop, test.from, test.to, diff)
		}
		if n := len(fake.CallsOf(tiktokshoptest.On("Logistics.GetWarehouseList"))); n != test.read {
			t.Errorf("a shop in %s: the warehouses were read %d times, want %d", test.shop, n, test.read)
		}
	}
}

// What TikTok warns of when it takes a number comes with the shipment.
func TestShipWarning(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderOf(tiktokshoptest.Units(mugSKU, 1)))
	const said = "The tracking number does not match the provider."
	s.spoilt(t, "/fulfillment/202309/orders/", func(body string) string {
		return strings.Replace(body, `"package_id"`, `"warning":{"message":"`+said+`"},"package_id"`, 1)
	})
	orders, err := s.shop.OrdersByID(t.Context(), []string{id})
	must(t, err)
	carriers, err := s.shop.Carriers(t.Context(), orders[0])
	must(t, err)
	warning, err := s.shop.Ship(t.Context(), bridge.Shipment{Order: orders[0], Tracking: "RM123456789GB", CarrierID: carriers[0].ID})
	if err != nil || warning != said {
		t.Errorf("got %q, %v, want %q", warning, err, said)
	}
}

// A label in the US is bought for the parcel that the lines make.
func TestParcelOfALabel(t *testing.T) {
	t.Parallel()
	s := newSides(t, "US")
	spec := tiktokshoptest.OrderOf(tiktokshoptest.Units(mugSKU, 3))
	spec.ShippingType = tiktokshop.ShippingTypeTikTok
	id := s.place(t, spec)
	client, err := s.tiktok.Client()
	must(t, err)
	measured := errors.New("no scales")
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{
		Parcel: tiktokadapter.Parcel{LengthCM: 90, WidthCM: 90, HeightCM: 90, WeightGrams: 9000},
		ParcelOf: func(_ context.Context, _ bridge.Order, lines []bridge.OrderLine) (tiktokadapter.Parcel, error) {
			mugs := catalogue.Packed{Units: len(lines), Each: catalogue.Measures{Grams: 226.8, LengthCM: 10.16, WidthCM: 10.16, HeightCM: 10.16}}
			return tiktokadapter.ParcelOf([]catalogue.Packed{mugs}, tiktokadapter.Parcel{}), measured
		},
	})
	must(t, err)
	orders, err := shop.OrdersByID(t.Context(), []string{id})
	must(t, err)
	shipment := bridge.Shipment{Order: orders[0], Contents: func(context.Context) ([]catalogue.Packed, error) {
		return nil, errors.New("the program that measures comes first")
	}}
	if _, err := shop.ArrangeShipping(t.Context(), shipment); !errors.Is(err, measured) {
		t.Fatalf("got %v, want what the measuring says", err)
	}
	measured = nil
	s.tiktok.ResetCalls()
	_, err = shop.ArrangeShipping(t.Context(), shipment)
	must(t, err)
	bought := s.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.CreatePackages"))
	const want = `"dimension":{"height":"31","length":"11","unit":"CM","width":"11"}`
	if len(bought) != 1 {
		t.Fatalf("%d labels were bought, want one", len(bought))
	}
	if body := bought[0].Body; !strings.Contains(body, want) || !strings.Contains(body, `"value":"681"`) {
		t.Errorf("got %s, want %s of 681 g", body, want)
	}
}

// TikTok makes one package of an order, and people pack it in two parcels: the package is
// split where TikTok can, and each part ships with its own number.
func TestPackageInTwoParcels(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lines  []tiktokshoptest.Line
		model  tiktokshop.ShippingType
		revoke bool // the app may not split
		lost   bool // the reply of the split is lost
		shown  []string
		open   int
	}{
		"two SKUs":                   {lines: mugAndSet, model: tiktokshop.ShippingTypeSeller, shown: []string{"T1", "T2"}},
		"two SKUs, TikTok's carrier": {lines: mugAndSet, model: tiktokshop.ShippingTypeTikTok},
		"two SKUs, a lost reply":     {lines: mugAndSet, model: tiktokshop.ShippingTypeSeller, lost: true, shown: []string{"T1", "T2"}},
		// TikTok splits whole SKUs in Thailand: a person has to.
		"two units of one":  {lines: mugs(2), model: tiktokshop.ShippingTypeSeller, shown: []string{"", ""}, open: 1},
		"without the scope": {lines: mugAndSet, model: tiktokshop.ShippingTypeSeller, revoke: true, shown: []string{"", ""}, open: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, "TH")
				id := d.imported(t, tiktokshoptest.OrderSpec{Lines: tc.lines, ShippingType: tc.model, WarehouseID: shopWarehouse})[0]
				whole := d.inLinnworks(id)[0]
				parts, err := d.staff.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: whole.OrderID, NewOrders: []linnworks.OrderSplit{{
					Items: []linnworks.OrderSplitOutItem{{RowID: &whole.Items[0].RowID, Quantity: new(1)}},
				}}})
				must(t, err)
				d.tiktok.ResetCalls()
				if tc.model == tiktokshop.ShippingTypeSeller {
					d.send(t, parts[0].OrderID, "T1")
					d.send(t, parts[1].OrderID, "T2")
				}
				split := tiktokshoptest.On("Fulfillment.SplitOrders")
				if tc.lost {
					d.tiktok.Fail(split, 1, tiktokshoptest.Fault{After: true, Drop: true})
				}
				if tc.revoke {
					d.tiktok.Fail(split, 100, tiktokshoptest.Fault{Code: 105005, Message: "The app lacks the scope"})
				}
				for i := range 4 {
					if _, err := d.try(t); err != nil && (!tc.lost || i > 0) {
						t.Fatal(err)
					}
					time.Sleep(20 * time.Minute)
				}
				shown := d.shown(t, id)
				if tc.shown == nil && (shown[0] == "" || shown[0] == shown[1]) {
					t.Errorf("the shop shows %q, want a number for each parcel", shown)
				}
				if diff := cmp.Diff(tc.shown, shown); tc.shown != nil && diff != "" {
					t.Errorf("the shop shows (-want +got):\n%s", diff)
				}
				open := d.open(t)
				if len(open) != tc.open || tc.open > 0 && !strings.Contains(open[0], string(exceptions.DispatchRefused)) {
					t.Errorf("open: %v, want %d of %q", open, tc.open, exceptions.DispatchRefused)
				}
				if n := len(d.tiktok.CallsOf(split)); tc.open == 0 && (n != 1 || d.shipCalls() != 2) {
					t.Errorf("%d splits and %d shipments, want 1 and 2", n, d.shipCalls())
				}
			})
		})
	}
}

var mugAndSet = []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}, {SKUID: setSKU, Quantity: 1}}
