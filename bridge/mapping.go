package bridge

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
)

// LineIDsProperty is the name, before the line id, of the extended property that
// keeps the shop's lines of a line of several units.
const LineIDsProperty = "tiktok.line_ids."

// maxOrderUnits bounds the units of one order line: more is a broken reply.
const maxOrderUnits = 10_000

// MapOrder turns a shop order into a warehouse order. Problems that block the
// order are returned instead of half an order.
//
// The total of the warehouse order is what the buyer paid plus what others fund,
// less what was cancelled before. Goods, shipping, tax and fees are taken from
// the shop one by one; if they do not add up to it, a line or a discount of its
// own makes up the difference, finance is told, and the properties show all
// parts.
func MapOrder(o Order, known catalogue.Lookup) (NewOrder, []exceptions.Exception) {
	m := orderMapping{order: o, known: known, at: make(map[lineKey]int, len(o.Lines))}
	if why := unusable(o); why != "" {
		m.problem(exceptions.BadOrder, exceptions.ForOrder(o.ID), why, "look at the order in the shop; it was not imported")
		return NewOrder{}, m.problems
	}
	lines := sortedLines(o.Lines)
	cancelled := m.shareTax(lines)
	for _, line := range lines {
		if !line.Cancelled {
			m.addUnit(line)
		}
	}
	if len(m.lines) == 0 && len(m.problems) == 0 {
		m.problem(exceptions.BadOrder, exceptions.ForOrder(o.ID), "all its lines are cancelled", "look at the order in the shop; it was not imported")
	}
	if slices.ContainsFunc(m.problems, blocks) {
		return NewOrder{}, m.problems
	}
	n := NewOrder{
		Reference: o.ID, RelatedReference: o.RelatedID, Lines: m.lines, Currency: o.Totals.Currency, Unpaid: o.Status == Unpaid,
		Service: o.DeliveryOption, ServiceID: o.DeliveryOptionID, ShippingModel: o.ShippingModel, PaymentMethod: o.PaymentMethod,
		Recipient: clearAddress(o), BuyerName: cmp.Or(o.BuyerName, o.BuyerID), Note: o.Note, SellerNote: o.SellerNote,
		TaxNumber: o.TaxNumber, TaxName: o.TaxName, TaxStated: o.Totals.TaxOnTop,
		ReceivedAt: o.CreatedAt, PaidAt: o.PaidAt, DispatchBy: firstSet(o.ShipBy, o.CancelledBy, o.CollectBy, o.ReleaseAt, o.CreatedAt),
		Shipping: money.Amount{Currency: o.Totals.Currency}.Plus(o.Totals.Shipping, o.Totals.ShippingFunded), Fees: slices.Clone(o.Totals.Fees),
		Discount: money.Amount{Currency: o.Totals.Currency}, ShippingTax: money.Amount{Currency: o.Totals.Currency},
	}
	if n.TaxStated {
		n.ShippingTax = n.ShippingTax.Plus(o.Totals.ShippingTax)
		n.Shipping = n.Shipping.Plus(n.ShippingTax)
	}
	m.unread()
	residual := m.settle(&n, cancelled)
	n.Properties = m.properties(n, lines, cancelled, residual)
	n.Sale = money.Sale{Paid: o.Totals.Paid, Funded: o.Totals.Funded(), Cancelled: cancelled, Lines: map[string]money.Amount{}}
	for _, line := range lines {
		if !line.Cancelled {
			n.Sale.Lines[line.ID] = line.Price.Plus(line.Tax)
		}
	}
	return n, m.problems
}

// unusable says what is wrong with an order as a whole.
func unusable(o Order) string {
	if o.Unreadable != "" {
		return o.Unreadable
	}
	if o.Totals.Currency == "" {
		return "the order names no currency"
	}
	for _, line := range o.Lines {
		switch {
		case line.Cancelled:
		case line.Price.Minor < 0:
			return fmt.Sprintf("line %s has the negative price %s", line.ID, line.Price)
		case line.Price.Minor > money.Max || line.Tax.Minor > money.Max || line.Tax.Minor < 0:
			return fmt.Sprintf("line %s costs %s and %s of tax", line.ID, line.Price, line.Tax)
		case line.Price.Currency != o.Totals.Currency:
			return fmt.Sprintf("line %s is priced in %q, the order in %q", line.ID, line.Price.Currency, o.Totals.Currency)
		}
	}
	return ""
}

