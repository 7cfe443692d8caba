package exceptions

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Memory is a [Store] in memory. The zero value is empty.
type Memory struct {
	// Now replaces time.Now.
	Now func() time.Time
	// KeepClosed is how many closed cases are remembered, those closed last.
	// Default 1,000.
	KeepClosed int

	mu     sync.Mutex
	cases  map[string]Case
	closed int // how many of the cases
}

var _ Store = (*Memory)(nil)

// Shop implements [Store].
func (m *Memory) Shop(name string) Queue { return &memoryQueue{m, name, CheckShop(name)} }

// memoryQueue is what one shop has in a Memory.
type memoryQueue struct {
	*Memory
	shop string
	bad  error // the name is none
}

// Raise implements [Queue].
func (q *memoryQueue) Raise(ctx context.Context, e Exception) error {
	if err := cmp.Or(q.bad, ctx.Err()); err != nil {
		return err
	}
	if e.Kind == "" || e.Object == "" {
		return fmt.Errorf("exceptions: raise: %q about %q: it needs a kind and an object", e.Kind, e.Object)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	e.Shop = q.shop
	q.put(q.cases[e.Key()].Raise(e, q.now()))
	return nil
}

// Clear implements [Queue].
func (q *memoryQueue) Clear(ctx context.Context, object string, which ...Kind) error {
	if err := cmp.Or(q.bad, ctx.Err()); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	order, isOrder := OrderOf(object)
	for _, k := range which {
		if c, ok := q.cases[Exception{Shop: q.shop, Kind: k, Object: object}.Key()]; ok {
			q.put(c.Clear(q.now()))
		}
		if !isOrder || !kinds[k].Cause {
			continue
		}
		for _, c := range q.cases {
			if _, lists := slices.BinarySearch(c.Orders, order); lists && c.Shop == q.shop && c.Kind == k {
				q.put(c.Without(order, q.now()))
			}
		}
	}
	return nil
}

// Open implements [Queue].
func (q *memoryQueue) Open(ctx context.Context, kinds ...Kind) ([]Exception, error) {
	if q.bad != nil {
		return nil, q.bad
	}
	cases, err := q.Cases(ctx, Filter{Shop: q.shop, Kinds: kinds})
	list := make([]Exception, len(cases))
	for i, c := range cases {
		list[i] = c.Exception
	}
	return list, err
}

// Cases implements [Desk].
func (m *Memory) Cases(ctx context.Context, filter Filter) ([]Case, error) {
	if err := cmp.Or(filter.Check(), ctx.Err()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Case
	for _, c := range m.cases {
		if filter.Match(c) {
			list = append(list, c.Clone())
		}
	}
	slices.SortFunc(list, func(a, b Case) int { return Compare(a.Exception, b.Exception) })
	return list, nil
}

// Decide implements [Desk].
func (m *Memory) Decide(ctx context.Context, key string, d Decision) (Case, error) {
	if err := ctx.Err(); err != nil {
		return Case{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.cases[key]
	if !ok {
		return Case{}, fmt.Errorf("%w: %q", ErrNoCase, key)
	}
	c, err := c.Decide(d, m.now())
	if err == nil {
		m.put(c)
	}
	return c.Clone(), err
}

// put stores a case and forgets the oldest closed ones.
func (m *Memory) put(c Case) {
	if m.cases == nil {
		m.cases = map[string]Case{}
	}
	if old, ok := m.cases[c.Key()]; ok && old.State != CaseOpen {
		m.closed--
	}
	m.cases[c.Key()] = c
	if c.State != CaseOpen {
		m.closed++
	}
	keep := m.KeepClosed
	if keep <= 0 {
		keep = 1000
	}
	if m.closed <= keep+keep/4 {
		return // sorting once in a while is cheaper than at every close
	}
	now := m.now()
	closed := slices.SortedFunc(maps.Values(m.cases), func(a, b Case) int { return a.ClosedAt.Compare(b.ClosedAt) })
	for _, c := range closed {
		if m.closed > keep && c.State != CaseOpen && !c.QuietUntil.After(now) {
			delete(m.cases, c.Key())
			m.closed--
		}
	}
}

func (m *Memory) now() time.Time { return part.Clock(m.Now)() }
