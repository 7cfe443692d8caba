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
