package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What a sync has done is in order on both sides, kits, bundles and tax included, and what
// people and outages leave behind is found: over both adapters and both fakes.
func TestAuditOfOrders(t *testing.T) {
	t.Parallel()
	for _, market := range []string{"GB", "US"} {
		t.Run(market, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, market)
				settings := syncSettings()
				if market == "US" {
					settings.Carriers = map[string]string{"Tracked 48": "USPS"}
				}
				b, _ := newSync(t, s, new(outage), settings)
				from := time.Now().Add(-24 * time.Hour)
				audited := func(orders int) (got []string) {
					t.Helper()
					options := b.Settings.AuditOptions()
					options.OrdersFrom, options.OrdersTo = from, time.Now()
					report, err := audit.Run(t.Context(), audit.Ports{Listings: s.shop, Items: s.book, Orders: s.shop.AuditedOrders(nil), Booked: s.book}, options)
					if err != nil || !report.Complete() || report.Orders != orders {
						t.Errorf("%d orders were compared, %v, not read: %q; want %d", report.Orders, err, report.Unread, orders)
					}
					for _, f := range report.Findings {
						if strings.HasPrefix(f.Object, "order ") {
							got = append(got, string(f.Rule)+": "+f.Object)
						}
					}
					slices.Sort(got)
					return got
				}
				tracked := s.linn.AddPostalService("Tracked 48", "Royal Mail")
				var ids []string
				for _, lines := range [][]tiktokshoptest.Line{mugs(2), {{SKUID: setSKU, Quantity: 2}}, {{SKUID: bundleSKU, Quantity: 1}}, mugs(1)} {
					ids = append(ids, s.place(t, tiktokshoptest.OrderSpec{Lines: lines}))
				}
				must(t, errOf(b.Step(t.Context())))
				for _, id := range ids[2:] {
					for _, in := range s.inLinnworks(id) {
						must(t, s.linn.SetTracking(in.OrderID, tracked, "RM"+id[len(id)-9:]+"GB"))
						must(t, s.linn.Process(in.OrderID))
					}
					must(t, errOf(b.Step(t.Context())))
					must(t, s.tiktok.Collect(id))
				}
				time.Sleep(2 * time.Hour)
				if got := audited(4); got != nil {
					t.Errorf("found %q, want nothing", got)
				}
				missing := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
				must(t, s.linn.Process(s.inLinnworks(ids[0])[0].OrderID)) // without a number: the shop is not told
				time.Sleep(2 * time.Hour)
				want := []string{"order missing in Linnworks: order " + missing, "states of an order disagree: order " + ids[0]}
				if diff := cmp.Diff(want, audited(5)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What the settings say of audits is checked with the rest, and goes into the options.
func TestSettingsOfAudits(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	for want, schedule := range map[string]audit.Schedule{
		"audit.order_days: without audit.hours": {OrderDays: 5},
		"audit.hours: 745 is too many":          {Hours: 745},
		"audit.locations_apart[0]: empty":       {Hours: 24, LocationsApart: []string{""}},
	} {
		settings := syncSettings()
		settings.Audit = schedule
		if _, err := bridge.NewSync(s.shop, s.book, new(bridge.Memory).Shop(settings.Shop), settings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", schedule, err, want)
		}
	}
	settings := syncSettings()
	if got := settings.AuditOptions().LabelRoutes; slices.Contains(got, string(bridge.TikTokShipping)) {
		t.Errorf("without a service for TikTok's labels the routes are %q", got)
	}
	settings.Services = map[string]string{"tiktok/Standard shipping": "TikTok label"}
	settings.Audit.TaxForms = []string{"CERTIFIED"}
	if got := settings.AuditOptions(); !slices.Contains(got.LabelRoutes, string(bridge.TikTokShipping)) || got.SubSource != "test" || len(got.TaxForms) != 1 {
		t.Errorf("got %+v", got)
	}
}
