package tiktokshop

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// errOther is a reply about something else than was asked for.
var errOther = errors.New("the reply is about another thing than was asked for")

// aboutOther reports whether the result of an operation names another thing than
// args, which filled the placeholders of its path: in a member called as the
// placeholder, such as product_id, or in id, where the path of a read ends with it. A
// result that names nothing is taken: other checks see to that.
func aboutOther(op operation, args []string, out any) bool {
	v := reflect.ValueOf(out)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if len(args) == 0 || v.Kind() != reflect.Struct {
		return false
	}
	rest := op.path
	for _, arg := range args {
		_, after, _ := strings.Cut(rest, "{")
		name, tail, _ := strings.Cut(after, "}")
		rest = tail
		if !strings.HasSuffix(name, "id") {
			continue
		}
		last := tail == "" && op.method == http.MethodGet
		for f, value := range v.Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag != name && (!last || tag != "id") || value.IsZero() {
				continue
			}
			if k := value.Kind(); (k == reflect.String || value.CanInt()) && fmt.Sprint(value.Interface()) != arg {
				return true
			}
		}
	}
	return false
}
