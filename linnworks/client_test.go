package linnworks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMalformedCredentials(t *testing.T) {
	set := map[string]func(*Credentials, string){
		"application id":     func(c *Credentials, v string) { c.ApplicationID = v },
		"application secret": func(c *Credentials, v string) { c.ApplicationSecret = NewSecret(v) },
		"installation token": func(c *Credentials, v string) { c.Token = NewSecret(v) },
	}
	for field, assign := range set {
		for value, want := range map[string]string{
			"":                             "is empty: ",
			"Bearer " + testInstallation:   "starts with Bearer",
			"bearer x":                     "starts with Bearer",
			testInstallation + "\n":        "has white space around it",
			"{" + testInstallation + "}":   "is not a GUID",
			testInstallation[:35]:          "is not a GUID",
			"HIDDEN":                       "is not a GUID",
			strings.Repeat("0", 33):        "is not a GUID",
			"5ec2e700-dead-4bad-8bad-zzzz": "is not a GUID",
		} {
			creds := testCredentials()
			assign(&creds, value)
			c, err := NewClient(creds)
			if err == nil || c != nil || !strings.HasPrefix(err.Error(), "linnworks: "+field+" "+want) {
				t.Errorf("%s %q: err = %v", field, value, err)
			} else if value != "" && strings.Contains(err.Error(), strings.TrimSpace(value)) {
				t.Errorf("%s: the error shows the value: %v", field, err)
			}
		}
		creds := testCredentials()
		assign(&creds, strings.ToUpper(strings.ReplaceAll(testInstallation, "-", "")))
		if _, err := NewClient(creds); err != nil {
			t.Errorf("%s without dashes: %v", field, err)
		}
	}
}

func TestMalformedOptions(t *testing.T) {
	for name, opt := range map[string]Option{
		"nil option":        nil,
		"WithLimiter":       WithLimiter(nil),
		"WithHTTPClient":    WithHTTPClient(nil),
		"WithObserver":      WithObserver(nil),
		"WithMiddleware":    WithMiddleware(nil, nil),
		"WithAuthURL":       WithAuthURL("api.linnworks.net"),
		"WithServerURL":     WithServerURL("https://eu.linnworks.net/?a"),
		"WithV2URL":         WithV2URL(""),
		"WithMaxAttempts":   WithMaxAttempts(0),
		"WithTimeout":       WithTimeout(-1),
		"WithMaxRetryAfter": WithMaxRetryAfter(0),
		"WithUserAgent":     WithUserAgent("a\nb"),
	} {
		if _, err := NewClient(testCredentials(), opt); err == nil || !strings.HasPrefix(err.Error(), "linnworks: "+name) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	s := &server{}
	err := newTestClient(t, s).call(t.Context(), readOp, nil, nil, nil, []CallOption{nil})
	if err == nil || !strings.HasPrefix(err.Error(), "linnworks: Things.Read: nil option") {
		t.Errorf("nil call option: err = %v", err)
	}
}

// keys records the keys it is asked for.
type keys []LimitKey

func (k *keys) Wait(_ context.Context, key LimitKey) error { *k = append(*k, key); return nil }

func TestOptionsReachTheCall(t *testing.T) {
	s := &server{}
	var limits keys
	var events []Event
	c := newTestClient(t, s, WithLimiter(&limits), WithUserAgent("mine/1"), WithObserver(func(_ context.Context, e Event) {
		e.Wait, e.Duration = 0, 0
		events = append(events, e)
	}), WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
		r.Header.Set("X-Mine", r.Header.Get("Authorization"))
		return next(r)
	}))
	if err := do(t.Context(), c, readOp); err != nil {
		t.Fatal(err)
	}
	if h := s.last(t).header; h.Get("User-Agent") != "mine/1" || h.Get("X-Mine") != testToken(1) {
		t.Errorf("header %v", h)
	}
	wantKeys := keys{{testApplicationID, "Auth.AuthorizeByApplication", 150}, {testApplicationID, "Things.Read", 150}}
	if d := cmp.Diff(wantKeys, limits); d != "" {
		t.Error(d)
	}
	wantEvents := []Event{
		{CallInfo: CallInfo{"Auth.AuthorizeByApplication", testApplicationID, 1}, Status: 200, Bytes: len(session(1, "https://eu-ext.linnworks.net"))},
		{CallInfo: CallInfo{"Things.Read", testApplicationID, 1}, Status: 200, Bytes: 4},
	}
	if d := cmp.Diff(wantEvents, events); d != "" {
		t.Error(d)
	}
}

// failing is a limiter that is itself out of order.
type failing struct{ err error }

func (f failing) Wait(context.Context, LimitKey) error { return f.err }

func TestLimiterFails(t *testing.T) {
	s := &server{}
	cause := errors.New("shared limits are unreachable")
	err := do(t.Context(), newTestClient(t, s, WithLimiter(failing{cause})), readOp)
	if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassUnknown || !errors.Is(err, cause) || e.Attempts != 0 {
		t.Errorf("err = %v", err)
	}
}
