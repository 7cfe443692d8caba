package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// quotaServer counts calls in windows, as servers do.
type quotaServer struct {
	quota   int
	window  time.Duration
	sliding bool
	silent  bool // about when there is room again
	origin  time.Time

	mu       sync.Mutex
	admitted []time.Time
	refused  []time.Time
}

// call returns whether the call is refused and for how long.
func (s *quotaServer) call() (after time.Duration, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	from := now.Add(-s.window) // exclusive
	room := func(oldest time.Time) time.Time { return oldest.Add(s.window) }
	if !s.sliding {
		since := now.Sub(s.origin) % s.window
		from = now.Add(-since - 1)
		room = func(time.Time) time.Time { return now.Add(s.window - since) }
	}
	var inWindow []time.Time
	for i := len(s.admitted) - 1; i >= 0 && s.admitted[i].After(from); i-- {
		inWindow = append(inWindow, s.admitted[i])
	}
	if len(inWindow) < s.quota {
		s.admitted = append(s.admitted, now)
		return 0, false
	}
	s.refused = append(s.refused, now)
	if s.silent {
		return 0, true
	}
	after = room(inWindow[len(inWindow)-1]).Sub(now)
	return (after + time.Second - 1).Truncate(time.Second), true // a header has whole seconds
}

// events groups the refusals: calls under way together are one.
func (s *quotaServer) events(together time.Duration) []time.Time {
	var e []time.Time
	for _, at := range s.refused {
		if len(e) == 0 || at.Sub(e[len(e)-1]) > together {
			e = append(e, at)
		}
	}
	return e
}

// saturate has callers call for d, as fast as the limits let them.
func saturate(t *testing.T, k *Keyed[string], s *quotaServer, callers int, latency, d time.Duration, seed uint64) {
	t.Helper()
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for i := range callers {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := k.Wait(t.Context(), "key"); err != nil {
					t.Error(err)
					return
				}
				at := time.Now()
				time.Sleep(time.Duration(random.Int64N(int64(latency) + 1)))
				if after, refused := s.call(); refused {
					k.Learn("key", Feedback{Admitted: at, RetryAfter: after})
				}
				time.Sleep(latency / 2)
			}
		})
	}
	wg.Wait()
}

// The server counts against a quota that nobody told the client, from the whole
// of what the client takes it for down to an eighth.
func TestLearnsAnUnknownQuota(t *testing.T) {
	const hours = 1
	for _, kind := range []struct {
		name            string
		sliding, silent bool
	}{
		{"fixed", false, false}, {"sliding", true, false}, {"fixed, without Retry-After", false, true}, {"sliding, without Retry-After", true, true},
	} {
		t.Run(kind.name, func(t *testing.T) {
			var used []float64
			var events, windows int
			for seed := range uint64(12) {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(seed, 7))
					configured := 40 + random.IntN(260)
					s := &quotaServer{
						quota: max(configured/(1+random.IntN(8)), 8), window: time.Minute, sliding: kind.sliding, silent: kind.silent,
						origin: time.Now().Add(-time.Duration(random.IntN(60_000)) * time.Millisecond),
					}
					burst := 1 + configured/50
					k := NewKeyed(func(string) Limit {
						return Limit{PerSecond: float64(configured-burst+1) / 60, Burst: burst, Window: time.Minute}
					})
					start := time.Now()
					saturate(t, k, s, 1+random.IntN(6), 300*time.Millisecond, hours*time.Hour, seed)

					which := fmt.Sprintf("seed %d, %d of %d a minute", seed, s.quota, configured)
					all := s.events(time.Second)
					for i := 1; i < len(all); i++ {
						if gap := all[i].Sub(all[i-1]); gap < s.window {
							t.Errorf("%s: refused twice within %s, after %s", which, gap, all[i-1].Sub(start))
						}
						// Not in two windows in a row. Where the server does not say when
						// there is room again, learning takes a second refusal.
						if kind.silent && i == 1 {
							continue
						}
						if gap := all[i].Sub(all[i-1]); gap < 2*s.window {
							t.Errorf("%s: refused twice in a row, %s apart, after %s", which, gap, all[i-1].Sub(start))
						}
					}
					// What was in flight together is refused together, and no more.
					if len(s.refused) > 6*len(all) {
						t.Errorf("%s: %d refusals in %d events", which, len(s.refused), len(all))
					}
					got := float64(len(s.admitted)) / float64(s.quota*hours*60)
					used = append(used, got)
					events += len(all)
					windows += hours * 60
					if floor := 0.75; got < floor && !kind.silent {
						t.Errorf("%s: %.1f %% of the quota used", which, 100*got)
					}
				})
			}
			slices.Sort(used)
			t.Logf("quota used: median %.1f %%, least %.1f %%; one refusal in %.1f windows",
				100*used[len(used)/2], 100*used[0], float64(windows)/float64(max(events, 1)))
		})
	}
}

