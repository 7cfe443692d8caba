package tiktokshoptest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// set makes the update of one SKU: quantities by warehouse.
func setTo(sku string, quantities map[string]int) tiktokshop.UpdateInventoryRequestSKU {
	out := tiktokshop.UpdateInventoryRequestSKU{ID: sku}
	for warehouse, n := range quantities {
		out.Inventory = append(out.Inventory, tiktokshop.UpdateInventoryRequestSKUInventory{WarehouseID: &warehouse, Quantity: n})
	}
	return out
}

func (l *lab) update(product string, skus ...tiktokshop.UpdateInventoryRequestSKU) error {
	_, err := l.client.Product.UpdateInventory(l.Context(), product, &tiktokshop.UpdateInventoryRequest{SKUs: skus})
	return err
}

// itemCode asserts that a call succeeded but for one item with the code.
func (l *lab) itemCode(err error, sku string, want int) {
	l.Helper()
	e, ok := errors.AsType[*tiktokshop.PartialError](err)
	if !ok || len(e.Items) != 1 || fmt.Sprint(e.Items[0].Code) != fmt.Sprint(want) {
		l.Fatalf("got error %v, want item error %d", err, want)
	}
	if !slices.Contains([]string{`{"sku_id":"` + sku + `"}`}, string(e.Items[0].Detail)) && want != 12019024 {
		l.Fatalf("got detail %s, want SKU %s", e.Items[0].Detail, sku)
	}
}

func TestStockUpdatesSetWhatIsAvailableNotWhatIsThere(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.place(mugs(4))
		l.stock(mug, north, 6, 4)
		l.ok(l.update(mugProduct, setTo(mug, map[string]int{north: 20, south: 0})))
		l.stock(mug, north, 20, 4)
		l.stock(mug, south, 0, 0)
	})
}

func TestStockUpdatesNeedEveryWarehouseOfTheSKU(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.itemCode(l.update(mugProduct, setTo(mug, map[string]int{north: 20})), mug, 12019028)
		l.itemCode(l.update(plateProduct, setTo(plate, map[string]int{north: 1, south: 1})), plate, 12019028)
		l.stock(mug, north, 10, 0)
		only := tiktokshop.UpdateInventoryRequestSKU{ID: plate, Inventory: []tiktokshop.UpdateInventoryRequestSKUInventory{{Quantity: 7}}}
		l.ok(l.update(plateProduct, only)) // the warehouse may be left out when there is one
		l.stock(plate, north, 7, 0)
	})
}

func TestStockOutOfRangeAndOfBundlesIsRefusedInsideASuccess(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		for _, n := range []int{-1, 100000} {
			l.itemCode(l.update(mugProduct, setTo(mug, map[string]int{north: n, south: 1})), mug, 12019024)
		}
		l.ok(l.update(mugProduct, setTo(mug, map[string]int{north: 99999, south: 1})))
		l.itemCode(l.update(setProduct, setTo(set, map[string]int{north: 1})), set, 12052850)
		calls := l.CallsOf(tiktokshoptest.On("Product.UpdateInventory"))
		if c := calls[len(calls)-1]; c.Code != 0 || c.Status != 200 || c.ItemErrors != 1 {
			t.Errorf("got %+v, want code 0 with an item error", c)
		}
	})
}

func TestOneRefusedSKUDoesNotStopTheOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.ok(l.AddProduct(tiktokshoptest.Product{ID: "90", SKUs: []tiktokshoptest.SKU{
			{ID: "91", Stock: map[string]int{north: 1, south: 1}}, {ID: "92", Stock: map[string]int{north: 1}},
		}}))
		err := l.update("90", setTo("91", map[string]int{north: 5}), setTo("92", map[string]int{north: 5}))
		l.itemCode(err, "91", 12019028)
		l.stock("91", north, 1, 0)
		l.stock("92", north, 5, 0)
	})
}

