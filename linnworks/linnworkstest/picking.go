package linnworkstest

import (
	"github.com/linnbridge/linnbridge/linnworks"
)

// checkAllocatable tells for each order, by number, what keeps it from joining
// a pick wave. It changes nothing.
//
// https://apps.linnworks.net/Api/Method/Picking-CheckAllocatableToPickwave
func (f *Fake) checkAllocatable(req *linnworks.CheckAllocatableToPickwaveRequest) (any, error) {
	var out linnworks.CheckAllocatableToPickwaveResponse
	for i, number := range req.OrderIDs {
		result := linnworks.PickWaveAllocateCheckResult{SortOrder: i, OrderID: number, OrderIDGUID: linnworks.ZeroGUID}
		n := number - firstOrderNumber
		if n < 0 || n >= len(f.orders) {
			result.Errors = []linnworks.PickWaveAllocateCheckResultError{{ErrorType: "OrderDoesntExist", Error: "The order does not exist"}}
		} else {
			o := f.orders[n]
			result.OrderIDGUID = o.OrderID
			result.Errors = obstacles(o)
			if len(result.Errors) == 0 {
				result.OrderDetails = f.toPick(o)
			}
		}
		result.HasErrors = len(result.Errors) > 0
		out.Results = append(out.Results, result)
	}
	return out, nil
}

// obstacles lists what keeps an order from joining a pick wave.
func obstacles(o *order) []linnworks.PickWaveAllocateCheckResultError {
	type obstacle = linnworks.PickWaveAllocateCheckResultError
	switch {
	case o.cancelled():
		return []obstacle{{ErrorType: "IsCancelled", Error: "The order is cancelled"}}
	case o.Processed:
		return []obstacle{{ErrorType: "IsProcessed", Error: "The order is processed"}}
	}
	var out []obstacle
	if o.locked() {
		out = append(out, obstacle{ErrorType: "IsLocked", Error: "The order is locked"})
	}
	if o.parked() {
		out = append(out, obstacle{ErrorType: "IsParked", Error: "The order is parked"})
	}
	if len(o.GeneralInfo.PickwaveIDs) > 0 {
		out = append(out, obstacle{ErrorType: "AlreadyExistsInWave", Error: "The order is in a pick wave"})
	}
	goods := false
	for _, line := range o.Items {
		goods = goods || !line.IsService
		if line.IsUnlinked {
			out = append(out, obstacle{ErrorType: "UnlinkedItem", Error: "The item is not linked", OrderItemRowID: line.RowID})
		}
	}
	if !goods {
		out = append(out, obstacle{ErrorType: "NoVaidItems", Error: "The order has nothing to pick"})
	}
	return out
}

// toPick lists the goods of an order, of kits the components.
func (f *Fake) toPick(o *order) []linnworks.PickWaveAllocateCheckResultOrderDetails {
	var out []linnworks.PickWaveAllocateCheckResultOrderDetails
	var add func(lines []linnworks.OrderItem)
	add = func(lines []linnworks.OrderItem) {
		for _, line := range lines {
			switch {
			case line.IsService:
			case len(line.CompositeSubItems) > 0:
				add(line.CompositeSubItems)
			default:
				out = append(out, linnworks.PickWaveAllocateCheckResultOrderDetails{
					LocationID: o.GeneralInfo.Location, OrderItemRowID: line.RowID, StockItemID: line.StockItemID,
					SKU: line.SKU, ItemTitle: line.Title, Quantity: line.Quantity,
				})
			}
		}
	}
	add(o.Items)
	return out
}
