package rates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Refund is a return or a refund that the shop has granted.
type Refund struct {
	OrderID string
	// Reason is the shop's name of the reason, not the text that the buyer reads.
	Reason string
}

// RefundSource is where refunds are read.
type RefundSource interface {
	// Refunds returns the refunds that were granted and have changed since a moment. Those
	// that there are may be more than could be read: then the list has what was, beside
	// the error.
	Refunds(ctx context.Context, since time.Time) ([]Refund, error)
}

// FaultCounter counts returns at the seller's fault. A [Faults] is one.
type FaultCounter interface {
	// Count counts what has changed since the last time. With an error the counts may
	// lack some.
	Count(ctx context.Context) error
}

// FaultOptions configure a [Faults]. Zero values take the defaults.
type FaultOptions struct {
	// Reasons says whose fault a reason is. Default [policy.DefaultFaults].
	Reasons *policy.Faults
	// Now replaces time.Now.
	Now func() time.Time
}

// Faults reads the refunds of a shop and counts the orders whose reason is the seller's
// fault as bad in [policy.SellerFaultReturns], of all orders that a [Tally] counts in it.
//
// TikTok counts, of the orders of the last 30 days, those that came back at the seller's
// fault. It finds out itself whose fault damage and a lost parcel are, and does not tell
// programs: such refunds, and reasons that no row of the table names, are not counted, so
// that the rate is the least that it can be. Requests that were refused, taken back or
// still wait are not counted either.
//
// What it has read is kept in memory: the first call reads the refunds of as many days
// as the tally keeps, 50 a call of the shop. It is safe for concurrent use.
//
// https://seller-th.tiktok.com/university/essay?knowledge_id=1063671040952080
type Faults struct {
	shop    RefundSource
	tally   *Tally
	options FaultOptions

	mu    sync.Mutex
	until time.Time            // up to which everything was read
	wait  map[string]time.Time // orders that the tally has yet to blame, and since when
}

// NewFaults returns a Faults, or an error that names what is missing.
func NewFaults(shop RefundSource, tally *Tally, o FaultOptions) (*Faults, error) {
	if err := part.Required("rates: NewFaults", map[string]any{"shop": shop}); err != nil {
		return nil, err
	}
	if tally == nil {
		return nil, errors.New("rates: NewFaults: missing ports: tally")
	}
	o.Reasons = cmp.Or(o.Reasons, policy.DefaultFaults())
	o.Now = part.Clock(o.Now)
	return &Faults{shop: shop, tally: tally, options: o, wait: map[string]time.Time{}}, nil
}

// readBack is how far a reading goes back before the last one, because lists lag and
// clocks differ.
const readBack = time.Hour

// Count implements [FaultCounter]. The error is the shop's or a store's.
func (f *Faults) Count(ctx context.Context) error {
	now := f.options.Now()
	f.mu.Lock()
	since := now.Add(-f.tally.Keeps())
	if !f.until.IsZero() && f.until.Add(-readBack).After(since) {
		since = f.until.Add(-readBack)
	}
	f.mu.Unlock()
	refunds, unread := f.shop.Refunds(ctx, since)
	f.mu.Lock()
	for _, r := range refunds {
		if _, known := f.wait[r.OrderID]; !known && f.options.Reasons.Of(r.Reason) == policy.SellerFault {
			f.wait[r.OrderID] = now
		}
	}
	if unread == nil {
		f.until = now
	} else {
		unread = fmt.Errorf("rates: reading refunds: %w", unread)
	}
	ids := slices.Sorted(maps.Keys(f.wait))
	f.mu.Unlock()
	later, err := f.tally.Blame(ctx, policy.SellerFaultReturns, ids...)
	if err != nil {
		return errors.Join(unread, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if !slices.Contains(later, id) || now.Sub(f.wait[id]) > f.tally.Keeps() {
			delete(f.wait, id)
		}
	}
	return unread
}

// Blame counts orders as bad in a measure in which they count as good by what the orders
// themselves say, and goes on doing so when they are counted again. later are those that
// are known and do not count in it yet. Orders without a record are left out.
func (t *Tally) Blame(ctx context.Context, m policy.Measure, ids ...string) (later []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = t.change(ctx, ids, func(id, before string, _ store.Record) string {
		words := strings.Fields(before)
		i := slices.IndexFunc(words, func(w string) bool { return w[1:] == word(string(m)) && strings.Contains("+-"+blamed, w[:1]) })
		if i < 0 {
			later = append(later, id)
			return before
		}
		words[i] = blamed + word(string(m))
		return strings.Join(words, " ")
	})
	if err != nil {
		return nil, fmt.Errorf("rates: blaming %s: %w", part.Count(len(ids), "order"), err)
	}
	return later, nil
}

// blamed marks a measure in a note in which the order is bad whatever it says itself.
const blamed = "!"

// stillBlamed is what an order is counted as now, where it was blamed before.
func stillBlamed(before, now string) string {
	words := strings.Fields(now)
	for _, w := range strings.Fields(before) {
		name, bad := strings.CutPrefix(w, blamed)
		if i := slices.IndexFunc(words, func(v string) bool { return v == "+"+name || v == "-"+name }); bad && i >= 0 {
			words[i] = w
		}
	}
	return strings.Join(words, " ")
}
