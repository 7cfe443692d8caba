package bridgetest

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// TestStore checks that a store keeps the promises of [store.Store] and of every
// port of [store.Shop], those that only show under load, in another process or
// with another shop included.
//
// open returns an empty store, whose clock is now. reopen, if it is not nil,
// returns what another process would see of a store, which stays open and in
// use. lose, if it is not nil, takes a lock away from its holder, as it happens to
// a lease that was not renewed; without it nothing is known about fences. All use
// t.Cleanup for what has to be closed.
//
// Moments must come back within a millisecond of what was put in, in UTC, up to the end
// of the year 9999, and the zero time as the zero time, which the first second of Unix
// time is not. Empty and nil maps and lists are the same. Ids and names are texts of up
// to 100 bytes, keys of locks of up to 200: the same are those of the same bytes, and
// their order is that of their bytes, whatever the collation of a database is. Other
// texts have up to 16 KiB, labels and values 3 MiB. The suite puts 2,500 entries at
// once. The store must not forget anything by itself while the test runs.
func TestStore(t *testing.T, open func(t *testing.T, now func() time.Time) store.Store,
	reopen func(*testing.T, store.Store) store.Store, lose func(t *testing.T, s store.Store, shop, key string),
) {
	for _, tests := range []map[string]func(*storeTest){feedTests, keptTests, ledgerTests, recordTests, lockTests, shopTests, alikeTests} {
		for name, test := range tests {
			part(t, name, func(t *testing.T) {
				clock := &handClock{now: moment}
				s := &storeTest{T: t, clock: clock, store: open(t, clock.Now), again: reopening(reopen), lose: lose}
				s.Shop = s.store.Shop(ours)
				test(s)
			})
		}
	}
}

// ours is the shop that most tests use, theirs another, whose name only differs
// as texts do.
const ours, theirs = "shop ü", "SHOP ü"

// storeTest is the store of one part of the suite, as seen by one shop.
type storeTest struct {
	*testing.T
	store.Shop
	clock *handClock
	store store.Store
	again func(*testing.T, store.Store) store.Store
	lose  func(t *testing.T, s store.Store, shop, key string)
}

// reopen goes on with what another process sees.
func (s *storeTest) reopen() {
	s.Helper()
	s.store = s.again(s.T, s.store)
	s.Shop = s.store.Shop(ours)
}

func (s *storeTest) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// same checks what a store returned.
func (s *storeTest) same(what string, want, got any) {
	s.Helper()
	if d := different(want, got); d != "" {
		s.Errorf("%s%s", what, d)
	}
}

// both returns the shop as this process and as another one sees it, by turns.
func (s *storeTest) both() func(n int) store.Shop {
	shops := []store.Shop{s.Shop, s.again(s.T, s.store).Shop(ours)}
	return func(n int) store.Shop { return shops[n%2] }
}

