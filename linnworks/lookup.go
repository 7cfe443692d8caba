package linnworks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// lower is the form of ids that maps are keyed by.
func (g GUID) lower() GUID { return GUID(strings.ToLower(string(g))) }

// FindOrders reads orders of any state by id. The map has their ids in lower
// case; orders that Linnworks does not return are not in it.
//
// It costs one call of GetOrdersByID for every 200 ids.
func (s *OrdersService) FindOrders(ctx context.Context, ids []GUID) (map[GUID]OrderDetails, error) {
	found := make(map[GUID]OrderDetails, len(ids))
	for reply, err := range s.GetOrdersByIDBatched(ctx, &GetOrdersByIDRequest{OrderIDs: ids}) {
		if err != nil {
			return nil, err
		}
		for _, o := range reply {
			found[o.OrderID.lower()] = o
		}
	}
	return found, nil
}

// statusResend marks the orders that repeat another one.
const statusResend = 4

// FindOrdersByReference reads the orders of one channel by their reference, open
// and processed, oldest first. Linnworks looks the reference up across all
// channels; the orders of others are dropped, as are resends. A split order has
// several; one that was merged into another is not found by its reference.
//
// It costs one call of GetOrderDetailsByReferenceID.
func (s *OrdersService) FindOrdersByReference(ctx context.Context, source, subSource, reference string) ([]OrderDetails, error) {
	if reference == "" {
		return nil, errors.New("linnworks: FindOrdersByReference: the reference is empty")
	}
	found, err := s.GetOrderDetailsByReferenceID(ctx, &GetOrderDetailsByReferenceIDRequest{ReferenceID: reference})
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(o OrderDetails) bool {
		g := o.GeneralInfo
		return !strings.EqualFold(g.Source, source) || !strings.EqualFold(g.SubSource, subSource) ||
			!strings.EqualFold(g.ReferenceNum, reference) || g.Status == statusResend
	})
	slices.SortFunc(found, func(a, b OrderDetails) int { return a.NumOrderID - b.NumOrderID })
	return found, nil
}

// skuBatch is how many SKUs one call asks for. Linnworks publishes no maximum.
const skuBatch = 200

// GetStockItemIDsBySKUBatched splits req.SKUs into parts of at most 200 and hands
// out the reply of [InventoryService.GetStockItemIDsBySKU] to each. It stops at
// the first error.
func (s *InventoryService) GetStockItemIDsBySKUBatched(ctx context.Context, req *GetStockItemIDsBySKURequest, opts ...CallOption) iter.Seq2[*GetStockItemIDsBySKU, error] {
	r := valueOf(req)
	return batches(r.SKUs, skuBatch, func(part []string) (*GetStockItemIDsBySKU, error) {
		r.SKUs = part
		return s.GetStockItemIDsBySKU(ctx, &r, opts...)
	})
}

// FindStockItems finds the ids of stock items by SKU, which Linnworks compares
// without regard to case. The map is keyed by the SKUs as given; those that do
// not exist, or are archived, are not in it. A SKU that stands for several items
// is not in it either, and comes in a [*PartialError] beside it.
//
// It costs one call of GetStockItemIDsBySKU for every 200 SKUs.
func (s *InventoryService) FindStockItems(ctx context.Context, skus []string) (map[string]GUID, error) {
	key := func(sku string) string { return strings.ToLower(strings.TrimSpace(sku)) }
	ids := map[string][]GUID{}
	for reply, err := range s.GetStockItemIDsBySKUBatched(ctx, &GetStockItemIDsBySKURequest{SKUs: unique(skus, key)}) {
		if err != nil {
			return nil, err
		}
		for _, item := range reply.Items {
			if k := key(item.SKU); !slices.ContainsFunc(ids[k], item.StockItemID.Equal) {
				ids[k] = append(ids[k], item.StockItemID)
			}
		}
	}
	found := make(map[string]GUID, len(skus))
	var ambiguous []ItemError
	for i, sku := range skus {
		switch of := ids[key(sku)]; len(of) {
		case 0:
		case 1:
			found[sku] = of[0]
		default:
			ambiguous = append(ambiguous, ItemError{Key: sku, Index: i, Code: "ambiguous", Message: fmt.Sprintf("%d stock items have this SKU", len(of))})
		}
	}
	if len(ambiguous) > 0 {
		return found, &PartialError{Operation: "Inventory.FindStockItems", Items: ambiguous}
	}
	return found, nil
}

// unique returns the filled values whose keys differ, in order.
func unique(list []string, key func(string) string) []string {
	seen := map[string]bool{"": true}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		k := key(s)
		known := seen[k]
		seen[k] = true
		return known
	})
}

// FindCompositions reads what stock items are made of, and what their components
// are made of, until nothing new appears. The map has the ids of composite items
// in lower case; an item without components is not in it. Each item is read once,
// so that items which contain each other do no harm here: it is for the caller
// to refuse them.
//
// It costs one call of GetInventoryItemsCompositionByIDs for every 100 items of a
// level of nesting, the components included.
func (s *InventoryService) FindCompositions(ctx context.Context, ids []GUID) (map[GUID][]ItemComposition, error) {
	found, asked := map[GUID][]ItemComposition{}, map[GUID]bool{"": true, ZeroGUID: true}
	for len(ids) > 0 {
		var level []GUID
		for _, id := range ids {
			if id = id.lower(); !asked[id] {
				asked[id] = true
				level = append(level, id)
			}
		}
		next := map[GUID]bool{}
		request := &GetInventoryItemsCompositionByIDsRequest{InventoryItemIDs: level}
		for reply, err := range s.GetInventoryItemsCompositionByIDsBatched(ctx, request) {
			if err != nil {
				return nil, err
			}
			for kit, components := range reply.InventoryItemsCompositionByIDs {
				if len(components) == 0 {
					continue
				}
				found[GUID(kit).lower()] = components
				for _, c := range components {
					next[c.LinkedStockItemID] = true
				}
			}
		}
		ids = slices.Sorted(maps.Keys(next))
	}
	return found, nil
}
