package tiktokshop

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
	"github.com/linnbridge/linnbridge/internal/wire"
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
//
// A [TokenStore] keeps the fields one by one, the secrets as [Secret.Reveal]
// gives them. A Token refuses to be encoded as JSON, as a [Secret] does.
type Token struct {
	// AccessToken goes with every call.
	AccessToken Secret
	// AccessExpires is when the access token ends, by default seven days after
	// it was made. Zero means unknown: it is then replaced once TikTok refuses it.
	AccessExpires time.Time
	// RefreshToken buys the next pair.
	RefreshToken Secret
	// RefreshExpires is the end of the period that the seller consented to;
	// after it only a new consent helps.
	RefreshExpires time.Time
	// OpenID identifies the authorising user.
	OpenID string
	// SellerName and SellerRegion describe the seller; the region is that of
	// the seller's base, such as GB.
	SellerName   string
	SellerRegion string
	// UserType is 0 for a seller, 1 for a creator, 2 or 3 for a partner, 4 or 5
	// for a global-selling seller.
	UserType int
	// Scopes are the scope keys that were granted, such as seller.order.info.
	// Scopes that an app adds later reach a seller with the next consent only.
	Scopes []string
}

// String describes the authorisation without its secrets.
func (t Token) String() string {
	return fmt.Sprintf("tiktokshop.Token(open id %s, seller %s, access until %s, refresh until %s)",
		t.OpenID, t.SellerName, t.AccessExpires.Format(time.RFC3339), t.RefreshExpires.Format(time.RFC3339))
}

// Format prints String for every verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue is String for slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON fails, see [Token].
func (t Token) MarshalJSON() ([]byte, error) {
	return nil, errors.New("tiktokshop: a Token is not encoded as JSON, its secrets would be lost: store its fields one by one, secrets with Reveal")
}

// TokenSource gives access tokens. It must be safe for concurrent use, and is
// asked before every attempt: it should answer from memory.
type TokenSource interface {
	// Token returns a token whose AccessToken can be used now.
	Token(ctx context.Context) (Token, error)
}

// RefusedTokenSource is a TokenSource that can replace a token which TikTok has
// refused although it had not expired. The refused call is then repeated once.
type RefusedTokenSource interface {
	TokenSource
	// Refused replaces t, unless that has happened already. After it returned
	// nil, Token gives another one.
	Refused(ctx context.Context, t Token) error
}

// StaticToken is a source that always gives the same access token, for tests
// and short-lived programs.
func StaticToken(accessToken Secret) TokenSource { return &staticToken{accessToken} }

type staticToken struct{ token Secret }

func (s *staticToken) Token(context.Context) (Token, error) {
	t := Token{AccessToken: s.token}
	if t.AccessToken.IsZero() {
		return Token{}, errors.New("the access token is empty")
	}
	return t, nil
}

