package tiktokshoptest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// delivered places an order of n mugs at 8.00 with postage, and delivers it.
func (l *lab) delivered(n int) string {
	l.Helper()
	spec := mugs(n)
	spec.ShippingFee = "4.00"
	id := l.place(spec)
	_, err := l.mark(id, "T"+id)
	l.ok(err)
	l.ok(l.Collect(id))
	l.ok(l.Deliver(id))
	return id
}

func (l *lab) accept(returnID, decision string) error {
	return errOf(l.client.ReturnRefund.ApproveReturn(l.Context(), returnID, &tiktokshop.ApproveReturnRequest{Decision: tiktokshop.ApproveReturnRequestDecision(decision)}))
}

func (l *lab) refuse(returnID, decision string) error {
	reasons, err := l.client.ReturnRefund.GetRejectReasons(l.Context(), &tiktokshop.GetRejectReasonsRequest{ReturnOrCancelID: returnID})
	l.ok(err)
	return errOf(l.client.ReturnRefund.RejectReturn(l.Context(), returnID, &tiktokshop.RejectReturnRequest{
		Decision: tiktokshop.RejectReturnRequestDecision(decision), RejectReason: &reasons.Reasons[0].Name,
	}))
}

func (l *lab) complain(id string, kind tiktokshop.ReturnType) string {
	l.Helper()
	returnID, err := l.RequestReturn(id, tiktokshoptest.ReturnSpec{Type: kind})
	l.ok(err)
	return returnID
}

func (l *lab) returnStatus(id string, want tiktokshop.ReturnStatus) {
	l.Helper()
	if r, _ := l.Return(id); r.ReturnStatus != want {
		l.Fatalf("return %s is %s, want %s", id, r.ReturnStatus, want)
	}
}

func TestAReturnGoesBackAndIsRefunded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.delivered(2)
		back := l.complain(id, "RETURN_AND_REFUND")
		l.code(l.accept(back, "APPROVE_REFUND"), 25020004)
		l.code(l.refuse(back, "REJECT_REFUND"), 25020004)
		l.ok(l.accept(back, "APPROVE_RETURN"))
		l.returnStatus(back, "AWAITING_BUYER_SHIP")
		l.ok(l.SendReturn(back, "R1"))
		l.ok(l.accept(back, "APPROVE_RECEIVED_PACKAGE"))
		l.returnStatus(back, "RETURN_OR_REFUND_REQUEST_SUCCESS")
		l.status(id, "COMPLETED") // a full refund
		time.Sleep(tiktokshoptest.RefundTime)
		r, _ := l.Return(back)
		if r.ReturnStatus != "RETURN_OR_REFUND_REQUEST_COMPLETE" || r.RefundAmount.RefundTotal != "20.00" || r.RefundAmount.RefundShippingFee != "4.00" {
			t.Errorf("got %+v", r)
		}
		l.stock(mug, north, 8, 0) // returned goods are the warehouse's to book
		records, err := l.client.ReturnRefund.GetReturnRecords(t.Context(), back, nil)
		if err != nil || len(records.Records) != 5 {
			t.Errorf("got %d records, %v", len(records.Records), err)
		}
	})
}

// A quick refund is paid when the parcel is on its way, and not again when it has come.
func TestAQuickRefundIsPaidBeforeTheGoodsAreBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		back, err := l.RequestReturn(l.delivered(2), tiktokshoptest.ReturnSpec{Type: "RETURN_AND_REFUND", Quick: true})
		l.ok(err)
		l.ok(l.GrantReturn(back))
		l.returnStatus(back, "AWAITING_BUYER_SHIP")
		l.ok(l.SendReturn(back, "R1"))
		if r, _ := l.Return(back); !r.IsQuickRefund || r.ReturnStatus != "BUYER_SHIPPED_ITEM" {
			t.Errorf("got %+v, want a quick refund on its way", r)
		}
		l.ok(l.GrantReturn(back))
		l.returnStatus(back, "RETURN_OR_REFUND_REQUEST_SUCCESS")
		if err := l.GrantReturn(back); err == nil {
			t.Error("a return that is decided was granted")
		}
	})
}

