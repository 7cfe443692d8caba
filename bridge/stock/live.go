package stock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// LivePorts are what a [Live] works on.
type LivePorts struct {
	// Book is what is known and wanted. Give it to a [Check] too, which closes
	// the loop.
	Book *Book
	Ports
	// Sweep reads all levels, page by page.
	Sweep Sweeper
	// Touches is optional: with it, items on orders that changed are read at once.
	Touches Touches
	// Shown is optional: with it, a call whose outcome is unknown is looked up
	// before it is repeated.
	Shown ShownReader
	// Check is optional, on the same book: with it, Run compares what the shop shows
	// with what it should.
	Check *Check
}

// LiveOptions configure a [Live]. Zero values take the defaults.
type LiveOptions struct {
	// Hot reports which listings are read and published before others, such as those
	// of a LIVE: see [BufferRules.Live]. Besides, the HotCount listings that sold
	// most in the last minutes are hot. Default 100; negative: none.
	Hot      func(l catalogue.Listing, now time.Time) bool
	HotCount int
	// HotEvery is the time from one reading of hot and touched items to the next.
	// Each takes one call for 200 items. Default 500 ms: at 200 hot items that is
	// 120 of the 250 calls a minute that Linnworks allows.
	HotEvery time.Duration
	// TouchEvery is how often orders are asked which items they touched, TouchOverlap
	// how far each time goes back before the last. Defaults five seconds, one minute.
	TouchEvery, TouchOverlap time.Duration
	// SweepEvery is the time from the start of one sweep to that of the next.
	// Default five minutes. A sweep of 40,000 items is 200 calls, 80 s at 150 calls a
	// minute.
	SweepEvery time.Duration
	// ShopEvery is how often listings and catalogue are read. Default 15 minutes.
	ShopEvery time.Duration
	// CheckEvery is how often the shop is compared with the book, at one call for
	// 600 SKUs. Default two minutes.
	CheckEvery time.Duration
	// RecomputeEvery is how often all is computed again, because a buffer may say
	// something else by now. Default five seconds.
	RecomputeEvery time.Duration
	// ReportEvery is how often exceptions are brought up to date. Default 30 s.
	ReportEvery time.Duration
	// StaleAfter is the age at which the oldest level becomes an exception. Default
	// three times SweepEvery.
	StaleAfter time.Duration
	// Publishers is how many calls to the shop run at once, each of another product.
	// Default 4.
	Publishers int
	// FairEvery: each FairEvery-th call goes to the product that waits longest, if
	// it has waited for FairAfter. With w products waiting at r calls a second, any
	// is published within FairAfter + w·FairEvery/r. Defaults 5 and five seconds.
	FairEvery int
	FairAfter time.Duration
	// RetryAfter is the wait after a product failed; it doubles up to RetryMax.
	// Defaults one second and one minute.
	RetryAfter, RetryMax time.Duration
	// RefusedAfter is when a level that the shop refused is offered again, unless
	// another one is wanted before. Default 15 minutes.
	RefusedAfter time.Duration
}

// Live keeps the shop's stock right without a pause, within the limits of
// both sides: it reads what sells now many times a minute, what orders touched
// within seconds, everything else in a sweep that goes on beside, and publishes
// in the order of what waiting costs. [Live.Run] does all of it. A program
// with a scheduler of its own calls the other methods instead, each as often as
// it likes; they can run at once.
//
// All of it works on one [Book], which knows what was published; a
// [Check] on the same book closes the loop. Do not run a [Push] for the
// same shop beside it.
type Live struct {
	ports   LivePorts
	options LiveOptions
	book    *Book
	reader  stockReader
	wake    chan struct{}
	timings health.Timings

	checking sync.Mutex // checks must not overlap

	mu      sync.Mutex
	touched []string // items to read at once
	since   time.Time
	raised  map[exceptions.Ref]string
	shopDue bool
}

