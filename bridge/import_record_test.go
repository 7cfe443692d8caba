package bridge_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Of a merged order each shop order has its own lines, under its own reference.
func TestShareOfMergedOrder(t *testing.T) {
	merged := bridge.WarehouseOrder{ID: "m", Merged: true, Lines: []bridge.WarehouseLine{
		{LineID: "1-1", ShopLineIDs: []string{"1-1", "1-2"}, SKU: "MUG", Quantity: 2},
		{LineID: "2-1", SKU: "MUG", Quantity: 1},
		{LineID: "1-3-2", SKU: "SPOON", Quantity: 2}, // of a bundle
		{LineID: "3", ShopLineIDs: []string{"3"}, SKU: "GIFT", Quantity: 1},
	}}
	o := world.AnOrder("1", "MUG", "MUG", "SET")
	got := bridge.ShareOf(o, []bridge.WarehouseOrder{merged})
	want := bridge.WarehouseOrder{ID: "m", Reference: "1", Merged: true, Lines: []bridge.WarehouseLine{merged.Lines[0], merged.Lines[2]}}
	if diff := cmp.Diff([]bridge.WarehouseOrder{want}, got); diff != "" {
		t.Error(diff)
	}
	if merged.Reference != "" || len(merged.Lines) != 4 {
		t.Error("the order itself was changed")
	}
	record := bridge.FoundRecord(store.Record{Address: 7}, o, got)
	if diff := cmp.Diff(store.Record{
		OrderID: "1", WarehouseIDs: []string{"m"}, Address: 7, Lines: map[string]string{"1-1": "1-1", "1-2": "1-1", "1-3": "1-3-2"},
	}, record); diff != "" {
		t.Error(diff)
	}
}

// Every part of an address counts, and addresses of different orders cannot be
// compared.
func TestAddressMark(t *testing.T) {
	if bridge.AddressMark("1", bridge.Address{}) != 0 || bridge.AddressMark("1", world.Home) == 0 || bridge.AddressMark("1", world.Home) == bridge.AddressMark("2", world.Home) {
		t.Error("no address, an address, and that of another order")
	}
	for i := range reflect.TypeFor[bridge.Address]().NumField() {
		a := world.Home
		if f := reflect.ValueOf(&a).Elem().Field(i); f.Kind() == reflect.String {
			f.SetString(f.String() + "x")
		} else {
			continue
		}
		if bridge.AddressMark("1", a) == bridge.AddressMark("1", world.Home) {
			t.Errorf("%s does not count", reflect.TypeFor[bridge.Address]().Field(i).Name)
		}
	}
}
