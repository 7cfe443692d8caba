package tiktokshop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/internal/transport"
	"github.com/linnbridge/linnbridge/internal/wire"
)

// operation describes one API operation to the request path. Generated methods
// spell it out where they call, so that a program links only what it calls.
type operation struct {
	name     string // service and method
	method   string
	path     string // with {placeholders}
	query    bool   // the request has query fields
	body     bodyKind
	replay   replay
	noCipher bool // the operation refuses shop_cipher
	empty    bool // a reply that holds nothing may be a result
}

// bodyKind encodes a body, nil for none: a program links the ways it uses.
type bodyKind func(req any) (contentType string, body []byte, err error)

type replay = transport.Replay

const (
	replayNever = transport.ReplayNever
	replayRead  = transport.ReplayRead
	replayWrite = transport.ReplayWrite
)

// CallOption changes a single call. What is wrong with one is the error of the
// call, which is then not sent.
type CallOption func(*callSettings)

type callSettings struct {
	transport.CallSettings

	response *Response
	permit   *Permit
}

// WithResponse fills r with the outcome of the last attempt, on success and on
// failure; of a call that got no reply it tells the attempts alone.
func WithResponse(r *Response) CallOption {
	return func(s *callSettings) { s.response = r }
}

// RepeatSafe declares that the caller made this call safe to repeat, for
// instance with a stable idempotency key. It is then repeated like a read.
func RepeatSafe() CallOption {
	return func(s *callSettings) { s.Replay = new(replayWrite) }
}

// NoRepeat makes one attempt, whatever it meets: for callers with retries of their
// own. A call whose access token was refused is still sent once more, with a new
// one, because the first was not executed.
func NoRepeat() CallOption { return Attempts(1) }

// Attempts replaces [WithMaxAttempts] for one call. Less than 1 is an error.
func Attempts(n int) CallOption {
	return func(s *callSettings) { s.SetMaxAttempts(n) }
}

// AttemptTimeout replaces [WithTimeout] for one call, for instance to give an
// upload more time. The context bounds the whole call all the same.
func AttemptTimeout(d time.Duration) CallOption {
	return func(s *callSettings) { s.SetTimeout(d) }
}

// Header sends a header with every attempt of one call, for instance a trace or an
// idempotency key. Headers are not signed. Those that the client sets itself
// (access token, content type and length, host) are refused, but for User-Agent.
func Header(name, value string) CallOption {
	return func(s *callSettings) { s.SetHeader(name, value) }
}

// Response is what a reply carried besides its data. It prints without header
// and body, which may hold a buyer's data.
type Response struct {
	// Status is the HTTP status, 0 when no reply arrived.
	Status int
	// RequestID is TikTok's id of the call; its support asks for it.
	RequestID string
	// Header is the header of the reply.
	Header http.Header `json:"-"`
	// Body is the whole reply as received.
	Body []byte `json:"-"`
	// Attempts counts the attempts.
	Attempts int
	// Waited is the time spent between attempts and for rate limits.
	Waited time.Duration
}

// String tells the outcome without header and body.
func (r Response) String() string {
	return fmt.Sprintf("HTTP %d, request %s, %d bytes, %d attempt(s), waited %s",
		r.Status, r.RequestID, len(r.Body), r.Attempts, r.Waited)
}

// Format prints String for every verb.
func (r Response) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is String for slog.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Call sends an operation that this package has no method for. rawPath is the
// full path with its version, such as /order/202309/orders/search, each segment
// escaped with [url.PathEscape] where it needs it; query may be nil, and holds
// each parameter once, a list as one value joined by commas; body, if not nil,
// is encoded as JSON; out, if not nil, receives the data of the envelope.
// Signing, tokens, limits and errors are those of every method.
//
// The call is repeated only if it is a GET or with [RepeatSafe]. A client bound
// to a shop sends its cipher; for one of the few operations that refuse it,
// call on the client that [Client.ForShop] was called on.
func (c *Client) Call(ctx context.Context, method, rawPath string, query url.Values, body, out any, opts ...CallOption) error {
	op := operation{name: method + " " + rawPath, method: method, path: rawPath, empty: true}
	if method == http.MethodGet {
		op.replay = replayRead
	}
	if body != nil {
		op.body = bodyJSON
	}
	// An unclean path would be cleaned on the way and address another resource.
	if _, err := url.PathUnescape(rawPath); err != nil || !strings.HasPrefix(rawPath, "/") ||
		strings.ContainsAny(rawPath, "{}?#") || path.Clean(rawPath) != rawPath {
		return fmt.Errorf("tiktokshop: %s: the path must start with / and hold no placeholder, query, dot segment or stray %%", op.name)
	}
	for name, values := range query {
		if len(values) > 1 {
			// Which of them TikTok signs is not documented.
			return fmt.Errorf("tiktokshop: %s: the query parameter %s stands %d times: give a list as one value, joined by commas", op.name, name, len(values))
		}
	}
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return fmt.Errorf("tiktokshop: %s: out must be a pointer", op.name)
	}
	if err := wire.CheckRead(body); err != nil {
		return fmt.Errorf("tiktokshop: %s: %w", op.name, err)
	}
	return c.send(ctx, op, rawPath, nil, query, body, out, opts)
}

