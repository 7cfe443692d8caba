package claims

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// Paid closes the claims of orders whose losses the shop has paid: credits are the moments
// at which it credited something for an order. A claim is closed by a credit that came after
// it was raised. Where fewer were paid than are claimed of one order, nobody can tell which,
// and all of them stay.
func (w *Watch) Paid(ctx context.Context, credits map[string][]time.Time) error {
	if len(credits) == 0 {
		return nil
	}
	open, err := w.queue.Open(ctx, exceptions.ClaimToMake)
	if err != nil {
		return fmt.Errorf("claims: reading the cases: %w", err)
	}
	byOrder := map[string][]exceptions.Exception{}
	for _, e := range open {
		for _, p := range e.Evidence {
			if p.Name == "order" {
				byOrder[p.Value] = append(byOrder[p.Value], e)
			}
		}
	}
	var errs []error
	for order, cases := range byOrder {
		last := time.Time{}
		for _, e := range cases {
			if e.First.After(last) {
				last = e.First
			}
		}
		paid := 0
		for _, at := range credits[order] {
			if at.After(last) {
				paid++
			}
		}
		if paid < len(cases) {
			continue
		}
		for _, e := range cases {
			if err := w.queue.Clear(ctx, e.Object, exceptions.ClaimToMake); err != nil {
				errs = append(errs, fmt.Errorf("claims: closing the case of order %s: %w", order, err))
			}
		}
	}
	return errors.Join(errs...)
}
