package paging

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

var errPage, errWrapped = errors.New("page failed"), errors.New("made by the client")

// wrapped makes the errors of a client.
func wrapped(err error) error { return fmt.Errorf("%w: %w", errWrapped, err) }

// chained serves pages of the numbers below n under the tokens "", "1", "2"...
func chained(n, size int) func(token string) ([]int, string, Head, error) {
	return func(token string) ([]int, string, Head, error) {
		page, _ := strconv.Atoi(token)
		var items []int
		for i := page * size; i < min(n, (page+1)*size); i++ {
			items = append(items, i)
		}
		if (page+1)*size >= n {
			return items, "", Head{}, nil
		}
		return items, strconv.Itoa(page + 1), Head{}, nil
	}
}

func upTo(n int) []int {
	var all []int
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestTokenPages(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		for size := 1; size < 5; size++ {
			seq := Tokens("", wrapped, chained(n, size))
			for range 2 { // a sequence can be walked again
				var got []int
				for item, err := range seq {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, item)
				}
				if !slices.Equal(got, upTo(n)) {
					t.Errorf("%d items in pages of %d: got %v", n, size, got)
				}
			}
		}
	}
}

// A list that does not end is not taken for one that has.
func TestRepeatedToken(t *testing.T) {
	t.Parallel()
	for name, tokens := range map[string][]string{"the same": {"a", "a"}, "a circle": {"a", "b", "c", "a"}} {
		calls, items := 0, 0
		var got error
		for _, err := range Tokens("", wrapped, func(string) ([]int, string, Head, error) {
			calls++
			return []int{calls}, tokens[min(calls, len(tokens))-1], Head{}, nil
		}) {
			if err != nil {
				got = err
				continue
			}
			items++
		}
		if !errors.Is(got, errWrapped) || !strings.Contains(got.Error(), "repeats a page token") || items != len(tokens) || calls != len(tokens) {
			t.Errorf("%s: %d items in %d calls, err %v; want %d and an error", name, items, calls, got, len(tokens))
		}
	}
}

func TestTokenPagesError(t *testing.T) {
	t.Parallel()
	var got []error
	for _, err := range Tokens("", wrapped, func(token string) ([]int, string, Head, error) {
		if token == "2" {
			return nil, "", Head{}, errPage
		}
		return chained(9, 2)(token)
	}) {
		got = append(got, err)
	}
	if len(got) != 5 || !errors.Is(got[4], errPage) {
		t.Errorf("want four items and the error, got %v", got)
	}
}

