package bridge_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Over both fakes: every name that a side does not have is told at once, before
// anything is written, and the real names are taken.
func TestSyncRefusesUnknownNames(t *testing.T) {
	t.Parallel()
	for market, checked := range map[string]bool{"GB": true, "DE": false} {
		t.Run(market, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, market), syncSettings()
				must(t, s.linn.MapPostalService("TIKTOKBRIDGE", "test", "by van", s.linn.AddPostalService("Tracked 48", "")))
				must(t, s.linn.MapPostalService("TIKTOKBRIDGE", "another", "by bike", s.linn.AddPostalService("Tracked 48", "")))
				carrier := s.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0]
				settings.Locations["7000"] = []string{"leeds"}
				settings.Carriers = map[string]string{"Tracked 49": carrier.Name, "Royal Mail": "Nobody's Post"}
				settings.Services = map[string]string{tiktokshoptest.OptionStandard: "by van", "tiktok": "by bike"}
				b, _ := newSync(t, s, new(outage), settings)
				var log bytes.Buffer
				b.Log = slog.New(slog.NewTextHandler(&log, nil))
				err := b.Run(t.Context())
				for _, want := range []string{`"7000"`, `"leeds"`, `"Tracked 49" (did you mean Tracked 48?)`, `"by bike"; there are Tracked 48, by van`} {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("got %v, want %s", err, want)
					}
				}
				if told := strings.Contains(fmt.Sprint(err), "Nobody's Post"); told != checked {
					t.Errorf("a provider that the shop does not have is told: %t, want %t", told, checked)
				}
				if n := len(s.tiktok.CallsOf(tiktokshoptest.Writes())); n > 0 {
					t.Errorf("%d writes with settings that name what is not there", n)
				}
				settings = syncSettings()
				settings.Carriers = map[string]string{"tracked 48": carrier.ID, "Royal Mail": carrier.Name}
				settings.Services = map[string]string{tiktokshoptest.OptionStandard: "by van", "tiktok": "Tracked 48"}
				b, _ = newSync(t, s, new(outage), settings)
				b.Log = slog.New(slog.NewTextHandler(&log, nil))
				must(t, b.Check(t.Context()))
				if told := strings.Contains(log.String(), "in DE they depend on where an order goes"); told == checked {
					t.Errorf("the log says that carriers are unchecked: %t, want %t:\n%s", told, !checked, log.String())
				}
			})
		})
	}
}

// The tags of another shop's mapping are no names for this one.
func TestPostalServices(t *testing.T) {
	t.Parallel()
	fake := linnworkstest.New(linnworkstest.WithoutQuotas())
	id := fake.AddPostalService("Tracked 48", "Royal Mail")
	fake.AddPostalService("Parcel", "")
	must(t, fake.MapPostalService("TIKTOKBRIDGE", "uk", "by van", id))
	must(t, fake.MapPostalService("AMAZON", "uk", "prime", id))
	must(t, fake.MapPostalService("TIKTOKBRIDGE", "de", "by bike", id))
	client, err := fake.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	warehouse, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
	must(t, err)
	got, err := warehouse.PostalServices(t.Context())
	must(t, err)
	if diff := cmp.Diff([]delivery.Service{{Name: "Tracked 48", Carrier: "Royal Mail", Tags: []string{"by van"}}, {Name: "Parcel"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Only warehouses that sell have options that orders can have, and an option that
// TikTok ships itself has no carriers of the seller's.
func TestDeliveryOptionsOfTheShop(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	must(t, s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: "7068517275539719990", Name: "Returns", Type: tiktokshop.WarehouseTypeReturnWarehouse}))
	must(t, s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: "7068517275539719991", Name: "Closed", EffectStatus: tiktokshop.WarehouseStatusDisabled}))
	must(t, s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: "7068517275539719992", Name: "Hull"}))
	asked := func() int {
		return len(s.tiktok.CallsOf(tiktokshoptest.On("Logistics.GetWarehouseDeliveryOptions")))
	}
	options, err := s.shop.DeliveryOptions(t.Context())
	if err != nil || asked() != 2 || len(options) != 3 {
		t.Errorf("options %v, %v, of %d warehouses; want 3, the same in both that sell", options, err, asked())
	}
	providers, err := s.shop.ShippingProviders(t.Context())
	if want := s.tiktok.ShippingProviders(tiktokshoptest.OptionStandard); err != nil || len(providers) != len(want) {
		t.Errorf("providers %v, %v; want each of %v once", providers, err, want)
	}
}
