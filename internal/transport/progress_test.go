package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Whether the server may have seen a call is observed, with the real net/http.
func TestSentOrNotIsObserved(t *testing.T) {
	quiet := log.New(io.Discard, "", 0)
	withTLS := httptest.NewUnstartedServer(http.NotFoundHandler())
	withTLS.Config.ErrorLog = quiet
	withTLS.StartTLS()
	t.Cleanup(withTLS.Close)
	trusted := withTLS.Client().Transport.(*http.Transport).TLSClientConfig
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	reset := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}))
	t.Cleanup(reset.Close)
	half := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
		_ = conn.Close()
	}))
	t.Cleanup(half.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	// The network swallows the connection, as when packets are dropped.
	blackhole := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	nowhere := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.test", IsNotFound: true}
	}}
	for name, tt := range map[string]struct {
		base        string
		rt          *http.Transport
		sent        bool
		certificate bool
		attempts    int // of a call that must not be repeated once it was sent
		ctx         time.Duration
		hangs       bool // until the attempt's time is over
	}{
		"dial swallowed":                 {"https://api.test", blackhole, false, false, 2, 0, true},
		"dial swallowed, caller gone":    {"https://api.test", blackhole, false, false, 1, time.Second, false},
		"no such host":                   {"https://api.test", nowhere, false, false, 2, 0, false},
		"unknown authority":              {withTLS.URL, &http.Transport{}, false, true, 1, 0, false},
		"certificate of another host":    {strings.Replace(withTLS.URL, "127.0.0.1", "localhost", 1), &http.Transport{TLSClientConfig: trusted}, false, true, 1, 0, false},
		"plain HTTP on a TLS port":       {strings.Replace(plain.URL, "http:", "https:", 1), &http.Transport{}, false, false, 2, 0, false},
		"no handshake":                   {"https://" + silent.Addr().String(), &http.Transport{}, false, false, 2, 0, true},
		"no reply":                       {"http://" + silent.Addr().String(), &http.Transport{}, true, false, 1, 0, true},
		"no reply, caller gone":          {"http://" + silent.Addr().String(), &http.Transport{}, true, false, 1, time.Second, false},
		"connection closed":              {reset.URL, &http.Transport{}, true, false, 1, 0, false},
		"connection closed in the reply": {half.URL, &http.Transport{}, true, false, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer tt.rt.CloseIdleConnections()
			tr := newTransport(nil)
			tr.HTTP.Transport = tt.rt
			tr.BackoffBase, tr.MaxAttempts = time.Millisecond, 2
			if tt.hangs {
				tr.AttemptTimeout = time.Second
			}
			call := testCall(ReplayNever)
			call.URL, _ = url.Parse(tt.base + "/things")
			ctx := t.Context()
			if tt.ctx != 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tt.ctx)
				defer cancel()
			}
			reply, err := tr.Do(ctx, call, &protocol{})
			var network *NetworkError
			switch {
			case tt.ctx != 0:
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("err = %v, want the caller's deadline", err)
				}
			case !errors.As(err, &network) || network.Sent != tt.sent || network.Certificate != tt.certificate:
				t.Errorf("err = %+v, want sent %t, certificate %t", network, tt.sent, tt.certificate)
			}
			if reply.Lost != tt.sent || reply.Attempts != tt.attempts {
				t.Errorf("lost %t after %d attempts, want %t, %d (%v)", reply.Lost, reply.Attempts, tt.sent, tt.attempts, err)
			}
		})
	}
}

// What net/http refuses before it connects was not sent, and is not tried again: it
// would refuse that too.
func TestRefusedBeforeConnecting(t *testing.T) {
	t.Parallel()
	arrived := new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	t.Cleanup(server.Close)
	newline := func(r *http.Request, next Next) (*http.Response, error) {
		r.Header.Set("X-Trace", "a\nb")
		return next(r)
	}
	// The trace is lost with the context: nobody knows what became of the request.
	apart := func(r *http.Request, next Next) (*http.Response, error) {
		resp, err := next(r.WithContext(context.Background()))
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errors.Join(err, errors.New("no reply"))
	}
	for name, tt := range map[string]struct {
		url        string
		rt         http.RoundTripper
		middleware []Middleware
		sent       bool
	}{
		"a proxy function that fails":  {server.URL, &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy today") }}, nil, false},
		"a newline in a header":        {server.URL, &http.Transport{}, []Middleware{newline}, false},
		"a scheme of no protocol":      {"gopher://api.test", &http.Transport{}, nil, false},
		"no host":                      {"http:///things", &http.Transport{}, nil, false},
		"the default transport":        {"gopher://api.test", nil, nil, false},
		"a request of another context": {server.URL, &http.Transport{}, []Middleware{apart}, true},
		"a sender of somebody else's":  {server.URL, roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }), nil, true},
		"a middleware that refuses":    {server.URL, &http.Transport{}, []Middleware{func(*http.Request, Next) (*http.Response, error) { return nil, errors.New("refused") }}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(nil)
			tr.HTTP.Transport, tr.Middleware = tt.rt, tt.middleware
			tr.BackoffBase, tr.MaxAttempts = time.Millisecond, 3
			call := testCall(ReplayNever)
			call.URL, _ = url.Parse(tt.url)
			before := arrived.Load()
			reply, err := tr.Do(t.Context(), call, &protocol{})
			var network *NetworkError
			if !errors.As(err, &network) || network.Sent != tt.sent || reply.Lost != tt.sent || reply.Attempts != 1 {
				t.Errorf("got %+v, lost %t after %d attempts; want sent %t after 1", network, reply.Lost, reply.Attempts, tt.sent)
			}
			if n := arrived.Load() - before; n != 0 && !tt.sent {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

// A sender that reports nothing is taken to have sent, but for a failed dial and
// a certificate that it refused.
func TestSenderThatReportsNothing(t *testing.T) {
	for _, tt := range []struct {
		err  error
		sent bool
	}{
		{io.ErrUnexpectedEOF, true},
		{context.DeadlineExceeded, true},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, false},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, true},
		{x509.UnknownAuthorityError{}, false},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "api.test"}}, false},
	} {
		tr := newTransport(func(*http.Request) (*http.Response, error) { return nil, tt.err })
		tr.MaxAttempts = 1
		if reply, err := tr.Do(t.Context(), testCall(ReplayNever), &protocol{}); reply.Lost != tt.sent {
			t.Errorf("%v: lost %t, want %t", err, reply.Lost, tt.sent)
		}
	}
}

