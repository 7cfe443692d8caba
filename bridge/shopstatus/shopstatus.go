// Package shopstatus watches what stops the sales of a whole shop: its daily order
// limit, and its status.
//
// TikTok shows everything as sold out once the day's limit is reached or the shop is
// stopped, whatever stock it was given. New shops have limits of 100 to 200 orders a
// day, and a high rate of late orders brings one back; no API tells it, so it is a
// setting. The watch counts the day's orders, tells people before the limit is
// reached and while it bites, and tells the stock check why the shop shows nothing.
package shopstatus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Source is the shop.
type Source interface {
	// ShopStatus returns the status of the shop and of its seller. A shop that refuses
	// calls because it is stopped has a status all the same.
	ShopStatus(ctx context.Context) (Status, error)
	// OrdersPlaced counts the orders that were placed in [from, to).
	OrdersPlaced(ctx context.Context, from, to time.Time) (int, error)
}

// Status is what the shop says of itself, in its own words; empty if it does not.
type Status struct {
	Seller, Shop string
	// Stopped reports that the shop refuses to trade, whatever the words are.
	Stopped bool
}

// String is a few words.
func (s Status) String() string {
	return fmt.Sprintf("shop %s, seller %s", cmp.Or(s.Shop, "not told"), cmp.Or(s.Seller, "not told"))
}

// Selling are the words for a shop and a seller that may sell. TikTok describes
// none: others are raised as unknown, see [Options].
//
// https://partner.tiktokshop.com/docv2/page/get-seller-status-202508
var Selling = []string{"ACTIVE", "LIVE", "NORMAL"}

// stopped are words that nobody gives to a shop that sells.
var stopped = []string{"INACTIVE", "SUSPENDED", "DEACTIVATED", "CLOSED", "FROZEN", "BANNED", "TERMINATED", "VACATION", "ON_VACATION", "HOLIDAY"}

// Ports are what a [Watch] works on. Both are required.
type Ports struct {
	Shop       Source
	Exceptions exceptions.Queue
}

// Options configure a [Watch].
type Options struct {
	// OrdersPerDay is the shop's daily order limit, as Seller Center tells it. Zero:
	// none is known, and orders are not counted.
	OrdersPerDay int
	// Zone is the shop's time zone, in which its days begin. Required with OrdersPerDay.
	Zone *time.Location
	// Selling are further words for a shop that may sell, see [Selling].
	Selling []string
	// Now replaces time.Now.
	Now func() time.Time
}

// warnAt is the share of the limit, in percent, from which on people are told.
const warnAt = 90

// keeps is how long a status counts after it was read.
const keeps = time.Hour

// Watch watches one shop. It is safe for concurrent use.
type Watch struct {
	ports   Ports
	options Options
	timings health.Timings

	mu   sync.Mutex
	last Report
}

// NewWatch returns a Watch, or an error that names every missing port or the option
// that is wrong.
func NewWatch(p Ports, o Options) (*Watch, error) {
	if err := part.Required("shopstatus: NewWatch", map[string]any{"Shop": p.Shop, "Exceptions": p.Exceptions}); err != nil {
		return nil, err
	}
	switch {
	case o.OrdersPerDay < 0:
		return nil, fmt.Errorf("shopstatus: NewWatch: OrdersPerDay: %d is negative", o.OrdersPerDay)
	case o.OrdersPerDay > 0 && o.Zone == nil:
		return nil, errors.New("shopstatus: NewWatch: Zone: name the time zone in which the shop's days begin, to count the orders of a day")
	}
	o.Now = part.Clock(o.Now)
	return &Watch{ports: p, options: o}, nil
}

// Health returns how the checks went so far.
func (w *Watch) Health() health.Flow { return w.timings.Health() }

// Report is what a check found.
type Report struct {
	At     time.Time
	Status Status
	// Unknown lists words of the status that nobody knows.
	Unknown []string
	// Limit is the daily limit, zero if none is known; then Orders is zero too. Counted
	// reports whether the orders of the day were counted.
	Orders, Limit int
	Counted       bool
	// DayEnds is when the limit counts anew.
	DayEnds time.Time
	// Stop says why the whole shop is shown as sold out; empty if it is not.
	Stop string

	closed string // why it is, besides the limit
}

// MarshalJSON returns the report for programs.
func (r Report) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is one line for a log or a terminal.
func (r Report) String() string {
	s := r.Status.String()
	if r.Counted {
		s += fmt.Sprintf("; %d of %d orders today", r.Orders, r.Limit)
	}
	if len(r.Unknown) > 0 {
		s += "; not known: " + strings.Join(r.Unknown, ", ")
	}
	if r.Stop != "" {
		s += "; nothing can be sold: " + r.Stop
	}
	return s
}

// full reports whether the day's orders have reached the limit.
func (r Report) full() bool { return r.Counted && r.Orders >= r.Limit }

