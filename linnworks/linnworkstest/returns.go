package linnworkstest

import (
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// rma is the booking of returns, exchanges and resends of an order.
type rma struct {
	linnworks.OrderRMAHeader
	order *order
}

// createRMABooking books what comes back and what goes out again. Nothing moves
// until the booking is actioned.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-CreateRMABooking
func (f *Fake) createRMABooking(req *linnworks.CreateRMABookingRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := linnworks.CreateRMABookingResponse{}
	if !o.Processed || o.cancelled() {
		out.Errors = []string{fmt.Sprintf("Order %d is %s", o.NumOrderID, o.state())}
		return out, nil
	}
	var lines []linnworks.VerifiedRMAItem
	for _, in := range req.ReturnItems {
		lines = append(lines, linnworks.VerifiedRMAItem{
			Type: "Return", OrderItemRowID: value(in.OrderItemRowID), ReturnLocation: value(in.ReturnLocation), ReturnQuantity: value(in.ReturnQuantity),
			ScrapQuantity: value(in.ScrapQuantity), RefundAmount: value(in.RefundAmount), Reason: value(in.Reason), ReasonCategory: value(in.ReasonCategory),
		})
	}
	for _, in := range req.ExchangeItems {
		lines = append(lines, linnworks.VerifiedRMAItem{
			Type: "Exchange", OrderItemRowID: value(in.OrderItemRowID), ReturnLocation: value(in.ReturnLocation), ReturnQuantity: value(in.ReturnQuantity),
			ScrapQuantity: value(in.ScrapQuantity), ExchangeStockItemID: value(in.ExchangeStockItemID), ExchangeQuantity: value(in.ExchangeQuantity),
			DespatchLocationID: value(in.DespatchLocationID), Reason: value(in.Reason), ReasonCategory: value(in.ReasonCategory),
		})
	}
	for _, in := range req.ResendItems {
		lines = append(lines, linnworks.VerifiedRMAItem{
			Type: "Resend", OrderItemRowID: value(in.OrderItemRowID), ResendQuantity: value(in.ResendQuantity),
			DespatchLocationID: value(in.DespatchLocationID), Reason: value(in.Reason), ReasonCategory: value(in.ReasonCategory),
		})
	}
	coming := map[linnworks.GUID]int{}
	for i := range lines {
		line := &lines[i]
		at := slices.IndexFunc(o.Items, func(item linnworks.OrderItem) bool { return item.RowID == line.OrderItemRowID })
		switch {
		case at < 0:
			line.ValidationError = "The order has no such item"
		case line.ReturnQuantity+line.ResendQuantity < 1 || line.ScrapQuantity > line.ReturnQuantity:
			line.ValidationError = "The quantity is not valid"
		case line.Type == "Exchange" && (f.byItemID[line.ExchangeStockItemID] == nil || line.ExchangeQuantity < 1):
			line.ValidationError = "There is nothing to exchange the item for"
		case f.location(line.ReturnLocation) == nil || f.location(line.DespatchLocationID) == nil:
			line.ValidationError = "Location not found."
		default:
			item := o.Items[at]
			line.ReturnItemSKU, line.ReturnItemTitle = item.SKU, item.Title
			coming[item.RowID] += line.ReturnQuantity
			if coming[item.RowID] > item.Quantity-o.returned(item.RowID) {
				line.ValidationError = "More than was sent"
			}
		}
		if line.ValidationError != "" {
			out.Errors = append(out.Errors, line.ValidationError)
		}
	}
	if len(lines) == 0 {
		out.Errors = append(out.Errors, "The booking is empty")
	}
	out.Items = lines
	if len(out.Errors) > 0 {
		return out, nil
	}
	r := &rma{order: o, OrderRMAHeader: linnworks.OrderRMAHeader{
		RMAHeaderID: f.next("booking"), OrderID: o.OrderID, NumOrderID: o.NumOrderID, OrderSource: o.GeneralInfo.Source,
		OrderSubSource: o.GeneralInfo.SubSource, ExternalReference: value(req.Reference), ChannelInitiated: value(req.ChannelInitiated),
		CreatedDate: f.timestamp(),
	}}
	r.Status.StatusHeader = "OPEN"
	for i := range lines {
		lines[i].RMAHeaderID, lines[i].RMARowID, lines[i].CreatedDate = r.RMAHeaderID, f.next("booking row"), r.CreatedDate
		lines[i].ExternalReference = r.ExternalReference
	}
	r.RMALines = lines
	f.rmas[r.RMAHeaderID] = r
	o.bookings = append(o.bookings, r)
	f.note(o, "RMA", "Booking %d", r.RMAHeaderID)
	out.RMAHeaderID, out.Items = r.RMAHeaderID, slices.Clone(lines)
	return out, nil
}

// returned is how many units of a line were booked to come back.
func (o *order) returned(row linnworks.GUID) int {
	n := 0
	for _, r := range o.bookings {
		for _, line := range r.RMALines {
			if line.OrderItemRowID == row {
				n += line.ReturnQuantity
			}
		}
	}
	return n
}

// actionRMABooking puts what came back into the stock of the return location,
// except for what is scrapped, and makes orders of what goes out again: with
// status 4 and the references of the first.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-ActionRMABooking
func (f *Fake) actionRMABooking(req *linnworks.ActionRMABookingRequest) (any, error) {
	r := f.rmas[req.RMAHeaderID]
	if r == nil {
		return linnworks.ActionRMABookingResponse{Errors: []string{"The booking does not exist"}}, nil
	}
	if !r.Actioned {
		f.actionBooking(r)
	}
	return linnworks.ActionRMABookingResponse{
		SuccessfullyActioned: true, RMAHeaderID: r.RMAHeaderID, Status: r.Status, Items: slices.Clone(r.RMALines),
	}, nil
}

func (f *Fake) actionBooking(r *rma) {
	now := f.timestamp()
	r.Actioned, r.LastActionDate, r.Status.StatusHeader = true, now, "PROCESSED"
	for i := range r.RMALines {
		line := &r.RMALines[i]
		line.Actioned, line.ActionedDate, line.Status = true, now, r.Status
		at := slices.IndexFunc(r.order.Items, func(item linnworks.OrderItem) bool { return item.RowID == line.OrderItemRowID })
		sent := r.order.Items[at]
		f.putBack(sent, line.ReturnQuantity-line.ScrapQuantity, f.location(line.ReturnLocation).id, fmt.Sprintf("RETURN %d", r.order.NumOrderID))
		it, n := f.byItemID[sent.StockItemID], line.ResendQuantity
		if line.Type == "Exchange" {
			it, n = f.byItemID[line.ExchangeStockItemID], line.ExchangeQuantity
		}
		if n > 0 {
			line.NewOrderID = f.resend(r.order, sent, it, n, f.location(line.DespatchLocationID), line.Type == "Exchange").OrderID
		}
	}
	f.note(r.order, "RMA", "Booking %d actioned", r.RMAHeaderID)
}

// putBack adds n units of a line to the stock of a location, of a kit the
// components'.
func (f *Fake) putBack(line linnworks.OrderItem, n int, at linnworks.GUID, operation string) {
	it := f.byItemID[line.StockItemID]
	switch {
	case it == nil || n == 0:
	case it.computed(at):
		for _, sub := range line.CompositeSubItems {
			f.putBack(sub, sub.Quantity/line.Quantity*n, at, operation)
		}
	case it.tracked(at):
		it.set(at, it.stock(at).onHand+n, f.timestamp(), operation)
	}
}

// statusResend is the status of orders that replace what was sent.
const statusResend = 4

// resend makes an order of n units of an item that go out again.
func (f *Fake) resend(o *order, sent linnworks.OrderItem, it *item, n int, from *location, exchange bool) *order {
	child := f.clone(o)
	child.Processed, child.ProcessedDateTime = false, linnworks.Time{}
	child.resend, child.exchange = !exchange, exchange
	g := &child.GeneralInfo
	g.Status, g.Location, g.HoldOrCancel, g.NumItems = statusResend, from.id, false, 1
	child.FulfilmentLocationID = from.id
	child.TotalsInfo.PostageCost, child.TotalsInfo.PostageCostExTax = "0", "0"
	f.move(child, func() {
		sent.RowID, sent.OrderID, sent.Quantity, sent.PricePerUnit = f.newID("row"), child.OrderID, n, "0"
		if it != nil {
			f.link(child, &sent, it)
		}
		price(&sent)
		child.Items = []linnworks.OrderItem{sent}
		child.sum()
	})
	f.replaced(o, child, "RESEND")
	f.note(child, "RESEND", "Sent again for order %d", o.NumOrderID)
	return child
}

// deleteRMA takes back a booking that was not actioned: it goes from every list.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-DeleteRMA
func (f *Fake) deleteRMA(req *linnworks.DeleteRMARequest) (any, error) {
	r := f.rmas[value(req.RMAHeaderID)]
	if r == nil || r.Actioned {
		return nil, refuse("The booking does not exist or was actioned")
	}
	delete(f.rmas, r.RMAHeaderID)
	r.order.bookings = slices.DeleteFunc(r.order.bookings, func(other *rma) bool { return other == r })
	f.note(r.order, "RMA", "Booking %d deleted", r.RMAHeaderID)
	return struct{}{}, nil
}

// getRMAHeaders: https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRMAHeadersByOrderId
func (f *Fake) getRMAHeaders(req *linnworks.GetRMAHeadersByOrderIDRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	var out linnworks.GetRMAHeadersByOrderIDResponse
	for _, r := range o.bookings {
		header := r.OrderRMAHeader
		header.RMALines = slices.Clone(r.RMALines)
		out.RMAHeaders = append(out.RMAHeaders, header)
	}
	return out, nil
}

// getReturnItemsInfo: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetReturnItemsInfo
func (f *Fake) getReturnItemsInfo(req *processedQuery) (any, error) {
	o, err := f.processedOrder(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := []linnworks.OrderItemReturnInfo{}
	for _, line := range o.Items {
		out = append(out, f.returnInfo(o, line, line))
	}
	return out, nil
}

// returnInfo tells what of a line can come back.
func (f *Fake) returnInfo(o *order, line, parent linnworks.OrderItem) linnworks.OrderItemReturnInfo {
	ratio := line.Quantity / parent.Quantity
	gone := o.returned(parent.RowID) * ratio
	out := linnworks.OrderItemReturnInfo{
		OrderID: o.OrderID, OrderItemRowID: line.RowID, SKU: line.SKU, ItemTitle: line.Title, StockItemID: line.StockItemID,
		OrderQty: line.Quantity, ReturnedQty: gone, ReturnableQty: line.Quantity - gone, UnitValue: line.PricePerUnit, TaxRate: line.TaxRate,
		TaxCostInclusive: line.TaxCostInclusive, Currency: o.TotalsInfo.Currency, IsCompositeParent: len(line.CompositeSubItems) > 0,
	}
	if line.RowID != parent.RowID {
		out.ParentRowID, out.ParentRatio = parent.RowID, ratio
	}
	for _, sub := range line.CompositeSubItems {
		out.ChildItems = append(out.ChildItems, f.returnInfo(o, sub, line))
	}
	return out
}

// getReturnsExchanges: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetReturnsExchanges
func (f *Fake) getReturnsExchanges(req *processedQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	kinds := map[linnworks.VerifiedRMAItemType][2]linnworks.ReturnInfoRowType{
		"Return": {"RETURNBOOKING", "RETURN"}, "Exchange": {"EXCHANGEBOOKING", "EXCHANGE"}, "Resend": {"RESEND", "RESEND"},
	}
	out := []linnworks.ReturnInfo{}
	for _, r := range o.bookings {
		for _, line := range r.RMALines {
			kind := kinds[line.Type][0]
			if line.Actioned {
				kind = kinds[line.Type][1]
			}
			out = append(out, linnworks.ReturnInfo{
				ReturnID: line.RMARowID, RowType: kind, ReturnReference: r.ExternalReference, OrderID: o.OrderID, NumOrderID: o.NumOrderID,
				OrderItemRowID: line.OrderItemRowID, SKU: line.ReturnItemSKU, ItemTitle: line.ReturnItemTitle, Reason: line.Reason,
				Category: line.ReasonCategory, ReturnQty: line.ReturnQuantity, ScrapQty: line.ScrapQuantity, Scrapped: line.ScrapQuantity > 0,
				ReturnLocationID: line.ReturnLocation, Completed: line.Actioned, FkNewOrderID: line.NewOrderID, ReturnDate: line.CreatedDate,
				LastDate: line.ActionedDate, LastState: string(line.Status.StatusHeader),
			})
		}
	}
	return out, nil
}
