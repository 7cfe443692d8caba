package finance_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/internal/distant"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var monthOf = flag.Int("finance.orders", 300, "how many orders TestReadAtTheLimits reconciles")

// meter adds up how long the calls of each side take at the published limits.
type meter struct {
	mu    sync.Mutex
	sides map[string]time.Duration
}

func (m *meter) add(side string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sides[side] += d
}

type metered struct {
	linnworks.Limiter
	*meter
}

func (m metered) Wait(ctx context.Context, key linnworks.LimitKey) error {
	m.add("Linnworks", time.Duration(float64(time.Minute)/key.Published()))
	return m.Limiter.Wait(ctx, key)
}

// fakeMonth trades a month of n orders on two fakes: all are settled and paid. It runs within
// [synctest.Test].
func fakeMonth(t *testing.T, n int) (start time.Time, shopFake *tiktokshoptest.Fake, linnFake *linnworkstest.Fake) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	start = time.Now()
	shopFake, linnFake = tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linnworkstest.New(linnworkstest.WithoutQuotas())
	must(shopFake.AddWarehouse(tiktokshop.Warehouse{ID: "7000000000000000001"}))
	must(shopFake.AddProduct(tiktokshoptest.Product{ID: "1729", SKUs: []tiktokshoptest.SKU{{ID: "2729", SellerSKU: "MUG", Price: "20.00", Stock: map[string]int{"7000000000000000001": 99999}}}}))
	_, err := linnFake.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10 * n}})
	must(err)
	quick, err := shopFake.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
	must(err)
	people, err := linnFake.Client(linnworks.WithLimiter(linnworks.NewLimiterFunc(func(linnworks.LimitKey) float64 { return 0 })))
	must(err)
	house, err := linnworksadapter.New(t.Context(), people, linnworksadapter.Options{SubSource: "uk"})
	must(err)
	for day := range 30 {
		var list []linnworks.ChannelOrder
		for range n / 30 {
			id, err := shopFake.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: "2729", Quantity: 1}}, ShippingType: tiktokshop.ShippingTypeTikTok})
			must(err)
			o, _ := shopFake.Order(id)
			_, err = quick.Fulfillment.ShipPackage(t.Context(), o.Packages[0].ID, &tiktokshop.ShipPackageRequest{})
			must(err)
			must(shopFake.Collect(id))
			must(shopFake.Deliver(id))
			price := money.Amount{Minor: 2000, Currency: "GBP"}
			list = append(list, house.ChannelOrder(bridge.NewOrder{
				Reference: id, Currency: "GBP", ReceivedAt: time.Now(), PaidAt: time.Now(), DispatchBy: time.Now().Add(48 * time.Hour), Shipping: money.Amount{Currency: "GBP"},
				Lines:      []bridge.NewOrderLine{{LineID: id + "-1", LineIDs: []string{id + "-1"}, SKU: "MUG", Title: "Mug", Quantity: 1, Price: price, Tax: money.Amount{Currency: "GBP"}}},
				Properties: []exceptions.Property{{Name: "tiktok.paid", Value: "20.00"}},
			}))
		}
		for len(list) > 0 {
			n := min(len(list), 20)
			_, err := people.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: list[:n]})
			must(err)
			for _, o := range list[:n] {
				must(linnFake.Process(linnFake.OrdersByReference("TIKTOKBRIDGE", "uk", o.ReferenceNumber)[0].OrderID))
			}
			list = list[n:]
		}
		if day < 29 {
			time.Sleep(24 * time.Hour)
		}
	}
	shopFake.Settle()
	time.Sleep(3 * 24 * time.Hour)
	return start, shopFake, linnFake
}

