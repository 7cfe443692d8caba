package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
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

// minSecret keeps [Scrub] from tearing a text apart for a secret that is as
// short as a word; real ones are several times longer.
const minSecret = 8

// Scrub replaces every occurrence of the secrets in text, as they are and as a
// query spells them.
func Scrub(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		text = strings.ReplaceAll(text, secret, Redacted)
		if escaped := url.QueryEscape(secret); escaped != secret {
			text = strings.ReplaceAll(text, escaped, Redacted)
		}
	}
	return text
}

// ScrubError returns err, or where its text holds a secret an error with the
// scrubbed text, which still matches what err matches but does not hand it out
// to be printed.
func ScrubError(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := Scrub(text, secrets...)
	if clean == text {
		return err
	}
	return &scrubbed{text: clean, is: func(target error) bool { return errors.Is(err, target) }}
}

// scrubbed keeps the original in a closure, where no verb finds it.
type scrubbed struct {
	text string
	is   func(target error) bool
}

func (s *scrubbed) Error() string        { return s.text }
func (s *scrubbed) Is(target error) bool { return s.is(target) }
