package bridge_test

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// mappedFields are the fields of TikTok's order that are used, and where they go:
// an "Order." or "OrderLine." field decides something in the bridge, the others
// are in the order that Linnworks gets. The test sets each of them and looks.
var mappedFields = map[string]string{
	"auto_combine_group_id":                  "property tiktok.auto_combine_group",
	"buyer_email":                            "DeliveryAddress.EmailAddress",
	"buyer_message":                          "Notes",
	"buyer_nickname":                         "ChannelBuyerName",
	"cancel_order_sla_time":                  "DispatchBy and property tiktok.cancelled_by, where there is no shipping_due_time",
	"cancel_reason":                          "Order.CancelReason",
	"cancellation_initiator":                 "Order.CancelInitiator",
	"channel_entity_national_registry_id":    "property tiktok.channel_entity_registry_id",
	"collection_due_time":                    "property tiktok.collect_by",
	"collection_time":                        "Order.CollectedAt",
	"commerce_platform":                      "property tiktok.commerce_platform",
	"consultation_id":                        "property tiktok.consultation_id",
	"cpf":                                    "BuyerTaxNumber",
	"cpf_name":                               "BillingAddress.FullName",
	"create_time":                            "ReceivedDate",
	"delivery_due_time":                      "property tiktok.deliver_by",
	"delivery_option_id":                     "MatchPostalServiceTag, where LinnworksOptions.Service has the id",
	"delivery_option_name":                   "MatchPostalServiceTag",
	"delivery_option_required_delivery_time": "property tiktok.promised_by, where there is no delivery_sla_time",
	"delivery_sla_time":                      "property tiktok.promised_by",
	"delivery_time":                          "Order.DeliveredAt",
	"delivery_type":                          "property tiktok.delivery_type",
	"exchange_source_order_id":               "SecondaryReferenceNumber, property tiktok.related_order",
	"fast_delivery_program":                  "property tiktok.fast_delivery_program",
	"fast_dispatch_sla_time":                 "property tiktok.fast_dispatch_by",
	"fulfillment_priority_level":             "property tiktok.priority",
	"fulfillment_type":                       "Order.ShippingModel",
	"handling_duration.days":                 "property tiktok.handling_duration",
	"handling_duration.type":                 "property tiktok.handling_duration",
	"has_updated_recipient_address":          "Order.AddressChanged",
	"id":                                     "ReferenceNumber, ExternalReference",
	"is_buyer_request_cancel":                "Order.CancelRequested",
	"is_cod":                                 "property tiktok.cash_on_delivery",
	"is_exchange_order":                      "line titles, property tiktok.kind",
	"is_on_hold_order":                       "Order.HoldUntil",
	"is_replacement_order":                   "line titles, property tiktok.kind",
	"is_sample_order":                        "line titles, property tiktok.kind",
	"need_upload_invoice":                    "property tiktok.invoice_upload",
	"order_rights":                           "property tiktok.order_rights",
	"order_type":                             "property tiktok.kind",
	"paid_time":                              "PaidOn",
	"payment_card_type":                      "property tiktok.payment_card_type",
	"payment_method_code":                    "property tiktok.payment_method_code",
	"payment_method_name":                    "MatchPaymentMethodTag",
	"pick_up_cut_off_time":                   "Order.PickUpBy, property tiktok.pick_up_cut_off",
	"recommended_shipping_time":              "property tiktok.recommended_shipping",
	"release_date":                           "property tiktok.release",
	"replaced_order_id":                      "SecondaryReferenceNumber, property tiktok.related_order",
	"request_cancel_time":                    "Order.CancelRequestedAt",
	"rts_sla_time":                           "DispatchBy",
	"rts_time":                               "Order.ShippedAt",
	"seller_note":                            "Notes, internal",
	"shipping_due_time":                      "property tiktok.cancelled_by",
	"shipping_type":                          "property tiktok.shipping_model",
	"split_or_combine_tag":                   "property tiktok.split_or_combine",
	"status":                                 "Order.Status",
	"tts_sla_time":                           "property tiktok.hand_over_by",
	"update_time":                            "Order.UpdatedAt",
	"user_id":                                "ChannelBuyerName, where there is no nickname",
	"warehouse_id":                           "Order.WarehouseID, which decides the location",

	"payment.buyer_service_fee":              "a service line",
	"payment.currency":                       "Currency",
	"payment.distance_fee":                   "a service line",
	"payment.distance_shipping_fee":          "a service line",
	"payment.handling_fee":                   "a service line",
	"payment.item_insurance_fee":             "a service line",
	"payment.item_insurance_tax":             "property tiktok.included.item_insurance_tax",
	"payment.original_shipping_fee":          "property tiktok.shipping_list_price",
	"payment.original_total_product_price":   "property tiktok.list_price",
	"payment.payment_discount_service_fee":   "a service line",
	"payment.payment_platform_discount":      "property tiktok.payment_discount, or tiktok.included.payment_discount",
	"payment.platform_discount":              "property tiktok.platform_discount",
	"payment.product_tax":                    "the tax of the lines; what is left of the tax is a service line",
	"payment.retail_delivery_fee":            "a service line",
	"payment.seller_discount":                "property tiktok.seller_discount",
	"payment.shipping_fee":                   "PostalServiceCost",
	"payment.shipping_fee_cofunded_discount": "property tiktok.shipping_cofunded_discount",
	"payment.shipping_fee_platform_discount": "PostalServiceCost, property tiktok.shipping_funded",
	"payment.shipping_fee_seller_discount":   "property tiktok.shipping_seller_discount",
	"payment.shipping_fee_tax":               "PostalServiceCost, PostalServiceTaxRate",
	"payment.shipping_insurance_fee":         "a service line",
	"payment.small_order_fee":                "a service line",
	"payment.sub_total":                      "property tiktok.items",
	"payment.tax":                            "PricePerUnit and TaxRate, or property tiktok.included.tax",
	"payment.total_amount":                   "the total, property tiktok.paid",

	"recipient_address.address_detail":                         "DeliveryAddress.Address1, where there are no lines",
	"recipient_address.address_line1":                          "DeliveryAddress.Address1",
	"recipient_address.address_line2":                          "DeliveryAddress.Address2",
	"recipient_address.address_line3":                          "DeliveryAddress.Address3",
	"recipient_address.address_line4":                          "DeliveryAddress.Address3",
	"recipient_address.delivery_preferences.drop_off_location": "Notes",
	"recipient_address.district_info.address_level":            "decides which of Town, Region and Address3 the name is, where no name of the level does",
	"recipient_address.district_info.address_level_name":       "decides which of Town, Region and Address3 the name is",
	"recipient_address.district_info.address_name":             "DeliveryAddress.Town, Region, Address3",
	"recipient_address.district_info.iso_code":                 "DeliveryAddress.MatchCountryCode, where there is no region_code",
	"recipient_address.first_name":                             "DeliveryAddress.FullName, where there is no name",
	"recipient_address.full_address":                           "DeliveryAddress.Address1, where there is nothing else",
	"recipient_address.last_name":                              "DeliveryAddress.FullName, where there is no name",
	"recipient_address.name":                                   "DeliveryAddress.FullName",
	"recipient_address.phone_number":                           "DeliveryAddress.PhoneNumber",
	"recipient_address.post_town":                              "DeliveryAddress.Town",
	"recipient_address.postal_code":                            "DeliveryAddress.PostCode",
	"recipient_address.region_code":                            "DeliveryAddress.MatchCountryCode, property tiktok.market",

	"line_items.cancel_reason":                    "OrderLine.CancelReason",
	"line_items.combined_listing_skus.product_id": "OrderLine.Components",
	"line_items.combined_listing_skus.seller_sku": "OrderLine.Components",
	"line_items.combined_listing_skus.sku_count":  "OrderLine.Components",
	"line_items.combined_listing_skus.sku_id":     "OrderLine.Components",
	"line_items.currency":                         "OrderLine.Price; one that is not the order's is refused",
	"line_items.display_status":                   "OrderLine.Cancelled",
	"line_items.gift_retail_price":                "property tiktok.gift_retail_price.ID",
	"line_items.id":                               "ItemNumber, property tiktok.line_ids.ID",
	"line_items.is_dangerous_good":                "property tiktok.dangerous_goods.ID",
	"line_items.is_gift":                          "ItemTitle",
	"line_items.is_unboxing_item":                 "property tiktok.blind_box.ID",
	"line_items.item_tax.tax_amount":              "PricePerUnit and TaxRate",
	"line_items.item_tax.tax_rate":                "property tiktok.tax.ID",
	"line_items.item_tax.tax_type":                "property tiktok.tax.ID",
	"line_items.needs_prescription":               "property tiktok.needs_prescription.ID",
	"line_items.original_price":                   "property tiktok.discounts.ID",
	"line_items.package_id":                       "OrderLine.PackageID",
	"line_items.pfand_fee":                        "a service line",
	"line_items.platform_discount":                "PricePerUnit, property tiktok.discounts.ID",
	"line_items.product_id":                       "OrderLine.Listing",
	"line_items.product_name":                     "ItemTitle",
	"line_items.sale_price":                       "PricePerUnit",
	"line_items.seller_discount":                  "property tiktok.discounts.ID",
	"line_items.seller_sku":                       "OrderLine.Listing",
	"line_items.shipping_provider_id":             "OrderLine.CarrierID",
	"line_items.shipping_provider_name":           "OrderLine.Carrier",
	"line_items.sku_id":                           "OrderLine.Listing",
	"line_items.sku_name":                         "ItemTitle",
	"line_items.sku_type":                         "property tiktok.sku_type.ID",
	"line_items.tracking_number":                  "OrderLine.Tracking",
	"line_items.unboxing_sku_code":                "property tiktok.blind_box_sku.ID",
}

