package paging

import (
	"errors"
	"fmt"
	"iter"
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
func chained(n, size int) func(token string) ([]int, string, error) {
	return func(token string) ([]int, string, error) {
		page, _ := strconv.Atoi(token)
		var items []int
		for i := page * size; i < min(n, (page+1)*size); i++ {
			items = append(items, i)
		}
		if (page+1)*size >= n {
			return items, "", nil
		}
		return items, strconv.Itoa(page + 1), nil
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
			seq := Tokens(wrapped, chained(n, size))
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
		for _, err := range Tokens(wrapped, func(string) ([]int, string, error) {
			calls++
			return []int{calls}, tokens[min(calls, len(tokens))-1], nil
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
	for _, err := range Tokens(wrapped, func(token string) ([]int, string, error) {
		if token == "2" {
			return nil, "", errPage
		}
		return chained(9, 2)(token)
	}) {
		got = append(got, err)
	}
	if len(got) != 5 || !errors.Is(got[4], errPage) {
		t.Errorf("want four items and the error, got %v", got)
	}
}

// numbered serves pages of n numbers, at most limit on one. told is what its heads
// say about the list.
func numbered(n, size, limit int, told func(Head) Head) (fetch func(page int) ([]int, Head, error), calls *int) {
	calls = new(int)
	size = min(size, limit)
	return func(page int) ([]int, Head, error) {
		*calls++
		var items []int
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
				seq := Numbered(0, size, granted, nil, wrapped, fetch)
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

// An end that is not proven is an error.
func TestNumberedPagesThatDoNotEnd(t *testing.T) {
	t.Parallel()
	// sized serves pages of so many different items, then empty ones.
	sized := func(sizes ...int) func(page int) ([]int, Head) {
		return func(page int) (items []int, _ Head) {
			if page <= len(sizes) {
				for i := range sizes[page-1] {
					items = append(items, 100*page+i)
				}
			}
			return items, Head{}
		}
	}
	for name, tt := range map[string]struct {
		first int
		page  func(page int) ([]int, Head)
		items int
		want  string // the error, empty for none
	}{
		"entries of a list without pages":       {1, func(int) ([]int, Head) { return []int{1, 2}, Head{Entries: 2} }, 2, ""},
		"the same page for ever":                {1, func(int) ([]int, Head) { return []int{1, 2}, Head{} }, 2, "page 2 is the same"},
		"the same page, entries told":           {1, func(int) ([]int, Head) { return []int{1, 2}, Head{Entries: 5} }, 2, "page 2 is the same"},
		"the same page, pages told":             {1, func(int) ([]int, Head) { return []int{1, 2}, Head{Pages: 9} }, 2, "page 2 is the same"},
		"a short page in the middle":            {1, sized(2, 1, 2, 1), 6, ""},
		"a short page first, of a size granted": {1, sized(1, 2), 3, ""},
		"a short page again": {1, func(page int) ([]int, Head) {
			items, head := sized(2, 1)(min(page, 2)) // the last page for every one behind it
			return items, head
		}, 3, ""},
		"entries missing": {1, func(page int) ([]int, Head) {
			if page > 1 {
				return nil, Head{Entries: 5}
			}
			return []int{1, 2}, Head{Entries: 5}
		}, 2, "2 of 5 entries came"},
		"from the middle": {2, func(page int) ([]int, Head) {
			if page > 2 {
				return nil, Head{Entries: 5}
			}
			return []int{3, 4}, Head{Entries: 5}
		}, 2, ""},
		"an empty page before the last": {1, func(page int) ([]int, Head) {
			if page == 2 {
				return nil, Head{Pages: 3}
			}
			return []int{page}, Head{Pages: 3}
		}, 2, ""},
		"empty for ever": {1, func(int) ([]int, Head) { return nil, Head{Pages: 1 << 30} }, 0, "pages in a row are empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := 0
			var got error
			for _, err := range Numbered(tt.first, 2, 2, nil, wrapped, func(page int) ([]int, Head, error) {
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
	for _, err := range Numbered(1, 10, 0, nil, wrapped, fetch) {
		if !errors.Is(err, errPage) {
			t.Errorf("got %v", err)
		}
	}
	for _, err := range Numbered(1, 10, 0, func(err error) bool { return errors.Is(err, errPage) }, wrapped, fetch) {
		t.Errorf("the end of the pages is no error: %v", err)
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
	lacking := func(items []int, page int) ([]int, error) {
		if page == 1 && len(items) > 0 {
			return items[1:], unread(page)
		}
		return items, nil
	}
	walks := map[string]iter.Seq2[int, error]{
		"tokens": Tokens(wrapped, func(token string) ([]int, string, error) {
			items, next, _ := chained(6, 2)(token)
			page, _ := strconv.Atoi(token)
			items, err := lacking(items, page)
			return items, next, err
		}),
		"numbered, with a total": Numbered(1, 2, 0, nil, wrapped, func(page int) ([]int, Head, error) {
			items, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			items, err := lacking(items, page-1)
			return items, Head{Pages: 3}, err
		}),
		"numbered, with the entries": Numbered(1, 2, 0, nil, wrapped, func(page int) ([]int, Head, error) {
			items, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			items, err := lacking(items, page-1)
			return items, Head{Entries: 6}, err
		}),
		"numbered, without one": Numbered(1, 2, 0, nil, wrapped, func(page int) ([]int, Head, error) {
			items, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			items, err := lacking(items, page-1)
			return items, Head{}, err
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
