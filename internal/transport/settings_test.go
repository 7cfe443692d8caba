package transport

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.test":         "https://api.test/",
		"https://api.test//":       "https://api.test/",
		"http://127.0.0.1:80/x/y/": "http://127.0.0.1:80/x/y/",
	} {
		if u, err := new(Settings).BaseURL("WithX", base); err != nil || u.String() != want {
			t.Errorf("BaseURL(%q) = %v, %v; want %s", base, u, err, want)
		}
	}
	for _, base := range []string{
		"", "api.test", "/path", "ftp://api.test", "https://", "https://api.test?key=HIDDEN",
		"https://user:HIDDEN@api.test", "https://user:HIDDEN@api.test:port", "https://api.test/#HIDDEN", "https://api.test/%zzHIDDEN",
	} {
		_, err := new(Settings).BaseURL("WithX", base)
		if err == nil || !strings.HasPrefix(err.Error(), "WithX: ") || strings.Contains(err.Error(), "HIDDEN") {
			t.Errorf("BaseURL(%q): err = %v", base, err)
		}
	}
}

func TestPlainHTTP(t *testing.T) {
	for base, want := range map[string]bool{
		"https://api.test": true, "http://127.0.0.1:8080": true, "http://127.9.9.9": true, "http://[::1]:80": true,
		"http://[::ffff:127.0.0.1]": true, "http://localhost:1/x": true, "http://LOCALHOST": true,
		"http://api.test": false, "http://localhost.test": false, "http://127.0.0.1.test": false, "http://10.0.0.1": false,
		"http://169.254.169.254": false, "http://[fe80::1]": false, "http://0.0.0.0": false, "http://2130706433": false,
	} {
		var s Settings
		if _, err := s.BaseURL("WithX", base); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); (err == nil) != want || err != nil && (!strings.HasPrefix(err.Error(), "WithX: ") || !strings.Contains(err.Error(), "WithInsecureHTTP")) {
			t.Errorf("%s: err = %v, want it accepted %t", base, err, want)
		}
		s.InsecureHTTP = true
		if err := s.Check(); err != nil {
			t.Errorf("%s on request: %v", base, err)
		}
	}
	var s Settings // the last one counts
	for _, base := range []string{"http://api.test", "https://api.test"} {
		if _, err := s.BaseURL("WithX", base); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(); err != nil {
		t.Errorf("replaced by https: %v", err)
	}
}

func TestSettingsRefuse(t *testing.T) {
	var s Settings
	for option, err := range map[string]error{
		"WithHTTPClient":    s.SetHTTPClient(nil),
		"WithMiddleware":    s.AddMiddleware([]Middleware{nil}),
		"WithMaxAttempts":   s.SetMaxAttempts(0),
		"WithTimeout":       s.SetTimeout(0),
		"WithMaxRetryAfter": s.SetMaxRetryAfter(-time.Second),
		"WithUserAgent":     s.SetUserAgent("a\r\nb"),
		"WithMaxReply":      s.SetMaxReply(0),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), option+": ") {
			t.Errorf("%s: err = %v", option, err)
		}
	}
}

// The caller's client keeps its own redirect policy.
func TestClientIsCopied(t *testing.T) {
	own := &http.Client{Timeout: time.Hour}
	if c := Client(own); c == own || own.CheckRedirect != nil || c.CheckRedirect == nil || c.Timeout != time.Hour {
		t.Errorf("Client(%+v) = %+v", own, c)
	}
}
