package tiktokshoptest_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// sum adds amounts up exactly.
func sum(amounts ...tiktokshop.Decimal) string {
	total := new(big.Rat)
	for _, a := range amounts {
		if v, ok := a.Rat(); ok {
			total.Add(total, v)
		}
	}
	return total.FloatString(2)
}

func (l *lab) statements() []tiktokshop.Statement {
	l.Helper()
	out, err := l.client.Finance.GetStatements(l.Context(), &tiktokshop.GetStatementsRequest{SortField: "statement_time"})
	l.ok(err)
	return out.Statements
}

func (l *lab) transactions(statement string) *tiktokshop.GetTransactionsByStatementResponse {
	l.Helper()
	out, err := l.client.Finance.GetTransactionsByStatement(l.Context(), statement, &tiktokshop.GetTransactionsByStatementRequest{SortField: "order_create_time"})
	l.ok(err)
	return out
}

func TestMoneyAgreesFromTheOrderLineToThePayment(t *testing.T) {
	for _, market := range []string{"GB", "DE", "TH"} {
		t.Run(market, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLab(t, tiktokshoptest.WithMarket(market))
				spec := tiktokshoptest.OrderSpec{
					Lines:       []tiktokshoptest.Line{{SKUID: mug, Quantity: 2, SellerDiscount: "0.77", PlatformDiscount: "0.33"}, {SKUID: plate, Quantity: 1}, {SKUID: plate, Quantity: 1, Gift: true}},
					ShippingFee: "3.99", ShippingPlatformDiscount: "1.00", ShippingSellerDiscount: "0.50", Tax: "1.01",
				}
				id := l.place(spec)
				if market == "TH" {
					l.ok(l.ship(l.detail(id).Packages[0].ID, l.byHand("A1")))
				} else {
					_, err := l.mark(id, "A1")
					l.ok(err)
				}
				l.ok(l.Collect(id))
				l.ok(l.Deliver(id))
				o, _ := l.Order(id)
				back, err := l.RequestReturn(id, tiktokshoptest.ReturnSpec{LineIDs: []string{o.LineItems[0].ID}})
				l.ok(err)
				l.ok(l.accept(back, "APPROVE_REFUND"))
				_, err = l.Adjust("PLATFORM_PENALTY", id, "-1.50")
				l.ok(err)
				_, err = l.Reserve(id, "2.00")
				l.ok(err)
				l.ok(l.Complete(id))
				late, err := l.RequestReturn(id, tiktokshoptest.ReturnSpec{})
				if err == nil {
					t.Errorf("return %s of a completed order", late)
				}
				time.Sleep(48 * time.Hour)
				all := l.statements()
				if len(all) != 1 {
					t.Fatalf("%d statements", len(all))
				}
				s, page := all[0], l.transactions(all[0].ID)
				// Revenue is what the seller sold: (8.00 - 0.77) twice and 5.00,
				// without the 7.23 that was refunded.
				if got := string(page.TotalSettlementBreakdown.TotalRevenueAmount); got != "12.23" {
					t.Errorf("revenue %s", got)
				}
				// Postage: what the buyer paid, and what TikTok paid for the buyer.
				if s.ShippingCostAmount != "3.49" {
					t.Errorf("shipping %s", s.ShippingCostAmount)
				}
				var settled, reserved []tiktokshop.Decimal
				for _, x := range page.Transactions {
					parts := sum(x.RevenueAmount, x.ShippingCostAmount, x.FeeTaxAmount, x.AdjustmentAmount)
					if parts != string(x.SettlementAmount) {
						t.Errorf("transaction %s: parts %s, settlement %s", x.ID, parts, x.SettlementAmount)
					}
					settled, reserved = append(settled, x.SettlementAmount), append(reserved, x.ReserveAmount)
					r := x.RevenueBreakdown
					if got := sum(r.SubtotalBeforeDiscountAmount, r.SellerDiscountAmount, r.RefundSubtotalBeforeDiscountAmount, r.SellerDiscountRefundAmount); got != string(x.RevenueAmount) {
						t.Errorf("revenue %s, its parts %s", x.RevenueAmount, got)
					}
				}
				payments, err := l.client.Finance.GetPayments(t.Context(), &tiktokshop.GetPaymentsRequest{SortField: "create_time"})
				l.ok(err)
				p := payments.Payments[0]
				byOrder, err := l.client.Finance.GetTransactionsByOrder(t.Context(), id, nil)
				l.ok(err)
				var bySKU []tiktokshop.Decimal
				for _, x := range byOrder.SKUTransactions {
					bySKU = append(bySKU, x.SettlementAmount)
				}
				got := []string{sum(settled...), string(s.SettlementAmount), string(p.Amount.Value), s.PaymentID, string(s.PaymentStatus), sum(bySKU...), sum(append(bySKU, "-1.50")...)}
				want := []string{string(page.TotalSettlementAmount), sum(settled...), sum(append(settled, reserved...)...), p.ID, "PAID", string(byOrder.SettlementAmount), string(s.SettlementAmount)}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("books (-want +got):\n%s", diff)
				}
				if got := sum(page.TotalSettlementAmount, page.TotalReserveAmount); got != string(page.PayableAmount) {
					t.Errorf("payable %s, want %s", page.PayableAmount, got)
				}
			})
		})
	}
}

