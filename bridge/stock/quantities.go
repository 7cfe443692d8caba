package stock

import "github.com/linnbridge/linnbridge/bridge/catalogue"

// ProductStock is what to publish for one product.
type ProductStock struct {
	ProductID string
	SKUs      []SKUStock
	// Urgent reports whether it should overtake other calls of the same budget: it takes
	// off sale what is gone, or is about what sells now.
	Urgent bool
}

// SKUStock is what to publish for one SKU: every warehouse of it, changed or
// not, because the shop refuses an incomplete list.
type SKUStock struct {
	catalogue.SKU
	Stock []catalogue.WarehouseStock
	// Shown is what the shop showed before, warehouse by warehouse as in Stock.
	Shown []catalogue.WarehouseStock
}

// lowers reports whether a warehouse is to show fewer.
func (s SKUStock) lowers() bool {
	for i, w := range s.Stock {
		if i < len(s.Shown) && w.Quantity < s.Shown[i].Quantity {
			return true
		}
	}
	return false
}

// MaxStock is the largest quantity that TikTok Shop documents for a SKU in a
// warehouse. Some pages name 999,999; [Options] can raise it.
const MaxStock = 99_999

// absurdStock is a level that no warehouse of this product's users holds.
const absurdStock = 10_000_000