// leftOutFields are the others, and why.
var leftOutFields = map[string]string{
	"buyer_avatar":                              "a picture, at an address that changes with every call",
	"cancel_time":                               "a cancelled order is not created; when it happened is read from the cancellation",
	"packages.id":                               "every line names its package",
	"payment_auth_code":                         "authorises a card payment: read it in the shop when an invoice needs it, do not copy it",
	"shipping_provider":                         "every line names its carrier",
	"shipping_provider_id":                      "every line names its carrier",
	"tracking_number":                           "every line has its number",
	"line_items.buyer_service_fee":              "part of the order's buyer_service_fee",
	"line_items.cancel_user":                    "the order's cancellation_initiator, and the cancellation, say it",
	"line_items.distance_fee":                   "part of the order's distance_fee",
	"line_items.distance_shipping_fee":          "part of the order's distance_shipping_fee",
	"line_items.handling_duration_days":         "deprecated: the order's handling_duration",
	"line_items.package_status":                 "display_status says it",
	"line_items.retail_delivery_fee":            "part of the order's retail_delivery_fee",
	"line_items.rts_time":                       "the order's rts_time; the deadline of a correction counts from the package",
	"line_items.sku_image":                      "a picture, at an address that changes with every call",
	"line_items.small_order_fee":                "part of the order's small_order_fee",
	"recipient_address.first_name_local_script": "the name again, in katakana",
	"recipient_address.last_name_local_script":  "the name again, in katakana",
}

