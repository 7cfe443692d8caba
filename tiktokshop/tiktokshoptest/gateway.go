package tiktokshoptest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Codes of the gateway.
//
// https://partner.tiktokshop.com/docv2/page/common-errors
const (
	codeInternal      = 36009003
	codeOverloaded    = 36009004 // a dozen different faults; the message tells
	codePath          = 36009009
	codeMethod        = 36009010
	codeVersion       = 36009014
	codeThrottled     = 36009002
	codeSandboxCap    = 36009037
	codeShopInactive  = 36009043
	codeSellerStopped = 36009044
	codeScope         = 105005
	codeContentType   = 36009022
	codeBodyFormat    = 36009023
	codeMismatch      = 101000
	codeExpired       = 105002
	codeBadSignature  = 106001
	codeCipherMissing = 106013
	codeRefreshToken  = 36004001
	codeAuthCode      = 36004004
)

// cipherRule reports whether an operation takes a shop_cipher.
type cipherRule int

const (
	cipherRequired cipherRule = iota
	cipherOptional
	cipherRefused
)

// Limits of the gateway on timestamps.
const (
	maxBehind = 5 * time.Minute
	maxAhead  = 30 * time.Second
)

// admit makes the checks that come before every signed operation, and finds
// the shop that the call is about.
func (f *Fake) admit(op operation, r *http.Request, in *request) (*Fake, error) {
	if in.query.Get("app_key") != f.app.Key {
		return nil, failStatus(http.StatusBadRequest, codeOverloaded, "Invalid app_key")
	}
	sign := in.query.Get("sign")
	if sign == "" {
		return nil, failStatus(http.StatusBadRequest, codeOverloaded, "The signature is missing: parameter 'sign' is required")
	}
	now := f.now
	if f.stamp != nil {
		now = f.stamp()
	}
	if err := f.checkTimestamp(in.query.Get("timestamp"), now.Add(in.skew)); err != nil {
		return nil, err
	}
	if !f.has(QuirkUpperCaseSignature) {
		sign = strings.ToLower(sign)
	}
	signs := func(body []byte) bool {
		want := signature(f.app.Secret.Reveal(), r.URL.EscapedPath(), in.query, r.Header.Get("Content-Type"), body)
		return subtle.ConstantTimeCompare([]byte(sign), []byte(want)) == 1
	}
	unsigned := f.has(QuirkUnsignedEmptyObject) && string(bytes.TrimSpace(in.body)) == "{}" && signs(nil)
	if !unsigned && !signs(in.body) {
		return nil, failStatus(http.StatusUnauthorized, codeBadSignature, "Invalid sign: the request does not match it")
	}
	granted, err := f.tokens.check(r.Header.Get("x-tts-access-token"), f.now)
	if err != nil {
		return nil, err
	}
	shop, err := f.checkCipher(op.cipher, in.query)
	if err != nil {
		return nil, err
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, failStatus(http.StatusBadRequest, codeContentType, "Invalid content-type: application/json is required")
	}
	if err := shop.checkState(op, granted); err != nil {
		return nil, err
	}
	return shop, shop.admitRate(op)
}

