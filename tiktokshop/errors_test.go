package tiktokshop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The official tables, row by row as they are printed there, so that a slip in
// the table of the package does not hide behind its own order. "a-b" is a range.
var documented = []struct {
	row   string
	class Class
	codes string
}{
	// Gateway.
	{"rate limit, sandbox cap, merchant limit", ClassThrottle, "36009002 36009037 12052109"},
	{"internal error, gateway timeout", ClassSystem, "36009003 36009007"},
	{"path, method, version, file size, content type, body format", ClassRequest, "36009009 36009010 36009014 36009021 36009022 36009023"},
	{"source address not allowed", ClassConfiguration, "36009033"},
	{"shop, seller inactive", ClassAccount, "36009043 36009044"},
	{"authorisation code, refresh token", ClassAuthorisation, "36004004 36004001"},
	{"token, cipher and user type do not fit; scope missing", ClassAuthorisation, "101000 105005"},
	{"access token", ClassToken, "105001-105004"},
	{"signature", ClassSignature, "106001"},
	{"cipher missing, invalid parameters", ClassRequest, "106013 98001004 11001002 11050001"},
	// Orders.
	{"passing read failure", ClassSystem, "10002014 10002015 10037002 10037003 10037004 10006402"},
	{"bad parameters", ClassRequest, "21001001"},
	{"order of another seller", ClassNotFound, "21008111"},
	{"external reference refused", ClassData, "36020001"},
	// Fulfilment.
	{"on hold", ClassOnHold, "21011044"},
	{"shipped already", ClassAlreadyDone, "21011006 21011020 21011040 21008099 11006021 21042056 21023046 21022025"},
	{"cancellation or return open", ClassCancelPending, "21011007 21008044"},
	{"cannot be shipped at all", ClassData, "21021010 21014009"},
	{"cancelled", ClassState, "21011041 21011042 21023059"},
	{"delivered", ClassState, "21011027"},
	{"wrong state", ClassState, "10007002 21042057 21011003 21011043"},
	{"tracking number", ClassData, "21011022 21011025 21011026 21034012 21004012 21004015 21004016 11028006"},
	{"tracking update refused", ClassState, "21011030 21011049 21011052 21011050 21011051"},
	{"package of another shop", ClassNotFound, "21011028"},
	{"order not in unit, several packages", ClassRequest, "21011029 21011048"},
	{"wrong shipping mode", ClassShippingModel, "21011004 11034002 21008017 21008025 21008043 21008106 21004010"},
	{"combine, split, ship alone", ClassState, "21011031 21011033 21011035 21011036 21011046 21003002 21004024 11006013 11006014"},
	{"rules", ClassData, "21011012 21011013 21042067"},
	{"warehouse", ClassConfiguration, "11005004 11034009"},
	{"address, size, weight, name", ClassData, "11021009-11021025"},
	{"invoice", ClassData, "21004006 21004019 21004020"},
	{"pickup slot: fetch them again", ClassState, "21011053 21011054 21004017"},
	{"document not ready", ClassNotReady, "11034037 11034023 21023022 21022026"},
	{"document preconditions", ClassState, "21023035 21042104 21042102 11003011 21004008 21011037 21030005 21030006"},
	{"no subscription, option fulfilled by TikTok", ClassShippingModel, "21008116 21008117"},
	{"self-delivery", ClassConfiguration, "11007016 11007018 11007021"},
	{"system", ClassSystem, "11001027 11001031 11006005 11006010 11006026 11034025 21023034 21008109 21032001 11005010 21011008 " +
		"21001003 21001008 21001011 21001029 21001043 21001055 21008300 21022028-21022030 21022032 21034006 21042001 21042076"},
	{"package frozen", ClassState, "10007014"},
	// Cancellations and returns.
	{"validation", ClassRequest, "25001001 25001014-25001016 25001057 25001020 25001021 25020003 25020004"},
	{"state", ClassState, "25001003 25001011 25001051 25011011-25011014 25020011"},
	{"decided already", ClassAlreadyDone, "25001010 25020009 25020010"},
	{"too late", ClassState, "25001045"},
	{"lock", ClassLock, "25001028"},
	{"blocked", ClassState, "25001046 25011010 25011023 25011025 25011026 25020005 25007007"},
	{"amounts and granularity", ClassRequest, "25005005 25005010 25005011"},
	{"not found", ClassNotFound, "25007006"},
	{"system", ClassSystem, "25001058 25007002"},
	{"unclear", ClassUnknown, "25001042 25001044 25011032 25011035 25020008 25020012"},
	// Products and stock.
	{"quantity", ClassRequest, "12019024 12052055 12052486"},
	{"promotion lock", ClassState, "12052393"},
	{"warehouses", ClassRequest, "12019028 12052037 12052533 12052097 12052530-12052532 12052403 12052364 12052094 12052115"},
	{"warehouses of the platform", ClassDerivedStock, "12052144 12052382"},
	{"product missing or in a wrong state", ClassState, "12052030-12052032 12052034 12052048 12052260 12019150 12052901"},
	{"SKU missing", ClassNotFound, "12052036 12052556 12052557"},
	{"SKU list", ClassRequest, "12052553 12052902 12052050 12052160"},
	{"stock not editable", ClassDerivedStock, "12052849 12052850 12052921 12052141 12052371 12052465"},
	{"locked", ClassState, "12052308 12052332 12052038 12019045"},
	{"seller", ClassAccount, "12052700 12052704 12052703 12052535"},
	{"backorder", ClassRequest, "12052309-12052313 12052490"},
	{"search limits", ClassRequest, "12052180 12019027 12019087 12019120 12019015 12019022"},
	{"check failed", ClassRequest, "12052990"},
	{"combo rules", ClassRequest, "12052830-12052848 12052851-12052864"},
	{"system", ClassSystem, "12001000 33001002 12052881"},
	{"merchant not found", ClassNotFound, "22005007"},
}

