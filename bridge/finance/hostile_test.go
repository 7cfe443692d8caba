package finance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// twoDays are two orders, settled on two statements and paid, long ago.
func twoDays() finance.Books {
	b := finance.Books{PaymentsRead: true, EstimatesRead: true, SalesRead: true}
	for i, id := range []string{"576", "577"} {
		s := statement("70"+id, day(20+i), order("80"+id, id, 2000, 180))
		s.PaymentID, s.Status, s.PaidAt = "90"+id, finance.Paid, day(22+i)
		b.Statements = append(b.Statements, s)
		b.Payments = append(b.Payments, finance.Payment{ID: "90" + id, Status: finance.Paid, Amount: money.Amount{Minor: 1820, Currency: "GBP"}, CreatedAt: day(20 + i), PaidAt: day(22 + i)})
		b.Sales = append(b.Sales, finance.Sale{OrderID: id, Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(9), ShippedAt: day(9), DeliveredAt: day(10)})
	}
	return b
}

// cut is a shelf whose lists break off after the first record, or have one that cannot be
// read.
type cut struct {
	*shelf
	statements, payments, unread bool
}

func (c cut) Statements(ctx context.Context, from, to time.Time) ([]finance.Statement, []finance.Unread, error) {
	list, unread, err := c.shelf.Statements(ctx, from, to)
	return half(c.statements, c.unread, "statement", list, unread, err, func(s finance.Statement) string { return s.ID })
}

func (c cut) Payments(ctx context.Context, from, to time.Time) ([]finance.Payment, []finance.Unread, error) {
	list, unread, err := c.shelf.Payments(ctx, from, to)
	return half(c.payments, c.unread, "payment", list, unread, err, func(p finance.Payment) string { return p.ID })
}

func half[T any](is, unreadable bool, kind string, list []T, unread []finance.Unread, err error, id func(T) string) ([]T, []finance.Unread, error) {
	switch {
	case !is || err != nil || len(list) < 2:
		return list, unread, err
	case unreadable:
		return list[:1], append(unread, finance.Unread{Kind: kind, ID: id(list[1]), Why: "an amount is none"}), nil
	}
	return list[:1], unread, errors.New("the line is cut")
}

// What was not read is not late, not missing and not paid wrongly: nobody asks the shop about
// it. A record that cannot be read is told of itself.
func TestListsThatBreakOff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cut  cut
		want []string
	}{
		"statements cut":            {cut{statements: true}, nil},
		"a statement unread":        {cut{statements: true, unread: true}, []string{"statement 70577 not read"}},
		"payments cut":              {cut{payments: true}, nil},
		"a payment unread":          {cut{payments: true, unread: true}, []string{"payment 90577 not read"}},
		"nothing cut":               {cut{}, nil},
		"both, and one of them odd": {cut{statements: true, payments: true, unread: true}, []string{"payment 90577 not read", "statement 70577 not read"}},
	} {
		tc.cut.shelf = &shelf{books: twoDays()}
		reader, err := finance.NewReader(finance.Ports{Statements: tc.cut, Payments: tc.cut, Withdrawals: balance{}, Estimates: tc.cut, Sales: tc.cut})
		if err != nil {
			t.Fatal(err)
		}
		b, err := reader.Read(t.Context(), day(1), day(80))
		if broken := (tc.cut.statements || tc.cut.payments) && !tc.cut.unread; broken != (err != nil) {
			t.Errorf("%s: error %v", name, err)
		}
		r := reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(80)})
		got := wrong(r)
		slices.Sort(got)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: wrong (-want +got):\n%s", name, diff)
		}
		if r.OK() != (name == "nothing cut") {
			t.Errorf("%s: the report says OK %t", name, r.OK())
		}
		if due := r.Due(); len(due) > 0 {
			t.Errorf("%s: said to be due: %v", name, due)
		}
	}
}

// balance has what came in for both days.
type balance struct{}

func (balance) Withdrawals(context.Context, time.Time, time.Time) (list []finance.Withdrawal, _ []finance.Unread, _ error) {
	for i, id := range []string{"1", "2"} {
		list = append(list, finance.Withdrawal{ID: id, Type: "SETTLE", Status: "SUCCESS", Amount: money.Amount{Minor: 1820, Currency: "GBP"}, CreatedAt: day(22 + i)})
	}
	return list, nil, nil
}

