package audit_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/shopstatus"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// accounts are a shop and a warehouse.
type accounts struct {
	listings   []catalogue.Listing
	unreadable map[string]string
	listErr    error
	items      map[string]string // ids by SKU
	kits       map[string]catalogue.Composition
	bundles    map[string]map[string][]catalogue.BundleComponent // by product
	bundleErr  error
	reading    stock.Reading
	levelErr   error
	states     map[string]stock.ItemState
	places     []catalogue.Place // of both sides
	options    []delivery.Name
	services   []delivery.Service
	status     shopstatus.Status
	providers  []delivery.Name
	setup      setup
	books      books
	settings   audit.Options
	next       int
}

// setup is how the accounts are set up for the bridge.
type setup struct {
	grant      audit.Grant
	hooks      map[string]string
	warehouses []audit.ShopWarehouse
	templates  []string
	terms      audit.Terms
	models     map[string]int
	channels   []audit.Channel
	used       map[string]int
	currencies []string
	perDay     int
	ahead      time.Duration
	quotas     audit.Meter
	err        error // of every question
}

func (s *setup) Grant(context.Context) (audit.Grant, error) { return s.grant, s.err }

func (s *setup) WebhookAddresses(context.Context) (map[string]string, error) { return s.hooks, s.err }

func (s *setup) ShopWarehouses(context.Context) ([]audit.ShopWarehouse, error) {
	return s.warehouses, s.err
}

func (s *setup) ShippingTemplates(context.Context) ([]string, error) { return s.templates, s.err }

func (s *setup) ShopTerms(context.Context) (audit.Terms, error) { return s.terms, s.err }

func (s *setup) OrdersByModel(context.Context, time.Time, time.Time) (map[string]int, error) {
	return s.models, s.err
}

func (s *setup) Channels(context.Context) ([]audit.Channel, error) { return s.channels, s.err }

func (s *setup) ServicesUsed(context.Context, time.Time, time.Time) (map[string]int, error) {
	return s.used, s.err
}

func (s *setup) Currencies(context.Context) ([]string, error) { return s.currencies, s.err }

func (s *setup) ClockAhead(context.Context) (ahead, within time.Duration, err error) {
	return s.ahead, time.Second, s.err
}

func (a *accounts) Listings(context.Context) iter.Seq2[catalogue.Listing, error] {
	return func(yield func(catalogue.Listing, error) bool) {
		for _, l := range a.listings {
			if !yield(l, nil) {
				return
			}
		}
		if a.unreadable != nil && !yield(catalogue.Listing{}, &exceptions.UnreadableError{Reasons: a.unreadable}) {
			return
		}
		if a.listErr != nil {
			yield(catalogue.Listing{}, a.listErr)
		}
	}
}

func (a *accounts) ItemsBySKU(_ context.Context, skus []string) (found []catalogue.ItemRef, _ error) {
	for sku, id := range a.items {
		if slices.ContainsFunc(skus, func(s string) bool { return strings.EqualFold(s, sku) }) {
			found = append(found, catalogue.ItemRef{ID: id, SKU: sku})
		}
	}
	return found, nil
}

func (a *accounts) Compositions(_ context.Context, ids []string) (map[string]catalogue.Composition, error) {
	found := map[string]catalogue.Composition{}
	for _, id := range ids {
		if k, ok := a.kits[id]; ok {
			found[id] = k
		}
	}
	return found, nil
}

func (a *accounts) Bundle(_ context.Context, product string) (map[string][]catalogue.BundleComponent, error) {
	return a.bundles[product], a.bundleErr
}

func (a *accounts) StockLevels(_ context.Context, ids []string) (stock.Reading, error) {
	out := stock.Reading{Available: map[string]map[string]int{}, Untracked: map[string]bool{}}
	for _, id := range ids {
		if n, ok := a.reading.Available[id]; ok {
			out.Available[id] = n
		}
		if a.reading.Untracked[id] {
			out.Untracked[id] = true
		}
	}
	return out, a.levelErr
}

func (a *accounts) ItemStates(_ context.Context, ids []string) (map[string]stock.ItemState, error) {
	found := map[string]stock.ItemState{}
	for _, id := range ids {
		found[id] = a.states[id]
	}
	return found, nil
}

func (a *accounts) Places(context.Context) ([]catalogue.Place, error) { return a.places, nil }

func (a *accounts) DeliveryOptions(context.Context) ([]delivery.Name, error) { return a.options, nil }

func (a *accounts) ShippingProviders(context.Context) ([]delivery.Name, error) {
	return a.providers, nil
}

func (a *accounts) PostalServices(context.Context) ([]delivery.Service, error) {
	return a.services, nil
}

func (a *accounts) ShopStatus(context.Context) (shopstatus.Status, error) { return a.status, nil }

func (a *accounts) OrdersPlaced(context.Context, time.Time, time.Time) (int, error) {
	return a.setup.perDay, nil
}

