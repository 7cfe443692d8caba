package tiktokshoptest

// operations are the operations that the fake supports. It is filled in init
// because the functions refer back to it.
var operations []operation

func init() {
	operations = []operation{
		{name: "ExchangeCode", method: "GET", path: "/api/v2/token/get", open: true, serve: (*Fake).exchangeCode},
		{name: "RefreshToken", method: "GET", path: "/api/v2/token/refresh", open: true, serve: (*Fake).refreshToken},
		{name: "Authorization.GetAuthorizedShops", method: "GET", path: "/authorization/202309/shops", cipher: cipherRefused, serve: (*Fake).authorizedShops},

		{name: "Order.GetOrderList", method: "POST", path: "/order/202309/orders/search", serve: (*Fake).orderList},
		{name: "Order.GetOrderDetail", method: "GET", path: "/order/202507/orders", serve: (*Fake).orderDetail},
		{name: "Order.AddExternalOrderReferences", method: "POST", path: "/order/202406/orders/external_orders", serve: (*Fake).addReferences},
		{name: "Order.GetExternalOrderReferences", method: "GET", path: "/order/202406/orders/{order_id}/external_orders", serve: (*Fake).getReferences},

		{name: "Fulfillment.MarkPackageAsShipped", method: "POST", path: "/fulfillment/202309/orders/{order_id}/packages", serve: (*Fake).markShipped},
		{name: "Fulfillment.CreatePackages", method: "POST", path: "/fulfillment/202512/packages", serve: (*Fake).createPackages},
		{name: "Fulfillment.ShipPackage", method: "POST", path: "/fulfillment/202309/packages/{package_id}/ship", serve: (*Fake).shipPackage},
		{name: "Fulfillment.GetPackageDetail", method: "GET", path: "/fulfillment/202309/packages/{package_id}", cipher: cipherOptional, serve: (*Fake).packageDetail},
		{name: "Fulfillment.GetPackageShippingDocument", method: "GET", path: "/fulfillment/202309/packages/{package_id}/shipping_documents", serve: (*Fake).shippingDocument},
		{name: "Document", method: "GET", path: documentPath + "{name}", open: true, serve: (*Fake).download},

		{name: "Logistics.GetShippingProviders", method: "GET", path: "/logistics/202309/delivery_options/{delivery_option_id}/shipping_providers", serve: (*Fake).shippingProviders},
		{name: "Logistics.GetWarehouseList", method: "GET", path: "/logistics/202309/warehouses", serve: (*Fake).warehouseList},

		{name: "Product.SearchProducts", method: "POST", path: "/product/202502/products/search", serve: (*Fake).searchProducts},
		{name: "Product.GetProduct", method: "GET", path: "/product/202309/products/{product_id}", serve: (*Fake).getProduct},
		{name: "Product.InventorySearch", method: "POST", path: "/product/202309/inventory/search", serve: (*Fake).inventorySearch},
		{name: "Product.UpdateInventory", method: "POST", path: "/product/202309/products/{product_id}/inventory/update", cipher: cipherOptional, serve: (*Fake).updateInventory},

		{name: "ReturnRefund.SearchCancellations", method: "POST", path: "/return_refund/202309/cancellations/search", serve: (*Fake).searchCancellations},
		{name: "ReturnRefund.ApproveCancellation", method: "POST", path: "/return_refund/202309/cancellations/{cancel_id}/approve", serve: (*Fake).approveCancellation},
		{name: "ReturnRefund.RejectCancellation", method: "POST", path: "/return_refund/202309/cancellations/{cancel_id}/reject", serve: (*Fake).rejectCancellation},
		{name: "ReturnRefund.GetRejectReasons", method: "GET", path: "/return_refund/202309/reject_reasons", serve: (*Fake).rejectReasons},
	}
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
