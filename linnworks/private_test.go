package linnworks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

// privateTypes are those that hide a buyer.
var privateTypes = []any{
	CustomerAddress{}, ChannelAddress{}, ShippingAddress{}, OrderCustomerInfo{}, OrdersV2OrderCustomerInfo{}, OrderTaxInfo{},
	OrderDetails{}, OpenOrder{}, OrdersV2Order{}, OrdersV2ProcessedOrder{}, ProcessedOrder{}, OrderSummary{}, ChannelOrder{},
	ReturnsRefundsWeb{}, RefundOrder{}, BookedReturnsExchangeOrder{},
	PrintError{}, CreatePDFResult{}, OrderNote{}, OrderNoteDto{}, OrdersV2OrderNote{}, ProcessedOrderNote{}, ChannelOrderNote{},
}

// shownFields may be printed, so they hold no buyer.
var shownFields = []string{
	"Country", "MatchCountryCode", "Source", "SubSource", "ReferenceNum", "ReferenceNumber", "RefundReference", "PaymentStatus", "OrderState", "RefundStatus", "TemplateType",
}

// fill puts buyer's data into every string of v, but for those that are shown.
func fill(v reflect.Value, name string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(buyer)
		for _, shown := range shownFields {
			if name == shown {
				v.SetString("shown")
			}
		}
		switch v.Interface().(type) {
		case GUID:
			v.SetString("0a000000-0000-4000-8000-000000000000")
		case Decimal:
			v.SetString("1")
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name, depth)
	case reflect.Slice:
		if depth > 0 && v.Type() != reflect.TypeFor[json.RawMessage]() {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), name, depth-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), v.Type().Field(i).Name, depth)
			}
		}
	default:
	}
}

func filled(v any) reflect.Value {
	p := reflect.New(reflect.TypeOf(v))
	fill(p.Elem(), "", 3)
	return p
}

func TestBuyersHide(t *testing.T) {
	for _, kind := range privateTypes {
		p := filled(kind)
		v := p.Elem().Interface()
		name := p.Elem().Type().Name()
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(p.Elem().Type()), 0, 1), p.Elem()).Interface()
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				for _, in := range []any{v, p.Interface(), list, map[string]any{"a": v}, struct{ V, P any }{v, p.Interface()}, []any{p.Interface()}} {
					fmt.Fprintf(&out, verb+"\n", in)
				}
			}
			fmt.Fprintln(&out, v, p.Interface())
			for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
				slog.New(handler).Info("x", "value", v, "pointer", p.Interface(), slog.Group("g", "value", v))
			}
			// A list is encoded by the JSON handler, so only the text handler keeps it.
			slog.New(slog.NewTextHandler(&out, nil)).Info("x", "list", list, "struct", struct{ V any }{v})
			if found := leaks(out.String()); len(found) > 0 {
				t.Errorf("shows %q in\n%s", found, out.String())
			}
			if !strings.Contains(out.String(), "linnworks."+name+"{") || !strings.Contains(out.String(), "[redacted]") {
				t.Errorf("prints as\n%s", out.String())
			}
			if data, err := json.Marshal(v); err != nil || !bytes.Contains(data, []byte(buyer)) {
				t.Errorf("JSON is not complete: %s, %v", data, err)
			}
			back := reflect.New(p.Elem().Type())
			data, _ := json.Marshal(v)
			if err := json.Unmarshal(data, back.Interface()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What holds them hides them from both handlers too.
func TestRepliesHideBuyersInLogs(t *testing.T) {
	for _, kind := range []any{
		GetOpenOrdersDetailsResponse{}, OpenOrderPage{}, FilteredOpenOrderPage{}, GetOrdersResponse{},
		ProcessedOrderPage{}, CreateOrdersRequest{}, SetOrderCustomerInfoRequest{}, UpdateBillingAddressRequest{},
	} {
		p := filled(kind)
		if l := p.Elem().FieldByName("Location"); l.IsValid() {
			l.SetString("Default")
		}
		var out bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("x", "value", p.Elem().Interface(), "pointer", p.Interface())
		}
		fmt.Fprintf(&out, "%v %+v %#v %s\n", p.Elem().Interface(), p.Interface(), p.Elem().Interface(), p.Interface())
		if found := leaks(out.String()); len(found) > 0 {
			t.Errorf("%T shows %q in\n%s", kind, found, out.String())
		}
	}
}

func TestOrderPrints(t *testing.T) {
	o := OrderDetails{OrderID: "a1", NumOrderID: 7, GeneralInfo: OrderGeneralInfo{Source: "SHOP", SubSource: "UK", ReferenceNum: "r-1", Status: 1}, Items: make([]OrderItem, 2)}
	const want = "linnworks.OrderDetails{OrderID:a1 NumOrderID:7 Source:SHOP SubSource:UK ReferenceNum:r-1 Status:1 IsParked:false HoldOrCancel:false Processed:false Items:2 ...[redacted]}"
	if got := fmt.Sprint(o); got != want {
		t.Errorf("prints as %s", got)
	}
	if got := fmt.Sprint((*OrderDetails)(nil)); got != "<nil>" {
		t.Errorf("nil prints as %s", got)
	}
}
