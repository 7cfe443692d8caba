package linnworks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/transport"
)

func TestDefaultLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			perMinute int
			share     float64
			inMinute  int // admitted in the first minute
		}{
			{150, 0.98, 147}, {250, 0.98, 245}, {100, 0.98, 98}, {10, 0.98, 10}, {1, 0.98, 1}, {0, 0.98, 147},
			{150, 1, 150}, {150, 7, 150}, {150, 0.5, 75}, {1, 1, 1},
		} {
			l := NewLimiter(c.share)
			var at []time.Time
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			for l.Wait(ctx, LimitKey{PerMinute: c.perMinute}) == nil {
				at = append(at, time.Now())
			}
			cancel()
			most := 0
			for i, from := 0, 0; i < len(at); i++ {
				for at[i].Sub(at[from]) >= time.Minute-time.Microsecond {
					from++
				}
				most = max(most, i-from+1)
			}
			if most != c.inMinute {
				t.Errorf("%d a minute, share %g: %d admitted in a minute, want %d", c.perMinute, c.share, most, c.inMinute)
			}
			told := LimitKey{PerMinute: c.perMinute}.Published() * min(c.share, 1)
			if got := float64(len(at)) / 10; got < 0.98*told {
				t.Errorf("%d a minute, share %g: %.1f a minute in the long run", c.perMinute, c.share, got)
			}
		}
		// Operations and applications do not use up each other's limits.
		l := DefaultLimiter()
		start := time.Now()
		for _, key := range []LimitKey{{"a", "X", 1}, {"a", "Y", 1}, {"b", "X", 1}} {
			if err := l.Wait(t.Context(), key); err != nil || time.Since(start) != 0 {
				t.Errorf("%v: %v after %s", key, err, time.Since(start))
			}
		}
	})
}

func TestNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := NewLimiterFunc(func(LimitKey) float64 { return -1 }), time.Now()
		for range 1000 {
			if err := l.Wait(t.Context(), LimitKey{PerMinute: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("no limit took %s", d)
		}
	})
}

// The limits of the operations are those of the official descriptions.
func TestPublishedLimits(t *testing.T) {
	var limits keys
	c := newTestClient(t, &server{answer: status(400, `{}`)}, WithLimiter(&limits))
	ctx := t.Context()
	_, _ = c.Orders.CreateOrders(ctx, &CreateOrdersRequest{Orders: []ChannelOrder{}})
	_, _ = c.Stock.GetStockLevelBatch(ctx, &GetStockLevelBatchRequest{StockItemIDs: []GUID{}})
	_, _ = c.Shipping.GetShippingQuote(ctx, nil)
	_, _ = c.Shipping.GetFiledManifestsByVendor(ctx, nil)
	_, _ = c.Shipping.GetIntegrations(ctx, nil)
	_, _ = c.OrdersV2.GetOrders(ctx, nil)
	got := map[string]int{}
	for _, key := range limits {
		got[key.Operation] = key.PerMinute
	}
	want := map[string]int{
		"Auth.AuthorizeByApplication": 150, "Orders.CreateOrders": 150, "Stock.GetStockLevelBatch": 250,
		"Shipping.GetShippingQuote": 100, "Shipping.GetFiledManifestsByVendor": 10,
		"Shipping.GetIntegrations": 1, "OrdersV2.GetOrders": 0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// heard is a limiter that writes down what it hears.
type heard struct {
	keys
	feedback []Feedback
	of       []string
}

func (h *heard) Learn(key LimitKey, f Feedback) time.Duration {
	h.feedback = append(h.feedback, f)
	h.of = append(h.of, key.Operation)
	return f.RetryAfter
}

func TestLimiterHearsOfRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const exceeded = `{"Message":"API calls quota exceeded! Maximum admitted 150 per Minute."}`
		replies := []answer{
			status(429, exceeded, "Retry-After", "17"), status(429, ``), status(400, exceeded), status(503, ``, "Retry-After", "5"),
			status(200, `null`),
			status(500, ``), status(400, `{"Message":"No item found"}`), // say nothing about limits
		}
		s := &server{answer: func(r request) (*http.Response, error) {
			reply := replies[0]
			replies = replies[1:]
			return reply(r)
		}}
		l := &heard{}
		c := newTestClient(t, s, WithLimiter(l))
		start := time.Now()
		if err := do(t.Context(), c, readOp); err != nil {
			t.Fatal(err)
		}
		_ = do(t.Context(), c, readOp)
		for i, f := range l.feedback {
			if f.Admitted.Before(start) || f.Admitted.After(time.Now()) || l.of[i] != readOp.name {
				t.Errorf("%s: %+v", l.of[i], f)
			}
			l.feedback[i].Admitted = time.Time{}
		}
		want := []Feedback{
			{RetryAfter: 17 * time.Second}, {RetryAfter: time.Minute}, {RetryAfter: time.Minute},
			{RetryAfter: 5 * time.Second, Overload: true},
		}
		if d := cmp.Diff(want, l.feedback); d != "" {
			t.Error(d)
		}
		if len(l.keys) != 8 { // the login, and every attempt
			t.Errorf("admitted %v", l.keys)
		}
	})
}

