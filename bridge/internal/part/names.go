package part

import (
	"fmt"
	"slices"
	"strings"
)

// Named is something that a side knows by an id, a name, or both.
type Named struct{ ID, Name string }

// String is how it is listed for people.
func (n Named) String() string {
	switch {
	case n.ID == "":
		return n.Name
	case n.Name == "" || n.Name == n.ID:
		return n.ID
	}
	return n.ID + " (" + n.Name + ")"
}

// maxListed is how many names an error lists.
const maxListed = 60

// NoSuch says that nothing of a kind has the names given, what was perhaps meant, and
// what there is:
//
//	no stock location is called "Leds" (did you mean 7f3a (Leeds)?); there are ...
func NoSuch(what string, unknown []string, known []Named) string {
	var names, texts []string
	meant := map[string]Named{}
	for _, n := range known {
		texts = append(texts, n.String())
		for _, name := range []string{n.ID, n.Name} {
			if _, have := meant[name]; name != "" && !have {
				names, meant[name] = append(names, name), n
			}
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	unknown = slices.Compact(slices.Sorted(slices.Values(unknown)))
	for i, name := range unknown {
		unknown[i] = fmt.Sprintf("%q", Clip(name))
		if near := Nearest(name, names); near != "" {
			unknown[i] += fmt.Sprintf(" (did you mean %s?)", meant[near])
		}
	}
	if more := len(texts) - maxListed; more > 0 {
		texts = append(texts[:maxListed], fmt.Sprintf("and %d more", more))
	}
	if len(texts) == 0 {
		texts = []string{"none"}
	}
	return fmt.Sprintf("no %s is called %s; there are %s", what, strings.Join(unknown, ", "), strings.Join(texts, ", "))
}
