package bridgetest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var (
	seeds     = flag.Int("seeds", 40, "how many seeds the lab runs")
	first     = flag.Uint64("seed", 1, "the first seed; 0 draws one")
	printDays = flag.Bool("printing", false, "of the seeds, run those of days alone on which people print through the bridge")
)

// run trades once in a bubble of its own.
func run(t *testing.T, c Config) (report Report, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { report, err = Run(t.Context(), c) })
	return report, err
}

// The promises of the bridge, over many days that differ. A seed that fails is
// in the message: go test ./bridge/bridgetest -run Lab -seed N -seeds 1.
func TestLab(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		*seeds = min(*seeds, 12)
	}
	if *first == 0 {
		*first = 1 + rand.Uint64N(1<<48)
		t.Logf("the first seed drawn is %d", *first)
	}
	var (
		mu  sync.Mutex
		sum Report
	)
	t.Run("seeds", func(t *testing.T) {
		for seed := *first; seed < *first+uint64(*seeds); seed++ {
			if *printDays && !prints(seed) {
				continue
			}
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				report, err := run(t, Config{Seed: seed, Books: true})
				if err != nil {
					t.Errorf("%v\n%s", err, report)
				}
				mu.Lock()
				defer mu.Unlock()
				sum = sum.Add(report)
			})
		}
	})
	t.Logf("seeds %d to %d, %s simulated: %s", *first, *first+uint64(*seeds)-1, sum.Simulated.Round(time.Minute), sum.Counts)
	// Fewer are for a look at some days, and what is rare need not be among forty that were drawn.
	if zero := sum.Zero(); len(zero) > 0 && (*seeds >= 400 || *seeds >= 40 && *first == 1) {
		t.Errorf("the lab did not try everything: no %s", strings.Join(zero, ", "))
	}
	t.Logf("%d kinds of money on statements", len(sum.Kinds))
	if missing := sum.Kinds.Missing(); len(missing) > 0 && *seeds >= 400 {
		t.Errorf("the lab did not try every kind of money: no %s", strings.Join(missing, ", "))
	}
}

// A seed replays: the same day twice, call by call.
func TestLabReplays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		one, errOne := run(t, Config{Seed: seed})
		two, errTwo := run(t, Config{Seed: seed})
		if diff := cmp.Diff(fmt.Sprint(one, errOne), fmt.Sprint(two, errTwo)); diff != "" {
			t.Error(diff)
		}
	}
}

// only are the weights of a day on which one trade is common.
func only(wanted ...int) []float64 {
	mix := make([]float64, len(trades))
	for _, i := range wanted {
		mix[i] = 4 / float64(len(wanted))
	}
	return mix
}

// The places of the trades in their list.
const (
	aLineCancelled = iota
	aDrop
	aMerge
	aSplit
	aDouble
	aLaterDouble
	aForeignReference
	anUnreadableOrder
	aRefusedOrder
	anUnknownSKU
	aBadAddress
)

