package bridge_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A running Sync forgets by itself, after the time in the settings.
func TestSyncForgets(t *testing.T) {
	t.Parallel()
	if got := readErrors(t, `, "forget_after": "90m"`); len(got) != 1 || !strings.Contains(got[0], "forget_after: 1h30m0s is too short") {
		t.Errorf("forget_after of 90 minutes: got %q", got)
	}
	synctest.Test(t, func(t *testing.T) {
		settings := syncSettings()
		settings.ForgetAfter = bridge.Duration(36 * time.Hour)
		b, memory := newSync(t, newSides(t, "GB"), new(outage), settings)
		b.Flows = slices.DeleteFunc(b.Flows, func(f bridge.Flow) bool { return f.Name != bridge.FlowRetention })
		shop := memory.Shop(settings.Shop)
		_, err := shop.PutRecords(t.Context(), store.Record{OrderID: "old", EndedAt: time.Now().Add(-35 * time.Hour)}, store.Record{OrderID: "new", EndedAt: time.Now()})
		must(t, err)
		left := func() []string {
			found, _, err := shop.RecordsOf(t.Context(), "old", "new")
			must(t, err)
			return slices.Sorted(maps.Keys(found))
		}
		stop := start(t, b)
		time.Sleep(time.Minute)
		if got := left(); len(got) != 2 {
			t.Errorf("after a minute there is %q, want both", got)
		}
		time.Sleep(2*time.Hour + time.Minute)
		if got := left(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("after two hours there is %q, want the new one", got)
		}
		stop()
	})
}

// An order that a buyer asks about is kept, however long ago it ended.
func TestSyncForgetsNoOrderWithARequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.ForgetAfter = bridge.Duration(36 * time.Hour)
		b, memory := newSync(t, s, new(outage), settings)
		b.Flows = slices.DeleteFunc(b.Flows, func(f bridge.Flow) bool { return f.Name != bridge.FlowRetention })
		asked := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment})
		shop := memory.Shop(settings.Shop)
		ended := time.Now().Add(-72 * time.Hour)
		_, err := shop.PutRecords(t.Context(), store.Record{OrderID: "old", EndedAt: ended}, store.Record{OrderID: asked, EndedAt: ended})
		must(t, err)
		_, err = s.tiktok.RequestCancellation(asked, "")
		must(t, err)
		must(t, errOf(b.Step(t.Context())))
		found, _, err := shop.RecordsOf(t.Context(), "old", asked)
		must(t, err)
		if got := slices.Collect(maps.Keys(found)); !slices.Equal(got, []string{asked}) {
			t.Errorf("there is %q, want the order with a request alone", got)
		}
	})
}

// An order that may have been counted before it was forgotten is not counted again.
func TestSyncCountsNoForgottenOrderAgain(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]int{0: 1, 36 * time.Hour: 0} {
		synctest.Test(t, func(t *testing.T) {
			settings := syncSettings()
			settings.ForgetAfter, settings.Market = bridge.Duration(after), "GB"
			b, memory := newSync(t, newSides(t, "GB"), new(outage), settings)
			_, err := memory.Shop(settings.Shop).PutRecords(t.Context(), store.Record{OrderID: "1"}) // as when it is heard of again
			must(t, err)
			placed := time.Now().Add(-72 * time.Hour)
			must(t, b.Deadlines.Count(t.Context(), bridge.Order{
				ID: "1", Status: bridge.InTransit, ShippingModel: bridge.SellerShipping, CreatedAt: placed, PaidAt: placed, ShipBy: placed, ShippedAt: placed,
			}))
			report, err := b.Deadlines.Check(t.Context())
			must(t, err)
			for _, r := range report.Rates {
				if r.Measure == policy.LateAtReady && r.Orders != want {
					t.Errorf("forgotten after %s: %d orders counted, want %d", after, r.Orders, want)
				}
			}
		})
	}
}
