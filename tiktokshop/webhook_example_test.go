package tiktokshop_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

var app = tiktokshop.App{Key: "6abc123def456", Secret: tiktokshop.NewSecret("test_app_secret_1"), ServiceID: "7001"}

func ExampleParseWebhook() {
	body := []byte(`{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507",` +
		`"timestamp":1718305585,"data":{"order_id":576653688135258178,"order_status":"CANCEL","update_time":1718305585}}`)
	signature := tiktokshop.SignWebhook(app, body) // of the header Authorization

	if err := tiktokshop.VerifyWebhook(app, signature, body); err != nil {
		fmt.Println(err)
		return
	}
	event, err := tiktokshop.ParseWebhook(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	switch d := event.Data.(type) {
	case *tiktokshop.OrderStatusChange:
		fmt.Println("order", d.OrderID, "of shop", event.ShopID, "is now", d.OrderStatus.Canonical())
	default:
		fmt.Println("nothing to do for", event.Type)
	}
	// Output:
	// order 576653688135258178 of shop 7495540735365777507 is now CANCELLED
}

func ExampleWebhookHandler() {
	toRead := make(chan tiktokshop.ID, 100) // or a table, or a queue
	webhooks, err := tiktokshop.NewWebhookHandler(app, func(ctx context.Context, event *tiktokshop.WebhookEvent) error {
		var order tiktokshop.ID
		switch d := event.Data.(type) {
		case *tiktokshop.OrderStatusChange:
			order = d.OrderID
		case *tiktokshop.CancellationStatusChange:
			order = d.OrderID
		default:
			return nil // of no interest
		}
		select {
		case toRead <- order:
			return nil
		case <-ctx.Done():
			return ctx.Err() // TikTok sends the event again
		}
	}, tiktokshop.WithWebhookWindow(0)) // the events below are old
	if err != nil {
		fmt.Println(err)
		return
	}

	// In a program: http.Server{Handler: webhooks, ReadTimeout: 2 * time.Second, ...}
	deliver := func(signature, body string) {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/tiktok", strings.NewReader(body))
		r.Header.Set("Authorization", signature)
		w := httptest.NewRecorder()
		webhooks.ServeHTTP(w, r)
		fmt.Println(w.Code, "orders to read:", len(toRead))
	}
	body := `{"type":11,"tts_notification_id":"1","shop_id":"7494","timestamp":1767225600,"data":{"order_id":"576486316948490001","cancel_status":"CANCELLATION_REQUEST_PENDING"}}`
	signature := tiktokshop.SignWebhook(app, []byte(body))
	deliver(signature, body)
	deliver(signature, body)                                                   // a duplicate
	deliver(signature, body+" ")                                               // was changed on the way
	deliver(tiktokshop.SignWebhook(app, []byte(`{"type":99}`)), `{"type":99}`) // unknown
	// Output:
	// 200 orders to read: 1
	// 200 orders to read: 1
	// 401 orders to read: 1
	// 200 orders to read: 1
}

func ExampleOAuthHandler() {
	client, err := tiktokshop.NewClient(app, tiktokshop.WithHTTPClient(&http.Client{Transport: authServer{}}))
	if err != nil {
		fmt.Println(err)
		return
	}
	callback, err := tiktokshop.NewOAuthHandler(client, func(_ context.Context, grant tiktokshop.Grant) error {
		fmt.Println("keep the tokens of", grant.Token.SellerName, "for", grant.Account)
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// In a program: mux.Handle("/callback", callback), and a button that leads to
	// a page which looks up who is logged in.
	connect := func(w http.ResponseWriter, r *http.Request) { callback.Begin(w, r, "user-1") }

	w := httptest.NewRecorder()
	connect(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/connect", nil))
	consent, _ := url.Parse(w.Header().Get("Location"))
	cookie := w.Header().Get("Set-Cookie")
	fmt.Println("consent at", consent.Host)

	// TikTok sends the seller back.
	back := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/callback?code=abc&state="+consent.Query().Get("state"), nil)
	back.Header.Set("Cookie", cookie)
	for range 2 { // a state works once
		w := httptest.NewRecorder()
		callback.ServeHTTP(w, back)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// consent at services.tiktokshop.com
	// keep the tokens of Example Shop for user-1
	// 200 The shop is connected. You can close this window.
	// 400 The link has expired or was used before. Please start again.
}

// authServer stands in for TikTok's.
type authServer struct{}

func (authServer) RoundTrip(r *http.Request) (*http.Response, error) {
	const reply = `{"code":0,"message":"success","data":{"access_token":"a","access_token_expire_in":4903858076,` +
		`"refresh_token":"r","refresh_token_expire_in":4903858076,"seller_name":"Example Shop","user_type":0}}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(reply)), Request: r}, nil
}
