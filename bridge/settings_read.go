package bridge

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// maxSettings is more than any settings file needs.
const maxSettings = 16 << 20

// ReadSettings reads one JSON object, with or without a byte order mark. The error
// names everything that is wrong with it at once, a line for each with the path of the
// setting: names that are not known, values of another kind, and values that no part
// accepts, whatever else is wrong beside them. After 200 lines it only counts.
func ReadSettings(r io.Reader) (Settings, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSettings+1))
	if err != nil {
		return Settings{}, fmt.Errorf("bridge: settings: %w", err)
	}
	s, err := parseSettings(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if err != nil {
		return Settings{}, fmt.Errorf("bridge: settings: %w", err)
	}
	return s, nil
}

func parseSettings(text []byte) (s Settings, err error) {
	switch {
	case len(text) > maxSettings:
		return s, errors.New("longer than 16 MiB")
	case len(bytes.TrimSpace(text)) == 0:
		return s, errors.New("there is nothing in it: it has to be one JSON object, such as that of examples/embed")
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")), !utf8.Valid(text):
		return s, errors.New("the text is not UTF-8: save it as UTF-8")
	}
	var all any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // what is too large is told by its path
	if err := d.Decode(&all); err != nil {
		return s, notJSON(text, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%s: something comes behind the object", place(text, d.InputOffset()))
	}
	if all == nil {
		return s, errors.New("want an object, got nothing")
	}
	r := settingsReader{d: json.NewDecoder(bytes.NewReader(text)), left: map[string]bool{}}
	r.d.UseNumber()
	kept, err := json.Marshal(r.value("", reflect.TypeFor[Settings]()))
	if err == nil {
		err = json.Unmarshal(kept, &s) // what is kept can be read
	}
	if err != nil {
		r.bad("", "%v", err)
	}
	for _, m := range s.mistakes() {
		if !r.lacks(m.path) {
			r.mistakes = append(r.mistakes, m)
		}
	}
	if more := len(r.mistakes) - maxMistakes; more > 0 {
		return s, errors.Join(append(errorsOf(r.mistakes[:maxMistakes]), fmt.Errorf("and %d more", more))...)
	}
	return s, errors.Join(errorsOf(r.mistakes)...)
}

const (
	// maxMistakes is more than anyone reads at once.
	maxMistakes = 200
	// maxSettingsDepth is deeper than settings are nested, those rules that rules may
	// have.
	maxSettingsDepth = 64
)

// notJSON says where a text stops being JSON.
func notJSON(text []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("%s: this is not JSON: %w", place(text, syntax.Offset), err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text breaks off: a bracket or quotation mark is not closed")
	}
	return err
}

// place is where a byte is, for people.
func place(text []byte, offset int64) string {
	before := text[:min(max(offset-1, 0), int64(len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// settingsReader reads JSON against the type that it is for, and leaves out what the
// type cannot hold, so that the rest can be looked at all the same.
type settingsReader struct {
	d        *json.Decoder
	mistakes []mistake
	// left are the paths, in small letters, of what was left out.
	left  map[string]bool
	depth int
}

func (r *settingsReader) bad(path, format string, args ...any) {
	r.mistakes = append(r.mistakes, mistake{path, fmt.Sprintf(format, args...)})
	r.leave(path)
}

func (r *settingsReader) leave(path string) { r.left[strings.ToLower(path)] = true }

// lacks reports whether a setting, or what it is part of, was left out: whatever is
// wrong with its zero value was not written by anybody.
func (r *settingsReader) lacks(path string) bool {
	path = strings.ToLower(path)
	for end := len(path); end >= 0; end = strings.LastIndexAny(path[:end], ".[") {
		if r.left[path[:end]] {
			return true
		}
	}
	return r.left[""]
}

// value reads the next value and returns as much of it as the type can hold, nil for
// nothing. No type holds anything, and nobody is told. The text is known to be JSON.
func (r *settingsReader) value(path string, t reflect.Type) any {
	token, _ := r.d.Token()
	if token == nil {
		return nil // null is what is not set
	}
	r.depth++
	defer func() { r.depth-- }()
	switch why := unfit(token, t); {
	case t == nil:
	case r.depth > maxSettingsDepth:
		r.bad(path, "nested too deep")
		t = nil
	case why != "":
		r.bad(path, "%s", why)
		t = nil
	}
	switch token {
	case json.Delim('['):
		return r.list(path, t)
	case json.Delim('{'):
		return r.object(path, t)
	}
	if t == nil {
		return nil
	}
	return token
}

func (r *settingsReader) list(path string, t reflect.Type) any {
	kept := []any{} // with what is left out as nil: the others keep their places
	var of reflect.Type
	if t != nil {
		of = deref(t).Elem()
	}
	for i := 0; r.d.More(); i++ {
		kept = append(kept, r.value(fmt.Sprintf("%s[%d]", path, i), of))
	}
	_, _ = r.d.Token()
	if t == nil {
		return nil
	}
	return kept
}

func (r *settingsReader) object(path string, t reflect.Type) any {
	kept, seen := map[string]any{}, map[string]bool{}
	var fields map[string]reflect.Type // of a struct
	if t != nil && deref(t).Kind() == reflect.Struct {
		fields = fieldsOf(deref(t))
	}
	unknown := map[string]string{} // and which setting may have been meant
	for r.d.More() {
		token, _ := r.d.Token()
		name, _ := token.(string)
		at, folded := below(path, name), strings.ToLower(name)
		var of reflect.Type
		switch {
		case t == nil:
		case fields == nil:
			of = deref(t).Elem()
		case fields[folded] != nil:
			of = fields[folded]
		default:
			unknown[name] = part.Nearest(name, slices.Sorted(maps.Keys(fields)))
			hint := ""
			if near := unknown[name]; near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			r.bad(at, "unknown setting%s", hint)
		}
		if t != nil && seen[folded] { // the last one would win; names differ by more than case
			r.mistakes = append(r.mistakes, mistake{at, "it is there twice"})
		}
		seen[folded] = true
		if value := r.value(at, of); of != nil {
			kept[name] = value
		}
	}
	_, _ = r.d.Token()
	for _, near := range unknown {
		if near != "" && !seen[near] {
			r.leave(below(path, near)) // it is misspelt, not missing too
		}
	}
	if t == nil {
		return nil
	}
	return kept
}

// below is the path of what has a name in an object.
func below(path, name string) string {
	return strings.TrimPrefix(path+"."+part.Name(name), ".")
}

// got names what a value is.
func got(token json.Token) string {
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return "a list"
		}
		return "an object"
	case json.Number:
		return "the number " + part.Clip(token.String())
	case bool:
		return strconv.FormatBool(token)
	}
	return "text"
}

// unfit says why a type cannot hold a value, "" if it can.
func unfit(token json.Token, t reflect.Type) string {
	if t == nil {
		return ""
	}
	t = deref(t)
	value, want, fits := reflect.New(t), "", false
	switch text, isText := value.Interface().(encoding.TextUnmarshaler); {
	case isText:
		switch t {
		case reflect.TypeFor[time.Time]():
			want = `a moment such as "2026-12-01T18:00:00Z"`
		case reflect.TypeFor[Duration]():
			want = `a duration such as "90s" or "1h30m"`
		}
		if token, ok := token.(string); ok {
			err := text.UnmarshalText([]byte(token))
			switch {
			case err == nil:
				return ""
			case want == "":
				return part.Short(err.Error())
			}
			return fmt.Sprintf("want %s, got %q", want, part.Clip(token))
		}
		want = cmp.Or(want, "text")
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		want, fits = "an object", token == json.Delim('{')
	case t.Kind() == reflect.Slice:
		want, fits = "a list", token == json.Delim('[')
	case t.Kind() == reflect.String:
		_, fits = token.(string)
		want = "text"
	case t.Kind() == reflect.Bool:
		_, fits = token.(bool)
		want = "true or false"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Float64:
		number, ok := token.(json.Number)
		fits = ok && json.Unmarshal([]byte(number), value.Interface()) == nil // or it is too large
		if want = "a number"; t.Kind() == reflect.Int {
			want = "a whole number"
		}
	default:
		return "it cannot be set in a file"
	}
	if fits {
		return ""
	}
	return fmt.Sprintf("want %s, got %s", want, got(token))
}

// deref is what a pointer points to.
func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// fieldsOf returns the types of a struct's fields by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = f.Type
	}
	return fields
}

// ReadSettingsFile is [ReadSettings] of a file.
func ReadSettingsFile(name string) (Settings, error) {
	f, err := os.Open(name)
	if err != nil {
		return Settings{}, fmt.Errorf("bridge: settings: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	s, err := ReadSettings(f)
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}
