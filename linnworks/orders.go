package linnworks

import "context"

// OrdersService holds the operations of the Orders section.
type OrdersService service

// CreateOrders calls POST /api/Orders/CreateOrders.
func (s *OrdersService) CreateOrders(ctx context.Context, req *CreateOrdersRequest, opts ...CallOption) ([]GUID, error) {
	var out []GUID
	err := s.client.call(ctx, operation{name: "Orders.CreateOrders", method: "POST", path: "/api/Orders/CreateOrders", body: bodyParams, replay: replayWrite, limit: 150}, nil, req, &out, opts)
	return out, err
}

// GetOrdersByID calls POST /api/Orders/GetOrdersById.
func (s *OrdersService) GetOrdersByID(ctx context.Context, req *GetOrdersByIDRequest, opts ...CallOption) ([]OrderDetails, error) {
	var out []OrderDetails
	err := s.client.call(ctx, operation{name: "Orders.GetOrdersByID", method: "POST", path: "/api/Orders/GetOrdersById", body: bodyParams, replay: replayRead, limit: 250}, nil, req, &out, opts)
	return out, err
}

// GetOrderDetailsByReferenceID calls GET /api/Orders/GetOrderDetailsByReferenceId.
func (s *OrdersService) GetOrderDetailsByReferenceID(ctx context.Context, req *GetOrderDetailsByReferenceIDRequest, opts ...CallOption) ([]OrderDetails, error) {
	var out []OrderDetails
	err := s.client.call(ctx, operation{name: "Orders.GetOrderDetailsByReferenceID", method: "GET", path: "/api/Orders/GetOrderDetailsByReferenceId", query: true, replay: replayRead, limit: 250}, nil, req, &out, opts)
	return out, err
}

// GetAllOpenOrders calls POST /api/Orders/GetAllOpenOrders.
func (s *OrdersService) GetAllOpenOrders(ctx context.Context, req *GetAllOpenOrdersRequest, opts ...CallOption) ([]GUID, error) {
	var out []GUID
	err := s.client.call(ctx, operation{name: "Orders.GetAllOpenOrders", method: "POST", path: "/api/Orders/GetAllOpenOrders", body: bodyParams, replay: replayRead, limit: 250}, nil, req, &out, opts)
	return out, err
}

// ChangeStatus calls POST /api/Orders/ChangeStatus.
func (s *OrdersService) ChangeStatus(ctx context.Context, req *ChangeStatusRequest, opts ...CallOption) ([]GUID, error) {
	var out []GUID
	err := s.client.call(ctx, operation{name: "Orders.ChangeStatus", method: "POST", path: "/api/Orders/ChangeStatus", body: bodyParams, form: true, replay: replayWrite, limit: 150}, nil, req, &out, opts)
	return out, err
}

// ChangeOrderTag calls POST /api/Orders/ChangeOrderTag.
func (s *OrdersService) ChangeOrderTag(ctx context.Context, req *ChangeOrderTagRequest, opts ...CallOption) ([]GUID, error) {
	var out []GUID
	err := s.client.call(ctx, operation{name: "Orders.ChangeOrderTag", method: "POST", path: "/api/Orders/ChangeOrderTag", body: bodyParams, form: true, replay: replayWrite, limit: 250}, nil, req, &out, opts)
	return out, err
}

// RunRulesEngine calls POST /api/Orders/RunRulesEngine.
func (s *OrdersService) RunRulesEngine(ctx context.Context, req *RunRulesEngineRequest, opts ...CallOption) ([]GUID, error) {
	var out []GUID
	err := s.client.call(ctx, operation{name: "Orders.RunRulesEngine", method: "POST", path: "/api/Orders/RunRulesEngine", body: bodyParams, limit: 150}, nil, req, &out, opts)
	return out, err
}

// SetOrderShippingInfo calls POST /api/Orders/SetOrderShippingInfo.
func (s *OrdersService) SetOrderShippingInfo(ctx context.Context, req *SetOrderShippingInfoRequest, opts ...CallOption) (*UpdateTotalsResult, error) {
	out := new(UpdateTotalsResult)
	return out, s.client.call(ctx, operation{name: "Orders.SetOrderShippingInfo", method: "POST", path: "/api/Orders/SetOrderShippingInfo", body: bodyParams, replay: replayWrite, limit: 250}, nil, req, out, opts)
}

// ProcessOrder calls POST /api/Orders/ProcessOrder.
func (s *OrdersService) ProcessOrder(ctx context.Context, req *ProcessOrderRequest, opts ...CallOption) (*ProcessOrderResult, error) {
	out := new(ProcessOrderResult)
	return out, s.client.call(ctx, operation{name: "Orders.ProcessOrder", method: "POST", path: "/api/Orders/ProcessOrder", body: bodyParams, limit: 250}, nil, req, out, opts)
}

