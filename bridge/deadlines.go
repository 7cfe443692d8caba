package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/bridge/returns"
)

// Clock is one of the shop's deadlines for an order.
type Clock string

// The clocks. TikTok's names are in brackets.
const (
	ClockShip    Clock = "ship by"                     // not to count as late (rts_sla_time)
	ClockPickUp  Clock = "picked up by"                // the same in South-East Asia (pick_up_cut_off_time)
	ClockScan    Clock = "scanned by"                  // the same, by the carrier's scan (tts_sla_time)
	ClockCancel  Clock = "cancelled unless shipped"    // (shipping_due_time)
	ClockCollect Clock = "cancelled unless collected"  // (collection_due_time)
	ClockRequest Clock = "request decided by the shop" // a buyer's request to cancel

	// What buyers want back has cases of its own: its clocks are on the board alone.
	clockReturn Clock = "return decided by the shop"
	clockGoods  Clock = "returned goods accepted by the shop"
)

// Deadline is a clock of an order at a moment.
type Deadline struct {
	OrderID string
	Clock   Clock
	At      time.Time
	// Left is the time until then, negative when it has passed.
	Left time.Duration
	// LastCollection is when the carrier's van leaves for the last time before then;
	// zero if no calendar says, or if no van is waited for.
	LastCollection time.Time
	// AtRisk reports whether it is near, Severity how much that matters.
	AtRisk   bool
	Severity exceptions.Severity
}

// MarshalJSON returns the deadline with the time left as text.
func (d Deadline) MarshalJSON() ([]byte, error) { return part.JSON(d) }

// Minutes is the time left in whole minutes, rounded down.
func (d Deadline) Minutes() int {
	m := int(d.Left / time.Minute)
	if d.Left < 0 && d.Left%time.Minute != 0 {
		m--
	}
	return m
}

// String is one line for a log or a terminal.
func (d Deadline) String() string {
	left := fmt.Sprintf("in %d min", d.Minutes())
	if d.Left < 0 {
		left = fmt.Sprintf("%d min ago", -d.Minutes())
	}
	s := fmt.Sprintf("order %s  %s %s (%s)%s", d.OrderID, d.Clock, d.At.UTC().Format("2006-01-02 15:04 UTC"), left, d.van())
	if d.AtRisk {
		s += "  " + d.Severity.String()
	}
	return s
}

// van tells of the last collection.
func (d Deadline) van() string {
	switch {
	case d.LastCollection.IsZero():
		return ""
	case d.vanGone():
		return ", the last van before it has gone"
	}
	return ", last van before it " + d.LastCollection.UTC().Format("2006-01-02 15:04 UTC")
}

// vanGone reports whether the last van before the deadline has left.
func (d Deadline) vanGone() bool {
	return !d.LastCollection.IsZero() && d.LastCollection.Before(d.At.Add(-d.Left))
}

// returned reports whether it is a clock of what a buyer wants back.
func (d Deadline) returned() bool { return d.Clock == clockReturn || d.Clock == clockGoods }

// collected measures the deadline by the last van before it, if that is the earlier
// end: once it has gone, hours that are left help nobody.
func (d Deadline) collected(calendar *policy.Calendar, levels []DeadlineLevel) Deadline {
	at, ok := calendar.Last(d.At)
	if !ok || d.Clock == ClockRequest || d.returned() {
		return d
	}
	d.LastCollection = at
	now := d.At.Add(-d.Left)
	if d.Severity, d.AtRisk = levelAt(levels, at, now); d.vanGone() {
		d.Severity, d.AtRisk = exceptions.Urgent, true
	}
	return d
}

