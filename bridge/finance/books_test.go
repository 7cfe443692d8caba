package finance_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// statement is one that adds up.
func statement(id string, at time.Time, lines ...finance.Line) finance.Statement {
	s := finance.Statement{ID: id, Currency: "GBP", At: at, LinesRead: true, Lines: lines}
	for _, l := range lines {
		s.Stated.Revenue += l.Stated.Revenue
		s.Stated.Shipping += l.Stated.Shipping
		s.Stated.Fees += l.Stated.Fees
		s.Stated.Adjustment += l.Stated.Adjustment
		s.Settlement += l.Settlement
	}
	return s
}

// order is a line of an order that sold something, with its fees.
func order(id, orderID string, sold, fee int64) finance.Line {
	return finance.Line{
		ID: id, Type: finance.OrderLine, OrderID: orderID, OrderedAt: day(1), Stated: finance.Parts{Revenue: sold, Fees: -fee}, Settlement: sold - fee,
		Details: []finance.Detail{detail(finance.Revenue, "subtotal_before_discount_amount", sold), detail(finance.Fee, "referral_fee_amount", -fee)},
	}
}

// categoriesOf are the sums of a report by category, of one currency.
func categoriesOf(r *finance.Report) map[finance.Category]int64 {
	m := map[finance.Category]int64{}
	for _, c := range r.Categories {
		m[c.Category] = c.Minor
	}
	return m
}

// The example that accountants use: 5,677 of goods, 10 of shipping and 540 of tax are paid
// by the buyer, 6,227 in all; a platform discount of 1,650, the shipping, a commission of
// 1,200 and the tax come off; 2,827 are settled.
func TestTheWorkedExample(t *testing.T) {
	line := finance.Line{
		ID: "1", Type: finance.OrderLine, OrderID: "576", OrderedAt: day(1),
		Stated: finance.Parts{Revenue: 567700 - 165000, Shipping: 0, Fees: -120000}, Settlement: 282700,
		Details: []finance.Detail{
			detail(finance.Revenue, "subtotal_before_discount_amount", 567700), detail(finance.Revenue, "platform_discount_amount", -165000),
			detail(finance.Shipping, "customer_paid_shipping_fee_amount", 1000), detail(finance.Shipping, "actual_shipping_fee_amount", -1000),
			detail(finance.Fee, "affiliate_commission_amount", -120000), detail(finance.Info, "customer_payment_amount", 622700), detail(finance.Info, "sales_tax_amount", 54000),
		},
	}
	s := statement("700", day(10), line)
	s.PaymentID = "900"
	b := finance.Books{
		Statements: []finance.Statement{s}, PaymentsRead: true, SalesRead: true, EstimatesRead: true,
		Payments: []finance.Payment{{ID: "900", Status: finance.Paid, Amount: money.Amount{Minor: 282700, Currency: "GBP"}, CreatedAt: day(10), PaidAt: day(11)}},
		Sales:    []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 622700, Tax: 54000, Shipping: 1000, Total: 622700, TotalKnown: true}},
	}
	r := reconcile(t, b, options())
	if !r.OK() || len(r.Residuals) > 0 {
		t.Errorf("residuals %v", r.Residuals)
	}
	want := map[finance.Category]int64{
		finance.Sales: 567700, finance.PlatformDiscounts: -165000, finance.ShippingIncome: 1000, finance.ShippingCost: -1000, finance.Affiliate: -120000,
	}
	if diff := cmp.Diff(want, categoriesOf(r)); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
	o := r.Orders[0]
	if diff := cmp.Diff([]finance.Kept{{What: "tax", Minor: 54000}}, o.Kept); diff != "" || o.TaxBy != finance.TaxByMarketplace || o.Settlement != 282700 || o.Worth != 622700 {
		t.Errorf("the order is %+v", o)
	}
	if c := r.Clearing[0]; c.Balance != 0 || len(c.Items) != 0 || c.Settled != 282700 {
		t.Errorf("clearing account: %+v", c)
	}
}

func TestSigns(t *testing.T) {
	parts := func(revenue, shipping, fees, adjustment int64) finance.Parts {
		return finance.Parts{Revenue: revenue, Shipping: shipping, Fees: fees, Adjustment: adjustment}
	}
	line := func(id string, p finance.Parts, settlement int64) finance.Line {
		return finance.Line{
			ID: id, Type: finance.OrderLine, OrderID: id, Stated: p, Settlement: settlement, Details: []finance.Detail{
				detail(finance.Revenue, "subtotal_before_discount_amount", p.Revenue), detail(finance.Shipping, "customer_paid_shipping_fee_amount", p.Shipping),
				detail(finance.Fee, "referral_fee_amount", p.Fees),
			},
		}
	}
	for _, tc := range []struct {
		name  string
		lines []finance.Line
		want  map[finance.Category]int64
		wrong []string
	}{
		{"added", []finance.Line{line("1", parts(5000, -200, -450, 0), 4350)},
			map[finance.Category]int64{finance.Sales: 5000, finance.ShippingIncome: -200, finance.Commission: -450}, nil},
		{"taken off", []finance.Line{line("1", parts(5000, 200, 450, 0), 4350)},
			map[finance.Category]int64{finance.Sales: 5000, finance.ShippingIncome: -200, finance.Commission: -450}, nil},
		{"shipping in the fees", []finance.Line{{
			ID: "1", Type: finance.OrderLine, OrderID: "1", Stated: parts(5000, -200, -650, 0), Settlement: 4350, Details: []finance.Detail{
				detail(finance.Revenue, "subtotal_before_discount_amount", 5000), detail(finance.Shipping, "actual_shipping_fee_amount", -200), detail(finance.Fee, "referral_fee_amount", -450),
			},
		}}, map[finance.Category]int64{finance.Sales: 5000, finance.ShippingCost: -200, finance.Commission: -450}, nil},
		{"shipping and fees cancel out, alone", []finance.Line{line("1", parts(5000, 450, -450, 0), 5000)},
			map[finance.Category]int64{finance.NotExplained: 5000}, []string{"line 1 signs not settled"}},
		{"shipping and fees cancel out, beside one that tells: added", []finance.Line{line("1", parts(5000, 450, -450, 0), 5000), line("2", parts(5000, 0, -450, 0), 4550)},
			map[finance.Category]int64{finance.Sales: 10000, finance.ShippingIncome: 450, finance.Commission: -900}, nil},
		{"shipping and fees cancel out, beside one that tells: taken off", []finance.Line{line("1", parts(5000, -450, 450, 0), 5000), line("2", parts(5000, 0, 450, 0), 4550)},
			map[finance.Category]int64{finance.Sales: 10000, finance.ShippingIncome: 450, finance.Commission: -900}, nil},
		{"two that tell disagree", []finance.Line{line("1", parts(5000, 450, -450, 0), 5000), line("2", parts(5000, 0, -450, 0), 4550), line("3", parts(5000, 0, 450, 0), 4550)},
			map[finance.Category]int64{finance.Sales: 10000, finance.Commission: -900, finance.NotExplained: 5000}, []string{"line 1 signs not settled", "statement 700 statement does not add up"}},
		{"none fits, alone", []finance.Line{line("1", parts(5000, 0, -450, 0), 4444)},
			map[finance.Category]int64{finance.NotExplained: 4444}, []string{"line 1 line does not add up", "statement 700 statement does not add up"}},
		{"two are added and one is taken off", []finance.Line{line("1", parts(5000, 0, -450, 0), 4550), line("2", parts(5000, 0, -450, 0), 4550), line("3", parts(5000, 0, 450, 0), 4550)},
			map[finance.Category]int64{finance.Sales: 15000, finance.Commission: -1350}, []string{"statement 700 statement does not add up"}},
		{"only revenue", []finance.Line{line("1", parts(5000, 0, 0, 0), 5000)}, map[finance.Category]int64{finance.Sales: 5000}, nil},
	} {
		r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(10), tc.lines...)}}, finance.Options{Shop: "UK", AsOf: day(11)})
		if diff := cmp.Diff(tc.want, categoriesOf(r)); diff != "" {
			t.Errorf("%s: categories (-want +got):\n%s", tc.name, diff)
		}
		if diff := cmp.Diff(tc.wrong, wrong(r)); diff != "" {
			t.Errorf("%s: wrong (-want +got):\n%s", tc.name, diff)
		}
	}
}

// A statement has more ways to add up than a line: from revenue or from net sales, with
// shipping apart or in the fees.
func TestEquationsOfStatements(t *testing.T) {
	for _, tc := range []struct {
		name     string
		stated   finance.Parts
		netSales *int64
		settled  int64
		ok       bool
	}{
		{"UK and US", finance.Parts{Revenue: 10000, Shipping: -300, Fees: -900, Adjustment: -50}, nil, 8750, true},
		{"net sales beside the revenue", finance.Parts{Revenue: 11000, Shipping: -300, Fees: -900, Adjustment: -50}, new(int64(10000)), 8750, true},
		{"Vietnam", finance.Parts{Revenue: 10000, Shipping: -24400, Fees: -34400}, nil, -24400, true},
		{"a penny", finance.Parts{Revenue: 10000, Shipping: -300, Fees: -900, Adjustment: -50}, nil, 8751, false},
	} {
		s := finance.Statement{ID: "700", Currency: "GBP", At: day(10), Stated: tc.stated, NetSales: tc.netSales, Settlement: tc.settled, LinesRead: true}
		s.Lines = []finance.Line{{ID: "1", Type: "REBATE", OrderID: "2", Stated: finance.Parts{Adjustment: tc.settled}, Settlement: tc.settled}}
		r := reconcile(t, finance.Books{Statements: []finance.Statement{s}}, finance.Options{Shop: "UK", AsOf: day(11)})
		if r.Statements[0].Proven != tc.ok {
			t.Errorf("%s: proven %t, want %t: %v", tc.name, r.Statements[0].Proven, tc.ok, r.Residuals)
		}
	}
}

// What is not settled has what it should bring, by when, and says when that is over.
func TestExpected(t *testing.T) {
	sale := finance.Sale{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(1), ShippedAt: day(2), DeliveredAt: day(4)}
	estimate := finance.Estimate{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1800, Known: true, OrderedAt: day(1), DeliveredAt: day(4)}
	for _, tc := range []struct {
		name   string
		change func(*finance.Books)
		asOf   time.Time
		want   []string
	}{
		{"expected", func(b *finance.Books) {}, day(10), []string{"order 576: 18.00 GBP not settled yet: due 2026-07-05"}},
		{"the shop says when, and it is over", func(b *finance.Books) { b.Estimates[0].ExpectedAt = day(12) }, day(13), []string{"order 576: 18.00 GBP should be settled by now: due 2026-06-12"}},
		{"the longest time is over", func(b *finance.Books) {}, day(4 + 32), []string{"order 576: 18.00 GBP should be settled by now: due 2026-07-05"}},
		{"in neither list", func(b *finance.Books) { b.Estimates = nil }, day(10), []string{"order 576: 20.00 GBP neither settled nor expected: due 2026-07-05"}},
		{"expected was not read", func(b *finance.Books) { b.Estimates, b.EstimatesRead = nil, false }, day(10), []string{"order 576: 20.00 GBP not settled yet: due 2026-07-05"}},
		{"cancelled", func(b *finance.Books) { b.Estimates, b.Sales[0].Cancelled, b.Sales[0].Total = nil, 2000, 0 }, day(10), nil},
		{"in two rows", func(b *finance.Books) {
			more := estimate
			more.ID, more.Settlement = "2", -300
			b.Estimates = append(b.Estimates, more)
		}, day(10), []string{"order 576: 15.00 GBP not settled yet: due 2026-07-05"}},
		{"a row without amount", func(b *finance.Books) { b.Estimates[0].Known = false }, day(10), []string{"order 576: 20.00 GBP not settled yet: due 2026-07-05"}},
		{"settled otherwise", func(b *finance.Books) {
			b.Statements = []finance.Statement{statement("700", day(9), order("1", "576", 2000, 180))}
		}, day(10), []string{"statement 700: 18.20 GBP not paid yet", "order 576: 0.20 GBP settled otherwise than expected: 18.20 GBP settled, 18.00 GBP expected"}},
		{"an order that the warehouse lacks", func(b *finance.Books) {
			b.Sales, b.Estimates = nil, nil
			b.Statements = []finance.Statement{statement("700", day(9), order("1", "576", 2000, 180))}
		}, day(10), []string{"order 576: 18.20 GBP order not in the warehouse", "statement 700: 18.20 GBP not paid yet"}},
	} {
		b := finance.Books{Sales: []finance.Sale{sale}, Estimates: []finance.Estimate{estimate}, EstimatesRead: true, SalesRead: true}
		tc.change(&b)
		r := reconcile(t, b, finance.Options{Shop: "UK", AsOf: tc.asOf})
		var got []string
		for _, x := range r.Residuals {
			got = append(got, x.String())
		}
		if diff := cmp.Diff(tc.want, got, cmp.Transformer("sorted", sorted)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func sorted(list []string) string {
	m := map[string]bool{}
	for _, s := range list {
		m[s] = true
	}
	return fmt.Sprint(m)
}

// The day by which an order should be settled is the shop's, or the latest that there is by
// its delivery. One that is still in the list of what is expected is late whatever else was
// not read; one that is in no list may be on the line that was not.
func TestSettledBy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		estimates []finance.Estimate
		want      string
		late      bool
	}{
		{"by the shop", []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", ExpectedAt: day(30)}}, "2026-06-30", true},
		{"by its delivery", nil, "2026-07-05", false},
	} {
		b := finance.Books{
			Statements: []finance.Statement{statement("700", day(9))}, Estimates: tc.estimates, EstimatesRead: true, SalesRead: true,
			Sales:  []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(1), ShippedAt: day(2), DeliveredAt: day(4)}},
			Unread: []finance.Unread{{Kind: "line", ID: "1", StatementID: "700", Why: "an amount is none"}},
		}
		r := reconcile(t, b, options())
		if got := r.Orders[0].ExpectedAt.Format(time.DateOnly); got != tc.want {
			t.Errorf("%s: expected at %s, want %s", tc.name, got, tc.want)
		}
		for _, x := range r.Residuals {
			if x.Reason == finance.Overdue && x.Wrong() != tc.late {
				t.Errorf("%s: %q is wrong: %v, want %v (because of %q)", tc.name, x, x.Wrong(), tc.late, x.Because)
			}
		}
		if len(said(r)) != 1 {
			t.Errorf("%s: %v, want one thing said", tc.name, said(r))
		}
	}
}

// A line that does not add up is told once: what is off by as much in its order follows from it.
func TestWhatFollowsFromALine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		revenue    int64 // as the line states it, of 2000 that its details name
		settlement int64
		listed     int64 // by the list of the order
		want       []string
	}{
		{"more than it names", 2001, 1821, 1820, []string{"1 order settled at another amount, because of line 1", "-1 order stated in two ways, because of line 1"}},
		{"less than it names", 1999, 1819, 1820, []string{"-1 order settled at another amount, because of line 1", "1 order stated in two ways, because of line 1"}},
		{"another amount than it names", 2001, 1821, 1819, []string{"-2 order stated in two ways, because of ", "1 order settled at another amount, because of line 1"}},
		{"parts of which nothing is the sum, and less than nothing", 2000, -1000, 0, []string{"-2000 order settled at another amount, because of ", "1000 order stated in two ways, because of line 1"}},
		{"parts of which nothing is the sum", 2000, 1000, 0, []string{"-2000 order settled at another amount, because of ", "-1000 order stated in two ways, because of line 1"}},
	} {
		l := order("1", "576", 2000, 180)
		l.Stated.Revenue, l.Settlement = tc.revenue, tc.settlement
		b := finance.Books{
			Statements: []finance.Statement{statement("700", day(9), l)}, SalesRead: true,
			Sales:     []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(1)}},
			OrderRows: []finance.OrderRows{{OrderID: "576", Currency: "GBP", Settlement: tc.listed, Rows: []finance.OrderRow{{StatementID: "700", Settlement: tc.listed}}}},
		}
		var got []string
		for _, x := range reconcile(t, b, options()).Residuals {
			if x.Of == finance.OfOrder {
				got = append(got, fmt.Sprintf("%d %s, because of %s", x.Minor, x.Reason, x.Because))
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// Who owes the tax is found by the numbers of the order.
func TestTaxBy(t *testing.T) {
	onTop := finance.Sale{OrderID: "576", Currency: "GBP", Paid: 2400, Tax: 400, Total: 2400, TotalKnown: true}
	included := finance.Sale{OrderID: "576", Currency: "GBP", Paid: 2400, TaxIncluded: 400, Total: 2400, TotalKnown: true}
	withheld := order("1", "576", 2400, 100)
	withheld.Stated.Fees, withheld.Settlement = withheld.Stated.Fees-400, withheld.Settlement-400
	withheld.Details = append(withheld.Details, detail(finance.Tax, "local_vat_amount", -400))
	collected, charged := order("1", "576", 2000, 100), finance.Line{ID: "1", Type: "REBATE", OrderID: "576", Details: []finance.Detail{detail(finance.Info, "sales_tax_amount", 400)}}
	collected.Details = append(collected.Details, detail(finance.Info, "sales_tax_amount", -400)) // the sign is the shop's
	merged := onTop
	merged.With = []string{"577"}
	withPostage := included
	withPostage.Shipping = 300
	again := func(l finance.Line, details ...finance.Detail) finance.Line {
		l.ID, l.Stated, l.Settlement, l.Details = "2", finance.Parts{}, 0, details
		for _, d := range details {
			if d.Group != finance.Info {
				l.Stated.Fees, l.Settlement = l.Stated.Fees+d.Minor, l.Settlement+d.Minor
			}
		}
		return l
	}
	charge := charged
	charge.ID = "2"
	type list = []finance.Line
	for _, tc := range []struct {
		name  string
		sale  finance.Sale
		lines []finance.Line
		want  finance.TaxBy
	}{
		{"collected, says the shop, of an order that is not known", finance.Sale{}, list{collected}, finance.TaxByMarketplace},
		{"collected, says the shop, of merged orders", merged, list{collected}, finance.TaxByMarketplace},
		{"nothing said of merged orders", merged, list{order("1", "576", 2000, 100)}, finance.TaxUnknown},
		{"collected, says the shop, and passed on", onTop, list{func() finance.Line {
			l := collected
			l.Stated.Revenue, l.Settlement, l.Details = 2400, 2300, append([]finance.Detail{detail(finance.Revenue, "subtotal_before_discount_amount", 2400)}, collected.Details[1:]...)
			return l
		}()}, finance.TaxBySeller},
		{"not settled", onTop, list{charged}, finance.TaxUnknown},
		{"kept from what the buyer paid", onTop, list{order("1", "576", 2000, 100)}, finance.TaxByMarketplace},
		{"on top and passed on", onTop, list{order("1", "576", 2400, 100)}, finance.TaxBySeller},
		{"in the prices and passed on", included, list{order("1", "576", 2400, 100)}, finance.TaxBySeller},
		{"in the prices and withheld", included, list{withheld}, finance.TaxByMarketplace},
		{"nothing said", finance.Sale{OrderID: "576", Currency: "GBP", Paid: 2400}, list{order("1", "576", 2400, 100)}, finance.TaxUnknown},
		{"the amounts differ", included, list{order("1", "576", 2300, 100)}, finance.TaxUnknown},
		{"something else is kept", withPostage, list{order("1", "576", 2100, 100)}, finance.TaxBySeller},
		{"withheld, and given back with the goods", included, list{withheld, again(withheld, detail(finance.Tax, "local_vat_amount", 400))}, finance.TaxByMarketplace},
		{"collected, and given back with the goods", merged, list{collected, again(collected, detail(finance.Info, "sales_tax_amount", 400))}, finance.TaxByMarketplace},
		{"a charge speaks of tax", finance.Sale{}, list{order("1", "576", 2400, 100), charge}, finance.TaxUnknown},
	} {
		r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(9), tc.lines...)}, Sales: []finance.Sale{tc.sale}}, options())
		if got := r.Orders[0].TaxBy; got != tc.want {
			t.Errorf("%s: %s, want %s (%v)", tc.name, got, tc.want, r.Residuals)
		}
	}
}

func TestRefunds(t *testing.T) {
	sale := finance.Sale{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, RefundsRead: true}
	back := finance.Line{
		ID: "2", Type: finance.OrderLine, OrderID: "576", Stated: finance.Parts{Revenue: -2000, Fees: 180}, Settlement: -1820,
		Details: []finance.Detail{
			// The shop turns the signs of the sale.
			detail(finance.Revenue, "subtotal_before_discount_amount", -2000), detail(finance.Fee, "referral_fee_amount", 180), detail(finance.Info, "customer_refund_amount", -2000),
		},
	}
	for _, tc := range []struct {
		name    string
		known   int64
		settled bool
		want    []string
	}{
		{"none", 0, false, nil},
		{"known and settled", 2000, true, nil},
		{"known only", 2000, false, []string{"refund not settled yet -2000"}},
		{"settled only", 0, true, []string{"refund not known 2000"}},
	} {
		s := sale
		if tc.known > 0 {
			s.Refunds = []finance.Refund{{ID: "9", Minor: tc.known}}
		}
		lines := []finance.Line{order("1", "576", 2000, 180)}
		if tc.settled {
			lines = append(lines, back)
		}
		r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(9), lines...)}, Sales: []finance.Sale{s}}, options())
		var got []string
		for _, x := range r.Residuals {
			if x.Of == finance.OfOrder {
				got = append(got, fmt.Sprintf("%s %d", x.Reason, x.Minor))
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if diff := cmp.Diff(map[finance.Category]int64{finance.Sales: 2000, finance.Refunds: -2000}, categoriesOf(r)); tc.settled && diff != "" {
			t.Errorf("%s: categories (-want +got):\n%s", tc.name, diff)
		}
		if o := r.Orders[0]; tc.settled && (o.Sold != 2000 || o.Refunded != -2000 || o.Fees != 0 || o.Settlement != 0) {
			t.Errorf("%s: %+v", tc.name, o)
		}
	}
}

