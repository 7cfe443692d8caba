package bridgetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// lab is one run. It is single-threaded: people act between passes and between
// the calls of a pass, never beside them, so that a seed replays.
type lab struct {
	config Config
	rand   *rand.Rand
	start  time.Time
	rates  Rates
	market string

	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	queue  exceptions.Queue
	ports  Ports

	intake     *bridge.Intake
	references *bridge.References
	importer   *bridge.Importer
	stock      *stock.Push
	canceller  *bridge.Canceller
	dispatch   *bridge.DispatchQueue
	deadlines  *bridge.Deadlines
	elsewhere  *linnworks.Client // another channel's, which never fails

	events     []event
	carrier    linnworks.GUID
	truth      truth
	stormUntil time.Time
	kill       func()       // ends the bridge's process
	memory     store.Memory // outlives the bridge's process
	report     Report
	violations []error
	lastErr    error
}

// item is something for sale.
type item struct {
	sku, skuID, productID string
	parts                 map[string]int // of a kit; empty for a single item
}

const (
	source    = "TIKTOKBRIDGE"
	subSource = "lab"
)

// warehouses are the shop's warehouses and the locations that feed them.
var warehouseIDs = []string{"7068517275539719942", "7068517275539719943"}

// forSale is what the shop sells: single items, kits that share them.
func forSale() []item {
	var list []item
	for i := range 5 {
		list = append(list, item{sku: fmt.Sprintf("ITEM-%d", i), skuID: fmt.Sprintf("17295929697122071%02d", i), productID: fmt.Sprintf("17295929697122070%02d", i/2)})
	}
	for i, parts := range []map[string]int{{"ITEM-0": 1, "ITEM-1": 2}, {"ITEM-1": 1, "ITEM-2": 1, "ITEM-3": 1}} {
		list = append(list, item{sku: fmt.Sprintf("KIT-%d", i), skuID: fmt.Sprintf("17295929697122072%02d", i), productID: fmt.Sprintf("17295929697122080%02d", i), parts: parts})
	}
	return list
}

func (l *lab) build(ctx context.Context) error {
	l.market = []string{"GB", "US"}[l.rand.IntN(2)]
	l.tiktok = tiktokshoptest.New(tiktokshoptest.WithMarket(l.market), tiktokshoptest.WithSeed(l.config.Seed),
		tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(http.HandlerFunc(l.webhook))))
	l.tiktok.SetWebhooks("https://bridge.example/webhooks")
	l.linn = linnworkstest.New(linnworkstest.WithoutQuotas())
	l.queue = new(exceptions.Memory).Shop("shop")
	l.truth = truth{items: forSale(), peak: map[stockKey]int{}, cancelledAt: map[string]int{}, permitAt: map[string]int{}, shipped: map[string]bool{}}
	if err := l.fill(); err != nil {
		return err
	}
	if err := l.connect(ctx); err != nil {
		return err
	}
	return l.assemble()
}

// fill stocks both sides alike.
func (l *lab) fill() error {
	second := l.linn.AddLocation("Second")
	l.truth.locations = []linnworks.GUID{linnworks.ZeroGUID, second}
	provider := l.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name
	l.carrier = l.linn.AddPostalService(provider, provider)
	products := map[string][]tiktokshoptest.SKU{}
	var order []string
	for _, it := range l.truth.items {
		in := linnworkstest.Item{SKU: it.sku}
		stock := map[string]int{}
		for i, location := range l.truth.locations {
			stock[warehouseIDs[i]] = 0
			if len(it.parts) == 0 {
				if in.Levels == nil {
					in.Levels = map[linnworks.GUID]int{}
				}
				in.Levels[location] = 5 + l.rand.IntN(20)
			}
		}
		for _, part := range l.truth.items {
			if n := it.parts[part.sku]; n > 0 {
				in.Components = append(in.Components, linnworkstest.Component{SKU: part.sku, Quantity: n})
			}
		}
		if _, err := l.linn.AddItem(in); err != nil {
			return err
		}
		if products[it.productID] == nil {
			order = append(order, it.productID)
		}
		products[it.productID] = append(products[it.productID], tiktokshoptest.SKU{ID: it.skuID, SellerSKU: it.sku, Price: "9.99", Stock: stock})
	}
	for i, id := range warehouseIDs {
		if err := l.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: id, Name: fmt.Sprintf("Warehouse %d", i)}); err != nil {
			return err
		}
	}
	for _, id := range order {
		if err := l.tiktok.AddProduct(tiktokshoptest.Product{ID: id, Title: "Product " + id, SKUs: products[id]}); err != nil {
			return err
		}
	}
	return nil
}

