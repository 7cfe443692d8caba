package tiktokshoptest

import (
	"net/http"
	"strings"
	"time"
)

// Quota is how many calls a shop may make in a time. The zero value is no
// limit. TikTok publishes no numbers: they differ by app, shop and operation.
type Quota struct {
	Calls int
	Per   time.Duration // a second if 0
}

// WithQuotas limits, for each shop, the calls that read and those that write.
// What exceeds a quota is refused with code 36009002, HTTP status 429 (see
// [QuirkThrottledWithStatus200]) and Retry-After. As on the real side the calls
// have to be spread: a quota of 10 a second admits one each 100 milliseconds
// ([QuirkBurstsInsideTheSecond]).
func WithQuotas(reads, writes Quota) Option {
	return func(f *Fake) { f.quotas = [2]Quota{reads, writes} }
}

// SetQuotas changes the quotas from now on.
func (f *Fake) SetQuotas(reads, writes Quota) {
	defer f.enter()()
	f.quotas = [2]Quota{reads, writes}
	clear(f.admitted)
}

// sandboxCap is how many calls all development shops together may make in an
// hour.
const sandboxCap = 1000

// WithSandbox makes the shops development shops without identity check: 1000
// calls in each hour of the clock, then code 36009037; orders have at most 3
// products and begin ON_HOLD unless they say otherwise; finance is refused.
func WithSandbox() Option {
	return func(f *Fake) { f.sandbox = true }
}

// Overload makes TikTok answer every signed call with HTTP status 503 for a
// time.
func (f *Fake) Overload(d time.Duration) {
	defer f.enter()()
	f.overload = f.now.Add(d)
}

// quotaKey names what is counted together.
type quotaKey struct {
	shop  *Fake // nil for the sandbox
	write bool
}

// quotaCount counts the calls of a window of time.
type quotaCount struct {
	ends time.Time
	n    int
}

// writes tells which quota an operation uses up.
func (op operation) writes() bool {
	return op.method != http.MethodGet && !strings.Contains(op.path, "search") &&
		!strings.HasSuffix(op.path, "/query") && !strings.HasSuffix(op.path, "/calculate")
}

// admitRate counts a call and refuses it when there are too many.
func (f *Fake) admitRate(op operation) error {
	if left := f.overload.Sub(f.now); left > 0 {
		return &failure{status: http.StatusServiceUnavailable, code: codeInternal, message: "The service is overloaded", after: left}
	}
	if f.sandbox {
		ends := f.now.Truncate(time.Hour).Add(time.Hour)
		if !f.has(QuirkSandboxHour) {
			ends = f.now.Add(time.Hour)
		}
		if left := f.count(quotaKey{}, sandboxCap, ends); left > 0 {
			return &failure{status: http.StatusTooManyRequests, code: codeSandboxCap, message: "The hourly limit of development shops is reached", after: left}
		}
	}
	key, quota := quotaKey{f, op.writes()}, f.quotas[0]
	if key.write {
		quota = f.quotas[1]
	}
	if quota.Calls == 0 {
		return nil
	}
	calls, per := quota.Calls, quota.Per
	if per == 0 {
		per = time.Second
	}
	if f.has(QuirkBurstsInsideTheSecond) && per <= time.Second {
		calls, per = 1, per/time.Duration(calls)
	}
	if left := f.count(key, calls, f.now.Add(per)); left > 0 {
		status := http.StatusTooManyRequests
		if f.has(QuirkThrottledWithStatus200) {
			status = http.StatusOK
		}
		return &failure{status: status, code: codeThrottled, message: "Too many requests", after: left}
	}
	return nil
}

// count adds a call to the window of key, which ends at ends if it begins now,
// and returns how long to wait when it is full.
func (f *Fake) count(key quotaKey, most int, ends time.Time) time.Duration {
	c := f.admitted[key]
	if c == nil || !f.now.Before(c.ends) {
		c = &quotaCount{ends: ends}
		f.admitted[key] = c
	}
	if c.n >= most {
		return c.ends.Sub(f.now)
	}
	c.n++
	return 0
}
