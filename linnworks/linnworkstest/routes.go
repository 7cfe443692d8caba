package linnworkstest

import (
	"net/http"
	"slices"
	"strings"
)

// route is an operation that the fake supports.
type route struct {
	// name is the service and method as package linnworks names them.
	name string
	// path is the service and method as Linnworks names them; of version 2 the
	// path, with a placeholder for an order's id.
	path  string
	shape shape
	limit int  // calls a minute, 0 where none is published
	get   bool // also answers GET
	open  bool // opens a session, on the host for that
	// v2 operations have their own host, and method is theirs alone.
	v2     bool
	method string
	// formOnly operations may ignore JSON bodies, see StatusIgnoresJSON.
	formOnly bool
	// wantsRequest operations may want JSON wrapped, see LowFidelityWantsRequest.
	wantsRequest bool
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

// answers reports whether the operation answers a method. POST works for all of
// version 1.
func (op *route) answers(method string, postOnly bool) bool {
	if op.v2 {
		return method == op.method
	}
	return method == http.MethodPost || method == http.MethodGet && (op.get || !postOnly)
}

// placeholder is what stands in a path of version 2 in place of the placeholder.
func (op *route) placeholder(urlPath string) string {
	given := strings.Split(strings.TrimPrefix(urlPath, v2Prefix), "/")
	for i, segment := range strings.Split(op.path, "/") {
		if strings.HasPrefix(segment, "{") {
			return given[i]
		}
	}
	return ""
}

// filterEnums are those of filters and sorting.
var filterEnums = map[string][]string{
	"filters.textfields.type":    {"Equal", "Contains", "StartWith", "EndsWith"},
	"filters.numericfields.type": {"Equal", "Greater", "Lower"},
	"filters.datefields.type":    {"Range", "OlderThan", "LastDays"},
	"filters.listfields.type":    {"Is", "Not"},
	"sorting.direction":          {"Ascending", "Descending"},
}

// routes are the supported operations.
var routes = []route{
	// Auth
	{name: "Auth.AuthorizeByApplication", path: "Auth/AuthorizeByApplication", shape: loose, limit: 150, open: true,
		handler: onAt((*Fake).authorize)},
	{name: "Auth.GetApplicationProfileBySecretKey", path: "Auth/GetApplicationProfileBySecretKey", shape: params, limit: 150, open: true,
		handler: on((*Fake).getApplicationProfile)},

	// Settings
	{name: "Settings.GetCurrencyConversionRates", path: "Settings/GetCurrencyConversionRates", shape: query, limit: 250, get: true,
		handler: on((*Fake).getCurrencyConversionRates)},

	// Locations
	{name: "Locations.AddLocation", path: "Locations/AddLocation", shape: params, limit: 150,
		need: needs("location"), handler: on((*Fake).postLocation)},
	{name: "Locations.GetLocation", path: "Locations/GetLocation", shape: query, limit: 150, get: true,
		need: needs("pkStockLocationId"), handler: on((*Fake).getLocation)},

	// Inventory
	{name: "Inventory.AddInventoryItem", path: "Inventory/AddInventoryItem", shape: params, limit: 150,
		need: needs("inventoryItem"), handler: on((*Fake).addInventoryItem)},
	{name: "Inventory.BatchGetInventoryItemChannelSKUs", path: "Inventory/BatchGetInventoryItemChannelSKUs", shape: params, limit: 150,
		need: needs("inventoryItemIds"), handler: on((*Fake).batchGetChannelSKUs)},
	{name: "Inventory.CreateChannelMapping", path: "Inventory/CreateChannelMapping", shape: flat, limit: 150,
		need: needs("Mappings"), handler: on((*Fake).createChannelMapping)},
	{name: "Inventory.CreateInventoryItemCompositions", path: "Inventory/CreateInventoryItemCompositions", shape: params, limit: 150,
		need: needs("inventoryItemCompositions"), handler: on((*Fake).createCompositions)},
	{name: "Inventory.DeleteInventoryItemChannelSKUs", path: "Inventory/DeleteInventoryItemChannelSKUs", shape: params, limit: 150,
		need: needs("inventoryItemChannelSKUIds"), handler: on((*Fake).deleteChannelSKUs)},
	{name: "Inventory.DeleteInventoryItemCompositions", path: "Inventory/DeleteInventoryItemCompositions", shape: params, limit: 150,
		need: needs("stockItemId"), handler: on((*Fake).deleteCompositions)},
	{name: "Inventory.GetChannels", path: "Inventory/GetChannels", shape: query, limit: 150, get: true,
		handler: on((*Fake).getChannels)},
	{name: "Inventory.GetChannelsBySource", path: "Inventory/GetChannelsBySource", shape: query, limit: 150, get: true,
		need: needs("source"), handler: on((*Fake).getChannels)},
	{name: "Inventory.GetInventoryItem", path: "Inventory/GetInventoryItem", shape: query, limit: 150, get: true,
		handler: on((*Fake).getInventoryItem)},
	{name: "Inventory.GetInventoryItemByID", path: "Inventory/GetInventoryItemById", shape: query, limit: 250, get: true,
		need: needs("id"), handler: on((*Fake).getInventoryItem)},
	{name: "Inventory.GetInventoryItemChannelSKUs", path: "Inventory/GetInventoryItemChannelSKUs", shape: query, limit: 150, get: true,
		need: needs("inventoryItemId"), handler: on((*Fake).getChannelSKUs)},
	{name: "Inventory.GetInventoryItemChannelSKUsWithLocation", path: "Inventory/GetInventoryItemChannelSKUsWithLocation", shape: query, limit: 150, get: true,
		need: needs("channelSKURowId"), handler: on((*Fake).getChannelSKUsWithLocation)},
	{name: "Inventory.GetInventoryItemCompositions", path: "Inventory/GetInventoryItemCompositions", shape: query, limit: 250, get: true,
		need: needs("inventoryItemId"), handler: on((*Fake).getComposition)},
	{name: "Inventory.GetInventoryItemsCompositionByIDs", path: "Inventory/GetInventoryItemsCompositionByIds", shape: wrapped, limit: 250,
		need: needs("InventoryItemIds"), handler: on((*Fake).getCompositions)},
	{name: "Inventory.GetInventoryItemsCount", path: "Inventory/GetInventoryItemsCount", shape: query, limit: 150, get: true,
		handler: on((*Fake).getInventoryItemsCount)},
	{name: "Inventory.GetPostalServices", path: "Inventory/GetPostalServices", shape: query, limit: 150, get: true,
		handler: on((*Fake).getPostalServiceNames)},
	{name: "Inventory.GetStockItemIDsBySKU", path: "Inventory/GetStockItemIdsBySKU", shape: wrapped, limit: 250,
		need: needs("SKUS"), handler: on((*Fake).getStockItemIDsBySKU)},
	{name: "Inventory.GetStockLocations", path: "Inventory/GetStockLocations", shape: query, limit: 150, get: true,
		handler: on((*Fake).getStockLocations)},
	{name: "Inventory.IsInventoryItemChannelSKULinked", path: "Inventory/IsInventoryItemChannelSKULinked", shape: query, limit: 250, get: true,
		need: needs("channelSKU"), handler: on((*Fake).isChannelSKULinked)},
	{name: "Inventory.UnlinkChannelListing", path: "Inventory/UnlinkChannelListing", shape: params, limit: 150,
		need: needs("channelRefId"), handler: on((*Fake).unlinkChannelListing)},
	{name: "Inventory.UpdateChannelMapping", path: "Inventory/UpdateChannelMapping", shape: flat, limit: 150,
		need: needs("Mappings"), handler: on((*Fake).updateChannelMapping)},
	{name: "Inventory.UpdateCompositeParentStockLevel", path: "Inventory/UpdateCompositeParentStockLevel", shape: params, limit: 150,
		need: needs("stockItemId", "fieldValue"), handler: on((*Fake).updateParentLevel)},
	{name: "Inventory.UpdateInventoryItem", path: "Inventory/UpdateInventoryItem", shape: params, limit: 250,
		need: needs("inventoryItem"), handler: on((*Fake).updateInventoryItem)},
	{name: "Inventory.UpdateInventoryItemCompositions", path: "Inventory/UpdateInventoryItemCompositions", shape: params, limit: 150,
		need: needs("inventoryItemCompositions"), handler: on((*Fake).createCompositions)},

	// Stock
	{name: "Stock.GetItemChangesHistory", path: "Stock/GetItemChangesHistory", shape: query, limit: 250, get: true,
		need: needs("stockItemId"), handler: on((*Fake).getItemChangesHistory)},
	{name: "Stock.GetStockItemTypeInfo", path: "Stock/GetStockItemTypeInfo", shape: flat, limit: 150,
		handler: on((*Fake).getStockItemTypeInfo)},
	{name: "Stock.GetStockItems", path: "Stock/GetStockItems", shape: query, limit: 150, get: true,
		handler: on((*Fake).getStockItems)},
	{name: "Stock.GetStockItemsByIDs", path: "Stock/GetStockItemsByIds", shape: flat, limit: 150,
		need: needs("StockItemIds"), handler: on((*Fake).getStockItemsByIDs)},
	{name: "Stock.GetStockItemsFull", path: "Stock/GetStockItemsFull", shape: params, limit: 150,
		enums: map[string][]string{
			"datarequirements": {"StockLevels", "Pricing", "Supplier", "ShippingInformation", "ChannelTitle", "ChannelDescription", "ChannelPrice", "ExtendedProperties", "Images"},
			"searchtypes":      {"SKU", "Title", "Barcode"},
		},
		handler: on((*Fake).getStockItemsFull)},
	{name: "Stock.GetStockItemsFullByIDs", path: "Stock/GetStockItemsFullByIds", shape: wrapped, limit: 250,
		need: needs("StockItemIds"), enums: map[string][]string{
			"datarequirements": {"StockLevels", "Supplier", "ChannelTitle", "ChannelDescription", "ChannelPrice", "ExtendedProperties", "Images"},
		},
		handler: on((*Fake).getStockItemsFullByIDs)},
	{name: "Stock.GetStockLevel", path: "Stock/GetStockLevel", shape: query, limit: 250, get: true,
		need: needs("stockItemId"), handler: on((*Fake).getStockLevel)},
	{name: "Stock.GetStockLevelByLocation", path: "Stock/GetStockLevelByLocation", shape: wrapped, limit: 250,
		need: needs("StockItemId"), handler: on((*Fake).getStockLevelByLocation)},
	{name: "Stock.GetStockLevelBatch", path: "Stock/GetStockLevel_Batch", shape: wrapped, limit: 250,
		need: needs("StockItemIds"), handler: on((*Fake).getStockLevelBatch)},
	{name: "Stock.SKUExists", path: "Stock/SKUExists", shape: query, limit: 250, get: true,
		need: needs("SKU"), handler: on((*Fake).skuExists)},
	{name: "Stock.SetStockLevel", path: "Stock/SetStockLevel", shape: params, limit: 250,
		need: needs("stockLevels"), handler: on((*Fake).setStockLevel)},
	{name: "Stock.UpdateStockLevelsBulk", path: "Stock/UpdateStockLevelsBulk", shape: flat, limit: 150,
		need: needs("Items"), handler: on((*Fake).updateStockLevelsBulk)},
	{name: "Stock.UpdateStockLevelsBySKU", path: "Stock/UpdateStockLevelsBySKU", shape: params, limit: 150,
		need: needs("stockLevels"), handler: on((*Fake).updateStockLevelsBySKU)},
	{name: "Stock.UpdateStockMinimumLevel", path: "Stock/UpdateStockMinimumLevel", shape: params, limit: 250,
		need: needs("stockItemId", "minimumLevel"), handler: on((*Fake).updateStockMinimumLevel)},

	// Orders
	{name: "Orders.AddExtendedProperties", path: "Orders/AddExtendedProperties", shape: wrapped, limit: 150,
		need: needs("OrderId", "ExtendedProperties"), handler: on((*Fake).addExtendedProperties)},
	{name: "Orders.AddOrdersNote", path: "Orders/AddOrdersNote", shape: flat, limit: 150,
		need: needs("OrderIds", "NoteText"), handler: on((*Fake).addOrdersNote)},
	{name: "Orders.AssignToFolder", path: "Orders/AssignToFolder", shape: params, limit: 250,
		need: needs("orderIds", "folder"), handler: on((*Fake).assignToFolder)},
	{name: "Orders.CancelOrder", path: "Orders/CancelOrder", shape: params, limit: 150,
		need: needs("orderId"), handler: on((*Fake).cancelOrder)},
	{name: "Orders.ChangeOrderTag", path: "Orders/ChangeOrderTag", shape: params, limit: 250, formOnly: true,
		need: needs("orderIds"), handler: on((*Fake).changeOrderTag)},
	{name: "Orders.ChangeShippingMethod", path: "Orders/ChangeShippingMethod", shape: params, limit: 150,
		need: needs("orderIds", "shippingMethod"), handler: on((*Fake).changeShippingMethod)},
	{name: "Orders.ChangeStatus", path: "Orders/ChangeStatus", shape: params, limit: 150, formOnly: true,
		need: needs("orderIds", "status"), handler: on((*Fake).changeStatus)},
	{name: "Orders.ClearShippingLabelInfo", path: "Orders/ClearShippingLabelInfo", shape: params, limit: 150,
		need: needs("orderIds"), handler: on((*Fake).clearShippingLabelInfo)},
	{name: "Orders.CompleteOrder", path: "Orders/CompleteOrder", shape: params, limit: 150,
		need: needs("orderId"), handler: on((*Fake).completeOrder)},
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
	{name: "Orders.DeleteOrder", path: "Orders/DeleteOrder", shape: params, limit: 150,
		need: needs("orderId"), handler: on((*Fake).deleteOrder)},
	{name: "Orders.GetAllOpenOrders", path: "Orders/GetAllOpenOrders", shape: params, limit: 250,
		enums:   filterEnums,
		handler: on((*Fake).getAllOpenOrders)},
	{name: "Orders.GetExtendedProperties", path: "Orders/GetExtendedProperties", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getExtendedProperties)},
	{name: "Orders.GetOpenOrderIDByOrderOrReferenceID", path: "Orders/GetOpenOrderIdByOrderOrReferenceId", shape: params, limit: 150,
		need: needs("orderOrReferenceId"), handler: on((*Fake).getOpenOrderIDByText)},
	{name: "Orders.GetOpenOrders", path: "Orders/GetOpenOrders", shape: params, limit: 250,
		enums: filterEnums, handler: on((*Fake).getOpenOrders)},
	{name: "Orders.GetOrderAuditTrail", path: "Orders/GetOrderAuditTrail", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getOrderAuditTrail)},
	{name: "Orders.GetOrderAuditTrailsByIDs", path: "Orders/GetOrderAuditTrailsByIds", shape: flat, limit: 150,
		need: needs("OrderIds"), handler: on((*Fake).getOrderAuditTrails)},
	{name: "Orders.GetOrderByID", path: "Orders/GetOrderById", shape: query, limit: 150, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getOrderByID)},
	{name: "Orders.GetOrderDetailsByNumOrderID", path: "Orders/GetOrderDetailsByNumOrderId", shape: query, limit: 250, get: true,
		need: needs("OrderId"), handler: on((*Fake).getOrderByNumber)},
	{name: "Orders.GetOrderDetailsByReferenceID", path: "Orders/GetOrderDetailsByReferenceId", shape: query, limit: 250, get: true,
		need: needs("ReferenceId"), handler: on((*Fake).getOrderDetailsByReferenceID)},
	{name: "Orders.GetOrderItems", path: "Orders/GetOrderItems", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getOrderItems)},
	{name: "Orders.GetOrderNotes", path: "Orders/GetOrderNotes", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getOrderNotes)},
	{name: "Orders.GetOrderPackagingSplit", path: "Orders/GetOrderPackagingSplit", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getOrderPackagingSplit)},
	{name: "Orders.GetOrderRelations", path: "Orders/GetOrderRelations", shape: query, limit: 250, get: true,
		need: needs("orderId"), handler: on((*Fake).getOrderRelations)},
	{name: "Orders.GetOrdersByID", path: "Orders/GetOrdersById", shape: params, limit: 250,
		need: needs("pkOrderIds"), handler: on((*Fake).getOrdersByID)},
	{name: "Orders.GetOrdersRelations", path: "Orders/GetOrdersRelations", shape: params, limit: 150,
		need: needs("orderIds"), handler: on((*Fake).getOrdersRelations)},
	{name: "Orders.GetShippingMethods", path: "Orders/GetShippingMethods", shape: query, limit: 150, get: true,
		handler: on((*Fake).getShippingMethods)},
	{name: "Orders.LockOrder", path: "Orders/LockOrder", shape: params, limit: 150,
		need: needs("orderIds", "lockOrder"), handler: on((*Fake).lockOrders)},
	{name: "Orders.MergeOrders", path: "Orders/MergeOrders", shape: params, limit: 150,
		need: needs("ordersToMerge"), handler: on((*Fake).mergeOrders)},
	{name: "Orders.MoveToLocation", path: "Orders/MoveToLocation", shape: params, limit: 150,
		need: needs("orderIds", "pkStockLocationId"), enums: map[string][]string{"fulfillmentstatustoapply": {"Unassigned", "Assigned", "Submitted", "Accepted"}}, handler: on((*Fake).moveToLocation)},
	{name: "Orders.ProcessFulfilmentCentreOrder", path: "Orders/ProcessFulfilmentCentreOrder", shape: params, limit: 250,
		need: needs("orderId"), handler: on((*Fake).processFulfilmentCentreOrder)},
	{name: "Orders.ProcessOrder", path: "Orders/ProcessOrder", shape: params, limit: 250,
		need: needs("orderId"), handler: on((*Fake).processOrder)},
	{name: "Orders.ProcessOrderByOrderIDOrReference", path: "Orders/ProcessOrderByOrderOrReferenceId", shape: wrapped, limit: 150,
		need: needs("OrderOrReferenceId"), handler: on((*Fake).processByReference)},
	{name: "Orders.ProcessOrdersInBatch", path: "Orders/ProcessOrdersInBatch", shape: params, limit: 250,
		need: needs("ordersIds"), handler: on((*Fake).processOrdersInBatch)},
	{name: "Orders.RemoveOrderItem", path: "Orders/RemoveOrderItem", shape: params, limit: 150,
		need: needs("orderId", "rowid"), handler: on((*Fake).removeOrderItem)},
	{name: "Orders.RunRulesEngine", path: "Orders/RunRulesEngine", shape: params, limit: 150,
		need: needs("orderIds"), handler: on((*Fake).runRulesEngine)},
	{name: "Orders.SetExtendedProperties", path: "Orders/SetExtendedProperties", shape: params, limit: 250,
		need: needs("orderId", "extendedProperties"), handler: on((*Fake).setExtendedProperties)},
	{name: "Orders.SetLabelsPrinted", path: "Orders/SetLabelsPrinted", shape: params, limit: 150,
		need: needs("orderIds"), handler: on((*Fake).setLabelsPrinted)},
	{name: "Orders.SetOrderCustomerInfo", path: "Orders/SetOrderCustomerInfo", shape: params, limit: 150,
		need: needs("orderId", "info"), handler: on((*Fake).setOrderCustomerInfo)},
	{name: "Orders.SetOrderGeneralInfo", path: "Orders/SetOrderGeneralInfo", shape: params, limit: 250,
		need: needs("orderId", "info"), handler: on((*Fake).setOrderGeneralInfo)},
	{name: "Orders.SetOrderNotes", path: "Orders/SetOrderNotes", shape: params, limit: 250,
		need: needs("orderId", "orderNotes"), handler: on((*Fake).setOrderNotes)},
	{name: "Orders.SetOrderShippingInfo", path: "Orders/SetOrderShippingInfo", shape: params, limit: 250,
		need: needs("orderId", "info"), handler: on((*Fake).setOrderShippingInfo)},
	{name: "Orders.SplitOrder", path: "Orders/SplitOrder", shape: params, limit: 150,
		need: needs("orderId", "newOrders"), enums: map[string][]string{"fulfillmentstatus": {"Unassigned", "Assigned", "Submitted", "Accepted"}}, handler: on((*Fake).splitOrder)},
	{name: "Orders.UnassignToFolder", path: "Orders/UnassignToFolder", shape: params, limit: 250,
		need: needs("orderIds", "folder"), handler: on((*Fake).unassignToFolder)},
	{name: "Orders.UpdateLinkItem", path: "Orders/UpdateLinkItem", shape: params, limit: 150,
		need: needs("channelSKU"), handler: on((*Fake).updateLinkItem)},
	{name: "Orders.UpdateOrderItem", path: "Orders/UpdateOrderItem", shape: params, limit: 150,
		need: needs("orderId", "orderItem"), handler: on((*Fake).updateOrderItem)},

	// OpenOrders
	{name: "OpenOrders.AssignOrderIdentifier", path: "OpenOrders/AssignOrderIdentifier", shape: flat, limit: 250,
		need: needs("OrderIds", "Tag"), handler: on((*Fake).assignIdentifier)},
	{name: "OpenOrders.FilterNotProcessedOpenOrders", path: "OpenOrders/FilterNotProcessedOpenOrders", shape: query, limit: 150, get: true,
		need: needs("orderIds"), handler: on((*Fake).filterNotProcessed)},
	{name: "OpenOrders.GetIdentifiers", path: "OpenOrders/GetIdentifiers", shape: query, limit: 150, get: true,
		handler: on((*Fake).getIdentifiers)},
	{name: "OpenOrders.GetOpenOrderIDs", path: "OpenOrders/GetOpenOrderIds", shape: flat, limit: 150,
		handler: on((*Fake).getOpenOrderIDs)},
	{name: "OpenOrders.GetOpenOrders", path: "OpenOrders/GetOpenOrders", shape: flat, limit: 150,
		handler: on((*Fake).getOpenOrdersOfView)},
	{name: "OpenOrders.GetOpenOrdersDetails", path: "OpenOrders/GetOpenOrdersDetails", shape: flat, limit: 150,
		need: needs("OrderIds"), enums: map[string][]string{"detaillevel": {"FOLDER", "NOTES", "IDENTIFIERS", "EXTENDEDPROPERTIES", "BINRACKS"}}, handler: on((*Fake).getOpenOrdersDetails)},
	{name: "OpenOrders.GetOrdersLowFidelity", path: "OpenOrders/GetOrdersLowFidelity", shape: flat, limit: 150, wantsRequest: true,
		handler: on((*Fake).getOrdersLowFidelity)},
	{name: "OpenOrders.GetViewStats", path: "OpenOrders/GetViewStats", shape: flat, limit: 150, wantsRequest: true,
		handler: on((*Fake).getViewStats)},
	{name: "OpenOrders.SearchOrders", path: "OpenOrders/SearchOrders", shape: flat, limit: 150,
		handler: on((*Fake).searchOrders)},
	{name: "OpenOrders.UnassignOrderIdentifier", path: "OpenOrders/UnassignOrderIdentifier", shape: flat, limit: 250,
		need: needs("OrderIds", "Tag"), handler: on((*Fake).unassignIdentifier)},

	// ProcessedOrders
	{name: "ProcessedOrders.AddOrderNote", path: "ProcessedOrders/AddOrderNote", shape: params, limit: 250,
		need: needs("pkOrderID", "noteText"), handler: on((*Fake).addOrderNote)},
	{name: "ProcessedOrders.GetOrderInfo", path: "ProcessedOrders/GetOrderInfo", shape: query, limit: 250, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getOrderInfo)},
	{name: "ProcessedOrders.GetOrderTrackingURLs", path: "ProcessedOrders/GetOrderTrackingURLs", shape: flat, limit: 150,
		need: needs("Items"), handler: on((*Fake).getOrderTrackingURLs)},
	{name: "ProcessedOrders.GetProcessedAuditTrail", path: "ProcessedOrders/GetProcessedAuditTrail", shape: query, limit: 150, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getProcessedAuditTrail)},
	{name: "ProcessedOrders.GetProcessedOrderExtendedProperties", path: "ProcessedOrders/GetProcessedOrderExtendedProperties", shape: query, limit: 250, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getProcessedProperties)},
	{name: "ProcessedOrders.GetRefunds", path: "ProcessedOrders/GetRefunds", shape: query, limit: 150, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getRefunds)},
	{name: "ProcessedOrders.GetReturnItemsInfo", path: "ProcessedOrders/GetReturnItemsInfo", shape: query, limit: 250, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getReturnItemsInfo)},
	{name: "ProcessedOrders.GetReturnsExchanges", path: "ProcessedOrders/GetReturnsExchanges", shape: query, limit: 150, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getReturnsExchanges)},
	{name: "ProcessedOrders.GetTotalRefunds", path: "ProcessedOrders/GetTotalRefunds", shape: query, limit: 150, get: true,
		need: needs("pkOrderId"), handler: on((*Fake).getTotalRefunds)},
	{name: "ProcessedOrders.SearchProcessedOrders", path: "ProcessedOrders/SearchProcessedOrders", shape: wrapped, limit: 150,
		enums: map[string][]string{
			"searchfilters.searchfield":   {"Source", "SubSource", "ItemIdentifier"},
			"datefield":                   {"processed", "payment", "cancelled", "received"},
			"searchsorting.sortdirection": {"ASC", "DESC"},
		},
		handler: on((*Fake).searchProcessedOrders)},

	// PostSale
	{name: "PostSale.CreateCancellation", path: "PostSale/CreateCancellation", shape: wrapped, limit: 150,
		need: needs("OrderId"), handler: on((*Fake).createCancellation)},
	{name: "PostSale.GetCancellationOptions", path: "PostSale/GetCancellationOptions", shape: query, limit: 150, get: true,
		need: needs("orderId"), handler: on((*Fake).getCancellationOptions)},

	// ReturnsRefunds
	{name: "ReturnsRefunds.ActionRMABooking", path: "ReturnsRefunds/ActionRMABooking", shape: wrapped, limit: 150,
		need: needs("RMAHeaderId"), handler: on((*Fake).actionRMABooking)},
	{name: "ReturnsRefunds.ActionRefund", path: "ReturnsRefunds/ActionRefund", shape: wrapped, limit: 150,
		need: needs("RefundHeaderId"), handler: on((*Fake).actionRefund)},
	{name: "ReturnsRefunds.CreateRMABooking", path: "ReturnsRefunds/CreateRMABooking", shape: wrapped, limit: 150,
		need: needs("OrderId"), handler: on((*Fake).createRMABooking)},
	{name: "ReturnsRefunds.CreateRefund", path: "ReturnsRefunds/CreateRefund", shape: wrapped, limit: 150,
		need: needs("OrderId"), enums: map[string][]string{"refundlines.refundedunit": {"Item", "Shipping", "Service", "Additional"}}, handler: on((*Fake).createRefund)},
	{name: "ReturnsRefunds.DeleteRMA", path: "ReturnsRefunds/DeleteRMA", shape: wrapped, limit: 150,
		need: needs("RMAHeaderId"), handler: on((*Fake).deleteRMA)},
	{name: "ReturnsRefunds.DeleteRefund", path: "ReturnsRefunds/DeleteRefund", shape: wrapped, limit: 150,
		need: needs("RefundHeaderId"), handler: on((*Fake).deleteRefund)},
	{name: "ReturnsRefunds.GetRMAHeadersByOrderID", path: "ReturnsRefunds/GetRMAHeadersByOrderId", shape: wrapped, limit: 150,
		need: needs("OrderId"), handler: on((*Fake).getRMAHeaders)},
	{name: "ReturnsRefunds.GetRefundHeadersByOrderID", path: "ReturnsRefunds/GetRefundHeadersByOrderId", shape: wrapped, limit: 150,
		need: needs("OrderId"), handler: on((*Fake).getRefundHeaders)},
	{name: "ReturnsRefunds.GetRefundLinesByHeaderID", path: "ReturnsRefunds/GetRefundLinesByHeaderId", shape: wrapped, limit: 150,
		need: needs("RefundHeaderId"), handler: on((*Fake).getRefundLines)},
	{name: "ReturnsRefunds.GetRefundOptions", path: "ReturnsRefunds/GetRefundOptions", shape: wrapped, limit: 150,
		need: needs("OrderId"), handler: on((*Fake).getRefundOptions)},
	{name: "ReturnsRefunds.RefundOrder", path: "ReturnsRefunds/RefundOrder", shape: params, limit: 150,
		need: needs("pkOrderId"), handler: on((*Fake).refundOrder)},
	{name: "ReturnsRefunds.SearchReturnsRefundsPaged", path: "ReturnsRefunds/SearchReturnsRefundsPaged", shape: query, limit: 150, get: true,
		handler: on((*Fake).searchRefunds)},

	// Picking
	{name: "Picking.CheckAllocatableToPickwave", path: "Picking/CheckAllocatableToPickwave", shape: wrapped, limit: 150,
		need: needs("OrderIds"), handler: on((*Fake).checkAllocatable)},
	{name: "Picking.DeleteOrdersFromPickingWaves", path: "Picking/DeleteOrdersFromPickingWaves", shape: wrapped, limit: 150,
		need: needs("OrderIds"), handler: on((*Fake).deleteFromWaves)},
	{name: "Picking.GetAllPickingWaveHeaders", path: "Picking/GetAllPickingWaveHeaders", shape: query, limit: 150, get: true,
		handler: on((*Fake).getWaveHeaders)},
	{name: "Picking.GetPickingWave", path: "Picking/GetPickingWave", shape: query, limit: 150, get: true,
		handler: on((*Fake).getWave)},

	// PostalServices
	{name: "PostalServices.CreatePostalService", path: "PostalServices/CreatePostalService", shape: params, limit: 150,
		need: needs("PostalServiceDetails"), handler: on((*Fake).createPostalService)},
	{name: "PostalServices.GetPostalServices", path: "PostalServices/GetPostalServices", shape: query, limit: 150, get: true,
		handler: on((*Fake).getPostalServices)},

	// PrintService
	{name: "Print.CreatePDFFromJobForceTemplate", path: "PrintService/CreatePDFfromJobForceTemplate", shape: params, limit: 250,
		need: needs("templateType", "IDs"), handler: onAt((*Fake).createPDF)},
	{name: "Print.GetTemplateList", path: "PrintService/GetTemplateList", shape: query, limit: 150, get: true,
		handler: on((*Fake).getTemplateList)},

	// ShippingService
	{name: "Shipping.CancelOrderShippingLabel", path: "ShippingService/CancelOrderShippingLabel", shape: wrapped, limit: 150,
		need: needs("pkOrderId"), handler: on((*Fake).cancelLabel)},
	{name: "Shipping.GetIntegrations", path: "ShippingService/GetIntegrations", shape: query, limit: 1, get: true,
		handler: on((*Fake).getIntegrations)},

	// Version 2
	{name: "OrdersV2.GetOrders", path: "orders", v2: true, method: http.MethodGet, shape: query,
		handler: on((*Fake).getOrdersV2)},
	{name: "OrdersV2.GetFulfillmentStatuses", path: "orders/fulfillment-status", v2: true, method: http.MethodGet, shape: query,
		handler: on((*Fake).getFulfilmentStatuses)},
	{name: "OrdersV2.UpdateFulfillmentStatuses", path: "orders/fulfillment-status", v2: true, method: http.MethodPost, shape: bodyJSON,
		need: needs("list"), handler: on((*Fake).updateFulfilmentStatuses)},
	{name: "OrdersV2.GetFulfillmentStatus", path: "orders/{orderId}/fulfillment-status", v2: true, method: http.MethodGet, shape: query,
		handler: on((*Fake).getFulfilmentStatus)},
	{name: "OrdersV2.UpdateFulfillmentStatus", path: "orders/{orderId}/fulfillment-status", v2: true, method: http.MethodPut, shape: bodyJSON,
		need: needs("FulfillmentStatus"), handler: on((*Fake).updateFulfilmentStatus)},
}