// Bridges with a part left out: the lab must find each within the seeds that
// TestLab runs. Those about one kind of trade are looked for on days that have much
// of it.
func TestLabFindsPlantedBugs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrap func(*Ports)
		each func() func(*Ports) // in place of wrap: one for each day
		want string
		mix  []float64
		// prints has it looked for on days alone on which people print through the bridge.
		prints bool
	}{
		"no ledger of unseen reservations": {wrap: func(p *Ports) { p.Store = forgetful{p.Store} }, want: "at most"},
		"no reading back": {wrap: func(p *Ports) {
			believed := map[string]string{}
			p.Shipper, p.Orders = trustingShipper{p.Shipper, believed}, trustingOrders{p.Orders, believed}
		}, want: "the shop does not know"},
		"unsafe calls are repeated": {wrap: func(p *Ports) { p.Shipper = insistent{p.Shipper} }, want: "repeated blindly"},
		"the gate fails open":       {wrap: func(p *Ports) { p.Orders, p.Cancellations = careless{p.Orders}, open{p.Cancellations} }, want: "cancelled before its permit"},

		"single lines are never cancelled":             {wrap: func(p *Ports) { p.Orders = wholeOrders{p.Orders} }, want: "were not cancelled, and nobody is told", mix: only(aLineCancelled)},
		"what is cancelled in Linnworks is not listed": {wrap: func(p *Ports) { p.Revocations = nothingDropped{} }, want: "is cancelled in Linnworks and still", mix: only(aDrop)},
		"a merged order is its first one's": {wrap: func(p *Ports) {
			p.ToDispatch, p.Reader = firstOfMerged{p.ToDispatch}, firstRead{p.Reader}
		}, want: "the shop does not know", mix: only(aMerge)},
		"the second part of a split order is not seen": {wrap: func(p *Ports) {
			p.ToDispatch = onePart{p.ToDispatch, map[string]string{}}
		}, want: `the shop shows "" for a unit`, mix: only(aSplit)},
		"nobody looks for what others made":           {wrap: func(p *Ports) { p.OrderBook = ownOnly{p.OrderBook} }, want: "was made by hand as well, and nobody is told", mix: only(aDouble)},
		"what others made is taken for our own":       {wrap: func(p *Ports) { p.OrderBook = adopting{p.OrderBook} }, want: "no longer as they left it", mix: only(aForeignReference)},
		"an order that cannot be read is left out":    {wrap: func(p *Ports) { p.Orders = readableOnly{p.Orders} }, want: "is lost: it is not in Linnworks and nobody is told", mix: only(anUnreadableOrder)},
		"one order that cannot be read ends the list": {wrap: func(p *Ports) { p.Orders = brittle{p.Orders} }, want: "the last pass, without faults, still fails", mix: only(anUnreadableOrder)},
		"nobody looks again":                          {wrap: func(p *Ports) { p.Store = neverAgain{p.Store} }, want: "was mended", mix: only(anUnknownSKU, aBadAddress)},
		"the cases of two shops are in one queue": {each: func() func(*Ports) {
			var first exceptions.Queue
			return func(p *Ports) {
				if first == nil {
					first = p.Exceptions
				}
				p.Exceptions = first
			}
		}, want: "cannot go on, and nobody is told", mix: only(anUnknownSKU, aBadAddress)},
		"what is free is not offered":        {wrap: func(p *Ports) { p.Publisher = cutting{p.Publisher} }, want: "are on sale in warehouse"},
		"nobody sees that orders are locked": {wrap: func(p *Ports) { p.Touches = lockBlind{p.Touches} }, want: "at most"},
		"nobody sees what a campaign holds":  {wrap: func(p *Ports) { p.Shown = campaignBlind{p.Shown} }, want: "after two passes the shop shows"},
		"a restart forgets everything":       {wrap: func(p *Ports) { p.Store = new(store.Memory).Shop("new") }, want: "at most"},
		"what is stopped stays in the view":  {wrap: func(p *Ports) { p.View = sticky{p.View} }, want: "still stands in the printing view", prints: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 40; seed++ {
				if c.prints && !prints(seed) {
					continue
				}
				if c.each != nil {
					c.wrap = c.each()
				}
				_, err := run(t, Config{Seed: seed, Wrap: c.wrap, mix: c.mix})
				if err != nil && strings.Contains(err.Error(), c.want) {
					t.Logf("found with seed %d: %.200s", seed, err)
					return
				}
			}
			t.Errorf("40 seeds did not find it")
		})
	}
}

// wholeOrders does not see that a single line is cancelled.
type wholeOrders struct{ bridge.OrderSource }

func (o wholeOrders) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for order, err := range o.OrderSource.OrdersUpdated(ctx, from, to) {
			if !yield(whole(order), err) {
				return
			}
		}
	}
}

func (o wholeOrders) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := o.OrderSource.OrdersByID(ctx, ids)
	for i := range orders {
		orders[i] = whole(orders[i])
	}
	return orders, err
}

