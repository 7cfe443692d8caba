package finance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Report is what came out.
type Report struct {
	Shop string
	AsOf time.Time
	// Basis and Zone are those of the months.
	Basis Basis
	Zone  string

	Statements  []StatementResult
	Payouts     []Payout
	Orders      []Order
	Reserves    []Reserve
	Fees        FeeCheck
	Clearing    []Clearing
	Withdrawals []WithdrawalSum
	Movements   []Movement
	// Categories are the sums of all lines.
	Categories []CategorySum
	// Residuals are all that is left over: the wrong ones first.
	Residuals []Residual
	Unread    []Unread
	// UnknownNames are names of amounts that the table does not have, as "fee new_fee".
	// Their amounts are in the category for the others of their group.
	UnknownNames []string
	// Repeated counts records that came twice, alike: pages of a list that moved.
	Repeated int

	options Options
	until   time.Time // statements were read up to here
	read    struct{ PaymentsRead, EstimatesRead, SalesRead bool }
	rules   []feeRule // those of the market
	lines   []settled
	sales   map[string]*Sale
	// settledIn are the orders that are settled in another currency than they were sold in.
	settledIn map[string]bool
	paidAt    map[string]time.Time // by statement
	// incomplete are statements of which a line was not read, cut whether one was not read to
	// the end, and lost what else was not read by kind, of which nobody knows what it says.
	incomplete []string
	cut        bool
	lost       map[Object]string
	withheld   map[string]string // statements that must not be posted, and why
}

// CategorySum is an amount of a category.
type CategorySum struct {
	Category Category
	Currency string
	Minor    int64
}

// StatementResult is how a statement came out.
type StatementResult struct {
	ID, Currency string
	At           time.Time
	Lines        int
	// Unread counts lines of it that could not be read.
	Unread int
	// Signs is how its lines are signed.
	Signs                        Signs
	Settlement, Reserve, Payable int64
	PaymentID                    string
	Status                       PaymentStatus
	PaidAt                       time.Time
	// Proven reports that every equation holds and every line was read.
	Proven     bool
	Categories []CategorySum
}

// settledAt is that of the statement.
func (s *StatementResult) settledAt() time.Time { return settledAt(s.At) }

// WithdrawalSum are the movements of one type, status and currency.
type WithdrawalSum struct {
	Type, Status, Currency string
	Count                  int
	Minor                  int64
}

// OK reports whether nobody has to look: every amount is tied to an order or has a reason
// that passes.
func (r *Report) OK() bool {
	return len(r.Unread) == 0 && !slices.ContainsFunc(r.Residuals, Residual.Wrong)
}

// Wrong returns the residuals that somebody has to look at.
func (r *Report) Wrong() []Residual {
	var list []Residual
	for _, x := range r.Residuals {
		if x.Wrong() {
			list = append(list, x)
		}
	}
	return list
}

// Passing is a reason that passes with time, or is as it should be.
type Passing struct {
	Reason Reason
	Count  int
	Minor  map[string]int64 // by currency
}

// Passing returns what nobody has to look at, by reason.
func (r *Report) Passing() []Passing {
	found := map[Reason]*Passing{}
	for _, x := range r.Residuals {
		if x.Wrong() {
			continue
		}
		p := found[x.Reason]
		if p == nil {
			p = &Passing{Reason: x.Reason, Minor: map[string]int64{}}
			found[x.Reason] = p
		}
		p.Count++
		p.Minor[x.Currency] += x.Minor
	}
	var list []Passing
	for _, info := range reasons {
		if p := found[info.Reason]; p != nil {
			list = append(list, *p)
		}
	}
	return list
}

// MarshalJSON returns the report for programs.
func (r *Report) MarshalJSON() ([]byte, error) { return part.JSON(*r) }

