package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Filters of the order list.
func withStatus(s tiktokshop.OrderStatus) tiktokshop.GetOrderListRequest {
	return tiktokshop.GetOrderListRequest{OrderStatus: new(s)}
}

func shippedBy(t tiktokshop.ShippingType, s tiktokshop.OrderStatus) tiktokshop.GetOrderListRequest {
	return tiktokshop.GetOrderListRequest{OrderStatus: new(s), ShippingType: new(t)}
}

// sellerShips is where the order has no package before the seller ships it.
var sellerShips = []string{"US", "GB", "IE", "DE", "FR", "ES", "IT", "JP"}

// shopOrderChecks look at orders.
func shopOrderChecks() []check {
	return []check{
		{
			assumes: "the lines of an order come in another order at every reading", source: "Order API overview, and seen by integrators", quirk: "line order",
			does: "reads an order of three or more units up to 6 times", calls: 7,
			ifNot: "nothing to set: the bridge goes by the ids of lines",
			try:   tryLineOrder,
		},
		{
			assumes: "the addresses of pictures differ at every reading", source: "seen by integrators", quirk: "rotating URLs",
			does: "reads an order twice", calls: 3,
			ifNot: "nothing to set: the bridge does not look at pictures when it asks whether an order has changed",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, tiktokshop.GetOrderListRequest{}, "the shop has no order with a picture", func(o tiktokshop.Order) bool { return pictureOf(o) != "" })
				if err != nil {
					return false, "", err
				}
				once, err := detail(ctx, a, o.ID)
				if err != nil {
					return false, "", err
				}
				again, err := detail(ctx, a, o.ID)
				differ := pictureOf(once) != pictureOf(again)
				return differ, yesOrNo(differ, "they differ", "they are the same"), err
			},
		},
		{
			assumes: "the parts of a virtual bundle are in the detail of an order and not in the list", source: "Get Order List", quirk: "components only in detail",
			does: "compares the newest orders in the list with their details", calls: 2,
			ifNot: "nothing to set: the bridge reads the detail of each order that it imports, and could spare that call",
			try:   tryComponents,
		},
		{
			assumes: "an order on hold has no address", source: "Order API overview", quirk: "no address on hold",
			does: "reads an order on hold", calls: 2,
			ifNot: "nothing to set: orders that are imported while they are on hold, parked, have their address from the start",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, withStatus(tiktokshop.OrderStatusOnHold), "no order is on hold: try again when one is", anyOrder)
				if err != nil {
					return false, "", err
				}
				o, err = detail(ctx, a, o.ID)
				none := o.RecipientAddress.FullAddress == "" && o.RecipientAddress.AddressLine1 == "" && o.RecipientAddress.Name == ""
				return none, yesOrNo(none, "it has no address", "it has an address"), err
			},
		},
		{
			assumes: "a paid order is on hold for an hour before it can be shipped", source: "Order API overview", quirk: "hold hour",
			does: "looks whether orders that can be shipped say that they were on hold", calls: 1,
			ifNot: "set tiktokadapter.Options.HoldWindow to how long a buyer may cancel without asking: the bridge waits that long by itself where the shop does not",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				orders, err := recent(ctx, a, tiktokshop.GetOrderListRequest{})
				if err != nil {
					return false, "", err
				}
				held, paid := 0, 0
				for _, o := range orders {
					switch o.Status {
					case tiktokshop.OrderStatusUnpaid, tiktokshop.OrderStatusOnHold, tiktokshop.OrderStatusCancelled:
						continue
					}
					paid++
					if o.IsOnHoldOrder {
						held++
					}
				}
				if paid == 0 {
					return false, "", notTried("the shop has no order that was paid an hour ago")
				}
				return held > 0, fmt.Sprintf("%d of %d orders were on hold", held, paid), nil
			},
		},
		{
			assumes: "an order on hold cannot be shipped", source: "Ship Package", quirk: "hold blocks shipping",
			does: "asks when the parcel of an order on hold could be collected", calls: 2,
			ifNot: "nothing to set: the bridge ships nothing on hold, whose buyer may cancel without asking; tell people not to in Seller Center either",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, shippedBy(tiktokshop.ShippingTypeTikTok, tiktokshop.OrderStatusOnHold),
					"no order with TikTok Shipping is on hold: try again when one is", anyOrder)
				if err != nil {
					return false, "", err
				}
				_, err = a.shop.Fulfillment.GetHandoverTimeslots(ctx, o.ID, nil)
				return refusedAs(err, onHold)
			},
		},
		{
			assumes: "the buyer's telephone number is masked where TikTok ships", source: "Order API overview", quirk: "masked address",
			does: "reads an order with TikTok Shipping", calls: 2,
			ifNot: "nothing to set: the bridge takes what is not masked; more of buyers' data than expected is then in Linnworks",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, shippedBy(tiktokshop.ShippingTypeTikTok, tiktokshop.OrderStatusAwaitingShipment),
					"no order with TikTok Shipping waits for its shipment: try again when one does", anyOrder)
				if err != nil {
					return false, "", err
				}
				if o, err = detail(ctx, a, o.ID); err != nil {
					return false, "", err
				}
				number := o.RecipientAddress.PhoneNumber
				masked := strings.Contains(number, "*") || number == ""
				return masked, yesOrNo(masked, "it is masked or left out", "it can be read"), nil
			},
		},
		{
			assumes: "a request to cancel does not move the update time of its order", source: "Get Order List, whose text speaks of the status alone", quirk: "update time of status only",
			does: "compares the times of an order whose buyer asked to cancel it", calls: 2,
			ifNot: "nothing to set: the list by update time then finds such orders too, before the search of cancellations does",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				r := withStatus(tiktokshop.OrderStatusAwaitingShipment)
				r.IsBuyerRequestCancel = new(true)
				o, err := findOrder(ctx, a, r, "no buyer waits for the answer to a request to cancel: try again when one does", anyOrder)
				if err != nil {
					return false, "", err
				}
				if o, err = detail(ctx, a, o.ID); err != nil {
					return false, "", err
				}
				if o.RequestCancelTime == 0 || o.UpdateTime == 0 {
					return false, "", notTried("the order does not tell when its cancellation was asked for")
				}
				earlier := o.UpdateTime < o.RequestCancelTime
				return earlier, yesOrNo(earlier, "the update time is before the request", "the update time is that of the request, or later"), nil
			},
		},
		{
			assumes: "orders that TikTok's warehouse sends are in the order list like others", source: "Get Order List", quirk: "platform orders in list",
			does: "looks for a cancelled or returned one in the list", calls: 4,
			ifNot: "leave Settings.PlatformLocation empty: the bridge never sees such orders, and their sales have to come into the books from elsewhere",
			try:   tryPlatformOrders,
		},
		{
			assumes: "an order that the seller ships has no package before it is shipped", source: "Fulfillment API overview", quirk: "no package before shipping",
			does: "looks at an order that waits for its shipment", calls: 1,
			ifNot: "nothing to set: the bridge then ships package by package, with Ship Package; see whether orders are shipped with what is in the package",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				if !slices.Contains(sellerShips, a.shop.Shop().Region) {
					return false, "", notTried("in this market orders have their packages from the payment on")
				}
				o, err := findOrder(ctx, a, shippedBy(tiktokshop.ShippingTypeSeller, tiktokshop.OrderStatusAwaitingShipment),
					"no order that the seller ships waits for its shipment", anyOrder)
				none := len(o.Packages) == 0
				return none, yesOrNo(none, "it has no package", "it has a package"), err
			},
		},
		{
			assumes: "the first request for the label of a package is answered that it is being made", source: "Get Package Shipping Document", quirk: "document not ready",
			does: "asks for the label of a package that was arranged in the last ten minutes", calls: 2,
			ifNot: "leave tiktokadapter.Options.AskEarly off: it costs one call for each label, and labels are there at once",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				since := tiktokshop.At(time.Now().Add(-10 * time.Minute))
				fresh := func(l tiktokshop.OrderLineItem) bool { return l.PackageID != "" && l.RTSTime >= since }
				o, err := findOrder(ctx, a, shippedBy(tiktokshop.ShippingTypeTikTok, tiktokshop.OrderStatusAwaitingCollection),
					"no package of TikTok Shipping was arranged in the last ten minutes: try again right after one, before its label is printed",
					func(o tiktokshop.Order) bool { return slices.ContainsFunc(o.LineItems, fresh) })
				if err != nil {
					return false, "", err
				}
				line, err := find(o.LineItems, "its package has no id", fresh)
				if err != nil {
					return false, "", err
				}
				_, err = a.shop.Fulfillment.GetPackageShippingDocument(ctx, line.PackageID,
					&tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"}, tiktokshop.NoRepeat())
				holds, seen, err := refusedAs(err, notReady)
				return holds, yesOrNo(holds, seen, "it was there at once, unless somebody had printed it before"), err
			},
		},
		{
			assumes: "one line of an order is one unit", source: "Order API overview; a market with quantities was seen by integrators",
			does: "looks for quantities in the newest orders", calls: 1,
			ifNot: "nothing to set: the bridge reads quantities where lines have them; programs of your own must not count lines",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				orders, err := recent(ctx, a, tiktokshop.GetOrderListRequest{})
				if err != nil {
					return false, "", err
				}
				lines, several := 0, 0
				for _, o := range orders {
					for _, l := range o.LineItems {
						lines++
						if l.Quantity > 1 {
							several++
						}
					}
				}
				if lines == 0 {
					return false, "", notTried("the shop has no order")
				}
				return several == 0, fmt.Sprintf("%d of %d lines have a quantity above 1", several, lines), nil
			},
		},
		{
			assumes: "one order of another shop costs the details of all that are asked for with it", source: "Get Order Detail, which leaves it open",
			does: "asks for an order together with one that does not exist", calls: 2,
			ifNot: "nothing to set: the bridge asks for each order alone when one refuses the rest, which is then never needed",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, tiktokshop.GetOrderListRequest{}, "the shop has no order", anyOrder)
				if err != nil {
					return false, "", err
				}
				_, err = details(ctx, a, o.ID, noOrder)
				return refusedAs(err, foreignOrder)
			},
		},
		{
			assumes: "a search for orders leaves out what is as old as the end of its time", source: "Get Order List",
			does: "searches up to the moment of the newest order", calls: 2,
			ifNot: "nothing to set: the bridge lets its searches overlap and takes each order once",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, tiktokshop.GetOrderListRequest{}, "the shop has no order", anyOrder)
				if err != nil {
					return false, "", err
				}
				orders, err := recent(ctx, a, tiktokshop.GetOrderListRequest{CreateTimeGe: new(o.CreateTime - 1), CreateTimeLt: new(o.CreateTime)})
				left := !slices.ContainsFunc(orders, func(other tiktokshop.Order) bool { return other.ID == o.ID })
				return left, yesOrNo(left, "it is left out", "it is found"), err
			},
		},
		{
			assumes: "the order list counts all orders that it finds, and not those of the page", source: "Get Order List",
			does: "asks for a page of one order and for a page of fifty", calls: 2,
			ifNot: "leave Settings.OrdersPerDay empty: the bridge counts the day's orders by that number",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				r := tiktokshop.GetOrderListRequest{PageSize: 50, CreateTimeLt: new(tiktokshop.At(time.Now()))}
				page, err := a.shop.Order.GetOrderList(ctx, &r)
				if err != nil {
					return false, "", err
				}
				if len(page.Orders) < 2 {
					return false, "", notTried("the shop does not have two orders")
				}
				r.PageSize = 1
				one, err := a.shop.Order.GetOrderList(ctx, &r)
				if err != nil {
					return false, "", err
				}
				holds := one.TotalCount == len(page.Orders) || len(page.Orders) == 50 && one.TotalCount > 50
				return holds, fmt.Sprintf("the page of fifty has %d orders, the count beside one order is %d", len(page.Orders), one.TotalCount), nil
			},
		},
		{
			assumes: "parcels of TikTok Shipping may be dropped off, and none waits for a collection that nobody has booked", source: "Get Handover Time Slots",
			does: "asks how the parcel of an order with TikTok Shipping can be handed over", calls: 2,
			ifNot: "nothing to set: the bridge books no collection, so somebody has to in Seller Center, parcel by parcel",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, shippedBy(tiktokshop.ShippingTypeTikTok, tiktokshop.OrderStatusAwaitingShipment),
					"no order with TikTok Shipping waits for its shipment: try again when one does", anyOrder)
				if err != nil {
					return false, "", err
				}
				ways, err := a.shop.Fulfillment.GetHandoverTimeslots(ctx, o.ID, nil)
				if err != nil {
					return false, "", err
				}
				return ways.CanDropOff, fmt.Sprintf("dropped off: %t, collected: %t, by TikTok's van: %t, times to be collected: %d",
					ways.CanDropOff, ways.CanPickup, ways.CanVanCollection, len(ways.PickupSlots)), nil
			},
		},
		{
			assumes: "each unit that the seller may cancel has reasons of its own to choose from", source: "Get Aftersale Eligibility",
			does: "asks for what reasons the units of an order can be cancelled", calls: 2,
			ifNot: "orders that lose some of their units have to be cancelled in Seller Center, where the reasons are",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, withStatus(tiktokshop.OrderStatusAwaitingShipment), "no order of two or more units waits for its shipment",
					func(o tiktokshop.Order) bool { return !o.IsBuyerRequestCancel && len(o.LineItems) > 1 })
				if err != nil {
					return false, "", err
				}
				reasons, err := unitReasons(ctx, a, o.ID)
				if err == nil && len(reasons) == 0 {
					err = notTried("the shop lets the seller cancel no unit of an order that waits for its shipment")
				}
				bare := 0
				for _, names := range reasons {
					if len(names) == 0 {
						bare++
					}
				}
				return bare == 0, fmt.Sprintf("%d of %d units have none", bare, len(reasons)), err
			},
		},
		{
			assumes: "the name of the seller's reason for want of stock begins with " + outOfStock, source: "Cancel Order",
			does: "asks for what reasons an order can be cancelled", calls: 2,
			ifNot: "leave Settings.ZeroStock off and name the shop's own reasons in Settings.CancelReasons: the bridge knows the one that sets stock to 0 by that name",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, withStatus(tiktokshop.OrderStatusAwaitingShipment), "no order waits for its shipment",
					func(o tiktokshop.Order) bool { return !o.IsBuyerRequestCancel })
				if err != nil {
					return false, "", err
				}
				names, err := cancelReasons(ctx, a, o.ID)
				if err == nil && len(names) == 0 {
					err = notTried("the shop offers no reason to cancel an order that waits for its shipment")
				}
				there := slices.ContainsFunc(names, isOutOfStock)
				return there, fmt.Sprintf("%d reasons, %s", len(names), yesOrNo(there, "one of them begins so", "none of which begins so")), err
			},
		},
	}
}

