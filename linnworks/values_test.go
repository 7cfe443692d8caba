package linnworks

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecimal(t *testing.T) {
	for _, c := range []struct{ in, text, out string }{
		{`10.10`, "10.10", `10.10`},
		{`"10.10"`, "10.10", `10.10`},
		{`-0.50`, "-0.50", `-0.50`},
		{`0`, "0", `0`},
		{`1E-05`, "1E-05", `1E-05`},
		{`1.7976931348623157E+308`, "1.7976931348623157E+308", `1.7976931348623157E+308`},
		{`79228162514264337593543950335`, "79228162514264337593543950335", `79228162514264337593543950335`},
		{`" 5 "`, "5", `5`},
		{`"+1.5e-7"`, "+1.5e-7", `1.5e-7`},
		{`".5"`, ".5", `0.5`},
		{`"-.50"`, "-.50", `-0.50`},
		{`"007.0"`, "007.0", `7.0`},
		{`"00"`, "00", `0`},
		{`null`, "", `0`},
		{`""`, "", `0`},
	} {
		var d Decimal
		if err := json.Unmarshal([]byte(c.in), &d); err != nil || string(d) != c.text {
			t.Errorf("%s decodes as %q, %v; want %q", c.in, string(d), err, c.text)
		}
		out, err := json.Marshal(d)
		if err != nil || string(out) != c.out {
			t.Errorf("%s encodes as %s, %v; want %s", c.in, out, err, c.out)
		}
		if r, ok := d.Rat(); ok != (c.text != "") {
			t.Errorf("%s has value %v, %t", c.in, r, ok)
		} else if want, _ := new(big.Rat).SetString(c.out); ok && r.Cmp(want) != 0 {
			t.Errorf("%s has value %s, want %s", c.in, r, want)
		}
	}
	for _, in := range []string{`"ten"`, `true`, `{}`, `"1,5"`, `"1e9999"`, `"-+5"`, `"1e+-5"`, `"0x10"`, `"1_0"`, `"1/2"`, `"NaN"`, `"."`, `"1."`, `"` + strings.Repeat("9", 65) + `"`} {
		var d Decimal
		// Texts up to a length are kept, and are no amounts.
		if err := json.Unmarshal([]byte(in), &d); err == nil && (in[0] != '"' || d.Err() == nil || string(d) != strings.Trim(in, `"`)) {
			t.Errorf("%s decodes as %q", in, string(d))
		}
		if text := strings.Trim(in, `"`); json.Valid([]byte(in)) {
			if out, err := json.Marshal(Decimal(text)); err == nil {
				t.Errorf("Decimal(%q) encodes as %s", text, out)
			}
			if r, ok := Decimal(text).Rat(); ok {
				t.Errorf("Decimal(%q) has value %s", text, r)
			}
		}
	}
	out, err := json.Marshal(struct {
		D Decimal `json:"d,omitzero"`
		N Decimal
	}{})
	if string(out) != `{"N":0}` || err != nil {
		t.Errorf("absent decimals encode as %s, %v", out, err)
	}
}

func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"10.10", `"10.10"`, "-0", "1E-05", `"+.5"`, `"-00.10e+07"`, "null", `""`, `"-+5"`, "1e999", `" 1 "`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var d Decimal
		if json.Unmarshal(in, &d) != nil {
			return
		}
		out, err := json.Marshal(d)
		if d.Err() != nil {
			if _, ok := d.Rat(); ok || err == nil {
				t.Fatalf("%q is no number, and encodes as %s", in, out)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q decodes as %q, which does not encode: %v", in, string(d), err)
		}
		var again Decimal
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%q encodes as %s, which does not decode: %v", in, out, err)
		}
		want, ok := d.Rat()
		if d == "" {
			want, ok = new(big.Rat), true
		}
		if got, _ := again.Rat(); !ok || got.Cmp(want) != 0 {
			t.Errorf("%q is %v, and %v after a round trip by %s", in, want, got, out)
		}
	})
}

