package linnworkstest

import (
	"maps"
	"slices"
	"strings"
)

// route is an operation that the fake supports.
type route struct {
	// name is the service and method as package linnworks names them.
	name string
	// path is the service and method as Linnworks names them.
	path  string
	shape shape
	limit int  // calls a minute
	get   bool // also answers GET
	open  bool // opens a session, on the host for that
	// formOnly operations may ignore JSON bodies, see StatusIgnoresJSON.
	formOnly bool
	// need names parameters that must be there, and what their absence answers.
	need    map[string]error
	enums   map[string][]string
	handler handler
}

// needs are parameters without which the server trips over a null reference.
func needs(names ...string) map[string]error {
	out := map[string]error{}
	for _, name := range names {
		out[name] = errNullReference
	}
	return out
}

// routes are the supported operations by lower-case path.
var routes = byPath([]route{
	{name: "Auth.AuthorizeByApplication", path: "Auth/AuthorizeByApplication", shape: loose, limit: 150, open: true,
		handler: onAt((*Fake).authorize)},

	{name: "Inventory.GetStockLocations", path: "Inventory/GetStockLocations", shape: query, limit: 150, get: true,
		handler: on((*Fake).getStockLocations)},
	{name: "Inventory.GetStockItemIDsBySKU", path: "Inventory/GetStockItemIdsBySKU", shape: wrapped, limit: 250,
		need: needs("SKUS"), handler: on((*Fake).getStockItemIDsBySKU)},
	{name: "Inventory.GetInventoryItemsCompositionByIDs", path: "Inventory/GetInventoryItemsCompositionByIds", shape: wrapped, limit: 250,
		need: needs("InventoryItemIds"), handler: on((*Fake).getCompositions)},

	{name: "Stock.GetStockItemsFull", path: "Stock/GetStockItemsFull", shape: params, limit: 150,
		enums: map[string][]string{
			"datarequirements": {"StockLevels", "Pricing", "Supplier", "ShippingInformation", "ChannelTitle", "ChannelDescription", "ChannelPrice", "ExtendedProperties", "Images"},
			"searchtypes":      {"SKU", "Title", "Barcode"},
		},
		handler: on((*Fake).getStockItemsFull)},
	{name: "Stock.GetStockItems", path: "Stock/GetStockItems", shape: query, limit: 150, get: true,
		handler: on((*Fake).getStockItems)},
	{name: "Stock.GetStockLevelBatch", path: "Stock/GetStockLevel_Batch", shape: wrapped, limit: 250,
		need: needs("StockItemIds"), handler: on((*Fake).getStockLevelBatch)},
	{name: "Stock.GetStockItemTypeInfo", path: "Stock/GetStockItemTypeInfo", shape: flat, limit: 150,
		handler: on((*Fake).getStockItemTypeInfo)},
	{name: "Stock.SetStockLevel", path: "Stock/SetStockLevel", shape: params, limit: 250,
		need: needs("stockLevels"), handler: on((*Fake).setStockLevel)},

	{name: "Orders.CreateOrders", path: "Orders/CreateOrders", shape: params, limit: 150,
		need: needs("orders", "location"),
		enums: map[string][]string{
			"orders.orderstate":               {"None", "Hold", "Park"},
			"orders.paymentstatus":            {"Unpaid", "Paid", "Cancelled"},
			"orders.orderfulfilmenttype":      {"Manual", "POS", "DigitalOnly", "FulfilmentByChannel"},
			"orders.orderstatustype":          {"Unknown", "Pending", "Unshipped", "PartiallyShipped", "Shipped", "PartiallyCancelled", "Cancelled", "PartiallyRefunded", "Refunded"},
			"orders.linerefundallocation":     {"Unknown", "OrderLevel", "LineLevel", "Both"},
			"orders.shippingrefundallocation": {"Unknown", "OrderLevel", "LineLevel", "Both"},
			"orders.discounttype":             {"AllEvenly", "ItemsThenPostage", "PostageThenItems"},
			"orders.discounttaxtype":          {"DeductAfterTax", "DeductBeforeTax"},
		},
		handler: on((*Fake).createOrders)},
	{name: "Orders.GetOrdersByID", path: "Orders/GetOrdersById", shape: params, limit: 250,
		need: needs("pkOrderIds"), handler: on((*Fake).getOrdersByID)},
	{name: "Orders.GetOrderDetailsByReferenceID", path: "Orders/GetOrderDetailsByReferenceId", shape: query, limit: 250, get: true,
		need: needs("ReferenceId"), handler: on((*Fake).getOrderDetailsByReferenceID)},
	{name: "Orders.GetAllOpenOrders", path: "Orders/GetAllOpenOrders", shape: params, limit: 250,
		enums: map[string][]string{
			"filters.textfields.type":    {"Equal", "Contains", "StartWith", "EndsWith"},
			"filters.numericfields.type": {"Equal", "Greater", "Lower"},
			"filters.datefields.type":    {"Range", "OlderThan", "LastDays"},
			"filters.listfields.type":    {"Is", "Not"},
			"sorting.direction":          {"Ascending", "Descending"},
		},
		handler: on((*Fake).getAllOpenOrders)},
	{name: "Orders.ChangeStatus", path: "Orders/ChangeStatus", shape: params, limit: 150, formOnly: true,
		need: needs("orderIds", "status"), handler: on((*Fake).changeStatus)},
	{name: "Orders.ChangeOrderTag", path: "Orders/ChangeOrderTag", shape: params, limit: 250, formOnly: true,
		need: needs("orderIds"), handler: on((*Fake).changeOrderTag)},
	{name: "Orders.LockOrder", path: "Orders/LockOrder", shape: params, limit: 150,
		need: needs("orderIds", "lockOrder"), handler: on((*Fake).lockOrders)},
	{name: "Orders.RunRulesEngine", path: "Orders/RunRulesEngine", shape: params, limit: 150,
		need: needs("orderIds"), handler: on((*Fake).runRulesEngine)},
	{name: "Orders.SetOrderShippingInfo", path: "Orders/SetOrderShippingInfo", shape: params, limit: 250,
		need: needs("orderId", "info"), handler: on((*Fake).setOrderShippingInfo)},
	{name: "Orders.ProcessOrder", path: "Orders/ProcessOrder", shape: params, limit: 250,
		need: needs("orderId"), handler: on((*Fake).processOrder)},
	{name: "Orders.CancelOrder", path: "Orders/CancelOrder", shape: params, limit: 150,
		need: map[string]error{"orderId": errNullReference, "refund": errInvalid}, handler: on((*Fake).cancelOrder)},
	{name: "Orders.GetExtendedProperties", path: "Orders/GetExtendedProperties", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getExtendedProperties)},
	{name: "Orders.AddExtendedProperties", path: "Orders/AddExtendedProperties", shape: wrapped, limit: 150,
		need: needs("OrderId", "ExtendedProperties"), handler: on((*Fake).addExtendedProperties)},
	{name: "Orders.AddOrdersNote", path: "Orders/AddOrdersNote", shape: flat, limit: 150,
		need: needs("OrderIds", "NoteText"), handler: on((*Fake).addOrdersNote)},
	{name: "Orders.SetLabelsPrinted", path: "Orders/SetLabelsPrinted", shape: params, limit: 150,
		need: needs("orderIds"), handler: on((*Fake).setLabelsPrinted)},

	{name: "Picking.CheckAllocatableToPickwave", path: "Picking/CheckAllocatableToPickwave", shape: wrapped, limit: 150,
		need: needs("OrderIds"), handler: on((*Fake).checkAllocatable)},

	{name: "PostalServices.GetPostalServices", path: "PostalServices/GetPostalServices", shape: query, limit: 150, get: true,
		handler: on((*Fake).getPostalServices)},

	{name: "ProcessedOrders.SearchProcessedOrders", path: "ProcessedOrders/SearchProcessedOrders", shape: wrapped, limit: 150,
		enums: map[string][]string{
			"searchfilters.searchfield":   {"Source", "SubSource", "ItemIdentifier"},
			"datefield":                   {"processed", "payment", "cancelled", "received"},
			"searchsorting.sortdirection": {"ASC", "DESC"},
		},
		handler: on((*Fake).searchProcessedOrders)},
})

// routeOf finds the operation at a path, in any letter case, nil if there is
// none.
func routeOf(urlPath string) *route { return routes[strings.ToLower(rooted(urlPath))] }

// rooted is a path with its leading slash, which a URL joined in memory may
// lack.
func rooted(urlPath string) string { return "/" + strings.TrimPrefix(urlPath, "/") }

func byPath(list []route) map[string]*route {
	out := map[string]*route{}
	for i := range list {
		out["/api/"+strings.ToLower(list[i].path)] = &list[i]
	}
	return out
}

// Operations lists the operations that the fake supports, as package linnworks
//
// names them, sorted.
func Operations() []string {
	var out []string
	for r := range maps.Values(routes) {
		out = append(out, r.name)
	}
	slices.Sort(out)
	return out
}