// CancelOrder calls POST /api/Orders/CancelOrder.
func (s *OrdersService) CancelOrder(ctx context.Context, req *CancelOrderRequest, opts ...CallOption) (string, error) {
	var out string
	err := s.client.call(ctx, operation{name: "Orders.CancelOrder", method: "POST", path: "/api/Orders/CancelOrder", body: bodyParams, limit: 150}, nil, req, &out, opts)
	return out, err
}

// GetExtendedProperties calls GET /api/Orders/GetExtendedProperties.
func (s *OrdersService) GetExtendedProperties(ctx context.Context, req *GetExtendedPropertiesRequest, opts ...CallOption) ([]ExtendedProperty, error) {
	var out []ExtendedProperty
	err := s.client.call(ctx, operation{name: "Orders.GetExtendedProperties", method: "GET", path: "/api/Orders/GetExtendedProperties", query: true, replay: replayRead, limit: 250}, nil, req, &out, opts)
	return out, err
}

// AddExtendedProperties calls POST /api/Orders/AddExtendedProperties.
func (s *OrdersService) AddExtendedProperties(ctx context.Context, req *AddExtendedPropertiesRequest, opts ...CallOption) (*AddExtendedPropertiesResponse, error) {
	out := new(AddExtendedPropertiesResponse)
	return out, s.client.call(ctx, operation{name: "Orders.AddExtendedProperties", method: "POST", path: "/api/Orders/AddExtendedProperties", body: bodyWrapped, limit: 150}, nil, req, out, opts)
}

// AddOrdersNote calls POST /api/Orders/AddOrdersNote.
func (s *OrdersService) AddOrdersNote(ctx context.Context, req *AddOrdersNoteRequest, opts ...CallOption) (*AddOrdersNoteResponse, error) {
	out := new(AddOrdersNoteResponse)
	return out, s.client.call(ctx, operation{name: "Orders.AddOrdersNote", method: "POST", path: "/api/Orders/AddOrdersNote", body: bodyFlat, limit: 150}, nil, req, out, opts)
}

// SetLabelsPrinted calls POST /api/Orders/SetLabelsPrinted.
func (s *OrdersService) SetLabelsPrinted(ctx context.Context, req *SetLabelsPrintedRequest, opts ...CallOption) ([]GUID, error) {
	var out []GUID
	err := s.client.call(ctx, operation{name: "Orders.SetLabelsPrinted", method: "POST", path: "/api/Orders/SetLabelsPrinted", body: bodyParams, replay: replayWrite, limit: 150}, nil, req, &out, opts)
	return out, err
}

// CreateOrdersRequest is the request of CreateOrders.
type CreateOrdersRequest struct {
	Orders   []ChannelOrder `json:"orders"`
	Location string         `json:"location"`
}

// GetOrdersByIDRequest is the request of GetOrdersByID.
type GetOrdersByIDRequest struct {
	PkOrderIDs []GUID `json:"pkOrderIds"`
}

// GetOrderDetailsByReferenceIDRequest is the request of GetOrderDetailsByReferenceID.
type GetOrderDetailsByReferenceIDRequest struct {
	ReferenceID string `url:"ReferenceId" json:"-"`
}

// GetAllOpenOrdersRequest is the request of GetAllOpenOrders.
type GetAllOpenOrdersRequest struct {
	Filters          *FieldsFilter  `json:"filters,omitzero"`
	Sorting          []FieldSorting `json:"sorting,omitzero"`
	FulfilmentCenter *GUID          `json:"fulfilmentCenter,omitzero"`
	AdditionalFilter *string        `json:"additionalFilter,omitzero"`
	ExactMatch       *bool          `json:"exactMatch,omitzero"`
}

// ChangeStatusRequest is the request of ChangeStatus.
type ChangeStatusRequest struct {
	OrderIDs []GUID `json:"orderIds"`
	Status   int    `json:"status"`
}

// ChangeOrderTagRequest is the request of ChangeOrderTag.
type ChangeOrderTagRequest struct {
	OrderIDs []GUID `json:"orderIds"`
	Tag      *int   `json:"tag"`
}

// RunRulesEngineRequest is the request of RunRulesEngine.
type RunRulesEngineRequest struct {
	OrderIDs []GUID `json:"orderIds,omitzero"`
	RuleID   *int   `json:"ruleId,omitzero"`
}

// SetOrderShippingInfoRequest is the request of SetOrderShippingInfo.
type SetOrderShippingInfoRequest struct {
	OrderID GUID                           `json:"orderId"`
	Info    UpdateOrderShippingInfoRequest `json:"info"`
}

// ProcessOrderRequest is the request of ProcessOrder.
type ProcessOrderRequest struct {
	OrderID       GUID           `json:"orderId"`
	ScanPerformed *bool          `json:"scanPerformed,omitzero"`
	LocationID    *GUID          `json:"locationId,omitzero"`
	Context       *ClientContext `json:"context,omitzero"`
}

// CancelOrderRequest is the request of CancelOrder.
type CancelOrderRequest struct {
	OrderID          GUID    `json:"orderId"`
	FulfilmentCenter GUID    `json:"fulfilmentCenter"`
	Refund           Decimal `json:"refund"`
	Note             *string `json:"note,omitzero"`
}

