package bridge_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// sides is a small shop and a small warehouse, both fakes, with the bridge's
// adapters between them.
type sides struct {
	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	shop   *tiktokadapter.Shop
	book   *linnworksadapter.Warehouse
	memory store.Shop
	queue  exceptions.Queue
}

const (
	shopWarehouse = "7068517275539719942"
	mugProduct    = "1729592969712207001"
	mugSKU        = "1729592969712207101"
	setSKU        = "1729592969712207301"
	ghostSKU      = "1729592969712207401"
	bundleSKU     = "1729592969712207501"
)

// newSides stocks both: a mug, a spoon, a set of both, an item that Linnworks
// does not know, and TikTok's own bundle of two mugs.
func newSides(t *testing.T, market string, options ...linnworkstest.Option) *sides {
	t.Helper()
	s := &sides{
		tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket(market)),
		linn:   linnworkstest.New(append(options, linnworkstest.WithoutQuotas())...),
		memory: new(store.Memory).Shop("shop"), queue: new(exceptions.Memory).Shop("shop"),
	}
	default10 := map[linnworks.GUID]int{linnworks.ZeroGUID: 10}
	for _, item := range []linnworkstest.Item{
		{SKU: "MUG", Levels: default10},
		{SKU: "SPOON", Levels: default10},
		{SKU: "SET", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 1}, {SKU: "SPOON", Quantity: 2}}},
	} {
		_, err := s.linn.AddItem(item)
		must(t, err)
	}
	s.linn.AddPostalService("Tracked 48", "Royal Mail")
	must(t, s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
	stock := map[string]int{shopWarehouse: 10}
	for _, p := range []tiktokshoptest.Product{
		{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: stock}}},
		{ID: "1729592969712207003", Title: "Set", SKUs: []tiktokshoptest.SKU{{ID: setSKU, SellerSKU: "SET", Price: "20.00", Stock: stock}}},
		{ID: "1729592969712207004", Title: "Ghost", SKUs: []tiktokshoptest.SKU{{ID: ghostSKU, SellerSKU: "GHOST", Stock: stock}}},
		{ID: "1729592969712207005", Title: "Two mugs", SKUs: []tiktokshoptest.SKU{{ID: bundleSKU, SellerSKU: "TWO-MUGS", Price: "19.99",
			Components: []tiktokshoptest.Component{{SKUID: mugSKU, Count: 2}}}}},
	} {
		must(t, s.tiktok.AddProduct(p))
	}
	s.shop, s.book = s.adapters(t)
	return s
}

// adapters makes a further pair, as another process would have it.
func (s *sides) adapters(t *testing.T) (*tiktokadapter.Shop, *linnworksadapter.Warehouse) {
	t.Helper()
	tiktok, err := s.tiktok.Client()
	must(t, err)
	linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: s.tiktok.RoundTripper()}})
	must(t, err)
	book, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	return shop, book
}

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

func (s *sides) importer(t *testing.T, book *linnworksadapter.Warehouse, memory store.Shop) *bridge.Importer {
	t.Helper()
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: book, Tracer: book, Addresses: book, Orders: s.shop, Catalogue: book, Ledger: memory, Records: memory, Locks: memory, Exceptions: s.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	must(t, err)
	return im
}

func (s *sides) push(t *testing.T) *stock.Engine {
	t.Helper()
	p, err := stock.NewEngine(stock.Ports{
		Listings: s.shop, Bundles: s.shop, Catalogue: s.book, Levels: s.book, SeeOrders: world.AllSeen, Ledger: s.memory, Publisher: s.shop, Locks: s.memory, Exceptions: s.queue,
	}, stock.Options{Locations: map[string][]string{shopWarehouse: {string(linnworks.ZeroGUID)}}, Buffer: stock.Fixed(1)})
	must(t, err)
	return p
}

func (s *sides) dispatcher(t *testing.T) *bridge.Dispatcher {
	t.Helper()
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: s.shop, Cancellations: s.shop}, bridge.GateOptions{})
	must(t, err)
	d, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: gate, Orders: s.shop, Shipper: s.shop, OrderBook: s.book, Tracking: s.book, Locks: s.memory, Exceptions: s.queue,
	}, bridge.DispatchOptions{})
	must(t, err)
	return d
}

