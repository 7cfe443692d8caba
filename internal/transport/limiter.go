package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/time/rate"
)

// Keyed holds one token bucket per key. The zero value is not usable; call
// [NewKeyed]. It is safe for concurrent use.
type Keyed[K comparable] struct {
	perKey func(K) (perSecond float64, burst int)

	mu      sync.Mutex
	buckets map[K]*rate.Limiter
}

// maxBuckets bounds the memory of a Keyed. Keys are shops times classes, or
// operations, so a working program stays far below it. Beyond it all buckets
// start anew, full.
const maxBuckets = 65536

// NewKeyed returns limits whose rate for a new key comes from perKey, which must
// not block. A rate of zero or less means no limit; a burst below one is one.
func NewKeyed[K comparable](perKey func(K) (perSecond float64, burst int)) *Keyed[K] {
	return &Keyed[K]{perKey: perKey, buckets: map[K]*rate.Limiter{}}
}

// Wait blocks until one call under key may be sent. When the deadline of ctx
// would pass first it fails at once with an error that is
// context.DeadlineExceeded, and takes nothing from the budget.
func (k *Keyed[K]) Wait(ctx context.Context, key K) error {
	err := k.bucket(key).Wait(ctx)
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	// The limiter has no error value for a deadline that cannot be met.
	return fmt.Errorf("no call is admitted in time: %w", context.DeadlineExceeded)
}

func (k *Keyed[K]) bucket(key K) *rate.Limiter {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b, ok := k.buckets[key]; ok {
		return b
	}
	if len(k.buckets) >= maxBuckets {
		clear(k.buckets)
	}
	perSecond, burst := k.perKey(key)
	limit := rate.Limit(perSecond)
	if perSecond <= 0 {
		limit = rate.Inf
	}
	b := rate.NewLimiter(limit, max(burst, 1))
	k.buckets[key] = b
	return b
}