func (a *accounts) ports() audit.Ports {
	return audit.Ports{
		Listings: a, Items: a, Bundles: a, Levels: a, States: a, Warehouses: a, Locations: a, Shop: a, Warehouse: a, Status: a,
		Grants: &a.setup, Webhooks: &a.setup, Setup: &a.setup, Models: &a.setup, Linnworks: &a.setup, Quotas: &a.setup.quotas,
		Clocks: map[string]audit.Clock{"TikTok Shop": &a.setup}, Orders: &a.books, Booked: &a.books, Shelf: &a.books,
	}
}

// id returns one that was not there.
func (a *accounts) id(prefix string) string {
	a.next++
	return fmt.Sprintf("%s%04d", prefix, a.next)
}

// item stocks an item and returns its id.
func (a *accounts) item(sku string, units int) string {
	id := a.id("i")
	a.items[sku] = id
	a.reading.Available[id] = map[string]int{"leeds": units}
	return id
}

// list lists a SKU.
func (a *accounts) list(sellerSKU string) *catalogue.Listing {
	id := a.id("17")
	a.listings = append(a.listings, catalogue.Listing{
		SKU:   catalogue.SKU{ProductID: "p" + id, ID: id, SellerSKU: sellerSKU},
		Title: "Something", Stock: []catalogue.WarehouseStock{{WarehouseID: "w1", Quantity: 1}},
	})
	return &a.listings[len(a.listings)-1]
}

// sound are accounts without a fault: items, kits, bundles with their composites.
func sound(r *rand.Rand) *accounts {
	a := &accounts{
		items: map[string]string{}, kits: map[string]catalogue.Composition{}, bundles: map[string]map[string][]catalogue.BundleComponent{},
		reading: stock.Reading{Available: map[string]map[string]int{}, Untracked: map[string]bool{}}, states: map[string]stock.ItemState{},
		places:  []catalogue.Place{{ID: "w1", Name: "Leeds"}, {ID: "leeds", Name: "Leeds"}},
		options: []delivery.Name{{ID: "o1", Name: "Standard"}}, services: []delivery.Service{{Name: "Tracked 48", Carrier: "Royal Mail"}},
		status:    shopstatus.Status{Shop: "ACTIVE"},
		providers: []delivery.Name{{ID: "c1", Name: "Royal Mail"}},
	}
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	a.setup = setup{
		grant: audit.Grant{Ends: now.AddDate(0, 6, 0)}, hooks: map[string]string{"ORDER_STATUS_CHANGE": "https://bridge.example.com/hooks"},
		warehouses: []audit.ShopWarehouse{{ID: "w1", Name: "Leeds", Usable: true, Status: "ENABLED", Delivery: []string{"Standard"}}, {ID: "w2", Name: "Back", Usable: true, Status: "ENABLED", Returns: true}},
		templates:  []string{"Standard"}, terms: audit.Terms{TaxForm: "APPROVED", Currency: "GBP"}, models: map[string]int{"seller": 1 + r.IntN(900)},
		channels: []audit.Channel{{Source: "EBAY", SubSource: "shop", SetsStock: true, LinksBySKU: true}, {Source: "TIKTOKBRIDGE", SubSource: "uk", Own: true}},
		used:     map[string]int{"Tracked 48": 1 + r.IntN(900)}, currencies: []string{"EUR", "GBP"}, perDay: r.IntN(80), ahead: time.Duration(r.IntN(20)-9) * time.Second,
	}
	for range 200 {
		a.setup.quotas.Saw("Linnworks", "Orders.GetOrdersById", 200)
	}
	a.setup.quotas.Saw("Linnworks", "Orders.GetOrdersById", 429) // one is nothing
	a.settings = audit.Options{
		Now:        func() time.Time { return now },
		WebhookURL: "https://bridge.example.com/hooks", LabelRoutes: []string{"seller"}, OrdersPerDay: 100,
		OrdersFrom: yesterday.AddDate(0, 0, -7), OrdersTo: yesterday.AddDate(0, 0, 1),
		Locations: map[string][]string{"w1": {"leeds"}}, DefaultLocation: "leeds",
		Delivery: delivery.Names{Services: map[string]string{"Standard": "Tracked 48"}},
	}
	for range r.IntN(20) {
		a.books.pair(a.id("76"))
	}
	var components []catalogue.Listing
	for range 5 + r.IntN(30) {
		sku := a.id("GOOD-")
		a.item(sku, 1+r.IntN(50))
		components = append(components, *a.list(sku))
	}
	for range 1 + r.IntN(5) { // kits
		sku := a.id("KIT-")
		a.kit(sku, components[0].SellerSKU, 1+r.IntN(3))
		a.list(sku)
	}
	for range 1 + r.IntN(4) { // bundles, with a composite of the same
		sku, n := a.id("SET-"), 1+r.IntN(3)
		a.kit(sku, components[1].SellerSKU, n)
		a.bundle(a.list(sku), components[1], n)
	}
	return a
}

