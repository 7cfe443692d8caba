package tiktokshop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair is a token reply: the n-th pair, good for a week.
func pair(n int, now time.Time) answer {
	return ok(fmt.Sprintf(`{"access_token":"access-%d-0123456789","access_token_expire_in":%d,"refresh_token":"refresh-%d-0123456789",
		"refresh_token_expire_in":4903858076,"open_id":"o-1","seller_name":"Shop","seller_base_region":"GB","user_type":0,
		"granted_scopes":["seller.order.info"]}`, n, now.Add(7*24*time.Hour).Unix(), n))
}

// stored is the token that pair n makes.
func stored(n int, now time.Time) Token {
	return Token{
		AccessToken: NewSecret(fmt.Sprintf("access-%d-0123456789", n)), AccessExpires: now.Add(7 * 24 * time.Hour).Truncate(time.Second).UTC(),
		RefreshToken: NewSecret(fmt.Sprintf("refresh-%d-0123456789", n)), RefreshExpires: time.Unix(4903858076, 0).UTC(),
		OpenID: "o-1", SellerName: "Shop", SellerRegion: "GB", Scopes: []string{"seller.order.info"},
	}
}

// memory is a store that can fail and counts.
type memory struct {
	lock         sync.Mutex // held through an update
	mu           sync.Mutex
	token        Token
	loads, saves int
	loadErr      error
	saveErr      error
}

func (m *memory) LoadToken(context.Context) (Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	return m.token, m.loadErr
}

func (m *memory) UpdateToken(_ context.Context, update func(Token) (Token, error)) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.mu.Lock()
	current := m.token
	m.mu.Unlock()
	t, err := update(current)
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	if m.saveErr == nil {
		m.token = t
	}
	return m.saveErr
}

func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// refreshingSetup returns a client whose tokens come from store, the source
// itself, and the server of the token calls.
func refreshingSetup(t *testing.T, store TokenStore, api, auth []answer) (c *Client, source RefusedTokenSource, apiServer, authServer *server) {
	t.Helper()
	authClient, authServer := setup(t, auth)
	source, err := RefreshingTokens(authClient, store)
	if err != nil {
		t.Fatal(err)
	}
	c, apiServer = setup(t, api, WithTokens(source))
	return c, source, apiServer, authServer
}

func getOrder(ctx context.Context, c *Client) error {
	_, err := c.Order.GetOrderDetail(ctx, oneOrder)
	return err
}

func TestTokenCalls(t *testing.T) {
	now := time.Now()
	c, s := setup(t, []answer{pair(1, now)})
	got, err := c.ExchangeCode(t.Context(), "the code")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stored(1, now), got, secrets); diff != "" {
		t.Error(diff)
	}
	if _, err = c.RefreshToken(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	sent := s.requests()
	want := []url.Values{
		{"app_key": {testKey}, "app_secret": {testSecret}, "auth_code": {"the code"}, "grant_type": {"authorized_code"}},
		{"app_key": {testKey}, "app_secret": {testSecret}, "refresh_token": {"refresh-1-0123456789"}, "grant_type": {"refresh_token"}},
	}
	for i, path := range []string{"/api/v2/token/get", "/api/v2/token/refresh"} {
		if sent[i].method != "GET" || sent[i].host != "auth.tiktok-shops.com" || sent[i].path != path || len(sent[i].body) != 0 {
			t.Errorf("request %d: %s %s%s", i, sent[i].method, sent[i].host, sent[i].path)
		}
		if diff := cmp.Diff(want[i], sent[i].query); diff != "" {
			t.Error(diff)
		}
		if sent[i].header.Get("X-Tts-Access-Token") != "" {
			t.Error("a token call carries an access token")
		}
	}
}

// secrets lets cmp look at the values and not at what they print.
var secrets = cmp.Transformer("Reveal", Secret.Reveal)

