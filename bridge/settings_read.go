package bridge

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// maxSettings is more than any settings file needs.
const maxSettings = 16 << 20

// ReadSettings reads one JSON object, with or without a byte order mark. The error
// names everything that is wrong with it at once, each with the path of the setting:
// names that are not known, values of another kind, and values that no part accepts.
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
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return s, notJSON(text, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%s: something comes behind the object", place(text, d.InputOffset()))
	}
	object, ok := all.(map[string]any)
	if !ok {
		return s, fmt.Errorf("want one object, %s", got(all))
	}
	// One name at a time, so that one that cannot be read hides no other.
	errs := twice(json.NewDecoder(bytes.NewReader(text)), "")
	unread := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		one := map[string]any{name: object[name]}
		wrong := unlike("", one, reflect.TypeFor[Settings]())
		if len(wrong) == 0 {
			wrong = decode(one, &s)
		}
		if errs = append(errs, wrong...); len(wrong) > 0 {
			unread[strings.ToLower(name)] = true
		}
	}
	if checked, ok := s.check().(interface{ Unwrap() []error }); ok {
		for _, err := range flatten(checked.Unwrap()) {
			// What could not be read is not missing too.
			name := err.Error()
			if name = name[:max(0, strings.IndexAny(name, ".:["))]; !unread[name] {
				errs = append(errs, err)
			}
		}
	}
	return s, errors.Join(errs...)
}

// flatten takes joined errors apart.
func flatten(errs []error) (list []error) {
	for _, err := range errs {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			list = append(list, flatten(joined.Unwrap())...)
		} else {
			list = append(list, err)
		}
	}
	return list
}

func decode(one map[string]any, s *Settings) []error {
	text, err := json.Marshal(one)
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err != nil { // not after unlike, which knows more
		return []error{fmt.Errorf("%w", err)}
	}
	return nil
}

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

// got names the kind of a value.
func got(v any) string {
	switch v := v.(type) {
	case string:
		return "got text"
	case json.Number:
		return "got the number " + part.Clip(v.String())
	case bool:
		return fmt.Sprintf("got %t", v)
	case []any:
		return "got a list"
	case map[string]any:
		return "got an object"
	}
	return "got nothing"
}

// unlike returns an error for everything in a value that a type cannot hold, each with
// its path. Null is what is not set.
func unlike(path string, v any, t reflect.Type) (errs []error) {
	wrong := func(want string) []error { return []error{fmt.Errorf("%s: want %s, %s", path, want, got(v))} }
	if v == nil {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if text, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		want := "text"
		if t == reflect.TypeFor[time.Time]() {
			want = `a moment such as "2026-12-01T18:00:00Z"`
		} else if t == reflect.TypeFor[Duration]() {
			want = `a duration such as "90s" or "1h30m"`
		}
		s, ok := v.(string)
		if !ok {
			return wrong(want)
		}
		if err := text.UnmarshalText([]byte(s)); err == nil {
			return nil
		} else if want == "text" {
			return []error{fmt.Errorf("%s: %w", path, err)}
		}
		return []error{fmt.Errorf("%s: want %s, got %q", path, want, part.Clip(s))}
	}
	switch t.Kind() {
	case reflect.Struct:
		object, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		fields := fieldsOf(t)
		for _, name := range slices.Sorted(maps.Keys(object)) {
			at := strings.TrimPrefix(path+"."+name, ".")
			if field, ok := fields[strings.ToLower(name)]; ok {
				errs = append(errs, unlike(at, object[name], field)...)
				continue
			}
			hint := ""
			if near := part.Nearest(name, slices.Sorted(maps.Keys(fields))); near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			errs = append(errs, fmt.Errorf("%s: unknown setting%s", part.Clip(at), hint))
		}
	case reflect.Map:
		object, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			errs = append(errs, unlike(path+"."+name, object[name], t.Elem())...)
		}
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return wrong("a list")
		}
		for i, entry := range list {
			errs = append(errs, unlike(fmt.Sprintf("%s[%d]", path, i), entry, t.Elem())...)
		}
	case reflect.String:
		if _, ok := v.(string); !ok {
			return wrong("text")
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return wrong("true or false")
		}
	case reflect.Int, reflect.Float64:
		want := "a number"
		if t.Kind() == reflect.Int {
			want = "a whole number"
		}
		number, ok := v.(json.Number)
		if !ok || json.Unmarshal([]byte(number), reflect.New(t).Interface()) != nil { // or it does not fit
			return wrong(want)
		}
	default:
		return []error{fmt.Errorf("%s: it cannot be set in a file", path)}
	}
	return errs
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

// twice returns an error for every name that an object has more than once, which
// encoding/json lets pass: the last one would win. Names differ by more than case.
func twice(d *json.Decoder, path string) (errs []error) {
	token, err := d.Token()
	if err != nil {
		return nil // what is no JSON was refused before
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			name, _ := d.Token()
			at := strings.TrimPrefix(fmt.Sprintf("%s.%v", path, name), ".")
			if folded := strings.ToLower(at); seen[folded] {
				errs = append(errs, fmt.Errorf("%s: it is there twice", at))
			} else {
				seen[folded] = true
			}
			errs = append(errs, twice(d, at)...)
		}
		_, _ = d.Token()
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			errs = append(errs, twice(d, fmt.Sprintf("%s[%d]", path, i))...)
		}
		_, _ = d.Token()
	}
	return errs
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
