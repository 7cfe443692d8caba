package part

import (
	"strings"
	"unicode"
)

// Tracking is a tracking number as a carrier writes it in its systems: without
// blanks, line ends and marks that nobody sees, which come in by copying and are part
// of no number. "JV 123 456 789 GB" is one number. Of a text with several numbers each
// is cleaned: they are apart by a comma, semicolon, slash, bar or a new line, or by
// blanks if each of them is long enough to be a number of its own.
func Tracking(text string) string { return strings.Join(Trackings(text), ", ") }

// shortestTracking is how long a number without blanks is at least. Groups that
// carriers print a number in are shorter.
const shortestTracking = 8

// Trackings takes apart a text with several numbers, and cleans each.
func Trackings(text string) []string {
	var list []string
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;/|\r\n", r) }) {
		groups := strings.FieldsFunc(one, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
		several := len(groups) > 1
		for _, g := range groups {
			several = several && len(g) >= shortestTracking
		}
		if several {
			list = append(list, groups...)
		} else if len(groups) > 0 {
			list = append(list, strings.Join(groups, ""))
		}
	}
	return list
}
