package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// perSecond gives every key the same limit.
func perSecond(r float64, burst int) *Keyed[string] {
	return NewKeyed(func(string) Limit { return Limit{PerSecond: r, Burst: burst, Window: time.Minute} })
}

func wait(ctx context.Context, t *testing.T, k *Keyed[string], key string) {
	t.Helper()
	if err := k.Wait(ctx, key); err != nil {
		t.Fatal(err)
	}
}

// crowd lets calls wait for their turn, one after the other, and records the
// order in which they go.
type crowd struct {
	t     *testing.T
	k     *Keyed[string]
	start time.Time
	wg    sync.WaitGroup

	mu   sync.Mutex
	went []string
	at   []time.Duration
	errs []error
}

func newCrowd(t *testing.T, k *Keyed[string]) *crowd {
	return &crowd{t: t, k: k, start: time.Now()}
}

// join returns when the call waits.
func (c *crowd) join(ctx context.Context, name string) {
	c.wg.Go(func() {
		err := c.k.Wait(ctx, "key")
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.errs = append(c.errs, err)
			return
		}
		c.went = append(c.went, name)
		c.at = append(c.at, time.Since(c.start))
	})
	synctest.Wait()
}

// order waits for all and returns who went, in order.
func (c *crowd) order() string {
	c.wg.Wait()
	return strings.Join(c.went, "")
}

func TestKeyedPacesEachKeyApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyed(func(key string) Limit {
			switch key {
			case "free":
				return Limit{}
			case "burst":
				return Limit{PerSecond: 1, Burst: 3}
			}
			return Limit{PerSecond: 2} // a burst below one is one
		})
		for key, want := range map[string]time.Duration{
			"one": 9 * time.Second / 2, "two": 9 * time.Second / 2, "burst": 7 * time.Second, "free": 0,
		} {
			start := time.Now()
			for range 10 {
				wait(t.Context(), t, k, key)
			}
			if got := time.Since(start); got != want {
				t.Errorf("ten calls under %s took %s, want %s", key, got, want)
			}
		}
	})
}

// Over random loads no stretch of time sees more than was told, and a saturated
// key gets what it was told.
func TestKeyedKeepsToTheLimit(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			limit := Limit{PerSecond: 0.1 + random.Float64()*20, Burst: 1 + random.IntN(8), Window: time.Minute}
			k := NewKeyed(func(string) Limit { return limit })
			var mu sync.Mutex
			var at []time.Time
			var callers sync.WaitGroup
			marks := []func(context.Context) context.Context{Urgent, Bulk, func(ctx context.Context) context.Context { return ctx }}
			for i := range 1 + random.IntN(12) {
				saturate := seed%2 == 0
				random := rand.New(rand.NewPCG(seed, uint64(i+2)))
				callers.Go(func() {
					for range 60 {
						ctx, cancel := marks[i%3](t.Context()), context.CancelFunc(func() {})
						if !saturate {
							time.Sleep(time.Duration(random.ExpFloat64() / limit.PerSecond * float64(2*time.Second)))
							if random.IntN(4) == 0 { // some give up while they wait
								ctx, cancel = context.WithCancel(ctx)
								time.AfterFunc(time.Duration(random.Float64()/limit.PerSecond*float64(3*time.Second)), cancel)
							}
						}
						if k.Wait(ctx, "key") == nil {
							mu.Lock()
							at = append(at, time.Now())
							mu.Unlock()
						}
						cancel()
					}
				})
			}
			callers.Wait()
			slices.SortFunc(at, time.Time.Compare)
			for i := range at {
				for j := i; j < len(at); j++ {
					d := at[j].Sub(at[i]) + time.Microsecond // float arithmetic
					if n, told := j-i+1, float64(limit.Burst)+limit.PerSecond*d.Seconds(); float64(n) > told {
						t.Fatalf("seed %d: %d calls in %s, %g are allowed", seed, n, d, told)
					}
				}
			}
			if took := at[len(at)-1].Sub(at[0]).Seconds(); seed%2 == 0 {
				if got := float64(len(at)-limit.Burst) / took / limit.PerSecond; got < 0.98 {
					t.Errorf("seed %d: %.1f %% of the rate", seed, 100*got)
				}
			}
		})
	}
}

func TestDeadlineThatCannotBeMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(0.1, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		wait(ctx, t, k, "key")
		c := newCrowd(t, k)
		c.join(t.Context(), "a")
		c.join(t.Context(), "b")

		err := k.Wait(ctx, "key")
		limit, ok := errors.AsType[*LimitError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) || time.Since(c.start) != 0 {
			t.Fatalf("err = %v after %s, want a LimitError at once", err, time.Since(c.start))
		}
		if want := (LimitError{Wait: 30 * time.Second, Left: 25 * time.Second, Ahead: 2}); *limit != want {
			t.Errorf("%+v, want %+v", *limit, want)
		}
		if want := "the turn of this call comes in about 30s, with 2 before it, but its deadline in 25s"; err.Error() != want {
			t.Errorf("text %q", err)
		}
		// An urgent call has its turn in time, and the refused one took nothing.
		if err := k.Wait(Urgent(ctx), "key"); err != nil || time.Since(c.start) != 10*time.Second {
			t.Errorf("urgent: %v after %s", err, time.Since(c.start))
		}
		if c.order(); c.at[1] != 30*time.Second {
			t.Errorf("the others went at %v", c.at)
		}
	})
}

// Whoever is let in by the estimate has its turn in time, whatever waits.
func TestDeadlineIsEstimatedRight(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			k := perSecond(1, 1)
			wait(t.Context(), t, k, "key")
			c := newCrowd(t, k)
			for range random.IntN(30) {
				ctx := t.Context()
				switch random.IntN(3) {
				case 0:
					ctx = Urgent(ctx)
				case 1:
					ctx = Bulk(ctx)
				}
				c.join(ctx, "x")
			}
			ctx := []context.Context{Urgent(t.Context()), t.Context(), Bulk(t.Context())}[random.IntN(3)]
			limit, ok := errors.AsType[*LimitError](waitBefore(ctx, k, time.Nanosecond))
			if !ok {
				t.Fatal("no estimate")
			}
			if err := waitBefore(ctx, k, limit.Wait-1); err == nil {
				t.Error("met a deadline before the estimate")
			}
			start := time.Now()
			if err := waitBefore(ctx, k, limit.Wait+1); err != nil || time.Since(start) != limit.Wait {
				t.Errorf("seed %d: %v after %s, estimated %s", seed, err, time.Since(start), limit.Wait)
			}
			c.wg.Wait()
		})
	}
}

func waitBefore(ctx context.Context, k *Keyed[string], d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return k.Wait(ctx, "key")
}

func TestEndedContextTakesNothing(t *testing.T) {
	k := perSecond(1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Wait(ctx, "key"); !errors.Is(err, context.Canceled) || len(k.buckets) != 0 {
		t.Errorf("err = %v, %d buckets", err, len(k.buckets))
	}
}

// Those who give up in the middle of the queue leave no gap.
func TestCancelledInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 1)
		wait(t.Context(), t, k, "key")
		c := newCrowd(t, k)
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 20 {
			if i%2 == 0 {
				c.join(ctx, "x")
			} else {
				c.join(t.Context(), string(rune('a'+i/2)))
			}
		}
		time.Sleep(500 * time.Millisecond)
		cancel()
		if got := c.order(); got != "abcdefghij" || c.at[9] != 10*time.Second {
			t.Errorf("%s went, at %v", got, c.at)
		}
		if len(c.errs) != 10 || !errors.Is(c.errs[0], context.Canceled) {
			t.Errorf("%d errors: %v", len(c.errs), c.errs)
		}
	})
}

// A turn that comes at the moment of the cancellation goes to the next.
func TestCancelledAtItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 1)
		wait(t.Context(), t, k, "key")
		c := newCrowd(t, k)
		ctx, cancel := context.WithCancel(t.Context())
		c.join(ctx, "x")
		c.join(t.Context(), "a")
		k.mu.Lock() // x cannot leave the queue before its turn
		cancel()
		k.buckets["key"].pop()
		k.mu.Unlock()
		if got := c.order(); got != "a" || c.at[0] != 0 {
			t.Errorf("%s went, at %v", got, c.at)
		}
	})
}

// Who comes when a token is there does not take it from those who wait.
func TestNewcomerQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 1)
		wait(t.Context(), t, k, "key")
		c := newCrowd(t, k)
		c.join(t.Context(), "a")
		c.join(t.Context(), "b")
		k.mu.Lock()
		k.buckets["key"].timer.Stop() // as if it were late
		k.mu.Unlock()
		time.Sleep(5 * time.Second)
		c.join(t.Context(), "c")
		if got := c.order(); got != "abc" {
			t.Errorf("%s went", got)
		}
	})
}

func TestNothingIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 1)
		wait(t.Context(), t, k, "key")
		ctx, cancel := context.WithCancel(t.Context())
		c := newCrowd(t, k)
		for range 5 {
			c.join(ctx, "x")
		}
		time.Sleep(500 * time.Millisecond)
		cancel()
		c.wg.Wait()
		if k.buckets["key"].timer.Stop() {
			t.Error("a timer runs though nobody waits")
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c.join(soon, "y")
		k.Learn("key", Feedback{RetryAfter: time.Hour})
		c.wg.Wait()
		if k.buckets["key"].timer.Stop() {
			t.Error("a timer runs for a hold though nobody waits")
		}
	})
}

func TestIdleKeysAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 2)
		c := newCrowd(t, k)
		for range 300 { // for longer than all that follows
			c.join(t.Context(), "x")
		}
		k.Learn("throttled", Feedback{RetryAfter: time.Second})
		for i := range 40 * minSweep {
			wait(t.Context(), t, k, fmt.Sprint(i))
			time.Sleep(10 * time.Millisecond)
		}
		k.mu.Lock()
		// In a minute, the time for which calls are counted, come 6000 new keys.
		if n := len(k.buckets); n > 2*6000+2*minSweep {
			t.Errorf("%d buckets after %d keys", n, 40*minSweep)
		}
		if b := k.buckets["key"]; b == nil || b.turns.none() {
			t.Error("a key in use was dropped")
		}
		if b := k.buckets["throttled"]; b == nil || b.tokens.Limit() == 1 {
			t.Error("what was learnt was dropped")
		}
		k.mu.Unlock()
		c.wg.Wait()
		for range 2 { // the first look raises the rate that was lowered
			time.Sleep(time.Hour)
			k.mu.Lock()
			k.sweepAt = 0
			k.sweep()
			k.mu.Unlock()
		}
		if len(k.buckets) != 0 {
			t.Errorf("%d idle buckets left", len(k.buckets))
		}
	})
}

// A function of the embedder's that panics or calls back does no harm.
func TestLimitsOfTheEmbedder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k *Keyed[string]
		k = NewKeyed(func(key string) Limit {
			if key == "bad" {
				panic("bad")
			}
			if key == "outer" {
				_ = k.Wait(context.Background(), "inner")
			}
			return Limit{PerSecond: 1}
		})
		func() {
			defer func() { _ = recover() }()
			_ = k.Wait(t.Context(), "bad")
		}()
		wait(t.Context(), t, k, "outer")
	})
}

// Thousands of callers on the real clock, for the race detector.
func TestThousandsWait(t *testing.T) {
	k := perSecond(20_000, 1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	admitted, start := 0, time.Now()
	for i := range 3000 {
		wg.Go(func() {
			ctx := [...]context.Context{Urgent(t.Context()), t.Context(), Bulk(t.Context())}[i%3]
			cancel := context.CancelFunc(func() {})
			if i%7 == 0 {
				ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond)
			}
			defer cancel()
			if i%500 == 0 {
				k.Learn("key", Feedback{Overload: true, RetryAfter: time.Millisecond, Admitted: start.Add(-time.Hour)})
			}
			if k.Wait(ctx, "key") == nil {
				mu.Lock()
				admitted++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if most := 1 + int(time.Since(start).Seconds()*20_000); admitted < 3000*6/7 || admitted > most {
		t.Errorf("%d admitted, at most %d could be", admitted, most)
	}
	if !k.buckets["key"].turns.none() {
		t.Error("somebody still waits")
	}
}

func BenchmarkWait(b *testing.B) {
	b.Run("bare x/time/rate", func(b *testing.B) {
		l := rate.NewLimiter(1e12, 1<<30)
		b.ReportAllocs()
		for b.Loop() {
			_ = l.Wait(b.Context())
		}
	})
	fast := func(string) Limit { return Limit{PerSecond: 1e12, Burst: 1 << 30} }
	b.Run("uncontended", func(b *testing.B) {
		k := NewKeyed(fast)
		b.ReportAllocs()
		for b.Loop() {
			_ = k.Wait(b.Context(), "key")
		}
	})
	b.Run("bare, in parallel", func(b *testing.B) {
		l := rate.NewLimiter(1e12, 1<<30)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = l.Wait(b.Context())
			}
		})
	})
	b.Run("in parallel", func(b *testing.B) {
		k := NewKeyed(fast)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = k.Wait(b.Context(), "key")
			}
		})
	})
	// Every call has to queue: the limit is what the machine cannot reach.
	b.Run("queued", func(b *testing.B) {
		k := NewKeyed(func(string) Limit { return Limit{PerSecond: 5e5, Burst: 1} })
		b.SetParallelism(500)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = k.Wait(b.Context(), "key")
			}
		})
	})
}
