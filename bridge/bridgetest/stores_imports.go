package bridgetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// TestImportRecords checks that a store keeps the promises of
// [store.ImportRecords], as one that forgets nothing while the test runs. See
// [TestStore] for open and reopen.
func TestImportRecords(t *testing.T, open func(t *testing.T, now func() time.Time) store.ImportRecords, reopen func(*testing.T, store.ImportRecords) store.ImportRecords) {
	again := reopening(reopen)
	for name, test := range map[string]func(*testing.T, *handClock, store.ImportRecords, func(*testing.T, store.ImportRecords) store.ImportRecords){
		"put, replace, drop": testImportRecords,
		"since":              testImportsSince,
		"copies":             testImportCopies,
		"at once":            testImportsAtOnce,
	} {
		part(t, name, func(t *testing.T) {
			clock := &handClock{now: moment}
			test(t, clock, open(t, clock.Now), again)
		})
	}
}

func importRecords(t *testing.T, s store.ImportRecords, ids ...string) map[string]store.ImportRecord {
	t.Helper()
	records, _, err := s.ImportRecords(t.Context(), ids...)
	check(t, err)
	return records
}

func testImportRecords(t *testing.T, _ *handClock, s store.ImportRecords, again func(*testing.T, store.ImportRecords) store.ImportRecords) {
	ctx := t.Context()
	full, bare := filled[store.ImportRecord](t, 0), store.ImportRecord{OrderID: "1"}
	full.OrderID, full.Address = "2", 1<<64-1
	other := filled[store.ImportRecord](t, 1000)
	other.OrderID = "3"
	check(t, s.PutImportRecords(ctx, full, bare, other))
	check(t, s.PutImportRecords(ctx))
	s = again(t, s)
	want := map[string]store.ImportRecord{"1": bare, "2": full}
	if d := different(want, importRecords(t, s, "2", "1", "2", "never heard of")); d != "" {
		t.Error(d)
	}
	if got := importRecords(t, s); len(got) != 0 {
		t.Errorf("asked for none: %v", got)
	}
	bare.OrderID = "2"
	check(t, s.PutImportRecords(ctx, bare))
	check(t, s.DropImportRecords(ctx, "1", "never heard of"))
	check(t, s.DropImportRecords(ctx, "1"))
	check(t, s.DropImportRecords(ctx))
	s = again(t, s)
	want = map[string]store.ImportRecord{"2": bare, "3": other}
	if d := different(want, importRecords(t, s, "1", "2", "3")); d != "" {
		t.Errorf("2 was replaced, 1 dropped: %s", d)
	}
}

func testImportsSince(t *testing.T, clock *handClock, s store.ImportRecords, again func(*testing.T, store.ImportRecords) store.ImportRecords) {
	ctx := t.Context()
	_, begun, err := s.ImportRecords(ctx, "1")
	check(t, err)
	if d := different(moment, begun); d != "" {
		t.Errorf("a new store: since%s", d)
	}
	for range 3 {
		clock.forward(time.Hour)
		check(t, s.PutImportRecords(ctx, store.ImportRecord{OrderID: "1"}))
		check(t, s.DropImportRecords(ctx, "1"))
		s = again(t, s)
		_, since, err := s.ImportRecords(ctx, "1")
		check(t, err)
		if d := different(begun, since); d != "" {
			t.Fatalf("nothing was forgotten: since%s", d)
		}
	}
}

func testImportCopies(t *testing.T, _ *handClock, s store.ImportRecords, _ func(*testing.T, store.ImportRecords) store.ImportRecords) {
	spoil := func(r store.ImportRecord) { r.WarehouseIDs[0], r.Lines["spoilt"] = "spoilt", "spoilt" }
	given := filled[store.ImportRecord](t, 0)
	check(t, s.PutImportRecords(t.Context(), given))
	spoil(given)
	for range 2 {
		got := importRecords(t, s, given.OrderID)[given.OrderID]
		if d := different(filled[store.ImportRecord](t, 0), got); d != "" {
			t.Fatalf("a caller changed what is stored: %s", d)
		}
		spoil(got)
	}
}

// testImportsAtOnce has many put pairs of records. What is read is always a pair
// that was put together.
func testImportsAtOnce(t *testing.T, _ *handClock, s store.ImportRecords, again func(*testing.T, store.ImportRecords) store.ImportRecords) {
	const writers, rounds = 8, 25
	ctx := t.Context()
	second := again(t, s)
	var wg sync.WaitGroup
	defer wg.Wait()
	for w := range writers {
		kept := s
		if w%2 == 1 {
			kept = second
		}
		wg.Go(func() {
			for n := range rounds {
				ids := []string{fmt.Sprintf("%d-%d", w, n)}
				if err := errors.Join(
					kept.PutImportRecords(ctx, store.ImportRecord{OrderID: "a", WarehouseIDs: ids}, store.ImportRecord{OrderID: "b", WarehouseIDs: ids}),
					kept.PutImportRecords(ctx, store.ImportRecord{OrderID: ids[0], WarehouseIDs: ids}),
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
		pair := importRecords(t, s, "a", "b")
		if d := different(pair["a"].WarehouseIDs, pair["b"].WarehouseIDs); d != "" {
			t.Fatalf("two records that are put together differ: %s", d)
		}
	}
	for w := range writers {
		for n := range rounds {
			id := fmt.Sprintf("%d-%d", w, n)
			if r := importRecords(t, s, id)[id]; len(r.WarehouseIDs) != 1 || r.WarehouseIDs[0] != id {
				t.Errorf("record %s is lost: %+v", id, r)
			}
		}
	}
}
