package bridgetest

import (
	"context"
	"errors"
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
	// shelfRand draws what happens to stock alone, so that the rest of a day stays the same.
	shelfRand *rand.Rand
	kept      int  // units of every SKU
	limited   bool // calls, as both clients limit them by default and Linnworks enforces it
	start     time.Time
	liveAt    time.Time // when a LIVE begins; zero without one, or after it
	liveRand  *rand.Rand
	rates     Rates
	// quiet reports whether the day is over: nobody changes their mind any more.
	quiet bool

	linn      *linnworkstest.Fake
	elsewhere *linnworks.Client // the people's and another channel's, which never fails
	items     []item
	locations []linnworks.GUID
	shops     []*shop
	passing   *shop // the shop whose pass is under way
	// absent is the SKU of the item that Linnworks does not know; empty once it does.
	absent string
	// made are the orders in Linnworks that people have made, merged or split, with
	// the shops' orders in them; byHand is how they left those that they made.
	made   map[linnworks.GUID][]ref
	byHand map[linnworks.GUID]string
	// lockedAt is when people locked an order in Linnworks.
	lockedAt map[linnworks.GUID]time.Time
	// mix are the weights of the trades, revokes whether the client lets the bridge
	// cancel in the shop.
	mix     []float64
	revokes bool
	// step counts what people did.
	step int

	events     []event
	stormUntil time.Time
	kill       func() // ends the bridge's process
	// account and cases are the store: nothing else outlives the bridge's process.
	account    store.Store
	cases      exceptions.Store
	report     Report
	violations []error
	lastErr    error
}

// shop is one of the shops that sell from the warehouse, the bridge that serves it,
// and what the lab knows of both.
type shop struct {
	*lab
	// name is its sub-source in Linnworks too.
	name, market string
	tiktok       *tiktokshoptest.Fake
	queue        exceptions.Queue
	truth        truth
	// skew is by how much the shop's clock is ahead of ours.
	skew time.Duration
	// office and desk are what the shop's people work with. They never fail.
	office *tiktokshop.Client
	desk   *tiktokadapter.Shop
	// carrier sends what the seller ships.
	carrier linnworks.GUID

	// What dies with the process.
	limits     tiktokshop.Limiter
	linnLimits linnworks.Limiter
	ports      Ports
	intake     *bridge.Intake
	references *bridge.References
	revoker    *bridge.Revoker
	importer   *bridge.Importer
	stock      *stock.Engine
	canceller  *bridge.Canceller
	dispatch   *bridge.DispatchQueue
	deadlines  *bridge.Deadlines
	nextCheck  time.Time // of the deadlines
	shopRead   bool      // by the engine, without a pass

	deadUntil time.Time // the intake
	bench     *bench    // nil on days on which nobody prints through the bridge
}

// item is something for sale.
type item struct {
	sku, skuID, productID string
	parts                 map[string]int // of a kit; empty for a single item
}

const source = "TIKTOKBRIDGE"

// warehouseIDs are each shop's warehouses and the locations that feed them.
var warehouseIDs = []string{"7068517275539719942", "7068517275539719943"}

// forSale is what the shops sell: five single items, kits that share them, and last an
// item that Linnworks does not know yet.
func forSale() []item {
	var list []item
	for i := range 5 {
		list = append(list, item{sku: fmt.Sprintf("ITEM-%d", i), skuID: fmt.Sprintf("17295929697122071%02d", i), productID: fmt.Sprintf("17295929697122070%02d", i/2)})
	}
	for i, parts := range []map[string]int{{"ITEM-0": 1, "ITEM-1": 2}, {"ITEM-1": 1, "ITEM-2": 1, "ITEM-3": 1}} {
		list = append(list, item{sku: fmt.Sprintf("KIT-%d", i), skuID: fmt.Sprintf("17295929697122072%02d", i), productID: fmt.Sprintf("17295929697122080%02d", i), parts: parts})
	}
	return append(list, item{sku: "LATER", skuID: "1729592969712207300", productID: "1729592969712208100"})
}

// later is the item that Linnworks does not know in the morning.
func (l *lab) later() item { return l.items[len(l.items)-1] }

