package tiktokshop

import "context"

// OrderService holds the operations of the Order section.
type OrderService service

// GetOrderList calls POST /order/202309/orders/search.
func (s *OrderService) GetOrderList(ctx context.Context, req *GetOrderListRequest, opts ...CallOption) (*GetOrderListResponse, error) {
	out := new(GetOrderListResponse)
	return out, s.client.call(ctx, operation{name: "Order.GetOrderList", method: "POST", path: "/order/202309/orders/search", query: true, body: bodyJSON, replay: replayRead}, nil, req, out, opts)
}

// GetOrderDetail calls GET /order/202507/orders.
func (s *OrderService) GetOrderDetail(ctx context.Context, req *GetOrderDetailRequest, opts ...CallOption) (*GetOrderDetailResponse, error) {
	out := new(GetOrderDetailResponse)
	return out, s.client.call(ctx, operation{name: "Order.GetOrderDetail", method: "GET", path: "/order/202507/orders", query: true, replay: replayRead}, nil, req, out, opts)
}

// AddExternalOrderReferences calls POST /order/202406/orders/external_orders.
func (s *OrderService) AddExternalOrderReferences(ctx context.Context, req *AddExternalOrderReferencesRequest, opts ...CallOption) (*AddExternalOrderReferencesResponse, error) {
	out := new(AddExternalOrderReferencesResponse)
	return out, s.client.call(ctx, operation{name: "Order.AddExternalOrderReferences", method: "POST", path: "/order/202406/orders/external_orders", body: bodyJSON, replay: replayWrite}, nil, req, out, opts)
}

// GetExternalOrderReferences calls GET /order/202406/orders/{order_id}/external_orders.
func (s *OrderService) GetExternalOrderReferences(ctx context.Context, orderID string, req *GetExternalOrderReferencesRequest, opts ...CallOption) (*GetExternalOrderReferencesResponse, error) {
	out := new(GetExternalOrderReferencesResponse)
	return out, s.client.call(ctx, operation{name: "Order.GetExternalOrderReferences", method: "GET", path: "/order/202406/orders/{order_id}/external_orders", query: true, replay: replayRead}, []string{orderID}, req, out, opts)
}

// AddExternalOrderReferencesRequest is part of the order section.
type AddExternalOrderReferencesRequest struct {
	Orders []AddExternalOrderReferencesRequestOrder `json:"orders"`
}

// AddExternalOrderReferencesRequestOrder is part of the order section.
type AddExternalOrderReferencesRequestOrder struct {
	ExternalOrder AddExternalOrderReferencesRequestOrderExternalOrder `json:"external_order"`
	ID            string                                              `json:"id"`
}

// AddExternalOrderReferencesRequestOrderExternalOrder is part of the order section.
type AddExternalOrderReferencesRequestOrderExternalOrder struct {
	ID        string                                                        `json:"id"`
	LineItems []AddExternalOrderReferencesRequestOrderExternalOrderLineItem `json:"line_items"`
	Platform  string                                                        `json:"platform"`
}

// AddExternalOrderReferencesRequestOrderExternalOrderLineItem is part of the order section.
type AddExternalOrderReferencesRequestOrderExternalOrderLineItem struct {
	ID       string `json:"id"`
	OriginID string `json:"origin_id"`
}

// AddExternalOrderReferencesResponse is part of the order section.
type AddExternalOrderReferencesResponse struct {
	Errors []AddExternalOrderReferencesResponseError `json:"errors,omitzero"`
}

// AddExternalOrderReferencesResponseError is part of the order section.
type AddExternalOrderReferencesResponseError struct {
	Code    string                                        `json:"code,omitzero"`
	Detail  AddExternalOrderReferencesResponseErrorDetail `json:"detail,omitzero"`
	Message string                                        `json:"message,omitzero"`
}

// AddExternalOrderReferencesResponseErrorDetail is part of the order section.
type AddExternalOrderReferencesResponseErrorDetail struct {
	ExternalOrder AddExternalOrderReferencesResponseErrorDetailExternalOrder `json:"external_order,omitzero"`
	OrderID       string                                                     `json:"order_id,omitzero"`
}