func (s *sides) canceller(t *testing.T) *bridge.Canceller {
	t.Helper()
	c, err := bridge.NewCanceller(bridge.CancelPorts{
		Orders: s.shop, Desk: s.shop, OrderBook: s.book, Warehouse: s.book, Lines: s.book, Tracer: s.book, Records: s.memory,
		Ledger: s.memory, Locks: s.memory, Exceptions: s.queue,
	}, bridge.CancelOptions{})
	must(t, err)
	return c
}

func (s *sides) place(t *testing.T, spec tiktokshoptest.OrderSpec) string {
	t.Helper()
	id, err := s.tiktok.PlaceOrder(spec)
	must(t, err)
	return id
}

func (s *sides) orders(t *testing.T) []bridge.Order {
	t.Helper()
	var list []bridge.Order
	for o, err := range s.shop.OrdersUpdated(t.Context(), time.Now().Add(-48*time.Hour), time.Now().Add(time.Minute)) {
		must(t, err)
		list = append(list, o)
	}
	return list
}

func (s *sides) inLinnworks(reference string) []linnworks.OrderDetails {
	return s.linn.OrdersByReference("TIKTOKBRIDGE", "test", reference)
}

func (s *sides) open(t *testing.T) []string {
	t.Helper()
	list, err := s.queue.Open(t.Context())
	must(t, err)
	var keys []string
	for _, e := range list {
		keys = append(keys, string(e.Kind)+": "+e.Object)
	}
	return keys
}

func mugs(n int) []tiktokshoptest.Line { return []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: n}} }

// errOf drops the result of a call.
func errOf[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// However often the import runs, and if two programs with nothing in common but
// the two APIs run it at once, each shop order is one order in Linnworks.
func TestOneLinnworksOrderPerShopOrder(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	for range 8 {
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
	}
	orders := s.orders(t)
	var wg sync.WaitGroup
	for range 4 {
		_, book := s.adapters(t)
		im := s.importer(t, book, new(store.Memory).Shop("shop")) // locks and ledger of its own
		wg.Go(func() {
			for range 2 {
				if _, err := im.Import(t.Context(), orders...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(s.linn.Orders()); n != len(orders) {
		t.Errorf("%d orders in Linnworks for %d in the shop", n, len(orders))
	}
	for _, o := range orders {
		if n := len(s.inLinnworks(o.ID)); n != 1 {
			t.Errorf("order %s: %d orders in Linnworks", o.ID, n)
		}
	}
}

// What arrives in Linnworks: grouped units, exact money, and a total that is
// what the buyer paid plus what TikTok funds.
func TestImportedOrderInLinnworks(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderSpec{
		Lines:       []tiktokshoptest.Line{{SKUID: mugSKU, Quantity: 3, PlatformDiscount: "1.25", SellerDiscount: "0.50"}, {SKUID: setSKU, Quantity: 1}},
		ShippingFee: "2.99",
	})
	_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
	must(t, err)
	found := s.inLinnworks(id)
	if len(found) != 1 {
		t.Fatalf("%d orders in Linnworks", len(found))
	}
	type line struct {
		SKU      string
		Quantity int
		Price    linnworks.Decimal
	}
	var got []line
	for _, item := range found[0].Items {
		got = append(got, line{item.SKU, item.Quantity, item.PricePerUnit})
	}
	want := []line{{"MUG", 3, "12.00"}, {"SET", 1, "20.00"}}
	if diff := cmp.Diff(want, got, cmp.Transformer("value", func(d linnworks.Decimal) string {
		r, _ := d.Rat()
		return r.FloatString(2)
	})); diff != "" {
		t.Error(diff)
	}
	order, _ := s.tiktok.Order(id)
	paid, err := money.Parse(string(order.Payment.TotalAmount), "GBP")
	must(t, err)
	funded, err := money.Parse(string(order.Payment.PlatformDiscount), "GBP")
	must(t, err)
	total, err := money.Parse(string(found[0].TotalsInfo.TotalCharge), "GBP")
	must(t, err)
	if total.Minor != paid.Minor+funded.Minor {
		t.Errorf("Linnworks total %s, paid %s plus funded %s", total, paid, funded)
	}
	if level, err := s.linn.Level("SPOON", linnworks.ZeroGUID); err != nil || level.InOrders != 2 {
		t.Errorf("the set reserves %d spoons, error %v", level.InOrders, err)
	}
}

// A held order reserves its stock for every channel and nobody can ship it; when
// TikTok releases it, it gets its address and the warehouse may pick it.
func TestHeldOrderIsParkedThenReleasedWithItsAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2), State: tiktokshop.OrderStatusOnHold})
		im := s.importer(t, s.book, s.memory)
		_, err := im.Import(t.Context(), s.orders(t)...)
		must(t, err)
		held := s.inLinnworks(id)[0]
		if !held.GeneralInfo.IsParked || held.CustomerInfo.Address.PostCode != "" {
			t.Errorf("parked %t, postcode known %t", held.GeneralInfo.IsParked, held.CustomerInfo.Address.PostCode != "")
		}
		if level, _ := s.linn.Level("MUG", linnworks.ZeroGUID); level.Available != 8 {
			t.Errorf("%d mugs free while the order is held, want 8", level.Available)
		}
		time.Sleep(61 * time.Minute)
		_, err = im.Import(t.Context(), s.orders(t)...)
		must(t, err)
		released := s.inLinnworks(id)[0]
		if released.GeneralInfo.IsParked || released.CustomerInfo.Address.PostCode == "" {
			t.Errorf("parked %t, postcode known %t", released.GeneralInfo.IsParked, released.CustomerInfo.Address.PostCode != "")
		}
	})
}

