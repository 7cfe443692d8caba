// Package paging walks pages and splits lists for the iterators and batch helpers
// of both clients.
//
// A page that was fetched but for some of its records, an error that is
// [lenient.ErrRecords], is handed out with the error behind its items, and the
// walk goes on if the consumer does.
package paging

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// Tokens walks pages that an opaque token chains together. It ends at an
// empty token and at the first error. A token that was seen already is an error,
// made by fail: there are more items, and the server does not hand them out.
func Tokens[T any](fail func(error) error, fetch func(token string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for token := ""; ; {
			items, next, err := fetch(token)
			if !handOut(items, err, yield) || next == "" {
				return
			}
			if seen[next] {
				var zero T
				yield(zero, fail(errors.New("the list does not end: the server repeats a page token")))
				return
			}
			seen[next] = true
			token = next
		}
	}
}

// Head is what a page says about the whole list, as far as it does.
type Head struct {
	// Pages and Entries are the totals, 0 where they are not told.
	Pages, Entries int
}

// maxEmpty bounds the pages in a row that may be empty.
const maxEmpty = 1000

// Numbered walks pages that are counted from one and ends at the first error. It
// ends after the last page where the reply tells their number (one before may be
// empty, where the server filters afterwards), or when all entries came where it
// tells theirs. Where it tells neither, the end is an empty page: a short one
// proves nothing, since a server may filter a page or cut it. over, if not nil,
// reports whether an error only says that the pages are over.
//
// A server that hands out the same page again, or an empty one while entries are
// missing, is an error, made by fail. Only a short page that comes twice is the
// end: some servers answer with the last page when asked for one behind it. A page
// is short if it is complete and has fewer items than the first, or than size where
// the server is known to grant that, which it is up to limit.
func Numbered[T any](first, size, limit int, over func(error) bool, fail func(error) error, fetch func(page int) ([]T, Head, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var (
			zero     T
			previous []T
			short    bool // the previous page, of a list without totals
			came     int  // entries, from the first page on
			lacking  bool // records, so that came is too low
			empty    int  // pages in a row
		)
		first, size := max(first, 1), size // of this walk
		granted := size <= limit
		for page := first; ; page++ {
			items, head, err := fetch(page)
			if err != nil && over != nil && over(err) {
				return
			}
			if page > first && len(items) > 0 && reflect.DeepEqual(items, previous) {
				if short {
					return
				}
				yield(zero, fail(fmt.Errorf("the list does not end: page %d is the same as the one before", page)))
				return
			}
			if !handOut(items, err, yield) {
				return
			}
			came, lacking = came+len(items), lacking || err != nil
			if empty++; len(items) > 0 {
				empty = 0
			}
			end := err == nil && len(items) == 0
			short = false
			switch {
			case head.Pages > 0:
				end = page >= head.Pages
			case head.Entries > 0 && end && first == 1 && !lacking && came < head.Entries:
				yield(zero, fail(fmt.Errorf("page %d is empty, and %d of %d entries came", page, came, head.Entries)))
				return
			case head.Entries > 0:
				end = end || came >= head.Entries
			default:
				short = err == nil && len(items) < size && (granted || page > first)
			}
			if end {
				return
			}
			if empty > maxEmpty {
				yield(zero, fail(fmt.Errorf("the list does not end: %d pages in a row are empty", empty)))
				return
			}
			if page == first && !granted {
				size = min(size, len(items))
			}
			previous = items
		}
	}
}

// handOut yields items, then err if there is one, and reports whether the walk
// goes on.
func handOut[T any](items []T, err error, yield func(T, error) bool) bool {
	for _, item := range items {
		if !yield(item, nil) {
			return false
		}
	}
	if err == nil {
		return true
	}
	var zero T
	return yield(zero, err) && !ends(err)
}

// ends tells whether err ends a walk.
func ends(err error) bool { return err != nil && !errors.Is(err, lenient.ErrRecords) }

// Batches calls fetch for parts of a list, none longer than size, and hands
// out each reply. An empty list makes no call.
func Batches[T, R any](list []T, size int, fetch func(part []T) (R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for part := range slices.Chunk(list, size) {
			reply, err := fetch(part)
			if !yield(reply, err) || ends(err) {
				return
			}
		}
	}
}

// ValueOf returns a copy of a request, so that walking its pages leaves the
// caller's alone.
func ValueOf[T any](req *T) T {
	if req == nil {
		var zero T
		return zero
	}
	return *req
}

// NumberOf returns the number of an optional field.
func NumberOf[T ~int | ~int64](n *T) int {
	if n == nil {
		return 0
	}
	return int(*n)
}
