package tiktokshoptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
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
	return &http.Response{
		Status: strconv.Itoa(out.status) + " " + http.StatusText(out.status), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header, Body: io.NopCloser(bytes.NewReader(out.body)), ContentLength: int64(len(out.body)),
		Request: r,
	}, nil
}

// reply is an answer before it goes out.
type reply struct {
	status int
	header http.Header
	body   []byte
	code   int
}

// errDropped is a connection that ended without a reply.
var errDropped = fmt.Errorf("tiktokshoptest: scripted fault: connection dropped: %w", io.ErrUnexpectedEOF)

// exchange answers one request. base is the scheme and host it was sent to.
func (f *Fake) exchange(r *http.Request, base string) (*reply, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
			return nil, err
		}
	}
	op, params, refused := route(r.Method, r.URL.Path)
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil && refused == nil {
		refused = failStatus(http.StatusBadRequest, codeOverloaded, "Invalid param: the query is malformed")
	}
	call := Call{Operation: op.name, Method: r.Method, Path: r.URL.Path, Query: withoutSecrets(q), Body: string(body)}
	fault := f.take(call)
	if err := pause(r.Context(), fault.Delay); err != nil {
		_, _ = f.record(call, nil)
		return nil, err
	}
	var out *reply
	if !fault.instead() {
		func() {
			defer f.enter()()
			out = f.answer(op, refused, r, &request{params: params, query: q, body: body, base: base})
		}()
	}
	if fault.replies() {
		out = fault.reply(f)
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

// answer checks and serves one request.
func (f *Fake) answer(op operation, refused error, r *http.Request, in *request) *reply {
	if refused == nil && !op.open {
		refused = f.admit(op, r, in)
	}
	if refused != nil {
		return f.envelope(nil, refused)
	}
	data, err := op.serve(f, in)
	if file, ok := data.(*document); ok && err == nil {
		return &reply{status: http.StatusOK, body: file.content, header: http.Header{"Content-Type": {file.contentType}}}
	}
	return f.envelope(data, err)
}

// request is what an operation is served with.
type request struct {
	params []string // values of the placeholders in the path
	query  url.Values
	body   []byte
	base   string
}

// failure is a refusal with TikTok's code.
type failure struct {
	status  int
	code    int
	message string
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
func (f *Fake) envelope(data any, err error) *reply {
	e := struct {
		Code      int    `json:"code"`
		Data      any    `json:"data"`
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}{Data: data, Message: "Success", RequestID: f.requestID()}
	status := http.StatusOK
	if err != nil {
		why, ok := errors.AsType[*failure](err)
		if !ok {
			why = &failure{status: http.StatusInternalServerError, code: codeInternal, message: err.Error()}
		}
		status, e.Code, e.Message = why.status, why.code, why.message
	}
	if e.Data == nil {
		e.Data = struct{}{}
	}
	body, err := json.Marshal(e)
	if err != nil { // the data are this module's own types
		panic(fmt.Sprintf("tiktokshoptest: encoding a reply: %v", err))
	}
	return &reply{status: status, code: e.Code, body: body, header: http.Header{"Content-Type": {"application/json"}}}
}

func (f *Fake) requestID() string {
	n, _ := strconv.Atoi(f.newID(idRequest))
	return fmt.Sprintf("%s%018X", f.now.UTC().Format("20060102150405"), n)
}

// operation is one operation of the API that the fake supports.
type operation struct {
	name   string
	method string
	path   string // with {placeholders}
	cipher cipherRule
	open   bool // not signed: token calls and documents
	serve  func(*Fake, *request) (any, error)
}

// route finds the operation of a path, and the values of its placeholders.
func route(method, path string) (op operation, params []string, refused error) {
	known := false
	for _, op := range operations {
		params, ok := match(op.path, path)
		switch {
		case ok && op.method == method:
			return op, params, nil
		case ok:
			known = true
		}
	}
	if known {
		return op, nil, failStatus(http.StatusMethodNotAllowed, codeMethod, "Method %s is not allowed for this path", method)
	}
	return op, nil, failStatus(http.StatusNotFound, codePath, "Invalid path")
}

func match(pattern, path string) (params []string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i, part := range want {
		switch {
		case strings.HasPrefix(part, "{"):
			if got[i] == "" {
				return nil, false
			}
			params = append(params, got[i])
		case part != got[i]:
			return nil, false
		}
	}
	return params, true
}