// AddExternalOrderReferencesResponseErrorDetailExternalOrder is part of the order section.
type AddExternalOrderReferencesResponseErrorDetailExternalOrder struct {
	ID       string `json:"id,omitzero"`
	Platform string `json:"platform,omitzero"`
}

// GetExternalOrderReferencesRequest is part of the order section.
type GetExternalOrderReferencesRequest struct {
	Platform string `url:"platform" json:"-"`
}

// GetExternalOrderReferencesResponse is part of the order section.
type GetExternalOrderReferencesResponse struct {
	ExternalOrders []GetExternalOrderReferencesResponseExternalOrder `json:"external_orders,omitzero"`
}

// GetExternalOrderReferencesResponseExternalOrder is part of the order section.
type GetExternalOrderReferencesResponseExternalOrder struct {
	ID        string                                                    `json:"id,omitzero"`
	LineItems []GetExternalOrderReferencesResponseExternalOrderLineItem `json:"line_items,omitzero"`
	Platform  string                                                    `json:"platform,omitzero"`
}

// GetExternalOrderReferencesResponseExternalOrderLineItem is part of the order section.
type GetExternalOrderReferencesResponseExternalOrderLineItem struct {
	ID       string `json:"id,omitzero"`
	OriginID string `json:"origin_id,omitzero"`
}

// GetOrderDetailRequest is part of the order section.
type GetOrderDetailRequest struct {
	IDs []string `url:"ids,comma" json:"-"`
}

// GetOrderDetailResponse is part of the order section.
type GetOrderDetailResponse struct {
	Orders []Order `json:"orders,omitzero"`
}

// GetOrderListRequest is part of the order section.
type GetOrderListRequest struct {
	PageSize             int           `url:"page_size" json:"-"`
	SortOrder            *string       `url:"sort_order,omitempty" json:"-"`
	PageToken            *string       `url:"page_token,omitempty" json:"-"`
	SortField            *string       `url:"sort_field,omitempty" json:"-"`
	BuyerUserID          *string       `json:"buyer_user_id,omitzero" url:"-"`
	CreateTimeGe         *UnixSeconds  `json:"create_time_ge,omitzero" url:"-"`
	CreateTimeLt         *UnixSeconds  `json:"create_time_lt,omitzero" url:"-"`
	IsBuyerRequestCancel *bool         `json:"is_buyer_request_cancel,omitzero" url:"-"`
	OrderStatus          *OrderStatus  `json:"order_status,omitzero" url:"-"`
	ShippingType         *ShippingType `json:"shipping_type,omitzero" url:"-"`
	UpdateTimeGe         *UnixSeconds  `json:"update_time_ge,omitzero" url:"-"`
	UpdateTimeLt         *UnixSeconds  `json:"update_time_lt,omitzero" url:"-"`
	WarehouseIDs         []string      `json:"warehouse_ids,omitzero" url:"-"`
}

// GetOrderListResponse is part of the order section.
type GetOrderListResponse struct {
	NextPageToken string  `json:"next_page_token,omitzero"`
	Orders        []Order `json:"orders,omitzero"`
	TotalCount    int     `json:"total_count,omitzero"`
}

