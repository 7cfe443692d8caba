package finance

// Signs is how the parts of a settlement were found to make its amount.
type Signs string

// The readings. A line is read by the one whose sum is the settlement. If several fit and
// differ, as when shipping and fees cancel out, most of the other lines of the statement
// decide, or else of the books: they are of one source. Their reading also holds for a line
// that fits another one by chance, which is seen by its details.
const (
	Added    Signs = "added"                // revenue + shipping + fees + adjustment
	Within   Signs = "shipping in the fees" // revenue + fees + adjustment
	TakenOff Signs = "taken off"            // revenue - shipping - fees - adjustment
	Open     Signs = "not settled"          // several fit
	NoSigns  Signs = "none fits"
)

var readings = [...]struct {
	signs Signs
	read  func(Parts) Parts
}{
	{Added, func(p Parts) Parts { return p }},
	{Within, func(p Parts) Parts { return Parts{p.Revenue, p.Shipping, p.Fees - p.Shipping, p.Adjustment} }},
	{TakenOff, func(p Parts) Parts { return Parts{p.Revenue, -p.Shipping, -p.Fees, -p.Adjustment} }},
}

// signed returns the parts with the seller's signs, as s reads them.
func (s Signs) signed(p Parts) Parts {
	for _, r := range readings {
		if r.signs == s {
			return r.read(p)
		}
	}
	return Parts{}
}

// sign is that of shipping, fees and taxes in the details.
func (s Signs) sign() int64 {
	if s == TakenOff {
		return -1
	}
	return 1
}

// signsOf is the reading that fits, Open if several fit and differ, or NoSigns.
func signsOf(p Parts, settlement int64) Signs {
	found := NoSigns
	for _, r := range readings {
		switch {
		case r.read(p).Sum() != settlement:
		case found == NoSigns:
			found = r.signs
		case found.signed(p) != r.read(p):
			return Open
		}
	}
	return found
}

// fits reports whether s reads the parts as the settlement.
func (s Signs) fits(p Parts, settlement int64) bool {
	return s != Open && s != NoSigns && s.signed(p).Sum() == settlement
}

// tells reports whether the line can tell one reading from the others.
func tells(p Parts, settlement int64) (Signs, bool) {
	s := signsOf(p, settlement)
	if s == Open || s == NoSigns {
		return s, false
	}
	for _, r := range readings {
		if r.signs != s && r.read(p) == s.signed(p) && r.signs == TakenOff {
			return s, false // nothing but revenue
		}
	}
	return s, true
}

// votes count the readings of the lines that can tell.
type votes map[Signs]int

// common is the reading of more than half, else Open.
func (v votes) common() Signs {
	n := 0
	for _, count := range v {
		n += count
	}
	for _, r := range readings {
		if 2*v[r.signs] > n {
			return r.signs
		}
	}
	return Open
}
