package linnworks

import "context"

// PickingService holds the operations of the Picking section.
type PickingService service

// CheckAllocatableToPickwave calls POST /api/Picking/CheckAllocatableToPickwave.
func (s *PickingService) CheckAllocatableToPickwave(ctx context.Context, req *CheckAllocatableToPickwaveRequest, opts ...CallOption) (*CheckAllocatableToPickwaveResponse, error) {
	out := new(CheckAllocatableToPickwaveResponse)
	return out, s.client.call(ctx, operation{name: "Picking.CheckAllocatableToPickwave", method: "POST", path: "/api/Picking/CheckAllocatableToPickwave", body: bodyWrapped, replay: replayRead, limit: 150}, nil, req, out, opts)
}

// CheckAllocatableToPickwaveRequest is the request of CheckAllocatableToPickwave.
type CheckAllocatableToPickwaveRequest struct {
	OrderIDs []int `json:"OrderIds,omitzero"`
}

// CheckAllocatableToPickwaveResponse is part of the Picking section.
type CheckAllocatableToPickwaveResponse struct {
	Results []PickWaveAllocateCheckResult `json:"Results,omitzero"`
}

// PickWaveAllocateCheckResult is part of the Picking section.
type PickWaveAllocateCheckResult struct {
	SortOrder    int                                       `json:"SortOrder,omitzero"`
	OrderID      int                                       `json:"OrderId,omitzero"`
	OrderIDGUID  GUID                                      `json:"OrderId_Guid,omitzero"`
	Errors       []PickWaveAllocateCheckResultError        `json:"Errors,omitzero"`
	HasErrors    bool                                      `json:"HasErrors,omitzero"`
	OrderDetails []PickWaveAllocateCheckResultOrderDetails `json:"OrderDetails,omitzero"`
}

// PickWaveAllocateCheckResultError is part of the Picking section.
type PickWaveAllocateCheckResultError struct {
	Error          string `json:"Error,omitzero"`
	ErrorType      string `json:"ErrorType,omitzero"`
	OrderItemRowID GUID   `json:"OrderItemRowId,omitzero"`
}

// PickWaveAllocateCheckResultOrderDetails is part of the Picking section.
type PickWaveAllocateCheckResultOrderDetails struct {
	LocationID       GUID   `json:"LocationId,omitzero"`
	OrderItemRowID   GUID   `json:"OrderItemRowId,omitzero"`
	BatchInventoryID int    `json:"BatchInventoryId,omitzero"`
	StockItemID      GUID   `json:"StockItemId,omitzero"`
	SKU              string `json:"SKU,omitzero"`
	ItemTitle        string `json:"ItemTitle,omitzero"`
	Binrack          string `json:"Binrack,omitzero"`
	BatchNumber      string `json:"BatchNumber,omitzero"`
	Quantity         int    `json:"Quantity,omitzero"`
	RoutingSequence  int    `json:"RoutingSequence,omitzero"`
}
