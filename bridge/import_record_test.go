package bridge

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Of a merged order each shop order has its own lines, under its own reference.
func TestShareOfMergedOrder(t *testing.T) {
	merged := WarehouseOrder{ID: "m", Merged: true, Lines: []WarehouseLine{
		{LineID: "1-1", ShopLineIDs: []string{"1-1", "1-2"}, SKU: "MUG", Quantity: 2},
		{LineID: "2-1", SKU: "MUG", Quantity: 1},
		{LineID: "1-3-2", SKU: "SPOON", Quantity: 2}, // of a bundle
		{LineID: "3", ShopLineIDs: []string{"3"}, SKU: "GIFT", Quantity: 1},
	}}
	o := anOrder("1", "MUG", "MUG", "SET")
	got := shareOf(o, []WarehouseOrder{merged})
	want := WarehouseOrder{ID: "m", Reference: "1", Merged: true, Lines: []WarehouseLine{merged.Lines[0], merged.Lines[2]}}
	if diff := cmp.Diff([]WarehouseOrder{want}, got); diff != "" {
		t.Error(diff)
	}
	if merged.Reference != "" || len(merged.Lines) != 4 {
		t.Error("the order itself was changed")
	}
	record := foundRecord(ImportRecord{Address: 7}, o, got)
	if diff := cmp.Diff(ImportRecord{
		OrderID: "1", WarehouseIDs: []string{"m"}, Address: 7, Lines: map[string]string{"1-1": "1-1", "1-2": "1-1", "1-3": "1-3-2"},
	}, record); diff != "" {
		t.Error(diff)
	}
}

// Every part of an address counts, and addresses of different orders cannot be
// compared.
func TestAddressMark(t *testing.T) {
	if addressMark("1", Address{}) != 0 || addressMark("1", home) == 0 || addressMark("1", home) == addressMark("2", home) {
		t.Error("no address, an address, and that of another order")
	}
	for i := range reflect.TypeFor[Address]().NumField() {
		a := home
		if f := reflect.ValueOf(&a).Elem().Field(i); f.Kind() == reflect.String {
			f.SetString(f.String() + "x")
		} else {
			continue
		}
		if addressMark("1", a) == addressMark("1", home) {
			t.Errorf("%s does not count", reflect.TypeFor[Address]().Field(i).Name)
		}
	}
}
