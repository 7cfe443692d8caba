package tiktokshop

import "context"

// FulfillmentService holds the operations of the Fulfillment section.
type FulfillmentService service

// MarkPackageAsShipped calls POST /fulfillment/202309/orders/{order_id}/packages.
func (s *FulfillmentService) MarkPackageAsShipped(ctx context.Context, orderID string, req *MarkPackageAsShippedRequest, opts ...CallOption) (*MarkPackageAsShippedResponse, error) {
	out := new(MarkPackageAsShippedResponse)
	return out, s.client.call(ctx, operation{name: "Fulfillment.MarkPackageAsShipped", method: "POST", path: "/fulfillment/202309/orders/{order_id}/packages", body: bodyJSON}, []string{orderID}, req, out, opts)
}

// ShipPackage calls POST /fulfillment/202309/packages/{package_id}/ship.
func (s *FulfillmentService) ShipPackage(ctx context.Context, packageID string, req *ShipPackageRequest, opts ...CallOption) error {
	return s.client.call(ctx, operation{name: "Fulfillment.ShipPackage", method: "POST", path: "/fulfillment/202309/packages/{package_id}/ship", body: bodyJSON}, []string{packageID}, req, nil, opts)
}

// CreatePackages calls POST /fulfillment/202512/packages.
func (s *FulfillmentService) CreatePackages(ctx context.Context, req *CreatePackagesRequest, opts ...CallOption) (*CreatePackagesResponse, error) {
	out := new(CreatePackagesResponse)
	return out, s.client.call(ctx, operation{name: "Fulfillment.CreatePackages", method: "POST", path: "/fulfillment/202512/packages", body: bodyJSON}, nil, req, out, opts)
}

// GetPackageDetail calls GET /fulfillment/202309/packages/{package_id}.
func (s *FulfillmentService) GetPackageDetail(ctx context.Context, packageID string, opts ...CallOption) (*Package, error) {
	out := new(Package)
	return out, s.client.call(ctx, operation{name: "Fulfillment.GetPackageDetail", method: "GET", path: "/fulfillment/202309/packages/{package_id}", replay: replayRead}, []string{packageID}, nil, out, opts)
}

// GetPackageShippingDocument calls GET /fulfillment/202309/packages/{package_id}/shipping_documents.
func (s *FulfillmentService) GetPackageShippingDocument(ctx context.Context, packageID string, req *GetPackageShippingDocumentRequest, opts ...CallOption) (*GetPackageShippingDocumentResponse, error) {
	out := new(GetPackageShippingDocumentResponse)
	return out, s.client.call(ctx, operation{name: "Fulfillment.GetPackageShippingDocument", method: "GET", path: "/fulfillment/202309/packages/{package_id}/shipping_documents", query: true, replay: replayRead}, []string{packageID}, req, out, opts)
}

// CreatePackagesRequest is part of the fulfillment section.
type CreatePackagesRequest struct {
	Dimension         *CreatePackagesRequestDimension      `json:"dimension,omitzero"`
	OrderID           *string                              `json:"order_id,omitzero"`
	OrderLineItem     []CreatePackagesRequestOrderLineItem `json:"order_line_item,omitzero"`
	OrderListIDs      []string                             `json:"order_list_ids,omitzero"`
	ShipType          *string                              `json:"ship_type,omitzero"`
	ShippingServiceID *string                              `json:"shipping_service_id,omitzero"`
	Weight            *CreatePackagesRequestWeight         `json:"weight,omitzero"`
}

// CreatePackagesRequestDimension is part of the fulfillment section.
type CreatePackagesRequestDimension struct {
	Height *string `json:"height,omitzero"`
	Length *string `json:"length,omitzero"`
	Unit   *string `json:"unit,omitzero"`
	Width  *string `json:"width,omitzero"`
}

// CreatePackagesRequestOrderLineItem is part of the fulfillment section.
type CreatePackagesRequestOrderLineItem struct {
	OrderLineID *string `json:"order_line_id,omitzero"`
}

// CreatePackagesRequestWeight is part of the fulfillment section.
type CreatePackagesRequestWeight struct {
	Unit  *string `json:"unit,omitzero"`
	Value *string `json:"value,omitzero"`
}

