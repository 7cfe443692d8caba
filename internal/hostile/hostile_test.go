// Package hostile holds one table of bad replies and broken connections, which
// both clients have to stand in the same way.
package hostile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// The addresses that the clients are given. Nothing listens there: connections
// are made in memory.
const (
	loginAddress = "127.0.0.1:1"
	apiAddress   = "127.0.0.1:2"
)

// failure is what both clients say of a failed call, nil for a success.
type failure struct {
	class      string
	unknown    bool
	attempts   int
	retryAfter time.Duration
	text       string
}

// api is one client with a call of each kind.
type api struct {
	read, write, never func(context.Context) *failure
	walk               func(context.Context) (records int, _ *failure)
}

// kinds lists the calls of an API.
func (a api) kinds() map[string]func(context.Context) *failure {
	return map[string]func(context.Context) *failure{"read": a.read, "write": a.write, "never": a.never}
}

// newAPI makes a client that sends with rt. It has its default rate limits if held
// is to hear of the time that they hold calls, and none if held is nil.
type newAPI func(t *testing.T, scheme string, rt http.RoundTripper, held func(time.Duration)) api

func newTikTok(t *testing.T, scheme string, rt http.RoundTripper, held func(time.Duration)) api {
	t.Helper()
	opts := []tiktokshop.Option{
		tiktokshop.WithBaseURL(scheme + "://" + apiAddress), tiktokshop.WithHTTPClient(&http.Client{Transport: rt}),
		tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret("token"))), tiktokshop.WithMaxReply(1 << 20),
	}
	if held == nil {
		opts = append(opts, tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
	} else {
		opts = append(opts, tiktokshop.WithObserver(func(_ context.Context, e tiktokshop.Event) { held(e.Held) }))
	}
	c, err := tiktokshop.NewClient(tiktokshop.App{Key: "key", Secret: tiktokshop.NewSecret("secret")}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	of := func(err error) *failure {
		if err == nil {
			return nil
		}
		e, ok := errors.AsType[*tiktokshop.Error](err)
		if !ok {
			t.Fatalf("%T: %v", err, err)
		}
		return &failure{string(e.Class), tiktokshop.IsOutcomeUnknown(err), e.Attempts, e.RetryAfter, err.Error()}
	}
	return api{
		read: func(ctx context.Context) *failure {
			_, err := c.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: []string{"1"}})
			return of(err)
		},
		write: func(ctx context.Context) *failure {
			_, err := c.Event.UpdateShopWebhook(ctx, &tiktokshop.UpdateShopWebhookRequest{Address: "https://shop.test", EventType: "ORDER_STATUS_CHANGE"})
			return of(err)
		},
		never: func(ctx context.Context) *failure {
			_, err := c.Fulfillment.MarkPackageAsShipped(ctx, "1", &tiktokshop.MarkPackageAsShippedRequest{ShippingProviderID: "2", TrackingNumber: "3"})
			return of(err)
		},
		walk: func(ctx context.Context) (records int, failed *failure) {
			for _, err := range c.Order.GetOrderListAll(ctx, nil) {
				if failed = of(err); err == nil {
					records++
				}
			}
			return records, failed
		},
	}
}

