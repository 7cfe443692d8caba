package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// described is an operation of a vendor's description.
type described struct {
	doc    *openapi3.T
	item   *openapi3.PathItem
	op     *openapi3.Operation
	method string
	path   string
	base   string // scheme, host and path before the operation's
	v1     bool   // Linnworks' first version

	jsonLists map[string]*openapi3.Schema // lists that go as JSON text in the query
}

// load reads all descriptions below dir by "METHOD /path" and mends what keeps
// a validator from judging them. jsonLists tells the operations whose lists in
// the query go as JSON text.
func load(dir string, jsonLists func(key string) bool) (map[string]*described, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]*described{}
	for _, file := range files {
		doc, v1, err := read(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		m := mender{seen: map[*openapi3.Schema]bool{}}
		if doc.Components != nil {
			for _, s := range doc.Components.Schemas {
				m.schema(s)
			}
		}
		for path, item := range doc.Paths.Map() {
			for method, op := range item.Operations() {
				d := &described{
					doc: doc, item: item, op: op, method: method, path: path, v1: v1,
					base: strings.TrimSuffix(doc.Servers[0].URL, "/"), jsonLists: map[string]*openapi3.Schema{},
				}
				m.operation(d, jsonLists(method+" "+path))
				all[method+" "+path] = d
			}
		}
	}
	return all, nil
}

func read(file string) (doc *openapi3.T, v1 bool, err error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, false, err
	}
	var kind struct{ Swagger string }
	if err := json.Unmarshal(src, &kind); err != nil {
		return nil, false, err
	}
	if kind.Swagger == "" {
		doc, err = openapi3.NewLoader().LoadFromData(src)
		return doc, false, err
	}
	var old openapi2.T
	if err := json.Unmarshal(src, &old); err != nil {
		return nil, false, err
	}
	// Elements of lists without a type stop the conversion.
	doc, err = openapi2conv.ToV3(&old)
	return doc, true, err
}

// mender repairs the flaws of the descriptions, which PROVENANCE.md beside them
// lists.
type mender struct{ seen map[*openapi3.Schema]bool }

func (m mender) operation(d *described, jsonLists bool) {
	var params openapi3.Parameters
	for _, ref := range d.op.Parameters {
		p := ref.Value
		if p.In != openapi3.ParameterInQuery {
			params = append(params, ref)
			continue
		}
		m.schema(p.Schema)
		s := p.Schema.Value
		switch list := s.Type.Is(openapi3.TypeArray); {
		case len(s.Properties) > 0:
			// An object stands for its properties.
			for name, prop := range s.Properties {
				part := openapi3.NewQueryParameter(name).WithSchema(prop.Value)
				params = append(params, &openapi3.ParameterRef{Value: part})
			}
			continue
		case list && jsonLists:
			// The ledger knows better than the description.
			d.jsonLists[p.Name] = s
			p.Schema = openapi3.NewStringSchema().NewRef()
		case list && strings.Contains(d.base, "tiktok"):
			explode := false // one value, joined by commas
			p.Explode = &explode
		}
		params = append(params, ref)
	}
	d.op.Parameters = params
	if d.op.RequestBody != nil {
		for _, c := range d.op.RequestBody.Value.Content {
			m.schema(c.Schema)
		}
	}
	for _, r := range d.op.Responses.Map() {
		for _, c := range r.Value.Content {
			m.schema(c.Schema)
		}
	}
}

// schema makes objects closed, so that an unknown field is a fault, and turns
// compositions into what they mean: their parts forbid each other's fields as
// they stand, and alternatives overlap.
func (m mender) schema(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || m.seen[ref.Value] {
		return
	}
	s := ref.Value
	m.seen[s] = true
	for _, part := range s.AllOf {
		m.schema(part)
		if len(part.Value.Properties) == 0 && len(s.AllOf) == 1 && len(s.Properties) == 0 {
			ref.Ref, ref.Value = part.Ref, part.Value // only carries a reference
			return
		}
		for name, p := range part.Value.Properties {
			if s.Properties == nil {
				s.Properties = openapi3.Schemas{}
			}
			if s.Properties[name] == nil {
				s.Properties[name] = p
			}
		}
		s.Required = append(s.Required, part.Value.Required...)
	}
	s.AllOf = nil
	s.AnyOf, s.OneOf = append(s.AnyOf, s.OneOf...), nil
	for _, part := range s.AnyOf {
		m.schema(part)
	}
	m.schema(s.Items)
	m.schema(s.AdditionalProperties.Schema)
	for _, p := range s.Properties {
		m.schema(p)
	}
	if len(s.Properties) > 0 {
		closed := false
		s.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}
	}
}
