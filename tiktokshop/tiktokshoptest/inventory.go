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
	var wanted []*sku
	if len(req.SKUIDs) > 0 { // wins over product_ids
		for _, id := range req.SKUIDs {
			if s := f.skuByID[id]; s != nil {
				wanted = append(wanted, s)
			}
		}
	} else {
		for _, id := range req.ProductIDs {
			if p := f.productByID[id]; p != nil {
				wanted = append(wanted, p.skus...)
			}
		}
	}
	var out tiktokshop.InventorySearchResponse
	where := map[*product]int{}
	for _, s := range wanted {
		i, known := where[s.product]
		if !known {
			i = len(out.Inventory)
			where[s.product] = i
			out.Inventory = append(out.Inventory, tiktokshop.Inventory{ProductID: s.product.id})
		}
		found := s.inventory()
		if f.atLimit() && f.has(QuirkOrderLimitEmptiesInventory) {
			found.TotalAvailableQuantity, found.TotalAvailableInventoryDistribution.InShopInventory.Quantity = 0, 0
			for i := range found.WarehouseInventory {
				found.WarehouseInventory[i].AvailableQuantity = 0
			}
		}
		out.Inventory[i].SKUs = append(out.Inventory[i].SKUs, found)
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
	out.TotalAvailableInventoryDistribution = s.distribution()
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
		if refused := f.set(f.skuByID[item.ID], item); refused != nil {
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
func (f *Fake) set(s *sku, item stockUpdateSKU) *tiktokshop.UpdateInventoryResponseError {
	refuse := func(code int, message string, extra ...tiktokshop.UpdateInventoryResponseErrorDetailExtraError) *tiktokshop.UpdateInventoryResponseError {
		return &tiktokshop.UpdateInventoryResponseError{
			Code: code, Message: message, Detail: tiktokshop.UpdateInventoryResponseErrorDetail{ExtraErrors: extra},
		}
	}
	if s.components != nil {
		if f.has(QuirkBundleStockDerived) {
			return refuse(codeBundleStock, "The stock of a virtual bundle is derived from its components")
		}
		return nil // without effect
	}
	assigned := s.warehouses()
	given := map[string]bool{}
	total := s.snapshot().Available
	var wrong []tiktokshop.UpdateInventoryResponseErrorDetailExtraError
	for i := range item.Inventory {
		w := &item.Inventory[i]
		if w.WarehouseID == "" && len(assigned) == 1 {
			w.WarehouseID = assigned[0]
		}
		if given[w.WarehouseID] || s.levels[w.WarehouseID] == nil {
			return refuse(codeAllWarehouses, "Give every warehouse of the SKU, once, and no other")
		}
		given[w.WarehouseID] = true
		total += *w.Quantity - s.available(w.WarehouseID)
		if *w.Quantity < 0 || *w.Quantity > maxQuantity {
			wrong = append(wrong, tiktokshop.UpdateInventoryResponseErrorDetailExtraError{
				Code: codeQuantity, WarehouseID: w.WarehouseID, Message: fmt.Sprintf("quantity must be from 0 to %d", maxQuantity),
			})
		}
	}
	switch {
	case len(given) != len(assigned) && f.has(QuirkAllWarehouses):
		return refuse(codeAllWarehouses, "Give every warehouse of the SKU, once, and no other")
	case wrong != nil:
		return refuse(codeQuantity, "The quantity is out of range", wrong...)
	case total < s.locked() && f.has(QuirkCampaignLock):
		return refuse(codeStockLocked, fmt.Sprintf("The quantity is below the %d units that promotions have locked", s.locked()))
	}
	f.changeStock(s, "api_sync", func() {
		for _, w := range item.Inventory {
			l := s.levels[w.WarehouseID]
			l.available = *w.Quantity
			if w.BackorderQuantity != nil {
				l.backorder = *w.BackorderQuantity
			} else if !f.has(QuirkBackorderStays) {
				l.backorder = 0
			}
			if w.HandlingTime != nil {
				l.handlingTime = *w.HandlingTime
			}
		}
	})
	return nil
}

func (f *Fake) warehouseList(*request) (any, error) {
	var out tiktokshop.GetWarehouseListResponse
	for _, w := range f.warehouses {
		out.Warehouses = append(out.Warehouses, *w)
	}
	return out, nil
}

// shippingTemplates serves Logistics.GetAvailableShippingTemplate: every shop of the fake
// has one.
//
// https://partner.tiktokshop.com/docv2/page/get-available-shipping-template-202510
func (f *Fake) shippingTemplates(*request) (any, error) {
	var one tiktokshop.GetAvailableShippingTemplateResponseTemplate
	one.TemplateIsAvailable = true
	one.Template.IsDefault, one.Template.TemplateID, one.Template.TemplateName, one.Template.TemplateParty = true, "7410000000000000001", "Standard", 1
	return tiktokshop.GetAvailableShippingTemplateResponse{Templates: []tiktokshop.GetAvailableShippingTemplateResponseTemplate{one}}, nil
}
