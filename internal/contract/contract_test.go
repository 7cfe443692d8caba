package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

const (
	root  = "../.."
	specs = root + "/../shared/specs"
)

// api is a client under test and what it adds to every request.
type api struct {
	name      string
	methods   map[string]method
	exchange  *exchange
	described map[string]*described
	common    []string // query parameters that the client adds
	envelope  func(data any) any
	check     func(*testing.T, *described, *http.Request)
	opts      func(described *described) []reflect.Value
}

type unlimited struct{}

func (unlimited) Wait(context.Context, tiktokshop.LimitKey) error { return nil }

type unlimitedLinnworks struct{}

func (unlimitedLinnworks) Wait(context.Context, linnworks.LimitKey) error { return nil }

func descriptions(t *testing.T, name string, want int) map[string]*described {
	t.Helper()
	dir := filepath.Join(specs, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("LEFT OUT: the vendors' descriptions are not in %s", specs)
	}
	names, err := ledger.Load(filepath.Join(root, "internal", "spec", name, "ledger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := load(dir, func(key string) bool { return names.Ops[key] != nil && names.Ops[key].JSONLists })
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != want {
		t.Fatalf("%d operations are described, want %d", len(all), want)
	}
	modules, err := spec.Load(filepath.Join(root, "internal", "spec", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		for key, op := range m.Operations {
			if d := all[key]; d != nil {
				d.widen(t, op)
			}
		}
	}
	return all
}

// widen adds the parameters that an overlay entry adds to an operation.
func (d *described) widen(t *testing.T, op *spec.Operation) {
	t.Helper()
	for name, s := range op.Query {
		switch {
		case s.Confidence == "":
		case s.Kind != spec.String:
			t.Fatalf("%s: the overlay adds the query parameter %s of a kind that this test does not know: %s", op.Key, name, s.Kind)
		default:
			d.op.Parameters = append(d.op.Parameters, &openapi3.ParameterRef{Value: openapi3.NewQueryParameter(name).WithSchema(openapi3.NewStringSchema())})
		}
	}
}

func TestTikTokShop(t *testing.T) {
	t.Parallel()
	x := &exchange{}
	client, err := tiktokshop.NewClient(tiktokshop.App{Key: "app", Secret: tiktokshop.NewSecret("secret")},
		tiktokshop.WithHTTPClient(&http.Client{Transport: x}), tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret("token"))),
		tiktokshop.WithLimiter(unlimited{}), tiktokshop.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	client, err = client.ForShop(tiktokshop.Shop{ID: "7", Cipher: "cipher"})
	if err != nil {
		t.Fatal(err)
	}
	api{
		name: "tiktokshop", methods: methods(client), exchange: x, described: descriptions(t, "tiktokshop", 428),
		common: []string{"app_key", "sign", "timestamp", "shop_cipher"},
		envelope: func(reply any) any {
			object := reply.(map[string]any)
			object["code"] = 0
			if data, ok := object["data"].(map[string]any); ok {
				delete(data, "errors") // the client makes an error of them
			}
			return object
		},
		check: func(t *testing.T, d *described, req *http.Request) {
			q := req.URL.Query()
			for _, name := range []string{"app_key", "sign", "timestamp"} {
				if q.Get(name) == "" {
					t.Errorf("the query lacks %s", name)
				}
			}
			if q.Has("shop_cipher") != (d.op.Parameters.GetByInAndName("query", "shop_cipher") != nil) {
				t.Errorf("shop_cipher sent: %v, which is not what the description says", q.Has("shop_cipher"))
			}
			if req.Header.Get("X-Tts-Access-Token") != "token" {
				t.Error("the token is not in its header")
			}
		},
	}.test(t)
}

func TestLinnworks(t *testing.T) {
	t.Parallel()
	const session = `{"Token":"99999999-2222-4333-8444-555555555555","Server":"https://eu-ext.linnworks.net","Locality":"EU"}`
	x := &exchange{}
	client, err := linnworks.NewClient(linnworks.Credentials{ApplicationID: "11111111-2222-4333-8444-555555555555", ApplicationSecret: linnworks.NewSecret("11111111-2222-4333-8444-666666666666"), Token: linnworks.NewSecret("11111111-2222-4333-8444-777777777777")},
		linnworks.WithHTTPClient(&http.Client{Transport: x}), linnworks.WithLimiter(unlimitedLinnworks{}), linnworks.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	// Open the session first, so that its call is not taken for another.
	x.status, x.reply = http.StatusOK, []byte(session)
	if _, err := client.Inventory.GetStockLocations(t.Context(), nil); err == nil {
		t.Log("the session's own reply passed for a list")
	}
	api{
		name: "linnworks", methods: methods(client), exchange: x, described: descriptions(t, "linnworks", 743),
		check: func(t *testing.T, d *described, req *http.Request) {
			want := "99999999-2222-4333-8444-555555555555"
			if strings.HasPrefix(d.path, "/api/Auth/AuthorizeByApplication") {
				want = ""
			}
			if got := req.Header.Get("Authorization"); got != want && !strings.HasPrefix(d.path, "/api/Auth/") {
				t.Errorf("Authorization is %q, want %q", got, want)
			}
		},
		// A few calls go form-encoded by default; the description has JSON.
		opts: func(*described) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(linnworks.FormEncoded(false))}
		},
	}.test(t)
}

func (a api) test(t *testing.T) {
	names, err := ledger.Load(filepath.Join(root, "internal", "spec", a.name, "ledger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	left := generated(t, a.name) // methods that no description asked for
	for key, d := range a.described {
		l := names.Ops[key]
		if l == nil {
			t.Errorf("%s has no name", key)
			continue
		}
		m, ok := a.methods[l.Name()]
		if !ok {
			t.Errorf("%s: there is no method %s", key, l.Name())
			continue
		}
		delete(left, l.Name())
		t.Run(l.Name(), func(t *testing.T) {
			a.operation(t, d, m)
			if l.Form {
				a.form(t, d, m)
			}
		})
	}
	known := map[string]string{} // Service.Method -> operation
	for _, op := range names.Ops {
		delete(left, op.Name())
		known[op.Name()] = op.Key
		if a.described[op.Key] == nil { // beyond the description: the overlay
			t.Run(op.Name(), func(t *testing.T) { a.beyond(t, op.Key, a.methods[op.Name()]) })
		}
	}
	for _, b := range names.Batches {
		t.Run(b.Method+" "+b.Field, func(t *testing.T) { a.split(t, b) })
	}
	for name := range left { // iterators and batch helpers
		called := called(name, known)
		d, m := a.described[known[called]], a.methods[name]
		switch {
		case called == "":
			t.Errorf("%s belongs to no operation", name)
		case d == nil:
			t.Run(name, func(t *testing.T) {
				a.exchange.status, a.exchange.reply = http.StatusOK, oneOfEach(t, a.methods[called])
				a.walk(t, nil, m, m.request())
			})
		default:
			t.Run(name, func(t *testing.T) {
				var path []string
				for _, name := range placeholders(d.path) {
					path = append(path, fmt.Sprint(sample(d.op.Parameters.GetByInAndName("path", name).Schema.Value, true)))
				}
				req := m.request()
				a.fill(t, d, req)
				a.exchange.status, a.exchange.reply, _ = a.reply(t, d)
				a.walk(t, path, m, req)
			})
		}
	}
}

// split checks that a batch helper makes a second call for one element more
// than the maximum, and that it leaves the caller's request alone.
func (a api) split(t *testing.T, b ledger.Batch) {
	key := ""
	for name := range a.methods {
		if name == b.Method+"Batched" || name == b.Method+"InParts" || strings.HasPrefix(name, b.Method+"By") {
			if req := a.methods[name].request(); req.IsValid() && batched(name, req.Elem(), b).IsValid() {
				key = name
			}
		}
	}
	if key == "" {
		t.Fatal("there is no helper")
	}
	m := a.methods[key]
	req := m.request()
	list := batched(key, req.Elem(), b)
	list.Set(reflect.MakeSlice(list.Type(), b.Max+1, b.Max+1))
	for i := range list.Len() {
		setRequired(list.Index(i))
	}
	var path []string
	for range m.fn.Type().NumIn() - 3 { // besides the context, the request and the options
		path = append(path, "1")
	}
	a.exchange.status, a.exchange.reply, a.exchange.calls = http.StatusOK, []byte(`{"code":0,"data":{}}`), 0
	switch result := m.fn.Type().Out(0).In(0).In(0); { // of iter.Seq2[result, error]
	case result.Kind() == reflect.Slice:
		a.exchange.reply = []byte("[]")
	case result.Kind() == reflect.Pointer && a.name == "linnworks": // an object without any known member is no reply of Linnworks'
		name, _, _ := strings.Cut(result.Elem().Field(0).Tag.Get("json"), ",")
		a.exchange.reply = fmt.Appendf(nil, `{"code":0,"data":{},%q:null}`, name)
	case result.Kind() == reflect.Pointer: // one without a value is no reply of TikTok Shop's where a text is documented
		a.exchange.reply = fmt.Appendf(nil, `{"code":0,"data":%s}`, firstText(result.Elem()))
	}
	out, err := m.call(t.Context(), path, req)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range reflect.ValueOf(out).Seq2() {
		if !err.IsNil() {
			t.Fatal(err)
		}
	}
	if a.exchange.calls != 2 || list.Len() != b.Max+1 {
		t.Errorf("%d requests for %d elements, of which %d are left", a.exchange.calls, b.Max+1, list.Len())
	}
}

// firstText returns an object with the first text of a struct, which may stand in a
// struct in it, or without a member.
func firstText(s reflect.Type) string {
	for i := range s.NumField() {
		f := s.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch f.Type.Kind() {
		case reflect.String:
			return fmt.Sprintf(`{%q:"1"}`, name)
		case reflect.Struct:
			if inner := firstText(f.Type); inner != "{}" {
				return fmt.Sprintf(`{%q:%s}`, name, inner)
			}
		}
	}
	return "{}"
}

// setRequired gives the required lists in v, which would go out as null, a value.
func setRequired(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case reflect.Struct:
		for i := range v.NumField() {
			if tag := string(v.Type().Field(i).Tag); v.Type().Field(i).IsExported() && !strings.Contains(tag, ",omit") {
				setRequired(v.Field(i))
			}
		}
	}
}

// batched returns the list of a request that the helper splits.
func batched(name string, req reflect.Value, b ledger.Batch) reflect.Value {
	for i := range req.NumField() {
		f := req.Type().Field(i)
		body, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		query, _, _ := strings.Cut(f.Tag.Get("url"), ",")
		if (body == b.Field || query == b.Field) && (strings.HasSuffix(name, "Batched") || strings.HasSuffix(name, "InParts") || strings.HasSuffix(name, "By"+f.Name)) {
			return req.Field(i)
		}
	}
	return reflect.Value{}
}

var generatedMethod = regexp.MustCompile(`(?m)^func \(s \*(\w+)Service\) (\w+)\(`)

// generated returns the generated methods of all services. The services also
// have some that were written by hand, which have tests of their own.
func generated(t *testing.T, api string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, api, "*.gen.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no generated files: %v", err)
	}
	all := map[string]bool{}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range generatedMethod.FindAllSubmatch(src, -1) {
			all[string(m[1])+"."+string(m[2])] = true
		}
	}
	return all
}

