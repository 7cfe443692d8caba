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

// DecimalFromJSON returns the digits of a JSON string or number, untouched, or
// "" for null and "".
func DecimalFromJSON(b []byte) (string, error) {
	s := string(b)
	switch {
	case s == "null":
		return "", nil
	case strings.HasPrefix(s, `"`):
		if json.Unmarshal(b, &s) != nil {
			return "", ErrNotDecimal
		}
		if s = strings.TrimSpace(s); s == "" {
			return "", nil
		}
	}
	if err := CheckDecimal(s); err != nil {
		return "", err
	}
	return s, nil
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

// Rat returns the exact value of a decimal. It refuses exponents of more than
// two digits: a hostile one would make a number of a billion digits.
func Rat(s string) (*big.Rat, bool) {
	if CheckDecimal(s) != nil {
		return nil, false
	}
	if _, exponent, ok := cutExponent(s); ok && len(strings.TrimLeft(unsigned(exponent), "0")) > 2 {
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
