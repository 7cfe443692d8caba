package tiktokshoptest

import (
	"slices"
	"strconv"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// codeNoStatement: the statement is not of this seller.
const codeNoStatement = 22005007

// sorted reads the sort_field that operations of finance require, and the order.
func (in *request) sorted(field string) (descending bool, err error) {
	if got := in.query.Get("sort_field"); got != field {
		return false, invalid("sort_field", "it must be "+field)
	}
	direction, err := oneOf("sort_order", in.query.Get("sort_order"), "ASC", "DESC")
	return direction == "DESC", err
}

// times reads a range of times from the query.
func (in *request) times(from, before string) (inside func(tiktokshop.UnixSeconds) bool, err error) {
	var bounds [2]*tiktokshop.UnixSeconds
	for i, name := range []string{from, before} {
		if !in.query.Has(name) {
			continue
		}
		n, err := strconv.ParseInt(in.query.Get(name), 10, 64)
		if err != nil {
			return nil, invalid(name, "it must be Unix seconds")
		}
		t := tiktokshop.UnixSeconds(n)
		bounds[i] = &t
	}
	return func(t tiktokshop.UnixSeconds) bool { return within(t, bounds[0], bounds[1]) }, nil
}

// getStatements serves Finance.GetStatements.
//
// https://partner.tiktokshop.com/docv2/page/get-statements-202309
func (f *Fake) getStatements(in *request) (any, error) {
	descending, err := in.sorted("statement_time")
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 20, 100)
	if err != nil {
		return nil, err
	}
	inside, err := in.times("statement_time_ge", "statement_time_lt")
	if err != nil {
		return nil, err
	}
	wanted := tiktokshop.PaymentStatus(in.query.Get("payment_status"))
	keep := func(s *statement) bool { return inside(s.time) && (wanted == "" || s.wire(f).PaymentStatus == wanted) }
	at := func(s *statement) position { return position{int64(s.time), s.id} }
	found, next, _, err := pick(f.books.statements, at, keep, descending, size, in.query.Get("page_token"))
	out := tiktokshop.GetStatementsResponse{NextPageToken: next}
	for _, s := range found {
		out.Statements = append(out.Statements, s.wire(f))
	}
	return out, err
}

func (s *statement) wire(f *Fake) tiktokshop.Statement {
	sum, _ := s.figures()
	out := tiktokshop.Statement{
		ID: s.id, StatementTime: s.time, Currency: f.market.currency, SettlementAmount: sum.settlement().decimal(),
		NetSalesAmount: sum.revenue().decimal(), RevenueAmount: sum.revenue().decimal(), ShippingCostAmount: sum.shipping().decimal(),
		FeeAmount: sum.fees().decimal(), AdjustmentAmount: sum.adjustment.decimal(), PaymentStatus: tiktokshop.PaymentStatusPaid,
	}
	if p := s.payment; p != nil {
		out.PaymentID, out.PaymentStatus, out.PaymentTime = p.id, p.status, p.paid
	}
	if f.has(QuirkStatementFieldsByMarket) {
		if f.market.region == "US" || f.market.region == "GB" {
			out.RevenueAmount = ""
		} else {
			out.NetSalesAmount = ""
		}
	}
	return out
}

