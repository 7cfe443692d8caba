package tiktokshoptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxBody bounds what the fake reads of a request.
const maxBody = 32 << 20

// ServeHTTP answers API calls, token calls and downloads of documents, whatever
// the host of the request. A dropped connection is an aborted handler.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	out, err := f.exchange(r, scheme+"://"+r.Host)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	if out.cut > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body[:len(out.body)-out.cut])
	if out.cut > 0 {
		_ = http.NewResponseController(w).Flush() // else nothing would arrive at all
		panic(http.ErrAbortHandler)
	}
}

// RoundTripper returns a transport that hands requests to the fake in memory,
// on the caller's goroutine: no sockets, no goroutines, and it blocks only for
// the delay of a [Fault]. It ends with the context of the request.
func (f *Fake) RoundTripper() http.RoundTripper { return roundTripper{f} }

type roundTripper struct{ fake *Fake }

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	out, err := t.fake.exchange(r, r.URL.Scheme+"://"+r.URL.Host)
	if err != nil {
		return nil, err
	}
	var content io.Reader = bytes.NewReader(out.body)
	if out.cut > 0 {
		content = io.MultiReader(bytes.NewReader(out.body[:len(out.body)-out.cut]), broken{})
	}
	return &http.Response{
		Status: strconv.Itoa(out.status) + " " + http.StatusText(out.status), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header, Body: io.NopCloser(content), ContentLength: int64(len(out.body)),
		Request: r,
	}, nil
}

// reply is an answer before it goes out.
type reply struct {
	status int
	header http.Header
	body   []byte
	cut    int // bytes of the body that do not arrive
	code   int
}

// broken is the end of a connection in the middle of a body.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errDropped }

// errDropped is a connection that ended without a reply.
var errDropped = fmt.Errorf("tiktokshoptest: fault: connection dropped: %w", io.ErrUnexpectedEOF)

// exchange answers one request. base is the scheme and host it was sent to.
func (f *Fake) exchange(r *http.Request, base string) (*reply, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
			return nil, err
		}
	}
	op, params, refused := f.route(r.Method, r.URL.Path)
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil && refused == nil {
		refused = failStatus(http.StatusBadRequest, codeOverloaded, "Invalid param: the query is malformed")
	}
	call := Call{Operation: op.name, Method: r.Method, Path: r.URL.Path, Query: withoutSecrets(q), Body: string(body), Shop: f.shopID(q)}
	fault := f.take(call)
	if err := pause(r.Context(), fault.Delay); err != nil {
		_, _ = f.record(call, nil)
		return nil, err
	}
	if fault.ExpireToken {
		f.ExpireTokens()
	}
	var out *reply
	if !fault.instead() {
		func() {
			defer f.enter()()
			out = f.answer(op, refused, r, &request{params: params, query: q, body: body, base: base, skew: fault.Skew})
		}()
	}
	if fault.replies() {
		out = fault.reply(f)
	}
	if out != nil {
		fault.spoil(out)
	}
	return f.record(call, out)
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer checks and serves one request. The shop that it is about, found by
// its cipher, serves it.
func (f *Fake) answer(op operation, refused error, r *http.Request, in *request) *reply {
	shop := f
	if refused == nil && !op.open {
		shop, refused = f.admit(op, r, in)
	}
	if refused != nil {
		return f.envelope(nil, refused)
	}
	in.lenient = !f.has(QuirkEmptyArrayRefused)
	data, err := op.serve(shop, in)
	if file, ok := data.(*document); ok && err == nil {
		return &reply{status: http.StatusOK, body: file.content, header: http.Header{"Content-Type": {file.contentType}}}
	}
	return f.envelope(data, err, op.omit...)
}

// request is what an operation is served with.
type request struct {
	params  []string // values of the placeholders in the path
	query   url.Values
	body    []byte
	base    string
	skew    time.Duration // of the fake's clock, by a fault
	lenient bool          // an empty array may stand for an object
}

// failure is a refusal with TikTok's code.
type failure struct {
	status  int
	code    int
	message string
	after   time.Duration // for the header Retry-After
}

func (e *failure) Error() string { return fmt.Sprintf("code %d: %s", e.code, e.message) }

// fail refuses with a business code, which comes with HTTP status 200.
func fail(code int, format string, args ...any) error {
	return failStatus(http.StatusOK, code, format, args...)
}

func failStatus(status, code int, format string, args ...any) error {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// envelope wraps data or a failure. Every reply has a request id.
func (f *Fake) envelope(data any, err error, omit ...string) *reply {
	out := &reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	message := "Success"
	var content []byte
	if err == nil && data != nil {
		if content, err = encode(data, omit...); err != nil { // the data are this module's own types
			panic(fmt.Sprintf("tiktokshoptest: encoding a reply: %v", err))
		}
		content = f.spell(f.lastToken(content, data))
		if !f.has(QuirkItemErrors) {
			err = firstItemError(content)
		}
	}
	if err != nil {
		why, ok := errors.AsType[*failure](err)
		if !ok {
			why = &failure{status: http.StatusInternalServerError, code: codeInternal, message: err.Error()}
		}
		out.status, out.code, message, content = why.status, why.code, why.message, nil
		if out.code == codeOverloaded && out.status == http.StatusBadRequest && !f.has(QuirkOneCodeForManyFaults) {
			out.code = codeInvalid
		}
		if why.after > 0 {
			out.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(why.after.Seconds()))))
		}
	}
	b := append(strconv.AppendInt([]byte(`{"code":`), int64(out.code), 10), ',')
	switch {
	case content != nil:
		b = append(append(append(b, `"data":`...), content...), ',')
	case f.has(QuirkEmptyData):
		b = append(b, []string{"", `"data":null,`, `"data":{},`}[f.rng.IntN(3)]...)
	default:
		b = append(b, `"data":{},`...)
	}
	text, _ := json.Marshal(message)
	b = append(append(b, `"message":`...), text...)
	b = append(append(b, `,"request_id":"`...), f.requestID()...)
	out.body = append(b, `"}`...)
	return out
}

