package linnworks

import "context"

// InventoryService holds the operations of the Inventory section.
type InventoryService service

// GetStockLocations calls GET /api/Inventory/GetStockLocations.
func (s *InventoryService) GetStockLocations(ctx context.Context, opts ...CallOption) ([]StockLocation, error) {
	var out []StockLocation
	err := s.client.call(ctx, operation{name: "Inventory.GetStockLocations", method: "GET", path: "/api/Inventory/GetStockLocations", replay: replayRead, limit: 150}, nil, nil, &out, opts)
	return out, err
}

// GetStockItemIDsBySKU calls POST /api/Inventory/GetStockItemIdsBySKU.
func (s *InventoryService) GetStockItemIDsBySKU(ctx context.Context, req *GetStockItemIDsBySKURequest, opts ...CallOption) (*GetStockItemIDsBySKU, error) {
	out := new(GetStockItemIDsBySKU)
	return out, s.client.call(ctx, operation{name: "Inventory.GetStockItemIDsBySKU", method: "POST", path: "/api/Inventory/GetStockItemIdsBySKU", body: bodyWrapped, replay: replayRead, limit: 250}, nil, req, out, opts)
}

// GetInventoryItemsCompositionByIDs calls POST /api/Inventory/GetInventoryItemsCompositionByIds.
func (s *InventoryService) GetInventoryItemsCompositionByIDs(ctx context.Context, req *GetInventoryItemsCompositionByIDsRequest, opts ...CallOption) (*GetInventoryItemsCompositionByIDsResponse, error) {
	out := new(GetInventoryItemsCompositionByIDsResponse)
	return out, s.client.call(ctx, operation{name: "Inventory.GetInventoryItemsCompositionByIDs", method: "POST", path: "/api/Inventory/GetInventoryItemsCompositionByIds", body: bodyWrapped, replay: replayRead, limit: 250}, nil, req, out, opts)
}

// GetStockItemIDsBySKURequest is the request of GetStockItemIDsBySKU.
type GetStockItemIDsBySKURequest struct {
	SKUs []string `json:"SKUS,omitzero"`
}

// GetInventoryItemsCompositionByIDsRequest is the request of GetInventoryItemsCompositionByIDs.
type GetInventoryItemsCompositionByIDsRequest struct {
	InventoryItemIDs []GUID `json:"InventoryItemIds,omitzero"`
}

// GetInventoryItemsCompositionByIDsResponse is part of the Inventory section.
type GetInventoryItemsCompositionByIDsResponse struct {
	InventoryItemsCompositionByIDs map[string][]ItemComposition `json:"InventoryItemsCompositionByIds,omitzero"`
}

// GetStockItemIDsBySKU is part of the Inventory section.
type GetStockItemIDsBySKU struct {
	Items []GetStockItemIDsBySKUItem `json:"Items,omitzero"`
}

// GetStockItemIDsBySKUItem is part of the Inventory section.
type GetStockItemIDsBySKUItem struct {
	StockItemID GUID   `json:"StockItemId,omitzero"`
	SKU         string `json:"SKU,omitzero"`
}

// ItemComposition is part of the Inventory section.
type ItemComposition struct {
	LinkedStockItemID     GUID    `json:"LinkedStockItemId,omitzero"`
	ItemTitle             string  `json:"ItemTitle,omitzero"`
	SKU                   string  `json:"SKU,omitzero"`
	Quantity              int     `json:"Quantity,omitzero"`
	PurchasePrice         Decimal `json:"PurchasePrice,omitzero"`
	InventoryTrackingType int     `json:"InventoryTrackingType,omitzero"`
	DimHeight             Decimal `json:"DimHeight,omitzero"`
	DimWidth              Decimal `json:"DimWidth,omitzero"`
	DimDepth              Decimal `json:"DimDepth,omitzero"`
	Weight                Decimal `json:"Weight,omitzero"`
	PackageGroupID        GUID    `json:"PackageGroupId,omitzero"`
	TaxRate               Decimal `json:"TaxRate,omitzero"`
	StockItemID           GUID    `json:"StockItemId,omitzero"`
	StockItemIntID        int     `json:"StockItemIntId,omitzero"`
}

// StockLocation is part of the Inventory section.
type StockLocation struct {
	Address1                                 string `json:"Address1,omitzero"`
	Address2                                 string `json:"Address2,omitzero"`
	City                                     string `json:"City,omitzero"`
	County                                   string `json:"County,omitzero"`
	Country                                  string `json:"Country,omitzero"`
	ZipCode                                  string `json:"ZipCode,omitzero"`
	IsNotTrackable                           bool   `json:"IsNotTrackable,omitzero"`
	LocationTag                              string `json:"LocationTag,omitzero"`
	CountInOrderUntilAcknowledgement         bool   `json:"CountInOrderUntilAcknowledgement,omitzero"`
	FulfilmentCenterDeductStockWhenProcessed bool   `json:"FulfilmentCenterDeductStockWhenProcessed,omitzero"`
	IsWarehouseManaged                       bool   `json:"IsWarehouseManaged,omitzero"`
	StockLocationID                          GUID   `json:"StockLocationId,omitzero"`
	LocationName                             string `json:"LocationName,omitzero"`
	IsFulfillmentCenter                      bool   `json:"IsFulfillmentCenter,omitzero"`
	StockLocationIntID                       int    `json:"StockLocationIntId,omitzero"`
}
