package bridgetest_test

import (
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/bridgetest"
)

// Reports of several seeds add up.
func ExampleReport() {
	day := bridgetest.Report{Seed: 42, Market: "GB", Simulated: 4 * time.Hour, Orders: 24, Shipped: 19, Cancelled: 4, Passes: 40, Calls: 1150}
	fmt.Println(day.Add(bridgetest.Report{Orders: 1, Shipped: 1}))
	// Output:
	// seed 42 (GB): 4h0m0s, 25 orders (0 sold out, 0 elsewhere), 20 shipped, 4 cancelled, 0 too late, 0 deadlines missed, 40 passes, 1150 calls, 0 faults, 0 kills, 0 exceptions
}
