package stock

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Publisher sets stock in the shop.
type Publisher interface {
	// PublishStock sets all quantities of one product in one call. Single SKUs
	// that the shop refuses come back as refusals; an error means that the
	// outcome of the whole call is a failure or unknown.
	PublishStock(ctx context.Context, product ProductStock) ([]Refusal, error)
}

// Refusal is a SKU whose level the shop did not take.
type Refusal struct {
	SKUID  string
	Reason string
	// Retry reports whether the same level may be taken later.
	Retry bool
	// Locked reports whether a campaign or a creator holds the units: the level cannot
	// be lowered below them.
	Locked bool
	// Foreign reports whether the warehouse is not the seller's to set.
	Foreign bool
	// Derived reports whether the shop computes the stock of the SKU itself: there is
	// nothing to mend.
	Derived bool
}

// Permits are leaves to make a call to the shop, asked for before it is decided what to
// publish: a number that was fixed first would be old when its turn has come.
type Permits interface {
	// StockPermit waits until the shop can be sent one PublishStock, and returns the
	// context to call it with, whose first attempt then does not wait. urgent is as in
	// [ProductStock].
	StockPermit(ctx context.Context, urgent bool) (context.Context, error)
}

// permit waits for leave to make a call, if anybody gives one.
func permit(ctx context.Context, p Permits, urgent bool) (context.Context, error) {
	if p == nil {
		return ctx, nil
	}
	with, err := p.StockPermit(ctx, urgent)
	if err != nil {
		return nil, fmt.Errorf("waiting for leave to publish: %w", err)
	}
	return with, nil
}

// published is what became of the SKUs of one call.
type published struct {
	accepted []SKUStock
	// refused SKUs are in the queue, later ones may be taken another time, derived
	// ones follow others. locked are those of the refused that a lock of the shop's holds.
	refused, later, derived, locked []SKUStock
	// alone were refused with all others of the call, perhaps for one of them, and have to be
	// lowered: they are tried one by one at once. all reports whether all were refused.
	alone []SKUStock
	all   bool
}

// none reports whether nobody knows what became of any SKU.
func (p published) none() bool {
	return len(p.accepted)+len(p.refused)+len(p.later)+len(p.derived)+len(p.alone) == 0
}

// publishStock publishes one product, by a call with the context send, and sees to the
// refusals. An error without anything published means that nobody knows whether the
// call took effect.
func publishStock(ctx, send context.Context, ports Ports, book *Book, p ProductStock) (did published, err error) {
	refusals, err := ports.Publisher.PublishStock(send, p)
	if err != nil {
		return did, err
	}
	var errs []error
	refused, astray := map[string]Refusal{}, false
	mended := func(sku SKUStock, kinds ...exceptions.Kind) {
		if book.opened(sku.String()) {
			errs = append(errs, ports.Exceptions.Clear(ctx, sku.String(), kinds...))
		}
	}
	for _, r := range refusals {
		if r.SKUID == "" && len(p.SKUs) == 1 { // it can be no other
			r.SKUID = p.SKUs[0].ID
		}
		refused[r.SKUID] = r
		if !slices.ContainsFunc(p.SKUs, func(sku SKUStock) bool { return sku.ID == r.SKUID }) {
			astray = true
			errs = append(errs, fmt.Errorf("the shop refused SKU id %q, which was not sent: %s", r.SKUID, r.Reason))
		}
	}
	did.all = len(p.SKUs) > 1 && !slices.ContainsFunc(p.SKUs, func(sku SKUStock) bool {
		r, bad := refused[sku.ID]
		return !bad || r.Retry || r.Derived
	})
	for _, sku := range p.SKUs {
		r, bad := refused[sku.ID]
		switch {
		case !bad && astray: // it may be the one that was meant: whoever looks next sees
		case !bad:
			did.accepted = append(did.accepted, sku)
			kinds := refusalKinds
			if book.aboveWanted(sku.ID) { // as little as the lock allows
				kinds = kinds[:1]
			}
			mended(sku, kinds...)
		case r.Derived:
			did.derived = append(did.derived, sku)
			mended(sku, exceptions.StockRefused)
		case r.Retry:
			did.later = append(did.later, sku)
			errs = append(errs, fmt.Errorf("%s: %s", sku.SKU, r.Reason))
		default:
			if did.all && sku.lowers() {
				did.alone = append(did.alone, sku)
			} else if did.refused = append(did.refused, sku); r.Locked {
				did.locked = append(did.locked, sku)
			}
			book.noteOpen(sku.String())
			errs = append(errs, ports.Exceptions.Raise(ctx, refusedStock(sku, r)))
		}
	}
	return did, part.Join(errs...)
}

