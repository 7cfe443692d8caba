package part

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// compareDeadlines puts an unknown deadline last.
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

func Clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// required names the ports that are missing.
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
	return fmt.Errorf("bridge: %s: missing port(s): %s", constructor, strings.Join(missing, ", "))
}

// joined is a list in one property: names are keys in Linnworks.
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

// firstSet returns the first moment that is set: the warehouse demands a
// despatch date even where the shop gives none.
func FirstSet(moments ...time.Time) time.Time {
	for _, t := range moments {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}

func Clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
