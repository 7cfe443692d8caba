package linnworks

import (
	"context"
	"math"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// LimitKey names one budget of calls: Linnworks counts every operation of an
// installation apart. It is comparable, so it can be a map's key.
type LimitKey struct {
	// Application is the application id.
	Application string
	// Operation is the service and method, such as Orders.CreateOrders. For
	// [Client.Call] it is the HTTP method and the path.
	Operation string
	// PerMinute is the published limit, 0 where none is published.
	PerMinute int
}

// Limiter admits attempts, repeats and logins included. It must be safe for
// concurrent use.
type Limiter interface {
	// Wait blocks until one attempt under key may be sent. When ctx ends first,
	// or has a deadline that would pass first, it returns an error that is
	// context.Canceled or context.DeadlineExceeded. Any error ends the call.
	Wait(ctx context.Context, key LimitKey) error
}

// unpublished is the limit assumed where Linnworks publishes none (v2).
const unpublished = 150

// DefaultLimiter returns a new in-process limiter with the limits that the
// official descriptions publish for each operation: 150 a minute for nearly all,
// 250 for some, 1 to 100 for four; 150 where none is published. It aims at 80
// percent of them; see [NewLimiter].
//
// Whether two applications in one account share a budget is not documented.
// Clients of one installation do: give them one Limiter.
func DefaultLimiter() Limiter { return NewLimiter(0.8) }

// NewLimiter returns an in-process limiter that sends at share of the published
// rates, evenly. After a lull up to half of what share leaves free goes at once,
// so that no minute sees more than is published: of 150 a minute and a share of
// 0.8, 120 a minute and 15 at once. A share outside (0, 1] is taken as 1.
func NewLimiter(share float64) Limiter {
	if !(share > 0 && share <= 1) {
		share = 1
	}
	return operationLimiter{transport.NewKeyed(func(k LimitKey) (float64, int) {
		perMinute := float64(k.PerMinute)
		if perMinute <= 0 {
			perMinute = unpublished
		}
		return perMinute * share / 60, int(math.Round(perMinute * (1 - share) / 2))
	})}
}

type operationLimiter struct{ buckets *transport.Keyed[LimitKey] }

func (l operationLimiter) Wait(ctx context.Context, key LimitKey) error {
	return l.buckets.Wait(ctx, key)
}
