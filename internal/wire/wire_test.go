package wire

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestPath(t *testing.T) {
	for _, tt := range []struct {
		template string
		args     []string
		want     string // empty for an error
	}{
		{"/a", nil, "/a"},
		{"/a/{x}/b/{y}", []string{"1", "2"}, "/a/1/b/2"},
		{"/a/{x}", []string{"1/2"}, "/a/1%2F2"},
		{"/a/{x}", []string{"?#% é"}, "/a/%3F%23%25%20%C3%A9"},
		{"/a/{x}", []string{"%2e%2e"}, "/a/%252e%252e"},
		{"/a/{x}", []string{"{x}"}, "/a/%7Bx%7D"},
		{"/a/{x}", []string{"..."}, "/a/..."},
		{"/a/{x}", []string{""}, ""},
		{"/a/{x}", []string{" \t\n"}, ""},
		{"/a/{x}", []string{"."}, ""},
		{"/a/{x}", []string{" .. "}, ""},
		{"/a/{x}", nil, ""},
		{"/a/{x}", []string{"1", "2"}, ""},
		{"/a/{x", []string{"1"}, ""},
	} {
		got, err := Path(tt.template, tt.args)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("Path(%q, %q) = %q, %v, want %q", tt.template, tt.args, got, err, tt.want)
		}
	}
}

func FuzzPath(f *testing.F) {
	f.Add("1")
	f.Add("../x")
	f.Add("%2e")
	f.Add("{y}")
	f.Fuzz(func(t *testing.T, arg string) {
		got, err := Path("/a/{x}/b", []string{arg})
		if err != nil {
			return
		}
		segment := strings.TrimSuffix(strings.TrimPrefix(got, "/a/"), "/b")
		if segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "/?#{} \r\n") {
			t.Fatalf("%q became %q", arg, got)
		}
	})
}

func FuzzCheckDecimal(f *testing.F) {
	for _, s := range []string{"10.10", "-.5", "+1e5", "1e+-5", "-+5", ".", "5.", "", "1_0", "0x1", "Inf", "1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckDecimal(s) != nil {
			if _, ok := Rat(s); ok {
				t.Fatalf("%q is refused but has a value", s)
			}
			return
		}
		if strings.ContainsAny(s, "eE") { // math/big would take its time over a huge one
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if got, has := Rat(s); !ok || !has || got.Cmp(want) != 0 {
			t.Fatalf("Rat(%q) = %v, want %v", s, got, want)
		}
	})
}

func TestDecimalFromJSON(t *testing.T) {
	for in, want := range map[string]string{
		`"10.10"`: "10.10", `10.10`: "10.10", `-1e3`: "-1e3", `" 5 "`: "5", `null`: "", `""`: "", `"\u0031"`: "1",
		`"1,027.99"`: "1,027.99", `"***"`: "***", `"1.2.3"`: "1.2.3", `"."`: ".",
	} {
		if got, err := DecimalFromJSON([]byte(in)); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`true`, `{"name":"Ada Lovelace"}`, `[1]`, `"` + strings.Repeat("1", maxDecimal+1) + `"`, strings.Repeat("1", maxDecimal+1)} {
		if got, err := DecimalFromJSON([]byte(in)); got != "" || !errors.Is(err, ErrNotDecimal) || strings.Contains(err.Error(), "Ada") {
			t.Errorf("%s: %q, %v, want an error without the value", in, got, err)
		}
	}
}

func TestSecretFormat(t *testing.T) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%-5v"} {
		if got := fmt.Sprintf(format, NewSecret("topsecret")); got != Redacted {
			t.Errorf("%s prints %s", format, got)
		}
		if got := fmt.Sprintf(format, NewSecret("")); got != "" {
			t.Errorf("%s prints %q for an empty secret", format, got)
		}
	}
}

// Secrets that nobody holds any more are forgotten, and come back as others that
// are equal among themselves.
func TestSecretsAreForgotten(t *testing.T) {
	for i := range 1000 {
		NewSecret(fmt.Sprint("forgotten ", i))
	}
	kept := NewSecret("kept")
	left := 1000
	for range 1000 {
		runtime.GC()
		texts.Lock()
		left = len(texts.of)
		texts.Unlock()
		if left < 100 {
			break
		}
		runtime.Gosched()
	}
	if left >= 100 {
		t.Errorf("%d secrets are still kept", left)
	}
	if again := NewSecret("forgotten 1"); again != NewSecret("forgotten 1") || again.Reveal() != "forgotten 1" {
		t.Error("a secret that came back is not equal to itself")
	}
	if NewSecret("kept") != kept {
		t.Error("a secret that is held was forgotten")
	}
	runtime.KeepAlive(kept)
}

func TestSecretConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				text := fmt.Sprint("concurrent ", i%5)
				if a, b := NewSecret(text), NewSecret(text); a != b || a.Reveal() != text {
					t.Errorf("%s: two secrets of one text differ", text)
				}
			}
		})
	}
	for range 20 {
		runtime.GC()
	}
	wg.Wait()
}

