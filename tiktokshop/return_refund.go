package tiktokshop

import "context"

// ReturnRefundService holds the operations of the ReturnRefund section.
type ReturnRefundService service

// SearchCancellations calls POST /return_refund/202309/cancellations/search.
func (s *ReturnRefundService) SearchCancellations(ctx context.Context, req *SearchCancellationsRequest, opts ...CallOption) (*SearchCancellationsResponse, error) {
	out := new(SearchCancellationsResponse)
	return out, s.client.call(ctx, operation{name: "ReturnRefund.SearchCancellations", method: "POST", path: "/return_refund/202309/cancellations/search", query: true, body: bodyJSON, replay: replayRead}, nil, req, out, opts)
}

// ApproveCancellation calls POST /return_refund/202309/cancellations/{cancel_id}/approve.
func (s *ReturnRefundService) ApproveCancellation(ctx context.Context, cancelID string, req *ApproveCancellationRequest, opts ...CallOption) error {
	return s.client.call(ctx, operation{name: "ReturnRefund.ApproveCancellation", method: "POST", path: "/return_refund/202309/cancellations/{cancel_id}/approve", query: true}, []string{cancelID}, req, nil, opts)
}

// RejectCancellation calls POST /return_refund/202309/cancellations/{cancel_id}/reject.
func (s *ReturnRefundService) RejectCancellation(ctx context.Context, cancelID string, req *RejectCancellationRequest, opts ...CallOption) error {
	return s.client.call(ctx, operation{name: "ReturnRefund.RejectCancellation", method: "POST", path: "/return_refund/202309/cancellations/{cancel_id}/reject", query: true, body: bodyJSON}, []string{cancelID}, req, nil, opts)
}

// GetRejectReasons calls GET /return_refund/202309/reject_reasons.
func (s *ReturnRefundService) GetRejectReasons(ctx context.Context, req *GetRejectReasonsRequest, opts ...CallOption) (*GetRejectReasonsResponse, error) {
	out := new(GetRejectReasonsResponse)
	return out, s.client.call(ctx, operation{name: "ReturnRefund.GetRejectReasons", method: "GET", path: "/return_refund/202309/reject_reasons", query: true, replay: replayRead}, nil, req, out, opts)
}

// ApproveCancellationRequest is part of the return_refund section.
type ApproveCancellationRequest struct {
	IdempotencyKey *string `url:"idempotency_key,omitempty" json:"-"`
}

// Cancellation is part of the return_refund section.
type Cancellation struct {
	CancelID                 string                                 `json:"cancel_id,omitzero"`
	CancelLineItems          []CancellationLineItem                 `json:"cancel_line_items,omitzero"`
	CancelReason             string                                 `json:"cancel_reason,omitzero"`
	CancelReasonText         string                                 `json:"cancel_reason_text,omitzero"`
	CancelStatus             CancelStatus                           `json:"cancel_status,omitzero"`
	CancelType               CancelType                             `json:"cancel_type,omitzero"`
	CreateTime               UnixSeconds                            `json:"create_time,omitzero"`
	OrderID                  string                                 `json:"order_id,omitzero"`
	RefundAmount             CancellationRefundAmount               `json:"refund_amount,omitzero"`
	Role                     string                                 `json:"role,omitzero"`
	SellerNextActionResponse []CancellationSellerNextActionResponse `json:"seller_next_action_response,omitzero"`
	UpdateTime               UnixSeconds                            `json:"update_time,omitzero"`
}

// CancellationLineItem is part of the return_refund section.
type CancellationLineItem struct {
	CancelLineItemID string                           `json:"cancel_line_item_id,omitzero"`
	OrderLineItemID  string                           `json:"order_line_item_id,omitzero"`
	ProductImage     CancellationLineItemProductImage `json:"product_image,omitzero"`
	ProductName      string                           `json:"product_name,omitzero"`
	RefundAmount     CancellationLineItemRefundAmount `json:"refund_amount,omitzero"`
	SellerSKU        string                           `json:"seller_sku,omitzero"`
	SKUID            string                           `json:"sku_id,omitzero"`
	SKUName          string                           `json:"sku_name,omitzero"`
}

// CancellationLineItemProductImage is part of the return_refund section.
type CancellationLineItemProductImage struct {
	Height int    `json:"height,omitzero"`
	URL    string `json:"url,omitzero"`
	Width  int    `json:"width,omitzero"`
}