// NewLive returns a Live, or an error that names every missing port or the
// option that is wrong. Book, Sweep and the ports that a [Push] requires are
// required.
func NewLive(p LivePorts, o LiveOptions) (*Live, error) {
	need := map[string]any{"Sweep": p.Sweep}
	if p.Book == nil {
		need["Book"] = nil
	}
	if err := p.required("stock: NewLive", need); err != nil {
		return nil, err
	}
	if p.Check != nil && p.Check.ports.Book != p.Book {
		return nil, errors.New("stock: NewLive: Check works on another book")
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		std   time.Duration
	}{
		{"HotEvery", &o.HotEvery, 500 * time.Millisecond}, {"TouchEvery", &o.TouchEvery, 5 * time.Second}, {"TouchOverlap", &o.TouchOverlap, time.Minute},
		{"SweepEvery", &o.SweepEvery, 5 * time.Minute}, {"ShopEvery", &o.ShopEvery, 15 * time.Minute}, {"CheckEvery", &o.CheckEvery, 2 * time.Minute},
		{"RecomputeEvery", &o.RecomputeEvery, 5 * time.Second}, {"ReportEvery", &o.ReportEvery, 30 * time.Second},
		{"FairAfter", &o.FairAfter, 5 * time.Second}, {"RetryAfter", &o.RetryAfter, time.Second}, {"RetryMax", &o.RetryMax, time.Minute}, {"RefusedAfter", &o.RefusedAfter, 15 * time.Minute},
		{"StaleAfter", &o.StaleAfter, 3 * cmp.Or(o.SweepEvery, 5*time.Minute)},
	} {
		if *d.value < 0 {
			return nil, fmt.Errorf("stock: NewLive: %s is negative: %v", d.name, *d.value)
		}
		*d.value = cmp.Or(*d.value, d.std)
	}
	if o.Publishers < 0 || o.FairEvery < 0 {
		return nil, fmt.Errorf("stock: NewLive: Publishers %d, FairEvery %d: neither may be negative", o.Publishers, o.FairEvery)
	}
	o.Publishers, o.FairEvery, o.HotCount = cmp.Or(o.Publishers, 4), cmp.Or(o.FairEvery, 5), cmp.Or(o.HotCount, 100)
	return &Live{
		ports: p, options: o, book: p.Book, wake: make(chan struct{}, 1), raised: map[exceptions.Ref]string{},
		reader: stockReader{ports: p.Ports, book: p.Book, now: p.Book.options.Now},
	}, nil
}

func (l *Live) now() time.Time { return l.reader.now().UTC() }

// ReadShop reads listings and catalogue.
func (l *Live) ReadShop(ctx context.Context) error {
	l.mu.Lock()
	l.shopDue = false
	l.mu.Unlock()
	if err := l.reader.shop(ctx); err != nil {
		return l.failed(err)
	}
	l.book.called(CallShop, 1)
	return nil
}

// itemBatch is how many items one call reads.
const itemBatch = 200

