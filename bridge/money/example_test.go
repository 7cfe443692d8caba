package money_test

import (
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/money"
)

func ExampleAmount_Split() {
	price, err := money.Parse("10.00", "GBP")
	if err != nil {
		fmt.Println(err)
	}
	parts, err := price.Split([]int64{1, 1, 1})
	fmt.Println(parts, err)
	// Output:
	// [3.34 GBP 3.33 GBP 3.33 GBP] <nil>
}
