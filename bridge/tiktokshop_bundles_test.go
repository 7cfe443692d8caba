package bridge_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

var _ catalogue.BundleReader = (*tiktokadapter.Shop)(nil)

// Prices of the shop come with one call a product, and are kept for a while.
func TestListPrices(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	wanted := []catalogue.SKU{{ProductID: mugProduct, ID: mugSKU}, {ProductID: "1729592969712299999", ID: "gone"}, {ID: "nameless"}}
	s.tiktok.ResetCalls()
	for range 2 {
		got, err := s.shop.ListPrices(t.Context(), wanted)
		must(t, err)
		if len(got) != 1 || got[mugSKU] <= 0 {
			t.Errorf("got %v, want the price of the mug alone", got)
		}
	}
	asked := 0
	for _, c := range s.tiktok.Calls() {
		if strings.Contains(c.Path, mugProduct) {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the product was read %d times, want once", asked)
	}
}

func TestAShopsBundleIsComparedWithTheComposite(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	bundle, err := s.shop.Bundle(t.Context(), "1729592969712207005")
	must(t, err)
	want := map[string][]catalogue.BundleComponent{
		bundleSKU: {{Listing: catalogue.SKU{ProductID: mugProduct, ID: mugSKU, SellerSKU: "MUG"}, Quantity: 2}},
	}
	if diff := cmp.Diff(want, bundle); diff != "" {
		t.Fatalf("components (-want +got):\n%s", diff)
	}
	if single, err := s.shop.Bundle(t.Context(), mugProduct); len(single) != 0 || err != nil {
		t.Errorf("a mug is no bundle: %v, %v", single, err)
	}
	_, err = s.linn.AddItem(linnworkstest.Item{SKU: "TWO-MUGS", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 3}}})
	must(t, err)
	items, _, err := s.book.StockItems(t.Context(), []catalogue.SKU{{ID: bundleSKU, SellerSKU: "TWO-MUGS"}, {ID: mugSKU, SellerSKU: "MUG"}})
	must(t, err)
	var got []string
	for _, d := range catalogue.CompareKit(bundle[bundleSKU], items, items[bundleSKU]) {
		got = append(got, d.String())
	}
	if diff := cmp.Diff([]string{"MUG: 2 in the shop, 3 in the warehouse"}, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}
