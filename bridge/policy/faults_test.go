package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/policy"
)

func TestFaultsOf(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]policy.Fault{
		// As TikTok's page names them, by market and by who asks.
		"ecom_order_delivered_refund_and_return_reason_no_need":         policy.BuyerFault,
		"ecom_order_delivered_refund_reason_no_need_uk":                 policy.BuyerFault,
		"buyer_refund_item_is_too_big/long":                             policy.BuyerFault,
		"buyer_refund_ordered_incorrect_size":                           policy.BuyerFault,
		"ecom_order_delivered_refund_reason_missing_product_seller_uk":  policy.SellerFault,
		"ecom_order_delivered_refund_reason_missing_broken_parts":       policy.SellerFault,
		"ecom_order_delivered_refund_reason_not_match_uk":               policy.SellerFault,
		"ecom_order_delivered_refund_reason_wrong_product_1":            policy.SellerFault,
		"buyer_refund_suspected_counterfeit_seller_uk":                  policy.SellerFault,
		"buyer_refund_product_is_expired/spoiled":                       policy.SellerFault,
		"ecom_order_delivered_refund_and_return_reason_product_damaged": policy.PlatformDecides,
		"ecom_order_delivered_refund_reason_missed_delivery_date":       policy.PlatformDecides,
		"seller_shipped_refund_package_lost":                            policy.PlatformDecides,
		"a reason of next year":                                         policy.PlatformDecides,
		"":                                                              policy.PlatformDecides,
	} {
		if got := policy.DefaultFaults().Of(reason); got != want {
			t.Errorf("%q is the fault of %s, want %s", reason, got, want)
		}
	}
}

func TestFaultsOverride(t *testing.T) {
	t.Parallel()
	f, err := policy.DefaultFaults().Override(strings.NewReader("damaged seller ours\nproduct_damaged_in_hot_weather buyer ours\n"))
	if err != nil {
		t.Fatal(err)
	}
	for reason, want := range map[string]policy.Fault{
		"reason_product_damaged":                policy.SellerFault,
		"reason_product_damaged_in_hot_weather": policy.BuyerFault, // the longer word
		"reason_wrong_product":                  policy.SellerFault,
	} {
		if got := f.Of(reason); got != want {
			t.Errorf("%q is the fault of %s, want %s", reason, got, want)
		}
	}
	again, err := policy.ReadFaults(strings.NewReader(f.String()))
	if err != nil {
		t.Fatalf("what was printed cannot be read: %v", err)
	}
	if diff := cmp.Diff(f.String(), again.String()); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"":                                   "the table is empty",
		"damaged\n":                          "columns",
		"damaged the_moon ours\n":            "the_moon",
		"damaged seller a\nDAMAGED buyer b ": "twice",
	} {
		read := "word fault source\n" + text
		if text == "" {
			read = ""
		}
		if _, err := policy.ReadFaults(strings.NewReader(read)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzReadFaults(f *testing.F) {
	f.Add(policy.DefaultFaults().String())
	f.Add("word fault source\nx seller y")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := policy.ReadFaults(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := policy.ReadFaults(strings.NewReader(table.String()))
		if err != nil || again.String() != table.String() {
			t.Errorf("printed and read again: %v", err)
		}
	})
}
