package bridge_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"regexp"
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
	"github.com/linnbridge/linnbridge/internal/distant"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var (
	orderCount = flag.Int("orders", 1000, "how many orders TestImportAtTheLimits imports, a multiple of 200")
	syncOrders = flag.Int("syncorders", 800, "how many orders TestSyncImportsAtTheLimits imports, a multiple of 100")
)

// The limits of both sides, and how far away they are.
const (
	distance      = 50 * time.Millisecond
	createsAMin   = 150 // Linnworks' limit of Orders.CreateOrders
	readsASecond  = 10  // TikTok publishes none; the client asks for 8
	perCreateCall = 20
)

// burst are orders that come all at once, to a bridge that has run before.
type burst struct {
	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	memory *countedStore
	in     *bridge.Intake
	orders int
}

// limitedSides are a shop with enough mugs for the orders and a warehouse, far away and with
// their limits, and the adapters of one program.
func limitedSides(t *testing.T, orders int) (*tiktokshoptest.Fake, *linnworkstest.Fake, *tiktokadapter.Shop, *linnworksadapter.Warehouse) {
	t.Helper()
	tiktok := tiktokshoptest.New(tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: readsASecond}, tiktokshoptest.Quota{Calls: 2}))
	linn := linnworkstest.New()
	_, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 2 * orders}})
	must(t, err)
	must(t, tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
	must(t, tiktok.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: 2 * orders}},
	}}))
	tiktokClient, err := tiktok.Client(tiktokshop.WithLimiter(tiktokshop.DefaultLimiter()), tiktokshop.WithHTTPClient(&http.Client{Transport: distant.By(distance, tiktok.RoundTripper())}))
	must(t, err)
	linnClient, err := linn.Client(linnworks.WithLimiter(linnworks.DefaultLimiter()), linnworks.WithHTTPClient(&http.Client{Transport: distant.By(distance, linn.RoundTripper())}))
	must(t, err)
	shop, err := tiktokadapter.New(tiktokClient, tiktokadapter.Options{HoldWindow: time.Second})
	must(t, err)
	book, err := linnworksadapter.New(t.Context(), linnClient, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	return tiktok, linn, shop, book
}

// newBurst waits for orders, in a bubble. fill puts into the memory what the bridge has
// done so far.
func newBurst(t *testing.T, orders int, fill func(store.Shop)) *burst {
	t.Helper()
	tiktok, linn, shop, book := limitedSides(t, orders)
	b := &burst{tiktok: tiktok, linn: linn, memory: &countedStore{shop: new(store.Memory).Shop("shop")}, orders: orders}
	fill(b.memory.shop)
	queue := new(exceptions.Memory).Shop("shop")
	// One intake at a time reads the orders and hands them on at once: there is
	// nobody else whose work a second reading would have to look for.
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: book, Tracer: book, Addresses: book, Catalogue: book, Ledger: b.memory, Records: b.memory, Locks: b.memory, Exceptions: queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	must(t, err)
	canceller, err := bridge.NewCanceller(bridge.CancelPorts{
		Orders: shop, Desk: shop, OrderBook: book, Warehouse: book, Lines: book, Tracer: book, Records: b.memory, Ledger: b.memory, Locks: b.memory, Exceptions: queue,
	}, bridge.CancelOptions{})
	must(t, err)
	b.in, err = bridge.NewIntake(bridge.IntakePorts{
		Orders: shop, OpenOrders: shop, Handle: bridge.TakeOrders(im, canceller, nil),
		Cursors: b.memory, Hints: b.memory, Revisits: b.memory, Locks: b.memory, Exceptions: queue,
	}, bridge.IntakeOptions{SweepEvery: -1})
	must(t, err)
	_, err = b.in.Run(t.Context()) // the records begin
	must(t, err)
	_, err = im.Import(t.Context(), bridge.Order{ID: "1", Status: bridge.Completed, ShippingModel: bridge.FulfilledByTikTok})
	must(t, err)
	time.Sleep(15 * time.Minute) // and the burst follows
	return b
}

