package exceptions

import (
	"context"
	"fmt"
)

// End is how an order ended. What a person should have done about it is then
// done with, as far as the table of kinds says so.
type End string

// The ends.
const (
	// EndVoid: it is cancelled on both sides, and no parcel of it is out.
	EndVoid End = "cancelled on both sides"
	// EndCancelled: the shop has cancelled it, and a parcel may be out.
	EndCancelled End = "cancelled in the shop"
	// EndDelivered: the buyer has it.
	EndDelivered End = "delivered"
)

// Close closes what the end of an order closes, of whatever part.
func Close(ctx context.Context, queue Queue, orderID string, end End) error {
	if err := queue.Clear(ctx, ForOrder(orderID), closedBy[end]...); err != nil {
		return fmt.Errorf("closing the exceptions of an order that is %s: %w", end, err)
	}
	return nil
}

// closedBy are the kinds that an end closes.
var closedBy = func() map[End][]Kind {
	by := map[End][]Kind{}
	for _, k := range AllKinds() {
		for _, end := range kinds[k].Ends {
			by[end] = append(by[end], k)
		}
	}
	return by
}()

// anyEnd are all of them.
var anyEnd = []End{EndVoid, EndCancelled, EndDelivered}
