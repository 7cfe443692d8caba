package finance

import (
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"
)

// FeeCheck is how the shop's fees compare with its published rules.
type FeeCheck struct {
	// Market is that of the options; if it is empty, nothing was compared.
	Market string
	// Orders were compared; NotChecked could not be, because a line of the order does not
	// add up, or its sale is in another period.
	Orders, NotChecked int
	Breaches           []FeeBreach
	// Unruled are fees and shipping costs of the orders that were looked at for which no
	// rule was held against them: nobody has said that they are right.
	Unruled []UnruledFee
}

// UnruledFee is what the shop took, or gave back, under a name that no rule of the market
// that is in use names: of shipping and of affiliates most, which TikTok publishes per
// parcel or agrees with each creator, until [FeeRules.With] names what was agreed.
type UnruledFee struct {
	Group Group
	// Fee is the shop's name of it.
	Fee, Currency string
	// Orders have it, and Charged was taken in all; negative if more was given back.
	Orders  int
	Charged int64
	// Doubted reports that the table has a rule for it that is not sure, and the options do
	// not ask for those.
	Doubted bool
}

// buyersPostage is what the buyer pays for shipping, which is no fee.
const buyersPostage = "customer_paid_shipping_fee_amount"

// unruled notes the fees of an order that no rule is held against.
func (f *feeOrder) unruled(currency string) {
	type name struct {
		group Group
		fee   string
	}
	sums := map[name]int64{}
	for i := range f.lines {
		for _, d := range f.lines[i].Details {
			if d.Minor != 0 && (d.Group == Fee || d.Group == Shipping && d.Name != buyersPostage) {
				sums[name{d.Group, d.Name}] -= d.Minor * f.lines[i].signs.sign()
			}
		}
	}
	for n, charged := range sums {
		if slices.ContainsFunc(f.report.rules, func(r feeRule) bool { return slices.Contains(r.fees, n.fee) && r.applies(f.at, currency) }) {
			continue
		}
		list := &f.report.Fees.Unruled
		i := slices.IndexFunc(*list, func(u UnruledFee) bool { return u.Group == n.group && u.Fee == n.fee && u.Currency == currency })
		if i < 0 {
			i = len(*list)
			*list = append(*list, UnruledFee{Group: n.group, Fee: n.fee, Currency: currency, Doubted: f.report.options.FeeRules.names(f.report.Fees.Market, n.fee)})
		}
		(*list)[i].Orders++
		(*list)[i].Charged += charged
	}
}

// names reports whether the table has a rule of a market for a fee.
func (f *FeeRules) names(market, fee string) bool {
	return slices.ContainsFunc(f.rows, func(row feeRule) bool { return row.market == market && slices.Contains(row.fees, fee) })
}

// FeeBreach is a fee that is higher than a rule allows.
type FeeBreach struct {
	OrderID, LineID, StatementID string
	// Fee is the shop's name of it, Rule what is published, in words, and Source the page.
	Fee, Rule, Source string
	// Sure reports whether the rule is marked so in the table.
	Sure bool
	// Charged and Allowed are what was taken for the order, or in the line, and the most
	// that may be.
	Charged, Allowed int64
	Currency         string
}

// Over is what was taken too much.
func (b FeeBreach) Over() int64 { return b.Charged - b.Allowed }

// Question is a text for the shop's support. It names the page of the rule if that is the
// shop's own: others are for whoever checks the row.
func (b FeeBreach) Question() string {
	rule := b.Rule
	if u, err := url.Parse(b.Source); err == nil && (strings.HasSuffix(u.Host, ".tiktok.com") || strings.HasSuffix(u.Host, ".tiktokshop.com")) {
		rule += ", " + b.Source
	}
	return fmt.Sprintf("Order %s, transaction %s on statement %s: %s was charged as %s. Your published rule (%s) allows at most %s. Please credit %s, or tell us which rule applies to this order.",
		b.OrderID, b.LineID, b.StatementID, strings.ReplaceAll(b.Fee, ",", " or "), amount(b.Charged, b.Currency), rule, amount(b.Allowed, b.Currency), amount(b.Over(), b.Currency))
}

// fewUnits is taken for the number of units of an order that nobody has counted: each may
// be rounded by half a minor unit.
const fewUnits = 10

// feeLine is a line of an order with the amounts that fees are taken of.
type feeLine struct {
	*settled
	// goods are after the seller's discounts, funded the part of them that the platform
	// pays; postage is what the buyer pays for shipping.
	goods, funded, postage int64
	// refunds are of goods, and back what the buyer got back as the shop states it; both
	// are negative.
	refunds, back int64
}