// Reconcile compares what was read of a shop. It fails for wrong options only: whatever is
// wrong with a record is in the report, and costs that record.
func Reconcile(b Books, o Options) (*Report, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	r := &Report{Shop: o.Shop, AsOf: o.AsOf, Basis: o.Basis, Zone: o.Zone.String(), options: o}
	r.read.PaymentsRead, r.read.EstimatesRead, r.read.SalesRead = b.PaymentsRead, b.EstimatesRead, b.SalesRead
	if r.until = o.AsOf; !b.To.IsZero() && b.To.Before(r.until) {
		r.until = b.To.UTC()
	}
	r.Fees.Market = o.Market
	for _, rule := range o.FeeRules.rows {
		if rule.market == o.Market && (rule.sure || o.UnsureFees) {
			r.rules = append(r.rules, rule)
		}
	}
	b = r.tidied(b)
	r.lost = map[Object]string{}
	for _, u := range b.Unread {
		if of := Object(u.Kind); of == OfStatement || of == OfPayment || of == OfWithdrawal || of == OfOrder && u.ID == "" {
			r.lost[of] = strings.TrimSpace("a " + u.Kind + " that was not read " + u.ID)
			if u.ID != "" { // otherwise it is the rest of a list, and whoever read it has the error
				r.Residuals = append(r.Residuals, Residual{Reason: NotRead, Of: of, ID: u.ID, Seen: u.Why})
			}
		}
	}
	r.readStatements(b)
	r.readPayouts(b)
	r.readOrders(b)
	r.withhold()
	r.readReserves()
	r.sumWithdrawals(b)
	r.readBalance(b)
	r.Unread = b.Unread
	slices.SortFunc(r.Residuals, compareResiduals)
	slices.SortFunc(r.Fees.Unruled, func(a, b UnruledFee) int {
		return cmp.Or(strings.Compare(string(a.Group), string(b.Group)), strings.Compare(a.Fee, b.Fee), strings.Compare(a.Currency, b.Currency))
	})
	return r, nil
}

var reasonAt = func() map[Reason]int {
	m := map[Reason]int{}
	for i, r := range reasons {
		m[r.Reason] = i
	}
	return m
}()

func compareResiduals(a, b Residual) int {
	wrong := func(r Residual) int {
		if r.Wrong() {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(wrong(a), wrong(b)), cmp.Compare(reasonAt[a.Reason], reasonAt[b.Reason]), strings.Compare(string(a.Of), string(b.Of)),
		compareIDs(a.ID, b.ID), strings.Compare(a.StatementID, b.StatementID), cmp.Compare(a.Minor, b.Minor), strings.Compare(a.Seen, b.Seen))
}

// tidied returns the books in one order, without what came twice, and without amounts that
// no money can be. What came twice and differs is a residual.
func (r *Report) tidied(b Books) Books {
	b.Unread = slices.Clone(b.Unread)
	b.Statements = named(&b, b.Statements, OfStatement, func(s Statement) string { return s.ID })
	b.Payments = named(&b, b.Payments, OfPayment, func(p Payment) string { return p.ID })
	b.Withdrawals = named(&b, b.Withdrawals, OfWithdrawal, func(w Withdrawal) string { return w.ID })
	b.Sales = named(&b, b.Sales, OfOrder, func(s Sale) string { return s.OrderID })
	b.Statements = once(r, b.Statements, OfStatement, func(s Statement) string { return s.ID }, func(s Statement) (int64, string) { return s.Settlement, s.Currency },
		func(a, b Statement) bool {
			return a.Settlement == b.Settlement && a.Stated == b.Stated && a.Currency == b.Currency
		}, (*Statement).takes)
	b.Payments = once(r, b.Payments, OfPayment, func(p Payment) string { return p.ID }, func(p Payment) (int64, string) { return p.before().Minor, p.before().Currency },
		func(a, b Payment) bool { return a.before() == b.before() && a.Amount == b.Amount }, (*Payment).takes)
	b.Withdrawals = once(r, b.Withdrawals, OfWithdrawal, func(w Withdrawal) string { return w.ID }, func(w Withdrawal) (int64, string) { return w.Amount.Minor, w.Amount.Currency },
		func(a, b Withdrawal) bool { return a.Amount == b.Amount && a.Type == b.Type }, (*Withdrawal).takes)
	b.Estimates = r.eachEstimate(b.Estimates)
	seen := map[string]*Line{}
	for i := range b.Statements {
		s := &b.Statements[i]
		lines := slices.Clone(s.Lines)
		slices.SortFunc(lines, func(a, b Line) int {
			if order := compareIDs(a.ID, b.ID); order != 0 {
				return order
			}
			return cmp.Or(cmp.Compare(a.Settlement, b.Settlement), strings.Compare(a.text(), b.text()))
		})
		s.Lines = lines[:0]
		for j := range lines {
			l := lines[j]
			why := s.unfit(&l)
			if why != "" {
				b.Unread = append(b.Unread, Unread{Kind: "line", ID: l.ID, StatementID: s.ID, Why: why})
				if l.Currency != "" && l.Currency != s.Currency {
					r.Residuals = append(r.Residuals, Residual{Reason: OtherCurrency, Of: OfLine, ID: l.ID, Minor: l.Settlement, Currency: l.Currency, OrderID: l.OrderID, StatementID: s.ID, Seen: why})
				}
				continue
			}
			before := seen[l.ID]
			switch {
			case l.ID == "" || before == nil:
			case before.Settlement == l.Settlement && before.Stated == l.Stated && before.Reserve == l.Reserve && len(s.Lines) > 0 && before == &s.Lines[len(s.Lines)-1]:
				r.Repeated++
				continue
			default:
				r.Residuals = append(r.Residuals, Residual{
					Reason: Twice, Of: OfLine, ID: l.ID, Minor: l.Settlement - before.Settlement, Currency: s.Currency, OrderID: l.OrderID, StatementID: s.ID,
					Seen: "another line has the same id",
				})
			}
			s.Lines = append(s.Lines, l)
			seen[l.ID] = &s.Lines[len(s.Lines)-1]
		}
	}
	slices.SortFunc(b.Unread, func(a, b Unread) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), compareIDs(a.StatementID, b.StatementID), compareIDs(a.ID, b.ID), strings.Compare(a.Why, b.Why))
	})
	return b
}

