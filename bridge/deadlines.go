package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Clock is one of the shop's deadlines for an order.
type Clock string

// The clocks. TikTok's names are in brackets.
const (
	ClockShip    Clock = "ship by"                     // not to count as late (rts_sla_time)
	ClockCancel  Clock = "cancelled unless shipped"    // (shipping_due_time)
	ClockCollect Clock = "cancelled unless collected"  // (collection_due_time)
	ClockRequest Clock = "request decided by the shop" // a buyer's request to cancel
)

// Deadline is a clock of an order at a moment.
type Deadline struct {
	OrderID string
	Clock   Clock
	At      time.Time
	// Left is the time until then, negative when it has passed.
	Left time.Duration
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
	s := fmt.Sprintf("order %s  %s %s (%s)", d.OrderID, d.Clock, d.At.UTC().Format("2006-01-02 15:04 UTC"), left)
	if d.AtRisk {
		s += "  " + d.Severity.String()
	}
	return s
}

// DeadlineLevel is how severe it is that something is not done when the time Left
// before its deadline is reached.
type DeadlineLevel struct {
	Left     time.Duration
	Severity exceptions.Severity
}

// DefaultDeadlineLevels are a notice a day, a warning eight hours, and an alarm
// two hours before the deadline.
func DefaultDeadlineLevels() []DeadlineLevel {
	return []DeadlineLevel{{24 * time.Hour, exceptions.Notice}, {8 * time.Hour, exceptions.Warning}, {2 * time.Hour, exceptions.Urgent}}
}

// checkLevels puts levels in order, the earliest first.
func checkLevels(levels []DeadlineLevel) ([]DeadlineLevel, error) {
	if len(levels) == 0 {
		return DefaultDeadlineLevels(), nil
	}
	levels = slices.SortedFunc(slices.Values(levels), func(a, b DeadlineLevel) int { return cmp.Compare(b.Left, a.Left) })
	for i, l := range levels {
		switch {
		case l.Left < 0 || l.Severity < exceptions.Notice || l.Severity > exceptions.Urgent:
			return nil, fmt.Errorf("Levels: %v before the deadline is %v: neither may be out of range", l.Left, l.Severity)
		case i > 0 && l.Severity < levels[i-1].Severity:
			return nil, fmt.Errorf("Levels: %v before the deadline is less severe than %v before", l.Left, levels[i-1].Left)
		}
	}
	return levels, nil
}

// levelAt is the level that is reached at now.
func levelAt(levels []DeadlineLevel, deadline, now time.Time) (severity exceptions.Severity, near bool) {
	if deadline.IsZero() {
		return exceptions.Notice, false
	}
	for _, l := range levels {
		if deadline.Sub(now) <= l.Left {
			severity, near = l.Severity, true
		}
	}
	return severity, near
}

// nextLevel is when the next level is reached; zero if none is to come.
func nextLevel(levels []DeadlineLevel, deadline, now time.Time) time.Time {
	for _, l := range levels {
		if at := deadline.Add(-l.Left); !deadline.IsZero() && at.After(now) {
			return at
		}
	}
	return time.Time{}
}

// escalate raises exceptions of one kind that are not open yet, or say another
// severity, deadline or remedy than what is open: the same twice would only count up.
func escalate(ctx context.Context, queue exceptions.Queue, list []exceptions.Exception, kinds ...exceptions.Kind) error {
	if len(list) == 0 {
		return nil
	}
	open, err := queue.Open(ctx, kinds...)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	known := make(map[exceptions.Ref]exceptions.Exception, len(open))
	for _, e := range open {
		known[e.Ref()] = e
	}
	for _, e := range list {
		if old, ok := known[e.Ref()]; ok && old.Severity == e.Severity && old.Deadline.Equal(e.Deadline) && old.Do == e.Do {
			continue
		}
		known[e.Ref()] = e
		if err := queue.Raise(ctx, e); err != nil {
			return fmt.Errorf("raising %q: %w", e.Kind, err)
		}
	}
	return nil
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
	if o.ShippingModel != FulfilledByTikTok {
		switch o.Status {
		case OnHold, AwaitingShipment, PartiallyShipping:
			add(ClockShip, o.ShipBy)
			add(ClockCancel, o.CancelledBy)
		case AwaitingCollection:
			add(ClockCollect, o.CollectBy)
		}
	}
	for _, c := range pending {
		if c.OrderID == o.ID && c.Pending {
			add(ClockRequest, c.Deadline)
		}
	}
	slices.SortStableFunc(list, func(a, b Deadline) int { return a.At.Compare(b.At) })
	return list
}

