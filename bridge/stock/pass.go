package stock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Result is what a push did.
type Result struct {
	Plan Plan
	// Published counts the SKUs that the shop took, Refused those it refused.
	Published, Refused int
}

// MarshalJSON returns the result for programs.
func (r Result) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String sums the push up.
func (r Result) String() string {
	return fmt.Sprintf("%s%s published, %d refused\n", r.Plan, part.Count(r.Published, "SKU"), r.Refused)
}

// Plan reads both sides and returns what a push would do by them alone, if the ledger has
// all orders: it does not call SeeOrders, knows of no lock, and changes nothing.
func (e *Engine) Plan(ctx context.Context) (Plan, error) {
	book := newStockBook(e.options)
	book.flight = e.book.flight
	r := stockReader{ports: e.ports, book: book, now: e.options.Now}
	err := r.loadFlight(ctx)
	if err == nil {
		var read shopRead
		read, err = r.shop(ctx)
		err = errors.Join(err, read.some)
	}
	if err == nil {
		some, broke := r.warehouse(ctx)
		err = errors.Join(some, broke)
	}
	if err != nil {
		return Plan{}, e.failed(err)
	}
	return book.Plan(), nil
}

// Push reads both sides, publishes what differs, and returns: each product once, and once
// more if nobody knows what became of its call. What is sold, or read again because it has
// become old, while a push runs counts for the calls that are still to come. Two pushes that
// share locks never overlap, so that an older number cannot land after a newer one; while
// [Engine.Run] runs, Push waits. A product that fails does not stop the others: it is in
// the error, and the next push finds it again.
func (e *Engine) Push(ctx context.Context) (result Result, err error) {
	defer e.timings.Measure(e.options.Now, &err)()
	ctx, unlock, err := e.ports.Locks.Lock(ctx, pushLock)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	if err := e.takeTurn(ctx); err != nil {
		return Result{}, err
	}
	if err := e.readHalt(ctx); err != nil {
		return Result{}, err
	}
	p := pass{Engine: e, turn: turn{pass: true}, tried: map[string]bool{}, again: map[string]bool{}}
	if err := p.read(ctx); err != nil {
		p.errs = append(p.errs, e.failed(err))
		if ctx.Err() == nil {
			p.errs = append(p.errs, p.withoutLevels(ctx))
		}
		return p.result, errors.Join(p.errs...)
	}
	p.result = Result{Plan: e.book.Plan()}
	var whole []wholeCase
	if e.ports.SeeOrders == nil { // else see tells of it
		whole = append(whole, wholeCase{exceptions.OrdersUnseen, ordersObject, e.book.unseen(e.now()), false})
	}
	if err := e.report(ctx, whole...); err != nil {
		return p.result, errors.Join(append(p.errs, err)...)
	}
	if err := e.mayPublish(ctx); err != nil {
		return p.result, errors.Join(append(p.errs, err)...)
	}
	if err := p.publishAll(ctx); err != nil {
		p.errs = append([]error{err}, p.errs...)
	}
	if err := e.reader.keepFlight(ctx); err != nil {
		p.errs = append(p.errs, e.failed(err))
	}
	return p.result, part.Join(p.errs...)
}

// pass is one push.
type pass struct {
	*Engine
	turn   turn
	result Result
	// tried are products, again those of them to try once more; looked reports whether the
	// shop was looked at since orders were last seen.
	tried, again map[string]bool
	looked       bool
	errs         []error
}

// read enters both sides in the book.
func (p *pass) read(ctx context.Context) error {
	if err := p.reader.loadFlight(ctx); err != nil {
		return err
	}
	shown, err := p.reader.shop(ctx)
	if err != nil {
		return err
	}
	p.book.called(CallShop, 1)
	if shown.some != nil {
		p.errs = append(p.errs, p.failed(shown.some))
	}
	p.book.Recompute() // buffers may say something else by now
	if p.check == nil {
		p.book.believe(shown)
	} else if err := p.compare(ctx); err != nil {
		return err
	}
	if err := p.see(ctx); err != nil {
		return err
	}
	some, err := p.reader.warehouse(ctx)
	if some != nil {
		p.errs = append(p.errs, p.failed(some))
	}
	if err != nil {
		return err
	}
	if p.ports.Touches == nil {
		return nil
	}
	if err := p.askForTouched(ctx); err != nil {
		p.errs = append(p.errs, fmt.Errorf("%w: %w", ErrLocksUnknown, err))
		return nil
	}
	p.settle(ctx)
	return nil
}

// withoutLevels does what is left of a pass that could not read both sides: it tells of levels
// that have become old, and takes off sale what [Options].ZeroAfter says.
func (p *pass) withoutLevels(ctx context.Context) error {
	p.book.Recompute()
	if err := p.report(ctx); err != nil {
		return err
	}
	products := p.book.tooOld(p.now())
	if len(products) == 0 {
		return nil
	}
	var none time.Time
	p.book.SetSeenUpTo(none) // with them goes what is to be lowered, and nothing that is to be raised
	p.turn.cuts = true
	var errs []error
	for _, id := range products {
		p.turn.product = id
		r, err := p.publish(ctx, &p.turn)
		p.result.Published += len(r.became.accepted)
		p.result.Refused += len(r.became.refused) + len(r.became.later)
		if errs = append(errs, err); ctx.Err() != nil || err != nil && !r.did {
			break
		}
	}
	return errors.Join(errs...)
}

