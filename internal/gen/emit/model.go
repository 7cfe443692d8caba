// Package emit turns snapshots and a ledger into the generated files of a
// client. It never invents a name: what the ledger does not know is an error,
// unless the caller asked for proposals.
package emit

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// API is one client to generate.
type API struct {
	Dialect
	Modules []*spec.Module
	Ledger  *ledger.Ledger
	Propose bool // add what the ledger lacks instead of failing
}

// Expr is the Go type of a value: "[]" and "map[string]" before a base.
type Expr struct {
	Prefix string
	Base   string
	Kind   exprKind
}

type exprKind int

const (
	text   exprKind = iota // string, and types whose zero value means absent
	number                 // bool and numbers, where zero is a value
	object                 // a generated struct
	raw                    // json.RawMessage
	file                   // an upload
	enum                   // a generated string type
	enumInt
)

func (e Expr) String() string { return e.Prefix + e.Base }

// Field is one member of a struct.
type Field struct {
	Name     string // on the wire
	Go       string
	In       string // query, body or part
	Type     Expr
	Source   *spec.Schema
	Required bool
	Pointer  bool // set for objects that would contain themselves
}

// Type is a generated struct, or with Alias another named type.
type Type struct {
	Name    string
	Module  string
	Origin  string // for the comment
	Alias   *Expr
	Fields  map[string]*Field
	In, Out bool // reachable from requests, from responses
	Top     bool // the request of an operation: its fields say where they go
	Query   bool // of a Top: some of them go to the query
}

// Enum is a generated named string or number.
type Enum struct {
	Name   string
	Module string
	Values []string // "NAME", or "NAME=1" of a number
	Out    bool
}

// Method is one operation.
type Method struct {
	*spec.Operation
	Ledger    *ledger.Op
	PathNames []string // placeholders in order
	Request   *Type
	Response  *Expr // nil: nothing comes back
	Page      *Paging
	Batches   []ledger.Batch
}

// Model is everything that is printed.
type Model struct {
	API     *API
	Methods []*Method
	Types   map[string]*Type
	Enums   map[string]*Enum
}

type builder struct {
	*API
	model *Model
	errs  []error

	taken    map[string]bool            // Go names of types in use
	visited  map[string]bool            // places already merged into their type
	sets     map[string]map[string]bool // service and field -> the value sets it has
	requests map[string]string          // definition -> request type that is built from it
	parts    map[string]string          // Go type and field -> type of the object in it
	services map[string]int             // method name -> number of services that have it
}

// Build joins snapshots and ledger.
func Build(api *API) (*Model, error) {
	b := &builder{
		API:   api,
		model: &Model{API: api, Types: map[string]*Type{}, Enums: map[string]*Enum{}},
		taken: map[string]bool{}, visited: map[string]bool{}, sets: map[string]map[string]bool{}, requests: map[string]string{},
		parts: map[string]string{}, services: map[string]int{},
	}
	for _, name := range reserved {
		b.taken[name] = true
	}
	for _, names := range []map[string]string{api.Ledger.Types, api.Ledger.Enums} {
		for _, name := range names {
			b.taken[name] = true
		}
	}
	ops := b.operations()
	b.nameMethods(ops)
	for _, op := range ops {
		b.valueSets(op)
	}
	for _, op := range ops {
		b.method(op)
	}
	b.directions()
	b.pages()
	b.retired()
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return b.model, nil
}

// reserved are the hand-written types of the clients.
var reserved = []string{
	"Client", "Option", "CallOption", "Error", "File", "ID", "GUID", "Decimal", "UnixSeconds", "Time", "Token", "Session",
	"TokenSource", "TokenStore", "Response", "Request", "Credentials", "Event", "Limiter", "Observer", "Middleware", "Next",
}

