package health_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

func TestTimings(t *testing.T) {
	var timings health.Timings
	if diff := cmp.Diff(health.Flow{}, timings.Health()); diff != "" {
		t.Errorf("before the first run: %s", diff)
	}
	for i := 1; i <= 100; i++ {
		timings.Done(world.Noon, world.Noon.Add(time.Duration(i)*time.Millisecond), nil)
	}
	timings.Done(world.Noon, world.Noon.Add(-time.Second), errors.New("the shop is away")) // a clock that was set back
	timings.Waiting(3, world.Noon.Add(-time.Minute))
	want := health.Flow{
		Runs: 101, Failures: 1, LastSuccess: world.Noon.Add(100 * time.Millisecond), LastFailure: world.Noon.Add(-time.Second), LastError: "the shop is away",
		Last: 0, Max: 100 * time.Millisecond, P50: 50 * time.Millisecond, P99: 99 * time.Millisecond, Backlog: 3, Oldest: world.Noon.Add(-time.Minute),
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
	var timings health.Timings
	var wg sync.WaitGroup
	timings.Done(world.Noon, world.Noon.Add(time.Hour), nil)
	for range 4 {
		wg.Go(func() {
			for range health.TimingsWindow / 4 {
				timings.Done(world.Noon, world.Noon.Add(time.Second), nil)
			}
		})
	}
	wg.Wait()
	h := timings.Health()
	if h.Runs != health.TimingsWindow+1 || h.P50 != time.Second || h.P99 != time.Second || h.Max != time.Hour {
		t.Error(h)
	}
}

func TestFlowJSON(t *testing.T) {
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, want := range []health.Flow{{}, {
		Runs: 9, Failures: 2, LastSuccess: at, LastFailure: at.Add(time.Minute), LastError: "down", Last: time.Millisecond, Max: time.Minute,
		P50: time.Second, P99: 1500 * time.Millisecond, Backlog: 3, Oldest: at.Add(-time.Hour),
		Began: at.Add(time.Second), Overdue: at.Add(2 * time.Second),
	}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got health.Flow
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{`[]`, `{"last":"soon","max":"0s","p50":"0s","p99":"0s"}`} {
		if err := json.Unmarshal([]byte(text), new(health.Flow)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func TestFlowHealthy(t *testing.T) {
	at := world.Noon
	for name, tc := range map[string]struct {
		flow    health.Flow
		healthy bool
	}{
		"not run yet":               {health.Flow{}, true},
		"not run yet, and should":   {health.Flow{Overdue: at}, false},
		"succeeded":                 {health.Flow{Runs: 1, LastSuccess: at}, true},
		"failed":                    {health.Flow{Runs: 1, Failures: 1, LastFailure: at}, false},
		"failed, then succeeded":    {health.Flow{Runs: 2, Failures: 1, LastFailure: at, LastSuccess: at.Add(1)}, true},
		"succeeded, then failed":    {health.Flow{Runs: 2, Failures: 1, LastSuccess: at, LastFailure: at.Add(1)}, false},
		"succeeded, failed at once": {health.Flow{Runs: 1, Failures: 1, LastSuccess: at, LastFailure: at}, false},
		"succeeded, overdue":        {health.Flow{Runs: 1, LastSuccess: at, Overdue: at.Add(1)}, false},
		"running":                   {health.Flow{Runs: 1, LastSuccess: at, Began: at.Add(1)}, true},
	} {
		if got := tc.flow.Healthy(); got != tc.healthy {
			t.Errorf("%s: healthy %t, want %t", name, got, tc.healthy)
		}
	}
	h := health.Flow{Began: at, Overdue: at.Add(time.Minute)}
	if text := h.String(); !strings.Contains(text, "running since 2026-11-27T12:00:00Z; overdue since 2026-11-27T12:01:00Z") {
		t.Errorf("the line does not say that it is overdue: %s", text)
	}
	var timings health.Timings
	timings.Done(at, at, nil)
	timings.Fail(at, errors.New("nobody was told"))
	want := health.Flow{Runs: 1, Failures: 1, LastSuccess: at, LastFailure: at, LastError: "nobody was told"}
	if diff := cmp.Diff(want, timings.Health()); diff != "" {
		t.Error(diff)
	}
}
