package catalogue

import (
	"fmt"
	"slices"
)

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

// MaxKitQuantity bounds what a kit may hold of one item: more is a typing error.
const MaxKitQuantity = 100_000

// MaxKitDepth bounds the nesting of kits. Linnworks' own screens allow none.
const MaxKitDepth = 10

// maxKitParts bounds the lines of a kit with everything nested in it: kits that
// hold one another many times over would take for ever.
const maxKitParts = 10_000

// Part is an item that stock is kept of, and how many units of it one kit takes.
type Part struct {
	Item Item
	Per  int
}

// Parts returns the single items that quantity units of item consist of, by
// item id, wherever they are. Nested kits are expanded, all of them; a cycle, a
// component without id, and a quantity that is not positive or absurd are refused
// with a [KitError].
func (i Item) Parts(quantity int) (map[string]int, error) { return i.PartsAt("", quantity) }

// PartsAt returns what an order of quantity units takes at a location, by item
// id. It is Parts, but a kit that is stocked there stays whole.
func (i Item) PartsAt(locationID string, quantity int) (map[string]int, error) {
	list, err := i.PartList(locationID, quantity)
	if err != nil {
		return nil, err
	}
	units := make(map[string]int, len(list))
	for _, p := range list {
		units[p.Item.ID] = p.Per
	}
	return units, nil
}

// PartList is PartsAt with the items, each once, in order of appearance. Without a
// location no kit is stocked.
func (i Item) PartList(locationID string, quantity int) ([]Part, error) {
	b := bill{kit: i.SKU, at: locationID}
	if err := b.add(i, quantity, nil); err != nil {
		return nil, err
	}
	return b.parts, nil
}

// stockedIn reports whether stock of the item itself is kept at a location.
func (i Item) stockedIn(locationID string) bool {
	return len(i.Kit) == 0 || locationID != "" && slices.Contains(i.StockedIn, locationID)
}

// bill collects the parts of one kit.
type bill struct {
	kit   string
	at    string // the location
	parts []Part
	lines int
}

func (b *bill) add(i Item, quantity int, path []string) error {
	bad := func(problem string) error { return &KitError{SKU: b.kit, Component: i.SKU, Problem: problem} }
	b.lines++
	switch {
	case i.ID == "":
		return bad("does not exist in the warehouse")
	case quantity < 1 || quantity > MaxKitQuantity:
		return bad(fmt.Sprintf("quantity %d is not usable", quantity))
	case slices.Contains(path, i.ID):
		return bad("contains itself")
	case len(path) > MaxKitDepth:
		return bad("kits are nested too deeply")
	case b.lines > maxKitParts:
		return bad("there are too many parts")
	case i.stockedIn(b.at):
		at := slices.IndexFunc(b.parts, func(p Part) bool { return p.Item.ID == i.ID })
		if at < 0 {
			at = len(b.parts)
			b.parts = append(b.parts, Part{Item: i})
		}
		b.parts[at].Per += quantity
		return nil
	}
	path = append(slices.Clip(path), i.ID)
	for _, c := range i.Kit {
		if c.Quantity < 1 || c.Quantity > MaxKitQuantity { // before multiplying: it could overflow
			return &KitError{SKU: b.kit, Component: c.Item.SKU, Problem: fmt.Sprintf("quantity %d is not usable", c.Quantity)}
		}
		if err := b.add(c.Item, quantity*c.Quantity, path); err != nil {
			return err
		}
	}
	return nil
}

// Available returns how many units of the item the free stock of one location
// allows: its own for a single item and for a kit that is stocked there, the
// smallest quotient of its parts for another kit. free holds free units of the
// location by item id; a missing item has none, and a negative number counts as
// none. Untracked parts do not limit; an item that nothing limits is refused,
// because no number would be right.
//
// Kits are made in one place: what several locations allow is the sum of what
// each allows, not what their stock together would.
func (i Item) Available(locationID string, free map[string]int) (int, error) {
	list, err := i.PartList(locationID, 1)
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
func limit(parts []Part, free func(id string) int, untracked map[string]bool) (n int, limited bool) {
	for _, p := range parts {
		if p.Item.Untracked || untracked[p.Item.ID] {
			continue
		}
		if units := max(free(p.Item.ID), 0) / p.Per; !limited || units < n {
			n, limited = units, true
		}
	}
	return n, limited
}

// BundleComponent is what one unit of a shop's bundle is made of.
type BundleComponent struct {
	Listing  SKU
	Quantity int
}