// Pages of a list overlap while it moves, so that a record comes as it was and as it is: the
// later one counts, once, in whatever order they came.
func TestRecordsThatChangeWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	whole := twoDays()
	whole.Withdrawals, _, _ = balance{}.Withdrawals(t.Context(), time.Time{}, time.Time{})
	whole.Withdrawals = append(whole.Withdrawals, finance.Withdrawal{ID: "3", Type: "WITHDRAW", Status: "SUCCESS", Amount: money.Amount{Minor: 3640, Currency: "GBP"}, CreatedAt: day(24)})
	whole.WithdrawalsRead = true
	whole.Sales = append(whole.Sales, finance.Sale{OrderID: "578", Currency: "GBP", Paid: 900, Total: 900, TotalKnown: true, OrderedAt: day(24), ShippedAt: day(25)})
	whole.Estimates = []finance.Estimate{
		{ID: "1", OrderID: "578", Currency: "GBP", Settlement: 400, Known: true, ExpectedAt: day(90)},
		{ID: "2", OrderID: "578", Currency: "GBP", Settlement: 400, Known: true, ExpectedAt: day(90)}, // the order has two
	}
	want := output(t, reconcile(t, whole, options()))
	twice := clone(whole)
	for i := range whole.Statements {
		before := whole.Statements[i]
		before.PaymentID, before.Status, before.PaidAt, before.Lines, before.LinesRead = "", finance.Processing, time.Time{}, nil, false
		twice.Statements = append(twice.Statements, before)
		paying := whole.Payments[i]
		paying.Status, paying.PaidAt = finance.Processing, time.Time{}
		twice.Payments = append(twice.Payments, paying)
		sale := whole.Sales[i]
		sale.DeliveredAt = time.Time{}
		twice.Sales = append(twice.Sales, sale)
	}
	out := whole.Withdrawals[2]
	out.Status = "PROCESSING"
	twice.Withdrawals = append(twice.Withdrawals, out)
	twice.Estimates = append(twice.Estimates, whole.Estimates...)
	for seed := range uint64(20) {
		r := reconcile(t, shuffled(twice, seed), options())
		if r.Repeated != 9 || !r.OK() {
			t.Errorf("seed %d: %d records came again, want 9; wrong: %v", seed, r.Repeated, r.Wrong())
		}
		r.Repeated = 0
		if diff := cmp.Diff(want, output(t, r)); diff != "" {
			t.Fatalf("seed %d (-once +twice):\n%s", seed, diff)
		}
	}
}

// A payment that has arrived is in the journal of a month, also if the shop does not say when.
func TestAPaymentWithoutItsDay(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Payments[0].PaidAt = time.Time{}
	r := reconcile(t, b, options())
	var got []string
	for _, d := range r.Month(2026, time.June, nil).Documents {
		if strings.HasPrefix(d.Number, "TTP-") {
			got = append(got, d.Number+" "+d.Date.Format(time.DateOnly))
		}
	}
	if diff := cmp.Diff([]string{"TTP-UK-90576 2026-06-20", "TTP-UK-90577 2026-06-23"}, got); diff != "" {
		t.Errorf("payments of June (-want +got):\n%s", diff)
	}
}

// A refund that the shop has taken back on a later line is none.
func TestARefundThatIsTakenBack(t *testing.T) {
	t.Parallel()
	refund := func(id string, minor int64) finance.Line {
		return finance.Line{ID: id, Type: finance.OrderLine, OrderID: "576", Stated: finance.Parts{Revenue: minor}, Settlement: minor, Details: []finance.Detail{
			detail(finance.Revenue, "refund_subtotal_before_discount_amount", minor), detail(finance.Info, "customer_refund_amount", minor),
		}}
	}
	b := twoDays()
	b.Statements = append(b.Statements, statement("702", day(23), refund("11", -500), refund("12", 500)))
	b.Sales[0].RefundsRead = true
	if r := reconcile(t, b, options()); !r.OK() {
		t.Errorf("got %v, want nothing wrong", r.Wrong())
	}
	b.Statements[2] = statement("702", day(23), refund("11", -500))
	if got := wrong(reconcile(t, b, options())); !slices.Contains(got, "order 576 refund not known") {
		t.Errorf("one that stands: %q, want it found", got)
	}
}

