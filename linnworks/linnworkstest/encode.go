package linnworkstest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/linnbridge/linnbridge/linnworks"
)

// encode writes a reply as the server does. The client's own encoding leaves
// zero values out, writes dates with a zone and hides secrets; the server sends
// every field, dates without a zone and the year one for none, the zero GUID
// for none, the first value of an enum for none, and empty lists.
func encode(v any) []byte { return appendValue(nil, reflect.ValueOf(v)) }

// property of a struct as served: the quoted name with its colon, and where the
// value is.
type servedField struct {
	name  string
	index []int
}

// servedFields are the fields of struct types, in order; those of embedded
// structs stand in their place.
var servedFields sync.Map // reflect.Type to []servedField

func fieldsServed(t reflect.Type) []servedField {
	if known, ok := servedFields.Load(t); ok {
		return known.([]servedField)
	}
	var out []servedField
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			for _, inner := range fieldsServed(field.Type) {
				out = append(out, servedField{inner.name, append([]int{i}, inner.index...)})
			}
			continue
		}
		if name := jsonName(field); name != "-" {
			out = append(out, servedField{strconv.Quote(name) + ":", []int{i}})
		}
	}
	servedFields.Store(t, out)
	return out
}

// firstValues are the values of enums that stand for none.
var firstValues sync.Map // reflect.Type to string

// firstValue is what the server sends for an empty text of type t: the first
// value of an enum, else nothing.
func firstValue(t reflect.Type) string {
	if known, ok := firstValues.Load(t); ok {
		return known.(string)
	}
	text := ""
	v := reflect.New(t)
	if enum, ok := v.Interface().(json.Unmarshaler); ok && enum.UnmarshalJSON([]byte("0")) == nil {
		text = v.Elem().String()
	}
	firstValues.Store(t, text)
	return text
}

var (
	decimalType = reflect.TypeFor[linnworks.Decimal]()
	secretType  = reflect.TypeFor[linnworks.Secret]()
)

func appendValue(b []byte, v reflect.Value) []byte {
	switch t := v.Type(); {
	case t == timeType:
		return append(b, v.Interface().(linnworks.Time).UTC().Format(`"2006-01-02T15:04:05.999"`)...)
	case t == secretType:
		return appendText(b, v.Interface().(linnworks.Secret).Reveal())
	case t == decimalType:
		return appendPlain(b, v.Interface())
	case t == guidType && v.Len() == 0:
		return appendText(b, string(linnworks.ZeroGUID))
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendValue(b, v.Elem())
	case reflect.Struct:
		b = append(b, '{')
		for i, field := range fieldsServed(v.Type()) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(append(b, field.name...), v.FieldByIndex(field.index))
		}
		return append(b, '}')
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.Map: // with string keys
		keys := map[string]reflect.Value{}
		for _, k := range v.MapKeys() {
			keys[k.String()] = v.MapIndex(k)
		}
		b = append(b, '{')
		for i, k := range slices.Sorted(maps.Keys(keys)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(append(appendText(b, k), ':'), keys[k])
		}
		return append(b, '}')
	case reflect.String:
		text := v.String()
		if text == "" {
			text = firstValue(v.Type())
		}
		return appendText(b, text)
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10)
	}
	return appendPlain(b, v.Interface())
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendPlain(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendPlain writes a value that encoding/json writes as the server does.
func appendPlain(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("linnworkstest: encoding a reply: " + err.Error())
	}
	return append(b, text...)
}
