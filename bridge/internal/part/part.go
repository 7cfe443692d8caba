package part

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
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
	return fmt.Errorf("%s: missing ports: %s", constructor, strings.Join(missing, ", "))
}

// Count is a number of things in words that people read, such as "1 case" and "2 cases".
// plural is for words that do not take an s.
func Count(n int, noun string, plural ...string) string {
	switch {
	case n != 1 && len(plural) > 0:
		noun = plural[0]
	case n != 1:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
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

// Short returns a text, such as that of an error, that fits into a case and a log: at
// most 500 bytes and what says that there was more.
func Short(s string) string {
	const most = 500
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + " ..."
	}
	return s
}

// Name returns a name as it stands in a path, such as locations.7068: in quotation marks
// if it is none of letters, digits, and what joins them.
func Name(s string) string {
	s = Clip(s)
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' }) {
		return strconv.Quote(s)
	}
	return s
}

// maxJoined errors are in the text of [Join].
const maxJoined = 10

// Join is errors.Join, with a text that does not grow with the number of errors: a line
// for each of the first ten, as [Short] has it, and how many more there are. All of them
// are wrapped.
func Join(errs ...error) error {
	errs = slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	if len(errs) == 0 {
		return nil
	}
	return joined(errs)
}

type joined []error

func (j joined) Unwrap() []error { return j }

func (j joined) Error() string {
	lines := make([]string, 0, maxJoined+1)
	for i, err := range j {
		if i == maxJoined {
			lines = append(lines, fmt.Sprintf("and %d more", len(j)-i))
			break
		}
		lines = append(lines, Short(err.Error()))
	}
	return strings.Join(lines, "\n")
}

// OrderLock is the key of the lock that is held while somebody works on an order of the
// shop.
func OrderLock(id string) string { return "order/" + id }
