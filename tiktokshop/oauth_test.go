package tiktokshop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	testCode   = "MARKED-code-0123456789"
	tokenReply = `{"access_token":"` + testAccess + `","access_token_expire_in":4903858076,"refresh_token":"` + testRefresh + `","refresh_token_expire_in":4903858076,"open_id":"o-1","seller_name":"shop","user_type":0}`
)

func redirected(ctx context.Context, query string) *http.Request {
	return httptest.NewRequestWithContext(ctx, http.MethodGet, "/callback?"+query, nil)
}

// begin gives a link for any browser to account and returns its state.
func begin(t *testing.T, h *OAuthHandler, account string) string {
	t.Helper()
	link, err := h.LinkForAnyBrowser(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return stateOf(t, link)
}

func stateOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("service_id") != testApp.ServiceID || len(u.Query().Get("state")) < 20 {
		t.Fatalf("%s: %v", link, err)
	}
	return u.Query().Get("state")
}

// browser is a browser at the app, which serves h and, at /connect, Begin.
type browser struct {
	t      *testing.T
	client *http.Client
	app    string
}

// browsers returns n browsers at an app whose user says the header User.
func browsers(t *testing.T, h *OAuthHandler, n int) []browser {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/callback", h)
	mux.HandleFunc("/connect", func(w http.ResponseWriter, r *http.Request) { h.Begin(w, r, r.Header.Get("User")) })
	app := httptest.NewTLSServer(mux)
	t.Cleanup(app.Close)
	all := make([]browser, n)
	for i := range all {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := *app.Client()
		client.Jar = jar
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		all[i] = browser{t, &client, app.URL}
	}
	return all
}

func (b browser) get(user, path string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.app+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("User", user)
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

// connect begins as user and returns the state.
func (b browser) connect(user string) string {
	b.t.Helper()
	resp := b.get(user, "/connect")
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Cache-Control") != "no-store" {
		b.t.Fatalf("Begin answers %d, %v", resp.StatusCode, resp.Header)
	}
	return stateOf(b.t, resp.Header.Get("Location"))
}