// The push in both formulas: what Linnworks does not know yet is taken off, kits
// follow their parts, nothing that is right is sent again.
func TestStockPush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(3), State: tiktokshop.OrderStatusUnpaid}) // not imported, only reserved
		_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
		must(t, err)
		time.Sleep(time.Minute) // of an order placed just now the shop may show the units or not: that is published again
		result, err := s.push(t).Push(t.Context())
		must(t, err)
		if result.Published != 2 {
			t.Errorf("%d SKUs published, want mug and set:\n%s", result.Published, result)
		}
		for sku, want := range map[string]int{mugSKU: 10 - 3 - 1, setSKU: 5 - 1} { // the set: ten spoons make five
			if got, _ := s.tiktok.Stock(sku, shopWarehouse); got != want {
				t.Errorf("SKU %s: %d shown, want %d", sku, got, want)
			}
		}
		if diff := cmp.Diff([]string{"unmapped SKU: SKU GHOST"}, s.open(t)); diff != "" {
			t.Errorf("the bundle needs no item, the ghost does: %s", diff)
		}
		s.tiktok.ResetCalls()
		again, err := s.push(t).Push(t.Context())
		must(t, err)
		if again.Published != 0 || len(s.tiktok.CallsOf(tiktokshoptest.On("Product.UpdateInventory"))) != 0 {
			t.Errorf("a second push sends:\n%s", again)
		}
	})
}

// TikTok's own bundle comes apart: its parts are reserved, the price is exact,
// and e-commerce hears which composite to create.
func TestBundleWithoutComposite(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: bundleSKU, Quantity: 1}}})
	_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
	must(t, err)
	found := s.inLinnworks(id)
	if len(found) != 1 {
		t.Fatalf("%d orders in Linnworks", len(found))
	}
	total, err := money.Parse(string(found[0].TotalsInfo.TotalCharge), "GBP")
	must(t, err)
	if level, _ := s.linn.Level("MUG", linnworks.ZeroGUID); level.InOrders != 2 || total.Minor != 1999 {
		t.Errorf("%d mugs reserved, total %s", level.InOrders, total)
	}
	if diff := cmp.Diff([]string{"missing composite: SKU TWO-MUGS"}, s.open(t)); diff != "" {
		t.Error(diff)
	}
}