func newLinnworks(t *testing.T, scheme string, rt http.RoundTripper, held func(time.Duration)) api {
	t.Helper()
	const id = "a0000000-0000-4000-8000-000000000001"
	opts := []linnworks.Option{
		linnworks.WithAuthURL("http://" + loginAddress), linnworks.WithServerURL(scheme + "://" + apiAddress),
		linnworks.WithHTTPClient(&http.Client{Transport: rt}), linnworks.WithMaxReply(1 << 20),
	}
	if held == nil {
		opts = append(opts, linnworks.WithLimiter(linnworks.NewLimiterFunc(func(linnworks.LimitKey) float64 { return 0 })))
	} else {
		opts = append(opts, linnworks.WithObserver(func(_ context.Context, e linnworks.Event) { held(e.Held) }))
	}
	c, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: id, ApplicationSecret: linnworks.NewSecret(id), Token: linnworks.NewSecret(id),
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	of := func(err error) *failure {
		if err == nil {
			return nil
		}
		e, ok := errors.AsType[*linnworks.Error](err)
		if !ok {
			t.Fatalf("%T: %v", err, err)
		}
		return &failure{string(e.Class), linnworks.IsOutcomeUnknown(err), e.Attempts, e.RetryAfter, err.Error()}
	}
	return api{
		read: func(ctx context.Context) *failure {
			_, err := c.Stock.GetStockLevelByLocation(ctx, &linnworks.GetStockLevelByLocationRequest{LocationID: linnworks.GUID(id), StockItemID: linnworks.GUID(id)})
			return of(err)
		},
		write: func(ctx context.Context) *failure {
			_, err := c.Orders.LockOrder(ctx, &linnworks.LockOrderRequest{OrderIDs: []linnworks.GUID{id}})
			return of(err)
		},
		never: func(ctx context.Context) *failure {
			_, err := c.Orders.CreateNewOrder(ctx, nil)
			return of(err)
		},
		walk: func(ctx context.Context) (records int, failed *failure) {
			for _, err := range c.Stock.GetStockItemsAll(ctx, &linnworks.GetStockItemsRequest{EntriesPerPage: new(2)}) {
				if failed = of(err); err == nil {
					records++
				}
			}
			return records, failed
		},
	}
}

// server answers every request to the API's address with one reply or fault, and
// logins as they should be.
type server struct {
	// One of these is set.
	reply   string                      // as it is on the wire; the connection is closed after it
	serve   func(net.Conn)              // before a request is read
	refuse  func(context.Context) error // instead of a connection
	wrap    func(net.Conn) net.Conn     // TLS
	build   func() string               // reply, made when it is sent
	mu      sync.Mutex
	arrived int // requests to the API
}

// count returns how many requests arrived at the API.
func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

func (s *server) dial(ctx context.Context, _, address string) (net.Conn, error) {
	login := address == loginAddress
	if !login && s.refuse != nil {
		return nil, s.refuse(ctx)
	}
	client, conn := net.Pipe()
	go func() {
		defer func() { _ = conn.Close() }()
		peer := conn
		switch {
		case !login && s.serve != nil:
			s.serve(conn)
			return
		case !login && s.wrap != nil:
			peer = s.wrap(conn)
		}
		req, err := http.ReadRequest(bufio.NewReader(peer))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		reply := s.reply
		switch {
		case login:
			reply = page(200, `{"Token":"a0000000-0000-4000-8000-000000000002","Locality":"EU","Server":"eu-ext.linnworks.net"}`)
		case s.build != nil:
			reply = s.build()
		}
		if !login {
			s.mu.Lock()
			s.arrived++
			s.mu.Unlock()
		}
		if reply == hang {
			_, _ = io.Copy(io.Discard, peer)
			return
		}
		if rest, slow := strings.CutPrefix(reply, hang); slow {
			_, _ = io.WriteString(peer, rest)
			_, _ = io.Copy(io.Discard, peer)
			return
		}
		_, _ = io.WriteString(peer, reply)
	}()
	return client, nil
}

// hang at the beginning of a reply keeps the connection open after the rest.
const hang = "\x00hang"

// page is a complete reply on the wire.
func page(status int, body string, header ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n", status, len(body))
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", header[i], header[i+1])
	}
	return b.String() + "\r\n" + body
}

// zipped is text under gzip.
func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// eager is a connection in memory whose writes do not wait for the reader, as
// those of a socket do not: TLS may have both sides write.
type eager struct{ net.Conn }

func (e eager) Write(p []byte) (int, error) {
	p = bytes.Clone(p)
	go func() { _, _ = e.Conn.Write(p) }()
	synctest.Wait() // one write after the other
	return len(p), nil
}