func TestTime(t *testing.T) {
	noon := time.Date(2026, 3, 29, 12, 30, 15, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2026-03-29T12:30:15":           noon,
		"2026-03-29T12:30:15Z":          noon,
		"2026-03-29T12:30:15+00:00":     noon,
		"2026-03-29T13:30:15+01:00":     noon,
		"2026-03-29T12:30:15.123":       noon.Add(123 * time.Millisecond),
		"2026-03-29T12:30:15.1234567Z":  noon.Add(123456700),
		"2026-03-29T07:00:15.5-05:30":   noon.Add(500 * time.Millisecond),
		"2026-03-29 12:30:15":           noon,
		"2026-03-29 12:30:15.5":         noon.Add(500 * time.Millisecond),
		"2026-03-29 13:30:15+01:00":     noon,
		"2026-03-29T12:30":              noon.Truncate(time.Minute),
		"2026-03-29T12:30Z":             noon.Truncate(time.Minute),
		"2026-03-29":                    noon.Truncate(24 * time.Hour),
		" 2026-03-29T12:30:15 ":         noon,
		"9999-12-31T23:59:59.9999999":   time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC),
		"0001-01-01T00:00:00":           {},
		"0001-01-01T00:00:00Z":          {},
		"0001-01-01T00:00:00+02:00":     {},
		"0001-01-01 00:00:00.000+00:00": {},
		"":                              {},
		"1970-01-01T00:00:00":           time.Unix(0, 0).UTC(),
	} {
		var got Time
		text, _ := json.Marshal(in)
		if err := json.Unmarshal(text, &got); err != nil || got.Time != want {
			t.Errorf("%q decodes as %v, %v; want %v", in, got, err, want)
		}
		if parsed, err := ParseTime(in); err != nil || parsed != got {
			t.Errorf("ParseTime(%q) = %v, %v", in, parsed, err)
		}
		out, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again Time
		if err := json.Unmarshal(out, &again); err != nil || !again.Equal(want.Truncate(time.Millisecond)) {
			t.Errorf("%q is %v after a round trip by %s, %v", in, again, out, err)
		}
	}
	var got Time
	for _, in := range []string{`"2026-03-29T12:30:15\u002B00:00"`, `"2026-03-29T12:30:15Z"`} {
		if err := json.Unmarshal([]byte(in), &got); err != nil || !got.Equal(noon) {
			t.Errorf("%s decodes as %v, %v", in, got, err)
		}
	}
	if err := json.Unmarshal([]byte("null"), &got); err != nil || !got.IsZero() {
		t.Errorf("null decodes as %v, %v", got, err)
	}
	for _, in := range []string{`"yesterday"`, `"29/03/2026"`, `"2026-13-01"`, `"2026-03-29T25:00:00"`} {
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.Err() == nil || got.IsZero() || got.Unset() {
			t.Errorf("%s decodes as %v, %v", in, got, err)
		}
		if out, err := json.Marshal(got); err == nil {
			t.Errorf("%s encodes as %s", in, out)
		}
		if err := got.EncodeValues("t", &url.Values{}); err == nil {
			t.Errorf("%s goes into a query", in)
		}
	}
	for _, in := range []string{`1700000000`, `{}`} {
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s decodes as %v", in, got)
		}
	}
	for want, in := range map[string]Time{
		`"2026-03-29T12:30:15.000Z"`: {noon.In(time.FixedZone("", 3600))},
		`"0001-01-01T00:00:00.000Z"`: {},
	} {
		if out, err := json.Marshal(in); err != nil || string(out) != want {
			t.Errorf("%v encodes as %s, %v; want %s", in, out, err, want)
		}
	}
	if out, err := json.Marshal(Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil {
		t.Errorf("the year 10000 encodes as %s", out)
	}
	if !(Time{}).Unset() || !(Time{time.Unix(0, 0)}).Unset() || (Time{noon}).Unset() {
		t.Error("Unset is wrong")
	}
	values := url.Values{}
	if err := (Time{noon.In(time.FixedZone("", 3600))}).EncodeValues("t", &values); err != nil || values.Get("t") != "2026-03-29T12:30:15.000Z" {
		t.Errorf("in a query: %v, %v", values, err)
	}
	if _, err := ParseTime(strings.Repeat("x", 1000)); err == nil || len(err.Error()) > 100 {
		t.Errorf("err = %v", err)
	}
}

func FuzzTime(f *testing.F) {
	for _, seed := range []string{
		"", "2026-03-29T12:30:15", "2026-03-29T12:30:15.1234567Z", "2026-03-29T13:30:15+01:00", "2026-03-29 12:30:15.5",
		"2026-03-29T12:30Z", "2026-03-29", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00", "2026-03-29T12:30:15,5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		parsed, err := ParseTime(in)
		if err != nil {
			return
		}
		out, err := json.Marshal(parsed)
		if err != nil {
			return // beyond the year 9999 in UTC
		}
		var again Time
		if err := json.Unmarshal(out, &again); err != nil || !again.Equal(parsed.Truncate(time.Millisecond)) {
			t.Errorf("%q is %v, and %v after a round trip by %s (%v)", in, parsed, again, out, err)
		}
	})
}

