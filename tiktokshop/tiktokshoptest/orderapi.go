package tiktokshoptest

import (
	"encoding/json"
	"fmt"
	"slices"

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
	at, sorted, from, before := atCreation, f.orders.byCreate, req.CreateTimeGe, req.CreateTimeLt
	if field == "update_time" {
		at, sorted, from, before = atUpdate, f.orders.byUpdated, req.UpdateTimeGe, req.UpdateTimeLt
	}
	sorted = between(sorted, at, from, before)
	keep := func(o *order) bool { return f.orderMatches(o, &req) }
	var out tiktokshop.GetOrderListResponse
	found, next, total, err := pick(sorted, at, keep, direction == "DESC", size, in.query.Get("page_token"))
	out.NextPageToken, out.TotalCount = next, total
	for _, o := range found {
		out.Orders = append(out.Orders, f.serve(o, false))
	}
	return out, err
}

func (f *Fake) orderMatches(o *order, req *tiktokshop.GetOrderListRequest) bool {
	if o.info.FulfillmentType != tiktokshop.FulfillmentTypeBySeller && !f.has(QuirkPlatformOrdersInList) {
		return false
	}
	return is(o.info.Status, req.OrderStatus) && is(o.info.ShippingType, req.ShippingType) &&
		is(o.info.UserID, req.BuyerUserID) && is(o.info.IsBuyerRequestCancel, req.IsBuyerRequestCancel) &&
		within(o.info.CreateTime, req.CreateTimeGe, req.CreateTimeLt) &&
		within(o.info.UpdateTime, req.UpdateTimeGe, req.UpdateTimeLt) &&
		(len(req.WarehouseIDs) == 0 || slices.Contains(req.WarehouseIDs, o.info.WarehouseID))
}

// is reports whether a value passes an optional filter.
func is[T comparable](value T, wanted *T) bool { return wanted == nil || *wanted == value }

// within reports whether t lies in [from, before).
func within(t tiktokshop.UnixSeconds, from, before *tiktokshop.UnixSeconds) bool {
	return (from == nil || t >= *from) && (before == nil || t < *before)
}

// orderDetail serves Order.GetOrderDetail.
//
// https://partner.tiktokshop.com/docv2/page/get-order-detail-202507
func (f *Fake) orderDetail(in *request) (any, error) {
	ids, err := f.list(in, "ids")
	if err != nil {
		return nil, err
	}
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

// externalOrder is an external reference of an order.
type externalOrder = tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrder

// reference is what an external reference is searched by.
type reference struct {
	platform tiktokshop.OrderPlatform
	id       string
}

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
	if !f.has(QuirkItemCodesAsText) {
		return withNumberCodes(out), nil
	}
	return out, nil
}

// withNumberCodes is the reply as it would be if its item codes were numbers, as
// those of all other operations.
func withNumberCodes(r tiktokshop.AddExternalOrderReferencesResponse) any {
	var errs []any
	for _, e := range r.Errors {
		errs = append(errs, map[string]any{"code": json.Number(e.Code), "message": e.Message, "detail": e.Detail})
	}
	return map[string]any{"errors": errs}
}

// addReference returns why a reference is refused, empty if it is not.
func (f *Fake) addReference(orderID string, e externalOrder) (why string) {
	o := f.orderByID[orderID]
	if o == nil {
		return "The order does not belong to the current seller"
	}
	for _, l := range e.LineItems {
		if own := f.lineByID[l.OriginID]; own == nil || own.order != o {
			return "The origin_id " + l.OriginID + " is not a line item of the order"
		}
	}
	for i, r := range o.refs {
		if r.Platform == e.Platform {
			old := reference{r.Platform, r.ID}
			f.references[old] = slices.DeleteFunc(f.references[old], func(other *order) bool { return other == o })
			o.refs = slices.Delete(o.refs, i, i+1)
			break
		}
	}
	o.refs = append(o.refs, e)
	key := reference{e.Platform, e.ID}
	f.references[key] = append(f.references[key], o)
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
		e := tiktokshop.ExternalOrder{ID: r.ID, Platform: string(r.Platform)}
		for _, l := range r.LineItems {
			e.LineItems = append(e.LineItems, tiktokshop.LineItem(l))
		}
		out.ExternalOrders = append(out.ExternalOrders, e)
	}
	return out, nil
}

// searchReferences serves Order.SearchOrderByExternalOrderReference.
//
// https://partner.tiktokshop.com/docv2/page/search-order-by-external-order-reference-202406
func (f *Fake) searchReferences(in *request) (any, error) {
	platform, id := tiktokshop.OrderPlatform(in.query.Get("platform")), in.query.Get("external_order_id")
	if err := required("platform", platform); err != nil {
		return nil, err
	}
	if err := required("external_order_id", id); err != nil {
		return nil, err
	}
	var out tiktokshop.SearchOrderByExternalOrderReferenceResponse
	for _, o := range f.references[reference{platform, id}] {
		for _, r := range o.refs {
			if r.Platform != platform || r.ID != id {
				continue
			}
			e := tiktokshop.ExternalOrder{ID: r.ID, Platform: string(r.Platform)}
			for _, l := range r.LineItems {
				e.LineItems = append(e.LineItems, tiktokshop.LineItem(l))
			}
			out.Orders = append(out.Orders, tiktokshop.SearchOrderByExternalOrderReferenceResponseOrder{ID: o.info.ID, ExternalOrder: e})
		}
	}
	return out, nil
}