// RateLimits are the figures that the shop judges a seller by, in percent.
type RateLimits struct {
	// LateDispatch and SellerCancel are the most that is allowed, ValidTracking the
	// least. Defaults 4, 2.5 and 95: TikTok's for the US as of 2026. They differ by
	// market and season.
	//
	// https://seller-us.tiktok.com/university/essay?knowledge_id=3668989549299511
	LateDispatch, SellerCancel, ValidTracking float64
}

// Rate is one of those figures, of some orders, now and as it will be.
type Rate struct {
	Name string
	// Orders count, Bad of them are late, cancelled at the seller's fault, or have
	// no valid tracking.
	Orders, Bad int
	// Coming are orders that will be bad too if nothing is done about them.
	Coming int
	// Percent is the rate now, Forecast the rate with Coming, Limit what is allowed.
	Percent, Forecast, Limit float64
	// Least reports whether Limit is the least that is allowed, not the most.
	Least bool
}

// MarshalJSON returns the rate for programs.
func (r Rate) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Broken reports whether the limit is passed now.
func (r Rate) Broken() bool { return r.Orders > 0 && r.past(r.Percent) }

// Breaking reports whether the limit is passed, or will be.
func (r Rate) Breaking() bool { return r.Orders+r.Coming > 0 && (r.Broken() || r.past(r.Forecast)) }

func (r Rate) past(percent float64) bool {
	if r.Least {
		return percent < r.Limit
	}
	return percent > r.Limit
}

// String is one line for a log or a terminal.
func (r Rate) String() string {
	word := "at most"
	if r.Least {
		word = "at least"
	}
	s := fmt.Sprintf("%s %.1f %% (%d of %d orders), forecast %.1f %% with %d more, %s %.1f %% allowed", r.Name, r.Percent, r.Bad, r.Orders, r.Forecast, r.Coming, word, r.Limit)
	switch {
	case r.Broken():
		s += ": past it"
	case r.Breaking():
		s += ": about to be past it"
	}
	return s
}

// set computes the percentages.
func (r Rate) set(limit float64) Rate {
	share := func(bad, of int) float64 {
		if of == 0 {
			return 0
		}
		return 100 * float64(bad) / float64(of)
	}
	r.Limit = limit
	r.Percent, r.Forecast = share(r.Bad, r.Orders), share(r.Bad+r.Coming, r.Orders+r.Coming)
	if r.Least {
		r.Percent, r.Forecast = 100-r.Percent, 100-r.Forecast
	}
	return r
}

