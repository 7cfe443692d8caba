package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// lockTests are about locks: one holder at a time, up to 50 keys held at once,
// waiting that ends with the context, a lock that lasts until it is given back even
// if the context of the call ends. Who waits longest need not be first.
var lockTests = map[string]func(*storeTest){
	"locks: one at a time":     testOneAtATime,
	"locks: many keys":         testManyKeys,
	"locks: cancelled waiting": testCancelledWaiting,
	"locks: cancelled before":  testCancelledBefore,
	"locks: unlocked twice":    testUnlockedTwice,
	"locks: kept":              testLockKept,
	"locks: held context":      testHeldContext,
	"locks: lost":              testLockLost,
	"locks: fence":             testFence,
	"locks: nested fences":     testNestedFences,

	"many locks":            testTryLock,
	"many locks: some":      testTryLockSome,
	"many locks: keys":      testTryLockKeys,
	"many locks: at once":   testTryLockAtOnce,
	"many locks: cancelled": testTryLockCancelled,
	"many locks: context":   testTryLockContext,
	"many locks: unlocked":  testTryUnlocked,
	"many locks: lost":      testTryLockLost,
	"many locks: fence":     testTryLockFence,
	"many locks: nested":    testTryLockNested,
	"many locks: shops":     testTryLockShops,
}

// other is the same shop as another process sees it.
func (s *storeTest) other() store.Shop {
	s.Helper()
	return s.again(s.T, s.store).Shop(ours)
}

// try locks a key within d, also where the store does not heed the context.
func (s *storeTest) try(l store.Shop, key string, d time.Duration) (unlock func(), err error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), d)
	defer cancel()
	soon(s.T, fmt.Sprintf("locking %q for at most %v", key, d), func() { _, unlock, err = l.Lock(ctx, key) })
	return unlock, err
}

// lock takes a key that must become free.
func (s *storeTest) lock(l store.Shop, key string) (held context.Context, unlock func()) {
	s.Helper()
	type result struct {
		held   context.Context //nolint:containedctx // on its way to the caller
		unlock func()
		err    error
	}
	var r result
	soon(s.T, fmt.Sprintf("locking %q", key), func() {
		held, unlock, err := l.Lock(s.Context(), key)
		r = result{held, unlock, err}
	})
	if r.err != nil {
		s.Fatalf("locking %q: %v", key, r.err)
	}
	return r.held, r.unlock
}

// free checks that a key can be had.
func (s *storeTest) free(l store.Shop, key string) {
	s.Helper()
	_, unlock := s.lock(l, key)
	unlock()
}

// taken checks that a key is not free. A store that breaks its promise gives it
// at once.
func (s *storeTest) taken(l store.Shop, key, why string) {
	s.Helper()
	unlock, err := s.try(l, key, 100*time.Millisecond)
	if err == nil {
		unlock()
		s.Errorf("%s: %q was taken, and could be had", why, key)
	} else if !errors.Is(err, context.DeadlineExceeded) {
		s.Errorf("%s: the error %v does not say that the context has ended", why, err)
	}
}

func testOneAtATime(s *storeTest) {
	const workers, rounds, keys = 8, 30, 3
	var inside, total [keys]atomic.Int64
	ctx, cancel := context.WithTimeout(s.Context(), patience/2)
	defer cancel()
	side := s.both()
	soon(s.T, "many share three keys", func() {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for n := range rounds {
					k := (w + n) % keys
					_, unlock, err := side(w).Lock(ctx, fmt.Sprint("order/", k))
					if err != nil {
						s.Error(err)
						return
					}
					if inside[k].Add(1) != 1 {
						s.Errorf("two hold key %d at once", k)
					}
					before := total[k].Load()
					time.Sleep(time.Microsecond)
					total[k].Store(before + 1)
					inside[k].Add(-1)
					unlock()
				}
			})
		}
		wg.Wait()
	})
	var sum int64
	for k := range total {
		sum += total[k].Load()
	}
	if sum != workers*rounds {
		s.Errorf("%d turns are counted of %d: some overlapped", sum, workers*rounds)
	}
}

