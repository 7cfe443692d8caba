package linnworkstest

import (
	"context"
	"net/http"
	"path"
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
}

type faultKind int

const (
	faultNone faultKind = iota
	faultReply
	faultThrottle
	faultNotJSON
	faultCutBefore
	faultCutAfter
)

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

// fault takes the next fault for operation off its script.
func (f *Fake) fault(operation string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.scripts {
		if s.left <= 0 || !matches(s.pattern, operation) {
			continue
		}
		if s.fault.skip > 0 {
			s.fault.skip--
			continue
		}
		s.left--
		return s.fault
	}
	return Fault{}
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
func (f *Fake) underFault(t Fault, path string, answer func() reply) (reply, error) {
	switch t.kind {
	case faultCutBefore:
		return reply{}, errCut
	case faultCutAfter:
		answer()
		return reply{}, errCut
	case faultReply:
		return errorReply(&apiError{status: t.status, message: t.message}), nil
	case faultThrottle:
		limit := defaultLimit
		if op := routeOf(path); op != nil {
			limit = f.limits.of(op)
		}
		return throttled(limit, t.retryAfter), nil
	case faultNotJSON:
		return reply{status: t.status, plain: true, body: []byte("<html><body><h1>" + http.StatusText(t.status) + "</h1></body></html>")}, nil
	}
	return answer(), nil
}
