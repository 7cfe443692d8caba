package importer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// TestHints reads facts from descriptions, here in words of our own.
func TestHints(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		in   schema
		want spec.Schema
	}{
		{"status", schema{Type: "string", Description: "State.\nPossible values:\n- `ON_HOLD`: waits\n- `UNPAID`\n\nOnly IN some."},
			spec.Schema{Kind: spec.String, Enum: []string{"ON_HOLD", "UNPAID"}}},
		{"status", schema{Type: "string", Description: "Say `ON_HOLD` or `UNPAID`."}, spec.Schema{Kind: spec.String}},
		{"status", schema{Type: "string", Description: "Possible values:\n- `ONLY_ONE`"}, spec.Schema{Kind: spec.String}},
		{"currency", schema{Type: "string", Description: "Possible values:\n- `GBP`\n- `USD`"}, spec.Schema{Kind: spec.String}},
		{"note", schema{Type: "string", Description: "Allowed values differ:\n- US: this\n- UK: that"}, spec.Schema{Kind: spec.String}},
		{"total_amount", schema{Type: "string", Example: "5000"}, spec.Schema{Kind: spec.Decimal}},
		{"tax", schema{Type: "string", Example: "none"}, spec.Schema{Kind: spec.String}},
		{"create_time", schema{Type: "integer", Format: "int64", Example: 1619611561.0}, spec.Schema{Kind: spec.Unix}},
		{"update_time_ge", schema{Type: "integer", Format: "int64", Description: "Unix seconds."}, spec.Schema{Kind: spec.Unix}},
		{"handling_time", schema{Type: "integer", Format: "int32", Example: 3.0}, spec.Schema{Kind: spec.Int32}},
		{"page_size", schema{Type: "integer", Format: "int32", Description: "Valid range: [1-100]."}, spec.Schema{Kind: spec.Int32, Min: 1, Max: 100}},
		{"ids", schema{Type: "array", Items: &schema{Type: "string"}, Description: "Max count: 50"},
			spec.Schema{Kind: spec.Array, Max: 50, Elem: &spec.Schema{Kind: spec.String}}},
	} {
		c := &converter{hint: tiktokHint}
		if diff := cmp.Diff(test.want, *c.convert(test.name, &test.in)); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", test.name, test.in.Description, diff)
		}
	}
}

// TestReport writes snapshots twice and a changed one over them.
func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	module := func(name, typ string, keys ...string) *spec.Module {
		m := &spec.Module{Name: name, Source: name, Operations: map[string]*spec.Operation{}}
		for _, key := range keys {
			m.Operations[key] = &spec.Operation{Name: "N", Query: map[string]*spec.Schema{"q": {Kind: typ}}}
		}
		return m
	}
	write := func(modules ...*spec.Module) string {
		t.Helper()
		var report strings.Builder
		if _, err := Write(&report, dir, modules); err != nil {
			t.Fatal(err)
		}
		return report.String()
	}
	write(module("a", spec.String, "GET /a", "GET /b"), module("b", spec.String, "GET /c"))
	if got := write(module("a", spec.String, "GET /a", "GET /b"), module("b", spec.String, "GET /c")); got != "" {
		t.Errorf("the same again reports %q", got)
	}
	want := "a: operation GET /a changed: ~query.q\na: operation GET /b gone\na: operation GET /d new\nb: module gone\n"
	if got := write(module("a", spec.Int32, "GET /a", "GET /d")); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
