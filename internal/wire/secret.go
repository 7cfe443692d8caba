package wire

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"weak"
)

// Redacted stands in for a secret wherever a value is printed.
const Redacted = "[redacted]"

// Secret is the body of the secret types of both packages: a text that nothing
// but [Secret.Reveal] shows. Equal texts make equal secrets, and the zero Secret
// is the empty text.
type Secret struct{ text *text }

// text is one per string, so that secrets compare by value. It keeps the string
// in a closure: through unexported fields fmt prints addresses, but the differs
// and dumpers of tests follow a pointer to whatever is behind it. None looks into
// a function.
type text struct{ reveal func() string }

// texts finds the text of a string for as long as a secret holds it.
var texts = struct {
	sync.Mutex
	of map[string]weak.Pointer[text]
}{of: map[string]weak.Pointer[text]{}}

// NewSecret returns the secret of s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	texts.Lock()
	defer texts.Unlock()
	if t := texts.of[s].Value(); t != nil {
		return Secret{t}
	}
	t := &text{func() string { return s }}
	w := weak.Make(t)
	texts.of[s] = w
	runtime.AddCleanup(t, func(s string) {
		texts.Lock()
		defer texts.Unlock()
		if texts.of[s] == w { // not that of a newer secret
			delete(texts.of, s)
		}
	}, s)
	return Secret{t}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text.reveal()
}

// IsZero reports whether the text is empty.
func (s Secret) IsZero() bool { return s.text == nil }

// String is the placeholder, or empty for an empty secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return Redacted
}

// Format prints String for every verb and flag, so that %v, %+v, %#v, %q and %x
// agree.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// errSecretEncoded refuses to encode: a placeholder would be taken for the secret
// by whoever decodes it.
var errSecretEncoded = errors.New("a Secret is not encoded: encode what its method Reveal returns")

// MarshalText fails, for all encoders.
func (Secret) MarshalText() ([]byte, error) { return nil, errSecretEncoded }

// SecretFromJSON reads a string, a number as it is written, or null. Its error
// does not repeat what is there.
func SecretFromJSON(b []byte) (Secret, error) {
	var s string
	switch {
	case string(b) == "null":
	case json.Unmarshal(b, &s) == nil:
	case b[0] == '-' || b[0] >= '0' && b[0] <= '9':
		s = string(b)
	default:
		return Secret{}, errors.New("not a text")
	}
	return NewSecret(s), nil
}

// minSecret keeps [Scrubber] from tearing a text apart for a secret that is as
// short as a word; real ones are several times longer.
const minSecret = 8

// Scrub replaces the secrets in text, see [Scrubber].
func Scrub(text string, secrets ...string) string { return Scrubber(secrets...)(text) }

// Scrubber returns a function that replaces the secrets in a text, in either case
// and however they were written down: as they are, without the dashes of a GUID,
// as JSON, a path or a query spells them, as hex, and as base64, also inside of
// something longer.
func Scrubber(secrets ...string) func(text string) string {
	return (&scrubber{secrets: secrets}).scrub
}

type scrubber struct {
	secrets []string
	once    sync.Once
	forms   []string // set by once, when the first text is there: calls seldom fail
}

func (s *scrubber) scrub(text string) string {
	if text == "" {
		return text
	}
	s.once.Do(s.spell)
	if len(s.forms) == 0 {
		return text
	}
	return redact(text, s.forms)
}

func (s *scrubber) spell() {
	var forms []string
	for _, secret := range s.secrets {
		if len(secret) >= minSecret {
			forms = append(forms, spellings(secret)...)
		}
	}
	for i, form := range forms {
		forms[i] = lowerASCII(form)
	}
	// The longest first: one secret may begin another.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	s.forms = slices.Compact(forms)
}

// redact replaces the forms, which are in lower case, in either case. Regular
// expressions would do it too, and make every program a third of a megabyte larger.
func redact(text string, forms []string) string {
	var b strings.Builder
	lower, from := lowerASCII(text), 0
	next := make([]int, len(forms)) // where each form is met next, if that is known
	for i := range next {
		next[i] = -1
	}
	for {
		at, length := len(text), 0
		for i, form := range forms {
			if next[i] < from {
				if next[i] = strings.Index(lower[from:], form); next[i] < 0 {
					next[i] = len(text)
				} else {
					next[i] += from
				}
			}
			if next[i] < at {
				at, length = next[i], len(form)
			}
		}
		b.WriteString(text[from:at])
		if length == 0 {
			return b.String()
		}
		b.WriteString(Redacted)
		from = at + length
	}
}

// lowerASCII lowers the letters from A to Z, and so leaves the length as it is.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Head scrubs the beginning of a text that may be as long as a reply.
func Head(text string, scrub func(string) string) string {
	const (
		most = 8 << 10
		tail = 1 << 10 // what is left of a secret that the cut has split is no longer
	)
	if len(text) <= most {
		return scrub(text)
	}
	text = scrub(text[:most])
	return text[:max(0, len(text)-tail)] + "..."
}

// spellings are the ways to write a secret down.
func spellings(secret string) []string {
	quoted, _ := json.Marshal(secret)
	forms := []string{
		secret, strings.ReplaceAll(secret, "-", ""), url.QueryEscape(secret), url.PathEscape(secret),
		strings.Trim(strconv.Quote(secret), `"`), strings.Trim(string(quoted), `"`), hex.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	// Base64 spells three bytes with four letters, so there are three ways to spell
	// what is inside of a longer text. The letters at its ends depend on that text.
	for before, mixed := range []int{0, 2, 3} {
		bytes := append(make([]byte, before), secret...)
		letters := base64.RawStdEncoding.EncodeToString(bytes)[mixed:]
		if len(bytes)%3 != 0 {
			letters = letters[:len(letters)-1]
		}
		forms = append(forms, letters, strings.NewReplacer("+", "-", "/", "_").Replace(letters))
	}
	return forms
}

// ScrubError returns err, or where its text holds a secret an error with the
// scrubbed text. That one matches what err matches and hands out the errors that
// err is made of to those who ask for their type, but is never printed with them.
func ScrubError(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := Scrub(text, secrets...)
	if clean == text {
		return err
	}
	return &scrubbed{text: clean, original: func() error { return err }}
}

// scrubbed keeps the original in a closure, where no verb finds it.
type scrubbed struct {
	text     string
	original func() error
}

func (s *scrubbed) Error() string        { return s.text }
func (s *scrubbed) Is(target error) bool { return errors.Is(s.original(), target) }
func (s *scrubbed) As(target any) bool   { return errors.As(s.original(), target) }

// ScrubJSON returns a JSON text without the secrets in its strings and numbers, as
// it is where it holds none.
func ScrubJSON(raw json.RawMessage, secrets ...string) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var root any
	if d.Decode(&root) != nil {
		return json.RawMessage(strconv.Quote(Redacted)) // no JSON: nobody reads it
	}
	scrub, found := Scrubber(secrets...), false
	text := func(s string) string {
		clean := scrub(s)
		found = found || clean != s
		return clean
	}
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			return text(v)
		case json.Number:
			if clean := text(v.String()); clean != v.String() {
				return clean
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			clean := make(map[string]any, len(v))
			for key, value := range v {
				clean[text(key)] = walk(value)
			}
			return clean
		}
		return v
	}
	root = walk(root)
	if !found {
		return raw
	}
	clean, _ := json.Marshal(root) // what was decoded can be encoded
	return clean
}
