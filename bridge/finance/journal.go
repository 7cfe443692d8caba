package finance

import (
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/money"
)

// The accounts of a journal that are no categories.
const (
	AccountClearing = "clearing" // between statements and payments
	AccountBank     = "bank"
	AccountRollover = "rollover" // between months
)

// Entry is one side of a posting, in minor units of the document's currency. One of Debit
// and Credit is zero.
type Entry struct {
	// Account is a [Category] or one of the accounts above.
	Account string
	// TaxRate is in percent; empty if none is known.
	TaxRate       string
	Debit, Credit int64
}

// Document is what is posted at once: debits and credits are equal.
type Document struct {
	// Number is made of the ids of what it is about and never changes: a document that is
	// posted twice is seen by it.
	Number   string
	Date     time.Time
	Currency string
	// StatementID and PaymentID are what it is about, as far as it is.
	StatementID, PaymentID string
	Entries                []Entry
	// Digest tells two contents of one number apart.
	Digest string
}

// entries are sums by account and tax rate.
type entries map[Entry]int64 // keys without amounts; what the seller gets is positive

func (e entries) add(account, rate string, minor int64) {
	e[Entry{Account: account, TaxRate: rate}] += minor
}

// document makes a balanced document of sums, with the rest on the contra account.
func (e entries) document(number string, at time.Time, currency, contra string) Document {
	d := Document{Number: number, Date: at.UTC(), Currency: currency}
	var rest int64
	for key, minor := range e {
		rest += minor
		switch {
		case minor > 0:
			key.Credit = minor
		case minor < 0:
			key.Debit = -minor
		default:
			continue
		}
		d.Entries = append(d.Entries, key)
	}
	slices.SortFunc(d.Entries, compareEntries)
	if rest > 0 {
		d.Entries = append(d.Entries, Entry{Account: contra, Debit: rest})
	} else if rest < 0 {
		d.Entries = append(d.Entries, Entry{Account: contra, Credit: -rest})
	}
	d.Digest = d.digest()
	return d
}

func compareEntries(a, b Entry) int {
	at := func(e Entry) int {
		if i, ok := categoryAt[Category(e.Account)]; ok {
			return i
		}
		return len(categories)
	}
	return cmp.Or(cmp.Compare(at(a), at(b)), strings.Compare(a.Account, b.Account), compareIDs(a.TaxRate, b.TaxRate))
}

