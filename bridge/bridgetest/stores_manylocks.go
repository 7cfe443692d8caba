package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// tries takes those keys that are free, which must be the ones that are wanted.
func (s *storeTest) tries(ctx context.Context, l store.Shop, want []string, keys ...string) (held context.Context, unlock func()) {
	s.Helper()
	var taken []string
	var err error
	soon(s.T, fmt.Sprintf("locking %d keys that are free or not", len(keys)), func() {
		held, taken, unlock, err = l.TryLock(ctx, keys...) //nolint:fatcontext // once
	})
	if err != nil {
		s.Fatalf("locking %d keys: %v", len(keys), err)
	}
	if got, want := slices.Sorted(slices.Values(taken)), slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		s.Errorf("locking %.200q: got %.200q, want %.200q", keys, got, want)
	}
	if held == nil || unlock == nil {
		s.Fatal("without an error there must be a context and a way to give the locks back")
	}
	return held, unlock
}

// orderKeys are as many keys as may be asked for at once.
func orderKeys() (keys []string) {
	for i := range 200 {
		keys = append(keys, fmt.Sprint("order/", i))
	}
	return keys
}

func testTryLock(s *storeTest) {
	keys, other := orderKeys(), s.other()
	for range 2 {
		_, unlock := s.tries(s.Context(), s, keys, keys...)
		s.taken(other, keys[0], "the first of 200 that were taken")
		s.taken(other, keys[199], "the last of 200 that were taken")
		s.tries(s.Context(), other, nil, keys...)
		_, unlockOther := s.tries(s.Context(), other, []string{"order/200"}, "order/7", "order/200", "order/8")
		unlock()
		s.taken(s, "order/200", "others were given back")
		_, unlock = s.tries(s.Context(), other, keys, keys...)
		unlock()
		unlockOther()
	}
	_, unlock := s.tries(s.Context(), s, nil)
	unlock()
}

// testTryLockSome has some of the keys held by another, one of them by who asks.
func testTryLockSome(s *storeTest) {
	other := s.other()
	mine, unlockMine := s.lock(s, "mine")
	_, unlockTheirs := s.lock(other, "theirs")
	_, unlock := s.tries(mine, s, []string{"a", "z"}, "z", "mine", "theirs", "a")
	for _, key := range []string{"a", "z", "mine", "theirs"} {
		s.taken(other, key, "some of four were free")
	}
	_, none := s.tries(s.Context(), other, nil, "a", "mine", "theirs", "z")
	none()
	unlock()
	s.taken(other, "mine", "it was not free when others were taken that were given back")
	s.taken(s, "theirs", "it was not free when others were taken that were given back")
	s.free(other, "a")
	s.free(other, "z")
	unlockTheirs()
	s.free(s, "theirs")
	unlockMine()
	s.free(other, "mine")
}

func testTryLockKeys(s *storeTest) {
	keys := []string{"", "order/1", "order/10", "ORDER/1", "order/1 ", "it's \"ü\"\n", strings.Repeat("long", 50), strings.Repeat("long", 49) + "LONG"}
	_, unlock := s.lock(s, "order/1")
	want := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "order/1" })
	_, unlockMany := s.tries(s.Context(), s, want, slices.Concat(keys, keys)...) // each twice
	unlock()
	unlockMany()
	for _, key := range keys {
		s.free(s, key)
	}
}

// testTryLockAtOnce has some take several keys at once, in any order, and others one.
func testTryLockAtOnce(s *storeTest) {
	const workers, rounds, keys = 8, 20, 5
	var inside [keys]atomic.Int64
	var several atomic.Int64
	ctx, cancel := context.WithTimeout(s.Context(), patience/2)
	defer cancel()
	side := s.both()
	work := func(taken []int) {
		for _, k := range taken {
			if inside[k].Add(1) != 1 {
				s.Errorf("two hold key %d at once", k)
			}
		}
		time.Sleep(time.Microsecond)
		for _, k := range taken {
			inside[k].Add(-1)
		}
	}
	soon(s.T, "many share five keys", func() {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for n := range rounds {
					if w%4 == 3 {
						k := (w + n) % keys
						_, unlock, err := side(w).Lock(ctx, fmt.Sprint("order/", k))
						if err != nil {
							s.Error(err)
							return
						}
						work([]int{k})
						unlock()
						continue
					}
					var want []string
					for i := range 3 {
						want = append(want, fmt.Sprint("order/", (w+n+2*i)%keys))
					}
					_, taken, unlock, err := side(w).TryLock(ctx, want...)
					if err != nil {
						s.Error(err)
						return
					}
					var list []int
					for k := range keys {
						if slices.Contains(taken, fmt.Sprint("order/", k)) {
							list = append(list, k)
						}
					}
					if len(list) > 1 {
						several.Add(1)
					}
					work(list)
					unlock()
				}
			})
		}
		wg.Wait()
	})
	if several.Load() == 0 {
		s.Error("nobody ever got more than one key of three")
	}
	for k := range keys {
		s.free(s, fmt.Sprint("order/", k))
	}
}

