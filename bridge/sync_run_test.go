package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// idle is a Sync without flows of its own.
func idle(t *testing.T, log *bytes.Buffer, flows ...bridge.Flow) *bridge.Sync {
	t.Helper()
	b, _ := newSync(t, newSides(t, "GB"), new(outage), syncSettings())
	b.Flows = flows
	b.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return b
}

// start runs a Sync until the function it returns is called.
func start(t *testing.T, b *bridge.Sync) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want %v", err, context.Canceled)
		}
	}
}

// A job queue runs single flows: the settings are compared once before, the run is told
// like any other, and a name that is none is an error.
func TestRunFlow(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var runs, observed atomic.Int64
	down := errors.New("down")
	b := idle(t, &log, bridge.Flow{Name: "good", Run: func(ctx context.Context) (fmt.Stringer, error) { runs.Add(1); return nothing(ctx) }},
		bridge.Flow{Name: "bad", Run: func(context.Context) (fmt.Stringer, error) { return nil, down }})
	b.Observe = func(context.Context, bridge.FlowRun) { observed.Add(1) }
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if run, err := b.RunFlow(t.Context(), "good"); err != nil || run.Flow != "good" || run.Result == nil {
				t.Errorf("got %+v, %v", run, err)
			}
		})
	}
	wg.Wait()
	if run, err := b.RunFlow(t.Context(), "bad"); !errors.Is(err, down) || !errors.Is(run.Err, down) {
		t.Errorf("a flow that fails: got %v, %v, want %v", run.Err, err, down)
	}
	if _, err := b.RunFlow(t.Context(), "ugly"); err == nil || !strings.Contains(err.Error(), `no flow is called "ugly"`) {
		t.Errorf("a flow that is none: got %v", err)
	}
	h := b.Health()
	if runs.Load() != 4 || observed.Load() != 5 || h.Check.Runs != 1 || h.Flows["good"].Runs != 4 || h.Flows["bad"].Failures != 1 || h.Healthy {
		t.Errorf("%d runs, %d observed, health %+v", runs.Load(), observed.Load(), h)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := idle(t, &log, bridge.Flow{Name: "good", Run: nothing}).RunFlow(ctx, "good"); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: got %v", err)
	}
}

func nothing(context.Context) (fmt.Stringer, error) { return bridge.OrderResults(nil), nil }

// What panics is a failed run: the program goes on, so do the other flows, health and
// log say so without what was thrown, and the flow is tried again at its pace.
func TestSyncSurvivesPanics(t *testing.T) {
	t.Parallel()
	const secret = "Robin Example, 1 Mill Lane"
	for name, tc := range map[string]struct {
		run     func(runs int)
		observe func(runs int)
		want    string
	}{
		"a text in a flow":     {run: func(int) { panic(secret) }, want: "the flow panicked: a value of the type string"},
		"an error in a flow":   {run: func(int) { panic(errors.New(secret)) }, want: "the flow panicked: a value of the type *errors.errorString"},
		"nil in a flow":        {run: func(int) { panic(nil) }, want: "the flow panicked: panic called with nil"}, //nolint:govet // that is the point
		"the runtime's":        {run: func(runs int) { _ = []int{}[runs] }, want: "the flow panicked: runtime error: index out of range"},
		"in Observe":           {observe: func(int) { panic(secret) }, want: "Observe panicked: a value of the type string"},
		"in both of one":       {run: func(int) { panic(1) }, observe: func(int) { panic(1.5) }, want: "the flow panicked: a value of the type int"},
		"in Observe, now over": {observe: func(runs int) { panicUntil(3, runs) }},
		"in a flow, now over":  {run: func(runs int) { panicUntil(3, runs) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var bad, good atomic.Int64
				b := idle(t, &log, bridge.Flow{Name: "bad", Every: time.Minute, Run: func(ctx context.Context) (fmt.Stringer, error) {
					bad.Add(1)
					if tc.run != nil {
						tc.run(int(bad.Load()))
					}
					return nothing(ctx)
				}}, bridge.Flow{Name: "good", Every: time.Minute, Run: func(ctx context.Context) (fmt.Stringer, error) {
					good.Add(1)
					return nothing(ctx)
				}})
				b.Observe = func(_ context.Context, run bridge.FlowRun) {
					if run.Flow == "bad" && tc.observe != nil {
						tc.observe(int(bad.Load()))
					}
				}
				stop := start(t, b)
				time.Sleep(5*time.Minute + time.Second)
				h := b.Health()
				stop()
				if bad.Load() != 6 || good.Load() != 6 {
					t.Errorf("the flow that panics ran %d times and the other %d, want 6 of each in five minutes", bad.Load(), good.Load())
				}
				if !h.Flows["good"].Healthy() || h.Flows["bad"].Healthy() != (tc.want == "") || h.Healthy != (tc.want == "") {
					t.Errorf("health: all %t, good %s, bad %s", h.Healthy, h.Flows["good"], h.Flows["bad"])
				}
				if !strings.Contains(h.Flows["bad"].LastError, tc.want) {
					t.Errorf("health says %q, want %q", h.Flows["bad"].LastError, tc.want)
				}
				if text := log.String(); strings.Contains(text+h.Flows["bad"].LastError, secret) || !strings.Contains(text, "sync_run_test.go") || !strings.Contains(text, "level=ERROR") {
					t.Errorf("the log has what was thrown, or no stack:\n%s", text)
				}
			})
		})
	}
}

