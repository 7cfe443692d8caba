package linnworks

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// What must never show. The tests look for these and their dashless forms.
const (
	testApplicationID = "a0000000-0000-4000-8000-000000000001"
	testSecret        = "5ec2e700-dead-4bad-8bad-aaaaaaaaaaaa"
	testInstallation  = "1257a110-dead-4bad-8bad-bbbbbbbbbbbb"
)

func testCredentials() Credentials {
	return Credentials{ApplicationID: testApplicationID, ApplicationSecret: NewSecret(testSecret), Token: NewSecret(testInstallation)}
}

// testToken is the token of the nth session.
func testToken(n int) string { return fmt.Sprintf("5e5510a0-dead-4bad-8bad-%012d", n) }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// request is what the server saw of one request.
type request struct {
	method, url, host, body, contentType string
	header                               http.Header
}

// server is Linnworks without sockets: it opens numbered sessions and leaves the
// rest to answer.
type server struct {
	mu       sync.Mutex
	sessions int
	logins   []request
	calls    []request
	// answer and login answer calls and logins; nil is a success with null and a
	// fresh session.
	answer answer
	login  func(n int, r request) (*http.Response, error)
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	got := request{r.Method, r.URL.Scheme + "://" + r.URL.Host + r.URL.RequestURI(), r.Host, string(body), r.Header.Get("Content-Type"), r.Header}
	s.mu.Lock()
	login := r.URL.Path == "/api/Auth/AuthorizeByApplication"
	if login {
		s.sessions++
		s.logins = append(s.logins, got)
	} else {
		s.calls = append(s.calls, got)
	}
	n := s.sessions
	s.mu.Unlock()
	switch {
	case login && s.login != nil:
		return s.login(n, got)
	case login:
		return respond(200, session(n, "https://eu-ext.linnworks.net")), nil
	case s.answer != nil:
		return s.answer(got)
	}
	return respond(200, "null"), nil
}

// count returns the numbers of logins and calls.
func (s *server) count() (logins, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.logins), len(s.calls)
}

// last returns the last call.
func (s *server) last(t *testing.T) request {
	t.Helper()
	if len(s.calls) == 0 {
		t.Fatal("no call was sent")
	}
	return s.calls[len(s.calls)-1]
}

// session is the reply to the nth login.
func session(n int, server string) string {
	return fmt.Sprintf(`{"Id":"00000000-0000-0000-0000-000000000009","DatabaseName":"db","DatabaseUser":"user","DatabasePassword":"DBPASSWORD",`+
		`"Locality":"EU","TTL":null,"Token":%q,"Status":{"State":"AVAILABLE","Reason":"","Parameters":{}},"Server":%q,"Properties":{"a":1}}`, testToken(n), server)
}

// answer is what a server says to one call.
type answer func(request) (*http.Response, error)

// status answers every call with the same status and body.
func status(code int, body string, header ...string) answer {
	return func(request) (*http.Response, error) { return respond(code, body, header...), nil }
}

func newTestClient(t testing.TB, rt http.RoundTripper, opts ...Option) *Client {
	t.Helper()
	c, err := NewClient(testCredentials(), append([]Option{WithHTTPClient(&http.Client{Transport: rt}), WithLimiter(unlimited{})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
