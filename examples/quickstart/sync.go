package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// session is the bridge put together: two sides, the primitives between them,
// and where to report.
type session struct {
	shop       *bridge.TikTokShop
	warehouse  *bridge.Linnworks
	exceptions *bridge.MemoryExceptions

	intake     *bridge.Intake
	references *bridge.References
	stock      *bridge.StockPush
	canceller  *bridge.Canceller
	dispatcher *bridge.Dispatcher
	dispatch   *bridge.DispatchQueue
	gate       *bridge.Gate

	since         time.Duration
	out, progress io.Writer
	// story says what an order is there for; nil outside the demo.
	story map[string]string
}

// settings are what one client's set-up differs in.
type settings struct {
	// locations feed the shop's warehouses.
	locations       map[string][]string
	defaultLocation string
	carriers        map[string]string
	buffer          int
	// since is how far back the first pass looks for orders.
	since time.Duration
}

// connect wires the primitives to both sides. This is all there is to a two-way
// sync; a real program adds a schedule and a durable store.
func connect(shop *bridge.TikTokShop, warehouse *bridge.Linnworks, set settings) (*session, error) {
	memory, exceptions, store := new(bridge.Memory), new(bridge.MemoryExceptions), new(bridge.MemoryIntake)
	imports := new(bridge.MemoryImports)
	s := &session{shop: shop, warehouse: warehouse, exceptions: exceptions, since: set.since}
	orderLocations := map[string]string{}
	for warehouseID, locations := range set.locations {
		orderLocations[warehouseID] = locations[0]
	}
	var errs [8]error
	importer, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: warehouse, Tracer: warehouse, Addresses: warehouse, Orders: shop, Catalogue: warehouse,
		Ledger: memory, Records: imports, Locks: memory, Exceptions: exceptions,
	}, bridge.ImportOptions{Locations: orderLocations, DefaultLocation: set.defaultLocation})
	errs[0] = err
	s.stock, errs[1] = bridge.NewStockPush(bridge.StockPorts{
		Listings: shop, Catalogue: warehouse, Levels: warehouse, Ledger: memory, Publisher: shop, Locks: memory, Exceptions: exceptions,
	}, bridge.StockOptions{Locations: set.locations, Buffer: bridge.FixedBuffer(set.buffer)})
	s.gate, errs[2] = bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop}, bridge.GateOptions{})
	s.canceller, errs[3] = bridge.NewCanceller(bridge.CancelPorts{
		Orders: shop, Desk: shop, OrderBook: warehouse, Warehouse: warehouse, Ledger: memory, Locks: memory, Exceptions: exceptions,
		Records: imports, Tracer: warehouse,
	}, bridge.CancelOptions{CutOff: bridge.StageLabelPrinted})
	s.intake, errs[5] = bridge.NewIntake(bridge.IntakePorts{
		Orders: shop, OpenOrders: shop, Handle: bridge.TakeOrders(importer, s.canceller),
		Cursors: store, Hints: store, Revisits: store, Locks: memory, Exceptions: exceptions,
	}, bridge.IntakeOptions{FirstWindow: set.since})
	s.dispatcher, errs[4] = bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: s.gate, Orders: shop, Shipper: shop, OrderBook: warehouse, Tracking: warehouse, Locks: memory, Exceptions: exceptions,
		Reader: warehouse, Catalogue: warehouse,
	}, bridge.DispatchOptions{Carriers: set.carriers})
	s.dispatch, errs[6] = bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: s.dispatcher, Source: warehouse, Reader: warehouse, Cursors: store, Revisits: store, Locks: memory, Exceptions: exceptions,
	}, bridge.DispatchQueueOptions{FirstWindow: set.since})
	s.references, errs[7] = bridge.NewReferences(bridge.ReferencePorts{Records: imports, Shop: shop, Exceptions: exceptions}, bridge.ReferenceOptions{})
	return s, errors.Join(errs[:]...)
}

