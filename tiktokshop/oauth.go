package tiktokshop

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
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

// StateStore issues the states that tie a redirect from TikTok to who asked for
// it. Its methods must be safe for concurrent use; several processes behind one
// redirect URL share one.
type StateStore interface {
	// IssueState returns a new state that cannot be guessed and remembers what it
	// stands for.
	IssueState(ctx context.Context, consent PendingConsent) (state string, err error)
	// TakeState uses state up: ok is true once at most, and only for a state
	// that was issued and has not expired. An error means that the store could
	// not be asked.
	TakeState(ctx context.Context, state string) (consent PendingConsent, ok bool, err error)
}

// PendingConsent is what a state stands for.
type PendingConsent struct {
	// Account is the user or tenant of the app that asked.
	Account string
	// Browser is a hash of the cookie that the browser was given which began. It
	// is empty for a link that any browser may follow.
	Browser string
}

// MemoryStates is a [StateStore] in memory: a consent that is under way when the
// process ends has to be started again. The zero value is ready for use. Set the
// fields before that.
type MemoryStates struct {
	// Expiry is how long a seller has for the consent. Default 1 hour.
	Expiry time.Duration
	// Max bounds the states that are waiting; beyond it none is issued. Default
	// 10,000.
	Max int

	mu     sync.Mutex
	states map[[sha256.Size]byte]issued
}

type issued struct {
	consent PendingConsent
	expires time.Time
}

// IssueState fails only while Max states are waiting.
func (m *MemoryStates) IssueState(_ context.Context, consent PendingConsent) (string, error) {
	now, limit, expiry := time.Now(), m.Max, m.Expiry
	if limit == 0 {
		limit = 10_000
	}
	if expiry == 0 {
		expiry = time.Hour
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.states) >= limit {
		for key, s := range m.states {
			if !now.Before(s.expires) {
				delete(m.states, key)
			}
		}
		if len(m.states) >= limit {
			return "", errors.New("tiktokshop: too many authorisations are waiting for their sellers")
		}
	}
	state := rand.Text()
	if m.states == nil {
		m.states = map[[sha256.Size]byte]issued{}
	}
	m.states[sha256.Sum256([]byte(state))] = issued{consent, now.Add(expiry)}
	return state, nil
}

// TakeState never fails. It looks states up by their hash, so that the time it
// takes says nothing about a state that is close.
func (m *MemoryStates) TakeState(_ context.Context, state string) (consent PendingConsent, ok bool, err error) {
	key := sha256.Sum256([]byte(state))
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.states[key]
	delete(m.states, key)
	if !ok || !time.Now().Before(s.expires) {
		return PendingConsent{}, false, nil
	}
	return s.consent, true, nil
}

// Format keeps accounts out of %+v.
func (m *MemoryStates) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "tiktokshop.MemoryStates")
}

// Grant is an authorisation that a seller has just given.
type Grant struct {
	// Account is for whom the consent was begun, see [OAuthHandler.Begin] and
	// [OAuthHandler.LinkForAnyBrowser]. It is empty when FromAppStore is true.
	Account string
	// AnyBrowser says that the seller came by a link of LinkForAnyBrowser: who
	// followed it need not be who was sent it.
	AnyBrowser bool
	// Token is the new pair. Keep it before anything else: the code that bought
	// it is spent. Check its UserType and Scopes, and read its shops with
	// [AuthorizationService.GetAuthorizedShops].
	Token Token
	// FromAppStore says that the seller began at TikTok's app store: nobody at
	// the app asked for it, and a link in a mail, with somebody else's shop behind
	// it, could have brought the visitor. Have a user of the app who is logged in
	// confirm the shop by its name before it is tied to his account. See
	// [WithAppStoreInstalls].
	FromAppStore bool
}

// Reasons that a redirect to the failure page of [WithOAuthRedirect] gives in
// its parameter reason.
const (
	OAuthRefused    = "refused"    // the seller did not consent
	OAuthState      = "state"      // the state is missing, unknown, used or expired: start again
	OAuthBrowser    = "browser"    // begun in another browser, or by another user: start again
	OAuthIncomplete = "incomplete" // the redirect is not as TikTok sends it
	OAuthCode       = "code"       // TikTok refused the code: start again
	OAuthFailed     = "failed"     // the exchange or the caller's function failed
)

