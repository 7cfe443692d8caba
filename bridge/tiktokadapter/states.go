package tiktokadapter

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// offStates are the states of TikTok's in which a product takes no stock.
var offStates = []struct {
	status tiktokshop.ProductStatus
	state  stock.ProductState
}{
	{tiktokshop.ProductStatusFreeze, stock.ProductFrozen},
	{tiktokshop.ProductStatusPlatformDeactivated, stock.ProductDeactivated},
	{tiktokshop.ProductStatusDeleted, stock.ProductDeleted},
}

// ProductsOff implements [stock.ProductStates] with a search for each state: one call
// each, if fewer than 100 products have changed to it.
//
// https://partner.tiktokshop.com/docv2/page/search-products-202502
func (t *Shop) ProductsOff(ctx context.Context, since time.Time) (map[string]stock.ProductState, error) {
	off := map[string]stock.ProductState{}
	var lost lostRecords
	for _, s := range offStates {
		request := tiktokshop.SearchProductsRequest{PageSize: pageSize, Status: new(s.status), UpdateTimeGe: new(tiktokshop.At(since))}
		for p, err := range t.products(ctx, request) {
			if err == nil {
				off[p.ID] = s.state
			} else if lost.add(err); lost.other != nil {
				return nil, lost.other
			}
		}
	}
	return off, lost.err()
}