// clearAddress is the recipient of an order whose status says that the address
// is not masked as a whole: it is until the order may be shipped, and once it is
// cancelled. Looking for asterisks instead would miss other markets' masks.
//
// Linnworks merges orders of one name and address into one parcel. Parts of an
// address stay masked for good where the platform's carrier delivers, so those of
// strangers look alike; and each of these orders has a label of its own, which a
// merged order cannot carry. The order id behind the name keeps them apart. The
// buyer does not see it: the label is the platform's.
func clearAddress(o Order) Address {
	a := o.Recipient
	switch {
	case o.Status == Unpaid || o.Status == OnHold || o.Status == Cancelled:
		return Address{}
	case a != (Address{}) && (o.ShippingModel == TikTokShipping || a.masked()):
		a.Name = strings.TrimSpace(a.Name + " (order " + o.ID + ")")
	}
	return a
}

// orderMapping groups units into lines while an order is mapped.
type orderMapping struct {
	order    Order
	known    catalogue.Lookup
	lines    []NewOrderLine
	at       map[lineKey]int // indices in lines
	problems []exceptions.Exception
}

// lineKey is what units of one line have in common.
type lineKey struct {
	sku        string
	price, tax money.Amount
	// bundle keeps components of a bundle apart from the same item sold alone,
	// gift what is free from what is for sale.
	bundle string
	gift   bool
}

// shareTax sets the tax of every line, so that they add up to the order's tax on
// goods: by the shop's word where it gives one for each line, else by price. It
// returns what cancelled lines make of the shop's totals: nothing, if the shop
// has taken them out.
func (m *orderMapping) shareTax(lines []OrderLine) (cancelled money.Amount) {
	t := m.order.Totals
	all, live := cancelled, cancelled
	for _, line := range lines {
		all = all.Plus(line.Price)
		if !line.Cancelled {
			live = live.Plus(line.Price)
		}
	}
	cancelled.Currency = t.Currency
	counted := func(l *OrderLine) bool { return !l.Cancelled }
	if all != live && all.Minor == t.Items.Plus(t.PlatformDiscount).Minor {
		counted = func(*OrderLine) bool { return true }
		cancelled = cancelled.Plus(all).Minus(live)
	}
	if !t.TaxOnTop {
		for i := range lines {
			lines[i].Tax = money.Amount{}
		}
		return cancelled
	}
	var prices, taxes []int64
	stated := false
	for i := range lines {
		if counted(&lines[i]) {
			prices = append(prices, lines[i].Price.Minor)
			taxes = append(taxes, lines[i].Tax.Minor)
			stated = stated || lines[i].Tax.Minor != 0
		}
	}
	weights := prices
	if stated {
		weights = taxes
	}
	shares, err := t.Tax.Minus(t.ShippingTax).Split(weights)
	if err != nil {
		return cancelled // no line at all, or absurd taxes: the residual shows it
	}
	for i := range lines {
		if counted(&lines[i]) {
			lines[i].Tax, shares = shares[0], shares[1:]
			if lines[i].Cancelled {
				cancelled = cancelled.Plus(lines[i].Tax)
			}
		}
	}
	return cancelled
}

// settle makes the total of the order what the shop says, and returns what was
// needed for it.
func (m *orderMapping) settle(n *NewOrder, cancelled money.Amount) (residual money.Amount) {
	t := m.order.Totals
	residual = money.Amount{Currency: t.Currency}.Plus(t.Paid, t.Funded()).Minus(cancelled).Minus(n.Total())
	if residual.Minor == 0 {
		return residual
	}
	m.cause(exceptions.New(exceptions.TotalDiffers, strings.TrimSpace("totals of orders in "+t.Currency+" "+m.order.Market), time.Time{},
		fmt.Sprintf("goods, shipping, tax and fees of order %s differ by %s from what the buyer and the platform pay", m.order.ID, residual),
		"find the missing amount in the shop's price details; the orders in Linnworks have the shop's total, with the difference as a line of its own"))
	if residual.Minor > 0 {
		n.Fees = append(n.Fees, Fee{"residual", residual})
	} else {
		n.Discount = n.Discount.Minus(residual)
	}
	return residual
}

