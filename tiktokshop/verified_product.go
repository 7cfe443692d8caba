package tiktokshop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// UpdateInventoryVerified is [ProductService.UpdateInventory], read back with
// [ProductService.InventorySearch]: stock has been seen to stay as it was after
// a success. SKUs that TikTok refuses are in a [*PartialError] as ever; a
// [*NotAppliedError] names those that it did not refuse and that show another
// quantity.
//
// Units sold or released between the two searches explain a difference, since
// they move between available and committed: it is accepted.
//
// It costs three calls, of which two read, for up to 600 SKUs.
func (s *ProductService) UpdateInventoryVerified(ctx context.Context, productID string, req *UpdateInventoryRequest, opts ...CallOption) (*UpdateInventoryResponse, error) {
	skus := valueOf(req).SKUs
	var ids []string
	for _, sku := range skus {
		ids = append(ids, sku.ID)
	}
	before, err := s.stockOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	reply, written := s.UpdateInventory(ctx, productID, req, opts...)
	partial, some := errors.AsType[*PartialError](written)
	if written != nil && !some && !inDoubt(written) {
		return reply, written
	}
	refused := map[string]bool{}
	if some {
		for i := range partial.Items {
			id := partial.Items[i].skuID()
			if id == "" {
				return reply, written // there is no telling which SKU it is
			}
			refused[id] = true
		}
	}
	after, err := s.stockOf(ctx, ids)
	if err != nil {
		return reply, readBackError(written, err)
	}
	var want, got []string
	for _, sku := range skus {
		if refused[sku.ID] {
			continue
		}
		for _, w := range sku.Inventory {
			now, was := after.of(sku.ID, w.WarehouseID), before.of(sku.ID, w.WarehouseID)
			if explained(w.Quantity, was, now) {
				continue
			}
			want = append(want, fmt.Sprintf("%d of SKU %s", w.Quantity, sku.ID))
			got = append(got, stockText(now))
		}
	}
	switch {
	case want != nil:
		return reply, s.client.notApplied("Product.UpdateInventory", "product "+productID,
			strings.Join(want, ", "), strings.Join(got, ", "), written)
	case some:
		return reply, written
	}
	return reply, nil
}

// explained reports whether the stock read back is what was set, give or take the
// units that orders took or gave back meanwhile.
func explained(quantity int, before, after *WarehouseInventory) bool {
	if after == nil {
		return false
	}
	taken := after.CommittedQuantity
	if before != nil {
		taken -= before.CommittedQuantity
	}
	return after.AvailableQuantity >= quantity-max(taken, 0) && after.AvailableQuantity <= quantity+max(-taken, 0)
}

// stockText says where how much is.
func stockText(w *WarehouseInventory) string {
	if w == nil {
		return "no such stock"
	}
	return fmt.Sprintf("%d in warehouse %s", w.AvailableQuantity, w.WarehouseID)
}

// skuID is the SKU that the detail names, empty if it names none.
func (e *ItemError) skuID() string {
	var detail struct {
		SKUID ID `json:"sku_id"`
	}
	_ = json.Unmarshal(e.Detail, &detail)
	return string(detail.SKUID)
}

// stockLevels are the warehouses of SKUs.
type stockLevels map[string][]WarehouseInventory

// stockOf reads the stock of SKUs.
func (s *ProductService) stockOf(ctx context.Context, skuIDs []string) (stockLevels, error) {
	levels := stockLevels{}
	for reply, err := range s.InventorySearchBySKUIDs(ctx, &InventorySearchRequest{SKUIDs: skuIDs}) {
		if err != nil {
			return nil, err
		}
		for _, product := range reply.Inventory {
			for _, sku := range product.SKUs {
				levels[sku.ID] = sku.WarehouseInventory
			}
		}
	}
	return levels, nil
}

// of returns the stock of a SKU in a warehouse, or in its only one; nil if there
// is none.
func (l stockLevels) of(skuID string, warehouseID *string) *WarehouseInventory {
	list := l[skuID]
	for i := range list {
		if warehouseID == nil && len(list) == 1 || warehouseID != nil && list[i].WarehouseID == *warehouseID {
			return &list[i]
		}
	}
	return nil
}