// Format names the source without its token.
func (s *staticToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tiktokshop.StaticToken") }

// TokenStore keeps the tokens of one authorisation, those of all its shops
// together, for all processes that use it. Its methods are called by several
// goroutines at once. [FileTokens] and [MemoryTokens] are stores, the example
// shows one in a database, and tiktokshoptest.TestTokenStore holds any to what is
// said here.
type TokenStore interface {
	// LoadToken returns what was saved last, the zero Token if nothing was. It
	// does not wait for an update that is under way.
	LoadToken(ctx context.Context) (Token, error)
	// UpdateToken replaces the token by what update makes of it. Of all calls of
	// UpdateToken, in all processes, one at a time gets past this point: it reads
	// the token, gives it to update, saves what that returns, and lets the next
	// one in. update runs at most once, before UpdateToken returns, and may take
	// a minute.
	//
	// A nil error means that the new token is durable and that every LoadToken
	// from now on returns it: a rotated refresh token that is lost costs a new
	// consent.
	//
	// When update returns an error or panics, nothing is changed, and its error
	// is returned, perhaps wrapped. Any other error, the end of ctx while waiting
	// among them, leaves either the old token or the new one. In any case the
	// next one is let in. A store whose lock can be lost, because it expires or
	// lives in another system, must notice that and fail instead of saving over
	// what somebody else saved.
	UpdateToken(ctx context.Context, update func(current Token) (Token, error)) error
}

// SaveToken puts t into store, whatever is in it: what a new consent brought.
func SaveToken(ctx context.Context, store TokenStore, t Token) error {
	return store.UpdateToken(ctx, func(Token) (Token, error) { return t, nil })
}

// RefreshAhead is how long before its end an access token is replaced.
const RefreshAhead = 24 * time.Hour

const (
	// renewTimeout bounds one renewal with its reads and writes of the store.
	// No refresh is begun in its second half: one that is cut off may cost the
	// pair.
	renewTimeout = time.Minute
	// renewPause is the least time between two renewals ahead of the end.
	renewPause = 5 * time.Minute
	// refusedPause is how long a pair counts as refused that TikTok refused
	// without a word that it is for good.
	refusedPause = 15 * time.Minute
)

// TokenOption configures [RefreshingTokens].
type TokenOption func(*refreshing) error

// WithConsentLink sets the function that makes the link for a seller who has to
// authorise the app again. [ConsentLink] takes it from an error and calls it. Best
// it is the address of a page of the app that asks for a login and calls
// [OAuthHandler.Begin]:
//
//	tiktokshop.WithConsentLink(func(context.Context) (string, error) {
//		return "https://app.example.com/tiktok/connect", nil
//	})
//
// An app without such a page gives [OAuthHandler.LinkForAnyBrowser], of which mind
// what it says.
func WithConsentLink(link func(ctx context.Context) (string, error)) TokenOption {
	return func(r *refreshing) error {
		if link == nil {
			return errors.New("WithConsentLink: nil function")
		}
		r.link = link
		return nil
	}
}

// WithExpiryWarning has warn called, once a day, while the seller's consent has
// lead or less left, for instance to send a new link in time. A lead of zero is
// 30 days. Nothing runs by itself: warn is called by the first call of the day
// that needs a token, on its goroutine, and again in a new process. TikTok sends
// the same warning as webhook 7.
func WithExpiryWarning(lead time.Duration, warn func(ctx context.Context, left time.Duration)) TokenOption {
	return func(r *refreshing) error {
		switch {
		case warn == nil:
			return errors.New("WithExpiryWarning: nil function")
		case lead < 0:
			return fmt.Errorf("WithExpiryWarning: a lead of %s is negative", lead)
		}
		r.lead, r.warn = cmp.Or(lead, 30*24*time.Hour), warn
		return nil
	}
}

// RefreshingTokens returns a source that reads store, refreshes ahead of expiry
// through c, and saves the new pair before anybody uses it. However many
// callers wait, one refresh runs at a time and all get its outcome. All clients
// of one seller's shops should share one source.
//
// The refresh runs on a goroutine of its own to its end, even when all callers
// give up, because TikTok may have replaced the old pair by then. There is at
// most one, started by a call and never by a timer, and it ends by itself: its
// context ends after a minute, so it outlives that only inside a store that
// ignores its context. There is nothing to close. A store that fails is an error
// of [ClassStore], one that panics an error of [ClassPanic], for all that wait.
//
// While the old access token lasts, a refresh that fails for a passing reason
// costs nothing: it is tried again some minutes later. A pair that could not be
// saved is kept in memory, unused, until the store takes it.
//
// A refused refresh is an error for which [NeedsAuthorisation] holds, and
// [ConsentLink] finds the link in it. From then on every call fails so, without
// one to TikTok, until another pair is in the store: save what the new consent
// brought with [SaveToken], and calls work again. A pair whose access token is
// refused fresh from a refresh counts as refused for some minutes.
//
// Several processes may share a store. A refresh runs inside its UpdateToken, so
// that no two use the same refresh token: the second finds the fresh pair. The
// store is read before that, and before every call while the pair is refused.
func RefreshingTokens(c *Client, store TokenStore, opts ...TokenOption) (RefusedTokenSource, error) {
	if c == nil || store == nil {
		return nil, errors.New("tiktokshop: RefreshingTokens needs a client and a store")
	}
	r := &refreshing{client: c, store: store}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("tiktokshop: token option %d is nil", i+1)
		}
		if err := opt(r); err != nil {
			return nil, fmt.Errorf("tiktokshop: %w", err)
		}
	}
	return r, nil
}

type refreshing struct {
	client *Client
	store  TokenStore
	link   func(context.Context) (string, error) // nil if there is none
	warn   func(context.Context, time.Duration)  // nil if there is none
	lead   time.Duration

	mu      sync.Mutex
	current Token     // zero until the store was read
	unsaved *unsaved  // refreshed, but the store did not take it
	refused refusal   // of the pair that only a new consent replaces
	quiet   time.Time // until then nothing is refreshed ahead of its end
	warned  time.Time // when warn was called last
	running *renewal  // nil if none is
	asking  bool      // a refresh is under way at TikTok, and not waiting for the store
}

