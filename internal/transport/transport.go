// Package transport is the request path that both clients share.
//
// A call is encoded once. Each attempt then waits for its rate limit, is
// authorised and signed, is sent, is read up to a limit, and is classified by
// the API's own [Protocol]. Between attempts the path sleeps exponentially with
// jitter, at least as long as the server asked, and always watches the context.
// Only calls marked as safe to repeat are repeated, with three exceptions in which
// the server has done nothing: no connection was made, the credentials were
// refused, or the call was refused unread for its rate.
//
// Nothing below this path may repeat a call: net/http does so where it can, see
// [oneShot].
package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// Replay says whether an operation may be sent again when the outcome of an
// attempt is unknown or a failure.
type Replay int

const (
	// ReplayNever marks calls that create or move something: sent once.
	ReplayNever Replay = iota
	// ReplayRead marks calls that change nothing.
	ReplayRead
	// ReplayWrite marks absolute writes: the second says the same as the first.
	ReplayWrite
)

// Retry is what a [Protocol] recommends after looking at a reply.
type Retry int

const (
	// RetryNo ends the call.
	RetryNo Retry = iota
	// RetryLater repeats a replay-safe call after a pause.
	RetryLater
	// RetryUnread repeats any call after a pause: the server refused it without
	// looking at it, so nothing was done.
	RetryUnread
	// RetryReauthorised repeats any call once, at once, with fresh credentials:
	// a reply that refuses the credentials means that nothing was done.
	RetryReauthorised
)

// Verdict is the classification of one reply. A nil Err is success.
type Verdict struct {
	Err   error
	Retry Retry
	// Code is the API's own result code, for observers.
	Code string
	// RequestID is the server's id of the call, for observers.
	RequestID string
	// After is the pause that the server asked for, zero if it did not.
	After time.Duration
	// Limit says what the reply tells about the rate limit of the call.
	Limit Limiting
}

// Limiting is what a refusal says about a rate limit.
type Limiting int

const (
	// NotLimited refuses for another reason.
	NotLimited Limiting = iota
	// Throttled refuses a call as one too many.
	Throttled
	// Overloaded refuses a call because the server is overloaded.
	Overloaded
)

// Protocol is what differs between the two APIs. One value serves one call, and
// its methods are called one at a time.
type Protocol interface {
	// Prepare puts the header, credentials and signature on the request of one attempt.
	// body is exactly what will be sent.
	Prepare(ctx context.Context, req *http.Request, body []byte) error
	// Classify decides what a complete reply means.
	Classify(reply *Reply) Verdict
	// Reauthorise drops or replaces the credentials that the last attempt used.
	Reauthorise(ctx context.Context) error
}

// Info says which attempt of which call a request belongs to. Every request
// carries it in its context.
type Info struct {
	// Operation is the service and method.
	Operation string
	// Account is whose data the call is about: a shop, an application.
	Account string
	// Attempt counts from 1.
	Attempt int
}

type infoKey struct{}

// InfoOf returns the Info of a request's context.
func InfoOf(ctx context.Context) (Info, bool) {
	info, ok := ctx.Value(infoKey{}).(Info)
	return info, ok
}

// Call is one API call, encoded.
type Call struct {
	// Operation and Account name the call in events, logs and contexts.
	Operation, Account string
	Method             string
	URL                *url.URL
	Header             http.Header // beside or instead of what Prepare sets
	Body               []byte
	Replay             Replay
	// MaxAttempts and Timeout replace those of the transport, zero does not.
	MaxAttempts int
	Timeout     time.Duration
	// Wait blocks until the rate limit of this call admits one attempt.
	Wait func(context.Context) error
	// Secrets are the credentials of the call, as far as they are known. They are
	// struck out of all that it fails with: what a limiter, a middleware, a proxy
	// or net/http says may repeat the request.
	Secrets func() []string
	// Learn, if not nil, tells the limiter of a refused attempt, and returns for
	// how long the limiter now holds the calls of Budget.
	Learn func(Feedback) time.Duration
	// Rate, if not nil, tells how many calls a second the limiter lets go now, 0 if it
	// has no limit.
	Rate func() float64
	// Budget names in reports the calls that share the limit.
	Budget string
}

