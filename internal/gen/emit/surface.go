package emit

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	goprinter "go/printer"
	"go/token"
	"slices"
	"strings"
)

// Surface lists what generated files export, one thing a line, sorted: methods
// with their signatures, types, fields with their types, constants.
func Surface(files map[string][]byte) ([]string, error) {
	var lines []string
	fset := token.NewFileSet()
	for name, src := range files {
		file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			lines = append(lines, exported(fset, decl)...)
		}
	}
	slices.Sort(lines)
	return lines, nil
}

func exported(fset *token.FileSet, decl ast.Decl) (lines []string) {
	text := func(n ast.Node) string {
		var b bytes.Buffer
		if err := goprinter.Fprint(&b, fset, n); err != nil {
			panic(err) // of a bytes.Buffer
		}
		return b.String()
	}
	if f, ok := decl.(*ast.FuncDecl); ok {
		if !f.Name.IsExported() {
			return nil
		}
		receiver := ""
		if f.Recv != nil {
			receiver = strings.TrimPrefix(text(f.Recv.List[0].Type), "*") + "."
		}
		for _, list := range []*ast.FieldList{f.Type.Params, f.Type.Results} {
			for _, p := range list.List {
				p.Names = nil // may change
			}
		}
		return []string{receiver + f.Name.Name + strings.TrimPrefix(text(f.Type), "func")}
	}
	for _, s := range decl.(*ast.GenDecl).Specs {
		switch s := s.(type) {
		case *ast.ValueSpec:
			lines = append(lines, s.Names[0].Name+" "+text(s.Type)+" = "+text(s.Values[0]))
		case *ast.TypeSpec:
			object, ok := s.Type.(*ast.StructType)
			if !ok {
				lines = append(lines, s.Name.Name+" "+text(s.Type))
				continue
			}
			lines = append(lines, s.Name.Name+" struct")
			for _, f := range object.Fields.List {
				lines = append(lines, s.Name.Name+"."+f.Names[0].Name+" "+text(f.Type))
			}
		}
	}
	return lines
}

// Broken compares two surfaces and tells what users of the old one lose: what is
// gone, and what is there with another signature or type.
func Broken(old, current []string) []string {
	now := map[string]string{}
	for _, line := range current {
		now[subject(line)] = line
	}
	var broken []string
	for _, line := range old {
		switch have := now[subject(line)]; have {
		case line:
		case "":
			broken = append(broken, "gone: "+line)
		default:
			broken = append(broken, fmt.Sprintf("was:  %s\n  now:  %s", line, have))
		}
	}
	return broken
}

// subject is what a line is about.
func subject(line string) string { return line[:strings.IndexAny(line, " (")] }