// certificate is one of its own authority for a host.
func certificate(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// behaviour is what is expected of a client.
type behaviour struct {
	class    string // empty for a success
	attempts int    // of reads and absolute writes
	never    int    // attempts of what must not be repeated
	unknown  bool   // the outcome of both kinds of writes
	arrived  bool   // each attempt arrives at the server
	text     string // part of the error
	voidOK   bool   // the absolute write, which has no result, succeeds
	resultOK bool   // the others succeed
}

// Behaviours that several rows share. Five is what a client tries by default.
var (
	unread    = behaviour{class: "decode", attempts: 1, never: 1, unknown: true, arrived: true}
	lost      = behaviour{class: "network", attempts: 5, never: 1, unknown: true, arrived: true}
	faulty    = behaviour{class: "system", attempts: 5, never: 1, unknown: true, arrived: true}
	notSent   = behaviour{class: "network", attempts: 5, never: 5}
	untrusted = behaviour{class: "certificate", attempts: 1, never: 1}
	throttled = behaviour{class: "throttle", attempts: 5, never: 5, arrived: true}
)

// saying adds a text to a behaviour.
func (b behaviour) saying(text string) behaviour {
	b.text = text
	return b
}

// row is one reply or fault.
type row struct {
	name   string
	server *server
	want   behaviour
	// linnworks replaces want for that client, with the reason beside it.
	linnworks *behaviour
	tls       *tls.Config // of the client, for rows about TLS
	raw       bool        // the transport of the client does not decompress
}

func table(t *testing.T) []row {
	t.Helper()
	trusted, pool := certificate(t, "127.0.0.1")
	other, otherPool := certificate(t, "other.test")
	withTLS := func(c tls.Certificate) *server {
		return &server{reply: page(200, `{}`), wrap: func(conn net.Conn) net.Conn {
			return tls.Server(eager{conn}, &tls.Config{Certificates: []tls.Certificate{c}})
		}}
	}
	// A success for all the calls of both clients.
	const good = `{"code":0,"data":{"orders":[],"package_id":"1"},"StockLevel":{"StockLevel":1,"Available":1},"OrderId":"a0000000-0000-4000-8000-000000000001","GeneralInfo":{"Status":0}}`
	html := "<html><body>Please log in</body></html>"
	// Linnworks answers a write without a result with nothing, and TikTok Shop always
	// with its envelope. What is good for the others is more than nothing.
	full := &behaviour{class: "decode", attempts: 1, never: 1, unknown: true, arrived: true, resultOK: true}
	void := &behaviour{class: "decode", attempts: 1, never: 1, unknown: true, arrived: true, voidOK: true}
	return []row{
		{name: "HTML in a 200", server: &server{reply: page(200, html)}, want: unread},
		{name: "half an object", server: &server{reply: page(200, `{"code":0,"data":{"StockLevel":`)}, want: unread},
		{name: "a code and a success in one", server: &server{reply: page(200, `{"code":36009004,"message":"bad","Code":0,"data":{"orders":[]}}`)}, want: unread},
		{name: "the same the other way", server: &server{reply: page(200, `{"code":0,"data":{"orders":[]},"code":36009004}`)}, want: unread},
		{name: "a list of nothing", server: &server{reply: page(200, `[null]`)}, want: unread},
		{name: "an array", server: &server{reply: page(200, `[]`)}, want: unread},
		{name: "a number", server: &server{reply: page(200, `0`)}, want: unread},
		{name: "an object of something else", server: &server{reply: page(200, `{"status":"ok"}`)}, want: unread},
		{name: "nothing", server: &server{reply: page(200, "")}, want: unread, linnworks: void},
		{name: "no content", server: &server{reply: page(204, "")}, want: unread, linnworks: void},
		{name: "null", server: &server{reply: page(200, "null")}, want: unread, linnworks: void},
		{name: "an empty object", server: &server{reply: page(200, "{}")}, want: unread},
		{name: "an error of something else in a 200", server: &server{reply: page(200, `{"Code":"-","Message":"Object reference not set to an instance of an object."}`)}, want: unread},
		{name: "good, compressed", server: &server{reply: page(200, zipped(good), "Content-Encoding", "gzip")}, linnworks: full},
		{name: "good, compressed for a client that did not ask", raw: true, server: &server{reply: page(200, zipped(good), "Content-Encoding", "gzip")}, want: unread},
		{name: "two replies in one", server: &server{reply: page(200, good+good)}, want: unread},
		{name: "not modified", server: &server{reply: page(304, "")},
			want: behaviour{class: "route", attempts: 1, never: 1, unknown: true, arrived: true}},
		{name: "throttled in a success", server: &server{reply: page(429, good)}, want: throttled},
		{name: "overloaded in a success", server: &server{reply: page(503, good)}, want: faulty},
		{name: "throttled for next to nothing", server: &server{reply: page(429, "", "Retry-After", "0.0000001")}, want: throttled},
		{name: "throttled for less than nothing", server: &server{reply: page(429, "", "Retry-After", "-5")}, want: throttled},
		{name: "good, behind a byte order mark", server: &server{reply: page(200, "\ufeff"+good)}, linnworks: full},
		{name: "HTML in a 502", server: &server{reply: page(502, html)}, want: faulty},
		{name: "nothing in a 500", server: &server{reply: page(500, "")}, want: faulty},
		{name: "a redirect", server: &server{reply: page(302, "", "Location", "https://login.test/page?token=x")},
			want: behaviour{class: "route", attempts: 1, never: 1, unknown: true, arrived: true, text: "a redirect to login.test,"}},
		{name: "a redirect that keeps the method", server: &server{reply: page(307, html, "Location", "/elsewhere")},
			want: behaviour{class: "route", attempts: 1, never: 1, unknown: true, arrived: true, text: "a redirect to another path of the same host,"}},
		{name: "a bomb", server: &server{reply: page(200, zipped(`{"a":"`+strings.Repeat(" ", 2<<20)+`"}`), "Content-Encoding", "gzip")},
			want: unread.saying("WithMaxReply")},
		{name: "a huge body", server: &server{reply: page(200, `{"a":"`+strings.Repeat(" ", 2<<20)+`"}`)}, want: unread.saying("WithMaxReply")},
		{name: "a body that is cut", server: &server{reply: strings.TrimSuffix(page(200, `{"code":0}`), `0}`)}, want: lost},
		{name: "a body that stops", server: &server{reply: hang + strings.TrimSuffix(page(200, `{"code":0}`), `0}`)}, want: lost.saying("no complete reply within 30s")},
		{name: "another protocol, on a connection that stays open", server: &server{reply: hang + "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"},
			want: lost.saying("switches to another protocol")},
		{name: "no reply", server: &server{reply: hang}, want: lost.saying("no complete reply within 30s")},
		{name: "closed after the request", server: &server{reply: ""}, want: lost},
		{name: "what is not HTTP", server: &server{reply: "220 mail.test ESMTP\r\n\r\n"}, want: lost},
		{name: "closed in the middle of the request", server: &server{serve: func(conn net.Conn) { _, _ = io.CopyN(io.Discard, conn, 10) }},
			want: behaviour{class: "network", attempts: 5, never: 1, unknown: true}},
		{name: "a dial that hangs", server: &server{refuse: func(context.Context) error { time.Sleep(40 * time.Second); return errors.New("too late") }},
			want: notSent.saying("no connection within 30s")},
		{name: "a dial that is refused", server: &server{refuse: func(context.Context) error {
			return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}}, want: notSent},
		{name: "a name that is not found", server: &server{refuse: func(context.Context) error {
			return &net.DNSError{Err: "no such host", Name: "api.test", IsNotFound: true}
		}}, want: notSent},
		{name: "an unknown authority", server: withTLS(trusted), tls: &tls.Config{RootCAs: otherPool}, want: untrusted},
		{name: "the certificate of another host", server: withTLS(other), tls: &tls.Config{RootCAs: otherPool}, want: untrusted},
		{name: "an expired certificate", server: withTLS(trusted), want: untrusted,
			tls: &tls.Config{RootCAs: pool, Time: func() time.Time { return time.Now().Add(48 * time.Hour) }}},
		{name: "plain HTTP on a TLS port", tls: &tls.Config{}, want: notSent, server: &server{serve: func(conn net.Conn) {
			_, _ = io.CopyN(io.Discard, conn, 100)
			_, _ = io.WriteString(conn, page(400, "this is plain HTTP"))
		}}},
		{name: "a handshake that hangs", tls: &tls.Config{}, want: notSent,
			server: &server{serve: func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }}},
		{name: "throttled", server: &server{reply: page(429, html, "Retry-After", "1")}, want: throttled},
		{name: "throttled by hexadecimal", server: &server{reply: page(429, "", "Retry-After", "0x1p40")}, want: throttled},
		{name: "throttled for a day", server: &server{reply: page(429, "", "Retry-After", "86400")},
			want: behaviour{class: "throttle", attempts: 1, never: 1, arrived: true}},
		{name: "overloaded for ever", server: &server{reply: page(503, html, "Retry-After", "999999999999999999999")},
			want: behaviour{class: "system", attempts: 1, never: 1, unknown: true, arrived: true}},
		{name: "throttled until a moment of a clock that is ahead", server: &server{build: func() string {
			ahead := time.Now().Add(time.Hour).UTC()
			return page(429, "", "Date", ahead.Format(http.TimeFormat), "Retry-After", ahead.Add(5*time.Second).Format(http.TimeFormat))
		}}, want: throttled},
		{name: "credentials refused", server: &server{reply: page(401, "")},
			want:      behaviour{class: "token", attempts: 1, never: 1, arrived: true}, // the token of the test cannot be replaced
			linnworks: &behaviour{class: "session", attempts: 2, never: 2, arrived: true}},
	}
}

