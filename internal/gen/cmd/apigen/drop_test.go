package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNewDrop takes two drops of a tiny description through all commands: the
// second has a field more, an operation less and a version more.
func TestNewDrop(t *testing.T) {
	t.Parallel()
	const tiny = "../../emit/testdata/tiktokshop/paths/order.json"
	root, specs := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "tiktokshop"), 0o755); err != nil {
		t.Fatal(err)
	}
	drop := func(change func(paths map[string]any)) {
		t.Helper()
		src, err := os.ReadFile(tiny)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(src, &doc); err != nil {
			t.Fatal(err)
		}
		change(doc["paths"].(map[string]any))
		if src, err = json.Marshal(doc); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(specs, "tiktokshop", "paths")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "order.json"), src, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := func(name string, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(append([]string{name, "-root", root, "-api", "tiktokshop"}, args...), &out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return out.String()
	}
	generated := func() string {
		t.Helper()
		command("generate")
		src, err := os.ReadFile(filepath.Join(root, "tiktokshop", "order.gen.go"))
		if err != nil {
			t.Fatal(err)
		}
		return string(src)
	}

	drop(func(map[string]any) {})
	command("import", "-specs", specs)
	command("ledger", "-heading", "first")
	before := generated()
	for _, want := range []string{") GetOrderDetail(", ") GetOrderDetailV202309(", ") GetOrderList("} {
		if !strings.Contains(before, want) {
			t.Fatalf("the first drop lacks %s", want)
		}
	}
	if got := command("import", "-specs", specs); got != "tiktokshop: 1 modules, 0 differences\n" {
		t.Errorf("the same drop again: %q", got)
	}

	drop(func(paths map[string]any) {
		newer, err := json.Marshal(paths["/order/202507/orders"])
		if err != nil {
			t.Fatal(err)
		}
		var operation any
		if err := json.Unmarshal(bytes.ReplaceAll(newer, []byte("_v202507"), []byte("_v202709")), &operation); err != nil {
			t.Fatal(err)
		}
		paths["/order/202709/orders"] = operation
		delete(paths, "/order/202309/orders")
		body := at(t, paths, "/order/202309/orders/search", "post", "requestBody", "content", "application/json", "schema", "properties")
		body["brand"] = map[string]any{"type": "string"}
	})
	report := command("import", "-specs", specs)
	for _, want := range []string{
		"order: operation GET /order/202309/orders gone\n",
		"order: operation GET /order/202709/orders new\n",
		"order: operation POST /order/202309/orders/search changed: +request.brand\n",
		"tiktokshop: 1 modules, 3 differences\n",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
	if err := run([]string{"generate", "-root", root, "-api", "tiktokshop"}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "the ledger lacks: op GET /order/202709/orders Order.GetOrderDetailV202709") {
		t.Errorf("generating without names for what is new: %v", err)
	}
	added := command("ledger", "-heading", "second")
	if !strings.Contains(added, "# speaks of nothing: op GET /order/202309/orders\n") || !strings.Contains(added, "op GET /order/202709/orders Order.GetOrderDetailV202709 ") {
		t.Errorf("the ledger's report:\n%s", added)
	}
	after := generated()
	if !strings.Contains(after, ") GetOrderDetailV202709(") || !strings.Contains(after, `path: "/order/202507/orders"`) || !strings.Contains(after, `json:"brand,omitzero"`) || strings.Contains(after, ") GetOrderDetailV202309(") {
		t.Error("the clients do not follow the new drop")
	}

	// What was published may not mean something else later.
	path := filepath.Join(root, "internal", "spec", "tiktokshop", "ledger.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("Order.GetOrderList "), []byte("Order.ListOrders "), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"generate", "-root", root, "-api", "tiktokshop"}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "only grows") {
		t.Errorf("a line of the ledger that changed: %v", err)
	}
}

// at descends into objects.
func at(t *testing.T, object map[string]any, path ...string) map[string]any {
	t.Helper()
	for _, name := range path {
		next, ok := object[name].(map[string]any)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		object = next
	}
	return object
}
