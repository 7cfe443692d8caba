package table

import (
	"strconv"
	"strings"
	"testing"
)

// Every id is found again as it was given, however alike two of them are.
func FuzzTable(f *testing.F) {
	f.Add("1729593000000000001,01729593000000000001,18446744073709551616,,0,00")
	f.Add("69000000-0000-4000-8000-00000000000a,69000000-0000-4000-8000-00000000000A,690000000000400080000000000000 0a")
	f.Add(strings.Repeat("x", 300) + "," + strings.Repeat("x", 301) + ",\x00,\xff,é")
	f.Fuzz(func(t *testing.T, text string) {
		places := map[string]int{}
		tab := New(func(s *string) string { return *s }, len(text)%7)
		ids := strings.Split(text, ",")
		check := func(when string) {
			t.Helper()
			for _, id := range append(ids, text+",", "none of them,") {
				want, known := places[id]
				if n, have := tab.Find(id); have != known || have && n != want {
					t.Fatalf("%s: Find(%q) = %d, %v, want %d, %v", when, id, n, have, want, known)
				}
				if known && *tab.At(want) != id {
					t.Fatalf("%s: place %d has %q, want %q", when, want, *tab.At(want), id)
				}
			}
		}
		for _, id := range ids {
			if _, have := places[id]; !have {
				places[id] = tab.Add(id)
			}
		}
		check("added")
		tab.Clip()
		check("clipped")
	})
}

func TestTableOfMany(t *testing.T) {
	var tab Table[string] // the zero one has none
	if _, have := tab.Find("1"); have {
		t.Error("an empty table has something")
	}
	tab = New(func(s *string) string { return *s }, 0)
	const many = 20_000
	for n := range many {
		if at := tab.Add(strconv.Itoa(n)); at != n {
			t.Fatalf("entry %d is at %d", n, at)
		}
	}
	for n := range 2 * many {
		if at, have := tab.Find(strconv.Itoa(n)); have != (n < many) || have && at != n {
			t.Fatalf("entry %d is at %d, %v", n, at, have)
		}
	}
	tab.Clip()
	if size := len(tab.slots); size > 2*many {
		t.Errorf("%d slots for %d entries", size, many)
	}
}
