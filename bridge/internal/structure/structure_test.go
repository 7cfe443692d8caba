// Package structure holds the tests that keep the rooms of the bridge apart: who
// may know whom, and which files of a room belong together.
package structure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestRooms checks that every package is a room of the table and imports only
// what the table allows. Each room may use only rooms above it, so that there is
// no loop, whatever the compiler would accept in tests.
func TestRooms(t *testing.T) {
	packages := load(t)
	above := map[string]bool{"tiktokshop": true, "tiktokshop/tiktokshoptest": true, "linnworks": true, "linnworks/linnworkstest": true, "linnworks/shippingapp": true, "linnworks/channelapp": true}
	for _, r := range rooms {
		for _, used := range r.uses {
			if !above[used] {
				t.Errorf("the table has %s use %s, which does not stand above it", r.path, used)
			}
		}
		above[r.path] = true
		p := packages[r.path]
		if p == nil {
			t.Errorf("%s is in the table and is no package", r.path)
			continue
		}
		for _, used := range p.imports {
			if !slices.Contains(r.uses, used) {
				t.Errorf("%s imports %s: it may import %q of ours", r.path, used, r.uses)
			}
		}
	}
	for name := range packages {
		if !above[name] {
			t.Errorf("%s is no room of the table: say what it may use", name)
		}
	}
}

// TestClients checks that the bridge speaks in its own words: only the adapters
// and the lab know a client.
func TestClients(t *testing.T) {
	mayKnow := []string{"bridge/tiktokadapter", "bridge/linnworksadapter", "bridge/bridgetest"}
	for name, p := range load(t) {
		for _, used := range p.imports {
			client, _, _ := strings.Cut(used, "/")
			if (client == "tiktokshop" || client == "linnworks") && !slices.Contains(mayKnow, name) {
				t.Errorf("%s imports %s: translate in an adapter", name, used)
			}
		}
	}
}

// TestSubjects checks that every file belongs to one subject of its room, and that
// a subject uses only those above it: then no files of several subjects use one
// another in a loop. A helper stands with its subject, not in the first file that
// needed it.
func TestSubjects(t *testing.T) {
	packages := load(t)
	for _, r := range rooms {
		p := packages[r.path]
		if p == nil {
			continue // TestRooms says so
		}
		at := map[string]int{}
		for _, file := range p.files {
			var of []string
			for i, s := range r.subjects {
				if s.has(file) {
					at[file], of = i, append(of, s.name)
				}
			}
			if len(of) != 1 {
				t.Errorf("%s/%s is in the subjects %q: want one", r.path, file, of)
			}
		}
		for _, from := range p.files {
			for _, to := range p.files {
				if names := p.uses[from][to]; len(names) > 0 && at[from] < at[to] {
					t.Errorf("%s: %s (%s) uses %q of %s (%s), which stands below it", r.path, from, r.subjects[at[from]].name,
						slices.Sorted(maps.Keys(names)), to, r.subjects[at[to]].name)
				}
			}
		}
	}
}

// TestPartIsShared checks that what stands in the shared package is shared.
func TestPartIsShared(t *testing.T) {
	packages := load(t)
	scope := packages["bridge/internal/part"].types.Scope()
	for _, name := range scope.Names() {
		if !ast.IsExported(name) {
			continue
		}
		var users []string
		for user, p := range packages {
			if p.parts[name] {
				users = append(users, user)
			}
		}
		if len(users) < 2 {
			t.Errorf("part.%s is used by %q: a helper of one package belongs there", name, users)
		}
	}
}

// pkg is a package under bridge as it is read, without its tests.
type pkg struct {
	files   []string
	imports []string // packages of this module, by path within it
	types   *types.Package
	// uses are the names that one file uses of another.
	uses  map[string]map[string]map[string]bool
	parts map[string]bool // the names that it uses of bridge/internal/part
}

// load reads all packages once.
func load(t *testing.T) map[string]*pkg {
	t.Helper()
	packages, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

var loadOnce = sync.OnceValues(func() (map[string]*pkg, error) {
	root := filepath.Join("..", "..", "..")
	list, err := goList(root)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	exports := map[string]string{}
	for _, l := range list {
		exports[l.ImportPath] = l.Export
	}
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	packages := map[string]*pkg{}
	for _, l := range list {
		if l.Module == nil || !l.Module.Main || !under(l.ImportPath, l.Module.Path+"/bridge") {
			continue
		}
		p, err := read(fset, imports, l)
		if err != nil {
			return nil, err
		}
		packages[strings.TrimPrefix(l.ImportPath, l.Module.Path+"/")] = p
	}
	return packages, nil
})

func under(name, parent string) bool { return name == parent || strings.HasPrefix(name, parent+"/") }

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles, Imports        []string
	Module                  *struct {
		Path string
		Main bool
	}
}

// goList lists the packages and all that they import, with what the compiler
// exports of them: that is read in no time, unlike their sources.
func goList(root string) (list []listed, err error) {
	c := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Imports,Module", "./bridge/...")
	c.Dir = root
	var failed bytes.Buffer
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w: %s", c, err, failed.String())
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		switch err := d.Decode(&l); err {
		case nil:
			list = append(list, l)
		case io.EOF:
			return list, nil
		default:
			return nil, err
		}
	}
}

func read(fset *token.FileSet, imports types.Importer, l listed) (*pkg, error) {
	p := &pkg{files: l.GoFiles, uses: map[string]map[string]map[string]bool{}, parts: map[string]bool{}}
	for _, path := range l.Imports {
		if under(path, l.Module.Path) {
			p.imports = append(p.imports, strings.TrimPrefix(path, l.Module.Path+"/"))
		}
	}
	files := make([]*ast.File, len(l.GoFiles))
	for i, name := range l.GoFiles {
		var err error
		if files[i], err = parser.ParseFile(fset, filepath.Join(l.Dir, name), nil, parser.SkipObjectResolution); err != nil {
			return nil, err
		}
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: imports}
	var err error
	if p.types, err = config.Check(l.ImportPath, fset, files, &info); err != nil {
		return nil, err
	}
	for ident, o := range info.Uses {
		if o.Pkg() == nil {
			continue
		}
		if o.Pkg().Path() == l.Module.Path+"/bridge/internal/part" && o.Parent() == o.Pkg().Scope() {
			p.parts[o.Name()] = true
		}
		f, isFunc := o.(*types.Func)
		if method := isFunc && f.Signature().Recv() != nil; o.Pkg() != p.types || o.Parent() != p.types.Scope() && !method {
			continue
		}
		from, to := filepath.Base(fset.Position(ident.Pos()).Filename), filepath.Base(fset.Position(o.Pos()).Filename)
		if from == to {
			continue
		}
		if p.uses[from] == nil {
			p.uses[from] = map[string]map[string]bool{}
		}
		if p.uses[from][to] == nil {
			p.uses[from][to] = map[string]bool{}
		}
		p.uses[from][to][o.Name()] = true
	}
	return p, nil
}

// TestBridgeIsOnePage checks that the page of documentation of the bridge stays
// one that can be read.
func TestBridgeIsOnePage(t *testing.T) {
	const most = 200
	var exported []string
	scope := load(t)["bridge"].types.Scope()
	for _, name := range scope.Names() {
		if ast.IsExported(name) {
			exported = append(exported, name)
		}
	}
	if len(exported) > most || len(exported) == 0 {
		t.Errorf("bridge exports %d names, want at most %d: %q", len(exported), most, exported)
	}
}
