package tiktokshoptest

import (
	"fmt"
	"slices"
	"strings"
)

// Match selects calls: those that a [Fault] happens to, and those that a test
// looks for with [Fake.CallsOf]. The outcome of a call is not known when a fault
// is chosen.
type Match func(Call) bool

// On selects the calls of operations, by the names that [Operations] lists.
// Without names it selects every call. It panics for a name that is unknown.
func On(operation ...string) Match {
	known := Operations()
	for _, name := range operation {
		if !slices.Contains(known, name) {
			panic(fmt.Sprintf("tiktokshoptest: On: no operation is named %q", name))
		}
	}
	return func(c Call) bool { return len(operation) == 0 || slices.Contains(operation, c.Operation) }
}

// Mentions selects the calls that have text, such as an order's id, in their
// path, query or body.
func Mentions(text string) Match {
	return func(c Call) bool {
		if strings.Contains(c.Path, text) || strings.Contains(c.Body, text) {
			return true
		}
		for _, values := range c.Query {
			for _, v := range values {
				if strings.Contains(v, text) {
					return true
				}
			}
		}
		return false
	}
}

// Writes selects the calls that change something, and Reads the others.
func Writes() Match {
	return func(c Call) bool {
		for _, op := range operations {
			if op.name == c.Operation {
				return op.writes()
			}
		}
		return false
	}
}

// Reads selects the calls that change nothing.
func Reads() Match { return func(c Call) bool { return c.Operation != "" && !Writes()(c) } }

// Failed selects the calls that were refused or lost, and those with an error of
// a single item.
func Failed() Match {
	return func(c Call) bool { return c.Dropped || c.Status != 200 || c.Code != 0 || c.ItemErrors > 0 }
}

// All selects the calls that all of several select.
func All(matches ...Match) Match {
	return func(c Call) bool { return !slices.ContainsFunc(matches, func(m Match) bool { return !m(c) }) }
}

// Not selects the calls that match does not select.
func Not(match Match) Match { return func(c Call) bool { return !match(c) } }
