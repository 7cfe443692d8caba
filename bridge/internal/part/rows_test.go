package part

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRows(t *testing.T) {
	odd := errors.New("it is odd")
	for name, tc := range map[string]struct {
		in, text, err string
		rows          [][]string
	}{
		"rows":            {in: "a  b\n\n# a comment\n\tc\r\n  # indented", text: "a  b\n\n# a comment\n\tc\n  # indented\n", rows: [][]string{{"a", "b"}, {"c"}}},
		"nothing":         {},
		"a bad row":       {in: "a\n#\nodd\nb\n", err: "table, line 3: it is odd", rows: [][]string{{"a"}}},
		"a line too long": {in: "a\n" + strings.Repeat("x", 1<<17), err: "table, line 2: ", rows: [][]string{{"a"}}},
	} {
		var rows [][]string
		text, err := Rows(strings.NewReader(tc.in), "table", func(words []string) error {
			if words[0] == "odd" {
				return odd
			}
			rows = append(rows, words)
			return nil
		})
		if (err != nil) != (tc.err != "") || err != nil && !strings.HasPrefix(err.Error(), tc.err) {
			t.Errorf("%s: got error %v, want %q", name, err, tc.err)
		}
		if diff := cmp.Diff(tc.rows, rows); diff != "" || text != tc.text {
			t.Errorf("%s: got text %q, want %q; rows (-want +got):\n%s", name, text, tc.text, diff)
		}
	}
}
