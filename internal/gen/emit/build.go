package emit

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

type builder struct {
	*API
	model *Model
	errs  []error

	taken    map[string]bool            // Go names of types in use
	visited  map[string]bool            // places already merged into their type
	sets     map[string]map[string]bool // service and field -> the value sets it has
	requests map[string]string          // definition -> request type that is built from it
	parts    map[string]string          // Go type and field -> type of the object in it
	given    map[string]bool            // Go type and field that the ledger names
	services map[string]int             // method name -> number of services that have it
}

// Build joins snapshots and ledger.
func Build(api *API) (*Model, error) {
	if api.Propose {
		if err := propose(api); err != nil {
			return nil, err
		}
	}
	b, err := build(api)
	if err != nil {
		return nil, err
	}
	return b.model, nil
}

func build(api *API) (*builder, error) {
	b := &builder{
		API:   api,
		model: &Model{API: api, Types: map[string]*Type{}, Enums: map[string]*Enum{}},
		taken: map[string]bool{}, visited: map[string]bool{}, sets: map[string]map[string]bool{}, requests: map[string]string{},
		parts: map[string]string{}, services: map[string]int{},
	}
	for _, name := range slices.Concat(reserved, api.Reserved) {
		b.taken[name] = true
	}
	for _, names := range []map[string]string{api.Ledger.Types, api.Ledger.Enums} {
		for _, name := range names {
			b.taken[name] = true
		}
	}
	b.given = map[string]bool{}
	for at, name := range api.Ledger.Fields {
		b.given[at[:strings.IndexByte(at, '.')+1]+name] = true
	}
	ops := b.operations()
	b.nameMethods(ops)
	for _, l := range api.Ledger.Ops {
		b.taken[l.Service+"Service"] = true
	}
	for _, op := range ops {
		b.valueSets(op)
	}
	for _, op := range ops {
		b.method(op)
	}
	b.directions()
	b.clashes()
	b.constants()
	b.checkSecrets()
	b.checkPrint()
	b.checkNotes()
	b.pages()
	b.retired()
	b.versions()
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return b, nil
}

// reserved are the hand-written types of the clients.
var reserved = []string{
	"Client", "Option", "CallOption", "Error", "File", "ID", "GUID", "Decimal", "UnixSeconds", "Time", "Token", "Session",
	"TokenSource", "TokenStore", "Response", "Request", "Credentials", "Event", "Limiter", "Observer", "Middleware", "Next",
	"CallInfo", "Secret", "Header", "Attempts",
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
	switch l.Body {
	case op.Body:
	case "":
		b.add("set %s body=%s", op.Key, op.Body)
	default:
		b.fail("%s: body shape is %q, the ledger says %q", op.Key, op.Body, l.Body)
	}
	m := &Method{Operation: op, Ledger: l, PathNames: placeholders(op.URL())}
	m.Request = b.request(m)
	for _, batch := range b.Ledger.Batches {
		switch {
		case batch.Method != l.Name():
		case m.Request.Fields[batch.Field] == nil || op.Response == nil:
			b.fail("%s has no list %s to split", batch.Method, batch.Field)
		default:
			m.Batches = append(m.Batches, batch)
		}
	}
	m.Response, m.ResponseName = b.response(op, l)
	b.model.Methods = append(b.model.Methods, m)
}

