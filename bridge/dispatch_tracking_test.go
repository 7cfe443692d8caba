package bridge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A number as the carrier prints it goes to the shop as one, and what only looks
// like a number is asked for.
func TestDispatchCleansTheNumber(t *testing.T) {
	for text, want := range map[string]struct {
		outcome bridge.Outcome
		number  string
	}{
		"JV 123 456 789 GB\r\n": {bridge.OutcomeShipped, "JV123456789GB"},
		"\u00a0":                {bridge.OutcomeRaised, ""},
		"JV1 / JV2":             {bridge.OutcomeRaised, ""},
	} {
		w := world.NewWorld(t)
		w.Processed(w.Put(world.AnOrder("1", "MUG"))[0], text)
		got, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
		must(t, err)
		if got[0].Outcome != want.outcome || w.Orders["1"].Lines[0].Tracking != want.number {
			t.Errorf("%q: %s, the shop shows %q, want %s with %q", text, got, w.Orders["1"].Lines[0].Tracking, want.outcome, want.number)
		}
		// Looked at again, it is the same number on both sides.
		if again, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); want.outcome == bridge.OutcomeShipped && (err != nil || again[0].Outcome != bridge.OutcomeConfirmed) {
			t.Errorf("%q, again: %s, %v", text, again, err)
		}
	}
}

// What the shop was told is on record, once; of an order that the bridge did not import
// there is no record, and none is made.
func TestDispatchRecordsWhatItTold(t *testing.T) {
	w := world.NewWorld(t)
	for i, id := range []string{"1", "2"} {
		w.Processed(w.Put(world.AnOrder(id, "MUG"))[0], fmt.Sprint("RM", i+1))
	}
	_, err := w.Memory.PutRecords(t.Context(), store.Record{OrderID: "1", WarehouseIDs: []string{"w100"}})
	must(t, err)
	at := world.Noon.Add(time.Hour)
	w.Now = func() time.Time { return at }
	d := w.Dispatcher(nil)
	d.Ports().Records = w
	for range 2 {
		must(t, errOf(d.Dispatch(t.Context(), w.Entries()...)))
	}
	records, _, err := w.Memory.RecordsOf(t.Context(), "1", "2")
	must(t, err)
	if diff := cmp.Diff([]store.Told{{Tracking: "RM1", At: at}}, records["1"].Told); diff != "" || len(records) != 1 {
		t.Errorf("%d records, want that of order 1 alone, with (-want +got):\n%s", len(records), diff)
	}
}

// That it cannot be recorded is told, although the shop knows the number.
func TestDispatchTellsWhatItCannotRecord(t *testing.T) {
	w := world.NewWorld(t)
	w.Processed(w.Put(world.AnOrder("1", "MUG"))[0], "RM1")
	must(t, errOf(w.Memory.PutRecords(t.Context(), store.Record{OrderID: "1"})))
	w.Fail = world.FailOn("PutRecords")
	d := w.Dispatcher(nil)
	d.Ports().Records = w
	if _, err := d.Dispatch(t.Context(), w.Entries()...); !errors.Is(err, world.ErrInjected) || !strings.Contains(err.Error(), "the shop was told; recording that") {
		t.Errorf("got %v, want that it was not recorded", err)
	}
	if got := w.Orders["1"].Lines[0].Tracking; got != "RM1" {
		t.Errorf("the shop shows %q, want RM1", got)
	}
	w.Fail = nil
	if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeConfirmed || len(w.Shipped) != 1 {
		t.Errorf("the next run: %s, told %d times; want it confirmed, told once", got, len(w.Shipped))
	}
}

// Several numbers in Linnworks are a person's to enter: they are compared one by one with
// what the shop shows then.
func TestDispatchConfirmsSeveralNumbers(t *testing.T) {
	for name, tc := range map[string]struct {
		numbers string
		shown   []string // by line
		want    bridge.Outcome
	}{
		"each for its line":       {"RM1, RM2", []string{"RM1", "RM2"}, bridge.OutcomeConfirmed},
		"in small letters":        {"RM1; RM2", []string{"rm2", "rm1"}, bridge.OutcomeConfirmed},
		"one of them for both":    {"RM1, RM2", []string{"RM1", "RM1"}, bridge.OutcomeRaised},
		"another beside":          {"RM1, RM2", []string{"RM1", "RM9"}, bridge.OutcomeRaised},
		"a unit in two parcels":   {"RM1, RM2", []string{"RM2"}, bridge.OutcomeConfirmed},
		"one in Linnworks of two": {"RM1", []string{"RM1", "RM9"}, bridge.OutcomeConfirmed}, // the other line is in another parcel
	} {
		w := world.NewWorld(t)
		o := w.Put(world.AnOrder("1", []string{"MUG", "SPOON"}[:len(tc.shown)]...))[0]
		w.Processed(o, tc.numbers)
		for i, number := range tc.shown {
			w.Mark("1", number, []string{o.Lines[i].ID})
		}
		if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != tc.want {
			t.Errorf("%s: Linnworks has %s, the shop %v: %s, want %s", name, tc.numbers, tc.shown, got, tc.want)
		}
	}
}
