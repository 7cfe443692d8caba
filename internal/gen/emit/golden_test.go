package emit_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
	"github.com/linnbridge/linnbridge/internal/gen/importer"
	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden takes two tiny descriptions through all steps.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, api := range []struct {
		name    string
		read    func(string) ([]*spec.Module, error)
		dialect emit.Dialect
		ledger  string
		notes   string
	}{
		{"tiktokshop", importer.TikTokShop, emit.TikTokShop(), `
type POST /order/202309/orders/search data.orders[] Order
type GET /order/202309/orders data.orders[] Order
type GET /order/202507/orders data.orders[] Order
enum Order.status OrderStatus
enum GetOrderListRequest.order_status OrderStatus
batch Order.GetOrderDetail ids 50
`, `
note *.create_time When it was made.
note OrderPayment.total_amount What the buyer pays, in a currency that the test does not name because it has none.
scope Order.* ScopeOrders
scope Order.UploadImage ScopeImages ScopeImagesToo
`},
		{"linnworks", importer.Linnworks, emit.Linnworks(), "key StockItem.pkStockItemId", "note StockItem.Price Without tax."},
	} {
		t.Run(api.name, func(t *testing.T) {
			t.Parallel()
			modules, err := api.read(filepath.Join("testdata", api.name))
			if err != nil {
				t.Fatal(err)
			}
			modules = reread(t, modules)
			notes, err := ledger.ParseNotes("notes.txt", []byte(api.notes))
			if err != nil {
				t.Fatal(err)
			}
			names, err := ledger.Parse([]byte(api.ledger))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := emit.Build(&emit.API{Dialect: api.dialect, Modules: modules, Ledger: names}); err == nil {
				t.Error("names were invented without being asked for")
			}
			names, _ = ledger.Parse([]byte(api.ledger))
			model, err := emit.Build(&emit.API{Dialect: api.dialect, Modules: modules, Ledger: names, Notes: notes, Propose: true})
			if err != nil {
				t.Fatal(err)
			}
			files, err := model.Files()
			if err != nil {
				t.Fatal(err)
			}
			files["ledger.txt"] = []byte(strings.Join(names.Added(), "\n") + "\n")
			for name, src := range files {
				golden(t, filepath.Join("testdata", "golden", api.name, name+".golden"), src)
			}
		})
	}
}

// reread takes modules through the committed form, which must lose nothing.
func reread(t *testing.T, modules []*spec.Module) []*spec.Module {
	t.Helper()
	var out []*spec.Module
	for _, m := range modules {
		b, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := spec.Decode(m.Name, b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, again) {
			t.Errorf("%s: another snapshot after reading it back:\n%s", m.Name, cmp.Diff(string(b), string(again)))
		}
		out = append(out, back)
	}
	return out
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
