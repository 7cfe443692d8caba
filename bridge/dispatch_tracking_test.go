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
