package exceptions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Memory is an [Queue] and an [Desk] in memory. The zero
// value is empty.
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

var _ interface {
	Queue
	Desk
} = (*Memory)(nil)

// Raise implements [Queue].
func (m *Memory) Raise(ctx context.Context, e Exception) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(m.cases[e.Key()].Raise(e, m.now()))
	return nil
}

// Clear implements [Queue].
func (m *Memory) Clear(ctx context.Context, object string, kinds ...Kind) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range kinds {
		if c, ok := m.cases[Exception{Kind: k, Object: object}.Key()]; ok {
			m.put(c.Clear(m.now()))
		}
	}
	return nil
}

// Open implements [Queue].
func (m *Memory) Open(ctx context.Context) ([]Exception, error) {
	cases, err := m.Cases(ctx, Filter{})
	list := make([]Exception, len(cases))
	for i, c := range cases {
		list[i] = c.Exception
	}
	return list, err
}

// Cases implements [Desk].
func (m *Memory) Cases(ctx context.Context, filter Filter) ([]Case, error) {
	if err := ctx.Err(); err != nil {
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
