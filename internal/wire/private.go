package wire

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
)

// PrintPrivate prints the type of the struct v, the named fields of it, such as
// "ID" or "GeneralInfo.Source", and a placeholder for the rest. Of lists it prints
// the length, of empty texts and nil nothing.
func PrintPrivate(w io.Writer, v any, fields ...string) {
	var b strings.Builder
	r := reflect.ValueOf(v)
	b.WriteString(r.Type().String() + "{")
	for _, path := range fields {
		f, name := r, ""
		for name = range strings.SplitSeq(path, ".") {
			if f.IsValid() { // else a pointer on the way is nil
				f = reflect.Indirect(f.FieldByName(name))
			}
		}
		switch {
		case !f.IsValid(), f.Kind() == reflect.String && f.Len() == 0:
		case f.Kind() == reflect.Slice:
			_, _ = fmt.Fprintf(&b, "%s:%d ", name, f.Len())
		default:
			_, _ = fmt.Fprintf(&b, "%s:%v ", name, f)
		}
	}
	_, _ = io.WriteString(w, b.String()+"..."+Redacted+"}")
}

// LogPrivate logs a struct as fmt prints it: what it holds then hides itself,
// where slog's JSON handler would encode it whole.
func LogPrivate(v any) slog.Value { return slog.StringValue(fmt.Sprintf("%+v", v)) }