// oneOfEach is a reply with one element in each list.
func oneOfEach(t *testing.T, m method) []byte {
	t.Helper()
	reply := reflect.New(m.fn.Type().Out(0).Elem())
	for i := range reply.Elem().NumField() {
		if f := reply.Elem().Field(i); f.Kind() == reflect.Slice {
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			if id := f.Index(0); id.Kind() == reflect.Struct {
				for j := range id.NumField() {
					if id.Field(j).Kind() == reflect.String {
						id.Field(j).SetString("1")
					}
				}
			}
		}
	}
	raw, err := json.Marshal(map[string]any{"code": 0, "data": reply.Interface()})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// form checks a call that goes form-encoded by default, other than described.
func (a api) form(t *testing.T, d *described, m method) {
	req := m.request()
	a.fill(t, d, req)
	a.exchange.status, a.exchange.reply, _ = a.reply(t, d)
	if _, err := m.call(t.Context(), nil, req); err != nil {
		t.Fatal(err)
	}
	if typ := a.exchange.header.Get("Content-Type"); typ != "application/x-www-form-urlencoded" {
		t.Errorf("Content-Type is %q by default", typ)
	}
	fields, err := url.ParseQuery(string(a.exchange.body))
	if err != nil {
		t.Fatal(err)
	}
	_, s := bodySchema(d)
	if d.op.RequestBody.Value.Required {
		for name := range s.Properties {
			if !fields.Has(name) {
				t.Errorf("the form lacks %s: %s", name, a.exchange.body)
			}
		}
	} else if len(fields) != 1 || !json.Valid([]byte(fields.Get("request"))) {
		t.Errorf("the form is not one request in JSON: %s", a.exchange.body)
	}
}

// beyond calls a method that the description does not have yet.
func (a api) beyond(t *testing.T, key string, m method) {
	method, path, _ := strings.Cut(key, " ")
	var values []string
	for _, name := range placeholders(path) {
		values = append(values, "1")
		path = strings.Replace(path, "{"+name+"}", "1", 1)
	}
	a.exchange.status, a.exchange.reply = http.StatusOK, []byte(`{"code":0,"data":{}}`)
	if result := m.fn.Type().Out(0); result.Kind() == reflect.Pointer {
		a.exchange.reply = fmt.Appendf(nil, `{"code":0,"data":%s}`, firstText(result.Elem()))
	}
	if _, err := m.call(t.Context(), values, m.request()); err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(a.exchange.url); err != nil || a.exchange.method != method || u.Path != path {
		t.Errorf("sent %s %s, want %s", a.exchange.method, a.exchange.url, key)
	}
}

// called returns the method that an iterator calls: the longest name that the
// iterator's begins with.
func called(name string, known map[string]string) string {
	for i := len(name) - 1; i > 0; i-- {
		if known[name[:i]] != "" {
			return name[:i]
		}
	}
	return ""
}

// forgetToken has a walk begin with the first page: the token of the sample request
// is that of the sample reply.
func forgetToken(req reflect.Value) {
	if pagination := req.FieldByName("Pagination"); pagination.Kind() == reflect.Pointer && !pagination.IsNil() {
		forgetToken(pagination.Elem())
	}
	for _, name := range []string{"PageToken", "SearchToken"} {
		if f := req.FieldByName(name); f.IsValid() {
			f.SetZero()
		}
	}
}

// walk takes a few items from an iterator or a batch helper.
func (a api) walk(t *testing.T, path []string, m method, req reflect.Value) {
	a.exchange.calls = 0
	forgetToken(req.Elem())
	out, err := m.call(t.Context(), path, req)
	if err != nil {
		t.Fatal(err)
	}
	items := 0
	for item, err := range reflect.ValueOf(out).Seq2() {
		if e, _ := err.Interface().(error); e != nil && !isPartial(e) {
			// Every page of this server is the same one, which is no end of a list.
			if items > 0 && a.exchange.calls > 1 && strings.Contains(fmt.Sprint(err), "the list does not end") {
				break
			}
			t.Fatalf("after %d items: %v", items, err)
		}
		if item.IsZero() {
			t.Error("an item without content")
		}
		if items++; items == 3 {
			break
		}
	}
	if items == 0 || a.exchange.calls == 0 {
		t.Errorf("%d items from %d requests", items, a.exchange.calls)
	}
}

// isPartial reports whether single items failed: a sample reply fills the lists of
// failures too.
func isPartial(err error) bool { return tiktokshop.IsPartial(err) || linnworks.IsPartial(err) }

func (a api) operation(t *testing.T, d *described, m method) {
	var path []string
	params := map[string]string{}
	wantPath := d.path
	for _, name := range placeholders(d.path) {
		p := d.op.Parameters.GetByInAndName("path", name)
		if p == nil {
			t.Fatalf("the description does not declare {%s}", name)
		}
		v := fmt.Sprint(sample(p.Schema.Value, true))
		path = append(path, v)
		params[name] = v
		wantPath = strings.Replace(wantPath, "{"+name+"}", url.PathEscape(v), 1)
	}
	req := m.request()
	body := a.fill(t, d, req)
	status, reply, schema := a.reply(t, d)
	a.exchange.status, a.exchange.reply, a.exchange.calls = status, reply, 0

	var opts []reflect.Value
	if a.opts != nil {
		opts = a.opts(d)
	}
	out, err := m.call(t.Context(), path, req, opts...)
	if err != nil && !isPartial(err) {
		t.Fatalf("the call failed: %v", err)
	}
	if a.exchange.calls != 1 {
		t.Fatalf("%d requests were sent", a.exchange.calls)
	}
	sent, err := http.NewRequestWithContext(t.Context(), a.exchange.method, a.exchange.url, bytes.NewReader(a.exchange.body))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = a.exchange.header
	if want := d.base + wantPath; sent.Method != d.method || strings.Split(a.exchange.url, "?")[0] != want {
		t.Errorf("sent %s %s, want %s %s", sent.Method, a.exchange.url, d.method, want)
	}
	a.check(t, d, sent)
	a.query(t, d, sent)
	a.validate(t, d, sent, params)
	a.compareBody(t, d, body)
	compareReply(t, schema, reply, out)
}

func placeholders(path string) []string {
	var names []string
	for _, part := range strings.Split(path, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names = append(names, name)
	}
	return names
}

// queryFields returns the declared query parameters.
func (a api) queryFields(d *described) map[string]*openapi3.Schema {
	fields := map[string]*openapi3.Schema{}
	for _, ref := range d.op.Parameters {
		p := ref.Value
		if p.In != openapi3.ParameterInQuery || slices.Contains(a.common, p.Name) {
			continue
		}
		fields[p.Name] = p.Schema.Value
		if list := d.jsonLists[p.Name]; list != nil {
			fields[p.Name] = list
		}
	}
	return fields
}

// fill gives every declared parameter and body field a sample value and checks
// that the request has no others. It returns the sample body.
func (a api) fill(t *testing.T, d *described, req reflect.Value) any {
	t.Helper()
	declared := a.queryFields(d)
	if !req.IsValid() {
		if len(declared) > 0 || d.op.RequestBody != nil {
			t.Fatal("the description has parameters, the method takes none")
		}
		return nil
	}
	have := tagged(req.Elem(), "url")
	for name, s := range declared {
		field, ok := have[name]
		if !ok {
			t.Errorf("the request cannot send the query parameter %s", name)
			continue
		}
		if err := set(field, sample(s, true)); err != nil {
			t.Errorf("query parameter %s: %v", name, err)
		}
	}
	for name := range have {
		if declared[name] == nil {
			t.Errorf("the request has the query parameter %s, which is not described", name)
		}
	}
	if d.op.RequestBody == nil {
		return nil
	}
	typ, s := bodySchema(d)
	if typ == "multipart/form-data" {
		parts := tagged(req.Elem(), "multipart")
		for name, p := range s.Properties {
			field, ok := parts[name]
			switch {
			case !ok:
				t.Errorf("the request cannot send the part %s", name)
			case p.Value.Format == "binary":
				field.Set(reflect.ValueOf(&tiktokshop.File{Name: "a.png", Content: []byte("content")}))
			default:
				if err := set(field, sample(p.Value, true)); err != nil {
					t.Errorf("part %s: %v", name, err)
				}
			}
		}
		for name := range parts {
			if s.Properties[name] == nil {
				t.Errorf("the request has the part %s, which is not described", name)
			}
		}
		return nil
	}
	body := sample(s, true)
	inner, innerSchema := body, s
	if wrapped(d, s) {
		inner, innerSchema = body.(map[string]any)["request"], s.Properties["request"].Value
	}
	raw, err := json.Marshal(inner)
	if err != nil {
		t.Fatal(err)
	}
	into := req
	if whole := req.Elem().FieldByName("Body"); s.Type != nil && !s.Type.Is(openapi3.TypeObject) {
		into = whole.Addr()
	}
	if err := decodeStrict(raw, into.Interface()); err != nil {
		t.Errorf("the request cannot hold the described body: %v\n%s", err, raw)
	}
	undescribed(t, "", into.Elem().Type(), innerSchema, map[reflect.Type]bool{})
	return body
}

// undescribed reports fields of a Go type that its schema does not have.
func undescribed(t *testing.T, at string, typ reflect.Type, s *openapi3.Schema, seen map[reflect.Type]bool) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice && typ.Elem().Kind() != reflect.Uint8 {
		if typ.Kind() == reflect.Slice {
			if s.Items == nil {
				return
			}
			s = s.Items.Value
		}
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || len(s.Properties) == 0 || seen[typ] {
		return
	}
	seen[typ] = true
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		p := s.Properties[name]
		if p == nil {
			t.Errorf("%s has the body field %s%s, which is not described", typ.Name(), at, name)
			continue
		}
		undescribed(t, at+name+".", f.Type, p.Value, seen)
	}
}

