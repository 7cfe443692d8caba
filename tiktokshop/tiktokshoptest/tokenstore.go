package tiktokshoptest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// TestTokenStore checks that a store keeps the promises of
// [tiktokshop.TokenStore]. open returns an empty one; reopen returns another on
// the same place, as a second process has it. A nil reopen is for stores that
// only this process can use.
func TestTokenStore(t *testing.T, open func(*testing.T) tiktokshop.TokenStore, reopen func(*testing.T, tiktokshop.TokenStore) tiktokshop.TokenStore) {
	for name, check := range storeChecks {
		t.Run(name, func(t *testing.T) {
			one := open(t)
			other := one
			if reopen != nil {
				other = reopen(t, one)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // nothing here takes as long
			defer cancel()
			if err := check(ctx, one, other); err != nil {
				t.Error(err)
			}
		})
	}
}

// storeChecks are the promises. one and other are on the same place.
var storeChecks = map[string]func(ctx context.Context, one, other tiktokshop.TokenStore) error{
	"every field is kept":                   checkFields,
	"a failed update changes nothing":       checkFailure,
	"a panic lets the next one in":          checkPanic,
	"updates follow one another":            checkOneAtATime,
	"loading does not wait for an update":   checkLoadDuringUpdate,
	"waiting for an update ends with ctx":   checkWaiting,
	"an update whose ctx is over is no use": checkOver,
}

// numbered is the n-th token of these checks.
func numbered(n int) tiktokshop.Token {
	return tiktokshop.Token{
		AccessToken: tiktokshop.NewSecret(fmt.Sprintf("access-%d-'\"\\ü", n)), RefreshToken: tiktokshop.NewSecret(fmt.Sprintf("refresh-%d", n)),
		UserType: n,
	}
}

// same returns an error unless got holds what want does, moments to the second.
func same(got, want tiktokshop.Token) error {
	second := func(t time.Time) time.Time { return t.Truncate(time.Second) }
	switch {
	case got.AccessToken != want.AccessToken, got.RefreshToken != want.RefreshToken:
		return fmt.Errorf("the tokens are not those that were saved: got %d, want %d", got.UserType, want.UserType)
	case !second(got.AccessExpires).Equal(second(want.AccessExpires)), got.AccessExpires.IsZero() != want.AccessExpires.IsZero():
		return fmt.Errorf("AccessExpires: got %s, want %s", got.AccessExpires, want.AccessExpires)
	case !second(got.RefreshExpires).Equal(second(want.RefreshExpires)), got.RefreshExpires.IsZero() != want.RefreshExpires.IsZero():
		return fmt.Errorf("RefreshExpires: got %s, want %s", got.RefreshExpires, want.RefreshExpires)
	case got.OpenID != want.OpenID, got.SellerName != want.SellerName, got.SellerRegion != want.SellerRegion:
		return fmt.Errorf("got %v, want %v", got, want)
	case got.UserType != want.UserType:
		return fmt.Errorf("UserType: got %d, want %d", got.UserType, want.UserType)
	case !slices.Equal(got.Scopes, want.Scopes):
		return fmt.Errorf("Scopes: got %q, want %q", got.Scopes, want.Scopes)
	}
	return nil
}

// holds returns an error unless s holds want.
func holds(ctx context.Context, s tiktokshop.TokenStore, want tiktokshop.Token) error {
	got, err := s.LoadToken(ctx)
	if err != nil {
		return fmt.Errorf("LoadToken: %w", err)
	}
	return same(got, want)
}

func checkFields(ctx context.Context, one, other tiktokshop.TokenStore) error {
	if err := holds(ctx, one, tiktokshop.Token{}); err != nil {
		return fmt.Errorf("an empty store: %w", err)
	}
	full := numbered(4)
	full.AccessExpires = time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC)
	full.RefreshExpires = time.Date(2125, 5, 26, 6, 7, 56, 0, time.FixedZone("east", 8*3600))
	full.OpenID, full.SellerName, full.SellerRegion = "o-1", "Müller & Söhne 'Home' 🏠", "GB"
	for n := range 40 {
		full.Scopes = append(full.Scopes, fmt.Sprintf("seller.scope.%d", n))
	}
	before := tiktokshop.Token{}
	for _, want := range []tiktokshop.Token{full, numbered(2)} { // over nothing, and fewer fields over more
		var current tiktokshop.Token
		err := one.UpdateToken(ctx, func(c tiktokshop.Token) (tiktokshop.Token, error) { current = c; return want, nil })
		if err != nil {
			return fmt.Errorf("UpdateToken: %w", err)
		}
		if err := same(current, before); err != nil {
			return fmt.Errorf("the function was given another token than is stored: %w", err)
		}
		if err := errors.Join(holds(ctx, one, want), holds(ctx, other, want)); err != nil {
			return err
		}
		before = want
	}
	return nil
}