// build opens the warehouse and one shop or, on one day of three, two, whose
// products have the same ids.
func (l *lab) build(ctx context.Context) (err error) {
	var quotas []linnworkstest.Option
	if l.limited = rand.New(rand.NewPCG(l.config.Seed, 0x11f7)).IntN(2) == 0; l.limited {
		l.report.Limited = 1
	} else {
		quotas = append(quotas, linnworkstest.WithoutQuotas())
	}
	l.linn = linnworkstest.New(quotas...)
	if l.elsewhere, err = l.linn.Client(linnworks.WithLimiter(unpaced{})); err != nil {
		return err
	}
	l.made, l.byHand, l.revokes = map[linnworks.GUID][]ref{}, map[linnworks.GUID]string{}, l.rand.IntN(2) == 0
	l.lockedAt = map[linnworks.GUID]time.Time{}
	for range trades {
		l.mix = append(l.mix, max(0, 1.5*l.rand.Float64()-0.5))
	}
	if l.config.mix != nil {
		l.mix = l.config.mix
	}
	l.items, l.locations = forSale(), []linnworks.GUID{linnworks.ZeroGUID, l.linn.AddLocation("Second")}
	if l.shelfRand.IntN(4) == 0 {
		l.kept, l.report.KeptBack = 2, 1
	}
	names := []string{"north", "south"}
	if l.rand.IntN(3) > 0 {
		names = names[:1]
	} else {
		l.report.TwoShops = 1
	}
	l.absent = l.later().sku
	skew := l.drawSkew()
	if err := l.stockUp(); err != nil {
		return err
	}
	for i, name := range names {
		s := &shop{lab: l, name: name, market: []string{"GB", "US"}[l.rand.IntN(2)], truth: newTruth(), skew: skew}
		s.tiktok = tiktokshoptest.New(tiktokshoptest.WithMarket(s.market), tiktokshoptest.WithSeed(l.config.Seed), tiktokshoptest.WithIDsAfter(int64(i)*10_000_000),
			tiktokshoptest.WithClock(s.now),
			tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(http.HandlerFunc(s.webhook))))
		s.tiktok.SetWebhooks("https://bridge.example/webhooks")
		if err := errors.Join(s.list(), s.hire()); err != nil {
			return err
		}
		provider := s.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name
		s.carrier = l.linn.AddPostalService(provider, provider)
		l.shops = append(l.shops, s)
	}
	return l.boot(ctx)
}

// drawSkew draws, for one day of four, by how much TikTok's clock is ahead of ours. More than
// thirty seconds behind it accepts no call that is stamped by ours.
func (l *lab) drawSkew() time.Duration {
	r := rand.New(rand.NewPCG(l.config.Seed, 0xc10c))
	if r.IntN(4) > 0 {
		return 0
	}
	l.report.Skewed = 1
	if r.IntN(4) == 0 {
		return -time.Duration(1+r.IntN(120)) * time.Second
	}
	return time.Duration(1+r.IntN(280)) * time.Second
}

// now is the shop's clock, ours what it was by our clock at a moment of the shop's.
func (s *shop) now() time.Time              { return time.Now().Add(s.skew) }
func (s *shop) ours(at time.Time) time.Time { return at.Add(-s.skew) }

// findFirst reports whether the day has orders that others make before the bridge does.
func (l *lab) findFirst() bool { return l.mix[4]+l.mix[6] > 0 }

// hire gives the shop's people something to work with.
func (s *shop) hire() (err error) {
	if s.office, err = s.tiktok.Client(tiktokshop.WithLimiter(unlimited{})); err != nil {
		return err
	}
	s.desk, err = tiktokadapter.New(s.office, tiktokadapter.Options{})
	return err
}

// boot begins a process of the bridge on what the store keeps.
func (l *lab) boot(ctx context.Context) (err error) {
	if l.account, l.cases, err = l.config.Open(ctx); err != nil {
		return err
	}
	fast, slow := tiktokshop.Limiter(unlimited{}), linnworks.Limiter(unpaced{})
	if l.limited { // the shops share those of Linnworks
		fast, slow = tiktokshop.DefaultLimiter(), linnworks.DefaultLimiter()
	}
	for _, s := range l.shops {
		s.queue = l.cases.Shop(s.name)
		s.limits, s.linnLimits = fast, slow
		if err := s.connect(ctx); err != nil {
			return err
		}
		if err := s.assemble(); err != nil {
			return err
		}
	}
	return nil
}