func whole(o bridge.Order) bridge.Order {
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].Cancelled = false
	}
	return o
}

// nothingDropped lists nothing.
type nothingDropped struct{}

func (nothingDropped) OrdersCancelled(context.Context, time.Time, time.Time) ([]bridge.WarehouseOrder, error) {
	return nil, nil
}

// firstOfMerged and firstRead name one shop order of a merged one.
type firstOfMerged struct{ bridge.DispatchSource }

func (f firstOfMerged) OrdersChanged(ctx context.Context, from time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		for o, err := range f.DispatchSource.OrdersChanged(ctx, from) {
			if !yield(firstOrder(o), err) {
				return
			}
		}
	}
}

func (f firstOfMerged) OrdersToDispatch(ctx context.Context, since time.Time) ([]bridge.WarehouseOrder, error) {
	orders, err := f.DispatchSource.OrdersToDispatch(ctx, since)
	for i := range orders {
		orders[i] = firstOrder(orders[i])
	}
	return orders, err
}

type firstRead struct{ bridge.WarehouseReader }

func (f firstRead) ReadOrders(ctx context.Context, ids []string) ([]bridge.WarehouseOrder, error) {
	orders, err := f.WarehouseReader.ReadOrders(ctx, ids)
	for i := range orders {
		orders[i] = firstOrder(orders[i])
	}
	return orders, err
}

func firstOrder(o bridge.WarehouseOrder) bridge.WarehouseOrder {
	if len(o.References) > 1 {
		o.References = o.References[:1]
	}
	return o
}

// onePart sees the part of an order that it has seen first.
type onePart struct {
	bridge.DispatchSource
	first map[string]string // by reference
}

func (p onePart) sees(o bridge.WarehouseOrder) bool {
	if o.Reference == "" || o.Tracking == "" {
		return true
	}
	if p.first[o.Reference] == "" {
		p.first[o.Reference] = o.ID
	}
	return p.first[o.Reference] == o.ID
}

func (p onePart) OrdersChanged(ctx context.Context, from time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		for o, err := range p.DispatchSource.OrdersChanged(ctx, from) {
			if (err != nil || p.sees(o)) && !yield(o, err) {
				return
			}
		}
	}
}

func (p onePart) OrdersToDispatch(ctx context.Context, since time.Time) ([]bridge.WarehouseOrder, error) {
	orders, err := p.DispatchSource.OrdersToDispatch(ctx, since)
	return slices.DeleteFunc(orders, func(o bridge.WarehouseOrder) bool { return !p.sees(o) }), err
}

// ownOnly does not find what others made, adopting takes it for the bridge's.
type ownOnly struct{ bridge.OrderBook }

func (b ownOnly) FindOrders(ctx context.Context, references []string) ([]bridge.WarehouseOrder, error) {
	orders, err := b.OrderBook.FindOrders(ctx, references)
	return slices.DeleteFunc(orders, func(o bridge.WarehouseOrder) bool { return o.Foreign != "" }), err
}

type adopting struct{ bridge.OrderBook }

func (b adopting) FindOrders(ctx context.Context, references []string) ([]bridge.WarehouseOrder, error) {
	orders, err := b.OrderBook.FindOrders(ctx, references)
	for i := range orders {
		orders[i].Foreign = ""
	}
	return orders, err
}

// readableOnly leaves out what cannot be read.
type readableOnly struct{ bridge.OrderSource }

func (o readableOnly) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for order, err := range o.OrderSource.OrdersUpdated(ctx, from, to) {
			if (err != nil || order.Unreadable == "") && !yield(order, err) {
				return
			}
		}
	}
}

func (o readableOnly) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := o.OrderSource.OrdersByID(ctx, ids)
	if _, other := exceptions.UnreadableIn(err); other == nil {
		err = nil
	}
	return slices.DeleteFunc(orders, func(o bridge.Order) bool { return o.Unreadable != "" }), err
}

// brittle ends the list at an order that cannot be read.
type brittle struct{ bridge.OrderSource }

