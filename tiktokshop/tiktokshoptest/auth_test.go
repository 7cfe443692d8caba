package tiktokshoptest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestExpiredTokensAreRefusedWith401(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		c, err := f.Client(tiktokshop.WithTokens(tiktokshop.StaticToken(f.Token().AccessToken)), tiktokshop.WithMaxAttempts(1))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(7*24*time.Hour - time.Second)
		if _, err := c.Authorization.GetAuthorizedShops(t.Context(), nil); err != nil {
			t.Errorf("in its last second: %v", err)
		}
		time.Sleep(time.Second)
		_, err = c.Authorization.GetAuthorizedShops(t.Context(), nil)
		if err := wantCode(err, 105002); err != nil {
			t.Error(err)
		}
		if got := f.Calls()[1].Status; got != 401 {
			t.Errorf("got HTTP status %d", got)
		}
	})
}

func TestRefreshTokensWorkOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		c, err := f.Client()
		if err != nil {
			t.Fatal(err)
		}
		old := f.Token()
		fresh, err := c.RefreshToken(t.Context(), old)
		if err != nil || fresh.RefreshToken == old.RefreshToken || !fresh.AccessExpires.Equal(time.Now().Add(7*24*time.Hour)) {
			t.Fatalf("got a token until %v, %v", fresh.AccessExpires, err)
		}
		if fresh.AccessToken != f.Token().AccessToken {
			t.Error("Token does not return the newest token")
		}
		_, err = c.RefreshToken(t.Context(), old)
		if err := wantCode(err, 36004001); err != nil {
			t.Error(err)
		}
	})
}

func TestAuthorisationCodesWorkOnceForHalfAnHour(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		c, err := f.Client()
		if err != nil {
			t.Fatal(err)
		}
		code, late := f.Authorise(), f.Authorise()
		token, err := c.ExchangeCode(t.Context(), code)
		if err != nil || token.SellerName == "" || len(token.Scopes) == 0 || token.RefreshExpires.IsZero() {
			t.Fatalf("got %+v, %v", token, err)
		}
		time.Sleep(30 * time.Minute)
		for _, code := range []string{code, late, "made up"} {
			_, err = c.ExchangeCode(t.Context(), code)
			if err := wantCode(err, 36004004); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestARefreshingClientOutlivesItsTokens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		base, err := f.Client()
		if err != nil {
			t.Fatal(err)
		}
		store := new(tiktokshop.MemoryTokens)
		if err := tiktokshop.SaveToken(t.Context(), store, f.Token()); err != nil {
			t.Fatal(err)
		}
		tokens, err := tiktokshop.RefreshingTokens(base, store)
		if err != nil {
			t.Fatal(err)
		}
		c, err := base.ForTokens(tokens).ForShop(f.Shop())
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := c.Logistics.GetWarehouseList(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(24 * time.Hour)
		}
		if n := len(f.CallsOf(tiktokshoptest.On("RefreshToken"))); n < 2 || n > 4 {
			t.Errorf("%d refreshes in 20 days", n)
		}
		f.ExpireTokens()
		if _, err := c.Logistics.GetWarehouseList(t.Context(), nil); err != nil {
			t.Errorf("after an early end of the token: %v", err)
		}
	})
}

func TestTokenCallsCheckTheSecretOfTheApp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		app := f.App()
		app.Secret = tiktokshop.NewSecret("another")
		c, err := tiktokshop.NewClient(app, tiktokshop.WithHTTPClient(&http.Client{Transport: f.RoundTripper()}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.RefreshToken(t.Context(), f.Token())
		if err := wantCode(err, 36009004); err != nil {
			t.Error(err)
		}
	})
}

func TestTheClientOfTheFakeRenewsItsTokenByItself(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithMarket("US"), tiktokshoptest.WithShop("7490", "TTP_cipher"))
		time.Sleep(30 * 24 * time.Hour)
		out, err := l.client.Authorization.GetAuthorizedShops(t.Context(), nil)
		l.ok(err)
		if s := out.Shops[0]; s.ID != "7490" || s.Cipher != "TTP_cipher" || s.Region != "US" {
			t.Errorf("got %+v", s)
		}
	})
}
