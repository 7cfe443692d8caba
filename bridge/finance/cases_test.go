package finance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
)

func objects(t *testing.T, queue exceptions.Queue) map[string]string {
	t.Helper()
	open, err := queue.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for _, e := range open {
		list[e.Object] = string(e.Owner)
	}
	return list
}

// What is wrong is a case until the period is read again and it is right; what another
// period has found stays.
func TestTell(t *testing.T) {
	queue := new(exceptions.Memory).Shop("UK")
	tell := func(b finance.Books) {
		t.Helper()
		if err := reconcile(t, b, options()).Tell(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
	}
	whole, other := madeUp(1, 60, "GBP"), madeUp(2, 60, "GBP")
	b := clone(whole)
	b.Payments[2].Amount.Minor++
	r := rand.New(rand.NewPCG(1, 1))
	sale := settledSale(r, &b)
	sale.Paid, sale.Total = sale.Paid+1, sale.Total+1
	want := map[string]string{"payment " + b.Payments[2].ID: "finance", "order " + sale.OrderID: "finance"}
	for range 2 { // twice is once
		tell(b)
		if diff := cmp.Diff(want, objects(t, queue)); diff != "" {
			t.Fatalf("cases (-want +got):\n%s", diff)
		}
	}
	open, err := queue.Open(t.Context(), exceptions.PayoutDiffers)
	if err != nil || !strings.HasPrefix(open[0].Seen, "0.01 GBP") && !strings.HasPrefix(open[0].Seen, "-0.01 GBP") || open[0].Do == "" {
		t.Errorf("the case is %v, %v", open[0], err)
	}
	tell(other)
	if diff := cmp.Diff(want, objects(t, queue)); diff != "" {
		t.Errorf("after another period (-want +got):\n%s", diff)
	}
	unread := clone(whole)
	unread.SalesRead = false
	tell(unread)
	if diff := cmp.Diff(map[string]string{"order " + sale.OrderID: "finance"}, objects(t, queue)); diff != "" {
		t.Errorf("after a reading without orders (-want +got):\n%s", diff)
	}
	tell(whole)
	if got := objects(t, queue); len(got) > 0 {
		t.Errorf("all is right, and these cases are open: %v", got)
	}
}

// A fault that is everywhere is not a thousand cases.
func TestTellOfMany(t *testing.T) {
	queue := new(exceptions.Memory).Shop("UK")
	b := madeUp(1, 400, "GBP")
	whole := clone(b)
	for i := range b.Sales {
		b.Sales[i].Total++
	}
	if err := reconcile(t, b, options()).Tell(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	if got := objects(t, queue); len(got) != 101 || got["more amounts of the payouts"] == "" {
		t.Errorf("%d cases, want 100 and one for the others", len(got))
	}
	if err := reconcile(t, whole, options()).Tell(t.Context(), queue); err != nil || len(objects(t, queue)) > 0 {
		t.Errorf("afterwards: %v, %d cases", err, len(objects(t, queue)))
	}
}

// brokenQueue fails at one verb.
type brokenQueue struct {
	exceptions.Queue
	verb string
}

func (q brokenQueue) fail(verb string) error {
	if q.verb == verb {
		return errors.New("the disk is full")
	}
	return nil
}

func (q brokenQueue) Raise(ctx context.Context, e exceptions.Exception) error {
	return errors.Join(q.fail("raise"), q.Queue.Raise(ctx, e))
}

func (q brokenQueue) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	return errors.Join(q.fail("clear"), q.Queue.Clear(ctx, object, kinds...))
}

func (q brokenQueue) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	list, err := q.Queue.Open(ctx, kinds...)
	return list, errors.Join(q.fail("open"), err)
}

func TestTellABrokenQueue(t *testing.T) {
	whole := madeUp(1, 60, "GBP")
	b := clone(whole)
	b.Payments[2].Amount.Minor++
	for _, verb := range []string{"raise", "clear", "open"} {
		memory := new(exceptions.Memory).Shop("UK")
		if err := reconcile(t, b, options()).Tell(t.Context(), memory); err != nil {
			t.Fatal(err)
		}
		books := whole
		if verb == "raise" {
			books = b
		}
		if err := reconcile(t, books, options()).Tell(t.Context(), brokenQueue{memory, verb}); err == nil || !strings.Contains(fmt.Sprint(err), "disk is full") {
			t.Errorf("%s fails: error %v", verb, err)
		}
	}
}