// A consent ends in the browser in which it began, or not at all.
func TestOAuthBrowsers(t *testing.T) {
	t.Parallel()
	const code = "/callback?code=" + testCode + "&state="
	user := WithOAuthLogin(func(r *http.Request) string { return r.Header.Get("User") })
	for _, tt := range []struct {
		name string
		opts []OAuthOption
		do   func(seller, attacker browser, h *OAuthHandler) *http.Response
		want int
	}{
		{"the browser that began", nil, func(seller, _ browser, _ *OAuthHandler) *http.Response {
			return seller.get("seller", code+seller.connect("seller"))
		}, 200},
		{"with two windows", nil, func(seller, _ browser, _ *OAuthHandler) *http.Response {
			first := seller.connect("seller")
			seller.connect("seller")
			return seller.get("seller", code+first)
		}, 200},
		{"another browser", nil, func(seller, attacker browser, _ *OAuthHandler) *http.Response {
			return seller.get("seller", code+attacker.connect("attacker"))
		}, 403},
		{"another browser that has begun too", nil, func(seller, attacker browser, _ *OAuthHandler) *http.Response {
			seller.connect("seller")
			return seller.get("seller", code+attacker.connect("attacker"))
		}, 403},
		{"another browser without a state", []OAuthOption{WithAppStoreInstalls()}, func(seller, attacker browser, _ *OAuthHandler) *http.Response {
			return seller.get("seller", code+attacker.connect("attacker"))
		}, 403},
		{"a cookie of another's making", nil, func(seller, attacker browser, _ *OAuthHandler) *http.Response {
			state := attacker.connect("attacker")
			at, _ := url.Parse(seller.app)
			seller.client.Jar.SetCookies(at, []*http.Cookie{{Name: cookieName(state), Value: state, Secure: true, Path: "/"}})
			return seller.get("seller", code+state)
		}, 403},
		{"used in another browser first", nil, func(seller, attacker browser, _ *OAuthHandler) *http.Response {
			state := seller.connect("seller")
			attacker.get("attacker", code+state)
			return seller.get("seller", code+state)
		}, 400},
		{"a link", nil, func(seller, _ browser, h *OAuthHandler) *http.Response {
			return seller.get("seller", code+begin(t, h, "seller"))
		}, 200},
		{"a link with a login", []OAuthOption{user}, func(seller, _ browser, h *OAuthHandler) *http.Response {
			return seller.get("seller", code+begin(t, h, "seller"))
		}, 200},
		{"somebody else's link with a login", []OAuthOption{user}, func(seller, _ browser, h *OAuthHandler) *http.Response {
			return seller.get("seller", code+begin(t, h, "attacker"))
		}, 403},
		{"another user of the browser", []OAuthOption{user}, func(seller, _ browser, _ *OAuthHandler) *http.Response {
			return seller.get("other", code+seller.connect("seller"))
		}, 403},
		{"nobody is logged in", []OAuthOption{user}, func(seller, _ browser, _ *OAuthHandler) *http.Response {
			return seller.get("", code+seller.connect("seller"))
		}, 403},
	} {
		c, s := setup(t, []answer{ok(tokenReply)})
		var grants []Grant
		h, err := NewOAuthHandler(c, func(_ context.Context, g Grant) error { grants = append(grants, g); return nil }, tt.opts...)
		if err != nil {
			t.Fatal(err)
		}
		two := browsers(t, h, 2)
		resp := tt.do(two[0], two[1], h)
		exchanges := 0
		if tt.want == 200 {
			exchanges = 1
		}
		if resp.StatusCode != tt.want || len(s.requests()) != exchanges || len(grants) != exchanges {
			t.Errorf("%s: status %d, %d exchanges and %d grants, want %d, %d and %[4]d", tt.name, resp.StatusCode, len(s.requests()), len(grants), tt.want, exchanges)
		}
		for _, g := range grants {
			if g.Account != "seller" || g.AnyBrowser != strings.Contains(tt.name, "link") {
				t.Errorf("%s: account %q, any browser %t", tt.name, g.Account, g.AnyBrowser)
			}
		}
	}
}

func TestOAuthBegin(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil)
	h, err := NewOAuthHandler(c, func(context.Context, Grant) error { return nil }, WithStates(&MemoryStates{Max: 1}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		method string
		status int
	}{{http.MethodPut, 405}, {http.MethodHead, 405}, {http.MethodPost, 303}, {http.MethodGet, 500}} { // one state at a time
		w := httptest.NewRecorder()
		h.Begin(w, httptest.NewRequestWithContext(t.Context(), want.method, "/connect", nil), "seller")
		cookies := w.Result().Cookies()
		if w.Code != want.status || (len(cookies) == 1) != (want.status == 303) {
			t.Errorf("%s: status %d, %d cookies, want %d", want.method, w.Code, len(cookies), want.status)
		}
		for _, cookie := range cookies {
			state := stateOf(t, w.Header().Get("Location"))
			if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" ||
				cookie.MaxAge != 3600 || !strings.HasPrefix(cookie.Name, "__Host-") || len(cookie.Value) < 20 || strings.Contains(cookie.String(), state) {
				t.Errorf("cookie %s", cookie)
			}
		}
	}
}

