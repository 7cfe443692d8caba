package bridge

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// contents is how to find out what lines weigh and measure that are sent from where a
// warehouse order is. A line without a usable item is a unit that nothing is known of.
func (b *dispatchBatch) contents(w WarehouseOrder, lines []OrderLine) func(context.Context) ([]catalogue.Packed, error) {
	if b.ports.Measures == nil || b.ports.Catalogue == nil {
		return nil
	}
	return func(ctx context.Context) ([]catalogue.Packed, error) {
		items, _, err := b.ports.Catalogue.StockItems(ctx, listingsOf([]Order{{Lines: lines}}))
		if err != nil {
			return nil, fmt.Errorf("reading the catalogue: %w", err)
		}
		units := map[string]int{} // by item id; "" for those of which nothing is known
		add := func(l catalogue.SKU, n int) bool {
			parts, err := items[l.ID].PartsAt(w.LocationID, n)
			for id, n := range parts {
				units[id] += n
			}
			return err == nil
		}
		for _, l := range lines {
			known := add(l.Listing, 1)
			if !known && len(l.Components) > 0 { // it came in as what the shop's bundle is made of
				known = !slices.ContainsFunc(l.Components, func(c catalogue.BundleComponent) bool { return !add(c.Listing, c.Quantity) })
			}
			if !known {
				units[""]++
			}
		}
		ids := slices.Sorted(maps.Keys(units))
		measures, err := b.ports.Measures.ItemMeasures(ctx, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" }))
		if err != nil {
			return nil, fmt.Errorf("reading what items weigh and measure: %w", err)
		}
		packed := make([]catalogue.Packed, 0, len(ids))
		for _, id := range ids {
			packed = append(packed, catalogue.Packed{Units: units[id], Each: measures[id]})
		}
		return packed, nil
	}
}
