package tiktokshop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// Sign returns the signature of a request: lower-case hexadecimal HMAC-SHA256,
// keyed with the app secret, over
//
//	secret + path + name1value1name2value2... + body + secret
//
// with the query parameters in byte order of their names, values decoded, and
// sign and access_token left out. Of a repeated parameter the first value
// counts. path is the URL path as sent. The body is taken byte for byte, unless
// contentType is multipart/form-data (with or without a boundary), whose bodies
// are not signed.
//
// Methods sign by themselves, every attempt anew. Sign is for requests that are
// sent in another way and for checking requests that were received.
//
// https://partner.tiktokshop.com/docv2/page/sign-your-api-request
func Sign(secret Secret, path string, query url.Values, contentType string, body []byte) string {
	var room [16]param // enough for nearly every query, without an allocation
	params := room[:0]
	for name, values := range query {
		if len(values) > 0 {
			params = append(params, param{name, values[0]})
		}
	}
	sortParams(params)
	return sign(secret, path, params, contentType, body)
}

// param is one query parameter, decoded.
type param struct{ name, value string }

// sortParams sorts by name. Queries are short: insertion is the fastest way.
func sortParams(params []param) {
	for i := 1; i < len(params); i++ {
		for j := i; j > 0 && params[j].name < params[j-1].name; j-- {
			params[j], params[j-1] = params[j-1], params[j]
		}
	}
}

// sign is [Sign] for sorted parameters.
func sign(secret Secret, path string, params []param, contentType string, body []byte) string {
	revealed := secret.Reveal()
	size := 2*len(revealed) + len(path)
	for _, p := range params {
		size += len(p.name) + len(p.value)
	}
	// text is what stands before and after the body; the body is not copied.
	text := make([]byte, 0, size)
	text = append(text, revealed...)
	key := text
	text = append(text, path...)
	for _, p := range params {
		if p.name == "sign" || p.name == "access_token" {
			continue
		}
		text = append(text, p.name...)
		text = append(text, p.value...)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(text)
	if !isMultipart(contentType) {
		_, _ = mac.Write(body)
	}
	_, _ = mac.Write(key)
	var sum [2 * sha256.Size]byte
	hex.Encode(sum[:], mac.Sum(text[:0])) // which is no longer needed
	return string(sum[:])
}

// encodeParams makes the query that is sent.
func encodeParams(params []param) string {
	size := 0
	for _, p := range params {
		size += len(p.name) + len(p.value) + 16
	}
	b := make([]byte, 0, size)
	for _, p := range params {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(b, url.QueryEscape(p.name)...)
		b = append(b, '=')
		b = append(b, url.QueryEscape(p.value)...)
	}
	return string(b)
}

// isMultipart compares the media type alone: the header always carries a
// boundary, which made samples that compared it whole sign what they must not.
func isMultipart(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "multipart/form-data")
}
