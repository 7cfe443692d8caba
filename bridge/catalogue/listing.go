package catalogue

import (
	"context"
	"iter"
)

// ListingSource reads what the shop has for sale.
type ListingSource interface {
	// Listings yields every SKU that stock can be published for. It ends at the
	// first error but an [exceptions.UnreadableError], which stands for products.
	Listings(ctx context.Context) iter.Seq2[Listing, error]
}

// BundleSource finds out, at the price of a call, whether a product is a bundle of
// the shop, for a [ListingSource] whose listings do not always say that their stock
// is derived. It is asked about listings that no item stands for: a bundle needs
// none.
type BundleSource interface {
	IsBundle(ctx context.Context, productID string) (bool, error)
}

// Listing is one SKU for sale and the stock that the shop shows for it.
type Listing struct {
	SKU
	Title string
	// Derived reports whether the shop computes the stock itself, as it does for its
	// own bundles: it follows the components and cannot be set.
	Derived bool
	// Stock has one entry for every warehouse of the SKU.
	Stock []WarehouseStock
}

// WarehouseStock is a quantity in one of the shop's warehouses.
type WarehouseStock struct {
	WarehouseID string
	Quantity    int
}
