package tiktokshoptest

import (
	"context"
	"net/http"
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
	access  map[string]time.Time // expiry of every access token
	codes   map[string]time.Time // expiry of every unused authorisation code
}

func newGrants() grants {
	return grants{access: map[string]time.Time{}, codes: map[string]time.Time{}}
}

// check accepts an access token that was given out and has not expired.
func (g grants) check(token string, now time.Time) error {
	expires, ok := g.access[token]
	switch {
	case !ok:
		return failStatus(http.StatusUnauthorized, codeOverloaded, "Invalid credentials: the header x-tts-access-token is invalid")
	case !now.Before(expires):
		return failStatus(http.StatusUnauthorized, codeExpired, "Expired credentials: the access token has expired")
	}
	return nil
}

// grant makes a new pair of tokens. Access tokens given out before stay valid
// until they expire; refresh tokens given out before do not.
func (f *Fake) grant() {
	n := f.newID(idToken)
	prefix := "ROW_"
	if f.market.region == "US" {
		prefix = "TTP_"
	}
	t := tiktokshop.Token{
		AccessToken:   tiktokshop.Secret(prefix + "fakeaccess" + n),
		AccessExpires: f.now.Add(accessLife).UTC().Truncate(time.Second),
		RefreshToken:  tiktokshop.Secret(prefix + "fakerefresh" + n),
		OpenID:        "fakeopenid1", SellerName: "Fake Seller", SellerRegion: f.market.region,
		RefreshExpires: f.now.Add(refreshLife).UTC().Truncate(time.Second),
		Scopes: []string{
			"seller.authorization.info", "seller.order.info", "seller.order.ext_ref.read", "seller.order.ext_ref.write",
			"seller.fulfillment.basic", "seller.logistics", "seller.product.basic", "seller.product.write",
			"seller.return_refund.basic",
		},
	}
	if old := f.tokens.current; !old.RefreshExpires.IsZero() {
		t.RefreshExpires = old.RefreshExpires // refreshing does not prolong the consent
	}
	f.tokens.current = t
	f.tokens.access[t.AccessToken.Reveal()] = t.AccessExpires
}

// Token returns the newest tokens of the seller. They may have expired.
func (f *Fake) Token() tiktokshop.Token {
	defer f.enter()()
	return f.tokens.current
}

// ExpireTokens ends all access tokens now: calls with them are refused with
// code 105002. The refresh token stays valid.
func (f *Fake) ExpireTokens() {
	defer f.enter()()
	for token := range f.tokens.access {
		f.tokens.access[token] = f.now
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
	if !s.fake.now.Before(s.fake.tokens.current.AccessExpires) {
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
	f.tokens.current.RefreshExpires = time.Time{} // a new consent begins a new period
	f.grant()
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
	current := f.tokens.current
	if in.query.Get("refresh_token") != current.RefreshToken.Reveal() || !f.now.Before(current.RefreshExpires) {
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
	case in.query.Get("grant_type") != grantType:
		return invalid("grant_type", "it must be "+grantType)
	}
	return nil
}

// tokenData is the reply of both token calls. The fields named expire_in hold
// moments.
func (f *Fake) tokenData() any {
	t := f.tokens.current
	return map[string]any{
		"access_token": t.AccessToken.Reveal(), "access_token_expire_in": t.AccessExpires.Unix(),
		"refresh_token": t.RefreshToken.Reveal(), "refresh_token_expire_in": t.RefreshExpires.Unix(),
		"open_id": t.OpenID, "seller_name": t.SellerName, "seller_base_region": t.SellerRegion,
		"user_type": t.UserType, "granted_scopes": t.Scopes,
	}
}

func (f *Fake) authorizedShops(*request) (any, error) {
	return tiktokshop.GetAuthorizedShopsResponse{Shops: []tiktokshop.Shop{f.shop}}, nil
}
