package sqlstore

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// How a budget is shared.
const (
	// horizon is how far ahead slots are given: who is urgent waits for so much at most
	// until those are used that others have already.
	horizon = 500 * time.Millisecond
	// longest is the longest time between two looks of a process that waits.
	longest = 5 * time.Second
	// grace is how much later than promised a process may look before it is taken for dead.
	grace = time.Second
	// room is the part of the window that a call may be late, and that is left unused.
	room = 0.03
	// overtaken is how many calls of other levels go for one of a level that is always
	// overtaken, as in the clients' own limiters.
	overtaken = 4
)

// How a budget learns from refusals: as the clients' own limiters do.
const (
	lowestPace        = 0.1
	lowerTold         = 0.9 // the server said when there is room again
	lowerBlind        = 0.5
	raiseStep         = 1.1
	raiseStride       = 1.25 // beyond what was refused once, and is admitted now
	raiseAfter        = time.Minute
	raisePatience     = 5
	shortPause        = time.Second // for a server that is overloaded
	longPause         = time.Minute
	probeTime         = 5 * time.Second
	levels            = 3 // urgent, not marked, bulk
	clockSetBack      = time.Second
	quietMicroseconds = int64(raiseAfter / time.Microsecond)
)

// quota is how many calls may go in any window.
type quota struct {
	Calls  float64 `json:"calls"`
	Window int64   `json:"window"` // microseconds
}

// slot is the moment of one call. It may be used from At on and as long as Late after.
type slot struct {
	At   int64 `json:"at"`
	Late int64 `json:"late"`
}

// turns counts, for each level, the calls of others in a row while one of it waited.
type turns [levels]int

// next is the level whose turn it is: the most urgent that waits, or the least urgent
// that has been overtaken often enough.
func (t *turns) next(waiting [levels]int) (level int, waits bool) {
	for l := levels - 1; l >= 0; l-- {
		if waiting[l] == 0 {
			continue
		}
		level, waits = l, true
		if t[l] >= overtaken {
			break
		}
	}
	for l := range t {
		if t[l]++; waiting[l] == 0 || l == level {
			t[l] = 0
		}
	}
	return level, waits
}

// budget is the timetable of one quota, which all processes see and change one at a time.
// Each slot is given to one process, and none earlier than the quota permits: however the
// processes use what they have, no window sees too many calls. All moments are
// microseconds of Unix time by the database's clock.
//
// That is so because a slot comes (Window + Late)/Calls after the one before it. The first
// and the last of the calls within a window are of slots that are less than Window + Late
// apart, so there are at most Calls of them.
type budget struct {
	Clock   int64              `json:"clock"` // when it was last looked at
	Next    int64              `json:"next"`  // the first slot that nobody has had
	Late    int64              `json:"late"`  // of the slot before that
	Free    []slot             `json:"free,omitempty"`
	Turns   turns              `json:"turns"`
	Served  int64              `json:"served"` // how many slots were given
	Members map[string]*member `json:"members,omitempty"`

	// What was learnt from refusals:

	Held    int64   `json:"held,omitempty"`    // there are no slots before
	Probe   bool    `json:"probe,omitempty"`   // the next call goes alone
	Pace    float64 `json:"pace,omitempty"`    // part of the quota that is used, 0 for all
	Refused float64 `json:"refused,omitempty"` // a pace that is known to be too fast
	Cut     int64   `json:"cut,omitempty"`     // of the last refusal that counted
	Quiet   int64   `json:"quiet,omitempty"`   // since when nothing was refused, or the pace last rose
	Pause   int64   `json:"pause,omitempty"`   // for the last overload
}

// member is a process in which calls wait that have no slot.
type member struct {
	Quota   quota       `json:"quota"`
	Late    int64       `json:"late"`
	Waiting [levels]int `json:"waiting"`
	Until   int64       `json:"until"`           // when it is taken for dead
	Given   []slot      `json:"given,omitempty"` // to be fetched
	Served  int64       `json:"served"`          // the number of its last slot, or when it came
}

