package tiktokshoptest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func (l *lab) request(id string) string {
	l.Helper()
	cancelID, err := l.RequestCancellation(id, "changed my mind")
	l.ok(err)
	return cancelID
}

func (l *lab) approve(cancelID, key string) error {
	return errOf(l.client.ReturnRefund.ApproveCancellation(l.Context(), cancelID, &tiktokshop.ApproveCancellationRequest{IdempotencyKey: &key}))
}

func (l *lab) reject(cancelID, key, reason string) error {
	return errOf(l.client.ReturnRefund.RejectCancellation(l.Context(), cancelID, &tiktokshop.RejectCancellationRequest{IdempotencyKey: &key, RejectReason: reason}))
}

func TestBuyersCancelAtOnceOnlyBeforeTheHoldEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(2)
		spec.State = tiktokshop.OrderStatusOnHold
		id := l.place(spec)
		l.ok(l.CancelByBuyer(id, "changed my mind"))
		o := l.detail(id)
		if o.Status != "CANCELLED" || o.CancellationInitiator != "BUYER" || o.LineItems[0].CancelUser != "BUYER" || o.LineItems[0].DisplayStatus != "CANCELLED" {
			t.Errorf("got %s by %s, line %+v", o.Status, o.CancellationInitiator, o.LineItems[0])
		}
		l.stock(mug, north, 10, 0)
		if c := l.Cancellations()[0]; c.CancelType != "CANCEL" || c.Role != "BUYER" || c.CancelStatus != "CANCELLATION_REQUEST_SUCCESS" {
			t.Errorf("got %+v", c)
		}
		late := l.place(mugs(1))
		if err := l.CancelByBuyer(late, "changed my mind"); err == nil {
			t.Error("a buyer cancelled an order that awaits shipment, without asking")
		}
	})
}

func TestApprovingARequestFreesTheStock(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(2))
		cancelID := l.request(id)
		found, err := l.client.ReturnRefund.SearchCancellationsV202309(t.Context(), &tiktokshop.SearchCancellationsV202309Request{
			CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusPending}, OrderIDs: []string{id}, PageSize: new("50"),
		})
		l.ok(err)
		c := found.Cancellations[0]
		want := []tiktokshop.CancellationSellerNextActionResponse{{Action: "SELLER_RESPOND_CANCEL", Deadline: tiktokshop.At(time.Now().Add(48 * time.Hour))}}
		if diff := cmp.Diff(want, c.SellerNextActionResponse); diff != "" || c.CancelID != cancelID || c.CancelType != "BUYER_CANCEL" || c.RefundAmount.RefundTotal != "16.00" {
			t.Errorf("got %+v; deadline (-want +got):\n%s", c, diff)
		}
		l.stock(mug, north, 8, 2)
		l.ok(l.approve(cancelID, "k1"))
		l.status(id, "CANCELLED")
		l.stock(mug, north, 10, 0)
	})
}

func TestDecisionsRepeatOnlyWithTheirKey(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		const reason = "seller_reject_apply_product_has_been_packed_uk"
		approved, rejected := l.request(l.place(mugs(1))), l.request(l.place(mugs(1)))
		l.ok(l.approve(approved, "k1"))
		l.ok(l.approve(approved, "k1"))
		l.code(l.approve(approved, "k2"), 25020010)
		l.code(l.reject(approved, "k1", reason), 25020010)
		l.code(l.reject(rejected, "k1", "because"), 25001014)
		l.code(l.reject(rejected, "k1", ""), 36009004)
		l.ok(l.reject(rejected, "k1", reason))
		l.ok(l.reject(rejected, "k1", reason))
		l.code(l.approve(rejected, "k1"), 25020009)
		l.code(l.approve("1", "k1"), 25007006)
	})
}

func TestARejectedOrderCanBeShipped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		cancelID := l.request(id)
		_, err := l.mark(id, "AB1")
		l.code(err, 21011007)
		reasons, err := l.client.ReturnRefund.GetRejectReasons(t.Context(), &tiktokshop.GetRejectReasonsRequest{ReturnOrCancelID: cancelID})
		l.ok(err)
		l.ok(l.reject(cancelID, "k1", reasons.Reasons[0].Name))
		if o := l.detail(id); o.IsBuyerRequestCancel || o.Status != "AWAITING_SHIPMENT" {
			t.Errorf("got %s, request pending %t", o.Status, o.IsBuyerRequestCancel)
		}
		_, err = l.mark(id, "AB1")
		l.ok(err)
	})
}

func TestTheWithdrawnStatusIsSpeltDifferentlyInTheFilter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		cancelID := l.request(l.place(mugs(1)))
		l.ok(l.WithdrawCancellation(cancelID))
		out, err := l.client.ReturnRefund.SearchCancellationsV202309(t.Context(), &tiktokshop.SearchCancellationsV202309Request{
			CancelStatus: []tiktokshop.CancelStatus{"CANCELLATION_REQUEST_CANCEL"},
		})
		l.ok(err)
		if len(out.Cancellations) != 1 || out.Cancellations[0].CancelStatus != "CANCELLATION_REQUEST_CANCELLED" {
			t.Errorf("got %+v", out.Cancellations)
		}
	})
}

