package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// CancelledOrderSource lists what was cancelled in the warehouse.
type CancelledOrderSource interface {
	// OrdersCancelled returns the orders of the shop that were cancelled in the
	// warehouse at or after from and before to.
	OrdersCancelled(ctx context.Context, from, to time.Time) ([]WarehouseOrder, error)
}

// The memory of [Revoker.Run].
const (
	// revocations is the name of its cursor, its list of revisits and its lock.
	revocations = "revocations"
	// revokeOverlap is how far a list goes back before the watermark, because lists
	// lag and clocks differ.
	revokeOverlap = time.Hour
	// revokeWindow is how much is listed at once: after an outage of weeks each day
	// that is done stays done.
	revokeWindow = 24 * time.Hour
	// revokeRetryMax is the longest wait before an order is tried again: it begins with
	// a minute, and doubles.
	revokeRetryMax = time.Hour
	// raiseRevocation is the attempt, after about three hours, at which a person is
	// told that an order could not be looked at; after maxRevocations, a week, it is
	// theirs alone.
	raiseRevocation, maxRevocations = 9, 175
)

// Run finds what was cancelled in the warehouse since the last run and works through
// it as [Revoker.Revoke] does. How far it has got is stored day by day, and an order
// that fails is stored too and tried again, after a minute first and an hour at most:
// it holds up no others, and neither an outage nor a restart loses one. Runs of one
// shop follow one another.
//
// The results have those orders that were cancelled, raised, or failed, and those that
// needed nothing. The error has what failed, which the next run makes good.
func (v *Revoker) Run(ctx context.Context) (results OrderResults, err error) {
	start := v.options.Now()
	defer func() { v.timings.Done(start, v.options.Now(), err) }()
	if v.ports.Source == nil || v.ports.Cursors == nil || v.ports.Revisits == nil {
		return nil, errors.New("bridge: revoke: Run needs the ports Source, Cursors and Revisits")
	}
	ctx, unlock, err := v.ports.Locks.Lock(ctx, revocations)
	if err != nil {
		return nil, fmt.Errorf("bridge: revoke: %w", err)
	}
	defer unlock()
	r := revokeRun{Revoker: v, over: map[string]store.Mark{}, now: start.UTC(), kept: worklist{port: v.ports.Revisits, name: revocations}}
	err = r.all(ctx)
	_, oldest := r.kept.next()
	v.timings.Waiting(len(r.kept.entries), oldest)
	return r.results, errors.Join(r.results.Err(), err)
}

// revokeRun is one call of Run.
type revokeRun struct {
	*Revoker
	now     time.Time
	cursor  store.Cursor
	kept    worklist
	results OrderResults
	// over are orders of the lists that are cancelled in the shop as well. As the lists
	// overlap they come again, and are not read again.
	over map[string]store.Mark
}

func (r *revokeRun) all(ctx context.Context) (err error) {
	if r.cursor, err = r.ports.Cursors.Cursor(ctx, revocations); err != nil {
		return fmt.Errorf("bridge: revoke: reading the watermark: %w", err)
	}
	if err := r.kept.load(ctx); err != nil {
		return fmt.Errorf("bridge: revoke: %w", err)
	}
	switch ahead := r.cursor.Watermark.Sub(r.now); {
	case r.cursor.Watermark.IsZero(), ahead > revokeOverlap: // new, or the clock was set back
		// Stored at once, so that a first run that fails does not begin later next time.
		if err := r.save(ctx, r.now.Add(-r.options.FirstWindow)); err != nil {
			return err
		}
	case ahead > 0:
		r.cursor.Watermark = r.now
	}
	failed := r.handle(ctx, r.kept.due(r.now))
	for from := r.cursor.Watermark.Add(-revokeOverlap); ; from = r.cursor.Watermark {
		to := r.cursor.Watermark.Add(revokeWindow)
		if to.After(r.now) {
			to = r.now
		}
		orders, err := r.ports.Source.OrdersCancelled(ctx, from, to)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("bridge: revoke: reading what was cancelled in the warehouse: %w", err))
		}
		dropped := droppedOf(orders)
		for _, id := range dropped {
			if mark, have := r.cursor.Seen[id]; have {
				r.over[id] = mark
			}
		}
		if err := r.handle(ctx, dropped); err != nil {
			return errors.Join(failed, err)
		}
		if err := r.save(ctx, to); err != nil {
			return errors.Join(failed, err)
		}
		if !to.Before(r.now) {
			return failed
		}
	}
}

func (r *revokeRun) save(ctx context.Context, watermark time.Time) error {
	r.cursor.Watermark, r.cursor.Seen = watermark, r.over
	if err := r.ports.Cursors.SetCursor(ctx, revocations, r.cursor); err != nil {
		return fmt.Errorf("bridge: revoke: storing the watermark: %w", err)
	}
	return nil
}

// handle works through orders, and keeps those that fail. Those that wait for another
// try are left until they are due.
func (r *revokeRun) handle(ctx context.Context, ids []string) error {
	var now []string
	for _, id := range ids {
		if _, over := r.over[id]; !over && !r.kept.entries[id].Due.After(r.now) {
			now = append(now, id)
		}
	}
	var results OrderResults
	err := part.Isolate(ctx, now, new(part.Tally), func(ids []string) error {
		list, over, err := r.read(ctx, ids)
		results = append(results, list...)
		for _, id := range over {
			r.over[id] = store.Mark{UpdatedAt: r.now}
		}
		return err
	}, func(id string, err error) {
		results = append(results, OrderResult{OrderID: id, Outcome: OutcomeFailed, Err: fmt.Errorf("reading it in the shop: %w", err)})
	})
	if err != nil {
		return fmt.Errorf("bridge: revoke: reading the orders in the shop: %w", err)
	}
	results, err = r.revokeAll(ctx, results)
	r.results = append(r.results, results...)
	if err != nil {
		return err
	}
	var puts []store.Revisit
	bad := map[string]bool{}
	for _, result := range results {
		if result.Err == nil {
			continue
		}
		v := r.kept.entries[result.OrderID]
		v.Due = r.now.Add(backoff(time.Minute, revokeRetryMax, v.Attempts))
		v.OrderID, v.Attempts, v.LastError = result.OrderID, v.Attempts+1, part.Short(result.Err.Error())
		if v.Attempts == raiseRevocation {
			if err := r.ports.Exceptions.Raise(ctx, notRevoked(v.OrderID, v.Attempts, result.Err)); err != nil {
				return fmt.Errorf("bridge: revoke: order %s: %w", v.OrderID, err)
			}
		}
		if v.Attempts < maxRevocations {
			puts, bad[v.OrderID] = append(puts, v), true
		}
	}
	var drops []string
	for _, id := range now {
		if _, kept := r.kept.entries[id]; kept && !bad[id] {
			drops = append(drops, id)
		}
	}
	err = r.kept.put(ctx, puts...)
	if err == nil {
		err = r.kept.drop(ctx, drops...)
	}
	if err != nil {
		return fmt.Errorf("bridge: revoke: %w", err)
	}
	return nil
}

// notRevoked is raised for an order that the bridge could not even look at.
func notRevoked(id string, attempts int, err error) exceptions.Exception {
	return exceptions.New(exceptions.CancelledInLinnworks, exceptions.ForOrder(id), time.Time{},
		fmt.Sprintf("it is cancelled in Linnworks, and the bridge has tried %d times to carry that into the shop: %s", attempts, exceptions.Cause(err)),
		"look the order up in Seller Center; if it is alive there, cancel it for another reason than out of stock if you have the goods, "+
			"or send it by hand if the cancellation was a mistake")
}