// pass runs every primitive once and prints what each did.
func (s *session) pass(ctx context.Context, title string) error {
	fmt.Fprintf(s.out, "\n== %s\n", title)
	s.tell("taking in orders")
	taken, takeErr := s.intake.Run(ctx)
	s.show("Orders into Linnworks", taken.Results)
	if taken.Failed > 0 {
		takeErr = errors.Join(takeErr, fmt.Errorf("%d order(s) failed and will be tried again", taken.Failed))
	}
	if !taken.Complete() {
		// Without reservations no stock may be pushed.
		return cmp.Or(takeErr, fmt.Errorf("%d order(s) wait to be seen", taken.Unseen))
	}

	linked, linkErr := s.references.Write(ctx)
	fmt.Fprintf(s.out, "Linnworks ids into TikTok Shop\n  %s\n", linked)

	s.tell("deciding cancellations")
	pending, err := s.shop.PendingCancellations(ctx, nil)
	if err != nil {
		return fmt.Errorf("reading the shop's cancellations: %w", err)
	}
	cancelled, cancelErr := s.canceller.Cancel(ctx, pending...)
	s.show("Cancellations that buyers ask for", cancelled)

	s.tell("dispatching")
	dispatched, dispatchErr := s.dispatch.Run(ctx)
	s.show("Shipping", dispatched.Results)

	s.tell("pushing stock")
	pushed, pushErr := s.stock.Push(ctx)
	fmt.Fprintf(s.out, "Stock into TikTok Shop\n%s", indent(pushed.String()))
	return errors.Join(takeErr, linkErr, cancelErr, dispatchErr, pushErr)
}

// survey only looks: what stock a push would change, and what the status table
// says about each order.
func (s *session) survey(ctx context.Context) error {
	fmt.Fprintln(s.out, "Read only: nothing is changed on either side. Add -write to act.")
	plan, err := s.stock.Plan(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nStock that a push would change\n%s", indent(plan.String()))
	for _, e := range plan.Problems {
		fmt.Fprintf(s.out, "  ! %s\n", e)
	}
	fmt.Fprintf(s.out, "\nOrders of the last %s\n", s.since)
	now := time.Now()
	for order, err := range s.shop.OrdersUpdated(ctx, now.Add(-s.since), now) {
		if err != nil {
			return err
		}
		found, err := s.warehouse.FindOrders(ctx, []string{order.ID})
		if err != nil {
			return err
		}
		state := bridge.StateOf(found)
		action, _ := bridge.DefaultStatusTable().Action(order.ShippingModel, order.Status, state)
		fmt.Fprintf(s.out, "  order %s  %s shipping  shop: %-19s Linnworks: %-10s next: %s\n",
			order.ID, order.ShippingModel, order.Status, state, action)
	}
	pending, err := s.shop.PendingCancellations(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n%d cancellation(s) wait for a decision\n", len(pending))
	return nil
}

// needsAPerson prints the open exceptions, owner by owner.
func (s *session) needsAPerson(ctx context.Context) error {
	open, err := s.exceptions.Open(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n== Needs a person: %d\n", len(open))
	for _, owner := range []bridge.Owner{
		bridge.OwnerCustomerService, bridge.OwnerWarehouse, bridge.OwnerEcommerce, bridge.OwnerFinance, bridge.OwnerIntegration,
	} {
		first := true
		for _, e := range open {
			if e.Owner != owner {
				continue
			}
			if first {
				fmt.Fprintf(s.out, "\nFor %s\n", owner)
				first = false
			}
			fmt.Fprintf(s.out, "  %s: %s (%s%s)\n      seen:  %s\n      to do: %s\n", e.Object, e.Kind, e.Severity, due(e), e.Seen, e.Do)
		}
	}
	return nil
}

func due(e bridge.Exception) string {
	if e.Deadline.IsZero() {
		return ""
	}
	return ", by " + e.Deadline.Format("Mon 2 Jan 15:04 UTC")
}

func (s *session) show(title string, results bridge.OrderResults) {
	fmt.Fprintln(s.out, title)
	if len(results) == 0 {
		fmt.Fprintln(s.out, "  nothing to do")
		return
	}
	for _, r := range results {
		text := strings.TrimSuffix(bridge.OrderResults{r}.String(), "\n")
		if why := s.story[r.OrderID]; why != "" {
			text = fmt.Sprintf("%s  [%s]", strings.TrimRight(text, " "), why)
		}
		fmt.Fprintln(s.out, "  "+text)
	}
}

func (s *session) tell(format string, args ...any) {
	fmt.Fprintf(s.progress, "... "+format+"\n", args...)
}
