package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Config describes a run of the lab. The zero value of every field but Seed has
// a default.
//
// The bridge works in passes, and in a LIVE by the methods of [stock.Engine] every second,
// one call after the other. [stock.Engine.Run], and an intake that reserves beside its run
// ([bridge.IntakePorts].Reserve), have goroutines: of those that simulated time wakes at one
// moment, the scheduler says which calls first, and with that which call people act after and
// which meets a fault. A seed would not replay. TestSyncInALive of package bridge plays
// LIVEs of 0.5 to 20 orders a second through a whole Sync whose engine runs without a pause,
// on a network that loses calls, and holds them to what the lab asserts of passes: nothing
// published above what is free, nothing oversold, and what is left on sale at the end.
type Config struct {
	// Seed decides everything that happens.
	Seed uint64
	// Trading is how long buyers buy. Default two hours. Two more hours follow
	// in which nothing fails and everything has to come right.
	Trading time.Duration
	// Every is the time between two passes of the bridge. Default five minutes.
	Every time.Duration
	// OrdersPerHour is the number of orders in the shop. Default 12.
	OrdersPerHour float64
	// Faults are the chances of a fault for each call. Default [StormyRates].
	Faults *Rates
	// Open is called when a process of the bridge begins, and returns what it remembers
	// and the cases of its people. What the process before it has opened is its to close.
	// Default: one store in memory for the whole run.
	Open func(context.Context) (store.Store, exceptions.Store, error)
	// Wrap may replace ports before the bridge is put together.
	Wrap func(*Ports)

	// Books has the shop settle and pay at the end what was traded, and finance close the books.
	Books bool

	// mix are the weights of the trades instead of those that the seed draws.
	mix []float64
}

// Rates are the chances, from 0 to 1, that a call meets a fault.
type Rates struct {
	// CutBefore ends the connection before the request is read, CutAfter after
	// it took effect.
	CutBefore, CutAfter float64
	// Throttled is a 429, Failed a 500, Overloaded a 503.
	Throttled, Failed, Overloaded float64
	// Slow is a delay of up to a minute.
	Slow float64
	// Killed ends the bridge's process before the call: nothing of the pass
	// happens after it, and a new process begins with what was stored.
	Killed float64
	// Storms is how many times an hour a side refuses half of all calls for some
	// minutes.
	Storms float64
}

// StormyRates are a bad day: one call in eight meets a fault, and the process dies
// now and then.
var StormyRates = Rates{CutBefore: 0.02, CutAfter: 0.04, Throttled: 0.02, Failed: 0.02, Overloaded: 0.01, Slow: 0.02, Killed: 0.002, Storms: 0.5}

// Ports are what the primitives work on.
type Ports struct {
	Orders        bridge.OrderSource
	OpenOrders    bridge.OpenOrderSource
	ReferencesTo  bridge.ReferenceWriter
	Listings      catalogue.ListingSource
	Bundles       catalogue.BundleSource
	Publisher     stock.Publisher
	Clock         stock.Clock
	Shown         stock.ShownReader
	States        stock.ProductStates
	Shipper       bridge.Shipper
	Documents     bridge.LabelSource
	Cancellations bridge.CancellationSource
	Desk          bridge.CancellationDesk
	SellerDesk    bridge.SellerDesk

	Catalogue catalogue.Source
	Levels    stock.Reader
	Touches   stock.Touches
	OrderBook bridge.OrderBook
	Tracer    bridge.OrderTracer
	Addresses bridge.AddressWriter
	Canceller bridge.OrderCanceller
	Lines     bridge.LineReducer
	Tracking  bridge.TrackingWriter
	Processor bridge.OrderProcessor
	// Reader and ToDispatch are the warehouse's lists for dispatch.
	Reader     bridge.WarehouseReader
	ToDispatch bridge.DispatchSource
	// Revocations lists what people have cancelled in the warehouse.
	Revocations bridge.CancelledOrderSource
	// Finder and View are for printing; nil on days on which nobody prints through the bridge.
	Finder printing.Finder
	View   release.View

	Store      store.Shop
	Exceptions exceptions.Queue
}

// Report counts what happened in a run.
type Report struct {
	Seed   uint64
	Market string
	// Simulated is the time that passed in the run.
	Simulated time.Duration
	Counts
	// Kinds of money were on the statements of the shops.
	Kinds Kinds
}