// look is what a process says when it looks at the timetable.
type look struct {
	process string
	quota   quota
	late    int64       // how late it may be, if that is more than is usual
	waiting [levels]int // calls that have no slot
	back    []slot      // that it does not need
	refused []refusal
}

// refusal is what the server told, by the database's clock.
type refusal struct {
	admitted, at    int64
	retryAfter      int64
	overload, probe bool
}

// seen is what it sees there.
type seen struct {
	slots  []slot // that are its own from now on
	next   int64  // the first that nobody has
	every  int64  // from one to the next
	again  int64  // when to look again, if calls are left without a slot
	others [levels]int
}

// look gives out the slots up to the horizon and returns those of the process that looks.
func (b *budget) look(now int64, l look) seen {
	if now < b.Clock-clockSetBack.Microseconds() {
		b.shift(now - b.Clock)
	}
	b.Clock = now
	for id, m := range b.Members {
		if id == l.process && l.waits() == 0 || id != l.process && m.Until < now {
			b.Free = append(b.Free, m.Given...)
			delete(b.Members, id)
		}
	}
	if l.waits() > 0 {
		b.join(now, l)
	}
	for _, r := range l.refused {
		b.learn(r, l.quota.Window)
	}
	b.raise(now, l.quota.Window)
	b.Free = append(b.Free, l.back...)
	b.Free = slices.DeleteFunc(b.Free, func(s slot) bool { return s.At < b.Held || s.late(now) })
	slices.SortFunc(b.Free, func(a, b slot) int { return cmp.Compare(a.At, b.At) })

	every, late := b.spacing(l)
	if late < b.Late {
		b.Next += b.Late - late
	}
	b.Late = late
	// What was missed just now may still be used. A server that has refused a call has
	// room again as slowly as it was filled.
	b.Next = max(b.Next, now-late/2, b.Held+every/2)
	for {
		s, ok := b.peek(now)
		if !ok {
			break
		}
		level, waits := b.Turns.next(b.waiting(""))
		if !waits {
			break
		}
		b.take(s, every)
		m := b.first(level)
		b.Served++
		m.Waiting[level]--
		m.Served = b.Served
		m.Given = append(m.Given, s)
	}
	out := seen{next: b.Next, every: every, others: b.waiting(l.process)}
	out.again = max(now+horizon.Microseconds()/2, min(b.Next-horizon.Microseconds()/2, now+longest.Microseconds()))
	if m := b.Members[l.process]; m != nil {
		out.slots, m.Given, m.Until = m.Given, nil, out.again+grace.Microseconds()
		if m.Waiting == ([levels]int{}) {
			delete(b.Members, l.process)
		}
	}
	return out
}

func (l look) waits() (n int) {
	for _, w := range l.waiting {
		n += w
	}
	return n
}

// join notes what waits in a process that looks.
func (b *budget) join(now int64, l look) {
	m := b.Members[l.process]
	if m == nil {
		m = &member{Served: b.Served}
		if b.Members == nil {
			b.Members = map[string]*member{}
		}
		b.Members[l.process] = m
	}
	m.Quota, m.Late, m.Waiting = l.quota, l.late, l.waiting
	given := slices.DeleteFunc(m.Given, func(s slot) bool { return s.late(now) })
	n := min(len(given), l.waits())
	m.Given, b.Free = given[:n], append(b.Free, given[n:]...)
	for level := range m.Waiting { // it does not know of them yet: they are for the most urgent
		covered := min(n, m.Waiting[level])
		m.Waiting[level] -= covered
		n -= covered
	}
}

// late reports whether half of the time in which a slot may be used is over, too much to
// give it to somebody.
func (s slot) late(now int64) bool { return s.At+s.Late/2 < now }

// shift moves all moments, with a clock that was set back.
func (b *budget) shift(by int64) {
	slots := func(list []slot) {
		for i := range list {
			list[i].At += by
		}
	}
	for _, at := range []*int64{&b.Next, &b.Held, &b.Cut, &b.Quiet} {
		*at += by
	}
	slots(b.Free)
	for _, m := range b.Members {
		m.Until += by
		slots(m.Given)
	}
}

