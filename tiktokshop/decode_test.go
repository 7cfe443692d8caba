package tiktokshop

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

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
	e, found := errors.AsType[*PartialError](err)
	if !found || len(e.Items) != 2 || !IsOutcomeUnknown(err) {
		t.Errorf("got %v", err)
	}
	// In other letters they are no success either.
	c, _ = setup(t, []answer{ok(`{"Errors":[{"code":12019106,"message":"refused"}]}`)})
	_, err = c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
	if e, found := errors.AsType[*PartialError](err); !found || len(e.Items) != 1 || e.Items[0].Code != "12019106" {
		t.Errorf("Errors instead of errors: got %v, want the item that failed", err)
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

// nothingSaid are data in which nothing is that a result is made of.
var nothingSaid = []string{"", `{}`, `null`, ` { } `, `{"foo":1}`, `{"package_id":""}`, `{"package_id":null,"id":"","order_id":null}`, `{"foo":1,"id":""}`}

// success is ok, and a reply without data for "".
func success(data string) answer {
	if data == "" {
		return answer{body: `{"code":0,"message":"Success","request_id":"req-1"}`}
	}
	return ok(data)
}

// A reply without what its operation answers is no success; of a write nobody knows
// then what it did.
func TestEmptyReply(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		write bool
		call  func(*Client) (any, error)
	}{
		"GetProduct": {false, func(c *Client) (any, error) {
			out, err := c.Product.GetProduct(t.Context(), "1", nil)
			return out == nil, err
		}},
		"GetPackageDetail": {false, func(c *Client) (any, error) {
			out, err := c.Fulfillment.GetPackageDetail(t.Context(), "1", nil)
			return out == nil, err
		}},
		"GetPackageShippingDocument": {false, func(c *Client) (any, error) {
			out, err := c.Fulfillment.GetPackageShippingDocument(t.Context(), "1", nil)
			return out == nil, err
		}},
		"CreatePackages": {true, func(c *Client) (any, error) {
			out, err := c.Fulfillment.CreatePackages(t.Context(), nil)
			return out == nil, err
		}},
		"MarkPackageAsShipped": {true, func(c *Client) (any, error) {
			out, err := c.Fulfillment.MarkPackageAsShipped(t.Context(), "1", nil)
			return out == nil, err
		}},
		"CancelOrder": {true, func(c *Client) (any, error) {
			out, err := c.ReturnRefund.CancelOrder(t.Context(), nil)
			return out == nil, err
		}},
		"CreateFBTMCFOrder": {true, func(c *Client) (any, error) {
			out, err := c.FBT.CreateFBTMCFOrder(t.Context(), nil)
			return out == nil, err
		}},
	} {
		for _, data := range nothingSaid {
			c, s := setup(t, []answer{success(data)})
			none, err := of.call(c)
			e, found := errors.AsType[*Error](err)
			if !found || e.Class != ClassDecode || e.OutcomeUnknown != of.write || e.RequestID != "req-1" || none != true || len(s.requests()) != 1 {
				t.Errorf("%s, data %q: got error %v (outcome unknown %t), no result %t; want an error of class decode, outcome unknown %t, no result",
					name, data, err, IsOutcomeUnknown(err), none, of.write)
			}
		}
	}
}

// Where a list may be empty, or nothing is documented, an empty reply is normal. Zero
// is a value.
func TestEmptyReplyIsNormal(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*Client) error{
		"a search": func(c *Client) error {
			_, err := c.Order.GetOrderList(t.Context(), &GetOrderListRequest{PageSize: 1})
			return err
		},
		"a list with a sum": func(c *Client) error {
			_, err := c.Finance.GetUnsettledTransactions(t.Context(), nil)
			return err
		},
		"a write with errors alone": func(c *Client) error {
			_, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
			return err
		},
		"a write that tells failures alone": func(c *Client) error {
			_, err := c.Seller.SyncCollections(t.Context(), nil)
			return err
		},
		"a write without data": func(c *Client) error {
			_, err := c.Fulfillment.ShipPackage(t.Context(), "1", nil)
			return err
		},
		"a raw call": func(c *Client) error {
			var out struct{ ID string }
			return c.Call(t.Context(), http.MethodGet, "/a/202309/b", nil, nil, &out)
		},
	} {
		for _, data := range []string{"", `{}`, `null`} {
			c, _ := setup(t, []answer{success(data)})
			if err := call(c); err != nil {
				t.Errorf("%s, data %q: got %v, want no error", name, data, err)
			}
		}
	}
	c, _ := setup(t, []answer{ok(`{"is_visible":false}`)})
	if out, err := c.CustomerEngagement.GetCustomerTabVisibility(t.Context(), nil); err != nil || out.IsVisible {
		t.Errorf("false alone: got %v, %v, want false", out, err)
	}
}

// A write that answers with an object of which no field is documented did not say
// what it did, where the documented ones are lists, too.
func TestUnknownReplyOfWrite(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, []answer{ok(`{"foo":1}`)})
	_, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
	if e, found := errors.AsType[*Error](err); !found || e.Class != ClassDecode || !e.OutcomeUnknown {
		t.Errorf("got %v, want an error of class decode and unknown outcome", err)
	}
}

