package bridge_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// With the settings for it, payouts are compared once a day, and a refund that TikTok has
// paid is in the books of both sides: nobody has to look at it.
func TestSyncComparesPayouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		settings := syncSettings()
		settings.Finance = finance.Schedule{Days: 45}
		b, _ := newSync(t, s, new(outage), settings)
		names := func(b *bridge.Sync) (list []string) {
			for _, f := range b.Flows {
				list = append(list, f.Name)
			}
			return list
		}
		if without, _ := newSync(t, s, new(outage), syncSettings()); without.Finance != nil || slices.Contains(names(without), "finance") || !slices.Contains(names(b), "finance") {
			t.Errorf("flows %q, without the settings %q", names(b), names(without))
		}
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})
		must(t, errOf(b.Step(t.Context())))
		in := s.inLinnworks(id)
		must(t, s.linn.SetTracking(in[0].OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM123456789GB"))
		must(t, s.linn.Process(in[0].OrderID))
		must(t, errOf(b.Step(t.Context())))
		must(t, s.tiktok.Collect(id))
		must(t, s.tiktok.Deliver(id))
		time.Sleep(20 * 24 * time.Hour) // settled and paid
		order, _ := s.tiktok.Order(id)
		line := order.LineItems[0].ID
		back, err := s.tiktok.RequestReturn(id, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeRefund, LineIDs: []string{line}})
		must(t, err)
		must(t, s.tiktok.GrantReturn(back))
		for range 20 {
			time.Sleep(24 * time.Hour)
			_ = errOf(b.Step(t.Context()))
		}
		if refunds, err := s.book.Refunds(t.Context(), []string{id, "404"}); err != nil || len(refunds) != 1 || len(refunds[id]) != 1 || refunds[id][0].ID != back || refunds[id][0].Minor != 1250 {
			t.Errorf("refunds in Linnworks: %+v, %v; want one of 12.50", refunds, err)
		}
		report, err := b.Finance.Run(context.WithoutCancel(t.Context()))
		must(t, err)
		if report.Statements == 0 || report.Orders != 1 || report.Wrong != 0 {
			t.Errorf("got %s, want statements, one order and nothing to look at: %q", report, s.open(t))
		}
	})
}
