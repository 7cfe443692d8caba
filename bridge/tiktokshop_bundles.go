package bridge

import "context"

// Bundle implements [BundleReader] with one Get Product call: the search of
// products leaves the components out.
func (t *TikTokShop) Bundle(ctx context.Context, productID string) (map[string][]BundleComponent, error) {
	p, err := t.client.Product.GetProduct(ctx, productID, nil)
	if err != nil {
		return nil, err
	}
	t.remember(productID, isBundle(*p))
	bundle := map[string][]BundleComponent{}
	for _, s := range p.SKUs {
		for _, c := range s.CombinedSKUs {
			bundle[s.ID] = append(bundle[s.ID], BundleComponent{
				Listing: ListingSKU{ProductID: c.ProductID, ID: c.SKUID, SellerSKU: c.SellerSKU}, Quantity: c.SKUCount,
			})
		}
	}
	return bundle, nil
}
