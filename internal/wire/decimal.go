// Package wire holds the encodings that both clients share: path templates,
// decimal numbers and secrets.
package wire

import (
	"errors"
	"fmt"
	"strings"
)

// maxDecimal bounds the digits of a decimal; both APIs stay below thirty.
const maxDecimal = 64

// DecimalFromJSON returns the digits of a JSON string or number, untouched, or
// "" for null and "".
func DecimalFromJSON(b []byte) (string, error) {
	s := string(b)
	if s == "null" {
		return "", nil
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
		if s == "" {
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
// optional exponent.
func CheckDecimal(s string) error {
	if len(s) > maxDecimal {
		return errors.New("decimal is too long")
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	mantissa, exponent, hasExponent := cutAny(rest, "eE")
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	if !digits(whole) && (whole != "" || !hasPoint) || hasPoint && !digits(fraction) {
		return fmt.Errorf("%q is not a decimal number", s)
	}
	if hasExponent && !digits(strings.TrimLeft(exponent, "+-")) {
		return fmt.Errorf("%q is not a decimal number", s)
	}
	return nil
}

func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