func (a *accounts) kit(sku, of string, n int) string {
	id := a.id("k")
	a.items[sku] = id
	a.kits[id] = catalogue.Composition{Parts: []catalogue.CompositionPart{{ItemRef: catalogue.ItemRef{ID: a.items[of], SKU: of}, Quantity: n}}}
	return id
}

func (a *accounts) bundle(l *catalogue.Listing, of catalogue.Listing, n int) {
	a.bundles[l.ProductID] = map[string][]catalogue.BundleComponent{l.ID: {{Listing: of.SKU, Quantity: n}}}
}

// defects are ways of being wrong. Each returns the object that is to be found and, if
// it is not empty, a text that has to stand in what to do or to enter.
var defects = map[audit.Rule][]func(*accounts) (object, remedy string){
	audit.NoItem: {func(a *accounts) (string, string) {
		l := a.list(a.id("GONE-"))
		return l.String(), `"skus": {"` + l.ID + `": "`
	}},
	audit.AmbiguousItem: {func(a *accounts) (string, string) {
		sku := a.id("Twin-")
		a.item(sku, 3)
		a.item(strings.ToUpper(sku), 3)
		l := a.list(strings.ToLower(sku))
		return l.String(), `"skus": {"` + l.ID + `": "`
	}},
	audit.BrokenKit: {
		func(a *accounts) (string, string) {
			sku := a.id("LOOP-")
			id := a.id("k")
			a.items[sku] = id
			a.kits[id] = catalogue.Composition{Parts: []catalogue.CompositionPart{{ItemRef: catalogue.ItemRef{ID: id, SKU: sku}, Quantity: 1}}}
			return a.list(sku).String(), "correct the composition"
		},
		func(a *accounts) (string, string) {
			sku := a.id("LACKS-")
			id := a.id("k")
			a.items[sku] = id
			a.kits[id] = catalogue.Composition{Parts: []catalogue.CompositionPart{{ItemRef: catalogue.ItemRef{SKU: "NOBODY"}, Quantity: 1}}}
			return a.list(sku).String(), "correct the composition"
		},
	},
	audit.SpeltDifferently: {func(a *accounts) (string, string) {
		sku := a.id("SPELT-")
		a.item(sku, 3)
		return a.list(strings.ToLower(sku)).String(), sku
	}},
	audit.NoComposite: {func(a *accounts) (string, string) {
		l := a.list(a.id("NEWSET-"))
		a.bundle(l, a.listings[0], 7)
		return l.String(), "7 x " + a.listings[0].SellerSKU
	}},
	audit.BundleDiffers: {func(a *accounts) (string, string) {
		sku := a.id("ODDSET-")
		a.kit(sku, a.listings[1].SellerSKU, 2)
		l := a.list(sku)
		a.bundle(l, a.listings[1], 3)
		return l.String(), "3 x " + a.listings[1].SellerSKU
	}},
	audit.ItemGone: {
		func(a *accounts) (string, string) { return a.lost(stock.ItemState{Archived: true}), "restore it" },
		func(a *accounts) (string, string) { return a.lost(stock.ItemState{Deleted: true}), "restore it" },
	},
	audit.LevelMissing: {func(a *accounts) (string, string) { return a.lost(stock.ItemState{}), "enter its stock" }},
	audit.ItemUntracked: {func(a *accounts) (string, string) {
		sku := a.id("FREE-")
		a.reading.Untracked[a.item(sku, 3)] = true
		a.list(sku)
		return "item " + sku, "leave_alone"
	}},
	audit.ItemListedTwice: {func(a *accounts) (string, string) {
		sku := a.id("TWICE-")
		a.item(sku, 3)
		a.list(sku)
		a.list(sku)
		return "item " + sku, `"keep_items": {"` + sku
	}},
	audit.UnmappedWarehouse: {func(a *accounts) (string, string) {
		id := a.id("w")
		a.listings[0].Stock = append(slices.Clone(a.listings[0].Stock), catalogue.WarehouseStock{WarehouseID: id})
		return "warehouse " + id, `"locations": {"` + id
	}},
	audit.UnknownName: {
		func(a *accounts) (string, string) {
			a.settings.Locations["w1"] = append(a.settings.Locations["w1"], a.id("leds"))
			return "setting locations, stock locations", "correct the setting"
		},
		func(a *accounts) (string, string) {
			a.settings.Delivery.Services["Standrd"] = "Tracked 48"
			return "settings services and carriers", "correct the setting"
		},
	},
	audit.ShopStopped: {func(a *accounts) (string, string) {
		a.status.Shop = "SUSPENDED"
		return "shop", "Seller Center"
	}},
	audit.UnreadableListing: {func(a *accounts) (string, string) {
		id := a.id("p")
		if a.unreadable == nil {
			a.unreadable = map[string]string{}
		}
		a.unreadable[id] = "its SKU id is no text"
		return "product " + id, "tell the integrator"
	}},
	audit.NotListed: {func(a *accounts) (string, string) {
		sku := a.id("WANTED-")
		a.settings.Promotion = append(a.settings.Promotion, sku)
		return sku, "list it"
	}},
	audit.NothingFree: {func(a *accounts) (string, string) {
		sku := a.id("EMPTY-")
		a.item(sku, 0)
		a.settings.Promotion = append(a.settings.Promotion, sku)
		return a.list(sku).String(), "book stock in"
	}},
	audit.ScopeMissing: {func(a *accounts) (string, string) {
		scope := a.id("seller.scope.")
		a.setup.grant.Missing = append(a.setup.grant.Missing, scope)
		return "scope " + scope, "consent again"
	}},
	audit.ConsentEnds: {func(a *accounts) (string, string) {
		a.setup.grant.Ends = a.settings.Now().AddDate(0, 0, 29)
		return "authorisation", "consent again"
	}},
	audit.WebhookOff: {func(a *accounts) (string, string) {
		event := a.id("EVENT_")
		a.setup.hooks[event] = ""
		return "webhook " + event, event + " https://bridge.example.com/hooks"
	}},
	audit.WebhookElsewhere: {func(a *accounts) (string, string) {
		event := a.id("EVENT_")
		a.setup.hooks[event] = "https://other.example.com/"
		return "webhook " + event, "pass the event on"
	}},
	audit.NativeChannel: {func(a *accounts) (string, string) {
		name := a.id("native")
		a.setup.channels = append(a.setup.channels, audit.Channel{Source: "TIKTOK", SubSource: name, TikTok: true})
		return "channel TIKTOK, " + name, "inventory sync"
	}},
	audit.ChannelFights: {
		func(a *accounts) (string, string) {
			return a.fights(audit.Channel{SetsStock: true}) + ": Inventory Sync", "Inventory Sync: off"
		},
		func(a *accounts) (string, string) {
			return a.fights(audit.Channel{SetsPrices: true}) + ": Price Change", "Price Change: off"
		},
		func(a *accounts) (string, string) {
			return a.fights(audit.Channel{LinksBySKU: true}) + ": Auto Link By SKU", "Auto Link By SKU: off"
		},
		func(a *accounts) (string, string) {
			return a.fights(audit.Channel{AnswersCancellations: true}) + ": Auto Respond to Cancellation Requests", "Requests: off"
		},
	},
	audit.UnmappedLocation: {func(a *accounts) (string, string) {
		id := a.id("hull")
		a.places = append(a.places, catalogue.Place{ID: id, Name: "Hull"})
		a.reading.Available[a.items[a.listings[0].SellerSKU]][id] = 7
		return "stock location " + id + " (Hull)", `["` + id + `"]`
	}},
	audit.OptionUnmapped: {func(a *accounts) (string, string) {
		name := a.id("Express ")
		a.options = append(a.options, delivery.Name{ID: a.id("o"), Name: name})
		return "delivery option " + name, `"services": {"` + name
	}},
	audit.ServiceUnmapped: {func(a *accounts) (string, string) {
		name := a.id("Van ")
		a.services = append(a.services, delivery.Service{Name: name})
		a.setup.used[name] = 3
		return "service " + name, `"carriers": {"` + name
	}},
	audit.CarrierInactive: {func(a *accounts) (string, string) {
		name := a.id("Next day ")
		a.services = append(a.services, delivery.Service{Name: name, Carrier: "Veho"})
		a.setup.used[name] = 3
		return "service " + name, "switch the carrier on"
	}},
	audit.NoLabelRoute: {func(a *accounts) (string, string) {
		model := a.id("model")
		a.setup.models[model] = 60
		return "shipping model " + model, `"services": {"` + model
	}},
	audit.WarehouseOff: {func(a *accounts) (string, string) {
		id := a.id("w")
		a.places = append(a.places, catalogue.Place{ID: id, Name: "Closed"})
		a.settings.Locations[id] = []string{"leeds"}
		a.setup.warehouses = append(a.setup.warehouses, audit.ShopWarehouse{ID: id, Name: "Closed", Status: "DISABLED"})
		return "warehouse " + id + " (Closed)", "take it out of locations"
	}},
	audit.NoPickUp: {func(a *accounts) (string, string) {
		a.setup.warehouses = slices.DeleteFunc(a.setup.warehouses, func(w audit.ShopWarehouse) bool { return w.Usable && !w.Returns })
		return "pick-up warehouse", "create or enable"
	}},
	audit.NoReturns: {func(a *accounts) (string, string) {
		a.setup.warehouses = slices.DeleteFunc(a.setup.warehouses, func(w audit.ShopWarehouse) bool { return w.Returns })
		return "return warehouse", "create or enable"
	}},
	audit.NoDelivery: {func(a *accounts) (string, string) {
		id := a.id("w")
		a.setup.warehouses = append(a.setup.warehouses, audit.ShopWarehouse{ID: id, Name: "New", Usable: true, Status: "ENABLED"})
		return "warehouse " + id + " (New)", "default delivery option"
	}},
	audit.NoTemplate: {func(a *accounts) (string, string) {
		a.setup.templates = nil
		return "shipping template", "create one"
	}},
	audit.TaxForm: {func(a *accounts) (string, string) {
		a.setup.terms.TaxForm = "NOT_SUBMITTED"
		return "tax form", "complete it"
	}},
	audit.NoCurrencyRate: {func(a *accounts) (string, string) {
		a.setup.terms.Currency = "USD"
		return "currency USD", "USD"
	}},
	audit.OrderLimitNear: {func(a *accounts) (string, string) {
		a.setup.perDay = 80
		return "daily order limit", "higher limit"
	}},
	audit.ClockDiffers: {func(a *accounts) (string, string) {
		a.setup.ahead = -12 * time.Second
		return "clock of TikTok Shop", "time server"
	}},
	audit.NoHeadroom: {func(a *accounts) (string, string) {
		operation := a.id("Stock.GetStockLevel")
		for range 98 {
			a.setup.quotas.Saw("Linnworks", operation, 200)
		}
		for range 2 {
			a.setup.quotas.Saw("Linnworks", operation, 429)
		}
		return "Linnworks " + operation, "the other program"
	}},
	audit.OrderMissing: {func(a *accounts) (string, string) {
		shop, _ := a.order()
		a.books.booked = a.books.booked[:len(a.books.booked)-1]
		return "order " + shop.ID, "tell the integrator"
	}},
	audit.OrderUnknown: {func(a *accounts) (string, string) {
		shop, _ := a.order()
		id := shop.ID
		a.books.shop = a.books.shop[:len(a.books.shop)-1]
		return "order " + id, "correct the reference"
	}},
	audit.OrderDoubled: {
		func(a *accounts) (string, string) {
			shop, booked := a.order()
			a.books.booked = append(a.books.booked, again(*booked, ""))
			return "order " + shop.ID, "without a parcel"
		},
		func(a *accounts) (string, string) {
			shop, booked := a.order()
			a.books.booked = append(a.books.booked, again(*booked, "DIRECT"))
			return "order " + shop.ID, "switch off what made it"
		},
	},
	audit.OrderStates: {func(a *accounts) (string, string) {
		shop, _ := a.order()
		shop.Void = true
		return "order " + shop.ID, "which side is right"
	}},
	audit.OrderLines: {func(a *accounts) (string, string) {
		shop, booked := a.order()
		booked.LineIDs = booked.LineIDs[:1]
		return "order " + shop.ID, "before it is packed"
	}},
	audit.OrderTotal: {func(a *accounts) (string, string) {
		shop, booked := a.order()
		booked.Total.Minor--
		return "order " + shop.ID, "tiktok."
	}},
	audit.OrderTracking: {func(a *accounts) (string, string) {
		shop, booked := a.order()
		booked.Tracking = "XX"
		return "order " + shop.ID, "carrier's website"
	}},
	audit.StockHigh: {func(a *accounts) (string, string) {
		sku := a.id("HIGH-")
		a.books.shelf = append(a.books.shelf, audit.StockLine{SKUID: a.id("18"), SKU: sku, WarehouseID: "w1", Shown: 3, Wanted: 2})
		return "stock of " + sku + " in warehouse w1", "keeps the number back"
	}},
	audit.StockLow: {func(a *accounts) (string, string) {
		sku := a.id("LOW-")
		a.books.shelf = append(a.books.shelf, audit.StockLine{SKUID: a.id("18"), SKU: sku, WarehouseID: "w1", Shown: 1, Wanted: 2})
		return "stock of " + sku + " in warehouse w1", "keeps the number back"
	}},
	audit.NoSellerSKU: {func(a *accounts) (string, string) {
		sku := a.id("TABLE-")
		a.item(sku, 3)
		l := a.list("")
		if a.settings.SKUs == nil {
			a.settings.SKUs = map[string]string{}
		}
		a.settings.SKUs[l.ID] = sku
		return l.String(), "enter the SKU"
	}},
}

