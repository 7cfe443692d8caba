package linnworkstest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reply is an answer before it meets HTTP.
type reply struct {
	status     int
	body       []byte
	kind       string // the media type, JSON if empty
	retryAfter time.Duration
	skew       time.Duration // by how much the server's clock is off
	cut        bool          // the connection ends in the middle of the body
}

// apiError is a refusal with the text that Linnworks sends.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.message }

// refuse is the usual refusal: nearly every fault of a call is a 400.
func refuse(format string, args ...any) error {
	return &apiError{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

// Refusals whose text the server's framework decides.
var (
	errNullReference = refuse("Object reference not set to an instance of an object.")
	errNoRequest     = refuse("'request' parameter is missing. ")
	errInvalid       = refuse("The request is invalid.")
	errUnauthorised  = &apiError{status: http.StatusUnauthorized, message: "Authorization has been denied for this request."}
)

// errCut is what a client sees of a connection that ends early.
var errCut = fmt.Errorf("linnworkstest: the connection was cut: %w", io.ErrUnexpectedEOF)

// errorReply is how v1 operations refuse.
func errorReply(err error) reply {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = &apiError{status: http.StatusInternalServerError, message: err.Error()}
	}
	var code *string
	if e.code != "" {
		code = &e.code
	}
	body, _ := json.Marshal(struct {
		Code    *string
		Message string
	}{code, e.message})
	return reply{status: e.status, body: body}
}

// problemReply is how v2 operations refuse.
func problemReply(err error, path string) reply {
	out := errorReply(err)
	e, _ := errors.AsType[*apiError](err)
	out.kind = "application/problem+json; charset=utf-8"
	out.body, _ = json.Marshal(struct {
		Type     string `json:"type"`
		Title    string `json:"title"`
		Status   int    `json:"status"`
		Detail   string `json:"detail"`
		Instance string `json:"instance"`
	}{"about:blank", http.StatusText(out.status), out.status, e.message, path})
	return out
}

// maxRequest bounds the bytes of one request.
const maxRequest = 32 << 20

// ServeHTTP answers a request from a real listener.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large or cut", http.StatusRequestEntityTooLarge)
		return
	}
	at := place{authHost: r.Host, serverHost: r.Host, v2Host: r.Host, server: "http://" + r.Host}
	if r.TLS != nil {
		at.server = "https://" + r.Host
	}
	if f.server != nil {
		at.serverHost, at.server = f.server.Host, f.server.String()
	}
	out, err := f.exchange(r, body, at)
	if err != nil {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	for k, v := range out.header(f.now()) {
		w.Header()[k] = v
	}
	if out.cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.sent())
	if out.cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// sent is the part of the body that reaches the client.
func (r reply) sent() []byte {
	if r.cut {
		return r.body[:len(r.body)/2]
	}
	return r.body
}

// RoundTripper answers requests in memory: for the host that opens sessions and
// for the server that they name.
func (f *Fake) RoundTripper() http.RoundTripper { return roundTripper{f} }

type roundTripper struct{ f *Fake }

func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(io.LimitReader(r.Body, maxRequest))
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	at := place{authHost: authHost, serverHost: serverHost, v2Host: v2Host, server: "https://" + serverHost}
	if s := rt.f.server; s != nil {
		at.serverHost, at.server = s.Host, s.String()
	}
	out, err := rt.f.exchange(r, body, at)
	if err != nil {
		return nil, err
	}
	var content io.Reader = bytes.NewReader(out.sent())
	if out.cut {
		content = io.MultiReader(content, cutReader{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", out.status, http.StatusText(out.status)), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header(rt.f.now()), Body: io.NopCloser(content), ContentLength: int64(len(out.body)), Request: r,
	}, nil
}

// cutReader is the end of a connection that was cut.
type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, errCut }

func (r reply) header(now time.Time) http.Header {
	now = now.Add(r.skew).UTC()
	h := http.Header{"Date": {now.Format(http.TimeFormat)}}
	if len(r.body) > 0 {
		h.Set("Content-Type", cmp.Or(r.kind, "application/json; charset=utf-8"))
	}
	switch {
	case r.retryAfter > 0 && r.skew != 0:
		h.Set("Retry-After", now.Add(r.retryAfter).Format(http.TimeFormat))
	case r.retryAfter > 0:
		h.Set("Retry-After", strconv.Itoa(int((r.retryAfter+time.Second-1)/time.Second)))
	}
	return h
}

