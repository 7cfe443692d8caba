package wire

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestAnyError(t *testing.T) {
	t.Parallel()
	wanted, settled := errors.New("wanted"), fmt.Errorf("settled: %w", errors.New("below"))
	below := errors.Unwrap(settled)
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":            {nil, false},
		"itself":             {wanted, true},
		"another":            {errors.New("wanted"), false},
		"wrapped":            {fmt.Errorf("a: %w", wanted), true},
		"the second of two":  {fmt.Errorf("%w, %w", errors.New("a"), wanted), true},
		"joined":             {errors.Join(errors.New("a"), fmt.Errorf("b: %w", wanted)), true},
		"scrubbed":           {fmt.Errorf("a: %w", ScrubError(fmt.Errorf("the password hunter2hunter2: %w", wanted), "hunter2hunter2")), true},
		"below":              {below, true},
		"below what settles": {settled, false},
		"beside it":          {errors.Join(settled, wanted), true},
	} {
		if got := AnyError(tt.err, func(err error) (bool, bool) {
			return slices.Contains([]error{wanted, below}, err), slices.Contains([]error{settled}, err)
		}); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}