// Shipping in every sequence that TikTok has: tracking, then status, then read
// back, and running it again ships nothing twice.
func TestDispatchInEverySequence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		market string
		model  tiktokshop.ShippingType
		ship   string // the operation that ships
	}{
		{"GB", tiktokshop.ShippingTypeSeller, "Fulfillment.MarkPackageAsShipped"},
		{"US", tiktokshop.ShippingTypeSeller, "Fulfillment.MarkPackageAsShipped"},
		{"TH", tiktokshop.ShippingTypeSeller, "Fulfillment.ShipPackage"},
		{"GB", tiktokshop.ShippingTypeTikTok, "Fulfillment.ShipPackage"},
		{"TH", tiktokshop.ShippingTypeTikTok, "Fulfillment.ShipPackage"},
		{"US", tiktokshop.ShippingTypeTikTok, "Fulfillment.CreatePackages"},
	} {
		t.Run(c.market+" "+string(c.model), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, c.market)
				id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2), ShippingType: c.model})
				_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
				must(t, err)
				if c.model == tiktokshop.ShippingTypeSeller {
					order := s.inLinnworks(id)[0]
					carrier := s.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name
					must(t, s.linn.SetTracking(order.OrderID, s.linn.AddPostalService(carrier, carrier), "TRACK123456"))
					must(t, s.linn.PrintLabel(order.OrderID))
					must(t, s.linn.Process(order.OrderID))
				}
				var results bridge.OrderResults
				for range 3 {
					ready, err := s.book.OrdersToDispatch(t.Context(), time.Now().Add(-time.Hour))
					must(t, err)
					results, err = s.dispatcher(t).Dispatch(t.Context(), ready...)
					must(t, err)
				}
				if len(results) != 1 || results[0].Outcome != bridge.OutcomeConfirmed {
					t.Errorf("the third run reports %v", results)
				}
				if n := len(s.tiktok.CallsOf(tiktokshoptest.On(c.ship))); n != 1 {
					t.Errorf("%s was called %d times", c.ship, n)
				}
				shown, _ := s.tiktok.Order(id)
				held := s.inLinnworks(id)[0].ShippingInfo.TrackingNumber
				if shown.Status != tiktokshop.OrderStatusAwaitingCollection || held == "" || shown.LineItems[0].TrackingNumber != held {
					t.Errorf("shop: %s with %q, Linnworks: %q", shown.Status, shown.LineItems[0].TrackingNumber, held)
				}
			})
		})
	}
}

// A cancellation before the cut-off ends cancelled on both sides with the stock
// free; one after it changes nothing and tells customer service.
func TestCancellationAtTheCutOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		labels  bool
		outcome bridge.Outcome
		free    int
		open    bool
	}{
		{"before", false, bridge.OutcomeCancelled, 10, false},
		{"after", true, bridge.OutcomeRaised, 9, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSides(t, "GB")
			id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
			_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
			must(t, err)
			if c.labels {
				must(t, s.linn.PrintLabel(s.inLinnworks(id)[0].OrderID))
			}
			_, err = s.tiktok.RequestCancellation(id, "")
			must(t, err)
			pending, err := s.shop.PendingCancellations(t.Context(), nil)
			must(t, err)
			results, err := s.canceller(t).Cancel(t.Context(), pending...)
			must(t, err)
			if len(results) != 1 || results[0].Outcome != c.outcome {
				t.Errorf("results %v", results)
			}
			order, _ := s.tiktok.Order(id)
			inShop, inWarehouse := order.Status == tiktokshop.OrderStatusCancelled, s.inLinnworks(id)[0].GeneralInfo.HoldOrCancel
			if cancelled := c.outcome == bridge.OutcomeCancelled; inShop != cancelled || inWarehouse != cancelled {
				t.Errorf("cancelled in the shop %t, in Linnworks %t", inShop, inWarehouse)
			}
			if level, _ := s.linn.Level("MUG", linnworks.ZeroGUID); level.Available != c.free {
				t.Errorf("%d mugs free, want %d", level.Available, c.free)
			}
			if open := s.open(t); (len(open) == 1 && strings.HasPrefix(open[0], "late cancellation")) != c.open {
				t.Errorf("open exceptions: %v", open)
			}
		})
	}
}

