package bridgetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// ledgerTests are about the ledger, which the shops of an account share.
var ledgerTests = map[string]func(*storeTest){
	"ledger":                    testReservations,
	"ledger: every field":       testReservationFields,
	"ledger: copies":            testReservationCopies,
	"ledger: shops":             testReservationShops,
	"ledger: at once":           testReservationsAtOnce,
	"ledger: batches":           testReservationBatches,
	"ledger: changes":           testLedgerChanges,
	"ledger: changes, reopened": testChangesReopened,
	"ledger: changes at once":   testChangesAtOnce,
	"ledger: visible from":      testVisibleFrom,
	"ledger: seen up to":        testSeenUpTo,
}

// reservations lists a ledger, without what the store sets.
func (s *storeTest) reservations() (list []store.Reservation, ids []string) {
	s.Helper()
	list, err := s.Reservations(s.Context())
	s.ok(err)
	for i, r := range list {
		ids = append(ids, r.OrderID)
		list[i] = asPut(r)
	}
	return list, ids
}

// asPut is a reservation without what the store sets.
func asPut(r store.Reservation) store.Reservation {
	r.Shop, r.Revision, r.VisibleFrom = "", 0, 0
	return r
}

func (s *storeTest) reserve(id string, units int) {
	s.Helper()
	s.ok(s.PutReservations(s.Context(), store.Reservation{OrderID: id, Items: map[string]int{"item": units}, SeenAt: moment}))
}

func testReservationFields(s *storeTest) {
	ctx := s.Context()
	all, bare := filled[store.Reservation](s.T, 0), store.Reservation{OrderID: "1"}
	all.OrderID = "2"
	s.ok(s.PutReservations(ctx, all, bare))
	s.reopen()
	list, _ := s.reservations()
	s.same("two reservations", []store.Reservation{bare, asPut(all)}, list)
	of, err := s.ReservationsOf(ctx, "2")
	s.ok(err)
	s.same("asked for by id", asPut(all), asPut(of["2"]))
	changes, _, err := s.LedgerChanges(ctx, 0)
	s.ok(err)
	for _, c := range changes {
		if c.Reservation.OrderID == "2" {
			s.same("in the changes", asPut(all), asPut(c.Reservation))
		}
	}
	// What a replacement lacks is gone.
	bare.OrderID = "2"
	s.ok(s.PutReservations(ctx, bare))
	s.reopen()
	if list, _ = s.reservations(); len(list) != 2 {
		s.Fatalf("two reservations, one replaced: got %v", list)
	}
	s.same("replaced by one that is almost empty", bare, list[1])
}

func testReservations(s *storeTest) {
	ctx := s.Context()
	if list, _ := s.reservations(); len(list) != 0 {
		s.Fatalf("a new ledger: %v", list)
	}
	s.reserve("9", 1)
	s.reserve("10", 1)
	s.reserve("576461413038785752", 1)
	s.reserve("9", 2)
	s.reopen()
	list, ids := s.reservations()
	if want := []string{"10", "576461413038785752", "9"}; !slices.Equal(ids, want) {
		s.Fatalf("got %q, want %q: by order id, as texts", ids, want)
	}
	if list[2].Items["item"] != 2 {
		s.Errorf("replaced: %+v", list[2])
	}
	of, err := s.ReservationsOf(ctx, "9", "10", "9", "never heard of")
	s.ok(err)
	for id, r := range of {
		of[id] = asPut(r)
	}
	s.same("asked for by id", map[string]store.Reservation{"9": list[2], "10": list[0]}, of)
	if of, err = s.ReservationsOf(ctx); err != nil || len(of) != 0 {
		s.Errorf("asked for none: got %v, %v", of, err)
	}
	s.ok(s.DropReservations(ctx, "10", "never heard of"))
	s.ok(s.DropReservations(ctx, "10"))
	s.ok(s.DropReservations(ctx))
	s.reopen()
	if _, ids = s.reservations(); !slices.Equal(ids, []string{"576461413038785752", "9"}) {
		s.Errorf("after a drop: %q", ids)
	}
	s.reserve("10", 3)
	if list, _ = s.reservations(); len(list) != 3 || list[0].Items["item"] != 3 {
		s.Errorf("put again after a drop: %+v", list)
	}
}

