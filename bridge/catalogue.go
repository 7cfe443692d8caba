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

func (e *KitError) Error() string {
	if e.Component == "" {
		return fmt.Sprintf("kit %s: %s", e.SKU, e.Problem)
	}
	return fmt.Sprintf("kit %s: component %s: %s", e.SKU, e.Component, e.Problem)
}

// maxKitQuantity bounds what a kit may hold of one item: more is a typing error.
const maxKitQuantity = 100_000

// Parts returns the single items that quantity units of item consist of, by
// item id. Nested kits are expanded; a cycle, a component without id, and a
// quantity that is not positive or absurd are refused with a [KitError].
func (i StockItem) Parts(quantity int) (map[string]int, error) {
	parts := map[string]int{}
	if err := i.addParts(i.SKU, quantity, nil, parts); err != nil {
		return nil, err
	}
	return parts, nil
}

func (i StockItem) addParts(kit string, quantity int, path []string, parts map[string]int) error {
	switch {
	case i.ID == "":
		return &KitError{SKU: kit, Component: i.SKU, Problem: "does not exist in the warehouse"}
	case quantity < 1 || quantity > maxKitQuantity:
		return &KitError{SKU: kit, Component: i.SKU, Problem: fmt.Sprintf("quantity %d is not usable", quantity)}
	case slices.Contains(path, i.ID):
		return &KitError{SKU: kit, Component: i.SKU, Problem: "contains itself"}
	}
	if len(i.Kit) == 0 {
		parts[i.ID] += quantity
		return nil
	}
	path = append(slices.Clip(path), i.ID)
	for _, c := range i.Kit {
		if c.Quantity < 1 || c.Quantity > maxKitQuantity {
			return &KitError{SKU: kit, Component: c.Item.SKU, Problem: fmt.Sprintf("quantity %d is not usable", c.Quantity)}
		}
		if err := c.Item.addParts(kit, quantity*c.Quantity, path, parts); err != nil {
			return err
		}
	}
	return nil
}

// untracked collects the ids of the single items that do not limit a kit.
func (i StockItem) untracked(into map[string]bool) {
	if len(i.Kit) == 0 && i.Untracked {
		into[i.ID] = true
	}
	for _, c := range i.Kit {
		c.Item.untracked(into)
	}
}

// Available returns how many units of the item free stock allows: its own for a
// single item, the smallest quotient of its parts for a kit. free holds free
// units of one location by item id; a missing item has none, and a negative
// number counts as none. Untracked parts do not limit; an item that nothing
// limits is refused, because no number would be right.
func (i StockItem) Available(free map[string]int) (int, error) {
	parts, err := i.Parts(1)
	if err != nil {
		return 0, err
	}
	unlimited := map[string]bool{}
	i.untracked(unlimited)
	available := -1
	for id, per := range parts {
		if unlimited[id] {
			continue
		}
		if n := max(free[id], 0) / per; available < 0 || n < available {
			available = n
		}
	}
	if available < 0 {
		return 0, &KitError{SKU: i.SKU, Problem: "nothing limits its stock: it is not tracked in the warehouse"}
	}
	return available, nil
}

// errUnmapped is returned for a listing that no stock item stands for.
var errUnmapped = errors.New("Linnworks has no item for it")
