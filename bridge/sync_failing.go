package bridge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// failing is since when a flow fails, and what was last said about it.
type failing struct {
	since time.Time
	// told is when it was raised last, zero if it was not.
	told     time.Time
	severity exceptions.Severity
	// last is when it failed last. orders are those that failed, if it was about nothing
	// but single orders.
	last   time.Time
	orders []string
}

const (
	// failingOrders is how long the case of a run of which single orders failed stays open
	// after the last of them has: they are tried again less and less often, and the runs
	// in between go well.
	failingOrders = retryMost + 10*time.Minute
	// tellAgain is after how long what still fails is raised again: a person, or another
	// process in which it went well, may have closed the case.
	tellAgain = 15 * time.Minute
	// maxFailingOrders are named in a case.
	maxFailingOrders = 100
)

// failingLevels are how severe it is that a flow has failed for so long.
var failingLevels = []struct {
	after    time.Duration
	severity exceptions.Severity
}{{0, exceptions.Notice}, {15 * time.Minute, exceptions.Warning}, {time.Hour, exceptions.Urgent}}

// tellFailing raises that something failed in the run that began at start, again when
// that has gone on for longer, and closes it when it succeeds: who looks only at the
// queue sees it as well as who looks only at the error. What it cannot tell is in its
// own error.
func (s *Sync) tellFailing(ctx context.Context, object string, start time.Time, failed error) error {
	s.mu.Lock()
	before, known := s.failures[object]
	s.mu.Unlock()
	now := before
	var err error
	switch {
	case failed != nil:
		ids := failedOrders(failed)
		if now.since.IsZero() || before.orders != nil && ids == nil {
			now.since = start
		}
		now.last, now.orders = start, ids
		severity, do := exceptions.Notice, "wait a few minutes, it is tried again by itself; if it goes on, look whether both sides can be reached, and tell the integrator what the error says"
		for _, l := range failingLevels {
			if start.Sub(now.since) >= l.after {
				severity = l.severity
			}
		}
		if ids != nil {
			now.orders = slices.Compact(slices.Sorted(slices.Values(slices.Concat(before.orders, ids))))
			severity, do = exceptions.Notice, "wait, it is tried again by itself, and the other orders go through; an order that goes on failing gets an exception of its own"
		}
		news := before.orders != nil && ids == nil || len(now.orders) > len(before.orders)
		if !now.told.IsZero() && start.Sub(now.told) < tellAgain && now.severity == severity && !news {
			break
		}
		e := exceptions.New(exceptions.RunFailing, object, time.Time{}, fmt.Sprintf("%s: fails since %s: %s",
			strings.TrimPrefix(object, "flow "), now.since.UTC().Format("2006-01-02 15:04 UTC"), part.Short(failed.Error())), do)
		e.Severity = severity
		for _, id := range now.orders[:min(len(now.orders), maxFailingOrders)] {
			e.Evidence = append(e.Evidence, exceptions.Property{Name: "order", Value: id})
		}
		if err = s.queue.Raise(ctx, e); err == nil {
			now.severity, now.told = severity, start
		}
	case known && before.since.IsZero():
		return nil // it went well before
	case before.orders != nil && start.Sub(before.last) < failingOrders:
		return nil // it may be tried again and fail again
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
	s.failures[object] = now
	return err
}

// failedOrders returns the ids of orders that failed, nil if anything else did too.
func failedOrders(err error) (ids []string) {
	switch e := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case *OrdersError:
		for _, o := range e.Failed {
			ids = append(ids, o.OrderID)
		}
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			some := failedOrders(err)
			if some == nil {
				return nil
			}
			ids = append(ids, some...)
		}
	case interface{ Unwrap() error }:
		return failedOrders(e.Unwrap())
	}
	return ids
}
