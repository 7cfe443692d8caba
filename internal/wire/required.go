package wire

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Required returns an error that names the first required list, map, id or size of a
// page that req, a request struct or a pointer to one, leaves nil, empty or 0: it
// would go out as null, "" or 0 and be refused, or misread, far from its cause. A
// field is required if its tags do not leave it out when it is absent. isID reports
// whether a type is one whose empty value means nothing.
//
// A value that came from a reply and could not be read there, as its method Err
// tells, is an error too.
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
	if at, err := faultIn(v, isID); err != nil {
		return fmt.Errorf("%s %w", at[1:], err)
	}
	return nil
}

var errNotSet = errors.New("is required and was not set")

// faultIn returns the path of the first field below v that cannot be sent, such as
// .Orders[2].ID, and the reason.
func faultIn(v reflect.Value, isID func(reflect.Type) bool) (at string, _ error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "", nil
		}
		return faultIn(v.Elem(), isID)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if at, err := faultIn(v.Index(i), isID); err != nil {
				return fmt.Sprintf("[%d]%s", i, at), err
			}
		}
		return "", nil
	case reflect.Struct:
		for _, f := range membersOf(v.Type(), isID) {
			field := v.Field(f.index)
			if f.required && field.IsZero() {
				return "." + f.name, errNotSet
			}
			if f.inner {
				if at, err := faultIn(field, isID); err != nil {
					return "." + f.name + at, err
				}
			}
		}
	}
	return "", unread(v)
}

// faulty is what values are that may not have been read.
var faulty = reflect.TypeFor[interface{ Err() error }]()

// CheckRead returns an error that names the first value in body, of whatever type it is,
// that came from a reply and could not be read there.
func CheckRead(body any) error {
	if at, err := unreadIn(reflect.ValueOf(body), 0); err != nil {
		return fmt.Errorf("the body%.200s %w", at, err)
	}
	return nil
}

// unreadIn is faultIn for what a caller made: it knows nothing of what is required.
func unreadIn(v reflect.Value, depth int) (at string, _ error) {
	if depth > 1000 {
		return "", errors.New("is nested too deep, or holds itself")
	}
	switch v.Kind() {
	case reflect.Invalid:
		return "", nil
	case reflect.Pointer, reflect.Interface:
		return unreadIn(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "", nil
		}
		for i := range v.Len() {
			if at, err := unreadIn(v.Index(i), depth+1); err != nil {
				return fmt.Sprintf("[%d]%s", i, at), err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if at, err := unreadIn(it.Value(), depth+1); err != nil {
				return fmt.Sprintf("[%v]%s", it.Key(), at), err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			if at, err := unreadIn(v.Field(i), depth+1); err != nil {
				return "." + v.Type().Field(i).Name + at, err
			}
		}
	}
	return "", unread(v)
}

// unread returns an error if v may not have been read, and was not.
func unread(v reflect.Value) error {
	if v.Type().Implements(faulty) && v.CanInterface() {
		if err := v.Interface().(interface{ Err() error }).Err(); err != nil {
			return fmt.Errorf("cannot be sent: %w", err)
		}
	}
	return nil
}

// member is a field that has to be looked at.
type member struct {
	index    int
	name     string // in Go, as the caller wrote it
	required bool
	inner    bool // it may be faulty, or hold members to look at
}

var structs sync.Map // reflect.Type -> []member

func membersOf(t reflect.Type, isID func(reflect.Type) bool) []member {
	known, ok := structs.Load(t)
	if !ok {
		known, _ = structs.LoadOrStore(t, newMembers(t, isID, map[reflect.Type]bool{}))
	}
	return known.([]member)
}

// isPageSize reports whether a field is the number of entries on a page.
func isPageSize(f reflect.StructField) bool {
	return f.Type.Kind() == reflect.Int && (f.Name == "PageSize" || strings.HasSuffix(f.Name, "PerPage"))
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
				(f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map || isID(f.Type) || isPageSize(f)),
			inner: inner.Implements(faulty) || inner.Kind() == reflect.Struct && len(newMembers(inner, isID, within)) > 0,
		}
		if m.required || m.inner {
			members = append(members, m)
		}
	}
	return members
}
