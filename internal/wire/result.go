package wire

import "reflect"

// Request returns req, or where it is a nil pointer a new value of what it
// points to: a request without parameters.
func Request(req any) any {
	if v := reflect.ValueOf(req); v.Kind() == reflect.Pointer && v.IsNil() {
		return reflect.New(v.Type().Elem()).Interface()
	}
	return req
}

// Result makes the result of a call and returns what its reply is decoded into.
// out points to it: to a value, or to a nil pointer to a struct. A struct
// without fields belongs to a reply of no documented form: Result returns nil
// for it, as for no out at all.
func Result(out any) any {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Pointer {
		return out
	}
	made := reflect.New(v.Type().Elem().Elem())
	v.Elem().Set(made)
	if made.Elem().NumField() == 0 {
		return nil
	}
	return made.Interface()
}

// Discard drops the result of a call that failed.
func Discard(out any) {
	if out != nil {
		reflect.ValueOf(out).Elem().SetZero()
	}
}
