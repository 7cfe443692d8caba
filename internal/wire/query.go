package wire

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Query calls add for each query parameter of req, a struct or a pointer to one:
// the fields with a tag url. A nil pointer and an empty list are left out. A list
// makes a parameter of each element or, with the option comma, one of all.
func Query(req any, add func(name, value string)) error {
	v := reflect.Indirect(reflect.ValueOf(req))
	for _, p := range parametersOf(v.Type()) {
		field := v.Field(p.index)
		if field.Kind() == reflect.Pointer {
			if field.IsNil() {
				continue
			}
			field = field.Elem()
		}
		switch {
		case p.encodes:
			values := url.Values{}
			if err := field.Interface().(queryEncoder).EncodeValues(p.name, &values); err != nil {
				return err
			}
			for _, value := range values[p.name] {
				add(p.name, value)
			}
		case field.Kind() != reflect.Slice:
			text, err := scalar(field)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			add(p.name, text)
		case field.Len() > 0:
			texts := make([]string, field.Len())
			for i := range texts {
				var err error
				if texts[i], err = scalar(field.Index(i)); err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
			}
			if p.comma {
				texts = []string{strings.Join(texts, ",")}
			}
			for _, text := range texts {
				add(p.name, text)
			}
		}
	}
	return nil
}

// queryEncoder is implemented by types with a form of their own.
type queryEncoder interface {
	EncodeValues(key string, v *url.Values) error
}

// parameter is a field of a request that goes into the query.
type parameter struct {
	index   int
	name    string
	comma   bool
	encodes bool // is a queryEncoder
}

var parameters sync.Map // reflect.Type to []parameter

func parametersOf(t reflect.Type) []parameter {
	if known, ok := parameters.Load(t); ok {
		return known.([]parameter)
	}
	var list []parameter
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("url"), ",")
		if name == "" || name == "-" {
			continue
		}
		if f.Type.Kind() == reflect.Pointer {
			f.Type = f.Type.Elem()
		}
		list = append(list, parameter{
			index: i, name: name, comma: strings.Contains(options, "comma"),
			encodes: f.Type.Implements(reflect.TypeFor[queryEncoder]()),
		})
	}
	parameters.Store(t, list)
	return list
}

// scalar returns the text of a text, number or bool.
func scalar(v reflect.Value) (string, error) {
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'f', -1, 64), nil
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8: // such as json.RawMessage
		return string(v.Bytes()), nil
	}
	return "", fmt.Errorf("a %s has no form in a query", v.Type())
}