func (b *builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

// add puts a proposed line into the ledger, or fails if proposals are not
// wanted.
func (b *builder) add(format string, args ...any) {
	if !b.Propose {
		b.fail("the ledger lacks: "+format+" (run apigen ledger)", args...)
		return
	}
	if err := b.Ledger.Add(format, args...); err != nil {
		b.errs = append(b.errs, err)
	}
}

func (b *builder) operations() []*spec.Operation {
	var ops []*spec.Operation
	for _, m := range b.Modules {
		for _, key := range m.Keys() {
			ops = append(ops, m.Operations[key])
		}
	}
	return ops
}

func (b *builder) method(op *spec.Operation) {
	l := b.Ledger.Ops[op.Key]
	if l == nil {
		return // already reported
	}
	if l.Body != op.Body {
		b.fail("%s: body shape is %q, the ledger says %q", op.Key, op.Body, l.Body)
	}
	m := &Method{Operation: op, Ledger: l, PathNames: placeholders(op.URL())}
	if len(op.Query) > 0 || op.Body != "" {
		m.Request = b.request(m)
	}
	for _, batch := range b.Ledger.Batches {
		switch {
		case batch.Method != l.Name():
		case m.Request == nil || m.Request.Fields[batch.Field] == nil || op.Response == nil:
			b.fail("%s has no list %s to split", batch.Method, batch.Field)
		default:
			m.Batches = append(m.Batches, batch)
		}
	}
	if op.Response != nil {
		place := op.Key + " data"
		if op.Response.Kind == spec.Object && len(op.Response.Fields) > 0 {
			name := b.typeName(place, func() string { return b.operationType(l, "Response") })
			b.object(name, op.Module, op.Response, place, l.Name()+" response")
			m.Response = &Expr{Base: name, Kind: object}
		} else {
			e := b.expr(op.Response, owner{op.Module, place, l.Service + l.Method, "result", l.Service})
			m.Response = &e
		}
	}
	b.model.Methods = append(b.model.Methods, m)
}

func placeholders(path string) []string {
	var names []string
	for rest := path; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			return names
		}
		name, tail, _ := strings.Cut(after, "}")
		names, rest = append(names, name), tail
	}
}

// request builds the struct of a call's query and body.
func (b *builder) request(m *Method) *Type {
	op, l := m.Operation, m.Ledger
	place := op.Key + " request"
	name := b.typeName(place, func() string { return b.operationType(l, "Request") })
	t := b.declare(name, op.Module, l.Name()+" request")
	t.Top, t.Query = true, len(op.Query) > 0
	for _, q := range slices.Sorted(maps.Keys(op.Query)) {
		in := op.Query[q]
		at := op.Key + " query." + q
		if in.Kind == spec.Ref && op.Module.Types[in.Ref].Kind == spec.Object {
			// An object in the query stands for its properties.
			for _, f := range op.Module.Types[in.Ref].Names() {
				b.field(t, f, "query", op.Module.Types[in.Ref].Fields[f], owner{op.Module, at + "." + f, name, f, l.Service})
			}
			continue
		}
		b.field(t, q, "query", in, owner{op.Module, at, name, q, l.Service})
	}
	if op.Body == "" {
		return t
	}
	body, at := op.Request, op.Key+" body"
	resolve := func() {
		for body.Kind == spec.Ref {
			at = op.Module.Name + "#" + body.Ref
			b.requests[at] = name
			body = op.Module.Types[body.Ref]
		}
	}
	resolve()
	if op.Body == spec.BodyWrapped {
		delete(b.requests, at)
		body = body.Fields["request"]
		resolve()
	}
	in := "body"
	if op.Body == spec.BodyMultipart {
		in = "part"
	}
	if body.Kind != spec.Object {
		if len(op.Query) > 0 {
			b.fail("%s: a body that is no object beside a query", op.Key)
		}
		e := b.expr(body, owner{op.Module, at, name, "item", l.Service})
		t.Alias = &e
		return t
	}
	for _, f := range body.Names() {
		b.field(t, f, in, body.Fields[f], owner{op.Module, at + "." + f, name, f, l.Service})
	}
	return t
}

