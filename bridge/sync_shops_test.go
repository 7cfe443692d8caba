package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// branch is one of two shops that sell from one warehouse. Their fakes count
// alike: products, SKUs, packages and even orders have the same ids in both.
type branch struct {
	name string
	fake *tiktokshoptest.Fake
	shop *tiktokadapter.Shop
	sync *bridge.Sync
}

func (b *branch) in(linn *linnworkstest.Fake, order string) []linnworks.OrderDetails {
	return linn.OrdersByReference("TIKTOKBRIDGE", b.name, order)
}

// start begins a process of the branch on what was stored.
func (b *branch) start(t *testing.T, linn *linnworkstest.Fake, memory *bridge.Memory) {
	t.Helper()
	client, err := linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	warehouse, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: b.name})
	must(t, err)
	settings := syncSettings()
	settings.Shop, settings.SubSource = b.name, b.name
	settings.Every = bridge.Pace{Orders: bridge.Duration(2 * time.Minute), Stock: bridge.Duration(5 * time.Minute), Dispatch: bridge.Duration(10 * time.Minute), Deadlines: bridge.Duration(time.Hour)}
	b.sync, err = bridge.NewSync(b.shop, warehouse, memory.Shop(b.name), settings)
	must(t, err)
	b.sync.Observe = func(_ context.Context, run bridge.FlowRun) {
		if run.Err != nil && !errors.Is(run.Err, context.Canceled) || run.Shop != b.name { // the end of a process cuts runs short
			t.Errorf("%s, %s: %v", b.name, run.Flow, run.Err)
		}
	}
}

// Two shops on one store and one Linnworks account trade for a day, through a
// restart, without touching each other's orders, records, cursors and cases.
func TestTwoShopsOnOneStore(t *testing.T) {
	t.Parallel()
	const seed = 7
	synctest.Test(t, func(t *testing.T) {
		linn := linnworkstest.New(linnworkstest.WithoutQuotas())
		for _, sku := range []string{"MUG", "SPOON"} {
			_, err := linn.AddItem(linnworkstest.Item{SKU: sku, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 500}})
			must(t, err)
		}
		mail := linn.AddPostalService("Tracked 48", "Royal Mail")
		memory := new(bridge.Memory)
		var branches []*branch
		for _, name := range []string{"north", "south"} {
			fake := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"))
			must(t, fake.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
			skus := []tiktokshoptest.SKU{{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: 9}}}
			if name == "north" { // the only one with a listing that no item stands for
				skus = append(skus, tiktokshoptest.SKU{ID: ghostSKU, SellerSKU: "GHOST", Price: "1.00", Stock: map[string]int{shopWarehouse: 9}})
			}
			must(t, fake.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: skus}))
			client, err := fake.Client()
			must(t, err)
			shop, err := tiktokadapter.New(client, tiktokadapter.Options{Documents: &http.Client{Transport: fake.RoundTripper()}})
			must(t, err)
			b := &branch{name: name, fake: fake, shop: shop}
			b.start(t, linn, memory)
			branches = append(branches, b)
		}

		r := rand.New(rand.NewPCG(seed, 0))
		sold := map[string]int{}
		for half := range 2 { // each in a process of its own
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, len(branches))
			for _, b := range branches {
				if half > 0 {
					b.start(t, linn, memory)
				}
				go func() { done <- b.sync.Run(ctx) }()
			}
			time.Sleep(30 * time.Second) // nobody buys or packs in the middle of a run
			for range 12 * 6 {           // ten minutes each
				b := branches[r.IntN(2)]
				units := 1 + r.IntN(2)
				id, err := b.fake.PlaceOrder(tiktokshoptest.OrderSpec{Lines: mugs(units), State: tiktokshop.OrderStatusOnHold})
				must(t, err)
				sold[b.name] += units
				time.Sleep(10 * time.Minute)
				if r.IntN(6) == 0 {
					must(t, b.fake.CancelByBuyer(id, ""))
					sold[b.name] -= units
				}
				for _, o := range linn.Orders() {
					if !o.Processed && r.IntN(3) == 0 && linn.SetTracking(o.OrderID, mail, fmt.Sprintf("RM%06d", o.NumOrderID)) == nil {
						_ = linn.Process(o.OrderID) // a parked one stays
					}
				}
			}
			time.Sleep(10 * time.Minute) // what happened last is carried over too
			stop()
			for range branches {
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		}

		if a, b := branches[0].fake.Orders(), branches[1].fake.Orders(); a[0].ID != b[0].ID || len(a) < 30 || len(b) < 30 {
			t.Fatalf("the shops do not have the ids in common that this test is about, or too few orders: %d and %d", len(a), len(b))
		}
		level, err := linn.Level("MUG", linnworks.ZeroGUID)
		must(t, err)
		for i, b := range branches {
			other := branches[1-i]
			var ids []string
			for _, o := range b.fake.Orders() {
				ids = append(ids, o.ID)
				found := b.in(linn, o.ID)
				if cancelled := o.Status == tiktokshop.OrderStatusCancelled; len(found) != 1 && !cancelled || cancelled && slices.ContainsFunc(found, func(w linnworks.OrderDetails) bool { return !w.GeneralInfo.HoldOrCancel }) {
					t.Errorf("%s: order %s (%s) is %d time(s) in Linnworks", b.name, o.ID, o.Status, len(found))
				}
			}
			records, _, err := memory.Shop(b.name).RecordsOf(t.Context(), ids...)
			must(t, err)
			told := 0
			for id, rec := range records {
				for _, w := range rec.WarehouseIDs {
					if !slices.ContainsFunc(b.in(linn, id), func(o linnworks.OrderDetails) bool { return strings.EqualFold(string(o.OrderID), w) }) {
						t.Errorf("%s: the record of order %s names %s, which is an order of %s, or of nobody", b.name, id, w, other.name)
					}
				}
				if rec.Reference.WarehouseID != "" {
					told++
				}
			}
			if told < 20 {
				t.Errorf("%s was told where %d of its %d orders are", b.name, told, len(ids))
			}
			open, err := memory.Shop(b.name).Open(t.Context())
			must(t, err)
			var unmapped []exceptions.Exception
			for _, e := range open {
				if e.Shop != b.name {
					t.Errorf("%s sees an exception of %s: %s", b.name, e.Shop, e)
				}
				if e.Kind == exceptions.UnmappedSKU {
					unmapped = append(unmapped, e)
				}
			}
			if want := map[string]int{"north": 1, "south": 0}[b.name]; len(unmapped) != want {
				t.Errorf("%s: %d SKUs without an item are raised, want %d: %v", b.name, len(unmapped), want, unmapped)
			}
			if shown, _ := b.fake.Stock(mugSKU, shopWarehouse); shown != level.Available-1 {
				t.Errorf("%s shows %d mugs, want the %d that are free for both less the one that is kept back", b.name, shown, level.Available)
			}
		}
		if sum := sold["north"] + sold["south"]; level.Available+sum < 500 {
			t.Errorf("%d of 500 mugs are free after %d were sold", level.Available, sum)
		}
	})
}
