package linnworks

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// unlimited admits everything.
type unlimited struct{}

func (unlimited) Wait(context.Context, LimitKey) error { return nil }

var (
	readOp   = operation{name: "Things.Read", method: "POST", path: "/api/Things/Read", replay: replayRead, limit: 150}
	createOp = operation{name: "Things.Create", method: "POST", path: "/api/Things/Create", limit: 150}
)

func do(ctx context.Context, c *Client, op operation) error {
	return c.call(ctx, op, nil, nil, nil, nil)
}

func TestLogin(t *testing.T) {
	s := &server{}
	c := newTestClient(t, s)
	for range 3 {
		if err := do(t.Context(), c, readOp); err != nil {
			t.Fatal(err)
		}
	}
	logins, calls := s.count()
	if logins != 1 || calls != 3 {
		t.Fatalf("%d logins and %d calls, want 1 and 3", logins, calls)
	}
	login := s.logins[0]
	if got, want := login.method+" "+login.url, "POST https://api.linnworks.net/api/Auth/AuthorizeByApplication"; got != want {
		t.Errorf("login went to %s, want %s", got, want)
	}
	want := `{"ApplicationId":"` + testApplicationID + `","ApplicationSecret":"` + testSecret + `","Token":"` + testInstallation + `"}`
	if d := cmp.Diff(want, login.body); d != "" || login.contentType != "application/json" {
		t.Errorf("login sent %s: %s", login.contentType, d)
	}
	if login.header.Get("Authorization") != "" {
		t.Error("the login carries a session token")
	}
	call := s.last(t)
	if got := call.header.Get("Authorization"); got != testToken(1) {
		t.Errorf("Authorization = %q, want the token alone", got)
	}
	if call.url != "https://eu-ext.linnworks.net/api/Things/Read" || call.host != "eu-ext.linnworks.net" {
		t.Errorf("call went to %s, host %s", call.url, call.host)
	}
	if call.header.Get("Content-Type") != "" || call.body != "" || call.header.Get("User-Agent") != "linnbridge-linnworks" {
		t.Errorf("call sent %v, body %q", call.header, call.body)
	}
}

func TestServerURL(t *testing.T) {
	loopback, proxy := WithAuthURL("http://127.0.0.1:8080"), WithAuthURL("https://proxy.test")
	for _, c := range []struct {
		server string
		opts   []Option
		want   string // empty for a refusal
	}{
		{"https://eu-ext.linnworks.net", nil, "https://eu-ext.linnworks.net"},
		{"https://eu-ext.linnworks.net/", nil, "https://eu-ext.linnworks.net"},
		{" eu1.linnworks.net ", nil, "https://eu1.linnworks.net"},
		{"eu1.linnworks.net/", nil, "https://eu1.linnworks.net"},
		{"http://eu1.linnworks.net", nil, "https://eu1.linnworks.net"},
		{"https://EU1.Linnworks.net:443/x", nil, "https://EU1.Linnworks.net:443/x"},
		{"https://linnworks.net", nil, "https://linnworks.net"},
		{"https://evil.example", nil, ""},
		{"https://169.254.169.254", nil, ""},
		{"http://127.0.0.1", nil, ""},
		{"https://[::1]", nil, ""},
		{"https://eu-ext.linnworks.net.evil.example", nil, ""},
		{"https://evil-linnworks.net", nil, ""},
		{"https://eu-ext.linnworks.net.", nil, ""},
		{"https://eu-ext.linnworks.net:8443", nil, ""},
		{"https://eu-ext.linnworks.net@evil.example", nil, ""},
		{"https://user:HIDDEN@eu-ext.linnworks.net", nil, ""},
		{"https://evil.example/.linnworks.net", nil, ""},
		{"https://evil.example?.linnworks.net", nil, ""},
		{"https://evil.example%2f.linnworks.net", nil, ""},
		{"https://e\u0301u.linnworks.net", nil, ""},
		{"", nil, ""},
		{"/", nil, ""},
		{"ftp://eu1.linnworks.net", nil, ""},
		{"https://%zz", nil, ""},
		// Who chooses the host of the login trusts what it says.
		{"http://127.0.0.1:8080", []Option{loopback}, "http://127.0.0.1:8080"},
		{"https://proxy.test/linnworks//?x=1#y", []Option{proxy}, "https://proxy.test/linnworks"},
		{"http://proxy.test", []Option{proxy}, "https://proxy.test"},
		{"http://proxy.test", []Option{loopback}, ""},
		{"http://proxy.test", []Option{loopback, WithInsecureHTTP()}, "http://proxy.test"},
	} {
		s := &server{login: func(int, request) (*http.Response, error) {
			return respond(200, session(1, c.server)), nil
		}}
		client := newTestClient(t, s, c.opts...)
		err := do(t.Context(), client, readOp)
		_, calls := s.count()
		if c.want == "" {
			if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassDecode || calls != 0 || strings.Contains(err.Error(), testToken(1)) || strings.Contains(err.Error(), "HIDDEN") {
				t.Errorf("%s: %d calls, err = %v", c.server, calls, err)
			}
		} else if err != nil || s.last(t).url != c.want+"/api/Things/Read" {
			t.Errorf("%s: %v; want a call to %s", c.server, err, c.want)
		}
	}
}