// call sends op. args fill the placeholders of its path; req is the request
// struct, nil for none; out points to the result, which receives the data of the
// envelope and is zero beside any error but a partial one, see [wire.Result].
func (c *Client) call(ctx context.Context, op operation, args []string, req, out any, opts []CallOption) error {
	req = wire.Request(req)
	p, err := wire.Path(op.path, args)
	if err == nil {
		err = wire.Required(req, noID)
	}
	if err != nil {
		return fmt.Errorf("tiktokshop: %s: %w", op.name, err)
	}
	var values url.Values
	if op.query && req != nil {
		if values, err = wire.Query(req); err != nil {
			return fmt.Errorf("tiktokshop: %s: encoding the query: %w", op.name, err)
		}
	}
	err = c.send(ctx, op, p, args, values, req, wire.Result(out), opts)
	if err != nil && !IsPartial(err) && !inPart(err) {
		wire.Discard(out)
	}
	return err
}

// noID: of TikTok's ids, the description has none of a type of their own.
func noID(reflect.Type) bool { return false }

func (c *Client) send(ctx context.Context, op operation, rawPath string, args []string, values url.Values, req, out any, opts []CallOption) error {
	var s callSettings
	for _, opt := range opts {
		if opt == nil {
			return fmt.Errorf("tiktokshop: %s: nil call option", op.name)
		}
		opt(&s)
	}
	if s.Err != nil {
		return fmt.Errorf("tiktokshop: %s: %w", op.name, s.Err)
	}
	write := op.replay != replayRead // for the limits a read stays one, RepeatSafe or not
	if s.Replay != nil {
		op.replay = *s.Replay
	}
	contentType, body := "application/json", []byte(nil)
	if op.body != nil { // encoded once: every attempt sends and signs these bytes
		var err error
		if contentType, body, err = op.body(req); err != nil {
			return fmt.Errorf("tiktokshop: %s: encoding the body: %w", op.name, err)
		}
	}
	u := c.core.baseURL.JoinPath(rawPath)
	p := &signed{
		core: c.core, op: op.name, shop: c.shop.ID, replay: op.replay, empty: op.empty, contentType: contentType, out: out,
		path:   strings.TrimPrefix(u.EscapedPath(), c.core.basePath),
		params: c.params(values, op.noCipher),
	}
	call := transport.Call{
		Operation: op.name, Account: c.shop.ID, Method: op.method, URL: u, Header: s.Header, Body: body,
		Replay: op.replay, MaxAttempts: s.MaxAttempts, Timeout: s.Timeout,
		Secrets: p.known,
	}
	key := LimitKey{App: c.core.appKey, Shop: c.shop.ID, Write: write, Operation: op.name}
	if s.permit != nil && s.permit.key != key {
		return fmt.Errorf("tiktokshop: %s: the permit is for %s, or of another shop", op.name, s.permit.key.Operation)
	}
	p.limit(&call, key)
	if wait := call.Wait; s.permit != nil {
		call.Wait = func(ctx context.Context) error {
			if s.permit.admits() {
				return nil
			}
			return wait(ctx)
		}
	}
	reply, err := c.core.transport.Do(ctx, call, p)
	if s.response != nil {
		*s.response = p.response(reply)
	}
	if err != nil {
		return p.fail(ctx, reply, err)
	}
	return p.result(reply, func() bool { return aboutOther(op, args, out) })
}

