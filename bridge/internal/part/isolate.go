package part

import (
	"context"
)

// MaxStrikes is how many calls may fail before Isolate gives up, as long as none
// has been answered. To find one bad item of 50 takes seven.
const MaxStrikes = 16

// Tally counts what the calls of [Isolate] met.
type Tally struct {
	Failed int
	// Answered calls show that it is the items: from the first on nothing gives up.
	Answered int
}

// Isolate tries items together. If that fails it tries the halves, down to single
// items, and blames those. It gives up with an error if nothing was answered
// whatever it tried: then it is not the items. Those not blamed by then were not
// tried alone.
//
// After an item was blamed it goes on with the largest part that is left, so that
// some bad items beside one another do not look like all of them.
func Isolate[T any](ctx context.Context, items []T, tally *Tally, try func([]T) error, blame func(T, error)) error {
	var left [][]T // the next one last
	if len(items) > 0 {
		left = append(left, items)
	}
	for len(left) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := len(left) - 1
		now := left[last]
		left = left[:last]
		err := try(now)
		if err == nil {
			tally.Answered++
			continue
		}
		tally.Failed++
		half := len(now) / 2
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case half > 0 && (tally.Answered > 0 || tally.Failed < MaxStrikes):
			left = append(left, now[half:], now[:half])
			continue
		case half == 0:
			blame(now[0], err)
		}
		if tally.Answered == 0 && tally.Failed >= MaxStrikes && (half > 0 || len(left) > 0) {
			return err
		}
		largest := len(left) - 1
		for i := range left {
			if len(left[i]) > len(left[largest]) {
				largest = i
			}
		}
		if largest >= 0 {
			left[largest], left[len(left)-1] = left[len(left)-1], left[largest]
		}
	}
	return ctx.Err()
}