// GetExtendedPropertiesRequest is the request of GetExtendedProperties.
type GetExtendedPropertiesRequest struct {
	OrderID *GUID `url:"orderId,omitempty" json:"-"`
}

// AddExtendedPropertiesRequest is the request of AddExtendedProperties.
type AddExtendedPropertiesRequest struct {
	OrderID            *GUID                   `json:"OrderId,omitzero"`
	ExtendedProperties []BasicExtendedProperty `json:"ExtendedProperties,omitzero"`
}

// AddOrdersNoteRequest is the request of AddOrdersNote.
type AddOrdersNoteRequest struct {
	OrderIDs         []GUID  `json:"OrderIds,omitzero"`
	NoteText         *string `json:"NoteText,omitzero"`
	IsInternal       *bool   `json:"IsInternal,omitzero"`
	IsProcessingNote *bool   `json:"IsProcessingNote,omitzero"`
}

// SetLabelsPrintedRequest is the request of SetLabelsPrinted.
type SetLabelsPrintedRequest struct {
	OrderIDs []GUID `json:"orderIds,omitzero"`
}

// AddExtendedPropertiesResponse is part of the Orders section.
type AddExtendedPropertiesResponse struct {
	ExtendedPropertiesInserted int      `json:"ExtendedPropertiesInserted,omitzero"`
	Errors                     []string `json:"Errors,omitzero"`
}

// AddOrdersNoteResponse is part of the Orders section.
type AddOrdersNoteResponse struct {
	OrderNotes []OrderNoteDto `json:"OrderNotes,omitzero"`
}

// BasicExtendedProperty is part of the Orders section.
type BasicExtendedProperty struct {
	Name  string `json:"Name,omitzero"`
	Value string `json:"Value,omitzero"`
	Type  string `json:"Type,omitzero"`
}

// BooleanFieldFilter is part of the Orders section.
type BooleanFieldFilter struct {
	Value     bool   `json:"Value"`
	FieldCode string `json:"FieldCode,omitzero"`
}

// ChannelAddress is part of the Orders section.
type ChannelAddress struct {
	MatchCountryCode string `json:"MatchCountryCode,omitzero"`
	MatchCountryName string `json:"MatchCountryName,omitzero"`
	FullName         string `json:"FullName,omitzero"`
	Company          string `json:"Company,omitzero"`
	Address1         string `json:"Address1,omitzero"`
	Address2         string `json:"Address2,omitzero"`
	Address3         string `json:"Address3,omitzero"`
	Town             string `json:"Town,omitzero"`
	Region           string `json:"Region,omitzero"`
	PostCode         string `json:"PostCode,omitzero"`
	Country          string `json:"Country,omitzero"`
	PhoneNumber      string `json:"PhoneNumber,omitzero"`
	EmailAddress     string `json:"EmailAddress,omitzero"`
	IsEmpty          bool   `json:"isEmpty,omitzero"`
}

