package linnworks

import "context"

// StockService holds the operations of the Stock section.
type StockService service

// GetStockItemsFull calls POST /api/Stock/GetStockItemsFull.
func (s *StockService) GetStockItemsFull(ctx context.Context, req *GetStockItemsFullRequest, opts ...CallOption) ([]StockItemFull, error) {
	var out []StockItemFull
	err := s.client.call(ctx, operation{name: "Stock.GetStockItemsFull", method: "POST", path: "/api/Stock/GetStockItemsFull", body: bodyParams, replay: replayRead, limit: 150}, nil, req, &out, opts)
	return out, err
}

// GetStockItems calls GET /api/Stock/GetStockItems.
func (s *StockService) GetStockItems(ctx context.Context, req *GetStockItemsRequest, opts ...CallOption) (*GenericPagedResultStockItem, error) {
	out := new(GenericPagedResultStockItem)
	return out, s.client.call(ctx, operation{name: "Stock.GetStockItems", method: "GET", path: "/api/Stock/GetStockItems", query: true, replay: replayRead, limit: 150}, nil, req, out, opts)
}

// GetStockLevelBatch calls POST /api/Stock/GetStockLevel_Batch.
func (s *StockService) GetStockLevelBatch(ctx context.Context, req *GetStockLevelBatchRequest, opts ...CallOption) ([]GetStockLevelBatchResponse, error) {
	var out []GetStockLevelBatchResponse
	err := s.client.call(ctx, operation{name: "Stock.GetStockLevelBatch", method: "POST", path: "/api/Stock/GetStockLevel_Batch", body: bodyWrapped, replay: replayRead, limit: 250}, nil, req, &out, opts)
	return out, err
}

// GetStockItemTypeInfo calls POST /api/Stock/GetStockItemTypeInfo.
func (s *StockService) GetStockItemTypeInfo(ctx context.Context, req *GetStockItemTypeInfoRequest, opts ...CallOption) (*GetStockItemTypeInfoResponse, error) {
	out := new(GetStockItemTypeInfoResponse)
	return out, s.client.call(ctx, operation{name: "Stock.GetStockItemTypeInfo", method: "POST", path: "/api/Stock/GetStockItemTypeInfo", body: bodyFlat, replay: replayRead, limit: 150}, nil, req, out, opts)
}

// SetStockLevel calls POST /api/Stock/SetStockLevel.
func (s *StockService) SetStockLevel(ctx context.Context, req *SetStockLevelRequest, opts ...CallOption) ([]StockItemLevel, error) {
	var out []StockItemLevel
	err := s.client.call(ctx, operation{name: "Stock.SetStockLevel", method: "POST", path: "/api/Stock/SetStockLevel", body: bodyParams, replay: replayWrite, limit: 250}, nil, req, &out, opts)
	return out, err
}

// GetStockItemsFullRequest is the request of GetStockItemsFull.
type GetStockItemsFullRequest struct {
	Keyword              *string  `json:"keyword,omitzero"`
	LoadCompositeParents *bool    `json:"loadCompositeParents,omitzero"`
	LoadVariationParents *bool    `json:"loadVariationParents,omitzero"`
	EntriesPerPage       *int     `json:"entriesPerPage,omitzero"`
	PageNumber           *int     `json:"pageNumber,omitzero"`
	DataRequirements     []string `json:"dataRequirements,omitzero"`
	SearchTypes          []string `json:"searchTypes,omitzero"`
}

// GetStockItemsRequest is the request of GetStockItems.
type GetStockItemsRequest struct {
	KeyWord           *string `url:"keyWord,omitempty" json:"-"`
	LocationID        *GUID   `url:"locationId,omitempty" json:"-"`
	EntriesPerPage    *int    `url:"entriesPerPage,omitempty" json:"-"`
	PageNumber        *int    `url:"pageNumber,omitempty" json:"-"`
	ExcludeComposites *bool   `url:"excludeComposites,omitempty" json:"-"`
	ExcludeVariations *bool   `url:"excludeVariations,omitempty" json:"-"`
	ExcludeBatches    *bool   `url:"excludeBatches,omitempty" json:"-"`
}

// GetStockLevelBatchRequest is the request of GetStockLevelBatch.
type GetStockLevelBatchRequest struct {
	StockItemIDs []GUID `json:"StockItemIds"`
}

// GetStockItemTypeInfoRequest is the request of GetStockItemTypeInfo.
type GetStockItemTypeInfoRequest struct {
	SKUs            []string `json:"SKUS,omitzero"`
	StockItemIntIDs []int    `json:"StockItemIntIds,omitzero"`
}