func panicUntil(n, runs int) {
	if runs < n {
		panic("not yet")
	}
}

// Step goes on behind a flow that panics, and returns the error.
func TestSyncStepSurvivesPanics(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := idle(t, &log, bridge.Flow{Name: "bad", Run: func(context.Context) (fmt.Stringer, error) { panic("x") }}, bridge.Flow{Name: "good", Run: nothing})
	b.Log = nil // nobody reads the stack
	did, err := b.Step(t.Context())
	if len(did) != 2 || did[0].Err == nil || did[1].Err != nil || err == nil || !strings.Contains(err.Error(), "bad: the flow panicked") {
		t.Errorf("got %v, %v", did, err)
	}
}

// A step that is stopped begins nothing more: what is left to do waits for the next.
func TestSyncStepStopsBetweenFlows(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	second := false
	b := idle(t, &log, bridge.Flow{Name: "first", Run: func(ctx context.Context) (fmt.Stringer, error) {
		cancel()
		return nothing(ctx)
	}}, bridge.Flow{Name: "second", Run: func(ctx context.Context) (fmt.Stringer, error) {
		second = true
		return nothing(ctx)
	}})
	did, err := b.Step(ctx)
	if second || len(did) != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("the second flow ran: %t, %d results, %v; want the first alone and %v", second, len(did), err, context.Canceled)
	}
}

// A flow that hangs, or whoever observes it, does not leave health green, and health
// turns green again when it goes on.
func TestSyncHealthSaysWhatIsOverdue(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"flow", "Observe", "check"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				gate := make(chan struct{})
				var runs atomic.Int64
				wait := func(here string) {
					if where == here && runs.Load() == 3 {
						<-gate
					}
				}
				b := idle(t, &log, bridge.Flow{Name: "slow", Every: time.Minute, Run: func(ctx context.Context) (fmt.Stringer, error) {
					runs.Add(1)
					wait("flow")
					return nothing(ctx)
				}}, bridge.Flow{Name: "rare", Every: time.Hour, Run: nothing})
				b.Observe = func(_ context.Context, run bridge.FlowRun) {
					if run.Flow == "slow" {
						wait("Observe")
					}
				}
				last := 1 * time.Minute // end of the last run before it hangs, or its own
				switch where {
				case "Observe":
					last = 2 * time.Minute
				case "check": // the shop is away from the start
					down := new(outage)
					down.set(true)
					flows := b.Flows
					b, _ = newSync(t, newSides(t, "GB"), down, syncSettings())
					b.Flows = flows
					go func() { <-gate; down.set(false) }()
					last = 0
				}
				began := time.Now()
				stop := start(t, b)
				time.Sleep(last + 10*time.Minute)
				// What fails is not healthy, long before it is overdue.
				if h := b.Health(); h.Healthy != (where != "check") || !h.Flows["slow"].Healthy() {
					t.Errorf("healthy %t, overdue too early: %s", h.Healthy, h.Flows["slow"])
				}
				time.Sleep(time.Second)
				h := b.Health()
				if slow := h.Flows["slow"]; h.Healthy || slow.Healthy() || !slow.Overdue.Equal(began.Add(last+10*time.Minute)) || slow.Began.IsZero() != (where == "check") {
					t.Errorf("healthy %t, began %v, %s; want that it is overdue ten minutes after the last run ended", h.Healthy, slow.Began, slow)
				}
				if !h.Flows["rare"].Healthy() {
					t.Errorf("the other flow: %s", h.Flows["rare"])
				}
				close(gate)
				time.Sleep(3*time.Minute + time.Second) // between two runs
				if h := b.Health(); !h.Healthy || !h.Flows["slow"].Overdue.IsZero() || !h.Flows["slow"].Began.IsZero() {
					t.Errorf("after it went on: %s", h.Flows["slow"])
				}
				stop()
				time.Sleep(time.Hour)
				if h := b.Health(); !h.Healthy {
					t.Errorf("overdue after Run was stopped: %s", h.Flows["slow"])
				}
			})
		})
	}
	t.Run("Step", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			gate := make(chan struct{})
			b := idle(t, &log, bridge.Flow{Name: "slow", Run: func(ctx context.Context) (fmt.Stringer, error) { <-gate; return nothing(ctx) }})
			done := make(chan error, 1)
			go func() { done <- errOf(b.Step(t.Context())) }()
			time.Sleep(time.Minute)
			if h := b.Health(); !h.Healthy || h.Flows["slow"].Began.IsZero() {
				t.Errorf("after a minute: %s", h.Flows["slow"])
			}
			time.Sleep(time.Second)
			if h := b.Health(); h.Healthy {
				t.Errorf("not overdue after more than a minute: %s", h.Flows["slow"])
			}
			close(gate)
			must(t, <-done)
			time.Sleep(time.Hour) // nobody said when the next step is
			if h := b.Health(); !h.Healthy {
				t.Errorf("overdue between two steps: %s", h.Flows["slow"])
			}
		})
	})
}

