package linnworkstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// reply is an answer before it meets HTTP.
type reply struct {
	status     int
	body       []byte
	plain      bool // not JSON
	retryAfter time.Duration
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

func errorReply(err error) reply {
	var e *apiError
	if !errors.As(err, &e) {
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

// maxRequest bounds the bytes of one request.
const maxRequest = 32 << 20

// ServeHTTP answers a request from a real listener.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large or cut", http.StatusRequestEntityTooLarge)
		return
	}
	at := place{authHost: r.Host, serverHost: r.Host, server: "http://" + r.Host}
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
	for k, v := range out.header() {
		w.Header()[k] = v
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
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
	at := place{authHost: authHost, serverHost: serverHost, server: "https://" + serverHost}
	if s := rt.f.server; s != nil {
		at.serverHost, at.server = s.Host, s.String()
	}
	out, err := rt.f.exchange(r, body, at)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", out.status, http.StatusText(out.status)), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header(), Body: io.NopCloser(bytes.NewReader(out.body)), ContentLength: int64(len(out.body)), Request: r,
	}, nil
}

func (r reply) header() http.Header {
	h := http.Header{}
	switch {
	case r.plain:
		h.Set("Content-Type", "text/html; charset=utf-8")
	case len(r.body) > 0:
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	if r.retryAfter > 0 {
		h.Set("Retry-After", fmt.Sprint(int((r.retryAfter+time.Second-1)/time.Second)))
	}
	return h
}

// place is where the fake is reached: the host that opens sessions, and the
// server that sessions name.
type place struct{ authHost, serverHost, server string }

// exchange answers one request and records it. The error is the connection's
// end, or the caller's context's.
func (f *Fake) exchange(r *http.Request, body []byte, at place) (reply, error) {
	if err := r.Context().Err(); err != nil {
		return reply{}, err
	}
	call := newCall(r, body, f.now())
	fault := f.fault(call.Operation)
	var out reply
	err := fault.wait(r.Context())
	if err == nil {
		out, err = f.underFault(fault, r.URL.Path, func() reply { return f.answer(r, body, at) })
	}
	call.Status = out.status
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return out, err
}

// answer does what the request asks, as one step that no other request sees
// half done.
func (f *Fake) answer(r *http.Request, body []byte, at place) reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	out, err := f.perform(r, body, at)
	if err != nil {
		return errorReply(err)
	}
	return out
}

func (f *Fake) perform(r *http.Request, body []byte, at place) (reply, error) {
	op := routeOf(r.URL.Path)
	known, host := op != nil, at.serverHost
	if known && op.open {
		host = at.authHost
	}
	if !known || r.URL.Host != "" && r.URL.Host != host || r.URL.Host == "" && r.Host != host {
		return reply{}, noRoute(r, known)
	}
	if r.Method != http.MethodPost && (r.Method != http.MethodGet || !op.get) {
		return reply{}, &apiError{status: http.StatusMethodNotAllowed, message: fmt.Sprintf("The requested resource does not support http method '%s'.", r.Method)}
	}
	if !op.open {
		if err := f.checkSession(r.Header.Get("Authorization")); err != nil {
			return reply{}, err
		}
	}
	if wait, full := f.overQuota(op); full {
		return throttled(f.limits.of(op), wait), nil
	}
	object, form, err := op.decode(r, body)
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
	if !known {
		text += fmt.Sprintf(" (linnworkstest does not support %s)", operationOf(r.URL.Path))
	} else {
		text += " (it belongs to another host)"
	}
	return &apiError{status: http.StatusNotFound, message: text}
}

// id is an id in the form the fake keeps.
func id(g linnworks.GUID) linnworks.GUID { return linnworks.GUID(strings.ToLower(string(g))) }
