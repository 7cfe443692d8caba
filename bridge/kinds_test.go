package bridge_test

import (
	"cmp"
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

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// partOf is the part of the bridge that a file belongs to, by the longest prefix
// of its path that is here. A file of no part names no kind.
var partOf = map[string]exceptions.Part{
	"intake": exceptions.PartIntake,
	"import": exceptions.PartImporter, "mapping": exceptions.PartImporter,
	"references": exceptions.PartReferences,
	"dispatch":   exceptions.PartDispatcher, "labels": exceptions.PartDispatcher, "corrections": exceptions.PartDispatcher,
	"dispatch_queue": exceptions.PartDispatchQueue,
	"deadlines":      exceptions.PartDeadlines,
	"cancellation":   exceptions.PartCanceller,
	"revoke":         exceptions.PartRevoker,
	"gate":           exceptions.PartGate,
	"catalogue/":     exceptions.PartCatalogue,
	"stock/":         exceptions.PartStock,
	"shopstatus/":    exceptions.PartShopStatus,
	"returns/":       exceptions.PartReturns,
	"claims/":        exceptions.PartReturns,
	"finance/":       exceptions.PartFinance,
	"printing/":      exceptions.PartPrintButton,
	"release/":       exceptions.PartRelease,
	"sync":           exceptions.PartSync,
}

func partOfFile(path string) (found exceptions.Part) {
	longest := -1
	for prefix, p := range partOf {
		if strings.HasPrefix(path, prefix) && len(prefix) > longest {
			found, longest = p, len(prefix)
		}
	}
	return found
}

// Every kind has its row and every row all that a person needs. A kind is named in
// the files of the part that its row says, and nowhere else: so no other raises it,
// and no other closes it but by the table.
func TestKinds(t *testing.T) {
	source := readSource(t)
	if len(source.kinds) < 10 || len(source.kinds) != len(exceptions.Kinds()) {
		t.Errorf("%d constants, %d rows", len(source.kinds), len(exceptions.Kinds()))
	}
	for name, value := range source.kinds {
		info, ok := exceptions.Kind(value).Info()
		if !ok {
			t.Errorf("%s (%q) has no row in the table", name, value)
			continue
		}
		if len(source.raised[name]) == 0 {
			t.Errorf("%s is never raised: drop it, or raise it", name)
		}
		if len(source.cleared[name])+len(source.asked[name]) == 0 && !info.ByHand {
			t.Errorf("%s is never closed: close it, or say ByHand", name)
		}
		if len(source.cleared[name]) > 0 && info.ByHand {
			t.Errorf("%s is closed in %v, and its row says that a person does that", name, source.cleared[name])
		}
		for path := range source.named[name] {
			if got := partOfFile(path); got != info.Part {
				t.Errorf("%s is the %s's, and named in %s, which is the %s's", name, info.Part, path, cmp.Or(got, "nobody"))
			}
		}
	}
	for _, path := range source.all {
		t.Errorf("%s takes all kinds: what an order's end closes, exceptions.Close knows", path)
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
		if closes := strings.ToLower(k.Closes); !strings.Contains(closes, "by itself") != k.ByHand || k.ByHand && !strings.Contains(closes, "by hand") {
			t.Errorf("%s: ByHand is %t, and what closes it: %q", k.Kind, k.ByHand, k.Closes)
		}
		if k.Cause && len(k.Ends) == 0 {
			t.Errorf("%s lists orders, and no end of an order takes it off", k.Kind)
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
	path   string            // the file being read, from bridge on
	room   string            // the package being read, with a dot; nothing for bridge
	kinds  map[string]string // value by name
	fields map[string]bool   // "Struct.Field"
	// named are the files that name a kind, by its name; of those, cleared close it,
	// asked ask what is open, and raised do something else.
	named, raised, cleared, asked map[string]map[string]bool
	all                           []string // files that take all kinds
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
	s := packageSource{
		kinds: map[string]string{}, fields: map[string]bool{}, holds: map[string]map[string]bool{},
		named: map[string]map[string]bool{}, raised: map[string]map[string]bool{}, cleared: map[string]map[string]bool{}, asked: map[string]map[string]bool{},
	}
	var files []string
	for _, room := range []string{"exceptions/", "finance/", "", "catalogue/", "stock/", "shopstatus/", "returns/", "claims/", "printing/", "release/", "tiktokadapter/", "linnworksadapter/"} {
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
		s.path, s.room = name, ""
		if file.Name.Name != "bridge" {
			s.room = file.Name.Name + "."
		}
		ast.Inspect(file, func(n ast.Node) bool { s.visit(n); return true })
		if s.room != "exceptions." {
			s.kindsIn(file, s.raised)
		}
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

// kindsIn notes what a file does with kinds: it closes those that it hands to
// Clear or has in a list, asks for those that it hands to Open, and raises others.
func (s *packageSource) kindsIn(n ast.Node, use map[string]map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		inner := use
		switch n := n.(type) {
		case *ast.CallExpr:
			switch name := callee(n); name {
			case "Clear":
				inner = s.cleared
			case "Open":
				inner = s.asked
			case "AllKinds":
				s.all = append(s.all, s.path)
			}
			for _, arg := range n.Args {
				s.kindsIn(arg, inner)
			}
			s.kindsIn(n.Fun, use)
			return false
		case *ast.CompositeLit:
			if !isKindList(n.Type) {
				return true
			}
			for _, e := range n.Elts {
				s.kindsIn(e, s.cleared)
			}
			return false
		case *ast.SelectorExpr:
			if room, ok := n.X.(*ast.Ident); ok && room.Name == "exceptions" && s.kinds[n.Sel.Name] != "" {
				note(s.named, n.Sel.Name, s.path)
				note(use, n.Sel.Name, s.path)
			}
		}
		return true
	})
}

func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func isKindList(typ ast.Expr) bool {
	list, ok := typ.(*ast.ArrayType)
	if !ok {
		return false
	}
	elem, ok := list.Elt.(*ast.SelectorExpr)
	return ok && elem.Sel.Name == "Kind"
}

func note(in map[string]map[string]bool, name, path string) {
	if in[name] == nil {
		in[name] = map[string]bool{}
	}
	in[name][path] = true
}

// The page of the package names every kind with its owner, and every flow with what its
// failing means.
func TestReadmeNamesWhoIsTold(t *testing.T) {
	page, err := os.ReadFile("README.md")
	must(t, err)
	owner := regexp.MustCompile(`\((?:both )?(e-commerce|integration|warehouse|finance|customer service)\b`)
	told := map[string]map[string]bool{} // owners by kind
	for line := range strings.Lines(string(page)) {
		line = strings.ReplaceAll(line, "**", "")
		for _, at := range regexp.MustCompile(`\*([^*]+)\*`).FindAllStringSubmatchIndex(line, -1) {
			if m := owner.FindStringSubmatch(line[at[1]:]); m != nil {
				kind := line[at[2]:at[3]]
				if told[kind] == nil {
					told[kind] = map[string]bool{}
				}
				told[kind][m[1]] = true
			}
		}
	}
	for _, k := range exceptions.Kinds() {
		if !told[string(k.Kind)][string(k.Owner)] {
			t.Errorf("README.md does not say that %q is told to %q, but to %v", k.Kind, k.Owner, told[string(k.Kind)])
		}
	}
	for _, flow := range []string{
		bridge.FlowOrders, bridge.FlowReferences, bridge.FlowRevocations, bridge.FlowDispatch, bridge.FlowDeadlines, bridge.FlowShopStatus, bridge.FlowReturns, bridge.FlowStock, bridge.FlowRetention, bridge.FlowNames,
	} {
		if !strings.Contains(string(page), "\n| `"+flow+"` | ") {
			t.Errorf("README.md does not say what it means that the flow %q fails", flow)
		}
	}
}
