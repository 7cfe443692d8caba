package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// shopExchangeChecks tell TikTok's data reconciliation of the test order. No page says what
// comes of it; the sellers' page of incidents may show it. The first to be told is the one
// that looks for a change: a second change in the same second would not show.
func shopExchangeChecks() []check {
	return []check{
		{
			assumes: "an order whose state was told looks as before", source: "Order Status Data Exchange, which leaves it open", quirk: "exchange touches orders",
			does: "tells that the test order is paid and not sent, as it is, and looks for what has changed", calls: 3, writes: true,
			ifNot: "tell TikTok no states of orders: the bridge takes each such order up again, and follows what the shop then shows",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				before, err := detail(ctx, a, a.order)
				if err != nil {
					return false, "", err
				}
				code, err := tell(ctx, a, "SHOPIFY")
				if err == nil && code != 0 {
					err = notTried(fmt.Sprintf("the shop takes no states of orders: it refused with code %d", code))
				}
				if err != nil {
					return false, "", err
				}
				after, err := detail(ctx, a, a.order)
				if err != nil {
					return false, "", err
				}
				var changed []string
				for what, differs := range map[string]bool{
					"update time": before.UpdateTime != after.UpdateTime, "status": before.Status != after.Status,
					"request to cancel": before.IsBuyerRequestCancel != after.IsBuyerRequestCancel,
					"packages":          len(before.Packages) != len(after.Packages),
					"tracking number":   before.TrackingNumber != after.TrackingNumber,
				} {
					if differs {
						changed = append(changed, what)
					}
				}
				slices.Sort(changed)
				return len(changed) == 0, yesOrNo(len(changed) == 0, "nothing has changed", "changed: "+strings.Join(changed, ", ")), nil
			},
		},
		{
			assumes: "states of orders may be told only as of one of four shop systems, which Linnworks is not", source: "Order Status Data Exchange", quirk: "exchange takes any channel",
			does: "tells that the test order is open in a system of another kind", calls: 1, writes: true,
			ifNot: "nothing to set: tell TikTok the states that orders have in Linnworks by DataReconciliation.OrderStatusDataExchange, and it compares them with its own",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				code, err := tell(ctx, a, "ERP_SYSTEM")
				return code != 0, yesOrNo(code != 0, fmt.Sprintf("refused with code %d", code), "it was accepted"), err
			},
		},
	}
}

// tell tells data reconciliation that the test order is open in a system, and returns the
// code with which it was refused, or 0.
func tell(ctx context.Context, a accounts, channel string) (code int, err error) {
	shop, err := strconv.ParseInt(a.shop.Shop().ID, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the id of the shop is no number: %w", err)
	}
	_, err = a.shop.DataReconciliation.OrderStatusDataExchange(ctx, &tiktokshop.OrderStatusDataExchangeRequest{
		ShopID: &shop,
		Orders: []tiktokshop.OrderStatusDataExchangeRequestOrder{{
			ChannelType: &channel, ChannelOrderID: new("PROBE-" + a.order), OrderID: &a.order,
			ChannelOrderStatus: new("OPEN"), ChannelFinancialStatus: new("PAID"), ChannelFulfillmentStatus: new("UNFULFILLED"),
			ChannelOrderUpdateTime: new(strconv.FormatInt(time.Now().Add(-time.Minute).Unix(), 10)),
		}},
	}, tiktokshop.NoRepeat())
	if code := codeOf(err); code != 0 {
		return code, nil
	}
	return 0, err
}
