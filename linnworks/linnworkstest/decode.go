package linnworkstest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// shape is the wrapper level of a body: where the parameters of a call sit.
type shape int

const (
	// params: a JSON object, or form fields, with one entry per parameter.
	params shape = iota
	// wrapped: an object with the single property request; as a form, the
	// field request holds it as JSON text.
	wrapped
	// flat: the request itself; as a form, the field request.
	flat
	// loose: the request itself; as a form, its fields or the field request.
	loose
	// query: the URL's query, or form fields.
	query
	// bodyJSON: a JSON body of version 2, an object or a list.
	bodyJSON
)

// formKind tells how a body was encoded.
type formKind int

const (
	formless formKind = iota
	formFields
)

// handler answers an operation. Its request has the Go type t.
type handler struct {
	t    reflect.Type
	call func(f *Fake, object []byte, at place) (any, error)
}

// on makes a handler of a method of Fake.
func on[T any](serve func(*Fake, *T) (any, error)) handler {
	return onAt(func(f *Fake, req *T, _ place) (any, error) { return serve(f, req) })
}

func onAt[T any](serve func(*Fake, *T, place) (any, error)) handler {
	return handler{t: reflect.TypeFor[T](), call: func(f *Fake, object []byte, at place) (any, error) {
		req := new(T)
		if json.Unmarshal(object, req) != nil {
			return nil, errInvalid
		}
		return serve(f, req, at)
	}}
}

// decode returns the parameters of a call as one JSON object that the handler's
// type accepts, whatever the encoding was.
func (op *route) decode(r *http.Request, body []byte, on map[Quirk]bool) ([]byte, formKind, error) {
	object, form, err := op.parameters(r, body, on)
	if err != nil {
		return nil, form, err
	}
	if op.v2 {
		if g := op.placeholder(r.URL.Path); g != "" {
			object["orderId"] = g
		}
	}
	bound, err := binder{form: form == formFields || op.shape == query, query: op.shape == query && form == formless, v2: op.v2, enums: op.enums}.bind(object, op.handler.t, "")
	if err != nil {
		return nil, form, err
	}
	fields := bound.(map[string]any)
	for name, missing := range op.need {
		if fields[name] == nil {
			return nil, form, missing
		}
	}
	out, err := json.Marshal(fields)
	return out, form, err
}

// parameters finds the parameters at their wrapper level.
func (op *route) parameters(r *http.Request, body []byte, on map[Quirk]bool) (map[string]any, formKind, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if op.shape == bodyJSON {
		v, err := parseJSON(body)
		switch v := v.(type) {
		case map[string]any:
			return v, formless, err
		case []any:
			return map[string]any{"list": v}, formless, err
		}
		return nil, formless, errInvalid
	}
	if op.shape == query && (r.Method == http.MethodGet || media != "application/x-www-form-urlencoded") {
		return fieldsOf(r.URL.Query()), formless, nil
	}
	if media == "application/x-www-form-urlencoded" {
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, formFields, errInvalid
		}
		fields := fieldsOf(values)
		if op.shape == params || op.shape == query {
			return fields, formFields, nil
		}
		text, ok := property(fields, "request")
		if !ok {
			text, ok = property(fields, "parameters")
		}
		switch {
		case !ok && op.shape == loose:
			return fields, formFields, nil
		case !ok:
			return nil, formFields, errNoRequest
		}
		// Within the field it is JSON.
		object, err := parseObject([]byte(text.(string)))
		return object, formless, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		if op.shape == params {
			return map[string]any{}, formless, nil
		}
		return nil, formless, errNoRequest
	}
	object, err := parseObject(body)
	if err != nil {
		return nil, formless, err
	}
	inner, _ := property(object, "request")
	request, isWrapped := inner.(map[string]any)
	wants := op.shape == wrapped || op.wantsRequest && on[LowFidelityWantsRequest]
	switch {
	case isWrapped && (wants || op.wantsRequest || !on[WrapperMatters] && op.shape != params):
		return request, formless, nil
	case wants && op.wantsRequest:
		return nil, formless, errNoRequest
	case wants && on[WrapperMatters]:
		return nil, formless, errNullReference
	}
	return object, formless, nil
}

