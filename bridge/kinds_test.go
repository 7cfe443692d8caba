package bridge_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// raisedElsewhere are kinds whose primitive is not in the package yet. An entry
// goes when the kind is raised: the test says so.
var raisedElsewhere = []string{}

// Every kind has its row, every row all that a person needs, and every kind is
// raised by something.
func TestKinds(t *testing.T) {
	source := readSource(t)
	if len(source.kinds) < 10 || len(source.kinds) != len(exceptions.Kinds()) {
		t.Errorf("%d constants, %d rows", len(source.kinds), len(exceptions.Kinds()))
	}
	for name, value := range source.kinds {
		if _, ok := exceptions.Kind(value).Info(); !ok {
			t.Errorf("%s (%q) has no row in the table", name, value)
		}
		switch excused := slices.Contains(raisedElsewhere, name); {
		case !source.raised[name] && !excused:
			t.Errorf("%s is never raised: drop it, or raise it", name)
		case source.raised[name] && excused:
			t.Errorf("%s is raised now: take it off raisedElsewhere", name)
		}
	}
	for _, name := range raisedElsewhere {
		if _, ok := source.kinds[name]; !ok {
			t.Errorf("raisedElsewhere names %s, which is no kind", name)
		}
	}
	for _, k := range exceptions.Kinds() {
		texts := append(append([]string{string(k.Kind), k.Meaning, k.Closes}, k.Steps...), k.Where...)
		for _, text := range texts {
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: the text %q", k.Kind, text)
			}
		}
		for _, text := range append([]string{k.Meaning, k.Closes}, k.Steps...) {
			if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
				t.Errorf("%s: %q is not a sentence", k.Kind, text)
			}
		}
		if len(k.Steps) == 0 || len(k.Where) == 0 || k.Within <= 0 {
			t.Errorf("%s: %d steps, %d screens, to be done within %v", k.Kind, len(k.Steps), len(k.Where), k.Within)
		}
		if !slices.Contains(exceptions.Owners, k.Owner) || k.Severity < exceptions.Notice || k.Severity > exceptions.Urgent {
			t.Errorf("%s: %q, %s", k.Kind, k.Owner, k.Severity)
		}
		for _, option := range optionName.FindAllString(strings.Join(texts, "\n"), -1) {
			if !source.fields[option] {
				t.Errorf("%s sends people to %s, which does not exist", k.Kind, option)
			}
		}
	}
}

// optionName is an option as the texts name it: that of another package than bridge
// with the package.
var optionName = regexp.MustCompile(`(?:[a-z]+\.)?[A-Z]?\w*Options\.\w+`)

func TestKindsAreCopies(t *testing.T) {
	first := exceptions.Kinds()[0]
	first.Steps[0], first.Where[0] = "", ""
	if again, _ := first.Kind.Info(); again.Steps[0] == "" || again.Where[0] == "" {
		t.Error("a caller can change the table")
	}
	if info, known := exceptions.Kind("of tomorrow").Info(); known || info.Kind != "of tomorrow" {
		t.Errorf("%+v, %v", info, known)
	}
}

// packageSource is what the tests of the table read off the package's own code.
type packageSource struct {
	room   string            // the package being read, with a dot; nothing for bridge
	kinds  map[string]string // value by name
	raised map[string]bool   // by name
	fields map[string]bool   // "Struct.Field"
	// holds are the types of the package that a type names in its fields.
	holds map[string]map[string]bool
}

// reaching are the types that can hold one of those given, however deep.
func (s packageSource) reaching(targets ...string) map[string]bool {
	found := map[string]bool{}
	for _, name := range targets {
		found[name] = true
	}
	for n := -1; n != len(found); {
		n = len(found)
		for name, held := range s.holds {
			for h := range held {
				if found[h] {
					found[name] = true
				}
			}
		}
	}
	return found
}

func readSource(t *testing.T) packageSource {
	t.Helper()
	s := packageSource{"", map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}}
	var files []string
	for _, room := range []string{"", "exceptions/", "catalogue/", "stock/", "tiktokadapter/", "linnworksadapter/"} {
		names, err := fs.Glob(os.DirFS("."), room+"*.go")
		if err != nil || len(names) == 0 {
			t.Fatalf("%d files in %q, %v", len(names), room, err)
		}
		files = append(files, names...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.room = ""
		if file.Name.Name != "bridge" {
			s.room = file.Name.Name + "."
		}
		ast.Inspect(file, func(n ast.Node) bool { s.visit(n); return true })
	}
	return s
}

func (s packageSource) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.TypeSpec:
		s.holds[n.Name.Name] = named(n.Type)
		if st, ok := n.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, name := range f.Names {
					s.fields[s.room+n.Name.Name+"."+name.Name] = true
				}
			}
		}
	case *ast.ValueSpec:
		if typ, ok := n.Type.(*ast.Ident); ok && s.room == "exceptions." && typ.Name == "Kind" && len(n.Values) == 1 {
			if lit, ok := n.Values[0].(*ast.BasicLit); ok {
				s.kinds[n.Names[0].Name], _ = strconv.Unquote(lit.Value)
			}
		}
	// A kind is raised where it is handed to a function that does not close it,
	// or put into a field Kind.
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if !strings.EqualFold(name, "clear") {
			s.mark(n.Args...)
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "kind") {
			s.mark(n.Value)
		}
	case *ast.AssignStmt:
		s.mark(n.Rhs...)
	case *ast.ReturnStmt:
		s.mark(n.Results...)
	}
}

// named are the types of the package that a type's fields, elements or itself
// name. What methods and functions take is none of them.
func named(typ ast.Expr) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(typ, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.InterfaceType, *ast.FuncType, *ast.SelectorExpr:
			return false
		case *ast.Field:
			for name := range named(n.Type) {
				names[name] = true
			}
			return false
		case *ast.Ident:
			names[n.Name] = true
		}
		return true
	})
	return names
}

func (s packageSource) mark(list ...ast.Expr) {
	for _, e := range list {
		if sel, ok := e.(*ast.SelectorExpr); ok {
			if room, ok := sel.X.(*ast.Ident); ok && room.Name == "exceptions" {
				s.raised[sel.Sel.Name] = true
			}
		}
	}
}