// Order is part of the order section.
type Order struct {
	AutoCombineGroupID                 string                `json:"auto_combine_group_id,omitzero"`
	BuyerAvatar                        string                `json:"buyer_avatar,omitzero"`
	BuyerEmail                         string                `json:"buyer_email,omitzero"`
	BuyerMessage                       string                `json:"buyer_message,omitzero"`
	BuyerNickname                      string                `json:"buyer_nickname,omitzero"`
	CancelOrderSLATime                 UnixSeconds           `json:"cancel_order_sla_time,omitzero"`
	CancelReason                       string                `json:"cancel_reason,omitzero"`
	CancelTime                         UnixSeconds           `json:"cancel_time,omitzero"`
	CancellationInitiator              string                `json:"cancellation_initiator,omitzero"`
	CollectionDueTime                  UnixSeconds           `json:"collection_due_time,omitzero"`
	CollectionTime                     UnixSeconds           `json:"collection_time,omitzero"`
	CommercePlatform                   string                `json:"commerce_platform,omitzero"`
	ConsultationID                     string                `json:"consultation_id,omitzero"`
	CPF                                string                `json:"cpf,omitzero"`
	CPFName                            string                `json:"cpf_name,omitzero"`
	CreateTime                         UnixSeconds           `json:"create_time,omitzero"`
	DeliveryDueTime                    UnixSeconds           `json:"delivery_due_time,omitzero"`
	DeliveryOptionID                   string                `json:"delivery_option_id,omitzero"`
	DeliveryOptionName                 string                `json:"delivery_option_name,omitzero"`
	DeliveryOptionRequiredDeliveryTime UnixSeconds           `json:"delivery_option_required_delivery_time,omitzero"`
	DeliverySLATime                    UnixSeconds           `json:"delivery_sla_time,omitzero"`
	DeliveryTime                       UnixSeconds           `json:"delivery_time,omitzero"`
	DeliveryType                       string                `json:"delivery_type,omitzero"`
	ExchangeSourceOrderID              string                `json:"exchange_source_order_id,omitzero"`
	FastDeliveryProgram                string                `json:"fast_delivery_program,omitzero"`
	FastDispatchSLATime                UnixSeconds           `json:"fast_dispatch_sla_time,omitzero"`
	FulfillmentPriorityLevel           int                   `json:"fulfillment_priority_level,omitzero"`
	FulfillmentType                    FulfillmentType       `json:"fulfillment_type,omitzero"`
	HandlingDuration                   OrderHandlingDuration `json:"handling_duration,omitzero"`
	HasUpdatedRecipientAddress         bool                  `json:"has_updated_recipient_address,omitzero"`
	ID                                 string                `json:"id,omitzero"`
	IsBuyerRequestCancel               bool                  `json:"is_buyer_request_cancel,omitzero"`
	IsCOD                              bool                  `json:"is_cod,omitzero"`
	IsExchangeOrder                    bool                  `json:"is_exchange_order,omitzero"`
	IsOnHoldOrder                      bool                  `json:"is_on_hold_order,omitzero"`
	IsReplacementOrder                 bool                  `json:"is_replacement_order,omitzero"`
	IsSampleOrder                      bool                  `json:"is_sample_order,omitzero"`
	LineItems                          []OrderLineItem       `json:"line_items,omitzero"`
	NeedUploadInvoice                  string                `json:"need_upload_invoice,omitzero"`
	OrderRights                        []int                 `json:"order_rights,omitzero"`
	OrderType                          string                `json:"order_type,omitzero"`
	Packages                           []OrderPackage        `json:"packages,omitzero"`
	PaidTime                           UnixSeconds           `json:"paid_time,omitzero"`
	Payment                            OrderPayment          `json:"payment,omitzero"`
	PaymentMethodName                  string                `json:"payment_method_name,omitzero"`
	PickUpCutOffTime                   UnixSeconds           `json:"pick_up_cut_off_time,omitzero"`
	RecipientAddress                   OrderRecipientAddress `json:"recipient_address,omitzero"`
	RecommendedShippingTime            UnixSeconds           `json:"recommended_shipping_time,omitzero"`
	ReleaseDate                        UnixSeconds           `json:"release_date,omitzero"`
	ReplacedOrderID                    string                `json:"replaced_order_id,omitzero"`
	RequestCancelTime                  UnixSeconds           `json:"request_cancel_time,omitzero"`
	RTSSLATime                         UnixSeconds           `json:"rts_sla_time,omitzero"`
	RTSTime                            UnixSeconds           `json:"rts_time,omitzero"`
	SellerNote                         string                `json:"seller_note,omitzero"`
	ShippingDueTime                    UnixSeconds           `json:"shipping_due_time,omitzero"`
	ShippingProvider                   string                `json:"shipping_provider,omitzero"`
	ShippingProviderID                 string                `json:"shipping_provider_id,omitzero"`
	ShippingType                       ShippingType          `json:"shipping_type,omitzero"`
	SplitOrCombineTag                  string                `json:"split_or_combine_tag,omitzero"`
	Status                             OrderStatus           `json:"status,omitzero"`
	TrackingNumber                     string                `json:"tracking_number,omitzero"`
	TTSSLATime                         UnixSeconds           `json:"tts_sla_time,omitzero"`
	UpdateTime                         UnixSeconds           `json:"update_time,omitzero"`
	UserID                             string                `json:"user_id,omitzero"`
	WarehouseID                        string                `json:"warehouse_id,omitzero"`
	ChannelEntityNationalRegistryID    string                `json:"channel_entity_national_registry_id,omitzero"`
	PaymentAuthCode                    string                `json:"payment_auth_code,omitzero"`
	PaymentCardType                    string                `json:"payment_card_type,omitzero"`
	PaymentMethodCode                  string                `json:"payment_method_code,omitzero"`
}

