package tiktokshoptest

import (
	"net/url"
	"testing"
)

// The digests were computed by programs of other authors; the first is printed
// in TikTok's documentation.
func TestSignatureOfKnownRequests(t *testing.T) {
	t.Parallel()
	const secret, cipher = "test_app_secret_1", "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3"
	query := func(pairs ...string) url.Values {
		q := url.Values{"app_key": {"6abc123def456"}, "timestamp": {"1767225600"}}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return q
	}
	for _, test := range []struct {
		name, secret, path, contentType, body, want string
		query                                       url.Values
	}{
		{
			name: "documented", secret: "e59af819cc", path: "/authorization/202309/shops",
			query: url.Values{"app_key": {"29a39d"}, "timestamp": {"1623812664"}},
			want:  "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
		},
		{
			name: "sign and access_token left out", path: "/product/202309/products/1729592969712207008/inventory/update",
			query: query("shop_cipher", cipher, "sign", "IGNORED", "access_token", "IGNORED"),
			body:  `{"skus":[{"id":"1729592969712207012","inventory":[{"warehouse_id":"7068517275539719942","quantity":999}]}]}`,
			want:  "4a9fd6bfef75758d34c62d0aaf4e236dc135f1247bab1f872d37370b3a2dc380",
		},
		{
			name: "list in the query", path: "/order/202507/orders",
			query: query("shop_cipher", cipher, "ids", "576461413038785752,576461413038785753"),
			want:  "0cd4622fc7d33f09f5e3a6e50d405a3c42e2ca728e6c3ebce47f39f0d6308d15",
		},
		{
			name: "page token", path: "/order/202309/orders/search",
			query: query("shop_cipher", cipher, "page_size", "100", "sort_field", "update_time", "sort_order", "ASC",
				"page_token", "6AsPQsUMvH3RkchNUPPh22NROHkE0D8pmq/N5M1kHYcZmtRyv9aVrNv65W7Q6tFA+7D1ud64MPNz5OaT=="),
			body: `{"update_time_ge":1767139200,"update_time_lt":1767225600}`,
			want: "263f900dc440fbae7e5dbb0cc7daf19ec8d257eb46886e0a0742e20597236f94",
		},
		{
			name: "text beyond ASCII", path: "/return_refund/202309/cancellations/4035319218955782461/reject",
			query: query("shop_cipher", cipher, "idempotency_key", "b6f0c1f2-9e0e-4a58-8a0b-0c9a0f9d3c11"),
			body:  `{"reject_reason":"seller_reject_apply_product_has_been_packed","comment":"Größe – ✓ 日本 <a&b>"}`,
			want:  "0df1ac363baee3bd05355cfdd8015c8a7615b4ad6dde00abf50fb018cf74d61f",
		},
		{
			name: "multipart", path: "/product/202309/images/upload", contentType: "multipart/form-data; boundary=b",
			query: query(), body: "anything",
			want: "2f8ce6f13af66b299515bb7ee4394d9afb3af4469fe82dacaa3fa38db6335f28",
		},
		{
			name: "empty object", path: "/return_refund/202309/cancellations/4035319218955782461/approve",
			query: query("shop_cipher", cipher), body: "{}",
			want: "55ca50c2bc3d563cd2bfcdd3d099064a39ecb48f015e4178018efe271c9c5cf1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.secret == "" {
				test.secret = secret
			}
			if test.contentType == "" {
				test.contentType = "application/json"
			}
			if got := signature(test.secret, test.path, test.query, test.contentType, []byte(test.body)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
