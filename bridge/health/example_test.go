package health_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/health"
)

func ExampleTimings() {
	var timings health.Timings
	start := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	timings.Done(start, start.Add(200*time.Millisecond), nil)
	timings.Done(start.Add(time.Minute), start.Add(time.Minute+time.Second), errors.New("the shop does not answer"))
	timings.Waiting(3, start.Add(30*time.Second))
	fmt.Println(timings.Health())
	// Output:
	// 2 runs, 1 failed, backlog 3; last 1s, p50 200ms, p99 1s, max 1s; last success 2026-12-01T09:00:00Z; last failure 2026-12-01T09:01:01Z: the shop does not answer; waiting since 2026-12-01T09:00:30Z
}