// Money that comes back from the bank: the withdrawal that it undoes is found, and what was
// posted as arrived is taken back, once.
func TestPaymentsThatComeBack(t *testing.T) {
	t.Parallel()
	b := twoDays()
	before := reconcile(t, b, options())
	posted := map[string]string{}
	for _, d := range before.Journal() {
		posted[d.Number] = d.Digest
	}
	if list := before.Reversed(posted); len(list) != 0 {
		t.Errorf("nothing came back, and there is %v", list)
	}
	b.Payments[1].Status = finance.Failed
	again := b.Payments[1]
	again.ID, again.Status, again.CreatedAt, again.PaidAt = "91577", finance.Paid, day(30), day(32)
	b.Payments = append(b.Payments, again)
	b.Statements[1].PaymentID, b.Statements[1].PaidAt = again.ID, again.PaidAt
	move := func(id, kind string, minor int64, d int) {
		b.Withdrawals = append(b.Withdrawals, finance.Withdrawal{ID: id, Type: kind, Status: "SUCCESS", Amount: money.Amount{Minor: minor, Currency: "GBP"}, CreatedAt: day(d)})
	}
	move("1", "WITHDRAW", 1820, 24)
	move("2", "WITHDRAW", 1820, 25)
	move("3", "REVERSE", 1820, 26)
	move("4", "REVERSE", 1820, 27)
	r := reconcile(t, b, options())
	if !r.OK() || len(r.Due()) != 0 {
		t.Errorf("paid again: wrong %v, due %v", r.Wrong(), r.Due())
	}
	var pairs []string
	for _, m := range r.Movements {
		if m.Type == "REVERSE" {
			pairs = append(pairs, m.ID+" undoes "+m.Reverses)
		}
	}
	if diff := cmp.Diff([]string{"3 undoes 2", "4 undoes 1"}, pairs); diff != "" {
		t.Errorf("reversals (-want +got):\n%s", diff)
	}
	back := r.Reversed(posted)
	want := []finance.Entry{{Account: finance.AccountBank, Credit: 1820}, {Account: finance.AccountClearing, Debit: 1820}}
	if len(back) != 1 || back[0].Number != "TTB-UK-90577" || back[0].PaymentID != "90577" {
		t.Fatalf("taken back: %+v", back)
	}
	if diff := cmp.Diff(want, back[0].Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	all := slices.Concat(r.Journal(), back)
	var bank int64
	for _, d := range append(all, paymentDocument(before, "90577")) { // as it was posted
		for _, e := range d.Entries {
			if e.Account == finance.AccountBank {
				bank += e.Debit - e.Credit
			}
		}
	}
	if bank != 3640 {
		t.Errorf("%d are in the bank by the journal, want 3640", bank)
	}
	posted[back[0].Number] = back[0].Digest
	later := options()
	later.AsOf = day(70)
	if list := reconcile(t, b, later).Reversed(posted); len(list) != 0 {
		t.Errorf("taken back a second time: %v", list)
	}
	move("5", "REVERSE", 1820, 28)
	if got := wrong(reconcile(t, b, options())); !slices.Equal(got, []string{"withdrawal 5 in the balance, paid by nothing known"}) {
		t.Errorf("a reversal of nothing: %q", got)
	}
}

// A payment that comes back and is paid again under the same id, as often as it likes, is in
// the bank once, and no document needs a person, whether somebody looked in between or not.
func TestPaymentsThatComeBackAndArriveAgain(t *testing.T) {
	t.Parallel()
	for _, looked := range []bool{true, false} {
		b := twoDays()
		for i, w := range []finance.Withdrawal{ // what has nothing to do with it
			{Type: "REVERSE", Status: "FAILED", CreatedAt: day(22)}, {Type: "TRANSFER", Status: "SUCCESS", CreatedAt: day(22)},
			{Type: "REVERSE", Status: "SUCCESS", CreatedAt: day(21)}, // before there was anything to come back
			{Type: "REVERSE", Status: "SUCCESS", CreatedAt: day(22), Amount: money.Amount{Minor: 1, Currency: "GBP"}},
		} {
			w.ID, w.Amount.Minor, w.Amount.Currency = fmt.Sprint("0", i), w.Amount.Minor+1820, "GBP"
			b.Withdrawals = append(b.Withdrawals, w)
		}
		posted, bank := map[string]string{}, int64(0)
		p := &b.Payments[1]
		run := func(want ...string) {
			t.Helper()
			r := reconcile(t, b, options())
			all := slices.Concat(r.Journal(), r.Reversed(posted))
			states := finance.Posted(all, posted)
			got := []string{}
			for _, d := range all {
				balanced(t, d)
				if states[d.Number] == finance.Changed {
					t.Errorf("looked %t: %s is %s", looked, d.Number, states[d.Number])
				}
				if states[d.Number] != finance.New {
					continue
				}
				got = append(got, d.Number+" "+d.Date.Format(time.DateOnly))
				posted[d.Number] = d.Digest
				for _, e := range d.Entries {
					if e.Account == finance.AccountBank {
						bank += e.Debit - e.Credit
					}
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("looked %t: posted (-want +got):\n%s", looked, diff)
			}
			if again := r.Reversed(posted); len(again) != 0 {
				t.Errorf("looked %t: once more: %v", looked, numbersOf(again))
			}
		}
		run("TTS-UK-70576 2026-06-19", "TTS-UK-70577 2026-06-20", "TTP-UK-90576 2026-06-22", "TTP-UK-90577 2026-06-23")
		for i, number := range []string{"90577", "90577-2", "90577-3"} {
			d := 30 + 2*i
			b.Withdrawals = append(b.Withdrawals, finance.Withdrawal{ID: number, Type: "REVERSE", Status: "SUCCESS", Amount: money.Amount{Minor: 1820, Currency: "GBP"}, CreatedAt: day(d)})
			next := fmt.Sprintf("TTP-UK-90577-%d %s", i+2, day(d+1).Format(time.DateOnly))
			if looked {
				p.Status = finance.Failed
				run("TTB-UK-" + number + " " + asOf.Format(time.DateOnly))
				if bank != 1820 {
					t.Errorf("back for the time %d: the bank has %d", i+1, bank)
				}
				p.Status, p.PaidAt = finance.Paid, day(d+1)
				run(next)
			} else {
				p.PaidAt = day(d + 1)
				run("TTB-UK-"+number+" "+day(d).Format(time.DateOnly), next)
			}
			if bank != 3640 {
				t.Errorf("looked %t: paid again for the time %d: the bank has %d", looked, i+1, bank)
			}
		}
		// A day that the shop corrects is no second arrival.
		if looked {
			p.PaidAt = day(36)
			if r := reconcile(t, b, options()); len(r.Reversed(posted)) != 0 || finance.Posted(r.Journal(), posted)["TTP-UK-90576"] != finance.Same {
				t.Errorf("another day: %v", numbersOf(r.Reversed(posted)))
			}
		}
	}
	// Without a movement that says so, a day that has changed is nothing but that.
	b := twoDays()
	posted := map[string]string{}
	for _, d := range reconcile(t, b, options()).Journal() {
		posted[d.Number] = d.Digest
	}
	b.Payments[1].PaidAt = day(30)
	r := reconcile(t, b, options())
	if got := finance.Posted(r.Journal(), posted)["TTP-UK-90577"]; got != finance.Changed || len(r.Reversed(posted)) != 0 {
		t.Errorf("another day and nothing came back: %s, %v", got, numbersOf(r.Reversed(posted)))
	}
}

// What was owed before the period comes off a payment of it, to the penny: less than that is
// not excused.
func TestWhatWasOwedBeforeThePeriod(t *testing.T) {
	t.Parallel()
	for paid, want := range map[int64][]string{1390: nil, 1389: {"payment 90576 payment differs from its statements"}, 1391: {"payment 90576 payment differs from its statements"}} {
		b := twoDays()
		b.From, b.To = day(19), day(40)
		b.Before = []finance.Statement{statement("699", day(18), finance.Line{ID: "1", Type: "PLATFORM_PENALTY", Stated: finance.Parts{Adjustment: -430}, Settlement: -430})}
		b.Payments[0].Amount.Minor = paid
		r := reconcile(t, b, options())
		if diff := cmp.Diff(want, wrong(r)); diff != "" {
			t.Errorf("%d paid (-want +got):\n%s", paid, diff)
		}
		if c := r.Clearing[0]; c.Balance != 1820-paid {
			t.Errorf("%d paid: the clearing account has %d, want %d", paid, c.Balance, 1820-paid)
		}
	}
}

func paymentDocument(r *finance.Report, id string) finance.Document {
	list := r.Journal()
	return list[slices.IndexFunc(list, func(d finance.Document) bool { return d.PaymentID == id && strings.HasPrefix(d.Number, "TTP-") })]
}

// What was rolled over is reversed on the same accounts at the same tax rates.
func TestARolloverIsReversedByTaxRate(t *testing.T) {
	t.Parallel()
	b := twoDays()
	for i := range b.Sales {
		b.Sales[i].OrderedAt = day(1).AddDate(0, 0, -3) // in May
		b.Sales[i].Rates = []finance.Rate{{Percent: "20", Gross: 1500}, {Percent: "5", Gross: 500}}
		b.Statements[i].Lines[0].OrderedAt = b.Sales[i].OrderedAt
	}
	o := options()
	o.Basis = finance.ByOrder
	r := reconcile(t, b, o)
	may := r.Month(2026, time.May, nil)
	june := r.Month(2026, time.June, may.Rollover)
	sums := map[finance.Entry]int64{}
	rolled := 0
	for _, d := range slices.Concat(may.Documents, june.Documents) {
		if strings.HasPrefix(d.Number, "TTR-") || strings.HasPrefix(d.Number, "TTV-") {
			rolled++
			for _, e := range d.Entries {
				sums[finance.Entry{Account: e.Account, TaxRate: e.TaxRate}] += e.Credit - e.Debit
			}
		}
	}
	for key, sum := range sums {
		if sum != 0 {
			t.Errorf("%s at %q is left with %d", key.Account, key.TaxRate, sum)
		}
	}
	if rolled != 2 || len(sums) < 4 {
		t.Errorf("%d documents with %d accounts and rates, want a rollover and its reversal at two rates", rolled, len(sums))
	}
}

// What was settled after a payment cannot have come off it.
func TestNothingLaterComesOffAPayment(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Statements = append(b.Statements, statement("702", day(25), finance.Line{ID: "1", Type: "PLATFORM_PENALTY", Stated: finance.Parts{Adjustment: -430}, Settlement: -430}))
	b.Payments[0].Amount.Minor = 1390 // made on day 20
	if diff := cmp.Diff([]string{"payment 90576 payment differs from its statements"}, wrong(reconcile(t, b, options()))); diff != "" {
		t.Errorf("wrong (-want +got):\n%s", diff)
	}
}

// A case about a payment stays open while a later period sees only its edge.
func TestTellAtTheEdge(t *testing.T) {
	t.Parallel()
	queue := new(exceptions.Memory).Shop("uk")
	if err := queue.Raise(t.Context(), exceptions.New(exceptions.PayoutDiffers, "payment 90576", time.Time{}, "it is a penny short", "ask the shop")); err != nil {
		t.Fatal(err)
	}
	b := twoDays()
	b.From, b.To, b.Statements = day(21), day(40), b.Statements[1:]
	if err := reconcile(t, b, options()).Tell(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	if open, err := queue.Open(t.Context()); err != nil || len(open) != 1 || open[0].Object != "payment 90576" {
		t.Errorf("open: %v, %v; want the case of the payment", open, err)
	}
}

// Orders that people merged in the warehouse have one total there: they are compared with it
// together, once all are settled, and each is an order that the warehouse has.
func TestMergedOrders(t *testing.T) {
	t.Parallel()
	merged := func() finance.Books {
		b := twoDays()
		b.Sales = []finance.Sale{{
			OrderID: "576", With: []string{"577"}, Numbers: []string{"100012"}, Currency: "GBP", Paid: 4400, Tax: 400, Total: 4400, TotalKnown: true,
			OrderedAt: day(9), ShippedAt: day(9), DeliveredAt: day(10), Units: 2, Rates: []finance.Rate{{Percent: "20", Gross: 4400}},
		}}
		return b
	}
	for _, tc := range []struct {
		name   string
		change func(*finance.Books)
		want   []string
	}{
		{"to the penny", func(*finance.Books) {}, nil},
		{"a penny less", func(b *finance.Books) { b.Sales[0].Paid, b.Sales[0].Total = 4399, 4399 }, []string{"order 576 order settled at another amount"}},
		{"changed by people", func(b *finance.Books) { b.Sales[0].Total = 4300 }, []string{"order 576 warehouse has another total"}},
		{"nobody knows the amounts", func(b *finance.Books) { b.Sales[0].Paid, b.Sales[0].AmountsUnknown = 1, true }, nil},
		{"one is not settled, long since", func(b *finance.Books) { b.Statements, b.Payments = b.Statements[:1], b.Payments[:1] }, []string{"order 577 should be settled by now"}},
		{"one is cancelled in the warehouse and settled all the same", func(b *finance.Books) {
			b.Sales[0].Void, b.Sales[0].Cancelled, b.Sales[0].TotalKnown = true, 4400, false
		}, []string{"order 576 order settled at another amount"}},
	} {
		b := merged()
		tc.change(&b)
		o := options()
		o.AsOf, o.Market = day(60), "GB"
		r := reconcile(t, b, o)
		if diff := cmp.Diff(tc.want, wrong(r)); diff != "" {
			t.Errorf("%s: wrong (-want +got):\n%s", tc.name, diff)
		}
		if len(r.Orders) != 2 || !r.Orders[1].InWarehouse || len(r.Orders[1].Numbers) != 1 || !r.Orders[0].OrderedAt.Equal(day(1)) {
			t.Errorf("%s: orders %+v", tc.name, r.Orders)
		}
		for _, d := range r.Journal() {
			for _, e := range d.Entries {
				if e.Account == string(finance.Sales) && e.TaxRate != "20" {
					t.Errorf("%s: document %s has sales at the rate %q", tc.name, d.Number, e.TaxRate)
				}
			}
		}
	}
	b := merged()
	b.Sales[0].Rates = []finance.Rate{{Percent: "5", Gross: 1}, {Percent: "20", Gross: 4399}}
	if got := reconcile(t, b, options()).Journal()[0].Entries[0]; got.Account != string(finance.Sales) || got.TaxRate != "" {
		t.Errorf("goods at two rates: %+v, want none that nobody knows", got)
	}
	// The shelf returns the sale under its first order; it is of the other one too.
	s := &shelf{books: merged()}
	s.books.Sales[0].OrderedAt, s.books.Statements = day(1).AddDate(0, -1, 0), s.books.Statements[1:]
	got, err := s.reader(t).Read(t.Context(), day(20), day(40))
	if err != nil || len(got.Sales) != 1 {
		t.Errorf("of before the period: %d sales, %v; want the one that the statement is about", len(got.Sales), err)
	}
}

// A refund of the warehouse that the shop does not settle is pending for as long as the shop
// may take, and somebody has to look after that.
func TestRefundsThatAreNeverSettled(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*finance.Books, *finance.Options)
		want   []string
	}{
		{"long since", func(*finance.Books, *finance.Options) {}, []string{"order 576 refund should be settled by now"}},
		{"the shop still has time", func(b *finance.Books, o *finance.Options) { o.AsOf = day(26 + 31) }, nil},
		{"of an unknown day", func(b *finance.Books, _ *finance.Options) { b.Sales[0].Refunds[0].At = time.Time{} }, nil},
		{"the shop still had time when the period ended", func(b *finance.Books, _ *finance.Options) { b.From, b.To = day(1), day(50) }, nil},
		{"before the period", func(b *finance.Books, _ *finance.Options) { b.From = day(27) }, nil},
		{"sold on no statement that was read", func(b *finance.Books, _ *finance.Options) { b.Statements[0].Lines[0].OrderID = "999" }, nil},
		{"a part is settled", func(b *finance.Books, _ *finance.Options) {
			b.Statements[0].Lines[0].Details = append(b.Statements[0].Lines[0].Details, detail(finance.Info, "customer_refund_amount", -300))
		}, []string{"order 576 refund should be settled by now"}},
		{"all is settled", func(b *finance.Books, _ *finance.Options) {
			b.Statements[0].Lines[0].Details = append(b.Statements[0].Lines[0].Details, detail(finance.Info, "customer_refund_amount", -500))
		}, nil},
		{"a part is late, and settled", func(b *finance.Books, _ *finance.Options) {
			b.Sales[0].Refunds = append(b.Sales[0].Refunds, finance.Refund{ID: "2", Minor: 100, At: day(68)})
			b.Statements[0].Lines[0].Details = append(b.Statements[0].Lines[0].Details, detail(finance.Info, "customer_refund_amount", -500))
		}, nil},
		{"a statement was not read", func(b *finance.Books, _ *finance.Options) { b.Statements[1].LinesRead = false }, []string{"statement 70577 not read"}},
	} {
		b, o := twoDays(), options()
		b.Sales[0].Refunds, b.Sales[0].RefundsRead = []finance.Refund{{ID: "1", Minor: 500, At: day(26)}}, true
		o.AsOf = day(70)
		tc.change(&b, &o)
		r := reconcile(t, b, o)
		got := slices.DeleteFunc(wrong(r), func(s string) bool { return !strings.Contains(s, "refund") && !strings.Contains(s, "not read") })
		if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: wrong (-want +got):\n%s", tc.name, diff)
		}
	}
}

