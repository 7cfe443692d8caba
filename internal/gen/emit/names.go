package emit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// nameMethods proposes what the ledger does not know of the operations, all
// of them before any type, so that a method's request and response keep their
// names whatever the definitions are called.
func (b *builder) nameMethods(ops []*spec.Operation) {
	newest := map[string]string{} // service and method -> version
	same := map[string]int{}      // service and method -> count
	for _, op := range ops {
		key := b.service(op) + "." + naming.Exported(op.Name)
		same[key]++
		if op.Version > newest[key] {
			newest[key] = op.Version
		}
	}
	used := map[string]bool{}
	for _, l := range b.Ledger.Ops {
		used[l.Name()] = true
	}
	for _, op := range ops {
		if b.Ledger.Ops[op.Key] != nil {
			continue
		}
		name := b.service(op) + "." + naming.Exported(op.Name)
		switch {
		case op.Version != "" && (op.Version != newest[name] || used[name]):
			name += "V" + op.Version
		case op.Version == "" && same[name] > 1:
			name += naming.Singular(op.Tag)
		}
		service, method, _ := strings.Cut(name, ".")
		name = numbered(name, func(name string) bool {
			_, method, _ = strings.Cut(name, ".")
			return used[name] || slices.Contains(b.Reserved, service+"Service."+method)
		})
		used[name] = true
		line := "op " + op.Key + " " + name + " replay=" + b.Replay(op)
		if op.Body != "" {
			line += " body=" + op.Body
		}
		b.add("%s", line+limitText(op.Limit))
	}
	for _, op := range ops {
		if l := b.Ledger.Ops[op.Key]; l != nil {
			b.services[l.Method]++
		}
	}
}

// service returns the name of an operation's service: another one where Client has a
// method of that name.
func (b *builder) service(op *spec.Operation) string {
	name := b.Service(op)
	if slices.Contains(b.Reserved, "Client."+name) {
		name += "API"
	}
	return name
}

// typeName returns the ledger's name of a place, or a proposal.
func (b *builder) typeName(place string, propose func() string) string {
	if name := b.Ledger.Types[place]; name != "" {
		return name
	}
	name := propose()
	b.taken[name] = true
	b.add("type %s %s", place, name)
	return name
}

// operationType names the request or response of a method. Where several
// services have a method of that name the service stands before it.
func (b *builder) operationType(l *ledger.Op, suffix string) string {
	name := l.Method + suffix
	if b.services[l.Method] > 1 || b.taken[name] {
		name = l.Service + name
	}
	return b.free(name)
}

// page matches the vendor's names for one page of a list.
var page = regexp.MustCompile(`^(?:(?:Generic)?PagedResult|PostFilterPagedResponse)_(.+)$|^(.+)GenericPagedResult$`)

// definitionType names a definition: as the vendor does, shared by modules
// that agree on its shape, otherwise with the module before it.
func (b *builder) definitionType(m *spec.Module, def string) string {
	place := m.Name + "#" + def
	if name := b.requests[place]; name != "" {
		return name
	}
	bare := def
	if controller, rest, ok := strings.Cut(def, "_"); ok && strings.EqualFold(controller, strings.SplitN(m.Name, "-", 2)[0]) {
		bare = rest
	}
	if m := page.FindStringSubmatch(bare); m != nil {
		bare = m[1] + m[2] + "_page"
	}
	name := naming.Exported(bare)
	for _, other := range b.Modules {
		known := b.Ledger.Types[other.Name+"#"+def]
		if other != m && known != "" && other.Types[def] != nil && same(m, other, m.Types[def], other.Types[def], nil) {
			return known
		}
	}
	if b.taken[name] {
		name = b.ModuleName(m) + name
	}
	return b.free(name)
}

// same reports whether two schemas of two modules agree, marks aside.
func same(am, bm *spec.Module, a, b *spec.Schema, seen map[string]bool) bool {
	if a.Kind != b.Kind || a.Ref != b.Ref || !slices.Equal(a.Enum, b.Enum) || len(a.Fields) != len(b.Fields) || !slices.Equal(a.Members, b.Members) {
		return false
	}
	if a.Kind == spec.Ref {
		if seen[a.Ref] {
			return true
		}
		next := map[string]bool{a.Ref: true}
		for k := range seen {
			next[k] = true
		}
		return same(am, bm, am.Types[a.Ref], bm.Types[b.Ref], next)
	}
	if a.Elem != nil && !same(am, bm, a.Elem, b.Elem, seen) {
		return false
	}
	for name, f := range a.Fields {
		if b.Fields[name] == nil || !same(am, bm, f, b.Fields[name], seen) {
			return false
		}
	}
	return true
}

// enumName returns the ledger's name of a field's values. The proposal is the
// type and the field; where all fields of that name in a service have the same
// values, the service stands for the type.
func (b *builder) enumName(o owner) string {
	at := o.typ + "." + o.field
	if name := b.Ledger.Enums[at]; name != "" {
		return name
	}
	if name := b.parts[at]; name != "" {
		b.add("enum %s %s", at, name)
		return name
	}
	field := naming.Singular(o.field[strings.LastIndexByte(o.field, '.')+1:])
	name := b.SharedEnums[o.field]
	if name == "" && o.service != "" && len(b.sets[o.service+"."+o.field]) == 1 {
		name = o.service + field
		if b.taken[name] && b.parts["enum "+name] != o.service+"."+o.field {
			name = "" // means something else already
		}
	}
	if name == "" {
		name = b.free(b.short(o, field))
	}
	b.parts[at], b.parts["enum "+name], b.taken[name] = name, o.service+"."+o.field, true
	b.add("enum %s %s", at, name)
	return name
}

// valueSets notes the values of every field of an operation.
func (b *builder) valueSets(op *spec.Operation) {
	l := b.Ledger.Ops[op.Key]
	if l == nil {
		return
	}
	var walk func(field string, s *spec.Schema)
	walk = func(field string, s *spec.Schema) {
		if s == nil {
			return
		}
		if len(s.Enum) > 0 {
			key := l.Service + "." + field
			if b.sets[key] == nil {
				b.sets[key] = map[string]bool{}
			}
			b.sets[key][strings.Join(s.Enum, "|")] = true
		}
		walk(field, s.Elem)
		for name, f := range s.Fields {
			walk(name, f)
		}
	}
	for name, q := range op.Query {
		walk(name, q)
	}
	walk("", op.Request)
	walk("", op.Response)
}

// free returns the name, or with a number where it is taken.
func (b *builder) free(name string) string {
	return numbered(name, func(name string) bool { return b.taken[name] })
}
