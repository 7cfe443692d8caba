package tiktokshop

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// ApproveCancellationVerified is [ReturnRefundService.ApproveCancellation] with
// an idempotency key that is the same for every approval of this request, unless
// req brings one: it is repeated after passing failures. Where it was decided
// already, or the outcome stays unknown, the request is read back: approved is a
// success, anything else a [*NotAppliedError].
//
// It costs one call; in doubt up to three more that read, within seconds.
func (s *ReturnRefundService) ApproveCancellationVerified(ctx context.Context, cancelID string, req *ApproveCancellationRequest, opts ...CallOption) error {
	r := valueOf(req)
	if r.IdempotencyKey == nil {
		r.IdempotencyKey = new("approve-" + cancelID)
	}
	_, written := s.ApproveCancellation(ctx, cancelID, &r, append(slices.Clip(opts), RepeatSafe())...)
	return s.decided(ctx, "ReturnRefund.ApproveCancellation", cancelID, written, CancelStatusSuccess, CancelStatusComplete)
}

// RejectCancellationVerified is [ReturnRefundService.RejectCancellation] with an
// idempotency key that is the same for every rejection of this request, unless
// req brings one; otherwise it is as [ReturnRefundService.ApproveCancellationVerified].
// A request that the buyer took back meanwhile reads the same as a rejected one
// and is a success too: the order goes on either way.
func (s *ReturnRefundService) RejectCancellationVerified(ctx context.Context, cancelID string, req *RejectCancellationRequest, opts ...CallOption) error {
	r := valueOf(req)
	if r.IdempotencyKey == nil {
		r.IdempotencyKey = new("reject-" + cancelID)
	}
	_, written := s.RejectCancellation(ctx, cancelID, &r, append(slices.Clip(opts), RepeatSafe())...)
	return s.decided(ctx, "ReturnRefund.RejectCancellation", cancelID, written, CancelStatusCancel, CancelStatusCancelled)
}

// decided reads a decision back if written leaves it in doubt.
func (s *ReturnRefundService) decided(ctx context.Context, op, cancelID string, written error, want ...CancelStatus) error {
	if !inDoubt(written) {
		return written
	}
	got := "no such cancellation"
	done, err := lookBack(ctx, written, func() (bool, error) {
		c, err := s.cancellation(ctx, cancelID)
		if err != nil || c == nil {
			return false, err
		}
		got = string(c.CancelStatus)
		return slices.Contains(want, c.CancelStatus), nil
	})
	if done || err != nil {
		return err
	}
	return s.client.notApplied(op, "cancellation "+cancelID, string(want[0]), got, written)
}

// cancellation reads one cancellation, nil if the search does not find it.
func (s *ReturnRefundService) cancellation(ctx context.Context, id string) (*Cancellation, error) {
	reply, err := s.SearchCancellationsV202309(ctx, &SearchCancellationsV202309Request{CancelIDs: []string{id}})
	if err != nil {
		return nil, err
	}
	for i := range reply.Cancellations {
		if reply.Cancellations[i].CancelID == id {
			return &reply.Cancellations[i], nil
		}
	}
	return nil, nil
}

// CancelOrderVerified is [ReturnRefundService.CancelOrderV202309] confirmed by the
// search: the reply of the write says no more than that TikTok accepted it. It
// lists the cancellations of the order first, so that where the outcome of the
// write is unknown the new one can be told from older ones. A cancellation that
// is not found, or that was refused, is a [*NotAppliedError].
//
// Before calling again after that, look at the cancellations of the order. Name
// single units by OrderLineItemIDs and not by SKUs: TikTok refuses to cancel a
// line twice, but not a quantity.
//
// It costs three calls, of which two read, and up to two more that read while
// the search lags.
func (s *ReturnRefundService) CancelOrderVerified(ctx context.Context, req *CancelOrderV202309Request, opts ...CallOption) (*Cancellation, error) {
	const op = "ReturnRefund.CancelOrderV202309"
	r := valueOf(req)
	before, err := s.cancellationsOf(ctx, r.OrderID)
	if err != nil {
		return nil, err
	}
	reply, written := s.CancelOrderV202309(ctx, req, opts...)
	if written != nil && !inDoubt(written) {
		return nil, written
	}
	id := valueOf(reply).CancelID // none where the outcome is unknown
	var (
		made *Cancellation
		got  = "none"
	)
	done, err := lookBack(ctx, written, func() (bool, error) {
		now, err := s.cancellationsOf(ctx, r.OrderID)
		if err != nil {
			return false, err
		}
		for i, c := range now {
			ours := c.CancelID == id
			if id == "" {
				known := slices.ContainsFunc(before, func(b Cancellation) bool { return b.CancelID == c.CancelID })
				ours = !known && c.Role == CancelRoleSeller && c.CancelReason == r.CancelReason
			}
			if !ours {
				continue
			}
			got = fmt.Sprintf("%s, which is %s", c.CancelID, c.CancelStatus)
			if c.CancelStatus == CancelStatusSuccess || c.CancelStatus == CancelStatusComplete {
				made = &now[i]
				return true, nil
			}
		}
		return false, nil
	})
	if done || err != nil {
		return made, err
	}
	return nil, s.client.notApplied(op, "order "+r.OrderID, cmp.Or(id, "a cancellation"), got, written)
}

// cancellationsOf lists the cancellations of an order.
func (s *ReturnRefundService) cancellationsOf(ctx context.Context, orderID string) ([]Cancellation, error) {
	var list []Cancellation
	for c, err := range s.SearchCancellationsV202309All(ctx, &SearchCancellationsV202309Request{OrderIDs: []string{orderID}, PageSize: new("50")}) {
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}
