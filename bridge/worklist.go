package bridge

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// worklist are the orders of a queue that are to be looked at again, as stored. There is
// one for the shop's orders and the buyers' requests ([Intake]), one for what has to be
// told to the shop ([DispatchQueue]) and one for what the warehouse has cancelled
// ([Revoker]). One rule holds for all of them; [patience] has the numbers.
//
//   - What was tried in vain waits for a minute first, twice as long after each try, and
//     a quarter of an hour at most. What waits for a person or for the buyer waits for
//     a quarter of an hour.
//   - A person is told, with a case, when an order has failed some times in a row, and
//     when its deadline is near, also if it could not even be tried again by then (of
//     parcels [Deadlines] tells that). No wait goes past the moment at which the deadline
//     becomes near.
//   - What waits for a person is tried by the next run once no case is open about it:
//     somebody has resolved it. What fails keeps its waits then. Nothing was waited for
//     but the next try, and trying it with every run would only cost calls.
//   - The bridge gives up a week after the deadline, and never without a case; an intake
//     gives up on nothing that the shop has shown.
//
// All of that is stored, and goes on after a restart.
type worklist struct {
	patience
	port    store.Revisits
	name    string
	entries map[string]store.Revisit
}

// patience are the numbers of a [worklist].
type patience struct {
	// first is the wait after the first try in vain, most the longest.
	first, most time.Duration
	// tellAfter is how often an order fails before a person is told, whatever its deadline.
	tellAfter int
	// levels are how near a deadline is when a person is told.
	levels []DeadlineLevel
	// keep is how long after its deadline an order is tried, and without a deadline how
	// long since it failed first. Zero: as long as it takes.
	keep time.Duration
	// hearsay is how often an order is tried that the shop has never shown. Zero: as
	// often as any other.
	hearsay int
}

// The numbers of all queues, unless there is a reason for others.
const (
	retryFirst, retryMost = time.Minute, 15 * time.Minute
	// escalateAfter is how often an order fails before a person is told, about a quarter of
	// an hour, and escalateBefore how near its deadline is.
	escalateAfter, escalateBefore = 5, 4 * time.Hour
	// keepTrying is how long after its deadline an order is tried.
	keepTrying = 7 * 24 * time.Hour
)

func (l *worklist) load(ctx context.Context) error {
	list, err := l.port.Revisits(ctx, l.name)
	if err != nil {
		return fmt.Errorf("reading the orders to look at again: %w", err)
	}
	l.entries = make(map[string]store.Revisit, len(list))
	for _, v := range list {
		l.entries[v.OrderID] = v
	}
	return nil
}

func (l *worklist) put(ctx context.Context, entries ...store.Revisit) error {
	if len(entries) == 0 {
		return nil
	}
	if err := l.port.PutRevisits(ctx, l.name, entries...); err != nil {
		return fmt.Errorf("storing orders to look at again: %w", err)
	}
	for _, v := range entries {
		l.entries[v.OrderID] = v
	}
	return nil
}

func (l *worklist) drop(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := l.port.DropRevisits(ctx, l.name, ids...); err != nil {
		return fmt.Errorf("taking orders off the list to look at again: %w", err)
	}
	for _, id := range ids {
		delete(l.entries, id)
	}
	return nil
}

// inVain is the entry of an order that was tried in vain once more. It has the order's
// deadline, if it is known, and the case that a person has to resolve first, if there is
// one. failed reports whether there was an error.
func (l *worklist) inVain(v store.Revisit, why string, failed bool, now time.Time) store.Revisit {
	v.Due = l.soon(now.Add(backoff(l.first, l.most, v.Attempts)), v.Deadline, now)
	v.Attempts++
	v.LastError = part.Short(why)
	_, v.Raised = l.tells(v, failed, now)
	return v
}

// pause is when an order is looked at again that waits for a person or for the buyer.
func (l *worklist) pause(deadline, now time.Time) time.Time {
	return l.soon(now.Add(l.most), deadline, now)
}

