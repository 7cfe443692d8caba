package tiktokshop

// OrderStatus is an open list.
type OrderStatus string

// Order statuses.
const (
	OrderStatusUnpaid             OrderStatus = "UNPAID"
	OrderStatusOnHold             OrderStatus = "ON_HOLD"
	OrderStatusAwaitingShipment   OrderStatus = "AWAITING_SHIPMENT"
	OrderStatusPartiallyShipping  OrderStatus = "PARTIALLY_SHIPPING"
	OrderStatusAwaitingCollection OrderStatus = "AWAITING_COLLECTION"
	OrderStatusInTransit          OrderStatus = "IN_TRANSIT"
	OrderStatusDelivered          OrderStatus = "DELIVERED"
	OrderStatusCompleted          OrderStatus = "COMPLETED"
	OrderStatusCancelled          OrderStatus = "CANCELLED"
)

// ShippingType tells who provides the shipping. An open list.
type ShippingType string

// Shipping types.
const (
	ShippingTypeTikTok ShippingType = "TIKTOK"
	ShippingTypeSeller ShippingType = "SELLER"
)

// FulfillmentType tells whose warehouse holds the goods. An open list.
type FulfillmentType string

// Fulfilment types.
const (
	FulfillmentTypeBySeller FulfillmentType = "FULFILLMENT_BY_SELLER"
	FulfillmentTypeByTikTok FulfillmentType = "FULFILLMENT_BY_TIKTOK"
)

// PackageStatus is an open list.
type PackageStatus string

// Package statuses.
const (
	PackageStatusToFulfill  PackageStatus = "TO_FULFILL"
	PackageStatusProcessing PackageStatus = "PROCESSING"
	PackageStatusFulfilling PackageStatus = "FULFILLING"
	PackageStatusCompleted  PackageStatus = "COMPLETED"
	PackageStatusCancelled  PackageStatus = "CANCELLED"
)

// CancelStatus is an open list.
type CancelStatus string

// Cancellation statuses. The filter and the reply spell the withdrawn state
// differently.
const (
	CancelStatusPending   CancelStatus = "CANCELLATION_REQUEST_PENDING"
	CancelStatusSuccess   CancelStatus = "CANCELLATION_REQUEST_SUCCESS"
	CancelStatusCancel    CancelStatus = "CANCELLATION_REQUEST_CANCEL"
	CancelStatusCancelled CancelStatus = "CANCELLATION_REQUEST_CANCELLED"
	CancelStatusComplete  CancelStatus = "CANCELLATION_REQUEST_COMPLETE"
)

// CancelType is an open list.
type CancelType string

// Cancellation types.
const (
	CancelTypeCancel      CancelType = "CANCEL"
	CancelTypeBuyerCancel CancelType = "BUYER_CANCEL"
)

// ProductStatus is an open list.
type ProductStatus string

// Product statuses.
const (
	ProductStatusDraft               ProductStatus = "DRAFT"
	ProductStatusPending             ProductStatus = "PENDING"
	ProductStatusFailed              ProductStatus = "FAILED"
	ProductStatusActivate            ProductStatus = "ACTIVATE"
	ProductStatusSellerDeactivated   ProductStatus = "SELLER_DEACTIVATED"
	ProductStatusPlatformDeactivated ProductStatus = "PLATFORM_DEACTIVATED"
	ProductStatusFreeze              ProductStatus = "FREEZE"
	ProductStatusDeleted             ProductStatus = "DELETED"
)