func feeLineOf(l *settled) feeLine {
	f := feeLine{settled: l}
	for _, p := range l.posts {
		switch categories[p.category].name {
		case PlatformDiscounts:
			f.funded += p.minor
			f.goods += p.minor
		case Sales, SellerDiscounts, BuyerFees, OtherRevenue, UnnamedRevenue:
			f.goods += p.minor
		case Refunds:
			f.refunds += p.minor
		case ShippingIncome:
			f.postage += p.minor
		}
	}
	f.back = -magnitude(l.info(refundDetail))
	return f
}

// base is what a fee is taken of, before refunds, and what of that was refunded.
func (f *feeLine) base(of string) (gross, refunded int64) {
	switch of {
	case baseGoods:
		return f.goods, f.refunds
	case basePaid:
		refunded = f.refunds
		if f.back != 0 {
			refunded = max(refunded, f.back)
		}
		return f.goods - f.funded + max(f.postage, 0), refunded + min(f.postage, 0)
	}
	return f.goods + max(f.postage, 0), f.refunds + min(f.postage, 0)
}

// charged is the sum of the fees and shipping costs in the line: positive if they are taken.
func (f *feeLine) charged(names []string) (sum int64) {
	for _, d := range f.Details {
		if (d.Group == Fee || d.Group == Shipping) && slices.Contains(names, d.Name) {
			sum -= d.Minor * f.signs.sign()
		}
	}
	return sum
}

// feeOrder is an order whose fees are held against the rules.
type feeOrder struct {
	report *Report
	sale   *Sale
	lines  []feeLine
	at     time.Time // when it was placed
	units  int64
	// sold is the line that has the sale, nil if none has.
	sold *feeLine
}

// checkFees holds the fees of an order against the rules of the market.
func (r *Report) checkFees(s *orderState, o *Order) {
	if r.options.Market == "" || !o.Settled {
		return
	}
	f := feeOrder{report: r, sale: s.sale, at: o.OrderedAt, units: fewUnits}
	if s.sale != nil && s.sale.merged() {
		f.sale = nil // what is known is of several orders
	} else if s.sale != nil && s.sale.Units > 0 {
		f.units = int64(s.sale.Units)
	}
	readable := !o.OrderedAt.IsZero()
	for _, l := range s.lines {
		if l.Type == OrderLine {
			readable = readable && l.gap == 0 && l.unnamed == 0 && l.signs != Open && l.signs != NoSigns
			f.lines = append(f.lines, feeLineOf(l))
		}
	}
	for i := range f.lines {
		if f.lines[i].sold > 0 {
			f.sold = &f.lines[i]
			break
		}
	}
	if !readable {
		r.Fees.NotChecked++
		return
	}
	f.unruled(s.currency)
	checked, told := false, map[string]bool{}
	for i := range r.rules {
		rule := &r.rules[i]
		if !rule.applies(f.at, s.currency) || slices.ContainsFunc(rule.fees, func(name string) bool { return told[name] }) {
			continue
		}
		line, charged, allowed, applied := f.check(rule)
		checked = checked || applied
		if !applied || charged <= allowed {
			continue
		}
		for _, name := range rule.fees {
			told[name] = true
		}
		r.breach(FeeBreach{
			OrderID: s.id, LineID: line.ID, StatementID: line.in.ID, Fee: strings.Join(f.named(rule.fees), ","), Rule: rule.text(s.currency), Source: rule.source, Sure: rule.sure,
			Charged: charged, Allowed: allowed, Currency: s.currency,
		})
	}
	if checked {
		r.Fees.Orders++
	} else {
		r.Fees.NotChecked++
	}
}

func (r *Report) breach(b FeeBreach) {
	r.Fees.Breaches = append(r.Fees.Breaches, b)
	r.Residuals = append(r.Residuals, Residual{
		Reason: FeeAboveRule, Of: OfOrder, ID: b.OrderID, OrderID: b.OrderID, StatementID: b.StatementID, Minor: -b.Over(), Currency: b.Currency, Seen: b.Question(),
	})
}

// check holds the order against one rule.
func (f *feeOrder) check(rule *feeRule) (line *feeLine, charged, allowed int64, applied bool) {
	switch rule.kind {
	case ruleRate:
		return f.checkRate(rule)
	case ruleShare:
		return f.checkShare(rule)
	case ruleOrder:
		line, charged = f.total(rule.fees)
		return line, charged, rule.limit.Minor, line != nil
	}
	line, charged = f.total(rule.fees)
	return line, charged, 0, line != nil && f.is(rule.of[0])
}

// is reports whether the order is of a kind to which a fee does not apply. What is not
// known of it is not held against the shop.
func (f *feeOrder) is(kind string) bool {
	if f.sale == nil {
		return false
	}
	if kind == ordersUnshipped {
		return f.sale.Void && f.sale.ShippedAt.IsZero()
	}
	return !f.sale.Void && f.sale.Paid == 0 && f.sale.Funded == 0 && f.sold == nil // of a void one nobody may know
}

