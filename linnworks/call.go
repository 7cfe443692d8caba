package linnworks

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/lenient"
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
	bodyName   string // of a wrapped or flat body as a form field, if not request
	form       bool   // send the body form-encoded
	replay     replay
	empty      bool // a reply without content is known to be normal
	hollow     bool // the documented result is an object that has no members
	number     bool // the documented result is an object or a number
	raw        bool // the caller's own operation, of which nothing is known
	limit      int  // calls a minute, 0 if unpublished
	host       hostKind
}

// bodyKind is the shape of a body. In form encoding, wrapped and flat bodies
// are the same: one field that holds the request as JSON text.
type bodyKind int

const (
	bodyNone    bodyKind = iota
	bodyParams           // one property per parameter
	bodyWrapped          // one property "request" that holds the request
	bodyFlat             // the request itself
	bodyJSON             // v2: the request itself
	bodyWhole            // v2: what the request has in Body, a list or a bare value
)

type hostKind int

const (
	hostServer hostKind = iota // the session's server
	hostAuth                   // where sessions are opened; needs none
	hostV2                     // the regional host, below /v2
	hostNew                    // the same host, below /v1
)

type replay = transport.Replay

const (
	replayNever = transport.ReplayNever
	replayRead  = transport.ReplayRead
	replayWrite = transport.ReplayWrite
)

// CallOption changes a single call. What is wrong with one is the error of the
// call, which is then not sent. None touches the login that a call may need.
type CallOption func(*callSettings)

type callSettings struct {
	transport.CallSettings

	response *Response
	form     *bool
	permit   *Permit
}

// WithResponse fills r with the reply to the last attempt, on success and on
// failure. Where that attempt got no reply, only Attempts and Waited are set.
func WithResponse(r *Response) CallOption {
	return func(s *callSettings) { s.response = r }
}

// FormEncoded chooses the encoding of a v1 body: form fields that hold JSON text
// if form is true, JSON if not. Both are official, and each method comes with
// the one known to work. The other is worth a try where Linnworks answers
// "Object reference not set to an instance of an object.", or answers with
// success and does nothing. It does not touch v2 operations.
func FormEncoded(form bool) CallOption {
	return func(s *callSettings) { s.form = &form }
}

// RepeatSafe declares that this call may be repeated when its outcome is
// unknown, as reads and absolute writes are anyway.
func RepeatSafe() CallOption {
	return func(s *callSettings) { s.Replay = new(replayWrite) }
}

// NoRepeat makes one attempt, whatever it meets: for callers with retries of their
// own. A call whose session was refused is still sent once more, in a new one,
// because the first was not executed.
func NoRepeat() CallOption { return Attempts(1) }

// Attempts replaces [WithMaxAttempts] for one call. Less than 1 is an error.
func Attempts(n int) CallOption {
	return func(s *callSettings) { s.SetMaxAttempts(n) }
}

// AttemptTimeout replaces [WithTimeout] for one call, for instance to give a large
// document more time. The context bounds the whole call all the same.
func AttemptTimeout(d time.Duration) CallOption {
	return func(s *callSettings) { s.SetTimeout(d) }
}

// Header sends a header with every attempt of one call, for instance a trace.
// Those that the client sets itself (authorisation, content type and length, host)
// are refused, but for User-Agent and Accept.
func Header(name, value string) CallOption {
	return func(s *callSettings) { s.SetHeader(name, value) }
}

// Response is what a reply carried besides its data. Printed, logged or encoded
// it shows neither headers nor body.
type Response struct {
	// Status is the HTTP status, 0 when no reply arrived.
	Status int
	Header http.Header `json:"-"`
	// Body is the whole reply as received. It may hold a buyer's data.
	Body []byte `json:"-"`
	// Attempts counts the attempts, and Waited the time spent between them and
	// for rate limits.
	Attempts int
	Waited   time.Duration
}

// String sums the response up.
func (r Response) String() string {
	return fmt.Sprintf("HTTP %d, %d bytes, %d attempts, %s waited", r.Status, len(r.Body), r.Attempts, r.Waited)
}

