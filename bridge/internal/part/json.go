package part

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// JSON encodes the result of a part for programs: exported fields by their names in
// small letters with underscores; moments by RFC 3339 in UTC, and left out if they
// are zero; durations and errors as text, no error as null; lists and maps never
// null. A type with a JSON form of its own keeps it, but for v itself.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := encode(&b, reflect.ValueOf(v), true); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func encode(b *bytes.Buffer, v reflect.Value, outermost bool) error {
	if !v.IsValid() {
		b.WriteString("null")
		return nil
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return plain(b, x.UTC())
	case time.Duration:
		return plain(b, x.String())
	case json.Marshaler:
		if !outermost && !isNil(v) {
			return plain(b, x)
		}
	case error:
		if !isNil(v) {
			return plain(b, x.Error())
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		b.WriteByte('{')
		n := b.Len()
		if err := fields(b, v, n); err != nil {
			return err
		}
		b.WriteByte('}')
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := encode(b, v.Index(i), false); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case reflect.Map:
		byName := map[string]reflect.Value{}
		for key, value := range v.Seq2() {
			byName[fmt.Sprint(key)] = value
		}
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(byName)) {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := member(b, name, byName[name]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("null")
			return nil
		}
		return encode(b, v.Elem(), false)
	default:
		return plain(b, v.Interface())
	}
	return nil
}

// fields writes the fields of a struct, those of embedded ones among them. Those
// written so far begin at start.
func fields(b *bytes.Buffer, v reflect.Value, start int) error {
	for i := range v.NumField() {
		f, value := v.Type().Field(i), v.Field(i)
		if !f.IsExported() {
			continue
		}
		if t, ok := value.Interface().(time.Time); ok && t.IsZero() {
			continue
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := fields(b, value, start); err != nil {
				return err
			}
			continue
		}
		if b.Len() > start {
			b.WriteByte(',')
		}
		if err := member(b, snake(f.Name), value); err != nil {
			return err
		}
	}
	return nil
}

func member(b *bytes.Buffer, name string, value reflect.Value) error {
	if err := plain(b, name); err != nil {
		return err
	}
	b.WriteByte(':')
	return encode(b, value, false)
}

func plain(b *bytes.Buffer, v any) error {
	text, err := json.Marshal(v)
	b.Write(text)
	return err
}

func isNil(v reflect.Value) bool {
	return (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil()
}

// snake makes order_id of OrderID, and skus of SKUs.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			rest := string(runes[i+1:])
			plural := rest == "s" || len(rest) > 1 && rest[0] == 's' && unicode.IsUpper(rune(rest[1]))
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !plural
			if !unicode.IsUpper(runes[i-1]) || next {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