// Each row, each client, each kind of call: the class, the number of attempts,
// what arrived, and whether a write may have taken effect.
func TestHostileServers(t *testing.T) {
	for client, connect := range map[string]newAPI{"tiktokshop": newTikTok, "linnworks": newLinnworks} {
		for _, kind := range []string{"read", "write", "never"} {
			synctest.Test(t, func(t *testing.T) {
				for _, row := range table(t) {
					want := row.want
					if client == "linnworks" && row.linnworks != nil {
						want = *row.linnworks
					}
					rt := &http.Transport{DialContext: row.server.dial, DisableKeepAlives: true, DisableCompression: row.raw, TLSHandshakeTimeout: 10 * time.Second}
					scheme := "http"
					if row.tls != nil {
						rt.TLSClientConfig, scheme = row.tls, "https"
					}
					got := connect(t, scheme, rt, nil).kinds()[kind](t.Context())
					time.Sleep(time.Minute) // what hangs in the background ends
					where := fmt.Sprintf("%s, %s, %s", row.name, client, kind)
					if want.class == "" || want.voidOK && kind == "write" || want.resultOK && kind != "write" {
						if got != nil {
							t.Errorf("%s: %s, want a success", where, got.text)
						}
						continue
					}
					if got == nil {
						t.Errorf("%s: taken for a success", where)
						continue
					}
					attempts, unknown, arrived := want.attempts, want.unknown && kind != "read", 0
					if kind == "never" {
						attempts = want.never
					}
					if want.arrived {
						arrived = attempts
					}
					if got.class != want.class || got.attempts != attempts || row.server.count() != arrived || got.unknown != unknown || !strings.Contains(got.text, want.text) {
						t.Errorf("%s: class %s, %d attempts, %d arrived, outcome unknown %t; want %s, %d, %d, %t, %q:\n\t%s", where,
							got.class, got.attempts, row.server.count(), got.unknown, want.class, attempts, arrived, unknown, want.text, got.text)
					}
					if strings.ContainsAny(got.text, "\r\n") || strings.Contains(got.text, "Please log in") || strings.Contains(got.text, "token=") {
						t.Errorf("%s: the text %q", where, got.text)
					}
				}
			})
		}
	}
}

