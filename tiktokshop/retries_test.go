package tiktokshop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ways are calls of each replay class.
var ways = map[string]func(context.Context, *Client) error{
	"read": func(ctx context.Context, c *Client) error { return getOrder(ctx, c) },
	"absolute write": func(ctx context.Context, c *Client) error {
		_, err := c.Event.UpdateShopWebhook(ctx, nil)
		return err
	},
	"unsafe write": func(ctx context.Context, c *Client) error {
		_, err := c.Fulfillment.CreatePackages(ctx, nil)
		return err
	},
	"write made safe": func(ctx context.Context, c *Client) error {
		_, err := c.ReturnRefund.ApproveCancellation(ctx, "1", nil, RepeatSafe())
		return err
	},
}

// The rules: only throttles, faults, time-outs and locks are repeated, and only
// what is safe to repeat; a write whose reply does not tell is of unknown
// outcome.
func TestRetryRules(t *testing.T) {
	// One code of every class that has one.
	codes := map[Class]int{}
	for class, list := range byClass {
		codes[class] = list[0]
	}
	codes[ClassUnknown] = 77777777
	codes[ClassSystem] = 36009007
	for class, code := range codes {
		for _, status := range []int{200, 400, 429, 503} {
			want := class
			switch {
			case status == 429:
				want = ClassThrottle
			case status == 503 && class == ClassUnknown:
				want = ClassSystem
			}
			for name, call := range ways {
				t.Run(fmt.Sprintf("%s %d %s", class, status, name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c, s := setup(t, []answer{refused(status, code, "x")})
						err := call(t.Context(), c)
						e, _ := errors.AsType[*Error](err)
						attempts := 1
						if want.Temporary() && (name != "unsafe write" || want == ClassThrottle && status != 503) {
							attempts = 5
						}
						// What comes with a fault may have been said after the write was begun.
						unknown := name != "read" && (status == 503 || want == ClassSystem || want == ClassUnknown)
						// The source of the test cannot replace a refused token.
						if e.Class != want || len(s.requests()) != attempts || e.Attempts != attempts || IsOutcomeUnknown(err) != unknown {
							t.Errorf("class %s, %d attempts (error says %d), outcome unknown %t; want %s, %d, %t",
								e.Class, len(s.requests()), e.Attempts, IsOutcomeUnknown(err), want, attempts, unknown)
						}
						if e.Code != code || e.RequestID != "req-1" || e.Operation == "" || e.HTTPStatus != status {
							t.Errorf("incomplete: %v", err)
						}
						if strings.Contains(err.Error(), readBack) != unknown {
							t.Errorf("advice: %v", err)
						}
						if attempts > 1 && !strings.Contains(err.Error(), "[5 attempts]") {
							t.Errorf("attempts are missing in %v", err)
						}
					})
				})
			}
		}
	}
}

// What nobody can read back is not advised to be: a code is used up, perhaps, and a
// refresh may be repeated.
func TestLostTokensAdvice(t *testing.T) {
	for want, call := range map[string]func(*Client) error{
		"; the code may be used up: the seller authorises the app again": func(c *Client) error {
			_, err := c.ExchangeCode(t.Context(), "code")
			return err
		},
		"; repeat it with the same refresh token; if that is refused, the seller authorises the app again": func(c *Client) error {
			_, err := c.RefreshToken(t.Context(), Token{RefreshToken: NewSecret("r")})
			return err
		},
	} {
		c, _ := setup(t, []answer{{err: io.ErrUnexpectedEOF}}, WithMaxAttempts(1))
		if err := call(c); !IsOutcomeUnknown(err) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want an unknown outcome and %q at the end", err, want)
		}
	}
}

