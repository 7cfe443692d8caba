package linnworkstest

import (
	"fmt"
	"net/http"
	"time"
)

// defaultLimit is the number of calls a minute that Linnworks admits for nearly
// all operations.
const defaultLimit = 150

// limits are the quotas in force.
type limits struct {
	on  bool
	own map[string]int // folded operation to calls a minute
}

// WithoutQuotas admits any number of calls.
func WithoutQuotas() Option {
	return func(f *Fake) { f.limits.on = false }
}

// WithQuota admits perMinute calls of operation in each minute of the clock
// instead of the published number; 0 admits any number.
func WithQuota(operation string, perMinute int) Option {
	return func(f *Fake) { f.limits.own[fold(operation)] = perMinute }
}

// of returns the quota of an operation.
func (l limits) of(op *route) int {
	if n, ok := l.own[fold(op.name)]; ok {
		return n
	}
	return op.limit
}

// window counts the calls of one minute.
type window struct {
	start time.Time
	used  int
}

// overQuota counts a call. If the minute's quota is used up it tells how long
// until the next one.
func (f *Fake) overQuota(op *route) (time.Duration, bool) {
	limit := f.limits.of(op)
	if !f.limits.on || limit <= 0 {
		return 0, false
	}
	now := f.now()
	w := f.windows[op.name]
	if start := now.Truncate(time.Minute); w == nil || !w.start.Equal(start) {
		w = &window{start: start}
		f.windows[op.name] = w
	}
	if w.used >= limit {
		return w.start.Add(time.Minute).Sub(now), true
	}
	w.used++
	return 0, false
}

// throttled is the refusal of a call beyond the quota.
func throttled(limit int, wait time.Duration) reply {
	r := errorReply(&apiError{
		status:  http.StatusTooManyRequests,
		message: fmt.Sprintf("API calls quota exceeded! Maximum admitted %d per Minute.", limit),
	})
	r.retryAfter = wait
	return r
}
