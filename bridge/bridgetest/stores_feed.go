package bridgetest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// feedTests are about cursors, hints and revisits.
var feedTests = map[string]func(*storeTest){
	"cursors":           testCursors,
	"cursors: copies":   testCursorCopies,
	"hints":             testHints,
	"hints: at once":    testHintsAtOnce,
	"revisits":          testRevisits,
	"revisits: at once": testRevisitsAtOnce,
}

func testCursors(s *storeTest) {
	ctx := s.Context()
	c, err := s.Cursor(ctx, "a")
	s.ok(err)
	s.same("a cursor that was never set", store.Cursor{}, c)
	all := filled[store.Cursor](s.T, 0)
	for id, m := range all.Seen {
		m.Digest = math.MaxUint64
		all.Seen[id] = m
	}
	other := store.Cursor{Watermark: moment.Add(time.Hour)}
	s.ok(s.SetCursor(ctx, "a", all))
	s.ok(s.SetCursor(ctx, "b", other))
	s.reopen()
	c, err = s.Cursor(ctx, "a")
	s.ok(err)
	s.same("a cursor with everything", all, c)
	// It may go back, and forgets what it no longer has.
	back := store.Cursor{Watermark: all.Watermark.Add(-time.Hour)}
	s.ok(s.SetCursor(ctx, "a", back))
	s.reopen()
	c, err = s.Cursor(ctx, "a")
	s.ok(err)
	s.same("a cursor that was replaced", back, c)
	c, err = s.Cursor(ctx, "b")
	s.ok(err)
	s.same("the other cursor", other, c)
}

func testCursorCopies(s *storeTest) {
	given := filled[store.Cursor](s.T, 0)
	spoil := func(c store.Cursor) { c.Seen["spoilt"], c.Partial["spoilt"] = store.Mark{}, "spoilt" }
	s.ok(s.SetCursor(s.Context(), "a", given))
	s.same("what the caller gave", filled[store.Cursor](s.T, 0).Partial, given.Partial)
	spoil(given)
	for range 2 {
		c, err := s.Cursor(s.Context(), "a")
		s.ok(err)
		s.same("a caller changed what is stored", filled[store.Cursor](s.T, 0), c)
		spoil(c)
	}
}

func testHints(s *storeTest) {
	ctx := s.Context()
	list := func(name string) (hints []store.Hint, ids []string) {
		s.Helper()
		hints, err := s.Hints(ctx, name)
		s.ok(err)
		for _, h := range hints {
			ids = append(ids, h.OrderID)
		}
		return hints, ids
	}
	for _, id := range []string{"2", "1", "3", "2"} {
		s.ok(s.AddHint(ctx, "a", id))
	}
	s.reopen()
	first, ids := list("a")
	if want := []string{"2", "1", "3"}; !slices.Equal(ids, want) {
		s.Fatalf("hints: got %q, want %q: those that wait longest first", ids, want)
	}
	s.ok(s.AddHint(ctx, "a", "1"))
	s.ok(s.AddHint(ctx, "b", "2"))
	s.ok(s.DropHints(ctx, "a", append(first, store.Hint{OrderID: "unknown", Version: 1})...))
	s.reopen()
	second, ids := list("a")
	if !slices.Equal(ids, []string{"1"}) {
		s.Fatalf("1 was hinted again while it was followed; left: %q", ids)
	}
	s.ok(s.DropHints(ctx, "a", second...))
	s.ok(s.DropHints(ctx, "a"))
	// A version never comes back, or a slow process would drop a new hint.
	s.ok(s.AddHint(ctx, "a", "1"))
	s.ok(s.DropHints(ctx, "a", append(first, second...)...))
	if _, ids = list("a"); !slices.Equal(ids, []string{"1"}) {
		s.Errorf("an old version dropped a new hint; left: %q", ids)
	}
	if _, ids = list("b"); !slices.Equal(ids, []string{"2"}) {
		s.Errorf("the other list: got %q, want 2", ids)
	}
}

// testHintsAtOnce adds hints from many sides while one side follows them: what
// is left in the end is followed by one last look.
func testHintsAtOnce(s *storeTest) {
	const senders, each = 8, 25
	ctx, side := s.Context(), s.both()
	followed := map[string]bool{}
	s.while(senders, func(w int) error {
		for n := range each {
			// All hint at five orders that they share, and at one of their own.
			if err := errors.Join(side(w).AddHint(ctx, "a", fmt.Sprint("shared-", n%5)), side(w).AddHint(ctx, "a", fmt.Sprintf("own-%d-%d", w, n))); err != nil {
				return err
			}
		}
		return nil
	}, func(bool) {
		hints, err := s.Hints(ctx, "a")
		s.ok(err)
		s.ok(s.DropHints(ctx, "a", hints...))
		for _, h := range hints {
			followed[h.OrderID] = true
		}
	})
	if want := senders*each + 5; len(followed) != want {
		s.Errorf("%d orders were followed, %d were hinted at", len(followed), want)
	}
	if left, err := s.Hints(ctx, "a"); err != nil || len(left) != 0 {
		s.Errorf("left: %v, %v", left, err)
	}
}

func testRevisits(s *storeTest) {
	ctx := s.Context()
	bare, all := store.Revisit{OrderID: "2"}, filled[store.Revisit](s.T, 0)
	all.OrderID, all.LastError = "10", all.LastError+" \n"
	verify := func(list string, want ...store.Revisit) {
		s.Helper()
		s.reopen()
		got, err := s.Revisits(ctx, list)
		s.ok(err)
		s.same("list "+list+", by order id", want, got)
	}
	verify("a")
	s.ok(s.PutRevisits(ctx, "a", bare, all))
	s.ok(s.PutRevisits(ctx, "b", bare))
	verify("a", all, bare)
	bare.OrderID = all.OrderID
	s.ok(s.PutRevisits(ctx, "a", bare)) // what a replacement lacks is gone
	verify("a", bare, store.Revisit{OrderID: "2"})
	s.ok(s.DropRevisits(ctx, "a", "2", "unknown"))
	s.ok(s.DropRevisits(ctx, "a"))
	s.ok(s.PutRevisits(ctx, "a"))
	verify("a", bare)
	verify("b", store.Revisit{OrderID: "2"})
}

// testRevisitsAtOnce has many put pairs of entries. A reader sees both or none.
func testRevisitsAtOnce(s *storeTest) {
	ctx, side := s.Context(), s.both()
	s.while(8, func(w int) error {
		for n := range 25 {
			if err := side(w).PutRevisits(ctx, "a", store.Revisit{OrderID: "1", Attempts: n + 1}, store.Revisit{OrderID: "2", Attempts: n + 1}); err != nil {
				return err
			}
		}
		return nil
	}, func(bool) {
		list, err := s.Revisits(ctx, "a")
		s.ok(err)
		pair := map[int]int{}
		for _, v := range list {
			pair[v.Attempts]++
		}
		if len(list) > 0 && len(pair) != 1 || len(list) == 1 {
			s.Fatalf("two entries that are put together are seen apart: attempts %v of %d entries", slices.Sorted(maps.Keys(pair)), len(list))
		}
	})
}
