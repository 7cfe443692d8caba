package tiktokshoptest

import (
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// maxQuantity is the largest stock that Update Inventory accepts.
const maxQuantity = 99999

// inventorySearch serves Product.InventorySearch. Unknown ids are left out.
//
// https://partner.tiktokshop.com/docv2/page/inventory-search-202309
func (f *Fake) inventorySearch(in *request) (any, error) {
	req, err := decode[tiktokshop.InventorySearchRequest](in)
	switch {
	case err != nil:
		return nil, err
	case len(req.ProductIDs) == 0 && len(req.SKUIDs) == 0:
		return nil, invalid("product_ids, sku_ids", "one of them is required")
	case len(req.SKUIDs) > 600:
		return nil, fail(codeTooManySKUs, "At most 600 sku_ids can be searched for")
	case len(req.ProductIDs) > 100:
		return nil, fail(codeTooManyProducts, "At most 100 product_ids can be searched for")
	}
	var out tiktokshop.InventorySearchResponse
	for _, p := range f.products {
		item := tiktokshop.Inventory{ProductID: p.id}
		for _, s := range p.skus {
			wanted := slices.Contains(req.SKUIDs, s.id)
			if len(req.SKUIDs) == 0 {
				wanted = slices.Contains(req.ProductIDs, p.id)
			}
			if wanted {
				item.SKUs = append(item.SKUs, s.inventory())
			}
		}
		if item.SKUs != nil {
			out.Inventory = append(out.Inventory, item)
		}
	}
	return out, nil
}

func (s *sku) inventory() tiktokshop.InventorySKU {
	out := tiktokshop.InventorySKU{ID: s.id, SellerSKU: s.sellerSKU}
	for _, id := range s.warehouses() {
		w := tiktokshop.WarehouseInventory{WarehouseID: id, AvailableQuantity: s.available(id), CommittedQuantity: s.committed(id)}
		out.WarehouseInventory = append(out.WarehouseInventory, w)
		out.TotalAvailableQuantity += w.AvailableQuantity
		out.TotalCommittedQuantity += w.CommittedQuantity
	}
	out.TotalAvailableInventoryDistribution.InShopInventory.Quantity = out.TotalAvailableQuantity
	return out
}

// stockUpdate is the body of Update Inventory, with absent quantities told from
// zero.
type stockUpdate struct {
	SKUs []stockUpdateSKU `json:"skus"`
}

type stockUpdateSKU struct {
	ID        string `json:"id"`
	Inventory []struct {
		WarehouseID       string `json:"warehouse_id"`
		Quantity          *int   `json:"quantity"`
		BackorderQuantity *int   `json:"backorder_quantity"`
		HandlingTime      *int   `json:"handling_time"`
	} `json:"inventory"`
}

// updateInventory serves Product.UpdateInventory. A SKU is changed in all its
// warehouses or, with an error of its own, in none; the code of the reply is 0
// either way.
//
// https://partner.tiktokshop.com/docv2/page/update-inventory-202309
func (f *Fake) updateInventory(in *request) (any, error) {
	req, err := decode[stockUpdate](in)
	if err != nil {
		return nil, err
	}
	p, err := f.productOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if err := checkStockUpdate(p, req); err != nil {
		return nil, err
	}
	var out tiktokshop.UpdateInventoryResponse
	for _, item := range req.SKUs {
		if refused := f.skuByID[item.ID].set(item); refused != nil {
			refused.Detail.SKUID = item.ID
			out.Errors = append(out.Errors, *refused)
		}
	}
	return out, nil
}

// checkStockUpdate finds faults that refuse the whole call.
func checkStockUpdate(p *product, req stockUpdate) error {
	switch {
	case len(req.SKUs) == 0:
		return fail(codeSKUList, "skus is empty")
	case len(req.SKUs) > 300:
		return fail(codeTooManySKUs, "skus has too many entries")
	}
	seen := map[string]bool{}
	for _, item := range req.SKUs {
		switch {
		case !slices.ContainsFunc(p.skus, func(s *sku) bool { return s.id == item.ID }):
			return fail(codeSKUMissing, "SKU %q is not of product %s", item.ID, p.id)
		case seen[item.ID]:
			return fail(codeSKUDuplicate, "SKU %s is given twice", item.ID)
		case len(item.Inventory) == 0:
			return invalid("skus.inventory", "it is required")
		}
		seen[item.ID] = true
		for _, w := range item.Inventory {
			if w.Quantity == nil {
				return invalid("skus.inventory.quantity", "it is required")
			}
		}
	}
	return nil
}

// set replaces the available quantities, or tells why not.
func (s *sku) set(item stockUpdateSKU) *tiktokshop.UpdateInventoryResponseError {
	assigned := s.warehouses()
	if s.components != nil {
		return &tiktokshop.UpdateInventoryResponseError{Code: codeBundleStock, Message: "The stock of a virtual bundle is derived from its components"}
	}
	var given []string
	for i := range item.Inventory {
		w := &item.Inventory[i]
		if w.WarehouseID == "" && len(assigned) == 1 {
			w.WarehouseID = assigned[0]
		}
		given = append(given, w.WarehouseID)
	}
	slices.Sort(given)
	if !slices.Equal(given, assigned) {
		return &tiktokshop.UpdateInventoryResponseError{Code: codeAllWarehouses, Message: "Give every warehouse of the SKU, once, and no other"}
	}
	var wrong []tiktokshop.UpdateInventoryResponseErrorDetailExtraError
	for _, w := range item.Inventory {
		if *w.Quantity < 0 || *w.Quantity > maxQuantity {
			wrong = append(wrong, tiktokshop.UpdateInventoryResponseErrorDetailExtraError{
				Code: codeQuantity, WarehouseID: w.WarehouseID, Message: fmt.Sprintf("quantity must be from 0 to %d", maxQuantity),
			})
		}
	}
	if wrong != nil {
		return &tiktokshop.UpdateInventoryResponseError{
			Code: codeQuantity, Message: "The quantity is out of range",
			Detail: tiktokshop.UpdateInventoryResponseErrorDetail{ExtraErrors: wrong},
		}
	}
	for _, w := range item.Inventory {
		l := s.levels[w.WarehouseID]
		l.available = *w.Quantity
		if w.BackorderQuantity != nil { // stays when left out
			l.backorder = *w.BackorderQuantity
		}
		if w.HandlingTime != nil {
			l.handlingTime = *w.HandlingTime
		}
	}
	return nil
}

func (f *Fake) warehouseList(*request) (any, error) {
	var out tiktokshop.GetWarehouseListResponse
	for _, w := range f.warehouses {
		out.Warehouses = append(out.Warehouses, *w)
	}
	return out, nil
}
