package linnworksadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/linnworks"
)

var _ returns.Warehouse = (*Warehouse)(nil)

// maxNote is how long the note of a refund may be.
const maxNote = 250

// SentOrders implements [returns.Warehouse]: two calls for the orders, and two more for
// what was booked for each.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRefundHeadersByOrderId,
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRMAHeadersByOrderId
func (l *Warehouse) SentOrders(ctx context.Context, orderID string, ids []string) ([]returns.Sent, error) {
	var now []linnworks.GUID
	if len(ids) > 0 {
		traced, err := l.TraceOrders(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			for _, w := range traced[id] {
				now = append(now, lower(linnworks.GUID(w.ID)))
			}
		}
		slices.Sort(now)
		now = slices.Compact(now)
	}
	var orders []linnworks.OrderDetails
	if len(now) > 0 {
		found, err := l.client.Orders.FindOrders(ctx, now)
		if err != nil {
			return nil, err
		}
		orders = slices.Collect(maps.Values(found))
	} else {
		found, err := l.client.Orders.FindOrdersByReference(ctx, l.options.Source, l.options.SubSource, orderID)
		if err != nil {
			return nil, err
		}
		orders = found
	}
	slices.SortFunc(orders, func(a, b linnworks.OrderDetails) int { return cmp.Compare(a.NumOrderID, b.NumOrderID) })
	list := make([]returns.Sent, 0, len(orders))
	for _, o := range orders {
		s := sentOrder(o)
		if err := l.booked(ctx, &s); err != nil {
			return nil, fmt.Errorf("what is booked for order %s: %w", s.Number, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// sentOrder reads the order itself.
func sentOrder(o linnworks.OrderDetails) returns.Sent {
	s := returns.Sent{
		ID: string(lower(o.OrderID)), Number: strconv.Itoa(o.NumOrderID), LocationID: string(o.FulfilmentLocationID),
		Gone: o.Processed && !o.GeneralInfo.HoldOrCancel, Dropped: o.Processed && o.GeneralInfo.HoldOrCancel, Currency: strings.ToUpper(o.TotalsInfo.Currency),
	}
	units := map[string][]string{}
	for _, p := range o.ExtendedProperties {
		if id, ok := strings.CutPrefix(p.Name, bridge.LineIDsProperty); ok {
			units[id] = strings.Split(p.Value, ",")
		}
	}
	for _, item := range o.Items {
		if item.IsService {
			continue
		}
		row := returns.Row{ID: string(lower(item.RowID)), SKU: cmp.Or(item.SKU, item.ChannelSKU), Quantity: item.Quantity, LineIDs: units[item.ItemNumber]}
		if row.LineIDs == nil && item.ItemNumber != "" {
			row.LineIDs = []string{item.ItemNumber}
		}
		worth, _, err := money.Round(string(item.CostIncTax), s.Currency)
		if err == nil {
			row.Worth = worth.Minor // it weighs the parts of a bundle, no more
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// booked reads the refunds and returns of an order.
func (l *Warehouse) booked(ctx context.Context, s *returns.Sent) error {
	refunds, err := l.client.ReturnsRefunds.GetRefundHeadersByOrderID(ctx, &linnworks.GetRefundHeadersByOrderIDRequest{OrderID: linnworks.GUID(s.ID)})
	if err != nil {
		return err
	}
	for _, h := range refunds.RefundHeaders {
		b := returns.BookedRefund{ID: strconv.Itoa(h.RefundHeaderID), Reference: h.ExternalReference, Done: h.Actioned, At: moment(h.CreatedDate)}
		for _, line := range h.RefundLines {
			b.Reference = cmp.Or(b.Reference, line.ExternalReference)
		}
		if b.Amount, _, err = money.Round(string(h.Amount), cmp.Or(strings.ToUpper(h.Currency), s.Currency)); err != nil {
			b.Amount, b.Unread = money.Amount{}, true
		}
		s.Refunds = append(s.Refunds, b)
	}
	goods, err := l.client.ReturnsRefunds.GetRMAHeadersByOrderID(ctx, &linnworks.GetRMAHeadersByOrderIDRequest{OrderID: linnworks.GUID(s.ID)})
	if err != nil {
		return err
	}
	for _, h := range goods.RMAHeaders {
		b := returns.BookedGoods{ID: strconv.Itoa(h.RMAHeaderID), Reference: h.ExternalReference, Done: h.Actioned}
		for _, line := range h.RMALines {
			if line.Deleted || line.ReturnQuantity == 0 {
				continue
			}
			b.Reference = cmp.Or(b.Reference, line.ExternalReference)
			b.Rows = append(b.Rows, returns.GoodsRow{RowID: string(lower(line.OrderItemRowID)), Quantity: line.ReturnQuantity, Scrap: line.ScrapQuantity})
		}
		if len(b.Rows) > 0 {
			s.Goods = append(s.Goods, b)
		}
	}
	return nil
}

// refundUnits are the words of Linnworks.
var refundUnits = map[returns.RefundUnit]linnworks.NewRefundLineRefundedUnit{
	returns.RefundItem: "Item", returns.RefundShipping: "Shipping", returns.RefundOther: "Additional",
}

// BookRefund implements [returns.Warehouse]. The refund counts as begun by the channel, so
// that Linnworks tells no channel of it.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-CreateRefund
func (l *Warehouse) BookRefund(ctx context.Context, b returns.RefundBooking) error {
	request := &linnworks.CreateRefundRequest{ChannelInitiated: new(true), OrderID: linnworks.GUID(b.WarehouseID)}
	for _, line := range b.Lines {
		n := linnworks.NewRefundLine{
			RefundedUnit: new(refundUnits[line.Unit]), Amount: new(linnworks.Decimal(line.Amount.Decimal())),
			ExternalReference: new(b.Reference), FreeTextOrNote: new(clipRunes(b.Note, maxNote)),
		}
		if line.Unit == returns.RefundItem {
			n.OrderItemRowID, n.Quantity = new(linnworks.GUID(line.RowID)), new(line.Quantity)
		}
		request.RefundLines = append(request.RefundLines, n)
	}
	out, err := l.client.ReturnsRefunds.CreateRefund(ctx, request)
	if err != nil {
		return bookingError(err)
	}
	if out.RefundHeaderID == 0 {
		return notBooked("the refund", string(out.CannotRefundReason), out.Errors)
	}
	return nil
}

// FinishRefund implements [returns.Warehouse]. That it only marks the refund as done in
// Linnworks is documented, and was not tried on a live account.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-ActionRefund
func (l *Warehouse) FinishRefund(ctx context.Context, warehouseID, refundID string) error {
	id, err := strconv.Atoi(refundID)
	if err != nil {
		return fmt.Errorf("linnworksadapter: %q is the id of no refund", refundID)
	}
	out, err := l.client.ReturnsRefunds.ActionRefund(ctx, &linnworks.ActionRefundRequest{OrderID: new(linnworks.GUID(warehouseID)), RefundHeaderID: id})
	if err != nil {
		return bookingError(err)
	}
	if !out.SuccessfullyActioned {
		return notBooked("the refund", string(out.CannotRefundReason), out.Errors)
	}
	return nil
}

// BookGoods implements [returns.Warehouse].
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-CreateRMABooking
func (l *Warehouse) BookGoods(ctx context.Context, b returns.GoodsBooking) error {
	request := &linnworks.CreateRMABookingRequest{ChannelInitiated: new(true), OrderID: linnworks.GUID(b.WarehouseID), Reference: new(b.Reference)}
	for _, row := range b.Rows {
		request.ReturnItems = append(request.ReturnItems, linnworks.ReturnItem{
			OrderItemRowID: new(linnworks.GUID(row.RowID)), ReturnQuantity: new(row.Quantity), ScrapQuantity: new(row.Scrap),
			ReturnLocation: new(linnworks.GUID(b.LocationID)), Reason: new(clipRunes(b.Note, maxNote)),
		})
	}
	out, err := l.client.ReturnsRefunds.CreateRMABooking(ctx, request)
	if err != nil {
		return bookingError(err)
	}
	if out.RMAHeaderID == 0 {
		return notBooked("the return", "", out.Errors)
	}
	return nil
}

// FinishGoods implements [returns.Warehouse].
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-ActionRMABooking
func (l *Warehouse) FinishGoods(ctx context.Context, warehouseID, bookingID string) error {
	id, err := strconv.Atoi(bookingID)
	if err != nil {
		return fmt.Errorf("linnworksadapter: %q is the id of no return", bookingID)
	}
	out, err := l.client.ReturnsRefunds.ActionRMABooking(ctx, &linnworks.ActionRMABookingRequest{OrderID: new(linnworks.GUID(warehouseID)), RMAHeaderID: id})
	if err != nil {
		return bookingError(err)
	}
	if !out.SuccessfullyActioned {
		return notBooked("the return", "", out.Errors)
	}
	return nil
}

// DropGoods implements [returns.Warehouse].
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-DeleteRMA
func (l *Warehouse) DropGoods(ctx context.Context, bookingID string) error {
	id, err := strconv.Atoi(bookingID)
	if err != nil {
		return fmt.Errorf("linnworksadapter: %q is the id of no return", bookingID)
	}
	_, err = l.client.ReturnsRefunds.DeleteRMA(ctx, &linnworks.DeleteRMARequest{RMAHeaderID: &id, RejectOnChannel: new(false)})
	return bookingError(err)
}

// notBooked is what Linnworks says in a reply that looks like success.
func notBooked(what, reason string, errs []string) error {
	words := slices.DeleteFunc(append([]string{reason}, errs...), func(s string) bool { return s == "" || s == "None" })
	if len(words) == 0 {
		words = []string{"no reason given"}
	}
	return refusedBooking(fmt.Errorf("%s: %s", what, strings.Join(words, "; ")))
}

// bookingError tells what Linnworks has refused from what is not known.
func bookingError(err error) error {
	if err == nil || linnworks.IsOutcomeUnknown(err) || !linnworks.IsPartial(err) && !linnworks.IsRequest(err) && !linnworks.IsNotFound(err) {
		return err
	}
	return refusedBooking(err)
}

func refusedBooking(err error) error {
	return &exceptions.RefusedError{
		Do:  "open the order in Linnworks and see what stands in the way: an open order, a refund entered by hand, or more than was sold",
		Err: errors.Join(err),
	}
}
