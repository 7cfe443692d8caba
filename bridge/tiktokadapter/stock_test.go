package tiktokadapter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A shop that is throttled or overloaded has refused no number, and shows nothing: the
// call is to be made again. With a permit it is made once.
func TestStockOfABusyShop(t *testing.T) {
	for name, fault := range map[string]tiktokshoptest.Fault{
		"throttled": {Status: 429, Code: 36009002}, "throttled without the status": {Code: 36009002}, "overloaded": {Status: 503}, "a page": {Status: 502, Body: "<html>"},
	} {
		synctest.Test(t, func(t *testing.T) {
			fake := tiktokshoptest.New()
			if err := fake.AddWarehouse(tiktokshop.Warehouse{ID: "7000000000000000001"}); err != nil {
				t.Fatal(err)
			}
			if err := fake.AddProduct(tiktokshoptest.Product{ID: "1729", SKUs: []tiktokshoptest.SKU{{ID: "2729", SellerSKU: "MUG", Stock: map[string]int{"7000000000000000001": 3}}}}); err != nil {
				t.Fatal(err)
			}
			client, err := fake.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
			if err != nil {
				t.Fatal(err)
			}
			shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, err := shop.StockPermit(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			fake.Fail(nil, 1, fault)
			p := stock.ProductStock{ProductID: "1729", SKUs: []stock.SKUStock{{
				SKU: catalogue.SKU{ProductID: "1729", ID: "2729", SellerSKU: "MUG"}, Stock: []catalogue.WarehouseStock{{WarehouseID: "7000000000000000001", Quantity: 2}},
			}}}
			refusals, err := shop.PublishStock(ctx, p)
			if err == nil || len(refusals) > 0 {
				t.Errorf("%s: refusals %v, error %v, want an error alone", name, refusals, err)
			}
			if n := len(fake.CallsOf(tiktokshoptest.On("Product.UpdateInventory"))); n != 1 {
				t.Errorf("%s: %d calls with one permit, want 1", name, n)
			}
			fake.Fail(nil, 99, fault)
			if list, err := shop.ShopStock(t.Context(), []string{"2729"}); err == nil || len(list) > 0 {
				t.Errorf("%s: the shop shows %v, error %v, want an error alone", name, list, err)
			}
		})
	}
}

// A part of a reply cannot be read. What can be comes with the error, which names the rest.
func TestStockOfWhichAPartCannotBeRead(t *testing.T) {
	const levels = `"total_available_inventory_distribution":{},"total_available_quantity":3,"warehouse_inventory":[{"warehouse_id":"7","available_quantity":3,"committed_quantity":1}]`
	reply := func(data string) tiktokshoptest.Fault {
		return tiktokshoptest.Fault{Body: `{"code":0,"message":"Success","request_id":"1","data":` + data + `}`, ContentType: "application/json"}
	}
	synctest.Test(t, func(t *testing.T) {
		fake := tiktokshoptest.New()
		client, err := fake.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
		if err != nil {
			t.Fatal(err)
		}
		shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fake.Fail(tiktokshoptest.On("Product.InventorySearch"), 1, reply(`{"inventory":[
			{"product_id":"11","skus":[{"id":"21","seller_sku":"MUG",`+levels+`}]},
			{"product_id":"12","skus":[{"id":"22","seller_sku":"SPOON",`+levels+`,"total_committed_quantity":1}]}]}`))
		list, err := shop.ShopStock(t.Context(), []string{"21", "22"})
		if lost, other := exceptions.UnreadableIn(err); other != nil || len(lost) != 1 || len(list) != 1 || list[0].ID != "22" || list[0].Warehouses[0].Available != 3 {
			t.Errorf("got %+v and %v, want SKU 22, and an error about what cannot be read", list, err)
		}
		fake.Fail(tiktokshoptest.On("Product.SearchProducts"), 1, reply(`{"products":[{"id":"11","skus":[{"id":[]}]},{"id":"12","skus":[]}],"total_count":2}`))
		off, err := shop.ProductsOff(t.Context(), time.Now().Add(-time.Hour))
		if lost, other := exceptions.UnreadableIn(err); other != nil || len(lost) != 1 || len(off) != 1 || off["12"] != stock.ProductFrozen {
			t.Errorf("got %v and %v, want product 12 frozen, and an error about what cannot be read", off, err)
		}
	})
}