// Check reads the shop's status and counts the orders of the day, raises what stops
// the sales or soon will, and closes what no longer does. What could not be read
// leaves its case as it is, and is in the error.
func (w *Watch) Check(ctx context.Context) (report Report, err error) {
	start := w.options.Now()
	defer func() { w.timings.Done(start, w.options.Now(), err) }()
	report = Report{At: start.UTC()}
	read := map[exceptions.Kind]bool{}
	status, failed := w.ports.Shop.ShopStatus(ctx)
	if failed == nil {
		report.Status, read[exceptions.ShopStopped] = status, true
		w.judge(&report)
		report.Stop = report.closed
	} else {
		err = fmt.Errorf("reading the status of the shop: %w", failed)
	}
	if w.options.OrdersPerDay > 0 && !status.Stopped {
		if failed := w.count(ctx, &report, start); failed == nil {
			read[exceptions.OrderLimit] = true
		} else {
			err = errors.Join(err, fmt.Errorf("counting the orders of the day: %w", failed))
		}
	}
	w.remember(report, read)
	if ctx.Err() == nil {
		err = errors.Join(err, w.tell(ctx, report, read))
	}
	if err != nil {
		err = fmt.Errorf("shop status: %w", err)
	}
	return report, err
}

// judge reads the words.
func (w *Watch) judge(r *Report) {
	s := r.Status
	is := func(list []string, word string) bool {
		return slices.ContainsFunc(list, func(known string) bool { return strings.EqualFold(known, word) })
	}
	for _, word := range []string{s.Seller, s.Shop} {
		switch {
		case word == "" || is(Selling, word) || is(w.options.Selling, word):
		case is(stopped, word):
			r.closed = "the shop says " + s.String()
		default:
			r.Unknown = append(r.Unknown, word)
		}
	}
	if s.Stopped {
		r.closed = "the shop refuses to trade: " + s.String()
	}
}

// count counts the day's orders.
func (w *Watch) count(ctx context.Context, r *Report, now time.Time) error {
	year, month, day := now.In(w.options.Zone).Date()
	begins := time.Date(year, month, day, 0, 0, 0, 0, w.options.Zone)
	r.Limit, r.DayEnds = w.options.OrdersPerDay, time.Date(year, month, day+1, 0, 0, 0, 0, w.options.Zone).UTC()
	n, err := w.ports.Shop.OrdersPlaced(ctx, begins.UTC(), now.UTC().Add(time.Second))
	if err != nil {
		return err
	}
	r.Orders, r.Counted = n, true
	if r.full() && r.Stop == "" {
		r.Stop = fmt.Sprintf("the shop's daily limit of %s is reached", part.Count(r.Limit, "order"))
	}
	return nil
}

// remember keeps what was read. What was not is as it was before, for a while.
func (w *Watch) remember(r Report, read map[exceptions.Kind]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if read[exceptions.ShopStopped] || read[exceptions.OrderLimit] {
		w.last = r
	}
}

// SalesStopped returns why the whole shop is shown as sold out, by the last check;
// empty if it is not, or if the check is too old to tell.
func (w *Watch) SalesStopped(context.Context) (why string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.options.Now()
	switch r := w.last; {
	case now.Sub(r.At) > keeps:
		return "", nil
	case r.full() && !now.Before(r.DayEnds):
		return r.closed, nil
	}
	return w.last.Stop, nil
}

// object is what the cases are about: the queue knows which shop.
const object = "shop"

// tell raises and closes.
func (w *Watch) tell(ctx context.Context, r Report, read map[exceptions.Kind]bool) error {
	wanted := map[exceptions.Kind]exceptions.Exception{}
	switch {
	case r.closed != "":
		wanted[exceptions.ShopStopped] = exceptions.New(exceptions.ShopStopped, object, time.Time{}, r.closed+"; everything is shown as sold out",
			"look in Seller Center what the shop is stopped for, and answer it there; leave the stock as it is")
	case len(r.Unknown) > 0:
		e := exceptions.New(exceptions.ShopStopped, object, time.Time{}, "the shop's status has words that the bridge does not know: "+r.Status.String(),
			"look whether the shop sells; if it does, add "+strings.Join(r.Unknown, ", ")+" to the bridge's setting selling_statuses")
		e.Severity = exceptions.Warning
		wanted[exceptions.ShopStopped] = e
	}
	if r.Counted && r.Orders*100 >= r.Limit*warnAt {
		e := exceptions.New(exceptions.OrderLimit, object, r.DayEnds, fmt.Sprintf("%d of the %d orders that the shop may take today are placed", r.Orders, r.Limit),
			"see whether Seller Center offers a higher limit, and hold promotions back until tomorrow; leave the stock as it is")
		if r.full() {
			e.Severity, e.Seen = exceptions.Urgent, e.Seen+": everything is shown as sold out until the day ends"
		}
		wanted[exceptions.OrderLimit] = e
	}
	kinds := []exceptions.Kind{exceptions.ShopStopped, exceptions.OrderLimit}
	var list []exceptions.Exception
	for _, kind := range kinds {
		if e, ok := wanted[kind]; ok {
			list = append(list, e)
		}
	}
	if err := exceptions.Escalate(ctx, w.ports.Exceptions, list, kinds...); err != nil {
		return err
	}
	open, err := w.ports.Exceptions.Open(ctx, kinds...)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	for _, e := range open {
		_, still := wanted[e.Kind]
		if still || !read[e.Kind] && (e.Kind != exceptions.OrderLimit || w.options.OrdersPerDay > 0) {
			continue
		}
		if err := w.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
			return fmt.Errorf("closing %q: %w", e.Kind, err)
		}
	}
	return nil
}
