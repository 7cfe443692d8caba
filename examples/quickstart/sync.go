package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
)

// session is the bridge put together: two sides, what is remembered, the parts
// between them, and where to report.
type session struct {
	set       settings
	shop      *tiktokadapter.Shop
	warehouse *linnworksadapter.Warehouse
	stores    stores

	skus       *catalogue.Map
	intake     *bridge.Intake
	references *bridge.References
	canceller  *bridge.Canceller
	revoker    *bridge.Revoker
	gate       *bridge.Gate
	dispatch   *bridge.DispatchQueue
	deadlines  *bridge.Deadlines
	stock      *stock.Push

	out io.Writer
}

// settings are what one client's set-up differs in.
type settings struct {
	// locations feed the shop's warehouses.
	locations       map[string][]string
	defaultLocation string
	carriers        map[string]string
	buffer          int
	// cancelReasons are given when an order is cancelled in Linnworks first. None:
	// a person is asked.
	cancelReasons []string
	// since is how far back the first pass looks.
	since time.Duration
	// story says what an order is there for, and names what warehouses are called;
	// nil outside the demo.
	story, names map[string]string
}

// stores are what the parts remember: here in memory, in a real program in a
// database.
type stores struct {
	memory      store.Memory // ledger and locks
	cursors     store.MemoryIntake
	imports     store.MemoryImports
	labels      store.MemoryLabels
	corrections store.MemoryCorrections
	desk        exceptions.Memory // of people
	queue       exceptions.Queue  // of the shop, on the desk
}

// connect wires the parts to both sides. This is all there is to a two-way sync;
// a real program adds a schedule and durable stores.
func connect(shop *tiktokadapter.Shop, warehouse *linnworksadapter.Warehouse, set settings) (*session, error) {
	s := &session{set: set, shop: shop, warehouse: warehouse}
	s.stores.queue = s.stores.desk.Shop("demo")
	for _, wire := range []func() error{s.wireCatalogue, s.wireCancellations, s.wireOrders, s.wireDispatch, s.wireStock} {
		if err := wire(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *session) wireCatalogue() (err error) {
	s.skus, err = catalogue.NewMap(catalogue.MapPorts{Items: s.warehouse, Mappings: s.warehouse, Exceptions: s.stores.queue}, catalogue.MapOptions{})
	return err
}

func (s *session) wireCancellations() (err error) {
	m := &s.stores
	s.canceller, err = bridge.NewCanceller(bridge.CancelPorts{
		Orders: s.shop, Desk: s.shop, OrderBook: s.warehouse, Warehouse: s.warehouse, Tracer: s.warehouse,
		Records: &m.imports, Ledger: &m.memory, Locks: &m.memory, Exceptions: m.queue,
	}, bridge.CancelOptions{CutOff: bridge.StageLabelPrinted})
	if err != nil {
		return err
	}
	s.revoker, err = bridge.NewRevoker(bridge.RevokePorts{
		Orders: s.shop, Desk: s.shop, OrderBook: s.warehouse, Ledger: &m.memory, Locks: &m.memory, Exceptions: m.queue,
	}, bridge.RevokeOptions{Reasons: s.set.cancelReasons})
	return err
}

func (s *session) wireOrders() error {
	m := &s.stores
	locations := map[string]string{}
	for id, list := range s.set.locations {
		locations[id] = list[0]
	}
	importer, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: s.warehouse, Tracer: s.warehouse, Addresses: s.warehouse, Orders: s.shop, Catalogue: s.skus,
		Ledger: &m.memory, Records: &m.imports, Locks: &m.memory, Exceptions: m.queue,
	}, bridge.ImportOptions{Locations: locations, DefaultLocation: s.set.defaultLocation})
	if err != nil {
		return err
	}
	s.intake, err = bridge.NewIntake(bridge.IntakePorts{
		Orders: s.shop, OpenOrders: s.shop, Handle: bridge.TakeOrders(importer, s.canceller),
		Cursors: &m.cursors, Hints: &m.cursors, Revisits: &m.cursors, Locks: &m.memory, Exceptions: m.queue,
	}, bridge.IntakeOptions{FirstWindow: s.set.since})
	if err != nil {
		return err
	}
	s.references, err = bridge.NewReferences(
		bridge.ReferencePorts{Records: &m.imports, Shop: s.shop, Exceptions: m.queue}, bridge.ReferenceOptions{})
	return err
}

