package tiktokshop

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// Known answers: TikTok's own sample, and one computed independently.
var webhookVectors = []struct {
	app             App
	body, signature string
}{
	{App{Key: "abcdef", Secret: NewSecret("123")},
		`{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}`,
		"5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"},
	{App{Key: "6abc123def456", Secret: NewSecret("test_app_secret_1")},
		`{"type":11,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1767225600,"data":{"order_id":"576486316948490001","cancellations_role":"BUYER","cancel_status":"CANCELLATION_REQUEST_PENDING","cancel_id":"4035318504086604100","create_time":1767225590}}`,
		"a5f8231d4b82d89817984f68f04b6542dab4020d47a3100f9298b5fadba985d2"},
}

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	for _, v := range webhookVectors {
		if got := SignWebhook(v.app, []byte(v.body)); got != v.signature {
			t.Errorf("SignWebhook = %s, want %s", got, v.signature)
		}
		if err := VerifyWebhook(v.app, v.signature, []byte(v.body)); err != nil {
			t.Error(err)
		}
		for name, tt := range map[string]struct {
			app       App
			signature string
			body      string
			want      error
		}{
			"none":            {v.app, "", v.body, ErrWebhookUnsigned},
			"upper case":      {v.app, strings.ToUpper(v.signature), v.body, ErrWebhookSignature},
			"bearer":          {v.app, "Bearer " + v.signature, v.body, ErrWebhookSignature},
			"short":           {v.app, v.signature[:63], v.body, ErrWebhookSignature},
			"long":            {v.app, v.signature + "0", v.body, ErrWebhookSignature},
			"zero bytes":      {v.app, strings.Repeat("\x00", 64), v.body, ErrWebhookSignature},
			"one digit":       {v.app, v.signature[:63] + "x", v.body, ErrWebhookSignature},
			"tampered":        {v.app, v.signature, strings.Replace(v.body, `"type":1`, `"type":2`, 1), ErrWebhookSignature},
			"space":           {v.app, v.signature, v.body + "\n", ErrWebhookSignature},
			"no body":         {v.app, v.signature, "", ErrWebhookSignature},
			"other key":       {App{Key: "other", Secret: v.app.Secret}, v.signature, v.body, ErrWebhookSignature},
			"other secret":    {App{Key: v.app.Key, Secret: NewSecret("other")}, v.signature, v.body, ErrWebhookSignature},
			"moved key bytes": {App{Key: v.app.Key + "{", Secret: v.app.Secret}, v.signature, v.body, ErrWebhookSignature},
		} {
			if err := VerifyWebhook(tt.app, tt.signature, []byte(tt.body)); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Without a secret anybody could sign.
	for _, app := range []App{{}, {Key: "k"}, {Secret: NewSecret("s")}} {
		if err := VerifyWebhook(app, SignWebhook(app, nil), nil); err == nil {
			t.Errorf("%q verifies", app.Key)
		}
	}
}

// delivered is a signed delivery of body.
func delivered(ctx context.Context, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header.Set("Authorization", SignWebhook(testApp, []byte(body)))
	return r
}

func status(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func newWebhooks(t testing.TB, handle func(context.Context, *WebhookEvent) error, opts ...WebhookOption) *WebhookHandler {
	t.Helper()
	h, err := NewWebhookHandler(testApp, handle, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	return h
}

// fresh is a notification of now.
func fresh(kind int, id string) string {
	return fmt.Sprintf(`{"type":%d,"tts_notification_id":%q,"shop_id":"7494","timestamp":%d,"data":{"order_id":"5764"}}`, kind, id, time.Now().Unix())
}

func TestWebhookHandlerAnswers(t *testing.T) {
	t.Parallel()
	var got []*WebhookEvent
	h := newWebhooks(t, func(_ context.Context, e *WebhookEvent) error {
		got = append(got, e)
		return nil
	}, WithWebhookBodyLimit(1000))
	ctx := t.Context()
	request := func(method, signature string, body io.Reader) *http.Request {
		r := httptest.NewRequestWithContext(ctx, method, "/", body)
		if signature != "" {
			r.Header.Set("Authorization", signature)
		}
		return r
	}
	large := fresh(1, strings.Repeat("x", 1000))
	chunked := delivered(ctx, large)
	chunked.ContentLength = -1
	body := fresh(1, "a")
	stale := fmt.Sprintf(`{"type":1,"timestamp":%d,"data":{}}`, time.Now().Add(-25*time.Hour).Unix())
	ahead := fmt.Sprintf(`{"type":1,"timestamp":%d,"data":{}}`, time.Now().Add(25*time.Hour).Unix())
	for name, tt := range map[string]struct {
		r    *http.Request
		want int
	}{
		"get":          {request(http.MethodGet, SignWebhook(testApp, nil), nil), 405},
		"unsigned":     {request(http.MethodPost, "", strings.NewReader(body)), 401},
		"wrong":        {request(http.MethodPost, strings.Repeat("0", 64), strings.NewReader(body)), 401},
		"other header": {request(http.MethodPost, "Bearer x", strings.NewReader(body)), 401},
		"too large":    {delivered(ctx, large), 413},
		"chunked":      {chunked, 413},
		"cut":          {request(http.MethodPost, SignWebhook(testApp, []byte(body)), iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(body)))), 400},
		"no object":    {delivered(ctx, "[]"), 400},
		"no json":      {delivered(ctx, "{"), 400},
		"stale":        {delivered(ctx, stale), 400},
		"ahead":        {delivered(ctx, ahead), 400},
	} {
		if code := status(h, tt.r); code != tt.want {
			t.Errorf("%s: %d, want %d", name, code, tt.want)
		}
	}
	if len(got) != 0 {
		t.Fatalf("refused deliveries were handed on: %v", got)
	}
	// What is odd but signed arrives, once.
	for i, body := range []string{
		`{}`, body, fresh(999, "b"), `{"type":1,"data":{"order_id":[]}}`, `{"type":3,"data":{"order_id":"1"}}`,
		fmt.Sprintf(`{"type":1,"timestamp":%d,"data":{"order_id":"1"}}`, time.Now().Add(-16*time.Hour).Unix()),
		fmt.Sprintf(`{"type":1,"timestamp":%d,"data":{"order_id":"1"}}`, time.Now().Add(time.Hour).Unix()),
		fmt.Sprintf(`{"type":1,"timestamp":%d,"data":{"order_id":"1"}}`, time.Now().UnixMilli()),
		fmt.Sprintf(`{"type":1,"timestamp":%d.25,"data":{"order_id":"1"}}`, time.Now().Unix()),
		"\ufeff" + fresh(1, "c"),
	} {
		for range 2 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, delivered(ctx, body))
			if w.Code != 200 || w.Body.Len() != 0 {
				t.Errorf("%s: %d %q", body, w.Code, w.Body)
			}
		}
		if len(got) != i+1 || string(got[i].Raw) != body {
			t.Fatalf("%s: was handed on %d times", body, len(got)-i)
		}
	}
	if got[3].DecodeErr == nil || *got[3].Data.(*OrderStatusChange) != (OrderStatusChange{}) || got[1].Data.(*OrderStatusChange).OrderID != "5764" {
		t.Errorf("%#v", got[3])
	}
}