// stockUp fills the shelves.
func (l *lab) stockUp() error {
	for _, it := range l.items {
		if it.sku == l.absent {
			continue
		}
		in := linnworkstest.Item{SKU: it.sku}
		if len(it.parts) == 0 {
			in.Levels = map[linnworks.GUID]int{}
			for _, location := range l.locations {
				in.Levels[location] = 5 + l.rand.IntN(20)
				if !l.liveAt.IsZero() {
					in.Levels[location] += 25
				}
			}
		}
		for _, part := range l.items {
			if n := it.parts[part.sku]; n > 0 {
				in.Components = append(in.Components, linnworkstest.Component{SKU: part.sku, Quantity: n})
			}
		}
		if _, err := l.linn.AddItem(in); err != nil {
			return err
		}
	}
	return nil
}

// list offers everything in the shop, with nothing in stock yet.
func (s *shop) list() error {
	for i, id := range warehouseIDs {
		if err := s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: id, Name: fmt.Sprintf("Warehouse %d", i)}); err != nil {
			return err
		}
	}
	products := map[string][]tiktokshoptest.SKU{}
	var order []string
	for _, it := range s.items {
		if products[it.productID] == nil {
			order = append(order, it.productID)
		}
		products[it.productID] = append(products[it.productID], tiktokshoptest.SKU{ID: it.skuID, SellerSKU: it.sku, Price: "9.99",
			Stock: map[string]int{warehouseIDs[0]: 0, warehouseIDs[1]: 0}})
		if it.sku == s.absent { // the shop's people have put it on sale
			products[it.productID][0].Stock = map[string]int{warehouseIDs[0]: 5, warehouseIDs[1]: 5}
		}
	}
	for _, id := range order {
		if err := s.tiktok.AddProduct(tiktokshoptest.Product{ID: id, Title: "Product " + id, SKUs: products[id]}); err != nil {
			return err
		}
	}
	return nil
}

// connect makes the clients and adapters. The bridge's calls go through the
// network that fails; those of the people do not.
func (s *shop) connect(ctx context.Context) error {
	tiktok, err := s.tiktok.Client(
		tiktokshop.WithHTTPClient(&http.Client{Transport: &network{shop: s, next: s.tiktok.RoundTripper()}}),
		tiktokshop.WithLimiter(s.limits), tiktokshop.WithMaxAttempts(3), tiktokshop.WithJitter(s.rand.Float64))
	if err != nil {
		return err
	}
	linn, err := s.linn.Client(
		linnworks.WithHTTPClient(&http.Client{Transport: &network{shop: s, next: s.linn.RoundTripper()}}),
		linnworks.WithLimiter(s.linnLimits), linnworks.WithMaxAttempts(3), linnworks.WithJitter(s.rand.Float64))
	if err != nil {
		return err
	}
	front, err := tiktokadapter.New(tiktok, tiktokadapter.Options{
		Parcel:    tiktokadapter.Parcel{LengthCM: 20, WidthCM: 15, HeightCM: 10, WeightGrams: 500},
		Documents: &http.Client{Transport: &network{shop: s, next: s.tiktok.RoundTripper()}},
	})
	if err != nil {
		return err
	}
	rates := s.rates
	s.rates = Rates{} // a bridge that cannot start is nobody's subject
	book, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{Source: source, SubSource: s.name})
	s.rates = rates
	if err != nil {
		return err
	}
	s.ports = Ports{
		Orders: front, OpenOrders: front, ReferencesTo: front, Listings: front, Bundles: front, Publisher: watchedPublisher{s, front}, Clock: front, Shown: front, States: front, Shipper: watchedShipper{s, front},
		Cancellations: front, Desk: front, SellerDesk: front,
		Documents: front,
		Catalogue: book, Levels: book, Touches: watchedTouches{s, book}, OrderBook: book, Tracer: book, Addresses: book, Canceller: book, Lines: book, Tracking: book,
		Reader: book, ToDispatch: book, Processor: book, Revocations: book,
		Store: s.account.Shop(s.name), Exceptions: s.queue,
	}
	if !prints(s.config.Seed) {
		return nil
	}
	s.ports.Finder = book
	s.ports.View, err = book.PrintView(ctx, linnworksadapter.PrintViewOptions{Folder: viewFolder})
	return err
}

