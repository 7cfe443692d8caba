package bridge_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

const (
	west = "7068517275539719942"
	east = "7068517275539719943"
)

// driftLab is a shop and a warehouse, both fakes behind the real adapters, with a
// long-lived book between them.
type driftLab struct {
	*testing.T
	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	shop   *tiktokadapter.Shop
	house  *linnworksadapter.Warehouse
	memory store.Shop
	cases  *exceptions.Memory
	queue  exceptions.Queue // of the cases
	book   *stock.Book
	check  *stock.Check
	intake *bridge.Importer

	locations map[string][]string
	keep      int // the buffer
	east      linnworks.GUID
	lose      bool // pushes are accepted and not carried out
	alter     func([]stock.ShownStock) []stock.ShownStock
	sent      []stock.ProductStock
}

// target is what a drift happens to.
type target struct {
	name, product, sku, warehouse string
	item                          string // that limits it
	at                            linnworks.GUID
	per                           int // units of the item in one
}

// stock.ShownReader implements stock.ShownReader: what the shop shows, or what the test
// makes of it.
func (l *driftLab) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	list, err := l.shop.ShopStock(ctx, ids)
	if err == nil && l.alter != nil {
		list = l.alter(list)
	}
	return list, err
}

func newDriftLab(t *testing.T) (*driftLab, map[string]target) {
	t.Helper()
	l := &driftLab{
		T: t, tiktok: tiktokshoptest.New(), linn: linnworkstest.New(linnworkstest.WithoutQuotas()),
		memory: new(store.Memory).Shop("shop"), cases: new(exceptions.Memory),
	}
	l.queue = l.cases.Shop("shop")
	l.east = l.linn.AddLocation("East")
	for i, item := range []linnworkstest.Item{
		{SKU: "MUG"}, {SKU: "PLATE"}, {SKU: "FORK"}, {SKU: "KNIFE"}, {SKU: "CUP"}, {SKU: "TILE"},
		{SKU: "SET", Components: []linnworkstest.Component{{SKU: "FORK", Quantity: 1}, {SKU: "KNIFE", Quantity: 2}}},
		{SKU: "TWO-CUPS", Components: []linnworkstest.Component{{SKU: "CUP", Quantity: 2}}},
		{SKU: "BOX", Components: []linnworkstest.Component{{SKU: "TILE", Quantity: 3}, {SKU: "FORK", Quantity: 1}}},
	} {
		if item.Components == nil {
			item.Levels = map[linnworks.GUID]int{linnworks.ZeroGUID: 42 + 3*i, l.east: 33 + 3*i}
		}
		_, err := l.linn.AddItem(item)
		must(t, err)
	}
	must(t, l.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: west, Name: "West"}))
	must(t, l.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: east, Name: "East"}))
	targets := map[string]target{}
	for i, p := range []struct {
		target
		components []tiktokshoptest.Component
	}{
		{target: target{name: "single", sku: "MUG", item: "MUG", per: 1}},
		{target: target{name: "kit", sku: "SET", item: "KNIFE", per: 2}},
		{target: target{name: "two warehouses", sku: "PLATE", item: "PLATE", per: 1, at: l.east, warehouse: east}},
		{target: target{name: "kit, two warehouses", sku: "BOX", item: "TILE", per: 3, at: l.east, warehouse: east}},
		{target: target{name: "part of a bundle", sku: "CUP", item: "CUP", per: 1}},
		{target: target{name: "bundle", sku: "TWO-CUPS", item: "CUP", per: 2}, components: []tiktokshoptest.Component{{SKUID: "17295929697122071" + "04", Count: 2}}},
	} {
		seller := p.sku
		p.product, p.sku = fmt.Sprintf("17295929697122070%02d", i), fmt.Sprintf("17295929697122071%02d", i)
		sku := tiktokshoptest.SKU{ID: p.sku, SellerSKU: seller, Components: p.components}
		if p.components == nil {
			sku.Stock = map[string]int{west: 5}
			if p.warehouse != "" {
				sku.Stock[east] = 5
			}
		}
		if p.warehouse == "" {
			p.warehouse, p.at = west, linnworks.ZeroGUID
		}
		must(t, l.tiktok.AddProduct(tiktokshoptest.Product{ID: p.product, Title: seller, SKUs: []tiktokshoptest.SKU{sku}}))
		targets[p.name] = p.target
	}
	tiktok, err := l.tiktok.Client()
	must(t, err)
	linn, err := l.linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	l.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{})
	must(t, err)
	l.house, err = linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	l.locations = map[string][]string{west: {string(linnworks.ZeroGUID)}, east: {string(l.east)}}
	l.book, err = stock.NewBook(stock.Options{
		Locations: l.locations, Buffer: func(catalogue.Listing, string, int) int { return l.keep },
	})
	must(t, err)
	l.check, err = stock.NewCheck(stock.CheckPorts{
		Book: l.book, Shop: l, Ledger: l.memory, Levels: l.house, Exceptions: l.queue, Bundles: l.shop, States: l.shop,
	}, stock.CheckOptions{})
	must(t, err)
	l.intake, err = bridge.NewImporter(bridge.ImportPorts{
		OrderBook: l.house, Tracer: l.house, Addresses: l.house, Orders: l.shop, Catalogue: l.house, Ledger: l.memory,
		Records: new(store.Memory).Shop("shop"), Locks: l.memory, Exceptions: l.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID), Locations: map[string][]string{west: {string(linnworks.ZeroGUID)}, east: {string(l.east)}}})
	must(t, err)

	l.readShop()
	l.readLevels()
	l.publish()
	l.quiet()
	if r := l.look(); r.Right != len(targets) || len(r.Drifts) > 0 || r.Calls > 2 { // the first sight of the bundle is a call
		t.Fatalf("at the start: %s", r)
	}
	if r := l.look(); r.Right != len(targets) || r.Calls != 1 {
		t.Fatalf("at the second look: %s", r)
	}
	l.sent = nil
	l.quiet()
	return l, targets
}

