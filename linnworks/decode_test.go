package linnworks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// One odd field in one of two orders: what becomes of both.
func TestOddField(t *testing.T) {
	const first, second = GUID("11111111-0000-4000-8000-000000000001"), GUID("11111111-0000-4000-8000-000000000002")
	at := func(nano int) Time { return Time{time.Date(2022, 3, 15, 14, 31, 9, nano, time.UTC)} }
	for odd, want := range map[string]OrderDetails{
		`"ProcessedDateTime":"0001-01-01T00:00:00"`:          {},
		`"ProcessedDateTime":"0001-01-01T00:00:00Z"`:         {},
		`"ProcessedDateTime":""`:                             {},
		`"ProcessedDateTime":"2022-03-15T14:31:09.1039999Z"`: {ProcessedDateTime: at(103999900)},
		`"NumOrderId":null`:                                  {},
		`"NumOrderId":""`:                                    {},
		`"NumOrderId":"7"`:                                   {NumOrderID: 7},
		`"NumOrderId":7.0`:                                   {NumOrderID: 7},
		`"NumOrderId":5060367730941`:                         {NumOrderID: 5060367730941},
		`"Processed":"True"`:                                 {Processed: true},
		`"Processed":1`:                                      {Processed: true},
		`"Processed":null`:                                   {},
		`"Processed":""`:                                     {},
		`"FulfilmentLocationId":null`:                        {},
		`"Items":null`:                                       {},
		`"Items":{}`:                                         {},
		`"Items":""`:                                         {},
		`"ExtendedProperties":{}`:                            {},
		`"GeneralInfo":{"ReferenceNum":576461413038785752}`:  {GeneralInfo: OrderGeneralInfo{ReferenceNum: "576461413038785752"}},
		`"TotalsInfo":{"TotalCharge":"27.99"}`:               {TotalsInfo: OrderTotalsInfo{TotalCharge: "27.99"}},
		`"TotalsInfo":{"TotalCharge":""}`:                    {},
		`"TotalsInfo":{"TotalCharge":1E-05}`:                 {TotalsInfo: OrderTotalsInfo{TotalCharge: "1E-05"}},
	} {
		got := ordersWith(t, first, second, odd)
		want.OrderID = second
		if d := cmp.Diff([]OrderDetails{{OrderID: first}, want}, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", odd, d)
		}
	}
	// What is no value of its kind says so, and costs no order.
	for _, odd := range []string{"0000-12-31T18:03:24-05:50", "/Date(1784030587000)/", "30/08/2026 10:00:00", "8/30/2026 10:00:00 AM", "20246542-03-15T14:31:09.1039999Z"} {
		got := ordersWith(t, first, second, `"ProcessedDateTime":"`+odd+`"`)
		if at := got[1].ProcessedDateTime; at.Err() == nil && !at.IsZero() && at.Year() != 2026 {
			t.Errorf("%s is read as %v", odd, at)
		}
	}
	for _, odd := range []string{"1,027.99", "£27.99", "NaN"} {
		got := ordersWith(t, first, second, `"TotalsInfo":{"TotalCharge":"`+odd+`"}`)
		if d := got[1].TotalsInfo.TotalCharge; d.Err() == nil {
			t.Errorf("%s is read as %s", odd, d)
		}
	}
}