// connect makes the clients and adapters. The bridge's calls go through the
// network that fails; those of the people do not.
func (l *lab) connect(ctx context.Context) error {
	tiktok, err := l.tiktok.Client(
		tiktokshop.WithHTTPClient(&http.Client{Transport: &network{lab: l, next: l.tiktok.RoundTripper()}}),
		tiktokshop.WithLimiter(unlimited{}), tiktokshop.WithMaxAttempts(3), tiktokshop.WithJitter(l.rand.Float64))
	if err != nil {
		return err
	}
	linn, err := l.linn.Client(
		linnworks.WithHTTPClient(&http.Client{Transport: &network{lab: l, next: l.linn.RoundTripper()}}),
		linnworks.WithLimiter(unpaced{}), linnworks.WithMaxAttempts(3), linnworks.WithJitter(l.rand.Float64))
	if err != nil {
		return err
	}
	if l.elsewhere, err = l.linn.Client(linnworks.WithLimiter(unpaced{})); err != nil {
		return err
	}
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{
		Parcel:    tiktokadapter.Parcel{LengthCM: 20, WidthCM: 15, HeightCM: 10, WeightGrams: 500},
		Documents: &http.Client{Transport: &network{lab: l, next: l.tiktok.RoundTripper()}},
	})
	if err != nil {
		return err
	}
	rates := l.rates
	l.rates = Rates{} // a bridge that cannot start is nobody's subject
	book, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{Source: source, SubSource: subSource})
	l.rates = rates
	if err != nil {
		return err
	}
	l.ports = Ports{
		Orders: shop, OpenOrders: shop, ReferencesTo: shop, Listings: shop, Bundles: shop, Publisher: watchedPublisher{l, shop}, Shipper: watchedShipper{l, shop},
		Cancellations: shop, Desk: shop,
		Documents: shop,
		Catalogue: book, Levels: book, OrderBook: book, Tracer: book, Addresses: book, Canceller: book, Lines: book, Tracking: book,
		Reader: book, ToDispatch: book,
		Store: l.memory.Shop(subSource), Exceptions: l.queue,
	}
	return nil
}

// assemble puts the bridge together from the ports.
func (l *lab) assemble() (err error) {
	if l.config.Wrap != nil {
		l.config.Wrap(&l.ports)
	}
	p := l.ports
	permits := permitReads{l, p.Orders}
	locations, feeds := map[string]string{}, map[string][]string{}
	for i, id := range warehouseIDs {
		locations[id], feeds[id] = string(l.truth.locations[i]), []string{string(l.truth.locations[i])}
	}
	if l.importer, err = bridge.NewImporter(bridge.ImportPorts{
		OrderBook: p.OrderBook, Tracer: p.Tracer, Addresses: p.Addresses, Orders: p.Orders, Catalogue: p.Catalogue,
		Ledger: p.Store, Records: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
	}, bridge.ImportOptions{Locations: locations, DefaultLocation: string(linnworks.ZeroGUID)}); err != nil {
		return err
	}
	if l.stock, err = stock.NewPush(stock.Ports{
		Listings: p.Listings, Bundles: p.Bundles, Catalogue: p.Catalogue, Levels: p.Levels, Ledger: p.Store, Publisher: p.Publisher, Locks: p.Store, Exceptions: p.Exceptions,
	}, stock.Options{Locations: feeds}); err != nil {
		return err
	}
	if l.canceller, err = bridge.NewCanceller(bridge.CancelPorts{
		Orders: p.Orders, Desk: p.Desk, OrderBook: p.OrderBook, Warehouse: p.Canceller, Lines: p.Lines, Ledger: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
		Records: p.Store, Tracer: p.Tracer,
	}, bridge.CancelOptions{CutOff: stage.LabelPrinted}); err != nil {
		return err
	}
	if l.references, err = bridge.NewReferences(bridge.ReferencePorts{
		Records: p.Store, Shop: p.ReferencesTo, Exceptions: p.Exceptions,
	}, bridge.ReferenceOptions{}); err != nil {
		return err
	}
	if l.intake, err = bridge.NewIntake(bridge.IntakePorts{
		Orders: p.Orders, OpenOrders: p.OpenOrders, Requests: p.Cancellations, Handle: bridge.TakeOrders(l.importer, l.canceller, p.Cancellations),
		Cursors: p.Store, Hints: p.Store, Revisits: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
	}, bridge.IntakeOptions{}); err != nil {
		return err
	}
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: permits, Cancellations: p.Cancellations}, bridge.GateOptions{})
	if err != nil {
		return err
	}
	dispatcher, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: gate, Orders: p.Orders, Shipper: p.Shipper, OrderBook: p.OrderBook, Tracking: p.Tracking, Locks: p.Store, Exceptions: p.Exceptions,
		Reader: p.Reader, Catalogue: p.Catalogue, Documents: p.Documents, Labels: p.Store, Records: p.Store,
	}, bridge.DispatchOptions{})
	if err != nil {
		return err
	}
	if l.dispatch, err = bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: dispatcher, Source: p.ToDispatch, Reader: p.Reader, Cursors: p.Store, Revisits: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
	}, bridge.DispatchQueueOptions{}); err != nil {
		return err
	}
	l.deadlines, err = bridge.NewDeadlines(bridge.DeadlinePorts{
		OpenOrders: p.OpenOrders, Cancellations: p.Cancellations, Exceptions: p.Exceptions,
	}, bridge.DeadlineOptions{})
	return err
}

// unlimited and unpaced never wait: the lab is about order, not about speed.
type unlimited struct{}

func (unlimited) Wait(ctx context.Context, _ tiktokshop.LimitKey) error { return ctx.Err() }

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }
