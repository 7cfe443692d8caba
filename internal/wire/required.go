package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Required returns an error that names the first required list, map or id that
// req, a request struct or a pointer to one, leaves nil or empty: it would go out
// as null or "" and be refused, or misread, far from its cause. A field is
// required if its tags do not leave it out when it is absent. isID reports
// whether a type is one whose empty value means nothing.
func Required(req any, isID func(reflect.Type) bool) error {
	v := reflect.ValueOf(req)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	if missing := missingIn(v, isID); missing != "" {
		return fmt.Errorf("%s is required and was not set", missing[1:])
	}
	return nil
}

// missingIn returns the path of the first missing field below v, such as
// .Orders[2].ID, or "".
func missingIn(v reflect.Value, isID func(reflect.Type) bool) string {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return missingIn(v.Elem(), isID)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if missing := missingIn(v.Index(i), isID); missing != "" {
				return fmt.Sprintf("[%d]%s", i, missing)
			}
		}
	case reflect.Struct:
		for _, f := range membersOf(v.Type(), isID) {
			if f.required && v.Field(f.index).IsZero() {
				return "." + f.name
			}
			if f.inner {
				if missing := missingIn(v.Field(f.index), isID); missing != "" {
					return "." + f.name + missing
				}
			}
		}
	}
	return ""
}

// member is a field that has to be looked at.
type member struct {
	index    int
	name     string // in Go, as the caller wrote it
	required bool
	inner    bool // it may hold required members
}

var structs sync.Map // reflect.Type -> []member

func membersOf(t reflect.Type, isID func(reflect.Type) bool) []member {
	known, ok := structs.Load(t)
	if !ok {
		known, _ = structs.LoadOrStore(t, newMembers(t, isID, map[reflect.Type]bool{}))
	}
	return known.([]member)
}

// newMembers finds the members of t to look at. within are the structs around t:
// one that holds itself is taken to hold something required.
func newMembers(t reflect.Type, isID func(reflect.Type) bool, within map[reflect.Type]bool) []member {
	if within[t] {
		return []member{{}}
	}
	within[t] = true
	defer delete(within, t)
	var members []member
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		tag, sent := f.Tag.Lookup("json")
		if url := f.Tag.Get("url"); url != "" && url != "-" {
			tag, sent = url, true
		}
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Array {
			inner = inner.Elem()
		}
		m := member{
			index: i, name: f.Name,
			required: sent && tag != "-" && !strings.Contains(tag, ",omit") &&
				(f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map || isID(f.Type)),
			inner: inner.Kind() == reflect.Struct && len(newMembers(inner, isID, within)) > 0,
		}
		if m.required || m.inner {
			members = append(members, m)
		}
	}
	return members
}
