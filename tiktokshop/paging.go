package tiktokshop

import (
	"errors"
	"iter"

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/internal/paging"
)

// The generated iterators and batch helpers call these by their short names.

func tokenPages[T any](op, from string, fetch func(token string) ([]T, string, pageHead, error)) iter.Seq2[T, error] {
	return paging.Tokens(from, endless(op), func(token string) ([]T, string, pageHead, error) {
		items, next, head, err := fetch(token)
		head.LeftOut += unreadIn(err)
		return items, next, head, err
	})
}

func numberedPages[T any](op string, first, size, limit int, key func(T) any, fetch func(page int) ([]T, pageHead, error)) iter.Seq2[T, error] {
	return paging.Numbered(first, size, limit, key, nil, endless(op), func(page int) ([]T, pageHead, error) {
		items, head, err := fetch(page)
		head.LeftOut += unreadIn(err)
		return items, head, err
	})
}

// pageHead is what a page says about the whole list.
type pageHead = paging.Head

// unreadIn counts the records of a page that could not be read.
func unreadIn(err error) int {
	if e, ok := errors.AsType[*UnreadableError](err); ok {
		return len(e.Records)
	}
	return 0
}

// endless makes the error of a list whose end is not proven.
func endless(op string) func(error) error {
	return func(err error) error { return &Error{Operation: op, Class: ClassDecode, Err: err} }
}

func batches[T, R any](list []T, size int, fetch func(part []T) (R, error)) iter.Seq2[R, error] {
	return paging.Batches(list, size, fetch)
}

// inPart reports whether a call succeeded, but for records of its reply.
func inPart(err error) bool { return errors.Is(err, lenient.ErrRecords) }

func valueOf[T any](req *T) T { return paging.ValueOf(req) }

func numberOf[T ~int | ~int64](n *T) int { return paging.NumberOf(n) }

func tokenOf[T ~string](s *T) string { return string(paging.ValueOf(s)) }