func (s *session) wireDispatch() (err error) {
	m := &s.stores
	s.gate, err = bridge.NewGate(bridge.GatePorts{
		Orders: s.shop, Cancellations: s.shop, Known: s.warehouse, Exceptions: m.queue,
	}, bridge.GateOptions{})
	if err != nil {
		return err
	}
	dispatcher, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: s.gate, Orders: s.shop, Shipper: s.shop, OrderBook: s.warehouse, Reader: s.warehouse, Packaging: s.warehouse, Catalogue: s.skus,
		Tracking: s.warehouse, Documents: s.shop, Labels: &m.labels, Corrector: s.shop, Corrections: &m.corrections,
		Locks: &m.memory, Exceptions: m.queue,
	}, bridge.DispatchOptions{Carriers: s.set.carriers})
	if err != nil {
		return err
	}
	s.dispatch, err = bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: dispatcher, Source: s.warehouse, Reader: s.warehouse,
		Cursors: &m.cursors, Revisits: &m.cursors, Locks: &m.memory, Exceptions: m.queue,
	}, bridge.DispatchQueueOptions{FirstWindow: s.set.since})
	if err != nil {
		return err
	}
	s.deadlines, err = bridge.NewDeadlines(
		bridge.DeadlinePorts{OpenOrders: s.shop, Cancellations: s.shop, Exceptions: m.queue}, bridge.DeadlineOptions{})
	return err
}

func (s *session) wireStock() (err error) {
	m := &s.stores
	s.stock, err = stock.NewPush(stock.Ports{
		Listings: s.shop, Catalogue: s.skus, Levels: s.warehouse, States: s.warehouse, Publisher: s.shop,
		Ledger: &m.memory, Locks: &m.memory, Exceptions: m.queue,
	}, stock.Options{Locations: s.set.locations, Buffer: stock.Fixed(s.set.buffer)})
	return err
}

// pass runs every part once and prints what each did. A part that fails does not
// stop the others.
func (s *session) pass(ctx context.Context, title string) error {
	fmt.Fprintf(s.out, "\n== %s\n", title)
	s.heading("Orders into Linnworks")
	taken, err := s.intake.Run(ctx)
	s.orders(taken.Results)
	errs := []error{err}
	if taken.Failed > 0 {
		errs = append(errs, fmt.Errorf("%d order(s) failed and will be tried again", taken.Failed))
	}
	linked, err := s.references.Write(ctx)
	if linked.Written+linked.Refused > 0 {
		s.text("their ids into TikTok Shop: " + linked.String())
	}
	errs = append(errs, err, s.cancellations(ctx))

	s.heading("Tracking and labels")
	dispatched, err := s.dispatch.Run(ctx)
	s.orders(dispatched.Results)
	errs = append(errs, err)

	watched, err := s.deadlines.Check(ctx)
	s.clocks(watched)
	errs = append(errs, err)

	s.heading("Stock into TikTok Shop")
	if !taken.Complete() { // what is not reserved would be sold twice
		return errors.Join(append(errs, fmt.Errorf("stock was not pushed: the orders are not all counted, %d wait to be seen", taken.Unseen))...)
	}
	pushed, err := s.stock.Push(ctx)
	s.pushed(pushed)
	return errors.Join(append(errs, err)...)
}

// cancellations carries those of buyers into Linnworks, and those of the
// warehouse into the shop.
func (s *session) cancellations(ctx context.Context) error {
	s.heading("Cancellations, of buyers and of the warehouse")
	pending, err := s.shop.PendingCancellations(ctx, nil)
	if err != nil {
		return fmt.Errorf("reading the shop's cancellations: %w", err)
	}
	asked, err := s.canceller.Cancel(ctx, pending...)
	dropped, err2 := s.warehouse.OrdersCancelled(ctx, time.Now().Add(-s.set.since))
	revoked, err3 := s.revoker.Revoke(ctx, dropped...)
	s.orders(append(asked, revoked...))
	return errors.Join(err, err2, err3)
}
