package linnworks

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// unmarshal is json.Unmarshal, but takes a scalar in another JSON kind than
// declared: the official descriptions show enums as strings, and some replies
// carry them as integers; numbers come quoted, whole numbers with a point.
//
// The strict reading comes first. Only when it stumbles is the reply read as a
// tree, its scalars turned into what the Go type wants, and decoded again. So
// generated types need no methods, and ordinary replies cost nothing more. An
// enum that came as a number becomes its digits; see [EnumByNumber].
func unmarshal(data []byte, out any) error {
	err := json.Unmarshal(data, out)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return err
	}
	v := reflect.ValueOf(out).Elem()
	fitted, marshalErr := json.Marshal(fit(tree, v.Type()))
	if marshalErr != nil {
		return err
	}
	v.SetZero()
	return json.Unmarshal(fitted, out)
}

var unmarshalerType = reflect.TypeFor[json.Unmarshaler]()

// fit changes the scalars of a JSON tree to the kinds that t declares, where
// that loses nothing.
func fit(node any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshalerType) {
		return node
	}
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			if ft, ok := member(t, key); ok {
				n[key] = fit(value, ft)
			}
		}
	case []any:
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			for i := range n {
				n[i] = fit(n[i], t.Elem())
			}
		}
	case json.Number:
		return fitScalar(n, string(n), t)
	case string:
		if t.Kind() != reflect.String {
			return fitScalar(n, strings.TrimSpace(n), t)
		}
	case bool:
		return fitScalar(n, strconv.FormatBool(n), t)
	}
	return node
}

// member returns the type of the member key of a struct or map.
func member(t reflect.Type, key string) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				name = f.Name
			}
			if f.IsExported() && strings.EqualFold(name, key) {
				return f.Type, true
			}
		}
	}
	return nil, false
}

// fitScalar returns node, whose text is given, as the JSON kind that decodes
// into t; node itself if there is none.
func fitScalar(node any, text string, t reflect.Type) any {
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Bool:
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return b
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		whole, fraction, _ := strings.Cut(text, ".")
		if n, err := strconv.ParseInt(whole, 10, 64); err == nil && strings.Trim(fraction, "0") == "" {
			return n
		}
	case reflect.Float32, reflect.Float64:
		if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return json.Number(text)
		}
	}
	return node
}