// A number that is not there is not zero: it costs its record, which is named.
func TestMissingNumbers(t *testing.T) {
	const first, second = "11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"
	levels := func(c *Client) (int, error) {
		got, err := c.Stock.GetStockLevelBatch(t.Context(), &GetStockLevelBatchRequest{StockItemIDs: []GUID{first, second}})
		return len(got), err
	}
	rows := func(c *Client) (int, error) {
		got, err := c.Stock.GetStockLevel(t.Context(), &GetStockLevelRequest{StockItemID: first})
		return len(got), err
	}
	full := func(c *Client) (int, error) {
		got, err := c.Stock.GetStockItemsFull(t.Context(), &GetStockItemsFullRequest{})
		return len(got), err
	}
	orders := func(c *Client) (int, error) {
		got, err := c.Orders.GetOrdersByID(t.Context(), &GetOrdersByIDRequest{OrderIDs: []GUID{first, second}})
		return len(got), err
	}
	for name, tt := range map[string]struct {
		read  func(*Client) (int, error)
		reply string // of two records, the second with more
		odd   map[string]string
	}{
		"GetStockLevel_Batch": {levels, `[{"pkStockItemId":"%[1]s","StockItemLevels":[{"StockLevel":0,"Available":0}]},{"pkStockItemId":"%[2]s","StockItemLevels":[%[3]s]}]`, map[string]string{
			`{"StockLevel":3}`:                  "StockItemLevels.Available",
			`{"StockLevel":3,"Available":null}`: "StockItemLevels.Available",
			`{"StockLevel":3,"Available":""}`:   "StockItemLevels.Available",
			`{"Available":3}`:                   "StockItemLevels.StockLevel",
		}},
		"GetStockLevel": {rows, `[{"rowid":"%[1]s","StockLevel":0,"Available":0},{"rowid":"%[2]s",%[3]s}]`, map[string]string{
			`"StockLevel":3,"Available":null`: "Available",
		}},
		"GetStockItemsFull": {full, `[{"StockItemId":"%[1]s","StockLevels":[]},{"StockItemId":"%[2]s","StockLevels":[{"StockLevel":3%[3]s}]}]`, map[string]string{
			`,"Available":""`: "StockLevels.Available",
		}},
		"GetOrdersById, general": {orders, `[{"OrderId":"%[1]s","GeneralInfo":{"Status":0}},{"OrderId":"%[2]s"%[3]s}]`, map[string]string{
			``: "GeneralInfo", `,"GeneralInfo":null`: "GeneralInfo", `,"GeneralInfo":{}`: "GeneralInfo", `,"GeneralInfo":[]`: "GeneralInfo",
		}},
		"GetOrdersById": {orders, `[{"OrderId":"%[1]s","GeneralInfo":{"Status":0},"Items":[{"SKU":"MUG","Quantity":0}]},{"OrderId":"%[2]s","GeneralInfo":{"Status":0},"Items":[{"SKU":"MUG"%[3]s}]}]`, map[string]string{
			``:                 "Items.Quantity",
			`,"Quantity":null`: "Items.Quantity",
			`,"Quantity":1,"CompositeSubItems":[{"SKU":"CUP"}]`: "Items.CompositeSubItems.Quantity",
		}},
	} {
		for odd, field := range tt.odd {
			s := &server{answer: status(200, fmt.Sprintf(tt.reply, first, second, odd))}
			n, err := tt.read(newTestClient(t, s))
			e, ok := errors.AsType[*UnreadableError](err)
			if n != 1 || !ok || len(e.Records) != 1 || e.Records[0].ID != second || e.Records[0].Field != field {
				t.Errorf("%s, %s: %d records, %v; want one and %s", name, odd, n, err, field)
			}
		}
	}
	// Of one level it is the call that fails.
	for _, reply := range []string{
		`{"StockLevel":null}`, `{"StockLevel":{}}`, `{"StockLevel":[]}`, `{"StockLevel":""}`, `{"StockLevel":{"StockLevel":3}}`, `{"StockLevel":{"Available":3,"StockLevel":null}}`,
	} {
		got, err := newTestClient(t, &server{answer: status(200, reply)}).Stock.GetStockLevelByLocation(t.Context(), &GetStockLevelByLocationRequest{StockItemID: first, LocationID: second})
		if got != nil || !is(err, ClassDecode) {
			t.Errorf("%s: %v, %v", reply, got, err)
		}
	}
}

// ordersWith reads two orders, the second with more fields.
func ordersWith(t *testing.T, first, second GUID, more string) []OrderDetails {
	t.Helper()
	const general = `"GeneralInfo":{"Status":0}`
	if !strings.Contains(more, "GeneralInfo") {
		more += "," + general
	}
	s := &server{answer: status(200, `[{"OrderId":"`+string(first)+`",`+general+`},{"OrderId":"`+string(second)+`",`+more+`}]`)}
	got, err := newTestClient(t, s).Orders.GetOrdersByID(t.Context(), &GetOrdersByIDRequest{OrderIDs: []GUID{first, second}})
	if err != nil || len(got) != 2 {
		t.Fatalf("%s: %d orders, %v", more, len(got), err)
	}
	return got
}

