package importer

import (
	"fmt"
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
		{"city", schema{Type: "string", Description: "(**Deprecated**: Left empty. Write `street` instead.) The city."}, spec.Schema{Kind: spec.String, Deprecated: "street"}},
		{"skus", schema{Type: "array", Items: &schema{Type: "string"}, Description: "[Deprecated]What is inside, see `items`."},
			spec.Schema{Kind: spec.Array, Deprecated: spec.Dropped, Elem: &spec.Schema{Kind: spec.String}}},
		{"state", schema{Type: "string", Description: "Tells whether a rule is deprecated (or `new`)."}, spec.Schema{Kind: spec.String}},
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
		changes, err := Write(dir, modules)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			fmt.Fprintln(&report, c)
		}
		return report.String()
	}
	write(module("a", spec.String, "GET /a", "GET /b"), module("b", spec.String, "GET /c"))
	if got := write(module("a", spec.String, "GET /a", "GET /b"), module("b", spec.String, "GET /c")); got != "" {
		t.Errorf("the same again reports %q", got)
	}
	want := "a: operation GET /a changed: ~query.q\na: operation GET /b gone\na: operation GET /d new\nb: operation GET /c gone\n"
	if got := write(module("a", spec.Int32, "GET /a", "GET /d")); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// TestLimits reads how much is allowed, in words of our own.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind, text string
		min, max   int
	}{
		{spec.Int32, "Valid range: [1, 99,999].", 1, 99999},
		{spec.Int32, "Valid range: [1,255]", 1, 255},
		{spec.Int64, "Valid range: [1, 1,000,000]", 1, 1000000},
		{spec.Int32, "The range is from 1-100", 0, 0}, // not a wording of the descriptions
		{spec.Int32, "the range is 1-100", 1, 100},
		{spec.Int64, "The range of this value is [100, 8000].", 100, 8000},
		{spec.Int32, "The range is `[1, 99]`, or `-1` for unlimited.", 0, 0},
		{spec.Double, "Valid range: [0.01, 7,600]", 0, 0},
		{spec.Int32, "Max value: 100", 0, 100},
		{spec.Int32, "Max 20", 0, 20},
		{spec.Int32, "less than or equal to 2,000", 0, 2000},
		{spec.String, "Max length: 10,000 characters", 0, 10000},
		{spec.String, "Valid length: 1-50 characters", 1, 50},
		{spec.String, "Length: 7 - 11 digits", 7, 11},
		{spec.String, "Max size: 10MB", 0, 0},
		{spec.String, "Max IDs: 20", 0, 0},
		{spec.Array, "Max IDs: 600", 0, 600},
		{spec.Array, "Codes of something.Up to 50", 0, 50},
		{spec.Array, "Max length: 20 characters", 0, 0}, // of each element
		{spec.Array, "Specify up to 4 of them", 0, 0},   // advice
		{spec.Array, "Max size: 10MB", 0, 0},
		{spec.String, "Max length: 99999999999999999999", 0, 0},
	} {
		out := spec.Schema{Kind: test.kind}
		tiktokLimit(test.text, &out)
		if out.Min != test.min || out.Max != test.max {
			t.Errorf("%s %q: %d to %d, want %d to %d", test.kind, test.text, out.Min, out.Max, test.min, test.max)
		}
	}
}