// refusal is why a pair is no longer good.
type refusal struct {
	pair  Token
	err   error
	until time.Time // zero for good
}

// holds reports whether t is refused at now.
func (no refusal) holds(t Token, now time.Time) bool {
	return no.err != nil && samePair(t, no.pair) && (no.until.IsZero() || now.Before(no.until))
}

// unsaved is a pair that the store did not take, and the one that bought it. It is
// of use as long as the store still holds that.
type unsaved struct{ fresh, replaces Token }

// samePair reports whether a and b are the same tokens.
func samePair(a, b Token) bool {
	return a.AccessToken == b.AccessToken && a.RefreshToken == b.RefreshToken
}

// renewal is one run of renew that many callers may wait for.
type renewal struct {
	done  chan struct{} // closed when token and err are set
	token Token
	err   error
}

// Token returns the current token, after a refresh if its end is near.
func (r *refreshing) Token(ctx context.Context) (t Token, err error) {
	defer func() { // warn is the program's
		if p := transport.Recovered(recover()); p != nil {
			t, err = Token{}, wire.ScrubError(p, t.AccessToken.Reveal(), t.RefreshToken.Reveal())
		}
	}()
	t, err = r.get(ctx, Secret{})
	if err == nil && r.warn != nil {
		r.warnOf(ctx, t)
	}
	return t, err
}

// warnOf warns of the end of t's consent unless it did within a day.
func (r *refreshing) warnOf(ctx context.Context, t Token) {
	now := r.client.core.now()
	left := t.RefreshExpires.Sub(now)
	if t.RefreshExpires.IsZero() || left <= 0 || left > r.lead {
		return
	}
	r.mu.Lock()
	due := now.Sub(r.warned) >= 24*time.Hour
	if due {
		r.warned = now
	}
	r.mu.Unlock()
	if due {
		r.warn(ctx, left)
	}
}

// Refused refreshes unless t has been replaced already.
func (r *refreshing) Refused(ctx context.Context, t Token) error {
	_, err := r.get(ctx, t.AccessToken)
	return err
}

// get returns a token other than refused.
func (r *refreshing) get(ctx context.Context, refused Secret) (Token, error) {
	for {
		r.mu.Lock()
		if t := r.current; r.usable(t, refused) {
			r.mu.Unlock()
			return t, nil
		}
		n := r.running
		mine := n == nil
		if mine {
			n = &renewal{done: make(chan struct{}), err: errors.New("the store ended the goroutine")}
			r.running = n
			go r.run(context.WithoutCancel(ctx), n, refused)
		}
		r.mu.Unlock()
		select {
		case <-n.done:
		case <-ctx.Done():
			return Token{}, r.waitedFor(ctx.Err())
		}
		// A renewal that another caller started need not know of refused.
		if t := n.token; mine || n.err != nil || t.AccessToken != refused {
			return t, n.err
		}
	}
}

// waitedFor says what did not come in time: the store, or TikTok's reply.
func (r *refreshing) waitedFor(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asking {
		return fmt.Errorf("waiting for a refresh: %w", err)
	}
	return &Error{Operation: "TokenStore", Class: ClassStore, Err: fmt.Errorf("it did not answer in time: %w", err)}
}

// usable reports whether t can be given out. r.mu is held.
func (r *refreshing) usable(t Token, refused Secret) bool {
	if t.AccessToken.IsZero() || t.AccessToken == refused {
		return false
	}
	now := r.client.core.now()
	return t.AccessExpires.IsZero() || t.AccessExpires.After(now.Add(RefreshAhead)) ||
		t.AccessExpires.After(now) && now.Before(r.quiet)
}

// refuse remembers that a pair is no longer good; e is what its callers get
// until there is another.
func (r *refreshing) refuse(pair Token, e *Error, forGood bool) {
	no := refusal{pair: pair, err: e}
	if !forGood {
		no.until = r.client.core.now().Add(refusedPause)
	}
	e.Consent = r.link
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = no
	if no.holds(r.current, r.client.core.now()) {
		r.current = Token{}
	}
}

func (r *refreshing) run(ctx context.Context, n *renewal, refused Secret) {
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.running = nil
		close(n.done)
	}()
	t, err := r.renew(ctx, refused)
	n.token, n.err = t, err
}

