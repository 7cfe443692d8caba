package bridge_test

import (
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// counted wraps ports as a program does that counts or traces calls: whatever else
// the port's value can do is hidden.
type counted struct {
	bridge.OrderCanceller
	bridge.LineReducer
}

// Wrapping a port changes nothing: what is optional is a port of its own, and not
// found by looking at what another port's value can do.
func TestWrappedWarehouseStillReducesLines(t *testing.T) {
	for name, lines := range map[string]func(*world.World) bridge.LineReducer{
		"bare":    func(w *world.World) bridge.LineReducer { return w },
		"wrapped": func(w *world.World) bridge.LineReducer { return counted{LineReducer: w} },
		"none":    func(*world.World) bridge.LineReducer { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := w.Put(world.AnOrder("1", "MUG", "MUG", "SPOON"))[0]
			r := request
			r.LineIDs, r.Pending = []string{"1-1"}, true
			w.Pending = []bridge.Cancellation{r}
			w.Waiting(o)
			c, err := bridge.NewCanceller(bridge.CancelPorts{
				Orders: w, Desk: w, OrderBook: w, Warehouse: counted{OrderCanceller: w}, Lines: lines(w), Tracer: w, Records: w, Ledger: w, Locks: w, Exceptions: w,
			}, bridge.CancelOptions{Now: w.Now})
			if err != nil {
				t.Fatal(err)
			}
			want := bridge.OutcomeCancelled
			if name == "none" {
				want = bridge.OutcomeRaised
			}
			got, err := c.Cancel(t.Context(), r)
			if err != nil || len(got) != 1 || got[0].Outcome != want {
				t.Errorf("got %v, %v; raised %v; want %s", got, err, w.OpenKinds(), want)
			}
		})
	}
}
