package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// pass runs every primitive once, as a small program would. Stock is pushed only
// when the importer has seen the orders: without it the ledger is blind.
func (l *lab) pass(ctx context.Context) error {
	l.report.Passes++
	l.truth.newPass(l)
	var errs []error
	orders, err := l.readOrders(ctx)
	if err != nil {
		errs = append(errs, err)
	}
	var cancellations []bridge.Cancellation
	for _, o := range orders {
		if o.Status == bridge.Cancelled {
			cancellations = append(cancellations, bridge.CancellationOf(o))
		}
	}
	imported, importErr := l.importer.Import(ctx, orders...)
	seen := err == nil && len(imported) == len(orders)
	errs = append(errs, importErr)

	pending, pendingErr := l.ports.Cancellations.PendingCancellations(ctx, nil)
	_, cancelErr := l.canceller.Cancel(ctx, append(pending, cancellations...)...)
	errs = append(errs, pendingErr, cancelErr)

	ready, readyErr := l.toDispatch(ctx, time.Now().Add(-6*time.Hour))
	_, dispatchErr := l.dispatcher.Dispatch(ctx, ready...)
	errs = append(errs, readyErr, dispatchErr)

	if seen {
		_, pushErr := l.stock.Push(ctx)
		errs = append(errs, pushErr)
	}
	return errors.Join(errs...)
}

func (l *lab) readOrders(ctx context.Context) ([]bridge.Order, error) {
	var orders []bridge.Order
	now := time.Now()
	for o, err := range l.ports.Orders.OrdersUpdated(ctx, now.Add(-6*time.Hour), now.Add(time.Minute)) {
		if err != nil {
			return nil, fmt.Errorf("reading orders: %w", err)
		}
		orders = append(orders, o)
	}
	return orders, nil
}