// Forecast computes the rates of orders at now, beside their limits. An order that
// is not shipped counts as coming late, or as coming to be cancelled, when less than
// horizon is left before that happens; one that is shipped and not collected, as
// coming without valid tracking. Orders of the platform's own warehouse do not
// count, nor do unpaid ones.
//
// The shop measures over weeks: give it the orders of as many. What the buyer
// cancelled is nobody's fault.
func (limits RateLimits) Forecast(orders []Order, now time.Time, horizon time.Duration) []Rate {
	late := Rate{Name: "late dispatch"}
	cancelled := Rate{Name: "seller cancellation"}
	tracking := Rate{Name: "valid tracking", Least: true}
	soon := func(at time.Time) bool { return !at.IsZero() && at.Sub(now) <= horizon }
	for _, o := range orders {
		if o.ShippingModel == FulfilledByTikTok || o.PaidAt.IsZero() {
			continue
		}
		shipped := !o.ShippedAt.IsZero()
		waiting := o.Status == AwaitingShipment || o.Status == PartiallyShipping || o.Status == OnHold
		overdue := waiting && !o.ShipBy.IsZero() && now.After(o.ShipBy)
		switch {
		case shipped || overdue:
			late.Orders++
			if overdue || !o.ShipBy.IsZero() && o.ShippedAt.After(o.ShipBy) {
				late.Bad++
			}
		case waiting && soon(o.ShipBy):
			late.Coming++
		}
		switch {
		case o.Status == Cancelled && (o.CancelInitiator == "SELLER" || o.CancelInitiator == "SYSTEM" && !shipped):
			cancelled.Orders++
			cancelled.Bad++
		case waiting && soon(o.CancelledBy):
			cancelled.Coming++
		default:
			cancelled.Orders++
		}
		if !shipped || o.ShippingModel != SellerShipping {
			continue
		}
		switch collected := !o.CollectedAt.IsZero() || o.Status == InTransit || o.Status == Delivered || o.Status == Completed; {
		case collected:
			tracking.Orders++
		case o.Status == Cancelled && o.CancelInitiator == "SYSTEM", len(trackings(o.Lines)) == 0, !o.CollectBy.IsZero() && now.After(o.CollectBy):
			tracking.Orders++
			tracking.Bad++
		case soon(o.CollectBy):
			tracking.Coming++
		}
	}
	return []Rate{
		late.set(cmp.Or(limits.LateDispatch, 4)), cancelled.set(cmp.Or(limits.SellerCancel, 2.5)), tracking.set(cmp.Or(limits.ValidTracking, 95)),
	}
}

// DeadlinePorts are what a [Deadlines] works on.
type DeadlinePorts struct {
	OpenOrders    OpenOrderSource
	Cancellations CancellationSource
	Exceptions    exceptions.Queue
}

// DeadlineOptions configure a [Deadlines]. Zero values take the defaults.
type DeadlineOptions struct {
	// Levels say how severe a near deadline is. Default [DefaultDeadlineLevels].
	Levels []DeadlineLevel
	// Limits are what the shop allows.
	Limits RateLimits
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
// the option that is wrong. All ports are required.
func NewDeadlines(p DeadlinePorts, o DeadlineOptions) (*Deadlines, error) {
	err := part.Required("bridge: NewDeadlines", map[string]any{"OpenOrders": p.OpenOrders, "Cancellations": p.Cancellations, "Exceptions": p.Exceptions})
	if err != nil {
		return nil, err
	}
	if o.Levels, err = checkLevels(o.Levels); err != nil {
		return nil, fmt.Errorf("bridge: NewDeadlines: %w", err)
	}
	for _, percent := range []float64{o.Limits.LateDispatch, o.Limits.SellerCancel, o.Limits.ValidTracking} {
		if !(percent >= 0 && percent <= 100) {
			return nil, fmt.Errorf("bridge: NewDeadlines: Limits: %v is no percentage", percent)
		}
	}
	if o.Horizon < 0 || o.MinOrders < 0 {
		return nil, errors.New("bridge: NewDeadlines: Horizon and MinOrders must not be negative")
	}
	o.Horizon = cmp.Or(o.Horizon, o.Levels[0].Left)
	o.MinOrders = cmp.Or(o.MinOrders, 30)
	o.Now = part.Clock(o.Now)
	return &Deadlines{ports: p, options: o}, nil
}

// Health returns how the checks went, and how many orders are at risk.
func (d *Deadlines) Health() health.Flow { return d.timings.Health() }

// DeadlineReport is what a check found.
type DeadlineReport struct {
	At time.Time
	// Open is the number of orders with a clock running.
	Open int
	// AtRisk are the clocks that are near or past, the nearest first.
	AtRisk []Deadline
	// Next is the nearest of all clocks, zero if none runs.
	Next Deadline
	// Rates are those of the open orders and the history.
	Rates []Rate
}

// MarshalJSON returns the report for programs.
func (r DeadlineReport) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is a summary, a line for each rate and one for each clock at risk.
func (r DeadlineReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d open orders, %d deadline(s) at risk\n", r.At.UTC().Format("2006-01-02 15:04 UTC"), r.Open, len(r.AtRisk))
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
// is. history are orders of the past weeks, as the caller keeps them, for the
// rates; those that are open are read anew.
func (d *Deadlines) Check(ctx context.Context, history ...Order) (report DeadlineReport, err error) {
	start := d.options.Now()
	defer func() { d.timings.Done(start, d.options.Now(), err) }()
	var orders []Order
	seen := map[string]bool{}
	for _, status := range deadlineStatuses {
		for o, err := range d.ports.OpenOrders.OrdersByStatus(ctx, status) {
			if err != nil {
				return report, fmt.Errorf("bridge: deadlines: reading the orders that are %s: %w", status, err)
			}
			if !seen[o.ID] {
				seen[o.ID] = true
				orders = append(orders, o)
			}
		}
	}
	pending, err := d.ports.Cancellations.PendingCancellations(ctx, nil)
	if err != nil {
		return report, fmt.Errorf("bridge: deadlines: reading the cancellations: %w", err)
	}
	report = d.report(start.UTC(), orders, pending, history, seen)
	d.timings.Waiting(len(report.AtRisk), time.Time{})
	if err := d.tell(ctx, report); err != nil {
		return report, fmt.Errorf("bridge: deadlines: %w", err)
	}
	return report, nil
}

func (d *Deadlines) report(now time.Time, orders []Order, pending []Cancellation, history []Order, seen map[string]bool) DeadlineReport {
	r := DeadlineReport{At: now}
	requests := map[string][]Cancellation{}
	for _, c := range pending {
		requests[c.OrderID] = append(requests[c.OrderID], c)
	}
	for _, o := range orders {
		clocks := o.Deadlines(requests[o.ID], now, d.options.Levels...)
		if len(clocks) > 0 {
			r.Open++
		}
		for _, c := range clocks {
			if r.Next.At.IsZero() || c.At.Before(r.Next.At) {
				r.Next = c
			}
			if c.AtRisk {
				r.AtRisk = append(r.AtRisk, c)
			}
		}
	}
	slices.SortStableFunc(r.AtRisk, func(a, b Deadline) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.OrderID, b.OrderID)) })
	for _, o := range history {
		if !seen[o.ID] {
			seen[o.ID] = true
			orders = append(orders, o)
		}
	}
	r.Rates = d.options.Limits.Forecast(orders, now, d.options.Horizon)
	return r
}

