package bridge_test

import (
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
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