func (l *driftLab) readShop() {
	l.Helper()
	mark, at := l.book.Mark(), time.Now()
	var listings []catalogue.Listing
	var refs []catalogue.SKU
	for listing, err := range l.shop.Listings(l.Context()) {
		must(l.T, err)
		if listing.SellerSKU == "TWO-CUPS" {
			listing.Derived = true
		}
		listings, refs = append(listings, listing), append(refs, listing.SKU)
	}
	items, broken, err := l.house.StockItems(l.Context(), refs)
	must(l.T, err)
	l.book.SetCatalogue(mark, at, listings, items, broken)
}

func (l *driftLab) readLevels() {
	l.Helper()
	l.ledger()
	mark, ids := l.book.Mark(), l.book.ItemIDs()
	reading, err := l.house.StockLevels(l.Context(), ids)
	must(l.T, err)
	l.book.SetLevels(mark, reading, ids...)
	l.ledger()
	for _, r := range l.book.Superfluous() {
		must(l.T, l.memory.DropReservations(l.Context(), r.OrderID))
	}
	l.ledger()
}

func (l *driftLab) ledger() {
	l.Helper()
	list, err := l.memory.Reservations(l.Context())
	must(l.T, err)
	l.book.SetReservations(time.Now(), list)
}

// publish carries the plan out and returns the calls it took.
func (l *driftLab) publish() int {
	l.Helper()
	l.ledger()
	plan := l.book.Plan()
	for _, p := range plan.Products {
		l.send(p)
	}
	return len(plan.Products)
}

func (l *driftLab) send(p stock.ProductStock) {
	l.Helper()
	l.sent = append(l.sent, p)
	if l.lose {
		l.book.Accepted(time.Now(), p)
		return
	}
	refusals, err := l.shop.PublishStock(l.Context(), p)
	must(l.T, err)
	if len(refusals) == 0 {
		l.book.Accepted(time.Now(), p)
	}
}

