package tiktokshop

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// StateStore issues the states that tie a redirect from TikTok to the account
// that asked for it. Its methods must be safe for concurrent use; several
// processes behind one redirect URL share one.
type StateStore interface {
	// IssueState returns a new state that cannot be guessed and remembers that
	// account asked for it.
	IssueState(ctx context.Context, account string) (state string, err error)
	// TakeState uses state up: ok is true once at most, and only for a state
	// that was issued and has not expired. An error means that the store could
	// not be asked.
	TakeState(ctx context.Context, state string) (account string, ok bool, err error)
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
	account string
	expires time.Time
}

// IssueState fails only while Max states are waiting.
func (m *MemoryStates) IssueState(_ context.Context, account string) (string, error) {
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
	m.states[sha256.Sum256([]byte(state))] = issued{account, now.Add(expiry)}
	return state, nil
}

// TakeState never fails. It looks states up by their hash, so that the time it
// takes says nothing about a state that is close.
func (m *MemoryStates) TakeState(_ context.Context, state string) (account string, ok bool, err error) {
	key := sha256.Sum256([]byte(state))
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.states[key]
	delete(m.states, key)
	if !ok || !time.Now().Before(s.expires) {
		return "", false, nil
	}
	return s.account, true, nil
}

// Format keeps accounts out of %+v.
func (m *MemoryStates) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "tiktokshop.MemoryStates")
}

// Grant is an authorisation that a seller has just given.
type Grant struct {
	// Account is what the state was issued for, see
	// [OAuthHandler.AuthorizationURL]. It is empty when FromAppStore is true.
	Account string
	// Token is the new pair. Keep it before anything else: the code that bought
	// it is spent. Check its UserType and Scopes, and read its shops with
	// [AuthorizationService.GetAuthorizedShops].
	Token Token
	// FromAppStore says that the seller began at TikTok's app store: nobody at
	// the app asked for it, so who the visitor is must be found in another way,
	// and a link in a mail could have brought him. See [WithAppStoreInstalls].
	FromAppStore bool
}

// Reasons that a redirect to the failure page of [WithOAuthRedirect] gives in
// its parameter reason.
const (
	OAuthRefused    = "refused"    // the seller did not consent
	OAuthState      = "state"      // the state is missing, unknown, used or expired: start again
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
// Make it with [NewOAuthHandler], and serve it at the redirect URL that is set
// in Partner Center.
type OAuthHandler struct {
	oauthSettings

	client *Client
	accept func(context.Context, Grant) error
}

// NewOAuthHandler returns the handler for the redirect URL of c's app. For every
// redirect with a state that it issued it buys tokens with the code and calls
// accept, which keeps them. When accept fails or panics they are lost, and the
// seller has to consent again. accept has a minute together with the exchange,
// and goes on when the browser leaves.
//
// The seller sees a line of text, or a page of the app, see [WithOAuthRedirect].
// The answers are 200 or 303 for a success; 403 for a refused consent; 400 for
// a state, a code or a redirect that is no good; 502 when TikTok and 500 when
// accept or the store failed; 405 for another method than GET.
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

// AuthorizationURL returns a link to the consent page with a new state. account
// says for whom: the user, tenant or session of the app that asked. Take it from
// the app's own login, not from the redirect, and the [Grant] cannot end up with
// anybody else. The link works once.
func (h *OAuthHandler) AuthorizationURL(ctx context.Context, account string) (string, error) {
	state, err := h.states.IssueState(ctx, account)
	if err != nil {
		return "", err
	}
	return h.client.AuthorizationURL(state)
}

// oauthError is why a redirect failed.
type oauthError struct {
	status int
	reason string
	text   string // for the seller
	err    error  // for the log, may be nil
}

// ServeHTTP receives one redirect.
func (h *OAuthHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The address holds the code: no other page is to learn it.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet { // not HEAD either: a code works once
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	// A browser that leaves must not cost the tokens.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.exchangeBy)
	defer cancel()
	failure := h.receive(ctx, r.URL.Query())
	switch {
	case failure == nil:
		h.log.LogAttrs(ctx, slog.LevelInfo, "shop authorised")
	case failure.err == nil:
		h.log.LogAttrs(ctx, slog.LevelInfo, "shop not authorised", slog.String("reason", failure.reason))
	default:
		h.log.LogAttrs(ctx, slog.LevelWarn, "shop not authorised", slog.String("reason", failure.reason), slog.Any("error", failure.err))
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

// redirect has no body: that of [http.Redirect] is HTML.
func redirect(w http.ResponseWriter, page string) {
	w.Header().Set("Location", page)
	w.WriteHeader(http.StatusSeeOther)
}

// receive takes one redirect from its query to the caller's function.
func (h *OAuthHandler) receive(ctx context.Context, q url.Values) *oauthError {
	for _, name := range []string{"state", "code", "error"} {
		if len(q[name]) > 1 {
			return &oauthError{http.StatusBadRequest, OAuthIncomplete, "The address is not complete. Please start again.", nil}
		}
	}
	state, code := q.Get("state"), strings.TrimSpace(q.Get("code"))
	grant := Grant{FromAppStore: state == ""}
	if state != "" || !h.appStore {
		account, ok, err := h.take(ctx, state)
		switch {
		case err != nil:
			return &oauthError{http.StatusInternalServerError, OAuthFailed, "Something went wrong. Please start again.", wire.ScrubError(err, state, code)}
		case !ok:
			return &oauthError{http.StatusBadRequest, OAuthState, "The link has expired or was used before. Please start again.", nil}
		}
		grant.Account = account
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
func (h *OAuthHandler) take(ctx context.Context, state string) (account string, ok bool, err error) {
	if state == "" || len(state) > 1024 {
		return "", false, nil
	}
	return h.states.TakeState(ctx, state)
}

// accepted calls the caller's function. A panic is an error, as net/http would
// make of it, but one that the seller gets an answer to.
func (h *OAuthHandler) accepted(ctx context.Context, grant Grant) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("tiktokshop: the function for grants panicked: %v", p)
			h.log.LogAttrs(ctx, slog.LevelError, "the function for grants panicked", slog.String("stack", string(debug.Stack())))
		}
	}()
	return h.accept(ctx, grant)
}