func TestPlainHTTPIsRefused(t *testing.T) {
	for name, opt := range map[string]func(string) Option{"WithAuthURL": WithAuthURL, "WithServerURL": WithServerURL, "WithV2URL": WithV2URL} {
		_, err := NewClient(testCredentials(), opt("http://proxy.test"))
		if err == nil || !strings.HasPrefix(err.Error(), "linnworks: "+name+": ") {
			t.Errorf("%s: err = %v", name, err)
		}
		for _, opts := range [][]Option{{opt("http://localhost:80")}, {opt("http://proxy.test"), WithInsecureHTTP()}, {WithInsecureHTTP(), opt("http://proxy.test")}} {
			if _, err := NewClient(testCredentials(), opts...); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestRegion(t *testing.T) {
	for _, c := range []struct{ locality, host, want string }{
		{"EU", "us-ext.linnworks.net", "eu"},
		{"us", "", "us"},
		{"AS", "", "as"},
		{"1", "us-ext.linnworks.net", "us"},
		{"", "as3.linnworks.net", "as"},
		{"", "us.linnworks.net", "us"},
		{"", "assets.linnworks.net", "eu"},
		{"", "127.0.0.1", "eu"},
	} {
		if got := region(c.locality, c.host); got != c.want {
			t.Errorf("region(%q, %q) = %s, want %s", c.locality, c.host, got, c.want)
		}
	}
}

func TestHosts(t *testing.T) {
	get := func(host hostKind) operation {
		return operation{name: "Things.Get", method: "GET", path: "/things/{id}", host: host, replay: replayRead}
	}
	us := func(int, request) (*http.Response, error) {
		return respond(200, `{"Token":"`+testToken(1)+`","Locality":1,"Server":"us-ext.linnworks.net"}`), nil
	}
	for name, c := range map[string]struct {
		host hostKind
		opts []Option
		want string
	}{
		"session's":    {hostServer, nil, "https://us-ext.linnworks.net/things/1%2F2"},
		"given server": {hostServer, []Option{WithServerURL("https://proxy.test/x/")}, "https://proxy.test/x/things/1%2F2"},
		"v2":           {hostV2, nil, "https://us-api.linnworks.net/v2/things/1%2F2"},
		"new":          {hostNew, nil, "https://us-api.linnworks.net/v1/things/1%2F2"},
		"escaped":      {hostServer, []Option{WithServerURL("https://proxy.test/a%2Fb/c%2F/")}, "https://proxy.test/a%2Fb/c%2F/things/1%2F2"},
		"escaped v2":   {hostV2, []Option{WithV2URL("https://proxy.test/a%2Fb")}, "https://proxy.test/a%2Fb/v2/things/1%2F2"},
		"given v2":     {hostV2, []Option{WithV2URL("https://apim.test/gateway")}, "https://apim.test/gateway/v2/things/1%2F2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{login: us}
			if err := newTestClient(t, s, c.opts...).call(t.Context(), get(c.host), []string{"1/2"}, nil, nil, nil); err != nil {
				t.Fatal(err)
			}
			if got := s.last(t).url; got != c.want {
				t.Errorf("sent to %s, want %s", got, c.want)
			}
		})
	}
	for base, want := range map[string]string{"https://login.test/": "https://login.test", "https://login.test/a%2Fb": "https://login.test/a%2Fb"} {
		s := &server{login: us}
		s.answer = func(request) (*http.Response, error) { return respond(200, "null"), nil }
		c := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/api/Auth/AuthorizeByApplication") && r.URL.Host == "login.test" {
				if got := r.URL.String(); got != want+"/api/Auth/AuthorizeByApplication" {
					t.Errorf("login went to %s", got)
				}
				return respond(200, session(1, "https://eu-ext.linnworks.net/x%2Fy")), nil
			}
			return s.RoundTrip(r)
		}), WithAuthURL(base))
		if err := do(t.Context(), c, readOp); err != nil {
			t.Fatal(err)
		}
		if got := s.last(t).url; got != "https://eu-ext.linnworks.net/x%2Fy/api/Things/Read" {
			t.Errorf("the call went to %s", got)
		}
	}
}

func TestOneLoginForManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{login: func(n int, _ request) (*http.Response, error) {
			time.Sleep(time.Second)
			return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
		}}
		c := newTestClient(t, s)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if err := do(t.Context(), c, createOp); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if logins, calls := s.count(); logins != 1 || calls != 50 {
			t.Errorf("%d logins and %d calls, want 1 and 50", logins, calls)
		}
	})
}

// A session dies under many callers: one login, and every call again once,
// those that are not safe to repeat too.
func TestDeadSessionUnderManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(r request) (*http.Response, error) {
			time.Sleep(time.Second)
			if r.header.Get("Authorization") == testToken(1) {
				return respond(401, `{"Message":"Authorization has been denied for this request."}`), nil
			}
			return respond(200, `null`), nil
		}}
		c := newTestClient(t, s)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				time.Sleep(time.Duration(i%5) * 400 * time.Millisecond)
				var r Response
				if err := c.call(t.Context(), createOp, nil, nil, nil, []CallOption{WithResponse(&r)}); err != nil || r.Status != 200 {
					t.Errorf("status %d, err %v", r.Status, err)
				}
			})
		}
		wg.Wait()
		if logins, _ := s.count(); logins != 2 {
			t.Errorf("%d logins, want 2", logins)
		}
		perToken := map[string]int{}
		for _, r := range s.calls {
			perToken[r.header.Get("Authorization")]++
		}
		if perToken[testToken(2)] != 50 || perToken[testToken(1)] > 50 {
			t.Errorf("calls by session: %v; want each to succeed once", perToken)
		}
	})
}

func TestSessionRefusedTwice(t *testing.T) {
	for _, body := range []string{`{"Code":"401","Message":"Unauthorized"}`, ``} {
		s := &server{answer: status(401, body)}
		err := do(t.Context(), newTestClient(t, s), readOp)
		logins, calls := s.count()
		if !IsSession(err) || IsTemporary(err) || logins != 2 || calls != 2 {
			t.Errorf("err %v after %d logins and %d calls", err, logins, calls)
		}
		if !strings.Contains(err.Error(), "check the application id, secret and installation token") {
			t.Errorf("err = %v, want the remedy", err)
		}
		if e, _ := errors.AsType[*Error](err); e.Attempts != 2 || e.Operation != "Things.Read" || e.HTTPStatus != 401 {
			t.Errorf("error %#v", *e)
		}
	}
}

func TestTokenIsWrong(t *testing.T) {
	s := &server{answer: func(r request) (*http.Response, error) {
		if r.header.Get("Authorization") == testToken(1) {
			return respond(400, `{"Code":"-","Message":"Token is wrong: `+testToken(1)+`"}`), nil
		}
		return respond(200, "null"), nil
	}}
	if err := do(t.Context(), newTestClient(t, s), createOp); err != nil {
		t.Error(err)
	}
	if logins, calls := s.count(); logins != 2 || calls != 2 {
		t.Errorf("%d logins and %d calls, want 2 and 2", logins, calls)
	}
}

func TestFreshSessionOnAnotherServer(t *testing.T) {
	s := &server{
		login: func(n int, _ request) (*http.Response, error) {
			return respond(200, session(n, []string{"https://eu-ext.linnworks.net", "https://us-ext.linnworks.net"}[n-1])), nil
		},
		answer: func(r request) (*http.Response, error) {
			if r.host == "eu-ext.linnworks.net" {
				return respond(401, ""), nil
			}
			return respond(200, "null"), nil
		},
	}
	if err := do(t.Context(), newTestClient(t, s), createOp); err != nil {
		t.Fatal(err)
	}
	if got := s.last(t); got.url != "https://us-ext.linnworks.net/api/Things/Create" || got.header.Get("Authorization") != testToken(2) {
		t.Errorf("repeated at %s", got.url)
	}
}

