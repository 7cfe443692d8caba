package transport

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
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
	const hours = 2
	for _, kind := range []struct {
		name            string
		sliding, silent bool
	}{
		{"fixed", false, false}, {"sliding", true, false}, {"fixed, without Retry-After", false, true}, {"sliding, without Retry-After", true, true},
	} {
		t.Run(kind.name, func(t *testing.T) {
			var used []float64
			var events, windows int
			for seed := range uint64(400) {
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