// soon is when an order is due, which is not past the moment at which its deadline
// becomes near.
func (l *worklist) soon(due, deadline, now time.Time) time.Time {
	return earlier(due, nextLevel(l.levels, deadline, now))
}

// tells reports whether a person has to be told of an order that was tried in vain, and
// how severe that is.
func (l *worklist) tells(v store.Revisit, failed bool, now time.Time) (severity exceptions.Severity, yes bool) {
	severity, near := levelAt(l.levels, v.Deadline, now)
	switch {
	case near:
		return severity, true
	case failed && v.Attempts >= l.tellAfter, v.CaseOf == "" && l.over(v, now):
		return exceptions.Warning, true
	}
	return severity, false
}

// untold are the orders that failed, and whose deadline came near while they could not
// even be tried again.
func (l *worklist) untold(now time.Time) (list []store.Revisit) {
	for _, id := range slices.Sorted(maps.Keys(l.entries)) {
		v := l.entries[id]
		if _, tell := l.tells(v, true, now); tell && v.Attempts > 0 && !v.Raised {
			v.Raised = true
			list = append(list, v)
		}
	}
	return list
}

// over reports whether the bridge gives up on an order that was tried in vain.
func (l *worklist) over(v store.Revisit, now time.Time) bool {
	switch {
	case l.hearsay > 0 && !v.Known && v.Attempts > l.hearsay:
		return true
	case l.keep == 0:
		return false
	case v.Deadline.IsZero():
		return time.Duration(v.Attempts)*l.most > l.keep
	}
	return now.Sub(v.Deadline) > l.keep
}

// resolved makes the orders due that wait for a person, once no case is open about them.
func (l *worklist) resolved(ctx context.Context, cases exceptions.Queue, now time.Time) error {
	waiting := map[string]bool{}
	for _, v := range l.entries {
		if v.CaseOf != "" && v.Due.After(now) {
			waiting[v.CaseOf] = true
		}
	}
	open, err := withCase(ctx, cases, waiting)
	if err != nil {
		return err
	}
	for id, v := range l.entries {
		if waiting[v.CaseOf] && !open[v.CaseOf] && v.Due.After(now) {
			v.Due = now
			l.entries[id] = v
		}
	}
	return nil
}

// withCase are those of the shop's orders that a case is open about.
func withCase(ctx context.Context, cases exceptions.Queue, orders map[string]bool) (map[string]bool, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	list, err := cases.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the exceptions: %w", err)
	}
	open := map[string]bool{}
	for _, e := range list {
		if e.MoreOrders {
			return orders, nil // it does not say which
		}
		if id, ok := exceptions.OrderOf(e.Object); ok {
			open[id] = orders[id]
		}
		for _, id := range e.Orders {
			open[id] = orders[id]
		}
	}
	return open, nil
}

// raisedIn are the shop's orders that a person has to do something about.
func raisedIn(results OrderResults) map[string]bool {
	raised := map[string]bool{}
	for _, o := range results {
		if o.Outcome == OutcomeRaised && o.OrderID != "" {
			raised[o.OrderID] = true
		}
	}
	return raised
}

// due are the orders whose time has come, those that wait longest first.
func (l *worklist) due(now time.Time) (ids []string) {
	for id, v := range l.entries {
		if !v.Due.After(now) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(l.entries[a].Due.Compare(l.entries[b].Due), cmp.Compare(a, b))
	})
	return ids
}

// next is when the first order is due, oldest since when the first one waits that has
// failed; zero for none.
func (l *worklist) next() (next, oldest time.Time) {
	for _, v := range l.entries {
		next = earlier(next, v.Due)
		if v.Attempts > 0 {
			oldest = earlier(oldest, v.Due)
		}
	}
	return next, oldest
}

// backoff is the wait after a failure: first, doubled with every earlier attempt, up
// to most.
func backoff(first, most time.Duration, attempts int) time.Duration {
	wait := first
	for range min(attempts, 30) {
		wait = min(2*wait, most)
	}
	return wait
}

// earlier is the first of two moments, of which either may not be set.
func earlier(a, b time.Time) time.Time {
	if part.CompareTimes(b, a) < 0 {
		return b
	}
	return a
}
