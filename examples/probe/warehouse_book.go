package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// bookChecks are about how orders are found. They only read.
var bookChecks = []check{
	{
		assumes: "lists of open orders hold drafts, without lines and without a buyer",
		source:  "seen by an integrator",
		does:    "looks for drafts among the newest order numbers and in the list", calls: 2 + draftNumbers,
		ifNot: "nothing to set: the bridge leaves orders of other sources alone",
		quirk: string(linnworkstest.DraftsListed),
		try:   draftsListed,
	},
	{
		assumes: "the open orders of the zero location are those of Default, not of every location",
		source:  "apps.linnworks.net, Orders-GetAllOpenOrders; integrators differ",
		does:    "reads the open orders of Default and of the other locations", calls: 23,
		ifNot: "nothing to set: an order found twice is taken once; look-ups of open orders cost more than they need",
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			places, err := locations(ctx, a)
			if err != nil {
				return false, "", err
			}
			here, err := openIDs(ctx, a, linnworks.ZeroGUID)
			if err != nil {
				return false, "", err
			}
			others := 0
			for _, p := range places[:min(len(places), 20)] {
				if p.StockLocationID == linnworks.ZeroGUID {
					continue
				}
				ids, err := openIDs(ctx, a, p.StockLocationID)
				if err != nil {
					return false, "", err
				}
				others += len(ids)
				for id := range ids {
					if here[id] {
						return false, "an order of " + p.LocationName + " is among those of Default", nil
					}
				}
			}
			if others == 0 {
				return false, "", notTried("no order is open at a location other than Default")
			}
			return true, fmt.Sprintf("%d open orders elsewhere are not among those of Default", others), nil
		},
	},
	{
		assumes: "orders at a fulfilment centre are parked and locked",
		source:  "help.linnworks.com, article 7000029276",
		does:    "reads the open orders at a fulfilment centre", calls: 21,
		ifNot: "the centre's orders can be picked and reserve stock: feed no warehouse of the shop from it in Settings.Locations unless that is meant",
		quirk: string(linnworkstest.FulfilmentCentresStop),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			places, err := locations(ctx, a)
			if err != nil {
				return false, "", err
			}
			n := 0
			for _, p := range places {
				if !p.IsFulfillmentCenter || n >= 10 {
					continue
				}
				n++
				found, err := openAt(ctx, a, p.StockLocationID)
				if err != nil {
					return false, "", err
				}
				for _, o := range found {
					if !o.GeneralInfo.IsParked || !o.GeneralInfo.HoldOrCancel {
						return false, fmt.Sprintf("one is parked: %t, locked: %t", o.GeneralInfo.IsParked, o.GeneralInfo.HoldOrCancel), nil
					}
				}
				if len(found) > 0 {
					return true, fmt.Sprintf("so are %d orders", len(found)), nil
				}
			}
			return false, "", notTried("no order is open at a fulfilment centre")
		},
	},
	{
		assumes: "the rows of a view of open orders have no totals",
		source:  "seen by an integrator",
		does:    "compares a page of the first view with the orders themselves", calls: 3,
		ifNot: "nothing to set: the bridge reads orders by id",
		quirk: string(linnworkstest.ViewRowsLackTotals),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			views, err := a.warehouse.OpenOrders.GetViewStats(ctx, &linnworks.GetViewStatsRequest{LocationID: new(linnworks.ZeroGUID)})
			if err != nil {
				return false, "", err
			}
			view := 0
			for _, v := range views {
				if v.TotalOrders > 0 && view == 0 {
					view = v.ViewID
				}
			}
			if view == 0 {
				return false, "", notTried("no order is open at Default")
			}
			page, err := a.warehouse.OpenOrders.GetOpenOrders(ctx, &linnworks.OpenOrdersGetOpenOrdersRequest{
				ViewID: view, LocationID: linnworks.ZeroGUID, EntriesPerPage: lookSize, PageNumber: new(1),
			})
			if err != nil {
				return false, "", err
			}
			charged := map[linnworks.GUID]bool{}
			var ids []linnworks.GUID
			for _, row := range page.Data {
				charged[row.OrderID] = isMore(row.TotalsInfo.TotalCharge)
				ids = append(ids, row.OrderID)
			}
			found, err := orders(ctx, a, ids)
			if err != nil {
				return false, "", err
			}
			for _, o := range found {
				if isMore(o.TotalsInfo.TotalCharge) {
					return !charged[o.OrderID], fmt.Sprintf("the row of an order that costs something has a total: %t", charged[o.OrderID]), nil
				}
			}
			return false, "", notTried("no open order at Default costs anything")
		},
	},
	{
		assumes: "a search for processed orders without dates finds nothing, as if there were none",
		source:  "seen by integrators",
		does:    "searches with dates and without", calls: 2,
		ifNot: "nothing to set: the bridge always gives both dates",
		quirk: string(linnworkstest.SearchWantsDates),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			if _, err := aProcessed(ctx, a); err != nil {
				return false, "", err
			}
			reply, err := a.warehouse.ProcessedOrders.SearchProcessedOrders(ctx, &linnworks.SearchProcessedOrdersRequest{ResultsPerPage: new(20), PageNumber: new(1)})
			if err != nil {
				return false, "", err
			}
			n := len(reply.ProcessedOrders.Data)
			return n == 0, fmt.Sprintf("%d orders without dates", n), nil
		},
	},
	{
		assumes: "cancelled orders are found among the processed ones",
		source:  "assets.linnworks.com, Cancelling orders; seen by an integrator",
		does:    "searches for a cancelled order by the date of processing", calls: 2,
		ifNot: "nothing to set: the bridge searches by the date of cancellation",
		quirk: string(linnworkstest.CancelledAmongProcessed),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			o, err := aCancelled(ctx, a)
			if err != nil {
				return false, "", err
			}
			at := o.ProcessedOn.Time
			if o.ProcessedOn.IsZero() {
				at = o.CancelledOn.Time
			}
			rows, err := closedWithin(ctx, a, linnworks.SearchProcessedOrdersRequestDateFieldProcessed, at.Add(-time.Minute), at.Add(time.Minute), strconv.Itoa(o.NumOrderID))
			if err != nil {
				return false, "", err
			}
			for _, row := range rows {
				if row.OrderID.Equal(o.OrderID) {
					return row.HoldOrCancel, fmt.Sprintf("found, marked as cancelled: %t", row.HoldOrCancel), nil
				}
			}
			return false, "not found", nil
		},
	},
	{
		assumes: "the v2 list of changed orders has cancelled ones, marked as such",
		source:  "apidocs.linnworks.net, v2 GET /orders",
		does:    "reads what changed since an order was cancelled", calls: 1 + lookPages,
		ifNot: "nothing to set: the bridge also searches for cancelled orders; their units are on sale again with the next sweep of levels, not within seconds",
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			o, err := aCancelled(ctx, a)
			if err != nil {
				return false, "", err
			}
			cancelled := false
			found, err := changed(ctx, a, o.CancelledOn.Add(-time.Minute), func(page *linnworks.GetOrdersResponse) bool {
				for _, row := range page.ProcessedOrders {
					if row.OrderID.Equal(o.OrderID) {
						cancelled = row.GeneralInfo.IsCancelled
						return true
					}
				}
				return false
			})
			return cancelled, fmt.Sprintf("found: %t, marked as cancelled: %t", found, cancelled), err
		},
	},
	{
		assumes: "the v2 read of orders by id ignores every other parameter, so that it shows processed ones too",
		source:  "apidocs.linnworks.net, v2 GET /orders",
		does:    "reads a processed order by id without asking for processed ones", calls: 2,
		ifNot: "nothing to set: the bridge reads single orders with GetOrdersById",
		quirk: string(linnworkstest.IDSelectorWins),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			o, err := aProcessed(ctx, a)
			if err != nil {
				return false, "", err
			}
			page, err := a.warehouse.OrdersV2.GetOrders(ctx, &linnworks.OrdersV2GetOrdersRequest{ID: []linnworks.GUID{o.OrderID}})
			if done(err) != nil {
				return false, "", err
			}
			n := len(page.ProcessedOrders)
			return n == 1, fmt.Sprintf("%d orders found", n), nil
		},
	},
	{
		assumes: "the application may see buyers in the v2 reads",
		source:  "apidocs.linnworks.net, v2 GET /orders",
		does:    "looks whether the orders of the last 14 days name a buyer", calls: 1,
		ifNot: "give the application the permission for personal data if labels or addresses are to be compared; the bridge works without",
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			page, err := a.warehouse.OrdersV2.GetOrders(ctx, &linnworks.OrdersV2GetOrdersRequest{
				FromDate: &linnworks.Time{Time: time.Now().UTC().AddDate(0, 0, -14)}, EntriesPerPage: new(lookSize),
			})
			if done(err) != nil {
				return false, "", err
			}
			for _, o := range page.OpenOrders {
				if o.CustomerInfo.Address.FullName != "" {
					return true, "an open order names its buyer", nil
				}
			}
			if len(page.OpenOrders) == 0 {
				return false, "", notTried("no open order has changed in the last 14 days")
			}
			return false, "no open order names its buyer", nil
		},
	},
	{
		assumes: "the buyer is removed from an order so many days after it was sent as it was created with",
		source:  "apps.linnworks.net, Orders-CreateOrders (PIIRedactionDays)",
		does:    "looks at orders of the last 90 days that are due", calls: 2,
		ifNot: "buyers stay in Linnworks: agree with the client who removes them, and when",
		quirk: string(linnworkstest.PIIRedacted),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			rows, err := closed(ctx, a, linnworks.SearchProcessedOrdersRequestDateFieldProcessed)
			if err != nil {
				return false, "", err
			}
			var ids []linnworks.GUID
			for _, row := range rows {
				ids = append(ids, row.OrderID)
			}
			if len(ids) == 0 {
				return false, "", notTried("no order was processed in the last 90 days")
			}
			found, err := orders(ctx, a, ids)
			if err != nil {
				return false, "", err
			}
			for _, o := range found {
				// A day of grace: when in the day it happens is not told.
				days := o.GeneralInfo.PIIRedactionDays
				if days > 0 && time.Since(o.ProcessedDateTime.Time) > time.Duration(days+1)*24*time.Hour {
					named := o.CustomerInfo.Address.FullName != ""
					return !named, fmt.Sprintf("the buyer of one that is due is still there: %t", named), nil
				}
			}
			return false, "", notTried("no order was created with a day on which its buyer is to be removed, or none is due")
		},
	},
}

