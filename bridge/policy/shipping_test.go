package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/policy"
)

func Example_shippingRules() {
	rules := policy.ShippingRules{
		{Model: "seller", Delivery: "Express", Service: "Next Day", Template: "Express label"},
		{Model: "seller", Market: "GB", UpToGrams: 2000, Service: "Tracked 48"},
		{Model: "seller", Market: "GB", Service: "Parcelforce 48"},
	}
	fmt.Print(rules)
	rule, _ := rules.For(policy.Parcel{Model: "seller", DeliveryOption: "Standard shipping", Market: "GB", Grams: 2500})
	fmt.Println("2.5 kg:", rule.Service)
	// Output:
	// model   delivery option  market  up to   postal service  label template
	// seller  Express          any     any     Next Day        Express label
	// seller  any              GB      2000 g  Tracked 48      as the warehouse chooses
	// seller  any              GB      any     Parcelforce 48  as the warehouse chooses
	// 2.5 kg: Parcelforce 48
}

func TestShippingRules(t *testing.T) {
	rules := policy.ShippingRules{
		{Model: "seller", Delivery: "Express", Market: "GB", Service: "1"},
		{Model: "seller", Delivery: "7079", Service: "2"},
		{Model: "seller", Market: "GB", UpToGrams: 1000, Service: "3"},
		{Model: "tiktok", Service: "4"},
	}
	for _, test := range []struct {
		parcel policy.Parcel
		want   string // empty: none
	}{
		{policy.Parcel{Model: "seller", DeliveryOption: "express", Market: "GB", Grams: 5000}, "1"},
		{policy.Parcel{Model: "seller", DeliveryOption: "Express", Market: "IE"}, ""},
		{policy.Parcel{Model: "seller", DeliveryOption: "x", DeliveryOptionID: "7079"}, "2"},
		{policy.Parcel{Model: "seller", Market: "GB", Grams: 1000}, "3"},
		{policy.Parcel{Model: "seller", Market: "GB", Grams: 1001}, ""},
		{policy.Parcel{Model: "seller", Market: "GB"}, ""}, // what is not known is not light
		{policy.Parcel{Model: "tiktok"}, "4"},
		{policy.Parcel{Model: "fbt"}, ""},
	} {
		rule, found := rules.For(test.parcel)
		if rule.Service != test.want || found != (test.want != "") {
			t.Errorf("%s: %q, %t; want %q", test.parcel, rule.Service, found, test.want)
		}
	}
	if err := rules.Check(); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func TestShippingRulesCheck(t *testing.T) {
	err := policy.ShippingRules{
		{}, {Model: "fbt", Service: "x"}, {Market: "gb", Service: "x "}, {UpToGrams: -1, Service: "x"},
	}.Check()
	want := []string{
		"[0].service: empty: name the postal service of the warehouse",
		"[1].model: \"fbt\" is neither \"seller\" nor \"tiktok\"",
		"[1]: it is never used: [0] matches all that it does",
		"[2].service: \"x \" has a blank at an end",
		"[2].market: \"gb\" is no two-letter code of a country such as GB",
		"[2]: it is never used: [0] matches all that it does",
		"[3].up_to_grams: -1 is not between 0 and 1000000",
		"[3]: it is never used: [0] matches all that it does",
	}
	if diff := cmp.Diff(want, strings.Split(fmt.Sprint(err), "\n")); diff != "" {
		t.Errorf("Check (-want +got):\n%s", diff)
	}
}
