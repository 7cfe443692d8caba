package stock_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// unitsSource is a BufferSource that always computes the same.
type unitsSource int

func (u unitsSource) Units(catalogue.Listing, string, time.Time) int { return int(u) }

func mustRules(t testing.TB, o stock.BufferOptions) *stock.BufferRules {
	t.Helper()
	r, err := stock.NewBufferRules(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBufferRules(t *testing.T) {
	fixed := func(n int) stock.BufferRule { return stock.BufferRule{Do: stock.KeepUnits, Units: n} }
	percent := func(p float64, r stock.Rounding) stock.BufferRule {
		return stock.BufferRule{Do: stock.KeepPercent, Percent: p, Round: r}
	}
	limit := func(do stock.BufferAction, n int) stock.BufferRule { return stock.BufferRule{Do: do, Units: n} }
	of := func(do stock.BufferAction, rules ...stock.BufferRule) stock.BufferRule {
		return stock.BufferRule{Do: do, Rules: rules}
	}
	for _, tc := range []struct {
		name  string
		rules []stock.BufferRule
		want  map[int]int // free: published
	}{
		{"none", nil, map[int]int{-5: 0, 0: 0, 7: 7}},
		{"fixed", []stock.BufferRule{fixed(3)}, map[int]int{-5: 0, 0: 0, 2: 0, 3: 0, 4: 1, 40: 37}},
		{"percent up is the default", []stock.BufferRule{percent(10, "")}, map[int]int{1: 0, 9: 8, 10: 9, 11: 9, 70: 63}},
		{"percent down", []stock.BufferRule{percent(10, stock.RoundDown)}, map[int]int{1: 1, 9: 9, 10: 9, 19: 18, 20: 18}},
		{"percent nearest", []stock.BufferRule{percent(10, stock.RoundNearest)}, map[int]int{4: 4, 5: 4, 14: 13, 15: 13, 16: 14}},
		{"percent is exact", []stock.BufferRule{percent(12.3, stock.RoundUp)}, map[int]int{1000: 877, math.MaxInt32: math.MaxInt32 - 264140489}},
		{"percent 0 and 100", []stock.BufferRule{percent(0, ""), percent(100, stock.RoundDown)}, map[int]int{1: 0, math.MaxInt: 0}},
		{"cap", []stock.BufferRule{limit(stock.PublishAtMost, 5)}, map[int]int{4: 4, 5: 5, 6: 5}},
		{"cap of none", []stock.BufferRule{limit(stock.PublishAtMost, 0)}, map[int]int{4: 0}},
		{"floor", []stock.BufferRule{fixed(10), limit(stock.PublishAtLeast, 2)}, map[int]int{0: 0, 1: 1, 2: 2, 11: 2, 12: 2, 13: 3}},
		{"end when", []stock.BufferRule{limit(stock.EndWhen, 3)}, map[int]int{2: 0, 3: 0, 4: 4}},
		{"end when looks at what is left", []stock.BufferRule{fixed(2), limit(stock.EndWhen, 3)}, map[int]int{5: 0, 6: 4}},
		{"computed", []stock.BufferRule{{Do: stock.KeepComputed, Source: unitsSource(4)}}, map[int]int{3: 0, 9: 5}},
		{"computed below zero is none", []stock.BufferRule{{Do: stock.KeepComputed, Source: unitsSource(math.MinInt)}}, map[int]int{9: 9}},
		{"in order", []stock.BufferRule{fixed(2), percent(10, stock.RoundUp)}, map[int]int{42: 36}},
		{"in the other order", []stock.BufferRule{percent(10, stock.RoundUp), fixed(2)}, map[int]int{42: 35}},
		{"add up", []stock.BufferRule{of(stock.AddUp, fixed(2), fixed(3))}, map[int]int{42: 37, 4: 0}},
		{"heaviest", []stock.BufferRule{of(stock.Heaviest, fixed(2), percent(10, stock.RoundUp), fixed(1))}, map[int]int{10: 8, 20: 18, 30: 27}},
		{"heaviest after another", []stock.BufferRule{fixed(1), of(stock.Heaviest, fixed(2), percent(50, stock.RoundUp))}, map[int]int{11: 5}},
		{"heaviest of floors", []stock.BufferRule{fixed(10), of(stock.Heaviest, limit(stock.PublishAtLeast, 3), limit(stock.PublishAtLeast, 2))}, map[int]int{1: 1, 5: 2, 20: 10}},
		{"heaviest of none that applies", []stock.BufferRule{of(stock.Heaviest, stock.BufferRule{Do: stock.KeepUnits, Units: 2, SKUs: []string{"X"}}), fixed(1)}, map[int]int{10: 9}},
		{"first match", []stock.BufferRule{of(stock.FirstMatch,
			stock.BufferRule{Do: stock.KeepUnits, Units: 9, SKUs: []string{"OTHER"}},
			of(stock.AddUp, stock.BufferRule{Do: stock.KeepUnits, Units: 8, Warehouses: []string{"W9"}}),
			stock.BufferRule{Do: stock.KeepUnits, Units: 0, SKUs: []string{"OTHER", "MUG"}}, fixed(5))}, map[int]int{10: 10}},
		{"class", []stock.BufferRule{{Do: stock.KeepUnits, Units: 3, Classes: []string{"hot", "cups"}}, {Do: stock.KeepUnits, Units: 4, Classes: []string{"hot"}}}, map[int]int{10: 7}},
		{"every limit holds", []stock.BufferRule{{Do: stock.KeepUnits, Units: 3, Classes: []string{"cups"}, SKUs: []string{"MUG"}, Warehouses: []string{"W2"}}}, map[int]int{10: 10}},
		{"a rule after the floor", []stock.BufferRule{limit(stock.PublishAtLeast, 2), limit(stock.EndWhen, 2)}, map[int]int{2: 0, 3: 3}},
	} {
		r := mustRules(t, stock.BufferOptions{Rules: tc.rules, Classify: func(l catalogue.Listing) string {
			return map[string]string{"MUG": "cups"}[l.SellerSKU]
		}})
		for free, want := range tc.want {
			if got := r.Publish(catalogue.Listing{SKU: world.SKU("MUG")}, "W1", free, world.Noon); got != want {
				t.Errorf("%s: %d of %d free published, want %d", tc.name, got, free, want)
			}
		}
	}
}

func TestBufferRulesAreCopied(t *testing.T) {
	rules := []stock.BufferRule{{Do: stock.AddUp, Rules: []stock.BufferRule{{Do: stock.KeepUnits, Units: 1, SKUs: []string{"MUG"}}}}}
	r := mustRules(t, stock.BufferOptions{Rules: rules})
	rules[0].Rules[0].Units, rules[0].Rules[0].SKUs[0] = 5, "HAT"
	if got := r.Publish(catalogue.Listing{SKU: world.SKU("MUG")}, "W1", 10, world.Noon); got != 9 {
		t.Errorf("%d published, want 9", got)
	}
}

func TestLiveSessions(t *testing.T) {
	keep := func(n int) stock.BufferRule {
		return stock.BufferRule{Do: stock.KeepUnits, Units: n, SKUs: []string{"MUG"}}
	}
	now := world.Noon
	r := mustRules(t, stock.BufferOptions{
		Rules: []stock.BufferRule{{Do: stock.KeepUnits, Units: 2}},
		Sessions: []stock.LiveSession{
			{Name: "noon", Start: world.Noon, End: world.Noon.Add(time.Hour), Ahead: 10 * time.Minute, Rule: keep(5)},
			{Name: "light", Start: world.Noon, End: world.Noon.Add(2 * time.Hour), Rule: keep(1)},
			{Name: "late", Start: world.Noon.Add(30 * time.Minute), End: world.Noon.Add(90 * time.Minute), Rule: keep(8)},
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
		now = world.Noon.Add(tc.at).In(time.FixedZone("", 3600))
		if got := buffer(catalogue.Listing{SKU: world.SKU("MUG")}, "W1", 20); got != tc.want {
			t.Errorf("%s: %d kept back, want %d", tc.at, got, tc.want)
		}
		if got := buffer(catalogue.Listing{SKU: world.SKU("HAT")}, "W1", 20); got != 2 {
			t.Errorf("%s: %d kept back of a SKU without a session", tc.at, got)
		}
	}
	if got := buffer(catalogue.Listing{}, "W1", -3); got != 0 {
		t.Errorf("%d kept back of -3", got)
	}
	var changes []string
	for at, ok := r.NextChange(world.Noon.Add(-time.Hour)); ok; at, ok = r.NextChange(at) {
		changes = append(changes, at.Format("15:04"))
	}
	if got := strings.Join(changes, " "); got != "11:50 12:00 12:30 13:00 13:30 14:00" {
		t.Errorf("changes at %s", got)
	}
}

func TestBufferPreview(t *testing.T) {
	computed, err := stock.NewComputed(stock.ComputedOptions{Bound: 0.01, AssumedDelay: time.Minute, Now: world.AtNoon})
	if err != nil {
		t.Fatal(err)
	}
	session := func(name string, start time.Duration) stock.LiveSession {
		return stock.LiveSession{Name: name, Start: world.Noon.Add(start), End: world.Noon.Add(start + time.Hour), Rule: stock.BufferRule{Do: stock.KeepUnits, Units: 9, SKUs: []string{"HAT"}}}
	}
	r := mustRules(t, stock.BufferOptions{
		Rules: []stock.BufferRule{{Do: stock.Heaviest, Rules: []stock.BufferRule{{Do: stock.KeepPercent, Percent: 2.5}, {Name: "by rate", Do: stock.KeepComputed, Source: computed},
			{Do: stock.AddUp, Rules: []stock.BufferRule{{Do: stock.KeepUnits, Units: 9, Warehouses: []string{"W2"}}}}}}},
		Sessions: []stock.LiveSession{session("over", -time.Hour), session("open", 0), session("soon", 1)},
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
	if got := r.Preview(catalogue.Listing{SKU: world.SKU("MUG")}, "W1", 10, world.Noon).String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := r.Preview(catalogue.Listing{SKU: world.SKU("MUG")}, "W1", -4, world.Noon); got.Free != -4 || !strings.HasSuffix(got.String(), "\n0 published, 0 kept back\n") {
		t.Errorf("got\n%s", got)
	}
}

// The rules work as the buffer of a push.
func TestStockPushWithBufferRules(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1", "W2")
	w.List("SPOON", "W1")
	r := mustRules(t, stock.BufferOptions{
		Rules:    []stock.BufferRule{{Do: stock.KeepUnits, Units: 1, Warehouses: []string{"W1"}}},
		Sessions: []stock.LiveSession{{Name: "live", Start: world.Noon, End: world.Noon.Add(time.Hour), Rule: stock.BufferRule{Do: stock.PublishAtMost, Units: 2, SKUs: []string{"MUG"}}}},
		Now:      world.AtNoon,
	})
	none := mustRules(t, stock.BufferOptions{})
	for rules, want := range map[*stock.BufferRules]map[string]string{
		none: {"MUG": "W1:10 W2:3", "SPOON": "W1:9"},
		r:    {"MUG": "W1:2 W2:2", "SPOON": "W1:8"},
	} {
		w.Push(t, stock.Options{Buffer: rules.Buffer()})
		if got := w.Shown(); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestNewBufferRulesRefuses(t *testing.T) {
	one := func(r stock.BufferRule) stock.BufferOptions {
		return stock.BufferOptions{Rules: []stock.BufferRule{{Do: stock.KeepUnits}, r}}
	}
	session := func(s stock.LiveSession) stock.BufferOptions {
		return stock.BufferOptions{Sessions: []stock.LiveSession{s}}
	}
	ok := stock.BufferRule{Do: stock.KeepUnits, Units: 1}
	itself := []stock.BufferRule{{Do: stock.AddUp}}
	itself[0].Rules = itself
	for want, o := range map[string]stock.BufferOptions{
		"Rules[1].Do: not set": one(stock.BufferRule{Units: 3}),
		`Rules[1].Do: "keep unit" is no action; did you mean "keep units"?`:           one(stock.BufferRule{Do: "keep unit"}),
		`Rules[1].Do: "keep it" is no action`:                                         one(stock.BufferRule{Do: "keep it"}),
		"Rules[1].Units: -1 is negative":                                              one(stock.BufferRule{Do: stock.KeepUnits, Units: -1}),
		"Units: -2 is negative":                                                       one(stock.BufferRule{Do: stock.PublishAtMost, Units: -2}),
		`Rules[1].Percent: set, but "keep units" does not use it`:                     one(stock.BufferRule{Do: stock.KeepUnits, Percent: 3}),
		`Source: set, but "keep units" does not use it`:                               one(stock.BufferRule{Do: stock.KeepUnits, Source: unitsSource(1)}),
		`Rules: set, but "end when" does not use it`:                                  one(stock.BufferRule{Do: stock.EndWhen, Rules: []stock.BufferRule{ok}}),
		`Units: set, but "add up" does not use it`:                                    one(stock.BufferRule{Do: stock.AddUp, Units: 1, Rules: []stock.BufferRule{ok}}),
		"Percent: -0.5 is negative":                                                   one(stock.BufferRule{Do: stock.KeepPercent, Percent: -0.5}),
		"Percent: 100.01 is over 100":                                                 one(stock.BufferRule{Do: stock.KeepPercent, Percent: 100.01}),
		"Percent: +Inf is over 100":                                                   one(stock.BufferRule{Do: stock.KeepPercent, Percent: math.Inf(1)}),
		"Percent: not a number":                                                       one(stock.BufferRule{Do: stock.KeepPercent, Percent: math.NaN()}),
		"Percent: 0.125 has more than two":                                            one(stock.BufferRule{Do: stock.KeepPercent, Percent: 0.125}),
		`Round: "away" is none of up, down`:                                           one(stock.BufferRule{Do: stock.KeepPercent, Percent: 1, Round: "away"}),
		"Source: not set":                                                             one(stock.BufferRule{Do: stock.KeepComputed}),
		"Rules[1].Rules: empty":                                                       one(stock.BufferRule{Do: stock.Heaviest}),
		"Rules[1].Rules[0].Units: -1":                                                 one(stock.BufferRule{Do: stock.FirstMatch, Rules: []stock.BufferRule{{Do: stock.KeepUnits, Units: -1}}}),
		"SKUs[1]: empty":                                                              one(stock.BufferRule{Do: stock.KeepUnits, SKUs: []string{"A", ""}}),
		"Warehouses[0]: empty":                                                        one(stock.BufferRule{Do: stock.KeepUnits, Warehouses: []string{""}}),
		"Classes: set, but nothing says":                                              one(stock.BufferRule{Do: stock.KeepUnits, Classes: []string{"hot"}}),
		"nested more than 16 deep":                                                    {Rules: itself},
		"Sessions[0].Name: empty":                                                     session(stock.LiveSession{Start: world.Noon, End: world.Noon.Add(1), Rule: ok}),
		"Sessions[0].Start: not set":                                                  session(stock.LiveSession{Name: "x", End: world.Noon, Rule: ok}),
		"Sessions[0].End: 2026-11-27T12:00:00Z is not after Start":                    session(stock.LiveSession{Name: "x", Start: world.Noon, End: world.Noon, Rule: ok}),
		"End: 2026-11-27T11:00:00Z is not after Start":                                session(stock.LiveSession{Name: "x", Start: world.Noon, End: world.Noon.Add(-time.Hour), Rule: ok}),
		"Sessions[0].Ahead: -1s is negative":                                          session(stock.LiveSession{Name: "x", Start: world.Noon, End: world.Noon.Add(1), Ahead: -time.Second, Rule: ok}),
		"stock: NewBufferRules: Sessions[0].Rule.Do: not set":                         session(stock.LiveSession{Name: "x", Start: world.Noon, End: world.Noon.Add(1)}),
		"stock: NewBufferRules: Rules[1].Rules[0].Rules[0].Do: not set":               one(stock.BufferRule{Do: stock.AddUp, Rules: []stock.BufferRule{{Do: stock.AddUp, Rules: []stock.BufferRule{{}}}}}),
		`stock: NewBufferRules: Rules[1].Source: set, but "end when" does not use it`: one(stock.BufferRule{Do: stock.EndWhen, Source: unitsSource(1)}),
		"Rules[1].Units: 10000001 is more than any warehouse holds":                   one(stock.BufferRule{Do: stock.PublishAtMost, Units: 10_000_001}),
		"SKUs[0]: empty":                                                              one(stock.BufferRule{Do: stock.KeepUnits, SKUs: []string{" "}}),
		"Sessions[0].Name: empty\n":                                                   session(stock.LiveSession{Name: " ", Ahead: -1, Start: world.Noon, End: world.Noon.Add(1), Rule: ok}),
	} {
		if _, err := stock.NewBufferRules(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Everything that is wrong is said at once, and rules that contain themselves many
// times over are refused without an end of errors.
func TestNewBufferRulesNamesAllThatIsWrong(t *testing.T) {
	_, err := stock.NewBufferRules(stock.BufferOptions{
		Rules: []stock.BufferRule{
			{}, {Do: stock.KeepUnits, Units: -1, SKUs: []string{""}, Classes: []string{"hot"}},
			{Do: stock.AddUp, Rules: []stock.BufferRule{{Do: "x"}, {Do: stock.KeepUnits}, {Do: stock.KeepComputed}}},
			{Do: stock.KeepPercent, Units: 1, Rules: []stock.BufferRule{{Do: stock.KeepUnits}}},
		},
		Sessions: []stock.LiveSession{{Ahead: -1, Rule: stock.BufferRule{Do: "y"}}, {Name: "tea", Start: world.Noon}},
	})
	want := []string{
		"Rules[0].Do: not set", "Rules[1].Units: -1 is negative", "Rules[1].Classes: set, but nothing says which SKU is of which class: BufferOptions.Classify is not",
		"Rules[1].SKUs[0]: empty", `Rules[2].Rules[0].Do: "x" is no action`, "Rules[2].Rules[2].Source: not set: only a program can bring what computes the units",
		`Rules[3].Rules: set, but "keep percent" does not use it`, `Rules[3].Units: set, but "keep percent" does not use it`,
		"Sessions[0].Name: empty", "Sessions[0].Start: not set", "Sessions[0].Ahead: -1ns is negative", `Sessions[0].Rule.Do: "y" is no action`,
		"Sessions[1].End: 0001-01-01T00:00:00Z is not after Start 2026-11-27T12:00:00Z", "Sessions[1].Rule.Do: not set",
	}
	if diff := cmp.Diff("stock: NewBufferRules: "+strings.Join(want, "\n"), err.Error()); diff != "" {
		t.Error(diff)
	}
	itself := make([]stock.BufferRule, 10)
	for i := range itself {
		itself[i] = stock.BufferRule{Do: stock.AddUp, Rules: itself}
	}
	if _, err := stock.NewBufferRules(stock.BufferOptions{Rules: itself}); err == nil || strings.Count(err.Error(), "\n") > 100 {
		t.Errorf("rules that contain themselves: got %v", err)
	}
}

// bufferGame makes up rules from numbers.
type bufferGame struct{ next func(n int) int }

func (g bufferGame) rule(depth int) stock.BufferRule {
	var r stock.BufferRule
	actions := []stock.BufferAction{stock.KeepUnits, stock.KeepPercent, stock.KeepComputed, stock.PublishAtMost, stock.PublishAtLeast, stock.EndWhen, stock.AddUp, stock.Heaviest, stock.FirstMatch}
	if depth > 2 {
		actions = actions[:6]
	}
	switch r.Do = actions[g.next(len(actions))]; r.Do {
	case stock.KeepPercent:
		r.Percent = float64(g.next(100_01)) / 100
		r.Round = []stock.Rounding{"", stock.RoundUp, stock.RoundDown, stock.RoundNearest}[g.next(4)]
	case stock.KeepComputed:
		r.Source = unitsSource(g.next(20) - 2)
	case stock.AddUp, stock.Heaviest, stock.FirstMatch:
		r.Rules = g.rules(1+g.next(3), depth+1)
	default:
		r.Units = g.next(30)
	}
	r.SKUs = [][]string{nil, nil, {"MUG"}, {"HAT"}}[g.next(4)]
	r.Classes = [][]string{nil, nil, nil, {"cups"}, {"hats"}}[g.next(5)]
	r.Warehouses = [][]string{nil, nil, nil, {"W1"}, {"W2"}}[g.next(5)]
	return r
}

func (g bufferGame) rules(n, depth int) []stock.BufferRule {
	rules := make([]stock.BufferRule, n)
	for i := range rules {
		rules[i] = g.rule(depth)
	}
	return rules
}

func (g bufferGame) options() stock.BufferOptions {
	o := stock.BufferOptions{Rules: g.rules(g.next(5), 0), Classify: func(catalogue.Listing) string { return "cups" }}
	for range g.next(3) {
		start := world.Noon.Add(time.Duration(g.next(5)-2) * time.Hour)
		o.Sessions = append(o.Sessions, stock.LiveSession{
			Name: "live", Start: start, End: start.Add(time.Hour), Ahead: time.Duration(g.next(90)) * time.Minute, Rule: g.rule(0),
		})
	}
	return o
}

// heavier makes one rule keep back more.
func (g bufferGame) heavier(rules []stock.BufferRule) []stock.BufferRule {
	if len(rules) == 0 {
		return nil
	}
	rules = append([]stock.BufferRule(nil), rules...)
	r := &rules[g.next(len(rules))]
	switch more := 1 + g.next(9); r.Do {
	case stock.KeepUnits, stock.EndWhen:
		r.Units += more
	case stock.PublishAtMost, stock.PublishAtLeast:
		r.Units = max(r.Units-more, 0)
	case stock.KeepPercent:
		r.Percent = min(r.Percent+float64(more), 100)
	case stock.KeepComputed:
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
	o2.Sessions = append([]stock.LiveSession(nil), o.Sessions...)
	if len(o2.Sessions) > 0 {
		o2.Sessions[0].Rule = g.heavier([]stock.BufferRule{o2.Sessions[0].Rule})[0]
	}
	rules, heavier, listing := mustRules(t, o), mustRules(t, o2), catalogue.Listing{SKU: world.SKU("MUG")}
	noSessions := mustRules(t, stock.BufferOptions{Rules: o.Rules, Classify: o.Classify})
	last := 0
	for free := -2; free < 80; free++ {
		n := rules.Publish(listing, "W1", free, world.Noon)
		if n < 0 || n > max(free, 0) {
			t.Fatalf("%d of %d free published: %+v", n, free, o)
		}
		if n < last {
			t.Fatalf("%d of %d free published, but %d of one less: %+v", n, free, last, o)
		}
		if m := heavier.Publish(listing, "W1", free, world.Noon); m > n {
			t.Fatalf("%d of %d free published, but %d with the buffers raised: %+v, %+v", n, free, m, o, o2)
		}
		if m := noSessions.Publish(listing, "W1", free, world.Noon); m < n {
			t.Fatalf("%d of %d free published, but %d without sessions: %+v", n, free, m, o)
		}
		if p := rules.Preview(listing, "W1", free, world.Noon); p.Published != n {
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
	computed, err := stock.NewComputed(stock.ComputedOptions{Bound: 1e-3, AssumedDelay: time.Minute, AssumedRate: 2})
	if err != nil {
		b.Fatal(err)
	}
	rules := mustRules(b, stock.BufferOptions{
		Rules: []stock.BufferRule{
			{Do: stock.KeepPercent, Percent: 5},
			{Do: stock.FirstMatch, Rules: []stock.BufferRule{
				{Do: stock.KeepUnits, Units: 4, SKUs: []string{"A", "B"}},
				{Do: stock.KeepUnits, Units: 3, Classes: []string{"hot"}, Warehouses: []string{"W2"}},
				{Do: stock.KeepUnits, Units: 2},
			}},
			{Do: stock.PublishAtMost, Units: 500}, {Do: stock.EndWhen, Units: 1},
		},
		Sessions: []stock.LiveSession{{Name: "live", Start: world.Noon, End: world.Noon.Add(time.Hour), Rule: stock.BufferRule{Do: stock.KeepComputed, Source: computed}}},
		Classify: func(catalogue.Listing) string { return "hot" },
	})
	l := catalogue.Listing{SKU: world.SKU("MUG")}
	for name, now := range map[string]time.Time{"rules": world.Noon.Add(-time.Hour), "computed": world.Noon} {
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
	rules := mustRules(t, stock.BufferOptions{
		Rules:    []stock.BufferRule{{Do: stock.Heaviest, Rules: []stock.BufferRule{{Do: stock.KeepUnits, Units: 2, SKUs: []string{"MUG"}}, {Do: stock.KeepPercent, Percent: 7}}}},
		Sessions: []stock.LiveSession{{Name: "live", Start: world.Noon, End: world.Noon.Add(1), Rule: stock.BufferRule{Do: stock.KeepComputed, Source: unitsSource(3)}}},
		Now:      world.AtNoon,
	})
	buffer, l := rules.Buffer(), catalogue.Listing{SKU: world.SKU("MUG")}
	if n := testing.AllocsPerRun(100, func() { buffer(l, "W1", 40) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
