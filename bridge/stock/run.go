package stock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// The paces of [Engine.Run] that nobody has to choose.
const (
	// hotReadings are how many readings of what is hot are under way at most: one that takes
	// longer than HotEvery, or is repeated, does not hold up the next.
	hotReadings = 4
	// touchEvery is how often orders are asked which items they touched, touchOverlap
	// how far each time goes back before the last.
	touchEvery, touchOverlap = 5 * time.Second, time.Minute
	// settleEvery is how often they are asked for besides because a level has risen.
	settleEvery = time.Second
	// recomputeEvery is how often all is computed again, because a buffer may say
	// something else by now.
	recomputeEvery = 5 * time.Second
	// reportEvery is how often exceptions are brought up to date.
	reportEvery = 30 * time.Second
	// Each fairEvery-th call goes to the product that waits longest, if it has waited for
	// fairAfter. With w products waiting at r calls a second, any is published within
	// fairAfter + w·fairEvery/r.
	fairEvery = 5
	fairAfter = 5 * time.Second
	// retryAfter is the wait after a product failed; it doubles up to retryMax.
	retryAfter, retryMax = time.Second, time.Minute
)

// Run does all of it by the real clock until ctx ends, in goroutines of its own,
// and returns when all of them have stopped. It
// holds the lock of stock pushes: a second process that runs the same waits as a
// stand-by. What goes wrong is told to onError, which may be nil, and tried
// again; Run itself returns only the error of ctx, or that of the lock.
func (e *Engine) Run(ctx context.Context, onError func(error)) error {
	ctx, unlock, err := e.ports.Locks.Lock(ctx, pushLock)
	if err != nil {
		return e.failed(err)
	}
	defer unlock()
	tell := func(err error) {
		if err != nil && ctx.Err() == nil && onError != nil {
			onError(err)
		}
	}
	for wait := retryAfter; ; wait = min(2*wait, retryMax) {
		err := errors.Join(e.takeTurn(ctx), e.readLedger(ctx))
		some, broke := e.readShop(ctx)
		err = errors.Join(err, broke)
		tell(errors.Join(err, some))
		if err == nil {
			break
		}
		if pause(ctx, wait) != nil {
			return ended(ctx)
		}
	}
	var wg sync.WaitGroup
	atOnce := func(n int, d time.Duration, run func(context.Context) error) {
		running := make(chan struct{}, n)
		wg.Go(func() {
			for next := time.Now(); ctx.Err() == nil; {
				running <- struct{}{}
				wg.Go(func() {
					tell(run(ctx))
					<-running
				})
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
	every := func(d time.Duration, run func(context.Context) error) { atOnce(1, d, run) }
	pace := e.options.Pace
	atOnce(hotReadings, pace.HotEvery, func(ctx context.Context) error { _, err := e.ReadHot(ctx); return err })
	every(touchEvery, e.ReadTouched)
	every(touchEvery, e.ReadZeroed)
	every(pace.SweepEvery, e.Sweep)
	every(recomputeEvery, func(context.Context) error { e.book.Recompute(); e.wakeUp(); return nil })
	every(reportEvery, e.Report)
	lastShop := time.Now()
	every(min(pace.ShopEvery, 10*time.Second), func(ctx context.Context) error {
		e.mu.Lock()
		due := e.shopDue
		e.mu.Unlock()
		if !due && time.Since(lastShop) < pace.ShopEvery {
			return nil
		}
		lastShop = time.Now()
		return e.ReadShop(ctx)
	})
	if e.check != nil {
		every(pace.CheckEvery, func(ctx context.Context) error { return e.look(ctx) })
	}
	for range pace.Publishers {
		wg.Go(func() { e.publishAll(ctx, tell) })
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

// publishAll publishes whatever needs it, and waits where nothing does.
func (e *Engine) publishAll(ctx context.Context, tell func(error)) {
	for ctx.Err() == nil {
		did, err := e.Publish(ctx)
		tell(err)
		if did {
			e.wakeUp() // there may be work for another
			continue
		}
		wait := recomputeEvery
		if at := e.book.nextRetry(e.now()); !at.IsZero() {
			wait = min(wait, at.Sub(e.now()))
		}
		timer := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-e.wake:
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
