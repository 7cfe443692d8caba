package linnworks

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Permit is the leave of the limiter to send one attempt of an operation.
type Permit struct {
	key  LimitKey
	used atomic.Bool
}

// PermitWrite waits until the limiter lets one call of an operation that changes
// something go, such as "Stock.SetStockLevel", and is for what may be out of date when
// its turn has come: decide afterwards what to send, and send it [WithPermit]. An
// operation of [Client.Call] is named by its method and path.
// The marks of [Urgent] and [Bulk] count as in a call. A permit that is not used is
// lost to the budget.
func (c *Client) PermitWrite(ctx context.Context, operation string) (p *Permit, err error) {
	defer transport.Recover(&err)
	p = &Permit{key: c.limitKey(operation, publishedLimit(operation))}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.limiter.Wait(ctx, p.key); err != nil {
		return nil, fmt.Errorf("linnworks: %s: waiting for the rate limit: %w", operation, err)
	}
	return p, nil
}

// WithPermit sends the first attempt of a call without another wait for the limiter.
// A permit counts once: a call with one that was used waits as any other. One of
// another operation or installation is an error.
func WithPermit(p *Permit) CallOption {
	return func(s *callSettings) { s.permit = p }
}

// admits reports whether an attempt need not wait: the first that asks.
func (p *Permit) admits() bool { return p != nil && p.used.CompareAndSwap(false, true) }

func (c *Client) limitKey(operation string, perMinute int) LimitKey {
	return LimitKey{Application: c.credentials.ApplicationID, Operation: operation, PerMinute: perMinute}
}