// statementTransactions serves Finance.GetTransactionsByStatement.
//
// https://partner.tiktokshop.com/docv2/page/get-transactions-by-statement-202501
func (f *Fake) statementTransactions(in *request) (any, error) {
	descending, err := in.sorted("order_create_time")
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 20, 100)
	if err != nil {
		return nil, err
	}
	s := f.books.byID[in.params[0]]
	if s == nil {
		return nil, fail(codeNoStatement, "The statement is not of this seller")
	}
	sum, reserve := s.figures()
	out := tiktokshop.GetTransactionsByStatementResponse{
		ID: s.id, CreateTime: s.created, Currency: f.market.currency, Status: "SETTLED", TotalCount: len(s.entries),
		PayableAmount: (sum.settlement() + reserve).decimal(), TotalReserveAmount: reserve.decimal(), TotalSettlementAmount: sum.settlement().decimal(),
		TotalSettlementBreakdown: tiktokshop.GetTransactionsByStatementResponseTotalSettlementBreakdown{
			TotalRevenueAmount: sum.revenue().decimal(), TotalShippingCostAmount: sum.shipping().decimal(),
			TotalFeeTaxAmount: sum.fees().decimal(), TotalAdjustmentAmount: sum.adjustment.decimal(),
		},
	}
	at := func(e *entry) position {
		if e.order == nil {
			return position{0, e.id}
		}
		return position{int64(e.order.info.CreateTime), e.id}
	}
	found, next, err := page(slices.Clone(s.entries), at, descending, size, in.query.Get("page_token"))
	out.NextPageToken = next
	for _, e := range found {
		out.Transactions = append(out.Transactions, e.wire(f))
	}
	return out, err
}

func (e *entry) wire(f *Fake) tiktokshop.StatementTransaction {
	x := e.figures()
	out := tiktokshop.StatementTransaction{
		ID: e.id, Type: tiktokshop.StatementTransactionType(e.kind), SettlementAmount: x.settlement().decimal(),
		RevenueAmount: x.revenue().decimal(), ShippingCostAmount: x.shipping().decimal(), FeeTaxAmount: x.fees().decimal(),
		AdjustmentAmount: x.adjustment.decimal(),
	}
	switch {
	case e.kind == "ORDER":
		out.OrderID, out.OrderCreateTime = e.order.info.ID, e.order.info.CreateTime
		out.RevenueBreakdown, out.ShippingCostBreakdown = x.revenueParts(), x.shippingParts(e.charges())
		out.FeeTaxBreakdown = x.feeParts(f, e.charges())
		out.SupplementaryComponent = tiktokshop.StatementTransactionSupplementaryComponent{
			CustomerPaymentAmount: x.buyerPaid.decimal(), CustomerRefundAmount: x.buyerRefund.decimal(), SalesTaxAmount: x.tax.decimal(),
			PlatformDiscountAmount: x.platformDiscount.decimal(), PlatformDiscountRefundAmount: x.platformRefund.decimal(),
		}
	case e.reserveID != "":
		out.AssociatedOrderID, out.ReserveID, out.ReserveAmount = e.order.info.ID, e.reserveID, e.reserve.decimal()
		out.ReserveStatus = tiktokshop.FinanceReserveStatusCollected
		if e.released {
			out.ReserveStatus = tiktokshop.FinanceReserveStatusReleased
		} else if e.releaseAt != 0 {
			out.EstimatedReleaseTime = strconv.FormatInt(int64(e.releaseAt), 10)
		}
	default:
		out.AdjustmentID = e.adjustmentID
		if e.order != nil {
			out.AdjustmentOrderID, out.OrderCreateTime = e.order.info.ID, e.order.info.CreateTime
		}
	}
	return out
}

func (a figures) revenueParts() tiktokshop.RevenueBreakdown {
	return tiktokshop.RevenueBreakdown{
		SubtotalBeforeDiscountAmount: a.subtotal.decimal(), SellerDiscountAmount: a.discount.decimal(),
		RefundSubtotalBeforeDiscountAmount: a.refunded.decimal(), SellerDiscountRefundAmount: a.discountBack.decimal(),
	}
}

func (a figures) shippingParts(charges []charge) tiktokshop.StatementTransactionShippingCostBreakdown {
	out := tiktokshop.StatementTransactionShippingCostBreakdown{
		CustomerPaidShippingFeeAmount: a.shippingPaid.decimal(), ShippingFeeDiscountAmount: a.shippingDiscount.decimal(),
		ActualShippingFeeAmount: a.label.decimal(),
	}
	name(&out, charges, shippingGroup)
	return out
}

