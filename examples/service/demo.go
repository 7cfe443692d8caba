package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// demo runs the service beside a made-up shop and warehouse until ctx ends, or for some
// time from when it listens, and says how it went. pulls has Linnworks come for the orders.
func demo(ctx context.Context, last time.Duration, pulls bool, out io.Writer, log *slog.Logger) (err error) {
	dir, err := os.MkdirTemp("", "linnbridge-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w, c, closeSides, err := madeUp(ctx, filepath.Join(dir, "bridge.db"))
	if err != nil {
		return err
	}
	defer closeSides()
	if pulls {
		c.shops[0].settings.LinnworksPulls, c.channelAccounts = true, []linnworks.GUID{demoAccount}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &trade{World: w, out: out}
	var trading sync.WaitGroup
	err = serve(ctx, c, log, func(public, private string) {
		w.Shop.SetWebhooks("http://" + public + "/webhooks/tiktok")
		fmt.Fprintf(out, introduction, private, private, private, private, private, c.database)
		trading.Go(func() { w.Shop.RunWebhooks(ctx) })
		trading.Go(func() { t.run(ctx) })
		trading.Go(func() { t.print(ctx, "http://"+public+shippingPath) })
		if pulls {
			trading.Go(func() { t.pull(ctx, "http://"+public+channelPath) })
		}
		if last > 0 {
			time.AfterFunc(last, cancel)
		}
	})
	trading.Wait()
	return errors.Join(err, t.summary(context.WithoutCancel(ctx), c))
}

const introduction = `A made-up UK shop sells mugs, tea and gift sets; its stock and orders live in a made-up
Linnworks account. Both are fakes on this machine, the service between them is the real one.

Look while it runs:
  http://%s/ops/       the page for people: cases, orders, health
  http://%s/healthz    how every flow goes
  http://%s/cases      what needs a person
  http://%s/metrics    for Prometheus
  curl -d '{"key": "a key of /cases", "verb": "claimed", "by": "Ann"}' http://%s/cases
  %s    what the bridge remembers

`

// madeUp serves the fakes on this machine, and returns the settings to work for them with
// the database, which has the seller's tokens already.
func madeUp(ctx context.Context, database string) (w *madeup.World, c config, closeSides func(), err error) {
	shop := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithWebhooks(http.DefaultTransport))
	shopServer, shopAt, err := listen(ctx, "127.0.0.1:0", shop)
	if err != nil {
		return nil, c, nil, err
	}
	// The warehouse has to know its address before it begins.
	late := new(lateHandler)
	warehouseServer, warehouseAt, err := listen(ctx, "127.0.0.1:0", late)
	if err != nil {
		return nil, c, nil, errors.Join(err, shopServer.Close())
	}
	warehouse := linnworkstest.New(linnworkstest.WithServerURL("http://" + warehouseAt))
	late.set(warehouse)
	closeSides = func() { _, _ = shopServer.Close(), warehouseServer.Close() }
	if w, err = madeup.New(shop, warehouse); err != nil {
		closeSides()
		return nil, c, nil, fmt.Errorf("stocking the made-up shop: %w", err)
	}
	// People have installed the print button before: its labels are the service's.
	warehouse.AddPostalService(demoLabels, demoVendor)
	pace := bridge.Duration(5 * time.Second) // the least that settings may say
	c = config{
		app: shop.App(), account: warehouse.Credentials(), database: database,
		printAccounts: []linnworks.GUID{demoAccount}, sampleEvery: 2 * time.Second,
		listen: "127.0.0.1:0", private: "127.0.0.1:0", tiktokURL: "http://" + shopAt, linnworksURL: "http://" + warehouseAt,
		shops: []shopConfig{{seller: defaultSeller, settings: bridge.Settings{
			Shop: "made-up", SubSource: madeup.SubSource,
			Locations:       map[string][]string{madeup.Leeds: {string(linnworks.ZeroGUID)}, madeup.Bristol: {string(w.Bristol)}},
			DefaultLocation: string(linnworks.ZeroGUID), Carriers: map[string]string{"Tracked 48": "Royal Mail"},
			Buffer: []stock.BufferRule{{Do: stock.KeepUnits, Units: 2}}, CancelReasons: []string{"seller_cancel_paid_reason_address_not_deliver"},
			Services:  map[string]string{string(bridge.TikTokShipping): demoLabels},
			PrintView: &policy.PrintView{Folder: "Ready to print"}, Audit: audit.Schedule{Hours: 1, OrderDays: 1},
			Every: bridge.Pace{Orders: pace, Stock: pace, Dispatch: pace, Deadlines: pace},
		}}},
	}
	db, err := sqlstore.Open(ctx, database)
	if err == nil {
		err = errors.Join(tiktokshop.SaveToken(ctx, db.Tokens(defaultSeller), shop.Token()), db.Close()) //nolint:contextcheck // it has one of its own
	}
	if err != nil {
		closeSides()
		return nil, c, nil, err
	}
	return w, c, closeSides, nil
}

// lateHandler answers with a handler that is known later.
type lateHandler struct {
	mu      sync.Mutex
	handler http.Handler
}

func (l *lateHandler) set(h http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handler = h
}

// ServeHTTP implements [http.Handler].
func (l *lateHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	h := l.handler
	l.mu.Unlock()
	h.ServeHTTP(w, r)
}

// trade is what people and machines do to both sides.
type trade struct {
	*madeup.World

	out     io.Writer
	service linnworks.GUID // the postal service of the warehouse's people
	placed  []string       // orders that were placed while it ran
}

// tradeEvery is how often something happens. LIVEs come on top.
const (
	tradeEvery = 700 * time.Millisecond
	firstLIVE  = 15 * time.Second
	nextLIVE   = time.Minute
	airTime    = 30 * time.Second
	buyEvery   = 250 * time.Millisecond // from one order to the next
	forLIVE    = 100                    // units, which are sold out before its end
)

// run lets things happen, one after another, until ctx ends.
func (t *trade) run(ctx context.Context) {
	t.service = t.Warehouse.AddPostalService("Tracked 24", "Royal Mail")
	story := []func() (string, bool){t.morning, t.noon}
	happen := []func() (string, bool){t.order, t.pack, t.order, t.restock, t.order, t.pack, t.cancel, t.order, t.pack, t.outage, t.order, t.pack, t.order, t.pack, t.cancel, t.pack, t.order, t.pack}
	live := time.Now().Add(firstLIVE)
	for i := 0; sleep(ctx, tradeEvery) == nil; i++ {
		if time.Now().After(live) {
			t.live(ctx)
			live = time.Now().Add(nextLIVE)
			continue
		}
		if len(story) > 0 && i%4 == 3 { // as soon as the orders of the morning are in Linnworks
			if text, done := story[0](); done {
				t.say(text)
				story = story[1:]
				continue
			}
		}
		if text, done := happen[i%len(happen)](); done {
			t.say(text)
		}
	}
}

func (t *trade) say(text string) {
	fmt.Fprintf(t.out, "%s  %s\n", time.Now().Format("15:04:05"), text)
}

// told is what happened, or why it could not.
func told(text string, err error) (string, bool) {
	if err != nil {
		return text + ": " + err.Error(), true
	}
	return text, true
}

// live sells tea as a LIVE does.
func (t *trade) live(ctx context.Context) {
	const sku, listing = "TEA-EARL", "1729592969712207201"
	level, err := t.Warehouse.Level(sku, linnworks.ZeroGUID)
	if err == nil {
		err = t.Warehouse.SetOnHand(sku, linnworks.ZeroGUID, level.InOrders+forLIVE)
	}
	text, _ := told(fmt.Sprintf("the warehouse brings %d of %s for a LIVE", forLIVE, sku), err)
	t.say(text)
	if sleep(ctx, airTime/6) != nil { // the shop shows them in seconds
		return
	}
	t.say(fmt.Sprintf("the LIVE goes on air: %d orders a second of %s", time.Second/buyEvery, sku))
	var sold, late int
	for end := time.Now().Add(airTime); time.Now().Before(end) && sleep(ctx, buyEvery) == nil; {
		id, err := t.Shop.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(listing, 1)))
		switch {
		case errors.Is(err, tiktokshoptest.ErrOutOfStock):
			late++
		case err != nil:
			t.say("a buyer could not order: " + err.Error())
		default:
			sold, t.placed = sold+1, append(t.placed, id)
		}
	}
	t.say(fmt.Sprintf("the LIVE is over: %d sold, %d buyers found it sold out", sold, late))
}

