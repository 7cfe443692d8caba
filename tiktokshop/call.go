package tiktokshop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

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
}

type bodyKind int

const (
	bodyNone bodyKind = iota
	bodyJSON
	bodyMultipart
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
	replay   *replay
}

// WithResponse fills r with the outcome of the last attempt, on success and on
// failure.
func WithResponse(r *Response) CallOption {
	return func(s *callSettings) { s.response = r }
}

// RepeatSafe declares that the caller made this call safe to repeat, for
// instance with a stable idempotency key. It is then repeated like a read.
func RepeatSafe() CallOption {
	return func(s *callSettings) { s.replay = new(replayWrite) }
}

// Response is what a reply carried besides its data.
type Response struct {
	// Status is the HTTP status.
	Status int
	// RequestID is TikTok's id of the call; its support asks for it.
	RequestID string
	Header    http.Header
	// Body is the whole reply as received.
	Body []byte
	// Attempts counts the attempts, and Waited the time spent between them and
	// for rate limits.
	Attempts int
	Waited   time.Duration
}

// Call sends an operation that this package has no method for. path is the full
// path with its version, such as /order/202309/orders/search; query may be nil;
// body, if not nil, is encoded as JSON; out receives the data of the envelope.
// The call is repeated only if GET or with [RepeatSafe].
func (c *Client) Call(ctx context.Context, method, path string, query url.Values, body, out any, opts ...CallOption) error {
	op := operation{name: method + " " + path, method: method, path: path}
	if method == http.MethodGet {
		op.replay = replayRead
	}
	if body != nil {
		op.body = bodyJSON
	}
	if strings.ContainsAny(path, "{}?#") || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("tiktokshop: %s: path must start with / and hold neither placeholders nor a query", op.name)
	}
	return c.send(ctx, op, path, cloneQuery(query), body, out, opts)
}

// call sends op. req is the request struct, nil for none; out receives the data
// of the envelope, nil to drop it.
func (c *Client) call(ctx context.Context, op operation, path []string, req, out any, opts []CallOption) error {
	if req != nil {
		if v := reflect.ValueOf(req); v.Kind() == reflect.Pointer && v.IsNil() {
			req = reflect.New(v.Type().Elem()).Interface()
		}
	}
	p, err := wire.Path(op.path, path)
	if err != nil {
		return fmt.Errorf("tiktokshop: %s: %w", op.name, err)
	}
	values := url.Values{}
	if op.query && req != nil {
		if values, err = query.Values(req); err != nil {
			return fmt.Errorf("tiktokshop: %s: encoding the query: %w", op.name, err)
		}
	}
	return c.send(ctx, op, p, values, req, out, opts)
}

