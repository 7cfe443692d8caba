package store

import (
	"context"
	"fmt"
	"sync"
)

type lockKey struct{ shop, key string }

// keyLock is one key's lock; users keeps it alive.
type keyLock struct {
	turn   chan struct{}
	users  int
	holder *holding
}

// holding is one holder's time with a lock.
type holding struct {
	memory *Memory
	key    lockKey
	lock   *keyLock
	over   bool
	end    context.CancelCauseFunc // of the held context
	within *holding                // one that was taken with it, or with whose context it was taken
}

type holdingKey struct{}

// fenced returns an error if a context is of a lock that is no longer held. It
// is called with the memory's own lock.
func (m *Memory) fenced(ctx context.Context) error {
	for h := holdingOf(ctx); h != nil; h = h.within {
		if h.memory == m && h.over {
			return fmt.Errorf("store: lock %q of shop %s: %w", h.key.key, h.key.shop, ErrFenced)
		}
	}
	return nil
}

func (s memoryShop) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	if err := s.allowed(ctx); err != nil {
		return ctx, nil, err // select would take a free lock half of the time
	}
	k := lockKey{s.name, key}
	l := s.join(k)
	select {
	case l.turn <- struct{}{}:
		held, h := s.hold(ctx, k, l)
		return held, sync.OnceFunc(func() { s.give(h, context.Canceled) }), nil
	case <-ctx.Done():
		s.leave(k, l)
		return ctx, nil, ctx.Err()
	}
}

// TryLock implements [Locks].
func (s memoryShop) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	if err := s.allowed(ctx); err != nil {
		return ctx, nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, end := context.WithCancelCause(ctx)
	last := holdingOf(ctx)
	var taken []string
	var holdings []*holding
	for _, key := range keys {
		k := lockKey{s.name, key}
		if s.locks[k] != nil {
			continue // somebody holds it, or is about to
		}
		l := s.joined(k)
		l.turn <- struct{}{}
		last = s.held(k, l, end, last)
		taken, holdings = append(taken, key), append(holdings, last)
	}
	return context.WithValue(held, holdingKey{}, last), taken, sync.OnceFunc(func() {
		for _, h := range holdings {
			s.give(h, context.Canceled)
		}
		end(context.Canceled) // also if nothing was taken
	}), nil
}

// LoseLock takes a lock away from its holder, as a database does with a lease that
// was not renewed, and reports whether there was one. It is for tests.
func (m *Memory) LoseLock(shop, key string) bool {
	m.mu.Lock()
	var h *holding
	if l := m.locks[lockKey{shop, key}]; l != nil {
		h = l.holder
	}
	m.mu.Unlock()
	return h != nil && m.give(h, ErrLockLost)
}

func (m *Memory) join(key lockKey) *keyLock {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.joined(key)
}

// joined is join for who has the memory's own lock.
func (m *Memory) joined(key lockKey) *keyLock {
	l, ok := m.locks[key]
	if !ok {
		if m.locks == nil {
			m.locks = map[lockKey]*keyLock{}
		}
		l = &keyLock{turn: make(chan struct{}, 1)}
		m.locks[key] = l
	}
	l.users++
	return l
}

// hold is called by whoever's turn it is.
func (m *Memory) hold(ctx context.Context, key lockKey, l *keyLock) (context.Context, *holding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	held, end := context.WithCancelCause(ctx)
	h := m.held(key, l, end, holdingOf(ctx))
	return context.WithValue(held, holdingKey{}, h), h
}

// held makes a new holding of a lock. It is called with the memory's own lock.
func (m *Memory) held(key lockKey, l *keyLock, end context.CancelCauseFunc, within *holding) *holding {
	l.holder = &holding{memory: m, key: key, lock: l, end: end, within: within}
	return l.holder
}

// holdingOf is the last of the locks that a context is of, or nil.
func holdingOf(ctx context.Context) *holding {
	h, _ := ctx.Value(holdingKey{}).(*holding)
	return h
}

// give ends a holding, unless it is over, and reports whether it did.
func (m *Memory) give(h *holding, cause error) bool {
	m.mu.Lock()
	if h.over {
		m.mu.Unlock()
		return false
	}
	h.over, h.lock.holder = true, nil
	m.mu.Unlock()
	h.end(cause)
	<-h.lock.turn
	m.leave(h.key, h.lock)
	return true
}

func (m *Memory) leave(key lockKey, l *keyLock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(m.locks, key)
	}
}