// CreatePackagesResponse is part of the fulfillment section.
type CreatePackagesResponse struct {
	CreateTime          UnixSeconds                               `json:"create_time,omitzero"`
	Dimension           CreatePackagesResponseDimension           `json:"dimension,omitzero"`
	PackageID           string                                    `json:"package_id,omitzero"`
	ShippingServiceInfo CreatePackagesResponseShippingServiceInfo `json:"shipping_service_info,omitzero"`
	Weight              CreatePackagesResponseWeight              `json:"weight,omitzero"`
}

// CreatePackagesResponseDimension is part of the fulfillment section.
type CreatePackagesResponseDimension struct {
	Height string `json:"height,omitzero"`
	Length string `json:"length,omitzero"`
	Unit   string `json:"unit,omitzero"`
	Width  string `json:"width,omitzero"`
}

// CreatePackagesResponseShippingServiceInfo is part of the fulfillment section.
type CreatePackagesResponseShippingServiceInfo struct {
	Currency             string  `json:"currency,omitzero"`
	EarliestDeliveryDays int     `json:"earliest_delivery_days,omitzero"`
	ID                   string  `json:"id,omitzero"`
	LatestDeliveryDays   int     `json:"latest_delivery_days,omitzero"`
	Name                 string  `json:"name,omitzero"`
	Price                Decimal `json:"price,omitzero"`
	ShippingProviderID   string  `json:"shipping_provider_id,omitzero"`
	ShippingProviderName string  `json:"shipping_provider_name,omitzero"`
}

// CreatePackagesResponseWeight is part of the fulfillment section.
type CreatePackagesResponseWeight struct {
	Unit  string `json:"unit,omitzero"`
	Value string `json:"value,omitzero"`
}

// GetPackageShippingDocumentRequest is part of the fulfillment section.
type GetPackageShippingDocumentRequest struct {
	DocumentType   string  `url:"document_type" json:"-"`
	DocumentSize   *string `url:"document_size,omitempty" json:"-"`
	DocumentFormat *string `url:"document_format,omitempty" json:"-"`
}

// GetPackageShippingDocumentResponse is part of the fulfillment section.
type GetPackageShippingDocumentResponse struct {
	DocURL         string `json:"doc_url,omitzero"`
	TrackingNumber string `json:"tracking_number,omitzero"`
}

// MarkPackageAsShippedRequest is part of the fulfillment section.
type MarkPackageAsShippedRequest struct {
	OrderLineItemIDs   []string `json:"order_line_item_ids,omitzero"`
	ShippingProviderID string   `json:"shipping_provider_id"`
	TrackingNumber     string   `json:"tracking_number"`
}

// MarkPackageAsShippedResponse is part of the fulfillment section.
type MarkPackageAsShippedResponse struct {
	OrderID          string                              `json:"order_id,omitzero"`
	OrderLineItemIDs []string                            `json:"order_line_item_ids,omitzero"`
	PackageID        string                              `json:"package_id,omitzero"`
	Warning          MarkPackageAsShippedResponseWarning `json:"warning,omitzero"`
}

// MarkPackageAsShippedResponseWarning is part of the fulfillment section.
type MarkPackageAsShippedResponseWarning struct {
	Message string `json:"message,omitzero"`
}

// Package is part of the fulfillment section.
type Package struct {
	CreateTime             UnixSeconds             `json:"create_time,omitzero"`
	DeliveryOptionID       string                  `json:"delivery_option_id,omitzero"`
	DeliveryOptionName     string                  `json:"delivery_option_name,omitzero"`
	Dimension              PackageDimension        `json:"dimension,omitzero"`
	HandoverMethod         string                  `json:"handover_method,omitzero"`
	HasMultiSKUs           bool                    `json:"has_multi_skus,omitzero"`
	Insurance              PackageInsurance        `json:"insurance,omitzero"`
	LastMileTrackingNumber string                  `json:"last_mile_tracking_number,omitzero"`
	NoteTag                string                  `json:"note_tag,omitzero"`
	OrderLineItemIDs       []string                `json:"order_line_item_ids,omitzero"`
	Orders                 []PackageOrder          `json:"orders,omitzero"`
	PackageID              string                  `json:"package_id,omitzero"`
	PackageStatus          PackageStatus           `json:"package_status,omitzero"`
	PickupSlot             PackagePickupSlot       `json:"pickup_slot,omitzero"`
	RecipientAddress       PackageRecipientAddress `json:"recipient_address,omitzero"`
	SenderAddress          PackageSenderAddress    `json:"sender_address,omitzero"`
	ShippingProviderID     string                  `json:"shipping_provider_id,omitzero"`
	ShippingProviderName   string                  `json:"shipping_provider_name,omitzero"`
	ShippingType           string                  `json:"shipping_type,omitzero"`
	SplitAndCombineTag     string                  `json:"split_and_combine_tag,omitzero"`
	TrackingNumber         string                  `json:"tracking_number,omitzero"`
	UpdateTime             UnixSeconds             `json:"update_time,omitzero"`
	Weight                 PackageWeight           `json:"weight,omitzero"`
}

