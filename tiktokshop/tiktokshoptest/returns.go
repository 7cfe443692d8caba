package tiktokshoptest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of returns and refunds.
const (
	codeReturnState    = 25011011
	codeReturnType     = 25001057
	codeNegotiation    = 25007007
	codeRefundTooLarge = 25005005
)

// aftersale is a return, a refund or a replacement in the fake.
type aftersale struct {
	info     tiktokshop.Return
	order    *order
	lines    []*line
	keys     map[string]string // decision by idempotency key
	records  []tiktokshop.GetReturnRecordsResponseRecord
	deadline int // counts, so that an old one does not strike
	refund   money
	paid     bool
}

// ReturnSpec describes what a buyer asks for, see [Fake.RequestReturn].
type ReturnSpec struct {
	// Type is REFUND if empty; RETURN_AND_REFUND and REPLACEMENT are the others.
	Type tiktokshop.ReturnType
	// LineIDs are the line items, all of the order if empty.
	LineIDs []string
	// Reason is one of [Fake.ReturnReasons], the first if empty.
	Reason string
	// Quick pays the buyer when the goods are sent, not when they have arrived.
	Quick bool
}

// ReturnReasons are the reasons for a return or a refund.
func (f *Fake) ReturnReasons() []string {
	return []string{
		f.reason("ecom_order_delivered_refund_and_return_reason_product_damaged"),
		f.reason("ecom_order_delivered_refund_and_return_reason_wrong_product"),
		f.reason("ecom_order_delivered_refund_reason_missing_product"),
	}
}

// RequestReturn lets the buyer of an order that was shipped ask for a refund, a
// return or a replacement. The seller decides before the deadline; else TikTok
// approves.
func (f *Fake) RequestReturn(orderID string, spec ReturnSpec) (returnID string, err error) {
	err = f.change(orderID, "request a return of", func(o *order) error {
		spec.Type = or(spec.Type, tiktokshop.ReturnTypeRefund)
		if spec.Type != tiktokshop.ReturnTypeRefund && o.info.Status != tiktokshop.OrderStatusDelivered {
			return fmt.Errorf("%s needs an order that is DELIVERED, it is %s", spec.Type, o.info.Status)
		}
		lines, err := o.returnable(spec.LineIDs)
		if err != nil {
			return err
		}
		r := f.newReturn(o, lines, spec.Type, "BUYER", or(spec.Reason, f.ReturnReasons()[0]))
		r.info.IsQuickRefund = spec.Quick
		switch spec.Type {
		case tiktokshop.ReturnTypeReplacement:
			f.ask(r, "REPLACEMENT_REQUEST_PENDING", tiktokshop.ReturnRefundActionSellerRespondReplacement)
		case tiktokshop.ReturnTypeReturnAndRefund:
			f.ask(r, "RETURN_OR_REFUND_REQUEST_PENDING", tiktokshop.ReturnRefundActionSellerRespondReturn)
		default:
			f.ask(r, "RETURN_OR_REFUND_REQUEST_PENDING", tiktokshop.ReturnRefundActionSellerRespondRefund)
		}
		returnID = r.info.ReturnID
		return nil
	}, tiktokshop.OrderStatusAwaitingCollection, tiktokshop.OrderStatusInTransit, tiktokshop.OrderStatusDelivered)
	return returnID, err
}