// fieldsOf are the values of a query or form. A key that is repeated, as v2
// lists are, is a list.
func fieldsOf(values url.Values) map[string]any {
	fields := map[string]any{}
	for name, v := range values {
		if fields[name] = v[0]; len(v) > 1 {
			list := []any{}
			for _, text := range v {
				list = append(list, text)
			}
			fields[name] = list
		}
	}
	return fields
}

// property finds a property without regard to case, as the server does.
func property(object map[string]any, name string) (any, bool) {
	for k, v := range object {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return nil, false
}

func parseObject(text []byte) (map[string]any, error) {
	v, err := parseJSON(text)
	object, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, errInvalid
	}
	return object, nil
}

func parseJSON(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errInvalid
	}
	return v, nil
}

// binder fits decoded JSON, or form fields, to Go types as the server's model
// binding does: names without regard to case, enums by name or number, text
// where a number is expected, ids that must be GUIDs. It returns properties
// under their JSON names and drops unknown ones.
type binder struct {
	form  bool
	v2    bool                // lists are not JSON text
	query bool                // lists may be repeated keys
	enums map[string][]string // dotted path of names to values in order
}

var (
	guidType = reflect.TypeFor[linnworks.GUID]()
	timeType = reflect.TypeFor[linnworks.Time]()
	guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

func (b binder) bind(v any, t reflect.Type, path string) (any, error) {
	text, isText := v.(string)
	if v == nil || b.form && isText && text == "null" {
		return nil, nil
	}
	if t.Kind() == reflect.Pointer {
		return b.bind(v, t.Elem(), path)
	}
	if names := b.enums[path]; names != nil && t.Kind() != reflect.Slice {
		return enum(v, names)
	}
	switch t {
	case guidType:
		if !isText || !guidForm.MatchString(text) {
			return nil, errInvalid
		}
		return strings.ToLower(text), nil
	case timeType, secretType:
		return v, nil
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map:
		repeated := b.query && t.Kind() == reflect.Slice && !strings.HasPrefix(strings.TrimSpace(text), "[")
		if isText && (b.v2 || repeated) {
			return b.bindParts([]any{v}, t, path)
		}
		if b.form && isText { // a complex value in a form is JSON text
			inner, err := parseJSON([]byte(text))
			if err != nil {
				return nil, errInvalid
			}
			b.form = false
			return b.bind(inner, t, path)
		}
		return b.bindParts(v, t, path)
	case reflect.String:
		if n, ok := v.(json.Number); ok {
			return n.String(), nil
		}
	case reflect.Bool:
		if isText {
			on, err := strconv.ParseBool(strings.ToLower(text))
			if err != nil {
				return nil, errInvalid
			}
			return on, nil
		}
	default:
		if isText {
			return json.Number(strings.TrimSpace(text)), nil
		}
	}
	return v, nil
}

func (b binder) bindParts(v any, t reflect.Type, path string) (any, error) {
	switch t.Kind() {
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return nil, errInvalid
		}
		out := make([]any, len(list))
		for i := range list {
			var err error
			if out[i], err = b.bind(list[i], t.Elem(), path); err != nil {
				return nil, err
			}
		}
		return out, nil
	case reflect.Struct:
		object, ok := v.(map[string]any)
		if !ok {
			return nil, errInvalid
		}
		out := map[string]any{}
		for i := range t.NumField() {
			name := jsonName(t.Field(i))
			given, ok := property(object, name)
			if !ok {
				continue
			}
			bound, err := b.bind(given, t.Field(i).Type, strings.TrimPrefix(path+"."+strings.ToLower(name), "."))
			if err != nil {
				return nil, err
			}
			out[name] = bound
		}
		return out, nil
	}
	return v, nil
}

// enum returns the name of a value given by name, in any case, or by number.
func enum(v any, names []string) (any, error) {
	text, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber {
		text, ok = n.String(), true
	}
	if i, err := strconv.Atoi(text); ok && err == nil && i >= 0 && i < len(names) {
		return names[i], nil
	}
	for _, name := range names {
		if strings.EqualFold(name, text) {
			return name, nil
		}
	}
	return nil, errInvalid
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		return field.Name
	}
	return name
}