func TestScrub(t *testing.T) {
	for _, tt := range []struct{ text, secret, want string }{
		{"a token/1+2=3456 b", "token/1+2=3456", "a [redacted] b"},
		{"?t=token%2F1%2B2%3D3456&x", "token/1+2=3456", "?t=[redacted]&x"},
		{"tokentokentoken", "tokentoken", "[redacted]token"},
		{"/t/token%2F1+2=3456/x TOKEN/1+2=3456", "token/1+2=3456", "/t/[redacted]/x [redacted]"},
		{"a0000000000040008000000000000002", "A0000000-0000-4000-8000-000000000002", "[redacted]"},
		{`{"t":"a\"b\\c<defg"} {"t":"a\"b\\c\u003cdefg"}`, `a"b\c<defg`, `{"t":"[redacted]"} {"t":"[redacted]"}`},
		{"746f6b656e2d303132333435", "token-012345", "[redacted]"},
		{base64.StdEncoding.EncodeToString([]byte("token-012345")), "token-012345", "[redacted]"},
		{base64.StdEncoding.EncodeToString([]byte("token-0123456")), "token-0123456", "[redacted]=="},
		{base64.StdEncoding.EncodeToString([]byte("u:token-012345 tail")), "token-012345", "dTp[redacted]UgdGFpbA=="},
		{base64.URLEncoding.EncodeToString([]byte("uv:t>?ken~0123>?~ tail")), "t>?ken~0123>?~", "dXY6[redacted]gdGFpbA=="},
		{"a short word", "short", "a short word"},
		{"nothing", "", "nothing"},
	} {
		if got := Scrub(tt.text, tt.secret); got != tt.want {
			t.Errorf("Scrub(%q, %q) = %q, want %q", tt.text, tt.secret, got, tt.want)
		}
	}
}

func TestScrubError(t *testing.T) {
	clean := errors.New("clean")
	if got := ScrubError(clean, "topsecret"); got != clean { //nolint:errorlint // the same one
		t.Errorf("an error without a secret became %v", got)
	}
	if ScrubError(nil, "topsecret") != nil {
		t.Error("nil became an error")
	}
	dirty := fmt.Errorf("with topsecret: %w", context.Canceled)
	got := ScrubError(dirty, "topsecret")
	if !errors.Is(got, context.Canceled) || errors.Is(got, context.DeadlineExceeded) {
		t.Error("a scrubbed error matches otherwise than its original")
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, got); strings.Contains(text, "topsecret") {
			t.Errorf("%s prints %s", format, text)
		}
	}
	if errors.Unwrap(got) != nil {
		t.Error("the original can be unwrapped")
	}
	cause := &net.OpError{Op: "dial", Err: errors.New("topsecret")}
	if found, ok := errors.AsType[*net.OpError](ScrubError(cause, "topsecret")); !ok || found != cause {
		t.Errorf("the type that a program asks for is not found: %v", found)
	}
}

func TestPrintPrivate(t *testing.T) {
	type info struct{ Source string }
	type order struct {
		ID, Status, Buyer string
		Number            int
		Info              info
		More              *info
		Lines             []string
		Parked            bool
	}
	o := order{ID: "7", Buyer: "Ada", Info: info{"SHOP"}, Lines: []string{"Ada", "Ada"}}
	var b strings.Builder
	PrintPrivate(&b, o, "ID", "Status", "Number", "Info.Source", "More.Source", "Lines", "Parked")
	const want = "wire.order{ID:7 Number:0 Source:SHOP Lines:2 Parked:false ...[redacted]}"
	if b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

func TestScrubWhereverItStands(t *testing.T) {
	const secret, other = "5ec2e700-dead-4bad", "5ec2e700-dead-4bad-8bad"
	scrub := Scrubber(secret, other, "", "short")
	for in, want := range map[string]string{
		"":                                    "",
		"nothing, short":                      "nothing, short",
		secret:                                Redacted,
		"a " + strings.ToUpper(secret) + " b": "a " + Redacted + " b",
		other + secret + other:                Redacted + Redacted + Redacted,
		"5EC2E700DEAD4BAD5ec2e700":            Redacted + "5ec2e700",
		"\u00e9" + secret + "\u0130":          "\u00e9" + Redacted + "\u0130",
		secret[1:]:                            secret[1:],
	} {
		if got := scrub(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	// What is cut leaves no half of a secret.
	for before := 8<<10 - len(other) - 1; before <= 8<<10; before++ {
		if got := Head(strings.Repeat("q", before)+other+strings.Repeat("q", 100), scrub); strings.Contains(got, "5") || len(got) < 7<<10-30 || len(got) > 8<<10 {
			t.Fatalf("after %d bytes: %d bytes are left, %q", before, len(got), got[len(got)-50:])
		}
	}
	if got := Head("q"+secret, scrub); got != "q"+Redacted {
		t.Errorf("a short text became %q", got)
	}
}

func TestScrubJSON(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	for in, want := range map[string]string{
		` {"a": [1, "b"]} `:                      ` {"a": [1, "b"]} `,
		`{"a":"hunter2hunter2","b":1}`:           `{"a":"[redacted]","b":1}`,
		`{"a":"\u0068unter2hunter2"}`:            `{"a":"[redacted]"}`,
		`{"hunter2hunter2":{"b":[null,true,1]}}`: `{"[redacted]":{"b":[null,true,1]}}`,
		`["x hunter2hunter2", {"b": "c"}]`:       `["x [redacted]",{"b":"c"}]`,
		`12345678901234567890`:                   `"[redacted]"`,
		`12345678901234567891`:                   `12345678901234567891`,
		`null`:                                   `null`,
		`{"hunter2hunter2`:                       `"[redacted]"`,
	} {
		got := ScrubJSON(json.RawMessage(in), secret, "12345678901234567890")
		if string(got) != want || !json.Valid(got) {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
