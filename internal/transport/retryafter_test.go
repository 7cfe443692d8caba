package transport

import (
	"net/http"
	"testing"
	"time"
)

var retryAfterNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"-5":                             0,
		"30":                             30 * time.Second,
		" 30 ":                           30 * time.Second,
		"0.0":                            0,
		"0.0000001":                      time.Second,
		"0.999":                          time.Second,
		"1.5":                            1500 * time.Millisecond,
		"999999999999999999999999999":    24 * time.Hour,
		"1e9":                            0,
		"9e99":                           0,
		"0x10":                           0,
		"1.2.3":                          0,
		".":                              0,
		"Inf":                            0,
		"NaN":                            0,
		"soon":                           0,
		"Sun, 01 Mar 2026 12:00:10 GMT":  10 * time.Second,
		"Sun, 01 Mar 2026 11:59:59 GMT":  0,
		"Mon, 01 Mar 2027 12:00:00 GMT":  24 * time.Hour,
		"Sunday, 01-Mar-26 12:00:05 GMT": 5 * time.Second,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {value}}, retryAfterNow); got != want {
			t.Errorf("RetryAfter(%q) = %s, want %s", value, got, want)
		}
	}
	// A server whose clock is ahead, and one whose clock is behind.
	for _, offset := range []time.Duration{10 * time.Minute, -10 * time.Minute, 0} {
		server := retryAfterNow.Add(offset)
		h := http.Header{
			"Date":        {server.Format(http.TimeFormat)},
			"Retry-After": {server.Add(5 * time.Second).Format(http.TimeFormat)},
		}
		if got := RetryAfter(h, retryAfterNow); got != 5*time.Second {
			t.Errorf("a server %s ahead asks for %s, want 5s", offset, got)
		}
	}
	if got := RetryAfter(nil, retryAfterNow); got != 0 {
		t.Errorf("without a header: %s", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "-1", "1e308", "0x10", "NaN", "+Inf", "Sun, 01 Mar 2026 12:00:10 GMT", "Sun Mar  1 12:00:10 2026"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := RetryAfter(http.Header{"Retry-After": {value}}, retryAfterNow); d < 0 || d > maxRetryAfter {
			t.Errorf("RetryAfter(%q) = %s", value, d)
		}
	})
}