// askForTouched finds out which orders were locked and unlocked.
func (p *pass) askForTouched(ctx context.Context) error {
	_, err := p.readTouched(ctx)
	return err
}

// settle has raises that wait for it vouched for. Those that cannot be are left for the next
// pass: it is an error of this one, and the rest of it goes on.
func (p *pass) settle(ctx context.Context) {
	if err := p.settleRaises(ctx, p.askForTouched); err != nil {
		p.errs = append(p.errs, err)
	}
}

// compare has the check look at the shop.
func (p *pass) compare(ctx context.Context) error {
	some, err := p.lookAt(ctx)
	if some != nil {
		p.errs = append(p.errs, p.failed(some))
	}
	if err != nil {
		return err
	}
	if known, err := p.book.mayPush(); known && err != nil {
		return err
	}
	return nil
}

// see takes in the orders that the shop has by now, or reads up to when an intake has. It
// fails only if nothing more can be done; that orders could not be seen is an error of the
// pass.
func (p *pass) see(ctx context.Context) error {
	p.seeing, p.looked = p.options.Now().UTC(), false
	if p.ports.SeeOrders == nil {
		return p.reader.seen(ctx)
	}
	err := p.ports.SeeOrders(ctx)
	if err == nil {
		p.seen = p.seeing
		p.book.SetSeenUpTo(p.seen)
		if err = p.ports.Exceptions.Clear(ctx, ordersObject, exceptions.OrdersUnseen); err != nil {
			p.errs = append(p.errs, fmt.Errorf("stock: %w", err))
		}
		return ctx.Err()
	}
	p.book.SetSeenUpTo(time.Time{})
	err = fmt.Errorf("stock is only lowered, because not all orders have been seen: %w", err)
	if p.seen.IsZero() {
		p.seen = p.seeing // nobody knows: give it as long as after a success
	}
	if p.seeing.Sub(p.seen) > unseenFor {
		err = errors.Join(err, p.ports.Exceptions.Raise(ctx, ordersUnseen(p.seen)))
	}
	p.errs = append(p.errs, fmt.Errorf("stock: %w", err))
	return ctx.Err()
}

// publishAll carries the plan out, and what comes up meanwhile.
func (p *pass) publishAll(ctx context.Context) error {
	for next := 0; ; {
		for ; next < len(p.result.Plan.Products); next++ {
			if err := p.one(ctx, next, false); err != nil {
				return err
			}
		}
		if err := p.readFor(ctx, &p.turn); err != nil {
			return err
		}
		for _, product := range p.book.Plan().Products {
			if !p.tried[product.ProductID] {
				p.result.Plan.Products = append(p.result.Plan.Products, product)
			}
		}
		if next == len(p.result.Plan.Products) {
			break
		}
	}
	if len(p.again) > 0 && p.looked { // what was seen there is newer than the orders
		if err := p.see(ctx); err != nil {
			return p.failed(err)
		}
	}
	for i, product := range p.result.Plan.Products {
		if !p.again[product.ProductID] {
			continue
		}
		if err := p.one(ctx, i, true); err != nil {
			return err
		}
	}
	return nil
}

// one publishes a product of the plan, the last time or not.
func (p *pass) one(ctx context.Context, i int, last bool) error {
	left := p.result.Plan.Products[i:]
	id := left[0].ProductID
	p.tried[id] = true
	if err := ctx.Err(); err != nil {
		return p.failed(err)
	}
	if p.options.Now().Sub(p.seeing) > unseenFor { // a long pass
		if err := p.see(ctx); err != nil {
			return p.failed(err)
		}
	}
	if ids := p.book.oldLevels(left, p.options.Now()); len(ids) > 0 { // as well
		some, err := p.reader.levels(ctx, ids)
		if err != nil {
			return p.failed(err)
		}
		if p.settle(ctx); some != nil {
			p.errs = append(p.errs, p.failed(some))
			if len(p.book.oldLevels(left[:1], p.options.Now())) > 0 {
				return nil // the next pass tries again
			}
		}
	}
	p.turn.product = id
	alone := p.book.tryAlone(id, p.now())
	r, err := p.publish(ctx, &p.turn)
	p.looked = p.looked || r.looked
	if len(r.sent.SKUs) > 0 {
		left[0] = r.sent
	}
	p.result.Published += len(r.became.accepted)
	p.result.Refused += len(r.became.refused) + len(r.became.later)
	again := (r.again || r.unsure) && !last && ctx.Err() == nil
	if again {
		p.again[id] = true
	}
	if err == nil && len(r.sent.SKUs) > 0 && (alone || p.book.tryAlone(id, p.now())) {
		err := p.one(ctx, i, last)
		left[0] = r.sent
		return err
	}
	switch {
	case again, err == nil:
	case len(r.sent.SKUs) == 0 && !r.again && !r.unsure: // nothing to do with the product
		return err
	default:
		p.errs = append(p.errs, err)
	}
	return nil
}