// Counts are how often things happened.
type Counts struct {
	// TwoShops is one on a day with two shops, Skewed on one on which TikTok's clock and ours
	// differ, Limited on one on which the clients keep to the limits that both sides set.
	TwoShops, Skewed, Limited int
	// Orders were placed in the shop, TurnedAway found it sold out, Elsewhere
	// came through another channel.
	Orders, TurnedAway, Elsewhere int
	// Lives are LIVE sessions of five orders a second.
	Lives int
	// Cancelled orders were cancelled on both sides; Late ones after the cut-off, and
	// are in the queue. LinesCancelled are single lines.
	Cancelled, Late, LinesCancelled int
	// Dropped orders were cancelled in Linnworks, of which Revoked in the shop by the
	// bridge.
	Dropped, Revoked int
	// Merged is how often two orders became one, MergedCancelled how often one of the
	// two was cancelled then, Split how often one became two.
	Merged, MergedCancelled, Split int
	// ByHand and Foreign orders were made in Linnworks by people and by another channel
	// for one of the shop; SentByHand ones were sent by people.
	ByHand, Foreign, SentByHand int
	// Unreadable and Refused orders were poisoned; Mended ones were shipped after
	// somebody had done what a case says.
	Unreadable, Refused, Mended int
	Shipped                     int
	// Locked is how often an order was locked in Linnworks, which gives its units free, and
	// unlocked again.
	Locked int
	// Campaigns held units in the shop, of SKUs that the warehouse was running out of too.
	// DeadIntakes is how often no order was taken in for a while. KeptBack is one on a day
	// on which units of every SKU are kept back.
	Campaigns, DeadIntakes, KeptBack int
	// Deadlines passed before the order was shipped, all of them told of before.
	Deadlines int
	// Kills are ends of the process in the middle of a call, Restarts in good order.
	Passes, Calls, Faults, Kills, Restarts int
	Exceptions                             int
	// PrintDays are the shops of days on which people print through the bridge. They Pressed
	// the button, and got Labels or, for stopped orders, LabelsRefused. Released orders came
	// into the printing view, PulledBack ones were taken out.
	PrintDays, Pressed, Labels, LabelsRefused, Released, PulledBack int
	// Payouts were made, PaidAbroad of them in another currency than the shop's; Carried had
	// a negative statement taken off. Settled orders were on a statement, PartCancelled of
	// them without a line that was cancelled.
	Payouts, PaidAbroad, Carried, Settled, PartCancelled int
	// Refunded orders were paid back, PartReturns of them for a part alone, GoodsReturned with
	// the goods; RefundsBooked are those in Linnworks.
	Refunded, PartReturns, GoodsReturned, RefundsBooked int
	// Penalties and LateAdjustments were charged, the latter after the order was settled;
	// Reserves were held back, ReservesReleased of them given back.
	Penalties, LateAdjustments, Reserves, ReservesReleased int
	// FeesCompared orders were held against the published rules. PenniesFound and
	// BreachesFound were planted in the books.
	FeesCompared, PenniesFound, BreachesFound int
}

// String names every count that is not zero.
func (c Counts) String() string {
	var list []string
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if n := v.Field(i).Int(); n != 0 {
			list = append(list, fmt.Sprintf("%s %d", v.Type().Field(i).Name, n))
		}
	}
	return strings.Join(list, ", ")
}

// Zero names the counts that are zero.
func (c Counts) Zero() (list []string) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			list = append(list, v.Type().Field(i).Name)
		}
	}
	return list
}

// String is one line.
func (r Report) String() string {
	return fmt.Sprintf("seed %d (%s), %s: %s", r.Seed, r.Market, r.Simulated.Round(time.Minute), r.Counts)
}

// Add sums reports up.
func (r Report) Add(other Report) Report {
	r.Simulated += other.Simulated
	r.Kinds = r.Kinds.plus(other.Kinds)
	sum, more := reflect.ValueOf(&r.Counts).Elem(), reflect.ValueOf(other.Counts)
	for i := range sum.NumField() {
		sum.Field(i).SetInt(sum.Field(i).Int() + more.Field(i).Int())
	}
	return r
}

// ViolationError is a promise that the bridge did not keep.
type ViolationError struct {
	Seed uint64
	// At is the simulated time since the start.
	At   time.Duration
	What string
}

