package tiktokshoptest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestTheShopsOfAnAuthorisationAreApart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		second := l.AddShop("DE", "", "ROW_second")
		sku, err := second.Stocked("TASSE", 3)
		l.ok(err)
		id, err := second.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(sku, 1)))
		l.ok(err)
		c, err := l.client.ForShop(second.Shop())
		l.ok(err)
		out, err := c.Order.GetOrderDetail(t.Context(), &tiktokshop.GetOrderDetailRequest{IDs: []string{id}})
		l.ok(err)
		if o := out.Orders[0]; o.Payment.Currency != "EUR" || o.Payment.TotalAmount != "13.99" {
			t.Errorf("got %+v", o.Payment)
		}
		_, err = l.client.Order.GetOrderDetail(t.Context(), &tiktokshop.GetOrderDetailRequest{IDs: []string{id}})
		l.code(err, 21008111)
		shops, err := l.client.Authorization.GetAuthorizedShops(t.Context(), nil)
		l.ok(err)
		if diff := cmp.Diff([]tiktokshop.Shop{l.Shop(), second.Shop()}, shops.Shops); diff != "" || shops.Shops[0].SellerType != "CROSS_BORDER" || len(l.Shops()) != 2 {
			t.Errorf("shops (-want +got):\n%s", diff)
		}
		calls := l.CallsOf(tiktokshoptest.All(tiktokshoptest.Mentions(id), tiktokshoptest.Reads(), tiktokshoptest.Failed()))
		if len(calls) != 1 || calls[0].Shop != l.Shop().ID {
			t.Errorf("got %+v", calls)
		}

		l.ok(errOf(c.Authorization.DeauthorizeShop(t.Context(), nil)))
		_, err = c.Logistics.GetWarehouseList(t.Context(), nil)
		l.code(err, 101000)
		_, err = l.client.Logistics.GetWarehouseList(t.Context(), nil)
		l.ok(err) // the other shop stays
		l.Deauthorise()
		_, err = l.client.Logistics.GetWarehouseList(t.Context(), nil)
		l.code(err, 36009004)
		_, err = l.client.ExchangeCode(t.Context(), l.Authorise())
		l.ok(err)
		_, err = c.Logistics.GetWarehouseList(t.Context(), nil)
		l.ok(err)
	})
}

func TestInactiveShopsAndSellersAreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		call := func() error { _, err := l.client.Logistics.GetWarehouseList(t.Context(), nil); return err }
		l.SetShopActive(false)
		l.code(call(), 36009043)
		active, err := l.client.Seller.GetActiveShops(t.Context(), nil)
		if err != nil || len(active.Shops) != 0 {
			t.Errorf("got %+v, %v", active, err)
		}
		l.SetSellerActive(false)
		l.code(call(), 36009044)
		l.SetShopActive(true)
		l.SetSellerActive(true)
		l.ok(call())
		l.Overload(time.Minute)
		status, _, _ := l.get("/logistics/202309/warehouses", nil)
		if status != 503 {
			t.Errorf("overloaded: status %d", status)
		}
		time.Sleep(time.Minute)
		l.ok(call())
	})
}

func TestScopesAreCheckedByOperation(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithScopes("seller.logistics"))
		_, err := l.client.Logistics.GetWarehouseList(t.Context(), nil)
		l.ok(err)
		_, err = l.client.Order.GetOrderList(t.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1})
		l.code(err, 105005)
	})
}

func TestLockedStockIsSoldByItsCampaignAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.ok(l.LockStock(plate, "Black Friday", false, 2))
		l.ok(l.LockStock(plate, "Robin", true, 1))
		if l.LockStock(plate, "Another", false, 2) == nil || l.LockStock(set, "x", false, 1) == nil || l.LockStock(plate, "", false, 1) == nil || l.LockStock("1", "x", false, 1) == nil {
			t.Error("no error")
		}
		line := tiktokshoptest.Units(plate, 2)
		order := func(line tiktokshoptest.Line) error {
			_, err := l.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{line}})
			return err
		}
		if order(line) == nil {
			t.Error("locked units were sold")
		}
		line.Campaign = "Black Friday"
		l.ok(order(line))
		line.Quantity, line.Campaign, line.Creator = 2, "", "Robin"
		if order(line) == nil {
			t.Error("more than the creator's units were sold")
		}
		out, err := l.client.Product.InventorySearch(t.Context(), &tiktokshop.InventorySearchRequest{SKUIDs: []string{plate}})
		l.ok(err)
		var want tiktokshop.InventorySKUTotalAvailableInventoryDistribution
		want.InShopInventory.Quantity = 1
		want.CreatorInventory = []tiktokshop.InventorySearchCreatorInventory{{CreatorName: "Robin", Quantity: 1}}
		if diff := cmp.Diff(want, out.Inventory[0].SKUs[0].TotalAvailableInventoryDistribution); diff != "" {
			t.Errorf("distribution (-want +got):\n%s", diff)
		}
	})
}

func TestZerosAreWrittenOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.ok(l.SetStock(plate, north, 0))
		r := orderSearch(l.Fake)
		r.path, r.body = "/product/202309/inventory/search", `{"sku_ids":["`+plate+`"]}`
		r.query.Del("page_size")
		want := `"data":{"inventory":[{"product_id":"` + plateProduct + `","skus":[{"id":"` + plate + `","seller_sku":"PLATE",` +
			`"total_available_inventory_distribution":{"in_shop_inventory":{"quantity":0}},"total_available_quantity":0,"total_committed_quantity":0,` +
			`"warehouse_inventory":[{"available_quantity":0,"committed_quantity":0,"warehouse_id":"` + north + `"}]}]}]}`
		got := r.text(t, l.Fake)
		if i := len(`{"code":0,`); got[i:i+len(want)] != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}
