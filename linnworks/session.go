package linnworks

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
	"github.com/linnbridge/linnbridge/internal/wire"
)

// openSession is what calls need of a session. It never changes.
type openSession struct {
	token  Secret
	server *url.URL
	region string // eu, us or as
	opened time.Time
}

// sessions keeps the open session and has one caller at a time open another,
// however many wait.
type sessions struct {
	mu      sync.Mutex
	current *openSession
	opening *opening // nil unless a caller is at it
	// The last use of the current session with success, and the last one by
	// another operation.
	used [2]use

	login      refusal // of the credentials
	operations map[string]*refusedOperation
}

// opening is one attempt to open a session. Its result may be read once done
// is closed.
type opening struct {
	done    chan struct{}
	session *openSession
	err     error
}

// get returns the open session, or has one opened. refused, if not nil, is a
// session that Linnworks no longer accepts.
//
// Callers that wait share the outcome, failures too: a refused secret is then
// asked for once. They do not share the end of the opener's context; one of them
// opens in its place.
func (s *sessions) get(ctx context.Context, refused *openSession, open func(context.Context) (*openSession, error)) (*openSession, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.current == refused {
			s.current = nil
		}
		if current := s.current; current != nil {
			s.mu.Unlock()
			return current, nil
		}
		if err := s.login.holds(time.Now()); err != nil {
			s.mu.Unlock()
			return nil, err
		}
		o := s.opening
		mine := o == nil
		if mine {
			o = &opening{done: make(chan struct{})}
			s.opening = o
		}
		s.mu.Unlock()

		if mine {
			s.open(ctx, o, open)
			return o.session, o.err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-o.done:
		}
		if o.err == nil || !errors.Is(o.err, context.Canceled) && !errors.Is(o.err, context.DeadlineExceeded) {
			return o.session, o.err
		}
	}
}

func (s *sessions) open(ctx context.Context, o *opening, open func(context.Context) (*openSession, error)) {
	o.err = context.Canceled // should open end the goroutine, as a test's FailNow does
	defer func() {
		s.mu.Lock()
		s.current, s.opening = o.session, nil
		s.used = [2]use{}
		switch {
		case o.err == nil:
			s.login = refusal{}
		case IsSession(o.err) || IsPermission(o.err):
			s.login.begin(o.err, minLoginPause, maxLoginPause)
		}
		s.mu.Unlock()
		close(o.done)
	}()
	defer transport.Recover(&o.err) // of a caller's function, for all that wait
	o.session, o.err = open(ctx)
}

// getSession returns a session for op. Its errors are of this package.
func (c *Client) getSession(ctx context.Context, op string, refused *openSession) (*openSession, error) {
	s, err := c.session.get(ctx, refused, c.openSession)
	if err == nil {
		return s, nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return nil, fmt.Errorf("linnworks: %s: opening a session: %w", op, err)
	}
	return nil, newError(op, &transport.Reply{}, fmt.Errorf("waiting for a session: %w", err))
}

// openSession opens a session, and warns where somebody has to look after the
// account.
func (c *Client) openSession(ctx context.Context) (*openSession, error) {
	s, err := c.authorize(ctx)
	if c.warn != nil && (IsUnavailable(err) || IsSession(err) || IsPermission(err)) {
		c.warn(err)
	}
	return s, err
}

// authorizeOperation opens a session. A session has many more fields, among them
// credentials of a database; what is not read here cannot leak.
var authorizeOperation = operation{
	name: "Auth.AuthorizeByApplication", method: "POST", path: "/api/Auth/AuthorizeByApplication",
	body: bodyFlat, replay: replayRead, limit: 150, host: hostAuth,
}

type authorizeRequest struct {
	ApplicationID     string `json:"ApplicationId"`
	ApplicationSecret string
	Token             string
}

type authorizeReply struct {
	Token    Secret
	Server   string
	Locality string
	Status   struct{ State, Reason string }
}

