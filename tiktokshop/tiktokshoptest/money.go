package tiktokshoptest

import (
	"fmt"
	"math/big"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// money is an amount in hundredths of the currency.
type money int64

// parseMoney reads an amount such as "12.50"; empty is zero. It may not be
// negative.
func parseMoney(name, text string) (money, error) {
	m, err := parseSigned(name, text)
	if err == nil && m < 0 {
		return 0, fmt.Errorf("%s: %q is negative", name, text)
	}
	return m, err
}

func parseSigned(name, text string) (money, error) {
	if text == "" {
		return 0, nil
	}
	value, ok := tiktokshop.Decimal(text).Rat()
	if !ok {
		return 0, fmt.Errorf("%s: %q is not an amount", name, text)
	}
	cents := value.Mul(value, big.NewRat(100, 1))
	if !cents.IsInt() || !cents.Num().IsInt64() {
		return 0, fmt.Errorf("%s: %q is not an amount with at most 2 decimals", name, text)
	}
	return money(cents.Num().Int64()), nil
}

// cents reads an amount that the fake wrote itself.
func cents(d tiktokshop.Decimal) money {
	m, err := parseSigned("amount", string(d))
	if err != nil {
		panic("tiktokshoptest: " + err.Error())
	}
	return m
}

func (m money) decimal() tiktokshop.Decimal {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return tiktokshop.Decimal(fmt.Sprintf("%s%d.%02d", sign, m/100, m%100))
}

// rate is a share in hundredths of a percent; half a cent is rounded up.
func (m money) rate(basisPoints int64) money { return (m*money(basisPoints) + 5000) / 10000 }

// shares splits m in n parts that differ by at most a cent and sum up to it.
func (m money) shares(n int) []money {
	parts := make([]money, n)
	for i := range parts {
		parts[i] = m*money(i+1)/money(n) - m*money(i)/money(n)
	}
	return parts
}