// A case is closed by a report that has seen all of what it is about, and by no other.
func TestTellOfWhatWasNotSeenWhole(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*finance.Books)
		stay   []string
	}{
		{"all was read", func(*finance.Books) {}, nil},
		{"a line of no amount was not read", func(b *finance.Books) {
			b.Unread = append(b.Unread, finance.Unread{Kind: "line", ID: "1", StatementID: "70576", Why: "an amount is none"})
		}, []string{"order 576", "statement 70576"}}, // and what the line says makes no difference to the reserve
		{"what is expected was not read, and it is not settled", func(b *finance.Books) {
			b.EstimatesRead, b.Statements, b.Payments = false, b.Statements[1:], b.Payments[1:]
			b.Sales[0].DeliveredAt = asOf.AddDate(0, 0, -3)
		}, []string{"line 80576", "order 576", "payment 90576", "statement 70576"}},
		{"what is expected was read, and it is not settled yet", func(b *finance.Books) {
			b.Statements, b.Payments = b.Statements[1:], b.Payments[1:]
			b.Sales[0].DeliveredAt = asOf.AddDate(0, 0, -3)
		}, []string{"line 80576", "payment 90576", "statement 70576"}},
		{"a refund is pending", func(b *finance.Books) {
			b.Sales[0].RefundsRead, b.Sales[0].Refunds = true, []finance.Refund{{ID: "1", Minor: 500, At: asOf.AddDate(0, 0, -3)}}
		}, nil},
		{"a refund is overdue, or on a line that was not read", func(b *finance.Books) {
			b.Sales[0].RefundsRead, b.Sales[0].Refunds = true, []finance.Refund{{ID: "1", Minor: 500, At: asOf.AddDate(0, 0, -40)}}
			b.Unread = append(b.Unread, finance.Unread{Kind: "line", ID: "1", StatementID: "70577", Why: "an amount is none"})
		}, []string{"order 576", "statement 70577"}},
		{"payments were not read, and it is not paid", func(b *finance.Books) {
			b.PaymentsRead, b.Payments, b.Statements[0].Status = false, b.Payments[1:], finance.Processing
		}, []string{"payment 90576", "statement 70576"}},
		{"a reserve is held, as it should be", func(b *finance.Books) {
			b.Statements[1].Lines = b.Statements[1].Lines[:1]
			b.Payments[1].Amount.Minor -= 500
		}, nil},
		{"a line of another statement was not read", func(b *finance.Books) {
			b.Unread = append(b.Unread, finance.Unread{Kind: "line", ID: "1", StatementID: "70577", Why: "an amount is none"})
		}, []string{"statement 70577"}},
		{"lines were not read to the end", func(b *finance.Books) { b.Statements[1].LinesRead = false }, []string{"order 576", "reserve 801", "statement 70577"}},
		{"of a reserve, what was released was not read", func(b *finance.Books) {
			b.Statements[1].Lines = b.Statements[1].Lines[:1]
			b.Payments[1].Amount.Minor -= 500
			b.Unread = append(b.Unread, finance.Unread{Kind: "line", ID: "1", StatementID: "70577", Why: "an amount is none"})
		}, []string{"reserve 801", "statement 70577"}},
		{"a statement was not read", func(b *finance.Books) {
			b.Unread = append(b.Unread, finance.Unread{Kind: "statement", ID: "1", Why: "an amount is none"})
		}, []string{"order 576", "reserve 801"}},
		{"refunds of the order were not read", func(b *finance.Books) { b.Unread = append(b.Unread, finance.Unread{Kind: "refund", ID: "576"}) }, []string{"order 576"}},
		{"refunds of another order were not read", func(b *finance.Books) { b.Unread = append(b.Unread, finance.Unread{Kind: "refund", ID: "577"}) }, nil},
		{"which orders are refunded was not read", func(b *finance.Books) { b.Unread = append(b.Unread, finance.Unread{Kind: "refund"}) }, []string{"order 576"}},
		{"orders were not read", func(b *finance.Books) { b.SalesRead = false }, []string{"order 576"}},
		{"payments were not read", func(b *finance.Books) { b.PaymentsRead = false }, nil}, // the statement says that it is paid
	} {
		queue := new(exceptions.Memory).Shop("uk")
		for _, object := range []string{"order 576", "reserve 801", "statement 70576", "payment 90576", "line 80576"} {
			if err := queue.Raise(t.Context(), exceptions.New(exceptions.PayoutDiffers, object, time.Time{}, "it differs", "ask the shop",
				exceptions.Evidence("statements", map[string]string{"order 576": "70576"}[object])...)); err != nil {
				t.Fatal(err)
			}
		}
		b := twoDays()
		for i, minor := range []int64{-500, 500} {
			b.Statements[i].Lines = append(b.Statements[i].Lines, finance.Line{ID: fmt.Sprint(i), Type: finance.ReserveLine, OrderID: "576", Reserve: minor, ReserveID: "801"})
			b.Payments[i].Amount.Minor += minor
		}
		tc.change(&b)
		if err := reconcile(t, b, options()).Tell(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		got := slices.DeleteFunc(slices.Sorted(maps.Keys(objects(t, queue))), func(o string) bool { return o == "statement 1" || o == "order 577" })
		if diff := cmp.Diff(tc.stay, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: open cases (-want +got):\n%s", tc.name, diff)
		}
	}
}

