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
	within *holding                // the lock with whose context it was taken
}

type holdingKey struct{}

// fenced returns an error if a context is of a lock that is no longer held. It
// is called with the memory's own lock.
func (m *Memory) fenced(ctx context.Context) error {
	h, _ := ctx.Value(holdingKey{}).(*holding)
	for ; h != nil; h = h.within {
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
	within, _ := ctx.Value(holdingKey{}).(*holding)
	h := &holding{memory: m, key: key, lock: l, within: within}
	held, end := context.WithCancelCause(context.WithValue(ctx, holdingKey{}, h))
	h.end, l.holder = end, h
	return held, h
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
