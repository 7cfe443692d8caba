package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// roundTrip is a server without sockets.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// script answers with one status after the other, and the last one for ever.
func script(statuses ...int) roundTrip {
	n := 0
	return func(*http.Request) (*http.Response, error) {
		status := statuses[min(n, len(statuses)-1)]
		n++
		return respond(status, "body"), nil
	}
}

// protocol is a Protocol by status: 401 refuses credentials, 5xx and 429 are
// temporary, 429 with the Retry-After of the reply.
type protocol struct {
	steps          []string
	prepareErr     error
	reauthoriseErr error
}

type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

func (p *protocol) step(s string) { p.steps = append(p.steps, s) }

func (p *protocol) Prepare(_ context.Context, req *http.Request, body []byte) error {
	p.step("prepare " + string(body))
	req.Header.Add("Prepared", "yes")
	return p.prepareErr
}

func (p *protocol) Classify(r *Reply) Verdict {
	p.step("classify")
	v := Verdict{Err: statusError(r.Status), Code: fmt.Sprint(r.Status), After: RetryAfter(r.Header, time.Now())}
	switch {
	case r.Status < 300:
		return Verdict{Code: "ok"}
	case r.Status == 401:
		v.Retry = RetryReauthorised
	case r.Status == 429:
		v.Retry, v.Limit = RetryUnread, Throttled
	case r.Status == 503:
		v.Retry, v.Limit = RetryLater, Overloaded
	case r.Status >= 500:
		v.Retry = RetryLater
	}
	return v
}

func (p *protocol) Reauthorise(context.Context) error {
	p.step("reauthorise")
	return p.reauthoriseErr
}

func newTransport(rt roundTrip) *Transport {
	s := Defaults("test")
	if err := s.SetHTTPClient(&http.Client{Transport: rt}); err != nil {
		panic(err)
	}
	return s.Transport()
}

func testCall(replay Replay) Call {
	return Call{
		Operation: "Things.Get", Method: "POST", Replay: replay, Body: []byte("payload"),
		URL:    &url.URL{Scheme: "https", Host: "api.test", Path: "/things", RawQuery: "sign=SIGNATURE"},
		Header: http.Header{"X-Kind": {"test"}},
	}
}

func TestStepsOfAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &protocol{}
		statuses := []int{500, 401, 200}
		tr := newTransport(func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			p.step(fmt.Sprintf("send %s %s %v %v", r.Method, body, r.Header["X-Kind"], r.Header["Prepared"]))
			status := statuses[0]
			statuses = statuses[1:]
			return respond(status, "answer"), nil
		})
		tr.Middleware = []Middleware{
			func(r *http.Request, next Next) (*http.Response, error) { p.step("outer"); return next(r) },
			func(r *http.Request, next Next) (*http.Response, error) { p.step("inner"); return next(r) },
		}
		tr.Observer = func(_ context.Context, e Event) {
			p.step(fmt.Sprintf("observe %s %d %s %d %s %d %v", e.Operation, e.Attempt, e.Wait, e.Status, e.Code, e.Bytes, e.Err))
		}
		call := testCall(ReplayRead)
		call.Wait = func(context.Context) error { p.step("wait"); time.Sleep(time.Second); return nil }
		reply, err := tr.Do(t.Context(), call, p)
		if err != nil {
			t.Fatal(err)
		}
		attempt := []string{"wait", "prepare payload", "outer", "inner", "send POST payload [test] [yes]", "classify"}
		var want []string
		want = append(append(want, attempt...), "observe Things.Get 1 1s 500 500 6 status 500")
		want = append(append(want, attempt...), "observe Things.Get 2 1s 401 401 6 status 401", "reauthorise")
		want = append(append(want, attempt...), "observe Things.Get 3 1s 200 ok 6 <nil>")
		if d := cmp.Diff(want, p.steps); d != "" {
			t.Error(d)
		}
		if call.Header.Get("Prepared") != "" {
			t.Error("an attempt changed the header of the call")
		}
		if reply.Status != 200 || string(reply.Body) != "answer" || reply.Attempts != 3 {
			t.Errorf("reply = %+v", reply)
		}
		if low, high := 3*time.Second+750*time.Millisecond, 4*time.Second+250*time.Millisecond; reply.Waited < low || reply.Waited > high {
			t.Errorf("waited %s, want three limits and one pause: %s to %s", reply.Waited, low, high)
		}
	})
}