// However long a server asks to be left alone, and whatever its clock says, the
// next call waits for a bounded time, and finds a server that is well again.
func TestAbsurdWaitsAreBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		after  func() string
		ahead  time.Duration
		most   time.Duration
	}{
		"a day":               {503, func() string { return "86400" }, 0, 2*time.Minute + time.Second},
		"for ever":            {429, func() string { return "99999999999999999999" }, 0, 2*time.Minute + time.Second},
		"no number":           {503, func() string { return "9e99" }, 0, 2 * time.Second},
		"a clock that is off": {429, func() string { return time.Now().Add(10*time.Minute + 5*time.Second).UTC().Format(http.TimeFormat) }, 10 * time.Minute, 7 * time.Second},
	} {
		for client, connect := range map[string]newAPI{"tiktokshop": newTikTok, "linnworks": newLinnworks} {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				s := &server{build: func() string {
					if calls++; calls > 1 {
						return page(200, `{"code":0,"data":{},"StockLevel":{"StockLevel":1,"Available":1}}`)
					}
					return page(tt.status, "", "Retry-After", tt.after(), "Date", time.Now().Add(tt.ahead).UTC().Format(http.TimeFormat))
				}}
				read := connect(t, "http", &http.Transport{DialContext: s.dial, DisableKeepAlives: true}, func(time.Duration) {}).read
				start := time.Now()
				_ = read(t.Context()) // fails, or waits and succeeds
				if got := read(t.Context()); got != nil {
					t.Errorf("%s, %s: %s", name, client, got.text)
				}
				if took := time.Since(start); took > tt.most {
					t.Errorf("%s, %s: two calls took %s, want at most %s", name, client, took, tt.most)
				}
			})
		}
	}
}

