package bridge_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// A permit for 50 orders, without what the shop takes to answer.
func BenchmarkGateCheck50(b *testing.B) {
	orders := orderShelf{}
	var ids []string
	for i := range 50 {
		o := world.AnOrder(fmt.Sprintf("57646141303878%04d", i), "MUG", "SPOON")
		orders[o.ID] = o
		ids = append(ids, o.ID)
	}
	g, err := bridge.NewGate(bridge.GatePorts{Orders: orders, Cancellations: orders}, bridge.GateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if permits, err := g.Check(b.Context(), ids...); err != nil || !permits[49].Granted {
			b.Fatal(permits, err)
		}
	}
}

// orderShelf is a shop that answers at once.
type orderShelf map[string]bridge.Order

func (s orderShelf) OrdersUpdated(context.Context, time.Time, time.Time) iter.Seq2[bridge.Order, error] {
	return nil
}

func (s orderShelf) OrdersByID(_ context.Context, ids []string) ([]bridge.Order, error) {
	list := make([]bridge.Order, 0, len(ids))
	for _, id := range ids {
		list = append(list, s[id])
	}
	return list, nil
}

func (s orderShelf) PendingCancellations(context.Context, []string) ([]bridge.Cancellation, error) {
	return nil, nil
}
