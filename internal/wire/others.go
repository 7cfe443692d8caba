package wire

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// DecodeOthers decodes an object into known, a pointer to a struct, and the
// members that have no field there into others. Of those it leaves out what is
// not a V: an object among amounts, for instance.
func DecodeOthers[V any](b []byte, known any, others *map[string]V) error {
	if err := json.Unmarshal(b, known); err != nil {
		return err
	}
	*others = nil
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	names := fieldNames(reflect.TypeOf(known).Elem())
	for name, raw := range all {
		if names[strings.ToLower(name)] {
			continue
		}
		var v V
		if string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
			continue
		}
		if *others == nil {
			*others = map[string]V{}
		}
		(*others)[name] = v
	}
	return nil
}

// EncodeOthers writes the object that [DecodeOthers] reads.
func EncodeOthers[V any](known any, others map[string]V) ([]byte, error) {
	object, err := json.Marshal(known)
	if err != nil || len(others) == 0 {
		return object, err
	}
	more, err := json.Marshal(others)
	if err != nil || string(object) == "{}" {
		return more, err
	}
	return append(append(object[:len(object)-1], ','), more[1:]...), nil
}

var fieldNamesOf sync.Map // reflect.Type -> map[string]bool

// fieldNames returns the names of a struct's fields in JSON, in lower case as
// encoding/json compares them.
func fieldNames(t reflect.Type) map[string]bool {
	if names, ok := fieldNamesOf.Load(t); ok {
		return names.(map[string]bool)
	}
	names := make(map[string]bool, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[strings.ToLower(name)] = true
	}
	fieldNamesOf.Store(t, names)
	return names
}