// refundedIn lists orders, whatever the time.
type refundedIn []string

func (r refundedIn) RefundedOrders(context.Context, time.Time, time.Time) ([]string, error) {
	if r == nil {
		return nil, errors.New("the line is cut")
	}
	return r, nil
}

// Refunds are read of the orders that the warehouse has refunded, too; where that is not
// known, or they cannot be read, no case of the order is closed.
func TestRefundsOfTheWarehouseAreLookedFor(t *testing.T) {
	t.Parallel()
	queue := new(exceptions.Memory).Shop("uk")
	for _, tc := range []struct {
		refunded refundedIn
		refunds  refunds
		open     int
		unread   string
	}{
		{refundedIn{"576", "999"}, refunds{"576": {{ID: "1", Minor: 500, At: day(26)}}}, 1, ""},
		{nil, refunds{}, 1, "refund "},
		{refundedIn{"576"}, refunds{}, 1, "refund 576"},
		{refundedIn{}, refunds{}, 0, ""},
	} {
		s := &shelf{books: twoDays()}
		reader, err := finance.NewReader(finance.Ports{Statements: s, Payments: s, Estimates: s, Sales: s, Refunds: tc.refunds, Refunded: tc.refunded})
		if err != nil {
			t.Fatal(err)
		}
		b, err := reader.Read(t.Context(), day(1), day(80))
		if (err != nil) != (tc.unread != "") {
			t.Errorf("%v: error %v", tc.refunded, err)
		}
		o := options()
		o.AsOf = day(80)
		r := reconcile(t, b, o)
		if (len(r.Unread) > 0) != (tc.unread != "") || len(r.Unread) > 0 && r.Unread[0].Kind+" "+r.Unread[0].ID != tc.unread {
			t.Errorf("%v: unread %v, want %q", tc.refunded, r.Unread, tc.unread)
		}
		if err := r.Tell(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		if got := objects(t, queue); len(got) != tc.open {
			t.Errorf("%v: open cases %v, want %d", tc.refunded, got, tc.open)
		}
	}
}

// What is settled or released after a period that is long past was not read: nobody asks the
// shop for it.
func TestAPeriodLongPast(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		whole := madeUp(seed, 80, "GBP")
		whole.Estimates = nil // all is settled by now
		s := &shelf{books: whole}
		b, err := s.reader(t).Read(t.Context(), day(1), day(25))
		if err != nil {
			t.Fatal(err)
		}
		r := reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(200)})
		for _, x := range r.Wrong() {
			t.Errorf("seed %d: %v", seed, x)
		}
		held := slices.ContainsFunc(r.Residuals, func(x finance.Residual) bool { return x.Reason == finance.InReserve })
		if open := slices.ContainsFunc(r.Orders, func(o finance.Order) bool { return !o.Settled }); !open || !held && seed == 0 {
			t.Errorf("seed %d: nothing is left for the next period", seed)
		}
	}
	// What the shop itself still lists as not settled is late.
	b := twoDays()
	b.From, b.To, b.Statements, b.Payments = day(1), day(25), b.Statements[:1], b.Payments[:1]
	b.Estimates = []finance.Estimate{{ID: "1", OrderID: "577", Currency: "GBP", Settlement: 1820, Known: true, OrderedAt: day(9), DeliveredAt: day(10), ExpectedAt: day(30)}}
	if diff := cmp.Diff([]string{"order 577 should be settled by now"}, wrong(reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(200)}))); diff != "" {
		t.Errorf("wrong (-want +got):\n%s", diff)
	}
}

