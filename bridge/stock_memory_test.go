package bridge_test

import (
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var memorySKUs = flag.Int("memoryskus", 1000, "how many SKUs TestStockMemory has; 20000 to measure")

// What the stock of a shop takes as [bridge.NewSync] wires it: engine, book, check, SKU map
// and both adapters, after the listings and the catalogue were read three times. A fifth of
// the SKUs are kits, there are two warehouses, and ids are as long as the real ones.
func TestStockMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes room of its own")
	}
	stockMemory(t, 200) // what is kept once, whatever the shop
	size := stockMemory(t, *memorySKUs)
	t.Logf("%d SKUs: %.0f bytes each", *memorySKUs, size)
	if size > 1000 {
		t.Errorf("the stock of %d SKUs takes %.0f bytes for each, want 1,000 at most", *memorySKUs, size)
	}
}

// stockMemory returns how many bytes are kept for each SKU.
func stockMemory(t *testing.T, skus int) (size float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		const leeds, york = "7068517275539719942", "7068517275539719943"
		linn := linnworkstest.New()
		second := linn.AddLocation("York")
		tiktok := tiktokshoptest.New(tiktokshoptest.WithQuotas(tiktokshoptest.Quota{}, tiktokshoptest.Quota{}))
		must(t, tiktok.AddWarehouse(tiktokshop.Warehouse{ID: leeds}))
		must(t, tiktok.AddWarehouse(tiktokshop.Warehouse{ID: york}))
		sku := func(n int) string { return fmt.Sprintf("SKU-%06d-BLUE-L", n) }
		for first := 0; first < skus; first += skusPerProduct {
			product := tiktokshoptest.Product{
				ID: fmt.Sprintf("1729592%012d", first), Title: fmt.Sprintf("Insulated stainless steel travel mug with a lid, 450 ml, %06d", first),
			}
			for n := first; n < first+skusPerProduct; n++ {
				item := linnworkstest.Item{SKU: sku(n), Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10, second: 10}}
				if n%5 == 4 {
					item.Levels, item.Components = nil, []linnworkstest.Component{{SKU: sku(n - 1), Quantity: 1}, {SKU: sku(n - 2), Quantity: 1}}
				}
				must(t, errOf(linn.AddItem(item)))
				product.SKUs = append(product.SKUs, tiktokshoptest.SKU{
					ID: fmt.Sprintf("1729593%012d", n), SellerSKU: sku(n), Price: "9.99", Stock: map[string]int{leeds: 10, york: 10},
				})
			}
			must(t, tiktok.AddProduct(product))
		}
		tt, err := tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: tiktok.RoundTripper()}))
		must(t, err)
		lw, err := linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: linn.RoundTripper()}))
		must(t, err)
		heap := func() float64 {
			linn.ForgetCalls()
			tiktok.ResetCalls()
			runtime.GC()
			runtime.GC() // what a pool gives up at the first
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return float64(m.HeapAlloc)
		}
		before := heap()
		shop, err := tiktokadapter.New(tt, tiktokadapter.Options{})
		must(t, err)
		warehouse, err := linnworksadapter.New(t.Context(), lw, linnworksadapter.Options{SubSource: "uk"})
		must(t, err)
		memory, queue := new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
		skuMap, err := catalogue.NewMap(catalogue.MapPorts{Items: warehouse, Mappings: warehouse, Exceptions: queue}, catalogue.MapOptions{})
		must(t, err)
		engine, err := stock.NewEngine(stock.Ports{
			Listings: shop, Catalogue: skuMap, Levels: warehouse, Sweep: warehouse, Touches: warehouse, States: warehouse,
			Ledger: world.Current{Ledger: memory}, Publisher: shop, Permits: shop, Shown: shop, Locks: memory, Exceptions: queue,
		}, stock.Options{Locations: map[string][]string{leeds: {string(linnworks.ZeroGUID)}, york: {string(second)}}})
		must(t, err)
		for range 3 {
			r, err := engine.Push(t.Context())
			must(t, err)
			if r.Plan.Unchanged != skus {
				t.Fatalf("%d SKUs are right, want all %d", r.Plan.Unchanged, skus)
			}
			must(t, engine.Sweep(t.Context()))
			time.Sleep(61 * time.Minute)
			must(t, skuMap.Refresh(t.Context()))
		}
		size = (heap() - before) / float64(skus)
		for _, kept := range []any{engine, shop, warehouse, skuMap, tt, lw, linn, tiktok} {
			runtime.KeepAlive(kept)
		}
	})
	return size
}