// A field of another type than documented must not cost the pair, nor may one
// that is left out.
func TestTokenReplies(t *testing.T) {
	old := stored(1, time.Now())
	for data, want := range map[string]func(*Token){
		`{"access_token":"a","refresh_token":"r"}`: func(t *Token) { t.AccessExpires = time.Time{} },
		`{"access_token":"a","refresh_token":"r","access_token_expire_in":604800}`: func(t *Token) {
			t.AccessExpires = time.Time{} // a duration: 1970 as a moment
		},
		`{"access_token":"a","refresh_token":"r","open_id":5,"user_type":"4","granted_scopes":{},"access_token_expire_in":"4903858076"}`: func(t *Token) {
			t.AccessExpires = time.Unix(4903858076, 0).UTC()
		},
	} {
		want2 := old
		want2.AccessToken, want2.RefreshToken = NewSecret("a"), NewSecret("r")
		want(&want2)
		c, _ := setup(t, []answer{ok(data)})
		got, err := c.RefreshToken(t.Context(), old)
		if err != nil {
			t.Errorf("%s: %v", data, err)
		}
		if diff := cmp.Diff(want2, got, secrets); diff != "" {
			t.Errorf("%s: %s", data, diff)
		}
	}
	// Success is code 0 whatever the status.
	c, _ := setup(t, []answer{{status: 500, body: ok(`{"access_token":"a","refresh_token":"r"}`).body}})
	if got, err := c.RefreshToken(t.Context(), old); err != nil || got.AccessToken.Reveal() != "a" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, data := range []string{
		`null`, `{}`, `[]`, `"x"`, `{"access_token":""}`, `{"access_token":7,"refresh_token":"MARKED-x"}`,
		`{"access_token":"MARKED-a"}`, `{"access_token":"MARKED-a","refresh_token":null}`, `{"access_token":"MARKED-a","refresh_token":""}`, `{"access_token":"MARKED-a","refresh_token":7}`,
	} {
		for name, call := range map[string]func(*Client) (Token, error){
			"refresh":  func(c *Client) (Token, error) { return c.RefreshToken(t.Context(), old) },
			"exchange": func(c *Client) (Token, error) { return c.ExchangeCode(t.Context(), "the code") },
		} {
			c, _ := setup(t, []answer{ok(data)})
			got, err := call(c)
			e, _ := errors.AsType[*Error](err)
			if !is(err, ClassDecode) || !e.OutcomeUnknown || e.Body != nil || e.RequestID != "req-1" || strings.Contains(err.Error(), "MARKED") || !got.AccessToken.IsZero() {
				t.Errorf("%s, %s: got %v, %v; want no token and an error of class decode and unknown outcome", name, data, got, err)
			}
		}
	}
}

// A reply that lacks a token leaves the pair that the store holds, and the access
// token that still lasts is used.
func TestRefreshWithoutPair(t *testing.T) {
	for _, data := range []string{`{}`, `{"access_token":"a"}`, `{"refresh_token":"r"}`} {
		synctest.Test(t, func(t *testing.T) {
			old := stored(1, time.Now())
			old.AccessExpires = time.Now().Add(RefreshAhead / 2)
			store := &memory{token: old}
			c, _, _, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{ok(data)})
			if err := getOrder(t.Context(), c); err != nil || len(auth.requests()) != 1 {
				t.Errorf("%s: got %v after %d refreshes, want a call with the old token after one", data, err, len(auth.requests()))
			}
			if diff := cmp.Diff(old, store.token, secrets); diff != "" {
				t.Errorf("%s: the store (-want +got):\n%s", data, diff)
			}
		})
	}
}