// twisted adds to books records that come twice and differ in anything, and records without id.
func twisted(r *rand.Rand, b finance.Books) finance.Books {
	b = clone(b)
	for range 12 {
		s := b.Statements[r.IntN(len(b.Statements))]
		s.Lines = append([]finance.Line(nil), s.Lines...)
		for j := range s.Lines {
			s.Lines[j].Details = append([]finance.Detail(nil), s.Lines[j].Details...)
		}
		switch r.IntN(12) {
		case 0:
			s.Stated.Fees--
			b.Statements = append(b.Statements, s)
		case 1:
			s.Currency = "EUR"
			b.Statements = append(b.Statements, s)
		case 2:
			s.At = s.At.AddDate(0, 0, r.IntN(3)-1)
			b.Statements = append(b.Statements, s)
		case 3:
			s.PaymentID = "1"
			b.Statements = append(b.Statements, s)
		case 4:
			l := s.Lines[r.IntN(len(s.Lines))]
			l.ReserveState, l.OrderID = "RELEASED", "576"
			b.Statements = append(b.Statements, s)
			at := &b.Statements[r.IntN(len(b.Statements))]
			at.Lines = append(at.Lines, l)
		case 5:
			i := r.IntN(len(b.Statements))
			l := b.Statements[i].Lines[0]
			l.Stated.Fees, l.Stated.Revenue = l.Stated.Fees-7, l.Stated.Revenue+7
			b.Statements[i].Lines = append(b.Statements[i].Lines, l)
		case 6:
			i := r.IntN(len(b.Statements))
			l := b.Statements[i].Lines[0]
			l.Details = append([]finance.Detail{detail(finance.Fee, "moon", 3)}, l.Details...)
			b.Statements[i].Lines = append(b.Statements[i].Lines, l)
		case 7:
			p := b.Payments[r.IntN(len(b.Payments))]
			p.ID = ""
			b.Payments = append(b.Payments, p, p)
		case 8:
			p := b.Payments[r.IntN(len(b.Payments))]
			p.CreatedAt, p.Rate = p.CreatedAt.AddDate(0, 0, 1), "1.1"
			b.Payments = append(b.Payments, p)
		case 9:
			s.ID = ""
			b.Statements = append(b.Statements, s, s)
		case 10:
			x := b.Sales[r.IntN(len(b.Sales))]
			x.Rates, x.Units, x.Numbers = []finance.Rate{{Percent: "5", Gross: 3}}, 7, []string{"7"}
			b.Sales = append(b.Sales, x)
		case 11:
			p := b.Payments[r.IntN(len(b.Payments))]
			p.Status, p.Amount.Currency = finance.Failed, "EUR"
			b.Payments = append(b.Payments, p)
		}
	}
	return b
}

