package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// worklist are the orders of a queue that are to be looked at again, as stored.
type worklist struct {
	port    store.Revisits
	name    string
	entries map[string]store.Revisit
}

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

// resolved makes the orders due that wait for a person, once no case is open about them:
// somebody has resolved it. What fails keeps its waits.
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