func (l *driftLab) look(ids ...string) stock.CheckResult {
	l.Helper()
	r, err := l.check.Check(l.Context(), ids...)
	must(l.T, err)
	return r
}

func (l *driftLab) quiet() { time.Sleep(time.Minute) }

// takeIn lets the bridge hear of all orders and read the levels after.
func (l *driftLab) takeIn() {
	l.Helper()
	var list []bridge.Order
	for o, err := range l.shop.OrdersUpdated(l.Context(), time.Now().Add(-48*time.Hour), time.Now().Add(time.Minute)) {
		must(l.T, err)
		list = append(list, o)
	}
	_, err := l.intake.Import(l.Context(), list...)
	must(l.T, err)
	l.ledger()
}

func (l *driftLab) place(to target, n int) string {
	l.Helper()
	id, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: to.sku, Quantity: n}}, WarehouseID: to.warehouse, State: tiktokshop.OrderStatusOnHold})
	must(l.T, err)
	return id
}

func (l *driftLab) shown(to target) int {
	n, _ := l.tiktok.Stock(to.sku, to.warehouse)
	return n
}

func (l *driftLab) set(to target, n int) {
	l.Helper()
	must(l.T, l.tiktok.SetStock(to.sku, to.warehouse, n))
}

// free is the truth: what may be sold of a target, after every order that the
// shop holds, known or not.
func (l *driftLab) free(to target) int {
	l.Helper()
	level, err := l.linn.Level(to.item, to.at)
	must(l.T, err)
	n := level.Available
	for _, o := range l.tiktok.Orders() {
		if o.Status == tiktokshop.OrderStatusCancelled || o.WarehouseID != to.warehouse || len(l.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)) > 0 {
			continue
		}
		for _, line := range o.LineItems {
			n -= map[string]map[string]int{
				"MUG": {"MUG": 1}, "SET": {"FORK": 1, "KNIFE": 2}, "PLATE": {"PLATE": 1}, "BOX": {"TILE": 3, "FORK": 1}, "CUP": {"CUP": 1}, "TWO-CUPS": {"CUP": 2},
			}[line.SellerSKU][to.item]
		}
	}
	if to.name == "bundle" { // its parts keep the buffer back
		return (n-l.keep)/to.per + l.keep
	}
	return n / to.per
}

// cut lowers the level of what limits a target by n of it, as another channel
// does.
func (l *driftLab) cut(to target, n int) {
	l.Helper()
	level, err := l.linn.Level(to.item, to.at)
	must(l.T, err)
	must(l.T, l.linn.SetOnHand(to.item, to.at, level.OnHand-n*to.per))
}

func (l *driftLab) ship(id string) {
	l.Helper()
	must(l.T, l.tiktok.ReleaseHold(id))
	l.takeIn()
	orders, err := l.shop.OrdersByID(l.Context(), []string{id})
	must(l.T, err)
	_, err = l.shop.Ship(l.Context(), bridge.Shipment{
		Order: orders[0], Tracking: "TRACK" + id, CarrierID: l.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	})
	must(l.T, err)
	for _, o := range l.linn.OrdersByReference("TIKTOKBRIDGE", "test", id) {
		must(l.T, l.linn.Process(o.OrderID))
	}
}

func (l *driftLab) only(to target, change func(*stock.ShownStock)) {
	l.alter = func(list []stock.ShownStock) []stock.ShownStock {
		for i := range list {
			if list[i].ID == to.sku {
				change(&list[i])
			}
		}
		return list
	}
}

func (l *driftLab) missing(to target) {
	l.alter = func(list []stock.ShownStock) []stock.ShownStock {
		return slices.DeleteFunc(list, func(s stock.ShownStock) bool { return s.ID == to.sku })
	}
}

func (l *driftLab) open() map[exceptions.Kind]int {
	l.Helper()
	list, err := l.queue.Open(l.Context())
	must(l.T, err)
	kinds := map[exceptions.Kind]int{}
	for _, e := range list {
		kinds[e.Kind]++
	}
	return kinds
}

