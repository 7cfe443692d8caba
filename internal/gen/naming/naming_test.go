package naming

import "testing"

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sku_id": "SKUID", "seller_sku": "SellerSKU", "ids": "IDs", "pkOrderId": "PkOrderID", "nOrderId": "NOrderID",
		"rowid": "RowID", "JIT": "JIT", "SKUS": "SKUs", "GetStockLevel_Batch": "GetStockLevelBatch", "VP_GetPrinters": "VPGetPrinters",
		"GetOrdersById": "GetOrdersByID", "GetStockItemsFullByIds": "GetStockItemsFullByIDs", "GSQuerySKUsV2": "GSQuerySKUsV2",
		"gs_full_service_commodity": "GSFullServiceCommodity", "fbt": "FBT", "PIIRedactionDays": "PIIRedactionDays",
		"GetShopLIVEPerformanceList": "GetShopLIVEPerformanceList", "GetOrderTrackingURLs": "GetOrderTrackingURLs",
		"is_tiktok_shipping": "IsTikTokShipping", "thumb_urls": "ThumbURLs", "sKU": "SKU", "3_day": "N3Day",
		"GetMessageintheConversation": "GetMessageInTheConversation", "GSCreateProductv2": "GSCreateProductV2",
		"CreateFbtmcfOrder": "CreateFBTMCFOrder", "CreateeBayConfigurators": "CreateEbayConfigurators", "Productsold": "ProductsOld",
		"CreatePDFfromJobForceTemplate": "CreatePDFFromJobForceTemplate", "GetWarehouseTOTEs": "GetWarehouseTotes",
		"eBayCompatibilityePID": "EbayCompatibilityEPID", "SearchTapAffiliateOrders": "SearchTAPAffiliateOrders",
		"GSQuerySKUsandtheapprovalstatusofSKUsV2": "GSQuerySKUsAndTheApprovalStatusOfSKUsV2", "iban": "Iban", "skus": "SKUs",
	} {
		if got := Exported(name); got != want {
			t.Errorf("Exported(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"line_items": "LineItem", "skus": "SKU", "categories": "Category", "statuses": "Status", "recipient_address": "RecipientAddress",
		"addresses": "Address", "data": "Data", "ids": "ID", "series": "Series", "Batches": "Batch",
	} {
		if got := Singular(name); got != want {
			t.Errorf("Singular(%q) = %q, want %q", name, got, want)
		}
	}
	for value, want := range map[string]string{
		"AWAITING_SHIPMENT": "AwaitingShipment", "NONE": "None", "3_DAY_DELIVERY": "3DayDelivery", "InProgress": "InProgress", "PDF": "PDF",
	} {
		if got := Constant(value); got != want {
			t.Errorf("Constant(%q) = %q, want %q", value, got, want)
		}
	}
	for name, want := range map[string]string{"product_id": "productID", "skuId": "skuID", "type": "type_", "IDs": "ids", "default": "default_", "err": "err_", "token": "token_"} {
		if got := Unexported(name); got != want {
			t.Errorf("Unexported(%q) = %q, want %q", name, got, want)
		}
	}
}