// What a login says beside the token and the server costs no session.
func TestOddLogins(t *testing.T) {
	for reply, want := range map[string]bool{
		`"Token":"TOKEN","Server":"https://eu-ext.linnworks.net","TTL":3600,"Status":{"State":"AVAILABLE"}`:      true,
		`"Token":"TOKEN","Server":"https://eu-ext.linnworks.net/","TTL":"3600","Locality":"EU"`:                  true,
		`"Token":"TOKEN","Server":"eu-ext.linnworks.net","Locality":null,"Status":null`:                          true,
		`"Token":"TOKEN","Server":"https://eu-ext.linnworks.net","Status":{"State":0,"Reason":null}`:             true,
		`"Token":"TOKEN","Server":"https://eu-ext.linnworks.net","Status":{"State":"","Parameters":[]}`:          true,
		`"Token":"TOKEN","Server":"https://eu-ext.linnworks.net","LastUpdated":"/Date(1)/","DatabaseSize":"1,5"`: true,
		`"Token":"TOKEN","Server":"https://eu-ext.linnworks.net","IsAccountHolder":"true"`:                       true,
		`"token":"TOKEN","server":"https://eu-ext.linnworks.net"`:                                                true,
		`"Token":"5e5510a0dead4bad8bad000000000001","Server":"https://eu-ext.linnworks.net"`:                     true,
		`"Token":null,"Server":null`:    false,
		`"Token":"TOKEN","Server":null`: false,
	} {
		for _, mark := range []string{"", "\ufeff"} {
			s := &server{login: func(int, request) (*http.Response, error) {
				return respond(200, mark+strings.ReplaceAll("{"+reply+"}", "TOKEN", testToken(1))), nil
			}}
			err := do(t.Context(), newTestClient(t, s), readOp)
			if (err == nil) != want {
				t.Errorf("%s: %v", reply, err)
			}
			if _, calls := s.count(); want && (calls != 1 || s.last(t).url != "https://eu-ext.linnworks.net/api/Things/Read") || !want && calls != 0 {
				t.Errorf("%s: %d calls", reply, calls)
			}
		}
	}
}

// A blank text, as nothing at all, is no number, bool, id, amount or date: a method
// that returns one fails. Where a string is documented it is that string.
func TestBlankScalars(t *testing.T) {
	t.Parallel()
	calls := map[string]struct {
		call  func(*Client) (any, error)
		plain string // a reply that is a value
		want  any
	}{
		"bool": {func(c *Client) (any, error) { return c.Stock.SKUExists(t.Context(), &SKUExistsRequest{SKU: "MUG"}) }, `"False"`, false},
		"int":  {func(c *Client) (any, error) { return c.Inventory.GetInventoryItemsCount(t.Context(), nil) }, `"0"`, 0},
		"id": {func(c *Client) (any, error) {
			return c.Orders.GetOpenOrderIDByOrderOrReferenceID(t.Context(), &GetOpenOrderIDByOrderOrReferenceIDRequest{OrderOrReferenceID: "1"})
		}, `"` + string(ZeroGUID) + `"`, ZeroGUID},
		"amount": {func(c *Client) (any, error) {
			return c.ReturnsRefunds.GetTotalRefunds(t.Context(), &ReturnsRefundsGetTotalRefundsRequest{})
		}, `"0"`, Decimal("0")},
		"date": {func(c *Client) (any, error) { return c.WarehouseTransfer.GetServerTime(t.Context(), nil) }, `"0001-01-01T00:00:00"`, Time{}},
	}
	for name, tt := range calls {
		if got, err := tt.call(newTestClient(t, &server{answer: status(200, tt.plain)})); err != nil || got != tt.want {
			t.Errorf("%s, %s: %v, %v; want %v", name, tt.plain, got, err, tt.want)
		}
		for _, reply := range []string{`""`, `" "`, "\ufeff\"\\u00a0\\n\"\n", "", "null"} {
			got, err := tt.call(newTestClient(t, &server{answer: status(200, reply)}))
			if !is(err, ClassDecode) || !errors.Is(err, errEmptyReply) || !reflect.ValueOf(got).IsZero() {
				t.Errorf("%s, %q: %v, %v; want the error of an empty reply", name, reply, got, err)
			}
		}
	}
	for name, reply := range map[string]string{"amount": `"1,027.99"`, "date": `"30/08/2026"`, "id": `"no such order"`} {
		if got, err := calls[name].call(newTestClient(t, &server{answer: status(200, reply)})); !is(err, ClassDecode) || strings.Contains(err.Error(), reply[1:8]) {
			t.Errorf("%s, %s: %v, %v", name, reply, got, err)
		}
	}
	for reply, want := range map[string]string{`""`: "", `" "`: " ", `"7"`: "7", "7": "7"} {
		if got, err := newTestClient(t, &server{answer: status(200, reply)}).Inventory.GetNewItemNumber(t.Context(), nil); err != nil || got != want {
			t.Errorf("string, %s: %q, %v", reply, got, err)
		}
	}
	// What Call decodes into is the caller's choice.
	number, text, anything := 7, "", any(nil)
	for out, reply := range map[any]string{&number: `" "`, &text: `"x"`, &anything: `" "`} {
		if err := newTestClient(t, &server{answer: status(200, reply)}).Call(t.Context(), "GET", "/api/X", nil, nil, out); err != nil {
			t.Errorf("Call, %T, %s: %v", out, reply, err)
		}
	}
	if number != 7 || text != "x" || anything != " " {
		t.Errorf("Call: %d, %q, %q", number, text, anything)
	}
}