// unread raises the details that could not be read, one case for each amount of the
// shop's, however many orders have it.
func (m *orderMapping) unread() {
	for _, p := range m.order.Unread {
		m.cause(exceptions.New(exceptions.AmountUnread, "amount "+p.Name, time.Time{},
			fmt.Sprintf("order %s has %q as its %s, which is no amount", m.order.ID, p.Value, p.Name),
			"look the amount up in the shop; the order was imported without it", p))
	}
}

func (m *orderMapping) addUnit(line OrderLine) {
	item, err := m.known.Item(line.Listing)
	if err == nil {
		_, err = item.PartList("", 1)
	}
	if err == nil {
		m.compareBundle(line, item)
		m.add(lineKey{sku: item.SKU, price: line.Price.Plus(line.Tax), tax: line.Tax, gift: line.Gift}, line.ID, line)
		return
	}
	_, kit := errors.AsType[*catalogue.KitError](err)
	_, several := errors.AsType[*catalogue.AmbiguousError](err)
	if len(line.Components) > 0 && !kit && !several {
		m.addBundle(line)
		return
	}
	m.cause(catalogue.Problem(line.Listing, line.Title, err))
}

// compareBundle raises a bundle whose components in the shop are not those of the
// warehouse's item: the order is packed by the warehouse's word, while the shop
// counts its stock by its own.
func (m *orderMapping) compareBundle(line OrderLine, item catalogue.Item) {
	if len(line.Components) == 0 {
		return
	}
	var differs []string
	for _, d := range catalogue.CompareKit(line.Components, m.known.Items, item) {
		differs = append(differs, d.String())
	}
	if len(differs) > 0 {
		m.problem(exceptions.BundleDiffers, line.Listing.String(),
			fmt.Sprintf("order %s has the bundle %q, whose contents in Linnworks differ: %s", m.order.ID, line.Title, strings.Join(differs, "; ")),
			"make the bundle in the shop and the composite in Linnworks the same")
	}
}

// addBundle imports a shop's bundle that the warehouse does not know as such by
// its components, with the price split to the minor unit.
func (m *orderMapping) addBundle(line OrderLine) {
	var units []catalogue.Item
	var names []string
	var weights []int64
	split := "by their own prices in the shop"
	for _, c := range line.Components {
		item, err := m.known.Item(c.Listing)
		if err == nil {
			_, err = item.PartList("", 1)
		}
		switch {
		case c.Quantity < 1 || c.Quantity > maxOrderUnits:
			m.problem(exceptions.BadOrder, exceptions.ForOrder(m.order.ID),
				fmt.Sprintf("the bundle %q holds %d of %s", line.Title, c.Quantity, c.Listing), "correct the bundle in the shop; the order was not imported")
			return
		case err != nil:
			m.cause(catalogue.Problem(line.Listing, line.Title,
				&catalogue.KitError{SKU: cmp.Or(line.Listing.SellerSKU, line.Listing.ID), Component: c.Listing.String(), Problem: err.Error()}))
			return
		}
		names = append(names, fmt.Sprintf("%d × %s", c.Quantity, item.SKU))
		price, ok := m.known.Prices[c.Listing.ID]
		if !ok || price < 0 || price > money.Max {
			split = "equally, because the shop does not say what each costs alone"
		}
		for range c.Quantity {
			units, weights = append(units, item), append(weights, price)
		}
	}
	if strings.HasPrefix(split, "equally") {
		clear(weights)
	}
	prices, err := line.Price.Split(weights)
	if err != nil {
		m.problem(exceptions.BadOrder, exceptions.ForOrder(m.order.ID), err.Error(), "look at the order in the shop; it was not imported")
		return
	}
	taxes, err := line.Tax.Split(weights)
	if err != nil {
		m.problem(exceptions.BadOrder, exceptions.ForOrder(m.order.ID), err.Error(), "look at the order in the shop; it was not imported")
		return
	}
	for i, item := range units {
		key := lineKey{sku: item.SKU, price: prices[i].Plus(taxes[i]), tax: taxes[i], bundle: line.Listing.ID, gift: line.Gift}
		m.add(key, line.ID+"-"+strconv.Itoa(i+1), line)
	}
	m.problem(exceptions.MissingComposite, line.Listing.String(),
		fmt.Sprintf("order %s was imported as separate components, because Linnworks has no composite for the bundle %q; its price was split %s", m.order.ID, line.Title, split),
		"create a composite with SKU "+cmp.Or(line.Listing.SellerSKU, line.Listing.ID)+": "+strings.Join(names, ", "))
}

