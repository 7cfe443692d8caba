package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// handing is a batch that the handler is at work on.
type handing struct {
	began   time.Time // a hold that ends while the handler is at work was not over for it
	orders  []Order
	whole   []Order // those that can be handed on
	reports map[string]report
	results OrderResults
	others  []error
	down    error // why the handler was given up
	done    chan struct{}
	broke   *part.Panic // nil if the handler did not
	// then hears, once what follows from the results is stored, of an error of the handler
	// or a store. If it returns one, no further batch is begun.
	then func(error) error
}

// hand gives orders to the handler and stores what follows from its results. An
// error means that the handler or a store is out of order.
func (r *intakeRun) hand(ctx context.Context, orders []Order) (err error) {
	_ = r.handOn(ctx, orders, func(failed error) error {
		err = failed
		return nil
	})
	return errors.Join(r.finishAll(ctx), err)
}

// handOn has the handler begin with a batch as soon as there is room for it. What follows
// from the results is stored by this goroutine, batch by batch in the order in which they
// came: here, to make room, or by finishAll, which must follow. None of the orders may be
// in a batch that is not finished.
//
// An error is that of a batch before, whose then has returned it. The orders are not
// handed on then.
func (r *intakeRun) handOn(ctx context.Context, orders []Order, then func(error) error) error {
	if err := r.makeRoom(ctx); err != nil {
		return err
	}
	h := r.prepare(orders, then)
	r.line = append(r.line, h)
	if r.options.AtOnce == 1 { // by this goroutine: its calls come in one order, which the laboratory replays
		h.work(ctx, r.ports.Handle)
		close(h.done)
		return r.finishFirst(ctx)
	}
	go func() {
		defer close(h.done)
		defer func() { h.broke = part.Recovered(recover()) }()
		h.work(ctx, r.ports.Handle)
	}()
	return nil
}

// makeRoom finishes batches until the handler can begin with another one.
func (r *intakeRun) makeRoom(ctx context.Context) error {
	for len(r.line) >= r.options.AtOnce {
		if err := r.finishFirst(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepare sets the orders aside of which there is nothing to hand on but the id.
func (r *intakeRun) prepare(orders []Order, then func(error) error) *handing {
	h := &handing{began: r.now(), orders: orders, reports: make(map[string]report, len(orders)), done: make(chan struct{}), then: then}
	for _, o := range orders {
		if o.Unreadable == "" || o.Status != "" {
			o.CancelRequested = o.CancelRequested || r.asked[o.ID] && o.Status != Cancelled // the details lag
			r.handed[o.ID] = o.CancelRequested
			h.whole = append(h.whole, o)
			continue
		}
		h.blame(o, report{err: fmt.Errorf("reading it in the shop: %s", o.Unreadable)})
	}
	return h
}

func (h *handing) blame(o Order, said report) {
	h.reports[o.ID] = said
	h.results = append(h.results, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: said.err})
}

// work gives the orders to the handler.
func (h *handing) work(ctx context.Context, handle OrderHandler) {
	h.down = part.Isolate(ctx, h.whole, new(part.Tally), func(part []Order) error {
		results, err := handle(ctx, part)
		if len(results) == 0 && err != nil {
			return err
		}
		for _, res := range results {
			said := h.reports[res.OrderID]
			said.err = errors.Join(said.err, res.Err)
			said.again = earlier(said.again, res.Again)
			said.unseen = said.unseen || res.Unseen
			said.raised = said.raised || res.Outcome == OutcomeRaised
			h.reports[res.OrderID] = said
		}
		h.results = append(h.results, results...)
		if err != nil && results.Err() == nil {
			h.others = append(h.others, fmt.Errorf("the handler: %w", err))
		}
		return nil
	}, func(o Order, err error) { h.blame(o, report{err: err, unseen: true}) })
}

// finishFirst waits for the batch that was begun first and stores what follows from it.
func (r *intakeRun) finishFirst(ctx context.Context) error {
	h := r.line[0]
	<-h.done
	r.line = r.line[1:]
	h.broke.Rethrow() // here the caller can contain it
	return h.then(r.finish(ctx, h))
}

func (r *intakeRun) finish(ctx context.Context, h *handing) error {
	r.result.Results = append(r.result.Results, h.results...)
	if ctx.Err() != nil {
		return ctx.Err() // what failed may have failed for that
	}
	if h.down != nil {
		h.down = fmt.Errorf("handing orders on: %w", h.down)
		h.others = append(h.others, h.down)
	}
	if err := r.waitFor(ctx, h.orders, h.reports); err != nil {
		return errors.Join(append(h.others, err)...)
	}
	return errors.Join(r.settle(ctx, h.began, h.orders, h.reports, h.down), errors.Join(h.others...))
}

// finishAll finishes every batch that was begun.
func (r *intakeRun) finishAll(ctx context.Context) error {
	var errs []error
	for len(r.line) > 0 {
		errs = append(errs, r.finishFirst(ctx))
	}
	return errors.Join(errs...)
}

// finishUpTo finishes the batches up to one that has the order.
func (r *intakeRun) finishUpTo(ctx context.Context, id string) error {
	for slices.ContainsFunc(r.line, func(h *handing) bool {
		return slices.ContainsFunc(h.orders, func(o Order) bool { return o.ID == id })
	}) {
		if err := r.finishFirst(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stopLine waits for the handler if the run panics.
func (r *intakeRun) stopLine() {
	for _, h := range r.line {
		<-h.done
	}
}
