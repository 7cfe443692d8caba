package tiktokadapter

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ interface {
	finance.StatementSource
	finance.PaymentSource
	finance.WithdrawalSource
	finance.EstimateSource
	finance.OrderSource
} = (*Shop)(nil)

// moneyPage is the size of the pages of finance, the largest that TikTok allows.
const moneyPage = 100

// unreadRecords are the records of a reply that could not be read.
func unreadRecords(kind, statementID string, err error) ([]finance.Unread, error) {
	reasons, err := unreadableRecords(err)
	var list []finance.Unread
	for id, why := range reasons {
		list = append(list, finance.Unread{Kind: kind, ID: id, StatementID: statementID, Why: why})
	}
	return list, err
}

// ledgerAmounts reads amounts of one record that it cannot do without.
type ledgerAmounts struct {
	currency string
	err      error
}

func (a *ledgerAmounts) read(name string, d tiktokshop.Decimal) int64 {
	m, err := money.Parse(string(d), a.currency)
	if err == nil {
		err = absurd(m)
	}
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", name, err)
	}
	return m.Minor
}

func (a *ledgerAmounts) moment(name string, u tiktokshop.UnixSeconds) time.Time {
	if err := u.Err(); err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", name, err)
	}
	return u.Time()
}

// details are the amounts of a breakdown by TikTok's names, known or not. One that is finer
// than the currency is rounded: what that leaves of the sum is seen there.
func (a *ledgerAmounts) details(list []finance.Detail, group finance.Group, breakdown any) []finance.Detail {
	text, err := json.Marshal(breakdown)
	members := map[string]json.RawMessage{}
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", group, err)
	}
	for name, raw := range members {
		var d tiktokshop.Decimal
		if len(raw) > 0 && raw[0] == '{' || json.Unmarshal(raw, &d) != nil {
			continue // what says more about the others
		}
		m, _, err := money.Round(string(d), a.currency)
		if err == nil {
			err = absurd(m)
		}
		switch {
		case err != nil && group == finance.Info:
		case err != nil && a.err == nil:
			a.err = fmt.Errorf("%s: %w", name, err)
		case err == nil && m.Minor != 0:
			// A month has a million of a few names: they are kept once.
			list = append(list, finance.Detail{Group: group, Name: unique.Make(name).Value(), Minor: m.Minor})
		}
	}
	return list
}

// Statements implements [finance.StatementSource].
//
// https://partner.tiktokshop.com/docv2/page/get-statements-202309
func (t *Shop) Statements(ctx context.Context, from, to time.Time) (list []finance.Statement, unread []finance.Unread, err error) {
	request := &tiktokshop.GetStatementsRequest{
		SortField: "statement_time", StatementTimeGe: new(tiktokshop.At(from)), StatementTimeLt: new(tiktokshop.At(to)), PageSize: new(moneyPage),
	}
	for s, err := range t.client.Finance.GetStatementsAll(ctx, request) {
		if err != nil {
			some, err := unreadRecords("statement", "", err)
			if unread = append(unread, some...); err != nil {
				return list, unread, err
			}
			continue
		}
		read, err := statementOf(s)
		if err != nil {
			unread = append(unread, finance.Unread{Kind: "statement", ID: s.ID, Why: err.Error()})
			continue
		}
		list = append(list, read)
	}
	return list, unread, nil
}

func statementOf(s tiktokshop.Statement) (finance.Statement, error) {
	a := &ledgerAmounts{currency: currencyCode(s.Currency)}
	out := finance.Statement{
		ID: s.ID, Currency: a.currency, At: a.moment("statement_time", s.StatementTime), Settlement: a.read("settlement_amount", s.SettlementAmount),
		Stated: finance.Parts{
			Revenue: a.read("revenue_amount", s.RevenueAmount), Shipping: a.read("shipping_cost_amount", s.ShippingCostAmount),
			Fees: a.read("fee_amount", s.FeeAmount), Adjustment: a.read("adjustment_amount", s.AdjustmentAmount),
		},
		PaymentID: noneIfZero(s.PaymentID), Status: finance.PaymentStatus(s.PaymentStatus), PaidAt: a.moment("payment_time", s.PaymentTime),
	}
	if net := a.read("net_sales_amount", s.NetSalesAmount); s.RevenueAmount == "" {
		out.Stated.Revenue = net
	} else if s.NetSalesAmount != "" {
		out.NetSales = &net
	}
	if a.err == nil && s.SettlementAmount == "" {
		a.err = fmt.Errorf("settlement_amount is missing")
	}
	if a.err == nil && a.currency == "" {
		a.err = fmt.Errorf("it names no currency")
	}
	if a.err == nil && out.At.IsZero() {
		a.err = fmt.Errorf("statement_time is missing")
	}
	return out, a.err
}