// A hold of seconds is told to the observers of both clients, once.
func TestHoldsAreObserved(t *testing.T) {
	const day = 24 * time.Hour
	reply := page(503, "", "Retry-After", "86400")
	var held []time.Duration
	observe := func(d time.Duration) {
		if d != 0 {
			held = append(held, d)
		}
	}
	for client, connect := range map[string]newAPI{"tiktokshop": newTikTok, "linnworks": newLinnworks} {
		synctest.Test(t, func(t *testing.T) {
			held = nil
			s := &server{reply: reply}
			got := connect(t, "http", &http.Transport{DialContext: s.dial, DisableKeepAlives: true}, observe).read(t.Context())
			if got == nil || got.retryAfter != day || len(held) != 1 || held[0] != 2*time.Minute {
				t.Errorf("%s: held %v, %+v; want once for 2m0s, asked for %s", client, held, got, day)
			}
		})
	}
}

// However long the message of a refusal is, the error keeps its beginning alone,
// and making it takes hardly more memory than reading the reply: the text is cut
// before secrets and addresses are looked for.
func TestHugeMessages(t *testing.T) {
	message := strings.Repeat("https://a.test/x?token=y ", 1<<20/26)
	for client, body := range map[string]string{
		"tiktokshop": `{"code":36009004,"message":"` + message + `"}`,
		"linnworks":  `{"Code":"-","Message":"` + message + `"}`,
	} {
		connect := map[string]newAPI{"tiktokshop": newTikTok, "linnworks": newLinnworks}[client]
		s := &server{reply: page(400, body)}
		read := connect(t, "http", &http.Transport{DialContext: s.dial, DisableKeepAlives: true}, nil).read
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := read(t.Context())
		runtime.ReadMemStats(&after)
		if got == nil || got.class != "request" || len(got.text) > 2000 || !strings.Contains(got.text, "https://a.test/x") {
			t.Errorf("%s: %.2000v", client, got)
		}
		// Reading takes some 4.4 times the size, a search of the whole text 3 to 7 more.
		if times := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(body)); times > 6 {
			t.Errorf("%s: %.1f times the size of the reply were allocated, want at most 6", client, times)
		}
	}
}

// Many callers do not hammer a server that refuses them all: the budget is held,
// one call at a time finds out, and none of them fails for it.
func TestStormOfThrottles(t *testing.T) {
	const callers = 50
	for client, connect := range map[string]newAPI{"tiktokshop": newTikTok, "linnworks": newLinnworks} {
		synctest.Test(t, func(t *testing.T) {
			well := time.Now().Add(4 * time.Second)
			var refused atomic.Int64
			s := &server{build: func() string {
				if time.Now().Before(well) {
					refused.Add(1)
					return page(429, "", "Retry-After", "1")
				}
				return page(200, `{"code":0,"data":{},"StockLevel":{"StockLevel":1,"Available":1}}`)
			}}
			read := connect(t, "http", &http.Transport{DialContext: s.dial, DisableKeepAlives: true}, func(time.Duration) {}).read
			var calls sync.WaitGroup
			for range callers {
				calls.Go(func() {
					if got := read(t.Context()); got != nil {
						t.Errorf("%s: %s", client, got.text)
					}
				})
			}
			calls.Wait()
			// Of 4 seconds, each with one call and those under way.
			if n := refused.Load(); n > 10 {
				t.Errorf("%s: %d requests were sent while all were refused, want at most 10", client, n)
			}
			if took := time.Since(well); took > 3*time.Minute {
				t.Errorf("%s: %d calls took %s after it was over", client, callers, took)
			}
		})
	}
}

