package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
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
	stock.Publisher
	shopstatus.Source
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
	catalogue.PlaceSource
	stock.Reader
	stock.ItemStates
}

// CancelledOrderSource lists what was cancelled in the warehouse.
type CancelledOrderSource interface {
	// OrdersCancelled returns the orders of the shop that were cancelled in the
	// warehouse since a moment.
	OrdersCancelled(ctx context.Context, since time.Time) ([]WarehouseOrder, error)
}

// Store is what a [Sync] remembers of one shop.
type Store interface {
	store.Shop
	exceptions.Queue
}

// Sync keeps one shop and one warehouse in step: every part of this package, wired.
//
// [Sync.Run] keeps everything going; [Sync.Step] does each thing once, for a program
// with a scheduler of its own. Every part is a field that can be called alone, and
// Flows can be changed before the first run: another pace, a wrapped Run, a flow
// left out or added. A program that needs another part in the middle of another
// one, such as a gate of its own in the dispatcher, wires the parts itself.
type Sync struct {
	Settings Settings

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
	Stock      *stock.Push

	// Flows are what Run and Step run, in the order of Step.
	Flows []Flow
	// Log gets a line for every flow that failed, at the level Warn, and one for each
	// run at the level Debug. Nil: none.
	Log *slog.Logger
	// Observe is called after every run of a flow that ctx did not cut short, by the
	// goroutine that ran it: the flow waits until it returns. Nil: nobody is told.
	Observe func(context.Context, FlowRun)

	shop      Shop
	warehouse Warehouse
	queue     exceptions.Queue
	hinted    chan struct{} // wakes the flow of orders

	mu      sync.Mutex
	checked bool
	timings map[string]*health.Timings
	// failures are what was told of the flows that ran.
	failures map[string]failing
}

// Flow is one of the things that a [Sync] does again and again.
type Flow struct {
	Name string
	// Every is the time from the end of one run to the start of the next.
	Every time.Duration
	// Run does it once. A panic in it ends the program. The result is for people and logs: it has a String method.
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
	FlowStock       = "stock"       // free stock into the shop
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
	settings.FirstLook = cmp.Or(settings.FirstLook, Duration(48*time.Hour))
	s := &Sync{Settings: settings, shop: shop, warehouse: warehouse, queue: memory, hinted: make(chan struct{}, 1),
		timings: map[string]*health.Timings{}, failures: map[string]failing{}}
	if err := s.wire(shop, warehouse, memory); err != nil {
		return nil, err
	}
	every := settings.Every.orDefault()
	s.Flows = []Flow{
		{FlowOrders, time.Duration(every.Orders), func(ctx context.Context) (fmt.Stringer, error) { return s.Intake.Run(ctx) }},
		{FlowReferences, time.Duration(every.Orders), func(ctx context.Context) (fmt.Stringer, error) { return s.References.Write(ctx) }},
		{FlowRevocations, time.Duration(every.Dispatch), s.revoke},
		{FlowDispatch, time.Duration(every.Dispatch), func(ctx context.Context) (fmt.Stringer, error) { return s.Dispatch.Run(ctx) }},
		{FlowDeadlines, time.Duration(every.Deadlines), func(ctx context.Context) (fmt.Stringer, error) { return s.Deadlines.Check(ctx) }},
		{FlowShopStatus, time.Duration(every.Deadlines), func(ctx context.Context) (fmt.Stringer, error) { return s.ShopStatus.Check(ctx) }},
		{FlowStock, time.Duration(every.Stock), s.push},
	}
	return s, nil
}

