package tiktokshoptest

import (
	"fmt"
	"math/big"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// money is an amount in hundredths of the currency.
type money int64

// parseMoney reads an amount such as "12.50"; empty is zero.
func parseMoney(name, text string) (money, error) {
	if text == "" {
		return 0, nil
	}
	value, ok := tiktokshop.Decimal(text).Rat()
	if !ok {
		return 0, fmt.Errorf("%s: %q is not an amount", name, text)
	}
	cents := value.Mul(value, big.NewRat(100, 1))
	if !cents.IsInt() || cents.Sign() < 0 || !cents.Num().IsInt64() {
		return 0, fmt.Errorf("%s: %q is not an amount of at least 0 with at most 2 decimals", name, text)
	}
	return money(cents.Num().Int64()), nil
}

func (m money) decimal() tiktokshop.Decimal {
	return tiktokshop.Decimal(fmt.Sprintf("%d.%02d", m/100, m%100))
}