func (t *trade) morning() (string, bool) {
	for _, name := range []string{madeup.Early, madeup.Plain, madeup.Late, madeup.NoCarrier, madeup.NoNumber, madeup.Dropped} {
		if len(t.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, t.Orders[name])) == 0 {
			return "", false
		}
	}
	return told("the warehouse picks and sends: one parcel with a carrier that TikTok does not know, one without a number; two buyers change their minds", t.Morning())
}

func (t *trade) noon() (string, bool) {
	if len(t.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, t.Orders[madeup.Platform])) == 0 {
		return "", false
	}
	return told("the hour in which a buyer may cancel is over; two more parcels leave", t.Noon())
}

func (t *trade) order() (string, bool) {
	sku := []string{"MUG-RED", "TEA-EARL", "GIFT-MUG-TEA"}[rand.IntN(3)]
	ids := map[string]string{"MUG-RED": "1729592969712207101", "TEA-EARL": "1729592969712207201", "GIFT-MUG-TEA": "1729592969712207301"}
	id, err := t.Shop.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(ids[sku], 1)))
	if errors.Is(err, tiktokshoptest.ErrOutOfStock) {
		return "a buyer finds " + sku + " sold out", true
	}
	if err == nil {
		t.placed = append(t.placed, id)
	}
	return told("a buyer orders "+sku+": "+id, err)
}

