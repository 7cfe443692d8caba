package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/delivery"
)

// StepResult is what [Sync.Step] did.
type StepResult []FlowRun

// String has a heading for each flow and what it did below it.
func (r StepResult) String() string {
	var b strings.Builder
	for _, run := range r {
		fmt.Fprintf(&b, "%s:\n", run.Flow)
		text := ""
		if run.Result != nil {
			text = run.Result.String()
		}
		if run.Err != nil {
			text = strings.TrimRight(text, "\n") + "\nfailed: " + run.Err.Error()
		}
		for line := range strings.Lines(strings.TrimSpace(text)) {
			fmt.Fprintf(&b, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return b.String()
}

// Step runs every flow once, one after the other. One that fails does not stop the
// others: its error is in the result, and part of the one returned.
func (s *Sync) Step(ctx context.Context) (StepResult, error) {
	if err := errors.Join(s.checkFlows(false), s.checkOnce(ctx)); err != nil {
		return nil, err
	}
	var result StepResult
	var errs []error
	for _, f := range s.Flows {
		if err := ctx.Err(); err != nil {
			return result, errors.Join(append(errs, err)...)
		}
		run := s.once(ctx, f)
		result = append(result, run)
		if run.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, run.Err))
		}
	}
	return result, errors.Join(errs...)
}

// RunFlow runs one of the flows once, by its name, for a program whose job queue has a
// job for each. The run is told like one of [Sync.Run]: logged, observed, counted by
// Health, and a case if it fails. Its error is that of the run, or says that the settings
// could not be compared with both sides, or that no flow has the name.
//
// It does not keep a flow from running twice at once, which harms nothing and costs calls.
// Only Run wakes a flow by itself: run [FlowOrders] when [Sync.Hint] has stored something.
func (s *Sync) RunFlow(ctx context.Context, name string) (FlowRun, error) {
	run := FlowRun{Shop: s.Settings.Shop, Flow: name, Start: time.Now()}
	if err := errors.Join(s.checkFlows(false), s.checkOnce(ctx)); err != nil {
		run.Took, run.Err = time.Since(run.Start), err
		return run, err
	}
	i := slices.IndexFunc(s.Flows, func(f Flow) bool { return f.Name == name })
	if i < 0 {
		run.Err = fmt.Errorf("bridge: sync of %s: no flow is called %q", s.Settings.Shop, name)
		return run, run.Err
	}
	run = s.once(ctx, s.Flows[i])
	return run, run.Err
}

// checkFlows returns everything that is wrong with the flows, paced ones if Run is
// to run them.
func (s *Sync) checkFlows(paced bool) error {
	var errs []error
	seen := map[string]bool{}
	for i, f := range s.Flows {
		bad := func(what string) {
			errs = append(errs, fmt.Errorf("bridge: sync of %s: Flows[%d] (%q): %s", s.Settings.Shop, i, f.Name, what))
		}
		if f.Name == "" {
			bad("it has no name")
		} else if seen[f.Name] {
			bad("another flow has that name")
		}
		seen[f.Name] = true
		if f.Run == nil {
			bad("Run is nil: leave the flow out if nothing is to be done")
		}
		if paced && f.Every <= 0 {
			bad(fmt.Sprintf("Every is %v: it would run without a pause", f.Every))
		}
	}
	return errors.Join(errs...)
}

// retryCheck is the wait before the settings are compared again with sides that do
// not answer; it doubles up to ten times that.
const retryCheck = 10 * time.Second

