package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/bridge/retention"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/shopstatus"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Shop is all that a [Sync] needs of the shop. tiktokadapter.Shop is one.
type Shop interface {
	OrderSource
	OpenOrderSource
	ReferenceWriter
	CancellationSource
	CancellationDesk
	SellerDesk
	Shipper
	LabelSource
	TrackingCorrector
	catalogue.ListingSource
	catalogue.BundleSource
	catalogue.PriceSource
	catalogue.PlaceSource
	delivery.Shop
	catalogue.BundleReader
	stock.Publisher
	stock.Permits
	stock.Clock
	stock.ShownReader
	stock.ProductStates
	shopstatus.Source
	returns.Shop
	rates.RefundSource
	returns.Changes
	returns.Cancellations
	returns.OrderSource
	claims.Parcels
	finance.StatementSource
	finance.PaymentSource
	finance.WithdrawalSource
	finance.EstimateSource
}

// Warehouse is all that a [Sync] needs of the warehouse. linnworksadapter.Warehouse
// is one.
type Warehouse interface {
	OrderBook
	OrderTracer
	AddressWriter
	OrderProcessor
	OrderCanceller
	LineReducer
	CancelledOrderSource
	KnownOrders
	TrackingWriter
	WarehouseReader
	PackagingReader
	DispatchSource
	catalogue.ItemSource
	catalogue.MappingSource
	catalogue.MeasureSource
	catalogue.PlaceSource
	delivery.Warehouse
	stock.Reader
	stock.Sweeper
	stock.Touches
	stock.ItemStates
	returns.Warehouse
	finance.SaleSource
	finance.RefundSource
	finance.RefundedSource
}

// Store is what a [Sync] remembers of one shop.
type Store interface {
	store.Shop
	exceptions.Queue
}

// Sync keeps one shop and one warehouse in step. [NewSync] makes one, [Sync.Run] keeps it
// going until its context ends:
//
//	sync, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
//	err = sync.Run(ctx)
//
// A program with a scheduler of its own calls [Sync.Step] instead, which does each thing
// once, or [Sync.RunFlow] for each. Webhooks go to [Sync.Hint], [Sync.Health] says how it
// goes, and what needs a person is a case in memory. A failure of either side ends
// nothing: it is logged, shown, and tried again. All methods are safe for concurrent use;
// several shops are several Syncs, which may share a memory.
//
// Each part is a field that can be called alone, and Log, Observe and Flows can be
// changed before the first run: another pace, a wrapped Run, a flow left out or added.
// A program that needs another part in the middle of another one, such as a gate of its
// own in the dispatcher, wires the parts itself.
type Sync struct {
	// Settings are those that it was made with. Changing them changes nothing.
	Settings Settings

	// The parts, wired to one another. The page of the package says what each does.
	Catalogue  *catalogue.Map
	Importer   *Importer
	Canceller  *Canceller
	Intake     *Intake
	References *References
	Revoker    *Revoker
	Gate       *Gate
	Dispatcher *Dispatcher
	Dispatch   *DispatchQueue
	Deadlines  *Deadlines
	ShopStatus *shopstatus.Watch
	Returns    *returns.Watch
	Mirror     *returns.Mirror // nil if Settings.Returns says so
	Claims     *claims.Watch   // told of lost parcels by Mirror, of paid ones by Finance
	Stalls     *claims.Stalls  // nil where people book returns by hand, as Claims and Mirror
	Finance    *finance.Watch  // nil unless Settings.Finance says so
	Stock      *stock.Engine
	Retention  *retention.Orders

	// Flows are what Run and Step run, in the order of Step. Every one needs a name of
	// its own and a Run.
	Flows []Flow
	// Log gets a line for every run of a flow: at the level Warn if it failed, at Debug
	// if not. The stack of a panic comes at the level Error. Nothing in it is about a
	// buyer. Nil: no log.
	Log *slog.Logger
	// Observe is called after every run of a flow, also one that ctx cut short: the flow
	// waits until it returns. If it panics, the run has failed, and the case
	// of it ([exceptions.RunFailing]) is about what watches the flow. Nil: nobody is told.
	Observe func(context.Context, FlowRun)

	shop      Shop
	warehouse Warehouse
	queue     exceptions.Queue
	hinted    chan struct{} // wakes the flow of orders
	zeroed    chan struct{} // wakes that of stock

	checks   health.Timings // of checkOnce
	checking chan struct{}  // has room for the one that does it

	looking sync.Mutex // one batch of the intake looks for strangers

	mu      sync.Mutex
	checked bool
	watches map[string]*flowWatch // by flow
	// failures are what was told of the flows that ran, and of what watches them.
	failures map[string]failing
	// named is when the SKUs of the settings were compared last.
	named time.Time
}

