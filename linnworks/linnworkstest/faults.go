package linnworkstest

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is a failure for [Fake.Fail].
type Fault struct {
	kind       faultKind
	skip       int
	delay      time.Duration
	status     int
	message    string
	retryAfter time.Duration
	skew       time.Duration
}

type faultKind int

const (
	faultNone faultKind = iota
	faultReply
	faultThrottle
	faultNotJSON
	faultCutBefore
	faultCutAfter
	faultTruncated
	faultMislabelled
	faultSession
	faultMaintenance
)

var faultNames = [...]string{
	faultNone: "", faultReply: "reply", faultThrottle: "throttled", faultNotJSON: "not JSON", faultCutBefore: "cut before",
	faultCutAfter: "cut after", faultTruncated: "truncated", faultMislabelled: "mislabelled", faultSession: "session expired",
	faultMaintenance: "maintenance",
}

// String names the fault, as [Call].Fault does.
func (t Fault) String() string {
	words := []string{}
	if t.delay > 0 {
		words = append(words, "slow")
	}
	if t.skew != 0 {
		words = append(words, "clock off")
	}
	switch name := faultNames[t.kind]; {
	case t.kind == faultReply:
		words = append(words, strconv.Itoa(t.status))
	case name != "":
		words = append(words, name)
	}
	return strings.Join(words, ", ")
}

// Reply answers with an error instead of doing anything: a status such as 400
// or 500 and Linnworks' message.
func Reply(status int, message string) Fault {
	return Fault{kind: faultReply, status: status, message: message}
}

// Throttle answers 429 with the operation's quota in the message. Retry-After
// is in whole seconds, rounded up; zero leaves the header out.
func Throttle(retryAfter time.Duration) Fault {
	return Fault{kind: faultThrottle, retryAfter: retryAfter}
}

// NotJSON answers with an HTML page, as a proxy in between does. Nothing is
// done.
func NotJSON(status int) Fault { return Fault{kind: faultNotJSON, status: status} }

// CutBefore ends the connection before the call is looked at.
func CutBefore() Fault { return Fault{kind: faultCutBefore} }

// CutAfter does what the call asks and ends the connection instead of
// answering.
func CutAfter() Fault { return Fault{kind: faultCutAfter} }

// Truncated does what the call asks and ends the connection in the middle of
// the answer. An answer without a body arrives whole.
func Truncated() Fault { return Fault{kind: faultTruncated} }

// Mislabelled does what the call asks and answers with the right bytes under
// the content type of a web page.
func Mislabelled() Fault { return Fault{kind: faultMislabelled} }

// ExpiredSession ends every session and answers 401.
func ExpiredSession() Fault { return Fault{kind: faultSession} }

// Maintenance puts the account under maintenance for d, beginning with this
// call.
func Maintenance(d time.Duration) Fault { return Fault{kind: faultMaintenance, retryAfter: d} }

// ClockOff answers normally, with a Date header that is off by d. A Retry-After
// is then a date of that clock.
func ClockOff(d time.Duration) Fault { return Fault{skew: d} }

// Skewed adds a Date header that is off by d to the fault.
func (t Fault) Skewed(d time.Duration) Fault {
	t.skew = d
	return t
}

// Slow answers normally, after d. Nothing is done for a caller that gives up
// meanwhile; for a write that took effect unseen use [CutAfter].
func Slow(d time.Duration) Fault { return Fault{delay: d} }

// After delays the fault: the first n calls that match go through.
func (t Fault) After(n int) Fault {
	t.skip = n
	return t
}

// Late adds a pause of d before the fault.
func (t Fault) Late(d time.Duration) Fault {
	t.delay = d
	return t
}

// script is a fault that waits for its calls.
type script struct {
	pattern string
	left    int
	fault   Fault
}

// Fail makes the next n calls that match pattern fail as how says. A pattern is
// an operation such as "Orders.CreateOrders", or one with the wildcards of
// [path.Match] such as "Orders.*" or "*". Letter case does not matter. Faults
// that match the same call take turns in the order in which they were added.
// It panics if the pattern is malformed.
func (f *Fake) Fail(pattern string, n int, how Fault) {
	if _, err := path.Match(pattern, ""); err != nil {
		panic("linnworkstest: Fail: malformed pattern " + pattern)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scripts = append(f.scripts, &script{pattern: pattern, left: n, fault: how})
}

// fault takes the next fault for operation off its script, or from the seed.
func (f *Fake) fault(operation string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scripts = slices.DeleteFunc(f.scripts, func(s *script) bool { return s.left <= 0 })
	for _, s := range f.scripts {
		if !matches(s.pattern, operation) {
			continue
		}
		if s.fault.skip > 0 {
			s.fault.skip--
			continue
		}
		s.left--
		return s.fault
	}
	return f.faults.next(operation)
}

// wait sleeps for the fault's delay.
func (t Fault) wait(ctx context.Context) error {
	if t.delay <= 0 {
		return nil
	}
	timer := time.NewTimer(t.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// underFault answers as the fault has it.
func (f *Fake) underFault(t Fault, op *route, answer func() reply) (out reply, err error) {
	switch t.kind {
	case faultCutBefore:
		return reply{}, errCut
	case faultCutAfter:
		answer()
		return reply{}, errCut
	case faultReply:
		out = errorReply(&apiError{status: t.status, message: t.message})
	case faultThrottle:
		limit := defaultLimit
		if op != nil {
			limit = f.limits.of(op)
		}
		out = throttled(limit, t.retryAfter)
	case faultNotJSON:
		out = reply{status: t.status, kind: webPage, body: []byte("<html><body><h1>" + http.StatusText(t.status) + "</h1></body></html>")}
	case faultTruncated:
		out = answer()
		out.cut = len(out.body) > 0
	case faultMislabelled:
		out = answer()
		out.kind = webPage
	case faultSession:
		f.ExpireSessions()
		out = errorReply(errUnauthorised)
	case faultMaintenance:
		f.Maintain(t.retryAfter)
		out = answer()
	default:
		out = answer()
	}
	out.skew = t.skew
	return out, nil
}

// webPage is the media type of what is not an answer of Linnworks.
const webPage = "text/html; charset=utf-8"