func TestNewWebhookHandlerRefuses(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, *WebhookEvent) error { return nil }
	for name, f := range map[string]func() (*WebhookHandler, error){
		"secret":   func() (*WebhookHandler, error) { return NewWebhookHandler(App{Key: "k"}, ok) },
		"function": func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, nil) },
		"option":   func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, nil) },
		"deduper":  func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithWebhookDeduper(nil)) },
		"window":   func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithWebhookWindow(-1)) },
		"deadline": func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithWebhookDeadline(0)) },
		"too long": func() (*WebhookHandler, error) {
			return NewWebhookHandler(testApp, ok, WithWebhookDeadline(4*time.Second))
		},
		"limit":    func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithWebhookBodyLimit(0)) },
		"failures": func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithWebhookFailures(nil)) },
		"workers":  func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithAnswerFirst(0, 1)) },
		"queue":    func() (*WebhookHandler, error) { return NewWebhookHandler(testApp, ok, WithAnswerFirst(1, 0)) },
	} {
		if h, err := f(); err == nil || h != nil {
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWebhookHandlerFailures: what fails is sent again and handed on then.
func TestWebhookHandlerFailures(t *testing.T) {
	t.Parallel()
	calls, failures := 0, 0
	h := newWebhooks(t, func(context.Context, *WebhookEvent) error {
		calls++
		switch calls {
		case 1:
			return errors.New("the queue is away")
		case 2:
			panic("nil map")
		}
		return nil
	}, WithWebhookFailures(func(e *WebhookEvent, err error) {
		failures++
		if e.ID != "a" || err == nil {
			t.Errorf("%v, %v", e, err)
		}
		panic("the failure function fails too")
	}))
	body := fresh(1, "a")
	for i, want := range []int{503, 503, 200, 200} {
		if code := status(h, delivered(t.Context(), body)); code != want {
			t.Errorf("delivery %d: %d, want %d", i+1, code, want)
		}
	}
	if calls != 3 || failures != 2 {
		t.Errorf("%d calls, %d failures", calls, failures)
	}
}

// TestWebhookHandlerDeadline: the function learns when the answer is due, and a
// function that ignores it is not called again once it has succeeded.
func TestWebhookHandlerDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow, calls := false, 0
		h := newWebhooks(t, func(ctx context.Context, _ *WebhookEvent) error {
			calls++
			if slow {
				time.Sleep(10 * time.Second)
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		body := fresh(1, "a")
		start := time.Now()
		if code := status(h, delivered(t.Context(), body)); code != 503 || time.Since(start) != 2500*time.Millisecond {
			t.Errorf("%d after %v", code, time.Since(start))
		}
		slow = true
		if code := status(h, delivered(t.Context(), body)); code != 200 {
			t.Error(code)
		}
		time.Sleep(12 * time.Hour) // TikTok's last pause
		if code := status(h, delivered(t.Context(), body)); code != 200 || calls != 2 {
			t.Errorf("%d, %d calls", code, calls)
		}
	})
}

// TestWebhookHandlerConcurrent: of many deliveries of one event at once one is
// handed on, and all get its outcome.
func TestWebhookHandlerConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		fail := true
		h := newWebhooks(t, func(context.Context, *WebhookEvent) error {
			calls.Add(1)
			time.Sleep(time.Second)
			if fail {
				return errors.New("no")
			}
			return nil
		})
		body := fresh(1, "a")
		for _, want := range []int{503, 200} {
			calls.Store(0)
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					if code := status(h, delivered(t.Context(), body)); code != want {
						t.Errorf("%d, want %d", code, want)
					}
				})
			}
			wg.Wait()
			if calls.Load() != 1 {
				t.Errorf("handed on %d times", calls.Load())
			}
			fail = false
		}
	})
}

