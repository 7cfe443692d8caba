package finance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

func reconcile(t testing.TB, b finance.Books, o finance.Options) *finance.Report {
	t.Helper()
	r, err := finance.Reconcile(b, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wrong(r *finance.Report) []string {
	var list []string
	for _, x := range r.Wrong() {
		list = append(list, fmt.Sprintf("%s %s %s", x.Of, x.ID, x.Reason))
	}
	return list
}

// What a month of trade leaves has a reason that passes, and every penny a place.
func TestAMonthThatIsRight(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		b := madeUp(seed, 120, "GBP")
		r := reconcile(t, b, options())
		if !r.OK() {
			t.Fatalf("seed %d: %v", seed, r.Wrong())
		}
		if len(r.UnknownNames) > 0 {
			t.Errorf("seed %d: unknown names %q", seed, r.UnknownNames)
		}
		var lines, payable, categories int64
		for _, s := range b.Statements {
			for _, l := range s.Lines {
				lines += l.Settlement + l.Reserve
			}
			payable += s.Totals.Payable
		}
		for _, c := range r.Categories {
			categories += c.Minor
			if c.Category == finance.NotExplained || strings.HasPrefix(string(c.Category), "unnamed") {
				t.Errorf("seed %d: %s has %d", seed, c.Category, c.Minor)
			}
		}
		if lines != payable || categories != lines {
			t.Errorf("seed %d: lines %d, statements %d, categories %d", seed, lines, payable, categories)
		}
		c := r.Clearing[0]
		var items int64
		for _, item := range c.Items {
			items += item.Minor
			if item.Reason != finance.PaymentPending && item.Reason != finance.Carried {
				t.Errorf("seed %d: %+v keeps the account from zero", seed, item)
			}
		}
		if items != c.Balance || c.Balance != c.Settled-c.Paid || c.Settled != payable {
			t.Errorf("seed %d: balance %d, items %d, settled %d, paid %d", seed, c.Balance, items, c.Settled, c.Paid)
		}
	}
}

// plant changes one amount by a penny and says what has to be found.
var plants = []struct {
	name  string
	plant func(r *rand.Rand, b *finance.Books) (found string)
}{
	{"settlement of a line", func(r *rand.Rand, b *finance.Books) string {
		l := orderLine(r, b)
		l.Settlement++
		return "line " + l.ID + " " + string(finance.LineNotAdding)
	}},
	{"revenue of a line", func(r *rand.Rand, b *finance.Books) string {
		l := orderLine(r, b)
		l.Stated.Revenue--
		return "line " + l.ID + " " + string(finance.LineNotAdding)
	}},
	{"fees of a line", func(r *rand.Rand, b *finance.Books) string {
		l := orderLine(r, b)
		l.Stated.Fees++
		return "line " + l.ID + " " + string(finance.LineNotAdding)
	}},
	{"shipping of a line", func(r *rand.Rand, b *finance.Books) string {
		l := orderLine(r, b)
		l.Stated.Shipping++
		return "line " + l.ID + " " + string(finance.LineNotAdding)
	}},
	{"a detail of a line", func(r *rand.Rand, b *finance.Books) string {
		l := orderLine(r, b)
		l.Details[r.IntN(4)].Minor-- // those at the end are for information
		return "line " + l.ID + " " + string(finance.UnnamedAmount)
	}},
	{"settlement of a statement", func(r *rand.Rand, b *finance.Books) string {
		s := paidStatement(r, b)
		s.Settlement--
		return "statement " + s.ID + " " + string(finance.StatementDiffers)
	}},
	{"fees of a statement", func(r *rand.Rand, b *finance.Books) string {
		s := paidStatement(r, b)
		s.Stated.Fees++
		return "statement " + s.ID + " " + string(finance.StatementDiffers)
	}},
	{"reserve of a statement", func(r *rand.Rand, b *finance.Books) string {
		s := paidStatement(r, b)
		s.Totals.Reserve++
		return "statement " + s.ID + " " + string(finance.StatementDiffers)
	}},
	{"payable of a statement", func(r *rand.Rand, b *finance.Books) string {
		s := paidStatement(r, b)
		s.Totals.Payable++
		return "statement " + s.ID + " " + string(finance.StatementDiffers)
	}},
	{"a payment", func(r *rand.Rand, b *finance.Books) string {
		p := &b.Payments[r.IntN(len(b.Payments))]
		p.Amount.Minor++
		return "payment " + p.ID + " " + string(finance.PaymentDiffers)
	}},
	{"what the buyer paid", func(r *rand.Rand, b *finance.Books) string {
		s := settledSale(r, b)
		s.Paid++
		return "order " + s.OrderID + " " + string(finance.WarehouseDiffers)
	}},
	{"the order's total in the warehouse", func(r *rand.Rand, b *finance.Books) string {
		s := settledSale(r, b)
		s.Total--
		return "order " + s.OrderID + " " + string(finance.WarehouseDiffers)
	}},
	{"both of these", func(r *rand.Rand, b *finance.Books) string {
		s := settledSale(r, b)
		s.Total++
		s.Funded++
		return "order " + s.OrderID + " " + string(finance.OrderDiffers)
	}},
}

func orderLine(r *rand.Rand, b *finance.Books) *finance.Line {
	for {
		s := &b.Statements[r.IntN(len(b.Statements))]
		if l := &s.Lines[r.IntN(len(s.Lines))]; l.Type == finance.OrderLine {
			return l
		}
	}
}

func paidStatement(r *rand.Rand, b *finance.Books) *finance.Statement {
	for {
		if s := &b.Statements[r.IntN(len(b.Statements))]; s.PaymentID != "" {
			return s
		}
	}
}

func settledSale(r *rand.Rand, b *finance.Books) *finance.Sale {
	l := orderLine(r, b)
	for i := range b.Sales {
		if s := &b.Sales[i]; s.OrderID == l.OrderID {
			return s
		}
	}
	panic("no sale of the line")
}

// seeds is how many made-up months a test tries: with -short a tenth of n.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return (n + 9) / 10
	}
	return n
}

