package tiktokshop_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// An observer sees every attempt: here it counts throttles for a metric.
func ExampleWithObserver() {
	throttles := 0
	client := shopOfReplies(
		canned{"/order/202507/orders": `{"code":36009002,"message":"Too many requests.","request_id":"20261001C"}`},
		tiktokshop.WithMaxAttempts(1),
		tiktokshop.WithObserver(func(_ context.Context, e tiktokshop.Event) {
			if tiktokshop.IsThrottle(e.Err) {
				throttles++
			}
			fmt.Println(e.Operation, "attempt", e.Attempt, "HTTP", e.Status, "code", e.Code, e.Bytes, "bytes")
		}),
	)
	_, _ = client.Order.GetOrderDetail(context.Background(), &tiktokshop.GetOrderDetailRequest{IDs: []string{"576"}})
	fmt.Println("throttles:", throttles)
	// Output:
	// Order.GetOrderDetail attempt 1 HTTP 200 code 36009002 73 bytes
	// throttles: 1
}

// Attempts are logged at debug level, without queries, headers and bodies.
func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case "time", "wait", "duration": // differ from run to run
				return slog.Attr{}
			}
			return a
		},
	}))
	client := shopOfReplies(canned{"/order/202507/orders": `{"code":0,"data":{}}`}, tiktokshop.WithLogger(logger))
	_, err := client.Order.GetOrderDetail(context.Background(), &tiktokshop.GetOrderDetailRequest{IDs: []string{"576"}})
	fmt.Println(err)
	// Output:
	// level=DEBUG msg="api call" operation=Order.GetOrderDetail method=GET path=/order/202507/orders attempt=1 status=200 code=0 bytes=20
	// <nil>
}

// Middleware wraps every attempt, for tracing for instance.
func ExampleWithMiddleware() {
	client := shopOfReplies(
		canned{"/order/202507/orders": `{"code":0,"data":{}}`},
		tiktokshop.WithMiddleware(func(req *http.Request, next tiktokshop.Next) (*http.Response, error) {
			req.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
			resp, err := next(req)
			if err == nil {
				fmt.Println(req.Method, req.URL.Path, resp.StatusCode)
			}
			return resp, err
		}),
	)
	_, err := client.Order.GetOrderDetail(context.Background(), &tiktokshop.GetOrderDetailRequest{IDs: []string{"576"}})
	fmt.Println(err)
	// Output:
	// GET /order/202507/orders 200
	// <nil>
}

// WithResponse hands out what a reply carried besides its data.
func ExampleWithResponse() {
	client := shopOfReplies(canned{"/order/202507/orders": `{"code":0,"data":{},"request_id":"20261001D"}`})
	var response tiktokshop.Response
	_, err := client.Order.GetOrderDetail(context.Background(), &tiktokshop.GetOrderDetailRequest{IDs: []string{"576"}}, tiktokshop.WithResponse(&response))
	fmt.Println(response.RequestID, response.Status, len(response.Body), err)
	// Output:
	// 20261001D 200 45 <nil>
}

// A transport of httpmock stands in for TikTok in the tests of a program. Every
// test has its own; httpmock.Activate would reach into others.
func ExampleWithHTTPClient_httpmock() {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, "https://open-api.tiktokglobalshop.com/order/202309/orders/search",
		httpmock.NewStringResponder(200, `{"code":0,"data":{"orders":[{"id":"576461413038785752","status":"ON_HOLD"}]}}`))
	client, err := tiktokshop.NewClient(
		tiktokshop.App{Key: "6abc123def456", Secret: tiktokshop.NewSecret("from-partner-center")},
		tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret("from-the-seller"))),
		tiktokshop.WithHTTPClient(&http.Client{Transport: mock}),
	)
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.Order.GetOrderList(context.Background(), &tiktokshop.GetOrderListRequest{PageSize: 50})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Orders[0].ID, page.Orders[0].Status, mock.GetTotalCallCount())
	// Output:
	// 576461413038785752 ON_HOLD 1
}

// A shop whose consent has ended: the error leads to the link for its seller.
func ExampleConsentLink() {
	ctx := context.Background()
	client := newClient(nil)
	folder, err := os.MkdirTemp("", "tokens")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	store, err := tiktokshop.NewFileTokens(filepath.Join(folder, "maple-home.json"))
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := tiktokshop.RefreshingTokens(client, store, // which is empty
		tiktokshop.WithConsentLink(func(context.Context) (string, error) { return "https://app.example.com/connect", nil }),
		tiktokshop.WithExpiryWarning(0, func(_ context.Context, left time.Duration) { log.Print("consent ends in ", left) }),
	)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.ForTokens(tokens).Authorization.GetAuthorizedShops(ctx, nil)
	if tiktokshop.NeedsAuthorisation(err) {
		link, err := tiktokshop.ConsentLink(ctx, err)
		fmt.Println("for the", tiktokshop.OwnerSeller, link, err)
	}
	// Output:
	// for the seller https://app.example.com/connect <nil>
}

// Look at the scopes when a shop is connected, not when the first order is to be
// shipped.
func ExampleToken_MissingScopes() {
	token := tiktokshop.Token{Scopes: []string{tiktokshop.ScopeOrders, tiktokshop.ScopeProducts}}
	fmt.Println(token.MissingScopes(tiktokshop.ScopeOrders, tiktokshop.ScopeProductWrite))
	// Output:
	// [seller.product.write]
}

// A shipment is told apart from one that was made before, or lost on the way.
func ExampleFulfillmentService_MarkPackageAsShippedVerified() {
	client := shopOfReplies(canned{
		"/order/202507/orders": `{"code":0,"data":{"orders":[{"id":"576","line_items":[
			{"id":"1","tracking_number":"JD0002","package_id":"1153"}]}]}}`,
	})
	reply, err := client.Fulfillment.MarkPackageAsShippedVerified(context.Background(), "576", &tiktokshop.MarkPackageAsShippedRequest{
		TrackingNumber: "JD0002", ShippingProviderID: "6617675021119438849",
	})
	switch {
	case tiktokshop.IsNotApplied(err), tiktokshop.IsOutcomeUnknown(err):
		fmt.Println("later:", err)
	case err != nil:
		fmt.Println("failed:", err)
	default:
		fmt.Println("in package", reply.PackageID)
	}
	// Output:
	// in package 1153
}

// shopOfReplies is a client that always says the same.
func shopOfReplies(replies canned, opts ...tiktokshop.Option) *tiktokshop.Client {
	client, err := tiktokshop.NewClient(tiktokshop.App{Key: "6abc123def456", Secret: tiktokshop.NewSecret("from-partner-center")}, append(opts,
		tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret("from-the-seller"))),
		tiktokshop.WithHTTPClient(&http.Client{Transport: replies}),
	)...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}
