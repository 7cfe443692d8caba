package stock

import (
	"math"
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	for _, tc := range []struct{ give, want time.Time }{
		{noon, noon},
		{time.Time{}, time.Time{}},
		{time.Time{}.Add(-time.Second), time.Time{}},
		{time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}},
		{time.Unix(0, -1), time.Unix(0, -1)},
		{time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, math.MaxInt64)},
	} {
		if got := momentOf(tc.give).time(); !got.Equal(tc.want) {
			t.Errorf("%v is kept as %v, want %v", tc.give, got, tc.want)
		}
	}
}