// Every bad input ends as an error or an exception that names the thing, and
// stops nothing else.
func TestBadInput(t *testing.T) {
	t.Parallel()
	t.Run("a cipher of another shop", func(t *testing.T) {
		t.Parallel()
		s := newSides(t, "GB")
		client, err := s.tiktok.Client()
		must(t, err)
		client, err = client.ForShop(tiktokshop.Shop{ID: "1", Cipher: "GCP_of_somebody_else"})
		must(t, err)
		_, err = client.Order.GetOrderList(t.Context(), &tiktokshop.GetOrderListRequest{PageSize: 10})
		if !tiktokshop.NeedsAuthorisation(err) || !strings.Contains(err.Error(), "shop 1") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a listing without an item beside a good one", func(t *testing.T) {
		t.Parallel()
		s := newSides(t, "GB")
		bad := s.place(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: ghostSKU, Quantity: 1}, {SKUID: mugSKU, Quantity: 1}}})
		good := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
		must(t, err)
		if len(s.inLinnworks(bad)) != 0 || len(s.inLinnworks(good)) != 1 {
			t.Errorf("%d orders of the bad one, %d of the good one", len(s.inLinnworks(bad)), len(s.inLinnworks(good)))
		}
		list, err := s.queue.Open(t.Context())
		must(t, err)
		if len(list) != 1 || !slices.Equal(list[0].Orders, []string{bad}) || list[0].Owner != exceptions.OwnerEcommerce || list[0].Do == "" {
			t.Errorf("exceptions %v", list)
		}
	})
	t.Run("what cannot be meant is refused before any call", func(t *testing.T) {
		t.Parallel()
		s := newSides(t, "GB")
		tiktok, err := s.tiktok.Client()
		must(t, err)
		linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
		must(t, err)
		canceller := s.canceller(t)
		s.tiktok.ResetCalls()
		s.linn.ForgetCalls()
		adapted := func(o linnworksadapter.Options) func() error {
			return func() error { return errOf(linnworksadapter.New(t.Context(), linn, o)) }
		}
		for want, do := range map[string]func() error{
			"HoldWindow -1h":        func() error { return errOf(tiktokadapter.New(tiktok, tiktokadapter.Options{HoldWindow: -time.Hour})) },
			"MaxDocument -1":        func() error { return errOf(tiktokadapter.New(tiktok, tiktokadapter.Options{MaxDocument: -1})) },
			`Source " TikTok "`:     adapted(linnworksadapter.Options{SubSource: "x", Source: " TikTok "}),
			`Source "TIKTOK\u00a0"`: adapted(linnworksadapter.Options{SubSource: "x", Source: "TIKTOK\u00a0"}),
			`SubSource "  "`:        adapted(linnworksadapter.Options{SubSource: "  "}),
			"the name of another":   adapted(linnworksadapter.Options{SubSource: "x", Source: "TikTok"}),
			"missing ports: Handle": func() error {
				return errOf(bridge.NewIntake(bridge.IntakePorts{
					Orders: s.shop, OpenOrders: s.shop, Cursors: s.memory, Hints: s.memory, Revisits: s.memory, Locks: s.memory, Exceptions: s.queue,
					Handle: bridge.TakeOrders(nil, canceller, nil),
				}, bridge.IntakeOptions{}))
			},
			"without the id of its order": func() error { return errOf(canceller.Cancel(t.Context(), bridge.Cancellation{Pending: true, ID: "4"})) },
			"-1 is no stock": func() error {
				return errOf(s.shop.PublishStock(t.Context(), stock.ProductStock{ProductID: mugProduct, SKUs: []stock.SKUStock{{
					SKU: catalogue.SKU{ID: mugSKU}, Stock: []catalogue.WarehouseStock{{WarehouseID: shopWarehouse, Quantity: -1}},
				}}}))
			},
		} {
			if err := do(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error that says %q", err, want)
			}
		}
		if n := len(s.tiktok.Calls()) + len(s.linn.Calls()); n > 0 {
			t.Errorf("%d calls were made", n)
		}
	})
	t.Run("a body that is not JSON, a 200 with a business error", func(t *testing.T) {
		t.Parallel()
		for body, want := range map[string]tiktokshop.Class{
			"<html>gateway</html>":                   tiktokshop.ClassDecode,
			`{"code":36009003,"message":"internal"}`: tiktokshop.ClassSystem,
		} {
			client, err := newSides(t, "GB").tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: answers(body)}))
			must(t, err)
			shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
			must(t, err)
			_, err = shop.OrdersByID(t.Context(), []string{"576461413038785752"})
			if e, ok := errors.AsType[*tiktokshop.Error](err); !ok || e.Class != want || !strings.Contains(err.Error(), "Order.GetOrderDetail") {
				t.Errorf("%s: error %v", body, err)
			}
		}
	})
}