// params are the parameters of a call but for those that each attempt adds.
func (c *Client) params(values url.Values, noCipher bool) []param {
	params := make([]param, 0, len(values)+1)
	bound := c.shop.Cipher != "" && !noCipher
	for name, list := range values {
		switch {
		case name == "app_key", name == "timestamp", name == "sign", name == "shop_cipher" && bound:
			continue // the client's own decide
		}
		for _, value := range list {
			params = append(params, param{name, value})
		}
	}
	if bound {
		params = append(params, param{"shop_cipher", c.shop.Cipher})
	}
	return params
}

// signed is the protocol of signed calls, one value per call.
type signed struct {
	core        *core
	op, shop    string
	replay      replay
	empty       bool    // see operation
	path        string  // as signed
	params      []param // but for those that each attempt adds
	contentType string
	out         any // receives the data, nil to drop it

	attempts     int
	preparedAt   time.Time        // the last attempt
	stamped      time.Duration    // ahead of our clock, the last attempt
	doubt        bool             // an attempt of a write may have taken effect
	token        Token            // of the last attempt
	secrets      []string         // of the last attempt, to be struck out of texts
	envelope     envelope         // of the last reply
	unread       []lenient.Unread // of the last reply
	filled       bool             // a reply was decoded into out
	last         *Error           // what this value made of the last attempt
	doubtful     int              // replies that may be a fault or a missing permission
	reauthorised bool
	// Why the call ended otherwise than with a reply, if it did.
	refreshErr, limitErr error
}

// limit puts a call under the rate limit of key.
func (p *signed) limit(call *transport.Call, key LimitKey) {
	call.Wait = func(ctx context.Context) error {
		p.limitErr = p.core.limiter.Wait(ctx, key)
		return p.limitErr
	}
	call.Learn, call.Rate, call.Budget = learner(p.core.limiter, key), rater(p.core.limiter, key), key.budget()
}

// Prepare signs one attempt: the timestamp is part of the signature and only
// valid for minutes.
func (p *signed) Prepare(ctx context.Context, req *http.Request, body []byte) error {
	token, err := p.core.tokens.Token(ctx)
	if err != nil {
		p.last = p.error(classOfTokenError(err), fmt.Errorf("getting an access token: %w", err))
		return p.last
	}
	p.preparedAt, p.stamped = p.core.now(), p.core.clock.stamp()
	now := strconv.FormatInt(p.preparedAt.Add(p.stamped).Unix(), 10)
	var room [16]param // enough for nearly every query, without an allocation
	params := append(append(room[:0], p.params...), param{"app_key", p.core.appKey}, param{"timestamp", now})
	sortParams(params)
	secret := p.core.secret
	signature := sign(secret, p.path, params, p.contentType, body)
	req.URL.RawQuery = encodeParams(append(params, param{"sign", signature}))
	req.Header["Content-Type"] = []string{p.contentType}
	req.Header["User-Agent"] = []string{p.core.userAgent}
	req.Header["X-Tts-Access-Token"] = []string{token.AccessToken.Reveal()}
	p.attempts++
	p.token = token
	p.secrets = []string{
		secret.Reveal(), token.AccessToken.Reveal(), token.RefreshToken.Reveal(), signature,
	}
	return nil
}

// known are the secrets of the last attempt, the app's even before the first.
func (p *signed) known() []string {
	if p.secrets == nil {
		return []string{p.core.secret.Reveal()}
	}
	return p.secrets
}

// Reauthorise has the token replaced that was refused.
func (p *signed) Reauthorise(ctx context.Context) error {
	if r, ok := p.core.tokens.(RefusedTokenSource); ok {
		p.refreshErr = r.Refused(ctx, p.token)
	} else {
		p.refreshErr = errors.New("the token source cannot replace a refused token")
	}
	p.reauthorised = p.refreshErr == nil
	return p.refreshErr
}