// TestWebhookHandlerShuffled: in any order, with any repeats, from many
// goroutines, every event is handed on once.
func TestWebhookHandlerShuffled(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]WebhookOption{nil, {WithAnswerFirst(4, 4000)}} {
		var mu sync.Mutex
		seen := map[string]int{}
		h := newWebhooks(t, func(_ context.Context, e *WebhookEvent) error {
			mu.Lock()
			defer mu.Unlock()
			seen[e.ID]++
			return nil
		}, opts...)
		var bodies []string
		for i := range 500 {
			body := fmt.Sprintf(`{"type":1,"tts_notification_id":"%d","timestamp":%d,"data":{"order_id":"1"}}`, i, time.Now().Unix()-rand.Int64N(50_000))
			bodies = append(bodies, body, body, body)
		}
		rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
		var wg sync.WaitGroup
		for part := range 8 {
			wg.Go(func() {
				for i := part; i < len(bodies); i += 8 {
					if code := status(h, delivered(t.Context(), bodies[i])); code != 200 {
						t.Errorf("status %d", code)
					}
				}
			})
		}
		wg.Wait()
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 500 {
			t.Errorf("%d events", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s was handed on %d times", id, n)
			}
		}
	}
}

// TestWebhookReplay: a captured delivery does nothing within the window and is
// refused after it.
func TestWebhookReplay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := newWebhooks(t, func(context.Context, *WebhookEvent) error { calls++; return nil })
		open := newWebhooks(t, func(context.Context, *WebhookEvent) error { return nil }, WithWebhookWindow(0))
		body := fresh(1, "a")
		start := time.Now()
		for time.Since(start) < 80*time.Hour {
			want := 200
			if time.Since(start) > 24*time.Hour {
				want = 400
			}
			if code := status(h, delivered(t.Context(), body)); code != want || calls != 1 {
				t.Fatalf("after %v: %d, %d calls", time.Since(start), code, calls)
			}
			time.Sleep(37 * time.Minute)
		}
		if code := status(open, delivered(t.Context(), body)); code != 200 {
			t.Error(code)
		}
	})
}

