package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchemaText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Schema{
		`"string"`:                             {Kind: String},
		`"@Order nullable"`:                    {Kind: Ref, Ref: "Order", Nullable: true},
		`"[]uuid required max=50"`:             {Kind: Array, Elem: &Schema{Kind: UUID}, Required: true, Max: 50},
		`"string deprecated=a.b min=1"`:        {Kind: String, Deprecated: "a.b", Min: 1},
		`"[]string{A|B} readonly"`:             {Kind: Array, Elem: &Schema{Kind: String, Enum: []string{"A", "B"}}, ReadOnly: true},
		`"map:[]@Note"`:                        {Kind: Map, Elem: &Schema{Kind: Array, Elem: &Schema{Kind: Ref, Ref: "Note"}}},
		`"oneOf:@A|int32"`:                     {Kind: OneOf, Members: []string{"@A", "int32"}},
		`"int32 min=1 max=9 enum=Open=0|Up=1"`: {Kind: Int32, Min: 1, Max: 9, Enum: []string{"Open=0", "Up=1"}},
		`{"":"required","a":"bool"}`:           {Kind: Object, Required: true, Fields: map[string]*Schema{"a": {Kind: Bool}}},
		`["array max=2",{"a":"bool"}]`:         {Kind: Array, Max: 2, Elem: &Schema{Kind: Object, Fields: map[string]*Schema{"a": {Kind: Bool}}}},
	} {
		var got Schema
		if err := got.UnmarshalJSON([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		back, err := want.MarshalJSON()
		if err != nil || string(back) != text {
			t.Errorf("wrote %s, %v; want %s", back, err, text)
		}
	}
	for _, text := range []string{`""`, `"string odd"`, `"string max=many"`, `["array"]`, `{"a":7}`} {
		if err := new(Schema).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("accepted %s", text)
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	object := func(text string) *Schema {
		t.Helper()
		s := new(Schema)
		if err := s.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := object(`{"same":"string","gone":"bool","other":"int32","in":{"x":"bool"}}`)
	b := object(`{"same":"string","new":"bool","other":"int64","in":{"x":"bool","y":"bool"}}`)
	if got, want := Changed(a, b), "-gone +in.y +new ~other"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Changed(a, a); got != "" {
		t.Errorf("got %q for the same", got)
	}
}

// TestOverlayTwice: what the description has may not stay in the overlay.
func TestOverlayTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	module := []byte(`{"source":"a","operations":{"GET /a":{"name":"A"}}}`)
	for _, sub := range []string{"", "overlay"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, sub, "a.json"), module, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "overlay") {
		t.Errorf("got %v", err)
	}
}
