package tiktokadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ bridge.SellerDesk = (*Shop)(nil)

// PendingCancellations implements [bridge.CancellationSource].
func (t *Shop) PendingCancellations(ctx context.Context, orderIDs []string) ([]bridge.Cancellation, error) {
	return inParts(orderIDs, func(part []string) (list []bridge.Cancellation, _ error) {
		request := &tiktokshop.SearchCancellationsV202309Request{
			PageSize: new("50"), OrderIDs: part, CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusPending},
		}
		var lost lostRecords
		for c, err := range t.client.ReturnRefund.SearchCancellationsV202309All(ctx, request) {
			if err != nil {
				lost.add(err)
				continue
			}
			list = append(list, cancellation(c))
		}
		return list, lost.err()
	})
}

func cancellation(c tiktokshop.Cancellation) bridge.Cancellation {
	out := bridge.Cancellation{
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

// ApproveCancellation implements [bridge.CancellationDesk].
func (t *Shop) ApproveCancellation(ctx context.Context, cancellationID, key string) error {
	return decisionError(t.client.ReturnRefund.ApproveCancellationVerified(ctx, cancellationID,
		&tiktokshop.ApproveCancellationRequest{IdempotencyKey: new(key)}))
}

// RejectReasons implements [bridge.CancellationDesk].
func (t *Shop) RejectReasons(ctx context.Context, cancellationID string) ([]string, error) {
	reply, err := t.client.ReturnRefund.GetRejectReasons(ctx, &tiktokshop.GetRejectReasonsRequest{ReturnOrCancelID: cancellationID})
	if err != nil {
		return nil, deskError(err)
	}
	names := make([]string, len(reply.Reasons))
	for i, r := range reply.Reasons {
		names[i] = r.Name
	}
	return names, nil
}

// RejectCancellation implements [bridge.CancellationDesk].
func (t *Shop) RejectCancellation(ctx context.Context, cancellationID, reason, key string) error {
	return decisionError(t.client.ReturnRefund.RejectCancellationVerified(ctx, cancellationID,
		&tiktokshop.RejectCancellationRequest{IdempotencyKey: new(key), RejectReason: reason}))
}

// CancelReasons implements [bridge.SellerDesk]: what TikTok offers for every line that is
// asked for, or for every line of the order that is left. For single lines it takes none
// but out of stock, whatever it offers.
//
// https://partner.tiktokshop.com/docv2/page/get-aftersale-eligibility-202512
func (t *Shop) CancelReasons(ctx context.Context, orderID string, lineIDs []string) ([]string, error) {
	reply, err := t.client.ReturnRefund.GetAftersaleEligibilityV202512(ctx, orderID, &tiktokshop.GetAftersaleEligibilityV202512Request{RequestTypes: []string{"CANCEL"}})
	if err != nil {
		return nil, deskError(err)
	}
	var reasons []string
	first := true
	for _, sku := range reply.SKUEligibility {
		for _, line := range sku.LineItemEligibility {
			switch {
			case len(lineIDs) > 0 && !slices.ContainsFunc(line.OrderLineItemsIDs, func(id string) bool { return slices.Contains(lineIDs, id) }):
			case !line.Eligible:
				return nil, nil
			case first:
				reasons, first = slices.Clone(line.AvailableReasonNames), false
			default:
				reasons = slices.DeleteFunc(reasons, func(r string) bool { return !slices.Contains(line.AvailableReasonNames, r) })
			}
		}
	}
	if len(lineIDs) > 0 {
		reasons = slices.DeleteFunc(reasons, func(r string) bool { return !strings.Contains(r, "out_of_stock") })
	}
	return reasons, nil
}

// CancelInShop implements [bridge.SellerDesk].
func (t *Shop) CancelInShop(ctx context.Context, orderID, reason string, lineIDs []string) error {
	_, err := t.client.ReturnRefund.CancelOrderVerified(ctx, &tiktokshop.CancelOrderV202309Request{OrderID: orderID, CancelReason: reason, OrderLineItemIDs: lineIDs})
	return deskError(err)
}

// decisionError is deskError for decisions: one that was read back, is not there,
// and is not waited for either, was made otherwise.
func decisionError(err error) error {
	if n, ok := errors.AsType[*tiktokshop.NotAppliedError](err); ok && n.Got != string(tiktokshop.CancelStatusPending) {
		return fmt.Errorf("%w: %w", bridge.ErrDecided, err)
	}
	return deskError(err)
}

// deskError puts TikTok's classes into the bridge's words.
func deskError(err error) error {
	e, ok := errors.AsType[*tiktokshop.Error](err)
	if !ok {
		return err
	}
	switch e.Class {
	case tiktokshop.ClassRequest, tiktokshop.ClassState, tiktokshop.ClassData, tiktokshop.ClassConfiguration, tiktokshop.ClassNotFound:
		return &exceptions.RefusedError{Do: "decide the cancellation in Seller Center; if that works there, report the message to the integrator", Err: err}
	}
	return err
}