func TestMemoryWebhookDeduper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		m := new(MemoryWebhookDeduper)
		begun := map[string]time.Time{}
		for i := range 3000 {
			key := fmt.Sprint(i)
			if seen, _ := m.Seen(ctx, key); seen {
				t.Fatalf("%s was seen before", key)
			}
			_ = m.Remember(ctx, key)
			begun[key] = time.Now()
			old := fmt.Sprint(rand.IntN(i + 1))
			age := time.Since(begun[old])
			seen, _ := m.Seen(ctx, old)
			// A key is forgotten with a call, and those are up to 10 minutes apart: twice.
			if !seen && age < 48*time.Hour || seen && age > 96*time.Hour+20*time.Minute {
				t.Fatalf("after %v: seen %v", age, seen)
			}
			time.Sleep(time.Duration(rand.Int64N(int64(10 * time.Minute))))
		}
		time.Sleep(1000 * time.Hour)
		_, _ = m.Seen(ctx, "1")
		if len(m.young)+len(m.old) != 0 {
			t.Error("old keys are kept for ever")
		}

		small := &MemoryWebhookDeduper{Max: 10}
		for i := range 1000 {
			_ = small.Remember(ctx, fmt.Sprint(i))
			for j := max(0, i-4); j <= i; j++ {
				if seen, _ := small.Seen(ctx, fmt.Sprint(j)); !seen && i-j < 4 {
					t.Fatalf("key %d of %d was forgotten", j, i)
				}
			}
			if n := len(small.young) + len(small.old); n > 10 {
				t.Fatalf("%d keys", n)
			}
		}
	})
}

// brokenDeduper fails in every way.
type brokenDeduper struct{ panics bool }

func (b brokenDeduper) Seen(context.Context, string) (bool, error) {
	if b.panics {
		panic("Seen")
	}
	return true, errors.New("away")
}

func (b brokenDeduper) Remember(context.Context, string) error {
	if b.panics {
		panic("Remember")
	}
	return errors.New("away")
}

// TestWebhookDeduperBroken: a store that is away costs no event.
func TestWebhookDeduperBroken(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]WebhookOption{nil, {WithAnswerFirst(1, 10)}} {
		for _, panics := range []bool{false, true} {
			var calls atomic.Int64
			h := newWebhooks(t, func(context.Context, *WebhookEvent) error { calls.Add(1); return nil },
				append(opts, WithWebhookDeduper(brokenDeduper{panics}))...)
			if code := status(h, delivered(t.Context(), fresh(1, "a"))); code != 200 {
				t.Error(code)
			}
			if err := h.Close(t.Context()); err != nil || calls.Load() != 1 {
				t.Errorf("%v, %d calls", err, calls.Load())
			}
		}
	}
}

