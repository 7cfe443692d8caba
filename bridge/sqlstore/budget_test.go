package sqlstore

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// most counts the moments within any window.
func most(at []int64, window int64) (most int) {
	slices.Sort(at)
	from := 0
	for i := range at {
		for at[i]-at[from] >= window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// However processes look, use what they have as late as they may, give back, die, are
// refused and see the clock set back: no window has more calls than the quota.
func FuzzBudget(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(8), uint8(1), uint16(200))
		f.Add(seed, uint8(150), uint8(60), uint16(300))
		f.Add(seed, uint8(1), uint8(5), uint16(100))
	}
	f.Fuzz(func(t *testing.T, seed uint64, calls, seconds uint8, steps uint16) {
		r := rand.New(rand.NewPCG(seed, 1))
		q := quota{float64(max(calls, 1)), int64(max(seconds, 1)) * 1e6}
		start := int64(1_764_000_000_000_000)
		now, back := start, int64(0) // by which the database's clock was set back
		var b budget
		var used []int64
		have := map[string][]slot{}
		for range min(steps, 300) {
			now += r.Int64N([]int64{1000, 100_000, 1_000_000, q.Window}[r.IntN(4)])
			if r.IntN(100) == 0 {
				back += 2e6 + r.Int64N(1e9)
			}
			l := look{process: string(rune('a' + r.IntN(4))), quota: q, late: []int64{0, 0, 0, r.Int64N(q.Window)}[r.IntN(4)]}
			for level := range l.waiting {
				l.waiting[level] = r.IntN([]int{1, 3, 50}[r.IntN(3)])
			}
			// Of what it has it uses some, as late as it may be or when it comes, and gives
			// some back, but not what may have been void for long.
			for _, s := range have[l.process] {
				switch r.IntN(4) {
				case 0:
					used = append(used, s.At)
				case 1:
					used = append(used, s.At+s.Late)
				case 2:
					used = append(used, s.At+r.Int64N(s.Late+1))
				default:
					if s.At -= back; r.IntN(2) == 0 && s.At > now-back {
						l.back = append(l.back, s)
					}
				}
			}
			if r.IntN(30) == 0 {
				l.refused = []refusal{{admitted: now - back - r.Int64N(1e6), at: now - back, retryAfter: r.Int64N(2e6), overload: r.IntN(2) == 0, probe: r.IntN(2) == 0}}
			}
			out := b.look(now-back, l)
			have[l.process] = nil
			for _, s := range out.slots {
				if s.At < now-back-s.Late/2-1 {
					t.Fatalf("a slot of %d µs ago was given, of which half of %d are usable", now-back-s.At, s.Late)
				}
				s.At += back
				have[l.process] = append(have[l.process], s)
			}
			if len(out.slots) > l.waits() {
				t.Fatalf("%d slots for %d calls", len(out.slots), l.waits())
			}
			if r.IntN(50) == 0 {
				delete(have, l.process) // it dies
			}
		}
		if n := most(used, q.Window); n > int(q.Calls) {
			t.Errorf("%d calls in a window of %v, want at most %v", n, micros(q.Window), q.Calls)
		}
	})
}

// Levels of all processes have the turns that they have in one, and processes of one
// level take turns.
func TestBudgetTurns(t *testing.T) {
	q := quota{1000, 1e6}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro()
	var b budget
	// What each process has had after a second in which all wait for everything.
	got := map[string]int{}
	waiting := map[string][levels]int{"a": {0, 0, 9999}, "b": {0, 0, 9999}, "c": {9999, 0, 0}, "d": {0, 9999, 0}}
	for step := range 80 {
		if step == 40 { // the first came before the others
			clear(got)
		}
		for _, id := range []string{"a", "b", "c", "d"} {
			got[id] += len(b.look(now, look{process: id, quota: q, waiting: waiting[id]}).slots)
		}
		now += 25_000
	}
	total := got["a"] + got["b"] + got["c"] + got["d"]
	for id, want := range map[string]float64{"a": 0.1, "b": 0.1, "c": 0.6, "d": 0.2} {
		if part := float64(got[id]) / float64(total); part < want-0.05 || part > want+0.05 {
			t.Errorf("%s had %.2f of %d slots, want about %.2f: %v", id, part, total, want, got)
		}
	}
}

// What a process was to have when it died is given to others when it is taken for dead,
// and one that comes again and again for one call does not keep the others from theirs.
func TestBudgetMembers(t *testing.T) {
	q := quota{10, 1e6}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro()
	var b budget
	b.look(now, look{process: "dead", quota: q, waiting: [levels]int{0, 1000, 0}})
	after := func(window time.Duration) int {
		n := 0
		for end := now + window.Microseconds(); now < end; now += 50_000 {
			n += len(b.look(now, look{process: "alive", quota: q, waiting: [levels]int{0, 0, 1000}}).slots)
		}
		return n
	}
	if n := after(time.Second); n < 1 || n > 6 {
		t.Errorf("in the first second, beside one that is dead and more urgent: got %d slots, want a fifth, and half a second ahead", n)
	}
	after(time.Second)
	if n := after(10 * time.Second); n < 96 || n > 98 {
		t.Errorf("after two seconds: got %d slots in ten seconds, want 97", n)
	}
	got := map[string]int{}
	for range 200 {
		for id, waits := range map[string]int{"alive": 1000, "one by one": 1} {
			got[id] += len(b.look(now, look{process: id, quota: q, waiting: [levels]int{0, waits, 0}}).slots)
		}
		now += 50_000
	}
	if got["alive"] < 40 || got["one by one"] < 30 {
		t.Errorf("beside one that comes for one call each time: got %v slots, want about the same", got)
	}
}

