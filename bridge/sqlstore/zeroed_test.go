package sqlstore_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// One process cancels in the shop, as out of stock, what people have cancelled in Linnworks;
// another publishes the stock. What the shop zeroes is on sale again soon, and nobody is
// told that somebody has changed it.
func TestZeroedByTheOtherProcess(t *testing.T) {
	t.Parallel()
	for name, where := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sqlstore.Config{URL: where(t), Connections: 4}
			synctest.Test(t, func(t *testing.T) {
				s := newTrade(t, c)
				defer func() { s.end() }()
				for _, reason := range s.tiktok.SellerCancelReasons() {
					if strings.Contains(reason, "out_of_stock") {
						s.settings.CancelReasons = []string{reason}
					}
				}
				s.settings.ZeroStock, s.settings.MaxStock = true, 5 // which no order changes
				s.restart()
				id := s.place(tiktokshoptest.OrderSpec{})
				s.step()

				other := *s // another process on the same database
				other.begin()
				defer func() { other.end() }()
				ctx, cancel := context.WithCancel(t.Context())
				var publishing sync.WaitGroup
				publishing.Go(func() { _ = other.Stock.Run(ctx, nil) })
				defer publishing.Wait()
				defer cancel()
				time.Sleep(time.Minute)
				before := s.shown()

				s.must(s.linn.Cancel(s.inLinnworks(id)[0].OrderID))
				_, err := s.RunFlow(t.Context(), bridge.FlowRevocations)
				s.must(err)
				if got := s.status(id); got != tiktokshop.OrderStatusCancelled {
					t.Fatalf("the order is %s, want it cancelled", got)
				}
				pass := func(d time.Duration) {
					for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(15 * time.Second) {
						_, err := s.RunFlow(t.Context(), bridge.FlowOrders)
						s.must(err)
					}
				}
				pass(time.Minute) // the check would find it some minutes later, and tell people
				if got := s.shown(); before != 5 || got != 5 {
					t.Errorf("the shop showed %d, and now %d, want 5", before, got)
				}
				pass(20 * time.Minute)
				if open := s.cases(); len(open) > 0 || s.shown() != 5 {
					t.Errorf("the shop shows %d, want 5, and cases are open: %v", s.shown(), open)
				}
			})
		})
	}
}
