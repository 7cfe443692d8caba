package tiktokadapter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// MoneyRule says what is in the amounts that TikTok states for the orders of a
// market. Nothing in an order says it, and sums cannot: two amounts may be equal by
// chance.
type MoneyRule struct {
	// Currency is the ISO 4217 code of the orders that it is for. Of several rules
	// for it, the one that names the buyer's country, or else the shop's, holds.
	Currency string
	// Markets are two-letter codes of countries.
	Markets []string
	// From is when it came into force: orders created before are not read by it.
	// Zero means always.
	From time.Time
	// TaxOnTop reports whether prices and shipping are before tax, and the buyer
	// pays the stated tax on top. Elsewhere it is in them, also where TikTok states
	// it, as for shops across a border.
	TaxOnTop bool
	// PaymentDiscountOff reports whether what a payment provider pays in the
	// buyer's place is taken off the total, so that it is owed to the seller beside
	// it. Elsewhere the total is before it.
	PaymentDiscountOff bool
	// Source is where that is written, and when it was read there.
	Source string
}

const (
	totalAsPublished = "https://partner.tiktokshop.com/docv2/page/get-order-detail-202507, total_amount and tax, November 2026"
	totalAsExported  = totalAsPublished + "; payment platform discount by the order export of Seller Center, November 2026"
)

