package wire

import (
	"strings"
	"unicode"
)

// WithoutQueries drops the queries of the URLs in a text: they may hold anybody's
// token.
func WithoutQueries(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == '\'' || r == '"' })
		if end < 0 {
			end = len(rest)
		}
		address, _, _ := strings.Cut(rest[:end], "?")
		b.WriteString("://" + address)
		text = rest[end:]
	}
}
