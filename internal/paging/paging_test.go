package paging

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"testing"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

var errPage = errors.New("page failed")

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
			seq := Tokens(chained(n, size))
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

func TestTokenPagesEnd(t *testing.T) {
	t.Parallel()
	calls := 0
	for item, err := range Tokens(func(token string) ([]string, string, error) {
		calls++
		return []string{token}, "again", nil
	}) {
		if err != nil || calls > 2 {
			t.Fatalf("item %q, error %v after %d calls: a repeated token must end the walk", item, err, calls)
		}
	}

	var got []error
	for _, err := range Tokens(func(token string) ([]int, string, error) {
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

func TestNumberedPages(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		for n := range 12 {
			size := 3
			calls := 0
			var got []int
			for item, err := range Numbered(0, size, nil, func(page int) ([]int, int, error) {
				calls++
				items, _, _ := chained(n, size)(strconv.Itoa(page - 1))
				if told {
					return items, (n + size - 1) / size, nil
				}
				return items, 0, nil
			}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, item)
			}
			if !slices.Equal(got, upTo(n)) {
				t.Errorf("%d items: got %v", n, got)
			}
			if calls > n/size+1 {
				t.Errorf("%d items took %d calls", n, calls)
			}
		}
	}
}

func TestNumberedPagesError(t *testing.T) {
	t.Parallel()
	for _, err := range Numbered(1, 10, nil, func(int) ([]int, int, error) { return nil, 0, errPage }) {
		if !errors.Is(err, errPage) {
			t.Errorf("got %v", err)
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
	lacking := func(items []int, page int) ([]int, error) {
		if page == 1 && len(items) > 0 {
			return items[1:], unread(page)
		}
		return items, nil
	}
	walks := map[string]iter.Seq2[int, error]{
		"tokens": Tokens(func(token string) ([]int, string, error) {
			items, next, _ := chained(6, 2)(token)
			page, _ := strconv.Atoi(token)
			items, err := lacking(items, page)
			return items, next, err
		}),
		"numbered, with a total": Numbered(1, 2, nil, func(page int) ([]int, int, error) {
			items, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			items, err := lacking(items, page-1)
			return items, 3, err
		}),
		"numbered, without one": Numbered(1, 2, nil, func(page int) ([]int, int, error) {
			items, _, _ := chained(6, 2)(strconv.Itoa(page - 1))
			items, err := lacking(items, page-1)
			return items, 0, err
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