// Reply is a complete reply and how it was obtained.
type Reply struct {
	// Status is 0 when no complete reply arrived.
	Status int
	Header http.Header
	Body   []byte
	// Attempts counts the attempts, the one that got this reply included.
	Attempts int
	// Waited is the time spent waiting for limits and between attempts.
	Waited time.Duration
	// Lost reports whether an attempt, this one or an earlier one, may have
	// reached the server and got no complete reply.
	Lost bool

	sent bool // handed to the middleware and the HTTP client
}

// Event describes one attempt to an observer.
type Event struct {
	Info

	// RequestID is the server's id of the attempt, empty if it gave none.
	RequestID string
	// Wait is the wait for the limit, Duration that from sending to the last
	// byte.
	Wait     time.Duration
	Duration time.Duration
	Status   int
	Code     string
	Bytes    int
	Err      error
	// Held is how long the limiter holds the calls that share the limit of this
	// one, set on the first attempt that finds out and if it is seconds.
	Held time.Duration
	// Rate is how many calls a second the limiter lets go from now on, set on the
	// attempt that made it let go fewer.
	Rate float64
	// Pause is for how long the call now waits before the next attempt, 0 if there is
	// none.
	Pause time.Duration
}

// Next sends a request on.
type Next = func(*http.Request) (*http.Response, error)

// Middleware wraps the sending of every attempt, inside its timeout and after
// [Protocol.Prepare].
type Middleware = func(req *http.Request, next Next) (*http.Response, error)

// Transport sends calls. It is safe for concurrent use.
type Transport struct {
	HTTP       *http.Client
	Middleware []Middleware                 // the first is the outermost
	Logger     *slog.Logger                 // nil logs nothing
	Observer   func(context.Context, Event) // nil observes nothing
	// MaxAttempts bounds the attempts of a replay-safe call; at least 1.
	MaxAttempts int
	// AttemptTimeout bounds one attempt, sending and reading included.
	AttemptTimeout time.Duration
	// MaxBody bounds the bytes read from one reply, after decompression.
	MaxBody int64
	// BackoffBase is about the first pause between attempts; each next one is
	// twice as long, up to about BackoffMax. A quarter more or less is chance.
	BackoffBase, BackoffMax time.Duration
	// Jitter replaces rand.Float64: numbers from 0 up to 1.
	Jitter func() float64
	// MaxRetryAfter caps what a server may make calls wait. A longer pause ends
	// the call, so that the caller hears of it, and holds the limiter for so long
	// only; then one call finds out whether the server still refuses.
	MaxRetryAfter time.Duration

	protocols sync.Map // host to the HTTP major version that it answered in
	holds     holds
}

// NetworkError says that an attempt got no complete reply, and that the caller's
// context is not the reason. Its text never holds the URL: the query carries
// signatures and, on token calls, secrets.
type NetworkError struct {
	// Sent reports whether the server may have seen the call. It is false only
	// if no connection was made, because net/http refused the request too, or one
	// that died before the call was written.
	Sent bool
	// Certificate reports whether the server's certificate is the reason: it
	// does not mend by itself.
	Certificate bool
	Err         error
}

func (e *NetworkError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// timeoutError says that the time of one attempt ended it. It is not
// a context.DeadlineExceeded: that would blame the caller's deadline.
type timeoutError struct {
	after   time.Duration
	missing string
}

func (e timeoutError) Error() string { return fmt.Sprintf("no %s within %s", e.missing, e.after) }

// Timeout makes it a net.Error's timeout to whoever asks.
func (timeoutError) Timeout() bool { return true }

// Temporary completes net.Error.
func (timeoutError) Temporary() bool { return true }

// stoppedError says why a call ended that could have been attempted again.
type stoppedError struct {
	why  error
	last error // of the last attempt
}

func (e *stoppedError) Error() string {
	return fmt.Sprintf("%v (stopped repeating: %v)", e.last, e.why)
}

// Unwrap returns both. The last attempt comes first, so that errors.As finds
// what the server said.
func (e *stoppedError) Unwrap() []error { return []error{e.last, e.why} }

func stopped(why, last error) error {
	if last == nil {
		return why
	}
	return &stoppedError{why, last}
}

// Redirect returns an error that says where the reply redirects to, nil if it does
// not. It names the host alone: the rest of an address may hold secrets.
func Redirect(reply *Reply) error {
	if reply.Status < 300 || reply.Status >= 400 {
		return nil
	}
	to, location := "an address that cannot be read", reply.Header.Get("Location")
	if u, err := url.Parse(location); location == "" {
		to = "no address"
	} else if err == nil {
		to = cmp.Or(u.Host, "another path of the same host")
	}
	return fmt.Errorf("the reply is a redirect to %s, which is not followed", to)
}

// ErrBodyTooLarge is returned for a reply beyond [Transport.MaxBody].
var ErrBodyTooLarge = errors.New("the reply is larger than WithMaxReply allows")

// Client returns a copy of c that does not follow redirects: a redirect would
// carry credentials to a host that nobody chose.
func Client(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{}
	}
	cp := *c
	cp.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &cp
}