func (v *ViolationError) Error() string {
	return fmt.Sprintf("seed %d, after %s: %s", v.Seed, v.At.Round(time.Second), v.What)
}

// Run trades and checks. The error joins every [ViolationError].
func Run(ctx context.Context, c Config) (Report, error) {
	l, err := openLab(ctx, c)
	if err != nil {
		return Report{}, err
	}
	c = l.config
	l.plan()
	l.planShelves()
	for passAt := l.start; passAt.Before(l.start.Add(c.Trading)); passAt = passAt.Add(c.Every) {
		if err := l.waitUntil(ctx, passAt); err != nil {
			return l.report, err
		}
		if !l.liveAt.IsZero() && passAt.After(l.liveAt) {
			l.liveAt = time.Time{}
			if err := l.live(ctx); err != nil {
				return l.report, err
			}
		}
		_ = l.pass(ctx) // returned errors are for the next pass: what stays wrong is found at the end
	}
	err = l.settle(ctx)
	l.report.Seed, l.report.Simulated = c.Seed, time.Since(l.start)
	for _, s := range l.shops {
		l.report.Market = strings.TrimPrefix(l.report.Market+"+"+s.market, "+")
		if open, e := s.queue.Open(ctx); e == nil {
			l.report.Exceptions += len(open)
		}
	}
	if c.Books {
		l.closeBooks(ctx)
	}
	return l.report, errors.Join(append([]error{err}, l.violations...)...)
}

// openLab builds a lab in which nothing is planned yet.
func openLab(ctx context.Context, c Config) (*lab, error) {
	if c.Trading <= 0 {
		c.Trading = 2 * time.Hour
	}
	if c.Every <= 0 {
		c.Every = 5 * time.Minute
	}
	if c.OrdersPerHour <= 0 {
		c.OrdersPerHour = 12
	}
	if c.Faults == nil {
		c.Faults = new(StormyRates)
	}
	if c.Open == nil {
		account, cases := new(store.Memory), new(exceptions.Memory)
		c.Open = func(context.Context) (store.Store, exceptions.Store, error) { return account, cases, nil }
	}
	l := &lab{config: c, rand: rand.New(rand.NewPCG(c.Seed, 0x11bb)), shelfRand: rand.New(rand.NewPCG(c.Seed, 0x5e1f)), start: time.Now(), rates: *c.Faults}
	l.liveAt = l.drawLive()
	if err := l.build(ctx); err != nil {
		return nil, fmt.Errorf("seed %d: building the lab: %w", c.Seed, err)
	}
	return l, nil
}

// How a day ends: in rounds, of which the second half is quiet.
const (
	rounds, roundTakes = 8, 15 * time.Minute
	quietFrom          = rounds / 2 * roundTakes
)

// settle ends trading, lets holds run out and people finish their work, ends the
// faults half-way, and demands that everything has come right.
func (l *lab) settle(ctx context.Context) error {
	for round := range rounds {
		if round == rounds/2 {
			l.rates, l.quiet = Rates{}, true
		}
		next := time.Now().Add(roundTakes)
		// While calls fail the bridge keeps its pace: what one pass could not do,
		// one of the next has to before a deadline.
		for at := time.Now().Add(l.config.Every); l.rates != (Rates{}) && at.Before(next); at = at.Add(l.config.Every) {
			if err := l.waitUntil(ctx, at); err != nil {
				return err
			}
			_ = l.pass(ctx)
		}
		if err := l.waitUntil(ctx, next); err != nil {
			return err
		}
		l.staff(1)
		l.lastErr = l.pass(ctx)
	}
	if l.lastErr != nil {
		l.violate("the last pass, without faults, still fails: %v", l.lastErr)
	}
	l.verdict(ctx)
	return nil
}

// waitUntil lets people act and time pass.
func (l *lab) waitUntil(ctx context.Context, at time.Time) error {
	for {
		next := at
		if e, ok := l.nextEvent(); ok && e.at.Before(next) {
			next = e.at
		}
		if err := sleepUntil(ctx, next); err != nil {
			return err
		}
		l.act(time.Now())
		if !next.Before(at) {
			return nil
		}
	}
}

func sleepUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lab) violate(format string, args ...any) {
	l.violations = append(l.violations, &ViolationError{Seed: l.config.Seed, At: time.Since(l.start), What: fmt.Sprintf(format, args...)})
}
