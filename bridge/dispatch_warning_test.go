package bridge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// What the shop warns of is raised once for a carrier, with all orders, and holds up
// no shipment.
func TestDispatchWarnings(t *testing.T) {
	w := world.NewWorld(t)
	for i := range 3 {
		w.Processed(w.Put(world.AnOrder(fmt.Sprint(i+1), "MUG"))[0], fmt.Sprintf("RM%08d", i))
	}
	for _, e := range w.Entries() {
		w.ShipWarning = "The tracking number " + e.Tracking + " cannot be verified.\n"
		got, err := w.Dispatcher(nil).Dispatch(t.Context(), e)
		must(t, err)
		if got[0].Outcome != bridge.OutcomeShipped {
			t.Errorf("got %s, want it shipped", got)
		}
	}
	open, err := w.Exceptions.Open(t.Context())
	must(t, err)
	if len(open) != 1 || open[0].Kind != exceptions.TrackingDoubted || len(open[0].Orders) != 3 || !strings.Contains(open[0].Seen, "cannot be verified") {
		t.Fatalf("got %v, want one case with three orders", open)
	}
	// An order that arrives leaves the case.
	for i, left := range []int{2, 1, 0} {
		must(t, exceptions.Close(t.Context(), w.Exceptions, fmt.Sprint(i+1), exceptions.EndDelivered))
		open, err := w.Exceptions.Open(t.Context())
		must(t, err)
		if len(open) > 0 && len(open[0].Orders) != left || len(open) == 0 && left > 0 {
			t.Errorf("after %d deliveries: %v, want %d orders", i+1, open, left)
		}
	}
}
