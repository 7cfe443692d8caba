package linnworkstest

import (
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// views are the account's views of the open orders.
var views = []struct {
	id   int
	name string
	has  func(*order) bool
}{
	{1, "All Open Orders", func(*order) bool { return true }},
	{2, "Ready", (*order).processable},
}

// inView returns the open orders of a location that a view shows.
func (f *Fake) inView(view int, at linnworks.GUID) ([]*order, error) {
	for _, v := range views {
		if v.id == view {
			return slices.DeleteFunc(f.openOrders(), func(o *order) bool {
				return o.GeneralInfo.Location != at || !v.has(o)
			}), nil
		}
	}
	return nil, refuse("View %d not found", view)
}

// openRow is an open order as lists show it.
func (f *Fake) openRow(o *order) linnworks.OpenOrder {
	d := f.view(o)
	units, enough := 0, true
	for _, line := range d.Items {
		units += line.Quantity
		enough = enough && (line.IsService || line.AvailableStock >= 0)
	}
	return linnworks.OpenOrder{
		OrderID: d.OrderID, NumOrderID: d.NumOrderID, GeneralInfo: d.GeneralInfo, ShippingInfo: d.ShippingInfo, CustomerInfo: d.CustomerInfo,
		TotalsInfo: d.TotalsInfo, TaxInfo: linnworks.OrderTaxInfo{TaxNumber: d.TaxID}, FolderName: d.FolderName, Items: d.Items,
		HasItems: len(d.Items) > 0, TotalItemsSum: units, CanFulfil: enough,
	}
}

// pageOfView serves the parameters of the paged reads of a view.
func (f *Fake) pageOfView(req *linnworks.OpenOrdersGetOpenOrdersRequest) ([]*order, error) {
	if req.ViewID == 0 && f.quirks[WrappedListsAreEmpty] {
		return nil, nil
	}
	if req.EntriesPerPage < 1 || req.EntriesPerPage > maxPage {
		return nil, refuse("Number must be between 1 and %d", maxPage)
	}
	l, err := f.place(req.LocationID)
	if err != nil {
		return nil, err
	}
	orders, err := f.inView(req.ViewID, l.id)
	return slices.DeleteFunc(orders, func(o *order) bool {
		return len(req.OrderIDs) > 0 && !slices.Contains(req.OrderIDs, o.OrderID)
	}), err
}

// getOpenOrdersOfView is [linnworks.OpenOrdersService.GetOpenOrders].
//
// https://apps.linnworks.net/Api/Method/OpenOrders-GetOpenOrders
func (f *Fake) getOpenOrdersOfView(req *linnworks.OpenOrdersGetOpenOrdersRequest) (any, error) {
	orders, err := f.pageOfView(req)
	if err != nil {
		return nil, err
	}
	out := linnworks.FilteredOpenOrderPage{
		PageNumber: max(value(req.PageNumber), 1), EntriesPerPage: req.EntriesPerPage,
		TotalEntries: int64(len(orders)), TotalPages: pages(len(orders), max(req.EntriesPerPage, 1)),
	}
	for _, o := range page(orders, out.PageNumber, req.EntriesPerPage) {
		row := f.openRow(o)
		if f.quirks[ViewRowsLackTotals] {
			row.TotalsInfo = linnworks.OrderTotalsInfo{Currency: row.TotalsInfo.Currency}
		}
		out.Data = append(out.Data, row)
	}
	return out, nil
}

// getOpenOrderIDs: https://apps.linnworks.net/Api/Method/OpenOrders-GetOpenOrderIds
func (f *Fake) getOpenOrderIDs(req *linnworks.OpenOrdersGetOpenOrdersRequest) (any, error) {
	orders, err := f.pageOfView(req)
	if err != nil {
		return nil, err
	}
	number := max(value(req.PageNumber), 1)
	return linnworks.GUIDPage{
		PageNumber: number, EntriesPerPage: req.EntriesPerPage, TotalEntries: int64(len(orders)),
		TotalPages: pages(len(orders), max(req.EntriesPerPage, 1)), Data: idsOf(page(orders, number, req.EntriesPerPage)),
	}, nil
}

// getOpenOrdersDetails leaves out orders that are not open.
//
// https://apps.linnworks.net/Api/Method/OpenOrders-GetOpenOrdersDetails
func (f *Fake) getOpenOrdersDetails(req *linnworks.GetOpenOrdersDetailsRequest) (any, error) {
	var out linnworks.GetOpenOrdersDetailsResponse
	has := func(level linnworks.GetOpenOrdersDetailsRequestDetailLevel) bool {
		return len(req.DetailLevel) == 0 || slices.Contains(req.DetailLevel, level)
	}
	for _, g := range req.OrderIDs {
		o := f.byOrderID[g]
		if o == nil || !o.open() {
			continue
		}
		d := f.view(o)
		if !has("FOLDER") {
			d.FolderName = nil
		}
		if !has("NOTES") {
			d.Notes = nil
		}
		if !has("IDENTIFIERS") {
			d.GeneralInfo.Identifiers = nil
		}
		if !has("EXTENDEDPROPERTIES") {
			d.ExtendedProperties = nil
		}
		out.Orders = append(out.Orders, d)
	}
	return out, nil
}

// getOrdersLowFidelity: https://apps.linnworks.net/Api/Method/OpenOrders-GetOrdersLowFidelity
func (f *Fake) getOrdersLowFidelity(req *linnworks.GetOrdersLowFidelityRequest) (any, error) {
	l, err := f.place(value(req.LocationID))
	if err != nil {
		return nil, err
	}
	var out linnworks.GetOrdersLowFidelityResponse
	orders, _ := f.inView(views[0].id, l.id)
	for _, o := range orders {
		row := linnworks.OpenOrderLowFidelity{
			PkOrderID: o.OrderID, OrderID: o.NumOrderID, Status: o.GeneralInfo.Status, ReferenceNum: o.GeneralInfo.ReferenceNum,
			ExternalReference: o.GeneralInfo.ExternalReferenceNum, OrderDate: o.GeneralInfo.ReceivedDate, DispatchBy: o.GeneralInfo.DespatchByDate,
			PostalTrackingNumber: o.ShippingInfo.TrackingNumber,
		}
		for _, line := range o.Items {
			item := linnworks.OpenOrderItem{
				SKU: line.SKU, ItemTitle: line.Title, BarcodeNumber: line.BarcodeNumber, Quantity: line.Quantity,
				StockItemID: line.StockItemID, ContainsComposites: len(line.CompositeSubItems) > 0,
			}
			for _, sub := range line.CompositeSubItems {
				item.CompositeChild = append(item.CompositeChild, linnworks.OrderItemBase{
					SKU: sub.SKU, ItemTitle: sub.Title, BarcodeNumber: sub.BarcodeNumber, Quantity: sub.Quantity, StockItemID: sub.StockItemID,
				})
			}
			row.Items = append(row.Items, item)
		}
		out.Orders = append(out.Orders, row)
	}
	return out, nil
}

// getViewStats: https://apps.linnworks.net/Api/Method/OpenOrders-GetViewStats
func (f *Fake) getViewStats(req *linnworks.GetViewStatsRequest) (any, error) {
	l, err := f.place(value(req.LocationID))
	if err != nil {
		return nil, err
	}
	out := []linnworks.OrderViewStats{}
	for _, v := range views {
		if wanted := value(req.ViewID); wanted != 0 && wanted != v.id {
			continue
		}
		orders, _ := f.inView(v.id, l.id)
		out = append(out, linnworks.OrderViewStats{
			ViewID: v.id, ViewName: v.name, LocationID: l.id, TotalOrders: int64(len(orders)), ViewExists: true, IsSystem: true, IsCalculated: true,
		})
	}
	return out, nil
}

// searchOrders finds orders by number, reference, buyer, tracking number and
// lines. An order is found in each view that shows it.
//
// https://apps.linnworks.net/Api/Method/OpenOrders-SearchOrders
func (f *Fake) searchOrders(req *linnworks.SearchOrdersRequest) (any, error) {
	term := strings.ToLower(strings.TrimSpace(value(req.SearchTerm)))
	if term == "" && f.quirks[BlankSearchRefused] {
		return nil, refuse("Must provide a search term.")
	}
	l, err := f.place(value(req.LocationID))
	if err != nil {
		return nil, err
	}
	var out linnworks.SearchOrdersResponse
	for _, v := range views {
		orders, _ := f.inView(v.id, l.id)
		all := len(orders)
		orders = slices.DeleteFunc(orders, func(o *order) bool { return !o.mentions(term, false) })
		if len(orders) > 0 {
			out.OpenOrders = append(out.OpenOrders, linnworks.OrderViewIDs{
				ViewID: v.id, LocationID: l.id, OrderIDs: idsOf(orders), Count: int64(len(orders)), TotalOrders: int64(all),
			})
		}
	}
	if value(req.IncludeProcessed) {
		for _, o := range f.processed {
			if f.inProcessed(o) && o.mentions(term, false) {
				out.ProcessedOrders = append(out.ProcessedOrders, o.OrderID)
			}
		}
	}
	return out, nil
}

// numbersQuery is the parameter of filterNotProcessed.
type numbersQuery struct {
	OrderIDs []int `json:"orderIds"`
}

// filterNotProcessed: https://apps.linnworks.net/Api/Method/OpenOrders-FilterNotProcessedOpenOrders
func (f *Fake) filterNotProcessed(req *numbersQuery) (any, error) {
	var out linnworks.FilterNotProcessedOpenOrdersResponse
	for _, n := range req.OrderIDs {
		if o := f.byNumber[n]; o != nil && o.open() {
			out.OrderIDs = append(out.OrderIDs, n)
		}
	}
	return out, nil
}

// AddIdentifier adds an identifier that orders can be given.
func (f *Fake) AddIdentifier(tag, name string) {
	defer f.begin()()
	f.tags = append(f.tags, linnworks.Identifier{IdentifierID: len(f.tags) + 1, Tag: tag, Name: name, IsCustom: true})
}

// getIdentifiers: https://apps.linnworks.net/Api/Method/OpenOrders-GetIdentifiers
func (f *Fake) getIdentifiers(*struct{}) (any, error) { return slices.Clone(f.tags), nil }

// assignIdentifier: https://apps.linnworks.net/Api/Method/OpenOrders-AssignOrderIdentifier
func (f *Fake) assignIdentifier(req *linnworks.AssignOrderIdentifierRequest) (any, error) {
	return f.changeIdentifier(req.OrderIDs, value(req.Tag), true)
}

// unassignIdentifier: https://apps.linnworks.net/Api/Method/OpenOrders-UnassignOrderIdentifier
func (f *Fake) unassignIdentifier(req *linnworks.UnassignOrderIdentifierRequest) (any, error) {
	return f.changeIdentifier(req.OrderIDs, value(req.Tag), false)
}

func (f *Fake) changeIdentifier(ids []linnworks.GUID, tag string, on bool) (any, error) {
	known := slices.IndexFunc(f.tags, func(i linnworks.Identifier) bool { return strings.EqualFold(i.Tag, tag) })
	if known < 0 {
		return nil, refuse("Identifier %s not found", tag)
	}
	out := linnworks.AssignResult{Changed: f.eachOpen(ids, func(o *order) bool {
		if f.editable(o) != nil || slices.Contains(o.identifiers(), f.tags[known].Tag) == on {
			return false
		}
		o.identify(f.tags[known], on)
		f.note(o, "IDENTIFIER", "Identifier %s: %t", tag, on)
		return true
	})}
	for _, g := range ids {
		if !slices.Contains(out.Changed, g) {
			out.NotChanged = append(out.NotChanged, g)
		}
	}
	return out, nil
}

// identify gives an order an identifier, or takes it away.
func (o *order) identify(tag linnworks.Identifier, on bool) {
	o.GeneralInfo.Identifiers = slices.DeleteFunc(slices.Clone(o.GeneralInfo.Identifiers), func(i linnworks.Identifier) bool { return i.Tag == tag.Tag })
	if on {
		o.GeneralInfo.Identifiers = append(o.GeneralInfo.Identifiers, tag)
	}
}

func idsOf(orders []*order) []linnworks.GUID {
	ids := []linnworks.GUID{}
	for _, o := range orders {
		ids = append(ids, o.OrderID)
	}
	return ids
}

// getOpenOrders is [linnworks.OrdersService.GetOpenOrders].
//
// https://apps.linnworks.net/Api/Method/Orders-GetOpenOrders
func (f *Fake) getOpenOrders(req *linnworks.OrdersGetOpenOrdersRequest) (any, error) {
	size, number := value(req.EntriesPerPage), max(value(req.PageNumber), 1)
	if size < 1 || size > maxPage {
		return nil, refuse("Number must be between 1 and %d", maxPage)
	}
	found, err := f.openFiltered(req.FulfilmentCenter, req.Filters, req.Sorting, value(req.AdditionalFilter), false)
	if err != nil {
		return nil, err
	}
	out := linnworks.OpenOrderPage{
		PageNumber: number, EntriesPerPage: size, TotalEntries: int64(len(found)), TotalPages: pages(len(found), size),
	}
	for _, o := range page(found, number, size) {
		out.Data = append(out.Data, f.openRow(o))
	}
	return out, nil
}

// getOpenOrderIDByText refuses what it does not find.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOpenOrderIdByOrderOrReferenceId
func (f *Fake) getOpenOrderIDByText(req *linnworks.GetOpenOrderIDByOrderOrReferenceIDRequest) (any, error) {
	if o := f.openByText(req.OrderOrReferenceID); o != nil {
		return o.OrderID, nil
	}
	return nil, refuse("Order %s not found", req.OrderOrReferenceID)
}

// numberQuery is the parameter of getOrderByNumber.
type numberQuery struct {
	OrderID int `json:"OrderId"`
}

// getOrderByNumber: https://apps.linnworks.net/Api/Method/Orders-GetOrderDetailsByNumOrderId
func (f *Fake) getOrderByNumber(req *numberQuery) (any, error) {
	if o := f.byNumber[req.OrderID]; o != nil {
		return f.view(o), nil
	}
	return nil, refuse("Order %d not found", req.OrderID)
}

// getOrderByID: https://apps.linnworks.net/Api/Method/Orders-GetOrderById
func (f *Fake) getOrderByID(req *processedQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	return f.view(o), nil
}
