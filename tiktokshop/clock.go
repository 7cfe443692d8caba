package tiktokshop

import (
	"net/http"
	"sync"
	"time"
)

// ClockAhead returns by how much TikTok's clock is ahead of this machine's, give or take
// within, as the Date of its replies tells: it is cut to seconds and was told somewhere on
// the way, so that within is about half a second more than half the time of the fastest
// call, and less after many calls. ok is false before the first reply.
//
// Calls are stamped with the time of this machine, of which TikTok accepts what is up to
// five minutes behind its own and thirty seconds ahead. If it refuses a call and the clocks
// differ, the call is repeated with TikTok's time, and so are all calls after it stamped.
//
// https://partner.tiktokshop.com/docv2/page/common-parameters
func (c *Client) ClockAhead() (ahead, within time.Duration, ok bool) {
	return c.core.clock.measured()
}

// clock measures TikTok's clock. The zero value has measured nothing.
type clock struct {
	mu sync.Mutex
	// least and most are by how much it is ahead of ours, at least and at most.
	known       bool
	least, most time.Duration
	// trusted reports whether calls are stamped by it and not by ours.
	trusted bool
}

// told takes in the Date of a reply to a call that was sent and answered at these moments
// of our clock.
func (c *clock) told(sent, answered time.Time, date string) {
	said, err := http.ParseTime(date)
	if err != nil {
		return
	}
	// Without the monotonic reading: the clock may be set meanwhile.
	least, most := said.Sub(answered.Round(0)), said.Add(time.Second).Sub(sent.Round(0))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known {
		narrower, wider := max(c.least, least), min(c.most, most)
		if narrower <= wider { // else a clock was set, or has drifted
			least, most = narrower, wider
		}
	}
	c.known, c.least, c.most = true, least, most
}

func (c *clock) measured() (ahead, within time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	within = (c.most - c.least) / 2
	return c.least + within, within, c.known
}

// stamp returns by how much calls are stamped ahead of our clock.
func (c *clock) stamp() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.trusted {
		return 0
	}
	return (c.least + c.most) / 2
}

// clocksAgree is how close two clocks are that do not differ.
const clocksAgree = 2 * time.Second

// refused is told that a call was refused which was stamped so much ahead of our clock, and
// reports whether the next will be stamped otherwise.
func (c *clock) refused(stamped time.Duration) bool {
	ahead, within, ok := c.measured()
	if !ok || (ahead-stamped).Abs() < clocksAgree+within {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trusted = true
	return true
}