// feeParts names the commission as the market does, and the charges as they were.
func (a figures) feeParts(f *Fake, charges []charge) tiktokshop.FeeTaxBreakdown {
	out := tiktokshop.FeeTaxBreakdown{Fee: tiktokshop.FeeTaxBreakdownFee{RefundAdministrationFeeAmount: a.refundFee.decimal()}}
	if f.market.family == familyOther {
		out.Fee.PlatformCommissionAmount = a.fee.decimal()
	} else {
		out.Fee.ReferralFeeAmount = a.fee.decimal()
	}
	name(&out.Fee, charges, feeGroup)
	name(&out.Tax, charges, taxGroup)
	return out
}

// orderTransactions serves Finance.GetTransactionsByOrder: by statement and SKU,
// what is on a statement.
//
// https://partner.tiktokshop.com/docv2/page/get-transactions-by-order-202501
func (f *Fake) orderTransactions(in *request) (any, error) {
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	out := tiktokshop.GetTransactionsByOrderResponse{OrderID: o.info.ID, OrderCreateTime: o.info.CreateTime, Currency: f.market.currency}
	var all figures
	for _, e := range f.books.entries[o] {
		if e.statement == nil || e.kind != "ORDER" {
			continue
		}
		for _, s := range o.skus() {
			var x figures
			var charges []charge
			n, some := 0, false
			for _, part := range e.shares {
				if part.line.sku == s {
					x, some = x.plus(part.figures), true
					charges = append(charges, part.charges...)
					if part.sold {
						n++
					}
				}
			}
			if !some {
				continue
			}
			all = all.plus(x)
			row := tiktokshop.GetTransactionsByOrderResponseSKUTransaction{
				StatementID: e.statement.id, SKUID: s.id, SKUName: "Default", ProductName: s.product.title, Quantity: strconv.Itoa(n),
				RevenueAmount: x.revenue().decimal(), ShippingCostAmount: x.shipping().decimal(), FeeTaxAmount: x.fees().decimal(),
				SettlementAmount: x.settlement().decimal(),
				RevenueBreakdown: x.revenueParts(),
				ShippingCostBreakdown: tiktokshop.GetTransactionsByOrderSKUTransactionShippingCostBreakdown{
					CustomerPaidShippingFeeAmount: x.shippingPaid.decimal(), ShippingFeeDiscountAmount: x.shippingDiscount.decimal(),
					ActualShippingFeeAmount: x.label.decimal(),
				},
			}
			name(&row.ShippingCostBreakdown, charges, shippingGroup)
			row.FeeTaxBreakdown = x.feeParts(f, charges)
			out.SKUTransactions = append(out.SKUTransactions, row)
		}
	}
	out.TotalCount = int64(len(out.SKUTransactions))
	out.RevenueAmount, out.ShippingCostAmount = all.revenue().decimal(), all.shipping().decimal()
	out.FeeAndTaxAmount, out.SettlementAmount = all.fees().decimal(), all.settlement().decimal()
	return out, nil
}

