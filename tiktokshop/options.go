package tiktokshop

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Option configures a [Client]. Every option checks its own input, and
// [NewClient] returns what it finds.
type Option func(*settings) error

// settings is what options fill.
type settings struct {
	transport.Settings

	tokens     TokenSource
	limiter    Limiter
	baseURL    *url.URL
	authURL    *url.URL
	consentURL string
}

func defaults() settings {
	return settings{
		Settings:   transport.Defaults("linnbridge-tiktokshop"),
		tokens:     noTokens{},
		limiter:    DefaultLimiter(),
		baseURL:    &url.URL{Scheme: "https", Host: "open-api.tiktokglobalshop.com", Path: "/"},
		authURL:    &url.URL{Scheme: "https", Host: "auth.tiktok-shops.com", Path: "/"},
		consentURL: ConsentURL,
	}
}

// Next sends a request on to the next middleware, or out.
type Next = func(*http.Request) (*http.Response, error)

// Middleware wraps the sending of every attempt. It sees the signed request:
// changing anything but headers breaks the signature. [CallInfoOf] says which call
// the request's context belongs to.
type Middleware = func(req *http.Request, next Next) (*http.Response, error)

// CallInfo says which attempt of which call a request belongs to.
type CallInfo struct {
	// Operation is the service and method, such as Order.GetOrderList, or for
	// [Client.Call] the HTTP method and path.
	Operation string
	// Shop is the id of the shop that the client is bound to, empty for none.
	Shop string
	// Attempt counts the attempts of the call from 1.
	Attempt int
}

// CallInfoOf returns what the context of a request says about its call, for
// middleware, observers and token sources. ok is false outside a call.
func CallInfoOf(ctx context.Context) (info CallInfo, ok bool) {
	i, ok := transport.InfoOf(ctx)
	return CallInfo{Operation: i.Operation, Shop: i.Account, Attempt: i.Attempt}, ok
}

// Event describes one attempt of one call to an observer.
type Event struct {
	CallInfo

	// RequestID is TikTok's id of the attempt, empty when no envelope arrived.
	RequestID string
	// Wait is the time spent waiting for the rate limit before the attempt.
	Wait time.Duration
	// Duration is the time from there to the last byte of the reply, getting
	// an access token included.
	Duration time.Duration
	// Status is the HTTP status, 0 when no reply arrived.
	Status int
	// Code is the business code of the envelope, empty when there was none.
	Code string
	// Bytes is the size of the reply.
	Bytes int
	// Err is nil for a success. It is that of the attempt, not yet of the call.
	Err error
	// Held is how long the limiter holds further calls of the same budget, if that
	// is seconds. Only the first attempt that finds a hold out tells it.
	Held time.Duration
	// Rate is how many calls a second the limiter of this package lets go from now
	// on, set on the attempt whose refusal lowered it.
	Rate float64
	// Pause is for how long the call now waits before it is repeated, 0 if it is not.
	Pause time.Duration
}

// WithTokens sets where access tokens come from. The default has none and fails
// every call but the token calls.
func WithTokens(tokens TokenSource) Option {
	return func(s *settings) error {
		if tokens == nil {
			return errors.New("WithTokens: nil token source")
		}
		s.tokens = tokens
		return nil
	}
}

// WithLimiter replaces the rate limits, for instance with ones that several
// processes share. Default [DefaultLimiter].
func WithLimiter(l Limiter) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("WithLimiter: nil limiter")
		}
		s.limiter = l
		return nil
	}
}

// WithBaseURL replaces https://open-api.tiktokglobalshop.com, which serves every
// market, for tests and proxies. A path in it is not signed.
func WithBaseURL(base string) Option {
	return func(s *settings) (err error) {
		s.baseURL, err = s.BaseURL("WithBaseURL", base)
		return err
	}
}

// WithAuthURL replaces https://auth.tiktok-shops.com, the host of the token
// calls.
func WithAuthURL(base string) Option {
	return func(s *settings) (err error) {
		s.authURL, err = s.BaseURL("WithAuthURL", base)
		return err
	}
}