func TestRefusedConsent(t *testing.T) {
	for _, code := range []string{"", "null", " "} {
		c, s := setup(t, []answer{ok(`{}`)})
		if _, err := c.ExchangeCode(t.Context(), code); !NeedsAuthorisation(err) || len(s.requests()) != 0 {
			t.Errorf("code %q: %v after %d requests", code, err, len(s.requests()))
		}
	}
	for _, a := range []answer{
		refused(200, 36004004, "invalid auth code"), refused(200, 36004001, "expired"), refused(401, 105002, "x"),
		refused(200, 36009004, "auth_code is invalid"), refused(200, 36009004, "Invalid `refresh_token`"),
	} {
		c, s := setup(t, []answer{a})
		_, err := c.ExchangeCode(t.Context(), "used code")
		if !NeedsAuthorisation(err) || len(s.requests()) != 1 || !strings.Contains(err.Error(), "the seller authorises the app again") {
			t.Errorf("%s: %v after %d requests", a.body, err, len(s.requests()))
		}
		if _, err := c.RefreshToken(t.Context(), stored(1, time.Now())); !NeedsAuthorisation(err) {
			t.Errorf("%s: %v", a.body, err)
		}
	}
	// A proxy's page refuses nobody's consent.
	page, _ := setup(t, []answer{{status: 401, body: "<html>"}})
	if _, err := page.RefreshToken(t.Context(), stored(1, time.Now())); err == nil || NeedsAuthorisation(err) {
		t.Errorf("a page in a 401: %v, want an error that asks nobody for consent", err)
	}
	c, s := setup(t, []answer{ok(`{}`)})
	if _, err := c.RefreshToken(t.Context(), Token{}); !NeedsAuthorisation(err) || len(s.requests()) != 0 {
		t.Errorf("no refresh token: %v", err)
	}
	// A code works once: the call is not repeated, whatever becomes of it.
	c, s = setup(t, []answer{{status: 503}})
	if _, err := c.ExchangeCode(t.Context(), "code"); !IsTemporary(err) || len(s.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
}

func TestAuthorizationURL(t *testing.T) {
	c, _ := setup(t, []answer{ok(`{}`)}, WithConsentURL(ConsentURLUS))
	got, err := c.AuthorizationURL("a b&c")
	if want := "https://services.us.tiktokshop.com/open/authorize?service_id=7001&state=a+b%26c"; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := c.AuthorizationURL(""); err == nil {
		t.Error("an empty state was accepted")
	}
	app := testApp
	app.ServiceID = ""
	if c, err = NewClient(app); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AuthorizationURL("s"); err == nil {
		t.Error("an empty service id was accepted")
	}
}

func TestOneRefreshForAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		store := &memory{token: stored(1, now)}
		release := make(chan struct{})
		slow := pair(2, now.Add(6*24*time.Hour+time.Hour))
		slow.wait = release
		c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{slow})
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6*24*time.Hour + time.Hour) // less than a day of the old one is left
		var calls sync.WaitGroup
		for range 1000 {
			calls.Go(func() {
				if err := getOrder(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if len(auth.requests()) != 1 || len(api.requests()) != 1 {
			t.Errorf("%d refreshes, %d calls sent while the refresh runs", len(auth.requests()), len(api.requests()))
		}
		close(release)
		calls.Wait()
		if len(auth.requests()) != 1 || store.saves != 1 {
			t.Errorf("%d refreshes and %d saves for 1000 callers", len(auth.requests()), store.saves)
		}
		for _, r := range api.requests()[1:] {
			if got := r.header.Get("X-Tts-Access-Token"); got != "access-2-0123456789" {
				t.Errorf("a call went out with %s", got)
			}
		}
	})
}

// savesFirst checks that nothing is sent with a token that is not stored.
func TestSavedBeforeUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := stored(1, time.Now().Add(-8*24*time.Hour))
		store := &memory{token: old, saveErr: errors.New("disk full of refresh-2-0123456789")}
		c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{pair(2, time.Now()), pair(3, time.Now())})
		err := getOrder(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), "disk full") || strings.Contains(err.Error(), "refresh-2") || len(api.requests()) != 0 {
			t.Fatalf("%v after %d calls", err, len(api.requests()))
		}
		if !is(err, ClassStore) || OwnerOf(err) != OwnerOperations || !IsTemporary(err) {
			t.Errorf("a failed save is a matter of the store: %v", err)
		}
		// The pair is kept: the old one may be void, so it is saved again and
		// not refreshed again.
		store.set(func(m *memory) { m.saveErr = nil })
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if len(auth.requests()) != 1 || store.token.RefreshToken.Reveal() != "refresh-2-0123456789" {
			t.Errorf("%d refreshes, stored %s", len(auth.requests()), store.token.RefreshToken.Reveal())
		}
		if got := api.requests()[0].header.Get("X-Tts-Access-Token"); got != "access-2-0123456789" {
			t.Errorf("the call went out with %s", got)
		}
	})
}

