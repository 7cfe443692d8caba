package finance

import (
	"cmp"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// TaxBy is who owes the tax of an order.
type TaxBy string

// The answers. They come from the numbers of the order, never from its market alone.
const (
	TaxByMarketplace TaxBy = "marketplace" // it collects, or withholds, and pays it
	TaxBySeller      TaxBy = "seller"      // the seller was paid it
	TaxUnknown       TaxBy = "unknown"
)

// Order is how one order of the shop came out.
type Order struct {
	ID, Currency string
	// Numbers are those of the warehouse.
	Numbers []string
	// OrderedAt, SettledAt and PaidAt are the three dates; the last two are those of the
	// first statement with it and of its payment.
	OrderedAt, SettledAt, PaidAt time.Time
	Statements                   []string
	// Worth is what the buyer and others pay, less what was cancelled; InWarehouse reports
	// whether the warehouse has the order.
	Worth       int64
	InWarehouse bool
	// Sold is what the shop settled as sold, before refunds and fees, and Kept what of
	// Worth it has not passed on, with good reason.
	Sold int64
	Kept []Kept
	// Refunded, Fees and Other add up with Sold to Settlement.
	Refunded, Fees, Other int64
	Settlement            int64
	// Settled reports whether it is on a statement.
	Settled bool
	// Expected is what the shop expects, or expected, to settle, by ExpectedAt.
	Expected      int64
	ExpectedKnown bool
	ExpectedAt    time.Time
	TaxBy         TaxBy
	Categories    []CategorySum
}

// Kept is a part of an order's worth that the shop keeps, such as tax that it pays itself.
type Kept struct {
	What  string
	Minor int64
}

// orderState is what is known of an order.
type orderState struct {
	id, currency string
	sale         *Sale
	lines        []*settled
	estimates    []*Estimate
	rows         []*OrderRows

	// members are the orders that are settled of those that were merged, and sold their sum.
	members int
	sold    int64
}

// readOrders ties the lines to orders.
func (r *Report) readOrders(b Books) {
	type key struct{ id, currency string }
	states := make(map[key]*orderState, len(b.Sales))
	state := func(id, currency string) *orderState {
		k := key{id, currency}
		s := states[k]
		if s == nil {
			s = &orderState{id: id, currency: currency}
			states[k] = s
		}
		return s
	}
	r.sales, r.settledIn = make(map[string]*Sale, len(b.Sales)), map[string]bool{}
	b.Sales = once(r, b.Sales, OfOrder, func(s Sale) string { return s.OrderID }, func(s Sale) (int64, string) { return s.worth(), s.Currency },
		func(a, b Sale) bool {
			return a.worth() == b.worth() && a.Total == b.Total && a.Currency == b.Currency && a.Tax == b.Tax
		}, (*Sale).takes)
	for i := range b.Sales {
		s := &b.Sales[i]
		for _, id := range s.orderIDs() {
			r.sales[id] = s
			state(id, s.Currency).sale = s
		}
	}
	for i := range r.lines {
		if l := &r.lines[i]; l.OrderID != "" {
			s := state(l.OrderID, l.in.Currency)
			s.lines = append(s.lines, l)
			if l.Type == OrderLine && l.in.Currency != r.currencyOf(l.OrderID) { // of the others, s is settled
				r.settledIn[l.OrderID] = true
			}
		}
	}
	for i := range b.Estimates {
		if e := &b.Estimates[i]; e.OrderID != "" {
			s := state(e.OrderID, cmp.Or(e.Currency, r.currencyOf(e.OrderID)))
			s.estimates = append(s.estimates, e)
		}
	}
	for i := range b.OrderRows {
		o := &b.OrderRows[i]
		s := state(o.OrderID, o.Currency)
		s.rows = append(s.rows, o)
	}
	unread := map[string]string{}
	for _, u := range b.Unread {
		if u.Kind == "order" {
			unread[u.ID] = u.Why
		}
	}
	keys := slices.SortedFunc(maps.Keys(states), func(a, b key) int {
		return cmp.Or(compareIDs(a.id, b.id), strings.Compare(a.currency, b.currency))
	})
	r.Orders = make([]Order, 0, len(keys))
	byCategory := make([]int64, len(categories))
	together := map[*Sale]*orderState{} // orders that were merged
	for _, k := range keys {
		s := states[k]
		clear(byCategory)
		o := r.readOrder(s, byCategory)
		r.Orders = append(r.Orders, o)
		why, notRead := unread[s.id]
		r.proveOrder(s, &r.Orders[len(r.Orders)-1], b, why, notRead)
		r.checkFees(s, &r.Orders[len(r.Orders)-1])
		if s.sale != nil && s.sale.merged() && !s.sale.AmountsUnknown {
			g := together[s.sale]
			if g == nil {
				g = &orderState{id: s.sale.OrderID, currency: s.currency, sale: s.sale}
				together[s.sale] = g
			}
			if o.Settled && o.Sold != 0 {
				g.members, g.sold, g.lines = g.members+1, g.sold+o.Sold, append(g.lines, s.lines...)
			}
		}
	}
	for i := range b.Sales {
		if g := together[&b.Sales[i]]; g != nil && g.members == len(g.sale.orderIDs()) {
			r.proveSold(g, &Order{Sold: g.sold}, func(reason Reason, minor int64, seen string) *Residual {
				r.Residuals = append(r.Residuals, Residual{
					Reason: reason, Of: OfOrder, ID: g.id, OrderID: g.id, Minor: minor, Currency: g.currency, Seen: "with the orders merged with it: " + seen,
				})
				return &r.Residuals[len(r.Residuals)-1]
			})
		}
	}
}

func (r *Report) currencyOf(orderID string) string {
	if s := r.sales[orderID]; s != nil {
		return s.Currency
	}
	return ""
}

// readOrder adds the lines of an order up. byCategory is room for its sums, all zero.
func (r *Report) readOrder(s *orderState, byCategory []int64) Order {
	o := Order{ID: s.id, Currency: s.currency, TaxBy: TaxUnknown}
	slices.SortFunc(s.lines, func(a, b *settled) int {
		return cmp.Or(a.in.At.Compare(b.in.At), compareIDs(a.in.ID, b.in.ID), compareIDs(a.ID, b.ID))
	})
	for _, l := range s.lines {
		if l.Type == OrderLine {
			o.Settled = true
			o.Sold += l.sold
		}
		if o.SettledAt.IsZero() {
			o.SettledAt, o.PaidAt = l.in.settledAt(), r.paidAt[l.in.ID]
		}
		if o.OrderedAt.IsZero() {
			o.OrderedAt = l.OrderedAt.UTC()
		}
		if !slices.Contains(o.Statements, l.in.ID) {
			o.Statements = append(o.Statements, l.in.ID)
		}
		o.Settlement += l.Settlement
		for _, p := range l.posts {
			byCategory[p.category] += p.minor
		}
	}
	for c, minor := range byCategory {
		switch name := categories[c].name; {
		case name == Refunds:
			o.Refunded += minor
		case c >= categoryAt[Commission] && c <= categoryAt[UnnamedFees]:
			o.Fees += minor
		}
	}
	o.Other = o.Settlement - o.Sold - o.Refunded - o.Fees
	o.Categories = categorySums(byCategory, s.currency)
	if sale := s.sale; sale != nil {
		o.Numbers, o.InWarehouse = sale.Numbers, true
		if !sale.merged() {
			o.Worth = sale.worth()
		}
		if !sale.OrderedAt.IsZero() && (!sale.merged() || o.OrderedAt.IsZero()) {
			o.OrderedAt = sale.OrderedAt.UTC()
		}
	}
	for _, e := range s.estimates {
		if e.Known {
			o.Expected, o.ExpectedKnown = o.Expected+e.Settlement, true
		}
		if e.ExpectedAt.After(o.ExpectedAt) {
			o.ExpectedAt = e.ExpectedAt.UTC()
		}
		if o.OrderedAt.IsZero() {
			o.OrderedAt = e.OrderedAt.UTC()
		}
	}
	return o
}

// proveOrder finds what of an order is not settled as it was sold.
func (r *Report) proveOrder(s *orderState, o *Order, b Books, why string, notRead bool) {
	residual := func(reason Reason, minor int64, seen string) *Residual {
		x := Residual{Reason: reason, Of: OfOrder, ID: s.id, OrderID: s.id, Minor: minor, Currency: s.currency, Seen: seen}
		if len(o.Statements) == 1 {
			x.StatementID = o.Statements[0]
		}
		r.Residuals = append(r.Residuals, x)
		return &r.Residuals[len(r.Residuals)-1]
	}
	before := o.Sold == 0 && len(s.lines) > 0 && o.OrderedAt.Before(b.From)
	switch {
	case notRead:
		residual(NotRead, o.Settlement, why)
	case before && (o.Worth != 0 || s.sale != nil && s.sale.merged()):
		residual(SoldBefore, o.Settlement, "")
	case s.sale == nil && r.sales[s.id] != nil:
		residual(OtherCurrency, o.Settlement, fmt.Sprintf("the order is in %s", r.sales[s.id].Currency))
	case s.sale == nil && b.SalesRead && o.Settled:
		residual(OrderUnknown, o.Settlement, "")
	case s.sale != nil && o.Settled && s.sale.merged():
		residual(Merged, o.Settlement, "with "+strings.Join(slices.DeleteFunc(s.sale.orderIDs(), func(id string) bool { return id == s.id }), ", ")+" as "+strings.Join(s.sale.Numbers, ", "))
	case s.sale != nil && o.Settled:
		r.proveSold(s, o, residual)
	}
	if !o.Settled && !before && !r.settledIn[s.id] {
		r.expect(s, o, b, residual)
	} else if o.ExpectedKnown && o.Expected != o.Settlement {
		residual(EstimateDiffers, o.Settlement-o.Expected, fmt.Sprintf("%s settled, %s expected", amount(o.Settlement, s.currency), amount(o.Expected, s.currency)))
	}
	r.taxOf(s, o)
	if s.sale != nil && s.sale.RefundsRead {
		r.proveRefunds(s, o, b.From, residual)
	}
	for _, rows := range s.rows {
		r.proveRows(s, rows, residual)
	}
}

// proveSold compares what an order is worth with what was settled as sold. What the shop
// may keep of it (tax on top, fees, shipping) is found by the numbers: the fewest of them
// that make the difference exactly.
func (r *Report) proveSold(s *orderState, o *Order, residual func(Reason, int64, string) *Residual) {
	sale := s.sale
	worth := sale.worth()
	kept, left := keeps(sale, worth-o.Sold)
	if sale.TotalKnown && sale.Total != worth {
		// Either the amounts of the import or the order in the warehouse were changed:
		// what was settled tells which.
		if keptNow, leftNow := keeps(sale, sale.Total-o.Sold); leftNow == 0 && left != 0 {
			kept, left = keptNow, 0
			o.Worth = sale.Total
		}
		residual(WarehouseDiffers, sale.Total-worth, fmt.Sprintf("total %s, paid, funded and cancelled make %s", amount(sale.Total, s.currency), amount(worth, s.currency)))
		if left != 0 {
			return
		}
	}
	o.Kept = kept
	if left == 0 {
		return
	}
	x := residual(OrderDiffers, -left, fmt.Sprintf("sold for %s, settled as %s", amount(worth, s.currency), amount(o.Sold, s.currency)))
	x.Because = s.because(left)
}

// keeps explains the difference between what an order is worth and what was settled as
// sold. left is what no sum of known amounts explains, by the sum that comes nearest.
func keeps(sale *Sale, off int64) (kept []Kept, left int64) {
	all := [...]Kept{{"tax", sale.Tax}, {"fees", sale.Fees}, {"shipping", sale.Shipping}, {"shipping that the shop funds", sale.ShippingFunded}}
	best := uint(0)
	left = off
	for set := uint(1); set < 1<<len(all); set++ {
		rest := off
		for i, k := range all {
			if set&(1<<i) != 0 {
				rest -= k.Minor
			}
		}
		if d := cmp.Compare(magnitude(rest), magnitude(left)); d < 0 || d == 0 && bits.OnesCount(set) < bits.OnesCount(best) {
			best, left = set, rest
		}
	}
	for i, k := range all {
		if best&(1<<i) != 0 {
			kept = append(kept, k)
		}
	}
	return kept, left
}

// expect tells why an order is on no statement.
func (r *Report) expect(s *orderState, o *Order, b Books, residual func(Reason, int64, string) *Residual) {
	due := o.Worth
	if o.ExpectedKnown {
		due = o.Expected
	}
	if s.sale == nil && len(s.estimates) == 0 || s.sale != nil && (s.sale.Void || o.Worth == 0 && !s.sale.merged()) && due == 0 {
		return
	}
	by := o.ExpectedAt
	from := time.Time{}
	if s.sale != nil {
		from = s.sale.ShippedAt
		if !s.sale.DeliveredAt.IsZero() {
			from = s.sale.DeliveredAt
		}
	}
	why := ""
	for _, e := range s.estimates {
		if from.IsZero() || e.DeliveredAt.After(from) {
			from = e.DeliveredAt
		}
		why = cmp.Or(why, e.Why)
	}
	if by.IsZero() && !from.IsZero() {
		by = from.Add(r.options.SettleWithin)
	}
	o.ExpectedAt = by.UTC()
	seen := why
	if !by.IsZero() {
		seen = strings.TrimSpace("due " + by.UTC().Format(time.DateOnly) + " " + why)
	}
	until := r.until
	if len(s.estimates) > 0 { // the list of what is expected is of now
		until = r.AsOf
	}
	switch {
	case !by.IsZero() && by.Before(until):
		x := residual(Overdue, due, seen)
		if len(s.estimates) == 0 {
			x.Because = r.unreadLines()
		}
	case len(s.estimates) == 0 && b.EstimatesRead:
		residual(InNoList, due, seen)
	default:
		residual(Timing, due, seen)
	}
}

// unreadLines is what was not read of statements, among which a line may be that is missing.
func (r *Report) unreadLines() string {
	if len(r.incomplete) > 0 {
		return "statement " + r.incomplete[0]
	}
	return r.lost[OfStatement]
}

// taxOf finds who owes the tax. What was withheld, or kept back from what the buyer paid, is
// the marketplace's; what is in the prices and was paid to the seller is the seller's.
func (r *Report) taxOf(s *orderState, o *Order) {
	if !o.Settled {
		return
	}
	var withheld, collected int64
	for _, l := range s.lines {
		if l.Type == OrderLine {
			collected += magnitude(l.info("sales_tax_amount"))
			for _, p := range l.posts {
				if categories[p.category].name == TaxWithheld {
					withheld += magnitude(p.minor)
				}
			}
		}
	}
	kept := slices.ContainsFunc(o.Kept, func(k Kept) bool { return k.What == "tax" })
	switch {
	case withheld != 0 || kept:
		o.TaxBy = TaxByMarketplace
	case collected != 0 && (s.sale == nil || s.sale.merged()):
		o.TaxBy = TaxByMarketplace
	case s.sale != nil && !s.sale.merged() && (s.sale.Tax != 0 || s.sale.TaxIncluded != 0):
		if _, left := keeps(s.sale, o.Worth-o.Sold); left == 0 {
			o.TaxBy = TaxBySeller
		}
	}
}

// refundDetail is the shop's name of what a buyer got back.
const refundDetail = "customer_refund_amount"

// proveRefunds compares the refunds that are known with those that were settled.
func (r *Report) proveRefunds(s *orderState, o *Order, from time.Time, residual func(Reason, int64, string) *Residual) {
	var known, late, taken int64
	for _, f := range s.sale.Refunds {
		known += f.Minor
		if !f.At.IsZero() && !f.At.Before(from) && f.At.Add(r.options.SettleWithin).Before(r.until) {
			late += f.Minor
		}
	}
	for _, l := range s.lines {
		taken += l.info(refundDetail) // one that was taken back has the other sign
	}
	taken = magnitude(taken)
	seen := fmt.Sprintf("%s refunded, %s on statements", amount(known, s.currency), amount(taken, s.currency))
	switch {
	case late > taken && o.Sold != 0:
		residual(RefundOverdue, taken-known, seen).Because = r.unreadLines()
	case known > taken:
		residual(RefundPending, taken-known, seen)
	case known < taken:
		residual(RefundUnknown, taken-known, seen)
	}
}

// proveRows compares what the shop lists of an order with its statements.
func (r *Report) proveRows(s *orderState, rows *OrderRows, residual func(Reason, int64, string) *Residual) {
	var listed, onStatements int64
	for _, row := range rows.Rows {
		listed += row.Settlement
	}
	for _, l := range s.lines {
		if l.Type == OrderLine {
			onStatements += l.Settlement
		}
	}
	off, other := rows.Settlement-listed, "its rows"
	if off == 0 {
		off, other = rows.Settlement-onStatements, "its statements"
	}
	if off == 0 {
		return
	}
	x := residual(OrderOtherSums, off, fmt.Sprintf("the list of the order says %s, and differs from %s", amount(rows.Settlement, s.currency), other))
	x.Because = s.because(off)
}

// because is a line of the order that is off by the amount itself.
func (s *orderState) because(minor int64) string {
	for _, l := range s.lines {
		if magnitude(l.gap) == magnitude(minor) || magnitude(l.unnamed) == magnitude(minor) {
			return "line " + l.ID
		}
	}
	return ""
}
