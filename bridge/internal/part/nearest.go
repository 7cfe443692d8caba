package part

import "strings"

// Nearest returns which of the names somebody may have meant who wrote one that is
// not among them: the first that takes the fewest letters changed, dropped, added, or
// swapped with the next, whatever their case, and at most a third of them. It returns
// "" if none comes near.
func Nearest(name string, known []string) string {
	wanted := []rune(strings.ToLower(strings.TrimSpace(name)))
	nearest, least := "", max(1, len(wanted)/3)+1
	for _, k := range known {
		if d := distance(wanted, []rune(strings.ToLower(k))); d < least {
			nearest, least = k, d
		}
	}
	return nearest
}

// maxCompared bounds the texts that are compared: names are shorter.
const maxCompared = 200

// distance is how many letters have to be changed.
func distance(a, b []rune) int {
	if len(a) > maxCompared || len(b) > maxCompared {
		return max(len(a), len(b))
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			same := last[j]
			if a[i] != b[j] {
				same++
			}
			row[j+1] = min(same, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