// Panics of the program's code are answered, and logged if that is possible.
func TestOAuthPanics(t *testing.T) {
	t.Parallel()
	p := panicky{secret: testCode}
	for name, tt := range map[string]struct {
		accept func()
		opt    OAuthOption
		want   int
	}{
		"function":    {p.panic, nil, 500},
		"states":      {func() {}, WithStates(panickyStates{p}), 500},
		"login":       {func() {}, WithOAuthLogin(func(*http.Request) string { p.panic(); return "" }), 500},
		"log handler": {func() {}, WithOAuthLogger(slog.New(p)), 200},
	} {
		var logs bytes.Buffer
		opts := []OAuthOption{WithOAuthLogger(slog.New(slog.NewTextHandler(&logs, nil)))}
		if tt.opt != nil {
			opts = append(opts, tt.opt)
		}
		c, _ := setup(t, []answer{ok(tokenReply)})
		h, err := NewOAuthHandler(c, func(context.Context, Grant) error { tt.accept(); return nil }, opts...)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		state := "a state"
		if name == "states" {
			h.Begin(w, redirected(t.Context(), ""), "seller")
			if w.Code != 500 {
				t.Errorf("%s: Begin answers %d", name, w.Code)
			}
			if _, err := h.LinkForAnyBrowser(t.Context(), "seller"); err == nil {
				t.Errorf("%s: no error", name)
			}
			w = httptest.NewRecorder()
		} else {
			state = begin(t, h, "seller")
		}
		h.ServeHTTP(w, redirected(t.Context(), url.Values{"code": {testCode}, "state": {state}}.Encode()))
		if w.Code != tt.want {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, tt.want)
		}
		if text := logs.String(); strings.Contains(text, "MARKED") || strings.Contains(text, "panicky.panic (panic_test.go") != (tt.want == 500) {
			t.Errorf("%s: logged %s", name, text)
		}
	}
}

type panickyStates struct{ panicky }

func (p panickyStates) IssueState(context.Context, PendingConsent) (string, error) {
	panicky{}.panic()
	return "", nil
}

func (p panickyStates) TakeState(context.Context, string) (PendingConsent, bool, error) {
	p.panic()
	return PendingConsent{}, false, nil
}

