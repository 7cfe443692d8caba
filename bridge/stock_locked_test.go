package bridge_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// running runs a Sync until stop is called. live has the stock engine run without a
// pause, in place of the flow.
func running(t *testing.T, b *bridge.Sync, live bool) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	runs := []func(context.Context) error{b.Run}
	if live {
		var flows []bridge.Flow
		for _, f := range b.Flows {
			if f.Name != "stock" {
				flows = append(flows, f)
			}
		}
		b.Flows = flows
		runs = append(runs, func(ctx context.Context) error {
			return b.Stock.Run(ctx, func(err error) { t.Errorf("the engine: %v", err) })
		})
	}
	done := make(chan error, len(runs))
	for _, run := range runs {
		go func() { done <- run(ctx) }()
	}
	return func() {
		t.Helper()
		cancel()
		for range runs {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v, want that its context has ended", err)
			}
		}
	}
}

// Linnworks gives the units of an order free that somebody locks. They are sold all the
// same: the shop shows no more than before, at no moment, whoever reads the level first,
// and also if the order is locked while no process runs.
func TestOrderLockedAfterImport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ live, restart bool }{
		"in passes":             {},
		"without a pause":       {live: true},
		"between two runs":      {restart: true},
		"between two live ones": {live: true, restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, "GB")
				b, memory := newSync(t, s, new(outage), syncSettings())
				stop := running(t, b, c.live)
				id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(5), State: tiktokshop.OrderStatusAwaitingShipment, NoHold: true})
				time.Sleep(10 * time.Minute)
				orders := s.inLinnworks(id)
				if len(orders) != 1 || s.shown(t) != 4 {
					t.Fatalf("%d orders in Linnworks, the shop shows %d; want 1, and 10 less 5 sold and 1 kept back", len(orders), s.shown(t))
				}
				if held := reservations(t, memory); len(held) > 0 {
					t.Fatalf("the ledger holds %v ten minutes after the import", held)
				}

				if c.restart {
					stop()
					time.Sleep(time.Hour)
				}
				must(t, s.linn.Lock(orders[0].OrderID, true))
				if level, _ := s.linn.Level("MUG", linnworks.ZeroGUID); level.Available != 10 {
					t.Fatalf("%d mugs are free in Linnworks, want all 10", level.Available)
				}
				if c.restart {
					time.Sleep(time.Hour)
					b, err := bridge.NewSync(s.shop, s.book, memory.Shop(syncSettings().Shop), syncSettings())
					must(t, err)
					stop = running(t, b, c.live)
				}
				for range 10 * 60 {
					time.Sleep(time.Second)
					if n := s.shown(t); n > 4 {
						t.Fatalf("the shop shows %d, want 4: an order was locked, and is sold all the same", n)
					}
				}
				held := reservations(t, memory)
				if len(held) != 1 || held[0].OrderID != id || held[0].Unseen != store.UnseenLocked || !held[0].VisibleAt.IsZero() {
					t.Errorf("the ledger holds %+v, want the locked order", held)
				}
				if n := s.shown(t); n != 4 {
					t.Errorf("the shop shows %d while the order is locked, want 4", n)
				}

				must(t, s.linn.Lock(orders[0].OrderID, false))
				time.Sleep(10 * time.Minute)
				if n, held := s.shown(t), reservations(t, memory); n != 4 || len(held) > 0 {
					t.Errorf("ten minutes after it was unlocked the shop shows %d, the ledger holds %v; want 4 and nothing", n, held)
				}
				stop()
			})
		})
	}
}

func reservations(t *testing.T, memory *bridge.Memory) []store.Reservation {
	t.Helper()
	held, err := memory.Shop("any").Reservations(t.Context())
	must(t, err)
	return held
}

// What one shop has sold and somebody locks does not go on sale in another.
func TestOrderOfAnotherShopLocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		linn := linnworkstest.New(linnworkstest.WithoutQuotas())
		if _, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}}); err != nil {
			t.Fatal(err)
		}
		linn.AddPostalService("Tracked 48", "Royal Mail")
		memory := new(bridge.Memory)
		fakes, stops := map[string]*tiktokshoptest.Fake{}, []func(){}
		for i, name := range []string{"north", "south"} {
			fake := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithIDsAfter(int64(i)*1_000_000))
			must(t, fake.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
			must(t, fake.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: 9}}}}))
			client, err := fake.Client()
			must(t, err)
			shop, err := tiktokadapter.New(client, tiktokadapter.Options{Documents: &http.Client{Transport: fake.RoundTripper()}})
			must(t, err)
			reader, err := linn.Client(linnworks.WithLimiter(unpaced{}))
			must(t, err)
			warehouse, err := linnworksadapter.New(t.Context(), reader, linnworksadapter.Options{SubSource: name})
			must(t, err)
			settings := syncSettings()
			settings.Shop, settings.SubSource = name, name
			b, err := bridge.NewSync(shop, warehouse, memory.Shop(name), settings)
			must(t, err)
			// The south's engine reads levels every half second, the north's every minute.
			stops, fakes[name] = append(stops, running(t, b, name == "south")), fake
		}
		shown := func(name string) int { n, _ := fakes[name].Stock(mugSKU, shopWarehouse); return n }
		id, err := fakes["north"].PlaceOrder(tiktokshoptest.OrderSpec{Lines: mugs(5), State: tiktokshop.OrderStatusAwaitingShipment, NoHold: true})
		must(t, err)
		time.Sleep(20 * time.Minute)
		orders := linn.OrdersByReference("TIKTOKBRIDGE", "north", id)
		if len(orders) != 1 || shown("north") != 4 || shown("south") != 4 {
			t.Fatalf("%d orders in Linnworks, the shops show %d and %d; want 1, 4 and 4", len(orders), shown("north"), shown("south"))
		}
		must(t, linn.Lock(orders[0].OrderID, true))
		for range 10 * 60 {
			time.Sleep(time.Second)
			for name := range fakes {
				if n := shown(name); n > 4 {
					t.Fatalf("%s shows %d, want 4: an order was locked, and is sold all the same", name, n)
				}
			}
		}
		if n, m := shown("north"), shown("south"); n != 4 || m != 4 {
			t.Errorf("ten minutes after an order was locked the shops show %d and %d, want 4 and 4", n, m)
		}
		must(t, linn.Lock(orders[0].OrderID, false))
		time.Sleep(20 * time.Minute)
		if held := reservations(t, memory); shown("north") != 4 || shown("south") != 4 || len(held) > 0 {
			t.Errorf("unlocked: the shops show %d and %d, the ledger holds %v; want 4, 4 and nothing", shown("north"), shown("south"), held)
		}
		for _, stop := range stops {
			stop()
		}
	})
}