// noneIfZero is an id, of which "0" means none.
func noneIfZero(id string) string {
	if id == "0" {
		return ""
	}
	return id
}

// StatementLines implements [finance.StatementSource]. The list is read to its end: a page
// that names the same next page again, or fewer lines than TikTok counts, is an error. Lines
// that came twice, as when pages overlap, count once.
//
// https://partner.tiktokshop.com/docv2/page/get-transactions-by-statement-202501
func (t *Shop) StatementLines(ctx context.Context, s finance.Statement) (finance.Statement, []finance.Unread, error) {
	var unread []finance.Unread
	request := &tiktokshop.GetTransactionsByStatementRequest{SortField: "order_create_time", PageSize: new(moneyPage)}
	seen, ids := map[string]bool{"": true}, map[string]bool{}
	repeated := 0
	s.Lines, s.LinesRead = nil, false
	for {
		page, err := t.client.Finance.GetTransactionsByStatement(ctx, s.ID, request)
		some, err := unreadRecords("line", s.ID, err)
		unread = append(unread, some...)
		if err != nil {
			return s, unread, err
		}
		currency := currencyCode(page.Currency)
		a := &ledgerAmounts{currency: currency}
		if s.Totals == nil && page.PayableAmount != "" {
			s.Totals = &finance.Totals{
				Settlement: a.read("total_settlement_amount", page.TotalSettlementAmount), Reserve: a.read("total_reserve_amount", page.TotalReserveAmount),
				Payable: a.read("payable_amount", page.PayableAmount),
			}
			if a.err != nil || currency != s.Currency {
				s.Totals = nil
			}
			if a.err != nil {
				unread = append(unread, finance.Unread{Kind: "totals", StatementID: s.ID, Why: a.err.Error()})
			}
		}
		for _, x := range page.Transactions {
			line, err := lineOf(x, currency)
			if err != nil {
				unread = append(unread, finance.Unread{Kind: "line", ID: x.ID, StatementID: s.ID, Why: err.Error()})
				continue
			}
			if line.ID != "" && ids[line.ID] {
				repeated++
			}
			ids[line.ID] = true
			s.Lines = append(s.Lines, line)
		}
		switch next := page.NextPageToken; {
		case next == "":
			lost := 0
			unread = slices.DeleteFunc(unread, func(u finance.Unread) bool {
				if u.Kind != "line" {
					return false
				}
				twice := u.ID != "" && ids[u.ID] // read on another page, or unread there too
				if ids[u.ID] = true; !twice {
					lost++
				}
				return twice
			})
			if got := len(s.Lines) - repeated + lost; page.TotalCount > got {
				return s, unread, fmt.Errorf("TikTok counts %d lines and has handed out %d, besides %d once more: read it again", page.TotalCount, got, repeated)
			}
			s.LinesRead = true
			return s, unread, nil
		case seen[next]:
			return s, unread, fmt.Errorf("the pages repeat after %d lines: read it again", len(s.Lines))
		default:
			seen[next] = true
			request.PageToken = new(next)
		}
	}
}

func lineOf(x tiktokshop.StatementTransaction, currency string) (finance.Line, error) {
	a := &ledgerAmounts{currency: currency}
	l := finance.Line{
		ID: x.ID, Type: string(x.Type), Currency: currency, OrderedAt: a.moment("order_create_time", x.OrderCreateTime),
		Stated: finance.Parts{
			Revenue: a.read("revenue_amount", x.RevenueAmount), Shipping: a.read("shipping_cost_amount", x.ShippingCostAmount),
			Fees: a.read("fee_tax_amount", x.FeeTaxAmount), Adjustment: a.read("adjustment_amount", x.AdjustmentAmount),
		},
		Settlement: a.read("settlement_amount", x.SettlementAmount),
		Reserve:    a.read("reserve_amount", x.ReserveAmount), ReserveID: noneIfZero(x.ReserveID), ReserveState: string(x.ReserveStatus),
		ReleaseAt: unixText(x.EstimatedReleaseTime),
	}
	for _, id := range []string{x.OrderID, x.AdjustmentOrderID, x.AssociatedOrderID} {
		if l.OrderID == "" {
			l.OrderID = noneIfZero(id)
		}
	}
	if x.SettlementAmount == "" && x.ReserveAmount == "" && a.err == nil {
		a.err = fmt.Errorf("settlement_amount is missing")
	}
	l.Details = a.details(l.Details, finance.Revenue, x.RevenueBreakdown)
	l.Details = a.details(l.Details, finance.Shipping, x.ShippingCostBreakdown)
	l.Details = a.details(l.Details, finance.Fee, x.FeeTaxBreakdown.Fee)
	l.Details = a.details(l.Details, finance.Tax, x.FeeTaxBreakdown.Tax)
	l.Details = a.details(l.Details, finance.Info, x.SupplementaryComponent)
	return l, a.err
}