// SetStockLevelRequest is the request of SetStockLevel.
type SetStockLevelRequest struct {
	StockLevels  []StockLevelUpdate `json:"stockLevels,omitzero"`
	ChangeSource *string            `json:"changeSource,omitzero"`
}

// GenericPagedResultStockItem is part of the Stock section.
type GenericPagedResultStockItem struct {
	PageNumber     int         `json:"PageNumber,omitzero"`
	EntriesPerPage int         `json:"EntriesPerPage,omitzero"`
	TotalEntries   int64       `json:"TotalEntries,omitzero"`
	TotalPages     int         `json:"TotalPages,omitzero"`
	Data           []StockItem `json:"Data,omitzero"`
}

// GetStockItemTypeInfoResponse is part of the Stock section.
type GetStockItemTypeInfoResponse struct {
	StockItemInfo []StockItemTypeInfo `json:"StockItemInfo,omitzero"`
}

// GetStockLevelBatchResponse is part of the Stock section.
type GetStockLevelBatchResponse struct {
	PkStockItemID   GUID             `json:"pkStockItemId,omitzero"`
	StockItemLevels []StockItemLevel `json:"StockItemLevels,omitzero"`
}

// InventoryStockLocation is part of the Stock section.
type InventoryStockLocation struct {
	StockLocationID     GUID   `json:"StockLocationId,omitzero"`
	StockLocationIntID  int    `json:"StockLocationIntId,omitzero"`
	LocationName        string `json:"LocationName,omitzero"`
	LocationTag         string `json:"LocationTag,omitzero"`
	IsFulfillmentCenter bool   `json:"IsFulfillmentCenter,omitzero"`
	IsWarehouseManaged  bool   `json:"IsWarehouseManaged,omitzero"`
	BinRack             string `json:"BinRack,omitzero"`
}

// StockItem is part of the Stock section.
type StockItem struct {
	ItemDescription          string  `json:"ItemDescription,omitzero"`
	Quantity                 int     `json:"Quantity,omitzero"`
	InOrder                  int     `json:"InOrder,omitzero"`
	Due                      int     `json:"Due,omitzero"`
	MinimumLevel             int     `json:"MinimumLevel,omitzero"`
	Available                int     `json:"Available,omitzero"`
	IsCompositeParent        bool    `json:"IsCompositeParent,omitzero"`
	ShippedSeparately        bool    `json:"ShippedSeparately,omitzero"`
	ItemNumber               string  `json:"ItemNumber,omitzero"`
	ItemTitle                string  `json:"ItemTitle,omitzero"`
	BarcodeNumber            string  `json:"BarcodeNumber,omitzero"`
	MetaData                 string  `json:"MetaData,omitzero"`
	IsVariationParent        bool    `json:"IsVariationParent,omitzero"`
	IsBatchedStockType       bool    `json:"isBatchedStockType,omitzero"`
	PurchasePrice            Decimal `json:"PurchasePrice,omitzero"`
	RetailPrice              Decimal `json:"RetailPrice,omitzero"`
	TaxRate                  Decimal `json:"TaxRate,omitzero"`
	PostalServiceID          GUID    `json:"PostalServiceId,omitzero"`
	PostalServiceName        string  `json:"PostalServiceName,omitzero"`
	CategoryID               GUID    `json:"CategoryId,omitzero"`
	CategoryName             string  `json:"CategoryName,omitzero"`
	PackageGroupID           GUID    `json:"PackageGroupId,omitzero"`
	PackageGroupName         string  `json:"PackageGroupName,omitzero"`
	Height                   Decimal `json:"Height,omitzero"`
	Width                    Decimal `json:"Width,omitzero"`
	Depth                    Decimal `json:"Depth,omitzero"`
	Weight                   Decimal `json:"Weight,omitzero"`
	CreationDate             Time    `json:"CreationDate,omitzero"`
	InventoryTrackingType    int     `json:"InventoryTrackingType,omitzero"`
	BatchNumberScanRequired  bool    `json:"BatchNumberScanRequired,omitzero"`
	SerialNumberScanRequired bool    `json:"SerialNumberScanRequired,omitzero"`
	StockItemID              GUID    `json:"StockItemId,omitzero"`
	StockItemIntID           int     `json:"StockItemIntId,omitzero"`
}

// StockItemDescription is part of the Stock section.
type StockItemDescription struct {
	PkRowID        GUID   `json:"pkRowId,omitzero"`
	Source         string `json:"Source,omitzero"`
	SubSource      string `json:"SubSource,omitzero"`
	Description    string `json:"Description,omitzero"`
	StockItemID    GUID   `json:"StockItemId,omitzero"`
	StockItemIntID int    `json:"StockItemIntId,omitzero"`
}