// marks are the kinds of orders that the title of a line tells: they are packed
// or invoiced in another way.
var marks = []policy.Kind{policy.FreeSample, policy.Replacement, policy.Exchange}

func (m *orderMapping) add(key lineKey, lineID string, line OrderLine) {
	at, ok := m.at[key]
	if !ok {
		at = len(m.lines)
		m.at[key] = at
		m.lines = append(m.lines, NewOrderLine{LineID: lineID, SKU: key.sku, Title: m.title(line), Price: key.price, Tax: key.tax})
	}
	l := &m.lines[at]
	l.Quantity++
	if n := len(l.LineIDs); n == 0 || l.LineIDs[n-1] != line.ID {
		l.LineIDs = append(l.LineIDs, line.ID)
	}
	if l.Quantity == maxOrderUnits+1 {
		m.problem(exceptions.BadOrder, exceptions.ForOrder(m.order.ID), fmt.Sprintf("it has more than %d units of SKU %s", maxOrderUnits, key.sku),
			"look at the order in the shop; it was not imported")
	}
}

// title is the line's, with what packers have to know.
func (m *orderMapping) title(line OrderLine) string {
	title := line.Title
	for _, mark := range marks {
		if slices.Contains(m.order.Kinds, mark) {
			title += " (" + string(mark) + ")"
		}
	}
	if line.Gift {
		title += " (gift)"
	}
	return title
}

// problem notes what is wrong with an object once, not for each unit of it.
func (m *orderMapping) problem(kind exceptions.Kind, object, seen, do string) {
	if slices.ContainsFunc(m.problems, func(p exceptions.Exception) bool { return p.Kind == kind && p.Object == object }) {
		return
	}
	m.problems = append(m.problems, exceptions.New(kind, object, m.order.ShipBy, seen, do, orderEvidence(m.order)...))
}

// cause notes what is wrong with other things than the order, and that it holds
// the order up.
func (m *orderMapping) cause(e exceptions.Exception) {
	if slices.ContainsFunc(m.problems, func(p exceptions.Exception) bool { return p.Ref() == e.Ref() }) {
		return
	}
	e.Orders = []string{m.order.ID}
	if blocks(e) {
		e.Deadline = m.order.ShipBy
	}
	m.problems = append(m.problems, e)
}

