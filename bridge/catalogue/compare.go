package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// KitDifference is an item that a bundle of the shop and the warehouse's item
// of the same SKU hold different numbers of.
type KitDifference struct {
	// ItemID and SKU name the single item; ItemID is empty if it is not known.
	ItemID, SKU string
	// Shop and Warehouse are the units in one bundle; 0: it is not in it.
	Shop, Warehouse int
	// Problem is set if a side could not be expanded, and says why.
	Problem string
}

// String is the difference in a few words.
func (d KitDifference) String() string {
	if d.Problem != "" {
		return d.SKU + ": " + d.Problem
	}
	return fmt.Sprintf("%s: %d in the shop, %d in the warehouse", d.SKU, d.Shop, d.Warehouse)
}

// CompareKit compares what a bundle of the shop is made of with the warehouse's
// item that has its seller SKU. items are the items of the components by the
// shop's SKU id, as a [Source] returns them. Both sides are taken down to
// single items, so that a component which is a kit itself makes no difference. No
// difference means that an order of the bundle may be imported as the item. If a
// side cannot be taken down, only the reasons are returned. The result is sorted
// by SKU.
func CompareKit(bundle []BundleComponent, items map[string]Item, kit Item) []KitDifference {
	byID := map[string]*KitDifference{}
	var list []KitDifference // problems, or else numbers
	add := func(item Item, quantity int, side func(*KitDifference) *int) {
		parts, err := item.PartList("", quantity)
		if err != nil {
			list = append(list, KitDifference{ItemID: item.ID, SKU: item.SKU, Problem: err.Error()})
			return
		}
		for _, p := range parts {
			if byID[p.Item.ID] == nil {
				byID[p.Item.ID] = &KitDifference{ItemID: p.Item.ID, SKU: p.Item.SKU}
			}
			*side(byID[p.Item.ID]) += p.Per
		}
	}
	for _, c := range bundle {
		item, ok := items[c.Listing.ID]
		if !ok {
			list = append(list, KitDifference{SKU: cmp.Or(c.Listing.SellerSKU, c.Listing.ID), Problem: "the warehouse has no item for it"})
			continue
		}
		add(item, c.Quantity, func(d *KitDifference) *int { return &d.Shop })
	}
	add(kit, 1, func(d *KitDifference) *int { return &d.Warehouse })
	if len(list) == 0 { // else one side is not complete
		for _, d := range byID {
			if d.Shop != d.Warehouse {
				list = append(list, *d)
			}
		}
	}
	slices.SortFunc(list, func(a, b KitDifference) int {
		return cmp.Or(strings.Compare(a.SKU, b.SKU), strings.Compare(a.ItemID, b.ItemID), strings.Compare(a.Problem, b.Problem))
	})
	return list
}

// BundleReader reads what the shop's own bundles are made of. The shop computes
// their stock from the components, which are listings of their own: stock is
// published for those, and never for the bundle.
type BundleReader interface {
	// Bundle returns the components of every SKU of a product, by the shop's SKU
	// id. A product that is no bundle has none.
	Bundle(ctx context.Context, productID string) (map[string][]BundleComponent, error)
}
