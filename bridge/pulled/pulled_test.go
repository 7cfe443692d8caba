package pulled_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/pulled"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

const (
	source  = "TIKTOKBRIDGE"
	account = "Main"
)

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

// pair is a shop, a Linnworks that pulls, and the bridge between them.
type pair struct {
	t        *testing.T
	tiktok   *tiktokshoptest.Fake
	linn     *linnworkstest.Fake
	shop     *tiktokadapter.Shop
	settings bridge.Settings
	sync     *bridge.Sync
	waiting  *pulled.Warehouse
	ports    pulled.Ports
	channel  *pulled.Channel
	app      *linnworkstest.ChannelApp
	locks    *lockNames
	sku      string
	service  linnworks.GUID
}

// lockNames are locks that note what was locked.
type lockNames struct {
	bridge.Store
	mu    sync.Mutex
	names map[string]bool
}

func (l *lockNames) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	l.note(key)
	return l.Store.Lock(ctx, key)
}

func (l *lockNames) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	l.note(keys...)
	return l.Store.TryLock(ctx, keys...)
}

func (l *lockNames) note(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		l.names[key] = true
	}
}

// taken returns the locks of orders that were taken since it was last called.
func (l *lockNames) taken() (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.names {
		if strings.HasPrefix(key, "order/") {
			names = append(names, key)
		}
	}
	clear(l.names)
	slices.Sort(names)
	return names
}

func open(t *testing.T, change func(*bridge.Settings)) *pair {
	t.Helper()
	p := &pair{t: t, tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linn: linnworkstest.New(linnworkstest.WithoutQuotas())}
	_, err := p.linn.AddItem(linnworkstest.Item{SKU: "MUG", Title: "Mug", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}})
	p.must(err)
	p.service = p.linn.AddPostalService("Tracked 48", "Royal Mail")
	p.sku, err = p.tiktok.Stocked("MUG", 10)
	p.must(err)
	settings := bridge.Settings{
		Shop: "uk", SubSource: account, Locations: map[string][]string{"7100000000000000001": {string(linnworks.ZeroGUID)}}, DefaultLocation: string(linnworks.ZeroGUID),
		Carriers: map[string]string{"Tracked 48": "Royal Mail"},
	}
	if change != nil {
		change(&settings)
	}
	tiktok, err := p.tiktok.Client()
	p.must(err)
	linn, err := p.linn.Client(linnworks.WithLimiter(unpaced{}))
	p.must(err)
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
	p.must(err)
	p.shop, p.settings = shop, settings
	warehouse, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{Source: source, SubSource: account})
	p.must(err)
	p.locks = &lockNames{Store: new(bridge.Memory).Shop("uk"), names: map[string]bool{}}
	p.waiting, err = pulled.NewWarehouse(warehouse, p.locks, pulled.WarehouseOptions{})
	p.must(err)
	p.sync, err = bridge.NewSync(shop, p.waiting, p.locks, settings)
	p.must(err)
	p.ports = pulled.Ports{
		Warehouse: p.waiting, Orders: shop, Importer: p.sync.Importer, Gate: p.sync.Gate, Values: p.locks,
		Hint: p.sync.Hint, Dispatcher: p.sync.Dispatcher, Revoker: p.sync.Revoker,
		Listings: shop, Catalogue: p.sync.Catalogue, Touch: p.sync.Stock.Touch,
	}
	p.channel, err = pulled.NewChannel(p.ports, pulled.Options{OrdersPage: 2})
	p.must(err)
	ports := warehouse.ChannelPorts(p.channel)
	ports.Admit = func(context.Context, channelapp.Account) error { return nil }
	app, err := channelapp.New(ports, channelapp.Options{})
	p.must(err)
	t.Cleanup(func() { p.must(app.Close(context.WithoutCancel(t.Context()))) })
	p.app, err = p.linn.InstallChannelApp(t.Context(), linnworkstest.ChannelAppSetup{Channel: source, AccountName: account, Handler: app})
	p.must(err)
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// step runs the bridge, a minute after the last time.
func (p *pair) step() {
	p.t.Helper()
	time.Sleep(10 * time.Minute)
	if _, err := p.sync.Step(p.t.Context()); err != nil {
		p.t.Fatalf("the bridge fails: %v", err)
	}
}

// waits is how many orders wait to be pulled.
func (p *pair) waits() int {
	p.t.Helper()
	n, err := p.waiting.Waiting(p.t.Context())
	p.must(err)
	return n
}

func (p *pair) pull() linnworkstest.PulledOrders {
	p.t.Helper()
	got, err := p.app.PullOrders(p.t.Context())
	p.must(err)
	return got
}

func (p *pair) place(state tiktokshop.OrderStatus) string {
	p.t.Helper()
	id, err := p.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{tiktokshoptest.Units(p.sku, 2)}, State: state})
	p.must(err)
	return id
}

