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

// faultVar names the fault that a process of this test has, or noFault.
const faultVar, noFault = "BRIDGETEST_STORE_FAULT", "no fault"

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
	run := func(ctx context.Context, fault, part string) (string, error) {
		cmd := exec.CommandContext(ctx, program, "-test.run=^TestStoreWithFault$"+part, "-test.count=1", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), faultVar+"="+fault)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	t.Run(noFault, func(t *testing.T) {
		t.Parallel()
		if out, err := run(t.Context(), noFault, ""); err != nil || strings.Contains(out, "no tests to run") {
			t.Errorf("a good store fails: %v\n%s", err, out)
		}
	})
	for name, f := range everyFault {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noticedBy := strings.ReplaceAll(f.noticedBy, " ", "_")
			out, err := run(t.Context(), name, "/^"+regexp.QuoteMeta(noticedBy)+"$")
			if _, failed := errors.AsType[*exec.ExitError](err); !failed {
				t.Fatalf("the suite passes: %v", err)
			}
			if want := "--- FAIL: TestStoreWithFault/" + noticedBy; !strings.Contains(out, want) || strings.Contains(out, "panic:") {
				t.Errorf("it should say %q and not panic:\n%s", want, out)
			}
		})
	}
}

func TestStoreWithFault(t *testing.T) {
	f, ok := everyFault[os.Getenv(faultVar)]
	if !ok && os.Getenv(faultVar) != noFault {
		t.Skip("runs in a process of its own, started by TestStoreFaultsAreNoticed")
	}
	surround = synctest.Test
	var reopen func(*testing.T, store.Store) store.Store
	if f.reopen != nil {
		reopen = func(_ *testing.T, s store.Store) store.Store { return f.reopen(s.(*faultyStore)) }
	}
	TestStore(t, func(t *testing.T, now func() time.Time) store.Store {
		return &faultyStore{memory: &store.Memory{Now: now}, now: now, end: t.Context(), plant: f.plant}
	}, reopen, func(_ *testing.T, s store.Store, shop, key string) { s.(*faultyStore).memory.LoseLock(shop, key) })
}

// faultyStore is a good store with a fault in its shops.
type faultyStore struct {
	memory *store.Memory
	now    func() time.Time
	end    context.Context //nolint:containedctx // of the test, for faults that wait
	plant  func(*faulty)

	mu    sync.Mutex
	shops map[string]*faulty
}

// Shop returns the same view for the same name: faults have a memory of their own.
func (s *faultyStore) Shop(name string) store.Shop {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, have := s.shops[name]; have {
		return f
	}
	f := &faulty{Shop: s.memory.Shop(name), name: name, of: s}
	if s.plant != nil {
		s.plant(f)
	}
	if s.shops == nil {
		s.shops = map[string]*faulty{}
	}
	s.shops[name] = f
	return f
}

// loses makes a ledger that keeps less of a reservation than it was given.
func loses(what func(*store.Reservation)) func(*faulty) {
	return func(f *faulty) {
		f.put = func(ctx context.Context, list ...store.Reservation) error {
			list = slices.Clone(list)
			for i := range list {
				list[i].Lines = slices.Clone(list[i].Lines)
				what(&list[i])
			}
			return f.Shop.PutReservations(ctx, list...)
		}
	}
}

// shows makes a ledger whose lists are not what is stored.
func shows(what func([]store.Reservation)) func(*faulty) {
	return func(f *faulty) {
		f.list = func(ctx context.Context) ([]store.Reservation, error) {
			list, err := f.Shop.Reservations(ctx)
			what(list)
			return list, err
		}
	}
}

// tells makes a ledger whose changes are not what has changed.
func tells(what func(after, now store.Revision, list []store.Change) ([]store.Change, store.Revision)) func(*faulty) {
	return func(f *faulty) {
		f.changes = func(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
			list, now, err := f.Shop.LedgerChanges(ctx, after)
			if err == nil {
				list, now = what(after, now, list)
			}
			return list, now, err
		}
	}
}

// notes makes records that are not put as they were given.
func notes(what func(*store.Record)) func(*faulty) {
	return func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) ([]int64, error) {
			list = slices.Clone(list)
			for i := range list {
				what(&list[i])
			}
			return f.Shop.PutRecords(ctx, list...)
		}
	}
}

// stored reports whether the ledger has an order of the shop.
func stored(ctx context.Context, s store.Shop, id string) bool {
	found, _ := s.ReservationsOf(ctx, id)
	_, have := found[id]
	return have
}

// overwrite puts a record whatever its version is.
func overwrite(ctx context.Context, s store.Shop, r store.Record) ([]int64, error) {
	old, _, err := s.RecordsOf(ctx, r.OrderID)
	if err != nil {
		return nil, err
	}
	r.Version = old[r.OrderID].Version
	return s.PutRecords(ctx, r)
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

// ourShop is the first shop of the suite, for faults that mix shops up.
func ourShop(f *faulty) store.Shop { return f.of.memory.Shop(ours) }

// amnesia is what another process sees of a store in the memory of a process.
func amnesia(s *faultyStore) store.Store {
	return &faultyStore{memory: &store.Memory{Now: s.now}, now: s.now, end: s.end}
}

// sees makes what another process sees of a store, with a fault of its own.
func sees(plant func(*faulty)) func(*faultyStore) store.Store {
	return func(s *faultyStore) store.Store {
		return &faultyStore{memory: s.memory, now: s.now, end: s.end, plant: plant}
	}
}

// slowly has whoever reads records wait, so that others get on.
func slowly(f *faulty) {
	f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
		time.Sleep(time.Microsecond)
		return f.Shop.RecordsOf(ctx, ids...)
	}
}

// fenceless makes writes that ask for no fence.
func fenceless(ctx context.Context) context.Context {
	free, cancel := context.WithCancel(context.Background())
	context.AfterFunc(ctx, cancel)
	return free
}