// Deadlines returns the clocks that run for the order at now, the nearest first.
// pending are cancellation requests that wait for the seller; those of other
// orders are ignored. Without levels the default ones are taken.
func (o Order) Deadlines(pending []Cancellation, now time.Time, levels ...DeadlineLevel) []Deadline {
	if len(levels) == 0 {
		levels = DefaultDeadlineLevels()
	}
	var list []Deadline
	add := func(c Clock, at time.Time) {
		if !at.IsZero() {
			d := Deadline{OrderID: o.ID, Clock: c, At: at.UTC(), Left: at.Sub(now)}
			d.Severity, d.AtRisk = levelAt(levels, at, now)
			list = append(list, d)
		}
	}
	ours := o.ShippingModel != FulfilledByTikTok
	if ours && o.waits() {
		add(ClockShip, o.ShipBy)
		add(ClockCancel, o.CancelledBy)
	}
	if ours && o.Status == AwaitingCollection {
		add(ClockCollect, o.CollectBy)
	}
	if ours && (o.waits() || o.Status == AwaitingCollection) && !o.collected() {
		add(ClockPickUp, o.PickUpBy)
		add(ClockScan, o.HandOverBy)
	}
	for _, c := range pending {
		if c.OrderID == o.ID && c.Pending {
			add(ClockRequest, c.Deadline)
		}
	}
	slices.SortStableFunc(list, func(a, b Deadline) int { return a.At.Compare(b.At) })
	return list
}

// DeadlinePorts are what a [Deadlines] works on.
type DeadlinePorts struct {
	OpenOrders    OpenOrderSource
	Cancellations CancellationSource
	Exceptions    exceptions.Queue
	// Over counts the orders that are over, for the rates. Optional: without it, they
	// are those of the open orders and of the history that [Deadlines.Check] is given.
	Over rates.Counter
	// Faults counts returns at the seller's fault, in Over. Optional: without it nobody
	// tells how many there are.
	Faults rates.FaultCounter
	// Returns are those that wait for the seller, whose clocks are reported too; their cases
	// are raised by a [returns.Watch]. Optional.
	Returns interface {
		WaitingReturns(ctx context.Context) ([]returns.Return, error)
	}
}

// DeadlineOptions configure a [Deadlines]. Zero values take the defaults.
type DeadlineOptions struct {
	// Levels say how severe a near deadline is. Default [DefaultDeadlineLevels].
	Levels []DeadlineLevel
	// Measures are what the shop allows. Default [policy.DefaultMeasures].
	Measures *policy.Measures
	// Kinds says which kinds of orders count in which measure. Default
	// [policy.DefaultKinds].
	Kinds *policy.Kinds
	// Market is the two-letter code of the shop's market, for orders that name none.
	Market string
	// Collections are when the carrier's van leaves: the clocks that wait for it run to
	// the last one before the deadline. Nil: as if one left at every moment.
	Collections *policy.Calendar
	// Horizon is how far the forecast of the rates looks ahead. Default the first
	// of Levels.
	Horizon time.Duration
	// MinOrders is how many orders a rate must count to be raised. Default 30,
	// from which on TikTok judges.
	MinOrders int
	// Now replaces time.Now.
	Now func() time.Time
}

// Deadlines watches the shop's own clocks: for every open order, whatever stands
// in its way and whoever should have seen it, an exception comes before the
// deadline, and grows more severe as it comes near. It closes them when the
// orders have moved on.
type Deadlines struct {
	ports   DeadlinePorts
	options DeadlineOptions
	timings health.Timings
}

