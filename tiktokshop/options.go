package tiktokshop

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Option configures a [Client]. Every option checks its own input.
type Option func(*settings) error

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

// WithHTTPClient sets the HTTP client. Its redirect policy is replaced:
// redirects are not followed, because they would carry credentials along.
func WithHTTPClient(c *http.Client) Option {
	return func(s *settings) error {
		if c == nil {
			return errors.New("WithHTTPClient: nil client")
		}
		s.httpClient = c
		return nil
	}
}

// WithBaseURL replaces https://open-api.tiktokglobalshop.com, for tests and
// proxies.
func WithBaseURL(base string) Option {
	return func(s *settings) (err error) {
		s.baseURL, err = parseBase("WithBaseURL", base)
		return err
	}
}

// WithAuthURL replaces https://auth.tiktok-shops.com, the host of the token
// calls.
func WithAuthURL(base string) Option {
	return func(s *settings) (err error) {
		s.authURL, err = parseBase("WithAuthURL", base)
		return err
	}
}

// WithConsentURL replaces the page on which a seller authorises the app, see
// [ConsentURL] and [ConsentURLUS].
func WithConsentURL(page string) Option {
	return func(s *settings) error {
		if _, err := parseBase("WithConsentURL", page); err != nil {
			return err
		}
		s.consentURL = page
		return nil
	}
}

func parseBase(option, base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%s: %q is not an absolute http(s) URL", option, base)
	}
	if u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%s: the URL must not carry a query or user", option)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

// WithLogger logs every attempt at debug level. The default logs nothing.
// Queries, headers and bodies are never logged.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		s.logger = l
		return nil
	}
}

// WithObserver calls observe after every attempt, on the caller's goroutine.
func WithObserver(observe func(Event)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("WithObserver: nil function")
		}
		s.observer = func(e transport.Event) { observe(Event(e)) }
		return nil
	}
}

// WithMiddleware adds middleware, the first outermost. It runs inside every
// attempt, after signing.
func WithMiddleware(mw ...Middleware) Option {
	return func(s *settings) error {
		for _, m := range mw {
			if m == nil {
				return errors.New("WithMiddleware: nil middleware")
			}
		}
		s.middleware = append(s.middleware, mw...)
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

// WithMaxAttempts bounds the attempts of a call that is safe to repeat.
// Default 5; 1 switches repeats off.
func WithMaxAttempts(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return fmt.Errorf("WithMaxAttempts: %d is below 1", n)
		}
		s.maxAttempts = n
		return nil
	}
}

// WithTimeout bounds one attempt, reading included. Default 30 seconds.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("WithTimeout: %s is not positive", d)
		}
		s.timeout = d
		return nil
	}
}

// WithMaxRetryAfter caps the pause that a server may ask for. A longer one ends
// the call with the throttle as its error. Default 2 minutes.
func WithMaxRetryAfter(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("WithMaxRetryAfter: %s is not positive", d)
		}
		s.maxRetryAfter = d
		return nil
	}
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(agent string) Option {
	return func(s *settings) error {
		if strings.ContainsAny(agent, "\r\n") {
			return errors.New("WithUserAgent: line break in the value")
		}
		s.userAgent = agent
		return nil
	}
}
