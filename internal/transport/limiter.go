package transport

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is what the calls under one key may do.
type Limit struct {
	// PerSecond is the rate; zero or less means no limit.
	PerSecond float64
	// Burst is how many calls may go at once after a quiet time; below one is
	// one. Any time d sees at most Burst + PerSecond*d calls.
	Burst int
	// Window is the time over which the server counts, zero if that is not
	// known. A throttle that came without Retry-After holds its key for so long,
	// or else for a second.
	Window time.Duration
}

// Keyed limits the calls under each key apart, and learns from what the server
// refuses. Calls that wait are served by urgency (see [Urgent]) and then in
// order of arrival. The zero value is not usable; call [NewKeyed]. It is safe for
// concurrent use, runs no goroutine, and has a timer only for keys under which
// somebody waits. Keys whose state is that of a new one are forgotten.
type Keyed[K comparable] struct {
	limit func(K) Limit

	mu      sync.Mutex
	buckets map[K]*bucket
	sweepAt int // number of buckets at which idle ones are dropped
}

// minSweep is below the number of buckets worth looking through.
const minSweep = 256

// NewKeyed returns limits that are, for a new key, what limit says. limit must be
// safe for concurrent use and always say the same.
func NewKeyed[K comparable](limit func(K) Limit) *Keyed[K] {
	return &Keyed[K]{limit: limit, buckets: map[K]*bucket{}, sweepAt: minSweep}
}

// LimitError says that the deadline of a call comes before its turn. It is a
// context.DeadlineExceeded.
type LimitError struct {
	// Wait is the estimated wait, at the rate of the moment and if no more
	// urgent call comes.
	Wait time.Duration
	// Left is what was left until the deadline.
	Left time.Duration
	// Ahead is the number of waiting calls that would have gone before.
	Ahead int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the turn of this call comes in about %s, with %d before it, but its deadline in %s",
		e.Wait.Round(time.Millisecond), e.Ahead, e.Left.Round(time.Millisecond))
}

// Unwrap makes it a context.DeadlineExceeded.
func (e *LimitError) Unwrap() error { return context.DeadlineExceeded }

// Wait blocks until one call under key may be sent. It fails when ctx ends, and
// with a [*LimitError] at once when the deadline of ctx would come first, also
// if that only turns out when a throttle holds the key. A call that fails takes
// nothing from the budget.
func (k *Keyed[K]) Wait(ctx context.Context, key K) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b := k.lock(key)
	now := time.Now()
	if b.turns.none() && b.admit(now) {
		k.mu.Unlock()
		return nil
	}
	w := &waiter{level: urgencyOf(ctx), ready: make(chan struct{})}
	w.deadline, w.hasDeadline = ctx.Deadline()
	if w.hasDeadline {
		if err := b.tooLate(now, w.deadline, b.turns.ahead(w.level)); err != nil {
			k.mu.Unlock()
			return err
		}
	}
	b.push(w)
	k.serve(b, now)
	k.mu.Unlock()

	select {
	case <-w.ready:
		return w.err
	case <-ctx.Done():
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case w.queue != nil:
		b.remove(w)
		if b.turns.none() {
			b.timer.Stop()
		}
	case w.err == nil && !b.turns.none():
		b.pop() // its turn came at the same moment: the next one has it
	}
	return ctx.Err()
}

// lock returns the bucket of key with k locked.
func (k *Keyed[K]) lock(key K) *bucket {
	k.mu.Lock()
	if b, ok := k.buckets[key]; ok {
		return b
	}
	// The function is the embedder's and may do anything, such as panic.
	k.mu.Unlock()
	limit := k.limit(key)
	k.mu.Lock()
	if b, ok := k.buckets[key]; ok {
		return b
	}
	k.sweep()
	b := newBucket(limit)
	k.buckets[key] = b
	return b
}

// sweep drops the buckets that differ in nothing from new ones, each time that
// the number of buckets has doubled.
func (k *Keyed[K]) sweep() {
	if len(k.buckets) < k.sweepAt {
		return
	}
	now := time.Now()
	for key, b := range k.buckets {
		if b.idle(now) {
			delete(k.buckets, key)
		}
	}
	k.sweepAt = max(minSweep, 2*len(k.buckets))
}

// serve admits whom it can and sets the timer for the next. k is locked.
func (k *Keyed[K]) serve(b *bucket, now time.Time) {
	for !b.turns.none() && b.admit(now) {
		b.pop()
	}
	if b.turns.none() {
		if b.timer != nil {
			b.timer.Stop()
		}
		return
	}
	d := max(b.due(now, 0).Sub(now), 1)
	if b.timer == nil {
		b.timer = time.AfterFunc(d, func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.serve(b, time.Now())
		})
		return
	}
	b.timer.Reset(d)
}

// bucket is the state of one key.
type bucket struct {
	limit  Limit
	tokens *rate.Limiter
	held   time.Time // nothing is admitted before
	probe  bool      // the next call goes ahead of the others
	log    history
	learnt
	queues

	timer *time.Timer // set once somebody had to wait
}

func newBucket(l Limit) *bucket {
	l.Burst = max(l.Burst, 1)
	b := &bucket{limit: l, tokens: rate.NewLimiter(full(l), l.Burst)}
	if full(l) != rate.Inf && l.Window > 0 {
		b.log.size = min(l.Burst+int(l.PerSecond*l.Window.Seconds()), maxHistory)
	}
	return b
}

// full is the configured rate, that no learning exceeds.
func full(l Limit) rate.Limit {
	if l.PerSecond <= 0 {
		return rate.Inf
	}
	return rate.Limit(l.PerSecond)
}

// admit takes a token, if there is one now.
func (b *bucket) admit(now time.Time) bool {
	if now.Before(b.held) {
		return false
	}
	b.raise(now)
	if !b.tokens.AllowN(now, 1) {
		return false
	}
	b.log.add(now)
	if b.probe {
		b.probe, b.held = false, now.Add(probeTime)
	}
	return true
}

// due tells when the call after n others can be admitted at the present rate.
func (b *bucket) due(now time.Time, n int) time.Time {
	if now.Before(b.held) {
		now = b.held
	}
	if b.probe && n > 0 {
		now = now.Add(probeTime)
	}
	r := b.tokens.Limit()
	if r == rate.Inf {
		return now
	}
	missing := float64(n+1) - b.tokens.TokensAt(now)
	if missing <= 0 {
		return now
	}
	ns := math.Ceil(missing / float64(r) * float64(time.Second))
	return now.Add(time.Duration(min(ns, math.MaxInt64/2)))
}

// tooLate returns an error if the call after n others comes after the deadline.
func (b *bucket) tooLate(now, deadline time.Time, n int) error {
	at := b.due(now, n)
	if !at.After(deadline) {
		return nil
	}
	return &LimitError{Wait: at.Sub(now), Left: deadline.Sub(now), Ahead: n}
}

// idle reports whether a new bucket would behave the same.
func (b *bucket) idle(now time.Time) bool {
	if !b.turns.none() || now.Before(b.held.Add(max(b.limit.Window, maxPause))) || now.Before(b.log.last().Add(b.limit.Window)) {
		return false
	}
	b.raise(now)
	r := b.tokens.Limit()
	return r == rate.Inf || r == full(b.limit) && b.tokens.TokensAt(now) >= float64(b.limit.Burst)
}
