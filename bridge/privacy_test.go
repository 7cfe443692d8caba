package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// leak prints, logs and encodes v in every way that a program might, and returns
// the secrets that show.
func leak(t *testing.T, v any) (shown []string) {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	slog.New(slog.NewTextHandler(&out, nil)).LogAttrs(context.Background(), slog.LevelInfo, "text", slog.Any("v", v))
	slog.New(slog.NewJSONHandler(&out, nil)).LogAttrs(context.Background(), slog.LevelInfo, "json", slog.Any("v", v))
	if err := json.NewEncoder(&out).Encode(v); err != nil {
		t.Errorf("%T: %v", v, err)
	}
	for _, s := range world.Secrets {
		if strings.Contains(out.String(), s) {
			shown = append(shown, s)
		}
	}
	return shown
}

// What a program prints, logs or encodes never shows who the buyer is.
func TestNoBuyerInAnyOutput(t *testing.T) {
	w := busy(t)
	for id, o := range w.Orders {
		o.Recipient, o.BuyerName, o.Note = world.Home, "ada_b", "ring twice, Ada"
		w.Orders[id] = o
	}
	orders := make([]bridge.Order, 0, len(w.Orders))
	for _, o := range w.Orders {
		orders = append(orders, o)
	}
	new1, problems := bridge.MapOrder(w.Orders["new"], catalogue.Lookup{Items: w.Items})
	results, importErr := w.Importer().Import(t.Context(), orders...)
	permits, gateErr := w.Gate().Check(t.Context(), "new", "held", "nobody")
	cancelled, cancelErr := w.Canceller(0).Cancel(t.Context(), w.Pending...)
	dispatched, dispatchErr := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
	pushed, pushErr := w.StockPush(stock.Options{}).Push(t.Context())
	w.Fail = func(int, string) error { return world.ErrInjected }
	_, failed := w.Importer().Import(t.Context(), orders...)
	cases, _ := w.Cases.Cases(t.Context(), exceptions.Filter{})
	reservations, _ := w.Memory.Reservations(t.Context())
	if len(cases) < 2 || len(w.Book) < 8 {
		t.Fatalf("%d exceptions, %d orders: too little happened", len(cases), len(w.Book))
	}
	var created []bridge.NewOrder
	for _, e := range w.Book {
		created = append(created, e.From)
	}
	for name, v := range map[string]any{
		"orders": orders, "order": &orders[0], "new order": new1, "created": created, "problems": problems, "warehouse orders": w.Entries(),
		"imported": results, "permits": permits, "cancelled": cancelled, "dispatched": dispatched, "pushed": pushed,
		"shipments": w.Shipped, "cases": cases, "reservations": reservations, "address": world.Home, "pointer": &world.Home, "note": orders[0].Note,
		"errors": []error{importErr, gateErr, cancelErr, dispatchErr, pushErr, failed},
	} {
		if shown := leak(t, v); len(shown) > 0 {
			t.Errorf("%s show %q", name, shown)
		}
	}
}

// Every exported type that can hold a buyer's data, somewhere inside, prints
// without it. The source says which types these are: a new one has to be added.
func TestNoBuyerInAnyType(t *testing.T) {
	holders := map[string]any{}
	for _, v := range []any{
		new(bridge.Address), new(bridge.Private), new(bridge.Order), new(bridge.NewOrder), new(bridge.CreatedOrder), new(bridge.OrderRelease), new(bridge.Permit), new(bridge.Shipment), new(bridge.WarehouseOrder),
	} {
		holders[reflect.TypeOf(v).Elem().Name()] = v
	}
	for name := range readSource(t).reaching("Address", "Private") {
		if ast.IsExported(name) && holders[name] == nil {
			t.Errorf("%s can hold a buyer's data: add it to the list of this test", name)
		}
	}
	for name, v := range holders {
		if planted := plant(reflect.ValueOf(v).Elem()); planted == 0 {
			t.Errorf("%s holds nothing about a buyer: take it off the list", name)
		}
		inSlice := []any{v, reflect.ValueOf(v).Elem().Interface(), map[string]any{"in": v}, fmt.Errorf("it is %v", v)}
		if shown := leak(t, inSlice); len(shown) > 0 {
			t.Errorf("%s shows %q", name, shown)
		}
	}
}

// plant puts secrets into every address and private text of v, and counts them.
func plant(v reflect.Value) (n int) {
	switch v.Interface().(type) {
	case bridge.Address:
		v.Set(reflect.ValueOf(world.Home))
		return 1
	case bridge.Private:
		v.SetString("ring twice, Ada; ada_b")
		return 1
	case time.Time:
		return 0
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += plant(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		n += plant(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		n += plant(v.Elem())
	}
	return n
}

// The test above is worth what it notices.
func TestLeaksAreNoticed(t *testing.T) {
	for name, v := range map[string]any{
		"a name in a sentence": exceptions.Exception{Seen: "the parcel of " + world.Home.Name}, "evidence": exceptions.Exception{Evidence: []exceptions.Property{{Name: "to", Value: world.Home.Line1}}},
		"an error": errors.New("no such postcode: " + world.Home.Postcode), "a field": struct{ mail string }{world.Home.Email},
		"a text by another name": string(bridge.Private("ring twice")),
	} {
		if len(leak(t, v)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
}

func TestPrivateTextIsKept(t *testing.T) {
	o := bridge.Order{Note: "ring twice"}
	if string(o.Note) != "ring twice" {
		t.Error("the note is lost")
	}
	if got := fmt.Sprintf("%s|%+v|%s|%v", o.Note, o.Recipient, world.Home, bridge.Private("")); got != "[private]|[no address]|[address]|" {
		t.Error(got)
	}
	// A queue that stores orders as JSON hears about it, rather than shipping to
	// "[address]".
	b, err := json.Marshal(world.AnOrder("1", "MUG"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, new(bridge.Order)); err == nil {
		t.Error("an order survived JSON without its address")
	}
}