// fights adds a channel of the bridge's own.
func (a *accounts) fights(c audit.Channel) (object string) {
	c.Source, c.SubSource, c.Own = "TIKTOKBRIDGE", a.id("uk"), true
	a.setup.channels = append(a.setup.channels, c)
	return "channel " + c.Source + ", " + c.SubSource
}

// order is one more that both sides have.
func (a *accounts) order() (*audit.ShopOrder, *audit.BookedOrder) { return a.books.pair(a.id("57")) }

// lost lists an item that has no level.
func (a *accounts) lost(state stock.ItemState) (object string) {
	sku := a.id("LOST-")
	id := a.item(sku, 3)
	delete(a.reading.Available, id)
	a.states[id] = state
	a.list(sku)
	return "item " + sku
}

// Every defect that is planted is found, with its remedy, and nothing else, whatever the
// rest of the accounts looks like.
func TestEveryDefectIsFound(t *testing.T) {
	t.Parallel()
	for _, info := range audit.Rules() {
		if len(defects[info.Rule]) == 0 {
			t.Errorf("nothing is planted for %q", info.Rule)
		}
	}
	planted := 0
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 17))
		a := sound(r)
		if report, err := audit.Run(t.Context(), a.ports(), a.settings); err != nil || !report.Clean() {
			t.Fatalf("seed %d: without a defect: %v, %s", seed, err, report)
		}
		want, remedies := []string{}, map[string]string{}
		for _, rule := range planting() {
			for _, plant := range defects[rule] {
				for range 1 + r.IntN(4) {
					object, remedy := plant(a)
					key := string(rule) + ": " + object
					if _, twice := remedies[key]; !twice {
						want = append(want, key)
					}
					remedies[key] = remedy
				}
			}
		}
		if planted += len(want); len(want) < 40 {
			t.Errorf("seed %d: only %d defects were planted", seed, len(want))
		}
		report, err := audit.Run(t.Context(), a.ports(), a.settings)
		if err != nil || !report.Complete() {
			t.Fatalf("seed %d: %v, not read: %q", seed, err, report.Unread)
		}
		got := []string{}
		for _, f := range report.Findings {
			key := string(f.Rule) + ": " + f.Object
			got = append(got, key)
			if remedy := remedies[key]; !strings.Contains(f.Do+"\n"+strings.Join(f.Enter, "\n"), remedy) {
				t.Errorf("seed %d: %s: the remedy lacks %q", seed, f, remedy)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
	t.Logf("%d defects planted in 50 pairs of accounts", planted)
}

// planting are the rules in the order in which defects can be planted: those that take
// warehouses of the shop away go first.
func planting() []audit.Rule {
	list := []audit.Rule{audit.NoPickUp, audit.NoReturns}
	for _, info := range audit.Rules() {
		if !slices.Contains(list, info.Rule) {
			list = append(list, info.Rule)
		}
	}
	return list
}

// What cannot be read is not sound.
func TestWhatIsNotRead(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, change := range map[string]func(*accounts){
		"listings of the shop": func(a *accounts) { a.listErr = down },
		"bundles of the shop":  func(a *accounts) { a.bundleErr = down },
		"stock of the items":   func(a *accounts) { a.levelErr = down },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := sound(rand.New(rand.NewPCG(1, 1)))
			a.settings.Promotion = []string{a.listings[0].SellerSKU}
			change(a)
			report, err := audit.Run(t.Context(), a.ports(), a.settings)
			if err != nil || report.Clean() || len(report.Unread) != 1 || !strings.HasPrefix(report.Unread[0], name+": ") {
				t.Errorf("got %q, %v", report.Unread, err)
			}
			if !strings.Contains(report.Summary(), "NOT COMPLETE") {
				t.Errorf("the summary is %q", report.Summary())
			}
			if ready := report.Promotion[0].Ready(); ready != (name != "stock of the items") {
				t.Errorf("%s: ready %t", report.Promotion[0], ready)
			}
		})
	}
}

