package tiktokshoptest

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Lifetimes of what the token endpoints give out. The real side lets the seller
// choose how long an authorisation lasts.
const (
	accessLife  = 7 * 24 * time.Hour
	refreshLife = 365 * 24 * time.Hour
	codeLife    = 30 * time.Minute
)

// grants are the tokens and codes that the fake has given out.
type grants struct {
	current tiktokshop.Token
	period  int                  // counts the consents
	access  map[string]grant     // every access token
	refresh map[string]time.Time // expiry of every refresh token that works
	codes   map[string]time.Time // expiry of every unused authorisation code
}

// grant is an access token.
type grant struct {
	expires time.Time
	scopes  []string
}

func newGrants() grants {
	return grants{access: map[string]grant{}, refresh: map[string]time.Time{}, codes: map[string]time.Time{}}
}

// check accepts an access token that was given out and has not expired, and
// returns the scopes that it grants.
func (g grants) check(token string, now time.Time) (scopes []string, err error) {
	known, ok := g.access[token]
	switch {
	case !ok:
		return nil, failStatus(http.StatusUnauthorized, codeOverloaded, "Invalid credentials: the header x-tts-access-token is invalid")
	case !now.Before(known.expires):
		return nil, failStatus(http.StatusUnauthorized, codeExpired, "Expired credentials: the access token has expired")
	}
	return known.scopes, nil
}

// consent begins a new period of authorisation, with the scopes that the app
// asks for now. All shops belong to it again.
func (f *Fake) consent() {
	f.tokens.period++
	f.tokens.current = tiktokshop.Token{
		RefreshExpires: f.now.Add(refreshLife).UTC().Truncate(time.Second),
		Scopes:         slices.Clone(f.wanted),
	}
	for _, shop := range f.shops {
		shop.state.deauthorised = false
	}
	f.grant()
	f.warnOfExpiry(f.tokens.period, f.tokens.current.RefreshExpires.Add(-warningTime))
}

// grant makes a new pair of tokens within the period. Access tokens given out
// before stay valid until they expire; refresh tokens given out before do not,
// unless [QuirkRefreshTokenRotates] is off.
func (f *Fake) grant() {
	n := f.newID(idToken)
	prefix := "ROW_"
	if f.shops[0].market.region == "US" {
		prefix = "TTP_"
	}
	old := f.tokens.current
	t := tiktokshop.Token{
		AccessToken:    tiktokshop.NewSecret(prefix + "fakeaccess" + n),
		AccessExpires:  f.now.Add(accessLife).UTC().Truncate(time.Second),
		RefreshToken:   tiktokshop.NewSecret(prefix + "fakerefresh" + n),
		RefreshExpires: old.RefreshExpires, // refreshing does not prolong the consent
		OpenID:         openID, SellerName: "Fake Seller", SellerRegion: f.shops[0].market.region,
		Scopes: old.Scopes,
	}
	if !f.has(QuirkOldGrantsKeepScopes) {
		t.Scopes = slices.Clone(f.wanted)
	}
	if f.has(QuirkRefreshTokenRotates) {
		clear(f.tokens.refresh)
	}
	f.tokens.current = t
	f.tokens.access[t.AccessToken.Reveal()] = grant{t.AccessExpires, t.Scopes}
	f.tokens.refresh[t.RefreshToken.Reveal()] = t.RefreshExpires
}

// openID is the seller.
const openID = "fakeopenid1"

// Token returns the newest tokens of the seller. They may have expired.
func (f *Fake) Token() tiktokshop.Token {
	defer f.enter()()
	return f.tokens.current
}

// ExpireTokens ends all access tokens now: calls with them are refused with
// code 105002. The refresh token stays valid.
func (f *Fake) ExpireTokens() {
	defer f.enter()()
	for token, g := range f.tokens.access {
		f.tokens.access[token] = grant{f.now, g.scopes}
	}
	f.tokens.current.AccessExpires = f.now
}

// Authorise lets the seller consent once more and returns the code that the
// redirect carries. It can be exchanged once, within 30 minutes.
func (f *Fake) Authorise() (code string) {
	defer f.enter()()
	code = "FAKE_code" + f.newID(idToken)
	f.tokens.codes[code] = f.now.Add(codeLife)
	return code
}

// tokenSource serves clients made by [Fake.Client]: it renews by itself.
type tokenSource struct{ fake *Fake }

func (s tokenSource) Token(context.Context) (tiktokshop.Token, error) {
	defer s.fake.enter()()
	if t := s.fake.tokens.current; !s.fake.now.Before(t.AccessExpires) && s.fake.now.Before(t.RefreshExpires) {
		s.fake.grant()
	}
	return s.fake.tokens.current, nil
}

// Refused needs no action: Token renews what has expired.
func (s tokenSource) Refused(context.Context, tiktokshop.Token) error { return nil }

// exchangeCode serves /api/v2/token/get.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (f *Fake) exchangeCode(in *request) (any, error) {
	if err := f.checkApp(in, "authorized_code"); err != nil {
		return nil, err
	}
	code := in.query.Get("auth_code")
	expires, ok := f.tokens.codes[code]
	if !ok || !f.now.Before(expires) {
		return nil, fail(codeAuthCode, "auth_code is invalid, used or expired")
	}
	delete(f.tokens.codes, code)
	f.consent()
	return f.tokenData(), nil
}

// refreshToken serves /api/v2/token/refresh. It rotates: a refresh token works
// once.
//
// https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
func (f *Fake) refreshToken(in *request) (any, error) {
	if err := f.checkApp(in, "refresh_token"); err != nil {
		return nil, err
	}
	if expires, ok := f.tokens.refresh[in.query.Get("refresh_token")]; !ok || !f.now.Before(expires) {
		return nil, fail(codeRefreshToken, "refresh_token is invalid or expired")
	}
	f.grant()
	return f.tokenData(), nil
}

// checkApp checks the credentials of a token call.
func (f *Fake) checkApp(in *request, grantType string) error {
	switch {
	case in.query.Get("app_key") != f.app.Key:
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid app_key")
	case in.query.Get("app_secret") != f.app.Secret.Reveal():
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid app_key or secret")
	case grantType == "authorized_code" && !f.has(QuirkGrantType) && in.query.Get("grant_type") == "authorization_code":
	case in.query.Get("grant_type") != grantType:
		return invalid("grant_type", "it must be "+grantType)
	}
	return nil
}

// tokenData is the reply of both token calls. The fields named expire_in hold
// moments, unless [QuirkExpireInIsAMoment] is off.
func (f *Fake) tokenData() any {
	t := f.tokens.current
	access, refresh := t.AccessExpires.Unix(), t.RefreshExpires.Unix()
	if !f.has(QuirkExpireInIsAMoment) {
		access, refresh = access-f.now.Unix(), refresh-f.now.Unix()
	}
	return map[string]any{
		"access_token": t.AccessToken.Reveal(), "access_token_expire_in": access,
		"refresh_token": t.RefreshToken.Reveal(), "refresh_token_expire_in": refresh,
		"open_id": t.OpenID, "seller_name": t.SellerName, "seller_base_region": t.SellerRegion,
		"user_type": t.UserType, "granted_scopes": t.Scopes,
	}
}
