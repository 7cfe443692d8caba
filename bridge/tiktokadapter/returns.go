package tiktokadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ interface {
	returns.Shop
	returns.Changes
	returns.Cancellations
	returns.OrderSource
	claims.Parcels
} = (*Shop)(nil)

// waitingStatuses are those in which TikTok may wait for the seller. It then says what
// for and until when; a return of such a status that says neither is TikTok's to decide.
var waitingStatuses = []tiktokshop.ReturnStatus{
	tiktokshop.ReturnStatusReturnOrRefundRequestPending, tiktokshop.ReturnStatusReplacementRequestPending, tiktokshop.ReturnStatusBuyerShippedItem,
}

// paidStatuses are those in which the buyer has the money or is about to get it,
// overStatuses those in which nothing is paid. A parcel that was refused may yet be
// paid for, after an appeal: it is in neither.
var (
	paidStatuses = []tiktokshop.ReturnStatus{
		tiktokshop.ReturnStatusReturnOrRefundRequestSuccess, tiktokshop.ReturnStatusReturnOrRefundRequestComplete, tiktokshop.ReturnStatusReplacementRequestRefundSuccess,
	}
	overStatuses = []tiktokshop.ReturnStatus{
		tiktokshop.ReturnStatusRefundOrReturnRequestReject, tiktokshop.ReturnStatusReturnOrRefundRequestCancel,
		tiktokshop.ReturnStatusReplacementRequestReject, tiktokshop.ReturnStatusReplacementRequestCancel, tiktokshop.ReturnStatusReplacementRequestComplete,
	}
	otherStatuses = []tiktokshop.ReturnStatus{
		tiktokshop.ReturnStatusAwaitingBuyerShip, tiktokshop.ReturnStatusAwaitingBuyerResponse, tiktokshop.ReturnStatusRejectReceivePackage,
	}
	knownStatuses = slices.Concat(waitingStatuses, paidStatuses, overStatuses, otherStatuses)
)

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
	return inParts(ids, func(part []string) ([]returns.Return, error) {
		return t.searchReturns(ctx, tiktokshop.SearchReturnsV202309Request{ReturnIDs: part})
	})
}

// ReturnsSince implements [returns.Changes].
//
// https://partner.tiktokshop.com/docv2/page/search-returns-202309
func (t *Shop) ReturnsSince(ctx context.Context, since time.Time) ([]returns.Return, error) {
	return t.searchReturns(ctx, tiktokshop.SearchReturnsV202309Request{
		SortField: new("update_time"), UpdateTimeGe: new(tiktokshop.At(since)),
	})
}

// SoldOrders implements [returns.OrderSource].
func (t *Shop) SoldOrders(ctx context.Context, ids []string) ([]returns.Sold, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	orders, err := t.OrdersByID(ctx, ids)
	list := make([]returns.Sold, 0, len(orders))
	for _, o := range orders {
		sold := returns.Sold{ID: o.ID, Kinds: o.PolicyKinds()}
		for _, l := range o.Lines {
			if !l.Cancelled {
				sold.Units++
			}
		}
		list = append(list, sold)
	}
	return list, err
}

// searchReturns goes on after returns that cannot be read: they are in the error.
//
// It asks 202309, which says all that is needed here: 202602 has the same fields of a return,
// and leaves out what is refunded with a cancellation. No page gives the shapes of the combined
// search (202603) and of that of merchandise authorisations (202604).
func (t *Shop) searchReturns(ctx context.Context, request tiktokshop.SearchReturnsV202309Request) (list []returns.Return, unread error) {
	request.PageSize = new("50")
	var lost lostRecords
	for r, err := range t.client.ReturnRefund.SearchReturnsV202309All(ctx, &request) {
		if err != nil {
			lost.add(err)
			continue
		}
		list = append(list, t.returnOf(r))
	}
	return once(list), lost.err()
}

