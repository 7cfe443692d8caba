package main

import (
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// TestGrowth adds an optional query parameter, a field of the request and a
// field of the reply to every operation, and a field to every object, as a newer
// description may: nothing that is published changes.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for _, a := range apis {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			before := surfaceOf(t, a, func([]*spec.Module) {})
			after := surfaceOf(t, a, grow)
			for _, line := range emit.Broken(before, after) {
				t.Error(line)
			}
			methods := 0
			for _, line := range before {
				if strings.Contains(line, "...CallOption) (") {
					methods++
				}
			}
			if methods < 400 || len(after) < len(before)+2*methods {
				t.Errorf("%d methods, and %d lines became %d: nothing was added", methods, len(before), len(after))
			}
		})
	}
}

func surfaceOf(t *testing.T, a api, change func([]*spec.Module)) []string {
	t.Helper()
	in, err := a.load(root, true)
	if err != nil {
		t.Fatal(err)
	}
	change(in.Modules)
	model, err := emit.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	files, err := model.Files()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := emit.Surface(files)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func grow(modules []*spec.Module) {
	for _, m := range modules {
		for _, def := range m.Types {
			enlarge(def, map[*spec.Schema]bool{})
		}
		for _, op := range m.Operations {
			if op.Query == nil {
				op.Query = map[string]*spec.Schema{}
			}
			op.Query["added_to_query"] = &spec.Schema{Kind: spec.String}
			if op.Body == "" && op.Method() != "GET" && op.Method() != "DELETE" {
				op.Body, op.Request = spec.BodyJSON, &spec.Schema{Kind: spec.Object}
			}
			if op.Response == nil {
				op.Response = &spec.Schema{Kind: spec.Object}
			}
			for _, s := range []*spec.Schema{op.Request, op.Response} {
				enlarge(s, map[*spec.Schema]bool{})
			}
		}
	}
}

// enlarge adds a field to every object in a schema.
func enlarge(s *spec.Schema, seen map[*spec.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	enlarge(s.Elem, seen)
	for _, f := range s.Fields {
		enlarge(f, seen)
	}
	if s.Kind == spec.Object {
		if s.Fields == nil {
			s.Fields = map[string]*spec.Schema{}
		}
		s.Fields["added_field"] = &spec.Schema{Kind: spec.String}
	}
}
