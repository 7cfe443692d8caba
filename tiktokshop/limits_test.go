package tiktokshop

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Reads and writes of each app and shop have budgets of their own; the
// operations of one kind share theirs.
func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{Reads: 2, Writes: 1, Burst: 1})
		took := func(keys ...LimitKey) time.Duration {
			start := time.Now()
			for _, key := range keys {
				if err := l.Wait(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(start)
		}
		read := LimitKey{App: "a", Shop: "1", Operation: "x"}
		other := LimitKey{App: "a", Shop: "1", Operation: "y"}
		write := LimitKey{App: "a", Shop: "1", Write: true}
		shop := LimitKey{App: "a", Shop: "2"}
		app := LimitKey{App: "b", Shop: "1"}
		if d := took(read, write, shop, app); d != 0 {
			t.Errorf("separate budgets took %s", d)
		}
		if d := took(other, read, other, read); d != 2*time.Second {
			t.Errorf("four reads at 2 a second took %s", d)
		}
		time.Sleep(time.Minute)
		if d := took(write, write, write); d != 2*time.Second {
			t.Errorf("three writes at 1 a second took %s", d)
		}
	})
}

func TestLimiterWithoutLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := NewLimiter(Limits{Reads: -1}), time.Now()
		for range 1000 {
			for _, write := range []bool{true, false} {
				if err := l.Wait(t.Context(), LimitKey{Write: write}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("no limit took %s", d)
		}
	})
}

// A limiter is asked before every attempt, repeats included.
func TestEveryAttemptIsAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []LimitKey
		c, _ := setup(t, []answer{{status: 503}, ok(`{}`), ok(`{}`)}, WithLimiter(limiterFunc(func(key LimitKey) { keys = append(keys, key) })))
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Fulfillment.MarkPackageAsShipped(t.Context(), "1", nil); err != nil {
			t.Fatal(err)
		}
		want := LimitKey{App: testKey, Shop: "7495", Operation: "Order.GetOrderDetail"}
		if len(keys) != 3 || keys[0] != want || keys[1] != want || !keys[2].Write {
			t.Errorf("admitted %v", keys)
		}
	})
}

type limiterFunc func(LimitKey)

func (f limiterFunc) Wait(_ context.Context, key LimitKey) error { f(key); return nil }
