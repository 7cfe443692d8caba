package tiktokshop

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/internal/wire"
)

// Decimal is a decimal number, usually an amount of money in major units of
// the currency that stands beside it, with the digits that TikTok sent: "10.10"
// stays "10.10". Empty means absent. It decodes from a JSON string or number
// and encodes as a string.
//
// A text that is no number, such as "***" or "1,250.00", is kept as it came:
// [Decimal.Err] tells, and Rat gives no value.
type Decimal string

// UnmarshalJSON accepts a string, a number or null.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	s, err := wire.DecimalFromJSON(b)
	if err != nil {
		return mistyped(b, reflect.TypeFor[Decimal]())
	}
	*d = Decimal(s)
	return nil
}

// Rat returns the exact value; ok is false when d is empty, no number, or has
// an exponent of more than two digits.
func (d Decimal) Rat() (value *big.Rat, ok bool) { return wire.Rat(string(d)) }

// Err returns an error if d is neither empty nor a decimal number. It does not
// repeat the text.
func (d Decimal) Err() error {
	if d != "" && !wire.IsExact(string(d)) {
		return errors.New("tiktokshop: Decimal: not a decimal number")
	}
	return nil
}

// UnixSeconds is a moment in whole seconds since 1970-01-01 UTC. Zero means
// absent. It decodes from a JSON number or a quoted one; a count beyond the year
// 9999 is one of milliseconds, a fraction is cut off, and a date and time with
// its zone (RFC 3339) is taken too.
//
// Another text decodes as a value for which [UnixSeconds.Err] returns an error.
// It is not zero, but has no moment.
type UnixSeconds int64

// unreadable is the UnixSeconds of a text that is no moment.
const unreadable UnixSeconds = math.MinInt64

// Err returns an error if the reply had a text that is no moment.
func (u UnixSeconds) Err() error {
	if u == unreadable {
		return errors.New("tiktokshop: UnixSeconds: neither a number nor a date")
	}
	return nil
}

// At returns t as UnixSeconds, with the fraction of a second cut off; the zero
// time gives zero.
func At(t time.Time) UnixSeconds {
	if t.IsZero() {
		return 0
	}
	return UnixSeconds(t.Unix())
}

// Time returns the moment in UTC, the zero time for zero and where [UnixSeconds.Err]
// returns an error.
func (u UnixSeconds) Time() time.Time {
	if u == 0 || u == unreadable {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

// UnmarshalJSON accepts null, numbers and texts.
func (u *UnixSeconds) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		if n, err := strconv.ParseInt(string(b), 10, 64); err == nil && n <= lastSecond && n > -lastSecond {
			*u = UnixSeconds(n) // as nearly all are
			return nil
		}
	}
	s, quoted := unquote(b)
	if s = strings.TrimSpace(s); s == "" {
		*u = 0
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n <= lastSecond && n > -lastSecond {
		*u = UnixSeconds(n)
		return nil
	}
	if value, ok := wire.Rat(s); ok {
		n := new(big.Int).Quo(value.Num(), value.Denom())
		if n.IsInt64() && n.Int64() > lastSecond {
			n.Quo(n, big.NewInt(1000))
		}
		if n.IsInt64() && n.Int64() <= lastSecond && n.Int64() > -lastSecond {
			*u = UnixSeconds(n.Int64())
			return nil
		}
	}
	if at, err := time.Parse(time.RFC3339, s); quoted && err == nil {
		*u = At(at)
		return nil
	}
	if !quoted && kindOf(b) != "number" {
		return mistyped(b, reflect.TypeFor[UnixSeconds]())
	}
	*u = unreadable
	return nil
}

// lastSecond is the last of the year 9999.
const lastSecond = 253402300799

// ID is an identifier that TikTok prints as a string in some places and as a
// number in others. Ids exceed 2^53, so it never passes through a float.
type ID string

// UnmarshalJSON accepts a string, an integer or null.
func (id *ID) UnmarshalJSON(b []byte) error {
	s, quoted := unquote(b)
	if !quoted && s != "" && !isInteger(s) {
		return mistyped(b, reflect.TypeFor[ID]())
	}
	*id = ID(s)
	return nil
}

// unquote returns what a JSON string says, the text of any other value, and ""
// for null.
func unquote(b []byte) (s string, quoted bool) {
	if n := len(b) - 1; n > 0 && b[0] == '"' && b[n] == '"' && isPlain(b[1:n]) {
		return string(b[1:n]), true
	}
	if len(b) > 0 && b[0] == '"' && json.Unmarshal(b, &s) == nil {
		return s, true
	}
	if string(b) == "null" {
		return "", false
	}
	return string(b), false
}

// isPlain reports whether b stands for itself between quotes, as ids do.
func isPlain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func isInteger(s string) bool {
	if s[0] == '-' {
		s = s[1:]
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// mistyped says what kind of value arrived but not which: it may be a buyer's.
// encoding/json adds the name of the field.
func mistyped(b []byte, t reflect.Type) error {
	return &json.UnmarshalTypeError{Value: kindOf(b), Type: t}
}

func kindOf(b []byte) string {
	if len(b) > 0 {
		switch b[0] {
		case '"':
			return "string"
		case '{':
			return "object"
		case '[':
			return "array"
		case 't', 'f':
			return "bool"
		}
	}
	return "number"
}

// File is one file of a multipart upload, kept in memory because an attempt may
// be repeated.
type File struct {
	// Name is the file name that TikTok is told.
	Name string
	// Content is sent as it is. TikTok's limits differ by operation, see the
	// official page of each.
	Content []byte
}

// Secret is a credential. It prints as "[redacted]" whatever the verb, wherever it
// is held, and no differ, logger or encoder shows it. Encoding one, as JSON for
// instance, fails: [Secret.Reveal] gives the text to code that stores or sends it.
// It decodes from a plain string.
//
// Secrets of equal texts are equal with ==. The zero Secret is the empty text.
type Secret struct{ text wire.Secret }

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret { return Secret{wire.NewSecret(text)} }

// Reveal returns the text.
func (s Secret) Reveal() string { return s.text.Reveal() }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.text.IsZero() }

// Equal is ==, for packages that compare values without looking into them.
func (s Secret) Equal(other Secret) bool { return s == other }

// Format hides the text from every fmt verb.
func (s Secret) Format(f fmt.State, verb rune) { s.text.Format(f, verb) }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.text.String()) }

// MarshalText fails, see [Secret].
func (s Secret) MarshalText() ([]byte, error) { return s.text.MarshalText() }

// UnmarshalText takes b as the text.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = NewSecret(string(b))
	return nil
}

// UnmarshalJSON takes a string, a number as it is written, or null for nothing.
func (s *Secret) UnmarshalJSON(b []byte) (err error) {
	s.text, err = wire.SecretFromJSON(b)
	return err
}

// decodeOthers and encodeOthers are what generated types with a field Others
// are read and written with.
func decodeOthers[V any](b []byte, known any, others *map[string]V) error {
	return lenient.DecodeOthers(b, known, others)
}

func encodeOthers[V any](known any, others map[string]V) ([]byte, error) {
	return lenient.EncodeOthers(known, others)
}
