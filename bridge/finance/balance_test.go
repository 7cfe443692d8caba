package finance_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// moves are the movements of a balance that the payments of the books make.
func moves(b finance.Books) (list []finance.Withdrawal) {
	for i, p := range b.Payments {
		if p.Status == finance.Paid {
			list = append(list, finance.Withdrawal{ID: fmt.Sprint(9000 + i), Type: "SETTLE", Status: "SUCCESS", Amount: p.Amount, CreatedAt: p.PaidAt})
		}
	}
	return list
}

// Every movement that comes in is tied to its payment, over many months.
func TestTheBalance(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		b := madeUp(seed, 120, "GBP")
		b.Withdrawals, b.WithdrawalsRead = moves(b), true
		r := reconcile(t, b, options())
		if !r.OK() {
			t.Fatalf("seed %d: %v", seed, r.Wrong())
		}
		paid := map[string]string{}
		for i, p := range b.Payments {
			paid[fmt.Sprint(9000+i)] = p.ID
		}
		for _, m := range r.Movements {
			if m.PaymentID != paid[m.ID] || len(m.StatementIDs) == 0 {
				t.Errorf("seed %d: movement %s is tied to payment %q with %d statements, want %s", seed, m.ID, m.PaymentID, len(m.StatementIDs), paid[m.ID])
			}
		}
	}
}

func TestWhatDoesNotComeIn(t *testing.T) {
	t.Parallel()
	base := madeUp(3, 120, "GBP")
	base.WithdrawalsRead = true
	base.Withdrawals = moves(base)
	first := base.Payments[0].ID
	out := finance.Withdrawal{ID: "1", Type: "WITHDRAW", Status: "SUCCESS", Amount: money.Amount{Minor: 5000, Currency: "GBP"}, CreatedAt: day(12)}
	for _, c := range []struct {
		name   string
		change func(*finance.Books)
		want   []string
	}{
		{"a withdrawal that arrived", func(b *finance.Books) { b.Withdrawals = append(b.Withdrawals, out) }, nil},
		{"one that failed", func(b *finance.Books) {
			w := out
			w.Status = "FAILED"
			b.Withdrawals = append(b.Withdrawals, w)
		}, []string{"withdrawal 1 withdrawal failed"}},
		{"one on its way for a month", func(b *finance.Books) {
			w := out
			w.Status = "PROCESSING"
			b.Withdrawals = append(b.Withdrawals, w)
		}, []string{"withdrawal 1 withdrawal should have arrived by now"}},
		{"a penny less than paid", func(b *finance.Books) { b.Withdrawals[0].Amount.Minor-- }, []string{
			"payment " + first + " paid, not in the balance", "withdrawal 9000 in the balance, paid by nothing known",
		}},
		{"nothing came in", func(b *finance.Books) { b.Withdrawals = b.Withdrawals[1:] }, []string{"payment " + first + " paid, not in the balance"}},
		{"the list was not read to the end", func(b *finance.Books) { b.Withdrawals, b.WithdrawalsRead = b.Withdrawals[1:], false }, nil},
		{"a shop that lists withdrawals only", func(b *finance.Books) { b.Withdrawals = []finance.Withdrawal{out} }, nil},
		{"before the period", func(b *finance.Books) {
			b.From = day(1)
			b.Withdrawals = append(b.Withdrawals, finance.Withdrawal{ID: "2", Type: "SETTLE", Status: "SUCCESS", Amount: out.Amount, CreatedAt: day(2)})
		}, nil},
		{"without a list of payments, by statements", func(b *finance.Books) { b.Payments, b.PaymentsRead = nil, false }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := clone(base)
			c.change(&b)
			r := reconcile(t, b, options())
			if strings.HasPrefix(c.name, "without") {
				tied := 0
				for _, m := range r.Movements {
					if len(m.StatementIDs) == 1 {
						tied++
					}
				}
				if tied == 0 {
					t.Error("no movement is tied to a statement")
				}
				return
			}
			if diff := cmp.Diff(c.want, wrong(r)); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
		})
	}
}

// What is late adds up by reason, and is in the text.
func TestDue(t *testing.T) {
	t.Parallel()
	b := madeUp(3, 120, "GBP")
	b.Withdrawals, b.WithdrawalsRead = moves(b)[1:], true
	r := reconcile(t, b, options())
	due := r.Due()
	if len(due) != 1 || due[0].Reason != finance.NotInBalance || due[0].Minor != b.Payments[0].Amount.Minor || due[0].Count != 1 {
		t.Errorf("due %+v, want the first payment, %s", due, b.Payments[0].Amount)
	}
	if text := r.String(); !strings.Contains(text, "Should have arrived by now") || !strings.Contains(text, b.Payments[0].Amount.Decimal()) {
		t.Errorf("not in the text:\n%s", text)
	}
	var csv bytes.Buffer
	if err := r.WriteMovements(&csv); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Split(strings.TrimSpace(csv.String()), "\n"); len(rows) != len(r.Movements)+1 || !slices.ContainsFunc(rows, func(row string) bool { return strings.Contains(row, b.Payments[1].ID) }) {
		t.Errorf("rows:\n%s", csv.String())
	}
}

