package transport

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// CallSettings are the options of one call that both clients offer. The setters
// keep the first thing that is wrong in Err, under the name of the client's option.
type CallSettings struct {
	Replay      *Replay // nil for the operation's own
	MaxAttempts int     // 0 for the client's
	Timeout     time.Duration
	Header      http.Header
	Err         error
}

func (s *CallSettings) refuse(format string, args ...any) {
	if s.Err == nil {
		s.Err = fmt.Errorf(format, args...)
	}
}

// SetMaxAttempts checks and keeps n.
func (s *CallSettings) SetMaxAttempts(n int) {
	if n < 1 {
		s.refuse("Attempts: %d is below 1", n)
		return
	}
	s.MaxAttempts = n
}

// SetTimeout checks and keeps d.
func (s *CallSettings) SetTimeout(d time.Duration) {
	if d <= 0 {
		s.refuse("AttemptTimeout: %s is not positive", d)
		return
	}
	s.Timeout = d
}

// ownHeaders are set by the request path: another value would break the
// signature, the session or the framing.
var ownHeaders = map[string]bool{
	"Authorization": true, "Content-Type": true, "Content-Length": true, "Transfer-Encoding": true,
	"Host": true, "X-Tts-Access-Token": true, "Accept-Encoding": true, "Connection": true,
}

// SetHeader checks and keeps a header.
func (s *CallSettings) SetHeader(name, value string) {
	key := http.CanonicalHeaderKey(name)
	switch {
	case !token(name):
		s.refuse("Header: %q is no name of a header", name)
	case ownHeaders[key]:
		s.refuse("Header: %s is set by the client", key)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		s.refuse("Header: the value of %s holds a control character", key) // and may be a secret
	default:
		if s.Header == nil {
			s.Header = http.Header{}
		}
		s.Header.Set(key, value)
	}
}

// token reports whether s can name a header.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}