// Do sends the call until it succeeds, must not be repeated, or runs out of
// attempts or time. The reply is never nil, beside an error neither: it counts
// the attempts, and is otherwise empty when the last attempt got no reply.
//
// When the context ends the call, or its deadline leaves no room for the next
// attempt, the error is the context's and, if there was an attempt, also what
// that attempt met. A panic of what the caller plugged in is a [*PanicError].
func (t *Transport) Do(ctx context.Context, call Call, p Protocol) (reply *Reply, err error) {
	defer func() {
		if p := Recovered(recover()); p != nil {
			// The outcome of what was sent is gone with it, a success too.
			reply.Lost = reply.Lost || reply.sent
			err = call.scrub(p)
		}
	}()
	reply = &Reply{}
	var (
		waited       time.Duration
		lastErr      error
		pauses       *backoff.ExponentialBackOff // nil before the first: most calls need none
		reauthorised bool
		maxAttempts  = max(cmp.Or(call.MaxAttempts, t.MaxAttempts), 1)
		lost         bool
	)
	for attempt := 1; ; attempt++ {
		reply.sent = false
		start := time.Now()
		err = admit(ctx, call)
		wait := time.Since(start)
		waited += wait
		if err != nil {
			reply.Waited = waited
			return reply, stopped(call.scrub(err), lastErr)
		}

		start = time.Now()
		reply = &Reply{Attempts: attempt, Waited: waited, Lost: lost}
		info := Info{Operation: call.Operation, Account: call.Account, Attempt: attempt}
		infoCtx := context.WithValue(ctx, infoKey{}, info)
		verdict := t.attempt(infoCtx, call, p, reply)
		verdict.Err = call.scrub(verdict.Err)
		lost, lastErr = reply.Lost, verdict.Err
		event := Event{
			Info: info, RequestID: verdict.RequestID, Wait: wait, Duration: time.Since(start),
			Status: reply.Status, Code: verdict.Code, Bytes: len(reply.Body), Err: verdict.Err,
		}
		event.Held, event.Rate = t.learn(ctx, call, verdict, reply.Status, start)
		if verdict.Err == nil {
			t.report(infoCtx, call, event)
			return reply, nil
		}

		again := false
		switch verdict.Retry {
		case RetryReauthorised:
			again = !reauthorised
		case RetryLater, RetryUnread:
			again = (call.Replay != ReplayNever || verdict.Retry == RetryUnread || neverSent(verdict.Err)) && attempt < maxAttempts &&
				(t.MaxRetryAfter <= 0 || verdict.After <= t.MaxRetryAfter)
		}
		if !again || verdict.Retry == RetryReauthorised {
			t.report(infoCtx, call, event)
		}
		if !again {
			return reply, verdict.Err
		}
		if verdict.Retry == RetryReauthorised {
			reauthorised = true
			if err := call.scrub(p.Reauthorise(ctx)); err != nil {
				return reply, fmt.Errorf("%w (after: %w)", err, verdict.Err)
			}
			maxAttempts++ // a refused credential does not use up a try
			continue
		}

		if pauses == nil {
			pauses = t.pauses()
		}
		pause := max(t.jittered(pauses.NextBackOff()), verdict.After)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
			t.report(infoCtx, call, event)
			return reply, stopped(fmt.Errorf("no time for a pause of %s: %w", pause.Round(time.Millisecond), context.DeadlineExceeded), verdict.Err)
		}
		event.Pause = pause
		t.report(infoCtx, call, event)
		start = time.Now()
		err = sleep(ctx, pause)
		waited += time.Since(start)
		reply.Waited = waited
		if err != nil {
			return reply, stopped(err, verdict.Err)
		}
	}
}

