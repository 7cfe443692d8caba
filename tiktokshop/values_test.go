package tiktokshop

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecimal(t *testing.T) {
	for in, want := range map[string]string{
		`"10.10"`: "10.10", `10.10`: "10.10", `null`: "", `""`: "", `"  "`: "", `" 1.0 "`: "1.0", `-0.00`: "-0.00",
		`1.5E7`: "1.5E7", `"\u0031.50"`: "1.50", `".5"`: ".5", `"+3"`: "+3",
	} {
		var d Decimal
		if err := json.Unmarshal([]byte(in), &d); err != nil || string(d) != want {
			t.Errorf("%s = %q, %v, want %q", in, d, err, want)
		}
	}
	for _, in := range []string{`"abc"`, `"1,5"`, `"."`, `"5."`, `"-+5"`, `"1e"`, `"1e+-5"`, `"0x1"`, `"NaN"`, `"***"`} {
		var d Decimal
		if err := json.Unmarshal([]byte(in), &d); err != nil || string(d) != strings.Trim(in, `"`) || d.Err() == nil {
			t.Errorf("%s = %q, %v, %v, want a value that says so", in, d, err, d.Err())
		}
	}
	for _, in := range []string{`true`, `{}`, `"` + strings.Repeat("1", 65) + `"`} {
		var d Decimal
		if err := json.Unmarshal([]byte(in), &d); err == nil {
			t.Errorf("%s = %q, want an error", in, d)
		}
	}
	for in, want := range map[Decimal]string{"10.10": "10.10", "1.5E7": "15000000.00", "-.5": "-0.50", "1e-2": "0.01"} {
		if r, ok := in.Rat(); !ok || r.FloatString(2) != want {
			t.Errorf("%q.Rat() = %v, %t, want %s", in, r, ok, want)
		}
	}
	for _, in := range []Decimal{"", "abc", "1e999999999", "1e-100", "1/3", "Inf"} {
		if r, ok := in.Rat(); ok {
			t.Errorf("%q.Rat() = %v, want none", in, r)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{`"10.10"`, `10.10`, `null`, `""`, `1e99`, `"-+5"`, `".5"`, `"\u0031"`, `"1e+-5"`, `{`, `"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var d Decimal
		if json.Unmarshal(in, &d) != nil {
			return
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again Decimal
		if err := json.Unmarshal(out, &again); err != nil || again != d {
			t.Fatalf("%q became %q, %v", d, again, err)
		}
		// The exact value is that of the standard library's reader.
		if r, ok := d.Rat(); ok {
			if want, fine := new(big.Rat).SetString(string(d)); !fine || r.Cmp(want) != 0 {
				t.Fatalf("%q.Rat() = %v, want %v", d, r, want)
			}
		} else if (d == "") != (d.Err() == nil) {
			t.Fatalf("%q has no value, and says %v", d, d.Err())
		}
	})
}

func TestUnixSeconds(t *testing.T) {
	for in, want := range map[string]UnixSeconds{
		`1700000000`: 1700000000, `"1700000000"`: 1700000000, `null`: 0, `""`: 0, `-1`: -1, `" 5 "`: 5,
		`1.5`: 1, `1700000000.0`: 1700000000, `1e9`: 1000000000, `1784030587000`: 1784030587, `"1784030587123"`: 1784030587,
		`"2026-08-30T10:00:00Z"`: 1788084000, `"2026-08-30T12:00:00+02:00"`: 1788084000,
	} {
		var u UnixSeconds
		if err := json.Unmarshal([]byte(in), &u); err != nil || u != want {
			t.Errorf("%s = %d, %v, want %d", in, u, err, want)
		}
	}
	for _, in := range []string{`true`, `[]`, `{}`} {
		var u UnixSeconds
		if err := json.Unmarshal([]byte(in), &u); err == nil {
			t.Errorf("%s = %d, want an error", in, u)
		}
	}
	// What is no moment is kept as such: it is not absent.
	for _, in := range []string{`"soon"`, `99999999999999999999`, `1e99`, `"30/08/2026"`, `-253402300800`} {
		var u UnixSeconds
		if err := json.Unmarshal([]byte(in), &u); err != nil || u == 0 || u.Err() == nil || !u.Time().IsZero() {
			t.Errorf("%s = %d, %v, %v, want a value that says so", in, u, err, u.Err())
		}
	}
	if err := UnixSeconds(0).Err(); err != nil {
		t.Error(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))
	if got, want := At(at).Time(), at.Truncate(time.Second).UTC(); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("At(%s).Time() = %s, want %s", at, got, want)
	}
	if At(time.Time{}) != 0 || !UnixSeconds(0).Time().IsZero() {
		t.Error("the zero time and zero do not correspond")
	}
}

func FuzzUnixSeconds(f *testing.F) {
	for _, s := range []string{`1700000000`, `"1700000000"`, `null`, `""`, `1.5`, `"x"`, `99999999999999999999`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var u UnixSeconds
		if json.Unmarshal(in, &u) != nil {
			return
		}
		var again UnixSeconds
		if err := json.Unmarshal([]byte(strconv.FormatInt(int64(u), 10)), &again); err != nil || again != u {
			t.Fatalf("%d became %d, %v", u, again, err)
		}
		_ = u.Time() // any number must do
	})
}

func TestID(t *testing.T) {
	for in, want := range map[string]ID{
		`"576461413038785752"`: "576461413038785752", `576461413038785752`: "576461413038785752",
		`9223372036854775808000`: "9223372036854775808000", `null`: "", `""`: "", `"a\"b"`: `a"b`, `-7`: "-7",
	} {
		var id ID
		if err := json.Unmarshal([]byte(in), &id); err != nil || id != want {
			t.Errorf("%s = %q, %v, want %q", in, id, err, want)
		}
	}
	for _, in := range []string{`1.5`, `1e18`, `true`, `{}`} {
		var id ID
		if err := json.Unmarshal([]byte(in), &id); err == nil {
			t.Errorf("%s = %q, want an error", in, id)
		}
	}
}

func FuzzID(f *testing.F) {
	for _, s := range []string{`"576461413038785752"`, `576461413038785752`, `null`, `""`, `1e18`, `"\u0041"`, `-`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var id ID
		if json.Unmarshal(in, &id) != nil {
			return
		}
		out, err := json.Marshal(id)
		if err != nil {
			t.Fatal(err)
		}
		var again ID
		if err := json.Unmarshal(out, &again); err != nil || again != id {
			t.Fatalf("%q became %q, %v", id, again, err)
		}
		// Digits stay digits: a number never passes through a float.
		if number := strings.TrimSpace(string(in)); number[0] != '"' && number != "null" && number != string(id) {
			t.Fatalf("%s became %q", in, id)
		}
	})
}

// A wrong type names the field and the kind, never the value.
func TestWrongTypesKeepQuiet(t *testing.T) {
	var v struct {
		Price Decimal     `json:"price"`
		At    UnixSeconds `json:"at"`
		Ref   ID          `json:"ref"`
	}
	for _, in := range []string{`{"price":["MARKED"]}`, `{"at":{"a":"MARKED"}}`, `{"ref":{"a":"MARKED"}}`} {
		err := json.Unmarshal([]byte(in), &v)
		if err == nil || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s: %v", in, err)
		}
	}
	err := json.Unmarshal([]byte(`{"price":{}}`), &v)
	if want := "json: cannot unmarshal object into Go struct field .price of type tiktokshop.Decimal"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	// Texts are kept in their fields, and their errors are quiet too.
	if err := json.Unmarshal([]byte(`{"price":"MARKED","at":"MARKED"}`), &v); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{v.Price.Err(), v.At.Err()} {
		if err == nil || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("got %v", err)
		}
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
		field  App
		ptr    *App
	}
	type shown struct {
		Secret Secret
		List   []Secret
		Key    map[Secret]int
		Field  App
		Ptr    *App
	}
	field := App{Key: "k", Secret: s}
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
	if diff := cmp.Diff(a, b) + cmp.Diff(App{Key: "k", Secret: a}, App{Key: "k", Secret: b}); diff != "" {
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