// NewDeadlines returns a Deadlines, or an error that names every missing port or
// the option that is wrong. All ports but Over, Faults and Returns are
// required.
func NewDeadlines(p DeadlinePorts, o DeadlineOptions) (*Deadlines, error) {
	err := part.Required("bridge: NewDeadlines", map[string]any{"OpenOrders": p.OpenOrders, "Cancellations": p.Cancellations, "Exceptions": p.Exceptions})
	if err != nil {
		return nil, err
	}
	if o.Levels, err = checkLevels(o.Levels); err != nil {
		return nil, fmt.Errorf("bridge: NewDeadlines: %w", err)
	}
	if o.Horizon < 0 || o.MinOrders < 0 {
		return nil, errors.New("bridge: NewDeadlines: Horizon and MinOrders must not be negative")
	}
	o.Horizon = cmp.Or(o.Horizon, o.Levels[0].Left)
	o.MinOrders = cmp.Or(o.MinOrders, 30)
	o.Measures, o.Kinds = cmp.Or(o.Measures, policy.DefaultMeasures()), cmp.Or(o.Kinds, policy.DefaultKinds())
	if p.Over != nil && p.Over.Keeps() < o.Measures.LongestWindow() {
		return nil, fmt.Errorf("bridge: NewDeadlines: Over keeps its counts for %v, and Measures count over %v", p.Over.Keeps(), o.Measures.LongestWindow())
	}
	if p.Faults != nil && p.Over == nil {
		return nil, errors.New("bridge: NewDeadlines: Faults needs Over: it counts in it")
	}
	o.Now = part.Clock(o.Now)
	return &Deadlines{ports: p, options: o}, nil
}

// Count counts those of the orders that are over, for the rates: give it every order
// that the shop has changed, as it was read. The error is a store's: what is not counted
// yet is with the next call or check, which says so too.
func (d *Deadlines) Count(ctx context.Context, orders ...Order) error {
	if d.ports.Over == nil {
		return nil
	}
	var over []rates.Order
	for _, o := range orders {
		o.Market = cmp.Or(o.Market, d.options.Market)
		if c, ok := o.counted(d.options.Kinds, d.options.Now()); ok {
			over = append(over, c)
		}
	}
	if len(over) == 0 {
		return nil
	}
	if err := d.ports.Over.Count(ctx, over...); err != nil {
		return fmt.Errorf("bridge: deadlines: %w", err)
	}
	return nil
}

// Health returns how the checks went, and how many orders are at risk.
func (d *Deadlines) Health() health.Flow { return d.timings.Health() }

// DeadlineReport is what a check found.
type DeadlineReport struct {
	At time.Time
	// Open is the number of orders with a clock running.
	Open int
	// AtRisk are the clocks that are near or past, the nearest first; those of returns that
	// wait are among them.
	AtRisk []Deadline
	// Next is the nearest of all clocks, zero if none runs.
	Next Deadline
	// Later are the first 50 of the clocks that are not at risk yet, the nearest first.
	Later []Deadline
	// Rates are those of the open orders, of those that are over, and of the history.
	Rates []Rate
}

// mostLater is how many clocks that are not at risk a report has.
const mostLater = 50