func testManyKeys(s *storeTest) {
	keys := []string{"", "order/1", "order/10", "ORDER/1", "order/1 ", "it's \"ü\"\n", strings.Repeat("long", 100)}
	for len(keys) < 50 {
		keys = append(keys, fmt.Sprint("product/", len(keys)))
	}
	side := s.both()
	var unlocks []func()
	for i, key := range keys {
		_, unlock := s.lock(side(i), key)
		unlocks = append(unlocks, unlock)
	}
	s.taken(s, keys[3], "held with many others")
	for _, unlock := range unlocks {
		unlock()
	}
	for _, key := range keys {
		s.free(s, key)
	}
}

func testCancelledWaiting(s *storeTest) {
	other := s.other()
	_, unlock := s.lock(s, "key")
	ctx, cancel := context.WithCancel(s.Context())
	result := make(chan error, 1)
	go func() {
		held, unlock, err := other.Lock(ctx, "key")
		if err == nil {
			unlock()
		} else if held != ctx {
			err = fmt.Errorf("a context that is not the caller's, and %v", err) //nolint:errorlint // no cause must be found
		}
		result <- err
	}()
	select {
	case err := <-result:
		s.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	select {
	case err := <-result:
		if !errors.Is(err, context.Canceled) {
			s.Errorf("got %v, want context.Canceled and the caller's context", err)
		}
	case <-time.After(patience):
		s.Fatal("it waits on although its context has ended")
	}
	s.taken(other, "key", "after a waiter gave up")
	unlock()
	s.free(s, "key") // who gave up must not get it later
}

func testCancelledBefore(s *storeTest) {
	other := s.other()
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	for range 20 { // a select between two ready cases is a coin
		if _, unlock, err := s.Lock(ctx, "key"); err == nil {
			unlock()
			s.Fatal("a context that has ended gets the lock")
		} else if !errors.Is(err, context.Canceled) {
			s.Fatalf("got %v, want context.Canceled", err)
		}
	}
	s.free(other, "key")
}

func testUnlockedTwice(s *storeTest) {
	other := s.other()
	_, first := s.lock(s, "key")
	first()
	first()
	_, second := s.lock(other, "key")
	first()
	s.taken(s, "key", "an old unlock was called again")
	second()
	s.free(s, "key")
}

func testLockKept(s *storeTest) {
	other := s.other()
	ctx, cancel := context.WithCancel(s.Context())
	_, unlock, err := s.Lock(ctx, "key")
	s.ok(err)
	cancel()
	s.taken(other, "key", "the context of the call that locked it has ended")
	unlock()
	s.free(other, "key")
}

type contextKey struct{}

// testHeldContext checks that a held context is the caller's, ends with it and with
// the lock, and can be written with until then.
func testHeldContext(s *storeTest) {
	ctx, cancel := context.WithCancel(context.WithValue(s.Context(), contextKey{}, "value"))
	held, unlock, err := s.Lock(ctx, "key")
	s.ok(err)
	if got := held.Value(contextKey{}); got != "value" {
		s.Errorf("a value of the caller's context: got %v in the held one", got)
	}
	full(s.T, s)
	for name, call := range calls {
		if err := call(held, s); err != nil {
			s.Errorf("%s with a held context: %v", name, err)
		}
	}
	inner, unlockInner, err := s.Lock(held, "another key")
	s.ok(err)
	cancel()
	for _, c := range []context.Context{held, inner} {
		if err := s.ended(c); !errors.Is(err, context.Canceled) {
			s.Errorf("the caller's context has ended, the held one: %v", err)
		}
	}
	// What has to be written all the same.
	if err := s.PutValue(context.WithoutCancel(inner), "last", nil); err != nil {
		s.Errorf("a write with a lock that is held: %v", err)
	}
	unlockInner()
	unlock()
	held, unlock = s.lock(s, "key")
	inner, unlockInner, err = s.Lock(held, "another key")
	s.ok(err)
	unlock()
	for _, c := range []context.Context{held, inner} {
		if s.ended(c) == nil {
			s.Error("the lock was given back, the held context goes on")
		}
	}
	unlockInner()
}

// ended waits for the end of a context, but not for ever.
func (s *storeTest) ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-time.After(patience):
	}
	return ctx.Err()
}