// once drops all but the newest reading of what is listed more than once, as it is if it
// changes while its pages are read.
func once(list []returns.Return) []returns.Return {
	at := make(map[string]int, len(list))
	var out []returns.Return
	for _, r := range list {
		i, seen := at[r.ID]
		switch {
		case !seen:
			at[r.ID], out = len(out), append(out, r)
		case !r.UpdatedAt.Before(out[i].UpdatedAt):
			out[i] = r
		}
	}
	return out
}

// distinct drops what is listed again under the same id.
func distinct[T any](list []T, id func(T) string) []T {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(l T) bool {
		again := id(l) != "" && seen[id(l)]
		seen[id(l)] = true
		return again
	})
}

// withLine adds a line. A unit that has several is one unit, and its amounts, which only share
// out the whole, count together.
func withLine(lines []returns.Line, l returns.Line) []returns.Line {
	i := slices.IndexFunc(lines, func(x returns.Line) bool { return x.OrderLineID == l.OrderLineID && l.OrderLineID != "" })
	if i < 0 {
		return append(lines, l)
	}
	if lines[i].Refund.Currency == l.Refund.Currency {
		lines[i].Refund.Minor += l.Refund.Minor
	}
	if lines[i].Shipping.Currency == l.Shipping.Currency {
		lines[i].Shipping.Minor += l.Shipping.Minor
	}
	return lines
}

func (t *Shop) returnOf(r tiktokshop.Return) returns.Return {
	out := returns.Return{
		ID: r.ReturnID, OrderID: r.OrderID, Status: string(r.ReturnStatus), Reason: cmp.Or(r.ReturnReasonText, r.ReturnReason),
		RefundedFirst: r.IsQuickRefund, ReplacedBy: realID(r.NextReturnID), Carrier: r.ReturnProviderName, Tracking: r.ReturnTrackingNumber, UpdatedAt: r.UpdateTime.Time(),
	}
	for _, l := range distinct(r.ReturnLineItems, func(l tiktokshop.ReturnLineItem) string { return l.ReturnLineItemID }) {
		line := returns.Line{OrderLineID: l.OrderLineItemID, SellerSKU: l.SellerSKU}
		line.Refund, _ = refundAmount(l.RefundAmount.RefundTotal, l.RefundAmount.Currency)
		line.Shipping, _ = refundAmount(l.RefundAmount.RefundShippingFee, l.RefundAmount.Currency)
		out.Lines = withLine(out.Lines, line)
	}
	var stated bool
	out.Refund, stated = refundAmount(r.RefundAmount.RefundTotal, r.RefundAmount.Currency)
	out.RefundUnread = !stated
	out.Shipping, _ = refundAmount(r.RefundAmount.RefundShippingFee, r.RefundAmount.Currency)
	// A quick refund is paid when the carrier has the parcel, whatever the seller says of
	// it afterwards.
	sent := r.ReturnStatus == tiktokshop.ReturnStatusBuyerShippedItem || r.ReturnStatus == tiktokshop.ReturnStatusRejectReceivePackage
	out.Refunded = slices.Contains(paidStatuses, r.ReturnStatus) || r.IsQuickRefund && sent
	out.GoodsSent = sent || r.ReturnTrackingNumber != "" && r.ReturnType != tiktokshop.ReturnTypeRefund
	out.Over, out.Unknown = slices.Contains(overStatuses, r.ReturnStatus), !slices.Contains(knownStatuses, r.ReturnStatus)
	out.Lost = r.ReturnType == tiktokshop.ReturnTypeRefund && hasWord(r.ReturnReason, t.options.LostReasons)
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

// refundAmount is an amount of a refund; false if TikTok states none, or none that can be
// one.
func refundAmount(text tiktokshop.Decimal, currency string) (money.Amount, bool) {
	m, err := money.Parse(string(text), currency)
	if text == "" || err != nil || absurd(m) != nil || m.Minor < 0 {
		return money.Amount{}, false
	}
	return m, true
}

// realID is an id, empty if it stands for none.
func realID(id string) string {
	if id == "0" {
		return ""
	}
	return id
}

// waits reports whether a return may wait for the seller: TikTok shows deadlines also
// of returns that are over, or that another has replaced.
func waits(r tiktokshop.Return) bool {
	return slices.Contains(waitingStatuses, r.ReturnStatus) && realID(r.NextReturnID) == ""
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

// CancellationsSince implements [returns.Cancellations].
//
// https://partner.tiktokshop.com/docv2/page/search-cancellations-202309
func (t *Shop) CancellationsSince(ctx context.Context, since time.Time) ([]returns.Return, error) {
	return t.searchGranted(ctx, tiktokshop.SearchCancellationsV202309Request{SortField: new("update_time"), UpdateTimeGe: new(tiktokshop.At(since))})
}

// Cancellations implements [returns.Cancellations].
func (t *Shop) Cancellations(ctx context.Context, ids []string) ([]returns.Return, error) {
	return inParts(ids, func(part []string) ([]returns.Return, error) {
		return t.searchGranted(ctx, tiktokshop.SearchCancellationsV202309Request{CancelIDs: part})
	})
}

// searchGranted goes on after cancellations that cannot be read: they are in the error.
func (t *Shop) searchGranted(ctx context.Context, request tiktokshop.SearchCancellationsV202309Request) (list []returns.Return, unread error) {
	request.PageSize = new("50")
	request.CancelStatus = []tiktokshop.CancelStatus{tiktokshop.CancelStatusSuccess, tiktokshop.CancelStatusComplete}
	var lost lostRecords
	for c, err := range t.client.ReturnRefund.SearchCancellationsV202309All(ctx, &request) {
		if err != nil {
			lost.add(err)
			continue
		}
		list = append(list, t.grantedCancellation(c))
	}
	return once(list), lost.err()
}

func hasWord(reason string, words []string) bool {
	reason = strings.ToLower(reason)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(reason, strings.ToLower(w)) })
}

