package bridge

import (
	"context"
	"errors"
	"slices"
)

// TakeOrders is the [OrderHandler] of most programs: the importer gets all orders,
// the canceller those that the shop has cancelled, or lines of.
func TakeOrders(im *Importer, c *Canceller) OrderHandler {
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
		for _, r := range cancelled {
			if r.Outcome == OutcomeUnchanged {
				continue // of an order that lives on, what the importer did says more
			}
			// What the importer says of a cancelled order is that it has nothing to do.
			if i := slices.IndexFunc(imported, func(o OrderResult) bool { return o.OrderID == r.OrderID && o.Err == nil }); i >= 0 {
				imported[i] = r
			} else {
				imported = append(imported, r)
			}
		}
		return imported, errors.Join(err, cancelErr)
	}
}
