package bridgetest

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// faultVar names the fault that a process of this test has.
const faultVar = "BRIDGETEST_STORE_FAULT"

// A suite is worth what it notices: each promise is broken once, in a process
// of its own, and the part of the suite that is about it has to fail. It does so
// every time: a part runs in a bubble, whose clock stands still while anybody has
// something to do, so whoever sleeps is overtaken by all others, and no wait ends
// because the machine is busy.
func TestStoreFaultsAreNoticed(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part := "^TestStoreWithFault$/^" + strings.Replace(regexp.QuoteMeta(f.noticedBy), "/", "$/^", 1) + "$"
			cmd := exec.CommandContext(t.Context(), program, "-test.run="+part, "-test.count=1")
			cmd.Env = append(os.Environ(), faultVar+"="+name)
			out, err := cmd.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); !failed {
				t.Fatalf("the suite passes: %v", err)
			}
			if want := "--- FAIL: TestStoreWithFault/" + f.noticedBy; !strings.Contains(string(out), want) || strings.Contains(string(out), "panic:") {
				t.Errorf("it should say %q and not panic:\n%s", want, out)
			}
		})
	}
}

func TestStoreWithFault(t *testing.T) {
	name := os.Getenv(faultVar)
	f, ok := faults[name]
	if !ok {
		t.Skip("runs in a process of its own, started by TestStoreFaultsAreNoticed")
	}
	surround = synctest.Test
	var reopen func(*testing.T, Store) Store
	if f.reopen != nil {
		reopen = func(_ *testing.T, s Store) Store { return f.reopen(s.(*faulty)) }
	}
	TestStore(t, func(t *testing.T, now func() time.Time) Store {
		s := &faulty{Store: newMemoryStore(t, now), now: now, end: t.Context()}
		if f.plant != nil {
			f.plant(s)
		}
		return s
	}, reopen)
}

// faulty is a good store some of whose methods are replaced.
type faulty struct {
	Store
	now func() time.Time
	end context.Context //nolint:containedctx // of the test, for faults that wait

	put     func(context.Context, store.Reservation) error
	drop    func(context.Context, string) error
	list    func(context.Context) ([]store.Reservation, error)
	lock    func(context.Context, string) (func(), error)
	setMark func(context.Context, string, store.Cursor) error
	unhint  func(context.Context, string, ...store.Hint) error
	visits  func(context.Context, string) ([]store.Revisit, error)
	records func(context.Context, ...string) (map[string]store.ImportRecord, time.Time, error)
	record  func(context.Context, ...store.ImportRecord) error
}

func (f *faulty) PutReservation(ctx context.Context, r store.Reservation) error {
	if f.put != nil {
		return f.put(ctx, r)
	}
	return f.Store.PutReservation(ctx, r)
}

func (f *faulty) DropReservation(ctx context.Context, id string) error {
	if f.drop != nil {
		return f.drop(ctx, id)
	}
	return f.Store.DropReservation(ctx, id)
}

func (f *faulty) Reservations(ctx context.Context) ([]store.Reservation, error) {
	if f.list != nil {
		return f.list(ctx)
	}
	return f.Store.Reservations(ctx)
}

func (f *faulty) Lock(ctx context.Context, key string) (func(), error) {
	if f.lock != nil {
		return f.lock(ctx, key)
	}
	return f.Store.Lock(ctx, key)
}

func (f *faulty) SetCursor(ctx context.Context, name string, c store.Cursor) error {
	if f.setMark != nil {
		return f.setMark(ctx, name, c)
	}
	return f.Store.SetCursor(ctx, name, c)
}

func (f *faulty) DropHints(ctx context.Context, list string, hints ...store.Hint) error {
	if f.unhint != nil {
		return f.unhint(ctx, list, hints...)
	}
	return f.Store.DropHints(ctx, list, hints...)
}

func (f *faulty) Revisits(ctx context.Context, list string) ([]store.Revisit, error) {
	if f.visits != nil {
		return f.visits(ctx, list)
	}
	return f.Store.Revisits(ctx, list)
}

