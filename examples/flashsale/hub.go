package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// hub is the program between the two sides: the bridge's parts, wired as a
// policy says.
type hub struct {
	sale   *sale
	every  time.Duration
	live   bool
	intake *bridge.Intake
	stock  pusher
	meter  *meter
	// woken reports whether a webhook came.
	woken bool
}

// newHub wires the parts. With newPusher this is all there is to keeping stock in
// time.
func newHub(ctx context.Context, s *sale, p *policy) (*hub, error) {
	h := &hub{sale: s, every: p.Every, live: p.Live}
	tiktok, linn, err := s.clients()
	if err != nil {
		return nil, err
	}
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
	if err != nil {
		return nil, err
	}
	warehouse, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: "flashsale", Now: s.Now})
	if err != nil {
		return nil, err
	}
	computed, err := stock.NewComputed(computedOptions(s.Now))
	if err != nil {
		return nil, err
	}
	h.meter = &meter{Reader: warehouse, now: s.Now, buffer: computed, known: map[string]bool{}}
	buffers, err := stock.NewBufferRules(stock.BufferOptions{Rules: p.rules(computed), Sessions: p.sessions(s.setting), Now: s.Now})
	if err != nil {
		return nil, err
	}
	table, err := p.table()
	if err != nil {
		return nil, err
	}

	memory, exceptions := new(store.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
	catalogue, err := catalogue.NewMap(catalogue.MapPorts{Items: warehouse, Exceptions: exceptions}, catalogue.MapOptions{Now: s.Now})
	if err != nil {
		return nil, err
	}
	importer, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: warehouse, Tracer: warehouse, Addresses: warehouse, Catalogue: catalogue,
		Ledger: memory, Records: memory, Locks: memory, Exceptions: exceptions,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID), ParkUnpaid: p.Live, Table: table, Now: s.Now})
	if err != nil {
		return nil, err
	}
	h.intake, err = bridge.NewIntake(bridge.IntakePorts{
		Orders: shop, OpenOrders: shop, Ledger: memory, Cursors: memory, Hints: memory, Revisits: memory, Locks: memory, Exceptions: exceptions,
		Handle: h.meter.watch(importer.Import),
	}, bridge.IntakeOptions{Overlap: time.Minute, PollEvery: p.PollOrders, Now: s.Now})
	if err != nil {
		return nil, err
	}
	h.stock, err = newPusher(ctx, p, stock.Ports{
		Listings: shop, Bundles: shop, Catalogue: catalogue, Levels: h.meter, SeeOrders: h.takeOrders, Ledger: memory, Publisher: shop, Locks: memory, Exceptions: exceptions,
	}, stock.Options{
		Locations: map[string][]string{warehouseID: {string(linnworks.ZeroGUID)}}, Buffer: buffers.Buffer(), Now: s.Now,
	})
	if err != nil || !p.Live {
		return h, err
	}
	// The time in the webhooks is simulated.
	receiver, err := tiktokshop.NewWebhookHandler(s.shop.App(), h.receive, tiktokshop.WithWebhookWindow(0)) //nolint:contextcheck // each delivery has its own
	s.webhooks(receiver)
	return h, err
}

// receive takes a webhook: a hint which order to look at.
func (h *hub) receive(ctx context.Context, event *tiktokshop.WebhookEvent) error {
	for _, id := range tiktokadapter.HintsOf(event) {
		h.woken = true
		if err := h.intake.Hint(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// run works until the sale is over: at every turn, and whenever a webhook comes.
func (h *hub) run(ctx context.Context) error {
	for turn := h.sale.now; !h.sale.over(); {
		if err := h.pass(ctx); err != nil {
			return err
		}
		for !turn.After(h.sale.now) {
			turn = turn.Add(h.every)
		}
		h.sale.waitUntil(turn, func() bool { return h.woken })
	}
	return nil
}

// takeOrders takes in the orders that the shop has.
func (h *hub) takeOrders(ctx context.Context) error {
	took, err := h.intake.Run(ctx)
	if err == nil && (took.Failed > 0 || !took.Complete()) {
		err = fmt.Errorf("orders were not taken in:\n%s", took)
	}
	return err
}

// pass takes orders in, and pushes stock.
func (h *hub) pass(ctx context.Context) error {
	h.woken = false
	if h.live { // the other one takes orders in by itself
		if err := h.takeOrders(ctx); err != nil {
			return err
		}
	}
	if err := h.stock.push(ctx); err != nil {
		return err
	}
	h.meter.pushed()
	h.sale.published(h.meter.readAt)
	return nil
}

// simulate plays the sale under a policy.
func simulate(ctx context.Context, p *policy, set setting) (result, error) {
	fail := func(err error) (result, error) {
		return result{}, fmt.Errorf("%s, seed %d: %w", p.Name, set.Seed, err)
	}
	// The shop is stocked a minute or more before the buyers come, so that it is
	// chance when in the burst the turns are.
	phase := rand.New(rand.NewPCG(set.Seed, 3)).Float64()
	s, err := newSale(set, start.Add(-time.Minute-time.Duration(phase*float64(p.Every))))
	if err != nil {
		return fail(err)
	}
	h, err := newHub(ctx, s, p)
	if err == nil {
		err = h.run(ctx)
	}
	if err = errors.Join(err, s.err); err != nil {
		return fail(err)
	}
	r := s.result
	r.Policy, r.ShopCalls, r.WarehouseCalls = p, s.shopCalls.calls, s.warehouseCalls.calls
	return r, nil
}
