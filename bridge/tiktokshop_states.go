package bridge

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// offStates are the states of TikTok's in which a product takes no stock.
var offStates = []struct {
	status tiktokshop.ProductStatus
	state  ProductState
}{
	{tiktokshop.ProductStatusFreeze, ProductFrozen},
	{tiktokshop.ProductStatusPlatformDeactivated, ProductDeactivated},
	{tiktokshop.ProductStatusDeleted, ProductDeleted},
}

// ProductsOff implements [ProductStates] with a search for each state: one call
// each, if fewer than 100 products have changed to it.
//
// https://partner.tiktokshop.com/docv2/page/search-products-202502
func (t *TikTokShop) ProductsOff(ctx context.Context, since time.Time) (map[string]ProductState, error) {
	off := map[string]ProductState{}
	for _, s := range offStates {
		request := &tiktokshop.SearchProductsRequest{PageSize: pageSize, Status: new(s.status), UpdateTimeGe: new(tiktokshop.At(since))}
		for p, err := range t.client.Product.SearchProductsAll(ctx, request) {
			if err != nil {
				return nil, err
			}
			off[p.ID] = s.state
		}
	}
	return off, nil
}