func checkFailure(ctx context.Context, one, other tiktokshop.TokenStore) error {
	if err := tiktokshop.SaveToken(ctx, one, numbered(1)); err != nil {
		return err
	}
	refused := errors.New("refused")
	calls := 0
	err := one.UpdateToken(ctx, func(tiktokshop.Token) (tiktokshop.Token, error) { calls++; return numbered(2), refused })
	if !errors.Is(err, refused) || calls != 1 {
		return fmt.Errorf("UpdateToken returned %w after %d calls of a function that failed", err, calls)
	}
	if err := holds(ctx, one, numbered(1)); err != nil {
		return err
	}
	return nextIn(ctx, other)
}

// nextIn returns an error unless s takes an update.
func nextIn(ctx context.Context, s tiktokshop.TokenStore) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := tiktokshop.SaveToken(ctx, s, numbered(3)); err != nil {
		return fmt.Errorf("the next update: %w", err)
	}
	return holds(ctx, s, numbered(3))
}

func checkPanic(ctx context.Context, one, other tiktokshop.TokenStore) error {
	if err := tiktokshop.SaveToken(ctx, one, numbered(1)); err != nil {
		return err
	}
	func() {
		defer func() { _ = recover() }()
		_ = one.UpdateToken(ctx, func(tiktokshop.Token) (tiktokshop.Token, error) { panic("in the function") })
	}()
	if err := holds(ctx, other, numbered(1)); err != nil {
		return err
	}
	return nextIn(ctx, other)
}

func checkOneAtATime(ctx context.Context, one, other tiktokshop.TokenStore) error {
	const each = 20
	if err := tiktokshop.SaveToken(ctx, one, numbered(0)); err != nil {
		return err
	}
	var inside, together atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, 2*each)
	for _, s := range []tiktokshop.TokenStore{one, other} {
		for range each {
			all.Go(func() {
				errs <- s.UpdateToken(ctx, func(current tiktokshop.Token) (tiktokshop.Token, error) {
					if inside.Add(1) > 1 {
						together.Add(1)
					}
					defer inside.Add(-1)
					time.Sleep(time.Millisecond)
					return numbered(current.UserType + 1), nil
				})
			})
		}
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return fmt.Errorf("UpdateToken: %w", err)
		}
	}
	if n := together.Load(); n > 0 {
		return fmt.Errorf("the function ran %d times while another one did", n)
	}
	if err := holds(ctx, one, numbered(2*each)); err != nil {
		return fmt.Errorf("an update was lost: %w", err)
	}
	return nil
}

// during runs f while an update of s is under way.
func during(ctx context.Context, s tiktokshop.TokenStore, f func() error) error {
	err := s.UpdateToken(ctx, func(tiktokshop.Token) (tiktokshop.Token, error) { return numbered(2), f() })
	if err != nil {
		return err
	}
	return holds(ctx, s, numbered(2))
}

func checkLoadDuringUpdate(ctx context.Context, one, other tiktokshop.TokenStore) error {
	if err := tiktokshop.SaveToken(ctx, one, numbered(1)); err != nil {
		return err
	}
	return during(ctx, one, func() error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return errors.Join(holds(ctx, one, numbered(1)), holds(ctx, other, numbered(1)))
	})
}

// never is a function that must not be called.
func never(called *atomic.Bool) func(tiktokshop.Token) (tiktokshop.Token, error) {
	return func(tiktokshop.Token) (tiktokshop.Token, error) {
		called.Store(true)
		return tiktokshop.Token{}, errors.New("called")
	}
}

func checkWaiting(ctx context.Context, one, other tiktokshop.TokenStore) error {
	var called atomic.Bool
	return during(ctx, one, func() error {
		for _, s := range []tiktokshop.TokenStore{one, other} {
			waiting, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			err := s.UpdateToken(waiting, never(&called))
			cancel()
			if err == nil || called.Load() || ctx.Err() != nil {
				return fmt.Errorf("waiting for another update returned %w, called the function: %t", err, called.Load())
			}
		}
		return nil
	})
}

func checkOver(ctx context.Context, one, other tiktokshop.TokenStore) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	var called atomic.Bool
	if err := one.UpdateToken(over, never(&called)); !errors.Is(err, context.Canceled) || called.Load() {
		return fmt.Errorf("UpdateToken returned %w, called the function: %t", err, called.Load())
	}
	return nextIn(ctx, other)
}