// take places the orders and takes them in, and returns the API calls that this cost
// and how long it took.
func (b *burst) take(t *testing.T) (calls map[string]int, took time.Duration) {
	t.Helper()
	for range b.orders {
		_, err := b.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
		must(t, err)
	}
	time.Sleep(time.Minute)
	b.linn.ForgetCalls()
	b.memory.since()
	before, held := len(b.tiktok.Calls()), len(b.linn.Orders())
	begin := time.Now()
	result, err := b.in.Run(t.Context())
	must(t, err)
	took = time.Since(begin)
	if !result.Complete() || len(result.Results) != b.orders || len(b.linn.Orders())-held != b.orders {
		t.Fatalf("%d results, %d orders in Linnworks", len(result.Results), len(b.linn.Orders()))
	}
	calls = map[string]int{}
	for _, c := range b.linn.Calls() {
		if c.Status != http.StatusOK {
			t.Fatalf("%s: status %d", c.Operation, c.Status)
		}
		if strings.HasPrefix(c.Operation, "Orders.") {
			calls[c.Operation]++
		}
	}
	for _, c := range b.tiktok.Calls()[before:] {
		if c.Code != 0 {
			t.Errorf("%s at %s: code %d", c.Operation, c.Time.Sub(begin), c.Code)
		}
		calls[c.Operation]++
	}
	return calls, took
}

// fewest is the lower bound of calls for orders, a multiple of 200: as many as one call
// may carry, and each order listed once, read once, created once and read back once.
// TikTok lists 100 orders a page and reads 50 by their ids; the list alone is not
// enough, because it is older than the orders are. Linnworks creates 20 in a call and
// reads 200. Nothing that is asked for one order alone is in it.
func fewest(orders int) map[string]int {
	return map[string]int{
		"Orders.CreateOrders": orders / perCreateCall, "Orders.GetOrdersByID": orders / 200,
		"Order.GetOrderList": orders / 100, "Order.GetOrderDetail": orders / 50,
	}
}