// ReadHot reads the levels of hot and touched items, at most 1,000 items a run
// (five calls), and what was never read if there is room in the last call. It
// returns how many items it read.
func (l *Live) ReadHot(ctx context.Context) (int, error) {
	ids := l.book.heatUp(l.now(), l.options.Hot, l.options.HotCount)
	l.mu.Lock()
	touched := l.touched
	l.touched = nil
	l.mu.Unlock()
	have := make(map[string]bool, len(ids))
	for _, id := range ids {
		have[id] = true
	}
	var behind []string
	for _, id := range touched {
		switch {
		case have[id]:
		case len(ids) < 5*itemBatch:
			have[id] = true
			ids = append(ids, id)
		default:
			behind = append(behind, id)
		}
	}
	room := itemBatch - len(ids)%itemBatch
	if len(ids) > 0 && room == itemBatch {
		room = 0
	}
	for _, id := range l.book.unread(room) {
		if !have[id] {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0, l.readLedger(ctx)
	}
	if err := l.readLedger(ctx); err != nil {
		l.touch(touched)
		return 0, err
	}
	if err := l.reader.levels(ctx, ids); err != nil {
		l.touch(touched)
		return 0, l.failed(err)
	}
	l.touch(behind)
	l.book.called(CallLevels, (len(ids)+itemBatch-1)/itemBatch)
	l.wakeUp()
	return len(ids), nil
}

// Touch has items read with the next [Live.ReadHot], such as those of a
// delivery that was booked in.
func (l *Live) Touch(itemIDs ...string) { l.touch(itemIDs) }

func (l *Live) touch(ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touched = append(l.touched, ids...)
}

// ReadTouched finds out which items the orders of all channels have touched since
// the last time, for the next [Live.ReadHot].
func (l *Live) ReadTouched(ctx context.Context) error {
	if l.ports.Touches == nil {
		return nil
	}
	l.mu.Lock()
	since := l.since
	l.mu.Unlock()
	if since.IsZero() {
		since = l.now()
	}
	ids, upTo, err := l.ports.Touches.ItemsTouched(ctx, since.Add(-l.options.TouchOverlap))
	if err != nil {
		return l.failed(fmt.Errorf("reading what orders touched: %w", err))
	}
	l.book.called(CallTouched, 1)
	l.mu.Lock()
	l.since = upTo
	l.mu.Unlock()
	l.touch(l.book.needed(ids))
	return nil
}

// Sweep reads all levels once.
func (l *Live) Sweep(ctx context.Context) error {
	if err := l.readLedger(ctx); err != nil {
		return err
	}
	mark := l.book.Mark()
	begun := mark
	for page, err := range l.ports.Sweep.SweepStock(ctx) {
		if err != nil {
			return l.failed(fmt.Errorf("sweeping the levels: %w", err))
		}
		l.book.SetLevels(mark, page)
		l.book.called(CallSweep, 1)
		l.wakeUp()
		if err := l.readLedger(ctx); err != nil {
			return err
		}
		mark = l.book.Mark()
	}
	// An item that slipped through between two pages, or is gone.
	missed := l.book.readBefore(begun)
	for len(missed) > 0 {
		n := min(len(missed), itemBatch)
		if err := l.reader.levels(ctx, missed[:n]); err != nil {
			return l.failed(err)
		}
		l.book.called(CallLevels, 1)
		missed = missed[n:]
	}
	if err := l.reader.vanished(ctx); err != nil {
		return l.failed(err)
	}
	l.wakeUp()
	return nil
}

func (l *Live) readLedger(ctx context.Context) error {
	if err := l.reader.ledger(ctx); err != nil {
		return l.failed(err)
	}
	return nil
}

// Publish publishes the product that most needs it; did is false if none does
// now. An error is recorded: the product is tried again later. While another program
// is known to write the same stock, it refuses with [ErrSecondWriter]; a
// [Check] and [Live.Report] find out.
func (l *Live) Publish(ctx context.Context) (did bool, err error) {
	defer l.timings.Measure(l.now, &err)()
	if known, err := l.book.mayPush(); err != nil {
		return false, l.failed(err)
	} else if !known {
		if err := l.readHalt(ctx); err != nil {
			return false, err
		}
	}
	if err := l.readLedger(ctx); err != nil {
		return false, err
	}
	p, doubt, ok := l.book.take(l.now(), l.options.FairEvery, l.options.FairAfter)
	if !ok {
		return false, nil
	}
	switch {
	case doubt == shopMayDiffer && l.ports.Check != nil:
		return true, l.checkProduct(ctx, p)
	case doubt != certain && l.ports.Shown != nil:
		urgent := p.Urgent
		if p, err = l.lookUp(ctx, p); err != nil {
			l.book.done(l.now(), p, published{}, err, &l.options)
			return true, l.failed(fmt.Errorf("looking up product %s: %w", p.ProductID, err))
		}
		if p.Urgent = urgent; len(p.SKUs) == 0 {
			l.book.putBack(p.ProductID, time.Time{})
			return true, nil
		}
	}
	l.book.called(CallPublish, 1)
	became, err := publishStock(ctx, l.ports.Ports, p)
	l.book.done(l.now(), p, became, err, &l.options)
	if len(became.refused) > 0 {
		l.mu.Lock()
		l.shopDue = true // the listing may not be what it was
		l.mu.Unlock()
	}
	if err != nil {
		return true, l.failed(fmt.Errorf("product %s: %w", p.ProductID, err))
	}
	return true, nil
}

// readHalt looks whether a person has to resolve something before more is
// published.
func (l *Live) readHalt(ctx context.Context) error {
	open, err := l.ports.Exceptions.Open(ctx, exceptions.SecondWriter)
	if err == nil {
		err = l.book.halt(open)
	}
	if err != nil {
		return l.failed(err)
	}
	return nil
}

// lookUp finds out what became of a call, and what is still needed.
func (l *Live) lookUp(ctx context.Context, p ProductStock) (ProductStock, error) {
	mark, at := l.book.Mark(), l.now()
	l.book.called(CallLookUp, 1)
	shown, err := l.ports.Shown.ShopStock(ctx, skuIDs(p))
	if err != nil {
		return p, err
	}
	for _, s := range shown {
		l.book.SetShown(mark, at, s.ID, s.levels()...)
	}
	return l.book.retake(p.ProductID, l.now()), nil
}

// Report brings the queue up to date: it raises what is wrong and was not, closes
// what has come right, drops reservations that the levels have made superfluous,
// and raises levels that were not read for too long.
func (l *Live) Report(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.readHalt(ctx); err != nil && !errors.Is(err, ErrSecondWriter) {
		return err
	}
	if err := l.reader.release(ctx); err != nil {
		return l.failed(err)
	}
	problems := l.book.Problems()
	if s := l.book.Stats(); !s.Stalest.IsZero() && l.now().Sub(s.Stalest) > l.options.StaleAfter {
		problems = append(problems, exceptions.New(exceptions.StaleLevels, "stock levels", time.Time{},
			fmt.Sprintf("the level of SKU %s was last read at %s", s.StalestSKU, s.Stalest.Format(time.RFC3339)),
			"find out why Linnworks does not answer; until then the shop sells at old numbers"))
	} else if err := l.ports.Exceptions.Clear(ctx, "stock levels", exceptions.StaleLevels); err != nil {
		return l.failed(err)
	}
	now := make(map[exceptions.Ref]string, len(problems))
	for _, e := range problems {
		key := e.Ref()
		if seen, have := l.raised[key]; !have || seen != e.Seen {
			if err := l.ports.Exceptions.Raise(ctx, e); err != nil {
				return l.failed(fmt.Errorf("raising %q: %w", e.Kind, err))
			}
		}
		now[key] = e.Seen
	}
	if err := clearMended(ctx, l.ports.Exceptions, l.book); err != nil {
		return l.failed(err)
	}
	l.raised = now
	return nil
}

func (l *Live) failed(err error) error { return fmt.Errorf("live stock: %w", err) }

// Health returns how the calls to the shop went so far, and how many SKUs wait.
func (l *Live) Health() health.Flow {
	flow := l.timings.Health()
	flow.Backlog = l.book.Stats().Waiting
	return flow
}

func (l *Live) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run does all of it by the real clock until ctx ends, in goroutines of its own,
// and returns when all of them have stopped. It
// holds the lock of stock pushes: a second process that runs the same waits as a
// stand-by. What goes wrong is told to onError, which may be nil, and tried
// again; Run itself returns only the error of ctx, or that of the lock.
func (l *Live) Run(ctx context.Context, onError func(error)) error {
	ctx, unlock, err := l.ports.Locks.Lock(ctx, pushLock)
	if err != nil {
		return l.failed(err)
	}
	defer unlock()
	tell := func(err error) {
		if err != nil && ctx.Err() == nil && onError != nil {
			onError(err)
		}
	}
	for wait := l.options.RetryAfter; ; wait = min(2*wait, l.options.RetryMax) {
		if err = errors.Join(l.readLedger(ctx), l.ReadShop(ctx)); err == nil {
			break
		}
		tell(err)
		if pause(ctx, wait) != nil {
			return ended(ctx)
		}
	}
	var wg sync.WaitGroup
	every := func(d time.Duration, run func(context.Context) error) {
		wg.Go(func() {
			for next := time.Now(); ctx.Err() == nil; {
				tell(run(ctx))
				next = next.Add(d)
				if late := time.Since(next); late > 0 {
					next = next.Add(late) // no catching up
				}
				if pause(ctx, time.Until(next)) != nil {
					return
				}
			}
		})
	}
	every(l.options.HotEvery, func(ctx context.Context) error { _, err := l.ReadHot(ctx); return err })
	every(l.options.TouchEvery, l.ReadTouched)
	every(l.options.SweepEvery, l.Sweep)
	every(l.options.RecomputeEvery, func(context.Context) error { l.book.Recompute(); l.wakeUp(); return nil })
	every(l.options.ReportEvery, l.Report)
	lastShop := time.Now()
	every(min(l.options.ShopEvery, 10*time.Second), func(ctx context.Context) error {
		l.mu.Lock()
		due := l.shopDue
		l.mu.Unlock()
		if !due && time.Since(lastShop) < l.options.ShopEvery {
			return nil
		}
		lastShop = time.Now()
		return l.ReadShop(ctx)
	})
	if l.ports.Check != nil {
		every(l.options.CheckEvery, func(ctx context.Context) error { return l.check(ctx) })
	}
	for range l.options.Publishers {
		wg.Go(func() { l.publishAll(ctx, tell) })
	}
	wg.Wait()
	return ended(ctx)
}

// ended returns why a context has ended that may be that of a lock.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, store.ErrLockLost) {
		return fmt.Errorf("stock: another process may publish now: %w", cause)
	}
	return ctx.Err()
}