// A field of the official description that is neither mapped nor left out for a
// reason fails, and so does one whose entry is not true: it is set, and its
// effect looked for.
func TestOrderFields(t *testing.T) {
	official := officialOrder(t)
	full := map[string]any{}
	for path, kind := range official {
		full[path] = sampleValue(path, kind)
	}
	const address = "recipient_address."
	samples := []sample{
		newSample(full),
		newSample(map[string]any{address + "postal_code": "90012", address + "district_info.address_level": "L2", address + "district_info.address_name": "Irvine"}),
		newSample(map[string]any{address + "postal_code": "90012", address + "district_info.address_level": "L0"}),
		newSample(nil),
	}
	for _, path := range slices.Sorted(maps.Keys(official)) {
		target, mapped := mappedFields[path]
		why, left := leftOutFields[path]
		if mapped == left || target+why == "" {
			t.Errorf("%s (%s): mapped to %q, left out because %q: it must be one of the two", path, official[path], target, why)
			continue
		}
		inOrder, inSent := false, false
		for _, from := range samples {
			for _, value := range []any{nil, sampleValue(path, official[path]), otherValues[path]} {
				read, sent := from.changed(t, path, value)
				inOrder, inSent = inOrder || read, inSent || sent
			}
		}
		switch {
		case left && (inOrder || inSent):
			t.Errorf("%s is left out (%s), but has an effect", path, why)
		case mapped && !inOrder:
			t.Errorf("%s has no effect, although it is said to go to %s", path, target)
		case mapped && !inSent && !strings.HasPrefix(target, "Order"):
			t.Errorf("%s is said to go to %s, but Linnworks gets nothing of it", path, target)
		}
	}
	for path := range maps.Keys(mappedFields) {
		if _, ok := official[path]; !ok {
			t.Errorf("%s is mapped, but not in the description any more", path)
		}
	}
	for path := range maps.Keys(leftOutFields) {
		if _, ok := official[path]; !ok {
			t.Errorf("%s is left out, but not in the description any more", path)
		}
	}
}

// officialOrder are the fields of an order, with their types, of every operation
// that the bridge reads orders with.
func officialOrder(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../internal/spec/tiktokshop/order.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Operations map[string]struct {
			Response struct{ Orders []any }
		}
	}
	if err := json.Unmarshal(raw, &spec); err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, operation := range []string{"GET /order/202507/orders", "GET /order/202309/orders", "POST /order/202309/orders/search"} {
		orders := spec.Operations[operation].Response.Orders
		if len(orders) == 0 {
			t.Fatalf("%s: no orders in the snapshot", operation)
		}
		specLeaves(orders, "", func(path, kind string) { fields[path] = kind })
	}
	if len(fields) < 150 {
		t.Fatalf("only %d fields: is the snapshot read right?", len(fields))
	}
	return fields
}