// Format prints [Response.String] for every verb.
func (r Response) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is [Response.String] for slog.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Call sends an operation that this package has no method for.
//
// rawPath is the full path, each segment escaped with [url.PathEscape] where it
// needs it: one such as /api/Orders/GetOrderById goes to the session's server, one
// below /v2/ or /v1/ to the regional host. query may be nil; an operation of
// version 1 reads a list in it as one JSON text, the newer ones as repeated keys.
// body, if not nil, is encoded as JSON, or with [FormEncoded] as a form field for
// each of its members; an operation that wants its request wrapped gets it as
// map[string]any{"request": ...}. out, if not nil, receives the reply.
//
// The call is repeated only if it is a GET or with [RepeatSafe]. The rate is limited
// for each method and path, as where no limit is published.
func (c *Client) Call(ctx context.Context, method, rawPath string, query url.Values, body, out any, opts ...CallOption) error {
	op := operation{name: strings.TrimSpace(method + " " + rawPath), method: method, path: rawPath, raw: true}
	fail := func(what string) error { return fmt.Errorf("linnworks: Call: %s", what) }
	if method == "" || strings.ToUpper(method) != method {
		return fail("the method must be in capitals, such as GET")
	}
	// An unclean path would be cleaned on the way and address another resource.
	if _, err := url.PathUnescape(rawPath); err != nil || !strings.HasPrefix(rawPath, "/") ||
		strings.ContainsAny(rawPath, "{}?#") || path.Clean(rawPath) != rawPath {
		return fail("the path must start with / and hold no placeholder, query, dot segment or stray %")
	}
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return fail("out must be a pointer")
	}
	if err := wire.CheckRead(body); err != nil {
		return fmt.Errorf("linnworks: Call: %w", err)
	}
	for prefix, host := range map[string]hostKind{"/v2/": hostV2, "/v1/": hostNew} {
		if rest, ok := strings.CutPrefix(rawPath, prefix); ok {
			op.host, rawPath = host, "/"+rest
		}
	}
	if method == http.MethodGet {
		op.replay = replayRead
	}
	if body != nil {
		op.body = bodyParams
		if op.host != hostServer {
			op.body = bodyJSON
		}
	}
	return c.send(ctx, op, rawPath, query, body, out, opts)
}

// call sends op. path fills the placeholders of its path in order. req is the
// request struct, nil for none; out points to the result, which receives the
// reply and is zero beside any error but a partial one, see [wire.Result].
func (c *Client) call(ctx context.Context, op operation, path []string, req, out any, opts []CallOption) error {
	req = wire.Request(req)
	p, err := wire.Path(op.path, path)
	if err == nil {
		err = wire.Required(req, isGUID)
	}
	if err != nil {
		return fmt.Errorf("linnworks: %s: %w", op.name, err)
	}
	values := url.Values{}
	if op.query && req != nil {
		if values, err = wire.Query(req); err == nil && op.jsonArrays {
			err = joinArrays(values, req)
		}
		if err != nil {
			return fmt.Errorf("linnworks: %s: encoding the query: %w", op.name, err)
		}
	}
	err = c.send(ctx, op, p, values, req, wire.Result(out), opts)
	if errors.Is(err, errNothing) {
		wire.Discard(out)
		return nil
	}
	if err != nil && !IsPartial(err) && !inPart(err) {
		wire.Discard(out)
	}
	return err
}

// errNothing is what send returns for a read that found nothing to tell.
var errNothing = errors.New("nothing")

// isGUID: an empty GUID goes out as "", which Linnworks cannot read.
func isGUID(t reflect.Type) bool { return t == reflect.TypeFor[GUID]() }

// joinArrays puts each list of req into values anew, as one key with a JSON
// array instead of a key for each element.
func joinArrays(values url.Values, req any) error {
	v := reflect.Indirect(reflect.ValueOf(req))
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("url"), ",")
		list := reflect.Indirect(v.Field(i))
		if !values.Has(name) || list.Kind() != reflect.Slice {
			continue
		}
		raw, err := marshal(list.Interface())
		if err != nil {
			return err
		}
		values.Set(name, string(raw))
	}
	return nil
}

