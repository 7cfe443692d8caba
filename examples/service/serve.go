package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/pulled"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// process names this process in what it notes.
var process = func() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}()

// service is the program at work.
type service struct {
	config  config
	log     *slog.Logger
	metrics *metrics
	db      *sqlstore.DB
	queue   queue
	shops   []*shop
	began   time.Time
	ending  atomic.Bool
	drawing *drawing // nil if no print button is served
}

// shop is a shop that the service works for.
type shop struct {
	shopConfig

	name   string
	memory sqlstore.Shop
	hinted chan struct{} // wakes the flow of orders
	bound  atomic.Pointer[bound]
	// publishes reports whether this process publishes its stock: the numbers of one that
	// has stopped are old.
	publishes atomic.Bool
	// trouble is why it is not bound yet.
	trouble atomic.Pointer[string]
	places  placeNames
}

// bound is a shop whose other sides have answered.
type bound struct {
	tiktok    *tiktokadapter.Shop
	warehouse *linnworksadapter.Warehouse
	sync      *bridge.Sync
	// button is nil if no print button is served.
	button *printing.Button
	// release is nil if the settings name no printing view.
	release *release.Release
	// channel is nil unless Linnworks pulls the shop's orders, and pulling too.
	channel *channelapp.Ports
	pulling *pulled.Warehouse
}

func (s *service) shop(name string) *shop {
	i := slices.IndexFunc(s.shops, func(shop *shop) bool { return shop.name == name })
	if i < 0 {
		return nil
	}
	return s.shops[i]
}

const (
	// lease is how long the work of a process that has died stays with it.
	lease = 15 * time.Second
	// burst is how many orders webhooks may be about before they are worked on: TikTok sends
	// those that are refused again.
	burst = 100_000
	// bindEvery is the wait before a side that does not answer is asked again.
	bindEvery = 5 * time.Second
)

// serve works until ctx ends, and returns within [stopWithin] then. listening, which may be
// nil, is told the addresses.
func serve(ctx context.Context, c config, log *slog.Logger, listening func(public, private string)) (err error) {
	db, err := sqlstore.Config{URL: c.database, Lease: lease, HintLimit: burst}.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() //nolint:contextcheck // it has one of its own
	s := &service{config: c, log: log, db: db, began: time.Now()}
	for _, one := range c.shops {
		s.shops = append(s.shops, &shop{shopConfig: one, name: one.settings.Shop, memory: db.Shop(one.settings.Shop), hinted: make(chan struct{}, 1)})
	}
	s.metrics = newMetrics(s)
	shared := db
	if sqlitePath(c.database) != "" {
		shared = nil // one process: it need not ask
	}
	tiktok, linn, err := c.clients(s.metrics, shared)
	if err != nil {
		return err
	}
	queue, closeQueue, err := s.openQueue(ctx)
	if err != nil {
		return err
	}
	defer closeQueue()
	s.queue = queue
	hooks, err := tiktokshop.NewWebhookHandler(c.app, s.hint, tiktokshop.WithWebhookLogger(log)) //nolint:contextcheck // each webhook has its own
	if err != nil {
		return err
	}
	if len(c.printAccounts) > 0 {
		s.drawing = startDrawing(ctx, startPDFium(c.paper), s.tellDrawing)
		defer func() { err = errors.Join(err, s.drawing.Close()) }()
	}
	button, err := s.printButton()
	if err != nil {
		return err
	}
	channel, err := s.channelIntegration()
	if err != nil {
		return err
	}
	public, publicAt, err := listen(ctx, c.listen, withApplications(s.public(hooks), button, channel))
	if err != nil {
		return err
	}
	page, err := s.page()
	if err != nil {
		return errors.Join(err, public.Close())
	}
	private, privateAt, err := listen(ctx, c.private, s.private(page))
	if err != nil {
		return errors.Join(err, public.Close())
	}
	log.InfoContext(ctx, "the service has started", "process", process, "webhooks", publicAt, "private", privateAt, "shops", len(s.shops))

	// What runs ends with ctx, but for River's jobs, which may finish.
	var running sync.WaitGroup
	defer running.Wait()
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(fmt.Errorf("the queue: %w", err), public.Close(), private.Close())
	}
	running.Go(func() { s.tellPeople(working) })
	running.Go(func() { s.sample(working, page) })
	sources := map[string]tiktokshop.TokenSource{} // one for all shops of a seller
	for _, shop := range s.shops {
		if sources[shop.seller] == nil {
			if sources[shop.seller], err = tiktokshop.RefreshingTokens(tiktok, db.Tokens(shop.seller)); err != nil {
				break
			}
		}
		client := tiktok.ForTokens(sources[shop.seller])
		running.Go(func() { s.run(working, shop, client, linn) })
	}
	if listening != nil && err == nil {
		listening(publicAt, privateAt)
	}
	if err == nil {
		<-ctx.Done()
	}

	s.ending.Store(true)
	log.InfoContext(ctx, "the service ends", "process", process, "within", stopWithin.String())
	cancel()
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), stopWithin-time.Second)
	defer done()
	err = errors.Join(err, public.Shutdown(grace), hooks.Close(grace))
	if button != nil {
		err = errors.Join(err, button.Close(grace))
	}
	if channel != nil {
		err = errors.Join(err, channel.Close(grace))
	}
	err = errors.Join(err, queue.Stop(grace), private.Shutdown(grace))
	running.Wait()
	log.InfoContext(ctx, "the service has ended", "process", process)
	return err
}