func TestStockUpdatesThatAreWrongAsAWhole(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		one := setTo(mug, map[string]int{north: 1, south: 1})
		l.code(l.update("1", one), 12052048)
		l.code(l.update(plateProduct, one), 12052036)
		l.code(l.update(mugProduct, one, one), 12052553)
		l.code(l.update(mugProduct, []tiktokshop.UpdateInventoryRequestSKU{}...), 12052902)
		l.ok(l.SetProductStatus(mugProduct, tiktokshop.ProductStatusFreeze))
		l.code(l.update(mugProduct, one), 12052034)
		l.stock(mug, north, 10, 0)
	})
}

func TestInventorySearchShowsAvailableAndCommitted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		l.place(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: set, Quantity: 1}}})
		out, err := l.client.Product.InventorySearch(t.Context(), &tiktokshop.InventorySearchRequest{SKUIDs: []string{mug, set}})
		l.ok(err)
		inventory := func(product, sku, seller string, levels ...tiktokshop.WarehouseInventory) tiktokshop.Inventory {
			s := tiktokshop.InventorySKU{ID: sku, SellerSKU: seller, WarehouseInventory: levels}
			for _, w := range levels {
				s.TotalAvailableQuantity += w.AvailableQuantity
				s.TotalCommittedQuantity += w.CommittedQuantity
			}
			s.TotalAvailableInventoryDistribution.InShopInventory.Quantity = s.TotalAvailableQuantity
			return tiktokshop.Inventory{ProductID: product, SKUs: []tiktokshop.InventorySKU{s}}
		}
		want := []tiktokshop.Inventory{
			inventory(mugProduct, mug, "MUG",
				tiktokshop.WarehouseInventory{WarehouseID: north, AvailableQuantity: 9, CommittedQuantity: 1},
				tiktokshop.WarehouseInventory{WarehouseID: south, AvailableQuantity: 3}),
			inventory(setProduct, set, "SET", tiktokshop.WarehouseInventory{WarehouseID: north, AvailableQuantity: 1, CommittedQuantity: 1}),
		}
		if diff := cmp.Diff(want, out.Inventory); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		_, err = l.client.Product.InventorySearch(t.Context(), &tiktokshop.InventorySearchRequest{SKUIDs: slices.Repeat([]string{mug}, 601)})
		l.code(err, 12019015)
	})
}

func TestProductsAreFoundBySKUAndShowTheirParts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		found, err := l.client.Product.SearchProducts(t.Context(), &tiktokshop.SearchProductsRequest{PageSize: 100, SellerSKUs: []string{"SET"}})
		l.ok(err)
		if len(found.Products) != 1 || found.Products[0].ID != setProduct || found.TotalCount != 1 {
			t.Errorf("got %+v", found)
		}
		p, err := l.client.Product.GetProduct(t.Context(), setProduct, nil)
		l.ok(err)
		parts := map[string]int{}
		for _, c := range p.SKUs[0].CombinedSKUs {
			parts[c.SellerSKU] = c.SKUCount
		}
		if diff := cmp.Diff(map[string]int{"MUG": 1, "PLATE": 2}, parts); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if p.SKUs[0].Inventory[0].Quantity != 2 {
			t.Errorf("stock of the bundle: got %+v", p.SKUs[0].Inventory)
		}
		_, err = l.client.Product.SearchProducts(t.Context(), &tiktokshop.SearchProductsRequest{PageSize: 1, SKUIDs: make([]string, 11)})
		l.code(err, 12019087)
		var all []string
		req := &tiktokshop.SearchProductsRequest{PageSize: 2}
		for {
			out, err := l.client.Product.SearchProducts(t.Context(), req)
			l.ok(err)
			for _, p := range out.Products {
				all = append(all, p.ID)
			}
			if out.NextPageToken == "" {
				break
			}
			req.PageToken = &out.NextPageToken
		}
		if diff := cmp.Diff([]string{setProduct, plateProduct, mugProduct}, all); diff != "" {
			t.Errorf("paged (-want +got):\n%s", diff)
		}
	})
}
