package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// poll hands on what changed since the watermark.
func (r *intakeRun) poll(ctx context.Context) error {
	// A watermark in the future means that the clock was set back.
	if age := r.now().Sub(r.cursor.Watermark); age >= 0 && age < r.options.PollEvery && !r.missed && r.cursor.Partial[polledTo] == "" {
		r.result.Early = true
		if len(r.settled) == 0 {
			return nil
		}
		return r.saveCursor(ctx) // the next poll need not hand them on again
	}
	from, to := r.window()
	r.result.From, r.result.To = from, to
	p := progress{run: r, upTo: to.Add(-r.options.Overlap)}
	failed := false
	b := batch{size: r.options.BatchSize, at: map[string]int{}}
	b.hand = func(ctx context.Context, orders []Order) error {
		reached, full := p.reached(), len(orders) == b.size
		return r.handOn(ctx, orders, func(err error) error {
			if err == nil {
				err = r.dropServed(ctx, orders)
			}
			if err == nil && full && !failed {
				err = p.save(ctx, reached)
			}
			failed = failed || err != nil
			return err
		})
	}
	err := func() error {
		list := func(ctx context.Context) iter.Seq2[Order, error] {
			return r.ports.Orders.OrdersUpdated(ctx, from, to.Add(pollAhead))
		}
		for o, err := range r.ahead(ctx, to, list) {
			if err != nil {
				err = fmt.Errorf("reading the orders changed since %s: %w", from.Format(time.RFC3339), err)
				flushErr := cmp.Or(b.flush(ctx), r.finishAll(ctx))
				if flushErr == nil {
					p.note(p.reached())
				}
				return errors.Join(err, flushErr)
			}
			r.result.Polled++
			p.listed(o)
			if err := r.finishUpTo(ctx, o.ID); err != nil { // listed twice: it has moved
				return err
			}
			if !changed(r.cursor.Seen, o) {
				r.result.Unchanged++
				continue
			}
			if err := b.add(ctx, o); err != nil {
				return err
			}
		}
		return cmp.Or(b.flush(ctx), r.finishAll(ctx))
	}()
	err = errors.Join(err, r.finishAll(ctx))
	if ctx.Err() != nil {
		return cmp.Or(err, ctx.Err()) // a source that only stopped has not come to its end
	}
	// What was handled is remembered in either case, so that the next poll does
	// not begin from nothing.
	oldest, _ := r.window()
	if err == nil {
		r.cursor.Watermark, oldest = to, to.Add(-r.options.Overlap)
		delete(r.cursor.Partial, polledTo)
	}
	maps.DeleteFunc(r.cursor.Seen, func(_ string, m store.Mark) bool { return m.UpdatedAt.Before(oldest) })
	return errors.Join(err, r.saveCursor(ctx))
}

// polledTo names how far a poll that broke off has got in the cursor.
const polledTo = "polled to"

const (
	// progressOrders are the last orders of a list whose times tell how far it has
	// got. One alone may have changed since it was listed, and tells too late a time.
	progressOrders = 20
	// progressBatches are handed on before it is stored how far the poll has got.
	progressBatches = 5
)

// progress is how far a poll has got, so that one that breaks off again and again,
// or whose process is stopped, comes to its end nevertheless.
type progress struct {
	run *intakeRun
	// upTo is how far a list is whole: the shop may list later changes late.
	upTo    time.Time
	last    []time.Time
	batches int
}

// listed notes an order of the list.
func (p *progress) listed(o Order) {
	if o.UpdatedAt.IsZero() {
		return
	}
	if p.last = append(p.last, o.UpdatedAt); len(p.last) > progressOrders {
		p.last = p.last[1:]
	}
}

// reached is how far the list has got, zero if that is not known.
func (p *progress) reached() time.Time {
	if len(p.last) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(append(p.last, p.upTo), time.Time.Compare)
}

// note sets the cursor, when everything listed up to there was handed on.
func (p *progress) note(reached time.Time) {
	if from, _ := p.run.window(); !reached.After(from) {
		return
	}
	c := &p.run.cursor
	if c.Partial == nil {
		c.Partial = map[string]string{}
	}
	c.Partial[polledTo] = reached.UTC().Format(time.RFC3339)
	if reached.After(c.Watermark) {
		c.Watermark = reached.UTC()
	}
}

// save stores now and then how far the batches that are finished have got.
func (p *progress) save(ctx context.Context, reached time.Time) error {
	if p.batches++; p.batches%progressBatches != 0 {
		return nil
	}
	p.note(reached)
	return p.run.saveCursor(ctx)
}

// pollAhead is how far a poll looks ahead of the present: an order that changes
// while it runs is then at its end instead of nowhere, even if the shop's clock is
// fast. TikTok Shop refuses calls that are stamped more than five minutes behind its
// clock, so that it is no faster than that. The watermark does not go there.
const pollAhead = 6 * time.Minute

// window is what to poll now.
func (r *intakeRun) window() (from, to time.Time) {
	to = r.now()
	mark := r.cursor.Watermark
	if mark.After(to) {
		mark = to // the clock was set back
	}
	overlap := min(max(to.Sub(mark), r.options.Overlap), r.options.OutageOverlap)
	from = mark.Add(-overlap)
	if reached, err := time.Parse(time.RFC3339, r.cursor.Partial[polledTo]); err == nil && reached.After(from) && reached.Before(to) {
		from = reached // what came before was listed, and is not listed again
	}
	return from, to
}

// changed reports whether an order is not as it was when it was last seen. What
// differs has changed, also with an earlier stamp: that of before may have been of a
// clock that was fast.
func changed(seen map[string]store.Mark, o Order) bool {
	m, ok := seen[o.ID]
	return !ok || o.UpdatedAt.IsZero() || o.UpdatedAt.After(m.UpdatedAt) || digest(o) != m.Digest
}

func (r *intakeRun) saveCursor(ctx context.Context) error {
	if err := r.ports.Cursors.SetCursor(ctx, r.options.Name, r.cursor); err != nil {
		return fmt.Errorf("storing the watermark: %w", err)
	}
	return nil
}

func markOf(o Order) store.Mark { return store.Mark{UpdatedAt: o.UpdatedAt.UTC(), Digest: digest(o)} }

// digest distinguishes states of an order that have the same update time, which
// the shop counts in seconds. It holds nothing about the buyer.
func digest(o Order) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	add := func(s string) {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	flag := func(b bool) {
		if b {
			add("1")
		} else {
			add("0")
		}
	}
	add(string(o.Status))
	add(o.WarehouseID)
	add(o.Unreadable)
	flag(o.CancelRequested)
	flag(o.Recipient != Address{})
	for _, l := range sortedLines(o.Lines) { // the shop lists them in any order
		add(l.ID)
		add(l.PackageID)
		add(l.Tracking)
		flag(l.Cancelled)
	}
	return h
}
