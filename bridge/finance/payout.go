package finance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// Payout is a payment and the statements that it pays.
type Payout struct {
	ID     string
	Status PaymentStatus
	// Amount is what arrives at the bank; Before the same in the currency of the
	// statements.
	Amount, Before    money.Amount
	Rate              string
	CreatedAt, PaidAt time.Time
	// Statements are those that name the payment, Carried those before them that had
	// nothing to pay, or less, and come off it.
	Statements, Carried []string
	// Payable is the sum of both.
	Payable money.Amount
	// Categories are the sums of its lines.
	Categories []CategorySum
	// Proven reports that the payment is the sum of its statements.
	Proven bool

	differs Reason // why it is not
}

// Clearing is the account between statements and payments, in one currency. It is zero
// when every statement is paid.
type Clearing struct {
	Currency string
	// Settled is the sum of all statements, Paid that of the payments that arrived.
	Settled, Paid, Balance int64
	// Items are what keeps it from zero: they add up to Balance.
	Items []ClearingItem
}

// ClearingItem is a statement that is not paid, or a payment that is not explained.
type ClearingItem struct {
	Of     Object
	ID     string
	Minor  int64
	Reason Reason
	At     time.Time
}

// before is what is paid, in the currency of the statements.
func (p *Payment) before() money.Amount {
	if p.Before.Currency == "" {
		return p.Amount
	}
	return p.Before
}

// readPayouts ties the statements to payments, and finds what keeps the clearing accounts
// from zero.
func (r *Report) readPayouts(b Books) {
	results := map[string]*StatementResult{}
	byPayment := map[string][]*StatementResult{}
	unpaid := map[string][]*StatementResult{} // by currency, without a payment, by date
	accounts := map[string]*Clearing{}
	account := func(currency string) *Clearing {
		if accounts[currency] == nil {
			accounts[currency] = &Clearing{Currency: currency}
		}
		return accounts[currency]
	}
	for i := range r.Statements {
		s := &r.Statements[i]
		results[s.ID] = s
		account(s.Currency).Settled += s.Payable
		if s.PaymentID != "" {
			byPayment[s.PaymentID] = append(byPayment[s.PaymentID], s)
		} else {
			unpaid[s.Currency] = append(unpaid[s.Currency], s)
		}
	}
	for _, list := range unpaid {
		slices.SortFunc(list, func(a, b *StatementResult) int {
			return cmp.Or(a.At.Compare(b.At), compareIDs(a.ID, b.ID))
		})
	}
	payments := slices.Clone(b.Payments)
	slices.SortFunc(payments, func(a, b Payment) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), compareIDs(a.ID, b.ID))
	})
	sums := r.sumsByStatement()
	r.paidAt = map[string]time.Time{}
	for _, s := range r.Statements {
		if s.Status == Paid && !s.PaidAt.IsZero() {
			r.paidAt[s.ID] = s.PaidAt
		}
	}
	for i := range payments {
		p := &payments[i]
		out := Payout{ID: p.ID, Status: p.Status, Amount: p.Amount, Before: p.before(), Rate: p.Rate, CreatedAt: p.CreatedAt.UTC(), PaidAt: p.PaidAt.UTC()}
		if p.Status == Paid { // one that arrived has to be in a month
			out.PaidAt = latest(out.PaidAt, out.CreatedAt)
		}
		r.provePayout(b, p, &out, byPayment[p.ID], unpaid, account)
		delete(byPayment, p.ID)
		all := newSums()
		for _, id := range append(slices.Clone(out.Statements), out.Carried...) {
			for currency, list := range sums[id] {
				for c, minor := range list {
					all.add(c, currency, minor)
				}
			}
		}
		out.Categories = all.list()
		if p.Status == Paid {
			for _, id := range append(slices.Clone(out.Statements), out.Carried...) {
				r.paidAt[id] = out.PaidAt
			}
		}
		r.Payouts = append(r.Payouts, out)
	}
	for _, id := range slices.SortedFunc(maps.Keys(byPayment), compareIDs) {
		for _, s := range byPayment[id] {
			r.leftUnpaid(s, b.PaymentsRead, account(s.Currency))
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(unpaid)) {
		for _, s := range unpaid[currency] {
			r.leftUnpaid(s, b.PaymentsRead, account(currency))
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(accounts)) {
		c := accounts[currency]
		c.Balance = c.Settled - c.Paid
		var sum int64
		for _, item := range c.Items {
			sum += item.Minor
		}
		if sum != c.Balance {
			c.Items = append(c.Items, ClearingItem{Minor: c.Balance - sum, Reason: Unexplained})
		}
		slices.SortFunc(c.Items, func(a, b ClearingItem) int {
			return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.Of), string(b.Of)), compareIDs(a.ID, b.ID))
		})
		r.Clearing = append(r.Clearing, *c)
	}
}

