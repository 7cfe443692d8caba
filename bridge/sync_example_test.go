package bridge_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The fakes stand for the real sides: with real credentials tiktokshop.NewClient and
// linnworks.NewClient take their place, and Run that of Step.
func ExampleNewSync() {
	ctx := context.Background()
	tiktok, linn := tiktokshoptest.New(), linnworkstest.New()
	if _, err := linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}}); err != nil {
		fmt.Println(err)
		return
	}
	sku, err := tiktok.Stocked("MUG", 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := tiktok.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{tiktokshoptest.Units(sku, 2)}, State: tiktokshop.OrderStatusAwaitingShipment,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	settings, err := bridge.ReadSettings(strings.NewReader(`{
		"shop": "uk-shop", "sub_source": "uk-shop",
		"locations": {"7100000000000000001": ["00000000-0000-0000-0000-000000000000"]},
		"default_location": "00000000-0000-0000-0000-000000000000"
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, warehouse, err := exampleSides(ctx, tiktok, linn, settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	memory := new(bridge.Memory)
	sync, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := sync.Step(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(linn.OrdersByReference("TIKTOKBRIDGE", "uk-shop", order)), "order in Linnworks")
	fmt.Println(sync.Health().Flows[bridge.FlowStock].Failures, "failed pushes of stock")
	// Output:
	// 1 order in Linnworks
	// 0 failed pushes of stock
}

func exampleSides(ctx context.Context, tiktok *tiktokshoptest.Fake, linn *linnworkstest.Fake, set bridge.Settings) (*tiktokadapter.Shop, *linnworksadapter.Warehouse, error) {
	tiktokClient, err := tiktok.Client()
	if err != nil {
		return nil, nil, err
	}
	linnClient, err := linn.Client()
	if err != nil {
		return nil, nil, err
	}
	shop, err := tiktokadapter.New(tiktokClient, tiktokadapter.Options{})
	if err != nil {
		return nil, nil, err
	}
	warehouse, err := linnworksadapter.New(ctx, linnClient, linnworksadapter.Options{SubSource: set.SubSource})
	return shop, warehouse, err
}