// unfit is why a line cannot be used.
func (s *Statement) unfit(l *Line) string {
	if l.Currency != "" && l.Currency != s.Currency {
		return "it is in " + l.Currency + ", its statement in " + s.Currency
	}
	list := []int64{l.Stated.Revenue, l.Stated.Shipping, l.Stated.Fees, l.Stated.Adjustment, l.Settlement, l.Reserve}
	for _, d := range l.Details {
		list = append(list, d.Minor)
	}
	for _, n := range list {
		if absurd(n) {
			return "an amount is absurd"
		}
	}
	return ""
}

// eachEstimate drops the estimates that came twice alike. An order may have several, so that
// those which differ in anything all count.
func (r *Report) eachEstimate(list []Estimate) []Estimate {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Estimate) int { return compareIDs(a.ID, b.ID) })
	kept, first := list[:0], 0 // first is the first one kept of the id
	for _, e := range list {
		if n := len(kept); n > 0 && kept[n-1].ID != e.ID {
			first = n
		}
		if e.ID != "" && slices.Contains(kept[first:], e) {
			r.Repeated++
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

// named leaves out records without an id: nobody can tell whether they came twice.
func named[T any](b *Books, list []T, of Object, id func(T) string) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool {
		if id(v) == "" {
			b.Unread = append(b.Unread, Unread{Kind: string(of), Why: "it has no id"})
		}
		return id(v) == ""
	})
}

// once sorts records by id and drops those that came twice. Of what is the same, the later
// reading counts: a list may move while its pages are read.
func once[T interface{ text() string }](r *Report, list []T, of Object, id func(T) string, value func(T) (int64, string), same func(a, b T) bool, takes func(*T, T)) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int {
		if order := compareIDs(id(a), id(b)); order != 0 {
			return order
		}
		x, _ := value(a)
		y, _ := value(b)
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a.text(), b.text()))
	})
	kept := list[:0]
	for _, v := range list {
		if n := len(kept); n > 0 && id(kept[n-1]) == id(v) {
			if same(kept[n-1], v) {
				takes(&kept[n-1], v)
				r.Repeated++
				continue
			}
			a, currency := value(v)
			b, _ := value(kept[n-1])
			r.Residuals = append(r.Residuals, Residual{Reason: Twice, Of: of, ID: id(v), Minor: a - b, Currency: currency, Seen: "the first one counts"})
			continue
		}
		kept = append(kept, v)
	}
	return kept
}

