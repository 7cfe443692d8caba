package bridgetest

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What an order costs over the hours after its sale, with a pass every five minutes: the
// calls of a day with it, less those of the same day without. Some fifty of them are the
// deadline check and the shop's lists reading the order's details, which many orders share.
//
// When the findings were written the same days cost 80 and 71 calls, and nobody looked yet
// for what people cancel in Linnworks. The looks by reference cannot be shared among orders:
// Linnworks takes one a call.
func TestLabCountsCalls(t *testing.T) {
	t.Parallel()
	type deed struct {
		after time.Duration // since the order was placed
		do    func(s *shop, id string) error
	}
	ship := func(s *shop, id string) error {
		o := s.copies()[ref{s.name, id}][0]
		if err := s.linn.SetTracking(o.OrderID, s.carrier, "RM"+id); err != nil {
			return err
		}
		return s.linn.Process(o.OrderID)
	}
	pay := func(s *shop, id string) error { return s.tiktok.Pay(id) }
	ask := func(s *shop, id string) error {
		_, err := s.tiktok.RequestCancellation(id, "")
		return err
	}
	for name, c := range map[string]struct {
		state tiktokshop.OrderStatus
		deeds []deed
		end   tiktokshop.OrderStatus
		was   int // calls, when the findings were written
		finds int // looks by reference, of which there were 5 for a request
	}{
		"paid, imported, shipped": {tiktokshop.OrderStatusUnpaid, []deed{
			{12 * time.Minute, pay},
			{2 * time.Hour, ship},
			{3 * time.Hour, func(s *shop, id string) error { return s.tiktok.Collect(id) }},
		}, tiktokshop.OrderStatusInTransit, 80, 0},
		"its buyer asks to cancel": {tiktokshop.OrderStatusOnHold, []deed{{2 * time.Hour, ask}}, tiktokshop.OrderStatusCancelled, 71, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// day counts the calls of a day of passes, with the order or without it.
			day := func(with bool) (calls map[string]int) {
				synctest.Test(t, func(t *testing.T) {
					calls = map[string]int{}
					l, err := openLab(t.Context(), Config{Seed: 5, Faults: new(Rates), mix: make([]float64, len(trades))})
					must(t, err)
					if len(l.shops) != 1 || l.limited || l.shops[0].skew != 0 {
						t.Fatal("the seed is not of a plain day")
					}
					s := l.shops[0]
					var id string
					for at := time.Duration(0); at < 5*time.Hour; at += 5 * time.Minute {
						must(t, l.waitUntil(t.Context(), l.start.Add(at)))
						if with && at == 30*time.Minute {
							id, err = s.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{State: c.state, Lines: []tiktokshoptest.Line{{SKUID: s.items[0].skuID, Quantity: 1}}, WarehouseID: warehouseIDs[0], ShippingType: tiktokshop.ShippingTypeSeller})
							must(t, err)
							for _, d := range c.deeds {
								l.schedule(time.Now().Add(d.after), func() { must(t, d.do(s, id)) })
							}
						}
						must(t, l.pass(t.Context()))
					}
					if o, _ := s.tiktok.Order(id); with && o.Status != c.end {
						t.Errorf("the order is %s, want %s", o.Status, c.end)
					}
					for _, c := range s.linn.Calls() {
						if c.Status == http.StatusOK && c.Operation != "Auth.AuthorizeByApplication" {
							calls[c.Operation]++
						}
					}
					for _, c := range s.tiktok.Calls() {
						calls[c.Operation]++
					}
				})
				return calls
			}
			idle, got, sum := day(false), day(true), 0
			for _, op := range slices.Sorted(maps.Keys(got)) {
				if n := got[op] - idle[op]; n != 0 {
					sum += n
					t.Logf("%3d %s", n, op)
				}
			}
			t.Logf("%d calls, which were %d", sum, c.was)
			const byReference = "Orders.GetOrderDetailsByReferenceID"
			if n := got[byReference] - idle[byReference]; n != c.finds {
				t.Errorf("it was looked for by its reference %d times, want %d", n, c.finds)
			}
			if sum > c.was-2 {
				t.Errorf("%d calls, want at least two fewer than the %d that they were", sum, c.was)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