// spell corrects the names of the fields that TikTok misspells, unless it does.
// Quotes inside strings are escaped, so only names match.
func (f *Fake) spell(content []byte) []byte {
	if f.has(QuirkMisspeltFields) {
		return content
	}
	content = bytes.ReplaceAll(content, []byte(`"avaliable":`), []byte(`"available":`))
	return bytes.ReplaceAll(content, []byte(`"distict":`), []byte(`"district":`))
}

// lastToken adds the empty page token that the last page may have.
func (f *Fake) lastToken(content []byte, data any) []byte {
	v := reflect.ValueOf(data)
	if v.Kind() != reflect.Struct {
		return content
	}
	token := v.FieldByName("NextPageToken")
	if !token.IsValid() || !token.IsZero() || f.has(QuirkLastPageToken) && f.rng.IntN(2) == 0 {
		return content
	}
	content = content[:len(content)-1]
	if len(content) > 1 {
		content = append(content, ',')
	}
	return append(content, `"next_page_token":""}`...)
}

func (f *Fake) requestID() string {
	n, _ := strconv.Atoi(f.newID(idRequest))
	return fmt.Sprintf("%s%018X", f.now.UTC().Format("20060102150405"), n)
}

// operation is one operation of the API that the fake supports.
type operation struct {
	name   string
	method string
	path   string   // with {placeholders}
	scope  string   // the grant that it needs, none if empty
	omit   []string // fields of its reply's type that it does not have
	cipher cipherRule
	open   bool // not signed: token calls and documents
	serve  func(*Fake, *request) (any, error)
}

// parts are the segments of the paths of all operations.
var parts = func() [][]string {
	all := make([][]string, len(operations))
	for i, op := range operations {
		all[i] = strings.Split(op.path, "/")
	}
	return all
}()

// route finds the operation of a path, and the values of its placeholders.
func (f *Fake) route(method, path string) (op operation, values []string, refused error) {
	got := strings.Split(path, "/")
	found, known, newest := -1, false, ""
	for i, want := range parts {
		params, version, ok := match(want, got)
		switch {
		case !ok:
		case version != "":
			newest = max(newest, version)
		case operations[i].method == method:
			found = i
		default:
			known = true
		}
		if found >= 0 {
			op, values = operations[i], params
			break
		}
	}
	if name := lacking(method, got, found); name != "" {
		return operation{name: name}, nil, failStatus(http.StatusNotImplemented, codePath,
			"tiktokshoptest does not support %s (%s %s), which TikTok Shop has; Operations lists what it supports", name, method, path)
	}
	switch {
	case found >= 0:
		return op, values, nil
	case known:
		return op, nil, failStatus(http.StatusMethodNotAllowed, codeMethod, "Method %s is not allowed for this path", method)
	case newest != "" && (got[2] < newest || !f.has(QuirkGuessedVersion)):
		return op, nil, failStatus(http.StatusBadRequest, codeVersion, "Invalid API version: %s is retired or unknown", got[2])
	}
	return op, nil, failStatus(http.StatusNotFound, codePath, "Invalid path")
}

// lack is an operation that TikTok Shop has and the fake has not.
type lack struct {
	method, name string
	parts        []string
	placeholders int
}

// lacks are all of them by the number of their segments.
var lacks = sync.OnceValue(func() map[int][]lack {
	supported := map[string]bool{}
	for _, op := range operations {
		supported[op.method+" "+op.path] = true
	}
	all := map[int][]lack{}
	for line := range strings.Lines(described) {
		words := strings.Fields(line)
		if supported[words[0]+" "+words[1]] {
			continue
		}
		segments := strings.Split(words[1], "/")
		all[len(segments)] = append(all[len(segments)], lack{words[0], words[2], segments, strings.Count(words[1], "{")})
	}
	return all
})

// lacking returns the name of the operation at a path if the fake lacks it. A
// path with fewer placeholders wins over that of the supported operation that
// was found, if one was: /orders/split_attributes is no /orders/{order_id}.
func lacking(method string, path []string, found int) (name string) {
	most := len(path)
	if found >= 0 {
		most = strings.Count(operations[found].path, "{") - 1
	}
	if most < 0 {
		return ""
	}
	for _, l := range lacks()[len(path)] {
		if l.method != method || l.placeholders > most {
			continue
		}
		if _, version, ok := match(l.parts, path); ok && version == "" {
			name, most = l.name, l.placeholders-1
		}
	}
	return name
}

// match compares the segments of a path with those of an operation. When they
// agree except for the version, it returns that of the operation.
func match(want, got []string) (params []string, version string, ok bool) {
	if len(want) != len(got) {
		return nil, "", false
	}
	for i, part := range want {
		switch {
		case strings.HasPrefix(part, "{"):
			if got[i] == "" {
				return nil, "", false
			}
			params = append(params, got[i])
		case part == got[i]:
		case i == 2 && isVersion(part) && isVersion(got[i]):
			version = part
		default:
			return nil, "", false
		}
	}
	return params, version, true
}

// isVersion tells a segment such as 202309.
func isVersion(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil && len(s) == 6
}