// states are what a session says of its account, in capitals or by the number that
// the order of the official list gives.
var states = map[string]Class{
	"": "", "AVAILABLE": "", "0": "",
	"LOCKED_BASIC": ClassLocked, "1": ClassLocked, "LOCKED_FULL": ClassLocked, "2": ClassLocked,
	"MAINTENANCE": ClassMaintenance, "3": ClassMaintenance,
}

func (c *Client) authorize(ctx context.Context) (*openSession, error) {
	op, credentials := authorizeOperation, c.credentials
	var reply authorizeReply
	var response Response
	err := c.call(ctx, op, nil, &authorizeRequest{
		ApplicationID:     credentials.ApplicationID,
		ApplicationSecret: credentials.ApplicationSecret.Reveal(),
		Token:             credentials.Token.Reveal(),
	}, &reply, []CallOption{WithResponse(&response)})
	if err != nil {
		return nil, err
	}
	mask := wire.Scrubber(append(credentials.secrets(), reply.Token.Reveal())...)
	fail := func(class Class, message string, err error) (*openSession, error) {
		return nil, &Error{
			Operation: op.name, Class: class, Message: clean(message, mask), HTTPStatus: response.Status,
			Attempts: response.Attempts, Err: err,
		}
	}
	state := reply.Status.State
	class, known := states[strings.ToUpper(state)]
	if !known {
		class = ClassUnavailable
	}
	if class != "" {
		return fail(class, strings.TrimSpace(state+" "+reply.Status.Reason), nil)
	}
	if reply.Token.IsZero() {
		return fail(ClassDecode, "", errors.New("the session has no token"))
	}
	s := &openSession{token: reply.Token, opened: time.Now()}
	if s.server = c.hosts.server; s.server == nil {
		if s.server, err = c.serverURL(reply.Server, mask); err != nil {
			return fail(ClassDecode, "", err)
		}
	}
	s.region = region(reply.Locality, s.server.Host)
	return s, nil
}

// serverURL reads the Server of a session, which some accounts get without a
// scheme. The token does not travel in the clear when the secret did not, and
// only to a host of linnworks.net, unless the caller chose the host of the login.
// What its errors repeat is masked.
func (c *Client) serverURL(server string, mask mask) (*url.URL, error) {
	server = strings.TrimSpace(server)
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the session names no usable server")
	}
	if c.hosts.auth.Scheme == "https" {
		u.Scheme = "https"
	}
	user := u.User != nil
	u = transport.Bare(u)
	host := mask(u.Host)
	switch {
	case !c.hosts.given && (user || !ofLinnworks(u)):
		return nil, fmt.Errorf("the session names the server %.100q, which is not one of linnworks.net: nothing was sent there; if it is meant, give WithServerURL", host)
	case !c.private(u):
		return nil, fmt.Errorf("the session names the server %.100q without encryption: nothing was sent there; if it is meant, give WithInsecureHTTP", host)
	}
	return u, nil
}

// ofLinnworks reports whether u is a host of linnworks.net at the usual port.
func ofLinnworks(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	plain := !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
	return plain && (host == "linnworks.net" || strings.HasSuffix(host, ".linnworks.net")) && (u.Port() == "" || u.Port() == "443")
}

// region decides the v2 region: the locality of the account, which older
// accounts have as a number, else the beginning of its server's name.
func region(locality, host string) string {
	for _, s := range []string{strings.ToLower(locality), strings.ToLower(host)} {
		for _, r := range []string{"eu", "us", "as"} {
			rest, ok := strings.CutPrefix(s, r)
			if ok && (rest == "" || strings.ContainsAny(rest[:1], "-.0123456789")) {
				return r
			}
		}
	}
	return "eu"
}

// baseURL returns the address that operations of the kind are sent to.
func (c *Client) baseURL(host hostKind, s *openSession) *url.URL {
	switch host {
	case hostAuth:
		return c.hosts.auth
	case hostV2, hostNew:
		version := "v2"
		if host == hostNew {
			version = "v1"
		}
		if c.hosts.v2 != nil {
			return c.hosts.v2.JoinPath(version)
		}
		return &url.URL{Scheme: "https", Host: s.region + "-api.linnworks.net", Path: "/" + version}
	default:
		return s.server
	}
}
