package main

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// lineChecks edit, split, merge and refund test orders.
var lineChecks = []check{
	{
		assumes: "a line that is given another item loses its number and the shop's SKU",
		source:  "seen by integrators",
		does:    "gives the line of an unlinked test order the test SKU, and deletes the order", calls: benchCalls(1) + 2, writes: true,
		ifNot: "nothing to set: lines whose item people replace are still known, which is better",
		quirk: string(linnworkstest.ReplacedLinesLoseID),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx, func(o *linnworks.ChannelOrder) { o.OrderItems[0].ChannelSKU = nobodysSKU })
			if err != nil {
				return false, "", err
			}
			line, err := onlyLine(o)
			if err != nil {
				return false, "", err
			}
			_, err = b.warehouse.Orders.UpdateOrderItem(ctx, &linnworks.UpdateOrderItemRequest{
				OrderID: o.OrderID, FulfilmentCenter: &o.GeneralInfo.Location,
				OrderItem: &linnworks.OrderItem{RowID: line.RowID, StockItemID: b.item, Quantity: 1, PricePerUnit: "10"},
			})
			if done(err) != nil {
				return false, "", err
			}
			if o, err = b.read(ctx, o.OrderID); err != nil {
				return false, "", err
			}
			line, err = onlyLine(o)
			return line.ItemNumber == "", fmt.Sprintf("the line has the number %q, it had 1", line.ItemNumber), err
		}),
	},
	{
		assumes: "SetOrderShippingInfo clears what a call leaves out, such as the postal service",
		source:  "nothing tells; apps.linnworks.net, Orders-SetOrderShippingInfo",
		does:    "gives a test order a postal service and then a tracking number alone, and deletes it", calls: benchCalls(1) + 3, writes: true,
		ifNot: "nothing to set: the bridge reads first and sends everything back, which costs a second call",
		quirk: string(linnworkstest.ShippingInfoOverwrites),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			services, err := b.warehouse.PostalServices.GetPostalServices(ctx, nil)
			if err != nil {
				return false, "", err
			}
			name := ""
			for _, s := range services {
				if s.PostalServiceName != "" && s.PostalServiceName != "Default" {
					name = s.PostalServiceName
					break
				}
			}
			if name == "" {
				return false, "", notTried("the account has no postal service")
			}
			o, err := b.open(ctx, func(o *linnworks.ChannelOrder) { o.PostalServiceName = name })
			if err != nil {
				return false, "", err
			}
			if o.ShippingInfo.PostalServiceName != name {
				return false, "", notTried("the account's rules gave the test order another postal service")
			}
			body := object{"orderId": o.OrderID, "info": object{"TrackingNumber": "PROBE"}}
			if err := post(ctx, b.accounts, "Orders/SetOrderShippingInfo", body, nil); err != nil {
				return false, "", err
			}
			o, err = b.read(ctx, o.OrderID)
			kept := o.ShippingInfo.PostalServiceName == name
			return !kept, fmt.Sprintf("the postal service was kept: %t", kept), err
		}),
	},
	{
		assumes: "the parts of a split order have the same reference",
		source:  "seen by an integrator; apps.linnworks.net, Orders-SplitOrder does not tell",
		does:    "splits a test order of two units, and deletes the parts", calls: benchCalls(3) + 1, writes: true,
		ifNot: "only one part is known as the shop's order: do not split orders of this shop in Linnworks until it is clear how the parts are named",
		quirk: string(linnworkstest.SplitsShareReference),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx, func(o *linnworks.ChannelOrder) { o.OrderItems[0].Qty = 2 })
			if err != nil {
				return false, "", err
			}
			line, err := onlyLine(o)
			if err != nil {
				return false, "", err
			}
			parts, err := b.warehouse.Orders.SplitOrder(ctx, &linnworks.SplitOrderRequest{OrderID: o.OrderID, NewOrders: []linnworks.OrderSplit{
				{Items: []linnworks.OrderSplitOutItem{{RowID: &line.RowID, Quantity: new(1)}}},
			}})
			for _, part := range parts {
				b.made = append(b.made, part.OrderID)
			}
			if err != nil {
				return false, "", err
			}
			same := 0
			for _, part := range parts {
				if part.GeneralInfo.ReferenceNum == o.GeneralInfo.ReferenceNum {
					same++
				}
			}
			return len(parts) == 2 && same == 2, fmt.Sprintf("%d of %d parts have it", same, len(parts)), nil
		}),
	},
	{
		assumes: "the reference of a merged order reads MERGED",
		source:  "seen by integrators",
		does:    "merges two test orders, and deletes the new one", calls: benchCalls(3) + 1, writes: true,
		ifNot: "merged orders are known by their lines only: switch auto-merge off for this source",
		quirk: string(linnworkstest.MergedReference),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			one, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			two, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			merged, err := b.warehouse.Orders.MergeOrders(ctx, &linnworks.MergeOrdersRequest{
				OrdersToMerge: []linnworks.GUID{one.OrderID, two.OrderID}, FulfilmentCenter: &one.GeneralInfo.Location,
			})
			if merged != nil {
				b.made = append(b.made, merged.OrderID)
			}
			if err != nil {
				return false, "", err
			}
			reference := merged.GeneralInfo.ReferenceNum
			return reference == "MERGED", fmt.Sprintf("the reference is %q", reference), nil
		}),
	},
	{
		assumes: "refunds of open orders are not booked, and the reply is a success with the reason",
		source:  "apps.linnworks.net, ReturnsRefunds-CreateRefund",
		does:    "books a refund of a test order, and deletes both", calls: benchCalls(1) + 2, writes: true,
		ifNot: "nothing to set: the bridge books refunds of processed orders",
		quirk: string(linnworkstest.RefundsWantProcessed),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			booked, why, err := b.refund(ctx, o, "1")
			return !booked && why == "OpenOrderInLinnworks", fmt.Sprintf("booked: %t, the reason against it: %s", booked, why), err
		}),
	},
	{
		assumes: "refunds of nothing are not booked",
		source:  "apps.linnworks.net, ReturnsRefunds-CreateRefund",
		does:    "processes a test order, which stays among the processed ones, and books a refund of zero", calls: benchCalls(1) + 4, writes: true,
		ifNot: "nothing to set: the bridge books no refunds of zero",
		quirk: string(linnworkstest.ZeroRefundsRefused),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			reply, err := b.warehouse.Orders.ProcessOrder(ctx, &linnworks.ProcessOrderRequest{OrderID: o.OrderID, ScanPerformed: new(true), LocationID: &o.GeneralInfo.Location})
			if done(err) != nil {
				return false, "", err
			}
			if !reply.Processed {
				return false, "", notTried("the test order cannot be processed: see the account's error prevention")
			}
			booked, why, err := b.refund(ctx, o, "0")
			return !booked, fmt.Sprintf("booked: %t, the reason against it: %s", booked, why), err
		}),
	},
}