// ChannelOrder is part of the Orders section.
type ChannelOrder struct {
	UseChannelTax               bool                           `json:"UseChannelTax"`
	PkOrderID                   GUID                           `json:"pkOrderId,omitzero"`
	AutomaticallyLinkBySKU      bool                           `json:"AutomaticallyLinkBySKU"`
	AutomaticallyLinkByBarcode  bool                           `json:"AutomaticallyLinkByBarcode"`
	AutomaticallyLinkByASIN     bool                           `json:"AutomaticallyLinkByASIN"`
	Site                        string                         `json:"Site,omitzero"`
	MatchPostalServiceTag       string                         `json:"MatchPostalServiceTag,omitzero"`
	PostalServiceName           string                         `json:"PostalServiceName,omitzero"`
	SavePostalServiceIfNotExist bool                           `json:"SavePostalServiceIfNotExist"`
	MatchPaymentMethodTag       string                         `json:"MatchPaymentMethodTag,omitzero"`
	PaymentMethodName           string                         `json:"PaymentMethodName,omitzero"`
	SavePaymentMethodIfNotExist bool                           `json:"SavePaymentMethodIfNotExist"`
	MappingSource               string                         `json:"MappingSource,omitzero"`
	SourceOverride              string                         `json:"SourceOverride,omitzero"`
	OrderState                  string                         `json:"OrderState,omitzero"`
	OrderFulfilmentType         string                         `json:"OrderFulfilmentType,omitzero"`
	OrderStatusType             string                         `json:"OrderStatusType,omitzero"`
	OrderStatus                 string                         `json:"OrderStatus,omitzero"`
	PaymentStatus               string                         `json:"PaymentStatus,omitzero"`
	OrderItems                  []ChannelOrderItem             `json:"OrderItems,omitzero"`
	Locations                   []ChannelOrderLocation         `json:"Locations,omitzero"`
	Relations                   []ChannelOrderID               `json:"Relations,omitzero"`
	ExtendedProperties          []ChannelOrderExtendedProperty `json:"ExtendedProperties,omitzero"`
	Notes                       []ChannelOrderNote             `json:"Notes,omitzero"`
	Source                      string                         `json:"Source,omitzero"`
	SubSource                   string                         `json:"SubSource,omitzero"`
	ChannelBuyerName            string                         `json:"ChannelBuyerName,omitzero"`
	ReferenceNumber             string                         `json:"ReferenceNumber,omitzero"`
	ExternalReference           string                         `json:"ExternalReference,omitzero"`
	SecondaryReferenceNumber    string                         `json:"SecondaryReferenceNumber,omitzero"`
	Currency                    string                         `json:"Currency,omitzero"`
	ConversionRate              Decimal                        `json:"ConversionRate,omitzero"`
	ReceivedDate                Time                           `json:"ReceivedDate,omitzero"`
	UpdatedDate                 Time                           `json:"UpdatedDate,omitzero"`
	DispatchBy                  Time                           `json:"DispatchBy,omitzero"`
	PaidOn                      Time                           `json:"PaidOn,omitzero"`
	PostalServiceCost           Decimal                        `json:"PostalServiceCost,omitzero"`
	PostalServiceTaxRate        Decimal                        `json:"PostalServiceTaxRate,omitzero"`
	PostalServiceDiscount       Decimal                        `json:"PostalServiceDiscount,omitzero"`
	Discount                    Decimal                        `json:"Discount,omitzero"`
	ItemsRefund                 Decimal                        `json:"ItemsRefund,omitzero"`
	ShippingRefund              Decimal                        `json:"ShippingRefund,omitzero"`
	TotalRefund                 Decimal                        `json:"TotalRefund,omitzero"`
	LineRefundAllocation        string                         `json:"LineRefundAllocation,omitzero"`
	ShippingRefundAllocation    string                         `json:"ShippingRefundAllocation,omitzero"`
	BuyerTaxNumber              string                         `json:"BuyerTaxNumber,omitzero"`
	DiscountType                string                         `json:"DiscountType,omitzero"`
	DiscountTaxType             string                         `json:"DiscountTaxType,omitzero"`
	BillingAddress              ChannelAddress                 `json:"BillingAddress,omitzero"`
	DeliveryAddress             ChannelAddress                 `json:"DeliveryAddress,omitzero"`
	DeliveryStartDate           Time                           `json:"DeliveryStartDate,omitzero"`
	DeliveryEndDate             Time                           `json:"DeliveryEndDate,omitzero"`
	OrderIdentifierTags         []string                       `json:"OrderIdentifierTags,omitzero"`
	ForceReSaveFulfilledOrder   bool                           `json:"ForceReSaveFulfilledOrder"`
	PIIRedactionDays            int                            `json:"PIIRedactionDays"`
}

// ChannelOrderExtendedProperty is part of the Orders section.
type ChannelOrderExtendedProperty struct {
	Name  string `json:"Name,omitzero"`
	Value string `json:"Value,omitzero"`
	Type  string `json:"Type,omitzero"`
}

// ChannelOrderID is part of the Orders section.
type ChannelOrderID struct {
	ReferenceID        string `json:"ReferenceId,omitzero"`
	ExternalReference  string `json:"ExternalReference,omitzero"`
	SecondaryReference string `json:"SecondaryReference,omitzero"`
}

// ChannelOrderItem is part of the Orders section.
type ChannelOrderItem struct {
	TaxCostInclusive   bool                     `json:"TaxCostInclusive"`
	UseChannelTax      bool                     `json:"UseChannelTax"`
	PricePerUnit       Decimal                  `json:"PricePerUnit,omitzero"`
	PostalServiceCost  Decimal                  `json:"PostalServiceCost,omitzero"`
	Qty                int                      `json:"Qty"`
	TaxRate            Decimal                  `json:"TaxRate,omitzero"`
	LineDiscount       Decimal                  `json:"LineDiscount,omitzero"`
	LineRefund         Decimal                  `json:"LineRefund,omitzero"`
	RefundQuantity     Decimal                  `json:"RefundQuantity,omitzero"`
	ShippingRefund     Decimal                  `json:"ShippingRefund,omitzero"`
	TotalRefund        Decimal                  `json:"TotalRefund,omitzero"`
	ItemNumber         string                   `json:"ItemNumber,omitzero"`
	ChannelReferenceID string                   `json:"ChannelReferenceId,omitzero"`
	ChannelSKU         string                   `json:"ChannelSKU,omitzero"`
	IsService          bool                     `json:"IsService"`
	ItemTitle          string                   `json:"ItemTitle,omitzero"`
	Options            []ChannelOrderItemOption `json:"Options,omitzero"`
	Taxes              []ChannelOrderItemTax    `json:"Taxes,omitzero"`
}

// ChannelOrderItemLocationAllocation is part of the Orders section.
type ChannelOrderItemLocationAllocation struct {
	ItemNumber string `json:"ItemNumber,omitzero"`
	Quantity   int    `json:"Quantity"`
}

// ChannelOrderItemOption is part of the Orders section.
type ChannelOrderItemOption struct {
	Property string `json:"Property,omitzero"`
	Value    string `json:"Value,omitzero"`
}