// pack sends the oldest order that was placed meanwhile.
func (t *trade) pack() (string, bool) {
	for i, id := range t.placed {
		found := t.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, id)
		if len(found) != 1 || found[0].Processed || found[0].GeneralInfo.IsParked {
			continue
		}
		number := fmt.Sprintf("RM%09dGB", 200_000_000+i)
		err := errors.Join(t.Warehouse.StartPicking(found[0].OrderID), t.Warehouse.SetTracking(found[0].OrderID, t.service, number),
			t.Warehouse.PrintLabel(found[0].OrderID), t.Warehouse.Process(found[0].OrderID))
		return told("the warehouse packs and sends "+id+" as "+number, err)
	}
	return "", false
}

func (t *trade) cancel() (string, bool) {
	if len(t.placed) == 0 {
		return "", false
	}
	id := t.placed[len(t.placed)-1]
	if _, err := t.Shop.RequestCancellation(id, ""); err != nil {
		return "", false // it has been cancelled or sent
	}
	return "the buyer of " + id + " asks to cancel it", true
}

func (t *trade) restock() (string, bool) {
	level, err := t.Warehouse.Level("TEA-EARL", linnworks.ZeroGUID)
	if err != nil {
		return told("the warehouse counts TEA-EARL", err)
	}
	n := level.InOrders + 20 + rand.IntN(20) // what is ordered is still on the shelf
	return told(fmt.Sprintf("the warehouse counts %d of TEA-EARL in Leeds", n), t.Warehouse.SetOnHand("TEA-EARL", linnworks.ZeroGUID, n))
}

func (t *trade) outage() (string, bool) {
	t.Shop.Overload(2 * time.Second)
	return "TikTok Shop answers nobody for two seconds", true
}

// summary says how the trade ended.
func (t *trade) summary(ctx context.Context, c config) error {
	states := map[string]int{}
	for _, id := range t.placed {
		switch n := len(t.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, id)); n {
		case 0:
			states["not in Linnworks"]++
		case 1:
			states["in Linnworks"]++
		default:
			return fmt.Errorf("order %s is in Linnworks %d times", id, n)
		}
	}
	db, err := sqlstore.Open(ctx, c.database)
	if err != nil {
		return err
	}
	cases, err := db.Cases(ctx, exceptions.Filter{})
	fmt.Fprintf(t.out, "\n%d orders were placed while it ran: %d in Linnworks, each once, %d not yet. %d cases are open:\n",
		len(t.placed), states["in Linnworks"], states["not in Linnworks"], len(cases))
	for _, one := range cases {
		fmt.Fprintf(t.out, "  for %s: %s, %s\n", one.Owner, one.Object, one.Kind)
	}
	return errors.Join(err, db.Close()) //nolint:contextcheck // it has one of its own
}
