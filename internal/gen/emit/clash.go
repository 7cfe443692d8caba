package emit

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/naming"
)

// clashes gives the fields another name that a newer description adds under that of a
// method of their type. A published field keeps its name: then it is an error.
func (b *builder) clashes() {
	for _, name := range slices.Sorted(maps.Keys(b.model.Types)) {
		t := b.model.Types[name]
		if !t.In && !t.Out {
			continue
		}
		methods := b.methods(t)
		for _, key := range slices.Sorted(maps.Keys(t.Fields)) {
			f, at := t.Fields[key], t.Name+"."+key
			switch {
			case f == t.Others || !methods[f.Go]:
			case b.Published[t.Name+"."+f.Go] != "" || b.Ledger.Fields[at] != "":
				b.fail("%s: the field %s has the name that a method of the type gets; settle it with lines that make the method needless", at, f.Go)
			default:
				f.Go = numbered(f.Go+"Value", func(name string) bool { return methods[name] || b.fieldTaken(t, name, f.Name) })
				b.add("field %s %s", at, f.Go)
			}
		}
	}
}

// methods returns the names of the methods that a type has, by hand or generated.
func (b *builder) methods(t *Type) map[string]bool {
	names := map[string]bool{}
	for _, hand := range b.Reserved {
		if owner, method, ok := strings.Cut(hand, "."); ok && owner == t.Name {
			names[method] = true
		}
	}
	if b.model.holdsPrivate(t, map[*Type]bool{}) {
		names["Format"], names["LogValue"] = true, true
	}
	if t.Others != nil {
		names["UnmarshalJSON"], names["MarshalJSON"] = true, true
	}
	return names
}

// fieldTaken reports whether a field of the type other than wire has the Go name, had
// it when it was published, or is to have it.
func (b *builder) fieldTaken(t *Type, goName, wire string) bool {
	for _, f := range t.Fields {
		if f.Go == goName && f.Name != wire {
			return true
		}
	}
	known := b.Wire[t.Name+"."+goName]
	return b.given[t.Name+"."+goName] || known != "" && known != wire
}

// numbered returns the name, or with the first number with which it is not taken.
func numbered(name string, taken func(string) bool) string {
	for n, next := 2, name; ; n++ {
		if !taken(next) {
			return next
		}
		next = name + strconv.Itoa(n)
	}
}

// constants names the values of enums: as the ledger does, as they are published, or
// in another way than what has the name already.
func (b *builder) constants() {
	enums := slices.Sorted(maps.Keys(b.model.Enums))
	used := map[string]bool{}
	taken := func(name string) bool {
		return used[name] || b.taken[name] || b.model.Types[name] != nil || b.model.Enums[name] != nil
	}
	each := func(f func(e *Enum, value, usual string)) {
		for _, name := range enums {
			e := b.model.Enums[name]
			for _, v := range e.Values {
				if e.Constants[v] == "" {
					word, _, _ := strings.Cut(v, "=")
					f(e, v, e.Name+naming.Constant(word))
				}
			}
		}
	}
	set := func(e *Enum, value, name, usual string) {
		if e.Constants == nil {
			e.Constants = map[string]string{}
		}
		e.Constants[value], used[name] = name, true
		if name != usual && b.Ledger.Consts[e.Name+" "+value] == "" {
			b.add("const %s %s %s", e.Name, value, name)
		}
	}
	each(func(e *Enum, v, usual string) {
		if name := b.Ledger.Consts[e.Name+" "+v]; name != "" {
			if used[name] {
				b.fail("const %s %s: %s is another constant already", e.Name, v, name)
			}
			set(e, v, name, usual)
		}
	})
	each(func(e *Enum, v, usual string) {
		_, number, _ := strings.Cut(v, "=")
		for _, name := range []string{usual, usual + "Value"} {
			if b.Published[name] == fmt.Sprintf("%s %s = %s", name, e.Name, cmp.Or(number, strconv.Quote(v))) && !used[name] {
				set(e, v, name, usual)
				return
			}
		}
	})
	each(func(e *Enum, v, usual string) {
		name := usual
		if taken(name) {
			name = numbered(usual+"Value", taken)
		}
		set(e, v, name, usual)
	})
}

// Clashes tells what would keep generated files from compiling beside those that are
// written by hand: a name that stands twice, and a service without its field in
// Client. hand are the sources of the latter.
func Clashes(files, hand map[string][]byte) ([]string, error) {
	var clashes []string
	where := map[string]string{} // name, or type and member -> file
	note := func(name, file string) {
		if other, ok := where[name]; ok && files[file] != nil { // by hand for several systems
			clashes = append(clashes, fmt.Sprintf("%s stands in %s and in %s", name, other, file))
		}
		where[name] = file
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if hand[file] != nil {
			clashes = append(clashes, file+" is written by hand")
		}
	}
	var services []string
	for _, sources := range []map[string][]byte{hand, files} {
		for _, file := range slices.Sorted(maps.Keys(sources)) {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, sources[file], parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, decl := range parsed.Decls {
				for _, name := range Declared(decl) {
					note(name, file)
				}
				services = append(services, servicesOf(decl)...)
			}
		}
	}
	for _, service := range services {
		service = strings.TrimSuffix(service, "Service")
		if where["Client"] != "" && where["Client."+service] == "" {
			clashes = append(clashes, fmt.Sprintf("Client, which is written by hand, has no field %s *%sService", service, service))
		}
	}
	return clashes, nil
}

// servicesOf returns the types of a declaration that are services.
func servicesOf(decl ast.Decl) (names []string) {
	types, ok := decl.(*ast.GenDecl)
	if !ok {
		return nil
	}
	for _, s := range types.Specs {
		if t, ok := s.(*ast.TypeSpec); ok {
			if of, ok := t.Type.(*ast.Ident); ok && of.Name == "service" {
				names = append(names, t.Name.Name)
			}
		}
	}
	return names
}

// Declared returns the names that a declaration takes, those of fields and methods
// behind their type.
func Declared(decl ast.Decl) (names []string) {
	if f, ok := decl.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			if f.Name.Name == "init" {
				return nil
			}
			return []string{f.Name.Name}
		}
		typ := f.Recv.List[0].Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if index, ok := typ.(*ast.IndexExpr); ok {
			typ = index.X
		}
		return []string{typ.(*ast.Ident).Name + "." + f.Name.Name}
	}
	for _, s := range decl.(*ast.GenDecl).Specs {
		switch s := s.(type) {
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.Name != "_" {
					names = append(names, n.Name)
				}
			}
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
			if object, ok := s.Type.(*ast.StructType); ok {
				for _, f := range object.Fields.List {
					for _, n := range f.Names {
						names = append(names, s.Name.Name+"."+n.Name)
					}
				}
			}
		}
	}
	return names
}