// ChannelOrderItemTax is part of the Orders section.
type ChannelOrderItemTax struct {
	TaxType           string  `json:"TaxType,omitzero"`
	TaxValue          Decimal `json:"TaxValue,omitzero"`
	IsSellerCollected bool    `json:"IsSellerCollected"`
}

// ChannelOrderLocation is part of the Orders section.
type ChannelOrderLocation struct {
	ExternalReference string                               `json:"ExternalReference,omitzero"`
	ItemAllocations   []ChannelOrderItemLocationAllocation `json:"ItemAllocations,omitzero"`
}

// ChannelOrderNote is part of the Orders section.
type ChannelOrderNote struct {
	Note          string `json:"Note,omitzero"`
	NoteEntryDate Time   `json:"NoteEntryDate,omitzero"`
	NoteUserName  string `json:"NoteUserName,omitzero"`
	Internal      bool   `json:"Internal"`
}

// ClientContext is part of the Orders section.
type ClientContext struct {
	Module string `json:"Module,omitzero"`
}

// CustomerAddress is part of the Orders section.
type CustomerAddress struct {
	EmailAddress string `json:"EmailAddress,omitzero"`
	Address1     string `json:"Address1,omitzero"`
	Address2     string `json:"Address2,omitzero"`
	Address3     string `json:"Address3,omitzero"`
	Town         string `json:"Town,omitzero"`
	Region       string `json:"Region,omitzero"`
	PostCode     string `json:"PostCode,omitzero"`
	Country      string `json:"Country,omitzero"`
	Continent    string `json:"Continent,omitzero"`
	FullName     string `json:"FullName,omitzero"`
	Company      string `json:"Company,omitzero"`
	PhoneNumber  string `json:"PhoneNumber,omitzero"`
	CountryID    GUID   `json:"CountryId,omitzero"`
}

// DateFieldFilter is part of the Orders section.
type DateFieldFilter struct {
	DateFrom  Time   `json:"DateFrom,omitzero"`
	DateTo    Time   `json:"DateTo,omitzero"`
	Type      string `json:"Type,omitzero"`
	Value     int    `json:"Value"`
	FieldCode string `json:"FieldCode,omitzero"`
}

// ExtendedProperty is part of the Orders section.
type ExtendedProperty struct {
	RowID GUID   `json:"RowId,omitzero"`
	Name  string `json:"Name,omitzero"`
	Value string `json:"Value,omitzero"`
	Type  string `json:"Type,omitzero"`
}

// FieldSorting is part of the Orders section.
type FieldSorting struct {
	FieldCode string `json:"FieldCode,omitzero"`
	Direction string `json:"Direction,omitzero"`
	Order     int    `json:"Order"`
}

// FieldVisibility is part of the Orders section.
type FieldVisibility struct {
	Name          string            `json:"Name,omitzero"`
	Visible       bool              `json:"Visible"`
	CanFilter     bool              `json:"CanFilter"`
	CanSort       bool              `json:"CanSort"`
	FieldType     string            `json:"FieldType,omitzero"`
	Code          string            `json:"Code,omitzero"`
	SubFields     []FieldVisibility `json:"SubFields,omitzero"`
	IsFilterOnly  bool              `json:"IsFilterOnly"`
	HotButtonIcon string            `json:"HotButtonIcon,omitzero"`
	HotButtonKey  string            `json:"HotButtonKey,omitzero"`
}

// FieldsFilter is part of the Orders section.
type FieldsFilter struct {
	TextFields      []TextFieldFilter    `json:"TextFields,omitzero"`
	BooleanFields   []BooleanFieldFilter `json:"BooleanFields,omitzero"`
	NumericFields   []NumericFieldFilter `json:"NumericFields,omitzero"`
	DateFields      []DateFieldFilter    `json:"DateFields,omitzero"`
	ListFields      []ListFieldFilter    `json:"ListFields,omitzero"`
	FieldVisibility []FieldVisibility    `json:"FieldVisibility,omitzero"`
}

// Identifier is part of the Orders section.
type Identifier struct {
	IdentifierID int    `json:"IdentifierId,omitzero"`
	IsCustom     bool   `json:"IsCustom,omitzero"`
	ImageID      GUID   `json:"ImageId,omitzero"`
	ImageURL     string `json:"ImageUrl,omitzero"`
	Tag          string `json:"Tag,omitzero"`
	Name         string `json:"Name,omitzero"`
}

// ListFieldFilter is part of the Orders section.
type ListFieldFilter struct {
	Value     string `json:"Value,omitzero"`
	Type      string `json:"Type,omitzero"`
	FieldCode string `json:"FieldCode,omitzero"`
}

// NumericFieldFilter is part of the Orders section.
type NumericFieldFilter struct {
	Type      string  `json:"Type,omitzero"`
	Value     Decimal `json:"Value,omitzero"`
	FieldCode string  `json:"FieldCode,omitzero"`
}

