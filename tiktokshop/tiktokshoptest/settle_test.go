package tiktokshoptest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

func (l *lab) payments() []tiktokshop.Payment {
	l.Helper()
	out, err := l.client.Finance.GetPayments(l.Context(), &tiktokshop.GetPaymentsRequest{SortField: "create_time"})
	l.ok(err)
	return out.Payments
}

func TestSettleNow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		if got := l.Settle(); got != "" {
			t.Errorf("nothing was sold: statement %q", got)
		}
		id := l.delivered(2)
		l.ok(l.ChargeFee(id, "affiliate_commission_amount", "1.20"))
		l.ok(l.ChargeFee(id, "moon_fee_amount", "0.05"))
		l.ok(l.WithholdTax(id, "local_vat_amount", "2.67"))
		l.ok(l.ChargeShipping(id, "return_shipping_label_fee_amount", "2.10"))
		l.ok(l.ChargeShipping(id, "actual_shipping_fee_amount", "0.40")) // beside what the label cost
		l.ok(l.ChargeShipping(id, "failed_delivery_subsidy_amount", "-0.50"))
		_, err := l.ReserveUntil(id, "3.00", time.Now().Add(30*24*time.Hour))
		l.ok(err)
		statement := l.Settle()
		if again := l.Settle(); statement == "" || again != "" {
			t.Errorf("statements %q and then %q, want one", statement, again)
		}
		time.Sleep(48 * time.Hour)
		if n := len(l.statements()); n != 1 {
			t.Errorf("%d statements after midnight, want 1", n)
		}
		page := l.transactions(statement)
		got := map[string]string{}
		for _, x := range page.Transactions {
			if x.Type == "RESERVE" {
				got["reserve"], got["release"] = string(x.ReserveAmount), x.EstimatedReleaseTime[:2]
				continue
			}
			fee := x.FeeTaxBreakdown
			way := x.ShippingCostBreakdown
			got["return"], got["carrier"], got["subsidy"], got["way"] = string(way.ReturnShippingLabelFeeAmount), string(way.ActualShippingFeeAmount), string(way.FailedDeliverySubsidyAmount), string(x.ShippingCostAmount)
			got["referral"], got["affiliate"], got["moon"] = string(fee.Fee.ReferralFeeAmount), string(fee.Fee.AffiliateCommissionAmount), string(fee.Fee.Others["moon_fee_amount"])
			got["vat"], got["fees"], got["settled"] = string(fee.Tax.LocalVATAmount), string(x.FeeTaxAmount), string(x.SettlementAmount)
		}
		// 9 % of two times 8.00 and of the postage, 4.00, and what was charged.
		want := map[string]string{
			"referral": "-1.80", "affiliate": "-1.20", "moon": "-0.05", "vat": "-2.67", "fees": "-5.72", "settled": "12.28",
			"return": "-2.10", "carrier": "-0.40", "subsidy": "0.50", "way": "2.00", "reserve": "-3.00", "release": "94",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		byOrder, err := l.client.Finance.GetTransactionsByOrder(t.Context(), id, nil)
		l.ok(err)
		if byOrder.SettlementAmount != "12.28" || sum(byOrder.SKUTransactions[0].SettlementAmount) != "12.28" || byOrder.SKUTransactions[0].ShippingCostBreakdown.ReturnShippingLabelFeeAmount != "-2.10" {
			t.Errorf("by order: %s", byOrder.SettlementAmount)
		}
		if p := l.payments()[0]; p.Amount.Value != "9.28" || p.SettlementAmount.Value != "12.28" {
			t.Errorf("payment %s of %s", p.Amount.Value, p.SettlementAmount.Value)
		}
		// What is charged after the settlement is a transaction of its own.
		l.ok(l.ChargeFee(id, "affiliate_commission_amount", "0.10"))
		if late := l.transactions(l.Settle()); len(late.Transactions) != 1 || late.TotalSettlementAmount != "-0.10" {
			t.Errorf("charged late: %+v", late.Transactions)
		}
		if l.ChargeFee("1", "x", "1") == nil || l.ChargeFee(id, "", "1") == nil || l.WithholdTax(id, "x", "much") == nil || l.PayIn("EUR", "0") == nil || l.PayIn("E", "1") == nil {
			t.Error("no error")
		}
	})
}

func TestNegativeStatementsAreCarried(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.CarryNegative()
		l.ok(l.PayIn("EUR", "1.17"))
		_, err := l.Adjust("PLATFORM_PENALTY", "", "-5.00")
		l.ok(err)
		l.Settle()
		if n := len(l.payments()); n != 0 || l.statements()[0].PaymentID != "" {
			t.Errorf("%d payments of a negative statement", n)
		}
		l.delivered(1) // 8.00 and 4.00 less 1.08
		l.Settle()
		p := l.payments()[0]
		got := []string{string(p.PaymentAmountBeforeExchange.Value), p.PaymentAmountBeforeExchange.Currency, string(p.Amount.Value), p.Amount.Currency, p.ExchangeRate}
		if diff := cmp.Diff([]string{"5.92", "GBP", "6.93", "EUR", "1.170000"}, got); diff != "" {
			t.Errorf("payment (-want +got):\n%s", diff)
		}
	})
}
