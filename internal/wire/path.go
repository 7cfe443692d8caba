package wire

import (
	"fmt"
	"net/url"
	"strings"
)

// Path fills the {placeholders} of a path template with args, in order, each
// escaped as one segment. A blank argument or a dot segment is refused: it
// would address another resource.
func Path(template string, args []string) (string, error) {
	var b strings.Builder
	rest := template
	for _, arg := range args {
		before, after, ok := strings.Cut(rest, "{")
		if !ok {
			return "", fmt.Errorf("path %s has fewer placeholders than arguments", template)
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			return "", fmt.Errorf("path %s has an open placeholder", template)
		}
		switch strings.TrimSpace(arg) {
		case "":
			return "", fmt.Errorf("%s is empty", name)
		case ".", "..":
			return "", fmt.Errorf("%s is a dot segment", name)
		}
		b.WriteString(before)
		b.WriteString(url.PathEscape(arg))
		rest = tail
	}
	if strings.Contains(rest, "{") {
		return "", fmt.Errorf("path %s has more placeholders than arguments", template)
	}
	b.WriteString(rest)
	return b.String(), nil
}