// A burst of orders at the limits of both sides: the calls are as few as the
// batches allow, and the time is that of the slowest limit, CreateOrders.
func TestImportAtTheLimits(t *testing.T) {
	t.Parallel()
	orders := *orderCount
	allowed := time.Duration(orders/perCreateCall) * time.Minute / createsAMin
	synctest.Test(t, func(t *testing.T) {
		calls, took := newBurst(t, orders, func(store.Shop) {}).take(t)
		if diff := cmp.Diff(fewest(orders), calls); diff != "" {
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

// distantStore is a store whose calls take a while, as those of a busy database do.
type distantStore struct {
	bridge.Store

	by time.Duration
}

func (s distantStore) Hints(ctx context.Context, name string) ([]store.Hint, error) {
	time.Sleep(s.by)
	return s.Store.Hints(ctx, name)
}

func (s distantStore) DropHints(ctx context.Context, name string, hints ...store.Hint) error {
	time.Sleep(s.by)
	return s.Store.DropHints(ctx, name, hints...)
}

func (s distantStore) SetCursor(ctx context.Context, name string, c store.Cursor) error {
	time.Sleep(s.by)
	return s.Store.SetCursor(ctx, name, c)
}

func (s distantStore) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	time.Sleep(s.by)
	held, taken, unlock, err := s.Store.TryLock(ctx, keys...)
	return held, taken, func() { time.Sleep(s.by); unlock() }, err
}

func (s distantStore) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	time.Sleep(s.by)
	return s.Store.RecordsOf(ctx, ids...)
}

func (s distantStore) PutRecords(ctx context.Context, records ...store.Record) ([]int64, error) {
	time.Sleep(s.by)
	return s.Store.PutRecords(ctx, records...)
}

func (s distantStore) ReservationsOf(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
	time.Sleep(s.by)
	return s.Store.ReservationsOf(ctx, ids...)
}

func (s distantStore) PutReservations(ctx context.Context, list ...store.Reservation) error {
	time.Sleep(s.by)
	return s.Store.PutReservations(ctx, list...)
}

// A Sync takes in a burst of orders that webhooks tell of, as fast as the limits allow: all
// of its flows run, others read orders too, and the store takes its time. What goes before
// and after the creation of a batch must not keep the next from being created: there is no
// longer pause between two creations than the limiter makes up for. With 10,000 orders what
// the beginning and the end cost is within what the limits allow too.
func TestSyncImportsAtTheLimits(t *testing.T) {
	t.Parallel()
	orders := *syncOrders
	allowed := time.Duration(orders/perCreateCall) * time.Minute / createsAMin
	most := allowed * 100 / 95
	if orders < 10_000 {
		most += 5 * time.Second // the first batch is read, the last written down
	}
	synctest.Test(t, func(t *testing.T) {
		tiktok, linn, shop, book := limitedSides(t, orders)
		linn.AddPostalService("Tracked 48", "Royal Mail") // which the settings name
		memory := distantStore{new(bridge.Memory).Shop("uk-shop"), 100 * time.Millisecond}
		b, err := bridge.NewSync(shop, book, memory, syncSettings())
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(15 * time.Minute)
		linn.ForgetCalls()
		begin := time.Now()
		for range orders {
			id, err := tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true})
			must(t, err)
			must(t, b.Hint(t.Context(), id))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Until(begin.Add(most)))
		hints, err := memory.Store.Hints(t.Context(), "orders")
		must(t, err)
		if got := len(linn.Orders()); got != orders || len(hints) > 0 {
			t.Errorf("after %s, %d of %d orders are in Linnworks, and %d hints are not dropped", most, got, orders, len(hints))
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the bridge ended: %v", err)
		}
		calls := linn.CallsOf("Orders.CreateOrders")
		const (
			beginning = 10 // calls, until orders are read ahead
			madeUpFor = 3 * time.Minute / 145
		)
		for i, c := range calls[min(beginning, len(calls)):] {
			if pause := c.At.Sub(calls[beginning+i-1].At); pause > madeUpFor {
				t.Errorf("creation %d at %s comes after a pause of %s, of which the limiter makes up for %s", beginning+i, c.At.Sub(begin), pause, madeUpFor)
			}
		}
		// An order may have been read five seconds ago when its batch begins, and is created
		// once the limiter has admitted those that were at work before it, and its own.
		const mayBe = 5*time.Second + 200/perCreateCall*madeUpFor/3 + time.Second
		oldest := oldestReading(tiktok, calls)
		if oldest > mayBe {
			t.Errorf("an order was created %s after it was read, at most %s is allowed", oldest, mayBe)
		}
		took := calls[len(calls)-1].At.Sub(begin)
		t.Logf("%d orders in %s, %.1f %% of what CreateOrders allows, with %d calls; created at most %s after they were read",
			orders, took.Round(time.Millisecond), 100*allowed.Seconds()/took.Seconds(), len(calls), oldest.Round(time.Millisecond))
	})
}

// reference is an order's id in a call of CreateOrders.
var reference = regexp.MustCompile(`"ReferenceNumber":"(\d+)"`)

// oldestReading is the longest time that an order was not read again before its creation.
func oldestReading(tiktok *tiktokshoptest.Fake, creations []linnworkstest.Call) (oldest time.Duration) {
	read := map[string][]time.Time{}
	for _, c := range tiktok.Calls() {
		if c.Operation == "Order.GetOrderDetail" {
			for id := range strings.SplitSeq(c.Query.Get("ids"), ",") {
				read[id] = append(read[id], c.Time)
			}
		}
	}
	for _, c := range creations {
		for _, m := range reference.FindAllStringSubmatch(c.Body, -1) {
			before := slices.DeleteFunc(read[m[1]], func(at time.Time) bool { return at.After(c.At) })
			oldest = max(oldest, c.At.Sub(before[len(before)-1]))
		}
	}
	return oldest
}

// A batch of new orders costs a run some twenty calls of a store, however many orders
// are in it: what a database on another machine takes for each call must not be paid
// for each order.
func TestABatchIsAFewCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBurst(t, 200, func(store.Shop) {})
		calls, _ := b.take(t)
		if diff := cmp.Diff(fewest(200), calls); diff != "" {
			t.Errorf("calls: %s", diff)
		}
		const most = 20
		stored, rows := b.memory.since()
		t.Logf("%d calls of the store: %v; rows %v", sum(stored), stored, rows)
		if sum(stored) > most {
			t.Errorf("a batch of 200 orders cost %d calls of the store, at most %d are allowed: %v", sum(stored), most, stored)
		}
	})
}