// Payments of the same amount arrive in the order in which they were paid, however far
// apart that is: none arrives before it is paid.
func TestMovementsAreTiedInOrder(t *testing.T) {
	t.Parallel()
	at := func(d int) time.Time { return time.Date(2026, 6, d, 0, 0, 0, 0, time.UTC) }
	amount := money.Amount{Minor: 10000, Currency: "GBP"}
	for _, days := range [][4]int{{1, 8, 5, 12}, {1, 11, 10, 20}, {2, 5, 1, 6}} { // the third: one clock is a day behind
		b := finance.Books{PaymentsRead: true, WithdrawalsRead: true}
		for i, d := range days[:2] {
			b.Payments = append(b.Payments, finance.Payment{ID: fmt.Sprintf("P%d", i+1), Status: finance.Paid, Amount: amount, Before: amount, CreatedAt: at(d), PaidAt: at(d)})
		}
		for i, d := range days[2:] {
			b.Withdrawals = append(b.Withdrawals, finance.Withdrawal{ID: fmt.Sprintf("M%d", i+1), Type: "SETTLE", Status: "SUCCESS", Amount: amount, CreatedAt: at(d)})
		}
		r, err := finance.Reconcile(b, finance.Options{Shop: "UK", AsOf: at(30).AddDate(0, 2, 0)})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, m := range r.Movements {
			got[m.ID] = m.PaymentID
		}
		if diff := cmp.Diff(map[string]string{"M1": "P1", "M2": "P2"}, got); diff != "" {
			t.Errorf("paid and arrived on the days %v, want (-) and got (+):\n%s", days, diff)
		}
	}
}

