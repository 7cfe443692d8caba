package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
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

	bases map[string]*url.URL // by option

	UserAgent string
	// InsecureHTTP allows plain http to hosts other than this machine.
	InsecureHTTP bool
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
// end. [Settings.Check] has to be called once all options are known.
func (s *Settings) BaseURL(option, base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil: // whose text would repeat a password in the URL
		return nil, fmt.Errorf("%s: malformed URL", option)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%s: the URL must not carry a query, fragment or user", option)
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s: %q is not an absolute http(s) URL", option, base)
	}
	u = Bare(u)
	if s.bases == nil {
		s.bases = map[string]*url.URL{}
	}
	s.bases[option] = u
	return u, nil
}

// Check returns what is wrong with the options together: a base URL that others on
// the network could read along on.
func (s *Settings) Check() error {
	for _, option := range slices.Sorted(maps.Keys(s.bases)) {
		if u := s.bases[option]; !s.Private(u) {
			return fmt.Errorf("%s: %s is not encrypted: use https, or WithInsecureHTTP on a network that nobody else can read", option, u)
		}
	}
	return nil
}

// Private reports whether credentials may be sent to u: by https, to this machine,
// or because the caller asked for it.
func (s *Settings) Private(u *url.URL) bool {
	return u.Scheme == "https" || s.InsecureHTTP || loopback(u.Hostname())
}

// loopback reports whether host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// Bare returns scheme, host and path of u, and the path ends in one slash: JoinPath
// makes an absolute path of what is joined to it. What is escaped in the path stays
// so: %2F is no slash.
func Bare(u *url.URL) *url.URL {
	bare := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}
	if raw := strings.TrimRight(u.RawPath, "/"); raw != "" {
		if path, err := url.PathUnescape(raw); err == nil {
			bare.Path, bare.RawPath = path, raw
		}
	}
	return bare.JoinPath("/")
}
