package linnworks

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// methods calls f with each generated method that has a request and a result: its
// name, and what the types of both are without pointers and lists.
func methods(t *testing.T, f func(op string, in, out reflect.Type, list bool)) {
	t.Helper()
	c := reflect.ValueOf(newTestClient(t, &server{})).Elem()
	for field, service := range c.Fields() {
		if !field.IsExported() || service.Kind() != reflect.Pointer {
			continue
		}
		for m := range service.Type().Methods() {
			if m.Type.NumOut() != 2 || m.Type.NumIn() < 3 || strings.HasSuffix(m.Name, "Verified") {
				continue
			}
			in, out, list := m.Type.In(2), m.Type.Out(0), false
			for in.Kind() == reflect.Pointer {
				in = in.Elem()
			}
			for out.Kind() == reflect.Pointer || out.Kind() == reflect.Slice {
				list = list || out.Kind() == reflect.Slice
				out = out.Elem()
			}
			if in.Kind() == reflect.Struct && out.Kind() == reflect.Struct {
				f(field.Name+"."+m.Name, in, out, list)
			}
		}
	}
}

// A reply about another thing is no answer, whatever else it says, and a record
// about another is left out.
func TestRepliesAboutOthers(t *testing.T) {
	const mine, other = "A0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b"
	tested := 0
	methods(t, func(op string, in, out reflect.Type, list bool) {
		rule, ok := echoes[op]
		if !ok {
			return
		}
		tested++
		named, found := out.FieldByName(rule.named)
		if !found {
			t.Errorf("%s: the reply has no field %s", op, rule.named)
			return
		}
		kind := named.Type
		if kind.Kind() == reflect.Slice {
			kind = kind.Elem()
		}
		id := func(number int, guid string, list bool) (v any) {
			if v = guid; kind.Kind() == reflect.Int {
				v = number
			}
			if list {
				v = []any{v}
			}
			return v
		}
		req := reflect.New(in)
		setRequired(req.Elem())
		asked := req.Elem().FieldByName(rule.asked)
		if !asked.IsValid() {
			t.Errorf("%s: the request has no field %s", op, rule.asked)
			return
		}
		raw, _ := json.Marshal(id(7, mine, asked.Kind() == reflect.Slice))
		if err := json.Unmarshal(raw, asked.Addr().Interface()); err != nil {
			t.Errorf("%s: %v", op, err)
			return
		}
		tag, _, _ := strings.Cut(named.Tag.Get("json"), ",")
		record := func(id any) map[string]any {
			r := map[string]any{"GeneralInfo": map[string]any{"Status": 1}, "StockLevel": 1, "Available": 1, "Quantity": 1, "Processed": true, "SuccessfullyActioned": true}
			if tag == "NumOrderId" {
				r["OrderId"] = mine
			}
			r[tag] = id
			return r
		}
		call := func(records ...map[string]any) (any, error) {
			var reply any = records[0]
			if list {
				reply = records
			}
			body, _ := json.Marshal(reply)
			return callByName(t, newTestClient(t, &server{answer: status(200, string(body))}), op, req.Interface())
		}
		good := record(id(7, strings.ToLower(mine), named.Type.Kind() == reflect.Slice))
		bad := record(id(8, other, named.Type.Kind() == reflect.Slice))
		if _, err := call(good); err != nil {
			t.Errorf("%s, about what was asked for: %v", op, err)
		}
		if !list {
			out, err := call(bad)
			if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, errOther) || e.Class != ClassDecode || !reflect.ValueOf(out).IsZero() {
				t.Errorf("%s, about another: %v, %v", op, out, err)
			}
			return
		}
		result, err := call(good, bad, good)
		e, ok := errors.AsType[*UnreadableError](err)
		if !ok || len(e.Records) != 1 || e.Records[0].Index != 1 || e.Records[0].Field != rule.named || reflect.ValueOf(result).Len() != 2 {
			t.Errorf("%s, with one about another: %v, %v", op, result, err)
		}
	})
	if tested != len(echoes) {
		t.Errorf("%d of %d operations were found", tested, len(echoes))
	}
}

// A write that is answered about another thing may have done anything.
func TestWriteAboutAnother(t *testing.T) {
	t.Parallel()
	s := &server{answer: status(200, `{"OrderId":"b0000000-0000-4000-8000-00000000000b","Processed":true}`)}
	got, err := newTestClient(t, s).Orders.ProcessOrder(t.Context(), &ProcessOrderRequest{OrderID: "a0000000-0000-4000-8000-00000000000a"})
	if _, calls := s.count(); !IsOutcomeUnknown(err) || got != nil || calls != 1 {
		t.Errorf("%v, %v after %d calls; want an outcome that is unknown", got, err, calls)
	}
}

// Every operation whose request and reply have an id of the same name is looked at,
// or has a reason why not.
func TestEchoesAreKnown(t *testing.T) {
	t.Parallel()
	exempt := map[string]string{
		"Inventory.CreateCategory":                          "makes a new one",
		"OpenOrders.GetViewStats":                           "filters",
		"Orders.GetOrderItemComposition":                    "is about the parts",
		"Orders.SplitOrder":                                 "names the new orders too",
		"ProcessedOrders.CreateExchange":                    "may name the new order",
		"ProcessedOrders.CreateFullResend":                  "may name the new order",
		"ProcessedOrders.CreateResend":                      "may name the new order",
		"ProcessedOrders.GetReturnsExchanges":               "may name the new order",
		"RulesEngine.CopyAction":                            "makes a new one",
		"RulesEngine.CopyCondition":                         "makes a new one",
		"RulesEngine.CreateNewDraftFromExisting":            "makes a new one",
		"Stock.AddVariationItems":                           "may name the others of the group",
		"Stock.GetSoldStat":                                 "may be told by part",
		"Stock.GetStockConsumption":                         "may be told by part",
		"Stock.GetStockDuePO":                               "may be told by part",
		"Stock.GetStockItemReturnStat":                      "may be told by part",
		"Stock.GetStockItemScrapStat":                       "may be told by part",
		"Stock.GetStockSold":                                "may be told by part",
		"WarehouseTransfer.CreateTransferFromDescrepancies": "makes a new one",
		"WarehouseTransfer.CreateTransferRequestWithReturn": "makes a new one",
		"WarehouseTransferNew.CreateTransfer":               "makes a new one",
		"WarehouseTransferV2.CreateShippingPlan":            "makes a new one",
	}
	name := func(field string) string {
		return strings.TrimPrefix(strings.ToLower(strings.TrimSuffix(field, "s")), "pk")
	}
	methods(t, func(op string, in, out reflect.Type, _ bool) {
		for asked := range in.Fields() {
			if n := name(asked.Name); !strings.HasSuffix(n, "id") || echoes[op] != (echo{}) || exempt[op] != "" {
				continue
			}
			for named := range out.Fields() {
				if name(asked.Name) == name(named.Name) {
					t.Errorf("%s: is the %s of the reply the %s asked for?", op, named.Name, asked.Name)
				}
			}
		}
	})
}
