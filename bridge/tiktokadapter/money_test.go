package tiktokadapter_test

import (
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// A client whose market has changed says so, from a day on, and orders from before
// are read as they were.
func TestMoneyRulesOfTheClient(t *testing.T) {
	change := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	shop := newShop(t, tiktokadapter.Options{Money: []tiktokadapter.MoneyRule{
		{Currency: "EUR", Markets: []string{"DE"}, From: change, TaxOnTop: true, Source: "a letter"},
		{Currency: "EUR", Markets: []string{"DE"}, From: change.AddDate(1, 0, 0), Source: "another letter"},
	}})
	for _, tc := range []struct {
		name, market, currency string
		created                time.Time
		onTop                  bool
	}{
		{"before", "DE", "EUR", change.Add(-time.Second), false},
		{"from then on", "DE", "EUR", change, true},
		{"until the next", "DE", "EUR", change.AddDate(1, 0, 0), false},
		{"another market of the currency", "FR", "EUR", change, false},
		{"a market that is not told, in the currency of the US", "", "USD", change, true},
		{"a currency that nobody has told us of", "CH", "CHF", change, false},
	} {
		o := tiktokshop.Order{CreateTime: tiktokshop.At(tc.created), RecipientAddress: tiktokshop.OrderRecipientAddress{RegionCode: tc.market}}
		o.Payment = tiktokshop.OrderPayment{Currency: tc.currency, SubTotal: "10", Tax: "2", TotalAmount: "12"}
		if got := shop.Order(o).Totals; got.TaxOnTop != tc.onTop || (got.Tax.Minor == 200) != tc.onTop {
			t.Errorf("%s: tax on top %t, tax %s, want %t", tc.name, got.TaxOnTop, got.Tax, tc.onTop)
		}
	}
}

// Every market of TikTok Shop has a rule, once, with a source.
func TestMoneyRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range tiktokadapter.MoneyRules() {
		if r.Source == "" || r.Currency == "" || r.TaxOnTop != (r.Currency == "USD") {
			t.Errorf("%+v", r)
		}
		for i, m := range r.Markets {
			if seen[m] {
				t.Errorf("%s has two rules", m)
			}
			seen[m], r.Markets[i] = true, "changed"
		}
	}
	for _, m := range []string{"GB", "IE", "US", "DE", "FR", "IT", "ES", "JP", "BR", "MX", "ID", "MY", "PH", "SG", "TH", "VN"} {
		if !seen[m] {
			t.Errorf("%s has no rule", m)
		}
	}
	if tiktokadapter.MoneyRules()[0].Markets[0] == "changed" {
		t.Error("a caller can change the table")
	}
}
