package tiktokshop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
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
	var room [16]string // enough for nearly every query, without an allocation
	names := room[:0]
	size := 2*len(secret) + len(path)
	for name, values := range query {
		if name == "sign" || name == "access_token" || len(values) == 0 {
			continue
		}
		names = append(names, name)
		size += len(name) + len(values[0])
	}
	slices.Sort(names)

	// text is what stands before and after the body; the body is not copied.
	text := make([]byte, 0, size)
	text = append(text, secret...)
	key := text
	text = append(text, path...)
	for _, name := range names {
		text = append(text, name...)
		text = append(text, query[name][0]...)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(text)
	if !isMultipart(contentType) {
		_, _ = mac.Write(body)
	}
	_, _ = mac.Write(key)
	var sum [sha256.Size]byte
	return hex.EncodeToString(mac.Sum(sum[:0]))
}

// isMultipart compares the media type alone: the header always carries a
// boundary, which made samples that compared it whole sign what they must not.
func isMultipart(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "multipart/form-data")
}
