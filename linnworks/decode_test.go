package linnworks

import (
	"net/http"
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