// The list of an order and its statements are two statements of one thing.
func TestOrderRows(t *testing.T) {
	rows := finance.OrderRows{OrderID: "576", Currency: "GBP", Settlement: 1820, Rows: []finance.OrderRow{{StatementID: "700", SKU: "1", Settlement: 1000}, {StatementID: "700", SKU: "1", Settlement: 820}}}
	b := finance.Books{Statements: []finance.Statement{statement("700", day(9), order("1", "576", 2000, 180))}, OrderRows: []finance.OrderRows{rows}}
	o := finance.Options{Shop: "UK", AsOf: day(10)}
	if r := reconcile(t, b, o); !r.OK() {
		t.Errorf("equal: %v", r.Wrong())
	}
	for name, change := range map[string]func(*finance.OrderRows){
		"a row":     func(x *finance.OrderRows) { x.Rows = append(x.Rows, finance.OrderRow{Settlement: 1}) },
		"its total": func(x *finance.OrderRows) { x.Settlement++; x.Rows = append(x.Rows, finance.OrderRow{Settlement: 1}) },
	} {
		x := rows
		change(&x)
		b.OrderRows = []finance.OrderRows{x}
		if diff := cmp.Diff([]string{"order 576 order stated in two ways"}, wrong(reconcile(t, b, o))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReserves(t *testing.T) {
	hold := func(id, reserve string, minor int64, until time.Time) finance.Line {
		return finance.Line{ID: id, Type: finance.ReserveLine, OrderID: "576", Reserve: minor, ReserveID: reserve, ReserveState: "COLLECTED", ReleaseAt: until}
	}
	b := finance.Books{Statements: []finance.Statement{
		statement("709", day(9), hold("1", "801", -500, day(30)), hold("2", "802", -700, day(12)), hold("3", "803", -300, day(30))),
		statement("701", day(10), hold("4", "801", 500, time.Time{}), hold("5", "803", 100, day(30)), hold("6", "804", 250, time.Time{})),
	}}
	r := reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(15)})
	var got []string
	for _, x := range r.Residuals {
		if x.Of == finance.OfReserve {
			got = append(got, fmt.Sprintf("%s %d %s", x.ID, x.Minor, x.Reason))
		}
	}
	want := []string{"802 700 reserve not released in time", "803 200 held in reserve", "804 -250 reserve released, not withheld"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reserves (-want +got):\n%s", diff)
	}
	for _, x := range r.Residuals {
		if x.ID == "803" && x.Seen != "until 2026-06-30T00:00:00Z" {
			t.Errorf("reserve 803: seen %q, want until when it is held", x.Seen)
		}
	}
	b.Statements[0].Lines[2].ReserveState = "" // a line of a reserve without an amount says what became of it
	b.Statements = append(b.Statements, statement("702", day(11), hold("7", "803", 0, time.Time{})))
	if e := reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(40)}).Reserves[2]; e.ID != "803" || !e.ReleaseAt.IsZero() || e.Held != 200 || !e.Since.Equal(day(9)) {
		t.Errorf("reserve 803 is %+v, want 2.00 held since the 9th until nobody knows when", e)
	}
	b.Statements = b.Statements[:2]
	if e := r.Reserves[2]; e.Withheld != 300 || e.Released != 100 || e.Held != 200 || !e.ReleaseAt.Equal(day(30)) || e.OrderID != "576" {
		t.Errorf("reserve 803 is %+v", e)
	}
}

// A negative statement comes off later payments, over one that pays nothing meanwhile.
func TestCarriedForward(t *testing.T) {
	charge := finance.Line{ID: "1", Type: "PLATFORM_PENALTY", OrderID: "575", Stated: finance.Parts{Adjustment: -1000}, Settlement: -1000}
	pay := func(minor int64) finance.Payment {
		return finance.Payment{ID: "900", Status: finance.Paid, Amount: money.Amount{Minor: minor, Currency: "GBP"}, CreatedAt: day(12), PaidAt: day(13)}
	}
	last := statement("702", day(12), order("3", "577", 2000, 0))
	last.PaymentID = "900"
	statements := []finance.Statement{statement("700", day(10), charge), statement("701", day(11), order("2", "576", 300, 0)), last}
	o := finance.Options{Shop: "UK", AsOf: day(14)}
	r := reconcile(t, finance.Books{Statements: statements, Payments: []finance.Payment{pay(1300)}, PaymentsRead: true}, o)
	if diff := cmp.Diff([]string{"700", "701"}, r.Payouts[0].Carried); diff != "" || !r.Payouts[0].Proven || !r.OK() || r.Clearing[0].Balance != 0 {
		t.Errorf("payout %+v, clearing %+v, wrong %v", r.Payouts[0], r.Clearing[0], r.Wrong())
	}
	// Until then it is on the list.
	r = reconcile(t, finance.Books{Statements: statements[:2], PaymentsRead: true}, o)
	want := []finance.ClearingItem{{Of: finance.OfStatement, ID: "700", Minor: -1000, Reason: finance.Carried, At: day(10)}, {Of: finance.OfStatement, ID: "701", Minor: 300, Reason: finance.PaymentPending, At: day(11)}}
	if diff := cmp.Diff(want, r.Clearing[0].Items); diff != "" || r.Clearing[0].Balance != -700 {
		t.Errorf("clearing: balance %d, items (-want +got):\n%s", r.Clearing[0].Balance, diff)
	}
	// One that should be paid long since is not on its way.
	r = reconcile(t, finance.Books{Statements: statements[1:2], PaymentsRead: true}, finance.Options{Shop: "UK", AsOf: day(40)})
	if diff := cmp.Diff([]string{"statement 701 should be paid by now"}, wrong(r)); diff != "" {
		t.Errorf("overdue (-want +got):\n%s", diff)
	}
	// A failed payment has paid nothing.
	failed := pay(1300)
	failed.Status = finance.Failed
	r = reconcile(t, finance.Books{Statements: statements, Payments: []finance.Payment{failed}, PaymentsRead: true}, o)
	if diff := cmp.Diff([]string{"payment 900 payment failed"}, wrong(r)); diff != "" || r.Clearing[0].Balance != 1300 || r.Clearing[0].Paid != 0 {
		t.Errorf("failed (-want +got):\n%s clearing %+v", diff, r.Clearing[0])
	}
	// A payment of nothing that was read, and a statement whose payment was not.
	r = reconcile(t, finance.Books{Statements: statements[2:], Payments: []finance.Payment{{ID: "901", Status: finance.Paid, Amount: money.Amount{Minor: 5, Currency: "GBP"}, CreatedAt: day(1)}}, PaymentsRead: true}, o)
	if diff := cmp.Diff([]string{"statement 702 payment not among those read", "payment 901 statement not among those read"}, wrong(r)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// A month's journal has each line in the month of its basis, whatever the statements have,
// and what it rolls over the next month reverses.
func TestMonths(t *testing.T) {
	t.Parallel()
	bangkok := time.FixedZone("Bangkok", 7*3600)
	for seed := range uint64(10) {
		b := madeUp(seed, 80, "GBP")
		for _, basis := range []finance.Basis{finance.ByOrder, finance.BySettlement, finance.ByPayment} {
			for _, zone := range []*time.Location{time.UTC, bangkok} {
				o := options()
				o.Basis, o.Zone = basis, zone
				r := reconcile(t, b, o)
				total, byMonth := map[string]int64{}, map[string]map[string]int64{}
				rollover := int64(0)
				var before []finance.Rollover
				for m := time.May; m <= time.September; m++ {
					month := r.Month(2026, m, before)
					if before = month.Rollover; before == nil {
						t.Fatal("no rollover is not an empty one")
					}
					sums := map[string]int64{}
					for _, d := range month.Documents {
						balanced(t, d)
						for _, e := range d.Entries {
							sums[e.Account] += e.Credit - e.Debit
							total[e.Account] += e.Credit - e.Debit
							if e.Account == finance.AccountRollover {
								rollover += e.Credit - e.Debit
							}
						}
					}
					byMonth[m.String()] = sums
				}
				want := map[string]int64{}
				for _, d := range r.Journal() {
					for _, e := range d.Entries {
						want[e.Account] += e.Credit - e.Debit
					}
				}
				if basis == finance.ByPayment { // what is not paid counts in no month
					for _, x := range before {
						for _, e := range x.Entries {
							want[e.Account] += e.Credit - e.Debit
							rollover += e.Credit - e.Debit
						}
					}
				}
				delete(total, finance.AccountRollover)
				if diff := cmp.Diff(want, total); diff != "" || rollover != 0 {
					t.Errorf("seed %d, %s, %s: all months (-journal +months):\n%s rollover account %d", seed, basis, zone, diff, rollover)
				}
				in := func(s finance.Statement, l finance.Line) time.Time {
					switch basis {
					case finance.ByOrder:
						return l.OrderedAt
					case finance.ByPayment:
						for _, p := range r.Payouts { // carried ones are paid with another
							if slices.Contains(p.Carried, s.ID) {
								return p.PaidAt
							}
						}
						return s.PaidAt // zero counts in no month
					}
					return s.At.Add(-time.Nanosecond)
				}
				fees := map[time.Month]int64{}
				for _, s := range b.Statements {
					for _, l := range s.Lines {
						for _, d := range l.Details {
							if at := in(s, l); d.Name == "referral_fee_amount" && at.Year() == 2026 {
								fees[at.In(zone).Month()] += d.Minor
							}
						}
					}
				}
				for _, m := range []time.Month{time.June, time.July} {
					if got := byMonth[m.String()][string(finance.Commission)]; got != fees[m] {
						t.Errorf("seed %d, %s, %s: commission of %s is %d, want %d", seed, basis, zone, m, got, fees[m])
					}
				}
			}
		}
	}
}

// A payment at an edge of the period may pay a statement outside it; one in its middle has
// to have one.
func TestPaymentsAtTheEdge(t *testing.T) {
	for d, want := range map[int]finance.Reason{1: finance.OutsidePeriod, 14: finance.OutsidePeriod, 16: finance.StatementMissing, 30: finance.OutsidePeriod} {
		b := finance.Books{From: day(1), To: day(30), PaymentsRead: true, Payments: []finance.Payment{
			{ID: "900", Status: finance.Paid, Amount: money.Amount{Minor: 500, Currency: "GBP"}, CreatedAt: day(d)},
		}}
		r := reconcile(t, b, options())
		if len(r.Residuals) != 1 || r.Residuals[0].Reason != want || r.Clearing[0].Items[0].Reason != want {
			t.Errorf("created on day %d: %v, want %s", d, r.Residuals, want)
		}
	}
}

// Where the amounts of the import were changed and the order in the warehouse was not, the
// warehouse has what the order is worth.
func TestWorth(t *testing.T) {
	for name, sale := range map[string]finance.Sale{
		"properties changed": {OrderID: "576", Currency: "GBP", Paid: 2100, Total: 2000, TotalKnown: true},
		"order changed":      {OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2100, TotalKnown: true},
	} {
		r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(9), order("1", "576", 2000, 180))}, Sales: []finance.Sale{sale}}, finance.Options{Shop: "UK", AsOf: day(10)})
		if diff := cmp.Diff([]string{"order 576 warehouse has another total"}, wrong(r)); diff != "" || r.Orders[0].Worth != 2000 {
			t.Errorf("%s: worth %d (-want +got):\n%s", name, r.Orders[0].Worth, diff)
		}
	}
}

