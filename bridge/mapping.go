package bridge

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxOrderUnits bounds the units of one order line: more is a broken reply.
const maxOrderUnits = 10_000

// itemLookup is what the catalogue knew about the listings of a batch.
type itemLookup struct {
	items  map[string]StockItem
	broken map[string]error
}

func (k itemLookup) item(l ListingSKU) (StockItem, error) {
	if err := k.broken[l.ID]; err != nil {
		return StockItem{}, err
	}
	item, ok := k.items[l.ID]
	if !ok {
		return StockItem{}, errUnmapped
	}
	return item, nil
}

// listingsOf lists every listing that the orders name, once.
func listingsOf(orders []Order) []ListingSKU {
	var list []ListingSKU
	seen := map[ListingSKU]bool{}
	add := func(l ListingSKU) {
		if !seen[l] {
			seen[l] = true
			list = append(list, l)
		}
	}
	for _, o := range orders {
		for _, line := range o.Lines {
			add(line.Listing)
			for _, c := range line.Components {
				add(c.Listing)
			}
		}
	}
	return list
}

// mapOrder turns a shop order into a warehouse order. Problems that block the
// order are returned instead of half an order.
func mapOrder(o Order, known itemLookup) (NewOrder, []Exception) {
	m := orderMapping{order: o, known: known, lines: map[lineKey]*NewOrderLine{}}
	if why := unusable(o); why != "" {
		m.problem(KindBadOrder, "order "+o.ID, why, "compare it with the shop; nothing was imported")
		return NewOrder{}, m.problems
	}
	for _, line := range sortedLines(o.Lines) {
		if !line.Cancelled {
			m.addUnit(line)
		}
	}
	if len(m.keys) == 0 && len(m.problems) == 0 {
		m.problem(KindBadOrder, "order "+o.ID, "the order has no line that is not cancelled", "compare it with the shop; nothing was imported")
	}
	n := NewOrder{
		Reference: o.ID, Currency: o.Totals.Currency, Service: o.DeliveryOption, Recipient: clearAddress(o),
		BuyerName: o.BuyerName, Note: o.Note, ReceivedAt: o.CreatedAt, PaidAt: o.PaidAt,
		DispatchBy: firstSet(o.ShipBy, o.CancelledBy, o.CreatedAt),
	}
	n.Shipping = Money{Minor: o.Totals.Shipping.Minor + o.Totals.ShippingFunded.Minor, Currency: o.Totals.Currency}
	for _, key := range m.keys {
		n.Lines = append(n.Lines, *m.lines[key])
	}
	n.Properties = properties(o, n)
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
		case line.Price.Currency != o.Totals.Currency:
			return fmt.Sprintf("line %s is priced in %q, the order in %q", line.ID, line.Price.Currency, o.Totals.Currency)
		}
	}
	return ""
}

// clearAddress is the recipient of an order whose status says that the address
// is not masked. TikTok shows asterisks until the order may be shipped; looking
// for those would miss other markets' masks.
func clearAddress(o Order) Address {
	if o.Status == Unpaid || o.Status == OnHold {
		return Address{}
	}
	return o.Recipient
}

// orderMapping groups units into lines while an order is mapped.
type orderMapping struct {
	order    Order
	known    itemLookup
	keys     []lineKey // in order of appearance
	lines    map[lineKey]*NewOrderLine
	problems []Exception
}

// lineKey is what units of one line have in common.
type lineKey struct {
	sku   string
	price Money
	// bundle keeps components of a bundle apart from the same item sold alone.
	bundle string
}

func (m *orderMapping) addUnit(line OrderLine) {
	item, err := m.known.item(line.Listing)
	if err == nil {
		_, err = item.Parts(1)
	}
	if err == nil {
		m.add(lineKey{item.SKU, line.Price, ""}, line.ID, line, 1)
		return
	}
	var kit *KitError
	switch {
	case errors.As(err, &kit):
		m.problem(KindBrokenKit, line.Listing.String(), fmt.Sprintf("order %s sells %q, but %v", m.order.ID, line.Title, kit),
			"correct the composition in Linnworks; the order imports by itself afterwards")
	case len(line.Components) > 0:
		m.addBundle(line)
	default:
		m.problem(KindUnmappedSKU, line.Listing.String(),
			fmt.Sprintf("order %s sells %q (product %s, SKU id %s), but %v", m.order.ID, line.Title, line.Listing.ProductID, line.Listing.ID, err),
			"create the item in Linnworks or map the listing to one; the order imports by itself afterwards")
	}
}