// A question about the set-up that nobody answers is not answered well; one that cannot
// be asked is for a person, and leaves the report complete.
func TestSetupNotRead(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(1, 1)))
	sure, err := audit.Run(t.Context(), a.ports(), a.settings)
	if err != nil {
		t.Fatal(err)
	}
	a.setup.err = errors.New("down")
	report, err := audit.Run(t.Context(), a.ports(), a.settings)
	if want := 7; err != nil || len(report.Unread) != want || report.Complete() || len(report.Findings) > 0 {
		t.Errorf("got %q, %v; want %d steps that are not read", report.Unread, err, want)
	}
	a.setup.err = fmt.Errorf("not in this market: %w", errors.ErrUnsupported)
	p := a.ports()
	p.Grants, p.Webhooks, p.Models, p.Linnworks = nil, nil, nil, nil
	report, err = audit.Run(t.Context(), p, a.settings)
	if want := len(sure.ByHand) + 4; err != nil || !report.Clean() || len(report.ByHand) != want {
		t.Errorf("got %s, %v; want %d things to look at by hand", report, err, want)
	}
}

// What the settings have seen to is no finding.
func TestWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(5, 5)))
	for _, rule := range []audit.Rule{audit.ItemListedTwice, audit.ItemUntracked} {
		defects[rule][0](a)
	}
	twice, untracked := a.listings[len(a.listings)-2], a.listings[len(a.listings)-1]
	for _, want := range []int{2, 0} {
		if want == 0 {
			a.settings.KeepItems, a.settings.LeaveAlone = map[string]int{twice.SellerSKU: 1}, []string{untracked.SellerSKU}
		}
		if report, err := audit.Run(t.Context(), a.ports(), a.settings); err != nil || len(report.Findings) != want {
			t.Errorf("got %v, %v; want %d finding(s)", report.Findings, err, want)
		}
	}
}