// drifts are the injected causes. before happens ahead of a check, what cause
// does after it.
var drifts = []struct {
	name   string
	before func(l *driftLab, to target)
	cause  func(l *driftLab, to target)
	kind   stock.DriftKind // found by the next check; empty: nothing is
	raised exceptions.Kind // empty: nothing is
	// stays says that nothing may be published for it, and that the exception
	// stays open.
	stays bool
	// bundle says that it happens to the bundle alone, single that it cannot be
	// simulated for a part of one.
	bundle, single bool
}{
	{name: "set higher by hand", cause: func(l *driftLab, to target) { l.set(to, l.shown(to)+7) },
		kind: stock.SetHigher, raised: exceptions.StockDrift},
	{name: "set lower by hand", cause: func(l *driftLab, to target) { l.set(to, l.shown(to)-3) },
		kind: stock.SetLower, raised: exceptions.StockDrift},
	{name: "set to zero by hand", cause: func(l *driftLab, to target) { l.set(to, 0) },
		kind: stock.SetLower, raised: exceptions.StockDrift},
	{name: "set lower by hand, with orders about", before: func(l *driftLab, to target) { l.place(to, 2); l.takeIn(); l.readLevels() },
		cause: func(l *driftLab, to target) { l.set(to, l.shown(to)-3) }, kind: stock.SetLower, raised: exceptions.StockDrift},
	{name: "lowering push lost", cause: func(l *driftLab, to target) {
		l.cut(to, 2)
		l.readLevels()
		l.lose = true
		l.publish()
		l.lose = false
	}, kind: stock.LostPush},
	{name: "raising push lost", cause: func(l *driftLab, to target) {
		l.cut(to, -2)
		l.readLevels()
		l.lose = true
		l.publish()
		l.lose = false
	}, kind: stock.LostPush},
	{name: "push lost, and sold since", cause: func(l *driftLab, to target) {
		l.cut(to, -2)
		l.readLevels()
		l.lose = true
		l.publish()
		l.lose = false
		l.quiet()
		l.place(to, 1)
		l.takeIn()
	}, kind: stock.LostPush},
	{name: "push of unknown outcome lands after a newer one", cause: func(l *driftLab, to target) {
		l.cut(to, -4)
		l.readLevels()
		old := l.book.Plan().Products
		for _, p := range old {
			l.book.Unsure(time.Now(), p)
		}
		l.cut(to, 6)
		l.readLevels()
		l.publish()
		for _, p := range old {
			_, err := l.shop.PublishStock(l.Context(), p)
			must(l.T, err)
		}
	}, kind: stock.LatePush},
	{name: "earlier push lands again", before: func(l *driftLab, to target) {
		l.cut(to, 1)
		l.readLevels()
		l.publish()
		l.quiet()
		l.cut(to, 2)
		l.readLevels()
		l.publish()
	}, cause: func(l *driftLab, to target) { l.set(to, l.shown(to)+2) }, kind: stock.LatePush},
	{name: "zeroed by an out-of-stock cancellation", before: func(l *driftLab, to target) { l.place(to, 1); l.takeIn(); l.readLevels(); l.publish() },
		cause: func(l *driftLab, to target) {
			orders := l.tiktok.Orders()
			must(l.T, l.tiktok.CancelBySeller(orders[len(orders)-1].ID, l.tiktok.SellerCancelReasons()[0]))
		}, kind: stock.Zeroed, raised: exceptions.StockZeroed},
	{name: "zeroed by an out-of-stock cancellation of the bridge", before: func(l *driftLab, to target) { l.place(to, 1); l.takeIn(); l.readLevels(); l.publish() },
		cause: func(l *driftLab, to target) {
			orders := l.tiktok.Orders()
			must(l.T, l.tiktok.CancelBySeller(orders[len(orders)-1].ID, l.tiktok.SellerCancelReasons()[0]))
			l.book.ExpectZero(to.sku, "of another shop")
		}, kind: stock.Zeroed},
	{name: "zeroed, and really gone", before: func(l *driftLab, to target) { l.place(to, 1); l.takeIn(); l.readLevels(); l.publish() },
		cause: func(l *driftLab, to target) {
			orders := l.tiktok.Orders()
			must(l.T, l.tiktok.CancelBySeller(orders[len(orders)-1].ID, l.tiktok.SellerCancelReasons()[0]))
			for _, at := range []linnworks.GUID{linnworks.ZeroGUID, l.east} {
				must(l.T, l.linn.SetOnHand(to.item, at, 0))
			}
		}, kind: stock.Zeroed},
	{name: "campaign locks more than is free", cause: func(l *driftLab, to target) { l.lock(to, 1, false) },
		kind: stock.CampaignLock, raised: exceptions.StockLocked, stays: true},
	{name: "creator locks more than is free", cause: func(l *driftLab, to target) { l.lock(to, 1, true) },
		kind: stock.CreatorLock, raised: exceptions.StockLocked, stays: true},
	{name: "campaign and creator lock more than is free", cause: func(l *driftLab, to target) {
		must(l.T, l.tiktok.LockStock(to.sku, "Ada LIVE", true, 1))
		l.lock(to, 2, false)
	}, kind: stock.BothLocks, raised: exceptions.StockLocked, stays: true},
	{name: "SKU gone", cause: func(l *driftLab, to target) { l.missing(to); l.cut(to, 1); l.readLevels() }, kind: stock.SKUGone, stays: true},
	{name: "warehouse gone", cause: func(l *driftLab, to target) {
		l.only(to, func(s *stock.ShownStock) { s.Warehouses = s.Warehouses[1:] })
		l.cut(to, 1)
		l.readLevels()
	}, kind: stock.WarehouseGone, stays: true},
	{name: "warehouse added", cause: func(l *driftLab, to target) {
		l.only(to, func(s *stock.ShownStock) {
			s.Warehouses = append(s.Warehouses, stock.ShownWarehouse{WarehouseID: "new", Available: 3})
		})
		l.cut(to, 1)
		l.readLevels()
	}, kind: stock.WarehouseAdded, stays: true},
	{name: "product frozen", cause: func(l *driftLab, to target) { l.state(to, tiktokshop.ProductStatusFreeze) },
		kind: stock.Frozen, raised: exceptions.StockRefused, stays: true},
	{name: "product deactivated by the shop", cause: func(l *driftLab, to target) { l.state(to, tiktokshop.ProductStatusPlatformDeactivated) },
		kind: stock.Deactivated, raised: exceptions.StockRefused, stays: true},
	{name: "product deleted", cause: func(l *driftLab, to target) { l.state(to, tiktokshop.ProductStatusDeleted) },
		kind: stock.Deleted, stays: true},
	{name: "sold, order not seen", cause: func(l *driftLab, to target) { l.place(to, 2) }, kind: stock.UnseenSale},
	{name: "sold, order not seen, and a push undid it", cause: func(l *driftLab, to target) {
		l.cut(to, -1)
		l.readLevels()
		l.place(to, 2)
		l.quiet()
		l.publish()
	}, kind: stock.UnseenSale},
	{name: "sold, order not seen, and set higher by hand", cause: func(l *driftLab, to target) { l.place(to, 2); l.set(to, l.shown(to)+9) },
		kind: stock.SetHigher, raised: exceptions.StockDrift},
	{name: "sold, order not seen, while as much was shipped", before: func(l *driftLab, to target) { l.place(to, 1); l.place(to, 1); l.takeIn(); l.readLevels() },
		cause: func(l *driftLab, to target) {
			l.ship(l.tiktok.Orders()[0].ID)
			l.place(to, 1)
		}, kind: stock.SetLower, raised: exceptions.StockDrift},
	{name: "bundle shows more than its parts", bundle: true, cause: func(l *driftLab, to target) {
		l.only(to, func(s *stock.ShownStock) { s.Warehouses[0].Available += 5 })
	}, kind: stock.Bundle, raised: exceptions.StockDrift, stays: true},
	{name: "bundle shows less than its parts", bundle: true, cause: func(l *driftLab, to target) {
		l.only(to, func(s *stock.ShownStock) { s.Warehouses[0].Available-- })
	}, kind: stock.Bundle, raised: exceptions.StockDrift, stays: true},
	{name: "bundle gone", bundle: true, cause: func(l *driftLab, to target) { l.missing(to) }, kind: stock.SKUGone, stays: true},

	{name: "our own push", cause: func(l *driftLab, to target) { l.cut(to, 3); l.readLevels(); l.publish() }},
	{name: "our own push, not shown yet", single: true, cause: func(l *driftLab, to target) {
		l.cut(to, 3)
		l.readLevels()
		old := l.shown(to)
		l.publish()
		now := time.Now()
		l.only(to, func(s *stock.ShownStock) {
			for i := range s.Warehouses {
				if s.Warehouses[i].WarehouseID == to.warehouse && time.Since(now) < time.Second {
					s.Warehouses[i].Available = old
				}
			}
		})
	}, kind: stock.InFlight},
	{name: "sold, order seen", cause: func(l *driftLab, to target) { l.place(to, 2); l.takeIn() }},
	{name: "sold, order seen and read", cause: func(l *driftLab, to target) { l.place(to, 2); l.takeIn(); l.quiet(); l.readLevels(); l.publish() }},
	{name: "sold right after a push", cause: func(l *driftLab, to target) { l.cut(to, 1); l.readLevels(); l.publish(); l.place(to, 2); l.takeIn() }},
	{name: "sold right before a push", cause: func(l *driftLab, to target) { l.place(to, 2); l.takeIn(); l.cut(to, 1); l.readLevels(); l.publish() }},
	{name: "cancellation gave units back", before: func(l *driftLab, to target) { l.place(to, 2); l.takeIn(); l.quiet(); l.readLevels(); l.publish() },
		cause: func(l *driftLab, to target) {
			must(l.T, l.tiktok.CancelBySeller(l.tiktok.Orders()[0].ID, l.tiktok.SellerCancelReasons()[1]))
		}, kind: stock.GivenBack},
	{name: "sold and cancelled between two checks", cause: func(l *driftLab, to target) {
		l.place(to, 2)
		must(l.T, l.tiktok.CancelBySeller(l.tiktok.Orders()[0].ID, l.tiktok.SellerCancelReasons()[1]))
	}},
	{name: "order shipped", before: func(l *driftLab, to target) { l.place(to, 2); l.takeIn(); l.quiet(); l.readLevels(); l.publish() },
		cause: func(l *driftLab, to target) { l.ship(l.tiktok.Orders()[0].ID) }},
	{name: "buffer of a LIVE", cause: func(l *driftLab, _ target) { l.keep = 4; l.book.Recompute() }},
	{name: "level changed, not pushed yet", cause: func(l *driftLab, to target) { l.cut(to, 3); l.readLevels() }},
	{name: "campaign locks what is free", cause: func(l *driftLab, to target) { must(l.T, l.tiktok.LockStock(to.sku, "Black Friday", false, 2)) }},
	{name: "locked units sold", cause: func(l *driftLab, to target) {
		must(l.T, l.tiktok.LockStock(to.sku, "Black Friday", false, 2))
		_, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{
			Lines: []tiktokshoptest.Line{{SKUID: to.sku, Quantity: 1, Campaign: "Black Friday"}}, WarehouseID: to.warehouse, State: tiktokshop.OrderStatusOnHold})
		must(l.T, err)
		l.takeIn()
	}},
	{name: "product paused by the seller", cause: func(l *driftLab, to target) {
		must(l.T, l.tiktok.SetProductStatus(to.product, tiktokshop.ProductStatusSellerDeactivated))
	}},
	{name: "push of unknown outcome took effect", cause: func(l *driftLab, to target) {
		l.cut(to, 3)
		l.readLevels()
		for _, p := range l.book.Plan().Products {
			_, err := l.shop.PublishStock(l.Context(), p)
			must(l.T, err)
			l.book.Unsure(time.Now(), p)
		}
	}, kind: stock.ReadBack},
	{name: "push of unknown outcome took no effect", cause: func(l *driftLab, to target) {
		l.cut(to, 3)
		l.readLevels()
		for _, p := range l.book.Plan().Products {
			l.book.Unsure(time.Now(), p)
		}
	}},
	{name: "bundle sold, order seen", bundle: true, cause: func(l *driftLab, to target) { l.place(to, 2); l.takeIn() }},
	{name: "catalogue read again", cause: func(l *driftLab, _ target) { l.readShop() }},
}