func testTryLockCancelled(s *storeTest) {
	other := s.other()
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	for range 20 { // a select between two ready cases is a coin
		held, taken, unlock, err := s.TryLock(ctx, "a", "b")
		if err == nil {
			unlock()
			s.Fatal("a context that has ended gets locks")
		}
		if !errors.Is(err, context.Canceled) || held != ctx || len(taken) > 0 {
			s.Fatalf("got %v and %q, want context.Canceled, no key, and the caller's context", err, taken)
		}
	}
	s.free(other, "a")
	s.free(other, "b")
	ctx, cancel = context.WithCancel(s.Context())
	_, unlock := s.tries(ctx, s, []string{"a", "b"}, "a", "b")
	cancel()
	for _, key := range []string{"a", "b"} {
		s.taken(other, key, "the context of the call that locked it has ended")
	}
	unlock()
	s.free(other, "a")
	s.free(other, "b")
}

func testTryLockContext(s *storeTest) {
	ctx, cancel := context.WithCancel(context.WithValue(s.Context(), contextKey{}, "value"))
	held, unlock := s.tries(ctx, s, []string{"a", "b"}, "a", "b")
	if got := held.Value(contextKey{}); got != "value" {
		s.Errorf("a value of the caller's context: got %v in the held one", got)
	}
	full(s.T, s)
	for name, call := range calls {
		if err := call(held, s); err != nil {
			s.Errorf("%s with the held context of two locks: %v", name, err)
		}
	}
	cancel()
	if err := s.ended(held); !errors.Is(err, context.Canceled) {
		s.Errorf("the caller's context has ended, the held one: %v", err)
	}
	if err := s.PutValue(context.WithoutCancel(held), "last", nil); err != nil {
		s.Errorf("a write with locks that are held: %v", err)
	}
	unlock()
	held, unlock = s.tries(s.Context(), s, []string{"a", "b"}, "a", "b")
	unlock()
	if s.ended(held) == nil {
		s.Error("the locks were given back, the held context goes on")
	}
}

func testTryUnlocked(s *storeTest) {
	other := s.other()
	_, first := s.tries(s.Context(), s, []string{"a", "b"}, "a", "b")
	first()
	first()
	_, second := s.lock(other, "b")
	first()
	s.taken(s, "b", "an old unlock was called again")
	second()
	s.free(s, "b")
}

// three are keys of which one is lost: the first, one in the middle, and the last.
var three = []string{"a", "b", "c"}

func testTryLockLost(s *storeTest) {
	if s.lose == nil {
		return
	}
	other := s.other()
	for _, lost := range three {
		held, unlock := s.tries(s.Context(), s, three, three...)
		s.loses(lost)
		if err := s.ended(held); err == nil || !errors.Is(context.Cause(held), store.ErrLockLost) {
			s.Errorf("%q of three was lost: the held context ended with %v, want %v", lost, context.Cause(held), store.ErrLockLost)
		}
		time.Sleep(10 * time.Millisecond)                                       // who ends the others with it may do so a little later
		_, unlockOther := s.tries(s.Context(), other, []string{lost}, three...) // the others last
		unlock()                                                                // by one who does not know yet
		s.taken(s, lost, "who lost it gave it back")
		unlockOther()
		_, unlock = s.tries(s.Context(), other, three, three...)
		unlock()
	}
}

// testTryLockFence has somebody work on who has lost one of three locks.
func testTryLockFence(s *storeTest) {
	if s.lose == nil {
		return
	}
	full(s.T, s)
	other := s.other()
	for _, lost := range three {
		for name, write := range writes {
			held, unlock := s.tries(s.Context(), s, three, three...)
			if err := s.AddHint(held, "a", "1"); err != nil {
				s.Errorf("a write with three locks: %v", err)
			}
			s.loses(lost)
			theirs, unlockTheirs := s.tries(s.Context(), other, []string{lost}, three...)
			before := snapshot(s.T, s, ours)
			// It knows nothing of the end of its context.
			if err := write(context.WithoutCancel(held), s); !errors.Is(err, store.ErrFenced) {
				s.Errorf("%s of one who has lost lock %q of three: got %v, want %v", name, lost, err, store.ErrFenced)
			}
			unchanged(s.T, name+" of one who has lost a lock of three", before, s, ours)
			if err := s.AddHint(theirs, "a", "1"); err != nil {
				s.Errorf("a write of the new holder: %v", err)
			}
			unlockTheirs()
			unlock()
		}
	}
}

// testTryLockNested takes several locks with the context of one, and one with the
// context of several.
func testTryLockNested(s *storeTest) {
	if s.lose == nil {
		return
	}
	for _, lost := range []string{"outer", "b", "inner"} {
		outer, unlockOuter := s.lock(s, "outer")
		held, unlock := s.tries(outer, s, []string{"a", "b"}, "a", "b", "outer")
		inner, unlockInner, err := s.Lock(held, "inner")
		s.ok(err)
		s.loses(lost)
		_, unlockOther := s.lock(s.other(), lost)
		for i, ctx := range []context.Context{outer, held, inner} {
			// Each carries the fences of those before it.
			if got, want := errors.Is(s.PutValue(context.WithoutCancel(ctx), "a", nil), store.ErrFenced), slices.Index([]string{"outer", "b", "inner"}, lost) <= i; got != want {
				s.Errorf("%q was lost: a write with the %s context is fenced %t, want %t", lost, []string{"outer", "middle", "inner"}[i], got, want)
			}
		}
		unlockOther()
		unlockInner()
		unlock()
		unlockOuter()
	}
}

func testTryLockShops(s *storeTest) {
	other := s.store.Shop(theirs)
	_, unlock := s.tries(s.Context(), s, three, three...)
	_, unlockOther := s.tries(s.Context(), other, three, three...)
	unlockOther()
	s.taken(s, "b", "the other shop gave its own back")
	unlock()
}
