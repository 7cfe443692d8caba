// Package retention forgets orders that ended long ago, so that the memory of a shop
// does not grow for ever:
//
//	old, err := retention.New(retention.Ports{...}, retention.Options{After: 60 * 24 * time.Hour})
//	report, err := old.Forget(ctx) // once an hour; bridge.Sync does it
package retention

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Ports are what [Orders] work on.
type Ports struct {
	Records  store.Records
	Ledger   store.Ledger
	Revisits store.Revisits
	// Requested returns the ids of the orders about which the shop has a request that
	// waits for an answer.
	Requested  func(ctx context.Context) (orderIDs []string, err error)
	Exceptions exceptions.Queue
}

// Options configure a [Orders]. Zero values take the defaults.
type Options struct {
	// After is how long after its end an order is forgotten. Default [DefaultAfter], at
	// least [LeastAfter].
	After time.Duration
	// Lists are the names of the lists of orders that are looked at again, as the
	// options of the parts name them. Default those of the parts' defaults.
	Lists []string
	// Now replaces time.Now.
	Now func() time.Time
}

// LeastAfter is the least that [Options].After may be.
const LeastAfter = 24 * time.Hour

// DefaultAfter is the default of [Options].After.
const DefaultAfter = 90 * 24 * time.Hour

// Orders forgets the orders of a shop that ended long ago ([store.Record].EndedAt), with
// their labels. It leaves alone what
// somebody may still ask about: an order that is named by an open case or by a buyer's
// request, that holds stock, is held back, is to be looked at again, or of which it is
// not known what became of it.
//
// An order that is heard of once more after that is looked up in the warehouse, as one
// that the bridge never knew.
type Orders struct {
	ports   Ports
	options Options
	timings health.Timings
}

// New returns Orders, or an error that names every missing port or the
// option that is wrong. All ports are required.
func New(p Ports, o Options) (*Orders, error) {
	ports := map[string]any{"Records": p.Records, "Ledger": p.Ledger, "Revisits": p.Revisits, "Exceptions": p.Exceptions, "Requested": nil}
	if p.Requested != nil {
		delete(ports, "Requested")
	}
	if err := part.Required("retention: New", ports); err != nil {
		return nil, err
	}
	if o.After != 0 && o.After < LeastAfter {
		return nil, fmt.Errorf("retention: New: After is %v: the least is %v", o.After, LeastAfter)
	}
	o.After = cmp.Or(o.After, DefaultAfter)
	if o.Lists == nil {
		o.Lists = []string{"orders", "dispatch", "revocations"}
	}
	o.Now = part.Clock(o.Now)
	return &Orders{ports: p, options: o}, nil
}

// Health returns how the runs went so far.
func (r *Orders) Health() health.Flow { return r.timings.Health() }

// Report is what a run of [Orders] did.
type Report struct {
	// Before is the moment before which an order must have ended.
	Before time.Time
	// Forgotten is how many orders were, Kept how many ended as long ago and were not.
	Forgotten, Kept int
	// More reports whether the run has left orders to the next one.
	More bool
	// Waits says why nothing could be forgotten although something has ended; empty if
	// it could.
	Waits string
}

// MarshalJSON returns the report for programs.
func (r Report) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is one line.
func (r Report) String() string {
	s := fmt.Sprintf("%d orders that ended before %s forgotten, %d kept", r.Forgotten, r.Before.UTC().Format("2006-01-02 15:04:05"), r.Kept)
	if r.More {
		s += "; more with the next run"
	}
	if r.Waits != "" {
		s += "; waits: " + r.Waits
	}
	return s + "\n"
}

// A run forgets batch orders at once, and at most most.
const batch, most = 200, 20_000

// Forget forgets what ended long enough ago, in batches. What was forgotten before an
// error stays forgotten; while anything that may name an order cannot be read, nothing
// is.
func (r *Orders) Forget(ctx context.Context) (report Report, err error) {
	defer r.timings.Measure(r.options.Now, &err)()
	report.Before = r.options.Now().UTC().Add(-r.options.After)
	var named map[string]bool
	for after := (store.Record{}); ; {
		page, err := r.ports.Records.EndedRecords(ctx, report.Before, after, batch)
		if err != nil {
			return report, fmt.Errorf("retention: reading what has ended: %w", err)
		}
		if len(page) == 0 {
			return report, nil
		}
		if report.Forgotten+report.Kept >= most {
			report.More = true
			return report, nil
		}
		if named == nil {
			if named, report.Waits, err = r.named(ctx); err != nil {
				return report, fmt.Errorf("retention: %w", err)
			}
			if report.Waits != "" {
				return report, nil
			}
		}
		ids := make([]string, len(page))
		for i, rec := range page {
			ids[i] = rec.OrderID
		}
		reserved, err := r.ports.Ledger.ReservationsOf(ctx, ids...)
		if err != nil {
			return report, fmt.Errorf("retention: reading the ledger: %w", err)
		}
		var gone []store.Record
		for _, rec := range page {
			if _, holds := reserved[rec.OrderID]; !holds && !unfinished(rec) && !isNamed(named, rec) {
				gone = append(gone, rec)
			}
		}
		n := 0
		if len(gone) > 0 {
			if n, err = r.ports.Records.Forget(ctx, gone...); err != nil {
				return report, fmt.Errorf("retention: forgetting %d orders: %w", len(gone), err)
			}
		}
		report.Forgotten, report.Kept = report.Forgotten+n, report.Kept+len(page)-n
		after = page[len(page)-1]
	}
}

// unfinished reports whether the bridge has begun something with an order whose end is
// not known, or holds it.
func unfinished(r store.Record) bool {
	held := !r.ParkedAt.IsZero() && r.ReleasedAt.Before(r.ParkedAt)
	correcting := !r.Correction.At.IsZero() && !r.Correction.Done
	return r.OutcomeUnknown || r.Releasing || held || correcting
}

// isNamed reports whether an order is named, by its id or by one that it has in the
// warehouse.
func isNamed(named map[string]bool, r store.Record) bool {
	for _, id := range r.WarehouseIDs {
		if named[id] {
			return true
		}
	}
	return named[r.OrderID]
}

// named returns the ids that somebody may still ask about, or why they are not known.
func (r *Orders) named(ctx context.Context) (named map[string]bool, waits string, err error) {
	named = map[string]bool{}
	open, err := r.ports.Exceptions.Open(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("reading the open cases: %w", err)
	}
	for _, e := range open {
		if e.MoreOrders {
			return nil, fmt.Sprintf("an open case names more orders than it lists (%s, %s)", e.Kind, e.Object), nil
		}
		if id, ok := exceptions.OrderOf(e.Object); ok {
			named[id] = true
		}
		for _, id := range e.Orders {
			named[id] = true
		}
		for _, p := range e.Evidence {
			named[p.Value] = true
		}
	}
	for _, list := range r.options.Lists {
		revisits, err := r.ports.Revisits.Revisits(ctx, list)
		if err != nil {
			return nil, "", fmt.Errorf("reading the orders that wait: %w", err)
		}
		for _, v := range revisits {
			named[v.OrderID] = true
		}
	}
	requested, err := r.ports.Requested(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("reading the shop's requests: %w", err)
	}
	for _, id := range requested {
		named[id] = true
	}
	return named, "", nil
}
