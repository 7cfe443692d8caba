package returns

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/money"
)

// refundOf shares the refund of a return out over the orders of the warehouse: by its
// lines, with shipping apart. The parts always add up to what the shop has refunded,
// which is never worked out again: what its lines leave open is shared by their amounts.
// Units that no order has are of the first order, as a refund of nothing in particular.
func refundOf(r Return, orders []Sent) (map[string][]RefundLine, error) {
	total := r.Refund.Minor
	shipping, weights := int64(0), make([]int64, len(r.Lines))
	for i, l := range r.Lines {
		shipping += l.Shipping.Minor
		weights[i] = max(0, l.Refund.Minor-l.Shipping.Minor)
	}
	shipping = min(max(shipping, r.Shipping.Minor), total)
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: r.Refund.Currency} }
	lines := map[string][]RefundLine{}
	first := orders[0].ID
	if len(weights) == 0 {
		lines[first] = append(lines[first], RefundLine{Unit: RefundOther, Amount: amount(total - shipping)})
	} else {
		shares, err := amount(total - shipping).Split(weights)
		if err != nil {
			return nil, fmt.Errorf("sharing out the refund: %w", err)
		}
		items, homeless, err := byRow(r, orders, shares)
		if err != nil {
			return nil, err
		}
		for id, list := range items {
			lines[id] = append(lines[id], list...)
		}
		lines[first] = append(lines[first], RefundLine{Unit: RefundOther, Amount: amount(homeless)})
	}
	lines[first] = append(lines[first], RefundLine{Unit: RefundShipping, Amount: amount(shipping)})
	for id, list := range lines {
		list = slices.DeleteFunc(list, func(l RefundLine) bool { return l.Amount.Minor == 0 })
		if lines[id] = list; len(list) == 0 {
			delete(lines, id)
		}
	}
	return lines, nil
}

// byRow adds up the shares of the shop's lines by the rows that they are in. homeless is
// what no row takes.
func byRow(r Return, orders []Sent, shares []money.Amount) (items map[string][]RefundLine, homeless int64, err error) {
	type place struct{ order, row int }
	sums, counts := map[place]int64{}, map[place]int{}
	for i, l := range r.Lines {
		var at []place
		var worth []int64
		for o := range orders {
			for n, row := range orders[o].Rows {
				if slices.Contains(row.LineIDs, l.OrderLineID) {
					at, worth = append(at, place{o, n}), append(worth, max(0, row.Worth))
				}
			}
		}
		if len(at) == 0 {
			homeless += shares[i].Minor
			continue
		}
		parts, err := shares[i].Split(worth)
		if err != nil {
			return nil, 0, fmt.Errorf("sharing out the refund of unit %s: %w", l.OrderLineID, err)
		}
		for k, p := range at {
			sums[p] += parts[k].Minor
			counts[p]++
		}
	}
	items = map[string][]RefundLine{}
	for _, p := range slices.SortedFunc(maps.Keys(sums), func(a, b place) int { return cmp.Or(a.order-b.order, a.row-b.row) }) {
		row := orders[p.order].Rows[p.row]
		items[orders[p.order].ID] = append(items[orders[p.order].ID], RefundLine{
			Unit: RefundItem, RowID: row.ID, Quantity: max(1, row.units(counts[p])), Amount: money.Amount{Minor: sums[p], Currency: r.Refund.Currency},
		})
	}
	return items, homeless, nil
}
