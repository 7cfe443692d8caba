package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			before, _ := surfaceOf(t, a, func([]*spec.Module) {})
			after, lines := surfaceOf(t, a, grow)
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
			// What had to give way is told.
			all := strings.Join(lines, "\n")
			for _, want := range growthLines[a.name] {
				if !strings.Contains(all, want) {
					t.Errorf("the ledger did not grow by %q", want)
				}
			}
		})
	}
}

// growthLines are some of the lines that the ledgers grow by in [TestGrowth].
var growthLines = map[string][]string{
	"tiktokshop": {
		"field Package.state StateValue", "field Package.identifier IdentifierValue", "field Order.format FormatValue", "field Order.log_value LogValueValue",
		" ShopAPI.AddedOperation ", " CallAPI.AddedOperation ", "\nconst ",
	},
	"linnworks": {
		"field OrderDetails.format FormatValue", "field OrderDetails.log_value LogValueValue", " CallAPI.AddedOperation ", " Orders.FindOrders2 ", "\nconst ",
	},
}

// surfaceOf returns what a client exports after a change of its description, and by
// what the ledger grew for it. Everything has a name that is free, and with the ledger
// so grown it has the same one.
func surfaceOf(t *testing.T, a api, change func([]*spec.Module)) (lines, added []string) {
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
	hand, err := sources(filepath.Join(root, a.name), false)
	if err != nil {
		t.Fatal(err)
	}
	clashes, err := emit.Clashes(files, hand)
	if err != nil {
		t.Fatal(err)
	}
	for _, clash := range clashes {
		if !strings.Contains(clash, "has no field") { // a new service, which is told
			t.Error(clash)
		}
	}
	if lines, err = emit.Surface(files); err != nil {
		t.Fatal(err)
	}
	again := *in
	again.Propose, again.Ledger, again.Published, again.Wire = false, in.Ledger.Clone(), nil, nil
	model, err = emit.Build(&again)
	if err != nil {
		t.Fatal(err)
	}
	if files, err = model.Files(); err != nil {
		t.Fatal(err)
	}
	same, err := emit.Surface(files)
	if d := cmp.Diff(lines, same); d != "" || err != nil {
		t.Errorf("with the ledger that grew: %v (-proposed +generated):\n%.2000s", err, d)
	}
	return lines, in.Ledger.Added()
}

func grow(modules []*spec.Module) {
	for i, m := range modules {
		if i == 0 {
			// Sections that are called as methods of Client, and an operation as one of
			// a service.
			for _, tag := range []string{"shop", "call"} {
				addOperation(m, "POST", "/api/"+tag+"/AddedOperation", tag, "AddedOperation")
			}
		}
		if m.Name == "orders" {
			addOperation(m, "POST", "/api/Orders/Added", "Orders", "FindOrders")
		}
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
		first := ""
		for _, name := range s.Names() {
			first = name
			if s.Fields[name].Kind == spec.String && len(s.Fields[name].Enum) > 0 && !strings.Contains(s.Fields[name].Enum[0], "=") {
				// A value that makes the name of one that is there, and comes first.
				s.Fields[name].Enum = append([]string{"_" + s.Fields[name].Enum[0]}, s.Fields[name].Enum...)
			}
		}
		for _, name := range []string{"added_field", "state", "identifier", "format", "log_value", "unmarshalJSON", "marshalJSON", "_" + first} {
			if s.Fields[name] == nil && name != "_" {
				s.Fields[name] = &spec.Schema{Kind: spec.String}
			}
		}
	}
}

// addOperation adds an operation to a module.
func addOperation(m *spec.Module, method, path, tag, name string) {
	op := &spec.Operation{Key: method + " " + path, Name: name, Tag: tag, Module: m}
	m.Operations[op.Key] = op
}