func TestWhatIsRepeated(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	proxy := &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("connection refused")}
	read := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset")}
	status := func(s int) func() (*http.Response, error) {
		return func() (*http.Response, error) { return respond(s, ""), nil }
	}
	fault := func(err error) func() (*http.Response, error) {
		return func() (*http.Response, error) { return nil, err }
	}
	for name, c := range map[string]struct {
		answer             func() (*http.Response, error)
		never, read, write int // attempts
	}{
		"success":             {status(200), 1, 1, 1},
		"redirect":            {status(302), 1, 1, 1},
		"refused for good":    {status(400), 1, 1, 1},
		"temporary":           {status(503), 1, 5, 5},
		"throttle":            {status(429), 5, 5, 5},
		"credentials refused": {status(401), 2, 2, 2},
		"no connection":       {fault(dial), 5, 5, 5},
		"no proxy":            {fault(fmt.Errorf("wrapped: %w", proxy)), 5, 5, 5},
		"connection lost":     {fault(read), 1, 5, 5},
		"unknown authority":   {fault(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), 1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for replay, want := range map[Replay]int{ReplayNever: c.never, ReplayRead: c.read, ReplayWrite: c.write} {
				synctest.Test(t, func(t *testing.T) {
					sent := 0
					tr := newTransport(func(*http.Request) (*http.Response, error) { sent++; return c.answer() })
					reply, err := tr.Do(t.Context(), testCall(replay), &protocol{})
					if sent != want || reply.Attempts != want {
						t.Errorf("replay %d: %d attempts, %d reported, want %d (%v)", replay, sent, reply.Attempts, want, err)
					}
				})
			}
		})
	}
}

func TestRefusedCredentialsDoNotUseUpATry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(script(401, 500, 200))
		tr.MaxAttempts = 2
		if reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{}); err != nil || reply.Attempts != 3 {
			t.Errorf("%d attempts, %v; want success at the third", reply.Attempts, err)
		}
		tr = newTransport(script(401, 500, 401, 200))
		if reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{}); !errors.Is(err, statusError(401)) || reply.Attempts != 3 {
			t.Errorf("%d attempts, %v; want the second 401 to end the call", reply.Attempts, err)
		}
	})
}

func TestReauthoriseFails(t *testing.T) {
	cause := errors.New("no new credentials")
	p := &protocol{reauthoriseErr: cause}
	reply, err := newTransport(script(401)).Do(t.Context(), testCall(ReplayRead), p)
	if !errors.Is(err, cause) || !errors.Is(err, statusError(401)) || reply.Attempts != 1 {
		t.Errorf("%d attempts, err %v; want both causes after one", reply.Attempts, err)
	}
}

func TestPrepareFails(t *testing.T) {
	p := &protocol{prepareErr: errors.New("no credentials")}
	reply, err := newTransport(func(*http.Request) (*http.Response, error) {
		t.Error("sent all the same")
		return respond(200, ""), nil
	}).Do(t.Context(), testCall(ReplayRead), p)
	if !errors.Is(err, p.prepareErr) || reply.Status != 0 {
		t.Errorf("reply %+v, err %v", reply, err)
	}
}

// pausesOf runs a call and returns the time between its attempts.
func pausesOf(t *testing.T, tr *Transport, attempts int) []time.Duration {
	t.Helper()
	var at []time.Time
	inner := tr.HTTP.Transport
	tr.HTTP.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		at = append(at, time.Now())
		return inner.RoundTrip(r)
	})
	tr.MaxAttempts = attempts
	reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{})
	if err == nil || reply.Attempts != attempts {
		t.Fatalf("%d attempts, err %v; want %d and an error", reply.Attempts, err, attempts)
	}
	var pauses []time.Duration
	var sum time.Duration
	for i := range attempts - 1 {
		pauses = append(pauses, at[i+1].Sub(at[i]))
		sum += pauses[i]
	}
	if reply.Waited != sum {
		t.Errorf("reply says %s waited, the attempts say %s", reply.Waited, sum)
	}
	return pauses
}

func TestPausesGrowWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		distinct := map[time.Duration]bool{}
		for range 50 {
			middle := time.Second
			for i, pause := range pausesOf(t, newTransport(script(500)), 9) {
				if pause < middle*3/4 || pause > middle*5/4 {
					t.Errorf("pause %d is %s, want %s give or take a quarter", i+1, pause, middle)
				}
				distinct[pause] = true
				middle = min(2*middle, time.Minute)
			}
		}
		if len(distinct) < 100 {
			t.Errorf("%d distinct pauses of 400: no jitter", len(distinct))
		}
	})
}