// A throttle holds its operation for everybody, and no other.
func TestThrottleHoldsTheOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: status(429, `{}`, "Retry-After", "40")}
		c := newTestClient(t, s, WithLimiter(DefaultLimiter()), WithMaxAttempts(1))
		start := time.Now()
		if err := do(t.Context(), c, readOp); !IsThrottle(err) {
			t.Fatal(err)
		}
		s.answer = nil
		other := readOp
		other.name = "Things.Other"
		if err := do(t.Context(), c, other); err != nil || time.Since(start) != 0 {
			t.Errorf("another operation: %v after %s", err, time.Since(start))
		}
		if err := do(t.Context(), c, readOp); err != nil || time.Since(start) < 40*time.Second || time.Since(start) > 42*time.Second {
			t.Errorf("the same operation: %v after %s", err, time.Since(start))
		}
	})
}

func TestTurnAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		var events []Event
		c := newTestClient(t, s, WithLimiter(NewLimiterFunc(func(k LimitKey) float64 {
			if k.Operation == readOp.name {
				return 2
			}
			return 0
		})), WithObserver(func(_ context.Context, e Event) { events = append(events, e) }))
		if err := do(t.Context(), c, readOp); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
		defer cancel()
		err := do(ctx, c, readOp)
		limit, ok := errors.AsType[*LimitError](err)
		if !ok || !IsThrottle(err) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Fatalf("err = %v after %s", err, time.Since(start))
		}
		if limit.Wait != 30*time.Second || limit.Left != 29*time.Second || limit.Ahead != 0 || !strings.Contains(err.Error(), "in about 30s") {
			t.Errorf("%v: %+v", err, limit)
		}
		if e, _ := errors.AsType[*Error](err); e.Attempts != 0 || e.OutcomeUnknown {
			t.Errorf("%d attempts, outcome unknown %t", e.Attempts, e.OutcomeUnknown)
		}
		if _, calls := s.count(); calls != 1 {
			t.Errorf("%d calls were sent", calls)
		}
		// With time enough it is sent, and the observer is told of the wait.
		var r Response
		if err := c.call(t.Context(), readOp, nil, nil, nil, []CallOption{WithResponse(&r)}); err != nil {
			t.Fatal(err)
		}
		if last := events[len(events)-1]; last.Wait != 30*time.Second || last.Duration != 0 || r.Waited != last.Wait {
			t.Errorf("event %+v, response %s", last, r)
		}
	})
}

func TestUrgentCallsOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		s := &server{answer: func(r request) (*http.Response, error) {
			order = append(order, r.header.Get("X-Who"))
			return respond(200, "null"), nil
		}}
		type who struct{}
		c := newTestClient(t, s, WithLimiter(NewLimiter(1)), WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
			name, _ := r.Context().Value(who{}).(string)
			r.Header.Set("X-Who", name)
			return next(r)
		}))
		slow := readOp
		slow.limit = 1
		_ = do(t.Context(), c, slow)
		done := make(chan error)
		calls := []struct {
			name string
			mark func(context.Context) context.Context
		}{{"bulk", Bulk}, {"plain", func(ctx context.Context) context.Context { return ctx }}, {"urgent", Urgent}}
		for _, call := range calls {
			ctx := call.mark(context.WithValue(t.Context(), who{}, call.name))
			go func() { done <- do(ctx, c, slow) }()
			synctest.Wait()
		}
		for range calls {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := strings.Join(order, " "); got != " urgent plain bulk" {
			t.Errorf("order%s", got)
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