// place is where the fake is reached: the host that opens sessions, the server
// that sessions name, and the host of the v2 operations.
type place struct{ authHost, serverHost, v2Host, server string }

// exchange answers one request and records it. The error is the connection's
// end, or the caller's context's.
func (f *Fake) exchange(r *http.Request, body []byte, at place) (reply, error) {
	if err := r.Context().Err(); err != nil {
		return reply{}, err
	}
	op := routeOf(r.Method, r.URL.Path)
	call := newCall(op, r, body, f.now())
	fault := f.fault(call.Operation)
	call.Fault = fault.String()
	var out reply
	err := fault.wait(r.Context())
	if err == nil {
		out, err = f.underFault(fault, op, func() reply { return f.answer(op, r, body, at) })
	}
	call.Status = out.status
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return out, err
}

// answer does what the request asks, as one step that no other request sees
// half done.
func (f *Fake) answer(op *route, r *http.Request, body []byte, at place) reply {
	defer f.begin()()
	if document := f.printed[r.URL.Path]; document != nil {
		return reply{status: http.StatusOK, kind: "application/pdf", body: document}
	}
	out, err := f.perform(op, r, body, at)
	switch {
	case err != nil && op != nil && op.v2:
		return problemReply(err, r.URL.Path)
	case err != nil:
		return errorReply(err)
	}
	return out
}

func (f *Fake) perform(op *route, r *http.Request, body []byte, at place) (reply, error) {
	host := at.serverHost
	switch {
	case op == nil:
	case op.open:
		host = at.authHost
	case op.v2:
		host = at.v2Host
	}
	if op == nil || !strings.EqualFold(cmp.Or(r.URL.Host, r.Host), host) {
		return reply{}, noRoute(r, op != nil)
	}
	if !op.answers(r.Method, f.quirks[PostsRefuseGET]) {
		return reply{}, &apiError{status: http.StatusMethodNotAllowed, message: fmt.Sprintf("The requested resource does not support http method '%s'.", r.Method)}
	}
	if !op.open {
		if err := f.checkSession(r.Header.Get("Authorization")); err != nil {
			return reply{}, err
		}
		if err := f.checkAccount(op); err != nil {
			return reply{}, err
		}
	}
	if wait, full := f.overQuota(op); full {
		return throttled(f.limits.of(op), wait), nil
	}
	object, form, err := op.decode(r, body, f.quirks)
	if err != nil {
		return reply{}, err
	}
	if form == formless && op.formOnly && f.quirks[StatusIgnoresJSON] {
		return reply{status: http.StatusOK, body: []byte("[]")}, nil
	}
	result, err := op.handler.call(f, object, at)
	if err != nil {
		return reply{}, err
	}
	if result == nil {
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{status: http.StatusOK, body: encode(result)}, nil
}

func noRoute(r *http.Request, known bool) error {
	text := fmt.Sprintf("No HTTP resource was found that matches the request URI '%s'.", r.URL.Redacted())
	if known {
		text += " (it belongs to another host)"
	} else if name := lacking(r.Method, r.URL.Path); name != "" {
		text = fmt.Sprintf("linnworkstest does not support %s (%s %s), which Linnworks has; Operations lists what it supports", name, r.Method, r.URL.Path)
	}
	return &apiError{status: http.StatusNotFound, message: text}
}

// lacking returns the name of the operation at a path that no route has, empty
// if Linnworks has none there either. All of version 1 answer POST.
func lacking(method, urlPath string) string {
	given := strings.Split(strings.ToLower(urlPath), "/")
	for line := range strings.Lines(described) {
		words := strings.Fields(line)
		segments := strings.Split(words[1], "/")
		placeholder := func(g, want string) bool {
			return strings.EqualFold(g, want) || strings.HasPrefix(want, "{") && g != ""
		}
		if (words[0] == method || method == http.MethodPost && segments[1] == "api") && slices.EqualFunc(given, segments, placeholder) {
			return words[2]
		}
	}
	return ""
}