// lock locks all that the shop shows but n, and has more than that sold
// elsewhere.
func (l *driftLab) lock(to target, n int, creator bool) {
	l.Helper()
	all := 0
	for _, w := range []string{west, east} {
		units, _ := l.tiktok.Stock(to.sku, w)
		all += units
	}
	must(l.T, l.tiktok.LockStock(to.sku, "Black Friday", creator, all-n))
	l.cut(to, 4)
	l.readLevels()
}

func (l *driftLab) state(to target, s tiktokshop.ProductStatus) {
	l.Helper()
	must(l.T, l.tiktok.SetProductStatus(to.product, s))
	l.cut(to, 1)
	l.readLevels()
}

// Every kind of drift, on every kind of SKU, is found by the next check, called by
// its name, and repaired or raised; nothing that is right is touched, and nothing
// is ever published above what is free.
func TestStockCheckFindsEveryDrift(t *testing.T) {
	var table strings.Builder
	kinds, injected, innocent := map[stock.DriftKind]bool{stock.ShopClosed: true}, 0, 0 // that one has a test of its own
	for _, d := range drifts {
		n := 0
		for _, shape := range []string{"single", "kit", "two warehouses", "kit, two warehouses", "part of a bundle", "bundle"} {
			if (shape == "bundle") != d.bundle || d.single && shape == "part of a bundle" {
				continue
			}
			n++
			t.Run(d.name+"/"+shape, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l, targets := newDriftLab(t)
					to := targets[shape]
					if d.before != nil {
						d.before(l, to)
						l.quiet()
						l.look()
						if r := l.look(); len(r.Drifts) > 0 {
							t.Fatalf("before: %s", r)
						}
						l.quiet()
					}
					l.sent = nil
					d.cause(l, to)
					if d.kind != stock.InFlight {
						l.quiet()
					}
					l.verify(d.name, to, d.kind, d.raised, d.stays)
				})
			})
		}
		kinds[d.kind] = true
		if innocents[d.kind] {
			innocent += n
		} else {
			injected += n
		}
		fmt.Fprintf(&table, "%-52s  %d kinds of SKU  %-34s  %s\n", d.name, n, cmp.Or(d.kind, "right"), cmp.Or(d.raised, "-"))
	}
	t.Logf("%d drifts injected, %d innocent changes\n%s", injected, innocent, &table)
	if injected < 30 || innocent < 10 {
		t.Errorf("%d drifts and %d innocent changes are too few", injected, innocent)
	}
	for _, k := range stock.DriftKinds() {
		if !kinds[k] {
			t.Errorf("nothing injects %q", k)
		}
	}
}

