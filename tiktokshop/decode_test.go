package tiktokshop

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One odd field in one of two orders: what becomes of both.
func TestOddField(t *testing.T) {
	for odd, want := range map[string]Order{
		`"recipient_address":{"postal_code":90012}`:        {RecipientAddress: OrderRecipientAddress{PostalCode: "90012"}},
		`"line_items":[{"id":9,"seller_sku":12345}]`:       {LineItems: []OrderLineItem{{ID: "9", SellerSKU: "12345"}}},
		`"line_items":[{"sku_id":1729592969712207008}]`:    {LineItems: []OrderLineItem{{SKUID: "1729592969712207008"}}},
		`"replaced_order_id":576461413038785752`:           {ReplacedOrderID: "576461413038785752"},
		`"line_items":[{"item_tax":{}}]`:                   {LineItems: []OrderLineItem{{}}},
		`"packages":""`:                                    {},
		`"recipient_address":[]`:                           {},
		`"payment":""`:                                     {},
		`"is_cod":"false"`:                                 {},
		`"is_cod":"true "`:                                 {IsCOD: true},
		`"is_cod":1`:                                       {IsCOD: true},
		`"fulfillment_priority_level":"1"`:                 {FulfillmentPriorityLevel: 1},
		`"order_rights":["1"]`:                             {OrderRights: []int{1}},
		`"split_or_combine_tag":7`:                         {SplitOrCombineTag: "7"},
		`"payment":{"total_amount":553169}`:                {Payment: OrderPayment{TotalAmount: "553169"}},
		`"payment":{"total_amount":"553,169"}`:             {Payment: OrderPayment{TotalAmount: "553,169"}},
		`"payment":{"total_amount":"***"}`:                 {Payment: OrderPayment{TotalAmount: "***"}},
		`"cancel_time":null,"rts_sla_time":""`:             {},
		`"rts_sla_time":1784030587000`:                     {RTSSLATime: 1784030587},
		`"rts_sla_time":1784030587.5`:                      {RTSSLATime: 1784030587},
		`"rts_sla_time":"2026-08-30T10:00:00Z"`:            {RTSSLATime: 1788084000},
		`"rts_sla_time":"soon"`:                            {RTSSLATime: unreadable},
		`"create_time":"1696900000"`:                       {CreateTime: 1696900000},
		`"create_time":1696900000.0`:                       {CreateTime: 1696900000},
		`"is_cod":0`:                                       {},
		`"status":111`:                                     {Status: "111"},
		`"buyer_message":5`:                                {BuyerMessage: "5"},
		`"buyer_message":"a\u0000b"`:                       {BuyerMessage: "a\x00b"},
		`"buyer_message":"a\ud83db"`:                       {BuyerMessage: "a\ufffdb"},
		`"line_items":{}`:                                  {},
		`"line_items":""`:                                  {},
		`"payment":[]`:                                     {},
		`"payment":{"total_amount":"-"}`:                   {Payment: OrderPayment{TotalAmount: "-"}},
		`"line_items":[{"quantity":"3","seller_sku":"A"}]`: {LineItems: []OrderLineItem{{SellerSKU: "A", Quantity: 3}}},
		`"line_items":[{"quantity":2}]`:                    {LineItems: []OrderLineItem{{Quantity: 2}}},
	} {
		c, _ := setup(t, []answer{ok(`{"total_count":"2","orders":[{"id":"1"},{"id":"2",` + odd + `}]}`)})
		reply, err := c.Order.GetOrderList(t.Context(), &GetOrderListRequest{PageSize: 100})
		if err != nil {
			t.Errorf("%s: %v", odd, err)
			continue
		}
		want.ID = "2"
		if d := cmp.Diff([]Order{{ID: "1"}, want}, reply.Orders); d != "" || reply.TotalCount != 2 {
			t.Errorf("%s: %d in all (-want +got):\n%s", odd, reply.TotalCount, d)
		}
	}
}

// What cannot be read costs its order, which is named, and no other; the iterator
// goes on.
func TestUnreadableOrder(t *testing.T) {
	for odd, field := range map[string]string{
		`"is_cod":"MARKED"`:                               "is_cod",
		`"order_rights":[1.5]`:                            "order_rights",
		`"buyer_message":{"text":"MARKED"}`:               "buyer_message",
		`"payment":{"total_amount":["MARKED"]}`:           "payment.total_amount",
		`"line_items":[{"id":"9","item_tax":["MARKED"]}]`: "line_items.item_tax",
	} {
		c, _ := setup(t, []answer{
			ok(`{"next_page_token":"p2","orders":[{"id":"1"},{"buyer_message":"MARKED","id":"2",` + odd + `}]}`),
			ok(`{"orders":[{"id":"3"}]}`),
		})
		var ids []string
		var failed []error
		for o, err := range c.Order.GetOrderListAll(t.Context(), nil) {
			if err != nil {
				failed = append(failed, err)
				continue
			}
			ids = append(ids, o.ID)
		}
		if d := cmp.Diff([]string{"1", "3"}, ids); d != "" || len(failed) != 1 {
			t.Errorf("%s: %v, errors %v", odd, ids, failed)
			continue
		}
		e, ok := errors.AsType[*UnreadableError](failed[0])
		if !ok || len(e.Records) != 1 || e.Records[0].ID != "2" || e.Records[0].List != "orders" || e.Records[0].Index != 1 || e.Records[0].Field != field ||
			e.RequestID != "req-1" || IsOutcomeUnknown(e) {
			t.Errorf("%s: %v", odd, failed[0])
		}
		if text := fmt.Sprintf("%v %+v %+v", failed[0], *e, e.Records); strings.Contains(text, "MARKED") {
			t.Errorf("%s: %s", odd, text)
		}
	}
	// Of a write, it is to be read back what became of it; items that failed stay known.
	c, _ := setup(t, []answer{ok(`{"errors":[{"code":{},"message":"no sku","detail":{"sku_id":"7"}},{"code":12052036,"detail":{"sku_id":"8"}}]}`)})
	_, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
	e, ok := errors.AsType[*PartialError](err)
	if !ok || len(e.Items) != 2 || !IsOutcomeUnknown(err) {
		t.Errorf("got %v", err)
	}
}

// A record that is null or empty is none, and costs no other.
func TestRecordsOfNothing(t *testing.T) {
	t.Parallel()
	for _, nothing := range []string{"null", "{}", `""`, "[]"} {
		c, _ := setup(t, []answer{ok(`{"orders":[{"id":"1"}, ` + nothing + `,{"id":"3"}]}`)})
		got, err := c.Order.GetOrderDetail(t.Context(), oneOrder)
		e, found := errors.AsType[*UnreadableError](err)
		if !found || len(e.Records) != 1 || e.Records[0].List != "orders" || e.Records[0].Index != 1 || len(got.Orders) != 2 || got.Orders[1].ID != "3" {
			t.Errorf("%s: %v, %v", nothing, got, err)
		}
	}
}
