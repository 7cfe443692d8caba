package linnworkstest

import (
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// itemsQuery are the parameters of getOrderItems.
type itemsQuery struct {
	OrderID linnworks.GUID `json:"orderId"`
}

// getOrderItems: https://apps.linnworks.net/Api/Method/Orders-GetOrderItems
func (f *Fake) getOrderItems(req *itemsQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	return f.viewLines(o.Items, o.GeneralInfo.Location), nil
}

// line finds a line of an order that may be edited.
func (f *Fake) lineOf(orderID, row linnworks.GUID) (*order, int, error) {
	o, err := f.find(orderID)
	if err != nil {
		return nil, 0, err
	}
	if err := f.editable(o); err != nil {
		return nil, 0, err
	}
	at := slices.IndexFunc(o.Items, func(line linnworks.OrderItem) bool { return line.RowID == row })
	if at < 0 {
		return nil, 0, refuse("Order item %s not found", row)
	}
	return o, at, nil
}

// updateOrderItem changes quantity, prices and item of a line. A line of
// another item is a new one: the channel does not know it.
//
// https://apps.linnworks.net/Api/Method/Orders-UpdateOrderItem
func (f *Fake) updateOrderItem(req *linnworks.UpdateOrderItemRequest) (any, error) {
	in := value(req.OrderItem)
	o, at, err := f.lineOf(req.OrderID, in.RowID)
	if err != nil {
		return nil, err
	}
	line := &o.Items[at]
	it := f.byItemID[in.StockItemID]
	if it == nil && in.StockItemID != "" && in.StockItemID != linnworks.ZeroGUID {
		return nil, refuse("Stock item %s not found", in.StockItemID)
	}
	if in.Quantity < 1 {
		return nil, errInvalid
	}
	f.move(o, func() {
		line.Quantity, line.PricePerUnit, line.UnitCost = in.Quantity, decimal(amount(in.PricePerUnit)), decimal(amount(in.PricePerUnit))
		line.Discount, line.TaxRate, line.TaxCostInclusive = decimal(amount(in.Discount)), in.TaxRate, in.TaxCostInclusive
		if it != nil {
			if it.id != line.StockItemID && f.quirks[ReplacedLinesLoseID] {
				line.ItemNumber, line.ChannelSKU, line.ChannelTitle, line.ItemSource = "", "", "", ""
				line.RowID = f.newID("row")
			}
			f.link(o, line, it)
		}
		price(line)
		o.sum()
	})
	f.note(o, "ITEM_CHANGED", "Line %s changed", line.RowID)
	return o.lineResult(*line), nil
}

// removeOrderItem: https://apps.linnworks.net/Api/Method/Orders-RemoveOrderItem
func (f *Fake) removeOrderItem(req *linnworks.RemoveOrderItemRequest) (any, error) {
	o, at, err := f.lineOf(req.OrderID, req.RowID)
	if err != nil {
		return nil, err
	}
	line := o.Items[at]
	f.move(o, func() {
		o.Items = slices.Delete(slices.Clone(o.Items), at, at+1)
		o.GeneralInfo.NumItems = len(o.Items)
		o.sum()
	})
	f.note(o, "ITEM_REMOVED", "Line %s removed", line.ItemNumber)
	return o.lineResult(line), nil
}

func (o *order) lineResult(line linnworks.OrderItem) linnworks.UpdateOrderItemResult {
	return linnworks.UpdateOrderItemResult{
		Item: line, TotalsInfo: o.TotalsInfo, ItemWeight: o.ShippingInfo.ItemWeight, TotalWeight: o.ShippingInfo.TotalWeight,
	}
}