// Whatever comes twice and differs, the report is the same in whatever order it came, its
// documents balance, and the clearing accounts are explained.
func TestTwins(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		b := twisted(rand.New(rand.NewPCG(seed, 5)), madeUp(seed, 20, "GBP"))
		first := reconcile(t, b, options())
		want := output(t, first)
		for again := range uint64(4) {
			if diff := cmp.Diff(want, output(t, reconcile(t, shuffled(b, seed*10+again), options()))); diff != "" {
				t.Errorf("seed %d: in another order (-want +got):\n%.2000s", seed, diff)
				break
			}
		}
		numbers := map[string]bool{}
		for _, d := range first.Journal() {
			balanced(t, d)
			if numbers[d.Number] {
				t.Errorf("seed %d: document %s twice", seed, d.Number)
			}
			numbers[d.Number] = true
		}
		for _, c := range first.Clearing {
			var sum int64
			for _, item := range c.Items {
				sum += item.Minor
				if item.Reason == finance.Unexplained {
					t.Errorf("seed %d: %s", seed, fmt.Sprint(item))
				}
			}
			if sum != c.Balance {
				t.Errorf("seed %d: the items come to %d, the account has %d", seed, sum, c.Balance)
			}
		}
	}
}

// A record without an id is none that came twice: it was not read.
func TestRecordsWithoutAnID(t *testing.T) {
	t.Parallel()
	for kind, change := range map[string]func(*finance.Books){
		"statement":  func(b *finance.Books) { b.Statements[0].ID, b.Statements[1].ID = "", "" },
		"payment":    func(b *finance.Books) { b.Payments[0].ID, b.Payments[1].ID = "", "" },
		"withdrawal": func(b *finance.Books) { b.Withdrawals = make([]finance.Withdrawal, 2) },
		"order":      func(b *finance.Books) { b.Sales[0].OrderID, b.Sales[1].OrderID = "", "" },
	} {
		b := twoDays()
		change(&b)
		r := reconcile(t, b, options())
		unread := 0
		for _, u := range r.Unread {
			if u.Kind == kind {
				unread++
			}
		}
		if unread != 2 || r.OK() || r.Repeated != 0 {
			t.Errorf("%s: %d unread, %d repeated, want 2 and none: %v", kind, unread, r.Repeated, r.Unread)
		}
		for _, x := range r.Due() {
			t.Errorf("%s: %v is said to be due", kind, x)
		}
	}
}