func TestCancellationsAreSearchedOldestFirstByTens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.ok(l.SetStock(mug, north, 100))
		var want []string
		for range 12 {
			want = append(want, l.request(l.place(mugs(1))))
			time.Sleep(time.Minute)
		}
		req := new(tiktokshop.SearchCancellationsV202309Request)
		var got []string
		for _, n := range []int{10, 2} {
			out, err := l.client.ReturnRefund.SearchCancellationsV202309(t.Context(), req)
			l.ok(err)
			if len(out.Cancellations) != n || out.TotalCount != 12 {
				t.Errorf("got %d of %d, want %d of 12", len(out.Cancellations), out.TotalCount, n)
			}
			for _, c := range out.Cancellations {
				got = append(got, c.CancelID)
			}
			req.PageToken = &out.NextPageToken
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		_, err := l.client.ReturnRefund.SearchCancellationsV202309(t.Context(), &tiktokshop.SearchCancellationsV202309Request{PageSize: new("51")})
		l.code(err, 36009004)
	})
}

func TestAnUnansweredRequestIsApprovedAtItsDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		l.request(id)
		time.Sleep(tiktokshoptest.DecisionTime - time.Second)
		l.status(id, "AWAITING_SHIPMENT")
		time.Sleep(time.Second)
		l.status(id, "CANCELLED")
	})
}

func TestARequestOnAPartShippedOrderIsForTheRest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(3))
		_, err := l.mark(id, "AB1", l.detail(id).LineItems[0].ID)
		l.ok(err)
		l.ok(l.approve(l.request(id), "k1"))
		l.status(id, "AWAITING_COLLECTION")
		l.stock(mug, north, 9, 0)
		cancelled := 0
		for _, item := range l.detail(id).LineItems {
			if item.DisplayStatus == "CANCELLED" {
				cancelled++
			}
		}
		if cancelled != 2 {
			t.Errorf("%d lines are cancelled, want 2", cancelled)
		}
	})
}

func TestCancellingForWantOfStockZeroesIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(2))
		if err := l.CancelBySeller(id, "because"); err == nil {
			t.Error("a reason that does not exist was accepted")
		}
		l.ok(l.CancelBySeller(id, l.SellerCancelReasons()[0]))
		l.stock(mug, north, 0, 0)
		l.stock(mug, south, 0, 0)
		calm := newLab(t, tiktokshoptest.Without(tiktokshoptest.QuirkOutOfStockZeroes))
		calm.ok(calm.CancelBySeller(calm.place(mugs(2)), calm.SellerCancelReasons()[0]))
		calm.stock(mug, north, 10, 0)
	})
}

func TestTheSellerCancelsSingleLinesOnlyInTheUSAndTheUKForWantOfStock(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cancel := func(l *lab, id, reason string, n int64) error {
			_, err := l.client.ReturnRefund.CancelOrderV202309(t.Context(), &tiktokshop.CancelOrderV202309Request{
				OrderID: id, CancelReason: reason, SKUs: []tiktokshop.CancelOrderRequestSKU{{SKUID: new(mug), Quantity: &n}},
			})
			return err
		}
		gb := newLab(t)
		id := gb.place(mugs(3))
		gb.code(cancel(gb, id, gb.SellerCancelReasons()[1], 1), 25005010)
		gb.code(cancel(gb, id, gb.SellerCancelReasons()[0], 4), 25005011)
		gb.ok(cancel(gb, id, gb.SellerCancelReasons()[0], 2))
		gb.status(id, "AWAITING_SHIPMENT")
		gb.stock(mug, north, 0, 1) // zeroed for want of stock, and one unit is still to ship
		gb.ok(cancel(gb, id, gb.SellerCancelReasons()[0], 1))
		gb.status(id, "CANCELLED")

		th := newLab(t, tiktokshoptest.WithMarket("TH"))
		th.code(cancel(th, th.place(mugs(3)), th.SellerCancelReasons()[0], 1), 25005010)
	})
}

func TestTheSellerCannotCancelWhatIsShippedUnpaidOrAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		cancel := func(id, reason string) error {
			_, err := l.client.ReturnRefund.CancelOrderV202309(t.Context(), &tiktokshop.CancelOrderV202309Request{OrderID: id, CancelReason: reason})
			return err
		}
		reason := l.SellerCancelReasons()[1]
		shipped, asked := l.place(mugs(1)), l.place(mugs(1))
		_, err := l.mark(shipped, "AB1")
		l.ok(err)
		l.request(asked)
		spec := mugs(1)
		spec.State = tiktokshop.OrderStatusUnpaid
		l.code(cancel(shipped, reason), 25001045)
		l.code(cancel(asked, reason), 25001011)
		l.code(cancel(l.place(spec), reason), 25001021)
		l.code(cancel(asked, "because"), 25001014)
		id := l.place(mugs(1))
		l.ok(cancel(id, reason))
		l.code(cancel(id, reason), 25001011)
	})
}
