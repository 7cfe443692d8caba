package linnworkstest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// description is the official description, as committed.
type description struct {
	operations map[string]describedOperation // of version 1, by lower-case path
	templates  []describedOperation          // of version 2
	types      map[string]any                // by file and name
}

type describedOperation struct {
	file          string
	template      string
	Body, Request string
	Response      any
	Query         map[string]any
}

func describe(t *testing.T) description {
	t.Helper()
	d := description{operations: map[string]describedOperation{}, types: map[string]any{}}
	files := must(filepath.Glob("../../internal/spec/linnworks/*.json"))(t)
	for _, name := range files {
		var s struct {
			Host       string
			Operations map[string]describedOperation
			Types      map[string]any
		}
		check(t, json.Unmarshal(must(os.ReadFile(name))(t), &s))
		for key, op := range s.Operations {
			method, path, _ := strings.Cut(key, " ")
			op.file = name
			if s.Host == "v2" {
				op.template = method + " /v2" + path
				d.templates = append(d.templates, op)
				continue
			}
			d.operations[strings.ToLower(path)] = op
		}
		for typ, fields := range s.Types {
			d.types[name+"@"+typ] = fields
		}
	}
	return d
}

// find returns the operation that a request calls.
func (d description) find(r *http.Request) (describedOperation, bool) {
	for _, op := range d.templates {
		method, path, _ := strings.Cut(op.template, " ")
		given, want := strings.Split(r.URL.Path, "/"), strings.Split(path, "/")
		if method == r.Method && slices.EqualFunc(given, want, func(g, w string) bool { return g == w || strings.HasPrefix(w, "{") }) {
			return op, true
		}
	}
	op, ok := d.operations[strings.ToLower(r.URL.Path)]
	return op, ok
}

// leftOut are described types that the fake serves in part.
var leftOut = []string{"AnyConfig", "HeaderConfig"}

