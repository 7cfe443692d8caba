package bridgetest

import (
	"math/rand/v2"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/finance"
)

// pennies are the places in which a penny is put on purpose. Each changes books that are a
// copy and returns what has to be told of, or an empty id if the day has no such place.
var pennies = []struct {
	in     string
	change func(*books, *rand.Rand, *finance.Books) (finance.Object, string)
}{
	{"a line", func(s *books, r *rand.Rand, b *finance.Books) (finance.Object, string) {
		l, ok := s.line(r, b, func(l finance.Line) bool { return l.Type == finance.OrderLine })
		if !ok {
			return "", ""
		}
		l.Settlement++
		return finance.OfLine, l.ID
	}},
	{"an adjustment", func(s *books, r *rand.Rand, b *finance.Books) (finance.Object, string) {
		l, ok := s.line(r, b, func(l finance.Line) bool { return l.Type != finance.OrderLine && l.Type != finance.ReserveLine })
		if !ok {
			return "", ""
		}
		l.Settlement--
		return finance.OfLine, l.ID
	}},
	{"a reserve", func(s *books, r *rand.Rand, b *finance.Books) (finance.Object, string) {
		l, ok := s.line(r, b, func(l finance.Line) bool { return l.Type == finance.ReserveLine })
		if !ok {
			return "", ""
		}
		l.Reserve++
		i := slices.IndexFunc(b.Statements, func(x finance.Statement) bool {
			return slices.ContainsFunc(x.Lines, func(y finance.Line) bool { return y.ID == l.ID })
		})
		return finance.OfStatement, b.Statements[i].ID
	}},
	{"a statement", func(_ *books, r *rand.Rand, b *finance.Books) (finance.Object, string) {
		if len(b.Statements) == 0 {
			return "", ""
		}
		x := &b.Statements[r.IntN(len(b.Statements))]
		x.Settlement++
		return finance.OfStatement, x.ID
	}},
	{"a payment", func(_ *books, r *rand.Rand, b *finance.Books) (finance.Object, string) {
		if len(b.Payments) == 0 {
			return "", ""
		}
		b.Payments = slices.Clone(b.Payments)
		p := &b.Payments[r.IntN(len(b.Payments))]
		p.Before.Minor--
		return finance.OfPayment, p.ID
	}},
	{"an order", func(s *books, r *rand.Rand, b *finance.Books) (finance.Object, string) {
		l, ok := s.line(r, b, func(l finance.Line) bool { return l.Type == finance.OrderLine && l.Stated.Revenue > 0 })
		if !ok {
			return "", ""
		}
		b.Sales = slices.Clone(b.Sales)
		i := slices.IndexFunc(b.Sales, func(x finance.Sale) bool { return x.OrderID == l.OrderID })
		if i < 0 {
			return "", ""
		}
		b.Sales[i].Total++
		return finance.OfOrder, l.OrderID
	}},
}

// breaches are fees that are taken too much of on purpose, in a line that was settled right.
var breaches = []struct {
	of     string
	at     func(finance.Line) bool
	change func(*finance.Line)
}{
	{"commission", func(l finance.Line) bool { return l.Stated.Revenue > 500 }, func(l *finance.Line) {
		overcharge(l, "referral_fee_amount", l.Stated.Revenue/10)
	}},
	{"commission that is not credited", func(l finance.Line) bool { return l.Stated.Revenue < -1000 && fee(l, "referral_fee_amount") > 50 }, func(l *finance.Line) {
		overcharge(l, "referral_fee_amount", fee(*l, "referral_fee_amount"))
	}},
	{"refund administration", func(l finance.Line) bool {
		return l.Stated.Revenue < 0 && fee(l, "refund_administration_fee_amount") < 0
	}, func(l *finance.Line) {
		overcharge(l, "refund_administration_fee_amount", 100)
	}},
}

// fee is an amount of a line by its name: negative if it is taken.
func fee(l finance.Line, name string) (sum int64) {
	for _, d := range l.Details {
		if d.Group == finance.Fee && d.Name == name {
			sum += d.Minor
		}
	}
	return sum
}

// overcharge takes more of a fee, in a line that still adds up.
func overcharge(l *finance.Line, name string, minor int64) {
	l.Stated.Fees, l.Settlement = l.Stated.Fees-minor, l.Settlement-minor
	l.Details = append(slices.Clone(l.Details), finance.Detail{Group: finance.Fee, Name: name, Minor: -minor})
}

// line picks a line of orders that nobody has done something to, out of lines that it copies.
func (s *books) line(r *rand.Rand, b *finance.Books, fits func(finance.Line) bool) (*finance.Line, bool) {
	var found []*finance.Line
	b.Statements = slices.Clone(b.Statements)
	for i := range b.Statements {
		b.Statements[i].Lines = slices.Clone(b.Statements[i].Lines)
		for j := range b.Statements[i].Lines {
			if l := &b.Statements[i].Lines[j]; fits(*l) && (l.OrderID == "" || !s.odd(l.OrderID)) {
				found = append(found, l)
			}
		}
	}
	if len(found) == 0 {
		return nil, false
	}
	return found[r.IntN(len(found))], true
}

// plantErrors makes pennies and fees wrong, one at a time: each has to be found where it is.
func (s *books) plantErrors(r *rand.Rand, read finance.Books, options finance.Options) {
	reconcile := func(b finance.Books) *finance.Report {
		report, err := finance.Reconcile(b, options)
		if err != nil {
			s.violate("the books cannot be reconciled: %v", err)
			return &finance.Report{}
		}
		return report
	}
	for _, p := range pennies {
		b := read
		b.Statements = slices.Clone(b.Statements)
		of, id := p.change(s, r, &b)
		if id == "" {
			continue
		}
		if !slices.ContainsFunc(reconcile(b).Wrong(), func(x finance.Residual) bool { return x.Of == of && x.ID == id }) {
			s.violate("a penny that is wrong in %s is not found: %s %s", p.in, of, id)
		}
		s.report.PenniesFound++
	}
	for _, x := range breaches {
		b := read
		l, ok := s.line(r, &b, func(l finance.Line) bool { return l.Type == finance.OrderLine && x.at(l) })
		if !ok {
			continue
		}
		x.change(l)
		if found := reconcile(b).Fees.Breaches; len(found) != 1 || found[0].OrderID != l.OrderID {
			s.violate("%s of order %s that is too high is told of as %+v", x.of, l.OrderID, found)
		}
		s.report.BreachesFound++
	}
}
