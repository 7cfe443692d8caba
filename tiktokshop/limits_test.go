package tiktokshop

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/transport"
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

// Reports are granted least.
func TestLimitsOfReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := LimitKey{App: "a", Shop: "1", Operation: "Order.GetOrderList"}
		report := LimitKey{App: "a", Shop: "1", Operation: "Analytics.GetShopPerformance"}
		raw := LimitKey{App: "a", Shop: "1", Operation: "GET /analytics/202405/shop/performance"}
		for _, c := range []struct {
			limits Limits
			want   time.Duration
		}{
			{Limits{Reads: 1, Analytics: 0.1}, 10 * time.Second},
			{Limits{Reads: 1}, 2 * time.Second}, // three reads
			{Limits{Reads: 1, Analytics: -1}, 0},
		} {
			l, start := NewLimiter(c.limits), time.Now()
			for _, key := range []LimitKey{read, report, raw} {
				if err := l.Wait(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
			if d := time.Since(start); d != c.want {
				t.Errorf("%+v: %s, want %s", c.limits, d, c.want)
			}
		}
	})
}

// The defaults are those that integrators report.
func TestDefaultLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := DefaultLimiter()
		for key, perMinute := range map[LimitKey]int{
			{Shop: "1"}: 480, {Shop: "1", Write: true}: 120, {Shop: "1", Operation: "Analytics.GetShopPerformance"}: 30, {Shop: "2"}: 480,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute-time.Nanosecond)
			n := 0
			for l.Wait(ctx, key) == nil {
				n++
			}
			cancel()
			if n != perMinute {
				t.Errorf("%+v: %d in a minute, want %d", key, n, perMinute)
			}
		}
	})
}

// A limiter is asked before every attempt, repeats included.
func TestEveryAttemptIsAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []LimitKey
		c, _ := setup(t, []answer{{status: 503}, ok(`{}`), ok(`{"package_id":"1"}`)}, WithLimiter(limiterFunc(func(key LimitKey) { keys = append(keys, key) })))
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

// heard is a limiter that writes down what it hears.
type heard struct {
	feedback []Feedback
	keys     []LimitKey
}

func (h *heard) Wait(context.Context, LimitKey) error { return nil }

func (h *heard) Learn(key LimitKey, f Feedback) time.Duration {
	h.feedback = append(h.feedback, f)
	h.keys = append(h.keys, key)
	return f.RetryAfter
}

func TestLimiterHearsOfRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &heard{}
		script := []answer{
			{status: 429, retryAfter: "17"},
			refused(200, 36009002, "Too many requests"), // a throttle all the same
			{status: 503, body: `{"code":36009003,"message":"busy"}`, retryAfter: "5"},
			{status: 503, body: `{"code":36009002,"message":"Too many requests"}`},
			ok(`{}`),
			refused(500, 36009003, "internal"), // says nothing about limits
			refused(200, 21011044, "on hold"),
		}
		c, _ := setup(t, script, WithLimiter(l))
		start := time.Now()
		for range 2 {
			_ = getOrder(t.Context(), c)
		}
		want := LimitKey{App: testKey, Shop: "7495", Operation: "Order.GetOrderDetail"}
		for i, f := range l.feedback {
			if f.Admitted.Before(start) || f.Admitted.After(time.Now()) || l.keys[i] != want {
				t.Errorf("%+v: %+v", l.keys[i], f)
			}
			l.feedback[i].Admitted = time.Time{}
		}
		if d := cmp.Diff([]Feedback{
			{RetryAfter: 17 * time.Second}, {}, {RetryAfter: 5 * time.Second, Overload: true}, {},
		}, l.feedback); d != "" {
			t.Error(d)
		}
	})
}

