package linnworksadapter

import (
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// An order of the platform's shipping must not be sent by the service of the
// seller that has the same name.
func TestServiceTag(t *testing.T) {
	for _, tc := range []struct {
		name    string
		service map[string]string
		model   bridge.ShippingModel
		want    string
	}{
		{"unmapped", nil, bridge.SellerShipping, "Standard"},
		{"unmapped, of the platform", nil, bridge.TikTokShipping, "tiktok/Standard"},
		{"by name", map[string]string{"Standard": "Tracked 48"}, bridge.SellerShipping, "Tracked 48"},
		{"by model", map[string]string{"tiktok": "TikTok label"}, bridge.TikTokShipping, "TikTok label"},
		{"model and name before name", map[string]string{"Standard": "Tracked 48", "tiktok/Standard": "TikTok label"}, bridge.TikTokShipping, "TikTok label"},
		{"the other model's", map[string]string{"tiktok/Standard": "TikTok label"}, bridge.SellerShipping, "Standard"},
		{"id before all", map[string]string{"7101": "Special", "Standard": "Tracked 48", "seller/Standard": "x", "seller": "y"}, bridge.SellerShipping, "Special"},
		{"name before model", map[string]string{"Standard": "Tracked 48", "seller": "Any"}, bridge.SellerShipping, "Tracked 48"},
	} {
		l := &Warehouse{options: Options{Service: tc.service}}
		if got := l.serviceTag(bridge.NewOrder{Service: "Standard", ServiceID: "7101", ShippingModel: tc.model}); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// Linnworks derives net and tax from the rate it is given: both must come out to
// the cent.
func TestTaxRateIsExact(t *testing.T) {
	for _, gross := range []int64{1, 2, 99, 1083, 2165, 99_999, 12_345_678} {
		for _, share := range []int64{0, 1, 5, 50, 99, 100} {
			tax := gross * share / 120
			sent := taxRate(money.Amount{Minor: gross, Currency: "USD"}, money.Amount{Minor: tax, Currency: "USD"})
			r, ok := sent.Rat()
			if !ok {
				t.Fatalf("%q is no number", sent)
			}
			f, _ := r.Float64()
			if net := float64(gross) * 100 / (100 + f); int64(net+0.5) != gross-tax {
				t.Errorf("%d with %d of tax at %s%% is %.3f net", gross, tax, sent, net)
			}
		}
	}
}