func TestOAuthHandler(t *testing.T) {
	t.Parallel()
	c, s := setup(t, []answer{ok(tokenReply)})
	var grants []Grant
	h, err := NewOAuthHandler(c, func(ctx context.Context, g Grant) error {
		if ctx.Err() != nil {
			t.Error("the browser took the context along")
		}
		grants = append(grants, g)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	first, second := begin(t, h, "tenant-1"), begin(t, h, "tenant-2")
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, tt := range []struct {
		name, query string
		want        int
		exchanges   int
	}{
		{"no state", "code=" + testCode, 400, 0},
		{"empty", "", 400, 0},
		{"unknown state", "code=" + testCode + "&state=AAAA", 400, 0},
		{"huge state", "code=" + testCode + "&state=" + strings.Repeat("A", 5000), 400, 0},
		{"two states", "code=" + testCode + "&state=" + first + "&state=" + first, 400, 0},
		{"first", "code=" + testCode + "&state=" + first, 200, 1},
		{"first again", "code=" + testCode + "&state=" + first, 400, 1},
		{"second", "state=" + second + "&code=" + testCode, 200, 2},
		{"refused", "code=null&error=auth_denied&state=" + begin(t, h, "3"), 403, 2},
		{"refused, older", "error=access_denied&code=null&state=" + begin(t, h, "3"), 403, 2},
		{"null code", "code=null&state=" + begin(t, h, "3"), 403, 2},
		{"error and code", "code=" + testCode + "&error=auth_denied&state=" + begin(t, h, "3"), 403, 2},
		{"no code", "state=" + begin(t, h, "3"), 400, 2},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, redirected(gone, tt.query))
		if w.Code != tt.want || len(s.requests()) != tt.exchanges {
			t.Errorf("%s: %d, want %d, %d exchanges", tt.name, w.Code, tt.want, len(s.requests()))
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" ||
			!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || strings.ContainsAny(w.Body.String(), "<>") {
			t.Errorf("%s: %v", tt.name, w.Header())
		}
	}
	if len(grants) != 2 || grants[0].Account != "tenant-1" || grants[1].Account != "tenant-2" ||
		grants[0].Token.AccessToken.Reveal() != testAccess || grants[0].FromAppStore {
		t.Errorf("%+v", grants)
	}
	for _, method := range []string{http.MethodHead, http.MethodPost} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/callback?code=x&state="+begin(t, h, "4"), nil)
		if code := status(h, r); code != 405 || len(s.requests()) != 2 {
			t.Errorf("%s: %d", method, code)
		}
	}
}

func TestOAuthAppStore(t *testing.T) {
	t.Parallel()
	c, s := setup(t, []answer{ok(tokenReply)})
	var got Grant
	h, err := NewOAuthHandler(c, func(_ context.Context, g Grant) error { got = g; return nil },
		WithAppStoreInstalls(), WithOAuthRedirect("/done", "https://app.example.com/sorry?lang=en"))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"code=" + testCode:                     "/done",
		"code=" + testCode + "&state=AAAA":     "https://app.example.com/sorry?lang=en&reason=state",
		"code=null&error=auth_denied":          "https://app.example.com/sorry?lang=en&reason=refused",
		"":                                     "https://app.example.com/sorry?lang=en&reason=incomplete",
		"code=a&code=b":                        "https://app.example.com/sorry?lang=en&reason=incomplete",
		"code=%zz&state=" + "%00&error=%0d%0a": "https://app.example.com/sorry?lang=en&reason=state",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, redirected(t.Context(), query))
		if w.Code != 303 || w.Header().Get("Location") != want || w.Body.Len() != 0 {
			t.Errorf("%s: %d %s %q", query, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	if !got.FromAppStore || got.Account != "" || got.Token.OpenID != "o-1" || len(s.requests()) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestNewOAuthHandlerRefuses(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil)
	accept := func(context.Context, Grant) error { return nil }
	for name, opt := range map[string]OAuthOption{
		"nil": nil, "states": WithStates(nil), "login": WithOAuthLogin(nil), "pages": WithOAuthRedirect("", "/x"), "page": WithOAuthRedirect("/x", ""),
		"scheme": WithOAuthRedirect("javascript://x/%0aalert(1)", "/x"), "url": WithOAuthRedirect("/%zz", "/x"),
	} {
		if h, err := NewOAuthHandler(c, accept, opt); err == nil || h != nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := NewOAuthHandler(nil, accept); err == nil {
		t.Error("no client was accepted")
	}
	if _, err := NewOAuthHandler(c, nil); err == nil {
		t.Error("no function was accepted")
	}
}

// brokenStates cannot be asked.
type brokenStates struct{ MemoryStates }

func (*brokenStates) TakeState(_ context.Context, state string) (PendingConsent, bool, error) {
	return PendingConsent{}, false, errors.New("cannot look up " + state)
}

// TestOAuthLeaks drives every failure with marked secrets.
func TestOAuthLeaks(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, tt := range []struct {
		name   string
		reply  answer
		accept func(Grant) error
		states StateStore
		want   int
	}{
		{"kept", ok(tokenReply), func(Grant) error { return nil }, nil, 200},
		{"not kept", ok(tokenReply), func(g Grant) error { return fmt.Errorf("insert %s: away", g.Token.RefreshToken.Reveal()) }, nil, 500},
		{"panic", ok(tokenReply), func(g Grant) error { panic(g.Token.AccessToken.Reveal()) }, nil, 500},
		{"grant", ok(tokenReply), func(g Grant) error { return fmt.Errorf("%+v %#v", g, g) }, nil, 500},
		{"used code", refused(200, 36004004, "bad code "+testCode), nil, nil, 400},
		{"away", answer{err: errors.New("dial " + testCode + testSecret)}, nil, nil, 502},
		{"no tokens", ok(`{"refresh_token":"` + testRefresh + `"}`), nil, nil, 502},
		{"html", answer{status: 502, body: "<html>" + testCode}, nil, nil, 502},
		{"store", answer{}, nil, new(brokenStates), 500},
	} {
		c, _ := setup(t, []answer{tt.reply}, WithLogger(logger))
		opts := []OAuthOption{WithOAuthLogger(logger)}
		if tt.states != nil {
			opts = append(opts, WithStates(tt.states))
		}
		h, err := NewOAuthHandler(c, func(_ context.Context, g Grant) error { return tt.accept(g) }, opts...)
		if err != nil {
			t.Fatal(err)
		}
		state := begin(t, h, "tenant-1")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, redirected(t.Context(), "code="+testCode+"&state="+state))
		if w.Code != tt.want {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		fmt.Fprintf(&out, "%s %v %v %+v %#v", w.Body, w.Header(), h, h.states, h.states)
		if text := out.String(); strings.Contains(text, "MARKED") || strings.Contains(text, state) {
			t.Fatalf("%s leaked: %s", tt.name, text)
		}
	}
}

func TestMemoryStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		m := &MemoryStates{Max: 3}
		take := func(state string, want string, wantOK bool) {
			t.Helper()
			if consent, ok, err := m.TakeState(ctx, state); consent.Account != want || ok != wantOK || err != nil {
				t.Errorf("%q, %v, %v", consent.Account, ok, err)
			}
		}
		var states []string
		for i := range 3 {
			state, err := m.IssueState(ctx, PendingConsent{Account: fmt.Sprint(i)})
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, state)
		}
		if _, err := m.IssueState(ctx, PendingConsent{Account: "4"}); err == nil {
			t.Error("more than Max were issued")
		}
		take(states[0], "0", true)
		take(states[0], "", false)
		take("", "", false)
		take(states[1]+"x", "", false)
		time.Sleep(time.Hour - 1)
		take(states[1], "1", true)
		time.Sleep(time.Nanosecond)
		take(states[2], "", false)
		for range 20 { // expired ones make room
			if _, err := m.IssueState(ctx, PendingConsent{Account: "n"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Minute)
		}
	})
	// Many redirects with one state: one wins.
	m := new(MemoryStates)
	state, _ := m.IssueState(t.Context(), PendingConsent{Account: "a"})
	var wins atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, ok, _ := m.TakeState(t.Context(), state); ok {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d wins", wins.Load())
	}
}

