package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// stopChecks park and lock test orders, and cancel and process them.
var stopChecks = []check{
	{
		assumes: "locking an order puts its units back on sale",
		source:  "help.linnworks.com, article 7000029276",
		does:    "locks a test order and reads the level, then deletes it", calls: benchCalls(1) + 4, writes: true,
		ifNot: "nothing to set: the bridge takes the units of locked orders off once more, so that it shows too few while they are locked",
		quirk: string(linnworkstest.LocksFreeStock),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			return b.reserves(ctx, false, func(id linnworks.GUID) error { return b.lock(ctx, id, true) })
		}),
	},
	{
		assumes: "an order that is locked is at once in the v2 list of changed orders, marked as such",
		source:  "apidocs.linnworks.net, v2 GET /orders",
		does:    "locks a test order and reads what changed in the last minute, then deletes it", calls: benchCalls(1) + 1 + lookPages, writes: true,
		ifNot: "units of locked orders may be sold before the bridge knows of the lock: keep some back with Settings.Buffer, and have people park orders instead",
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			if err := b.lock(ctx, o.OrderID, true); err != nil {
				return false, "", err
			}
			locked := false
			found, err := changed(ctx, b.accounts, time.Now().UTC().Add(-time.Minute), func(page *linnworks.GetOrdersResponse) bool {
				for _, row := range page.OpenOrders {
					if row.OrderID.Equal(o.OrderID) {
						locked = row.GeneralInfo.IsLocked
						return true
					}
				}
				return false
			})
			return locked, fmt.Sprintf("found: %t, marked as locked: %t", found, locked), err
		}),
	},
	{
		assumes: "parking an order keeps its units reserved",
		source:  "help.linnworks.com, article 7000029276",
		does:    "parks a test order and reads the level, then deletes it", calls: benchCalls(1) + 4, writes: true,
		ifNot: "units of orders that wait would be sold again: keep more back with Settings.Buffer until it is clear why",
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			return b.reserves(ctx, true, func(id linnworks.GUID) error { return b.park(ctx, id, true) })
		}),
	},
	{
		assumes: "what is available may be less than nothing",
		source:  "apps.linnworks.net, Stock-GetStockLevel",
		does:    "orders two more than there are of the test SKU, reads the level, and deletes the order", calls: benchCalls(1) + 1, writes: true,
		ifNot: "nothing to set: the shop is never told less than nothing; how much is missing is not shown",
		quirk: string(linnworkstest.NegativeAvailable),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			row := rowAt(b.before, b.home())
			_, err := b.open(ctx, func(o *linnworks.ChannelOrder) { o.OrderItems[0].Qty = max(row.StockLevel-row.InOrders, 0) + 2 })
			if err != nil {
				return false, "", err
			}
			row, err = b.level(ctx, b.home())
			return row.Available < 0, fmt.Sprintf("%d available", row.Available), err
		}),
	},
	{
		assumes: "moving an order to another location moves its reservation",
		source:  "apps.linnworks.net, Orders-MoveToLocation",
		does:    "moves a test order, reads the levels, and deletes it", calls: benchCalls(1) + 3, writes: true,
		ifNot: "units stay reserved where nobody picks them: let no rule of Linnworks move orders, and set Settings.Locations so that they come in where they belong",
		quirk: string(linnworkstest.MovesTakeReservation),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			to, err := b.elsewhere()
			if err != nil {
				return false, "", err
			}
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			before, err := b.level(ctx, b.home())
			if err != nil {
				return false, "", err
			}
			if _, err := b.warehouse.Orders.MoveToLocation(ctx, &linnworks.MoveToLocationRequest{OrderIDs: []linnworks.GUID{o.OrderID}, StockLocationID: to}); err != nil {
				return false, "", err
			}
			after, err := b.level(ctx, b.home())
			return after.InOrders == before.InOrders-1, fmt.Sprintf("%d units reserved before and %d after", before.InOrders, after.InOrders), err
		}),
	},
	{
		assumes: "parked orders cannot be cancelled",
		source:  "assets.linnworks.com, Cancelling orders, for the product; for the API nothing tells",
		does:    "cancels a parked test order", calls: benchCalls(1) + 2, writes: true,
		ifNot: "nothing to set: the bridge unparks before it cancels, which costs a call",
		quirk: string(linnworkstest.CancelRefusesStopped),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.parked(ctx)
			if err != nil {
				return false, "", err
			}
			_, err = b.warehouse.Orders.CancelOrder(ctx, &linnworks.CancelOrderRequest{OrderID: o.OrderID, FulfilmentCenter: o.GeneralInfo.Location, Refund: "0"})
			return refused(err)
		}),
	},
	{
		assumes: "a cancellation must name a refund, and zero will do",
		source:  "seen by integrators",
		does:    "cancels a test order without a refund, then with zero", calls: benchCalls(1) + 3, writes: true,
		ifNot: "nothing to set: the bridge names a refund of zero",
		quirk: string(linnworkstest.RefundMandatory),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			body := object{"orderId": o.OrderID, "fulfilmentCenter": o.GeneralInfo.Location}
			no, seen, err := refused(post(ctx, b.accounts, "Orders/CancelOrder", body, nil))
			if !no || err != nil {
				return false, seen, err
			}
			_, err = b.warehouse.Orders.CancelOrder(ctx, &linnworks.CancelOrderRequest{OrderID: o.OrderID, FulfilmentCenter: o.GeneralInfo.Location, Refund: "0"})
			no, with, err := refused(err)
			return !no, seen + " without, " + with + " with zero", err
		}),
	},
	{
		assumes: "an order that cannot be processed is answered with success, and Processed false in it",
		source:  "apps.linnworks.net, Orders-ProcessOrder",
		does:    "processes a parked test order, which should not happen, and deletes it", calls: benchCalls(1) + 2, writes: true,
		ifNot: "nothing to set: the bridge looks at both; if a parked order was processed, do not rely on parking: see Settings.PrintView",
		quirk: string(linnworkstest.ProcessRefusalIs200),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.parked(ctx)
			if err != nil {
				return false, "", err
			}
			var reply struct{ Processed bool }
			status, err := statusOf(post(ctx, b.accounts, "Orders/ProcessOrder", object{"orderId": o.OrderID}, &reply))
			return status == http.StatusOK && !reply.Processed, fmt.Sprintf("HTTP %d, processed: %t", status, reply.Processed), err
		}),
	},
	{
		assumes: "parked orders keep their status, whatever ChangeStatus is told, without an error",
		source:  "seen by an integrator",
		does:    "changes the status of a parked test order, and deletes it", calls: benchCalls(1) + 2, writes: true,
		ifNot: "nothing to set: the bridge unparks first and reads back",
		quirk: string(linnworkstest.StatusIgnoresStopped),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.parked(ctx)
			if err != nil {
				return false, "", err
			}
			const pending = 3
			_, err = b.warehouse.Orders.ChangeStatus(ctx, &linnworks.ChangeStatusRequest{OrderIDs: []linnworks.GUID{o.OrderID}, Status: pending})
			no, seen, err := refused(err)
			if no || err != nil {
				return false, seen, err
			}
			was := o.GeneralInfo.Status
			o, err = b.read(ctx, o.OrderID)
			return o.GeneralInfo.Status == was, fmt.Sprintf("the status was changed: %t", o.GeneralInfo.Status != was), err
		}),
	},
	{
		assumes: "tags are changed by a request in JSON as by a form",
		source:  "apps.linnworks.net, Orders-ChangeOrderTag; an integrator saw JSON do nothing",
		does:    "tags a test order by JSON, and deletes it", calls: benchCalls(1) + 2, writes: true,
		ifNot: "nothing to set: the client sends a form",
		quirk: string(linnworkstest.StatusIgnoresJSON),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			_, err = b.warehouse.Orders.ChangeOrderTag(ctx, &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{o.OrderID}, Tag: new(1)}, linnworks.FormEncoded(false))
			if done(err) != nil {
				return false, "", err
			}
			o, err = b.read(ctx, o.OrderID)
			return o.GeneralInfo.Marker == 1, fmt.Sprintf("the tag is %d, 1 was sent", o.GeneralInfo.Marker), err
		}),
	},
	{
		assumes: "parked orders cannot be edited",
		source:  "help.linnworks.com, article 7000029276",
		does:    "changes a line of a parked test order, and deletes it", calls: benchCalls(1) + 1, writes: true,
		ifNot: "nothing to set: the bridge unparks before it edits, which costs two calls",
		quirk: string(linnworkstest.StoppedOrdersRefuseEdits),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.parked(ctx)
			if err != nil {
				return false, "", err
			}
			line, err := onlyLine(o)
			if err != nil {
				return false, "", err
			}
			line.Quantity = 2
			_, err = b.warehouse.Orders.UpdateOrderItem(ctx, &linnworks.UpdateOrderItemRequest{OrderID: o.OrderID, OrderItem: &line, FulfilmentCenter: &o.GeneralInfo.Location})
			return refused(err)
		}),
	},
	{
		assumes: "parked orders are put into no folder, and only the reply lacks them",
		source:  "apps.linnworks.net, Orders-AssignToFolder",
		does:    "puts a test order into a folder PROBE, parks it and tries again, and deletes it", calls: benchCalls(1) + 4, writes: true,
		ifNot: "nothing to set: a print view by folder reads back what it has changed",
		quirk: string(linnworkstest.FoldersRefuseStopped),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.open(ctx)
			if err != nil {
				return false, "", err
			}
			assign := func(folder string) (bool, error) {
				ids, err := b.warehouse.Orders.AssignToFolder(ctx, &linnworks.AssignToFolderRequest{OrderIDs: []linnworks.GUID{o.OrderID}, Folder: &folder})
				return slices.ContainsFunc(ids, o.OrderID.Equal), done(err)
			}
			if ok, err := assign("PROBE"); err != nil {
				return false, "", err
			} else if !ok {
				return false, "", notTried("an open order is put into no folder PROBE: make that folder")
			}
			if err := b.park(ctx, o.OrderID, true); err != nil {
				return false, "", err
			}
			ok, err := assign("PROBE 2")
			return !ok, fmt.Sprintf("a parked order was taken: %t", ok), err
		}),
	},
	{
		assumes: "the rules leave orders alone that come in parked",
		source:  "www.linnworks.com, Rules engine",
		does:    "creates a parked test order, and deletes it", calls: benchCalls(1), writes: true,
		ifNot: "nothing to set: rules may give a parked order its service at once; see that none releases it",
		quirk: string(linnworkstest.RulesSkipStopped),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.parked(ctx)
			return !o.GeneralInfo.IsRuleRun, fmt.Sprintf("the rules have run: %t", o.GeneralInfo.IsRuleRun), err
		}),
	},
	{
		assumes: "unparking an order does not run the rules",
		source:  "www.linnworks.com, Rules engine, does not name it",
		does:    "unparks a parked test order, and deletes it", calls: benchCalls(1) + 4, writes: true,
		ifNot: "nothing to set: the bridge has the rules run after it unparks, then for the second time",
		quirk: string(linnworkstest.UnparkingSkipsRules),
		try: onBench(func(ctx context.Context, b *bench) (bool, string, error) {
			o, err := b.parked(ctx)
			if err != nil {
				return false, "", err
			}
			before, err := b.timesRulesRan(ctx, o)
			if err != nil {
				return false, "", err
			}
			if err := b.park(ctx, o.OrderID, false); err != nil {
				return false, "", err
			}
			if o, err = b.read(ctx, o.OrderID); err != nil {
				return false, "", err
			}
			after, err := b.timesRulesRan(ctx, o)
			return after == before, fmt.Sprintf("the rules ran by that: %t", after != before), err
		}),
	},
}

