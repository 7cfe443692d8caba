package bridgetest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// IntakeStore is what a [bridge.Intake] keeps between its runs.
type IntakeStore interface {
	store.Cursors
	store.Hints
	store.Revisits
}

// TestIntakeStore checks that a store keeps the promises of the interfaces. See
// [TestStore] for open and reopen.
func TestIntakeStore(t *testing.T, open func(*testing.T) IntakeStore, reopen func(*testing.T, IntakeStore) IntakeStore) {
	again := reopening(reopen)
	part(t, "cursors", func(t *testing.T) { testCursors(t, open(t), again) })
	part(t, "hints", func(t *testing.T) { testHints(t, open(t), again) })
	part(t, "hints at once", func(t *testing.T) { testHintsAtOnce(t, open(t)) })
	part(t, "revisits", func(t *testing.T) { testRevisits(t, open(t), again) })
}

func testCursors(t *testing.T, s IntakeStore, again func(*testing.T, IntakeStore) IntakeStore) {
	ctx := t.Context()
	if c, err := s.Cursor(ctx, "a"); err != nil || !c.Watermark.IsZero() || len(c.Seen) != 0 {
		t.Fatalf("a cursor that was never set: %v, %v", c, err)
	}
	seen := map[string]store.Mark{"1": {UpdatedAt: moment, Digest: math.MaxUint64}, "2": {UpdatedAt: moment.Add(time.Second)}}
	check(t, s.SetCursor(ctx, "a", store.Cursor{Watermark: moment, Seen: seen}))
	check(t, s.SetCursor(ctx, "b", store.Cursor{Watermark: moment.Add(time.Hour)}))
	delete(seen, "2") // the caller's own
	s = again(t, s)
	c, err := s.Cursor(ctx, "a")
	check(t, err)
	if one := c.Seen["1"]; !c.Watermark.Equal(moment) || len(c.Seen) != 2 || !one.UpdatedAt.Equal(moment) || one.Digest != math.MaxUint64 {
		t.Errorf("cursor a: %v", c)
	}
	// It may go back, and forgets what it no longer has.
	check(t, s.SetCursor(ctx, "a", store.Cursor{Watermark: moment.Add(-time.Hour)}))
	s = again(t, s)
	if c, err = s.Cursor(ctx, "a"); err != nil || !c.Watermark.Equal(moment.Add(-time.Hour)) || len(c.Seen) != 0 {
		t.Errorf("cursor a, replaced: %v, %v", c, err)
	}
	if c, err = s.Cursor(ctx, "b"); err != nil || !c.Watermark.Equal(moment.Add(time.Hour)) {
		t.Errorf("cursor b: %v, %v", c, err)
	}
}

func testHints(t *testing.T, s IntakeStore, again func(*testing.T, IntakeStore) IntakeStore) {
	ctx := t.Context()
	list := func() (hints []store.Hint, ids []string) {
		t.Helper()
		hints, err := s.Hints(ctx, "a")
		check(t, err)
		for _, h := range hints {
			ids = append(ids, h.OrderID)
		}
		return hints, ids
	}
	for _, id := range []string{"2", "1", "3", "2"} {
		check(t, s.AddHint(ctx, "a", id))
	}
	s = again(t, s)
	first, ids := list()
	if !slices.Equal(ids, []string{"2", "1", "3"}) {
		t.Fatalf("hints: %q", ids)
	}
	check(t, s.AddHint(ctx, "a", "1"))
	check(t, s.AddHint(ctx, "b", "2"))
	check(t, s.DropHints(ctx, "a", append(first, store.Hint{OrderID: "unknown", Version: 1})...))
	s = again(t, s)
	second, ids := list()
	if !slices.Equal(ids, []string{"1"}) {
		t.Fatalf("1 was hinted again while it was followed; left: %q", ids)
	}
	check(t, s.DropHints(ctx, "a", second...))
	check(t, s.DropHints(ctx, "a"))
	// A version never comes back, or a slow process would drop a new hint.
	check(t, s.AddHint(ctx, "a", "1"))
	check(t, s.DropHints(ctx, "a", append(first, second...)...))
	if _, ids = list(); !slices.Equal(ids, []string{"1"}) {
		t.Errorf("an old version dropped a new hint; left: %q", ids)
	}
	if other, err := s.Hints(ctx, "b"); err != nil || len(other) != 1 || other[0].OrderID != "2" {
		t.Errorf("the other list: %v, %v", other, err)
	}
}

