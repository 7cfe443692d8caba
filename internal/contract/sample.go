package contract

import (
	"github.com/getkin/kin-openapi/openapi3"
)

// sampler makes a value of a schema with every field filled once.
type sampler struct {
	request bool // leave out what only comes back
	open    map[*openapi3.Schema]bool
}

func sample(s *openapi3.Schema, request bool) any {
	v, _ := (&sampler{request: request, open: map[*openapi3.Schema]bool{}}).value(s)
	return v
}

// value returns false for a schema that stands inside itself.
func (g *sampler) value(s *openapi3.Schema) (any, bool) {
	if g.open[s] {
		return nil, false
	}
	g.open[s] = true
	defer delete(g.open, s)
	switch {
	case len(s.Enum) > 0:
		// Not a zero, which a reply may leave out.
		for _, v := range s.Enum {
			if v != 0.0 && v != "" {
				return v, true
			}
		}
		return s.Enum[0], true
	case len(s.AnyOf) > 0:
		return g.value(s.AnyOf[0].Value)
	case s.Type.Is(openapi3.TypeArray):
		item, ok := g.value(s.Items.Value)
		if !ok {
			return []any{}, true
		}
		switch item.(type) {
		case map[string]any, []any:
			return []any{item}, true
		}
		if g.request {
			second := item // one alone does not show how they are joined
			if id, ok := item.(string); ok && s.UniqueItems {
				second = id[:len(id)-1] + "6"
			}
			return []any{item, second}, true
		}
		return []any{item}, true
	case s.Type.Is(openapi3.TypeBoolean):
		return true, true
	case s.Type.Is(openapi3.TypeInteger):
		if s.Min != nil && *s.Min > 1 {
			return *s.Min, true
		}
		return 1.0, true
	case s.Type.Is(openapi3.TypeNumber):
		return 1.5, true
	case s.Type.Is(openapi3.TypeString):
		return text(s), true
	case len(s.Properties) > 0:
		object := map[string]any{}
		for name, p := range s.Properties {
			if g.request && p.Value.ReadOnly {
				continue
			}
			if v, ok := g.value(p.Value); ok {
				object[name] = v
			}
		}
		return object, true
	case s.AdditionalProperties.Schema != nil:
		v, ok := g.value(s.AdditionalProperties.Schema.Value)
		if !ok {
			return map[string]any{}, true
		}
		return map[string]any{"key": v}, true
	}
	return map[string]any{}, true
}

func text(s *openapi3.Schema) string {
	switch s.Format {
	case "uuid":
		return "11111111-2222-4333-8444-555555555555"
	case "date-time":
		return "2026-01-02T03:04:05.000Z"
	case "email":
		return "a@example.com"
	}
	v := "1"
	for uint64(len(v)) < s.MinLength {
		v += "1"
	}
	return v
}
