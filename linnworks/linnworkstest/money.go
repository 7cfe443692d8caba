package linnworkstest

import (
	"math/big"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// amount is the exact value of d, zero if it is empty.
func amount(d linnworks.Decimal) *big.Rat {
	if r, ok := d.Rat(); ok {
		return r
	}
	return new(big.Rat)
}

func units(n int) *big.Rat { return new(big.Rat).SetInt64(int64(n)) }

func plus(a, b *big.Rat) *big.Rat  { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// percent is p percent of a.
func percent(a, p *big.Rat) *big.Rat { return new(big.Rat).Quo(times(a, p), units(100)) }

// decimal rounds to four places, the halves away from zero, without trailing
// zeros.
func decimal(r *big.Rat) linnworks.Decimal {
	s := strings.TrimRight(r.FloatString(4), "0")
	return linnworks.Decimal(strings.TrimSuffix(s, "."))
}

// cents rounds to two places.
func cents(r *big.Rat) *big.Rat {
	out, _ := new(big.Rat).SetString(r.FloatString(2))
	return out
}

// withTax splits a price into net and gross by the tax rate, a percentage that
// the price includes or not.
func withTax(price, rate *big.Rat, included bool) (net, gross *big.Rat) {
	if included {
		return new(big.Rat).Quo(times(price, units(100)), plus(units(100), rate)), price
	}
	return price, plus(price, percent(price, rate))
}

func quotient(a, b *big.Rat) *big.Rat { return new(big.Rat).Quo(a, b) }

// price computes the money of a line from its unit price, discount and tax
// rate.
func price(line *linnworks.OrderItem) {
	rate := amount(line.TaxRate)
	full := times(amount(line.PricePerUnit), units(line.Quantity))
	reduced := minus(full, percent(full, amount(line.Discount)))
	net, gross := withTax(reduced, rate, line.TaxCostInclusive)
	line.TaxRate, line.Tax, line.SalesTax = decimal(rate), decimal(minus(gross, net)), decimal(minus(gross, net))
	line.Cost, line.CostIncTax, line.DiscountValue = decimal(net), decimal(gross), decimal(minus(full, reduced))
}

// sum adds up lines, postage and tax, and takes the order's discount off. The
// tax is not spread over the discount.
func (o *order) sum() {
	subtotal, tax, discount := new(big.Rat), new(big.Rat), amount(o.discount)
	t := &o.TotalsInfo
	postage, net := amount(t.PostageCost), amount(t.PostageCostExTax)
	total := minus(postage, discount)
	for _, line := range o.Items {
		cost, onTop := amount(line.Cost), amount(line.Tax)
		subtotal, tax = plus(subtotal, cost), plus(tax, onTop)
		discount = plus(discount, amount(line.DiscountValue))
	}
	total = plus(total, plus(subtotal, tax))
	t.Subtotal, t.Tax = decimal(cents(subtotal)), decimal(cents(plus(tax, minus(postage, net))))
	t.TotalCharge, t.TotalDiscount = decimal(cents(total)), decimal(cents(discount))
	o.ShippingInfo.PostageCost, o.ShippingInfo.PostageCostExTax = t.PostageCost, t.PostageCostExTax
}
