package linnworks

import (
	"context"
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

	limiter Limiter
	hosts   hosts
	warn    func(error)
}

// hosts are the base URLs that do not come from the session.
type hosts struct {
	auth *url.URL
	// given says that the caller chose auth, and with it the servers that its
	// sessions name.
	given bool
	// server replaces the session's own server, nil for that.
	server *url.URL
	// v2 replaces the regional v2 host, nil for that.
	v2 *url.URL
}

func defaults() settings {
	return settings{
		Settings: transport.Defaults("linnbridge-linnworks"),
		limiter:  DefaultLimiter(),
		hosts:    hosts{auth: &url.URL{Scheme: "https", Host: "api.linnworks.net", Path: "/"}},
	}
}

// Next sends a request on to the next middleware, or out.
type Next = func(*http.Request) (*http.Response, error)

// Middleware wraps the sending of every attempt, those that open a session
// included. It runs inside the attempt's timeout. req carries the session token
// in its Authorization header, and the body of a login the application secret:
// what it logs is its own responsibility. [CallInfoOf] says which call the
// request's context belongs to.
type Middleware = func(req *http.Request, next Next) (*http.Response, error)

// CallInfo says which attempt of which call a request belongs to.
type CallInfo struct {
	// Operation is the service and method, such as Orders.CreateOrders, or for
	// [Client.Call] the HTTP method and path.
	Operation string
	// Application is the application id of the client's credentials.
	Application string
	// Attempt counts the attempts of the call from 1.
	Attempt int
}

// CallInfoOf returns what the context of a request says about its call, for
// middleware and observers. ok is false outside a call.
func CallInfoOf(ctx context.Context) (info CallInfo, ok bool) {
	i, ok := transport.InfoOf(ctx)
	return CallInfo{Operation: i.Operation, Application: i.Account, Attempt: i.Attempt}, ok
}

// Event describes one attempt of one call to an observer. Attempts that open a
// session are events of Auth.AuthorizeByApplication. Replies of Linnworks carry no
// id of the request.
type Event struct {
	CallInfo

	// Wait is the time spent waiting for the rate limit before the attempt.
	Wait time.Duration
	// Duration is the time from sending to the last byte of the reply.
	Duration time.Duration
	// Status is the HTTP status, 0 when no reply arrived.
	Status int
	// Code is the Code of an error reply, mostly empty.
	Code string
	// Bytes is the size of the reply.
	Bytes int
	// Err is nil for a success, else mostly an [*Error].
	Err error
	// Held is how long the limiter holds further calls of the operation, if that
	// is seconds. Only the first attempt that finds a hold out tells it.
	Held time.Duration
	// Rate is how many calls a second the limiter of this package lets go from now
	// on, set on the attempt whose refusal lowered it.
	Rate float64
	// Pause is for how long the call now waits before it is repeated, 0 if it is not.
	Pause time.Duration
}

// WithLimiter replaces the rate limits, for instance with ones that several
// processes share. The default is [DefaultLimiter], one for each client.
func WithLimiter(l Limiter) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("WithLimiter: nil limiter")
		}
		s.limiter = l
		return nil
	}
}

// WithAuthURL replaces https://api.linnworks.net, the host that opens sessions. The
// server that a session names is then trusted; by default it has to be of
// linnworks.net.
func WithAuthURL(base string) Option {
	return func(s *settings) (err error) {
		s.hosts.given = true
		s.hosts.auth, err = s.BaseURL("WithAuthURL", base)
		return err
	}
}

// WithServerURL replaces the server that the session names, for tests and
// proxies. Without it calls go where the account lives. The v2 operations live
// elsewhere: see [WithV2URL].
func WithServerURL(base string) Option {
	return func(s *settings) (err error) {
		s.hosts.server, err = s.BaseURL("WithServerURL", base)
		return err
	}
}

// WithV2URL replaces the host of the v2 operations, by default
// https://{eu,us,as}-api.linnworks.net by the region of the session. /v2, or /v1
// for the newest warehouse transfer operations, is added to it.
func WithV2URL(base string) Option {
	return func(s *settings) (err error) {
		s.hosts.v2, err = s.BaseURL("WithV2URL", base)
		return err
	}
}

// WithInsecureHTTP allows plain http in base URLs, for a test network or a proxy
// beside the program. Without it http is refused but for this machine: localhost,
// 127.0.0.0/8 and ::1. Whoever can read the network then reads
// the session token and the application secret.
func WithInsecureHTTP() Option {
	return func(s *settings) error {
		s.InsecureHTTP = true
		return nil
	}
}

// WithHTTPClient sets the HTTP client, which is copied. Redirects are not
// followed whatever its policy: they would carry credentials to another host.
func WithHTTPClient(c *http.Client) Option {
	return func(s *settings) error { return s.SetHTTPClient(c) }
}

// WithLogger logs every attempt at debug level, with operation, path, attempt,
// times, status, code, size and error, and at warning level when the calls of an
// operation are held back for seconds or longer, when a call pauses so long before it
// is repeated, and when the limiter lowers a rate. Queries, headers and bodies are never
// logged. The default, and nil, log nothing.
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
				CallInfo: CallInfo{Operation: e.Operation, Application: e.Account, Attempt: e.Attempt},
				Wait:     e.Wait, Duration: e.Duration, Status: e.Status, Code: e.Code, Bytes: e.Bytes, Err: e.Err, Held: e.Held, Rate: e.Rate, Pause: e.Pause,
			})
		})
	}
}

// WithSessionWarning calls warn when Linnworks opens no session and calling
// again will not help by itself: the account is locked or in maintenance, or it
// refuses the application. The calls that needed the session fail with the same
// error; warn is for whoever looks after the account. It runs once for each
// attempt at opening, however many calls wait, on the goroutine of one of them.
func WithSessionWarning(warn func(error)) Option {
	return func(s *settings) error {
		if warn == nil {
			return errors.New("WithSessionWarning: nil function")
		}
		s.warn = warn
		return nil
	}
}

// WithMiddleware adds middleware around the sending of every attempt. The first
// is the outermost.
func WithMiddleware(mw ...Middleware) Option {
	return func(s *settings) error { return s.AddMiddleware(mw) }
}

// WithMaxAttempts bounds the attempts of a call that is safe to repeat. Default
// 5; 1 switches repeats off, but for the one after a session was refused.
func WithMaxAttempts(n int) Option {
	return func(s *settings) error { return s.SetMaxAttempts(n) }
}

// WithTimeout bounds one attempt, reading included. Default 30 seconds. The
// context of a call bounds all of it: attempts, pauses and waits for limits.
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

// WithUserAgent sets the User-Agent header. Default linnbridge-linnworks.
func WithUserAgent(agent string) Option {
	return func(s *settings) error { return s.SetUserAgent(agent) }
}