func tryLineOrder(ctx context.Context, a accounts) (bool, string, error) {
	o, err := findOrder(ctx, a, tiktokshop.GetOrderListRequest{}, "the shop has no order of three or more units", func(o tiktokshop.Order) bool { return len(o.LineItems) >= 3 })
	if err != nil {
		return false, "", err
	}
	var first []string
	for i := range 6 {
		o, err := detail(ctx, a, o.ID)
		if err != nil {
			return false, "", err
		}
		var ids []string
		for _, l := range o.LineItems {
			ids = append(ids, l.ID)
		}
		if i == 0 {
			first = ids
		} else if !slices.Equal(ids, first) {
			return true, fmt.Sprintf("reading %d had another order", i+1), nil
		}
	}
	return false, "six readings had the same order", nil
}

// pictureOf is the address of a picture in an order: the avatar, or that of the first SKU.
func pictureOf(o tiktokshop.Order) string {
	if o.BuyerAvatar != "" || len(o.LineItems) == 0 {
		return o.BuyerAvatar
	}
	first := slices.MinFunc(o.LineItems, func(x, y tiktokshop.OrderLineItem) int { return strings.Compare(x.ID, y.ID) })
	return first.SKUImage
}

func hasComponents(o tiktokshop.Order) bool {
	return slices.ContainsFunc(o.LineItems, func(l tiktokshop.OrderLineItem) bool { return len(l.CombinedListingSKUs) > 0 })
}

