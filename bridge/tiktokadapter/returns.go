package tiktokadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ returns.Shop = (*Shop)(nil)

// waitingStatuses are those in which TikTok may wait for the seller. It then says what
// for and until when; a return of such a status that says neither is TikTok's to decide.
var waitingStatuses = []tiktokshop.ReturnStatus{
	tiktokshop.ReturnStatusReturnOrRefundRequestPending, tiktokshop.ReturnStatusReplacementRequestPending, tiktokshop.ReturnStatusBuyerShippedItem,
}

// answers are what the seller may be asked, in the bridge's words and TikTok's.
var answers = []struct {
	ask    returns.Ask
	action tiktokshop.ReturnRefundAction
	accept tiktokshop.ApproveReturnRequestDecision
	refuse tiktokshop.RejectReturnRequestDecision
}{
	{returns.AskRefund, tiktokshop.ReturnRefundActionSellerRespondRefund, tiktokshop.ApproveReturnRequestDecisionApproveRefund, tiktokshop.RejectReturnRequestDecisionRejectRefund},
	{returns.AskReturn, tiktokshop.ReturnRefundActionSellerRespondReturn, tiktokshop.ApproveReturnRequestDecisionApproveReturn, tiktokshop.RejectReturnRequestDecisionRejectReturn},
	{returns.AskGoods, tiktokshop.ReturnRefundActionSellerRespondReceivePackage, tiktokshop.ApproveReturnRequestDecisionApproveReceivedPackage, tiktokshop.RejectReturnRequestDecisionRejectReceivedPackage},
	{returns.AskReplacement, tiktokshop.ReturnRefundActionSellerRespondReplacement, tiktokshop.ApproveReturnRequestDecisionApproveReplacement, tiktokshop.RejectReturnRequestDecisionRejectReplacement},
}

// WaitingReturns implements [returns.Shop].
//
// https://partner.tiktokshop.com/docv2/page/search-returns-202309
func (t *Shop) WaitingReturns(ctx context.Context) ([]returns.Return, error) {
	return t.searchReturns(ctx, tiktokshop.SearchReturnsV202309Request{ReturnStatus: waitingStatuses})
}

// Returns implements [returns.Shop].
func (t *Shop) Returns(ctx context.Context, ids []string) ([]returns.Return, error) {
	var list []returns.Return
	for _, part := range parts(ids, maxOrderIDs) {
		found, err := t.searchReturns(ctx, tiktokshop.SearchReturnsV202309Request{ReturnIDs: part})
		if list = append(list, found...); err != nil {
			return list, err
		}
	}
	return list, nil
}

// searchReturns goes on after returns that cannot be read: they are in the error.
func (t *Shop) searchReturns(ctx context.Context, request tiktokshop.SearchReturnsV202309Request) (list []returns.Return, unread error) {
	request.PageSize = new("50")
	for r, err := range t.client.ReturnRefund.SearchReturnsV202309All(ctx, &request) {
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		list = append(list, returnOf(r))
	}
	return list, unread
}

func returnOf(r tiktokshop.Return) returns.Return {
	out := returns.Return{
		ID: r.ReturnID, OrderID: r.OrderID, Status: string(r.ReturnStatus), Reason: cmp.Or(r.ReturnReasonText, r.ReturnReason),
		RefundedFirst: r.IsQuickRefund, Carrier: r.ReturnProviderName, Tracking: r.ReturnTrackingNumber, UpdatedAt: r.UpdateTime.Time(),
	}
	for _, l := range r.ReturnLineItems {
		out.Lines = append(out.Lines, returns.Line{OrderLineID: l.OrderLineItemID, SellerSKU: l.SellerSKU})
	}
	var err error
	if out.Refund, err = money.Parse(string(r.RefundAmount.RefundTotal), r.RefundAmount.Currency); err != nil || r.RefundAmount.RefundTotal == "" {
		out.Refund, out.RefundUnread = money.Amount{}, true
	}
	if !waits(r) {
		return out
	}
	for _, next := range r.SellerNextActionResponse {
		if at := next.Deadline.Time(); out.Ask == "" || !at.IsZero() && (out.Deadline.IsZero() || at.Before(out.Deadline)) {
			out.Ask, out.Deadline = askOf(next.Action), at
		}
	}
	return out
}

// waits reports whether a return may wait for the seller: TikTok shows deadlines also
// of returns that are over, or that another has replaced.
func waits(r tiktokshop.Return) bool {
	return slices.Contains(waitingStatuses, r.ReturnStatus) && r.NextReturnID == ""
}

func askOf(action tiktokshop.ReturnRefundAction) returns.Ask {
	for _, a := range answers {
		if a.action == action {
			return a.ask
		}
	}
	return returns.Ask(cmp.Or(string(action), "TikTok does not say what"))
}

// RefusalReasons implements [returns.Shop].
//
// https://partner.tiktokshop.com/docv2/page/get-reject-reasons-202309
func (t *Shop) RefusalReasons(ctx context.Context, id string) ([]string, error) {
	return t.RejectReasons(ctx, id)
}

// AnswerReturn implements [returns.Shop].
//
// https://partner.tiktokshop.com/docv2/page/approve-return-202309,
// https://partner.tiktokshop.com/docv2/page/reject-return-202309
func (t *Shop) AnswerReturn(ctx context.Context, d returns.Decision, key string) error {
	for _, a := range answers {
		if a.ask != d.Ask {
			continue
		}
		if !d.Accept {
			_, err := t.client.ReturnRefund.RejectReturn(ctx, d.ReturnID, &tiktokshop.RejectReturnRequest{
				Decision: a.refuse, RejectReason: new(d.Reason), IdempotencyKey: new(key),
			}, tiktokshop.RepeatSafe())
			return answerError(err)
		}
		request := &tiktokshop.ApproveReturnRequest{Decision: a.accept, IdempotencyKey: new(key)}
		if d.KeepGoods {
			request.BuyerKeepItem = new(true)
		}
		_, err := t.client.ReturnRefund.ApproveReturn(ctx, d.ReturnID, request, tiktokshop.RepeatSafe())
		return answerError(err)
	}
	return fmt.Errorf("tiktokadapter: TikTok has no answer to %q", d.Ask)
}

// answerError says what a person can do about an answer that is refused.
func answerError(err error) error {
	err = deskError(err)
	if refused, ok := errors.AsType[*exceptions.RefusedError](err); ok {
		refused.Do = "answer the return in Seller Center; if that works there, report the message to the integrator"
	}
	return err
}