// The end of a chain of pages is proven, or an error.
func TestTokenPagesThatLackEntries(t *testing.T) {
	t.Parallel()
	type page struct {
		items []int
		next  string
		head  Head
	}
	two, none := []int{1, 2}, []int{}
	told := func(n int) Head { return Head{Entries: n} }
	for name, tt := range map[string]struct {
		from  string
		pages []page
		items int
		want  string // the error, empty for none
	}{
		"nothing at all":                       {"", []page{{}}, 0, ""},
		"an empty list":                        {"", []page{{none, "", Head{}}}, 0, ""},
		"no data behind the first page":        {"", []page{{two, "a", Head{}}, {}}, 2, "page 2 has no data"},
		"no data behind a page with a total":   {"", []page{{two, "a", told(500)}, {}}, 2, "ends with page 2, and 2 of 500 entries came"},
		"no data, and the first page was all":  {"", []page{{two, "a", told(2)}, {}}, 2, ""},
		"a total alone, behind a token":        {"x", []page{{nil, "", told(500)}}, 0, "page 1 has no data"},
		"no data behind a token of the caller": {"x", []page{{}}, 0, "page 1 has no data"},
		"the rest of a list":                   {"x", []page{{two, "", told(500)}}, 2, ""},
		"no data behind the rest of a list":    {"x", []page{{two, "a", told(2)}, {}}, 2, "page 2 has no data"},
		"an empty page behind the first":       {"", []page{{two, "a", Head{}}, {none, "", Head{}}}, 2, ""},
		"an empty page that tells more":        {"", []page{{two, "a", told(500)}, {none, "", told(500)}}, 2, "2 of 500"},
		"an empty page that forgets the total": {"", []page{{two, "a", told(500)}, {none, "", Head{}}}, 2, "2 of 500"},
		"one page of many":                     {"", []page{{two, "", told(3)}}, 2, "ends with page 1, and 2 of 3"},
		"more than was told":                   {"", []page{{two, "a", told(2)}, {two, "", told(2)}}, 4, ""},
		"the total of each page":               {"", []page{{two, "a", told(2)}, {[]int{3}, "", told(1)}}, 3, ""},
		"removed meanwhile":                    {"", []page{{two, "a", told(4)}, {[]int{3}, "", told(3)}}, 3, ""},
		"added meanwhile, to what was walked":  {"", []page{{two, "a", told(3)}, {[]int{3}, "", told(4)}}, 3, ""},
		"a total below zero":                   {"", []page{{two, "a", told(3)}, {none, "", told(-1)}}, 2, "2 of 3"},
		"left out by the server":               {"", []page{{two, "a", told(4)}, {[]int{3}, "", Head{Entries: 4, LeftOut: 1}}}, 3, ""},
		"left out, less than nothing":          {"", []page{{two, "", Head{Entries: 2, LeftOut: -1}}}, 2, ""},
		"the page again, under another token":  {"", []page{{two, "a", told(4)}, {two, "", told(4)}}, 4, "2 of 4 entries came, and 2 again"},
		"an entry again":                       {"", []page{{two, "a", told(4)}, {[]int{2, 3}, "", told(4)}}, 4, "3 of 4"},
		"the first page again, behind another": {"", []page{{two, "a", told(6)}, {[]int{3, 4}, "b", told(6)}, {two, "", told(6)}}, 6, "4 of 6"},
		"an entry again, and all others":       {"", []page{{two, "a", told(3)}, {[]int{2, 3}, "", told(3)}}, 4, ""},
		"equal entries of one page":            {"", []page{{[]int{1, 1}, "a", told(3)}, {[]int{2}, "", told(3)}}, 3, ""},
		"more, but no token":                   {"", []page{{two, "", Head{More: true}}}, 2, "broken off: page 1"},
		"more, but no token, with a total":     {"", []page{{two, "a", Head{Entries: 3, More: true}}, {[]int{3}, "", Head{Entries: 3, More: true}}}, 3, "broken off: page 2"},
		"more, and then no more":               {"", []page{{two, "a", Head{More: true}}, {[]int{3}, "", Head{}}}, 3, ""},
		"the token of the caller again":        {"x", []page{{two, "x", Head{}}}, 2, "repeats a page token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, calls := 0, 0
			var got error
			for _, err := range Tokens(tt.from, wrapped, func(string) ([]int, string, Head, error) {
				p := tt.pages[calls]
				calls++
				return p.items, p.next, p.head, nil
			}) {
				if err != nil {
					got = err
					continue
				}
				items++
			}
			if items != tt.items || (got == nil) != (tt.want == "") || got != nil && (!errors.Is(got, errWrapped) || !strings.Contains(got.Error(), tt.want)) {
				t.Errorf("%d items, err %v; want %d, %q", items, got, tt.items, tt.want)
			}
		})
	}
}

// A server that always has another page, and never an entry, is not asked for
// ever. Some empty pages in a row are no fault.
func TestEmptyPagesInARow(t *testing.T) {
	t.Parallel()
	type whole struct {
		Next string
		List []int
	}
	walk := func(empty int) (ints, pages int, errs [2]error) {
		calls := 0
		next := func() (string, []int) {
			calls++
			switch {
			case calls > 2*empty+1:
				return "", []int{2}
			case calls == empty+1:
				return "between", []int{1}
			}
			return strconv.Itoa(calls), nil
		}
		for _, err := range Tokens("", wrapped, func(string) ([]int, string, Head, error) {
			token, items := next()
			return items, token, Head{}, nil
		}) {
			ints++
			errs[0] = err
		}
		calls = 0
		for _, err := range Tokens("", wrapped, func(string) ([]*whole, string, Head, error) {
			token, items := next()
			return []*whole{{token, items}}, token, Head{}, nil
		}) {
			pages++
			errs[1] = err
		}
		return ints, pages, errs
	}
	if ints, pages, errs := walk(maxEmpty); ints != 2 || pages != 2*maxEmpty+2 || errs != [2]error{} {
		t.Errorf("%d empty pages in a row: %d items, %d pages, %v", maxEmpty, ints, pages, errs)
	}
	for _, err := range func() []error { _, _, errs := walk(maxEmpty + 1); return errs[:] }() {
		if !errors.Is(err, errWrapped) || !strings.Contains(err.Error(), "1001 pages in a row are empty") {
			t.Errorf("more: %v", err)
		}
	}
}

