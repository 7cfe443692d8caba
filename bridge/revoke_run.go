package bridge

import (
	"cmp"
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
)

// Run finds what was cancelled in the warehouse since the last run and works through
// it as [Revoker.Revoke] does. How far it has got is stored day by day, and an order
// that is not done with is stored too: it holds up no others, and neither an outage nor a
// restart loses one. Runs of one shop follow one another.
//
// One that fails is tried again after a minute, and then less and less often, up to every
// quarter of an hour. A person is told when it has failed five times, or when it fails
// and its deadline is nearer than four hours; the bridge goes on for a week after the
// deadline. One that was raised is looked at every quarter of an hour, and by the next run
// once its case is resolved; so is, every quarter of an hour, one that is not paid, or whose
// buyer has asked to cancel it.
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
	r := revokeRun{Revoker: v, over: map[string]store.Mark{}, handled: map[string]bool{}, now: start.UTC(), kept: worklist{port: v.ports.Revisits, name: revocations, patience: patience{
		first: retryFirst, most: retryMost, tellAfter: escalateAfter, levels: []DeadlineLevel{{escalateBefore, exceptions.Urgent}}, keep: keepTrying,
	}}}
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
	handled map[string]bool // in this run
	// over are orders of the lists that are cancelled in the shop as well. As the lists
	// overlap they come again, and are not read again.
	over map[string]store.Mark
}

func (r *revokeRun) all(ctx context.Context) (err error) {
	if r.cursor, err = r.ports.Cursors.Cursor(ctx, revocations); err != nil {
		return fmt.Errorf("bridge: revoke: reading the watermark: %w", err)
	}
	if err := r.load(ctx); err != nil {
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
	failed := r.handle(ctx, r.kept.due(r.now), nil)
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
		if err := r.handle(ctx, dropped, orders); err != nil {
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

// load reads the orders that are kept, and tells of those that are late.
func (r *revokeRun) load(ctx context.Context) error {
	if err := r.kept.load(ctx); err != nil {
		return err
	}
	if err := r.kept.resolved(ctx, r.ports.Exceptions, r.now); err != nil {
		return err
	}
	untold := r.kept.untold(r.now)
	var raised []exceptions.Exception
	for _, v := range untold {
		raised = append(raised, notRevoked(v))
	}
	if err := exceptions.RaiseAll(ctx, r.ports.Exceptions, raised); err != nil {
		return err
	}
	return r.kept.put(ctx, untold...)
}

func (r *revokeRun) save(ctx context.Context, watermark time.Time) error {
	r.cursor.Watermark, r.cursor.Seen = watermark, r.over
	if err := r.ports.Cursors.SetCursor(ctx, revocations, r.cursor); err != nil {
		return fmt.Errorf("bridge: revoke: storing the watermark: %w", err)
	}
	return nil
}

// handle works through orders, and keeps those that are not done with. Those that wait for
// another try are left until they are due. listed are the orders of the warehouse, if they
// were listed.
func (r *revokeRun) handle(ctx context.Context, ids []string, listed []WarehouseOrder) error {
	var now []string
	for _, id := range ids {
		if _, over := r.over[id]; !over && !r.handled[id] && !r.kept.entries[id].Due.After(r.now) {
			now, r.handled[id] = append(now, id), true
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
	if err := r.keep(ctx, results, listed); err != nil {
		return fmt.Errorf("bridge: revoke: %w", err)
	}
	return nil
}

// keep stores what became of orders.
func (r *revokeRun) keep(ctx context.Context, results OrderResults, listed []WarehouseOrder) error {
	open, err := withCase(ctx, r.ports.Exceptions, raisedIn(results))
	if err != nil {
		return err
	}
	dispatchBy := map[string]time.Time{}
	for _, w := range listed {
		dispatchBy[w.Reference] = earlier(dispatchBy[w.Reference], w.DispatchBy)
	}
	var puts []store.Revisit
	var drops []string
	var raised []exceptions.Exception
	for _, result := range results {
		old, kept := r.kept.entries[result.OrderID]
		v := store.Revisit{OrderID: result.OrderID, Deadline: cmp.Or(result.Deadline, old.Deadline, dispatchBy[result.OrderID]).UTC()}
		switch {
		case result.Err != nil:
			v.Attempts = old.Attempts
			if v = r.kept.inVain(v, exceptions.Cause(result.Err), true, r.now); v.Raised {
				raised = append(raised, notRevoked(v))
			}
		case result.Outcome == OutcomeRaised:
			v.Due = r.kept.pause(v.Deadline, r.now)
			if open[v.OrderID] {
				v.CaseOf = v.OrderID
			}
		case !result.Again.IsZero():
			v.Due = earlier(result.Again, r.kept.pause(v.Deadline, r.now))
		default:
			if !kept {
				continue
			}
			drops = append(drops, v.OrderID)
			if old.Raised || old.CaseOf != "" { // perhaps it is alive in the warehouse again
				if err := r.ports.Exceptions.Clear(ctx, exceptions.ForOrder(v.OrderID), revokerKinds...); err != nil {
					return fmt.Errorf("closing an exception: %w", err)
				}
			}
			continue
		}
		switch told := v.Raised || v.CaseOf != ""; {
		case !told || !r.kept.over(v, r.now):
			puts = append(puts, v)
		case kept:
			drops = append(drops, v.OrderID)
		}
	}
	if err := r.kept.put(ctx, puts...); err != nil {
		return err
	}
	if err := exceptions.RaiseAll(ctx, r.ports.Exceptions, raised); err != nil {
		return err
	}
	return r.kept.drop(ctx, drops...)
}

// notRevoked is raised for an order that the bridge could not even look at.
func notRevoked(v store.Revisit) exceptions.Exception {
	return exceptions.New(exceptions.CancelledInLinnworks, exceptions.ForOrder(v.OrderID), v.Deadline,
		fmt.Sprintf("it is cancelled in Linnworks, and the bridge has tried %s to carry that into the shop: %s", part.Count(v.Attempts, "time"), v.LastError),
		"look the order up in Seller Center; if it is alive there, cancel it for another reason than out of stock if you have the goods, "+
			"or send it by hand if the cancellation was a mistake")
}
