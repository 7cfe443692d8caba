package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/claims"
)

// runReturns tells of what waits for the seller and of parcels that do not move, and books what was paid back and what
// comes back. One does not wait for the other.
func (s *Sync) runReturns(ctx context.Context) (fmt.Stringer, error) {
	waiting, err := s.Returns.Check(ctx)
	if s.Stalls != nil && ctx.Err() == nil {
		err = errors.Join(err, s.Stalls.Check(ctx))
	}
	if s.Mirror == nil || ctx.Err() != nil {
		return waiting, err
	}
	booked, failed := s.Mirror.Run(ctx)
	return results{waiting, booked}, errors.Join(err, failed)
}

// results are those of parts that run one after the other.
type results []fmt.Stringer

// String is one line for a log or a terminal.
func (r results) String() string {
	text := ""
	for i, one := range r {
		if i > 0 {
			text += "; "
		}
		text += one.String()
	}
	return text
}

// claimBy tells until when the shop takes an appeal about goods that did not come back.
func claimBy(market string) func(refunded time.Time) time.Time {
	return func(refunded time.Time) time.Time {
		clock, _ := claims.DefaultRules().Clock(market, claims.Loss{Kind: claims.Return, RefundedAt: refunded})
		return clock.By
	}
}
