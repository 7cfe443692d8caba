package finance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/money"
)

// Parts are what a settlement is made of, in minor units of one currency.
type Parts struct {
	Revenue, Shipping, Fees, Adjustment int64 // Fees are with taxes
}

// Sum adds them up.
func (p Parts) Sum() int64 { return p.Revenue + p.Shipping + p.Fees + p.Adjustment }

// Group is the part of a line that a detail belongs to.
type Group string

// The groups. Info is no part of the settlement: it says what the buyer and others paid.
const (
	Revenue  Group = "revenue"
	Shipping Group = "shipping"
	Fee      Group = "fee"
	Tax      Group = "tax"
	Info     Group = "info"
)

// Detail is an amount within a part, by the shop's own name, known or not.
type Detail struct {
	Group Group
	Name  string
	Minor int64
}

// Line is a transaction on a statement.
type Line struct {
	ID string
	// Type is the shop's word, [OrderLine], [ReserveLine] or that of an adjustment.
	Type string
	// OrderID is the order that it is about, also that of an adjustment or a reserve;
	// empty for none.
	OrderID string
	// Currency is that of the statement if it is empty.
	Currency  string
	OrderedAt time.Time

	// Stated are the parts with the signs of the shop.
	Stated     Parts
	Settlement int64
	Details    []Detail

	// Reserve is what is withheld (negative) or released; it is not in Settlement.
	Reserve      int64
	ReserveID    string
	ReserveState string
	ReleaseAt    time.Time // estimated; zero if unknown
}

// The types of lines that are no adjustments.
const (
	OrderLine   = "ORDER"
	ReserveLine = "RESERVE"
)

// Statement is what the shop settled in a day.
type Statement struct {
	ID       string
	Currency string
	// At is when it was made: the end of the day that it covers, at 00:00 UTC.
	At time.Time
	// Stated are its parts. NetSales is what some markets state beside the revenue, or
	// instead of it.
	Stated     Parts
	NetSales   *int64
	Settlement int64
	// Totals are what the page of its lines states, nil if it does not.
	Totals *Totals

	PaymentID string
	Status    PaymentStatus
	PaidAt    time.Time
	Lines     []Line
	// LinesRead reports whether all lines were read, but for those in Books.Unread.
	LinesRead bool
}

// Totals are the sums that stand beside the lines of a statement.
type Totals struct{ Settlement, Reserve, Payable int64 }

// settledAt is the last moment of the day that the statement covers.
func (s *Statement) settledAt() time.Time { return settledAt(s.At) }

// settledAt is the last moment of the day that a statement covers which was made at a time.
func settledAt(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.UTC().Add(-time.Nanosecond)
}

// PaymentStatus is the shop's word for how far a payment is. The list is open.
type PaymentStatus string

// The statuses that matter here.
const (
	Paid       PaymentStatus = "PAID"
	Failed     PaymentStatus = "FAILED"
	Processing PaymentStatus = "PROCESSING"
)

// Payment is a payout of one or more statements.
type Payment struct {
	ID     string
	Status PaymentStatus
	// Amount is what arrives, Before the same before the exchange into another currency;
	// without one they are equal. Rate is as the shop states it.
	Amount, Before money.Amount
	Rate           string
	// Settled and Reserve are the parts of Before, nil if the shop does not state them.
	Settled, Reserve  *money.Amount
	CreatedAt, PaidAt time.Time
}

// Withdrawal is a movement of the seller's balance with the shop: SETTLE into it, WITHDRAW to
// the bank, TRANSFER or REVERSE. Nothing on it names a statement or a payment.
type Withdrawal struct {
	ID, Type, Status string
	Amount           money.Amount
	CreatedAt        time.Time
}

// Estimate is what the shop expects to settle. An order may be in several.
type Estimate struct {
	ID, OrderID, Type string
	Currency          string
	Settlement        int64
	// Known is false if the shop states no amount.
	Known                  bool
	OrderedAt, DeliveredAt time.Time
	// Expected is when the shop will settle: a moment, or in its own words.
	ExpectedAt time.Time
	Expected   string
	// Why is the shop's word for why it is not settled.
	Why string
}

// OrderRow is what the shop says of one SKU of an order on one statement. Rows have no
// ids: equal ones are two, and a refund is a later row with all signs turned.
type OrderRow struct {
	StatementID, SKU string
	Quantity         int
	Stated           Parts
	Settlement       int64
	Details          []Detail
}

// OrderRows are all rows of an order, and the totals that the shop states with them.
type OrderRows struct {
	OrderID    string
	Currency   string
	Stated     Parts
	Settlement int64
	Rows       []OrderRow
}

// Sale is what an order is worth in the warehouse, in minor units.
type Sale struct {
	OrderID  string
	Currency string
	// With are further orders of the shop that people merged with it in the warehouse: the
	// amounts are then those of all of them. AmountsUnknown reports that nobody can tell them.
	With           []string
	AmountsUnknown bool
	// Numbers are those of the orders in the warehouse, for people.
	Numbers []string
	// Paid, Funded and Cancelled are the amounts kept at import: what the buyer paid,
	// what others pay in the buyer's place, and what of both was cancelled.
	Paid, Funded, Cancelled int64
	// Tax is on top and in Paid, TaxIncluded in the prices. Fees are what the buyer pays
	// beside goods and shipping. Shipping is what the buyer pays, ShippingFunded what the
	// shop pays for it. All are in Paid and Funded.
	Tax, TaxIncluded, Fees, Shipping, ShippingFunded int64
	// Total is what the warehouse has now; TotalKnown false if it was not read.
	Total      int64
	TotalKnown bool
	// Units is how many units it has, zero if nobody has counted.
	Units int
	// Rates are the tax rates of its goods, and what was sold at each.
	Rates []Rate
	// Refunds are those that are known outside the statements, if RefundsRead.
	Refunds     []Refund
	RefundsRead bool
	// Void reports that the order was cancelled whole.
	Void                              bool
	OrderedAt, ShippedAt, DeliveredAt time.Time
}

