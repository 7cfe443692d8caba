package tiktokshoptest_test

import (
	"fmt"
	"testing"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// busy places n orders, lists them all page by page and ships every one.
func busy(t testing.TB, n int) {
	f := tiktokshoptest.New()
	sku, err := f.Stocked("MUG", 99999)
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Client()
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := f.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(sku, 1))); err != nil {
			t.Fatal(err)
		}
	}
	shipped := 0
	req := &tiktokshop.GetOrderListRequest{PageSize: 100, SortField: new("create_time")}
	for o, err := range c.Order.GetOrderListAll(t.Context(), req) {
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Fulfillment.MarkPackageAsShipped(t.Context(), o.ID, &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: fmt.Sprint("AB", shipped), ShippingProviderID: f.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
		})
		if err != nil {
			t.Fatal(err)
		}
		shipped++
	}
	if shipped != n {
		t.Fatalf("%d of %d orders were listed", shipped, n)
	}
}

func TestTenThousandOrdersArePlacedListedAndShipped(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: 10,000 orders take some seconds under the race detector")
	}
	t.Parallel()
	busy(t, 10000)
}

func BenchmarkOrdersPlacedListedAndShipped(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				busy(b, n)
			}
		})
	}
}
