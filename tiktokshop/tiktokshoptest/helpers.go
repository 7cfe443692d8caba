package tiktokshoptest

import (
	"net/http"
	"net/http/httptest"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Stocked lists a product with one SKU, with quantity units of it in the first
// warehouse, and returns the SKU's id. Title, ids, price and, if the shop has
// none, the warehouse are made. Use [Fake.AddProduct] to choose them.
func (f *Fake) Stocked(sellerSKU string, quantity int) (skuID string, err error) {
	warehouse, skuID := f.firstWarehouse(), ""
	if warehouse == "" {
		warehouse = "7100000000000000001"
		if err := f.AddWarehouse(tiktokshop.Warehouse{ID: warehouse, Name: "Main"}); err != nil {
			return "", err
		}
	}
	func() {
		defer f.enter()()
		skuID = f.newID(idSKU)
	}()
	return skuID, f.AddProduct(Product{Title: "Product " + sellerSKU, SKUs: []SKU{
		{ID: skuID, SellerSKU: sellerSKU, Stock: map[string]int{warehouse: quantity}},
	}})
}

func (f *Fake) firstWarehouse() string {
	defer f.enter()()
	if len(f.warehouses) == 0 {
		return ""
	}
	return f.warehouses[0].ID
}

// Units is a line of an order.
func Units(skuID string, quantity int) Line { return Line{SKUID: skuID, Quantity: quantity} }

// OrderOf describes a paid order that is ready to ship, with postage of 3.99.
// Change what the test is about before it is placed.
func OrderOf(lines ...Line) OrderSpec { return OrderSpec{Lines: lines, ShippingFee: "3.99"} }

// Listen serves h, such as a [Fake], on a local port until the test ends, and
// returns the base URL, without a slash at the end. t is a [testing.TB].
//
//	base := tiktokshoptest.Listen(t, shop)
//	client, err := shop.Client(tiktokshop.WithHTTPClient(http.DefaultClient), tiktokshop.WithBaseURL(base))
func Listen(t interface{ Cleanup(func()) }, h http.Handler) (base string) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
