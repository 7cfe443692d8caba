package bridge_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/internal/distant"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A day's processed orders reach the shop as fast as the shop's quota of writes
// lets them, with one call that ships for each, and reads shared by 50.
func TestDispatchSpeed(t *testing.T) {
	n := 10_000
	if testing.Short() || raceDetector {
		n = 500
	}
	const readsPerSecond, writesPerSecond = 8, 2 // as tiktokshop.DefaultLimiter
	synctest.Test(t, func(t *testing.T) {
		tiktok := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"),
			tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: readsPerSecond}, tiktokshoptest.Quota{Calls: writesPerSecond}))
		linn := linnworkstest.New() // with the published quotas
		fillWithProcessed(t, tiktok, linn, n)
		const way = 50 * time.Millisecond
		shopClient, err := tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: distant.By(way, tiktok.RoundTripper())}),
			tiktokshop.WithLimiter(tiktokshop.DefaultLimiter()))
		must(t, err)
		linnClient, err := linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: distant.By(way, linn.RoundTripper())}))
		must(t, err)
		shop, err := tiktokadapter.New(shopClient, tiktokadapter.Options{})
		must(t, err)
		book, err := linnworksadapter.New(t.Context(), linnClient, linnworksadapter.Options{SubSource: "test"})
		must(t, err)
		queue := dispatchQueue(t, shop, book, new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop"), bridge.DispatchQueueOptions{SweepEvery: -1})
		tiktok.ResetCalls()
		time.Sleep(time.Second) // the start of the adapters is not part of it

		start := time.Now()
		report, err := queue.Run(t.Context())
		took := time.Since(start)
		must(t, err)

		outcomes := map[bridge.Outcome]int{}
		for _, r := range report.Results {
			outcomes[r.Outcome]++
		}
		if diff := cmp.Diff(map[bridge.Outcome]int{bridge.OutcomeShipped: n}, outcomes); diff != "" {
			t.Fatal(diff)
		}
		rate, allowed := float64(n)/took.Seconds(), float64(writesPerSecond)
		t.Logf("%d orders in %s: %.3f a second, %.1f %% of what the quota allows", n, took.Round(time.Second), rate, 100*rate/allowed)
		if rate < 0.95*allowed {
			t.Errorf("%.3f orders a second, the quota allows %.3f", rate, allowed)
		}
		calls, batches := map[string]int{}, (n+49)/50
		for _, c := range tiktok.Calls() {
			calls[c.Operation]++
		}
		for _, c := range linn.Calls() {
			if !c.At.Before(start) {
				calls[c.Operation]++
			}
		}
		want := map[string]int{
			"Fulfillment.MarkPackageAsShipped": n, "Order.GetOrderDetail": 2 * batches, "Logistics.GetShippingProviders": (n + 499) / 500,
			"OrdersV2.GetOrders": (n + 199) / 200, "Orders.GetOrdersByID": batches,
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("calls:\n%s", diff)
		}
		for _, c := range tiktok.Calls() {
			if c.Status == http.StatusTooManyRequests {
				t.Fatalf("%s was throttled", c.Operation)
			}
		}
		t.Log(queue.Health())
	})
}

// fillWithProcessed puts n orders into both sides, processed in the warehouse
// and not shipped in the shop.
func fillWithProcessed(t *testing.T, tiktok *tiktokshoptest.Fake, linn *linnworkstest.Fake, n int) {
	t.Helper()
	must(t, tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
	must(t, tiktok.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: n}},
	}}))
	_, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: n}})
	must(t, err)
	carrier := tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name
	service := linn.AddPostalService(carrier, carrier)
	for i := range n {
		id, err := tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 1}}})
		must(t, err)
		o, _ := tiktok.Order(id)
		order, err := linn.AddOrder(linnworkstest.Order{
			Source: "TIKTOKBRIDGE", SubSource: "test", Reference: id, Received: time.Now(), DispatchBy: time.Now().Add(48 * time.Hour),
			Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 1, Number: o.LineItems[0].ID}},
		})
		must(t, err)
		must(t, linn.SetTracking(order, service, fmt.Sprintf("TRACK%06d", i)))
		must(t, linn.Process(order))
	}
}

// dispatchQueue is a queue with everything that the adapters offer.
func dispatchQueue(t *testing.T, shop *tiktokadapter.Shop, book *linnworksadapter.Warehouse, memory store.Shop,
	exceptions exceptions.Queue, o bridge.DispatchQueueOptions,
) *bridge.DispatchQueue {
	t.Helper()
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop}, bridge.GateOptions{})
	must(t, err)
	d, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: gate, Orders: shop, Shipper: shop, OrderBook: book, Tracking: book, Locks: memory, Exceptions: exceptions,
		Reader: book, Catalogue: book, Documents: shop, Labels: memory, Corrector: shop, Records: memory,
	}, bridge.DispatchOptions{})
	must(t, err)
	q, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: d, Source: book, Reader: book, Cursors: memory, Revisits: memory, Locks: memory, Exceptions: exceptions,
	}, o)
	must(t, err)
	return q
}
