package tiktokadapter_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A fake stands for TikTok Shop; with a real one the client comes from
// tiktokshop.NewClient and Client.ForShopID.
func ExampleNew() {
	fake := tiktokshoptest.New()
	sku, err := fake.Stocked("MUG", 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := fake.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{tiktokshoptest.Units(sku, 2)}, State: tiktokshop.OrderStatusAwaitingShipment,
	}); err != nil {
		fmt.Println(err)
		return
	}
	client, err := fake.Client()
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{Documents: &http.Client{Timeout: time.Minute}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for order, err := range shop.OrdersUpdated(context.Background(), time.Now().Add(-24*time.Hour), time.Now().Add(time.Minute)) {
		fmt.Println(len(order.Lines), "units,", order.Status, err)
	}
	// Output:
	// 2 units, AWAITING_SHIPMENT <nil>
}

// The handler of an app's webhooks hands the orders on.
func ExampleShop_HintWebhooks() {
	fake := tiktokshoptest.New()
	client, err := fake.Client()
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	hint := func(_ context.Context, orderID string) error { // Sync.Hint, or Intake.Hint
		fmt.Println("look at order", orderID)
		return nil
	}
	app := tiktokshop.App{Key: "6a1b2c3d", Secret: tiktokshop.NewSecret("of-the-app")}
	webhooks, err := tiktokshop.NewWebhookHandler(app, shop.HintWebhooks(hint))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = webhooks.Close(context.Background()) }()
	http.Handle("POST /webhooks/tiktok", webhooks)

	event, err := tiktokshop.ParseWebhook([]byte(`{"type": 1, "shop_id": "7494", "timestamp": 1796126400, "data": {"order_id": "576461413038785752", "order_status": "AWAITING_SHIPMENT"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tiktokadapter.HintsOf(event))
	// Output:
	// [576461413038785752]
}