// sumsByStatement are the categories of each statement.
func (r *Report) sumsByStatement() map[string]sums {
	all := make(map[string]sums, len(r.Statements))
	for _, s := range r.Statements {
		own := newSums()
		for _, c := range s.Categories {
			own.add(categoryAt[c.Category], c.Currency, c.Minor)
		}
		all[s.ID] = own
	}
	return all
}

// provePayout compares a payment with the statements that name it and, if it is less, with
// the earlier ones that were not paid: negative ones come off later payments.
func (r *Report) provePayout(b Books, p *Payment, out *Payout, named []*StatementResult, unpaid map[string][]*StatementResult, accounts func(currency string) *Clearing) {
	currency := out.Before.Currency
	c := accounts(currency)
	out.Payable.Currency = currency
	arrived := p.Status == Paid
	if arrived {
		c.Paid += out.Before.Minor
	}
	item := func(of Object, id string, minor int64, reason Reason, at time.Time) {
		c.Items = append(c.Items, ClearingItem{of, id, minor, reason, at.UTC()})
	}
	residual := func(reason Reason, minor int64, because, seen string) {
		r.Residuals = append(r.Residuals, Residual{Reason: reason, Of: OfPayment, ID: p.ID, Minor: minor, Currency: currency, Because: because, Seen: seen})
	}
	for _, s := range named {
		if s.Currency != currency {
			out.differs = OtherCurrency
			residual(OtherCurrency, out.Before.Minor, "", fmt.Sprintf("the payment is in %s, statement %s in %s", currency, s.ID, s.Currency))
			if arrived {
				item(OfPayment, p.ID, -out.Before.Minor, OtherCurrency, p.CreatedAt)
			}
			for _, s := range named {
				other := accounts(s.Currency)
				other.Items = append(other.Items, ClearingItem{OfStatement, s.ID, s.Payable, OtherCurrency, s.At})
			}
			return
		}
		out.Statements = append(out.Statements, s.ID)
		out.Payable.Minor += s.Payable
	}
	off := out.Before.Minor - out.Payable.Minor
	if off != 0 {
		list := unpaid[currency]
		if from, to := carried(list, off, out.CreatedAt); to > 0 {
			for _, s := range list[from:to] {
				out.Carried = append(out.Carried, s.ID)
				out.Payable.Minor += s.Payable
				if !arrived {
					item(OfStatement, s.ID, s.Payable, waiting(p.Status), s.At)
				}
			}
			unpaid[currency], off = slices.Delete(list, from, to), out.Before.Minor-out.Payable.Minor
		}
	}
	out.Proven = off == 0
	reason, because := r.unpaired(p, named, off, b)
	out.differs = reason
	if arrived {
		if off != 0 {
			item(OfPayment, p.ID, -off, reason, p.CreatedAt)
		}
	} else {
		for _, s := range named {
			item(OfStatement, s.ID, s.Payable, waiting(p.Status), s.At)
		}
	}
	if p.Status == Failed {
		residual(PaymentFailed, out.Before.Minor, b.paidInstead(p, named), "")
	}
	switch {
	case off == 0, p.Status == Failed && len(named) == 0: // nothing waits for it
	case len(named) == 0:
		residual(reason, off, because, "")
	default:
		residual(reason, off, because, fmt.Sprintf("%s paid, %s on %s", out.Before, out.Payable, part.Count(len(named)+len(out.Carried), "statement")))
		return
	}
	if p.Settled != nil && p.Reserve != nil && p.Settled.Currency == currency && p.Reserve.Currency == currency {
		if parts := out.Before.Minor - p.Settled.Minor - p.Reserve.Minor; parts != 0 && off == 0 {
			out.Proven = false
			residual(PaymentDiffers, parts, "", fmt.Sprintf("%s paid, %s settled and %s of reserves", out.Before, p.Settled, p.Reserve))
		}
	}
}