// A log handler that panics costs no event, whichever goroutine logs.
func TestWebhookLoggerPanics(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]WebhookOption{nil, {WithAnswerFirst(1, 10)}} {
		var failures atomic.Int64
		h := newWebhooks(t, func(context.Context, *WebhookEvent) error { panic("function") },
			append(opts, WithWebhookLogger(slog.New(panicky{})), WithWebhookFailures(func(*WebhookEvent, error) { failures.Add(1) }))...)
		_ = status(h, delivered(t.Context(), fresh(1, "a")))
		if err := h.Close(t.Context()); err != nil || failures.Load() != 1 {
			t.Errorf("%v, %d failures", err, failures.Load())
		}
	}
}

func TestAnswerFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled []string
		var failed []string
		h := newWebhooks(t, func(ctx context.Context, e *WebhookEvent) error {
			if due, ok := ctx.Deadline(); !ok || time.Until(due) != time.Minute {
				t.Errorf("deadline %v", due)
			}
			time.Sleep(10 * time.Second)
			handled = append(handled, e.ID)
			if e.ID == "a" {
				panic("first")
			}
			return nil
		}, WithAnswerFirst(1, 2), WithWebhookFailures(func(e *WebhookEvent, _ error) { failed = append(failed, e.ID) }))

		start := time.Now()
		for _, d := range []struct {
			id   string
			want int
		}{{"a", 200}, {"b", 200}, {"b", 200}, {"c", 200}, {"d", 503}} {
			if code := status(h, delivered(t.Context(), fresh(1, d.id))); code != d.want {
				t.Errorf("%s: %d, want %d", d.id, code, d.want)
			}
			synctest.Wait() // the worker takes the first
		}
		if time.Since(start) != 0 {
			t.Error("the answers had to wait")
		}
		time.Sleep(15 * time.Second) // a has failed, b is at work
		for _, d := range []struct {
			id   string
			want int
		}{{"d", 200}, {"a", 503}, {"b", 200}} {
			if code := status(h, delivered(t.Context(), fresh(1, d.id))); code != d.want {
				t.Errorf("%s again: %d, want %d", d.id, code, d.want)
			}
		}
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(handled, failed); got != "[a b c d] [a]" || time.Since(start) != 40*time.Second {
			t.Errorf("%s after %v", got, time.Since(start))
		}
		if code := status(h, delivered(t.Context(), fresh(1, "e"))); code != 503 {
			t.Errorf("after Close: %d", code)
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestAnswerFirstAbort: when Close may not wait, nothing is lost in silence.
func TestAnswerFirstAbort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		failed := map[string]error{}
		h := newWebhooks(t, func(ctx context.Context, _ *WebhookEvent) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}, WithAnswerFirst(2, 10), WithWebhookFailures(func(e *WebhookEvent, err error) {
			mu.Lock()
			defer mu.Unlock()
			failed[e.ID] = err
		}))
		for i := range 5 {
			if code := status(h, delivered(t.Context(), fresh(1, fmt.Sprint(i)))); code != 200 {
				t.Error(code)
			}
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
		closed := 0
		for _, err := range failed {
			if errors.Is(err, ErrWebhookClosed) {
				closed++
			}
		}
		if len(failed) != 5 || closed != 3 {
			t.Errorf("%v", failed)
		}
	})
}