// OrderCustomerInfo is part of the Orders section.
type OrderCustomerInfo struct {
	ChannelBuyerName string          `json:"ChannelBuyerName,omitzero"`
	Address          CustomerAddress `json:"Address,omitzero"`
	BillingAddress   CustomerAddress `json:"BillingAddress,omitzero"`
}

// OrderDetails is part of the Orders section.
type OrderDetails struct {
	OrderID              GUID               `json:"OrderId,omitzero"`
	NumOrderID           int                `json:"NumOrderId,omitzero"`
	Processed            bool               `json:"Processed,omitzero"`
	ProcessedDateTime    Time               `json:"ProcessedDateTime,omitzero"`
	FulfilmentLocationID GUID               `json:"FulfilmentLocationId,omitzero"`
	GeneralInfo          OrderGeneralInfo   `json:"GeneralInfo,omitzero"`
	ShippingInfo         OrderShippingInfo  `json:"ShippingInfo,omitzero"`
	CustomerInfo         OrderCustomerInfo  `json:"CustomerInfo,omitzero"`
	TotalsInfo           OrderTotalsInfo    `json:"TotalsInfo,omitzero"`
	ExtendedProperties   []ExtendedProperty `json:"ExtendedProperties,omitzero"`
	FolderName           []string           `json:"FolderName,omitzero"`
	Items                []OrderItem        `json:"Items,omitzero"`
	Notes                []OrderNote        `json:"Notes,omitzero"`
	PaidDateTime         Time               `json:"PaidDateTime,omitzero"`
	TaxID                string             `json:"TaxId,omitzero"`
}

// OrderGeneralInfo is part of the Orders section.
type OrderGeneralInfo struct {
	Status               int               `json:"Status,omitzero"`
	LabelPrinted         bool              `json:"LabelPrinted,omitzero"`
	LabelError           string            `json:"LabelError,omitzero"`
	InvoicePrinted       bool              `json:"InvoicePrinted,omitzero"`
	InvoicePrintError    string            `json:"InvoicePrintError,omitzero"`
	PickListPrinted      bool              `json:"PickListPrinted,omitzero"`
	PickListPrintError   string            `json:"PickListPrintError,omitzero"`
	IsRuleRun            bool              `json:"IsRuleRun,omitzero"`
	Notes                int               `json:"Notes,omitzero"`
	PartShipped          bool              `json:"PartShipped,omitzero"`
	Marker               int               `json:"Marker,omitzero"`
	IsParked             bool              `json:"IsParked,omitzero"`
	Identifiers          []Identifier      `json:"Identifiers,omitzero"`
	ReferenceNum         string            `json:"ReferenceNum,omitzero"`
	SecondaryReference   string            `json:"SecondaryReference,omitzero"`
	ExternalReferenceNum string            `json:"ExternalReferenceNum,omitzero"`
	ReceivedDate         Time              `json:"ReceivedDate,omitzero"`
	Source               string            `json:"Source,omitzero"`
	SubSource            string            `json:"SubSource,omitzero"`
	SiteCode             string            `json:"SiteCode,omitzero"`
	HoldOrCancel         bool              `json:"HoldOrCancel,omitzero"`
	DespatchByDate       Time              `json:"DespatchByDate,omitzero"`
	ScheduledDelivery    ScheduledDelivery `json:"ScheduledDelivery,omitzero"`
	HasScheduledDelivery bool              `json:"HasScheduledDelivery,omitzero"`
	Location             GUID              `json:"Location,omitzero"`
	NumItems             int               `json:"NumItems,omitzero"`
	PickwaveIDs          []int             `json:"PickwaveIds,omitzero"`
	PIIRedactionDays     int               `json:"PIIRedactionDays,omitzero"`
	StockAllocationType  string            `json:"StockAllocationType,omitzero"`
}

