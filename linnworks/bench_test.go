package linnworks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The same call with and without this package: no stock levels, and a page of two
// hundred, over a transport in memory. The difference is what the package costs.
func BenchmarkCall(b *testing.B) {
	type level struct {
		StockItemID GUID `json:"StockItemId"`
		SKU         string
		StockLevel  int
		Available   int
		UnitCost    Decimal
		UpdateDate  Time
	}
	page := "[" + strings.TrimSuffix(strings.Repeat(`{"StockItemId":"9a0e2c44-51f0-4b7e-8f43-0c6f2f1c3b11","SKU":"MUG-BLUE","StockLevel":12,"Available":9,"UnitCost":3.10,"UpdateDate":"2026-03-01T12:00:00Z"},`, 200), ",") + "]"
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/AuthorizeByApplication") {
			return respond(200, session(1, "https://eu-ext.linnworks.net")), nil
		}
		_, _ = io.Copy(io.Discard, r.Body)
		return respond(200, page), nil
	})
	type request struct{ StockItemIDs []GUID }
	req := &request{[]GUID{ZeroGUID}}

	full := page
	for _, want := range []int{0, 200} {
		b.Run(fmt.Sprintf("rows=%d", want), func(b *testing.B) {
			page = full
			if want == 0 {
				page = "[]"
			}
			b.Run("linnworks", func(b *testing.B) {
				c := newTestClient(b, rt)
				op := operation{name: "Stock.Levels", method: "POST", path: "/api/Stock/Levels", body: bodyWrapped, replay: replayRead}
				b.ReportAllocs()
				for b.Loop() {
					var out []level
					if err := c.call(b.Context(), op, nil, req, &out, nil); err != nil || len(out) != want {
						b.Fatal(len(out), err)
					}
				}
			})
			b.Run("bare", func(b *testing.B) {
				c := &http.Client{Transport: rt}
				b.ReportAllocs()
				for b.Loop() {
					body, err := json.Marshal(map[string]any{"request": req})
					if err != nil {
						b.Fatal(err)
					}
					r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://eu-ext.linnworks.net/api/Stock/Levels", bytes.NewReader(body))
					if err != nil {
						b.Fatal(err)
					}
					r.Header.Set("Authorization", testToken(1))
					r.Header.Set("Content-Type", "application/json")
					resp, err := c.Do(r)
					if err != nil {
						b.Fatal(err)
					}
					var out []level
					if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || len(out) != want {
						b.Fatal(len(out), err)
					}
					_ = resp.Body.Close()
				}
			})
		})
	}
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
			if unread, err := decode([]byte(body), &out, false); err != nil || len(unread) > 0 {
				b.Fatal(unread, err)
			}
			least[i] = min(least[i], time.Since(start))
		}
	}
	b.ReportMetric(float64(least[1])/float64(least[0]), "times-strict")
	b.ReportMetric(0, "ns/op")
}
