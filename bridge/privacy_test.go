package bridge

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
)

// secrets are texts about the buyer that every order of the tests carries: home,
// a nickname and a note.
var secrets = []string{
	"Ada", "ada_b", "Secret Street", "AB1 2CD", "7700 900123", "ada@example", "ring twice",
	fmt.Sprintf("%x", "Ada Buyer"), fmt.Sprintf("%x", "ada_b"), fmt.Sprintf("%x", "ring twice"),
}

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
	for _, s := range secrets {
		if strings.Contains(out.String(), s) {
			shown = append(shown, s)
		}
	}
	return shown
}

// discreet checks what leaves a primitive for a store, in every test of the
// package: exceptions, reservations and records hold nothing about the buyer.
func (w *world) discreet(v any) {
	text := fmt.Sprintf("%+v", v)
	for _, s := range secrets {
		if strings.Contains(text, s) {
			w.t.Errorf("%T shows %q: %s", v, s, text)
		}
	}
}

// What a program prints, logs or encodes never shows who the buyer is.
func TestNoBuyerInAnyOutput(t *testing.T) {
	w := busy(t)
	for id, o := range w.orders {
		o.Recipient, o.BuyerName, o.Note = home, "ada_b", "ring twice, Ada"
		w.orders[id] = o
	}
	orders := make([]Order, 0, len(w.orders))
	for _, o := range w.orders {
		orders = append(orders, o)
	}
	new1, problems := mapOrder(w.orders["new"], itemLookup{items: w.items})
	results, importErr := w.importer().Import(t.Context(), orders...)
	permits, gateErr := w.gate().Check(t.Context(), "new", "held", "nobody")
	cancelled, cancelErr := w.canceller(0).Cancel(t.Context(), w.pending...)
	dispatched, dispatchErr := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)
	pushed, pushErr := w.stockPush(StockOptions{}).Push(t.Context())
	w.fail = func(int, string) error { return errInjected }
	_, failed := w.importer().Import(t.Context(), orders...)
	cases, _ := w.exceptions.Cases(t.Context(), CaseFilter{})
	reservations, _ := w.memory.Reservations(t.Context())
	if len(cases) < 2 || len(w.book) < 8 {
		t.Fatalf("%d exceptions, %d orders: too little happened", len(cases), len(w.book))
	}
	var created []NewOrder
	for _, e := range w.book {
		created = append(created, e.from)
	}
	for name, v := range map[string]any{
		"orders": orders, "order": &orders[0], "new order": new1, "created": created, "problems": problems, "warehouse orders": w.entries(),
		"imported": results, "permits": permits, "cancelled": cancelled, "dispatched": dispatched, "pushed": pushed,
		"shipments": w.shipped, "cases": cases, "reservations": reservations, "address": home, "pointer": &home, "note": orders[0].Note,
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
		new(Address), new(Private), new(Order), new(NewOrder), new(CreatedOrder), new(OrderRelease), new(Permit), new(Shipment), new(WarehouseOrder),
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
	case Address:
		v.Set(reflect.ValueOf(home))
		return 1
	case Private:
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
		"a name in a sentence": Exception{Seen: "the parcel of " + home.Name}, "evidence": Exception{Evidence: []Property{{"to", home.Line1}}},
		"an error": errors.New("no such postcode: " + home.Postcode), "a field": struct{ mail string }{home.Email},
		"a text by another name": string(Private("ring twice")),
	} {
		if len(leak(t, v)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
}

func TestPrivateTextIsKept(t *testing.T) {
	o := Order{Note: "ring twice"}
	if string(o.Note) != "ring twice" {
		t.Error("the note is lost")
	}
	if got := fmt.Sprintf("%s|%+v|%s|%v", o.Note, o.Recipient, home, Private("")); got != "[private]|[no address]|[address]|" {
		t.Error(got)
	}
	// A queue that stores orders as JSON hears about it, rather than shipping to
	// "[address]".
	b, err := json.Marshal(anOrder("1", "MUG"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, new(Order)); err == nil {
		t.Error("an order survived JSON without its address")
	}
}