// takes counts what a store of states is asked for.
type takes struct {
	MemoryStates
	n int
}

func (s *takes) TakeState(ctx context.Context, state string) (PendingConsent, bool, error) {
	s.n++
	return s.MemoryStates.TakeState(ctx, state)
}

// A store of states is not bothered with what is too long for one, and a cookie is
// deleted with its consent.
func TestOAuthStateAndCookieEnd(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, []answer{ok(tokenReply)})
	states := new(takes)
	h, err := NewOAuthHandler(c, func(context.Context, Grant) error { return nil }, WithStates(states))
	if err != nil {
		t.Fatal(err)
	}
	for length, want := range map[int]int{1024: 1, 1025: 0} {
		states.n = 0
		w := httptest.NewRecorder()
		h.ServeHTTP(w, redirected(t.Context(), "state="+strings.Repeat("s", length)+"&code=c"))
		if states.n != want || w.Code != http.StatusBadRequest {
			t.Errorf("a state of %d bytes: the store was asked %d times, status %d; want %d, 400", length, states.n, w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	h.Begin(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/connect", nil), "seller")
	given := w.Result().Cookies()[0]
	r := redirected(t.Context(), "state="+url.QueryEscape(stateOf(t, w.Header().Get("Location")))+"&code="+testCode)
	r.AddCookie(given)
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if w.Code >= 400 || len(cookies) != 1 || cookies[0].Name != given.Name || cookies[0].Value != "" || cookies[0].MaxAge >= 0 {
		t.Errorf("status %d, cookies %v; want the cookie deleted", w.Code, cookies)
	}
}