// testHintsAtOnce adds hints from many sides while one side follows them: what
// is left in the end is followed by one last look.
func testHintsAtOnce(t *testing.T, s IntakeStore) {
	const senders, each = 8, 25
	ctx := t.Context()
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for n := range each {
				// All hint at five orders that they share, and at one of their own.
				if err := errors.Join(s.AddHint(ctx, "a", fmt.Sprint("shared-", n%5)), s.AddHint(ctx, "a", fmt.Sprintf("own-%d-%d", i, n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sent := make(chan struct{})
	go func() { wg.Wait(); close(sent) }()
	followed := map[string]bool{}
	for last := false; !last; {
		select {
		case <-sent:
			last = true
		default:
		}
		hints, err := s.Hints(ctx, "a")
		if err == nil {
			err = s.DropHints(ctx, "a", hints...)
		}
		if err != nil {
			t.Error(err)
		}
		for _, h := range hints {
			followed[h.OrderID] = true
		}
	}
	<-sent
	if want := senders*each + 5; len(followed) != want {
		t.Errorf("%d orders followed, %d were hinted at", len(followed), want)
	}
	if left, err := s.Hints(ctx, "a"); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func testRevisits(t *testing.T, s IntakeStore, again func(*testing.T, IntakeStore) IntakeStore) {
	ctx := t.Context()
	if list, err := s.Revisits(ctx, "a"); err != nil || len(list) != 0 {
		t.Fatalf("a new list: %v, %v", list, err)
	}
	want := map[string]store.Revisit{
		"1": {OrderID: "1", Due: moment, Attempts: 3, LastError: "it's \"broken\" – 'really'\n", Deadline: moment.Add(time.Hour), Known: true, Unseen: true, Raised: true},
		"2": {OrderID: "2", Due: moment.Add(time.Minute)},
	}
	verify := func(step string) {
		t.Helper()
		got, err := s.Revisits(ctx, "a")
		check(t, err)
		var ids []string
		for _, v := range got {
			ids = append(ids, v.OrderID)
			w := want[v.OrderID]
			if !v.Due.Equal(w.Due) || !v.Deadline.Equal(w.Deadline) || v.Deadline.IsZero() != w.Deadline.IsZero() {
				t.Errorf("%s: order %s: due %v, deadline %v, want %v and %v", step, v.OrderID, v.Due, v.Deadline, w.Due, w.Deadline)
			}
			if v.Due, v.Deadline = w.Due, w.Deadline; v != w {
				t.Errorf("%s: %+v, want %+v", step, v, w)
			}
		}
		if wanted := slices.Sorted(maps.Keys(want)); !slices.Equal(ids, wanted) {
			t.Errorf("%s: entries %q, want %q", step, ids, wanted)
		}
	}
	check(t, s.PutRevisits(ctx, "a", want["2"], want["1"]))
	check(t, s.PutRevisits(ctx, "b", store.Revisit{OrderID: "1", Due: moment}))
	s = again(t, s)
	verify("put")
	want["2"] = store.Revisit{OrderID: "2", Due: moment.Add(time.Hour), Attempts: 1, LastError: "later"}
	check(t, s.PutRevisits(ctx, "a", want["2"]))
	s = again(t, s)
	verify("replaced")
	delete(want, "1")
	check(t, s.DropRevisits(ctx, "a", "1", "unknown"))
	check(t, s.DropRevisits(ctx, "a"))
	check(t, s.PutRevisits(ctx, "a"))
	s = again(t, s)
	verify("dropped")
	if other, err := s.Revisits(ctx, "b"); err != nil || len(other) != 1 {
		t.Errorf("the other list: %v, %v", other, err)
	}
}