// scrub returns err without the secrets of the call, and with the types it had.
func (c Call) scrub(err error) error {
	if err == nil || c.Secrets == nil {
		return err
	}
	secrets := c.Secrets()
	if n, ok := errors.AsType[*NetworkError](err); ok {
		n.Err = wire.ScrubError(n.Err, secrets...)
	}
	return wire.ScrubError(err, secrets...)
}

// admit waits for the limit of the call.
func admit(ctx context.Context, call Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if call.Wait == nil {
		return nil
	}
	if err := call.Wait(ctx); err != nil {
		return fmt.Errorf("waiting for the rate limit: %w", err)
	}
	// A limiter need not look at the context when it admits at once.
	return ctx.Err()
}

// attempt makes one attempt and puts what arrived into reply.
func (t *Transport) attempt(caller context.Context, call Call, p Protocol, reply *Reply) Verdict {
	ctx, timeout := caller, cmp.Or(call.Timeout, t.AttemptTimeout)
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(caller, timeout)
		defer cancel()
	}
	seen := new(progress)
	req, err := call.request(seen.trace(ctx))
	if err != nil {
		return Verdict{Err: err}
	}
	// With the context without the trace: what Prepare sends to get credentials is
	// another request.
	if err := p.Prepare(ctx, req, call.Body); err != nil {
		return Verdict{Err: err}
	}
	for name, values := range call.Header {
		req.Header[name] = slices.Clone(values)
	}
	t.oneShot(req, call)
	reply.sent = true
	resp, err := t.send(req, seen)
	if err != nil {
		return failed(caller, ctx, timeout, err, seen, reply)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the connection itself, whose reads no context ends.
		seen.answered()
		return failed(caller, ctx, timeout, errors.New("the server switches to another protocol"), seen, reply)
	}
	if major, _ := t.protocols.Load(req.URL.Host); resp.ProtoMajor > 0 && major != resp.ProtoMajor {
		t.protocols.Store(req.URL.Host, resp.ProtoMajor)
	}
	body, err := ReadAll(io.LimitReader(resp.Body, t.MaxBody+1), resp.ContentLength)
	if err != nil {
		seen.answered()
		return failed(caller, ctx, timeout, err, seen, reply)
	}
	reply.Status, reply.Header, reply.Body = resp.StatusCode, resp.Header, body
	if int64(len(body)) > t.MaxBody {
		reply.Body, reply.Lost = body[:t.MaxBody], true
		return Verdict{Err: fmt.Errorf("%w: %d bytes", ErrBodyTooLarge, t.MaxBody)}
	}
	return p.Classify(reply)
}

// request returns the request of one attempt. Its URL is not printed to be parsed
// again.
func (c Call) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, c.Method, "", nil)
	if err != nil {
		return nil, err
	}
	*req.URL, req.Host = *c.URL, c.URL.Host
	req.Body = http.NoBody
	if len(c.Body) > 0 {
		// In a form that net/http knows to be in memory, and sends with the header.
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(c.Body)), int64(len(c.Body))
	}
	return req, nil
}

