package bridge

import (
	"cmp"
	"context"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// PendingCancellations implements [CancellationSource].
func (t *TikTokShop) PendingCancellations(ctx context.Context, orderIDs []string) ([]Cancellation, error) {
	var list []Cancellation
	for _, part := range parts(orderIDs, maxOrderIDs) {
		request := &tiktokshop.SearchCancellationsRequest{
			PageSize: new("50"), OrderIDs: part, CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusPending},
		}
		for c, err := range t.client.ReturnRefund.SearchCancellationsAll(ctx, request) {
			if err != nil {
				return nil, err
			}
			list = append(list, cancellation(c))
		}
	}
	return list, nil
}

func cancellation(c tiktokshop.Cancellation) Cancellation {
	out := Cancellation{
		ID: c.CancelID, OrderID: c.OrderID, Pending: c.CancelStatus == tiktokshop.CancelStatusPending,
		Reason: cmp.Or(c.CancelReasonText, c.CancelReason),
	}
	for _, l := range c.CancelLineItems {
		if l.OrderLineItemID != "" {
			out.LineIDs = append(out.LineIDs, l.OrderLineItemID)
		}
	}
	for _, action := range c.SellerNextActionResponse {
		if at := action.Deadline.Time(); !at.IsZero() && (out.Deadline.IsZero() || at.Before(out.Deadline)) {
			out.Deadline = at
		}
	}
	return out
}

// ApproveCancellation implements [CancellationDesk]. The key makes the call safe
// to repeat; an approval that exists already is a success.
func (t *TikTokShop) ApproveCancellation(ctx context.Context, cancellationID, key string) error {
	err := t.client.ReturnRefund.ApproveCancellation(ctx, cancellationID,
		&tiktokshop.ApproveCancellationRequest{IdempotencyKey: new(key)}, tiktokshop.RepeatSafe())
	if tiktokshop.IsAlreadyDone(err) {
		return nil
	}
	return err
}
