package finance_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/finance"
)

// withFees are the options that hold fees against all rules of a market.
func withFees(market string) finance.Options {
	o := options()
	o.Market, o.UnsureFees = market, true
	return o
}

// feeBook is one order with its lines, a statement for each.
func feeBook(currency string, sale finance.Sale, lines ...finance.Line) finance.Books {
	b := finance.Books{SalesRead: true}
	sale.OrderID, sale.Currency, sale.OrderedAt = "5761", currency, day(1)
	b.Sales = []finance.Sale{sale}
	for i, l := range lines {
		l.ID, l.Type, l.OrderID, l.OrderedAt = fmt.Sprint(4611+i), finance.OrderLine, "5761", day(1)
		for _, d := range l.Details {
			switch d.Group {
			case finance.Revenue:
				l.Stated.Revenue += d.Minor
			case finance.Shipping:
				l.Stated.Shipping += d.Minor
			case finance.Fee, finance.Tax:
				l.Stated.Fees += d.Minor
			}
		}
		l.Settlement = l.Stated.Sum()
		s := statement(fmt.Sprint(7250+i), day(10+i), l)
		s.Currency = currency
		b.Statements = append(b.Statements, s)
	}
	return b
}

const (
	listName   = "subtotal_before_discount_amount"
	returnName = "refund_subtotal_before_discount_amount"
	referral   = "referral_fee_amount"
	admin      = "refund_administration_fee_amount"
)

func sold(list, fee int64) finance.Line {
	return finance.Line{Details: []finance.Detail{detail(finance.Revenue, listName, list), detail(finance.Fee, referral, -fee)}}
}

// withPostage is a sale with what the buyer paid for shipping, or the refund of both.
func withPostage(list, postage, fee int64) finance.Line {
	name := listName
	if list < 0 {
		name = returnName
	}
	return finance.Line{Details: []finance.Detail{
		detail(finance.Revenue, name, list), detail(finance.Shipping, "customer_paid_shipping_fee_amount", postage), detail(finance.Fee, referral, fee),
	}}
}

func refunded(list, credit, fee int64) finance.Line {
	return finance.Line{Details: []finance.Detail{
		detail(finance.Revenue, returnName, -list), detail(finance.Fee, referral, credit), detail(finance.Fee, admin, -fee),
	}}
}

