package tiktokshop

import (
	"bytes"
	"maps"
	"net/url"
	"strings"
	"testing"
)

// The vectors were computed with three independent programs; the first is
// printed on the official page.
func TestSignVectors(t *testing.T) {
	const (
		secret = "test_app_secret_1"
		cipher = "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3"
		cancel = "/return_refund/202309/cancellations/4035319218955782461/"
	)
	with := func(extra url.Values) url.Values {
		q := url.Values{"app_key": {"6abc123def456"}, "timestamp": {"1767225600"}, "shop_cipher": {cipher}}
		maps.Copy(q, extra)
		return q
	}
	for _, v := range []struct {
		name, secret, path string
		query              url.Values
		contentType, body  string
		want               string
	}{
		{
			"V1 without body", "e59af819cc", "/authorization/202309/shops",
			url.Values{"app_key": {"29a39d"}, "timestamp": {"1623812664"}}, "", "",
			"b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
		},
		{
			"V2 with body", "e59af819cc", "/event/202309/webhooks",
			url.Values{"app_key": {"68xu9ks5p4i8"}, "shop_cipher": {"ROW_xkMbgAAAeVAQra0eZWebFQq5aIKt"}, "timestamp": {"1696909648"}},
			"application/json", `{"address":"https://partner.tiktokshop.com","event_type":"PACKAGE_UPDATE"}`,
			"a75b9c8cd57140cab6dc95bf31c37bd6ffface74210768b6517c0ff81659b0ba",
		},
		{
			"V3 leaves out sign and access_token", secret, "/product/202309/products/1729592969712207008/inventory/update",
			with(url.Values{"sign": {"IGNORED"}, "access_token": {"IGNORED"}}), "application/json",
			`{"skus":[{"id":"1729592969712207012","inventory":[{"warehouse_id":"7068517275539719942","quantity":999}]}]}`,
			"4a9fd6bfef75758d34c62d0aaf4e236dc135f1247bab1f872d37370b3a2dc380",
		},
		{
			"V4 joined list", secret, "/order/202507/orders",
			with(url.Values{"ids": {"576461413038785752,576461413038785753"}}), "application/json", "",
			"0cd4622fc7d33f09f5e3a6e50d405a3c42e2ca728e6c3ebce47f39f0d6308d15",
		},
		{
			"V5 decoded values", secret, "/order/202309/orders/search",
			with(url.Values{
				"page_size": {"100"}, "sort_field": {"update_time"}, "sort_order": {"ASC"},
				"page_token": {"6AsPQsUMvH3RkchNUPPh22NROHkE0D8pmq/N5M1kHYcZmtRyv9aVrNv65W7Q6tFA+7D1ud64MPNz5OaT=="},
			}), "application/json", `{"update_time_ge":1767139200,"update_time_lt":1767225600}`,
			"263f900dc440fbae7e5dbb0cc7daf19ec8d257eb46886e0a0742e20597236f94",
		},
		{
			"V6 unicode", secret, cancel + "reject",
			with(url.Values{"idempotency_key": {"b6f0c1f2-9e0e-4a58-8a0b-0c9a0f9d3c11"}}), "application/json",
			`{"reject_reason":"seller_reject_apply_product_has_been_packed","comment":"Größe – ✓ 日本 <a&b>"}`,
			"0df1ac363baee3bd05355cfdd8015c8a7615b4ad6dde00abf50fb018cf74d61f",
		},
		{
			"V7 multipart", secret, "/product/202309/images/upload",
			url.Values{"app_key": {"6abc123def456"}, "timestamp": {"1767225600"}}, "multipart/form-data; boundary=b", "--b--",
			"2f8ce6f13af66b299515bb7ee4394d9afb3af4469fe82dacaa3fa38db6335f28",
		},
		{
			"V8a empty object", secret, cancel + "approve", with(nil), "application/json", `{}`,
			"55ca50c2bc3d563cd2bfcdd3d099064a39ecb48f015e4178018efe271c9c5cf1",
		},
		{
			"V8b no body", secret, cancel + "approve", with(nil), "application/json", "",
			"4096ea8f4e8c3d1229236af5f9ad086d16204867d0e0660bcdc26def71b33ba3",
		},
		{
			"V9 short", "app_secret", "/test-api", url.Values{"foo": {"bar"}}, "", "",
			"d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			if got := Sign(NewSecret(v.secret), v.path, v.query, v.contentType, []byte(v.body)); got != v.want {
				t.Errorf("Sign = %s, want %s", got, v.want)
			}
			if got := slowSign(v.secret, v.path, v.query, v.contentType, []byte(v.body)); got != v.want {
				t.Errorf("the reference = %s, want %s", got, v.want)
			}
		})
	}
}

