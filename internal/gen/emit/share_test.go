package emit_test

import (
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// described reads a snapshot of a few operations.
func described(t *testing.T, operations string) []*spec.Module {
	t.Helper()
	m, err := spec.Decode("shop", []byte(`{"source": "test", "operations": {`+operations+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	return []*spec.Module{m}
}

func proposed(t *testing.T, modules []*spec.Module, text string) (*emit.Model, string) {
	t.Helper()
	l, err := ledger.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	model, err := emit.Build(&emit.API{Dialect: emit.TikTokShop(), Modules: modules, Ledger: l, Propose: true})
	if err != nil {
		t.Fatal(err)
	}
	return model, strings.Join(l.Added(), "\n") + "\n"
}

const (
	orders = `"GET /order/202309/orders": {"name": "GetOrders", "tag": "Order", "version": "202309", "response": {
		"fee": {"amount": "decimal", "currency": "string"}, "parcels": ["array", {"weight": {"unit": "string", "value": "string"}, "code": "string"}]}},`
	ordersNext = `"GET /order/202509/orders": {"name": "GetOrders", "tag": "Order", "version": "202509", "response": {
		"fee": {"amount": "decimal", "currency": "string"}, "parcels": ["array", {"weight": {"unit": "string", "value": "string"}, "code": "string"}]}},`
	refund = `"POST /return/202309/refunds": {"name": "CreateRefund", "tag": "Return", "version": "202309", "body": "json", "request": {
		"total": {"amount": "string", "currency": "string"}, "parcel": {"code": "string", "weight": {"unit": "string", "value": "string"}}}}`
)

// TestShare checks which objects get one type: plain things wherever they
// stand, others by their name and in one direction, replies between versions.
func TestShare(t *testing.T) {
	t.Parallel()
	_, added := proposed(t, described(t, orders+ordersNext+refund), "")
	for _, want := range []string{
		"type GET /order/202309/orders data.fee Money\n",
		"type POST /return/202309/refunds body.total Money\n",
		"type POST /return/202309/refunds body.parcel.weight Weight\n",
		"type GET /order/202309/orders data.parcels[] GetOrdersResponseParcel\n",
		"type GET /order/202509/orders data.parcels[] GetOrdersResponseParcel\n",
		"type POST /return/202309/refunds body.parcel CreateRefundRequestParcel\n",
		"same GetOrdersV202309Response GetOrdersResponse\n",
		"use Money both\n",
	} {
		if !strings.Contains(added, want) {
			t.Errorf("the ledger lacks %q:\n%s", want, added)
		}
	}
}

// TestShareLater checks that what comes later takes the types that there are,
// and that a shared type grows without a new name.
func TestShareLater(t *testing.T) {
	t.Parallel()
	_, first := proposed(t, described(t, orders+refund), "")
	if !strings.Contains(first, "op GET /order/202309/orders Order.GetOrders replay") {
		t.Fatalf("the first version has no bare name:\n%s", first)
	}
	_, second := proposed(t, described(t, orders+ordersNext+refund), first)
	for _, want := range []string{
		"op GET /order/202509/orders Order.GetOrdersV202509 ",
		"type GET /order/202509/orders data.fee Money\n",
		"type GET /order/202509/orders data.parcels[] GetOrdersResponseParcel\n",
		"same GetOrdersV202509Response GetOrdersResponse\n",
	} {
		if !strings.Contains(second, want) {
			t.Errorf("the second drop's lines lack %q:\n%s", want, second)
		}
	}
	grown := strings.Replace(ordersNext, `"code": "string"`, `"code": "string", "pieces": "int32"`, 1)
	model, third := proposed(t, described(t, orders+grown+refund), first+second)
	if strings.TrimSpace(third) != "" {
		t.Errorf("a field more needs no name, got\n%s", third)
	}
	if f := model.Types["GetOrdersResponseParcel"].Fields["pieces"]; f == nil || f.Go != "Pieces" {
		t.Errorf("the field that came to one place of the shared type is %v", f)
	}
}

// TestColumns checks that prefixes of columns are left out where that is clear.
func TestColumns(t *testing.T) {
	t.Parallel()
	m, err := spec.Decode("stock", []byte(`{"source": "test", "host": "v1", "operations": {"GET /api/Stock/GetItem": {"name": "GetItem",
		"response": {"pkOrderId": "uuid", "nOrderId": "int32", "fkBinId": "int32", "pkBinId": "int32", "orderId": "int32", "cName": "string"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	names := func(text string) map[string]string {
		l, err := ledger.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		model, err := emit.Build(&emit.API{Dialect: emit.Linnworks(), Modules: []*spec.Module{m}, Ledger: l, Propose: true})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for wire, f := range model.Types["GetItemResponse"].Fields {
			got[wire] = f.Go
		}
		return got
	}
	for wire, want := range map[string]string{
		"pkOrderId": "PkOrderID", "orderId": "OrderID", "nOrderId": "NumOrderID", "fkBinId": "FkBinID", "pkBinId": "PkBinID", "cName": "Name",
	} {
		if got := names("")[wire]; got != want {
			t.Errorf("%s is %s, want %s", wire, got, want)
		}
	}
	// A field that comes later does not take a name that was given.
	got := names("field GetItemResponse.pkOrderId OrderID\n")
	if got["pkOrderId"] != "OrderID" || got["orderId"] != "OrderID2" {
		t.Errorf("a name that was given: pkOrderId is %s and orderId %s, want OrderID and OrderID2", got["pkOrderId"], got["orderId"])
	}
}
