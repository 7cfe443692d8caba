package linnworks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// panicky is a part of a program that panics: with what it was given that is
// secret, or as code does that has a fault.
type panicky struct {
	secret string
	none   *Response // nil
}

func (p panicky) panic() {
	if p.secret != "" {
		panic(fmt.Errorf("cannot handle %s", p.secret))
	}
	_ = p.none.Status
}

func (p panicky) Wait(context.Context, LimitKey) error      { p.panic(); return nil }
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
		"limiter": {func(p panicky) Option { return WithLimiter(p) }, false},
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
		for _, p := range []panicky{{}, {secret: testToken(1)}} {
			t.Run(fmt.Sprint(name, " ", p.secret != ""), func(t *testing.T) {
				s := &server{}
				c := newTestClient(t, s)
				if err := do(t.Context(), c, readOp); err != nil { // opens the session
					t.Fatal(err)
				}
				broken := newTestClient(t, s, tt.option(p))
				// The login panics alike.
				if err := do(t.Context(), broken, createOp); !is(err, ClassPanic) || IsOutcomeUnknown(err) {
					t.Errorf("login: got %v, outcome unknown %t", err, IsOutcomeUnknown(err))
				}
				broken.session = c.session
				for op, write := range map[*operation]bool{&readOp: false, &createOp: true} {
					err := do(t.Context(), broken, *op)
					if e, _ := errors.AsType[*Error](err); !is(err, ClassPanic) || e.Class.Owner() != OwnerIntegrator || IsTemporary(err) || IsOutcomeUnknown(err) != (write && tt.unknown) {
						t.Errorf("%s: got %v, outcome unknown %t", op.name, err, IsOutcomeUnknown(err))
					}
					if text := err.Error(); !strings.Contains(text, "panicky.panic (panic_test.go:") || strings.Contains(text, testToken(1)) {
						t.Errorf("%s: got %v, want the place of the panic and no secret", op.name, err)
					}
				}
			})
		}
	}
}