func TestRetryAfterIsAMinimum(t *testing.T) {
	for header, bounds := range map[string][2]time.Duration{
		"10":   {10 * time.Second, 10 * time.Second},
		"0.01": {750 * time.Millisecond, 1250 * time.Millisecond},
		"120":  {2 * time.Minute, 2 * time.Minute},
		// The clock of a bubble starts with the year 2000.
		"Sat, 01 Jan 2000 00:00:30 GMT": {30 * time.Second, 30 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(429, "", "Retry-After", header), nil })
			if got := pausesOf(t, tr, 2)[0]; got < bounds[0] || got > bounds[1] {
				t.Errorf("Retry-After %s: pause %s, want %s to %s", header, got, bounds[0], bounds[1])
			}
		})
	}
}

func TestRetryAfterBeyondTheCapEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(429, "", "Retry-After", "121"), nil })
		reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{})
		if !errors.Is(err, statusError(429)) || reply.Attempts != 1 || time.Since(start) != 0 {
			t.Errorf("%d attempts in %s, err %v; want the throttle at once", reply.Attempts, time.Since(start), err)
		}
		// The cap is on what a server asks, not on our own pauses.
		tr = newTransport(script(500))
		tr.MaxRetryAfter = time.Millisecond
		pausesOf(t, tr, 5)
	})
}

func TestContextEndsTheCall(t *testing.T) {
	limiter := NewKeyed(func(string) Limit { return Limit{PerSecond: 1.0 / 60, Burst: 1} })
	block := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	blockedBody := func(r *http.Request) (*http.Response, error) {
		resp := respond(200, "")
		resp.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }))
		return resp, nil
	}
	for name, c := range map[string]struct {
		rt       roundTrip
		limited  bool
		attempts int
		last     error // of the last attempt, if there was one
	}{
		"before all":         {rt: script(200)},
		"waiting for limit":  {rt: script(200), limited: true},
		"waiting for answer": {rt: block, attempts: 1},
		"reading":            {rt: blockedBody, attempts: 1},
		"pausing":            {rt: script(500), attempts: 1, last: statusError(500)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				call := testCall(ReplayRead)
				switch {
				case name == "before all":
					cancel()
				case c.limited:
					call.Wait = func(ctx context.Context) error { return limiter.Wait(ctx, name) }
					if err := call.Wait(ctx); err != nil {
						t.Fatal(err)
					}
				}
				time.AfterFunc(100*time.Millisecond, cancel)
				start := time.Now()
				reply, err := newTransport(c.rt).Do(ctx, call, &protocol{})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("err = %v, want context.Canceled", err)
				}
				var network *NetworkError
				if errors.As(err, &network) {
					t.Errorf("the caller's own cancellation is a network error: %v", err)
				}
				if c.last != nil && !errors.Is(err, c.last) {
					t.Errorf("err = %v, want also %v", err, c.last)
				}
				if want := 100 * time.Millisecond; (c.limited || c.last != nil) && reply.Waited != want {
					t.Errorf("%s waited, want %s", reply.Waited, want)
				}
				if reply.Attempts != c.attempts {
					t.Errorf("%d attempts, want %d", reply.Attempts, c.attempts)
				}
				if d := time.Since(start); name != "before all" && d != 100*time.Millisecond {
					t.Errorf("returned after %s, want at the cancellation", d)
				}
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("err = %q, want one line", err)
				}
			})
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestUnmeetableDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		reply, err := newTransport(script(500)).Do(ctx, testCall(ReplayRead), &protocol{})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, statusError(500)) || !strings.Contains(err.Error(), "no time for a pause of") {
			t.Errorf("pause: err = %v", err)
		}
		if reply.Attempts != 1 || time.Since(start) != 0 {
			t.Errorf("pause: %d attempts in %s, want one at once", reply.Attempts, time.Since(start))
		}

		limits := NewKeyed(func(string) Limit { return Limit{PerSecond: 1, Burst: 1} })
		call := testCall(ReplayRead)
		call.Wait = func(ctx context.Context) error { return limits.Wait(ctx, "") }
		_ = limits.Wait(t.Context(), "")
		reply, err = newTransport(script(200)).Do(ctx, call, &protocol{})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "rate limit") {
			t.Errorf("limit: err = %v", err)
		}
		if reply.Attempts != 0 || time.Since(start) != 0 {
			t.Errorf("limit: %d attempts in %s, want none at once", reply.Attempts, time.Since(start))
		}
	})
}

// The end of one attempt's time is the network's fault, not the caller's.
func TestAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		tr := newTransport(func(r *http.Request) (*http.Response, error) {
			if n++; n == 2 {
				return respond(200, ""), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		if reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{}); err != nil || reply.Attempts != 2 {
			t.Errorf("%d attempts, %v; want success at the second", reply.Attempts, err)
		}
		n = 2
		_, err := tr.Do(t.Context(), testCall(ReplayNever), &protocol{})
		var network *NetworkError
		var timeout net.Error
		if !errors.As(err, &network) || !network.Sent || errors.Is(err, context.DeadlineExceeded) || err.Error() != "no complete reply within 30s" {
			t.Errorf("err = %v", err)
		}
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("err = %v, want a timeout", err)
		}
	})
}

