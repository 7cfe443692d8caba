package bridge

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// failing is since when a flow fails, and what was last said about it.
type failing struct {
	since    time.Time
	severity exceptions.Severity
	told     bool
}

// failingLevels are how severe it is that a flow has failed for so long.
var failingLevels = []struct {
	after    time.Duration
	severity exceptions.Severity
}{{0, exceptions.Notice}, {15 * time.Minute, exceptions.Warning}, {time.Hour, exceptions.Urgent}}

// tellFailing raises that a run failed, again when that has gone on for longer, and
// closes it when one succeeds: who looks only at the queue sees it as well as who
// looks only at the error. What it cannot tell is in its own error.
func (s *Sync) tellFailing(ctx context.Context, run FlowRun) error {
	object := "flow " + run.Flow
	s.mu.Lock()
	before, known := s.failures[run.Flow]
	s.mu.Unlock()
	now := before
	var err error
	switch {
	case run.Err != nil:
		if now.since.IsZero() {
			now.since = run.Start
		}
		severity := exceptions.Notice
		for _, l := range failingLevels {
			if run.Start.Sub(now.since) >= l.after {
				severity = l.severity
			}
		}
		if now.told && now.severity == severity {
			return nil
		}
		e := exceptions.New(exceptions.RunFailing, object, time.Time{}, fmt.Sprintf("%s: fails since %s: %s",
			run.Flow, now.since.UTC().Format("2006-01-02 15:04 UTC"), shortened(run.Err.Error())),
			"wait a few minutes, it is tried again by itself; if it goes on, look whether both sides can be reached, and tell the integrator what the error says")
		e.Severity = severity
		err = s.queue.Raise(ctx, e)
		now.severity, now.told = severity, err == nil
	case known && before.since.IsZero():
		return nil // it went well before
	default: // perhaps it failed in another process, or before this one began
		err = s.queue.Clear(ctx, object, exceptions.RunFailing)
		now = failing{}
	}
	if err != nil {
		err = fmt.Errorf("telling whether it fails: %w", err)
		if now.since.IsZero() {
			return err // the next run closes it
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[run.Flow] = now
	return err
}

// shortened is a text that fits into a case.
func shortened(text string) string {
	const most = 500
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + " ..."
	}
	return text
}
