// Package paging walks pages and splits lists for the iterators and batch helpers
// of both clients.
//
// A page that was fetched but for some of its records, an error that is
// [lenient.ErrRecords], is handed out with the error behind its items, and the
// walk goes on if the consumer does.
package paging

import (
	"errors"
	"iter"
	"slices"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// Tokens walks pages that an opaque token chains together. It ends at an
// empty token, at one that was seen already, and at the first error.
func Tokens[T any](fetch func(token string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for token := ""; ; {
			items, next, err := fetch(token)
			if !handOut(items, err, yield) {
				return
			}
			if next == "" || seen[next] {
				return
			}
			seen[next] = true
			token = next
		}
	}
}

// Numbered walks pages that are counted from one. It ends after the last
// page where the reply tells their number (one before may be empty, where the
// server filters afterwards), otherwise at a page that is empty or shorter than
// asked for, and at the first error. A page that lacks records is never taken
// for a short one. over, if not nil, tells errors that only
// say that the pages are over.
func Numbered[T any](first, size int, over func(error) bool, fetch func(page int) ([]T, int, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := max(first, 1); ; page++ {
			items, total, err := fetch(page)
			if err != nil && over != nil && over(err) || !handOut(items, err, yield) {
				return
			}
			if total > 0 && page >= total || total == 0 && err == nil && (len(items) == 0 || len(items) < size) {
				return
			}
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