// On a connection that was kept alive and dies, net/http itself would send most
// requests again. Each attempt arrives once all the same, and none has a body
// that the call has not.
func TestAnAttemptArrivesOnce(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT"} {
		for _, body := range []string{"", "payload"} {
			for _, replay := range []Replay{ReplayNever, ReplayRead} {
				t.Run(method+" "+body, func(t *testing.T) {
					t.Parallel()
					listener, err := net.Listen("tcp", "127.0.0.1:0")
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = listener.Close() }()
					var arrived atomic.Int64
					go func() {
						for {
							conn, err := listener.Accept()
							if err != nil {
								return
							}
							go serveOnce(t, conn, body, &arrived)
						}
					}()
					pool := &http.Transport{}
					defer pool.CloseIdleConnections()
					tr := newTransport(nil)
					tr.HTTP.Transport = pool
					tr.MaxAttempts, tr.BackoffBase = 2, time.Millisecond
					call := testCall(replay)
					call.Method, call.Body = method, []byte(body)
					if body != "" || method == "DELETE" {
						// What net/http would take for leave to repeat any method.
						call.Header.Set("Idempotency-Key", "1")
					}
					call.URL, _ = url.Parse("http://" + listener.Addr().String() + "/things")
					if _, err := tr.Do(t.Context(), call, &protocol{}); err != nil {
						t.Fatal(err)
					}
					arrived.Store(0)
					reply, err := tr.Do(t.Context(), call, &protocol{})
					want := int64(2) // a new connection answers its first request
					if replay == ReplayNever {
						want = 1
					}
					if arrived.Load() != want || int64(reply.Attempts) != want || (err == nil) != (replay == ReplayRead) {
						t.Errorf("%d arrived in %d attempts, want %d (%v)", arrived.Load(), reply.Attempts, want, err)
					}
				})
			}
		}
	}
}

// serveOnce answers the first request of a connection and dies at the second.
func serveOnce(t *testing.T, conn net.Conn, body string, arrived *atomic.Int64) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	for n := range 2 {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		got, _ := io.ReadAll(req.Body)
		arrived.Add(1)
		if string(got) != body || len(req.TransferEncoding) != 0 || req.ContentLength != int64(len(body)) {
			t.Errorf("%s with body %q, length %d, encoding %v; want %q", req.Method, got, req.ContentLength, req.TransferEncoding, body)
		}
		if n == 0 {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	}
}

// A connection was there, and the header not seen to be written: once the time of
// the attempt or the caller ended it, it may be under way.
func TestEndedWhileItWasWritten(t *testing.T) {
	t.Parallel()
	over, end := context.WithCancel(t.Context())
	end()
	died := &net.OpError{Op: "write", Err: errors.New("broken pipe")}
	for _, tt := range []struct {
		name string
		over bool
		err  error
		want bool
	}{
		{"died", false, died, false},
		{"ended", true, died, true},
		{"cancelled by somebody", false, context.Canceled, true},
		{"timed out below", false, &net.OpError{Op: "write", Err: os.ErrDeadlineExceeded}, true},
	} {
		attempt := t.Context()
		if tt.over {
			attempt = over
		}
		p := new(progress)
		p.traced.Store(true)
		if p.sent(attempt, tt.err) {
			t.Errorf("%s: sent without a connection", tt.name)
		}
		p.connected.Store(true)
		if got := p.sent(attempt, tt.err); got != tt.want {
			t.Errorf("%s: sent %t, want %t", tt.name, got, tt.want)
		}
		if p.written.Store(true); !p.sent(attempt, tt.err) {
			t.Errorf("%s: written, and not sent", tt.name)
		}
	}
}

// An attempt that was lost is not forgotten over a later one, however that ends.
func TestLostIsRemembered(t *testing.T) {
	for name, later := range map[string]func() (*http.Response, error){
		"not sent": func() (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: errors.New("refused")} },
		"answered": func() (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusBadRequest, Body: http.NoBody}, nil
		},
		"a success": func() (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			for _, first := range []error{io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Err: errors.New("refused")}} {
				calls := 0
				tr := newTransport(func(*http.Request) (*http.Response, error) {
					if calls++; calls == 1 {
						return nil, first
					}
					return later()
				})
				reply, err := tr.Do(t.Context(), testCall(ReplayWrite), &protocol{})
				if lost := errors.Is(first, io.ErrUnexpectedEOF); reply.Lost != lost || calls < 2 {
					t.Errorf("%v, then %s: lost %t after %d calls, %v; want %t", first, name, reply.Lost, calls, err, lost)
				}
			}
		})
	}
}
