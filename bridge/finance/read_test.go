package finance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// shelf is a shop and a warehouse whose books are known.
type shelf struct {
	books finance.Books
	fail  map[string]error

	mu    sync.Mutex
	calls []string
}

func (s *shelf) call(what string, from, to time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf("%s %s %s", what, from.Format(time.DateOnly), to.Format(time.DateOnly)))
	return s.fail[what]
}

func within[T any](list []T, at func(T) time.Time, from, to time.Time) (found []T) {
	for _, v := range list {
		if t := at(v); !t.Before(from) && t.Before(to) {
			found = append(found, v)
		}
	}
	return found
}

func (s *shelf) Statements(_ context.Context, from, to time.Time) ([]finance.Statement, []finance.Unread, error) {
	if err := s.call("statements", from, to); err != nil {
		return nil, nil, err
	}
	list := within(s.books.Statements, func(x finance.Statement) time.Time { return x.At }, from, to)
	list = slices.Clone(list)
	for i := range list {
		list[i].Lines, list[i].LinesRead = nil, false
	}
	return list, nil, nil
}

func (s *shelf) StatementLines(_ context.Context, x finance.Statement) (finance.Statement, []finance.Unread, error) {
	for _, full := range s.books.Statements {
		if full.ID == x.ID {
			if err := s.fail["lines "+x.ID]; err != nil { // after the first page
				full.Lines = full.Lines[:1]
				return full, nil, err
			}
			return full, nil, nil
		}
	}
	return x, nil, errors.New("no such statement")
}

func (s *shelf) Payments(_ context.Context, from, to time.Time) ([]finance.Payment, []finance.Unread, error) {
	err := s.call("payments", from, to)
	return within(s.books.Payments, func(x finance.Payment) time.Time { return x.CreatedAt }, from, to), nil, err
}

func (s *shelf) Estimates(_ context.Context, from, to time.Time) ([]finance.Estimate, []finance.Unread, error) {
	err := s.call("estimates", from, to)
	return within(s.books.Estimates, func(x finance.Estimate) time.Time { return x.OrderedAt }, from, to), nil, err
}

func (s *shelf) Sales(_ context.Context, from, to time.Time) ([]finance.Sale, []finance.Unread, error) {
	err := s.call("sales", from, to)
	return within(s.books.Sales, func(x finance.Sale) time.Time { return x.OrderedAt }, from, to), nil, err
}

