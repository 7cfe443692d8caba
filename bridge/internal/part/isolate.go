package part

import (
	"context"
)

// MaxStrikes is how many calls in a row may fail before isolate gives up. To find
// one bad item of 50 takes seven.
const MaxStrikes = 16

// Isolate tries items together. If that fails it tries the halves, down to single
// items, and blames those. It returns an error if everything keeps failing: then
// it is not the items.
func Isolate[T any](ctx context.Context, items []T, strikes *int, try func([]T) error, blame func(T, error)) error {
	if err := ctx.Err(); err != nil || len(items) == 0 {
		return err
	}
	err := try(items)
	if err == nil {
		*strikes = 0
		return nil
	}
	*strikes++
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case *strikes >= MaxStrikes:
		return err
	case len(items) == 1:
		blame(items[0], err)
		return nil
	}
	half := len(items) / 2
	if err := Isolate(ctx, items[:half], strikes, try, blame); err != nil {
		return err
	}
	return Isolate(ctx, items[half:], strikes, try, blame)
}
