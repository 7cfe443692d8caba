// Package paging walks pages and splits lists for the iterators and batch helpers
// of both clients.
package paging

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
)

// Tokens walks pages that an opaque token chains together. It ends at an
// empty token and at the first error. A token that was seen already is an error,
// made by fail: there are more items, and the server does not hand them out.
func Tokens[T any](fail func(error) error, fetch func(token string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		seen := map[string]bool{}
		for token := ""; ; {
			items, next, err := fetch(token)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
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
// tells theirs. Where it tells neither, the end is an empty page, or one that is
// shorter than the first: a server may hand out less than the size that it is asked
// for, unless that is no more than limit, which the server is known to grant. over, if not nil, reports whether an error only says that the pages
// are over.
//
// A server that hands out the same page again, or an empty one while entries are
// missing, is an error, made by fail.
func Numbered[T any](first, size, limit int, over func(error) bool, fail func(error) error, fetch func(page int) ([]T, Head, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var (
			zero     T
			previous []T
			came     int // entries, from the first page on
			empty    int // pages in a row
		)
		first, size := max(first, 1), size // of this walk
		granted := size <= limit
		for page := first; ; page++ {
			items, head, err := fetch(page)
			if err != nil {
				if over == nil || !over(err) {
					yield(zero, err)
				}
				return
			}
			if page > first && len(items) > 0 && reflect.DeepEqual(items, previous) {
				yield(zero, fail(fmt.Errorf("the list does not end: page %d is the same as the one before", page)))
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			came += len(items)
			if empty++; len(items) > 0 {
				empty = 0
			}
			switch {
			case head.Pages > 0:
				if page >= head.Pages {
					return
				}
				if empty > maxEmpty {
					yield(zero, fail(fmt.Errorf("the list does not end: %d pages in a row are empty", empty)))
					return
				}
			case head.Entries > 0 && came >= head.Entries:
				return
			case head.Entries > 0 && len(items) == 0:
				if first == 1 {
					yield(zero, fail(fmt.Errorf("page %d is empty, and %d of %d entries came", page, came, head.Entries)))
				}
				return
			case head.Entries > 0:
			case len(items) == 0, len(items) < size && (granted || page > first):
				return
			}
			if page == first && !granted {
				size = min(size, len(items))
			}
			previous = items
		}
	}
}

// Batches calls fetch for parts of a list, none longer than size, and hands
// out each reply. An empty list makes no call.
func Batches[T, R any](list []T, size int, fetch func(part []T) (R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for part := range slices.Chunk(list, size) {
			reply, err := fetch(part)
			if !yield(reply, err) || err != nil {
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