func TestAccountState(t *testing.T) {
	for raw, class := range map[string]Class{ // some accounts have the state as a number
		`"LOCKED_BASIC"`: ClassLocked, `"locked_full"`: ClassLocked, `"MAINTENANCE"`: ClassMaintenance, `"MOVING"`: ClassUnavailable,
		`1`: ClassLocked, `2`: ClassLocked, `3`: ClassMaintenance, `4`: ClassUnavailable,
	} {
		state := strings.Trim(raw, `"`)
		s := &server{login: func(int, request) (*http.Response, error) {
			return respond(200, `{"Token":"`+testToken(1)+`","Server":"https://eu-ext.linnworks.net","Status":{"State":`+raw+`,"Reason":"Back at noon"}}`), nil
		}}
		err := do(t.Context(), newTestClient(t, s), readOp)
		if IsLocked(err) != (class == ClassLocked) || IsMaintenance(err) != (class == ClassMaintenance) || !is(err, class) {
			t.Errorf("%s: locked %t, maintenance %t, want %s", state, IsLocked(err), IsMaintenance(err), class)
		}
		if !IsUnavailable(err) || !IsTemporary(err) || !strings.Contains(err.Error(), state+" Back at noon") || !strings.Contains(err.Error(), "Things.Read: opening a session") {
			t.Errorf("%s: err = %v", state, err)
		}
		if _, calls := s.count(); calls != 0 {
			t.Errorf("%s: %d calls sent", state, calls)
		}
	}
	s := &server{login: func(int, request) (*http.Response, error) {
		return respond(200, `{"Token":"`+testToken(1)+`","Server":"https://eu-ext.linnworks.net","Status":null}`), nil
	}}
	if err := do(t.Context(), newTestClient(t, s), readOp); err != nil {
		t.Errorf("without a state: %v", err)
	}
}

// A refusal of the login itself neither loops nor reaches the call.
func TestLoginRefused(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		class  Class
	}{
		{401, `{"Message":"Unauthorized"}`, ClassSession},
		{400, `{"Code":"-","Message":"Token is wrong"}`, ClassSession},
		{400, `{"Code":null,"Message":"Application not found"}`, ClassRequest},
		{403, ``, ClassPermission},
		{200, `null`, ClassDecode},
		{200, `{"Token":"` + testToken(1) + `","Server":""}`, ClassDecode},
		{200, `{"Token":"` + testToken(1) + `","Server":"%zz"}`, ClassDecode},
		{200, `<html>` + testToken(1), ClassDecode},
	} {
		s := &server{login: func(int, request) (*http.Response, error) { return respond(c.status, c.body), nil }}
		err := do(t.Context(), newTestClient(t, s), createOp)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Class != c.class || e.Operation != "Auth.AuthorizeByApplication" || e.Body != nil || e.HTTPStatus != c.status {
			t.Errorf("%d %s: err = %v, want class %s", c.status, c.body, err, c.class)
		}
		if logins, calls := s.count(); logins != 1 || calls != 0 {
			t.Errorf("%d %s: %d logins and %d calls, want 1 and 0", c.status, c.body, logins, calls)
		}
	}
}

// The login that follows a refused session fails: that is the error, not the
// refusal.
func TestLoginFailsAfterRefusedSession(t *testing.T) {
	s := &server{
		answer: status(401, ""),
		login: func(n int, _ request) (*http.Response, error) {
			if n == 1 {
				return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
			}
			return respond(200, `{"Status":{"State":"MAINTENANCE"}}`), nil
		},
	}
	err := do(t.Context(), newTestClient(t, s), readOp)
	if !IsUnavailable(err) || strings.Contains(err.Error(), "\n") {
		t.Errorf("err = %v", err)
	}
}

func TestLoginFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{login: func(int, request) (*http.Response, error) {
			time.Sleep(time.Second)
			return respond(401, ""), nil
		}}
		c := newTestClient(t, s)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if err := do(t.Context(), c, readOp); !IsSession(err) {
					t.Errorf("err = %v", err)
				}
			})
		}
		wg.Wait()
		if logins, _ := s.count(); logins != 1 {
			t.Errorf("%d logins for callers that waited together, want 1", logins)
		}
		if err := do(t.Context(), c, readOp); !IsSession(err) {
			t.Errorf("err = %v", err)
		}
		if logins, _ := s.count(); logins != 1 {
			t.Errorf("%d logins after one more call, want 1: refused credentials are remembered", logins)
		}
	})
}

func TestLoginIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{login: func(n int, _ request) (*http.Response, error) {
			switch n {
			case 1:
				return respond(503, ""), nil
			case 2:
				return nil, &net.OpError{Op: "read", Err: errors.New("reset")}
			}
			return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
		}}
		if err := do(t.Context(), newTestClient(t, s), createOp); err != nil {
			t.Error(err)
		}
	})
}

// Callers that wait for a login do not inherit the end of the opener's context,
// be it cancelled, past its deadline, or without time for another attempt.
func TestOpenerGoesAway(t *testing.T) {
	slow := func(n int, _ request) (*http.Response, error) {
		time.Sleep(time.Second)
		return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
	}
	for name, c := range map[string]struct {
		timeout time.Duration
		cancel  bool
		login   func(int, request) (*http.Response, error)
	}{
		"cancelled": {timeout: time.Hour, cancel: true, login: slow},
		"deadline":  {timeout: 500 * time.Millisecond, login: slow},
		"no time for a pause": {timeout: 3 * time.Second / 2, login: func(n int, r request) (*http.Response, error) {
			if n == 1 {
				time.Sleep(time.Second)
				return respond(503, ""), nil
			}
			return slow(n, r)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{}
				s.login = c.login
				client := newTestClient(t, roundTripContext(s))
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				var wg sync.WaitGroup
				wg.Go(func() {
					want := context.DeadlineExceeded
					if c.cancel {
						want = context.Canceled
					}
					if err := do(ctx, client, readOp); !errors.Is(err, want) {
						t.Errorf("opener: err = %v, want %v", err, want)
					}
				})
				synctest.Wait()
				for range 20 {
					wg.Go(func() {
						if err := do(t.Context(), client, createOp); err != nil {
							t.Errorf("waiter: %v", err)
						}
					})
				}
				synctest.Wait()
				if c.cancel {
					cancel()
				}
				wg.Wait()
				if logins, calls := s.count(); logins != 2 || calls != 20 {
					t.Errorf("%d logins and %d calls, want 2 and 20", logins, calls)
				}
			})
		})
	}
}

// roundTripContext is s, but lets go when the request's context ends.
func roundTripContext(s *server) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		var resp *http.Response
		var err error
		done := make(chan struct{})
		go func() {
			resp, err = s.RoundTrip(r)
			close(done)
		}()
		select {
		case <-done:
			return resp, err
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func TestWaiterGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{login: func(n int, _ request) (*http.Response, error) {
			time.Sleep(time.Minute / 4)
			return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
		}}
		c := newTestClient(t, s)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := do(t.Context(), c, readOp); err != nil {
				t.Errorf("opener: %v", err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := do(ctx, c, readOp)
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassCancelled || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("waiter: err = %v after %s", err, time.Since(start))
		}
		wg.Wait()
	})
}

// A panic while a session is opened, in a middleware say, is the error of all
// callers that wait, and does not lock out those that come later.
func TestOpenerPanics(t *testing.T) {
	for name, opt := range map[string]func(first *atomic.Bool) Option{
		"middleware": func(first *atomic.Bool) Option {
			return WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
				if first.CompareAndSwap(true, false) {
					time.Sleep(time.Second)
					panic("MARKED")
				}
				return next(r)
			})
		},
		"session warning": func(first *atomic.Bool) Option {
			return WithSessionWarning(func(error) { panic("MARKED") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var first atomic.Bool
				first.Store(true)
				s := &server{login: func(n int, _ request) (*http.Response, error) {
					if first.CompareAndSwap(true, false) {
						time.Sleep(time.Second)
						return respond(403, ""), nil
					}
					return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
				}}
				c := newTestClient(t, s, opt(&first))
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() {
						err := do(t.Context(), c, createOp)
						if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassPanic || e.Class.Owner() != OwnerIntegrator || e.OutcomeUnknown || !strings.Contains(err.Error(), "MARKED") {
							t.Errorf("err = %v", err)
						}
					})
				}
				wg.Wait()
				if err := do(t.Context(), c, createOp); err != nil {
					t.Error(err)
				}
				if _, calls := s.count(); calls != 1 {
					t.Errorf("%d calls, want 1", calls)
				}
			})
		})
	}
}

func TestCancelledContextSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &server{}
	c := newTestClient(t, s)
	check := func(wantLogins int) {
		t.Helper()
		err := do(ctx, c, readOp)
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassCancelled || e.Attempts != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
		if logins, calls := s.count(); logins != wantLogins || calls != 0 {
			t.Errorf("%d logins and %d calls", logins, calls)
		}
	}
	check(0)
	if _, err := c.getSession(t.Context(), "Things.Read", nil); err != nil {
		t.Fatal(err)
	}
	check(1)
}