// answers is a round tripper that always answers 200 with one body.
type answers string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// A create whose reply is lost is found again, not repeated into a second order.
func TestLostReplyOfCreateOrders(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
	s.linn.Fail("Orders.CreateOrders", 1, linnworkstest.CutAfter())
	im := s.importer(t, s.book, s.memory)
	for range 2 {
		if _, err := im.Import(t.Context(), s.orders(t)...); err != nil && !linnworks.IsTemporary(err) {
			t.Error(err)
		}
	}
	if n := len(s.inLinnworks(id)); n != 1 {
		t.Errorf("%d orders in Linnworks", n)
	}
}

// A cancellation of an order that Linnworks holds under another reference is not
// approved blindly; one of an order that never got there is.
func TestCancellationOfAnOrderThatIsNotFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		lines  []tiktokshoptest.Line
		merged bool
		lost   bool // the bridge has no memory of it
		want   bridge.Outcome
	}{
		{"merged into another", mugs(1), true, false, bridge.OutcomeCancelled},
		{"merged into another, and forgotten", mugs(1), true, true, bridge.OutcomeRaised},
		{"never imported", []tiktokshoptest.Line{{SKUID: ghostSKU, Quantity: 1}}, false, false, bridge.OutcomeCancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSides(t, "GB")
			id, other := s.place(t, tiktokshoptest.OrderSpec{Lines: c.lines}), s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
			_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
			must(t, err)
			_, err = s.push(t).Push(t.Context()) // its reading drops the reservations of what is in Linnworks
			must(t, err)
			if c.merged {
				client, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
				must(t, err)
				_, err = client.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{
					OrdersToMerge: []linnworks.GUID{s.inLinnworks(id)[0].OrderID, s.inLinnworks(other)[0].OrderID}, FulfilmentCenter: new(linnworks.ZeroGUID),
				})
				must(t, err)
			}
			if c.lost {
				must(t, s.memory.DropRecords(t.Context(), id))
			}
			_, err = s.tiktok.RequestCancellation(id, "")
			must(t, err)
			pending, err := s.shop.PendingCancellations(t.Context(), nil)
			must(t, err)
			results, err := s.canceller(t).Cancel(t.Context(), pending...)
			must(t, err)
			if len(results) != 1 || results[0].Outcome != c.want {
				t.Errorf("results %v", results)
			}
			order, _ := s.tiktok.Order(id)
			if got := order.Status == tiktokshop.OrderStatusCancelled; got != (c.want == bridge.OutcomeCancelled) {
				t.Errorf("cancelled in the shop: %t", got)
			}
			if c.merged {
				// The merged order is known by the orders in it, and waits to be sent.
				ready, err := s.book.OrdersToDispatch(t.Context(), time.Now().Add(-time.Hour))
				must(t, err)
				results, err := s.dispatcher(t).Dispatch(t.Context(), ready...)
				must(t, err)
				if len(results) != 2 || results[0].Outcome != bridge.OutcomeUnchanged || results[1].Outcome != bridge.OutcomeUnchanged {
					t.Errorf("dispatch of the merged order: %v", results)
				}
			}
			if told := slices.Contains(s.open(t), "cancellation stuck: order "+id); told != (c.want == bridge.OutcomeRaised) {
				t.Errorf("somebody is told: %t, open %v", told, s.open(t))
			}
		})
	}
}