// Every penny that is off is found, once, where it is, and nothing else.
func TestPlantedPennies(t *testing.T) {
	t.Parallel()
	for seed := range seeds(100) {
		whole := madeUp(seed, 40, "GBP")
		for _, p := range plants {
			b := clone(whole)
			want := p.plant(rand.New(rand.NewPCG(seed, 99)), &b)
			if diff := cmp.Diff([]string{want}, wrong(reconcile(t, b, options()))); diff != "" {
				t.Errorf("seed %d, %s: found (-want +got):\n%s", seed, p.name, diff)
			}
		}
	}
}

// Several errors at once hide none.
func TestManyPlantedPennies(t *testing.T) {
	t.Parallel()
	for seed := range seeds(100) {
		b := madeUp(seed, 60, "GBP")
		r := rand.New(rand.NewPCG(seed, 7))
		want := map[string]bool{}
		for _, i := range r.Perm(len(plants))[:4] {
			if plants[i].name == "payable of a statement" {
				continue // a payment of a penny more would agree with it
			}
			want[plants[i].plant(r, &b)] = true
		}
		got := map[string]bool{}
		for _, x := range reconcile(t, b, options()).Residuals {
			got[fmt.Sprintf("%s %s", x.Of, x.ID)] = true
		}
		for w := range want {
			if words := strings.Fields(w); !got[words[0]+" "+words[1]] {
				t.Errorf("seed %d: nothing was found of %s", seed, w)
			}
		}
	}
}

