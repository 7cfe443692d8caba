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
