package bridge_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// noted keeps up to when orders have been seen.
type noted struct {
	moments []time.Time
	err     error
}

func (n *noted) SetSeenUpTo(_ context.Context, moment time.Time) error {
	n.moments = append(n.moments, moment)
	return n.err
}

// The ledger is told up to when all orders have been seen, and never by a run that has
// not seen them all. That it could not be told is an error.
func TestIntakeNotesWhatItHasSeen(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(c *counter, n *noted)
		want   []time.Duration // before the run began
		failed error
	}{
		"all":                           {func(*counter, *noted) {}, []time.Duration{10 * time.Second}, nil},
		"the poll breaks":               {func(c *counter, _ *noted) { c.fault = failing("OrdersUpdated") }, nil, world.ErrInjected},
		"an order nobody has looked at": {func(c *counter, _ *noted) { c.down = world.ErrInjected }, nil, world.ErrInjected},
		"the ledger is away":            {func(_ *counter, n *noted) { n.err = world.ErrInjected }, []time.Duration{10 * time.Second}, world.ErrInjected},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, n := newCounter(), new(noted)
				c.orders["1"] = sold("1", bridge.AwaitingShipment, time.Minute)
				tc.change(c, n)
				in, err := bridge.NewIntake(bridge.IntakePorts{
					Orders: c, Ledger: n, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c.Shop, Exceptions: c,
				}, bridge.IntakeOptions{SweepEvery: -1, ListLag: 10 * time.Second})
				must(t, err)
				began := time.Now()
				if _, err := in.Run(t.Context()); !errors.Is(err, tc.failed) {
					t.Errorf("got %v, want %v", err, tc.failed)
				}
				if len(n.moments) != len(tc.want) || len(tc.want) > 0 && !n.moments[0].Equal(began.Add(-tc.want[0])) {
					t.Errorf("noted %v, want %v before %v", n.moments, tc.want, began)
				}
			})
		})
	}
}

// While orders cannot be read, stock of the shop goes down and not up; what the shop says is
// sold counts, though nobody knows by which order.
func TestSyncLowersStockWhileOrdersCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, _ := newSync(t, s, new(outage), syncSettings())
		_, err := b.Step(t.Context())
		must(t, err)
		s.tiktok.Fail(tiktokshoptest.On("Order.GetOrderList"), 1000, tiktokshoptest.Fault{Status: 500})
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(3), State: tiktokshop.OrderStatusAwaitingShipment})
		for _, level := range []struct{ free, shown int }{{12, 6}, {4, 0}, {40, 0}} {
			must(t, s.linn.SetOnHand("MUG", linnworks.ZeroGUID, level.free))
			time.Sleep(time.Minute)
			if _, err := b.Step(t.Context()); err == nil {
				t.Error("got no error although orders cannot be read")
			}
			if got := s.shown(t); got != level.shown {
				t.Errorf("with %d in the warehouse the shop shows %d, want %d", level.free, got, level.shown)
			}
		}
	})
}