func TestFees(t *testing.T) {
	t.Parallel()
	one := finance.Sale{Units: 1, Paid: 10000}
	for _, c := range []struct {
		name, market, currency string
		sale                   finance.Sale
		lines                  []finance.Line
		want                   string // fee, charged and allowed
	}{
		{"at the rate", "GB", "GBP", one, []finance.Line{sold(10000, 900)}, ""},
		{"below it, in a promotion", "GB", "GBP", one, []finance.Line{sold(10000, 300)}, ""},
		{"a penny above it", "GB", "GBP", one, []finance.Line{sold(10000, 901)}, "referral_fee_amount 901 900"},
		{"rounded by the unit", "GB", "GBP", finance.Sale{Units: 4, Paid: 1000}, []finance.Line{sold(1000, 92)}, ""},
		{"above what rounding explains", "GB", "GBP", finance.Sale{Units: 4, Paid: 1000}, []finance.Line{sold(1000, 93)}, "referral_fee_amount 93 92"},
		{"another market's rate", "US", "USD", one, []finance.Line{sold(10000, 900)}, "referral_fee_amount 900 600"},
		{"a market without rules", "JP", "JPY", one, []finance.Line{sold(10000, 9000)}, ""},
		{"credited with the refund", "US", "USD", one, []finance.Line{sold(10000, 600), refunded(10000, 600, 120)}, ""},
		{"a part credited", "US", "USD", one, []finance.Line{sold(10000, 600), refunded(4000, 240, 48)}, ""},
		{"not credited", "US", "USD", one, []finance.Line{sold(10000, 600), refunded(4000, 0, 0)}, "referral_fee_amount 600 361"},
		{"a promotion's fee not credited", "US", "USD", one, []finance.Line{sold(10000, 300), refunded(10000, 0, 0)}, "referral_fee_amount 300 1"},
		{"the refund's share too high", "US", "USD", one, []finance.Line{sold(10000, 600), refunded(10000, 600, 121)}, "refund_administration_fee_amount 121 120"},
		{"above the cap of the share", "US", "USD", finance.Sale{Units: 1, Paid: 100000}, []finance.Line{sold(100000, 6000), refunded(100000, 6000, 600)}, "refund_administration_fee_amount 600 500"},
		{"in one line with the sale", "US", "USD", one, []finance.Line{{Details: []finance.Detail{
			detail(finance.Revenue, listName, 10000), detail(finance.Revenue, returnName, -5000), detail(finance.Fee, referral, -300), detail(finance.Fee, admin, -60),
		}}}, ""},
		{"cancelled before dispatch", "US", "USD", finance.Sale{Units: 1, Paid: 10000, Cancelled: 10000, Void: true}, []finance.Line{sold(10000, 600), refunded(10000, 600, 120)}, "refund_administration_fee_amount 120 0"},
		{"cancelled after dispatch", "US", "USD", finance.Sale{Units: 1, Paid: 10000, Cancelled: 10000, Void: true, ShippedAt: day(3)}, []finance.Line{sold(10000, 600), refunded(10000, 600, 120)}, ""},
		{"two refunds, the first too high", "US", "USD", one, []finance.Line{sold(10000, 600), refunded(4000, 240, 100), refunded(4000, 240, 60)}, "refund_administration_fee_amount 100 48"},
		{"two refunds, the second too high", "US", "USD", one, []finance.Line{sold(10000, 600), refunded(4000, 240, 60), refunded(4000, 240, 100)}, "refund_administration_fee_amount 100 48"},
		{"sold in another period, at another rate", "US", "USD", one, []finance.Line{refunded(10000, 800, 160)}, ""},
		{"a share of what was credited, and more", "US", "USD", one, []finance.Line{refunded(10000, 800, 161)}, "refund_administration_fee_amount 161 160"},
		{"merged, so that nobody has counted its units", "GB", "GBP", finance.Sale{Units: 1, Paid: 20000, With: []string{"5762"}}, []finance.Line{sold(10000, 905)}, ""},
		{"of what the buyer pays, and a part refunded", "VN", "VND", one, []finance.Line{
			{Details: []finance.Detail{
				detail(finance.Revenue, listName, 100000), detail(finance.Fee, "transaction_fee_amount", -4000), detail(finance.Info, "customer_payment_amount", 80000), detail(finance.Info, "platform_discount_amount", 20000),
			}},
			{Details: []finance.Detail{detail(finance.Revenue, returnName, -50000), detail(finance.Fee, "transaction_fee_amount", 2000), detail(finance.Info, "customer_refund_amount", -40000)}},
		}, ""},
		{"of what the buyer pays, and too little credited", "VN", "VND", one, []finance.Line{
			{Details: []finance.Detail{
				detail(finance.Revenue, listName, 100000), detail(finance.Fee, "transaction_fee_amount", -4000), detail(finance.Info, "customer_payment_amount", 80000), detail(finance.Info, "platform_discount_amount", 20000),
			}},
			{Details: []finance.Detail{detail(finance.Revenue, returnName, -50000), detail(finance.Fee, "transaction_fee_amount", 1000), detail(finance.Info, "customer_refund_amount", -40000)}},
		}, "transaction_fee_amount 3000 2001"},
		{"above what the buyer pays without the shop's part", "VN", "VND", one, []finance.Line{{Details: []finance.Detail{
			detail(finance.Revenue, listName, 100000), detail(finance.Fee, "transaction_fee_amount", -4001), detail(finance.Info, "customer_payment_amount", 80000), detail(finance.Info, "platform_discount_amount", 20000),
		}}}, "transaction_fee_amount 4001 4000"},
		{"cancelled before dispatch, and told once", "US", "USD", finance.Sale{Units: 1, Paid: 10000, Cancelled: 10000, Void: true}, []finance.Line{sold(10000, 600), refunded(10000, 600, 130)}, "refund_administration_fee_amount 130 0"},
		{"cancelled with another, of which nobody knows", "US", "USD", finance.Sale{Units: 2, Paid: 20000, Cancelled: 20000, Void: true, With: []string{"5762"}}, []finance.Line{sold(10000, 600), refunded(10000, 600, 120)}, ""},
		{"a share of a promotion's fee", "US", "USD", one, []finance.Line{sold(10000, 300), refunded(10000, 300, 61)}, "refund_administration_fee_amount 61 60"},
		{"with what the buyer pays for shipping", "GB", "GBP", one, []finance.Line{withPostage(10000, 1000, -990)}, ""},
		{"above it", "GB", "GBP", one, []finance.Line{withPostage(10000, 1000, -991)}, "referral_fee_amount 991 990"},
		{"shipping refunded too", "GB", "GBP", one, []finance.Line{withPostage(10000, 1000, -990), withPostage(-10000, -1000, 990)}, ""},
		{"shipping refunded, and its fee not credited", "GB", "GBP", one, []finance.Line{withPostage(10000, 1000, -990), withPostage(-10000, -1000, 900)}, "referral_fee_amount 90 1"},
		{"taken again later", "GB", "GBP", one, []finance.Line{sold(10000, 900), {Details: []finance.Detail{detail(finance.Fee, referral, -50)}}}, "referral_fee_amount 950 900"},
		{"for each order", "VN", "VND", one, []finance.Line{{Details: []finance.Detail{detail(finance.Revenue, listName, 100000), detail(finance.Fee, "vn_fix_infrastructure_fee", -3001)}}}, "vn_fix_infrastructure_fee 3001 3000"},
		{"of what the buyer pays", "VN", "VND", one, []finance.Line{{Details: []finance.Detail{
			detail(finance.Revenue, listName, 95000), detail(finance.Shipping, "customer_paid_shipping_fee_amount", 5900), detail(finance.Fee, "transaction_fee_amount", -5045),
		}}}, ""},
		{"a dong above it", "VN", "VND", one, []finance.Line{{Details: []finance.Detail{
			detail(finance.Revenue, listName, 95000), detail(finance.Shipping, "customer_paid_shipping_fee_amount", 5900), detail(finance.Fee, "transaction_fee_amount", -5046),
		}}}, "transaction_fee_amount 5046 5045"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := reconcile(t, feeBook(c.currency, c.sale, c.lines...), withFees(c.market))
			got := ""
			for _, b := range r.Fees.Breaches {
				got += fmt.Sprintf("%s %d %d", b.Fee, b.Charged, b.Allowed)
			}
			if got != c.want {
				t.Errorf("got %q, want %q (%+v)", got, c.want, r.Fees)
			}
		})
	}
}