// testReservationCopies checks that what callers do with their maps and lists
// stays with them.
func testReservationCopies(s *storeTest) {
	spoil := func(r store.Reservation) {
		r.Items["spoilt"] = 1
		r.Lines[0].Items["spoilt"] = 1
		r.Lines[1].SKU = "spoilt"
	}
	given := filled[store.Reservation](s.T, 0)
	s.ok(s.PutReservations(s.Context(), given))
	spoil(given)
	for range 2 {
		list, _ := s.reservations()
		of, err := s.ReservationsOf(s.Context(), given.OrderID)
		s.ok(err)
		changes, _, err := s.LedgerChanges(s.Context(), 0)
		s.ok(err)
		if len(list) != 1 || len(of) != 1 || len(changes) != 1 {
			s.Fatalf("got %v, %v and %v, want one each", list, of, changes)
		}
		for _, r := range []store.Reservation{list[0], of[given.OrderID], changes[0].Reservation} {
			s.same("a caller changed what is stored", asPut(filled[store.Reservation](s.T, 0)), asPut(r))
			spoil(r)
		}
	}
}

// testReservationShops has two shops use the same order ids.
func testReservationShops(s *storeTest) {
	ctx, other := s.Context(), s.store.Shop(theirs)
	s.reserve("1", 1)
	s.ok(other.PutReservations(ctx, store.Reservation{OrderID: "1", Shop: ours, Items: map[string]int{"item": 2}}, store.Reservation{OrderID: "0"}))
	s.ok(s.DropReservations(ctx, "0"))
	s.reopen()
	list, err := s.Reservations(ctx)
	s.ok(err)
	var got []string
	for _, r := range list {
		got = append(got, fmt.Sprintf("%s %s %d", r.Shop, r.OrderID, r.Items["item"]))
	}
	want := []string{theirs + " 0 0", theirs + " 1 2", ours + " 1 1"}
	if !slices.Equal(got, want) {
		s.Errorf("got %q, want %q: those of all shops, by shop and order", got, want)
	}
	for shop, units := range map[string]int{ours: 1, theirs: 2} {
		of, err := s.store.Shop(shop).ReservationsOf(ctx, "0", "1")
		s.ok(err)
		if r := of["1"]; r.Shop != shop || r.Items["item"] != units || len(of) != units {
			s.Errorf("of %s: got %v, want %d, its own", shop, of, units)
		}
	}
	changes, _, err := s.LedgerChanges(ctx, 0)
	s.ok(err)
	if len(changes) != 3 {
		s.Errorf("got %d changes, want those of all shops, 3", len(changes))
	}
}

// testReservationsAtOnce has many put and drop while one lists. What is listed
// is always some whole reservation that was put.
func testReservationsAtOnce(s *storeTest) {
	const writers, rounds = 8, 25
	ctx, side := s.Context(), s.both()
	s.while(writers, func(w int) error {
		for n := range rounds {
			units := n + 1 // not what an item that is missing has
			own := store.Reservation{OrderID: fmt.Sprintf("own-%d-%d", w, n), Items: map[string]int{"a": 1}}
			gone := own
			gone.OrderID += "-gone"
			if err := errors.Join(
				side(w).PutReservations(ctx, store.Reservation{OrderID: "shared", Items: map[string]int{"a": units, "b": units, "c": units}}),
				side(w).PutReservations(ctx, own), side(w).PutReservations(ctx, gone), side(w).DropReservations(ctx, gone.OrderID),
			); err != nil {
				return err
			}
		}
		return nil
	}, func(last bool) {
		list, ids := s.reservations()
		for _, r := range list {
			if n := r.Items["a"]; r.OrderID == "shared" && (r.Items["b"] != n || r.Items["c"] != n) {
				s.Fatalf("half of one reservation and half of another: %v", r.Items)
			}
		}
		if !slices.IsSorted(ids) {
			s.Fatalf("out of order: %q", ids)
		}
		if want := writers*rounds + 1; last && len(ids) != want {
			s.Errorf("%d reservations are left, want %d", len(ids), want)
		}
	})
}

// testReservationBatches has many put and drop pairs. A reader sees both or none.
func testReservationBatches(s *storeTest) {
	ctx, side := s.Context(), s.both()
	s.while(8, func(w int) error {
		a, b := fmt.Sprintf("%d-a", w), fmt.Sprintf("%d-b", w)
		for n := range 20 {
			units := map[string]int{"item": n + 1}
			if err := side(w).PutReservations(ctx, store.Reservation{OrderID: a, Items: units}, store.Reservation{OrderID: b, Items: units}); err != nil {
				return err
			}
			if err := side(w).DropReservations(ctx, a, b); err != nil {
				return err
			}
		}
		return nil
	}, func(last bool) {
		list, _ := s.reservations()
		pairs := map[string][]int{}
		for _, r := range list {
			pairs[r.OrderID[:1]] = append(pairs[r.OrderID[:1]], r.Items["item"])
		}
		for w, units := range pairs {
			if len(units) != 2 || units[0] != units[1] || last {
				s.Fatalf("pair %s: units %v; two reservations are put and dropped together", w, units)
			}
		}
	})
}

// follower is a copy of the ledger that is kept by its changes.
type follower struct {
	*storeTest
	at   store.Revision
	copy map[[2]string]store.Reservation
}