// output is everything that a report writes.
func output(t testing.TB, r *finance.Report) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(r.String())
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(text)
	m := r.Month(2026, time.June, nil)
	for _, err := range []error{finance.WriteJournal(&b, r.Journal()), finance.WriteJournal(&b, m.Documents), r.WriteSummary(&b), r.WriteOrders(&b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestTheOrderOfTheInputDoesNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range seeds(12) {
		b := madeUp(seed, 100, "GBP")
		if seed%2 == 1 { // wrong ones too
			r := rand.New(rand.NewPCG(seed, 8))
			for _, p := range plants {
				p.plant(r, &b)
			}
		}
		b.Unread = []finance.Unread{{Kind: "line", StatementID: b.Statements[0].ID, Why: "no id"}, {Kind: "payment", ID: "7"}}
		before := output(t, reconcile(t, clone(b), options()))
		again := output(t, reconcile(t, b, options()))
		if before != again {
			t.Errorf("seed %d: run twice on the same books it says something else: they were changed", seed)
		}
		for k := range uint64(5) {
			if got := output(t, reconcile(t, shuffled(b, k), options())); got != before {
				t.Fatalf("seed %d, shuffle %d: (-first +shuffled)\n%s", seed, k, cmp.Diff(strings.Split(before, "\n"), strings.Split(got, "\n")))
			}
		}
	}
}

// Two currencies are two accounts, and no sum has both.
func TestTwoCurrencies(t *testing.T) {
	t.Parallel()
	pounds, dollars := madeUp(1, 60, "GBP"), madeUp(2, 60, "USD")
	both := pounds
	both.Statements = append(both.Statements, dollars.Statements...)
	both.Payments = append(both.Payments, dollars.Payments...)
	both.Sales = append(both.Sales, dollars.Sales...)
	both.Estimates = append(both.Estimates, dollars.Estimates...)
	r := reconcile(t, both, options())
	var want []finance.CategorySum
	want = append(want, reconcile(t, madeUp(1, 60, "GBP"), options()).Categories...)
	want = append(want, reconcile(t, dollars, options()).Categories...)
	if diff := cmp.Diff(want, r.Categories); diff != "" {
		t.Errorf("categories (-apart +together):\n%s", diff)
	}
	if len(r.Clearing) != 2 || !r.OK() {
		t.Errorf("%d clearing accounts, wrong: %v", len(r.Clearing), r.Wrong())
	}
	for _, d := range r.Journal() {
		if d.Currency != "GBP" && d.Currency != "USD" {
			t.Errorf("document %s is in %q", d.Number, d.Currency)
		}
	}

	// A payment in another currency than its statement is compared with nothing.
	one := madeUp(3, 40, "GBP")
	one.Payments[0].Amount.Currency = "EUR"
	if diff := cmp.Diff([]string{"payment " + one.Payments[0].ID + " another currency"}, wrong(reconcile(t, one, options()))); diff != "" {
		t.Errorf("a payment in euro of a statement in pounds (-want +got):\n%s", diff)
	}
	// One that was exchanged names both.
	one.Payments[0].Before = money.Amount{Minor: one.Payments[0].Amount.Minor, Currency: "GBP"}
	one.Payments[0].Amount.Minor = one.Payments[0].Amount.Minor * 117 / 100
	if r := reconcile(t, one, options()); !r.OK() {
		t.Errorf("an exchanged payment: %v", r.Wrong())
	}
	// So is a line.
	one = madeUp(3, 40, "GBP")
	one.Statements[1].Lines[0].Currency = "EUR"
	r = reconcile(t, one, options())
	if len(r.Unread) != 1 || r.OK() {
		t.Errorf("a line in euro on a statement in pounds: unread %v", r.Unread)
	}
}

// A line that could not be read costs that line: the statement says that it is not proven,
// and everything else is as it was.
func TestAnUnreadLine(t *testing.T) {
	t.Parallel()
	b := madeUp(5, 80, "GBP")
	s := &b.Statements[6]
	lost := s.Lines[0]
	s.Lines = s.Lines[1:]
	b.Unread = []finance.Unread{{Kind: "line", ID: lost.ID, StatementID: s.ID, Why: "settlement_amount: not a number"}}
	r := reconcile(t, b, options())
	var found *finance.StatementResult
	proven := 0
	for i := range r.Statements {
		if r.Statements[i].ID == s.ID {
			found = &r.Statements[i]
		} else if r.Statements[i].Proven {
			proven++
		}
	}
	if found.Proven || found.Unread != 1 || proven != len(r.Statements)-1 || r.OK() {
		t.Errorf("the statement is %+v, %d others proven", found, proven)
	}
	for _, x := range r.Wrong() {
		if x.Of == finance.OfStatement && x.Reason != finance.NotRead {
			t.Errorf("got %v", x)
		}
	}
	// Lines that were never asked for are not zero either.
	b = madeUp(5, 80, "GBP")
	b.Statements[3].Lines, b.Statements[3].LinesRead = nil, false
	want := []string{"statement " + b.Statements[3].ID + " not read"}
	if diff := cmp.Diff(want, wrong(reconcile(t, b, options()))); diff != "" {
		t.Errorf("lines not read (-want +got):\n%s", diff)
	}
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*finance.Options)
		want   string
	}{
		{"no shop", func(o *finance.Options) { o.Shop = "" }, "Shop"},
		{"no moment", func(o *finance.Options) { o.AsOf = time.Time{} }, "AsOf"},
		{"basis", func(o *finance.Options) { o.Basis = "delivered" }, "Basis"},
		{"negative", func(o *finance.Options) { o.PayWithin = -1 }, "PayWithin"},
		{"category", func(o *finance.Options) { o.Rates = map[finance.Category]string{"x": "20"} }, "Rates"},
	} {
		o := options()
		tc.change(&o)
		if _, err := finance.Reconcile(finance.Books{}, o); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want one that names %s", tc.name, err, tc.want)
		}
	}
}

func BenchmarkReconcile(b *testing.B) {
	books := madeUp(1, 100_000, "GBP")
	o := options()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := finance.Reconcile(books, o); err != nil {
			b.Fatal(err)
		}
	}
}