func (f *Fake) checkTimestamp(value string, now time.Time) error {
	ahead := maxAhead
	if !f.has(QuirkTimestampWindow) {
		ahead = maxBehind
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || seconds < 0 || len(value) > 10 {
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid timestamp: 10 digits of Unix seconds are required")
	}
	switch age := now.Sub(time.Unix(seconds, 0)); {
	case age >= maxBehind+time.Second:
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid timestamp: it is more than 5 minutes old")
	case age < -ahead:
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid timestamp: it is more than 30 seconds ahead")
	}
	return nil
}

func (f *Fake) checkCipher(rule cipherRule, q url.Values) (*Fake, error) {
	cipher, sent := q.Get("shop_cipher"), q.Has("shop_cipher")
	switch {
	case rule == cipherRefused && sent && f.has(QuirkCipherRefused):
		return nil, failStatus(http.StatusBadRequest, codeOverloaded, "unexpected identifier: 'shop_cipher' is not expected")
	case rule == cipherRefused:
		return f.shops[0], nil
	case rule == cipherRequired && cipher == "":
		return nil, failStatus(http.StatusBadRequest, codeCipherMissing, "shop_cipher is missing")
	case cipher == "":
		return f.shops[0], nil
	}
	for _, shop := range f.shops {
		if shop.shop.Cipher == cipher && !shop.state.deauthorised {
			return shop, nil
		}
	}
	return nil, failStatus(http.StatusUnauthorized, codeMismatch, "The access token does not match the shop_cipher")
}

// signature computes what a request should be signed with. It shares no code
// with the client, so that each checks the other.
//
// https://partner.tiktokshop.com/docv2/page/sign-your-api-request
func signature(secret, path string, q url.Values, contentType string, body []byte) string {
	var text strings.Builder
	text.WriteString(secret + path)
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if name == "sign" || name == "access_token" {
			continue
		}
		text.WriteString(name + q[name][0])
	}
	if media, _, _ := mime.ParseMediaType(contentType); media != "multipart/form-data" {
		text.Write(body)
	}
	text.WriteString(secret)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text.String()))
	return hex.EncodeToString(h.Sum(nil))
}

// decode reads the JSON body of a request. An absent body is an empty object.
func decode[T any](in *request) (T, error) {
	var v T
	if len(in.body) == 0 {
		return v, nil
	}
	body := in.body
	if in.lenient {
		body = withoutEmptyArrays(body, reflect.TypeFor[T]())
	}
	if err := json.Unmarshal(body, &v); err != nil {
		if _, ok := errors.AsType[*json.SyntaxError](err); ok {
			return v, failStatus(http.StatusBadRequest, codeBodyFormat, "Invalid body: it is not JSON")
		}
		return v, invalid("body", "a field has the wrong type")
	}
	return v, nil
}

// withoutEmptyArrays makes null of the empty arrays in a body that stand where t
// has an object. What is not JSON stays as it is.
func withoutEmptyArrays(body []byte, t reflect.Type) []byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if !json.Valid(body) || d.Decode(&v) != nil {
		return body
	}
	if text, err := json.Marshal(objects(v, t)); err == nil {
		return text
	}
	return body
}

func objects(v any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		switch t.Kind() {
		case reflect.Struct:
			if len(v) == 0 {
				return nil
			}
		case reflect.Slice:
			for i := range v {
				v[i] = objects(v[i], t.Elem())
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			break
		}
		for _, f := range fieldsOf(t) {
			if value, ok := v[f.name]; ok {
				v[f.name] = objects(value, t.Field(f.index).Type)
			}
		}
	}
	return v
}

// invalid refuses a parameter.
func invalid(name, why string) error {
	return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid param %s: %s", name, why)
}

// required refuses an empty parameter.
func required[T ~string](name string, value T) error {
	if value == "" {
		return invalid(name, "it is required")
	}
	return nil
}

// oneOf refuses a value that is none of allowed; empty means the first.
func oneOf[T ~string](name string, value T, allowed ...T) (T, error) {
	if value == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, value) {
		return "", invalid(name, fmt.Sprint("it must be one of ", allowed))
	}
	return value, nil
}

// list reads a parameter that holds several values, joined by commas.
func (f *Fake) list(in *request, name string) ([]string, error) {
	text := in.query.Get(name)
	if err := required(name, text); err != nil {
		return nil, err
	}
	if strings.HasPrefix(text, "[") {
		var values []string
		if err := json.Unmarshal([]byte(text), &values); err != nil || len(values) == 0 || f.has(QuirkCommaLists) {
			return nil, invalid(name, "its values must be joined by commas")
		}
		return values, nil
	}
	return strings.Split(text, ","), nil
}
