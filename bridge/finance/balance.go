package finance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// The types of movements of the balance, as the shop names them.
const (
	movedIn   = "SETTLE"   // what was settled comes into the balance
	movedOut  = "WITHDRAW" // from there to the bank
	movedBack = "REVERSE"  // a withdrawal that came back from the bank
)

// Movement is a movement of the seller's balance, and what it pays. The shop names neither
// a payment nor a statement on it: they are found by amount and date.
type Movement struct {
	Withdrawal
	// PaymentID and StatementIDs are what comes in with it; empty if nothing was found,
	// or if it is of another type.
	PaymentID    string
	StatementIDs []string
	// Reverses is the withdrawal that it undoes; empty if it is of another type, or if none
	// of its amount was found.
	Reverses string
}

// readBalance ties the movements that come in to payments or, where the shop lists none, to
// statements, and tells of what did not arrive.
func (r *Report) readBalance(b Books) {
	if len(b.Withdrawals) == 0 {
		return
	}
	movements := make([]Movement, len(b.Withdrawals))
	for i, w := range b.Withdrawals {
		w.CreatedAt = w.CreatedAt.UTC()
		movements[i] = Movement{Withdrawal: w}
	}
	slices.SortFunc(movements, func(a, b Movement) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), compareIDs(a.ID, b.ID))
	})
	sources := r.comesIn()
	lists := false // the shop lists what comes in
	for i := range movements {
		m := &movements[i]
		residual := func(reason Reason, seen string) *Residual {
			r.Residuals = append(r.Residuals, Residual{Reason: reason, Of: OfWithdrawal, ID: m.ID, Minor: m.Amount.Minor, Currency: m.Amount.Currency, Seen: seen})
			return &r.Residuals[len(r.Residuals)-1]
		}
		switch {
		case m.Status == string(Failed):
			residual(WithdrawalFailed, m.Type)
		case m.Type == movedIn:
			lists = true
			switch source := r.nearest(sources, m); {
			case source != nil:
				source.used = true
				m.PaymentID, m.StatementIDs = source.payment, source.statements
			case !b.From.IsZero() && m.CreatedAt.Before(b.From.Add(r.options.PayWithin)), !b.To.IsZero() && !m.CreatedAt.Before(b.To):
				residual(OutsidePeriod, "")
			default:
				residual(MovementUnknown, "").Because = cmp.Or(r.lost[OfPayment], r.lost[OfStatement])
			}
		case m.Type == movedBack:
			if m.Reverses = r.undone(movements[:i], m); m.Reverses != "" {
				residual(WithdrawalReversed, "withdrawal "+m.Reverses)
			} else if b.From.IsZero() || !m.CreatedAt.Before(b.From.Add(r.options.PayWithin)) {
				residual(MovementUnknown, "no withdrawal of this amount was found that it could undo")
			} else {
				residual(OutsidePeriod, "")
			}
		case m.Type == movedOut && m.Status == string(Processing) && r.AsOf.Sub(m.CreatedAt) > r.options.PayWithin:
			residual(WithdrawalLate, "on its way since "+m.CreatedAt.Format(time.DateOnly))
		}
	}
	r.Movements = movements
	for _, s := range sources {
		if lists && b.WithdrawalsRead && !s.used && s.minors[0].Minor != 0 && r.AsOf.Sub(s.at) > r.options.PayWithin {
			x := Residual{Reason: NotInBalance, Of: OfPayment, ID: s.payment, Minor: -s.minors[0].Minor, Currency: s.minors[0].Currency, Seen: "paid on " + s.at.UTC().Format(time.DateOnly)}
			if s.payment == "" {
				x.Of, x.ID, x.StatementID = OfStatement, s.statements[0], s.statements[0]
			}
			r.Residuals = append(r.Residuals, x)
		}
	}
}