func (c *Client) send(ctx context.Context, op operation, path string, values url.Values, req, out any, opts []CallOption) error {
	var s callSettings
	for _, opt := range opts {
		opt(&s)
	}
	if s.replay != nil {
		op.replay = *s.replay
	}
	contentType, body, err := encodeBody(op.body, req)
	if err != nil {
		return fmt.Errorf("tiktokshop: %s: encoding the body: %w", op.name, err)
	}
	if c.shop.Cipher != "" && !op.noCipher {
		values.Set("shop_cipher", c.shop.Cipher)
	}
	key := LimitKey{App: c.core.app.Key, Shop: c.shop.ID, Write: op.replay != replayRead, Operation: op.name}
	u := c.core.baseURL.JoinPath(path)
	call := transport.Call{
		Operation: op.name, Method: op.method, URL: u, Body: body, Replay: op.replay,
		Header: http.Header{"Content-Type": {contentType}, "User-Agent": {c.core.userAgent}},
		Wait:   func(ctx context.Context) error { return c.core.limiter.Wait(ctx, key) },
	}
	p := &signed{core: c.core, op: op.name, shop: c.shop.ID, path: path, query: values, contentType: contentType}
	reply, err := c.core.transport.Do(ctx, call, p)
	if s.response != nil && reply != nil {
		*s.response = Response{
			Status: reply.Status, RequestID: p.envelope.RequestID, Header: reply.Header,
			Body: reply.Body, Attempts: reply.Attempts, Waited: reply.Waited,
		}
	}
	if err != nil {
		return c.explain(op.name, reply, err)
	}
	return p.decode(out)
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
	e = &Error{Operation: op, Shop: c.shop.ID, Class: ClassUnknown, Err: err}
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

// signed is the protocol of signed calls, one value per call.
type signed struct {
	core        *core
	op, shop    string
	path        string // as signed: without a prefix of the base URL
	query       url.Values
	contentType string
	token       Token
	envelope    envelope
}

// Prepare signs one attempt: the timestamp is part of the signature and only
// valid for minutes.
func (p *signed) Prepare(ctx context.Context, req *http.Request, body []byte) error {
	token, err := p.core.tokens.Token(ctx)
	if err != nil {
		return &Error{Operation: p.op, Shop: p.shop, Class: ClassToken, Err: fmt.Errorf("getting an access token: %w", err)}
	}
	p.token = token
	q := cloneQuery(p.query)
	q.Set("app_key", p.core.app.Key)
	q.Set("timestamp", strconv.FormatInt(p.core.now().Unix(), 10))
	q.Set("sign", Sign(p.core.app.Secret, p.path, q, p.contentType, body))
	req.URL.RawQuery = q.Encode()
	req.Header.Set("x-tts-access-token", token.AccessToken.Reveal())
	return nil
}

// Reauthorise drops the token that was refused.
func (p *signed) Reauthorise(ctx context.Context) error {
	r, ok := p.core.tokens.(RefusedTokenSource)
	if !ok {
		return errors.New("the token source cannot replace a refused token")
	}
	return r.Refused(ctx, p.token)
}

// Classify reads the envelope: a code other than 0 is an error whatever the
// HTTP status.
func (p *signed) Classify(reply *transport.Reply) transport.Verdict {
	p.envelope = envelope{}
	err := json.Unmarshal(reply.Body, &p.envelope)
	if err == nil && p.envelope.Code != nil && *p.envelope.Code == 0 && reply.Status < 300 {
		return transport.Verdict{Code: "0"}
	}
	e := &Error{
		Operation: p.op, Shop: p.shop, HTTPStatus: reply.Status, RequestID: p.envelope.RequestID,
		Message: p.envelope.Message, RetryAfter: transport.RetryAfter(reply.Header, p.core.now()),
	}
	code := ""
	if err == nil && p.envelope.Code != nil {
		e.Code = *p.envelope.Code
		code = strconv.Itoa(e.Code)
	} else {
		e.Body = snapshot(reply.Body)
		if err == nil {
			err = errors.New("no code in the reply")
		}
		e.Err = fmt.Errorf("the reply is not TikTok's JSON envelope: %w", err)
	}
	e.Class = classify(e)
	return transport.Verdict{Err: e, Retry: retryOf(e), Code: code, After: e.RetryAfter}
}

func retryOf(e *Error) transport.Retry {
	switch {
	case e.Class == ClassToken && e.Code != 0:
		return transport.RetryReauthorised
	case e.Class.Temporary():
		return transport.RetryLater
	}
	return transport.RetryNo
}

// decode reads the data of a successful envelope into out, and its per-item
// errors into a *PartialError.
func (p *signed) decode(out any) error {
	data := bytes.TrimSpace(p.envelope.Data)
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			return &Error{
				Operation: p.op, Shop: p.shop, HTTPStatus: http.StatusOK, RequestID: p.envelope.RequestID,
				Class: ClassDecode, Body: snapshot(data), Err: fmt.Errorf("the data has another shape than documented: %w", err),
			}
		}
	}
	return partial(p.op, p.shop, p.envelope.RequestID, data)
}

// envelope wraps every reply.
type envelope struct {
	Code      *int            `json:"code"`
	Message   string          `json:"message"`
	Data      json.RawMessage `json:"data"`
	RequestID string          `json:"request_id"`
}

// encodeBody encodes once; every attempt sends and signs these bytes.
func encodeBody(kind bodyKind, req any) (contentType string, body []byte, err error) {
	switch kind {
	case bodyJSON:
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
	case bodyMultipart:
		return encodeMultipart(req)
	default:
		return "application/json", nil, nil
	}
}

// encodeMultipart writes the fields of req that carry a multipart tag.
func encodeMultipart(req any) (string, []byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	v := reflect.Indirect(reflect.ValueOf(req))
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Tag.Get("multipart"), v.Field(i)
		if name == "" || field.IsZero() {
			continue
		}
		if file, ok := field.Interface().(*File); ok {
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
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), b.Bytes(), nil
}

func cloneQuery(q url.Values) url.Values {
	c := make(url.Values, len(q)+4)
	for k, v := range q {
		c[k] = v
	}
	return c
}