// spacing is the time from one slot to the next, and how late one may be used: the most
// that any of the processes wants, whose settings may differ for a while.
func (b *budget) spacing(l look) (every, late int64) {
	quotas := []quota{l.quota}
	late = l.late
	for _, m := range b.Members {
		quotas, late = append(quotas, m.Quota), max(late, m.Late)
	}
	for _, q := range quotas {
		late = max(late, int64(room*float64(q.Window)))
	}
	for _, q := range quotas {
		every = max(every, int64(math.Ceil(float64(q.Window+late)/q.Calls/b.pace())))
	}
	return every, late
}

// peek is the next slot, if it comes before the horizon.
func (b *budget) peek(now int64) (slot, bool) {
	s := slot{At: b.Next, Late: b.Late}
	if len(b.Free) > 0 && b.Free[0].At < s.At {
		s = b.Free[0]
	}
	return s, s.At < now+horizon.Microseconds()
}

// take takes that slot out.
func (b *budget) take(s slot, every int64) {
	if s.At < b.Next {
		b.Free = b.Free[1:]
		return
	}
	b.Next += every
	if b.Probe {
		b.Probe, b.Next = false, max(b.Next, s.At+probeTime.Microseconds())
	}
}

// waiting counts the calls that have no slot, but for those of one process.
func (b *budget) waiting(but string) (n [levels]int) {
	for id, m := range b.Members {
		for l := range n {
			if id != but {
				n[l] += m.Waiting[l]
			}
		}
	}
	return n
}

// first is the process in which calls of that level have waited longest.
func (b *budget) first(level int) (first *member) {
	for _, id := range slices.Sorted(maps.Keys(b.Members)) {
		if m := b.Members[id]; m.Waiting[level] > 0 && (first == nil || m.Served < first.Served) {
			first = m
		}
	}
	return first
}

func (b *budget) pace() float64 { return cmp.Or(b.Pace, 1) }

// learn holds the budget for as long as the server asks, and lowers the pace if that is
// what it refused.
func (b *budget) learn(r refusal, window int64) {
	switch stale := r.admitted <= b.Cut; {
	case stale && r.retryAfter <= 0:
		return
	case stale:
		b.hold(r.at + r.retryAfter)
	case r.overload:
		if b.Pause > 0 && r.at-b.Held <= b.Pause {
			b.Pause = min(2*b.Pause, longPause.Microseconds())
		} else {
			b.Pause = shortPause.Microseconds()
		}
		b.hold(r.at + max(r.retryAfter, b.Pause))
		b.Cut = r.at
	default:
		factor := lowerBlind
		if 0 < r.retryAfter && r.retryAfter < window {
			factor = lowerTold
		}
		b.Refused = b.pace()
		b.Pace = max(b.pace()*factor, lowestPace)
		b.hold(r.at + throttledFor(r.retryAfter, window))
		b.Cut = r.at
	}
	b.Probe = b.Probe || r.probe
}

// throttledFor is how long nothing goes after a throttle.
func throttledFor(retryAfter, window int64) int64 {
	if retryAfter > 0 {
		return retryAfter
	}
	return max(window, shortPause.Microseconds())
}

// hold lets nothing go until then: what was given is void, too.
func (b *budget) hold(until int64) {
	b.Held = max(b.Held, until)
	b.Next, b.Quiet = max(b.Next, b.Held), b.Held
	for _, m := range b.Members {
		m.Given = nil
	}
}

// raise brings a lowered pace nearer to the whole quota.
func (b *budget) raise(now, window int64) {
	for b.pace() < 1 {
		next, quiet := b.Pace*raiseStep, max(window, quietMicroseconds)
		if b.Refused == 0 {
			next = b.Pace * raiseStride
		} else if next >= b.Refused {
			quiet *= raisePatience
		}
		if now-b.Quiet < quiet {
			return
		}
		b.Quiet += quiet
		if next >= b.Refused {
			b.Refused = 0
		}
		b.Pace = min(next, 1)
	}
}
