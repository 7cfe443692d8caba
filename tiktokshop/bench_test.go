package tiktokshop

import (
	"bytes"
	"context"
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

	"github.com/linnbridge/linnbridge/internal/beside"
)

// page is a reply with n orders.
func page(n int) []byte {
	const order = `{"id":"576461413038785752","status":"AWAITING_SHIPMENT","create_time":1619611561,"update_time":1619621355,"shipping_type":"TIKTOK","buyer_email":"x@scs.tiktok.com","payment":{"currency":"GBP","sub_total":"50.00","total_amount":"53.00","shipping_fee":"3.00","tax":"0"},"recipient_address":{"full_address":"1 High St, London","name":"A B","phone_number":"(+44)7700900000","postal_code":"N1 1AA","region_code":"GB"},"line_items":[{"id":"577086512123755123","sku_id":"1729582718312380123","product_id":"1729582718312380555","product_name":"Women's Winter Crochet Clothes","seller_sku":"red_iphone_256","sale_price":"50.00","original_price":"60.00","currency":"GBP","package_id":"1153132168123859123","display_status":"AWAITING_SHIPMENT"}]}`
	return fmt.Appendf(nil, `{"code":0,"message":"Success","request_id":"202203070749000101890810281E8C70B7","data":{"next_page_token":"","total_count":%d,"orders":[%s]}}`,
		n, strings.TrimSuffix(strings.Repeat(order+",", n), ","))
}

type fromMemory []byte

func (m fromMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader(m)), ContentLength: int64(len(m)),
	}, nil
}

// bareList is what somebody writes by hand: sign, send, one json.Unmarshal into
// the same structs.
func bareList(c *http.Client, base string, req *GetOrderListRequest) error {
	body, err := json.Marshal(req)
	if err != nil {
		return err
	}
	q := url.Values{
		"app_key": {testApp.Key}, "timestamp": {strconv.FormatInt(time.Now().Unix(), 10)},
		"shop_cipher": {testShop.Cipher}, "page_size": {strconv.Itoa(req.PageSize)},
	}
	secret := testApp.Secret.Reveal()
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, secret+"/order/202309/orders/search")
	for _, k := range slices.Sorted(maps.Keys(q)) {
		_, _ = io.WriteString(mac, k+q.Get(k))
	}
	_, _ = mac.Write(body)
	_, _ = io.WriteString(mac, secret)
	q.Set("sign", hex.EncodeToString(mac.Sum(nil)))
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+"/order/202309/orders/search?"+q.Encode(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Tts-Access-Token", testAccess)
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return err
	}
	var reply struct {
		Code int
		Data GetOrderListResponse
	}
	if err := json.Unmarshal(raw, &reply); err != nil {
		return err
	}
	if reply.Code != 0 || len(reply.Data.Orders) != reply.Data.TotalCount {
		return errors.New("not what was sent")
	}
	return nil
}

// A call beside signed net/http, without a server and over the loopback. It was
// 1.31 and 1.23 times as slow with a reply of 1 kB, and 1.00 to 1.06 with one of
// 40 kB, where the collector makes single runs differ by a third; on another
// machine 1.25 and 1.13.
func BenchmarkCall(b *testing.B) {
	for name, n := range map[string]int{"1kB": 1, "40kB": 50} {
		body := page(n)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}))
		defer server.Close()
		for where, to := range map[string]struct {
			base string
			rt   http.RoundTripper
		}{
			"memory":   {"https://open-api.tiktokglobalshop.com", fromMemory(body)},
			"loopback": {server.URL, &http.Transport{}},
		} {
			b.Run(where+"/"+name, func(b *testing.B) {
				c, _ := setup(b, nil, WithHTTPClient(&http.Client{Transport: to.rt}), WithBaseURL(to.base),
					WithLimiter(NewLimiter(Limits{Reads: 1e9, Writes: 1e9, Burst: 1 << 20})))
				req := &GetOrderListRequest{PageSize: 50}
				bare := &http.Client{Transport: to.rt}
				beside.Compare(b, func() error { return bareList(bare, to.base, req) }, func() error {
					_, err := c.Order.GetOrderList(b.Context(), req)
					return err
				})
			})
		}
	}
}