// Flow is one of the things that a [Sync] does again and again.
type Flow struct {
	Name string
	// Every is the time from the end of one run to the start of the next. [Sync.Step]
	// does not heed it.
	Every time.Duration
	// Run does it once. The result is for people and logs: it has a String method. A
	// panic in it, and runtime.Goexit, is an error of the flow, which is tried again like
	// any other. It runs in a goroutine of its own.
	Run func(context.Context) (result fmt.Stringer, err error)
}

// The names of the flows.
const (
	FlowOrders      = "orders"      // from the shop into the warehouse, and what buyers ask for
	FlowReferences  = "references"  // the warehouse's order ids into the shop
	FlowRevocations = "revocations" // cancelled in the warehouse first
	FlowDispatch    = "dispatch"    // tracking, labels and confirmations
	FlowDeadlines   = "deadlines"   // the shop's own clocks
	FlowShopStatus  = "shop status" // what stops the whole shop
	FlowReturns     = "returns"     // what buyers want back
	FlowStock       = "stock"       // free stock into the shop
	FlowRetention   = "retention"   // orders that ended long ago forgotten, every hour
	FlowNames       = "names"       // SKUs in the settings that are not there, every hour
)

// FlowRun is one run of a flow.
type FlowRun struct {
	Shop, Flow string
	Start      time.Time
	Took       time.Duration
	// Result is what the run did; it may be there beside an error.
	Result fmt.Stringer
	Err    error
}

// MarshalJSON returns the run for programs.
func (r FlowRun) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// NewSync wires every part for one shop, or returns an error that names everything
// that is wrong with the settings. It makes no call: what only the other side can
// know is compared before the first run, see [Sync.Check].
//
// memory is bound to the shop that the settings name: [Memory.Shop], or the same of
// a database.
func NewSync(shop Shop, warehouse Warehouse, memory Store, settings Settings) (*Sync, error) {
	if shop == nil || warehouse == nil || memory == nil {
		return nil, errors.New("bridge: NewSync: shop, warehouse and memory are all required")
	}
	if err := settings.check(); err != nil {
		return nil, fmt.Errorf("bridge: NewSync: %w", err)
	}
	settings = settings.clone()
	settings.FirstLook = cmp.Or(settings.FirstLook, Duration(48*time.Hour))
	s := &Sync{Settings: settings, shop: shop, warehouse: warehouse, queue: memory, hinted: make(chan struct{}, 1), zeroed: make(chan struct{}, 1),
		checking: make(chan struct{}, 1), watches: map[string]*flowWatch{}, failures: map[string]failing{}}
	if err := s.wire(shop, warehouse, memory); err != nil {
		return nil, err
	}
	every := settings.Every.orDefault()
	s.Flows = []Flow{
		{FlowOrders, time.Duration(every.Orders), func(ctx context.Context) (fmt.Stringer, error) { return s.Intake.Run(ctx) }},
		{FlowReferences, time.Duration(every.Orders), func(ctx context.Context) (fmt.Stringer, error) { return s.References.Write(ctx) }},
		{FlowRevocations, time.Duration(every.Dispatch), func(ctx context.Context) (fmt.Stringer, error) { return s.Revoker.Run(ctx) }},
		{FlowDispatch, time.Duration(every.Dispatch), func(ctx context.Context) (fmt.Stringer, error) { return s.Dispatch.Run(ctx) }},
		{FlowDeadlines, time.Duration(every.Deadlines), func(ctx context.Context) (fmt.Stringer, error) { return s.Deadlines.Check(ctx) }},
		{FlowShopStatus, time.Duration(every.Deadlines), func(ctx context.Context) (fmt.Stringer, error) { return s.ShopStatus.Check(ctx) }},
		{FlowReturns, time.Duration(every.Deadlines), s.runReturns},
		{FlowStock, time.Duration(every.Stock), func(ctx context.Context) (fmt.Stringer, error) { return s.Stock.Push(ctx) }},
		{FlowRetention, time.Hour, func(ctx context.Context) (fmt.Stringer, error) { return s.Retention.Forget(ctx) }},
		{FlowNames, namesEvery, s.checkNames},
	}
	if s.Finance != nil {
		s.Flows = append(s.Flows, Flow{flowFinance, 24 * time.Hour, func(ctx context.Context) (fmt.Stringer, error) { return s.Finance.Run(ctx) }})
	}
	return s, nil
}