// specLeaves walks a description: an object is a map, a list is ["array", item].
func specLeaves(v any, path string, leaf func(path, kind string)) {
	switch v := v.(type) {
	case string:
		leaf(path, v)
	case []any:
		for _, item := range v {
			if _, isName := item.(string); !isName {
				specLeaves(item, path, leaf)
			}
		}
	case map[string]any:
		for name, item := range v {
			specLeaves(item, strings.TrimPrefix(path+"."+name, "."), leaf)
		}
	}
}

// otherValues are for fields of which many values mean the same.
var otherValues = map[string]any{
	"fulfillment_type": "FULFILLMENT_BY_TIKTOK", "is_on_hold_order": true, "line_items.currency": "EUR", "line_items.display_status": "CANCELLED",
	"recipient_address.district_info.address_level": "L0", "recipient_address.district_info.address_level_name": "state",
	"payment.currency": "EUR",
}

// sample is an order as JSON, and what the bridge makes of it.
type sample struct {
	order json.RawMessage
	read  bridge.Order
	sent  string
}

// values of fields that decide how others are read.
var sampleValues = map[string]any{
	"status": "AWAITING_SHIPMENT", "shipping_type": "SELLER", "fulfillment_type": "FULFILLMENT_BY_SELLER", "order_type": "PRE_ORDER",
	"is_on_hold_order": false, "paid_time": 1790000000,
	"payment.currency": "USD", "payment.sub_total": "30.00", "payment.shipping_fee": "4.00", "payment.tax": "5.00", "payment.product_tax": "2.00",
	"payment.shipping_fee_tax": "1.00", "payment.total_amount": "50.00",
	"line_items.display_status": "AWAITING_SHIPMENT", "line_items.currency": "USD", "line_items.sale_price": "29.00", "line_items.sku_id": "s-MUG",
	"line_items.item_tax.tax_amount": "2.00", "recipient_address.district_info.address_level": "L2",
}

func sampleValue(path, kind string) any {
	name := path[strings.LastIndex(path, ".")+1:]
	switch {
	case sampleValues[path] != nil:
		return sampleValues[path]
	case kind == "decimal":
		return "1.00"
	case kind == "unix":
		return 1790000000 + 60*len(path) + int(path[len(path)-8])
	case kind == "bool":
		return true
	case strings.HasPrefix(kind, "[]int"):
		return []any{2}
	case strings.HasPrefix(kind, "int"):
		return 3
	}
	return "some " + name
}

// newSample has the fields given, and the least that makes an order: two units.
func newSample(fields map[string]any) sample {
	order := map[string]any{"line_items": []any{
		map[string]any{},
		map[string]any{"id": "2", "sku_id": "s-MUG", "sale_price": "1.00", "item_tax": []any{map[string]any{"tax_amount": "1.00"}}},
	}}
	for path, v := range fields {
		put(order, path, v)
	}
	for path, v := range map[string]any{
		"id": "57646", "status": "AWAITING_SHIPMENT", "payment.currency": "USD",
		"payment.total_amount": "50.00", "line_items.id": "1", "line_items.sku_id": "s-MUG", "line_items.sale_price": "29.00",
	} {
		put(order, path, v)
	}
	raw, _ := json.Marshal(order)
	s := sample{order: raw}
	s.read, s.sent = mapped(raw)
	return s
}

// mapped reads the order and returns what Linnworks would get.
func mapped(raw []byte) (bridge.Order, string) {
	var o tiktokshop.Order
	if err := json.Unmarshal(raw, &o); err != nil {
		panic(err)
	}
	read := theShop().Order(o)
	n, problems := bridge.MapOrder(read, catalogue.Lookup{Items: map[string]catalogue.Item{"s-MUG": world.Mug}})
	sent, _ := json.Marshal(struct {
		linnworks.ChannelOrder
		Problems int
	}{theWarehouse().ChannelOrder(n), len(problems)})
	return read, string(sent)
}

// changed reports whether a value of a field, nil for none, makes a difference in
// the bridge's order and in Linnworks'.
func (s sample) changed(t *testing.T, path string, value any) (inOrder, inSent bool) {
	t.Helper()
	var order map[string]any
	if err := json.Unmarshal(s.order, &order); err != nil {
		t.Fatal(err)
	}
	put(order, path, value)
	raw, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	read, sent := mapped(raw)
	return !reflect.DeepEqual(read, s.read), sent != s.sent
}

var lists = []string{"line_items", "packages", "combined_listing_skus", "item_tax", "district_info"}

// put sets the field at a path, in the first element of every list on the way;
// nil takes it out.
func put(object map[string]any, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		if object[name] = value; value == nil {
			delete(object, name)
		}
		return
	}
	if slices.Contains(lists, name) {
		if object[name] == nil {
			object[name] = []any{map[string]any{}}
		}
		put(object[name].([]any)[0].(map[string]any), rest, value)
		return
	}
	if object[name] == nil {
		object[name] = map[string]any{}
	}
	put(object[name].(map[string]any), rest, value)
}
