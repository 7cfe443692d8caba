package tiktokshoptest_test

import (
	"fmt"

	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The operations that the fake supports.
func ExampleOperations() {
	for _, name := range tiktokshoptest.Operations() {
		fmt.Println(name)
	}
	// Output:
	// ExchangeCode
	// RefreshToken
	// Document
	// Authorization.GetAuthorizedShops
	// Authorization.DeauthorizeShop
	// Seller.GetActiveShops
	// Seller.GetSellerStatus
	// Seller.GetSellerPermissions
	// Event.GetShopWebhooks
	// Event.UpdateShopWebhook
	// Event.DeleteShopWebhook
	// Order.GetOrderList
	// Order.GetOrderDetail
	// Order.GetOrderDetailV202309
	// Order.GetPriceDetail
	// Order.AddExternalOrderReferences
	// Order.GetExternalOrderReferences
	// Order.SearchOrderByExternalOrderReference
	// Fulfillment.MarkPackageAsShipped
	// Fulfillment.GetEligibleShippingService
	// Fulfillment.CreatePackages
	// Fulfillment.CreatePackagesV202309
	// Fulfillment.ShipPackage
	// Fulfillment.BatchShipPackages
	// Fulfillment.SchedulePackageHandover
	// Fulfillment.GetHandoverTimeslots
	// Fulfillment.GetPackageHandoverTimeSlots
	// Fulfillment.GetPackageDetail
	// Fulfillment.SearchPackage
	// Fulfillment.GetPackageShippingDocument
	// Fulfillment.GetTracking
	// Fulfillment.UpdateShippingInfo
	// Fulfillment.UpdatePackageShippingInfo
	// Fulfillment.GetOrderSplitAttributes
	// Fulfillment.SplitOrders
	// Fulfillment.SearchCombinablePackages
	// Fulfillment.CombinePackage
	// Fulfillment.UncombinePackages
	// Fulfillment.UploadInvoice
	// Logistics.GetShippingProviders
	// Logistics.GetWarehouseDeliveryOptions
	// Logistics.GetAvailableShippingTemplate
	// Logistics.GetWarehouseList
	// Product.SearchProducts
	// Product.GetProduct
	// Product.InventorySearch
	// Product.UpdateInventory
	// Product.UpdatePrice
	// Product.ActivateProduct
	// Product.DeactivateProducts
	// ReturnRefund.CancelOrderV202309
	// ReturnRefund.CancelOrder
	// ReturnRefund.SearchCancellationsV202309
	// ReturnRefund.SearchCancellations
	// ReturnRefund.ApproveCancellation
	// ReturnRefund.RejectCancellation
	// ReturnRefund.GetRejectReasons
	// ReturnRefund.GetAftersaleEligibilityV202512
	// ReturnRefund.GetAftersaleEligibility
	// ReturnRefund.GetDecisionEligibility
	// ReturnRefund.CalculateRefundV202309
	// ReturnRefund.CreateReturn
	// ReturnRefund.SearchReturnsV202309
	// ReturnRefund.SearchReturns
	// ReturnRefund.ApproveReturn
	// ReturnRefund.RejectReturn
	// ReturnRefund.GetReturnRecords
	// Finance.GetStatements
	// Finance.GetTransactionsByStatement
	// Finance.GetTransactionsByOrder
	// Finance.GetUnsettledTransactions
	// Finance.GetPayments
	// Finance.GetWithdrawals
	// Analytics.GetShopLIVEPerformanceList
	// Analytics.GetShopLIVEPerformancePerMinutes
	// Analytics.GetShopLIVEProductsPerformanceList
	// DataReconciliation.OrderStatusDataExchange
}
