package bridge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// An order that comes back at the seller's fault is in the rate, and the settings say what
// is one. Both sides are fakes.
func TestSyncCountsReturnsAtTheSellersFault(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rows []string
		want int
	}{
		{"as the table says", nil, 1},
		{"as the settings say", []string{"wrong_product buyer ours"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, "GB")
				set := syncSettings()
				set.Market, set.ReturnReasons = "GB", test.rows
				b, _ := newSync(t, s, new(outage), set)
				step := func() {
					t.Helper()
					time.Sleep(20 * time.Minute)
					must(t, errOf(b.Step(t.Context())))
				}
				step()
				var ids []string
				for range 2 {
					ids = append(ids, s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: "AWAITING_SHIPMENT"}))
				}
				step()
				for _, id := range ids {
					o := s.inLinnworks(id)[0]
					must(t, s.linn.SetTracking(o.OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM"+id))
					must(t, s.linn.Process(o.OrderID))
				}
				step()
				for _, id := range ids {
					must(t, s.tiktok.Collect(id))
					must(t, s.tiktok.Deliver(id))
				}
				step()
				_, err := s.tiktok.RequestReturn(ids[0], tiktokshoptest.ReturnSpec{Reason: s.tiktok.ReturnReasons()[1]})
				must(t, err)
				time.Sleep(tiktokshoptest.DecisionTime + time.Minute) // TikTok grants it
				step()
				report, err := b.Deadlines.Check(t.Context())
				must(t, err)
				for _, r := range report.Rates {
					if r.Measure == policy.SellerFaultReturns {
						if diff := cmp.Diff([]any{"GB", 2, test.want, ""}, []any{r.Market, r.Orders, r.Bad, r.Unknown}); diff != "" {
							t.Errorf("market, orders, bad, unknown (-want +got):\n%s", diff)
						}
						return
					}
				}
				t.Errorf("no rate of returns among %v", report.Rates)
			})
		})
	}
}
