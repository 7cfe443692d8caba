package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// saveChecks create orders.
var saveChecks = []check{
	refusedOrder(linnworkstest.AmazonReserved, "orders of the source AMAZON are refused", "seen by an integrator",
		"nothing to set: linnworksadapter.Options.Source must not be AMAZON whatever Linnworks takes",
		func(o *linnworks.ChannelOrder) { o.Source = "AMAZON" }),
	refusedOrder(linnworkstest.DispatchByMandatory, "orders without a date to despatch by are refused", "seen by integrators; apps.linnworks.net, Orders-CreateOrders does not require one",
		"nothing to set: every order of the bridge has one",
		func(o *linnworks.ChannelOrder) { o.DispatchBy = linnworks.Time{} }),
	refusedOrder(linnworkstest.ItemNumbersUnique, "orders with the same line number twice are refused", "seen by integrators",
		"nothing to set: the bridge gives every line a number of its own",
		func(o *linnworks.ChannelOrder) { o.OrderItems = append(o.OrderItems, o.OrderItems[0]) }),
	{
		assumes: "a new order names its location by name, and an id in its place is refused",
		source:  "seen by integrators",
		does:    "creates a test order with the id, and deletes it if it is accepted", calls: benchCalls(1), writes: true,
		ifNot: "nothing to set: the bridge gives the name, which works either way",
		quirk: string(linnworkstest.LocationByName),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			_, err := b.saveAt(ctx, string(b.home()), b.draft())
			return refused(err)
		}),
	},
	{
		assumes: "an order that is known and paid is left out of the reply when it is created again",
		source:  "help.linnworks.com, articles 7000008412 and 7000013635",
		does:    "creates a test order twice, and deletes it", calls: benchCalls(2), writes: true,
		ifNot: "nothing to set: the bridge finds its orders by reference either way",
		quirk: string(linnworkstest.PaidOrdersMissing),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o := b.draft()
			if _, err := b.save(ctx, o); err != nil {
				return false, "", err
			}
			ids, err := b.save(ctx, o)
			return len(ids) == 0, fmt.Sprintf("%d ids the second time", len(ids)), err
		}),
	},
	{
		assumes: "an order that was cancelled is not created a second time",
		source:  "help.linnworks.com, article 7000008412; for cancelled orders nothing tells",
		does:    "creates a test order, cancels it and creates it again", calls: benchCalls(2) + 2, writes: true,
		ifNot: "set Settings.FindFirst: a new order is then looked up before it is created",
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			draft := b.draft()
			ids, err := b.save(ctx, draft)
			if err != nil {
				return false, "", err
			}
			for _, id := range ids {
				o, err := b.read(ctx, id)
				if err != nil {
					return false, "", err
				}
				_, err = b.warehouse.Orders.CancelOrder(ctx, &linnworks.CancelOrderRequest{OrderID: id, FulfilmentCenter: o.GeneralInfo.Location, Refund: "0"})
				if err != nil {
					return false, "", err
				}
			}
			if _, err := b.save(ctx, draft); err != nil {
				return false, "", err
			}
			found, err := b.byReference(ctx, draft.ReferenceNumber)
			return len(found) == 1, fmt.Sprintf("%d orders have the reference", len(found)), err
		}),
	},
	{
		assumes: "an order that is created again with the status Cancelled is not cancelled by that",
		source:  "nothing tells; apps.linnworks.net, Orders-CreateOrders (OrderStatusType)",
		does:    "creates a test order twice, as cancelled the second time, and deletes it", calls: benchCalls(2) + 1, writes: true,
		ifNot: "nothing to set: the bridge cancels with CancelOrder; another integration of this shop could cancel the bridge's orders by that",
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			draft := b.draft()
			ids, err := b.save(ctx, draft)
			if err != nil {
				return false, "", err
			}
			if len(ids) != 1 {
				return false, "", fmt.Errorf("CreateOrders answered a new order with %d ids", len(ids))
			}
			draft.OrderStatusType, draft.OrderStatus = "Cancelled", "Cancelled"
			if _, err := b.save(ctx, draft); err != nil {
				return false, "", err
			}
			o, err := b.read(ctx, ids[0])
			return !o.Processed, fmt.Sprintf("the order is still open: %t", !o.Processed), err
		}),
	},
	{
		assumes: "what an order carries as extended properties is read with it",
		source:  "apps.linnworks.net, Orders-CreateOrders and Orders-GetOrdersById",
		does:    "creates a test order with a property, reads it, and deletes it", calls: benchCalls(1), writes: true,
		ifNot: "the bridge would forget what it has noted on its orders, such as who ships them: ask Linnworks before the switch",
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.order(ctx, func(o *linnworks.ChannelOrder) {
				o.ExtendedProperties = []linnworks.ChannelOrderExtendedProperty{{Name: "probe", Value: b.run, Type: "Order"}}
			})
			kept := slices.ContainsFunc(o.ExtendedProperties, func(p linnworks.ExtendedProperty) bool { return p.Name == "probe" && p.Value == b.run })
			return kept, fmt.Sprintf("the property is there: %t", kept), err
		}),
	},
	{
		assumes: "reading orders by reference finds those of every channel",
		source:  "apps.linnworks.net, Orders-GetOrderDetailsByReferenceId",
		does:    "creates two test orders of two channels with one reference, and deletes them", calls: benchCalls(2) + 1, writes: true,
		ifNot: "orders of this shop that another integration or a person has made may not be seen: look for them by hand before the switch",
		quirk: string(linnworkstest.ReferencesCrossChannels),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			one := b.draft()
			two := one
			two.Source = "PROBE2"
			if _, err := b.save(ctx, one, two); err != nil {
				return false, "", err
			}
			found, err := b.byReference(ctx, one.ReferenceNumber)
			return len(found) == 2, fmt.Sprintf("%d of 2 orders found", len(found)), err
		}),
	},
	savedParked(linnworkstest.UnpaidOrdersPark, "an order that does not say it is paid is saved parked", "apps.linnworks.net, Orders-CreateOrders; seen by an integrator",
		"do not set Settings.ParkUnpaid: unpaid orders would be free to pick",
		func(o *linnworks.ChannelOrder) { o.PaymentStatus = "" }),
	savedParked(linnworkstest.LongPostcodesPark, "an order with a postcode of more than 11 characters is saved parked", "help.linnworks.com, article 7000029276",
		"nothing to set: such an order is free to pick, and its label may fail",
		func(o *linnworks.ChannelOrder) { o.DeliveryAddress.PostCode = "LS1 1AA 12345" }),
}

