package linnworks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// lower is the form of ids that maps are keyed by.
func (g GUID) lower() GUID { return GUID(strings.ToLower(string(g))) }

// FindOrders reads orders of any state by id. The map has their ids in lower
// case; orders that Linnworks does not return are not in it. A reply with an order
// that was not asked for is another's: that is an error.
//
// It costs one call of GetOrdersByID for every 200 ids.
func (s *OrdersService) FindOrders(ctx context.Context, ids []GUID) (map[GUID]OrderDetails, error) {
	return s.readOrders(ctx, ids)
}

// readOrders is FindOrders for a caller who goes by some fields of the orders, which
// must be in the reply. Their paths are those of the reply, see [lacking].
func (s *OrdersService) readOrders(ctx context.Context, ids []GUID, fields ...string) (map[GUID]OrderDetails, error) {
	const op = "Orders.GetOrdersByID"
	asked := make(map[GUID]bool, len(ids))
	for _, id := range ids {
		asked[id.lower()] = true
	}
	found := make(map[GUID]OrderDetails, len(ids))
	var response Response
	for reply, err := range s.GetOrdersByIDBatched(ctx, &GetOrdersByIDRequest{OrderIDs: ids}, WithResponse(&response)) {
		if err != nil {
			return nil, err
		}
		if err := lacking(op, &response, fields...); err != nil {
			return nil, err
		}
		for _, o := range reply {
			if !asked[o.OrderID.lower()] {
				return nil, unlike(op, &response, errors.New("the reply has an order that was not asked for"))
			}
			found[o.OrderID.lower()] = o
		}
	}
	return found, nil
}

// unlike is the error of a read that was answered, but not with what was asked for.
func unlike(op string, r *Response, err error) error {
	return &Error{Operation: op, Class: ClassDecode, HTTPStatus: r.Status, Attempts: r.Attempts, Err: err}
}

// lacking returns an error if the reply is no list, or one with a record that lacks a
// field: absent is not zero. A path has dots, and ends with ? if the field may be null.
func lacking(op string, r *Response, fields ...string) error {
	if nothing(r.Body) {
		return unlike(op, r, errEmptyReply)
	}
	if len(fields) == 0 {
		return nil
	}
	var records []json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(r.Body, []byte("\ufeff")), &records); err != nil {
		return unlike(op, r, errNotJSON)
	}
	for i, record := range records {
		for _, field := range fields {
			path, mayBeNull := strings.CutSuffix(field, "?")
			value := []byte(record)
			for name := range strings.SplitSeq(path, ".") {
				value = lenient.Member(value, name)
			}
			if value == nil || string(value) == "null" && !mayBeNull {
				return unlike(op, r, fmt.Errorf("record %d of the reply lacks %s", i, path))
			}
		}
	}
	return nil
}

// holding returns an error if the reply does not hold a list or map of the name, which
// begins with a bracket. One that is null or of another kind reads as an empty one, and
// what was asked for as something that does not exist.
func holding(op string, r *Response, name string, begins byte) error {
	if value := lenient.Member(bytes.TrimPrefix(r.Body, []byte("\ufeff")), name); len(value) == 0 || value[0] != begins {
		return unlike(op, r, fmt.Errorf("the reply has no %s", name))
	}
	return nil
}

// statusResend marks the orders that repeat another one.
const statusResend = 4

// maxByReference is how many orders Linnworks returns for a reference.
const maxByReference = 50

// FindOrdersByReference reads the orders of one channel by their reference, open
// and processed, oldest first. Linnworks looks the reference up across all
// channels; the orders of others are dropped, as are resends. A split order has
// several; one that was merged into another is not found by its reference.
//
// It costs one call of GetOrderDetailsByReferenceID, which returns 50 orders at most:
// where none of so many is of the channel, that is an error.
func (s *OrdersService) FindOrdersByReference(ctx context.Context, source, subSource, reference string) ([]OrderDetails, error) {
	const op = "Orders.GetOrderDetailsByReferenceID"
	if reference == "" {
		return nil, errors.New("linnworks: FindOrdersByReference: the reference is empty")
	}
	var response Response
	found, err := s.GetOrderDetailsByReferenceID(ctx, &GetOrderDetailsByReferenceIDRequest{ReferenceID: reference}, WithResponse(&response))
	if err == nil {
		// One without these would be taken for another channel's, and this one for new.
		err = lacking(op, &response, "GeneralInfo.ReferenceNum?", "GeneralInfo.Source?", "GeneralInfo.SubSource?", "GeneralInfo.Status")
	}
	if err != nil {
		return nil, err
	}
	full := len(found) >= maxByReference
	found = slices.DeleteFunc(found, func(o OrderDetails) bool {
		g := o.GeneralInfo
		return !strings.EqualFold(g.Source, source) || !strings.EqualFold(g.SubSource, subSource) ||
			!strings.EqualFold(g.ReferenceNum, reference) || g.Status == statusResend
	})
	if full && len(found) == 0 {
		return nil, unlike(op, &response, errors.New("the reply is full of orders of other channels, and may lack those of this one"))
	}
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
	var response Response
	for reply, err := range s.GetStockItemIDsBySKUBatched(ctx, &GetStockItemIDsBySKURequest{SKUs: unique(skus, key)}, WithResponse(&response)) {
		if err == nil {
			err = holding("Inventory.GetStockItemIDsBySKU", &response, "Items", '[')
		}
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
	const op = "Inventory.GetInventoryItemsCompositionByIDs"
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
		var response Response
		for reply, err := range s.GetInventoryItemsCompositionByIDsBatched(ctx, request, WithResponse(&response)) {
			if err == nil {
				err = holding(op, &response, "InventoryItemsCompositionByIds", '{')
			}
			if err != nil {
				return nil, err
			}
			for kit, components := range reply.InventoryItemsCompositionByIDs {
				if !asked[GUID(kit).lower()] {
					return nil, unlike(op, &response, errors.New("the reply has an item that was not asked for"))
				}
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