// A flow that fails at its pace is not overdue: it is known to fail.
func TestSyncWhatFailsIsNotOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := idle(t, &log, bridge.Flow{Name: "bad", Every: time.Minute, Run: func(context.Context) (fmt.Stringer, error) { return nil, errors.New("away") }})
		stop := start(t, b)
		time.Sleep(30*time.Minute + time.Second)
		if h := b.Health(); h.Healthy || !h.Flows["bad"].Overdue.IsZero() || h.Flows["bad"].Failures != 31 {
			t.Errorf("healthy %t, %s; want 31 failures, and nothing overdue", h.Healthy, h.Flows["bad"])
		}
		stop()
	})
}

// A run that its context cut short is observed, with an error that says so.
func TestSyncObservesWhatIsCutShort(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]func(context.Context) error{
		"with the context's error": func(ctx context.Context) error { return ctx.Err() },
		"with another error":       func(context.Context) error { return errors.New("no answer") },
		"and done all the same":    func(context.Context) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				b := idle(t, &log, bridge.Flow{Name: "cut", Every: time.Minute, Run: func(ctx context.Context) (fmt.Stringer, error) {
					<-ctx.Done()
					return bridge.OrderResults(nil), does(ctx)
				}})
				var seen []error
				b.Observe = func(_ context.Context, run bridge.FlowRun) { seen = append(seen, run.Err) }
				stop := start(t, b)
				time.Sleep(time.Second)
				stop()
				done := does(t.Context()) == nil && name == "and done all the same"
				if len(seen) != 1 || (seen[0] == nil) != done || !done && !errors.Is(seen[0], context.Canceled) {
					t.Errorf("observed %v, want one run, cut short: %t", seen, !done)
				}
				if strings.Contains(log.String(), "level=WARN") {
					t.Errorf("a shutdown is logged as a failure:\n%s", log.String())
				}
			})
		})
	}
}

// Flows that cannot be run are refused, all at once, before anything else.
func TestSyncRefusesFlows(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := idle(t, &log, bridge.Flow{Name: "a", Every: time.Minute}, bridge.Flow{Every: time.Minute, Run: nothing},
		bridge.Flow{Name: "a", Every: time.Minute, Run: nothing}, bridge.Flow{Name: "b", Run: nothing}, bridge.Flow{Name: "c", Every: -1, Run: nothing})
	for way, tc := range map[string]struct {
		run  func() error
		want []string
	}{
		"Run": {func() error { return b.Run(t.Context()) }, []string{
			`Flows[0] ("a"): Run is nil`, `Flows[1] (""): it has no name`, `Flows[2] ("a"): another flow`, `Flows[3] ("b"): Every is 0s`, `Flows[4] ("c"): Every is -1ns`,
		}},
		"Step": {func() error { return errOf(b.Step(t.Context())) }, []string{`Flows[0] ("a"): Run is nil`, `Flows[1] (""): it has no name`, `Flows[2] ("a"): another flow`}},
	} {
		err := tc.run()
		if err == nil || strings.Count(err.Error(), "\n")+1 != len(tc.want) {
			t.Errorf("%s: got %v, want %d lines", way, err, len(tc.want))
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", way, err, want)
			}
		}
	}
}
