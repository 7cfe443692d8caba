package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
)

// generated returns the structs of the generated files of a client, and the
// names of all their types.
func generated(t *testing.T, client string) (structs map[string]*ast.StructType, names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, client, "*.gen.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d generated files, %v", client, len(files), err)
	}
	structs = map[string]*ast.StructType{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.TypeSpec)
				names = append(names, spec.Name.Name)
				if st, ok := spec.Type.(*ast.StructType); ok && spec.Name.IsExported() && len(st.Fields.List) > 0 {
					structs[spec.Name.Name] = st
				}
			}
		}
	}
	return structs, names
}

// identical groups the structs that have the same fields with the same tags,
// where the names of structs in them do not count.
func identical(structs map[string]*ast.StructType) [][]string {
	class := map[string]int{}
	for count := -1; ; {
		next, ids := map[string]int{}, map[string]int{}
		for name, st := range structs {
			var key strings.Builder
			for _, f := range st.Fields.List {
				typ := types.ExprString(f.Type)
				base := typ[strings.LastIndexAny(typ, "*]")+1:]
				if _, ok := structs[base]; ok {
					typ = fmt.Sprintf("%s#%d", strings.TrimSuffix(typ, base), class[base])
				}
				fmt.Fprint(&key, f.Names, typ, f.Tag.Value, ";")
			}
			if _, ok := ids[key.String()]; !ok {
				ids[key.String()] = len(ids)
			}
			next[name] = ids[key.String()]
		}
		class = next
		if len(ids) == count {
			break
		}
		count = len(ids)
	}
	groups := map[int][]string{}
	for _, name := range slices.Sorted(maps.Keys(class)) {
		groups[class[name]] = append(groups[class[name]], name)
	}
	return slices.SortedFunc(maps.Values(groups), func(a, b []string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a[0], b[0])
	})
}

// TestIdenticalTypes checks that what is one thing has one type. Requests
// without fields do not count: each is the place for its operation's first.
func TestIdenticalTypes(t *testing.T) {
	t.Parallel()
	for client, limit := range map[string]int{"tiktokshop": 150, "linnworks": 30} {
		structs, _ := generated(t, client)
		surplus := 0
		var worst strings.Builder
		for _, group := range identical(structs) {
			if surplus += len(group) - 1; len(group) > 1 {
				fmt.Fprintln(&worst, len(group), strings.Join(group, " "))
			}
		}
		t.Logf("%s: %d of %d structs are the same as another", client, surplus, len(structs))
		if surplus > limit {
			t.Errorf("%s: %d structs are the same as another, want at most %d; give them one name with type lines, or a line of emit.Thing:\n%s",
				client, surplus, limit, worst.String())
		}
	}
}

// TestNameLength checks that names can be read.
func TestNameLength(t *testing.T) {
	t.Parallel()
	for _, a := range apis {
		_, names := generated(t, a.name)
		for _, name := range names {
			if len(name) > 60 {
				t.Errorf("%s.%s has %d characters, want at most 60; name it with a type line", a.name, name, len(name))
			}
		}
	}
}

// firstRelease is the month up to which the newest version of an operation has
// the name without a version. That name is its own for good: versions that come
// later carry theirs.
const firstRelease = "202611"

func TestVersionNames(t *testing.T) {
	t.Parallel()
	in, err := apis[0].load(root, false)
	if err != nil {
		t.Fatal(err)
	}
	model, err := emit.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	suffix := regexp.MustCompile(`V(20\d{4})$`)
	versions := map[string][]*emit.Method{}
	for _, m := range model.Methods {
		name := suffix.ReplaceAllString(m.Ledger.Name(), "")
		versions[name] = append(versions[name], m)
	}
	several := 0
	for name, methods := range versions {
		if len(methods) == 1 {
			continue
		}
		several++
		slices.SortFunc(methods, func(a, b *emit.Method) int { return strings.Compare(a.Version, b.Version) })
		bare := ""
		for _, m := range methods {
			if m.Version <= firstRelease {
				bare = m.Version
			}
		}
		newest := methods[len(methods)-1]
		for _, m := range methods {
			want := name
			if m.Version != bare {
				want += "V" + m.Version
			}
			if m.Ledger.Name() != want {
				t.Errorf("%s is %s, want %s", m.Key, m.Ledger.Name(), want)
			}
			if m == newest && m.Newest != nil || m != newest && m.Newest != newest {
				t.Errorf("%s does not say that %s is the newest", m.Ledger.Name(), newest.Ledger.Name())
			}
		}
	}
	if several < 60 {
		t.Errorf("%d operations have several versions, want 60 or more", several)
	}
}
