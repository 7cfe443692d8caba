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

	command("surface")
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
	// Users of the operation that is gone would not compile any more.
	if err := run([]string{"generate", "-root", root, "-api", "tiktokshop"}, new(bytes.Buffer)); err == nil ||
		!strings.Contains(err.Error(), "gone: OrderService.GetOrderDetailV202309(context.Context, *GetOrderDetailV202309Request, ...CallOption) (*GetOrderDetailV202309Response, error)\n") ||
		strings.Contains(err.Error(), "GetOrderListRequest") {
		t.Errorf("generating without what is published: %v", err)
	}
	if src, err := os.ReadFile(filepath.Join(root, "tiktokshop", "order.gen.go")); err != nil || string(src) != before {
		t.Errorf("the files were written all the same, %v", err)
	}
	command("surface")
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

// TestOverlayAdds adds fields to an operation of a tiny description, and then
// takes a drop that has one of them.
func TestOverlayAdds(t *testing.T) {
	t.Parallel()
	const (
		tiny = "../../emit/testdata/tiktokshop"
		list = "POST /order/202309/orders/search"
	)
	root, specs := t.TempDir(), t.TempDir()
	overlay := filepath.Join(root, "internal", "spec", "tiktokshop", "overlay")
	for _, dir := range []string{filepath.Join(root, "tiktokshop"), overlay} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(specs, "tiktokshop"), os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	command := func(name string, args ...string) error {
		return run(append([]string{name, "-root", root, "-api", "tiktokshop"}, args...), new(bytes.Buffer))
	}
	write := func(entry string) {
		t.Helper()
		text := `{"source":"overlay","operations":{` + entry + `}}`
		if err := os.WriteFile(filepath.Join(overlay, "order.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := command("import", "-specs", specs); err != nil {
		t.Fatal(err)
	}
	entry := func(key, more string) string {
		return `"` + key + `":{"name":"GetOrderList","adds":true,"evidence":"a changelog","confidence":"announced"` + more + `}`
	}
	for _, bad := range []struct{ entry, want string }{
		{entry("GET /order/209901/orders", ""), "the description does not have"},
		{strings.Replace(entry(list, ""), `"evidence":"a changelog",`, "", 1), "it lacks its evidence"},
		{entry(list, `,"query":{"page_size":"string"}`), "query.page_size as int32; take it out of the overlay"},
		{entry(list, `,"response":{"orders":["array",{"id":"string"}]}`), "response.orders[].id as string; take it out of the overlay"},
	} {
		write(bad.entry)
		if err := command("generate"); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v, want %q", bad.entry, err, bad.want)
		}
	}

	write(entry(list, `,"query":{"region":"string"},"request":{"brand":"string"},"response":{"orders":["array",{"note":"string","*":"decimal"}]}`))
	if err := command("ledger"); err != nil {
		t.Fatal(err)
	}
	if err := command("generate"); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(root, "tiktokshop", "order.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	code := strings.Join(strings.Fields(string(src)), " ")
	for _, want := range []string{
		"Region *string `url:\"region,omitempty\" json:\"-\"` // not in the official description, announced",
		"Brand *string `json:\"brand,omitzero\" url:\"-\"` // not in the official description, announced",
		"Note string `json:\"note,omitzero\"` // not in the official description, announced",
		"Others map[string]Decimal `json:\"-\"` // by their names on the wire",
		"return decodeOthers(b, (*plain)(v), &v.Others)",
	} {
		if !strings.Contains(code, want) {
			t.Errorf("the generated file lacks %s:\n%s", want, src)
		}
	}

	file := filepath.Join(specs, "tiktokshop", "paths", "order.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	at(t, doc, "paths", "/order/202309/orders/search", "post", "requestBody", "content", "application/json", "schema", "properties")["brand"] = map[string]any{"type": "string"}
	if text, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := command("import", "-specs", specs); err != nil {
		t.Fatal(err)
	}
	if err := command("generate"); err == nil || !strings.Contains(err.Error(), "the description has request.brand as string; take it out of the overlay") {
		t.Errorf("a drop with a field of the overlay: got %v", err)
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