func (f *faulty) ImportRecords(ctx context.Context, ids ...string) (map[string]store.ImportRecord, time.Time, error) {
	if f.records != nil {
		return f.records(ctx, ids...)
	}
	return f.Store.ImportRecords(ctx, ids...)
}

func (f *faulty) PutImportRecords(ctx context.Context, records ...store.ImportRecord) error {
	if f.record != nil {
		return f.record(ctx, records...)
	}
	return f.Store.PutImportRecords(ctx, records...)
}

// loses makes a ledger that keeps less of a reservation than it was given.
func loses(what func(*store.Reservation)) func(*faulty) {
	return func(f *faulty) {
		f.put = func(ctx context.Context, r store.Reservation) error {
			r.Lines = slices.Clone(r.Lines)
			what(&r)
			return f.Store.PutReservation(ctx, r)
		}
	}
}

// known tells whether the ledger has an order.
func known(ctx context.Context, s Store, id string) bool {
	list, _ := s.Reservations(ctx)
	return slices.ContainsFunc(list, func(r store.Reservation) bool { return r.OrderID == id })
}

// everyNth returns a function that is true every nth time.
func everyNth(n int) func() bool {
	var mu sync.Mutex
	i := 0
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		i++
		return i%n == 0
	}
}

// sighting keeps whoever has done half of something waiting until somebody has
// looked since. Later halves are not kept waiting.
type sighting struct {
	mu     sync.Mutex
	begun  bool
	looked chan struct{}
	end    func()
}

func newSighting() *sighting {
	looked := make(chan struct{})
	return &sighting{looked: looked, end: sync.OnceFunc(func() { close(looked) })}
}

func (s *sighting) half(do func()) {
	s.mu.Lock()
	do()
	s.begun = true
	s.mu.Unlock()
	<-s.looked
}

func (s *sighting) look(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if do(); s.begun {
		s.end()
	}
}