// What a movement is told of goes by its type, its state, its amount and its day.
func TestWhatIsSaidOfAMovement(t *testing.T) {
	t.Parallel()
	gbp := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }
	move := func(id, kind, status string, minor int64, at time.Time) finance.Withdrawal {
		return finance.Withdrawal{ID: id, Type: kind, Status: status, Amount: gbp(minor), CreatedAt: at}
	}
	const within = 14 * 24 * time.Hour
	for _, tc := range []struct {
		name   string
		change func(*finance.Books)
		want   []string
	}{
		{"all came in", func(*finance.Books) {}, nil},
		{"paid, and the day is not over", func(b *finance.Books) { b.Withdrawals, b.Payments[1].PaidAt = b.Withdrawals[:1], asOf.Add(-within) }, nil},
		{"paid too long ago", func(b *finance.Books) { b.Withdrawals, b.Payments[1].PaidAt = b.Withdrawals[:1], asOf.Add(-within-1) }, []string{"payment 90577: -1820 paid, not in the balance"}},
		{"nothing was paid, by a payment of nothing", func(b *finance.Books) {
			b.Withdrawals, b.Statements, b.Sales = b.Withdrawals[:1], b.Statements[:1], b.Sales[:1]
			b.Payments[1].Amount.Minor = 0
		}, nil},
		{"a movement of another amount", func(b *finance.Books) { b.Withdrawals[1].Amount.Minor++ }, []string{"payment 90577: -1820 paid, not in the balance", "withdrawal 2: 1821 in the balance, paid by nothing known"}},
		{"just within the time of a payment", func(b *finance.Books) { b.Withdrawals[1].CreatedAt = day(23).Add(within) }, nil},
		{"long after the payment", func(b *finance.Books) { b.Withdrawals[1].CreatedAt = day(23).Add(within + 1) }, []string{"payment 90577: -1820 paid, not in the balance", "withdrawal 2: 1820 in the balance, paid by nothing known"}},
		{"at the beginning of the period", func(b *finance.Books) {
			b.From = day(1)
			b.Withdrawals = append(b.Withdrawals, move("3", "SETTLE", "SUCCESS", 77, day(1).Add(within-1)))
		}, []string{"withdrawal 3: 77 pays what was settled outside the period"}},
		{"after its beginning", func(b *finance.Books) {
			b.From = day(1)
			b.Withdrawals = append(b.Withdrawals, move("3", "SETTLE", "SUCCESS", 77, day(1).Add(within)))
		}, []string{"withdrawal 3: 77 in the balance, paid by nothing known"}},
		{"as the period ends", func(b *finance.Books) {
			b.To = day(30)
			b.Withdrawals = append(b.Withdrawals, move("3", "SETTLE", "SUCCESS", 77, day(30)))
		}, []string{"withdrawal 3: 77 pays what was settled outside the period"}},
		{"before it ends", func(b *finance.Books) {
			b.To = day(30)
			b.Withdrawals = append(b.Withdrawals, move("3", "SETTLE", "SUCCESS", 77, day(30).Add(-1)))
		}, []string{"withdrawal 3: 77 in the balance, paid by nothing known"}},
		{"on its way to the bank", func(b *finance.Books) {
			b.Withdrawals = append(b.Withdrawals, move("3", "WITHDRAW", "PROCESSING", 77, asOf.Add(-within)))
		}, nil},
		{"on its way for too long", func(b *finance.Books) {
			b.Withdrawals = append(b.Withdrawals, move("3", "WITHDRAW", "PROCESSING", 77, asOf.Add(-within-1)))
		}, []string{"withdrawal 3: 77 withdrawal should have arrived by now"}},
		{"a transfer is no withdrawal", func(b *finance.Books) {
			b.Withdrawals = append(b.Withdrawals, move("3", "TRANSFER", "PROCESSING", 77, day(1)))
		}, nil},
		{"came back, whatever the signs", func(b *finance.Books) {
			b.Withdrawals = append(b.Withdrawals, move("3", "WITHDRAW", "SUCCESS", -77, day(24)), move("4", "WITHDRAW", "SUCCESS", -78, day(25)), move("5", "TRANSFER", "SUCCESS", -77, day(25)), move("6", "REVERSE", "SUCCESS", 77, day(26)))
		}, []string{"withdrawal 6: 77 withdrawal came back: withdrawal 3"}},
		{"came back, and is listed first", func(b *finance.Books) {
			b.Withdrawals = append([]finance.Withdrawal{move("6", "REVERSE", "SUCCESS", -77, day(26)), move("3", "WITHDRAW", "SUCCESS", 77, day(24))}, b.Withdrawals...)
		}, []string{"withdrawal 6: -77 withdrawal came back: withdrawal 3"}},
		{"of a statement, where there are payments", func(b *finance.Books) {
			b.Payments = nil
			for i := range b.Statements {
				b.Statements[i].PaymentID, b.Statements[i].Status = "", finance.Processing
			}
		}, []string{"withdrawal 1: 1820 in the balance, paid by nothing known", "withdrawal 2: 1820 in the balance, paid by nothing known"}},
		{"came back of another currency", func(b *finance.Books) {
			other := move("3", "WITHDRAW", "SUCCESS", 77, day(24))
			other.Amount.Currency = "EUR"
			b.Withdrawals = append(b.Withdrawals, other, move("6", "REVERSE", "SUCCESS", 77, day(26)))
		}, []string{"withdrawal 6: 77 in the balance, paid by nothing known: no withdrawal of this amount was found that it could undo"}},
		{"came back as the period begins", func(b *finance.Books) {
			b.From = day(19)
			b.Withdrawals = append(b.Withdrawals, move("6", "REVERSE", "SUCCESS", 77, day(19).Add(within-1)))
		}, []string{"withdrawal 6: 77 pays what was settled outside the period"}},
		{"came back of nothing", func(b *finance.Books) {
			b.From = day(19)
			b.Withdrawals = append(b.Withdrawals, move("6", "REVERSE", "SUCCESS", 77, day(19).Add(within)))
		}, []string{"withdrawal 6: 77 in the balance, paid by nothing known: no withdrawal of this amount was found that it could undo"}},
		{"without a list of payments", func(b *finance.Books) {
			b.Payments, b.PaymentsRead = nil, false
			for i := range b.Statements {
				b.Statements[i].PaymentID = ""
			}
		}, nil},
		{"without a list of payments, and nothing came of one", func(b *finance.Books) {
			b.Payments, b.PaymentsRead, b.Withdrawals = nil, false, b.Withdrawals[:1]
			for i := range b.Statements {
				b.Statements[i].PaymentID = ""
			}
		}, []string{"statement 70577: -1820 paid, not in the balance"}},
		{"without a list of payments, and one is not paid", func(b *finance.Books) {
			b.Payments, b.PaymentsRead, b.Withdrawals, b.Statements[1].Status = nil, false, b.Withdrawals[:1], finance.Processing
		}, nil},
	} {
		b := twoDays()
		b.WithdrawalsRead = true
		b.Withdrawals = []finance.Withdrawal{move("1", "SETTLE", "SUCCESS", 1820, day(22)), move("2", "SETTLE", "SUCCESS", 1820, day(23))}
		tc.change(&b)
		var got []string
		for _, x := range reconcile(t, b, options()).Residuals {
			if x.Of == finance.OfWithdrawal || x.Reason == finance.NotInBalance {
				text := fmt.Sprintf("%s %s: %d %s", x.Of, x.ID, x.Minor, x.Reason)
				if x.Of == finance.OfWithdrawal && strings.Contains(x.Seen, "withdrawal ") {
					text += ": " + x.Seen
				}
				got = append(got, text)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// What is late is told in one order, by currency, and less of what is not known.
func TestDueByCurrency(t *testing.T) {
	t.Parallel()
	b := twoDays()
	b.Statements, b.Payments, b.EstimatesRead = nil, nil, true
	b.Sales[0].Currency, b.Sales[0].DeliveredAt, b.Sales[1].DeliveredAt = "USD", day(1), day(1)
	b.Payments = []finance.Payment{{ID: "1", Status: finance.Failed, Amount: money.Amount{Minor: 900, Currency: "EUR"}, CreatedAt: day(9)}}
	var got []string
	for _, d := range reconcile(t, b, options()).Due() {
		got = append(got, d.String())
	}
	want := []string{"20.00 GBP in 1 case: should be settled by now", "20.00 USD in 1 case: should be settled by now", "9.00 EUR in 1 case: payment failed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