// The second reading, where one scalar of many is of another kind, beside the
// first alone.
func BenchmarkOddScalar(b *testing.B) {
	good := page(860)
	odd := bytes.Replace(good, []byte(`"seller_sku":"red_iphone_256"`), []byte(`"seller_sku":256`), 1)
	read := func(body []byte) func() error {
		c, _ := setup(b, nil, WithHTTPClient(&http.Client{Transport: fromMemory(body)}), WithLimiter(NewLimiter(Limits{Reads: 1e9, Writes: 1e9, Burst: 1 << 20})))
		return func() error {
			_, err := c.Order.GetOrderList(b.Context(), &GetOrderListRequest{PageSize: 50})
			return err
		}
	}
	beside.Compare(b, read(good), read(odd))
}

// The signature beside bare HMAC: 1.16 times with a body of 200 bytes, 1.01 with one
// of 20 kB.
func BenchmarkSign(b *testing.B) {
	q := url.Values{"app_key": {"6abc123def456"}, "timestamp": {"1767225600"}, "shop_cipher": {"GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3"}, "page_size": {"50"}}
	const text = "/order/202309/orders/searchapp_key6abc123def456page_size50shop_cipherGCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3timestamp1767225600"
	key := []byte(testApp.Secret.Reveal())
	for _, n := range []int{200, 20000} {
		body := bytes.Repeat([]byte("x"), n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			beside.Compare(b, func() error {
				m := hmac.New(sha256.New, key)
				_, _ = m.Write(key)
				_, _ = io.WriteString(m, text)
				_, _ = m.Write(body)
				_, _ = m.Write(key)
				_ = hex.EncodeToString(m.Sum(nil))
				return nil
			}, func() error {
				_ = Sign(testApp.Secret, "/order/202309/orders/search", q, "application/json", body)
				return nil
			})
		})
	}
}

// The receiver beside a handler of a few lines with the same decoding, without what
// makes and signs the deliveries: 1.24 to 1.27 times.
func BenchmarkWebhook(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		m := hmac.New(sha256.New, []byte(testApp.Secret.Reveal()))
		_, _ = io.WriteString(m, testApp.Key)
		_, _ = m.Write(body)
		var e struct {
			Type      int             `json:"type"`
			ID        string          `json:"tts_notification_id"`
			ShopID    string          `json:"shop_id"`
			Timestamp int64           `json:"timestamp"`
			Data      json.RawMessage `json:"data"`
		}
		var d OrderStatusChange
		if err != nil || !hmac.Equal([]byte(hex.EncodeToString(m.Sum(nil))), []byte(r.Header.Get("Authorization"))) ||
			json.Unmarshal(body, &e) != nil || json.Unmarshal(e.Data, &d) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	h, err := NewWebhookHandler(testApp, func(context.Context, *WebhookEvent) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	const batch = 20
	n := 0
	least := [2]time.Duration{1 << 62, 1 << 62}
	for b.Loop() {
		for i, handler := range []http.Handler{bare, h} {
			var requests [batch]*http.Request
			var answers [batch]*httptest.ResponseRecorder
			for j := range batch {
				n++
				body := fmt.Appendf(nil, `{"type":1,"tts_notification_id":"73270%d","shop_id":"7494049642642441621","timestamp":%d,"data":{"order_id":"576486316948490001","order_status":"UNPAID","is_on_hold_order":false,"update_time":1627587600}}`, n, time.Now().Unix())
				requests[j], answers[j] = httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)), httptest.NewRecorder()
				requests[j].Header.Set("Authorization", SignWebhook(testApp, body))
			}
			start := time.Now()
			for j := range batch {
				handler.ServeHTTP(answers[j], requests[j])
			}
			least[i] = min(least[i], time.Since(start)/batch)
			for _, w := range answers {
				if w.Code != http.StatusOK {
					b.Fatalf("status %d", w.Code)
				}
			}
		}
	}
	beside.Report(b, least[0], least[1])
}
