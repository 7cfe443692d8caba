package audit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/linnbridge/linnbridge/bridge/audit"
)

// A shop sells one SKU too many.
func ExampleRun() {
	accounts := sound(rand.New(rand.NewPCG(1, 2)))
	accounts.list("LAMP-OAK")
	report, err := audit.Run(context.Background(), audit.Ports{Listings: accounts, Items: accounts, Bundles: accounts}, audit.Options{
		Promotion: []string{"LAMP-OAK"},
		Now:       func() time.Time { return time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Findings {
		fmt.Printf("%s, %s: %s: %s\n", f.Severity, f.Owner, f.Object, f.Rule)
	}
	fmt.Println(report.Promotion[0])
	// Output:
	// urgent, e-commerce: SKU LAMP-OAK: listing without an item
	// LAMP-OAK: not ready: listing without an item
}
