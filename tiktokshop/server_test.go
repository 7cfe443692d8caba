package tiktokshop

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Marked credentials, easy to find where they must not be.
const (
	testKey     = "6abc123def456"
	testSecret  = "MARKED-app-secret-0123456789"
	testAccess  = "MARKED/access+token=0123456789"
	testRefresh = "MARKED-refresh-token-0123456789"
)

var (
	testApp  = App{Key: testKey, Secret: NewSecret(testSecret), ServiceID: "7001"}
	testShop = Shop{ID: "7495", Cipher: "GCP_cipher"}
	oneOrder = &GetOrderDetailRequest{IDs: []string{"1"}}
)

// answer is one scripted reply.
type answer struct {
	status     int // 200 if 0
	body       string
	retryAfter string
	location   string
	err        error           // instead of a reply
	wait       <-chan struct{} // or the end of the request's context
}

// ok is a success with data.
func ok(data string) answer {
	return answer{body: `{"code":0,"message":"Success","data":` + data + `,"request_id":"req-1"}`}
}

// refused is a business error.
func refused(status, code int, message string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"code":%d,"message":%q,"data":null,"request_id":"req-1"}`, code, message)}
}

// received is one request as it arrived.
type received struct {
	method, host, path string
	query              url.Values
	rawQuery           string
	header             http.Header
	body               []byte
	at                 time.Time
}

// server answers in memory with a script, the last answer for ever. It checks
// the signature of every API call with code of its own.
type server struct {
	t      testing.TB
	mu     sync.Mutex
	script []answer
	got    []received
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	r := received{
		method: req.Method, host: req.URL.Host, path: req.URL.EscapedPath(), query: req.URL.Query(),
		rawQuery: req.URL.RawQuery, header: req.Header, at: time.Now(),
	}
	if req.Body != nil {
		r.body, _ = io.ReadAll(req.Body)
	}
	if !strings.HasPrefix(r.path, "/api/v2/token/") {
		s.check(r)
	}
	s.mu.Lock()
	a := s.script[min(len(s.got), len(s.script)-1)]
	s.got = append(s.got, r)
	s.mu.Unlock()
	if a.wait != nil {
		select {
		case <-a.wait:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	h := http.Header{}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	return &http.Response{
		StatusCode: max(a.status, 200), Header: h, Request: req, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

func (s *server) check(r received) {
	if want := slowSign(testSecret, r.path, r.query, r.header.Get("Content-Type"), r.body); r.query.Get("sign") != want {
		s.t.Errorf("%s %s: the signature does not verify", r.method, r.path)
	}
	// TikTok takes a timestamp from five minutes ago to thirty seconds ahead.
	if at, err := strconv.ParseInt(r.query.Get("timestamp"), 10, 64); err != nil || at < r.at.Unix()-300 || at > r.at.Unix()+30 {
		s.t.Errorf("%s %s: timestamp %s at %d", r.method, r.path, r.query.Get("timestamp"), r.at.Unix())
	}
	if r.query.Get("app_key") != testKey || r.header.Get("X-Tts-Access-Token") == "" {
		s.t.Errorf("%s %s: app key or access token missing", r.method, r.path)
	}
	for name, values := range r.query {
		if len(values) != 1 {
			s.t.Errorf("%s %s: parameter %s stands %d times", r.method, r.path, name, len(values))
		}
	}
}

func (s *server) requests() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

// setup returns a client of a scripted server, bound to a shop.
func setup(t testing.TB, script []answer, opts ...Option) (*Client, *server) {
	t.Helper()
	s := &server{t: t, script: script}
	all := append([]Option{
		WithHTTPClient(&http.Client{Transport: s}), WithTokens(StaticToken(NewSecret(testAccess))), WithLimiter(NewLimiter(Limits{})),
	}, opts...)
	c, err := NewClient(testApp, all...)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.ForShop(testShop); err != nil {
		t.Fatal(err)
	}
	return c, s
}

// slowSign is the reference: the official steps one after the other, with the
// hash-based code spelt out.
func slowSign(secret, path string, query url.Values, contentType string, body []byte) string {
	var names []string
	for name, values := range query {
		if name != "sign" && name != "access_token" && len(values) > 0 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	text := path
	for _, name := range names {
		text += name + query[name][0]
	}
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "multipart/form-data") {
		text += string(body)
	}
	text = secret + text + secret

	key := make([]byte, 64)
	if len(secret) > 64 {
		sum := sha256.Sum256([]byte(secret))
		copy(key, sum[:])
	} else {
		copy(key, secret)
	}
	inner, outer := bytes.Clone(key), bytes.Clone(key)
	for i := range key {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	first := sha256.Sum256(append(inner, text...))
	return fmt.Sprintf("%x", sha256.Sum256(append(outer, first[:]...)))
}
