package bridge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

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
	if got := stage.Stage(-1).String() + stage.Stage(99).String() + stage.Processed.String(); got != "Stage(-1)Stage(99)processed" {
		t.Error(got)
	}
}