func TestARefundAfterTheSettlementIsATransactionOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.delivered(2)
		unsettled := func() int64 {
			out, err := l.client.Finance.GetUnsettledTransactions(t.Context(), &tiktokshop.GetUnsettledTransactionsRequest{SortField: "order_create_time"})
			l.ok(err)
			return out.TotalCount
		}
		if unsettled() != 1 {
			t.Error("the order is not among the unsettled")
		}
		time.Sleep(tiktokshoptest.SettlementTime)
		back := l.complain(id, "REFUND")
		l.ok(l.accept(back, "APPROVE_REFUND"))
		time.Sleep(24 * time.Hour)
		if unsettled() != 0 {
			t.Error("the order is still among the unsettled")
		}
		page := l.transactions(l.statements()[0].ID)
		if len(page.Transactions) != 2 {
			t.Fatalf("got %+v", page.Transactions)
		}
		// Everything goes back but a fifth of the fee, 9 % of 8.00 and of half the postage or 0.90, for each unit.
		if page.TotalSettlementAmount != "-0.36" {
			t.Errorf("settlement %s", page.TotalSettlementAmount)
		}
	})
}

func TestOperationsOfFinanceNeedTheirSortField(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		_, err := l.client.Finance.GetStatements(t.Context(), &tiktokshop.GetStatementsRequest{SortField: "create_time"})
		l.code(err, 36009004)
		_, err = l.client.Finance.GetTransactionsByStatement(t.Context(), "1", &tiktokshop.GetTransactionsByStatementRequest{SortField: "order_create_time"})
		l.code(err, 22005007)
		_, err = l.client.Finance.GetWithdrawals(t.Context(), &tiktokshop.GetWithdrawalsRequest{Types: []tiktokshop.FinanceType{"GIFT"}})
		l.code(err, 36009004)
		_, err = l.client.Finance.GetPaymentsV202309(t.Context(), &tiktokshop.GetPaymentsV202309Request{SortField: "create_time"})
		l.code(err, 36009014) // retired
		_, err = l.client.Finance.GetTransactionsByOrderV202309(t.Context(), "1", nil)
		l.code(err, 36009014)
	})
}

func TestAPaymentMayFail(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.ok(l.Complete(l.delivered(1)))
		time.Sleep(24 * time.Hour)
		l.ok(l.FailPayment(l.statements()[0].PaymentID))
		time.Sleep(48 * time.Hour)
		failed := tiktokshop.PaymentStatus("FAILED")
		out, err := l.client.Finance.GetStatements(t.Context(), &tiktokshop.GetStatementsRequest{SortField: "statement_time", PaymentStatus: &failed})
		if err != nil || len(out.Statements) != 1 {
			t.Errorf("got %+v, %v", out, err)
		}
		if l.FailPayment("1") == nil || l.ReleaseReserve("1") == nil || l.Withdraw("x") == nil {
			t.Error("no error")
		}
	})
}
