package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// TestLocks checks that a store keeps the promises of [store.Locks]: one holder
// at a time, up to 50 keys held at once, waiting that ends with the context, a
// lock that lasts until it is given back even if the context of the call ends.
// Who waits longest need not be first. See [TestStore] for open and reopen.
func TestLocks(t *testing.T, open func(*testing.T) store.Locks, reopen func(*testing.T, store.Locks) store.Locks) {
	again := reopening(reopen)
	for name, test := range map[string]func(t *testing.T, one, other store.Locks){
		"one at a time":     testOneAtATime,
		"many keys":         testManyKeys,
		"cancelled waiting": testCancelledWaiting,
		"cancelled before":  testCancelledBefore,
		"unlocked twice":    testUnlockedTwice,
		"kept":              testLockKept,
	} {
		part(t, name, func(t *testing.T) {
			one := open(t)
			test(t, one, again(t, one))
		})
	}
}

// try locks a key within d, also where the store does not heed the context.
func try(t *testing.T, l store.Locks, key string, d time.Duration) (unlock func(), err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	soon(t, fmt.Sprintf("locking %q for at most %v", key, d), func() { unlock, err = l.Lock(ctx, key) })
	return unlock, err
}

// lock takes a key that must become free.
func lock(t *testing.T, l store.Locks, key string) (unlock func()) {
	t.Helper()
	unlock, err := try(t, l, key, patience/2)
	if err != nil {
		t.Fatalf("locking %q: %v", key, err)
	}
	return unlock
}

// taken checks that a key is not free. A store that breaks its promise gives it
// at once.
func taken(t *testing.T, l store.Locks, key, why string) {
	t.Helper()
	unlock, err := try(t, l, key, 100*time.Millisecond)
	if err == nil {
		unlock()
		t.Errorf("%s: %q was taken, and could be had", why, key)
	} else if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: the error %v does not say that the context has ended", why, err)
	}
}

func testOneAtATime(t *testing.T, one, other store.Locks) {
	const workers, rounds, keys = 8, 30, 3
	var inside, total [keys]atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), patience/2)
	defer cancel()
	soon(t, "many share three keys", func() {
		var wg sync.WaitGroup
		for w := range workers {
			locks := one
			if w%2 == 1 {
				locks = other
			}
			wg.Go(func() {
				for n := range rounds {
					k := (w + n) % keys
					unlock, err := locks.Lock(ctx, fmt.Sprint("order/", k))
					if err != nil {
						t.Error(err)
						return
					}
					if inside[k].Add(1) != 1 {
						t.Errorf("two hold key %d at once", k)
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
		t.Errorf("%d turns are counted of %d: some overlapped", sum, workers*rounds)
	}
}

func testManyKeys(t *testing.T, one, other store.Locks) {
	keys := []string{"", "order/1", "order/10", "ORDER/1", "order/1 ", "it's \"ü\"\n", strings.Repeat("long", 100)}
	for len(keys) < 50 {
		keys = append(keys, fmt.Sprint("product/", len(keys)))
	}
	var unlocks []func()
	for i, key := range keys {
		locks := one
		if i%2 == 1 {
			locks = other
		}
		unlocks = append(unlocks, lock(t, locks, key))
	}
	taken(t, one, keys[3], "held with many others")
	for _, unlock := range unlocks {
		unlock()
	}
	for _, key := range keys {
		lock(t, one, key)()
	}
}

func testCancelledWaiting(t *testing.T, one, other store.Locks) {
	unlock := lock(t, one, "key")
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		unlock, err := other.Lock(ctx, "key")
		if err == nil {
			unlock()
		}
		result <- err
	}()
	select {
	case err := <-result:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	select {
	case err := <-result:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
	case <-time.After(patience):
		t.Fatal("it waits on although its context has ended")
	}
	taken(t, other, "key", "after a waiter gave up")
	unlock()
	lock(t, one, "key")() // who gave up must not get it later
}

func testCancelledBefore(t *testing.T, one, other store.Locks) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // a select between two ready cases is a coin
		if unlock, err := one.Lock(ctx, "key"); err == nil {
			unlock()
			t.Fatal("a context that has ended gets the lock")
		} else if !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want context.Canceled", err)
		}
	}
	lock(t, other, "key")()
}

func testUnlockedTwice(t *testing.T, one, other store.Locks) {
	first := lock(t, one, "key")
	first()
	first()
	second := lock(t, other, "key")
	first()
	taken(t, one, "key", "an old unlock was called again")
	second()
	lock(t, one, "key")()
}

func testLockKept(t *testing.T, one, other store.Locks) {
	ctx, cancel := context.WithCancel(t.Context())
	unlock, err := one.Lock(ctx, "key")
	check(t, err)
	cancel()
	taken(t, other, "key", "the context of the call that locked it has ended")
	unlock()
	lock(t, other, "key")()
}