// A server that hands out the same page under ever new tokens is not asked for ever.
func TestSamePageForEver(t *testing.T) {
	t.Parallel()
	calls := 0
	var got error
	for _, err := range Tokens("", wrapped, func(string) ([]int, string, Head, error) {
		calls++
		return []int{1, 2}, strconv.Itoa(calls), Head{}, nil
	}) {
		if got = err; calls > 2*maxEmpty {
			break
		}
	}
	if !errors.Is(got, errWrapped) || calls != maxEmpty+2 {
		t.Errorf("%d pages, then %v; want %d and an error", calls, got, maxEmpty+2)
	}
}

// Entries are the same if all that they hold is.
func TestEntries(t *testing.T) {
	t.Parallel()
	type inner struct{ secret *string }
	type entry struct {
		A, B  string
		N     int
		U     uint8
		F     float64
		Yes   bool
		List  []string
		Map   map[string]int
		Any   any
		Inner inner
	}
	text := func(s string) *string { return &s }
	all := []entry{
		{}, {A: "x"}, {B: "x"}, {A: "x", B: "y"}, {A: "xy"}, {N: 1}, {N: -1}, {U: 1}, {F: 1}, {Yes: true}, {List: []string{"a", "b"}}, {List: []string{"ab"}},
		{List: []string{"b", "a"}}, {Map: map[string]int{"a": 1, "b": 2}}, {Map: map[string]int{"a": 2, "b": 1}}, {Any: 1}, {Any: "x"},
		{Inner: inner{text("x")}}, {Inner: inner{text("y")}},
	}
	var e entries
	if got := e.add(reflect.ValueOf(all), nil); got != len(all) || len(e.known) != len(all) {
		t.Errorf("%d of %d entries are new, %d different", got, len(all), len(e.known))
	}
	again := []entry{{Map: map[string]int{"b": 2, "a": 1}}, {Inner: inner{text("y")}}, {A: "new"}}
	if got := e.add(reflect.ValueOf(again), nil); got != 1 {
		t.Errorf("%d of the entries are new, want 1", got)
	}
}

// A page that is handed out as a whole is without data if it holds nothing.
func TestWholePages(t *testing.T) {
	t.Parallel()
	type whole struct {
		Total int
		List  []int
	}
	for want, last := range map[string]*whole{
		"page 2 has no data": {}, "": {Total: 2}, " ": {List: []int{3}}, "  ": {List: []int{}},
	} {
		var got error
		for _, err := range Tokens("", wrapped, func(token string) ([]*whole, string, Head, error) {
			if token == "" {
				return []*whole{{2, []int{1, 2}}}, "a", Head{}, nil
			}
			return []*whole{last}, "", Head{}, nil
		}) {
			if err != nil {
				got = err
			}
		}
		want := strings.TrimSpace(want)
		if (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("%+v: %v, want %q", last, got, want)
		}
	}
}

// numbered serves pages of n numbers, at most limit on one. told is what its heads
// say about the list.
func numbered(n, size, limit int, told func(Head) Head) (fetch func(page int) ([]int, Head, error), calls *int) {
	calls = new(int)
	size = min(size, limit)
	return func(page int) ([]int, Head, error) {
		*calls++
		items := []int{}
		for i := (page - 1) * size; i < min(n, page*size); i++ {
			items = append(items, i)
		}
		return items, told(Head{Pages: (n + size - 1) / size, Entries: n}), nil
	}, calls
}

