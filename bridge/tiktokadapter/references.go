package tiktokadapter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var errNoLines = errors.New("no line of the warehouse order is known to be one of the shop's")

// maxOrderReferences is how many references one call takes, maxReferenceLines how
// many lines one reference may name.
const maxOrderReferences, maxReferenceLines = 100, 100

// WriteReferences implements [bridge.ReferenceWriter], 100 orders a call, under the
// platform ORDER_MANAGEMENT_SYSTEM. It needs the scope seller.order.ext_ref.write,
// which is a grant of its own. Of an order with more than 100 lines the first 100
// are named.
//
// https://partner.tiktokshop.com/docv2/page/add-external-order-references-202406
func (t *Shop) WriteReferences(ctx context.Context, references []bridge.Reference) (refused map[string]error, err error) {
	refused = map[string]error{}
	for part := range slices.Chunk(references, maxOrderReferences) {
		request := new(tiktokshop.AddExternalOrderReferencesRequest)
		for _, r := range part {
			order := tiktokshop.AddExternalOrderReferencesRequestOrder{ID: r.OrderID}
			order.ExternalOrder.ID, order.ExternalOrder.Platform = r.WarehouseID, tiktokshop.OrderPlatformOrderManagementSystem
			for _, id := range slices.Sorted(maps.Keys(r.Lines)) {
				if len(order.ExternalOrder.LineItems) == maxReferenceLines {
					break
				}
				order.ExternalOrder.LineItems = append(order.ExternalOrder.LineItems,
					tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrderLineItem{ID: r.Lines[id], OriginID: id})
			}
			if len(order.ExternalOrder.LineItems) == 0 {
				refused[r.OrderID] = errNoLines // and the shop would refuse all the others with it
				continue
			}
			request.Orders = append(request.Orders, order)
		}
		if len(request.Orders) == 0 {
			continue
		}
		reply, err := t.client.Order.AddExternalOrderReferences(ctx, request)
		if _, some := errors.AsType[*tiktokshop.PartialError](err); err != nil && !some {
			return nil, err
		}
		for _, e := range reply.Errors {
			if !slices.ContainsFunc(part, func(r bridge.Reference) bool { return r.OrderID == e.Detail.OrderID }) {
				return nil, fmt.Errorf("TikTok Shop refuses a reference and does not say of which order: %s %s", e.Code, e.Message)
			}
			refused[e.Detail.OrderID] = errors.New(e.Code + " " + e.Message)
		}
	}
	return refused, nil
}