// unsettled serves Finance.GetUnsettledTransactions: estimates for paid orders
// that are not on a statement yet.
//
// https://partner.tiktokshop.com/docv2/page/get-unsettled-transactions-202507
func (f *Fake) unsettled(in *request) (any, error) {
	descending, err := in.sorted("order_create_time")
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 20, 100)
	if err != nil {
		return nil, err
	}
	inside, err := in.times("search_time_ge", "search_time_lt")
	if err != nil {
		return nil, err
	}
	var sum figures
	keep := func(o *order) bool {
		if o.info.PaidTime == 0 || !inside(o.info.CreateTime) || f.books.onStatement(o) || len(o.live()) == 0 {
			return false
		}
		sum = sum.plus(f.estimate(o))
		return true
	}
	found, next, total, err := pick(f.orders.byCreate, atCreation, keep, descending, size, in.query.Get("page_token"))
	out := tiktokshop.GetUnsettledTransactionsResponse{
		NextPageToken: next, TotalCount: int64(total), SumEstRevenueAmount: sum.revenue().decimal(), SumEstFeeAmount: sum.fees().decimal(),
		SumEstAdjustmentAmount: sum.adjustment.decimal(), SumEstSettlementAmount: sum.settlement().decimal(),
	}
	for _, o := range found {
		x := f.estimate(o)
		row := tiktokshop.GetUnsettledTransactionsResponseTransaction{
			ID: o.info.ID, OrderID: o.info.ID, OrderCreateTime: o.info.CreateTime, OrderDeliveryTime: o.info.DeliveryTime,
			Currency: f.market.currency, Type: "ORDER", Status: "UNSETTLED", UnsettledReason: "ORDER_IN_PROGRESS",
			EstRevenueAmount: x.revenue().decimal(), EstShippingCostAmount: x.shipping().decimal(), EstFeeTaxAmount: x.fees().decimal(),
			EstAdjustmentAmount: x.adjustment.decimal(), EstSettlementAmount: x.settlement().decimal(),
			RevenueBreakdown: tiktokshop.GetUnsettledTransactionsResponseTransactionRevenueBreakdown{
				SubtotalBeforeDiscountAmount: x.subtotal.decimal(), SellerDiscountAmount: x.discount.decimal(),
				RefundSubtotalBeforeDiscountAmount: x.refunded.decimal(), SellerDiscountRefundAmount: x.discountBack.decimal(),
			},
		}
		if t := o.info.DeliveryTime; t != 0 {
			row.UnsettledReason = "IN_AFTER_SALES_PERIOD"
			row.EstimatedSettlement = strconv.FormatInt(t.Time().Add(SettlementTime).Unix(), 10)
		}
		out.Transactions = append(out.Transactions, row)
	}
	return out, err
}

// onStatement reports whether the sale of an order is on a statement.
func (b *books) onStatement(o *order) bool {
	return slices.ContainsFunc(b.entries[o], func(e *entry) bool { return e.kind == "ORDER" && e.statement != nil })
}

// estimate is what the settlement of an order will be if nothing changes.
func (f *Fake) estimate(o *order) (sum figures) {
	shares := f.sales(o)
	for _, r := range o.refunds() {
		shares = append(shares, f.refundShares(r)...)
	}
	for _, s := range shares {
		sum = sum.plus(s.figures)
	}
	return sum
}

// getPayments serves Finance.GetPayments.
//
// https://partner.tiktokshop.com/docv2/page/get-payments-202605
func (f *Fake) getPayments(in *request) (any, error) {
	descending, err := in.sorted("create_time")
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 20, 100)
	if err != nil {
		return nil, err
	}
	inside, err := in.times("create_time_ge", "create_time_lt")
	if err != nil {
		return nil, err
	}
	at := func(p *payment) position { return position{int64(p.created), p.id} }
	keep := func(p *payment) bool { return inside(p.created) }
	found, next, _, err := pick(f.books.payments, at, keep, descending, size, in.query.Get("page_token"))
	out := tiktokshop.GetPaymentsResponse{NextPageToken: next}
	currency := f.market.currency
	for _, p := range found {
		arrives, rate := p.payIn.of(p.amount, currency)
		out.Payments = append(out.Payments, tiktokshop.Payment{
			ID: p.id, Status: p.status, CreateTime: p.created, PaidTime: p.paid, ExchangeRate: rate, Amount: arrives,
			PaymentAmountBeforeExchange: tiktokshop.PaymentMoney{Currency: currency, Value: p.amount.decimal()},
			SettlementAmount:            tiktokshop.PaymentMoney{Currency: currency, Value: p.settled.decimal()},
		})
	}
	return out, err
}