// properties keeps what finance needs to prove the total, what brings tracking
// back to the shop's lines, and what the warehouse has no field for. An amount
// that is zero is left out, unless the proof needs it:
//
//	total of the warehouse order = paid + platform_funded - cancelled
func (m *orderMapping) properties(n NewOrder, lines []OrderLine, cancelled, residual money.Amount) []exceptions.Property {
	o := m.order
	t := o.Totals
	list := make([]exceptions.Property, 0, 32+len(o.Details)+2*len(n.Lines))
	text := func(name, value string) {
		if value != "" {
			list = append(list, exceptions.Property{Name: name, Value: value})
		}
	}
	amount := func(name string, minor int64) {
		text(name, money.Amount{Minor: minor, Currency: t.Currency}.Decimal())
	}
	unlessZero := func(name string, minor int64) {
		if minor != 0 {
			amount(name, minor)
		}
	}
	text("tiktok.shipping_model", string(o.ShippingModel))
	text("tiktok.market", o.Market)
	text("tiktok.kind", part.Joined(o.Kinds))
	text("tiktok.related_order", o.RelatedID)
	if o.CashOnDelivery {
		text("tiktok.cash_on_delivery", "yes")
	}
	for _, line := range n.Lines {
		if len(line.LineIDs) > 1 || line.LineID != line.LineIDs[0] {
			text(LineIDsProperty+line.LineID, strings.Join(line.LineIDs, ","))
		}
	}
	amount("tiktok.paid", t.Paid.Minor)
	amount("tiktok.platform_funded", t.Funded().Minor)
	unlessZero(cancelledProperty, cancelled.Minor)
	amount("tiktok.residual", residual.Minor)
	amount("tiktok.tax", t.Tax.Minor)
	unlessZero("tiktok.shipping_tax", t.ShippingTax.Minor)
	amount("tiktok.seller_discount", t.SellerDiscount.Minor)
	unlessZero("tiktok.platform_discount", t.PlatformDiscount.Minor)
	unlessZero("tiktok.payment_discount", t.PaymentDiscount.Minor)
	unlessZero("tiktok.list_price", t.ListPrice.Minor)
	unlessZero("tiktok.items", t.Items.Minor)
	unlessZero("tiktok.shipping", t.Shipping.Minor)
	unlessZero("tiktok.shipping_funded", t.ShippingFunded.Minor)
	unlessZero("tiktok.shipping_list_price", t.ShippingListPrice.Minor)
	unlessZero("tiktok.shipping_seller_discount", t.ShippingSellerDiscount.Minor)
	unlessZero("tiktok.shipping_cofunded_discount", t.ShippingCofundedDiscount.Minor)
	for _, fee := range t.Fees {
		amount("tiktok.fee."+fee.Name, fee.Amount.Minor)
	}
	for _, d := range []struct {
		name string
		at   time.Time
	}{
		{"tiktok.release", o.ReleaseAt}, {"tiktok.ship_by", o.ShipBy}, {"tiktok.hand_over_by", o.HandOverBy}, {"tiktok.promised_by", o.PromisedBy},
		{"tiktok.cancelled_by", o.CancelledBy}, {"tiktok.collect_by", o.CollectBy}, {"tiktok.deliver_by", o.DeliverBy},
	} {
		if !d.at.IsZero() {
			text(d.name, d.at.UTC().Format(time.RFC3339))
		}
	}
	for _, d := range o.Details {
		text("tiktok."+d.Name, d.Value)
	}
	for _, d := range o.Unread {
		text("tiktok.unread."+d.Name, d.Value)
	}
	return append(list, lineProperties(lines)...)
}

// lineProperties are what units were sold at, if there was a discount, and what
// else the shop says about them. Units of which it says the same share one
// property, with the id of the first.
func lineProperties(lines []OrderLine) []exceptions.Property {
	type said struct{ name, value string }
	var order []said
	var first []string
	units := map[said]int{}
	say := func(id, name, value string) {
		s := said{name, value}
		if units[s]++; units[s] == 1 {
			order, first = append(order, s), append(first, id)
		}
	}
	for _, line := range lines {
		if line.Cancelled {
			continue
		}
		if line.SellerDiscount.Minor != 0 || line.PlatformDiscount.Minor != 0 {
			say(line.ID, "discounts", fmt.Sprintf("list %s, seller %s, platform %s",
				line.ListPrice.Decimal(), line.SellerDiscount.Decimal(), line.PlatformDiscount.Decimal()))
		}
		for _, d := range line.Details {
			say(line.ID, d.Name, d.Value)
		}
	}
	list := make([]exceptions.Property, len(order))
	for i, s := range order {
		list[i] = exceptions.Property{Name: "tiktok." + s.name + "." + first[i], Value: s.value}
		if n := units[s]; n > 1 {
			list[i].Value = fmt.Sprintf("%d × %s", n, s.value)
		}
	}
	return list
}

// harmless are the kinds of problems that an order is imported with.
var harmless = map[exceptions.Kind]bool{
	exceptions.MissingComposite: true, exceptions.BundleDiffers: true, exceptions.TotalDiffers: true, exceptions.AmountUnread: true,
}

// blocks reports whether an order with the problem must not be created.
func blocks(e exceptions.Exception) bool { return !harmless[e.Kind] }
