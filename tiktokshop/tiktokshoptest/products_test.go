package tiktokshoptest_test

import (
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestProductsThatCannotExistAreNamedInTheError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		one := func(s tiktokshoptest.SKU) tiktokshoptest.Product {
			s.ID = "91"
			return tiktokshoptest.Product{ID: "90", SKUs: []tiktokshoptest.SKU{s}}
		}
		bundle := func(id string, count int) tiktokshoptest.Product {
			return one(tiktokshoptest.SKU{Components: []tiktokshoptest.Component{{SKUID: id, Count: count}}})
		}
		for name, test := range map[string]struct {
			product tiktokshoptest.Product
			names   string
		}{
			"no SKU":              {tiktokshoptest.Product{ID: "90"}, "product 90"},
			"known product":       {tiktokshoptest.Product{ID: mugProduct, SKUs: make([]tiktokshoptest.SKU, 1)}, mugProduct},
			"known SKU":           {tiktokshoptest.Product{ID: "90", SKUs: []tiktokshoptest.SKU{{ID: mug}}}, mug},
			"SKU given twice":     {tiktokshoptest.Product{ID: "90", SKUs: []tiktokshoptest.SKU{{ID: "91"}, {ID: "91"}}}, "SKU 91"},
			"unknown warehouse":   {one(tiktokshoptest.SKU{Stock: map[string]int{"W9": 1}}), "W9"},
			"negative stock":      {one(tiktokshoptest.SKU{Stock: map[string]int{north: -1}}), north},
			"price":               {one(tiktokshoptest.SKU{Price: "1.005"}), "1.005"},
			"unknown component":   {bundle("92", 2), "component 92"},
			"bundle of one":       {bundle(mug, 1), mug},
			"bundle of bundles":   {bundle(set, 2), set},
			"bundle with a stock": {one(tiktokshoptest.SKU{Stock: map[string]int{north: 1}, Components: []tiktokshoptest.Component{{SKUID: mug, Count: 2}}}), "SKU 91"},
		} {
			if err := l.AddProduct(test.product); err == nil || !strings.Contains(err.Error(), test.names) {
				t.Errorf("%s: got error %v, want one that names %q", name, err, test.names)
			}
		}
		_, err := l.client.Product.GetProduct(t.Context(), "90", nil)
		l.code(err, 12052048)
		for name, err := range map[string]error{
			"warehouse twice":   l.AddWarehouse(tiktokshop.Warehouse{ID: north}),
			"warehouse, no id":  l.AddWarehouse(tiktokshop.Warehouse{}),
			"stock of a bundle": l.SetStock(set, north, 1),
			"stock elsewhere":   l.SetStock(plate, south, 1),
			"stock of nothing":  l.SetStock("91", north, 1),
			"status of nothing": l.SetProductStatus("90", tiktokshop.ProductStatusDraft),
			"order of nobody":   l.Pay("1"),
		} {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

func TestMembersOfABundleSaySo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		for id, want := range map[string]tiktokshop.ProductProductType{setProduct: "COMBINED_PRODUCT", plateProduct: "IN_COMBINED_PRODUCT"} {
			p, err := l.client.Product.GetProduct(t.Context(), id, nil)
			l.ok(err)
			if len(p.ProductTypes) != 1 || p.ProductTypes[0] != want {
				t.Errorf("product %s: got types %v, want %s", id, p.ProductTypes, want)
			}
		}
	})
}