// returnable returns the lines with the ids, all if none, that were shipped and
// are not being returned or refunded.
func (o *order) returnable(ids []string) (lines []*line, err error) {
	for _, l := range o.lines {
		asked := slices.Contains(ids, l.info.ID)
		free := l.shipped() && !l.cancelled && (l.returned == nil || l.returned.rejected())
		switch {
		case asked && !free:
			return nil, fail(codeNegotiation, "Line item %s is not shipped, or is being returned already", l.info.ID)
		case asked, len(ids) == 0 && free:
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 || len(ids) > 0 && len(lines) != len(ids) {
		return nil, fail(codeLineLimit, "The order has not these line items to return")
	}
	return lines, nil
}

// rejected tells that a return came to nothing.
func (r *aftersale) rejected() bool {
	switch r.info.ReturnStatus {
	case "REFUND_OR_RETURN_REQUEST_REJECT", "RETURN_OR_REFUND_REQUEST_CANCEL", "REPLACEMENT_REQUEST_REJECT",
		"REPLACEMENT_REQUEST_CANCEL", "REJECT_RECEIVE_PACKAGE":
		return true
	}
	return false
}

func (f *Fake) newReturn(o *order, lines []*line, kind tiktokshop.ReturnType, role tiktokshop.ReturnRole, reason string) *aftersale {
	r := &aftersale{order: o, lines: lines, keys: map[string]string{}, info: tiktokshop.Return{
		ReturnID: f.newID(idReturn), OrderID: o.info.ID, ReturnType: kind, Role: role, ReturnReason: reason, ReturnReasonText: reason,
		CreateTime: f.unix(), HandoverMethod: "DROP_OFF", ReturnMethod: "BUYER_SHIPPED", ShipmentType: tiktokshop.ReturnRefundShipmentTypeBuyerArrange,
	}}
	for _, l := range lines {
		l.returned = r
		r.refund += l.price
		r.info.ReturnLineItems = append(r.info.ReturnLineItems, tiktokshop.ReturnLineItem{
			ReturnLineItemID: f.newID(idReturnLine), OrderLineItemID: l.info.ID, SKUID: l.sku.id, SellerSKU: l.sku.sellerSKU,
			SKUName: l.info.SKUName, ProductName: l.info.ProductName,
			RefundAmount: tiktokshop.RefundAmount{Currency: l.info.Currency, RefundSubtotal: l.price.decimal(), RefundTotal: l.price.decimal()},
		})
	}
	amount := refund(o, r.refund, len(lines) == len(o.live()))
	r.refund = cents(amount.RefundTotal)
	r.info.RefundAmount = tiktokshop.RefundAmount{
		Currency: amount.Currency, RefundTotal: amount.RefundTotal, RefundSubtotal: amount.RefundSubtotal,
		RefundShippingFee: amount.RefundShippingFee, RefundTax: amount.RefundTax,
	}
	f.returns = append(f.returns, r)
	f.returnByID[r.info.ReturnID] = r
	return r
}

// turn moves a return to a status and keeps a record of it.
func (f *Fake) turn(r *aftersale, s tiktokshop.ReturnStatus, who tiktokshop.GetReturnRecordsResponseRecordRole, note string) {
	r.info.ReturnStatus, r.info.UpdateTime, r.info.SellerNextActionResponse = s, f.unix(), nil
	r.deadline++
	r.records = append(r.records, tiktokshop.GetReturnRecordsResponseRecord{
		CreateTime: f.unix(), Event: string(s), Description: note, Role: who, ReasonText: r.info.ReturnReasonText,
	})
	f.notify(hookReturn, returnChanged{
		r.info.OrderID, r.info.Role, r.info.ReturnType, s, r.info.ReturnID, r.info.CreateTime, f.unix(),
	})
}

// ask waits for the seller's decision until the deadline; then TikTok decides
// for the buyer.
func (f *Fake) ask(r *aftersale, s tiktokshop.ReturnStatus, action tiktokshop.ReturnRefundAction) {
	f.turn(r, s, tiktokshop.GetReturnRecordsResponseRecordRole(r.info.Role), "waits for the seller")
	limit := DecisionTime
	if action == tiktokshop.ReturnRefundActionSellerRespondReplacement {
		limit = 24 * time.Hour
	}
	deadline := f.now.Add(limit)
	r.info.SellerNextActionResponse = []tiktokshop.SellerNextActionResponse{{Action: action, Deadline: tiktokshop.At(deadline)}}
	turn := r.deadline
	f.at(deadline, func() {
		if r.deadline == turn {
			_ = f.approve(r, approvalOf[action], "SYSTEM")
		}
	})
}

// approvalOf is the approval that an action of the seller asks for.
var approvalOf = map[tiktokshop.ReturnRefundAction]string{
	tiktokshop.ReturnRefundActionSellerRespondRefund:         "APPROVE_REFUND",
	tiktokshop.ReturnRefundActionSellerRespondReturn:         "APPROVE_RETURN",
	tiktokshop.ReturnRefundActionSellerRespondReceivePackage: "APPROVE_RECEIVED_PACKAGE",
	tiktokshop.ReturnRefundActionSellerRespondReplacement:    "APPROVE_REPLACEMENT",
}

// next is the action that the return waits for, empty for none.
func (r *aftersale) next() tiktokshop.ReturnRefundAction {
	if len(r.info.SellerNextActionResponse) == 0 {
		return ""
	}
	return r.info.SellerNextActionResponse[0].Action
}

// approve carries an approval out. It must fit what the return waits for.
func (f *Fake) approve(r *aftersale, decision string, who tiktokshop.GetReturnRecordsResponseRecordRole) error {
	fits := approvalOf[r.next()] == decision ||
		decision == "ISSUE_REPLACEMENT_REFUND" && r.next() == tiktokshop.ReturnRefundActionSellerRespondReplacement
	if !fits {
		return fail(codeDecisionMisfits, "%s does not fit a return that is %s", decision, r.info.ReturnStatus)
	}
	switch decision {
	case "APPROVE_RETURN":
		f.turn(r, "AWAITING_BUYER_SHIP", who, "the buyer sends the goods back")
	case "APPROVE_REPLACEMENT":
		spec := OrderSpec{Replaces: r.order.info.ID, BuyerID: r.order.info.UserID, Address: &r.order.address, ShippingType: r.order.info.ShippingType}
		for _, l := range r.lines {
			spec.Lines = append(spec.Lines, Line{SKUID: l.sku.id, Quantity: 1})
		}
		if _, err := f.place(spec); err != nil {
			return fail(codeReturnState, "The replacement cannot be ordered: %v", err)
		}
		f.turn(r, "REPLACEMENT_REQUEST_COMPLETE", who, "a new order was made")
	case "ISSUE_REPLACEMENT_REFUND":
		f.payBack(r, "REPLACEMENT_REQUEST_REFUND_SUCCESS", who)
	default:
		f.payBack(r, "RETURN_OR_REFUND_REQUEST_SUCCESS", who)
	}
	return nil
}

// payBack refunds the buyer. When that was all that the buyer paid, the order is
// COMPLETED.
func (f *Fake) payBack(r *aftersale, s tiktokshop.ReturnStatus, who tiktokshop.GetReturnRecordsResponseRecordRole) {
	f.turn(r, s, who, "the buyer is refunded")
	if !r.paid {
		r.paid = true
		f.bookRefund(r)
	}
	o := r.order
	whole := !slices.ContainsFunc(o.live(), func(l *line) bool { return l.returned == nil || !l.returned.paidBack() })
	if whole && o.info.Status != tiktokshop.OrderStatusCompleted {
		f.complete(o)
	}
	if s == "RETURN_OR_REFUND_REQUEST_SUCCESS" {
		f.at(f.now.Add(RefundTime), func() { f.turn(r, "RETURN_OR_REFUND_REQUEST_COMPLETE", "SYSTEM", "the refund has arrived") })
	}
}

// paidBack tells that the refund was issued.
func (r *aftersale) paidBack() bool {
	switch r.info.ReturnStatus {
	case "RETURN_OR_REFUND_REQUEST_SUCCESS", "RETURN_OR_REFUND_REQUEST_COMPLETE", "REPLACEMENT_REQUEST_REFUND_SUCCESS":
		return true
	}
	return false
}

// buyerActs runs what a buyer does with a return in one of the statuses.
func (f *Fake) buyerActs(id, what string, run func(*aftersale), allowed ...tiktokshop.ReturnStatus) error {
	defer f.enter()()
	r := f.returnByID[id]
	switch {
	case r == nil:
		return fmt.Errorf("tiktokshoptest: return %s does not exist", id)
	case !slices.Contains(allowed, r.info.ReturnStatus):
		return fmt.Errorf("tiktokshoptest: %s return %s: it is %s, not %v", what, id, r.info.ReturnStatus, allowed)
	}
	run(r)
	return nil
}

// SendReturn lets the buyer send the goods of an approved return back. The
// seller then says whether they arrived in order.
func (f *Fake) SendReturn(returnID, trackingNumber string) error {
	return f.buyerActs(returnID, "send", func(r *aftersale) {
		r.info.ReturnTrackingNumber, r.info.ReturnProviderID, r.info.ReturnProviderName = trackingNumber, f.market.carrier(0).ID, f.market.carriers[0]
		if r.info.IsQuickRefund {
			r.paid = true
			f.bookRefund(r)
		}
		f.ask(r, "BUYER_SHIPPED_ITEM", tiktokshop.ReturnRefundActionSellerRespondReceivePackage)
	}, "AWAITING_BUYER_SHIP")
}

// GrantReturn lets TikTok decide a return itself, for the buyer, whatever it waits for:
// also what the seller has not answered yet.
func (f *Fake) GrantReturn(returnID string) error {
	var refused error
	err := f.buyerActs(returnID, "grant", func(r *aftersale) {
		refused = f.approve(r, approvalOf[r.next()], "OPERATOR")
	}, "RETURN_OR_REFUND_REQUEST_PENDING", "BUYER_SHIPPED_ITEM", "REPLACEMENT_REQUEST_PENDING")
	return errors.Join(err, refused)
}

// WithdrawReturn lets the buyer take a request back.
func (f *Fake) WithdrawReturn(returnID string) error {
	return f.buyerActs(returnID, "withdraw", func(r *aftersale) {
		status := tiktokshop.ReturnStatus("RETURN_OR_REFUND_REQUEST_CANCEL")
		if r.info.ReturnType == tiktokshop.ReturnTypeReplacement {
			status = "REPLACEMENT_REQUEST_CANCEL"
		}
		f.turn(r, status, "BUYER", "withdrawn")
	}, "RETURN_OR_REFUND_REQUEST_PENDING", "AWAITING_BUYER_SHIP", "AWAITING_BUYER_RESPONSE", "REPLACEMENT_REQUEST_PENDING")
}

// AnswerOffer lets the buyer accept or refuse a partial refund that the seller
// has offered.
func (f *Fake) AnswerOffer(returnID string, accept bool) error {
	return f.buyerActs(returnID, "answer the offer of", func(r *aftersale) {
		if accept {
			r.refund = cents(r.info.PartialRefund.Amount)
			r.info.RefundAmount = tiktokshop.RefundAmount{
				Currency: r.info.RefundAmount.Currency, RefundTotal: r.refund.decimal(), RefundSubtotal: r.refund.decimal(),
			}
			f.payBack(r, "RETURN_OR_REFUND_REQUEST_SUCCESS", "BUYER")
			return
		}
		r.info.BuyerRejectedPartialRefund = true
		f.ask(r, "RETURN_OR_REFUND_REQUEST_PENDING", tiktokshop.ReturnRefundActionSellerRespondRefund)
	}, "AWAITING_BUYER_RESPONSE")
}

// Return returns a return as the search shows it.
func (f *Fake) Return(returnID string) (tiktokshop.Return, bool) {
	defer f.enter()()
	r := f.returnByID[returnID]
	if r == nil {
		return tiktokshop.Return{}, false
	}
	return r.wire(), true
}

func (r *aftersale) wire() tiktokshop.Return {
	out := r.info
	out.ReturnLineItems = slices.Clone(out.ReturnLineItems)
	out.SellerNextActionResponse = slices.Clone(out.SellerNextActionResponse)
	return out
}