func TestNumberedPages(t *testing.T) {
	t.Parallel()
	const size = 3
	for name, told := range map[string]func(Head) Head{
		"both totals": func(h Head) Head { return h },
		"pages":       func(h Head) Head { return Head{Pages: h.Pages} },
		"entries":     func(h Head) Head { return Head{Entries: h.Entries} },
		"no total":    func(Head) Head { return Head{} },
	} {
		// A server may hand out less than it is asked for.
		for _, limit := range []int{size, size - 1, 1} {
			for n := range 12 {
				fetch, calls := numbered(n, size, limit, told)
				granted := 0
				if limit == size && n%2 == 0 { // sometimes it is known that the server grants the size
					granted = limit
				}
				seq := Numbered(0, size, granted, nil, nil, wrapped, fetch)
				for range 2 { // a sequence can be walked again
					*calls = 0
					var got []int
					for item, err := range seq {
						if err != nil {
							t.Fatalf("%s, %d items in pages of %d: %v", name, n, limit, err)
						}
						got = append(got, item)
					}
					if !slices.Equal(got, upTo(n)) {
						t.Errorf("%s, %d items in pages of %d: got %v", name, n, limit, got)
					}
					want := max(1, (n+limit-1)/limit)
					if name == "no total" && n > 0 {
						want++ // an empty page is the proof
					}
					if *calls != want {
						t.Errorf("%s, %d items in pages of %d took %d calls, want %d", name, n, limit, *calls, want)
					}
				}
			}
		}
	}
}

// An entry that comes again fills no total, also where it has changed meanwhile.
func TestNumberedEntriesThatComeAgain(t *testing.T) {
	t.Parallel()
	type entry struct {
		ID, State string
	}
	row := func(ids ...string) (list []entry) {
		for _, id := range ids {
			id, state, _ := strings.Cut(id, ":")
			list = append(list, entry{id, state})
		}
		return list
	}
	byID := func(e entry) any { return e.ID }
	const (
		oneAgain = "ends with page 2, and 3 of 4 entries came, and 1 again"
		forEver  = "pages in a row are empty, or hold what came before"
	)
	for name, tt := range map[string]struct {
		pages     [][]entry // the last one for ever
		told      []Head    // so
		want, key string    // the error without and with a key, empty for none
	}{
		"what shifted":                {[][]entry{row("a", "b"), row("b", "c")}, []Head{{Pages: 2, Entries: 4}}, oneAgain, oneAgain},
		"changed meanwhile":           {[][]entry{row("a", "b"), row("b:new", "c")}, []Head{{Pages: 2, Entries: 4}}, "", oneAgain},
		"changed back, two pages on":  {[][]entry{row("a", "b"), row("a:x", "c"), row("a", "d")}, []Head{{Pages: 3, Entries: 6}}, "5 of 6", "4 of 6 entries came, and 2 again"},
		"twice on one page":           {[][]entry{row("a", "a:x")}, []Head{{Pages: 1, Entries: 2}}, "", "1 of 2 entries came, and 1 again"},
		"all of them":                 {[][]entry{row("a", "b"), row("c", "d")}, []Head{{Pages: 2, Entries: 4}}, "", ""},
		"more added than come again":  {[][]entry{row("a", "b"), row("b", "c"), row("d")}, []Head{{Pages: 2, Entries: 4}, {Pages: 3, Entries: 5}}, "", ""},
		"equal, without an id":        {[][]entry{row("", ""), row(":x", "")}, []Head{{Pages: 2, Entries: 4}}, "3 of 4", "3 of 4"},
		"the entries told, no pages":  {[][]entry{row("a", "b"), row("b", "c"), row("d")}, []Head{{Entries: 4}}, "", ""},
		"two pages in turn, told":     {[][]entry{row("a", "b"), row("b", "a"), row("a", "b"), {}}, []Head{{Entries: 4}}, "2 of 4 entries came, and 4 again", "2 of 4 entries came, and 4 again"},
		"nothing told, with an end":   {[][]entry{row("a", "b"), row("b", "c"), {}}, []Head{{}}, "", ""},
		"nothing told, without a new": {nil, []Head{{}}, forEver, forEver},
	} {
		for want, key := range map[*string]func(entry) any{&tt.want: nil, &tt.key: byID} {
			calls := 0
			var got error
			for _, err := range Numbered(1, 2, 2, key, nil, wrapped, func(page int) ([]entry, Head, error) {
				calls++
				head := tt.told[min(page, len(tt.told))-1]
				if tt.pages == nil {
					return [][]entry{row("a", "b"), row("b", "a")}[page%2], head, nil
				}
				return tt.pages[min(page, len(tt.pages))-1], head, nil
			}) {
				if err != nil {
					got = err
				}
				if calls > 2*maxEmpty {
					break
				}
			}
			if (got == nil) != (*want == "") || got != nil && !strings.Contains(got.Error(), *want) || calls > maxEmpty+2 {
				t.Errorf("%s, by id %t: %v after %d pages, want %q", name, key != nil, got, calls, *want)
			}
		}
	}
}