// isMore reports whether an amount is more than zero.
func isMore(d linnworks.Decimal) bool {
	r, ok := d.Rat()
	return ok && r.Sign() > 0
}

// changed reads what changed since a moment until look has found what it looks for.
func changed(ctx context.Context, a accounts, since time.Time, look func(*linnworks.GetOrdersResponse) bool) (bool, error) {
	r := &linnworks.OrdersV2GetOrdersRequest{FromDate: &linnworks.Time{Time: since}, IncludeProcessed: new(true), EntriesPerPage: new(lookSize)}
	for range lookPages {
		page, err := a.warehouse.OrdersV2.GetOrders(ctx, r)
		if done(err) != nil {
			return false, err
		}
		if look(page) {
			return true, nil
		}
		if page.NextSearchToken == "" || page.NextSearchToken == linnworks.ZeroGUID {
			return false, nil
		}
		r = &linnworks.OrdersV2GetOrdersRequest{SearchToken: &page.NextSearchToken}
	}
	return false, notTried("more than 1000 orders have changed since then")
}

func openIDs(ctx context.Context, a accounts, at linnworks.GUID) (map[linnworks.GUID]bool, error) {
	ids, err := a.warehouse.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{FulfilmentCenter: &at})
	set := map[linnworks.GUID]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set, err
}

