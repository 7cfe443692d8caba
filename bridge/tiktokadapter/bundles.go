package tiktokadapter

import (
	"context"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// Bundle implements [catalogue.BundleReader] with one Get Product call: the search of
// products leaves the components out.
func (t *Shop) Bundle(ctx context.Context, productID string) (map[string][]catalogue.BundleComponent, error) {
	p, err := t.client.Product.GetProduct(ctx, productID, nil)
	if err != nil {
		return nil, err
	}
	t.remember(productID, isBundle(*p))
	bundle := map[string][]catalogue.BundleComponent{}
	for _, s := range p.SKUs {
		for _, c := range s.CombinedSKUs {
			bundle[s.ID] = append(bundle[s.ID], catalogue.BundleComponent{
				Listing: catalogue.SKU{ProductID: c.ProductID, ID: c.SKUID, SellerSKU: c.SellerSKU}, Quantity: c.SKUCount,
			})
		}
	}
	return bundle, nil
}
