package main

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// made counts the calls of the fakes by the lines of the plan that a sale has a part in.
func (l *lab) made() map[string]float64 {
	made := map[string]float64{}
	for _, c := range l.tiktok.Calls() {
		switch c.Operation {
		case "Product.UpdateInventory", "Order.AddExternalOrderReferences", "Fulfillment.MarkPackageAsShipped":
			made["TikTok: writes"]++
		default:
			made["TikTok: reads"]++
		}
	}
	for _, c := range l.linn.Calls() {
		switch c.Operation {
		case "Orders.CreateOrders":
			made["Linnworks: creating orders"]++
		case "Orders.GetOrdersByID", "OrdersV2.GetOrders":
			made["Linnworks: reading orders"]++
		case "Stock.GetStockLevelBatch":
			made["Linnworks: levels of what sells"]++
		}
	}
	return made
}

// noting is a store that knows when it first had units of an order.
type noting struct {
	bridge.Store
	mu    sync.Mutex
	first map[string]time.Time
}

func (n *noting) PutReservations(ctx context.Context, list ...store.Reservation) error {
	err := n.Store.PutReservations(ctx, list...)
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, r := range list {
			if _, had := n.first[r.OrderID]; !had {
				n.first[r.OrderID] = time.Now()
			}
		}
	}
	return err
}

// TestCallsAreThoseOfTheFlows has a whole bridge at work, a LIVE go on in its shop with orders
// of which half are held for an hour, and compares the calls that it makes a minute with the
// plan: none is half of it, or twice. So it does with how long an order was not reserved.
func TestCallsAreThoseOfTheFlows(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: it plays four minutes of a LIVE; the plain run has it")
	}
	t.Parallel()
	for _, hints := range []bool{true, false} {
		t.Run(map[bool]string{true: "with webhooks", false: "without"}[hints], func(t *testing.T) {
			t.Parallel()
			s := shop{skus: 50, liveSKUs: 20, livePerSec: 1, liveMinutes: 2, reads: 8, writes: 2, share: 1, way: 100 * time.Millisecond, wakingHours: 14, hints: hints}
			p := compute(s)
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, s, 9_999)
				memory := &noting{Store: new(bridge.Memory).Shop("lab"), first: map[string]time.Time{}}
				b, err := bridge.NewSync(l.shop, l.warehouse, memory, labSettings())
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { _ = b.Run(ctx) })
				running.Go(func() { _ = b.Stock.Run(ctx, nil) })
				random, placed := rand.New(rand.NewPCG(*seed, 2)), 0
				at := map[string]time.Time{}
				buy := func() {
					id, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{NoHold: placed%2 == 0, Lines: []tiktokshoptest.Line{tiktokshoptest.Units(skuID(placed%s.liveSKUs), 1)}})
					if hints {
						wait := time.Duration(random.Float64() * float64(hookTakes))
						running.Go(func() {
							time.Sleep(wait)
							if err := b.Hint(ctx, id); err != nil {
								t.Error(err)
							}
						})
					}
					if err != nil {
						t.Fatal(err)
					}
					placed++
					at[id] = time.Now()
				}
				time.Sleep(time.Minute)
				buy()
				time.Sleep(15 * time.Minute) // a bridge that has just begun looks each order up
				l.tiktok.ResetCalls()
				l.linn.ForgetCalls()
				begin := time.Now()
				for time.Since(begin).Minutes() < s.liveMinutes {
					time.Sleep(time.Duration(random.ExpFloat64() / s.livePerSec * 1e9))
					buy()
				}
				made, minutes := l.made(), time.Since(begin).Minutes()
				time.Sleep(time.Minute) // all are seen
				stop()
				running.Wait()
				var ages []time.Duration
				for id, bought := range at {
					if first, ok := memory.first[id]; ok {
						ages = append(ages, first.Sub(bought))
					} else {
						t.Errorf("nothing was reserved for order %s", id)
					}
				}
				asPlanned(t, "an order", ages, p.orderTypical, p.orderWorst)
				for _, c := range p.calls {
					if strings.Contains(c.what, "pages") {
						continue // a page in five minutes
					}
					got := made[c.what] / minutes
					t.Logf("%s: %.1f a minute, the plan says %.1f", c.what, got, c.live)
					if got < c.live/2 || got > c.live*2 {
						t.Errorf("%s: %.1f a minute in a LIVE, the plan says %.1f", c.what, got, c.live)
					}
				}
			})
		})
	}
}

// TestLocationsCostNoCalls has a whole bridge keep the stock of one location and of four, of
// which one listing sells: what it asks and tells is as much.
func TestLocationsCostNoCalls(t *testing.T) {
	t.Parallel()
	made := map[int]map[string]float64{}
	for _, locations := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, shop{skus: 50, locations: locations, reads: 8, writes: 2, way: 100 * time.Millisecond}, 100)
			b, err := bridge.NewSync(l.shop, l.warehouse, new(bridge.Memory).Shop("lab"), l.settings)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 5 {
				if err := l.linn.SetOnHand(sku(1), linnworks.ZeroGUID, 90-n); err != nil {
					t.Fatal(err)
				}
				if _, err := b.RunFlow(t.Context(), bridge.FlowOrders); err != nil {
					t.Fatal(err)
				}
				if _, err := b.RunFlow(t.Context(), bridge.FlowStock); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
			}
			made[locations] = l.made()
		})
	}
	if diff := cmp.Diff(made[1], made[4]); diff != "" || made[1]["TikTok: writes"] == 0 {
		t.Errorf("calls of one location (-) and of four (+):\n%s", diff)
	}
}
