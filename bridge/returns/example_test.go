package returns_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A buyer wants to send two mugs back, and somebody grants it.
func Example() {
	ctx := context.Background()
	shop := &shop{returns: map[string]returns.Return{"7": waiting("7", returns.AskReturn, 24*time.Hour)}}
	queue := new(exceptions.Memory).Shop("uk")
	watch, err := returns.NewWatch(returns.Ports{Shop: shop, Exceptions: queue}, returns.Options{Now: func() time.Time { return noon }})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := watch.Check(ctx)
	fmt.Println(report, err)

	decision := returns.Decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true}
	fmt.Println(decision, watch.Decide(ctx, decision))
	open, err := queue.Open(ctx)
	fmt.Println(len(open), "cases", err)
	// Output:
	// 1 return to decide, the first by 2026-11-30 12:00 UTC <nil>
	// return 7: return accepted <nil>
	// 0 cases <nil>
}

// A return of one mug, from the refund in the shop to the books of the warehouse.
func ExampleMirror() {
	ctx := context.Background()
	back := waiting("7", "", 0)
	back.Refunded, back.Lines = true, back.Lines[:1]
	shop := &shop{returns: map[string]returns.Return{"7": back}}
	desk := &desk{order: returns.Sent{ID: "w1", Number: "100001", Gone: true, Currency: "GBP", Rows: []returns.Row{
		{ID: "row-1", SKU: "MUG", Quantity: 2, Worth: 5000, LineIDs: []string{"1", "2"}},
	}}}
	memory := new(store.Memory).Shop("uk")
	mirror, err := returns.NewMirror(returns.MirrorPorts{
		Shop: shop, Changes: shop, Warehouse: desk, Records: memory, Values: memory, Locks: memory, Exceptions: new(exceptions.Memory).Shop("uk"),
	}, returns.MirrorOptions{Now: func() time.Time { return noon }})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		fmt.Println(mirror.Run(ctx))
	}
	for _, b := range desk.order.Refunds {
		fmt.Println(b.Reference, b.Amount, b.Done)
	}
	// Output:
	// 1 refund and 0 parcels booked, 1 return open <nil>
	// 0 refunds and 0 parcels booked, 0 returns open <nil>
	// 0 refunds and 0 parcels booked, 0 returns open <nil>
	// 7 25.00 GBP true
}