// StockItemExtendedProperty is part of the Stock section.
type StockItemExtendedProperty struct {
	PkRowID       GUID   `json:"pkRowId,omitzero"`
	FkStockItemID GUID   `json:"fkStockItemId,omitzero"`
	ProperyName   string `json:"ProperyName,omitzero"`
	PropertyValue string `json:"PropertyValue,omitzero"`
	PropertyType  string `json:"PropertyType,omitzero"`
}

// StockItemFull is part of the Stock section.
type StockItemFull struct {
	Suppliers                []StockItemSupplierStat     `json:"Suppliers,omitzero"`
	StockLevels              []StockItemLevel            `json:"StockLevels,omitzero"`
	ItemChannelDescriptions  []StockItemDescription      `json:"ItemChannelDescriptions,omitzero"`
	ItemExtendedProperties   []StockItemExtendedProperty `json:"ItemExtendedProperties,omitzero"`
	ItemChannelTitles        []StockItemTitle            `json:"ItemChannelTitles,omitzero"`
	ItemChannelPrices        []StockItemPrice            `json:"ItemChannelPrices,omitzero"`
	Images                   []StockItemImage            `json:"Images,omitzero"`
	ItemNumber               string                      `json:"ItemNumber,omitzero"`
	ItemTitle                string                      `json:"ItemTitle,omitzero"`
	BarcodeNumber            string                      `json:"BarcodeNumber,omitzero"`
	MetaData                 string                      `json:"MetaData,omitzero"`
	IsVariationParent        bool                        `json:"IsVariationParent,omitzero"`
	IsBatchedStockType       bool                        `json:"isBatchedStockType,omitzero"`
	PurchasePrice            Decimal                     `json:"PurchasePrice,omitzero"`
	RetailPrice              Decimal                     `json:"RetailPrice,omitzero"`
	TaxRate                  Decimal                     `json:"TaxRate,omitzero"`
	PostalServiceID          GUID                        `json:"PostalServiceId,omitzero"`
	PostalServiceName        string                      `json:"PostalServiceName,omitzero"`
	CategoryID               GUID                        `json:"CategoryId,omitzero"`
	CategoryName             string                      `json:"CategoryName,omitzero"`
	PackageGroupID           GUID                        `json:"PackageGroupId,omitzero"`
	PackageGroupName         string                      `json:"PackageGroupName,omitzero"`
	Height                   Decimal                     `json:"Height,omitzero"`
	Width                    Decimal                     `json:"Width,omitzero"`
	Depth                    Decimal                     `json:"Depth,omitzero"`
	Weight                   Decimal                     `json:"Weight,omitzero"`
	CreationDate             Time                        `json:"CreationDate,omitzero"`
	InventoryTrackingType    int                         `json:"InventoryTrackingType,omitzero"`
	BatchNumberScanRequired  bool                        `json:"BatchNumberScanRequired,omitzero"`
	SerialNumberScanRequired bool                        `json:"SerialNumberScanRequired,omitzero"`
	StockItemID              GUID                        `json:"StockItemId,omitzero"`
	StockItemIntID           int                         `json:"StockItemIntId,omitzero"`
}

// StockItemImage is part of the Stock section.
type StockItemImage struct {
	Source         string `json:"Source,omitzero"`
	FullSource     string `json:"FullSource,omitzero"`
	CheckSumValue  string `json:"CheckSumValue,omitzero"`
	PkRowID        GUID   `json:"pkRowId,omitzero"`
	IsMain         bool   `json:"IsMain,omitzero"`
	SortOrder      int    `json:"SortOrder,omitzero"`
	ChecksumValue  string `json:"ChecksumValue,omitzero"`
	RawChecksum    string `json:"RawChecksum,omitzero"`
	StockItemID    GUID   `json:"StockItemId,omitzero"`
	StockItemIntID int    `json:"StockItemIntId,omitzero"`
}