func (c *Client) send(ctx context.Context, op operation, path string, values url.Values, req, out any, opts []CallOption) error {
	var s callSettings
	for _, opt := range opts {
		if opt == nil {
			return fmt.Errorf("linnworks: %s: nil option", op.name)
		}
		opt(&s)
	}
	if s.Err != nil {
		return fmt.Errorf("linnworks: %s: %w", op.name, s.Err)
	}
	if s.Replay != nil {
		op.replay = *s.Replay
	}
	if s.form != nil {
		op.form = *s.form
	}
	key := c.limitKey(op.name, op.limit)
	if s.permit != nil && s.permit.key != key {
		return fmt.Errorf("linnworks: %s: the permit is for %s, or of another installation", op.name, s.permit.key.Operation)
	}
	contentType, body, err := encodeBody(op, req)
	if err != nil {
		return fmt.Errorf("linnworks: %s: encoding the body: %w", op.name, err)
	}
	p := &inSession{
		client: c, op: op.name, req: req, host: op.host, path: path, query: values.Encode(), replay: op.replay,
		contentType: contentType,
	}
	if op.host != hostAuth {
		if err := c.session.refusal(op.name); err != nil {
			return &Error{Operation: op.name, Class: ClassPermission, HTTPStatus: http.StatusUnauthorized, Err: err}
		}
		// The server's address is part of the session, so it comes first.
		if p.session, err = c.getSession(ctx, op.name, nil); err != nil {
			return err
		}
	}
	p.address = p.url(p.session)
	reply, err := c.transport.Do(ctx, transport.Call{
		Operation: op.name, Account: key.Application, Method: op.method, URL: p.address, Header: s.Header, Body: body,
		Replay: op.replay, MaxAttempts: s.MaxAttempts, Timeout: s.Timeout,
		Wait: func(ctx context.Context) error {
			if s.permit.admits() {
				return nil
			}
			return c.limiter.Wait(ctx, key)
		},
		Learn: learner(c.limiter, key), Rate: rater(c.limiter, key), Budget: op.name,
		Secrets: p.secrets,
	}, p)
	if s.response != nil {
		*s.response = Response{
			Status: reply.Status, Header: reply.Header, Body: reply.Body, Attempts: reply.Attempts, Waited: reply.Waited,
		}
	}
	if err != nil {
		return p.explain(reply, err)
	}
	unread, err := decode(reply.Body, out, op)
	if err == nil {
		var others []lenient.Unread
		others, err = aboutOthers(op.name, req, out, unread)
		unread = append(unread, others...)
	}
	if err != nil {
		e := &Error{
			Operation: op.name, Class: ClassDecode, HTTPStatus: reply.Status, Attempts: reply.Attempts,
			OutcomeUnknown: op.replay != replayRead, Body: snapshot(reply.Body, op.host, p.mask()), Err: err,
		}
		if told, ok := errors.AsType[objectError](err); ok {
			e.Code, e.Message = clean(told.code, p.mask()), clean(told.message, p.mask())
		}
		return e
	}
	if nothing(reply.Body) { // which names no item
		if op.empty && op.replay == replayRead {
			return errNothing
		}
		return nil
	}
	return also(p.unread(unread), partial(op.name, req, out, p.mask()))
}

// inSession is the protocol of calls, one value per call.
type inSession struct {
	client  *Client
	op      string
	req     any // the request struct or a map, nil for none
	host    hostKind
	path    string
	query   string
	session *openSession // nil for calls that open one
	address *url.URL     // with that session
	replay  replay

	contentType string // empty without a body
	scrub       mask   // for the present session, nil until it is needed

	sent  time.Time // of the last attempt
	doubt bool      // an attempt was answered in a way that does not tell whether it took effect
}

func (p *inSession) url(s *openSession) *url.URL {
	u := p.client.baseURL(p.host, s).JoinPath(p.path)
	u.RawQuery = p.query
	return u
}

// secrets are the credentials of the call.
func (p *inSession) secrets() []string {
	secrets := p.client.credentials.secrets()
	if p.session != nil {
		secrets = append(secrets, p.session.token.Reveal())
	}
	if r, ok := p.req.(revealer); ok {
		_, given := r.revealed()
		for _, s := range given {
			if s != nil {
				secrets = append(secrets, s.Reveal())
			}
		}
	}
	return secrets
}

// mask strikes the credentials of the call out of a text. Most calls succeed and
// have no use for it: the credentials are looked up for the first text.
func (p *inSession) mask() mask { return p.clean }

func (p *inSession) clean(text string) string {
	if p.scrub == nil {
		p.scrub = wire.Scrubber(p.secrets()...)
	}
	return p.scrub(text)
}

