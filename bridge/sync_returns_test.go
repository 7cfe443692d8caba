package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// delivered is an order that a buyer has.
func (s *sides) delivered(t *testing.T) string {
	t.Helper()
	id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2), FulfillmentType: tiktokshop.FulfillmentTypeByTikTok})
	must(t, s.tiktok.Fulfil(id, "TT1"))
	must(t, s.tiktok.Deliver(id))
	return id
}

// What a buyer wants back is a case until it is answered, by a person or by TikTok, and
// again when the goods are back. Both sides are fakes.
func TestSyncTellsOfReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, memory := newSync(t, s, new(outage), syncSettings())
		step := func(want ...string) {
			t.Helper()
			must(t, errOf(b.Step(t.Context())))
			cases, err := memory.Cases(t.Context(), exceptions.Filter{})
			must(t, err)
			var got []string
			for _, c := range cases {
				if strings.HasPrefix(c.Object, "return ") {
					got = append(got, string(c.Kind)+" of "+c.Object)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		}
		order := s.delivered(t)
		step()
		id, err := s.tiktok.RequestReturn(order, tiktokshoptest.ReturnSpec{Type: tiktokshop.ReturnTypeReturnAndRefund})
		must(t, err)
		step("return to decide of return " + id)

		accept := returns.Decision{ReturnID: id, Ask: returns.AskReturn, Accept: true}
		must(t, b.Returns.Decide(t.Context(), accept))
		if r, _ := s.tiktok.Return(id); r.ReturnStatus != tiktokshop.ReturnStatusAwaitingBuyerShip {
			t.Errorf("TikTok shows the return as %s, want it granted", r.ReturnStatus)
		}
		if err := b.Returns.Decide(t.Context(), accept); !errors.Is(err, returns.ErrDecided) {
			t.Errorf("a second time: %v, want ErrDecided", err)
		}
		step()
		must(t, s.tiktok.SendReturn(id, "RM123456789GB"))
		step("returned goods to check of return " + id)
		time.Sleep(tiktokshoptest.DecisionTime + time.Minute) // nobody answers
		step()
		if r, _ := s.tiktok.Return(id); r.ReturnStatus != tiktokshop.ReturnStatusReturnOrRefundRequestSuccess {
			t.Errorf("TikTok shows the return as %s, want that it decided itself", r.ReturnStatus)
		}
	})
}

// A refusal carries a reason that TikTok takes for it.
func TestReturnsAreRefusedWithAReasonOfTheShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, _ := newSync(t, s, new(outage), syncSettings())
		for _, kind := range []struct {
			asked  tiktokshop.ReturnType
			ask    returns.Ask
			status tiktokshop.ReturnStatus
		}{
			{tiktokshop.ReturnTypeRefund, returns.AskRefund, tiktokshop.ReturnStatusRefundOrReturnRequestReject},
			{tiktokshop.ReturnTypeReturnAndRefund, returns.AskReturn, tiktokshop.ReturnStatusRefundOrReturnRequestReject},
			{tiktokshop.ReturnTypeReplacement, returns.AskReplacement, tiktokshop.ReturnStatusReplacementRequestReject},
		} {
			id, err := s.tiktok.RequestReturn(s.delivered(t), tiktokshoptest.ReturnSpec{Type: kind.asked})
			must(t, err)
			refuse := returns.Decision{ReturnID: id, Ask: kind.ask, Reason: "because"}
			if err := b.Returns.Decide(t.Context(), refuse); err == nil || !strings.Contains(err.Error(), "it takes ") {
				t.Errorf("%s: a reason of nobody: %v, want those that there are", kind.ask, err)
			}
			reasons, err := s.shop.RefusalReasons(t.Context(), id)
			must(t, err)
			refuse.Reason = reasons[0]
			must(t, b.Returns.Decide(t.Context(), refuse))
			if r, _ := s.tiktok.Return(id); r.ReturnStatus != kind.status {
				t.Errorf("%s: TikTok shows %s, want %s", kind.ask, r.ReturnStatus, kind.status)
			}
		}
	})
}

// What TikTok shows of a return, amounts and lines, is what a case says of it; and every
// page is read.
func TestReturnsOfTheShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		const many = 60 // TikTok's pages have up to 50
		must(t, s.tiktok.SetStock(mugSKU, shopWarehouse, 2*many))
		for range many {
			_, err := s.tiktok.RequestReturn(s.delivered(t), tiktokshoptest.ReturnSpec{})
			must(t, err)
		}
		list, err := s.shop.WaitingReturns(t.Context())
		must(t, err)
		if len(list) != many {
			t.Fatalf("%d returns wait, want %d", len(list), many)
		}
		r := list[0]
		if r.Ask != returns.AskRefund || r.RefundUnread || r.Refund.Minor < 2500 || r.Refund.Currency != "GBP" || len(r.Lines) != 2 || r.Lines[0].SellerSKU != "MUG" {
			t.Errorf("got %+v, want a refund of two mugs of 12.50 each", r)
		}
		if left := time.Until(r.Deadline); left <= 0 || left > tiktokshoptest.DecisionTime {
			t.Errorf("the deadline is in %s, want within %s", left, tiktokshoptest.DecisionTime)
		}
		must(t, s.tiktok.WithdrawReturn(r.ID))
		again, err := s.shop.Returns(t.Context(), []string{r.ID, "404"})
		if err != nil || len(again) != 1 || again[0].Ask != "" || again[0].Status != string(tiktokshop.ReturnStatusReturnOrRefundRequestCancel) {
			t.Errorf("withdrawn: %v, %v; want that it asks nothing", again, err)
		}
	})
}