// checkProduct finds out what the shop shows of SKUs that are suspect, before
// anything is published: it may have zeroed them.
func (l *Live) checkProduct(ctx context.Context, p ProductStock) error {
	// Until the check is over nobody else is to take it, and if the check says
	// nothing certain, not again at once.
	l.book.putBack(p.ProductID, l.now().Add(l.options.RetryMax))
	if err := l.check(ctx, skuIDs(p)...); err != nil {
		l.book.putBack(p.ProductID, l.now().Add(l.options.RetryAfter))
		return l.failed(fmt.Errorf("checking product %s: %w", p.ProductID, err))
	}
	again := time.Time{}
	if l.book.suspects(p.ProductID) {
		again = l.now().Add(5 * time.Second) // a call is just settling
	}
	l.book.putBack(p.ProductID, again)
	return nil
}

func skuIDs(p ProductStock) []string {
	ids := make([]string, len(p.SKUs))
	for i, s := range p.SKUs {
		ids[i] = s.ID
	}
	return ids
}

// check compares the shop with the book: the SKUs given, or all.
func (l *Live) check(ctx context.Context, skuIDs ...string) error {
	l.checking.Lock()
	defer l.checking.Unlock()
	result, err := l.ports.Check.Check(ctx, skuIDs...)
	l.book.called(CallCheck, result.Calls)
	if result.CatalogueStale {
		l.mu.Lock()
		l.shopDue = true
		l.mu.Unlock()
	}
	l.wakeUp()
	return err
}

// publishAll publishes whatever needs it, and waits where nothing does.
func (l *Live) publishAll(ctx context.Context, tell func(error)) {
	for ctx.Err() == nil {
		did, err := l.Publish(ctx)
		tell(err)
		if did {
			l.wakeUp() // there may be work for another
			continue
		}
		wait := l.options.RecomputeEvery
		if at := l.book.nextRetry(l.now()); !at.IsZero() {
			wait = min(wait, at.Sub(l.now()))
		}
		timer := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-l.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// pause waits, but not longer than ctx.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