// A line that can never be read is a case of its own. It keeps open the cases that it may have
// been the reason of, which say so, and no others: those of the other orders close.
func TestALineThatCannotBeRead(t *testing.T) {
	t.Parallel()
	queue := new(exceptions.Memory).Shop("uk")
	tell := func(b finance.Books) map[string]exceptions.Exception {
		t.Helper()
		if err := reconcile(t, b, options()).Tell(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		open, err := queue.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string]exceptions.Exception{}
		for _, e := range open {
			cases[e.Object] = e
		}
		return cases
	}
	wrong := twoDays()
	wrong.Sales[0].Paid += 7 // what the shop settled of both is too little
	wrong.Sales[1].Paid += 7
	wrong.Sales = append(wrong.Sales, finance.Sale{OrderID: "578", Currency: "GBP", Paid: 900, Total: 900, TotalKnown: true, OrderedAt: day(-40), ShippedAt: day(-40), DeliveredAt: day(-39)})
	if got := slices.Sorted(maps.Keys(tell(wrong))); !slices.Equal(got, []string{"order 576", "order 577", "order 578"}) {
		t.Fatalf("cases %q, want those of the three orders", got)
	}
	right := twoDays()
	right.Sales = append(right.Sales, wrong.Sales[2]) // is still due, or is on the line
	right.Unread = []finance.Unread{{Kind: "line", ID: "1", StatementID: "70576", Why: "an amount is none"}, {Kind: "line", StatementID: "70576", Why: "it is null"}}
	for range 2 { // also at the next run
		got := tell(right)
		if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, []string{"order 576", "order 578", "statement 70576"}) {
			t.Errorf("cases %q, want those of the order on the statement, of the one that may be on the line, and of the statement", keys)
		}
		if e := got["order 576"]; !strings.Contains(e.Seen, "statement 70576") || !strings.Contains(e.Do, "resolve this") {
			t.Errorf("the order's case says %q and %q, want what was not read and how it is closed", e.Seen, e.Do)
		}
		if e := got["statement 70576"]; !strings.Contains(e.Seen, "not read: a line without an id could not be read: it is null; line 1 could not be read: an amount is none") || strings.Contains(e.Seen, "0.00") {
			t.Errorf("the statement's case says %q, want both lines that could not be read, and no amount", e.Seen)
		}
	}
	right.Unread = nil
	if got := slices.Sorted(maps.Keys(tell(right))); !slices.Equal(got, []string{"order 578"}) {
		t.Errorf("once it was read: cases %q, want that of the order that is overdue", got)
	}
}

// What the shop pays for a loss is a credit of the order, by the day that the statement covers;
// what it takes back, other adjustments and the order's own lines are none.
func TestCredits(t *testing.T) {
	t.Parallel()
	adjustment := func(id, kind, orderID string, minor int64) finance.Line {
		return finance.Line{ID: id, Type: kind, OrderID: orderID, Stated: finance.Parts{Adjustment: minor}, Settlement: minor}
	}
	const claims = "LOGISTICS_REIMBURSEMENT"
	inOrder := order("7", "582", 2000, 180)
	inOrder.Stated.Shipping, inOrder.Settlement = 90, 1910
	inOrder.Details = append(inOrder.Details, detail(finance.Shipping, "shipping_fee_guarantee_reimbursement", 90))
	r := reconcile(t, finance.Books{Statements: []finance.Statement{
		statement("1", day(9), adjustment("1", claims, "576", 100), adjustment("2", claims, "577", -100), adjustment("3", claims, "", 100), adjustment("4", "REBATE", "579", 100), inOrder),
		statement("2", day(12), adjustment("5", claims, "576", 50), adjustment("6", claims, "580", 0)),
	}}, options())
	want := map[string][]time.Time{"576": {day(9).Add(-1), day(12).Add(-1)}}
	if diff := cmp.Diff(want, r.Credits()); diff != "" {
		t.Errorf("credits (-want +got):\n%s", diff)
	}
}

// A case about a movement of the balance closes once it has arrived.
func TestTellOfAMovement(t *testing.T) {
	t.Parallel()
	queue := new(exceptions.Memory).Shop("uk")
	b := twoDays()
	b.Withdrawals = []finance.Withdrawal{{ID: "1", Type: "WITHDRAW", Status: "FAILED", Amount: b.Payments[0].Amount, CreatedAt: day(25)}}
	for _, want := range []int{1, 0} {
		if err := reconcile(t, b, options()).Tell(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		if got := objects(t, queue); len(got) != want {
			t.Errorf("status %s: cases %v, want %d", b.Withdrawals[0].Status, got, want)
		}
		b.Withdrawals[0].Status = "SUCCESS"
	}
}
