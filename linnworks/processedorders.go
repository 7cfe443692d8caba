package linnworks

import "context"

// ProcessedOrdersService holds the operations of the ProcessedOrders section.
type ProcessedOrdersService service

// SearchProcessedOrders calls POST /api/ProcessedOrders/SearchProcessedOrders.
func (s *ProcessedOrdersService) SearchProcessedOrders(ctx context.Context, req *SearchProcessedOrdersRequest, opts ...CallOption) (*SearchProcessedOrdersResponse, error) {
	out := new(SearchProcessedOrdersResponse)
	return out, s.client.call(ctx, operation{name: "ProcessedOrders.SearchProcessedOrders", method: "POST", path: "/api/ProcessedOrders/SearchProcessedOrders", body: bodyWrapped, replay: replayRead, limit: 150}, nil, req, out, opts)
}

// SearchProcessedOrdersRequest is the request of SearchProcessedOrders.
type SearchProcessedOrdersRequest struct {
	SearchTerm     *string         `json:"SearchTerm,omitzero"`
	SearchFilters  []SearchFilters `json:"SearchFilters,omitzero"`
	DateField      *string         `json:"DateField,omitzero"`
	FromDate       *Time           `json:"FromDate,omitzero"`
	ToDate         *Time           `json:"ToDate,omitzero"`
	PageNumber     *int            `json:"PageNumber,omitzero"`
	ResultsPerPage *int            `json:"ResultsPerPage,omitzero"`
	SearchSorting  *SearchSorting  `json:"SearchSorting,omitzero"`
}

// GenericPagedResultProcessedOrderWeb is part of the ProcessedOrders section.
type GenericPagedResultProcessedOrderWeb struct {
	PageNumber     int              `json:"PageNumber,omitzero"`
	EntriesPerPage int              `json:"EntriesPerPage,omitzero"`
	TotalEntries   int64            `json:"TotalEntries,omitzero"`
	TotalPages     int              `json:"TotalPages,omitzero"`
	Data           []ProcessedOrder `json:"Data,omitzero"`
}

// ProcessedOrder is part of the ProcessedOrders section.
type ProcessedOrder struct {
	PkOrderID              GUID    `json:"pkOrderID,omitzero"`
	CShippingAddress       string  `json:"cShippingAddress,omitzero"`
	DReceivedDate          Time    `json:"dReceivedDate,omitzero"`
	DProcessedOn           Time    `json:"dProcessedOn,omitzero"`
	TimeDiff               Decimal `json:"timeDiff,omitzero"`
	FPostageCost           Decimal `json:"fPostageCost,omitzero"`
	FTotalCharge           Decimal `json:"fTotalCharge,omitzero"`
	PostageCostExTax       Decimal `json:"PostageCostExTax,omitzero"`
	Subtotal               Decimal `json:"Subtotal,omitzero"`
	FTax                   Decimal `json:"fTax,omitzero"`
	TotalDiscount          Decimal `json:"TotalDiscount,omitzero"`
	ProfitMargin           Decimal `json:"ProfitMargin,omitzero"`
	CountryTaxRate         Decimal `json:"CountryTaxRate,omitzero"`
	NOrderID               int     `json:"nOrderId,omitzero"`
	NStatus                int     `json:"nStatus,omitzero"`
	CCurrency              string  `json:"cCurrency,omitzero"`
	PostalTrackingNumber   string  `json:"PostalTrackingNumber,omitzero"`
	CCountry               string  `json:"cCountry,omitzero"`
	Source                 string  `json:"Source,omitzero"`
	PostalServiceName      string  `json:"PostalServiceName,omitzero"`
	PostalServiceCode      string  `json:"PostalServiceCode,omitzero"`
	Vendor                 string  `json:"Vendor,omitzero"`
	BillingEmailAddress    string  `json:"BillingEmailAddress,omitzero"`
	ReferenceNum           string  `json:"ReferenceNum,omitzero"`
	SecondaryReference     string  `json:"SecondaryReference,omitzero"`
	ExternalReference      string  `json:"ExternalReference,omitzero"`
	Address1               string  `json:"Address1,omitzero"`
	Address2               string  `json:"Address2,omitzero"`
	Address3               string  `json:"Address3,omitzero"`
	Town                   string  `json:"Town,omitzero"`
	Region                 string  `json:"Region,omitzero"`
	BuyerPhoneNumber       string  `json:"BuyerPhoneNumber,omitzero"`
	Company                string  `json:"Company,omitzero"`
	SubSource              string  `json:"SubSource,omitzero"`
	ChannelBuyerName       string  `json:"ChannelBuyerName,omitzero"`
	AccountName            string  `json:"AccountName,omitzero"`
	CFullName              string  `json:"cFullName,omitzero"`
	CEmailAddress          string  `json:"cEmailAddress,omitzero"`
	CPostCode              string  `json:"cPostCode,omitzero"`
	DPaidOn                Time    `json:"dPaidOn,omitzero"`
	DCancelledOn           Time    `json:"dCancelledOn,omitzero"`
	PackageCategory        string  `json:"PackageCategory,omitzero"`
	PackageTitle           string  `json:"PackageTitle,omitzero"`
	ItemWeight             Decimal `json:"ItemWeight,omitzero"`
	TotalWeight            Decimal `json:"TotalWeight,omitzero"`
	FolderCollection       string  `json:"FolderCollection,omitzero"`
	CBillingAddress        string  `json:"cBillingAddress,omitzero"`
	BillingName            string  `json:"BillingName,omitzero"`
	BillingCompany         string  `json:"BillingCompany,omitzero"`
	BillingAddress1        string  `json:"BillingAddress1,omitzero"`
	BillingAddress2        string  `json:"BillingAddress2,omitzero"`
	BillingAddress3        string  `json:"BillingAddress3,omitzero"`
	BillingTown            string  `json:"BillingTown,omitzero"`
	BillingRegion          string  `json:"BillingRegion,omitzero"`
	BillingPostCode        string  `json:"BillingPostCode,omitzero"`
	BillingCountryName     string  `json:"BillingCountryName,omitzero"`
	BillingPhoneNumber     string  `json:"BillingPhoneNumber,omitzero"`
	HoldOrCancel           bool    `json:"HoldOrCancel,omitzero"`
	IsResend               bool    `json:"IsResend,omitzero"`
	IsExchange             bool    `json:"IsExchange,omitzero"`
	TaxID                  string  `json:"TaxId,omitzero"`
	FulfilmentLocationName string  `json:"FulfilmentLocationName,omitzero"`
}

// SearchFilters is part of the ProcessedOrders section.
type SearchFilters struct {
	SearchField string `json:"SearchField,omitzero"`
	SearchTerm  string `json:"SearchTerm,omitzero"`
}

// SearchProcessedOrdersResponse is part of the ProcessedOrders section.
type SearchProcessedOrdersResponse struct {
	ProcessedOrders GenericPagedResultProcessedOrderWeb `json:"ProcessedOrders,omitzero"`
}

// SearchSorting is part of the ProcessedOrders section.
type SearchSorting struct {
	SortField     string `json:"SortField,omitzero"`
	SortDirection string `json:"SortDirection,omitzero"`
}
