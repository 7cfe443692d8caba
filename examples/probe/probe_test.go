package main

import (
	"bytes"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var (
	seeds = flag.Int("seeds", 50, "draws of ten quirks")
	seed  = flag.Uint64("seed", 1, "the first draw's seed")
)

// TestEveryQuirkIsFoundOrExplained holds the checks against the fakes: each quirk has one
// check, or a reason why none can see it.
func TestEveryQuirkIsFoundOrExplained(t *testing.T) {
	found := map[string]int{}
	for _, name := range findable() {
		found[name]++
	}
	unseen := map[string]string{}
	for q, why := range unseenInShop {
		unseen[string(q)] = why
	}
	for q, why := range unseenInWarehouse {
		unseen[string(q)] = why
	}
	var names []string
	for _, q := range tiktokshoptest.Quirks() {
		names = append(names, string(q.Quirk))
	}
	for _, q := range linnworkstest.Quirks() {
		names = append(names, string(q.Quirk))
	}
	for _, name := range names {
		switch why := unseen[name]; {
		case found[name] == 0 && why == "":
			t.Errorf("quirk %q: no check finds it, and nothing says why", name)
		case found[name] > 1, found[name] == 1 && why != "":
			t.Errorf("quirk %q: %d checks find it, and the reason why none can is %q", name, found[name], why)
		}
	}
	if total := len(found) + len(unseen); total != len(names) {
		t.Errorf("%d quirks are found or explained, the fakes have %d", total, len(names))
	}
	if got := len(checks()); got < 50 {
		t.Errorf("%d checks, want 50 or more", got)
	}
}

func TestChecksAreComplete(t *testing.T) {
	assumed := map[string]bool{}
	for _, c := range checks() {
		for what, text := range map[string]string{"side": c.side, "assumes": c.assumes, "source": c.source, "does": c.does, "ifNot": c.ifNot} {
			if text == "" || strings.HasSuffix(c.assumes, ".") {
				t.Errorf("%q: its %s is %q", c.assumes, what, text)
			}
		}
		if c.try == nil || c.calls < 1 || assumed[c.assumes] {
			t.Errorf("%q: no try, no calls, or there twice", c.assumes)
		}
		assumed[c.assumes] = true
	}
}

// TestNothingSwitched is the made-up accounts as they are: everything holds and everything
// is tried.
func TestNothingSwitched(t *testing.T) {
	for _, r := range probed(t, nil) {
		if r.Outcome != asAssumed {
			t.Errorf("%s: %s: %s: %s", r.Side, r.Assumes, r.Outcome, r.Seen)
		}
	}
}

// withoutRaces skips a test that is long with the race detector, which has nothing to find
// where one check runs after the other.
func withoutRaces(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("left out with -race: no check runs beside another; the plain run has it")
	}
}

// TestEachQuirk switches one quirk after the other: the checks of its side name it and no
// other.
func TestEachQuirk(t *testing.T) {
	withoutRaces(t)
	all := checks()
	for _, of := range all {
		if of.quirk == "" {
			continue
		}
		t.Run(of.quirk, func(t *testing.T) {
			t.Parallel()
			a, err := madeUp([]string{of.quirk})
			if err != nil {
				t.Fatal(err)
			}
			var results []result
			for _, c := range all {
				if c.side == of.side {
					results = append(results, c.result(t.Context(), a))
				}
			}
			if n := count(results, failed); n > 0 {
				t.Errorf("%d checks failed: %+v", n, results)
			}
			if diff := cmp.Diff([]string{of.quirk}, named(results)); diff != "" {
				t.Errorf("switched (-) and named (+):\n%s", diff)
			}
		})
	}
}

// TestTenQuirks switches ten at once: the report names exactly those.
func TestTenQuirks(t *testing.T) {
	withoutRaces(t)
	for i := range uint64(*seeds) {
		names := drawn(10, *seed+i)
		slices.Sort(names)
		got := named(probed(t, names))
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("seed %d: switched (-) and named (+):\n%s", *seed+i, diff)
		}
	}
}

// probed probes made-up accounts with quirks switched; no check may fail there.
func probed(t *testing.T, quirks []string) []result {
	t.Helper()
	a, err := madeUp(quirks)
	if err != nil {
		t.Fatal(err)
	}
	results, err := probe(t.Context(), a, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Outcome == failed {
			t.Errorf("%q switched: %s: %s", quirks, r.Assumes, r.Seen)
		}
	}
	return results
}

func named(results []result) []string {
	var names []string
	for _, r := range results {
		if r.Outcome == otherwise {
			names = append(names, r.quirk)
		}
	}
	slices.Sort(names)
	return names
}

func TestRun(t *testing.T) {
	none := func(string) string { return "" }
	for _, args := range [][]string{
		{"more"}, {"-what"}, {"-live"}, {"-live", "-draw", "3"}, {"-live", "-write", "-sku", "A"}, {"-write"}, {"-quirks", "no such quirk"},
	} {
		if code, err := run(t.Context(), args, none, io.Discard, io.Discard); err == nil || code != trouble {
			t.Errorf("%q: exit %d, error %v, want %d and an error", args, code, err, trouble)
		}
	}
	var out bytes.Buffer
	if code, err := run(t.Context(), nil, none, &out, io.Discard); err != nil || code != allHold {
		t.Errorf("nothing switched: exit %d, error %v\n%s", code, err, out.String())
	}
	out.Reset()
	if code, err := run(t.Context(), []string{"-draw", "3", "-seed", "1"}, none, &out, io.Discard); err != nil || code != differs || !strings.Contains(out.String(), "not as the bridge assumes (3)") {
		t.Errorf("three switched: exit %d, error %v\n%s", code, err, out.String())
	}
}
