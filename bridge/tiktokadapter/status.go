package tiktokadapter

import (
	"context"
	"errors"
	"time"

	"github.com/linnbridge/linnbridge/bridge/shopstatus"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ shopstatus.Source = (*Shop)(nil)

// ShopStatus implements [shopstatus.Source]. TikTok refuses every call of a shop or
// seller that is inactive: that is a status too.
//
// https://partner.tiktokshop.com/docv2/page/get-seller-status-202508
func (t *Shop) ShopStatus(ctx context.Context) (shopstatus.Status, error) {
	reply, err := t.client.Seller.GetSellerStatus(ctx, nil)
	if e, ok := errors.AsType[*tiktokshop.Error](err); ok && e.Class == tiktokshop.ClassAccount {
		return shopstatus.Status{Stopped: true}, nil
	}
	if err != nil {
		return shopstatus.Status{}, err
	}
	status := shopstatus.Status{Seller: reply.SellerStatusData.SellerStatus}
	for _, s := range reply.SellerStatusData.ShopStatuses {
		if s.ShopID == t.ID() {
			status.Shop = s.ShopStatus
		}
	}
	return status, nil
}

// OrdersPlaced implements [shopstatus.Source] with the count of the list of orders:
// one call, however many there are.
//
// https://partner.tiktokshop.com/docv2/page/get-order-list-202309
func (t *Shop) OrdersPlaced(ctx context.Context, from, to time.Time) (int, error) {
	reply, err := t.client.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{
		PageSize: 1, CreateTimeGe: new(tiktokshop.At(from)), CreateTimeLt: new(tiktokshop.At(to)),
	})
	if _, err := unreadableRecords(err); err != nil { // the count can be read beside an order that cannot
		return 0, err
	}
	return reply.TotalCount, nil
}