// getWithdrawals serves Finance.GetWithdrawals.
//
// https://partner.tiktokshop.com/docv2/page/get-withdrawals-202309
func (f *Fake) getWithdrawals(in *request) (any, error) {
	types, err := f.list(in, "types")
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		if _, err := oneOf("types", t, "WITHDRAW", "SETTLE", "TRANSFER", "REVERSE"); err != nil {
			return nil, err
		}
	}
	size, err := pageSize(in.query, 20, 100)
	if err != nil {
		return nil, err
	}
	inside, err := in.times("create_time_ge", "create_time_lt")
	if err != nil {
		return nil, err
	}
	at := func(w *withdrawal) position { return position{int64(w.created), w.id} }
	keep := func(w *withdrawal) bool { return inside(w.created) && slices.Contains(types, w.kind) }
	found, next, total, err := pick(f.books.withdrawals, at, keep, true, size, in.query.Get("page_token"))
	out := tiktokshop.GetWithdrawalsResponse{NextPageToken: next, TotalCount: total}
	for _, w := range found {
		out.Withdrawals = append(out.Withdrawals, tiktokshop.GetWithdrawalsResponseWithdrawal{
			ID: w.id, Type: w.kind, Status: "SUCCESS", Amount: w.amount.decimal(), Currency: f.market.currency, CreateTime: w.created,
		})
	}
	return out, err
}

// priceDetail serves Order.GetPriceDetail.
//
// https://partner.tiktokshop.com/docv2/page/get-price-detail-202407
func (f *Fake) priceDetail(in *request) (any, error) {
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	pay := o.info.Payment
	out := tiktokshop.GetPriceDetailResponse{
		Currency: pay.Currency, Payment: string(pay.TotalAmount), Total: pay.TotalAmount, Subtotal: pay.SubTotal, TaxAmount: pay.Tax,
		SubtotalTaxAmount: pay.Tax, SKUListPrice: pay.OriginalTotalProductPrice, SKUSalePrice: pay.SubTotal, NetPriceAmount: pay.SubTotal,
		SubtotalDeductionSeller: string(pay.SellerDiscount), SubtotalDeductionPlatform: string(pay.PlatformDiscount),
		ShippingListPrice: pay.OriginalShippingFee, ShippingSalePrice: pay.ShippingFee,
		ShippingFeeDeductionSeller: string(pay.ShippingFeeSellerDiscount), ShippingFeeDeductionPlatform: string(pay.ShippingFeePlatformDiscount),
	}
	n := len(o.lines)
	tax, listed, fee := cents(pay.Tax).shares(n), cents(pay.OriginalShippingFee).shares(n), cents(pay.ShippingFee).shares(n)
	bySeller, byPlatform := cents(pay.ShippingFeeSellerDiscount).shares(n), cents(pay.ShippingFeePlatformDiscount).shares(n)
	for i, l := range o.lines {
		total := (l.price + fee[i] + tax[i]).decimal()
		out.LineItems = append(out.LineItems, tiktokshop.GetPriceDetailResponseLineItem{
			ID: l.info.ID, Currency: l.info.Currency, Payment: string(total), Total: total, Subtotal: l.price.decimal(),
			TaxAmount: tax[i].decimal(), SubtotalTaxAmount: tax[i].decimal(), SKUListPrice: l.info.OriginalPrice, SKUSalePrice: l.price.decimal(),
			NetPriceAmount: l.price.decimal(), SubtotalDeductionSeller: string(l.info.SellerDiscount),
			SubtotalDeductionPlatform: string(l.info.PlatformDiscount), SKUGiftOriginalPrice: l.info.GiftRetailPrice,
			ShippingListPrice: listed[i].decimal(), ShippingSalePrice: fee[i].decimal(),
			ShippingFeeDeductionSeller: string(bySeller[i].decimal()), ShippingFeeDeductionPlatform: string(byPlatform[i].decimal()),
		})
	}
	return out, nil
}