func wrapped(d *described, s *openapi3.Schema) bool {
	inner := s.Properties["request"]
	return d.v1 && d.op.RequestBody.Value.Required && len(s.Properties) == 1 && inner != nil && inner.Ref != ""
}

func bodySchema(d *described) (string, *openapi3.Schema) {
	for _, typ := range []string{"multipart/form-data", "application/json"} {
		if c := d.op.RequestBody.Value.Content[typ]; c != nil {
			return typ, c.Schema.Value
		}
	}
	return "", nil
}

// reporter is the part of testing.T that judges a request.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// query checks for unknown and repeated keys.
func (a api) query(t reporter, d *described, req *http.Request) {
	t.Helper()
	declared := a.queryFields(d)
	q, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		t.Errorf("the query cannot be read: %v", err)
	}
	for key, values := range q {
		s := declared[key]
		if s == nil && !slices.Contains(a.common, key) {
			t.Errorf("the query has %s, which is not described", key)
		}
		if len(values) > 1 && (s == nil || !s.Type.Is(openapi3.TypeArray) || a.name == "tiktokshop") {
			t.Errorf("the query repeats %s", key)
		}
	}
	for key, s := range d.jsonLists {
		var list any
		if err := json.Unmarshal([]byte(q.Get(key)), &list); err != nil {
			t.Errorf("the query parameter %s is no JSON: %v", key, err)
		} else if err := s.VisitJSON(list); err != nil {
			t.Errorf("the query parameter %s: %v", key, err)
		}
	}
	for key := range declared {
		if !q.Has(key) {
			t.Errorf("the query parameter %s was not sent", key)
		}
	}
}

