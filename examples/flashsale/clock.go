package main

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// clock is simulated time, and what other people are going to do in it. The
// program is one thread: when it waits, for its next turn or for the reply to a
// call, the others act.
type clock struct {
	now    time.Time
	coming events
	seq    int
}

// event is something that somebody does at a moment. It must not wait.
type event struct {
	at  time.Time
	seq int
	do  func()
}

// Now is the clock that fakes, adapters and primitives are given.
func (c *clock) Now() time.Time { return c.now }

// at plans something.
func (c *clock) at(t time.Time, do func()) {
	c.seq++
	heap.Push(&c.coming, event{t, c.seq, do})
}

// pass lets time pass.
func (c *clock) pass(d time.Duration) { c.waitUntil(c.now.Add(d), func() bool { return false }) }

// waitUntil lets time pass until t, or until something happens that makes
// enough true.
func (c *clock) waitUntil(t time.Time, enough func() bool) {
	for len(c.coming) > 0 && !c.coming[0].at.After(t) && !enough() {
		e := heap.Pop(&c.coming).(event)
		c.now = later(c.now, e.at)
		e.do()
	}
	if !enough() {
		c.now = later(c.now, t)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// events is a heap.
type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].seq < e[j].seq
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}

// network is the way to one side. A request takes half of the latency, and what
// it does happens then; the reply takes the other half.
type network struct {
	clock *clock
	rand  *rand.Rand
	next  http.RoundTripper
	calls int
	seen  func() // is called when a request has done what it does
}

// A call takes quickest, and on average as long again: the rest is exponential,
// up to slowest.
const (
	quickest = 120 * time.Millisecond
	slowest  = 3 * time.Second
)

// RoundTrip implements [http.RoundTripper].
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.calls++
	latency := min(quickest+time.Duration(n.rand.ExpFloat64()*float64(quickest)), slowest)
	n.clock.pass(latency / 2)
	resp, err := n.next.RoundTrip(r)
	n.seen()
	n.clock.pass(latency / 2)
	return resp, err
}

// pacer is a [linnworks.Limiter] on the simulated clock: it spaces the calls of
// an operation evenly over the minute.
type pacer struct {
	clock *clock
	next  map[string]time.Time
}

// Wait implements [linnworks.Limiter].
func (p *pacer) Wait(ctx context.Context, key linnworks.LimitKey) error {
	if key.PerMinute > 0 {
		at := later(p.next[key.Operation], p.clock.now)
		p.next[key.Operation] = at.Add(time.Minute / time.Duration(key.PerMinute))
		p.clock.pass(at.Sub(p.clock.now))
	}
	return ctx.Err()
}