// wire makes the parts.
func (s *Sync) wire(shop Shop, warehouse Warehouse, m Store) (err error) {
	set := s.Settings
	locations := map[string]string{}
	for id, list := range set.Locations {
		locations[id] = list[0]
	}
	buffer, err := set.buffer()
	if err != nil {
		return err
	}
	table, err := set.table()
	if err != nil {
		return err
	}
	measures, err := set.measures()
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
				OrderBook: warehouse, Tracer: warehouse, Addresses: warehouse, Orders: shop, Catalogue: s.Catalogue, Prices: shop, Processor: warehouse, Places: warehouse,
				Ledger: m, Records: m, Locks: m, Exceptions: m,
			}, ImportOptions{
				Locations: locations, DefaultLocation: set.DefaultLocation, ParkUnpaid: set.ParkUnpaid, FindFirst: set.FindFirst, Table: table, Kinds: kinds, PlatformLocation: set.PlatformLocation,
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
			s.Intake, err = NewIntake(IntakePorts{
				Orders: shop, OpenOrders: shop, Requests: shop, Handle: TakeOrders(s.Importer, s.Canceller, shop),
				Cursors: m, Hints: m, Revisits: m, Locks: m, Exceptions: m,
			}, IntakeOptions{FirstWindow: time.Duration(set.FirstLook), RequestsEvery: time.Duration(set.Every.orDefault().Orders) / 2})
			return err
		},
		func() error {
			s.References, err = NewReferences(ReferencePorts{Records: m, Shop: shop, Exceptions: m}, ReferenceOptions{})
			return err
		},
		func() error {
			s.Revoker, err = NewRevoker(RevokePorts{
				Orders: shop, Desk: shop, OrderBook: warehouse, Ledger: m, Locks: m, Exceptions: m,
			}, RevokeOptions{Reasons: set.CancelReasons, ZeroStock: set.ZeroStock})
			return err
		},
		func() error {
			s.Gate, err = NewGate(GatePorts{Orders: shop, Cancellations: shop, Known: warehouse, Exceptions: m}, GateOptions{AtDeadline: set.AtDeadline})
			return err
		},
		func() error {
			s.Dispatcher, err = NewDispatcher(DispatchPorts{
				Gate: s.Gate, Orders: shop, Shipper: shop, OrderBook: warehouse, Reader: warehouse, Packaging: warehouse, Catalogue: s.Catalogue,
				Tracking: warehouse, Documents: shop, Labels: m, Corrector: shop, Records: m, Locks: m, Exceptions: m,
			}, DispatchOptions{Carriers: set.Carriers, Table: table})
			return err
		},
		func() error {
			s.Dispatch, err = NewDispatchQueue(DispatchQueuePorts{
				Dispatcher: s.Dispatcher, Source: warehouse, Reader: warehouse, Cursors: m, Revisits: m, Locks: m, Exceptions: m,
			}, DispatchQueueOptions{FirstWindow: time.Duration(set.FirstLook)})
			return err
		},
		func() error {
			s.Deadlines, err = NewDeadlines(DeadlinePorts{OpenOrders: shop, Cancellations: shop, Exceptions: m}, DeadlineOptions{
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
			s.Stock, err = stock.NewPush(stock.Ports{
				Listings: shop, Bundles: shop, Catalogue: s.Catalogue, Levels: warehouse, Places: warehouse, States: warehouse, Publisher: shop,
				Ledger: m, Locks: m, Exceptions: m,
			}, stock.Options{Locations: set.Locations, Buffer: buffer, Max: set.MaxStock})
			return err
		},
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// Check compares the settings with what both sides have: an unknown warehouse or
// stock location is an error that names those that there are. Run and Step do it
// before anything else, until it succeeds once.
func (s *Sync) Check(ctx context.Context) error {
	var warehouses, locations []string
	for id, list := range s.Settings.Locations {
		warehouses, locations = append(warehouses, id), append(locations, list...)
	}
	if at := s.Settings.PlatformLocation; at != "" {
		locations = append(locations, at)
	}
	if err := errors.Join(
		catalogue.CheckPlaces(ctx, s.shop, "warehouse of the shop", warehouses...),
		catalogue.CheckPlaces(ctx, s.warehouse, "stock location", append(locations, s.Settings.DefaultLocation)...),
	); err != nil {
		return fmt.Errorf("bridge: sync of %s: settings: %w", s.Settings.Shop, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checked = true
	return nil
}

func (s *Sync) check(ctx context.Context) error {
	s.mu.Lock()
	checked := s.checked
	s.mu.Unlock()
	if checked {
		return nil
	}
	return s.Check(ctx)
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

// StepResult is what [Sync.Step] did.
type StepResult []FlowRun

// String has a heading for each flow and what it did below it.
func (r StepResult) String() string {
	var b strings.Builder
	for _, run := range r {
		fmt.Fprintf(&b, "%s:\n", run.Flow)
		text := ""
		if run.Result != nil {
			text = run.Result.String()
		}
		if run.Err != nil {
			text = strings.TrimRight(text, "\n") + "\nfailed: " + run.Err.Error()
		}
		for line := range strings.Lines(strings.TrimSpace(text)) {
			fmt.Fprintf(&b, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return b.String()
}

// Step runs every flow once, one after the other. One that fails does not stop the
// others: its error is in the result, and part of the one returned.
func (s *Sync) Step(ctx context.Context) (StepResult, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	var result StepResult
	var errs []error
	for _, f := range s.Flows {
		if err := ctx.Err(); err != nil {
			return result, errors.Join(append(errs, err)...)
		}
		run := s.once(ctx, f)
		result = append(result, run)
		if run.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, run.Err))
		}
	}
	return result, errors.Join(errs...)
}

// retryCheck is the wait before the settings are compared again with sides that do
// not answer; it doubles up to ten times that.
const retryCheck = 10 * time.Second

// Run keeps every flow going, each in a goroutine of its own, until ctx ends, and
// returns its error once all have stopped. What fails is logged, observed, counted by
// Health, and tried again. It returns earlier only if the settings name what the other
// side does not have.
func (s *Sync) Run(ctx context.Context) error {
	for wait := retryCheck; ; wait = min(2*wait, 10*retryCheck) {
		err := s.check(ctx)
		if err == nil {
			break
		}
		if errors.Is(err, catalogue.ErrUnknownPlace) {
			return err
		}
		s.warn(ctx, "the settings could not be compared with both sides yet", "err", err)
		if err := sleep(ctx, wait, nil); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	for _, f := range s.Flows {
		wake := (chan struct{})(nil)
		if f.Name == FlowOrders {
			wake = s.hinted
		}
		wg.Go(func() {
			for ctx.Err() == nil {
				s.once(ctx, f)
				_ = sleep(ctx, f.Every, wake)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// sleep waits, unless it is woken or ctx ends.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// once runs a flow and tells of it.
func (s *Sync) once(ctx context.Context, f Flow) FlowRun {
	run := FlowRun{Shop: s.Settings.Shop, Flow: f.Name, Start: time.Now()}
	run.Result, run.Err = f.Run(ctx)
	run.Took = time.Since(run.Start)
	if ctx.Err() != nil {
		return run // what failed has failed for that
	}
	s.tellFailing(ctx, &run)
	s.timing(f.Name).Done(run.Start, run.Start.Add(run.Took), run.Err)
	if run.Err != nil {
		s.warn(ctx, "a flow of the bridge failed and will be tried again", "flow", f.Name, "took", run.Took, "err", run.Err)
	} else if s.Log != nil {
		s.Log.DebugContext(ctx, "a flow of the bridge ran", "shop", run.Shop, "flow", f.Name, "took", run.Took)
	}
	if s.Observe != nil {
		s.Observe(ctx, run)
	}
	return run
}

func (s *Sync) warn(ctx context.Context, text string, args ...any) {
	if s.Log != nil {
		s.Log.WarnContext(ctx, text, append([]any{"shop", s.Settings.Shop}, args...)...)
	}
}

func (s *Sync) timing(flow string) *health.Timings {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.timings[flow]
	if t == nil {
		t = new(health.Timings)
		s.timings[flow] = t
	}
	return t
}

// SyncHealth is how a [Sync] is.
type SyncHealth struct {
	Shop string `json:"shop"`
	// Flows are by their names, Parts by the names of the fields.
	Flows map[string]health.Flow `json:"flows"`
	Parts map[string]health.Flow `json:"parts"`
}

// Health returns how every flow and every part went so far.
func (s *Sync) Health() SyncHealth {
	h := SyncHealth{Shop: s.Settings.Shop, Flows: map[string]health.Flow{}, Parts: map[string]health.Flow{}}
	for _, f := range s.Flows {
		h.Flows[f.Name] = s.timing(f.Name).Health()
	}
	for name, part := range map[string]interface{ Health() health.Flow }{
		"Catalogue": s.Catalogue, "Importer": s.Importer, "Canceller": s.Canceller, "Intake": s.Intake, "References": s.References,
		"Revoker": s.Revoker, "Gate": s.Gate, "Dispatcher": s.Dispatcher, "Dispatch": s.Dispatch, "Deadlines": s.Deadlines, "ShopStatus": s.ShopStatus, "Stock": s.Stock,
	} {
		h.Parts[name] = part.Health()
	}
	return h
}

// revoke carries what was cancelled in the warehouse into the shop.
func (s *Sync) revoke(ctx context.Context) (fmt.Stringer, error) {
	dropped, err := s.warehouse.OrdersCancelled(ctx, time.Now().Add(-time.Duration(s.Settings.FirstLook)))
	if err != nil {
		return nil, fmt.Errorf("reading what was cancelled in the warehouse: %w", err)
	}
	return s.Revoker.Revoke(ctx, dropped...)
}

// push publishes stock once every order that the shop has is counted: what is not
// reserved would be sold twice.
func (s *Sync) push(ctx context.Context) (fmt.Stringer, error) {
	taken, err := s.Intake.Run(ctx)
	if err != nil {
		return nil, fmt.Errorf("stock was not published, because the orders could not all be read: %w", err)
	}
	if !taken.Complete() {
		return nil, fmt.Errorf("stock was not published: %d order(s) are not counted yet", taken.Unseen)
	}
	return s.Stock.Push(ctx)
}
