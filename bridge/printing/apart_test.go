package printing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestApart checks that parts of one order are worked on apart, in the order of the
// presses, and all others together.
func TestApart(t *testing.T) {
	of := func(ids ...string) *press { return &press{ids: ids} }
	var got [][]string
	for _, group := range apart([]*press{of("1"), of("2"), of("1"), of("3", "2"), of("4"), of("1"), of("3")}) {
		var names []string
		for _, p := range group {
			names = append(names, p.ids...)
		}
		got = append(got, names)
	}
	if diff := cmp.Diff([][]string{{"1", "2", "4"}, {"1", "3", "2"}, {"1", "3"}}, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