// total is what was taken in all lines, and the last line that takes some.
func (f *feeOrder) total(names []string) (last *feeLine, sum int64) {
	for i := range f.lines {
		charged := f.lines[i].charged(names)
		if sum += charged; charged > 0 || last == nil {
			last = &f.lines[i]
		}
	}
	return last, sum
}

// named are those of the fees that the order has.
func (f *feeOrder) named(fees []string) (list []string) {
	for _, name := range fees {
		if slices.ContainsFunc(f.lines, func(l feeLine) bool { return l.charged([]string{name}) != 0 }) {
			list = append(list, name)
		}
	}
	return list
}

// rate is the share that was taken of the sale, or the published one if that cannot be told.
func (f *feeOrder) rate(rule *feeRule, names []string) *big.Rat {
	if f.sold != nil {
		gross, refunded := f.sold.base(rule.of[0])
		if charged := f.sold.charged(names); gross+refunded > 0 && charged >= 0 {
			return big.NewRat(charged, gross+refunded)
		}
	}
	return rule.percent
}

// most is a share of an amount with what rounding by units may add.
func (f *feeOrder) most(share *big.Rat, of, roundings int64) int64 {
	x := new(big.Rat).SetInt64(max(of, 0))
	x.Mul(x, share)
	x.Add(x, big.NewRat(f.units*roundings, 2))
	return new(big.Int).Quo(x.Num(), x.Denom()).Int64()
}

// checkRate compares the line of the sale with the published rate, and then all lines with
// the rate at which the sale was charged: what is refunded has to be credited as it was
// charged.
func (f *feeOrder) checkRate(rule *feeRule) (line *feeLine, charged, allowed int64, applied bool) {
	if f.sold == nil {
		return nil, 0, 0, false
	}
	var gross, refunded int64
	var refund *feeLine
	for i := range f.lines {
		g, back := f.lines[i].base(rule.of[0])
		gross, refunded = gross+g, refunded+back
		if back < 0 && &f.lines[i] != f.sold {
			refund = &f.lines[i]
		}
	}
	line, charged = f.total(rule.fees)
	if !rule.credited {
		return line, charged, f.capped(rule, f.most(rule.percent, gross, 1)), true
	}
	g, back := f.sold.base(rule.of[0])
	if charged, allowed := f.sold.charged(rule.fees), f.capped(rule, f.most(rule.percent, g+back, 1)); charged > allowed {
		return f.sold, charged, allowed, true
	}
	share, roundings := rule.percent, int64(1)
	if refund != nil {
		line, share, roundings = refund, f.rate(rule, rule.fees), 3 // the sale, its refund, and the rate that is read from it
		if refund.in.settledAt().AddDate(0, 0, rule.days).After(f.report.AsOf) {
			return line, 0, 0, true // the credit may still come
		}
	}
	return line, charged, f.capped(rule, f.most(share, gross+refunded, roundings)), true
}

// checkShare compares each line that takes the fee with the share of another fee on what it
// refunds. It returns the line that is most above it.
func (f *feeOrder) checkShare(rule *feeRule) (line *feeLine, charged, allowed int64, applied bool) {
	of := f.report.ruleFor(rule, f.at)
	if of == nil {
		return nil, 0, 0, false
	}
	share := new(big.Rat).Mul(rule.percent, f.rate(of, rule.of))
	for i := range f.lines {
		l := &f.lines[i]
		taken := l.charged(rule.fees)
		if taken <= 0 {
			continue
		}
		_, refunded := l.base(of.of[0])
		most := f.most(share, -refunded, 1)
		if credited := -l.charged(rule.of); l != f.sold && credited > 0 {
			most = max(most, f.most(rule.percent, credited, 1))
		}
		most = f.capped(rule, most)
		if line == nil || taken-most > charged-allowed {
			line, charged, allowed = l, taken, most
		}
	}
	return line, charged, allowed, line != nil
}

func (f *feeOrder) capped(rule *feeRule, allowed int64) int64 {
	if rule.limit.Currency == "" {
		return allowed
	}
	return min(allowed, rule.limit.Minor*f.units)
}

// ruleFor is the rate of the fees that a share is taken of. It serves to read what was
// charged, so that it need not be sure.
func (r *Report) ruleFor(share *feeRule, at time.Time) *feeRule {
	for i := range r.options.FeeRules.rows {
		x := &r.options.FeeRules.rows[i]
		if x.market == share.market && x.kind == ruleRate && x.applies(at, share.limit.Currency) && slices.Equal(x.fees, share.of) {
			return x
		}
	}
	return nil
}
