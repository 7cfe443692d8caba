package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ListingSKU identifies something for sale in the shop.
type ListingSKU struct {
	ProductID string
	// ID is the shop's SKU id.
	ID string
	// SellerSKU is the seller's own code; it may be empty and need not be unique.
	SellerSKU string
}

// String names the listing the way people look it up.
func (l ListingSKU) String() string {
	if l.SellerSKU != "" {
		return "SKU " + l.SellerSKU
	}
	return "SKU id " + l.ID
}

// StockItem is an item of the warehouse.
type StockItem struct {
	// ID is Linnworks' stock item id.
	ID  string
	SKU string
	// Kit is what one unit is made of; empty for a single item. Components may
	// be kits themselves.
	Kit []KitComponent
	// Untracked items have no stock of their own and do not limit a kit.
	Untracked bool
}

// KitComponent is a part of a kit.
type KitComponent struct {
	Item     StockItem
	Quantity int
}

// Catalogue finds the stock items that listings mean.
type Catalogue interface {
	// StockItems returns the item of every listing that has exactly one, by the
	// shop's SKU id, with kits expanded. A listing without an item is left out; a
	// kit whose definition cannot be used is a [KitError] in broken.
	StockItems(ctx context.Context, listings []ListingSKU) (items map[string]StockItem, broken map[string]error, err error)
}

// KitError says what is wrong with a kit.
type KitError struct {
	// SKU is the kit, Component the part that is at fault, if one is.
	SKU, Component string
	Problem        string
}

// Error names the kit, the component and the problem.
func (e *KitError) Error() string {
	if e.Component == "" {
		return fmt.Sprintf("kit %s: %s", e.SKU, e.Problem)
	}
	return fmt.Sprintf("kit %s: component %s: %s", e.SKU, e.Component, e.Problem)
}

// maxKitQuantity bounds what a kit may hold of one item: more is a typing error.
const maxKitQuantity = 100_000

// maxKitDepth bounds the nesting of kits. Linnworks' own screens allow none.
const maxKitDepth = 10

// part is a single item of a kit and how many units of it one kit takes.
type part struct {
	item StockItem
	per  int
}

// Parts returns the single items that quantity units of item consist of, by
// item id. Nested kits are expanded; a cycle, a component without id, and a
// quantity that is not positive or absurd are refused with a [KitError].
func (i StockItem) Parts(quantity int) (map[string]int, error) {
	list, err := i.parts(quantity)
	if err != nil {
		return nil, err
	}
	units := make(map[string]int, len(list))
	for _, p := range list {
		units[p.item.ID] = p.per
	}
	return units, nil
}

// parts is Parts with the items, each once, in order of appearance.
func (i StockItem) parts(quantity int) ([]part, error) {
	b := bill{kit: i.SKU}
	if err := b.add(i, quantity, nil); err != nil {
		return nil, err
	}
	return b.parts, nil
}

// bill collects the parts of one kit.
type bill struct {
	kit   string
	parts []part
}

func (b *bill) add(i StockItem, quantity int, path []string) error {
	bad := func(problem string) error { return &KitError{SKU: b.kit, Component: i.SKU, Problem: problem} }
	switch {
	case i.ID == "":
		return bad("does not exist in the warehouse")
	case quantity < 1 || quantity > maxKitQuantity:
		return bad(fmt.Sprintf("quantity %d is not usable", quantity))
	case slices.Contains(path, i.ID):
		return bad("contains itself")
	case len(path) > maxKitDepth:
		return bad("kits are nested too deeply")
	case len(i.Kit) == 0:
		at := slices.IndexFunc(b.parts, func(p part) bool { return p.item.ID == i.ID })
		if at < 0 {
			at = len(b.parts)
			b.parts = append(b.parts, part{item: i})
		}
		b.parts[at].per += quantity
		return nil
	}
	path = append(slices.Clip(path), i.ID)
	for _, c := range i.Kit {
		if c.Quantity < 1 || c.Quantity > maxKitQuantity { // before multiplying: it could overflow
			return &KitError{SKU: b.kit, Component: c.Item.SKU, Problem: fmt.Sprintf("quantity %d is not usable", c.Quantity)}
		}
		if err := b.add(c.Item, quantity*c.Quantity, path); err != nil {
			return err
		}
	}
	return nil
}

// Available returns how many units of the item free stock allows: its own for a
// single item, the smallest quotient of its parts for a kit. free holds free
// units of one location by item id; a missing item has none, and a negative
// number counts as none. Untracked parts do not limit; an item that nothing
// limits is refused, because no number would be right.
func (i StockItem) Available(free map[string]int) (int, error) {
	list, err := i.parts(1)
	if err != nil {
		return 0, err
	}
	n, limited := limit(list, func(id string) int { return free[id] }, nil)
	if !limited {
		return 0, &KitError{SKU: i.SKU, Problem: "nothing limits its stock: it is not tracked in the warehouse"}
	}
	return n, nil
}

// limit is how many units of what the parts make are free; limited is false if
// none of the parts is tracked.
func limit(parts []part, free func(id string) int, untracked map[string]bool) (n int, limited bool) {
	for _, p := range parts {
		if p.item.Untracked || untracked[p.item.ID] {
			continue
		}
		if units := max(free(p.item.ID), 0) / p.per; !limited || units < n {
			n, limited = units, true
		}
	}
	return n, limited
}

// errUnmapped is returned for a listing that no stock item stands for.
var errUnmapped = errors.New("Linnworks has no item for it")