// follow brings the copy up to date and returns what has changed, as text.
func (f *follower) follow() (seen []string) {
	f.Helper()
	changes, now, err := f.LedgerChanges(f.Context(), f.at)
	f.ok(err)
	last := f.at
	for _, c := range changes {
		r := c.Reservation
		if c.Revision <= last || c.Revision > now {
			f.Errorf("revision %d of order %s after %d: got it after %d, up to %d", c.Revision, r.OrderID, f.at, last, now)
		}
		last = c.Revision
		key := [2]string{r.Shop, r.OrderID}
		text := fmt.Sprintf("%s %d", r.OrderID, r.Items["item"])
		if c.Dropped {
			text = r.OrderID + " dropped"
			delete(f.copy, key)
		} else {
			if r.Revision != c.Revision {
				f.Errorf("order %s of revision %d says that it is of %d", r.OrderID, c.Revision, r.Revision)
			}
			f.copy[key] = r
		}
		seen = append(seen, text)
	}
	if now < f.at {
		f.Errorf("the ledger went back from revision %d to %d", f.at, now)
	}
	f.at = now
	return seen
}

func (s *storeTest) follower() *follower {
	return &follower{storeTest: s, copy: map[[2]string]store.Reservation{}}
}

// verify compares the copy with the ledger.
func (f *follower) verify(step string) {
	f.Helper()
	list, err := f.Reservations(f.Context())
	f.ok(err)
	kept := make([]store.Reservation, 0, len(f.copy))
	for _, r := range f.copy {
		kept = append(kept, r)
	}
	slices.SortFunc(kept, func(a, b store.Reservation) int {
		return cmp.Or(cmp.Compare(a.Shop, b.Shop), cmp.Compare(a.OrderID, b.OrderID))
	})
	f.same(step+": a copy that was kept by the changes", list, kept)
}

func testLedgerChanges(s *storeTest) {
	ctx, f := s.Context(), s.follower()
	expect := func(step string, want ...string) {
		s.Helper()
		s.reopen()
		if got := f.follow(); !slices.Equal(got, want) {
			s.Errorf("%s: got %q, want %q", step, got, want)
		}
		f.verify(step)
	}
	expect("an empty ledger")
	s.reserve("2", 1)
	s.reserve("1", 1)
	expect("two orders", "2 1", "1 1")
	expect("nothing")
	s.reserve("2", 1)
	expect("the same again is a change", "2 1")
	s.reserve("2", 2)
	s.reserve("1", 2)
	s.reserve("2", 3)
	expect("the last change of each order", "1 2", "2 3")
	s.ok(s.DropReservations(ctx, "1", "never heard of"))
	expect("a drop", "1 dropped")
	s.ok(s.DropReservations(ctx, "2"))
	s.reserve("2", 4)
	expect("dropped and put", "2 4")
	s.reserve("3", 1)
	s.ok(s.DropReservations(ctx, "3"))
	expect("put and dropped", "3 dropped")
	s.ok(s.store.Shop(theirs).PutReservations(ctx, store.Reservation{OrderID: "2"}))
	expect("another shop's", "2 0")
	if f.at <= 0 {
		s.Errorf("after all that the revision is %d, want one above zero", f.at)
	}
	anew := s.follower()
	if got, want := anew.follow(), []string{"2 4", "2 0"}; !slices.Equal(got, want) {
		s.Errorf("from the start: got %q, want %q", got, want)
	}
	for _, r := range []store.Revision{f.at + 1, -1} {
		if _, _, err := s.LedgerChanges(ctx, r); !errors.Is(err, store.ErrRevision) {
			s.Errorf("after revision %d, which the ledger has not reached: got %v, want %v", r, err, store.ErrRevision)
		}
	}
	// A reader that is a long way behind, but not too far.
	for n := range 300 {
		id := fmt.Sprint("many-", n)
		s.ok(s.PutReservations(ctx, store.Reservation{OrderID: id}))
		s.ok(s.DropReservations(ctx, id))
	}
	if got := f.follow(); len(got) != 300 || got[0] != "many-0 dropped" {
		s.Errorf("300 orders were dropped: got %d changes, %.80q", len(got), got)
	}
	f.verify("far behind")
}

// testChangesReopened checks that numbers go on where they were.
func testChangesReopened(s *storeTest) {
	f := s.follower()
	s.reserve("1", 1)
	s.reserve("2", 1)
	f.follow()
	before := f.at
	for n := range 3 {
		s.reopen()
		s.reserve("1", n+2)
		if got, want := f.follow(), []string{fmt.Sprintf("1 %d", n+2)}; !slices.Equal(got, want) || f.at <= before {
			s.Fatalf("reopened: got %q up to revision %d, want %q, above %d", got, f.at, want, before)
		}
		before = f.at
	}
	f.verify("reopened")
}

