package linnworks

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// GUID is an identifier such as 7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b. Linnworks
// does not care about its case, so compare with [GUID.Equal]. Empty means absent.
type GUID string

// ZeroGUID stands for "none" and, for a location, for the one named Default.
const ZeroGUID GUID = "00000000-0000-0000-0000-000000000000"

// Equal compares without regard to case.
func (g GUID) Equal(other GUID) bool { return strings.EqualFold(string(g), string(other)) }

// Decimal is a decimal number with the digits that Linnworks sent, so that sums
// of money lose nothing. It decodes from a JSON number or string and encodes as
// a number. Empty means absent. Make one with Decimal("10.50"); calculate with
// [Decimal.Rat].
//
// A text that is no number, such as "1,027.99", is kept as it came: [Decimal.Err]
// tells, Rat gives no value, and it does not encode.
//
// Amounts are in the currency of their order or item. Rates, of tax and discount,
// are percentages: 20 is 20 percent.
type Decimal string

// UnmarshalJSON accepts a number, a string or null.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	s, err := wire.DecimalFromJSON(b)
	if err != nil {
		return errors.New("linnworks: Decimal: not a decimal number") // without the text, which is Linnworks'
	}
	*d = Decimal(s)
	return nil
}

// Err returns an error if d is neither empty nor a decimal number. It does not
// repeat the text.
func (d Decimal) Err() error {
	if d == "" || wellFormed(string(d)) {
		return nil
	}
	return errors.New("linnworks: Decimal: not a decimal number")
}

// MarshalJSON writes a number with the same digits, 0 for an empty value.
func (d Decimal) MarshalJSON() ([]byte, error) {
	s := string(d)
	switch {
	case s == "":
		return []byte("0"), nil
	case !wellFormed(s):
		return nil, fmt.Errorf("linnworks: Decimal: %q is not a decimal number", s)
	case json.Valid([]byte(s)):
		return []byte(s), nil
	}
	// A plus, leading zeros or a bare point make a number, but not to JSON.
	digits, negative := strings.CutPrefix(s, "-")
	digits = strings.TrimLeft(digits, "+0")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		digits = "0" + digits
	}
	if negative {
		digits = "-" + digits
	}
	return []byte(digits), nil
}

// Rat returns the exact value; ok is false when d is empty or no number.
func (d Decimal) Rat() (value *big.Rat, ok bool) {
	if !wellFormed(string(d)) {
		return nil, false
	}
	return new(big.Rat).SetString(string(d))
}

// wellFormed reports whether s is a decimal number with a sane exponent: .NET
// prints small values such as 1E-05, but no honest reply makes a number of a
// billion digits.
func wellFormed(s string) bool {
	if s == "" || wire.CheckDecimal(s) != nil || strings.HasPrefix(s, "-+") {
		return false
	}
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return true
	}
	n, err := strconv.Atoi(s[i+1:])
	return err == nil && n > -1000 && n < 1000
}

// Time is a moment, in UTC. Linnworks prints moments with and without a zone;
// one without is taken as UTC, though some fields were seen to be off by an hour
// while Britain has summer time: compare with a tolerance. The null date, in the
// year one, decodes as the zero Time; [Time.Unset] knows the other one.
//
// A text that is no moment in any known form decodes as a Time without a moment
// for which [Time.Err] returns an error. It is neither zero nor unset, and does
// not encode.
//
// It encodes as UTC with milliseconds, in JSON and in queries.
type Time struct{ time.Time }

// unreadable is the zone of a Time that could not be read, so that printing one
// shows it.
var unreadable = time.FixedZone("unreadable", 0)

// Err returns an error if the reply had a text that is no moment.
func (t Time) Err() error {
	if t.Location() == unreadable {
		return errors.New("linnworks: Time: in no known form")
	}
	return nil
}

// IsZero reports whether there is no moment, and nothing that could not be read.
func (t Time) IsZero() bool { return t.Time.IsZero() && t.Err() == nil }

// timeForms are the forms seen, most frequent first. Parsing takes a fraction of
// a second where the form has none.
var timeForms = []string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02",
}

// timeForm is the form sent.
const timeForm = "2006-01-02T15:04:05.000Z"

// ParseTime reads any of the forms that Linnworks prints: a date, or a date and a
// time of day apart by T or a blank, with or without seconds, their fraction and
// a zone. The empty string is the zero Time.
func ParseTime(s string) (Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Time{}, nil
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			if t = t.UTC(); t.Year() <= 1 {
				return Time{}, nil
			}
			return Time{t}, nil
		}
	}
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return Time{}, fmt.Errorf("linnworks: Time: %q is in no known form", s)
}

// Unset reports whether the moment is one of the two that stand for none: the zero
// Time, and 1970-01-01, which an unset despatch date may have.
func (t Time) Unset() bool { return t.IsZero() || t.Unix() == 0 }

// UnmarshalJSON accepts every form of [ParseTime], null, and other texts, which
// [Time.Err] tells of.
func (t *Time) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return errors.New("linnworks: Time: not a string")
	}
	if text == nil {
		*t = Time{}
		return nil
	}
	parsed, err := ParseTime(*text)
	if err != nil {
		parsed = Time{time.Time{}.In(unreadable)} // without the text, which is Linnworks'
	}
	*t = parsed
	return nil
}

// MarshalJSON writes UTC with milliseconds, the null date for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if err := t.Err(); err != nil {
		return nil, err
	}
	u := t.UTC()
	if y := u.Year(); y < 1 || y > 9999 {
		return nil, errors.New("linnworks: Time: year outside 1 to 9999")
	}
	return []byte(`"` + u.Format(timeForm) + `"`), nil
}

// EncodeValues adds the same form to a query: version 1 takes others too, version
// 2 declares this one.
func (t Time) EncodeValues(key string, v *url.Values) error {
	if err := t.Err(); err != nil {
		return err
	}
	v.Add(key, t.UTC().Format(timeForm))
	return nil
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

// reveal returns the text for the request path, nil for nil.
func (s *Secret) reveal() *string {
	if s == nil {
		return nil
	}
	return new(s.Reveal())
}

// revealer is a request with credentials. body is encoded in its stead and kept
// nowhere: to all but the request path a Secret refuses to be encoded.
type revealer interface {
	revealed() (body any, secrets []*Secret)
}