func (s *shelf) reader(t *testing.T) *finance.Reader {
	t.Helper()
	r, err := finance.NewReader(finance.Ports{Statements: s, Payments: s, Estimates: s, Sales: s})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Any period is read so that nothing is found wrong but what is: payments at its edges,
// orders from before it and what is settled after it have reasons that pass.
func TestReadAPeriod(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		s := &shelf{books: madeUp(seed, 80, "GBP")}
		for _, p := range [][2]int{{1, 50}, {10, 25}, {20, 30}} {
			b, err := s.reader(t).Read(t.Context(), day(p[0]), day(p[1]))
			if err != nil {
				t.Fatal(err)
			}
			r := reconcile(t, b, finance.Options{Shop: "UK", AsOf: day(min(p[1], 40))})
			for _, x := range r.Wrong() {
				t.Errorf("seed %d, days %v: %v", seed, p, x)
			}
			for _, statement := range r.Statements {
				if !statement.Proven {
					t.Errorf("seed %d, days %v: statement %s is not proven", seed, p, statement.ID)
				}
			}
		}
	}
	s := &shelf{books: madeUp(1, 40, "GBP")}
	if _, err := s.reader(t).Read(t.Context(), day(10), day(25)); err != nil {
		t.Fatal(err)
	}
	want := []string{"statements 2026-06-10 2026-06-25", "payments 2026-06-10 2026-07-26", "statements 2026-05-10 2026-06-10", "estimates 2026-03-12 2026-06-25", "sales 2026-03-12 2026-06-25"}
	slices.Sort(want) // the two sides are read at once
	slices.Sort(s.calls)
	if diff := cmp.Diff(want, s.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// What cannot be read is missing, and said to be: the rest is there.
func TestReadWhatCanBeRead(t *testing.T) {
	t.Parallel()
	whole := madeUp(2, 60, "GBP")
	broken := whole.Statements[4].ID
	for _, tc := range []struct {
		what string
		read func(finance.Books) bool
	}{
		{"lines " + broken, func(b finance.Books) bool { return b.Statements[4].LinesRead }},
		{"payments", func(b finance.Books) bool { return b.PaymentsRead }},
		{"estimates", func(b finance.Books) bool { return b.EstimatesRead }},
		{"sales", func(b finance.Books) bool { return b.SalesRead }},
	} {
		s := &shelf{books: whole, fail: map[string]error{tc.what: errors.New("the line is cut")}}
		b, err := s.reader(t).Read(t.Context(), day(1), day(40))
		if err == nil || !strings.Contains(err.Error(), "the line is cut") || tc.read(b) {
			t.Errorf("%s: error %v, read %t", tc.what, err, tc.read(b))
		}
		if len(b.Statements) != len(whole.Statements) {
			t.Errorf("%s: %d statements, want %d", tc.what, len(b.Statements), len(whole.Statements))
		}
		if n := len(b.Statements[4].Lines); n == 0 {
			t.Errorf("%s: no line of the statement is left of those that were read", tc.what)
		}
		r := reconcile(t, b, options())
		for _, x := range r.Wrong() {
			if x.ID != broken {
				t.Errorf("%s: %v is taken for wrong", tc.what, x)
			}
		}
	}
	s := &shelf{books: whole, fail: map[string]error{"statements": errors.New("the line is cut")}}
	if b, err := s.reader(t).Read(t.Context(), day(1), day(40)); err == nil || len(b.Payments) > 0 || len(b.Sales) > 0 || b.SalesRead {
		t.Errorf("no statements: %v, %d payments and %d orders, which nothing can be compared with", err, len(b.Payments), len(b.Sales))
	}
	empty := &shelf{books: twoDays(), fail: map[string]error{"payments": errors.New("the line is cut")}}
	empty.books.Statements = empty.books.Statements[1:]
	empty.books.Statements[0].Lines = nil
	if b, err := empty.reader(t).Read(t.Context(), day(15), day(40)); err == nil || len(b.Sales) != 0 || !b.SalesRead || !b.Statements[0].LinesRead {
		t.Errorf("a statement without lines: %v, orders read %t, lines read %t", err, b.SalesRead, b.Statements[0].LinesRead)
	}
}

// refunds are those of the warehouse, by order.
type refunds map[string][]finance.Refund

func (r refunds) Refunds(_ context.Context, ids []string) (map[string][]finance.Refund, error) {
	found := map[string][]finance.Refund{}
	var err error
	for _, id := range ids {
		if list, ok := r[id]; ok {
			found[id] = list
		} else {
			err = errors.New("order " + id + " is not there")
		}
	}
	return found, err
}

// Refunds of the warehouse are read for the orders that a statement refunds, and compared;
// one that cannot be read is no refund of nothing.
func TestReadRefunds(t *testing.T) {
	back := func(id, order string) finance.Line {
		return finance.Line{ID: id, Type: finance.OrderLine, OrderID: order, Stated: finance.Parts{Revenue: -2000}, Settlement: -2000, Details: []finance.Detail{
			detail(finance.Revenue, "subtotal_before_discount_amount", -2000), detail(finance.Info, "customer_refund_amount", -2000),
		}}
	}
	sale := func(id string) finance.Sale {
		return finance.Sale{OrderID: id, Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(8)}
	}
	s := &shelf{books: finance.Books{
		Statements: []finance.Statement{statement("700", day(9), order("1", "576", 2000, 0), back("2", "576"), order("3", "577", 2000, 0), back("4", "577"), order("5", "578", 2000, 0))},
		Sales:      []finance.Sale{sale("576"), sale("577"), sale("578")},
	}}
	r, err := finance.NewReader(finance.Ports{Statements: s, Sales: s, Refunds: refunds{"576": {{ID: "9", Minor: 1999}}, "578": nil}})
	if err != nil {
		t.Fatal(err)
	}
	books, err := r.Read(t.Context(), day(1), day(28))
	if err == nil || !strings.Contains(err.Error(), "order 577 is not there") {
		t.Errorf("error %v, want that of order 577", err)
	}
	var got []string
	for _, sale := range books.Sales {
		got = append(got, fmt.Sprintf("%s %t %d", sale.OrderID, sale.RefundsRead, len(sale.Refunds)))
	}
	if want := []string{"576 true 1", "577 false 0", "578 false 0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	report := reconcile(t, books, options())
	var found []string
	for _, x := range report.Residuals {
		if x.Reason == finance.RefundUnknown {
			found = append(found, fmt.Sprintf("%s %d", x.ID, x.Minor))
		}
	}
	if want := []string{"576 1"}; !slices.Equal(found, want) {
		t.Errorf("refunds that differ: %q, want %q", found, want)
	}
}

// A watch tells of what is wrong, closes it once it is right, and reads only whole days.
func TestWatch(t *testing.T) {
	s := &shelf{books: finance.Books{Statements: []finance.Statement{statement("700", day(9), order("1", "576", 2000, 0))}}, fail: map[string]error{}}
	r, err := finance.NewReader(finance.Ports{Statements: s, Sales: s})
	if err != nil {
		t.Fatal(err)
	}
	queue := new(exceptions.Memory).Shop("uk")
	for name, o := range map[string]finance.WatchOptions{
		"Days": {Options: options()}, "Shop": {Days: 1},
	} {
		if _, err := finance.NewWatch(r, queue, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := finance.NewWatch(nil, nil, finance.WatchOptions{Options: options(), Days: 1}); err == nil {
		t.Error("a watch of nothing")
	}
	now := day(20).Add(9 * time.Hour)
	values := new(store.Memory).Shop("uk")
	if _, found, err := finance.Last(t.Context(), values); found || err != nil {
		t.Errorf("before the first run there is a report, or %v", err)
	}
	w, err := finance.NewWatch(r, queue, finance.WatchOptions{Options: options(), Days: 30, Values: values, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	run := func(cases int, wantErr bool) finance.WatchReport {
		t.Helper()
		now = now.Add(time.Minute)
		report, err := w.Run(t.Context())
		open, failed := queue.Open(t.Context())
		if failed != nil || len(open) != cases || (err != nil) != wantErr {
			t.Errorf("%s, %v: %v open, want %d", report, err, open, cases)
		}
		return report
	}
	if report := run(1, false); report.Statements != 1 || report.Wrong != 1 || !report.To.Equal(day(20)) || !report.From.Equal(day(20).AddDate(0, 0, -30)) {
		t.Errorf("got %s, want one statement, and an order that the warehouse does not have", report)
	}
	kept, found, err := finance.Last(t.Context(), values)
	if err != nil || !found || kept.Statements != 1 || len(kept.Look) != 1 || kept.Look[0].Object != "order 576" || kept.Look[0].Seen == "" || kept.Look[0].Do == "" {
		t.Errorf("kept for a page: %+v, %v, %v", kept, found, err)
	}
	s.fail["sales"] = errors.New("down")
	run(1, true) // what was not read closes nothing
	delete(s.fail, "sales")
	s.books.Sales = []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: day(8), ShippedAt: day(8)}}
	run(0, false)
	if h := w.Health(); !h.Healthy() {
		t.Errorf("health %s", h)
	}
}

// What could not be read is in the report that is kept, so that no page calls it complete.
func TestKeptReportSaysWhatWasNotRead(t *testing.T) {
	for _, what := range []string{"statements", "payments", "estimates", "sales"} {
		s := &shelf{books: madeUp(1, 80, "GBP"), fail: map[string]error{what: errors.New("503 of the shop")}}
		values := new(store.Memory).Shop("UK")
		w, err := finance.NewWatch(s.reader(t), new(exceptions.Memory).Shop("UK"), finance.WatchOptions{Options: options(), Days: 60, Values: values, Now: func() time.Time { return day(40) }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Run(t.Context())
		kept, found, failed := finance.Last(t.Context(), values)
		if err == nil || !found || failed != nil || !strings.Contains(kept.NotRead, "503 of the shop") || !strings.Contains(kept.String(), "NOT COMPLETE") {
			t.Errorf("%s failed: kept %+v, %v; run %v", what, kept, failed, err)
		}
	}
}

// An order that was settled long after it was placed is read too, with one call more.
func TestReadAnOldOrder(t *testing.T) {
	t.Parallel()
	placed := day(10).AddDate(0, 0, -200)
	l := order("1", "576", 2000, 180)
	l.OrderedAt = placed
	s := &shelf{books: finance.Books{
		Statements: []finance.Statement{statement("700", day(12), l)},
		Sales:      []finance.Sale{{OrderID: "576", Currency: "GBP", Paid: 2000, Total: 2000, TotalKnown: true, OrderedAt: placed}},
	}}
	b, err := s.reader(t).Read(t.Context(), day(10), day(25))
	if err != nil {
		t.Fatal(err)
	}
	if r := reconcile(t, b, options()); len(r.Orders) != 1 || !r.Orders[0].InWarehouse {
		t.Errorf("orders %+v, want the old one with what it was sold for", r.Orders)
	}
	slices.Sort(s.calls)
	if want := []string{"sales 2025-11-22 2026-03-12", "sales 2026-03-12 2026-06-25"}; !slices.Equal(s.calls[2:4], want) {
		t.Errorf("calls %q, want %q", s.calls, want)
	}
}

// A payment made after the period is of it if it pays one of its statements.
func TestReadPaymentsAfterThePeriod(t *testing.T) {
	t.Parallel()
	s := &shelf{books: twoDays()}
	for i := range s.books.Payments {
		s.books.Payments[i].CreatedAt = day(24 + i)
	}
	b, err := s.reader(t).Read(t.Context(), day(19), day(21)) // the second statement is made on the 21st
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range b.Payments {
		got = append(got, p.ID)
	}
	if want := []string{"90576"}; !slices.Equal(got, want) {
		t.Errorf("payments %q, want %q", got, want)
	}
	if c := reconcile(t, b, options()).Clearing; len(c) != 1 || c[0].Balance != 0 || len(c[0].Items) != 0 {
		t.Errorf("clearing account %+v, want none of what is of another period", c)
	}
}

// odd is a shelf some of whose records cannot be read.
type odd struct{ *shelf }

func (o odd) unread(kind string) []finance.Unread {
	return []finance.Unread{{Kind: kind, ID: "odd", Why: "an amount is none"}}
}

func (o odd) Statements(ctx context.Context, from, to time.Time) ([]finance.Statement, []finance.Unread, error) {
	list, _, err := o.shelf.Statements(ctx, from, to)
	return list, o.unread("statement"), err
}

func (o odd) StatementLines(ctx context.Context, s finance.Statement) (finance.Statement, []finance.Unread, error) {
	s, _, err := o.shelf.StatementLines(ctx, s)
	return s, o.unread("line"), err
}

func (o odd) Payments(ctx context.Context, from, to time.Time) ([]finance.Payment, []finance.Unread, error) {
	list, _, err := o.shelf.Payments(ctx, from, to)
	return list, o.unread("payment"), err
}

func (o odd) Estimates(ctx context.Context, from, to time.Time) ([]finance.Estimate, []finance.Unread, error) {
	list, _, err := o.shelf.Estimates(ctx, from, to)
	return list, o.unread("estimate"), err
}

func (o odd) Sales(ctx context.Context, from, to time.Time) ([]finance.Sale, []finance.Unread, error) {
	list, _, err := o.shelf.Sales(ctx, from, to)
	return list, o.unread("order"), err
}

func (o odd) Withdrawals(_ context.Context, from, to time.Time) ([]finance.Withdrawal, []finance.Unread, error) {
	return nil, o.unread("withdrawal"), o.call("withdrawals", from, to)
}

func (o odd) OrderRows(_ context.Context, id string) (finance.OrderRows, error) {
	return finance.OrderRows{OrderID: id}, o.fail["order "+id]
}

// Every record that cannot be read is in the books, and so is every list that breaks off.
func TestNothingUnreadIsLeftOut(t *testing.T) {
	t.Parallel()
	kinds := func(b finance.Books) (list []string) {
		for _, u := range b.Unread {
			if !slices.Contains(list, u.Kind+" "+u.ID) {
				list = append(list, u.Kind+" "+u.ID)
			}
		}
		slices.Sort(list)
		return list
	}
	all := []string{"estimate odd", "line odd", "order odd", "payment odd", "statement odd", "withdrawal odd"}
	for _, broken := range []string{"", "payments", "estimates", "withdrawals", "sales"} {
		o := odd{&shelf{books: twoDays(), fail: map[string]error{broken: errors.New("the line is cut")}}}
		r, err := finance.NewReader(finance.Ports{Statements: o, Payments: o, Estimates: o, Withdrawals: o, Sales: o, Orders: o})
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Read(t.Context(), day(15), day(40))
		if (err != nil) != (broken != "") {
			t.Errorf("%q breaks off: error %v", broken, err)
		}
		want := append(slices.Clone(all), "statement ") // of those before the period
		if broken != "" {
			want = append(want, map[string]string{"payments": "payment", "estimates": "estimate", "withdrawals": "withdrawal", "sales": "order"}[broken]+" ")
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, kinds(b)); diff != "" {
			t.Errorf("%q breaks off: unread (-want +got):\n%s", broken, diff)
		}
		if len(b.Withdrawals) > 0 || b.WithdrawalsRead != (broken != "withdrawals") {
			t.Errorf("%q breaks off: withdrawals read %t", broken, b.WithdrawalsRead)
		}
		o.fail["order 577"] = errors.New("no such order")
		err = r.ReadOrders(t.Context(), &b, "576", "577", "578")
		if err == nil || !strings.Contains(err.Error(), "order 577: no such order") || len(b.OrderRows) != 2 {
			t.Errorf("the lists of three orders, one of which fails: %v, %d read", err, len(b.OrderRows))
		}
	}
	s := &shelf{books: twoDays()}
	if err := s.reader(t).ReadOrders(t.Context(), &finance.Books{}, "576"); err == nil || !strings.Contains(err.Error(), "Orders") {
		t.Errorf("without the port: error %v", err)
	}
	for _, to := range []time.Time{day(10), day(9)} {
		if _, err := s.reader(t).Read(t.Context(), day(10), to); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("a period from the 10th to the %dth: error %v", to.Day(), err)
		}
	}
	if _, err := finance.NewReader(finance.Ports{}); err == nil || !strings.Contains(err.Error(), "Statements") {
		t.Errorf("no ports: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.reader(t).Read(ctx, day(15), day(40)); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that is stopped: error %v", err)
	}
}

// Statements from before the period are read if no payment has paid them, and those alone.
func TestReadWhatIsOwedBeforeThePeriod(t *testing.T) {
	t.Parallel()
	s := &shelf{books: twoDays()}
	s.books.Statements[1].PaymentID = ""
	b, err := s.reader(t).Read(t.Context(), day(22), day(40))
	if err != nil || len(b.Before) != 1 || b.Before[0].ID != "70577" || len(b.Before[0].Lines) != 1 || len(b.Statements) != 0 || len(b.Unread) != 0 {
		t.Errorf("got %+v and unread %v (%v), want the statement that is not paid, with its line", b.Before, b.Unread, err)
	}
	s.fail = map[string]error{"lines 70577": errors.New("the line is cut")}
	if b, err = s.reader(t).Read(t.Context(), day(22), day(40)); err == nil || len(b.Unread) != 1 || b.Unread[0].Kind != "statement" {
		t.Errorf("its lines break off: error %v, unread %v", err, b.Unread)
	}
}

// credited is told of what was paid for losses.
type credited struct {
	credits map[string][]time.Time
	err     error
}

func (c *credited) Paid(_ context.Context, credits map[string][]time.Time) error {
	c.credits = credits
	return c.err
}

// brokenValues is a store that fails.
type brokenValues struct{ store.Values }

func (brokenValues) Value(context.Context, string) ([]byte, bool, error) {
	return nil, false, errors.New("the disk is full")
}

func (brokenValues) PutValue(context.Context, string, []byte) error {
	return errors.New("the disk is full")
}

// A run tells the claims of what was paid, and of what it could not do.
func TestWatchTellsOfCreditsAndFailures(t *testing.T) {
	t.Parallel()
	s := &shelf{books: twoDays()}
	s.books.Statements[0].Lines = append(s.books.Statements[0].Lines, finance.Line{ID: "9", Type: "LOGISTICS_REIMBURSEMENT", OrderID: "576", Stated: finance.Parts{Adjustment: 100}, Settlement: 100})
	told := &credited{}
	o := finance.WatchOptions{Options: options(), Days: 366, Claims: told, Now: func() time.Time { return asOf }}
	queue := new(exceptions.Memory).Shop("uk")
	run := func(ctx context.Context, values store.Values) error {
		t.Helper()
		o.Values = values
		w, err := finance.NewWatch(s.reader(t), queue, o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Run(ctx)
		if h := w.Health(); (h.Failures > 0) != (err != nil) {
			t.Errorf("health %v after the error %v", h, err)
		}
		return err
	}
	if err := run(t.Context(), nil); err != nil || len(told.credits["576"]) != 1 {
		t.Errorf("told %v (%v), want the credit of order 576", told.credits, err)
	}
	told.err = errors.New("the queue is locked")
	if err := run(t.Context(), brokenValues{}); err == nil || !strings.Contains(err.Error(), "disk is full") || !strings.Contains(err.Error(), "queue is locked") {
		t.Errorf("error %v, want both", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	told.credits, told.err = nil, nil
	if err := run(ctx, nil); !errors.Is(err, context.Canceled) || told.credits != nil {
		t.Errorf("a run that is stopped: error %v, told %v", err, told.credits)
	}
	if _, _, err := finance.Last(t.Context(), brokenValues{}); err == nil {
		t.Error("a report that cannot be read: no error")
	}
	values := new(store.Memory).Shop("uk")
	if err := values.PutValue(t.Context(), "finance/last", []byte("?")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := finance.Last(t.Context(), values); err == nil {
		t.Error("a report that is none: no error")
	}
	o.Days = 367
	if _, err := finance.NewWatch(s.reader(t), queue, o); err == nil || !strings.Contains(err.Error(), "367") {
		t.Errorf("367 days: error %v", err)
	}
	o.Days = 1
	if _, err := finance.NewWatch(s.reader(t), nil, o); err == nil {
		t.Error("no queue: no error")
	}
	if text := (finance.WatchReport{Statements: 1, Unread: 1}).String(); !strings.Contains(text, "1 record not read") || strings.Contains(text, "NOT COMPLETE") {
		t.Errorf("the line of a report is %q", text)
	}
}

// A period has its own orders and payments, and of those around it what it is about.
func TestWhatAPeriodIsAbout(t *testing.T) {
	t.Parallel()
	s := &shelf{books: twoDays()}
	sale := func(id string, at time.Time) finance.Sale {
		return finance.Sale{OrderID: id, Currency: "GBP", Paid: 100, Total: 100, TotalKnown: true, OrderedAt: at}
	}
	s.books.Sales = append(s.books.Sales, sale("estimated", day(2)), sale("old", day(15).Add(-1)), sale("new", day(15)))
	s.books.Estimates = []finance.Estimate{{ID: "1", OrderID: "estimated", Currency: "GBP", OrderedAt: day(2)}}
	pay := func(id string, at time.Time) finance.Payment {
		return finance.Payment{ID: id, Status: finance.Paid, Amount: money.Amount{Minor: 1, Currency: "GBP"}, CreatedAt: at}
	}
	s.books.Payments = append(s.books.Payments, pay("within", day(22).Add(-1)), pay("after", day(22)))
	s.books.Payments[1].CreatedAt = day(30) // it pays a statement of the period
	b, err := s.reader(t).Read(t.Context(), day(15), day(22))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range b.Sales {
		got = append(got, x.OrderID)
	}
	for _, p := range b.Payments {
		got = append(got, p.ID)
	}
	if want := []string{"576", "577", "estimated", "new", "90576", "90577", "within"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
