package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// consentSetup is refreshingSetup with a link that counts.
func consentSetup(t *testing.T, store TokenStore, api, auth []answer, opts ...TokenOption) (c *Client, apiServer, authServer *server) {
	t.Helper()
	authClient, authServer := setup(t, auth)
	links := 0
	opts = append([]TokenOption{WithConsentLink(func(context.Context) (string, error) {
		links++
		return authClient.AuthorizationURL(fmt.Sprintf("state-%d", links))
	})}, opts...)
	source, err := RefreshingTokens(authClient, store, opts...)
	if err != nil {
		t.Fatal(err)
	}
	c, apiServer = setup(t, api, WithTokens(source))
	return c, apiServer, authServer
}

// After a refusal for good nothing is sent until another pair is stored.
func TestRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{token: stored(1, time.Now().Add(-8*24*time.Hour))}
		c, api, auth := consentSetup(t, store, []answer{ok(`{}`)}, []answer{refused(200, 36004001, "refresh token expired")})
		for i := range 3 {
			err := getOrder(t.Context(), c)
			if !NeedsAuthorisation(err) || OwnerOf(err) != OwnerSeller {
				t.Fatalf("call %d: %v", i+1, err)
			}
			link, linkErr := ConsentLink(t.Context(), fmt.Errorf("syncing: %w", err))
			if want := fmt.Sprintf("https://services.tiktokshop.com/open/authorize?service_id=7001&state=state-%d", i+1); linkErr != nil || link != want {
				t.Errorf("link %s, %v, want %s", link, linkErr, want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "state-") {
				t.Errorf("the link is in the text: %v", err)
			}
			time.Sleep(7 * 24 * time.Hour)
		}
		if len(auth.requests()) != 1 || len(api.requests()) != 0 {
			t.Errorf("%d refreshes and %d calls after a refusal for good", len(auth.requests()), len(api.requests()))
		}
		// The way back: what the new consent brought is stored.
		if err := SaveToken(t.Context(), store, stored(2, time.Now())); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := getOrder(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if got := api.requests()[0].header.Get("X-Tts-Access-Token"); got != "access-2-0123456789" || len(auth.requests()) != 1 {
			t.Errorf("the call went out with %s after %d refreshes", got, len(auth.requests()))
		}
	})
}

// A store that begins empty needs a consent, and a link, too.
func TestConsentOfAnEmptyStore(t *testing.T) {
	store := &memory{}
	c, api, auth := consentSetup(t, store, []answer{ok(`{}`)}, []answer{pair(1, time.Now())})
	for range 2 {
		err := getOrder(t.Context(), c)
		if link, linkErr := ConsentLink(t.Context(), err); !NeedsAuthorisation(err) || linkErr != nil || link == "" {
			t.Errorf("%v, link %q, %v", err, link, linkErr)
		}
	}
	if err := SaveToken(t.Context(), store, stored(1, time.Now())); err != nil {
		t.Fatal(err)
	}
	if err := getOrder(t.Context(), c); err != nil || len(api.requests()) != 1 || len(auth.requests()) != 0 {
		t.Errorf("%v after %d calls and %d refreshes", err, len(api.requests()), len(auth.requests()))
	}
}

// One refresh, one repeat, then the pair counts as refused: for a while, because
// TikTok did not say that it is for good.
func TestFreshTokenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{token: stored(1, time.Now())}
		expired := refused(401, 105002, "expired")
		c, api, auth := consentSetup(t, store, []answer{expired, expired, ok(`{}`)}, []answer{pair(2, time.Now().Add(24*time.Hour))})
		for i := range 3 {
			err := getOrder(t.Context(), c)
			if link, linkErr := ConsentLink(t.Context(), err); !NeedsAuthorisation(err) || linkErr != nil || link == "" {
				t.Fatalf("call %d: %v, %v", i+1, err, linkErr)
			}
		}
		if len(api.requests()) != 2 || len(auth.requests()) != 1 {
			t.Errorf("%d calls, %d refreshes", len(api.requests()), len(auth.requests()))
		}
		time.Sleep(refusedPause)
		if err := getOrder(t.Context(), c); err != nil {
			t.Error(err)
		}
	})
}

// Errors of single calls that only a consent mends carry the link too; others
// carry none.
func TestConsentLinkOfCalls(t *testing.T) {
	for code, want := range map[int]bool{105005: true, 101000: true, 36009004: false, 21011044: false} {
		c, _, _ := consentSetup(t, &memory{token: stored(1, time.Now())}, []answer{refused(200, code, "x")}, nil)
		err := getOrder(t.Context(), c)
		if link, linkErr := ConsentLink(t.Context(), err); (link != "") != want || (linkErr == nil) != want || NeedsAuthorisation(err) != want {
			t.Errorf("code %d: link %q, %v", code, link, linkErr)
		}
	}
	// Without a function for it the error says what to do.
	c, _ := setup(t, []answer{refused(200, 105005, "x")})
	if _, err := ConsentLink(t.Context(), getOrder(t.Context(), c)); err == nil || !strings.Contains(err.Error(), "WithConsentLink") {
		t.Errorf("got %v", err)
	}
	if _, err := ConsentLink(t.Context(), nil); err == nil {
		t.Error("no error has a link")
	}
}