func onlyLine(o linnworks.OrderDetails) (linnworks.OrderItem, error) {
	if len(o.Items) != 1 {
		return linnworks.OrderItem{}, fmt.Errorf("an order with one line has %d", len(o.Items))
	}
	return o.Items[0], nil
}

// refund books a refund of the only line of an order and deletes it again. It reports
// whether Linnworks took it, and why not.
func (b *bench) refund(ctx context.Context, o linnworks.OrderDetails, amount linnworks.Decimal) (booked bool, why string, err error) {
	line, err := onlyLine(o)
	if err != nil {
		return false, "", err
	}
	unit := linnworks.NewRefundLineRefundedUnit("Item")
	reply, err := b.warehouse.ReturnsRefunds.CreateRefund(ctx, &linnworks.CreateRefundRequest{
		OrderID: o.OrderID, ChannelInitiated: new(true), // no channel is told then
		RefundLines: []linnworks.NewRefundLine{{OrderItemRowID: &line.RowID, RefundedUnit: &unit, Amount: &amount, Quantity: new(1), FreeTextOrNote: new("A test")}},
	})
	if done(err) != nil {
		return false, "", err
	}
	if reply.RefundHeaderID == 0 {
		return false, string(reply.CannotRefundReason), nil
	}
	err = putBack(ctx, func(ctx context.Context) error {
		_, err := b.warehouse.ReturnsRefunds.DeleteRefund(ctx, &linnworks.DeleteRefundRequest{RefundHeaderID: reply.RefundHeaderID})
		return err
	})
	return true, string(reply.CannotRefundReason), err
}
