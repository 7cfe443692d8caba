package policy

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// readRows calls row with the words of every row of a table behind its heading, and
// reports whether the heading is there.
func readRows(r io.Reader, table string, heading []string, row func(words []string) error) (text string, headed bool, err error) {
	text, err = part.Rows(r, table, func(words []string) error {
		if headed {
			return row(words)
		}
		if !slices.Equal(words, heading) {
			return fmt.Errorf("the heading must be %q", strings.Join(heading, " "))
		}
		headed = true
		return nil
	})
	return text, headed, err
}

// headed is the text of rows alone below their heading.
func headed(heading []string, rows string) string { return strings.Join(heading, " ") + "\n" + rows }

// overridden is the text of a table with the rows in changes, whose heading is the
// same: what they replace becomes a comment.
func overridden(text, changes string, heading []string, replaced func(words []string) bool) string {
	var merged strings.Builder
	for line := range strings.Lines(text) {
		if replaced(strings.Fields(line)) {
			merged.WriteString("# overridden: ")
		}
		merged.WriteString(line)
	}
	return merged.String() + "# what overrides, or is new:\n" + strings.TrimPrefix(changes, headed(heading, ""))
}
