package linnworks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// warehouse is a tiny Linnworks for the examples: it answers by path, in memory.
type warehouse map[string]string

func (w warehouse) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, ok := w[r.URL.Path]
	status := http.StatusOK
	switch {
	case r.URL.Path == "/api/Auth/AuthorizeByApplication" && !ok:
		reply = `{"Token":"11111111-2222-4333-8444-555555555555","Server":"https://eu-ext.linnworks.net","Status":{"State":"AVAILABLE"}}`
	case !ok:
		status, reply = http.StatusBadRequest, `{"Code":"-","Message":"No item found for the following SKUs: MUG-BLUE"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(reply))}, nil
}

func newClient(w warehouse, opts ...linnworks.Option) *linnworks.Client {
	client, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID:     "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
		ApplicationSecret: linnworks.NewSecret("bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"),
		Token:             linnworks.NewSecret("cccccccc-dddd-4eee-8fff-000000000000"),
	}, append(opts, linnworks.WithHTTPClient(&http.Client{Transport: w}))...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func Example() {
	client := newClient(warehouse{"/api/Inventory/GetStockLocations": `[
		{"StockLocationId":"00000000-0000-0000-0000-000000000000","LocationName":"Default"},
		{"StockLocationId":"9a0e2c44-51f0-4b7e-8f43-0c6f2f1c3b11","LocationName":"Leeds"}]`})

	locations, err := client.Inventory.GetStockLocations(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range locations {
		fmt.Println(l.LocationName, l.StockLocationID == linnworks.ZeroGUID)
	}
	// Output:
	// Default true
	// Leeds false
}

func ExampleNewClient() {
	_, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID:     "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
		ApplicationSecret: linnworks.NewSecret("bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"),
		Token:             linnworks.NewSecret("Bearer cccccccc-dddd-4eee-8fff-000000000000"),
	})
	fmt.Println(err)
	// Output:
	// linnworks: installation token starts with Bearer: give the GUID alone
}

func ExampleError() {
	client := newClient(warehouse{})

	_, err := client.Stock.SetStockLevel(context.Background(), &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG-BLUE", LocationID: "00000000-0000-0000-0000-000000000000", Level: 3}}})
	var failed *linnworks.Error
	switch {
	case linnworks.IsThrottle(err):
		fmt.Println("later")
	case linnworks.IsNotFound(err) && errors.As(err, &failed):
		fmt.Println(failed.Operation, failed.HTTPStatus, failed.Message)
	}
	// Output:
	// Stock.SetStockLevel 400 No item found for the following SKUs: MUG-BLUE
}

func ExampleClient_Call() {
	client := newClient(warehouse{"/api/Stock/GetSomethingNew": `{"Count":3}`})

	var out struct{ Count int }
	var response linnworks.Response
	err := client.Call(context.Background(), "GET", "/api/Stock/GetSomethingNew",
		url.Values{"from": {"2026-03-01T09:00:00Z"}}, nil, &out, linnworks.WithResponse(&response))
	fmt.Println(out.Count, response.Status, response.Attempts, err)
	// Output:
	// 3 200 1 <nil>
}

func ExampleWithMiddleware() {
	client := newClient(warehouse{"/api/Inventory/GetStockLocations": `[]`},
		linnworks.WithMiddleware(func(req *http.Request, next linnworks.Next) (*http.Response, error) {
			resp, err := next(req)
			if err == nil {
				fmt.Println(req.Method, req.URL.Path, resp.StatusCode)
			}
			return resp, err
		}))

	if _, err := client.Inventory.GetStockLocations(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// POST /api/Auth/AuthorizeByApplication 200
	// GET /api/Inventory/GetStockLocations 200
}

func ExampleWithObserver() {
	client := newClient(warehouse{"/api/Inventory/GetStockLocations": `[]`},
		linnworks.WithObserver(func(_ context.Context, e linnworks.Event) {
			fmt.Println(e.Operation, e.Attempt, e.Status, e.Bytes, e.Err)
		}))

	if _, err := client.Inventory.GetStockLocations(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Auth.AuthorizeByApplication 1 200 119 <nil>
	// Inventory.GetStockLocations 1 200 2 <nil>
}

// watched is a limiter of one's own: the default one, and a look at the keys.
type watched struct{ linnworks.Limiter }

func (w watched) Wait(ctx context.Context, key linnworks.LimitKey) error {
	fmt.Println(key.Operation, key.PerMinute)
	return w.Limiter.Wait(ctx, key)
}

func ExampleWithLimiter() {
	client := newClient(warehouse{"/api/Stock/GetSomethingNew": `null`},
		linnworks.WithLimiter(watched{linnworks.NewLimiter(0.5)}))

	if err := client.Call(context.Background(), "GET", "/api/Stock/GetSomethingNew", nil, nil, nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Auth.AuthorizeByApplication 150
	// GET /api/Stock/GetSomethingNew 0
}

func ExampleDecimal() {
	price := linnworks.Decimal("10.10")
	value, ok := price.Rat()
	fmt.Println(price, value.FloatString(2), ok)
	// Output:
	// 10.10 10.10 true
}

func ExampleParseTime() {
	for _, s := range []string{"2026-03-29T12:30:15+01:00", "2026-03-29 12:30:15", "0001-01-01T00:00:00"} {
		t, err := linnworks.ParseTime(s)
		fmt.Println(t.Format(time.RFC3339), t.Unset(), err)
	}
	// Output:
	// 2026-03-29T11:30:15Z false <nil>
	// 2026-03-29T12:30:15Z false <nil>
	// 0001-01-01T00:00:00Z true <nil>
}

func ExampleSecret() {
	secret := linnworks.NewSecret("bbbbbbbb-cccc-4ddd-8eee-ffffffffffff")
	fmt.Printf("%v %q %s\n", secret, secret, secret.Reveal()[:8])
	// Output:
	// [redacted] [redacted] bbbbbbbb
}
