package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

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
	open, _ := w.exceptions.Open(t.Context())
	reservations, _ := w.memory.Reservations(t.Context())
	if len(open) < 2 || len(w.book) < 8 {
		t.Fatalf("%d exceptions, %d orders: too little happened", len(open), len(w.book))
	}
	var created []NewOrder
	for _, e := range w.book {
		created = append(created, e.from)
	}
	for name, v := range map[string]any{
		"orders": orders, "order": &orders[0], "new order": new1, "created": created, "problems": problems, "warehouse orders": w.entries(),
		"imported": results, "permits": permits, "cancelled": cancelled, "dispatched": dispatched, "pushed": pushed,
		"shipments": w.shipped, "exceptions": open, "reservations": reservations, "address": home, "pointer": &home, "note": orders[0].Note,
		"errors": []error{importErr, gateErr, cancelErr, dispatchErr, pushErr, failed},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).LogAttrs(context.Background(), slog.LevelInfo, "text", slog.Any("v", v))
		slog.New(slog.NewJSONHandler(&out, nil)).LogAttrs(context.Background(), slog.LevelInfo, "json", slog.Any("v", v))
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, secret := range []string{"Ada", "ada_b", "Secret Street", "AB1 2CD", "7700 900123", "ada@example", "ring twice",
			fmt.Sprintf("%x", "Ada"), fmt.Sprintf("%x", "ada_b"), fmt.Sprintf("%x", "ring")} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%s show %q", name, secret)
			}
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
