package tiktokshoptest_test

import (
	"testing"
	"testing/synctest"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Warehouses and SKUs of the shop that the tests use.
const (
	north, south = "7100000000000000001", "7100000000000000002"
	mug          = "1729000000000000011" // 10 north, 3 south
	plate        = "1729000000000000021" // 4 north
	set          = "1729000000000000031" // 1 mug and 2 plates
	mugProduct   = "1729000000000000010"
	plateProduct = "1729000000000000020"
	setProduct   = "1729000000000000030"
)

// lab is a shop, a client for it and the test.
type lab struct {
	*testing.T
	*tiktokshoptest.Fake
	client *tiktokshop.Client
}

// newLab opens the shop. Tests of the client's behaviour under failure pass
// options.
func newLab(t *testing.T, opts ...tiktokshoptest.Option) *lab {
	t.Helper()
	f := tiktokshoptest.New(opts...)
	l := &lab{T: t, Fake: f}
	l.ok(f.AddWarehouse(tiktokshop.Warehouse{ID: north, Name: "North"}))
	l.ok(f.AddWarehouse(tiktokshop.Warehouse{ID: south, Name: "South"}))
	l.ok(f.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: mug, SellerSKU: "MUG", Price: "8.00", Stock: map[string]int{north: 10, south: 3}},
	}}))
	l.ok(f.AddProduct(tiktokshoptest.Product{ID: plateProduct, Title: "Plate", SKUs: []tiktokshoptest.SKU{
		{ID: plate, SellerSKU: "PLATE", Price: "5.00", Stock: map[string]int{north: 4}},
	}}))
	l.ok(f.AddProduct(tiktokshoptest.Product{ID: setProduct, Title: "Breakfast set", SKUs: []tiktokshoptest.SKU{
		{ID: set, SellerSKU: "SET", Price: "15.00", Components: []tiktokshoptest.Component{{SKUID: mug, Count: 1}, {SKUID: plate, Count: 2}}},
	}}))
	c, err := f.Client(tiktokshop.WithMaxAttempts(1))
	l.ok(err)
	l.client = c
	return l
}

// inBubble runs a test on time that passes by itself.
func inBubble(t *testing.T, run func(t *testing.T)) {
	t.Parallel()
	synctest.Test(t, run)
}

// errOf drops the result of a call.
func errOf[T any](_ T, err error) error { return err }

func (l *lab) ok(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// code asserts the code of a refusal.
func (l *lab) code(err error, want int) {
	l.Helper()
	l.ok(wantCode(err, want))
}

func (l *lab) place(spec tiktokshoptest.OrderSpec) string {
	l.Helper()
	id, err := l.PlaceOrder(spec)
	l.ok(err)
	return id
}

// mugs orders n mugs.
func mugs(n int) tiktokshoptest.OrderSpec {
	return tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mug, Quantity: n}}}
}

func (l *lab) status(id string, want tiktokshop.OrderStatus) {
	l.Helper()
	o, _ := l.Order(id)
	if o.Status != want {
		l.Fatalf("order %s is %s, want %s", id, o.Status, want)
	}
}

func (l *lab) stock(sku, warehouse string, available, committed int) {
	l.Helper()
	a, c := l.Stock(sku, warehouse)
	if a != available || c != committed {
		l.Fatalf("SKU %s in %s: available %d, committed %d; want %d and %d", sku, warehouse, a, c, available, committed)
	}
}

// mark ships lines of an order with Mark Package As Shipped.
func (l *lab) mark(id, number string, lines ...string) (string, error) {
	out, err := l.client.Fulfillment.MarkPackageAsShipped(l.Context(), id, &tiktokshop.MarkPackageAsShippedRequest{
		OrderLineItemIDs: lines, TrackingNumber: number, ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	})
	if err != nil {
		return "", err
	}
	return out.PackageID, nil
}

func (l *lab) detail(id string) tiktokshop.Order {
	l.Helper()
	out, err := l.client.Order.GetOrderDetail(l.Context(), &tiktokshop.GetOrderDetailRequest{IDs: []string{id}})
	l.ok(err)
	return out.Orders[0]
}