// storeFault is a promise that is broken, and the part of the suite that notices.
type storeFault struct {
	noticedBy string
	plant     func(*faulty)
	reopen    func(*faultyStore) store.Store
}

var faults = map[string]storeFault{
	// Cursors.
	"seen orders are shared": {"cursors: copies", func(f *faulty) {
		var kept *store.Cursor
		f.setCursor = func(_ context.Context, _ string, c store.Cursor) error { kept = &c; return nil }
		f.cursor = func(context.Context, string) (store.Cursor, error) {
			c := *kept
			c.Watermark = c.Watermark.UTC()
			return c, nil
		}
	}, nil},
	"a cursor goes forward only": {"cursors", func(f *faulty) {
		f.setCursor = func(ctx context.Context, name string, c store.Cursor) error {
			if old, err := f.Shop.Cursor(ctx, name); err != nil || c.Watermark.Before(old.Watermark) {
				return err
			}
			return f.Shop.SetCursor(ctx, name, c)
		}
	}, nil},
	"a cursor keeps what it had seen": {"cursors", func(f *faulty) {
		f.setCursor = func(ctx context.Context, name string, c store.Cursor) error {
			old, err := f.Shop.Cursor(ctx, name)
			if err != nil {
				return err
			}
			seen := old.Seen
			if seen == nil {
				seen = map[string]store.Mark{}
			}
			maps.Copy(seen, c.Seen)
			c.Seen = seen
			return f.Shop.SetCursor(ctx, name, c)
		}
	}, nil},
	"partial progress is lost": {"cursors", func(f *faulty) {
		f.setCursor = func(ctx context.Context, name string, c store.Cursor) error {
			c.Partial = nil
			return f.Shop.SetCursor(ctx, name, c)
		}
	}, nil},
	"digests are signed": {"cursors", func(f *faulty) {
		f.cursor = func(ctx context.Context, name string) (store.Cursor, error) {
			c, err := f.Shop.Cursor(ctx, name)
			for id, m := range c.Seen {
				m.Digest = min(m.Digest, 1<<63-1)
				c.Seen[id] = m
			}
			return c, err
		}
	}, nil},
	"cursors die with the process": {"cursors", nil, amnesia},

	// Hints.
	"a new hint is dropped with the old": {"hints", func(f *faulty) {
		f.dropHints = func(ctx context.Context, list string, hints ...store.Hint) error {
			now, _ := f.Shop.Hints(ctx, list)
			now = slices.DeleteFunc(now, func(h store.Hint) bool {
				return !slices.ContainsFunc(hints, func(old store.Hint) bool { return old.OrderID == h.OrderID })
			})
			return f.Shop.DropHints(ctx, list, now...)
		}
	}, nil},
	"who is hinted at again goes to the end": {"hints", func(f *faulty) {
		f.hints = func(ctx context.Context, list string) ([]store.Hint, error) {
			hints, err := f.Shop.Hints(ctx, list)
			slices.SortFunc(hints, func(a, b store.Hint) int { return int(a.Version - b.Version) })
			return hints, err
		}
	}, nil},
	"hints are one list": {"hints", func(f *faulty) {
		f.addHint = func(ctx context.Context, _, id string) error { return f.Shop.AddHint(ctx, "a", id) }
	}, nil},
	"dropping hints empties the list": {"hints: at once", func(f *faulty) {
		f.dropHints = func(ctx context.Context, list string, hints ...store.Hint) error {
			time.Sleep(time.Nanosecond)
			now, _ := f.Shop.Hints(ctx, list)
			return f.Shop.DropHints(ctx, list, now...)
		}
		f.addHint = func(ctx context.Context, list, id string) error {
			time.Sleep(time.Nanosecond)
			return f.Shop.AddHint(ctx, list, id)
		}
	}, nil},

	// Revisits.
	"errors of revisits are trimmed": {"revisits", func(f *faulty) {
		f.revisits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			all, err := f.Shop.Revisits(ctx, list)
			for i := range all {
				all[i].LastError = strings.TrimSpace(all[i].LastError)
			}
			return all, err
		}
	}, nil},
	"an unknown deadline is in 1970": {"revisits", func(f *faulty) {
		f.revisits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			all, err := f.Shop.Revisits(ctx, list)
			for i := range all {
				if all[i].Deadline.IsZero() {
					all[i].Deadline = time.Unix(0, 0).UTC()
				}
			}
			return all, err
		}
	}, nil},
	"revisits by number": {"revisits", func(f *faulty) {
		f.revisits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			all, err := f.Shop.Revisits(ctx, list)
			slices.SortFunc(all, func(a, b store.Revisit) int { return len(a.OrderID) - len(b.OrderID) })
			return all, err
		}
	}, nil},
	"revisits are written one by one": {"revisits: at once", func(f *faulty) {
		seen := newSighting()
		f.putRevisits = func(ctx context.Context, list string, entries ...store.Revisit) (err error) {
			for _, e := range entries {
				seen.half(func() { err = errors.Join(err, f.Shop.PutRevisits(ctx, list, e)) })
			}
			return err
		}
		f.revisits = func(ctx context.Context, list string) (all []store.Revisit, err error) {
			seen.look(func() { all, err = f.Shop.Revisits(ctx, list) })
			return all, err
		}
	}, nil},

	// Labels and values.
	"an order has one label": {"labels", func(f *faulty) {
		f.putLabel = func(ctx context.Context, d store.LabelDocument) error {
			return errors.Join(f.Shop.DropLabels(ctx, d.OrderID), f.Shop.PutLabel(ctx, d))
		}
	}, nil},
	"labels are texts": {"labels", func(f *faulty) {
		f.putLabel = func(ctx context.Context, d store.LabelDocument) error {
			d.Content = []byte(strings.ToValidUTF8(string(d.Content), "?"))
			return f.Shop.PutLabel(ctx, d)
		}
	}, nil},
	"labels are not dropped": {"labels", func(f *faulty) {
		f.dropLabels = func(context.Context, ...string) error { return nil }
	}, nil},
	"labels are shared": {"labels: copies", func(f *faulty) {
		var kept store.LabelDocument
		f.putLabel = func(_ context.Context, d store.LabelDocument) error { kept = d; return nil }
		f.label = func(context.Context, string, string) (store.LabelDocument, bool, error) { return kept, true, nil }
	}, nil},
	"an empty value is none": {"values", func(f *faulty) {
		f.value = func(ctx context.Context, name string) ([]byte, bool, error) {
			v, have, err := f.Shop.Value(ctx, name)
			return v, have && len(v) > 0, err
		}
	}, nil},
	"there is one value": {"values", func(f *faulty) {
		f.putValue = func(ctx context.Context, _ string, v []byte) error { return f.Shop.PutValue(ctx, "rates", v) }
	}, nil},
	"values are shared": {"values: copies", func(f *faulty) {
		var kept []byte
		f.putValue = func(_ context.Context, _ string, v []byte) error { kept = v; return nil }
		f.value = func(context.Context, string) ([]byte, bool, error) { return kept, true, nil }
	}, nil},

	// Ledger.
	"a reservation is not replaced": {"ledger", func(f *faulty) {
		f.put = func(ctx context.Context, list ...store.Reservation) error {
			list = slices.DeleteFunc(slices.Clone(list), func(r store.Reservation) bool { return stored(ctx, f.Shop, r.OrderID) })
			return f.Shop.PutReservations(ctx, list...)
		}
	}, nil},
	"a replacement keeps old fields": {"ledger: every field", func(f *faulty) {
		f.put = func(ctx context.Context, list ...store.Reservation) error {
			list = slices.Clone(list)
			for i, r := range list {
				old, _ := f.Shop.ReservationsOf(ctx, r.OrderID)
				if r.LocationID == "" {
					list[i].LocationID = old[r.OrderID].LocationID
				}
			}
			return f.Shop.PutReservations(ctx, list...)
		}
	}, nil},
	"nothing is dropped": {"ledger", func(f *faulty) {
		f.drop = func(context.Context, ...string) error { return nil }
	}, nil},
	"dropping an unknown order is an error": {"ledger", func(f *faulty) {
		f.drop = func(ctx context.Context, ids ...string) error {
			for _, id := range ids {
				if !stored(ctx, f.Shop, id) {
					return errors.New("no such row")
				}
			}
			return f.Shop.DropReservations(ctx, ids...)
		}
	}, nil},
	"reservations are listed by number": {"ledger", shows(func(list []store.Reservation) {
		slices.SortStableFunc(list, func(a, b store.Reservation) int { return len(a.OrderID) - len(b.OrderID) })
	}), nil},
	"asking for orders returns all": {"ledger", func(f *faulty) {
		f.ofOrders = func(ctx context.Context, _ ...string) (map[string]store.Reservation, error) {
			list, err := f.Shop.Reservations(ctx)
			all := map[string]store.Reservation{}
			for _, r := range list {
				all[r.OrderID] = r
			}
			return all, err
		}
	}, nil},
	"the line ids are lost": {"ledger: every field", loses(func(r *store.Reservation) {
		if len(r.Lines) > 0 {
			r.Lines[0].LineID = ""
		}
	}), nil},
	"the visibility is lost":     {"ledger: every field", loses(func(r *store.Reservation) { r.VisibleAt = time.Time{} }), nil},
	"the zero time comes back":   {"ledger: every field", loses(func(r *store.Reservation) { r.VisibleAt = time.Unix(r.VisibleAt.Unix(), 0) }), nil},
	"moments are kept by second": {"ledger: every field", loses(func(r *store.Reservation) { r.SeenAt = r.SeenAt.Truncate(time.Second) }), nil},
	"the zone is kept": {"ledger: every field", shows(func(list []store.Reservation) {
		for i := range list {
			list[i].CreatedAt = list[i].CreatedAt.In(eastern)
		}
	}), nil},
	"reservations are shared": {"ledger: copies", func(f *faulty) {
		var kept []store.Reservation
		f.list = func(ctx context.Context) ([]store.Reservation, error) {
			list, err := f.Shop.Reservations(ctx)
			if kept == nil {
				kept = list
			}
			return kept, err
		}
	}, nil},
	"a reservation is written in two steps": {"ledger: at once", func(f *faulty) {
		seen := newSighting()
		f.put = func(ctx context.Context, list ...store.Reservation) (err error) {
			if r := list[0]; r.OrderID == "shared" {
				r.Items = maps.Clone(r.Items)
				delete(r.Items, "b")
				seen.half(func() { err = f.Shop.PutReservations(ctx, r) })
			}
			return errors.Join(err, f.Shop.PutReservations(ctx, list...))
		}
		f.list = func(ctx context.Context) (list []store.Reservation, err error) {
			seen.look(func() { list, err = f.Shop.Reservations(ctx) })
			return list, err
		}
	}, nil},
	"a write under load is lost": {"ledger: at once", func(f *faulty) {
		lost := everyNth(97)
		f.put = func(ctx context.Context, list ...store.Reservation) error {
			// Of others nobody notices: they are replaced or dropped.
			if id := list[0].OrderID; strings.HasPrefix(id, "own-") && !strings.HasSuffix(id, "-gone") && lost() {
				return nil
			}
			return f.Shop.PutReservations(ctx, list...)
		}
	}, nil},
	"half a batch of reservations": {"ledger: batches", func(f *faulty) {
		seen := newSighting()
		f.put = func(ctx context.Context, list ...store.Reservation) (err error) {
			for _, r := range list {
				seen.half(func() { err = errors.Join(err, f.Shop.PutReservations(ctx, r)) })
			}
			return err
		}
		f.list = func(ctx context.Context) (list []store.Reservation, err error) {
			seen.look(func() { list, err = f.Shop.Reservations(ctx) })
			return list, err
		}
	}, nil},
	"half a batch of drops": {"ledger: batches", func(f *faulty) {
		seen := newSighting()
		f.drop = func(ctx context.Context, ids ...string) (err error) {
			for _, id := range ids {
				seen.half(func() { err = errors.Join(err, f.Shop.DropReservations(ctx, id)) })
			}
			return err
		}
		f.list = func(ctx context.Context) (list []store.Reservation, err error) {
			seen.look(func() { list, err = f.Shop.Reservations(ctx) })
			return list, err
		}
	}, nil},
	"the ledger is forgotten":   {"ledger: every field", nil, amnesia},
	"the caller names the shop": {"ledger: shops", shows(func(list []store.Reservation) { nameAll(list, ours) }), nil},
	"the ledger is of one shop": {"ledger: shops", func(f *faulty) {
		f.list = func(ctx context.Context) ([]store.Reservation, error) {
			list, err := f.Shop.Reservations(ctx)
			return slices.DeleteFunc(list, func(r store.Reservation) bool { return r.Shop != f.name }), err
		}
	}, nil},
	"the shop is ignored when reservations are dropped": {"ledger: shops", func(f *faulty) {
		f.drop = func(ctx context.Context, ids ...string) error {
			return errors.Join(f.Shop.DropReservations(ctx, ids...), f.of.memory.Shop(theirs).DropReservations(ctx, ids...))
		}
	}, nil},
	"the shop is ignored when orders are asked for": {"ledger: shops", func(f *faulty) {
		f.ofOrders = func(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
			return ourShop(f).ReservationsOf(ctx, ids...)
		}
	}, nil},

	// Revisions.
	"a reader sees a gap": {"ledger: changes at once", func(f *faulty) {
		tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
			for i, c := range list { // one that is not committed yet, and one after it that is
				if strings.HasPrefix(c.Reservation.OrderID, "own-") && i < len(list)-1 {
					return slices.Delete(list, i, i+1), now
				}
			}
			return list, now
		})(f)
	}, nil},
	"changes are out of order": {"ledger: changes", tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
		slices.Reverse(list)
		return list, now
	}), nil},
	"drops are no changes": {"ledger: changes", tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
		return slices.DeleteFunc(list, func(c store.Change) bool { return c.Dropped }), now
	}), nil},
	"a drop is an empty reservation": {"ledger: changes", tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
		for i := range list {
			list[i].Dropped = false
		}
		return list, now
	}), nil},
	"the same again is no change": {"ledger: changes", func(f *faulty) {
		f.put = func(ctx context.Context, list ...store.Reservation) error {
			list = slices.DeleteFunc(slices.Clone(list), func(r store.Reservation) bool {
				old, _ := f.Shop.ReservationsOf(ctx, r.OrderID)
				return stored(ctx, f.Shop, r.OrderID) && different(asPut(r), asPut(old[r.OrderID])) == ""
			})
			return f.Shop.PutReservations(ctx, list...)
		}
	}, nil},
	"the revision runs ahead": {"ledger: changes", tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
		return list, now + 1
	}), nil},
	"the last change is told again": {"ledger: changes", func(f *faulty) {
		f.changes = func(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
			return f.Shop.LedgerChanges(ctx, max(after-1, min(after, 0)))
		}
	}, nil},
	"a revision that never was is taken for the last": {"ledger: changes", func(f *faulty) {
		f.changes = func(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
			list, now, err := f.Shop.LedgerChanges(ctx, after)
			if errors.Is(err, store.ErrRevision) {
				_, now, err = f.Shop.LedgerChanges(ctx, 0)
				return nil, now, err
			}
			return list, now, err
		}
	}, nil},
	"changes are of one shop": {"ledger: changes", func(f *faulty) {
		tells(func(_, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
			return slices.DeleteFunc(list, func(c store.Change) bool { return c.Reservation.Shop != f.name }), now
		})(f)
	}, nil},
	"drops are soon forgotten": {"ledger: changes", tells(func(after, now store.Revision, list []store.Change) ([]store.Change, store.Revision) {
		if len(list) > 100 {
			list = list[len(list)-100:]
		}
		return list, now
	}), nil},
	"a process counts for itself": {"ledger: changes, reopened", nil, sees(func(f *faulty) {
		_, before, _ := f.Shop.LedgerChanges(context.Background(), 0)
		f.changes = func(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
			list, now, err := f.Shop.LedgerChanges(ctx, before)
			for i := range list {
				list[i].Revision -= before
				list[i].Reservation.Revision -= before
			}
			return slices.DeleteFunc(list, func(c store.Change) bool { return c.Revision <= after }), now - before, err
		}
	})},
	"every put makes it visible anew": {"ledger: visible from", func(f *faulty) {
		f.ofOrders = func(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
			found, err := f.Shop.ReservationsOf(ctx, ids...)
			for id, r := range found {
				if r.VisibleFrom > 0 {
					r.VisibleFrom = r.Revision
					found[id] = r
				}
			}
			return found, err
		}
	}, nil},
	"once visible, always visible": {"ledger: visible from", func(f *faulty) {
		first := map[string]store.Revision{}
		f.ofOrders = func(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
			found, err := f.Shop.ReservationsOf(ctx, ids...)
			for id, r := range found {
				if first[id] == 0 {
					first[id] = r.VisibleFrom
				}
				r.VisibleFrom = first[id]
				found[id] = r
			}
			return found, err
		}
	}, nil},

	// The watermark.
	"the watermark goes back": {"ledger: seen up to", func(f *faulty) {
		var mu sync.Mutex
		var last time.Time
		f.setSeen = func(ctx context.Context, moment time.Time) error {
			mu.Lock()
			last = moment
			mu.Unlock()
			return f.Shop.SetSeenUpTo(ctx, moment)
		}
		f.seen = func(ctx context.Context) (map[string]time.Time, error) {
			seen, err := f.Shop.SeenUpTo(ctx)
			mu.Lock()
			defer mu.Unlock()
			if _, have := seen[f.name]; have {
				seen[f.name] = last.UTC()
			}
			return seen, err
		}
	}, nil},
	"the watermark is the clock of another machine": {"ledger: seen up to", func(f *faulty) {
		f.setSeen = func(ctx context.Context, _ time.Time) error { return f.Shop.SetSeenUpTo(ctx, f.of.now()) }
	}, nil},
	"the account has one watermark": {"ledger: seen up to", func(f *faulty) {
		f.setSeen = func(ctx context.Context, moment time.Time) error { return ourShop(f).SetSeenUpTo(ctx, moment) }
	}, nil},

	// Records.
	"an update is lost": {"records: updated", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) (versions []int64, err error) {
			for _, r := range list { // two statements, and between them others
				old, _, err := f.Shop.RecordsOf(ctx, r.OrderID)
				if err != nil || old[r.OrderID].Version != r.Version {
					return nil, errors.Join(err, store.ErrStale)
				}
			}
			time.Sleep(time.Microsecond)
			for _, r := range list {
				v, err := overwrite(ctx, f.Shop, r)
				if err != nil {
					return nil, err
				}
				versions = append(versions, v...)
			}
			return versions, nil
		}
		slowly(f)
	}, nil},
	"versions are not compared": {"records: versions", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) (versions []int64, err error) {
			for _, r := range list {
				v, err := overwrite(ctx, f.Shop, r)
				if err != nil {
					return nil, err
				}
				versions = append(versions, v...)
			}
			return versions, nil
		}
	}, nil},
	"a new record replaces one": {"records: versions", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) ([]int64, error) {
			if len(list) == 1 && list[0].Version == 0 {
				return overwrite(ctx, f.Shop, list[0])
			}
			return f.Shop.PutRecords(ctx, list...)
		}
	}, nil},
	"versions begin anew after a drop": {"records: versions", func(f *faulty) {
		base := map[string]int64{}
		show := func(found map[string]store.Record) {
			for id, r := range found {
				if base[id] == 0 {
					base[id] = r.Version - 1
				}
				r.Version -= base[id]
				found[id] = r
			}
		}
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			found, since, err := f.Shop.RecordsOf(ctx, ids...)
			show(found)
			return found, since, err
		}
		f.putRecords = func(ctx context.Context, list ...store.Record) ([]int64, error) {
			list = slices.Clone(list)
			for i := range list {
				if list[i].Version > 0 {
					list[i].Version += base[list[i].OrderID]
				}
			}
			versions, err := f.Shop.PutRecords(ctx, list...)
			for i, v := range versions {
				if base[list[i].OrderID] == 0 {
					base[list[i].OrderID] = v - 1
				}
				versions[i] = v - base[list[i].OrderID]
			}
			return versions, err
		}
		f.dropRecords = func(ctx context.Context, ids ...string) error {
			for _, id := range ids {
				delete(base, id)
			}
			return f.Shop.DropRecords(ctx, ids...)
		}
	}, nil},
	"an order twice in a batch": {"records: versions", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) ([]int64, error) {
			last := map[string]store.Record{}
			for _, r := range list {
				last[r.OrderID] = r
			}
			return f.Shop.PutRecords(ctx, slices.Collect(maps.Values(last))...)
		}
	}, nil},
	"half a batch of records": {"records: all or none", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) (versions []int64, err error) {
			for _, r := range list {
				v, err := f.Shop.PutRecords(ctx, r)
				if err != nil {
					return nil, err
				}
				versions = append(versions, v...)
			}
			return versions, nil
		}
	}, nil},
	"records are written one by one": {"records: at once", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) (versions []int64, err error) {
			for _, r := range list {
				v, err := overwrite(ctx, f.Shop, r)
				if err != nil {
					return nil, err
				}
				versions = append(versions, v...)
				time.Sleep(time.Microsecond)
			}
			return versions, nil
		}
		slowly(f)
	}, nil},
	"large numbers are signed": {"records", notes(func(r *store.Record) { r.Address = min(r.Address, 1<<63-1) }), nil},
	"notes are lost":           {"records", notes(func(r *store.Record) { r.Notes = nil }), nil},
	"a correction has no time": {"records", notes(func(r *store.Record) { r.Correction.At = time.Time{} }), nil},
	"records are shared": {"records: copies", func(f *faulty) {
		var kept []store.Record
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			list, err := f.Shop.DueRecords(ctx, at, after, limit)
			if kept == nil {
				kept = list
			}
			return kept, err
		}
	}, nil},
	"records are not dropped": {"records", func(f *faulty) {
		f.dropRecords = func(context.Context, ...string) error { return nil }
	}, nil},
	"due ones by order id": {"records: due", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			list, err := f.Shop.DueRecords(ctx, at, after, limit)
			slices.SortFunc(list, func(a, b store.Record) int { return strings.Compare(a.OrderID, b.OrderID) })
			return list, err
		}
	}, nil},
	"what is due this moment is not due": {"records: due", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			return f.Shop.DueRecords(ctx, at.Add(-time.Nanosecond), after, limit)
		}
	}, nil},
	"a page skips those of the same moment": {"records: due", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			if after.OrderID != "" {
				after.OrderID = "\xff"
			}
			return f.Shop.DueRecords(ctx, at, after, limit)
		}
	}, nil},
	"a page begins with the last of the page before": {"records: due", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
			after.OrderID = after.OrderID[:max(len(after.OrderID)-1, 0)]
			return f.Shop.DueRecords(ctx, at, after, limit)
		}
	}, nil},
	"the limit is ignored": {"records: due", func(f *faulty) {
		f.due = func(ctx context.Context, at time.Time, after store.Record, _ int) ([]store.Record, error) {
			return f.Shop.DueRecords(ctx, at, after, 1000)
		}
	}, nil},
	"a deadline is when it is due": {"records: due", func(f *faulty) {
		notes(func(r *store.Record) {
			if r.Due.IsZero() {
				r.Due = moment.Add(-2 * time.Hour)
			}
		})(f)
	}, nil},
	"refused references are never due again": {"records: references due", func(f *faulty) {
		f.references = func(ctx context.Context, _ time.Time, limit int) ([]store.Record, error) {
			return f.Shop.ReferencesDue(ctx, time.Time{}, limit)
		}
	}, nil},
	"refused references come first": {"records: references due", func(f *faulty) {
		f.references = func(ctx context.Context, before time.Time, limit int) ([]store.Record, error) {
			list, err := f.Shop.ReferencesDue(ctx, before, 1000)
			slices.SortFunc(list, func(a, b store.Record) int { return strings.Compare(a.OrderID, b.OrderID) })
			return list[:min(len(list), limit)], err
		}
	}, nil},
	"an order that moved needs no reference": {"records: references due", func(f *faulty) {
		f.references = func(ctx context.Context, before time.Time, limit int) ([]store.Record, error) {
			list, err := f.Shop.ReferencesDue(ctx, before, limit)
			return slices.DeleteFunc(list, func(r store.Record) bool { return r.Reference.WarehouseID == "old" }), err
		}
	}, nil},
	"the start goes forward": {"records: since", func(f *faulty) {
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			found, _, err := f.Shop.RecordsOf(ctx, ids...)
			return found, f.of.now().UTC(), err
		}
	}, nil},
	"the start is the clock of another machine": {"records: since", func(f *faulty) {
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			found, since, err := f.Shop.RecordsOf(ctx, ids...)
			return found, since.Add(time.Second), err
		}
	}, nil},
	"a new shop begins with the store": {"records: since", func(f *faulty) {
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			found, _, err := f.Shop.RecordsOf(ctx, ids...)
			_, since, _ := ourShop(f).RecordsOf(ctx)
			return found, since, err
		}
	}, nil},
	"what ended just then has ended before": {"records: ended", func(f *faulty) {
		f.ended = func(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
			return f.Shop.EndedRecords(ctx, before.Add(time.Nanosecond), after, limit)
		}
	}, nil},
	"ended ones by order id": {"records: ended", func(f *faulty) {
		f.ended = func(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
			list, err := f.Shop.EndedRecords(ctx, before, store.Record{}, 1000)
			slices.SortFunc(list, func(a, b store.Record) int { return strings.Compare(a.OrderID, b.OrderID) })
			list = slices.DeleteFunc(list, func(r store.Record) bool { return r.OrderID <= after.OrderID })
			return list[:min(len(list), limit)], err
		}
	}, nil},
	"a page of ended ones skips those of the same moment": {"records: ended", func(f *faulty) {
		f.ended = func(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
			if after.OrderID != "" {
				after.OrderID = "\xff"
			}
			return f.Shop.EndedRecords(ctx, before, after, limit)
		}
	}, nil},
	"a record that was put again is forgotten": {"records: forgotten late", func(f *faulty) {
		f.forget = func(ctx context.Context, list ...store.Record) (int, error) {
			list = slices.Clone(list)
			for i := range list {
				found, _, err := f.Shop.RecordsOf(ctx, list[i].OrderID)
				if err != nil {
					return 0, err
				}
				list[i].Version = found[list[i].OrderID].Version
			}
			return f.Shop.Forget(ctx, list...)
		}
	}, nil},
	"what the caller says of a record is believed": {"records: forgotten late", func(f *faulty) {
		f.forget = func(ctx context.Context, list ...store.Record) (n int, err error) {
			for _, r := range list {
				found, _, err := f.Shop.RecordsOf(ctx, r.OrderID)
				if old := found[r.OrderID]; err == nil && old.Version == r.Version && r.Version > 0 {
					n, err = n+1, f.Shop.DropRecords(ctx, r.OrderID)
				}
				if err != nil {
					return n, err
				}
			}
			return n, nil
		}
	}, nil},
	"it forgets too early": {"records: forgotten", func(f *faulty) {
		f.ended = func(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
			return f.Shop.EndedRecords(ctx, before.Add(time.Nanosecond), after, limit)
		}
	}, nil},
	"it forgets what is due again": {"records: forgotten", notes(func(r *store.Record) { r.Due = time.Time{} }), nil},
	"it forgets what is open": {"records: forgotten", notes(func(r *store.Record) {
		if r.EndedAt.IsZero() {
			r.EndedAt = moment
		}
	}), nil},
	"it forgets and says nothing": {"records: forgotten", func(f *faulty) {
		var begun time.Time
		f.records = func(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
			found, since, err := f.Shop.RecordsOf(ctx, ids...)
			if begun.IsZero() {
				begun = since
			}
			return found, begun, err
		}
	}, nil},
	"labels outlive their orders": {"records: forgotten", func(f *faulty) {
		kept := map[string]store.LabelDocument{}
		f.putLabel = func(_ context.Context, d store.LabelDocument) error { kept[d.OrderID+"/"+d.PackageID] = d; return nil }
		f.label = func(_ context.Context, order, pack string) (store.LabelDocument, bool, error) {
			d, have := kept[order+"/"+pack]
			return d, have, nil
		}
	}, nil},

	// Locks.
	"locks do not lock": {"locks: one at a time", func(f *faulty) {
		f.lock = func(ctx context.Context, _ string) (context.Context, func(), error) { return ctx, func() {}, ctx.Err() }
	}, nil},
	"every process has its own locks": {"locks: one at a time", nil, sees(func(f *faulty) {
		f.lock = new(store.Memory).Shop(f.name).Lock
	})},
	"one lock for all keys": {"locks: many keys", func(f *faulty) {
		f.lock = func(ctx context.Context, _ string) (context.Context, func(), error) {
			return f.Shop.Lock(ctx, "the lock")
		}
	}, nil},
	"keys differ by case only": {"locks: many keys", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			return f.Shop.Lock(ctx, strings.ToLower(key))
		}
	}, nil},
	"long keys are cut off": {"locks: many keys", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			return f.Shop.Lock(ctx, key[:min(len(key), len("product/"))])
		}
	}, nil},
	"a waiter does not give up": {"locks: cancelled waiting", func(f *faulty) {
		f.lock = func(_ context.Context, key string) (context.Context, func(), error) {
			return f.Shop.Lock(f.of.end, key)
		}
	}, nil},
	"a waiter that gave up gets the lock": {"locks: cancelled waiting", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			if err := ctx.Err(); err != nil {
				return ctx, nil, err
			}
			got := make(chan func(), 1)
			go func() {
				_, unlock, _ := f.Shop.Lock(f.of.end, key)
				got <- unlock
			}()
			select {
			case unlock := <-got:
				return ctx, unlock, nil
			case <-ctx.Done():
				return ctx, nil, ctx.Err()
			}
		}
	}, nil},
	"an error without its cause": {"locks: cancelled waiting", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				err = errors.New("locking failed")
			}
			return held, unlock, err
		}
	}, nil},
	"an error without a context": {"locks: cancelled waiting", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err != nil {
				held = nil
			}
			return held, unlock, err
		}
	}, nil},
	"an ended context gets a lock": {"locks: cancelled before", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			if ctx.Err() != nil {
				return f.Shop.Lock(context.WithoutCancel(ctx), key)
			}
			return f.Shop.Lock(ctx, key)
		}
	}, nil},
	"an old unlock frees the lock of another": {"locks: unlocked twice", func(f *faulty) {
		var mu sync.Mutex
		free := map[string]func(){}
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err != nil {
				return held, nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			free[key] = unlock
			return held, func() {
				mu.Lock()
				defer mu.Unlock()
				free[key]()
			}, nil
		}
	}, nil},
	"a lock ends with its context": {"locks: kept", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err == nil {
				context.AfterFunc(ctx, unlock)
			}
			return held, unlock, err
		}
	}, nil},
	"a lock is not given back": {"locks: one at a time", func(f *faulty) {
		never := everyNth(20)
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err == nil && never() {
				return held, func() {}, nil
			}
			return held, unlock, err
		}
	}, nil},
	"the held context is not the caller's": {"locks: held context", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(f.of.end, key)
			return held, unlock, errors.Join(err, ctx.Err())
		}
	}, nil},
	"the held context outlives the lock": {"locks: held context", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			_, unlock, err := f.Shop.Lock(ctx, key)
			return ctx, unlock, err
		}
	}, nil},
	"a lost lock goes unnoticed": {"locks: lost", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			return context.WithoutCancel(held), unlock, err
		}
	}, nil},
	"a lost lock has no cause": {"locks: lost", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err != nil {
				return held, unlock, err
			}
			plain, cancel := context.WithCancel(context.WithoutCancel(held))
			context.AfterFunc(held, cancel)
			return plain, unlock, nil
		}
	}, nil},
	"who lost a lock gives away another's": {"locks: lost", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			return held, func() { unlock(); f.of.memory.LoseLock(f.name, key) }, err
		}
	}, nil},
	"fences are ignored": {"locks: fence", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			held, unlock, err := f.Shop.Lock(ctx, key)
			if err != nil {
				return held, unlock, err
			}
			plain, cancel := context.WithCancel(ctx)
			context.AfterFunc(held, cancel)
			return plain, unlock, nil
		}
	}, nil},
	"records ignore fences": {"locks: fence", func(f *faulty) {
		f.putRecords = func(ctx context.Context, list ...store.Record) ([]int64, error) {
			return f.Shop.PutRecords(fenceless(ctx), list...)
		}
	}, nil},
	"the ledger ignores fences": {"locks: fence", func(f *faulty) {
		f.drop = func(ctx context.Context, ids ...string) error { return f.Shop.DropReservations(fenceless(ctx), ids...) }
	}, nil},
	"a fenced write is refused when it is done": {"locks: fence", func(f *faulty) {
		f.putValue = func(ctx context.Context, name string, v []byte) error {
			return errors.Join(f.Shop.PutValue(fenceless(ctx), name, v), f.Shop.PutValue(ctx, name, v))
		}
	}, nil},
	"the inner fence hides the outer": {"locks: nested fences", func(f *faulty) {
		f.lock = func(ctx context.Context, key string) (context.Context, func(), error) {
			if key == "inner" {
				return f.Shop.Lock(fenceless(ctx), key)
			}
			return f.Shop.Lock(ctx, key)
		}
	}, nil},

	// Many locks.
	"many locks wait": {"many locks: some", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			return oneByOne(ctx, keys, f.Shop.Lock)
		}
	}, nil},
	"many locks, or none": {"many locks: some", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			if err == nil && len(taken) < len(keys) {
				unlock()
				return ctx, nil, unlock, nil
			}
			return held, taken, unlock, err
		}
	}, nil},
	"all locks are said to be taken": {"many locks: some", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			if err == nil {
				taken = keys
			}
			return held, taken, unlock, err
		}
	}, nil},
	"locks are not taken one by one": {"many locks: keys", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			return held, slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !slices.Contains(taken, key) }), unlock, err
		}
	}, nil},
	"no more than 100 locks at once": {"many locks", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			return f.Shop.TryLock(ctx, keys[:min(len(keys), 100)]...)
		}
	}, nil},
	"a busy lock frees the locks before it": {"many locks: some", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			if err == nil && len(taken) > 0 && len(taken) < len(keys) {
				f.of.memory.LoseLock(f.name, taken[0])
			}
			return held, taken, unlock, err
		}
	}, nil},
	"many locks are looked at and then taken": {"many locks: at once", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			_, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			if err != nil {
				return ctx, nil, nil, err
			}
			unlock()
			return ctx, taken, func() {}, nil
		}
	}, nil},
	"many locks are apart from single ones": {"many locks", func(f *faulty) {
		own := new(store.Memory).Shop(f.name)
		f.tryLock = own.TryLock
	}, nil},
	"an ended context gets many locks": {"many locks: cancelled", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			return f.Shop.TryLock(context.WithoutCancel(ctx), keys...)
		}
	}, nil},
	"many locks end with their context": {"many locks: cancelled", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			if err == nil {
				context.AfterFunc(ctx, unlock)
			}
			return held, taken, unlock, err
		}
	}, nil},
	"the held context outlives many locks": {"many locks: context", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			_, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			return ctx, taken, unlock, err
		}
	}, nil},
	"the first of many locks is given back": {"many locks", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			first := keys[:min(len(keys), 1)]
			held, taken, unlock, err := f.Shop.TryLock(ctx, first...)
			if err != nil || len(keys) < 2 {
				return held, taken, unlock, err
			}
			held, more, _, err := f.Shop.TryLock(held, keys[1:]...)
			return held, append(taken, more...), unlock, err
		}
	}, nil},
	"an old unlock of many frees those of others": {"many locks: unlocked", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			return held, taken, func() {
				unlock()
				for _, key := range taken {
					f.of.memory.LoseLock(f.name, key)
				}
			}, err
		}
	}, nil},
	"one of many lost locks goes unnoticed": {"many locks: lost", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			return context.WithoutCancel(held), taken, unlock, err
		}
	}, nil},
	"one lost lock loses all": {"many locks: lost", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			held, taken, unlock, err := f.Shop.TryLock(ctx, keys...)
			if err == nil {
				context.AfterFunc(held, unlock)
			}
			return held, taken, unlock, err
		}
	}, nil},
	"only the last of many fences": {"many locks: fence", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			return oneByOne(ctx, keys, func(ctx context.Context, key string) (context.Context, func(), error) {
				held, taken, unlock, err := f.Shop.TryLock(fenceless(ctx), key)
				if err == nil && len(taken) == 0 {
					err = errBusy
				}
				return held, unlock, err
			})
		}
	}, nil},
	"many locks hide the fence of one": {"many locks: nested", func(f *faulty) {
		f.tryLock = func(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
			return f.Shop.TryLock(fenceless(ctx), keys...)
		}
	}, nil},
	"the shop is ignored: many locks": {"many locks: shops", func(f *faulty) { f.tryLock = ourShop(f).TryLock }, nil},

	// Shops.
	"the shop is ignored: cursors": {"shops", func(f *faulty) { f.setCursor, f.cursor = ourShop(f).SetCursor, ourShop(f).Cursor }, nil},
	"the shop is ignored: hints": {"shops", func(f *faulty) {
		f.addHint, f.hints, f.dropHints = ourShop(f).AddHint, ourShop(f).Hints, ourShop(f).DropHints
	}, nil},
	"the shop is ignored: revisits": {"shops", func(f *faulty) {
		f.putRevisits, f.dropRevisits, f.revisits = ourShop(f).PutRevisits, ourShop(f).DropRevisits, ourShop(f).Revisits
	}, nil},
	"the shop is ignored: labels": {"shops", func(f *faulty) {
		f.putLabel, f.dropLabels, f.label = ourShop(f).PutLabel, ourShop(f).DropLabels, ourShop(f).Label
	}, nil},
	"the shop is ignored: values":  {"shops", func(f *faulty) { f.putValue, f.value = ourShop(f).PutValue, ourShop(f).Value }, nil},
	"the shop is ignored: records": {"shops", func(f *faulty) { f.records, f.putRecords = ourShop(f).RecordsOf, ourShop(f).PutRecords }, nil},
	"the shop is ignored: drops":   {"shops", func(f *faulty) { f.dropRecords = ourShop(f).DropRecords }, nil},
	"the shop is ignored: forgets": {"shops", func(f *faulty) {
		f.ended, f.forget = ourShop(f).EndedRecords, ourShop(f).Forget
	}, nil},
	"the shop is ignored: ledger": {"shops", func(f *faulty) { f.put, f.ofOrders = ourShop(f).PutReservations, ourShop(f).ReservationsOf }, nil},
	"the shop is ignored: seen":   {"shops", func(f *faulty) { f.setSeen = ourShop(f).SetSeenUpTo }, nil},
	"the shop is ignored: locks":  {"shops: locks", func(f *faulty) { f.lock = ourShop(f).Lock }, nil},
	"references of all shops":     {"shops", func(f *faulty) { f.references = ourShop(f).ReferencesDue }, nil},
	"no name is a name":           {"shops: no name", func(f *faulty) { f.value = f.of.memory.Shop("default").Value }, nil},
	"ended contexts read": {"ended contexts", func(f *faulty) {
		f.revisits = func(ctx context.Context, list string) ([]store.Revisit, error) {
			return f.Shop.Revisits(context.WithoutCancel(ctx), list)
		}
	}, nil},
	"ended contexts write": {"ended contexts", func(f *faulty) {
		f.addHint = func(ctx context.Context, list, id string) error {
			return errors.Join(f.Shop.AddHint(context.WithoutCancel(ctx), list, id), ctx.Err())
		}
	}, nil},
}

func nameAll(list []store.Reservation, shop string) {
	for i := range list {
		list[i].Shop = shop
	}
}

var errBusy = errors.New("somebody has it")

// oneByOne takes locks one after the other, except those that lock says are busy.
func oneByOne(ctx context.Context, keys []string, lock func(context.Context, string) (context.Context, func(), error)) (context.Context, []string, func(), error) {
	var taken []string
	var unlocks []func()
	unlock := func() {
		for _, u := range unlocks {
			u()
		}
	}
	for _, key := range keys {
		held, u, err := lock(ctx, key)
		if errors.Is(err, errBusy) {
			continue
		} else if err != nil {
			unlock()
			return ctx, nil, nil, err
		}
		ctx, taken, unlocks = held, append(taken, key), append(unlocks, u) //nolint:fatcontext // it carries the locks taken so far
	}
	return ctx, taken, unlock, nil
}
