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
// sign and access_token left out. path is the URL path as sent. The body is
// taken byte for byte, unless contentType is multipart/form-data (with or
// without a boundary), whose bodies are not signed.
//
// https://partner.tiktokshop.com/docv2/page/sign-your-api-request
func Sign(secret Secret, path string, query url.Values, contentType string, body []byte) string {
	names := make([]string, 0, len(query))
	for name := range query {
		if name != "sign" && name != "access_token" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	mac := hmac.New(sha256.New, []byte(secret))
	write := func(s string) { _, _ = mac.Write([]byte(s)) }
	write(string(secret))
	write(path)
	for _, name := range names {
		write(name)
		write(query.Get(name))
	}
	if !isMultipart(contentType) {
		_, _ = mac.Write(body)
	}
	write(string(secret))
	return hex.EncodeToString(mac.Sum(nil))
}

// isMultipart compares the media type alone: the header always carries a
// boundary, which made samples that compared it whole sign what they must not.
func isMultipart(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "multipart/form-data")
}