// renew returns a token other than refused: the stored one if somebody else has
// replaced it, or a fresh one. Only one renew runs at a time.
func (r *refreshing) renew(ctx context.Context, refused Secret) (Token, error) {
	old, fresh, err := r.refresh(ctx, refused)

	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.client.core.now()
	if err == nil {
		r.current, r.quiet = fresh, now.Add(renewPause)
		return fresh, nil
	}
	if old.AccessToken != refused && old.AccessExpires.After(now) && !NeedsAuthorisation(err) {
		r.current, r.quiet = old, now.Add(renewPause)
		return old, nil
	}
	return Token{}, err
}

// refresh returns the token there was and the one to use.
func (r *refreshing) refresh(ctx context.Context, refused Secret) (old, fresh Token, err error) {
	r.mu.Lock()
	old = r.current
	waiting := r.unsaved != nil
	r.mu.Unlock()
	if !waiting {
		stored, err := r.load(ctx)
		if err != nil {
			return old, Token{}, err
		}
		if fresh, err := r.asStored(stored, refused); err != nil || !fresh.AccessToken.IsZero() {
			return stored, fresh, err
		}
		old = stored
	}
	return r.update(ctx, old, refused)
}

func (r *refreshing) load(ctx context.Context) (t Token, err error) {
	defer r.storeFailed("LoadToken", &t, &err)
	return r.store.LoadToken(ctx)
}

// errKeep ends an update without a change.
var errKeep = errors.New("the stored token is good")

// update is refresh behind the lock of the store; before is what it held.
func (r *refreshing) update(ctx context.Context, before Token, refused Secret) (old, fresh Token, err error) {
	old = before
	var refreshErr error
	called := false
	err = func() (err error) {
		defer r.storeFailed("UpdateToken", &old, &err)
		return r.store.UpdateToken(ctx, func(current Token) (Token, error) {
			if called {
				return Token{}, errors.New("the function was called before")
			}
			called = true
			old = current
			fresh, refreshErr = r.replace(ctx, current, refused)
			return fresh, refreshErr
		})
	}()
	switch {
	case errors.Is(refreshErr, errKeep):
		return old, old, nil
	case refreshErr != nil:
		return old, Token{}, refreshErr // without what the store wrapped it in
	case err == nil && !called:
		err = &Error{Operation: "TokenStore.UpdateToken", Class: ClassStore, Err: errors.New("it did not call the function that it was given")}
		fallthrough
	case err != nil:
		return old, Token{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaved = nil
	return old, fresh, nil
}

// replace returns the pair to put in the place of stored, or errKeep. The store
// is locked.
func (r *refreshing) replace(ctx context.Context, stored Token, refused Secret) (Token, error) {
	r.mu.Lock()
	waiting := r.unsaved
	if waiting != nil && !samePair(stored, waiting.replaces) {
		r.unsaved, waiting = nil, nil // there is a newer one, or it was saved after all
	}
	r.mu.Unlock()
	if waiting != nil {
		return waiting.fresh, nil
	}
	if t, err := r.asStored(stored, refused); err != nil {
		return Token{}, err
	} else if !t.AccessToken.IsZero() {
		return t, errKeep
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < renewTimeout/2 {
		return Token{}, &Error{Operation: "TokenStore.UpdateToken", Class: ClassStore,
			Err: errors.New("waiting for others took too long to begin a refresh")}
	}
	r.ask(true)
	defer r.ask(false)
	fresh, err := r.client.RefreshToken(ctx, stored)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Class == ClassAuthorisation {
			r.refuse(stored, e, e.Code != 0 || stored.RefreshToken.IsZero())
		}
		return Token{}, err
	}
	// From here on nothing may lose it.
	r.mu.Lock()
	r.unsaved = &unsaved{fresh: fresh, replaces: stored}
	r.mu.Unlock()
	return fresh, nil
}

func (r *refreshing) ask(now bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asking = now
}

// asStored returns a stored token that can be used as it is, the zero Token for
// one that has to be refreshed, and an error for one that only a new consent
// replaces.
func (r *refreshing) asStored(stored Token, refused Secret) (Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.refused.holds(stored, r.client.core.now()):
		return Token{}, r.refused.err
	case r.usable(stored, refused):
		return stored, nil
	}
	return Token{}, nil
}

// storeFailed, deferred, makes what a method of the store failed with an error of
// this package, a panic too. stored is what the store has given.
func (r *refreshing) storeFailed(method string, stored *Token, err *error) {
	class := ClassStore
	if p := transport.Recovered(recover()); p != nil {
		class, *err = ClassPanic, p
	}
	if *err == nil {
		return
	}
	r.mu.Lock()
	secrets := []string{r.client.core.secret.Reveal()}
	tokens := []Token{r.current, *stored}
	if r.unsaved != nil {
		tokens = append(tokens, r.unsaved.fresh, r.unsaved.replaces)
	}
	r.mu.Unlock()
	for _, t := range tokens {
		secrets = append(secrets, t.AccessToken.Reveal(), t.RefreshToken.Reveal())
	}
	*err = &Error{Operation: "TokenStore." + method, Class: class, Err: wire.ScrubError(*err, secrets...)}
}

// Format keeps the tokens out of %+v.
func (r *refreshing) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "tiktokshop.RefreshingTokens")
}

