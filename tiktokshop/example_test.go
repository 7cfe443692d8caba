package tiktokshop_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// canned answers requests in memory, by path.
type canned map[string]string

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: req,
		Body: io.NopCloser(strings.NewReader(c[req.URL.Path])),
	}, nil
}

// newClient is a client of a shop that always says the same.
func newClient(replies canned) *tiktokshop.Client {
	client, err := tiktokshop.NewClient(
		tiktokshop.App{Key: "6abc123def456", Secret: tiktokshop.NewSecret("from-partner-center"), ServiceID: "7001"},
		tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret("from-the-seller"))),
		tiktokshop.WithHTTPClient(&http.Client{Transport: replies}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func Example() {
	ctx := context.Background()
	client := newClient(canned{
		"/authorization/202309/shops": `{"code":0,"data":{"shops":[{"id":"7495","cipher":"GCP_x","name":"Maple Home","region":"GB"}]}}`,
		"/order/202309/orders/search": `{"code":0,"data":{"orders":[
			{"id":"576461413038785752","status":"AWAITING_SHIPMENT","payment":{"total_amount":"24.90","currency":"GBP"}},
			{"id":"576461413038785753","status":"ON_HOLD","payment":{"total_amount":"7.00","currency":"GBP"}}],"total_count":2}}`,
	})
	shops, err := client.Authorization.GetAuthorizedShops(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	shop, err := client.ForShop(shops.Shops[0])
	if err != nil {
		log.Fatal(err)
	}
	page, err := shop.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{PageSize: 50})
	if err != nil {
		log.Fatal(err)
	}
	for _, order := range page.Orders {
		fmt.Println(order.ID, order.Status, order.Payment.TotalAmount, order.Payment.Currency)
	}
	// Output:
	// 576461413038785752 AWAITING_SHIPMENT 24.90 GBP
	// 576461413038785753 ON_HOLD 7.00 GBP
}

func ExampleClient_ForShop() {
	client := newClient(nil)
	shop, err := client.ForShop(tiktokshop.Shop{ID: "7495", Cipher: "GCP_x"})
	fmt.Println(shop, err)
	_, err = client.ForShop(tiktokshop.Shop{ID: "7495"})
	fmt.Println(err)
	// Output:
	// tiktokshop.Client(app 6abc123def456, shop 7495) <nil>
	// tiktokshop: shop 7495 has no cipher: read it with Authorization.GetAuthorizedShops
}

func ExampleClient_AuthorizationURL() {
	link, err := newClient(nil).AuthorizationURL("a-random-value")
	fmt.Println(link, err)
	// Output:
	// https://services.tiktokshop.com/open/authorize?service_id=7001&state=a-random-value <nil>
}

// Errors are told apart by what to do about them.
func ExampleError() {
	client := newClient(canned{
		"/fulfillment/202309/orders/576/packages": `{"code":21011044,"message":"The order is on hold.","request_id":"20261001A"}`,
	})
	_, err := client.Fulfillment.MarkPackageAsShipped(context.Background(), "576", &tiktokshop.MarkPackageAsShippedRequest{
		TrackingNumber: "JD0002", ShippingProviderID: "6617675021119438849",
	})
	switch {
	case tiktokshop.IsOnHold(err):
		fmt.Println("later:", err)
	case err != nil:
		fmt.Println("unexpected:", err)
	}
	// Output:
	// later: tiktokshop: Fulfillment.MarkPackageAsShipped: on hold: code 21011044: The order is on hold. [request 20261001A]; wait until the order is AWAITING_SHIPMENT
}

// A call can succeed for some of its items only.
func ExamplePartialError() {
	client := newClient(canned{
		"/product/202309/products/1729/inventory/update": `{"code":0,"data":{"errors":[
			{"code":12052036,"message":"The SKU does not exist.","detail":{"sku_id":"17"}}]},"request_id":"20261001B"}`,
	})
	_, err := client.Product.UpdateInventory(context.Background(), "1729", &tiktokshop.UpdateInventoryRequest{SKUs: []tiktokshop.UpdateInventoryRequestSKU{
		{ID: "17", Inventory: []tiktokshop.UpdateInventoryRequestSKUInventory{{Quantity: 3}}},
	}})
	fmt.Println(err)
	// Output:
	// tiktokshop: Product.UpdateInventory: 1 item(s) failed; sku_id 17: not found: code 12052036: The SKU does not exist. [request 20261001B]
}

func ExampleSign() {
	query := url.Values{"app_key": {"29a39d"}, "timestamp": {"1623812664"}}
	fmt.Println(tiktokshop.Sign(tiktokshop.NewSecret("e59af819cc"), "/authorization/202309/shops", query, "application/json", nil))
	// Output:
	// b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8
}

// An operation that is newer than this package.
func ExampleClient_Call() {
	client := newClient(canned{"/event/209901/webhooks": `{"code":0,"data":{"total_count":3}}`})
	var out struct {
		TotalCount int `json:"total_count"`
	}
	err := client.Call(context.Background(), http.MethodGet, "/event/209901/webhooks", nil, nil, &out)
	fmt.Println(out.TotalCount, err)
	// Output:
	// 3 <nil>
}