// innocents are the kinds that nobody has done anything wrong for.
var innocents = map[stock.DriftKind]bool{
	"": true, stock.InFlight: true, stock.UnseenSale: true, stock.GivenBack: true, stock.ReadBack: true,
}

func (l *driftLab) verify(name string, to target, kind stock.DriftKind, raised exceptions.Kind, stays bool) {
	l.Helper()
	result := l.look()
	l.Logf("%s", result)
	var got []string
	for _, drift := range result.Drifts {
		got = append(got, fmt.Sprintf("%s: %s", drift.ID, drift.Kind))
	}
	var want []string
	if kind != "" {
		want = []string{fmt.Sprintf("%s: %s", to.sku, kind)}
	}
	if !slices.Equal(got, want) {
		l.Errorf("found %q, want %q", got, want)
	}
	expect := map[exceptions.Kind]int{}
	if raised != "" {
		expect[raised] = 1
	}
	if open := l.open(); !maps.Equal(open, expect) {
		l.Errorf("open: %v, want %v", open, expect)
	}
	l.sent = nil
	l.publish()
	lowered := kind == stock.CampaignLock || kind == stock.CreatorLock || kind == stock.BothLocks
	l.bounded(to, stays, lowered)
	if stays {
		l.quiet()
		if again := l.look(); len(again.Drifts) == 0 && kind != stock.Frozen && kind != stock.Deactivated && kind != stock.Deleted {
			l.Errorf("the second check: %s", again)
		}
		l.publish()
		l.bounded(to, stays, lowered)
		l.mend(to)
	}
	// The rest of the day: orders are seen, levels read.
	l.alter = nil
	for range 3 {
		time.Sleep(6 * time.Minute)
		l.takeIn()
		l.readLevels()
		l.publish()
		l.bounded(to, false, false)
		for _, d := range l.look().Drifts {
			if d.Kind != stock.GivenBack && !strings.Contains(name, "unknown outcome") {
				l.Errorf("later: %s", d)
			}
		}
	}
	time.Sleep(6 * time.Minute)
	l.look()
	if plan := l.book.Plan(); len(plan.Products) > 0 {
		l.Errorf("the shop does not come right:\n%s", plan)
	}
	if free := l.free(to); l.shown(to) != max(free-l.keep, 0) {
		l.Errorf("the shop shows %d of %s, %d are free, %d are kept back", l.shown(to), to.sku, free, l.keep)
	}
	if open := l.open(); len(open) > 0 {
		l.Errorf("all is right, but open: %v", open)
	}
}

