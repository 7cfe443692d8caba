package tiktokshop

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// countedWaits counts what it admits.
type countedWaits struct {
	Limiter
	n int
}

func (c *countedWaits) Wait(ctx context.Context, key LimitKey) error {
	c.n++
	return c.Limiter.Wait(ctx, key)
}

// The limiter is asked once for a call with a permit: before, for the permit. Another
// attempt, or another call with the same permit, is asked for as ever.
func TestPermitWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := &countedWaits{Limiter: NewLimiter(Limits{Writes: 0.1, Burst: 1})}
		c, s := setup(t, []answer{ok(`{}`), ok(`{}`), {status: 503}, ok(`{}`)}, WithLimiter(waits))
		call := func(what string, p *Permit, want int) {
			t.Helper()
			start := time.Now()
			waits.n = 0
			if err := c.Call(t.Context(), http.MethodPost, "/product/209901/x", nil, nil, nil, WithPermit(p), RepeatSafe()); err != nil {
				t.Fatal(err)
			}
			if waits.n != want || waits.n == 0 && time.Since(start) != 0 {
				t.Errorf("%s: the limiter was asked %d times in %s, want %d", what, waits.n, time.Since(start), want)
			}
		}
		var permits []*Permit
		start := time.Now()
		for range 2 {
			p, err := c.PermitWrite(t.Context(), "POST /product/209901/x")
			if err != nil {
				t.Fatal(err)
			}
			permits = append(permits, p)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("two permits took %s, want 10s", took)
		}
		call("with a permit", permits[0], 0)
		call("with one that was used", permits[0], 1)
		call("repeated", permits[1], 1)
		if n := len(s.requests()); n != 4 {
			t.Errorf("%d requests, want 4", n)
		}
	})
}

func TestPermitWriteRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := setup(t, nil, WithLimiter(NewLimiter(Limits{Writes: 0.1, Burst: 1})))
		p, err := c.PermitWrite(t.Context(), "Product.UpdateInventory")
		if err != nil {
			t.Fatal(err)
		}
		err = c.Call(t.Context(), http.MethodPost, "/product/209901/x", nil, nil, nil, WithPermit(p))
		if err == nil || !strings.Contains(err.Error(), "the permit is for Product.UpdateInventory") || len(s.requests()) != 0 {
			t.Errorf("another operation: got %v and %d requests", err, len(s.requests()))
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		var late *LimitError
		if _, err := c.PermitWrite(ctx, "Product.UpdateInventory"); !errors.As(err, &late) {
			t.Errorf("no time for it: got %v, want a LimitError", err)
		}
		stop()
		if _, err := c.PermitWrite(ctx, "Product.UpdateInventory"); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end of its context: got %v", err)
		}
	})
}