// The length of the window is not known either, as at TikTok, and the limits are
// up to twice what is granted.
func TestLearnsInAnUnknownWindow(t *testing.T) {
	var used []float64
	var events int
	const minutes = 40
	for seed := range uint64(24) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			window := []time.Duration{time.Second, 2 * time.Second, 10 * time.Second, time.Minute}[seed%4]
			configured := 2 + random.Float64()*8
			granted := configured * (0.55 + 0.45*random.Float64())
			s := &quotaServer{
				quota: max(int(granted*window.Seconds()), 2), window: window, sliding: seed%3 == 0, silent: seed%5 == 0, origin: time.Now(),
			}
			k := NewKeyed(func(string) Limit { return Limit{PerSecond: configured, Burst: 2} })
			saturate(t, k, s, 1+random.IntN(4), 200*time.Millisecond, minutes*time.Minute, seed)
			all := s.events(time.Second)
			for i := 1; i < len(all); i++ {
				if gap := all[i].Sub(all[i-1]); gap < 2*window && !s.silent {
					t.Errorf("seed %d, %d of %.1f in %s: refused twice in a row, %s apart", seed, s.quota, configured*window.Seconds(), window, gap)
				}
			}
			can := min(configured, float64(s.quota)/window.Seconds())
			used = append(used, float64(len(s.admitted))/(can*minutes*60))
			events += len(all)
		})
	}
	slices.Sort(used)
	t.Logf("quota used: median %.1f %%, least %.1f %%; a refusal every %s",
		100*used[len(used)/2], 100*used[0], (time.Duration(len(used)) * minutes * time.Minute / time.Duration(events)).Round(time.Second))
}

// next is how long the next call under key waits.
func next(t *testing.T, k *Keyed[string], key string) time.Duration {
	t.Helper()
	start := time.Now()
	wait(t.Context(), t, k, key)
	return time.Since(start)
}

func TestRetryAfterIsTheLeast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 4)
		k.Learn("key", Feedback{RetryAfter: 90 * time.Second})
		if d := next(t, k, "other"); d != 0 {
			t.Errorf("another key waited %s", d)
		}
		// Half the rate, and half an interval after the hold.
		if d := next(t, k, "key"); d != 91*time.Second {
			t.Errorf("waited %s", d)
		}
		if d := next(t, k, "key"); d != 2*time.Second { // no burst after a hold
			t.Errorf("waited %s more", d)
		}
		k.Learn("silent", Feedback{})
		if d := next(t, k, "silent"); d != 61*time.Second {
			t.Errorf("without Retry-After: waited %s, want a window", d)
		}
		// A shorter pause does not end a longer one.
		k.Learn("twice", Feedback{RetryAfter: time.Hour})
		k.Learn("twice", Feedback{RetryAfter: time.Second})
		if d := next(t, k, "twice"); d < time.Hour {
			t.Errorf("held for %s", d)
		}
	})
}

// A key without a limit has no rate to lower; it is held all the same.
func TestThrottleWithoutALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(0, 0)
		k.Learn("key", Feedback{RetryAfter: time.Minute})
		if d := next(t, k, "key"); d != time.Minute {
			t.Errorf("waited %s", d)
		}
		for range 100 {
			if d := next(t, k, "key"); d != 0 {
				t.Fatalf("waited %s", d)
			}
		}
	})
}