// OrderItem is part of the Orders section.
type OrderItem struct {
	ItemID                   GUID                        `json:"ItemId,omitzero"`
	ItemNumber               string                      `json:"ItemNumber,omitzero"`
	SKU                      string                      `json:"SKU,omitzero"`
	ItemSource               string                      `json:"ItemSource,omitzero"`
	Title                    string                      `json:"Title,omitzero"`
	Quantity                 int                         `json:"Quantity,omitzero"`
	CategoryName             string                      `json:"CategoryName,omitzero"`
	CompositeAvailablity     int                         `json:"CompositeAvailablity,omitzero"`
	StockLevelsSpecified     bool                        `json:"StockLevelsSpecified,omitzero"`
	OnOrder                  int                         `json:"OnOrder,omitzero"`
	OnPurchaseOrder          OrderItemOnOrder            `json:"OnPurchaseOrder,omitzero"`
	InOrderBook              int                         `json:"InOrderBook,omitzero"`
	Level                    int                         `json:"Level,omitzero"`
	MinimumLevel             int                         `json:"MinimumLevel,omitzero"`
	AvailableStock           int                         `json:"AvailableStock,omitzero"`
	PricePerUnit             Decimal                     `json:"PricePerUnit,omitzero"`
	UnitCost                 Decimal                     `json:"UnitCost,omitzero"`
	DespatchStockUnitCost    Decimal                     `json:"DespatchStockUnitCost,omitzero"`
	Discount                 Decimal                     `json:"Discount,omitzero"`
	Tax                      Decimal                     `json:"Tax,omitzero"`
	TaxRate                  Decimal                     `json:"TaxRate,omitzero"`
	Cost                     Decimal                     `json:"Cost,omitzero"`
	CostIncTax               Decimal                     `json:"CostIncTax,omitzero"`
	CompositeSubItems        []OrderItem                 `json:"CompositeSubItems,omitzero"`
	IsService                bool                        `json:"IsService,omitzero"`
	SalesTax                 Decimal                     `json:"SalesTax,omitzero"`
	TaxCostInclusive         bool                        `json:"TaxCostInclusive,omitzero"`
	PartShipped              bool                        `json:"PartShipped,omitzero"`
	Weight                   Decimal                     `json:"Weight,omitzero"`
	BarcodeNumber            string                      `json:"BarcodeNumber,omitzero"`
	Market                   int                         `json:"Market,omitzero"`
	ChannelSKU               string                      `json:"ChannelSKU,omitzero"`
	ChannelTitle             string                      `json:"ChannelTitle,omitzero"`
	DiscountValue            Decimal                     `json:"DiscountValue,omitzero"`
	HasImage                 bool                        `json:"HasImage,omitzero"`
	ImageID                  GUID                        `json:"ImageId,omitzero"`
	AdditionalInfo           []OrderItemOption           `json:"AdditionalInfo,omitzero"`
	StockLevelIndicator      int                         `json:"StockLevelIndicator,omitzero"`
	ShippingCost             Decimal                     `json:"ShippingCost,omitzero"`
	PartShippedQty           int                         `json:"PartShippedQty,omitzero"`
	ItemName                 string                      `json:"ItemName,omitzero"`
	BatchNumberScanRequired  bool                        `json:"BatchNumberScanRequired,omitzero"`
	SerialNumberScanRequired bool                        `json:"SerialNumberScanRequired,omitzero"`
	BinRack                  string                      `json:"BinRack,omitzero"`
	BinRacks                 []OrderItemBinRack          `json:"BinRacks,omitzero"`
	InventoryTrackingType    int                         `json:"InventoryTrackingType,omitzero"`
	IsBatchedStockItem       bool                        `json:"isBatchedStockItem,omitzero"`
	IsWarehouseManaged       bool                        `json:"IsWarehouseManaged,omitzero"`
	IsUnlinked               bool                        `json:"IsUnlinked,omitzero"`
	StockItemIntID           int                         `json:"StockItemIntId,omitzero"`
	Boxes                    []StockItemBoxConfiguration `json:"Boxes,omitzero"`
	AddedDate                Time                        `json:"AddedDate,omitzero"`
	RowID                    GUID                        `json:"RowId,omitzero"`
	OrderID                  GUID                        `json:"OrderId,omitzero"`
	StockItemID              GUID                        `json:"StockItemId,omitzero"`
}

// OrderItemBinRack is part of the Orders section.
type OrderItemBinRack struct {
	Quantity         int    `json:"Quantity,omitzero"`
	BinRack          string `json:"BinRack,omitzero"`
	Location         GUID   `json:"Location,omitzero"`
	BatchID          int    `json:"BatchId,omitzero"`
	OrderItemBatchID int    `json:"OrderItemBatchId,omitzero"`
}

// OrderItemOnOrder is part of the Orders section.
type OrderItemOnOrder struct {
	PkPurchaseItemID      GUID   `json:"pkPurchaseItemId,omitzero"`
	RowID                 GUID   `json:"Rowid,omitzero"`
	PkPurchaseID          GUID   `json:"pkPurchaseId,omitzero"`
	ExternalInvoiceNumber string `json:"ExternalInvoiceNumber,omitzero"`
	FkSupplierID          GUID   `json:"fkSupplierId,omitzero"`
	DateOfDelivery        Time   `json:"DateOfDelivery,omitzero"`
	QuotedDeliveryDate    Time   `json:"QuotedDeliveryDate,omitzero"`
	SupplierName          string `json:"SupplierName,omitzero"`
	FkLocationID          GUID   `json:"fkLocationId,omitzero"`
}

// OrderItemOption is part of the Orders section.
type OrderItemOption struct {
	PkOptionID GUID   `json:"pkOptionId,omitzero"`
	Property   string `json:"Property,omitzero"`
	Value      string `json:"Value,omitzero"`
}

// OrderNote is part of the Orders section.
type OrderNote struct {
	OrderNoteID GUID   `json:"OrderNoteId,omitzero"`
	OrderID     GUID   `json:"OrderId,omitzero"`
	NoteDate    Time   `json:"NoteDate,omitzero"`
	Internal    bool   `json:"Internal,omitzero"`
	Note        string `json:"Note,omitzero"`
	CreatedBy   string `json:"CreatedBy,omitzero"`
	NoteTypeID  int    `json:"NoteTypeId,omitzero"`
}

