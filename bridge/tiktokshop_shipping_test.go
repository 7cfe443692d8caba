package bridge_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
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
		ParcelOf: func(_ context.Context, o bridge.Order, lines []bridge.OrderLine) (tiktokadapter.Parcel, error) {
			mug := tiktokadapter.Measured{Length: 4, Width: 4, Height: 4, Weight: 0.5}
			return tiktokadapter.ParcelOf(slices.Repeat([]tiktokadapter.Measured{mug}, len(lines)), tiktokadapter.Units{GramsEach: 453.6, CMEach: 2.54}, tiktokadapter.Parcel{}), measured
		},
	})
	must(t, err)
	orders, err := shop.OrdersByID(t.Context(), []string{id})
	must(t, err)
	if _, err := shop.ArrangeShipping(t.Context(), bridge.Shipment{Order: orders[0]}); !errors.Is(err, measured) {
		t.Fatalf("got %v, want what the measuring says", err)
	}
	measured = nil
	s.tiktok.ResetCalls()
	_, err = shop.ArrangeShipping(t.Context(), bridge.Shipment{Order: orders[0]})
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
