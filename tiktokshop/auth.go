package tiktokshop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Pages on which a seller authorises an app. The US page has moved between
// hosts; the button "Copy authorization link" in Partner Center gives the one
// that is right for an app, and [WithConsentURL] sets it.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
const (
	ConsentURL   = "https://services.tiktokshop.com/open/authorize"
	ConsentURLUS = "https://services.us.tiktokshop.com/open/authorize"
)

// Token is one authorisation of one seller. It may cover several shops.
type Token struct {
	AccessToken Secret
	// AccessExpires is when the access token ends, seven days after it was made.
	AccessExpires time.Time
	RefreshToken  Secret
	// RefreshExpires is the end of the period that the seller consented to;
	// after it only a new consent helps.
	RefreshExpires time.Time
	// OpenID identifies the authorising user.
	OpenID       string
	SellerName   string
	SellerRegion string
	// UserType is 0 for a seller, 1 for a creator, 2 or 3 for a partner, 4 or 5
	// for a global-selling seller.
	UserType int
	// Scopes are the scope keys that were granted.
	Scopes []string
}

// TokenSource gives access tokens. It must be safe for concurrent use.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// RefusedTokenSource is a TokenSource that can replace a token which TikTok has
// refused although it had not expired. After Refused returns nil the next Token
// is another one.
type RefusedTokenSource interface {
	TokenSource
	Refused(ctx context.Context, t Token) error
}

// StaticToken is a source that always gives the same access token, for tests
// and short-lived programs.
func StaticToken(accessToken Secret) TokenSource { return staticToken(accessToken) }

type staticToken Secret

func (t staticToken) Token(context.Context) (Token, error) {
	if t == "" {
		return Token{}, errors.New("the access token is empty")
	}
	return Token{AccessToken: Secret(t)}, nil
}

func (t staticToken) Format(f fmt.State, verb rune) { Secret(t).Format(f, verb) }

// TokenStore keeps the tokens of one authorisation. SaveToken must be durable
// when it returns: a rotated refresh token that is lost costs a new consent.
type TokenStore interface {
	LoadToken(ctx context.Context) (Token, error)
	SaveToken(ctx context.Context, t Token) error
}

// RefreshAhead is how long before its end an access token is replaced.
const RefreshAhead = 24 * time.Hour

// RefreshingTokens returns a source that reads store, refreshes ahead of expiry
// through c, and saves the new pair before anybody uses it. However many
// callers wait, one refresh runs at a time. It starts no goroutine.
func RefreshingTokens(c *Client, store TokenStore) (RefusedTokenSource, error) {
	if c == nil || store == nil {
		return nil, errors.New("tiktokshop: RefreshingTokens needs a client and a store")
	}
	return &refreshing{client: c, store: store, turn: make(chan struct{}, 1)}, nil
}

type refreshing struct {
	client *Client
	store  TokenStore
	turn   chan struct{} // held while the store is read or a refresh runs

	mu      sync.Mutex
	current Token
}

// Token returns the current token, after a refresh if its end is near.
func (r *refreshing) Token(ctx context.Context) (Token, error) {
	return r.get(ctx, func(t Token) bool {
		return t.AccessExpires.IsZero() || t.AccessExpires.After(r.client.core.now().Add(RefreshAhead))
	})
}

// Refused refreshes unless another caller has already replaced t.
func (r *refreshing) Refused(ctx context.Context, t Token) error {
	_, err := r.get(ctx, func(current Token) bool { return current.AccessToken != t.AccessToken })
	return err
}

// get returns the current token if good accepts it, else a refreshed one.
func (r *refreshing) get(ctx context.Context, good func(Token) bool) (Token, error) {
	if t := r.peek(); t.AccessToken != "" && good(t) {
		return t, nil
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return Token{}, ctx.Err()
	}
	defer func() { <-r.turn }()
	t := r.peek()
	if t.AccessToken == "" {
		stored, err := r.store.LoadToken(ctx)
		if err != nil {
			return Token{}, fmt.Errorf("loading the token: %w", err)
		}
		t = stored
	}
	if t.AccessToken == "" || !good(t) {
		fresh, err := r.client.RefreshToken(ctx, t)
		if err != nil {
			return Token{}, err
		}
		if err := r.store.SaveToken(ctx, fresh); err != nil {
			return Token{}, fmt.Errorf("saving the refreshed token, which was therefore not used: %w", err)
		}
		t = fresh
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = t
	return t, nil
}

// Format keeps the tokens out of %+v.
func (r *refreshing) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "tiktokshop.RefreshingTokens") }

