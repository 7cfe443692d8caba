package linnworkstest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// sessionLife is how long a session lives without a call.
//
// https://apidocs.linnworks.net/docs/generating-an-api-key
const sessionLife = 20 * time.Minute

// States of an account, as a session names them.
const (
	stateAvailable   = "AVAILABLE"
	stateMaintenance = "MAINTENANCE"
)

// accountState is what keeps an account from being used.
type accountState struct {
	state, reason string
	until         time.Time // zero: until told otherwise
}

// SetAccountState sets the state that sessions name: AVAILABLE, LOCKED_BASIC,
// LOCKED_FULL or MAINTENANCE, with a reason. While an account is locked its
// calls are answered 403, and 503 during maintenance. What Linnworks answers to
// an open session then is not documented.
func (f *Fake) SetAccountState(state linnworks.SessionStatusState, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.account = accountState{state: string(state), reason: reason}
}

// Maintain has the account under maintenance for d.
func (f *Fake) Maintain(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.maintain(d)
}

func (f *Fake) maintain(d time.Duration) {
	f.account = accountState{state: stateMaintenance, reason: "Linnworks is under maintenance", until: f.now().Add(d)}
}

// state is the account's state at this moment.
func (f *Fake) state() accountState {
	if s := f.account; s.state != "" && (s.until.IsZero() || f.now().Before(s.until)) {
		return s
	}
	return accountState{state: stateAvailable}
}

// WithoutPermission takes the permission for operations from the application:
// calls that match a pattern, as in [Fake.Fail], are answered 403.
func WithoutPermission(patterns ...string) Option {
	return func(f *Fake) { f.forbidden = append(f.forbidden, patterns...) }
}

// checkAccount refuses calls that the account's state or the application's
// permissions forbid.
func (f *Fake) checkAccount(op *route) error {
	s := f.state()
	switch {
	case s.state == stateMaintenance:
		return &apiError{status: http.StatusServiceUnavailable, message: s.reason}
	case s.state != stateAvailable:
		return &apiError{status: http.StatusForbidden, message: strings.TrimSpace("The account is " + s.state + ". " + s.reason)}
	case slices.ContainsFunc(f.forbidden, func(p string) bool { return matches(p, op.name) }):
		return &apiError{status: http.StatusForbidden, message: "The application has no permission for " + op.path}
	}
	return nil
}

// ExpireSessions ends every open session: the next call of a client is refused
// with 401.
func (f *Fake) ExpireSessions() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.sessions)
}

// checkSession refuses tokens that no living session has. A scheme word such as
// Bearer makes it another token.
func (f *Fake) checkSession(token string) error {
	if !f.quirks[BearerRefused] {
		token = strings.TrimPrefix(token, "Bearer ")
	}
	used, ok := f.sessions[token]
	now := f.now()
	if !ok || now.Sub(used) >= sessionLife && f.quirks[IdleSessionsDie] {
		delete(f.sessions, token)
		return errUnauthorised
	}
	f.sessions[token] = now
	return nil
}

// authorize opens a session, whatever the state of the account.
//
// https://apps.linnworks.net/Api/Method/Auth-AuthorizeByApplication
func (f *Fake) authorize(req *linnworks.AuthorizeByApplicationRequest, at place) (any, error) {
	want := f.Credentials()
	given := func(g *linnworks.GUID, value string) bool { return g != nil && g.Equal(linnworks.GUID(value)) }
	secret := func(s *linnworks.Secret, want linnworks.Secret) bool {
		return s != nil && linnworks.GUID(s.Reveal()).Equal(linnworks.GUID(want.Reveal()))
	}
	if !given(req.ApplicationID, want.ApplicationID) || !secret(req.ApplicationSecret, want.ApplicationSecret) || !secret(req.Token, want.Token) {
		return nil, errUnauthorised
	}
	token := string(f.newID("session"))
	f.sessions[token] = f.now()
	server := at.server
	if f.quirks[ServerWithoutScheme] {
		_, server, _ = strings.Cut(server, "://")
	}
	state := f.state()
	return &linnworks.BaseSession{
		ID: "a0000000-0000-4000-8000-000000000004", EntityID: "a0000000-0000-4000-8000-000000000005",
		UserID: "a0000000-0000-4000-8000-000000000006", AppName: "linnworkstest", UserName: user,
		UserType: "Application", Device: "ByApplication", Locality: "EU", GroupName: "Default", SuperAdmin: true,
		DatabaseName: "tenant", DatabaseServer: "db.linnworkstest.example", DatabaseUser: "tenant-user", DatabasePassword: linnworks.NewSecret("not-to-be-logged"),
		Token: linnworks.NewSecret(token), Server: server,
		Status: linnworks.SessionStatus{State: linnworks.SessionStatusState(state.state), Reason: state.reason},
	}, nil
}

// user is whom notes and audit trails name for what the application did.
const user = "application@linnworkstest.example"

// getApplicationProfile: https://apps.linnworks.net/Api/Method/Auth-GetApplicationProfileBySecretKey
func (f *Fake) getApplicationProfile(*linnworks.GetApplicationProfileBySecretKeyRequest) (any, error) {
	now := f.timestamp()
	return linnworks.ApplicationProfileResponse{
		PlanTag: "standard", PlanName: "Standard", ActivationDate: now, LastPaymentDate: now, IsProfileActive: true,
		NextPaymentDate: linnworks.Time{Time: now.AddDate(0, 1, 0)}, ProfileExpires: linnworks.Time{Time: now.AddDate(1, 0, 0)},
	}, nil
}

// currencyQuery are the parameters of getCurrencyConversionRates.
type currencyQuery struct {
	Currency string `json:"currency"`
}

// getCurrencyConversionRates knows one currency, which is worth itself.
//
// https://apps.linnworks.net/Api/Method/Settings-GetCurrencyConversionRates
func (f *Fake) getCurrencyConversionRates(req *currencyQuery) (any, error) {
	if req.Currency == "" {
		req.Currency = "GBP"
	}
	return []linnworks.CurrencyConversionRate{{Currency: req.Currency, ConversionRate: "1"}}, nil
}
