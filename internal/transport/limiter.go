package transport

import (
	"context"
	"sync"

	"golang.org/x/time/rate"
)

// Keyed holds one token bucket per key. The zero value is not usable; call
// [NewKeyed]. It is safe for concurrent use.
type Keyed[K comparable] struct {
	mu      sync.Mutex
	rate    func(K) (perSecond float64, burst int)
	buckets map[K]*rate.Limiter
}

// maxBuckets bounds the memory of a Keyed. Keys are shops times classes, or
// operations, so a working program stays far below it.
const maxBuckets = 65536

// NewKeyed returns limits whose rate for a new key comes from perKey. A rate of
// zero or less means no limit.
func NewKeyed[K comparable](perKey func(K) (perSecond float64, burst int)) *Keyed[K] {
	return &Keyed[K]{rate: perKey, buckets: map[K]*rate.Limiter{}}
}

// Wait blocks until one call under key may be sent. It fails at once when the
// deadline of ctx would pass first.
func (k *Keyed[K]) Wait(ctx context.Context, key K) error {
	return k.bucket(key).Wait(ctx)
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
	perSecond, burst := k.rate(key)
	limit := rate.Limit(perSecond)
	if perSecond <= 0 {
		limit = rate.Inf
	}
	b := rate.NewLimiter(limit, max(burst, 1))
	k.buckets[key] = b
	return b
}