func balanced(t *testing.T, d finance.Document) {
	t.Helper()
	var sum int64
	for _, e := range d.Entries {
		sum += e.Debit - e.Credit
	}
	if sum != 0 {
		t.Errorf("document %s: debits and credits differ by %d", d.Number, sum)
	}
}

// A statement closes at midnight UTC for the day before: the last of June settles in June,
// in Bangkok in July.
func TestTheLastDayOfAMonth(t *testing.T) {
	b := finance.Books{Statements: []finance.Statement{statement("700", day(31), order("1", "576", 2000, 100))}}
	for _, tc := range []struct {
		zone *time.Location
		want time.Month
	}{{nil, time.June}, {time.FixedZone("Bangkok", 7*3600), time.July}, {time.FixedZone("Los Angeles", -7*3600), time.June}} {
		o := options()
		o.Zone = tc.zone
		r := reconcile(t, b, o)
		for _, m := range []time.Month{time.June, time.July} {
			if got := len(r.Month(2026, m, nil).Documents); (got == 1) != (m == tc.want) {
				t.Errorf("%v: %d documents in %s", tc.zone, got, m)
			}
		}
	}
}

// The rollover that was posted is reversed as it was, also if more is known by now.
func TestWhatWasRolledOverIsReversed(t *testing.T) {
	early := statement("700", day(33), order("1", "576", 2000, 100)) // settled in July, ordered on 1 June
	o := options()
	o.Basis = finance.ByOrder
	june := reconcile(t, finance.Books{Statements: []finance.Statement{early}}, o).Month(2026, time.June, nil)
	late := statement("701", day(34), order("2", "577", 500, 0))
	july := reconcile(t, finance.Books{Statements: []finance.Statement{early, late}}, o).Month(2026, time.July, june.Rollover)
	sums := map[string]int64{}
	for _, d := range append(june.Documents, july.Documents...) {
		for _, e := range d.Entries {
			sums[e.Account] += e.Credit - e.Debit
		}
	}
	if sums[finance.AccountRollover] != 0 || sums["sales"] != 2500 {
		t.Errorf("sums of both months: %v", sums)
	}
	var numbers []string
	for _, d := range append(june.Documents, july.Documents...) {
		numbers = append(numbers, d.Number)
	}
	if diff := cmp.Diff([]string{"TTR-UK-2026-06-GBP", "TTS-UK-700", "TTS-UK-701", "TTV-UK-2026-06-GBP"}, numbers); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestPosted(t *testing.T) {
	b := madeUp(1, 40, "GBP")
	first := reconcile(t, b, options()).Journal()
	posted := map[string]string{}
	for _, d := range first[1:] {
		balanced(t, d)
		if posted[d.Number] != "" {
			t.Errorf("number %s twice", d.Number)
		}
		posted[d.Number] = d.Digest
	}
	l := &b.Statements[4].Lines[0]
	l.Settlement++
	l.Stated.Adjustment++
	b.Statements[4].Totals.Payable++
	states := finance.Posted(reconcile(t, b, options()).Journal(), posted)
	count := map[finance.State]int{}
	for _, s := range states {
		count[s]++
	}
	want := map[finance.State]int{finance.New: 1, finance.Same: len(first) - 2, finance.Changed: 1}
	if diff := cmp.Diff(want, count); diff != "" || states["TTS-UK-"+b.Statements[4].ID] != finance.Changed || states[first[0].Number] != finance.New {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// The clearing account gets what a statement pays, also if its lines do not come to it: the
// bank pays the one and not the other.
func TestJournalOfAStatementThatDiffers(t *testing.T) {
	s := statement("700", day(9), order("1", "576", 2000, 180))
	s.Settlement += 7
	d := reconcile(t, finance.Books{Statements: []finance.Statement{s}}, options()).Journal()[0]
	balanced(t, d)
	var clearing, open int64
	for _, e := range d.Entries {
		switch e.Account {
		case finance.AccountClearing:
			clearing += e.Debit - e.Credit
		case string(finance.NotExplained):
			open += e.Credit - e.Debit
		}
	}
	if clearing != s.Settlement || open != 7 {
		t.Errorf("%d cleared and %d not explained, want %d and 7", clearing, open, s.Settlement)
	}
}

// numbersOf are those of documents.
func numbersOf(list []finance.Document) []string {
	numbers := []string{}
	for _, d := range list {
		numbers = append(numbers, d.Number)
	}
	return numbers
}

// What was not read is not posted, not even as not explained: it is posted once it is read,
// as it would have been.
func TestWithheld(t *testing.T) {
	t.Parallel()
	whole := twoDays()
	for i := range whole.Sales {
		whole.Sales[i].Rates = []finance.Rate{{Percent: "20", Gross: 2000}}
		whole.Statements[i].Lines[0].OrderedAt = day(9).AddDate(0, -1, 0) // in May
	}
	want := reconcile(t, whole, options()).Journal()
	for _, tc := range []struct {
		name, why string
		change    func(*finance.Books)
	}{
		{"lines cut", "its lines were not all read", func(b *finance.Books) { b.Statements[1].Lines, b.Statements[1].LinesRead = nil, false }},
		{"lines cut after the first", "its lines were not all read", func(b *finance.Books) { b.Statements[1].LinesRead = false }},
		{"a line unread", "its lines were not all read", func(b *finance.Books) {
			b.Statements[1].Lines = nil
			b.Unread = append(b.Unread, finance.Unread{Kind: "line", ID: "80577", StatementID: "70577", Why: "an amount is none"})
		}},
		{"a line in another currency", "its lines were not all read", func(b *finance.Books) { b.Statements[1].Lines[0].Currency = "EUR" }},
		{"orders cut", "the tax rates of its orders were not read", func(b *finance.Books) {
			b.Sales, b.SalesRead = b.Sales[:1], false
			b.Unread = append(b.Unread, finance.Unread{Kind: "order", Why: "the list was not read to the end"})
		}},
	} {
		b := clone(whole)
		tc.change(&b)
		o := options()
		r := reconcile(t, b, o)
		if diff := cmp.Diff([]string{"TTS-UK-70576", "TTP-UK-90576", "TTP-UK-90577"}, numbersOf(r.Journal())); diff != "" {
			t.Errorf("%s: documents (-want +got):\n%s", tc.name, diff)
		}
		withheld := []finance.Withheld{{StatementID: "70577", Currency: "GBP", Minor: 1820, SettledAt: day(21).Add(-time.Nanosecond), Why: tc.why}}
		if diff := cmp.Diff(withheld, r.Withheld()); diff != "" {
			t.Errorf("%s: withheld (-want +got):\n%s", tc.name, diff)
		}
		if r.OK() || !strings.Contains(r.String(), "statement 70577  2026-06-20  18.20") {
			t.Errorf("%s: the page does not say what is withheld:\n%s", tc.name, r)
		}
		posted := map[string]string{}
		for _, d := range r.Journal() {
			posted[d.Number] = d.Digest
		}
		states := finance.Posted(want, posted)
		if states["TTS-UK-70577"] != finance.New || states["TTS-UK-70576"] != finance.Same {
			t.Errorf("%s: once it is read: %v", tc.name, states)
		}
		var out bytes.Buffer
		if err := r.WriteSummary(&out); err != nil || !strings.Contains(out.String(), "90577,2026-06-23,not read,,GBP,18.20\n90577,2026-06-23,paid,,GBP,18.20\n") {
			t.Errorf("%s: summary, %v:\n%s", tc.name, err, out.String())
		}
		if m := r.Month(2026, time.June, []finance.Rollover{}); len(m.Documents) != 3 || !slices.Equal(m.Withheld, withheld) {
			t.Errorf("%s: June has %q and withholds %v", tc.name, numbersOf(m.Documents), m.Withheld)
		}
		if m := r.Month(2026, time.May, []finance.Rollover{}); len(m.Withheld) != 0 {
			t.Errorf("%s: May withholds %v", tc.name, m.Withheld)
		}
		o.Basis = finance.ByOrder
		may := reconcile(t, b, o).Month(2026, time.May, []finance.Rollover{})
		if !slices.Equal(may.Withheld, withheld) || len(may.Rollover) != 1 || may.Rollover[0].Entries[0].Credit != 2000 {
			t.Errorf("%s: May by orders rolls over %v and withholds %v, want one order over and one withheld", tc.name, may.Rollover, may.Withheld)
		}
	}
	if r := reconcile(t, whole, options()); len(r.Withheld()) != 0 {
		t.Errorf("nothing is to be withheld, and there is %v", r.Withheld())
	}
}

// The rows of a payout add up to what was paid, whatever is wrong with it.
func TestSummariesAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for seed := range uint64(10) {
		b := madeUp(seed, 60, "GBP")
		for range 4 {
			plants[r.IntN(len(plants))].plant(r, &b)
		}
		b.Statements[2].LinesRead = false
		var out bytes.Buffer
		if err := reconcile(t, b, options()).WriteSummary(&out); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, row := range rows[1:] {
			m, err := money.Parse(row[5], row[4])
			if err != nil || row[2] == "" {
				t.Fatalf("seed %d: row %q: %v", seed, row, err)
			}
			if row[2] != "paid" {
				sum += m.Minor
				continue
			}
			if sum != m.Minor {
				t.Errorf("seed %d: the rows of payment %s come to %d, and %d was paid", seed, row[0], sum, m.Minor)
			}
			sum = 0
		}
	}
}

// Goods at two tax rates are split to the penny, and text is no formula.
func TestJournalCSV(t *testing.T) {
	s := statement("700", day(9), order("1", "=576", 1001, 100))
	s.PaymentID = "900"
	b := finance.Books{
		Statements: []finance.Statement{s}, PaymentsRead: true,
		Payments: []finance.Payment{{ID: "900", Status: finance.Paid, Amount: money.Amount{Minor: 901, Currency: "GBP"}, CreatedAt: day(9), PaidAt: day(11)}},
		Sales:    []finance.Sale{{OrderID: "=576", Currency: "GBP", Paid: 1001, Rates: []finance.Rate{{"0", 300}, {"20", 700}}}},
	}
	o := options()
	o.Rates = map[finance.Category]string{finance.Commission: "20"}
	r := reconcile(t, b, o)
	var out bytes.Buffer
	for _, err := range []error{finance.WriteJournal(&out, r.Journal()), r.WriteSummary(&out), r.WriteOrders(&out)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	digests := r.Journal()
	want := strings.NewReplacer("D1", digests[0].Digest, "D2", digests[1].Digest).Replace(`document,date,account,tax_rate,currency,debit,credit,statement,payment,digest
TTS-UK-700,2026-06-08,sales,0,GBP,,3.01,700,900,D1
TTS-UK-700,2026-06-08,sales,20,GBP,,7.00,700,900,D1
TTS-UK-700,2026-06-08,commission,20,GBP,1.00,,700,900,D1
TTS-UK-700,2026-06-08,clearing,,GBP,9.01,,700,900,D1
TTP-UK-900,2026-06-11,bank,,GBP,9.01,,,900,D2
TTP-UK-900,2026-06-11,clearing,,GBP,,9.01,,900,D2
payment,paid,category,tax_rate,currency,amount
900,2026-06-11,sales,0,GBP,3.01
900,2026-06-11,sales,20,GBP,7.00
900,2026-06-11,commission,20,GBP,-1.00
900,2026-06-11,paid,,GBP,9.01
order,warehouse_orders,ordered,settled,paid,currency,worth,kept,sold,refunded,fees,other,settlement,expected,expected_by,tax_owed_by,statements,residuals
'=576,,2026-06-01,2026-06-08,2026-06-11,GBP,10.01,,10.01,0.00,-1.00,0.00,9.01,,,unknown,700,
`)
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	if _, err := csv.NewReader(strings.NewReader(out.String())).Read(); err != nil {
		t.Error(err)
	}
}

// What the platform pays in the buyer's place is shown apart where the numbers prove it.
func TestPlatformDiscounts(t *testing.T) {
	line := func(paid, discount int64) finance.Line {
		l := order("1", "576", 2000, 180)
		l.Details = append(l.Details, detail(finance.Info, "customer_payment_amount", paid), detail(finance.Info, "platform_discount_amount", discount))
		return l
	}
	for _, tc := range []struct {
		name string
		line finance.Line
		want int64
	}{
		{"positive", line(1700, 300), 300}, {"negative", line(1700, -300), 300}, {"it does not add up", line(1701, 300), 0}, {"none", line(2000, 0), 0},
	} {
		got := categoriesOf(reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(9), tc.line)}}, options()))
		if got[finance.PlatformDiscounts] != tc.want || got[finance.Sales] != 2000-tc.want {
			t.Errorf("%s: %v, want %d of platform discounts", tc.name, got, tc.want)
		}
	}
}

