package tiktokshoptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of orders.
const (
	codeParameters   = 21001001
	codeForeignOrder = 21008111
)

// orderList serves Order.GetOrderList.
//
// https://partner.tiktokshop.com/docv2/page/get-order-list-202309
func (f *Fake) orderList(in *request) (any, error) {
	req, err := decode[tiktokshop.GetOrderListRequest](in)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 0, 100)
	if err != nil {
		return nil, err
	}
	field, err := oneOf("sort_field", in.query.Get("sort_field"), "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	direction, err := oneOf("sort_order", in.query.Get("sort_order"), "DESC", "ASC")
	if err != nil {
		return nil, err
	}
	if len(req.WarehouseIDs) > 100 {
		return nil, invalid("warehouse_ids", "at most 100 are allowed")
	}
	var found []*order
	for _, o := range f.orders {
		if orderMatches(o, &req) {
			found = append(found, o)
		}
	}
	at := func(o *order) position { return position{int64(o.info.CreateTime), o.info.ID} }
	if field == "update_time" {
		at = func(o *order) position { return position{int64(o.info.UpdateTime), o.info.ID} }
	}
	out := tiktokshop.GetOrderListResponse{TotalCount: len(found)}
	found, out.NextPageToken, err = page(found, at, direction == "DESC", size, in.query.Get("page_token"))
	for _, o := range found {
		out.Orders = append(out.Orders, f.serve(o, false))
	}
	return out, err
}

func orderMatches(o *order, req *tiktokshop.GetOrderListRequest) bool {
	return is(o.info.Status, req.OrderStatus) && is(o.info.ShippingType, req.ShippingType) &&
		is(o.info.UserID, req.BuyerUserID) && is(o.info.IsBuyerRequestCancel, req.IsBuyerRequestCancel) &&
		within(o.info.CreateTime, req.CreateTimeGe, req.CreateTimeLt) &&
		within(o.info.UpdateTime, req.UpdateTimeGe, req.UpdateTimeLt) &&
		(len(req.WarehouseIDs) == 0 || slices.Contains(req.WarehouseIDs, o.info.WarehouseID))
}

// is tells whether a value passes an optional filter.
func is[T comparable](value T, wanted *T) bool { return wanted == nil || *wanted == value }

// within tells whether t lies in [from, before).
func within(t tiktokshop.UnixSeconds, from, before *tiktokshop.UnixSeconds) bool {
	return (from == nil || t >= *from) && (before == nil || t < *before)
}

// orderDetail serves Order.GetOrderDetail.
//
// https://partner.tiktokshop.com/docv2/page/get-order-detail-202507
func (f *Fake) orderDetail(in *request) (any, error) {
	list := in.query.Get("ids")
	if err := required("ids", list); err != nil {
		return nil, err
	}
	ids := strings.Split(list, ",")
	if len(ids) > 50 {
		return nil, fail(codeParameters, "At most 50 ids are allowed, got %d", len(ids))
	}
	var out tiktokshop.GetOrderDetailResponse
	for _, id := range ids {
		o, err := f.orderOf(id)
		if err != nil {
			return nil, err
		}
		out.Orders = append(out.Orders, f.serve(o, true))
	}
	return out, nil
}

func (f *Fake) orderOf(id string) (*order, error) {
	o := f.orderByID[id]
	if o == nil {
		return nil, fail(codeForeignOrder, "The order/package %s does not belong to the current seller", id)
	}
	return o, nil
}

// codeReference is the code, a string, of a refused external reference.
const codeReference = "36020001"

// platforms are the systems that a reference may be of.
var platforms = []tiktokshop.OrderPlatform{
	"SHOPIFY", "WOOCOMMERCE", "BIGCOMMERCE", "MAGENTO", "SALESFORCE_COMMERCE_CLOUD", "CHANNEL_ADVISOR", "AMAZON",
	"ORDER_MANAGEMENT_SYSTEM", "WAREHOUSE_MANAGEMENT_SYSTEM", "ERP_SYSTEM",
}

// reference is an external reference of an order.
type reference = tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrder

// addReferences serves Order.AddExternalOrderReferences. A platform has one
// reference for each order: the newest.
//
// https://partner.tiktokshop.com/docv2/page/add-external-order-references-202406
func (f *Fake) addReferences(in *request) (any, error) {
	req, err := decode[tiktokshop.AddExternalOrderReferencesRequest](in)
	switch {
	case err != nil:
		return nil, err
	case len(req.Orders) == 0 || len(req.Orders) > 100:
		return nil, invalid("orders", "there must be from 1 to 100")
	}
	for _, item := range req.Orders {
		e := item.ExternalOrder
		switch {
		case item.ID == "":
			return nil, invalid("orders.id", "it is required")
		case e.ID == "":
			return nil, invalid("orders.external_order.id", "it is required")
		case !slices.Contains(platforms, e.Platform):
			return nil, invalid("orders.external_order.platform", fmt.Sprint("it must be one of ", platforms))
		case len(e.LineItems) == 0 || len(e.LineItems) > 100:
			return nil, invalid("orders.external_order.line_items", "there must be from 1 to 100")
		}
	}
	var out tiktokshop.AddExternalOrderReferencesResponse
	for _, item := range req.Orders {
		if why := f.addReference(item.ID, item.ExternalOrder); why != "" {
			out.Errors = append(out.Errors, tiktokshop.AddExternalOrderReferencesResponseError{
				Code: codeReference, Message: why,
				Detail: tiktokshop.AddExternalOrderReferencesResponseErrorDetail{
					OrderID: item.ID,
					ExternalOrder: tiktokshop.AddExternalOrderReferencesResponseErrorDetailExternalOrder{
						ID: item.ExternalOrder.ID, Platform: string(item.ExternalOrder.Platform),
					},
				},
			})
		}
	}
	return out, nil
}

// addReference returns why a reference is refused, empty if it is not.
func (f *Fake) addReference(orderID string, e reference) (why string) {
	o := f.orderByID[orderID]
	if o == nil {
		return "The order does not belong to the current seller"
	}
	for _, l := range e.LineItems {
		if own := f.lineByID[l.OriginID]; own == nil || own.order != o {
			return "The origin_id " + l.OriginID + " is not a line item of the order"
		}
	}
	o.refs = append(slices.DeleteFunc(o.refs, func(r reference) bool { return r.Platform == e.Platform }), e)
	return ""
}

// getReferences serves Order.GetExternalOrderReferences.
//
// https://partner.tiktokshop.com/docv2/page/get-external-order-references-202406
func (f *Fake) getReferences(in *request) (any, error) {
	platform := tiktokshop.OrderPlatform(in.query.Get("platform"))
	if err := required("platform", platform); err != nil {
		return nil, err
	}
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	var out tiktokshop.GetExternalOrderReferencesResponse
	for _, r := range o.refs {
		if r.Platform != platform {
			continue
		}
		e := tiktokshop.GetExternalOrderReferencesResponseExternalOrder{ID: r.ID, Platform: string(r.Platform)}
		for _, l := range r.LineItems {
			e.LineItems = append(e.LineItems, tiktokshop.GetExternalOrderReferencesResponseExternalOrderLineItem(l))
		}
		out.ExternalOrders = append(out.ExternalOrders, e)
	}
	return out, nil
}
