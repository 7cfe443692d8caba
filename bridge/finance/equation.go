package finance

import "fmt"

// settled is a line after it was read.
type settled struct {
	*Line
	in    *Statement
	signs Signs
	// posts add up to the settlement and the reserve of the line.
	posts []post
	// sold is what the buyer and others paid in it.
	sold int64
	// gap is the settlement less its parts, unnamed the largest part less its details.
	gap, unnamed int64
}

type post struct {
	category int // in categories
	minor    int64
}

// lineReader reads lines into posts.
type lineReader struct {
	names   *Names
	known   map[nameKey]nameOf
	unknown map[nameKey]bool
	sums    []int64 // scratch, by category
}

type nameKey struct {
	group Group
	name  string
}

type nameOf struct {
	category int // -1 for a copy
}

func newLineReader(n *Names) *lineReader {
	return &lineReader{names: n, known: map[nameKey]nameOf{}, unknown: map[nameKey]bool{}, sums: make([]int64, len(categories))}
}

func (r *lineReader) category(g Group, name string) int {
	key := nameKey{g, name}
	found, ok := r.known[key]
	if !ok {
		c, known := r.names.of(g, name)
		if !known {
			r.unknown[key] = true
		}
		found = nameOf{-1}
		if c != copied {
			found.category = categoryAt[c]
		}
		r.known[key] = found
	}
	return found.category
}

func (r *lineReader) add(c Category, minor int64) { r.sums[categoryAt[c]] += minor }

// votes asks the lines that can tell how they are signed. One whose details are something
// else may fit by chance, and is not asked.
func (r *lineReader) votes(in *Statement) votes {
	v := votes{}
	for i := range in.Lines {
		l := &in.Lines[i]
		signs, ok := tells(l.Stated, l.Settlement)
		if !ok {
			continue
		}
		s := settled{Line: l, in: in}
		if r.parts(&s, signs); s.unnamed == 0 || len(l.Details) == 0 {
			v[signs]++
		}
	}
	return v
}

// read reads one line. common is the reading of the statement.
func (r *lineReader) read(in *Statement, l *Line, common Signs) settled {
	s := settled{Line: l, in: in, signs: signsOf(l.Stated, l.Settlement)}
	reading := s.signs
	if s.signs == Open && common.fits(l.Stated, l.Settlement) {
		s.signs, reading = common, common
	} else if s.signs == NoSigns {
		reading = common
	}
	r.parts(&s, reading)
	if s.unnamed != 0 && reading != common && common != Open {
		r.parts(&s, common)
	}
	r.add(NotExplained, s.gap)
	r.add(Reserves, l.Reserve)
	if l.Type == OrderLine {
		s.sold = r.sold()
		if s.sold > 0 {
			r.funded(l, s.sold)
		}
	}
	n := 0
	for _, minor := range r.sums {
		if minor != 0 {
			n++
		}
	}
	s.posts = make([]post, 0, n)
	for c, minor := range r.sums {
		if minor != 0 {
			s.posts = append(s.posts, post{c, minor})
		}
	}
	return s
}

// parts puts the details of every part into their categories, and what they leave of it
// into an unnamed one. What cannot be read stays whole.
func (r *lineReader) parts(s *settled, reading Signs) {
	clear(r.sums)
	p := reading.signed(s.Stated)
	s.gap, s.unnamed = s.Settlement-p.Sum(), 0
	if reading == Open || reading == NoSigns {
		return
	}
	var named Parts
	for _, d := range s.Details {
		if d.Group == Info {
			continue
		}
		c := r.category(d.Group, d.Name)
		if c < 0 {
			continue
		}
		minor := d.Minor
		switch d.Group {
		case Revenue:
			named.Revenue += minor
		case Shipping:
			minor *= reading.sign()
			named.Shipping += minor
		default:
			minor *= reading.sign()
			named.Fees += minor
		}
		r.sums[c] += minor
	}
	for _, left := range [...]struct {
		category Category
		minor    int64
	}{
		{UnnamedRevenue, p.Revenue - named.Revenue}, {UnnamedShipping, p.Shipping - named.Shipping}, {UnnamedFees, p.Fees - named.Fees},
	} {
		r.add(left.category, left.minor)
		if magnitude(left.minor) > magnitude(s.unnamed) {
			s.unnamed = left.minor
		}
	}
	if p.Adjustment != 0 {
		r.sums[r.category(adjustments, s.Type)] += p.Adjustment
	}
}

