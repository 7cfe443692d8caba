package linnworkstest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"time"
)

// Rates are how often calls meet faults, each from 0, never, to 1, always. A
// call meets at most one of them, and latency and a wrong clock besides; the
// rates of the others add up to 1 at most.
type Rates struct {
	// Latency delays a call by up to MaxLatency, a second if that is zero.
	Latency    float64
	MaxLatency time.Duration
	// ClockSkew puts the Date header off by up to MaxSkew either way, five
	// minutes if that is zero.
	ClockSkew float64
	MaxSkew   time.Duration

	// Throttle answers 429, half of the time without Retry-After.
	Throttle float64
	// ServerError and Unavailable answer 500 and 503 instead of doing anything.
	ServerError, Unavailable float64
	// CutBefore and CutAfter end the connection before the call is looked at,
	// and after it took effect.
	CutBefore, CutAfter float64
	// Truncated and WrongType spoil the answer to a call that took effect: half
	// of the body, or the type of a web page.
	Truncated, WrongType float64
	// NotJSON answers with a proxy's page and status 200; nothing is done.
	NotJSON float64
	// Session ends the sessions and answers 401.
	Session float64
	// Maintenance puts the account under maintenance for up to MaxMaintenance, a
	// minute if that is zero.
	Maintenance    float64
	MaxMaintenance time.Duration
}

// Rough returns rates that add up to share: every kind of fault, the plain ones
// more often than the odd ones.
func Rough(share float64) Rates {
	part := share / 20
	return Rates{
		Latency: share, ClockSkew: share / 4,
		Throttle: 4 * part, ServerError: 3 * part, Unavailable: 3 * part, CutBefore: 2 * part, CutAfter: 3 * part,
		Truncated: part, WrongType: part, NotJSON: part, Session: 1.5 * part, Maintenance: part / 2,
	}
}

// total is how often a call meets a fault other than latency and a wrong clock.
func (r Rates) total() float64 {
	return r.Throttle + r.ServerError + r.Unavailable + r.CutBefore + r.CutAfter + r.Truncated + r.WrongType + r.NotJSON + r.Session + r.Maintenance
}

// WithFaults injects faults at rates. The seed decides which calls meet which:
// what happens to the nth call of an operation depends on the seed and n alone,
// so that a run with the same calls is replayed by its seed, in whatever order
// different operations come. Scripted faults come first. It panics if the rates
// add up to more than 1.
func WithFaults(seed uint64, rates Rates) Option {
	if rates.total() > 1 {
		panic(fmt.Sprintf("linnworkstest: WithFaults: the rates add up to %g", rates.total()))
	}
	return func(f *Fake) { f.faults = &seededFaults{seed: seed, rates: rates, calls: map[string]uint64{}} }
}

// Seed returns the seed of [WithFaults], 0 without one.
func (f *Fake) Seed() uint64 {
	if f.faults == nil {
		return 0
	}
	return f.faults.seed
}

// PauseFaults stops the seeded faults, or has them go on where they stopped.
func (f *Fake) PauseFaults(paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.faults != nil {
		f.faults.paused = paused
	}
}

// seededFaults draws faults.
type seededFaults struct {
	seed   uint64
	rates  Rates
	paused bool
	calls  map[string]uint64 // per operation
}

// next draws the fault of an operation's next call.
func (s *seededFaults) next(operation string) Fault {
	if s == nil || s.paused {
		return Fault{}
	}
	s.calls[operation]++
	h := fnv.New64a()
	_, _ = h.Write([]byte(fold(operation)))
	r := s.rates
	dice := rand.New(rand.NewPCG(s.seed, h.Sum64()+s.calls[operation]))
	up := func(limit, otherwise time.Duration) time.Duration {
		if limit <= 0 {
			limit = otherwise
		}
		return time.Duration(1 + dice.Int64N(int64(limit)))
	}
	out := Fault{}
	// Every call draws the same number of times, so that a changed rate leaves
	// what the other rates decide alone.
	late, latency := dice.Float64(), up(r.MaxLatency, time.Second)
	off, skew := dice.Float64(), up(r.MaxSkew, 5*time.Minute)
	sign, which, short := dice.IntN(2), dice.Float64(), dice.IntN(2)
	pause := up(r.MaxMaintenance, time.Minute)
	for _, kind := range []struct {
		rate  float64
		fault Fault
	}{
		{r.Throttle, Throttle(time.Duration(short) * 5 * time.Second)},
		{r.ServerError, Reply(http.StatusInternalServerError, "An error has occurred.")},
		{r.Unavailable, Reply(http.StatusServiceUnavailable, "The service is unavailable.")},
		{r.CutBefore, CutBefore()},
		{r.CutAfter, CutAfter()},
		{r.Truncated, Truncated()},
		{r.WrongType, Mislabelled()},
		{r.NotJSON, NotJSON(http.StatusOK)},
		{r.Session, ExpiredSession()},
		{r.Maintenance, Maintenance(pause)},
	} {
		if which < kind.rate {
			out = kind.fault
			break
		}
		which -= kind.rate
	}
	if late < r.Latency {
		out = out.Late(latency)
	}
	if off < r.ClockSkew {
		out = out.Skewed(skew * time.Duration(1-2*sign))
	}
	return out
}
