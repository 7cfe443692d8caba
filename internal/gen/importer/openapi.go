// Package importer turns the vendors' descriptions into snapshots. It keeps
// facts (names, types, values, limits) and drops every sentence.
package importer

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// The parts of OpenAPI 3 and Swagger 2 that the descriptions use.
type document struct {
	Paths       map[string]map[string]*operation `json:"paths"`
	Definitions map[string]*schema               `json:"definitions"`
	Components  struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Tags        []string             `json:"tags"`
	OperationID string               `json:"operationId"`
	Summary     string               `json:"summary"`
	Description string               `json:"description"`
	Deprecated  bool                 `json:"deprecated"`
	Parameters  []*parameter         `json:"parameters"`
	RequestBody *content             `json:"requestBody"`
	Responses   map[string]*response `json:"responses"`
}

type content struct {
	Required bool `json:"required"`
	Content  map[string]struct {
		Schema *schema `json:"schema"`
	} `json:"content"`
}

type response struct {
	Schema *schema `json:"schema"` // Swagger 2
	content
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
	schema           // Swagger 2 writes the type beside the name
}

type schema struct {
	Ref         string             `json:"$ref"`
	Type        string             `json:"type"`
	Format      string             `json:"format"`
	Description string             `json:"description"`
	Example     any                `json:"example"`
	Properties  map[string]*schema `json:"properties"`
	Required    requiredNames      `json:"required"`
	Items       *schema            `json:"items"`
	Additional  *additional        `json:"additionalProperties"`
	Enum        []any              `json:"enum"`
	AllOf       []*schema          `json:"allOf"`
	OneOf       []*schema          `json:"oneOf"`
	Nullable    bool               `json:"nullable"`
	ReadOnly    bool               `json:"readOnly"`
	Minimum     float64            `json:"minimum"`
	Maximum     float64            `json:"maximum"`
	MinItems    int                `json:"minItems"`
	MaxItems    int                `json:"maxItems"`
	MinLength   int                `json:"minLength"`
	MaxLength   int                `json:"maxLength"`
}

// requiredNames is the list of a schema; beside it, parameters of Swagger 2
// have a bool of the same name, which parameter.Required takes.
type requiredNames []string

func (r *requiredNames) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		return nil
	}
	return json.Unmarshal(b, (*[]string)(r))
}

// additional is either a bool or a schema.
type additional struct{ schema *schema }

func (a *additional) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return nil
	}
	a.schema = new(schema)
	return json.Unmarshal(b, a.schema)
}

func read(path string) (*document, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := new(document)
	if err := json.Unmarshal(b, d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

func (d *document) types() map[string]*schema {
	if d.Definitions != nil {
		return d.Definitions
	}
	return d.Components.Schemas
}

// converter turns schemas into facts. The hint reads what a description says
// in words about a scalar: its values, its unit, its range.
type converter struct {
	types map[string]*schema
	hint  func(name string, in *schema, out *spec.Schema)
}

func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func (c *converter) convert(name string, in *schema) *spec.Schema {
	out := &spec.Schema{Nullable: in.Nullable, ReadOnly: in.ReadOnly}
	switch {
	case in.Ref != "":
		out.Kind, out.Ref = spec.Ref, refName(in.Ref)
	case len(in.AllOf) == 1 && len(in.Properties) == 0:
		// A single member only carries marks for a reference.
		one := c.convert(name, in.AllOf[0])
		one.Nullable, one.ReadOnly = in.Nullable, in.ReadOnly
		return one
	case len(in.OneOf) > 0:
		out.Kind = spec.OneOf
		for _, m := range in.OneOf {
			if m.Ref != "" {
				out.Members = append(out.Members, "@"+refName(m.Ref))
			} else {
				out.Members = append(out.Members, c.convert(name, m).Kind)
			}
		}
	case in.Items != nil:
		out.Kind, out.Elem = spec.Array, c.convert(name, in.Items)
		out.Min, out.Max = in.MinItems, in.MaxItems
	case in.Type == "array":
		out.Kind, out.Elem = spec.Array, &spec.Schema{Kind: spec.Any}
	case len(in.Properties) > 0 || len(in.AllOf) > 0:
		out.Kind, out.Fields = spec.Object, map[string]*spec.Schema{}
		c.fields(in, out.Fields)
	case in.Additional != nil && in.Additional.schema != nil:
		out.Kind, out.Elem = spec.Map, c.convert(name, in.Additional.schema)
	case in.Type == "object":
		out.Kind, out.Fields = spec.Object, map[string]*spec.Schema{}
	default:
		c.scalar(in, out)
	}
	if c.hint != nil {
		c.hint(name, in, out)
	}
	return out
}

// fields adds the properties of an object and of what it is composed from.
func (c *converter) fields(in *schema, out map[string]*spec.Schema) {
	for _, base := range in.AllOf {
		if base.Ref != "" {
			base = c.types[refName(base.Ref)]
		}
		c.fields(base, out)
	}
	for name, p := range in.Properties {
		out[name] = c.convert(name, p)
	}
	for _, name := range in.Required {
		if f := out[name]; f != nil {
			f.Required = true
		}
	}
}

func (c *converter) scalar(in *schema, out *spec.Schema) {
	switch in.Type {
	case "boolean":
		out.Kind = spec.Bool
	case "number":
		out.Kind = spec.Double
	case "integer":
		switch in.Format {
		case "int64":
			out.Kind = spec.Int64
		case "":
			out.Kind = spec.Int
		default:
			out.Kind = spec.Int32
		}
		out.Min, out.Max = int(in.Minimum), int(in.Maximum)
		if out.Max == 1<<31-1 {
			out.Max = 0
		}
	case "string":
		switch in.Format {
		case "uuid":
			out.Kind = spec.UUID
		case "date-time":
			out.Kind = spec.Date
		case "binary":
			out.Kind = spec.File
		default:
			out.Kind = spec.String
		}
		out.Min, out.Max = in.MinLength, in.MaxLength
	default:
		out.Kind = spec.Any
	}
	for _, v := range in.Enum {
		switch v := v.(type) {
		case string:
			out.Enum = append(out.Enum, v)
		case float64:
			out.Enum = append(out.Enum, "="+strconv.Itoa(int(v)))
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
