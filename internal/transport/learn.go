package transport

import (
	"time"

	"golang.org/x/time/rate"
)

// How the limits learn. The figures are a compromise between few refusals and
// little time lost; the property test reports what they come to.
const (
	// A rate never falls below this part of the configured one.
	lowest = 0.1
	// Where the calls that the server admitted could be counted, their rate is
	// lowered by this factor, else by the other.
	cautious, blind = 0.9, 0.5
	// The rate rises by the factor step each time that nothing was refused for a
	// window, at least for minQuiet. So many times that pass before it goes
	// beyond a rate that was once refused; if that is admitted now, what was
	// learnt no longer holds, and the rate rises by the factor stride.
	step, stride = 1.1, 1.25
	minQuiet     = time.Minute
	patience     = 5
	// An overloaded server is left alone for minPause, then twice as long each
	// time, up to maxPause.
	minPause, maxPause = time.Second, time.Minute
	// The call that goes ahead after a hold that was cut has so much time to be
	// refused before the others follow.
	probeTime = 5 * time.Second
)

// Feedback is what a refused attempt tells about its limit.
type Feedback struct {
	// Admitted is when Wait let the attempt go. What was under way when another
	// refusal lowered the rate does not lower it again.
	Admitted time.Time
	// RetryAfter is the pause that the server named, 0 for none.
	RetryAfter time.Duration
	// Overload tells that the server is overloaded and not that this client is
	// too fast.
	Overload bool
	// Probe tells that RetryAfter was cut, and may be too short: when it is over,
	// one call is to go ahead of the others.
	Probe bool
}

// learnt is what a bucket knows from refusals.
type learnt struct {
	changed time.Time     // of the last refusal that counted
	quiet   time.Time     // when the last hold ended or the rate last rose
	refused rate.Limit    // what is known to be too fast, 0 if nothing is
	pause   time.Duration // for the last overload
}

// Learn holds key for as long as the server asks, or for the window where it
// does not say, and after a throttle lowers the rate of key. Quiet time raises
// it again. It returns for how long key is held from now on.
func (k *Keyed[K]) Learn(key K, f Feedback) time.Duration {
	b := k.lock(key)
	defer k.mu.Unlock()
	now := time.Now()
	switch stale := !f.Admitted.After(b.changed) && !f.Admitted.IsZero(); {
	case stale && f.RetryAfter <= 0:
		return b.left(now)
	case stale:
		b.hold(now.Add(f.RetryAfter), b.tokens.Limit())
	case f.Overload:
		b.overloaded(now, f)
	default:
		b.throttled(now, f)
	}
	b.probe = b.probe || f.Probe
	b.expel(func(w *waiter, ahead int) error {
		if !w.hasDeadline {
			return nil
		}
		return b.tooLate(now, w.deadline, ahead)
	})
	k.serve(b, now)
	return b.left(now)
}

// Rate is how many calls a second key has at present, 0 if it has no limit.
func (k *Keyed[K]) Rate(key K) float64 {
	b := k.lock(key)
	defer k.mu.Unlock()
	if r := b.tokens.Limit(); r != rate.Inf {
		return float64(r)
	}
	return 0
}

// left is how long nothing is admitted from now on.
func (b *bucket) left(now time.Time) time.Duration { return max(0, b.held.Sub(now)) }

// throttled lowers the rate. A server that counts in a window, fixed or sliding,
// and says when there is room again also says since when it has counted, and what
// went between then and the refused call is its quota.
func (b *bucket) throttled(now time.Time, f Feedback) {
	window, hold := b.limit.Window, f.RetryAfter
	factor, counted := blind, window
	if 0 < hold && hold < window {
		counted = window - hold
		if now.Sub(b.held) >= window { // else the last estimate was wrong
			factor = cautious
		}
	}
	if hold <= 0 {
		hold = max(window, minPause)
	}
	r := b.tokens.Limit()
	if r != rate.Inf {
		b.refused = r
		lower := r * rate.Limit(factor)
		if n, ok := b.log.between(now.Add(-counted), f.Admitted); ok {
			quota := rate.Limit(float64(n) / window.Seconds())
			b.refused = min(b.refused, quota)
			lower = min(lower, quota*cautious)
		}
		r = max(lower, full(b.limit)*lowest)
	}
	b.hold(now.Add(hold), r)
	b.changed = now
}

// overloaded backs off.
func (b *bucket) overloaded(now time.Time, f Feedback) {
	if b.pause > 0 && now.Sub(b.held) <= b.pause {
		b.pause = min(2*b.pause, maxPause)
	} else {
		b.pause = minPause
	}
	b.hold(now.Add(max(f.RetryAfter, b.pause)), b.tokens.Limit())
	b.changed = now
}

// hold admits nothing until then and no burst after it. The first call comes half
// an interval later: a server whose window slides has room again as slowly as the
// calls went that fill it, and calls do not arrive as evenly as they are sent.
func (b *bucket) hold(until time.Time, r rate.Limit) {
	if until.Before(b.held) {
		until = b.held
	}
	b.held, b.quiet = until, until
	burst := b.burst(r)
	b.tokens = rate.NewLimiter(r, burst)
	if r != rate.Inf {
		interval := time.Duration(float64(time.Second) / float64(r))
		b.tokens.AllowN(until.Add(-interval/2), burst)
	}
}

// raise brings a lowered rate nearer to the configured one.
func (b *bucket) raise(now time.Time) {
	r := b.tokens.Limit()
	if r >= full(b.limit) {
		return
	}
	was := r
	for r < full(b.limit) {
		next, quiet := r*step, max(b.limit.Window, minQuiet)
		if b.refused == 0 {
			next = r * stride
		} else if next >= b.refused {
			quiet *= patience
		}
		if now.Sub(b.quiet) < quiet {
			break
		}
		b.quiet = b.quiet.Add(quiet)
		if next >= b.refused {
			b.refused = 0
		}
		r = min(next, full(b.limit))
	}
	if r != was {
		b.tokens.SetLimitAt(now, r)
		b.tokens.SetBurstAt(now, b.burst(r))
	}
}

// burst is the burst at rate r: less than configured after the rate was lowered.
func (b *bucket) burst(r rate.Limit) int {
	if r >= full(b.limit) {
		return b.limit.Burst
	}
	return 1 + int(float64(b.limit.Burst-1)*float64(r/full(b.limit)))
}

// maxHistory bounds the memory of one key.
const maxHistory = 4096

// history is when the last calls were admitted, as many as fit a window.
type history struct {
	size int
	at   []time.Time // a ring once it is full
	next int
}

func (h *history) add(t time.Time) {
	switch {
	case len(h.at) < h.size:
		h.at = append(h.at, t)
	case h.size > 0:
		h.at[h.next] = t
	default:
		return
	}
	h.next = (h.next + 1) % h.size
}

// between counts the calls from one time on and before another. It fails when
// there were none or more than it keeps.
func (h *history) between(from, before time.Time) (n int, ok bool) {
	for _, at := range h.at {
		if !at.Before(from) && at.Before(before) {
			n++
		}
	}
	return n, n > 0 && (n < h.size || n < maxHistory)
}

// last is when the last call was admitted.
func (h *history) last() time.Time {
	if len(h.at) == 0 {
		return time.Time{}
	}
	return h.at[(h.next+len(h.at)-1)%len(h.at)]
}
