package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// namesOfShop and namesOfWarehouse are sides that know names, and count calls.
type namesOfShop struct {
	calls                int
	options, providersOf error
}

func (s *namesOfShop) DeliveryOptions(context.Context) ([]bridge.DeliveryOption, error) {
	s.calls++
	return []bridge.DeliveryOption{{ID: "11", Name: "Standard Shipping"}, {ID: "12", Name: "Express"}}, s.options
}

func (s *namesOfShop) ShippingProviders(context.Context) ([]bridge.Carrier, error) {
	s.calls++
	return []bridge.Carrier{{ID: "901", Name: "Royal Mail"}, {ID: "902", Name: "Evri"}}, s.providersOf
}

type namesOfWarehouse struct {
	calls int
	err   error
}

func (w *namesOfWarehouse) PostalServices(context.Context) ([]bridge.PostalService, error) {
	w.calls++
	return []bridge.PostalService{{Name: "Tracked 48", Carrier: "Royal Mail OBA", Tags: []string{"rm-48"}}, {Name: "Parcel"}}, w.err
}

type mapping = map[string]string

func TestCheckDelivery(t *testing.T) {
	t.Parallel()
	down := errors.New("no answer")
	for name, tc := range map[string]struct {
		services, carriers mapping
		shop               *namesOfShop      // nil: the usual one
		warehouse          *namesOfWarehouse // nil: the usual one
		calls              int
		want               []string // lines
		unknown            bool
	}{
		"nothing to compare": {},
		"all ways to name": {
			services: mapping{"11": "Tracked 48", "Express": "parcel", "tiktok/Express": "RM-48", "seller": "Parcel", "fbt": "Tracked 48"},
			carriers: mapping{"tracked 48 ": "royal mail", "Royal Mail OBA": "902", "Parcel": " Evri "}, calls: 3,
		},
		"carriers only": {carriers: mapping{"Parcel": "Evri"}, calls: 2},
		"services only": {services: mapping{"11": "Parcel"}, calls: 2},
		"all unknown": {
			services: mapping{"Expres": "Tracked 84", "tiktok/express": "x"}, carriers: mapping{"Royal Mail OPA": "Royal Male", "DHL": "902 "}, calls: 3, unknown: true,
			want: []string{
				`services: no delivery option of the shop is called "Expres" (did you mean 12 (Express)?), "tiktok/express" (did you mean tiktok/Express?); there are`,
				`carriers: no shipping provider of the shop is called "Royal Male" (did you mean 901 (Royal Mail)?); there are 901 (Royal Mail), 902 (Evri)`,
				`services: no postal service of the warehouse is called "Tracked 84" (did you mean Tracked 48?), "x"; there are Parcel, Tracked 48, rm-48`,
				`carriers: no carrier or postal service of the warehouse is called "DHL", "Royal Mail OPA" (did you mean Royal Mail OBA?); there are Parcel, Royal Mail OBA, Tracked 48`,
			},
		},
		"a tag is no carrier": {carriers: mapping{"rm-48": "Evri"}, calls: 2, unknown: true, want: []string{`carriers: no carrier or postal service of the warehouse is called "rm-48"`}},
		"sides that are away": {
			services: mapping{"11": "Parcel"}, carriers: mapping{"Parcel": "x"}, shop: &namesOfShop{options: down}, warehouse: &namesOfWarehouse{err: down}, calls: 3, unknown: true,
			want: []string{`listing each delivery option of the shop: no answer`, `"x"`, `listing each postal service of the warehouse: no answer`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, warehouse := tc.shop, tc.warehouse
			if shop == nil {
				shop = new(namesOfShop)
			}
			if warehouse == nil {
				warehouse = new(namesOfWarehouse)
			}
			unchecked, err := bridge.CheckDelivery(t.Context(), shop, warehouse, tc.services, tc.carriers)
			text := fmt.Sprint(err)
			if len(unchecked) > 0 || (err != nil) != (len(tc.want) > 0) || err != nil && len(strings.Split(text, "\n")) != len(tc.want) {
				t.Fatalf("unchecked %q, %v; want %d lines", unchecked, err, len(tc.want))
			}
			for i, want := range tc.want {
				if got := strings.Split(text, "\n")[i]; !strings.Contains(got, want) {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
			if errors.Is(err, bridge.ErrUnknownName) != tc.unknown {
				t.Errorf("%v says that repeating cannot mend it: %t, want %t", err, !tc.unknown, tc.unknown)
			}
			if calls := shop.calls + warehouse.calls; calls != tc.calls {
				t.Errorf("%d calls, want %d", calls, tc.calls)
			}
		})
	}
}

// What is not asked is said to be unchecked.
func TestCheckDeliverySaysWhatIsUnchecked(t *testing.T) {
	t.Parallel()
	services, carriers := mapping{"x": "x"}, mapping{"y": "y"}
	unchecked, err := bridge.CheckDelivery(t.Context(), nil, nil, services, carriers)
	if want := []string{"the shop's names in services and carriers", "the warehouse's names in services and carriers"}; err != nil || cmp.Diff(want, unchecked) != "" {
		t.Errorf("without sides: unchecked %q, %v; want %q", unchecked, err, want)
	}
	unchecked, err = bridge.CheckDelivery(t.Context(), &namesOfShop{providersOf: fmt.Errorf("in DE: %w", errors.ErrUnsupported)}, new(namesOfWarehouse), nil, mapping{"Parcel": "y"})
	if err != nil || len(unchecked) != 1 || !strings.Contains(unchecked[0], "the shipping providers in carriers: in DE") {
		t.Errorf("where carriers depend on the order: unchecked %q, %v", unchecked, err)
	}
	if err := catalogue.CheckPlaces(t.Context(), nil, "place", "x"); err != nil {
		t.Errorf("places without a source: %v, want nothing", err)
	}
}

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
				settings.Carriers = mapping{"Tracked 49": carrier.Name, "Royal Mail": "Nobody's Post"}
				settings.Services = mapping{tiktokshoptest.OptionStandard: "by van", "tiktok": "by bike"}
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
				settings.Carriers = mapping{"tracked 48": carrier.ID, "Royal Mail": carrier.Name}
				settings.Services = mapping{tiktokshoptest.OptionStandard: "by van", "tiktok": "Tracked 48"}
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
	must(t, fake.MapPostalService("TIKTOKBRIDGE", "uk", "by van", id))
	must(t, fake.MapPostalService("AMAZON", "uk", "prime", id))
	must(t, fake.MapPostalService("TIKTOKBRIDGE", "de", "by bike", id))
	client, err := fake.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	warehouse, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
	must(t, err)
	got, err := warehouse.PostalServices(t.Context())
	must(t, err)
	if diff := cmp.Diff([]bridge.PostalService{{Name: "Tracked 48", Carrier: "Royal Mail", Tags: []string{"by van"}}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