// deadlineRemedies say what to do about a clock.
var deadlineRemedies = map[Clock]string{
	ClockShip:    "send the order next; if it has left, enter its tracking number in Seller Center",
	ClockCancel:  "send the order now, or enter its tracking number in Seller Center: after this the shop cancels it",
	ClockCollect: "have the carrier collect or scan the parcel: after this the shop cancels the order",
	ClockRequest: "answer the buyer's request: after this the shop grants it",
}

// tell raises what is at risk and closes what no longer is.
func (d *Deadlines) tell(ctx context.Context, r DeadlineReport) error {
	wanted := map[exceptions.Ref]exceptions.Exception{}
	for _, c := range r.AtRisk {
		e := exceptions.New(exceptions.DeadlineNear, exceptions.ForOrder(c.OrderID), c.At, fmt.Sprintf("%s: %s", c.Clock, c.At.Format("2006-01-02 15:04 UTC")), deadlineRemedies[c.Clock])
		e.Severity = c.Severity
		// Of several clocks the most severe speaks, and of those the nearest.
		if first, ok := wanted[e.Ref()]; !ok || e.Severity > first.Severity {
			wanted[e.Ref()] = e
		}
	}
	for _, rate := range r.Rates {
		if !rate.Breaking() || rate.Orders+rate.Coming < d.options.MinOrders {
			continue
		}
		e := exceptions.New(exceptions.RateAtRisk, "rate of "+rate.Name, time.Time{}, rate.String(), "look which orders and SKUs it comes from, and send first what is about to be late")
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
	if err := escalate(ctx, d.ports.Exceptions, list, exceptions.DeadlineNear, exceptions.RateAtRisk); err != nil {
		return err
	}
	open, err := d.ports.Exceptions.Open(ctx, exceptions.DeadlineNear, exceptions.RateAtRisk)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	for _, e := range open {
		if _, still := wanted[e.Ref()]; still {
			continue
		}
		if err := d.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
			return fmt.Errorf("closing %q: %w", e.Kind, err)
		}
	}
	return nil
}