func refusedStock(sku SKUStock, r Refusal) exceptions.Exception {
	seen := fmt.Sprintf("the shop did not accept %s: %s", quantities(sku.Stock), r.Reason)
	switch {
	case r.Locked:
		return exceptions.New(exceptions.StockLocked, sku.String(), time.Time{}, seen,
			"if you need the stock elsewhere, end the campaign or lock fewer units for it; the bridge tries again by itself")
	case r.Foreign:
		e := exceptions.New(exceptions.StockRefused, sku.String(), time.Time{}, seen, "remove the warehouse from the SKU in the shop, or leave its stock to whoever runs that warehouse")
		e.Owner = exceptions.OwnerIntegration
		return e
	}
	return exceptions.New(exceptions.StockRefused, sku.String(), time.Time{}, seen, "correct the listing in the shop; the bridge tries again by itself")
}

// turn is one call to the shop, or the try to make one.
type turn struct {
	// product is the one to publish; empty: the one that most needs it.
	product string
	// pass reports whether orders are seen by the pass that it belongs to, cuts whether
	// nothing may be raised, whatever has been seen.
	pass, cuts bool
	// leave is to be used, if it is not nil: a turn before has not needed it. What this
	// one does not need it leaves there.
	leave context.Context //nolint:containedctx // a permit is a context
}

// result is what came of a turn.
type result struct {
	// did reports whether there was something to do, looked whether the shop was looked
	// at, unsure whether nobody knows what became of the call, again whether what is right
	// by now can be published at once.
	did, looked, unsure, again bool
	sent                       ProductStock
	became                     published
}

// Publish publishes the product that most needs it; did is false if none does
// now. An error is recorded: the product is tried again later. While another program
// is known to write the same stock, it refuses with [ErrSecondWriter]; the check
// and [Engine.Report] find out. While more than half of what the shop sells would go to
// zero it refuses with [ErrMassZero].
func (e *Engine) Publish(ctx context.Context) (did bool, err error) {
	defer e.timings.Measure(e.now, &err)()
	r, err := e.publish(ctx, new(turn))
	return r.did, err
}