var faults = map[string]struct {
	noticedBy string
	plant     func(*faulty)
	reopen    func(*faulty) Store
}{
	// Ledger.
	"a reservation is not replaced": {"ledger/put,_replace,_drop", func(f *faulty) {
		f.put = func(ctx context.Context, r store.Reservation) error {
			if known(ctx, f.Store, r.OrderID) {
				return nil
			}
			return f.Store.PutReservation(ctx, r)
		}
	}, nil},
	"a replacement keeps old fields": {"ledger/every_field", func(f *faulty) {
		f.put = func(ctx context.Context, r store.Reservation) error {
			list, _ := f.Store.Reservations(ctx)
			for _, old := range list {
				if old.OrderID == r.OrderID && r.LocationID == "" {
					r.LocationID = old.LocationID
				}
			}
			return f.Store.PutReservation(ctx, r)
		}
	}, nil},
	"nothing is dropped": {"ledger/put,_replace,_drop", func(f *faulty) {
		f.drop = func(context.Context, string) error { return nil }
	}, nil},
	"dropping an unknown order is an error": {"ledger/put,_replace,_drop", func(f *faulty) {
		f.drop = func(ctx context.Context, id string) error {
			if !known(ctx, f.Store, id) {
				return errors.New("no such row")
			}
			return f.Store.DropReservation(ctx, id)
		}
	}, nil},
	"reservations are listed by number": {"ledger/put,_replace,_drop", func(f *faulty) {
		f.list = func(ctx context.Context) ([]store.Reservation, error) {
			list, err := f.Store.Reservations(ctx)
			slices.SortStableFunc(list, func(a, b store.Reservation) int { return len(a.OrderID) - len(b.OrderID) })
			return list, err
		}
	}, nil},
	"the line ids are lost":      {"ledger/every_field", loses(func(r *store.Reservation) { dropLineID(r) }), nil},
	"the visibility is lost":     {"ledger/every_field", loses(func(r *store.Reservation) { r.VisibleAt = time.Time{} }), nil},
	"the zero time comes back":   {"ledger/every_field", loses(func(r *store.Reservation) { r.VisibleAt = time.Unix(r.VisibleAt.Unix(), 0) }), nil},
	"moments are kept by second": {"ledger/every_field", loses(func(r *store.Reservation) { r.SeenAt = r.SeenAt.Truncate(time.Second) }), nil},
	"reservations are shared": {"ledger/copies", func(f *faulty) {
		var mu sync.Mutex
		all := map[string]store.Reservation{}
		f.put = func(_ context.Context, r store.Reservation) error {
			mu.Lock()
			defer mu.Unlock()
			all[r.OrderID] = r
			return nil
		}
		f.drop = func(_ context.Context, id string) error {
			mu.Lock()
			defer mu.Unlock()
			delete(all, id)
			return nil
		}
		f.list = func(context.Context) ([]store.Reservation, error) {
			mu.Lock()
			defer mu.Unlock()
			return slices.SortedFunc(maps.Values(all), func(a, b store.Reservation) int { return strings.Compare(a.OrderID, b.OrderID) }), nil
		}
	}, nil},
	"a reservation is written in two steps": {"ledger/at_once", func(f *faulty) {
		seen := newSighting()
		f.put = func(ctx context.Context, r store.Reservation) error {
			half := r
			half.Items = maps.Clone(r.Items)
			delete(half.Items, "b")
			var err error
			if r.OrderID == "shared" {
				seen.half(func() { err = f.Store.PutReservation(ctx, half) })
			}
			return errors.Join(err, f.Store.PutReservation(ctx, r))
		}
		f.list = func(ctx context.Context) (list []store.Reservation, err error) {
			seen.look(func() { list, err = f.Store.Reservations(ctx) })
			return list, err
		}
	}, nil},
	"a write under load is lost": {"ledger/at_once", func(f *faulty) {
		lost := everyNth(97)
		f.put = func(ctx context.Context, r store.Reservation) error {
			// Of others nobody notices: they are replaced or dropped.
			if strings.HasPrefix(r.OrderID, "own-") && !strings.HasSuffix(r.OrderID, "-gone") && lost() {
				return nil
			}
			return f.Store.PutReservation(ctx, r)
		}
	}, nil},
	"the ledger is forgotten": {"ledger/every_field", nil, func(f *faulty) Store {
		return &faulty{Store: newMemoryStore(nil, f.now), now: f.now}
	}},

	// Locks.
	"locks do not lock": {"locks/one_at_a_time", func(f *faulty) {
		f.lock = func(ctx context.Context, _ string) (func(), error) { return func() {}, ctx.Err() }
	}, nil},
	"every process has its own locks": {"locks/one_at_a_time", nil, func(f *faulty) Store {
		own := new(store.Memory)
		return &faulty{Store: f.Store, now: f.now, lock: own.Lock}
	}},
	"one lock for all keys": {"locks/many_keys", func(f *faulty) {
		f.lock = func(ctx context.Context, _ string) (func(), error) { return f.Store.Lock(ctx, "the lock") }
	}, nil},
	"keys differ by case only": {"locks/many_keys", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) { return f.Store.Lock(ctx, strings.ToLower(key)) }
	}, nil},
	"long keys are cut off": {"locks/many_keys", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) {
			return f.Store.Lock(ctx, key[:min(len(key), len("product/"))])
		}
	}, nil},
	"a waiter does not give up": {"locks/cancelled_waiting", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) {
			return f.Store.Lock(f.end, key)
		}
	}, nil},
	"a waiter that gave up gets the lock": {"locks/cancelled_waiting", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			got := make(chan func(), 1)
			go func() {
				unlock, _ := f.Store.Lock(f.end, key)
				got <- unlock
			}()
			select {
			case unlock := <-got:
				return unlock, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}, nil},
	"an error without its cause": {"locks/cancelled_waiting", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) {
			unlock, err := f.Store.Lock(ctx, key)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				err = errors.New("locking failed")
			}
			return unlock, err
		}
	}, nil},
	"an ended context gets a lock": {"locks/cancelled_before", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) {
			if ctx.Err() != nil {
				return f.Store.Lock(context.WithoutCancel(ctx), key)
			}
			return f.Store.Lock(ctx, key)
		}
	}, nil},
	"an old unlock frees the lock of another": {"locks/unlocked_twice", func(f *faulty) {
		var mu sync.Mutex
		free := map[string]func(){}
		f.lock = func(ctx context.Context, key string) (func(), error) {
			unlock, err := f.Store.Lock(ctx, key)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			free[key] = unlock
			return func() {
				mu.Lock()
				defer mu.Unlock()
				free[key]()
			}, nil
		}
	}, nil},
	"a lock ends with its context": {"locks/kept", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (func(), error) {
			unlock, err := f.Store.Lock(ctx, key)
			if err == nil {
				context.AfterFunc(ctx, unlock)
			}
			return unlock, err
		}
	}, nil},
	"a lock is not given back": {"locks/one_at_a_time", func(f *faulty) {
		never := everyNth(20)
		f.lock = func(ctx context.Context, key string) (func(), error) {
			unlock, err := f.Store.Lock(ctx, key)
			if err == nil && never() {
				return func() {}, nil
			}
			return unlock, err
		}
	}, nil},

	// Import records.
	"the start goes forward": {"imports/since", func(f *faulty) {
		f.records = func(ctx context.Context, ids ...string) (map[string]store.ImportRecord, time.Time, error) {
			records, _, err := f.Store.ImportRecords(ctx, ids...)
			return records, f.now(), err
		}
	}, nil},
	"records are written one by one": {"imports/at_once", func(f *faulty) {
		seen := newSighting()
		f.record = func(ctx context.Context, records ...store.ImportRecord) (err error) {
			for _, r := range records {
				seen.half(func() { err = errors.Join(err, f.Store.PutImportRecords(ctx, r)) })
			}
			return err
		}
		f.records = func(ctx context.Context, ids ...string) (records map[string]store.ImportRecord, since time.Time, err error) {
			seen.look(func() { records, since, err = f.Store.ImportRecords(ctx, ids...) })
			return records, since, err
		}
	}, nil},
	"large numbers are signed": {"imports/put,_replace,_drop", func(f *faulty) {
		f.record = func(ctx context.Context, records ...store.ImportRecord) error {
			for i := range records {
				records[i].Address = min(records[i].Address, 1<<63-1)
			}
			return f.Store.PutImportRecords(ctx, records...)
		}
	}, nil},
	"records are shared": {"imports/copies", func(f *faulty) {
		var kept map[string]store.ImportRecord
		f.records = func(ctx context.Context, ids ...string) (map[string]store.ImportRecord, time.Time, error) {
			records, since, err := f.Store.ImportRecords(ctx, ids...)
			if kept == nil {
				kept = records
			}
			return kept, since, err
		}
	}, nil},

	// Intake.
	"seen orders are shared": {"intake/cursors", func(f *faulty) {
		f.setMark = func(ctx context.Context, name string, c store.Cursor) error {
			delete(c.Seen, "2")
			return f.Store.SetCursor(ctx, name, c)
		}
	}, nil},
	"a new hint is dropped with the old": {"intake/hints", func(f *faulty) {
		f.unhint = func(ctx context.Context, list string, hints ...store.Hint) error {
			now, _ := f.Hints(ctx, list)
			now = slices.DeleteFunc(now, func(h store.Hint) bool {
				return !slices.ContainsFunc(hints, func(old store.Hint) bool { return old.OrderID == h.OrderID })
			})
			return f.Store.DropHints(ctx, list, now...)
		}
	}, nil},
	"errors of revisits are lost": {"intake/revisits", func(f *faulty) {
		f.visits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			all, err := f.Store.Revisits(ctx, list)
			for i := range all {
				all[i].LastError = strings.TrimSpace(all[i].LastError)
			}
			return all, err
		}
	}, nil},
}

func dropLineID(r *store.Reservation) {
	if len(r.Lines) > 0 {
		r.Lines[0].LineID = ""
	}
}
