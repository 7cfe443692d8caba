package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
)

// TestScopes compares the scopes in the notes with the constants that the
// comments link to.
func TestScopes(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "tiktokshop", "scopes.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Scope") {
			constants = append(constants, v.Names[0].Name)
		}
		return true
	})
	var used []string
	for _, a := range apis {
		notes, err := ledger.LoadNotes(a.notesPath(root))
		if err != nil {
			t.Fatal(err)
		}
		for at, note := range notes.Scopes {
			for scope := range strings.FieldsSeq(note.Text) {
				used = append(used, scope)
				if a.name != "tiktokshop" || !slices.Contains(constants, scope) {
					t.Errorf("%s:%d: %s: package %s has no constant %s", notes.Path, note.Line, at, a.name, scope)
				}
			}
		}
	}
	for _, scope := range constants {
		if !slices.Contains(used, scope) {
			t.Errorf("no method needs %s", scope)
		}
	}
}
