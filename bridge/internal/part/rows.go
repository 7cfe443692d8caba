package part

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Rows reads a table of words. It calls row with those of every line but blank ones
// and comments, which start with #, and returns the text as it was read. Errors name
// the table and the line.
func Rows(r io.Reader, table string, row func(words []string) error) (text string, err error) {
	var b strings.Builder
	scanner := bufio.NewScanner(r)
	n := 1
	for ; scanner.Scan(); n++ {
		b.WriteString(scanner.Text() + "\n")
		words := strings.Fields(scanner.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := row(words); err != nil {
			return "", fmt.Errorf("%s, line %d: %w", table, n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return "", fmt.Errorf("%s, line %d: %w", table, n, err)
	}
	return b.String(), nil
}
