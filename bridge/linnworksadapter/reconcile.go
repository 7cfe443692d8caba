package linnworksadapter

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/linnworks"
)

var _ audit.BookedOrders = (*Warehouse)(nil)

// OrdersBooked implements [audit.BookedOrders], 200 orders a call. Orders of another source
// under the same reference, such as those made by hand, are not listed.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrdersById
func (l *Warehouse) OrdersBooked(ctx context.Context, from, to time.Time) (list []audit.BookedOrder, unread map[string]string, err error) {
	ctx = linnworks.Bulk(ctx)
	missing, err := l.receivedIn(ctx, from, to)
	if err != nil {
		return nil, nil, err
	}
	unread = map[string]string{}
	ids := slices.Sorted(maps.Keys(missing))
	for chunk, err := range l.client.Orders.GetOrdersByIDBatched(ctx, &linnworks.GetOrdersByIDRequest{OrderIDs: ids}) {
		if exceptRecords(err) != nil {
			return nil, nil, err
		}
		for _, o := range chunk {
			delete(missing, lower(o.OrderID))
			if !l.ours(o.GeneralInfo) || o.GeneralInfo.Status == statusResend {
				continue
			}
			b := booked(o)
			if len(b.References) == 0 {
				unread["in "+b.Number] = "it has no reference of the shop"
				continue
			}
			list = append(list, b)
		}
	}
	for id, reference := range missing {
		if reference == "" {
			reference = string(id)
		}
		unread[reference] = "Linnworks lists it and does not return it so that it can be read"
	}
	return list, unread, nil
}

// booked is an order in the words of an audit.
func booked(o linnworks.OrderDetails) audit.BookedOrder {
	w := warehouseOrder(o)
	b := audit.BookedOrder{
		Number: w.Number, References: w.References, Void: w.State == bridge.Dropped, Sent: w.State == bridge.Processed,
		ReceivedAt: moment(o.GeneralInfo.ReceivedDate), ChangedAt: moment(o.GeneralInfo.ReceivedDate), LinesKnown: true, Tracking: w.Tracking,
	}
	if o.Processed {
		b.ChangedAt = w.ProcessedAt
	}
	if reference := strings.TrimSpace(w.Reference); reference != "" {
		b.References = []string{reference}
	}
	for _, line := range w.Lines {
		if line.ShopLineIDs == nil {
			b.LinesKnown = false
		}
		b.LineIDs = append(b.LineIDs, line.ShopLineIDs...)
	}
	total, _, err := money.Round(string(o.TotalsInfo.TotalCharge), strings.ToUpper(o.TotalsInfo.Currency))
	if err == nil {
		b.Total, b.TotalKnown = total, true
	}
	return b
}