func tryComponents(ctx context.Context, a accounts) (bool, string, error) {
	listed, err := recent(ctx, a, tiktokshop.GetOrderListRequest{})
	if err != nil {
		return false, "", err
	}
	if len(listed) == 0 {
		return false, "", notTried("the shop has no order")
	}
	var ids []string
	for _, o := range listed {
		ids = append(ids, o.ID)
	}
	detailed, err := details(ctx, a, ids...)
	if err != nil {
		return false, "", err
	}
	bundle, err := find(detailed, "none of the newest orders has a virtual bundle", hasComponents)
	if err != nil {
		return false, "", err
	}
	inList, err := find(listed, "the order of a bundle has left the list", func(o tiktokshop.Order) bool { return o.ID == bundle.ID })
	missing := !hasComponents(inList)
	return missing, yesOrNo(missing, "the list leaves them out", "the list has them too"), err
}

func tryPlatformOrders(ctx context.Context, a accounts) (bool, string, error) {
	descending := tiktokshop.SortOrder("DESC")
	cancelled, err := a.shop.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{PageSize: new("25"), SortOrder: &descending})
	if err != nil {
		return false, "", err
	}
	returned, err := a.shop.ReturnRefund.SearchReturnsV202309(ctx, &tiktokshop.SearchReturnsV202309Request{PageSize: new("25"), SortOrder: &descending})
	if err != nil {
		return false, "", err
	}
	var ids []string
	for _, c := range cancelled.Cancellations {
		ids = append(ids, c.OrderID)
	}
	for _, r := range returned.ReturnOrders {
		ids = append(ids, r.OrderID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	const missing = "no order that TikTok's warehouse sends was cancelled or returned"
	if len(ids) == 0 {
		return false, "", notTried(missing)
	}
	orders, err := details(ctx, a, ids...)
	if err != nil {
		return false, "", err
	}
	o, err := find(orders, missing, func(o tiktokshop.Order) bool {
		return o.FulfillmentType != "" && o.FulfillmentType != tiktokshop.FulfillmentTypeBySeller
	})
	if err != nil {
		return false, "", err
	}
	sameSecond, err := recent(ctx, a, tiktokshop.GetOrderListRequest{CreateTimeGe: new(o.CreateTime), CreateTimeLt: new(o.CreateTime + 1)})
	there := slices.ContainsFunc(sameSecond, func(other tiktokshop.Order) bool { return other.ID == o.ID })
	return there, yesOrNo(there, "it is in the list", "it is not in the list"), err
}