// PackageDimension is part of the fulfillment section.
type PackageDimension struct {
	Height string `json:"height,omitzero"`
	Length string `json:"length,omitzero"`
	Unit   string `json:"unit,omitzero"`
	Width  string `json:"width,omitzero"`
}

// PackageInsurance is part of the fulfillment section.
type PackageInsurance struct {
	ClaimStatus     string  `json:"claim_status,omitzero"`
	CoverageAmount  Decimal `json:"coverage_amount,omitzero"`
	IsClaimEligible bool    `json:"is_claim_eligible,omitzero"`
	IsPurchased     bool    `json:"is_purchased,omitzero"`
}

// PackageOrder is part of the fulfillment section.
type PackageOrder struct {
	ID   string            `json:"id,omitzero"`
	SKUs []PackageOrderSKU `json:"skus,omitzero"`
}

// PackageOrderSKU is part of the fulfillment section.
type PackageOrderSKU struct {
	ID       string `json:"id,omitzero"`
	ImageURL string `json:"image_url,omitzero"`
	Name     string `json:"name,omitzero"`
	Quantity int64  `json:"quantity,omitzero"`
}

// PackagePickupSlot is part of the fulfillment section.
type PackagePickupSlot struct {
	EndTime   UnixSeconds `json:"end_time,omitzero"`
	StartTime UnixSeconds `json:"start_time,omitzero"`
}

// PackageRecipientAddress is part of the fulfillment section.
type PackageRecipientAddress struct {
	AddressDetail string `json:"address_detail,omitzero"`
	AddressLine1  string `json:"address_line1,omitzero"`
	AddressLine2  string `json:"address_line2,omitzero"`
	AddressLine3  string `json:"address_line3,omitzero"`
	AddressLine4  string `json:"address_line4,omitzero"`
	FullAddress   string `json:"full_address,omitzero"`
	Name          string `json:"name,omitzero"`
	PhoneNumber   string `json:"phone_number,omitzero"`
	PostalCode    string `json:"postal_code,omitzero"`
	RegionCode    string `json:"region_code,omitzero"`
}

// PackageSenderAddress is part of the fulfillment section.
type PackageSenderAddress struct {
	AddressDetail string `json:"address_detail,omitzero"`
	AddressLine1  string `json:"address_line1,omitzero"`
	AddressLine2  string `json:"address_line2,omitzero"`
	AddressLine3  string `json:"address_line3,omitzero"`
	AddressLine4  string `json:"address_line4,omitzero"`
	FullAddress   string `json:"full_address,omitzero"`
	Name          string `json:"name,omitzero"`
	PhoneNumber   string `json:"phone_number,omitzero"`
	PostalCode    string `json:"postal_code,omitzero"`
	RegionCode    string `json:"region_code,omitzero"`
}

// PackageWeight is part of the fulfillment section.
type PackageWeight struct {
	Unit  string `json:"unit,omitzero"`
	Value string `json:"value,omitzero"`
}

// ShipPackageRequest is part of the fulfillment section.
type ShipPackageRequest struct {
	HandoverMethod *string                         `json:"handover_method,omitzero"`
	PickupSlot     *ShipPackageRequestPickupSlot   `json:"pickup_slot,omitzero"`
	SelfShipment   *ShipPackageRequestSelfShipment `json:"self_shipment,omitzero"`
}

// ShipPackageRequestPickupSlot is part of the fulfillment section.
type ShipPackageRequestPickupSlot struct {
	EndTime   *UnixSeconds `json:"end_time,omitzero"`
	StartTime *UnixSeconds `json:"start_time,omitzero"`
}

// ShipPackageRequestSelfShipment is part of the fulfillment section.
type ShipPackageRequestSelfShipment struct {
	ShippingProviderID string `json:"shipping_provider_id"`
	TrackingNumber     string `json:"tracking_number"`
}
