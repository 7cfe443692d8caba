package stock

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Every id is found again as it was given, however alike two of them are.
func FuzzTable(f *testing.F) {
	f.Add("1729593000000000001,01729593000000000001,18446744073709551616,,0,00")
	f.Add("69000000-0000-4000-8000-00000000000a,69000000-0000-4000-8000-00000000000A,690000000000400080000000000000 0a")
	f.Add(strings.Repeat("x", 300) + "," + strings.Repeat("x", 301) + ",\x00,\xff,é")
	f.Fuzz(func(t *testing.T, text string) {
		places := map[string]int{}
		tab := newTable(func(s *string) string { return *s }, len(text)%7)
		ids := strings.Split(text, ",")
		check := func(when string) {
			t.Helper()
			for _, id := range append(ids, text+",", "none of them,") {
				want, known := places[id]
				if n, have := tab.find(id); have != known || have && n != want {
					t.Fatalf("%s: find(%q) = %d, %v, want %d, %v", when, id, n, have, want, known)
				}
				if known && *tab.at(want) != id {
					t.Fatalf("%s: place %d has %q, want %q", when, want, *tab.at(want), id)
				}
			}
		}
		for _, id := range ids {
			if _, have := places[id]; !have {
				places[id] = tab.add(id)
			}
		}
		check("added")
		tab.clip()
		check("clipped")
	})
}

func TestTableOfMany(t *testing.T) {
	var tab table[string] // the zero one has none
	if _, have := tab.find("1"); have {
		t.Error("an empty table has something")
	}
	tab = newTable(func(s *string) string { return *s }, 0)
	const many = 20_000
	for n := range many {
		if at := tab.add(strconv.Itoa(n)); at != n {
			t.Fatalf("entry %d is at %d", n, at)
		}
	}
	for n := range 2 * many {
		if at, have := tab.find(strconv.Itoa(n)); have != (n < many) || have && at != n {
			t.Fatalf("entry %d is at %d, %v", n, at, have)
		}
	}
	tab.clip()
	if size := len(tab.slots); size > 2*many {
		t.Errorf("%d slots for %d entries", size, many)
	}
}

func TestMoment(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	for _, tc := range []struct{ give, want time.Time }{
		{noon, noon},
		{time.Time{}, time.Time{}},
		{time.Time{}.Add(-time.Second), time.Time{}},
		{time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}},
		{time.Unix(0, -1), time.Unix(0, -1)},
		{time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, math.MaxInt64)},
	} {
		if got := momentOf(tc.give).time(); !got.Equal(tc.want) {
			t.Errorf("%v is kept as %v, want %v", tc.give, got, tc.want)
		}
	}
}
