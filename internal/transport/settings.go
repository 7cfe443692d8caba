package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Settings are the options that both clients offer. The setters check what they
// are given and name the option of the client in their errors.
type Settings struct {
	httpClient    *http.Client
	logger        *slog.Logger
	observer      func(context.Context, Event)
	middleware    []Middleware
	maxAttempts   int
	timeout       time.Duration
	maxRetryAfter time.Duration
	maxReply      int64
	jitter        func() float64

	UserAgent string
}

// Defaults are the settings of a client without options.
func Defaults(userAgent string) Settings {
	return Settings{
		maxAttempts: 5, timeout: 30 * time.Second, maxRetryAfter: 2 * time.Minute, maxReply: maxReply, UserAgent: userAgent,
	}
}

// maxReply bounds one reply by default. The largest known ones, full pages of
// stock items with all their parts, stay below a tenth of it.
const maxReply = 32 << 20

// Transport returns the transport that s describes.
func (s *Settings) Transport() *Transport {
	return &Transport{
		HTTP: Client(s.httpClient), Middleware: s.middleware, Logger: s.logger, Observer: s.observer,
		MaxAttempts: s.maxAttempts, AttemptTimeout: s.timeout, MaxBody: s.maxReply,
		BackoffBase: time.Second, BackoffMax: time.Minute, MaxRetryAfter: s.maxRetryAfter, Jitter: s.jitter,
	}
}

// SetHTTPClient checks and keeps c.
func (s *Settings) SetHTTPClient(c *http.Client) error {
	if c == nil {
		return errors.New("WithHTTPClient: nil client")
	}
	s.httpClient = c
	return nil
}

// SetLogger keeps l; nil logs nothing.
func (s *Settings) SetLogger(l *slog.Logger) error {
	s.logger = l
	return nil
}

// SetObserver keeps observe; nil observes nothing.
func (s *Settings) SetObserver(observe func(context.Context, Event)) error {
	s.observer = observe
	return nil
}

// AddMiddleware checks and appends mw.
func (s *Settings) AddMiddleware(mw []Middleware) error {
	for _, m := range mw {
		if m == nil {
			return errors.New("WithMiddleware: nil middleware")
		}
	}
	s.middleware = append(s.middleware, mw...)
	return nil
}

// SetMaxAttempts checks and keeps n.
func (s *Settings) SetMaxAttempts(n int) error {
	if n < 1 {
		return fmt.Errorf("WithMaxAttempts: %d is below 1", n)
	}
	s.maxAttempts = n
	return nil
}

// SetTimeout checks and keeps d.
func (s *Settings) SetTimeout(d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("WithTimeout: %s is not positive", d)
	}
	s.timeout = d
	return nil
}

// SetMaxRetryAfter checks and keeps d.
func (s *Settings) SetMaxRetryAfter(d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("WithMaxRetryAfter: %s is not positive", d)
	}
	s.maxRetryAfter = d
	return nil
}

// SetMaxReply checks and keeps n.
func (s *Settings) SetMaxReply(n int64) error {
	if n < 1 || n == math.MaxInt64 { // one more is read to notice a longer reply
		return fmt.Errorf("WithMaxReply: %d is not a number of bytes from 1 up", n)
	}
	s.maxReply = n
	return nil
}

// SetJitter checks and keeps jitter.
func (s *Settings) SetJitter(jitter func() float64) error {
	if jitter == nil {
		return errors.New("WithJitter: nil function")
	}
	s.jitter = jitter
	return nil
}

// SetUserAgent checks and keeps agent.
func (s *Settings) SetUserAgent(agent string) error {
	if strings.ContainsAny(agent, "\r\n") {
		return errors.New("WithUserAgent: line break in the value")
	}
	s.UserAgent = agent
	return nil
}

// BaseURL checks a base URL given to the named option, and drops a slash at its
// end.
func BaseURL(option, base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil: // whose text would repeat a password in the URL
		return nil, fmt.Errorf("%s: malformed URL", option)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%s: the URL must not carry a query, fragment or user", option)
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s: %q is not an absolute http(s) URL", option, base)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}, nil
}
