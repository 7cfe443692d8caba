package bridge_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// A person takes an exception on and closes it; the cause is still there.
func ExampleExceptionDesk() {
	ctx := context.Background()
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	var queue bridge.MemoryExceptions
	queue.Now = func() time.Time { return now }
	e := bridge.Exception{
		Kind: bridge.KindTrackingDiffers, Owner: bridge.OwnerWarehouse, Severity: bridge.Warning, Object: "order 1",
		Deadline: now.Add(6 * time.Hour), Seen: "the shop shows another number", Do: "find out which is right",
	}
	raise := func() {
		if err := queue.Raise(ctx, e); err != nil {
			fmt.Println(err)
		}
	}
	decide := func(d bridge.Decision) {
		c, err := queue.Decide(ctx, e.Key(), d)
		fmt.Printf("%s %q %v\n", c.State, c.Holder(now), err)
	}
	raise()
	decide(bridge.Decision{Verb: bridge.VerbClaimed, By: "Ann", Until: now.Add(time.Hour)})
	decide(bridge.Decision{Verb: bridge.VerbClaimed, By: "Bob"})
	decide(bridge.Decision{Verb: bridge.VerbResolved, By: "Ann", Note: "corrected in the shop"})
	raise() // the next run sees it again

	now = now.Add(3 * time.Hour)
	cases, _ := queue.Cases(ctx, bridge.CaseFilter{Owner: bridge.OwnerWarehouse})
	for _, c := range cases {
		fmt.Println(c.Count, c.Reopened, bridge.Escalation{}.Apply(c.Exception, now).Severity)
		for _, event := range c.History {
			fmt.Printf("%s %q\n", event.Verb, event.By)
		}
	}
	// Output:
	// open "Ann" <nil>
	// open "Ann" bridge: the case is claimed by Ann until 2026-11-27 10:00 UTC
	// resolved "" <nil>
	// 2 1 urgent
	// raised ""
	// claimed "Ann"
	// resolved "Ann"
	// returned ""
}

func ExampleKind_Info() {
	info, _ := bridge.KindNoTracking.Info()
	fmt.Println(info.Owner, info.Severity, info.Within)
	for i, step := range info.Steps {
		fmt.Println(i+1, step)
	}
	// Output:
	// warehouse urgent 2h0m0s
	// 1 Find the number: on the label, in the carrier's portal, at the packing bench.
	// 2 Enter number and carrier in the shop. A processed order in Linnworks takes none any more.
	// 3 If the service has no tracking, use a tracked one for this shop from now on.
}