// A month of orders, settled and paid, is read in hardly more than the limits make its calls
// take on the side that is slower, and ties to the penny.
func TestReadAtTheLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		start, shopFake, linnFake := fakeMonth(t, *monthOf)
		made := &meter{sides: map[string]time.Duration{}}
		distance := 50 * time.Millisecond
		tiktok, err := shopFake.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: distant.By(distance, shopFake.RoundTripper())}), tiktokshop.WithLimiter(tiktokshop.DefaultLimiter()),
			tiktokshop.WithObserver(func(context.Context, tiktokshop.Event) { made.add("TikTok Shop", time.Second/8) }))
		must(err)
		linn, err := linnFake.Client(linnworks.WithHTTPClient(&http.Client{Transport: distant.By(distance, linnFake.RoundTripper())}), linnworks.WithLimiter(metered{linnworks.DefaultLimiter(), made}))
		must(err)
		shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
		must(err)
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "uk"})
		must(err)
		clear(made.sides)
		reader, err := finance.NewReader(finance.Ports{Statements: shop, Payments: shop, Withdrawals: shop, Estimates: shop, Sales: book, Refunds: book})
		must(err)
		began := time.Now()
		read, err := reader.Read(t.Context(), start.Add(-24*time.Hour), began)
		must(err)
		took, quotas := time.Since(began), max(made.sides["Linnworks"], made.sides["TikTok Shop"])
		report := reconcile(t, read, finance.Options{Shop: "UK", AsOf: began})
		if n := *monthOf / 30 * 30; !report.OK() || len(report.Orders) != n {
			t.Errorf("%d orders, want %d; wrong: %v", len(report.Orders), n, report.Wrong()[:min(3, len(report.Wrong()))])
		}
		t.Logf("%v for %d orders, of %v that the limits make of the calls: %v", took.Round(time.Second), *monthOf, quotas.Round(time.Second), made.sides)
		if took > quotas*11/10 {
			t.Errorf("it took %v, and the limits allow %v", took, quotas)
		}
	})
}

// What 100,000 orders and their report take of memory stays under 256 MB.
func TestMemory(t *testing.T) {
	const n = 10_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	books := madeUp(1, n, "GBP")
	report := reconcile(t, books, options())
	of100000 := (heap() - before) * 100_000 / n >> 20
	runtime.KeepAlive(books)
	t.Logf("%d MB for 100,000 orders", of100000)
	if of100000 > 256 {
		t.Errorf("%s: 100,000 orders would take %d MB, want 256 at most", fmt.Sprint(len(report.Orders)), of100000)
	}
}

// sampled is a transport that looks at the heap while replies are read.
type sampled struct {
	http.RoundTripper
	look func()
}

func (s sampled) RoundTrip(r *http.Request) (*http.Response, error) {
	s.look()
	return s.RoundTripper.RoundTrip(r)
}

// What is held while a month of 100,000 orders is read, with its report, stays under 256 MB.
func TestMemoryOfReading(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: it collects garbage at every call; the plain run has it")
	}
	const n = 3000
	synctest.Test(t, func(t *testing.T) {
		start, shopFake, linnFake := fakeMonth(t, n)
		var before, peak uint64
		var mu sync.Mutex
		look := func() {
			mu.Lock()
			defer mu.Unlock()
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		tiktok, err := shopFake.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: sampled{shopFake.RoundTripper(), look}}))
		if err != nil {
			t.Fatal(err)
		}
		linn, err := linnFake.Client(linnworks.WithHTTPClient(&http.Client{Transport: sampled{linnFake.RoundTripper(), look}}))
		if err != nil {
			t.Fatal(err)
		}
		shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "uk"})
		if err != nil {
			t.Fatal(err)
		}
		reader, err := finance.NewReader(finance.Ports{Statements: shop, Payments: shop, Withdrawals: shop, Estimates: shop, Sales: book, Refunds: book, Refunded: book})
		if err != nil {
			t.Fatal(err)
		}
		look()
		before, peak = peak, 0
		read, err := reader.Read(t.Context(), start.Add(-24*time.Hour), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		look()
		reading := (peak - before) * 100_000 / n >> 20
		report := reconcile(t, read, finance.Options{Shop: "UK", AsOf: time.Now()})
		look()
		of100000 := (peak - before) * 100_000 / n >> 20
		t.Logf("%d MB for 100,000 orders while they are read, %d MB with their report", reading, of100000)
		if of100000 > 256 || len(report.Orders) != n {
			t.Errorf("%d orders: 100,000 would take %d MB, want 256 at most", len(report.Orders), of100000)
		}
		runtime.KeepAlive(read)
	})
}