// Names that nobody knew are kept, with their amounts.
func TestUnknownNames(t *testing.T) {
	l := order("1", "576", 2000, 180)
	l.Stated.Fees, l.Settlement = l.Stated.Fees-25, l.Settlement-25
	l.Details = append(l.Details, detail(finance.Fee, "moon_fee_amount", -25))
	a := finance.Line{ID: "2", Type: "MOON_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -9}, Settlement: -9}
	r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(9), l, a)}}, finance.Options{Shop: "UK", AsOf: day(10)})
	if diff := cmp.Diff([]string{"adjustment MOON_PENALTY", "fee moon_fee_amount"}, r.UnknownNames); diff != "" || !r.OK() {
		t.Errorf("names (-want +got):\n%s wrong %v", diff, r.Wrong())
	}
	if got := categoriesOf(r); got[finance.OtherFees] != -25 || got[finance.OtherAdjustments] != -9 {
		t.Errorf("categories %v", got)
	}
}

func TestReadNames(t *testing.T) {
	again, err := finance.ReadNames(strings.NewReader(finance.DefaultNames().String()))
	if err != nil || again.String() != finance.DefaultNames().String() {
		t.Errorf("reading what was printed: %v", err)
	}
	for text, want := range map[string]string{
		"group name\n":                                     "line 1",
		"grup name category\n":                             "heading",
		"group name category\nfee a_fee bananas\n":         "bananas",
		"group name category\nfoe a_fee sales\n":           "foe",
		"group name category\nfee [ sales\n":               "line 2",
		"group name category\nrevenue * sales\n":           "no row for *",
		"group name category\nrevenue * sales # nothing\n": "words",
	} {
		if _, err := finance.ReadNames(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

// Each reason says what to do, and no other is raised.
func TestReasons(t *testing.T) {
	seen := map[finance.Reason]bool{}
	for _, r := range finance.Reasons() {
		if seen[r.Reason] || r.Meaning == "" || r.Do == "" {
			t.Errorf("%+v", r)
		}
		seen[r.Reason] = true
	}
	b := madeUp(1, 100, "GBP")
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		plants[r.IntN(len(plants))].plant(r, &b)
	}
	for _, x := range reconcile(t, b, options()).Residuals {
		if !seen[x.Reason] {
			t.Errorf("%v has a reason that is not in the set", x)
		}
	}
}

// Records that come twice count once; one id with two amounts is told.
func TestTwice(t *testing.T) {
	b := madeUp(4, 40, "GBP")
	want := output(t, reconcile(t, b, options()))
	twice := clone(b)
	twice.Statements = append(twice.Statements, twice.Statements[2])
	twice.Payments = append(twice.Payments, twice.Payments[0])
	twice.Sales = append(twice.Sales, twice.Sales[0])
	twice.Statements[3].Lines = append(twice.Statements[3].Lines, twice.Statements[3].Lines[0])
	r := reconcile(t, twice, options())
	if r.Repeated != 4 {
		t.Errorf("%d repeated, want 4", r.Repeated)
	}
	r.Repeated = 0
	if got := output(t, r); got != want {
		t.Errorf("(-once +twice)\n%s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
	other := clone(b)
	changed := other.Payments[1]
	changed.Amount.Minor++
	other.Payments = append(other.Payments, changed)
	moved := other.Statements[1].Lines[0]
	other.Statements[5].Lines = append(other.Statements[5].Lines, moved)
	got := wrong(reconcile(t, other, options()))
	want2 := []string{"line " + moved.ID + " stated twice, and differently", "payment " + changed.ID + " stated twice, and differently"}
	for _, w := range want2 {
		if !strings.Contains(strings.Join(got, "\n"), w) {
			t.Errorf("got %q, want %q among them", got, w)
		}
	}
}

// Whatever a shop states of a line, its amounts are all somewhere.
func FuzzLine(f *testing.F) {
	f.Add(int64(5000), int64(-200), int64(-450), int64(0), int64(4350), int64(0), int64(5000), int64(-450), "referral_fee_amount")
	f.Add(int64(5000), int64(450), int64(-450), int64(0), int64(5000), int64(-500), int64(-5000), int64(0), "moon")
	f.Add(int64(1)<<62, int64(-1)<<63, int64(1), int64(1), int64(1), int64(1), int64(1), int64(1), "")
	f.Fuzz(func(t *testing.T, revenue, shipping, fees, adjustment, settlement, reserve, goods, fee int64, name string) {
		l := finance.Line{
			ID: "1", Type: finance.OrderLine, OrderID: "576", Stated: finance.Parts{Revenue: revenue, Shipping: shipping, Fees: fees, Adjustment: adjustment},
			Settlement: settlement, Reserve: reserve,
			Details: []finance.Detail{detail(finance.Revenue, "subtotal_before_discount_amount", goods), detail(finance.Fee, name, fee), detail(finance.Info, name, fee)},
		}
		s := finance.Statement{ID: "700", Currency: "GBP", At: day(9), Settlement: settlement, LinesRead: true, Lines: []finance.Line{l}}
		if settlement > money.Max || settlement < -money.Max {
			s.Settlement = 0
		}
		r, err := finance.Reconcile(finance.Books{Statements: []finance.Statement{s}}, options())
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, c := range r.Categories {
			sum += c.Minor
		}
		switch {
		case len(r.Unread) == 1:
			if r.OK() || r.Statements[0].Proven {
				t.Error("an unread line passes for right")
			}
		case sum != settlement+reserve:
			t.Errorf("categories add up to %d, the line to %d", sum, settlement+reserve)
		}
		for _, d := range r.Journal() {
			balanced(t, d)
		}
	})
}

func FuzzReadNames(f *testing.F) {
	f.Add(finance.DefaultNames().String())
	f.Add("group name category\nfee * other_fees\n")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := finance.ReadNames(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := finance.ReadNames(strings.NewReader(n.String()))
		if err != nil || again.String() != n.String() {
			t.Errorf("what was printed cannot be read again: %v", err)
		}
	})
}

// said are the residuals of a report about its orders, in words.
func said(r *finance.Report) (list []string) {
	for _, x := range r.Residuals {
		if x.Of == finance.OfOrder {
			list = append(list, strings.TrimRight(fmt.Sprintf("%s: %d %s, statement %s: %s", x.ID, x.Minor, x.Reason, x.StatementID, x.Seen), " :"))
		}
	}
	return list
}

// What is said of an order follows from its own lines, dates and amounts, and from nothing else.
func TestWhatIsSaidOfAnOrder(t *testing.T) {
	t.Parallel()
	back := finance.Line{ID: "9", Type: finance.OrderLine, OrderID: "576", OrderedAt: day(1), Stated: finance.Parts{Revenue: -2000, Fees: 180}, Settlement: -1820, Details: []finance.Detail{
		detail(finance.Revenue, "refund_subtotal_before_discount_amount", -2000), detail(finance.Fee, "referral_fee_amount", 180), detail(finance.Info, "customer_refund_amount", -2000),
	}}
	alone := func(b *finance.Books, lines ...finance.Line) {
		b.Statements, b.Payments, b.Sales = []finance.Statement{statement("70576", day(20), lines...)}, nil, b.Sales[:1]
	}
	for _, tc := range []struct {
		name   string
		change func(*finance.Books)
		want   []string
	}{
		{"right", func(*finance.Books) {}, nil},
		{"refunded, sold before the period", func(b *finance.Books) { alone(b, back); b.From = day(9).Add(1) }, []string{"576: -1820 sold before the period, statement 70576"}},
		{"refunded, sold as the period begins", func(b *finance.Books) { alone(b, back); b.From = day(9) }, []string{"576: -2000 order settled at another amount, statement 70576: sold for 20.00 GBP, settled as 0.00 GBP"}},
		{"sold and refunded in the period, ordered before it", func(b *finance.Books) { alone(b, order("1", "576", 2000, 180), back); b.From = day(19) }, nil},
		{"charged before it is settled, ordered before the period", func(b *finance.Books) {
			alone(b, finance.Line{ID: "1", Type: "PLATFORM_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -500}, Settlement: -500})
			b.From = day(19)
		}, []string{"576: -500 sold before the period, statement 70576"}},
		{"charged before it is settled", func(b *finance.Books) {
			alone(b, finance.Line{ID: "1", Type: "PLATFORM_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -500}, Settlement: -500})
		}, []string{"576: 2000 neither settled nor expected, statement 70576: due 2026-07-11"}},
		{"ordered before the period, and expected", func(b *finance.Books) {
			alone(b)
			b.From = day(19)
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1820, Known: true, ExpectedAt: day(45)}}
		}, []string{"576: 1820 not settled yet, statement : due 2026-07-15"}},
		{"the order could not be read", func(b *finance.Books) {
			b.Sales = b.Sales[1:]
			b.Unread = []finance.Unread{{Kind: "order", ID: "576", Why: "its total is no amount"}, {Kind: "payment", ID: "577", Why: "an amount is none"}}
		}, []string{"576: 1820 not read, statement 70576: its total is no amount"}},
		{"expected as it was settled", func(b *finance.Books) {
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1820, Known: true}}
		}, nil},
		{"expected otherwise, in two parts", func(b *finance.Books) {
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1000, Known: true}, {ID: "2", OrderID: "576", Settlement: 800, Known: true}, {ID: "3", OrderID: "576", Currency: "GBP", Settlement: 7}}
		}, []string{"576: 20 settled otherwise than expected, statement 70576: 18.20 GBP settled, 18.00 GBP expected"}},
		{"an estimate of no order", func(b *finance.Books) {
			b.Estimates = []finance.Estimate{{ID: "1", Currency: "GBP", Settlement: 1820, Known: true}}
		}, nil},
		{"not settled, and delivered by another clock", func(b *finance.Books) {
			alone(b)
			b.Estimates = []finance.Estimate{
				{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 900, Known: true, DeliveredAt: day(12), Why: "IN_AFTER_SALES_PERIOD"},
				{ID: "2", OrderID: "576", Currency: "GBP", Settlement: 900, Known: true, DeliveredAt: day(11), Why: "OTHER"},
			}
		}, []string{"576: 1800 not settled yet, statement : due 2026-07-13 IN_AFTER_SALES_PERIOD"}},
		{"not settled, by two days of the shop", func(b *finance.Books) {
			alone(b)
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", ExpectedAt: day(45)}, {ID: "2", OrderID: "576", Currency: "GBP", ExpectedAt: day(44)}}
		}, []string{"576: 2000 not settled yet, statement : due 2026-07-15"}},
		{"not settled, delivered on an unknown day", func(b *finance.Books) { alone(b); b.Sales[0].DeliveredAt = time.Time{} }, []string{"576: 2000 should be settled by now, statement : due 2026-07-10"}},
		{"not settled, and nobody knows when it left", func(b *finance.Books) {
			alone(b)
			b.Sales[0].DeliveredAt, b.Sales[0].ShippedAt = time.Time{}, time.Time{}
		}, []string{"576: 2000 neither settled nor expected, statement"}},
		{"due this very moment", func(b *finance.Books) { alone(b); b.Sales[0].DeliveredAt = asOf.AddDate(0, 0, -31) }, []string{"576: 2000 neither settled nor expected, statement : due 2026-07-10"}},
		{"due a moment ago", func(b *finance.Books) { alone(b); b.Sales[0].DeliveredAt = asOf.AddDate(0, 0, -31).Add(-1) }, []string{"576: 2000 should be settled by now, statement : due 2026-07-10"}},
		{"free", func(b *finance.Books) { alone(b); b.Sales[0].Paid, b.Sales[0].Total = 0, 0 }, nil},
		{"cancelled, and a charge is expected", func(b *finance.Books) {
			alone(b)
			b.Sales[0].Void, b.Sales[0].Cancelled, b.Sales[0].Total = true, 2000, 0
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: -150, Known: true, ExpectedAt: day(45)}}
		}, []string{"576: -150 not settled yet, statement : due 2026-07-15"}},
		{"settled on two statements", func(b *finance.Books) {
			b.Sales[0].Paid, b.Sales[0].Total = 4001, 4001
			b.Statements[1].Lines = append(b.Statements[1].Lines, order("9", "576", 2000, 180))
			b.Statements[1].Stated.Revenue, b.Statements[1].Stated.Fees, b.Statements[1].Settlement = 4000, -360, 3640
			b.Payments[1].Amount.Minor = 3640
		}, []string{"576: -1 order settled at another amount, statement : sold for 40.01 GBP, settled as 40.00 GBP"}},
		{"merged, and what the list of one says is of its lines alone", func(b *finance.Books) {
			b.Sales = []finance.Sale{{OrderID: "576", With: []string{"577"}, Numbers: []string{"100012"}, Currency: "GBP", Paid: 4000, Total: 4000, TotalKnown: true, OrderedAt: day(9)}}
			b.Statements[0].Lines = append(b.Statements[0].Lines, finance.Line{ID: "9", Type: "REBATE", OrderID: "576", Stated: finance.Parts{Adjustment: 50}, Settlement: 50})
			b.Statements[0].Stated.Adjustment, b.Statements[0].Settlement, b.Payments[0].Amount.Minor = 50, 1870, 1870
			b.OrderRows = []finance.OrderRows{{OrderID: "576", Currency: "GBP", Settlement: 1820, Rows: []finance.OrderRow{{Settlement: 1820}}}}
		}, []string{"576: 1870 merged in the warehouse, statement 70576: with 577 as 100012", "577: 1820 merged in the warehouse, statement 70577: with 576 as 100012"}},
		{"merged, and one is refunded alone", func(b *finance.Books) {
			b.Sales = []finance.Sale{{OrderID: "576", With: []string{"577"}, Numbers: []string{"100012"}, Currency: "GBP", Paid: 4000, Total: 4000, TotalKnown: true, OrderedAt: day(9)}}
			b.Statements[0] = statement("70576", day(20), back)
			b.Payments = b.Payments[1:]
		}, []string{"576: -1820 merged in the warehouse, statement 70576: with 577 as 100012", "577: 1820 merged in the warehouse, statement 70577: with 576 as 100012"}},
		{"expected, and the warehouse has none", func(b *finance.Books) {
			alone(b)
			b.Sales = nil
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1820, Known: true, ExpectedAt: day(45)}}
		}, []string{"576: 1820 not settled yet, statement : due 2026-07-15"}},
		{"charged, and the warehouse has none", func(b *finance.Books) {
			alone(b, finance.Line{ID: "1", Type: "PLATFORM_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -500}, Settlement: -500})
			b.Sales = nil
		}, nil},
		{"merged, and not settled", func(b *finance.Books) {
			alone(b)
			b.Sales[0].With = []string{"577"}
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1820, Known: true, ExpectedAt: day(45)}, {ID: "2", OrderID: "577", Currency: "GBP", Settlement: 1820, Known: true, ExpectedAt: day(45)}}
		}, []string{"576: 1820 not settled yet, statement : due 2026-07-15", "577: 1820 not settled yet, statement : due 2026-07-15"}},
		{"kept is what makes the difference, not what comes near it", func(b *finance.Books) {
			b.Sales[0].Paid, b.Sales[0].Total, b.Sales[0].Tax, b.Sales[0].Fees = 2500, 2500, 600, 500
		}, nil},
		{"worth something, and nothing is expected", func(b *finance.Books) {
			alone(b)
			b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Known: true, ExpectedAt: day(45)}}
		}, []string{"576: 0 not settled yet, statement : due 2026-07-15"}},
	} {
		b := twoDays()
		tc.change(&b)
		r := reconcile(t, b, options())
		if diff := cmp.Diff(tc.want, said(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		for _, o := range r.Orders {
			if o.ID == "" {
				t.Errorf("%s: there is an order without an id", tc.name)
			}
		}
	}
}

// Of an order that comes twice with anything that differs, somebody is told.
func TestAnOrderThatComesTwice(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*finance.Sale){
		"": func(s *finance.Sale) { s.DeliveredAt = day(12) }, "what was paid": func(s *finance.Sale) { s.Paid++ }, "the total": func(s *finance.Sale) { s.Total++ },
		"the currency": func(s *finance.Sale) { s.Currency = "EUR" }, "the tax": func(s *finance.Sale) { s.Tax++ },
	} {
		b := twoDays()
		again := b.Sales[0]
		change(&again)
		b.Sales = append(b.Sales, again)
		var want []string
		if name != "" {
			want = []string{"order 576 stated twice, and differently"}
		}
		got := slices.DeleteFunc(wrong(reconcile(t, b, options())), func(x string) bool { return name == "the currency" && !strings.Contains(x, "twice") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q differs (-want +got):\n%s", name, diff)
		}
	}
	b := twoDays()
	read, late := b.Sales[0], b.Sales[0]
	read.RefundsRead, read.Refunds, late.ShippedAt = true, []finance.Refund{{ID: "1", Minor: 500, At: day(30)}}, day(10)
	b.Sales = append(b.Sales, read, late)
	if got, want := said(reconcile(t, b, options())), []string{"576: -500 refund not settled yet, statement 70576: 5.00 GBP refunded, 0.00 GBP on statements"}; !slices.Equal(got, want) {
		t.Errorf("of three readings, one has the refunds: got %q, want %q", got, want)
	}
}

// Details that say again what others have said are not counted twice, and those of one line tell
// how another is signed.
func TestDetailsOfALine(t *testing.T) {
	t.Parallel()
	affiliate := finance.Line{ID: "1", Type: finance.OrderLine, OrderID: "576", Stated: finance.Parts{Revenue: 2000, Fees: -300}, Settlement: 1700, Details: []finance.Detail{
		detail(finance.Revenue, "subtotal_before_discount_amount", 2000), detail(finance.Fee, "affiliate_commission_amount", -300), detail(finance.Fee, "affiliate_commission_amount_before_pit", -330),
	}}
	bare := func(id string, fees, settlement int64) finance.Line {
		return finance.Line{ID: id, Type: finance.OrderLine, OrderID: id, Stated: finance.Parts{Revenue: 2000, Fees: fees}, Settlement: settlement}
	}
	open := func(fees int64) finance.Line { // shipping and fees cancel out
		return finance.Line{ID: "9", Type: finance.OrderLine, OrderID: "9", Stated: finance.Parts{Revenue: 2000, Shipping: -fees, Fees: fees}, Settlement: 2000, Details: []finance.Detail{
			detail(finance.Revenue, "subtotal_before_discount_amount", 2000), detail(finance.Shipping, "actual_shipping_fee_amount", -fees), detail(finance.Fee, "referral_fee_amount", fees),
		}}
	}
	funded := func(paid, discount int64) finance.Line {
		return finance.Line{ID: "1", Type: finance.OrderLine, OrderID: "576", Stated: finance.Parts{Revenue: 2000}, Settlement: 2000, Details: []finance.Detail{
			detail(finance.Revenue, "subtotal_before_discount_amount", 2000), detail(finance.Info, "customer_payment_amount", paid), detail(finance.Info, "platform_discount_amount", discount),
			detail(finance.Info, "sales_tax_amount", -100),
		}}
	}
	for _, tc := range []struct {
		name  string
		lines []finance.Line
		want  map[finance.Category]int64
		wrong []string
	}{
		{"a copy", []finance.Line{affiliate}, map[finance.Category]int64{finance.Sales: 2000, finance.Affiliate: -300}, nil},
		{"lines without details tell that fees are taken off", []finance.Line{bare("1", 180, 1820), open(450)},
			map[finance.Category]int64{finance.UnnamedRevenue: 2000, finance.UnnamedFees: -180, finance.Sales: 2000, finance.ShippingCost: 450, finance.Commission: -450},
			[]string{"line 1 amount that the shop does not name"}},
		{"lines whose details are something else tell nothing", []finance.Line{
			{ID: "1", Type: finance.OrderLine, OrderID: "1", Stated: finance.Parts{Revenue: 2000, Fees: 180}, Settlement: 1820, Details: []finance.Detail{detail(finance.Revenue, "subtotal_before_discount_amount", 2000), detail(finance.Fee, "referral_fee_amount", -180)}},
			order("2", "2", 2000, 180), open(-450),
		}, map[finance.Category]int64{finance.Sales: 6000, finance.Commission: -810, finance.ShippingCost: 450, finance.UnnamedFees: 360, finance.NotExplained: -360},
			[]string{"line 1 line does not add up", "statement 700 statement does not add up"}},
		{"funded, as the buyer paid the rest", []finance.Line{funded(1500, -500)}, map[finance.Category]int64{finance.Sales: 1500, finance.PlatformDiscounts: 500}, nil},
		{"funded, and tax on top", []finance.Line{funded(1600, 500)}, map[finance.Category]int64{finance.Sales: 1500, finance.PlatformDiscounts: 500}, nil},
		{"funded, and the numbers do not prove it", []finance.Line{funded(1400, 500)}, map[finance.Category]int64{finance.Sales: 2000}, nil},
		{"nothing is funded", []finance.Line{funded(2000, 0)}, map[finance.Category]int64{finance.Sales: 2000}, nil},
	} {
		r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(10), tc.lines...)}}, finance.Options{Shop: "UK", AsOf: day(11)})
		if diff := cmp.Diff(tc.want, categoriesOf(r)); diff != "" {
			t.Errorf("%s: categories (-want +got):\n%s", tc.name, diff)
		}
		if diff := cmp.Diff(tc.wrong, wrong(r)); diff != "" {
			t.Errorf("%s: wrong (-want +got):\n%s", tc.name, diff)
		}
	}
}