// Prepare sets the header and with it the session token. The address is set anew
// too: a fresh session may live on another server.
func (p *inSession) Prepare(_ context.Context, req *http.Request, _ []byte) error {
	p.sent = time.Now()
	req.Header["User-Agent"] = []string{p.client.userAgent}
	req.Header["Accept"] = []string{"application/json"}
	if p.contentType != "" {
		req.Header["Content-Type"] = []string{p.contentType}
	}
	if p.session == nil {
		return nil
	}
	*req.URL, req.Host = *p.address, p.address.Host
	// No scheme word: Linnworks refuses "Bearer".
	req.Header["Authorization"] = []string{p.session.token.Reveal()}
	return nil
}

// Reauthorise replaces the session that was refused.
func (p *inSession) Reauthorise(ctx context.Context) error {
	s, err := p.client.getSession(ctx, p.op, p.session)
	if err != nil {
		return err
	}
	p.session, p.address, p.scrub = s, p.url(s), nil
	return nil
}

// Classify reads status and error body.
func (p *inSession) Classify(reply *transport.Reply) transport.Verdict {
	if reply.Status >= 200 && reply.Status < 300 {
		if p.session != nil {
			p.client.session.accepted(p.op, p.session)
		}
		return transport.Verdict{}
	}
	e := readError(p.op, reply, p.host, p.mask())
	// What redirects may have acted before, and so may what is in front of Linnworks.
	refused := e.Class == ClassSession || e.Class == ClassThrottle
	p.doubt = p.doubt || e.Class == ClassSystem || e.Err != nil && !refused
	e.OutcomeUnknown = p.unknown(reply)
	v := transport.Verdict{Err: e, Code: e.Code, After: e.RetryAfter}
	if e.Class == ClassSession && p.session != nil {
		good, renew := p.client.session.refused(p.op, p.session, p.sent)
		if good {
			e.Class, e.Err = ClassPermission, errRefusedOperation
		}
		if renew {
			v.Retry = transport.RetryReauthorised
		}
		return v
	}
	switch {
	case e.Class == ClassThrottle:
		v.Limit = transport.Throttled
	case reply.Status == http.StatusServiceUnavailable:
		v.Limit = transport.Overloaded
	}
	switch {
	case reply.Status == http.StatusTooManyRequests:
		v.Retry = transport.RetryUnread
	case e.Class.Temporary():
		v.Retry = transport.RetryLater
	}
	return v
}

// explain turns what the request path reports into an [*Error].
func (p *inSession) explain(reply *transport.Reply, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err // made by Classify
	}
	e := newError(p.op, reply, err)
	if _, ok := errors.AsType[*LimitError](err); ok {
		e.Class = ClassThrottle
	}
	e.OutcomeUnknown = p.unknown(reply)
	return e
}

// unknown reports whether the call may have taken effect although it failed.
func (p *inSession) unknown(reply *transport.Reply) bool {
	return (p.doubt || reply.Lost) && p.replay != replayRead
}

// nothing tells whether a reply is empty or null.
func nothing(body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	return len(body) == 0 || string(body) == "null"
}

// encodeBody encodes once; every attempt sends these bytes.
func encodeBody(op operation, req any) (contentType string, body []byte, err error) {
	object := []byte("{}")
	if r, ok := req.(revealer); ok {
		req, _ = r.revealed()
	}
	switch {
	case op.body == bodyNone, req == nil && op.body != bodyWrapped:
		return "", nil, nil
	case op.body == bodyWhole:
		req = reflect.Indirect(reflect.ValueOf(req)).FieldByName("Body").Interface()
		fallthrough
	case req != nil:
		if object, err = marshal(req); err != nil {
			return "", nil, err
		}
	}
	if op.form && op.body != bodyJSON && op.body != bodyWhole {
		fields, err := formFields(op, object)
		return "application/x-www-form-urlencoded", []byte(fields.Encode()), err
	}
	if op.body == bodyWrapped {
		object = slices.Concat([]byte(`{"request":`), object, []byte{'}'})
	}
	return "application/json", object, nil
}

// formFields spreads a JSON object over form fields: strings bare, all else as
// JSON text, null included.
func formFields(op operation, object []byte) (url.Values, error) {
	if op.body != bodyParams {
		return url.Values{cmp.Or(op.bodyName, "request"): {string(object)}}, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, raw := range fields {
		values.Set(name, bare(raw))
	}
	return values, nil
}

// bare returns the text of a JSON string, and other JSON as it is.
func bare(raw []byte) string {
	var text *string
	if json.Unmarshal(raw, &text) == nil && text != nil {
		return *text
	}
	return string(raw)
}

// marshal is json.Marshal without HTML escaping: what a caller wrote is what
// Linnworks shows.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
