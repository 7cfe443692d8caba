package tiktokadapter

import (
	"context"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// AuditedOrders returns the shop's orders for an audit. kinds says which kinds of orders
// the warehouse should have; nil: [policy.DefaultKinds].
func (t *Shop) AuditedOrders(kinds *policy.Kinds) audit.ShopOrders {
	if kinds == nil {
		kinds = policy.DefaultKinds()
	}
	return auditedOrders{t, kinds}
}

type auditedOrders struct {
	shop  *Shop
	kinds *policy.Kinds
}

// OrdersCreated implements [audit.ShopOrders] with a call for each 100 orders, and one for
// the details of each 50.
//
// https://partner.tiktokshop.com/docv2/page/get-order-list-202309
func (a auditedOrders) OrdersCreated(ctx context.Context, from, to time.Time) ([]audit.ShopOrder, error) {
	request := &tiktokshop.GetOrderListRequest{
		PageSize: pageSize, SortField: new("create_time"), SortOrder: new(tiktokshop.SortOrder("ASC")),
		CreateTimeGe: new(tiktokshop.At(from)), CreateTimeLt: new(tiktokshop.At(to)),
	}
	var list []audit.ShopOrder
	var failed error
	a.shop.search(tiktokshop.Bulk(ctx), request, func(o bridge.Order, err error) bool {
		if failed = err; err == nil {
			list = append(list, a.audited(o))
		}
		return err == nil
	})
	return list, failed
}

// audited is an order in the words of an audit.
func (a auditedOrders) audited(o bridge.Order) audit.ShopOrder {
	out := audit.ShopOrder{ID: o.ID, Unreadable: o.Unreadable, State: string(o.Status), ChangedAt: o.UpdatedAt}
	sellers := o.ShippingModel == bridge.SellerShipping
	out.Void = o.Status == bridge.Cancelled
	out.Sent = slices.Contains([]bridge.OrderStatus{bridge.InTransit, bridge.Delivered, bridge.Completed}, o.Status) || sellers && o.Status == bridge.AwaitingCollection
	out.Told = out.Sent || o.Status == bridge.AwaitingCollection || o.Status == bridge.PartiallyShipping
	out.Due = o.Status != bridge.Unpaid && o.ShippingModel != bridge.FulfilledByTikTok && a.kinds.Of(o.PolicyKinds()...).Import != policy.TakeNot
	live := o.LiveLines()
	out.LineIDs = bridge.LineIDs(live)
	if len(live) == len(o.Lines) && len(o.Unread) == 0 {
		total, funded := o.Totals.Paid, o.Totals.Funded()
		if out.TotalKnown = total.Currency != "" && (funded.Currency == total.Currency || funded.Minor == 0); out.TotalKnown {
			total.Minor += funded.Minor
			out.Total = total
		}
	}
	for _, l := range live {
		if sellers && l.Tracking != "" && !slices.Contains(out.Tracking, l.Tracking) {
			out.Tracking = append(out.Tracking, l.Tracking)
		}
	}
	return out
}

// KnownOrders implements [audit.ShopOrders]. An order that the shop returns and that cannot
// be read is known.
func (a auditedOrders) KnownOrders(ctx context.Context, ids []string) (map[string]bool, error) {
	orders, err := a.shop.OrdersByID(tiktokshop.Bulk(ctx), ids)
	lost, err := exceptions.UnreadableIn(err)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, o := range orders {
		known[o.ID] = true
	}
	for id := range lost {
		_, err := a.shop.client.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: []string{id}})
		_, err = unreadableRecords(err)
		if _, refused := exceptions.AsRefused(readError(err)); err != nil && !refused {
			return nil, err
		}
		known[id] = err == nil
	}
	return known, nil
}