// unixText reads Unix seconds that come as text; zero for anything else.
func unixText(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return tiktokshop.UnixSeconds(n).Time()
}

// Payments implements [finance.PaymentSource]. Shops of Southeast Asia have none:
// their movements are among the withdrawals.
//
// https://partner.tiktokshop.com/docv2/page/get-payments-202605
func (t *Shop) Payments(ctx context.Context, from, to time.Time) (list []finance.Payment, unread []finance.Unread, err error) {
	request := &tiktokshop.GetPaymentsRequest{SortField: "create_time", CreateTimeGe: new(tiktokshop.At(from)), CreateTimeLt: new(tiktokshop.At(to)), PageSize: new(moneyPage)}
	for p, err := range t.client.Finance.GetPaymentsAll(ctx, request) {
		if err != nil {
			some, err := unreadRecords("payment", "", err)
			if unread = append(unread, some...); err != nil {
				return list, unread, err
			}
			continue
		}
		read, err := paymentOf(p)
		if err != nil {
			unread = append(unread, finance.Unread{Kind: "payment", ID: p.ID, Why: err.Error()})
			continue
		}
		list = append(list, read)
	}
	return list, unread, nil
}

func paymentOf(p tiktokshop.Payment) (finance.Payment, error) {
	a := &ledgerAmounts{}
	read := func(name string, m tiktokshop.PaymentMoney) money.Amount {
		a.currency = currencyCode(m.Currency)
		return money.Amount{Minor: a.read(name, m.Value), Currency: a.currency}
	}
	out := finance.Payment{
		ID: p.ID, Status: finance.PaymentStatus(p.Status), Amount: read("amount", p.Amount), Before: read("payment_amount_before_exchange", p.PaymentAmountBeforeExchange),
		Rate: p.ExchangeRate, CreatedAt: a.moment("create_time", p.CreateTime), PaidAt: a.moment("paid_time", p.PaidTime),
	}
	for _, part := range []struct {
		name string
		from tiktokshop.PaymentMoney
		to   **money.Amount
	}{{"settlement_amount", p.SettlementAmount, &out.Settled}, {"reserve_amount", p.ReserveAmount, &out.Reserve}} {
		if part.from.Value != "" {
			m := read(part.name, part.from)
			*part.to = &m
		}
	}
	if a.err == nil && (p.Amount.Value == "" || out.Amount.Currency == "") {
		a.err = fmt.Errorf("amount is missing")
	}
	return out, a.err
}

// Withdrawals implements [finance.WithdrawalSource].
//
// https://partner.tiktokshop.com/docv2/page/get-withdrawals-202309
func (t *Shop) Withdrawals(ctx context.Context, from, to time.Time) (list []finance.Withdrawal, unread []finance.Unread, err error) {
	request := &tiktokshop.GetWithdrawalsRequest{
		CreateTimeGe: new(tiktokshop.At(from)), CreateTimeLt: new(tiktokshop.At(to)), PageSize: new(moneyPage),
		Types: []tiktokshop.FinanceType{tiktokshop.FinanceTypeWithdraw, tiktokshop.FinanceTypeSettle, tiktokshop.FinanceTypeTransfer, tiktokshop.FinanceTypeReverse},
	}
	for w, err := range t.client.Finance.GetWithdrawalsAll(ctx, request) {
		if err != nil {
			some, err := unreadRecords("withdrawal", "", err)
			if unread = append(unread, some...); err != nil {
				return list, unread, err
			}
			continue
		}
		a := &ledgerAmounts{currency: currencyCode(w.Currency)}
		read := finance.Withdrawal{
			ID: w.ID, Type: w.Type, Status: string(w.Status), Amount: money.Amount{Minor: a.read("amount", w.Amount), Currency: a.currency}, CreatedAt: a.moment("create_time", w.CreateTime),
		}
		if a.err != nil {
			unread = append(unread, finance.Unread{Kind: "withdrawal", ID: w.ID, Why: a.err.Error()})
			continue
		}
		list = append(list, read)
	}
	return list, unread, nil
}

