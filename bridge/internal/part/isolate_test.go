package part_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

func TestIsolate(t *testing.T) {
	bad := errors.New("one of them is bad")
	for _, tc := range []struct {
		name   string
		n      int
		bad    func(i int) bool
		blamed int
		calls  int // at most
		gaveUp bool
	}{
		{"nothing", 0, func(int) bool { return true }, 0, 0, false},
		{"all good", 200, func(int) bool { return false }, 0, 1, false},
		{"one bad", 50, func(i int) bool { return i == 31 }, 1, 13, false},
		{"bad ones at the head", 50, func(i int) bool { return i < 12 }, 12, 40, false},
		{"bad ones at both ends", 200, func(i int) bool { return i < 10 || i >= 190 }, 20, 60, false},
		{"every other one", 50, func(i int) bool { return i%2 == 0 }, 25, 99, false},
		{"more than strikes, after an answer", 64, func(i int) bool { return i >= 16 }, 48, 127, false},
		{"one alone", 1, func(int) bool { return true }, 1, 1, false},
		{"all bad, and few", 8, func(int) bool { return true }, 8, 15, false},
		{"all bad", 200, func(int) bool { return true }, 2, part.MaxStrikes, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			items := make([]int, tc.n)
			for i := range items {
				items[i] = i
			}
			var tally part.Tally
			var good, blamed []int
			calls := 0
			err := part.Isolate(t.Context(), items, &tally, func(items []int) error {
				if calls++; slices.ContainsFunc(items, tc.bad) {
					return bad
				}
				good = append(good, items...)
				return nil
			}, func(i int, _ error) { blamed = append(blamed, i) })
			if got := errors.Is(err, bad); got != tc.gaveUp || (err != nil) != tc.gaveUp {
				t.Errorf("gave up: %v, want %v", err, tc.gaveUp)
			}
			if len(blamed) != tc.blamed || slices.ContainsFunc(blamed, func(i int) bool { return !tc.bad(i) }) {
				t.Errorf("blamed %d, want %d bad ones", blamed, tc.blamed)
			}
			if !tc.gaveUp && len(good)+len(blamed) != tc.n {
				t.Errorf("%d good and %d blamed of %d", len(good), len(blamed), tc.n)
			}
			if calls > tc.calls {
				t.Errorf("%d calls, want %d at most", calls, tc.calls)
			}
		})
	}
}

func TestIsolateStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := part.Isolate(ctx, []int{1, 2, 3}, new(part.Tally), func([]int) error {
		calls++
		cancel()
		return errors.New("reset")
	}, func(i int, _ error) { t.Errorf("%d is blamed for it", i) })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%v after %d calls, want the context's end after one", err, calls)
	}
}