// The question can be sent as it is; the residual and the text of the report tell of it.
func TestTheQuestion(t *testing.T) {
	t.Parallel()
	r := reconcile(t, feeBook("USD", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 800)), withFees("US"))
	if len(r.Fees.Breaches) != 1 {
		t.Fatalf("breaches %+v, want one", r.Fees.Breaches)
	}
	const want = "Order 5761, transaction 4611 on statement 7250: referral_fee_amount was charged as 8.00 USD. Your published rule " +
		"(6% of the item price after seller discounts, with the shipping that the buyer pays, less refunds, https://seller-us.tiktok.com/university/essay?knowledge_id=5982454398175018) " +
		"allows at most 6.00 USD. Please credit 2.00 USD, or tell us which rule applies to this order."
	if diff := cmp.Diff(want, r.Fees.Breaches[0].Question()); diff != "" {
		t.Error(diff)
	}
	gb := reconcile(t, feeBook("GBP", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000)), withFees("GB"))
	if len(gb.Fees.Breaches) != 1 || strings.Contains(gb.Fees.Breaches[0].Question(), "://") || gb.Fees.Breaches[0].Source == "" {
		t.Errorf("the question is to name no page of others, the breach is: %+v", gb.Fees.Breaches)
	}
	if got := wrong(r); !slices.Contains(got, "order 5761 "+string(finance.FeeAboveRule)) {
		t.Errorf("wrong %q", got)
	}
	if text := r.String(); !strings.Contains(text, "of 1 order held against the published rules of US, 1 above them, 0 not compared") {
		t.Errorf("the text does not tell of it:\n%s", text)
	}
}