// StockItemLevel is part of the Stock section.
type StockItemLevel struct {
	Location               InventoryStockLocation `json:"Location,omitzero"`
	StockLevel             int                    `json:"StockLevel,omitzero"`
	StockValue             Decimal                `json:"StockValue,omitzero"`
	MinimumLevel           int                    `json:"MinimumLevel,omitzero"`
	InOrderBook            int                    `json:"InOrderBook,omitzero"`
	Due                    int                    `json:"Due,omitzero"`
	JIT                    bool                   `json:"JIT,omitzero"`
	InOrders               int                    `json:"InOrders,omitzero"`
	Available              int                    `json:"Available,omitzero"`
	UnitCost               Decimal                `json:"UnitCost,omitzero"`
	SKU                    string                 `json:"SKU,omitzero"`
	AutoAdjust             bool                   `json:"AutoAdjust,omitzero"`
	LastUpdateDate         Time                   `json:"LastUpdateDate,omitzero"`
	LastUpdateOperation    string                 `json:"LastUpdateOperation,omitzero"`
	RowID                  GUID                   `json:"rowid,omitzero"`
	PendingUpdate          bool                   `json:"PendingUpdate,omitzero"`
	StockItemPurchasePrice Decimal                `json:"StockItemPurchasePrice,omitzero"`
	StockItemID            GUID                   `json:"StockItemId,omitzero"`
	StockItemIntID         int                    `json:"StockItemIntId,omitzero"`
}

// StockItemPrice is part of the Stock section.
type StockItemPrice struct {
	Rules          []StockItemPricingRule `json:"Rules,omitzero"`
	PkRowID        GUID                   `json:"pkRowId,omitzero"`
	Source         string                 `json:"Source,omitzero"`
	SubSource      string                 `json:"SubSource,omitzero"`
	Price          Decimal                `json:"Price,omitzero"`
	Tag            string                 `json:"Tag,omitzero"`
	UpdateStatus   string                 `json:"UpdateStatus,omitzero"`
	StartDate      Time                   `json:"StartDate,omitzero"`
	EndDate        Time                   `json:"EndDate,omitzero"`
	StockItemID    GUID                   `json:"StockItemId,omitzero"`
	StockItemIntID int                    `json:"StockItemIntId,omitzero"`
}

// StockItemPricingRule is part of the Stock section.
type StockItemPricingRule struct {
	PkRowID          int     `json:"pkRowId,omitzero"`
	FkStockPricingID GUID    `json:"fkStockPricingId,omitzero"`
	Type             string  `json:"Type,omitzero"`
	LowerBound       int     `json:"LowerBound,omitzero"`
	Value            Decimal `json:"Value,omitzero"`
}

// StockItemSupplierStat is part of the Stock section.
type StockItemSupplierStat struct {
	IsDefault           bool    `json:"IsDefault,omitzero"`
	Supplier            string  `json:"Supplier,omitzero"`
	SupplierID          GUID    `json:"SupplierID,omitzero"`
	Code                string  `json:"Code,omitzero"`
	SupplierBarcode     string  `json:"SupplierBarcode,omitzero"`
	LeadTime            int     `json:"LeadTime,omitzero"`
	PurchasePrice       Decimal `json:"PurchasePrice,omitzero"`
	MinPrice            Decimal `json:"MinPrice,omitzero"`
	MaxPrice            Decimal `json:"MaxPrice,omitzero"`
	AveragePrice        Decimal `json:"AveragePrice,omitzero"`
	AverageLeadTime     Decimal `json:"AverageLeadTime,omitzero"`
	SupplierMinOrderQty int     `json:"SupplierMinOrderQty,omitzero"`
	SupplierPackSize    int     `json:"SupplierPackSize,omitzero"`
	SupplierCurrency    string  `json:"SupplierCurrency,omitzero"`
	StockItemID         GUID    `json:"StockItemId,omitzero"`
	StockItemIntID      int     `json:"StockItemIntId,omitzero"`
}

// StockItemTitle is part of the Stock section.
type StockItemTitle struct {
	PkRowID        GUID   `json:"pkRowId,omitzero"`
	Source         string `json:"Source,omitzero"`
	SubSource      string `json:"SubSource,omitzero"`
	Title          string `json:"Title,omitzero"`
	StockItemID    GUID   `json:"StockItemId,omitzero"`
	StockItemIntID int    `json:"StockItemIntId,omitzero"`
}

// StockItemTypeInfo is part of the Stock section.
type StockItemTypeInfo struct {
	SKU                   string `json:"SKU,omitzero"`
	StockItemIntID        int    `json:"StockItemIntId,omitzero"`
	StockItemID           GUID   `json:"StockItemId,omitzero"`
	IsVariationGroup      bool   `json:"IsVariationGroup,omitzero"`
	IsCompositeParent     bool   `json:"IsCompositeParent,omitzero"`
	IsArchived            bool   `json:"IsArchived,omitzero"`
	InventoryTrackingType int    `json:"InventoryTrackingType,omitzero"`
}

// StockLevelUpdate is part of the Stock section.
type StockLevelUpdate struct {
	SKU        string `json:"SKU,omitzero"`
	LocationID GUID   `json:"LocationId,omitzero"`
	Level      int    `json:"Level"`
}