// AuthorizationURL is the link to give a seller; [OAuthHandler] makes it, and does what
// follows. The redirect goes to the address set in Partner Center and carries code and
// state: see that the state is one that was given to this very browser (RFC 6749,
// section 10.12), then call [Client.ExchangeCode]. Installs started from TikTok's app
// store arrive without a state, a refused consent with an error parameter and without a
// code.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (c *Client) AuthorizationURL(state string) (string, error) {
	switch {
	case strings.TrimSpace(c.core.serviceID) == "":
		return "", errors.New("tiktokshop: App.ServiceID is empty: copy it from Partner Center, App & Service")
	case strings.TrimSpace(state) == "":
		return "", errors.New("tiktokshop: state is empty: pass a random value and compare it on the redirect")
	}
	q := url.Values{"service_id": {c.core.serviceID}, "state": {state}}
	return c.core.consent + "?" + q.Encode(), nil
}

// The operations of the authorisation server, as in errors.
const (
	opExchangeCode = "ExchangeCode"
	opRefreshToken = "RefreshToken"
)

// ExchangeCode turns the code of the redirect into tokens. A code lives 30
// minutes and works once, so the call is never repeated. A refused consent comes
// back without a code or with the literal "null" and is an error here for which
// [NeedsAuthorisation] holds; so is an expired or used code.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (c *Client) ExchangeCode(ctx context.Context, code string) (Token, error) {
	if code = strings.TrimSpace(code); code == "" || code == "null" {
		return Token{}, &Error{Operation: opExchangeCode, Class: ClassAuthorisation,
			Err: errors.New("no authorisation code: the seller refused, or the redirect was not complete")}
	}
	return c.token(ctx, opExchangeCode, "/api/v2/token/get", replayNever, Token{}, url.Values{
		"auth_code": {code}, "grant_type": {"authorized_code"},
	})
}

// RefreshToken returns a new pair for old. Whether TikTok rotates refresh tokens
// is undocumented: keep what is returned before using it, as
// [RefreshingTokens] does. A reply without both tokens is an error; other fields that
// it leaves out are taken from old. The call is repeated after passing failures.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (c *Client) RefreshToken(ctx context.Context, old Token) (Token, error) {
	if old.RefreshToken.IsZero() {
		return Token{}, &Error{Operation: opRefreshToken, Class: ClassAuthorisation, Err: errors.New("there is no refresh token")}
	}
	return c.token(ctx, opRefreshToken, "/api/v2/token/refresh", replayWrite, old, url.Values{
		"refresh_token": {old.RefreshToken.Reveal()}, "grant_type": {"refresh_token"},
	})
}

// token calls an unsigned token endpoint. Its query carries the app secret, so
// the URL must not reach an error or a log.
func (c *Client) token(ctx context.Context, op, path string, replay replay, old Token, q url.Values) (Token, error) {
	var data json.RawMessage
	p := &unsigned{signed{core: c.core, op: op, replay: replay, out: &data}}
	secret := c.core.secret.Reveal()
	p.secrets = []string{secret, q.Get("auth_code"), q.Get("refresh_token"), old.AccessToken.Reveal()}
	q.Set("app_key", c.core.appKey)
	q.Set("app_secret", secret)
	u := c.core.authURL.JoinPath(path)
	u.RawQuery = q.Encode()
	call := transport.Call{
		Operation: op, Method: http.MethodGet, URL: u, Replay: replay,
		Secrets: p.known,
	}
	p.limit(&call, LimitKey{App: c.core.appKey, Operation: op})
	reply, err := c.core.transport.Do(ctx, call, p)
	if err != nil {
		return Token{}, p.fail(ctx, reply, err)
	}
	t, err := readToken(data, old)
	if err != nil {
		// The body is not kept: it is made of secrets.
		e := p.error(ClassDecode, err)
		e.HTTPStatus, e.OutcomeUnknown = reply.Status, true
		return Token{}, e
	}
	if !t.AccessExpires.After(c.core.now()) {
		t.AccessExpires = time.Time{} // no end: else every call would refresh
	}
	return t, nil
}

