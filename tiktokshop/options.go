package tiktokshop

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Option configures a [Client]. Every option checks its own input.
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
		baseURL:    &url.URL{Scheme: "https", Host: "open-api.tiktokglobalshop.com"},
		authURL:    &url.URL{Scheme: "https", Host: "auth.tiktok-shops.com"},
		consentURL: ConsentURL,
	}
}

// Next sends a request on to the next middleware, or out.
type Next = func(*http.Request) (*http.Response, error)

// Middleware wraps the sending of every attempt. It sees the signed request:
// changing anything but headers breaks the signature.
type Middleware = func(req *http.Request, next Next) (*http.Response, error)

// Event describes one attempt of one call to an observer.
type Event struct {
	// Operation is the service and method, such as Order.GetOrderList.
	Operation string
	// Attempt counts from 1.
	Attempt int
	// Wait is the time spent waiting for the rate limit before the attempt.
	Wait time.Duration
	// Duration is the time from sending to the last byte of the reply.
	Duration time.Duration
	// Status is the HTTP status, 0 when no reply arrived.
	Status int
	// Code is the business code of the envelope, empty when there was none.
	Code string
	// Bytes is the size of the reply.
	Bytes int
	// Err is nil for a success.
	Err error
}

// WithTokens sets where access tokens come from.
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
// processes share.
func WithLimiter(l Limiter) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("WithLimiter: nil limiter")
		}
		s.limiter = l
		return nil
	}
}

// WithBaseURL replaces https://open-api.tiktokglobalshop.com, for tests and
// proxies. A path in it is not signed.
func WithBaseURL(base string) Option {
	return func(s *settings) (err error) {
		s.baseURL, err = transport.BaseURL("WithBaseURL", base)
		return err
	}
}

// WithAuthURL replaces https://auth.tiktok-shops.com, the host of the token
// calls.
func WithAuthURL(base string) Option {
	return func(s *settings) (err error) {
		s.authURL, err = transport.BaseURL("WithAuthURL", base)
		return err
	}
}

// WithConsentURL replaces the page on which a seller authorises the app, see
// [ConsentURL] and [ConsentURLUS].
func WithConsentURL(page string) Option {
	return func(s *settings) error {
		_, err := transport.BaseURL("WithConsentURL", page)
		s.consentURL = page
		return err
	}
}

// WithHTTPClient sets the HTTP client. Its redirect policy is replaced:
// redirects are not followed, because they would carry credentials along.
func WithHTTPClient(c *http.Client) Option {
	return func(s *settings) error { return s.SetHTTPClient(c) }
}

// WithLogger logs every attempt at debug level. The default logs nothing.
// Queries, headers and bodies are never logged.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error { return s.SetLogger(l) }
}

// WithObserver calls observe after every attempt, on the caller's goroutine.
func WithObserver(observe func(Event)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("WithObserver: nil function")
		}
		return s.SetObserver(func(e transport.Event) { observe(Event(e)) })
	}
}

// WithMiddleware adds middleware, the first outermost. It runs inside every
// attempt, after signing.
func WithMiddleware(mw ...Middleware) Option {
	return func(s *settings) error { return s.AddMiddleware(mw) }
}

// WithMaxAttempts bounds the attempts of a call that is safe to repeat.
// Default 5; 1 switches repeats off.
func WithMaxAttempts(n int) Option {
	return func(s *settings) error { return s.SetMaxAttempts(n) }
}

// WithTimeout bounds one attempt, reading included. Default 30 seconds.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error { return s.SetTimeout(d) }
}

// WithMaxRetryAfter caps the pause that a server may ask for. A longer one ends
// the call with the throttle as its error. Default 2 minutes.
func WithMaxRetryAfter(d time.Duration) Option {
	return func(s *settings) error { return s.SetMaxRetryAfter(d) }
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(agent string) Option {
	return func(s *settings) error { return s.SetUserAgent(agent) }
}
