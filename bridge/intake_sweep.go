package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// The words of the cursor of a sweep: when the one that is under way began, and by
// status how far it has got, by the moments at which orders were placed.
const (
	sweepBegun = "begun"
	sweepDone  = "done"
)

// sweep hands on every open order, once in its period. One that breaks off goes on
// where it was.
func (r *intakeRun) sweep(ctx context.Context) error {
	if r.options.SweepEvery < 0 {
		return nil
	}
	name, now := r.options.Name+"/sweep", r.now()
	c, err := r.ports.Cursors.Cursor(ctx, name)
	if err != nil {
		return fmt.Errorf("reading how far the sweep is: %w", err)
	}
	period := now.Add(-r.options.SweepAt).Truncate(r.options.SweepEvery).Add(r.options.SweepAt)
	begun, err := time.Parse(time.RFC3339, c.Partial[sweepBegun])
	if err != nil || begun.After(now) {
		if !c.Watermark.Before(period) && !c.Watermark.After(now) { // after it: the clock was set back
			return nil
		}
		begun = now.Truncate(time.Second)
		c.Partial = map[string]string{sweepBegun: begun.Format(time.RFC3339)}
	}
	save := func(ctx context.Context) error {
		if err := r.ports.Cursors.SetCursor(ctx, name, c); err != nil {
			return fmt.Errorf("storing how far the sweep is: %w", err)
		}
		return nil
	}
	for _, status := range r.options.SweepStatuses {
		if c.Partial[string(status)] == sweepDone {
			continue
		}
		if err := r.sweepStatus(ctx, status, c.Partial, save); err != nil {
			return err
		}
		c.Partial[string(status)] = sweepDone
		if err := save(ctx); err != nil {
			return err
		}
	}
	c.Watermark, c.Partial = begun, nil
	return save(ctx)
}

func (r *intakeRun) sweepStatus(ctx context.Context, status OrderStatus, at map[string]string, save func(context.Context) error) error {
	from, err := time.Parse(time.RFC3339, at[string(status)])
	if err != nil {
		from = time.Time{}
	}
	reached := from
	b := batch{size: r.options.BatchSize, at: map[string]int{}, hand: r.hand}
	b.after = func(ctx context.Context) error {
		if reached.After(from) {
			at[string(status)] = reached.UTC().Format(time.RFC3339)
		}
		if err := save(ctx); err != nil {
			return err
		}
		return r.urgent(ctx) // hints and holds do not wait for the end of a long sweep
	}
	for o, err := range r.ports.OpenOrders.OrdersByStatus(ctx, status, from) {
		if err != nil {
			err = fmt.Errorf("sweeping the orders with status %s: %w", status, err)
			if ctx.Err() != nil {
				return err
			}
			if flushErr := b.flush(ctx); flushErr != nil {
				return errors.Join(err, flushErr)
			}
			return errors.Join(err, b.after(ctx)) // what was listed is done
		}
		if o.CreatedAt.After(reached) {
			reached = o.CreatedAt
		}
		if r.isSettled(o.ID) || r.list.entries[o.ID].Attempts > 0 {
			continue // done in this run, or it has a time of its own
		}
		r.result.Swept++
		if err := b.add(ctx, o); err != nil {
			return err
		}
	}
	return cmp.Or(b.flush(ctx), ctx.Err())
}