// mend lets people end what the bridge cannot: a lock, the state of a product.
func (l *driftLab) mend(to target) {
	l.Helper()
	l.alter = nil
	if to.name != "bundle" {
		must(l.T, l.tiktok.LockStock(to.sku, "Black Friday", false, 0))
		must(l.T, l.tiktok.LockStock(to.sku, "Black Friday", true, 0))
		must(l.T, l.tiktok.LockStock(to.sku, "Ada LIVE", true, 0))
	}
	must(l.T, l.tiktok.SetProductStatus(to.product, tiktokshop.ProductStatusActivate))
	l.quiet()
	l.readShop()
	l.look()
}

// bounded checks what was published: if lowered as much as is locked, which is more than
// is free.
func (l *driftLab) bounded(to target, stays, lowered bool) {
	l.Helper()
	for _, p := range l.sent {
		for _, s := range p.SKUs {
			if s.ID != to.sku {
				continue
			}
			if lowered {
				l.isLocked(s)
				continue
			}
			for _, w := range s.Stock {
				if w.WarehouseID == to.warehouse && w.Quantity > max(l.free(to), 0) {
					l.Errorf("published %d, %d are free", w.Quantity, l.free(to))
				}
			}
			if stays {
				l.Errorf("pushed against it: %v", s)
			}
		}
	}
	l.sent = nil
}

// isLocked checks that a SKU was lowered to what is locked.
func (l *driftLab) isLocked(s stock.SKUStock) {
	l.Helper()
	shown, err := l.shop.ShopStock(l.Context(), []string{s.ID})
	must(l.T, err)
	sum := 0
	for _, w := range s.Stock {
		sum += w.Quantity
	}
	if locked := shown[0].Campaign + shown[0].Creator; sum != locked {
		l.Errorf("%d units of %s published, want the %d that are locked", sum, s.SellerSKU, locked)
	}
}
