package transport

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMarks(t *testing.T) {
	ctx := t.Context()
	below, cancel := context.WithCancel(Bulk(ctx))
	defer cancel()
	got := [...]int{
		Urgency(ctx), Urgency(Urgent(ctx)), Urgency(Bulk(ctx)), Urgency(below),
		Urgency(Urgent(Bulk(ctx))), Urgency(Bulk(Urgent(ctx))),
	}
	if want := [...]int{0, 1, -1, -1, 1, -1}; got != want {
		t.Errorf("urgencies %v, want %v", got, want)
	}
}

// Urgent calls overtake, each level keeps its order, and every fifth call is of
// a level that is overtaken.
func TestOrderOfTheQueue(t *testing.T) {
	for _, c := range []struct{ come, leave string }{
		{"abcdef", "abcdef"},
		{"abUV", "UVab"},
		{"12345", "12345"},
		{"1a2bUV", "UVab12"},
		{"123UVWXYZ", "UVWX1YZ23"},
		{"12abcdefghij", "abcd1efgh2ij"},
		{"123abcUVWXYZRSTQ", "UVWX1aYZR2bSTQ3c"},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := perSecond(1, 1)
			wait(t.Context(), t, k, "key")
			crowd := newCrowd(t, k)
			for _, name := range strings.Split(c.come, "") {
				ctx := t.Context()
				switch {
				case name < "A":
					ctx = Bulk(ctx)
				case name < "a":
					ctx = Urgent(ctx)
				}
				crowd.join(ctx, name)
			}
			if got := crowd.order(); got != c.leave {
				t.Errorf("%s came, %s went, want %s", c.come, got, c.leave)
			}
		})
	}
}

// Who leaves takes along what the level has been passed over.
func TestTurnsForgetTheEmptyLevel(t *testing.T) {
	var q turns
	q.add(bulk)
	for range share - 1 {
		q.add(urgent)
		q.take()
	}
	q.drop(bulk)
	q.add(bulk)
	q.add(urgent)
	if got := q.take(); got != urgent {
		t.Errorf("level %d went before an urgent call", got)
	}
}

// However long urgent calls keep coming, the others get their share.
func TestShareOverALongRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := perSecond(10, 1)
		end, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var count [levels]int
		var waited, longest [levels]time.Duration
		c := newCrowd(t, k)
		for l, ctx := range [levels]context.Context{Urgent(end), end, Bulk(end)} {
			callers := 6
			if level(l) == urgent {
				callers = 4 // always three urgent calls wait
			}
			for range callers {
				c.wg.Go(func() {
					for {
						start := time.Now()
						if k.Wait(ctx, "key") != nil {
							return
						}
						d := time.Since(start)
						c.mu.Lock()
						count[l]++
						waited[l] += d
						longest[l] = max(longest[l], d)
						c.mu.Unlock()
					}
				})
			}
		}
		c.wg.Wait()
		total := float64(count[urgent] + count[normal] + count[bulk])
		for l, want := range [levels]float64{0.6, 0.2, 0.2} {
			if got := float64(count[l]) / total; got < want-0.001 || got > want+0.001 {
				t.Errorf("level %d had %.3f of the calls, want %g", l, got, want)
			}
		}
		if total < 0.98*36000 || total > 36001 {
			t.Errorf("%g calls in an hour, 36000 are allowed", total)
		}
		t.Logf("calls %v, longest waits %v", count, longest)
		if mean := func(l level) time.Duration { return waited[l] / time.Duration(count[l]) }; mean(urgent) >= mean(normal) || mean(urgent) >= mean(bulk) {
			t.Errorf("mean waits %s, %s, %s", mean(urgent), mean(normal), mean(bulk))
		}
		if longest[bulk] > 6*share*time.Second/10+time.Second {
			t.Errorf("a bulk call waited %s", longest[bulk])
		}
	})
}

// Over random loads that the limit can carry, urgent calls wait less than bulk
// ones, and every call has its turn.
func TestUrgentWaitsLess(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 5))
			k := perSecond(5, 2)
			c := newCrowd(t, k)
			var waited [levels]time.Duration
			var count [levels]int
			for range 600 {
				l := level(random.IntN(int(levels)))
				ctx := [levels]context.Context{Urgent(t.Context()), t.Context(), Bulk(t.Context())}[l]
				start := time.Now()
				c.wg.Go(func() {
					if err := k.Wait(ctx, "key"); err != nil {
						t.Error(err)
					}
					c.mu.Lock()
					defer c.mu.Unlock()
					waited[l] += time.Since(start)
					count[l]++
				})
				if random.IntN(4) == 0 { // they come in bunches
					time.Sleep(time.Duration(random.ExpFloat64() * float64(800*time.Millisecond)))
				}
			}
			c.wg.Wait()
			mean := func(l level) time.Duration { return waited[l] / time.Duration(count[l]) }
			if mean(urgent) > mean(normal) || mean(normal) > mean(bulk) {
				t.Errorf("seed %d: mean waits %s, %s, %s", seed, mean(urgent), mean(normal), mean(bulk))
			}
		})
	}
}
