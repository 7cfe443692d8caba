package transport

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// notable is the length from which on a held budget is reported.
const notable = 5 * time.Second

// learn tells the limiter of a refused attempt, which was admitted at the given
// time. It returns for how long the budget is held if that is worth a report and
// new, and its rate if that was lowered.
func (t *Transport) learn(ctx context.Context, call Call, v Verdict, status int, admitted time.Time) (held time.Duration, rate float64) {
	if call.Learn == nil || v.Limit == NotLimited {
		return 0, 0
	}
	was := call.rate()
	f := Feedback{Admitted: admitted, RetryAfter: v.After, Overload: v.Limit == Overloaded}
	if t.MaxRetryAfter > 0 && f.RetryAfter > t.MaxRetryAfter {
		f.RetryAfter, f.Probe = t.MaxRetryAfter, true
	}
	held = call.Learn(f)
	if now := call.rate(); now < was {
		rate = now
		if t.Logger != nil {
			t.Logger.LogAttrs(ctx, slog.LevelWarn, "calls are slowed down",
				slog.String("budget", call.Budget), slog.Float64("per second", now), slog.Float64("before", was),
				slog.String("operation", call.Operation), slog.Int("status", status))
		}
	}
	if held < notable || !t.holds.begin(call.Budget, time.Now(), held) {
		return 0, rate
	}
	if t.Logger != nil {
		reason := "throttled"
		if f.Overload {
			reason = "overloaded"
		}
		t.Logger.LogAttrs(ctx, slog.LevelWarn, "calls are held back",
			slog.String("budget", call.Budget), slog.Duration("for", held), slog.String("reason", reason),
			slog.Duration("asked", v.After), slog.String("operation", call.Operation), slog.Int("status", status))
	}
	return held, rate
}

// rate is how many calls a second the limiter lets go, 0 if that is not known.
func (c Call) rate() float64 {
	if c.Rate == nil {
		return 0
	}
	return c.Rate()
}

// holds remembers which budgets are held, so that each hold is reported once.
// The zero value is ready.
type holds struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// begin reports whether the budget was not held so far.
func (h *holds) begin(budget string, now time.Time, d time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	for key, until := range h.until {
		if !now.Before(until) {
			delete(h.until, key)
		}
	}
	until, held := h.until[budget]
	if end := now.Add(d); end.After(until) {
		h.until[budget] = end
	}
	return !held
}