// importsAtOnce is how many batches of orders are imported at once: while the warehouse
// creates the orders of one, the next is read, and the one before written down. Together
// they are as many orders as an import may have, so that none waits longer for its creation
// after it was read.
const importsAtOnce = 2

// wire makes the parts.
func (s *Sync) wire(shop Shop, warehouse Warehouse, m Store) (err error) {
	set := s.Settings.lowered()
	var levels stock.Reader = warehouse
	if set.FirstLocation {
		levels = nil
	}
	buffer, err := set.buffer()
	if err != nil {
		return err
	}
	table, err := set.Table()
	if err != nil {
		return err
	}
	measures, err := set.measures()
	if err != nil {
		return err
	}
	reasons, err := set.faults()
	if err != nil {
		return err
	}
	zone, err := set.zone()
	if err != nil {
		return err
	}
	kinds, err := set.kinds()
	if err != nil {
		return err
	}
	calendar, err := set.collections()
	if err != nil {
		return err
	}
	for _, part := range []func() error{
		func() error {
			s.Catalogue, err = catalogue.NewMap(
				catalogue.MapPorts{Items: warehouse, Mappings: warehouse, Exceptions: m}, catalogue.MapOptions{Table: set.SKUs})
			return err
		},
		func() error {
			s.Importer, err = NewImporter(ImportPorts{
				OrderBook: warehouse, Tracer: warehouse, Addresses: warehouse, Orders: shop, Catalogue: s.Catalogue, Prices: shop, Processor: warehouse, Levels: levels, Places: warehouse,
				Ledger: m, Records: m, Locks: m, Exceptions: m,
			}, ImportOptions{
				Locations: set.Locations, DefaultLocation: set.DefaultLocation, ParkUnpaid: set.ParkUnpaid, FindFirst: set.FindFirst, Table: table, Kinds: kinds, PlatformLocation: set.PlatformLocation,
			})
			return err
		},
		func() error {
			s.Canceller, err = NewCanceller(CancelPorts{
				Orders: shop, Desk: shop, OrderBook: warehouse, Warehouse: warehouse, Lines: warehouse, Tracer: warehouse,
				Records: m, Ledger: m, Locks: m, Exceptions: m,
			}, CancelOptions{CutOff: set.CutOff, LateAnswer: set.LateRequests, DueAnswer: set.DueRequests, RejectReasons: set.RejectReasons, Kinds: kinds})
			return err
		},
		func() error {
			take := TakeOrders(s.Importer, s.Canceller, shop)
			s.Importer.strangers.await(!set.FindFirst)
			s.Intake, err = NewIntake(IntakePorts{
				Orders: shop, OpenOrders: shop, Requests: shop,
				Handle: func(ctx context.Context, orders []Order) (OrderResults, error) {
					s.lookForStrangers(ctx)
					results, err := take(ctx, orders)
					_ = s.Deadlines.Count(ctx, orders...) // its next check tries again, and says so
					return results, err
				},
				Reserve: s.Importer.Reserve, Ledger: m, Cursors: m, Hints: m, Revisits: m, Locks: m, Exceptions: m,
			}, IntakeOptions{BatchSize: maxImportBatch / importsAtOnce, AtOnce: importsAtOnce, FirstWindow: time.Duration(set.FirstLook), RequestsEvery: time.Duration(set.Every.orDefault().Orders) / 2})
			return err
		},
		func() error {
			s.References, err = NewReferences(ReferencePorts{Records: m, Shop: shop, Exceptions: m}, ReferenceOptions{})
			return err
		},
		func() error {
			s.Revoker, err = NewRevoker(RevokePorts{
				Orders: shop, Desk: shop, OrderBook: warehouse, Ledger: m, Locks: m, Exceptions: m, Source: warehouse, Cursors: m, Revisits: m, Zeroes: zeroes{s},
			}, RevokeOptions{Reasons: set.CancelReasons, ZeroStock: set.ZeroStock, Short: set.ShortOrders, CutOff: set.CutOff, FirstWindow: time.Duration(set.FirstLook)})
			return err
		},
		func() error {
			s.Gate, err = NewGate(GatePorts{Orders: shop, Cancellations: shop, Known: warehouse, Exceptions: m, Records: m}, GateOptions{AtDeadline: set.AtDeadline})
			return err
		},
		func() error {
			s.Dispatcher, err = NewDispatcher(DispatchPorts{
				Gate: s.Gate, Orders: shop, Shipper: shop, OrderBook: warehouse, Reader: warehouse, Packaging: warehouse, Catalogue: s.Catalogue, Measures: warehouse,
				Tracking: warehouse, Documents: shop, Labels: m, Corrector: shop, Records: m, Locks: m, Exceptions: m,
			}, DispatchOptions{Carriers: set.Carriers, Table: table})
			return err
		},
		func() error {
			s.Dispatch, err = NewDispatchQueue(DispatchQueuePorts{
				Dispatcher: s.Dispatcher, Source: warehouse, Reader: warehouse, Cursors: m, Revisits: m, Locks: m, Exceptions: m, Foreign: s.lookForTwins,
			}, DispatchQueueOptions{FirstWindow: time.Duration(set.FirstLook)})
			return err
		},
		func() error {
			over, err := rates.New(rates.Ports{Records: m, Values: m, Locks: m}, rates.Options{
				Keep: measures.LongestWindow() + 24*time.Hour, Forgets: cmp.Or(time.Duration(set.ForgetAfter), retention.DefaultAfter),
			})
			if err != nil {
				return err
			}
			faults, err := rates.NewFaults(shop, over, rates.FaultOptions{Reasons: reasons})
			if err != nil {
				return err
			}
			s.Deadlines, err = NewDeadlines(DeadlinePorts{OpenOrders: shop, Cancellations: shop, Exceptions: m, Over: over, Faults: faults, Returns: shop}, DeadlineOptions{
				Measures: measures, Kinds: kinds, Market: set.Market, Collections: calendar,
			})
			return err
		},
		func() error {
			s.ShopStatus, err = shopstatus.NewWatch(shopstatus.Ports{Shop: shop, Exceptions: m}, shopstatus.Options{
				OrdersPerDay: set.OrdersPerDay, Zone: zone, Selling: set.SellingStatuses,
			})
			return err
		},
		func() error {
			s.Returns, err = returns.NewWatch(returns.Ports{Shop: shop, Exceptions: m, Orders: shop}, returns.Options{Kinds: kinds})
			return err
		},
		func() error {
			if set.Returns.ByHand {
				return nil
			}
			if s.Claims, err = claims.NewWatch(m, claims.Options{Market: set.Market}); err != nil {
				return err
			}
			after := time.Duration(set.Returns.StalledDays) * 24 * time.Hour
			if s.Stalls, err = claims.NewStalls(shop, m, claims.StallOptions{Market: set.Market, After: after}); err != nil {
				return err
			}
			s.Mirror, err = returns.NewMirror(returns.MirrorPorts{
				Shop: shop, Changes: shop, Cancellations: shop, Claims: s.Claims, Warehouse: warehouse, Orders: shop, Decide: s.Returns.Decide, Records: m, Values: m, Locks: m, Exceptions: m,
			}, returns.MirrorOptions{Rules: set.Returns, FirstLook: time.Duration(set.FirstLook), ClaimBy: claimBy(set.Market)})
			return err
		},
		func() error {
			s.Finance, err = watchFinance(shop, warehouse, m, s.Claims, set)
			return err
		},
		func() error {
			s.Stock, err = stock.NewEngine(stock.Ports{
				Listings: shop, Bundles: shop, Catalogue: s.Catalogue, Levels: warehouse, Sweep: warehouse, Touches: warehouse, Places: warehouse, States: warehouse,
				Publisher: shop, Permits: shop, Clock: shop, Shown: shop, Components: shop, ProductStates: shop, Stops: s.ShopStatus,
				SeeOrders: s.seeOrders, Hint: s.Hint, Ledger: m, Values: m, Zeroed: m, Locks: m, Exceptions: m,
			}, stock.Options{
				Shop: set.Shop, Locations: set.Locations, PlatformLocation: set.PlatformLocation, Buffer: buffer.Buffer(), Preview: buffer.Preview, KeepItems: set.KeepItems, LeaveAlone: set.leftAlone, Max: set.MaxStock, ZeroAfter: time.Duration(set.ZeroAfter),
				Pace: stock.Pace{Hot: buffer.Live},
			})
			return err
		},
		func() error {
			s.Retention, err = retention.New(retention.Ports{
				Records: m, Ledger: m, Revisits: m, Requested: s.requested, Exceptions: m,
			}, retention.Options{After: time.Duration(set.ForgetAfter)})
			return err
		},
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// Check compares the settings with what both sides have: warehouses of the shop, stock
// locations, and the names in Services and Carriers. The error names everything that a
// side does not have, what was perhaps meant, and what there is. Run and Step do it
// before anything else, until it succeeds once.
//
// Reasons are not compared: the shop offers them for a single order or request only.
// The names are not where the shop's carriers depend on the order (Germany, France,
// Italy, Spain and Ireland); Log says so.
func (s *Sync) Check(ctx context.Context) error {
	var warehouses, locations []string
	for id, list := range s.Settings.Locations {
		warehouses, locations = append(warehouses, id), append(locations, list...)
	}
	for _, at := range []string{s.Settings.PlatformLocation, s.Settings.Returns.Location} {
		if at != "" {
			locations = append(locations, at)
		}
	}
	unchecked, err := delivery.Check(ctx, s.shop, s.warehouse, delivery.Names{
		Services: s.Settings.Services, Carriers: s.Settings.Carriers,
		Models: shippingModels(),
	})
	if err := errors.Join(
		catalogue.CheckPlaces(ctx, s.shop, "warehouse of the shop", warehouses...),
		catalogue.CheckPlaces(ctx, s.warehouse, "stock location", append(locations, s.Settings.DefaultLocation)...),
		err,
	); err != nil {
		return fmt.Errorf("bridge: sync of %s: settings: %w", s.Settings.Shop, err)
	}
	for _, what := range unchecked {
		_ = s.log(ctx, slog.LevelInfo, "a part of the settings could not be compared with the other side", "what", what)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checked = true
	return nil
}

// checkOnce does it until it succeeds once. That it fails is told like that of a flow.
func (s *Sync) checkOnce(ctx context.Context) error {
	select {
	case s.checking <- struct{}{}:
		defer func() { <-s.checking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	checked := s.checked
	s.mu.Unlock()
	if checked {
		return nil
	}
	const what = "comparing the settings with both sides"
	start := time.Now()
	err := s.guarded(ctx, "", what, func() error { return s.Check(ctx) })
	err = errors.Join(err, s.tell(ctx, "", what, start, err))
	s.checks.Done(start, time.Now(), err)
	return err
}

// Hint says that something may have happened to an order, as a webhook does: it is
// stored, and the running Sync looks at once. Answer the webhook with success only if
// Hint did.
func (s *Sync) Hint(ctx context.Context, orderID string) error {
	if err := s.Intake.Hint(ctx, orderID); err != nil {
		return err
	}
	select {
	case s.hinted <- struct{}{}:
	default: // it is awake
	}
	return nil
}

// lookForTwins has orders looked at that others have put into the warehouse too.
func (s *Sync) lookForTwins(ctx context.Context, foreign []WarehouseOrder) error {
	ids, err := s.Importer.NoteForeign(ctx, foreign...)
	for _, id := range ids {
		err = errors.Join(err, s.Hint(ctx, id))
	}
	return err
}

// lookForStrangers has it read, once, what others have put into the warehouse, perhaps while
// no bridge ran. As long as that fails each new order is looked for, which is slower and
// holds up none.
func (s *Sync) lookForStrangers(ctx context.Context) {
	s.looking.Lock() // the next batch waits, rather than ask the same
	defer s.looking.Unlock()
	if s.Dispatch == nil || !s.Importer.strangers.isAwaited() {
		return
	}
	foreign, err := s.Dispatch.foreign(ctx)
	if err == nil {
		err = s.lookForTwins(ctx, foreign)
	}
	if err != nil {
		_ = s.warn(ctx, "what others have put into the warehouse could not be read; each new order is looked for there", "err", err)
	}
}

// requested returns the orders that a buyer asks to cancel.
func (s *Sync) requested(ctx context.Context) (ids []string, err error) {
	pending, err := s.shop.PendingCancellations(ctx, nil)
	for _, c := range pending {
		ids = append(ids, c.OrderID)
	}
	return ids, err
}

// zeroes tells the stock of what the shop sets to zero, and wakes its flow: it is sold
// again as soon as the right number is published.
type zeroes struct{ *Sync }

// ExpectZero implements [stock.ZeroExpecter].
func (z zeroes) ExpectZero(skuIDs ...string) {
	z.Stock.Book().ExpectZero(skuIDs...)
	select {
	case z.zeroed <- struct{}{}:
	default: // it is about to run
	}
}

// seeOrders takes in every order that the shop has by now: what is not reserved would
// be sold twice.
func (s *Sync) seeOrders(ctx context.Context) error {
	taken, err := s.Intake.Run(ctx)
	switch {
	case taken.Complete(): // an order that failed is the other flow's to tell of: its units are reserved
		return nil
	case taken.Unseen > 0:
		return fmt.Errorf("%s not counted yet: %w", part.Count(taken.Unseen, "order"), cmp.Or(err, errors.New("they wait for another try")))
	}
	return err
}