// inLinnworks is the order as Linnworks has it.
func (p *pair) inLinnworks(id string) linnworks.OrderDetails {
	p.t.Helper()
	found := p.linn.OrdersByReference(source, account, id)
	if len(found) != 1 {
		p.t.Fatalf("Linnworks has %d orders %s, want 1", len(found), id)
	}
	return found[0]
}

func (p *pair) inShop(id string) tiktokshop.Order {
	p.t.Helper()
	o, ok := p.tiktok.Order(id)
	if !ok {
		p.t.Fatalf("the shop has no order %s", id)
	}
	return o
}

func run(t *testing.T, change func(*bridge.Settings), test func(*testing.T, *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, open(t, change)) })
}

// TestLife goes through an order's life: it waits, counts as sold meanwhile, is pulled
// once, sent, and told to the shop.
func TestLife(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		if n := p.waits(); n != 1 || len(p.linn.Orders()) > 0 {
			t.Fatalf("%d orders wait and Linnworks has %d, want 1 that waits", n, len(p.linn.Orders()))
		}
		if shown, _ := p.tiktok.Stock(p.sku, "7100000000000000001"); shown != 8 {
			t.Errorf("the shop shows %d mugs, want 8: 10 less 2 that wait to be pulled", shown)
		}
		p.locks.taken()
		if got, want := p.pull(), (linnworkstest.PulledOrders{New: 1}); got != want {
			t.Errorf("pulled %+v, want %+v", got, want)
		}
		if diff := cmp.Diff([]string{"order/" + id}, p.locks.taken()); diff != "" {
			t.Errorf("locks taken by the pull (-want +got):\n%s", diff)
		}
		o := p.inLinnworks(id)
		if o.Items[0].SKU != "MUG" || o.Items[0].Quantity != 2 || o.GeneralInfo.IsParked {
			t.Errorf("Linnworks has %d of %s, parked %t", o.Items[0].Quantity, o.Items[0].SKU, o.GeneralInfo.IsParked)
		}
		if got, want := string(o.TotalsInfo.TotalCharge), strings.TrimSuffix(string(p.inShop(id).Payment.TotalAmount), ".00"); got != want {
			t.Errorf("the total is %s, want %s as the buyer paid", got, want)
		}
		if got := p.pull(); got.New != 0 || got.Ignored != 1 {
			t.Errorf("pulled again %+v, want it ignored", got)
		}
		p.step()
		if n := p.waits(); n != 0 {
			t.Errorf("%d orders still wait although Linnworks has it", n)
		}
		if shown, _ := p.tiktok.Stock(p.sku, "7100000000000000001"); shown != 8 {
			t.Errorf("the shop shows %d mugs, want 8: the order counts once", shown)
		}
		if p.locks.taken(); len(p.pullPage()) > 0 {
			t.Error("an order that Linnworks has is handed out")
		}

		p.must(p.linn.SetTracking(o.OrderID, p.service, "RM123"))
		p.must(p.linn.Process(o.OrderID))
		results, err := p.app.SendDespatches(t.Context())
		p.must(err)
		if len(results) != 1 || results[0].Error != "" {
			t.Errorf("the despatch was answered with %+v", results)
		}
		if shop := p.inShop(id); shop.LineItems[0].TrackingNumber != "RM123" {
			t.Errorf("the shop shows the tracking number %q (%s), want RM123", shop.LineItems[0].TrackingNumber, shop.Status)
		}
		p.step()
		if open := p.cases(); len(open) > 0 {
			t.Errorf("cases are open: %v", open)
		}
	})
}

// TestWaits checks what the importer says of an order that waits: nothing is wrong, its
// units are reserved, and it is looked at again.
func TestWaits(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		client, err := p.tiktok.Client()
		p.must(err)
		shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
		p.must(err)
		orders, err := shop.OrdersByID(t.Context(), []string{p.place(tiktokshop.OrderStatusAwaitingShipment)})
		p.must(err)
		results, err := p.sync.Importer.Import(t.Context(), orders...)
		p.must(err)
		want := bridge.OrderResult{
			OrderID: orders[0].ID, Outcome: bridge.OutcomeReserved, Detail: "waits for Linnworks to pull it",
			Deadline: results[0].Deadline, Again: time.Now().UTC().Add(5 * time.Minute),
		}
		if diff := cmp.Diff(bridge.OrderResults{want}, results); diff != "" {
			t.Errorf("the results (-want +got):\n%s", diff)
		}
	})
}

// pullPage asks for the first page.
func (p *pair) pullPage() []bridge.NewOrder {
	p.t.Helper()
	orders, _, err := p.channel.Orders(p.t.Context(), 1)
	p.must(err)
	return orders
}

