package tiktokshoptest

// operations are the operations that the fake supports.
var operations = []operation{
	{name: "ExchangeCode", method: "GET", path: "/api/v2/token/get", open: true, serve: (*Fake).exchangeCode},
	{name: "RefreshToken", method: "GET", path: "/api/v2/token/refresh", open: true, serve: (*Fake).refreshToken},
	{name: "Document", method: "GET", path: documentPath + "{name}", open: true, serve: (*Fake).download},

	{name: "Authorization.GetAuthorizedShops", method: "GET", path: "/authorization/202309/shops", scope: scopeShops, cipher: cipherRefused, serve: (*Fake).authorizedShops},
	{name: "Authorization.DeauthorizeShop", method: "DELETE", path: "/authorization/202403/shops", scope: scopeShops, serve: (*Fake).deauthorizeShop},
	{name: "Seller.GetActiveShops", method: "GET", path: "/seller/202309/shops", scope: scopeShops, cipher: cipherRefused, serve: (*Fake).activeShops},
	{name: "Seller.GetSellerStatus", method: "GET", path: "/seller/202508/status", scope: scopeShops, cipher: cipherRefused, omit: []string{"partner_channel", "tax_form_status"}, serve: (*Fake).sellerStatus},
	{name: "Seller.GetSellerPermissions", method: "GET", path: "/seller/202309/permissions", scope: scopeShops, cipher: cipherRefused, serve: (*Fake).sellerPermissions},

	{name: "Event.GetShopWebhooks", method: "GET", path: "/event/202309/webhooks", scope: scopeShops, serve: (*Fake).getWebhooks},
	{name: "Event.UpdateShopWebhook", method: "PUT", path: "/event/202309/webhooks", scope: scopeShops, serve: (*Fake).updateWebhook},
	{name: "Event.DeleteShopWebhook", method: "DELETE", path: "/event/202309/webhooks", scope: scopeShops, serve: (*Fake).deleteWebhook},

	{name: "Order.GetOrderList", method: "POST", path: "/order/202309/orders/search", scope: scopeOrders, serve: (*Fake).orderList},
	{name: "Order.GetOrderDetail", method: "GET", path: "/order/202507/orders", scope: scopeOrders, omit: []string{"fulfillment_priority_level"}, serve: (*Fake).orderDetail},
	{name: "Order.GetOrderDetailV202309", method: "GET", path: "/order/202309/orders", scope: scopeOrders, serve: (*Fake).orderDetail},
	{name: "Order.GetPriceDetail", method: "GET", path: "/order/202407/orders/{order_id}/price_detail", scope: scopeOrders, serve: (*Fake).priceDetail},
	{name: "Order.AddExternalOrderReferences", method: "POST", path: "/order/202406/orders/external_orders", scope: scopeRefWrite, serve: (*Fake).addReferences},
	{name: "Order.GetExternalOrderReferences", method: "GET", path: "/order/202406/orders/{order_id}/external_orders", scope: scopeRefRead, serve: (*Fake).getReferences},
	{name: "Order.SearchOrderByExternalOrderReference", method: "POST", path: "/order/202406/orders/external_order_search", scope: scopeRefRead, serve: (*Fake).searchReferences},

	{name: "Fulfillment.MarkPackageAsShipped", method: "POST", path: "/fulfillment/202309/orders/{order_id}/packages", scope: scopeFulfil, serve: (*Fake).markShipped},
	{name: "Fulfillment.GetEligibleShippingService", method: "POST", path: "/fulfillment/202309/orders/{order_id}/shipping_services/query", scope: scopeFulfil, serve: (*Fake).shippingServices},
	{name: "Fulfillment.CreatePackages", method: "POST", path: "/fulfillment/202512/packages", scope: scopeFulfil, serve: (*Fake).createPackages},
	{name: "Fulfillment.CreatePackagesV202309", method: "POST", path: "/fulfillment/202309/packages", scope: scopeFulfil, serve: (*Fake).createPackagesOld},
	{name: "Fulfillment.ShipPackage", method: "POST", path: "/fulfillment/202309/packages/{package_id}/ship", scope: scopeFulfil, serve: (*Fake).shipPackage},
	{name: "Fulfillment.BatchShipPackages", method: "POST", path: "/fulfillment/202309/packages/ship", scope: scopeFulfil, serve: (*Fake).batchShip},
	{name: "Fulfillment.SchedulePackageHandover", method: "POST", path: "/fulfillment/202309/packages/schedule", scope: scopeFulfil, serve: (*Fake).scheduleHandover},
	{name: "Fulfillment.GetHandoverTimeslots", method: "GET", path: "/fulfillment/202309/orders/{order_id}/handover_time_slots", scope: scopePackages, serve: (*Fake).orderSlots},
	{name: "Fulfillment.GetPackageHandoverTimeSlots", method: "GET", path: "/fulfillment/202309/packages/{package_id}/handover_time_slots", scope: scopePackages, serve: (*Fake).packageSlots},
	{name: "Fulfillment.GetPackageDetail", method: "GET", path: "/fulfillment/202309/packages/{package_id}", scope: scopeFulfil, cipher: cipherOptional, serve: (*Fake).packageDetail},
	{name: "Fulfillment.SearchPackage", method: "POST", path: "/fulfillment/202309/packages/search", scope: scopeFulfil, cipher: cipherOptional, omit: []string{"has_multi_skus"}, serve: (*Fake).searchPackages},
	{name: "Fulfillment.GetPackageShippingDocument", method: "GET", path: "/fulfillment/202309/packages/{package_id}/shipping_documents", scope: scopeFulfil, serve: (*Fake).shippingDocument},
	{name: "Fulfillment.GetTracking", method: "GET", path: "/fulfillment/202309/orders/{order_id}/tracking", scope: scopeFulfil, serve: (*Fake).trackingHistory},
	{name: "Fulfillment.UpdateShippingInfo", method: "POST", path: "/fulfillment/202309/orders/{order_id}/shipping_info/update", scope: scopeLogistics, serve: (*Fake).correctOrder},
	{name: "Fulfillment.UpdatePackageShippingInfo", method: "POST", path: "/fulfillment/202309/packages/{package_id}/shipping_info/update", scope: scopeFulfil, serve: (*Fake).correctPackage},
	{name: "Fulfillment.GetOrderSplitAttributes", method: "GET", path: "/fulfillment/202309/orders/split_attributes", scope: scopePackages, serve: (*Fake).splitAttributes},
	{name: "Fulfillment.SplitOrders", method: "POST", path: "/fulfillment/202309/orders/{order_id}/split", scope: scopePackages, serve: (*Fake).split},
	{name: "Fulfillment.SearchCombinablePackages", method: "GET", path: "/fulfillment/202309/combinable_packages/search", scope: scopePackages, serve: (*Fake).combinable},
	{name: "Fulfillment.CombinePackage", method: "POST", path: "/fulfillment/202309/packages/combine", scope: scopePackages, serve: (*Fake).combine},
	{name: "Fulfillment.UncombinePackages", method: "POST", path: "/fulfillment/202309/packages/{package_id}/uncombine", scope: scopePackages, serve: (*Fake).uncombine},
	{name: "Fulfillment.UploadInvoice", method: "POST", path: "/fulfillment/202502/invoice/upload", scope: scopeFulfil, serve: (*Fake).uploadInvoice},

	{name: "Logistics.GetShippingProviders", method: "GET", path: "/logistics/202309/delivery_options/{delivery_option_id}/shipping_providers", scope: scopeLogistics, serve: (*Fake).shippingProviders},
	{name: "Logistics.GetWarehouseDeliveryOptions", method: "GET", path: "/logistics/202309/warehouses/{warehouse_id}/delivery_options", scope: scopeLogistics, serve: (*Fake).deliveryOptions},
	{name: "Logistics.GetAvailableShippingTemplate", method: "GET", path: "/logistics/202510/seller_templates", scope: scopeLogistics, serve: (*Fake).shippingTemplates},
	{name: "Logistics.GetWarehouseList", method: "GET", path: "/logistics/202309/warehouses", scope: scopeLogistics, serve: (*Fake).warehouseList},

	{name: "Product.SearchProducts", method: "POST", path: "/product/202502/products/search", scope: scopeProducts, omit: []string{"is_pre_owned", "is_cod_allowed", "is_replicated", "minimum_order_quantity", "prescription_requirement"}, serve: (*Fake).searchProducts},
	{name: "Product.GetProduct", method: "GET", path: "/product/202309/products/{product_id}", scope: scopeProducts, serve: (*Fake).getProduct},
	{name: "Product.InventorySearch", method: "POST", path: "/product/202309/inventory/search", scope: scopeProducts, serve: (*Fake).inventorySearch},
	{name: "Product.UpdateInventory", method: "POST", path: "/product/202309/products/{product_id}/inventory/update", scope: scopeListing, cipher: cipherOptional, serve: (*Fake).updateInventory},
	{name: "Product.UpdatePrice", method: "POST", path: "/product/202309/products/{product_id}/prices/update", scope: scopeListing, serve: (*Fake).updatePrice},
	{name: "Product.ActivateProduct", method: "POST", path: "/product/202309/products/activate", scope: scopeProducts, serve: (*Fake).activate},
	{name: "Product.DeactivateProducts", method: "POST", path: "/product/202309/products/deactivate", scope: scopeProducts, serve: (*Fake).deactivate},

	{name: "ReturnRefund.CancelOrderV202309", method: "POST", path: "/return_refund/202309/cancellations", scope: scopeReturns, serve: (*Fake).cancelOrder},
	{name: "ReturnRefund.CancelOrder", method: "POST", path: "/return_refund/202602/cancellations", scope: scopeReturns, serve: (*Fake).cancelOrder},
	{name: "ReturnRefund.SearchCancellationsV202309", method: "POST", path: "/return_refund/202309/cancellations/search", scope: scopeReturns, serve: (*Fake).searchCancellations},
	{name: "ReturnRefund.SearchCancellations", method: "POST", path: "/return_refund/202602/cancellations/search", scope: scopeReturns, serve: (*Fake).searchCancellations},
	{name: "ReturnRefund.ApproveCancellation", method: "POST", path: "/return_refund/202309/cancellations/{cancel_id}/approve", scope: scopeReturns, serve: (*Fake).approveCancellation},
	{name: "ReturnRefund.RejectCancellation", method: "POST", path: "/return_refund/202309/cancellations/{cancel_id}/reject", scope: scopeReturns, serve: (*Fake).rejectCancellation},
	{name: "ReturnRefund.GetRejectReasons", method: "GET", path: "/return_refund/202309/reject_reasons", scope: scopeReturns, serve: (*Fake).rejectReasons},
	{name: "ReturnRefund.GetAftersaleEligibilityV202512", method: "GET", path: "/return_refund/202512/orders/{order_id}/aftersale_eligibility", scope: scopeReturns, serve: (*Fake).eligibility},
	{name: "ReturnRefund.GetAftersaleEligibility", method: "GET", path: "/return_refund/202602/orders/{order_id}/aftersale_eligibility", scope: scopeReturns, serve: (*Fake).eligibility},
	{name: "ReturnRefund.GetDecisionEligibility", method: "GET", path: "/return_refund/202601/decision_eligibility", scope: scopeReturns, serve: (*Fake).decisions},
	{name: "ReturnRefund.CalculateRefundV202309", method: "POST", path: "/return_refund/202309/refunds/calculate", scope: scopeReturns, serve: (*Fake).calculateRefund},
	{name: "ReturnRefund.CreateReturn", method: "POST", path: "/return_refund/202309/returns", scope: scopeReturns, serve: (*Fake).createReturn},
	{name: "ReturnRefund.SearchReturnsV202309", method: "POST", path: "/return_refund/202309/returns/search", scope: scopeReturns, serve: (*Fake).searchReturns},
	{name: "ReturnRefund.SearchReturns", method: "POST", path: "/return_refund/202602/returns/search", scope: scopeReturns, serve: (*Fake).searchReturns},
	{name: "ReturnRefund.ApproveReturn", method: "POST", path: "/return_refund/202309/returns/{return_id}/approve", scope: scopeReturns, serve: (*Fake).approveReturn},
	{name: "ReturnRefund.RejectReturn", method: "POST", path: "/return_refund/202309/returns/{return_id}/reject", scope: scopeReturns, serve: (*Fake).rejectReturn},
	{name: "ReturnRefund.GetReturnRecords", method: "GET", path: "/return_refund/202309/returns/{return_id}/records", scope: scopeReturns, serve: (*Fake).returnRecords},

	{name: "Finance.GetStatements", method: "GET", path: "/finance/202309/statements", scope: scopeFinance, serve: (*Fake).getStatements},
	{name: "Finance.GetTransactionsByStatement", method: "GET", path: "/finance/202501/statements/{statement_id}/statement_transactions", scope: scopeFinance, serve: (*Fake).statementTransactions},
	{name: "Finance.GetTransactionsByOrder", method: "GET", path: "/finance/202501/orders/{order_id}/statement_transactions", scope: scopeFinance, serve: (*Fake).orderTransactions},
	{name: "Finance.GetUnsettledTransactions", method: "GET", path: "/finance/202507/orders/unsettled", scope: scopeFinance, serve: (*Fake).unsettled},
	{name: "Finance.GetPayments", method: "GET", path: "/finance/202605/payments", scope: scopeFinance, serve: (*Fake).getPayments},
	{name: "Finance.GetWithdrawals", method: "GET", path: "/finance/202309/withdrawals", scope: scopeFinance, serve: (*Fake).getWithdrawals},

	{name: "Analytics.GetShopLIVEPerformanceList", method: "GET", path: "/analytics/202509/shop_lives/performance", scope: scopeAnalytics, serve: (*Fake).liveList},
	{name: "Analytics.GetShopLIVEPerformancePerMinutes", method: "GET", path: "/analytics/202510/shop_lives/{live_id}/performance_per_minutes", scope: scopeAnalytics, serve: (*Fake).liveMinutes},
	{name: "Analytics.GetShopLIVEProductsPerformanceList", method: "GET", path: "/analytics/202512/shop/{live_id}/products_performance", scope: scopeAnalytics, serve: (*Fake).liveProducts},

	{name: "DataReconciliation.OrderStatusDataExchange", method: "POST", path: "/data_reconciliation/202309/orders/sync", cipher: cipherRefused, serve: (*Fake).exchangeStatus},
}

// Operations lists the operations that the fake supports, by the names that the
// client and [Call] use. "Document" is the download of a shipping document.
func Operations() []string {
	names := make([]string, len(operations))
	for i, op := range operations {
		names[i] = op.name
	}
	return names
}