// A list whose pages stop short of what they tell, or of all data, is an error of
// the walk, whatever the last reply looks like.
func TestWalksThatEndShort(t *testing.T) {
	first := map[string]string{
		"tiktokshop": `{"code":0,"data":{"total_count":500,"next_page_token":"t1","orders":[{"id":"1"},{"id":"2"}]}}`,
		"linnworks":  `{"PageNumber":1,"EntriesPerPage":2,"TotalEntries":500,"TotalPages":250,"Data":[{"ItemNumber":"1"},{"ItemNumber":"2"}]}`,
	}
	silent := map[string]string{ // tells no totals
		"tiktokshop": `{"code":0,"data":{"next_page_token":"t1","orders":[{"id":"1"},{"id":"2"}]}}`,
		"linnworks":  `{"Data":[{"ItemNumber":"1"},{"ItemNumber":"2"}]}`,
	}
	for name, tt := range map[string]struct {
		first, second map[string]string
		want          string // the error, empty for none
	}{
		"no data":   {first, map[string]string{"tiktokshop": `{"code":0}`, "linnworks": ``}, "TikTok: 2 of 500, Linnworks: empty reply"},
		"null":      {first, map[string]string{"tiktokshop": `{"code":0,"data":null}`, "linnworks": `null`}, "TikTok: 2 of 500, Linnworks: empty reply"},
		"nothing":   {first, map[string]string{"tiktokshop": `{"code":0,"data":{}}`, "linnworks": `{"Data":null}`}, "TikTok: 2 of 500, Linnworks: page 2 has no data"},
		"no list":   {first, map[string]string{"tiktokshop": `{"code":0,"data":{"total_count":500}}`, "linnworks": `{"TotalEntries":500,"TotalPages":2}`}, "2 of 500"},
		"no orders": {first, map[string]string{"tiktokshop": `{"code":0,"data":{"total_count":500,"orders":[]}}`, "linnworks": `{"TotalEntries":500,"TotalPages":1,"Data":[]}`}, "2 of 500"},
		"too few": {first, map[string]string{"tiktokshop": `{"code":0,"data":{"total_count":500,"orders":[{"id":"3"}]}}`,
			"linnworks": `{"TotalEntries":500,"TotalPages":2,"Data":[{"ItemNumber":"3"}]}`}, "3 of 500"},
		"no data, of a silent list": {silent, map[string]string{"tiktokshop": `{"code":0,"data":{}}`, "linnworks": `{"Data":null}`}, "page 2 has no data"},
		"no more, of a silent list": {silent, map[string]string{"tiktokshop": `{"code":0,"data":{"orders":[]}}`, "linnworks": `{"Data":[]}`}, ""},
		"all that is left": {first, map[string]string{"tiktokshop": `{"code":0,"data":{"total_count":3,"orders":[{"id":"3"}]}}`,
			"linnworks": `{"TotalEntries":3,"TotalPages":2,"Data":[{"ItemNumber":"3"}]}`}, ""},
	} {
		for client, connect := range map[string]newAPI{"tiktokshop": newTikTok, "linnworks": newLinnworks} {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				s := &server{build: func() string {
					if calls++; calls == 1 {
						return page(200, tt.first[client])
					}
					return page(200, tt.second[client])
				}}
				records, got := connect(t, "http", &http.Transport{DialContext: s.dial, DisableKeepAlives: true}, nil).walk(t.Context())
				want := tt.want
				if of, found := strings.CutPrefix(want, "TikTok: "); found {
					forTikTok, forLinnworks, _ := strings.Cut(of, ", Linnworks: ")
					want = map[string]string{"tiktokshop": forTikTok, "linnworks": forLinnworks}[client]
				}
				switch {
				case want == "" && got != nil:
					t.Errorf("%s, %s: %s", name, client, got.text)
				case want != "" && (got == nil || got.class != "decode" || !strings.Contains(got.text, want)):
					t.Errorf("%s, %s: %d records and %+v, want %q", name, client, records, got, want)
				}
			})
		}
	}
}
