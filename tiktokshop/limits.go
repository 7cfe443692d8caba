package tiktokshop

import (
	"context"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// LimitKey names one budget of calls.
type LimitKey struct {
	// App is the app key and Shop the shop id, empty for calls without a shop.
	App, Shop string
	// Write tells calls that change something from reads: TikTok grants reads
	// more.
	Write bool
	// Operation is the service and method.
	Operation string
}

// Limiter admits attempts. Wait blocks until one call under key may be sent,
// and fails when ctx ends first or would end before the wait does. It must be
// safe for concurrent use.
type Limiter interface {
	Wait(ctx context.Context, key LimitKey) error
}

// Limits are calls per second for each app and shop.
//
// TikTok publishes no numbers: budgets are dynamic, grow with the number of
// shops, and punish bursts inside a second. The defaults of [DefaultLimiter]
// are the starting points that integrators report (reads 3 to 10 a second,
// writes 1 to 3).
//
// https://partner.tiktokshop.com/docv2/page/rate-limits
type Limits struct {
	// Reads and Writes are calls per second; zero or less means no limit.
	Reads, Writes float64
	// Burst is how many calls may leave at once after a quiet time; at least 1.
	Burst int
}

// DefaultLimiter allows 8 reads and 2 writes per second and shop, in bursts of
// at most 2.
func DefaultLimiter() Limiter { return NewLimiter(Limits{Reads: 8, Writes: 2, Burst: 2}) }

// NewLimiter returns an in-process limiter: one budget for reads and one for
// writes of each app and shop.
func NewLimiter(l Limits) Limiter {
	return shopLimiter{transport.NewKeyed(func(k LimitKey) (float64, int) {
		if k.Write {
			return l.Writes, l.Burst
		}
		return l.Reads, l.Burst
	})}
}

type shopLimiter struct{ buckets *transport.Keyed[LimitKey] }

func (s shopLimiter) Wait(ctx context.Context, key LimitKey) error {
	key.Operation = "" // operations of one class share the shop's budget
	return s.buckets.Wait(ctx, key)
}