// OrderHandlingDuration is part of the order section.
type OrderHandlingDuration struct {
	Days string `json:"days,omitzero"`
	Type string `json:"type,omitzero"`
}

// OrderLineItem is part of the order section.
type OrderLineItem struct {
	BuyerServiceFee      Decimal                           `json:"buyer_service_fee,omitzero"`
	CancelReason         string                            `json:"cancel_reason,omitzero"`
	CancelUser           string                            `json:"cancel_user,omitzero"`
	CombinedListingSKUs  []OrderLineItemCombinedListingSKU `json:"combined_listing_skus,omitzero"`
	Currency             string                            `json:"currency,omitzero"`
	DisplayStatus        OrderStatus                       `json:"display_status,omitzero"`
	DistanceFee          Decimal                           `json:"distance_fee,omitzero"`
	DistanceShippingFee  Decimal                           `json:"distance_shipping_fee,omitzero"`
	GiftRetailPrice      Decimal                           `json:"gift_retail_price,omitzero"`
	HandlingDurationDays string                            `json:"handling_duration_days,omitzero"`
	ID                   string                            `json:"id,omitzero"`
	IsDangerousGood      bool                              `json:"is_dangerous_good,omitzero"`
	IsGift               bool                              `json:"is_gift,omitzero"`
	IsUnboxingItem       bool                              `json:"is_unboxing_item,omitzero"`
	ItemTax              []OrderLineItemItemTax            `json:"item_tax,omitzero"`
	NeedsPrescription    bool                              `json:"needs_prescription,omitzero"`
	OriginalPrice        Decimal                           `json:"original_price,omitzero"`
	PackageID            string                            `json:"package_id,omitzero"`
	PackageStatus        PackageStatus                     `json:"package_status,omitzero"`
	PfandFee             Decimal                           `json:"pfand_fee,omitzero"`
	PlatformDiscount     Decimal                           `json:"platform_discount,omitzero"`
	ProductID            string                            `json:"product_id,omitzero"`
	ProductName          string                            `json:"product_name,omitzero"`
	RetailDeliveryFee    Decimal                           `json:"retail_delivery_fee,omitzero"`
	RTSTime              UnixSeconds                       `json:"rts_time,omitzero"`
	SalePrice            Decimal                           `json:"sale_price,omitzero"`
	SellerDiscount       Decimal                           `json:"seller_discount,omitzero"`
	SellerSKU            string                            `json:"seller_sku,omitzero"`
	ShippingProviderID   string                            `json:"shipping_provider_id,omitzero"`
	ShippingProviderName string                            `json:"shipping_provider_name,omitzero"`
	SKUID                string                            `json:"sku_id,omitzero"`
	SKUImage             string                            `json:"sku_image,omitzero"`
	SKUName              string                            `json:"sku_name,omitzero"`
	SKUType              string                            `json:"sku_type,omitzero"`
	SmallOrderFee        Decimal                           `json:"small_order_fee,omitzero"`
	TrackingNumber       string                            `json:"tracking_number,omitzero"`
	UnboxingSKUCode      string                            `json:"unboxing_sku_code,omitzero"`
}

// OrderLineItemCombinedListingSKU is part of the order section.
type OrderLineItemCombinedListingSKU struct {
	ProductID string `json:"product_id,omitzero"`
	SellerSKU string `json:"seller_sku,omitzero"`
	SKUCount  int    `json:"sku_count,omitzero"`
	SKUID     string `json:"sku_id,omitzero"`
}

// OrderLineItemItemTax is part of the order section.
type OrderLineItemItemTax struct {
	TaxAmount Decimal `json:"tax_amount,omitzero"`
	TaxRate   string  `json:"tax_rate,omitzero"`
	TaxType   string  `json:"tax_type,omitzero"`
}

