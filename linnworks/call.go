package linnworks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/linnbridge/linnbridge/internal/transport"
	"github.com/linnbridge/linnbridge/internal/wire"
)

// operation describes one API operation to the request path. Generated methods
// spell it out where they call, so that a program links only what it calls.
type operation struct {
	name       string // service and method
	method     string
	path       string // with {placeholders}
	query      bool   // the request has query fields
	jsonArrays bool   // arrays in the query go as JSON text
	body       bodyKind
	form       bool // send the body form-encoded
	replay     replay
	limit      int // calls a minute, 0 if unpublished
	host       hostKind
}

// bodyKind is the shape of a body. In form encoding, wrapped and flat bodies
// are the same.
type bodyKind int

const (
	bodyNone    bodyKind = iota
	bodyParams           // one property per parameter
	bodyWrapped          // one property "request" that holds the request
	bodyFlat             // the request itself
	bodyJSON             // v2: any JSON value
)

type hostKind int

const (
	hostServer hostKind = iota // the session's server
	hostAuth
	hostV2
	hostNew // the newer host with v1 paths
)

type replay = transport.Replay

const (
	replayNever = transport.ReplayNever
	replayRead  = transport.ReplayRead
	replayWrite = transport.ReplayWrite
)

// CallOption changes a single call.
type CallOption func(*callSettings)

type callSettings struct {
	response *Response
	form     *bool
	replay   *replay
}

// WithResponse fills r with the outcome of the last attempt, on success and on
// failure.
func WithResponse(r *Response) CallOption {
	return func(s *callSettings) { s.response = r }
}

// FormEncoded sends the body as form fields holding JSON text instead of as
// JSON. Both encodings are official; some tenants saw JSON bodies of some
// operations answered with success and ignored.
func FormEncoded(form bool) CallOption {
	return func(s *callSettings) { s.form = &form }
}

// RepeatSafe declares that this call is safe to repeat. It is then repeated
// like a read.
func RepeatSafe() CallOption {
	return func(s *callSettings) { s.replay = new(replayWrite) }
}

// Response is what a reply carried besides its data.
type Response struct {
	// Status is the HTTP status.
	Status int
	Header http.Header
	// Body is the whole reply as received.
	Body []byte
	// Attempts counts the attempts, and Waited the time spent between them and
	// for rate limits.
	Attempts int
	Waited   time.Duration
}

// Call sends an operation that this package has no method for to the session's
// server. path is the full path, such as /api/Orders/GetOrderById; params are
// encoded as a query for GET and as a JSON object otherwise; out receives the
// reply. The call is repeated only if GET or with [RepeatSafe].
func (c *Client) Call(ctx context.Context, method, path string, params map[string]any, out any, opts ...CallOption) error {
	op := operation{name: method + " " + path, method: method, path: path}
	if strings.ContainsAny(path, "{}?#") || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("linnworks: %s: path must start with / and hold neither placeholders nor a query", op.name)
	}
	values := url.Values{}
	var body any
	if method == http.MethodGet {
		op.replay = replayRead
		for k, v := range params {
			values.Set(k, fmt.Sprint(v))
		}
	} else if params != nil {
		op.body, body = bodyParams, params
	}
	return c.send(ctx, op, path, values, body, out, opts)
}

// call sends op. req is the request struct, nil for none; out receives the
// reply, nil to drop it.
func (c *Client) call(ctx context.Context, op operation, path []string, req, out any, opts []CallOption) error {
	if req != nil {
		if v := reflect.ValueOf(req); v.Kind() == reflect.Pointer && v.IsNil() {
			req = reflect.New(v.Type().Elem()).Interface()
		}
	}
	p, err := wire.Path(op.path, path)
	if err != nil {
		return fmt.Errorf("linnworks: %s: %w", op.name, err)
	}
	values := url.Values{}
	if op.query && req != nil {
		if values, err = query.Values(req); err != nil {
			return fmt.Errorf("linnworks: %s: encoding the query: %w", op.name, err)
		}
		if op.jsonArrays {
			joinArrays(values)
		}
	}
	return c.send(ctx, op, p, values, req, out, opts)
}

// joinArrays turns repeated keys into one key with a JSON array.
func joinArrays(values url.Values) {
	for k, v := range values {
		if len(v) > 1 {
			text, _ := json.Marshal(v)
			values[k] = []string{string(text)}
		}
	}
}