// loses has the holder of a lock lose it.
func (s *storeTest) loses(key string) {
	s.Helper()
	s.lose(s.T, s.store, ours, key)
}

func testLockLost(s *storeTest) {
	if s.lose == nil {
		return
	}
	other := s.other()
	held, unlock := s.lock(s, "key")
	next, unlockNext := s.lock(s, "another key")
	waiting := make(chan func(), 1)
	go func() {
		_, unlock, err := other.Lock(s.Context(), "key")
		if err != nil {
			s.Error(err)
		}
		waiting <- unlock
	}()
	s.loses("key")
	if err := s.ended(held); err == nil || !errors.Is(context.Cause(held), store.ErrLockLost) {
		s.Errorf("the lock was lost: the held context ended with %v, want %v", context.Cause(held), store.ErrLockLost)
	}
	if next.Err() != nil {
		s.Errorf("another lock was lost, the held context ended: %v", context.Cause(next))
	}
	var unlockOther func()
	soon(s.T, "waiting for a lock that its holder lost", func() { unlockOther = <-waiting })
	unlock() // by one who does not know yet
	s.taken(s, "key", "who lost it gave it back")
	unlockOther()
	unlockNext()
	s.free(s, "key")
}

// testFence has somebody work on who has lost the lock.
func testFence(s *storeTest) {
	if s.lose == nil {
		return
	}
	full(s.T, s)
	other := s.other()
	mine, unlockMine := s.lock(s, "mine")
	for name, write := range writes {
		held, unlock := s.lock(s, "key")
		s.loses("key")
		theirs, unlockTheirs := s.lock(other, "key")
		before := snapshot(s.T, s, ours)
		// It knows nothing of the end of its context.
		if err := write(context.WithValue(context.WithoutCancel(held), contextKey{}, 1), s); !errors.Is(err, store.ErrFenced) {
			s.Errorf("%s of one who has lost the lock: got %v, want %v", name, err, store.ErrFenced)
		}
		unchanged(s.T, name+" of one who has lost the lock", before, s, ours)
		for who, ctx := range map[string]context.Context{"the new holder": theirs, "the holder of another lock": mine, "one without a lock": s.Context()} {
			if err := s.AddHint(ctx, "a", "1"); err != nil {
				s.Errorf("a write of %s: %v", who, err)
			}
		}
		unlockTheirs()
		unlock()
	}
	unlockMine()
}

// testNestedFences loses the outer and the inner of two locks.
func testNestedFences(s *storeTest) {
	if s.lose == nil {
		return
	}
	for _, lost := range []string{"outer", "inner"} {
		outer, unlockOuter := s.lock(s, "outer")
		inner, unlockInner, err := s.Lock(outer, "inner")
		s.ok(err)
		s.loses(lost)
		_, unlock := s.lock(s.other(), lost)
		if err := s.PutValue(context.WithoutCancel(inner), "a", nil); !errors.Is(err, store.ErrFenced) {
			s.Errorf("the %s lock of two was lost, a write with both: got %v, want %v", lost, err, store.ErrFenced)
		}
		if err := s.PutValue(context.WithoutCancel(outer), "a", nil); errors.Is(err, store.ErrFenced) != (lost == "outer") {
			s.Errorf("the %s lock of two was lost, a write with the outer one: got %v", lost, err)
		}
		unlock()
		unlockInner()
		unlockOuter()
	}
}
