package bridge

import (
	"context"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

var _ KnownOrders = (*Linnworks)(nil)

// KnownOrders implements [KnownOrders] with what the import has left on the
// orders: one that is free to pick was ready to ship when the shop was last
// read. It costs a call for each order.
func (l *Linnworks) KnownOrders(ctx context.Context, ids []string) ([]Order, error) {
	var list []Order
	for _, id := range ids {
		found, err := l.client.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: id})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if !l.ours(o.GeneralInfo) || o.GeneralInfo.ReferenceNum != id || o.GeneralInfo.Status == statusResend {
				continue
			}
			if w := warehouseOrder(o); w.State != Dropped { // of a split order any part will do
				list = append(list, knownOrder(w, o))
				break
			}
		}
	}
	return list, nil
}

func knownOrder(w WarehouseOrder, o linnworks.OrderDetails) Order {
	known := Order{ID: w.Reference, Status: OnHold, ShipBy: o.GeneralInfo.DespatchByDate.Time}
	if w.State == Open || w.State == Processed {
		known.Status = AwaitingShipment
	}
	for _, p := range o.ExtendedProperties {
		switch p.Name {
		case "tiktok.shipping_model":
			known.ShippingModel = ShippingModel(p.Value)
		case "tiktok.cancelled_by":
			if at, err := strconv.ParseInt(p.Value, 10, 64); err == nil {
				known.CancelledBy = time.Unix(at, 0).UTC()
			}
		}
	}
	return known
}
