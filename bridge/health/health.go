package health

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// timingsWindow is how many runs the percentiles of a [Timings] look back.
const timingsWindow = 512

// Timings records how the runs of one part go. The zero value is ready. It is
// safe for concurrent use, and takes the same memory however long it runs.
type Timings struct {
	mu     sync.Mutex
	health Flow // all but the percentiles
	ring   [timingsWindow]time.Duration
}

// Done records a run, by the caller's clock, with the error that it returned.
func (t *Timings) Done(start, end time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, took := &t.health, max(0, end.Sub(start))
	t.ring[h.Runs%timingsWindow] = took
	h.Runs++
	h.Last, h.Max = took, max(h.Max, took)
	if err != nil {
		h.Failures++
		h.LastFailure, h.LastError = end.UTC(), err.Error()
		return
	}
	h.LastSuccess = end.UTC()
}

// Fail records that the last run, which Done had as a success, failed after all, at
// the moment given.
func (t *Timings) Fail(at time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health.Failures++
	t.health.LastFailure, t.health.LastError = at.UTC(), err.Error()
}

// Measure begins to record a run by the clock now; the function it returns ends it
// with the error that err points to by then:
//
//	defer timings.Measure(time.Now, &err)()
func (t *Timings) Measure(now func() time.Time, err *error) (end func()) {
	start := now()
	return func() { t.Done(start, now(), *err) }
}

// Waiting records how much is left to do, and since when the oldest of it waits
// (zero if nothing does, or if that is not known).
func (t *Timings) Waiting(backlog int, oldest time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health.Backlog, t.health.Oldest = backlog, oldest
}

// Health returns the numbers so far.
func (t *Timings) Health() Flow {
	t.mu.Lock()
	h := t.health
	window := slices.Clone(t.ring[:min(h.Runs, timingsWindow)])
	t.mu.Unlock()
	slices.Sort(window)
	h.P50, h.P99 = Percentile(window, 50), Percentile(window, 99)
	return h
}

// Percentile is the smallest value that p percent of the sorted values do not
// exceed.
func Percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*p+99)/100-1]
}

// Flow are the health numbers of one part since it was made.
type Flow struct {
	Runs, Failures           int
	LastSuccess, LastFailure time.Time
	// LastError is what the last failure said.
	LastError string
	// Last, Max, P50 and P99 are how long runs took; the percentiles are of the
	// last 512.
	Last, Max, P50, P99 time.Duration
	// Backlog is how much was left to do after the last run, Oldest since when the
	// oldest of it waits.
	Backlog int
	Oldest  time.Time
	// Began is when the run that is going on began, zero if none is. Overdue is since
	// when one should have ended that has not, zero if none is overdue. Both are
	// known only of what a bridge.Sync runs by itself, not of parts.
	Began, Overdue time.Time
}

// Healthy reports whether the last run succeeded and none is overdue. What has not
// run yet is healthy until it is overdue.
func (h Flow) Healthy() bool {
	return h.Overdue.IsZero() && (h.LastFailure.IsZero() || h.LastSuccess.After(h.LastFailure))
}

// MarshalJSON returns the numbers for programs, with durations as text ("1.5s").
func (h Flow) MarshalJSON() ([]byte, error) { return part.JSON(h) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Flow) UnmarshalJSON(b []byte) error {
	var f struct {
		Runs, Failures      int
		LastSuccess         time.Time `json:"last_success"`
		LastFailure         time.Time `json:"last_failure"`
		LastError           string    `json:"last_error"`
		Last, Max, P50, P99 string
		Backlog             int
		Oldest              time.Time
		Began, Overdue      time.Time
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("health: %w", err)
	}
	*h = Flow{
		Runs: f.Runs, Failures: f.Failures, LastSuccess: f.LastSuccess, LastFailure: f.LastFailure, LastError: f.LastError,
		Backlog: f.Backlog, Oldest: f.Oldest, Began: f.Began, Overdue: f.Overdue,
	}
	for _, d := range []struct {
		text string
		to   *time.Duration
	}{{f.Last, &h.Last}, {f.Max, &h.Max}, {f.P50, &h.P50}, {f.P99, &h.P99}} {
		var err error
		if *d.to, err = time.ParseDuration(d.text); err != nil {
			return fmt.Errorf("health: %w", err)
		}
	}
	return nil
}

// String is one line for a log or a terminal.
func (h Flow) String() string {
	s := fmt.Sprintf("%d runs, %d failed, backlog %d; last %s, p50 %s, p99 %s, max %s", h.Runs, h.Failures, h.Backlog, h.Last, h.P50, h.P99, h.Max)
	if !h.LastSuccess.IsZero() {
		s += "; last success " + h.LastSuccess.Format(time.RFC3339)
	}
	if !h.LastFailure.IsZero() {
		s += "; last failure " + h.LastFailure.Format(time.RFC3339) + ": " + h.LastError
	}
	if h.Backlog > 0 && !h.Oldest.IsZero() {
		s += "; waiting since " + h.Oldest.UTC().Format(time.RFC3339)
	}
	if !h.Began.IsZero() {
		s += "; running since " + h.Began.UTC().Format(time.RFC3339)
	}
	if !h.Overdue.IsZero() {
		s += "; overdue since " + h.Overdue.UTC().Format(time.RFC3339)
	}
	return s
}
