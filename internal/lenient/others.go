package lenient

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// DecodeOthers decodes an object into known, a pointer to a struct, and the
// members that have no field there into others. Of those it leaves out what is
// not a V: an object among amounts, for instance. It is what the UnmarshalJSON of
// a type with such members calls: the rules of the package hold inside of it too,
// and what cannot be read is the fault of the record that the object belongs to.
func DecodeOthers[V any](b []byte, known any, others *map[string]V) error {
	*others = nil
	if err := json.Unmarshal(b, known); err != nil {
		if !Readable(err) {
			return err
		}
		v := reflect.ValueOf(known).Elem()
		v.SetZero()
		d := decoder{data: b, root: -1}
		d.space()
		if !d.value(v, infoOf(v.Type()), inside) {
			if len(d.odd.path) == 0 { // the type's name is that of a helper
				d.odd.why = "is a JSON " + kindOf(bytes.TrimSpace(b)) + ", not an object"
			}
			return &fieldError{d.odd}
		}
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return nil //nolint:nilerr // what stands for an empty object has no members
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

// fieldError is the fault of a field in an object with a decoder of its own.
type fieldError struct{ fault }

func (e *fieldError) Error() string {
	return Unread{Index: -1, Field: strings.Join(e.path, "."), Why: e.why}.String()
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