// A read behind a refresh in doubt is not advised to be read back: nothing of it was
// done, and what to do about the refresh is told.
func TestReadBehindALostRefresh(t *testing.T) {
	for name, a := range map[string]answer{
		"lost": {err: io.ErrUnexpectedEOF}, "a fault": {status: 502, body: "<html>"}, "half a pair": ok(`{"access_token":"a"}`), "cut off": {body: `{"code":0,`},
	} {
		synctest.Test(t, func(t *testing.T) {
			refreshes, _ := setup(t, []answer{a})
			source, err := RefreshingTokens(refreshes, &memory{token: Token{AccessToken: NewSecret("a"), RefreshToken: NewSecret("r"), AccessExpires: time.Now().Add(-time.Hour)}})
			if err != nil {
				t.Fatal(err)
			}
			c, s := setup(t, []answer{ok(`{}`)}, WithTokens(source))
			_, err = c.Order.GetOrderDetail(t.Context(), oneOrder)
			if e, is := errors.AsType[*Error](err); !is || e.OutcomeUnknown || e.Attempts != 0 || len(s.requests()) != 0 || strings.Contains(err.Error(), readBack) || !strings.HasSuffix(err.Error(), lostTokens[opRefreshToken]) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// A token that is not to be had for the second attempt does not hide that the
// first may have taken effect; nor is the outcome of a refresh that of the call.
func TestOutcomeBehindAToken(t *testing.T) {
	refresh := &Error{Operation: "RefreshToken", Class: ClassNetwork, OutcomeUnknown: true}
	for _, tt := range []struct {
		way  string
		left int // tokens
		want bool
	}{
		{"absolute write", 1, true}, {"absolute write", 0, false}, {"read", 1, false}, {"read", 0, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			left := tt.left
			c, _ := setup(t, []answer{{err: io.ErrUnexpectedEOF}}, WithTokens(tokenFunc(func(context.Context) (Token, error) {
				if left--; left < 0 {
					return Token{}, refresh
				}
				return Token{AccessToken: NewSecret(testAccess)}, nil
			})))
			err := ways[tt.way](t.Context(), c)
			if !is(err, ClassNetwork) || !errors.Is(err, refresh) || IsOutcomeUnknown(err) != tt.want || tt.want && !strings.HasSuffix(err.Error(), readBack) {
				t.Errorf("%s, %d tokens: unknown %t: %v; want %t", tt.way, tt.left, IsOutcomeUnknown(err), err, tt.want)
			}
		})
	}
	// Of several errors each is asked, but for a write that was looked for.
	unknown, known := &Error{OutcomeUnknown: true}, &Error{}
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"behind another":        {errors.Join(known, fmt.Errorf("x: %w", unknown)), true},
		"behind one not found":  {errors.Join(&NotAppliedError{Err: unknown}, unknown), true},
		"not found":             {fmt.Errorf("x: %w", &NotAppliedError{Err: unknown}), false},
		"records":               {errors.Join(known, &UnreadableError{OutcomeUnknown: true}), true},
		"neither":               {errors.Join(known, &UnreadableError{}), false},
		"the cause of a cause":  {&Error{Err: unknown}, false},
		"not an error of these": {io.EOF, false},
	} {
		if got := IsOutcomeUnknown(tt.err); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}

// What came back, if anything, decides whether a write may have taken effect.
func TestOutcomeUnknown(t *testing.T) {
	slow := answer{body: "never"}
	lost, html := answer{err: io.ErrUnexpectedEOF}, answer{status: 502, body: "<html>"}
	badCertificate := answer{err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}
	refusedDial := answer{err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	throttle, hold := refused(429, 36009002, "x"), refused(200, 21011044, "x")
	for _, tt := range []struct {
		name   string
		script []answer
		way    string
		want   bool
		class  Class
	}{
		{"lost", []answer{lost}, "unsafe write", true, ClassNetwork},
		{"lost read", []answer{lost}, "read", false, ClassNetwork},
		{"timed out", []answer{slow}, "unsafe write", true, ClassNetwork},
		{"never connected", []answer{refusedDial}, "unsafe write", false, ClassNetwork},
		{"never connected for an absolute write", []answer{refusedDial}, "absolute write", false, ClassNetwork},
		{"bad certificate", []answer{badCertificate}, "unsafe write", false, ClassCertificate},
		{"never connected, then lost", []answer{refusedDial, lost}, "unsafe write", true, ClassNetwork},
		{"never connected, then refused", []answer{refusedDial, hold}, "unsafe write", false, ClassOnHold},
		{"lost, then throttled", []answer{lost, throttle}, "write made safe", true, ClassThrottle},
		{"lost, then never connected", []answer{lost, refusedDial}, "absolute write", true, ClassNetwork},
		{"fault, then refused", []answer{html, hold}, "absolute write", true, ClassOnHold},
		{"throttled, then refused", []answer{throttle, hold}, "absolute write", false, ClassOnHold},
		{"HTML", []answer{html}, "unsafe write", true, ClassSystem},
		{"HTML in a 200", []answer{{body: "<html>"}}, "unsafe write", true, ClassDecode},
		{"HTML in a 404", []answer{{status: 404, body: "<html>"}}, "unsafe write", true, ClassUnknown},
		{"HTML in a 429", []answer{{status: 429, body: "<html>"}}, "unsafe write", false, ClassThrottle},
		{"success that cannot be read", []answer{ok(`{"package_id":{}}`)}, "unsafe write", true, ClassDecode},
		{"read that cannot be read", []answer{ok(`[]`)}, "read", false, ClassDecode},
		{"unknown code", []answer{refused(200, 77777777, "x")}, "unsafe write", true, ClassUnknown},
		{"a token's refusal in a fault", []answer{refused(500, byClass[ClassToken][0], "upstream: access_token expired")}, "unsafe write", true, ClassToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if tt.script[0] == slow {
					tt.script[0].wait = make(chan struct{}) // of this bubble
				}
				c, _ := setup(t, tt.script, WithTimeout(10*time.Second))
				err := ways[tt.way](t.Context(), c)
				if IsOutcomeUnknown(fmt.Errorf("shipping: %w", err)) != tt.want || !is(err, tt.class) || strings.Contains(fmt.Sprint(err), readBack) != tt.want {
					t.Errorf("unknown %t: %v", IsOutcomeUnknown(err), err)
				}
			})
		})
	}
	t.Run("the caller gives up", func(t *testing.T) {
		for way, want := range map[string]bool{"unsafe write": true, "read": false} {
			synctest.Test(t, func(t *testing.T) {
				c, _ := setup(t, []answer{{wait: make(chan struct{})}})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := ways[way](ctx, c); IsOutcomeUnknown(err) != want || !is(err, ClassCancelled) {
					t.Errorf("%s: %v", way, err)
				}
			})
		}
		c, _ := setup(t, []answer{ok(`{}`)})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := ways["unsafe write"](ctx, c); IsOutcomeUnknown(err) {
			t.Errorf("never sent: %v", err)
		}
	})
	t.Run("no token", func(t *testing.T) {
		c, _ := setup(t, []answer{ok(`{}`)})
		if err := ways["unsafe write"](t.Context(), c.ForTokens(nil)); IsOutcomeUnknown(err) || err == nil {
			t.Errorf("never sent: %v", err)
		}
	})
	for _, err := range []error{nil, errors.New("x"), &NotAppliedError{Err: &Error{OutcomeUnknown: true}}} {
		if IsOutcomeUnknown(err) {
			t.Errorf("%v is of unknown outcome", err)
		}
	}
}

// Pauses of concurrent clients must not fall together.
func TestPausesHaveJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for range 20 {
			c, s := setup(t, []answer{{err: io.ErrUnexpectedEOF}, ok(`{}`)})
			if err := getOrder(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			sent := s.requests()
			pause := sent[1].at.Sub(sent[0].at)
			if pause < 500*time.Millisecond || pause > 2*time.Second {
				t.Errorf("paused for %s", pause)
			}
			seen[pause] = true
		}
		if len(seen) < 15 {
			t.Errorf("%d different pauses in 20", len(seen))
		}
	})
}

func TestOwners(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Owner
	}{
		{nil, OwnerNobody},
		{errors.New("x"), OwnerIntegrator},
		{fmt.Errorf("x: %w", &Error{Class: ClassAuthorisation}), OwnerSeller},
		{&Error{Class: ClassSystem}, OwnerTikTok},
		{&Error{Class: ClassData}, OwnerOperations},
		{&Error{Class: ClassOnHold}, OwnerNobody},
		{&NotAppliedError{Err: &Error{Class: ClassNetwork}}, OwnerOperations},
		{&Error{Class: "new"}, OwnerNobody},
	} {
		if got := OwnerOf(tt.err); got != tt.want {
			t.Errorf("%v is for %q, want %q", tt.err, got, tt.want)
		}
	}
	for class := range byClass {
		if _, ok := owners[class]; !ok {
			t.Errorf("class %s has no owner", class)
		}
	}
}