// The reply is that of the last attempt, also where it is empty.
func TestReplyOfTheLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		tr := newTransport(func(*http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return respond(500, "fault"), nil
			}
			return nil, io.ErrUnexpectedEOF
		})
		tr.MaxAttempts = 2
		reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{})
		if !errors.Is(err, io.ErrUnexpectedEOF) || reply.Attempts != 2 || reply.Status != 0 || reply.Body != nil {
			t.Errorf("reply %+v, err %v", reply, err)
		}
	})
}

func TestBodyLimit(t *testing.T) {
	for size, want := range map[int]bool{9: true, 10: true, 11: false, 1000: false} {
		tr := newTransport(func(*http.Request) (*http.Response, error) { return respond(200, strings.Repeat("x", size)), nil })
		tr.MaxBody = 10
		reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{})
		if want != (err == nil) || err != nil && !errors.Is(err, ErrBodyTooLarge) {
			t.Errorf("%d bytes of 10: err = %v", size, err)
		}
		if len(reply.Body) != min(size, 10) || reply.Attempts != 1 {
			t.Errorf("%d bytes of 10: kept %d after %d attempts", size, len(reply.Body), reply.Attempts)
		}
		if reply.Lost == want { // what it said is not known
			t.Errorf("%d bytes of 10: lost %t", size, reply.Lost)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var sent []string
	tr := newTransport(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.URL.Host)
		return respond(307, "", "Location", "https://elsewhere.test/"), nil
	})
	reply, err := tr.Do(t.Context(), testCall(ReplayRead), &protocol{})
	if d := cmp.Diff([]string{"api.test"}, sent); d != "" || reply.Status != 307 || err == nil {
		t.Errorf("status %d, err %v, sent %s", reply.Status, err, d)
	}
}

func TestMiddlewareWithoutResponse(t *testing.T) {
	tr := newTransport(script(200))
	tr.Middleware = []Middleware{func(*http.Request, Next) (*http.Response, error) { return nil, nil }}
	if _, err := tr.Do(t.Context(), testCall(ReplayNever), &protocol{}); err == nil {
		t.Error("no error")
	}
}

func TestErrorsAndLogsHideTheCall(t *testing.T) {
	var log bytes.Buffer
	tr := newTransport(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Fail") != "" {
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: io.ErrUnexpectedEOF}
		}
		return respond(400, "REPLY"), nil
	})
	call := testCall(ReplayNever)
	call.Header.Set("Authorization", "TOKEN")
	call.Body = []byte("PAYLOAD")
	failing := testCall(ReplayNever)
	failing.Header.Set("Fail", "TOKEN")
	malformed := testCall(ReplayNever)
	malformed.Method = "BAD METHOD"
	noHost := testCall(ReplayNever)
	noHost.URL = &url.URL{Scheme: "https", Host: "%zz", RawQuery: "sign=SIGNATURE"}

	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}),
		slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}),
	} {
		tr.Logger = slog.New(handler)
		for _, c := range []Call{call, failing, malformed, noHost} {
			_, err := tr.Do(t.Context(), c, &protocol{})
			if err == nil {
				t.Fatal("no error")
			}
			fmt.Fprintf(&log, "%v %+v %#v\n", err, err, err.Error())
		}
	}
	for _, secret := range []string{"SIGNATURE", "TOKEN", "PAYLOAD", "REPLY", "api.test"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s shows in:\n%s", secret, log.String())
		}
	}
	for _, want := range []string{"operation=Things.Get method=POST path=/things attempt=1", "status=400", `"status":400`, "bytes=5", `error="status 400"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is missing in:\n%s", want, log.String())
		}
	}

	log.Reset()
	tr.Logger = slog.New(slog.NewTextHandler(&log, nil))
	_, _ = tr.Do(t.Context(), call, &protocol{})
	if log.Len() != 0 {
		t.Errorf("logged above debug: %s", log.String())
	}
}

func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	// A bubble ends only when all its goroutines have.
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, status := range []int{200, 400, 401, 500} {
			_, _ = newTransport(script(status)).Do(ctx, testCall(ReplayRead), &protocol{})
		}
	})
	after := runtime.NumGoroutine()
	for range 100 { // one that has done its work is counted for another moment
		if after <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
		after = runtime.NumGoroutine()
	}
	t.Errorf("%d goroutines, %d before", after, before)
}