// readToken reads the data of both token replies over what is in old. Each field
// is read alone: one of another type than documented must not cost the pair, but
// both tokens must be there.
// The fields named expire_in hold moments, not durations.
func readToken(data json.RawMessage, old Token) (t Token, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return Token{}, errors.New("the reply is no object of tokens")
	}
	t = old
	t.AccessToken, t.AccessExpires, t.RefreshToken = Secret{}, time.Time{}, Secret{}
	readSecret(fields["access_token"], &t.AccessToken)
	readTime(fields["access_token_expire_in"], &t.AccessExpires)
	readSecret(fields["refresh_token"], &t.RefreshToken)
	readTime(fields["refresh_token_expire_in"], &t.RefreshExpires)
	read(fields["open_id"], &t.OpenID)
	read(fields["seller_name"], &t.SellerName)
	read(fields["seller_base_region"], &t.SellerRegion)
	read(fields["user_type"], &t.UserType)
	read(fields["granted_scopes"], &t.Scopes)
	switch {
	case t.AccessToken.IsZero():
		return Token{}, errors.New("the reply carries no access token")
	case t.RefreshToken.IsZero():
		return Token{}, errors.New("the reply carries no refresh token")
	}
	return t, nil
}

// read sets *to unless the field is absent, empty or of another type.
func read[T any](field json.RawMessage, to *T) {
	var v T
	if len(field) != 0 && string(field) != "null" && string(field) != `""` && json.Unmarshal(field, &v) == nil {
		*to = v
	}
}

// readSecret takes a string only: what is a number is no token.
func readSecret(field json.RawMessage, to *Secret) {
	var text string
	if read(field, &text); text != "" {
		*to = NewSecret(text)
	}
}

func readTime(field json.RawMessage, to *time.Time) {
	var seconds UnixSeconds
	if read(field, &seconds); seconds != 0 && seconds.Err() == nil {
		*to = seconds.Time()
	}
}

// unsigned is the protocol of the token calls: credentials are in the query
// already, and a refused one cannot be replaced.
type unsigned struct{ signed }

// Prepare only names the client: the request is complete.
func (p *unsigned) Prepare(_ context.Context, req *http.Request, _ []byte) error {
	req.Header.Set("User-Agent", p.core.userAgent)
	p.attempts++
	return nil
}

// Classify takes code 0 for a success whatever the HTTP status, as documented
// for these calls: a new pair must not be dropped.
func (p *unsigned) Classify(reply *transport.Reply) transport.Verdict {
	v := p.signed.Classify(reply)
	e, failed := errors.AsType[*Error](v.Err)
	if !failed {
		return v
	}
	if code, ok := p.envelope.code(); ok && code == 0 {
		return transport.Verdict{Code: "0"}
	}
	e.Body = nil // made of secrets
	switch {
	case e.Class == ClassToken && e.Code == 0: // a proxy's page: nobody refused the pair
		e.Class, e.OutcomeUnknown, p.doubt = ClassUnknown, true, true
	case e.Class == ClassToken:
		e.Class = ClassAuthorisation
	}
	if v.Retry == transport.RetryReauthorised {
		v.Retry = transport.RetryNo
	}
	return v
}

// MemoryTokens is a [TokenStore] in memory, for tests and for programs that are
// given a token whenever they start. The zero value is empty.
type MemoryTokens struct {
	mu    sync.Mutex
	token Token
	busy  chan struct{} // holds one element while an update is under way
}

// Format keeps the tokens out of %+v.
func (m *MemoryTokens) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "tiktokshop.MemoryTokens")
}

// LoadToken returns what was saved last.
func (m *MemoryTokens) LoadToken(context.Context) (Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.token, nil
}

// UpdateToken keeps what update returns.
func (m *MemoryTokens) UpdateToken(ctx context.Context, update func(Token) (Token, error)) error {
	m.mu.Lock()
	if m.busy == nil {
		m.busy = make(chan struct{}, 1)
	}
	busy := m.busy
	m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case busy <- struct{}{}:
		defer func() { <-busy }()
	case <-ctx.Done():
		return fmt.Errorf("waiting for another update: %w", ctx.Err())
	}
	current, err := m.LoadToken(ctx)
	if err != nil {
		return err
	}
	t, err := update(current)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token = t
	return nil
}
