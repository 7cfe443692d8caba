package bridge

import (
	"context"
	"errors"
	"slices"
)

// OrderImporter takes shop orders into the warehouse. An [Importer] is one.
type OrderImporter interface {
	Import(ctx context.Context, orders ...Order) (OrderResults, error)
}

// CancellationHandler carries cancellations into the warehouse. A [Canceller] is one.
type CancellationHandler interface {
	Cancel(ctx context.Context, cancellations ...Cancellation) (OrderResults, error)
}

// TakeOrders returns the [OrderHandler] of most programs: the importer gets all
// orders, the canceller those that the shop has cancelled, or lines of, and the
// importer once more those that live on with fewer lines.
func TakeOrders(im OrderImporter, c CancellationHandler) OrderHandler {
	return func(ctx context.Context, orders []Order) (OrderResults, error) {
		imported, err := im.Import(ctx, orders...)
		if len(imported) == 0 {
			return nil, err
		}
		cancellations := CancellationsOf(orders...)
		if len(cancellations) == 0 {
			return imported, err
		}
		cancelled, cancelErr := c.Cancel(ctx, cancellations...)
		var again []Order // they live on with fewer lines: what waited for that can be done
		for _, r := range cancelled {
			if r.Outcome == OutcomeUnchanged {
				continue // the order stays: what the importer did says more
			}
			if i := slices.IndexFunc(orders, func(o Order) bool { return o.ID == r.OrderID && o.Status != Cancelled }); i >= 0 && r.Outcome == OutcomeCancelled {
				again = append(again, orders[i])
			}
			// What the importer says of a cancelled order is that it has nothing to do.
			if i := slices.IndexFunc(imported, func(o OrderResult) bool { return o.OrderID == r.OrderID && o.Err == nil }); i >= 0 {
				imported[i] = r
			} else {
				imported = append(imported, r)
			}
		}
		if len(again) == 0 {
			return imported, errors.Join(err, cancelErr)
		}
		results, againErr := im.Import(ctx, again...)
		if againErr != nil && len(results) == 0 {
			for _, o := range again {
				results = append(results, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: againErr})
			}
		}
		// That the lines are off stays in the results, unless there is more to do.
		for _, r := range results {
			if r.Outcome != OutcomeUnchanged {
				imported = append(imported, r)
			}
		}
		return imported, errors.Join(err, cancelErr, againErr)
	}
}