// A refresh ahead of time that fails for a passing reason costs no call.
func TestRefreshFailsAheadOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{token: stored(1, time.Now().Add(-6*24*time.Hour-time.Hour))}
		c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{{status: 503}, {status: 503}, {status: 503}, {status: 503}, {status: 503}, pair(2, time.Now())})
		for range 3 {
			if err := getOrder(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if len(auth.requests()) != 5 || len(api.requests()) != 3 {
			t.Errorf("%d attempts to refresh, %d calls", len(auth.requests()), len(api.requests()))
		}
		time.Sleep(renewPause)
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got := api.requests()[3].header.Get("X-Tts-Access-Token"); got != "access-2-0123456789" {
			t.Errorf("after the pause the call went out with %s", got)
		}
	})
}

func TestRefusedRefresh(t *testing.T) {
	for _, expired := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			age := 6*24*time.Hour + time.Hour
			if expired {
				age = 8 * 24 * time.Hour
			}
			store := &memory{token: stored(1, time.Now().Add(-age))}
			c, _, api, _ := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{refused(200, 36004001, "refresh token expired")})
			err := getOrder(t.Context(), c)
			if !NeedsAuthorisation(err) || len(api.requests()) != 0 || !strings.Contains(err.Error(), "the seller authorises the app again") {
				t.Errorf("expired %t: %v", expired, err)
			}
			if n := strings.Count(err.Error(), "authorises"); n != 1 {
				t.Errorf("the remedy stands %d times in %q", n, err)
			}
		})
	}
}

func TestEmptyStore(t *testing.T) {
	c, _, api, auth := refreshingSetup(t, &MemoryTokens{}, []answer{ok(`{}`)}, []answer{pair(1, time.Now())})
	if err := getOrder(t.Context(), c); !NeedsAuthorisation(err) || len(api.requests())+len(auth.requests()) != 0 {
		t.Errorf("got %v", err)
	}
	store := &memory{loadErr: errors.New("no database")}
	c, _, _, _ = refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{pair(1, time.Now())})
	if err := getOrder(t.Context(), c); !is(err, ClassStore) || !errors.Is(err, store.loadErr) {
		t.Errorf("got %v", err)
	}
}

// Another process may have refreshed: the store knows before TikTok is asked.
func TestStoreIsReadBeforeRefreshing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{token: stored(1, time.Now())}
		c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{pair(3, time.Now())})
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6*24*time.Hour + time.Hour)
		store.set(func(m *memory) { m.token = stored(2, time.Now()) })
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got := api.requests()[1].header.Get("X-Tts-Access-Token"); got != "access-2-0123456789" || len(auth.requests()) != 0 {
			t.Errorf("the call went out with %s after %d refreshes", got, len(auth.requests()))
		}
	})
}

// Sources on one store, as several processes have it.
func TestSharedStore(t *testing.T) {
	week := 7 * 24 * time.Hour
	for _, tt := range []struct {
		name      string
		age       time.Duration // of the stored pair
		refreshes int
		want      string
	}{
		{"a good pair is used by all without an update", time.Hour, 0, "access-1-0123456789"},
		{"one of them refreshes ahead of the end", week - time.Hour, 1, "access-2-0123456789"},
		{"one of them refreshes after the end", week + time.Hour, 1, "access-2-0123456789"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := make(chan struct{})
				time.AfterFunc(20*time.Second, func() { close(slow) })
				second := pair(2, time.Now())
				second.wait = slow
				authClient, auth := setup(t, []answer{second, refused(200, 36004001, "refresh token was used")})
				var store MemoryTokens
				if err := SaveToken(t.Context(), &store, stored(1, time.Now().Add(-tt.age))); err != nil {
					t.Fatal(err)
				}
				c, api := setup(t, []answer{ok(`{}`)})
				var calls sync.WaitGroup
				for range 5 {
					source, err := RefreshingTokens(authClient, &store)
					if err != nil {
						t.Fatal(err)
					}
					for range 3 {
						calls.Go(func() {
							if err := getOrder(t.Context(), c.ForTokens(source)); err != nil {
								t.Error(err)
							}
						})
					}
				}
				calls.Wait()
				if n := len(auth.requests()); n != tt.refreshes {
					t.Errorf("%d refreshes, want %d", n, tt.refreshes)
				}
				for _, r := range api.requests() {
					if got := r.header.Get("X-Tts-Access-Token"); got != tt.want {
						t.Errorf("a call went out with %s, want %s", got, tt.want)
					}
				}
				<-slow
			})
		})
	}
}

