package bridge_test

import (
	"net/url"
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