// CancellationLineItemRefundAmount is part of the return_refund section.
type CancellationLineItemRefundAmount struct {
	BuyerServiceFee   Decimal `json:"buyer_service_fee,omitzero"`
	Currency          string  `json:"currency,omitzero"`
	RefundShippingFee Decimal `json:"refund_shipping_fee,omitzero"`
	RefundSubtotal    Decimal `json:"refund_subtotal,omitzero"`
	RefundTax         Decimal `json:"refund_tax,omitzero"`
	RefundTotal       Decimal `json:"refund_total,omitzero"`
	RetailDeliveryFee Decimal `json:"retail_delivery_fee,omitzero"`
}

// CancellationRefundAmount is part of the return_refund section.
type CancellationRefundAmount struct {
	BuyerServiceFee   Decimal `json:"buyer_service_fee,omitzero"`
	Currency          string  `json:"currency,omitzero"`
	RefundShippingFee Decimal `json:"refund_shipping_fee,omitzero"`
	RefundSubtotal    Decimal `json:"refund_subtotal,omitzero"`
	RefundTax         Decimal `json:"refund_tax,omitzero"`
	RefundTotal       Decimal `json:"refund_total,omitzero"`
	RetailDeliveryFee Decimal `json:"retail_delivery_fee,omitzero"`
}

// CancellationSellerNextActionResponse is part of the return_refund section.
type CancellationSellerNextActionResponse struct {
	Action   string      `json:"action,omitzero"`
	Deadline UnixSeconds `json:"deadline,omitzero"`
}

// GetRejectReasonsRequest is part of the return_refund section.
type GetRejectReasonsRequest struct {
	Locale           *string `url:"locale,omitempty" json:"-"`
	ReturnOrCancelID string  `url:"return_or_cancel_id" json:"-"`
}

// GetRejectReasonsResponse is part of the return_refund section.
type GetRejectReasonsResponse struct {
	Reasons []GetRejectReasonsResponseReason `json:"reasons,omitzero"`
}

// GetRejectReasonsResponseReason is part of the return_refund section.
type GetRejectReasonsResponseReason struct {
	Name string `json:"name,omitzero"`
	Text string `json:"text,omitzero"`
}

// RejectCancellationRequest is part of the return_refund section.
type RejectCancellationRequest struct {
	IdempotencyKey *string                          `url:"idempotency_key,omitempty" json:"-"`
	Comment        *string                          `json:"comment,omitzero" url:"-"`
	Images         []RejectCancellationRequestImage `json:"images,omitzero" url:"-"`
	RejectReason   string                           `json:"reject_reason" url:"-"`
}

// RejectCancellationRequestImage is part of the return_refund section.
type RejectCancellationRequestImage struct {
	Height   *int    `json:"height,omitzero"`
	ImageID  *string `json:"image_id,omitzero"`
	MimeType *string `json:"mime_type,omitzero"`
	Width    *int    `json:"width,omitzero"`
}

// SearchCancellationsRequest is part of the return_refund section.
type SearchCancellationsRequest struct {
	SortField    *string        `url:"sort_field,omitempty" json:"-"`
	SortOrder    *string        `url:"sort_order,omitempty" json:"-"`
	PageSize     *string        `url:"page_size,omitempty" json:"-"`
	PageToken    *string        `url:"page_token,omitempty" json:"-"`
	BuyerUserIDs []string       `json:"buyer_user_ids,omitzero" url:"-"`
	CancelIDs    []string       `json:"cancel_ids,omitzero" url:"-"`
	CancelStatus []CancelStatus `json:"cancel_status,omitzero" url:"-"`
	CancelTypes  []CancelType   `json:"cancel_types,omitzero" url:"-"`
	CreateTimeGe *UnixSeconds   `json:"create_time_ge,omitzero" url:"-"`
	CreateTimeLt *UnixSeconds   `json:"create_time_lt,omitzero" url:"-"`
	Locale       *string        `json:"locale,omitzero" url:"-"`
	OrderIDs     []string       `json:"order_ids,omitzero" url:"-"`
	UpdateTimeGe *UnixSeconds   `json:"update_time_ge,omitzero" url:"-"`
	UpdateTimeLt *UnixSeconds   `json:"update_time_lt,omitzero" url:"-"`
}

// SearchCancellationsResponse is part of the return_refund section.
type SearchCancellationsResponse struct {
	Cancellations []Cancellation `json:"cancellations,omitzero"`
	NextPageToken string         `json:"next_page_token,omitzero"`
	TotalCount    int            `json:"total_count,omitzero"`
}
