package emit

import (
	"fmt"
	"slices"
	"strings"
)

// Unused returns the lines of the ledger that speak of nothing in the model: a
// slip of the pen, or something that left the description.
func (m *Model) Unused() []string {
	fields := map[string]bool{} // Type.field
	for _, t := range m.Types {
		for name := range t.Fields {
			fields[t.Name+"."+name] = true
		}
	}
	methods := map[string]*Method{}
	keys := map[string]bool{}
	for _, method := range m.Methods {
		methods[method.Ledger.Name()] = method
		keys[method.Key] = true
	}
	var unused []string
	note := func(format string, args ...any) { unused = append(unused, fmt.Sprintf(format, args...)) }
	l := m.API.Ledger
	for key := range l.Ops {
		if !keys[key] {
			note("op %s", key)
		}
	}
	for kind, names := range map[string]map[string]bool{
		"required": l.Required, "always": l.Always, "null": l.Null, "key": l.Key, "private": l.Private, "public": l.Public, "max": keysOf(l.Max), "kind": keysOf(l.Kinds), "field": keysOf(l.Fields), "enum": keysOf(l.Enums),
	} {
		for at := range names {
			if !fields[at] && !strings.HasSuffix(at, ".result") { // a reply that is an enum itself
				note("%s %s", kind, at)
			}
		}
	}
	for name := range l.Use {
		if m.Types[name] == nil {
			note("use %s", name)
		}
	}
	for name := range l.Print {
		if m.Types[name] == nil {
			note("print %s", name)
		}
	}
	for name := range l.Consts {
		if enum, _, _ := strings.Cut(name, " "); m.Enums[enum] == nil {
			note("const %s", name)
		}
	}
	for _, b := range l.Batches {
		if method := methods[b.Method]; method == nil || method.Request.Fields[b.Field] == nil {
			note("batch %s %s", b.Method, b.Field)
		}
	}
	slices.Sort(unused)
	return unused
}

func keysOf[V any](m map[string]V) map[string]bool {
	set := make(map[string]bool, len(m))
	for k := range m {
		set[k] = true
	}
	return set
}
