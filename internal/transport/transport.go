// Package transport is the request path that both clients share.
//
// A call is encoded once. Each attempt then waits for its rate limit, is
// authorised and signed, is sent, is read up to a limit, and is classified by
// the API's own [Protocol]. Between attempts the path sleeps as long as the
// server asked, or exponentially with jitter, and always watches the context.
// Only calls marked as safe to repeat are repeated.
package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v4"
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
	// RetryReauthorised repeats any call once with fresh credentials: a reply
	// that refuses the credentials means that nothing was done.
	RetryReauthorised
)

// Verdict is the classification of one reply. A nil Err is success.
type Verdict struct {
	Err   error
	Retry Retry
	// Code is the API's own result code, for observers.
	Code string
	// After is the pause that the server asked for, zero if it did not.
	After time.Duration
}

// Protocol is what differs between the two APIs. One value serves one call.
type Protocol interface {
	// Prepare puts credentials and signature on the request of one attempt.
	// body is exactly what will be sent.
	Prepare(ctx context.Context, req *http.Request, body []byte) error
	// Classify decides what a complete reply means.
	Classify(reply *Reply) Verdict
	// Reauthorise drops the credentials that the last attempt used.
	Reauthorise(ctx context.Context) error
}

// Call is one API call, encoded.
type Call struct {
	Operation string
	Method    string
	URL       *url.URL
	Header    http.Header
	Body      []byte
	Replay    Replay
	// Wait blocks until the rate limit of this call admits one attempt.
	Wait func(context.Context) error
}

// Reply is a complete reply and how it was obtained.
type Reply struct {
	Status   int
	Header   http.Header
	Body     []byte
	Attempts int
	// Waited is the time spent waiting for limits and between attempts.
	Waited time.Duration
}

// Event describes one attempt to an observer.
type Event struct {
	Operation string
	Attempt   int
	Wait      time.Duration
	Duration  time.Duration
	Status    int
	Code      string
	Bytes     int
	Err       error
}

// Next sends a request on.
type Next = func(*http.Request) (*http.Response, error)

// Middleware wraps the sending of every attempt.
type Middleware = func(req *http.Request, next Next) (*http.Response, error)

// Transport sends calls. It is safe for concurrent use.
type Transport struct {
	HTTP       *http.Client
	Middleware []Middleware
	Logger     *slog.Logger
	Observer   func(Event)
	// MaxAttempts bounds the attempts of a replay-safe call; at least 1.
	MaxAttempts int
	// AttemptTimeout bounds one attempt, sending and reading included.
	AttemptTimeout time.Duration
	// MaxBody bounds the bytes read from one reply.
	MaxBody int64
	// BackoffBase and BackoffMax shape the pauses between attempts.
	BackoffBase, BackoffMax time.Duration
	// MaxRetryAfter caps a pause that a server asks for. A longer one ends the
	// call, so that the caller hears of it.
	MaxRetryAfter time.Duration
}

// NetworkError says that no complete reply arrived. Its text never holds the
// URL: the query carries signatures and, on token calls, secrets.
type NetworkError struct {
	// Sent is false only when the connection was never made, so that the
	// server cannot have seen the call.
	Sent bool
	Err  error
}