// Estimates implements [finance.EstimateSource].
//
// https://partner.tiktokshop.com/docv2/page/get-unsettled-transactions-202507
func (t *Shop) Estimates(ctx context.Context, from, to time.Time) (list []finance.Estimate, unread []finance.Unread, err error) {
	request := &tiktokshop.GetUnsettledTransactionsRequest{
		SortField: "order_create_time", SearchTimeGe: new(tiktokshop.At(from)), SearchTimeLt: new(tiktokshop.At(to)), PageSize: new(int64(moneyPage)),
	}
	for x, err := range t.client.Finance.GetUnsettledTransactionsAll(ctx, request) {
		if err != nil {
			some, err := unreadRecords("estimate", "", err)
			if unread = append(unread, some...); err != nil {
				return list, unread, err
			}
			continue
		}
		a := &ledgerAmounts{currency: currencyCode(x.Currency)}
		e := finance.Estimate{
			ID: x.ID, OrderID: noneIfZero(x.OrderID), Type: string(x.Type), Currency: a.currency, Settlement: a.read("est_settlement_amount", x.EstSettlementAmount),
			Known: x.EstSettlementAmount != "", OrderedAt: a.moment("order_create_time", x.OrderCreateTime), DeliveredAt: a.moment("order_delivery_time", x.OrderDeliveryTime),
			Expected: x.EstimatedSettlement, Why: x.UnsettledReason,
		}
		if e.OrderID == "" {
			e.OrderID = noneIfZero(x.AdjustmentOrderID)
		}
		e.ExpectedAt = expectedAt(x.EstimatedSettlement, e.DeliveredAt)
		if a.err != nil {
			unread = append(unread, finance.Unread{Kind: "estimate", ID: x.ID, Why: a.err.Error()})
			continue
		}
		list = append(list, e)
	}
	return list, unread, nil
}

// expectedAt reads when TikTok means to settle: Unix seconds, or "Delivered + 7 days".
func expectedAt(s string, delivered time.Time) time.Time {
	var days int
	if n, err := fmt.Sscanf(strings.ToLower(s), "delivered + %d day", &days); n == 1 && err == nil && days >= 0 && days < 1000 {
		if delivered.IsZero() {
			return time.Time{}
		}
		return delivered.AddDate(0, 0, days)
	}
	return unixText(s)
}

// OrderRows implements [finance.OrderSource].
//
// https://partner.tiktokshop.com/docv2/page/get-transactions-by-order-202501
func (t *Shop) OrderRows(ctx context.Context, orderID string) (finance.OrderRows, error) {
	reply, err := t.client.Finance.GetTransactionsByOrder(ctx, orderID, nil)
	if err != nil {
		return finance.OrderRows{}, err
	}
	a := &ledgerAmounts{currency: currencyCode(reply.Currency)}
	out := finance.OrderRows{
		OrderID: orderID, Currency: a.currency, Settlement: a.read("settlement_amount", reply.SettlementAmount),
		Stated: finance.Parts{
			Revenue: a.read("revenue_amount", reply.RevenueAmount), Shipping: a.read("shipping_cost_amount", reply.ShippingCostAmount),
			Fees: a.read("fee_and_tax_amount", reply.FeeAndTaxAmount),
		},
	}
	for _, x := range reply.SKUTransactions {
		row := finance.OrderRow{
			StatementID: x.StatementID, SKU: x.SKUID, Settlement: a.read("settlement_amount", x.SettlementAmount),
			Stated: finance.Parts{
				Revenue: a.read("revenue_amount", x.RevenueAmount), Shipping: a.read("shipping_cost_amount", x.ShippingCostAmount),
				Fees: a.read("fee_tax_amount", x.FeeTaxAmount),
			},
		}
		if n, err := strconv.Atoi(x.Quantity); err == nil {
			row.Quantity = n
		}
		row.Details = a.details(row.Details, finance.Revenue, x.RevenueBreakdown)
		row.Details = a.details(row.Details, finance.Shipping, x.ShippingCostBreakdown)
		row.Details = a.details(row.Details, finance.Fee, x.FeeTaxBreakdown.Fee)
		row.Details = a.details(row.Details, finance.Tax, x.FeeTaxBreakdown.Tax)
		out.Rows = append(out.Rows, row)
	}
	if a.err == nil && int(reply.TotalCount) > len(out.Rows) {
		a.err = fmt.Errorf("TikTok counts %d rows and has handed out %d", reply.TotalCount, len(out.Rows))
	}
	return out, a.err
}