// unpaired is why a payment is not the sum of its statements, and what explains that.
func (r *Report) unpaired(p *Payment, named []*StatementResult, off int64, b Books) (reason Reason, because string) {
	begins, ends := !b.From.IsZero() && p.CreatedAt.Before(b.From.Add(r.options.PayWithin)), !b.To.IsZero() && !p.CreatedAt.Before(b.To)
	blamed := r.blamed(named, off)
	switch {
	case len(named) == 0 && (begins || ends):
		return OutsidePeriod, ""
	case len(named) == 0:
		return StatementMissing, r.lost[OfStatement]
	case b.owedBefore(off, p.before().Currency):
		return OutsidePeriod, ""
	}
	return PaymentDiffers, cmp.Or(blamed, r.lost[OfStatement])
}

// owedBefore reports whether statements from before the period, one after the other in time,
// make up what a payment of it lacks.
func (b Books) owedBefore(off int64, currency string) bool {
	list := slices.DeleteFunc(slices.Clone(b.Before), func(s Statement) bool { return s.Currency != currency })
	slices.SortFunc(list, func(a, b Statement) int { return cmp.Or(a.At.Compare(b.At), compareIDs(a.ID, b.ID)) })
	list = slices.CompactFunc(list, func(a, b Statement) bool { return a.ID == b.ID })
	for from := range list {
		var sum int64
		for i := range list[from:] {
			if sum += list[from+i].payable(); sum == off {
				return true
			}
		}
	}
	return false
}

// paidInstead is a later payment of the amount of one that has failed, if no statement still
// waits for that one.
func (b Books) paidInstead(p *Payment, named []*StatementResult) string {
	if len(named) > 0 {
		return ""
	}
	for _, x := range b.Payments {
		if x.Status == Paid && !x.CreatedAt.Before(p.CreatedAt) && x.before() == p.before() {
			return "payment " + x.ID
		}
	}
	return ""
}

// waiting is why a payment that has not arrived has not.
func waiting(status PaymentStatus) Reason {
	if status == Failed {
		return PaymentFailed
	}
	return PaymentPending
}

// carried finds the statements without a payment, one after the other in time, that make up
// the amount: the oldest that do, or else all that were open, if that comes nearer.
func carried(list []*StatementResult, off int64, until time.Time) (from, to int) {
	open := 0
	var all int64
	for open < len(list) && !list[open].At.After(until) {
		all += list[open].Payable
		open++
	}
	for from := range open {
		var sum int64
		for i, s := range list[from:open] {
			if sum += s.Payable; sum == off {
				return from, from + i + 1
			}
		}
	}
	if magnitude(off-all) < magnitude(off) {
		return 0, open
	}
	return 0, 0
}

// blamed is a statement with a residual of its own that explains the amount.
func (r *Report) blamed(named []*StatementResult, off int64) string {
	for _, x := range r.Residuals {
		if x.Of == OfStatement && magnitude(x.Minor) == magnitude(off) && slices.ContainsFunc(named, func(s *StatementResult) bool { return s.ID == x.ID }) {
			return "statement " + x.ID
		}
	}
	return ""
}

// leftUnpaid tells why no payment pays a statement.
func (r *Report) leftUnpaid(s *StatementResult, paymentsRead bool, c *Clearing) {
	reason := PaymentPending
	switch {
	case s.Payable == 0:
		return
	case s.PaymentID != "" && s.Status == Paid && !paymentsRead:
		c.Paid += s.Payable // as the statement says
		return
	case s.PaymentID != "" && paymentsRead:
		reason = PaymentMissing
	case s.Status == Failed:
		reason = PaymentFailed
	case s.Status == Paid && s.PaymentID == "" && s.Payable > 0:
		if !paymentsRead {
			c.Paid += s.Payable
			return
		}
		reason = PaymentMissing
	case s.Payable < 0:
		reason = Carried
	case r.AsOf.Sub(s.At) > r.options.PayWithin:
		reason = PaymentOverdue
	}
	x := Residual{Reason: reason, Of: OfStatement, ID: s.ID, StatementID: s.ID, Minor: s.Payable, Currency: s.Currency}
	if reason == PaymentMissing {
		x.Because = r.lost[OfPayment]
	}
	r.Residuals = append(r.Residuals, x)
	c.Items = append(c.Items, ClearingItem{OfStatement, s.ID, s.Payable, reason, s.At})
}