// MarshalJSON returns the report for programs.
func (r DeadlineReport) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is a summary, a line for each rate and one for each clock at risk.
func (r DeadlineReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s at risk\n", r.At.UTC().Format("2006-01-02 15:04 UTC"), part.Count(r.Open, "open order"), part.Count(len(r.AtRisk), "deadline"))
	for _, rate := range r.Rates {
		fmt.Fprintln(&b, rate)
	}
	for _, d := range r.AtRisk {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

// deadlineStatuses are the statuses with a clock that the seller can do something
// about.
var deadlineStatuses = [...]OrderStatus{AwaitingShipment, PartiallyShipping, AwaitingCollection}

// Check reads the open orders, raises what is at risk and closes what no longer
// is. history are orders of the past weeks, as the caller keeps them, for the rates, if
// nobody counts those that are over; those that are open are read anew.
//
// An order that was read as open counts as that, whatever it was counted as meanwhile. One
// that ends before it is read, and is counted after, is missing in the rates of one check.
func (d *Deadlines) Check(ctx context.Context, history ...Order) (report DeadlineReport, err error) {
	start := d.options.Now()
	defer func() { d.timings.Done(start, d.options.Now(), err) }()
	var orders []Order
	seen := map[string]bool{}
	for _, status := range deadlineStatuses {
		for o, err := range d.ports.OpenOrders.OrdersByStatus(ctx, status, time.Time{}) {
			if err != nil {
				return report, fmt.Errorf("bridge: deadlines: reading the orders that are %s: %w", status, err)
			}
			if !seen[o.ID] {
				seen[o.ID] = true
				orders = append(orders, o)
			}
		}
	}
	// Cancellations and returns that cannot be read keep nobody from hearing of deadlines.
	pending, requestsErr := d.ports.Cancellations.PendingCancellations(ctx, nil)
	if requestsErr != nil {
		requestsErr = fmt.Errorf("bridge: deadlines: reading the cancellations: %w", requestsErr)
	}
	unread, returnsErr := returnsNotRead, error(nil)
	if d.ports.Faults != nil {
		unread = ""
		if returnsErr = d.ports.Faults.Count(ctx); returnsErr != nil {
			unread, returnsErr = returnsUnread, fmt.Errorf("bridge: deadlines: reading returns: %w", returnsErr)
		}
	}
	var waiting []returns.Return // those that were read, also beside an error
	if d.ports.Returns != nil {
		var failed error
		if waiting, failed = d.ports.Returns.WaitingReturns(ctx); failed != nil {
			returnsErr = errors.Join(returnsErr, fmt.Errorf("bridge: deadlines: reading the returns that wait: %w", failed))
		}
	}
	var over rates.Counts
	failed := errors.Join(requestsErr, returnsErr)
	if d.ports.Over != nil {
		if over, err = d.ports.Over.Counts(ctx, slices.Collect(maps.Keys(seen))...); err != nil {
			return report, errors.Join(fmt.Errorf("bridge: deadlines: %w", err), failed)
		}
	}
	report = d.report(start.UTC(), orders, pending, waiting, history, seen, over, unread)
	d.timings.Waiting(len(report.AtRisk), time.Time{})
	if err := d.tell(ctx, report, requestsErr == nil); err != nil {
		return report, errors.Join(fmt.Errorf("bridge: deadlines: %w", err), failed)
	}
	return report, failed
}

func (d *Deadlines) report(now time.Time, orders []Order, pending []Cancellation, waiting []returns.Return, history []Order, seen map[string]bool, over rates.Counts, unread string) DeadlineReport {
	r := DeadlineReport{At: now}
	requests := map[string][]Cancellation{}
	for _, c := range pending {
		requests[c.OrderID] = append(requests[c.OrderID], c)
	}
	// A request waits for an answer in whatever state its order is.
	listed := slices.Clone(orders)
	for _, id := range slices.Sorted(maps.Keys(requests)) {
		if !seen[id] {
			listed = append(listed, Order{ID: id})
		}
	}
	back := map[string][]Deadline{}
	for _, w := range waiting {
		if w.Ask == "" || w.Deadline.IsZero() {
			continue
		}
		c := Deadline{OrderID: w.OrderID, Clock: clockReturn, At: w.Deadline.UTC(), Left: w.Deadline.Sub(now)}
		if w.Ask == returns.AskGoods {
			c.Clock = clockGoods
		}
		c.Severity, c.AtRisk = levelAt(d.options.Levels, w.Deadline, now)
		if back[w.OrderID] = append(back[w.OrderID], c); !slices.ContainsFunc(listed, func(o Order) bool { return o.ID == w.OrderID }) {
			listed = append(listed, Order{ID: w.OrderID})
		}
	}
	for _, o := range listed {
		clocks := append(o.Deadlines(requests[o.ID], now, d.options.Levels...), back[o.ID]...)
		if len(clocks) > 0 {
			r.Open++
		}
		for _, c := range clocks {
			c = c.collected(d.options.Collections, d.options.Levels)
			if r.Next.At.IsZero() || c.At.Before(r.Next.At) {
				r.Next = c
			}
			if c.AtRisk {
				r.AtRisk = append(r.AtRisk, c)
			} else {
				r.Later = append(r.Later, c)
			}
		}
	}
	nearest := func(a, b Deadline) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.OrderID, b.OrderID)) }
	slices.SortStableFunc(r.AtRisk, nearest)
	slices.SortStableFunc(r.Later, nearest)
	r.Later = slices.Clone(r.Later[:min(len(r.Later), mostLater)])
	for _, o := range history {
		if !seen[o.ID] {
			seen[o.ID] = true
			orders = append(orders, o)
		}
	}
	if d.options.Market != "" {
		orders = slices.Clone(orders)
		for i := range orders {
			orders[i].Market = cmp.Or(orders[i].Market, d.options.Market)
		}
	}
	r.Rates = forecast(d.options.Measures, d.options.Kinds, orders, over, unread, d.options.Market, now, d.options.Horizon)
	return r
}