// OAuthOption configures an [OAuthHandler]. Every option checks its own input,
// and [NewOAuthHandler] returns what it finds.
type OAuthOption func(*oauthSettings) error

// oauthSettings is what options fill.
type oauthSettings struct {
	states     StateStore
	login      func(*http.Request) string // nil without
	appStore   bool
	succeeded  string
	failed     *url.URL
	log        *slog.Logger
	exchangeBy time.Duration
}

// WithStates sets where states are kept. Default a [MemoryStates] of the
// handler's own.
func WithStates(states StateStore) OAuthOption {
	return func(s *oauthSettings) error {
		if states == nil {
			return errors.New("WithStates: nil store")
		}
		s.states = states
		return nil
	}
}

// WithOAuthLogin has redirects refused that reach a browser whose user is not who
// began. account returns the account of the app that a request's browser is logged
// in to, empty for none, in the form that [OAuthHandler.Begin] is given it. With
// it a link of [OAuthHandler.LinkForAnyBrowser] is of use to its account alone. A
// session cookie with SameSite=Strict does not come with a redirect from TikTok;
// Lax does. Installs from the app store have no account to compare.
func WithOAuthLogin(account func(*http.Request) string) OAuthOption {
	return func(s *oauthSettings) error {
		if account == nil {
			return errors.New("WithOAuthLogin: nil function")
		}
		s.login = account
		return nil
	}
}

// WithAppStoreInstalls accepts redirects without a state, as installs from
// TikTok's app store send them; the default refuses them. They come as a [Grant]
// with FromAppStore set. A wrong state is refused all the same.
//
// https://partner.tiktokshop.com/docv2/page/authorization-via-app-store
func WithAppStoreInstalls() OAuthOption {
	return func(s *oauthSettings) error {
		s.appStore = true
		return nil
	}
}

// WithOAuthRedirect sends the seller on to a page of the app instead of
// answering with a line of text: to success, or to failure with the parameter
// reason, such as [OAuthRefused]. Both are absolute URLs or paths.
func WithOAuthRedirect(success, failure string) OAuthOption {
	return func(s *oauthSettings) error {
		for _, page := range []string{success, failure} {
			u, err := url.Parse(page)
			if err != nil || u.Path+u.Host == "" || (u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http") {
				return errors.New("WithOAuthRedirect: needs two URLs or paths")
			}
			s.failed = u
		}
		s.succeeded = success
		return nil
	}
}

// WithOAuthLogger logs every redirect: refusals at info level, failures as
// warnings. The default, and nil, log nothing. Codes, states and tokens are never
// logged; the texts of the caller's errors are.
func WithOAuthLogger(l *slog.Logger) OAuthOption {
	return func(s *oauthSettings) error {
		if l != nil {
			s.log = l
		}
		return nil
	}
}

// OAuthHandler receives sellers whom TikTok sends back from the consent page.
// Make it with [NewOAuthHandler], serve it at the redirect URL that is set in
// Partner Center, and have a page of the app call [OAuthHandler.Begin].
type OAuthHandler struct {
	oauthSettings

	client *Client
	accept func(context.Context, Grant) error
}

// NewOAuthHandler returns the handler for the redirect URL of c's app. For every
// redirect with a state that it issued, in the browser that began, it buys tokens
// with the code and calls accept, which keeps them, see [SaveToken]. When accept
// fails or panics they are lost, and the seller has to consent again. accept has a
// minute together with the exchange, and goes on when the browser leaves; its
// context has the values of the request's.
//
// The seller sees a line of text, or a page of the app, see [WithOAuthRedirect].
// The answers are 200 or 303 for a success; 403 for a refused consent and for
// another browser than the one that began; 400 for a state, a code or a redirect
// that is no good; 502 when TikTok and 500 when accept or the store failed; 405
// for another method than GET.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func NewOAuthHandler(c *Client, accept func(ctx context.Context, grant Grant) error, opts ...OAuthOption) (*OAuthHandler, error) {
	if c == nil || accept == nil {
		return nil, errors.New("tiktokshop: NewOAuthHandler needs a client and a function")
	}
	h := &OAuthHandler{client: c, accept: accept, oauthSettings: oauthSettings{
		log: slog.New(slog.DiscardHandler), exchangeBy: time.Minute,
	}}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("tiktokshop: OAuth option %d is nil", i+1)
		}
		if err := opt(&h.oauthSettings); err != nil {
			return nil, fmt.Errorf("tiktokshop: %w", err)
		}
	}
	if h.states == nil {
		h.states = new(MemoryStates)
	}
	return h, nil
}