// A pair that could not be saved is dropped once the store holds another than
// the one that bought it: that of a new consent, or itself.
func TestUnsavedPairIsSuperseded(t *testing.T) {
	for name, newer := range map[string]int{"by a new consent": 7, "by itself: it was saved after all": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &memory{token: stored(1, time.Now().Add(-8*24*time.Hour)), saveErr: errors.New("commit: connection lost")}
				c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{pair(2, time.Now())})
				if err := getOrder(t.Context(), c); !is(err, ClassStore) {
					t.Fatalf("got %v", err)
				}
				store.set(func(m *memory) { m.token, m.saveErr, m.saves = stored(newer, time.Now()), nil, 0 })
				if err := getOrder(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				want := fmt.Sprintf("access-%d-0123456789", newer)
				if got := api.requests()[0].header.Get("X-Tts-Access-Token"); got != want || len(auth.requests()) != 1 || store.saves != 0 {
					t.Errorf("the call went out with %s after %d refreshes and %d saves, want %s, 1 and 0", got, len(auth.requests()), store.saves, want)
				}
			})
		})
	}
}

// oddStore is a memory whose updates are those of a faulty store.
type oddStore struct {
	memory

	update func(m *memory, update func(Token) (Token, error)) error
}

func (s *oddStore) UpdateToken(_ context.Context, update func(Token) (Token, error)) error {
	return s.update(&s.memory, update)
}

// Whatever a store does, a fresh pair is neither lost nor bought twice, and all
// who wait get an error that blames the store.
func TestFaultyStores(t *testing.T) {
	type update = func(Token) (Token, error)
	for _, tt := range []struct {
		name      string
		update    func(m *memory, update update) error
		class     Class
		refreshes int
		text      string
	}{
		{"does not call the function", func(*memory, update) error { return nil }, ClassStore, 0, "did not call"},
		{"has no lock", func(*memory, update) error { return errors.New("no lock") }, ClassStore, 0, "no lock"},
		{"gives the lock too late", func(m *memory, f update) error {
			time.Sleep(renewTimeout/2 + time.Second)
			_, err := f(m.token)
			return err
		}, ClassStore, 0, "not answer in time"},
		{"calls it twice", func(m *memory, f update) error {
			_, err1 := f(m.token)
			_, err2 := f(m.token)
			return errors.Join(err1, err2)
		}, ClassStore, 1, "called before"},
		{"does not save", func(m *memory, f update) error {
			t, _ := f(m.token)
			return fmt.Errorf("insert %s: away", t.RefreshToken.Reveal())
		}, ClassStore, 1, "insert [redacted]"},
		{"panics before", func(*memory, update) error { panic("before") }, ClassPanic, 0, "before"},
		{"panics after", func(m *memory, f update) error {
			t, _ := f(m.token)
			panic("after " + t.RefreshToken.Reveal())
		}, ClassPanic, 1, "after [redacted]"},
		{"ends the goroutine", func(m *memory, f update) error {
			_, _ = f(m.token)
			runtime.Goexit()
			return nil
		}, ClassToken, 1, "goroutine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := func(m *memory, f update) error { return m.UpdateToken(t.Context(), f) }
				store := &oddStore{memory: memory{token: stored(1, time.Now().Add(-8*24*time.Hour))}, update: tt.update}
				c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{pair(2, time.Now()), refused(200, 36004001, "was used")})
				var calls sync.WaitGroup
				for range 3 {
					calls.Go(func() {
						err := getOrder(t.Context(), c)
						if !is(err, tt.class) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "refresh-2") || strings.Contains(err.Error(), "\n") {
							t.Errorf("got %v, want class %s and %q", err, tt.class, tt.text)
						}
					})
				}
				calls.Wait()
				time.Sleep(renewTimeout)
				if n := len(auth.requests()); n != tt.refreshes || len(api.requests()) != 0 {
					t.Errorf("%d refreshes, want %d; %d calls", n, tt.refreshes, len(api.requests()))
				}
				synctest.Wait() // for what a late store still does
				store.update = good
				if err := getOrder(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				if n := len(auth.requests()); n != 1 || store.token.RefreshToken.Reveal() != "refresh-2-0123456789" {
					t.Errorf("%d refreshes in all, stored %s", n, store.token.RefreshToken.Reveal())
				}
			})
		})
	}
}