func (e *NetworkError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// ErrBodyTooLarge is returned for a reply beyond [Transport.MaxBody].
var ErrBodyTooLarge = errors.New("reply is larger than the limit")

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
// attempts or time. The reply is the last one received and is nil only when
// none arrived; it is returned beside an error too.
func (t *Transport) Do(ctx context.Context, call Call, p Protocol) (*Reply, error) {
	var (
		waited        time.Duration
		reauthorised  bool
		pauses        = t.pauses()
		last          *Reply
		lastErr       error
		finish        = func(attempts int) { setAttempts(last, attempts, waited) }
		maxAttempts   = max(t.MaxAttempts, 1)
		safeToRepeat  = call.Replay != ReplayNever
		attempt, sent int
	)
	for attempt = 1; ; attempt++ {
		start := time.Now()
		if err := t.admit(ctx, call); err != nil {
			finish(sent)
			return last, errors.Join(err, lastErr)
		}
		wait := time.Since(start)
		waited += wait

		sent++
		start = time.Now()
		reply, verdict := t.attempt(ctx, call, p)
		if reply != nil {
			last = reply
		}
		lastErr = verdict.Err
		finish(sent)
		t.report(ctx, call, Event{
			Operation: call.Operation, Attempt: attempt, Wait: wait, Duration: time.Since(start),
			Status: statusOf(reply), Code: verdict.Code, Bytes: sizeOf(reply), Err: verdict.Err,
		})
		if verdict.Err == nil {
			return last, nil
		}
		switch verdict.Retry {
		case RetryNo:
			return last, verdict.Err
		case RetryReauthorised:
			if reauthorised {
				return last, verdict.Err
			}
			reauthorised = true
			if err := p.Reauthorise(ctx); err != nil {
				return last, errors.Join(verdict.Err, err)
			}
			maxAttempts++ // a refused credential does not use up a try
			continue
		case RetryLater:
			if !safeToRepeat && !neverSent(verdict.Err) || attempt >= maxAttempts {
				return last, verdict.Err
			}
		}
		pause := pauses.NextBackOff()
		if verdict.After > pause {
			pause = verdict.After
		}
		if t.MaxRetryAfter > 0 && pause > t.MaxRetryAfter {
			return last, verdict.Err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
			return last, fmt.Errorf("%w (no time left for the pause of %s before the next attempt)", verdict.Err, pause.Round(time.Millisecond))
		}
		if err := sleep(ctx, pause); err != nil {
			return last, errors.Join(err, verdict.Err)
		}
		waited += pause
	}
}

// admit waits for the limit of the call.
func (t *Transport) admit(ctx context.Context, call Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if call.Wait == nil {
		return nil
	}
	if err := call.Wait(ctx); err != nil {
		return fmt.Errorf("waiting for the rate limit: %w", err)
	}
	return nil
}

func (t *Transport) attempt(ctx context.Context, call Call, p Protocol) (*Reply, Verdict) {
	if t.AttemptTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.AttemptTimeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, call.URL.String(), bytes.NewReader(call.Body))
	if err != nil {
		return nil, Verdict{Err: withoutURL(err)}
	}
	if len(call.Body) == 0 {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	}
	if call.Header != nil {
		req.Header = call.Header.Clone()
	}
	if err := p.Prepare(ctx, req, call.Body); err != nil {
		return nil, Verdict{Err: err}
	}
	resp, err := t.send(req)
	if err != nil {
		return nil, networkVerdict(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.MaxBody+1))
	if err != nil {
		return nil, networkVerdict(ctx, err)
	}
	reply := &Reply{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if int64(len(body)) > t.MaxBody {
		reply.Body = body[:t.MaxBody]
		return reply, Verdict{Err: fmt.Errorf("%w of %d bytes", ErrBodyTooLarge, t.MaxBody)}
	}
	return reply, p.Classify(reply)
}

func (t *Transport) send(req *http.Request) (*http.Response, error) {
	next := Next(t.HTTP.Do)
	for i := len(t.Middleware) - 1; i >= 0; i-- {
		mw, inner := t.Middleware[i], next
		next = func(r *http.Request) (*http.Response, error) { return mw(r, inner) }
	}
	return next(req)
}

func (t *Transport) report(ctx context.Context, call Call, e Event) {
	if t.Observer != nil {
		t.Observer(e)
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
		backoff.WithRandomizationFactor(0.25),
		backoff.WithMaxElapsedTime(0),
	)
}

func networkVerdict(ctx context.Context, err error) Verdict {
	if ctxErr := ctx.Err(); errors.Is(ctxErr, context.Canceled) {
		return Verdict{Err: &NetworkError{Sent: true, Err: ctxErr}}
	}
	var op *net.OpError
	dialled := !errors.As(err, &op) || op.Op != "dial"
	return Verdict{Err: &NetworkError{Sent: dialled, Err: withoutURL(err)}, Retry: RetryLater}
}

func neverSent(err error) bool {
	var n *NetworkError
	return errors.As(err, &n) && !n.Sent
}

// withoutURL drops the URL that net/http puts into its errors.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
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

func setAttempts(r *Reply, attempts int, waited time.Duration) {
	if r != nil {
		r.Attempts, r.Waited = attempts, waited
	}
}

func statusOf(r *Reply) int {
	if r == nil {
		return 0
	}
	return r.Status
}

func sizeOf(r *Reply) int {
	if r == nil {
		return 0
	}
	return len(r.Body)
}