// readStatements reads all lines and proves the statements.
func (r *Report) readStatements(b Books) {
	reader := newLineReader(r.options.Names)
	total := newSums()
	unread := map[string][]Unread{}
	for _, u := range b.Unread {
		if u.Kind == "line" {
			unread[u.StatementID] = append(unread[u.StatementID], u)
		}
	}
	n := 0
	for i := range b.Statements {
		n += len(b.Statements[i].Lines)
	}
	r.lines = make([]settled, 0, n)
	everywhere, own := votes{}, make([]votes, len(b.Statements))
	for i := range b.Statements {
		own[i] = reader.votes(&b.Statements[i])
		for signs, count := range own[i] {
			everywhere[signs] += count
		}
	}
	for i := range b.Statements {
		s := &b.Statements[i]
		sum := newSums()
		res := StatementResult{
			ID: s.ID, Currency: s.Currency, At: s.At.UTC(), Lines: len(s.Lines), Unread: len(unread[s.ID]), Signs: own[i].common(), Settlement: s.Settlement,
			PaymentID: s.PaymentID, Status: s.Status, PaidAt: s.PaidAt.UTC(), Proven: s.LinesRead && len(unread[s.ID]) == 0, Payable: s.payable(),
		}
		if res.Signs == Open {
			res.Signs = everywhere.common()
		}
		if res.Signs == Open {
			if signs, fits := s.signs(); fits {
				res.Signs = signs
			}
		}
		var lines, reserves int64
		var gaps []*settled
		for j := range s.Lines {
			r.lines = append(r.lines, reader.read(s, &s.Lines[j], res.Signs))
			l := &r.lines[len(r.lines)-1]
			lines, reserves = lines+l.Settlement, reserves+l.Reserve
			for _, p := range l.posts {
				sum.add(p.category, s.Currency, p.minor)
				total.add(p.category, s.Currency, p.minor)
			}
			if found, ok := l.residual(); ok {
				r.Residuals = append(r.Residuals, found)
			}
			if l.gap != 0 {
				gaps = append(gaps, l)
			}
		}
		res.Reserve, res.Categories = reserves, sum.list()
		r.proveStatement(s, &res, lines, reserves, gaps, unread[s.ID])
		if !s.LinesRead || res.Unread > 0 {
			r.incomplete, r.cut = append(r.incomplete, s.ID), r.cut || !s.LinesRead
		}
		r.Statements = append(r.Statements, res)
	}
	r.Categories = total.list()
	for _, k := range slices.SortedFunc(maps.Keys(reader.unknown), func(a, b nameKey) int {
		return cmp.Or(strings.Compare(string(a.group), string(b.group)), strings.Compare(a.name, b.name))
	}) {
		r.UnknownNames = append(r.UnknownNames, string(k.group)+" "+k.name)
	}
}

// proveStatement makes one residual of all equations that do not hold: they have one cause
// as a rule.
func (r *Report) proveStatement(s *Statement, res *StatementResult, lines, reserves int64, gaps []*settled, unread []Unread) {
	var found *Residual
	var seen []string
	onlyLines := true
	for i, e := range statementEquations {
		off, applies := e.check(s, lines, reserves)
		if off == 0 || !applies {
			continue
		}
		seen = append(seen, amount(off, s.Currency)+" to "+e.name)
		onlyLines = onlyLines && (i == 1 || i == 3)
		if found == nil {
			found = &Residual{Reason: StatementDiffers, Of: OfStatement, ID: s.ID, StatementID: s.ID, Minor: off, Currency: s.Currency}
		}
	}
	if !s.LinesRead {
		r.Residuals = append(r.Residuals, Residual{Reason: NotRead, Of: OfStatement, ID: s.ID, StatementID: s.ID, Minor: s.Settlement - lines, Currency: s.Currency, Seen: "its lines were not read to the end"})
	}
	if found == nil {
		if len(unread) > 0 { // what it says is no part of the sums, or makes no difference to them
			r.Residuals = append(r.Residuals, Residual{Reason: NotRead, Of: OfStatement, ID: s.ID, StatementID: s.ID, Currency: s.Currency, Seen: unreadText(unread)})
		}
		return
	}
	res.Proven = false
	found.Seen = "differs by " + strings.Join(seen, ", ")
	switch {
	case len(unread) > 0 && onlyLines:
		found.Reason = NotRead
		found.Seen += ": " + unreadText(unread)
	case onlyLines:
		found.Because = because(found.Minor, gaps)
	}
	r.Residuals = append(r.Residuals, *found)
}

