package linnworks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net/url"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// GUID is an identifier with dashes. Linnworks does not care about case; use
// [GUID.Equal] to compare.
type GUID string

// ZeroGUID stands for "none" and, for a location, for the one named Default.
const ZeroGUID GUID = "00000000-0000-0000-0000-000000000000"

// Equal compares without regard to case.
func (g GUID) Equal(other GUID) bool { return strings.EqualFold(string(g), string(other)) }

// Decimal is a decimal number with the digits that Linnworks sent. Empty means
// absent. It decodes from a JSON number or string and encodes as a number.
type Decimal string

// UnmarshalJSON accepts a number, a string or null.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	s, err := wire.DecimalFromJSON(b)
	if err != nil {
		return fmt.Errorf("linnworks: Decimal: %w", err)
	}
	*d = Decimal(s)
	return nil
}

// MarshalJSON writes a number, 0 for an empty value.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d == "" {
		return []byte("0"), nil
	}
	r, ok := d.Rat()
	if !ok {
		return nil, fmt.Errorf("linnworks: Decimal: %q is not a decimal number", string(d))
	}
	if json.Valid([]byte(d)) {
		return []byte(d), nil
	}
	// A leading plus or a bare point is a number, but not to JSON.
	_, fraction, _ := strings.Cut(string(d), ".")
	return []byte(r.FloatString(len(fraction))), nil
}

// Rat returns the exact value; ok is false when d is empty or no number.
func (d Decimal) Rat() (value *big.Rat, ok bool) {
	if len(d) == 0 || wire.CheckDecimal(string(d)) != nil || !exponentSane(string(d)) {
		return nil, false
	}
	return new(big.Rat).SetString(string(d))
}

// exponentSane keeps a hostile exponent from making a number of a billion
// digits. .NET prints small values such as 1E-05.
func exponentSane(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i < 0 || len(strings.TrimLeft(s[i+1:], "+-0")) <= 2
}

// Time is a moment. Linnworks prints moments with and without a zone; without
// one they are UTC. Its null date, the year one, and 1970-01-01 for an unset
// despatch date are the zero Time here or recognised by [Time.Unset].
type Time struct{ time.Time }

// timeForms are the forms seen, most frequent first.
var timeForms = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02",
}

// ParseTime reads any of the forms that Linnworks prints.
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

// Unset tells whether the moment is one of the two that stand for none.
func (t Time) Unset() bool { return t.IsZero() || t.Unix() == 0 }

// UnmarshalJSON accepts every form of [ParseTime] and null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	parsed, err := ParseTime(string(bytes.Trim(b, `"`)))
	*t = parsed
	return err
}

// MarshalJSON writes UTC with milliseconds, the null date for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// EncodeValues writes the form that queries take.
func (t Time) EncodeValues(key string, v *url.Values) error {
	(*v)[key] = []string{t.UTC().Format("2006-01-02T15:04:05.000Z")}
	return nil
}

// Secret is a credential. It prints as "[redacted]" whatever the verb, and
// encodes to JSON so too; [Secret.Reveal] gives the value to code that needs
// it.
type Secret string

// Reveal returns the value.
func (s Secret) Reveal() string { return string(s) }

// Format hides the value from every fmt verb.
func (s Secret) Format(f fmt.State, _ rune) { wire.FormatSecret(f, s == "") }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(s)), nil }