// A statement is proven by what stands on its page: each sum there has to be the other one.
func TestSumsOfAPage(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*finance.Statement){
		"": func(*finance.Statement) {},
		"8.00 GBP to its lines": func(s *finance.Statement) {
			s.Settlement, s.Stated.Adjustment, s.Totals.Settlement, s.Totals.Payable = 2620, 800, 2620, 2120
		},
		"0.01 GBP to the total":            func(s *finance.Statement) { s.Totals.Settlement, s.Totals.Payable = 1819, 1319 },
		"0.02 GBP to the reserves":         func(s *finance.Statement) { s.Totals.Reserve, s.Totals.Payable = -498, 1322 },
		"0.03 GBP to settlement and reser": func(s *finance.Statement) { s.Totals.Payable = 1323 },
	} {
		s := statement("700", day(9), order("1", "576", 2000, 180), finance.Line{ID: "2", Type: finance.ReserveLine, OrderID: "576", Reserve: -500, ReserveID: "801"})
		s.Totals = &finance.Totals{Settlement: 1820, Reserve: -500, Payable: 1320}
		change(&s)
		r := reconcile(t, finance.Books{Statements: []finance.Statement{s}}, finance.Options{Shop: "UK", AsOf: day(10)})
		got := ""
		for _, x := range r.Residuals {
			if x.Of == finance.OfStatement && x.Reason == finance.StatementDiffers {
				got += x.Seen
			}
		}
		if proven := r.Statements[0].Proven; proven != (name == "") || (name == "") != (got == "") || !strings.Contains(got, name) {
			t.Errorf("%q: proven %t, %q", name, proven, got)
		}
		if got, want := r.Statements[0].Payable, s.Totals.Payable; got != want {
			t.Errorf("%q: payable %d, want %d as stated", name, got, want)
		}
	}
}

