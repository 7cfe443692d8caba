package bridgetest_test

import (
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/bridgetest"
)

// Reports of several seeds add up.
func ExampleReport() {
	day := bridgetest.Report{Seed: 42, Market: "GB", Simulated: 4 * time.Hour, Counts: bridgetest.Counts{Orders: 24, Shipped: 19, Cancelled: 4}}
	fmt.Println(day.Add(bridgetest.Report{Counts: bridgetest.Counts{Orders: 1, Shipped: 1}}))
	// Output:
	// seed 42 (GB), 4h0m0s: Orders 25, Cancelled 4, Shipped 20
}