// What a throttle meets is ended as far as it can no longer be in time, and waits
// for the end of the hold as far as it can.
func TestThrottleEndsHopelessWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(1, 1)
		c := newCrowd(t, k)
		sent := time.Now()
		wait(t.Context(), t, k, "key")
		soon, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for range 3 {
			c.join(soon, "x")
		}
		c.join(t.Context(), "a")
		late, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		c.join(late, "b")
		time.Sleep(500 * time.Millisecond)
		k.Learn("key", Feedback{Admitted: sent, RetryAfter: 30 * time.Second})
		synctest.Wait()
		if took := time.Since(c.start); len(c.errs) != 3 || took != 500*time.Millisecond {
			t.Fatalf("%d ended after %s: %v", len(c.errs), took, c.errs)
		}
		if e, ok := errors.AsType[*LimitError](c.errs[0]); !ok || e.Ahead != 0 || e.Wait < 30*time.Second {
			t.Errorf("err = %v", c.errs[0])
		}
		if got := c.order(); got != "ab" {
			t.Errorf("%s went", got)
		}
	})
}

func TestRateRisesInQuietTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(10, 1)
		wait(t.Context(), t, k, "key")
		k.Learn("key", Feedback{Admitted: time.Now()})
		rates := []float64{5}
		for start := time.Now(); time.Since(start) < time.Hour; time.Sleep(time.Second) {
			wait(t.Context(), t, k, "key")
			if r := float64(k.buckets["key"].tokens.Limit()); r != rates[len(rates)-1] {
				rates = append(rates, r)
			}
		}
		for i := 1; i < len(rates); i++ {
			if rates[i] <= rates[i-1] || rates[i] > rates[i-1]*1.26 {
				t.Errorf("the rate went from %g to %g", rates[i-1], rates[i])
			}
		}
		if last := rates[len(rates)-1]; last != 10 || len(rates) < 5 {
			t.Errorf("the rates were %v", rates)
		}
		wait(t.Context(), t, k, "key")
		if d := next(t, k, "key"); d != 100*time.Millisecond {
			t.Errorf("in the end calls wait %s", d)
		}
	})
}

// What is raised in a long quiet time is raised when the next call comes.
func TestRateRisesUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(10, 1)
		k.Learn("key", Feedback{})
		time.Sleep(time.Hour)
		wait(t.Context(), t, k, "key")
		if d := next(t, k, "key"); d != 100*time.Millisecond {
			t.Errorf("waited %s", d)
		}
	})
}

// A second refusal within a window shows that the first Retry-After said nothing
// about the window.
func TestRetryAfterThatMisleads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(10, 1)
		for _, want := range []rate.Limit{9, 4.5} {
			k.Learn("key", Feedback{RetryAfter: 5 * time.Second})
			if r := k.buckets["key"].tokens.Limit(); r != want {
				t.Errorf("the rate is %g, want %g", r, want)
			}
		}
	})
}

// Calls that are refused together lower the rate once.
func TestRefusedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyed(func(string) Limit { return Limit{PerSecond: 10} })
		var admitted []time.Time
		for range 6 {
			wait(t.Context(), t, k, "key")
			admitted = append(admitted, time.Now())
		}
		for i, at := range admitted {
			k.Learn("key", Feedback{Admitted: at, RetryAfter: time.Duration(70+i) * time.Second})
		}
		if r := k.buckets["key"].tokens.Limit(); r != 5 {
			t.Errorf("the rate is %g, want half of 10", r)
		}
		if d := next(t, k, "key"); d != 75*time.Second+100*time.Millisecond {
			t.Errorf("waited %s, want the longest Retry-After", d)
		}
		k.Learn("key", Feedback{Admitted: time.Now()}) // this one went at the new rate
		if r := k.buckets["key"].tokens.Limit(); r != 2.5 {
			t.Errorf("the rate is %g, want a quarter of 10", r)
		}
		for range 10 {
			k.Learn("key", Feedback{})
		}
		if r := k.buckets["key"].tokens.Limit(); r != 1 {
			t.Errorf("the rate is %g, want a tenth of 10 at least", r)
		}
	})
}