// A record that is null or empty is none, and costs no other.
func TestRecordsOfNothing(t *testing.T) {
	t.Parallel()
	for _, nothing := range []string{"null", "{}", `""`, "[]"} {
		s := &server{answer: status(200, `[{"LocationName":"A"}, `+nothing+`,{"LocationName":"C"}]`)}
		got, err := newTestClient(t, s).Inventory.GetStockLocations(t.Context(), nil)
		e, found := errors.AsType[*UnreadableError](err)
		if !found || len(e.Records) != 1 || e.Records[0].Index != 1 || len(got) != 2 || got[1].LocationName != "C" {
			t.Errorf("%s: %v, %v", nothing, got, err)
		}
	}
}

// What is not the documented answer of a write is no success: nobody knows then what
// became of it.
func TestUndocumentedAnswers(t *testing.T) {
	t.Parallel()
	const id = GUID("11111111-0000-4000-8000-000000000001")
	calls := map[string]struct {
		call     func(*Client) error
		answers  []string // what is documented
		problems []string
	}{
		"no result": {
			func(c *Client) error {
				_, err := c.Orders.LockOrder(t.Context(), &LockOrderRequest{OrderIDs: []GUID{id}})
				return err
			},
			[]string{"", " \n", "null", `""`, "\ufeff"},
			[]string{`{"Foo":"bar","Reason":"no"}`, `{}`, `[]`, "false", "true", "0", `"no"`, "no", "<html>", `{"Code":"-","Message":"no"}`, `{"a":`},
		},
		"no result, a text is known": {
			func(c *Client) error {
				_, err := c.Inventory.UpdateInventoryItemExtendedProperties(t.Context(), &UpdateInventoryItemExtendedPropertiesRequest{})
				return err
			},
			[]string{"", "null", "OK", `"OK"`},
			[]string{`{"Foo":"bar"}`, `{}`, `[]`, "<html>", `{"Message":"no"}`},
		},
		"text": {
			func(c *Client) error {
				_, err := c.Orders.CancelOrder(t.Context(), &CancelOrderRequest{OrderID: id, FulfilmentCenter: id})
				return err
			},
			[]string{`"done"`, `""`},
			[]string{"Sorry, we are down", "", "null", "{}", "[]", `{"Foo":"bar"}`, "true x"},
		},
		"object without members": {
			func(c *Client) error {
				_, err := c.ReturnsRefunds.DeleteRefund(t.Context(), &DeleteRefundRequest{RefundHeaderID: 1})
				return err
			},
			[]string{"{}", `{"any":"thing"}`},
			[]string{"", "null", "false", "true", "7", `"no"`, `""`, "[]", "[1]", "no", `{"Code":"-","Message":"no"}`},
		},
		"object of any members": {
			func(c *Client) error {
				_, err := c.Listings.CancelListingBulkOperation(t.Context(), &CancelListingBulkOperationRequest{})
				return err
			},
			[]string{`{"any":"thing"}`},
			[]string{"{}", "{ \n}", "", "null", "false", "7", `"no"`, "[]", "no", `{"Message":"no"}`},
		},
		"object or number": {
			func(c *Client) error {
				_, err := c.WarehouseTransferNew.ReceiveSelectedTransferItemsForWMS(t.Context(), &ReceiveSelectedTransferItemsForWMSRequest{})
				return err
			},
			[]string{`{"any":"thing"}`, "7", "-1"},
			[]string{"{}", "", "false", `"7"`, "[7]"},
		},
	}
	for name, tt := range calls {
		for _, reply := range tt.answers {
			if err := tt.call(newTestClient(t, &server{answer: status(200, reply)})); err != nil {
				t.Errorf("%s, %q: %v", name, reply, err)
			}
		}
		for _, reply := range tt.problems {
			err := tt.call(newTestClient(t, &server{answer: status(200, reply)}))
			if !is(err, ClassDecode) || !IsOutcomeUnknown(err) {
				t.Errorf("%s, %q: %v; want an unreadable reply, of which the outcome is unknown", name, reply, err)
			}
		}
	}
}