// cookieLife is how long a browser keeps the cookie of a consent that is under way.
const cookieLife = time.Hour

// cookieName names the cookie of a state; each has its own, so that two windows do
// not get in each other's way. The prefix has browsers take it only from this very
// host, by https, for all paths: a sibling host cannot plant one.
func cookieName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "__Host-tiktokshop-consent-" + hex.EncodeToString(sum[:8])
}

// browserHash is what a [StateStore] is told of a cookie.
func browserHash(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}

func setCookie(w http.ResponseWriter, state, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(state), Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, // which comes along when TikTok sends the browser back
	})
}

// Begin sends the browser that r came from on to the consent page. account says
// for whom: the user or tenant of the app that asks. Take it from the app's own
// login, not from a parameter of r; programs for one seller pass any text.
//
// A cookie ties the consent to this browser, for an hour: a redirect that reaches
// another one, to which somebody has passed the address on, is refused, so that the
// [Grant] cannot end up with an account that its seller is not using (RFC 6749,
// section 10.12; RFC 9700, section 4.7). Serve Begin by https on the host of the
// redirect URL: http.HandleFunc does with a function that looks the user up.
func (h *OAuthHandler) Begin(w http.ResponseWriter, r *http.Request, account string) {
	keepPrivate(w)
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	cookie := rand.Text()
	state, link, err := h.issue(r.Context(), PendingConsent{Account: account, Browser: browserHash(cookie)})
	if err != nil {
		h.answer(r.Context(), w, &oauthError{http.StatusInternalServerError, OAuthFailed, "Something went wrong. Please start again.", err})
		return
	}
	setCookie(w, state, cookie, int(cookieLife/time.Second))
	redirect(w, link)
}

// LinkForAnyBrowser returns a link to the consent page for a mail or a chat, where
// [OAuthHandler.Begin] cannot be used. The link is a capability: whoever follows
// it, in any browser, connects his shop to account, and the app cannot tell. In an
// app with several tenants one could so have another's seller connect a shop to his
// own account; use [WithOAuthLogin] there, or send the address of a page that asks
// for a login and calls Begin. It works once, for as long as the [StateStore] keeps
// its state.
func (h *OAuthHandler) LinkForAnyBrowser(ctx context.Context, account string) (string, error) {
	_, link, err := h.issue(ctx, PendingConsent{Account: account})
	return link, err
}

// issue returns a new state and the address of the consent page with it.
func (h *OAuthHandler) issue(ctx context.Context, consent PendingConsent) (state, link string, err error) {
	defer transport.Recover(&err) // of the store
	if state, err = h.states.IssueState(ctx, consent); err != nil {
		return "", "", err
	}
	link, err = h.client.AuthorizationURL(state)
	return state, link, err
}

// oauthError is why a redirect failed.
type oauthError struct {
	status int
	reason string
	text   string // for the seller
	err    error  // for the log, may be nil
}

// keepPrivate keeps what an address holds, a code or a state, from other pages.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// ServeHTTP receives one redirect.
func (h *OAuthHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	keepPrivate(w)
	if r.Method != http.MethodGet { // not HEAD either: a code works once
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	// A browser that leaves must not cost the tokens.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.exchangeBy)
	defer cancel()
	h.answer(ctx, w, h.receive(ctx, w, r))
}

// answer logs how it went, nil for well, and tells the seller.
func (h *OAuthHandler) answer(ctx context.Context, w http.ResponseWriter, failure *oauthError) {
	switch {
	case failure == nil:
		logSafely(ctx, h.log, slog.LevelInfo, "shop authorised")
	case failure.err == nil:
		logSafely(ctx, h.log, slog.LevelInfo, "shop not authorised", slog.String("reason", failure.reason))
	default:
		logSafely(ctx, h.log, slog.LevelWarn, "shop not authorised", slog.String("reason", failure.reason), slog.Any("error", failure.err))
	}
	switch {
	case h.failed == nil && failure == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "The shop is connected. You can close this window.\n")
	case h.failed == nil:
		http.Error(w, failure.text, failure.status)
	case failure == nil:
		redirect(w, h.succeeded)
	default:
		page := *h.failed
		q := page.Query()
		q.Set("reason", failure.reason)
		page.RawQuery = q.Encode()
		redirect(w, page.String())
	}
}

