package bridge

import (
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// unitsSource is a BufferSource that always computes the same.
type unitsSource int

func (u unitsSource) Units(Listing, string, time.Time) int { return int(u) }

func mustRules(t testing.TB, o BufferOptions) *BufferRules {
	t.Helper()
	r, err := NewBufferRules(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBufferRules(t *testing.T) {
	fixed := func(n int) BufferRule { return BufferRule{Do: KeepUnits, Units: n} }
	percent := func(p float64, r Rounding) BufferRule { return BufferRule{Do: KeepPercent, Percent: p, Round: r} }
	limit := func(do BufferAction, n int) BufferRule { return BufferRule{Do: do, Units: n} }
	of := func(do BufferAction, rules ...BufferRule) BufferRule { return BufferRule{Do: do, Rules: rules} }
	for _, tc := range []struct {
		name  string
		rules []BufferRule
		want  map[int]int // free: published
	}{
		{"none", nil, map[int]int{-5: 0, 0: 0, 7: 7}},
		{"fixed", []BufferRule{fixed(3)}, map[int]int{-5: 0, 0: 0, 2: 0, 3: 0, 4: 1, 40: 37}},
		{"percent up is the default", []BufferRule{percent(10, "")}, map[int]int{1: 0, 9: 8, 10: 9, 11: 9, 70: 63}},
		{"percent down", []BufferRule{percent(10, RoundDown)}, map[int]int{1: 1, 9: 9, 10: 9, 19: 18, 20: 18}},
		{"percent nearest", []BufferRule{percent(10, RoundNearest)}, map[int]int{4: 4, 5: 4, 14: 13, 15: 13, 16: 14}},
		{"percent is exact", []BufferRule{percent(12.3, RoundUp)}, map[int]int{1000: 877, math.MaxInt32: math.MaxInt32 - 264140489}},
		{"percent 0 and 100", []BufferRule{percent(0, ""), percent(100, RoundDown)}, map[int]int{1: 0, math.MaxInt: 0}},
		{"cap", []BufferRule{limit(PublishAtMost, 5)}, map[int]int{4: 4, 5: 5, 6: 5}},
		{"cap of none", []BufferRule{limit(PublishAtMost, 0)}, map[int]int{4: 0}},
		{"floor", []BufferRule{fixed(10), limit(PublishAtLeast, 2)}, map[int]int{0: 0, 1: 1, 2: 2, 11: 2, 12: 2, 13: 3}},
		{"end when", []BufferRule{limit(EndWhen, 3)}, map[int]int{2: 0, 3: 0, 4: 4}},
		{"end when looks at what is left", []BufferRule{fixed(2), limit(EndWhen, 3)}, map[int]int{5: 0, 6: 4}},
		{"computed", []BufferRule{{Do: KeepComputed, Source: unitsSource(4)}}, map[int]int{3: 0, 9: 5}},
		{"computed below zero is none", []BufferRule{{Do: KeepComputed, Source: unitsSource(math.MinInt)}}, map[int]int{9: 9}},
		{"in order", []BufferRule{fixed(2), percent(10, RoundUp)}, map[int]int{42: 36}},
		{"in the other order", []BufferRule{percent(10, RoundUp), fixed(2)}, map[int]int{42: 35}},
		{"add up", []BufferRule{of(AddUp, fixed(2), fixed(3))}, map[int]int{42: 37, 4: 0}},
		{"heaviest", []BufferRule{of(Heaviest, fixed(2), percent(10, RoundUp), fixed(1))}, map[int]int{10: 8, 20: 18, 30: 27}},
		{"heaviest after another", []BufferRule{fixed(1), of(Heaviest, fixed(2), percent(50, RoundUp))}, map[int]int{11: 5}},
		{"heaviest of floors", []BufferRule{fixed(10), of(Heaviest, limit(PublishAtLeast, 3), limit(PublishAtLeast, 2))}, map[int]int{1: 1, 5: 2, 20: 10}},
		{"heaviest of none that applies", []BufferRule{of(Heaviest, BufferRule{Do: KeepUnits, Units: 2, SKUs: []string{"X"}}), fixed(1)}, map[int]int{10: 9}},
		{"first match", []BufferRule{of(FirstMatch,
			BufferRule{Do: KeepUnits, Units: 9, SKUs: []string{"OTHER"}},
			of(AddUp, BufferRule{Do: KeepUnits, Units: 8, Warehouses: []string{"W9"}}),
			BufferRule{Do: KeepUnits, Units: 0, SKUs: []string{"OTHER", "MUG"}}, fixed(5))}, map[int]int{10: 10}},
		{"class", []BufferRule{{Do: KeepUnits, Units: 3, Classes: []string{"hot", "cups"}}, {Do: KeepUnits, Units: 4, Classes: []string{"hot"}}}, map[int]int{10: 7}},
		{"every limit holds", []BufferRule{{Do: KeepUnits, Units: 3, Classes: []string{"cups"}, SKUs: []string{"MUG"}, Warehouses: []string{"W2"}}}, map[int]int{10: 10}},
		{"a rule after the floor", []BufferRule{limit(PublishAtLeast, 2), limit(EndWhen, 2)}, map[int]int{2: 0, 3: 3}},
	} {
		r := mustRules(t, BufferOptions{Rules: tc.rules, Classify: func(l Listing) string {
			return map[string]string{"MUG": "cups"}[l.SellerSKU]
		}})
		for free, want := range tc.want {
			if got := r.Publish(Listing{ListingSKU: sku("MUG")}, "W1", free, noon); got != want {
				t.Errorf("%s: %d of %d free published, want %d", tc.name, got, free, want)
			}
		}
	}
}

func TestBufferRulesAreCopied(t *testing.T) {
	rules := []BufferRule{{Do: AddUp, Rules: []BufferRule{{Do: KeepUnits, Units: 1, SKUs: []string{"MUG"}}}}}
	r := mustRules(t, BufferOptions{Rules: rules})
	rules[0].Rules[0].Units, rules[0].Rules[0].SKUs[0] = 5, "HAT"
	if got := r.Publish(Listing{ListingSKU: sku("MUG")}, "W1", 10, noon); got != 9 {
		t.Errorf("%d published, want 9", got)
	}
}

func TestLiveSessions(t *testing.T) {
	keep := func(n int) BufferRule { return BufferRule{Do: KeepUnits, Units: n, SKUs: []string{"MUG"}} }
	now := noon
	r := mustRules(t, BufferOptions{
		Rules: []BufferRule{{Do: KeepUnits, Units: 2}},
		Sessions: []LiveSession{
			{Name: "noon", Start: noon, End: noon.Add(time.Hour), Ahead: 10 * time.Minute, Rule: keep(5)},
			{Name: "light", Start: noon, End: noon.Add(2 * time.Hour), Rule: keep(1)},
			{Name: "late", Start: noon.Add(30 * time.Minute), End: noon.Add(90 * time.Minute), Rule: keep(8)},
		},
		Now: func() time.Time { return now },
	})
	buffer := r.Buffer()
	for _, tc := range []struct {
		at   time.Duration // after noon
		want int           // kept back
	}{
		{-10*time.Minute - 1, 2}, {-10 * time.Minute, 5}, {0, 5}, {30*time.Minute - 1, 5}, {30 * time.Minute, 8}, {time.Hour, 8},
		{90*time.Minute - 1, 8}, {90 * time.Minute, 2}, {2 * time.Hour, 2},
	} {
		// Moments, not what clocks show: the zone does not matter.
		now = noon.Add(tc.at).In(time.FixedZone("", 3600))
		if got := buffer(Listing{ListingSKU: sku("MUG")}, "W1", 20); got != tc.want {
			t.Errorf("%s: %d kept back, want %d", tc.at, got, tc.want)
		}
		if got := buffer(Listing{ListingSKU: sku("HAT")}, "W1", 20); got != 2 {
			t.Errorf("%s: %d kept back of a SKU without a session", tc.at, got)
		}
	}
	if got := buffer(Listing{}, "W1", -3); got != 0 {
		t.Errorf("%d kept back of -3", got)
	}
	var changes []string
	for at, ok := r.NextChange(noon.Add(-time.Hour)); ok; at, ok = r.NextChange(at) {
		changes = append(changes, at.Format("15:04"))
	}
	if got := strings.Join(changes, " "); got != "11:50 12:00 12:30 13:00 13:30 14:00" {
		t.Errorf("changes at %s", got)
	}
}

func TestBufferPreview(t *testing.T) {
	computed, err := NewComputedBuffer(ComputedOptions{Bound: 0.01, AssumedDelay: time.Minute, Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	session := func(name string, start time.Duration) LiveSession {
		return LiveSession{Name: name, Start: noon.Add(start), End: noon.Add(start + time.Hour), Rule: BufferRule{Do: KeepUnits, Units: 9, SKUs: []string{"HAT"}}}
	}
	r := mustRules(t, BufferOptions{
		Rules: []BufferRule{{Do: Heaviest, Rules: []BufferRule{{Do: KeepPercent, Percent: 2.5}, {Name: "by rate", Do: KeepComputed, Source: computed},
			{Do: AddUp, Rules: []BufferRule{{Do: KeepUnits, Units: 9, Warehouses: []string{"W2"}}}}}}},
		Sessions: []LiveSession{session("over", -time.Hour), session("open", 0), session("soon", 1)},
	})
	want := `SKU MUG in warehouse W1 at 2026-11-27 12:00:00 UTC: 10 free
  heaviest                                10 -> 9
    keep 2.5 % rounded up                 10 -> 9
    by rate                               10 -> 9  (elsewhere 0.0/h, at most 1.5/h for 1m0s; shop 0.0/h, at most 1.5/h for 1m0s; 0.07 unseen, more than 1 with a chance under 0.01)
    add up                                does not apply
      keep 9                              does not apply
  open                                    does not apply  (until 2026-11-27 13:00:00)
    keep 9                                does not apply
  soon                                    does not apply  (opens 2026-11-27 12:00:00)
9 published, 1 kept back
`
	if got := r.Preview(Listing{ListingSKU: sku("MUG")}, "W1", 10, noon).String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := r.Preview(Listing{ListingSKU: sku("MUG")}, "W1", -4, noon); got.Free != -4 || !strings.HasSuffix(got.String(), "\n0 published, 0 kept back\n") {
		t.Errorf("got\n%s", got)
	}
}

// The rules work as the buffer of a push.
func TestStockPushWithBufferRules(t *testing.T) {
	w := newWorld(t)
	w.list("MUG", "W1", "W2")
	w.list("SPOON", "W1")
	r := mustRules(t, BufferOptions{
		Rules:    []BufferRule{{Do: KeepUnits, Units: 1, Warehouses: []string{"W1"}}},
		Sessions: []LiveSession{{Name: "live", Start: noon, End: noon.Add(time.Hour), Rule: BufferRule{Do: PublishAtMost, Units: 2, SKUs: []string{"MUG"}}}},
		Now:      atNoon,
	})
	none := mustRules(t, BufferOptions{})
	for rules, want := range map[*BufferRules]map[string]string{
		none: {"MUG": "W1:10 W2:3", "SPOON": "W1:9"},
		r:    {"MUG": "W1:2 W2:2", "SPOON": "W1:8"},
	} {
		w.push(t, StockOptions{Buffer: rules.Buffer()})
		if got := w.shown(); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestNewBufferRulesRefuses(t *testing.T) {
	one := func(r BufferRule) BufferOptions { return BufferOptions{Rules: []BufferRule{{Do: KeepUnits}, r}} }
	session := func(s LiveSession) BufferOptions { return BufferOptions{Sessions: []LiveSession{s}} }
	ok := BufferRule{Do: KeepUnits, Units: 1}
	itself := []BufferRule{{Do: AddUp}}
	itself[0].Rules = itself
	for want, o := range map[string]BufferOptions{
		"Rules[1]: Do is not set":                                               one(BufferRule{Units: 3}),
		`Rules[1]: Do "keep it" is no action`:                                   one(BufferRule{Do: "keep it"}),
		"Rules[1]: keep units: Units -1 is negative":                            one(BufferRule{Do: KeepUnits, Units: -1}),
		"publish at most: Units -2 is negative":                                 one(BufferRule{Do: PublishAtMost, Units: -2}),
		"keep units: Percent or Round is set, but not used":                     one(BufferRule{Do: KeepUnits, Percent: 3}),
		"keep units: Source is set, but not used":                               one(BufferRule{Do: KeepUnits, Source: unitsSource(1)}),
		"end when: Rules is set, but not used":                                  one(BufferRule{Do: EndWhen, Rules: []BufferRule{ok}}),
		"add up: Units is set, but not used":                                    one(BufferRule{Do: AddUp, Units: 1, Rules: []BufferRule{ok}}),
		"keep percent: Percent -0.5 is negative":                                one(BufferRule{Do: KeepPercent, Percent: -0.5}),
		"keep percent: Percent 100.01 is over 100":                              one(BufferRule{Do: KeepPercent, Percent: 100.01}),
		"keep percent: Percent +Inf is over 100":                                one(BufferRule{Do: KeepPercent, Percent: math.Inf(1)}),
		"keep percent: Percent is not a number":                                 one(BufferRule{Do: KeepPercent, Percent: math.NaN()}),
		"keep percent: Percent 0.125 has more than two":                         one(BufferRule{Do: KeepPercent, Percent: 0.125}),
		`keep percent: Round "away" is none of up, down`:                        one(BufferRule{Do: KeepPercent, Percent: 1, Round: "away"}),
		"keep computed: Source is not set":                                      one(BufferRule{Do: KeepComputed}),
		"heaviest: Rules is empty":                                              one(BufferRule{Do: Heaviest}),
		"Rules[1].Rules[0]: keep units: Units -1":                               one(BufferRule{Do: FirstMatch, Rules: []BufferRule{{Do: KeepUnits, Units: -1}}}),
		"SKUs has an empty entry":                                               one(BufferRule{Do: KeepUnits, SKUs: []string{"A", ""}}),
		"Warehouses has an empty entry":                                         one(BufferRule{Do: KeepUnits, Warehouses: []string{""}}),
		"Classes is set, but BufferOptions.Classify is not":                     one(BufferRule{Do: KeepUnits, Classes: []string{"hot"}}),
		"nested more than 16 deep":                                              {Rules: itself},
		"Sessions[0]: Name is empty":                                            session(LiveSession{Start: noon, End: noon.Add(1), Rule: ok}),
		"Sessions[0] (x): Start is not set":                                     session(LiveSession{Name: "x", End: noon, Rule: ok}),
		"End 2026-11-27T12:00:00Z is not after Start":                           session(LiveSession{Name: "x", Start: noon, End: noon, Rule: ok}),
		"End 2026-11-27T11:00:00Z is not after Start":                           session(LiveSession{Name: "x", Start: noon, End: noon.Add(-time.Hour), Rule: ok}),
		"Sessions[0] (x): Ahead -1s is negative":                                session(LiveSession{Name: "x", Start: noon, End: noon.Add(1), Ahead: -time.Second, Rule: ok}),
		"bridge: NewBufferRules: Sessions[0].Rule: Do is not set":               session(LiveSession{Name: "x", Start: noon, End: noon.Add(1)}),
		"bridge: NewBufferRules: Rules[1].Rules[0].Rules[0]: Do is not set":     one(BufferRule{Do: AddUp, Rules: []BufferRule{{Do: AddUp, Rules: []BufferRule{{}}}}}),
		"bridge: NewBufferRules: Rules[1]: end when: Source is set, but not us": one(BufferRule{Do: EndWhen, Source: unitsSource(1)}),
	} {
		if _, err := NewBufferRules(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// bufferGame makes up rules from numbers.
type bufferGame struct{ next func(n int) int }

func (g bufferGame) rule(depth int) BufferRule {
	var r BufferRule
	actions := []BufferAction{KeepUnits, KeepPercent, KeepComputed, PublishAtMost, PublishAtLeast, EndWhen, AddUp, Heaviest, FirstMatch}
	if depth > 2 {
		actions = actions[:6]
	}
	switch r.Do = actions[g.next(len(actions))]; r.Do {
	case KeepPercent:
		r.Percent = float64(g.next(100_01)) / 100
		r.Round = []Rounding{"", RoundUp, RoundDown, RoundNearest}[g.next(4)]
	case KeepComputed:
		r.Source = unitsSource(g.next(20) - 2)
	case AddUp, Heaviest, FirstMatch:
		r.Rules = g.rules(1+g.next(3), depth+1)
	default:
		r.Units = g.next(30)
	}
	r.SKUs = [][]string{nil, nil, {"MUG"}, {"HAT"}}[g.next(4)]
	r.Classes = [][]string{nil, nil, nil, {"cups"}, {"hats"}}[g.next(5)]
	r.Warehouses = [][]string{nil, nil, nil, {"W1"}, {"W2"}}[g.next(5)]
	return r
}

func (g bufferGame) rules(n, depth int) []BufferRule {
	rules := make([]BufferRule, n)
	for i := range rules {
		rules[i] = g.rule(depth)
	}
	return rules
}

func (g bufferGame) options() BufferOptions {
	o := BufferOptions{Rules: g.rules(g.next(5), 0), Classify: func(Listing) string { return "cups" }}
	for range g.next(3) {
		start := noon.Add(time.Duration(g.next(5)-2) * time.Hour)
		o.Sessions = append(o.Sessions, LiveSession{
			Name: "live", Start: start, End: start.Add(time.Hour), Ahead: time.Duration(g.next(90)) * time.Minute, Rule: g.rule(0),
		})
	}
	return o
}

// heavier makes one rule keep back more.
func (g bufferGame) heavier(rules []BufferRule) []BufferRule {
	if len(rules) == 0 {
		return nil
	}
	rules = append([]BufferRule(nil), rules...)
	r := &rules[g.next(len(rules))]
	switch more := 1 + g.next(9); r.Do {
	case KeepUnits, EndWhen:
		r.Units += more
	case PublishAtMost, PublishAtLeast:
		r.Units = max(r.Units-more, 0)
	case KeepPercent:
		r.Percent = min(r.Percent+float64(more), 100)
	case KeepComputed:
		r.Source = r.Source.(unitsSource) + unitsSource(more)
	default:
		r.Rules = g.heavier(r.Rules)
	}
	return rules
}

func (g bufferGame) check(t *testing.T) {
	t.Helper()
	o := g.options()
	o2 := o
	o2.Rules = g.heavier(o.Rules)
	o2.Sessions = append([]LiveSession(nil), o.Sessions...)
	if len(o2.Sessions) > 0 {
		o2.Sessions[0].Rule = g.heavier([]BufferRule{o2.Sessions[0].Rule})[0]
	}
	rules, heavier, listing := mustRules(t, o), mustRules(t, o2), Listing{ListingSKU: sku("MUG")}
	noSessions := mustRules(t, BufferOptions{Rules: o.Rules, Classify: o.Classify})
	last := 0
	for free := -2; free < 80; free++ {
		n := rules.Publish(listing, "W1", free, noon)
		if n < 0 || n > max(free, 0) {
			t.Fatalf("%d of %d free published: %+v", n, free, o)
		}
		if n < last {
			t.Fatalf("%d of %d free published, but %d of one less: %+v", n, free, last, o)
		}
		if m := heavier.Publish(listing, "W1", free, noon); m > n {
			t.Fatalf("%d of %d free published, but %d with the buffers raised: %+v, %+v", n, free, m, o, o2)
		}
		if m := noSessions.Publish(listing, "W1", free, noon); m < n {
			t.Fatalf("%d of %d free published, but %d without sessions: %+v", n, free, m, o)
		}
		if p := rules.Preview(listing, "W1", free, noon); p.Published != n {
			t.Fatalf("the preview says %d, not %d: %+v\n%s", p.Published, n, o, p)
		}
		last = n
	}
}

func TestBufferProperties(t *testing.T) {
	for seed := range uint64(1000) {
		bufferGame{rand.New(rand.NewPCG(seed, 6)).IntN}.check(t)
	}
}

func FuzzBufferRules(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{3, 0, 5, 0, 0, 0, 1, 33, 1, 3, 0, 0, 0, 3, 7})
	f.Add([]byte{1, 7, 2, 0, 9, 1, 3, 0, 1, 80, 2, 0, 0, 0, 2, 5, 1, 1, 1, 60, 4, 9})
	f.Add([]byte("rules made from letters, with sessions and all that"))
	f.Fuzz(func(t *testing.T, data []byte) {
		bufferGame{func(n int) int {
			if len(data) < 2 {
				return 0
			}
			v := int(data[0]) | int(data[1])<<8
			data = data[1:]
			return v % n
		}}.check(t)
	})
}

func BenchmarkBufferRules(b *testing.B) {
	computed, err := NewComputedBuffer(ComputedOptions{Bound: 1e-3, AssumedDelay: time.Minute, AssumedRate: 2})
	if err != nil {
		b.Fatal(err)
	}
	rules := mustRules(b, BufferOptions{
		Rules: []BufferRule{
			{Do: KeepPercent, Percent: 5},
			{Do: FirstMatch, Rules: []BufferRule{
				{Do: KeepUnits, Units: 4, SKUs: []string{"A", "B"}},
				{Do: KeepUnits, Units: 3, Classes: []string{"hot"}, Warehouses: []string{"W2"}},
				{Do: KeepUnits, Units: 2},
			}},
			{Do: PublishAtMost, Units: 500}, {Do: EndWhen, Units: 1},
		},
		Sessions: []LiveSession{{Name: "live", Start: noon, End: noon.Add(time.Hour), Rule: BufferRule{Do: KeepComputed, Source: computed}}},
		Classify: func(Listing) string { return "hot" },
	})
	l := Listing{ListingSKU: sku("MUG")}
	for name, now := range map[string]time.Time{"rules": noon.Add(-time.Hour), "computed": noon} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rules.Publish(l, "W1", 100, now) == 0 {
					b.Fatal("nothing published")
				}
			}
		})
	}
}

func TestBufferRulesDoNotAllocate(t *testing.T) {
	rules := mustRules(t, BufferOptions{
		Rules:    []BufferRule{{Do: Heaviest, Rules: []BufferRule{{Do: KeepUnits, Units: 2, SKUs: []string{"MUG"}}, {Do: KeepPercent, Percent: 7}}}},
		Sessions: []LiveSession{{Name: "live", Start: noon, End: noon.Add(1), Rule: BufferRule{Do: KeepComputed, Source: unitsSource(3)}}},
		Now:      atNoon,
	})
	buffer, l := rules.Buffer(), Listing{ListingSKU: sku("MUG")}
	if n := testing.AllocsPerRun(100, func() { buffer(l, "W1", 40) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