func TestGUID(t *testing.T) {
	g := GUID("7F5A0C2E-8d1b-4f6e-9a3c-2b1d0e4f5a6b")
	if !g.Equal("7f5a0c2e-8D1B-4f6e-9a3c-2b1d0e4f5a6b") || g.Equal(ZeroGUID) || g.Equal("") {
		t.Error("Equal is wrong")
	}
	var got struct{ A, B GUID }
	if err := json.Unmarshal([]byte(`{"A":null,"B":"`+string(g)+`"}`), &got); err != nil || got.A != "" || got.B != g {
		t.Errorf("decodes as %v, %v", got, err)
	}
	if out, err := json.Marshal(struct {
		A GUID `json:"a,omitzero"`
		B GUID `json:"b,omitzero"`
	}{B: ZeroGUID}); err != nil || string(out) != fmt.Sprintf(`{"b":%q}`, ZeroGUID) {
		t.Errorf("encodes as %s, %v; want the zero GUID sent", out, err)
	}
}

// TestSecretShowsNowhere prints, compares and encodes a secret in all the ways
// that have shown one held as a string.
func TestSecretShowsNowhere(t *testing.T) {
	const text = "topsecret"
	s := NewSecret(text)
	type hidden struct {
		secret Secret
		list   []Secret
		key    map[Secret]int
		field  Credentials
		ptr    *Credentials
	}
	type shown struct {
		Secret Secret
		List   []Secret
		Key    map[Secret]int
		Field  Credentials
		Ptr    *Credentials
	}
	field := Credentials{ApplicationID: "id", Token: s}
	show := shown{s, []Secret{s}, map[Secret]int{s: 1}, field, &field}
	h := hidden{s, []Secret{s}, map[Secret]int{s: 1}, field, &field}
	values := []any{s, &s, show, &h, h, []any{h, &h}, map[string]hidden{"a": h}}

	var out bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%10s", "%T", "%p"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
			logger.Info("value", "v", v)
		}
	}
	opt := cmp.AllowUnexported(hidden{})
	for _, other := range []Secret{{}, NewSecret("othersecret")} {
		out.WriteString(cmp.Diff(h, hidden{secret: other}, opt) + cmp.Diff(show, shown{Secret: other}) + cmp.Diff(s, other))
		// A differ that looks into everything finds no text either.
		out.WriteString(cmp.Diff(struct{ S any }{&s}, struct{ S any }{&other}))
	}
	for _, v := range []any{s, shown{Secret: s}, shown{Key: map[Secret]int{s: 1}}, []Secret{s}} {
		encoded, err := json.Marshal(v)
		if err == nil || !strings.Contains(err.Error(), "Reveal") {
			t.Errorf("%T encodes as JSON to %s, %v", v, encoded, err)
		}
	}
	if encoded, err := xml.Marshal(s); err == nil {
		t.Errorf("encodes as XML to %s", encoded)
	}
	if err := gob.NewEncoder(&out).Encode(struct{ S Secret }{s}); err == nil {
		t.Error("encodes as gob")
	}
	if strings.Contains(out.String(), text) || strings.Contains(out.String(), fmt.Sprintf("%x", text)) || strings.Contains(out.String(), "othersecret") {
		t.Errorf("shows in\n%s", out.String())
	}
}

func TestSecret(t *testing.T) {
	a, b := NewSecret("topsecret"), NewSecret(strings.Join([]string{"top", "secret"}, ""))
	if a != b || !a.Equal(b) || a == NewSecret("other") || map[Secret]int{a: 5}[b] != 5 {
		t.Error("secrets do not compare by their texts")
	}
	if a.IsZero() || a.Reveal() != "topsecret" {
		t.Errorf("NewSecret(topsecret) reveals %q", a.Reveal())
	}
	if empty := NewSecret(""); empty != (Secret{}) || !empty.IsZero() || empty.Reveal() != "" || fmt.Sprint(empty) != "" {
		t.Errorf("the empty secret prints %v and reveals %q", empty, empty.Reveal())
	}
	if diff := cmp.Diff(a, b) + cmp.Diff(Credentials{ApplicationID: "id", Token: a}, Credentials{ApplicationID: "id", Token: b}); diff != "" {
		t.Errorf("equal secrets differ (-want +got):\n%s", diff)
	}
	var in struct{ A, B, C, D Secret }
	if err := json.Unmarshal([]byte(`{"A":"topsecret","B":"","C":null,"D":15}`), &in); err != nil || in.A != a || !in.B.IsZero() || !in.C.IsZero() || in.D.Reveal() != "15" {
		t.Errorf("decodes as %q %q %q %q, %v", in.A.Reveal(), in.B.Reveal(), in.C.Reveal(), in.D.Reveal(), err)
	}
	if err := json.Unmarshal([]byte(`{"A":["topsecret"]}`), &in); err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("a list decodes as a secret, or its error repeats it: %v", err)
	}
}