func (d *Document) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s\n", d.Number, d.Date.Format(time.RFC3339), d.Currency)
	for _, e := range d.Entries {
		fmt.Fprintf(h, "%q %q %d %d\n", e.Account, e.TaxRate, e.Debit, e.Credit)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// rated calls add with the parts of an amount by tax rate: goods have the rates of their
// order, split to the penny where there are several.
func (r *Report) rated(l *settled, p post, add func(account, rate string, minor int64)) {
	c := categories[p.category]
	rate, own := r.options.Rates[c.name]
	sale := r.sales[l.OrderID]
	switch {
	case own || !c.taxed || sale == nil || len(sale.Rates) == 0 || sale.merged() && len(sale.Rates) > 1: // nobody knows which goods are whose
		add(string(c.name), rate, p.minor)
	case len(sale.Rates) == 1:
		add(string(c.name), sale.Rates[0].Percent, p.minor)
	default:
		weights := make([]int64, len(sale.Rates))
		for i, x := range sale.Rates {
			weights[i] = max(x.Gross, 0)
		}
		parts, err := money.Amount{Minor: p.minor, Currency: l.in.Currency}.Split(weights)
		if err != nil {
			add(string(c.name), rate, p.minor)
			return
		}
		for i, part := range parts {
			add(string(c.name), sale.Rates[i].Percent, part.Minor)
		}
	}
}

// Journal returns the documents of all statements and payments: a statement puts its
// categories against the clearing account, a payment that arrived takes it off there. What
// was not read is not posted: see [Report.Withheld].
func (r *Report) Journal() []Document { return r.journal(time.Time{}, time.Time{}) }

// journal is the documents dated in [from, to); zero for all.
func (r *Report) journal(from, to time.Time) []Document {
	within := func(t time.Time) bool {
		return from.IsZero() || !t.Before(from) && t.Before(to)
	}
	byStatement := r.entriesByStatement(within)
	var list []Document
	for i := range r.Statements {
		s := &r.Statements[i]
		e := byStatement[s.ID]
		if e == nil {
			continue
		}
		d := e.document("TTS-"+r.Shop+"-"+s.ID, s.settledAt(), s.Currency, AccountClearing)
		d.StatementID, d.PaymentID = s.ID, s.PaymentID
		if len(d.Entries) > 0 {
			list = append(list, d)
		}
	}
	for _, p := range r.Payouts {
		if p.Status == Paid && within(p.PaidAt) && p.Before.Minor != 0 {
			list = append(list, r.arrival("TTP-"+r.Shop+"-"+p.ID, p))
		}
	}
	return list
}

// entriesByStatement are the entries of the statements that were read and settled within a
// time, of those that have any. They add up to what the statement pays.
func (r *Report) entriesByStatement(within func(time.Time) bool) map[string]entries {
	byStatement := make(map[string]entries, len(r.Statements))
	of := func(id string) entries {
		e := byStatement[id]
		if e == nil {
			e = entries{}
			byStatement[id] = e
		}
		return e
	}
	for i := range r.lines {
		l := &r.lines[i]
		if !within(l.in.settledAt()) || r.withheld[l.in.ID] != "" {
			continue
		}
		e := of(l.in.ID)
		for _, p := range l.posts {
			r.rated(l, p, e.add)
		}
	}
	for i := range r.Statements {
		s := &r.Statements[i]
		if !within(s.settledAt()) || r.withheld[s.ID] != "" {
			continue
		}
		left := s.Payable
		for _, minor := range byStatement[s.ID] {
			left -= minor
		}
		if left != 0 { // the statement is not the sum of its lines: the report says why
			of(s.ID).add(string(NotExplained), "", left)
		}
	}
	return byStatement
}

// arrival is the document of a payment that has arrived.
func (r *Report) arrival(number string, p Payout) Document {
	d := entries{{Account: AccountBank}: -p.Before.Minor}.document(number, p.PaidAt, p.Before.Currency, AccountClearing)
	d.PaymentID = p.ID
	return d
}

// Withheld is a statement that is not in the journal, because what is in it was not read.
// Its document is there once it is read, under the number that it would have had.
type Withheld struct {
	StatementID, Currency string
	// Minor is what the statement pays: what the clearing account lacks.
	Minor int64
	// SettledAt is the date that its document will have.
	SettledAt time.Time
	Why       string
}

// Withheld returns the statements that the journal leaves out. Read the period again, and
// close no month while there are any.
func (r *Report) Withheld() []Withheld {
	list := []Withheld{}
	for i := range r.Statements {
		s := &r.Statements[i]
		if why := r.withheld[s.ID]; why != "" {
			list = append(list, Withheld{s.ID, s.Currency, s.Payable, s.settledAt(), why})
		}
	}
	return list
}

// Reversed returns what has to be posted of payments that came back from the bank, and that
// the numbers of [Report.Journal] have no room for: the document that takes back what was
// posted as arrived, and, once it is paid again under the same id, that of its next arrival,
// whose number ends with -2 and so on. posted is that of [Posted], with every document that
// was ever posted: what is posted is no longer among those returned.
//
// What came back is dated by the movement that tells of it if the payment has arrived again
// by now, and otherwise by [Options.AsOf].
func (r *Report) Reversed(posted map[string]string) []Document {
	list := []Document{}
	used := map[string]bool{} // movements
	for _, p := range r.Payouts {
		number := "TTP-" + r.Shop + "-" + p.ID
		last, times := number, 1 // the last arrival that was posted, and how many there were
		next := func() string { return fmt.Sprintf("%s-%d", number, times+1) }
		for ; posted[next()] != ""; times++ {
			last = next()
		}
		before, arrived := posted[last]
		_, back := posted[takenBack(last)]
		at := r.AsOf.Truncate(24 * time.Hour)
		switch again := p.Status == Paid; {
		case !arrived || p.Before.Minor == 0 || !again && back:
			continue
		case again && back:
			list = append(list, r.arrival(next(), p))
			continue
		case again:
			m := r.cameBack(p, times, used)
			if m == nil || r.arrival(last, p).Digest == before {
				continue
			}
			used[m.ID] = true
			at = m.CreatedAt
		}
		d := entries{{Account: AccountBank}: p.Before.Minor}.document(takenBack(last), at, p.Before.Currency, AccountClearing)
		d.PaymentID = p.ID
		if list = append(list, d); p.Status == Paid {
			list = append(list, r.arrival(next(), p))
		}
	}
	return list
}

// takenBack is the number of the document that takes a payment back, empty if that of a
// payment is not given.
func takenBack(number string) string {
	if rest, ok := strings.CutPrefix(number, "TTP-"); ok {
		return "TTB-" + rest
	}
	return ""
}

// cameBack is the movement by which a payment may have come back for the time that is given,
// nil if there is none before it was paid.
func (r *Report) cameBack(p Payout, times int, used map[string]bool) *Movement {
	for i := range r.Movements {
		m := &r.Movements[i]
		of := money.Amount{Minor: magnitude(m.Amount.Minor), Currency: m.Amount.Currency}
		if m.Type == movedBack && m.Status != string(Failed) && !used[m.ID] && (of == p.Amount || of == p.Before) && m.CreatedAt.After(p.CreatedAt) && !m.CreatedAt.After(p.PaidAt) {
			if times--; times == 0 {
				return m
			}
		}
	}
	return nil
}

// State is what became of a document since it was posted.
type State string

// The states.
const (
	New     State = "new"
	Same    State = "posted already"
	Changed State = "posted with other amounts"
)

// Posted tells which documents were posted before, by the digests of those by number: a new
// one is to be posted, one that is the same must not be, and one that has changed needs a
// person. A payment that was taken back, or is with these documents, stays as it was posted:
// the others of [Report.Reversed] say what became of it.
func Posted(documents []Document, posted map[string]string) map[string]State {
	back := map[string]bool{}
	for _, d := range documents {
		back[d.Number] = true
	}
	for number := range posted {
		back[number] = true
	}
	states := make(map[string]State, len(documents))
	for _, d := range documents {
		before, known := posted[d.Number]
		switch {
		case !known:
			states[d.Number] = New
		case before == d.Digest || back[takenBack(d.Number)]:
			states[d.Number] = Same
		default:
			states[d.Number] = Changed
		}
	}
	return states
}

// WriteJournal writes documents as CSV, a row for each entry. Amounts are in major units.
func WriteJournal(w io.Writer, documents []Document) error {
	rows := [][]string{{"document", "date", "account", "tax_rate", "currency", "debit", "credit", "statement", "payment", "digest"}}
	for _, d := range documents {
		for _, e := range d.Entries {
			rows = append(rows, []string{
				d.Number, d.Date.Format(time.DateOnly), e.Account, e.TaxRate, d.Currency, unlessZero(e.Debit, d.Currency), unlessZero(e.Credit, d.Currency),
				d.StatementID, d.PaymentID, d.Digest,
			})
		}
	}
	return writeCSV(w, rows)
}

// WriteSummary writes what each payout is made of, by category and tax rate, as CSV. The rows
// of a payout add up to what was paid: what its statements do not explain is a row of the
// reason, and what was not read is one of [NotRead].
func (r *Report) WriteSummary(w io.Writer) error {
	byStatement := r.entriesByStatement(func(time.Time) bool { return true })
	payable := map[string]int64{}
	for _, s := range r.Statements {
		payable[s.ID] = s.Payable
	}
	rows := [][]string{{"payment", "paid", "category", "tax_rate", "currency", "amount"}}
	for _, p := range r.Payouts {
		row := func(category, rate string, minor int64) {
			if minor != 0 {
				rows = append(rows, []string{p.ID, date(p.PaidAt), category, rate, p.Before.Currency, decimal(minor, p.Before.Currency)})
			}
		}
		all, unread := entries{}, int64(0)
		for _, id := range append(slices.Clone(p.Statements), p.Carried...) {
			if r.withheld[id] != "" {
				unread += payable[id]
			}
			for key, minor := range byStatement[id] {
				all[key] += minor
			}
		}
		for _, key := range slices.SortedFunc(maps.Keys(all), compareEntries) {
			row(key.Account, key.TaxRate, all[key])
		}
		row(string(NotRead), "", unread)
		row(string(p.differs), "", p.Before.Minor-p.Payable.Minor)
		rows = append(rows, []string{p.ID, date(p.PaidAt), "paid", "", p.Before.Currency, p.Before.Decimal()})
	}
	return writeCSV(w, rows)
}

// WriteOrders writes one row for each order, as CSV.
func (r *Report) WriteOrders(w io.Writer) error {
	byOrder := map[string][]string{}
	for _, x := range r.Residuals {
		if x.OrderID != "" {
			byOrder[x.OrderID] = append(byOrder[x.OrderID], string(x.Reason)+" "+decimal(x.Minor, x.Currency))
		}
	}
	rows := [][]string{{
		"order", "warehouse_orders", "ordered", "settled", "paid", "currency", "worth", "kept", "sold", "refunded", "fees", "other", "settlement",
		"expected", "expected_by", "tax_owed_by", "statements", "residuals",
	}}
	for _, o := range r.Orders {
		a := func(n int64) string { return decimal(n, o.Currency) }
		var kept []string
		for _, k := range o.Kept {
			kept = append(kept, k.What+" "+a(k.Minor))
		}
		expected := ""
		if o.ExpectedKnown {
			expected = a(o.Expected)
		}
		rows = append(rows, []string{
			o.ID, strings.Join(o.Numbers, " "), date(o.OrderedAt), date(o.SettledAt), date(o.PaidAt), o.Currency, a(o.Worth), strings.Join(kept, "; "),
			a(o.Sold), a(o.Refunded), a(o.Fees), a(o.Other), a(o.Settlement), expected, date(o.ExpectedAt), string(o.TaxBy),
			strings.Join(o.Statements, " "), strings.Join(byOrder[o.ID], "; "),
		})
	}
	return writeCSV(w, rows)
}

// WriteMovements writes one row for each movement of the balance, as CSV.
func (r *Report) WriteMovements(w io.Writer) error {
	rows := [][]string{{"movement", "created", "type", "status", "currency", "amount", "payment", "statements", "reverses"}}
	for _, m := range r.Movements {
		rows = append(rows, []string{m.ID, date(m.CreatedAt), m.Type, m.Status, m.Amount.Currency, m.Amount.Decimal(), m.PaymentID, strings.Join(m.StatementIDs, " "), m.Reverses})
	}
	return writeCSV(w, rows)
}

// writeCSV writes rows. Text from outside that a spreadsheet would take for a formula gets
// an apostrophe before it.
func writeCSV(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !number(cell) {
				row[i] = "'" + cell
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func number(s string) bool { return strings.Trim(s, "-.0123456789") == "" }

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func unlessZero(minor int64, currency string) string {
	if minor == 0 {
		return ""
	}
	return decimal(minor, currency)
}