func (p *pair) cases() (open []string) {
	p.t.Helper()
	list, err := p.locks.Open(p.t.Context())
	p.must(err)
	for _, c := range list {
		open = append(open, fmt.Sprint(c.Kind, ": ", c.Object))
	}
	return open
}

// TestCancelledBeforeThePull checks that an order that is cancelled in the shop while it
// waits never reaches Linnworks, and that its units come back.
func TestCancelledBeforeThePull(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		p.must(p.tiktok.CancelBySeller(id, p.tiktok.SellerCancelReasons()[0]))
		if got, want := p.pull(), (linnworkstest.PulledOrders{}); got != want {
			t.Errorf("pulled %+v, want nothing: the shop has cancelled it", got)
		}
		p.step()
		if p.waits() != 0 || len(p.linn.Orders()) > 0 {
			t.Errorf("%d orders wait, Linnworks has %d; want none", p.waits(), len(p.linn.Orders()))
		}
	})
}

// TestAskedToCancel checks that an order whose buyer asks to cancel comes parked, and is
// free to pick when the buyer has thought better of it.
func TestAskedToCancel(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		request, err := p.tiktok.RequestCancellation(id, "changed my mind")
		p.must(err)
		p.pull()
		if o := p.inLinnworks(id); !o.GeneralInfo.IsParked {
			t.Error("the order is free to pick while the buyer's request waits")
		}
		p.must(p.tiktok.WithdrawCancellation(request))
		p.pull()
		p.step()
		if o := p.inLinnworks(id); o.GeneralInfo.IsParked {
			t.Error("the request is withdrawn, and the order is still parked")
		}
	})
}

// TestHeld checks that what the shop holds is parked in Linnworks, and released once
// the shop releases it.
func TestHeld(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusOnHold)
		p.step()
		if got := p.pull(); got.New != 1 {
			t.Fatalf("pulled %+v, want the order that the shop holds", got)
		}
		if o := p.inLinnworks(id); !o.GeneralInfo.IsParked {
			t.Error("an order that the shop holds is free to pick in Linnworks")
		}
		p.step()
		p.must(p.tiktok.ReleaseHold(id))
		p.step()
		o := p.inLinnworks(id)
		if o.GeneralInfo.IsParked || o.CustomerInfo.Address.Address1 == "" {
			t.Errorf("after the hold the order is parked: %t, with the address %t", o.GeneralInfo.IsParked, o.CustomerInfo.Address.Address1 != "")
		}
		if open := p.cases(); len(open) > 0 {
			t.Errorf("cases are open: %v", open)
		}
	})
}

// TestReleasedBetweenPulls checks that an order that was handed out as held, and that
// the shop releases before Linnworks has been looked at, is free to pick after the next
// pull.
func TestReleasedBetweenPulls(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusOnHold)
		p.step()
		p.must(p.tiktok.ReleaseHold(id))
		p.pull() // held no more: whether parked or not, it is consistent
		p.step()
		p.pull()
		p.step()
		if o := p.inLinnworks(id); o.GeneralInfo.IsParked {
			t.Error("the shop has released the order, and it is still parked in Linnworks")
		}
	})
}

// TestCancelledInLinnworks checks that what people cancel there is cancelled in the
// shop, whenever Linnworks tells, and only if the settings allow it.
func TestCancelledInLinnworks(t *testing.T) {
	reason := tiktokshoptest.New(tiktokshoptest.WithMarket("GB")).SellerCancelReasons()[0]
	for _, allowed := range []bool{true, false} {
		run(t, func(s *bridge.Settings) {
			if allowed {
				s.CancelReasons, s.ZeroStock = []string{reason}, true
			}
		}, func(t *testing.T, p *pair) {
			id := p.place(tiktokshop.OrderStatusAwaitingShipment)
			p.step()
			p.pull()
			p.step()
			err := p.app.CancelOrder(t.Context(), p.inLinnworks(id).OrderID, "seller")
			shop := p.inShop(id)
			switch {
			case allowed && (err != nil || shop.Status != tiktokshop.OrderStatusCancelled):
				t.Errorf("the order is %s in the shop (%v), want it cancelled", shop.Status, err)
			case !allowed && (err == nil || !strings.Contains(err.Error(), "customer service has a case") || shop.Status == tiktokshop.OrderStatusCancelled):
				t.Errorf("not allowed: the order is %s in the shop, people read %v", shop.Status, err)
			}
		})
	}
}