var (
	guidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	dateForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z?$`)
)

// problems tells where v is not of the described type. A complete value has
// every field.
func (d description) problems(file, at, typ string, v any, complete bool) []string {
	typ, _, _ = strings.Cut(typ, " r") // readonly, required
	typ, nullable := strings.CutSuffix(typ, " nullable")
	wrong := []string{fmt.Sprintf("%s: %v is no %s", at, v, typ)}
	if v == nil && (nullable || !complete) {
		return nil
	}
	if kinds, ok := strings.CutPrefix(typ, "oneOf:"); ok {
		var least []string
		for i, kind := range strings.Split(kinds, "|") {
			if p := d.problems(file, at, kind, v, complete); i == 0 || len(p) < len(least) {
				least = p
			}
		}
		return least
	}
	if element, ok := strings.CutPrefix(typ, "[]"); ok {
		list, ok := v.([]any)
		if !ok {
			return wrong
		}
		if values, ok := strings.CutPrefix(element, "string{"); ok {
			element = "string enum=" + strings.TrimSuffix(values, "}")
		}
		var out []string
		for _, e := range list {
			out = append(out, d.problems(file, at+"[]", element, e, complete)...)
		}
		return out
	}
	if element, ok := strings.CutPrefix(typ, "map:"); ok {
		object, ok := v.(map[string]any)
		if !ok {
			return wrong
		}
		var out []string
		for _, e := range object {
			out = append(out, d.problems(file, at+"{}", element, e, complete)...)
		}
		return out
	}
	if name, ok := strings.CutPrefix(typ, "@"); ok {
		if enum, ok := d.types[file+"@"+name].(string); ok {
			return d.problems(file, at, enum, v, complete)
		}
		object, ok := v.(map[string]any)
		if !ok {
			return wrong
		}
		fields, _ := d.types[file+"@"+name].(map[string]any)
		var out []string
		for field, value := range object {
			if declared, ok := fields[field].(string); ok {
				out = append(out, d.problems(file, at+"."+field, declared, value, complete)...)
			} else if _, untyped := fields[field]; !untyped {
				out = append(out, at+"."+field+" is not described")
			}
		}
		for field := range fields {
			if _, ok := object[field]; !ok && complete && !slices.Contains(leftOut, name) {
				out = append(out, at+"."+field+" is missing")
			}
		}
		return out
	}
	text, isText := v.(string)
	number, isNumber := v.(float64)
	_, isBool := v.(bool)
	values, isEnum := strings.CutPrefix(typ, "string enum=")
	switch {
	case isEnum && isText && slices.Contains(strings.Split(values, "|"), text),
		typ == "string" && isText,
		typ == "uuid" && guidForm.MatchString(text),
		typ == "date-time" && dateForm.MatchString(text),
		typ == "bool" && isBool,
		typ == "double" && isNumber,
		strings.HasPrefix(typ, "int") && isNumber && number == float64(int64(number)):
		return nil
	}
	return wrong
}

// Every request that the fake accepts and every reply that it gives agrees with
// the official description, over a session that touches every operation.
func TestEveryOperationAgreesWithTheOfficialDescription(t *testing.T) {
	d, a := describe(t), open(t)
	c, err := a.Client(linnworks.WithLimiter(unlimited{}), linnworks.WithMiddleware(func(r *http.Request, next linnworks.Next) (*http.Response, error) {
		path := strings.ToLower(r.URL.Path)
		op, known := d.find(r)
		if !known {
			t.Errorf("%s is not described", path)
		}
		if text, err := io.ReadAll(r.Body); err == nil && len(text) > 0 {
			r.Body = io.NopCloser(bytes.NewReader(text))
			if r.Header.Get("Content-Type") == asJSON {
				d.checkRequest(t, op, path, text)
			}
		}
		for name := range r.URL.Query() {
			if op.Query[name] == nil {
				t.Errorf("%s: query %s is not described", path, name)
			}
		}
		resp, err := next(r)
		if err != nil {
			return nil, err
		}
		text := must(io.ReadAll(resp.Body))(t)
		resp.Body = io.NopCloser(bytes.NewReader(text))
		if resp.StatusCode > 299 {
			t.Errorf("%s: status %d: %s", path, resp.StatusCode, text)
			return resp, nil
		}
		d.checkReply(t, op, path, text)
		return resp, nil
	}))
	check(t, err)
	a.c = c
	touchEverything(t, a)
	touchCatalogue(t, a)
	touchOrders(t, a)
	touchAfterSale(t, a)
	got := map[string]bool{}
	for _, call := range a.Calls() {
		got[call.Operation] = true
	}
	for _, operation := range linnworkstest.Operations() {
		if !got[operation] {
			t.Errorf("%s was not touched", operation)
		}
	}
}

func (d description) checkRequest(t *testing.T, op describedOperation, path string, text []byte) {
	var v any
	check(t, json.Unmarshal(text, &v))
	for _, p := range d.problems(op.file, path+" request", op.Request, v, false) {
		t.Error(p)
	}
}

func (d description) checkReply(t *testing.T, op describedOperation, path string, text []byte) {
	declared, ok := op.Response.(string)
	if !ok || len(text) == 0 {
		if ok != (len(text) > 0) {
			t.Errorf("%s: reply of %d bytes, described as %v", path, len(text), op.Response)
		}
		return
	}
	var v any
	check(t, json.Unmarshal(text, &v))
	for _, p := range d.problems(op.file, path+" reply", declared, v, true) {
		t.Error(p)
	}
}

// touchEverything calls every supported operation through a day's work.
func touchEverything(t *testing.T, a account) {
	ctx := t.Context()
	post := a.AddPostalService("Post 24", "The Post")
	check(t, a.MapPostalService("SHOP", "UK", "express", post))
	must(a.c.Inventory.GetStockLocations(ctx, nil))(t)
	must(a.c.PostalServices.GetPostalServices(ctx, nil))(t)
	must(a.c.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{"MUG", "SET"}}))(t)
	must(a.c.Inventory.GetInventoryItemsCompositionByIDs(ctx, &linnworks.GetInventoryItemsCompositionByIDsRequest{InventoryItemIDs: []linnworks.GUID{a.set}}))(t)
	must(a.c.Stock.GetStockItemsFull(ctx, sweep(1, true)))(t)
	must(a.c.Stock.GetStockItems(ctx, &linnworks.GetStockItemsRequest{LocationID: &a.overflow, EntriesPerPage: new(10), PageNumber: new(1)}))(t)
	must(a.c.Stock.GetStockLevelBatch(ctx, &linnworks.GetStockLevelBatchRequest{StockItemIDs: []linnworks.GUID{a.mug, a.set}}))(t)
	must(a.c.Stock.GetStockItemTypeInfo(ctx, &linnworks.GetStockItemTypeInfoRequest{SKUs: []string{"SET"}}))(t)
	must(a.c.Stock.SetStockLevel(ctx, &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG", LocationID: home, Level: 20}}, ChangeSource: new("count")}))(t)

	full := with(paid("1", "c-set", 2), func(o *linnworks.ChannelOrder) {
		o.OrderState, o.MatchPostalServiceTag, o.OrderIdentifierTags = "Park", "express", []string{"LIVE"}
		o.OrderItems[0].Options = []linnworks.ChannelOrderItemOption{{Property: "Colour", Value: "red"}}
		o.ExtendedProperties = []linnworks.ChannelOrderExtendedProperty{{Name: "a", Value: "b", Type: "Order"}}
		o.Notes = []linnworks.ChannelOrderNote{{Note: "gift"}}
	})
	ids := a.create(t, full, paid("2", "c-mug", 1))
	must(a.c.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: "1"}))(t)
	must(a.c.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{FulfilmentCenter: new(home)}))(t)
	must(a.c.Orders.ChangeOrderTag(ctx, &linnworks.ChangeOrderTagRequest{OrderIDs: ids}))(t)
	must(a.c.Orders.ChangeStatus(ctx, &linnworks.ChangeStatusRequest{OrderIDs: ids, Status: 1}))(t)
	for _, on := range []bool{true, false} {
		check(t, errOf(a.c.Orders.LockOrder(ctx, &linnworks.LockOrderRequest{OrderIDs: ids, LockOrder: on})))
	}
	must(a.c.Orders.RunRulesEngine(ctx, &linnworks.RunRulesEngineRequest{OrderIDs: ids}))(t)
	must(a.c.Orders.SetOrderShippingInfo(ctx, &linnworks.SetOrderShippingInfoRequest{OrderID: ids[0], Info: linnworks.UpdateOrderShippingInfoRequest{
		PostalServiceID: post, TrackingNumber: "T1", TotalWeight: "1.5", ItemWeight: "1.2", PostageCost: "2",
	}}))(t)
	must(a.c.Orders.SetOrderCustomerInfo(ctx, &linnworks.SetOrderCustomerInfoRequest{OrderID: ids[0], Info: &linnworks.OrderCustomerInfo{
		ChannelBuyerName: "buyer", Address: linnworks.CustomerAddress{FullName: "A. Buyer", CountryID: home},
		BillingAddress: linnworks.CustomerAddress{CountryID: home},
	}}))(t)
	must(a.c.Orders.AddExtendedProperties(ctx, &linnworks.AddExtendedPropertiesRequest{OrderID: ids[0], ExtendedProperties: []linnworks.BasicExtendedProperty{{Name: "c", Value: "d", Type: "Order"}, {}}}))(t)
	must(a.c.Orders.GetExtendedProperties(ctx, &linnworks.GetExtendedPropertiesRequest{OrderID: ids[0]}))(t)
	must(a.c.Orders.AddOrdersNote(ctx, &linnworks.AddOrdersNoteRequest{OrderIDs: ids, NoteText: new("fragile"), IsInternal: new(true)}))(t)
	check(t, a.StartPicking(ids[0]))
	must(a.c.Picking.CheckAllocatableToPickwave(ctx, &linnworks.CheckAllocatableToPickwaveRequest{OrderIDs: []int{100001, 100002, 7}}))(t)
	must(a.c.Orders.SetLabelsPrinted(ctx, &linnworks.SetLabelsPrintedRequest{OrderIDs: ids}))(t)
	must(a.c.Orders.ProcessOrder(ctx, &linnworks.ProcessOrderRequest{OrderID: ids[0], ScanPerformed: new(true), LocationID: new(home)}))(t)
	must(a.c.Orders.CancelOrder(ctx, &linnworks.CancelOrderRequest{OrderID: ids[1], FulfilmentCenter: home, Refund: "0", Note: new("changed mind")}))(t)
	must(a.c.Orders.GetOrdersByID(ctx, &linnworks.GetOrdersByIDRequest{OrderIDs: ids}))(t)
	rows := must(a.c.ProcessedOrders.SearchProcessedOrders(ctx, &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateField("processed")), FromDate: &linnworks.Time{Time: opening}, ToDate: &linnworks.Time{Time: opening.AddDate(200, 0, 0)},
	}))(t).ProcessedOrders.Data
	if len(rows) != 2 {
		t.Errorf("%d processed orders, want 2", len(rows))
	}
}