// Records without a documented field are no records, and cost no other.
func TestRecordOfUnknownFields(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, []answer{ok(`{"orders":[{"id":"1"},{"foo":1},{"id":"3"}]}`)})
	got, err := c.Order.GetOrderDetail(t.Context(), oneOrder)
	e, found := errors.AsType[*UnreadableError](err)
	if !found || len(e.Records) != 1 || e.Records[0].Index != 1 || len(got.Orders) != 2 || got.Orders[1].ID != "3" {
		t.Errorf("got %v, %v; want two orders and an error that names orders[1]", got, err)
	}
}

// A stock that the reply lacks is not 0: its record is left out.
func TestStockThatLacks(t *testing.T) {
	t.Parallel()
	const whole = `{"id":"7","total_available_quantity":0,"total_committed_quantity":0,"warehouse_inventory":[{"warehouse_id":"9","available_quantity":0,"committed_quantity":0}]}`
	for _, field := range []string{`"total_available_quantity":0,`, `"total_committed_quantity":0,`, `"available_quantity":0,`, `,"committed_quantity":0`} {
		for _, absent := range []string{"", strings.Replace(field, ":0", ":null", 1), strings.Replace(field, ":0", `:""`, 1)} {
			sku := strings.Replace(whole, field, absent, 1)
			c, _ := setup(t, []answer{ok(`{"inventory":[{"product_id":"1","skus":[` + whole + `]},{"product_id":"2","skus":[` + sku + `]}]}`)})
			got, err := c.Product.InventorySearch(t.Context(), nil)
			e, found := errors.AsType[*UnreadableError](err)
			if !found || len(e.Records) != 1 || e.Records[0].ID != "2" || !strings.HasSuffix(e.Records[0].Field, strings.Trim(strings.Split(field, ":")[0], `",`)) || len(got.Inventory) != 1 {
				t.Errorf("%s: got %v, %v; want an error that names product 2, and product 1", sku, got, err)
			}
		}
	}
	c, _ := setup(t, []answer{ok(`{"inventory":[{"product_id":"1","skus":[` + whole + `]}]}`)})
	if got, err := c.Product.InventorySearch(t.Context(), nil); err != nil || len(got.Inventory) != 1 {
		t.Errorf("with zeros: got %v, %v; want the product", got, err)
	}
}

// Errors of items are failures in whatever form they come.
func TestErrorsOfOtherForms(t *testing.T) {
	t.Parallel()
	for form, want := range map[string][]ID{
		`{"code":12052036,"message":"no sku"}`:            {"12052036"},
		`{"7":{"code":12052036},"8":{"code":"12052900"}}`: {"12052036", "12052900"},
		`"the SKU does not exist"`:                        {""},
		`["no such SKU",{"code":12052036}]`:               {"", "12052036"},
		`12052036`:                                        {"12052036"},
		`true`:                                            {""},
		`{"foo":1}`:                                       {""},
		`[[{"code":1}]]`:                                  {""},
	} {
		c, _ := setup(t, []answer{ok(`{"errors":` + form + `}`)})
		_, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
		e, found := errors.AsType[*PartialError](err)
		if !found {
			t.Errorf("%s: got %v, want a PartialError", form, err)
			continue
		}
		var codes []ID
		for _, item := range e.Items {
			codes = append(codes, item.Code)
		}
		if d := cmp.Diff(want, codes); d != "" {
			t.Errorf("%s: codes (-want +got):\n%s", form, d)
		}
	}
	for _, none := range []string{`[]`, `{}`, `""`, `null`, `" "`, `[{"code":0}]`} {
		c, _ := setup(t, []answer{ok(`{"errors":` + none + `}`)})
		if _, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}}); err != nil {
			t.Errorf("%s: got %v, want no error", none, err)
		}
	}
}

// Data beside a code is no result, and what one attempt brought is not part of the
// next one's.
func TestDataBesideACode(t *testing.T) {
	type result struct{ Name, Tag string }
	var got result
	c, _ := setup(t, []answer{{body: `{"code":12052036,"message":"no","data":{"name":"MARKED","tag":"x"},"request_id":"1"}`}})
	if err := c.Call(t.Context(), "GET", "/x/202309/y", nil, nil, &got); err == nil || got != (result{}) {
		t.Errorf("got %+v, %v; want nothing beside the error", got, err)
	}
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, []answer{{body: `{"code":36009003,"message":"no","data":{"name":"MARKED"},"request_id":"1"}`}, ok(`{"tag":"x"}`)})
		var got result
		if err := c.Call(t.Context(), "GET", "/x/202309/y", nil, nil, &got); err != nil || got != (result{Tag: "x"}) {
			t.Errorf("got %+v, %v; want the second reply alone", got, err)
		}
	})
}

func TestMentionsErrors(t *testing.T) {
	for body, want := range map[string]bool{
		`{"data":{"errors":[1]}}`: true, `{"data":{"Errors":1}}`: true, `{"data":{"eRRoRs":1}}`: true, `{"ERRORS":1}`: true,
		`{"orders":[],"skus":[]}`: false, `{"error":1}`: false, `{"my_errors":1}`: false, `rors"`: false, `s"`: false, ``: false,
	} {
		if got := mentionsErrors([]byte(body)); got != want {
			t.Errorf("%s: got %t, want %t", body, got, want)
		}
	}
}