// Amounts that no money can be cost their line, whichever way they are absurd.
func TestAbsurdAmounts(t *testing.T) {
	t.Parallel()
	for minor, unread := range map[int64]int{money.Max: 0, -money.Max: 0, money.Max + 1: 1, -money.Max - 1: 1} {
		l := finance.Line{ID: "1", Type: "REBATE", OrderID: "576", Stated: finance.Parts{Adjustment: minor}, Settlement: minor}
		if r := reconcile(t, finance.Books{Statements: []finance.Statement{statement("700", day(9), l)}}, options()); len(r.Unread) != unread {
			t.Errorf("%d: %d lines not read, want %d", minor, len(r.Unread), unread)
		}
	}
}

// A month is closed by its own statements: one of another month that was not read does not
// keep it open, unless lines of this month may be in it.
func TestWithheldOfAMonth(t *testing.T) {
	t.Parallel()
	b := finance.Books{Statements: []finance.Statement{
		statement("1", day(1), order("11", "576", 100, 0)), statement("2", day(2), order("12", "577", 200, 0)), statement("3", day(31), order("13", "578", 300, 0)), statement("4", day(32), order("14", "579", 400, 0)),
	}}
	for i := range b.Statements {
		b.Statements[i].LinesRead = false
	}
	for basis, want := range map[finance.Basis][]string{finance.BySettlement: {"2", "3"}, finance.ByOrder: {"1", "2", "3", "4"}} {
		o := options()
		o.Basis = basis
		m := reconcile(t, b, o).Month(2026, time.June, nil)
		var got []string
		for _, w := range m.Withheld {
			got = append(got, w.StatementID)
		}
		if !slices.Equal(got, want) || len(m.Documents) != 0 || len(m.Rollover) != 0 {
			t.Errorf("%s: withheld %q, want %q; documents %v, rolled over %v", basis, got, want, numbersOf(m.Documents), m.Rollover)
		}
	}
}

// What is nothing has no document, and goods whose rates nobody can tell apart are posted whole.
func TestDocumentsOfNothing(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Statements[0].Lines = append(b.Statements[0].Lines, finance.Line{ID: "1", Type: "REBATE", OrderID: "576"})
	b.Statements = append(b.Statements, statement("702", day(22), finance.Line{ID: "2", Type: "REBATE", OrderID: "577"}))
	b.Payments = append(b.Payments, finance.Payment{ID: "902", Status: finance.Paid, Amount: money.Amount{Currency: "GBP"}, CreatedAt: day(22), PaidAt: day(23)})
	b.Sales[0].Rates, b.Sales[1].Rates = []finance.Rate{{Percent: "20"}, {Percent: "5"}}, []finance.Rate{{Percent: "20", Gross: -100}, {Percent: "5", Gross: 2000}}
	r := reconcile(t, b, options())
	if got, want := numbersOf(r.Journal()), []string{"TTS-UK-70576", "TTS-UK-70577", "TTP-UK-90576", "TTP-UK-90577"}; !slices.Equal(got, want) {
		t.Errorf("documents %q, want %q", got, want)
	}
	if list := r.Reversed(map[string]string{"TTP-UK-902": "posted of old"}); len(list) != 0 {
		t.Errorf("a payment of nothing is taken back: %v", numbersOf(list))
	}
	for _, d := range r.Journal() {
		balanced(t, d)
		var sold int64
		for _, e := range d.Entries {
			if e.Account == string(finance.Sales) {
				sold += e.Credit - e.Debit
			}
		}
		if sold != 2000 && d.StatementID != "" {
			t.Errorf("%s has sales of %d, want 2000", d.Number, sold)
		}
	}
}

// The date on which an order was placed is that of its own line, or else of its sale; an adjustment
// of it goes by its settlement unless the shop says when.
func TestTheMonthOfALine(t *testing.T) {
	t.Parallel()
	undated := order("11", "576", 2000, 180)
	undated.OrderedAt = time.Time{}
	b := finance.Books{
		Statements: []finance.Statement{statement("1", day(31), undated, finance.Line{ID: "12", Type: "PLATFORM_PENALTY", OrderID: "577", Stated: finance.Parts{Adjustment: -100}, Settlement: -100}, order("13", "577", 500, 0))},
		Sales:      []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2000, OrderedAt: day(-5)}, {OrderID: "577", Currency: "GBP", Paid: 500, OrderedAt: day(-5)}},
	}
	b.Statements[0].Lines[2].OrderedAt = day(2)
	o := options()
	o.Basis = finance.ByOrder
	m := reconcile(t, b, o).Month(2026, time.June, nil)
	got := map[string]int64{}
	for _, d := range m.Documents {
		balanced(t, d)
		for _, e := range d.Entries {
			got[e.Account] += e.Credit - e.Debit
		}
	}
	want := map[string]int64{string(finance.Sales): 500, string(finance.Commission): 0, string(finance.Penalties): -100, finance.AccountClearing: -2220, finance.AccountRollover: 1820}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("June by the date of the order (-want +got):\n%s", diff)
	}
}