// What cannot be compared is counted, and nothing is held against the shop for it.
func TestFeesNotChecked(t *testing.T) {
	t.Parallel()
	broken := feeBook("GBP", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000))
	broken.Statements[0].Lines[0].Settlement--
	unnamed := feeBook("GBP", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000))
	unnamed.Statements[0].Lines[0].Stated.Fees--
	unnamed.Statements[0].Lines[0].Settlement--
	undated := feeBook("GBP", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000))
	undated.Statements[0].Lines[0].OrderedAt, undated.Sales[0].OrderedAt = time.Time{}, time.Time{}
	early := feeBook("USD", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 600), refunded(10000, 0, 0))
	soon := withFees("US")
	soon.AsOf = day(12)
	for _, c := range []struct {
		name  string
		books finance.Books
		o     finance.Options
		want  finance.FeeCheck
	}{
		{"no market", feeBook("GBP", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000)), options(), finance.FeeCheck{}},
		{"a line that does not add up", broken, withFees("GB"), finance.FeeCheck{Market: "GB", NotChecked: 1}},
		{"a line with an amount that has no name", unnamed, withFees("GB"), finance.FeeCheck{Market: "GB", NotChecked: 1}},
		{"nobody knows when it was placed", undated, withFees("GB"), finance.FeeCheck{Market: "GB", NotChecked: 1}},
		{"no rule", feeBook("JPY", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000)), withFees("JP"), finance.FeeCheck{Market: "JP", NotChecked: 1, Unruled: []finance.UnruledFee{{Group: finance.Fee, Fee: referral, Currency: "JPY", Orders: 1, Charged: 2000}}}},
		{"sold in another period", feeBook("GBP", finance.Sale{Units: 1, Paid: 10000}, refunded(10000, 0, 0)), withFees("GB"), finance.FeeCheck{Market: "GB", NotChecked: 1}},
		{"the credit may still come", early, soon, finance.FeeCheck{Market: "US", Orders: 1}},
		{"unsure rules, not asked for", feeBook("EUR", finance.Sale{Units: 1, Paid: 10000}, sold(10000, 2000)), finance.Options{Shop: "DE", AsOf: asOf, Market: "DE"}, finance.FeeCheck{Market: "DE", NotChecked: 1, Unruled: []finance.UnruledFee{{Group: finance.Fee, Fee: referral, Currency: "EUR", Orders: 1, Charged: 2000, Doubted: true}}}},
	} {
		if diff := cmp.Diff(c.want, reconcile(t, c.books, c.o).Fees); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// feePlants break a rule in a made-up month: a breach is found, and in that order alone.
var feePlants = []struct {
	name  string
	plant func(l *finance.Line) bool
}{
	{"a higher rate", func(l *finance.Line) bool {
		return l.Stated.Revenue > 1000 && charge(l, referral, l.Stated.Revenue/50)
	}},
	{"not credited", func(l *finance.Line) bool {
		return l.Stated.Revenue < -1000 && charge(l, referral, l.Details[2].Minor)
	}},
	{"a higher share of the refund", func(l *finance.Line) bool {
		return l.Stated.Revenue < -1000 && charge(l, admin, 10)
	}},
}

// charge adds to a fee of a line.
func charge(l *finance.Line, name string, more int64) bool {
	for i := range l.Details {
		if l.Details[i].Name == name {
			l.Details[i].Minor -= more
			l.Stated.Fees -= more
			l.Settlement -= more
			return more != 0
		}
	}
	return false
}

func TestPlantedFees(t *testing.T) {
	t.Parallel()
	o := withFees("GB")
	o.AsOf = day(60) // the credits are due
	for seed := range seeds(50) {
		b := madeUp(seed, 60, "GBP")
		if got := reconcile(t, b, o).Fees; len(got.Breaches) > 0 || got.Orders == 0 {
			t.Fatalf("seed %d: nothing is planted: %+v", seed, got)
		}
		r := rand.New(rand.NewPCG(seed, 5))
		for _, p := range feePlants {
			b := clone(b)
			var planted string
			for planted == "" {
				s := &b.Statements[r.IntN(len(b.Statements))]
				l := &s.Lines[r.IntN(len(s.Lines))]
				if l.Type == finance.OrderLine && p.plant(l) {
					planted = l.OrderID
				}
			}
			got := reconcile(t, b, o).Fees.Breaches
			if len(got) != 1 || got[0].OrderID != planted || got[0].Over() <= 0 {
				t.Errorf("seed %d, %s in order %s: found %+v", seed, p.name, planted, got)
			}
		}
	}
}

func TestReadFeeRules(t *testing.T) {
	t.Parallel()
	table := finance.DefaultFeeRules()
	again, err := finance.ReadFeeRules(strings.NewReader(table.String()))
	if err != nil || again.String() != table.String() || !slices.Contains(table.Markets(), "GB") {
		t.Errorf("the table does not read back: %v, markets %q", err, table.Markets())
	}
	const heading = "market from to fee rule of percent cap refunds days sure source\n"
	const row = "GB 2026-01-01 - a_fee rate goods 9 - credited 14 yes https://example.com"
	if _, err := finance.ReadFeeRules(strings.NewReader(heading + row)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"market", "country", "heading"},
		{" yes", "", "11 words, want 12"},
		{"GB", "uk", "market"},
		{"2026-01-01 -", "- -", "no period"},
		{"2026-01-01 -", "2026-01-01 2025-01-01", "no period"},
		{"2026-01-01", "yesterday", "no date"},
		{"a_fee", ",", "a name is missing"},
		{"rate", "guess", "none of rate"},
		{" goods", " gold", "none of"},
		{" 9 ", " 1e9 ", "percent"},
		{" 9 ", " 101 ", "percent"},
		{" 9 ", " - ", "need one"},
		{"9 -", "9 5_pounds", "cap"},
		{"credited", "-", "refunds"},
		{"14", "400", "days"},
		{"yes", "maybe", "sure"},
	} {
		_, err := finance.ReadFeeRules(strings.NewReader(strings.Replace(heading+row, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q for %q: error %v, want one with the line and %q", c.to, c.from, err, c.want)
		}
	}
}

func FuzzReadFeeRules(f *testing.F) {
	f.Add(finance.DefaultFeeRules().String())
	f.Add("market from to fee rule of percent cap refunds days sure source\nGB 2026-01-01 - a share b 20 5_GBP - - no x")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := finance.ReadFeeRules(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := finance.ReadFeeRules(strings.NewReader(rules.String()))
		if err != nil || again.String() != rules.String() {
			t.Fatalf("does not read back: %v", err)
		}
		o := withFees("GB")
		o.FeeRules = rules
		// Whatever the table says, the books are read to the end.
		if _, err := finance.Reconcile(feeBook("GBP", finance.Sale{Units: 2, Paid: 10000}, sold(10000, 900), refunded(5000, 450, 90)), o); err != nil {
			t.Fatal(err)
		}
	})
}

// A fee that no rule names is neither right nor wrong: the report says that it was not
// checked, with what was taken.
func TestFeesWithoutARule(t *testing.T) {
	t.Parallel()
	line := sold(10000, 600)
	line.Details = append(line.Details,
		detail(finance.Fee, "affiliate_commission_amount", -1200), detail(finance.Shipping, "actual_shipping_fee_amount", -450), detail(finance.Shipping, "customer_paid_shipping_fee_amount", 300),
		detail(finance.Fee, admin, 0))
	back := finance.Line{Details: []finance.Detail{detail(finance.Fee, "affiliate_commission_amount", 200)}}
	for name, tt := range map[string]struct {
		market string
		unsure bool
		want   []finance.UnruledFee
	}{
		"with a rule for the commission": {"US", false, []finance.UnruledFee{
			{Group: finance.Fee, Fee: "affiliate_commission_amount", Currency: "USD", Orders: 1, Charged: 1000},
			{Group: finance.Shipping, Fee: "actual_shipping_fee_amount", Currency: "USD", Orders: 1, Charged: 450},
		}},
		"where the rule is in doubt": {"DE", false, []finance.UnruledFee{
			{Group: finance.Fee, Fee: "affiliate_commission_amount", Currency: "USD", Orders: 1, Charged: 1000},
			{Group: finance.Fee, Fee: referral, Currency: "USD", Orders: 1, Charged: 600, Doubted: true},
			{Group: finance.Shipping, Fee: "actual_shipping_fee_amount", Currency: "USD", Orders: 1, Charged: 450},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := withFees(tt.market)
			o.UnsureFees = tt.unsure
			report, err := finance.Reconcile(feeBook("USD", finance.Sale{Paid: 10300, Units: 1}, line, back), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, report.Fees.Unruled); diff != "" {
				t.Errorf("not checked (-want +got):\n%s", diff)
			}
			for _, u := range tt.want {
				if text := report.String(); !strings.Contains(text, "not checked: "+u.Fee) {
					t.Errorf("the report does not name %s:\n%s", u.Fee, text)
				}
			}
		})
	}
}

// What the seller's own plan says goes before the shop's table: a category's rate, the most
// that a creator gets, and the rate card of a carrier.
func TestFeesOfTheSellersPlan(t *testing.T) {
	const (
		category  = "US 2026-01-01 - referral_fee_amount rate goods+postage 8 - credited 14 yes our-plan"
		affiliate = "US 2026-01-01 - affiliate_commission_amount rate goods 15 - kept - yes our-plan"
		shipping  = "US 2026-01-01 - actual_shipping_fee_amount order - - 4.50_USD - - yes rate-card"
	)
	sale := finance.Line{Details: []finance.Detail{
		detail(finance.Revenue, listName, 10000), detail(finance.Fee, referral, -800), detail(finance.Fee, "affiliate_commission_amount", -1600),
		detail(finance.Shipping, "actual_shipping_fee_amount", -500),
	}}
	for name, c := range map[string]struct {
		rows     []string
		breaches []string // fee, charged, allowed
		unruled  []string
	}{
		"no plan": {nil, []string{"referral_fee_amount 800 600"}, []string{"affiliate_commission_amount", "actual_shipping_fee_amount"}},
		"a plan": {[]string{category, affiliate, shipping},
			[]string{"affiliate_commission_amount 1600 1500", "actual_shipping_fee_amount 500 450"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.Market = "US"
			var err error
			if o.FeeRules, err = finance.DefaultFeeRules().With(c.rows...); err != nil {
				t.Fatal(err)
			}
			if again, err := finance.ReadFeeRules(strings.NewReader(o.FeeRules.String())); err != nil || again.String() != o.FeeRules.String() {
				t.Errorf("the table does not read back: %v", err)
			}
			fees := reconcile(t, feeBook("USD", finance.Sale{Units: 1, Paid: 10000}, sale), o).Fees
			var breaches, unruled []string
			for _, b := range fees.Breaches {
				breaches = append(breaches, fmt.Sprintf("%s %d %d", b.Fee, b.Charged, b.Allowed))
			}
			for _, u := range fees.Unruled {
				unruled = append(unruled, u.Fee)
			}
			if diff := cmp.Diff(c.breaches, breaches); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.unruled, unruled); diff != "" {
				t.Errorf("fees without a rule (-want +got):\n%s", diff)
			}
		})
	}
	for _, row := range []string{"", "US", strings.Replace(category, "rate", "vase", 1), strings.Replace(category, " 8 ", " ? ", 1)} {
		if _, err := finance.DefaultFeeRules().With(category, row); err == nil || !strings.Contains(err.Error(), "row 2") {
			t.Errorf("%q: error %v, want one that names row 2", row, err)
		}
	}
}
