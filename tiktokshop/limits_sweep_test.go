package tiktokshop_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A sweep over 10,000 products under the quotas of the fake, which refuses every
// burst inside a second: at the rate that they permit, and every stock right.
func TestSweepAtThePermittedRate(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("left out with -short and -race: 10,000 products take long there; the plain run has it")
	}
	synctest.Test(t, func(t *testing.T) {
		const products, perSecond = 10_000, 8
		fake := tiktokshoptest.New(
			tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: perSecond}, tiktokshoptest.Quota{Calls: 2}),
			tiktokshoptest.With(tiktokshoptest.QuirkBurstsInsideTheSecond),
		)
		if err := fake.AddWarehouse(tiktokshop.Warehouse{ID: "W1"}); err != nil {
			t.Fatal(err)
		}
		for i := range products {
			if err := fake.AddProduct(tiktokshoptest.Product{Title: fmt.Sprint("Product ", i), SKUs: []tiktokshoptest.SKU{
				{SellerSKU: fmt.Sprint(i), Stock: map[string]int{"W1": i % 97}},
			}}); err != nil {
				t.Fatal(err)
			}
		}
		client, err := fake.Client(tiktokshop.WithLimiter(tiktokshop.DefaultLimiter()))
		if err != nil {
			t.Fatal(err)
		}
		ctx, start := tiktokshop.Bulk(t.Context()), time.Now()
		seen := map[string]bool{}
		for listed, err := range client.Product.SearchProductsAll(ctx, &tiktokshop.SearchProductsRequest{}) {
			if err != nil {
				t.Fatal(err)
			}
			product, err := client.Product.GetProduct(ctx, listed.ID, nil)
			if err != nil {
				t.Fatal(err)
			}
			sku := product.SKUs[0]
			var n int
			if _, err := fmt.Sscan(sku.SellerSKU, &n); err != nil || seen[sku.SellerSKU] || len(sku.Inventory) != 1 || sku.Inventory[0].Quantity != n%97 {
				t.Fatalf("SKU %s: %v, seen before: %t, %+v", sku.SellerSKU, err, seen[sku.SellerSKU], sku.Inventory)
			}
			seen[sku.SellerSKU] = true
		}
		if len(seen) != products {
			t.Errorf("%d products of %d", len(seen), products)
		}
		calls := fake.Calls()
		for _, call := range calls {
			if call.Code != 0 {
				t.Fatalf("%s: code %d", call.Path, call.Code)
			}
		}
		got := float64(len(calls)) / time.Since(start).Seconds()
		t.Logf("%d calls in %s: %.1f %% of the permitted rate", len(calls), time.Since(start), 100*got/perSecond)
		if got < 0.95*perSecond {
			t.Errorf("%.2f calls a second of %d permitted", got, perSecond)
		}
	})
}