// ReadAll is io.ReadAll for a body that is said to have length bytes, 0 or less if
// that is not known. A sender that promises much gets no memory for it.
func ReadAll(r io.Reader, length int64) ([]byte, error) {
	if length <= 0 || length > 1<<20 {
		return io.ReadAll(r)
	}
	body := make([]byte, 0, length+1) // the end is read into the room for one more
	for len(body) < cap(body) {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
	rest, err := io.ReadAll(r) // of a middleware's reply that is longer than it says
	return append(body, rest...), err
}

// oneShot keeps net/http from sending the request twice by itself. On a
// connection that was kept alive it repeats what has no body or one that it can
// get again: the call would be counted once and arrive twice.
//
// HTTP/2 repeats only what the server refused, and would send an empty body as a
// frame of its own, which not every server takes: reads go without one there,
// and where the protocol is not known yet.
func (t *Transport) oneShot(req *http.Request, call Call) {
	req.GetBody = nil
	if len(call.Body) > 0 {
		return // a body that can be read once
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodDelete:
		major, _ := t.protocols.Load(req.URL.Host)
		if call.Replay == ReplayNever || major == 1 || req.URL.Scheme == "http" {
			req.Body = io.NopCloser(bytes.NewReader(nil)) // net/http finds it empty and sends none
		}
	}
}

// failed classifies an attempt without a complete reply.
func failed(caller, attempt context.Context, timeout time.Duration, err error, seen *progress, reply *Reply) Verdict {
	e := &NetworkError{Sent: seen.sent(attempt, err), Certificate: badCertificate(err), Err: withoutURL(err)}
	reply.Lost = reply.Lost || e.Sent
	switch callerErr := caller.Err(); {
	case callerErr != nil && e.Sent:
		return Verdict{Err: fmt.Errorf("%w before the reply was complete; the server may have acted", callerErr)}
	case callerErr != nil:
		return Verdict{Err: fmt.Errorf("%w before anything was sent", callerErr)}
	case e.Certificate, seen.refused() && attempt.Err() == nil:
		return Verdict{Err: e} // as the next would end
	case attempt.Err() != nil && e.Sent:
		e.Err = timeoutError{timeout, "complete reply"}
	case attempt.Err() != nil:
		e.Err = timeoutError{timeout, "connection"}
	}
	return Verdict{Err: e, Retry: RetryLater}
}

func (t *Transport) send(req *http.Request, seen *progress) (*http.Response, error) {
	next := t.HTTP.Do
	rt := t.HTTP.Transport
	if rt == nil {
		rt = http.DefaultTransport
	}
	if _, reports := rt.(*http.Transport); reports {
		next = func(r *http.Request) (*http.Response, error) {
			if _, ours := InfoOf(r.Context()); ours {
				seen.handed.Store(true)
			}
			return t.HTTP.Do(r)
		}
	}
	for i := len(t.Middleware) - 1; i >= 0; i-- {
		mw, inner := t.Middleware[i], next
		next = func(r *http.Request) (*http.Response, error) { return mw(r, inner) }
	}
	resp, err := next(req)
	if err == nil && resp == nil {
		err = errors.New("a middleware returned neither a response nor an error")
	}
	return resp, err
}

func (t *Transport) report(ctx context.Context, call Call, e Event) {
	if t.Observer != nil {
		t.Observer(ctx, e)
	}
	if t.Logger != nil && e.Pause >= notable && e.Held == 0 {
		t.Logger.LogAttrs(ctx, slog.LevelWarn, "a call pauses before it is repeated",
			slog.String("operation", e.Operation), slog.Duration("for", e.Pause), slog.Int("attempt", e.Attempt), slog.Int("status", e.Status))
	}
	if t.Logger == nil || !t.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", e.Operation), slog.String("method", call.Method),
		slog.String("path", call.URL.Path), slog.Int("attempt", e.Attempt),
		slog.Duration("wait", e.Wait), slog.Duration("duration", e.Duration),
		slog.Int("status", e.Status), slog.String("code", e.Code), slog.Int("bytes", e.Bytes),
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	t.Logger.LogAttrs(ctx, slog.LevelDebug, "api call", attrs...)
}

// pauses returns a fresh sequence: the type is not safe for concurrent use.
func (t *Transport) pauses() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(t.BackoffBase),
		backoff.WithMaxInterval(t.BackoffMax),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0), // jittered below, from a source that can be replaced
		backoff.WithMaxElapsedTime(0),
	)
}

// jittered spreads a pause over a quarter more or less, so that programs that
// failed together do not come back together.
func (t *Transport) jittered(pause time.Duration) time.Duration {
	jitter := rand.Float64
	if t.Jitter != nil {
		jitter = t.Jitter
	}
	return time.Duration(float64(pause) * (0.75 + 0.5*jitter()))
}

func neverSent(err error) bool {
	n, ok := errors.AsType[*NetworkError](err)
	return ok && !n.Sent
}

// withoutURL drops the URL that net/http puts into its errors.
func withoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = u.Err
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