func TestTokenOptions(t *testing.T) {
	c, _ := setup(t, []answer{ok(`{}`)})
	for name, opt := range map[string]TokenOption{
		"nil": nil, "link": WithConsentLink(nil), "warning": WithExpiryWarning(0, nil),
		"lead": WithExpiryWarning(-1, func(context.Context, time.Duration) {}),
	} {
		if _, err := RefreshingTokens(c, &MemoryTokens{}, opt); err == nil || !strings.HasPrefix(err.Error(), "tiktokshop: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExpiryWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := stored(1, time.Now().Add(365*24*time.Hour)) // one that needs no refresh
		token.RefreshExpires = time.Now().Add(33 * 24 * time.Hour)
		var mu sync.Mutex
		var left []time.Duration
		c, _, _ := consentSetup(t, &memory{token: token}, []answer{ok(`{}`)}, nil, WithExpiryWarning(0, func(_ context.Context, d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			left = append(left, d)
		}))
		for range 40 * 4 { // four times a day, two at once
			var calls sync.WaitGroup
			for range 2 {
				calls.Go(func() { _ = getOrder(t.Context(), c) })
			}
			calls.Wait()
			time.Sleep(6 * time.Hour)
		}
		if len(left) != 30 || left[0] != 30*24*time.Hour || left[29] != 24*time.Hour {
			t.Errorf("%d warnings: %v", len(left), left)
		}
	})
}

// One authorisation covers several shops: one refresh serves all.
func TestOneTokenForSeveralShops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{token: stored(1, time.Now().Add(-8*24*time.Hour))}
		c, api, auth := consentSetup(t, store, []answer{ok(`{}`)}, []answer{pair(2, time.Now())})
		var calls sync.WaitGroup
		for i := range 5 {
			shop, err := c.ForShop(Shop{ID: fmt.Sprint("shop", i), Cipher: fmt.Sprint("cipher", i)})
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				calls.Go(func() {
					if err := getOrder(t.Context(), shop); err != nil {
						t.Error(err)
					}
				})
			}
		}
		calls.Wait()
		ciphers := map[string]int{}
		for _, r := range api.requests() {
			ciphers[r.query.Get("shop_cipher")]++
			if got := r.header.Get("X-Tts-Access-Token"); got != "access-2-0123456789" {
				t.Errorf("a call went out with %s", got)
			}
		}
		want := map[string]int{"cipher0": 4, "cipher1": 4, "cipher2": 4, "cipher3": 4, "cipher4": 4}
		if diff := cmp.Diff(want, ciphers); diff != "" || len(auth.requests()) != 1 {
			t.Errorf("%d refreshes, calls by shop %s", len(auth.requests()), diff)
		}
	})
}

// A store that hangs holds the refresh up, and nobody for longer than a minute.
func TestRefreshEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := consentSetup(t, hangingStore{}, []answer{ok(`{}`)}, nil)
		start := time.Now()
		err := c.Call(t.Context(), http.MethodGet, "/x", nil, nil, nil)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > renewTimeout {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		time.Sleep(renewTimeout) // the bubble ends only once all its goroutines have
	})
}

type hangingStore struct{}

func (hangingStore) LoadToken(ctx context.Context) (Token, error) {
	<-ctx.Done()
	return Token{}, ctx.Err()
}
func (hangingStore) UpdateToken(context.Context, func(Token) (Token, error)) error { return nil }

func TestScopes(t *testing.T) {
	full := Token{Scopes: append(BridgeScopes(), "seller.other")}
	if missing := full.MissingScopes(); missing != nil || full.CheckScopes() != nil {
		t.Errorf("missing: %v", missing)
	}
	custom := Token{Scopes: []string{ScopeExternalRefCustom}}
	if missing := custom.MissingScopes(ScopeExternalRefWrite, ScopeFinance, ScopeFinance); len(missing) != 1 || missing[0] != ScopeFinance {
		t.Errorf("missing: %v", missing)
	}
	if diff := cmp.Diff(BridgeScopes(), Token{}.MissingScopes()); diff != "" {
		t.Error(diff)
	}
	err := Token{Scopes: BridgeScopes()[1:]}.CheckScopes()
	if !NeedsAuthorisation(err) || !strings.Contains(err.Error(), ScopeAuthorization) || strings.Contains(err.Error(), ScopeFinance) {
		t.Errorf("got %v", err)
	}
}
