package tiktokshop

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// panicky is a part of a program that panics: with what it was given that is
// secret, or as code does that has a fault.
type panicky struct {
	secret string
	none   *Token // nil
}

func (p panicky) panic() {
	if p.secret != "" {
		panic(fmt.Errorf("cannot handle %s", p.secret))
	}
	_ = p.none.UserType
}

func (p panicky) Wait(context.Context, LimitKey) error      { p.panic(); return nil }
func (p panicky) Token(context.Context) (Token, error)      { p.panic(); return Token{}, nil }
func (p panicky) Enabled(context.Context, slog.Level) bool  { return true }
func (p panicky) Handle(context.Context, slog.Record) error { p.panic(); return nil }
func (p panicky) WithAttrs([]slog.Attr) slog.Handler        { return p }
func (p panicky) WithGroup(string) slog.Handler             { return p }

// A panic of the program's own code is the error of the call, says where it
// happened, and does not get in the way of the next call.
func TestPanicsEndTheCall(t *testing.T) {
	for name, tt := range map[string]struct {
		option  func(panicky) Option
		unknown bool // a write was sent
	}{
		"limiter":      {func(p panicky) Option { return WithLimiter(p) }, false},
		"token source": {func(p panicky) Option { return WithTokens(p) }, false},
		"middleware before sending": {func(p panicky) Option {
			return WithMiddleware(func(*http.Request, Next) (*http.Response, error) { p.panic(); return nil, nil })
		}, true},
		"middleware after sending": {func(p panicky) Option {
			return WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
				_, _ = next(r)
				p.panic()
				return nil, nil
			})
		}, true},
		"transport": {func(p panicky) Option {
			return WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { p.panic(); return nil, nil })})
		}, true},
		"observer":    {func(p panicky) Option { return WithObserver(func(context.Context, Event) { p.panic() }) }, true},
		"log handler": {func(p panicky) Option { return WithLogger(slog.New(p)) }, true},
	} {
		for _, p := range []panicky{{}, {secret: testSecret}} {
			t.Run(fmt.Sprint(name, " ", p.secret != ""), func(t *testing.T) {
				c, _ := setup(t, []answer{ok(`{}`)}, tt.option(p))
				for call, write := range map[string]bool{"read": false, "unsafe write": true} {
					err := ways[call](t.Context(), c)
					if !is(err, ClassPanic) || OwnerOf(err) != OwnerIntegrator || IsTemporary(err) || IsOutcomeUnknown(err) != (write && tt.unknown) {
						t.Errorf("%s: got %v, outcome unknown %t", call, err, IsOutcomeUnknown(err))
					}
					if text := err.Error(); !strings.Contains(text, "panicky.panic (panic_test.go:") || strings.Contains(text, "MARKED") {
						t.Errorf("%s: got %v, want the place of the panic and no secret", call, err)
					}
				}
			})
		}
	}
}

// The functions that a token source calls, while others wait for it.
func TestPanicsOfTokenFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := panicky{secret: testAccess}
		token := Token{AccessToken: NewSecret(testAccess), RefreshExpires: time.Now().Add(time.Hour)}
		c, _, _ := consentSetup(t, &memory{token: token}, []answer{ok(`{}`)}, nil,
			WithExpiryWarning(0, func(context.Context, time.Duration) { p.panic() }))
		var mu sync.Mutex
		failed := 0
		var calls sync.WaitGroup
		for range 5 {
			calls.Go(func() {
				err := getOrder(t.Context(), c)
				if err == nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if failed++; !is(err, ClassPanic) || strings.Contains(err.Error(), "MARKED") {
					t.Errorf("expiry warning: got %v", err)
				}
			})
		}
		calls.Wait()
		if failed != 1 {
			t.Errorf("%d calls failed of one warning", failed)
		}

		c, _, _ = consentSetup(t, &memory{}, []answer{ok(`{}`)}, nil,
			WithConsentLink(func(context.Context) (string, error) { p.panic(); return "", nil }))
		err := getOrder(t.Context(), c)
		if !NeedsAuthorisation(err) {
			t.Fatalf("got %v", err)
		}
		if link, err := ConsentLink(t.Context(), err); link != "" || !is(err, ClassPanic) {
			t.Errorf("consent link: got %q, %v", link, err)
		}
	})
}