// Prefixes of paths.
const (
	v1Prefix = "/api/"
	v2Prefix = "/v2/"
)

// v1Routes are the operations of version 1 by lower-case path.
var v1Routes = func() map[string]*route {
	out := map[string]*route{}
	for i := range routes {
		if r := &routes[i]; !r.v2 {
			out[strings.ToLower(v1Prefix+r.path)] = r
		}
	}
	return out
}()

// routeOf finds the operation at a path, in any letter case, nil if there is
// none. Of version 2 it is one of another method if there is none of this.
func routeOf(method, urlPath string) *route {
	path := strings.ToLower(urlPath)
	rest, ok := strings.CutPrefix(path, v2Prefix)
	if !ok {
		return v1Routes[path]
	}
	var other *route
	for i := range routes {
		switch r := &routes[i]; {
		case !r.v2 || !r.fits(rest):
		case r.method == method:
			return r
		default:
			other = r
		}
	}
	return other
}

// fits reports whether a path is the operation's.
func (op *route) fits(path string) bool {
	given, want := strings.Split(path, "/"), strings.Split(op.path, "/")
	return slices.EqualFunc(given, want, func(g, w string) bool { return g == w || strings.HasPrefix(w, "{") && g != "" })
}

// Operations lists the operations that the fake supports, as package linnworks
// names them, sorted.
func Operations() []string {
	var out []string
	for _, r := range routes {
		out = append(out, r.name)
	}
	slices.Sort(out)
	return out
}