func TestCodeTable(t *testing.T) {
	want := map[int]Class{}
	for _, row := range documented {
		for _, field := range strings.Fields(row.codes) {
			var from, to int
			if n, _ := fmt.Sscanf(field, "%d-%d", &from, &to); n == 1 {
				to = from
			}
			for code := from; code <= to; code++ {
				if class, double := want[code]; double {
					t.Errorf("code %d stands in the rows of %s and of %s", code, class, row.row)
				}
				want[code] = row.class
			}
		}
	}
	got := map[int]Class{}
	for code := range want {
		got[code] = classify(&Error{Code: code, HTTPStatus: 200})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes (-reference +package):\n%s", diff)
	}
	for code, class := range classes {
		if _, ok := want[code]; !ok {
			t.Errorf("code %d (%s) is in no row of the reference", code, class)
		}
	}
}

// One code in two lists of the table would have the class of whichever the map
// gives last.
func TestNoCodeTwice(t *testing.T) {
	listed := 0
	for _, codes := range byClass {
		listed += len(codes)
	}
	if listed != len(classes) {
		t.Errorf("%d codes are listed, %d are different", listed, len(classes))
	}
}

func TestEveryClassIsExplained(t *testing.T) {
	for class := range byClass {
		if class.Remedy() == "" {
			t.Errorf("class %s has no remedy", class)
		}
	}
	for _, class := range []Class{ClassNetwork, ClassDecode} {
		if class.Remedy() == "" {
			t.Errorf("class %s has no remedy", class)
		}
	}
}

func TestOverloadedCode(t *testing.T) {
	for message, want := range map[string]Class{
		"Missing parameter: 'sign'":                          ClassSignature,
		"`signature` is required":                            ClassSignature,
		"Invalid timestamp, it is more than 5 minutes old":   ClassSignature,
		"timestamp must not be negative":                     ClassSignature,
		"The \"access_token\" is invalid":                    ClassToken,
		"Invalid x-tts-access-token header":                  ClassToken,
		"Access token is invalid":                            ClassToken,
		"app_key is invalid":                                 ClassSignature,
		"unexpected identifier: shop_cipher":                 ClassRequest,
		"category_asset_cipher is required":                  ClassRequest,
		"shop_id is invalid":                                 ClassRequest,
		"API version is invalid":                             ClassRequest,
		"invalid param: sort_field":                          ClassRequest,
		"the design is required, assign it":                  ClassRequest,
		"invalid param: refresh_token":                       ClassAuthorisation,
		"":                                                   ClassRequest,
		"Größe des Feldes sort_field ungültig 日本 signatures": ClassRequest,
	} {
		if got := classify(&Error{Code: codeOverloaded, Message: message, HTTPStatus: 200}); got != want {
			t.Errorf("%q is %s, want %s", message, got, want)
		}
	}
}