func (r *refreshing) peek() Token {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// AuthorizationURL is the link to give a seller. state comes back on the
// redirect and must be compared there; installs started from TikTok's app store
// arrive without it.
func (c *Client) AuthorizationURL(state string) (string, error) {
	switch {
	case c.core.app.ServiceID == "":
		return "", errors.New("tiktokshop: App.ServiceID is empty: copy it from Partner Center, App & Service")
	case state == "":
		return "", errors.New("tiktokshop: state is empty: pass a random value and compare it on the redirect")
	}
	q := url.Values{"service_id": {c.core.app.ServiceID}, "state": {state}}
	return c.core.consent + "?" + q.Encode(), nil
}

// ExchangeCode turns the code of the redirect into tokens. A code lives 30
// minutes and works once, so the call is never repeated. The literal "null" that
// a refused consent carries is refused here.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (c *Client) ExchangeCode(ctx context.Context, code string) (Token, error) {
	if code == "" || code == "null" {
		return Token{}, errors.New("tiktokshop: no authorisation code: the seller refused, or the redirect was not complete")
	}
	return c.token(ctx, "ExchangeCode", "/api/v2/token/get", url.Values{
		"auth_code": {code}, "grant_type": {"authorized_code"},
	}, Token{})
}

// RefreshToken returns a new pair for old. Whether TikTok rotates refresh tokens
// is undocumented: keep what is returned. Fields that the reply leaves out are
// taken from old.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (c *Client) RefreshToken(ctx context.Context, old Token) (Token, error) {
	if old.RefreshToken == "" {
		return Token{}, &Error{Operation: "RefreshToken", Class: ClassAuthorisation, Err: errors.New("there is no refresh token")}
	}
	return c.token(ctx, "RefreshToken", "/api/v2/token/refresh", url.Values{
		"refresh_token": {old.RefreshToken.Reveal()}, "grant_type": {"refresh_token"},
	}, old)
}

// token calls an unsigned token endpoint. Its query carries the app secret, so
// the URL must not reach an error or a log.
func (c *Client) token(ctx context.Context, op, path string, q url.Values, old Token) (Token, error) {
	q.Set("app_key", c.core.app.Key)
	q.Set("app_secret", c.core.app.Secret.Reveal())
	u := c.core.authURL.JoinPath(path)
	u.RawQuery = q.Encode()
	key := LimitKey{App: c.core.app.Key, Operation: op}
	call := transport.Call{
		Operation: op, Method: http.MethodGet, URL: u,
		Header: http.Header{"User-Agent": {c.core.userAgent}},
		Wait:   func(ctx context.Context) error { return c.core.limiter.Wait(ctx, key) },
	}
	p := &unsigned{signed{core: c.core, op: op}}
	reply, err := c.core.transport.Do(ctx, call, p)
	if err != nil {
		return Token{}, c.explain(op, reply, err)
	}
	var data tokenData
	if err := json.Unmarshal(p.envelope.Data, &data); err != nil || data.AccessToken == "" {
		// The body is not kept: it is made of secrets.
		return Token{}, &Error{Operation: op, Class: ClassDecode, HTTPStatus: reply.Status, RequestID: p.envelope.RequestID,
			Err: errors.New("the reply carries no access token")}
	}
	return data.token(old), nil
}

// tokenData is the data of both token replies. The fields named expire_in hold
// moments, not durations.
type tokenData struct {
	AccessToken          Secret      `json:"access_token"`
	AccessTokenExpireIn  UnixSeconds `json:"access_token_expire_in"`
	RefreshToken         Secret      `json:"refresh_token"`
	RefreshTokenExpireIn UnixSeconds `json:"refresh_token_expire_in"`
	OpenID               string      `json:"open_id"`
	SellerName           string      `json:"seller_name"`
	SellerBaseRegion     string      `json:"seller_base_region"`
	UserType             int         `json:"user_type"`
	GrantedScopes        []string    `json:"granted_scopes"`
}

func (d tokenData) token(old Token) Token {
	t := old
	t.AccessToken, t.AccessExpires, t.UserType = d.AccessToken, d.AccessTokenExpireIn.Time(), d.UserType
	if d.RefreshToken != "" {
		t.RefreshToken = d.RefreshToken
	}
	if d.RefreshTokenExpireIn != 0 {
		t.RefreshExpires = d.RefreshTokenExpireIn.Time()
	}
	if d.OpenID != "" {
		t.OpenID = d.OpenID
	}
	if d.SellerName != "" {
		t.SellerName = d.SellerName
	}
	if d.SellerBaseRegion != "" {
		t.SellerRegion = d.SellerBaseRegion
	}
	if d.GrantedScopes != nil {
		t.Scopes = d.GrantedScopes
	}
	return t
}

// unsigned is the protocol of the token calls: credentials are in the query
// already, and a refused one cannot be replaced.
type unsigned struct{ signed }

func (*unsigned) Prepare(context.Context, *http.Request, []byte) error { return nil }

func (p *unsigned) Classify(reply *transport.Reply) transport.Verdict {
	v := p.signed.Classify(reply)
	if e, ok := v.Err.(*Error); ok {
		e.Body = nil // made of secrets
	}
	if v.Retry == transport.RetryReauthorised {
		v.Retry = transport.RetryNo
	}
	return v
}

// MemoryTokens is a [TokenStore] in memory. The zero value is empty.
type MemoryTokens struct {
	mu    sync.Mutex
	token Token
}

// Format keeps the tokens out of %+v.
func (m *MemoryTokens) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "tiktokshop.MemoryTokens") }

// LoadToken returns what was saved last.
func (m *MemoryTokens) LoadToken(context.Context) (Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.token, nil
}

// SaveToken keeps t.
func (m *MemoryTokens) SaveToken(_ context.Context, t Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token = t
	return nil
}
