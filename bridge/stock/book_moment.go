package stock

import (
	"math"
	"time"
)

// moment is a [time.Time] in a third of the room: nanoseconds since 1970, 0 for the zero
// time. What is before 1678 becomes the zero time, what is after 2261 the end of that.
type moment int64

var firstMoment, lastMoment = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

func momentOf(t time.Time) moment {
	switch {
	case t.Before(firstMoment):
		return 0
	case t.After(lastMoment):
		return math.MaxInt64
	}
	return moment(t.UnixNano())
}

// within reports whether a moment is still to come. One that is further off than the longest
// wait was noted before the clock was set back.
func within(now, at time.Time, longest time.Duration) bool {
	left := at.Sub(now)
	return left > 0 && left <= longest
}

func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
}