// OrderPackage is part of the order section.
type OrderPackage struct {
	ID string `json:"id,omitzero"`
}

// OrderPayment is part of the order section.
type OrderPayment struct {
	BuyerServiceFee             Decimal `json:"buyer_service_fee,omitzero"`
	Currency                    string  `json:"currency,omitzero"`
	DistanceFee                 Decimal `json:"distance_fee,omitzero"`
	DistanceShippingFee         Decimal `json:"distance_shipping_fee,omitzero"`
	HandlingFee                 Decimal `json:"handling_fee,omitzero"`
	ItemInsuranceFee            Decimal `json:"item_insurance_fee,omitzero"`
	ItemInsuranceTax            Decimal `json:"item_insurance_tax,omitzero"`
	OriginalShippingFee         Decimal `json:"original_shipping_fee,omitzero"`
	OriginalTotalProductPrice   Decimal `json:"original_total_product_price,omitzero"`
	PaymentDiscountServiceFee   Decimal `json:"payment_discount_service_fee,omitzero"`
	PaymentPlatformDiscount     Decimal `json:"payment_platform_discount,omitzero"`
	PlatformDiscount            Decimal `json:"platform_discount,omitzero"`
	ProductTax                  Decimal `json:"product_tax,omitzero"`
	RetailDeliveryFee           Decimal `json:"retail_delivery_fee,omitzero"`
	SellerDiscount              Decimal `json:"seller_discount,omitzero"`
	ShippingFee                 Decimal `json:"shipping_fee,omitzero"`
	ShippingFeeCofundedDiscount Decimal `json:"shipping_fee_cofunded_discount,omitzero"`
	ShippingFeePlatformDiscount Decimal `json:"shipping_fee_platform_discount,omitzero"`
	ShippingFeeSellerDiscount   Decimal `json:"shipping_fee_seller_discount,omitzero"`
	ShippingFeeTax              Decimal `json:"shipping_fee_tax,omitzero"`
	ShippingInsuranceFee        Decimal `json:"shipping_insurance_fee,omitzero"`
	SmallOrderFee               Decimal `json:"small_order_fee,omitzero"`
	SubTotal                    Decimal `json:"sub_total,omitzero"`
	Tax                         Decimal `json:"tax,omitzero"`
	TotalAmount                 Decimal `json:"total_amount,omitzero"`
}

// OrderRecipientAddress is part of the order section.
type OrderRecipientAddress struct {
	AddressDetail        string                                   `json:"address_detail,omitzero"`
	AddressLine1         string                                   `json:"address_line1,omitzero"`
	AddressLine2         string                                   `json:"address_line2,omitzero"`
	AddressLine3         string                                   `json:"address_line3,omitzero"`
	AddressLine4         string                                   `json:"address_line4,omitzero"`
	DeliveryPreferences  OrderRecipientAddressDeliveryPreferences `json:"delivery_preferences,omitzero"`
	DistrictInfo         []OrderRecipientAddressDistrictInfo      `json:"district_info,omitzero"`
	FirstName            string                                   `json:"first_name,omitzero"`
	FirstNameLocalScript string                                   `json:"first_name_local_script,omitzero"`
	FullAddress          string                                   `json:"full_address,omitzero"`
	LastName             string                                   `json:"last_name,omitzero"`
	LastNameLocalScript  string                                   `json:"last_name_local_script,omitzero"`
	Name                 string                                   `json:"name,omitzero"`
	PhoneNumber          string                                   `json:"phone_number,omitzero"`
	PostTown             string                                   `json:"post_town,omitzero"`
	PostalCode           string                                   `json:"postal_code,omitzero"`
	RegionCode           string                                   `json:"region_code,omitzero"`
}

// OrderRecipientAddressDeliveryPreferences is part of the order section.
type OrderRecipientAddressDeliveryPreferences struct {
	DropOffLocation string `json:"drop_off_location,omitzero"`
}

// OrderRecipientAddressDistrictInfo is part of the order section.
type OrderRecipientAddressDistrictInfo struct {
	AddressLevel     string `json:"address_level,omitzero"`
	AddressLevelName string `json:"address_level_name,omitzero"`
	AddressName      string `json:"address_name,omitzero"`
	ISOCode          string `json:"iso_code,omitzero"`
}