// incoming is a payment, or a statement, that should come into the balance.
type incoming struct {
	payment    string
	statements []string
	// minors are the amounts by which it may be known: before the exchange, and after it.
	minors []money.Amount
	at     time.Time
	used   bool
}

// comesIn is what was paid: by payments, or by statements where none are listed.
func (r *Report) comesIn() (list []*incoming) {
	for _, p := range r.Payouts {
		if p.Status == Paid {
			list = append(list, &incoming{payment: p.ID, statements: append(slices.Clone(p.Statements), p.Carried...), minors: []money.Amount{p.Before, p.Amount}, at: latest(p.PaidAt, p.CreatedAt)})
		}
	}
	if r.read.PaymentsRead || len(list) > 0 {
		return list
	}
	for _, s := range r.Statements {
		if s.Status == Paid && s.Payable > 0 {
			list = append(list, &incoming{statements: []string{s.ID}, minors: []money.Amount{{Minor: s.Payable, Currency: s.Currency}}, at: latest(s.PaidAt, s.At)})
		}
	}
	return list
}

// undone is the last withdrawal before a reversal that has its amount and is not undone yet.
func (r *Report) undone(before []Movement, m *Movement) string {
	undone := map[string]bool{}
	for _, x := range before {
		undone[x.Reverses] = true
	}
	for _, x := range slices.Backward(before) {
		if x.Type == movedOut && !undone[x.ID] && x.Amount.Currency == m.Amount.Currency && magnitude(x.Amount.Minor) == magnitude(m.Amount.Minor) {
			return x.ID
		}
	}
	return ""
}

// latest is the first moment that is known.
func latest(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}

// nearest is what has the amount of a movement and was paid before it, the first of them:
// money does not arrive before it is paid. What was paid later, by another clock, counts only
// where there is nothing else, the nearest first.
func (r *Report) nearest(sources []*incoming, m *Movement) (found *incoming) {
	for _, s := range sources {
		apart := m.CreatedAt.Sub(s.at).Abs()
		if s.used || !slices.Contains(s.minors, m.Amount) || apart > r.options.PayWithin {
			continue
		}
		switch late := s.at.After(m.CreatedAt); {
		case found == nil,
			!late && (found.at.After(m.CreatedAt) || s.at.Before(found.at)),
			late && found.at.After(m.CreatedAt) && s.at.Before(found.at):
			found = s
		}
	}
	return found
}

// Due is money that should have arrived by now, for one reason.
type Due struct {
	Reason   Reason
	Currency string
	Count    int
	Minor    int64 // less what the shop is still to take
}

// dueReasons are those by which money is late.
var dueReasons = []Reason{Overdue, PaymentOverdue, PaymentFailed, ReserveLate, NotInBalance, WithdrawalFailed, WithdrawalLate}

// Due returns what should have been settled, paid or released by now and was not, in the
// order of reports.
func (r *Report) Due() []Due {
	sums := map[Due]*Due{}
	for _, x := range r.Residuals {
		if !slices.Contains(dueReasons, x.Reason) || x.Because != "" { // nobody knows, or it has come otherwise
			continue
		}
		key := Due{Reason: x.Reason, Currency: x.Currency}
		if sums[key] == nil {
			sums[key] = &Due{Reason: x.Reason, Currency: x.Currency}
		}
		sums[key].Count++
		if x.Reason == Overdue { // what is expected of an order may be negative
			sums[key].Minor += x.Minor
			continue
		}
		sums[key].Minor += magnitude(x.Minor)
	}
	list := make([]Due, 0, len(sums))
	for _, d := range sums {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(a, b Due) int {
		return cmp.Or(cmp.Compare(reasonAt[a.Reason], reasonAt[b.Reason]), strings.Compare(a.Currency, b.Currency))
	})
	return list
}

// String is one line for a log or a terminal.
func (d Due) String() string {
	return fmt.Sprintf("%s in %s: %s", amount(d.Minor, d.Currency), part.Count(d.Count, "case"), d.Reason)
}