func (c *Client) send(ctx context.Context, op operation, path string, values url.Values, req, out any, opts []CallOption) error {
	var s callSettings
	for _, opt := range opts {
		opt(&s)
	}
	if s.replay != nil {
		op.replay = *s.replay
	}
	if s.form != nil {
		op.form = *s.form
	}
	contentType, body, err := encodeBody(op, req)
	if err != nil {
		return fmt.Errorf("linnworks: %s: encoding the body: %w", op.name, err)
	}
	p := &inSession{client: c, op: op.name, host: op.host, path: path, query: values.Encode()}
	if op.host != hostAuth {
		// The server's address is part of the session, so it comes first.
		if p.session, err = c.getSession(ctx, nil); err != nil {
			return c.explain(op.name, nil, err)
		}
	}
	header := http.Header{"User-Agent": {c.userAgent}, "Accept": {"application/json"}}
	if body != nil {
		header.Set("Content-Type", contentType)
	}
	key := LimitKey{Application: c.credentials.ApplicationID, Operation: op.name, PerMinute: op.limit}
	call := transport.Call{
		Operation: op.name, Method: op.method, URL: p.url(), Header: header, Body: body, Replay: op.replay,
		Wait: func(ctx context.Context) error { return c.limiter.Wait(ctx, key) },
	}
	reply, err := c.transport.Do(ctx, call, p)
	if s.response != nil && reply != nil {
		*s.response = Response{
			Status: reply.Status, Header: reply.Header, Body: reply.Body, Attempts: reply.Attempts, Waited: reply.Waited,
		}
	}
	if err != nil {
		return c.explain(op.name, reply, err)
	}
	return decode(op, reply, out)
}

// explain turns what the request path reports into an *Error.
func (c *Client) explain(op string, reply *transport.Reply, err error) error {
	var e *Error
	if errors.As(err, &e) {
		if reply != nil {
			e.Attempts = reply.Attempts
		}
		return err
	}
	e = &Error{Operation: op, Class: ClassUnknown, Err: err}
	var n *transport.NetworkError
	switch {
	case errors.As(err, &n):
		e.Class = ClassNetwork
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Class = ClassCancelled
	case errors.Is(err, transport.ErrBodyTooLarge):
		e.Class = ClassDecode
	}
	if reply != nil {
		e.HTTPStatus, e.Attempts = reply.Status, reply.Attempts
	}
	return e
}

// inSession is the protocol of calls, one value per call.
type inSession struct {
	client  *Client
	op      string
	host    hostKind
	path    string
	query   string
	session *openSession // nil for calls that open one
}

func (p *inSession) url() *url.URL {
	u := p.client.baseURL(p.host, p.session).JoinPath(p.path)
	u.RawQuery = p.query
	return u
}

// Prepare sets the session token. The address is set anew too: a fresh session
// may live on another server.
func (p *inSession) Prepare(_ context.Context, req *http.Request, _ []byte) error {
	if p.session == nil {
		return nil
	}
	u := p.url()
	req.URL, req.Host = u, u.Host
	// No scheme word: Linnworks refuses "Bearer".
	req.Header.Set("Authorization", p.session.token.Reveal())
	return nil
}

// Reauthorise replaces the session that was refused.
func (p *inSession) Reauthorise(ctx context.Context) error {
	s, err := p.client.getSession(ctx, p.session)
	if err != nil {
		return err
	}
	p.session = s
	return nil
}

// Classify reads status and error body.
func (p *inSession) Classify(reply *transport.Reply) transport.Verdict {
	if reply.Status >= 200 && reply.Status < 300 {
		return transport.Verdict{}
	}
	e := readError(p.op, reply, p.client.now())
	v := transport.Verdict{Err: e, Code: e.Code, After: e.RetryAfter}
	switch {
	case e.Class == ClassSession && p.session != nil:
		v.Retry = transport.RetryReauthorised
	case e.Class.Temporary():
		v.Retry = transport.RetryLater
	}
	return v
}

// decode reads a successful reply. An empty body and null are normal; so is
// plain text where a string is declared.
func decode(op operation, reply *transport.Reply, out any) error {
	body := bytes.TrimSpace(reply.Body)
	if out == nil || len(body) == 0 || string(body) == "null" {
		return nil
	}
	err := json.Unmarshal(body, out)
	if err == nil {
		return nil
	}
	if text, ok := out.(*string); ok && body[0] != '{' && body[0] != '[' {
		*text = string(body)
		return nil
	}
	return &Error{
		Operation: op.name, HTTPStatus: reply.Status, Class: ClassDecode, Body: snapshot(body),
		Attempts: reply.Attempts, Err: fmt.Errorf("the reply has another shape than documented: %w", err),
	}
}

// encodeBody encodes once; every attempt sends these bytes.
func encodeBody(op operation, req any) (contentType string, body []byte, err error) {
	if op.body == bodyNone || req == nil {
		if op.body == bodyWrapped {
			return "application/json", []byte(`{"request":{}}`), nil
		}
		return "", nil, nil
	}
	plain, err := marshal(req)
	if err != nil {
		return "", nil, err
	}
	if op.form && op.body != bodyJSON {
		values, err := formFields(op.body, plain)
		return "application/x-www-form-urlencoded", []byte(values.Encode()), err
	}
	if op.body == bodyWrapped {
		plain = append(append([]byte(`{"request":`), plain...), '}')
	}
	return "application/json", plain, nil
}

// formFields spreads a JSON object over form fields: strings bare, everything
// else as JSON text.
func formFields(kind bodyKind, object []byte) (url.Values, error) {
	if kind != bodyParams {
		return url.Values{"request": {string(object)}}, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil || string(raw) == "null" {
			text = string(raw)
		}
		values.Set(name, text)
	}
	return values, nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
