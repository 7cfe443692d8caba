package bridge

import (
	"context"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// listPrices are the prices of the components of bundles that the warehouse does not
// know as such. Without them a price is split equally, and the case of the bundle says
// so: no order waits for them.
func (im *Importer) listPrices(ctx context.Context, orders []Order, known catalogue.Lookup) map[string]int64 {
	if im.ports.Prices == nil {
		return nil
	}
	var listings []catalogue.SKU
	seen := map[string]bool{}
	for _, o := range orders {
		for _, line := range o.Lines {
			if _, err := known.Item(line.Listing); err == nil || line.Cancelled {
				continue
			}
			for _, c := range line.Components {
				if !seen[c.Listing.ID] {
					seen[c.Listing.ID] = true
					listings = append(listings, c.Listing)
				}
			}
		}
	}
	if len(listings) == 0 {
		return nil
	}
	prices, err := im.ports.Prices.ListPrices(ctx, listings)
	if err != nil {
		return nil
	}
	return prices
}
