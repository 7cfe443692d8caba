package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// ShippingRule says how an order is sent. What is empty matches everything.
type ShippingRule struct {
	// Model is the shipping model: "seller" or "tiktok".
	Model string `json:"model,omitempty"`
	// Delivery is a delivery option of the shop, by name or id.
	Delivery string `json:"delivery,omitempty"`
	// Market is the two-letter code of the buyer's country.
	Market string `json:"market,omitempty"`
	// UpToGrams is the most that the order may weigh; zero: any weight. An order whose
	// weight is not known matches only rules without it.
	UpToGrams int `json:"up_to_grams,omitempty"`
	// Service is the postal service of the warehouse. Required.
	Service string `json:"service"`
	// Template is the label template of the warehouse, by name; empty: the one that the
	// warehouse chooses.
	Template string `json:"template,omitempty"`
}

// ShippingRules are looked through from the top: the first that matches holds.
type ShippingRules []ShippingRule

// mostGrams is more than any parcel weighs.
const mostGrams = 1_000_000

// Check returns everything that is wrong and that can be known without a call, each with
// its place in the list.
func (r ShippingRules) Check() error {
	var errs []error
	for i, rule := range r {
		bad := func(field, format string, args ...any) {
			errs = append(errs, fmt.Errorf("[%d].%s: %s", i, field, fmt.Sprintf(format, args...)))
		}
		for _, t := range []struct{ field, text string }{{"delivery", rule.Delivery}, {"service", rule.Service}, {"template", rule.Template}} {
			if strings.TrimSpace(t.text) != t.text {
				bad(t.field, "%q has a blank at an end", part.Clip(t.text))
			}
		}
		if rule.Service == "" {
			bad("service", "empty: name the postal service of the warehouse")
		}
		if !slices.Contains([]string{"", "seller", "tiktok"}, rule.Model) {
			bad("model", "%q is neither \"seller\" nor \"tiktok\"", part.Clip(rule.Model))
		}
		if m := rule.Market; m != "" && (len(m) != 2 || m != strings.ToUpper(m)) {
			bad("market", "%q is no two-letter code of a country such as GB", part.Clip(m))
		}
		if rule.UpToGrams < 0 || rule.UpToGrams > mostGrams {
			bad("up_to_grams", "%d is not between 0 and %d", rule.UpToGrams, mostGrams)
		}
		if before := slices.IndexFunc(r[:i], func(b ShippingRule) bool { return b.covers(rule) }); before >= 0 {
			errs = append(errs, fmt.Errorf("[%d]: it is never used: [%d] matches all that it does", i, before))
		}
	}
	return errors.Join(errs...)
}

// covers reports whether a rule matches all that another one does.
func (r ShippingRule) covers(other ShippingRule) bool {
	in := func(a, b string) bool { return a == "" || strings.EqualFold(a, b) }
	return in(r.Model, other.Model) && in(r.Delivery, other.Delivery) && in(r.Market, other.Market) &&
		(r.UpToGrams == 0 || other.UpToGrams > 0 && other.UpToGrams <= r.UpToGrams)
}

// Parcel is what rules are chosen by.
type Parcel struct {
	Model string
	// DeliveryOption and DeliveryOptionID are what the shop calls how it is delivered.
	DeliveryOption, DeliveryOptionID string
	Market                           string
	// Grams is what it weighs; zero if that is not known.
	Grams int
}

// String names what the rules look at.
func (p Parcel) String() string {
	weight := "of unknown weight"
	if p.Grams > 0 {
		weight = fmt.Sprintf("of %d g", p.Grams)
	}
	return fmt.Sprintf("delivery %q, model %s, to %s, %s", p.DeliveryOption, p.Model, p.Market, weight)
}

// For returns the first rule that matches, false if none does.
func (r ShippingRules) For(p Parcel) (ShippingRule, bool) {
	i := slices.IndexFunc(r, func(rule ShippingRule) bool {
		return (rule.Model == "" || rule.Model == p.Model) &&
			(rule.Delivery == "" || rule.Delivery == p.DeliveryOptionID || strings.EqualFold(rule.Delivery, p.DeliveryOption)) &&
			(rule.Market == "" || rule.Market == p.Market) &&
			(rule.UpToGrams == 0 || p.Grams > 0 && p.Grams <= rule.UpToGrams)
	})
	if i < 0 {
		return ShippingRule{}, false
	}
	return r[i], true
}

// String is the table for people.
func (r ShippingRules) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "model\tdelivery option\tmarket\tup to\tpostal service\tlabel template")
	for _, rule := range r {
		orAny := func(s string) string {
			if s == "" {
				return "any"
			}
			return s
		}
		weight := "any"
		if rule.UpToGrams > 0 {
			weight = fmt.Sprintf("%d g", rule.UpToGrams)
		}
		template := rule.Template
		if template == "" {
			template = "as the warehouse chooses"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", orAny(rule.Model), orAny(rule.Delivery), orAny(rule.Market), weight, rule.Service, template)
	}
	_ = w.Flush()
	return b.String()
}