// assemble puts the bridge together from the ports.
func (s *shop) assemble() (err error) {
	if s.config.Wrap != nil {
		s.config.Wrap(&s.ports)
	}
	p := s.ports
	permits := permitReads{s, p.Orders}
	feeds := map[string][]string{}
	for i, id := range warehouseIDs {
		feeds[id] = []string{string(s.locations[i])}
	}
	if s.importer, err = bridge.NewImporter(bridge.ImportPorts{
		OrderBook: p.OrderBook, Tracer: p.Tracer, Addresses: p.Addresses, Orders: p.Orders, Catalogue: p.Catalogue, Processor: p.Processor,
		Ledger: p.Store, Records: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
	}, bridge.ImportOptions{Locations: feeds, DefaultLocation: string(linnworks.ZeroGUID), FindFirst: s.findFirst()}); err != nil {
		return err
	}
	if s.stock, err = stock.NewEngine(stock.Ports{
		Listings: p.Listings, Bundles: p.Bundles, Catalogue: p.Catalogue, Levels: p.Levels, Touches: p.Touches, SeeOrders: s.seeOrders, Hint: s.hint, Ledger: p.Store, Values: p.Store, Publisher: p.Publisher, Clock: p.Clock,
		Shown: p.Shown, ProductStates: p.States, Locks: p.Store, Exceptions: p.Exceptions,
	}, stock.Options{Locations: feeds, Buffer: stock.Fixed(s.kept)}); err != nil {
		return err
	}
	if s.canceller, err = bridge.NewCanceller(bridge.CancelPorts{
		Orders: p.Orders, Desk: p.Desk, OrderBook: p.OrderBook, Warehouse: p.Canceller, Lines: p.Lines, Ledger: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
		Records: p.Store, Tracer: p.Tracer,
	}, bridge.CancelOptions{CutOff: stage.LabelPrinted}); err != nil {
		return err
	}
	if s.references, err = bridge.NewReferences(bridge.ReferencePorts{
		Records: p.Store, Shop: p.ReferencesTo, Exceptions: p.Exceptions,
	}, bridge.ReferenceOptions{}); err != nil {
		return err
	}
	var reasons []string
	if s.revokes {
		reasons = []string{"seller_cancel_reason_wrong_price"}
	}
	if s.revoker, err = bridge.NewRevoker(bridge.RevokePorts{
		Orders: p.Orders, Desk: p.SellerDesk, OrderBook: p.OrderBook, Ledger: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
		Source: p.Revocations, Cursors: p.Store, Revisits: p.Store,
	}, bridge.RevokeOptions{Reasons: reasons}); err != nil {
		return err
	}
	if s.intake, err = bridge.NewIntake(bridge.IntakePorts{
		Orders: p.Orders, OpenOrders: p.OpenOrders, Requests: p.Cancellations, Handle: bridge.TakeOrders(s.importer, s.canceller, p.Cancellations),
		Ledger: p.Store, Cursors: p.Store, Hints: p.Store, Revisits: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
	}, bridge.IntakeOptions{}); err != nil {
		return err
	}
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: permits, Cancellations: p.Cancellations, Records: p.Store}, bridge.GateOptions{})
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
	if s.dispatch, err = bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: dispatcher, Source: p.ToDispatch, Reader: p.Reader, Cursors: p.Store, Revisits: p.Store, Locks: p.Store, Exceptions: p.Exceptions,
	}, bridge.DispatchQueueOptions{}); err != nil {
		return err
	}
	if p.View != nil {
		if err := s.openBench(gate, permits); err != nil {
			return err
		}
	}
	s.nextCheck, s.shopRead = time.Time{}, false
	s.deadlines, err = bridge.NewDeadlines(bridge.DeadlinePorts{
		OpenOrders: p.OpenOrders, Cancellations: p.Cancellations, Exceptions: p.Exceptions,
	}, bridge.DeadlineOptions{})
	return err
}

// unlimited and unpaced never wait.
type unlimited struct{}

func (unlimited) Wait(ctx context.Context, _ tiktokshop.LimitKey) error { return ctx.Err() }

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }
