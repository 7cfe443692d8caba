package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// exchange is an http.RoundTripper that keeps the last request and answers
// with a prepared reply.
type exchange struct {
	method, url string
	header      http.Header
	body        []byte
	calls       int

	status int
	reply  []byte
	serve  func(*http.Request) ([]byte, bool) // answers what is not under test
}

func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	answer := func(status int, reply []byte) (*http.Response, error) {
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(reply)),
			ContentLength: int64(len(reply)), Request: req,
		}, nil
	}
	if x.serve != nil {
		if reply, ok := x.serve(req); ok {
			return answer(http.StatusOK, reply)
		}
	}
	x.calls++
	x.method, x.url, x.header, x.body = req.Method, req.URL.String(), req.Header.Clone(), body
	return answer(x.status, x.reply)
}

// method is one generated method.
type method struct {
	name string // Service.Method
	fn   reflect.Value
}

// methods returns the methods of all services of a client.
func methods(client any) map[string]method {
	all := map[string]method{}
	v := reflect.ValueOf(client).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.IsExported() {
			continue
		}
		service := v.FieldByIndex(f.Index)
		for i := range service.NumMethod() {
			name := f.Name + "." + service.Type().Method(i).Name
			all[name] = method{name, service.Method(i)}
		}
	}
	return all
}

// request returns a new value of the method's request, or nil.
func (m method) request() reflect.Value {
	for i := range m.fn.Type().NumIn() {
		if in := m.fn.Type().In(i); in.Kind() == reflect.Pointer && in.Elem().Kind() != reflect.Interface && in.Name() == "" {
			return reflect.New(in.Elem())
		}
	}
	return reflect.Value{}
}

// call calls the method. Path holds the values of the placeholders.
func (m method) call(ctx context.Context, path []string, req reflect.Value, opts ...reflect.Value) (out any, err error) {
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for _, p := range path {
		args = append(args, reflect.ValueOf(p))
	}
	if req.IsValid() {
		args = append(args, req)
	}
	if want := m.fn.Type().NumIn() - 1; len(args) != want {
		return nil, fmt.Errorf("the method takes %d arguments, the description has %d", want, len(args))
	}
	results := m.fn.Call(append(args, opts...))
	last := results[len(results)-1].Interface()
	if err, ok := last.(error); ok || last == nil {
		if len(results) == 2 {
			out = results[0].Interface()
		}
		return out, err
	}
	return last, nil // a sequence
}

// tagged returns the fields of a struct by the name in a tag.
func tagged(v reflect.Value, tag string) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	if v.Kind() != reflect.Struct {
		return fields
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get(tag), ",")
		if name != "" && name != "-" {
			fields[name] = v.Field(i)
		}
	}
	return fields
}

// set gives a field a JSON value.
func set(field reflect.Value, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, field.Addr().Interface()); err == nil {
		return nil
	}
	// Types that differ in the query, such as numbers that go as text.
	return json.Unmarshal(fmt.Appendf(nil, "%q", strings.Trim(string(raw), `"`)), field.Addr().Interface())
}

// decodeStrict fills a value and refuses fields that it does not have.
func decodeStrict(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
