package emit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
	"github.com/linnbridge/linnbridge/internal/gen/ledger"
)

const parcels = `"GET /order/202309/parcels": {"name": "GetParcels", "tag": "Order", "version": "202309",
	"query": {"id": "string"}, "response": {"weight": "string deprecated=mass", "mass": "string"}}`

// withNotes returns the generated files with the given notes.
func withNotes(t *testing.T, text string) (map[string][]byte, error) {
	t.Helper()
	notes, err := ledger.ParseNotes("notes.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	names, err := ledger.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	model, err := emit.Build(&emit.API{
		Dialect: emit.TikTokShop(), Modules: described(t, parcels), Ledger: names, Notes: notes, Propose: true,
	})
	if err != nil {
		return nil, err
	}
	return model.Files()
}

// TestNotes checks that notes come before what is deprecated, and that they are
// comments only.
func TestNotes(t *testing.T) {
	t.Parallel()
	plain, err := withNotes(t, "")
	if err != nil {
		t.Fatal(err)
	}
	noted, err := withNotes(t, "note GetParcelsResponse.weight Grams.\nnote *.mass Kilograms.\nnote GetParcelsRequest.id Of the shop.\nscope Order.* ScopeOrders")
	if err != nil {
		t.Fatal(err)
	}
	src := string(noted["shop.gen.go"])
	for _, want := range []string{
		"\t// Grams.\n\t//\n\t// Deprecated: use Mass.\n\tWeight ",
		"\t// Kilograms.\n\tMass ",
		"\t// Of the shop.\n\tID ",
		"Needs the scope [ScopeOrders].",
	} {
		if !strings.Contains(src, want) {
			t.Errorf("%q is missing in:\n%s", want, src)
		}
	}
	before, err := emit.Surface(plain)
	if err != nil {
		t.Fatal(err)
	}
	after, err := emit.Surface(noted)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("notes changed what is exported (-without +with):\n%s", diff)
	}
}

func TestNotesOfNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"# words\nnote GetParcelsResponse.height Metres.", "notes.txt:2: there is no field GetParcelsResponse.height"},
		{"note Parcel.weight Grams.", "notes.txt:1: there is no field Parcel.weight"},
		{"note *.height Metres.", "notes.txt:1: there is no field *.height"},
		{"scope Order.GetParcel ScopeOrders", "notes.txt:1: there is no method Order.GetParcel"},
		{"scope Orders.* ScopeOrders", "notes.txt:1: there is no method Orders.*"},
	} {
		if _, err := withNotes(t, test.text); err == nil || err.Error() != test.want {
			t.Errorf("%q: error %v, want %q", test.text, err, test.want)
		}
	}
}
