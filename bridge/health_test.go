package bridge

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTimings(t *testing.T) {
	var timings Timings
	if diff := cmp.Diff(FlowHealth{}, timings.Health()); diff != "" {
		t.Errorf("before the first run: %s", diff)
	}
	for i := 1; i <= 100; i++ {
		timings.Done(noon, noon.Add(time.Duration(i)*time.Millisecond), nil)
	}
	timings.Done(noon, noon.Add(-time.Second), errors.New("the shop is away")) // a clock that was set back
	timings.Waiting(3, noon.Add(-time.Minute))
	want := FlowHealth{
		Runs: 101, Failures: 1, LastSuccess: noon.Add(100 * time.Millisecond), LastFailure: noon.Add(-time.Second), LastError: "the shop is away",
		Last: 0, Max: 100 * time.Millisecond, P50: 50 * time.Millisecond, P99: 99 * time.Millisecond, Backlog: 3, Oldest: noon.Add(-time.Minute),
	}
	if diff := cmp.Diff(want, timings.Health()); diff != "" {
		t.Error(diff)
	}
	const text = "101 runs, 1 failed, backlog 3; last 0s, p50 50ms, p99 99ms, max 100ms; last success 2026-11-27T12:00:00Z; " +
		"last failure 2026-11-27T11:59:59Z: the shop is away; waiting since 2026-11-27T11:59:00Z"
	if diff := cmp.Diff(text, timings.Health().String()); diff != "" {
		t.Error(diff)
	}
}

// The percentiles forget what is long past, the maximum does not.
func TestTimingsWindow(t *testing.T) {
	var timings Timings
	var wg sync.WaitGroup
	timings.Done(noon, noon.Add(time.Hour), nil)
	for range 4 {
		wg.Go(func() {
			for range timingsWindow / 4 {
				timings.Done(noon, noon.Add(time.Second), nil)
			}
		})
	}
	wg.Wait()
	h := timings.Health()
	if h.Runs != timingsWindow+1 || h.P50 != time.Second || h.P99 != time.Second || h.Max != time.Hour {
		t.Error(h)
	}
}
