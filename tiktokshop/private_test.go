package tiktokshop

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

const marked = "MARKED-buyer"

// markStrings puts the mark into every string of v.
func markStrings(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(marked)
	case reflect.Struct:
		for i := range v.NumField() {
			markStrings(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		markStrings(v.Index(0))
	}
}

// Values that carry a buyer's data, and the lists and replies that they come in,
// print none of it.
func TestBuyersDataIsNotPrinted(t *testing.T) {
	order := Order{ID: "576", Status: OrderStatusOnHold}
	for _, tt := range []struct {
		pointer any // to a value whose strings are marked
		keep    func()
		want    string
	}{
		{&order, func() { order.ID, order.Status = "576", OrderStatusOnHold }, "tiktokshop.Order(576, ON_HOLD, [redacted])"},
		{new(OrderRecipientAddress), nil, ""},
		{new(OrderRecipientAddressDistrictInfo), nil, ""},
		{new(OrderRecipientAddressDeliveryPreferences), nil, "tiktokshop.OrderRecipientAddressDeliveryPreferences([redacted])"},
		{new(Package), nil, ""},
		{new(PackageRecipientAddress), nil, ""},
		{new(PackageSenderAddress), nil, ""},
		{new(Cancellation), nil, ""},
		{new(Return), nil, ""},
		{new(GetReturnRecordsResponseRecord), nil, ""},
	} {
		v := reflect.ValueOf(tt.pointer).Elem()
		t.Run(v.Type().Name(), func(t *testing.T) {
			markStrings(v)
			// What is printed on purpose is not marked.
			for _, name := range []string{
				"ID", "PackageID", "CancelID", "ReturnID", "OrderID", "Status", "PackageStatus", "CancelStatus", "ReturnStatus",
				"RegionCode", "AddressLevel", "Event", "Role",
			} {
				if f := v.FieldByName(name); f.IsValid() {
					f.SetString("kept")
				}
			}
			if tt.keep != nil {
				tt.keep()
			}
			if got := fmt.Sprint(v.Interface()); !strings.Contains(got, "[redacted]") || tt.want != "" && got != tt.want {
				t.Errorf("prints %s, want %s", got, tt.want)
			}
			list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
			var out sink
			for _, value := range []any{
				v.Interface(), tt.pointer, list.Interface(), map[string]any{"x": v.Interface()}, struct{ X any }{v.Interface()},
				struct{ p any }{tt.pointer}, // by pointer even behind an unexported field
			} {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
					if _, hidden := value.(struct{ p any }); hidden && !strings.HasSuffix(verb, "v") {
						continue // fmt follows the pointer for the other verbs
					}
					_, _ = fmt.Fprintf(&out, verb+"\n", value)
				}
				slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", value)
			}
			json := slog.New(slog.NewJSONHandler(&out, nil))
			json.Info("x", "v", v.Interface(), "p", tt.pointer)
			out.check(t, marked)
		})
	}
	for _, reply := range []any{
		new(GetOrderDetailResponse), new(GetOrderDetailV202309Response), new(GetOrderListResponse), new(GetPrivilegedOrderDetailResponse),
		new(SearchPackageResponse), new(SearchCancellationsV202309Response), new(SearchReturnsV202309Response), new(GetReturnRecordsResponse),
	} {
		v := reflect.ValueOf(reply).Elem()
		markStrings(v)
		// Ids and tokens of pages are printed.
		text := fmt.Sprintf("%v %+v %#v", v.Interface(), reply, v.Interface())
		for _, name := range []string{"FullAddress", "BuyerEmail", "PhoneNumber", "Note:", "CPF"} {
			if strings.Contains(text, name) {
				t.Errorf("%T prints %s", reply, name)
			}
		}
	}
	// In JSON logs the replies with buyers' data are counts.
	for _, reply := range []slog.LogValuer{
		GetOrderDetailResponse{Orders: []Order{{BuyerEmail: marked}}}, GetOrderDetailV202309Response{Orders: []Order{{BuyerEmail: marked}}},
		GetOrderListResponse{Orders: []Order{{BuyerEmail: marked}}}, GetPrivilegedOrderDetailResponse{Orders: []Order{{BuyerEmail: marked}}},
		SearchPackageResponse{Packages: []Package{{RecipientAddress: PackageRecipientAddress{Name: marked}}}},
		GetReturnRecordsResponse{Records: []GetReturnRecordsResponseRecord{{Note: marked}}},
	} {
		var out sink
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", reply)
		if out.check(t, marked); !strings.Contains(out.text.String(), `"v":"1 `) {
			t.Errorf("%T logs %s", reply, out.text.String())
		}
	}
}

// Stores and fakes need all of it.
func TestBuyersDataIsEncoded(t *testing.T) {
	order := Order{
		ID: "576", BuyerEmail: marked, CPF: marked, BuyerMessage: marked,
		RecipientAddress: OrderRecipientAddress{Name: marked, PhoneNumber: marked, DistrictInfo: []OrderRecipientAddressDistrictInfo{{AddressName: marked}}},
	}
	out, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	var back Order
	if err := json.Unmarshal(out, &back); err != nil || !reflect.DeepEqual(order, back) {
		t.Errorf("%v: %s", err, out)
	}
}