func TestTheSellerRejectsAndTheBuyerWithdraws(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.delivered(1)
		first := l.complain(id, "REFUND")
		if _, err := l.RequestReturn(id, tiktokshoptest.ReturnSpec{}); err == nil {
			t.Error("a second request for the same unit was taken")
		}
		l.ok(l.refuse(first, "REJECT_REFUND"))
		l.returnStatus(first, "REFUND_OR_RETURN_REQUEST_REJECT")
		second := l.complain(id, "RETURN_AND_REFUND")
		l.ok(l.WithdrawReturn(second))
		third := l.complain(id, "REPLACEMENT")
		l.ok(l.refuse(third, "REJECT_REPLACEMENT"))
		fourth := l.complain(id, "RETURN_AND_REFUND")
		l.ok(l.accept(fourth, "APPROVE_RETURN"))
		l.ok(l.SendReturn(fourth, "R2"))
		l.ok(l.refuse(fourth, "REJECT_RECEIVED_PACKAGE"))
		found, err := l.client.ReturnRefund.SearchReturnsV202309(t.Context(), &tiktokshop.SearchReturnsV202309Request{OrderIDs: []string{id}})
		l.ok(err)
		var got []tiktokshop.ReturnStatus
		for _, r := range found.ReturnOrders {
			got = append(got, r.ReturnStatus)
		}
		want := []tiktokshop.ReturnStatus{"REFUND_OR_RETURN_REQUEST_REJECT", "RETURN_OR_REFUND_REQUEST_CANCEL", "REPLACEMENT_REQUEST_REJECT", "REJECT_RECEIVE_PACKAGE"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("returns (-want +got):\n%s", diff)
		}
		l.status(id, "DELIVERED")
		if l.SendReturn(fourth, "R3") == nil || l.WithdrawReturn("1") == nil {
			t.Error("no error")
		}
	})
}

func TestAReplacementIsANewOrderToShip(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.delivered(2)
		l.ok(l.accept(l.complain(id, "REPLACEMENT"), "APPROVE_REPLACEMENT"))
		all := l.Orders()
		o := all[len(all)-1]
		if !o.IsReplacementOrder || o.ReplacedOrderID != id || o.Payment.TotalAmount != "0.00" || len(o.LineItems) != 2 || o.Status != "AWAITING_SHIPMENT" {
			t.Errorf("got %+v", o)
		}
		_, err := l.mark(o.ID, "AB2")
		l.ok(err)
		other := l.delivered(1)
		back := l.complain(other, "REPLACEMENT")
		l.ok(l.accept(back, "ISSUE_REPLACEMENT_REFUND"))
		l.returnStatus(back, "REPLACEMENT_REQUEST_REFUND_SUCCESS")
	})
}

func TestTikTokDecidesForTheBuyerAfterTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		back := l.complain(l.delivered(1), "REFUND")
		r, _ := l.Return(back)
		deadline := r.SellerNextActionResponse[0].Deadline.Time()
		time.Sleep(time.Until(deadline) - time.Second)
		l.returnStatus(back, "RETURN_OR_REFUND_REQUEST_PENDING")
		time.Sleep(time.Second)
		l.returnStatus(back, "RETURN_OR_REFUND_REQUEST_SUCCESS")
		replaced := l.complain(l.delivered(1), "REPLACEMENT")
		time.Sleep(24 * time.Hour)
		l.returnStatus(replaced, "REPLACEMENT_REQUEST_COMPLETE")
	})
}

func TestAPartialRefundIsOfferedAndAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		back := l.complain(l.delivered(1), "REFUND")
		offer := func(amount tiktokshop.Decimal) error {
			return errOf(l.client.ReturnRefund.ApproveReturn(t.Context(), back, &tiktokshop.ApproveReturnRequest{
				Decision: "OFFER_PARTIAL_REFUND", PartialRefund: &tiktokshop.Money{Amount: amount, Currency: "GBP"},
			}))
		}
		l.code(offer("12.00"), 25005005)
		l.code(l.accept(back, "OFFER_PARTIAL_REFUND"), 36009004)
		l.ok(offer("2.00"))
		l.returnStatus(back, "AWAITING_BUYER_RESPONSE")
		l.ok(l.AnswerOffer(back, false))
		if r, _ := l.Return(back); !r.BuyerRejectedPartialRefund || r.ReturnStatus != "RETURN_OR_REFUND_REQUEST_PENDING" {
			t.Errorf("got %+v", r)
		}
		l.ok(offer("3.00"))
		l.ok(l.AnswerOffer(back, true))
		if r, _ := l.Return(back); r.RefundAmount.RefundTotal != "3.00" || r.ReturnStatus != "RETURN_OR_REFUND_REQUEST_SUCCESS" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestTheSellerRefundsWhatWasDelivered(t *testing.T) {
	for market, want := range map[string]int{"GB": 25011011, "US": 0} {
		t.Run(market, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLab(t, tiktokshoptest.WithMarket(market))
				id := l.place(mugs(2))
				create := func(key string, change func(*tiktokshop.CreateReturnRequest)) (*tiktokshop.CreateReturnResponse, error) {
					req := &tiktokshop.CreateReturnRequest{OrderID: id, ReturnType: "REFUND", ReturnReason: new(l.ReturnReasons()[0]), IdempotencyKey: &key}
					change(req)
					return l.client.ReturnRefund.CreateReturn(t.Context(), req)
				}
				one := func(r *tiktokshop.CreateReturnRequest) {
					r.SKUs = []tiktokshop.ReturnRefundSKU{{SKUID: new(mug), Quantity: new(1)}}
				}
				_, err := create("", one)
				l.code(err, 25011011)
				_, err = l.mark(id, "AB1")
				l.ok(err)
				l.ok(l.Collect(id))
				_, err = create("a", one) // on its way
				if want != 0 {
					l.code(err, want)
					l.ok(l.Deliver(id))
					_, err = create("a", one)
				}
				l.ok(err)
				again, err := create("a", one)
				l.ok(err)
				if again.ReturnStatus != "RETURN_OR_REFUND_REQUEST_SUCCESS" {
					t.Errorf("got %+v", again)
				}
				_, err = create("b", func(r *tiktokshop.CreateReturnRequest) { r.RefundTotal = new(tiktokshop.Decimal("99.00")) })
				l.code(err, 25005005)
				_, err = create("b", func(r *tiktokshop.CreateReturnRequest) { r.ReturnType = "REPLACEMENT" })
				l.code(err, 25001057)
				_, err = create("b", func(r *tiktokshop.CreateReturnRequest) { r.ReturnReason = new("bored") })
				l.code(err, 25001014)
				_, err = create("b", func(r *tiktokshop.CreateReturnRequest) { r.ReturnType = "RETURN_AND_REFUND" })
				l.ok(err)
			})
		})
	}
}

func TestWhatMayBeAskedForDependsOnTheStatus(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		ask := func(who tiktokshop.ReturnRefundInitiateAftersaleUser) map[string]bool {
			out, err := l.client.ReturnRefund.GetAftersaleEligibilityV202512(t.Context(), id, &tiktokshop.GetAftersaleEligibilityV202512Request{InitiateAftersaleUser: &who})
			l.ok(err)
			got := map[string]bool{}
			for _, row := range out.SKUEligibility[0].LineItemEligibility {
				got[string(row.RequestType)] = row.Eligible
				if row.Eligible != (len(row.AvailableReasonNames) > 0) || row.Eligible == (row.IneligibleReason != "") {
					t.Errorf("got %+v", row)
				}
			}
			return got
		}
		if diff := cmp.Diff(map[string]bool{"CANCEL": true, "RETURN": false, "RETURN_AND_REFUND": false}, ask("SELLER")); diff != "" {
			t.Error(diff)
		}
		_, err := l.mark(id, "AB1")
		l.ok(err)
		if diff := cmp.Diff(map[string]bool{"CANCEL": false, "RETURN": true, "RETURN_AND_REFUND": true}, ask("BUYER")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]bool{"CANCEL": false, "RETURN": false, "RETURN_AND_REFUND": false}, ask("SELLER")); diff != "" {
			t.Error(diff)
		}
		calculated, err := l.client.ReturnRefund.CalculateRefundV202309(t.Context(), &tiktokshop.CalculateRefundV202309Request{
			OrderID: &id, RequestType: new("REFUND"), SKUs: []tiktokshop.ReturnRefundSKU{{SKUID: new(mug), Quantity: new(1)}},
		})
		if err != nil || calculated.OrderRefundAmount.RefundTotal != "8.00" {
			t.Errorf("got %+v, %v", calculated, err)
		}
	})
}