// while calls watch again and again until all writers have returned, and once more
// after that.
func (s *storeTest) while(writers int, write func(w int) error, watch func(last bool)) {
	s.Helper()
	var wg sync.WaitGroup
	defer wg.Wait()
	for w := range writers {
		wg.Go(func() {
			if err := write(w); err != nil {
				s.Error(err)
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	for last := false; !last; {
		select {
		case <-written:
			last = true
		default:
		}
		watch(last)
	}
}

// calls are all methods of a shop's memory, each with something to do.
var calls = map[string]func(context.Context, store.Shop) error{
	"Cursor":         func(ctx context.Context, s store.Shop) error { _, err := s.Cursor(ctx, "a"); return err },
	"Hints":          func(ctx context.Context, s store.Shop) error { _, err := s.Hints(ctx, "a"); return err },
	"Revisits":       func(ctx context.Context, s store.Shop) error { _, err := s.Revisits(ctx, "a"); return err },
	"Label":          func(ctx context.Context, s store.Shop) error { _, _, err := s.Label(ctx, "1", "p"); return err },
	"Value":          func(ctx context.Context, s store.Shop) error { _, _, err := s.Value(ctx, "a"); return err },
	"ReservationsOf": func(ctx context.Context, s store.Shop) error { _, err := s.ReservationsOf(ctx, "1"); return err },
	"Reservations":   func(ctx context.Context, s store.Shop) error { _, err := s.Reservations(ctx); return err },
	"LedgerChanges":  func(ctx context.Context, s store.Shop) error { _, _, err := s.LedgerChanges(ctx, 0); return err },
	"SeenUpTo":       func(ctx context.Context, s store.Shop) error { _, err := s.SeenUpTo(ctx); return err },
	"RecordsOf":      func(ctx context.Context, s store.Shop) error { _, _, err := s.RecordsOf(ctx, "1"); return err },
	"DueRecords": func(ctx context.Context, s store.Shop) error {
		_, err := s.DueRecords(ctx, moment, store.Record{}, 9)
		return err
	},
	"EndedRecords": func(ctx context.Context, s store.Shop) error {
		_, err := s.EndedRecords(ctx, moment, store.Record{}, 9)
		return err
	},
	"ReferencesDue": func(ctx context.Context, s store.Shop) error { _, err := s.ReferencesDue(ctx, moment, 9); return err },
	"Lock":          lockAndUnlock,
	"TryLock": func(ctx context.Context, s store.Shop) error {
		_, _, unlock, err := s.TryLock(ctx, "of the call", "another of the call")
		if err == nil {
			unlock()
		}
		return err
	},
	"SetCursor":        writes["SetCursor"],
	"AddHint":          writes["AddHint"],
	"DropHints":        writes["DropHints"],
	"PutRevisits":      writes["PutRevisits"],
	"DropRevisits":     writes["DropRevisits"],
	"PutLabel":         writes["PutLabel"],
	"DropLabels":       writes["DropLabels"],
	"PutValue":         writes["PutValue"],
	"PutReservations":  writes["PutReservations"],
	"DropReservations": writes["DropReservations"],
	"SetSeenUpTo":      writes["SetSeenUpTo"],
	"PutRecords":       writes["PutRecords"],
	"DropRecords":      writes["DropRecords"],
	"Forget":           writes["Forget"],
}

func lockAndUnlock(ctx context.Context, s store.Shop) error {
	_, unlock, err := s.Lock(ctx, "of the call")
	if err == nil {
		unlock()
	}
	return err
}

// writes are the calls that change a shop whose memory is full.
var writes = map[string]func(context.Context, store.Shop) error{
	"SetCursor": func(ctx context.Context, s store.Shop) error {
		return s.SetCursor(ctx, "a", store.Cursor{Watermark: moment})
	},
	"AddHint": func(ctx context.Context, s store.Shop) error { return s.AddHint(ctx, "a", "2") },
	"DropHints": func(ctx context.Context, s store.Shop) error {
		hints, err := s.Hints(context.WithoutCancel(ctx), "a")
		if err != nil {
			return err
		}
		return s.DropHints(ctx, "a", hints...)
	},
	"PutRevisits": func(ctx context.Context, s store.Shop) error {
		return s.PutRevisits(ctx, "a", store.Revisit{OrderID: "2"})
	},
	"DropRevisits": func(ctx context.Context, s store.Shop) error { return s.DropRevisits(ctx, "a", "1") },
	"PutLabel": func(ctx context.Context, s store.Shop) error {
		return s.PutLabel(ctx, store.LabelDocument{OrderID: "1", PackageID: "p"})
	},
	"DropLabels": func(ctx context.Context, s store.Shop) error { return s.DropLabels(ctx, "1") },
	"PutValue":   func(ctx context.Context, s store.Shop) error { return s.PutValue(ctx, "a", nil) },
	"PutReservations": func(ctx context.Context, s store.Shop) error {
		return s.PutReservations(ctx, store.Reservation{OrderID: "1"})
	},
	"DropReservations": func(ctx context.Context, s store.Shop) error { return s.DropReservations(ctx, "1") },
	"SetSeenUpTo":      func(ctx context.Context, s store.Shop) error { return s.SetSeenUpTo(ctx, moment.Add(time.Hour)) },
	"PutRecords": func(ctx context.Context, s store.Shop) error {
		_, err := s.PutRecords(ctx, store.Record{OrderID: "2"})
		return err
	},
	"DropRecords": func(ctx context.Context, s store.Shop) error { return s.DropRecords(ctx, "1") },
	"Forget": func(ctx context.Context, s store.Shop) error {
		_, err := forgetAll(ctx, s, moment.Add(time.Hour))
		return err
	},
}

// full puts something of everything into a shop's memory.
func full(t *testing.T, s store.Shop) {
	t.Helper()
	ctx := t.Context()
	_, err := s.PutRecords(ctx, store.Record{OrderID: "1", WarehouseIDs: []string{"w1"}, EndedAt: moment})
	check(t, err)
	check(t, s.SetCursor(ctx, "a", store.Cursor{Watermark: moment.Add(-time.Hour)}))
	check(t, s.AddHint(ctx, "a", "1"))
	check(t, s.PutRevisits(ctx, "a", store.Revisit{OrderID: "1"}))
	check(t, s.PutLabel(ctx, store.LabelDocument{OrderID: "1", PackageID: "p", Content: []byte("label")}))
	check(t, s.PutValue(ctx, "a", []byte("value")))
	check(t, s.PutReservations(ctx, store.Reservation{OrderID: "1", Items: map[string]int{"item": 1}}))
	check(t, s.SetSeenUpTo(ctx, moment))
}

// snapshot is all that a shop says of itself, by port.
func snapshot(t *testing.T, s store.Shop, name string) map[string]any {
	t.Helper()
	ctx := t.Context()
	all := map[string]any{}
	var err error
	put := func(key string, v any) {
		t.Helper()
		check(t, err)
		all[key] = v
	}
	cursor, err := s.Cursor(ctx, "a")
	put("cursor", cursor)
	hints, err := s.Hints(ctx, "a")
	put("hints", hints)
	revisits, err := s.Revisits(ctx, "a")
	put("revisits", revisits)
	label, have, err := s.Label(ctx, "1", "p")
	put("label", label.Content)
	put("has a label", have)
	value, have, err := s.Value(ctx, "a")
	put("value", value)
	put("has a value", have)
	reservations, err := s.ReservationsOf(ctx, "1")
	put("reservations", reservations)
	seen, err := s.SeenUpTo(ctx)
	put("seen up to", seen[name])
	records, since, err := s.RecordsOf(ctx, "1", "2")
	put("records", records)
	put("records since", since)
	due, err := s.ReferencesDue(ctx, moment, 9)
	put("references", due)
	return all
}

// unchanged checks that a shop is as it was.
func unchanged(t *testing.T, what string, before map[string]any, s store.Shop, name string) {
	t.Helper()
	for key, now := range snapshot(t, s, name) {
		if d := different(before[key], now); d != "" {
			t.Errorf("%s: %s%s", what, key, d)
		}
	}
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

// eastern is a zone that no store has as its own.
var eastern = time.FixedZone("eastern", -5*60*60)

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
// Its moments are of another zone.
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
		v.Set(reflect.ValueOf(moment.Add(time.Duration(*n) * 1_000_456_789).In(eastern)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("ü '%d' \"\\", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint64:
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
// than a millisecond; the one that was got must be in UTC.
func different(want, got any) string {
	return differ("", reflect.ValueOf(want), reflect.ValueOf(got))
}

func differ(path string, want, got reflect.Value) string {
	say := func() string { return fmt.Sprintf("%s: got %v, want %v", path, got, want) }
	if w, ok := want.Interface().(time.Time); ok {
		g := got.Interface().(time.Time)
		if off := g.Sub(w).Abs(); off >= time.Millisecond || w.IsZero() != g.IsZero() || g.Location().String() != "UTC" {
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