// grantedCancellation is a cancellation as a return. Version 202602 states amounts for its
// lines alone.
func (t *Shop) grantedCancellation(c tiktokshop.Cancellation) returns.Return {
	out := returns.Return{
		ID: c.CancelID, OrderID: c.OrderID, Status: string(c.CancelStatus), Reason: cmp.Or(c.CancelReasonText, c.CancelReason), UpdatedAt: c.UpdateTime.Time(),
		Cancellation: true, Refunded: true, GoodsSent: hasWord(c.CancelReason, t.options.UndeliveredReasons), Lost: hasWord(c.CancelReason, t.options.LostReasons),
	}
	sum, stated := money.Amount{}, len(c.CancelLineItems) > 0
	for _, l := range distinct(c.CancelLineItems, func(l tiktokshop.CancellationLineItem) string { return l.CancelLineItemID }) {
		line := returns.Line{OrderLineID: l.OrderLineItemID, SellerSKU: l.SellerSKU}
		var read bool
		line.Refund, read = refundAmount(l.RefundAmount.RefundTotal, l.RefundAmount.Currency)
		line.Shipping, _ = refundAmount(l.RefundAmount.RefundShippingFee, l.RefundAmount.Currency)
		stated = stated && read && (sum.Currency == "" || sum.Currency == line.Refund.Currency)
		sum.Minor, sum.Currency = sum.Minor+line.Refund.Minor, line.Refund.Currency
		if line.OrderLineID != "" { // otherwise its money counts all the same
			out.Lines = withLine(out.Lines, line)
		}
	}
	if c.RefundAmount.RefundTotal != "" || !stated {
		sum, stated = refundAmount(c.RefundAmount.RefundTotal, c.RefundAmount.Currency)
	}
	out.Refund, out.RefundUnread = sum, !stated
	out.Shipping, _ = refundAmount(c.RefundAmount.RefundShippingFee, c.RefundAmount.Currency)
	return out
}

