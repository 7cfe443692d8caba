package tiktokadapter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Only what was granted is a refund: not what waits, was refused or taken back.
func TestRefunds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		fake := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"))
		client, err := fake.Client()
		must(err)
		shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
		must(err)
		must(fake.AddWarehouse(tiktokshop.Warehouse{ID: "w", Name: "Leeds"}))
		must(fake.AddProduct(tiktokshoptest.Product{ID: "p", Title: "Mug", SKUs: []tiktokshoptest.SKU{{ID: "s", SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{"w": 9}}}}))
		asked := func() (order, id string) {
			t.Helper()
			order, err := fake.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: "s", Quantity: 1}}, FulfillmentType: tiktokshop.FulfillmentTypeByTikTok})
			must(err)
			must(fake.Fulfil(order, "TT"))
			must(fake.Deliver(order))
			id, err = fake.RequestReturn(order, tiktokshoptest.ReturnSpec{Reason: fake.ReturnReasons()[1]})
			must(err)
			return order, id
		}
		began := time.Now()
		granted, _ := asked()
		_, taken := asked()
		must(fake.WithdrawReturn(taken))
		look := func(since time.Time) []rates.Refund {
			t.Helper()
			list, err := shop.Refunds(t.Context(), since)
			must(err)
			return list
		}
		if got := look(began); len(got) > 0 {
			t.Errorf("nothing is granted yet, got %v", got)
		}
		time.Sleep(tiktokshoptest.DecisionTime + time.Minute) // TikTok grants it
		want := []rates.Refund{{OrderID: granted, Reason: fake.ReturnReasons()[1]}}
		if diff := cmp.Diff(want, look(began)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		time.Sleep(30 * 24 * time.Hour)
		if got := look(time.Now().Add(-time.Hour)); len(got) > 0 {
			t.Errorf("nothing has changed lately, got %v", got)
		}
	})
}
