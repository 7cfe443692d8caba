package bridge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// linesIn finds the lines of shop orders that are in a warehouse order, by the
// order's id. parts are other parts of the same orders that are known; more are
// looked up if it matters. why says what cannot be told apart.
//
// Lines that kept the shop's ids are certain, and nearly all are. Of a line that
// was divided between parts, each part takes as many units as it holds: units of
// one line are equal, so that it does not matter which, only that no unit is
// taken twice. The shop itself remembers who took what: a unit that has the
// parcel's tracking number is in it, one that has another number is not.
func (b *dispatchBatch) linesIn(ctx context.Context, w WarehouseOrder, parts []WarehouseOrder, orders []Order) (found map[string][]OrderLine, why string, err error) {
	m := lineMatch{owner: map[string]string{}, lines: map[string]OrderLine{}, taken: map[string]bool{}}
	for _, o := range orders {
		for _, l := range o.Lines {
			m.owner[l.ID] = o.ID
			if !l.Cancelled {
				m.lines[l.ID] = l
			}
		}
	}
	open := m.certain(w)
	if len(m.taken) == len(m.lines) || len(open) == 0 && len(w.Lines) > 0 {
		return m.found(), "", nil
	}
	others := slices.Clone(parts)
	for _, o := range orders {
		siblings, err := findOwn(ctx, b.ports.OrderBook, o.ID)
		if err != nil {
			return nil, "", fmt.Errorf("looking for its other parts in the warehouse: %w", err)
		}
		for _, s := range liveParts(siblings) {
			if s.ID != w.ID {
				others = append(others, s)
			}
		}
	}
	if len(others) == 0 && !w.Split {
		for id := range m.lines {
			m.taken[id] = true // the order is whole
		}
		return m.found(), "", nil
	}
	if len(w.Lines) == 0 {
		return nil, "it has no lines", nil
	}
	var sku map[string]string
	if slices.ContainsFunc(open, func(l WarehouseLine) bool { return !slices.ContainsFunc(l.FromLineIDs, m.known) }) {
		if sku, err = b.skus(ctx, orders); err != nil {
			return nil, "", err
		}
	}
	why = m.divide(w, open, others, sku)
	return m.found(), why, nil
}

// lineMatch matches the lines of a warehouse order with the shop's.
type lineMatch struct {
	owner map[string]string    // order by line, cancelled ones too
	lines map[string]OrderLine // the live ones
	taken map[string]bool      // those that are in the parcel
}

// certain takes the lines that kept their ids, and returns the others.
func (m *lineMatch) certain(w WarehouseOrder) (open []WarehouseLine) {
	for _, line := range w.Lines {
		if len(line.ShopLineIDs) == 0 || !slices.ContainsFunc(line.ShopLineIDs, m.known) {
			open = append(open, line)
			continue
		}
		for _, id := range line.ShopLineIDs {
			if _, live := m.lines[id]; live {
				m.taken[id] = true
			}
		}
	}
	return open
}

func (m *lineMatch) known(id string) bool { return m.owner[id] != "" }

// found are the lines taken, by order, in the order of their ids.
func (m *lineMatch) found() map[string][]OrderLine {
	byOrder := map[string][]OrderLine{}
	for id := range m.taken {
		byOrder[m.owner[id]] = append(byOrder[m.owner[id]], m.lines[id])
	}
	for id, lines := range byOrder {
		byOrder[id] = sortedLines(lines)
	}
	return byOrder
}

// divide takes, for lines that did not keep their ids, as many units as they
// hold from what other parts leave.
func (m *lineMatch) divide(w WarehouseOrder, open []WarehouseLine, others []WarehouseOrder, sku map[string]string) (why string) {
	elsewhere := map[string]bool{}
	for _, other := range others {
		for _, line := range other.Lines {
			for _, id := range line.ShopLineIDs {
				elsewhere[id] = true
			}
		}
	}
	for _, line := range open {
		pool, per := m.pool(line, append([]WarehouseOrder{w}, others...), sku)
		switch {
		case len(pool) == 0:
			return fmt.Sprintf("SKU %s is not in the shop's order", line.SKU)
		case per == 0 || line.Quantity%per != 0:
			return fmt.Sprintf("a bundle that SKU %s belongs to was divided between parcels", line.SKU)
		}
		need := line.Quantity / per
		pick := func(fits func(OrderLine) bool) {
			for _, l := range pool {
				if need > 0 && !m.taken[l.ID] && !elsewhere[l.ID] && fits(l) {
					m.taken[l.ID] = true
					need--
				}
			}
		}
		pick(func(l OrderLine) bool { return l.Tracking != "" && strings.EqualFold(l.Tracking, w.Tracking) })
		pick(func(l OrderLine) bool { return l.Tracking == "" })
		if need > 0 {
			return fmt.Sprintf("it holds %d of SKU %s, which is %d more than the shop has left to send", line.Quantity, line.SKU, need)
		}
	}
	return ""
}

// pool are the shop's lines that a warehouse line may hold units of, and how many
// of its units make one: more than one for the components of a bundle, none if
// that does not come out even.
func (m *lineMatch) pool(line WarehouseLine, all []WarehouseOrder, sku map[string]string) (pool []OrderLine, per int) {
	created, per := 0, 1
	for _, id := range line.FromLineIDs {
		if m.known(id) {
			created++
		}
		if l, live := m.lines[id]; live {
			pool = append(pool, l)
		}
	}
	if created == 0 {
		for id, l := range m.lines {
			if strings.EqualFold(strings.TrimSpace(sku[id]), strings.TrimSpace(line.SKU)) && line.SKU != "" {
				pool = append(pool, l)
			}
		}
		return sortedLines(pool), 1
	}
	units := 0
	for _, w := range all {
		for _, other := range w.Lines {
			if other.LineID == line.LineID {
				units += other.Quantity
			}
		}
	}
	if units > created {
		if per = units / created; units%created != 0 {
			per = 0
		}
	}
	return sortedLines(pool), per
}

// skus are the warehouse's SKUs of the shop's lines.
func (b *dispatchBatch) skus(ctx context.Context, orders []Order) (map[string]string, error) {
	var items map[string]catalogue.Item
	if b.ports.Catalogue != nil {
		var err error
		if items, _, err = b.ports.Catalogue.StockItems(ctx, listingsOf(orders)); err != nil {
			return nil, fmt.Errorf("reading the catalogue: %w", err)
		}
	}
	skus := map[string]string{}
	for _, o := range orders {
		for _, l := range o.Lines {
			skus[l.ID] = l.Listing.SellerSKU
			if item, ok := items[l.Listing.ID]; ok {
				skus[l.ID] = item.SKU
			}
		}
	}
	return skus, nil
}

// certainLines are the lines of o that are in a warehouse order for certain, or
// all that live if not all of it is certain.
func certainLines(w WarehouseOrder, o Order) []OrderLine {
	var ids []string
	for _, line := range w.Lines {
		if len(line.ShopLineIDs) == 0 {
			return o.LiveLines()
		}
		ids = append(ids, line.ShopLineIDs...)
	}
	lines := slices.DeleteFunc(o.LiveLines(), func(l OrderLine) bool { return !slices.Contains(ids, l.ID) })
	if len(lines) == 0 {
		return o.LiveLines()
	}
	return lines
}
