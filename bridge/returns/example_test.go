package returns_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/returns"
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
	// 1 return(s) to decide, the first by 2026-11-30 12:00 UTC <nil>
	// return 7: return accepted <nil>
	// 0 cases <nil>
}