// TestCancelledBeforeLinnworksShowsIt is the same where Linnworks waits for the answer.
func TestCancelledBeforeLinnworksShowsIt(t *testing.T) {
	reason := tiktokshoptest.New(tiktokshoptest.WithMarket("GB")).SellerCancelReasons()[0]
	run(t, func(s *bridge.Settings) { s.CancelReasons, s.ZeroStock = []string{reason}, true }, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		p.pull()
		p.step()
		for units, want := range map[int]string{1: "Only a whole order"} {
			if err := p.channel.Cancelled(t.Context(), id, units); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("cancelling %d units returned %v, want %q", units, err, want)
			}
		}
		p.must(p.channel.Cancelled(t.Context(), id, 2)) // while it is open in Linnworks
		if shop := p.inShop(id); shop.Status != tiktokshop.OrderStatusCancelled {
			t.Errorf("the order is %s in the shop, want it cancelled", shop.Status)
		}
		p.step()
		if o := p.inLinnworks(id); !o.GeneralInfo.HoldOrCancel || !o.Processed {
			t.Error("the order stays open in Linnworks although the shop has cancelled it")
		}
	})
}

// TestRestart checks that what waited is put out again by a bridge that has forgotten
// it, and that Linnworks takes it once.
func TestRestart(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		var ids []string
		for range 5 {
			if len(ids) < 4 {
				ids = append(ids, p.place(tiktokshop.OrderStatusAwaitingShipment))
			}
		}
		p.step()
		if got := p.pull(); got.New != 4 { // two pages
			t.Fatalf("pulled %+v, want 4 new orders on two pages", got)
		}
		p.step()
		p.step()
		if n := p.waits(); n != 0 {
			t.Errorf("%d orders wait, want none", n)
		}
		for _, id := range ids {
			p.inLinnworks(id)
		}
	})
}

// TestProductsAndLevels checks that Linnworks learns what the shop sells, and that its
// levels have items read and nothing believed.
func TestProductsAndLevels(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		unlinked, err := p.app.ReadProducts(t.Context())
		p.must(err)
		if len(unlinked) > 0 {
			t.Errorf("Linnworks has no item for %v", unlinked)
		}
		refused, err := p.app.SendLevels(t.Context())
		p.must(err)
		if len(refused) > 0 {
			t.Errorf("levels were refused: %v", refused)
		}
		errs := p.channel.LevelsChanged(t.Context(), []string{"MUG", "NONE"})
		if errs[0] != nil || errs[1] == nil || !strings.Contains(errs[1].Error(), "does not sell this SKU") {
			t.Errorf("LevelsChanged returned %v", errs)
		}
		products, more, err := p.channel.Products(t.Context(), 1)
		p.must(err)
		if len(products) != 1 || more || products[0].SKU != "MUG" || products[0].Quantity != 10 {
			t.Errorf("Products returned %+v, more %t; want 10 of MUG", products, more)
		}
	})
}

// TestDespatchRefused checks what people read when the shop cannot be told.
func TestDespatchRefused(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		id := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		p.pull()
		p.step()
		p.must(p.linn.Process(p.inLinnworks(id).OrderID)) // without a tracking number
		errs := p.channel.Despatched(t.Context(), []string{id, "unknown", id})
		for i, want := range []string{"somebody has to look at it", "does not find this order", "somebody has to look at it"} {
			if errs[i] == nil || !strings.Contains(errs[i].Error(), want) {
				t.Errorf("despatch %d: people read %v, want %q", i, errs[i], want)
			}
			if _, ok := errors.AsType[*pulled.RefusedError](errs[i]); !ok {
				t.Errorf("despatch %d: %v is not for people", i, errs[i])
			}
		}
		if open := p.cases(); !slices.ContainsFunc(open, func(c string) bool { return strings.Contains(c, string(exceptions.NoTracking)) }) {
			t.Errorf("the cases are %v, want one of %s", open, exceptions.NoTracking)
		}
	})
}

func TestNew(t *testing.T) {
	if _, err := pulled.NewWarehouse(nil, nil, pulled.WarehouseOptions{}); err == nil || !strings.Contains(err.Error(), "Warehouse") {
		t.Errorf("NewWarehouse without one returned %v", err)
	}
	if _, err := pulled.NewChannel(pulled.Ports{}, pulled.Options{}); err == nil || !strings.Contains(err.Error(), "Warehouse and Hint") {
		t.Errorf("NewChannel without ports returned %v", err)
	}
	run(t, nil, func(t *testing.T, p *pair) {
		_, err := pulled.NewChannel(pulled.Ports{
			Warehouse: p.waiting, Orders: p.ports.Orders, Importer: p.ports.Importer, Gate: p.sync.Gate, Values: p.locks,
			Hint: p.sync.Hint, Dispatcher: p.sync.Dispatcher, Touch: func(...string) {},
		}, pulled.Options{})
		if err == nil || !strings.Contains(err.Error(), "go together") {
			t.Errorf("NewChannel with Touch alone returned %v", err)
		}
	})
}
