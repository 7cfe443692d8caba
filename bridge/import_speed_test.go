package bridge_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// distant answers after a while, as a server does that is far away.
type distant struct {
	next http.RoundTripper
	by   time.Duration
}

func (d distant) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(d.by)
	return d.next.RoundTrip(r)
}

var orderCount = flag.Int("orders", 2000, "how many orders TestImportAtTheLimits imports, a multiple of 200")

// A burst of orders at the limits of both sides: the calls are as few as the
// batches allow, and the time is that of the slowest limit, CreateOrders.
func TestImportAtTheLimits(t *testing.T) {
	t.Parallel()
	const (
		latency       = 50 * time.Millisecond
		createsAMin   = 150 // Linnworks' limit of Orders.CreateOrders
		readsASecond  = 10  // TikTok publishes none; the client asks for 8
		perCreateCall = 20
	)
	orders := *orderCount
	createCalls := orders / perCreateCall
	allowed := time.Duration(createCalls) * time.Minute / createsAMin
	synctest.Test(t, func(t *testing.T) {
		tiktok := tiktokshoptest.New(tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: readsASecond}, tiktokshoptest.Quota{Calls: 2}))
		linn := linnworkstest.New()
		_, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 2 * orders}})
		must(t, err)
		must(t, tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
		must(t, tiktok.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{
			{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: 2 * orders}},
		}}))
		tiktokClient, err := tiktok.Client(tiktokshop.WithLimiter(tiktokshop.DefaultLimiter()), tiktokshop.WithHTTPClient(&http.Client{Transport: distant{tiktok.RoundTripper(), latency}}))
		must(t, err)
		linnClient, err := linn.Client(linnworks.WithLimiter(linnworks.DefaultLimiter()), linnworks.WithHTTPClient(&http.Client{Transport: distant{linn.RoundTripper(), latency}}))
		must(t, err)
		shop, err := tiktokadapter.New(tiktokClient, tiktokadapter.Options{HoldWindow: time.Second})
		must(t, err)
		book, err := linnworksadapter.New(t.Context(), linnClient, linnworksadapter.Options{SubSource: "test"})
		must(t, err)
		memory, queue := new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
		// One intake at a time reads the orders and hands them on at once: there is
		// nobody else whose work a second reading would have to look for.
		im, err := bridge.NewImporter(bridge.ImportPorts{
			OrderBook: book, Tracer: book, Addresses: book, Catalogue: book, Ledger: memory, Records: memory, Locks: memory, Exceptions: queue,
		}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
		must(t, err)
		canceller, err := bridge.NewCanceller(bridge.CancelPorts{
			Orders: shop, Desk: shop, OrderBook: book, Warehouse: book, Lines: book, Tracer: book, Records: memory, Ledger: memory, Locks: memory, Exceptions: queue,
		}, bridge.CancelOptions{})
		must(t, err)
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: shop, OpenOrders: shop, Handle: bridge.TakeOrders(im, canceller, nil),
			Cursors: memory, Hints: memory, Revisits: memory, Locks: memory, Exceptions: queue,
		}, bridge.IntakeOptions{SweepEvery: -1})
		must(t, err)
		_, err = in.Run(t.Context()) // the records begin
		must(t, err)
		_, err = im.Import(t.Context(), bridge.Order{ID: "1", Status: bridge.Completed, ShippingModel: bridge.FulfilledByTikTok})
		must(t, err)

		time.Sleep(15 * time.Minute) // and the burst follows
		for range orders {
			_, err := tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
			must(t, err)
		}
		time.Sleep(time.Minute)
		linn.ForgetCalls()
		before := len(tiktok.Calls())
		begin := time.Now()
		result, err := in.Run(t.Context())
		must(t, err)
		took := time.Since(begin)

		if !result.Complete() || len(result.Results) != orders || len(linn.Orders()) != orders {
			t.Fatalf("%d results, %d orders in Linnworks", len(result.Results), len(linn.Orders()))
		}
		calls := map[string]int{}
		for _, c := range linn.Calls() {
			if c.Status != http.StatusOK {
				t.Fatalf("%s: status %d", c.Operation, c.Status)
			}
			if strings.HasPrefix(c.Operation, "Orders.") {
				calls[c.Operation]++
			}
		}
		for _, c := range tiktok.Calls()[before:] {
			if c.Code != 0 {
				t.Errorf("%s at %s: code %d", c.Operation, c.Time.Sub(begin), c.Code)
			}
			calls[c.Operation]++
		}
		want := map[string]int{
			"Orders.CreateOrders": createCalls, "Orders.GetOrdersByID": orders / 200,
			"Order.GetOrderList": orders / 100, "Order.GetOrderDetail": orders / 50,
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("calls: %s", diff)
		}
		if most := allowed * 100 / 95; took > most {
			t.Errorf("%s for %d orders; the limits allow %s, and %s is the most", took, orders, allowed, most)
		}
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(calls)) {
			lines = append(lines, fmt.Sprintf("%s %.4f", name, float64(calls[name])/float64(orders)))
		}
		t.Logf("%d orders in %s, %.1f %% of what CreateOrders allows; calls an order: %s",
			orders, took.Round(time.Millisecond), 100*allowed.Seconds()/took.Seconds(), strings.Join(lines, ", "))
	})
}