// A refusal holds all, lowers the pace for all, and is forgotten step by step.
func TestBudgetLearns(t *testing.T) {
	q := quota{60, 60e6}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro()
	second := int64(1e6)
	every := func(b *budget, r ...refusal) (first, second int64) {
		r = slices.Clone(r)
		for i := range r {
			r[i].admitted, r[i].at = r[i].admitted+now, r[i].at+now
		}
		out := b.look(now, look{process: "a", quota: q, waiting: [levels]int{0, 1, 0}, refused: r})
		return out.next - now, out.every
	}
	for name, c := range map[string]struct {
		refused      []refusal
		first, every int64
	}{
		"nothing":             {nil, 130_000, 1_030_000},
		"throttled, told":     {[]refusal{{retryAfter: 20 * second}}, 20*second + 572_222, 1_144_445},
		"throttled, not told": {[]refusal{{}}, 61*second + 30_000, 2_060_000},
		"twice, of one pace":  {[]refusal{{}, {admitted: -1, at: 1}}, 61*second + 30_000, 2_060_000},
		"overloaded":          {[]refusal{{overload: true}}, second + 515_000, 1_030_000},
		"overloaded again":    {[]refusal{{overload: true}, {admitted: 1, at: second, overload: true}}, 3*second + 515_000, 1_030_000},
	} {
		var b budget
		b.look(now, look{process: "b", quota: q})
		first, gap := every(&b, c.refused...)
		if first != c.first || gap != c.every {
			t.Errorf("%s: the next slot is in %v, one each %v; want after %v, one each %v", name, micros(first), micros(gap), micros(c.first), micros(c.every))
		}
		now += 3600 * second
		if _, gap = every(&b); gap != 1_030_000 {
			t.Errorf("%s: an hour later one each %v, want the whole quota", name, micros(gap))
		}
	}
	var b budget
	b.look(now, look{process: "b", quota: q, refused: []refusal{{admitted: now, at: now, retryAfter: second, probe: true}}})
	now += 2 * second
	got := b.look(now, look{process: "a", quota: q, waiting: [levels]int{0, 9, 0}})
	if n := len(got.slots); n != 1 || got.next-now < 4*second {
		t.Errorf("after a hold that was cut: %d slots, the next in %v; want one, and the next after five seconds", n, micros(got.next-now))
	}
}

// A process that may be late once leaves room for that when none of the others may be.
func TestBudgetLate(t *testing.T) {
	q := quota{10, 1e6}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro()
	var b budget
	late := b.look(now, look{process: "late", quota: q, late: 900_000, waiting: [levels]int{0, 1, 0}}).slots[0]
	used := []int64{late.At + late.Late}
	for range 40 {
		for _, s := range b.look(now, look{process: "a", quota: q, waiting: [levels]int{0, 9, 0}}).slots {
			used = append(used, s.At)
		}
		now += 50_000
	}
	if n := most(used, q.Window); n > 10 || len(used) < 15 {
		t.Errorf("of %d calls %d are in one second, want at most 10", len(used), n)
	}
}

// What is given back while the budget is held is given to nobody.
func TestBudgetHeldTakesBack(t *testing.T) {
	q := quota{10, 1e6}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro()
	var b budget
	back := b.look(now, look{process: "a", quota: q, waiting: [levels]int{0, 9, 0}}).slots[2:]
	b.look(now, look{process: "a", quota: q, back: back, refused: []refusal{{admitted: now, at: now, retryAfter: 10e6}}})
	if got := b.look(now, look{process: "b", quota: q, waiting: [levels]int{0, 9, 0}}).slots; len(got) > 0 {
		t.Errorf("%d slots were given while nothing may go", len(got))
	}
}

// Many processes that each come for one call, and again, leave its share to one that has
// waited longer.
func TestBudgetOneByOne(t *testing.T) {
	q := quota{10, 1e6}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro()
	var b budget
	got := 0
	for step := range 800 {
		for id := range 13 {
			waits := 1
			if id == 12 {
				waits = 1000
			}
			n := len(b.look(now, look{process: string(rune('a' + id)), quota: q, waiting: [levels]int{0, waits, 0}}).slots)
			if id == 12 && step >= 40 {
				got += n
			}
		}
		now += 50_000
	}
	if got < 20 {
		t.Errorf("the one with a queue had %d of about 370 slots, want at least the 28 of a thirteenth or near that", got)
	}
}
