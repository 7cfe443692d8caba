package bridge

import (
	"context"
	"iter"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ OpenOrderSource = (*TikTokShop)(nil)

// OrdersByStatus implements [OpenOrderSource], oldest orders first.
func (t *TikTokShop) OrdersByStatus(ctx context.Context, status OrderStatus) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		request := &tiktokshop.GetOrderListRequest{
			PageSize: pageSize, SortField: new("create_time"), SortOrder: new(tiktokshop.SortOrder("ASC")),
			OrderStatus: new(tiktokshop.OrderStatus(status)),
		}
		// All ids first: an order that leaves the status while its details are
		// read would shift the pages behind it.
		var ids []string
		for o, err := range t.client.Order.GetOrderListAll(ctx, request) {
			if err != nil {
				yield(Order{}, err)
				return
			}
			ids = append(ids, o.ID)
		}
		for len(ids) > 0 {
			n := min(len(ids), maxOrderIDs)
			orders, err := t.OrdersByID(ctx, ids[:n])
			if err != nil {
				yield(Order{}, err)
				return
			}
			for _, o := range orders {
				if !yield(o, nil) {
					return
				}
			}
			ids = ids[n:]
		}
	}
}