// Overload backs off, longer each time in a row, and leaves the rate as it is.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(10, 1)
		for _, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			k.Learn("key", Feedback{Admitted: time.Now(), Overload: true})
			if d := next(t, k, "key"); d != time.Duration(want*1000+50)*time.Millisecond {
				t.Errorf("waited %s, want %d s", d, want)
			}
		}
		if r := k.buckets["key"].tokens.Limit(); r != 10 {
			t.Errorf("the rate is %g", r)
		}
		time.Sleep(2 * time.Minute)
		k.Learn("key", Feedback{Admitted: time.Now(), Overload: true})
		if d := next(t, k, "key"); d != 1050*time.Millisecond {
			t.Errorf("waited %s after a good time", d)
		}
		k.Learn("key", Feedback{Admitted: time.Now(), Overload: true, RetryAfter: 3 * time.Minute})
		if d := next(t, k, "key"); d != 3*time.Minute+50*time.Millisecond {
			t.Errorf("waited %s, want the Retry-After", d)
		}
	})
}

// The quota rises, to less than what is configured: on the way up, too, nothing is
// refused in two windows in a row.
func TestQuotaThatRises(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 11))
			s := &quotaServer{quota: 20 + random.IntN(20), window: time.Minute, sliding: true, origin: time.Now()}
			k := NewKeyed(func(string) Limit { return Limit{PerSecond: 147.0 / 60, Burst: 3, Window: time.Minute} })
			saturate(t, k, s, 3, 200*time.Millisecond, 10*time.Minute, seed)
			s.quota = 45 + random.IntN(95)
			saturate(t, k, s, 3, 200*time.Millisecond, 30*time.Minute, seed)
			all := s.events(time.Second)
			for i := 1; i < len(all); i++ {
				if gap := all[i].Sub(all[i-1]); gap < 2*s.window {
					t.Errorf("seed %d, %d a minute: refused twice in a row, %s apart", seed, s.quota, gap)
				}
			}
		})
	}
}

// Another program starts to use the same quota, and stops again.
func TestSharedWithStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &quotaServer{quota: 150, window: time.Minute, origin: time.Now()}
		k := NewKeyed(func(string) Limit { return Limit{PerSecond: 147.0 / 60, Burst: 3, Window: time.Minute} })
		saturate(t, k, s, 4, 200*time.Millisecond, 30*time.Minute, 1)
		if len(s.refused) != 0 {
			t.Fatalf("%d refusals while alone", len(s.refused))
		}
		s.quota = 60
		saturate(t, k, s, 4, 200*time.Millisecond, 30*time.Minute, 2)
		if n := len(s.events(time.Second)); n == 0 || n > 6 {
			t.Errorf("%d refusals in half an hour", n)
		}
		s.quota = 150
		saturate(t, k, s, 4, 200*time.Millisecond, 30*time.Minute, 3)
		if r := float64(k.buckets["key"].tokens.Limit()); r != 147.0/60 {
			t.Errorf("the rate came back to %g a minute", r*60)
		}
	})
}

// A refusal that comes late, of a call from before the rate was lowered, tells nothing
// new unless it names a pause: what was saved up since stays.
func TestLateRefusalTakesNothing(t *testing.T) {
	for named, want := range map[time.Duration]time.Duration{0: 0, 3 * time.Second: 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			k := NewKeyed(func(string) Limit { return Limit{PerSecond: 1, Burst: 5, Window: time.Second} })
			admitted := time.Now()
			time.Sleep(time.Second)
			k.Learn("a", Feedback{Admitted: time.Now(), RetryAfter: time.Second})
			time.Sleep(30 * time.Second) // the burst is there again
			rate := k.Rate("a")
			if held := k.Learn("a", Feedback{Admitted: admitted, RetryAfter: named}); held != named || k.Rate("a") != rate {
				t.Errorf("pause %s: held for %s at %.2f calls a second, want %s at %.2f", named, held, k.Rate("a"), named, rate)
			}
			start := time.Now()
			for range 2 {
				if err := k.Wait(t.Context(), "a"); err != nil {
					t.Fatal(err)
				}
			}
			if got := time.Since(start); got < want || want == 0 && got != 0 {
				t.Errorf("pause %s: two calls took %s, want %s", named, got, want)
			}
		})
	}
}