// unreadText names the lines that were not read, and why.
func unreadText(unread []Unread) string {
	const most = 3
	var list []string
	for _, u := range unread[:min(len(unread), most)] {
		name := "a line without an id"
		if u.ID != "" {
			name = "line " + u.ID
		}
		list = append(list, fmt.Sprintf("%s could not be read: %s", name, u.Why))
	}
	if n := len(unread) - most; n > 0 {
		list = append(list, fmt.Sprintf("%d more could not be read", n))
	}
	return strings.Join(list, "; ")
}

// withhold finds what must not be posted: it would be posted otherwise than it is.
func (r *Report) withhold() {
	r.withheld = map[string]string{}
	for _, id := range r.incomplete {
		r.withheld[id] = "its lines were not all read"
	}
	if r.lost[OfOrder] == "" || r.read.SalesRead {
		return
	}
	for i := range r.lines {
		l := &r.lines[i]
		if l.Type == OrderLine && r.sales[l.OrderID] == nil && r.withheld[l.in.ID] == "" {
			r.withheld[l.in.ID] = "the tax rates of its orders were not read"
		}
	}
}

// because is the line whose own gap is the amount, or the first if all together are.
func because(minor int64, gaps []*settled) string {
	var sum int64
	for _, l := range gaps {
		if magnitude(l.gap) == magnitude(minor) {
			return "line " + l.ID
		}
		sum += l.gap
	}
	if len(gaps) > 0 && magnitude(sum) == magnitude(minor) {
		return "line " + gaps[0].ID
	}
	return ""
}

func (r *Report) sumWithdrawals(b Books) {
	sums := map[WithdrawalSum]*WithdrawalSum{}
	for _, w := range b.Withdrawals {
		key := WithdrawalSum{Type: w.Type, Status: w.Status, Currency: w.Amount.Currency}
		if sums[key] == nil {
			sums[key] = &WithdrawalSum{Type: w.Type, Status: w.Status, Currency: w.Amount.Currency}
		}
		sums[key].Count++
		sums[key].Minor += w.Amount.Minor
	}
	for _, s := range sums {
		r.Withdrawals = append(r.Withdrawals, *s)
	}
	slices.SortFunc(r.Withdrawals, func(a, b WithdrawalSum) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Status, b.Status), strings.Compare(a.Currency, b.Currency))
	})
}

// sums are amounts by currency and category.
type sums map[string][]int64

func newSums() sums { return sums{} }

func (s sums) add(category int, currency string, minor int64) {
	list := s[currency]
	if list == nil {
		list = make([]int64, len(categories))
		s[currency] = list
	}
	list[category] += minor
}

func (s sums) list() []CategorySum {
	var out []CategorySum
	for _, currency := range slices.Sorted(maps.Keys(s)) {
		out = append(out, categorySums(s[currency], currency)...)
	}
	return out
}

// categorySums are the amounts that are not zero.
func categorySums(list []int64, currency string) []CategorySum {
	n := 0
	for _, minor := range list {
		if minor != 0 {
			n++
		}
	}
	out := make([]CategorySum, 0, n)
	for c, minor := range list {
		if minor != 0 {
			out = append(out, CategorySum{categories[c].name, currency, minor})
		}
	}
	return out
}
