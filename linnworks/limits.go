package linnworks

import (
	"context"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// LimitKey names one budget of calls: Linnworks counts every operation of an
// installation apart.
type LimitKey struct {
	// Application is the application id.
	Application string
	// Operation is the service and method.
	Operation string
	// PerMinute is the published limit, 0 where none is published.
	PerMinute int
}

// Limiter admits attempts. Wait blocks until one call under key may be sent,
// and fails when ctx ends first or would end before the wait does. It must be
// safe for concurrent use.
type Limiter interface {
	Wait(ctx context.Context, key LimitKey) error
}

// unpublished is the limit assumed where Linnworks publishes none (v2).
const unpublished = 150

// DefaultLimiter uses the limits that the official descriptions publish for
// each operation (150 a minute for nearly all, 250 for some), 150 where none is
// published, and aims at 80 percent of them. At most a quarter of a minute's
// calls leave at once.
func DefaultLimiter() Limiter { return NewLimiter(0.8) }

// NewLimiter returns an in-process limiter that aims at share of the published
// limits. A share outside (0, 1] is taken as 1.
func NewLimiter(share float64) Limiter {
	if !(share > 0 && share <= 1) {
		share = 1
	}
	return operationLimiter{transport.NewKeyed(func(k LimitKey) (float64, int) {
		perMinute := float64(k.PerMinute)
		if perMinute <= 0 {
			perMinute = unpublished
		}
		return perMinute * share / 60, int(perMinute * (1 - share) / 2)
	})}
}

type operationLimiter struct{ buckets *transport.Keyed[LimitKey] }

func (l operationLimiter) Wait(ctx context.Context, key LimitKey) error {
	return l.buckets.Wait(ctx, key)
}