// reserves reports whether a test order still reserves its unit after do, or no longer,
// as wanted.
func (b *bench) reserves(ctx context.Context, wanted bool, do func(linnworks.GUID) error) (bool, string, error) {
	none, err := b.level(ctx, b.home())
	if err != nil {
		return false, "", err
	}
	o, err := b.open(ctx)
	if err != nil {
		return false, "", err
	}
	reserved, err := b.level(ctx, b.home())
	if err != nil {
		return false, "", err
	}
	if reserved.InOrders != none.InOrders+1 {
		return false, "", notTried("an order at this location reserves nothing")
	}
	if err := do(o.OrderID); err != nil {
		return false, "", err
	}
	row, err := b.level(ctx, b.home())
	still := row.InOrders == reserved.InOrders
	return still == wanted, fmt.Sprintf("the unit is still reserved: %t", still), err
}

// timesRulesRan counts how often the rules ran on an order. If the order's history does
// not tell, it is whether they did.
func (b *bench) timesRulesRan(ctx context.Context, o linnworks.OrderDetails) (int, error) {
	history, err := b.warehouse.Orders.GetOrderAuditTrail(ctx, &linnworks.GetOrderAuditTrailRequest{OrderID: o.OrderID})
	n := 0
	for _, h := range history {
		if strings.Contains(strings.ToLower(h.Type+" "+h.TypeDescription+" "+h.Note), "rule") {
			n++
		}
	}
	if n == 0 && o.GeneralInfo.IsRuleRun {
		n = 1
	}
	return n, err
}
