package emit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// override replaces the scalar at the end of a type.
func (b *builder) override(e Expr, kind string) Expr {
	e.Base, e.Kind = kind, text
	switch kind {
	case "int", "int64", "bool", "UnixSeconds":
		e.Kind = number
	case "json.RawMessage":
		e.Prefix, e.Kind = "", raw
	}
	return e
}

// merge returns the type that can hold both.
func merge(a, b Expr) (Expr, bool) {
	if a == b {
		return a, true
	}
	if a.Prefix != b.Prefix {
		return a, false
	}
	// A plain string gives way to whatever says more; a wider number wins.
	rank := func(e Expr) int {
		return slices.Index([]string{"string", "Decimal", "int", "int64", "UnixSeconds"}, e.Base)
	}
	ra, rb := rank(a), rank(b)
	switch {
	case a.Kind == enum && rb == 0:
		return a, true
	case b.Kind == enum && ra == 0:
		return b, true
	case ra == 0 && rb == 1, ra == 2 && rb == 3, ra >= 2 && rb == 4:
		return b, true
	case rb == 0 && ra == 1, rb == 2 && ra == 3, rb >= 2 && ra == 4:
		return a, true
	}
	return a, false
}

// expr returns the Go type of a schema and builds the types it needs.
func (b *builder) expr(s *spec.Schema, o owner) Expr {
	switch s.Kind {
	case spec.Array:
		e := b.expr(s.Elem, o.at("[]"))
		e.Prefix = "[]" + e.Prefix
		return e
	case spec.Map:
		e := b.expr(s.Elem, o.at("{}"))
		e.Prefix = "map[string]" + e.Prefix
		return e
	case spec.Ref:
		return b.named(o.module, s.Ref)
	case spec.OneOf:
		if ref := widest(o.module, s.Members); ref != "" {
			return b.named(o.module, ref)
		}
		return Expr{Base: "json.RawMessage", Kind: raw}
	case spec.Object:
		// Who reads the text of an object without members goes on doing so when
		// some are known.
		if len(s.Fields) == 0 && !b.Ledger.Opaque[o.place] {
			b.add("opaque %s", o.place)
		}
		if len(s.Fields) == 0 || b.Ledger.Opaque[o.place] {
			return Expr{Base: "json.RawMessage", Kind: raw}
		}
		part := o.typ + "." + o.field
		name := b.typeName(o.place, func() string {
			if known := b.parts[part]; known != "" {
				return known // another place of the same type named it
			}
			return b.free(b.short(o, elementName(o)))
		})
		b.parts[part] = name
		b.object(name, o.module, s, o.place, "")
		return Expr{Base: name, Kind: object}
	}
	if len(s.Enum) > 0 {
		return b.enum(s, b.enumName(o), o.module)
	}
	if b.Package == "tiktokshop" && (s.Kind == spec.Int64 || s.Kind == spec.Int32) && replyID.MatchString(o.place) {
		return Expr{Base: "ID"} // may exceed what other languages keep exact
	}
	base, ok := b.Kinds[s.Kind]
	if !ok {
		b.fail("%s: kind %q", o.place, s.Kind)
	}
	return base
}

// replyID matches the place of an id in a reply.
var replyID = regexp.MustCompile(` data\.(?:.*[._])?id$`)

func elementName(o owner) string {
	if strings.HasSuffix(o.place, "[]") {
		return naming.Singular(o.field)
	}
	return naming.Exported(o.field)
}

// short names a part of a type after the type and the part. Where that is too
// long the operation stands for the type, with as many of the words between
// them as there is room for, and then the service.
func (b *builder) short(o owner, part string) string {
	name := o.typ + part
	op := b.Ledger.Ops[operationOf(o.place)]
	if len(name) <= maxName || op == nil {
		return name
	}
	way := words(o.place)
	if n := len(way); n > 0 {
		way[n-1] = part
	}
	for _, head := range []string{op.Method, op.Service, ""} {
		for i := range way {
			if short := head + joined(way[i:]); len(short) <= maxName && !b.taken[short] {
				return short
			}
		}
	}
	return name
}

// named returns the Go type of a definition.
func (b *builder) named(m *spec.Module, def string) Expr {
	s := m.Types[def]
	if s == nil {
		b.fail("%s has no type %s", m.Name, def)
		return Expr{Base: "json.RawMessage", Kind: raw}
	}
	place := m.Name + "#" + def
	switch {
	case s.Kind == spec.Object && len(s.Fields) > 0 && !b.Ledger.Opaque[place]:
		name := b.typeName(place, func() string { return b.definitionType(m, def) })
		b.object(name, m, s, place, "")
		return Expr{Base: name, Kind: object}
	case len(s.Enum) > 0 && s.Kind != spec.Array:
		return b.enum(s, b.typeName(place, func() string { return b.definitionType(m, def) }), m)
	}
	return b.expr(s, owner{m, place, naming.Exported(def), "item", ""})
}

// widest returns the member of a oneOf that has the fields of all others.
func widest(m *spec.Module, members []string) string {
	best := ""
	for _, member := range members {
		ref, ok := strings.CutPrefix(member, "@")
		if !ok {
			return ""
		}
		if best == "" || covers(m.Types[ref], m.Types[best]) && !covers(m.Types[best], m.Types[ref]) {
			best = ref
		}
	}
	for _, member := range members {
		if !covers(m.Types[best], m.Types[member[1:]]) {
			return ""
		}
	}
	return best
}

func covers(a, b *spec.Schema) bool {
	for name := range b.Fields {
		if a.Fields[name] == nil {
			return false
		}
	}
	return true
}

func (b *builder) enum(s *spec.Schema, name string, m *spec.Module) Expr {
	e := b.model.Enums[name]
	if e == nil {
		e = &Enum{Name: name, Module: m.Name}
		b.model.Enums[name] = e
	}
	for _, v := range s.Enum {
		if !slices.Contains(e.Values, v) {
			e.Values = append(e.Values, v)
		}
	}
	if strings.Contains(s.Enum[0], "=") {
		return Expr{Base: name, Kind: enumInt}
	}
	return Expr{Base: name, Kind: enum}
}