// testChangesAtOnce has shops and processes change the ledger while one reader
// follows. It never sees a revision before one below it.
func testChangesAtOnce(s *storeTest) {
	const rounds = 25
	ctx, side, other := s.Context(), s.both(), s.store.Shop(theirs)
	f := s.follower()
	s.while(8, func(w int) error {
		shop := side(w)
		if w%4 == 3 {
			shop = other
		}
		for n := range rounds {
			own, shared := fmt.Sprintf("own-%d-%d", w, n), fmt.Sprint("shared-", n%5)
			if err := errors.Join(
				shop.PutReservations(ctx, store.Reservation{OrderID: own, Items: map[string]int{"item": n}}, store.Reservation{OrderID: shared, Items: map[string]int{"item": w}}),
				shop.PutReservations(ctx, store.Reservation{OrderID: own + "-gone"}), shop.DropReservations(ctx, own+"-gone"),
			); err != nil {
				return err
			}
			if n%3 == 0 {
				if err := shop.DropReservations(ctx, shared); err != nil {
					return err
				}
			}
		}
		return nil
	}, func(last bool) {
		f.follow()
		if last {
			f.verify("at once")
		}
	})
}

func testVisibleFrom(s *storeTest) {
	ctx := s.Context()
	put := func(visible time.Time) store.Reservation {
		s.Helper()
		s.ok(s.PutReservations(ctx, store.Reservation{OrderID: "1", VisibleAt: visible, VisibleFrom: 77, Revision: 77}))
		s.reopen()
		of, err := s.ReservationsOf(ctx, "1")
		s.ok(err)
		return of["1"]
	}
	s.reserve("0", 1)
	if r := put(time.Time{}); r.VisibleFrom != 0 || r.Revision <= 0 {
		s.Errorf("not visible: got from %d, revision %d; want from 0 and a revision", r.VisibleFrom, r.Revision)
	}
	first := put(moment)
	if first.VisibleFrom != first.Revision {
		s.Errorf("visible: got from %d, want the revision %d of the put", first.VisibleFrom, first.Revision)
	}
	if r := put(moment.Add(time.Hour)); r.VisibleFrom != first.Revision || r.Revision <= first.Revision {
		s.Errorf("visible still: got from %d, revision %d; want from %d and a later revision", r.VisibleFrom, r.Revision, first.Revision)
	}
	if r := put(time.Time{}); r.VisibleFrom != 0 {
		s.Errorf("not visible any more: got from %d, want 0", r.VisibleFrom)
	}
	if r := put(moment); r.VisibleFrom != r.Revision || r.Revision <= first.Revision {
		s.Errorf("visible again: got from %d, revision %d; want the revision of the put", r.VisibleFrom, r.Revision)
	}
	second := put(moment)
	s.ok(s.DropReservations(ctx, "1"))
	if r := put(moment); r.VisibleFrom != r.Revision || r.Revision <= second.Revision {
		s.Errorf("dropped and put: got from %d, revision %d; want the revision of the put", r.VisibleFrom, r.Revision)
	}
}

func testSeenUpTo(s *storeTest) {
	ctx, other := s.Context(), s.store.Shop(theirs)
	expect := func(step string, want map[string]time.Time) {
		s.Helper()
		s.reopen()
		got, err := s.SeenUpTo(ctx)
		s.ok(err)
		s.same(step, want, got)
	}
	expect("nothing noted", map[string]time.Time{})
	s.ok(s.SetSeenUpTo(ctx, moment.In(eastern)))
	expect("one shop", map[string]time.Time{ours: moment})
	s.ok(other.SetSeenUpTo(ctx, moment.Add(-time.Hour))) // each has its own clock
	s.ok(s.SetSeenUpTo(ctx, moment.Add(-time.Minute)))
	s.ok(s.SetSeenUpTo(ctx, time.Time{}))
	s.clock.forward(time.Hour)
	expect("going back", map[string]time.Time{ours: moment, theirs: moment.Add(-time.Hour)})
	s.ok(s.SetSeenUpTo(ctx, moment.Add(48*time.Hour)))
	expect("going on", map[string]time.Time{ours: moment.Add(48 * time.Hour), theirs: moment.Add(-time.Hour)})
	side := s.both()
	s.while(8, func(w int) error {
		for n := range 10 {
			if err := side(w).SetSeenUpTo(ctx, moment.Add(time.Duration(100*n+w)*time.Hour)); err != nil {
				return err
			}
		}
		return nil
	}, func(bool) {})
	expect("at once", map[string]time.Time{ours: moment.Add(907 * time.Hour), theirs: moment.Add(-time.Hour)})
}
