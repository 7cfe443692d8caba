// Package money has exact amounts: whole minor units of a currency.
package money

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Max bounds an amount of an order, in minor units: more is a broken reply,
// and sums of what is below cannot overflow.
const Max = 100_000_000_000_000

// Amount is an amount in minor units of a currency: 1999 GBP is £19.99. It is
// exact; there is no float anywhere on its way.
type Amount struct {
	// Minor is the amount in the smallest unit of the currency.
	Minor int64
	// Currency is the ISO 4217 code.
	Currency string
}

// Places returns how many decimal places the currency has (ISO 4217).
func Places(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// Parse reads a plain decimal amount in major units, such as "19.99".
// Empty means zero, whatever the currency: an amount that is left out comes
// without one. Digits beyond the currency's minor unit are refused unless they
// are zeros: rounding money silently loses it.
func Parse(amount, currency string) (Amount, error) {
	m := Amount{Currency: currency}
	if amount == "" {
		return m, nil
	}
	bad := func(why string) (Amount, error) {
		return Amount{}, fmt.Errorf("amount %q %s: %s", part.Clip(amount), currency, why)
	}
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return bad("no currency: a code of ISO 4217 is three capital letters")
	}
	text := strings.TrimPrefix(amount, "-")
	negative := text != amount
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole)+len(fraction) == 0 || len(amount) > 40 || !digits(whole) || !digits(fraction) {
		return bad("not a plain decimal number")
	}
	places := Places(currency)
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > places {
		return bad(fmt.Sprintf("more than %d decimal places", places))
	}
	for _, part := range [...]string{whole, fraction, "000"[:places-len(fraction)]} {
		for _, c := range []byte(part) {
			next := m.Minor*10 - int64(c-'0') // below zero there is room for one more
			if m.Minor < math.MinInt64/10 || next > m.Minor {
				return bad("too large")
			}
			m.Minor = next
		}
	}
	if !negative {
		if m.Minor == math.MinInt64 {
			return bad("too large")
		}
		m.Minor = -m.Minor
	}
	return m, nil
}

// Round reads an amount as [Parse] does, and rounds what is finer than the
// currency's minor unit, half away from zero. exact reports whether it had nothing to
// round. It is for amounts that only describe others: what is paid must be exact.
func Round(amount, currency string) (m Amount, exact bool, err error) {
	m, err = Parse(amount, currency)
	whole, fraction, _ := strings.Cut(amount, ".")
	places := Places(currency)
	if err == nil || len(amount) > 40 || len(fraction) <= places || !digits(fraction) {
		return m, err == nil, err
	}
	up := fraction[places] >= '5'
	if m, err = Parse(whole+"."+fraction[:places], currency); err != nil || !up {
		return m, false, err
	}
	if strings.HasPrefix(whole, "-") {
		m.Minor--
	} else {
		m.Minor++
	}
	return m, false, nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// Decimal returns the amount in major units, such as "19.99".
func (m Amount) Decimal() string {
	places := Places(m.Currency)
	if places == 0 {
		return strconv.FormatInt(m.Minor, 10)
	}
	var b [24]byte
	text := strconv.AppendUint(b[:0], magnitude(m.Minor), 10)
	for len(text) <= places {
		text = append(text, 0)
		copy(text[1:], text)
		text[0] = '0'
	}
	point := len(text) - places
	text = append(text, 0)
	copy(text[point+1:], text[point:])
	text[point] = '.'
	if m.Minor < 0 {
		return "-" + string(text)
	}
	return string(text)
}

// magnitude is the absolute value; that of the smallest int64 fits only here.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// String returns the amount with its currency, such as "19.99 GBP".
func (m Amount) String() string { return strings.TrimSpace(m.Decimal() + " " + m.Currency) }

// Plus adds amounts of one currency.
func (m Amount) Plus(amounts ...Amount) Amount {
	for _, a := range amounts {
		m.Minor += a.Minor
	}
	return m
}

// Minus returns m less a, in the currency of m.
func (m Amount) Minus(a Amount) Amount {
	m.Minor -= a.Minor
	return m
}

// Split divides the amount over weights so that the parts add up to it exactly:
// each gets its share rounded towards zero, and the rest goes out one minor
// unit at a time, first parts first. Weights must not be negative, nor add up to
// 2^63 or more; if all are zero, they count as equal.
func (m Amount) Split(weights []int64) ([]Amount, error) {
	if len(weights) == 0 {
		return nil, fmt.Errorf("splitting %s over nothing", m)
	}
	var total int64
	for _, w := range weights {
		if w < 0 {
			return nil, fmt.Errorf("splitting %s: negative weight %d", m, w)
		}
		if total += w; total < 0 {
			return nil, fmt.Errorf("splitting %s: weights too large", m)
		}
	}
	equal := total == 0
	if equal {
		total = int64(len(weights))
	}
	sign, rest := int64(1), magnitude(m.Minor)
	if m.Minor < 0 {
		sign = -1
	}
	parts := make([]Amount, len(weights))
	for i, w := range weights {
		if equal {
			w = 1
		}
		high, low := bits.Mul64(magnitude(m.Minor), uint64(w))
		share, _ := bits.Div64(high, low, uint64(total)) // w <= total: the quotient fits
		parts[i] = Amount{Minor: sign * int64(share), Currency: m.Currency}
		rest -= share
	}
	for i := 0; rest != 0; i = (i + 1) % len(parts) {
		if weights[i] > 0 || equal {
			parts[i].Minor += sign
			rest--
		}
	}
	return parts, nil
}