// listen serves on an address in a goroutine that ends with the server.
func listen(ctx context.Context, address string, handler http.Handler) (*http.Server, string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, "", err
	}
	server := &http.Server{Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	return server, l.Addr().String(), nil
}

// run works for a shop until ctx ends.
func (s *service) run(ctx context.Context, shop *shop, tiktok *tiktokshop.Client, linn *linnworks.Client) {
	var b *bound
	for {
		var err error
		if b, err = s.bind(ctx, shop, tiktok, linn); err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		text := err.Error()
		shop.trouble.Store(&text)
		s.log.WarnContext(ctx, "a shop cannot be worked for yet", "shop", shop.name, "err", err)
		if sleep(ctx, bindEvery) != nil {
			return
		}
	}
	shop.bound.Store(b)
	s.log.InfoContext(ctx, "a shop is worked for", "shop", shop.name)
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.wake(ctx, shop) })
	running.Go(func() { s.live(ctx, shop, b.sync) })
	for {
		err := s.schedule(ctx, shop, b.sync.Flows)
		if err == nil {
			break
		}
		s.log.WarnContext(ctx, "a shop's flows could not be put into the queue yet", "shop", shop.name, "err", err)
		if sleep(ctx, bindEvery) != nil {
			return
		}
	}
}

// hooked are the webhooks that are about orders.
var hooked = []tiktokshop.WebhookType{
	tiktokshop.WebhookOrderStatusChange, tiktokshop.WebhookRecipientAddressUpdate, tiktokshop.WebhookPackageUpdate,
	tiktokshop.WebhookCancellationStatusChange, tiktokshop.WebhookReturnStatusChange,
}

// bind asks both sides what has to be known of a shop, and wires its parts.
func (s *service) bind(ctx context.Context, shop *shop, tiktok *tiktokshop.Client, linn *linnworks.Client) (*bound, error) {
	client, err := tiktok.ForShopID(ctx, shop.tiktokID)
	if err != nil {
		return nil, err
	}
	if s.config.webhookURL != "" {
		set, err := client.Event.SetWebhooks(ctx, s.config.webhookURL, hooked...)
		switch {
		case err != nil: // the poll finds every order, later
			s.log.WarnContext(ctx, "webhooks could not be set", "shop", shop.name, "err", err)
		case len(set.Set) > 0:
			s.log.InfoContext(ctx, "webhooks were set", "shop", shop.name, "types", set.Set)
		}
	}
	b := new(bound)
	if b.tiktok, err = tiktokadapter.New(client, tiktokadapter.Options{
		AskEarly:    len(s.config.printAccounts) > 0,
		LostReasons: shop.settings.Returns.LostReasons, UndeliveredReasons: shop.settings.Returns.UndeliveredReasons,
	}); err != nil {
		return nil, err
	}
	warehouse, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{
		SubSource: shop.settings.SubSource, Service: shop.settings.Services, Units: shop.settings.Units,
	})
	if err != nil {
		return nil, err
	}
	b.warehouse = warehouse
	var orders bridge.Warehouse = warehouse // that orders are brought to
	if shop.settings.LinnworksPulls {
		if b.pulling, err = pulled.NewWarehouse(warehouse, shop.memory, pulled.WarehouseOptions{}); err != nil {
			return nil, err
		}
		orders = b.pulling
	}
	if b.sync, err = bridge.NewSync(b.tiktok, orders, shop.memory, shop.syncSettings()); err != nil {
		return nil, err
	}
	if b.pulling != nil {
		if b.channel, err = shop.channelPorts(b); err != nil {
			return nil, err
		}
	}
	if s.drawing != nil {
		if b.button, err = shop.button(b, warehouse, printing.Options{Rasterise: s.drawing.Rasterise, DPI: s.config.dpi}); err != nil {
			return nil, err
		}
	}
	b.sync.Log, b.sync.Observe = s.log, s.metrics.flowRan
	b.sync.Flows = slices.DeleteFunc(b.sync.Flows, func(f bridge.Flow) bool { return f.Name == bridge.FlowStock }) // live does it
	if err := shop.withRelease(ctx, b, warehouse); err != nil {
		return nil, err
	}
	if err := s.withAudit(shop, b, warehouse); err != nil {
		return nil, err
	}
	return b, nil
}

// hint stores what a webhook is about, and wakes who follows it.
func (s *service) hint(ctx context.Context, event *tiktokshop.WebhookEvent) error {
	var errs []error
	known := event.ShopID == ""
	for _, shop := range s.shops {
		b := shop.bound.Load()
		switch {
		case b == nil && shop.tiktokID != event.ShopID && shop.tiktokID != "":
			continue
		case b == nil:
			errs = append(errs, fmt.Errorf("the shop %s is not worked for yet", shop.name))
			continue
		}
		known = known || b.tiktok.ID() == event.ShopID
		errs = append(errs, b.tiktok.HintWebhooks(shop.hint(b))(ctx, event))
	}
	err := errors.Join(errs...)
	if err == nil && !known {
		s.log.WarnContext(ctx, "a webhook was about a shop that the service does not work for", "tiktok_shop", event.ShopID)
	}
	return err
}

// hint returns what notes an order to look at, and wakes the flow that does.
func (s *shop) hint(b *bound) func(ctx context.Context, orderID string) error {
	return func(ctx context.Context, orderID string) error {
		if err := b.sync.Hint(ctx, orderID); err != nil {
			return err
		}
		select {
		case s.hinted <- struct{}{}:
		default: // it is about to wake
		}
		return nil
	}
}
