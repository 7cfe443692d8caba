package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// DeadlineLevel is how severe it is that something is not done when the time Left
// before its deadline is reached.
type DeadlineLevel struct {
	Left     time.Duration
	Severity exceptions.Severity
}

// DefaultDeadlineLevels are a notice a day, a warning eight hours, and an alarm
// two hours before the deadline.
func DefaultDeadlineLevels() []DeadlineLevel {
	return []DeadlineLevel{{24 * time.Hour, exceptions.Notice}, {8 * time.Hour, exceptions.Warning}, {2 * time.Hour, exceptions.Urgent}}
}

// checkLevels puts levels in order, the earliest first.
func checkLevels(levels []DeadlineLevel) ([]DeadlineLevel, error) {
	if len(levels) == 0 {
		return DefaultDeadlineLevels(), nil
	}
	levels = slices.SortedFunc(slices.Values(levels), func(a, b DeadlineLevel) int { return cmp.Compare(b.Left, a.Left) })
	for i, l := range levels {
		switch {
		case l.Left < 0 || l.Severity < exceptions.Notice || l.Severity > exceptions.Urgent:
			return nil, fmt.Errorf("Levels: %v before the deadline is %v: neither may be out of range", l.Left, l.Severity)
		case i > 0 && l.Severity < levels[i-1].Severity:
			return nil, fmt.Errorf("Levels: %v before the deadline is less severe than %v before", l.Left, levels[i-1].Left)
		}
	}
	return levels, nil
}

// levelAt is the level that is reached at now.
func levelAt(levels []DeadlineLevel, deadline, now time.Time) (severity exceptions.Severity, near bool) {
	if deadline.IsZero() {
		return exceptions.Notice, false
	}
	for _, l := range levels {
		if deadline.Sub(now) <= l.Left {
			severity, near = l.Severity, true
		}
	}
	return severity, near
}

// nextLevel is when the next level is reached; zero if none is to come.
func nextLevel(levels []DeadlineLevel, deadline, now time.Time) time.Time {
	for _, l := range levels {
		if at := deadline.Add(-l.Left); !deadline.IsZero() && at.After(now) {
			return at
		}
	}
	return time.Time{}
}