// refusedOrder is a check that a changed order is refused.
func refusedOrder(quirk linnworkstest.Quirk, assumes, source, ifNot string, change func(*linnworks.ChannelOrder)) check {
	return check{
		assumes: assumes, source: source, does: "creates a test order like that, and deletes it if it is accepted", calls: benchCalls(1), writes: true,
		ifNot: ifNot, quirk: string(quirk),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			_, err := b.save(ctx, b.draft(change))
			return refused(err)
		}),
	}
}

// savedParked is a check that a changed order comes in parked.
func savedParked(quirk linnworkstest.Quirk, assumes, source, ifNot string, change func(*linnworks.ChannelOrder)) check {
	return check{
		assumes: assumes, source: source, does: "creates a test order like that, and deletes it", calls: benchCalls(1), writes: true,
		ifNot: ifNot, quirk: string(quirk),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.order(ctx, change)
			return o.GeneralInfo.IsParked, fmt.Sprintf("saved parked: %t", o.GeneralInfo.IsParked), err
		}),
	}
}

func (b *bench) byReference(ctx context.Context, reference string) ([]linnworks.OrderDetails, error) {
	found, err := b.warehouse.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: reference})
	return slices.DeleteFunc(found, func(o linnworks.OrderDetails) bool { return o.GeneralInfo.ReferenceNum != reference }), err
}
