package rates_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func Example() {
	ctx := context.Background()
	memory := new(store.Memory).Shop("uk") // in production, a database
	tally, err := rates.New(rates.Ports{Records: memory, Values: memory, Locks: memory}, rates.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The importer has left a record of every order.
	if _, err := memory.PutRecords(ctx, store.Record{OrderID: "576461413038785752"}, store.Record{OrderID: "576461413038785753"}); err != nil {
		fmt.Println(err)
		return
	}
	today := time.Now()
	err = tally.Count(ctx,
		rates.Order{ID: "576461413038785752", Placed: today, Market: "GB", Good: []policy.Measure{policy.LateAtReady}},
		rates.Order{ID: "576461413038785753", Placed: today, Market: "GB", Bad: []policy.Measure{policy.LateAtReady}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	counts, err := tally.Counts(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	late := counts.Of(policy.LateAtReady, "GB", "", today.AddDate(0, 0, -7))
	fmt.Printf("%d of %d orders were late\n", late.Bad, late.Orders)
	// Output: 1 of 2 orders were late
}