// Classify reads the envelope: a code other than 0 is an error whatever the
// HTTP status.
func (p *signed) Classify(reply *transport.Reply) transport.Verdict {
	e := p.read(reply)
	p.last = e
	if e == nil {
		v := transport.Verdict{Code: "0"}
		if p.core.transport.Observer != nil { // else nobody asks
			v.RequestID = p.requestID()
		}
		return v
	}
	fault := reply.Status >= 500 // may come from behind the gate that refuses calls
	switch {
	case p.replay == replayRead:
	case reply.Lost, fault:
		p.doubt = true
	default: // without a code that is known nothing tells what became of the call
		switch e.Class {
		case ClassSystem, ClassDecode, ClassRoute, ClassUnknown:
			p.doubt = true
		}
	}
	e.OutcomeUnknown = p.doubt
	v := transport.Verdict{Err: e, RequestID: e.RequestID, After: e.RetryAfter}
	switch {
	case e.Class == ClassThrottle:
		v.Limit = transport.Throttled
	case reply.Status == http.StatusServiceUnavailable:
		v.Limit = transport.Overloaded
	}
	if e.Code != 0 {
		v.Code = strconv.Itoa(e.Code)
	}
	switch {
	case e.Class == ClassToken && (fault || e.Code == 0) && (p.reauthorised || p.replay == replayNever):
		// Not TikTok's word on the token.
	case e.Class == ClassToken && p.reauthorised:
		// A fresh token was refused too.
		e.Class = ClassAuthorisation
		if source, ok := p.core.tokens.(*refreshing); ok {
			source.refuse(p.token, e, false)
		}
	case e.Class == ClassToken && e.Code != 0:
		v.Retry = transport.RetryReauthorised
	case e.Class == ClassSignature && e.Code != 0 && p.core.clock.refused(p.stamped):
		v.Retry = transport.RetryUnread
	case e.Class == ClassThrottle && !fault: // by status or code, the gate refuses before the call is run
		v.Retry = transport.RetryUnread
	case e.Class.Temporary():
		v.Retry = transport.RetryLater
	}
	p.addConsent(e)
	return v
}

// read decodes the envelope with its data, and returns nil for a success.
func (p *signed) read(reply *transport.Reply) *Error {
	body := bytes.TrimPrefix(reply.Body, []byte("\ufeff"))
	err := p.unmarshal(body)
	code, known := p.envelope.code()
	if known { // else somebody else may tell the time
		p.core.clock.told(p.preparedAt, p.core.now(), reply.Header.Get("Date"))
	}
	if known && code == 0 && reply.Status < 300 {
		return nil
	}
	if !known || code != 0 { // the token calls take code 0 with any status
		p.reset()
	}
	e := p.error("", nil)
	e.HTTPStatus, e.RetryAfter = reply.Status, transport.RetryAfter(reply.Header, p.core.now())
	e.Code = code
	if known { // else it is not TikTok's
		e.Message = p.clean(p.envelope.Message)
	} else {
		if err == nil {
			err = errors.New("it has no code, or more than one")
		}
		e.Body, e.Err = p.snapshot(reply.Body), fmt.Errorf("the reply is not TikTok's JSON envelope: %w", err)
	}
	e.Class = classify(e)
	if redirect := transport.Redirect(reply); redirect != nil && !known {
		e.Class, e.Err = ClassRoute, wire.ScrubError(redirect, p.known()...)
	}
	switch e.Code {
	case codePermissionOrFault:
		if p.doubtful++; p.doubtful > 2 {
			e.Class = ClassConfiguration
		}
	case codeSandboxCap:
		if e.RetryAfter == 0 {
			now := p.core.now()
			e.RetryAfter = now.Truncate(time.Hour).Add(time.Hour).Sub(now)
		}
	}
	return e
}

// response describes the reply to the last attempt.
func (p *signed) response(reply *transport.Reply) Response {
	return Response{
		Status: reply.Status, RequestID: p.requestID(), Header: reply.Header,
		Body: reply.Body, Attempts: p.attempts, Waited: reply.Waited,
	}
}

// error begins an Error with what is known of the call.
func (p *signed) error(class Class, cause error) *Error {
	e := &Error{
		Operation: p.op, Shop: p.shop, Class: class, RequestID: p.requestID(),
		OutcomeUnknown: p.doubt, Attempts: p.attempts, Err: wire.ScrubError(cause, p.known()...),
	}
	p.addConsent(e)
	return e
}

// addConsent gives the error its link once its class is known.
func (p *signed) addConsent(e *Error) {
	if source, ok := p.core.tokens.(*refreshing); ok && e.Class == ClassAuthorisation {
		e.Consent = source.link
	}
}

// requestID is the id that TikTok gave the call. A server can put there what it
// likes.
func (p *signed) requestID() string {
	if p.envelope.RequestID == "" {
		return ""
	}
	return p.clean(string(p.envelope.RequestID))
}

