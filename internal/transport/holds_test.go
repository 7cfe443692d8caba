package transport

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// limited is a call under the limits of k.
func limited(k *Keyed[string], replay Replay) Call {
	const key = "things"
	call := testCall(replay)
	call.Budget = key
	call.Wait = func(ctx context.Context) error { return k.Wait(ctx, key) }
	call.Learn = func(f Feedback) time.Duration { return k.Learn(key, f) }
	return call
}

// What a server may make calls wait is bounded for the call that is told so and
// for the others, and one call finds out whether it is over.
func TestOneBoundForPauseAndLimiter(t *testing.T) {
	for asked, held := range map[string]time.Duration{
		"86400": 2 * time.Minute, "999999999999": 2 * time.Minute, "121": 2 * time.Minute, "60": time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			var healthy atomic.Bool
			var mu sync.Mutex
			var sent []time.Duration
			start := time.Now()
			tr := newTransport(func(*http.Request) (*http.Response, error) {
				mu.Lock()
				sent = append(sent, time.Since(start).Round(time.Second))
				mu.Unlock()
				time.Sleep(time.Second)
				if healthy.Load() {
					return respond(200, ""), nil
				}
				return respond(503, "", "Retry-After", asked), nil
			})
			tr.MaxAttempts = 1
			k := NewKeyed(func(string) Limit { return Limit{PerSecond: 10, Burst: 1} })
			if _, err := tr.Do(t.Context(), limited(k, ReplayRead), &protocol{}); err == nil {
				t.Fatal("no error")
			}
			done := make(chan error)
			for range 3 {
				go func() {
					_, err := tr.Do(t.Context(), limited(k, ReplayRead), &protocol{})
					done <- err
				}()
			}
			if held < 2*time.Minute { // not cut: the others need not wait for the first
				healthy.Store(true)
				for range 3 {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				if d := cmp.Diff([]time.Duration{0, held + time.Second, held + time.Second, held + time.Second}, sent); d != "" {
					t.Errorf("asked for %s: %s", asked, d)
				}
				return
			}
			if err := <-done; err == nil { // still refused, alone
				t.Error("the first call after the hold succeeded")
			}
			healthy.Store(true)
			for range 2 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			// The bound, the time that a reply takes, and for the last the head
			// start of the one that goes ahead.
			want := []time.Duration{0, held + time.Second, 2*held + 2*time.Second, 2*held + 7*time.Second}
			if d := cmp.Diff(want, sent); d != "" {
				t.Errorf("asked for %s: %s", asked, d)
			}
		})
	}
}

// A hold of seconds is told once to the observer and to the log.
func TestHoldIsReported(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		after  string
		want   string
	}{
		"throttled":     {429, "30", `level=WARN msg="calls are held back" budget=things for=30s reason=throttled asked=30s operation=Things.Get status=429`},
		"overloaded":    {503, "30", `level=WARN msg="calls are held back" budget=things for=30s reason=overloaded asked=30s operation=Things.Get status=503`},
		"cut":           {503, "7200", `level=WARN msg="calls are held back" budget=things for=2m0s reason=overloaded asked=2h0m0s operation=Things.Get status=503`},
		"short":         {429, "4", ""},
		"not a refusal": {500, "30", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			var held []string
			tr := newTransport(func(*http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				return respond(tt.status, "", "Retry-After", tt.after), nil
			})
			tr.MaxAttempts = 1
			tr.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))
			tr.Observer = func(_ context.Context, e Event) {
				if e.Held != 0 {
					held = append(held, fmt.Sprint(e.Operation, " ", e.Held))
				}
			}
			k := NewKeyed(func(string) Limit { return Limit{} })
			done := make(chan bool)
			for range 5 { // all under way when the hold begins
				go func() {
					_, _ = tr.Do(t.Context(), limited(k, ReplayRead), &protocol{})
					done <- true
				}()
			}
			for range 5 {
				<-done
			}
			if got := strings.TrimSpace(log.String()); got != tt.want {
				t.Errorf("%s: logged\n%s\nwant\n%s", name, got, tt.want)
			}
			if got, want := len(held), min(1, len(tt.want)); got != want {
				t.Errorf("%s: observed %v, want %d", name, held, want)
			}
			// The next hold is another.
			time.Sleep(3 * time.Minute)
			_, _ = tr.Do(t.Context(), limited(k, ReplayRead), &protocol{})
			if got, want := len(held), 2*min(1, len(tt.want)); got != want {
				t.Errorf("%s: observed %v in two holds, want %d", name, held, want)
			}
		})
	}
}

// Nothing is said of a limiter that does not learn, and nothing breaks.
func TestLimiterThatDoesNotLearn(t *testing.T) {
	tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(429, "", "Retry-After", "600"), nil })
	tr.Observer = func(_ context.Context, e Event) {
		if e.Held != 0 {
			t.Errorf("held for %s", e.Held)
		}
	}
	if _, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{}); err == nil {
		t.Error("no error")
	}
}