// A promotion is judged SKU by SKU.
func TestPromotion(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(2, 2)))
	good := a.listings[0]
	a.reading.Available[a.items[good.SellerSKU]] = map[string]int{"leeds": 4, "london": 90}
	a.list("GHOST")
	a.list(good.SellerSKU) // the same units again
	a.settings.Promotion = []string{good.SellerSKU, good.ID, "GHOST", "NOWHERE"}
	report, err := audit.Run(t.Context(), a.ports(), a.settings)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range report.Promotion {
		got = append(got, v.String())
	}
	want := []string{
		good.SellerSKU + ": ready, 4 free", good.ID + ": ready, 4 free",
		"GHOST: not ready: listing without an item", "NOWHERE: not ready: promoted and not listed",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The context ends a run between its steps, and the report has what was found.
func TestStopped(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(3, 3)))
	ctx, stop := context.WithCancel(t.Context())
	var steps []string
	a.settings.Progress = func(step string) {
		if steps = append(steps, step); len(steps) == 2 {
			stop()
		}
	}
	report, err := audit.Run(ctx, a.ports(), a.settings)
	if !errors.Is(err, context.Canceled) || len(steps) != 2 || report.Listings != len(a.listings) {
		t.Errorf("got %v after %q, with %d listings", err, steps, report.Listings)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(4, 4)))
	l := a.list(`=1+1<script>alert("x")</script>`)
	a.settings.Promotion = []string{"-9"}
	a.settings.Now = func() time.Time { return time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC) }
	report, err := audit.Run(t.Context(), a.ports(), a.settings)
	if err != nil {
		t.Fatal(err)
	}
	var sheet, page bytes.Buffer
	if err := cmp.Or(report.WriteCSV(&sheet), report.WriteHTML(&page)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&sheet).ReadAll()
	if err != nil || len(rows) != 1+3+len(report.Findings)+len(report.Promotion)+len(report.ByHand) {
		t.Errorf("%d rows, %v, for %d findings", len(rows), err, len(report.Findings))
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	if strings.Contains(page.String(), "<script>") || !strings.Contains(page.String(), "&lt;script&gt;") {
		t.Error("a SKU is a script on the page")
	}
	if text := report.String(); !strings.Contains(text, l.String()) || !strings.Contains(text, "E-COMMERCE") || !strings.Contains(text, "PROMOTION") {
		t.Errorf("got %s", text)
	}
	var decoded struct {
		Listings int
		Findings []struct{ Rule, Owner, Severity string }
		Unread   []string
	}
	encoded, err := json.Marshal(report)
	if err != nil || json.Unmarshal(encoded, &decoded) != nil || decoded.Listings != report.Listings || decoded.Unread == nil ||
		decoded.Findings[0].Severity != "urgent" || decoded.Findings[0].Owner != "e-commerce" {
		t.Errorf("got %s, %v", encoded, err)
	}
}

