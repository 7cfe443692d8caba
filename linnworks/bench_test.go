package linnworks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/internal/beside"
)

// orderPage is a reply with n orders, of about 1 kB each.
func orderPage(n int) []byte {
	const order = `{"OrderId":"9a0e2c44-51f0-4b7e-8f43-0c6f2f1c3b11","NumOrderId":100017,"Processed":false,"GeneralInfo":{"Status":1,"ReferenceNum":"576461413038785752","Source":"TIKTOK","SubSource":"UK","ReceivedDate":"2026-03-01T12:00:00Z","HoldOrCancel":false,"NumItems":1},"ShippingInfo":{"PostalServiceName":"Royal Mail 48","Vendor":"Royal Mail","TotalWeight":0.35,"PostageCost":3.00,"TrackingNumber":""},"CustomerInfo":{"ChannelBuyerName":"ab","Address":{"FullName":"A B","Address1":"1 High St","Town":"London","PostCode":"N1 1AA","Country":"United Kingdom","PhoneNumber":"07700900000"}},"TotalsInfo":{"Subtotal":44.17,"PostageCost":3.00,"Tax":8.83,"TotalCharge":53.00,"Currency":"GBP"},"Items":[{"ItemId":"5c1d9a52-7d7a-4a52-9a3e-1d0f31f0a001","ItemNumber":"577086512123755123","SKU":"MUG-BLUE","Title":"Mug, blue","Quantity":1,"PricePerUnit":50.00,"TaxRate":20,"CostIncTax":50.00,"StockItemId":"0b7a1b55-3e3c-4f8e-9be3-24a3c1b8f111"}]}`
	return []byte("[" + strings.TrimSuffix(strings.Repeat(order+",", n), ",") + "]")
}

// A call beside net/http and one json.Unmarshal into the same structs, without a
// server and over the loopback. It was 1.17 and 1.10 times as slow with a reply of
// 1 kB, and 0.95 to 1.07 with one of 40 kB, where the collector makes single runs
// differ by a third.
func BenchmarkCall(b *testing.B) {
	for name, n := range map[string]int{"1kB": 1, "40kB": 40} {
		body := orderPage(n)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}))
		defer server.Close()
		memory := roundTrip(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
			}, nil
		})
		for where, to := range map[string]struct {
			base string
			rt   http.RoundTripper
		}{
			"memory":   {"https://eu-ext.linnworks.net", memory},
			"loopback": {server.URL, &http.Transport{}},
		} {
			b.Run(where+"/"+name, func(b *testing.B) {
				signIn := roundTrip(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/AuthorizeByApplication") {
						return respond(http.StatusOK, session(1, to.base)), nil
					}
					return to.rt.RoundTrip(r)
				})
				c := newTestClient(b, signIn, WithServerURL(to.base))
				req := &GetOrdersByIDRequest{OrderIDs: []GUID{ZeroGUID}}
				bare := &http.Client{Transport: to.rt}
				beside.Compare(b, func() error {
					orders, err := bareOrders(b.Context(), bare, to.base, req)
					return count(n, orders, err)
				}, func() error {
					orders, err := c.Orders.GetOrdersByID(b.Context(), req)
					return count(n, orders, err)
				})
			})
		}
	}
}

func count(want int, orders []OrderDetails, err error) error {
	if err == nil && len(orders) != want {
		err = fmt.Errorf("%d orders, want %d", len(orders), want)
	}
	return err
}

// bareOrders is what somebody writes by hand.
func bareOrders(ctx context.Context, c *http.Client, base string, req *GetOrdersByIDRequest) ([]OrderDetails, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/Orders/GetOrdersById", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", testToken(1))
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var orders []OrderDetails
	return orders, json.Unmarshal(raw, &orders)
}

// A reply in which one scalar of many is of another kind, beside the same without.
// The metric is its time in times of the other's.
func BenchmarkOddScalar(b *testing.B) {
	const row = `{"OrderId":"a0000000-0000-4000-8000-000000000001","NumOrderId":7,"Processed":false,"GeneralInfo":{"Status":1,"ReferenceNum":"x"}},`
	good := "[" + strings.TrimSuffix(strings.Repeat(row, 634_000/len(row)), ",") + "]"
	odd := strings.Replace(good, `"NumOrderId":7`, `"NumOrderId":"7"`, 1)
	least := [2]time.Duration{1 << 62, 1 << 62}
	for b.Loop() {
		for i, body := range []string{good, odd} {
			start := time.Now()
			var out []OrderDetails
			if unread, err := decode([]byte(body), &out, operation{}); err != nil || len(unread) > 0 {
				b.Fatal(unread, err)
			}
			least[i] = min(least[i], time.Since(start))
		}
	}
	b.ReportMetric(float64(least[1])/float64(least[0]), "times-strict")
	b.ReportMetric(0, "ns/op")
}
