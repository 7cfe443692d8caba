package tiktokshoptest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Rates are how often, from 0 to 1, each kind of fault happens to a call. At
// most one happens to each.
type Rates struct {
	// Latency delays a call by up to MaxLatency, 5 seconds if that is 0.
	Latency    float64
	MaxLatency time.Duration
	// Throttled is refused with HTTP status 429 and code 36009002.
	Throttled float64
	// Internal is HTTP status 500 with code 36009003, and Unavailable 503 with a
	// page of HTML.
	Internal, Unavailable float64
	// CutBefore ends the connection before the call was read, and CutAfter
	// after it took effect.
	CutBefore, CutAfter float64
	// Truncated cuts the reply in the middle of its body.
	Truncated float64
	// WrongType labels the reply as text/html.
	WrongType float64
	// ExpiredToken ends all access tokens before the call.
	ExpiredToken float64
	// ClockSkew sets the fake's clock 6 minutes ahead for the call, which is
	// then too old.
	ClockSkew float64
	// WebhookLost, WebhookTwice and WebhookLate are for each webhook: it is not
	// sent, is sent twice, or waits for up to MaxWebhookDelay, 10 minutes if
	// that is 0.
	WebhookLost, WebhookTwice, WebhookLate float64
	MaxWebhookDelay                        time.Duration
}

// Evenly gives every kind of fault that a correct program survives the same
// rate. Lost webhooks are among them.
func Evenly(rate float64) Rates {
	return Rates{
		Latency: rate, Throttled: rate, Internal: rate, Unavailable: rate, CutBefore: rate, CutAfter: rate, Truncated: rate, WrongType: rate,
		ExpiredToken: rate, ClockSkew: rate, WebhookLost: rate, WebhookTwice: rate, WebhookLate: rate,
	}
}

// WithFaults lets faults happen at random. What happens to a call depends on
// the seed, the operation's path, and how many calls of that path came before,
// not on calls of other paths: the same seed and the same calls give the same
// faults, in whatever order concurrent calls arrive. Scripted faults, see
// [Fake.Fail], come first. [Fake.FaultLog] tells what happened and prints the
// seed.
func WithFaults(seed uint64, r Rates) Option {
	return func(f *Fake) { f.chaos = newChaos(seed, r) }
}

// SetFaults changes the rates from now on; the zero value ends the faults. It
// keeps the seed and the log, and begins with seed 1 if [WithFaults] was not
// used.
func (f *Fake) SetFaults(r Rates) {
	defer f.enter()()
	if f.chaos == nil {
		f.chaos = newChaos(1, r)
	}
	f.chaos.rates = r
}

// InjectedFault is a fault that happened by chance.
type InjectedFault struct {
	Time time.Time
	// Kind is the name of the field of [Rates].
	Kind string
	// Where is the method and path of the call, or the type of the webhook, and
	// N counts the calls of the same from 1.
	Where string
	N     int
}

// FaultLog is what happened by chance.
type FaultLog struct {
	Seed   uint64
	Faults []InjectedFault
}

// String prints the seed, to replay with, and every fault on a line.
func (l FaultLog) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d faults", l.Seed, len(l.Faults))
	for _, e := range l.Faults {
		fmt.Fprintf(&b, "\n%s %s %s #%d", e.Time.UTC().Format(time.RFC3339), e.Kind, e.Where, e.N)
	}
	return b.String()
}

// FaultLog returns the faults that happened by chance so far.
func (f *Fake) FaultLog() FaultLog {
	defer f.enter()()
	if f.chaos == nil {
		return FaultLog{}
	}
	return FaultLog{f.chaos.seed, append([]InjectedFault(nil), f.chaos.log...)}
}

// chaos makes faults.
type chaos struct {
	seed  uint64
	rates Rates
	seen  map[string]int
	log   []InjectedFault
}

func newChaos(seed uint64, r Rates) *chaos {
	return &chaos{seed: seed, rates: r, seen: map[string]int{}}
}

// throw returns the randomness of the next call of its kind.
func (c *chaos) throw(where string) (*rand.Rand, int) {
	c.seen[where]++
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, where, " ", c.seen[where])
	return rand.New(rand.NewPCG(c.seed, h.Sum64())), c.seen[where]
}

// chance is a kind of fault and its rate.
type chance struct {
	kind  string
	rate  float64
	fault Fault
}

func (c *chaos) fault(call Call, now time.Time) Fault {
	r := c.rates
	where := call.Method + " " + call.Path
	rng, n := c.throw(where)
	at := rng.Float64()
	for _, x := range []chance{
		{"Latency", r.Latency, Fault{Delay: upTo(rng, r.MaxLatency, 5*time.Second)}},
		{"Throttled", r.Throttled, Fault{Status: http.StatusTooManyRequests, Code: codeThrottled, Message: "Too many requests", RetryAfter: time.Second}},
		{"Internal", r.Internal, Fault{Status: http.StatusInternalServerError, Code: codeInternal, Message: "Internal error"}},
		{"Unavailable", r.Unavailable, Fault{Status: http.StatusServiceUnavailable, Body: "<html><title>503</title></html>"}},
		{"CutBefore", r.CutBefore, Fault{Drop: true}},
		{"CutAfter", r.CutAfter, Fault{Drop: true, After: true}},
		{"Truncated", r.Truncated, Fault{Truncate: true}},
		{"WrongType", r.WrongType, Fault{ContentType: "text/html; charset=utf-8"}},
		{"ExpiredToken", r.ExpiredToken, Fault{ExpireToken: true}},
		{"ClockSkew", r.ClockSkew, Fault{Skew: 6 * time.Minute}},
	} {
		if at < x.rate {
			c.log = append(c.log, InjectedFault{now, x.kind, where, n})
			return x.fault
		}
		at -= x.rate
	}
	return Fault{}
}

// disturb adds to the fate of a webhook.
func (c *chaos) disturb(d *Delivery, fate *Disturbance, now time.Time) {
	r := c.rates
	where := fmt.Sprintf("webhook %d of shop %s", d.Type, d.Shop)
	rng, n := c.throw(where)
	happens := func(kind string, rate float64) bool {
		if rng.Float64() >= rate {
			return false
		}
		c.log = append(c.log, InjectedFault{now, kind, where, n})
		return true
	}
	fate.Lose = happens("WebhookLost", r.WebhookLost) || fate.Lose
	if happens("WebhookTwice", r.WebhookTwice) {
		fate.Copies++
	}
	if happens("WebhookLate", r.WebhookLate) {
		fate.Delay += upTo(rng, r.MaxWebhookDelay, 10*time.Minute)
	}
}

func upTo(rng *rand.Rand, most, fallback time.Duration) time.Duration {
	if most == 0 {
		most = fallback
	}
	return time.Duration(rng.Float64() * float64(most)).Round(time.Millisecond)
}