// deadlineRemedies say what to do about a clock.
var deadlineRemedies = map[Clock]string{
	ClockShip:    "send the order next; if it has left, enter its tracking number in Seller Center",
	ClockPickUp:  "have the parcel ready for the carrier, and see that it is picked up: after this the order counts as late",
	ClockScan:    "see that the carrier has the parcel and scans it: after this the order counts as late, whatever number it has",
	ClockCancel:  "send the order now, or enter its tracking number in Seller Center: after this the shop cancels it",
	ClockCollect: "have the carrier collect or scan the parcel: after this the shop cancels the order",
	ClockRequest: "answer the buyer's request: after this the shop grants it",
}

// tell raises what is at risk and closes what no longer is: of orders only if all requests
// were read.
func (d *Deadlines) tell(ctx context.Context, r DeadlineReport, whole bool) error {
	wanted := map[exceptions.Ref]exceptions.Exception{}
	for _, c := range r.AtRisk {
		if c.returned() {
			continue // it has a case of its own
		}
		by, do := c.At, deadlineRemedies[c.Clock]
		if c.vanGone() {
			do += "; the van has gone: ask the carrier for another collection, or take the parcel to its depot"
		} else if !c.LastCollection.IsZero() {
			by = c.LastCollection
		}
		e := exceptions.New(exceptions.DeadlineNear, exceptions.ForOrder(c.OrderID), by, fmt.Sprintf("%s: %s%s", c.Clock, c.At.Format("2006-01-02 15:04 UTC"), c.van()), do)
		e.Severity = c.Severity
		// Of several clocks the most severe speaks, and of those the nearest.
		if first, ok := wanted[e.Ref()]; !ok || e.Severity > first.Severity {
			wanted[e.Ref()] = e
		}
	}
	unread := map[string]bool{} // rates that may be at risk still
	for _, rate := range r.Rates {
		object, do := "rate of "+rate.Name(), "look which orders and SKUs it comes from, and send first what is about to be late"
		if rate.Measure == policy.SellerFaultReturns {
			do = "look in Seller Center, Account Health, which products and reasons it comes from, and correct their listings, or how they are picked and packed"
		}
		unread[object] = rate.Unknown == returnsUnread
		if !rate.Breaking() || rate.Orders+rate.Coming < d.options.MinOrders {
			continue
		}
		e := exceptions.New(exceptions.RateAtRisk, object, time.Time{}, rate.String(), do)
		if rate.Broken() {
			e.Severity = exceptions.Urgent
		}
		wanted[e.Ref()] = e
	}
	list := make([]exceptions.Exception, 0, len(wanted))
	for _, e := range wanted {
		list = append(list, e)
	}
	slices.SortFunc(list, exceptions.Compare)
	if err := exceptions.Escalate(ctx, d.ports.Exceptions, list, exceptions.DeadlineNear, exceptions.RateAtRisk); err != nil {
		return err
	}
	open, err := d.ports.Exceptions.Open(ctx, exceptions.DeadlineNear, exceptions.RateAtRisk)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	for _, e := range open {
		if _, still := wanted[e.Ref()]; still || e.Kind == exceptions.RateAtRisk && unread[e.Object] || e.Kind == exceptions.DeadlineNear && !whole {
			continue
		}
		if err := d.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
			return fmt.Errorf("closing %q: %w", e.Kind, err)
		}
	}
	return nil
}
