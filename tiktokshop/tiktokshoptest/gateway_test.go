package tiktokshoptest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// wantCode returns nil if err is TikTok's refusal with the code.
func wantCode(err error, want int) error {
	e, ok := errors.AsType[*tiktokshop.Error](err)
	if !ok || e.Code != want {
		return fmt.Errorf("want code %d, got: %w", want, err)
	}
	if e.RequestID == "" {
		return fmt.Errorf("no request id in %w", err)
	}
	return nil
}

// raw is a hand-made request, correct until a test breaks it.
type raw struct {
	method, path, contentType, token, body string
	query                                  url.Values
	sign                                   func(string) string
}

func orderSearch(f *tiktokshoptest.Fake) *raw {
	return &raw{
		method: "POST", path: "/order/202309/orders/search", contentType: "application/json", body: "{}",
		token: f.Token().AccessToken.Reveal(),
		query: url.Values{
			"app_key": {f.App().Key}, "shop_cipher": {f.Shop().Cipher}, "page_size": {"10"},
			"timestamp": {strconv.FormatInt(time.Now().Unix(), 10)},
		},
	}
}

// do signs r with code of its own and returns the reply.
func (r *raw) do(t *testing.T, f *tiktokshoptest.Fake) *http.Response {
	t.Helper()
	secret, text := f.App().Secret.Reveal(), r.path
	for _, name := range slices.Sorted(maps.Keys(r.query)) {
		text += name + r.query.Get(name)
	}
	if !strings.HasPrefix(r.contentType, "multipart/form-data") {
		text += r.body
	}
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(secret + text + secret))
	q := maps.Clone(r.query)
	sign := hex.EncodeToString(h.Sum(nil))
	if r.sign != nil {
		sign = r.sign(sign)
	}
	if sign != "" {
		q.Set("sign", sign)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, "https://api.example.com"+r.path+"?"+q.Encode(), strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", r.contentType)
	req.Header.Set("x-tts-access-token", r.token)
	resp, err := f.RoundTripper().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// text returns the body of the reply.
func (r *raw) text(t *testing.T, f *tiktokshoptest.Fake) string {
	t.Helper()
	body, err := io.ReadAll(r.do(t, f).Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// send returns what the envelope of the reply says.
func (r *raw) send(t *testing.T, f *tiktokshoptest.Fake) (status, code int, message string) {
	t.Helper()
	resp := r.do(t, f)
	var e struct {
		Code      *int
		Message   string
		RequestID string `json:"request_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || e.Code == nil || e.RequestID == "" {
		t.Fatalf("reply %+v is no envelope with a request id: %v", e, err)
	}
	return resp.StatusCode, *e.Code, e.Message
}

func TestGatewayRefusesWhatTikTokRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*raw)
		status  int
		code    int
		message string
	}{
		{"nothing wrong", func(*raw) {}, 200, 0, "Success"},
		{"foreign app key", func(r *raw) { r.query.Set("app_key", "other") }, 400, 36009004, "app_key"},
		{"no signature", func(r *raw) { r.sign = func(string) string { return "" } }, 400, 36009004, "signature"},
		{"upper-case signature", func(r *raw) { r.sign = strings.ToUpper }, 401, 106001, ""},
		{"body changed after signing", func(r *raw) {
			signed := r.body
			r.sign = func(s string) string { r.body = signed + " "; return s }
		}, 401, 106001, ""},
		{"5 minutes old", func(r *raw) { r.age(5 * time.Minute) }, 200, 0, ""},
		{"older than 5 minutes", func(r *raw) { r.age(5*time.Minute + time.Second) }, 400, 36009004, "timestamp"},
		{"30 seconds ahead", func(r *raw) { r.age(-30 * time.Second) }, 200, 0, ""},
		{"31 seconds ahead", func(r *raw) { r.age(-31 * time.Second) }, 400, 36009004, "timestamp"},
		{"timestamp in milliseconds", func(r *raw) { r.query.Set("timestamp", r.query.Get("timestamp")+"000") }, 400, 36009004, "timestamp"},
		{"negative timestamp", func(r *raw) { r.query.Set("timestamp", "-1") }, 400, 36009004, "timestamp"},
		{"unknown token", func(r *raw) { r.token = "ROW_other" }, 401, 36009004, "access-token"},
		{"cipher of another shop", func(r *raw) { r.query.Set("shop_cipher", "ROW_other") }, 401, 101000, ""},
		{"no cipher", func(r *raw) { r.query.Del("shop_cipher") }, 400, 106013, ""},
		{"cipher where none is taken", func(r *raw) { r.method, r.path, r.body = "GET", "/authorization/202309/shops", "" }, 400, 36009004, "unexpected identifier"},
		{"unknown path", func(r *raw) { r.path = "/order/203001/orders/search" }, 404, 36009009, ""},
		{"unknown method", func(r *raw) { r.method = "PUT" }, 405, 36009010, ""},
		{"content type", func(r *raw) { r.contentType = "text/plain" }, 400, 36009022, ""},
		{"content type with charset", func(r *raw) { r.contentType = "application/json; charset=utf-8" }, 200, 0, ""},
		{"multipart, whose body is not signed", func(r *raw) { r.contentType = "multipart/form-data; boundary=b" }, 400, 36009022, ""},
		{"body that is not JSON", func(r *raw) { r.body = "{" }, 400, 36009023, ""},
		{"field of the wrong type", func(r *raw) { r.body = `{"order_status":7}` }, 400, 36009004, "param"},
		{"no page size", func(r *raw) { r.query.Del("page_size") }, 400, 36009004, "page_size"},
		{"page size 0", func(r *raw) { r.query.Set("page_size", "0") }, 400, 36009004, "page_size"},
		{"page size 101", func(r *raw) { r.query.Set("page_size", "101") }, 400, 36009004, "page_size"},
		{"made-up page token", func(r *raw) { r.query.Set("page_token", "abc") }, 400, 36009004, "page_token"},
		{"unknown sort field", func(r *raw) { r.query.Set("sort_field", "price") }, 400, 36009004, "sort_field"},
		{"no body at all", func(r *raw) { r.body = "" }, 200, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := tiktokshoptest.New()
				r := orderSearch(f)
				test.change(r)
				status, code, message := r.send(t, f)
				if status != test.status || code != test.code || !strings.Contains(message, test.message) {
					t.Errorf("got %d, code %d, %q; want %d, code %d, %q", status, code, message, test.status, test.code, test.message)
				}
			})
		})
	}
}

// TestOperationsThatTheFakeLacks checks that the fake says what it lacks, and
// that paths which TikTok Shop does not have are answered as TikTok Shop does.
func TestOperationsThatTheFakeLacks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		for _, test := range []struct {
			method, path string
			lacks        string
			status, code int
		}{
			{"GET", "/product/202309/brands", "Product.GetBrands", 501, 36009009},
			{"POST", "/product/202309/products/search", "Product.SearchProductsV202309", 501, 36009009},
			{"PUT", "/product/202309/products/12", "Product.EditProductV202309", 501, 36009009},
			{"POST", "/return_refund/202603/aftersales/search", "ReturnRefund.SearchAftersalesRequest", 501, 36009009},
			{"GET", "/finance/202309/payments", "", 400, 36009014}, // retired
			{"DELETE", "/product/202309/brands", "", 404, 36009009},
			{"GET", "/product/202309/prices", "", 404, 36009009},
			{"PATCH", "/product/202309/products/12", "", 405, 36009010},
			{"GET", "/", "", 404, 36009009},
			{"GET", "", "", 404, 36009009},
		} {
			r := orderSearch(f)
			r.method, r.path, r.body = test.method, test.path, ""
			status, code, message := r.send(t, f)
			if status != test.status || code != test.code || strings.Contains(message, "does not support") != (test.lacks != "") || !strings.Contains(message, test.lacks) {
				t.Errorf("%s %s: got %d, code %d, %q; want %d, code %d, naming %q", test.method, test.path, status, code, message, test.status, test.code, test.lacks)
			}
			if got := f.Calls(); got[len(got)-1].Operation != test.lacks {
				t.Errorf("%s %s: recorded as %q, want %q", test.method, test.path, got[len(got)-1].Operation, test.lacks)
			}
		}
		client, err := f.Client()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = client.Product.GetBrands(t.Context(), &tiktokshop.GetBrandsRequest{PageSize: 10})
		if e, ok := errors.AsType[*tiktokshop.Error](err); !ok || e.Class != tiktokshop.ClassRequest || !strings.Contains(e.Message, "tiktokshoptest does not support Product.GetBrands") || time.Since(start) != 0 {
			t.Errorf("got %v after %s, want a refusal at once", err, time.Since(start))
		}
	})
}

func (r *raw) age(d time.Duration) {
	r.query.Set("timestamp", strconv.FormatInt(time.Now().Add(-d).Unix(), 10))
}

func TestAClockThatRunsFastFailsEveryCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		skewed := tiktokshoptest.New(tiktokshoptest.WithClock(func() time.Time { return time.Now().Add(-31 * time.Second) }))
		c, err := skewed.Client()
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Logistics.GetWarehouseList(t.Context(), nil, tiktokshop.NoRepeat()) // the second has the right time
		if err := wantCode(err, 36009004); err != nil {
			t.Error(err)
		}
	})
}

func TestSimulatedTimeWithAClientInRealTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		now := time.Now().Add(90 * 24 * time.Hour)
		f := tiktokshoptest.New(tiktokshoptest.WithClock(func() time.Time { return now }), tiktokshoptest.WithStampClock(time.Now))
		c, err := f.Client()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err = c.Logistics.GetWarehouseList(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if calls := f.Calls(); !calls[len(calls)-1].Time.Equal(now) {
				t.Errorf("recorded at %v, want %v", calls[len(calls)-1].Time, now)
			}
			now = now.Add(time.Hour)
		}
	})
}

func TestAllOfItWorksOverARealListener(t *testing.T) {
	t.Parallel()
	f := tiktokshoptest.New()
	server := httptest.NewServer(f)
	defer server.Close()
	c, err := f.Client(tiktokshop.WithHTTPClient(server.Client()), tiktokshop.WithBaseURL(server.URL), tiktokshop.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Authorization.GetAuthorizedShops(t.Context(), nil)
	if err != nil || len(out.Shops) != 1 || out.Shops[0] != f.Shop() {
		t.Errorf("got %+v, %v", out, err)
	}
	f.Fail(tiktokshoptest.On("Order.GetOrderList"), 1, tiktokshoptest.Fault{Drop: true})
	_, err = c.Order.GetOrderList(t.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1})
	if !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want a connection that ended", err)
	}
}

func TestConcurrentCallsAreSafe(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	done := make(chan error)
	for range 8 {
		go func() {
			id, err := l.PlaceOrder(mugs(1))
			if err == nil {
				_, err = l.client.Order.GetOrderDetail(t.Context(), &tiktokshop.GetOrderDetailRequest{IDs: []string{id}})
			}
			done <- err
		}()
	}
	for range 8 {
		l.ok(<-done)
	}
	l.stock(mug, north, 2, 8)
}