// An order that was settled in another currency is told of as that alone: the shop has settled
// it.
func TestAnOrderSettledInAnotherCurrency(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Sales[0].Currency = "EUR"
	o := options()
	o.AsOf = day(90)
	if diff := cmp.Diff([]string{"order 576 another currency"}, wrong(reconcile(t, b, o))); diff != "" {
		t.Errorf("wrong (-want +got):\n%s", diff)
	}
}

// What the shop is still to take of an order is not said to be on its way to the seller.
func TestDueOfNegativeEstimates(t *testing.T) {
	t.Parallel()
	b := twoDays()
	for i, minor := range []int64{900, -250} {
		b.Estimates = append(b.Estimates, finance.Estimate{ID: fmt.Sprint(i), OrderID: fmt.Sprint(580 + i), Currency: "GBP", Settlement: minor, Known: true, OrderedAt: day(9), ExpectedAt: day(20)})
	}
	want := []finance.Due{{Reason: finance.Overdue, Currency: "GBP", Count: 2, Minor: 650}}
	if diff := cmp.Diff(want, reconcile(t, b, options()).Due()); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

// A page of text stays one, however much was not read.
func TestTheTextOfManyUnread(t *testing.T) {
	t.Parallel()
	b := twoDays()
	for i := range 5000 {
		b.Unread = append(b.Unread, finance.Unread{Kind: "order", ID: fmt.Sprint(i), Why: "its total is no amount"})
	}
	text := reconcile(t, b, options()).String()
	if n := strings.Count(text, "\n"); n > 200 || !strings.Contains(text, "and 4950 more were not read") {
		t.Errorf("the page has %d lines:\n%.500s", n, text)
	}
}

// A line that says that its order is of 1970 does not have the warehouse read for all time.
func TestReadAnOrderOfLongAgo(t *testing.T) {
	t.Parallel()
	s := &shelf{books: twoDays()}
	s.books.Statements[0].Lines[0].OrderedAt = time.Unix(1, 0)
	if _, err := s.reader(t).Read(t.Context(), day(10), day(25)); err != nil {
		t.Fatal(err)
	}
	if want := "sales 2024-06-10 2026-03-12"; !slices.Contains(s.calls, want) {
		t.Errorf("calls %q, want %q among them", s.calls, want)
	}
}

// What a payment is found to be is one thing, and the right one.
func TestOddPayments(t *testing.T) {
	t.Parallel()
	gbp := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }
	for _, tc := range []struct {
		name   string
		change func(*finance.Books)
		want   []string
	}{
		{"a negative statement that is said to be paid", func(b *finance.Books) {
			s := statement("702", day(26), finance.Line{ID: "1", Type: "PLATFORM_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -430}, Settlement: -430})
			s.Status = finance.Paid
			b.Statements = append(b.Statements, s)
		}, nil},
		{"one that failed is not paid by an earlier one", func(b *finance.Books) {
			b.Payments = append(b.Payments, finance.Payment{ID: "91", Status: finance.Failed, Amount: gbp(1820), CreatedAt: day(30)})
		}, []string{"payment 91 payment failed"}},
		{"one that failed is paid by a later one", func(b *finance.Books) {
			b.Payments = append(b.Payments, finance.Payment{ID: "91", Status: finance.Failed, Amount: gbp(1820), CreatedAt: day(19)})
		}, nil},
		{"one of no statement, whose parts differ too", func(b *finance.Books) {
			b.Payments = append(b.Payments, finance.Payment{ID: "91", Status: finance.Paid, Amount: gbp(500), Settled: new(gbp(1)), Reserve: new(gbp(1)), CreatedAt: day(30), PaidAt: day(31)})
		}, []string{"payment 91 statement not among those read"}},
		{"one of its statements, whose parts differ", func(b *finance.Books) {
			b.Payments[0].Settled, b.Payments[0].Reserve = new(gbp(1820)), new(gbp(-1))
		}, []string{"payment 90576 payment differs from its statements"}},
	} {
		b := twoDays()
		tc.change(&b)
		if diff := cmp.Diff(tc.want, wrong(reconcile(t, b, options()))); diff != "" {
			t.Errorf("%s: wrong (-want +got):\n%s", tc.name, diff)
		}
	}
}

// An adjustment has no order date: it counts in the month of its settlement, also if its order
// was placed before.
func TestTheMonthOfAnAdjustment(t *testing.T) {
	t.Parallel()
	b := twoDays()
	for i := range b.Sales {
		b.Sales[i].OrderedAt = day(1).AddDate(0, 0, -3) // in May
		b.Statements[i].Lines[0].OrderedAt = time.Time{}
	}
	b.Statements = append(b.Statements, statement("702", day(26), finance.Line{ID: "1", Type: "PLATFORM_PENALTY", OrderID: "576", Stated: finance.Parts{Adjustment: -430}, Settlement: -430}))
	o := options()
	o.Basis = finance.ByOrder
	var accounts []string
	for _, x := range reconcile(t, b, o).Month(2026, time.May, nil).Rollover {
		for _, e := range x.Entries {
			accounts = append(accounts, e.Account)
		}
	}
	if want := []string{string(finance.Sales), string(finance.Commission)}; !slices.Equal(accounts, want) {
		t.Errorf("May rolls over %q, want %q and no penalty", accounts, want)
	}
}
