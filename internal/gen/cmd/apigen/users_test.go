package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/gen/importer"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// TestWhoUsesWhatChanged has a tree with an adapter, a part that calls it and an example,
// and changes an operation, a type behind another one, and an operation that nobody calls.
func TestWhoUsesWhatChanged(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for path, text := range map[string]string{
		"internal/spec/linnworks/ledger.txt": `
op GET /api/Orders/Get Orders.GetOrder replay=read
op POST /api/Stock/Set Stock.SetLevel replay=never
op POST /api/Email/Send Email.Send replay=never
`,
		"bridge/linnworksadapter/orders.go":      "package linnworksadapter\n\nfunc (w *Warehouse) ReadOrders() { w.client.Orders.GetOrder() }\n\nfunc (w *Warehouse) other() { w.client.Stock.SetOther() }\n",
		"bridge/linnworksadapter/orders_test.go": "package linnworksadapter\n\nfunc test() { w.client.Orders.GetOrder() }\n",
		"bridge/import.go":                       "package bridge\n\nfunc (im *Importer) Import() { im.ports.OrderBook.ReadOrders() }\n",
		"bridge/stock/engine.go":                 "package stock\n\nfunc Push() { other.ReadSomething() }\n",
		"examples/small/main.go":                 "package main\n\nfunc main() { set := client.Stock.SetLevel; set() }\n",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ref := func(name string) *spec.Schema { return &spec.Schema{Kind: spec.Ref, Ref: name} }
	module := func(level string, gone bool) *spec.Module {
		m := &spec.Module{Name: "m", Operations: map[string]*spec.Operation{
			"GET /api/Orders/Get":  {Name: "Get", Response: &spec.Schema{Kind: spec.Array, Elem: ref("Order")}},
			"POST /api/Stock/Set":  {Name: "Set", Request: ref("Level")},
			"POST /api/Email/Send": {Name: "Send"},
		}, Types: map[string]*spec.Schema{
			"Order": {Kind: spec.Object, Fields: map[string]*spec.Schema{"level": ref("Level"), "order": ref("Order")}},
			"Level": {Kind: level},
		}}
		if gone {
			delete(m.Operations, "POST /api/Email/Send")
			m.Operations["GET /api/Orders/Get"].Limit = 5
		}
		return m
	}
	var report strings.Builder
	if err := (api{name: "linnworks"}).reportUsers(&report, root, importer.Diff(module(spec.Int, false), module(spec.String, true))); err != nil {
		t.Fatal(err)
	}
	const want = `Orders.GetOrder (GET /api/Orders/Get): the operation is changed: +limit; type Level is changed: ~
  called by Warehouse.ReadOrders in bridge/linnworksadapter/orders.go
    for bridge/import.go
Stock.SetLevel (POST /api/Stock/Set): type Level is changed: ~
  called by main in examples/small/main.go
1 changed operations are called by nothing under bridge and examples
`
	if diff := cmp.Diff(want, report.String()); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	report.Reset()
	if err := (api{name: "linnworks"}).reportUsers(&report, root, nil); err != nil || report.Len() > 0 {
		t.Errorf("nothing changed: %q, %v", report.String(), err)
	}
}

// TestUsersAreFound checks on the project itself that the way from an operation to the parts
// of the bridge is still found.
func TestUsersAreFound(t *testing.T) {
	t.Parallel()
	calls, err := callsIn("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	for op, file := range map[string]string{
		"Order.GetOrderDetail": "bridge/tiktokadapter/", "Orders.CreateOrders": "bridge/linnworksadapter/",
	} {
		i := slices.IndexFunc(calls.of[op], func(f function) bool { return strings.HasPrefix(f.file, file) })
		if i < 0 {
			t.Errorf("%s: called by %v, want somebody in %s", op, calls.of[op], file)
			continue
		}
		_, method, _ := strings.Cut(calls.of[op][i].name, ".")
		if users := calls.files(method, calls.of[op][i].file); !slices.ContainsFunc(users, func(f string) bool { return filepath.Dir(f) == "bridge" }) {
			t.Errorf("%s: %s is called by %q, want a file of the package bridge", op, method, users)
		}
	}
}

// TestListsAreCalls checks that a walk over all pages counts as a call of its operation.
func TestListsAreCalls(t *testing.T) {
	t.Parallel()
	calls, err := callsIn("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"Finance.GetPayments", "Order.GetOrderList", "Stock.GetStockItemsFullByIDs", "ProcessedOrders.SearchProcessedOrders"} {
		if len(calls.of[op]) == 0 {
			t.Errorf("%s: nobody calls it, so it is said", op)
		}
	}
}
