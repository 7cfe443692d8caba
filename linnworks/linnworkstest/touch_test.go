package linnworkstest_test

import (
	"testing"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// The functions in this file call operations for the contract test: what
// touchEverything does not call. What the calls do is tested elsewhere.

func touchCatalogue(t *testing.T, a account) {
	ctx := t.Context()
	in, st := a.c.Inventory, a.c.Stock
	must(a.c.Auth.GetApplicationProfileBySecretKey(ctx, &linnworks.GetApplicationProfileBySecretKeyRequest{ApplicationID: new(home)}))(t)
	must(a.c.Settings.GetCurrencyConversionRates(ctx, nil))(t)
	check(t, errOf(a.c.Locations.AddLocation(ctx, &linnworks.AddLocationRequest{Location: &linnworks.StockLocation{LocationName: "Annex", StockLocationID: home}})))
	must(a.c.Locations.GetLocation(ctx, &linnworks.GetLocationRequest{StockLocationID: a.overflow}))(t)
	a.AddChannel("TIKTOK", "UK", true)
	must(in.GetChannels(ctx, nil))(t)
	must(in.GetChannelsBySource(ctx, &linnworks.GetChannelsBySourceRequest{Source: new("tiktok")}))(t)
	must(in.GetInventoryItemsCount(ctx, &linnworks.GetInventoryItemsCountRequest{IncludeArchived: new(true)}))(t)
	must(in.GetPostalServices(ctx, nil))(t)

	cup := linnworks.GUID("00000000-0000-4000-8000-00000000000c")
	check(t, errOf(in.AddInventoryItem(ctx, &linnworks.AddInventoryItemRequest{InventoryItem: &linnworks.StockItem{StockItemID: cup, ItemNumber: "CUP", ItemTitle: "Cup"}})))
	check(t, errOf(in.UpdateInventoryItem(ctx, &linnworks.UpdateInventoryItemRequest{InventoryItem: &linnworks.InventoryUpdateInventoryItemRequest{
		StockItemID: &cup, ItemNumber: new("CUP"), ItemTitle: new("Blue cup"),
	}})))
	must(in.GetInventoryItem(ctx, &linnworks.GetInventoryItemRequest{SKU: new("CUP")}))(t)
	must(in.GetInventoryItemByID(ctx, &linnworks.GetInventoryItemByIDRequest{ID: cup}))(t)
	row := []linnworks.ItemComposition{{StockItemID: cup, LinkedStockItemID: a.mug, Quantity: 2}}
	check(t, errOf(in.CreateInventoryItemCompositions(ctx, &linnworks.CreateInventoryItemCompositionsRequest{InventoryItemCompositions: row})))
	check(t, errOf(in.UpdateInventoryItemCompositions(ctx, &linnworks.UpdateInventoryItemCompositionsRequest{InventoryItemCompositions: row})))
	must(in.GetInventoryItemCompositions(ctx, &linnworks.GetInventoryItemCompositionsRequest{InventoryItemID: cup, GetFullDetail: new(true)}))(t)
	check(t, errOf(in.DeleteInventoryItemCompositions(ctx, &linnworks.DeleteInventoryItemCompositionsRequest{StockItemID: cup, InventoryItemCompositionIDs: []linnworks.GUID{a.mug}})))
	must(in.UpdateCompositeParentStockLevel(ctx, &linnworks.UpdateCompositeParentStockLevelRequest{StockItemID: a.set, LocationID: a.overflow, FieldValue: new(-1)}))(t)

	created := must(in.CreateChannelMapping(ctx, &linnworks.CreateChannelMappingRequest{Mappings: []linnworks.ChannelMappingCreateInfo{
		{StockItemID: cup, ChannelSKU: "c-cup", Source: "SHOP", SubSource: "UK", ChannelReferenceID: "r1"}, {StockItemID: cup},
	}}))(t)
	mapping := created.Results[0].Result.ID
	must(in.UpdateChannelMapping(ctx, &linnworks.UpdateChannelMappingRequest{Mappings: []linnworks.ChannelMappingUpdateInfo{{ID: mapping, MaxListedQuantity: 5}, {ID: home}}}))(t)
	must(in.GetInventoryItemChannelSKUs(ctx, &linnworks.GetInventoryItemChannelSKUsRequest{InventoryItemID: cup}))(t)
	must(in.BatchGetInventoryItemChannelSKUs(ctx, &linnworks.BatchGetInventoryItemChannelSKUsRequest{InventoryItemIDs: []linnworks.GUID{cup, a.mug}}))(t)
	must(in.GetInventoryItemChannelSKUsWithLocation(ctx, &linnworks.GetInventoryItemChannelSKUsWithLocationRequest{ChannelSKURowID: mapping}))(t)
	must(in.IsInventoryItemChannelSKULinked(ctx, &linnworks.IsInventoryItemChannelSKULinkedRequest{ChannelSKU: new("c-cup"), Source: new("SHOP"), SubSource: new("UK")}))(t)
	check(t, errOf(in.UnlinkChannelListing(ctx, &linnworks.UnlinkChannelListingRequest{ChannelRefID: new("r1"), Source: new("SHOP"), SubSource: new("UK")})))
	check(t, errOf(in.DeleteInventoryItemChannelSKUs(ctx, &linnworks.DeleteInventoryItemChannelSKUsRequest{InventoryItemChannelSKUIDs: []linnworks.GUID{mapping}})))

	must(st.GetStockItemsFullByIDs(ctx, &linnworks.GetStockItemsFullByIDsRequest{
		StockItemIDs: []linnworks.GUID{cup, a.mug}, DataRequirements: []linnworks.GetStockItemsFullByIDsRequestDataRequirement{"StockLevels"},
	}))(t)
	must(st.GetStockItemsByIDs(ctx, &linnworks.GetStockItemsByIDsRequest{StockItemIDs: []linnworks.GUID{cup}}))(t)
	must(st.SKUExists(ctx, &linnworks.SKUExistsRequest{SKU: "CUP"}))(t)
	must(st.GetStockLevel(ctx, &linnworks.GetStockLevelRequest{StockItemID: a.mug}))(t)
	must(st.GetStockLevelByLocation(ctx, &linnworks.GetStockLevelByLocationRequest{StockItemID: a.mug, LocationID: home}))(t)
	must(st.UpdateStockLevelsBySKU(ctx, &linnworks.UpdateStockLevelsBySKURequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG", LocationID: home, Level: 5}}}))(t)
	must(st.UpdateStockLevelsBulk(ctx, &linnworks.UpdateStockLevelsBulkRequest{Items: []linnworks.UpdateStockLevelsBulkRequestItem{
		{SKU: new("TEA"), StockLocationName: new("Default"), StockLevel: new(90), MinimumLevel: new(0), RowIndex: new(1)},
	}}))(t)
	check(t, errOf(st.UpdateStockMinimumLevel(ctx, &linnworks.UpdateStockMinimumLevelRequest{StockItemID: cup, LocationID: home, MinimumLevel: new(-1)})))
	must(st.GetItemChangesHistory(ctx, &linnworks.GetItemChangesHistoryRequest{StockItemID: a.mug, LocationID: new(home), EntriesPerPage: new(10), PageNumber: new(1)}))(t)
}

func touchOrders(t *testing.T, a account) {
	ctx := t.Context()
	or, op := a.c.Orders, a.c.OpenOrders
	a.AddIdentifier("VIP", "VIP")
	id := a.order(t, paid("10", "c-set", 2))
	ids := []linnworks.GUID{id}
	number := a.details(t, id).NumOrderID
	a.AddDraft()
	must(or.GetOrderByID(ctx, &linnworks.GetOrderByIDRequest{OrderID: id}))(t)
	must(or.GetOrderDetailsByNumOrderID(ctx, &linnworks.GetOrderDetailsByNumOrderIDRequest{OrderID: number}))(t)
	must(or.GetOpenOrderIDByOrderOrReferenceID(ctx, &linnworks.GetOpenOrderIDByOrderOrReferenceIDRequest{OrderOrReferenceID: "10"}))(t)
	must(or.GetOpenOrders(ctx, &linnworks.OrdersGetOpenOrdersRequest{EntriesPerPage: new(10), PageNumber: new(1), FulfilmentCenter: new(home)}))(t)
	must(or.GetOrderItems(ctx, &linnworks.GetOrderItemsRequest{OrderID: id, FulfilmentCenter: new(home)}))(t)
	must(or.GetOrderNotes(ctx, &linnworks.GetOrderNotesRequest{OrderID: id}))(t)
	must(or.GetOrderAuditTrail(ctx, &linnworks.GetOrderAuditTrailRequest{OrderID: id}))(t)
	must(or.GetOrderAuditTrailsByIDs(ctx, &linnworks.GetOrderAuditTrailsByIDsRequest{OrderIDs: ids}))(t)
	must(or.SetExtendedProperties(ctx, &linnworks.SetExtendedPropertiesRequest{OrderID: id, ExtendedProperties: []linnworks.ExtendedProperty{{RowID: home, Name: "a", Value: "b", Type: "Order"}}}))(t)
	check(t, errOf(or.SetOrderNotes(ctx, &linnworks.SetOrderNotesRequest{OrderID: id, OrderNotes: []linnworks.OrderNote{{Note: "n", OrderID: id, OrderNoteID: home}}})))
	general := a.details(t, id).GeneralInfo
	check(t, errOf(or.SetOrderGeneralInfo(ctx, &linnworks.SetOrderGeneralInfoRequest{OrderID: id, Info: &general})))
	must(or.ChangeShippingMethod(ctx, &linnworks.ChangeShippingMethodRequest{OrderIDs: ids, ShippingMethod: new("Post 24")}))(t)
	must(or.GetShippingMethods(ctx, nil))(t)
	must(or.AssignToFolder(ctx, &linnworks.AssignToFolderRequest{OrderIDs: ids, Folder: new("Today")}))(t)
	must(or.UnassignToFolder(ctx, &linnworks.UnassignToFolderRequest{OrderIDs: ids, Folder: new("Today")}))(t)
	must(or.MoveToLocation(ctx, &linnworks.MoveToLocationRequest{OrderIDs: ids, StockLocationID: a.overflow}))(t)
	must(or.MoveToLocation(ctx, &linnworks.MoveToLocationRequest{OrderIDs: ids, StockLocationID: home}))(t)
	check(t, errOf(or.UpdateLinkItem(ctx, &linnworks.UpdateLinkItemRequest{StockID: &a.mug, StockItemID: &a.mug, Source: new("SHOP"), SubSource: new("UK"), ChannelSKU: new("c-other")})))

	stats := must(op.GetViewStats(ctx, &linnworks.GetViewStatsRequest{LocationID: new(home)}))(t)
	must(op.GetOpenOrders(ctx, &linnworks.OpenOrdersGetOpenOrdersRequest{ViewID: stats[0].ViewID, LocationID: home, EntriesPerPage: 10}))(t)
	must(op.GetOpenOrderIDs(ctx, &linnworks.GetOpenOrderIDsRequest{ViewID: stats[0].ViewID, LocationID: home, EntriesPerPage: 10}))(t)
	must(op.GetOpenOrdersDetails(ctx, &linnworks.GetOpenOrdersDetailsRequest{OrderIDs: ids, DetailLevel: []linnworks.GetOpenOrdersDetailsRequestDetailLevel{"NOTES"}}))(t)
	must(op.GetOrdersLowFidelity(ctx, &linnworks.GetOrdersLowFidelityRequest{LocationID: new(home)}))(t)
	must(op.SearchOrders(ctx, &linnworks.SearchOrdersRequest{LocationID: new(home), SearchTerm: new("10"), IncludeProcessed: new(true)}))(t)
	must(op.GetIdentifiers(ctx, nil))(t)
	must(op.AssignOrderIdentifier(ctx, &linnworks.AssignOrderIdentifierRequest{OrderIDs: ids, Tag: new("VIP")}))(t)
	must(op.UnassignOrderIdentifier(ctx, &linnworks.UnassignOrderIdentifierRequest{OrderIDs: ids, Tag: new("VIP")}))(t)
	must(op.FilterNotProcessedOpenOrders(ctx, &linnworks.FilterNotProcessedOpenOrdersRequest{OrderIDs: []int{number}}))(t)

	check(t, a.StartPicking(id))
	must(a.c.Picking.GetAllPickingWaveHeaders(ctx, &linnworks.GetAllPickingWaveHeadersRequest{LocationID: new(home)}))(t)
	must(a.c.Picking.GetPickingWave(ctx, &linnworks.GetPickingWaveRequest{PickingWaveID: 1}))(t)
	check(t, a.Pick(id))
	must(a.c.Picking.DeleteOrdersFromPickingWaves(ctx, &linnworks.DeleteOrdersFromPickingWavesRequest{OrderIDs: []int{number, 7}}))(t)
	must(a.c.Print.GetTemplateList(ctx, &linnworks.GetTemplateListRequest{TemplateType: new("Shipping Labels")}))(t)
	must(a.c.Print.CreatePDFFromJobForceTemplate(ctx, &linnworks.CreatePDFFromJobForceTemplateRequest{TemplateType: new("Shipping Labels"), IDs: []linnworks.GUID{id, a.mug}}))(t)
	must(a.c.Shipping.CancelOrderShippingLabel(ctx, &linnworks.CancelOrderShippingLabelRequest{OrderID: id}))(t)
	must(or.ClearShippingLabelInfo(ctx, &linnworks.ClearShippingLabelInfoRequest{OrderIDs: []linnworks.GUID{id, a.mug}, WithoutConfirmation: new(true)}))(t)
	must(a.c.Shipping.GetIntegrations(ctx, nil))(t)
	must(a.c.PostalServices.CreatePostalService(ctx, &linnworks.CreatePostalServiceRequest{PostalServiceDetails: &linnworks.PostalService{
		PostalServiceName: "New", Vendor: "V", ID: home, PostalServiceID: home, IntegratedServiceID: home,
	}}))(t)

	v2 := a.c.OrdersV2
	must(v2.GetOrders(ctx, &linnworks.OrdersV2GetOrdersRequest{FromDate: &linnworks.Time{Time: opening}, IncludeProcessed: new(true), EntriesPerPage: new(2)}))(t)
	must(v2.GetFulfillmentStatus(ctx, string(id), nil))(t)
	must(v2.GetFulfillmentStatuses(ctx, &linnworks.GetFulfillmentStatusesRequest{ID: []linnworks.GUID{id}}))(t)
	must(v2.UpdateFulfillmentStatus(ctx, string(id), &linnworks.UpdateFulfillmentStatusRequest{FulfillmentStatus: new(linnworks.FulfillmentStatusSubmitted)}))(t)
	must(v2.UpdateFulfillmentStatuses(ctx, &linnworks.UpdateFulfillmentStatusesRequest{Body: []linnworks.OrderFulfillmentStatus{{OrderID: id, FulfillmentStatus: "Accepted"}, {OrderID: a.mug, FulfillmentStatus: "Accepted"}}}))(t)

	line := a.details(t, id).Items[0]
	must(or.UpdateOrderItem(ctx, &linnworks.UpdateOrderItemRequest{OrderID: id, OrderItem: &linnworks.OrderItem{
		RowID: line.RowID, Quantity: 3, PricePerUnit: "9", StockItemID: line.StockItemID, ItemID: line.ItemID, OrderID: id, ImageID: home,
		OnPurchaseOrder: linnworks.OrderItemOnOrder{LocationID: home, SupplierID: home, PurchaseID: home, PurchaseItemID: home, RowID: home},
	}}))(t)
	parts := must(or.SplitOrder(ctx, &linnworks.SplitOrderRequest{OrderID: id, NewOrders: []linnworks.OrderSplit{{
		Items: []linnworks.OrderSplitOutItem{{RowID: &line.RowID, Quantity: new(1)}},
	}}}))(t)
	must(or.GetOrderPackagingSplit(ctx, &linnworks.GetOrderPackagingSplitRequest{OrderID: id}))(t)
	must(or.GetOrderRelations(ctx, &linnworks.GetOrderRelationsRequest{OrderID: id}))(t)
	must(or.GetOrdersRelations(ctx, &linnworks.GetOrdersRelationsRequest{OrderIDs: ids}))(t)
	merged := must(or.MergeOrders(ctx, &linnworks.MergeOrdersRequest{OrdersToMerge: []linnworks.GUID{parts[0].OrderID, parts[1].OrderID}, FulfilmentCenter: new(home)}))(t)
	must(or.RemoveOrderItem(ctx, &linnworks.RemoveOrderItemRequest{OrderID: merged.OrderID, RowID: merged.Items[0].RowID, FulfilmentCenter: new(home)}))(t)
	must(or.ProcessOrdersInBatch(ctx, &linnworks.ProcessOrdersInBatchRequest{OrdersIDs: []linnworks.GUID{merged.OrderID}, LocationID: new(home)}))(t)
	a.order(t, paid("11", "c-mug", 1))
	must(or.ProcessOrderByOrderIDOrReference(ctx, &linnworks.ProcessOrderByOrderIDOrReferenceRequest{OrderOrReferenceID: "11"}))(t)
	elsewhere := a.AddLocationOf(linnworkstest.Location{Name: "Third party", FulfilmentCentre: true})
	id = a.order(t, paid("12", "c-mug", 1))
	must(or.MoveToLocation(ctx, &linnworks.MoveToLocationRequest{OrderIDs: []linnworks.GUID{id}, StockLocationID: elsewhere}))(t)
	must(or.ProcessFulfilmentCentreOrder(ctx, &linnworks.ProcessFulfilmentCentreOrderRequest{OrderID: id}))(t)
	draft := a.AddDraft()
	must(or.CompleteOrder(ctx, &linnworks.CompleteOrderRequest{OrderID: draft}))(t)
	check(t, errOf(or.DeleteOrder(ctx, &linnworks.DeleteOrderRequest{OrderID: draft})))
}

func touchAfterSale(t *testing.T, a account) {
	ctx := t.Context()
	id, other := a.order(t, paid("20", "c-set", 2)), a.order(t, paid("21", "c-mug", 1))
	must(a.c.PostSale.GetCancellationOptions(ctx, &linnworks.GetCancellationOptionsRequest{OrderID: other}))(t)
	must(a.c.PostSale.CreateCancellation(ctx, &linnworks.CreateCancellationRequest{OrderID: other, InternalOnly: new(true), FreeTextOrNote: new("gone")}))(t)
	check(t, a.Process(id))
	line := a.details(t, id).Items[0]

	po := a.c.ProcessedOrders
	must(po.AddOrderNote(ctx, &linnworks.AddOrderNoteRequest{OrderID: id, NoteText: new("late"), IsInternal: new(true)}))(t)
	must(po.GetOrderInfo(ctx, &linnworks.GetOrderInfoRequest{OrderID: id}))(t)
	must(po.GetProcessedAuditTrail(ctx, &linnworks.GetProcessedAuditTrailRequest{OrderID: id}))(t)
	must(po.GetProcessedOrderExtendedProperties(ctx, &linnworks.GetProcessedOrderExtendedPropertiesRequest{OrderID: id}))(t)
	must(po.GetReturnItemsInfo(ctx, &linnworks.GetReturnItemsInfoRequest{OrderID: id}))(t)
	must(po.GetOrderTrackingURLs(ctx, &linnworks.GetOrderTrackingURLsRequest{Items: []linnworks.TrackingURLRequestItem{{OrderID: new(1), Vendor: new("V"), PostalTrackingNumber: new("T1")}}}))(t)

	rr := a.c.ReturnsRefunds
	must(rr.GetRefundOptions(ctx, &linnworks.GetRefundOptionsRequest{OrderID: id}))(t)
	refund := must(rr.CreateRefund(ctx, &linnworks.CreateRefundRequest{OrderID: id, RefundLines: []linnworks.NewRefundLine{{
		OrderItemRowID: &line.RowID, RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Item")), Amount: new(linnworks.Decimal("3")), Quantity: new(1),
	}}}))(t)
	header := &refund.RefundHeaderID
	must(rr.GetRefundLinesByHeaderID(ctx, &linnworks.GetRefundLinesByHeaderIDRequest{RefundHeaderID: header, OrderID: id}))(t)
	must(rr.ActionRefund(ctx, &linnworks.ActionRefundRequest{RefundHeaderID: *header, OrderID: &id}))(t)
	again := must(rr.CreateRefund(ctx, &linnworks.CreateRefundRequest{OrderID: id, RefundLines: []linnworks.NewRefundLine{{
		RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Shipping")), Amount: new(linnworks.Decimal("1")),
	}}}))(t)
	must(rr.DeleteRefund(ctx, &linnworks.DeleteRefundRequest{RefundHeaderID: again.RefundHeaderID}))(t)
	must(rr.GetRefundHeadersByOrderID(ctx, &linnworks.GetRefundHeadersByOrderIDRequest{OrderID: id}))(t)
	must(po.GetTotalRefunds(ctx, &linnworks.ProcessedOrdersGetTotalRefundsRequest{OrderID: id, IncludeBookings: new(true)}))(t)
	must(po.GetRefunds(ctx, &linnworks.GetRefundsRequest{OrderID: id}))(t)
	booking := must(rr.CreateRMABooking(ctx, &linnworks.CreateRMABookingRequest{
		OrderID: id, Reference: new("R1"),
		ReturnItems:   []linnworks.ReturnItem{{OrderItemRowID: &line.RowID, ReturnQuantity: new(1), ReturnLocation: new(home)}},
		ExchangeItems: []linnworks.ExchangeItem{{OrderItemRowID: &line.RowID, ReturnQuantity: new(1), ExchangeStockItemID: &a.mug, ExchangeQuantity: new(1)}},
		ResendItems:   []linnworks.ResendItem{{OrderItemRowID: &line.RowID, ResendQuantity: new(1)}},
	}))(t)
	another := must(rr.CreateRMABooking(ctx, &linnworks.CreateRMABookingRequest{
		OrderID: id, ResendItems: []linnworks.ResendItem{{OrderItemRowID: &line.RowID, ResendQuantity: new(1)}},
	}))(t)
	must(rr.DeleteRMA(ctx, &linnworks.DeleteRMARequest{RMAHeaderID: &another.RMAHeaderID}))(t)
	must(rr.ActionRMABooking(ctx, &linnworks.ActionRMABookingRequest{RMAHeaderID: booking.RMAHeaderID, OrderID: &id}))(t)
	must(rr.GetRMAHeadersByOrderID(ctx, &linnworks.GetRMAHeadersByOrderIDRequest{OrderID: id}))(t)
	must(po.GetReturnsExchanges(ctx, &linnworks.GetReturnsExchangesRequest{OrderID: id}))(t)
	check(t, errOf(rr.RefundOrder(ctx, &linnworks.RefundOrderRequest{OrderID: id, RefundReference: new("F1")})))
	must(rr.SearchReturnsRefundsPaged(ctx, &linnworks.SearchReturnsRefundsPagedRequest{
		DateType: new(linnworks.ReturnsRefundsDateTypeAllDates), HistoryType: new(linnworks.ReturnsRefundsHistoryTypeRefunds), NumEntriesPerPage: new(200), PageNum: new(1),
	}))(t)
}
