package wire

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Redacted stands in for a secret wherever a value is printed.
const Redacted = "[redacted]"

// FormatSecret is the body of a secret type's Format method: it prints the
// placeholder for every verb and flag, so that %v, %+v, %#v, %q and %x agree.
func FormatSecret(w fmt.State, empty bool) {
	if empty {
		return
	}
	_, _ = io.WriteString(w, Redacted)
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