// A throttle is a throttle in whatever shape it comes, and never an answer.
func TestThrottleIsNeverNotFound(t *testing.T) {
	for _, a := range []answer{
		{status: 429, body: "<html>slow down</html>"}, {status: 429}, refused(429, 36009002, "x"), refused(200, 36009002, "x"),
		refused(200, 36009037, "x"), refused(200, 12052109, "x"), refused(429, 25007006, "not found"), refused(429, 36009004, "x"),
		refused(429, 99999999, "x"), {status: 429, body: `{"code":0,"data":{}}`},
	} {
		c, _ := setup(t, []answer{a}, WithMaxAttempts(1))
		if err := getOrder(t.Context(), c); !IsThrottle(err) || IsNotFound(err) || !IsTemporary(err) {
			t.Errorf("%d %s: %v", a.status, a.body, err)
		}
	}
}

func TestErrorOfABusinessCode(t *testing.T) {
	c, _ := setup(t, []answer{refused(200, 21011044, "order is on hold\nfor an hour")})
	var r Response
	_, err := c.Fulfillment.MarkPackageAsShipped(t.Context(), "576", nil, WithResponse(&r))
	want := &Error{
		Operation: "Fulfillment.MarkPackageAsShipped", Shop: "7495", Code: 21011044, Message: "order is on hold\nfor an hour",
		HTTPStatus: 200, RequestID: "req-1", Class: ClassOnHold, Attempts: 1,
	}
	got, _ := errors.AsType[*Error](err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	text := "tiktokshop: Fulfillment.MarkPackageAsShipped (shop 7495): on hold: code 21011044: order is on hold; for an hour" +
		" [request req-1]; wait until the order is AWAITING_SHIPMENT"
	if err.Error() != text {
		t.Errorf("got  %s\nwant %s", err, text)
	}
	if !IsOnHold(err) || IsTemporary(err) || r.Status != 200 || r.RequestID != "req-1" || r.Attempts != 1 || len(r.Body) == 0 {
		t.Errorf("on hold %t, temporary %t, response %v", IsOnHold(err), IsTemporary(err), r)
	}
}

func TestErrorOfHTML(t *testing.T) {
	c, _ := setup(t, []answer{{status: 502, body: "<html>" + strings.Repeat("MARKED", 1000)}}, WithMaxAttempts(1))
	err := getOrder(t.Context(), c)
	e, _ := errors.AsType[*Error](err)
	if !is(err, ClassSystem) || e.HTTPStatus != 502 || e.Code != 0 || len(e.Body) != 4<<10 || strings.Contains(err.Error(), "MARKED") {
		t.Errorf("%v with %d bytes", err, len(e.Body))
	}
}

func TestClassByOperationAndStatus(t *testing.T) {
	for _, tt := range []struct {
		e    Error
		want Class
	}{
		{Error{Operation: "Fulfillment.ShipPackage", Code: 21021010, HTTPStatus: 200}, ClassData},
		{Error{Operation: "Fulfillment.GetPackageShippingDocument", Code: 21021010, HTTPStatus: 200}, ClassCancelPending},
		{Error{HTTPStatus: 401}, ClassToken},
		{Error{HTTPStatus: 404}, ClassUnknown},
		{Error{Code: 36009009, HTTPStatus: 404}, ClassRequest},
		{Error{Code: 77777777, HTTPStatus: 503}, ClassSystem},
		{Error{Code: 77777777, HTTPStatus: 401}, ClassUnknown},
		{Error{Code: 36009043, HTTPStatus: 401}, ClassAccount},
		{Error{HTTPStatus: 200}, ClassDecode},
	} {
		if got := classify(&tt.e); got != tt.want {
			t.Errorf("%+v: %s, want %s", &tt.e, got, tt.want)
		}
	}
}

func TestPredicatesFindWrappedErrors(t *testing.T) {
	for _, tt := range []struct {
		is    func(error) bool
		class Class
	}{
		{IsTemporary, ClassLock}, {IsThrottle, ClassThrottle}, {IsNotFound, ClassNotFound}, {IsAlreadyDone, ClassAlreadyDone},
		{IsOnHold, ClassOnHold}, {IsCancelPending, ClassCancelPending}, {NeedsAuthorisation, ClassAuthorisation},
		{IsState, ClassState}, {IsWrongShippingModel, ClassShippingModel}, {IsDerivedStock, ClassDerivedStock}, {IsInactive, ClassAccount},
	} {
		if err := fmt.Errorf("while syncing: %w", &Error{Class: tt.class}); !tt.is(err) {
			t.Errorf("%s is not found", tt.class)
		}
		if tt.is(nil) || tt.is(errors.New("x")) || tt.is(&Error{Class: ClassUnknown}) || tt.is(&PartialError{Items: []ItemError{{Class: tt.class}}}) {
			t.Errorf("%s is found where it is not", tt.class)
		}
	}
}

func TestPartialError(t *testing.T) {
	data := `{"errors":[
		{"code":12052036,"message":"no such SKU","detail":{"sku_id":"17","extra_errors":[{"warehouse_id":"70","code":12052533,"message":"MARKED"}]}},
		{"code":"36020001","message":"refused","detail":{"order_id":"576","external_order":{"id":"E-1","buyer":"MARKED"}}},
		{"code":"100","message":"x","sku_code":"S","warehouse_code":"W"},
		{"code":{"odd":1},"message":"MARKED"},
		"MARKED",
		{"code":36009002,"message":"a"},{"code":36009003,"message":"b"}
	],"orders":[]}`
	c, _ := setup(t, []answer{ok(data)})
	got, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
	partial, found := errors.AsType[*PartialError](err)
	if !found {
		// The strange items cannot be decoded into the method's own type either.
		if !is(err, ClassDecode) {
			t.Fatalf("got %v, %v", got, err)
		}
		err = c.Call(t.Context(), "POST", "/product/209901/x", nil, nil, nil)
		if partial, found = errors.AsType[*PartialError](err); !found {
			t.Fatalf("got %v", err)
		}
	}
	if partial.Shop != "7495" || partial.RequestID != "req-1" || len(partial.Items) != 7 {
		t.Fatalf("got %+v", partial)
	}
	classes := []Class{}
	for _, item := range partial.Items {
		classes = append(classes, item.Class)
	}
	if diff := cmp.Diff([]Class{ClassNotFound, ClassData, ClassUnknown, ClassUnknown, ClassUnknown, ClassThrottle, ClassSystem}, classes); diff != "" {
		t.Error(diff)
	}
	var detail struct {
		SKUID string `json:"sku_id"`
	}
	if err := json.Unmarshal(partial.Items[0].Detail, &detail); err != nil || detail.SKUID != "17" {
		t.Errorf("detail %s, %v", partial.Items[0].Detail, err)
	}
	for _, want := range []string{
		"(shop 7495): 7 item(s) failed; ", "code 12052533, warehouse_id 70, sku_id 17: not found: code 12052036: no such SKU; ",
		"id E-1, order_id 576: data: code 36020001: refused; ", "code 100, sku_code S, warehouse_code W: unknown: code 100: x; ",
		"; and 2 more [request req-1]",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %q", want, err.Error())
		}
	}
	// Errors are failures whatever they hold, but where the caller has a field of
	// another meaning for them.
	own := func() any {
		return &struct {
			Errors struct{ Count int } `json:"errors"`
		}{}
	}
	for _, tt := range []struct {
		data   string
		out    any
		failed bool
	}{
		{`{"errors":{"count":0}}`, nil, true}, {`{"errors":{"count":0}}`, own(), false}, {`{"errors":"none"}`, nil, true},
		{`{"errors":[{}]}`, nil, true}, {`{"errors":[0]}`, nil, true}, {`{"errors":[{"code":7}]}`, own(), true},
	} {
		c, _ := setup(t, []answer{ok(tt.data)})
		if err := c.Call(t.Context(), "GET", "/product/209901/x", nil, nil, tt.out); (err != nil) != tt.failed {
			t.Errorf("%s into %T: got %v, want an error %t", tt.data, tt.out, err, tt.failed)
		}
	}
}

func TestObserver(t *testing.T) {
	var events []Event
	c, _ := setup(t, []answer{refused(200, 36009002, "x")}, WithObserver(func(_ context.Context, e Event) { events = append(events, e) }), WithMaxAttempts(1))
	_ = getOrder(t.Context(), c)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Operation != "Order.GetOrderDetail" || e.Attempt != 1 || e.Status != 200 || e.Code != "36009002" || e.Bytes == 0 || !IsThrottle(e.Err) || e.Wait > time.Minute {
		t.Errorf("got %+v", e)
	}
}