// Run keeps every flow going, each in a goroutine of its own, until ctx ends, and
// returns its error once all have stopped. What fails is logged, observed, counted by
// Health, and tried again. It returns earlier only if the settings name what the other
// side does not have, or a flow cannot be run.
func (s *Sync) Run(ctx context.Context) error {
	if err := s.checkFlows(true); err != nil {
		return err
	}
	for _, f := range s.Flows {
		defer s.watch(f.Name).expect(time.Now())()
	}
	for wait := retryCheck; ; wait = min(2*wait, 10*retryCheck) {
		err := s.checkOnce(ctx)
		if err == nil {
			break
		}
		if errors.Is(err, catalogue.ErrUnknownPlace) || errors.Is(err, delivery.ErrUnknown) {
			return err
		}
		_ = s.warn(ctx, "the settings could not be compared with both sides yet", "err", err)
		if err := sleep(ctx, wait, nil); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	for _, f := range s.Flows {
		wake := map[string]chan struct{}{FlowOrders: s.hinted, FlowStock: s.zeroed}[f.Name]
		wg.Go(func() {
			for ctx.Err() == nil {
				s.once(ctx, f)
				_ = sleep(ctx, f.Every, wake)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// sleep waits, unless it is woken or ctx ends.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// once runs a flow and tells of it. Nothing that the flow, Log or Observe does ends the
// program, or the flow for good.
func (s *Sync) once(ctx context.Context, f Flow) FlowRun {
	run := FlowRun{Shop: s.Settings.Shop, Flow: f.Name, Start: time.Now()}
	watch := s.watch(f.Name)
	defer watch.begin(run.Start)() // until Observe has returned
	run.Err = s.guarded(ctx, f.Name, "the flow", func() (err error) {
		run.Result, err = f.Run(ctx)
		return err
	})
	run.Took = time.Since(run.Start)
	if ended := ctx.Err(); ended != nil && run.Err != nil && !errors.Is(run.Err, ended) {
		run.Err = fmt.Errorf("%w: %w", ended, run.Err) // what failed has failed for that
	}
	run.Err = errors.Join(run.Err, s.tell(ctx, f.Name, "flow "+f.Name, run.Start, run.Err))
	watch.timings.Done(run.Start, run.Start.Add(run.Took), run.Err)
	var aside error // nobody else would hear of it
	if run.Err != nil && ctx.Err() == nil {
		aside = s.warn(ctx, "a flow of the bridge failed and will be tried again", "flow", f.Name, "took", run.Took, "err", run.Err)
	} else {
		aside = s.log(ctx, slog.LevelDebug, "a flow of the bridge ran", "flow", f.Name, "took", run.Took, "err", run.Err)
	}
	if s.Observe != nil {
		aside = errors.Join(aside, s.guarded(ctx, f.Name, "Observe", func() error { s.Observe(ctx, run); return nil }))
	}
	aside = errors.Join(aside, s.tell(ctx, f.Name, "what watches flow "+f.Name, run.Start, aside))
	if aside != nil {
		if run.Err == nil {
			watch.timings.Fail(time.Now(), aside)
		}
		run.Err = errors.Join(run.Err, aside)
	}
	return run
}

// tell tells the queue how something goes, unless ctx has ended: what failed then has
// failed for that.
func (s *Sync) tell(ctx context.Context, flow, object string, start time.Time, failed error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the caller knows
	}
	return s.guarded(ctx, flow, "the queue of exceptions", func() error { return s.tellFailing(ctx, object, start, failed) })
}

// guarded calls do, and makes an error of a panic: its stack goes to the log.
func (s *Sync) guarded(ctx context.Context, flow, who string, do func() error) error {
	broke, stack, err := contained(do)
	if broke == "" {
		return err
	}
	err = fmt.Errorf("%s %s; the log has the stack", who, broke)
	return errors.Join(err, s.log(ctx, slog.LevelError, "a flow of the bridge panicked", "flow", flow, "err", err, "stack", string(stack)))
}

func (s *Sync) warn(ctx context.Context, text string, args ...any) error {
	return s.log(ctx, slog.LevelWarn, text, args...)
}

// log writes to the log, if there is one. The error says that its handler panicked.
func (s *Sync) log(ctx context.Context, level slog.Level, text string, args ...any) error {
	if s.Log == nil {
		return nil
	}
	broke, _, _ := contained(func() error {
		s.Log.Log(ctx, level, text, append([]any{"shop", s.Settings.Shop}, args...)...)
		return nil
	})
	if broke != "" {
		return fmt.Errorf("the handler of the log %s", broke)
	}
	return nil
}