// moneyRules are the markets of TikTok Shop. In the US sub_total and shipping_fee
// are published as before tax; everywhere else prices are with it. Deposits exist in
// Germany alone and are on top by law (Preisangabenverordnung, section 7).
var moneyRules = []MoneyRule{
	{Currency: "USD", Markets: []string{"US"}, TaxOnTop: true, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "GBP", Markets: []string{"GB"}, Source: totalAsPublished},
	{Currency: "EUR", Markets: []string{"DE", "ES", "FR", "IE", "IT"}, Source: totalAsPublished},
	{Currency: "JPY", Markets: []string{"JP"}, Source: totalAsPublished},
	{Currency: "BRL", Markets: []string{"BR"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "MXN", Markets: []string{"MX"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "IDR", Markets: []string{"ID"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "MYR", Markets: []string{"MY"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "PHP", Markets: []string{"PH"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "SGD", Markets: []string{"SG"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "THB", Markets: []string{"TH"}, PaymentDiscountOff: true, Source: totalAsExported},
	{Currency: "VND", Markets: []string{"VN"}, PaymentDiscountOff: true, Source: totalAsExported},
}

// MoneyRules returns the rules that are built in. Rules in [Options] come before them.
func MoneyRules() []MoneyRule {
	list := slices.Clone(moneyRules)
	for i := range list {
		list[i].Markets = slices.Clone(list[i].Markets)
	}
	return list
}

// ruleFor is the rule for an order: the latest of those that name currency and
// market, else of those that name the currency. The client's own come first.
// Without any, tax is in the prices and discounts of providers are not in the total.
func ruleFor(own []MoneyRule, currency, market string, created time.Time) (rule MoneyRule) {
	for _, named := range []bool{true, false} {
		for _, rules := range [][]MoneyRule{own, moneyRules} {
			found := false
			for _, r := range rules {
				if r.Currency == currency && !r.From.After(created) && (!named || slices.Contains(r.Markets, market)) && (!found || r.From.After(rule.From)) {
					rule, found = r, true
				}
			}
			if found {
				return rule
			}
		}
	}
	return MoneyRule{}
}

// currencyOf is that of the payment, else of the lines, else of the market: samples
// and replacements may come without a payment.
func currencyOf(o tiktokshop.Order, own []MoneyRule, market string) string {
	if code := currencyCode(o.Payment.Currency); code != "" {
		return code
	}
	for i := range o.LineItems {
		if code := currencyCode(o.LineItems[i].Currency); code != "" {
			return code
		}
	}
	for _, rules := range [][]MoneyRule{own, moneyRules} {
		for _, r := range rules {
			if slices.Contains(r.Markets, market) {
				return r.Currency
			}
		}
	}
	return ""
}

func currencyCode(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// totals reads the sums. What is in what the buyer paid, the market's rule says;
// amounts that are not are details. Whether the parts then add up, the import checks.
func totals(o tiktokshop.Order, rule MoneyRule, a *amounts, list *details) bridge.Totals {
	p := o.Payment
	t := bridge.Totals{
		Currency: a.currency, Items: a.read(p.SubTotal), Paid: a.read(p.TotalAmount), TaxOnTop: rule.TaxOnTop,
		ListPrice:      a.detail("original_total_product_price", p.OriginalTotalProductPrice),
		SellerDiscount: a.detail("seller_discount", p.SellerDiscount), PlatformDiscount: a.detail("platform_discount", p.PlatformDiscount),
		ShippingListPrice: a.detail("original_shipping_fee", p.OriginalShippingFee), Shipping: a.detail("shipping_fee", p.ShippingFee),
		ShippingFunded:           a.detail("shipping_fee_platform_discount", p.ShippingFeePlatformDiscount),
		ShippingSellerDiscount:   a.detail("shipping_fee_seller_discount", p.ShippingFeeSellerDiscount),
		ShippingCofundedDiscount: a.detail("shipping_fee_cofunded_discount", p.ShippingFeeCofundedDiscount),
		Tax:                      a.detail("tax", p.Tax), ShippingTax: a.detail("shipping_fee_tax", p.ShippingFeeTax),
		PaymentDiscount: a.detail("payment_platform_discount", p.PaymentPlatformDiscount),
	}
	for _, fee := range [...]struct {
		name   string
		amount tiktokshop.Decimal
	}{
		{"buyer_service_fee", p.BuyerServiceFee}, {"distance_fee", p.DistanceFee}, {"distance_shipping_fee", p.DistanceShippingFee},
		{"handling_fee", p.HandlingFee}, {"item_insurance_fee", p.ItemInsuranceFee},
		{"payment_discount_service_fee", p.PaymentDiscountServiceFee}, {"retail_delivery_fee", p.RetailDeliveryFee},
		{"shipping_insurance_fee", p.ShippingInsuranceFee}, {"small_order_fee", p.SmallOrderFee},
	} {
		addFee(&t, fee.name, a.detail(fee.name, fee.amount))
	}
	deposit := a.read("")
	for i := range o.LineItems {
		deposit = deposit.Plus(a.detail("pfand_fee", o.LineItems[i].PfandFee))
	}
	addFee(&t, "deposit", deposit)
	list.amount("included.item_insurance_tax", p.ItemInsuranceTax) // tax is all taxes
	if !rule.PaymentDiscountOff {
		list.amount("included.payment_discount", p.PaymentPlatformDiscount)
		t.PaymentDiscount.Minor = 0
	}
	if !rule.TaxOnTop {
		list.amount("included.tax", p.Tax)
		t.Tax.Minor, t.ShippingTax.Minor = 0, 0
		return t
	}
	if t.ShippingTax.Minor > t.Tax.Minor {
		t.ShippingTax.Minor = 0
	}
	if product := a.detail("product_tax", p.ProductTax); product.Minor != 0 {
		// Tax on neither goods nor shipping is a fee.
		if other := t.Tax.Minus(product).Minus(t.ShippingTax); other.Minor > 0 {
			t.Tax = t.Tax.Minus(other)
			addFee(&t, "other_tax", other)
		}
	}
	return t
}

// addFee adds an amount to the fees unless it is zero.
func addFee(t *bridge.Totals, name string, amount money.Amount) {
	if amount.Minor != 0 {
		t.Fees = append(t.Fees, bridge.Fee{Name: name, Amount: amount})
	}
}

// amounts reads decimals of one currency, and moments.
type amounts struct {
	currency string
	// err is the first that the order cannot do without.
	err error
	// unread are the details that could not be read, by TikTok's name; rounded those
	// that were finer than the currency, as they came.
	unread, rounded []exceptions.Property
	// taxUnread reports whether the tax of a line is among the unread.
	taxUnread bool
}

// read reads what the order cannot be imported without: what was paid, the sum of
// the goods and their prices.
func (a *amounts) read(d tiktokshop.Decimal) money.Amount {
	m, err := money.Parse(string(d), a.currency)
	if err == nil {
		err = absurd(m)
	}
	if err != nil {
		if a.err == nil {
			a.err = err
		}
		return money.Amount{Currency: a.currency}
	}
	return m
}

// detail reads any other amount. One that cannot be read counts as zero and is
// told; one that is finer than the currency is rounded.
func (a *amounts) detail(name string, d tiktokshop.Decimal) money.Amount {
	m, exact, err := money.Round(string(d), a.currency)
	if err == nil {
		err = absurd(m)
	}
	switch p := (exceptions.Property{Name: name, Value: part.Clip(string(d))}); {
	case err != nil:
		m = money.Amount{Currency: a.currency}
		if !slices.Contains(a.unread, p) {
			a.unread = append(a.unread, p)
		}
	case !exact:
		if p.Name = "exact." + name; !slices.Contains(a.rounded, p) {
			a.rounded = append(a.rounded, p)
		}
	}
	return m
}

func absurd(m money.Amount) error {
	if m.Minor > money.Max || m.Minor < -money.Max {
		return fmt.Errorf("the amount %s is absurd", m)
	}
	return nil
}

func (a *amounts) moment(u tiktokshop.UnixSeconds) time.Time {
	if a.err == nil {
		a.err = u.Err()
	}
	return u.Time()
}

// withoutTotal settles an order for which TikTok states no total. One that is given
// away is worth nothing, whatever its goods cost; any other is not complete.
func (a *amounts) withoutTotal(o *bridge.Order) {
	given := slices.ContainsFunc(o.Kinds, func(k policy.Kind) bool {
		return k == policy.FreeSample || k == policy.Replacement || k == policy.Exchange
	})
	for i := range o.Lines {
		l := &o.Lines[i]
		switch {
		case given:
			l.Price.Minor, l.Tax.Minor, l.SellerDiscount.Minor, l.PlatformDiscount.Minor = 0, 0, 0, 0
		case l.Price.Minor != 0 && a.err == nil:
			a.err = errors.New("the shop states no total of the order")
		}
	}
}

// details collects what is not empty.
type details []exceptions.Property

func (d *details) text(name, value string) {
	if value != "" {
		*d = append(*d, exceptions.Property{Name: name, Value: value})
	}
}

func (d *details) flag(name string, set bool) {
	if set {
		d.text(name, "yes")
	}
}

func (d *details) number(name string, n int) {
	if n != 0 {
		d.text(name, strconv.Itoa(n))
	}
}

func (d *details) moment(name string, t time.Time) {
	if !t.IsZero() {
		d.text(name, t.UTC().Format(time.RFC3339))
	}
}

func (d *details) amount(name string, amount tiktokshop.Decimal) {
	if strings.Trim(string(amount), "0.") != "" {
		d.text(name, string(amount))
	}
}
