package tiktokshop

import (
	"errors"
	"iter"

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/internal/paging"
)

// The generated iterators and batch helpers call these by their short names.

func tokenPages[T any](fetch func(token string) ([]T, string, error)) iter.Seq2[T, error] {
	return paging.Tokens(fetch)
}

func numberedPages[T any](first, size int, fetch func(page int) ([]T, int, error)) iter.Seq2[T, error] {
	return paging.Numbered(first, size, nil, fetch)
}

func batches[T, R any](list []T, size int, fetch func(part []T) (R, error)) iter.Seq2[R, error] {
	return paging.Batches(list, size, fetch)
}

// inPart tells whether a call succeeded, but for records of its reply.
func inPart(err error) bool { return errors.Is(err, lenient.ErrRecords) }

func valueOf[T any](req *T) T { return paging.ValueOf(req) }

func numberOf[T ~int | ~int64](n *T) int { return paging.NumberOf(n) }
