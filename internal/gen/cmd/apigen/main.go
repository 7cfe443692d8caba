// Command apigen imports the vendors' API descriptions and generates the
// clients. See internal/gen/README.md.
//
//	apigen import    descriptions -> snapshots, and a report of what changed and who uses it
//	apigen ledger    adds names for what the ledger does not know yet
//	apigen generate  snapshots and ledger -> *.gen.go; refuses to break what is published
//	apigen surface   records as published what the snapshots and the ledger give now
//	apigen count     operations in the snapshots and generated, per service
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
	"github.com/linnbridge/linnbridge/internal/gen/importer"
	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

// api is one of the two clients.
type api struct {
	name    string
	read    func(dir string) ([]*spec.Module, error)
	dialect func() emit.Dialect
}

var apis = []api{
	{"tiktokshop", importer.TikTokShop, emit.TikTokShop},
	{"linnworks", importer.Linnworks, emit.Linnworks},
}

func run(args []string, w io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("want a command: import, ledger, generate, surface or count")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	root := flags.String("root", ".", "root of the repository")
	only := flags.String("api", "", "tiktokshop or linnworks; both if empty")
	specs := flags.String("specs", "../shared/specs", "import: folder with the descriptions")
	heading := flags.String("heading", "proposed", "ledger: comment above the new lines")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	for _, a := range apis {
		if *only != "" && *only != a.name {
			continue
		}
		var err error
		switch args[0] {
		case "import":
			err = a.importSpecs(w, *root, filepath.Join(*specs, a.name))
		case "ledger":
			err = a.extend(w, *root, *heading)
		case "generate":
			err = a.generate(*root)
		case "surface":
			err = a.record(*root)
		case "count":
			err = a.count(w, *root)
		default:
			err = fmt.Errorf("unknown command %q", args[0])
		}
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

func (a api) specDir(root string) string { return filepath.Join(root, "internal", "spec", a.name) }

func (a api) ledgerPath(root string) string { return filepath.Join(a.specDir(root), "ledger.txt") }

func (a api) notesPath(root string) string { return filepath.Join(a.specDir(root), "notes.txt") }

// describedPath is the list of operations of the fake.
func (a api) describedPath(root string) string {
	return filepath.Join(root, a.name, a.name+"test", "described.gen.go")
}

func (a api) importSpecs(w io.Writer, root, from string) error {
	modules, err := a.read(from)
	if err != nil {
		return err
	}
	var report strings.Builder
	changes, err := importer.Write(a.specDir(root), modules)
	if err != nil {
		return err
	}
	for _, c := range changes {
		fmt.Fprintln(&report, c)
	}
	fmt.Fprintf(&report, "%s: %d modules, %d differences\n", a.name, len(modules), len(changes))
	if err := a.reportUsers(&report, root, changes); err != nil {
		return err
	}
	_, err = io.WriteString(w, report.String())
	return err
}

func (a api) load(root string, propose bool) (*emit.API, error) {
	modules, err := spec.Load(a.specDir(root))
	if err != nil {
		return nil, err
	}
	l, err := ledger.Load(a.ledgerPath(root))
	if err != nil {
		return nil, err
	}
	notes, err := ledger.LoadNotes(a.notesPath(root))
	if err != nil {
		return nil, err
	}
	in := &emit.API{Dialect: a.dialect(), Modules: modules, Ledger: l, Notes: notes, Propose: propose}
	if in.Reserved, err = written(filepath.Join(root, a.name)); err != nil || !propose {
		return in, err
	}
	in.Published, in.Wire = map[string]string{}, map[string]string{}
	surface, err := os.ReadFile(a.surfacePath(root))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for line := range strings.Lines(string(surface)) {
		subject, _, _ := strings.Cut(line, " ")
		in.Published[subject] = strings.TrimSpace(line)
	}
	return in, wire(filepath.Join(root, a.name), in.Wire)
}

// wire notes the names on the wire of the fields in the generated files.
func wire(dir string, names map[string]string) error {
	files, err := sources(dir, true)
	if err != nil {
		return err
	}
	for path, src := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			object, ok := spec.Type.(*ast.StructType)
			if !ok {
				return false
			}
			for _, f := range object.Fields.List {
				if f.Tag == nil || len(f.Names) == 0 {
					continue
				}
				tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`"))
				for _, key := range []string{"json", "url", "multipart"} {
					if name, _, _ := strings.Cut(tag.Get(key), ","); name != "" && name != "-" {
						names[spec.Name.Name+"."+f.Names[0].Name] = name
					}
				}
			}
			return false
		})
	}
	return nil
}

// sources reads the files of a client, the generated ones or those written by hand.
func sources(dir string, generated bool) (map[string][]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for _, path := range files {
		if strings.HasSuffix(path, ".gen.go") != generated || strings.HasSuffix(path, "_test.go") {
			continue
		}
		if found[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// written returns the names that a client has by hand, methods as Type.Method.
func written(dir string) ([]string, error) {
	files, err := sources(dir, false)
	if err != nil {
		return nil, err
	}
	var names []string
	for path, src := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names = append(names, emit.Declared(d)...)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						names = append(names, s.Name.Name)
					case *ast.ValueSpec:
						for _, n := range s.Names {
							names = append(names, n.Name)
						}
					}
				}
			}
		}
	}
	return names, nil
}

// extend adds lines for what is new to the end of the ledger.
func (a api) extend(w io.Writer, root, heading string) error {
	in, err := a.load(root, true)
	if err != nil {
		return err
	}
	model, err := emit.Build(in)
	if err != nil {
		return err
	}
	for _, line := range model.Unused() {
		if _, err := io.WriteString(w, "# speaks of nothing: "+line+"\n"); err != nil {
			return err
		}
	}
	for _, line := range in.Ledger.Added() {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
	return in.Ledger.Save(a.ledgerPath(root), heading)
}

func (a api) model(root string) (*emit.Model, error) {
	in, err := a.load(root, false)
	if err != nil {
		return nil, err
	}
	return emit.Build(in)
}

// surfacePath is where the published surface is recorded.
func (a api) surfacePath(root string) string { return filepath.Join(a.specDir(root), "surface.txt") }

func (a api) record(root string) error {
	model, err := a.model(root)
	if err != nil {
		return err
	}
	files, err := model.Files()
	if err != nil {
		return err
	}
	lines, err := emit.Surface(files)
	if err != nil {
		return err
	}
	return os.WriteFile(a.surfacePath(root), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// broken compares generated files with the published surface.
func (a api) broken(root string, files map[string][]byte) ([]string, error) {
	old, err := os.ReadFile(a.surfacePath(root))
	if err != nil {
		if os.IsNotExist(err) { // nothing is published
			err = nil
		}
		return nil, err
	}
	lines, err := emit.Surface(files)
	if err != nil {
		return nil, err
	}
	return emit.Broken(strings.Split(strings.TrimSpace(string(old)), "\n"), lines), nil
}

func (a api) generate(root string) error {
	model, err := a.model(root)
	if err != nil {
		return err
	}
	files, err := model.Files()
	if err != nil {
		return err
	}
	broken, err := a.broken(root, files)
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		return fmt.Errorf("nothing was written, for it would break what is published:\n  %s\n"+
			"settle it in the ledger (kind, field, type lines); or announce it in CHANGELOG.md, run apigen surface and generate again",
			strings.Join(broken, "\n  "))
	}
	hand, err := sources(filepath.Join(root, a.name), false)
	if err != nil {
		return err
	}
	clashes, err := emit.Clashes(files, hand)
	if err != nil {
		return err
	}
	if len(clashes) > 0 {
		return fmt.Errorf("nothing was written, for it would not compile:\n  %s", strings.Join(clashes, "\n  "))
	}
	described, err := model.Described()
	if err != nil {
		return err
	}
	if err := emit.WriteFiles(filepath.Join(root, a.name), filepath.Join(a.specDir(root), "generated.txt"), files); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.describedPath(root)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(a.describedPath(root), described, 0o644)
}

func (a api) count(w io.Writer, root string) error {
	in, err := a.load(root, false)
	if err != nil {
		return err
	}
	model, err := emit.Build(in)
	if err != nil {
		return err
	}
	return model.Count(w, filepath.Join(root, a.name))
}