// OrderNoteDto is part of the Orders section.
type OrderNoteDto struct {
	OrderNoteID GUID   `json:"OrderNoteId,omitzero"`
	OrderID     GUID   `json:"OrderId,omitzero"`
	NoteDate    Time   `json:"NoteDate,omitzero"`
	Internal    bool   `json:"Internal,omitzero"`
	Note        string `json:"Note,omitzero"`
	CreatedBy   string `json:"CreatedBy,omitzero"`
	NoteTypeID  int    `json:"NoteTypeId,omitzero"`
}

// OrderShippingInfo is part of the Orders section.
type OrderShippingInfo struct {
	Vendor            string  `json:"Vendor,omitzero"`
	PostalServiceID   GUID    `json:"PostalServiceId,omitzero"`
	PostalServiceName string  `json:"PostalServiceName,omitzero"`
	TotalWeight       Decimal `json:"TotalWeight,omitzero"`
	ItemWeight        Decimal `json:"ItemWeight,omitzero"`
	PackageCategoryID GUID    `json:"PackageCategoryId,omitzero"`
	PackageCategory   string  `json:"PackageCategory,omitzero"`
	PackageTypeID     GUID    `json:"PackageTypeId,omitzero"`
	PackageType       string  `json:"PackageType,omitzero"`
	PostageCost       Decimal `json:"PostageCost,omitzero"`
	PostageCostExTax  Decimal `json:"PostageCostExTax,omitzero"`
	TrackingNumber    string  `json:"TrackingNumber,omitzero"`
	ManualAdjust      bool    `json:"ManualAdjust,omitzero"`
}

// OrderTotalsInfo is part of the Orders section.
type OrderTotalsInfo struct {
	Subtotal         Decimal `json:"Subtotal,omitzero"`
	PostageCost      Decimal `json:"PostageCost,omitzero"`
	PostageCostExTax Decimal `json:"PostageCostExTax,omitzero"`
	Tax              Decimal `json:"Tax,omitzero"`
	TotalCharge      Decimal `json:"TotalCharge,omitzero"`
	PaymentMethod    string  `json:"PaymentMethod,omitzero"`
	PaymentMethodID  GUID    `json:"PaymentMethodId,omitzero"`
	ProfitMargin     Decimal `json:"ProfitMargin,omitzero"`
	TotalDiscount    Decimal `json:"TotalDiscount,omitzero"`
	Currency         string  `json:"Currency,omitzero"`
	CountryTaxRate   Decimal `json:"CountryTaxRate,omitzero"`
	ConversionRate   Decimal `json:"ConversionRate,omitzero"`
}

// ProcessOrderResult is part of the Orders section.
type ProcessOrderResult struct {
	OrderID   GUID   `json:"OrderId,omitzero"`
	Processed bool   `json:"Processed,omitzero"`
	Error     string `json:"Error,omitzero"`
}

// ScheduledDelivery is part of the Orders section.
type ScheduledDelivery struct {
	From Time `json:"From,omitzero"`
	To   Time `json:"To,omitzero"`
}

// StockItemBoxConfiguration is part of the Orders section.
type StockItemBoxConfiguration struct {
	BoxID           int     `json:"BoxId,omitzero"`
	StockItemIntID  int     `json:"StockItemIntId,omitzero"`
	BoxName         string  `json:"BoxName,omitzero"`
	Width           Decimal `json:"Width,omitzero"`
	Height          Decimal `json:"Height,omitzero"`
	Length          Decimal `json:"Length,omitzero"`
	Weight          Decimal `json:"Weight,omitzero"`
	ValuePercentage Decimal `json:"ValuePercentage,omitzero"`
	Barcode         string  `json:"Barcode,omitzero"`
	PackagingTypeID GUID    `json:"PackagingTypeId,omitzero"`
	LogicalDelete   bool    `json:"LogicalDelete,omitzero"`
}

// TextFieldFilter is part of the Orders section.
type TextFieldFilter struct {
	Type      string `json:"Type,omitzero"`
	Text      string `json:"Text,omitzero"`
	FieldCode string `json:"FieldCode,omitzero"`
}

// UpdateOrderShippingInfoRequest is part of the Orders section.
type UpdateOrderShippingInfoRequest struct {
	PostalServiceID GUID    `json:"PostalServiceId,omitzero"`
	TotalWeight     Decimal `json:"TotalWeight,omitzero"`
	ItemWeight      Decimal `json:"ItemWeight,omitzero"`
	PostageCost     Decimal `json:"PostageCost,omitzero"`
	TrackingNumber  string  `json:"TrackingNumber,omitzero"`
	ManualAdjust    bool    `json:"ManualAdjust"`
}

// UpdateTotalsResult is part of the Orders section.
type UpdateTotalsResult struct {
	TotalsInfo   OrderTotalsInfo   `json:"TotalsInfo,omitzero"`
	ShippingInfo OrderShippingInfo `json:"ShippingInfo,omitzero"`
}
