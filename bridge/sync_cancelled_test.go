package bridge_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What TikTok cancels, before or after the parcel has left, ends with both sides agreeing:
// units that were taken off before are refunded by TikTok alone, what had left is paid back
// in Linnworks too, once. Somebody is told of the parcel and of the claim for it.
func TestSyncAgreesAboutCancellations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		settings := syncSettings()
		settings.Market = "GB"
		b, memory := newSync(t, s, new(outage), settings)
		hours := func(n int) {
			t.Helper()
			for range 4 * n {
				must(t, errOf(b.Step(t.Context())))
				time.Sleep(15 * time.Minute)
			}
		}
		hours(1)
		spec := tiktokshoptest.OrderSpec{Lines: mugs(2), NoHold: true}
		before, part, lost := s.place(t, spec), s.place(t, spec), s.place(t, spec)
		hours(2)
		must(t, s.tiktok.CancelBySeller(before, s.tiktok.SellerCancelReasons()[1]))
		o, _ := s.tiktok.Order(part)
		client, err := s.tiktok.Client()
		must(t, err)
		_, err = client.ReturnRefund.CancelOrderV202309(t.Context(), &tiktokshop.CancelOrderV202309Request{
			OrderID: part, CancelReason: s.tiktok.SellerCancelReasons()[0], OrderLineItemIDs: []string{o.LineItems[0].ID},
		})
		must(t, err)
		must(t, b.Hint(t.Context(), part)) // a webhook: the order's own list does not show it
		hours(1)
		for _, id := range []string{part, lost} {
			in := s.inLinnworks(id)[0]
			must(t, s.linn.SetTracking(in.OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM"+id))
			must(t, s.linn.Process(in.OrderID))
		}
		hours(1)
		for _, id := range []string{part, lost} {
			must(t, s.tiktok.Collect(id))
		}
		must(t, s.tiktok.Lose(lost))
		hours(3)
		if diff := cmp.Diff(map[string][]string{before: nil, part: nil, lost: {"25.00 GBP"}}, s.refunds(t, before, part, lost)); diff != "" {
			t.Errorf("refunds in Linnworks (-want +got):\n%s", diff)
		}
		want := []string{"claim to make: claim for parcel RM" + lost + " of order " + lost, "late cancellation: order " + lost}
		cases, err := memory.Cases(t.Context(), exceptions.Filter{})
		must(t, err)
		var got []string
		for _, c := range cases {
			if c.Kind == exceptions.ClaimToMake || c.Kind == exceptions.LateCancellation || c.Kind == exceptions.StatesDisagree || c.Kind == exceptions.RefundNotBooked {
				got = append(got, string(c.Kind)+": "+c.Object)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cases (-want +got):\n%s", diff)
		}
		if found := s.audited(t); len(found) != 0 {
			t.Errorf("the audit finds %v, want that both sides agree", found)
		}
	})
}

// refunds are the amounts that Linnworks has refunded, by order.
func (s *sides) refunds(t *testing.T, ids ...string) map[string][]string {
	t.Helper()
	_, warehouse := s.adapters(t)
	all := map[string][]string{}
	for _, id := range ids {
		all[id] = nil
		orders, err := warehouse.SentOrders(t.Context(), id, nil)
		must(t, err)
		for _, o := range orders {
			for _, r := range o.Refunds {
				all[id] = append(all[id], r.Amount.String())
			}
		}
	}
	return all
}

// audited is what an audit of the orders of both sides finds, an hour later.
func (s *sides) audited(t *testing.T) (found []string) {
	t.Helper()
	time.Sleep(2 * time.Hour)
	shop, warehouse := s.adapters(t)
	report, err := audit.Run(t.Context(), audit.Ports{
		Listings: shop, Items: warehouse, Levels: warehouse, Orders: shop.AuditedOrders(policy.DefaultKinds()), Booked: warehouse, Refunds: warehouse,
	}, audit.Options{OrdersFrom: time.Now().Add(-24 * time.Hour), OrdersTo: time.Now()})
	must(t, err)
	for _, f := range report.Findings {
		if f.Rule == audit.OrderStates || f.Rule == audit.OrderMissing || f.Rule == audit.OrderDoubled || f.Rule == audit.OrderLines {
			found = append(found, f.String())
		}
	}
	if report.Orders == 0 {
		t.Error("the audit has compared no order")
	}
	return found
}
