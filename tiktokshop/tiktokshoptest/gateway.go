package tiktokshoptest

import (
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
	codeContentType   = 36009022
	codeBodyFormat    = 36009023
	codeMismatch      = 101000
	codeExpired       = 105002
	codeBadSignature  = 106001
	codeCipherMissing = 106013
	codeRefreshToken  = 36004001
	codeAuthCode      = 36004004
)

// cipherRule tells whether an operation takes a shop_cipher.
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

// admit makes the checks that come before every signed operation.
func (f *Fake) admit(op operation, r *http.Request, in *request) error {
	if in.query.Get("app_key") != f.app.Key {
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid app_key")
	}
	sign := in.query.Get("sign")
	if sign == "" {
		return failStatus(http.StatusBadRequest, codeOverloaded, "The signature is missing: parameter 'sign' is required")
	}
	if err := f.checkTimestamp(in.query.Get("timestamp")); err != nil {
		return err
	}
	want := signature(f.app.Secret.Reveal(), r.URL.EscapedPath(), in.query, r.Header.Get("Content-Type"), in.body)
	if subtle.ConstantTimeCompare([]byte(sign), []byte(want)) != 1 {
		return failStatus(http.StatusUnauthorized, codeBadSignature, "Invalid sign: the request does not match it")
	}
	if err := f.tokens.check(r.Header.Get("x-tts-access-token"), f.now); err != nil {
		return err
	}
	if err := f.checkCipher(op.cipher, in.query); err != nil {
		return err
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return failStatus(http.StatusBadRequest, codeContentType, "Invalid content-type: application/json is required")
	}
	return nil
}

func (f *Fake) checkTimestamp(value string) error {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || seconds < 0 || len(value) > 10 {
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid timestamp: 10 digits of Unix seconds are required")
	}
	switch age := f.now.Sub(time.Unix(seconds, 0)); {
	case age >= maxBehind+time.Second:
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid timestamp: it is more than 5 minutes old")
	case age < -maxAhead:
		return failStatus(http.StatusBadRequest, codeOverloaded, "Invalid timestamp: it is more than 30 seconds ahead")
	}
	return nil
}

func (f *Fake) checkCipher(rule cipherRule, q url.Values) error {
	cipher, sent := q.Get("shop_cipher"), q.Has("shop_cipher")
	switch {
	case rule == cipherRefused && sent:
		return failStatus(http.StatusBadRequest, codeOverloaded, "unexpected identifier: 'shop_cipher' is not expected")
	case rule == cipherRequired && cipher == "":
		return failStatus(http.StatusBadRequest, codeCipherMissing, "shop_cipher is missing")
	case cipher != "" && cipher != f.shop.Cipher:
		return failStatus(http.StatusUnauthorized, codeMismatch, "The access token does not match the shop_cipher")
	}
	return nil
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
	if err := json.Unmarshal(in.body, &v); err != nil {
		if _, ok := errors.AsType[*json.SyntaxError](err); ok {
			return v, failStatus(http.StatusBadRequest, codeBodyFormat, "Invalid body: it is not JSON")
		}
		return v, invalid("body", "a field has the wrong type")
	}
	return v, nil
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
