package bridgetest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"
)

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