// publish takes a turn.
func (e *Engine) publish(ctx context.Context, t *turn) (r result, err error) {
	if err := e.mayPublish(ctx); err != nil {
		return r, err
	}
	if err := e.readFor(ctx, t); err != nil {
		return r, err
	}
	ok, err := e.leave(ctx, t)
	if !ok || err != nil {
		return r, err
	}
	p, doubt, ok := e.book.take(e.now(), t.product, fairEvery, fairAfter)
	if !ok {
		return r, nil
	}
	r.did = true
	switch {
	case doubt == shopMayDiffer && e.check != nil:
		r.looked, r.again = true, true
		return r, e.checkProduct(ctx, p)
	case doubt != certain && e.ports.Shown != nil:
		urgent := p.Urgent
		if p, err = e.lookUp(ctx, p, doubt); err != nil {
			e.book.done(e.now(), p, published{}, err)
			r.unsure = true
			return r, e.failed(fmt.Errorf("looking up product %s: %w", p.ProductID, err))
		}
		r.looked = true
		if p.Urgent = urgent; len(p.SKUs) == 0 {
			e.book.putBack(p.ProductID, time.Time{})
			return r, nil
		}
	case doubt == salesUnseen:
		if p = e.book.trusted(p, e.now()); len(p.SKUs) == 0 {
			e.book.putBack(p.ProductID, e.now().Add(fairAfter))
			return r, nil
		}
	}
	if t.leave == nil { // the shop was looked at first
		if t.leave, err = e.permit(ctx, t, p.Urgent); err != nil {
			e.book.putBack(p.ProductID, time.Time{})
			return r, err
		}
		urgent, again := p.Urgent, time.Time{}
		if p = e.book.retake(p.ProductID, e.now(), doubt); len(p.SKUs) > 0 {
			p, again = e.book.trusted(p, e.now()), e.now().Add(fairAfter)
		}
		if p.Urgent = urgent; len(p.SKUs) == 0 {
			e.book.putBack(p.ProductID, again)
			return r, nil
		}
	}
	send := t.leave
	t.leave = nil
	e.book.called(CallPublish, 1)
	r.sent = p
	r.became, err = publishStock(ctx, send, e.ports, e.book, p)
	e.book.done(e.now(), p, r.became, err)
	if len(r.became.refused) > 0 {
		e.mu.Lock()
		e.shopDue = true // the listing may not be what it was
		e.mu.Unlock()
	}
	r.unsure = err != nil && r.became.none()
	if err == nil && len(r.became.locked) > 0 && e.check != nil {
		r.looked, r.again = true, true
		err = e.look(ctx, skuIDs(r.became.locked)...) // how many are locked: the shop takes as few as that
	}
	if ids := e.book.keptUp(r.became.accepted); err == nil && len(ids) > 0 && e.check != nil {
		err = e.look(ctx, ids...) // nobody has been told of the lock
	}
	if err != nil {
		return r, e.failed(fmt.Errorf("product %s: %w", p.ProductID, err))
	}
	return r, nil
}

// mayPublish returns why nothing may be published, if anything forbids it.
func (e *Engine) mayPublish(ctx context.Context) error {
	known, err := e.book.mayPush()
	switch {
	case err != nil:
		return e.failed(err)
	case !known:
		if err := e.readHalt(ctx); err != nil {
			return err
		}
	}
	if err := e.doubtZeros(ctx); err != nil {
		return e.failed(err)
	}
	return nil
}

// readFor reads what was sold, and up to when the orders have been seen unless a pass
// sees to that.
func (e *Engine) readFor(ctx context.Context, t *turn) error {
	if !t.cuts && (!t.pass || e.ports.SeeOrders == nil) {
		return e.readLedger(ctx)
	}
	if err := e.reader.ledger(ctx); err != nil {
		return e.failed(err)
	}
	return nil
}

// leave waits for leave to make a call, unless the shop has to be looked at first: the
// turn has none then. ok is false if no call is needed, or others wait for as many as are.
func (e *Engine) leave(ctx context.Context, t *turn) (ok bool, err error) {
	next := e.book.next(e.now(), t.product, fairEvery, fairAfter)
	if next.products == 0 {
		return false, nil
	}
	asking := int(e.asking.Add(1))
	defer e.asking.Add(-1)
	if asking > next.products {
		return false, nil
	}
	if asking < next.products {
		e.wakeUp() // another can be published meanwhile
	}
	if next.doubt != certain || t.leave != nil {
		return true, nil
	}
	if e.ports.Permits == nil {
		t.leave = ctx
		return true, nil
	}
	t.leave, err = e.permit(ctx, t, next.urgent)
	return err == nil, err
}

// permit waits for leave to make a call, and reads what was sold meanwhile.
func (e *Engine) permit(ctx context.Context, t *turn, urgent bool) (context.Context, error) {
	send, err := permit(ctx, e.ports.Permits, urgent)
	if err != nil {
		return nil, e.failed(err)
	}
	if e.ports.Permits == nil {
		return send, nil
	}
	return send, e.readFor(ctx, t)
}
