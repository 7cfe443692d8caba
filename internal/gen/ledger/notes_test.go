package ledger

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNotes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if n, err := LoadNotes(path); err != nil || n.Field("Order", "total") != "" {
		t.Errorf("without a file: %q, %v", n.Field("Order", "total"), err)
	}
	text := "# Money.\n\nnote *.total With tax.\n note Order.total  Without tax, e.g. 1.5 % less. \nscope Order.* ScopeOrders\nscope Order.Link ScopeRead ScopeWrite\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := LoadNotes(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ typ, field, want string }{
		{"Order", "total", "Without tax, e.g. 1.5 % less."},
		{"Invoice", "total", "With tax."},
		{"Order", "id", ""},
	} {
		if got := n.Field(test.typ, test.field); got != test.want {
			t.Errorf("%s.%s: %q, want %q", test.typ, test.field, got, test.want)
		}
	}
	for _, test := range []struct {
		service, method string
		want            []string
	}{
		{"Order", "Link", []string{"ScopeRead", "ScopeWrite"}},
		{"Order", "Get", []string{"ScopeOrders"}},
		{"Stock", "Get", nil},
	} {
		if got := n.Scope(test.service, test.method); !slices.Equal(got, test.want) {
			t.Errorf("%s.%s: scopes %q, want %q", test.service, test.method, got, test.want)
		}
	}
}

func TestNotesRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"# words\nnote Order.total With tax", "notes.txt:2: Order.total: a note ends with a full stop"},
		{"note Order.total One.\n\nnote Order.total Two.", "notes.txt:3: Order.total stands in line 1 already"},
		{"note Order.total One.\nnote Order.total One.", "notes.txt:2: Order.total stands in line 1 already"},
		{"scope Order.Get A\nscope Order.Get B", "notes.txt:2: Order.Get stands in line 1 already"},
		{"note Order.total", "notes.txt:1: cannot read"},
		{"note Order Words.", "notes.txt:1: cannot read"},
		{"note .total Words.", "notes.txt:1: cannot read"},
		{"scope Order A", "notes.txt:1: cannot read"},
		{"remark Order.total Words.", "notes.txt:1: cannot read"},
	} {
		_, err := ParseNotes("notes.txt", []byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %q", test.text, err, test.want)
		}
	}
}