// What Linnworks can import is written in its order, and half a composite is not.
func TestWriteImport(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(6, 6)))
	a.settings.SubSource = "uk"
	a.item("SPELT-A", 3)
	spelt := a.list("spelt-a")
	spelt.ID = "1"
	set := a.list("NEWSET")
	a.bundle(set, a.listings[0], 7)
	half := a.list("HALFSET")
	a.bundle(half, catalogue.Listing{SKU: catalogue.SKU{ID: "9", SellerSKU: "NOBODY"}}, 2)
	report, err := audit.Run(t.Context(), a.ports(), a.settings)
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[audit.Import]string{
		audit.Items:      "SKU,Title,Track stock\nHALFSET,Something,no\nNEWSET,Something,no\n",
		audit.Composites: "Composite SKU,Component SKU,Quantity\nNEWSET," + a.listings[0].SellerSKU + ",7\n",
		audit.Mappings:   "Source,Sub source,Channel SKU,Channel reference,SKU\nTIKTOKBRIDGE,uk,spelt-a,1,SPELT-A\n",
	} {
		var got bytes.Buffer
		if err := report.WriteImport(&got, kind); err != nil || got.String() != want {
			t.Errorf("%s: got %q, %v; want %q", kind, got.String(), err, want)
		}
	}
	if err := report.WriteImport(io.Discard, "stock"); err == nil {
		t.Error("there is an import of stock")
	}
}

func TestRunNeedsItsPorts(t *testing.T) {
	t.Parallel()
	if _, err := audit.Run(t.Context(), audit.Ports{}, audit.Options{}); err == nil || !strings.Contains(err.Error(), "Items") || !strings.Contains(err.Error(), "Listings") {
		t.Errorf("got %v", err)
	}
}