// sold is what was sold in the line. Where that is negative the line is a refund that
// turns the signs of a sale: it is one then.
func (r *lineReader) sold() (sold int64) {
	for c, minor := range r.sums {
		if categories[c].sold {
			sold += minor
		}
	}
	if sold >= 0 {
		return sold
	}
	for c := range r.sums {
		if categories[c].sold {
			r.sums[c] = 0
		}
	}
	r.add(Refunds, sold)
	return 0
}

// funded moves what the platform pays in the buyer's place out of the sales. The shop says
// it for information, with a sign that its samples do not settle: it is moved where the
// numbers prove it to be a part of what was sold.
func (r *lineReader) funded(l *Line, sold int64) {
	paid, discount, tax := l.info("customer_payment_amount"), l.info("platform_discount_amount"), l.info("sales_tax_amount")
	discount, tax = magnitude(discount), magnitude(tax)
	if discount == 0 || r.sums[categoryAt[PlatformDiscounts]] != 0 {
		return
	}
	sum := paid + discount + r.sums[categoryAt[ShippingFunded]]
	if sum == sold || sum == sold+tax {
		r.add(Sales, -discount)
		r.add(PlatformDiscounts, discount)
	}
}

// info is an amount that the shop states for information.
func (l *Line) info(name string) (sum int64) {
	for _, d := range l.Details {
		if d.Group == Info && d.Name == name {
			sum += d.Minor
		}
	}
	return sum
}

// residual is what is wrong with the line, one thing at most.
func (s *settled) residual() (Residual, bool) {
	r := Residual{Of: OfLine, ID: s.ID, Currency: s.in.Currency, OrderID: s.OrderID, StatementID: s.in.ID}
	p := s.Stated
	stated := func() string {
		a := func(n int64) string { return decimal(n, s.in.Currency) }
		return fmt.Sprintf("settlement %s, revenue %s, shipping %s, fees %s, adjustment %s",
			a(s.Settlement), a(p.Revenue), a(p.Shipping), a(p.Fees), a(p.Adjustment))
	}
	switch {
	case s.signs == Open:
		r.Reason, r.Minor, r.Seen = SignsOpen, s.Settlement, stated()
	case s.gap != 0 || s.signs == NoSigns:
		r.Reason, r.Minor, r.Seen = LineNotAdding, s.gap, stated()
	case s.unnamed != 0:
		r.Reason, r.Minor, r.Seen = UnnamedAmount, s.unnamed, stated()
	case s.Type != OrderLine && s.Type != ReserveLine && s.OrderID == "":
		r.Reason, r.Minor, r.Seen = NoOrder, s.Settlement, s.Type
	default:
		return r, false
	}
	return r, true
}

// statementEquations are what must hold within a statement. Each returns what is stated
// less what it should be, and whether it applies.
var statementEquations = []struct {
	name  string
	check func(s *Statement, lines, reserves int64) (int64, bool)
}{
	{"its parts", func(s *Statement, _, _ int64) (int64, bool) {
		_, fits := s.signs()
		return s.Settlement - s.Stated.Sum(), !fits
	}},
	{"its lines", func(s *Statement, lines, _ int64) (int64, bool) { return s.Settlement - lines, s.LinesRead }},
	{"the total beside its lines", func(s *Statement, _, _ int64) (int64, bool) {
		return s.Settlement - s.totals().Settlement, s.Totals != nil
	}},
	{"the reserves of its lines", func(s *Statement, _, reserves int64) (int64, bool) {
		return s.totals().Reserve - reserves, s.Totals != nil && s.LinesRead
	}},
	{"settlement and reserve", func(s *Statement, _, _ int64) (int64, bool) {
		t := s.totals()
		return t.Payable - t.Settlement - t.Reserve, s.Totals != nil
	}},
}

func (s *Statement) totals() Totals {
	if s.Totals == nil {
		return Totals{}
	}
	return *s.Totals
}

// signs is the reading that makes the settlement of a statement, from its revenue or its
// net sales.
func (s *Statement) signs() (Signs, bool) {
	tried := []Parts{s.Stated}
	if s.NetSales != nil {
		p := s.Stated
		p.Revenue = *s.NetSales
		tried = append(tried, p)
	}
	for _, p := range tried {
		if signs := signsOf(p, s.Settlement); signs != NoSigns {
			return signs, true
		}
	}
	return NoSigns, false
}

// payable is what the statement pays, with the reserves, from what is stated.
func (s *Statement) payable() int64 {
	if s.Totals != nil {
		return s.Totals.Payable
	}
	payable := s.Settlement
	for i := range s.Lines {
		payable += s.Lines[i].Reserve
	}
	return payable
}

func magnitude(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
