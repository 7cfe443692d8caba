package bridgetest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// Store is everything that the primitives keep, but the exceptions.
type Store interface {
	IntakeStore
	store.ImportRecords
	store.Ledger
	store.Locks
}

// TestStore checks that a store keeps the promises of the interfaces, those that
// only show under load or in another process included. A store of some of them
// has [TestIntakeStore], [TestImportRecords], [TestLedger] and [TestLocks]; one of
// exceptions has [TestExceptions].
//
// open returns an empty store, whose clock is now. reopen, if it is not nil,
// returns what another process would see of a store, which stays open and in
// use. Both use t.Cleanup for what has to be closed.
//
// Moments must come back within a millisecond of what was put in, in any zone,
// and the zero time as the zero time. Empty and nil maps and lists are the same.
func TestStore(t *testing.T, open func(t *testing.T, now func() time.Time) Store, reopen func(*testing.T, Store) Store) {
	clock := &handClock{now: moment}
	t.Run("intake", func(t *testing.T) {
		TestIntakeStore(t, func(t *testing.T) IntakeStore { return open(t, clock.Now) }, narrow[IntakeStore](reopen))
	})
	t.Run("imports", func(t *testing.T) {
		TestImportRecords(t, func(t *testing.T, now func() time.Time) store.ImportRecords { return open(t, now) }, narrow[store.ImportRecords](reopen))
	})
	t.Run("ledger", func(t *testing.T) {
		TestLedger(t, func(t *testing.T) store.Ledger { return open(t, clock.Now) }, narrow[store.Ledger](reopen))
	})
	t.Run("locks", func(t *testing.T) {
		TestLocks(t, func(t *testing.T) store.Locks { return open(t, clock.Now) }, narrow[store.Locks](reopen))
	})
}

// narrow makes a reopen for one of a store's interfaces.
func narrow[S any](reopen func(*testing.T, Store) Store) func(*testing.T, S) S {
	if reopen == nil {
		return nil
	}
	return func(t *testing.T, s S) S { return any(reopen(t, any(s).(Store))).(S) }
}

// reopening is reopen, or the same store if there is no reopen.
func reopening[S any](reopen func(*testing.T, S) S) func(*testing.T, S) S {
	return func(t *testing.T, s S) S {
		t.Helper()
		if reopen == nil {
			return s
		}
		return reopen(t, s)
	}
}

// moment has as many digits as an order's moments need.
var moment = time.Date(2026, 11, 27, 12, 0, 0, 123_000_000, time.UTC)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// patience is how long the suites wait for what must happen.
const patience = 30 * time.Second

// part runs a part of a suite.
func part(t *testing.T, name string, f func(*testing.T)) {
	t.Run(name, func(t *testing.T) { surround(t, f) })
}

// surround is what a part runs in: nothing, or a bubble in the suites' own tests.
var surround = func(t *testing.T, f func(*testing.T)) { f(t) }

// soon fails the test if f takes longer than a broken store would.
func soon(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s: nothing happened within %v", what, patience)
	}
}

// handClock is a clock that a test sets.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) forward(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// filled returns a T in which every field, down to the last, is set and unlike
// the others: a store that drops one shows, also one that does not exist yet.
func filled[T any](t *testing.T, seed int) T {
	t.Helper()
	var v T
	fill(t, reflect.ValueOf(&v).Elem(), &seed)
	return v
}

func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	if _, ok := v.Interface().(time.Time); ok {
		v.Set(reflect.ValueOf(moment.Add(time.Duration(*n) * 1_000_456_789)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("ü '%d' \"\\", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key, n)
			fill(t, value, n)
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("the suite cannot make up a %s", v.Type())
	}
}

// different says where two values differ, or nothing. Moments may differ by less
// than a millisecond.
func different(want, got any) string {
	return differ("", reflect.ValueOf(want), reflect.ValueOf(got))
}

func differ(path string, want, got reflect.Value) string {
	say := func() string { return fmt.Sprintf("%s: got %v, want %v", path, got, want) }
	if w, ok := want.Interface().(time.Time); ok {
		g := got.Interface().(time.Time)
		if off := g.Sub(w).Abs(); off >= time.Millisecond || w.IsZero() != g.IsZero() {
			return say()
		}
		return ""
	}
	switch want.Kind() {
	case reflect.Struct:
		for i := range want.NumField() {
			if d := differ(path+"."+want.Type().Field(i).Name, want.Field(i), got.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Slice:
		if want.Len() != got.Len() {
			return say()
		}
		for i := range want.Len() {
			if d := differ(fmt.Sprintf("%s[%d]", path, i), want.Index(i), got.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Map:
		if want.Len() != got.Len() {
			return say()
		}
		for key, w := range want.Seq2() {
			g := got.MapIndex(key)
			if !g.IsValid() {
				return say()
			}
			if d := differ(fmt.Sprintf("%s[%v]", path, key), w, g); d != "" {
				return d
			}
		}
		return ""
	}
	if !want.Equal(got) {
		return say()
	}
	return ""
}
