package tiktokshop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// Decimal is a decimal number, usually an amount of money in major units of
// the currency that stands beside it, with the digits that TikTok sent: "10.10"
// stays "10.10". Empty means absent. It decodes from a JSON string or number
// and encodes as a string.
type Decimal string

// UnmarshalJSON accepts a string, a number or null.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	s, err := wire.DecimalFromJSON(b)
	if err != nil {
		return fmt.Errorf("tiktokshop: Decimal: %w", err)
	}
	*d = Decimal(s)
	return nil
}

// Rat returns the exact value; ok is false when d is empty or no number.
func (d Decimal) Rat() (value *big.Rat, ok bool) {
	if wire.CheckDecimal(string(d)) != nil || len(d) == 0 || strings.ContainsAny(string(d), "eE") {
		return nil, false
	}
	return new(big.Rat).SetString(string(d))
}

// UnixSeconds is a moment in whole seconds since 1970-01-01 UTC. Zero means
// absent. It decodes from a JSON number or a quoted one.
type UnixSeconds int64

// At returns t as UnixSeconds; the zero time gives zero.
func At(t time.Time) UnixSeconds {
	if t.IsZero() {
		return 0
	}
	return UnixSeconds(t.Unix())
}

// Time returns the moment in UTC, the zero time for zero.
func (u UnixSeconds) Time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

// UnmarshalJSON accepts a number, a quoted number, "" and null.
func (u *UnixSeconds) UnmarshalJSON(b []byte) error {
	s := string(bytes.Trim(b, `"`))
	if s == "null" || s == "" {
		*u = 0
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("tiktokshop: UnixSeconds: %q is not a whole number of seconds", clip(s))
	}
	*u = UnixSeconds(n)
	return nil
}

// ID is an identifier that TikTok prints as a string in some places and as a
// number in others. Ids exceed 2^53, so it never passes through a float.
type ID string

// UnmarshalJSON accepts a string, an integer or null.
func (id *ID) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*id = ID(s)
		return nil
	}
	if string(b) == "null" {
		*id = ""
		return nil
	}
	if _, ok := new(big.Int).SetString(string(b), 10); !ok || len(b) > 40 {
		return fmt.Errorf("tiktokshop: ID: %q is neither a string nor an integer", clip(string(b)))
	}
	*id = ID(b)
	return nil
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

// File is the content of one file of a multipart upload.
type File struct {
	Name    string
	Content []byte
}

// Secret is a credential. It prints as "[redacted]" whatever the verb, and
// encodes to JSON so too; [Secret.Reveal] gives the value to code that stores
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
