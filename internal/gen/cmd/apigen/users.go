package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/importer"
	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// reportUsers says which of our own code calls what has changed: the functions that call the
// operation, and the files of the bridge that call those through a port. Somebody who
// imports a newer drop reads there what to try again.
func (a api) reportUsers(w *strings.Builder, root string, changes []importer.Change) error {
	if len(changes) == 0 {
		return nil
	}
	l, err := ledger.Load(a.ledgerPath(root))
	if err != nil {
		return err
	}
	calls, err := callsIn(root)
	if err != nil {
		return err
	}
	touched := map[string][]string{} // what changed, by operation
	for _, c := range changes {
		for _, key := range operationsOf(c) {
			what := "the operation is " + c.State
			if c.What == "type" {
				what = "type " + c.Key + " is " + c.State
			}
			touched[key] = append(touched[key], what)
		}
	}
	unused := 0
	for _, key := range slices.Sorted(maps.Keys(touched)) {
		op := l.Ops[key]
		if op == nil || len(calls.of[op.Name()]) == 0 {
			unused++
			continue
		}
		fmt.Fprintf(w, "%s (%s): %s\n", op.Name(), key, strings.Join(touched[key], "; "))
		for _, f := range calls.of[op.Name()] {
			fmt.Fprintf(w, "  called by %s in %s\n", f.name, f.file)
			if !strings.HasSuffix(filepath.Dir(f.file), "adapter") {
				continue
			}
			_, method, _ := strings.Cut(f.name, ".")
			if users := calls.files(method, f.file); len(users) > 0 {
				fmt.Fprintf(w, "    for %s\n", strings.Join(users, ", "))
			}
		}
	}
	if unused > 0 {
		fmt.Fprintf(w, "%d changed operations are called by nothing under bridge and examples\n", unused)
	}
	return nil
}

// operationsOf are the operations that a change is of: of a type those that have it in their
// request or reply, before or after.
func operationsOf(c importer.Change) []string {
	if c.What == "operation" {
		return []string{c.Key}
	}
	found := map[string]bool{}
	for _, m := range []*spec.Module{c.Old, c.Module} {
		for key, op := range m.Operations {
			seen := map[string]bool{}
			refs(m, op.Request, seen)
			refs(m, op.Response, seen)
			if seen[c.Key] {
				found[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// refs collects the types that a schema is made of.
func refs(m *spec.Module, s *spec.Schema, seen map[string]bool) {
	if s == nil {
		return
	}
	for _, name := range append([]string{s.Ref}, s.Members...) {
		if name != "" && !seen[name] {
			seen[name] = true
			refs(m, m.Types[name], seen)
		}
	}
	refs(m, s.Elem, seen)
	for _, f := range s.Fields {
		refs(m, f, seen)
	}
}

// function is one that calls something.
type function struct{ name, file string }

// callIndex is who calls what under bridge and examples, by name alone: tests, fakes and
// generated files are not read.
type callIndex struct {
	of map[string][]function      // by "Service.Method"
	by map[string]map[string]bool // files by the last name of a call
}

func callsIn(root string) (callIndex, error) {
	calls := callIndex{map[string][]function{}, map[string]map[string]bool{}}
	for _, dir := range []string{"bridge", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil && path == filepath.Join(root, dir): // a tree that is only generated
				return fs.SkipDir
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "bridgetest" || entry.Name() == "planted"):
				return fs.SkipDir
			case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			calls.add(filepath.ToSlash(relative), file)
			return nil
		})
		if err != nil {
			return calls, err
		}
	}
	return calls, nil
}

// endings are those of methods that call the operation before them.
var endings = []string{"", "All", "Pages", "Batched", "BatchInParts", "InParts", "Verified"}

func (c callIndex) add(path string, file *ast.File) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil && len(f.Recv.List) == 1 {
			t := f.Recv.List[0].Type
			if star, ok := t.(*ast.StarExpr); ok {
				t = star.X
			}
			if id, ok := t.(*ast.Ident); ok {
				name = id.Name + "." + name
			}
		}
		// A method that is named without being called, as a value, is used too.
		ast.Inspect(f, func(n ast.Node) bool {
			method, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if c.by[method.Sel.Name] == nil {
				c.by[method.Sel.Name] = map[string]bool{}
			}
			c.by[method.Sel.Name][path] = true
			if service, ok := method.X.(*ast.SelectorExpr); ok {
				for _, ending := range endings {
					operation, longer := strings.CutSuffix(method.Sel.Name, ending)
					key := service.Sel.Name + "." + operation
					if user := (function{name, path}); (longer || ending == "") && !slices.Contains(c.of[key], user) {
						c.of[key] = append(c.of[key], user)
					}
				}
			}
			return true
		})
	}
}

// files are those that call a method of an adapter, besides adapters themselves.
func (c callIndex) files(method, adapter string) []string {
	var list []string
	for path := range c.by[method] {
		if path != adapter && !strings.HasSuffix(filepath.Dir(path), "adapter") {
			list = append(list, path)
		}
	}
	slices.Sort(list)
	return list
}