// Pages of the shop's list overlap while it moves: a listing that comes twice is one.
func TestListingsThatComeTwice(t *testing.T) {
	t.Parallel()
	a := sound(rand.New(rand.NewPCG(3, 17)))
	n := len(a.listings)
	a.listings = append(a.listings, a.listings...)
	report, err := audit.Run(t.Context(), a.ports(), a.settings)
	if err != nil || !report.Clean() || report.Listings != n {
		t.Errorf("%v, %d listings, want %d and nothing found: %s", err, report.Listings, n, report)
	}
}

// named is a shop with a name.
type named struct {
	shop audit.ShopName
	err  error
}

func (n named) ShopName(context.Context) (audit.ShopName, error) { return n.shop, n.err }

// A report says at its head which shop and which account were read, and when: it is sent to
// whoever owns them.
func TestTheHeadOfAReport(t *testing.T) {
	t.Parallel()
	shop := audit.ShopName{ID: "7494", Name: "=Mugs &\nMore", Region: "GB"}
	start := time.Date(2026, 11, 29, 23, 58, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		shop   audit.Named
		change func(*audit.Options)
		took   time.Duration
		want   string
	}{
		{"all of it", named{shop, nil}, func(o *audit.Options) { o.Title, o.Account = "Before the\nLIVE", "Mugs Ltd" }, time.Minute,
			"Before the LIVE\nShop: =Mugs & More, GB, id 7494\nLinnworks account: Mugs Ltd (channel TIKTOKBRIDGE, uk)\nRead: 29 November 2026, 23:58 to 23:59 UTC\n"},
		{"nothing said", nil, func(*audit.Options) {}, time.Second,
			audit.DefaultTitle + "\nLinnworks account: channel TIKTOKBRIDGE, uk\nRead: 29 November 2026, 23:58 UTC\n"},
		{"over midnight, without a name", named{audit.ShopName{ID: "7494"}, nil}, func(*audit.Options) {}, time.Hour,
			audit.DefaultTitle + "\nShop: shop, id 7494\nLinnworks account: channel TIKTOKBRIDGE, uk\nRead: 29 November 2026, 23:58 to 30 November 2026, 00:58 UTC\n"},
		{"the shop does not say", named{audit.ShopName{}, errors.New("down")}, func(*audit.Options) {}, 0,
			audit.DefaultTitle + "\nLinnworks account: channel TIKTOKBRIDGE, uk\nRead: 29 November 2026, 23:58 UTC\n"},
	} {
		a := sound(rand.New(rand.NewPCG(4, 4)))
		now := start
		a.settings.SubSource, a.settings.Now = "uk", func() time.Time { return now }
		a.settings.Progress = func(step string) {
			if step == "items of the listings" {
				now = now.Add(tc.took)
			}
		}
		tc.change(&a.settings)
		p := a.ports()
		p.Name = tc.shop
		report, err := audit.Run(t.Context(), p, a.settings)
		if err != nil || report.Complete() != (tc.name != "the shop does not say") {
			t.Fatalf("%s: %v, not read %q", tc.name, err, report.Unread)
		}
		if got := report.String(); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: got %q, want it to begin with %q", tc.name, got[:min(len(got), 300)], tc.want)
		}
		var sheet, page bytes.Buffer
		if err := cmp.Or(report.WriteCSV(&sheet), report.WriteHTML(&page)); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSuffix(tc.want, "\n"), "\n") {
			if !strings.Contains(page.String(), template.HTMLEscapeString(line)) {
				t.Errorf("%s: %q is not on the page", tc.name, line)
			}
			if _, value, ok := strings.Cut(line, ": "); ok && !strings.Contains(sheet.String(), value) {
				t.Errorf("%s: %q is not in the table:\n%s", tc.name, value, sheet.String())
			}
		}
	}
}

// What the shop's list had no time to show is not said to be unlisted, and what is promoted
// twice is judged once.
func TestPromotionOfAListThatBreaksOff(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*accounts){
		"promoted and not listed: the shop lists no SKU of this name":                                                   func(*accounts) {},
		"promoted and not listed: the shop lists no SKU of this name, unless it is of a product that could not be read": func(a *accounts) { a.unreadable = map[string]string{"p1": "it is odd"} },
		"": func(a *accounts) { a.listErr = errors.New("down") },
	} {
		a := sound(rand.New(rand.NewPCG(1, 1)))
		a.settings.Promotion = []string{"NOWHERE", " nowhere"}
		change(a)
		report, err := audit.Run(t.Context(), a.ports(), a.settings)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range report.Findings {
			if f.Rule == audit.NotListed {
				got += string(f.Rule) + ": " + f.Seen
			}
		}
		if got != name || len(report.Promotion) != 1 || report.Promotion[0].Ready() {
			t.Errorf("got %q and %v, want %q and one that is not ready", got, report.Promotion, name)
		}
	}
}