// WithConsentURL replaces the page on which a seller authorises the app, see
// [ConsentURL] and [ConsentURLUS].
func WithConsentURL(page string) Option {
	return func(s *settings) error {
		_, err := s.BaseURL("WithConsentURL", page)
		s.consentURL = page
		return err
	}
}

// WithInsecureHTTP allows plain http in base URLs, for a test network or a proxy
// beside the program. Without it http is refused but for this machine: localhost,
// 127.0.0.0/8 and ::1. Whoever can read the network then reads
// access tokens and the app secret.
func WithInsecureHTTP() Option {
	return func(s *settings) error {
		s.InsecureHTTP = true
		return nil
	}
}

// WithHTTPClient sets the HTTP client. Its redirect policy is replaced:
// redirects are not followed, because they would carry credentials along.
func WithHTTPClient(c *http.Client) Option {
	return func(s *settings) error { return s.SetHTTPClient(c) }
}

// WithLogger logs every attempt at debug level, and at warning level when calls are
// held back for seconds or longer, when a call pauses so long before it is repeated,
// and when the limiter lowers a rate. The default, and nil, log nothing. Queries, headers
// and bodies are never logged.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error { return s.SetLogger(l) }
}

// WithObserver calls observe after every attempt, with the context of the call, and
// before the pause that may follow. It runs on the goroutine of the call, may run on
// several at once, and holds up the call that it observes.
func WithObserver(observe func(context.Context, Event)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("WithObserver: nil function")
		}
		return s.SetObserver(func(ctx context.Context, e transport.Event) {
			observe(ctx, Event{
				CallInfo:  CallInfo{Operation: e.Operation, Shop: e.Account, Attempt: e.Attempt},
				RequestID: e.RequestID, Wait: e.Wait, Duration: e.Duration, Status: e.Status, Code: e.Code, Bytes: e.Bytes, Err: e.Err, Held: e.Held, Rate: e.Rate, Pause: e.Pause,
			})
		})
	}
}

// WithMiddleware adds middleware, the first outermost. It runs inside every
// attempt, after signing, and for the token calls too, whose queries carry the
// app secret. What it returns is treated like a reply or failure of TikTok's.
func WithMiddleware(mw ...Middleware) Option {
	return func(s *settings) error { return s.AddMiddleware(mw) }
}

// WithMaxAttempts bounds the attempts of a call that is safe to repeat. Default
// 5, with pauses of about 1, 2, 4 and 8 seconds between them unless TikTok asks
// for longer ones; 1 switches repeats off. The one repeat after a refused access
// token comes on top.
func WithMaxAttempts(n int) Option {
	return func(s *settings) error { return s.SetMaxAttempts(n) }
}

// WithTimeout bounds one attempt, from getting an access token to reading the
// last byte. Default 30 seconds. Bound the whole call with its context.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error { return s.SetTimeout(d) }
}

// WithMaxRetryAfter caps what a server may make calls wait. A longer pause ends
// the call that is told so with the throttle as its error, and holds the others
// for so long only; then one of them goes ahead to find out. Default 2 minutes.
func WithMaxRetryAfter(d time.Duration) Option {
	return func(s *settings) error { return s.SetMaxRetryAfter(d) }
}

// WithMaxReply bounds the bytes of one reply, after decompression; a longer one
// is an error of [ClassDecode]. Default 32 MiB.
func WithMaxReply(bytes int64) Option {
	return func(s *settings) error { return s.SetMaxReply(bytes) }
}

// WithJitter replaces the random numbers, from 0 up to 1, that spread the pauses
// between attempts, for tests that have to replay. It must be safe for concurrent
// use.
func WithJitter(jitter func() float64) Option {
	return func(s *settings) error { return s.SetJitter(jitter) }
}

// WithUserAgent sets the User-Agent header. Default linnbridge-tiktokshop.
func WithUserAgent(agent string) Option {
	return func(s *settings) error { return s.SetUserAgent(agent) }
}
