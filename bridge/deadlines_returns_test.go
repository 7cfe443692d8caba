package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/returns"
)

// waitingReturns are returns that wait, and what keeps the rest from being read.
type waitingReturns struct {
	list []returns.Return
	err  error
}

func (w waitingReturns) WaitingReturns(context.Context) ([]returns.Return, error) {
	return w.list, w.err
}

// What buyers want back is on the board with its own clocks, several of one order too, and
// no van moves them. Its cases are those of the returns: none is raised here. Returns that
// cannot be read keep nobody from hearing of the orders.
func TestDeadlinesOfReturns(t *testing.T) {
	w := world.NewWorld(t)
	w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShipBy = world.Noon.Add(90 * time.Minute) }))
	calendar, err := policy.Collections{Zone: "UTC", Days: map[string]string{"monday": "06:00", "tuesday": "06:00"}}.Calendar()
	must(t, err)
	at := func(id, order string, ask returns.Ask, left time.Duration) returns.Return {
		r := returns.Return{ID: id, OrderID: order, Ask: ask}
		if left != 0 {
			r.Deadline = world.Noon.Add(left)
		}
		return r
	}
	away := errors.New("the second page is away")
	d, err := bridge.NewDeadlines(bridge.DeadlinePorts{OpenOrders: w, Cancellations: w, Exceptions: w, Returns: waitingReturns{[]returns.Return{
		at("r1", "50", returns.AskReturn, time.Hour), at("r2", "50", returns.AskGoods, 3*time.Hour), at("r3", "51", returns.AskRefund, -time.Minute),
		at("r4", "52", returns.AskRefund, 0), at("r5", "53", "", time.Hour), at("r6", "54", returns.AskReplacement, 48*time.Hour),
	}, away}}, bridge.DeadlineOptions{Now: world.AtNoon, Collections: calendar})
	must(t, err)
	report, err := d.Check(t.Context())
	if !errors.Is(err, away) {
		t.Errorf("got %v, want that returns could not all be read", err)
	}
	var got []string
	for _, c := range report.AtRisk {
		if c.OrderID != "1" {
			got = append(got, fmt.Sprintf("order %s: %s, %d min, %s", c.OrderID, c.Clock, c.Minutes(), c.Severity))
		}
	}
	want := []string{
		"order 51: return decided by the shop, -1 min, urgent",
		"order 50: return decided by the shop, 60 min, urgent",
		"order 50: returned goods accepted by the shop, 180 min, warning",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.Open != 4 { // 1, 50, 51 and 54
		t.Errorf("%d orders have a clock running, want 4", report.Open)
	}
	if diff := cmp.Diff([]string{"deadline near: order 1"}, w.OpenKinds()); diff != "" {
		t.Errorf("raised (-want +got):\n%s", diff)
	}
}
