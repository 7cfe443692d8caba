package bridgetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// TestLedger checks that a store keeps the promises of [store.Ledger]. See
// [TestStore] for open and reopen.
func TestLedger(t *testing.T, open func(*testing.T) store.Ledger, reopen func(*testing.T, store.Ledger) store.Ledger) {
	again := reopening(reopen)
	part(t, "every field", func(t *testing.T) { testEveryField(t, open(t), again) })
	part(t, "put, replace, drop", func(t *testing.T) { testReservations(t, open(t), again) })
	part(t, "copies", func(t *testing.T) { testReservationCopies(t, open(t)) })
	part(t, "at once", func(t *testing.T) { testReservationsAtOnce(t, open(t), again) })
}

func reservations(t *testing.T, l store.Ledger) (list []store.Reservation, ids []string) {
	t.Helper()
	list, err := l.Reservations(t.Context())
	check(t, err)
	for _, r := range list {
		ids = append(ids, r.OrderID)
	}
	return list, ids
}

func testEveryField(t *testing.T, l store.Ledger, again func(*testing.T, store.Ledger) store.Ledger) {
	full := filled[store.Reservation](t, 0)
	full.OrderID = "2"
	bare := store.Reservation{OrderID: "1"}
	check(t, l.PutReservation(t.Context(), full))
	check(t, l.PutReservation(t.Context(), bare))
	l = again(t, l)
	list, _ := reservations(t, l)
	if d := different([]store.Reservation{bare, full}, list); d != "" {
		t.Error(d)
	}
	// What a replacement lacks is gone.
	bare.OrderID = "2"
	check(t, l.PutReservation(t.Context(), bare))
	l = again(t, l)
	list, _ = reservations(t, l)
	if len(list) != 2 || different(bare, list[1]) != "" {
		t.Errorf("replaced by one that is almost empty: %+v", list)
	}
}

func testReservations(t *testing.T, l store.Ledger, again func(*testing.T, store.Ledger) store.Ledger) {
	ctx := t.Context()
	if list, _ := reservations(t, l); len(list) != 0 {
		t.Fatalf("a new ledger: %v", list)
	}
	put := func(id string, units int) {
		t.Helper()
		check(t, l.PutReservation(ctx, store.Reservation{OrderID: id, Items: map[string]int{"item": units}, SeenAt: moment}))
	}
	put("9", 1)
	put("10", 1)
	put("576461413038785752", 1)
	put("9", 2)
	l = again(t, l)
	list, ids := reservations(t, l)
	if want := []string{"10", "576461413038785752", "9"}; !slices.Equal(ids, want) {
		t.Fatalf("%q, want %q: by order id, as texts", ids, want)
	}
	if list[2].Items["item"] != 2 {
		t.Errorf("replaced: %+v", list[2])
	}
	check(t, l.DropReservation(ctx, "10"))
	check(t, l.DropReservation(ctx, "10"))
	check(t, l.DropReservation(ctx, "never heard of"))
	l = again(t, l)
	if _, ids = reservations(t, l); !slices.Equal(ids, []string{"576461413038785752", "9"}) {
		t.Errorf("after a drop: %q", ids)
	}
	put("10", 3)
	if list, _ = reservations(t, l); len(list) != 3 || list[0].Items["item"] != 3 {
		t.Errorf("put again after a drop: %+v", list)
	}
}

// testReservationCopies checks that what callers do with their maps and lists
// stays with them.
func testReservationCopies(t *testing.T, l store.Ledger) {
	spoil := func(r store.Reservation) {
		r.Items["spoilt"] = 1
		r.Lines[0].Items["spoilt"] = 1
		r.Lines[1].SKU = "spoilt"
	}
	given := filled[store.Reservation](t, 0)
	check(t, l.PutReservation(t.Context(), given))
	spoil(given)
	for range 2 {
		list, _ := reservations(t, l)
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		if d := different(filled[store.Reservation](t, 0), list[0]); d != "" {
			t.Errorf("a caller changed what is stored: %s", d)
		}
		spoil(list[0])
	}
}

// testReservationsAtOnce has many put and drop while one lists. What is listed
// is always some whole reservation that was put.
func testReservationsAtOnce(t *testing.T, l store.Ledger, again func(*testing.T, store.Ledger) store.Ledger) {
	const writers, rounds = 8, 25
	ctx := t.Context()
	second := again(t, l)
	var wg sync.WaitGroup
	defer wg.Wait()
	for w := range writers {
		ledger := l
		if w%2 == 1 {
			ledger = second
		}
		wg.Go(func() {
			for n := range rounds {
				units := n + 1 // not what an item that is missing has
				r := store.Reservation{OrderID: "shared", Items: map[string]int{"a": units, "b": units, "c": units}}
				own := store.Reservation{OrderID: fmt.Sprintf("own-%d-%d", w, n), Items: map[string]int{"a": 1}}
				gone := own
				gone.OrderID += "-gone"
				if err := errors.Join(
					ledger.PutReservation(ctx, r), ledger.PutReservation(ctx, own),
					ledger.PutReservation(ctx, gone), ledger.DropReservation(ctx, gone.OrderID),
				); err != nil {
					t.Error(err)
				}
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
		list, ids := reservations(t, l)
		for _, r := range list {
			if n := r.Items["a"]; r.OrderID == "shared" && (r.Items["b"] != n || r.Items["c"] != n) {
				t.Fatalf("half of one reservation and half of another: %v", r.Items)
			}
		}
		if !slices.IsSorted(ids) {
			t.Fatalf("out of order: %q", ids)
		}
		if want := writers*rounds + 1; last && len(ids) != want {
			t.Errorf("%d reservations are left, want %d", len(ids), want)
		}
	}
}
