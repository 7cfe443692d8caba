package linnworks

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
)

// sessions opens sessions, one at a time however many callers wait.
type sessions struct {
	turn chan struct{} // held while a session is opened

	mu      sync.Mutex
	current *openSession
}

// openSession is what calls need of a session.
type openSession struct {
	token  Secret
	server *url.URL
	region string // eu, us or as
}

// states that a session may report. An account in another state than AVAILABLE
// cannot be used now.
const stateAvailable = "AVAILABLE"

// get returns the open session, or opens one. refused, if not nil, is a session
// that Linnworks no longer accepts.
func (c *Client) getSession(ctx context.Context, refused *openSession) (*openSession, error) {
	usable := func() *openSession {
		c.session.mu.Lock()
		defer c.session.mu.Unlock()
		if s := c.session.current; s != nil && s != refused {
			return s
		}
		return nil
	}
	if s := usable(); s != nil {
		return s, nil
	}
	select {
	case c.session.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.session.turn }()
	if s := usable(); s != nil {
		return s, nil // another caller opened it meanwhile
	}
	s, err := c.authorize(ctx)
	if err != nil {
		return nil, err
	}
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.current = s
	return s, nil
}

func (c *Client) authorize(ctx context.Context) (*openSession, error) {
	const op = "Auth.AuthorizeByApplication"
	base, err := c.Auth.AuthorizeByApplication(ctx, &AuthorizeByApplicationRequest{
		ApplicationID:     new(GUID(c.credentials.ApplicationID)),
		ApplicationSecret: new(GUID(c.credentials.ApplicationSecret.Reveal())),
		Token:             new(GUID(c.credentials.Token.Reveal())),
	})
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	if state := string(base.Status.State); state != "" && state != stateAvailable {
		return nil, &Error{Operation: op, Class: ClassUnavailable, Message: strings.TrimSpace(state + " " + base.Status.Reason)}
	}
	if base.Token == "" {
		return nil, &Error{Operation: op, Class: ClassDecode, Err: errors.New("the session has no token")}
	}
	s := &openSession{token: base.Token}
	if s.server, err = serverURL(base.Server); err != nil {
		return nil, &Error{Operation: op, Class: ClassDecode, Err: err}
	}
	s.region = region(string(base.Locality), s.server.Host)
	return s, nil
}

// serverURL reads the Server of a session, which some accounts get without a
// scheme.
func serverURL(server string) (*url.URL, error) {
	if server != "" && !strings.Contains(server, "://") {
		server = "https://" + server
	}
	u, err := url.Parse(strings.TrimSuffix(server, "/"))
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the session names no usable server: %q", server)
	}
	return u, nil
}

// region decides the v2 region: the locality of the account, else the prefix of
// its server.
func region(locality, host string) string {
	for _, s := range []string{strings.ToLower(locality), strings.ToLower(host)} {
		for _, r := range []string{"eu", "us", "as"} {
			if s == r || strings.HasPrefix(s, r+"-") || strings.HasPrefix(s, r+"1") {
				return r
			}
		}
	}
	return "eu"
}

// baseURL returns the host that op is sent to.
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
		if c.hosts.server != nil {
			return c.hosts.server
		}
		return s.server
	}
}