func TestSignMediaType(t *testing.T) {
	plain := Sign(NewSecret("secret"), "/p", nil, "", nil)
	for contentType, signed := range map[string]bool{
		"multipart/form-data":                  false,
		"Multipart/Form-Data ;boundary=x":      false,
		"application/json":                     true,
		"":                                     true,
		"multipart/form-data-ish":              true,
		"text/plain; note=multipart/form-data": true,
	} {
		if got := Sign(NewSecret("secret"), "/p", nil, contentType, []byte("body")) != plain; got != signed {
			t.Errorf("%q: body signed: %t, want %t", contentType, got, signed)
		}
	}
}

// What is signed must be what url.Values.Encode sends: nothing for a name
// without values, the first of several for the server that reads the first.
func TestSignOddQueries(t *testing.T) {
	want := Sign(NewSecret("secret"), "/p", url.Values{"a": {"1"}}, "", nil)
	if got := Sign(NewSecret("secret"), "/p", url.Values{"a": {"1"}, "b": {}}, "", nil); got != want {
		t.Error("a name without values was signed")
	}
	if got := Sign(NewSecret("secret"), "/p", url.Values{"a": {"1", "2"}}, "", nil); got != want {
		t.Error("another value than the first was signed")
	}
	if got := Sign(NewSecret("secret"), "/p", url.Values{"a": {"1"}, "b": {""}}, "", nil); got == want {
		t.Error("an empty value was left out although its name is sent")
	}
}

// The values are signed as they are, and escaped to be sent: the server of the
// tests signs what it decodes.
func TestSignatureOfOddValues(t *testing.T) {
	c, s := setup(t, []answer{ok(`{}`)})
	for _, v := range []string{"a b", "a+b", "é", "日本", "100%", "%2B", "a&b=c", "\x00", "😉", "aDV5+MHI/y==", ""} {
		if err := c.Call(t.Context(), "POST", "/x/202309/y", url.Values{"page_token": {v}, "Z": {"1"}, "a": {"2"}}, map[string]string{"t": v + "<>&\u2028"}, nil); err != nil {
			t.Errorf("%q: %v", v, err)
		}
		sent := s.requests()
		if got := sent[len(sent)-1].query.Get("page_token"); got != v {
			t.Errorf("%q arrives as %q", v, got)
		}
	}
}

// Which of several values TikTok signs is not documented, so a call sends none of
// that kind.
func TestCallRepeatedParameter(t *testing.T) {
	t.Parallel()
	c, s := setup(t, []answer{ok(`{}`)})
	err := c.Call(t.Context(), "GET", "/order/209901/x", url.Values{"ids": {"1", "2"}}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "the query parameter ids stands 2 times: give a list as one value") {
		t.Errorf("got %v", err)
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	if err := c.Call(t.Context(), "GET", "/order/209901/x", url.Values{"ids": {"1,2"}, "none": {}}, nil, nil); err != nil {
		t.Error(err)
	}
	if got := s.requests()[0].query.Get("ids"); got != "1,2" {
		t.Errorf("sent %q, want 1,2", got)
	}
}

func FuzzSign(f *testing.F) {
	f.Add("secret", "/order/202309/orders/search", "app_key=k&timestamp=1&a=b%2Bc", "application/json", []byte(`{"a":1}`))
	f.Add("", "", "sign=x&access_token=y", "multipart/form-data; boundary=b", []byte("--b--"))
	f.Add(strings.Repeat("k", 65), "/p", "b=2&a=1&A=0&_=3", "", []byte{0, 255})
	f.Fuzz(func(t *testing.T, secret, path, rawQuery, contentType string, body []byte) {
		query, err := url.ParseQuery(rawQuery)
		if err != nil {
			t.Skip("no query")
		}
		got := Sign(NewSecret(secret), path, query, contentType, body)
		if want := slowSign(secret, path, query, contentType, body); isMultipart(contentType) == strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "multipart/form-data") && got != want {
			t.Fatalf("Sign = %s, the reference says %s", got, want)
		}
		// Another order of the parameters is the same request.
		parts := strings.Split(query.Encode(), "&")
		for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
			parts[i], parts[j] = parts[j], parts[i]
		}
		reversed, err := url.ParseQuery(strings.Join(parts, "&"))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range query { // repeated names keep their own order
			if len(values) > 1 {
				reversed[name] = values
			}
		}
		if again := Sign(NewSecret(secret), path, reversed, contentType, body); again != got {
			t.Fatal("the signature depends on the order of the parameters")
		}
		for i := range min(len(body), 64) {
			changed := bytes.Clone(body)
			changed[i] ^= 1
			if same := Sign(NewSecret(secret), path, query, contentType, changed) == got; same != isMultipart(contentType) {
				t.Fatalf("byte %d of the body: same signature: %t", i, same)
			}
		}
	})
}
