package audit_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/internal/distant"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var listings = flag.Int("listings", 4000, "how many listings TestSpeed audits")

// calls counts the calls of each operation.
type calls struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *calls) saw(side, operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[side+" "+operation]++
}

// perMinute are the limits of the operations that an audit reads pages of things with. TikTok
// publishes none: 8 a second is what the client allows itself.
var perMinute = map[string]int{
	"Linnworks Inventory.BatchGetInventoryItemChannelSKUs": 150, "Linnworks Stock.GetStockItemsFull": 150,
	"Linnworks Inventory.GetInventoryItemsCompositionByIDs": 250, "Linnworks Inventory.GetStockItemIDsBySKU": 250, "Linnworks Stock.GetStockLevelBatch": 250,
	"TikTok Product.SearchProducts": 8 * 60,
}

// atTheLimits is how long the calls take that read pages of things, each operation at its
// limit, on the side that takes longer: both are read at the same time, and each call of a
// side needs what the one before has found.
func (c *calls) atTheLimits() time.Duration {
	sides := map[string]time.Duration{}
	for operation, limit := range perMinute {
		side, _, _ := strings.Cut(operation, " ")
		sides[side] += time.Minute * time.Duration(c.count[operation]) / time.Duration(limit)
	}
	return max(sides["Linnworks"], sides["TikTok"])
}

// An audit takes hardly longer than the limits of both sides make its calls take.
func TestSpeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const warehouse = "7068517275539719942"
		n := *listings
		time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))) // no shop of TikTok's is as old as the clock of a bubble
		shopFake, linnFake := tiktokshoptest.New(), linnworkstest.New()
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		check(shopFake.AddWarehouse(tiktokshop.Warehouse{ID: warehouse, Name: "Leeds"}))
		for i := range n {
			if i%100 == 0 {
				time.Sleep(time.Minute) // no shop makes more products in a moment than one search finds
			}
			sku := fmt.Sprintf("SKU-%06d", i)
			_, err := linnFake.AddItem(linnworkstest.Item{SKU: sku, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 5}})
			check(err)
			check(shopFake.AddProduct(tiktokshoptest.Product{ID: fmt.Sprint(1729592969712000000 + i), Title: sku, SKUs: []tiktokshoptest.SKU{
				{ID: fmt.Sprint(1729592969713000000 + i), SellerSKU: sku, Price: "9.00", Stock: map[string]int{warehouse: 5}},
			}}))
		}
		made := new(calls)
		distance := 50 * time.Millisecond
		tiktok, err := shopFake.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: distant.By(distance, shopFake.RoundTripper())}),
			tiktokshop.WithObserver(func(_ context.Context, e tiktokshop.Event) { made.saw("TikTok", e.Operation) }),
			tiktokshop.WithLimiter(tiktokshop.DefaultLimiter()))
		check(err)
		linn, err := linnFake.Client(linnworks.WithHTTPClient(&http.Client{Transport: distant.By(distance, linnFake.RoundTripper())}),
			linnworks.WithObserver(func(_ context.Context, e linnworks.Event) { made.saw("Linnworks", e.Operation) }),
			linnworks.WithLimiter(linnworks.DefaultLimiter()))
		check(err)
		shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
		check(err)
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "uk"})
		check(err)
		start := time.Now()
		report, err := audit.Run(t.Context(), audit.Ports{
			Listings: shop, Items: book, Mappings: book, Bundles: shop, Levels: book, States: book, Warehouses: shop, Locations: book,
			Shop: shop, Warehouse: book, Status: shop, Webhooks: shop, Setup: shop, Models: shop, Linnworks: book,
		}, audit.Options{
			Locations: map[string][]string{warehouse: {string(linnworks.ZeroGUID)}},
		})
		check(err)
		if !report.Complete() || report.Listings != n {
			t.Errorf("%d listings were looked at, not read: %q", report.Listings, report.Unread)
		}
		took, quotas := time.Since(start), made.atTheLimits()
		t.Logf("%v for %d listings, of %v that the limits make of the calls %v", took.Round(time.Second), n, quotas.Round(time.Second), made.count)
		if took > quotas*11/10 {
			t.Errorf("it took %v, and the limits allow %v", took, quotas)
		}
	})
}
