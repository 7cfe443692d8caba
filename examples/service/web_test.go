package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

const aToken = "correct horse battery staple"

// Who does not know the token learns nothing on the private address, and changes nothing.
func TestLogin(t *testing.T) {
	t.Parallel()
	inside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusAccepted, map[string]string{"inside": r.URL.Path})
	})
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	password := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("ann", token) }
	}
	for name, c := range map[string]struct {
		token, path string
		with        func(*http.Request)
		status      int
		inside      bool
	}{
		"no token is set":           {"", "/cases", bearer(""), http.StatusAccepted, true},
		"bearer":                    {aToken, "/cases", bearer(aToken), http.StatusAccepted, true},
		"password":                  {aToken, "/cases", password(aToken), http.StatusAccepted, true},
		"nothing":                   {aToken, "/cases", func(*http.Request) {}, http.StatusUnauthorized, false},
		"an empty one":              {aToken, "/cases", bearer(""), http.StatusUnauthorized, false},
		"an empty password":         {aToken, "/cases", password(""), http.StatusUnauthorized, false},
		"the beginning":             {aToken, "/cases", bearer(aToken[:20]), http.StatusUnauthorized, false},
		"more than it":              {aToken, "/cases", bearer(aToken + "s"), http.StatusUnauthorized, false},
		"another password":          {aToken, "/permits", password("wrong"), http.StatusUnauthorized, false},
		"as another scheme":         {aToken, "/metrics", func(r *http.Request) { r.Header.Set("Authorization", aToken) }, http.StatusUnauthorized, false},
		"as user":                   {aToken, "/metrics", func(r *http.Request) { r.SetBasicAuth(aToken, "") }, http.StatusUnauthorized, false},
		"alive, the status alone":   {aToken, "/livez", func(*http.Request) {}, http.StatusAccepted, false},
		"ready, the status alone":   {aToken, "/readyz", func(*http.Request) {}, http.StatusAccepted, false},
		"ready, with the token":     {aToken, "/readyz", bearer(aToken), http.StatusAccepted, true},
		"a path that looks like it": {aToken, "/readyz/../cases", func(*http.Request) {}, http.StatusUnauthorized, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{config: config{token: tiktokshop.NewSecret(c.token)}}
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, nil)
			c.with(request)
			got := httptest.NewRecorder()
			s.login(inside).ServeHTTP(got, request)
			if got.Code != c.status || strings.Contains(got.Body.String(), "inside") != c.inside {
				t.Errorf("got %d %s, want %d and what is inside: %t", got.Code, got.Body, c.status, c.inside)
			}
			if (got.Code == http.StatusUnauthorized) != (got.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("%d with the header WWW-Authenticate: %q", got.Code, got.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

// What a page of another site sends with the password that a browser remembers is refused.
func TestOtherSiteDecidesNothing(t *testing.T) {
	t.Parallel()
	s := &service{config: config{token: tiktokshop.NewSecret(aToken)}}
	s.metrics = newMetrics(s)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/cases", strings.NewReader(`{"key":"a","verb":"resolved","by":"Eve"}`))
	request.SetBasicAuth("ann", aToken)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	got := httptest.NewRecorder()
	s.private(http.NotFoundHandler()).ServeHTTP(got, request)
	if got.Code != http.StatusForbidden {
		t.Errorf("got %d %s, want %d", got.Code, got.Body, http.StatusForbidden)
	}
}

// What other machines reach wants a token, and one that cannot be guessed.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ listen, token, want string }{
		"by default":         {"", "", ""},
		"this machine":       {"127.0.0.1:8081", "", ""},
		"this machine, IPv6": {"[::1]:8081", "", ""},
		"by name":            {"localhost:8081", "", ""},
		"everywhere":         {":8081", "", "set PRIVATE_TOKEN"},
		"all of IPv4":        {"0.0.0.0:8081", "", "set PRIVATE_TOKEN"},
		"all of IPv6":        {"[::]:8081", "", "set PRIVATE_TOKEN"},
		"inside":             {"10.0.0.7:8081", "", "set PRIVATE_TOKEN"},
		"another name":       {"bridge.internal:8081", "", "set PRIVATE_TOKEN"},
		"no port":            {"10.0.0.7", "", "set PRIVATE_TOKEN"},
		"with a token":       {"0.0.0.0:8081", aToken, ""},
		"with a short one":   {"0.0.0.0:8081", "hunter2", "can be guessed"},
		"short, at home":     {"127.0.0.1:8081", "hunter2", "can be guessed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"PRIVATE_LISTEN": c.listen, "PRIVATE_TOKEN": c.token}
			err := run(t.Context(), []string{"-config", "no such file"}, func(name string) string { return env[name] }, nil, io.Discard, io.Discard)
			if err == nil {
				t.Fatal("it runs without a settings file")
			}
			if text := err.Error(); strings.Contains(text, "PRIVATE_") != (c.want != "") || !strings.Contains(text, c.want) || c.token != "" && strings.Contains(text, c.token) {
				t.Errorf("got error %v, want one with %q that does not have the token", err, c.want)
			}
		})
	}
}