// An end that is not proven is an error.
func TestNumberedPagesThatDoNotEnd(t *testing.T) {
	t.Parallel()
	// sized serves pages of so many different items, then empty ones. served has
	// their heads with them.
	served := func(heads ...Head) func(page int) ([]int, Head) {
		return func(page int) ([]int, Head) {
			if page > len(heads) {
				return []int{}, heads[len(heads)-1]
			}
			return []int{2 * page, 2*page + 1}, heads[page-1]
		}
	}
	sized := func(sizes ...int) func(page int) ([]int, Head) {
		return func(page int) (items []int, _ Head) {
			if page <= len(sizes) {
				for i := range sizes[page-1] {
					items = append(items, 100*page+i)
				}
			}
			if items == nil {
				items = []int{}
			}
			return items, Head{}
		}
	}
	for name, tt := range map[string]struct {
		first int
		size  int // asked for, 0 for 2, which is granted
		page  func(page int) ([]int, Head)
		items int
		want  string // the error, empty for none
	}{
		"entries of a list without pages":       {1, 0, func(int) ([]int, Head) { return []int{1, 2}, Head{Entries: 2} }, 2, ""},
		"the same page for ever":                {1, 0, func(int) ([]int, Head) { return []int{1, 2}, Head{} }, 2, "page 2 is the same"},
		"the same page, entries told":           {1, 0, func(int) ([]int, Head) { return []int{1, 2}, Head{Entries: 5} }, 2, "page 2 is the same"},
		"the same page, pages told":             {1, 0, func(int) ([]int, Head) { return []int{1, 2}, Head{Pages: 9} }, 2, "page 2 is the same"},
		"a short page in the middle":            {1, 0, sized(2, 1, 2, 1), 6, ""},
		"a short page first, of a size granted": {1, 0, sized(1, 2), 3, ""},
		"a short page again": {1, 0, func(page int) ([]int, Head) {
			items, head := sized(2, 1)(min(page, 2)) // the last page for every one behind it
			return items, head
		}, 3, ""},
		"entries missing": {1, 0, func(page int) ([]int, Head) {
			if page > 1 {
				return nil, Head{Entries: 5}
			}
			return []int{1, 2}, Head{Entries: 5}
		}, 2, "2 of 5 entries came"},
		"from the middle": {2, 0, func(page int) ([]int, Head) {
			if page > 2 {
				return nil, Head{Entries: 5}
			}
			return []int{3, 4}, Head{Entries: 5}
		}, 2, ""},
		"an empty page before the last": {1, 0, func(page int) ([]int, Head) {
			if page == 2 {
				return nil, Head{Pages: 3}
			}
			return []int{page}, Head{Pages: 3}
		}, 2, ""},
		"the same page, of a size not granted": {first: 1, size: 5, page: func(int) ([]int, Head) { return []int{1, 2}, Head{} }, items: 2, want: "page 2 is the same"},
		"more on the first page than asked for, then the same page": {first: 1, size: 5, page: func(page int) ([]int, Head) {
			return [][]int{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11}, {7, 8, 9, 10, 11}}[page-1], Head{}
		}, items: 11, want: "page 3 is the same"},
		"the same page later, of a size not granted": {first: 1, size: 5, page: func(page int) ([]int, Head) {
			return [][]int{{1, 2}, {3}, {3}}[page-1], Head{}
		}, items: 3},
		"the same short page after another, of a size not granted": {first: 1, size: 5, page: func(page int) ([]int, Head) {
			return [][]int{{1, 2}, {3}, {4}, {4}}[page-1], Head{}
		}, items: 4},
		"the same page, which lacks a record": {first: 1, page: func(int) ([]int, Head) { return []int{1}, Head{LeftOut: 1} }, items: 1, want: "page 2 is the same"},
		"nothing at all":                      {first: 1, page: func(int) ([]int, Head) { return nil, Head{} }},
		"no data behind the first page":       {first: 1, page: func(page int) ([]int, Head) { return [][]int{{1, 2}, nil}[page-1], Head{} }, items: 2, want: "page 2 has no data"},
		"no data, and pages told":             {first: 1, page: func(page int) ([]int, Head) { return [][]int{{1}, nil}[page-1], Head{Pages: 3 * (2 - page)} }, items: 1, want: "page 2 has no data"},
		"an empty page that forgets the end":  {first: 1, page: func(page int) ([]int, Head) { return [][]int{{1}, {}, {2}}[page-1], Head{Pages: 3 * (page % 2)} }, items: 2},
		"the last page, entries missing":      {first: 1, page: served(Head{Pages: 1, Entries: 500, LeftOut: 0}), items: 2, want: "ends with page 1, and 2 of 500"},
		"the last page, from the middle":      {first: 2, page: served(Head{}, Head{Pages: 2, Entries: 500, LeftOut: 0}), items: 2},
		"entries left out":                    {first: 1, page: served(Head{Pages: 2, Entries: 6, LeftOut: 1}, Head{Pages: 2, Entries: 6, LeftOut: 1}), items: 4},
		"too few left out":                    {first: 1, page: served(Head{Pages: 2, Entries: 7, LeftOut: 1}, Head{Pages: 2, Entries: 7, LeftOut: 1}), items: 4, want: "6 of 7"},
		"removed meanwhile":                   {first: 1, page: served(Head{Pages: 2, Entries: 6, LeftOut: 0}, Head{Pages: 2, Entries: 4, LeftOut: 0}), items: 4},
		"added meanwhile":                     {first: 1, page: served(Head{Pages: 2, Entries: 4, LeftOut: 0}, Head{Pages: 2, Entries: 5, LeftOut: 0}), items: 4},
		"an empty page that tells more":       {first: 1, page: served(Head{Pages: 0, Entries: 5, LeftOut: 0}, Head{Pages: 0, Entries: 5, LeftOut: 0}), items: 4, want: "4 of 5"},
		"a page that is left out altogether": {first: 1, page: func(page int) ([]int, Head) {
			return [][]int{{1}, {}, {2}}[page-1], []Head{{Pages: 0, Entries: 5, LeftOut: 1}, {Pages: 0, Entries: 5, LeftOut: 2}, {Pages: 0, Entries: 5, LeftOut: 0}}[page-1]
		}, items: 2},
		"empty for ever": {1, 0, func(int) ([]int, Head) { return nil, Head{Pages: 1 << 30} }, 0, "pages in a row are empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := 0
			var got error
			for _, err := range Numbered(tt.first, cmp.Or(tt.size, 2), 2, nil, nil, wrapped, func(page int) ([]int, Head, error) {
				list, head := tt.page(page)
				return list, head, nil
			}) {
				if err != nil {
					got = err
					continue
				}
				items++
			}
			if items != tt.items || (got == nil) != (tt.want == "") || got != nil && (!errors.Is(got, errWrapped) || !strings.Contains(got.Error(), tt.want)) {
				t.Errorf("%d items, err %v; want %d, %q", items, got, tt.items, tt.want)
			}
		})
	}
}

