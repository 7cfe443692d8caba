package bridge_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func TestMemoryLocks(t *testing.T) {
	var m store.Memory
	inside, peak := map[string]int{}, 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 60 {
		key := string(rune('a' + i%3))
		wg.Go(func() {
			unlock, err := m.Lock(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			mu.Lock()
			inside[key]++
			peak = max(peak, inside[key])
			mu.Unlock()
			mu.Lock()
			inside[key]--
			mu.Unlock()
		})
	}
	wg.Wait()
	if peak != 1 {
		t.Errorf("%d held one key at once", peak)
	}
	if len(m.Locks) != 0 {
		t.Errorf("%d keys left behind", len(m.Locks))
	}
}

func TestMemoryLockWaitsAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // and no goroutine is left when it ends
		var m store.Memory
		unlock, err := m.Lock(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := m.Lock(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if other, err := m.Lock(t.Context(), "other"); err != nil {
			t.Error(err)
		} else {
			other()
		}
		got := make(chan func())
		go func() {
			next, err := m.Lock(t.Context(), "k")
			if err != nil {
				t.Error(err)
			}
			got <- next
		}()
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("two hold one key")
		default:
		}
		unlock()
		next := <-got
		unlock() // again: the key is another's now
		if _, err := m.Lock(ctx, "k"); err == nil {
			t.Error("a second unlock gave away another's lock")
		}
		next()
		if len(m.Locks) != 0 {
			t.Errorf("%d keys left behind", len(m.Locks))
		}
	})
}

func TestMemoryLedger(t *testing.T) {
	var m store.Memory
	items, lines := map[string]int{"a": 1}, []store.ReservedLine{{LineID: "1-1", Items: map[string]int{"a": 1}}}
	for _, id := range []string{"2", "1", "2"} {
		if err := m.PutReservation(t.Context(), store.Reservation{OrderID: id, Items: items, Lines: lines}); err != nil {
			t.Fatal(err)
		}
	}
	scribble := func(items map[string]int, lines []store.ReservedLine) {
		items["a"], lines[0].Items["a"], lines[0].LineID = 9, 9, "9-9"
	}
	scribble(items, lines)
	list, _ := m.Reservations(t.Context())
	scribble(list[0].Items, list[0].Lines)
	list, _ = m.Reservations(t.Context())
	unchanged := func(id string) store.Reservation {
		return store.Reservation{OrderID: id, Items: map[string]int{"a": 1}, Lines: []store.ReservedLine{{LineID: "1-1", Items: map[string]int{"a": 1}}}}
	}
	want := []store.Reservation{unchanged("1"), unchanged("2")}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if err := m.DropReservation(t.Context(), "1"); err != nil {
			t.Error(err)
		}
	}
	if list, _ = m.Reservations(t.Context()); len(list) != 1 {
		t.Errorf("%v", list)
	}
}

func TestMemoryExceptions(t *testing.T) {
	now := world.Noon
	m := (&exceptions.Memory{Now: func() time.Time { return now }}).Shop("shop")
	put := func(kind exceptions.Kind, object string, deadline time.Time) {
		t.Helper()
		if err := m.Raise(t.Context(), exceptions.New(kind, object, deadline, "seen at "+now.Format("15:04"), "do")); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	put(exceptions.BadLevel, "SKU A", time.Time{})
	put(exceptions.NoTracking, "order 2", world.Noon.Add(2*time.Hour))
	put(exceptions.MissingComposite, "SKU B", world.Noon.Add(time.Hour))
	put(exceptions.NoTracking, "order 1", world.Noon.Add(time.Hour))
	put(exceptions.UnmappedSKU, "SKU C", time.Time{})
	put(exceptions.NoTracking, "order 2", world.Noon.Add(3*time.Hour))
	list, _ := m.Open(t.Context())
	var got []string
	for _, e := range list {
		got = append(got, e.Object)
	}
	if diff := cmp.Diff([]string{"order 1", "SKU C", "order 2", "SKU B", "SKU A"}, got); diff != "" {
		t.Error(diff)
	}
	if e := list[2]; e.Count != 2 || !e.First.Equal(world.Noon.Add(time.Minute)) || !e.Last.Equal(world.Noon.Add(5*time.Minute)) || e.Seen != "seen at 12:05" || !e.Deadline.Equal(world.Noon.Add(3*time.Hour)) {
		t.Errorf("%+v, want it counted up with what was seen last", e)
	}
	if err := m.Clear(t.Context(), "order 2", exceptions.UnmappedCarrier, exceptions.NoTracking); err != nil {
		t.Fatal(err)
	}
	if err := m.Clear(t.Context(), "never heard of", exceptions.NoTracking); err != nil {
		t.Error(err)
	}
	if list, _ = m.Open(t.Context()); len(list) != 4 {
		t.Errorf("%v", list)
	}
	put(exceptions.NoTracking, "order 2", time.Time{})
	if list, _ = m.Open(t.Context()); list[1].Count != 1 && list[2].Count != 1 {
		t.Errorf("%v: a cleared one goes on counting", list)
	}
}

func TestNamesOfUnknownValues(t *testing.T) {
	if got := exceptions.Severity(9).String(); got != "Severity(9)" {
		t.Error(got)
	}
	if got := bridge.Stage(-1).String() + bridge.Stage(99).String() + bridge.StageProcessed.String(); got != "Stage(-1)Stage(99)processed" {
		t.Error(got)
	}
}