// TestWebhookLeaks: neither secrets nor what buyers wrote leave through texts.
func TestWebhookLeaks(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, logger := range []*slog.Logger{
		slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
	} {
		calls := 0
		h := newWebhooks(t, func(_ context.Context, e *WebhookEvent) error {
			fmt.Fprintf(&out, "%v %+v %#v %s %v %+v", e, *e, e, e, e.DecodeErr, e.Data)
			logger.Info("data", "data", e.Data, "event", *e)
			if calls++; calls%2 == 0 {
				return errors.New("no")
			}
			return nil
		}, WithWebhookLogger(logger), WithWebhookFailures(func(e *WebhookEvent, err error) { fmt.Fprintf(&out, "%+v %v", e, err) }))
		fmt.Fprintf(&out, "%v %+v %#v %s", h, h, h, h)
		for _, body := range []string{
			`{"type":14,"data":{"content":"MARKED","message_id":"1"}}`,
			`{"type":33,"data":{"content":"MARKED","message_id":"1"}}`,
			`{"type":14,"data":{"content":["MARKED"]}}`,
			`{"type":999,"data":{"name":"MARKED"}}`,
			`{"type":"MARKED"}`, `{"MARKED`, `{"type":1,"timestamp":1,"data":"MARKED"}`,
		} {
			for _, signature := range []string{SignWebhook(testApp, []byte(body)), strings.Repeat("f", 64), ""} {
				r := delivered(t.Context(), body)
				r.Header.Set("Authorization", signature)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				out.Write(w.Body.Bytes())
				fmt.Fprint(&out, w.Header())
				if signature != "" && strings.Contains(out.String(), signature) {
					t.Error("a signature was printed")
				}
			}
		}
	}
	if strings.Contains(out.String(), "MARKED") {
		t.Errorf("leaked:\n%s", out.String())
	}
}

// FuzzWebhook: no body and no signature makes the handler panic, an unsigned or
// wrongly signed one is never answered 200, and a signed one never by asking
// TikTok to send it again.
func FuzzWebhook(f *testing.F) {
	for _, v := range webhookVectors {
		f.Add(v.signature, []byte(v.body))
		f.Add(strings.ToUpper(v.signature), []byte(v.body))
	}
	f.Add("", []byte("{}"))
	f.Add(SignWebhook(testApp, []byte("{}")), []byte("{}"))
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		handed := 0
		h := newWebhooks(t, func(context.Context, *WebhookEvent) error { handed++; return nil }, WithWebhookWindow(0))
		send := func(signature string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
			r.Header["Authorization"] = []string{signature}
			return status(h, r)
		}
		right := SignWebhook(testApp, body)
		if code := send(signature); signature != right && (code != 401 || handed != 0) {
			t.Fatalf("a wrong signature was answered %d", code)
		}
		code := send(right)
		if code != 200 && code != 400 || (code == 200) != (handed == 1) {
			t.Fatalf("answered %d, handed on %d times", code, handed)
		}
		var object map[string]json.RawMessage
		if isObject := json.Unmarshal(body, &object) == nil && object != nil; isObject != (code == 200) {
			t.Fatalf("a JSON object: %v, answered %d", isObject, code)
		}
	})
}

func BenchmarkVerifyWebhook(b *testing.B) {
	v := webhookVectors[0]
	body := []byte(v.body)
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if err := VerifyWebhook(v.app, v.signature, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare HMAC", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		message := append([]byte(v.app.Key), body...)
		var sum [sha256.Size]byte
		for b.Loop() {
			mac := hmac.New(sha256.New, []byte(v.app.Secret.Reveal()))
			_, _ = mac.Write(message)
			mac.Sum(sum[:0])
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := ParseWebhook(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A window that is longer than the usual one is remembered for twice its length: a
// notification may come from a clock ahead, and again at the end of its window.
func TestWebhookReplayInLongWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const window = 72 * time.Hour
		calls := 0
		h := newWebhooks(t, func(context.Context, *WebhookEvent) error { calls++; return nil }, WithWebhookWindow(window))
		_ = status(h, delivered(t.Context(), fresh(1, "long before")))
		time.Sleep(window - time.Hour) // the deduper is about to turn its keys over
		calls = 0
		body := fmt.Sprintf(`{"type":1,"tts_notification_id":"ahead","shop_id":"7494","timestamp":%d,"data":{"order_id":"5764"}}`, time.Now().Add(window-time.Hour).Unix())
		start := time.Now()
		for time.Since(start) < 2*window-2*time.Hour {
			if code := status(h, delivered(t.Context(), body)); code != http.StatusOK || calls != 1 {
				t.Fatalf("after %v: status %d, %d calls; want 200 and one call", time.Since(start), code, calls)
			}
			time.Sleep(37 * time.Minute)
		}
	})
}