func TestNumberedPagesError(t *testing.T) {
	t.Parallel()
	fetch := func(int) ([]int, Head, error) { return nil, Head{}, errPage }
	for _, err := range Numbered(1, 10, 0, nil, nil, wrapped, fetch) {
		if !errors.Is(err, errPage) {
			t.Errorf("got %v", err)
		}
	}
	for _, err := range Numbered(1, 10, 0, nil, func(err error) bool { return errors.Is(err, errPage) }, wrapped, fetch) {
		t.Errorf("the end of the pages is no error: %v", err)
	}
	for told, want := range map[Head]string{{}: "", {Pages: 9}: "", {Entries: 2, LeftOut: 1}: "", {Pages: 9, Entries: 9}: "ends with page 2, and 1 of 9"} {
		calls := 0
		var got error
		for _, err := range Numbered(1, 1, 1, nil, func(err error) bool { return errors.Is(err, errPage) }, wrapped, func(page int) ([]int, Head, error) {
			if calls++; page > 1 {
				return nil, Head{}, errPage
			}
			return []int{1}, told, nil
		}) {
			got = err
		}
		if calls > 2 || (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("%+v, no page behind the first: %v after %d calls, want %q", told, got, calls, want)
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	for n := range 9 {
		var got []int
		for part, err := range Batches(upTo(n), 3, func(part []int) ([]int, error) { return part, nil }) {
			if err != nil {
				t.Fatal(err)
			}
			if len(part) > 3 {
				t.Errorf("a part of %d", len(part))
			}
			got = append(got, part...)
		}
		if !slices.Equal(got, upTo(n)) {
			t.Errorf("%d items: got %v", n, got)
		}
	}
	calls := 0
	for _, err := range Batches(upTo(9), 3, func([]int) (int, error) {
		calls++
		return 0, fmt.Errorf("wrapped: %w", errPage)
	}) {
		if !errors.Is(err, errPage) {
			t.Errorf("got %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls after the first error", calls)
	}
}

// unread is the error of a page that lacks records.
type unread int

func (unread) Error() string        { return "a record is missing" }
func (unread) Is(target error) bool { return target == lenient.ErrRecords }

// A page that lacks a record hides neither its others nor the pages behind it.
func TestPagesThatLackRecords(t *testing.T) {
	t.Parallel()
	lacking := func(items []int, page int, head Head) ([]int, Head, error) {
		if page == 1 && len(items) > 0 {
			head.LeftOut = 1
			return items[1:], head, unread(page)
		}
		return append([]int{}, items...), head, nil
	}
	walks := map[string]iter.Seq2[int, error]{
		"tokens": Tokens("", wrapped, func(token string) ([]int, string, Head, error) {
			items, next, _, _ := chained(6, 2)(token)
			page, _ := strconv.Atoi(token)
			items, head, err := lacking(items, page, Head{Entries: 6})
			return items, next, head, err
		}),
		"numbered, with a total": Numbered(1, 2, 0, nil, nil, wrapped, func(page int) ([]int, Head, error) {
			items, _, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			return lacking(items, page-1, Head{Pages: 3})
		}),
		"numbered, with the entries": Numbered(1, 2, 0, nil, nil, wrapped, func(page int) ([]int, Head, error) {
			items, _, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			return lacking(items, page-1, Head{Entries: 6})
		}),
		"numbered, without one": Numbered(1, 2, 0, nil, nil, wrapped, func(page int) ([]int, Head, error) {
			items, _, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			return lacking(items, page-1, Head{})
		}),
	}
	for name, walk := range walks {
		var got []int
		failed := 0
		for item, err := range walk {
			if err != nil {
				failed++
				continue
			}
			got = append(got, item)
		}
		if want := []int{0, 1, 3, 4, 5}; !slices.Equal(got, want) || failed != 1 {
			t.Errorf("%s: %v and %d errors, want %v and one", name, got, failed, want)
		}
		for _, err := range walk { // and a consumer that stops is let go
			if err != nil {
				break
			}
		}
	}
	parts := 0
	for _, err := range Batches(upTo(9), 3, func([]int) (int, error) { return 0, unread(1) }) {
		if err == nil {
			t.Error("the error is lost")
		}
		parts++
	}
	if parts != 3 {
		t.Errorf("%d parts of 3", parts)
	}
}