// response returns what a method returns, and what it calls that. An operation that
// answers nothing has a struct without fields, so that it can answer something later.
func (b *builder) response(op *spec.Operation, l *ledger.Op) (e *Expr, name string) {
	place := op.Key + " data"
	s := op.Response
	if s == nil {
		s = &spec.Schema{Kind: spec.Object}
	}
	if s.Kind == spec.Ref && b.Ledger.Types[place] != "" {
		s = op.Module.Types[s.Ref] // it answered nothing, or something else, when it was named
	}
	if s.Kind == spec.Object && (op.Response == nil || len(s.Fields) > 0 && !b.Ledger.Opaque[place]) {
		name := b.typeName(place, func() string { return b.operationType(l, "Response") })
		typ := b.canonical(name)
		b.object(typ, op.Module, s, place, b.origin(name, l.Name()+" response"))
		b.model.Types[typ].Reply = true
		return &Expr{Base: typ, Kind: object}, name
	}
	other := b.expr(s, owner{op.Module, place, l.Service + l.Method, "result", l.Service})
	return &other, other.Base
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

// request builds the struct of a call's query and body. Every method has one,
// if without fields, so that it can take something later.
func (b *builder) request(m *Method) *Type {
	op, l := m.Operation, m.Ledger
	place := op.Key + " request"
	name := b.typeName(place, func() string { return b.operationType(l, "Request") })
	m.RequestName, name = name, b.canonical(name)
	t := b.declare(name, op.Module, b.origin(m.RequestName, l.Name()+" request"))
	t.Top, t.Query = true, len(op.Query) > 0
	t.coming = slices.Sorted(maps.Keys(op.Query))
	for _, q := range t.coming {
		in := op.Query[q]
		at := op.Key + " query." + q
		if in.Kind == spec.Ref && op.Module.Types[in.Ref].Kind == spec.Object {
			// An object in the query stands for its properties.
			t.coming = append(t.coming[:len(t.coming):len(t.coming)], op.Module.Types[in.Ref].Names()...)
			for _, f := range op.Module.Types[in.Ref].Names() {
				b.field(t, f, "query", op.Module.Types[in.Ref].Fields[f], owner{op.Module, at + "." + f, name, f, l.Service})
			}
			continue
		}
		b.field(t, q, "query", in, owner{op.Module, at, name, q, l.Service})
	}
	for _, q := range slices.Sorted(maps.Keys(t.Fields)) {
		if f := t.Fields[q]; f.In == "query" && !f.Type.inQuery(l.JSONLists) {
			b.fail("%s query.%s: %s has no form in a query; settle it with a kind line or lists=json", op.Key, q, f.Type)
		}
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
		m.Whole = true
		e := b.expr(body, owner{op.Module, at, name, "item", l.Service})
		t.Fields["body"] = &Field{Name: "body", Go: "Body", In: "whole", Type: e, Source: body, Required: true}
		return t
	}
	t.coming = append(t.coming[:len(t.coming):len(t.coming)], body.Names()...)
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
		t = &Type{Name: name, Module: b.home(name, m), Origin: origin, Fields: map[string]*Field{}}
		b.model.Types[name] = t
	}
	if t.Origin == "" {
		t.Origin = origin
	}
	return t
}

// common is the file of what is the same everywhere.
const common = "common"

// home returns the file of a type.
func (b *builder) home(name string, m *spec.Module) string {
	for _, thing := range b.Things {
		if thing.Name == name {
			return common
		}
	}
	if m == nil {
		return ""
	}
	return m.Name
}

// canonical returns the type that a request or reply is one with.
func (b *builder) canonical(name string) string {
	return cmp.Or(b.Ledger.Same[name], name)
}

// origin is what a type's comment says of where it comes from, unless it goes
// by another name there.
func (b *builder) origin(name, what string) string {
	if b.Ledger.Same[name] != "" {
		return ""
	}
	return what
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
	t.coming = s.Names()
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
	if name == spec.Others {
		e.Prefix = "map[string]" + e.Prefix
	}
	f := &Field{Name: name, In: in, Type: e, Source: s, Required: s.Required || b.Ledger.Required[at], Deprecated: s.Deprecated}
	if have := t.Fields[key]; have != nil {
		merged, ok := merge(have.Type, e)
		if !ok {
			b.fail("%s is %s in one place and %s at %s; settle it with a kind line", at, have.Type, e, o.place)
		}
		have.Type = merged
		have.Required = have.Required && f.Required || b.Ledger.Required[at]
		have.Deprecated = cmp.Or(have.Deprecated, f.Deprecated)
		return
	}
	f.Go = b.Ledger.Fields[at]
	if name == spec.Others {
		f.Go, t.Others = "Others", f
	}
	if f.Go == "" {
		f.Go = b.fieldName(t, name, at)
	}
	t.Fields[key] = f
}

// fieldName proposes the Go name of a field: without what the dialect leaves
// out if no other field has that name, with a number if one has the whole.
func (b *builder) fieldName(t *Type, name, at string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	taken := func(goName string) bool { return b.fieldTaken(t, goName, name) || b.has(t, goName) }
	if b.Field != nil && b.Field(last) != last {
		if short := naming.Exported(b.Field(last)); !taken(short) && b.alone(t, last, short) {
			b.add("field %s %s", at, short)
			return short
		}
	}
	full := naming.Exported(last)
	if taken(full) {
		full = numbered(full, taken)
		b.add("field %s %s", at, full)
	}
	return full
}

// has reports whether a field of the type has the Go name.
func (b *builder) has(t *Type, goName string) bool {
	for _, f := range t.Fields {
		if f.Go == goName {
			return true
		}
	}
	return false
}

// alone reports whether no other field of the place goes by a short name.
func (b *builder) alone(t *Type, wire, short string) bool {
	for _, other := range t.coming {
		if other != wire && (naming.Exported(other) == short || naming.Exported(b.Field(other)) == short) {
			return false
		}
	}
	return true
}
