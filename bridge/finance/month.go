package finance

import (
	"maps"
	"slices"
	"time"
)

// Month is what accounting posts for a month.
type Month struct {
	Year  int
	Month time.Month
	// From and To are its bounds in the zone of the options.
	From, To time.Time
	// Documents are those of the statements settled in it, of the payments that arrived in
	// it, the rollover of the month before, reversed, and that of this month.
	Documents []Document
	// Rollover is to be given to the next month: what it reverses.
	Rollover []Rollover
	// Withheld are the statements that Documents and Rollover leave out. By another basis than
	// the settlement, those of other months may have lines of this one, and are among them.
	Withheld []Withheld
}

// Rollover is what belongs to a month and is settled in a later one or, with the signs
// turned, what is settled in it or before and belongs to a later one.
type Rollover struct {
	Year     int
	Month    time.Month
	Currency string
	Entries  []Entry
}

// Month cuts a month out of the journal. Lines count in the month of their
// [Options.Basis]: those that the statements have in another one are rolled over, and the
// next month reverses them. What was posted as the rollover of the month before is
// reversed as it was, also if more is known by now; the difference then falls into this month. Nil:
// it was posted as this report has it.
func (r *Report) Month(year int, month time.Month, before []Rollover) Month {
	m := Month{
		Year: year, Month: month,
		From: time.Date(year, month, 1, 0, 0, 0, 0, r.options.Zone).UTC(),
		To:   time.Date(year, month+1, 1, 0, 0, 0, 0, r.options.Zone).UTC(),
	}
	m.Documents = r.journal(m.From, m.To)
	m.Withheld = slices.DeleteFunc(r.Withheld(), func(w Withheld) bool {
		return r.options.Basis == BySettlement && (w.SettledAt.Before(m.From) || !w.SettledAt.Before(m.To))
	})
	if before == nil {
		last := m.From.In(r.options.Zone).AddDate(0, 0, -1)
		before = r.rollover(last.Year(), last.Month(), m.From)
	}
	for _, b := range before {
		reversed := entries{}
		for _, e := range b.Entries {
			reversed.add(e.Account, e.TaxRate, e.Debit-e.Credit)
		}
		number := "TTV-" + r.Shop + "-" + time.Date(b.Year, b.Month, 1, 0, 0, 0, 0, time.UTC).Format("2006-01") + "-" + b.Currency
		m.Documents = append(m.Documents, reversed.document(number, m.From, b.Currency, AccountRollover))
	}
	m.Rollover = r.rollover(year, month, m.To)
	for _, b := range m.Rollover {
		e := entries{}
		for _, x := range b.Entries {
			e.add(x.Account, x.TaxRate, x.Credit-x.Debit)
		}
		number := "TTR-" + r.Shop + "-" + time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Format("2006-01") + "-" + b.Currency
		m.Documents = append(m.Documents, e.document(number, m.To.Add(-time.Nanosecond), b.Currency, AccountRollover))
	}
	return m
}

// rollover is what counts before a moment and is settled after it, less what is settled
// before it and counts after.
func (r *Report) rollover(year int, month time.Month, at time.Time) []Rollover {
	byCurrency := map[string]entries{}
	for i := range r.lines {
		l := &r.lines[i]
		if r.withheld[l.in.ID] != "" {
			continue
		}
		settled := l.in.settledAt()
		counts, known := r.counts(l)
		early, late := known && counts.Before(at), !settled.Before(at)
		sign := int64(0)
		switch {
		case early && late:
			sign = 1
		case !early && !late:
			sign = -1
		default:
			continue
		}
		e := byCurrency[l.in.Currency]
		if e == nil {
			e = entries{}
			byCurrency[l.in.Currency] = e
		}
		for _, p := range l.posts {
			r.rated(l, p, func(account, rate string, minor int64) { e.add(account, rate, sign*minor) })
		}
	}
	list := []Rollover{}
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		x := Rollover{Year: year, Month: month, Currency: currency}
		for key, minor := range byCurrency[currency] {
			switch {
			case minor > 0:
				key.Credit = minor
			case minor < 0:
				key.Debit = -minor
			default:
				continue
			}
			x.Entries = append(x.Entries, key)
		}
		slices.SortFunc(x.Entries, compareEntries)
		if len(x.Entries) > 0 {
			list = append(list, x)
		}
	}
	return list
}

// counts is the date that decides to which month a line belongs. known is false for what is
// not paid yet.
func (r *Report) counts(l *settled) (at time.Time, known bool) {
	switch r.options.Basis {
	case ByOrder:
		if !l.OrderedAt.IsZero() {
			return l.OrderedAt, true
		}
		if s := r.sales[l.OrderID]; s != nil && l.Type == OrderLine && !s.OrderedAt.IsZero() {
			return s.OrderedAt, true
		}
	case ByPayment:
		paid := r.paidAt[l.in.ID]
		return paid, !paid.IsZero()
	}
	return l.in.settledAt(), true
}