// owner says where a value stands: its place, the Go type and field that hold
// it, and the service, from which names are proposed.
type owner struct {
	module  *spec.Module
	place   string
	typ     string
	field   string
	service string
}

func (o owner) at(suffix string) owner {
	o.place += suffix
	return o
}

func (b *builder) declare(name string, m *spec.Module, origin string) *Type {
	t := b.model.Types[name]
	if t == nil {
		t = &Type{Name: name, Module: m.Name, Origin: origin, Fields: map[string]*Field{}}
		b.model.Types[name] = t
	}
	return t
}

// object adds the fields of a schema to the named type. Several places may
// share a type; it then has the fields of all of them.
func (b *builder) object(name string, m *spec.Module, s *spec.Schema, place, origin string) {
	if b.visited[place] {
		return
	}
	b.visited[place] = true
	t := b.declare(name, m, origin)
	service := "" // a definition belongs to no single one
	if op := b.Ledger.Ops[operationOf(place)]; op != nil {
		service = op.Service
	}
	for _, f := range s.Names() {
		b.field(t, f, "body", s.Fields[f], owner{m, place + "." + f, name, f, service})
	}
}

// operationOf returns the operation that a place belongs to, if any.
func operationOf(place string) string {
	words := strings.Fields(place)
	if len(words) < 2 {
		return ""
	}
	return words[0] + " " + words[1]
}

func (b *builder) field(t *Type, name, in string, s *spec.Schema, o owner) {
	key := name
	if have := t.Fields[name]; have != nil && have.In == "query" && in != "query" {
		key = "body:" + name // one name in the query and in the body
	}
	at := t.Name + "." + key
	e := b.expr(s, o)
	if kind := b.Ledger.Kinds[at]; kind != "" {
		e = b.override(e, kind)
	}
	f := &Field{Name: name, In: in, Type: e, Source: s, Required: s.Required || b.Ledger.Required[at]}
	if have := t.Fields[key]; have != nil {
		merged, ok := merge(have.Type, e)
		if !ok {
			b.fail("%s is %s in one place and %s at %s; settle it with a kind line", at, have.Type, e, o.place)
		}
		have.Type = merged
		have.Required = have.Required && f.Required || b.Ledger.Required[at]
		return
	}
	f.Go = b.Ledger.Fields[at]
	if f.Go == "" {
		f.Go = naming.Exported(name[strings.LastIndexByte(name, '.')+1:])
		for _, other := range t.Fields {
			if other.Go == f.Go {
				f.Go += "2"
				b.add("field %s %s", at, f.Go)
			}
		}
	}
	t.Fields[key] = f
}

// override replaces the scalar at the end of a type.
func (b *builder) override(e Expr, kind string) Expr {
	e.Base, e.Kind = kind, text
	switch kind {
	case "int", "int64", "bool", "float64":
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
		if len(s.Fields) == 0 {
			return Expr{Base: "json.RawMessage", Kind: raw}
		}
		part := o.typ + "." + o.field
		name := b.typeName(o.place, func() string {
			if known := b.parts[part]; known != "" {
				return known // another place of the same type named it
			}
			return b.free(o.typ + elementName(o))
		})
		b.parts[part] = name
		b.object(name, o.module, s, o.place, "")
		return Expr{Base: name, Kind: object}
	}
	if len(s.Enum) > 0 {
		return b.enum(s, b.enumName(o), o.module)
	}
	if b.Package == "tiktokshop" && s.Kind == spec.Int64 && replyID.MatchString(o.place) {
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

// named returns the Go type of a definition.
func (b *builder) named(m *spec.Module, def string) Expr {
	s := m.Types[def]
	if s == nil {
		b.fail("%s has no type %s", m.Name, def)
		return Expr{Base: "json.RawMessage", Kind: raw}
	}
	place := m.Name + "#" + def
	switch {
	case s.Kind == spec.Object && len(s.Fields) > 0:
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
