package tiktokshoptest

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// encode writes a reply. The client's types leave out all zero values, which a
// program in Go reads back unchanged; TikTok writes counts and flags out, and a
// program in another language may rely on "available_quantity":0. So numbers and
// booleans are always written, except times, where absent means that something
// has not happened; empty strings, lists and objects are left out.
//
// omit names fields that are left out like those: types that several operations
// share have fields that only some of them have.
func encode(v any, omit ...string) ([]byte, error) {
	return encoder(omit).value(nil, reflect.ValueOf(v))
}

type encoder []string

var (
	timeType      = reflect.TypeFor[tiktokshop.UnixSeconds]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
)

func (e encoder) value(b []byte, v reflect.Value) ([]byte, error) {
	switch {
	case !v.IsValid():
		return append(b, "null"...), nil
	case v.Type().Implements(marshalerType):
		return appendJSON(b, v)
	}
	switch v.Kind() {
	case reflect.Struct:
		return e.object(b, v)
	case reflect.Pointer, reflect.Interface:
		return e.value(b, v.Elem())
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = e.value(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10), nil
	}
	return appendJSON(b, v)
}

func appendJSON(b []byte, v reflect.Value) ([]byte, error) {
	text, err := json.Marshal(v.Interface())
	return append(b, text...), err
}

func (e encoder) object(b []byte, v reflect.Value) ([]byte, error) {
	b = append(b, '{')
	first := true
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		if value.IsZero() && (!f.always || slices.Contains(e, f.name)) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, f.key...)
		var err error
		if b, err = e.value(b, value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// field is how a field of a struct is written.
type field struct {
	index  int
	name   string
	key    string // the name with quotes and colon
	always bool   // even if it is zero
}

var fieldCache sync.Map // of []field by reflect.Type

func fieldsOf(t reflect.Type) []field {
	if known, ok := fieldCache.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		always := !slices.Contains(strings.Split(options, ","), "omitzero") || counts(t.Field(i).Type)
		fields = append(fields, field{i, name, strconv.Quote(name) + ":", always})
	}
	fieldCache.Store(t, fields)
	return fields
}

// counts reports whether a type is a number, a flag, or a struct that holds
// nothing else but lists.
func counts(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64:
		return t != timeType
	case reflect.Struct:
		some := false
		for i := range t.NumField() {
			switch {
			case counts(t.Field(i).Type):
				some = true
			case t.Field(i).Type.Kind() != reflect.Slice:
				return false
			}
		}
		return some
	}
	return false
}
