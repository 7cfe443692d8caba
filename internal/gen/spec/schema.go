// Package spec holds the facts of an API description in a small normal form,
// the same for TikTok Shop and Linnworks, and reads and writes the committed
// snapshots.
package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Kinds of a schema. Scalars keep the format of the description where it says
// more than the JSON type.
const (
	Object  = "object"
	Array   = "array"
	Map     = "map"
	Ref     = "ref"
	OneOf   = "oneOf"
	Any     = "any"
	Bool    = "bool"
	String  = "string"
	File    = "file"
	UUID    = "uuid"
	Date    = "date-time"
	Unix    = "unix"    // integer seconds
	Decimal = "decimal" // amount of money as text
	Int     = "int"
	Int32   = "int32"
	Int64   = "int64"
	Double  = "double"
)

// IsNumber reports whether a kind is one of numbers in JSON.
func IsNumber(kind string) bool {
	return kind == Int || kind == Int32 || kind == Int64 || kind == Double
}

// Dropped marks a deprecated field that the vendor names no replacement for.
const Dropped = "-"

// Schema describes one value.
type Schema struct {
	Kind     string
	Ref      string             // of Ref: name of a type of the same module
	Members  []string           // of OneOf: names of types, or scalar kinds
	Elem     *Schema            // of Array and Map
	Fields   map[string]*Schema // of Object
	Enum     []string           // "NAME", or "NAME=number" for integers
	Required bool
	Nullable bool
	ReadOnly bool
	Min, Max int // count of an array, length of a string, range of a number

	// Deprecated names the field that replaces this one, or is [Dropped].
	Deprecated string

	Confidence string // of a field that an overlay entry added
}

// inline reports whether the schema holds an object written in place.
func (s *Schema) inline() bool {
	switch s.Kind {
	case Object:
		return true
	case Array, Map:
		return s.Elem.inline()
	}
	return false
}

func (s *Schema) marks() []string {
	var m []string
	if s.Required {
		m = append(m, "required")
	}
	if s.Nullable {
		m = append(m, "nullable")
	}
	if s.ReadOnly {
		m = append(m, "readonly")
	}
	if s.Deprecated != "" {
		m = append(m, "deprecated="+s.Deprecated)
	}
	if s.Min != 0 {
		m = append(m, "min="+strconv.Itoa(s.Min))
	}
	if s.Max != 0 {
		m = append(m, "max="+strconv.Itoa(s.Max))
	}
	if len(s.Enum) > 0 {
		m = append(m, "enum="+strings.Join(s.Enum, "|"))
	}
	return m
}

func (s *Schema) typeText() string {
	switch s.Kind {
	case Ref:
		return "@" + s.Ref
	case OneOf:
		return "oneOf:" + strings.Join(s.Members, "|")
	case Array, Map:
		prefix := "[]"
		if s.Kind == Map {
			prefix = "map:"
		}
		// Marks of the element ride along only where they matter: its values.
		text := prefix + s.Elem.typeText()
		if len(s.Elem.Enum) > 0 {
			text += "{" + strings.Join(s.Elem.Enum, "|") + "}"
		}
		return text
	}
	return s.Kind
}

// MarshalJSON writes a value that holds no object in place as one string,
// such as "[]string max=50"; an object as a JSON object; a list or a map of
// objects as a JSON array of its marks and the element.
func (s *Schema) MarshalJSON() ([]byte, error) {
	switch {
	case !s.inline():
		return encode(strings.Join(append([]string{s.typeText()}, s.marks()...), " "))
	case s.Kind == Object:
		m := make(map[string]any, len(s.Fields)+1)
		for name, f := range s.Fields {
			m[name] = f
		}
		if marks := s.marks(); len(marks) > 0 {
			m[""] = strings.Join(marks, " ")
		}
		return encode(m)
	default:
		head := s.Kind
		if marks := s.marks(); len(marks) > 0 {
			head += " " + strings.Join(marks, " ")
		}
		return encode([]any{head, s.Elem})
	}
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (s *Schema) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		head, marks, _ := strings.Cut(text, " ")
		if err := s.parseType(head); err != nil {
			return err
		}
		return s.parseMarks(marks)
	case '[':
		var raw []json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			return err
		}
		if len(raw) != 2 {
			return fmt.Errorf("want a kind with marks and an element, got %d parts", len(raw))
		}
		var text string
		if err := json.Unmarshal(raw[0], &text); err != nil {
			return err
		}
		head, marks, _ := strings.Cut(text, " ")
		s.Kind, s.Elem = head, new(Schema)
		if err := s.parseMarks(marks); err != nil {
			return err
		}
		return json.Unmarshal(raw[1], s.Elem)
	default:
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			return err
		}
		s.Kind, s.Fields = Object, make(map[string]*Schema, len(raw))
		for name, r := range raw {
			if name == "" {
				var marks string
				if err := json.Unmarshal(r, &marks); err != nil {
					return err
				}
				if err := s.parseMarks(marks); err != nil {
					return err
				}
				continue
			}
			f := new(Schema)
			if err := json.Unmarshal(r, f); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			s.Fields[name] = f
		}
		return nil
	}
}

func (s *Schema) parseType(text string) error {
	if rest, ok := strings.CutPrefix(text, "[]"); ok {
		s.Kind, s.Elem = Array, new(Schema)
		return s.Elem.parseElem(rest)
	}
	if rest, ok := strings.CutPrefix(text, "map:"); ok {
		s.Kind, s.Elem = Map, new(Schema)
		return s.Elem.parseElem(rest)
	}
	if rest, ok := strings.CutPrefix(text, "oneOf:"); ok {
		s.Kind, s.Members = OneOf, strings.Split(rest, "|")
		return nil
	}
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		s.Kind, s.Ref = Ref, rest
		return nil
	}
	if text == "" {
		return fmt.Errorf("empty type")
	}
	s.Kind = text
	return nil
}

func (s *Schema) parseElem(text string) error {
	head, values, found := strings.Cut(text, "{")
	if found {
		s.Enum = strings.Split(strings.TrimSuffix(values, "}"), "|")
	}
	return s.parseType(head)
}

func (s *Schema) parseMarks(text string) error {
	for mark := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(mark, "=")
		var err error
		switch name {
		case "required":
			s.Required = true
		case "nullable":
			s.Nullable = true
		case "readonly":
			s.ReadOnly = true
		case "deprecated":
			s.Deprecated = value
		case "min":
			s.Min, err = strconv.Atoi(value)
		case "max":
			s.Max, err = strconv.Atoi(value)
		case "enum":
			s.Enum = strings.Split(value, "|")
		default:
			err = fmt.Errorf("unknown mark %q", mark)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// encode is json.Marshal without the escaping of <, > and &.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// Names returns the sorted names of the fields.
func (s *Schema) Names() []string { return slices.Sorted(maps.Keys(s.Fields)) }
