package linnworks

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		`"GeneralInfo":[]`:                                   {},
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
		"GetOrdersById": {orders, `[{"OrderId":"%[1]s","Items":[{"SKU":"MUG","Quantity":0}]},{"OrderId":"%[2]s","Items":[{"SKU":"MUG"%[3]s}]}]`, map[string]string{
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
	s := &server{answer: status(200, `[{"OrderId":"`+string(first)+`"},{"OrderId":"`+string(second)+`",`+more+`}]`)}
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
	for reply, want := range map[string]string{`""`: "", `" "`: " ", `"7"`: "7", "7": "7", "MUG7": "MUG7"} {
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
