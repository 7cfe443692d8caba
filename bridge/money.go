package bridge

import (
	"fmt"
	"math/big"
	"strings"
)

// Money is an amount in minor units of a currency: 1999 GBP is £19.99. It is
// exact; there is no float anywhere on its way.
type Money struct {
	// Minor is the amount in the smallest unit of the currency.
	Minor int64
	// Currency is the ISO 4217 code.
	Currency string
}

// minorDigits lists the currencies of TikTok Shop's and Linnworks' markets
// whose minor unit is not a hundredth (ISO 4217).
var minorDigits = map[string]int{"CLP": 0, "JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}

func digitsOf(currency string) int {
	if n, ok := minorDigits[currency]; ok {
		return n
	}
	return 2
}

// ParseMoney reads a plain decimal amount in major units, such as "19.99".
// Empty means zero. Digits beyond the currency's minor unit are refused unless
// they are zeros: rounding money silently loses it.
func ParseMoney(amount, currency string) (Money, error) {
	m := Money{Currency: currency}
	if amount == "" {
		return m, nil
	}
	bad := func(why string) (Money, error) {
		return Money{}, fmt.Errorf("amount %q %s: %s", clip(amount), currency, why)
	}
	if len(amount) > 40 || strings.ContainsAny(amount, "eE/_xX pP") {
		return bad("not a plain decimal number")
	}
	r, ok := new(big.Rat).SetString(amount)
	if !ok {
		return bad("not a plain decimal number")
	}
	r.Mul(r, new(big.Rat).SetInt(pow10(digitsOf(currency))))
	if !r.IsInt() {
		return bad(fmt.Sprintf("more than %d decimal places", digitsOf(currency)))
	}
	if !r.Num().IsInt64() {
		return bad("too large")
	}
	m.Minor = r.Num().Int64()
	return m, nil
}

// Decimal returns the amount in major units, such as "19.99".
func (m Money) Decimal() string {
	n := digitsOf(m.Currency)
	return new(big.Rat).SetFrac(big.NewInt(m.Minor), pow10(n)).FloatString(n)
}

// String returns the amount with its currency, such as "19.99 GBP".
func (m Money) String() string { return strings.TrimSpace(m.Decimal() + " " + m.Currency) }

// Split divides the amount over weights so that the parts add up to it exactly:
// each gets its share rounded towards zero, and the rest goes out one minor
// unit at a time, first parts first. Weights must not be negative; if all are
// zero, they count as equal.
func (m Money) Split(weights []int64) ([]Money, error) {
	if len(weights) == 0 {
		return nil, fmt.Errorf("splitting %s over nothing", m)
	}
	total := new(big.Int)
	for _, w := range weights {
		if w < 0 {
			return nil, fmt.Errorf("splitting %s: negative weight %d", m, w)
		}
		total.Add(total, big.NewInt(w))
	}
	equal := total.Sign() == 0
	if equal {
		total.SetInt64(int64(len(weights)))
	}
	parts := make([]Money, len(weights))
	rest := m.Minor
	for i, w := range weights {
		if equal {
			w = 1
		}
		share := new(big.Int).Mul(big.NewInt(m.Minor), big.NewInt(w))
		share.Quo(share, total)
		parts[i] = Money{Minor: share.Int64(), Currency: m.Currency}
		rest -= parts[i].Minor
	}
	unit := int64(1)
	if rest < 0 {
		unit = -1
	}
	for i := 0; rest != 0; i = (i + 1) % len(parts) {
		if weights[i] > 0 || equal {
			parts[i].Minor += unit
			rest -= unit
		}
	}
	return parts, nil
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