// validate has the validator judge the request.
func (a api) validate(t reporter, d *described, req *http.Request, path map[string]string) {
	t.Helper()
	if d.op.RequestBody == nil && len(a.exchange.body) > 0 {
		t.Errorf("a body was sent where none is described: %.100s", a.exchange.body)
	}
	// The client's own parameters are not described everywhere; they were
	// checked already.
	judged := req.Clone(context.Background())
	judged.Body = http.NoBody
	if len(a.exchange.body) > 0 {
		judged.Body = readCloser{bytes.NewReader(a.exchange.body)}
	}
	err := openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: judged, PathParams: path,
		Route:   &routers.Route{Spec: d.doc, Server: nil, Path: d.path, PathItem: d.item, Method: d.method, Operation: d.op},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	})
	if err != nil {
		t.Errorf("the validator refuses the request: %v\nbody: %.1000s", err, a.exchange.body)
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// compareBody checks that what was filled in is what was sent.
func (a api) compareBody(t *testing.T, d *described, want any) {
	t.Helper()
	typ, _, _ := mime.ParseMediaType(a.exchange.header.Get("Content-Type"))
	if d.op.RequestBody == nil {
		return
	}
	wantType, _ := bodySchema(d)
	if typ != wantType {
		t.Errorf("Content-Type is %q, want %q", typ, wantType)
	}
	if wantType != "application/json" {
		return
	}
	var got any
	if err := json.Unmarshal(a.exchange.body, &got); err != nil {
		t.Fatalf("the body is no JSON: %v", err)
	}
	if diff := missing("", normal(want), got); diff != "" {
		t.Errorf("body: %s\nsent: %.1000s", diff, a.exchange.body)
	}
}

// reply makes a sample reply and has the validator judge it too.
func (a api) reply(t *testing.T, d *described) (status int, raw []byte, s *openapi3.Schema) {
	t.Helper()
	named := false
	for code, r := range d.op.Responses.Map() {
		if code[0] != '2' {
			continue
		}
		var err error
		if status, err = strconv.Atoi(code); err != nil {
			t.Fatal(err)
		}
		if c := r.Value.Content["application/json"]; c != nil && c.Schema != nil {
			s, named = c.Schema.Value, c.Schema.Ref != ""
		}
	}
	if s == nil {
		return status, nil, nil
	}
	v := sample(s, false)
	if object, ok := v.(map[string]any); ok && len(object) == 0 && !named && a.envelope == nil {
		object["any"] = "thing" // an object of any kind is not one without members
	}
	if err := s.VisitJSON(normal(v)); err != nil {
		t.Errorf("the sample reply does not suit the description: %v", err)
	}
	if a.envelope != nil {
		v = a.envelope(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return status, raw, s
}

// compareReply checks that the decoded reply has kept every field.
func compareReply(t *testing.T, s *openapi3.Schema, reply []byte, out any) {
	t.Helper()
	if s == nil {
		return
	}
	var want any
	if err := json.Unmarshal(reply, &want); err != nil {
		t.Fatal(err)
	}
	if object, ok := want.(map[string]any); ok && s.Properties["request_id"] != nil {
		data, _ := object["data"].(map[string]any)
		if len(data) == 0 {
			return // an empty object or the per-item errors only
		}
		want = data
	}
	if out == nil {
		t.Error("the reply is thrown away")
		return
	}
	raw, err := json.Marshal(revealed(reflect.ValueOf(out)))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := missing("", want, got); diff != "" {
		t.Errorf("reply: %s\ndecoded: %.1000s", diff, raw)
	}
}

// revealed returns v with the texts of its secrets, which refuse to be encoded.
func revealed(v reflect.Value) any {
	if secret, ok := v.Interface().(interface{ Reveal() string }); ok {
		return secret.Reveal()
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return revealed(v.Elem())
	}
	if v.Kind() != reflect.Struct || !holdsSecret(v.Type()) {
		return v.Interface()
	}
	fields := map[string]any{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = revealed(v.Field(i))
	}
	return fields
}

// holdsSecret reports whether a struct has a secret in its fields or in theirs.
func holdsSecret(t reflect.Type) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if _, ok := f.Type.MethodByName("Reveal"); ok || f.IsExported() && f.Type.Kind() == reflect.Struct && holdsSecret(f.Type) {
			return true
		}
	}
	return false
}

func normal(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

// missing names the first value of want that got lacks or has otherwise.
func missing(at string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		for name, w := range want {
			g, ok := object[name]
			if !ok {
				if empty(w) {
					continue
				}
				return fmt.Sprintf("%s.%s is missing", at, name)
			}
			if diff := missing(at+"."+name, w, g); diff != "" {
				return diff
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s is %v, want %v", at, got, want)
		}
		for i, w := range want {
			if diff := missing(fmt.Sprintf("%s[%d]", at, i), w, list[i]); diff != "" {
				return diff
			}
		}
		return ""
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return fmt.Sprintf("%s is %v, want %v", at, got, want)
	}
	return ""
}

// empty reports whether a value says as much as its absence.
func empty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if !empty(e) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return v == nil || v == 0.0
}

// faults keeps what a judge reports.
type faults []string

func (*faults) Helper() {}

func (f *faults) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// TestTheJudgesBite alters good requests and expects a fault for each.
func TestTheJudgesBite(t *testing.T) {
	t.Parallel()
	all := descriptions(t, "tiktokshop", 428)
	a := api{name: "tiktokshop", described: all, common: []string{"app_key", "sign", "timestamp", "shop_cipher"}}
	const (
		search = "POST /order/202309/orders/search"
		detail = "GET /order/202507/orders"
		body   = `{"order_status":"UNPAID"}`
	)
	good := "page_size=1&page_token=a&sort_field=b&sort_order=ASC&app_key=k"
	for _, test := range []struct {
		name, key, query, body string
		bad                    bool
	}{
		{"good", search, good, body, false},
		{"unknown body field", search, good, `{"order_state":"UNPAID"}`, true},
		{"wrong type", search, good, `{"order_status":7}`, true},
		{"unknown key", search, good + "&page=1", body, true},
		{"repeated key", search, good + "&page_size=1", body, true},
		{"missing key", search, strings.TrimPrefix(good, "page_size=1&"), body, true},
		{"good list", detail, "ids=1,2", "", false},
		{"repeated list", detail, "ids=1&ids=2", "", true},
		{"undeclared body", detail, "ids=1,2", `{}`, true},
	} {
		method, path, _ := strings.Cut(test.key, " ")
		a.exchange = &exchange{body: []byte(test.body)}
		req, err := http.NewRequestWithContext(t.Context(), method, "https://open-api.tiktokglobalshop.com"+path+"?"+test.query, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "X-Tts-Access-Token": {"token"}}
		var found faults
		a.query(&found, all[test.key], req)
		a.validate(&found, all[test.key], req, nil)
		if (len(found) > 0) != test.bad {
			t.Errorf("%s: faults %q", test.name, found)
		}
	}
}
