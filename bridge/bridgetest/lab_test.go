package bridgetest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var (
	seeds = flag.Int("seeds", 40, "how many seeds the lab runs")
	first = flag.Uint64("seed", 1, "the first seed")
)

// run trades once in a bubble of its own.
func run(t *testing.T, c Config) (report Report, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { report, err = Run(t.Context(), c) })
	return report, err
}

// The promises of the bridge, over many days that differ. A seed that fails is
// in the message: go test ./bridge/bridgetest -run Lab -seed N -seeds 1.
func TestLab(t *testing.T) {
	t.Parallel()
	var (
		mu  sync.Mutex
		sum Report
	)
	t.Run("seeds", func(t *testing.T) {
		for seed := *first; seed < *first+uint64(*seeds); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				report, err := run(t, Config{Seed: seed})
				if err != nil {
					t.Errorf("%v\n%s", err, report)
				}
				mu.Lock()
				defer mu.Unlock()
				sum = sum.Add(report)
			})
		}
	})
	t.Logf("%d seeds: %s simulated, %d orders, %d elsewhere, %d shipped, %d cancelled, %d too late, %d deadlines missed and told of, %d passes, %d calls, %d faults and %d kills injected",
		*seeds, sum.Simulated.Round(time.Minute), sum.Orders, sum.Elsewhere, sum.Shipped, sum.Cancelled, sum.Late, sum.Deadlines, sum.Passes, sum.Calls, sum.Faults, sum.Kills)
	if sum.Orders == 0 || sum.Shipped == 0 || sum.Cancelled == 0 || sum.Late == 0 || sum.Faults == 0 || sum.Kills == 0 || sum.Deadlines == 0 {
		t.Errorf("the lab did not try everything: %+v", sum)
	}
}

// A seed replays: the same day twice, call by call.
func TestLabReplays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		one, errOne := run(t, Config{Seed: seed})
		two, errTwo := run(t, Config{Seed: seed})
		if diff := cmp.Diff(fmt.Sprint(one, errOne), fmt.Sprint(two, errTwo)); diff != "" {
			t.Error(diff)
		}
	}
}

// Bridges with a part left out: the lab must find each within the seeds that
// TestLab runs.
func TestLabFindsPlantedBugs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrap func(*Ports)
		want string
	}{
		"no ledger of unseen reservations": {func(p *Ports) { p.Store = forgetful{p.Store} }, "at most"},
		"no reading back": {func(p *Ports) {
			believed := map[string]string{}
			p.Shipper, p.Orders = trustingShipper{p.Shipper, believed}, trustingOrders{p.Orders, believed}
		}, "the shop does not know"},
		"unsafe calls are repeated": {func(p *Ports) { p.Shipper = insistent{p.Shipper} }, "repeated blindly"},
		"the gate fails open":       {func(p *Ports) { p.Orders, p.Cancellations = careless{p.Orders}, open{p.Cancellations} }, "cancelled before its permit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 40; seed++ {
				_, err := run(t, Config{Seed: seed, Wrap: c.wrap})
				if err != nil && strings.Contains(err.Error(), c.want) {
					t.Logf("found with seed %d: %.200s", seed, err)
					return
				}
			}
			t.Errorf("40 seeds did not find it")
		})
	}
}

// forgetful keeps no reservations.
type forgetful struct{ store.Shop }

func (forgetful) PutReservations(context.Context, ...store.Reservation) error { return nil }

// trustingShipper and trustingOrders believe that what was sent has arrived.
type trustingShipper struct {
	bridge.Shipper
	believed map[string]string // order: tracking
}

func (s trustingShipper) Ship(ctx context.Context, shipment bridge.Shipment) (string, error) {
	_, _ = s.Shipper.Ship(ctx, shipment)
	s.believed[shipment.Order.ID] = shipment.Tracking
	return "", nil
}

type trustingOrders struct {
	bridge.OrderSource
	believed map[string]string
}

func (o trustingOrders) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := o.OrderSource.OrdersByID(ctx, ids)
	for i := range orders {
		if tracking, ok := o.believed[orders[i].ID]; ok {
			orders[i].Status = bridge.AwaitingCollection
			for k := range orders[i].Lines {
				orders[i].Lines[k].Tracking = tracking
			}
		}
	}
	return orders, err
}

// insistent repeats a ship call that failed, without looking.
type insistent struct{ bridge.Shipper }

func (s insistent) Ship(ctx context.Context, shipment bridge.Shipment) (string, error) {
	warning, err := s.Shipper.Ship(ctx, shipment)
	if err != nil {
		warning, err = s.Shipper.Ship(ctx, shipment)
	}
	return warning, err
}

// open and careless see no cancellation.
type open struct{ bridge.CancellationSource }

func (o open) PendingCancellations(ctx context.Context, ids []string) ([]bridge.Cancellation, error) {
	_, err := o.CancellationSource.PendingCancellations(ctx, ids)
	return nil, err
}

type careless struct{ bridge.OrderSource }

func (c careless) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := c.OrderSource.OrdersByID(ctx, ids)
	for i := range orders {
		orders[i].CancelRequested = false
		if orders[i].Status == bridge.Cancelled {
			orders[i].Status = bridge.AwaitingShipment
		}
	}
	return orders, err
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		start := time.Now()
		_, err := Run(ctx, Config{Seed: 1})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 21*time.Minute {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}