func TestRefusedToken(t *testing.T) {
	expired := refused(401, 105002, "access token expired")
	ship := func(ctx context.Context, c *Client) error {
		_, err := c.Fulfillment.MarkPackageAsShipped(ctx, "1", nil)
		return err
	}
	for _, tt := range []struct {
		name      string
		api, auth []answer
		want      Class // empty for a success
		calls     int
	}{
		{"one refresh, one repeat, even of a shipment", []answer{expired, ok(`{"package_id":"1"}`)}, []answer{pair(2, time.Now())}, "", 2},
		{"told in the message", []answer{refused(200, 36009004, "Invalid `x-tts-access-token`"), ok(`{"package_id":"1"}`)}, []answer{pair(2, time.Now())}, "", 2},
		{"the fresh one is refused too", []answer{expired}, []answer{pair(2, time.Now())}, ClassAuthorisation, 2},
		{"the refresh is refused", []answer{expired}, []answer{refused(200, 36004001, "gone")}, ClassAuthorisation, 1},
		{"the refresh fails for now", []answer{expired}, []answer{refused(200, 36009003, "sorry")}, ClassSystem, 1},
		{"another fault after the repeat", []answer{expired, refused(200, 21011044, "hold")}, []answer{pair(2, time.Now())}, ClassOnHold, 2},
		{"a fault that says so may have shipped", []answer{refused(500, 105002, "access token expired"), ok(`{"package_id":"1"}`)}, []answer{pair(2, time.Now())}, ClassToken, 1},
		{"a fault that says so after the repeat", []answer{expired, refused(500, 105002, "access token expired")}, []answer{pair(2, time.Now())}, ClassToken, 2},
		{"token, cipher and user do not fit", []answer{refused(200, 101000, "x")}, []answer{pair(2, time.Now())}, ClassAuthorisation, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				for i, a := range tt.auth {
					if strings.Contains(a.body, "access_token_expire_in") {
						tt.auth[i] = pair(2, now)
					}
				}
				store := &memory{token: stored(1, now)}
				c, _, api, auth := refreshingSetup(t, store, tt.api, tt.auth)
				err := ship(t.Context(), c)
				if class, _ := classOf(err); class != tt.want || len(api.requests()) != tt.calls {
					t.Fatalf("%d calls: %v", len(api.requests()), err)
				}
				if e, failed := errors.AsType[*Error](err); failed && e.Attempts != tt.calls {
					t.Errorf("the error says %d attempts", e.Attempts)
				}
				if strings.HasPrefix(tt.name, "the refresh") {
					if e, _ := errors.AsType[*Error](err); e.Code != 105002 || e.RequestID != "req-1" {
						t.Errorf("the refused reply is lost: %v", err)
					}
					return
				}
				if n := len(auth.requests()); n > 1 {
					t.Errorf("%d refreshes", n)
				}
			})
		})
	}
	t.Run("a source that cannot", func(t *testing.T) {
		c, s := setup(t, []answer{expired})
		if err := getOrder(t.Context(), c); !is(err, ClassToken) || len(s.requests()) != 1 {
			t.Errorf("%v after %d calls", err, len(s.requests()))
		}
	})
	t.Run("many at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			authClient, auth := setup(t, []answer{pair(2, now)})
			source, err := RefreshingTokens(authClient, &memory{token: stored(1, now)})
			if err != nil {
				t.Fatal(err)
			}
			c, good := setup(t, []answer{ok(`{}`)}, WithTokens(source))
			bad := &server{t: t, script: []answer{expired}}
			c.core.transport.HTTP.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.Header.Get("X-Tts-Access-Token") == "access-1-0123456789" {
					return bad.RoundTrip(req)
				}
				return good.RoundTrip(req)
			})
			var calls sync.WaitGroup
			for range 20 {
				calls.Go(func() {
					if err := getOrder(t.Context(), c); err != nil {
						t.Error(err)
					}
				})
			}
			calls.Wait()
			if n := len(auth.requests()); n != 1 {
				t.Errorf("%d refreshes for one refused token", n)
			}
		})
	})
}