// addBundle imports a shop's bundle that the warehouse does not know as such by
// its components, with the price split to the minor unit.
func (m *orderMapping) addBundle(line OrderLine) {
	var units []StockItem
	var names []string
	for _, c := range line.Components {
		item, err := m.known.item(c.Listing)
		if err == nil {
			_, err = item.Parts(1)
		}
		switch {
		case c.Quantity < 1 || c.Quantity > maxOrderUnits:
			m.problem(KindBadQuantity, "order "+m.order.ID,
				fmt.Sprintf("bundle %q holds %d of %s", line.Title, c.Quantity, c.Listing), "correct the bundle in the shop; nothing was imported")
			return
		case err != nil:
			m.problem(KindBrokenKit, line.Listing.String(),
				fmt.Sprintf("order %s sells the bundle %q, whose component %s cannot be used: %v", m.order.ID, line.Title, c.Listing, err),
				"create or map the component in Linnworks; the order imports by itself afterwards")
			return
		}
		names = append(names, fmt.Sprintf("%d × %s", c.Quantity, item.SKU))
		for range c.Quantity {
			units = append(units, item)
		}
	}
	prices, err := line.Price.Split(make([]int64, len(units)))
	if err != nil {
		m.problem(KindBadOrder, "order "+m.order.ID, err.Error(), "compare the order with the shop; nothing was imported")
		return
	}
	for i, item := range units {
		key := lineKey{item.SKU, prices[i], line.Listing.ID}
		m.add(key, fmt.Sprintf("%s-%d", line.ID, i+1), line, 1)
	}
	m.problem(KindMissingComposite, line.Listing.String(),
		fmt.Sprintf("order %s was imported by components: Linnworks has no composite for the bundle %q", m.order.ID, line.Title),
		"create a composite with SKU "+cmp.Or(line.Listing.SellerSKU, line.Listing.ID)+": "+strings.Join(names, ", "))
}

func (m *orderMapping) add(key lineKey, lineID string, line OrderLine, quantity int) {
	l, ok := m.lines[key]
	if !ok {
		l = &NewOrderLine{LineID: lineID, SKU: key.sku, Title: line.Title, Price: key.price}
		m.lines[key] = l
		m.keys = append(m.keys, key)
	}
	l.Quantity += quantity
	if !slices.Contains(l.LineIDs, line.ID) {
		l.LineIDs = append(l.LineIDs, line.ID)
	}
	if l.Quantity == maxOrderUnits+1 {
		m.problem(KindBadQuantity, "order "+m.order.ID, fmt.Sprintf("more than %d units of SKU %s", maxOrderUnits, key.sku),
			"compare the order with the shop; nothing was imported")
	}
}

func (m *orderMapping) problem(kind Kind, object, seen, do string) {
	m.problems = append(m.problems, raise(kind, object, m.order.ShipBy, seen, do))
}

// sortedLines puts the lines into one order: the shop's changes between calls.
func sortedLines(lines []OrderLine) []OrderLine {
	return slices.SortedFunc(slices.Values(lines), func(a, b OrderLine) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}

// properties keeps what finance needs to prove the totals, and what brings
// tracking back to the shop's lines.
func properties(o Order, n NewOrder) []Property {
	sum := n.Shipping.Minor
	list := []Property{{"tiktok.shipping_model", string(o.ShippingModel)}}
	for _, line := range n.Lines {
		sum += line.Price.Minor * int64(line.Quantity)
		if len(line.LineIDs) > 1 || line.LineID != line.LineIDs[0] {
			list = append(list, Property{"tiktok.line_ids." + line.LineID, strings.Join(line.LineIDs, ",")})
		}
	}
	funded := o.Totals.PlatformDiscount.Minor + o.Totals.ShippingFunded.Minor
	for _, p := range []struct {
		name  string
		minor int64
	}{
		{"tiktok.paid", o.Totals.Paid.Minor},
		{"tiktok.tax", o.Totals.Tax.Minor},
		{"tiktok.seller_discount", o.Totals.SellerDiscount.Minor},
		{"tiktok.platform_funded", funded},
		// What neither lines, shipping nor tax explain: insurance and other fees
		// that the buyer paid, or a total that the shop computes differently.
		{"tiktok.other", o.Totals.Paid.Minor + funded - o.Totals.Tax.Minor - sum},
	} {
		list = append(list, Property{p.name, Money{p.minor, o.Totals.Currency}.Decimal()})
	}
	if !o.CancelledBy.IsZero() {
		list = append(list, Property{"tiktok.cancelled_by", strconv.FormatInt(o.CancelledBy.Unix(), 10)})
	}
	return list
}

// firstSet returns the first moment that is set: the warehouse demands a
// despatch date even where the shop gives none.
func firstSet(moments ...time.Time) time.Time {
	for _, t := range moments {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}