// Each order has its own amounts and dates, whatever stands before and after it.
func TestWhatAnOrderIsMadeOf(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Statements[0].ID, b.Statements[1].ID = "70577", "70576" // the later one has the lower id
	again := order("9", "576", 0, 0)
	again.OrderedAt = day(3)
	again.Stated, again.Settlement = finance.Parts{Revenue: -500, Shipping: -70, Fees: 20}, -550
	again.Details = []finance.Detail{
		detail(finance.Revenue, "refund_subtotal_before_discount_amount", -500), detail(finance.Shipping, "actual_shipping_fee_amount", -70), detail(finance.Fee, "referral_fee_amount", 45), detail(finance.Tax, "local_vat_amount", -25),
	}
	b.Statements[1].Lines = append(b.Statements[1].Lines, again, finance.Line{ID: "10", Type: "PLATFORM_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -30}, Settlement: -30})
	b.Statements[1].Stated.Revenue, b.Statements[1].Stated.Shipping, b.Statements[1].Stated.Fees, b.Statements[1].Stated.Adjustment = 1500, -70, -160, -30
	b.Statements[1].Settlement, b.Payments[1].Amount.Minor = 1240, 1240
	b.Sales = append(b.Sales, finance.Sale{OrderID: "578", With: []string{"579"}, Currency: "GBP", Paid: 900, Total: 900, TotalKnown: true})
	b.Estimates = []finance.Estimate{
		{ID: "1", OrderID: "578", Currency: "GBP", Settlement: 400, Known: true, OrderedAt: day(29), ExpectedAt: day(50)}, {ID: "2", OrderID: "578", Currency: "GBP", Settlement: 100, Known: true, OrderedAt: day(28), ExpectedAt: day(49)},
	}
	r := reconcile(t, b, options())
	sum := func(c finance.Category, minor int64) finance.CategorySum {
		return finance.CategorySum{Category: c, Currency: "GBP", Minor: minor}
	}
	want := []finance.Order{
		{ID: "576", Currency: "GBP", OrderedAt: day(9), SettledAt: day(20).Add(-1), PaidAt: day(22), Statements: []string{"70577", "70576"}, Worth: 2000, InWarehouse: true, Sold: 2000, Refunded: -500, Fees: -135, Other: -125,
			Settlement: 1240, Settled: true, TaxBy: finance.TaxByMarketplace, Categories: []finance.CategorySum{
				sum(finance.Sales, 2000), sum(finance.Refunds, -500), sum(finance.ShippingCost, -70), sum(finance.Commission, -135), sum(finance.TaxWithheld, -25), sum(finance.Penalties, -30),
			}},
		{ID: "577", Currency: "GBP", OrderedAt: day(9), SettledAt: day(21).Add(-1), PaidAt: day(23), Statements: []string{"70576"}, Worth: 2000, InWarehouse: true, Sold: 2000, Fees: -180,
			Settlement: 1820, Settled: true, TaxBy: finance.TaxUnknown, Categories: []finance.CategorySum{sum(finance.Sales, 2000), sum(finance.Commission, -180)}},
		{ID: "578", Currency: "GBP", OrderedAt: day(29), InWarehouse: true, Expected: 500, ExpectedKnown: true, ExpectedAt: day(50), TaxBy: finance.TaxUnknown},
		{ID: "579", Currency: "GBP", InWarehouse: true, TaxBy: finance.TaxUnknown},
	}
	if diff := cmp.Diff(want, r.Orders, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
}

// Where the warehouse has another total than was imported, what was settled tells which of both
// is right, and one case is enough.
func TestTheTotalOfTheWarehouse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		total, settled int64
		worth          int64
		kept           []finance.Kept
		want           []string
	}{
		"settled as it was imported":  {2100, 2000, 2200, []finance.Kept{{What: "tax", Minor: 200}}, []string{"576: -100 warehouse has another total"}},
		"settled as it is now":        {2100, 2100, 2100, nil, []string{"576: -100 warehouse has another total"}},
		"settled less tax, as now":    {2100, 1900, 2100, []finance.Kept{{What: "tax", Minor: 200}}, []string{"576: -100 warehouse has another total"}},
		"settled otherwise":           {2100, 1500, 2200, nil, []string{"576: -100 warehouse has another total"}},
		"the total is as it was":      {2200, 1500, 2200, []finance.Kept{{What: "tax", Minor: 200}}, []string{"576: -500 order settled at another amount"}},
		"as it was, and nothing kept": {2200, 2200, 2200, nil, nil},
	} {
		b := finance.Books{Statements: []finance.Statement{statement("700", day(9), order("1", "576", tc.settled, 0))}}
		b.Sales = []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2200, Tax: 200, Total: tc.total, TotalKnown: true}}
		r := reconcile(t, b, options())
		var got []string
		for _, x := range r.Residuals {
			if x.Of == finance.OfOrder {
				got = append(got, fmt.Sprintf("%s: %d %s", x.ID, x.Minor, x.Reason))
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if o := r.Orders[0]; o.Worth != tc.worth || !slices.Equal(o.Kept, tc.kept) {
			t.Errorf("%s: worth %d, kept %v; want %d, %v", name, o.Worth, o.Kept, tc.worth, tc.kept)
		}
	}
}

// The list of orders says what is kept, expected and left over of each.
func TestOrdersCSV(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Sales[0].Paid, b.Sales[0].Tax, b.Sales[0].Fees, b.Sales[0].Total, b.Sales[0].Numbers = 2450, 400, 50, 2451, []string{"100012", "100013"}
	b.Estimates = []finance.Estimate{{ID: "1", OrderID: "576", Currency: "GBP", Settlement: 1800, Known: true, ExpectedAt: day(45)}}
	b.Statements[0].Lines = append(b.Statements[0].Lines, finance.Line{ID: "1", Type: "GMV_PAYMENT_FOR_ADS"}) // of no order
	var out bytes.Buffer
	if err := reconcile(t, b, options()).WriteOrders(&out); err != nil {
		t.Fatal(err)
	}
	want := `order,warehouse_orders,ordered,settled,paid,currency,worth,kept,sold,refunded,fees,other,settlement,expected,expected_by,tax_owed_by,statements,residuals
576,100012 100013,2026-06-09,2026-06-19,2026-06-22,GBP,24.50,tax 4.00; fees 0.50,20.00,0.00,-1.80,0.00,18.20,18.00,2026-07-15,marketplace,70576,warehouse has another total 0.01; settled otherwise than expected 0.20
577,,2026-06-09,2026-06-20,2026-06-23,GBP,20.00,,20.00,0.00,-1.80,0.00,18.20,,,unknown,70577,
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Only an adjustment can be of no order: a reserve has an id of its own.
func TestLinesOfNoOrder(t *testing.T) {
	t.Parallel()
	b := finance.Books{Statements: []finance.Statement{statement("700", day(9),
		finance.Line{ID: "1", Type: "GMV_PAYMENT_FOR_ADS", Stated: finance.Parts{Adjustment: -100}, Settlement: -100}, finance.Line{ID: "2", Type: "REBATE", OrderID: "576", Stated: finance.Parts{Adjustment: 100}, Settlement: 100},
		finance.Line{ID: "3", Type: finance.ReserveLine, Reserve: -50, ReserveID: "801"}, order("4", "", 500, 0),
	)}}
	var got []string
	for _, x := range reconcile(t, b, options()).Residuals {
		if x.Of == finance.OfLine {
			got = append(got, fmt.Sprintf("%s %d %s: %s", x.ID, x.Minor, x.Reason, x.Seen))
		}
	}
	if diff := cmp.Diff([]string{"1 -100 adjustment without order: GMV_PAYMENT_FOR_ADS"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of two readings of one record, what is later or more counts, whichever came first.
func TestTwoReadings(t *testing.T) {
	t.Parallel()
	whole := twoDays()
	for name, again := range map[string]func(b *finance.Books){
		"a statement without its lines": func(b *finance.Books) {
			s := b.Statements[0]
			s.Lines, s.LinesRead = nil, false
			b.Statements = append(b.Statements, s)
		},
		"a statement with some of its lines": func(b *finance.Books) {
			s := b.Statements[1]
			s.Lines, s.LinesRead = append([]finance.Line{{ID: "9", Type: "REBATE"}}, s.Lines...), false
			b.Statements = append(b.Statements, s)
		},
		"a statement before it was paid": func(b *finance.Books) {
			s := b.Statements[0]
			s.Status, s.PaymentID, s.PaidAt = finance.Processing, "", time.Time{}
			b.Statements = append(b.Statements, s)
		},
		"a payment before it arrived": func(b *finance.Books) {
			p := b.Payments[0]
			p.Status, p.PaidAt = finance.Processing, time.Time{}
			b.Payments = append(b.Payments, p)
		},
		"an order before it left": func(b *finance.Books) {
			s := b.Sales[0]
			s.ShippedAt, s.DeliveredAt = time.Time{}, time.Time{}
			b.Sales = append(b.Sales, s)
		},
		"an order whose refunds were not read": func(b *finance.Books) {
			b.Sales[0].RefundsRead, b.Sales[0].Refunds = true, []finance.Refund{{ID: "1", Minor: 500, At: day(30)}}
			s := b.Sales[0]
			s.RefundsRead, s.Refunds = false, nil
			b.Sales = append(b.Sales, s)
		},
	} {
		for _, turned := range []bool{false, true} {
			b := clone(whole)
			again(&b)
			if turned {
				slices.Reverse(b.Statements)
				slices.Reverse(b.Payments)
				slices.Reverse(b.Sales)
			}
			r := reconcile(t, b, options())
			var pending []string
			if strings.Contains(name, "refunds") {
				pending = []string{"576: -500 refund not settled yet, statement 70576: 5.00 GBP refunded, 0.00 GBP on statements"}
			}
			if diff := cmp.Diff(pending, said(r)); diff != "" || !r.OK() || r.Repeated != 1 || !r.Payouts[0].Proven || !r.Payouts[1].Proven || r.Clearing[0].Balance != 0 {
				t.Errorf("%s, turned %t: wrong %v, %d repeated; said (-want +got):\n%s", name, turned, r.Wrong(), r.Repeated, diff)
			}
		}
	}
}

// Which of two readings is the later does not hang on how they are written: each part of a
// record is the one that is later, or more.
func TestTheLaterReading(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.EstimatesRead = false
	first, second := b.Statements[0], b.Statements[0]
	first.PaymentID, first.Status, first.PaidAt = "", finance.Processing, time.Time{}
	second.Lines, second.LinesRead = nil, false
	failed, processing := b.Statements[1], b.Statements[1]
	failed.PaymentID, failed.Status, failed.PaidAt = "1", finance.Failed, time.Time{}
	processing.PaymentID, processing.Status, processing.PaidAt = "2", finance.Processing, time.Time{}
	b.Statements = []finance.Statement{first, second, failed, processing}
	sale := finance.Sale{OrderID: "578", Currency: "GBP", Paid: 900, Total: 900, TotalKnown: true, OrderedAt: day(9), ShippedAt: day(18), DeliveredAt: day(22), RefundsRead: true, Refunds: []finance.Refund{{ID: "1", Minor: 100}, {ID: "2", Minor: 200}}}
	other := sale
	other.ShippedAt, other.DeliveredAt, other.Refunds = day(19), day(21), sale.Refunds[:1]
	b.Sales = append(b.Sales, sale, other)
	r := reconcile(t, b, options())
	if s := r.Statements[0]; s.PaymentID != "90576" || s.Status != finance.Paid || !s.PaidAt.Equal(day(22)) || s.Lines != 1 || !s.Proven {
		t.Errorf("the first statement is %+v, want its lines from one reading and its payment from the other", s)
	}
	if s := r.Statements[1]; s.PaymentID != "1" || s.Status != finance.Failed {
		t.Errorf("the second statement is %s by payment %q, want that which has failed", s.Status, s.PaymentID)
	}
	want := []string{"578: 900 not settled yet, statement : due 2026-07-23", "578: -300 refund not settled yet, statement : 3.00 GBP refunded, 0.00 GBP on statements"}
	if diff := cmp.Diff(want, said(r)); diff != "" {
		t.Errorf("the order (-want +got):\n%s", diff)
	}
}

// What a line explains of its order is one case, that of the line.
func TestOneCauseIsOneCase(t *testing.T) {
	t.Parallel()
	odd := finance.Line{ID: "1", Type: finance.OrderLine, OrderID: "576", OrderedAt: day(1), Stated: finance.Parts{Revenue: 2000, Shipping: 5, Fees: -3}, Settlement: 2000}
	b := finance.Books{
		Statements: []finance.Statement{statement("700", day(9), odd)}, SalesRead: true, Sales: []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(1)}},
		OrderRows: []finance.OrderRows{{OrderID: "576", Currency: "GBP", Settlement: 4000, Rows: []finance.OrderRow{{Settlement: 4000}}}},
	}
	var got []string
	for _, x := range reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(10)}).Residuals {
		if x.Of == finance.OfOrder {
			got = append(got, fmt.Sprintf("%s %d because of %s", x.Reason, x.Minor, x.Because))
		}
	}
	want := []string{"order settled at another amount -2000 because of line 1", "order stated in two ways 2000 because of line 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
