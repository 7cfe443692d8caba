package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A pause is told before it is waited, whatever it is for.
func TestPauseIsToldBefore(t *testing.T) {
	for _, status := range []int{429, 500, 502} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(status, "", "Retry-After", "119"), nil })
			tr.MaxAttempts, tr.Logger = 3, slog.New(slog.NewTextHandler(&log, nil))
			start := time.Now()
			var at, pauses []time.Duration
			tr.Observer = func(_ context.Context, e Event) {
				at, pauses = append(at, time.Since(start)), append(pauses, e.Pause)
			}
			if _, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{}); err == nil {
				t.Fatal("no error")
			}
			if d := cmp.Diff([]time.Duration{0, 119 * time.Second, 238 * time.Second}, at); d != "" {
				t.Errorf("%d: told at (-want +got):\n%s", status, d)
			}
			if d := cmp.Diff([]time.Duration{119 * time.Second, 119 * time.Second, 0}, pauses); d != "" {
				t.Errorf("%d: pauses (-want +got):\n%s", status, d)
			}
			if n := strings.Count(log.String(), "a call pauses before it is repeated"); n != 2 {
				t.Errorf("%d: %d pauses in the log, want 2: %s", status, n, &log)
			}
		})
	}
	// One that the deadline leaves no room for is not waited.
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(500, "", "Retry-After", "119"), nil })
		var events []Event
		tr.Observer = func(_ context.Context, e Event) { events = append(events, e) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := tr.Do(ctx, testCall(ReplayRead), &protocol{}); err == nil || len(events) != 1 || events[0].Pause != 0 {
			t.Errorf("got %v after %d events, want an error after one without a pause", err, len(events))
		}
	})
}

// A rate that the limiter lowers is told once for each time.
func TestLoweredRateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(429, ""), nil })
		tr.MaxAttempts, tr.Logger = 6, slog.New(slog.NewTextHandler(&log, nil))
		k := NewKeyed(func(string) Limit { return Limit{PerSecond: 8, Burst: 1} })
		call := limited(k, ReplayRead)
		call.Rate = func() float64 { return k.Rate("things") }
		var rates []float64
		tr.Observer = func(_ context.Context, e Event) { rates = append(rates, e.Rate) }
		if _, err := tr.Do(t.Context(), call, &protocol{}); err == nil {
			t.Fatal("no error")
		}
		if d := cmp.Diff([]float64{4, 2, 1, 0.8, 0, 0}, rates); d != "" { // down to a tenth
			t.Errorf("rates (-want +got):\n%s", d)
		}
		if n := strings.Count(log.String(), "calls are slowed down"); n != 4 {
			t.Errorf("%d in the log, want 4: %s", n, &log)
		}
	})
	k := NewKeyed(func(string) Limit { return Limit{} })
	if got := k.Rate("things"); got != 0 {
		t.Errorf("without a limit: a rate of %v, want 0", got)
	}
}

// A body that is longer than its sender says is read to its end.
func TestReadAllBeyondLength(t *testing.T) {
	for _, length := range []int64{-1, 0, 1, 4, 9, 10, 11, 2 << 20} {
		got, err := ReadAll(strings.NewReader("0123456789"), length)
		if err != nil || string(got) != "0123456789" {
			t.Errorf("said to be %d long: got %q, %v", length, got, err)
		}
	}
	broken := errors.New("broken")
	got, err := ReadAll(io.MultiReader(strings.NewReader("01234"), iotest.ErrReader(broken)), 2)
	if !errors.Is(err, broken) || string(got) != "01234" {
		t.Errorf("got %q, %v; want what came, and the error", got, err)
	}
}

// A NetworkError that is found in an error holds no secret either.
func TestScrubbedNetworkError(t *testing.T) {
	call := Call{Secrets: func() []string { return []string{"MARKED-secret"} }}
	err := call.scrub(fmt.Errorf("outer MARKED-secret: %w", &NetworkError{Sent: true, Err: errors.New("inner MARKED-secret")}))
	network, ok := errors.AsType[*NetworkError](err)
	if !ok || !network.Sent {
		t.Fatalf("got %v, want a NetworkError that was sent", err)
	}
	if text := err.Error() + network.Error() + network.Unwrap().Error(); strings.Contains(text, "MARKED") {
		t.Errorf("a secret is left in %q", text)
	}
}