// clean makes a text of TikTok's fit for an error: bounded, without the secrets of
// the call and the queries of addresses, and without what steers a terminal. The
// ends of lines stay, and [oneLine] takes them.
func (p *signed) clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if (unicode.IsControl(r) || r == '\u2028' || r == '\u2029') && r != '\n' && r != '\r' {
			return ' '
		}
		return r
	}, wire.WithoutQueries(wire.Head(text, wire.Scrubber(p.known()...))))
	return clip(text, 1<<10)
}

// fail turns what the request path reports into the error of the call. reply is
// that of the last attempt.
func (p *signed) fail(ctx context.Context, reply *transport.Reply, err error) error {
	last := p.last
	if last != nil && !errors.Is(err, last) {
		last = nil // of an earlier attempt
	}
	answered := last != nil && last.HTTPStatus != 0
	network, lost := errors.AsType[*transport.NetworkError](err)
	_, panicked := errors.AsType[*transport.PanicError](err)
	panicked = panicked && last == nil // else of the token source, which says more
	if reply.Lost && p.replay != replayRead {
		p.doubt = true
	}
	var (
		class Class
		cause error
	)
	switch ctxErr := ctx.Err(); {
	case panicked:
		class, cause = ClassPanic, err
	case ctxErr != nil && (!answered || err != error(last)): //nolint:errorlint // that error itself, not one that says why the call ended
		class, cause = ClassCancelled, err
		if answered || !errors.Is(err, ctxErr) {
			cause = ctxErr
		}
	case p.refreshErr != nil:
		class, cause = classOfTokenError(p.refreshErr), fmt.Errorf("replacing the refused access token: %w", p.refreshErr)
	case p.limitErr != nil:
		class, cause = ClassThrottle, fmt.Errorf("waiting for the rate limit: %w", p.limitErr)
	case last != nil:
		last.OutcomeUnknown = p.doubt // one without a token follows one that was lost
		return err
	case errors.Is(err, transport.ErrBodyTooLarge):
		class, cause = ClassDecode, err
	default:
		class, cause = ClassUnknown, err
		if lost {
			class = ClassNetwork
			if network.Certificate {
				class = ClassCertificate
			}
		}
	}
	e := p.error(class, cause)
	e.HTTPStatus = reply.Status
	if last != nil {
		e.Code, e.Message, e.RetryAfter = last.Code, last.Message, last.RetryAfter
	}
	return e
}

// classOfTokenError is the class of a failure to get or replace a token: that
// of a refresh, if one was tried.
func classOfTokenError(err error) Class {
	if class, ok := classOf(err); ok {
		return class
	}
	if _, ok := errors.AsType[*transport.PanicError](err); ok {
		return ClassPanic
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return ClassNetwork // of the attempt; [signed.fail] knows the caller's context
	}
	return ClassToken
}

// bodyJSON writes req as JSON.
func bodyJSON(req any) (string, []byte, error) {
	if req == nil {
		return "application/json", nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(req); err != nil {
		return "", nil, err
	}
	return "application/json", bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// bodyMultipart writes the fields of req that carry a multipart tag. The only file
// of a request is what the call is for.
func bodyMultipart(req any) (string, []byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	v := reflect.Indirect(reflect.ValueOf(req))
	var files []string // of the request
	sent := 0
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Tag.Get("multipart"), v.Field(i)
		file, isFile := field.Interface().(*File)
		if isFile {
			files = append(files, v.Type().Field(i).Name)
		}
		if name == "" || field.IsZero() {
			continue
		}
		if isFile {
			if len(file.Content) == 0 {
				return "", nil, fmt.Errorf("the file %s is empty", v.Type().Field(i).Name)
			}
			sent++
			part, err := w.CreateFormFile(name, file.Name)
			if err != nil {
				return "", nil, err
			}
			if _, err := part.Write(file.Content); err != nil {
				return "", nil, err
			}
			continue
		}
		if err := w.WriteField(name, fmt.Sprint(reflect.Indirect(field).Interface())); err != nil {
			return "", nil, err
		}
	}
	if len(files) == 1 && sent == 0 {
		return "", nil, fmt.Errorf("the file %s is required and was not set", files[0])
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), b.Bytes(), nil
}
