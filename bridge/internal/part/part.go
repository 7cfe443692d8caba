package part

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// CompareTimes puts an unknown deadline last.
func CompareTimes(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// Clock returns now, or time.Now for nil.
func Clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// Required returns an error that names the ports that are missing, after the
// constructor that was given too few, such as "bridge: NewGate".
func Required(constructor string, ports map[string]any) error {
	var missing []string
	for name, port := range ports {
		if port == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("%s: missing port(s): %s", constructor, strings.Join(missing, ", "))
}

// Joined is a list in one property: names are keys in Linnworks.
func Joined[T ~string](list []T) string {
	text := ""
	for i, v := range list {
		if i > 0 {
			text += ", "
		}
		text += string(v)
	}
	return text
}

// Clip returns a text that is short enough for an error.
func Clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "..."
	}
	return s
}