// draftNumbers is how many order numbers are looked at for drafts.
const draftNumbers = 20

// draftsListed looks at the newest order numbers that the list of open orders does not
// have.
func draftsListed(ctx context.Context, a accounts) (bool, string, error) {
	ids, err := a.warehouse.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{
		FulfilmentCenter: new(linnworks.ZeroGUID), Sorting: []linnworks.FieldSorting{{FieldCode: "GENERAL_INFO_ORDER_ID", Direction: "Descending"}},
	})
	if err != nil {
		return false, "", err
	}
	if len(ids) == 0 {
		return false, "", notTried("no order is open at Default")
	}
	found, err := orders(ctx, a, ids) // the newest
	if err != nil {
		return false, "", err
	}
	listed, last := map[int]bool{}, 0
	for _, o := range found {
		if isDraft(o) {
			return true, "a draft is in the list", nil
		}
		listed[o.NumOrderID], last = true, max(last, o.NumOrderID)
	}
	for n := last + 3; n > last+3-draftNumbers && n > 0; n-- {
		if listed[n] {
			continue
		}
		o, err := a.warehouse.Orders.GetOrderDetailsByNumOrderID(ctx, &linnworks.GetOrderDetailsByNumOrderIDRequest{OrderID: n})
		if _, e := statusOf(err); e != nil {
			return false, "", e
		}
		if o != nil && isDraft(*o) && !slices.ContainsFunc(ids, o.OrderID.Equal) {
			return false, "a draft is not in the list", nil
		}
	}
	return false, "", notTried("there is no draft among the newest orders: begin one at Default and leave it")
}

// isDraft reports whether an order is one that somebody has only begun.
func isDraft(o linnworks.OrderDetails) bool {
	return o.OrderID != "" && !o.Processed && len(o.Items) == 0 && o.CustomerInfo.Address.FullName == "" && o.GeneralInfo.Location == linnworks.ZeroGUID
}
