package linnworkstest

import (
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Tags of the identifiers that pick waves put on orders.
const (
	tagInWave = "PICKWAVE"
	tagPicked = "PICKWAVE_COMPLETE"
)

// wave is a pick wave.
type wave struct {
	id      int
	at      linnworks.GUID
	created linnworks.Time
	started linnworks.Time
	ended   linnworks.Time
	orders  []*order
	picked  map[*order]bool
}

// state follows from the orders.
func (w *wave) state() linnworks.PickingWaveState {
	switch {
	case len(w.orders) > 0 && len(w.picked) == len(w.orders):
		return "Complete"
	case w.started.IsZero():
		return "Unallocated"
	}
	return "InProgress"
}

func (w *wave) pickState(o *order) linnworks.PickingWaveOrderPickState {
	switch {
	case o.cancelled():
		return "Cancelled"
	case o.Processed:
		return "Processed"
	case o.gone:
		return "Deleted"
	case o.stopped():
		return "LockedOrParked"
	case w.picked[o]:
		return "Picked"
	}
	return "Unpicked"
}

// StartPicking puts orders of one location into a new pick wave and has somebody
// begin with it.
func (f *Fake) StartPicking(orderIDs ...linnworks.GUID) error {
	defer f.begin()()
	w := &wave{created: f.timestamp(), started: f.timestamp(), picked: map[*order]bool{}}
	for i, g := range orderIDs {
		o, err := f.workable("StartPicking", g)
		switch {
		case err != nil:
			return err
		case len(o.GeneralInfo.PickwaveIDs) > 0:
			return fmt.Errorf("linnworkstest: StartPicking: order %d (%s) is already in pick wave %d", o.NumOrderID, o.OrderID, o.GeneralInfo.PickwaveIDs[0])
		case i > 0 && o.GeneralInfo.Location != w.at:
			return fmt.Errorf("linnworkstest: StartPicking: order %d (%s) is at another location", o.NumOrderID, o.OrderID)
		}
		w.at = o.GeneralInfo.Location
		w.orders = append(w.orders, o)
	}
	w.id = f.next("pick wave")
	f.waves = append(f.waves, w)
	for _, o := range w.orders {
		o.GeneralInfo.PickwaveIDs, o.GeneralInfo.PickListPrinted = []int{w.id}, true
		o.identify(f.tags[0], true)
		f.note(o, "PICKWAVE", "Put into pick wave %d", w.id)
	}
	return nil
}

// Pick has an order in a pick wave picked.
func (f *Fake) Pick(orderID linnworks.GUID) error {
	defer f.begin()()
	o, err := f.workable("Pick", orderID)
	if err != nil {
		return err
	}
	for _, w := range f.waves {
		if !slices.Contains(w.orders, o) {
			continue
		}
		w.picked[o] = true
		if w.state() == "Complete" {
			w.ended = f.timestamp()
		}
		o.identify(f.tags[0], false)
		o.identify(f.tags[1], true)
		f.note(o, "PICKWAVE", "Picked")
		return nil
	}
	return fmt.Errorf("linnworkstest: Pick: order %d (%s) is in no pick wave", o.NumOrderID, o.OrderID)
}

// deleteFromWaves takes orders, by number, out of their pick waves.
//
// https://apps.linnworks.net/Api/Method/Picking-DeleteOrdersFromPickingWaves
func (f *Fake) deleteFromWaves(req *linnworks.DeleteOrdersFromPickingWavesRequest) (any, error) {
	var out linnworks.DeleteOrdersFromPickingWavesResponse
	for _, n := range req.OrderIDs {
		o := f.byNumber[n]
		if o == nil || len(o.GeneralInfo.PickwaveIDs) == 0 {
			out.NoPickwaves = append(out.NoPickwaves, n)
			continue
		}
		for _, w := range f.waves {
			w.orders = slices.DeleteFunc(w.orders, func(other *order) bool { return other == o })
			delete(w.picked, o)
		}
		o.GeneralInfo.PickwaveIDs = nil
		o.identify(f.tags[0], false)
		o.identify(f.tags[1], false)
		f.note(o, "PICKWAVE", "Taken out of its pick wave")
		out.ProcessedOrderIDs = append(out.ProcessedOrderIDs, n)
	}
	return out, nil
}

// waveQuery are the parameters of reads of pick waves.
type waveQuery struct {
	State         *linnworks.PickingState       `json:"state"`
	LocationID    *linnworks.GUID               `json:"locationId"`
	DetailLevel   *linnworks.PickingDetailLevel `json:"detailLevel"`
	PickingWaveID *int                          `json:"pickingWaveId"`
}

func (f *Fake) wavesOf(req *waveQuery) ([]*wave, error) {
	if *req == (waveQuery{}) && f.quirks[PickingGetsWantQuery] {
		return nil, errNoRequest
	}
	return slices.DeleteFunc(slices.Clone(f.waves), func(w *wave) bool {
		return req.State != nil && string(*req.State) != string(w.state()) || req.LocationID != nil && *req.LocationID != w.at ||
			req.PickingWaveID != nil && *req.PickingWaveID != w.id
	}), nil
}

// getWaveHeaders: https://apps.linnworks.net/Api/Method/Picking-GetAllPickingWaveHeaders
func (f *Fake) getWaveHeaders(req *waveQuery) (any, error) {
	waves, err := f.wavesOf(req)
	if err != nil {
		return nil, err
	}
	var out linnworks.GetPickingWaveHeadersResponse
	for _, w := range waves {
		row := linnworks.PickingWave{
			PickingWaveID: w.id, LocationID: w.at, State: w.state(), UserID: 1, EmailAddress: "picker@linnworkstest.example", CreatedDate: w.created,
			StartTime: w.started, EndTime: w.ended, OrderCount: len(w.orders), OrdersPicked: len(w.picked), GroupType: "Orders",
		}
		for i, o := range w.orders {
			goods := f.toPick(o)
			order := linnworks.PickingWaveOrder{
				PickingWaveOrdersRowID: i + 1, PickingWaveID: w.id, OrderID: o.NumOrderID, PickState: w.pickState(o), SortOrder: i, ItemCount: len(goods),
			}
			row.ItemCount += len(goods)
			for j, g := range goods {
				item := linnworks.PickingWaveItem{
					PickingWaveItemsRowID: j + 1, PickingWaveID: w.id, OrderID: o.NumOrderID, OrderItemRowID: g.OrderItemRowID, StockItemID: g.StockItemID,
					ToPickQuantity: g.Quantity, SortOrder: j, OrderSortOrder: i,
				}
				if w.picked[o] {
					item.PickedQuantity = g.Quantity
					order.PickedItemsCount++
					row.ItemsPicked++
				}
				order.Items = append(order.Items, item)
			}
			if value(req.DetailLevel) != "OnlyPickWave" {
				row.Orders = append(row.Orders, order)
			}
		}
		out.PickwaveHeaders = append(out.PickwaveHeaders, row)
	}
	return out, nil
}

// getWave: https://apps.linnworks.net/Api/Method/Picking-GetPickingWave
func (f *Fake) getWave(req *waveQuery) (any, error) {
	waves, err := f.wavesOf(req)
	if err != nil {
		return nil, err
	}
	var out linnworks.GetPickingWavesResponse
	known := map[linnworks.GUID]bool{}
	for _, w := range waves {
		row := linnworks.PickingWaveDetailed{
			PickingWaveID: w.id, LocationID: w.at, State: linnworks.PickingWaveDetailedState(w.state()), UserID: 1,
			EmailAddress: "picker@linnworkstest.example", CreatedDate: w.created, StartTime: w.started, EndTime: w.ended,
			OrderCount: len(w.orders), OrdersPicked: len(w.picked), GroupType: "Orders",
		}
		for i, o := range w.orders {
			order := linnworks.PickingWaveOrderDetailed{
				PickingWaveOrdersRowID: i + 1, PickingWaveID: w.id, OrderID: o.NumOrderID, OrderIDGUID: o.OrderID, SortOrder: i,
				PickState:   linnworks.PickingWaveOrderDetailedPickState(w.pickState(o)),
				IsProcessed: o.Processed, IsCancelled: o.cancelled(), IsLocked: o.locked(), IsOnHold: o.parked(), IsPaid: o.paid(),
			}
			for j, g := range f.toPick(o) {
				order.Items = append(order.Items, linnworks.PickingWaveItemDetailed{
					PickingWaveItemsRowID: j + 1, PickingWaveID: w.id, OrderID: o.NumOrderID, OrderItemRowID: g.OrderItemRowID, StockItemID: g.StockItemID,
					ToPickQuantity: g.Quantity, SortOrder: j, OrderSortOrder: i,
				})
				if !known[g.StockItemID] {
					known[g.StockItemID] = true
					out.SKUs = append(out.SKUs, linnworks.StockItemInfo{StockItemID: g.StockItemID, SKU: g.SKU, ItemTitle: g.ItemTitle})
				}
			}
			order.ItemCount = len(order.Items)
			row.ItemCount += len(order.Items)
			row.Orders = append(row.Orders, order)
		}
		out.PickingWaves = append(out.PickingWaves, row)
	}
	return out, nil
}

// checkAllocatable tells for each order, by number, what keeps it from joining
// a pick wave. It changes nothing.
//
// https://apps.linnworks.net/Api/Method/Picking-CheckAllocatableToPickwave
func (f *Fake) checkAllocatable(req *linnworks.CheckAllocatableToPickwaveRequest) (any, error) {
	var out linnworks.CheckAllocatableToPickwaveResponse
	for i, number := range req.OrderIDs {
		result := linnworks.PickWaveAllocateCheckResult{SortOrder: i, OrderID: number, OrderIDGUID: linnworks.ZeroGUID}
		o := f.byNumber[number]
		if o == nil {
			result.Errors = []linnworks.PickWaveAllocateCheckResultError{{ErrorType: "OrderDoesntExist", Error: "The order does not exist"}}
		} else {
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
