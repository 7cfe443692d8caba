package emit

import (
	"maps"
	"slices"
	"strings"
)

// directions finds which types are sent and which come back, because that
// decides how an absent value is written. For shared definitions the first
// finding stands in the ledger: another direction found later must not change
// a type that users already write.
func (b *builder) directions() {
	var in, out func(e Expr)
	in = func(e Expr) {
		if t := b.model.Types[e.Base]; t != nil && !t.In {
			t.In = true
			for _, f := range t.Fields {
				in(f.Type)
			}
		}
	}
	out = func(e Expr) {
		if n := b.model.Enums[e.Base]; n != nil {
			n.Out = true
		}
		if t := b.model.Types[e.Base]; t != nil && !t.Out {
			t.Out = true
			for _, f := range t.Fields {
				out(f.Type)
			}
		}
	}
	for _, m := range b.model.Methods {
		in(Expr{Base: m.Request.Name})
		out(*m.Response)
	}
	shared := map[string]bool{} // types of definitions, the only ones that can change
	for place, name := range b.Ledger.Types {
		if strings.Contains(place, "#") && !strings.Contains(place, ".") {
			shared[name] = true
		}
	}
	for _, thing := range b.Things {
		shared[thing.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		t := b.model.Types[name]
		if t == nil || t.Top || !t.In && !t.Out {
			continue
		}
		use := b.Ledger.Use[name]
		if use == "" {
			use = map[[2]bool]string{{true, false}: "in", {false, true}: "out", {true, true}: "both"}[[2]bool{t.In, t.Out}]
			if b.home(name, nil) == common && !t.counts() {
				use = "both" // of texts alone, and so plain for good
			}
			b.add("use %s %s", name, use)
		}
		t.In, t.Out = use != "out", use != "in"
	}
	b.pointers()
	b.prune()
	b.zeros()
}

// zeros marks the enums that have no value 0: nothing is to be sent for it.
func (b *builder) zeros() {
	for _, t := range b.model.Types {
		for _, f := range t.Fields {
			if e := b.model.Enums[f.Type.Base]; e != nil && f.Type.Kind == enumInt {
				f.NoZero = !slices.ContainsFunc(e.Values, func(v string) bool { return strings.HasSuffix(v, "=0") })
			}
		}
	}
}

// prune drops the enums that no field has, for example because the ledger
// prefers a string.
func (b *builder) prune() {
	used := map[string]bool{}
	for _, t := range b.model.Types {
		if !t.In && !t.Out {
			continue
		}
		for _, f := range t.Fields {
			used[f.Type.Base] = true
		}
	}
	for _, m := range b.model.Methods {
		used[m.Response.Base] = true
	}
	for name, e := range b.model.Enums {
		if !used[name] {
			delete(b.model.Enums, name)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(b.Ledger.Consts)) {
			enum, value, _ := strings.Cut(key, " ")
			if enum == name && !slices.Contains(e.Values, value) {
				e.Values = append(e.Values, value)
			}
		}
	}
}

// pointers marks the objects that would otherwise contain themselves.
func (b *builder) pointers() {
	for _, name := range slices.Sorted(maps.Keys(b.model.Types)) {
		t := b.model.Types[name]
		for _, f := range t.Fields {
			if f.Type.Kind == object && f.Type.Prefix == "" && t.Out {
				f.Pointer = b.contains(f.Type.Base, name, map[string]bool{})
			}
		}
	}
}

// contains reports whether a struct holds another by value, at any depth.
func (b *builder) contains(outer, inner string, seen map[string]bool) bool {
	if outer == inner {
		return true
	}
	if seen[outer] {
		return false
	}
	seen[outer] = true
	t := b.model.Types[outer]
	if t == nil || !t.Out {
		return false // objects of what is only sent are pointers anyway
	}
	for _, f := range t.Fields {
		if f.Type.Kind == object && f.Type.Prefix == "" && b.contains(f.Type.Base, inner, seen) {
			return true
		}
	}
	return false
}

// versions finds the newest version of every operation.
func (b *builder) versions() {
	name := func(m *Method) string { return m.Ledger.Service + "." + unversioned(m.Ledger.Method) }
	newest := map[string]*Method{}
	for _, m := range b.model.Methods {
		if have := newest[name(m)]; have == nil || m.Version > have.Version {
			newest[name(m)] = m
		}
	}
	for _, m := range b.model.Methods {
		if other := newest[name(m)]; other.Version > m.Version {
			m.Newest = other
		}
	}
}

// retired checks that successors exist.
func (b *builder) retired() {
	known := map[string]bool{}
	for _, l := range b.Ledger.Ops {
		known[l.Name()] = true
	}
	for _, m := range b.model.Methods {
		if next := m.Ledger.Retired; next != "" && !known[next] {
			b.fail("%s: the successor %s does not exist", m.Key, next)
		}
	}
}

// counts reports whether a field holds a number or a bool.
func (t *Type) counts() bool {
	for _, f := range t.Fields {
		if f.Type.Kind == number {
			return true
		}
	}
	return false
}

// form is how a field is written: whether as a pointer, and whether it is left
// out when it is absent.
//
// What is only sent has pointers for what is optional, so that zero, false and
// empty can be sent on purpose. What also comes back has plain values, of which
// bools and numbers are always sent and the rest when they are not empty.
func (t *Type) form(f *Field, null bool) (pointer, omit bool) {
	single := f.Type.Prefix == ""
	counts := single && !f.NoZero && (f.Type.Kind == number || f.Type.Kind == enumInt)
	plain := single && (counts || f.NoZero || f.Type.Kind == text || f.Type.Kind == enum)
	switch {
	case null:
		return true, false
	case !t.In: // comes back only
		return f.Pointer, true
	case !t.Out && f.Required:
		return false, false
	case !t.Out:
		return plain || single && f.Type.Kind == object, true
	case f.Source.ReadOnly:
		return f.Pointer, true
	case f.Required:
		return f.Pointer, false
	case counts:
		return f.Source.Nullable, f.Source.Nullable
	}
	return f.Pointer, true
}