func (o brittle) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for order, err := range o.OrderSource.OrdersUpdated(ctx, from, to) {
			if order.Unreadable != "" {
				order, err = bridge.Order{}, errors.New(order.Unreadable)
			}
			if !yield(order, err) || err != nil {
				return
			}
		}
	}
}

// cutting does not send what raises a number.
type cutting struct{ stock.Publisher }

func (c cutting) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	p.SKUs = slices.DeleteFunc(slices.Clone(p.SKUs), func(s stock.SKUStock) bool {
		for i, w := range s.Stock {
			if time.Now().Minute() >= 30 && w.Quantity > s.Shown[i].Quantity { // the first half of an hour fills the shop
				return true
			}
		}
		return false
	})
	if len(p.SKUs) == 0 {
		return nil, nil
	}
	return c.Publisher.PublishStock(ctx, p)
}

// lockBlind sees no locked order.
type lockBlind struct{ stock.Touches }

func (b lockBlind) ItemsTouched(ctx context.Context, since time.Time) (stock.Touched, error) {
	touched, err := b.Touches.ItemsTouched(ctx, since)
	touched.Orders = nil
	return touched, err
}

// campaignBlind does not see what campaigns hold.
type campaignBlind struct{ stock.ShownReader }

func (c campaignBlind) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	list, err := c.ShownReader.ShopStock(ctx, ids)
	for i := range list {
		list[i].Campaign = 0
	}
	return list, err
}

// neverAgain keeps no list of orders to look at again.
type neverAgain struct{ store.Shop }

func (neverAgain) PutRevisits(context.Context, string, ...store.Revisit) error { return nil }

// forgetful keeps no reservations.
type forgetful struct{ store.Shop }

func (forgetful) PutReservations(context.Context, ...store.Reservation) error { return nil }

// trustingShipper and trustingOrders believe that what was sent has arrived.
type trustingShipper struct {
	bridge.Shipper
	believed map[string]string // order: tracking
}

func (s trustingShipper) Ship(ctx context.Context, shipment bridge.Shipment) (string, error) {
	_, _ = s.Shipper.Ship(ctx, shipment)
	s.believed[shipment.Order.ID] = shipment.Tracking
	return "", nil
}

type trustingOrders struct {
	bridge.OrderSource
	believed map[string]string
}

func (o trustingOrders) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := o.OrderSource.OrdersByID(ctx, ids)
	for i := range orders {
		if tracking, ok := o.believed[orders[i].ID]; ok {
			orders[i].Status = bridge.AwaitingCollection
			for k := range orders[i].Lines {
				orders[i].Lines[k].Tracking = tracking
			}
		}
	}
	return orders, err
}

// insistent repeats a ship call that failed, without looking.
type insistent struct{ bridge.Shipper }

func (s insistent) Ship(ctx context.Context, shipment bridge.Shipment) (string, error) {
	warning, err := s.Shipper.Ship(ctx, shipment)
	if err != nil {
		warning, err = s.Shipper.Ship(ctx, shipment)
	}
	return warning, err
}

// sticky says of what it was to take out of the view that it is out.
type sticky struct{ release.View }

func (s sticky) Hide(_ context.Context, orders []release.Order) []error {
	return make([]error, len(orders))
}

// open and careless see no cancellation.
type open struct{ bridge.CancellationSource }

func (o open) PendingCancellations(ctx context.Context, ids []string) ([]bridge.Cancellation, error) {
	_, err := o.CancellationSource.PendingCancellations(ctx, ids)
	return nil, err
}

type careless struct{ bridge.OrderSource }

func (c careless) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := c.OrderSource.OrdersByID(ctx, ids)
	for i := range orders {
		orders[i].CancelRequested = false
		if orders[i].Status == bridge.Cancelled {
			orders[i].Status = bridge.AwaitingShipment
		}
	}
	return orders, err
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		start := time.Now()
		_, err := Run(ctx, Config{Seed: 1})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 21*time.Minute {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}