// Who gives up waiting does not stop the refresh: TikTok may have replaced the
// old pair already.
// A refresh that hands out the very token that was refused is not asked for again
// and again: the caller has what there is.
func TestRefreshOfTheSameToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		same := pair(1, now)
		_, source, _, auth := refreshingSetup(t, &memory{token: stored(1, now)}, []answer{ok(`{}`)}, []answer{same, same, same, refused(200, 36004001, "x")})
		if err := source.Refused(t.Context(), stored(1, now)); err != nil || len(auth.requests()) != 1 {
			t.Errorf("%v after %d refreshes, want one", err, len(auth.requests()))
		}
	})
}

func TestRefreshOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		release := make(chan struct{})
		slow := pair(2, now)
		slow.wait = release
		store := &memory{token: stored(1, now.Add(-8*24*time.Hour))}
		c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{slow})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := getOrder(ctx, c); !is(err, ClassCancelled) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(release)
		synctest.Wait()
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if len(auth.requests()) != 1 || len(api.requests()) != 1 || store.token.RefreshToken.Reveal() != "refresh-2-0123456789" {
			t.Errorf("%d refreshes, %d calls, stored %s", len(auth.requests()), len(api.requests()), store.token.RefreshToken.Reveal())
		}
	})
}

func TestTokenRefusesJSON(t *testing.T) {
	if out, err := json.Marshal(stored(1, time.Now())); err == nil || !strings.Contains(err.Error(), "Reveal") {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestForTokens(t *testing.T) {
	c, s := setup(t, []answer{ok(`{}`)})
	other := c.ForTokens(StaticToken(NewSecret("other-token-0123456789")))
	if other.Shop() != (Shop{}) || c.Shop() != testShop {
		t.Errorf("shops: %v, %v", other.Shop(), c.Shop())
	}
	if err := getOrder(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if r := s.requests()[0]; r.query.Has("shop_cipher") || r.header.Get("X-Tts-Access-Token") != "other-token-0123456789" {
		t.Errorf("sent %v", r.query)
	}
}

func TestNewClientInput(t *testing.T) {
	for name, app := range map[string]App{
		"no key": {Secret: NewSecret("s")}, "blank key": {Key: " ", Secret: NewSecret("s")}, "no secret": {Key: "k"},
		"newline": {Key: "k", Secret: NewSecret("MARKED\n")}, "inner space": {Key: "k", Secret: NewSecret("MARKED secret")}, "nbsp": {Key: "k\u00a0", Secret: NewSecret("s")},
	} {
		if _, err := NewClient(app); err == nil || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, opt := range map[string]Option{
		"nil": nil, "tokens": WithTokens(nil), "limiter": WithLimiter(nil), "client": WithHTTPClient(nil),
		"observer": WithObserver(nil), "middleware": WithMiddleware(nil), "attempts": WithMaxAttempts(0),
		"timeout": WithTimeout(0), "retry after": WithMaxRetryAfter(-1), "agent": WithUserAgent("a\r\nb"),
		"base with query": WithBaseURL("https://x.example/?a=b"), "base with user": WithBaseURL("https://u:MARKED@x.example"),
		"relative base": WithBaseURL("/x"), "other scheme": WithAuthURL("ftp://x.example"), "consent": WithConsentURL("nope"),
		"plain base": WithBaseURL("http://open-api.tiktokglobalshop.com"), "plain auth": WithAuthURL("http://auth.tiktok-shops.com"),
		"plain consent": WithConsentURL("http://services.tiktokshop.com/open/authorize"),
	} {
		if _, err := NewClient(testApp, opt); err == nil || !strings.HasPrefix(err.Error(), "tiktokshop: ") || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := NewClient(testApp, WithLogger(nil), WithBaseURL("http://localhost"), WithAuthURL("http://proxy.test"), WithInsecureHTTP())
	if err != nil {
		t.Fatal(err)
	}
	for _, shop := range []Shop{{}, {ID: "1"}, {Cipher: "c"}, {ID: " ", Cipher: "c"}, {ID: "1", Cipher: " "}} {
		if _, err := c.ForShop(shop); err == nil {
			t.Errorf("shop %v was accepted", shop)
		}
	}
	if _, err := RefreshingTokens(nil, &MemoryTokens{}); err == nil {
		t.Error("a nil client was accepted")
	}
	if _, err := RefreshingTokens(c, nil); err == nil {
		t.Error("a nil store was accepted")
	}
	if err := getOrder(t.Context(), c); !is(err, ClassToken) {
		t.Errorf("without tokens: %v", err)
	}
}

// A refused pair is refused as a whole: one that has a token in common with it is
// another pair, and may be used.
func TestPairsThatShareAToken(t *testing.T) {
	for name, change := range map[string]func(*Token){
		"the same refresh token": func(t *Token) { t.AccessToken = NewSecret("access-9-0123456789") },
		"the same access token":  func(t *Token) { t.RefreshToken = NewSecret("refresh-9-0123456789") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				old := stored(1, time.Now().Add(-8*24*time.Hour))
				store := &memory{token: old}
				c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{"orders":[{"id":"1"}]}`)}, []answer{refused(200, 36004001, "refresh token expired")})
				for range 2 { // the second is answered from memory
					if err := getOrder(t.Context(), c); !NeedsAuthorisation(err) || len(auth.requests()) != 1 {
						t.Fatalf("got %v after %d refreshes", err, len(auth.requests()))
					}
				}
				fresh := stored(1, time.Now())
				change(&fresh)
				if err := SaveToken(t.Context(), store, fresh); err != nil {
					t.Fatal(err)
				}
				if err := getOrder(t.Context(), c); err != nil || len(api.requests()) != 1 {
					t.Errorf("with another pair in the store: %v after %d calls", err, len(api.requests()))
				}
			})
		})
	}
}

// Who waits for a renewal that somebody else began, and gets the very token that was
// refused, has another one made.
func TestWaiterIsNotGivenTheRefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		good := stored(1, time.Now())
		store := &slowStore{memory: memory{token: good}, until: slow}
		_, source, _, auth := refreshingSetup(t, store, []answer{ok(`{}`)}, []answer{pair(2, time.Now())})
		var first, second error
		var calls sync.WaitGroup
		calls.Go(func() { _, first = source.Token(t.Context()) })
		synctest.Wait() // it reads the store
		calls.Go(func() { second = source.Refused(t.Context(), good) })
		synctest.Wait()
		close(slow)
		calls.Wait()
		got, err := source.Token(t.Context())
		if first != nil || second != nil || err != nil || got.AccessToken.Reveal() != "access-2-0123456789" || len(auth.requests()) != 1 {
			t.Errorf("%v, %v, %v: the token is %s after %d refreshes, want that of one", first, second, err, got.AccessToken.Reveal(), len(auth.requests()))
		}
	})
}

// slowStore reads when it may.
type slowStore struct {
	memory
	until <-chan struct{}
}

func (s *slowStore) LoadToken(ctx context.Context) (Token, error) {
	<-s.until
	return s.memory.LoadToken(ctx)
}

// A pair that was saved is kept nowhere else: a store that is set back to the pair
// before, from a backup, has a new one bought.
func TestSavedPairIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := stored(1, time.Now().Add(-8*24*time.Hour))
		store := &memory{token: old}
		c, _, api, auth := refreshingSetup(t, store, []answer{ok(`{"orders":[{"id":"1"}]}`)}, []answer{pair(2, time.Now()), pair(3, time.Now().Add(9*24*time.Hour))})
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * 24 * time.Hour)
		store.set(func(m *memory) { m.token = old })
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got := api.requests()[1].header.Get("X-Tts-Access-Token"); got != "access-3-0123456789" || len(auth.requests()) != 2 {
			t.Errorf("the call went out with %s after %d refreshes", got, len(auth.requests()))
		}
	})
}