func (s *Sale) merged() bool { return len(s.With) > 0 }

// orderIDs are the orders of the shop in it.
func (s *Sale) orderIDs() []string { return append([]string{s.OrderID}, s.With...) }

func (s *Sale) worth() int64 { return s.Paid + s.Funded - s.Cancelled }

// Rate is a tax rate in percent, such as "20", and what was sold at it, with tax.
type Rate struct {
	Percent string
	Gross   int64
}

// Refund is money that a buyer gets back.
type Refund struct {
	ID    string
	Minor int64
	At    time.Time
}

// Unread is a record that was there and could not be read.
type Unread struct {
	// Kind says what it is: "line", "statement", "payment", "order" and so on.
	Kind string
	// ID is its own, and of a line StatementID that of its statement. What could not be
	// told is empty, as of the rest of a list.
	ID, StatementID string
	Why             string
}

// Books are what was read of one shop. The order in which things stand does not matter.
type Books struct {
	Statements  []Statement
	Payments    []Payment
	Withdrawals []Withdrawal
	Estimates   []Estimate
	OrderRows   []OrderRows
	Sales       []Sale
	Unread      []Unread

	// Before are the statements from before From that no payment has paid: what they owe may
	// come off one of the period.
	Before []Statement

	// From and To are the bounds of the period, zero for none: a payment at its beginning
	// may pay what was settled before.
	From, To time.Time
	// PaymentsRead, EstimatesRead and SalesRead report whether these were read to the end.
	// What was not read is missed by nobody: nothing is found wrong for its absence.
	PaymentsRead, EstimatesRead, SalesRead, WithdrawalsRead bool
}

// The texts are all of a record, in one order: of two that have an id in common, the same one
// counts however they came.
func (s Statement) text() string {
	lines := make([]string, len(s.Lines))
	for i, l := range s.Lines {
		lines[i] = l.text()
	}
	slices.Sort(lines)
	more := fmt.Sprint(lines)
	if s.Totals != nil {
		more += fmt.Sprint(*s.Totals)
	}
	if s.NetSales != nil {
		more += fmt.Sprint(" net ", *s.NetSales)
	}
	s.Lines, s.Totals, s.NetSales = nil, nil, nil
	return fmt.Sprint(s, more)
}

func (l Line) text() string {
	l.Details = slices.SortedFunc(slices.Values(l.Details), func(a, b Detail) int {
		return cmp.Or(strings.Compare(string(a.Group), string(b.Group)), strings.Compare(a.Name, b.Name), cmp.Compare(a.Minor, b.Minor))
	})
	return fmt.Sprint(l)
}

func (p Payment) text() string {
	var parts [2]money.Amount
	for i, part := range [...]*money.Amount{p.Settled, p.Reserve} {
		if part != nil {
			parts[i] = *part
		}
	}
	p.Settled, p.Reserve = nil, nil
	return fmt.Sprint(p, parts)
}

func (w Withdrawal) text() string { return fmt.Sprint(w) }

func (s Sale) text() string { return fmt.Sprint(s) }

// takes completes a statement with what another reading of it says: its payment, if that
// one is later, and its lines.
func (s *Statement) takes(o Statement) {
	if compareStates(o.Status, s.Status, o.PaidAt, s.PaidAt, o.PaymentID, s.PaymentID) > 0 {
		s.PaymentID, s.Status, s.PaidAt = o.PaymentID, o.Status, o.PaidAt
	}
	if o.LinesRead && !s.LinesRead || o.LinesRead == s.LinesRead && len(o.Lines) > len(s.Lines) {
		s.Lines, s.LinesRead, s.Totals = o.Lines, o.LinesRead, o.Totals
	}
}

// takes completes a payment with a later reading of it.
func (p *Payment) takes(o Payment) {
	if compareStates(o.Status, p.Status, o.PaidAt, p.PaidAt, "", "") > 0 {
		*p = o
	}
}

// takes completes a movement with a later reading of it.
func (w *Withdrawal) takes(o Withdrawal) {
	if compareStates(PaymentStatus(o.Status), PaymentStatus(w.Status), o.CreatedAt, w.CreatedAt, "", "") > 0 {
		*w = o
	}
}

// takes completes a sale with a later reading of it.
func (s *Sale) takes(o Sale) {
	if o.RefundsRead && (!s.RefundsRead || len(o.Refunds) > len(s.Refunds)) {
		s.Refunds, s.RefundsRead = o.Refunds, true
	}
	for _, at := range [...]struct{ to, from *time.Time }{{&s.ShippedAt, &o.ShippedAt}, {&s.DeliveredAt, &o.DeliveredAt}} {
		if at.from.After(*at.to) {
			*at.to = *at.from
		}
	}
}

// compareStates tells which of two readings of one record is the later: payments go from
// being processed to their end, whatever that is called.
func compareStates(a, b PaymentStatus, aAt, bAt time.Time, aID, bID string) int {
	step := func(s PaymentStatus) int {
		switch s {
		case Paid:
			return 2
		case Processing, "PENDING", "":
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(step(a), step(b)), aAt.Compare(bAt), compareIDs(aID, bID), cmp.Compare(a, b))
}

func amount(minor int64, currency string) string {
	return money.Amount{Minor: minor, Currency: currency}.String()
}

func decimal(minor int64, currency string) string {
	return money.Amount{Minor: minor, Currency: currency}.Decimal()
}

func absurd(n int64) bool { return n > money.Max || n < -money.Max }

// compareIDs orders ids that are numbers by their value.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }
