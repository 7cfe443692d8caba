package linnworks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Which failures are repeated, and which leave the outcome of a write open: by
// reply and by what the operation does.
func TestRepeats(t *testing.T) {
	const quota = "API calls quota exceeded! Maximum admitted 150 per Minute."
	text := func(code int, message string) answer { return status(code, fmt.Sprintf(`{"Message":%q}`, message)) }
	lost := func(request) (*http.Response, error) { return nil, errors.New("connection reset") }
	unmade := func(request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	untrusted := func(request) (*http.Response, error) {
		return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	}
	const five = 5 // the attempts that WithMaxAttempts allows by default
	for _, tt := range []struct {
		name                string
		answer              answer
		class               Class
		read, write, create int  // attempts
		unknown             bool // outcome of a write that failed so, and of a create
	}{
		{"429", text(429, ""), ClassThrottle, five, five, five, false},
		{"quota on 400", text(400, quota), ClassThrottle, five, five, 1, false},
		{"quota on 500", text(500, quota), ClassThrottle, five, five, 1, false},
		{"500 that says wrong token", text(500, "Token is wrong"), ClassSystem, five, five, 1, true},
		{"500 that says not found", text(500, "Unable to find order"), ClassSystem, five, five, 1, true},
		{"403 page", status(403, "<html>"), ClassUnknown, 1, 1, 1, true},
		{"empty 403", status(403, ""), ClassPermission, 1, 1, 1, true},
		{"401 page", status(401, "<html>"), ClassSession, 2, 2, 2, false},
		{"429 that says not found", text(429, "No item found for the following SKUs: A"), ClassThrottle, five, five, five, false},
		{"500", text(500, ""), ClassSystem, five, five, 1, true},
		{"502 page", status(502, "<html>"), ClassSystem, five, five, 1, true},
		{"503", text(503, "down"), ClassSystem, five, five, 1, true},
		{"408", text(408, ""), ClassSystem, five, five, 1, true},
		{"500 null reference", text(500, "Object reference not set to an instance of an object."), ClassSystem, five, five, 1, true},
		{"400 null reference", text(400, "Object reference not set to an instance of an object."), ClassRequest, 1, 1, 1, false},
		{"400", text(400, "The request is invalid."), ClassRequest, 1, 1, 1, false},
		{"422", text(422, ""), ClassRequest, 1, 1, 1, false},
		{"unknown SKU", text(400, "No item found for the following SKUs: A"), ClassNotFound, 1, 1, 1, false},
		{"last page", text(400, "No items found with given filter."), ClassNoMorePages, 1, 1, 1, false},
		{"403", text(403, ""), ClassPermission, 1, 1, 1, false},
		{"404", text(404, ""), ClassRoute, 1, 1, 1, false},
		{"redirect", text(302, ""), ClassRoute, 1, 1, 1, true},
		{"401 twice", text(401, ""), ClassSession, 2, 2, 2, false},
		{"wrong token twice", text(400, "Token is wrong"), ClassSession, 2, 2, 2, false},
		{"connection lost", lost, ClassNetwork, five, five, 1, true},
		{"no connection", unmade, ClassNetwork, five, five, five, false},
		{"bad certificate", untrusted, ClassCertificate, 1, 1, 1, false},
		{"not JSON", status(200, "<html>"), ClassDecode, 1, 1, 1, true},
	} {
		for what, op := range map[string]operation{
			"read": readOp, "create": createOp,
			"write": {name: "Things.Set", method: "POST", path: "/api/Things/Set", replay: replayWrite},
		} {
			t.Run(tt.name+" "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &server{answer: tt.answer}
					err := newTestClient(t, s).call(t.Context(), op, nil, nil, new(thing), nil)
					e, ok := errors.AsType[*Error](err)
					if !ok {
						t.Fatalf("err = %v", err)
					}
					wantAttempts := map[string]int{"read": tt.read, "write": tt.write, "create": tt.create}[what]
					wantUnknown := tt.unknown && what != "read"
					if _, calls := s.count(); e.Class != tt.class || calls != wantAttempts || e.Attempts != wantAttempts || IsOutcomeUnknown(err) != wantUnknown {
						t.Errorf("%d calls, %d attempts, outcome unknown %t: %v; want %d attempts, %t", calls, e.Attempts, e.OutcomeUnknown, err, wantAttempts, wantUnknown)
					}
				})
			})
		}
	}
}

// An attempt that may have taken effect is not forgotten over a later one.
func TestOutcomeStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := &server{answer: func(request) (*http.Response, error) {
			if n++; n == 1 {
				return nil, errors.New("connection reset")
			}
			return respond(429, `{}`), nil
		}}
		err := newTestClient(t, s).call(t.Context(), createOp, nil, nil, nil, []CallOption{RepeatSafe()})
		if !IsThrottle(err) || !IsOutcomeUnknown(err) {
			t.Errorf("err = %v", err)
		}
	})
}

// A login that fails after a write was sent does not hide what is not known of the
// write, whatever its own fault is. The error of the login is that of all that
// wait for it: it says nothing of this write.
func TestOutcomeBehindAFailedLogin(t *testing.T) {
	lost, fault := func(request) (*http.Response, error) { return nil, errors.New("connection reset") }, status(500, "")
	for name, login := range map[string]func() (*http.Response, error){
		"down":    func() (*http.Response, error) { return respond(500, ""), nil },
		"refused": func() (*http.Response, error) { return respond(401, ""), nil },
		"lost":    func() (*http.Response, error) { return nil, errors.New("connection reset") },
		"locked":  func() (*http.Response, error) { return respond(200, `{"Status":{"State":"LOCKED_FULL"}}`), nil },
	} {
		for _, first := range []answer{lost, fault, nil} {
			synctest.Test(t, func(t *testing.T) {
				s := &server{}
				s.answer = func(r request) (*http.Response, error) {
					if _, calls := s.count(); calls == 1 && first != nil {
						return first(r)
					}
					return respond(401, ""), nil
				}
				s.login = func(n int, _ request) (*http.Response, error) {
					if n > 1 {
						return login()
					}
					return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
				}
				c := newTestClient(t, s)
				err := c.call(t.Context(), createOp, nil, nil, nil, []CallOption{RepeatSafe()})
				if err == nil || IsOutcomeUnknown(err) != (first != nil) || strings.Contains(err.Error(), readBack) != (first != nil) {
					t.Errorf("login %s: unknown %t: %v; want %t", name, IsOutcomeUnknown(err), err, first != nil)
				}
				if e, ok := errors.AsType[*Error](err); !ok || e.Operation != "Auth.AuthorizeByApplication" || e.OutcomeUnknown {
					t.Errorf("login %s: the first error is %v", name, e)
				}
				// The next call shares what was refused, and was never sent.
				if err := do(t.Context(), c, createOp); err == nil || IsOutcomeUnknown(err) {
					t.Errorf("login %s: the next call: %v", name, err)
				}
			})
		}
	}
}

type limiterFunc func(context.Context, LimitKey) error

func (f limiterFunc) Wait(ctx context.Context, key LimitKey) error { return f(ctx, key) }

func TestOutcomeOfACancelledCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &server{answer: func(request) (*http.Response, error) {
			cancel()
			return nil, context.Canceled
		}}
		c := newTestClient(t, s)
		if err := do(ctx, c, createOp); !IsOutcomeUnknown(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("while it was sent: %v", err)
		}
		if err := do(ctx, c, createOp); IsOutcomeUnknown(err) || !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "read back") {
			t.Errorf("before it was sent: %v", err)
		}
		waiting, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		held := newTestClient(t, &server{}, WithLimiter(limiterFunc(func(ctx context.Context, key LimitKey) error {
			if key.Operation == createOp.name {
				<-ctx.Done()
			}
			return ctx.Err()
		})))
		if err := do(waiting, held, createOp); IsOutcomeUnknown(err) || !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "read back") {
			t.Errorf("while it waited for the limiter: %v", err)
		}
		slow := &server{answer: func(request) (*http.Response, error) { time.Sleep(time.Hour); return nil, errors.New("late") }}
		if err := do(t.Context(), newTestClient(t, slow), createOp); !IsOutcomeUnknown(err) {
			t.Errorf("timeout: %v", err)
		}
	})
}

func TestOwners(t *testing.T) {
	for _, c := range []Class{
		ClassThrottle, ClassSystem, ClassNetwork, ClassCertificate, ClassSession, ClassPermission, ClassLocked, ClassMaintenance,
		ClassUnavailable, ClassNotFound, ClassRequest, ClassRoute, ClassDecode,
	} {
		if c.Owner() == "" || remedies[c].do == "" {
			t.Errorf("nobody mends %s", c)
		}
	}
	if ClassNoMorePages.Owner() != "" || ClassCancelled.Owner() != "" || ClassUnknown.Owner() != "" {
		t.Error("somebody mends what is not broken")
	}
}

func TestSessionWarning(t *testing.T) {
	login := ""
	s := &server{login: func(n int, _ request) (*http.Response, error) {
		switch login {
		case "refused":
			return respond(401, `{"Message":"no such application"}`), nil
		case "down":
			return respond(400, `{"Message":"odd"}`), nil
		case "":
			return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
		}
		return respond(200, fmt.Sprintf(`{"Status":{"State":%q}}`, login)), nil
	}}
	var warned []error
	c := newTestClient(t, s, WithSessionWarning(func(err error) { warned = append(warned, err) }))
	for state, want := range map[string]func(error) bool{
		"LOCKED_FULL": IsLocked, "MAINTENANCE": IsMaintenance, "ASLEEP": IsUnavailable, "refused": IsSession, "down": nil,
	} {
		login, warned = state, nil
		c.ResetSession() // refused credentials are remembered
		err := do(t.Context(), c, readOp)
		if err == nil || want == nil && len(warned) != 0 || want != nil && (len(warned) != 1 || !want(warned[0]) || !want(err)) {
			t.Errorf("%s: warned %v, err = %v", state, warned, err)
		}
	}
	login, warned = "", nil
	c.ResetSession()
	if err := do(t.Context(), c, readOp); err != nil || len(warned) != 0 {
		t.Errorf("warned %v, err = %v", warned, err)
	}
	if _, err := NewClient(testCredentials(), WithSessionWarning(nil)); err == nil || !strings.Contains(err.Error(), "WithSessionWarning") {
		t.Errorf("err = %v", err)
	}
}

// A repeat would be answered with success and without the ids of the orders that
// the first attempt saved.
func TestCreateOrdersIsSentOnce(t *testing.T) {
	s := &server{answer: func(request) (*http.Response, error) { return nil, errors.New("connection reset") }}
	c := newTestClient(t, s)
	ids, err := c.Orders.CreateOrders(t.Context(), &CreateOrdersRequest{Orders: []ChannelOrder{{ReferenceNumber: "1"}}})
	if _, calls := s.count(); calls != 1 || !IsOutcomeUnknown(err) || ids != nil {
		t.Errorf("%d calls, ids %v, err %v; want one of unknown outcome", calls, ids, err)
	}
}

// The observer hears of the pause before a repeat, and of a rate that was lowered.
func TestPauseAndRateAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := &server{answer: func(request) (*http.Response, error) {
			if n++; n == 1 {
				return respond(429, ""), nil
			}
			return respond(200, "null"), nil
		}}
		var events []Event
		c := newTestClient(t, s, WithLimiter(NewLimiterFunc(func(LimitKey) float64 { return 150 })), WithObserver(func(_ context.Context, e Event) {
			if e.Operation == "Things.Read" {
				events = append(events, e)
			}
		}))
		if err := do(t.Context(), c, readOp); err != nil || len(events) != 2 {
			t.Fatalf("got %v after %d events", err, len(events))
		}
		if events[0].Pause <= 0 || events[0].Rate <= 0 || events[0].Rate > 2 || events[1].Pause != 0 || events[1].Rate != 0 {
			t.Errorf("pauses %s, %s, rates %v, %v; want a pause and a lower rate with the first alone",
				events[0].Pause, events[1].Pause, events[0].Rate, events[1].Rate)
		}
	})
}

// A read behind a login in doubt is not advised to be read back, and neither is a write
// that was not sent.
func TestCallsBehindALostLogin(t *testing.T) {
	for name, login := range map[string]func() (*http.Response, error){
		"lost":           func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"a fault":        func() (*http.Response, error) { return respond(502, "<html>"), nil },
		"cut off":        func() (*http.Response, error) { return respond(200, `{"Tok`), nil },
		"half a session": func() (*http.Response, error) { return respond(200, `{"Server":"https://eu-ext.linnworks.net"}`), nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{login: func(int, request) (*http.Response, error) { return login() }}
			c := newTestClient(t, s)
			_, read := c.Stock.GetStockLevel(t.Context(), &GetStockLevelRequest{StockItemID: "a1"})
			_, write := c.Orders.ProcessOrder(t.Context(), &ProcessOrderRequest{OrderID: "a1"})
			for _, err := range []error{read, write} {
				if _, calls := s.count(); err == nil || IsOutcomeUnknown(err) || strings.Contains(err.Error(), readBack) || calls != 0 {
					t.Errorf("%s: %v after %d calls", name, err, calls)
				}
			}
		})
	}
}