// Of the caller's own operation nothing is known but what an error looks like, and
// that what was compressed is no text.
func TestAnswersOfCall(t *testing.T) {
	t.Parallel()
	for body, bad := range map[string]bool{
		"{}": false, `{"any":"thing"}`: false, "[1]": false, "7": false, `"x"`: false, "null": false, "": false,
		"done": false, "Öl fehlt nicht": false, "\x1f\x8b\x08\x00\x00\x00": true, "d\x00o\x00n\x00e\x00": true, "\xff\xfed": true, "<html>": true,
		`{"Code":"-","Message":"Object reference not set"}`: true, `{"title":"Bad","status":400}`: true, `{"title":"Bad","status":200}`: false,
		`{"title":"","status":400}`: false, `{"title":"Bad","status":399}`: false,
	} {
		if _, err := decode([]byte(body), nil, operation{raw: true}); (err != nil) != bad {
			t.Errorf("%q: got %v, want an error: %t", body, err, bad)
		}
		var text string
		plain := !strings.ContainsAny(body, `{["7`) && body != "" && body != "null"
		if _, err := decode([]byte(body), &text, operation{raw: true}); plain && ((err != nil) != bad || !bad && text != body) {
			t.Errorf("%q as a text: got %q, %v, want an error: %t", body, text, err, bad)
		}
		var out json.RawMessage
		if _, err := decode([]byte(body), &out, operation{raw: true}); !plain && ((err != nil) != bad || !bad && string(out) != body && body != "null") {
			t.Errorf("%q as it is: got %s, %v, want an error: %t", body, out, err, bad)
		}
	}
}

// A problem of version 2 tells its title and detail.
func TestProblemInASuccess(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{
		`{"type":"x","title":"Not allowed","status":403,"detail":"by you"}`: "Not allowed by you",
		`{"title":"Not allowed","status":"403"}`:                            "Not allowed",
		`{"Code":"7","Message":"no"}`:                                       "no",
		`{"ExceptionMessage":"no","StackTrace":""}`:                         "no",
	} {
		_, err := newTestClient(t, &server{answer: status(200, reply)}).OrdersV2.GetFulfillmentStatus(t.Context(), "1", nil)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Class != ClassDecode || e.Message != want {
			t.Errorf("%s: %v; want %q", reply, err, want)
		}
	}
}

// What is no id in a list of ids is none that Linnworks made or changed.
func TestListsOfIDs(t *testing.T) {
	t.Parallel()
	const id = "11111111-0000-4000-8000-000000000001"
	for reply, want := range map[string][]int{ // the places of what is none
		`["` + id + `"]`:                    nil,
		`[]`:                                nil,
		`["` + id + `","no such location"]`: {1},
		`[null,"` + id + `",""]`:            {0, 2},
		`[7,"` + strings.ReplaceAll(id, "-", "") + `"]`: {0},
	} {
		got, err := newTestClient(t, &server{answer: status(200, reply)}).Orders.CreateOrders(t.Context(), &CreateOrdersRequest{Location: "Default", Orders: []ChannelOrder{}})
		e, _ := errors.AsType[*UnreadableError](err)
		var places []int
		if e != nil {
			for _, r := range e.Records {
				places = append(places, r.Index)
			}
		}
		if (err == nil) != (want == nil) || !cmp.Equal(places, want) || IsOutcomeUnknown(err) != (want != nil) || strings.Contains(fmt.Sprint(err), "location") {
			t.Errorf("%s: %v, %v; want an error of %v", reply, got, err, want)
		}
		for _, id := range got {
			if !guidForm(string(id)) {
				t.Errorf("%s: %q is handed out as an id", reply, id)
			}
		}
	}
}

// A write that is known to answer with nothing has an empty result beside the success,
// not none; what a read finds nothing about is nil.
func TestEmptyResultOfAWrite(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", `""`} {
		c := newTestClient(t, &server{answer: status(200, body)})
		if got, err := c.Stock.UpdateStockLevelsBulk(t.Context(), &UpdateStockLevelsBulkRequest{Items: []UpdateStockLevelsBulkRequestItem{}}); got == nil || err != nil {
			t.Errorf("%q: got %v, %v; want an empty result", body, got, err)
		}
	}
}

// A 404 that names a thing is one of the newer API alone: of the older, the path is
// wrong.
func TestNotFoundByHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[hostKind]Class{hostServer: ClassRoute, hostAuth: ClassRoute, hostV2: ClassNotFound, hostNew: ClassNotFound} {
		reply := &transport.Reply{Status: 404, Body: []byte(`{"title":"Not Found","status":404}`)}
		if got := readError("X", reply, host, func(s string) string { return s }).Class; got != want {
			t.Errorf("host %d: %s, want %s", host, got, want)
		}
	}
}
