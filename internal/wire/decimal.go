// Package wire holds the encodings that both clients share: path templates,
// decimal numbers and secrets.
//
// Its errors never repeat a value: what arrives where a number or an id is
// documented may be a buyer's name.
package wire

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

// maxDecimal bounds the digits of a decimal; both APIs stay below thirty.
const maxDecimal = 64

// ErrNotDecimal is returned for what is not a plain decimal number.
var ErrNotDecimal = errors.New("not a decimal number")

// DecimalFromJSON returns the text of a JSON string, without blanks around it, or
// the digits of a JSON number, untouched, and "" for null. A text that is no
// number is returned as it is: [Rat] refuses it.
func DecimalFromJSON(b []byte) (string, error) {
	if n := len(b) - 1; n > 1 && n <= maxDecimal && b[0] == '"' && plainDigits(b[1:n]) {
		return string(b[1:n]), nil
	}
	s := string(b)
	switch {
	case s == "null":
		return "", nil
	case strings.HasPrefix(s, `"`):
		if json.Unmarshal(b, &s) != nil {
			return "", ErrNotDecimal
		}
		s = strings.TrimSpace(s)
	case CheckDecimal(s) != nil:
		return "", ErrNotDecimal
	}
	if len(s) > maxDecimal {
		return "", ErrNotDecimal // cut, it might be another number
	}
	return s, nil
}

// plainDigits reports whether b is what nearly every amount is: digits and points.
func plainDigits(b []byte) bool {
	for _, c := range b {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// CheckDecimal refuses what is not a plain decimal number: an optional sign,
// digits, an optional fraction and, since JSON numbers may carry one, an
// optional exponent. A bare point before the fraction is accepted.
func CheckDecimal(s string) error {
	if len(s) > maxDecimal {
		return ErrNotDecimal
	}
	mantissa, exponent, hasExponent := cutExponent(s)
	whole, fraction, hasPoint := strings.Cut(unsigned(mantissa), ".")
	switch {
	case hasPoint && (whole != "" && !digits(whole) || !digits(fraction)):
		return ErrNotDecimal
	case !hasPoint && !digits(whole):
		return ErrNotDecimal
	case hasExponent && !digits(unsigned(exponent)):
		return ErrNotDecimal
	}
	return nil
}

// IsExact reports whether [Rat] has a value for s. It refuses exponents of more
// than two digits: a hostile one would make a number of a billion digits.
func IsExact(s string) bool {
	_, exponent, _ := cutExponent(s)
	return CheckDecimal(s) == nil && len(strings.TrimLeft(unsigned(exponent), "0")) <= 2
}

// Rat returns the exact value of a decimal.
func Rat(s string) (*big.Rat, bool) {
	if !IsExact(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func cutExponent(s string) (mantissa, exponent string, found bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// unsigned drops one sign.
func unsigned(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
