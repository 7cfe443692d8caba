package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// OrderImporter takes shop orders into the warehouse. An [Importer] is one.
type OrderImporter interface {
	Import(ctx context.Context, orders ...Order) (OrderResults, error)
}

// CancellationHandler carries cancellations into the warehouse. A [Canceller] is one.
type CancellationHandler interface {
	Cancel(ctx context.Context, cancellations ...Cancellation) (OrderResults, error)
}

// TakeOrders returns the [OrderHandler] of most programs. The importer gets all
// orders; the canceller gets what the shop has cancelled of them, unless the
// warehouse never had it, and what their buyers ask for; and the importer once more
// gets the orders that were changed by that and live on.
//
// requests is optional: with it, the requests of buyers are read for the orders that
// have one, with one call for 50 of them, and are not a queue of their own. Without the
// others there is no handler, which [NewIntake] says.
func TakeOrders(im OrderImporter, c CancellationHandler, requests CancellationSource) OrderHandler {
	if im == nil || c == nil {
		return nil
	}
	return takeOrders{im, c, requests}.handle
}

type takeOrders struct {
	importer  OrderImporter
	canceller CancellationHandler
	requests  CancellationSource
}

func (s takeOrders) handle(ctx context.Context, orders []Order) (OrderResults, error) {
	results, looks, err := importLooking(ctx, s.importer, orders)
	if len(results) == 0 {
		return nil, err
	}
	errs := []error{err}
	cancellations, err := s.cancellations(ctx, orders, results)
	errs = append(errs, err)
	if len(cancellations) == 0 {
		return results, errors.Join(errs...)
	}
	cancelled, err := cancelLooked(ctx, s.canceller, looks, cancellations)
	errs = append(errs, err)
	var again []Order // what waited for the cancellation can be done now
	for _, r := range cancelled {
		if r.Outcome == OutcomeUnchanged {
			continue // the order stays: what the importer did says more
		}
		i := slices.IndexFunc(orders, func(o Order) bool { return o.ID == r.OrderID && o.Status != Cancelled })
		whole := i >= 0 && slices.ContainsFunc(cancellations, func(c Cancellation) bool { return c.OrderID == r.OrderID && c.ofAll(orders[i]) })
		if i >= 0 && (r.Outcome == OutcomeCancelled && !whole || r.Outcome == OutcomeRejected) {
			stale := orders[i]
			stale.ReadAt = time.Time{} // it has changed since
			again = append(again, stale)
		}
		// What the importer says of a cancelled order is that it has nothing to do.
		if i := slices.IndexFunc(results, func(o OrderResult) bool { return o.OrderID == r.OrderID && o.Err == nil }); i >= 0 {
			results[i] = r
		} else {
			results = append(results, r)
		}
	}
	if len(again) == 0 {
		return results, errors.Join(errs...)
	}
	after, err := s.importer.Import(ctx, again...)
	if err != nil && len(after) == 0 {
		for _, o := range again {
			after = append(after, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: err})
		}
	}
	// That the lines are off stays in the results, unless there is more to do.
	for _, r := range after {
		if r.Outcome != OutcomeUnchanged && r.Outcome != OutcomeSkipped {
			results = append(results, r)
		}
	}
	return results, errors.Join(append(errs, err)...)
}

// importLooking and cancelLooked have the parts of this package share their looks at
// orders; others look for themselves.
func importLooking(ctx context.Context, im OrderImporter, orders []Order) (OrderResults, map[string]look, error) {
	if own, ok := im.(*Importer); ok {
		return own.importLooking(ctx, orders)
	}
	results, err := im.Import(ctx, orders...)
	return results, nil, err
}

func cancelLooked(ctx context.Context, c CancellationHandler, looks map[string]look, cancellations []Cancellation) (OrderResults, error) {
	if own, ok := c.(*Canceller); ok {
		return own.cancelLooked(ctx, looks, cancellations)
	}
	return c.Cancel(ctx, cancellations...)
}

// cancellations are what the shop has cancelled of the orders, and what their buyers
// ask for. If the requests cannot be read, the orders that have one failed.
func (s takeOrders) cancellations(ctx context.Context, orders []Order, results OrderResults) ([]Cancellation, error) {
	// The importer has looked, and has written down that nothing is left to do.
	never := map[string]bool{}
	for _, r := range results {
		never[r.OrderID] = r.Outcome == OutcomeSkipped && r.WarehouseOrder == "" && r.Err == nil
	}
	var list []Cancellation
	var asked []string
	for _, o := range orders {
		if o.CancelRequested && o.Status != Cancelled {
			asked = append(asked, o.ID)
		}
		if o.Status == Cancelled && never[o.ID] {
			continue
		}
		list = append(list, CancellationsOf(o)...)
	}
	if s.requests == nil || len(asked) == 0 {
		return list, nil
	}
	pending, err := s.requests.PendingCancellations(ctx, asked)
	if err != nil {
		err = fmt.Errorf("reading what their buyers ask for: %w", err)
		for i, r := range results {
			if slices.Contains(asked, r.OrderID) && r.Err == nil {
				results[i].Outcome, results[i].Err = OutcomeFailed, err
			}
		}
		return list, err
	}
	return append(list, pending...), nil
}
