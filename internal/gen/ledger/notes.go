package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strings"
)

// Notes are facts for the comments of a client that its description does not
// hold as data: units, currencies, time zones, scopes. They promise nothing to
// the compiler, so that their file, unlike a ledger, may change anywhere.
//
// Its lines:
//
//	note <Go type>.<field> <sentence>...         field: name on the wire
//	note *.<field> <sentence>...                 wherever no line names the type
//	scope <Service>.<Method> <constant>...       any one of these is enough
//	scope <Service>.* <constant>...              methods that no line names
type Notes struct {
	Path   string
	Fields map[string]Note // "Type.field" or "*.field"
	Scopes map[string]Note // "Service.Method" or "Service.*"
}

// Note is what a line says, and where it stands.
type Note struct {
	Text string
	Line int
}

// LoadNotes reads a file of notes. There need not be one.
func LoadNotes(path string) (Notes, error) {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return Notes{}, err
	}
	return ParseNotes(path, text)
}

// ParseNotes reads the text of a file of notes.
func ParseNotes(path string, text []byte) (Notes, error) {
	n := Notes{Path: path, Fields: map[string]Note{}, Scopes: map[string]Note{}}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if err := n.line(strings.TrimSpace(string(line)), number); err != nil {
			return Notes{}, fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	return n, nil
}

func (n Notes) line(line string, number int) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	kind, rest, _ := strings.Cut(line, " ")
	at, text, _ := strings.Cut(rest, " ")
	text = strings.TrimSpace(text)
	owner, member, _ := strings.Cut(at, ".")
	if owner == "" || member == "" || text == "" {
		return fmt.Errorf("cannot read %q", line)
	}
	known := n.Fields
	switch kind {
	case "note":
		if !strings.HasSuffix(text, ".") {
			return fmt.Errorf("%s: a note ends with a full stop", at)
		}
	case "scope":
		known = n.Scopes
	default:
		return fmt.Errorf("cannot read %q", line)
	}
	if first, ok := known[at]; ok {
		return fmt.Errorf("%s stands in line %d already", at, first.Line)
	}
	known[at] = Note{text, number}
	return nil
}

// Field returns what to say of a field, or "".
func (n Notes) Field(typ, field string) string {
	return cmp.Or(n.Fields[typ+"."+field], n.Fields["*."+field]).Text
}

// Scope returns the constants of the scopes of which a method needs one.
func (n Notes) Scope(service, method string) []string {
	return strings.Fields(cmp.Or(n.Scopes[service+"."+method], n.Scopes[service+".*"]).Text)
}