// A throttle holds the class of the shop and lowers its rate; overload holds and
// does not lower it.
func TestThrottleHoldsTheClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{Reads: 10, Writes: 10})
		took := func(key LimitKey) time.Duration {
			start := time.Now()
			if err := l.Wait(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			return time.Since(start)
		}
		read, write, shop := LimitKey{Shop: "1", Operation: "a"}, LimitKey{Shop: "1", Write: true}, LimitKey{Shop: "2"}
		learner := l.(LimitLearner)
		learner.Learn(read, Feedback{RetryAfter: 20 * time.Second})
		if w, s := took(write), took(shop); w+s != 0 {
			t.Errorf("writes waited %s, another shop %s", w, s)
		}
		read.Operation = "b"
		if first, second := took(read), took(read); first != 20100*time.Millisecond || second != 200*time.Millisecond {
			t.Errorf("reads waited %s and %s", first, second)
		}
		learner.Learn(write, Feedback{Overload: true})
		if first, second := took(write), took(write); first != 1050*time.Millisecond || second != 100*time.Millisecond {
			t.Errorf("writes waited %s and %s", first, second)
		}
	})
}

func TestTurnAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []Event
		c, s := setup(t, []answer{ok(`{}`)}, WithLimiter(NewLimiter(Limits{Reads: 0.1})), WithObserver(func(_ context.Context, e Event) { events = append(events, e) }))
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		err := getOrder(ctx, c)
		limit, ok := errors.AsType[*LimitError](err)
		if !ok || !IsThrottle(err) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Fatalf("err = %v after %s", err, time.Since(start))
		}
		if limit.Wait != 10*time.Second || limit.Left != 9*time.Second || limit.Ahead != 0 || !strings.Contains(err.Error(), "in about 10s") {
			t.Errorf("%v: %+v", err, limit)
		}
		if e, _ := errors.AsType[*Error](err); e.Attempts != 0 || e.OutcomeUnknown || len(s.requests()) != 1 {
			t.Errorf("%d attempts, outcome unknown %t, %d requests", e.Attempts, e.OutcomeUnknown, len(s.requests()))
		}
		// With time enough it is sent, and the observer is told of the wait.
		if err := getOrder(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if last := events[len(events)-1]; last.Wait != 10*time.Second || last.Duration != 0 {
			t.Errorf("event %+v", last)
		}
	})
}

func TestUrgentCallsOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{Reads: 1})
		_ = l.Wait(t.Context(), LimitKey{})
		order := make(chan string, 3)
		for _, call := range []struct {
			name string
			mark func(context.Context) context.Context
		}{{"bulk", Bulk}, {"plain", func(ctx context.Context) context.Context { return ctx }}, {"urgent", Urgent}} {
			go func() {
				if err := l.Wait(call.mark(t.Context()), LimitKey{}); err != nil {
					t.Error(err)
				}
				order <- call.name
			}()
			synctest.Wait()
		}
		if got := [...]string{<-order, <-order, <-order}; got != [...]string{"urgent", "plain", "bulk"} {
			t.Errorf("order %v", got)
		}
		if Urgency(Urgent(t.Context())) != 1 || Urgency(Bulk(t.Context())) != -1 || Urgency(t.Context()) != 0 {
			t.Error("the marks cannot be read")
		}
		// The mark is the one that both clients share.
		if transport.Urgency(Urgent(t.Context())) != 1 || transport.Urgency(Bulk(t.Context())) != -1 {
			t.Error("the mark is not the shared one")
		}
	})
}

type limiterFunc func(LimitKey)

func (f limiterFunc) Wait(_ context.Context, key LimitKey) error { f(key); return nil }

// The observer hears of the pause before a repeat, and of a rate that was lowered.
func TestPauseAndRateAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []Event
		c, _ := setup(t, []answer{{status: 500, retryAfter: "119"}, refused(429, 36009002, "slow down"), ok(`{}`)},
			WithLimiter(NewLimiter(Limits{Reads: 8, Burst: 1})), WithObserver(func(_ context.Context, e Event) { events = append(events, e) }))
		if err := getOrder(t.Context(), c); err != nil || len(events) != 3 {
			t.Fatalf("got %v after %d events", err, len(events))
		}
		if events[0].Pause != 119*time.Second || events[1].Pause <= 0 || events[2].Pause != 0 {
			t.Errorf("pauses %s, %s, %s; want 119 s, more than none, none", events[0].Pause, events[1].Pause, events[2].Pause)
		}
		if events[0].Rate != 0 || events[1].Rate != 4 || events[2].Rate != 0 {
			t.Errorf("rates %v, %v, %v; want 0, 4, 0", events[0].Rate, events[1].Rate, events[2].Rate)
		}
	})
}
