package bridge

import (
	"slices"
	"strings"
)

// ownLines are the shop's line ids of an order.
type ownLines map[string]bool

func linesOf(o Order) ownLines {
	own := ownLines{}
	for _, line := range o.Lines {
		own[line.ID] = true
	}
	return own
}

// of returns the order's lines that are in a line of the warehouse. That one has
// the id of the first, followed by a number if it is a component of a bundle.
func (own ownLines) of(line WarehouseLine) []string {
	var ids []string
	for _, id := range line.ShopLineIDs {
		if own[id] {
			ids = append(ids, id)
		}
	}
	bundle := line.LineID
	if i := strings.LastIndexByte(bundle, '-'); i >= 0 {
		bundle = bundle[:i]
	}
	for _, id := range []string{line.LineID, bundle} {
		if own[id] && len(ids) == 0 {
			ids = []string{id}
		}
	}
	return ids
}

// others is how many of the shop's lines that a line of the warehouse was created for
// are another order's.
func (own ownLines) others(line WarehouseLine) (n int) {
	for _, id := range line.FromLineIDs {
		if !own[id] {
			n++
		}
	}
	return n
}

// shareOf is the part of what was found that belongs to the order: of a merged
// order its own lines, under its own reference.
func shareOf(o Order, found []WarehouseOrder) []WarehouseOrder {
	own, shares := linesOf(o), slices.Clone(found)
	for i, w := range shares {
		if w.Merged {
			shares[i] = own.share(o.ID, w)
		}
	}
	return shares
}

// share is a merged order with nothing but the lines of one shop order.
func (own ownLines) share(orderID string, merged WarehouseOrder) WarehouseOrder {
	merged.Reference = orderID
	merged.Lines = slices.DeleteFunc(slices.Clone(merged.Lines), func(line WarehouseLine) bool { return len(own.of(line)) == 0 })
	return merged
}

// union adds the orders of more that are not among found.
func union(found, more []WarehouseOrder) []WarehouseOrder {
	for _, w := range more {
		if !slices.ContainsFunc(found, func(f WarehouseOrder) bool { return f.ID == w.ID }) {
			found = append(found, w)
		}
	}
	return found
}
