package exceptions_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// A person takes an exception on and closes it; the cause is still there.
func ExampleDesk() {
	ctx := context.Background()
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	desk := exceptions.Memory{Now: func() time.Time { return now }}
	queue := desk.Shop("UK")
	e := exceptions.Exception{
		Shop: "UK", Kind: exceptions.TrackingDiffers, Owner: exceptions.OwnerWarehouse, Severity: exceptions.Warning, Object: "order 1",
		Deadline: now.Add(6 * time.Hour), Seen: "the shop shows another number", Do: "find out which is right",
	}
	raise := func() {
		if err := queue.Raise(ctx, e); err != nil {
			fmt.Println(err)
		}
	}
	decide := func(d exceptions.Decision) {
		c, err := desk.Decide(ctx, e.Key(), d)
		fmt.Printf("%s %q %v\n", c.State, c.Holder(now), err)
	}
	raise()
	decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: now.Add(time.Hour)})
	decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Bob"})
	decide(exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "corrected in the shop"})
	raise() // the next run sees it again

	now = now.Add(3 * time.Hour)
	cases, _ := desk.Cases(ctx, exceptions.Filter{Owner: exceptions.OwnerWarehouse})
	for _, c := range cases {
		fmt.Println(c.Count, c.Reopened, exceptions.Escalation{}.Apply(c.Exception, now).Severity)
		for _, event := range c.History {
			fmt.Printf("%s %q\n", event.Verb, event.By)
		}
	}
	// Output:
	// open "Ann" <nil>
	// open "Ann" exceptions: the case is claimed by Ann until 2026-11-27 10:00 UTC
	// resolved "" <nil>
	// 2 1 urgent
	// raised ""
	// claimed "Ann"
	// resolved "Ann"
	// returned ""
}

func ExampleKind_Info() {
	info, _ := exceptions.NoTracking.Info()
	fmt.Println(info.Owner, info.Severity, info.Within)
	for i, step := range info.Steps {
		fmt.Println(i+1, step)
	}
	// Output:
	// warehouse urgent 2h0m0s
	// 1 Find the number: on the label, on the carrier's website, at the packing bench.
	// 2 Enter the number and the carrier in the shop. Linnworks takes none for a processed order.
	// 3 If the service has no tracking, use a tracked one for this shop from now on.
}

func ExampleMemory() {
	ctx := context.Background()
	store := exceptions.Memory{Now: func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }}
	queue := store.Shop("UK")
	e := exceptions.Exception{
		Kind: exceptions.NoTracking, Owner: exceptions.OwnerWarehouse, Severity: exceptions.Urgent, Object: "order 1",
		Deadline: time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC), Seen: "processed without a number", Do: "find the number",
	}
	for range 3 {
		if err := queue.Raise(ctx, e); err != nil {
			fmt.Println(err)
		}
	}
	open, _ := queue.Open(ctx)
	fmt.Println(open[0].Count, open[0])
	if err := queue.Clear(ctx, "order 1", exceptions.NoTracking); err != nil {
		fmt.Println(err)
	}
	open, _ = queue.Open(ctx)
	fmt.Println(len(open))
	// Output:
	// 3 [urgent, warehouse, UK] order 1: no tracking: processed without a number. To do: find the number (by 2026-11-27 17:00 UTC)
	// 0
}