// logSafely logs. Should the log handler panic, what it was told of goes on.
func logSafely(ctx context.Context, l *slog.Logger, level slog.Level, message string, attrs ...slog.Attr) {
	defer func() { _ = recover() }()
	l.LogAttrs(ctx, level, message, attrs...)
}

// redirect has no body: that of [http.Redirect] is HTML.
func redirect(w http.ResponseWriter, page string) {
	w.Header().Set("Location", page)
	w.WriteHeader(http.StatusSeeOther)
}

// receive takes one redirect from its query to the caller's function.
func (h *OAuthHandler) receive(ctx context.Context, w http.ResponseWriter, r *http.Request) *oauthError {
	q := r.URL.Query()
	for _, name := range []string{"state", "code", "error"} {
		if len(q[name]) > 1 {
			return &oauthError{http.StatusBadRequest, OAuthIncomplete, "The address is not complete. Please start again.", nil}
		}
	}
	state, code := q.Get("state"), strings.TrimSpace(q.Get("code"))
	grant := Grant{FromAppStore: state == ""}
	if state != "" || !h.appStore {
		consent, ok, err := h.take(ctx, state)
		switch {
		case err != nil:
			return &oauthError{http.StatusInternalServerError, OAuthFailed, "Something went wrong. Please start again.", wire.ScrubError(err, state, code)}
		case !ok:
			return &oauthError{http.StatusBadRequest, OAuthState, "The link has expired or was used before. Please start again.", nil}
		}
		began, err := h.began(w, r, state, consent)
		switch {
		case err != nil:
			return &oauthError{http.StatusInternalServerError, OAuthFailed, "Something went wrong. Please start again.", wire.ScrubError(err, state, code)}
		case !began:
			return &oauthError{http.StatusForbidden, OAuthBrowser, "This was not begun in this browser, or by another user. Please log in and start again here.", nil}
		}
		grant.Account, grant.AnyBrowser = consent.Account, consent.Browser == ""
	}
	switch {
	case q.Get("error") != "" || code == "null":
		return &oauthError{http.StatusForbidden, OAuthRefused, "The shop was not connected: the authorisation was refused.", nil}
	case code == "":
		return &oauthError{http.StatusBadRequest, OAuthIncomplete, "The address is not complete. Please start again.", nil}
	}
	token, err := h.client.ExchangeCode(ctx, code)
	if err != nil {
		clean := wire.ScrubError(err, state, code)
		if NeedsAuthorisation(err) {
			return &oauthError{http.StatusBadRequest, OAuthCode, "The link has expired or was used before. Please start again.", clean}
		}
		return &oauthError{http.StatusBadGateway, OAuthFailed, "TikTok Shop could not be asked. Please start again.", clean}
	}
	grant.Token = token
	if err := h.accepted(ctx, grant); err != nil {
		err = wire.ScrubError(err, state, code, token.AccessToken.Reveal(), token.RefreshToken.Reveal())
		return &oauthError{http.StatusInternalServerError, OAuthFailed, "Something went wrong. Please start again.", err}
	}
	return nil
}

// take does not bother the store with a state that cannot be one.
func (h *OAuthHandler) take(ctx context.Context, state string) (consent PendingConsent, ok bool, err error) {
	defer transport.Recover(&err)
	if state == "" || len(state) > 1024 {
		return PendingConsent{}, false, nil
	}
	return h.states.TakeState(ctx, state)
}

// began reports whether consent was begun in the browser of r, by who is logged in
// there. The cookie is of no more use, whatever comes of it.
func (h *OAuthHandler) began(w http.ResponseWriter, r *http.Request, state string, consent PendingConsent) (ok bool, err error) {
	defer transport.Recover(&err)
	if consent.Browser != "" {
		cookie, err := r.Cookie(cookieName(state))
		if err != nil {
			return false, nil
		}
		setCookie(w, state, "", -1)
		if subtle.ConstantTimeCompare([]byte(browserHash(cookie.Value)), []byte(consent.Browser)) != 1 {
			return false, nil
		}
	}
	return h.login == nil || h.login(r) == consent.Account, nil
}

// accepted calls the caller's function. A panic is an error, as net/http would
// make of it, but one that the seller gets an answer to.
func (h *OAuthHandler) accepted(ctx context.Context, grant Grant) (err error) {
	defer transport.Recover(&err)
	return h.accept(ctx, grant)
}