// LostParcels implements [returns.Cancellations], with two calls.
//
// https://partner.tiktokshop.com/docv2/page/get-tracking-202309
func (t *Shop) LostParcels(ctx context.Context, r returns.Return) ([]claims.Loss, error) {
	orders, err := t.OrdersByID(ctx, []string{r.OrderID})
	if err != nil || len(orders) == 0 {
		return nil, err
	}
	o := orders[0]
	moved, err := t.lastMove(ctx, o)
	if err != nil {
		return nil, err
	}
	var list []claims.Loss
	for _, l := range o.Lines {
		concerned := len(r.Lines) == 0 || slices.ContainsFunc(r.Lines, func(x returns.Line) bool { return x.OrderLineID == l.ID })
		if !concerned {
			continue
		}
		if loss := lossOf(o, l, moved); !slices.Contains(list, loss) {
			list = append(list, loss)
		}
	}
	return list, nil
}

// lossOf is the parcel of a line. One that TikTok has in no parcel is told of by its line:
// two of them may have been two parcels.
func lossOf(o bridge.Order, l bridge.OrderLine, moved time.Time) claims.Loss {
	loss := claims.Loss{Kind: claims.Parcel, OrderID: o.ID, Tracking: l.Tracking, Parcel: l.PackageID, ShippedAt: o.ShippedAt, StatusAt: moved}
	if l.Tracking == "" && l.PackageID == "" {
		loss.Parcel = "with line " + l.ID
	}
	return loss
}

// lastMove is when the parcels of an order were last seen: TikTok tells of all of them
// together. A scan with a time that has not come is none.
//
// https://partner.tiktokshop.com/docv2/page/get-tracking-202309
func (t *Shop) lastMove(ctx context.Context, o bridge.Order) (moved time.Time, err error) {
	moved = o.ShippedAt
	if o.CollectedAt.After(moved) {
		moved = o.CollectedAt
	}
	history, err := t.client.Fulfillment.GetTracking(ctx, o.ID, nil)
	if err != nil {
		if _, refused := exceptions.AsRefused(readError(err)); !refused { // TikTok may show none of an order that is cancelled
			return time.Time{}, err
		}
		return moved, nil
	}
	now := t.options.Now()
	for _, step := range history.Tracking {
		if at := time.UnixMilli(step.UpdateTimeMillis).UTC(); at.After(moved) && !at.After(now) {
			moved = at
		}
	}
	return moved, nil
}

// StalledParcels implements [claims.Parcels]: of the orders that TikTok has as IN_TRANSIT and
// that left before since, with a call for each of them. An order that cannot be read costs
// itself alone, and is in the error.
//
// https://partner.tiktokshop.com/docv2/page/get-order-list-202309
func (t *Shop) StalledParcels(ctx context.Context, since time.Time) (list []claims.Loss, unread error) {
	ctx = tiktokshop.Bulk(ctx)
	request := &tiktokshop.GetOrderListRequest{PageSize: pageSize, OrderStatus: new(tiktokshop.OrderStatusInTransit), CreateTimeLt: new(tiktokshop.At(since))}
	t.search(ctx, request, func(o bridge.Order, err error) bool {
		if err != nil {
			unread = errors.Join(unread, err)
			return ctx.Err() == nil
		}
		if o.Status != bridge.InTransit || o.ShippedAt.IsZero() || !o.ShippedAt.Before(since) || o.CollectedAt.After(since) {
			return true
		}
		moved, err := t.lastMove(ctx, o)
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("the parcels of order %s: %w", o.ID, err))
			return ctx.Err() == nil
		}
		if !moved.Before(since) {
			return true
		}
		for _, l := range o.LiveLines() {
			if loss := lossOf(o, l, moved); !slices.Contains(list, loss) {
				list = append(list, loss)
			}
		}
		return true
	})
	return list, unread
}
